"""V04: the module chooses the simulator's exit status.

Safe: the exit status is no verdict.
"""

from ..programs import COUNTER, counter_task, counter_with
from ..submissions import Court

SOURCES = [
    counter_with(f"  initial {call}; assign count = 0; assign wrapped = 0;", reg=False)
    for call in ("$finish_and_return(0)", "begin $stop; end", "#5 $finish_and_return(0)")
]


def judge(court: Court) -> None:
    court.unpaid(counter_task(), COUNTER, *SOURCES)
