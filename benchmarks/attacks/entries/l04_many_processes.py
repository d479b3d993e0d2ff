"""L4: eight times as many short sleeps as processes are allowed.

Safe: what is too many is refused (PIDS), the rest is reaped, and the next job finds the box empty.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from ..kit import PROCESSES, hit

if TYPE_CHECKING:
    from ..catalogue import World

EXPECT = "pids"


def attack() -> None:
    started = 0
    for _ in range(8 * PROCESSES):
        try:
            if os.fork() == 0:
                time.sleep(2.0)
                os._exit(0)
        except OSError:
            break
        started += 1
    print("started", started)
    if started >= PROCESSES:
        hit(f"{started} processes at a time")
    raise SystemExit("refused")


def look() -> None:
    processes = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    if len(processes) > 2:
        hit(f"{len(processes)} processes are there")


def host(world: World) -> None:
    world.play()
    world.look()
