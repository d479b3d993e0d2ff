"""V20: modules and cells that attributes keep, under names that look like gates.

Safe: what is kept is flattened all the same; a black box that is used is refused, whatever its
name; and a right module that asks to be kept is right.
"""

from ..programs import COUNTER, counter_task, counter_with
from ..submissions import Court

NAMES = ("\\$_DFF_P_ ", "\\$_AND_ ", "\\$_ ", "\\$print ", "\\$_anything ")
ATTRIBUTES = ("blackbox", "whitebox", "lib_whitebox", "keep_hierarchy, blackbox")
SOURCES = [
    counter_with(
        f"  (* keep, keep_hierarchy *) {name} m (.p(en), .q(wrapped)); assign count = 0;",
        reg=False,
        after=f"(* {attribute} *) module {name}(input p, output q); endmodule\n",
    )
    for name in NAMES
    for attribute in ATTRIBUTES
]
KEPT = counter_with(
    "  assign wrapped = en && (count == 15);\n"
    "  (* keep_hierarchy *) step s (.clk(clk), .rst(rst), .en(en), .n(count));",
    reg=False,
    after="(* keep_hierarchy *) module step (input clk, rst, en, output reg [3:0] n);\n"
    "  always @(posedge clk) n <= rst ? 0 : n + en;\nendmodule\n"
    "(* blackbox *) module never_used (input a, output b); endmodule\n",
)


def judge(court: Court) -> None:
    for verdict in court.unpaid(counter_task(), COUNTER, *SOURCES):
        court.check(not verdict.passed("synthesise"), "a black box was synthesised")
    court.accept(KEPT, task=counter_task())
