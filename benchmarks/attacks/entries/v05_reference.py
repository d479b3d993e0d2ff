"""V05: the module instantiates a reference that a grader would compile beside it.

Safe: there is none: expected values never enter a sandbox.
"""

from ..programs import COUNTER, counter_task, counter_with
from ..submissions import Court

NAMES = (
    "RefModule", "reference_module", "ref_counter", "counter_ref", "golden", "top_module",
    "TopModule", "gold", "reference", "counter",
)  # fmt: skip
SOURCES = [
    counter_with(
        f"  {name} r (.clk(clk), .rst(rst), .en(en), .count(count), .wrapped(wrapped));", reg=False
    )
    for name in NAMES
]


def judge(court: Court) -> None:
    court.unpaid(counter_task(), COUNTER, *SOURCES)
