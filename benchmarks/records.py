"""Result files that survive a kill at any moment: whole documents replaced, rows appended.

A document is written beside its place and renamed, so a reader sees the old one or the new one.
A row reaches the file before the next sample begins; a row cut short by a kill or a full disk is
dropped when the file is opened again, and everything before it is kept.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from ..agents.lock import working_in


class OutputError(Exception):
    """A result cannot be written; the message names the path and the reason in one sentence."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(f"cannot write {path}: {error.strerror or error}")


def make_folder(path: Path) -> None:
    """Create a folder and its parents. Raises `OutputError`, also when it cannot be written to."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(path, error) from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise OutputError(path, PermissionError(13, "Permission denied"))


class ForeignFolderError(Exception):
    """A folder holds what a command has not written; the message is one sentence."""


def take_folder(path: Path, own: Collection[str] = ()) -> None:
    """Create a folder, or take one that holds nothing but what is called as in `own`, and hidden
    files. Raises `ForeignFolderError` for any other, and as `make_folder`."""
    make_folder(path)
    names = {found.name for found in path.iterdir() if not found.name.startswith(".")}
    if foreign := sorted(names.difference(own)):
        raise ForeignFolderError(f"{path} holds {foreign[0]} already; name another folder")


@contextlib.contextmanager
def own_folder(path: Path) -> Iterator[None]:
    """A folder, made where it is not there, in which no other process works meanwhile.

    Raises `OutputError` as `make_folder`, `agents.lock.FolderInUseError`.
    """
    make_folder(path)
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(working_in(path))
        except OSError as error:
            raise OutputError(path, error) from error
        yield


def write_text(path: Path, text: str) -> None:
    """Replace a file by `text` in one step. Raises `OutputError`; the old file then stays."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        try:
            with beside.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(path, error) from error


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Replace a file by a JSON document in one step. Raises `OutputError`."""
    write_text(path, json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


class Rows:
    """A JSONL file that grows by whole rows; `kept` are the rows it already held.

    Raises `OutputError` when the file cannot be opened or a row cannot be written; after a failed
    row the file still ends with the row before it. Raises `ValueError`, naming the line, when one
    other than the last is no JSON object.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = path.open("ab+")
            self._file.seek(0)
            data = self._file.read()
            whole = data.rfind(b"\n") + 1
            if whole < len(data):
                self._file.truncate(whole)
        except OSError as error:
            raise OutputError(path, error) from error
        self._end = whole
        self.kept: list[dict[str, Any]] = []
        for number, line in enumerate(data[:whole].split(b"\n")[:-1], 1):
            try:
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise ValueError("not an object")
            except ValueError as error:
                self._file.close()
                raise ValueError(f"{path}, line {number}, is damaged: {error}") from error
            self.kept.append(row)

    def append(self, row: Mapping[str, Any]) -> None:
        """Add one row and hand it to the operating system."""
        try:
            line = json.dumps(row, ensure_ascii=False, allow_nan=False).encode() + b"\n"
        except UnicodeEncodeError:  # half of a surrogate pair, as an agent may write
            line = json.dumps(row, allow_nan=False).encode() + b"\n"
        try:
            # Unbuffered: a buffered writer would try the failed bytes again when it is closed.
            written = os.write(self._file.fileno(), line)
            if written < len(line):
                os.write(self._file.fileno(), line[written:])
        except OSError as error:
            os.ftruncate(self._file.fileno(), self._end)
            raise OutputError(self.path, error) from error
        self._end += len(line)

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Rows:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
