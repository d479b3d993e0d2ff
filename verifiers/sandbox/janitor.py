"""A thread that ends boxes, so that no job waits for it."""

from __future__ import annotations

import os
import queue
import sys
import threading
import weakref
from collections.abc import Callable


class Janitor:
    """Does what it is handed, in order, in a thread of its own; a forked child gets a new one."""

    def __init__(self) -> None:
        self._begin()
        reborn = weakref.WeakMethod(self._begin)
        os.register_at_fork(after_in_child=lambda: (reborn() or int)())

    def _begin(self) -> None:
        self._work: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def later(self, work: Callable[[], object]) -> None:
        """Have `work` done soon. What it raises is reported as what a thread dies of is, by
        `threading.excepthook`, and the next work is done."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="forgegym-end", daemon=True)
                self._thread.start()
            self._work.put(work)

    def close(self) -> None:
        """Wait until everything is done."""
        with self._lock:
            thread, self._thread = self._thread, None
            if thread is not None:
                self._work.put(None)
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            try:
                work()
            except Exception:  # without this thread no box would ever be removed again
                what = (*sys.exc_info(), threading.current_thread())
                threading.excepthook(threading.ExceptHookArgs(what))
