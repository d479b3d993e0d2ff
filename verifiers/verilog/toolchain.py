"""Judges Verilog modules: elaboration, synthesis, what the synthesised module does, and lint."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .. import oracle
from ..pooled import BoxedVerifier, Judgement
from ..sandbox.base import Outcome, Sandbox, SandboxError, Status, StepOutcome
from ..sandbox.choose import Choice as SandboxChoice
from ..task import Task
from ..verdict import (
    Diagnostic,
    Failure,
    FailureKind,
    Severity,
    Stage,
    StageStatus,
)
from . import explanation, parse
from .interface import Interface
from .linted import linted
from .netlist import NOT_PLAIN, is_plain
from .player import request
from .slang import VerilogFacts, read_verilog
from .tools import (
    DEPTH,
    ELABORATE_SECONDS,
    MEMORY_BYTES,
    NETLIST,
    OUTPUT_BYTES,
    PORTS,
    READ,
    STATISTICS,
    SYNTHESISE_SECONDS,
    TEST_SECONDS,
    Toolbox,
    open_toolbox,
)

MAX_BYTES = 64 * 1024
# Of processor time, to simulate a source that is trusted.
TRUSTED_SECONDS = 20.0
_TASKS_KEPT = 4096
# A bit that is not compared: nothing says what it is.
ANY = "-"
NOT_LINTED = Diagnostic(
    "not linted: what Yosys reads of it is too long", severity=Severity.WARNING, code="long"
)
HIDDEN_ENDING = "the simulation did not come to a good end with the hidden inputs"
PROBE = "module probe (input a, output y);\n  assign y = !a;\nendmodule\n"


@dataclass(frozen=True, slots=True)
class Run:
    """Rows of inputs, and the bits of the outputs that each is expected to give (`ANY`: any)."""

    rows: tuple[int, ...]
    expected: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tests:
    """What a module is put to: runs, whose first `public` are shown.

    Of a combinational module every row is a case; of a sequential one every run, which begins with
    a reset, and passes if all its cycles do.
    """

    interface: Interface
    runs: tuple[Run, ...]
    public: int
    keep_initial: bool = False

    @classmethod
    def of(cls, task: Task) -> Tests | None:
        """From a task's data: ``interface``, ``public``, and ``runs``, each with ``rows``
        (hexadecimal) and ``expected``; ``initial``: ``"source"`` where registers are to start with
        what the source says, as they do where a task has no reset."""
        if not task.tests:
            return None
        runs = tuple(
            Run(tuple(int(row, 16) for row in run["rows"]), tuple(run["expected"]))
            for run in task.tests["runs"]
        )
        return cls(
            Interface.of(task.tests["interface"]),
            runs,
            task.tests["public"],
            task.tests.get("initial") == "source",
        )

    def cases(self, run: Run) -> list[range]:
        """The cases of a run, as the cycles that each is made of."""
        cycles = range(len(run.rows))
        if self.interface.clock is not None:
            return [cycles]
        return [cycles[i : i + 1] for i in cycles]

    def count(self, runs: Sequence[Run]) -> int:
        """How many cases there are in `runs`."""
        return sum(len(self.cases(run)) for run in runs)


class VerilogVerifier(BoxedVerifier[Toolbox]):
    """Judges Verilog programs of one file.

    Args:
        sandbox: What the tools run in: ``"auto"``, ``"docker"``, ``"bubblewrap"``, an open sandbox
            (which `close` leaves open), or ``"unsafe"``: none, which needs `allow_unsafe`.
        timeout: Seconds of processor time that synthesis may take. A program that needs longer has
            failed.
        max_bytes: The longest program that is looked at, in bytes of UTF-8.
        lint: Whether Verilator looks at it too, and the source is simulated beside the netlist.
        prove: Whether a module that passes all its tests is also compared with the reference by
            proof; one that is proven to differ has failed the stage ``prove``.
        workers: How many programs `verify_all` judges at a time (default: one per CPU).

    Raises:
        ToolchainMissingError: A tool is missing.
        SandboxUnavailableError: There is no sandbox to run them in.
        ChoiceError: `sandbox` is none of its choices.

    A verdict has the stages ``parse`` (slang's syntax errors), ``compile`` (Icarus Verilog: the
    module as it is to be joined, with exactly the ports that were asked for), ``synthesise``
    (Yosys: no latch, no loop, no undriven wire, all of it gates), for a task with tests ``test``
    (what was synthesised is simulated; diagnostics are about public runs only), ``prove`` where
    asked for, and ``lint``, which no program fails. Metrics: ``errors``, ``lint`` (warnings of
    Verilator's; not there where it has not read the program to its end),
    ``cells``, ``flip_flops``, ``depth`` (gates on the longest path), all of `slang.VerilogFacts`;
    with tests ``behaviour`` and ``above_trivial`` as of `RustVerifier`, ``explained`` (0..1, see
    `explanation`), and ``differs`` (1: the source, simulated, does not do what the netlist does).

    What the program did is valid and a refusal. When a tool dies, a trivial module is tried; only
    if that fails too is it the machine's failure.
    """

    def __init__(
        self,
        *,
        sandbox: SandboxChoice | Sandbox = "auto",
        allow_unsafe: bool = False,
        timeout: float = SYNTHESISE_SECONDS,
        max_bytes: int = MAX_BYTES,
        lint: bool = True,
        prove: bool = False,
        workers: int | None = None,
    ) -> None:
        super().__init__(
            "verilog",
            workers,
            lambda size: open_toolbox(sandbox, allow_unsafe=allow_unsafe, workers=size),
        )
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._lint = lint
        self._prove = prove
        # What `trivial` finds for a task, by its key: seconds of work where there are many cycles.
        self._given: dict[str, int] = {}

    def equivalent(self, task: Task, source: str) -> bool | None:
        """Whether `source` does the same as the task's reference from a reset on: proven, refuted,
        or (None) neither; None also for one that is not synthesised.

        Raises `SandboxError` when the machine fails, `ValueError` for a task without a reference.
        """
        tests = Tests.of(task)
        if tests is None or task.reference is None:
            raise ValueError(f"the task {task.id} has no reference to compare with")
        outcome = self.tools.run(source, tests.interface)
        if not outcome.valid:
            raise SandboxError(f"the tools could not be run: {outcome.message}")
        netlist = outcome.files.get(NETLIST)
        if netlist is None:
            return None
        return self.tools.prove(tests.interface, task.reference, netlist)

    def simulated(
        self, source: str, tests: Tests, *, netlist_seed: int | None = None
    ) -> list[str] | None:
        """The outputs of `source` itself, simulated without synthesis, in each cycle of the one run
        of `tests`; None when it gives no proper answer. With a `netlist_seed`, of what is
        synthesised of it, registers without a first value starting with what the seed gives.

        Only for sources that are trusted. Raises `SandboxError` when the machine fails.
        """
        ids = tuple(oracle.new_id() for _ in tests.runs)
        requests = _requests(tests, ids)
        if netlist_seed is None:
            outcome = self.tools.look(source, tests.interface, requests, TRUSTED_SECONDS)
        else:
            outcome = self.tools.run(
                source, tests.interface, requests, seed=netlist_seed, keep_initial=True
            )
        if not outcome.valid:
            raise SandboxError(f"the tools could not be run: {outcome.message}")
        steps = {step.name: step for step in outcome.steps}
        (rows,) = _rows(tests, ids, steps.get("test"))
        return rows

    # ------------------------------------------------------------ one program

    def _judge(self, task: Task, source: str) -> Judgement:
        tests = Tests.of(task)
        try:
            encoded = source.encode()
        except UnicodeEncodeError:
            return self._refused("the program is not UTF-8", "utf-8", tests)
        if len(encoded) > self._max_bytes:
            kb = self._max_bytes >> 10
            return self._refused(f"the program has more than {kb} kB", "size", tests)
        started = time.perf_counter()
        text = read_verilog(source)
        reading = time.perf_counter() - started
        interface = tests.interface if tests else None
        ids = tuple(oracle.new_id() for _ in tests.runs) if tests else ()
        requests = _requests(tests, ids)
        seed = int(task.key[:7], 16)
        outcome = self.tools.run(
            source,
            interface,
            requests,
            seed=seed,
            keep_initial=tests is not None and tests.keep_initial,
            seconds=self._timeout,
        )
        if not outcome.valid:
            return Judgement(failure=self._broken(outcome))
        judging = _Judging(tests, text, reading, outcome, self._timeout)
        if (failure := self._machine(judging)) is not None:
            return Judgement(failure=failure)
        judging.compile()
        judging.synthesise()
        seen: list[list[str] | None] = []
        if tests is not None:
            seen = judging.test(tests, ids, self._trivial(task, tests))
        if self._prove and task.reference is not None and judging.passed("test"):
            assert tests is not None
            try:
                judging.stages += self._proven(tests.interface, task.reference, outcome)
            except SandboxError as error:
                return Judgement(failure=Failure(FailureKind.SANDBOX, "prove", str(error)))
        if self._lint:
            failure = self._looked(source, tests, judging, seen)
            if failure is not None:
                return Judgement(failure=failure)
        return judging.judgement()

    def _trivial(self, task: Task, tests: Tests) -> int:
        given = self._given.get(task.key)
        if given is None:
            if len(self._given) >= _TASKS_KEPT:
                self._given.clear()
            given = self._given[task.key] = trivial(tests)
        return given

    def _looked(
        self,
        source: str,
        tests: Tests | None,
        judging: _Judging,
        seen: Sequence[list[str] | None],
    ) -> Failure | None:
        """Adds the stage ``lint``, and whether the source does what the netlist does."""
        if not judging.passed("synthesise"):
            judging.stages.append(Stage("lint", StageStatus.SKIPPED))
            return None
        ids = tuple(oracle.new_id() for _ in tests.runs) if tests else ()
        interface = tests.interface if tests else None
        text = linted(judging.outcome.files.get(READ))
        if text is None and tests is None:
            judging.stages.append(Stage("lint", StageStatus.PASSED, 0.0, (NOT_LINTED,)))
            return None
        outcome = self.tools.look(source, interface, _requests(tests, ids), lint=text)
        if not outcome.valid or not outcome.steps:
            return self._broken(outcome)
        steps = {step.name: step for step in outcome.steps}
        lint = steps.get("lint")
        said = [NOT_LINTED]
        if lint is not None:
            said = parse.verilator(lint.stderr)
            if ended := _tool_ending(lint, ELABORATE_SECONDS):
                said.append(Diagnostic(ended, severity=Severity.WARNING, code=lint.status.value))
            # What has not been read to its end has not few warnings, but none that is known.
            if lint.status is Status.OK and lint.stdout.strip() == b"0":
                judging.metrics["lint"] = float(len(said))
        if tests is not None and (lint is None or lint.status is Status.OK):
            source_rows = _rows(tests, ids, steps.get("test"))
            differs = _differs(tests, source_rows, seen)
            judging.metrics["differs"] = float(differs)
            if differs:
                said.append(
                    Diagnostic(
                        "the source, simulated, does not do what was synthesised from it",
                        severity=Severity.WARNING,
                        code="differs",
                    )
                )
        seconds = 0.0 if lint is None else lint.seconds
        judging.stages.append(Stage("lint", StageStatus.PASSED, seconds, tuple(said)))
        return None

    def _proven(self, interface: Interface, reference: str, outcome: Outcome) -> list[Stage]:
        """The stage ``prove``; none where nothing is decided, which must not refuse a program.

        Raises `SandboxError` when the machine fails.
        """
        started = time.perf_counter()
        same = self.tools.prove(interface, reference, outcome.files[NETLIST])
        seconds = time.perf_counter() - started
        if same is None:
            return []
        if same:
            return [Stage("prove", StageStatus.PASSED, seconds)]
        unlike = Diagnostic("some inputs make it differ from the reference", code="prove")
        return [Stage("prove", StageStatus.FAILED, seconds, (unlike,))]

    def _machine(self, judging: _Judging) -> Failure | None:
        """Why this says nothing about the program: a tool that died, and dies on anything."""
        last = judging.outcome.last if judging.outcome.steps else None
        if last is None:  # refused before anything ran; no program of this size is
            return Failure(FailureKind.SANDBOX, "compile", judging.outcome.message)
        if last.name == "test" or last.status in (Status.OK, Status.TIMEOUT, Status.OUTPUT):
            return None
        if last.status is Status.EXIT and judging.said(last):
            return None
        probe = self.tools.run(PROBE, None)
        if not probe.valid or probe.status is not Status.OK:
            return Failure(
                FailureKind.TOOLCHAIN_CRASHED,
                last.name,
                f"{self.toolchain} fails even on a trivial module ({probe.status.value})",
            )
        return None

    def _broken(self, outcome: Outcome) -> Failure:
        if outcome.steps:
            return Failure(
                FailureKind.TOOLCHAIN_MISSING,
                "compile",
                f"the tools cannot be started any more: {outcome.message}",
            )
        return Failure(
            FailureKind.SANDBOX, "compile", f"the tools could not be run: {outcome.message}"
        )

    def _refused(self, message: str, code: str, tests: Tests | None) -> Judgement:
        """The judgement on a text that breaks a limit of this verifier."""
        names = ["compile", "synthesise"] + (["test"] if tests else [])
        names += ["lint"] if self._lint else []
        first = Stage("parse", StageStatus.FAILED, 0.0, (Diagnostic(message, code=code),))
        stages = (first, *(Stage(name, StageStatus.SKIPPED) for name in names))
        nothing = {"behaviour": 0.0, "above_trivial": 0.0} if tests is not None else {}
        return Judgement(stages, {"errors": 1.0, **nothing})


class _Judging:
    """One program's stages, as they come."""

    def __init__(
        self,
        tests: Tests | None,
        text: VerilogFacts,
        reading: float,
        outcome: Outcome,
        timeout: float,
    ) -> None:
        self.timeout = timeout
        self.tests = tests
        self.text = text
        self.reading = reading
        self.outcome = outcome
        self.steps = {step.name: step for step in outcome.steps}
        self.stages: list[Stage] = []
        self.metrics: dict[str, float] = dict(text.metrics())
        self.facts: dict[str, Any] = {"modules": list(text.modules)}

    def passed(self, name: str) -> bool:
        return any(stage.name == name and stage.passed for stage in self.stages)

    def said(self, step: StepOutcome) -> list[Diagnostic]:
        """The errors and warnings of a step, and how it ended if that says more."""
        found = (parse.icarus if step.name in ("compile", "join") else parse.yosys)(step.stderr)
        if step.status is Status.EXIT:
            return found
        seconds = self.timeout if step.name == "synthesise" else ELABORATE_SECONDS
        if ended := _tool_ending(step, seconds):
            found.append(Diagnostic(ended, code=step.status.value))
        return found

    def compile(self) -> None:
        """The stages ``parse`` and ``compile``."""
        step = self.steps["compile"]
        said = self.said(step)
        misfits: list[Diagnostic] = []
        if self.tests is not None and PORTS in self.outcome.files:
            misfits = parse.misfits(self.tests.interface, self.outcome.files[PORTS])
        accepted = step.status is Status.OK and not misfits
        if not accepted and not any(d.severity is Severity.ERROR for d in (*said, *misfits)):
            said.append(Diagnostic(f"Icarus Verilog ended with {step.status.value}", code="crash"))
        errors = [d for d in (*said, *misfits) if d.severity is Severity.ERROR]
        self.metrics["errors"] = float(len(errors))
        # Icarus has the last word: what it elaborates parses, whatever another reader says.
        if self.text.diagnostics and step.status is not Status.OK:
            self.metrics["errors"] = float(len(self.text.diagnostics))
            self.stages += [
                Stage("parse", StageStatus.FAILED, self.reading, self.text.diagnostics),
                Stage("compile", StageStatus.SKIPPED, step.seconds),
            ]
            return
        syntax = [d for d in errors if "syntax error" in d.message]
        if syntax:
            self.stages += [
                Stage("parse", StageStatus.FAILED, self.reading + step.seconds, tuple(said)),
                Stage("compile", StageStatus.SKIPPED),
            ]
            return
        status = StageStatus.PASSED if accepted else StageStatus.FAILED
        self.stages += [
            Stage("parse", StageStatus.PASSED, self.reading),
            Stage("compile", status, step.seconds, (*said, *misfits)),
        ]

    def synthesise(self) -> None:
        """The stage ``synthesise``."""
        step = self.steps.get("synthesise")
        if step is None or not self.passed("compile"):
            self.stages.append(Stage("synthesise", StageStatus.SKIPPED))
            return
        said = self.said(step)
        fine = step.status is Status.OK
        if fine and self.tests is not None:
            unfit = self._unfit()
            said += unfit
            fine = not unfit
        if not fine and not any(d.severity is Severity.ERROR for d in said):
            said.append(Diagnostic(f"Yosys ended with {step.status.value}", code="crash"))
        status = StageStatus.PASSED if fine else StageStatus.FAILED
        self.stages.append(Stage("synthesise", status, step.seconds, tuple(said)))
        if fine:
            self.metrics |= parse.statistics(self.outcome.files.get(STATISTICS, b""))
            self.metrics["depth"] = parse.depth(self.outcome.files.get(DEPTH, b""))

    def _unfit(self) -> list[Diagnostic]:
        """Why what Yosys wrote is no netlist that was simulated; nothing where it is one."""
        join, netlist = self.steps["join"], self.outcome.files.get(NETLIST)
        if join.status is not Status.OK:
            return self.said(join) or [Diagnostic(NOT_PLAIN, code="netlist")]
        if netlist is None:
            why = self.outcome.missing.get(NETLIST, "it is not there")
            return [Diagnostic(f"the netlist is not taken: {why}", code="netlist")]
        return [] if is_plain(netlist) else [Diagnostic(NOT_PLAIN, code="netlist")]

    def test(self, tests: Tests, ids: Sequence[str], given: int) -> list[list[str] | None]:
        """The stage ``test``; returns what was seen of each run. `given`: see `trivial`."""
        explained = explanation.explained(self.text.comments, tests.interface)
        self.metrics["explained"] = explanation.score(explained)
        self.facts["explained"] = dict(explained)
        step = self.steps.get("test") if self.passed("synthesise") else None
        seen = _rows(tests, ids, step)
        shown, secret = tests.runs[: tests.public], tests.runs[tests.public :]
        counts = {
            "public": _count(tests, shown, seen[: tests.public]),
            "hidden": _count(tests, secret, seen[tests.public :]),
        }
        self.facts["tests"] = counts
        hidden = counts["hidden"]
        self.metrics["behaviour"] = hidden["passed"] / max(hidden["total"], 1)
        self.metrics["above_trivial"] = oracle.above_trivial(counts["public"], hidden, given)
        if step is None:
            self.stages.append(Stage("test", StageStatus.SKIPPED))
            return seen
        fine = all(count["passed"] == count["total"] for count in counts.values())
        complaints: list[Diagnostic] = []
        if not fine:
            for run, rows in zip(shown, seen, strict=False):
                complaints += _complaints(tests, run, rows)
            # Which end it comes to once it has seen hidden inputs could tell what they are.
            if len(step.answers) >= tests.public and step.status is not Status.OK:
                complaints.append(Diagnostic(HIDDEN_ENDING, code="test"))
            elif ended := _ending(step):
                complaints.append(Diagnostic(ended, code=step.status.value))
        status = StageStatus.PASSED if fine else StageStatus.FAILED
        self.stages.append(Stage("test", status, step.seconds, tuple(complaints)))
        return seen

    def judgement(self) -> Judgement:
        return Judgement(tuple(self.stages), self.metrics, self.facts)


# ---------------------------------------------------------------- what was asked and answered


def _requests(tests: Tests | None, ids: Sequence[str]) -> tuple[bytes, ...]:
    if tests is None:
        return ()
    return tuple(
        request(tests.interface, id, run.rows) for id, run in zip(ids, tests.runs, strict=True)
    )


def _rows(tests: Tests, ids: Sequence[str], step: StepOutcome | None) -> list[list[str] | None]:
    """The outputs of each run, cycle by cycle; None for a run without a proper answer."""
    # After a broken protocol nothing that was said can be believed.
    answers = () if step is None or step.status is Status.PROTOCOL else step.answers
    found: list[list[str] | None] = []
    for at, (run, id) in enumerate(zip(tests.runs, ids, strict=True)):
        answer = oracle.read_answer(answers[at], id) if at < len(answers) else None
        rows = answer.value if isinstance(answer, oracle.Returned) else None
        found.append(rows if _is_proper(rows, run, tests.interface.output_bits) else None)
    return found


def _is_proper(rows: object, run: Run, bits: int) -> bool:
    return (
        isinstance(rows, list)
        and len(rows) == len(run.rows)
        and all(isinstance(row, str) and len(row) == bits for row in rows)
    )


def _agrees(expected: str, found: str) -> bool:
    return expected == found or all(
        wanted in (ANY, bit) for wanted, bit in zip(expected, found, strict=True)
    )


def _count(tests: Tests, runs: Sequence[Run], seen: Sequence[list[str] | None]) -> dict[str, int]:
    passed = 0
    for run, rows in zip(runs, seen, strict=True):
        if rows is None:
            continue
        fine = [_agrees(*pair) for pair in zip(run.expected, rows, strict=True)]
        passed += sum(all(fine[cycle] for cycle in case) for case in tests.cases(run))
    return {"passed": passed, "total": tests.count(runs)}


def _differs(
    tests: Tests, source: Sequence[list[str] | None], netlist: Sequence[list[str] | None]
) -> bool:
    """Whether the two gave other outputs where something is expected of them."""
    for run, a, b in zip(tests.runs, source, netlist, strict=True):
        if a is None or b is None:
            return True
        for expected, one, other in zip(run.expected, a, b, strict=True):
            if one != other and any(
                w != ANY and x != y for w, x, y in zip(expected, one, other, strict=True)
            ):
                return True
    return False


def trivial(tests: Tests) -> int:
    """How many hidden cases a module passes that does nothing: its outputs are one constant, or
    all one of its inputs."""
    constants: Counter[str] = Counter()
    given: Counter[str] = Counter()
    for run in tests.runs[tests.public :]:
        for case in tests.cases(run):
            expected = [run.expected[cycle] for cycle in case]
            merged = _merged(expected)
            if merged is not None:
                constants[merged] += 1
            given.update(_inputs_that_agree(tests.interface, run, case))
    return max([*constants.values(), *given.values()], default=0)


def _inputs_that_agree(interface: Interface, run: Run, case: range) -> set[str]:
    """The inputs that pass a case when all outputs are put to them."""
    alike = {port.name for port in interface.inputs}
    for cycle in case:
        values = interface.unpack(run.rows[cycle])
        for name in [*alike]:
            value = values[name]
            row = "".join(f"{value % (1 << p.width):0{p.width}b}" for p in interface.outputs)
            if not _agrees(run.expected[cycle], row):
                alike.discard(name)
    return alike


def _merged(expected: Sequence[str]) -> str | None:
    """The one row that agrees with all of these; None when there is none."""
    found = []
    for bits in zip(*expected, strict=True):
        known = {*bits} - {ANY}
        if len(known) > 1:
            return None
        found.append(known.pop() if known else ANY)
    return "".join(found)


# ---------------------------------------------------------------- what is told of it


def _complaints(tests: Tests, run: Run, rows: list[str] | None) -> Iterator[Diagnostic]:
    """The first few of a public run's cycles that went wrong."""
    if rows is None:
        yield Diagnostic("the module was not simulated to the end", code="test")
        return
    left = 3
    for cycle, (row, expected, found) in enumerate(zip(run.rows, run.expected, rows, strict=True)):
        if _agrees(expected, found):
            continue
        left -= 1
        if left < 0:
            return
        given = ", ".join(
            f"{port.name}={shown(bits, port.width)}"
            for port in tests.interface.inputs
            for bits in [f"{tests.interface.unpack(row)[port.name]:0{port.width}b}"]
        )
        wanted, got = tests.interface.split(expected), tests.interface.split(found)
        wrong = "; ".join(
            f"{port.name} is expected to be {shown(wanted[port.name], port.width)}, and is "
            f"{shown(got[port.name], port.width)}"
            for port in tests.interface.outputs
            if not _agrees(wanted[port.name], got[port.name])
        )
        when = f"in cycle {cycle} " if tests.interface.clock else ""
        yield Diagnostic(f"{when}with {given}: {wrong}"[:1000], code="test")


def shown(bits: str, width: int) -> str:
    """Bits as Verilog writes them: ``1``, ``8'h0f``, ``4'b01xx``.

    >>> shown("00001111", 8), shown("1", 1), shown("01xx", 4)
    ("8'h0f", '1', "4'b01xx")
    """
    if width == 1:
        return bits
    if {*bits} <= {"0", "1"}:
        return f"{width}'h{int(bits, 2):0{-(-width // 4)}x}"
    if {*bits} == {ANY}:
        return ANY
    return f"{width}'b{bits}"


def _tool_ending(step: StepOutcome, seconds: float) -> str:
    """How a tool that had so many seconds ended, where that is the program's doing."""
    name = {"synthesise": "Yosys", "lint": "Verilator"}.get(step.name, "Icarus Verilog")
    return {
        Status.TIMEOUT: f"{name} did not finish in {seconds:g} seconds of processor time",
        Status.OUTPUT: f"{name} printed more than {OUTPUT_BYTES >> 10} kB",
        Status.MEMORY: f"{name} ran out of memory ({MEMORY_BYTES >> 20} MiB)",
        Status.SIGNAL: f"{name} was ended by signal {step.signal}",
    }.get(step.status, "")


def _ending(step: StepOutcome) -> str:
    """How the simulation ended, if not as it should."""
    return {
        Status.TIMEOUT: f"the simulation did not finish in {TEST_SECONDS:g} seconds of processor "
        "time",
        Status.MEMORY: f"the simulation ran out of memory ({MEMORY_BYTES >> 20} MiB)",
        Status.SIGNAL: f"the simulation was ended by signal {step.signal}",
        Status.EXIT: f"the simulation ended with status {step.exit_code}",
        Status.OUTPUT: f"the simulation printed more than {OUTPUT_BYTES >> 10} kB",
        Status.PROTOCOL: "the simulation did not answer what it was asked",
    }.get(step.status, "")
