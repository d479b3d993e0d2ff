"""Python tasks: one function, from a family of problems at a difficulty. See `families`."""

from __future__ import annotations

from ...verifiers.python.interface import shown
from ...verifiers.task import Task
from .families import SPLITS, TESTS_SEED, FamilyTasks
from .functions import HIDDEN, PUBLIC, Words, function_task
from .python_families import FAMILIES, Problem

__all__ = [
    "FAMILIES",
    "HIDDEN",
    "PUBLIC",
    "SPLITS",
    "TASKS",
    "TESTS_SEED",
    "build",
    "get",
    "of_problem",
    "sample",
    "tasks",
    "variants",
    "with_seed",
]

WORDS = Words(
    comment="",
    head=lambda interface: f"{interface}: ...",
    raises=lambda name: f"raises {name}",
    rules=(
        "Python 3, the standard library alone; no input, no output. Results have exactly the\n"
        "types that are named, and arguments are left as they are."
    ),
    shown=lambda value, _: shown(value),
)


def of_problem(
    problem: Problem, name: str, family: str, split: str, level: int, tests_seed: str
) -> Task:
    """The task `name` that a problem makes."""
    return function_task(
        problem, name, family, split, level, tests_seed, language="python", words=WORDS
    )


TASKS = FamilyTasks("python", FAMILIES, of_problem)
sample, tasks, get, with_seed = TASKS.sample, TASKS.tasks, TASKS.get, TASKS.with_seed
variants, build = TASKS.variants, TASKS.build
