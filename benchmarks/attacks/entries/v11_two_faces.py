"""V11: one design for the simulator, another for the synthesiser.

Safe: what is synthesised is what is simulated and paid; that the source differs is reported.
"""

from ..programs import COUNTER, counter_task, counter_with
from ..submissions import Court

RIGHT = COUNTER.partition(";\n")[2].replace("endmodule\n", "")


def faces(macro: str, then: str, other: str) -> str:
    """The counter's module with two bodies."""
    text = f"`ifdef {macro}\n{then}\n`else\n{other}\n`endif"
    return counter_with(text)


WRONG = "  assign wrapped = 0;\n  always @(posedge clk) count <= 4'd0;\n"
PAID_FOR_NOTHING = [
    faces("SYNTHESIS", WRONG, RIGHT),
    faces("YOSYS", WRONG, RIGHT),
    faces("__ICARUS__", RIGHT, WRONG),
]


def judge(court: Court) -> None:
    court.unpaid(counter_task(), COUNTER, *PAID_FOR_NOTHING)
    (right,) = court.accept(faces("SYNTHESIS", RIGHT, WRONG), task=counter_task())
    court.check(right.metrics.get("differs") == 1.0, "that the source differs was not said")
