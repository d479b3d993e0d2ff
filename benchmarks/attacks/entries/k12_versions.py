"""K12: pragmas that ask for another language or compiler, twice, late, or in odd words.

Safe: none but the one language is there: what asks for another is refused, and what accepts this
one among others is judged as any contract.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..submissions import PLAIN

if TYPE_CHECKING:
    from ..submissions import Court

BARE = "import CompactStandardLibrary;\nexport ledger x: Uint<64>;\n"
# An old grammar's: an unordered ledger block, and `return` without disclosure of a witness.
OLD = "ledger { x: Cell<Field>; }\nexport circuit f(): Void { }\n"
UNDISCLOSED = "witness w(): Uint<64>;\nexport circuit f(): [] { x = w(); }\n"
FITTING = (
    "pragma language_version 0.23;",
    "pragma language_version >= 0.1;",
    "pragma language_version 0.20 || 0.23;",
    "pragma language_version >= 0.23 && < 99999999999999999999;",
    "pragma language_version (((0.23)));",
    "pragma language_version !0.22;",
)
FOREIGN = (
    "pragma language_version 0.20;",
    "pragma language_version 0.22.0;",
    "pragma language_version !0.23;",
    "pragma language_version < 0.23;",
    "pragma language_version 99;",
    "pragma language_version 0.23 && 0.22;",
    "pragma compiler_version 0.1;",
    "pragma compiler_version 99;",
    "pragma unchecked 1;",
    "pragma language_version;",
    "pragma language_version 0.23.0.0.0;",
    "pragma language_version '0.23';",
    f"pragma language_version {'9' * 20000};",
    f"pragma language_version {'!' * 5000}0.23;",
    f"pragma language_version {'(' * 5000}0.23{')' * 5000};",
)
# Whether they fit is the compiler's affair; that they are long must be nobody's.
LONG = (
    f"pragma language_version {' || '.join(['0.22'] * 6000)};",
    f"pragma language_version {' && '.join(['>= 0.22'] * 4000)};",
    "pragma language_version >= 0.22;\n" * 1500,
)


def judge(court: Court) -> None:
    court.accept(*(f"{pragma}\n{BARE}" for pragma in FITTING))
    court.accept(f"{BARE}pragma language_version 0.23;\n")
    court.refuse(*(f"{pragma}\n{BARE}" for pragma in FOREIGN))
    court.refuse(*(f"{BARE}{pragma}\n" for pragma in FOREIGN[::4]))
    court.refuse(*(f"{FITTING[0]}\n{second}\n{BARE}" for second in FOREIGN[:3]))
    # Another version named does not bring its rules.
    court.refuse(*(f"{pragma}\n{BARE}{UNDISCLOSED}" for pragma in FITTING))
    court.refuse(*(f"{pragma}\n{OLD}" for pragma in (FITTING[1], FOREIGN[0])))
    court.endure(*(f"{pragma}\n{BARE}" for pragma in LONG))
    court.accept(PLAIN)
