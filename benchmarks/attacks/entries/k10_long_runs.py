"""K10: contracts that compile, and whose calls take all the time or the memory that there is.

Safe: no play that did not end counts, the program alone is to blame, and the next one is judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..submissions import COUNTER, RUNTIME, changed, limited_counter

if TYPE_CHECKING:
    from ..submissions import Court

NEEDS = RUNTIME
# Where a right contract does something else first, and what costs it dearly.
PLACE = "  assert(count > 0"
COSTLY = (
    "const v = default<Vector<16777216, Field>>; assert(v[3] == 0, '');",
    "const v = map((e) => e * e, default<Vector<10000, Field>>); assert(v[3] == 0, '');",
    "const h = fold((h, e) => persistentHash<[Bytes<32>, Field]>([h, e]), pad(32, ''), "
    "default<Vector<3000, Field>>); assert(h != pad(32, ''), '');",
)
# Ledgers that are too long to be told.
LONG = (
    "export ledger more: Vector<10000, Field>;",
    "export ledger more: Bytes<1000000>;",
)


def judge(court: Court) -> None:
    task = limited_counter()
    long = [f"{COUNTER}{declaration}\n" for declaration in LONG]
    costly = [changed(COUNTER, PLACE, f"  {code}\n{PLACE}") for code in COSTLY]
    court.endure(*long, *costly, task=task)
    court.accept(COUNTER, task=task)
