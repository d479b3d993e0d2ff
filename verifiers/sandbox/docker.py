"""Boxes that are Docker containers, each connected to once, when it is opened.

A job is frames over one connection, a `door` or the engine's attach connection: no exec, no
archive, no inspection on its way. Belts against orphans: a container whose owner dies reads the end
of its input and ends; process 1 ends at its deadline in any case; and what dead owners have left is
swept, by an `undertaker` at once, and by whoever opens a sandbox next.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
import time
import warnings
import weakref
from dataclasses import dataclass, field, replace
from typing import Any

from . import door as doors
from . import undertaker
from .base import BoxDiedError, Profile, SandboxError, SandboxUnavailableError
from .box import Box
from .door import Door
from .janitor import Janitor
from .owner import Owner
from .pool import MAX_USES, Pool, Reuse

LABEL = "io.forgegym"
# Of `nobody` in Debian; containers need no more than two users, root for the supervisor and this.
JOB_USER = 65534
# All that the supervisor needs of root: to become the job's user, and to kill what that has left.
CAPABILITIES = ("SETUID", "SETGID", "KILL")
# Under Docker's default of 0 the trainer would be as good a victim as a box.
OOM_SCORE = 500
# For the engine's answers; creating a container takes a tenth of a second, minutes on a bad disk.
ENGINE_SECONDS = 60.0
# A supervisor is ready in 30 ms; on a machine that is starting up ten boxes, in seconds.
READY_SECONDS = 30.0
# Removing a container takes the engine tens of milliseconds, on a busy machine a second.
REMOVAL_SECONDS = 10.0
# Process 1 keeps the deadline, after its last job; this is for the stuck, and clocks that differ.
LATE_SECONDS = 900.0
CONFLICT = 409
# For what a dead supervisor has said last.
LAST_WORDS_SECONDS = 0.5
SHM = "/dev/shm"


def connect() -> Any:
    """A client of the engine that DOCKER_HOST or the default socket names, to be closed.

    Raises `SandboxUnavailableError` with the sentence that helps.
    """
    import docker
    from docker.errors import DockerException

    client = None
    try:
        client = docker.from_env(timeout=ENGINE_SECONDS)
        client.ping()
    except (DockerException, OSError) as error:
        if client is not None:
            client.close()
        where = os.environ.get("DOCKER_HOST", "the default socket")
        raise SandboxUnavailableError(
            f"no Docker engine answers at {where} ({_first_line(error)}); start one, or use "
            'sandbox="bubblewrap"'
        ) from None
    return client


def open_docker(
    image: str,
    *,
    profile: Profile | None = None,
    size: int | None = None,
    reuse: Reuse = "proven",
    max_uses: int = MAX_USES,
    runtime: str | None = None,
    path: tuple[str, ...] = (),
) -> Pool:
    """A sandbox of containers of `image`, which `forgegym images build` has made.

    Args:
        image: A name or an id. Its digest is looked up once, and every box is made of just that.
        profile: See `Profile`.
        size: Boxes (default: one per CPU).
        reuse, max_uses: See `pool`.
        runtime: An OCI runtime that the engine knows (``"runsc"`` for gVisor).
        path: Folders of the image put in front of the jobs' PATH.

    Raises:
        SandboxUnavailableError: No engine, no image, an image of another version, or a box that
            does not hold what it promises.
    """
    from . import images

    with contextlib.closing(connect()) as client:
        sweep(client)
        digest = images.digest_of(client, image)
        about = _about(client)
    chosen = profile or Profile()
    cgroupns = "private" if about.get("CgroupVersion") == "2" else None
    # The engine refuses more than it has.
    chosen = replace(chosen, cpus=min(chosen.cpus, float(about.get("NCPU") or 1)))
    janitor = Janitor()
    opener = _Opener(digest, chosen, runtime, path, cgroupns, janitor)

    def close() -> None:
        janitor.close()
        opener.clients.close()
        undertaker.dismiss()

    return Pool(
        opener.open_box,
        name="docker",
        digest=digest,
        size=size or os.cpu_count() or 1,
        reuse=reuse,
        max_uses=max_uses,
        on_open=undertaker.employ,
        on_close=close,
    )


def _about(client: Any) -> dict[str, Any]:
    """What the engine says of itself. Raises `SandboxUnavailableError`."""
    import docker.errors
    import requests.exceptions

    try:
        return dict(client.info())
    except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
        raise SandboxUnavailableError(f"the Docker engine fails: {_first_line(error)}") from None


class _Clients:
    """One client a process: connections do not survive a fork, nor an engine's restart."""

    def __init__(self) -> None:
        self._begin()
        reborn = weakref.WeakMethod(self._begin)
        os.register_at_fork(after_in_child=lambda: (reborn() or int)())

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._client: Any = None

    def get(self) -> Any:
        with self._lock:
            if self._client is None:
                self._client = connect()
            return self._client

    def close(self) -> None:
        """Closes its connections; who asks again gets others."""
        with self._lock:
            if self._client is not None:
                self._client.close()
            self._client = None


