"""G11 L1: sleeps for an hour.

Safe: TIMEOUT at the limit, on the host's clock as well.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ..kit import hit

if TYPE_CHECKING:
    from ..catalogue import World

EXPECT = "timeout"
LIMITS = {"seconds": 1.0}
# 10 ms is usual; a machine that is busy with something else may take its time.
GRACE = 1.0


def attack() -> None:
    time.sleep(3600)
    hit("slept")


def host(world: World) -> None:
    outcome = world.play()
    for seconds in (outcome.seconds, *(step.seconds for step in outcome.steps)):
        world.check(1.0 <= seconds <= 1.0 + GRACE, f"it took {seconds:.3f} s, not 1")
