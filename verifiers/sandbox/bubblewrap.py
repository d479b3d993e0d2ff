"""Boxes made with bubblewrap, for machines without Docker: the same supervisor, the same protocol.

Namespaces, read-only binds of the toolchains and a seccomp filter confine it; memory and processes
are limited by control groups where this process may make them, else by the supervisor's watch and
RLIMIT_NPROC. What holds on this machine is found out by trying (`probe`), never assumed.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import select
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit

from . import cgroup, images, undertaker
from .base import BoxDiedError, Profile, SandboxError, SandboxUnavailableError
from .box import Box
from .janitor import Janitor
from .pool import MAX_USES, Pool, Reuse

# 0.8 has --size, --disable-userns and --as-pid-1.
OLDEST = (0, 8)
# User IDs that no account has: each box is to have its own, since the kernel counts processes and
# pipes by them. Drawn, so that trainers need not agree: of a hundred boxes two have the same in one
# case of twenty thousand, and share no more than what is counted.
FIRST_USER, USERS = 1_900_000_000, 100_000_000
# Inside, as in Docker's boxes.
JOB_USER = "65534"
READY_SECONDS = 10.0
# What is bound of this machine, read-only. No home, no /etc beyond what programs load by, no /run.
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
# In a bound folder: where its Pythons keep what is installed for them.
PACKAGES = ("lib*/python3*/*-packages", "*/lib*/python3*/*-packages")
# This package, as it was imported.
OWN = Path(__file__).resolve().parents[2]
# What a box has of its own.
PLACES = ("/work", "/tmp", "/dev", "/proc")
CONFIGURATION = ("/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d")
# As the images' entry point has it.
SUPERVISOR = (
    "import sys; sys.path.insert(0, '/opt/forgegym'); from supervisor.serve import main; main()"
)


def find() -> str:
    """The path of bubblewrap. Raises `SandboxUnavailableError` when it is missing or too old."""
    path = shutil.which("bwrap")
    hint = "install it (Debian, Ubuntu: sudo apt install bubblewrap)"
    if path is None:
        raise SandboxUnavailableError(f"there is no bubblewrap (bwrap) on PATH; {hint}")
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    numbers = said.split()[-1].split(".")[:2] if said.split() else []
    if not all(n.isdigit() for n in numbers) or tuple(map(int, numbers)) < OLDEST:
        raise SandboxUnavailableError(f"bubblewrap 0.8 or newer is needed, not {said.strip()!r}")
    return path


def open_bubblewrap(
    *,
    profile: Profile | None = None,
    size: int | None = None,
    reuse: Reuse = "proven",
    max_uses: int = MAX_USES,
    toolchains: Iterable[Path] = (),
    path: Sequence[str] = (),
    cgroups: bool = True,
) -> Pool:
    """A sandbox of bubblewrap's boxes.

    Args:
        profile: See `Profile`. `tmp_inodes` and `work_inodes` hold by the supervisor's watch.
        size: Boxes (default: one per CPU).
        reuse, max_uses: See `pool`. A job has the supervisor's own user ID here.
        toolchains: Folders, or programs, bound read-only at their own paths, beside /usr.
        path: Folders put in front of the jobs' PATH.
        cgroups: Use control groups where they can be made.

    Raises:
        SandboxUnavailableError: There is no bubblewrap, or it cannot make a box here.
    """
    program = find()
    interpreter = _interpreter()
    cgroup.sweep()
    chosen = profile or Profile()
    bound = tuple(Path(t).resolve() for t in toolchains)
    for folder in bound:
        if any(folder.is_relative_to(place) for place in PLACES):
            raise SandboxUnavailableError(
                f"a toolchain in {folder} cannot be seen in a box, which has a folder of its own "
                f"at /{folder.parts[1]}; install it elsewhere, below /opt for instance"
            )
    seen = tuple(Path(folder).resolve() for folder in SYSTEM if os.path.isdir(folder))
    hidden = own_folders((*seen, *bound))
    janitor = Janitor()
    # The host has the supervisor's Python, and perhaps no compiler.
    inside = {name: data for name, data in images.contents().items() if name.endswith(".py")}
    with_groups = cgroups and cgroup.writable()

    def open_() -> None:
        if with_groups:
            undertaker.employ()

    def close() -> None:
        janitor.close()
        if with_groups:
            undertaker.dismiss()

    def open_box() -> Box:
        opened = time.monotonic()
        transport = _start(
            program, interpreter, chosen, bound, hidden, path, inside, with_groups, janitor
        )
        box = Box(transport, opened=opened)
        try:
            box.ready(READY_SECONDS)
        except BoxDiedError as error:
            raise SandboxUnavailableError(f"bubblewrap cannot make a box here: {error}") from None
        return box

    return Pool(
        open_box,
        name="bubblewrap",
        size=size or os.cpu_count() or 1,
        reuse=reuse,
        max_uses=max_uses,
        on_open=open_,
        on_close=close,
    )


def own_folders(bound: Iterable[Path]) -> tuple[Path, ...]:
    """ForgeGym's own folders below the `bound` ones: its package for whatever Python it has been
    installed there, what is known of the installation, and the sources that it was made from.

    They hold the references and what makes the hidden inputs; a program may read all that is bound.
    """
    bound = tuple(bound)
    places = {OWN.parent}
    for folder in bound:
        places.update(place for pattern in PACKAGES for place in folder.glob(pattern))
    found = {OWN}
    for place in places:
        found.add(place / "forgegym")
        for metadata in (*place.glob("forgegym-*.dist-info"), *place.glob("forgegym-*.egg-info")):
            found.add(metadata)
            found.update(_sources(metadata))
    real = {folder.resolve() for folder in found if folder.is_dir()}
    below = {folder for folder in real if any(map(folder.is_relative_to, bound))}
    return tuple(sorted(folder for folder in below if below.isdisjoint(folder.parents)))


def _sources(metadata: Path) -> list[Path]:
    """The local folder that an installation was made from, if it was (PyPA, "Recording the Direct
    URL Origin of installed distributions")."""
    try:
        origin = urlsplit(json.loads((metadata / "direct_url.json").read_bytes())["url"])
    except (OSError, ValueError, TypeError, AttributeError, KeyError):
        return []
    return [Path(unquote(origin.path))] if origin.scheme == "file" else []


def _interpreter() -> str:
    """A Python that every user of this machine can run, for the supervisor."""
    for candidate in ("/usr/bin/python3", os.path.realpath(sys.executable)):
        if candidate.startswith("/usr/") and os.access(candidate, os.X_OK):
            return candidate
    raise SandboxUnavailableError(
        "bubblewrap's supervisor needs a python3 below /usr (Debian, Ubuntu: "
        "sudo apt install python3)"
    )


def arguments(
    profile: Profile,
    *,
    interpreter: str,
    toolchains: Sequence[Path],
    path: Sequence[str],
    group: cgroup.Group | None,
    files: Sequence[tuple[int, str]],
    hidden: Sequence[Path] = (),
) -> list[str]:
    """bubblewrap's arguments for one box.

    `files`: descriptors and where their content goes. `hidden`: folders that are empty in the box.
    """
    mounts: list[str] = []
    for name in SYSTEM:
        if os.path.islink(name):
            mounts += ["--symlink", os.readlink(name), name]
        elif os.path.isdir(name):
            mounts += ["--ro-bind", name, name]
    for name in CONFIGURATION:
        mounts += ["--ro-bind-try", name, name]
    # Those inside others after them: a toolchain may lie in our sources, they in another one.
    for folder in sorted({*toolchains, *hidden}):
        of_system = any(map(folder.is_relative_to, ("/usr", "/lib")))
        if folder in hidden:
            mounts += ["--tmpfs", str(folder)]
        elif not of_system or any(map(folder.is_relative_to, hidden)):
            mounts += ["--ro-bind", str(folder), str(folder)]
    for descriptor, inside in files:
        mounts += ["--ro-bind-data", str(descriptor), inside]
    # Message queues exist without this mount, but nobody would see them.
    mounts += ["--proc", "/proc", "--dev", "/dev", "--mqueue", "/dev/mqueue"]
    for place, size in (
        ("/work", profile.work_bytes),
        ("/tmp", profile.tmp_bytes),
        ("/dev/shm", profile.tmp_bytes),
    ):
        mounts += ["--size", str(size), "--tmpfs", place]
    if group is not None and group.memory == group.pids:
        mounts += ["--ro-bind", str(group.memory), "/sys/fs/cgroup"]
    elif group is not None:
        mounts += ["--ro-bind", str(group.memory), "/sys/fs/cgroup/memory"]
        mounts += ["--ro-bind", str(group.pids), "/sys/fs/cgroup/pids"]
    for place in (*map(str, hidden), "/dev", "/"):
        mounts += ["--remount-ro", place]
    supervisor = [
        "--work", "/work", "--places", "/tmp:/dev/shm", "--path", ":".join(path),
        "--lifetime", str(profile.lifetime),
        "--inodes", f"{profile.work_inodes}:{profile.tmp_inodes}:{profile.tmp_inodes}",
    ]  # fmt: skip
    if group is None:
        supervisor += ["--watch-memory", str(profile.memory_bytes)]
        supervisor += ["--processes", str(profile.processes)]
    return [
        "--unshare-all", "--unshare-user", "--disable-userns", "--uid", JOB_USER, "--gid", JOB_USER,
        "--as-pid-1", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv",
        "--hostname", "box", *mounts, "--chdir", "/",
        interpreter, "-I", "-S", "-B", "-c", SUPERVISOR, *supervisor,
    ]  # fmt: skip


def _start(
    program: str,
    interpreter: str,
    profile: Profile,
    toolchains: Sequence[Path],
    hidden: Sequence[Path],
    path: Sequence[str],
    inside: Mapping[str, bytes],
    with_groups: bool,
    janitor: Janitor,
) -> ProcessTransport:
    group = cgroup.create(cgroup.new_name()) if with_groups else None
    if with_groups and group is None:
        raise SandboxError("a control group could not be made, though one could before")
    descriptors = []
    try:
        if group is not None:
            group.limit(
                memory_bytes=profile.memory_bytes, processes=profile.processes, cpus=profile.cpus
            )
        files = []
        for name, data in inside.items():
            descriptors.append(_in_memory(data))
            files.append((descriptors[-1], f"/opt/forgegym/{name}"))
        command = [
            program,
            *arguments(
                profile,
                interpreter=interpreter,
                toolchains=toolchains,
                path=path,
                group=group,
                files=files,
                # What has been uninstalled since cannot be mounted over, and holds nothing.
                hidden=[folder for folder in hidden if folder.is_dir()],
            ),
        ]
        if os.getuid() == 0:
            # RLIMIT_NPROC and the like mean nothing to a process whose real user is root.
            user = str(new_user())
            command = [
                "setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *command,
            ]  # fmt: skip
        if group is not None:
            # Joined before anything else is started: what is started later cannot be outside.
            places = [f"{folder}/cgroup.procs" for folder in group.folders]
            joining = " && ".join(f'echo 0 > "${i + 1}"' for i in range(len(places)))
            command = [
                "/bin/sh", "-c", f'{joining} && shift {len(places)} && exec "$@"', "sh",
                *places, *command,
            ]  # fmt: skip
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=descriptors,
            cwd="/",
            env={"PATH": "/usr/local/bin:/usr/bin:/bin"},
            start_new_session=True,  # Ctrl-C is for the trainer, which may want to finish a step
        )
    except OSError as error:
        if group is not None:
            group.remove()
        raise SandboxError(f"bubblewrap could not be started: {error}") from None
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
    return ProcessTransport(process, janitor, group=group)


