"""Control groups of our own, where this process may make them: memory and processes of a box.

Version 2 (one hierarchy) and version 1 (one per controller) are both in use. A group is named after
its owner, so that one left behind by a killed owner can be found and removed.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from .owner import Owner

ROOT = Path("/sys/fs/cgroup")
PREFIX = "forgegym-"
CONTROLLERS = ("memory", "pids")


@dataclass(frozen=True, slots=True)
class Group:
    """One box's groups: a folder (version 2), or one for each controller (version 1)."""

    memory: Path
    pids: Path

    def limit(self, *, memory_bytes: int, processes: int) -> None:
        """Set the limits, swap included. Raises `OSError` where the kernel does not take one."""
        two = self.memory == self.pids
        if two:
            (self.memory / "memory.max").write_text(str(memory_bytes))
            with contextlib.suppress(FileNotFoundError):  # a kernel without swap accounting
                (self.memory / "memory.swap.max").write_text("0")
        else:
            with_swap = self.memory / "memory.memsw.limit_in_bytes"
            if with_swap.exists():
                with_swap.write_text("-1")  # which may never be below the next
            (self.memory / "memory.limit_in_bytes").write_text(str(memory_bytes))
            if with_swap.exists():
                with_swap.write_text(str(memory_bytes))
        (self.pids / "pids.max").write_text(str(processes))

    def add(self, pid: int) -> None:
        """Move a process, and what it will start, into the group."""
        for folder in {self.memory, self.pids}:
            (folder / "cgroup.procs").write_text(str(pid))

    def remove(self) -> None:
        """Remove the group; the kernel refuses while a process is in it."""
        for folder in {self.memory, self.pids}:
            with contextlib.suppress(FileNotFoundError):
                folder.rmdir()


def create(name: str) -> Group | None:
    """A new group below the first place that allows one; None where no place does."""
    for memory, pids in _parents():
        group = Group(memory / f"{PREFIX}{name}", pids / f"{PREFIX}{name}")
        try:
            for folder in {group.memory, group.pids}:
                folder.mkdir()
            group.limit(memory_bytes=1 << 30, processes=64)
        except OSError:
            with contextlib.suppress(OSError):
                group.remove()
            continue
        return group
    return None


def folders() -> list[Path]:
    """Every folder of a group of ours, whoever has made it."""
    parents = {folder for pair in _parents() for folder in pair}
    return sorted(left for folder in parents for left in folder.glob(f"{PREFIX}*"))


def sweep() -> int:
    """Remove the empty groups of owners that are gone; how many."""
    count = 0
    for folder in folders():
        owner = Owner.read(folder.name.removeprefix(PREFIX).rpartition("-")[0])
        if owner is not None and owner.dead:
            with contextlib.suppress(OSError):
                folder.rmdir()
                count += 1
    return count


def _parents() -> list[tuple[Path, Path]]:
    """Where groups may be made, as (memory, pids): this process's own place, then the root."""
    if (ROOT / "cgroup.controllers").is_file():
        own = ROOT / _own("").lstrip("/")
        return [(folder, folder) for folder in (own, own.parent, ROOT) if _holds(folder)]
    places = [
        (ROOT / c / _own(c).lstrip("/"), ROOT / c) for c in CONTROLLERS if (ROOT / c).is_dir()
    ]
    return list(zip(*places, strict=True)) if len(places) == len(CONTROLLERS) else []


def _holds(folder: Path) -> bool:
    """Whether children of a version 2 group have both controllers (or could: we may be root)."""
    try:
        control = folder / "cgroup.subtree_control"
        if set(CONTROLLERS) - set(control.read_text().split()):
            control.write_text(" ".join(f"+{c}" for c in CONTROLLERS))
    except OSError:
        return False
    return True


def _own(controller: str) -> str:
    """This process's group in the hierarchy of `controller` (version 2: the empty name)."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        if controller in names.split(","):
            return path
    return "/"


def attach_name(number: int) -> str:
    """The name of this process's `number`-th group."""
    return f"{Owner.me()}-{number}".replace("/", "_")


def writable() -> bool:
    """Whether a group can be made here."""
    group = create(attach_name(os.getpid()))
    if group is None:
        return False
    group.remove()
    return True
