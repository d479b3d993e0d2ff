"""G23 L18: actions with hostile file names, sizes and numbers of things.

Safe: refused before anything runs (REJECTED), in one sentence.
"""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

from ..kit import MIB

if TYPE_CHECKING:
    from ..catalogue import World

EXPECT = "rejected"
NAMES = (
    "../climbed", "a/../../climbed", "a/./b", "-rf", "--help", ".bashrc", "a/.hidden", "new\nline",
    "n" * 300, "/".join(["deep"] * 50), "", "/", "a//b", "a/", "nul\0", "caf\u00e9", "\udcff",
    "a b", "a;b", "$(id)", "..", "~",
)  # fmt: skip


def host(world: World) -> None:
    absolute = os.path.join(tempfile.gettempdir(), world.token)
    step = world.plain("/bin/true")
    for name in (*NAMES, absolute):
        world.submit(step, files={name: b"x"})
        world.submit(step, collect={name: 10})
    if os.path.exists(absolute):
        os.unlink(absolute)
        world.blame("a file was written on the host")
    world.submit(step, files={"main.py": b"", "Main.py": b""})
    world.submit(step, files={"main": b"", "main/inner": b""})
    world.submit(step, files={"large": bytes(50 * MIB)})
    world.submit(step, files={f"f{i}": b"" for i in range(1000)})
    world.submit()
    world.submit(*[step] * 100)
    world.submit(world.plain("/bin/echo", "nul\0"))
    world.submit(world.step(requests=(b"",) * 10_000))
