"""Runs in the box once, before any candidate: what this Python compiles files to that it is given
with every candidate, where to compile them would take it longer than to start.

    python3 -I -S -B compiling.py FILE...

Prints a line for each: the base64 of its .pyc, which holds a magic number, three words about where
it comes from (https://peps.python.org/pep-0552/; nothing reads them here), and the code.
"""

from __future__ import annotations

import base64
import marshal
import sys
from importlib.util import MAGIC_NUMBER


def compiled(path: str) -> bytes:
    """The .pyc of the file at `path`."""
    with open(path, "rb") as file:
        code = compile(file.read(), path, "exec", dont_inherit=True)
    return MAGIC_NUMBER + bytes(12) + marshal.dumps(code)


if __name__ == "__main__":
    for path in sys.argv[1:]:
        print(base64.b64encode(compiled(path)).decode())