def container_options(
    image: str,
    profile: Profile,
    *,
    runtime: str | None,
    path: tuple[str, ...],
    cgroupns: str | None = None,
    door: Door | None = None,
) -> dict[str, Any]:
    """The whole profile of a container, as the SDK's low-level API takes it.

    `cgroupns`: ``"private"`` where the engine has version 2 control groups, or the box would look
    for its counters in the machine's root group. `door`: where its supervisor connects.
    """
    tmp = f"nosuid,nodev,noexec,size={profile.tmp_bytes},nr_inodes={profile.tmp_inodes},mode=1777"
    work = f"nosuid,nodev,exec,size={profile.work_bytes},nr_inodes={profile.work_inodes},mode=1777"
    now = time.time()
    command = [
        "--work", "/work", "--places", f"/tmp:{SHM}", "--uid", str(JOB_USER),
        "--lifetime", str(profile.lifetime), "--path", ":".join(path),
        "--door", doors.inside() if door else "",
    ]  # fmt: skip
    return {
        "image": image,
        "command": command,
        "user": "0:0",
        "working_dir": "/",
        "hostname": "box",
        "environment": {},
        "stdin_open": True,
        "tty": False,
        "network_disabled": True,
        "labels": {
            LABEL: "box",
            f"{LABEL}.owner": str(Owner.me()),
            f"{LABEL}.deadline": str(int(now + profile.lifetime)),
        },
        "host": {
            "read_only": True,
            "cap_drop": ["ALL"],
            "cap_add": list(CAPABILITIES),
            "security_opt": ["no-new-privileges"],
            "network_mode": "none",
            "ipc_mode": "private",
            "cgroupns": cgroupns,
            "nano_cpus": int(profile.cpus * 1e9),
            "shm_size": profile.tmp_bytes,
            "pids_limit": profile.processes,
            "mem_limit": profile.memory_bytes,
            "memswap_limit": profile.memory_bytes,
            "oom_score_adj": OOM_SCORE,
            "tmpfs": {"/work": work, "/tmp": tmp, SHM: tmp},
            "mounts": [door.mount()] if door else [],
            "log_config": {"Type": "none"},
            "auto_remove": True,
            "init": False,
            "runtime": runtime,
        },
    }


