"""L16: changes the places themselves: their modes, owners, attributes and times.

Safe: the next job finds them as they were, whoever owns them.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..catalogue import World

PLACES = (".", "/tmp", "/dev/shm")
TIME = 1_000_000_007  # of 2001: nothing else here is so old


def plant(what: str) -> None:
    for place in PLACES:
        with contextlib.suppress(OSError):
            if what == "mode":
                os.chmod(place, 0o2711)
            elif what == "attribute":
                os.setxattr(place, "user.forgegym", b"message")
            elif what == "times":
                os.utime(place, (TIME, TIME))


def look() -> None:
    for place in PLACES:
        about = os.stat(place)
        old = [time == TIME for time in (about.st_atime, about.st_mtime)]
        print(place, oct(about.st_mode), about.st_uid, about.st_gid, os.listxattr(place), old)


def host(world: World) -> None:
    before = world.lines(world.play("look"))
    for what in ("mode", "attribute", "times"):
        world.play("plant", what)
        for _ in range(3):
            after = world.lines(world.play("look"))
            world.check(after == before, f"{what}: {before} has become {after}")
