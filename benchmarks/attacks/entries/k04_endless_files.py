"""K04: files without end: an include of itself, of a device, of a pipe; a text beyond any measure.

Safe: refused at once, without a wait and without a box.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..submissions import PLAIN

if TYPE_CHECKING:
    from ..submissions import Court

NAMES = (
    "contract", "./contract", "/work/contract", "out/contract", "/dev/zero", "/dev/stdin",
    "/dev/random", "/dev/full", "/dev/tty", "/proc/self/fd/0", "/proc/self/mem", "/proc/kcore", ".",
)  # fmt: skip
# As many bytes as a message can have, and a line, a name, a number, a comment of that length.
LENGTH = 1 << 20
# Nothing here is compiled: a second is a hundred times what refusing it all takes.
SECONDS = 2.0


def judge(court: Court) -> None:
    pipe = court.bait.folder / "pipe.compact"
    os.mkfifo(pipe, 0o644)
    names = (*NAMES, str(pipe).removesuffix(".compact"))
    long = (
        PLAIN + "\n" * LENGTH,
        PLAIN + "/" * LENGTH,
        f"{PLAIN}export ledger {'n' * LENGTH}: Counter;\n",
        f"{PLAIN}export circuit f(): Field {{ return {'9' * LENGTH}; }}\n",
        f"{PLAIN}/*{'*' * LENGTH}",
        "\ud800" + PLAIN,
    )
    found = court.refuse(*(f"{PLAIN}include '{name}';\n" for name in names), *long)
    took = sum(stage.seconds for verdict in found for stage in verdict.stages)
    court.check(took < SECONDS, f"refusing took {took:.1f} s")
