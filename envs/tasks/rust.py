"""Rust tasks: one public function, from a family of problems at a difficulty. See `families`."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from ...verifiers.python.driver import encode
from ...verifiers.task import Task
from .draw import Draw
from .families import SPLITS, TESTS_SEED, FamilyTasks
from .rust_families import FAMILIES, PanicsError, Problem
from .rust_values import shown

__all__ = [
    "FAMILIES",
    "SPLITS",
    "TASKS",
    "TESTS_SEED",
    "build",
    "get",
    "of_problem",
    "prompt",
    "sample",
    "tasks",
    "variants",
    "with_seed",
]

# Shown in the prompt, and asked in secret; the edges are among the latter.
PUBLIC, HIDDEN = 3, 40
_LINE = 92


def of_problem(
    problem: Problem, name: str, family: str, split: str, level: int, tests_seed: str
) -> Task:
    """The task `name` that a problem makes."""
    public = _cases(problem, Draw("forgegym rust public", name), PUBLIC, [], {})
    seen = {case["args"]: case for case in public}
    hidden = _cases(
        problem, Draw("forgegym rust hidden", name, tests_seed), HIDDEN, problem.edges, seen
    )
    return Task(
        id=name,
        family=family,
        language="rust",
        prompt=prompt(problem, public),
        split=split,
        difficulty=level,
        tests={
            "interface": problem.interface.to_json(),
            "public": len(public),
            "cases": [_stored(case) for case in (*public, *hidden)],
        },
        reference=problem.reference,
    )


def _cases(
    problem: Problem,
    draw: Draw,
    count: int,
    edges: Sequence[tuple[Any, ...]],
    seen: dict[str, Any],
) -> list[dict[str, Any]]:
    """`count` cases that are not `seen`, the edges first; fewer where arguments repeat."""
    found: list[dict[str, Any]] = []
    tries = 0
    while len(found) < count and tries < 20 * count:
        arguments = edges[tries] if tries < len(edges) else problem.arguments(draw)
        tries += 1
        text = encode(list(arguments))
        if text in seen:
            continue
        case: dict[str, Any] = {"args": text, "arguments": arguments}
        try:
            case["found"] = problem.oracle(*arguments)
            case["value"] = encode(case["found"])
        except PanicsError:
            case["raises"] = "panic"
        seen[text] = case
        found.append(case)
    return found


def _stored(case: dict[str, Any]) -> dict[str, str]:
    return {key: case[key] for key in ("args", "value", "raises") if key in case}


def prompt(problem: Problem, public: Sequence[dict[str, Any]]) -> str:
    """What an agent reads: the words, the function's type, and some cases, as comment lines."""
    kinds = [kind for _, kind in problem.interface.parameters]
    lines = []
    for paragraph in problem.words.split("\n"):
        indent = "  " if paragraph.startswith("- ") else ""
        lines += textwrap.wrap(paragraph, _LINE, subsequent_indent=indent)
    lines += ["", "The function, exactly:", "", f"  {problem.interface} {{ ... }}", ""]
    lines += ["For example:", ""]
    for case in public:
        arguments = ", ".join(map(shown, case["arguments"], kinds))
        outcome = (
            "panics" if "raises" in case
            else f"is {shown(case['found'], problem.interface.returns)}"
        )  # fmt: skip
        lines.append(f"  {problem.interface.name}({arguments}) {outcome}")
    lines += ["", "Rust, edition 2021, the standard library alone; no main, no input, no output."]
    return "".join(f"// {line}".rstrip() + "\n" for line in lines)


TASKS = FamilyTasks("rust", FAMILIES, of_problem)
sample, tasks, get, with_seed = TASKS.sample, TASKS.tasks, TASKS.get, TASKS.with_seed
variants, build = TASKS.variants, TASKS.build
