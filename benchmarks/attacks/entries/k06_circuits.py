"""K06: circuits that nothing reaches or that are copies, and ledger fields that nothing uses.

Safe: worth what the contract is worth without them, to every reward. What the measure is known not
to see is in `BEYOND`, and is worth no more than the decisions that are written there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..submissions import PLAIN

if TYPE_CHECKING:
    from ..submissions import Court

MAIN = "export circuit main(n: Uint<8>): [] { if (disclose(n) > 5) { x = 1; } else { x = 2; } }\n"
UNREACHED = (
    "circuit other(n: Uint<8>): [] { if (disclose(n) > 7) { y = 1; } }",
    "circuit other(n: Uint<8>): [] { if (disclose(n) > 7) { y = 1; } } "
    "circuit more(n: Uint<8>): [] { if (disclose(n) > 8) { other(n); } }",
    "module M { export circuit other(n: Uint<8>): Uint<8> { return n > 7 ? 1 : 2; } } import M;",
    "circuit other(n: Uint<8>): [] { if (disclose(n) > 7) { y = 1; } } "
    "export circuit more(n: Uint<8>): [] "
    "{ if (false) { other(n); } if (true) { return; } other(n); }",
    "circuit other(n: Uint<8>): Uint<8> { return n > 7 ? 1 : 2; } "
    "export circuit more(n: Uint<8>): [] { const unused = other(n); }",
)
COPIES = (
    "".join(f"export circuit copy{i}(m: Uint<8>): [] "
            "{ if (disclose(m) > 5) { x = 1; } else { x = 2; } }\n" for i in range(9)),
    "".join(f"export circuit copy{i}(m: Uint<{i}>): [] "
            "{ if (5 < disclose(m)) { x = 1; } else { x = 2; } }\n" for i in range(9, 18)),
    "".join(f"export circuit t{i}(): Field {{ return {i}; }}\n" for i in range(30)),
)  # fmt: skip
UNUSED = (
    "".join(f"export ledger unused{i}: Uint<64>;\n" for i in range(30)),
    "ledger unused: Map<Bytes<32>, Map<Bytes<32>, MerkleTree<20, Field>>>;",
)
# What the measure does not see, and how many decisions are written there; see K05.
BEYOND = {
    # A copy with the condition the other way round.
    "export circuit copy(m: Uint<8>): [] { if (!(disclose(m) > 5)) { x = 2; } else { x = 1; } }": 1,
    # Written, and read by nobody: neither a circuit nor, as it is not exported, an application.
    "ledger unused: Uint<64>; export circuit keep(n: Uint<8>): [] "
    "{ if (disclose(n) > 7) { unused = 1; } else { unused = 2; } }": 1,
    "ledger unused: Counter; export circuit keep(n: Uint<8>): [] "
    "{ for (const i of 0..9) { if (i > disclose(n)) { unused.increment(1); } } }": 2,
    # A contract that cannot be deployed, of which nothing is ever reached.
    "constructor() { assert(false, ''); }": 0,
    "constructor(n: Uint<8>) { if (disclose(n) > 3) { y = 1; } assert(n > 255, ''); }": 1,
}


def judge(court: Court) -> None:
    plain = PLAIN + MAIN
    court.earn_no_more(plain, *(plain + more + "\n" for more in (*UNREACHED, *COPIES, *UNUSED)))
    court.earn_at_most(plain, {f"{plain}{more}\n": written for more, written in BEYOND.items()})
