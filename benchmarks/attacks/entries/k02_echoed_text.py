"""K02: has the compiler read a file that is no contract, to see its words in the error.

Safe: refused before the file is opened; the host's secret, which such a file holds, stays there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..submissions import PLAIN

if TYPE_CHECKING:
    from ..submissions import Court

SUFFIX = ".compact"


def judge(court: Court) -> None:
    # The compiler adds the suffix to whatever is named.
    file = court.bait.folder / f"echo{SUFFIX}"
    file.write_text(f"{court.bait.secret} ledger;\n")
    file.chmod(0o644)
    named = str(file).removesuffix(SUFFIX)
    forms = (f"include '{named}';", f"import '{named}';", f"include '{named}'; @")
    court.refuse(*(f"{PLAIN}{form}\n" for form in forms))
