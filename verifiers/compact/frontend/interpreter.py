"""How Python is set while the front end works: deep recursion, and no garbage collection.

Both are settings of the whole process. So one thread works at a time: they hold the interpreter's
lock anyhow, and what one puts back would otherwise be what another needs.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# Every constant of a block nests what follows it, about eight Python frames deep over all passes;
# this leaves room for a thousand constants. A level of parentheses costs about 60 frames in the
# search for what was expected, and `parser.MAX_NESTING` bounds them. Python 3.10 needs less than
# 8 MiB of stack for as many.
_RECURSION_LIMIT = 10_000

_alone = threading.RLock()
# A fork waits for the other threads, so that no child is left with their settings or the lock.
os.register_at_fork(
    before=_alone.acquire, after_in_parent=_alone.release, after_in_child=_alone.release
)


@contextmanager
def deep_and_undisturbed() -> Iterator[None]:
    """Deep recursion, and no garbage collection.

    Waits while another thread is in here; the same one may enter again.

    Collections while thousands of frames and closures are alive take up to nine tenths of the
    time of a large program and find nothing; what a check leaves behind, the next one finds.
    """
    with _alone:
        limit, collects = sys.getrecursionlimit(), gc.isenabled()
        sys.setrecursionlimit(max(limit, _RECURSION_LIMIT))
        gc.disable()
        try:
            yield
        finally:
            sys.setrecursionlimit(limit)
            if collects:
                gc.enable()
