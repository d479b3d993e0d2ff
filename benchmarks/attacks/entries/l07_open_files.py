"""L7: opens a hundred thousand files.

Safe: refused at the limit.
"""

import os

from ..kit import hit

LIMIT = 256
LIMITS = {"open_files": LIMIT}


def attack() -> None:
    highest = 0
    try:
        while highest < 100_000:
            highest = os.open("/dev/null", os.O_RDONLY)
    except OSError as error:
        print("refused", error.strerror)
    if highest >= LIMIT:
        hit(f"{highest} open files")
