"""Positions: from character offsets to the compiler's lines and columns, and its one error type."""

from __future__ import annotations

from bisect import bisect_right


class CompactError(Exception):
    """The program is refused, for `message`, at `pos` (an offset in characters; None: no place).

    `pos` is `core.STANDARD_LIBRARY` where the compiler would name the standard library.
    """

    def __init__(self, pos: int | None, message: str) -> None:
        super().__init__(message)
        self.pos = pos
        self.message = message


class SourceMap:
    """Line starts of one source text."""

    def __init__(self, text: str) -> None:
        self._starts = [0]
        find = text.find
        at = find("\n")
        while at >= 0:
            self._starts.append(at + 1)
            at = find("\n", at + 1)

    def locate(self, pos: int) -> tuple[int, int]:
        """The line and column of offset `pos`, both counted from 1, in characters."""
        line = bisect_right(self._starts, pos)
        return line, pos - self._starts[line - 1] + 1
