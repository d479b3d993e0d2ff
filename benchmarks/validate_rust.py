"""`forgegym validate RustCode-v0`: whether Rust tasks measure what they say.

A task is sound when its reference passes on the hidden cases of several seeds, when programs that
do nothing are paid at most what compiling pays, and when `LEAST_KILLED` of the reference's mutants
that compile fail a hidden case. Survivors are listed, and are too many where they have no reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ..envs.rewards import staged
from ..envs.tasks import rust
from ..verifiers.rust.interface import Interface
from ..verifiers.rust.mutants import mutants, trivial
from ..verifiers.rust.toolchain import RustVerifier
from ..verifiers.task import Task
from ..verifiers.verifier import ChoiceError
from .validate import Row, Survivor, verdicts_on

LEAST_KILLED = 0.95
SEEDS = (rust.TESTS_SEED, "1", "2")
# Parsing and compiling, which `staged` pays whatever a program does.
COMPILE_SHARE = 0.5


def chosen(only: Sequence[str]) -> list[Task]:
    """The frozen tasks, or those whose id or family is in `only`. Raises `ChoiceError`."""
    listed = list(rust.tasks("eval"))
    if not only:
        return listed
    found = [task for task in listed if {task.id, task.family} & set(only)]
    if not found:
        raise ChoiceError(f"no task or family is called {', '.join(sorted(only))}")
    return found


def validate_task(task: Task, verifier: RustVerifier) -> Row:
    """One task. Raises `ValidationError` when the machine fails."""
    assert task.reference is not None
    row = Row(task=task.id, key=task.key, family=task.family, reference=True)
    for seed in SEEDS:
        seeded = rust.with_seed(task, seed)
        (verdict,) = verdicts_on(verifier, seeded, [task.reference])
        if not verdict.accepted or verdict.metrics["warnings"]:
            said = "; ".join(map(str, verdict.diagnostics[:2]))
            return replace(row, reference=False, complaint=f"with seed {seed}: {said}")
    idle = trivial(Interface.of(task.tests["interface"]))
    pay = {
        name: staged(verdict).total
        for name, verdict in zip(
            idle, verdicts_on(verifier, task, list(idle.values())), strict=True
        )
    }
    made = mutants(task.reference)
    verdicts = verdicts_on(verifier, task, [mutant.source for mutant in made])
    compiled = [(m, v) for m, v in zip(made, verdicts, strict=True) if v.passed("compile")]
    alive = [m for m, v in compiled if v.metrics["behaviour"] == 1.0]
    # No task explains its mutants one by one: a generator has too many.
    few = len(alive) <= (1 - LEAST_KILLED) * len(compiled)
    reason = "one in twenty may" if few else ""
    return replace(
        row,
        paid={name: total for name, total in pay.items() if total > COMPILE_SHARE + 1e-9},
        mutants=len(compiled),
        refused=len(made) - len(compiled),
        killed=len(compiled) - len(alive),
        survivors=tuple(Survivor(m.kind, m.description, reason) for m in alive),
    )


def validate(
    verifier: RustVerifier, tasks: Sequence[Task], on_row: Callable[[Row], None] = lambda _: None
) -> list[Row]:
    """All of them; `on_row` is told each as it comes. Raises `ValidationError`."""
    rows = []
    for task in tasks:
        rows.append(validate_task(task, verifier))
        on_row(rows[-1])
    return rows
