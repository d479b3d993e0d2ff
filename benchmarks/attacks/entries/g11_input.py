"""G11 L15: reads standard input to its end, which a terminal or an open pipe never has.

Safe: the input that was given, then its end.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..catalogue import World


def attack() -> None:
    print(len(sys.stdin.buffer.read()))


def host(world: World) -> None:
    for given in (b"", b"x" * 300_000):
        outcome = world.play(stdin=given)
        world.check(world.lines(outcome) == [str(len(given))], f"not {len(given)} bytes of input")
