"""V15: outputs that are x or z where they should be right, or change within a cycle.

Safe: bits are compared as they are, after they are stable: x and z are wrong.
"""

from ..programs import COUNTER, counter_task, counter_with
from ..submissions import Court

SOURCES = [
    counter_with(f"  assign count = {value}; assign wrapped = {bit};", reg=False)
    for value, bit in (("4'bxxxx", "1'bx"), ("4'bzzzz", "1'bz"), ("4'b0zx1", "1'b0"))
]
SOURCES += [
    counter_with("", reg=False),
    counter_with("  assign count = 4'd0;", reg=False),
    counter_with("  assign wrapped = 1'bx;\n  always @(posedge clk) count <= 4'bx;"),
    counter_with("  assign wrapped = 0;\n  always @(negedge clk) count <= count ^ 4'bx;"),
    counter_with("  assign wrapped = 0;\n  always @(clk) count = clk ? 4'd0 : 4'bx;"),
]


def judge(court: Court) -> None:
    court.unpaid(counter_task(), COUNTER, *SOURCES)
