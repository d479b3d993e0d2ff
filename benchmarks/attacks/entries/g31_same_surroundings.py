"""G31: looks for a sign by which the hidden run can be told from the public one.

Safe: two runs of the same files look the same.
"""

from __future__ import annotations

import os
import platform
import resource
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..catalogue import World


def attack() -> None:
    print(
        os.getcwd(),
        os.getuid(),
        os.getgid(),
        os.getgroups(),
        os.umask(0),
        sys.argv,
        platform.node(),
    )
    print(sorted(os.environ.items()), sorted(os.listdir("/proc/self/fd")), sorted(os.listdir("/")))
    for place in filter(os.path.exists, (".", "/tmp", "/dev/shm", "/opt/forgegym")):
        about = os.stat(place)
        print(place, about.st_mode, about.st_uid, os.listxattr(place))
        print([name for name in sorted(os.listdir(place)) if os.path.isfile(name)])
    print([resource.getrlimit(n) for n in range(16)], sorted(os.sched_getaffinity(0)), os.nice(0))
    with open("/proc/self/mounts") as file:
        print(sorted(line.split()[1:3] for line in file))  # an engine mounts in any order
    with open("/proc/net/dev") as file:
        print(file.read())
    print(os.getpriority(os.PRIO_PROCESS, 1), os.sched_getscheduler(1))


def host(world: World) -> None:
    from ..catalogue import LOOKS

    seen = {tuple(world.lines(world.play())) for _ in range(LOOKS)}
    world.check(len(seen) == 1, "runs look different")
    world.check(() not in seen, "nothing was seen")
