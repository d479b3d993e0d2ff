"""V10: the module includes files of the host, or lies about which file it is.

Safe: nothing of the host is in a box, and messages are about the candidate's own lines.
"""

from ..programs import COUNTER, counter_task, counter_with
from ..submissions import Court


def judge(court: Court) -> None:
    body = "  assign count = 0; assign wrapped = 0;"
    baits = [str(file) for file in court.bait.files]
    files = (*baits, "/etc/passwd", "/proc/self/environ", "player.sv", "solution.sv")
    sources = [counter_with(body, reg=False, before=f'`include "{file}"\n') for file in files]
    sources += [
        counter_with(body, reg=False, before=f'`line 1 "{file}" 0\nnonsense\n') for file in files
    ]
    court.unpaid(counter_task(), COUNTER, *sources)
