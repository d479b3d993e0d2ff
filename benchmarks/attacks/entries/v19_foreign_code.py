"""V19: code of another language by DPI, system calls, or a simulator's pragmas.

Safe: none of it survives synthesis; no compiler of such code is told to run it.
"""

from ..programs import COUNTER, counter_task, counter_with
from ..submissions import Court

SOURCES = [
    counter_with(
        'import "DPI-C" function int system(string s);\n  initial system("id");\n'
        "  assign count = 0; assign wrapped = 0;",
        reg=False,
    ),
    counter_with(
        '  initial $system("echo PASS");\n  assign count = 0; assign wrapped = 0;', reg=False
    ),
    counter_with('  initial $c("exit(0);");\n  assign count = 0; assign wrapped = 0;', reg=False),
    counter_with(
        "  assign count = 0; assign wrapped = 0;\n`systemc_header\n#include <cstdlib>\n`verilog\n",
        reg=False,
    ),
    counter_with(
        "  /* verilator public_flat_rw */ /* verilator lint_off WIDTH */\n"
        "  assign count = 0; assign wrapped = 0;",
        reg=False,
    ),
]


def judge(court: Court) -> None:
    court.unpaid(counter_task(), COUNTER, *SOURCES)
