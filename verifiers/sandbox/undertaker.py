"""A process that waits for its owner's death, and then removes what that has left.

Boxes end by themselves when their owner does. But one that was just being made, and never started,
cannot; nor can an empty control group. Without this they would wait for the next start's sweep.
"""

from __future__ import annotations

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
_waiting_for = -1
_users = 0


def employ() -> None:
    """Have one wait for this process; each call is to be followed by a `dismiss`."""
    global _waiting, _waiting_for, _users
    with _lock:
        if _waiting_for != os.getpid():
            _waiting, _waiting_for, _users = None, os.getpid(), 0
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
        if _waiting_for != os.getpid():
            return
        _users -= 1
        if _users == 0 and _waiting is not None:
            _waiting.kill()
            _waiting.wait()
            _waiting = None


def clear() -> None:
    """Sweep for a while."""
    from . import cgroup, docker
    from .base import SandboxUnavailableError

    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        cgroup.sweep()
        try:
            docker.sweep(docker.connect())
        except SandboxUnavailableError:
            return
        time.sleep(PAUSE)


if __name__ == "__main__":
    clear()
