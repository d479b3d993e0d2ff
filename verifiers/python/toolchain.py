"""Judges Python programs: what Python says of them, what the text shows, and what their function
answers. No candidate is compiled or run on the host."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from .. import oracle
from ..calls import Answered, Tests, answered, ending, stored
from ..pooled import BoxedVerifier, Judgement
from ..remembered import Remembered
from ..sandbox.base import Outcome, Sandbox, Status, StepOutcome
from ..sandbox.choose import Choice as SandboxChoice
from ..syntax import PythonFacts, read_python
from ..task import Task
from ..verdict import (
    Diagnostic,
    Failure,
    FailureKind,
    Severity,
    Stage,
    StageStatus,
)
from . import apart
from .apart import Apart
from .beside import CHANGED, LOADING, MISSING
from .interface import Interface, shown
from .interpreter import (
    MEMORY_BYTES,
    OUTPUT_BYTES,
    READ_SECONDS,
    TEST_SECONDS,
    Interpreter,
    messages,
    open_interpreter,
)

MAX_BYTES = 64 * 1024
PROBE = b"def probe() -> int:\n    return 1\n"
# A warning that everybody gets twice says nothing new.
MAX_WARNINGS = 20
_LINE = re.compile(r" \(line (\d{1,7})\)\Z")


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with a program's answers, and what they took.

    Attributes:
        reasons: For each case (see `oracle.CaseResult`); "": nothing.
        cpu_seconds: Processor time of all of them, with the interpreter's start.
    """

    reasons: tuple[str, ...]
    cpu_seconds: float


