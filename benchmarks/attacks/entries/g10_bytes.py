"""G10: output that is no text: broken UTF-8, NUL, escapes for a terminal, a line of ten megabytes.

Safe: the host gets the bytes as they were written.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ..kit import MIB

if TYPE_CHECKING:
    from ..catalogue import World

LIMITS = {"output_bytes": 12 * MIB, "seconds": 6.0}
BYTES = b"\xff\xfe\xc3(\x00\x1b[2J\x1b]0;title\x07\r\xe2\x82\n" + b"\xe2\x82\xac" * (10 * MIB // 3)


def attack() -> None:
    sys.stdout.buffer.write(BYTES)


def host(world: World) -> None:
    outcome = world.play()
    got = outcome.last.stdout if outcome.steps else b""
    world.check(got == b"BEGUN\n" + BYTES + b"DONE\n", "other bytes came than were written")
