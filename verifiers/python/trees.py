"""Python's own trees of texts, made by one thread at a time.

Some versions of CPython (3.11.7 is one) count for all threads in one place how deep they are in
such a tree, and end a thread with a SystemError when another has come in between
(https://github.com/python/cpython/issues/106905).
"""

from __future__ import annotations

import ast
import threading

_ALONE = threading.Lock()


def statements(text: str, filename: str) -> list[ast.stmt]:
    """Those of a text. Raises as `ast.parse`."""
    with _ALONE:
        return ast.parse(text, filename).body


def expression(text: str) -> ast.expr:
    """The one that a text is. Raises as `ast.parse`."""
    with _ALONE:
        return ast.parse(text, mode="eval").body
