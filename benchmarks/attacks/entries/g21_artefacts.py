"""G21: asks to bring back links, a pipe, a socket, a folder and a device instead of files.

Safe: only the plain file comes; nothing is followed and nothing waits.
"""

from __future__ import annotations

import contextlib
import os
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..catalogue import World

ODD = ("link", "shadow", "inner/secret", "hard", "pipe", "socket", "folder", "device", "full")


def attack(file: str) -> None:
    os.symlink(file, "link")
    os.symlink("/etc/shadow", "shadow")
    os.symlink(os.path.dirname(file), "inner")
    os.mkfifo("pipe")
    socket.socket(socket.AF_UNIX).bind("socket")
    os.mkdir("folder")
    os.symlink("/dev/zero", "device")
    for name in ("plain", "hard-too", "full"):
        with open(name, "wb") as out:
            out.write(b"plain" if name == "plain" else bytes(2000))
    with contextlib.suppress(OSError):
        os.link("hard-too", "hard")


def host(world: World) -> None:
    wanted = dict.fromkeys((*ODD, "plain", "never"), 1000)
    outcome = world.play("attack", str(world.bait.file), collect=wanted)
    world.check(outcome.files == {"plain": b"plain"}, f"there came {sorted(outcome.files)}")
    world.check(set(outcome.missing) == {*ODD, "never"}, f"missing are {sorted(outcome.missing)}")
