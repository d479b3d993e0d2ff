"""K05: decisions that decide nothing: constant, implied, behind the end, or both ways the same.

Safe: worth what the contract is worth without them, to every reward. What the measure is known not
to see through is in `BEYOND`, and is worth no more than the decisions that are written there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..submissions import contract

if TYPE_CHECKING:
    from ..submissions import Court

# The plain contract has one decision, so that what hangs on one is tried as well.
PLAIN = "if (a > 5) { x = 1; }"
MORE = """
enum Phase { open, running, closed }
struct Point { across: Uint<8>, up: Uint<8> }
export ledger never: Uint<64>;
export ledger once: Uint<64>;
constructor() { once = 7; }
circuit yes(): Boolean { hits.increment(0); return true; }
circuit pick(n: Uint<8>): [] { if (n == 1) { y = 1; } if (n == 2) { y = 2; } }
circuit sized<#N>(): [] { if (N == 3) { y = 1; } }
circuit small(n: Uint<8>): Uint<8> { assert(n < 9, ''); return n; }
"""
CONSTANT = (
    "if (false) { y = 1; }",
    "if (true) { y = 1; } else { if (c) { y = 2; } }",
    "if (2 + 2 == 4) { y = 1; } else { y = 2; }",
    "if (a == a) { y = 1; }",
    "if (a != a) { y = 1; }",
    "if (c || !c) { y = 1; }",
    "if (a - a == 0) { y = 1; }",
    "if (a * b == b * a) { y = 1; }",
    "if ((a + 1) * b == a * b + b) { y = 1; }",
    "if (a < 256) { y = 1; }",
    "if (a * b < 65026) { y = 1; }",
    "if ([a, 1] == [a, 2]) { y = 1; }",
    "if ('ab' == 'ab') { y = 1; }",
    "if (pad(1, 'a') as Field == 353) { if (d) { y = 1; } }",
    "y = true ? 1 : 2;",
    "y = (c ? 1 : 1) as Uint<64>;",
    "for (const i of 0..4) { if (i > 4) { y = i; } }",
    "for (const i of 0..1) { y = i; }",
    "names.resetToDefault(); if (names.isEmpty()) { y = 1; }",
    "if (some<Field>(f).is_some) { y = 1; }",
    "if (persistentHash<Field>(f) == persistentHash<Field>(f)) { y = 1; }",
)
IMPLIED = (
    "if (a > 5) { x = 1; if (a > 4) { y = 1; } }",
    "if (a > 5) { x = 1; } else { assert(a < 6, ''); }",
    "if (a > 5) { x = 1; if (5 < a) { y = 1; } else { if (c) { y = 2; } } }",
    "if (a > 5) { x = 1; } if (a <= 5) { y = 1; }",
    "const t = a > 5; if (t) { if (t) { x = 1; } }",
    "if (a > 5) { x = 1; } else if (a > 6) { x = 2; } else if (a > 7) { x = 3; }",
)
SAME = (
    "if (c) { y = 1; } else { y = 1; }",
    "if (c) { y = a + b; } else { const s = b + a; y = s; }",
    "if (c) { assert(d, 'one'); } else { assert(d, 'two'); }",
    "if (c) { } else { const q = a; }",
    "if (c) { y = 1; } y = 2;",
    "for (const i of 0..9) { y = 5; }",
    "for (const i of 0..9) { const q = i; }",
)
DEAD = (
    "if (true) { return; } if (c) { y = 1; }",
    "if (a == a) { return; } else { assert(c, ''); } y = c ? 1 : 2;",
)
# Circuits that never succeed: all that they have done is undone.
UNDONE = ("assert(false, ''); if (c) { y = 1; }",)

# What the measure does not see through, and how many decisions are written there. It takes them for
# what an honest contract has, so they may be worth that much, and no more.
BEYOND = {
    # Values that are not in its normal form.
    "if (default<Point>.up == 0) { y = 1; }": 1,
    "if (none<Field>().value == 0) { y = 1; }": 1,
    "if ((a as Bytes<1>) as Uint<8> == a) { y = 1; }": 1,
    # It knows these, but a reward for declarations of each kind takes the type for one in use.
    "if (Point { a, 1 } == Point { a, 2 }) { y = 1; }": 0,
    "if (Phase.open == Phase.closed) { y = 1; }": 0,
    # A ledger that nothing writes, or only the constructor; readings of it that say the same.
    "if (never > 5) { y = 1; }": 1,
    "if (once == 7) { y = 1; }": 1,
    "names.insert(pad(32, ''), 1); if (names.isEmpty()) { y = 1; }": 1,
    "if (names.isEmpty()) { x = 1; } if (names.size() == 0) { y = 1; }": 2,
    "if (blockTimeLt(9)) { x = 1; } if (!blockTimeGte(9)) { y = 1; }": 2,
    # Circuits that have effects, or that are always called with the same.
    "if (yes()) { y = 1; }": 1,
    "if (small(b) < 9) { y = 1; }": 1,
    "pick(0);": 2,
    "sized<3>(); sized<4>();": 1,
    # The same effects in another order, or split otherwise.
    "if (c) { y = 1; flag = d; } else { flag = d; y = 1; }": 1,
    "if (c) { hits.increment(1); hits.increment(2); } else { hits.increment(3); }": 1,
    # What fails in the end. A task with tests pays nothing for it (K07).
    "if (c) { y = 1; } assert(false, '');": 1,
    "if (c) { y = 1; } else { y = 2; } assert(a > 255, '');": 1,
    "for (const i of 0..9) { if (i > b) { hits.increment(1); } } assert(false, '');": 2,
}


def judge(court: Court) -> None:
    beside = (*CONSTANT, *SAME, *DEAD)
    padded = [f"{PLAIN} {body}" for body in beside]
    court.earn_no_more(
        contract(PLAIN, MORE), *(contract(body, MORE) for body in (*padded, *IMPLIED))
    )
    # Nor without any decision to hang on; one contract with all of them tells that, too.
    together = " ".join(f"{{ {body} }}" for body in (*CONSTANT, *SAME))
    court.earn_no_more(
        contract("y = 1;", MORE), *(contract(body, MORE) for body in (together, *DEAD, *UNDONE))
    )
    court.earn_at_most(
        contract("y = 1;", MORE),
        {contract(body, MORE): written for body, written in BEYOND.items()},
    )
