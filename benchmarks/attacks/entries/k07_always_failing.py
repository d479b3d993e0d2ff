"""K07: contracts of which every call fails, so that nothing that must not happen ever does.

Safe: no hidden play passes, and nothing is paid.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....envs.rewards import compact_spec
from ..submissions import COUNTER, RUNTIME, changed, limited_counter

if TYPE_CHECKING:
    from ..submissions import Court

NEEDS = RUNTIME


def judge(court: Court) -> None:
    task = limited_counter()
    hopeless = (
        changed(COUNTER, "limit = disclose(most);", "assert(false, 'closed');"),
        changed(COUNTER, "> 0,", "> 18446744073709551615,"),
        changed(COUNTER, "> 0,", "!= 0 && count != count,"),
        changed(COUNTER, "{\n  assert(", "{\n  assert(false, 'closed');\n  assert("),
    )
    for verdict in court.refuse(*hopeless, task=task):
        share = verdict.metrics.get("behaviour", 0.0)
        court.check(share == 0.0, f"{share:.0%} of the hidden plays pass")
        court.check(compact_spec(verdict).total == 0.0, "it is paid for")
    court.accept(COUNTER, task=task)
