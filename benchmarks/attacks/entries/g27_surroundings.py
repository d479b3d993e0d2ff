"""G27: reads mounts, control groups, names and command lines for what the job is about.

Safe: it sees its own two processes and a machine without a name; no path of the host's work.
"""

from __future__ import annotations

import contextlib
import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING

from ..kit import hit

if TYPE_CHECKING:
    from ..catalogue import World

FILES = ("mountinfo", "cgroup", "cmdline", "status", "maps", "limits")


def attack() -> None:
    processes = {int(name) for name in os.listdir("/proc") if name.isdigit()}
    if processes - {1, os.getpid()}:
        hit(f"sees {len(processes)} processes")
    for process in (1, os.getpid()):
        for name in FILES:
            with contextlib.suppress(OSError), open(f"/proc/{process}/{name}") as file:
                print(file.read())
    print(f"node {platform.node()}")


def host(world: World) -> None:
    outcome = world.play()
    text = outcome.last.stdout.decode("utf-8", "replace") if outcome.steps else ""
    secrets = [world.bait.folder.name, os.getcwd(), str(Path(__file__).parent), str(Path.home())]
    for secret in secrets:
        world.check(len(secret) < 6 or secret not in text, f"{secret} is to be seen")
    world.check(f"node {platform.node()}\n" not in text, "the host's name is to be seen")
