"""G19: boxes talk to each other while both run: by a file's lock, keyrings, vsock, io_uring.

Safe: what could carry a message is refused, or not shared.
"""

from __future__ import annotations

import fcntl
import os
import socket
import time
from typing import TYPE_CHECKING

from ..kit import attempt, hit, system_call

if TYPE_CHECKING:
    from ..catalogue import World

# The same file of the image, or of the host, in every box.
SHARED = ("/usr/bin/env", "/usr/lib/os-release", "/bin/sh", "/usr", "/opt/forgegym")


def attack() -> None:
    """The one that sends."""
    for path in filter(os.path.exists, SHARED):
        try:
            fcntl.flock(os.open(path, os.O_RDONLY), fcntl.LOCK_EX)
        except OSError as error:
            print("refused", path, error.strerror)
    abstract = socket.socket(socket.AF_UNIX)
    abstract.bind("\0forgegym-side")
    abstract.listen()
    time.sleep(3.0)


def look() -> None:
    """The one that receives."""
    for path in filter(os.path.exists, SHARED):
        try:
            fcntl.flock(os.open(path, os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            hit(f"another box holds {path}")
        except OSError as error:
            print("refused", path, error.strerror)
    attempt("an abstract socket", socket.socket(socket.AF_UNIX).connect, "\0forgegym-side")
    attempt("vsock", socket.socket, 40, socket.SOCK_STREAM)  # AF_VSOCK, on any Python
    attempt("a key", system_call, "add_key", b"user", b"forgegym", b"x", 1, -3)
    attempt("a keyring", system_call, "keyctl", 0, -3, 0)
    attempt("io_uring", system_call, "io_uring_setup", 4, bytes(120))


def host(world: World) -> None:
    world.beside("attack", "look")
