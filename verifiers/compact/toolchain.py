"""Judges Compact contracts, with the real compiler or with the embedded front end.

Both give the same stages (parse, compile) and the same measurements; the verdict names which of
the two it was. Complexity and structure are measured on the syntax tree of the embedded parser in
either case. compactc runs in a sandbox (`compiler`), and there what it compiles is called too, when
a task has tests (`behaviour`).
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from typing import Any, Literal, TypeVar, get_args

from ..deadline import WALL_SECONDS, DeadlineError, StallError, within
from ..remembered import Remembered
from ..sandbox.base import Outcome, Sandbox, Status
from ..sandbox.choose import Choice as SandboxChoice
from ..task import Task
from ..verdict import (
    Diagnostic,
    Failure,
    FailureKind,
    Severity,
    Stage,
    StageStatus,
    Toolchain,
    Verdict,
)
from ..verifier import ChoiceError, ToolchainMissingError, check_choice
from . import behaviour, parse
from .behaviour import Play, Scene, Told
from .compiler import (
    INSTALL_HINT,
    MEMORY_BYTES,
    OR_FRONTEND,
    OUTPUT_BYTES,
    Compiler,
    open_compiler,
)
from .frontend import ast
from .frontend.check import FRONTEND_VERSION, check
from .frontend.complexity import measure, seed_count
from .frontend.interpreter import deep_and_undisturbed
from .frontend.parser import parse as read
from .frontend.source import TOO_DEEP, CompactError, SourceMap
from .structure import DECISIONS, check_requirements, used_declarations

LANGUAGE_VERSION = "0.23.0"
FRONTEND = Toolchain("forgegym-compact-frontend", FRONTEND_VERSION, LANGUAGE_VERSION)

_T = TypeVar("_T")
Choice = Literal["auto", "compactc", "frontend"]

# Ten times the largest program of the compiler's own test suite (6 kB).
MAX_BYTES = 64 * 1024

# A contract takes 0.1 to 0.3 s; but loops are unrolled, so a few lines can ask for hours.
TIMEOUT_SECONDS = 20.0

# Of processor time. The embedded front end needs milliseconds, and 0.5 s for the longest programs
# that are read; but types and paths can double with every line.
FRONTEND_SECONDS = 5.0

TOO_SLOW = f"did not finish in {FRONTEND_SECONDS:g} seconds of processor time"
STALLED = Failure(
    FailureKind.TOOLCHAIN_CRASHED,
    "compile",
    f"the machine gave the front end less than {FRONTEND_SECONDS:g} seconds of processor time in "
    f"{WALL_SECONDS:g} seconds",
)

# Every compactc of this language accepts it; when even this fails, it is the machine.
PROBE = "import CompactStandardLibrary;\nexport ledger round: Counter;\n"

# ---------------------------------------------------------------- judging


@dataclass(frozen=True, slots=True)
class _Judgement:
    """All of a verdict that does not depend on the task."""

    source_sha256: str
    stages: tuple[Stage, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class _Trial:
    """What a submission to a task with tests is put to: plays, and what the reference told of them.

    `complexity` is the reference's, `seconds` what a play of it took.
    """

    plays: tuple[Play, ...]
    expected: tuple[list[Told], ...]
    complexity: float
    seconds: float = 0.0

    @property
    def hidden(self) -> list[tuple[Play, list[Told]]]:
        both = zip(self.plays, self.expected, strict=True)
        return [(play, told) for play, told in both if not play.public]


# Hidden plays that change nothing are left out and others drawn for them: so often, at most.
_DRAWS = 6

# `tell_apart` asks for so much of one box at once: a quarter of what it has (`TEST_SECONDS`), since
# neighbours may need the machine too.
_SECONDS_AT_ONCE = 5.0


# An answer tells of so many others at most, each a few times: it may have 256 kB.
_OTHERS = 30


class TrialError(Exception):
    """The machine failed, or a task's reference did; the message says which."""


