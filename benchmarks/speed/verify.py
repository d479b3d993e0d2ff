"""What a step of an environment takes, beside the same tools' processes without a sandbox.

A step is `CodeEnv.step`: reading the text, the jobs in their boxes, comparing, the words of the
feedback. The bare side runs the processes of those very jobs (same tools, files, requests and
environment) with `bare.py`: for Docker in a plain container of the image, for bubblewrap on the
host. Both sides take turns, and every step is about a text that no verifier has seen.
"""

from __future__ import annotations

import base64
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any, cast

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from ...envs.code_env import CodeEnv
from ...envs.reasoning import PythonReasoningEnv
from ...envs.rust import RustCodeEnv
from ...envs.verilog import VerilogModuleEnv
from ...verifiers.python.toolchain import PythonVerifier
from ...verifiers.rust.toolchain import RustVerifier
from ...verifiers.sandbox.base import Job, Outcome, Sandbox
from ...verifiers.sandbox.choose import Choice
from ...verifiers.verilog.toolchain import VerilogVerifier
from .figures import Quantiles
from .items import BenchError
from .sandbox import (
    Bare,
    bare_in_container,
    bare_on_host,
    check_backends,
    machine,
    shares_of,
    together,
)

LANGUAGES = ("python", "rust", "verilog")
# Of middling difficulty: a loop with decisions, some registers.
TASKS = {
    "python": "python/running/3/eval-0",
    "rust": "rust/fold/3/eval-0",
    "verilog": "verilog/counter/3/eval-0",
}
_COMMENT = {"python": "#", "rust": "//", "verilog": "//"}
# What is promised: a compiled language's median step above that of its bare tools. Python's are two
# starts of an interpreter, beside which reading and comparing count: it is shown without a promise.
MOST_ABOVE = 0.10
PROMISED = ("rust", "verilog")
WARM_UP = 3
WORKERS = 2
_CHUNK = 10


@dataclass(frozen=True, slots=True)
class Row:
    """One stage of a step, or the whole of it (``step``), bare and sandboxed, in milliseconds."""

    backend: str
    language: str
    stage: str
    bare: Quantiles
    sandboxed: Quantiles

    @property
    def ratio(self) -> float:
        """Of the medians."""
        return self.sandboxed.p50 / self.bare.p50


@dataclass(frozen=True, slots=True)
class Rate:
    """Steps a second, `workers` at a time, and those of the bare tools."""

    backend: str
    language: str
    workers: int
    bare_per_second: float
    per_second: float


@dataclass(slots=True)
class Report:
    """Everything that was measured."""

    machine: dict[str, Any]
    repetitions: int
    steps: int
    rows: list[Row] = field(default_factory=list)
    rates: list[Rate] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            **asdict(self),
            "targets": [
                {
                    "what": f"{row.backend} {row.language}: a step's p50 above its bare tools'",
                    "limit": MOST_ABOVE,
                    "measured": round(row.ratio - 1, 4),
                    "met": row.ratio - 1 <= MOST_ABOVE,
                }
                for row in self.rows
                if row.stage == "step" and row.language in PROMISED
            ],
        }


class Recorder:
    """A sandbox that notes what goes through it."""

    def __init__(self, inner: Sandbox) -> None:
        self._inner = inner
        self.name, self.digest = inner.name, inner.digest
        self.seen: list[tuple[Job, Outcome]] = []

    def run(self, job: Job) -> Outcome:
        outcome = self._inner.run(job)
        self.seen.append((job, outcome))
        return outcome

    async def arun(self, job: Job) -> Outcome:
        return await self._inner.arun(job)

    def close(self) -> None:
        self._inner.close()


def measure(
    *,
    backends: Sequence[str],
    languages: Sequence[str],
    repetitions: int,
    steps: int,
    say: Callable[[str], None],
) -> Report:
    """All of it. Raises `BenchError`, `ToolchainMissingError` and `SandboxUnavailableError`."""
    check_backends(backends)
    for language in languages:
        if language not in LANGUAGES:
            raise BenchError(f"there is no language {language!r}; there are {', '.join(LANGUAGES)}")
    report = Report(machine(), repetitions, steps)
    for backend, language in itertools.product(backends, languages):
        say(f"{backend}, {language}: latency")
        report.rows += _latency(backend, language, repetitions)
        if steps:
            say(f"{backend}, {language}: {steps} steps, {WORKERS} at a time")
            report.rates.append(_rate(backend, language, steps))
    return report


@contextmanager
def _opened(backend: str, language: str, workers: int) -> Iterator[tuple[CodeEnv, Recorder, str]]:
    """An environment of one task, what goes through its sandbox, and the task's reference."""
    env: CodeEnv
    verifier: PythonVerifier | RustVerifier | VerilogVerifier
    sandbox = cast(Choice, backend)
    if language == "python":
        verifier = PythonVerifier(sandbox=sandbox, workers=workers)
        env = PythonReasoningEnv(verifier=verifier, split="eval", stages=("code",))
    elif language == "rust":
        verifier = RustVerifier(sandbox=sandbox, workers=workers)
        env = RustCodeEnv(verifier=verifier, split="eval")
    else:
        verifier = VerilogVerifier(sandbox=sandbox, workers=workers)
        env = VerilogModuleEnv(verifier=verifier, split="eval")
    recorder = Recorder(verifier.tools.sandbox)
    verifier.tools.sandbox = recorder
    try:
        env.reset(seed=0, options={"task": TASKS[language]})
        assert env.task is not None
        reference = env.task.reference
        assert reference is not None
        yield env, recorder, reference
    finally:
        verifier.close()


def _bare(backend: str, digest: str | None) -> Any:
    return bare_in_container(str(digest)) if backend == "docker" else bare_on_host()


