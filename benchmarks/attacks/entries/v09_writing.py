"""V09: the module writes files over those of the bench.

Safe: what is written comes after what counts, and to a folder that is emptied.
"""

from ..programs import COUNTER, counter_task, counter_with
from ..submissions import Court

FILES = ("netlist", "netlist.v", "player.sv", "statistics.json", "ports.txt", "source")
SOURCES = [
    counter_with(
        f'  integer f;\n  initial begin f = $fopen("{file}", "w"); $fdisplay(f, "x"); $fclose(f); '
        "end\n  assign count = 0; assign wrapped = 0;",
        reg=False,
    )
    for file in FILES
]
SOURCES += [
    counter_with(
        f"  reg [7:0] m [0:3];\n  initial {call};\n  assign count = 0; assign wrapped = 0;",
        reg=False,
    )
    for call in (
        '$writememh("netlist", m)',
        'begin $dumpfile("netlist"); $dumpvars; end',
        '$sdf_annotate("netlist")',
        'begin $fwrite(32\'h80000001, "PASS"); end',
        'begin $fwrite(4, "x"); $fwrite(3, "x"); end',
    )
]


def judge(court: Court) -> None:
    court.unpaid(counter_task(), COUNTER, *SOURCES)
