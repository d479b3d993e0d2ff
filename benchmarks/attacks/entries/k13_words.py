"""K13: comments, strings and names full of words that a measure of the text would count.

Safe: worth what the contract is worth without them, to every reward.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..submissions import PLAIN, contract

if TYPE_CHECKING:
    from ..submissions import Court

WORDS = " if (x) { } else if (y) { } else { } for (const i of 0..9) { } x ? 1 : 2; assert(x, '');"
DECLARED = "enum E { a } struct S { a: Field } witness w(): Field; export circuit g(): [] {}"
BODY = "if (a > 5) { x = 1; }"
BODIES = (
    f"/* {WORDS * 20} {DECLARED} */ {BODY}",
    f"// {WORDS * 20} {DECLARED}\n {BODY}",
    f'assert(true, "{WORDS} {DECLARED}"); {BODY}',
    f'const text = "{WORDS} {DECLARED}"; {BODY}',
    f"const if_ = 1; const else_if_ = if_; const for_ = [if_, else_if_]; {BODY}",
    "if /* if (d) { x = 2; } else */ (a // else if (b > 5) {\n > 5) { x = 1; }",
)
DECLARATIONS = (
    f"/* {DECLARED} */",
    f"// {DECLARED * 9}\n",
    "module if_ { export circuit else_(n: Uint<8>): Uint<8> { return n > 5 ? 1 : 2; } }",
)


def judge(court: Court) -> None:
    court.earn_no_more(
        contract(BODY),
        *(contract(body) for body in BODIES),
        *(contract(BODY, more) for more in DECLARATIONS),
    )
    court.earn_no_more(PLAIN, *(f"{PLAIN}{declared}\n" for declared in DECLARATIONS))
