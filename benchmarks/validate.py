"""`forgegym validate`: whether tasks measure what they say.

A frozen task is sound when its reference (and its second solution, where it has one) solves it,
when contracts that do nothing are paid nothing, and when small mistakes in the reference are
noticed: at least `LEAST_KILLED` of the mutants that compile die, and each that survives is listed,
with the reason that the task gives for it. Everything follows from the tasks and a seed: twice
gives twice the same, which `digest` shows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..envs.rewards import Reward, compact_spec, solved
from ..envs.tasks import compact as open_tasks
from ..envs.tasks import compact_spec as spec_tasks
from ..envs.tasks.compact_spec import SpecTask
from ..verifiers.compact.mutants import mutants, trivial
from ..verifiers.compact.toolchain import CompactVerifier
from ..verifiers.task import Task
from ..verifiers.verdict import Verdict
from ..verifiers.verifier import ChoiceError, judge

# The share of a reference's mutants that hidden tests must tell from it.
LEAST_KILLED = 0.9
# To disclose computes nothing: what the compiler accepts without it is the reference, no mutant.
DISCLOSURE = "dropped disclosure"


class ValidationError(Exception):
    """The machine failed, so that nothing can be said about a task; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that no test tells from the reference; `reason`: why none can, if the task says."""

    kind: str
    description: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """What came of validating one task.

    `mutants` is how many compile and are none of `DISCLOSURE`, `refused` how many the compiler
    refuses, `killed` how many of the first fail a test. `paid`: trivial contracts that earn
    something, with what they earn.
    `stale`: survivors that the task explains and that do not survive.
    """

    task: str
    key: str
    family: str
    reference: bool
    second: bool | None = None
    paid: dict[str, float] = field(default_factory=dict)
    mutants: int = 0
    refused: int = 0
    killed: int = 0
    survivors: tuple[Survivor, ...] = ()
    stale: tuple[str, ...] = ()
    complaint: str = ""

    @property
    def share(self) -> float:
        """Of the mutants that compile, how many die; those that are explained are not counted."""
        explained = sum(bool(s.reason) for s in self.survivors)
        return self.killed / max(self.mutants - explained, 1) if self.mutants else 1.0

    @property
    def sound(self) -> bool:
        return (
            self.reference
            and self.second is not False
            and not self.paid
            and not self.stale
            and self.share >= LEAST_KILLED
        )


def digest(rows: Iterable[Row]) -> str:
    """The hash of all that was found; equal for equal findings."""
    text = json.dumps([asdict(row) for row in rows], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def validate_spec(spec: SpecTask, verifier: CompactVerifier) -> Row:
    """One task with a specification. Raises `ValidationError`."""
    task = spec.task
    assert task.reference is not None
    wrong = mutants(task.reference)
    idle = trivial(task.reference)
    solutions = [task.reference] + ([spec.second] if spec.second is not None else [])
    sources = [*solutions, *idle.values(), *(mutant.source for mutant in wrong)]
    verdicts = _judged(verifier, task, sources)
    right, of_idle, of_wrong = (
        verdicts[: len(solutions)],
        verdicts[len(solutions) : len(solutions) + len(idle)],
        verdicts[len(solutions) + len(idle) :],
    )
    complaint = next((_complaint(v) for v in right if not _full(v)), "")
    pay = {name: compact_spec(v).total for name, v in zip(idle, of_idle, strict=True)}
    refused = sum(not verdict.passed("compile") for verdict in of_wrong)
    survivors = tuple(
        Survivor(m.kind, m.description, spec.survivors.get(m.description, ""))
        for m, verdict in zip(wrong, of_wrong, strict=True)
        if verdict.metrics.get("behaviour") == 1.0 and m.kind != DISCLOSURE
    )
    dead = sum(verdict.metrics.get("behaviour", 1.0) < 1.0 for verdict in of_wrong)
    described = {survivor.description for survivor in survivors}
    return Row(
        task=task.id,
        key=task.key,
        family=task.family,
        reference=_full(right[0]),
        second=_full(right[1]) if spec.second is not None else None,
        paid={name: total for name, total in pay.items() if total > 0},
        mutants=dead + len(survivors),
        refused=refused,
        killed=dead,
        survivors=survivors,
        stale=tuple(sorted(spec.survivors.keys() - described)),
        complaint=complaint,
    )


def _full(verdict: Verdict) -> bool:
    """Whether this solution passes everything and is paid all there is."""
    return verdict.accepted and round(compact_spec(verdict).total, 9) == 1.0


def validate_open(task: Task, verifier: CompactVerifier) -> Row:
    """One task without tests: its reference is accepted and has all that is asked for."""
    assert task.reference is not None
    (verdict,) = _judged(verifier, task, [task.reference])
    fine = solved(verdict)
    return Row(task.id, task.key, task.family, fine, complaint="" if fine else _complaint(verdict))


def _judged(verifier: CompactVerifier, task: Task, sources: Sequence[str]) -> list[Verdict]:
    verdicts, _ = judge(verifier, [(task, source) for source in sources])
    for verdict in verdicts:
        if verdict.failure is not None:
            raise ValidationError(f"{task.id}: {verdict.failure.message}")
    return verdicts


def _complaint(verdict: Verdict) -> str:
    if verdict.diagnostics:
        return str(verdict.diagnostics[0])
    if not verdict.accepted:
        return f"the stage {verdict.stage} fails"
    reward: Reward = compact_spec(verdict)
    return f"it is paid {reward.total:.3f} of 1" if "tests" in verdict.facts else "not all is there"


def chosen(kind: str | None, only: Sequence[str] = ()) -> tuple[list[Task], list[SpecTask]]:
    """The tasks of a kind (None: both), of these `only` some by id or family.

    Raises `ChoiceError` when nothing is of that name.
    """
    without = [] if kind == "spec" else [t for t in open_tasks.tasks("eval") if t.reference]
    with_tests = [] if kind == "open" else list(spec_tasks.everything())
    if only:
        names = set(only)
        without = [t for t in without if {t.id, t.family} & names]
        with_tests = [
            s for s in with_tests if {s.task.id, s.task.family, s.task.id.split("/")[-1]} & names
        ]
        if not without and not with_tests:
            raise ChoiceError(f"no task or family is called {', '.join(sorted(names))}")
    return without, with_tests


def validate(
    verifier: CompactVerifier,
    without_tests: Sequence[Task],
    with_tests: Sequence[SpecTask],
    on_row: Callable[[Row], None] = lambda _: None,
) -> list[Row]:
    """All of them; `on_row` is told each as it comes. Raises `ValidationError`."""
    rows = []
    for task in without_tests:
        rows.append(validate_open(task, verifier))
        on_row(rows[-1])
    for spec in with_tests:
        rows.append(validate_spec(spec, verifier))
        on_row(rows[-1])
    return rows


# ---------------------------------------------------------------- showing it


def to_json(rows: Sequence[Row], toolchain: str, sandbox: str | None) -> dict[str, Any]:
    return {
        "toolchain": toolchain,
        "sandbox": sandbox,
        "sound": all(row.sound for row in rows),
        "digest": digest(rows),
        "tasks": [{**asdict(row), "share": row.share, "sound": row.sound} for row in rows],
    }


def print_rows(rows: Sequence[Row], console: Console) -> None:
    """A line a family, then everything that is wrong or that needs its reason."""
    table = Table(title="Do the tasks measure what they say?")
    for column in ("family", "tasks", "references", "second", "trivial paid", "mutants", "killed"):
        table.add_column(column, justify="left" if column == "family" else "right")
    families = sorted({row.family for row in rows})
    for name in [*families, "all"]:
        of = [row for row in rows if name in (row.family, "all")]
        seconds = [row.second for row in of if row.second is not None]
        number = sum(row.mutants for row in of)
        killed = sum(row.killed for row in of)
        table.add_row(
            name,
            str(len(of)),
            f"{sum(row.reference for row in of)} pass",
            f"{sum(seconds)} of {len(seconds)} pass" if seconds else "",
            str(sum(len(row.paid) for row in of)) if number else "",
            str(number) if number else "",
            f"{killed / number:.1%}" if number else "",
            style="bold" if name == "all" else None,
        )
    console.print(table)
    for row in rows:
        for line in _remarks(row):
            console.print(escape(f"{row.task}: {line}"), soft_wrap=True)
    unsound = sum(not row.sound for row in rows)
    console.print(f"{len(rows)} tasks, {unsound} of them not sound; digest {digest(rows)}")


def _remarks(row: Row) -> Iterable[str]:
    if row.complaint:
        yield f"a right solution fails: {row.complaint}"
    for name, total in row.paid.items():
        yield f"the trivial contract {name!r} is paid {total:.3f}"
    for survivor in row.survivors:
        yield f"survives: {survivor.description} ({survivor.reason or 'NO REASON GIVEN'})"
    for description in row.stale:
        yield f"is explained, and does not survive: {description}"
    if row.share < LEAST_KILLED:
        yield f"only {row.share:.0%} of the mutants die"
