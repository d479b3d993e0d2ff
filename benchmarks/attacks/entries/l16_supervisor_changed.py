"""L16 G16: lowers what the supervisor may use, its share of the processors and its priority.

Safe: refused, or the box is given up: the next job finds the same surroundings as the first.
"""

from __future__ import annotations

import contextlib
import os
import resource
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..catalogue import World

NEVER_ON_BARE = True  # there, process 1 is the machine's


def plant(what: str) -> None:
    with contextlib.suppress(OSError):
        if what == "priority":
            os.setpriority(os.PRIO_PROCESS, 1, 15)
        elif what == "processors":
            os.sched_setaffinity(1, {min(os.sched_getaffinity(0))})
        elif what == "idle":
            os.sched_setscheduler(1, os.SCHED_IDLE, os.sched_param(0))
        else:
            _, hard = resource.prlimit(1, resource.RLIMIT_SIGPENDING)
            resource.prlimit(1, resource.RLIMIT_SIGPENDING, (hard - 1, hard - 1))


def look() -> None:
    print([resource.getrlimit(number) for number in range(16)], os.getpriority(os.PRIO_PROCESS, 1))
    print(sorted(os.sched_getaffinity(0)), os.sched_getscheduler(0), os.sched_getscheduler(1))


def host(world: World) -> None:
    before = world.lines(world.play("look"))
    for what in ("priority", "processors", "idle", "limit"):
        world.play("plant", what)
        for _ in range(3):
            after = world.lines(world.play("look"))
            world.check(after == before, f"{what}: {before} has become {after}")
