"""G14 G28: a child holds the output's pipe, works on and prints after its parent has ended.

Safe: the job ends with its first process, and what it started ends before the clock stops.
"""

import os
import time

from ..kit import hit


def attack() -> None:
    if os.fork() == 0:
        time.sleep(0.5)
        hit("printed after the end")
        time.sleep(60)
