"""K14: names of the library, or of the contract, that mean something else where they stand.

Safe: what a name means is looked up where it stands: an own circuit of a library's name is looked
into, a shadowed parameter is what shadows it. All is worth what it is worth under other names; what
the measure is known not to see is in `BEYOND`, as in K05.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..submissions import DECLARATIONS, PLAIN, contract

if TYPE_CHECKING:
    from ..submissions import Court

BODY = "if (a > 5) { x = 1; }"
# Decisions that the name alone would make one, and that what it stands for does not.
SHADOWED = (
    "{ const a = 9; if (a > 5) { y = 1; } }",
    "{ const c = true; if (c) { y = 1; } else { y = 2; } }",
    "for (const a of 0..1) { if (a > 5) { y = 1; } }",
    "{ const x = 3; if (x == 3) { y = 1; } }",
    "{ const flag = d; if (flag == d) { y = 1; } }",
    "y = (c ? ((a) => 1)(a) : 1) as Uint<64>;",
)
# A circuit of the same name and parameters beside the library's: a call of it means neither.
OWN = (
    "circuit blockTimeLt(n: Uint<64>): Boolean { return n < 10; }",
    "module Times { export circuit blockTimeLt(n: Uint<64>): Boolean { return true; } } "
    "import Times;",
)
OWN_BODY = f"{BODY} if (blockTimeLt(9)) {{ y = 1; }}"
# The whole library replaced: what has its names is the contract's own, and the rest is not there.
LIBRARY = "import CompactStandardLibrary;\n"
REPLACED = f"""module CompactStandardLibrary {{
  export circuit blockTimeLt(n: Uint<64>): Boolean {{ return n < 10; }}
  export circuit persistentHash(n: Uint<64>): Boolean {{ return n == n; }}
}}
{LIBRARY}"""
ALONE = """export ledger x: Uint<64>;
export ledger y: Uint<64>;
export circuit main(n: Uint<8>): [] { const a = disclose(n); if (a > 5) { x = 1; } %s }
"""
ALONE_BODIES = ("if (blockTimeLt(9)) { y = 1; }", "if (persistentHash(a)) { y = 1; }")
# Declarations that nothing uses, of names that are used for something else: no decisions, but a
# reward for declarations of each kind takes them for used.
BEYOND = {
    "module M { export struct a { q: Field } }": 0,
    "module M { export enum c { one, two } }": 0,
    "module M { export witness d(): Field; }": 0,
}


def judge(court: Court) -> None:
    court.earn_no_more(contract(BODY), *(contract(f"{BODY} {body}") for body in SHADOWED))
    court.refuse(*(contract(OWN_BODY, own) for own in OWN))
    court.earn_no_more(REPLACED + ALONE % "", *(REPLACED + ALONE % body for body in ALONE_BODIES))
    court.earn_at_most(
        contract(BODY), {contract(BODY, more): most for more, most in BEYOND.items()}
    )
    court.refuse(DECLARATIONS.replace(LIBRARY, REPLACED), PLAIN.replace(LIBRARY, ""))
