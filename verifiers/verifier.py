"""What every language's verifier offers, and how a verdict is asked for.

A verifier turns (task, program) into a `Verdict` and never raises for what a program does. When
the machine fails it says so in the verdict; `judge` then asks once more, since most such failures
(a full disk, a dead daemon, a compiler killed for memory by a neighbour) pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, runtime_checkable

from .task import Task
from .verdict import Toolchain, Verdict


class ChoiceError(ValueError):
    """Something was asked for that there is not; the message is one sentence that says what is."""


def check_choice(what: str, given: object, known: Iterable[object]) -> None:
    """Raises `ChoiceError` when what is `given` is none of those that are `known`."""
    known = tuple(known)
    if given not in known:
        raise ChoiceError(f"unknown {what} {given!r}; there are: {', '.join(map(str, known))}")


class ToolchainMissingError(RuntimeError):
    """The toolchain that was asked for is not on this machine; the message says what to do."""


@runtime_checkable
class Verifier(Protocol):
    """Judges programs of one language with one toolchain."""

    @property
    def toolchain(self) -> Toolchain:
        """Who gives the verdicts."""
        ...

    @property
    def sandbox(self) -> str | None:
        """What programs run in: ``"docker"``, ``"bubblewrap"``, ``"unsafe"``; None: they do not."""
        ...

    def verify(self, task: Task, source: str) -> Verdict:
        """The verdict on `source` as an answer to `task`. Raises `TypeError` for a non-string."""
        ...

    def verify_all(self, submissions: Sequence[tuple[Task, str]]) -> list[Verdict]:
        """The verdicts of all submissions, in their order, as parallel as the toolchain allows."""
        ...

    def close(self) -> None:
        """Release processes and threads; a closed verifier may not be used again."""
        ...


def judge(
    verifier: Verifier, submissions: Sequence[tuple[Task, str]]
) -> tuple[list[Verdict], list[int]]:
    """The verdicts of `submissions`, and how often each was asked for again (0 or 1).

    Only invalid verdicts (`Verdict.failure`) are asked for again.
    """
    verdicts = verifier.verify_all(submissions)
    retries = [0] * len(verdicts)
    broken = [i for i, verdict in enumerate(verdicts) if not verdict.valid]
    if broken:
        again = verifier.verify_all([submissions[i] for i in broken])
        for i, verdict in zip(broken, again, strict=True):
            verdicts[i] = verdict
            retries[i] = 1
    return verdicts, retries