@dataclass(slots=True)
class _Opener:
    """Opens boxes of one kind."""

    image: str
    profile: Profile
    runtime: str | None
    path: tuple[str, ...]
    cgroupns: str | None
    janitor: Janitor
    clients: _Clients = field(default_factory=_Clients)
    # Until the engine says that it does not see our files.
    with_doors: bool = True
    warned: bool = False

    def open_box(self) -> Box:
        """A box that is ready. Raises `SandboxError`."""
        opened = time.monotonic()
        transport = self._start()
        box = Box(transport, opened=opened)
        box.ready(READY_SECONDS)
        if self.with_doors and not transport.beside_engine:
            self._warn("their supervisors cannot connect to a socket of this process")
        return box

    def _start(self) -> DockerTransport:
        door = None
        if self.with_doors:
            try:
                door = Door()
            except OSError as error:
                self._warn(f"no socket can be made for them in TMPDIR ({error})")
        try:
            return self._start_with(door)
        except _MountError:
            self.with_doors = False
            self._warn("the engine does not see this machine's files")
            return self._start_with(None)

    def _warn(self, why: str) -> None:
        if not self.warned:
            self.warned = True
            warnings.warn(
                f"every step in a Docker box takes a millisecond longer: {why}",
                SlowBoxWarning,
                stacklevel=2,
            )

    def _start_with(self, door: Door | None) -> DockerTransport:
        import docker.errors
        import requests.exceptions

        options = container_options(
            self.image,
            self.profile,
            runtime=self.runtime,
            path=self.path,
            cgroupns=self.cgroupns,
            door=door,
        )
        client = self.clients.get()
        api = client.api
        container = ""
        try:
            host = api.create_host_config(**options.pop("host"))
            container = api.create_container(host_config=host, detach=False, **options)["Id"]
            channel = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
            attached = api.attach_socket(container, params=channel)
            stream = getattr(attached, "_sock", attached)
            api.start(container)
            return DockerTransport(self.clients, container, stream, attached, door, self.janitor)
        except BaseException as error:
            if door is not None:
                door.close()
            if container:
                remove(client, container)
            if isinstance(error, docker.errors.ImageNotFound):
                raise SandboxUnavailableError(
                    f"the image {self.image} is gone; `forgegym images build` makes it"
                ) from None
            if door is not None and _is_about_mounts(error):
                raise _MountError from None
            expected = (
                docker.errors.DockerException,
                requests.exceptions.RequestException,
                OSError,
            )
            if not isinstance(error, expected):
                raise
            hint = ""
            if "NanoCPUs" in str(error):  # rootless, where systemd has not delegated processors
                hint = (
                    "; delegate the cpu controller to the user (systemd: Delegate=cpu memory pids)"
                )
            raise SandboxError(
                f"the engine could not start a box: {_first_line(error)}{hint}"
            ) from None


class SlowBoxWarning(UserWarning):
    """Boxes are talked to over the engine's attach connection: see `door`."""


class _MountError(Exception):
    """The engine does not mount a folder of this machine."""


def _is_about_mounts(error: BaseException) -> bool:
    import docker.errors

    return isinstance(error, docker.errors.APIError) and "mount" in str(error).lower()


