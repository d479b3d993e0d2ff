"""K08: witnesses do the contract's work, or are asked for what the task's own do not know.

Safe: a contract that relies on another witness than the task's plays nothing, and is paid nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....envs.rewards import compact_spec
from ..submissions import COUNTER, RUNTIME, changed, limited_counter

if TYPE_CHECKING:
    from ..submissions import Court

NEEDS = RUNTIME
CONSTRUCTOR = "constructor("


def judge(court: Court) -> None:
    task = limited_counter()

    def asking(declared: str, old: str, new: str) -> str:
        return changed(changed(COUNTER, CONSTRUCTOR, f"{declared}\n{CONSTRUCTOR}"), old, new)

    witness = "witness {}(n: Uint<64>): Uint<64>;".format
    sources = [
        asking(witness(name), "count = disclose(count + n) as Uint<64>;",
               f"count = disclose({name}(count));")
        for name in ("next", "add", "count", "constructor_", "toString", "__proto__", "then")
    ]  # fmt: skip
    sources += [
        asking(witness("next"), "limit = disclose(most);", "limit = disclose(next(most));"),
        asking(
            "witness allowed(): Boolean;", "count + disclose(n) <= limit", "disclose(allowed())"
        ),
    ]
    for verdict in court.refuse(*sources, task=task):
        share = verdict.metrics.get("behaviour", 0.0)
        court.check(share == 0.0, f"{share:.0%} of the hidden plays pass")
        court.check(compact_spec(verdict).total == 0.0, "it is paid for")
    court.accept(COUNTER, task=task)
