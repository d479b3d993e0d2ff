"""The box around the steps: its places, its users, and the proof that a job left nothing behind.

A box is used again only when everything that a job could have changed is looked at and found as it
was: no process, every writable place empty, no queue, the supervisor's own limits untouched.
Whatever cannot be put right or does not look right is a doubt, and a doubtful box is given up. What
would leave traces elsewhere is refused by `seccomp`: System V's objects, all sockets but Unix's.
"""

from __future__ import annotations

import _signal as signal  # see `step`
import fcntl
import os
import resource
import stat
import time

from . import kernel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .stage import Stage
    from .step import Usage

SAME_USER = -1
OOM_SCORE = b"1000"
# `launch.c`, as the images have it.
LAUNCHER = "/opt/forgegym/launch"
# The supervisor must stay awake when a hundred processes of its container spin.
NICE = 10
# More than this is not cleaned: giving the box up is quicker.
MAX_ENTRIES = 4096
PATH_VARIABLES = {
    b"PATH": b"/usr/local/bin:/usr/bin:/bin",
    b"LANG": b"C.UTF-8",
    b"HOME": b"/work",
    b"TMPDIR": b"/tmp",
}
# What another process of the same user may change about this one.
OWN_LIMITS = tuple(getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_"))
# Of every place after a job: when it was last used is nobody's business.
TIMES = (0, 0)
FS_IOC_GETFLAGS = 0x80086601  # linux/fs.h


class Box:
    """What the supervisor knows about the box it runs."""

    def __init__(self, arguments: list[str]) -> None:
        options = dict(zip(arguments[::2], arguments[1::2], strict=True))
        self.work = options["--work"]
        self.places = [self.work, *filter(None, options.get("--places", "").split(":"))]
        self.user = int(options.get("--uid", SAME_USER))
        self.door = options.get("--door", "")
        self.lifetime = float(options.get("--lifetime", 3600))
        self.memory = int(options.get("--watch-memory", 0))
        inodes = [int(n) for n in options.get("--inodes", "").split(":") if n]
        self._inodes = dict(zip(self.places, inodes, strict=False))
        self._processes = int(options.get("--processes", 0))
        self.crowded = False
        self.rlimits: list[tuple[int, int, int]] = []
        if self._processes:
            self.rlimits.append((resource.RLIMIT_NPROC, self._processes, self._processes))
        self.environment = {**PATH_VARIABLES, b"HOME": os.fsencode(self.work)}
        for extra in filter(None, options.get("--path", "").split(":")):
            self.environment[b"PATH"] = os.fsencode(extra) + b":" + self.environment[b"PATH"]
        # A container has a share of the processors of its own, and niceness compares only within
        # it. In bubblewrap's boxes there is none, and a nice job would lose to the trainer.
        self.nice = NICE if self.user != SAME_USER else 0
        # A process of the supervisor's is out of a job's reach.
        self.has_two_users = os.getpid() == 1 and self.user != SAME_USER
        # The command that waits for a step's order; a box of one user, of the host's files, forks.
        self.launcher: tuple[str, ...] = ()
        if self.has_two_users:
            self.launcher = (LAUNCHER, self.work, str(self.user), str(self.nice))
            self.peak = kernel.Peak()
        # Process 1 outlives every signal from its own namespace and inherits every orphan.
        self.is_init = os.getpid() == 1
        # Outside a box the counters are those of everybody else as well.
        self.memory_kills = (
            kernel.MemoryKills.of_this_box() if self.is_init else kernel.MemoryKills.of_nobody()
        )
        self.forks_refused = kernel.Counter(kernel.FORKS_REFUSED if self.is_init else ())
        self._ended: dict[int, int] = {}
        if self.user == SAME_USER:
            kernel.hide_from_own_user(adopt_orphans=not self.is_init)
        self._tasks = kernel.Counter(kernel.TASKS if self.has_two_users else ())
        if self._tasks.read() != 1:
            self._tasks.close()  # it counts others as well: it is not this box's
        self._own_limits = [resource.getrlimit(what) for what in OWN_LIMITS]
        # The most that a job can be given of anything.
        self.ceilings = {what: resource.getrlimit(what)[1] for what in OWN_LIMITS}
        self._own_share = self._share()
        self._shapes = {place: self._shape(place) for place in self.places}
        # What only the owner of a process or a folder can change, a job of another user cannot; in
        # a folder that anybody may write to, attributes are the owner's if it is sticky (xattr(7)).
        self._out_of_reach = self.has_two_users and all(
            mode & stat.S_ISVTX and owner == os.geteuid()
            for mode, owner, *_ in self._shapes.values()
        )
        if self.user != SAME_USER:
            os.setgroups([])

    # ------------------------------------------------------------ users

    def as_job(self) -> _As:
        """A context in which files are made and removed as the job's user."""
        return _As(self.user)

    def become_job(self) -> None:
        """In a fork that is going to start a program, when no job's process is there to look into
        this copy of the supervisor: the job's user for good, in the work folder, and the first to
        go when memory runs out. Whoever is of the same user may not look, either: `show_job`."""
        os.chdir(self.work)
        if self.user == SAME_USER:
            kernel.show_to_own_user()  # or its own files in /proc were another's
            kernel.write("/proc/self/oom_score_adj", OOM_SCORE)
            kernel.hide_from_own_user(adopt_orphans=False)
        else:
            kernel.write("/proc/self/oom_score_adj", OOM_SCORE)
            os.setresgid(self.user, self.user, self.user)
            os.setresuid(self.user, self.user, self.user)

    def show_job(self) -> None:
        """In that child, at the last moment before it starts the program."""
        if self.user == SAME_USER:
            kernel.show_to_own_user()

    # ------------------------------------------------------------ before a job

    def unfit(self) -> str:
        """Why this box may not run anything, or nothing."""
        if not self.is_init:
            return ""  # started on purpose without a namespace of its own
        if self.launcher and not os.access(self.launcher[0], os.X_OK):
            return f"the image has no {self.launcher[0]}"
        with self.as_job():
            writable = set(kernel.writable_mounts()) - set(self.places) - {"/dev/mqueue"}
        if writable:
            return f"a job could write to {', '.join(sorted(writable))}"
        if not self._is_alone():
            return "a process is there"
        for place in self.places:
            if os.listdir(place):
                return f"{place} is not empty"
        return self._changed()

    def put(self, files: dict[bytes, bytes]) -> str:
        """Write the job's files into the work folder, as its user and for it alone.

        Returns the reason why they do not go in, or nothing.
        """
        if not files:
            return ""
        try:
            self._put(files)
        except OSError as error:
            return f"the files do not go into the work folder: {error.strerror}"
        return ""

    def _put(self, files: dict[bytes, bytes]) -> None:
        with self.as_job():
            made = {b""}
            for name, content in files.items():
                folder = os.path.dirname(name)
                if folder not in made:
                    os.makedirs(os.path.join(os.fsencode(self.work), folder), 0o700, exist_ok=True)
                    made.add(folder)
                path = os.path.join(os.fsencode(self.work), name)
                file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o700)
                view = memoryview(content)
                while view:
                    view = view[os.write(file, view) :]
                os.close(file)

    # ------------------------------------------------------------ after a job

    def collect(self, wanted: dict[bytes, int]) -> tuple[dict[bytes, bytes], dict[bytes, str]]:
        """The asked-for files that are plain files of a fitting size, and why the others are not.

        No link is followed, nothing that is no plain file is opened for long: a FIFO would block,
        a link could point at what the supervisor may read and the job may not.
        """
        found: dict[bytes, bytes] = {}
        missing: dict[bytes, str] = {}
        with self.as_job():
            for name, limit in wanted.items():
                try:
                    found[name] = self._take(name, limit)
                except OSError as error:
                    missing[name] = os.strerror(error.errno) if error.errno else str(error)
                except ValueError as error:
                    missing[name] = str(error)
        return found, missing

    def _take(self, name: bytes, limit: int) -> bytes:
        folder = os.open(self.work, os.O_RDONLY | os.O_DIRECTORY)
        try:
            *parents, last = name.split(b"/")
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            for parent in parents:
                inner = os.open(parent, flags | os.O_DIRECTORY, dir_fd=folder)
                os.close(folder)
                folder = inner
            # Looked at before it is opened: to open a device can do something.
            if not stat.S_ISREG(os.stat(last, dir_fd=folder, follow_symlinks=False).st_mode):
                raise ValueError("not a plain file")
            file = os.open(last, flags, dir_fd=folder)
            try:
                about = os.fstat(file)
                if not stat.S_ISREG(about.st_mode) or about.st_nlink != 1:
                    raise ValueError("not a plain file with one name")
                if about.st_size > limit:
                    raise ValueError(f"has {about.st_size} bytes; at most {limit} are taken")
                parts = []
                while part := os.read(file, 1 << 20):
                    parts.append(part)
                return b"".join(parts)
            finally:
                os.close(file)
        finally:
            os.close(folder)

    def kill_all(self, usage: Usage, spared: Stage | None = None) -> int:
        """Kill and reap everything but the supervisor and the process that waits for the next step,
        which is of the supervisor's user; how many had not ended by themselves.

        As process 1, one kill(-1) is enough: the kernel walks its table under a lock that forks
        wait for, and a fork that waited sees its signal. Elsewhere descendants are looked for
        until there are none.
        """
        if spared:
            return self._kill_job(usage, spared)
        killed = 0
        while True:
            if not self._reap(usage)[1]:
                return killed
            if self.is_init:
                try:
                    os.kill(-1, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            else:
                for pid in self._started():
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
            try:
                pid, status, used = os.wait4(-1, 0)
            except ChildProcessError:
                return killed
            usage.add(used)
            self._ended[pid] = status
            killed += 1

    def _kill_job(self, usage: Usage, spared: Stage) -> int:
        """The same with one kill(-1) in the name of the job's user, who may not kill others'."""
        self._reap(usage)
        # In this order: what ends after the first look is counted until it is reaped, by us.
        if spared.waits() and self._tasks.read() == 2:
            return 0
        os.setresuid(self.user, self.user, 0)
        try:
            os.kill(-1, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass  # nobody is left whom it may kill
        finally:
            os.setresuid(0, 0, 0)
        killed = 0
        # From here on processes only end, so that a list of them leaves none out.
        while set(kernel.others()) - {spared.child}:
            killed += self._reap(usage)[0]
            time.sleep(kernel.PAUSE_SECONDS)
        return killed

    def _started(self) -> list[int]:
        """Every process that a job has, or has left."""
        return kernel.others() if self.is_init else kernel.descendants(os.getpid())

    def _reap(self, usage: Usage) -> tuple[int, bool]:
        """Reap what has ended: how many, and whether there are children left."""
        count = 0
        while True:
            try:
                pid, status, used = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return count, False
            if pid == 0:
                return count, True
            usage.add(used)
            self._ended[pid] = status
            count += 1

    def status_of(self, pid: int) -> int | None:
        """How a process that `kill_all` reaped had ended; forgets the others."""
        status = self._ended.get(pid)
        self._ended.clear()
        return status

    def too_much_memory(self) -> bool:
        """Whether the job has more than it may of what the kernel does not count for us here."""
        if self.memory:
            started = self._started()
            # No kernel tells that a fork was refused by RLIMIT_NPROC; to have been there is a hint.
            self.crowded = self.crowded or len(started) >= self._processes - 1 > 0
            # Outside a box its places are folders of a disk, which are nobody's memory.
            most = self.memory - (sum(map(_used_bytes, self.places)) if self.is_init else 0)
            if kernel.resident_bytes(started) > most and kernel.proportional_bytes(started) > most:
                return True
        for place, most in self._inodes.items():
            about = os.statvfs(place)
            if about.f_files - about.f_ffree > most:
                return True
        return False

    def clean(self) -> str:
        """Empty every place; then the reason to doubt this box, or nothing."""
        if self.is_init and not self._is_alone():
            return "a process is left"  # and could fill what is being emptied
        try:
            with self.as_job():
                for place in self.places:
                    _empty(place)
            for place in self.places:
                os.utime(place, TIMES)
        except (OSError, RecursionError) as error:
            return f"a place could not be emptied: {error}"
        return self._changed() if self.is_init else ""  # else others use the machine as well

    def farewell(self) -> None:
        """Leave nothing of a box behind that has no namespace to go down with."""
        if not self.is_init:
            for place in self.places:
                try:
                    _empty(place)
                    os.rmdir(place)
                except OSError:
                    pass
            try:
                os.rmdir(os.path.dirname(self.work))
            except OSError:
                pass

    def _is_alone(self) -> bool:
        """Whether there is no process but the supervisor."""
        return self._tasks.read() == 1 or not kernel.others()

    def _changed(self) -> str:
        """What a job has changed beside its files, or nothing."""
        if os.path.isdir("/dev/mqueue") and os.listdir("/dev/mqueue"):
            return "a message queue is left"
        if self._out_of_reach:
            return ""
        for place in self.places:
            if self._shape(place) != self._shapes[place]:
                return f"{place} was changed"
        if [resource.getrlimit(what) for what in OWN_LIMITS] != self._own_limits:
            return "the supervisor's limits were changed"
        if self._share() != self._own_share:
            return "the supervisor's share of the processors was changed"
        return ""

    @staticmethod
    def _share() -> tuple[object, ...]:
        return (
            os.getpriority(os.PRIO_PROCESS, 0),
            os.sched_getscheduler(0) in (os.SCHED_OTHER, os.SCHED_BATCH),
            sorted(os.sched_getaffinity(0)),
        )

    def lacks(self, program: bytes) -> bool:
        """Whether `program` is a tool that this box should have and has not.

        That is the machine's fault. Anything else can be the job's: a file of its own, or too
        little memory left by the step before.
        """
        real = os.path.realpath(program)
        own = any(real.startswith(os.fsencode(place) + b"/") for place in self.places)
        return program.startswith(b"/") and not own and not os.access(program, os.X_OK)

    def restore(self) -> None:
        """Undo what a step of this job may have done to the work folder, before the next one."""
        self.crowded = False
        mode = self._shapes[self.work][0]
        if os.stat(self.work).st_mode != mode:
            os.chmod(self.work, mode & 0o7777)

    @staticmethod
    def _shape(place: str) -> tuple[int, ...]:
        """What an owner of a folder may change about it, beside what is in it."""
        about = os.stat(place)
        folder = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
        try:
            flags = int.from_bytes(fcntl.ioctl(folder, FS_IOC_GETFLAGS, bytes(8)), "little")
        except OSError:
            flags = 0  # a kernel whose tmpfs has none
        finally:
            os.close(folder)
        return about.st_mode, about.st_uid, about.st_gid, len(os.listxattr(place)), flags


class _As:
    """Acts as the job's user for files; the saved user ID brings the supervisor's back."""

    def __init__(self, user: int) -> None:
        self._user = user

    def __enter__(self) -> None:
        if self._user != SAME_USER:
            self._was = os.geteuid(), os.getegid()
            os.setegid(self._user)
            os.seteuid(self._user)

    def __exit__(self, *_: object) -> None:
        if self._user != SAME_USER:
            os.seteuid(self._was[0])
            os.setegid(self._was[1])


def _empty(place: str) -> None:
    """Remove everything in `place`, however deep it is: inner folders are moved up first."""
    count = 0
    while True:
        with os.scandir(place) as entries:
            found = list(entries)
        if not found:
            return
        for entry in found:
            count += 1
            if count > MAX_ENTRIES:
                raise OSError(0, "it has too many entries")
            if not entry.is_dir(follow_symlinks=False):
                os.unlink(entry.path)
                continue
            os.chmod(entry.path, 0o700)
            with os.scandir(entry.path) as inner:
                for item in inner:
                    if item.is_dir(follow_symlinks=False):
                        count += 1
                        if count > MAX_ENTRIES:
                            raise OSError(0, "it has too many entries")
                        os.chmod(item.path, 0o700)
                        os.rename(item.path, os.path.join(place, f"forgegym-{count}"))
                    else:
                        os.unlink(item.path)
            os.rmdir(entry.path)


def _used_bytes(place: str) -> int:
    about = os.statvfs(place)
    return (about.f_blocks - about.f_bfree) * about.f_frsize
