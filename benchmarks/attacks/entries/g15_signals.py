"""G15: kills everything that it may, process 1, its parent, and what process 1 would have handled.

Safe: at most its own box dies of it, which is the program's failure; the next job finds a box.
"""

from __future__ import annotations

import contextlib
import os
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..catalogue import World

EXPECT = "ok signal protocol"
NEVER_ON_BARE = True  # it would kill whatever else its user runs
NUMBERS = (signal.SIGSTOP, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL)


def attack() -> None:
    for target in (os.getppid(), 1, -1):
        for number in NUMBERS:
            with contextlib.suppress(OSError):
                os.kill(target, number)


def look() -> None:
    print("here")


def host(world: World) -> None:
    world.play()
    world.look()
