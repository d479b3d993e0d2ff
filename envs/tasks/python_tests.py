"""Tasks whose answer is tests: those of `tasks.python`, seen from the other side.

Each has a function's description, the reference that valid tests are passed by, and wrong programs
that they are to fail: the mistakes that come with the problem, and a few mutants of the reference.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from ...verifiers.calls import Tests
from ...verifiers.python.assertions import written
from ...verifiers.python.interface import Interface
from ...verifiers.python.mutants import mutants
from ...verifiers.task import Task
from ...verifiers.verifier import ChoiceError
from . import python
from .draw import Draw
from .task_set import TaskSet

__all__ = [
    "PARTS", "PREFIX", "TestsOf", "get", "sample", "tasks", "tests_for", "with_opponents",
    "wrong_programs",
]  # fmt: skip

PREFIX = "python-tests"
# Beside a problem's own wrong solutions, which are two to four.
MUTANTS = 6
PARTS = ("practice", "trial")

_BEFORE = (
    "Write tests for the function that is described here. A test counts if the right function\n"
    "passes it; good tests are failed by wrong ones.\n\n"
)
_AFTER = (
    "\n"
    "One test a line, of calls that the description speaks of, with values written out:\n"
    "\n"
    "  assert {name}({names}) == result\n"
    "\n"
    "and where an exception is to be raised two lines:\n"
    "\n"
    "  with raises(ValueError):\n"
    "      {name}({names})\n"
)
_SHOWN = "\nA program that may be wrong:\n\n```python\n{program}\n```\n"


def tests_for(task: Task) -> Task:
    """The task of writing tests for the function of `task`, which has a reference and cases."""
    assert task.reference is not None
    return _named(task.id) if task.provenance == "ForgeGym" else _made(task, ())


def with_opponents(task: Task, opponents: Sequence[str], *, shown: str = "") -> Task:
    """`task`, whose tests are to fail these programs; what is `shown` of them is put before its
    author."""
    prompt = task.prompt
    if shown:
        prompt += _SHOWN.format(program=shown.rstrip())
    return replace(task, prompt=prompt, tests={**task.tests, "opponents": list(opponents)})


def wrong_programs(task: Task, part: str) -> list[str]:
    """The half of a task's own wrong programs that tests are practised on (``"practice"``), or the
    other, on which they are tried (``"trial"``). Raises `ChoiceError` for another part."""
    if part not in PARTS:
        raise ChoiceError(f"wrong programs are of {' or '.join(PARTS)}, not {part!r}")
    return list(task.tests["opponents"][PARTS.index(part) :: len(PARTS)])


@lru_cache(1024)
def _named(task_id: str) -> Task:
    task = python.get(task_id)
    assert task.reference is not None
    made = Draw("forgegym python tests", task_id).shuffle(mutants(task.reference))
    wrong = [*python.TASKS.problem(task).wrong, *(m.source for m in made[:MUTANTS])]
    return _made(task, wrong)


def _made(task: Task, wrong: Sequence[str]) -> Task:
    tests = Tests.of(task, Interface)
    assert tests is not None
    names = ", ".join(name for name, _ in tests.interface.parameters)
    after = _AFTER.format(name=tests.interface.name, names=names)
    hidden = [written(case) for case in tests.cases[tests.public :]]
    return replace(
        task,
        id=f"{PREFIX}/{task.id.partition('/')[2] or task.id}",
        prompt=_BEFORE + task.prompt + after,
        tests={
            "interface": task.tests["interface"],
            "program": task.reference,
            "opponents": list(wrong),
        },
        reference="\n".join(hidden) + "\n",
    )


class TestsOf:
    """The tasks of writing tests for those of a set's functions that have a reference; its mutants
    are what tests are to fail. Their ids are the set's."""

    def __init__(self, held: TaskSet) -> None:
        self._held = held

    def sample(
        self,
        seed: int,
        *,
        split: str = "eval",
        families: Sequence[str] | None = None,
        difficulty: int | None = None,
    ) -> Task:
        """The task of `seed`. Raises `ChoiceError` when none fits."""
        found = self._held.tasks(split, families=families, difficulty=difficulty)
        fitting = [task for task in found if task.reference is not None]
        if not fitting:
            raise ChoiceError("no task of this set has a reference, which tests are held to")
        return _against_mutants(Draw("forgegym python tests set", seed).pick(fitting))

    def get(self, task_id: str) -> Task:
        """The task with this id. Raises `ChoiceError` when there is none."""
        task = self._held.get(task_id)
        if task.reference is None:
            raise ChoiceError(f"{task_id} has no reference, which tests are held to")
        return _against_mutants(task)


def _against_mutants(task: Task) -> Task:
    assert task.reference is not None
    made = Draw("forgegym python tests", task.id).shuffle(mutants(task.reference))
    wrong = [mutant.source for mutant in made[:MUTANTS]]
    return replace(_made(task, wrong), id=task.id)


def sample(
    seed: int,
    *,
    split: str = "train",
    families: Sequence[str] | None = None,
    difficulty: int | None = None,
) -> Task:
    """The task of `seed`: of the same function as that of `python.sample`. Raises as it does."""
    return tests_for(python.sample(seed, split=split, families=families, difficulty=difficulty))


def tasks(
    split: str = "eval",
    *,
    families: Sequence[str] | None = None,
    difficulty: int | None = None,
) -> Iterator[Task]:
    """Those of the functions of `python.tasks`, in its order. Raises as it does."""
    for task in python.tasks(split, families=families, difficulty=difficulty):
        yield tests_for(task)


def get(task_id: str) -> Task:
    """The task with this id. Raises `ChoiceError` when there is none."""
    prefix, _, rest = task_id.partition("/")
    if prefix != PREFIX:
        known = next(tasks()).id
        raise ChoiceError(f"there is no task of tests {task_id!r}; ids look like {known!r}")
    return tests_for(python.get(f"python/{rest}"))