def _stages(
    messages: Sequence[Diagnostic], *, at_parse: bool, seconds: float
) -> tuple[Stage, Stage]:
    """The two stages of a run that took `seconds`; `at_parse`: its errors are about syntax."""
    failed = any(d.severity is Severity.ERROR for d in messages)
    if failed and at_parse:
        return (
            Stage("parse", StageStatus.FAILED, seconds, tuple(messages)),
            Stage("compile", StageStatus.SKIPPED),
        )
    status = StageStatus.FAILED if failed else StageStatus.PASSED
    return (
        Stage("parse", StageStatus.PASSED),
        Stage("compile", status, seconds, tuple(messages)),
    )


def _refused(sha256: str, message: str, *, code: str, at_parse: bool = True) -> _Judgement:
    """The judgement on a text that breaks a limit of this verifier."""
    diagnostic = Diagnostic(message, code=code)
    return _Judgement(sha256, _stages([diagnostic], at_parse=at_parse, seconds=0.0))


class CompactVerifier:
    """Judges Compact contracts.

    Args:
        toolchain: ``"compactc"`` (the real compiler; see `compiler`), ``"frontend"`` (the
            embedded one) or ``"auto"``: compactc where it is found, else the front end.
        sandbox: What compactc runs in: ``"auto"``, ``"docker"``, ``"bubblewrap"``, an open sandbox
            (which `close` leaves open), or ``"unsafe"``: none, which needs `allow_unsafe`. The
            front end runs nothing and needs none.
        timeout: Seconds of processor time that one compilation may take. A program that needs
            longer has failed.
        max_bytes: The longest program that is looked at, in bytes of UTF-8.
        workers: How many compilers `verify_all` runs at a time (default: one per CPU).
        tests_seed: What the hidden plays of tasks with tests are drawn from, beside the task.

    Raises:
        ToolchainMissingError: ``"compactc"`` was asked for and there is none.
        SandboxUnavailableError: There is a compactc and no sandbox to run it in.
        ChoiceError: `toolchain` or `sandbox` is none of its choices.

    A verdict has the stages ``parse`` and ``compile``. Its metrics: ``complexity``,
    ``complexity_extended``, ``seed_count``, ``circuits`` and ``decisions.<kind>`` (once the program
    parses). Its facts: ``circuits`` (complexity and structure of each), ``constructs`` (what the
    program uses), ``ledger`` (the fields that it declares and uses) and ``requirements`` (name ->
    asked, found, met; see `check_requirements`).

    A task with tests adds the stage ``test``, which needs compactc and `Compiler.runtime`: the
    contract plays what the task's reference has played (see `behaviour`). Its diagnostics are
    about public plays only. Metrics: ``behaviour`` (the share of hidden plays that went as the
    reference's, 0..1) and ``reference_complexity``; facts: ``tests`` and ``runtime``.

    What the program did is valid and a refusal: a time-out, running the compiler out of memory, an
    internal error. When the compiler dies, a trivial contract is compiled; only if that fails too
    is it the machine's failure. Times are of the processor: on a machine too busy to give the front
    end its time, nothing is refused, and after two minutes the machine has failed.
    """

    def __init__(
        self,
        toolchain: Choice = "auto",
        *,
        timeout: float = TIMEOUT_SECONDS,
        max_bytes: int = MAX_BYTES,
        workers: int | None = None,
        sandbox: SandboxChoice | Sandbox = "auto",
        allow_unsafe: bool = False,
        tests_seed: str = "0",
    ) -> None:
        check_choice("Compact toolchain", toolchain, get_args(Choice))
        if isinstance(sandbox, str):
            check_choice("sandbox", sandbox, get_args(SandboxChoice))
        self.workers = workers or os.cpu_count() or 1
        self._compiler: Compiler | None = None
        if toolchain != "frontend":
            self._compiler = open_compiler(sandbox, allow_unsafe=allow_unsafe, workers=self.workers)
        if toolchain == "compactc" and self._compiler is None:
            raise ToolchainMissingError(
                f"no Compact compiler was found: {INSTALL_HINT}, {OR_FRONTEND}"
            )
        if self._compiler is not None:
            language = self._compiler.toolchain.language_version or ""
            if language.split(".")[:2] != LANGUAGE_VERSION.split(".")[:2]:
                warnings.warn(
                    f"{self._compiler.toolchain} compiles Compact {language}; the tasks are "
                    f"written for {LANGUAGE_VERSION}, and it will refuse their pragma",
                    stacklevel=2,
                )
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._pool: ThreadPoolExecutor | None = None
        self._remembered: Remembered[_Question, _Judgement] = Remembered()
        self._tests_seed = tests_seed
        self._trials: dict[str, _Trial] = {}
        self._trials_lock = threading.Lock()

    @property
    def toolchain(self) -> Toolchain:
        """compactc with its version, or the embedded front end under its own name."""
        return self._compiler.toolchain if self._compiler is not None else FRONTEND

    @property
    def sandbox(self) -> str | None:
        """The name of the sandbox that programs run in; None for the front end, which runs none."""
        return self._compiler.sandbox.name if self._compiler is not None else None

    def verify(self, task: Task, source: str) -> Verdict:
        """The verdict on `source` as an answer to `task`.

        Raises `TypeError` when `source` is not a string.
        """
        return self.verify_all([(task, source)])[0]

    def verify_all(self, submissions: Sequence[tuple[Task, str]]) -> list[Verdict]:
        """The verdicts of all submissions, in order; equal sources are judged once.

        Raises `TypeError` when a source is not a string.
        """
        questions = [_question(task, source) for task, source in submissions]
        known = self._remembered.recall(questions)
        missing = {
            question: submission
            for question, submission in zip(questions, submissions, strict=True)
            if question not in known
        }
        # The front end holds the interpreter's lock: threads would only cost.
        if self._compiler is not None and len(missing) > 1:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self.workers, "compactc")
            judged = list(self._pool.map(self._judge, missing, missing.values()))
        else:
            judged = [self._judge(q, submission) for q, submission in missing.items()]
        found = dict(zip(missing, judged, strict=True))
        self._remembered.keep({q: j for q, j in found.items() if j.failure is None})
        known |= found
        return [
            self._verdict(task, known[question])
            for question, (task, _) in zip(questions, submissions, strict=True)
        ]

    def hidden_plays(self, task: Task) -> tuple[Play, ...]:
        """The hidden plays that a submission to `task` is put to. Raises `TrialError`."""
        return tuple(play for play, _ in self._sure_trial(task).hidden)

    def tell_apart(
        self, task: Task, source: str, asked: Sequence[tuple[int, Mapping[str, str]]]
    ) -> list[bool] | None:
        """Whether anything else than what the reference of `task` does comes of single plays.

        Each that is `asked` is the number of a hidden play, and what to try in it: `source` itself,
        or (circuit -> name) some of its circuits in the place of others, each from where the play
        is by then. That finds what playing with them from the beginning would find, as long as all
        of the ledger is exported. For those who need not all of a verdict (`benchmarks.validate`).

        None: the compiler refuses `source`. Raises `TrialError`.
        """
        trial = self._sure_trial(task)
        by_play: dict[int, dict[int, Mapping[str, str]]] = {}
        scenes = []
        for index, (number, names) in enumerate(asked):
            if names:
                by_play.setdefault(number, {})[index] = names
            else:
                scenes.append(behaviour.scene(*trial.hidden[number], index, {}))
        for number, others in by_play.items():
            for part in _parts(others, _OTHERS):
                scenes.append(behaviour.scene(*trial.hidden[number], -1, part))
        calls = sum(len(play.calls) + 1 for play in trial.plays) / len(trial.plays)
        unlike: set[int] = set()
        at_once = max(1, int(_SECONDS_AT_ONCE / max(trial.seconds, 0.001) * calls))
        for group in _groups(scenes, at_once):
            found = self._unlike(source, group)
            if found is None:
                return None
            unlike |= found
        if -1 in unlike:
            raise TrialError("what holds others beside the reference does not do what it does")
        return [index in unlike for index in range(len(asked))]

    def _unlike(self, source: str, scenes: Sequence[Scene]) -> set[int] | None:
        """Who in `scenes` does anything unexpected. None: the compiler refuses `source`."""
        told_of = self._perform(source, [scene.play for scene in scenes])
        if told_of is None:
            return None
        unlike: set[int] = set()
        for scene, told in zip(scenes, told_of, strict=True):
            if told is None and len(scenes) > 1:
                # Perhaps the others took the time.
                unlike |= self._unlike(source, [scene]) or set()
            else:
                unlike |= scene.unlike(told or [])
        return unlike

    def _perform(self, source: str, plays: Sequence[Play]) -> list[list[Told] | None] | None:
        """What is told of `plays`; None: the compiler refuses `source`. Raises `TrialError`."""
        assert self._compiler is not None
        found = self._compile(self._compiler, source, plays)
        if isinstance(found, Failure):
            found = self._compile(self._compiler, source, plays)
        if isinstance(found, Failure):
            raise TrialError(found.message)
        messages, _, told, _ = found
        return None if any(d.severity is Severity.ERROR for d in messages) else told

    def _sure_trial(self, task: Task) -> _Trial:
        missing = self.missing_for_tests()
        if missing:
            raise TrialError(missing)
        trial = self._trial(task)
        if isinstance(trial, Failure):
            raise TrialError(trial.message)
        return trial

    def close(self) -> None:
        """Wait for running compilers; end their sandbox, and the threads that wait on it."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None
        if self._compiler is not None:
            self._compiler.close()

    def _verdict(self, task: Task, judgement: _Judgement) -> Verdict:
        if task.language != "compact":
            raise ChoiceError(f"task {task.id!r} asks for {task.language}, not for Compact")
        requirements = check_requirements(task.requirements, judgement.metrics, judgement.facts)
        return Verdict(
            task_key=task.key,
            source_sha256=judgement.source_sha256,
            toolchain=self.toolchain,
            stages=judgement.stages,
            metrics=judgement.metrics,
            facts={**judgement.facts, "requirements": requirements},
            failure=judgement.failure,
        )

    def _judge(self, question: _Question, submission: tuple[Task, str]) -> _Judgement:
        task, source = submission
        sha256 = question.source_sha256
        try:
            size = len(source.encode())
        except UnicodeEncodeError as error:
            message = f"character {error.start + 1} is half of a surrogate pair, which is no text"
            return _refused(sha256, message, code="encoding")
        if size > self._max_bytes:
            message = f"the program has {size} bytes; at most {self._max_bytes} are read"
            return _refused(sha256, message, code="size")
        if not task.tests:
            return self._judge_text(sha256, source, None)
        missing = self.missing_for_tests()
        if missing:
            failure = Failure(FailureKind.TOOLCHAIN_MISSING, "test", missing)
            return _Judgement(sha256, failure=failure)
        trial = self._trial(task)
        if isinstance(trial, Failure):
            return _Judgement(sha256, failure=trial)
        return self._judge_text(sha256, source, trial)

    def _judge_text(self, sha256: str, source: str, trial: _Trial | None) -> _Judgement:
        compiler = self._compiler
        try:
            # Out here, because an interrupt in there could come while it puts the settings back.
            with deep_and_undisturbed():
                reading = within(FRONTEND_SECONDS, lambda: _read(source, rules=compiler is None))
        except DeadlineError:
            message = f"the front end {TOO_SLOW}"
            return _refused(sha256, message, code="timeout", at_parse=False)
        except StallError:
            return _Judgement(sha256, failure=STALLED)
        error, program = reading.error, reading.program
        tested: _Tested | None = None
        if compiler is None:
            messages = [_diagnostic(error, source)] if error is not None else []
            seconds, at_parse = reading.seconds, program is None
        else:
            # A limit like that on the size: compactc needs exponential time for deep nesting.
            if error is not None and error.message.startswith(TOO_DEEP):
                return _refused(sha256, error.message, code="nesting")
            outside = _file_it_names(source, program)
            if outside is not None:
                message = f"a submission is one file, so {outside} is refused"
                return _refused(sha256, message, code="files")
            plays = trial.plays if trial is not None else ()
            found = self._compile(compiler, source, plays)
            if isinstance(found, Failure):
                return _Judgement(sha256, failure=found)
            messages, seconds, told, test_seconds = found
            errors = [d for d in messages if d.severity is Severity.ERROR]
            at_parse = bool(errors) and parse.is_syntax_error(errors[0].message)
            if program is None and not errors:
                # The compiler accepts what our parser cannot read. Unmeasured, it cannot be paid.
                reason = f"{compiler.toolchain} accepts this program, but it cannot be measured"
                failure = Failure(FailureKind.TOOLCHAIN_CRASHED, "compile", f"{reason}: {error}")
                return _Judgement(sha256, failure=failure)
            if trial is not None:
                tested = _tested(trial, told, test_seconds, compiled=not errors)
        stages: tuple[Stage, ...] = _stages(messages, at_parse=at_parse, seconds=seconds)
        if tested is None:
            return _Judgement(sha256, stages, reading.metrics, reading.facts)
        assert compiler is not None
        assert compiler.runtime is not None
        return _Judgement(
            sha256,
            (*stages, tested.stage),
            {**reading.metrics, **tested.metrics},
            {**reading.facts, "tests": tested.facts, "runtime": asdict(compiler.runtime)},
        )

    def missing_for_tests(self) -> str:
        """What is not here that tasks with tests need, in a sentence; empty: all is here."""
        if self._compiler is None:
            return (
                f"this task's contracts are run, which needs the Compact compiler: {INSTALL_HINT}"
            )
        return self._compiler.missing

    def _trial(self, task: Task) -> _Trial | Failure:
        """The plays of `task` and what its reference tells of them; drawn once a verifier."""
        with self._trials_lock:
            known = self._trials.get(task.key)
            if known is None:
                found = self._prepare(task)
                if isinstance(found, Failure):
                    return found
                known = self._trials[task.key] = found
            return known

    def _prepare(self, task: Task) -> _Trial | Failure:
        assert self._compiler is not None
        recipe = behaviour.read_recipe(task.tests)
        drawn = behaviour.draw_plays(recipe, f"{task.key} {self._tests_seed}")
        reference = task.reference or ""
        what = f"the reference of task {task.id}"
        chosen: list[tuple[Play, list[Told]]] = []
        wanted = len(recipe.scripts) + recipe.plays
        seconds: list[float] = []
        for _ in range(_DRAWS):
            plays = list(islice(drawn, wanted - len(chosen)))
            if not plays:
                break
            found = self._compile(self._compiler, reference, plays)
            if isinstance(found, Failure):
                return found
            messages, _, told, taken = found
            seconds.append(taken / len(plays))
            if any(d.severity is Severity.ERROR for d in messages):
                message = f"{what} is refused: {messages[0].message}"
                return Failure(FailureKind.TOOLCHAIN_CRASHED, "test", message)
            for play, heard in zip(plays, told, strict=True):
                if heard is None or not heard[0].done:
                    why = heard[0].reason if heard else "it gave no answer"
                    message = f"{what} could not be played: {why}"
                    return Failure(FailureKind.TOOLCHAIN_CRASHED, "test", message)
                if play.public or behaviour.shows_something(heard):
                    chosen.append((behaviour.settled(play, heard), heard))
        program = read(reference)
        return _Trial(
            tuple(play for play, _ in chosen),
            tuple(heard for _, heard in chosen),
            float(measure(program).complexity),
            max(seconds),
        )

    def _compile(
        self, compiler: Compiler, source: str, plays: Sequence[Play] = ()
    ) -> tuple[list[Diagnostic], float, list[list[Told] | None], float] | Failure:
        """What compactc says about `source` (no error: accepted), and what is told of `plays`.

        The numbers are the seconds that compiling and playing took.
        """
        requests, ids = behaviour.ask(plays)
        outcome = compiler.compile(source, self._timeout, requests)
        if not outcome.valid:
            return _broken(compiler, outcome)
        first, *rest = outcome.steps or (None,)
        told: list[list[Told] | None] = [None] * len(plays)
        if first is not None:
            outcome = replace(outcome, status=first.status, steps=(first,))
        complaint = _complaint(outcome, self._timeout)
        if complaint is None:
            if rest and rest[0].status is not Status.PROTOCOL:
                told = behaviour.hear(plays, ids, rest[0].answers)
            stderr = outcome.last.stderr.decode("utf-8", "replace")
            messages = list(parse.parse_messages(stderr))
            return messages, outcome.last.seconds, told, rest[0].seconds if rest else 0.0
        probe = compiler.compile(PROBE, self._timeout)
        if not probe.valid:
            return _broken(compiler, probe)
        general = _complaint(probe, self._timeout)
        if general is not None:
            return Failure(
                FailureKind.TOOLCHAIN_CRASHED,
                "compile",
                f"{compiler.toolchain} fails even on a trivial contract: {general.message}",
            )
        return [complaint], outcome.seconds, told, 0.0


def _parts(others: Mapping[int, _T], size: int) -> Iterator[dict[int, _T]]:
    items = list(others.items())
    return (dict(items[start : start + size]) for start in range(0, len(items), size))


def _groups(scenes: Sequence[Scene], calls: int) -> Iterator[list[Scene]]:
    """`scenes` in groups of about so many calls; at least one, to have the source compiled."""
    group: list[Scene] = []
    number = 0
    for scene in scenes:
        if group and number + len(scene.rows) > calls:
            yield group
            group, number = [], 0
        group.append(scene)
        number += len(scene.rows)
    yield group


@dataclass(frozen=True, slots=True)
class _Tested:
    stage: Stage
    metrics: Mapping[str, float]
    facts: Mapping[str, Any]


def _tested(
    trial: _Trial, told: Sequence[list[Told] | None], seconds: float, *, compiled: bool
) -> _Tested:
    """The stage `test`: how many plays went as the reference's, in public and in secret."""
    passed = {True: 0, False: 0}
    total = {True: 0, False: 0}
    complaints: list[Diagnostic] = []
    for play, expected, found in zip(trial.plays, trial.expected, told, strict=True):
        total[play.public] += 1
        at = behaviour.first_difference(expected, found)
        if at is None:
            passed[play.public] += 1
        elif play.public and compiled:
            complaints.append(Diagnostic(behaviour.explain(play, expected, found, at)))
    everything = sum(passed.values()) == sum(total.values())
    if not compiled:
        stage = Stage("test", StageStatus.SKIPPED)
    elif everything:
        stage = Stage("test", StageStatus.PASSED, seconds)
    else:
        stage = Stage("test", StageStatus.FAILED, seconds, tuple(complaints))
    names = {True: "public", False: "hidden"}
    return _Tested(
        stage,
        {
            "behaviour": passed[False] / total[False] if total[False] else 0.0,
            "reference_complexity": trial.complexity,
        },
        {names[k]: {"passed": passed[k], "total": total[k]} for k in (True, False)},
    )


