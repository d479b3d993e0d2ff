"""`forgegym validate ENV --tasks-from SET`: does what is made of a set measure what the set says?

Every reference passes, and no program does that must not: those that do nothing, and the wrong ones
that the set itself has. What is left out is listed with its reason.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from .evaluation_config import open_set
from .validate import verdicts_on


@dataclass(frozen=True, slots=True)
class SetReport:
    """What came of a set.

    `failing`: references that fail, by task. `passing`: for each program that passes and must not,
    its task and its name. `wrong`: how many such programs there were of each name. `excluded`: why
    a task is left out.
    """

    source: str
    toolchain: str
    tasks: int
    references: int
    wrong: dict[str, int]
    failing: tuple[str, ...]
    passing: tuple[tuple[str, str], ...]
    excluded: dict[str, str]

    @property
    def sound(self) -> bool:
        return not self.failing and not self.passing

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "sound": self.sound}

    def show(self, console: Console) -> None:
        """A line for the set and one for each kind of wrong programs, then what is left out."""
        passed = Counter(name for _, name in self.passing)
        console.print(escape(f"{self.source}, by {self.toolchain}"), soft_wrap=True)
        table = Table()
        for column in ("programs", "judged", "accepted"):
            table.add_column(column, justify="left" if column == "programs" else "right")
        right = self.references - len(self.failing)
        table.add_row("references", str(self.references), str(right))
        for name, count in self.wrong.items():
            table.add_row(escape(name), str(count), str(passed[name]))
        console.print(table)
        for task in self.failing:
            console.print(escape(f"{task}: its reference fails"), soft_wrap=True)
        for task, name in self.passing:
            console.print(escape(f"{task}: {name} passes"), soft_wrap=True)
        for task, why in self.excluded.items():
            console.print(escape(f"left out: {task}: {why}"), soft_wrap=True)
        rows = self.tasks + len(self.excluded)
        console.print(f"{rows} tasks in the set, {self.tasks} kept, {len(self.excluded)} left out")


def validate_set(env: str, source: str, **options: Any) -> SetReport:
    """All tasks of a set. `options`, and what else is raised: `open_set`. Raises `ValidationError`
    when the machine fails."""
    wrong: Counter[str] = Counter()
    failing, passing, references = [], [], 0
    with open_set(env, source, **options) as (opened, verifier):
        tasks = list(opened.tasks())
        for task in tasks:
            programs = dict(opened.wrong(task))
            right = [] if task.reference is None else [task.reference]
            references += len(right)
            verdicts = verdicts_on(verifier, task, [*right, *programs.values()])
            failing += [task.id for v in verdicts[: len(right)] if not v.accepted]
            for name, verdict in zip(programs, verdicts[len(right) :], strict=True):
                wrong[name.partition(" of ")[0]] += 1
                if verdict.accepted:
                    passing.append((task.id, name.partition(" of ")[0]))
        toolchain, excluded = str(verifier.toolchain), dict(opened.excluded)
    return SetReport(
        source, toolchain, len(tasks), references, dict(wrong), tuple(failing), tuple(passing),
        excluded,
    )  # fmt: skip
