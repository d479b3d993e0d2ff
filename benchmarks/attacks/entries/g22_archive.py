"""G22: brings back an archive with names that climb, absolute names, doubles and a lie of a size.

Safe: it comes back as the bytes it is; nothing opens it, and nothing else comes.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..catalogue import World


def attack() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in ("../../climbed", "/tmp/forgegym-absolute", "twice", "twice"):
            entry = tarfile.TarInfo(name)
            entry.size = 5
            archive.addfile(entry, io.BytesIO(b"hello"))
        huge = tarfile.TarInfo("huge")
        huge.size = 1 << 40
        buffer.write(huge.tobuf())
    with open("out.tar", "wb") as file:
        file.write(buffer.getvalue())
    with open("unasked", "wb") as file:
        file.write(b"unasked")
    print(hashlib.sha256(buffer.getvalue()).hexdigest())


def host(world: World) -> None:
    outcome = world.play(collect={"out.tar": 1 << 20})
    world.check(set(outcome.files) == {"out.tar"}, f"there came {sorted(outcome.files)}")
    digests = [hashlib.sha256(data).hexdigest() for data in outcome.files.values()]
    world.check(digests == world.lines(outcome), "the archive is not as it was written")
