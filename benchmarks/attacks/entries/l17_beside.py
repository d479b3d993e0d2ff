"""L17: writes to shared memory in one box, and looks in another that runs at the same time.

Safe: each box has its own.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from ..kit import hit, libc

if TYPE_CHECKING:
    from ..catalogue import World

KEY = 0x464F5248
PLACES = ("/dev/shm", "/tmp", "/var/tmp", "/work", "/run", "/dev/mqueue")
NAME = "forgegym-beside"


def attack() -> None:
    shared = libc.shmget(KEY, 4096, 0o1600)
    for place in PLACES:
        try:
            open(f"{place}/{NAME}", "x").close()
        except OSError as error:
            print("refused", place, error.strerror)
    time.sleep(3.0)
    libc.shmctl(shared, 0, None)
    for place in PLACES:
        if os.path.exists(f"{place}/{NAME}"):
            os.unlink(f"{place}/{NAME}")


def look() -> None:
    if libc.shmget(KEY, 0, 0) >= 0:
        hit("the other's shared memory")
    for place in PLACES:
        if os.path.exists(f"{place}/{NAME}"):
            hit(f"the other's file in {place}")


def host(world: World) -> None:
    world.beside("attack", "look")
