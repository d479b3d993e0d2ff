"""G07 L6: a file of a terabyte that takes no space, and one that is asked to have some.

Safe: refused at the size that a file may have, or for want of space.
"""

import os

from ..kit import MIB, attempt

LIMITS = {"file_bytes": 8 * MIB}


def attack() -> None:
    with open("sparse", "wb") as file:
        attempt("a terabyte", os.truncate, file.fileno(), 1 << 40)
        os.truncate(file.fileno(), 0)
        attempt("32 MiB", os.posix_fallocate, file.fileno(), 0, 32 * MIB)
