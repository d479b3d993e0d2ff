"""Tests that are more than one call, run apart from the candidate that they are about.

A loop, a computed value, two calls in one expression: such a test cannot be told as a call and what
is expected of it. It runs in a box of its own, in which a stand-in (`standin.py`) answers for the
candidate from a table; what the table has not is asked of the candidate in its own box, as plain
data, and the test is run again, until it ends. So a candidate never meets the test: it cannot end
it, patch it, or answer it with what equals everything.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import oracle
from ..sandbox.base import Outcome
from ..task import Task
from . import standin
from .beside import LOADING
from .driver import NotPlainError, decode, encode
from .driver import parse as parse_json
from .interface import Interface
from .interpreter import Interpreter

# A test asks a new question a round where its calls are not known beforehand.
ROUNDS = 64
# Of all rounds of a verdict together, by the clock.
SECONDS = 20.0

STANDIN = Path(str(standin.__file__)).read_bytes()

Arguments = tuple[object, ...]
# What came of calls: an answer for each, or of how the machine failed.
Asked = Callable[[Sequence[Arguments]], "Sequence[oracle.Answer | None] | Outcome"]


@dataclass(frozen=True, slots=True)
class Apart:
    """A task's tests that run apart: what is there for all of them, their texts, of which the first
    `public` are shown, and the `calls` that they are known to make (of the reference; a candidate
    is asked for those at once), first the `shown_calls` of those that are shown."""

    setup: str
    scripts: tuple[str, ...]
    public: int
    calls: tuple[Arguments, ...] = ()
    shown_calls: int = 0

    @property
    def counts(self) -> tuple[int, int]:
        """How many are shown, and how many are not."""
        return self.public, len(self.scripts) - self.public

    @classmethod
    def of(cls, task: Task) -> Apart | None:
        """From a task's data: ``apart`` among its tests. None where there is none."""
        held = task.tests.get("apart")
        if held is None:
            return None
        calls = tuple(tuple(_plain(text)) for text in held.get("calls", ()))
        shown = held.get("shown_calls", 0)
        return cls(held["setup"], tuple(held["scripts"]), held["public"], calls, shown)


def _plain(text: str) -> Any:
    return decode(parse_json(b'{"v":' + text.encode() + b"}")["v"])


def recorded(
    python: Interpreter, interface: Interface, apart: Apart, reference: str
) -> tuple[list[str], int] | str | Outcome:
    """The arguments, encoded, that the tests give to a set's own reference, each once, and how many
    of them those that are shown give, which come first; why they cannot be told, or how the machine
    failed."""
    asked = [
        oracle.Case(
            oracle.Call("record", (*_head(interface), apart.setup, script, reference)),
            oracle.Expectation(),
        )
        for script in apart.scripts
    ]
    answers = _answers(python, "record", asked)
    if isinstance(answers, Outcome):
        return answers
    found: dict[str, None] = {}
    shown = 0
    for number, answer in enumerate(answers, 1):
        if not isinstance(answer, oracle.Returned):
            said = f"{answer.name}: {answer.message}" if isinstance(answer, oracle.Raised) else ""
            return f"its reference does not pass a test that runs apart ({said or 'no plain data'})"
        found.update((encode(arguments), None) for arguments in answer.value)
        if number <= apart.public:
            shown = len(found)
    return list(found), shown


def run(
    python: Interpreter,
    interface: Interface,
    apart: Apart,
    known: Sequence[oracle.Answer | None],
    ask: Asked,
) -> tuple[oracle.CaseResult, ...] | Outcome:
    """The result of each test; how the machine failed, if it did.

    `known` are the candidate's answers to ``apart.calls``, in order, and `ask` gets more of them,
    for the tests that are shown before it is asked anything for those that are not: why a shown
    one fails is told, in words that may be the candidate's.
    """
    table = {
        encode(list(arguments)): _entry(arguments, answer)
        for arguments, answer in zip(apart.calls, known, strict=True)
    }
    results: dict[int, oracle.CaseResult] = {}
    until = time.monotonic() + SECONDS
    for _ in range(ROUNDS):
        pending = [i for i in range(len(apart.scripts)) if i not in results]
        pending = [i for i in pending if i < apart.public] or pending
        if not pending or time.monotonic() > until:
            break
        questions = _round(python, interface, apart, pending, list(table.values()), results)
        if isinstance(questions, Outcome):
            return questions
        if questions:
            answers = ask(list(questions.values()))
            if isinstance(answers, Outcome):
                return answers
            for (text, arguments), answer in zip(questions.items(), answers, strict=True):
                table[text] = _entry(arguments, answer)
    unended = oracle.CaseResult(False, f"did not end in {ROUNDS} rounds and {SECONDS:g} seconds")
    return tuple(results.get(i, unended) for i in range(len(apart.scripts)))


def _round(
    python: Interpreter,
    interface: Interface,
    apart: Apart,
    pending: Sequence[int],
    table: Sequence[Any],
    results: dict[int, oracle.CaseResult],
) -> dict[str, Arguments] | Outcome:
    """Runs tests with what is known; those that end get their results, the others' questions are
    returned."""
    cases = [
        oracle.Case(
            oracle.Call("run", (*_head(interface), apart.setup, apart.scripts[i], list(table))),
            oracle.Expectation(),
        )
        for i in pending
    ]
    try:
        answers = _answers(python, "run", cases)
    except NotPlainError:
        answers = [None] * len(cases)  # more is in the table than a message holds
    if isinstance(answers, Outcome):
        return answers
    questions: dict[str, Arguments] = {}
    for index, answer in zip(pending, answers, strict=True):
        said = answer.value if isinstance(answer, oracle.Returned) else ("failed", "", _why(answer))
        if said[0] == "asks":
            questions[encode(said[1])] = tuple(said[1])
        elif said[0] == "passed":
            results[index] = oracle.CaseResult(True)
        else:
            reason = ": ".join(filter(None, said[1:]))
            results[index] = oracle.CaseResult(False, reason or "failed")
    return questions


def _why(answer: oracle.Answer | None) -> str:
    if isinstance(answer, oracle.Unencodable):
        return "it calls with what is no plain data"
    return "it did not end"


def _head(interface: Interface) -> tuple[str, list[str]]:
    return interface.name, [name for name, _ in interface.parameters]


def _answers(
    python: Interpreter, function: str, cases: Sequence[oracle.Case]
) -> Sequence[oracle.Answer | None] | Outcome:
    requests, ids = oracle.ask(cases)
    outcome = python.call(STANDIN, function, requests)
    if not outcome.valid:
        return outcome
    return [result.answer for result in oracle.compare(cases, ids, outcome.last.answers)]


def _entry(arguments: Arguments, answer: oracle.Answer | None) -> tuple[list[Any], tuple[Any, ...]]:
    """A line of the table."""
    if isinstance(answer, oracle.Returned):
        return list(arguments), ("returned", answer.value)
    if isinstance(answer, oracle.Raised) and not answer.message.startswith(LOADING):
        return list(arguments), ("raised", answer.name, answer.message)
    why = "the program gave no answer"
    if isinstance(answer, oracle.Unencodable):
        why = f"the program returned no plain data: {answer.what}"
    return list(arguments), ("lost", why)
