"""L10: reads what is the host's: its passwords, its homes, its sockets, this package.

Safe: none of it is there, or none of it can be read.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..kit import attempt, hit

if TYPE_CHECKING:
    from ..catalogue import World

SECRET = ("/etc/shadow", "/etc/gshadow", "/root/.ssh", "/proc/kcore", "/dev/mem", "/dev/kmsg")
SOCKETS = ("/run/docker.sock", "/var/run/docker.sock", "/run/dbus/system_bus_socket")


def attack(package: str, *secrets: str) -> None:
    for path in (*SECRET, *secrets, f"{package}/__init__.py"):
        attempt(path, read, path)
    for path in (f"{package}/envs", f"{package}/tests", "/root", "/lost+found"):
        attempt(path, os.listdir, path)
    for path in filter(os.path.exists, SOCKETS):
        hit(f"there is {path}")
    if os.path.isdir("/home") and os.listdir("/home"):
        hit("there are homes")
    for process in (1, os.getppid()):
        for secret in secrets:
            attempt(f"the root of {process}", read, f"/proc/{process}/root{secret}")


def read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(1000)


def host(world: World) -> None:
    package = Path(__file__).resolve().parents[3]
    world.play("attack", str(package), *map(str, world.bait.files))
