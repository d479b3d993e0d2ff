"""G05 L03: memory that no process has: files without a folder, System V's when it is let go.

Safe: none can be made, or it counts, and the job is killed for it (MEMORY).
"""

from __future__ import annotations

import ctypes
import os
import time

from ..kit import MEMORY, MIB, checked, hit, libc

EXPECT = "ok memory"
NEVER_ON_BARE = True  # there, the second kind stays when everything of it has ended
PART = 16 * MIB


def attack() -> None:
    for take in (of_a_file, of_system_v):
        taken = 0
        try:
            while taken < 2 * MEMORY:
                take()
                taken += PART
        except OSError as error:
            print("refused", take.__name__, error.strerror)
        time.sleep(0.2)  # what watches looks every 50 ms
        if taken > MEMORY:
            hit(f"{taken >> 20} MiB {take.__name__}")


def of_a_file() -> None:
    file = os.memfd_create("forgegym")
    for _ in range(PART // MIB):
        os.write(file, b"x" * MIB)


def of_system_v() -> None:
    segment = checked(libc.shmget(0, PART, 0o1600))
    libc.shmat.restype = ctypes.c_void_p
    place = ctypes.c_void_p(libc.shmat(segment, None, 0))
    ctypes.memset(place, 1, PART)
    libc.shmdt(place)