def new_user() -> int:
    """A user ID for a box."""
    return FIRST_USER + secrets.randbelow(USERS)


def _in_memory(data: bytes) -> int:
    descriptor = os.memfd_create("forgegym")
    os.write(descriptor, data)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


class ProcessTransport:
    """The standard streams of a local process.

    `group` and `folder` are its own, and removed with it. With `gently` it is given time to end by
    itself when its input ends: it has no namespace whose end would take everything with it.
    """

    _CHUNK = 1 << 16
    # A control group is empty when the last of its processes is reaped, moments after the first.
    _GROUP_SECONDS = 5.0
    _GENTLE_SECONDS = 2.0
    _ERROR_BYTES = 4096

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        janitor: Janitor,
        *,
        group: cgroup.Group | None = None,
        folder: Path | None = None,
        gently: bool = False,
    ) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._group = group
        self._folder = folder
        self._gently = gently
        self._janitor = janitor
        self._input, self._output = process.stdin, process.stdout
        os.set_blocking(self._input.fileno(), False)
        # A number that has been closed can be another box's; so nothing is closed while it is used.
        self._using = threading.Lock()
        self._killed = threading.Event()

    def write(self, data: bytes, seconds: float) -> None:
        end = time.monotonic() + seconds
        view = memoryview(data)
        with self._using:
            while view:
                self._wait(self._input, select.POLLOUT, end)
                with contextlib.suppress(BlockingIOError):
                    view = view[os.write(self._input.fileno(), view[: self._CHUNK]) :]

    def read(self, seconds: float) -> bytes:
        with self._using:
            self._wait(self._output, select.POLLIN, time.monotonic() + seconds)
            return os.read(self._output.fileno(), self._CHUNK)

    def _wait(self, stream: IO[bytes], event: int, end: float) -> None:
        """Until `stream` is ready. Raises `TimeoutError`, `OSError` when the box was killed."""
        if self._killed.is_set():
            raise BrokenPipeError
        poll = select.poll()
        poll.register(stream, event)
        if not poll.poll(max(0.0, end - time.monotonic()) * 1000):
            raise TimeoutError

    def kill(self) -> None:
        if not self._killed.is_set():
            self._killed.set()
            if self._gently:
                self._janitor.later(self._dismiss)
            else:
                self._process.kill()
            self._janitor.later(self._bury)

    def _dismiss(self) -> None:
        """End its input, and it if that is not enough."""
        # Its number stays taken: somebody may be writing to it.
        null = os.open("/dev/null", os.O_WRONLY)
        os.dup2(null, self._input.fileno(), inheritable=False)
        os.close(null)
        try:
            self._process.wait(self._GENTLE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def _bury(self) -> None:
        """Reap it, close its streams, and remove its control group when the last has gone."""
        self._process.wait()
        if self._group is not None:
            end = time.monotonic() + self._GROUP_SECONDS
            while time.monotonic() < end:
                try:
                    self._group.remove()
                    break
                except OSError:
                    time.sleep(0.01)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        with self._using:
            for stream in (self._input, self._output, self._process.stderr):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()

    def post_mortem(self) -> BoxDiedError:
        with self._using:
            errors = self._process.stderr
            said = b""
            if errors is not None and not errors.closed:
                os.set_blocking(errors.fileno(), False)
                with contextlib.suppress(BlockingIOError):
                    said = os.read(errors.fileno(), self._ERROR_BYTES)
        self.kill()
        last = said.decode("utf-8", "replace").strip().rpartition("\n")[2]
        return BoxDiedError(last or "a box ended without a word")
