"""What is evaluated, and on which tasks."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..envs.tasks.families import FamilyTasks

if TYPE_CHECKING:
    from ..envs.tasks.task_set import TaskSet
    from ..verifiers.task import Task
    from ..verifiers.verifier import Verifier

# Where each environment keeps the frozen evaluation set of a kind of tasks: `tasks("eval")`.
TASKS = {
    ("CompactContract-v0", None): "..envs.tasks.compact",
    ("CompactContract-v0", "open"): "..envs.tasks.compact",
    ("CompactContract-v0", "spec"): "..envs.tasks.compact_spec",
    ("PythonReasoning-v0", None): "..envs.tasks.python",
    ("PythonTests-v0", None): "..envs.tasks.python_tests",
    ("RustCode-v0", None): "..envs.tasks.rust",
    ("VerilogModule-v0", None): "..envs.tasks.verilog",
}

# What programs of an environment are paid by where nobody says.
REWARDS = {
    "CompactContract-v0": "compactlora",
    "PythonReasoning-v0": "staged",
    "PythonTests-v0": "test-writer",
    "RustCode-v0": "staged",
    "VerilogModule-v0": "staged",
}

# The environments that take sets of tasks that people know.
SETS = ("PythonReasoning-v0", "RustCode-v0", "VerilogModule-v0")


class EvaluationError(ValueError):
    """An evaluation that cannot begin or go on; the message is one sentence for the user."""


@dataclass(frozen=True, slots=True)
class EvaluationConfig:
    """What is evaluated: everything that decides which rows come out.

    `samples` is how many episodes there are in all: episode i is about frozen task i modulo their
    number. `turns` is the most programs in an episode; what the last one is paid counts. `budget`,
    where there is one, is the most programs that are judged in all: an episode begins only if all
    its turns are left.
    """

    env: str
    agent: str
    samples: int
    split: str = "eval"
    seed: int = 0
    toolchain: str = "auto"
    reward: str = "compactlora"
    tasks: str | None = None
    """Which of the environment's kinds of tasks; None: its default kind."""
    tasks_from: str | None = None
    """A set of tasks that people know, ``KIND:FOLDER``; None: ForgeGym's own."""
    families: tuple[str, ...] | None = None
    """Only tasks of these families; of the eval split then all that were held out, and not one of
    each difficulty."""
    turns: int = 1
    budget: int | None = None

    def __post_init__(self) -> None:
        """Raises `EvaluationError` for a kind of tasks that the environment has not, and a budget
        that is too small for an episode."""
        if self.families is not None:  # as JSON has them, too
            object.__setattr__(self, "families", tuple(self.families))
        if self.tasks is not None and (self.env, self.tasks) not in TASKS:
            raise EvaluationError(f"{self.env} has one kind of tasks, and no {self.tasks!r}")
        if self.tasks is not None and TASKS[self.env, self.tasks] == TASKS[self.env, None]:
            object.__setattr__(self, "tasks", None)  # the default kind, by its name
        if self.budget is not None and self.budget < self.turns:
            raise EvaluationError(
                f"a budget of {self.budget} programs begins no episode of {self.turns} turns"
            )


def kind_of_tasks(tasks: str | None) -> dict[str, Any]:
    """The environment's argument that chooses them; none where it has only one kind."""
    return {} if tasks is None else {"tasks": tasks}


def frozen_tasks(config: EvaluationConfig) -> list[Task]:
    """The tasks that an evaluation goes through in turn: the environment's frozen set, or what is
    held out of some families.

    None for the training split, whose tasks come from the samples' seeds. Raises `EvaluationError`
    for an environment without families, `ChoiceError` for a family that there is not.
    """
    if config.tasks_from is not None:
        return list(_of_a_set(config.env, config.tasks_from))
    if config.split != "eval":
        return []
    module = importlib.import_module(TASKS[config.env, config.tasks], __package__)
    if config.families is None:
        return list(module.tasks("eval"))
    if not isinstance(known := getattr(module, "TASKS", None), FamilyTasks):
        raise EvaluationError(f"{config.env} has no families whose held-out tasks can all be tried")
    return list(known.every("eval", families=config.families))


def tasks_digest(tasks: Iterable[Task]) -> str:
    """The hash of a set of tasks: of their keys, in order."""
    return keys_digest(task.key for task in tasks)


def keys_digest(keys: Iterable[str]) -> str:
    """See `tasks_digest`."""
    return hashlib.sha256("\n".join(keys).encode("utf-8", "surrogatepass")).hexdigest()


@lru_cache(maxsize=4)  # to read one, some sets run every reference
def _of_a_set(env: str, source: str) -> tuple[Task, ...]:
    """Raises as `open_set`."""
    with open_set(env, source) as (opened, _):
        return tuple(opened.tasks())


@contextmanager
def open_set(env: str, source: str, **options: Any) -> Iterator[tuple[TaskSet, Verifier]]:
    """A set of tasks that people know (``KIND:PATH``), and the verifier that has read it, made with
    `options` (`sandbox`, `workers`).

    Raises `EvaluationError` for an environment that has no sets, and what reading one raises.
    """
    from ..envs.tasks.python_sets import PythonSet
    from ..envs.tasks.rust_sets import RustSet
    from ..envs.tasks.verilog_sets import VerilogSet
    from ..verifiers.python.toolchain import PythonVerifier
    from ..verifiers.rust.toolchain import RustVerifier
    from ..verifiers.verilog.toolchain import VerilogVerifier

    if env not in SETS:
        raise EvaluationError(f"there are no sets of tasks for {env}")
    if env == "PythonReasoning-v0":
        python = PythonVerifier(**options)
        with closing(python):
            yield PythonSet(source, python), python
    elif env == "RustCode-v0":
        rust = RustVerifier(**options)
        with closing(rust):
            yield RustSet(source, rust), rust
    else:
        verilog = VerilogVerifier(lint=False, **options)
        with closing(verilog):
            yield VerilogSet(source, verilog), verilog
