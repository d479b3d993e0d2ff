"""Positions: from character offsets to the compiler's lines and columns, and its one error type."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

# What the compiler's reader turns into "\n" before anything else looks at the text.
_NEWLINE = re.compile("\r\n|\r\x85|\r|\x85|\u2028")

# Where the front end gives up: no message of the compiler's, which would go on for hours.
TOO_DEEP = "nesting is too deep"
TOO_LARGE = "the program unfolds into more code than this front end can check"


class CompactError(Exception):
    """The program is refused, for `message`, at `pos` (an offset in characters; None: no place).

    `pos` is `core.STANDARD_LIBRARY` where the compiler would name the standard library.
    """

    def __init__(self, pos: int | None, message: str) -> None:
        super().__init__(message)
        self.pos = pos
        self.message = message


def normalised(text: str) -> str:
    """`text` without a byte order mark and with every line end as ``"\\n"``.

    All offsets are into this form of a source.
    """
    if text.isascii() and "\r" not in text:
        return text
    return _NEWLINE.sub("\n", text.removeprefix("\ufeff"))


class SourceMap:
    """Line starts of one source text."""

    def __init__(self, text: str) -> None:
        self._starts = [0]
        find = normalised(text).find
        at = find("\n")
        while at >= 0:
            self._starts.append(at + 1)
            at = find("\n", at + 1)

    def locate(self, pos: int) -> tuple[int, int]:
        """The line and column of offset `pos`, both counted from 1, in characters."""
        line = bisect_right(self._starts, pos)
        return line, pos - self._starts[line - 1] + 1

    def describe(self, pos: int) -> str:
        """Offset `pos` as a message names it; negative offsets are in the standard library."""
        if pos < 0:
            return "<standard library>"
        line, column = self.locate(pos)
        return f"line {line} char {column}"


def map_order(items: Sequence[T]) -> list[T]:
    """`items` in the order in which Chez Scheme's `map` visits them: 4 2 3 0 1 for five.

    It decides which of several errors the compiler reports wherever a pass goes through a list
    with `map`: in pairs from the end, each pair from left to right.
    """
    count = len(items)
    order = [items[-1]] if count % 2 else []
    for i in range(count - count % 2 - 2, -1, -2):
        order += items[i : i + 2]
    return order