class DockerTransport:
    """A container's supervisor, through its door or over the engine's attach connection.

    On the latter the engine puts eight bytes before each piece of output: which stream, and how
    long (API reference, "Attach to a container"). The length is used to count, never to allocate.
    """

    _HEADER = struct.Struct(">BxxxL")
    _CHUNK = 1 << 16
    _STDOUT = 1
    # Of the supervisor's own complaints, for the message when it dies.
    _KEPT = 4096

    def __init__(
        self,
        clients: _Clients,
        container: str,
        stream: socket.socket,
        holder: Any,
        door: Door | None,
        janitor: Janitor,
    ) -> None:
        self.container = container
        self._clients = clients
        self._stream = stream
        self._door = door
        self._line: socket.socket | None = None
        self._holder = holder  # closing it would close the connection under us
        self._janitor = janitor
        self._header = bytearray()
        self._left = 0
        self._kind = 0
        self._errors = bytearray()
        self._killed = threading.Lock()

    @property
    def beside_engine(self) -> bool:
        """Whether its supervisor has come through the door; known after its first word."""
        return self._line is not None

    def write(self, data: bytes, seconds: float) -> None:
        stream = self._line or self._stream
        stream.settimeout(seconds)
        stream.sendall(data)

    def read(self, seconds: float) -> bytes:
        end = time.monotonic() + seconds
        if self._door is not None:  # its first word: it comes by the way that the supervisor has
            door, self._door = self._door, None
            self._line = door.wait(self._stream, seconds)
        while True:
            stream = self._line or self._stream
            stream.settimeout(max(0.001, end - time.monotonic()))
            raw = stream.recv(self._CHUNK)
            if not raw or self._line is not None:
                return raw
            output = self._unwrap(raw)
            if output:
                return output

    def _unwrap(self, raw: bytes) -> bytes:
        """What of `raw` is the supervisor's standard output."""
        parts = []
        at = 0
        while at < len(raw):
            if self._left == 0:
                take = self._HEADER.size - len(self._header)
                self._header += raw[at : at + take]
                at += take
                if len(self._header) == self._HEADER.size:
                    self._kind, self._left = self._HEADER.unpack(self._header)
                    self._header.clear()
                continue
            piece = raw[at : at + self._left]
            at += len(piece)
            self._left -= len(piece)
            if self._kind == self._STDOUT:
                parts.append(piece)
            else:
                self._errors = (self._errors + piece)[-self._KEPT :]
        return b"".join(parts)

    def kill(self) -> None:
        """Ends the input, which ends the supervisor; the janitor sees to it if that does not."""
        if self._killed.acquire(blocking=False):
            for stream in filter(None, (self._line, self._stream)):
                with contextlib.suppress(OSError):
                    stream.shutdown(socket.SHUT_RDWR)
            self._janitor.later(self._remove)

    def _remove(self) -> None:
        with contextlib.suppress(SandboxUnavailableError):
            remove(self._clients.get(), self.container)
        for held in (self._holder, self._stream, self._line):
            if held is not None:
                with contextlib.suppress(OSError):
                    held.close()

    def _hear_last_words(self) -> None:
        """What the supervisor has said on its standard error, where its answers went elsewhere."""
        end = time.monotonic() + LAST_WORDS_SECONDS
        with contextlib.suppress(OSError):
            while (left := end - time.monotonic()) > 0:
                self._stream.settimeout(left)
                raw = self._stream.recv(self._CHUNK)
                if not raw:
                    return
                self._unwrap(raw)

    def post_mortem(self) -> BoxDiedError:
        if self._line is not None:
            self._hear_last_words()
        self.kill()
        import docker.errors
        import requests.exceptions

        said = bytes(self._errors).decode("utf-8", "replace").strip().rpartition("\n")[2]
        try:
            memory = any(
                event["Action"] == "oom"
                for event in self._clients.get().api.events(
                    since=time.time() - 3600,
                    until=time.time(),
                    filters={"container": self.container, "event": "oom"},
                    decode=True,
                )
            )
        except (
            docker.errors.DockerException,
            requests.exceptions.RequestException,
            SandboxUnavailableError,
            OSError,
        ):
            return BoxDiedError("the Docker engine has gone away", machine=True)
        return BoxDiedError(f"a container ended under its job: {said or 'no word'}", memory=memory)


def remove(client: Any, container: str) -> bool:
    """Kill and remove `container`; whether it was still there."""
    import docker.errors
    import requests.exceptions

    try:
        client.api.remove_container(container, force=True)
    except docker.errors.NotFound:
        return False
    except docker.errors.APIError as error:
        if error.status_code == CONFLICT:  # it ends by itself at this moment
            _wait_until_gone(client, container)
        return False
    except (docker.errors.DockerException, requests.exceptions.RequestException, OSError):
        return False
    return True


def _wait_until_gone(client: Any, container: str) -> None:
    """Until the engine does not know `container` any more, or does not answer, or time is over."""
    import docker.errors

    end = time.monotonic() + REMOVAL_SECONDS
    # `OSError`: not every one of the SDK's calls wraps what requests raises.
    with contextlib.suppress(docker.errors.DockerException, OSError):
        while time.monotonic() < end:
            client.api.inspect_container(container)
            time.sleep(0.02)


def sweep(client: Any, *, everything: bool = False) -> int:
    """Remove the boxes that dead owners have left, and those long past their deadline; how many.
    The folders of their doors go as well.

    `everything`: those of living owners too. Raises `SandboxUnavailableError`: the engine fails.
    """
    import docker.errors
    import requests.exceptions

    try:
        found = client.api.containers(all=True, filters={"label": f"{LABEL}=box"})
    except (docker.errors.DockerException, requests.exceptions.RequestException, OSError) as error:
        raise SandboxUnavailableError(
            f"the Docker engine does not list its containers: {_first_line(error)}"
        ) from None
    doors.sweep()
    count = 0
    for container in found:
        labels = container["Labels"]
        owner = Owner.read(labels.get(f"{LABEL}.owner", ""))
        late = time.time() > int(labels.get(f"{LABEL}.deadline", 0)) + LATE_SECONDS
        if everything or late or owner is None or owner.dead:
            count += remove(client, container["Id"])
    return count


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0][:300]
