"""Agents that every environment has without a model: they show what a leaderboard's rows mean.

Unlike other agents they are shown the task. `empty` and `constant` make nothing of it that is not
in the prompt: what they are paid, an environment gives away. `reference` answers with the task's
own solution, and is an oracle: no agent could do so, and its row says that it is none.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from ..agents.agent import AgentError
from ..verifiers.python.interface import Interface
from ..verifiers.python.mutants import trivial_test
from ..verifiers.task import Task


@runtime_checkable
class TaskAgent(Protocol):
    """Anything that turns tasks into programs. `oracle`: it sees what an agent may not see."""

    name: str
    oracle: bool

    def answer(self, task: Task) -> str:
        """The program for a task; the same task gives the same program. Raises `AgentError` where
        there is none."""
        ...


_CONTRACT = (
    "pragma language_version 0.23;\nimport CompactStandardLibrary;\n\n"
    "export circuit nothing(): [] {}\n"
)

# Of the programs that do nothing of what is asked (`validate` shows that they are paid for
# compiling at most), the one of each language that compiles for most tasks.
_TRIVIAL = {"python": "default", "rust": "default", "verilog": "zeros"}


class EmptyAgent:
    """Answers with no program at all."""

    name, oracle = "empty", False

    def answer(self, task: Task) -> str:  # noqa: ARG002
        return ""


class ConstantAgent:
    """Answers with a program that compiles and does nothing: of Compact an empty circuit, elsewhere
    what was asked for, always returning the same; of tests with one, that nothing comes of nothing.
    """

    name, oracle = "constant", False

    def answer(self, task: Task) -> str:
        if task.language == "compact":
            return _CONTRACT
        if "opponents" in task.tests:
            return trivial_test(Interface.of(task.tests["interface"]))
        from .validate_families import LANGUAGES

        return LANGUAGES[task.language].trivial(task.tests)[_TRIVIAL[task.language]]


class ReferenceOracle:
    """Answers with the task's reference."""

    name, oracle = "reference", True

    def answer(self, task: Task) -> str:
        if task.reference is None:
            raise AgentError(f"the task {task.id} has no reference")
        return task.reference


BASELINES: dict[str, type[TaskAgent]] = {
    "empty": EmptyAgent,
    "constant": ConstantAgent,
    "reference": ReferenceOracle,
}
"""By name."""
