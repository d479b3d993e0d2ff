"""G12: ignores every signal that can be ignored.

Safe: killed at the deadline (TIMEOUT) by the one that cannot.
"""

import signal
import time

from ..kit import hit

EXPECT = "timeout"
LIMITS = {"seconds": 1.0}


def attack() -> None:
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    time.sleep(60)
    hit("slept")
