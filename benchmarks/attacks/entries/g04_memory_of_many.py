"""G04 L3: twenty processes fill four times the memory, none of them much.

Safe: the kernel kills some of them (MEMORY); limits of single processes would all hold.
"""

import os
import time

from ..kit import MEMORY, hit

EXPECT = "memory"
CHILDREN = 20


def attack() -> None:
    children = []
    for _ in range(CHILDREN):
        child = os.fork()
        if child == 0:
            held = b"x" * (4 * MEMORY // CHILDREN)
            time.sleep(1.5)
            os._exit(len(held) == 0)
        children.append(child)
    fates = [os.waitpid(child, 0)[1] for child in children]
    if any(fates):
        raise SystemExit(f"{sum(map(bool, fates))} were killed")
    hit(f"held {4 * MEMORY >> 20} MiB in {CHILDREN} processes")
