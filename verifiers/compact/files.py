"""A contract of several files, judged: for people who have one, not for submissions.

The embedded front end reads the files where they are. compactc runs in a sandbox, which sees none
of them: all that its includes and imports could mean are copied there, at the same places relative
to each other. The verdict is as of one file; beside it is which file each diagnostic is about.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

from ..deadline import DeadlineError, StallError, within
from ..sandbox.base import Job, Outcome, RejectedError, Step, check_job
from ..sandbox.choose import Choice as SandboxChoice
from ..verdict import Diagnostic, Failure, FailureKind, Severity, Toolchain, Verdict
from ..verifier import ToolchainMissingError
from . import parse
from .compiler import INSTALL_HINT, OR_FRONTEND, Compiler, compiling, open_compiler
from .frontend import ast
from .frontend.check import FilesResult, check_file
from .frontend.complexity import measure, seed_count
from .frontend.files import (
    FileError,
    candidates,
    is_absolute,
    last,
    on_disk,
    parent,
    read_bytes,
    split_search_path,
)
from .frontend.interpreter import deep_and_undisturbed
from .frontend.lexer import IDENTIFIER, STRING, string, tokenize
from .frontend.source import CompactError
from .structure import DECISIONS, used_declarations
from .toolchain import (
    FRONTEND,
    FRONTEND_SECONDS,
    PROBE,
    STALLED,
    TIMEOUT_SECONDS,
    TOO_SLOW,
    Choice,
    _broken,
    _complaint,
    _stages,
)

# The job's limit; the largest published library has 60.
MAX_FILES = 256
# As much as the front end reads; most files have two to ten kB.
MAX_BYTES = 500_000

# Where compactc writes; no folder of a contract's has such a name.
OUTPUT = "__forgegym_out"

_PLACE = re.compile(r"(?:Exception|Warning)(?: in [^:]*)?: (\S[^:]*?) line \d+ char \d+: ")


@dataclass(frozen=True, slots=True)
class ContractFile:
    """One file of a contract: its path, as seen from the working folder, and its text."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A verdict on a contract of several files.

    `files` begins with the file that was asked about. `places` has, for each diagnostic of the
    verdict, the path of the file it is about; None where that is not known.
    """

    verdict: Verdict
    files: tuple[ContractFile, ...]
    places: tuple[str | None, ...]


def search_path() -> tuple[str, ...]:
    """The folders of the variable COMPACT_PATH, which compactc looks in too."""
    return split_search_path(os.environ.get("COMPACT_PATH", ""))


def has_other_files(path: str, text: str) -> bool:
    """Whether the program `text`, in the file `path`, asks for other files.

    An `import` of a plain name does if there is a file of that name.
    """
    tried = (
        place for name, _ in _named(text) for place in candidates(name, parent(path), search_path())
    )
    by_path = any(as_file for _, as_file in _named(text))
    return by_path or any(os.path.exists(on_disk(place)) for place in tried)


def check_files(
    path: str,
    toolchain: Choice = "auto",
    *,
    sandbox: SandboxChoice = "auto",
    allow_unsafe: bool = False,
) -> Checked:
    """Judge the contract in the file `path` and in those that it includes and imports.

    Args and most errors are those of `toolchain.CompactVerifier`; also raises `FileError` when
    one of the files is no text, or cannot be shown to compactc in a sandbox.
    """
    compiler: Compiler | None = None
    if toolchain != "frontend":
        compiler = open_compiler(sandbox, allow_unsafe=allow_unsafe, workers=1)
    if compiler is not None:
        try:
            return _compiled(compiler, path)
        finally:
            compiler.close()
    if toolchain == "compactc":
        raise ToolchainMissingError(f"no Compact compiler was found: {INSTALL_HINT}, {OR_FRONTEND}")
    try:
        reading = _read(path)
    except DeadlineError:
        late = Diagnostic(f"the front end {TOO_SLOW}", code="timeout")
        return _checked(FRONTEND, _alone(path), [(late, None)], FRONTEND_SECONDS)
    except StallError:
        return _failed(FRONTEND, _alone(path), STALLED)
    said: list[_Message] = []
    if reading.result.error is not None:
        place = reading.result.place
        line, column = (None, None) if place is None else (place.line, place.column)
        diagnostic = Diagnostic(reading.result.error.message, line, column)
        said = [(diagnostic, None if place is None else place.file.path)]
    files = tuple(ContractFile(file.path, file.text) for file in reading.result.files)
    checked = _checked(FRONTEND, files or _alone(path), said, reading.seconds)
    return _with(checked, metrics=reading.metrics, facts=reading.facts)


# A diagnostic, and the path of the file that it is about.
_Message = tuple[Diagnostic, "str | None"]


def _alone(path: str) -> tuple[ContractFile, ...]:
    """The files of a contract of which no more than the first is known, if that."""
    try:
        return (ContractFile(path, read_bytes(path).decode()),)
    except CompactError:
        return (ContractFile(path, ""),)


def _checked(
    toolchain: Toolchain,
    files: tuple[ContractFile, ...],
    said: Sequence[_Message],
    seconds: float,
) -> Checked:
    messages = [diagnostic for diagnostic, _ in said]
    verdict = Verdict(
        task_key="",
        source_sha256=hashlib.sha256(files[0].text.encode()).hexdigest(),
        toolchain=toolchain,
        stages=_stages(messages, at_parse=_at_parse(messages), seconds=seconds),
    )
    return Checked(verdict, files, tuple(place for _, place in said))


def _at_parse(messages: Sequence[Diagnostic]) -> bool:
    errors = [d for d in messages if d.severity is Severity.ERROR]
    return bool(errors) and parse.is_syntax_error(errors[0].message)


def _with(checked: Checked, **fields: Any) -> Checked:
    return replace(checked, verdict=replace(checked.verdict, **fields))


def _failed(toolchain: Toolchain, files: tuple[ContractFile, ...], failure: Failure) -> Checked:
    return _with(_checked(toolchain, files, [], 0.0), stages=(), failure=failure)


# ---------------------------------------------------------------- the front end


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the front end finds, what is measured, and how long finding it took."""

    result: FilesResult
    seconds: float
    metrics: dict[str, float]
    facts: dict[str, Any]


