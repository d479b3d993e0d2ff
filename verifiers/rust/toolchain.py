"""Judges Rust programs: rustc's messages, what the text shows, and what the function answers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from .. import oracle
from ..calls import Answered, Tests, answered, ending
from ..pooled import BoxedVerifier, Judgement
from ..sandbox.base import Outcome, Sandbox, SandboxError, Status, StepOutcome
from ..sandbox.choose import Choice as SandboxChoice
from ..syntax import RustFacts, read_rust
from ..task import Task
from ..verdict import (
    Diagnostic,
    Failure,
    FailureKind,
    Severity,
    Stage,
    StageStatus,
)
from . import parse
from .compiler import (
    COMPILE_SECONDS,
    MEMORY_BYTES,
    OUTPUT_BYTES,
    TEST_SECONDS,
    Compiler,
    open_compiler,
)
from .interface import Interface, Script

MAX_BYTES = 64 * 1024
PROBE = "pub fn probe() -> i64 { 1 }\n"


AnyTests = Tests[Interface] | Tests[Script]


def asked_of(task: Task) -> AnyTests | None:
    """What a candidate is put to: calls of a function, or of a script that uses it."""
    return Tests.of(task, Script) if "script" in task.tests else Tests.of(task, Interface)


class RustVerifier(BoxedVerifier[Compiler]):
    """Judges Rust programs of one file.

    Args:
        sandbox: What rustc and programs run in: ``"auto"``, ``"docker"``, ``"bubblewrap"``, an open
            sandbox (which `close` leaves open), or ``"unsafe"``: none, which needs `allow_unsafe`.
        timeout: Seconds of processor time that compiling may take. A program that needs longer has
            failed.
        max_bytes: The longest program that is looked at, in bytes of UTF-8.
        workers: How many programs `verify_all` judges at a time (default: one per CPU).

    Raises:
        ToolchainMissingError: There is no rustc.
        SandboxUnavailableError: There is no sandbox to run it in.
        ChoiceError: `sandbox` is none of its choices.

    A verdict has the stages ``parse``, ``compile`` (the candidate as a library crate; with tests,
    also that its function has the type that was asked for) and, for a task with tests, ``test``,
    whose diagnostics are about public cases only. Metrics: ``errors``, ``warnings`` (of lints that
    the program cannot silence), ``unsafe`` (blocks, functions and the like that rustc counts), all
    of `syntax.RustFacts` by name; with tests ``behaviour`` (the share of hidden cases that passed)
    and ``above_trivial`` (that share above what the best trivial answer passes; see
    `calls.trivial`). Of warnings that rustc may not all print the first are counted, and one more
    for the rest.

    What the program did is valid and a refusal: a time-out, running out of memory, an internal
    compiler error. When rustc dies, a trivial program is compiled; only if that fails too is it the
    machine's failure.
    """

    def __init__(
        self,
        *,
        sandbox: SandboxChoice | Sandbox = "auto",
        allow_unsafe: bool = False,
        timeout: float = COMPILE_SECONDS,
        max_bytes: int = MAX_BYTES,
        workers: int | None = None,
    ) -> None:
        super().__init__(
            "rustc",
            workers,
            lambda size: open_compiler(sandbox, allow_unsafe=allow_unsafe, workers=size),
        )
        self._timeout = timeout
        self._max_bytes = max_bytes

    def answers(self, script: Script, source: str) -> list[oracle.Answer] | str:
        """What each function of `script` notes of a program that is trusted; or, in a few words,
        why it does not run. Raises `SandboxError` when the machine fails."""
        cases = [oracle.Case(oracle.Call(n), oracle.Expectation([])) for n in script.functions]
        requests, ids = oracle.ask(cases)
        outcome = self.tools.run(source, interface=script, requests=requests)
        if not outcome.valid:
            raise SandboxError(outcome.message)
        for step in outcome.steps[:2]:
            if step.status is not Status.OK:
                said = [d for d in parse.diagnostics(step.stderr) if d.severity is Severity.ERROR]
                return f"{step.name}: {said[0].message if said else step.status.value}"
        if len(outcome.last.answers) != len(ids):
            return f"test: {_ending(outcome.last, len(ids))}"
        return [oracle.read_answer(a, i) for a, i in zip(outcome.last.answers, ids, strict=True)]

    # ------------------------------------------------------------ one program

    def _judge(self, task: Task, source: str) -> Judgement:
        tests = asked_of(task)
        try:
            encoded = source.encode()
        except UnicodeEncodeError:
            return _refused("the program is not UTF-8", "utf-8", tests)
        if len(encoded) > self._max_bytes:
            kb = self._max_bytes >> 10
            return _refused(f"the program has more than {kb} kB", "size", tests)
        started = time.perf_counter()
        text = read_rust(encoded)
        reading = time.perf_counter() - started
        requests, ids = oracle.ask(tests.cases) if tests else ((), ())
        run = partial(
            self.tools.run,
            source,
            interface=tests.interface if tests else None,
            requests=requests,
            forbid_unsafe=bool(task.requirements.get("forbid_unsafe")),
            seconds=self._timeout,
        )
        outcome = run()
        warned, seconds = _cut_warnings(outcome), 0.0
        if warned:
            seconds = outcome.last.seconds
            outcome = run(warn=False)
        if not outcome.valid:
            return Judgement(failure=self._broken(outcome))
        steps = {step.name: step for step in outcome.steps}
        first = steps.get("compile")
        if first is None:  # refused before anything ran; no program of this size is
            return Judgement(failure=Failure(FailureKind.SANDBOX, "compile", outcome.message))
        said = [*warned, *parse.diagnostics(first.stderr)]
        complaint = self._complaint(first, said)
        if isinstance(complaint, Failure):
            return Judgement(failure=complaint)
        if complaint is not None:
            said.append(complaint)
        errors = [d for d in said if d.severity is Severity.ERROR]
        seconds += first.seconds
        if not errors and tests is not None:
            joined = steps["join"]
            seconds += joined.seconds
            errors = _misfits(tests.interface, joined)
            said += errors
        return self._told(text, said, errors, seconds, reading, tests, ids, steps.get("test"))

    def _told(
        self,
        text: RustFacts,
        said: Sequence[Diagnostic],
        errors: Sequence[Diagnostic],
        seconds: float,
        reading: float,
        tests: AnyTests | None,
        ids: Sequence[str],
        test: StepOutcome | None,
    ) -> Judgement:
        warnings = [d for d in said if d.severity is Severity.WARNING]
        unsafe = sum(d.code == "unsafe_code" for d in warnings)
        metrics = {
            "errors": float(len(errors)),
            "warnings": float(len(warnings) - unsafe),
            "unsafe": float(unsafe),
            **text.metrics(),
        }
        facts: dict[str, Any] = {"functions": text.functions}
        # rustc has the last word: what it compiles parses, whatever another grammar says.
        parsed = text.parses or not errors
        shown = tuple(d for d in said if d.code != "unsafe_code")
        stages = [Stage("parse", StageStatus.PASSED if parsed else StageStatus.FAILED, reading)]
        compiled = StageStatus.FAILED if errors else StageStatus.PASSED
        stages.append(Stage("compile", compiled, seconds, shown))
        if not parsed:  # its diagnostics are rustc's: they say more than a syntax tree does
            stages = [
                Stage("parse", StageStatus.FAILED, reading + seconds, shown),
                Stage("compile", StageStatus.SKIPPED),
            ]
        if tests is not None:
            answers = answered(tests, ids, None if errors else test)
            stages.append(_tested(tests, answers, None if errors else test))
            metrics |= answers.metrics(tests)
            facts["tests"] = answers.counts(tests)
        return Judgement(tuple(stages), metrics, facts)

    def _complaint(
        self, step: StepOutcome, said: Sequence[Diagnostic]
    ) -> Diagnostic | Failure | None:
        """Why rustc gave no answer about the program; None when it did."""
        if step.status is Status.OK:
            return None
        if step.status is Status.TIMEOUT:
            return Diagnostic(
                f"rustc did not finish in {self._timeout:g} seconds of processor time",
                code="timeout",
            )
        if step.status is Status.OUTPUT:
            return Diagnostic(f"rustc printed more than {OUTPUT_BYTES >> 10} kB", code="output")
        if step.status is Status.MEMORY:
            return Diagnostic(f"rustc ran out of memory ({MEMORY_BYTES >> 20} MiB)", code="memory")
        internal = parse.is_internal(step.stderr)
        said_why = any(d.severity is Severity.ERROR for d in said)
        if step.status is Status.EXIT and said_why and not internal:
            return None
        probe = self.tools.run(PROBE)
        if not probe.valid or probe.status is not Status.OK:
            return Failure(
                FailureKind.TOOLCHAIN_CRASHED,
                "compile",
                f"{self.toolchain} fails even on a trivial program ({probe.status.value})",
            )
        how = "an internal error" if internal else f"the status {step.status.value}"
        return Diagnostic(f"rustc ended with {how}", code="crash")

    def _broken(self, outcome: Outcome) -> Failure:
        if outcome.steps:
            return Failure(
                FailureKind.TOOLCHAIN_MISSING,
                "compile",
                f"{self.tools.path} cannot be started any more: {outcome.message}",
            )
        return Failure(FailureKind.SANDBOX, "compile", f"rustc could not be run: {outcome.message}")


def _refused(message: str, code: str, tests: AnyTests | None) -> Judgement:
    """The judgement on a text that breaks a limit of this verifier."""
    stages = [
        Stage("parse", StageStatus.FAILED, 0.0, (Diagnostic(message, code=code),)),
        Stage("compile", StageStatus.SKIPPED),
    ]
    if tests is not None:
        stages.append(Stage("test", StageStatus.SKIPPED))
    nothing = {"behaviour": 0.0, "above_trivial": 0.0} if tests is not None else {}
    return Judgement(tuple(stages), {"errors": 1.0, **nothing})


def _cut_warnings(outcome: Outcome) -> list[Diagnostic]:
    """The warnings, where there were more than rustc may print, and one that says so; else none.
    Each brings the line that it is about, which may be the whole program. Nothing is known yet of
    the program but that: it has to be compiled without them."""
    if outcome.status is not Status.OUTPUT or len(outcome.steps) > 1:
        return []
    said = parse.diagnostics(outcome.last.stderr)
    if any(d.severity is Severity.ERROR for d in said):
        return []
    what = f"there are more warnings: all together take more than {OUTPUT_BYTES >> 10} kB"
    return [*said, Diagnostic(what, severity=Severity.WARNING, code="output")]


def _misfits(interface: Interface | Script, joined: StepOutcome) -> list[Diagnostic]:
    """Why a candidate that compiles has not the function that was asked for."""
    if joined.status is Status.OK:
        return []
    reasons = [d for d in parse.diagnostics(joined.stderr) if d.severity is Severity.ERROR]
    why = f" ({reasons[0].message})" if reasons else f" ({joined.status.value})"
    return [Diagnostic(f"there must be `{interface}`{why}", code="interface")]


def _tested(tests: AnyTests, answers: Answered, step: StepOutcome | None) -> Stage:
    """The stage ``test``; `step` is None where nothing was compiled."""
    if step is None:
        return Stage("test", StageStatus.SKIPPED)
    if answers.passed:
        return Stage("test", StageStatus.PASSED, step.seconds)
    return Stage("test", StageStatus.FAILED, step.seconds, _complaints(tests, answers, step))


def _complaints(tests: AnyTests, answers: Answered, step: StepOutcome) -> tuple[Diagnostic, ...]:
    """What went wrong with the public cases, and how the program ended."""
    complaints = [
        Diagnostic(_explained(case, result), code="test")
        for case, result in zip(tests.cases, answers.shown, strict=False)
        if not result.passed
    ]
    if how := _ending(step, tests.public):
        complaints.append(Diagnostic(how, code=step.status.value))
    return tuple(complaints)


def _ending(step: StepOutcome, shown: int) -> str:
    return ending(
        step,
        shown=shown,
        seconds=TEST_SECONDS,
        memory_bytes=MEMORY_BYTES,
        output_bytes=OUTPUT_BYTES,
    )


def _explained(case: oracle.Case, result: oracle.CaseResult) -> str:
    """A public case that failed: the call, what was expected, and what came."""
    call = f"{case.call.function}({', '.join(map(repr, case.call.arguments))})"
    wanted = case.expectation
    expected = f"to {wanted.raises}" if wanted.raises else f"{wanted.value!r}"
    answer = result.answer
    if isinstance(answer, oracle.Returned):
        found = f"returned {answer.value!r}"
    elif isinstance(answer, oracle.Raised):
        found = f"panicked: {answer.message}" if answer.message else "panicked"
    else:
        found = f"gave {result.reason}"
    return f"{call} is expected {'' if wanted.raises else 'to be '}{expected}; it {found}"[:1000]
