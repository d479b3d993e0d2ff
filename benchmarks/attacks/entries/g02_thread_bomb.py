"""G02 L4: four times as many threads as processes are allowed, which count the same.

Safe: refused at the box's cap (PIDS).
"""

import threading
import time

from ..kit import PROCESSES, hit

EXPECT = "pids"


def attack() -> None:
    threading.stack_size(1 << 16)
    for count in range(4 * PROCESSES):
        try:
            threading.Thread(target=time.sleep, args=(2.0,), daemon=True).start()
        except RuntimeError:
            raise SystemExit(f"refused after {count}") from None
    hit(f"{4 * PROCESSES} threads")
