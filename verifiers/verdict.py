"""What a verifier says about one program: a `Verdict`.

A verdict is plain frozen data. It holds every stage's status, seconds and diagnostics, the
measurements that rewards are made of, and the name of the toolchain that gave it, so that a
result can be stored as JSON, compared with a replay and never mistaken for another toolchain's.
A machine that broke is told apart from a program that is wrong: the first sets `failure`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any


class StageStatus(str, Enum):
    """How one stage ended. `SKIPPED`: an earlier stage failed, or the stage does not apply."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


class Severity(str, Enum):
    """How bad a diagnostic is; only `ERROR` makes its stage fail."""

    ERROR = "error"
    WARNING = "warning"


class FailureKind(str, Enum):
    """Why a sample is invalid: the machine's fault, never the program's.

    `JUDGE`: an external judge did not answer. No verdict has it: verifiers ask none.
    """

    TOOLCHAIN_MISSING = "toolchain_missing"
    TOOLCHAIN_CRASHED = "toolchain_crashed"
    SANDBOX = "sandbox"
    JUDGE = "judge"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One message of a toolchain about one place; `line` and `column` count from 1."""

    message: str
    line: int | None = None
    column: int | None = None
    severity: Severity = Severity.ERROR
    code: str | None = None

    def __str__(self) -> str:
        place = f"line {self.line}, column {self.column}: " if self.line is not None else ""
        return f"{place}{self.severity.value}: {self.message}"


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a verifier: parse, compile, test, synthesise or lint.

    Two stages that differ only in `seconds` are equal: a replay is never as fast as the original.
    """

    name: str
    status: StageStatus
    seconds: float = field(default=0.0, compare=False)
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def passed(self) -> bool:
        return self.status is StageStatus.PASSED


@dataclass(frozen=True, slots=True)
class Failure:
    """A broken machine: what broke, at which stage, and what to do about it."""

    kind: FailureKind
    stage: str
    message: str


@dataclass(frozen=True, slots=True)
class Toolchain:
    """Who gave the verdict. Results of different toolchains never share a leaderboard row."""

    name: str
    version: str
    language_version: str | None = None
    image_digest: str | None = None

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known about one program for one task.

    `metrics` holds numbers (what rewards read), `facts` anything else a JSON document can hold
    (structure per circuit, complexity per function). Both are empty for a program that does not
    parse. A verdict with a `failure` says nothing about the program.
    """

    task_key: str
    source_sha256: str
    toolchain: Toolchain
    stages: tuple[Stage, ...]
    metrics: Mapping[str, float] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    failure: Failure | None = None

    @property
    def valid(self) -> bool:
        """Whether this verdict is about the program (False: the machine failed)."""
        return self.failure is None

    def passed(self, stage: str) -> bool:
        """Whether the named stage ran and passed."""
        return any(s.name == stage and s.passed for s in self.stages)

    @property
    def compiled(self) -> bool:
        """Whether the toolchain took the program; of a language without a stage ``compile``
        (Python), whether it parsed."""
        has_one = any(s.name == "compile" for s in self.stages)
        return self.passed("compile" if has_one else "parse")

    @property
    def accepted(self) -> bool:
        """Whether every stage that applies passed."""
        return self.valid and bool(self.stages) and all(s.passed for s in self.stages)

    @property
    def stage(self) -> str:
        """The first stage that did not pass, or ``"done"``."""
        return next((s.name for s in self.stages if not s.passed), "done")

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """The diagnostics of every stage, in order."""
        return tuple(d for s in self.stages for d in s.diagnostics)

    @property
    def seconds(self) -> float:
        """Seconds spent in all stages."""
        return sum(s.seconds for s in self.stages)

    def to_json(self) -> dict[str, Any]:
        """This verdict as a JSON-serialisable dictionary; `from_json` is its inverse."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Verdict:
        """The verdict that `to_json` wrote.

        Raises `KeyError` or `ValueError` when `data` is not such a dictionary.
        """
        failure = data["failure"]
        return cls(
            task_key=data["task_key"],
            source_sha256=data["source_sha256"],
            toolchain=Toolchain(**data["toolchain"]),
            stages=tuple(
                Stage(
                    name=s["name"],
                    status=StageStatus(s["status"]),
                    seconds=s["seconds"],
                    diagnostics=tuple(
                        Diagnostic(**{**d, "severity": Severity(d["severity"])})
                        for d in s["diagnostics"]
                    ),
                )
                for s in data["stages"]
            ),
            metrics=dict(data["metrics"]),
            facts=dict(data["facts"]),
            failure=None
            if failure is None
            else Failure(FailureKind(failure["kind"]), failure["stage"], failure["message"]),
        )
