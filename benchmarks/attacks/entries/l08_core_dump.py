"""L8: crashes, in the hope that its memory is written somewhere.

Safe: no core, neither in the work folder nor in the kernel's word of how it ended.
"""

import os
import resource
import signal

from ..kit import hit


def attack() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    child = os.fork()
    if child == 0:
        os.kill(os.getpid(), signal.SIGSEGV)
    _, status = os.waitpid(child, 0)
    if os.WCOREDUMP(status):
        hit("the kernel has dumped a core")
    if any(name.startswith("core") for name in os.listdir(".")):
        hit("there is a core")
    if hard > 1:  # at 1 the kernel does not even start a handler of cores (core(5))
        hit(f"cores may have {hard} bytes")
