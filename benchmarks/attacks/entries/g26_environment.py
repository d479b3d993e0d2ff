"""G26 L13: reads its environment, and that of whatever else is there, for secrets.

Safe: there are the four variables that programs need, and no other.
"""

import contextlib
import os

from ..kit import hit

ALLOWED = {"PATH", "HOME", "LANG", "TMPDIR"}


def attack() -> None:
    with open("/proc/self/environ", "rb") as file:
        own = file.read().rstrip(b"\0").split(b"\0")
    print(own)
    more = {os.fsdecode(line).partition("=")[0] for line in own} - ALLOWED
    if more:
        hit(f"{len(more)} more variables")
    for process in filter(str.isdigit, os.listdir("/proc")):
        if int(process) != os.getpid():
            with contextlib.suppress(OSError), open(f"/proc/{process}/environ", "rb") as file:
                print(file.read())
                hit(f"that of {process}")
