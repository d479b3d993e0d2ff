"""A time limit for work in this process, so that no program can stop a training run for ever.

A watching thread raises an exception in the working one, which works for pure Python code in any
thread, on any system, and beside a signal handler that somebody else uses.
"""

from __future__ import annotations

import ctypes
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


def within(seconds: float, work: Callable[[], T]) -> T:
    """What `work()` returns. Raises `DeadlineError` when that takes longer than `seconds`.

    Only Python code can be interrupted: a single long call into C runs to its end first.
    """
    thread = threading.get_ident()
    lock = threading.Lock()
    over = fired = False

    def interrupt() -> None:
        nonlocal fired
        with lock:
            if not over:
                fired = True
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(thread), ctypes.py_object(_Interrupt)
                )

    timer = threading.Timer(seconds, interrupt)
    timer.daemon = True
    try:
        timer.start()
        try:
            return work()
        finally:
            timer.cancel()
            with lock:
                over = True
            # It fired in the last moment and is not here yet: it must not surface anywhere else.
            # It comes within microseconds; the bound is for work that lost it while cleaning up.
            bound = time.monotonic() + 1.0
            while fired and not _in_flight() and time.monotonic() < bound:
                time.sleep(0)
    except _Interrupt:
        raise DeadlineError from None


def _in_flight() -> bool:
    return isinstance(sys.exc_info()[1], _Interrupt)