class PythonVerifier(BoxedVerifier[Interpreter]):
    """Judges Python programs of one file.

    Args:
        sandbox: What programs run in: ``"auto"``, ``"docker"``, ``"bubblewrap"``, an open sandbox
            (which `close` leaves open), or ``"unsafe"``: none, which needs `allow_unsafe`.
        timeout: Seconds of processor time that reading a program may take. One that needs longer
            has failed.
        max_bytes: The longest program that is looked at, in bytes of UTF-8.
        workers: How many programs `verify_all` judges at a time (default: one per CPU).

    Raises:
        ToolchainMissingError: No Python answers in the sandbox.
        SandboxUnavailableError: There is no sandbox.
        ChoiceError: `sandbox` is none of its choices.

    A verdict has the stages ``parse`` (Python compiles the text, which runs nothing of it) and, for
    a task with tests, ``test``, whose diagnostics are about public cases only. An argument that is
    not left as it was is a wrong answer, unless the task's tests have a ``prelude`` (definitions
    that its programs may take for given, perhaps none): they are asked as assertions in Python ask
    (see `beside`). Tests that are more than a case run `apart`; they count as cases do, and the
    facts of a verdict say how many there were (``apart``). Metrics: ``errors``, ``warnings``
    (Python's own, all of them), all of `syntax.PythonFacts` by name; with tests ``behaviour`` (the
    share of hidden cases that passed; of all where none is hidden) and ``above_trivial`` (that
    share above what the best trivial answer passes; see `calls.trivial`). Where a task has an
    opponent's cases (``opposing`` in its tests), ``withstood`` is the share of them that passed;
    they decide no stage.

    What the program did is valid and a refusal: a time-out, running out of memory, a crash of the
    interpreter. When that happens while a program is only read, a trivial one is read; if that
    fails too it is the machine's failure.
    """

    def __init__(
        self,
        *,
        sandbox: SandboxChoice | Sandbox = "auto",
        allow_unsafe: bool = False,
        timeout: float = READ_SECONDS,
        max_bytes: int = MAX_BYTES,
        workers: int | None = None,
    ) -> None:
        super().__init__(
            "python",
            workers,
            lambda size: open_interpreter(sandbox, allow_unsafe=allow_unsafe, workers=size),
        )
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._faults: Remembered[tuple[str, str], Faults] = Remembered()

    # ------------------------------------------------------------ one program

    def _judge(self, task: Task, source: str) -> Judgement:
        tests = Tests.of(task, Interface)
        encoded = self._encoded(source)
        if isinstance(encoded, Diagnostic):
            return _refused(encoded, tests)
        started = time.perf_counter()
        text = read_python(encoded)
        reading = time.perf_counter() - started
        further = Apart.of(task)
        opposing = opposing_cases(task)
        asked = tests and _asked(tests, further, opposing)
        requests, ids = oracle.ask(asked.cases) if asked else ((), ())
        prelude: str | None = task.tests.get("prelude")
        outcome = self.tools.run(
            encoded,
            function=tests.interface.name if tests and requests else None,
            requests=requests,
            seconds=self._timeout,
            prelude=prelude,
        )
        if not outcome.valid:
            return Judgement(failure=self._broken(outcome))
        steps = {step.name: step for step in outcome.steps}
        first = steps.get("parse")
        if first is None:  # refused before anything ran; no program of this size is
            return Judgement(failure=Failure(FailureKind.SANDBOX, "parse", outcome.message))
        said = self._said(first)
        if isinstance(said, Failure):
            return Judgement(failure=said)
        parse, metrics = _parsed(text, said, reading + first.seconds)
        if tests is None or asked is None:
            return Judgement((parse,), metrics, {"functions": text.functions})
        step = steps.get("test") if parse.passed else None
        told = answered(asked, ids, step)
        hidden = len(tests.cases) - tests.public
        answers = Answered(told.shown[: tests.public], told.secret[:hidden])
        facts: dict[str, Any] = {"functions": text.functions}
        if further is not None:
            own = (*told.shown[tests.public :], *told.secret[hidden + len(opposing) :])
            known = [result.answer for result in own]
            ends = self._apart(tests, further, known, encoded, prelude) if parse.passed else ()
            if isinstance(ends, Failure):
                return Judgement(failure=ends)
            shown, secret = ends[: further.public], ends[further.public :]
            answers = Answered((*answers.shown, *shown), (*answers.secret, *secret))
            tests = replace(tests, apart=further.counts)
            facts["apart"] = {"passed": sum(e.passed for e in ends), "total": sum(further.counts)}
        facts["tests"] = answers.counts(tests)
        test = _tested(tests, answers, step, source, parse, further, asked.public)
        metrics |= answers.metrics(tests)
        if opposing:
            theirs = told.secret[hidden : hidden + len(opposing)]
            metrics["withstood"] = sum(result.passed for result in theirs) / len(opposing)
        return Judgement((parse, test), metrics, facts)

    def _apart(
        self,
        tests: Tests[Interface],
        further: Apart,
        known: Sequence[oracle.Answer | None],
        program: bytes,
        prelude: str | None,
    ) -> tuple[oracle.CaseResult, ...] | Failure:
        """The results of the tests that run apart from a program."""

        def ask(calls: Sequence[Sequence[object]]) -> Sequence[oracle.Answer | None] | Outcome:
            return self._told(program, tests.interface.name, calls, prelude)

        found = apart.run(self.tools, tests.interface, further, known, ask)
        return self._broken(found) if isinstance(found, Outcome) else found

    def answers(
        self,
        source: str,
        function: str,
        calls: Sequence[Sequence[object]],
        *,
        prelude: str | None = None,
    ) -> Sequence[oracle.Answer | None] | Failure:
        """What a program answers to some calls; None where it gave no answer."""
        found = self._told(source.encode(), function, calls, prelude)
        return self._broken(found) if isinstance(found, Outcome) else found

    def _told(
        self,
        program: bytes,
        function: str,
        calls: Sequence[Sequence[object]],
        prelude: str | None,
    ) -> Sequence[oracle.Answer | None] | Outcome:
        cases = [oracle.Case(oracle.Call(function, tuple(c)), oracle.Expectation()) for c in calls]
        requests, ids = oracle.ask(cases)
        outcome = self.tools.call(program, function, requests, prelude=prelude)
        if not outcome.valid:
            return outcome
        step = outcome.last
        given = () if step.status is Status.PROTOCOL else step.answers
        return [result.answer for result in oracle.compare(cases, ids, given)]

    def recorded(self, task: Task) -> Task | str | Failure:
        """`task` with the calls that its tests that run apart make of its reference, which is the
        set's own and trusted as much as the tests are; why they cannot be told, or the machine's
        failure. Others are as they were."""
        further, tests = Apart.of(task), Tests.of(task, Interface)
        if further is None or tests is None or task.reference is None:
            return task
        found = apart.recorded(
            self.tools,
            tests.interface,
            further,
            f"{task.tests.get('prelude', '')}\n{task.reference}",
        )
        if isinstance(found, Outcome):
            return self._broken(found)
        if isinstance(found, str):
            return found
        calls, shown = found
        held = {**task.tests["apart"], "calls": calls, "shown_calls": shown}
        return replace(task, tests={**task.tests, "apart": held})

    def faults(
        self,
        source: str,
        interface: Interface,
        cases: Sequence[oracle.Case],
        *,
        seconds: float = TEST_SECONDS,
    ) -> Faults | Failure:
        """What is wrong with a program's answer in each of some cases, which need be no task's; the
        machine's failure where there is one. What was asked before is remembered.

        `seconds`: of the processor, after which it is ended; rounded up."""
        encoded = self._encoded(source)
        if isinstance(encoded, Diagnostic) or not cases:
            return Faults(("no program",) * len(cases), 0.0)
        told = "\n".join([interface.name, str(seconds), *(str(stored(case)) for case in cases)])
        question = (_sha256(encoded), _sha256(told.encode()))
        known = self._faults.recall([question])
        if question in known:
            return known[question]
        asked = Tests(interface, tuple(cases), public=0)
        requests, ids = oracle.ask(cases)
        outcome = self.tools.call(encoded, interface.name, requests, seconds=seconds)
        if not outcome.valid:
            return self._broken(outcome)
        results = answered(asked, ids, outcome.last).secret
        reasons = tuple("" if result.passed else result.reason for result in results)
        found = Faults(reasons, outcome.last.cpu_seconds)
        self._faults.keep({question: found})
        return found

    def _encoded(self, source: str) -> bytes | Diagnostic:
        """The program as bytes, or what is wrong with that."""
        try:
            encoded = source.encode()
        except UnicodeEncodeError:
            return Diagnostic("the program is not UTF-8", code="utf-8")
        if len(encoded) > self._max_bytes:
            kb = self._max_bytes >> 10
            return Diagnostic(f"the program has more than {kb} kB", code="size")
        return encoded

    def _said(self, step: StepOutcome) -> list[Diagnostic] | Failure:
        """What Python says of a program that it has read, or why it could not read it."""
        if step.status is Status.TIMEOUT:
            what = (
                f"Python did not finish reading it in {self._timeout:g} seconds of processor time"
            )
            return [Diagnostic(what, code="timeout")]
        if step.status is Status.MEMORY:
            what = f"Python ran out of memory reading it ({MEMORY_BYTES >> 20} MiB)"
            return [Diagnostic(what, code="memory")]
        if step.status is Status.OUTPUT:
            what = f"Python said more than {OUTPUT_BYTES >> 10} kB about it"
            return [Diagnostic(what, code="output")]
        listed = messages(step.stdout) if step.status is Status.OK else None
        if listed is not None:
            return [
                Diagnostic(message, line, column, Severity(severity), code="syntax")
                for severity, message, line, column in listed
            ]
        probe = self.tools.run(PROBE)
        if not probe.valid or probe.status is not Status.OK:
            return Failure(
                FailureKind.TOOLCHAIN_CRASHED,
                "parse",
                f"{self.toolchain} fails even on a trivial program ({probe.status.value})",
            )
        what = f"Python ended reading it, with the status {step.status.value}"
        return [Diagnostic(what, code="crash")]

    def _broken(self, outcome: Outcome) -> Failure:
        if outcome.steps:
            return Failure(
                FailureKind.TOOLCHAIN_MISSING,
                outcome.last.name,
                f"{self.tools.path} cannot be started any more: {outcome.message}",
            )
        return Failure(FailureKind.SANDBOX, "parse", f"Python could not be run: {outcome.message}")


