"""A set of tasks that people know: what a language's own reader of such sets makes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ...verifiers.task import Task
from ...verifiers.verifier import ChoiceError, check_choice
from .draw import Draw


def read_source(source: str, kinds: Sequence[str]) -> tuple[str, str]:
    """The kind and the place that ``KIND:PATH`` names. Raises `ChoiceError` for another kind."""
    kind, _, path = source.partition(":")
    check_choice("set of tasks", kind, kinds)
    return kind, path


class TaskSet:
    """The tasks of a set, and why the others are not among them.

    Attributes:
        excluded: Why a task is left out, by its id.
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self.excluded: dict[str, str] = {}
        self._tasks: dict[str, Task] = {}

    def sample(
        self,
        seed: int,
        *,
        split: str = "eval",
        families: Sequence[str] | None = None,
        difficulty: int | None = None,
    ) -> Task:
        """The task of `seed`. Raises `ChoiceError` when none fits."""
        fitting = list(self.tasks(split, families=families, difficulty=difficulty))
        return Draw(f"forgegym {self.language} set", seed).pick(fitting)

    def tasks(
        self,
        split: str = "eval",
        *,
        families: Sequence[str] | None = None,
        difficulty: int | None = None,
    ) -> Iterator[Task]:
        """All of them, in the set's order; a set is there for evaluation, and is one difficulty.

        Raises `ChoiceError` when none fits.
        """
        found = [
            task
            for task in self._tasks.values()
            if split == "eval"
            and (families is None or task.family in families)
            and difficulty in (None, task.difficulty)
        ]
        if not found:
            raise ChoiceError("no task of this set is of that split, family and difficulty")
        yield from found

    def get(self, task_id: str) -> Task:
        """The task with this id. Raises `ChoiceError` when there is none, or says why not."""
        if task_id in self._tasks:
            return self._tasks[task_id]
        if task_id in self.excluded:
            raise ChoiceError(f"{task_id} is left out: {self.excluded[task_id]}")
        known = next(iter(self._tasks), "none")
        raise ChoiceError(f"there is no task {task_id!r} in this set; ids look like {known!r}")

    def wrong(self, task: Task) -> Mapping[str, str]:
        """Programs that must not pass, by name: those that do nothing, and the set's own."""
        raise NotImplementedError
