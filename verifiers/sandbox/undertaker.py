"""A process that waits for its owner's death, and then removes what that has left.

Boxes end by themselves when their owner does. But one that was just being made, and never started,
cannot; nor can an empty control group. Without this they would wait for the next start's sweep.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time

# The engine may still be finishing what the owner asked of it in its last moment.
SECONDS = 10.0
PAUSE = 0.5

# Waits in the smallest of interpreters, and becomes the sweeper only when there is something to do.
WAIT = """
import os, select, sys
owner, *command = sys.argv[1:]
try:
    waiting = select.poll()
    waiting.register(os.pidfd_open(int(owner)), select.POLLIN)
    waiting.poll()
except ProcessLookupError:
    pass
os.execv(command[0], command)
"""

_lock = threading.Lock()
_waiting: subprocess.Popen[bytes] | None = None
_users = 0


def employ() -> None:
    """Have one wait for this process; each call is to be followed by a `dismiss`."""
    global _waiting, _users
    with _lock:
        _users += 1
        if _waiting is None:
            command = [sys.executable, "-m", __name__]
            _waiting = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", WAIT, str(os.getpid()), *command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )


def dismiss() -> None:
    """This process has cleared up itself; the last call ends the wait."""
    global _waiting, _users
    with _lock:
        _users -= 1
        if _users == 0 and _waiting is not None:
            _waiting.kill()
            _waiting.wait()
            _waiting = None


def clear() -> None:
    """Sweep for a while: what the owner had asked for last may only just be coming."""
    from . import cgroup, docker
    from .base import SandboxError

    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        cgroup.sweep()
        with contextlib.suppress(SandboxError):  # no engine, or one that restarts
            docker.sweep(docker.connect())
        time.sleep(PAUSE)


def _forget() -> None:
    """A forked child employs its own."""
    global _lock, _waiting, _users
    _lock, _waiting, _users = threading.Lock(), None, 0


os.register_at_fork(after_in_child=_forget)

if __name__ == "__main__":
    clear()
