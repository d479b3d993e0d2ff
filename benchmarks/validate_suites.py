"""`forgegym validate PythonTests-v0`: do its tasks tell good tests from what is none?

A task is sound when its reference tests are all valid, when each of its wrong programs fails one,
and when what is no test is paid nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..envs.rewards import clipped_tests, discriminator
from ..envs.tasks import python_tests
from ..verifiers.python.suites import SuiteVerifier
from ..verifiers.task import Task
from ..verifiers.verifier import ChoiceError
from .validate import Row, verdicts_on


def chosen(only: Sequence[str]) -> list[Task]:
    """The frozen tasks, or those whose id or family is in `only`. Raises `ChoiceError`."""
    found = [t for t in python_tests.tasks("eval") if not only or {t.id, t.family} & set(only)]
    if not found:
        raise ChoiceError(f"no task or family is called {', '.join(sorted(only))}")
    return found


def worthless(task: Task) -> dict[str, str]:
    """Texts that test nothing, by name: they must be paid nothing."""
    name = task.tests["interface"]["name"]
    arguments = ", ".join("None" for _ in task.tests["interface"]["parameters"])
    return {
        "nothing": "",
        "a truth": "assert True\n",
        "itself": f"assert {name}({arguments}) == {name}({arguments})\n",
        "another function": "assert len([]) == 0\n",
        "other types": f"with raises(Exception):\n    {name}({arguments})\n",
        "what equals everything": f"assert {name}({arguments}) == type('E', (), {{}})()\n",
        "an exit": f"assert {name}({arguments}) == exit(0)\n",
    }


def validate_task(task: Task, verifier: SuiteVerifier) -> Row:
    """One task. Raises `ValidationError` when the machine fails."""
    assert task.reference is not None
    idle = worthless(task)
    right, *others = verdicts_on(verifier, task, [task.reference, *idle.values()])
    valid = right.metrics["validity"] == 1.0
    paid = {
        name: max(discriminator(verdict).total, clipped_tests(verdict).total)
        for name, verdict in zip(idle, others, strict=True)
    }
    opponents = task.tests["opponents"]
    living = []
    if valid and not right.accepted:
        for number, opponent in enumerate(opponents, start=1):
            alone = python_tests.with_opponents(task, [opponent])
            (verdict,) = verdicts_on(verifier, alone, [task.reference])
            if not verdict.metrics["kills"]:
                living.append(f"wrong program {number}")
    return Row(
        task=task.id,
        key=task.key,
        family=task.family,
        reference=valid,
        paid={name: total for name, total in paid.items() if total > 0},
        wrong=len(opponents),
        passing=tuple(living),
        complaint="" if valid else "; ".join(d.message for d in right.diagnostics[:2]),
    )


def validate(
    verifier: SuiteVerifier, tasks: Sequence[Task], on_row: Callable[[Row], None] = lambda _: None
) -> list[Row]:
    """All of them; `on_row` is told each as it comes. Raises `ValidationError`."""
    rows = []
    for task in tasks:
        rows.append(validate_task(task, verifier))
        on_row(rows[-1])
    return rows
