"""A time limit for work in this process, so that no program can stop a training run for ever.

What is limited is the processor's time of the thread that works, so that a busy machine makes no
program slower than it is. A watching thread raises an exception in the working one, which works
for pure Python code in any thread, on any system, and beside a signal handler that somebody else
uses. One thread watches all work: to start one for each contract would take a tenth of the time
that it takes to judge it.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


# By the clock on the wall: 24 times the longest limit there is, which no machine that works needs.
WALL_SECONDS = 120.0

# The watcher looks no oftener at work that has next to nothing left and does not get on.
_TICK_SECONDS = 0.001


class DeadlineError(Exception):
    """The work took more of the processor's time than it may."""


class StallError(Exception):
    """The machine did not get the work done: it is not over, and has not had its time either."""


class _Interrupt(BaseException):
    """What is raised inside the work; no `except Exception` of the work's catches it."""


class _Work:
    """What one thread is doing, and until when."""

    __slots__ = ("_clock", "_end", "_lock", "_over", "_thread", "_wall_end", "fired", "stalled")

    def __init__(self, seconds: float, wall: float) -> None:
        self.fired = self.stalled = self._over = False
        self._lock = threading.Lock()
        self._thread = threading.get_ident()
        self._clock = _clock_of_this_thread()
        self._end = self._clock() + seconds
        self._wall_end = time.monotonic() + wall

    def look(self) -> float | None:
        """Interrupts the work if it is due. In how many seconds it can be due; None: it is not any
        more.
        """
        with self._lock:  # held by `end` too: the clock ends with its thread
            if self._over:
                return None
            left = self._end - self._clock()
            patience = self._wall_end - time.monotonic()
            if left > 0 and patience > 0:
                # No thread uses more of the processor than time passes.
                return max(min(left, patience), _TICK_SECONDS)
            self.fired, self.stalled = True, left > 0
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(self._thread), ctypes.py_object(_Interrupt)
            )
            return None

    def end(self) -> None:
        with self._lock:
            self._over = True


def _clock_of_this_thread() -> Callable[[], float]:
    """What this thread has used of the processor, in seconds, for other threads to read.

    Where they cannot (macOS): the time that passes.
    """
    if not hasattr(time, "pthread_getcpuclockid"):
        return time.monotonic
    clock = time.pthread_getcpuclockid(threading.get_ident())
    return lambda: time.clock_gettime(clock)


class _Watcher:
    """Interrupts work that is due. Its thread ends when it wakes and there is none."""

    def __init__(self) -> None:
        self._begin()
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        self._changed = threading.Condition()
        self._works: list[_Work] = []
        self._wakes: float | None = None

    def watch(self, work: _Work, seconds: float) -> None:
        """`work` cannot be due before `seconds` have passed."""
        due = time.monotonic() + seconds
        with self._changed:
            self._works.append(work)
            if self._wakes is None:
                self._wakes = due
                threading.Thread(target=self._run, name="forgegym-deadline", daemon=True).start()
            elif due < self._wakes:
                self._changed.notify()

    def _run(self) -> None:
        with self._changed:
            while True:
                looked = [(work, work.look()) for work in self._works]
                self._works = [work for work, left in looked if left is not None]
                if not self._works:
                    self._wakes = None
                    return
                pause = min(left for _, left in looked if left is not None)
                self._wakes = time.monotonic() + pause
                self._changed.wait(pause)


_watcher = _Watcher()


def within(seconds: float, work: Callable[[], T], *, wall: float = WALL_SECONDS) -> T:
    """What `work()` returns.

    Raises `DeadlineError` when that takes this thread more than `seconds` of the processor's time,
    and `StallError` when it has not had them after `wall` seconds.

    Only Python code can be interrupted: a single long call into C runs to its end first.
    """
    watched = _Work(seconds, wall)
    try:
        _watcher.watch(watched, min(seconds, wall))
        try:
            return work()
        finally:
            watched.end()
            # It fired in the last moment and is not here yet: it must not surface anywhere else.
            # It comes within microseconds; the bound is for work that lost it while cleaning up.
            bound = time.monotonic() + 1.0
            while watched.fired and not _in_flight() and time.monotonic() < bound:
                time.sleep(0)
    except _Interrupt:
        raise (StallError if watched.stalled else DeadlineError) from None


def _in_flight() -> bool:
    return isinstance(sys.exc_info()[1], _Interrupt)
