"""What holds a sandbox open for its tools, and lets go of it."""

from __future__ import annotations

import _thread
import threading
import weakref

from ..verdict import Toolchain
from .base import Sandbox


class Holder:
    """Tools in a sandbox that stays open; `toolchain` says which.

    Args:
        sandbox: Where they run.
        owned: Whether it is closed with this; and also when this is dropped without being closed,
            since boxes cost memory and the threads that open them would keep it for ever.
    """

    toolchain: Toolchain

    def __init__(self, sandbox: Sandbox, *, owned: bool) -> None:
        self.sandbox = sandbox
        self._dropped = weakref.finalize(self, _close_soon, sandbox) if owned else None
        if self._dropped is not None:
            self._dropped.atexit = False  # boxes end with the process, which need not wait for it

    def close(self) -> None:
        """Close the sandbox, if it is this one's own. May be called twice."""
        if self._dropped is not None and self._dropped.detach():
            self.sandbox.close()


def _close_soon(sandbox: Sandbox) -> None:
    # Whoever drops the last reference, or collects garbage, may hold any lock: the sandbox's own,
    # and those that `threading` takes to start a thread.
    closing = threading.Thread(target=sandbox.close, name="forgegym-close", daemon=True)
    _thread.start_new_thread(closing.start, ())