def _read(path: str) -> _Reading:
    """Raises `DeadlineError` and `StallError`."""

    def work() -> _Reading:
        start = time.perf_counter()
        result = check_file(path, search_path())
        seconds = time.perf_counter() - start
        if result.program is None:
            return _Reading(result, seconds, {}, {})
        try:
            return _Reading(result, seconds, *_measured(result, result.program))
        except CompactError as refusal:
            refused = replace(result, error=result.error or refusal)
            return _Reading(refused, seconds, {}, {})

    # Out here, because an interrupt in there could come while it puts the settings back.
    with deep_and_undisturbed():
        return within(FRONTEND_SECONDS, work)


def _measured(result: FilesResult, program: ast.Program) -> tuple[dict[str, float], dict[str, Any]]:
    """The metrics and facts of a program, as of one file."""
    measured = measure(program)
    decisions = measured.decisions
    metrics = {
        "complexity": float(measured.complexity),
        "complexity_extended": float(measured.extended),
        "seed_count": float(1 + sum(seed_count(file.text) - 1 for file in result.files)),
        "circuits": float(len(measured.circuits)),
        **{f"decisions.{kind}": float(decisions[kind]) for kind in DECISIONS},
    }
    used, fields = used_declarations(program)
    circuits = [
        {**{name: getattr(c, name) for name in c.__slots__}, "decisions": dict(c.decisions)}
        for c in measured.circuits
    ]
    constructs = [kind for kind in DECISIONS if decisions[kind]]
    facts = {"circuits": circuits, "constructs": constructs + used, "ledger": fields}
    return metrics, {**facts, "requirements": {}}


# ---------------------------------------------------------------- compactc


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where files lie in a box: `files` maps their places there to their paths and content."""

    main: str
    search: tuple[str, ...]
    files: dict[str, tuple[str, bytes]]


def _compiled(compiler: Compiler, path: str) -> Checked:
    try:
        layout = _layout(path)
    except CompactError as error:
        # A file cannot be opened: compactc would say so, but cannot be shown why.
        said: list[_Message] = [(Diagnostic(error.message), None)]
        return _checked(compiler.toolchain, _alone(path), said, 0.0)
    files = tuple(ContractFile(shown, data.decode()) for shown, data in layout.files.values())
    outcome = _run(compiler, layout)
    seconds = outcome.seconds
    complaint = _complaint(outcome, TIMEOUT_SECONDS) if outcome.valid else None
    if complaint is None and outcome.valid:
        seconds = outcome.last.seconds
        said = list(_said(outcome.last.stderr.decode("utf-8", "replace"), layout))
    else:
        failure = _failure(compiler, outcome)
        if failure is not None:
            return _failed(compiler.toolchain, files, failure)
        assert complaint is not None
        said = [(complaint, None)]
    checked = _checked(compiler.toolchain, files, said, seconds)
    # Complexity is measured on the front end's tree of the program, of which it has all only if it
    # finds no error.
    try:
        reading = _read(path)
    except DeadlineError:
        return _with(checked, facts={"unmeasured": f"the front end {TOO_SLOW}"})
    except StallError:
        return _failed(compiler.toolchain, files, STALLED)
    error_found = reading.result.error
    if error_found is not None and checked.verdict.accepted:
        return _with(checked, facts={"unmeasured": f"the front end says: {error_found.message}"})
    return _with(checked, metrics=reading.metrics, facts=reading.facts)


def _failure(compiler: Compiler, outcome: Outcome) -> Failure | None:
    """What is wrong with the machine if the compiler gave no answer; None: it is the program."""
    if not outcome.valid:
        return _broken(compiler, outcome)
    probe = compiler.compile(PROBE, TIMEOUT_SECONDS)
    if not probe.valid:
        return _broken(compiler, probe)
    general = _complaint(probe, TIMEOUT_SECONDS)
    if general is None:
        return None
    message = f"{compiler.toolchain} fails even on a trivial contract: {general.message}"
    return Failure(FailureKind.TOOLCHAIN_CRASHED, "compile", message)


def _run(compiler: Compiler, layout: _Layout) -> Outcome:
    compactc = compiler._compactc
    flags = ["--skip-zk", "--vscode"]
    if layout.search:
        flags += ["--compact-path", ":".join(layout.search)]
    argv = (*compactc.command, *flags, layout.main, OUTPUT)
    limits = compiling(TIMEOUT_SECONDS)
    step = Step(argv, environment=compactc.environment, limits=limits, name="compile")
    job = Job((step,), files={place: data for place, (_, data) in layout.files.items()})
    try:
        check_job(job)
    except RejectedError as error:
        raise FileError(f"compactc's sandbox cannot have these files: {error}; {_HINT}") from None
    return compiler.sandbox.run(job)


_HINT = "--toolchain frontend reads them where they are"


def _said(stderr: str, layout: _Layout) -> Iterator[_Message]:
    """compactc's messages, each with the path of the file that it names."""
    for line in stderr.split("\n"):
        for diagnostic in parse.parse_messages(line):
            named = _PLACE.match(line)
            yield diagnostic, _meant(named[1], layout) if named else None