def _orders(seen: Sequence[tuple[Job, Outcome]]) -> list[dict[str, Any]]:
    """The processes of these jobs, as `bare.py` takes them."""
    return [
        {
            "count": 1,
            "files": {
                name: {"base64": base64.b64encode(data).decode()}
                for name, data in job.files.items()
            },
            "steps": [
                {
                    "argv": list(step.argv),
                    "requests": [request.decode() for request in step.requests],
                    "environment": dict(step.environment),
                }
                for step in job.steps
            ],
        }
        for job, _ in seen
    ]


def _stages(seen: Sequence[tuple[Job, Outcome]]) -> list[str]:
    """Names of all steps; those of a second job are about the source beside the netlist."""
    return [
        step.name if number == 0 or step.name == "lint" else f"{step.name}, source"
        for number, (job, _) in enumerate(seen)
        for step in job.steps
    ]


def _run_bare(row: Bare, orders: Sequence[dict[str, Any]], count: int = 1) -> list[list[float]]:
    """The seconds of each step, of each of `count` repetitions of all orders."""
    answers = [row.ask({**order, "count": count}) for order in orders]
    for answer in answers:
        if "error" in answer:
            raise BenchError(f"without a sandbox, {answer['error']}")
    return [of_step for answer in answers for of_step in answer["steps"]]


def _latency(backend: str, language: str, repetitions: int) -> list[Row]:
    with _opened(backend, language, 1) as (env, recorder, reference):
        texts = (_unseen(reference, language, number) for number in itertools.count())
        _step(env, next(texts))
        orders, names = _orders(recorder.seen), _stages(recorder.seen)
        bare: dict[str, list[float]] = {name: [] for name in [*names, "step"]}
        boxed: dict[str, list[float]] = {name: [] for name in [*names, "step"]}
        with _bare(backend, recorder.digest) as row:
            for number in range(WARM_UP + repetitions):
                without = [seconds[0] for seconds in _run_bare(row, orders)]
                recorder.seen.clear()
                took = _step(env, next(texts))
                within = [step.seconds for _, outcome in recorder.seen for step in outcome.steps]
                if number < WARM_UP:
                    continue
                for name, a, b in zip(names, without, within, strict=True):
                    bare[name].append(a)
                    boxed[name].append(b)
                bare["step"].append(sum(without))
                boxed["step"].append(took)
    return [
        Row(backend, language, name, Quantiles.of(bare[name]), Quantiles.of(boxed[name]))
        for name in bare
    ]


def _unseen(reference: str, language: str, number: int) -> str:
    """The same program in a text of its own."""
    return f"{reference}\n{_COMMENT[language]} {number}\n"


def _step(env: CodeEnv, source: str) -> float:
    """The seconds of one step. Raises `BenchError` when the reference does not solve the task."""
    assert env.task is not None
    env.reset(seed=0, options={"task": env.task.id})
    started = time.perf_counter()
    feedback, _, solved, _, _ = env.step(source)
    seconds = time.perf_counter() - started
    if not solved:
        raise BenchError(f"the reference does not solve {env.task.id}: {feedback[:300]}")
    return seconds


def _rate(backend: str, language: str, steps: int) -> Rate:
    with _opened(backend, language, WORKERS) as (env, recorder, reference):
        _step(env, _unseen(reference, language, -1))
        orders = _orders(recorder.seen)
        task, verifier = env.task, env.verifier
        assert task is not None
        texts = [_unseen(reference, language, number) for number in range(steps)]

        def judge() -> None:
            verdicts = verifier.verify_all([(task, text) for text in texts])
            if not all(verdict.accepted for verdict in verdicts):
                raise BenchError(f"the reference does not solve {task.id} each time")

        boxed = together([judge])
        with _bare(backend, recorder.digest) as one, _bare(backend, recorder.digest) as other:

            def work(row: Bare, share: int) -> None:
                for done in range(0, share, _CHUNK):
                    _run_bare(row, orders, min(_CHUNK, share - done))

            parts = zip((one, other), shares_of(steps, WORKERS), strict=True)
            bare = together([partial(work, row, share) for row, share in parts])
    return Rate(backend, language, WORKERS, round(steps / bare, 2), round(steps / boxed, 2))


def print_report(report: Report, console: Console) -> None:
    """The tables that people read."""
    table = Table(
        title="A step and its stages, milliseconds", title_justify="left", box=SIMPLE_HEAD
    )
    for name in ("sandbox", "language", "stage", "bare p50", "p95", "here p50", "p95", "ratio"):
        left = name in ("sandbox", "language", "stage")
        table.add_column(name, justify="left" if left else "right")
    for row in report.rows:
        whole = row.stage == "step"
        table.add_row(
            row.backend, row.language, row.stage,
            f"{row.bare.p50:.1f}", f"{row.bare.p95:.1f}",
            f"{row.sandboxed.p50:.1f}", f"{row.sandboxed.p95:.1f}", f"{row.ratio:.2f}",
            style="bold" if whole else None, end_section=whole,
        )  # fmt: skip
    console.print(table)
    for rate in report.rates:
        console.print(
            f"{rate.backend}, {rate.language}: {rate.per_second:.1f} steps/s with {rate.workers} "
            f"workers, {rate.per_second / rate.bare_per_second:.0%} of the bare tools' "
            f"{rate.bare_per_second:.1f}",
            markup=False,
            soft_wrap=True,
        )
    for target in report.to_json()["targets"]:
        mark = "met" if target["met"] else "NOT met"
        console.print(
            f"{target['what']}: {target['measured']:+.1%}, at most {MOST_ABOVE:.0%}: {mark}",
            markup=False,
            soft_wrap=True,
        )
