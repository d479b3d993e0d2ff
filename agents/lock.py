"""One process at a time works in a folder of results: the others are refused, not interleaved.

The lock is the kernel's (flock) on a file in the folder, so it ends with the process however that
ends, and a file that a kill has left behind locks nobody out. It is advisory: what does not ask
for it is not kept out.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

LOCK = ".lock"
# Some network filesystems have no locks: to refuse all work on them would help nobody.
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


class FolderInUseError(Exception):
    """Another process works in a folder; the message is one sentence."""

    def __init__(self, folder: Path, pid: str) -> None:
        number = f" (pid {pid})" if pid else ""
        super().__init__(f"another process{number} is working in {folder}")


@contextlib.contextmanager
def working_in(folder: Path) -> Iterator[None]:
    """Keeps others, of this process too, out of a folder that is there.

    Raises `FolderInUseError` at once where one is at work, `OSError` where nothing can be written.
    """
    path = folder / LOCK
    descriptor = _taken(path)
    try:
        yield
    finally:
        # While it is still held: who has opened it meanwhile sees that it is gone (`_taken`).
        with contextlib.suppress(OSError):
            if _is_at(path, descriptor):
                path.unlink()
        os.close(descriptor)


def files(folder: Path) -> set[str]:
    """The names of what is in a folder, but for a lock, which is no part of any result."""
    return {path.name for path in folder.iterdir()} - {LOCK}


def _taken(path: Path) -> int:
    """A descriptor of the file, locked, with this process's number in it."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                told = os.read(descriptor, 32).decode(errors="replace").strip()
                os.close(descriptor)
                if isinstance(error, BlockingIOError):
                    raise FolderInUseError(path.parent, told) from None
                raise
        # Its last holder may have removed it between the two calls: it then locks nothing.
        if _is_at(path, descriptor):
            with contextlib.suppress(OSError):  # a full disk: the lock holds without the number
                os.truncate(descriptor, 0)
                os.write(descriptor, f"{os.getpid()}\n".encode())
            return descriptor
        os.close(descriptor)


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False
