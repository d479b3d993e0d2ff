"""V07: the module forces its clock, its inputs, or the bench's registers.

Safe: force, release and deposit do not survive synthesis.
"""

from ....verifiers.verilog.player import player_name
from ..programs import COUNTER, COUNTER_INTERFACE, counter_task, counter_with
from ..submissions import Court

PLAYER = player_name(COUNTER_INTERFACE)
SOURCES = [
    counter_with(f"  assign count = 0; assign wrapped = 0;\n  initial {statement}", reg=False)
    for statement in (
        "force clk = 0;",
        "force rst = 1;",
        "begin force count = 4'd0; #3 release count; end",
        "$deposit(clk, 1'b0);",
        f"force {PLAYER}.player_cycles = 1;",
        f"force {PLAYER}.count = 4'd3;",
    )
]


def judge(court: Court) -> None:
    court.unpaid(counter_task(), COUNTER, *SOURCES)
