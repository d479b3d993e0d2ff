"""G29 L10: poisons the caches and libraries that the next program will use.

Safe: they cannot be written, whoever owns them.
"""

import os
import sys

from ..kit import attempt

PLACES = (
    os.path.dirname(os.__file__), os.path.join(os.path.dirname(os.__file__), "__pycache__"),
    "/usr/lib/python3/dist-packages", "/usr/local/lib", "/usr/local/bin", "/usr/bin", "/bin",
    "/opt/forgegym", "/opt/forgegym/supervisor", "/var/cache",
    "/root/.cache", "/var/tmp", "/usr/share", "/lib", sys.prefix,
)  # fmt: skip


def attack() -> None:
    for place in PLACES:
        attempt(place, create, os.path.join(place, "forgegym-poison"))
    for path in (os.__file__, "/usr/bin/python3", "/opt/forgegym/supervisor/step.py"):
        attempt(f"to write {path}", os.open, path, os.O_WRONLY)
        attempt(f"to rename {path}", os.rename, path, path + "-away")


def create(path: str) -> str:
    open(path, "x").close()
    os.unlink(path)
    return path
