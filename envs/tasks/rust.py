"""Rust tasks: one public function, from a family of problems at a difficulty. See `families`."""

from __future__ import annotations

from ...verifiers.task import Task
from .families import SPLITS, TESTS_SEED, FamilyTasks
from .functions import HIDDEN, PUBLIC, Words, function_task
from .rust_families import FAMILIES, Problem
from .rust_values import shown

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
    comment="// ",
    head=lambda interface: f"{interface} {{ ... }}",
    raises=lambda _: "panics",
    rules="Rust, edition 2021, the standard library alone; no main, no input, no output.",
    shown=shown,
)


def of_problem(
    problem: Problem, name: str, family: str, split: str, level: int, tests_seed: str
) -> Task:
    """The task `name` that a problem makes."""
    return function_task(
        problem, name, family, split, level, tests_seed, language="rust", words=WORDS
    )


TASKS = FamilyTasks("rust", FAMILIES, of_problem)
sample, tasks, get, with_seed = TASKS.sample, TASKS.tasks, TASKS.get, TASKS.with_seed
variants, build = TASKS.variants, TASKS.build
