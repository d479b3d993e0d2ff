"""L19: a short program of which the compiler makes a huge one, in the step before the run.

Safe: the compile step has the same limits (MEMORY or TIMEOUT), and the run is not reached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..kit import hit

if TYPE_CHECKING:
    from ..catalogue import World

EXPECT = "memory timeout"


def attack() -> None:
    compile("x = (" + "[0]," * 1_500_000 + ")", "bomb", "exec")
    hit("compiled")


def run() -> None:
    print("run")


def host(world: World) -> None:
    outcome = world.submit(world.step(), world.step("run"))
    world.check(len(outcome.steps) < 2, "the run was reached")
