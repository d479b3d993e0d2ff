"""K09: everything is disclosed, so that the privacy check has nothing to say.

Safe: what is not disclosed is refused, and disclosing is worth nothing. Whether a secret *should*
have been disclosed is the task's to ask: by what its plays compare.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..submissions import PLAIN

if TYPE_CHECKING:
    from ..submissions import Court

WITNESS = "witness secret(): Uint<64>;\n"
SILENT = (
    "x = secret();",
    "if (secret() > 5) { x = 1; }",
    "names.insert(pad(32, ''), secret());",
    "assert(x == secret(), ''); hits.increment(secret() as Uint<16>);",
    "const s = [secret(), 1]; x = s[0];",
    "x = default<Uint<64>> + secret() as Uint<64>;",
)
OPEN = "if (disclose(secret()) > 5) { x = 1; }"
OPENLY = (
    "if (disclose(disclose(disclose(secret()))) > 5) { x = disclose(1); }",
    "const s = disclose(secret()); if (disclose(s > 5)) { x = disclose(disclose(1)); }",
    "disclose(disclose(x)); if (disclose(secret()) > 5) { x = 1; } disclose(7);",
    "if (disclose(true)) { if (disclose(secret() > 5)) { x = 1; } }",
)


def judge(court: Court) -> None:
    def contract(body: str) -> str:
        return f"{PLAIN}{WITNESS}export circuit main(): [] {{ {body} }}\n"

    court.refuse(*(contract(body) for body in SILENT))
    court.earn_no_more(contract(OPEN), *(contract(body) for body in OPENLY))
