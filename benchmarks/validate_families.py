"""`forgegym validate` of languages whose tasks come from families: do they measure what they say?

A task is sound when its reference passes on the hidden cases of several seeds, without a warning;
when programs that do nothing are paid at most what compiling pays (what parsing pays, where nothing
is compiled); when the wrong solutions that come with it each fail a hidden case; and when
`LEAST_KILLED` of the reference's mutants do: of those that compile (and are synthesised), less
those that are proven to do what the reference does. Survivors are listed, and are too many where
they have no reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..envs.rewards import staged
from ..envs.tasks import python, rust, verilog
from ..envs.tasks.families import TESTS_SEED, FamilyTasks
from ..verifiers.python import mutants as python_mutants
from ..verifiers.python.interface import Interface as PythonInterface
from ..verifiers.python.toolchain import PythonVerifier
from ..verifiers.rust import mutants as rust_mutants
from ..verifiers.rust.interface import Interface as RustInterface
from ..verifiers.rust.toolchain import RustVerifier
from ..verifiers.sandbox.base import SandboxError
from ..verifiers.task import Task
from ..verifiers.verdict import Verdict
from ..verifiers.verifier import ChoiceError, Verifier
from ..verifiers.verilog import mutants as verilog_mutants
from ..verifiers.verilog.interface import Interface as VerilogInterface
from ..verifiers.verilog.toolchain import VerilogVerifier
from .validate import Row, Survivor, ValidationError, verdicts_on

LEAST_KILLED = 0.95
SEEDS = (TESTS_SEED, "1", "2")
# What `staged` pays whatever a program does: for parsing and compiling, and where nothing is
# compiled for parsing.
COMPILE_SHARE, PARSE_SHARE = 0.5, 0.1


@dataclass(frozen=True, slots=True)
class Language:
    """How a language's tasks are validated.

    `built`: the last stage before the tests. `warned`: how many warnings a verdict holds, of which
    a reference has none. `equivalent`: whether a program is proven to do what the reference does.
    `idle_share`: what a program that does nothing is paid at most. `wrong`: the wrong solutions
    that come with a task.
    """

    tasks: FamilyTasks
    verifier: Callable[..., Any]
    mutants: Callable[[str], Sequence[Any]]
    trivial: Callable[[Mapping[str, Any]], Mapping[str, str]]
    built: str
    warned: Callable[[Verdict], float]
    equivalent: Callable[[Any, Task, str], bool | None] | None = None
    idle_share: float = COMPILE_SHARE
    wrong: Callable[[Task], Sequence[str]] = lambda _: ()


def _lint(verdict: Verdict) -> float:
    # One that was not linted to its end is none without a warning.
    return verdict.metrics.get("lint", 1.0) + verdict.metrics.get("differs", 0.0)


LANGUAGES = {
    "python": Language(
        python.TASKS,
        PythonVerifier,
        python_mutants.mutants,
        lambda tests: python_mutants.trivial(PythonInterface.of(tests["interface"])),
        "parse",
        lambda verdict: verdict.metrics["warnings"],
        idle_share=PARSE_SHARE,
        wrong=lambda task: python.TASKS.problem(task).wrong,
    ),
    "rust": Language(
        rust.TASKS,
        RustVerifier,
        rust_mutants.mutants,
        lambda tests: rust_mutants.trivial(RustInterface.of(tests["interface"])),
        "compile",
        lambda verdict: verdict.metrics["warnings"],
    ),
    "verilog": Language(
        verilog.TASKS,
        VerilogVerifier,
        verilog_mutants.mutants,
        lambda tests: verilog_mutants.trivial(VerilogInterface.of(tests["interface"])),
        "synthesise",
        _lint,
        VerilogVerifier.equivalent,
    ),
}


def chosen(language: str, only: Sequence[str]) -> list[Task]:
    """The frozen tasks, or those whose id or family is in `only`. Raises `ChoiceError`."""
    listed = list(LANGUAGES[language].tasks.tasks("eval"))
    if not only:
        return listed
    found = [task for task in listed if {task.id, task.family} & set(only)]
    if not found:
        raise ChoiceError(f"no task or family is called {', '.join(sorted(only))}")
    return found


def validate_task(task: Task, verifier: Verifier) -> Row:
    """One task. Raises `ValidationError` when the machine fails."""
    assert task.reference is not None
    language = LANGUAGES[task.language]
    row = Row(task=task.id, key=task.key, family=task.family, reference=True)
    for seed in SEEDS:
        seeded = language.tasks.with_seed(task, seed)
        (verdict,) = verdicts_on(verifier, seeded, [task.reference])
        if not verdict.accepted or language.warned(verdict):
            said = "; ".join(map(str, verdict.diagnostics[:2]))
            return replace(row, reference=False, complaint=f"with seed {seed}: {said}")
    idle = language.trivial(task.tests)
    pay = {
        name: staged(verdict).total
        for name, verdict in zip(
            idle, verdicts_on(verifier, task, list(idle.values())), strict=True
        )
    }
    wrong = list(language.wrong(task))
    right = [
        f"wrong solution {number}"
        for number, verdict in enumerate(verdicts_on(verifier, task, wrong), start=1)
        if verdict.metrics["behaviour"] == 1.0
    ]
    made = language.mutants(task.reference)
    verdicts = verdicts_on(verifier, task, [mutant.source for mutant in made])
    built = [(m, v) for m, v in zip(made, verdicts, strict=True) if v.passed(language.built)]
    alive = [m for m, v in built if v.metrics["behaviour"] == 1.0]
    same = _proven_same(language, verifier, task, alive)
    left = [m for m in alive if m not in same]
    number = len(built) - len(same)
    # No task explains its mutants one by one: a generator has too many.
    reason = "one in twenty may" if len(left) <= (1 - LEAST_KILLED) * number else ""
    return replace(
        row,
        paid={name: total for name, total in pay.items() if total > language.idle_share + 1e-9},
        wrong=len(wrong),
        passing=tuple(right),
        mutants=number,
        refused=len(made) - len(built),
        equivalent=len(same),
        killed=number - len(left),
        survivors=tuple(Survivor(m.kind, m.description, reason) for m in left),
    )


def _proven_same(
    language: Language, verifier: Verifier, task: Task, alive: Sequence[Any]
) -> list[Any]:
    if language.equivalent is None:
        return []
    try:
        return [m for m in alive if language.equivalent(verifier, task, m.source)]
    except SandboxError as error:
        raise ValidationError(f"{task.id}: {error}") from error


def validate(
    verifier: Verifier, tasks: Sequence[Task], on_row: Callable[[Row], None] = lambda _: None
) -> list[Row]:
    """All of them; `on_row` is told each as it comes. Raises `ValidationError`."""
    rows = []
    for task in tasks:
        rows.append(validate_task(task, verifier))
        on_row(rows[-1])
    return rows
