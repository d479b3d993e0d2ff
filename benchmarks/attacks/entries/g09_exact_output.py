"""G09 L5: output of one byte less than the cap, of the cap, and of one more; all fill the pipe.

Safe: the first two end in peace with every byte, the third as OUTPUT with the cap's; none hangs.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..catalogue import World

EXPECT = "ok output"
CAP = 200_000  # a pipe holds 65,536
LIMITS = {"output_bytes": CAP}
FRAME = len("BEGUN\nDONE\n")


def attack(size: str) -> None:
    sys.stdout.write("x" * (int(size) - FRAME))


def host(world: World) -> None:
    for size, expected in ((CAP - 1, "ok"), (CAP, "ok"), (CAP + 1, "output")):
        outcome = world.play("attack", str(size), expect=expected)
        kept = sum(len(step.stdout) for step in outcome.steps)
        world.check(kept == min(size, CAP), f"of {size} bytes {kept} were kept")
