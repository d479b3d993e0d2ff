"""Tasks made of families: a family makes problems of five difficulties out of its variants.

Everything follows from a task's id: the variant, the cases that its prompt shows, and, with the
seed of the tests, the hidden ones. A fifth of each family's variants at each difficulty, chosen by
hash, is asked for in ``eval`` only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, Protocol

from ...verifiers.task import Task
from ...verifiers.verifier import ChoiceError, check_choice
from .draw import Draw

SPLITS = ("train", "eval")
LEVELS = (1, 2, 3, 4, 5)
TESTS_SEED = "0"


class Family(Protocol):
    """A kind of problem. `variants` gives, for a difficulty, at least five keys (tuples of plain
    values), and `problem` makes of one of them what is to be done."""

    @property
    def variants(self) -> Callable[[int], Sequence[tuple[Any, ...]]]: ...

    @property
    def problem(self) -> Callable[..., Any]: ...


class FamilyTasks:
    """The tasks of a language.

    Args:
        language: Begins their ids: ``rust/fold/1/eval-0``.
        families: By name.
        task: Makes a task of a problem, its id, family, split, difficulty and the tests' seed.
    """

    def __init__(
        self, language: str, families: Mapping[str, Family], task: Callable[..., Task]
    ) -> None:
        self.language = language
        self.families = families
        self._task = task
        self.variants = cache(self._variants)
        # To build one takes milliseconds, and 20 to 40 kB: all of a language's are kept once built.
        self.build = lru_cache(4096)(self._build)

    def sample(
        self,
        seed: int,
        *,
        split: str = "train",
        families: Sequence[str] | None = None,
        difficulty: int | None = None,
    ) -> Task:
        """The task of `seed` among those of the split, families (None: all) and difficulty (None:
        all). Raises `ChoiceError` when there is no such family, split or difficulty."""
        kinds = self._kinds(split, families, difficulty)
        draw = Draw(f"forgegym {self.language} sample", split, seed)
        family, level = draw.pick(kinds)
        return self.build(
            family, level, split, draw.below(len(self.variants(family, level, split)))
        )

    def tasks(
        self,
        split: str = "eval",
        *,
        families: Sequence[str] | None = None,
        difficulty: int | None = None,
    ) -> Iterator[Task]:
        """One task of each family and difficulty, in a fixed order; ``tasks("eval")`` is the frozen
        evaluation set. Raises as `sample`."""
        for family, level in self._kinds(split, families, difficulty):
            yield self.build(family, level, split, 0)

    def every(
        self, split: str, *, families: Sequence[str] | None = None, difficulty: int | None = None
    ) -> Iterator[Task]:
        """A task of each variant of the split, in a fixed order. Raises as `sample`."""
        for family, level in self._kinds(split, families, difficulty):
            for number in range(len(self.variants(family, level, split))):
                yield self.build(family, level, split, number)

    def get(self, task_id: str) -> Task:
        """The task with this id. Raises `ChoiceError` when there is none."""
        try:
            return self._named(task_id)
        except (ValueError, KeyError, IndexError):
            known = next(self.tasks()).id
            raise ChoiceError(
                f"there is no {self.language.capitalize()} task {task_id!r}; ids look like "
                f"{known!r}"
            ) from None

    def with_seed(self, task: Task, tests_seed: str) -> Task:
        """The same task with the hidden cases of another seed."""
        return self._named(task.id, tests_seed)

    def problem(self, task: Task) -> Any:
        """The problem that a task is made of."""
        _, family, level, rest = task.id.split("/")
        split, number = rest.split("-")
        return self.families[family].problem(*self.variants(family, int(level), split)[int(number)])

    def _named(self, task_id: str, tests_seed: str = TESTS_SEED) -> Task:
        language, family, level, rest = task_id.split("/")
        split, number = rest.split("-")
        if language != self.language:
            raise ValueError(task_id)
        return self.build(family, int(level), split, int(number), tests_seed)

    def _variants(self, family: str, level: int, split: str) -> tuple[tuple[Any, ...], ...]:
        """The variants of a family at a difficulty that are in this split, in an order of their
        own."""

        def rank(variant: tuple[Any, ...]) -> bytes:
            text = f"forgegym {self.language} {family} {level} {variant!r}"
            return hashlib.sha256(text.encode()).digest()

        ranked = sorted(self.families[family].variants(level), key=rank)
        held_out = max(1, len(ranked) // 5)
        return tuple(ranked[:held_out] if split == "eval" else ranked[held_out:])

    def _kinds(
        self, split: str, families: Sequence[str] | None, difficulty: int | None
    ) -> list[tuple[str, int]]:
        """The (family, difficulty) pairs that fit, in their order."""
        check_choice("split", split, SPLITS)
        if difficulty is not None and difficulty not in LEVELS:
            raise ChoiceError(f"unknown difficulty {difficulty!r}; there are: 1 to {max(LEVELS)}")
        for name in families or ():
            check_choice("family", name, sorted(self.families))
        return [
            (name, level)
            for name in (sorted(self.families) if families is None else families)
            for level in LEVELS
            if difficulty in (None, level)
        ]

    def _build(
        self, family: str, level: int, split: str, number: int, tests_seed: str = TESTS_SEED
    ) -> Task:
        """The task of the `number`-th variant. `tests_seed` changes the hidden cases alone.

        Raises `KeyError` or `IndexError` when there is none.
        """
        if level not in LEVELS or number < 0:
            raise IndexError(level, number)
        problem = self.families[family].problem(*self.variants(family, level, split)[number])
        name = f"{self.language}/{family}/{level}/{split}-{number}"
        return self._task(problem, name, family, split, level, tests_seed)
