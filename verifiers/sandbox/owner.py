"""Who made a box: a process, told apart from any other that ever has its number."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Owner:
    """`boot` is the kernel's boot ID, `start` the process's start in clock ticks (proc(5))."""

    boot: str
    pid: int
    start: str

    @classmethod
    def me(cls) -> Owner:
        """This process."""
        return cls(_boot(), os.getpid(), _start_of(os.getpid()) or "")

    @classmethod
    def read(cls, text: str) -> Owner | None:
        """What `str` wrote, else None."""
        boot, _, rest = text.partition(":")
        pid, _, start = rest.partition(":")
        return cls(boot, int(pid), start) if pid.isdigit() else None

    def __str__(self) -> str:
        return f"{self.boot}:{self.pid}:{self.start}"

    @property
    def dead(self) -> bool:
        """Whether it is known to be gone: of another machine nothing is known."""
        return self.boot == _boot() and _start_of(self.pid) != self.start


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _start_of(pid: int) -> str | None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if fields[0] in "ZX" else fields[19]
    except (OSError, IndexError):
        return None
