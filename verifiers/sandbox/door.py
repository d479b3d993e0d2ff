"""A way into a container that does not lead through the engine.

Over the engine's attach connection every message is copied by two more processes, which costs a
millisecond and as much processor time. So a box gets a folder with a listening Unix socket, mounted
read-only. Its supervisor connects before any job runs, and socket and folder are gone at once: a
job finds an empty folder that nobody can write to. Where that does not work, all goes over the
attach connection: the engine does not see this machine's files (a remote one, one in a virtual
machine), or its containers may not connect (SELinux, gVisor).
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import socket
import stat
import tempfile
from pathlib import Path

from .owner import Owner

TARGET = "/run/forgegym"
_SOCKET = "door"
_PREFIX = "forgegym-"


class Door:
    """One socket that waits for one supervisor. Raises `OSError` when it cannot be made."""

    def __init__(self) -> None:
        # Closed to other users of this machine; the folder inside is what the box is given, and
        # its supervisor may be another user than this process.
        self._outer = _own_folder()
        self.folder = tempfile.mkdtemp(dir=self._outer)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            os.chmod(self.folder, 0o755)
            # A socket's path has at most 107 bytes (unix(7)); TMPDIR may be longer.
            folder = os.open(self.folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                self._listener.bind(f"/proc/self/fd/{folder}/{_SOCKET}")
            finally:
                os.close(folder)
            os.chmod(os.path.join(self.folder, _SOCKET), 0o666)
            self._listener.listen(1)
        except OSError:
            self.close()
            raise

    def mount(self) -> dict[str, object]:
        """What the engine's API is told (reference, "Mount")."""
        return {"Type": "bind", "Source": self.folder, "Target": TARGET, "ReadOnly": True}

    def wait(self, other: socket.socket, seconds: float) -> socket.socket | None:
        """The supervisor's connection; None when there is something to read from `other` first,
        or nothing at all for so long. The door is closed in any case."""
        waiting = select.poll()
        for end in (self._listener, other):
            waiting.register(end, select.POLLIN)
        try:
            found = {descriptor for descriptor, _ in waiting.poll(seconds * 1000)}
            if self._listener.fileno() not in found:
                return None
            return self._listener.accept()[0]
        finally:
            self.close()

    def close(self) -> None:
        """Remove what is on the disk. May be called twice."""
        self._listener.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        with contextlib.suppress(OSError):  # another box is being opened
            os.rmdir(self._outer)


def inside() -> str:
    """Where the supervisor finds the socket."""
    return f"{TARGET}/{_SOCKET}"


def sweep() -> None:
    """Remove what dead processes have left."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*:*:*"):
        owner = Owner.read(folder.name.removeprefix(_PREFIX))
        if owner is not None and owner.dead:
            shutil.rmtree(folder, ignore_errors=True)


def _own_folder() -> str:
    """This process's own folder. Raises `OSError` when another user was there first."""
    path = os.path.join(tempfile.gettempdir(), f"{_PREFIX}{Owner.me()}")
    with contextlib.suppress(FileExistsError):
        os.mkdir(path, 0o700)
    about = os.lstat(path)
    mine = about.st_uid == os.geteuid() and stat.S_ISDIR(about.st_mode)
    if not mine or about.st_mode & 0o077:
        raise PermissionError(f"{path} belongs to somebody else")
    return path
