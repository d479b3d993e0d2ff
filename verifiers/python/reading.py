"""Runs in the box before a candidate does: whether Python takes it for a program.

    python3 -I -S -B reading.py solution.py

Nothing of the candidate is executed: only compiled, with every warning told. Prints one JSON array
of ``[severity, message, line, column]``; line and column count from 1, or are null.
"""

from __future__ import annotations

import sys
import warnings

# To import `json`, which imports `re`, takes longer than the interpreter does to start.
from _json import encode_basestring_ascii


def read(path: str) -> list[list[object]]:
    """What Python says about the file at `path`."""
    with open(path, "rb") as file:
        source = file.read()
    found: list[list[object]] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            compile(source, path, "exec", dont_inherit=True)
        except SyntaxError as error:
            # What it says of a whole file (its encoding, say) is of line 0, or of none.
            line, column = error.lineno or None, error.offset or None
            found.append(["error", error.msg, line, column if line else None])
        except (ValueError, RecursionError, MemoryError, OverflowError) as error:
            # NUL characters; nested too deep; a number that has no room.
            found.append(["error", f"{type(error).__name__}: {error}".rstrip(": "), None, None])
    found += [["warning", str(warning.message), warning.lineno, 1] for warning in caught]
    return found


def told(found: list[list[object]]) -> str:
    """As JSON, in ASCII."""
    rows = [f"[{','.join(map(_told, row))}]" for row in found]
    return f"[{','.join(rows)}]"


def _told(item: object) -> str:
    if item is None:
        return "null"
    return encode_basestring_ascii(item) if isinstance(item, str) else str(item)


if __name__ == "__main__":
    print(told(read(sys.argv[1])))