def _meant(name: str, layout: _Layout) -> str:
    """The path of the file that the compiler calls `name`: by its last part, if one file has it.

    Where several have it, and were not all read, it is not known which of them is meant.
    """
    exact = layout.files.get(os.path.normpath(name))
    if exact is not None and "/" in name:
        return exact[0]
    same = [shown for place, (shown, _) in layout.files.items() if last(place) == name]
    return same[0] if len(same) == 1 else name


def _layout(path: str) -> _Layout:
    """All files that could be part of the program, and where to put them in a box.

    Which are, is the compiler's to say: every file that any of them names is taken, looked for
    from every folder that has one. Raises `FileError` when the box cannot be like the folders here.
    """
    found: dict[str, tuple[str, bytes]] = {}
    folders: dict[str, None] = {}
    names: dict[str, None] = {}
    entered: set[str] = set()
    waiting = [path]
    while waiting:
        shown = waiting.pop()
        real = os.path.abspath(shown)
        if real in found:
            continue
        found[real] = shown, read_bytes(shown)
        if len(found) > MAX_FILES or sum(len(data) for _, data in found.values()) > MAX_BYTES:
            raise FileError(
                f"{path} and what it names are more than {MAX_FILES} files or {MAX_BYTES:,} bytes, "
                f"which is all that compactc's sandbox is given; {_HINT}"
            )
        folder = parent(shown)
        looked_for = [] if folder in folders else [(name, folder) for name in names]
        folders[folder] = None
        for name, _ in _named(found[real][1].decode()):
            if name not in names:
                names[name] = None
                looked_for += [(name, known) for known in folders]
        for name, known in looked_for:
            for place in (known, *search_path()):
                tried = candidates(name, place, ())[0]
                if os.path.exists(on_disk(tried)):
                    entered |= _entered(name, place)
                    waiting.append(os.path.normpath(tried))
    inside = {folder for real in found for folder in _around(real)}
    search = [os.path.abspath(on_disk(folder or ".")) for folder in search_path()]
    search = [folder for folder in search if folder in inside]
    root = os.path.commonpath([*map(os.path.dirname, found), *search])
    if not all(folder in inside and f"{folder}/".startswith(f"{root}/") for folder in entered):
        raise FileError(
            f"{path} names files by way of folders that compactc's sandbox does not have; {_HINT}"
        )
    return _Layout(
        os.path.relpath(os.path.abspath(path), root),
        tuple(os.path.relpath(folder, root) for folder in search),
        {os.path.relpath(real, root): content for real, content in found.items()},
    )


def _entered(name: str, folder: str) -> set[str]:
    """The folders that the path ``"name"`` leads through, from `folder`."""
    if is_absolute(name):
        raise FileError(f"{name!r} is an absolute path, which compactc's sandbox has not; {_HINT}")
    at = os.path.abspath(on_disk(folder or "."))
    through = {at}
    for part in name.split("/")[:-1]:
        at = os.path.normpath(os.path.join(at, part))
        through.add(at)
    if os.path.realpath(at) != os.path.realpath(os.path.join(folder, os.path.dirname(name))):
        raise FileError(
            f"{name!r} leads through a symbolic link, which compactc's sandbox has not; {_HINT}"
        )
    return through


def _around(path: str) -> list[str]:
    """Every folder that `path` is in."""
    return [str(folder) for folder in PurePath(path).parents]


def _named(text: str) -> Iterator[tuple[str, bool]]:
    """What includes and imports name, and whether they name it as a file."""
    tokens = tokenize(text)
    for index, kind in enumerate(tokens.kinds[:-1]):
        if kind in ("include", "import", "from"):
            following = tokens.kinds[index + 1]
            if following == STRING:
                yield string(tokens.texts[index + 1]), True
            elif following == IDENTIFIER and kind != "include":
                yield tokens.texts[index + 1], False