def _broken(compiler: Compiler, outcome: Outcome) -> Failure:
    """Why the machine gave no answer."""
    if outcome.steps:
        return Failure(
            FailureKind.TOOLCHAIN_MISSING,
            "compile",
            f"{compiler.path} cannot be started any more: {outcome.message}",
        )
    return Failure(
        FailureKind.SANDBOX, "compile", f"the compiler could not be run: {outcome.message}"
    )


@dataclass(frozen=True, slots=True)
class _Question:
    """What a judgement depends on; `tests` is the task's key, if it has tests."""

    source_sha256: str
    tests: str = ""


def _question(task: Task, source: str) -> _Question:
    return _Question(_sha256(source), task.key if task.tests else "")


def _sha256(source: str) -> str:
    if not isinstance(source, str):
        raise TypeError(f"a submission is a string, not {type(source).__name__}")
    return hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()


def _complaint(outcome: Outcome, timeout: float) -> Diagnostic | None:
    """Why this run gave no answer about the program, or None when it did."""
    if outcome.status is Status.OK:
        return None
    if outcome.status is Status.TIMEOUT:
        message = f"the compiler did not finish in {timeout:g} seconds of processor time"
        return Diagnostic(message, code="timeout")
    if outcome.status is Status.OUTPUT:
        limit = OUTPUT_BYTES >> 10
        return Diagnostic(f"the compiler printed more than {limit} kB", code="output")
    step = outcome.last
    stdout, stderr = (text.decode("utf-8", "replace") for text in (step.stdout, step.stderr))
    if outcome.status is Status.MEMORY or "out of memory" in stdout + stderr:
        limit = MEMORY_BYTES >> 30
        return Diagnostic(f"the compiler ran out of memory ({limit} GiB)", code="memory")
    messages = parse.parse_messages(stderr)
    errors = [d for d in messages if d.severity is Severity.ERROR]
    if (
        outcome.status is Status.EXIT
        and step.exit_code == parse.REFUSED
        and errors
        and not any(map(parse.is_file_error, errors))
    ):
        return None
    if errors:
        return replace(errors[-1], code=errors[-1].code or "files")
    how = f"signal {step.signal}" if step.signal else f"status {step.exit_code}"
    text = stderr.strip()[-500:]
    return Diagnostic(
        f"the compiler ended with {how} ({outcome.status.value}): {text}", code="crash"
    )


