"""L2: spins, and ignores the signal that says its processor time is over.

Safe: killed a second of processor time later (TIMEOUT), long before the wall clock's limit.
"""

import signal
import time

from ..kit import hit

EXPECT = "timeout"
LIMITS = {"seconds": 30.0, "cpu_seconds": 1.0}


def attack() -> None:
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    while time.process_time() < 4.0:
        pass
    hit("four seconds of processor time")
