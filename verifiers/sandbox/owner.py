"""Who made a box: a process, told apart from any other that ever has its number."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Owner:
    """`machine`: the kernel's boot ID and the pid namespace, since containers that share an engine
    share the first and not the second. `start`: the process's start in clock ticks (proc(5))."""

    machine: str
    pid: int
    start: str

    @classmethod
    def me(cls) -> Owner:
        """This process."""
        return cls(_machine(), os.getpid(), _start_of(os.getpid()) or "")

    @classmethod
    def read(cls, text: str) -> Owner | None:
        """What `str` wrote, else None."""
        machine, _, rest = text.partition(":")
        pid, _, start = rest.partition(":")
        return cls(machine, int(pid), start) if pid.isdigit() else None

    def __str__(self) -> str:
        return f"{self.machine}:{self.pid}:{self.start}"

    @property
    def dead(self) -> bool:
        """Whether it is known to be gone: of another machine nothing is known."""
        if self.machine != _machine():
            return False
        start = _start_of(self.pid)
        if start is not None:
            return start != self.start
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False  # there, but its /proc is hidden from us
        return _start_of(self.pid) is None  # a zombie, or it came back in between


def _machine() -> str:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot}.{os.stat('/proc/self/ns/pid').st_ino}"


def _start_of(pid: int) -> str | None:
    """None for a process that is not there, has ended or is hidden."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if fields[0] in "ZX" else fields[19]
    except (OSError, IndexError):
        return None
