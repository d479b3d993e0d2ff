"""What verifiers share that judge one program at a time: side by side, and each question once."""

from __future__ import annotations

import hashlib
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from .remembered import Remembered
from .sandbox.holder import Holder
from .task import Task
from .verdict import Failure, Stage, Toolchain, Verdict


@dataclass(frozen=True, slots=True)
class Judgement:
    """A `Verdict` but for what it is about and who gave it."""

    stages: tuple[Stage, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    failure: Failure | None = None


class PooledVerifier(ABC):
    """Judges `workers` programs at a time (None: one per CPU), in threads called `name`.

    A judgement without a failure is remembered: equal programs for one task are judged once.
    """

    def __init__(self, name: str, workers: int | None) -> None:
        self.workers = workers or os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(self.workers, name)
        self._remembered: Remembered[tuple[str, str], Judgement] = Remembered()

    @property
    @abstractmethod
    def toolchain(self) -> Toolchain:
        """Who gives the verdicts."""

    @abstractmethod
    def _judge(self, task: Task, source: str) -> Judgement:
        """What there is to say of one program. Called from several threads."""

    def verify(self, task: Task, source: str) -> Verdict:
        """The verdict on `source` as an answer to `task`. Raises `TypeError` for a non-string."""
        return self.verify_all([(task, source)])[0]

    def verify_all(self, submissions: Sequence[tuple[Task, str]]) -> list[Verdict]:
        """The verdicts of all submissions, in order; equal ones are judged once.

        Raises `TypeError` when a source is not a string.
        """
        questions = [(task.key, _sha256(source)) for task, source in submissions]
        known = self._remembered.recall(questions)
        missing = {
            question: submission
            for question, submission in zip(questions, submissions, strict=True)
            if question not in known
        }
        if len(missing) == 1:
            judged = [self._judge(*submission) for submission in missing.values()]
        else:
            judged = list(self._pool.map(lambda s: self._judge(*s), missing.values()))
        found = dict(zip(missing, judged, strict=True))
        self._remembered.keep({q: j for q, j in found.items() if j.failure is None})
        known |= found
        return [self._verdict(q, known[q]) for q in questions]

    def close(self) -> None:
        """Close the threads."""
        self._pool.shutdown(cancel_futures=True)

    def _verdict(self, question: tuple[str, str], judgement: Judgement) -> Verdict:
        key, sha256 = question
        return Verdict(
            key, sha256, self.toolchain, judgement.stages, judgement.metrics, judgement.facts,
            judgement.failure,
        )  # fmt: skip


H = TypeVar("H", bound=Holder)


class BoxedVerifier(PooledVerifier, Generic[H]):
    """Judges by `tools`, which are opened for so many programs at a time and closed with it."""

    def __init__(self, name: str, workers: int | None, open_tools: Callable[[int], H]) -> None:
        super().__init__(name, workers)
        self.tools = open_tools(self.workers)

    @property
    def toolchain(self) -> Toolchain:
        """The tools with their versions."""
        return self.tools.toolchain

    @property
    def sandbox(self) -> str | None:
        """The name of the sandbox that programs run in."""
        return self.tools.sandbox.name

    def close(self) -> None:
        """Close the sandbox and its threads."""
        super().close()
        self.tools.close()


def _sha256(source: str) -> str:
    if not isinstance(source, str):
        raise TypeError(f"a submission is a string, not {type(source).__name__}")
    return hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()
