"""Choices by hashing a key and a counter: the same on every machine and Python, for ever."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """A stream of choices that belongs to a key."""

    def __init__(self, *key: object) -> None:
        self._key = " ".join(map(str, key))
        self._count = 0

    def below(self, n: int) -> int:
        """A number in 0..n-1."""
        self._count += 1
        digest = hashlib.sha256(f"{self._key} {self._count}".encode()).digest()
        return int.from_bytes(digest[:8], "big") % n

    def between(self, low: int, high: int) -> int:
        """A number in low..high, both included."""
        return low + self.below(high - low + 1)

    def chance(self, share: float) -> bool:
        """Whether something of this probability happens."""
        return self.below(1 << 32) < share * (1 << 32)

    def pick(self, choices: Sequence[T]) -> T:
        """One of `choices`."""
        return choices[self.below(len(choices))]

    def shuffle(self, items: Sequence[T]) -> list[T]:
        """`items` in another order."""
        rest = list(items)
        return [rest.pop(self.below(len(rest))) for _ in items]
