"""V18: designs that explode when they are elaborated.

Safe: time, memory and output have limits; it is the program's failure.
"""

from ..programs import COUNTER, counter_task, counter_with
from ..submissions import Court

SOURCES = [
    counter_with(
        "  assign wrapped = 0;\n  genvar i;\n  generate for (i = 0; i < 100000000; i = i + 1) "
        "begin: g"
        "\n    wire [31:0] w = i;\n  end endgenerate\n  assign count = 0;",
        reg=False,
    ),
    counter_with(
        "  again #(1) a (clk);\n  assign count = 0; assign wrapped = 0;",
        reg=False,
        after="module again #(parameter N = 1) (input c);\n  again #(N + 1) a (c);\n"
        "  again #(N + 2) b (c);\nendmodule\n",
    ),
    counter_with(
        "  wire [1048575:0] a = {1048576{en}} * {1048576{rst}};\n  assign count = a; "
        "assign wrapped = 0;",
        reg=False,
    ),
    counter_with(
        "  reg [63:0] m [0:16777215];\n  always @(posedge clk) m[{20{en}}] <= m[{20{rst}}] + 1;\n"
        "  assign count = m[0]; assign wrapped = 0;",
        reg=False,
    ),
    counter_with(f"  assign count = {'(' * 20000}en{')' * 20000}; assign wrapped = 0;", reg=False),
    "`define A `A `A\n`A\n" + COUNTER.replace("4'd1;", "4'd2;"),
    "".join(f"`define M{n} `M{n + 1} `M{n + 1}\n" for n in range(30))
    + "`define M30 wire w;\n"
    + counter_with("  `M0\n  assign count = 0; assign wrapped = 0;", reg=False),
]


def judge(court: Court) -> None:
    court.unpaid(counter_task(), COUNTER, *SOURCES)
