"""Compact tasks with a specification: contracts that are called, and judged by what they do.

One folder of `compact_specs/` is one frozen task: ``task.json`` (family, difficulty, split, the
recipe of its hidden plays), ``spec.md`` (what is wanted, in words), ``reference.compact``, and for
a third of them ``second.compact``, another right solution in another style. The prompt is the
specification and the interface, which is read off the reference: exactly what callers and the
ledger's readers see.
"""

from __future__ import annotations

import hashlib
import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from ...verifiers.compact.frontend import ast
from ...verifiers.compact.frontend.parser import parse
from ...verifiers.task import Task
from ...verifiers.verifier import ChoiceError, check_choice
from .compact import HEADER

FOLDER = Path(__file__).with_name("compact_specs")
SPLITS = ("train", "eval")
_LINE = 96


@dataclass(frozen=True, slots=True)
class SpecTask:
    """A frozen task with what only its validation reads.

    `second`: another right solution. `survivors`: mutant -> why it cannot be told from the
    reference (see `benchmarks.validate`).
    """

    task: Task
    second: str | None = None
    survivors: Mapping[str, str] = field(default_factory=dict)


def read_task(folder: Path) -> SpecTask:
    """The task that lies in `folder`.

    Raises `OSError` for a file that is not there, `ValueError` for one that says nothing.
    """
    fields = json.loads((folder / "task.json").read_text())
    reference = (folder / "reference.compact").read_text()
    second = folder / "second.compact"
    task = Task(
        id=f"compact/spec/{folder.name}",
        family=fields["family"],
        language="compact",
        prompt=prompt((folder / "spec.md").read_text(), reference),
        split=fields["split"],
        difficulty=fields["difficulty"],
        tests=fields["tests"],
        reference=reference,
    )
    return SpecTask(
        task, second.read_text() if second.is_file() else None, fields.get("survivors", {})
    )


def prompt(spec: str, reference: str) -> str:
    """What an agent reads: the words as comment lines, the interface, and how a file begins."""
    words = [
        line for paragraph in spec.strip().split("\n\n") for line in ("", *_wrapped(paragraph))
    ][1:]
    given = [f"  {line}" for part in interface(reference) for line in part.splitlines()]
    lines = [*words, "", "The interface, exactly:", "", *given]
    return "".join(f"// {line}".rstrip() + "\n" for line in lines) + HEADER


def _wrapped(paragraph: str) -> list[str]:
    """The lines of a paragraph; those of a list keep their marks."""
    found: list[str] = []
    for line in paragraph.splitlines():
        if line.startswith("- ") or not found:
            found.append(line.strip())
        else:
            found[-1] += f" {line.strip()}"
    return [
        part
        for line in found
        for part in textwrap.wrap(
            line, _LINE, subsequent_indent="  " if line.startswith("- ") else ""
        )
    ]


def interface(source: str) -> list[str]:
    """What a contract shows: its exported declarations without bodies, constructor, witnesses."""
    found = []
    for declaration in parse(source).declarations:
        if isinstance(declaration, ast.Constructor) or (
            isinstance(declaration, ast.Circuit) and declaration.exported
        ):
            found.append(source[declaration.pos : declaration.body.pos].rstrip() + ";")
        elif isinstance(declaration, ast.Witness) or (
            isinstance(declaration, (ast.Ledger, ast.TypeAlias)) and declaration.exported
        ):
            found.append(_up_to(source, declaration.pos, ";"))
        elif isinstance(declaration, (ast.Enum, ast.Struct)) and declaration.exported:
            found.append(_up_to(source, declaration.pos, "}"))
    return [" ".join(text.split()) for text in found]


def _up_to(source: str, start: int, end: str) -> str:
    return source[start : source.index(end, start) + 1]


@cache
def everything() -> tuple[SpecTask, ...]:
    """All frozen tasks, by family and difficulty. Raises as `read_task` does."""
    read = [read_task(path.parent) for path in sorted(FOLDER.glob("*/task.json"))]
    return tuple(sorted(read, key=lambda s: (s.task.family, s.task.difficulty, s.task.id)))


def tasks(split: str | None = None) -> Iterator[Task]:
    """The tasks of one split, or all of them."""
    return (s.task for s in everything() if split in (None, s.task.split))


def families() -> tuple[str, ...]:
    """The names of the families, sorted."""
    return tuple(sorted({s.task.family for s in everything()}))


def get(task_id: str) -> Task:
    """The task with this id. Raises `ChoiceError` when there is none."""
    for spec in everything():
        if spec.task.id == task_id:
            return spec.task
    raise ChoiceError(f"there is no task {task_id!r} among those with a specification")


def sample(
    seed: int,
    *,
    split: str,
    families: Sequence[str] | None = None,
    difficulty: int | None = None,
) -> Task:
    """The task that belongs to `seed`. Raises `ChoiceError` when none is of this kind."""
    _check(split, families)
    found = [
        task
        for task in tasks(split)
        if (families is None or task.family in families)
        and (difficulty is None or task.difficulty == difficulty)
    ]
    if not found:
        raise ChoiceError(f"no task of {split} has difficulty {difficulty} in these families")
    digest = hashlib.sha256(f"compact spec {seed}".encode()).digest()
    return found[int.from_bytes(digest[:8], "big") % len(found)]


def _check(split: str, chosen: Sequence[str] | None) -> None:
    check_choice("split", split, SPLITS)
    unknown = set(chosen or ()) - set(families())
    if unknown or chosen == ():
        known = ", ".join(families())
        raise ChoiceError(
            f"unknown family {', '.join(sorted(unknown)) or '(none)'}; there are: {known}"
        )
