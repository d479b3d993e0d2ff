"""G13 L16: a grandchild with a session of its own and no stream of its parents', left behind.

Safe: it is dead when the job is over, and the job is told how many it left.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..catalogue import World


def attack() -> None:
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            null = os.open("/dev/null", os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(null, stream)
            os.write(writer, b".")
            time.sleep(60)
        os._exit(0)
    os.read(reader, 1)


def host(world: World) -> None:
    outcome = world.play()
    world.check(any(step.left_running for step in outcome.steps), "nothing is said to be left")
    world.check(not world.left(), "it outlived its job")
