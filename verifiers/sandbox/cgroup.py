"""Control groups of our own, where this process may make them: memory, processes, processors.

Version 2 (one hierarchy) and version 1 (one per controller) are both in use. A group is named after
its owner, so that one left behind by a killed owner can be found and removed.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
from dataclasses import dataclass
from pathlib import Path

from .owner import Owner

ROOT = Path("/sys/fs/cgroup")
PREFIX = "forgegym-"
CONTROLLERS = ("memory", "pids")
# Microseconds; the kernel's own default, and Docker's.
CPU_PERIOD = 100_000


@dataclass(frozen=True, slots=True)
class Group:
    """One box's groups: one folder (version 2), or one for each controller (version 1)."""

    memory: Path
    pids: Path
    cpu: Path | None

    @property
    def folders(self) -> list[Path]:
        """Each folder once."""
        found = (self.memory, self.pids, self.cpu)
        return list(dict.fromkeys(folder for folder in found if folder is not None))

    def limit(self, *, memory_bytes: int, processes: int, cpus: float) -> None:
        """Set the limits, swap included. Raises `OSError` where the kernel does not take one.

        That on processors is set where there is a controller for it.
        """
        if self.memory == self.pids:
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
        quota = int(cpus * CPU_PERIOD)
        if self.cpu is not None:
            # Without the controller, or below a smaller quota: then that on memory still counts.
            with contextlib.suppress(OSError):
                if self.cpu == self.memory:
                    (self.cpu / "cpu.max").write_text(f"{quota} {CPU_PERIOD}")
                else:
                    (self.cpu / "cpu.cfs_period_us").write_text(str(CPU_PERIOD))
                    (self.cpu / "cpu.cfs_quota_us").write_text(str(quota))

    def add(self, pid: int) -> None:
        """Move a process, and what it will start, into the group."""
        for folder in self.folders:
            (folder / "cgroup.procs").write_text(str(pid))

    def remove(self) -> None:
        """Remove the group; the kernel refuses while a process is in it."""
        for folder in self.folders:
            with contextlib.suppress(FileNotFoundError):
                folder.rmdir()


def create(name: str) -> Group | None:
    """A new group below the first place that allows one; None where no place does."""
    for memory, pids, cpu in _places():
        group = Group(
            memory / f"{PREFIX}{name}", pids / f"{PREFIX}{name}", cpu and cpu / f"{PREFIX}{name}"
        )
        made = []
        try:
            _enable(memory)
            for folder in group.folders:
                folder.mkdir()
                made.append(folder)
            group.limit(memory_bytes=1 << 30, processes=64, cpus=1.0)
        except OSError:
            for folder in made:
                with contextlib.suppress(OSError):
                    folder.rmdir()
            continue
        return group
    return None


def folders() -> list[Path]:
    """Every folder of a group of ours, whoever has made it."""
    parents = {folder for place in _places() for folder in place if folder is not None}
    return sorted(left for folder in parents for left in folder.glob(f"{PREFIX}*"))


def processes(folder: Path) -> set[int]:
    """The processes in a group's folder; none when somebody's `sweep` has removed it meanwhile."""
    try:
        return {int(pid) for pid in (folder / "cgroup.procs").read_text().split()}
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENODEV):  # before it was opened, or after
            return set()
        raise


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


def _places() -> list[tuple[Path, Path, Path | None]]:
    """Where groups might be made, as (memory, pids, cpu): this process's own group, the one above
    it (a version 2 group that has processes can have no children), the root."""
    if (ROOT / "cgroup.controllers").is_file():
        own = ROOT / _own("").lstrip("/")
        above = dict.fromkeys(p for p in (own, own.parent, ROOT) if p.is_relative_to(ROOT))
        return [(folder, folder, folder) for folder in above]
    if not all((ROOT / controller).is_dir() for controller in CONTROLLERS):
        return []
    has_cpu = (ROOT / "cpu").is_dir()
    found: list[tuple[Path, Path, Path | None]] = []
    for below in (_own, lambda _: ""):
        memory, pids, cpu = (ROOT / c / below(c).lstrip("/") for c in (*CONTROLLERS, "cpu"))
        found.append((memory, pids, cpu if has_cpu else None))
    return found


def _enable(folder: Path) -> None:
    """Give the children of a version 2 group their controllers. Raises `OSError`: it may not."""
    control = folder / "cgroup.subtree_control"
    if not control.is_file():
        return
    have = set(control.read_text().split())
    if missing := set(CONTROLLERS) - have:
        control.write_text(" ".join(f"+{c}" for c in sorted(missing)))
    if "cpu" not in have:
        with contextlib.suppress(OSError):
            control.write_text("+cpu")


def _own(controller: str) -> str:
    """This process's group in the hierarchy of `controller` (version 2: the empty name)."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        if controller in names.split(","):
            return path
    return "/"


_numbers = itertools.count()


def new_name() -> str:
    """A name that no other group of this process has, nor any other process's."""
    return f"{Owner.me()}-{next(_numbers)}"


def writable() -> bool:
    """Whether a group can be made here."""
    group = create(new_name())
    if group is None:
        return False
    group.remove()
    return True
