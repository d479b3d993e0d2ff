"""G18 L9: the host by its addresses, the world, the cloud's metadata, abstract sockets.

Safe: there is no way out of the box, and none to itself: only Unix sockets can be made.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from ..kit import attempt

if TYPE_CHECKING:
    from ..catalogue import World

# Of each kind one; a datagram socket that is connected has a route and has sent nothing.
AWAY = (
    (socket.AF_INET, "1.1.1.1"),
    (socket.AF_INET, "169.254.169.254"),
    (socket.AF_INET, "172.17.0.1"),
    (socket.AF_INET, "255.255.255.255"),
    (socket.AF_INET6, "2001:4860:4860::8888"),
    (socket.AF_INET6, "fd00:ec2::254"),
)


def attack(port: str, unix: str, *addresses: str) -> None:
    for address in addresses:
        attempt(f"TCP to {address}", said, (address, int(port)))
    attempt("the abstract socket", said, f"\0{unix}")
    for family, address in AWAY:
        attempt(f"a route to {address}", route, family, address)
    attempt("a name", socket.getaddrinfo, "example.org", 80)
    for family, kind, protocol in (
        (socket.AF_INET, socket.SOCK_DGRAM, 0),
        (socket.AF_INET6, socket.SOCK_DGRAM, 0),
        (socket.AF_NETLINK, socket.SOCK_RAW, 0),
        (socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP),
        (socket.AF_PACKET, socket.SOCK_RAW, 0),
    ):
        attempt(f"a socket of {family!r}, {kind!r}", socket.socket, family, kind, protocol)


def said(address: str | tuple[str, int]) -> bytes:
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as peer:
        peer.settimeout(1.0)
        peer.connect(address)
        return peer.recv(100)


def route(family: int, address: str) -> object:
    with socket.socket(family, socket.SOCK_DGRAM) as peer:
        peer.connect((address, 9))
        return peer.getsockname()


def host(world: World) -> None:
    world.play("attack", str(world.bait.port), world.bait.unix, *world.bait.addresses())
