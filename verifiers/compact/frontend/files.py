"""The files of one program: found, read and named as the compiler does.

`include "a"` puts the elements of a file in its own place, before any other rule is checked;
`import "a"` brings the exports of the one module of a file, which has its own includes and whose
rules of syntax are checked when an import first reaches it (`resolve`). Offsets run through all
files: each has its own stretch of them, and a file that is read twice has two, for so the compiler
tells places apart. A place inside a message is named from where the error is, which is known only
once the message is whole: until then it is a mark.
"""

from __future__ import annotations

import os
import re
import stat
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from . import ast
from .expectations import quoted
from .parser import parse
from .source import CompactError, SourceMap
from .statements import check_statements, file_not_found

# Of all files together. A second's worth of checking; the largest contract in the compiler's
# repository has 40,000.
MAX_CHARACTERS = 500_000
# Readings, a file that is read twice counted twice. The largest published library has 60 files;
# files that import each other as "./a" are read until that path is longer than a path can be.
MAX_READINGS = 1_000
# UTF-8 has at most four bytes a character.
_MAX_BYTES = 4 * MAX_CHARACTERS

# The compiler counts the standard library's own file among those whose names can be confused.
_LIBRARY_FILE = "standard-library.compact"

_MARK = re.compile("\0([0-9]+)\0")


class FileError(ValueError):
    """A file that a program names is nothing to check; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One reading of a file: its path as the compiler writes it, its text, its first offset."""

    path: str
    text: str
    base: int


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file, line and column from 1; `name` is what the compiler calls the file."""

    file: SourceFile
    name: str
    line: int
    column: int


def parent(path: str) -> str:
    """The folder of `path` as Chez Scheme's `path-parent` gives it: ``""`` for a bare name."""
    at = path.rfind("/")
    if at < 0:
        return path if path in (".", "..") or path.startswith("~") else ""
    return path[:at].rstrip("/") or "/"


def last(path: str) -> str:
    """What follows the last slash (Chez Scheme's `path-last`)."""
    if "/" not in path and parent(path):
        return ""
    return path[path.rfind("/") + 1 :]


def is_absolute(path: str) -> bool:
    return path.startswith(("/", "~"))


def candidates(name: str, folder: str, search_path: Sequence[str]) -> list[str]:
    """Where the compiler looks for ``"name"`` when a file of `folder` asks for it, in order."""
    path = f"{name}.compact"
    if is_absolute(path):
        return [path]
    return [f"{place}/{path}" if place else path for place in (folder, *search_path)]


def on_disk(path: str) -> str:
    """What Chez Scheme opens for `path`: C ends a string at a NUL, and ``~`` is a home."""
    return os.path.expanduser(path.partition("\0")[0])


def split_search_path(text: str) -> tuple[str, ...]:
    """The folders in COMPACT_PATH, which colons separate; an empty one is the working folder."""
    folders = text.split(":")
    return tuple(folders if folders[-1] else folders[:-1])


def symbol(name: str) -> str:
    """`name` as Scheme writes a symbol."""
    if name in _PECULIAR:
        return name
    return "".join(
        f"\\x{ord(c):X};" if c in _SPECIAL or (i == 0 and c in _NOT_FIRST) or _is_blank(c) else c
        for i, c in enumerate(name)
    ) if name else "||"  # fmt: skip


_PECULIAR = frozenset(("+", "-", "..."))
_SPECIAL = frozenset("()[]{}\";'`,#|\\")
_NOT_FIRST = frozenset("0123456789.+-@")


def _is_blank(character: str) -> bool:
    return not character.isprintable() or character.isspace()


