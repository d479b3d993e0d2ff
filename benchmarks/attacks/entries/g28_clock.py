"""G28 L21: sets the clock, and lies about the time to whoever asks in its process.

Safe: the clock is refused, and the time that is told is the host's.
"""

from __future__ import annotations

import ctypes
import time
from typing import TYPE_CHECKING

from ..kit import attempt, checked, libc, system_call, write_to

if TYPE_CHECKING:
    from ..catalogue import World

SECONDS = 0.5


def attack() -> None:
    now = (ctypes.c_long * 2)(int(time.time()), 0)
    attempt("the clock", system_call, "clock_settime", 0, ctypes.byref(now))
    attempt("the day", settimeofday, now)
    for process in (1, "self"):
        path = f"/proc/{process}/timens_offsets"
        attempt(path, write_to, path, b"monotonic 86400 0")
    time.sleep(SECONDS)
    for name in ("time", "monotonic", "perf_counter", "process_time"):
        setattr(time, name, lambda: 0.0)
    print("took", time.perf_counter())


def settimeofday(now: ctypes.Array[ctypes.c_long]) -> int:
    return checked(libc.settimeofday(ctypes.byref(now), None))


def host(world: World) -> None:
    outcome = world.play()
    for seconds in (outcome.seconds, *(step.seconds for step in outcome.steps)):
        world.check(seconds >= SECONDS, f"it is said to have taken {seconds:.3f} s")
