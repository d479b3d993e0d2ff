"""K05: decisions that decide nothing: constant, implied, behind the end, or both ways the same.

Safe: worth what the contract is worth without them, to every reward.
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
    "if (Point { a, 1 } == Point { a, 2 }) { y = 1; }",
    "if (default<Point>.up == 0) { y = 1; }",
    "if ('ab' == 'ab') { y = 1; }",
    "if (pad(1, 'a') as Field == 353) { if (d) { y = 1; } }",
    "if ((a as Bytes<1>) as Uint<8> == a) { y = 1; }",
    "if (Phase.open == Phase.closed) { y = 1; }",
    "y = true ? 1 : 2;",
    "y = (c ? 1 : 1) as Uint<64>;",
    "for (const i of 0..4) { if (i > 4) { y = i; } }",
    "for (const i of 0..1) { y = i; }",
    "if (some<Field>(f).is_some) { y = 1; }",
    "if (none<Field>().value == 0) { y = 1; }",
    "if (persistentHash<Field>(f) == persistentHash<Field>(f)) { y = 1; }",
)
# What circuits and the ledger make constant.
REMOTE = (
    "if (never > 5) { y = 1; }",
    "if (once == 7) { y = 1; }",
    "if (yes()) { y = 1; }",
    "pick(0);",
    "sized<3>(); sized<4>();",
    "if (small(b) < 9) { y = 1; }",
    "names.resetToDefault(); if (names.isEmpty()) { y = 1; }",
    "names.insert(pad(32, ''), 1); if (names.isEmpty()) { y = 1; }",
)
IMPLIED = (
    "if (a > 5) { x = 1; if (a > 4) { y = 1; } }",
    "if (a > 5) { x = 1; } else { assert(a < 6, ''); }",
    "if (a > 5) { x = 1; if (5 < a) { y = 1; } else { if (c) { y = 2; } } }",
    "if (a > 5) { x = 1; } if (a <= 5) { y = 1; }",
    "const t = a > 5; if (t) { if (t) { x = 1; } }",
    "if (a > 5) { x = 1; } else if (a > 6) { x = 2; } else if (a > 7) { x = 3; }",
    "if (names.isEmpty()) { x = 1; } if (names.size() == 0) { y = 1; }",
    "if (blockTimeLt(9)) { x = 1; } if (!blockTimeGte(9)) { y = 1; }",
)
SAME = (
    "if (c) { y = 1; } else { y = 1; }",
    "if (c) { y = a + b; } else { const s = b + a; y = s; }",
    "if (c) { y = 1; flag = d; } else { flag = d; y = 1; }",
    "if (c) { hits.increment(1); hits.increment(2); } else { hits.increment(3); }",
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
UNDONE = (
    "assert(false, ''); if (c) { y = 1; }",
    "if (c) { y = 1; } assert(false, '');",
    "if (c) { y = 1; } else { y = 2; } assert(a > 255, '');",
    "for (const i of 0..9) { if (i > b) { hits.increment(1); } } assert(false, '');",
)


def judge(court: Court) -> None:
    beside = (*CONSTANT, *REMOTE, *SAME, *DEAD)
    padded = [f"{PLAIN} {body}" for body in beside]
    court.earn_no_more(
        contract(PLAIN, MORE), *(contract(body, MORE) for body in (*padded, *IMPLIED))
    )
    court.earn_no_more(
        contract("y = 1;", MORE), *(contract(body, MORE) for body in (*beside, *UNDONE))
    )
