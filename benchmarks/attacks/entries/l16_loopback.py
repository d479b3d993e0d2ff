"""L16 G20: talks to itself over loopback, and to nobody: the kernel counts it all for the next job.

Safe: there is no such socket; the counters of the network stay as they were, and every port free.
"""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..catalogue import World

PORT = 47_111
COUNTERS = ("snmp", "netstat", "dev", "tcp", "udp")
NOBODY = ("192.0.2.1", 9)  # RFC 5737: an address of documentation, which nobody has


def plant() -> None:
    with contextlib.suppress(OSError):
        converse()
    for _ in range(1000):
        with contextlib.suppress(OSError), socket.socket(type=socket.SOCK_DGRAM) as stranger:
            stranger.sendto(b"x", NOBODY)


def converse() -> None:
    with socket.create_server(("127.0.0.1", PORT)) as server:
        near = socket.create_connection(("127.0.0.1", PORT))
        far, _ = server.accept()
        far.close()  # the end that closes first remembers
        near.recv(1)
        near.close()


def look() -> None:
    for name in COUNTERS:
        print(name, Path(f"/proc/net/{name}").read_bytes())


def host(world: World) -> None:
    before = world.lines(world.play("look", expect="ok"))
    world.play("plant")
    for _ in range(3):  # whichever box it has met
        after = world.lines(world.play("look", expect="ok"))
        both = zip(before, after, strict=True)
        changed = [then.split()[0] for then, now in both if then != now]
        world.check(not changed, f"the next job is told: {changed}")
