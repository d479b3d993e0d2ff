"""K10: a few lines of which the compiler makes a huge program: unrolled, multiplied, nested.

Safe: ends within its limits, as the program's own doing, whatever it used up: time, memory, output
or a limit of the language. The verifier works on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..submissions import PLAIN, SECONDS

if TYPE_CHECKING:
    from ..submissions import Court

FIELD = "export circuit main(n: Field): Field"


def doubling(first: str, again: str, times: int) -> str:
    """`first`, and `again` so often: {0} is its own number, {1} that of the one before."""
    return first + "".join(again.format(i, i - 1) for i in range(1, times))


SOURCES = (
    "export circuit main(n: Uint<8>): [] { for (const i of 0..1000000) { hits.increment(1); } }",
    "export circuit main(): [] { for (const i of 0..16777216) { x = i; } }",
    "export circuit main(): [] { for (const i of 0..1000000000000) { x = i; } }",
    "export circuit main(): [] { for (const i of 0..999) { for (const j of 0..999) "
    "{ for (const k of 0..999) { hits.increment(1); } } } }",
    "circuit g<#N>(): [] { for (const i of 0..N) { x = i; } } "
    "export circuit main(): [] { g<1000000>(); }",
    f"{FIELD} {{ return fold((t, v) => t * v, n, default<Vector<1000000, Field>>); }}",
    f"{FIELD} {{ return default<Vector<999, Vector<999, Vector<999, Field>>>>[1][2][3]; }}",
    "export circuit main(v: Vector<16777216, Field>): Field { return v[3]; }",
    "export ledger large: Vector<1000000, Field>;",
    "export ledger large: Bytes<16777216>;",
    "export ledger tree: MerkleTree<32, Vector<100000, Field>>;",
    doubling("circuit g0(n: Field): Field { return n * n; }",
             "circuit g{0}(n: Field): Field {{ return g{1}(n) + g{1}(n + 1); }}", 40)
    + f"{FIELD} {{ return g39(n); }}",
    doubling("struct S0 { a: Field }", "struct S{0} {{ a: S{1}, b: S{1} }}", 40)
    + "export ledger large: S39;",
    doubling("type A0 = Field;", "type A{0} = [A{1}, A{1}];", 40)
    + "export circuit main(n: A39): [] { }",
    f"export circuit {'n' * 5000}(n: Field): Field {{ return n; }}",
    doubling("", "export circuit g{0}(n: Uint<64>): [] {{ x = disclose(n); }}", 800),
    f"{FIELD} {{ return {'(' * 5000}n{')' * 5000}; }}",
    f"{FIELD} {{ return n{' + n' * 10000}; }}",
    f"{FIELD} {{ {'if (n == 0) { ' * 2000}return n;{' }' * 2000} return n; }}",
    f"{FIELD} {{ return {'9' * 50000}; }}",
)  # fmt: skip


def judge(court: Court) -> None:
    for verdict in court.endure(*(f"{PLAIN}{source}\n" for source in SOURCES)):
        took = sum(stage.seconds for stage in verdict.stages)
        # The sandbox's own grace, and a machine that is busy.
        court.check(took < 2 * SECONDS, f"it took {took:.0f} s")
