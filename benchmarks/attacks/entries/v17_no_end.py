"""V17: loops without an end: combinational, in an always block, in an initial block.

Safe: loops of logic are refused, and every tool and simulation has a limit; no machine is to
blame.
"""

from ..programs import COUNTER, counter_task, counter_with
from ..submissions import Court

SOURCES = [
    counter_with("  assign count = ~count; assign wrapped = 0;", reg=False),
    counter_with(
        "  wire a = !b; wire b = a; assign count = {4{a}}; assign wrapped = b;", reg=False
    ),
    counter_with("  assign wrapped = 0;\n  always count = count + 1;"),
    counter_with("  assign wrapped = 0;\n  initial forever count = count + 1;"),
    counter_with("  assign wrapped = 0;\n  always @(count) count = count + 1;"),
    counter_with(
        "  assign wrapped = 0;\n  integer i;\n"
        "  always @* begin i = 0; while (i < 1) i = i * 1; count = i; end"
    ),
]


def judge(court: Court) -> None:
    court.unpaid(counter_task(), COUNTER, *SOURCES)
