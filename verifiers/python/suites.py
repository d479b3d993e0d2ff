"""Judges tests: whether the reference passes them, and which wrong programs do not.

A suite is a text of tests (see `assertions`). Each is run against programs in the sandbox as hidden
cases are: the call goes in, the answer comes out, the comparison is made out here. So a suite can
do nothing but ask.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .. import oracle
from ..calls import stored
from ..oracle import NO_ANSWER
from ..pooled import Judgement, PooledVerifier
from ..sandbox.base import Sandbox
from ..sandbox.choose import Choice as SandboxChoice
from ..task import Task
from ..verdict import Diagnostic, Failure, Stage, StageStatus, Toolchain
from .annotations import fits
from .assertions import Written, read_tests
from .driver import encode
from .interface import Interface
from .interpreter import TEST_SECONDS
from .toolchain import PythonVerifier

# Of one suite: tests that are looked at, and bytes.
MAX_TESTS = 64
MAX_BYTES = 64 * 1024
# What the reference may take for a suite, in processor time: an eighth of what a program has that
# is asked the same. Else a test would be failed by right programs that are a little slower, and be
# a test of the machine.
LIGHT_SECONDS = TEST_SECONDS / 8
# Of a suite that takes more, parts are asked so many times to find the tests that do not.
_PARTS_ASKED = 8
# A suite of two tests that are right says less than one of so many (UTRL's clipped denominator,
# https://arxiv.org/abs/2508.21107).
ENOUGH = 8


_TOO_LONG = "the reference takes too long (or too much memory) for it"


@dataclass(frozen=True, slots=True)
class Suite:
    """What was read of a suite, and which of its tests are valid."""

    tests: tuple[Written, ...]
    valid: tuple[bool, ...]
    complaints: tuple[Diagnostic, ...]

    @property
    def cases(self) -> tuple[oracle.Case, ...]:
        """The valid ones."""
        return tuple(
            test.case
            for test, valid in zip(self.tests, self.valid, strict=True)
            if valid and test.case
        )


class SuiteVerifier(PooledVerifier):
    """Judges suites of tests for Python functions.

    Args:
        sandbox, allow_unsafe, workers: See `PythonVerifier`.

    Raises:
        ToolchainMissingError, SandboxUnavailableError, ChoiceError: See `PythonVerifier`.

    A task names in ``tests``: the ``interface``; ``program``, the reference; ``opponents``,
    programs that the tests are to fail (wrong ones, or a solver's). A verdict has the stages
    ``parse`` (at least one test can be read), ``validity`` (all tests are valid) and ``kills`` (no
    opponent passes all valid tests).

    A test is valid when its arguments have the types that the signature names, no earlier test has
    the same, the exception that it expects, if any, is one that the prompt names, and the reference
    passes it, within `LIGHT_SECONDS` for the suite. Metrics: ``tests``, ``valid_tests``,
    ``validity`` (their ratio),
    ``clipped_validity`` (valid ones over all, or over `ENOUGH` where there are fewer),
    ``opponents``, ``pass_rate`` (the opponents' mean share of valid tests that they pass; 1 without
    valid tests) and ``kills`` (the share of opponents that fail a valid test). The fact ``shares``
    has the share of valid tests that each opponent passes, in their order.
    """

    def __init__(
        self,
        *,
        sandbox: SandboxChoice | Sandbox = "auto",
        allow_unsafe: bool = False,
        workers: int | None = None,
    ) -> None:
        super().__init__("python-suites", workers)
        self.programs = PythonVerifier(sandbox=sandbox, allow_unsafe=allow_unsafe, workers=workers)

    @property
    def toolchain(self) -> Toolchain:
        """The interpreter with its version."""
        return self.programs.toolchain

    @property
    def sandbox(self) -> str | None:
        """The name of the sandbox that programs run in."""
        return self.programs.sandbox

    def close(self) -> None:
        """Close the sandbox and its threads."""
        super().close()
        self.programs.close()

    def _judge(self, task: Task, source: str) -> Judgement:
        opponents: Sequence[str] = task.tests["opponents"]
        started = time.perf_counter()
        suites = read_suites(self.programs, task, [source])
        if isinstance(suites, Failure):
            return Judgement(failure=suites)
        suite = suites[0]
        reading = time.perf_counter() - started
        counted = _counted(suite, len(opponents))
        if not any(test.case for test in suite.tests):
            stages = (
                Stage("parse", StageStatus.FAILED, reading, suite.complaints),
                Stage("validity", StageStatus.SKIPPED),
                Stage("kills", StageStatus.SKIPPED),
            )
            return Judgement(stages, counted | {"pass_rate": 1.0, "kills": 0.0})
        started = time.perf_counter()
        interface, cases = Interface.of(task.tests["interface"]), suite.cases
        shares: list[float] = []
        for opponent in opponents:
            faults = self.programs.faults(opponent, interface, cases)
            if isinstance(faults, Failure):
                return Judgement(failure=faults)
            shares.append(faults.reasons.count("") / len(cases) if cases else 1.0)
        killed = sum(share < 1.0 for share in shares)
        living = len(shares) - killed
        lives = Diagnostic(f"{living} of {len(shares)} wrong programs pass all valid tests")
        stages = (
            Stage("parse", StageStatus.PASSED),
            Stage(
                "validity",
                StageStatus.FAILED if suite.complaints else StageStatus.PASSED,
                reading,
                suite.complaints,
            ),
            Stage(
                "kills",
                StageStatus.FAILED if living else StageStatus.PASSED,
                time.perf_counter() - started,
                (lives,) if living else (),
            ),
        )
        count = max(len(shares), 1)
        return Judgement(
            stages,
            counted
            | {"pass_rate": sum(shares) / count if shares else 1.0, "kills": killed / count},
            {"shares": shares},
        )


def _counted(suite: Suite, opponents: int) -> dict[str, float]:
    tests, valid = len(suite.tests), sum(suite.valid)
    return {
        "tests": float(tests),
        "valid_tests": float(valid),
        "validity": valid / max(tests, 1),
        "clipped_validity": valid / max(tests, ENOUGH),
        "opponents": float(opponents),
    }


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read of a suite before anything is run: for each test why it is none, or ""."""

    tests: tuple[Written, ...] = ()
    reasons: tuple[str, ...] = ()
    complaint: str = ""


def read_suites(
    programs: PythonVerifier, task: Task, sources: Sequence[str]
) -> list[Suite] | Failure:
    """What some suites ask, and which of their tests are valid (see `SuiteVerifier`): the reference
    is run once with all of them, or once with each where it does not come to their end. The
    machine's failure where it could not be run."""
    interface = Interface.of(task.tests["interface"])
    read = [_read(task, interface, source) for source in sources]
    hopeful: dict[str, oracle.Case] = {}
    for suite in read:
        for test, why in zip(suite.tests, suite.reasons, strict=True):
            if test.case is not None and not why:
                hopeful.setdefault(str(stored(test.case)), test.case)
    cases = list(hopeful.values())
    faults = _light(programs, task.tests["program"], interface, cases)
    if isinstance(faults, Failure):
        return faults
    if faults is None and len(sources) > 1:
        # What one asks for kept it from answering the others (a hundred million steps, say).
        alone = [read_suites(programs, task, [source]) for source in sources]
        broken = next((found for found in alone if isinstance(found, Failure)), None)
        return broken or [suite for found in alone if isinstance(found, list) for suite in found]
    if faults is None:
        faults = _light_ones(programs, task.tests["program"], interface, cases)
        if isinstance(faults, Failure):
            return faults
    return [_judged(suite, dict(zip(hopeful, faults, strict=True))) for suite in read]


def _light(
    programs: PythonVerifier, program: str, interface: Interface, cases: Sequence[oracle.Case]
) -> Sequence[str] | Failure | None:
    """What is wrong with the reference's answers; None where it takes too long for them."""
    faults = programs.faults(program, interface, cases, seconds=LIGHT_SECONDS)
    if isinstance(faults, Failure):
        return faults
    heavy = faults.cpu_seconds > LIGHT_SECONDS or NO_ANSWER in faults.reasons
    return None if heavy else faults.reasons


def _light_ones(
    programs: PythonVerifier, program: str, interface: Interface, cases: Sequence[oracle.Case]
) -> list[str] | Failure:
    """As `_light`, of cases for which it takes too long together: with `_TOO_LONG` for those for
    which it does alone, or which it was not asked any more."""
    reasons = [_TOO_LONG] * len(cases)
    parts = deque([range(len(cases))])
    asked = 0
    while parts and asked < _PARTS_ASKED:
        part = parts.popleft()
        if len(part) == 1:
            continue
        half = len(part) // 2
        for some in (part[:half], part[half:]):
            faults = _light(programs, program, interface, [cases[i] for i in some])
            asked += 1
            if isinstance(faults, Failure):
                return faults
            if faults is None:
                parts.append(some)
            else:
                for i, reason in zip(some, faults, strict=True):
                    reasons[i] = reason
    return reasons


def _read(task: Task, interface: Interface, source: str) -> _Read:
    if len(source.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        return _Read(complaint=f"the tests have more than {MAX_BYTES >> 10} kB")
    tests = tuple(read_tests(source, interface, MAX_TESTS + 1))
    if not tests:
        return _Read(
            complaint=f"there is no test: write `assert {interface.name}(…) == …`, one a line"
        )
    if len(tests) > MAX_TESTS:
        return _Read(complaint=f"there are more than {MAX_TESTS} tests")
    seen: set[str] = set()
    return _Read(tests, tuple(_wrong(test, task, interface, seen) for test in tests))


def _judged(read: _Read, faults: Mapping[str, str]) -> Suite:
    if read.complaint:
        return Suite((), (), (Diagnostic(read.complaint),))
    valid, complaints = [], []
    for test, why in zip(read.tests, read.reasons, strict=True):
        fault = faults[str(stored(test.case))] if test.case is not None and not why else ""
        if fault:
            why = fault if fault == _TOO_LONG else "the reference does not pass it"
        valid.append(not why)
        if why:
            complaints.append(Diagnostic(f"{why}: {test.text}"[:400], test.line, 1))
    return Suite(read.tests, tuple(valid), tuple(complaints))


def _wrong(test: Written, task: Task, interface: Interface, seen: set[str]) -> str:
    """Why a test is none before anything is run; "" where it may be one."""
    if test.case is None:
        return test.why
    arguments = test.case.call.arguments
    for value, (name, kind) in zip(arguments, interface.parameters, strict=True):
        if not fits(value, kind):
            return f"{name} is no {kind}"
    raises = test.case.expectation.raises
    if raises is not None and raises not in task.prompt:
        return f"nothing says that {raises} is raised"
    key = encode(list(arguments))
    if key in seen:
        return "an earlier test asks the same"
    seen.add(key)
    return ""


def opposed(programs: PythonVerifier, task: Task, sources: Sequence[str]) -> Task | Failure:
    """`task`, of one function, with the valid tests of some suites as its opponent's cases; the
    machine's failure where the reference could not be run. Equal tests count once."""
    asked = replace(task, tests={**task.tests, "program": task.reference})
    suites = read_suites(programs, asked, sources)
    if isinstance(suites, Failure):
        return suites
    found: dict[str, Any] = {}
    for suite in suites:
        for case in suite.cases:
            found.setdefault(encode(list(case.call.arguments)), stored(case))
    return replace(task, tests={**task.tests, "opposing": list(found.values())})
