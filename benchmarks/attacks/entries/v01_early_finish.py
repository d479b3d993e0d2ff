"""V01: the module ends the simulation before anything is compared.

Safe: synthesis leaves no system task; what was not answered has failed.
"""

from ..programs import COUNTER, counter_task, counter_with
from ..submissions import Court

SOURCES = [
    counter_with(f"  initial {task}; assign count = 0; assign wrapped = 0;", reg=False)
    for task in ("$finish", "$finish(0)", "#1 $finish", "$fatal", "$stop")
]
SOURCES += [
    counter_with("  assign wrapped = 0;\n  always @(posedge clk) begin count <= 0; $finish; end"),
    counter_with("  assign count = 0; assign wrapped = 0;\n  final $finish;", reg=False),
]


def judge(court: Court) -> None:
    court.unpaid(counter_task(), COUNTER, *SOURCES)
