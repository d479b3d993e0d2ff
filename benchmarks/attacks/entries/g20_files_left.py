"""G20 L16: leaves a file wherever that is possible, for the next job to find.

Safe: the next job finds none.
"""

import contextlib
import os

from ..kit import hit

PLACES = (
    ".", "/tmp", "/var/tmp", "/dev/shm", "/run", "/run/lock", "/var/lock", "/dev", "/dev/mqueue",
    "/work", "/home", "/var/log", "/opt/forgegym",
)  # fmt: skip
NAME = "forgegym-left-behind"


def plant() -> None:
    for place in PLACES:
        with contextlib.suppress(OSError), open(f"{place}/{NAME}", "x") as file:
            file.write("found me")
            print("left", place)


def look() -> None:
    for place in PLACES:
        if os.path.lexists(f"{place}/{NAME}"):
            hit(f"{place}/{NAME}")
            os.unlink(f"{place}/{NAME}")
