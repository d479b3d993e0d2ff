"""K07: asserts that are always true, or always false, to look guarded.

Safe: worth what the contract is worth without them, to every reward.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..submissions import contract

if TYPE_CHECKING:
    from ..submissions import Court

BODY = "if (a > 5) { x = 1; }"
TRUE = ("true", "a == a", "a < 256", "c || !c", "true && (true || c)", "[a, b] == [a, b]")
GUARDED = (
    *(f"if (c) {{ assert({test}, 'guarded'); }} {BODY}" for test in TRUE),
    *(f"assert({test}, 'guarded'); {BODY}" for test in TRUE),
    f"for (const i of 0..9) {{ assert(i < 9, 'guarded'); }} {BODY}",
    f"if (c) {{ assert(c, 'guarded'); }} {BODY}",
    f"assert(c ? true : true, 'guarded'); {BODY}",
    f"if (c) {{ if (d) {{ assert(d, 'guarded'); }} else {{ assert(!d, 'guarded'); }} }} {BODY}",
    f"assert(false, 'closed'); {BODY}",
    f"{BODY} assert(a != a, 'closed');",
    f"{BODY} if (c) {{ assert(false, 'closed'); }} else {{ assert(a > 255, 'closed'); }}",
)


def judge(court: Court) -> None:
    court.earn_no_more(contract(BODY), *(contract(body) for body in GUARDED))
