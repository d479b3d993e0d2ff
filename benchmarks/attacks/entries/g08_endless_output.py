"""G08 L5: output without end: on one stream, on both, by single bytes, without a line's end.

Safe: killed at the cap (OUTPUT), with exactly the cap's bytes kept and none more on the host.
"""

from __future__ import annotations

import os
import resource
from typing import TYPE_CHECKING

from ..kit import MIB

if TYPE_CHECKING:
    from ..catalogue import World

EXPECT = "output"
CAP = 256 << 10
LIMITS = {"output_bytes": CAP, "seconds": 2.0}
WAYS = {"out": ((1,), 65536), "err": ((2,), 65536), "both": ((1, 2), 65536), "bytes": ((1,), 1)}


def attack(way: str) -> None:
    streams, size = WAYS[way]
    while True:
        for stream in streams:
            os.write(stream, b"x" * size)


def host(world: World) -> None:
    for way in WAYS:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        outcome = world.play("attack", way)
        kept = sum(len(step.stdout) + len(step.stderr) for step in outcome.steps)
        world.check(kept == CAP, f"{kept} bytes were kept, not {CAP}")
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10
        world.check(grown < 16 * MIB, f"the host has grown by {grown} bytes")
