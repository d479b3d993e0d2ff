"""What the supervisor asks of the kernel: descriptors, counters of the box's cgroup, its mounts."""

from __future__ import annotations

import fcntl
import os
import time

# Lowest descriptor of the supervisor's own: a job has 0 to 2, and 3 and 4 for its answers; what
# becomes a job, two more.
OWN_DESCRIPTORS = 10
PAUSE_SECONDS = 0.0001

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ctypes

# Opened once: a child that is about to start a program has no time to.
_libc: ctypes.CDLL | None = None

# prctl(2)
PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 4, 36

# (v2, v1) of the files that count the kernel's refusals, and the words before the numbers.
OOM_KILLS = (("/sys/fs/cgroup/memory.events", b"oom_kill "),
             ("/sys/fs/cgroup/memory/memory.oom_control", b"oom_kill "))  # fmt: skip
# Kills for want of more than the box are counted above as well; this says that the box met its own
# limit. Version 1 has no such count that still counts (memory.failcnt stays 0 on Linux 6.18), but
# the most that has ever been used, which is then just the limit (a kernel that charges in batches
# stops short of it).
MEMORY_AT_LIMIT = (("/sys/fs/cgroup/memory.events", b"oom "),)
MEMORY_PEAK = (("/sys/fs/cgroup/memory/memory.max_usage_in_bytes", b""),)
MEMORY_LIMIT = (("/sys/fs/cgroup/memory/memory.limit_in_bytes", b""),)
NEAR_BYTES = 1 << 20
# Processes and threads that there are, those too that have ended and nobody has reaped.
TASKS = (("/sys/fs/cgroup/pids.current", b""), ("/sys/fs/cgroup/pids/pids.current", b""))
FORKS_REFUSED = (("/sys/fs/cgroup/pids.events", b"max "),
                 ("/sys/fs/cgroup/pids/pids.events", b"max "))  # fmt: skip


def move_away(descriptor: int) -> int:
    """The same file under a high descriptor that closes on exec; the old one is closed."""
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, OWN_DESCRIPTORS)
    os.close(descriptor)
    return moved


def connect(path: str) -> tuple[int, int]:
    """Where the owner is read and answered: the Unix socket at `path`; standard input and output
    where there is none, or it may not be used."""
    if path:
        import _socket  # of C: what `socket` adds to it takes milliseconds to load

        line = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        try:
            line.connect(path)
        except OSError:
            line.close()
        else:
            descriptor = line.detach()
            return descriptor, os.dup(descriptor)
    return 0, 1


def give_way() -> None:
    """From now on whoever is awake goes first, until `take_way` (sched(7), SCHED_BATCH).

    The owner was just woken, on this processor since the kernel believes that a writer has done: a
    moment's sleep lets it begin, and this process does not interrupt it any more.
    """
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    time.sleep(PAUSE_SECONDS)


def take_way() -> None:
    """The reverse of `give_way`."""
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def take_low_descriptors() -> None:
    """All below `OWN_DESCRIPTORS` are /dev/null from now on, so that what is opened later is never
    in the way of what a program is given; 2 stays, for a traceback of our own."""
    null = move_away(os.open("/dev/null", os.O_RDWR))
    for descriptor in range(OWN_DESCRIPTORS):
        if descriptor != 2:
            os.dup2(null, descriptor, inheritable=descriptor < 2)
    os.close(null)


