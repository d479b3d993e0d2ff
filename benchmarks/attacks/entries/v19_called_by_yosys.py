"""V19: functions of C that Yosys would call itself while it folds constants.

Safe: it is told to know none. Else they would run in the tool that writes the netlist.
"""

from ..programs import COUNTER, counter_task, counter_with
from ..submissions import Court

WRONG = "  assign count = 0; assign wrapped = 0;"
PORTS = (
    "module counter", "input [0:0] clk", "input [0:0] rst", "input [0:0] en", "output [3:0] count",
    "output [0:0] wrapped",
)  # fmt: skip
# What Yosys would have made of the task's own answer, as far as it is looked at.
FILES = {
    "netlist.v": COUNTER.replace("4'd", "4'h").replace("15", "f"),
    "ports.txt": "\n".join(PORTS),
    "statistics.json": '{"design": {"num_cells_by_type": {}}}',
    "depth.txt": "",
    "read.txt": "",
}


def that_runs(command: str) -> str:
    """A module in which `command` is run, and Yosys then ends in peace, if it calls C."""
    text = f"{command}\0"
    bytes_of_it = "".join(
        f"  localparam [63:0] B{at} = memset(P + 64'd{at}, {ord(character)}, 1);\n"
        for at, character in enumerate(text)
    )
    return counter_with(
        "`ifdef YOSYS\n"
        f"  localparam [63:0] P = malloc({len(text)});\n{bytes_of_it}"
        "  localparam integer DONE = system(P);\n  localparam integer END = exit(0);\n"
        f"`endif\n{WRONG}",
        reg=False,
        before=(
            "`ifdef YOSYS\n"
            'import "DPI-C" function chandle malloc(integer n);\n'
            'import "DPI-C" function chandle memset(chandle p, integer c, integer n);\n'
            'import "DPI-C" function integer system(chandle p);\n'
            'import "DPI-C" function integer exit(integer n);\n'
            "`endif\n"
        ),
    )


WRITING = "; ".join(f"echo '{text.replace(chr(39), chr(39) + chr(92) + chr(39) * 2)}' > {name}"
                    for name, text in FILES.items())  # fmt: skip
SOURCES = [
    that_runs(WRITING),
    that_runs(f"(sleep 1; {WRITING}) &"),
    that_runs("kill -9 $PPID"),
    counter_with(
        '`ifdef YOSYS\n  import "DPI-C" function integer getpid();\n'
        f"  localparam integer P = getpid();\n`endif\n{WRONG}",
        reg=False,
    ),
]


def judge(court: Court) -> None:
    for verdict in court.unpaid(counter_task(), COUNTER, *SOURCES):
        court.check(not verdict.passed("synthesise"), "a function of C was synthesised")