class Files(SourceMap):
    """All that has been read of one program.

    `search_path` holds the folders that follow the including file's own (``--compact-path``).
    `earlier`, of the same program, gives the texts, and puts the readings' offsets into the order
    that the compiler sorts places in: by path, as text.
    """

    def __init__(self, search_path: Sequence[str] = (), earlier: Files | None = None) -> None:
        super().__init__("")
        self.search_path = search_path
        self.readings: list[SourceFile] = []
        self._by_base: list[SourceFile] | None = None
        self._names: list[str] = []
        self._maps: dict[int, SourceMap] = {}
        self._found: dict[tuple[str, str], str | None] = {} if earlier is None else earlier._found
        self._texts: dict[str, str] = {} if earlier is None else earlier._texts
        self._bases = [] if earlier is None else earlier._sorted_bases()
        self._earlier = earlier
        self._characters = 0

    def _sorted_bases(self) -> list[int]:
        """For each reading in its turn, an offset that sorts as its path does."""
        bases = [0] * len(self.readings)
        base = 0
        for index in sorted(range(len(bases)), key=lambda i: self.readings[i].path):
            bases[index] = base
            base += len(self.readings[index].text) + 1
        return bases

    @property
    def in_order(self) -> bool:
        """Whether offsets sort as the compiler sorts places."""
        paths = [reading.path for reading in sorted(self.readings, key=lambda r: r.base)]
        return paths == sorted(paths)

    # ------------------------------------------------------------ reading

    def find(self, name: str, folder: str) -> str | None:
        """The path of the file that ``"name"`` means in a file of `folder`; None: there is none."""
        if (name, folder) not in self._found:
            tried = candidates(name, folder, self.search_path)
            there = (path for path in tried if os.path.exists(on_disk(path)))
            self._found[name, folder] = next(there, None)
        return self._found[name, folder]

    def program(self, path: str) -> ast.Program:
        """The program in the file, its includes in place and its statements checked.

        Raises `CompactError` for what the compiler says of it, `FileError` when what is there is
        no text.
        """
        program = self._parse(path)
        program.declarations = self._with_includes(program.declarations, parent(path), ())
        check_statements(program)
        return program

    def _with_includes(
        self, elements: list[ast.Declaration], folder: str, including: tuple[str, ...]
    ) -> list[ast.Declaration]:
        """The elements of a file in `folder`, those of included files in place of an `include`.

        `including`: the files whose includes led here. The compiler begins with the last element.
        """
        found: list[ast.Declaration] = []
        for element in reversed(elements):
            if isinstance(element, ast.Include):
                path = self.find(element.path, folder)
                if path is None:
                    raise file_not_found(element)
                if path in including:
                    raise CompactError(element.pos, f"include cycle involving {quoted(path)}")
                inner = self._parse(path).declarations
                found += self._with_includes(inner, parent(path), (*including, path))[::-1]
                continue
            if isinstance(element, ast.Module):
                element.elements = self._with_includes(element.elements, folder, including)
            found.append(element)
        return found[::-1]

    def _parse(self, path: str) -> ast.Program:
        if len(self.readings) == MAX_READINGS:
            raise CompactError(
                None,
                f"the program reads more than {MAX_READINGS:,} files, which is all that this front "
                "end checks (do some import each other?)",
            )
        self._names.append(last(path))
        text = self._read(path)
        base = self._characters
        if len(self.readings) < len(self._bases):
            base = self._bases[len(self.readings)]
        elif self._earlier is not None:
            # With other offsets another error can come first, and what is read until then is more.
            base += self._earlier._characters
        # One more, for an error may be at the end of a file.
        self._characters += len(text) + 1
        if self._characters > MAX_CHARACTERS:
            raise CompactError(
                None,
                f"the program has more than {MAX_CHARACTERS:,} characters in all its files, which "
                "is all that this front end checks",
            )
        self.readings.append(SourceFile(path, text, base))
        self._by_base = None
        return parse(text, base)

    def _read(self, path: str) -> str:
        if path not in self._texts:
            self._texts[path] = read(path)
        return self._texts[path]

    # ------------------------------------------------------------ places

    def expanding(self) -> None:
        """Note that modules are looked at from now on, the standard library's among them."""
        self._names.append(_LIBRARY_FILE)

    def reading(self, pos: int) -> SourceFile:
        """The reading that has the offset `pos`."""
        if self._by_base is None:
            self._by_base = sorted(self.readings, key=lambda reading: reading.base)
        return self._by_base[bisect_right(self._by_base, pos, key=lambda r: r.base) - 1]

    def place(self, pos: int) -> Place:
        """Where the offset `pos` is; the file has its full path if another has its name."""
        file = self.reading(pos)
        if file.base not in self._maps:
            self._maps[file.base] = SourceMap(file.text)
        line, column = self._maps[file.base].locate(pos - file.base)
        short = last(file.path)
        return Place(file, short if self._names.count(short) < 2 else file.path, line, column)

    def locate(self, pos: int) -> tuple[int, int]:
        place = self.place(pos)
        return place.line, place.column

    def describe(self, pos: int) -> str:
        return super().describe(pos) if pos < 0 else f"\0{pos}\0"

    def settled(self, error: CompactError) -> CompactError:
        """`error` with every place in its message named as from where the error is."""
        at = None if error.pos is None or error.pos < 0 else self.reading(error.pos)

        def name(mark: re.Match[str]) -> str:
            place = self.place(int(mark[1]))
            text = f"line {place.line} char {place.column}"
            return text if place.file is at else f"{place.name} {text}"

        return CompactError(error.pos, _MARK.sub(name, error.message))


def read(path: str) -> str:
    """The text of a regular file.

    Raises `CompactError` as the compiler refuses what it cannot open, `FileError` for what it
    would read but is no text: a pipe or device, bytes that are not UTF-8, too much.
    """
    return read_bytes(path).decode()


def read_bytes(path: str) -> bytes:
    """The bytes of a regular file that is UTF-8 text. Raises as `read`."""
    real = on_disk(path)
    try:
        mode = os.stat(real).st_mode
        if stat.S_ISDIR(mode):
            raise CompactError(None, f"error opening source file: {path} is a directory")
        if not stat.S_ISREG(mode):
            raise FileError(f"{path} is no regular file (a pipe or a device?)")
        # What has become a pipe since then must not block.
        descriptor = os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise FileError(f"{path} is no regular file (a pipe or a device?)")
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        message = f"error opening source file: failed for {path}: {why}"
        raise CompactError(None, message) from None
    if len(data) > _MAX_BYTES:
        raise FileError(f"{path} has more than {_MAX_BYTES:,} bytes, which is no contract")
    try:
        data.decode()
    except UnicodeDecodeError as error:
        byte = f"byte 0x{data[error.start]:02x} at offset {error.start}"
        raise FileError(f"{path} is not UTF-8 text ({byte})") from None
    return data
