"""Rust tasks: one public function, from a family of problems at a difficulty.

Everything follows from a task's id: the variant, the cases that its prompt shows, and, with the
seed of the tests, the hidden ones. A fifth of each family's variants at each difficulty, chosen by
hash, is asked for in ``eval`` only.
"""

from __future__ import annotations

import hashlib
import textwrap
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import Any

from ...verifiers.python.driver import encode
from ...verifiers.task import Task
from ...verifiers.verifier import ChoiceError
from .draw import Draw
from .rust_families import FAMILIES, LEVELS, PanicsError, Problem
from .rust_values import shown

SPLITS = ("train", "eval")
# Shown in the prompt, and asked in secret; the edges are among the latter.
PUBLIC, HIDDEN = 3, 40
TESTS_SEED = "0"
_LINE = 92


def sample(
    seed: int,
    *,
    split: str = "train",
    families: Sequence[str] | None = None,
    difficulty: int | None = None,
) -> Task:
    """The task of `seed` among those of the split, families (None: all) and difficulty (None: all).

    Raises `ChoiceError` when there is no such family, split or difficulty.
    """
    kinds = _kinds(split, families, difficulty)
    draw = Draw("forgegym rust sample", split, seed)
    family, level = draw.pick(kinds)
    return build(family, level, split, draw.below(len(variants(family, level, split))))


def tasks(
    split: str = "eval",
    *,
    families: Sequence[str] | None = None,
    difficulty: int | None = None,
) -> Iterator[Task]:
    """One task of each family and difficulty, in a fixed order; ``tasks("eval")`` is the frozen
    evaluation set. Raises as `sample`."""
    for family, level in _kinds(split, families, difficulty):
        yield build(family, level, split, 0)


def get(task_id: str) -> Task:
    """The task with this id. Raises `ChoiceError` when there is none."""
    try:
        language, family, level, rest = task_id.split("/")
        split, number = rest.split("-")
        if language == "rust":
            return build(family, int(level), split, int(number))
    except (ValueError, KeyError, IndexError):
        pass
    raise ChoiceError(f"there is no Rust task {task_id!r}; ids look like {next(tasks()).id!r}")


def with_seed(task: Task, tests_seed: str) -> Task:
    """The same task with the hidden cases of another seed."""
    _, family, level, rest = task.id.split("/")
    split, number = rest.split("-")
    return build(family, int(level), split, int(number), tests_seed)


@cache
def variants(family: str, level: int, split: str) -> tuple[tuple[Any, ...], ...]:
    """The variants of a family at a difficulty that are in this split, in an order of their own."""

    def rank(variant: tuple[Any, ...]) -> bytes:
        return hashlib.sha256(f"forgegym rust {family} {level} {variant!r}".encode()).digest()

    ranked = sorted(FAMILIES[family].variants(level), key=rank)
    held_out = max(1, len(ranked) // 5)
    return tuple(ranked[:held_out] if split == "eval" else ranked[held_out:])


def _kinds(
    split: str, families: Sequence[str] | None, difficulty: int | None
) -> list[tuple[str, int]]:
    """The (family, difficulty) pairs that fit, in their order."""
    if split not in SPLITS:
        raise ChoiceError(f"unknown split {split!r}; there are: {', '.join(SPLITS)}")
    if difficulty is not None and difficulty not in LEVELS:
        raise ChoiceError(f"unknown difficulty {difficulty!r}; there are: 1 to {max(LEVELS)}")
    for name in families or ():
        if name not in FAMILIES:
            raise ChoiceError(f"unknown family {name!r}; there are: {', '.join(sorted(FAMILIES))}")
    return [
        (name, level)
        for name in (sorted(FAMILIES) if families is None else families)
        for level in LEVELS
        if difficulty in (None, level)
    ]


# The members of a group are reset to the same task, one after the other.
@lru_cache(1024)
def build(family: str, level: int, split: str, number: int, tests_seed: str = TESTS_SEED) -> Task:
    """The task of the `number`-th variant. `tests_seed` changes the hidden cases alone.

    Raises `KeyError` or `IndexError` when there is none.
    """
    if level not in LEVELS or number < 0:
        raise IndexError(level, number)
    problem = FAMILIES[family].problem(*variants(family, level, split)[number])
    name = f"rust/{family}/{level}/{split}-{number}"
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
