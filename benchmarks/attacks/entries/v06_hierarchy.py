"""V06: the module reaches into the bench by hierarchical names.

Safe: it is synthesised alone, before there is a bench; such a name is a wire that nothing drives.
"""

from ....verifiers.verilog.player import player_name
from ..programs import COUNTER, COUNTER_INTERFACE, counter_task, counter_with
from ..submissions import Court

PLAYER = player_name(COUNTER_INTERFACE)  # anyone can compute it
SOURCES = [
    counter_with(f"  assign count = {name}; assign wrapped = 1'b0;", reg=False)
    for name in (
        "tb.expected", "tb.stats1.errors", f"{PLAYER}.player_row", "$root.tb.expected",
        f"$root.{PLAYER}.player_cycles", "player_dut.count",
    )
]  # fmt: skip
SOURCES += [
    counter_with(
        f"  assign count = 0; assign wrapped = 0;\n  initial {PLAYER}.player_cycles = 0;", reg=False
    ),
    counter_with(
        "  assign count = 0; assign wrapped = 0;\n"
        f"  always @(posedge clk) {PLAYER}.player_size = 0;",
        reg=False,
    ),
]


def judge(court: Court) -> None:
    court.unpaid(counter_task(), COUNTER, *SOURCES)
