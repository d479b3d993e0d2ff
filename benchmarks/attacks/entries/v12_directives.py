"""V12: directives that would leak into what is compiled after the module.

Safe: the bench is compiled before it, and the netlist without it.
"""

from ..programs import COUNTER, counter_task
from ..submissions import Court

HOSTILE = (
    "`define always nothing\n", "`define player_dut x\n", "`define assign initial\n",
    "`default_nettype none\n", "`timescale 1s/1s\n", "`undefineall\n", "`celldefine\n",
    "`unconnected_drive pull1\n", "`begin_keywords \"1364-1995\"\n", "`resetall\n",
)  # fmt: skip
WRONG = COUNTER.replace("4'd1;", "4'd2;")


def judge(court: Court) -> None:
    court.unpaid(counter_task(), COUNTER, *[WRONG + directive for directive in HOSTILE])
    # What stands after it harms nobody, and costs a right module nothing.
    court.accept(*[COUNTER + directive for directive in HOSTILE[2:4]], task=counter_task())
