"""G01 L4: every process forks, and so does every process that it has started.

Safe: refused at the box's cap (PIDS), or killed at the deadline (TIMEOUT).
"""

import os
import time

from ..kit import PROCESSES, hit

EXPECT = "pids timeout"


def attack() -> None:
    reader, writer = os.pipe()
    first, refused = os.getpid(), False
    end = time.monotonic() + 1.0
    while time.monotonic() < end:
        try:
            if os.fork() == 0:
                os.write(writer, b".")
        except OSError:
            refused = True
            time.sleep(0.01)
    if os.getpid() != first:
        os._exit(0)
    started = len(os.read(reader, 1 << 16))
    if started >= PROCESSES:
        hit(f"{started} processes at a time")
    if refused:
        raise SystemExit("refused")
