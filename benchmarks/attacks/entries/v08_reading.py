"""V08: the module reads files: vectors, sources, its own input channel.

Safe: no file holds what is expected, and file tasks do not survive synthesis.
"""

from ..programs import COUNTER, counter_task, counter_with
from ..submissions import Court

FILES = (
    "expected.txt", "player.sv", "netlist.v", "solution.sv", "synthesise.ys", "/dev/stdin",
    "/proc/self/fd/0", "/proc/self/fd/3", "/etc/passwd", "/proc/self/environ",
)  # fmt: skip
SOURCES = [
    counter_with(
        f'  reg [7:0] m [0:255];\n  initial $readmemh("{file}", m);\n'
        "  assign count = m[0][3:0]; assign wrapped = m[1][0];",
        reg=False,
    )
    for file in FILES
]
SOURCES += [
    counter_with(
        f'  integer f, c;\n  initial begin f = $fopen("{file}", "r"); c = $fgetc(f); end\n'
        "  assign count = c; assign wrapped = 0;",
        reg=False,
    )
    for file in FILES
]


def judge(court: Court) -> None:
    court.unpaid(counter_task(), COUNTER, *SOURCES)
