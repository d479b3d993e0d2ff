"""A time limit for work in this process, so that no program can stop a training run for ever.

A watching thread raises an exception in the working one, which works for pure Python code in any
thread, on any system, and beside a signal handler that somebody else uses. One thread watches all
work: to start one for each contract would take a tenth of the time that it takes to judge it.
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


class DeadlineError(Exception):
    """The work took longer than it may."""


class _Interrupt(BaseException):
    """What is raised inside the work; no `except Exception` of the work's catches it."""


class _Work:
    """What one thread is doing, and until when."""

    __slots__ = ("_lock", "_thread", "deadline", "fired", "over")

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.over = self.fired = False
        self._lock = threading.Lock()
        self._thread = threading.get_ident()

    def interrupt(self) -> None:
        with self._lock:
            if not self.over:
                self.fired = True
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(self._thread), ctypes.py_object(_Interrupt)
                )

    def end(self) -> None:
        with self._lock:
            self.over = True


class _Watcher:
    """Interrupts work whose deadline has come. Its thread ends when it wakes and there is none."""

    def __init__(self) -> None:
        self._begin()
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        self._changed = threading.Condition()
        self._works: list[_Work] = []
        self._wakes: float | None = None

    def watch(self, work: _Work) -> None:
        with self._changed:
            self._works.append(work)
            if self._wakes is None:
                self._wakes = work.deadline
                threading.Thread(target=self._run, name="forgegym-deadline", daemon=True).start()
            elif work.deadline < self._wakes:
                self._changed.notify()

    def _run(self) -> None:
        with self._changed:
            while True:
                now = time.monotonic()
                self._works = [work for work in self._works if not work.over]
                for work in self._works:
                    if work.deadline <= now:
                        work.interrupt()
                later = [work.deadline for work in self._works if work.deadline > now]
                if not later:
                    self._works = []
                    self._wakes = None
                    return
                self._wakes = min(later)
                self._changed.wait(self._wakes - now)


_watcher = _Watcher()


def within(seconds: float, work: Callable[[], T]) -> T:
    """What `work()` returns. Raises `DeadlineError` when that takes longer than `seconds`.

    Only Python code can be interrupted: a single long call into C runs to its end first.
    """
    watched = _Work(time.monotonic() + seconds)
    try:
        _watcher.watch(watched)
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
        raise DeadlineError from None


def _in_flight() -> bool:
    return isinstance(sys.exc_info()[1], _Interrupt)