def _diagnostic(error: CompactError, source: str) -> Diagnostic:
    if error.pos is None or error.pos < 0:
        return Diagnostic(error.message)
    line, column = SourceMap(source).locate(error.pos)
    return Diagnostic(error.message, line, column)


# For a text that our parser cannot read, so that no mistake of it opens other files to compactc.
# No two of the alternatives can match the same text: backtracking stays linear.
_NAMES_FILE = re.compile(
    r"""\b(include|import|from)(?:\s|//[^\n]*\n|/\*[^*]*\*+(?:[^*/][^*]*\*+)*/)*["']"""
)


def _file_it_names(source: str, program: ast.Program | None) -> str | None:
    """The `include` or `import` by which the program names another file, or None."""
    if program is None:
        match = _NAMES_FILE.search(source)
        return f"{match[1]!r} with a file name" if match else None
    declarations = list(program.declarations)
    while declarations:
        declaration = declarations.pop()
        if isinstance(declaration, ast.Module):
            declarations.extend(declaration.elements)
        elif isinstance(declaration, ast.Include):
            return f"include {declaration.path!r}"
        elif isinstance(declaration, ast.Import) and declaration.is_path:
            return f"import {declaration.name!r}"
    return None


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the embedded front end finds: its first error, the syntax tree, what is measured."""

    error: CompactError | None
    program: ast.Program | None
    seconds: float
    metrics: Mapping[str, float] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


def _read(source: str, *, rules: bool) -> _Reading:
    """`rules`: check all the language's rules, not only the syntax. `seconds`: what that took."""
    start = time.perf_counter()
    error: CompactError | None = None
    program: ast.Program | None = None
    if rules:
        result = check(source)
        error, program = result.error, result.program
    else:
        try:
            program = read(source)
        except CompactError as refusal:
            error = refusal
    seconds = time.perf_counter() - start
    if program is None:
        return _Reading(error, None, seconds)
    try:
        measured = measure(program)
    except CompactError as refusal:
        return _Reading(error or refusal, program, seconds)
    decisions = measured.decisions
    metrics = {
        "complexity": float(measured.complexity),
        "complexity_extended": float(measured.extended),
        "seed_count": float(seed_count(source)),
        "circuits": float(len(measured.circuits)),
        **{f"decisions.{kind}": float(decisions[kind]) for kind in DECISIONS},
    }
    constructs = [kind for kind in DECISIONS if decisions[kind]]
    kinds, fields = used_declarations(program)
    facts = {
        "circuits": [
            {**{name: getattr(c, name) for name in c.__slots__}, "decisions": dict(c.decisions)}
            for c in measured.circuits
        ],
        "constructs": constructs + kinds,
        "ledger": fields,
    }
    return _Reading(error, program, seconds, metrics, facts)
