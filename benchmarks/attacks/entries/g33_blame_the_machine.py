"""G33: a step ruins the next one's place, so that the machine seems to have failed.

Safe: whatever it is called, it is not INFRA, which alone would excuse the program.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
from typing import TYPE_CHECKING

from ..kit import WORK_BYTES

if TYPE_CHECKING:
    from ..catalogue import World

EXPECT = "ok exit signal memory pids protocol timeout"
WAYS = ("closed", "emptied", "full", "strangled", "starved")


def attack(way: str) -> None:
    with contextlib.suppress(OSError):
        if way == "closed":
            os.chmod(".", 0)
        elif way == "emptied":
            shutil.rmtree("forgegym")
        elif way == "full":
            with open("full", "wb") as file:
                file.write(bytes(2 * WORK_BYTES))
        elif os.getppid() == 1:  # process 1 of a box: on a host, of everything
            whole = {"strangled": ("AS", "STACK", "DATA"), "starved": ("NOFILE", "NPROC")}[way]
            for name in whole:
                limit = getattr(resource, f"RLIMIT_{name}")
                with contextlib.suppress(OSError, ValueError):
                    resource.prlimit(1, limit, (4, 4))


def look() -> None:
    print("here")


def host(world: World) -> None:
    for way in WAYS:
        world.submit(world.step("attack", way), world.plain("/bin/echo", "next"))
        world.play("look", expect="ok")
