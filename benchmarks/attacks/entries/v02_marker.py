"""V02: the module prints what graders look for.

Safe: standard output is no evidence; only answers in frames are read, and only right ones count.
"""

from ..programs import COUNTER, counter_task, counter_with
from ..submissions import Court

WORDS = (
    "Mismatches: 0 in 100 samples",
    "===========Your Design Passed===========",
    "PASS",
    '{\\"id\\":\\"0\\",\\"value\\":[\\"00000\\"]}',
)
SOURCES = [
    counter_with(f'  initial {task}("{words}"); assign count = 0; assign wrapped = 0;', reg=False)
    for words in WORDS
    for task in ("$display", "$write", "$monitor", "$strobe")
]


def judge(court: Court) -> None:
    court.unpaid(counter_task(), COUNTER, *SOURCES)
