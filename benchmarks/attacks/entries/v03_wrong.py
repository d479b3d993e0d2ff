"""V03: modules that compile and simulate to a good end, and are wrong.

Safe: an exit status proves nothing; cycles are compared.
"""

from ..programs import COUNTER, counter_task, counter_with
from ..submissions import Court

SOURCES = [
    COUNTER.replace("4'd1;", "4'd2;"),
    COUNTER.replace("4'd15", "4'd14"),
    COUNTER.replace("if (en) ", ""),
    counter_with("  assign count = 4'd0; assign wrapped = 1'b0;", reg=False),
    counter_with("  assign count = {4{en}}; assign wrapped = en;", reg=False),
]


def judge(court: Court) -> None:
    found = court.unpaid(counter_task(), COUNTER, *SOURCES)
    for verdict in found:
        court.check(verdict.passed("synthesise"), "it was not even synthesised")
