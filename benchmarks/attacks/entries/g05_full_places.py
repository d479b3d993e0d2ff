"""G05 L6: every place that can be written to is filled four times over; its pages are memory.

Safe: no space is left at the place's size, or the box has too much memory (MEMORY).
"""

import os

from ..kit import MIB, TMP_BYTES, WORK_BYTES, hit

EXPECT = "ok memory"
PLACES = {".": WORK_BYTES, "/tmp": TMP_BYTES, "/dev/shm": TMP_BYTES}


def attack() -> None:
    for place, size in PLACES.items():
        path = os.path.join(place, f"forgegym-{os.getpid()}")
        written = 0
        try:
            with open(path, "wb", buffering=0) as file:
                while written < 4 * size:
                    written += file.write(bytes(MIB))
        except OSError as error:
            print("refused", place, error.strerror)
        finally:
            os.unlink(path)
        if written > size:
            hit(f"{written} bytes in {place}")