def _parsed(
    text: PythonFacts, said: Sequence[Diagnostic], seconds: float
) -> tuple[Stage, dict[str, float]]:
    """The stage ``parse`` and the metrics of the text. Python has the last word: what it compiles
    parses, whatever another grammar says."""
    errors = [d for d in said if d.severity is Severity.ERROR]
    warnings = [d for d in said if d.severity is Severity.WARNING]
    status = StageStatus.FAILED if errors else StageStatus.PASSED
    stage = Stage("parse", status, seconds, (*errors, *warnings[:MAX_WARNINGS]))
    counted = {"errors": float(len(errors)), "warnings": float(len(warnings))}
    return stage, {**counted, **text.metrics()}


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def opposing_cases(task: Task) -> tuple[oracle.Case, ...]:
    """The cases of an opponent that a task was put up against; most tasks have none."""
    found = Tests.of(task, Interface, key="opposing")
    return found.cases if found else ()


def _asked(
    tests: Tests[Interface], further: Apart | None, opposing: Sequence[oracle.Case]
) -> Tests[Interface]:
    """All that a candidate is asked in one process: first all that something is told about, since
    an answer may hold what was asked before it. The calls that tests are known to make that run
    apart are cases without expectation."""
    name = tests.interface.name
    calls = [] if further is None else [
        oracle.Case(oracle.Call(name, c), oracle.Expectation()) for c in further.calls
    ]  # fmt: skip
    shown = 0 if further is None else further.shown_calls
    first = (*tests.cases[: tests.public], *calls[:shown])
    cases = (*first, *tests.cases[tests.public :], *opposing, *calls[shown:])
    return replace(tests, cases=cases, public=len(first))