class Counter:
    """A number that the kernel counts up in a file of the box's cgroup, where there is one."""

    def __init__(self, places: tuple[tuple[str, bytes], ...]) -> None:
        self._file, self._word = -1, b""
        for path, word in places:
            try:
                file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            except OSError:
                continue
            self._file, self._word = move_away(file), word
            if self.read() is not None:
                return
            self.close()

    def close(self) -> None:
        """Read no more."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def read(self) -> int | None:
        """The number now; None where the kernel does not say."""
        if self._file < 0:
            return None
        for line in os.pread(self._file, 4096, 0).splitlines():
            if line.startswith(self._word):
                return int(line[len(self._word) :])
        return None


class Peak:
    """The most memory that this process has had, which can be forgotten where the kernel lets it
    (proc(5), clear_refs)."""

    def __init__(self) -> None:
        try:
            self._file = move_away(os.open("/proc/self/clear_refs", os.O_WRONLY | os.O_CLOEXEC))
        except OSError:
            self._file = -1

    def reset(self) -> None:
        """From now on it is what this process has now."""
        if self._file >= 0:
            os.write(self._file, b"5")


class MemoryKills:
    """The kernel's kills for want of memory in the box's cgroup, and whose want that was."""

    def __init__(self, kills: Counter, at_limit: Counter, peak: Counter, limit: int | None) -> None:
        self._kills, self._at_limit, self._peak = kills, at_limit, peak
        self._near = None if limit is None else limit - NEAR_BYTES

    @classmethod
    def of_this_box(cls) -> MemoryKills:
        """Those that the box's cgroup counts, where there is one."""
        limit = Counter(MEMORY_LIMIT)
        most = limit.read()
        limit.close()
        return cls(Counter(OOM_KILLS), Counter(MEMORY_AT_LIMIT), Counter(MEMORY_PEAK), most)

    @classmethod
    def of_nobody(cls) -> MemoryKills:
        """None at all: outside a box the counters are everybody's."""
        return cls(Counter(()), Counter(()), Counter(()), None)

    def now(self) -> tuple[int | None, int | None, bool]:
        """For `since`."""
        return self._kills.read(), self._at_limit.read(), self._is_near()

    def since(self, before: tuple[int | None, int | None, bool]) -> str:
        """What has been killed since: "memory", for the box's own limit; "starved", for more than
        that, which says nothing about who wanted it; or nothing."""
        kills, at_limit, was_near = before
        if not rose(self._kills, kills):
            return ""
        if at_limit is not None:
            own = rose(self._at_limit, at_limit)
        elif self._near is not None:
            # Near it before already, it may have been either; another box is going to tell.
            own = self._is_near() and not was_near
        else:
            own = True  # the kernel does not say
        return "memory" if own else "starved"

    def _is_near(self) -> bool:
        peak = self._peak.read()
        return peak is not None and self._near is not None and peak >= self._near


def rose(counter: Counter, before: int | None) -> bool:
    """Whether the kernel has counted on since."""
    now = counter.read()
    return before is not None and now is not None and now > before


def hide_from_own_user(*, adopt_orphans: bool) -> None:
    """No process of the same user may look into this one (prctl(2), PR_SET_DUMPABLE).

    With `adopt_orphans`, what a job leaves behind becomes a child of this process.
    """
    _prctl(PR_SET_DUMPABLE, 0)
    if adopt_orphans:
        _prctl(PR_SET_CHILD_SUBREAPER, 1)


def show_to_own_user() -> None:
    """The reverse, which makes /proc/self this process's own again."""
    _prctl(PR_SET_DUMPABLE, 1)


def _prctl(option: int, value: int) -> None:
    global _libc
    import ctypes  # only here: loading it takes longer than all the rest

    if _libc is None:
        _libc = ctypes.CDLL(None, use_errno=True)
    if _libc.prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def read(path: str) -> bytes:
    """The beginning of a small file of the kernel's; nothing where there is none."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return b""
    try:
        return os.read(file, 4096)
    finally:
        os.close(file)


def write(path: str, text: bytes) -> None:
    """Write to a file of the kernel's, without the pages that Python's streams touch."""
    file = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    os.write(file, text)
    os.close(file)


def others() -> list[int]:
    """Every other process in this pid namespace."""
    own = str(os.getpid())
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and name != own]


def resident_bytes(processes: list[int]) -> int:
    """Memory of these processes; pages that some of them share are counted each time."""
    total = 0
    for pid in processes:
        try:
            with open(f"/proc/{pid}/statm", "rb") as file:
                total += int(file.read().split()[1])
        except (OSError, IndexError):
            continue
    return total * os.sysconf("SC_PAGE_SIZE")


def proportional_bytes(processes: list[int]) -> int:
    """Memory of these processes; pages that some of them share are counted once (proc(5), Pss).

    Takes a hundred times as long as `resident_bytes`, whose count stands for a process that hides
    its own.
    """
    total = 0
    for pid in processes:
        try:
            text = read(f"/proc/{pid}/smaps_rollup")
            line = next(line for line in text.splitlines() if line.startswith(b"Pss:"))
            total += int(line.split()[1]) << 10
        except (OSError, StopIteration):
            total += resident_bytes([pid])
    return total


def descendants(root: int) -> list[int]:
    """Every process below `root`, where the pid namespace is not our own."""
    parents: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                after_name = file.read().rpartition(b")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(after_name[1]), []).append(int(name))
    found, queue = [], [root]
    while queue:
        children = parents.get(queue.pop(), [])
        found += children
        queue += children
    return found


def writable_mounts() -> list[str]:
    """The mount points that this process may create files in; /proc and devpts apart."""
    found = []
    with open("/proc/self/mountinfo", "rb") as file:
        for line in file:
            fields, _, rest = line.partition(b" - ")
            point = os.fsdecode(fields.split()[4].replace(b"\\040", b" "))
            if rest.split()[0] in (b"proc", b"devpts"):
                continue
            if os.path.isdir(point) and os.access(point, os.W_OK, effective_ids=True):
                found.append(point)
    return found
