"""G17 L14: writes a result of its own making to every descriptor it has, and to its parent's.

Safe: it has three, and what it writes is output, which nobody takes for a result.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..kit import attempt, hit, write_to

if TYPE_CHECKING:
    from ..catalogue import World

EXPECT = "exit"
# What a supervisor of ours would say of a job that went well, in its frame.
RESULT = b"d5:filesde7:missingde5:stepsld4:codei0e6:status2:okeee"
FORGED = len(RESULT).to_bytes(4, "big") + RESULT


def attack() -> None:
    opened = set(map(int, os.listdir("/proc/self/fd")))
    inherited = {n for n in opened if os.path.exists(f"/proc/self/fd/{n}")}
    if inherited - {0, 1, 2}:
        hit(f"it has the descriptors {sorted(inherited)}")
    for target in {1, os.getppid()}:
        for number in (0, 1, 2, 10, 11):
            path = f"/proc/{target}/fd/{number}"
            attempt(path, write_to, path, FORGED)
    os.write(1, FORGED)
    os._exit(7)


def host(world: World) -> None:
    outcome = world.play()
    last = outcome.steps[-1] if outcome.steps else None
    world.check(last and last.exit_code == 7, "the exit code is not its own")
    world.check(last and last.stdout.endswith(FORGED), "what it printed is not all there")