def _refused(why: Diagnostic, tests: Tests[Interface] | None) -> Judgement:
    """The judgement on a text that breaks a limit of this verifier."""
    stages = [Stage("parse", StageStatus.FAILED, 0.0, (why,))]
    nothing: dict[str, float] = {}
    if tests is not None:
        stages.append(Stage("test", StageStatus.SKIPPED))
        nothing = {"behaviour": 0.0, "above_trivial": 0.0}
    return Judgement(tuple(stages), {"errors": 1.0, **nothing})


def _tested(
    tests: Tests[Interface],
    answers: Answered,
    step: StepOutcome | None,
    source: str,
    parse: Stage,
    further: Apart | None,
    shown: int,
) -> Stage:
    """The stage ``test``; `step` is None where the program does not parse, or where all of its
    tests run apart and it was not known what they ask. `shown`: see `calls.ending`."""
    if not parse.passed:
        return Stage("test", StageStatus.SKIPPED)
    seconds = step.seconds if step else 0.0
    if answers.passed:
        return Stage("test", StageStatus.PASSED, seconds)
    complaints = _complaints(tests, answers, source)
    if further is not None and not any(told.code in ("interface", "load") for told in complaints):
        ends = answers.shown[tests.public :]
        complaints += [
            Diagnostic(f"{' '.join(script.split())} fails: {end.reason}"[:1000], code="test")
            for script, end in zip(further.scripts, ends, strict=False)
            if not end.passed
        ]
    if step is None:
        return Stage("test", StageStatus.FAILED, seconds, tuple(complaints))
    how = ending(
        step,
        shown=shown,
        seconds=TEST_SECONDS,
        memory_bytes=MEMORY_BYTES,
        output_bytes=OUTPUT_BYTES,
    )
    if how:
        complaints.append(Diagnostic(how, code=step.status.value))
    return Stage("test", StageStatus.FAILED, seconds, tuple(complaints))


def _complaints(tests: Tests[Interface], answers: Answered, source: str) -> list[Diagnostic]:
    """What went wrong with the public cases; what kept the program from loading is told once."""
    lines = source.splitlines()
    first = answers.shown[0].answer if answers.shown else None
    if isinstance(first, oracle.Raised) and first.message.startswith(LOADING):
        if first.name == MISSING:
            return [Diagnostic(f"there must be `{tests.interface}`", code="interface")]
        message, line, column = _place(first.message, lines)
        text = f"{first.name} {message}".removesuffix(": ")
        return [Diagnostic(text, line, column, code="load")]
    return [
        _explained(case, result, lines)
        # Behind them are the results of tests that run apart.
        for case, result in zip(tests.cases[: tests.public], answers.shown, strict=False)
        if not result.passed
    ]


def _explained(case: oracle.Case, result: oracle.CaseResult, lines: Sequence[str]) -> Diagnostic:
    """A public case that failed: the call, what was expected, and what came."""
    call = f"{case.call.function}({', '.join(map(shown, case.call.arguments))})"
    wanted = case.expectation
    expected = f"to raise {wanted.raises}" if wanted.raises else f"to be {shown(wanted.value)}"
    answer = result.answer
    line = column = None
    if isinstance(answer, oracle.Returned):
        found = f"returned {shown(answer.value)}"
    elif isinstance(answer, oracle.Raised) and answer.name == CHANGED:
        found = "changed an argument"
    elif isinstance(answer, oracle.Raised):
        message, line, column = _place(answer.message, lines)
        found = f"raised {answer.name}: {message}" if message else f"raised {answer.name}"
    else:
        found = f"gave {result.reason}"
    text = f"{call} is expected {expected}; it {found}"[:1000]
    return Diagnostic(text, line, column, code="test")


def _place(message: str, lines: Sequence[str]) -> tuple[str, int | None, int | None]:
    """An exception's message, and the line and column that `beside.py` has put behind it."""
    found = _LINE.search(message)
    if found is None or not 1 <= int(found[1]) <= len(lines):
        return message, None, None
    line = int(found[1])
    text = lines[line - 1]
    return message[: found.start()], line, len(text) - len(text.lstrip()) + 1
