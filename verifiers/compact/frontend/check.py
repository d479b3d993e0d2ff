"""The front end's driver: a source text or a file in, accepted or the compiler's first error out.

It is not `compactc`: it is an independent implementation of the compiler's front end, which is
why its verdicts carry `FRONTEND_VERSION` beside the language and compiler versions it follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from . import analyses, ast
from .files import MAX_CHARACTERS, Files, Place, SourceFile, parent
from .infer import elaborate
from .interpreter import deep_and_undisturbed
from .parser import parse
from .source import CompactError, SourceMap
from .statements import check_statements

FRONTEND_VERSION = "0.1.0"
LANGUAGE_VERSION = "0.23"
COMPILER_VERSION = "0.31.1"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """`error` is None if the program is accepted; `program` is None if it does not parse."""

    error: CompactError | None
    program: ast.Program | None

    @property
    def accepted(self) -> bool:
        return self.error is None


@dataclass(frozen=True, slots=True)
class FilesResult(CheckResult):
    """`program` has its includes in place, its imports linked to the modules of other files.

    It is None too if what it names could not be opened or is too much. `files` are those that were
    read, each once, in the order of reading; `place` is where the error is, None where the compiler
    names no place.
    """

    files: tuple[SourceFile, ...] = ()
    place: Place | None = None


def check(source: str) -> CheckResult:
    """Check a program: its syntax, names, types and every other rule of the compiler.

    Raises nothing for any text: nesting beyond what the front end can follow is an error too.
    """
    program: ast.Program | None = None
    if len(source) > MAX_CHARACTERS:
        what = f"the program has {len(source):,} characters"
        limit = f"this front end checks at most {MAX_CHARACTERS:,}"
        return CheckResult(CompactError(None, f"{what}; {limit}"), None)
    try:
        with deep_and_undisturbed():
            program = parse(source)
            check_statements(program)
            source_map = SourceMap(source)
            analyses.check(elaborate(program, source_map), source_map)
    except CompactError as error:
        return CheckResult(error, program)
    except RecursionError:
        return CheckResult(CompactError(None, "the program is nested too deeply"), program)
    return CheckResult(None, program)


def check_file(path: str, search_path: Sequence[str] = ()) -> FilesResult:
    """Check the program in the file `path` and in those that it includes and imports.

    They are looked for as the compiler does: relative to the file that names them (an `import` in
    an included file: to the one that includes it), then in the folders of `search_path`.

    Raises `files.FileError` when one of them is no text to check.
    """
    files = Files(search_path)
    program, error = _check_files(files, path)
    if error is not None and not files.in_order:
        # Which of several places a message names first, the compiler decides by their paths, and
        # now they are known.
        files = Files(search_path, earlier=files)
        program, error = _check_files(files, path)
    place = None
    if error is not None:
        error = files.settled(error)
        place = files.place(error.pos) if error.pos is not None and error.pos >= 0 else None
    read = {file.path: file for file in reversed(files.readings)}
    return FilesResult(error, program, tuple(read.values())[::-1], place)


def _check_files(files: Files, path: str) -> tuple[ast.Program | None, CompactError | None]:
    program: ast.Program | None = None
    try:
        with deep_and_undisturbed():
            program = files.program(path)
            files.expanding()
            analyses.check(elaborate(program, files, parent(path)), files)
    except CompactError as error:
        return None if error.pos is None else program, error
    except RecursionError:
        return None, CompactError(None, "the program is nested too deeply")
    return program, None
