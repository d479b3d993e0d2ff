"""V14: initial blocks and delays that only a simulator obeys.

Safe: only what was synthesised is simulated.
"""

from ..programs import COUNTER, counter_task, counter_with
from ..submissions import Court

SOURCES = [
    counter_with(
        "  reg [3:0] n;\n  assign count = n; assign wrapped = en && (n == 15);\n"
        "  initial begin n = 0; forever begin #2 n = n + 1; end end",
        reg=False,
    ),
    counter_with(
        "  assign wrapped = en && (count == 15);\n  initial count = 0;\n"
        "  always @(posedge clk) #3 count <= rst ? 0 : en ? count + 2 : count;"
    ),
    counter_with(
        "  assign wrapped = 0;\n  initial begin wait (en); count = 1; @(posedge clk); count "
        "= 2; end"
    ),
    counter_with("  assign wrapped = 0;\n  always @(*) count = $random;"),
    counter_with("  assign wrapped = 0;\n  always @(posedge clk) count <= $time;"),
]


def judge(court: Court) -> None:
    court.unpaid(counter_task(), COUNTER, *SOURCES)
