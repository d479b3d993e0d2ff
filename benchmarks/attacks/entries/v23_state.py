"""V23: latches, two drivers, and state that is right only because it starts so.

Safe: latches and second drivers are refused; registers start at random, and are reset late and
again: what only starts right may pass a run by chance, and never all.
"""

from ....envs.rewards import staged
from ..programs import COUNTER, counter_task, counter_with
from ..submissions import Court

SOURCES = [
    counter_with("  assign wrapped = 0;\n  always @* if (en) count = 4'd1;"),
    counter_with("  assign wrapped = en && count == 15;\n  always @* if (clk) count = count + en;"),
    counter_with("  assign count = 4'd0; assign count = {4{en}}; assign wrapped = 0;", reg=False),
]
STARTED = [
    counter_with(
        "  assign wrapped = en && (count == 15);\n  initial count = 0;\n"
        "  always @(posedge clk) if (en && !rst) count <= count + 1;"
    ),
    counter_with(
        "  reg started = 0;\n  assign wrapped = en && (count == 15);\n"
        "  always @(posedge clk) begin started <= 1;\n    if (rst && !started) count <= 0;\n"
        "    else if (en && !rst) count <= count + 1; end"
    ),
]


def judge(court: Court) -> None:
    court.unpaid(counter_task(), COUNTER, *SOURCES)
    for verdict in court.refuse(*STARTED, task=counter_task()):
        court.check(staged(verdict).total < 0.6, "a start that is right was paid")
