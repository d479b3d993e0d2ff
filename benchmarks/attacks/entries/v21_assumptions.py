"""V21: assumptions and free constants that make a proof empty.

Safe: they do not survive synthesis, and a proof is about the netlist.
"""

from ..programs import COUNTER, counter_task, counter_with
from ..submissions import Court

BODIES = (
    "  assume property (1'b0);",
    "  always @(posedge clk) assume (0);",
    "  initial assume (0);",
    "  always @* assert (1);",
    "  cover property (@(posedge clk) 1);",
)
SOURCES = [
    counter_with(f"{body}\n  assign count = 0; assign wrapped = 0;", reg=False) for body in BODIES
]
SOURCES += [
    counter_with(f"  assign count = {call}; assign wrapped = 0;", reg=False)
    for call in ("$anyconst", "$anyseq", "$allconst", "$allseq", "$initstate")
]


def judge(court: Court) -> None:
    court.unpaid(counter_task(), COUNTER, *SOURCES)
    for source in SOURCES:
        same = court.proven(counter_task(), source)
        court.check(same is not True, f"proven to be right: {source!r}")
