"""G06 L16: a tree of folders deeper than a path may be long, which nobody may enter.

Safe: the next job finds its work folder empty; whoever cleans up neither recurses nor gives up.
"""

import os

from ..kit import WORK_FILES, hit


def plant() -> None:
    for _ in range(WORK_FILES // 2):
        os.mkdir("folder-that-is-deep")
        os.chdir("folder-that-is-deep")
    os.chmod(".", 0)


def look() -> None:
    names = [name for name in os.listdir(".") if name != "forgegym"]
    if names:
        hit(f"found {names}")
