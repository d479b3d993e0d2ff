"""G03 L3: one process fills four times the memory that there is.

Safe: the kernel kills it (MEMORY).
"""

from ..kit import MEMORY, MIB, hit

EXPECT = "memory"


def attack() -> None:
    held = [b"x" * (MIB + i) for i in range(4 * MEMORY // MIB)]
    hit(f"held {len(held)} MiB")
