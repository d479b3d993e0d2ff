"""V20: black boxes, attributes and undriven outputs instead of logic.

Safe: whatever does not become gates is refused, and so is a wire that nothing drives.
"""

from ..programs import COUNTER, counter_task, counter_with
from ..submissions import Court

SOURCES = [
    counter_with(
        "  magic m (clk, rst, en, count, wrapped);",
        reg=False,
        after=f"(* {attribute} *) module magic (input c, r, e, output [3:0] n, output w); "
        "endmodule\n",
    )
    for attribute in ("blackbox", "whitebox", "keep_hierarchy", "keep", "dont_touch")
]
SOURCES += [
    counter_with("  assign wrapped = 0;", reg=False),
    counter_with("  (* keep *) wire [3:0] w; assign count = w; assign wrapped = w[0];", reg=False),
    counter_with(
        "  (* init = 4'd0 *) reg [3:0] w; assign count = w; assign wrapped = 0;", reg=False
    ),
    "(* top *) " + COUNTER.replace("4'd1;", "4'd2;"),
    counter_with("  \\$_DFF_P_ f (.C(clk), .D(en), .Q(wrapped)); assign count = 0;", reg=False),
]


def judge(court: Court) -> None:
    court.unpaid(counter_task(), COUNTER, *SOURCES)
