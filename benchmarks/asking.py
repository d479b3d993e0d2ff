"""How an evaluation's episodes reach an agent, and what is taken of its answers.

Agents from outside are not type-checked, and may raise what they like: an answer that rows cannot
hold is an error of its own episode, which has a kind, and no other episode's.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

from ..agents.agent import (
    Agent,
    AgentSetupError,
    Answer,
    AnswerError,
    AnsweringAgent,
    Conversing,
    ErrorKind,
    Metered,
    transcript,
)
from ..agents.memory import MemoryExhaustedError, is_out_of_memory
from .baselines import TaskAgent
from .evaluation_config import EvaluationError

if TYPE_CHECKING:
    from ..verifiers.task import Task


def sample_seed(seed: int, index: int, purpose: str) -> int:
    """The seed of one sample's task or text, by hashing: no two evaluations share samples."""
    digest = hashlib.sha256(f"forgegym evaluate {seed} {index} {purpose}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1  # Gymnasium's seeds are non-negative int64


def text_seed(seed: int, index: int, turn: int = 0) -> int:
    """The seed that the agent is given for the program of a turn (from 0) of an episode."""
    return sample_seed(seed, index, "text" if turn == 0 else f"text {turn}")


@dataclass(slots=True)
class Episode:
    """One that is being played: what the agent reads, and what became of its programs.

    `task` is None where the environment chose it. `conversation`: see `AnsweringAgent.answers`.
    `attempts` holds, for each program that was judged, the program, what it was paid, and what
    `step` said of it. `answers`: the agent's, one a turn.
    """

    index: int
    seed: int
    prompt: str
    task: Task | None
    about: dict[str, Any]
    conversation: list[str]
    attempts: list[tuple[str, float, dict[str, Any]]] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    over: bool = False
    seconds: float = 0.0

    @property
    def error(self) -> AnswerError | None:
        """Why the agent has not answered."""
        return self.answers[-1].error if self.answers else None

    def total(self, name: str) -> Any:
        """The sum of a figure of its answers, None where it is known of none."""
        known = [n for n in (getattr(answer, name) for answer in self.answers) if n is not None]
        return sum(known) if known else None


Ask = Callable[[Sequence[Episode]], list[Answer]]
"""What answers episodes, in their order."""


def asked(agent: Agent | TaskAgent, seed: int) -> Ask:
    """How an agent answers: by what it reads, or, for a `TaskAgent`, by the task.

    From the second turn on it reads the prompt, its programs, and what was said of each.
    """

    def seeds_of(episodes: Sequence[Episode]) -> list[int]:
        return [text_seed(seed, e.index, len(e.attempts)) for e in episodes]

    def by_conversation(episodes: Sequence[Episode]) -> list[Answer]:
        assert isinstance(agent, AnsweringAgent)
        return agent.answers([e.conversation for e in episodes], seeds=seeds_of(episodes))

    def by_text(episodes: Sequence[Episode]) -> list[Answer]:
        assert isinstance(agent, Agent)
        seeds = seeds_of(episodes)
        if isinstance(agent, Conversing):
            texts = agent.converse([e.conversation for e in episodes], seeds=seeds)
        else:
            texts = agent.generate([transcript(e.conversation) for e in episodes], seeds=seeds)
        told = agent.tokens if isinstance(agent, Metered) else None
        tokens = [None] * len(texts) if told is None else list(told)
        if len(tokens) != len(texts):
            raise AnswerError(
                ErrorKind.GARBAGE, f"{len(tokens)} numbers of tokens for {len(texts)} programs"
            )
        return [Answer(text, count) for text, count in zip(texts, tokens, strict=True)]

    def by_task(episodes: Sequence[Episode]) -> list[Answer]:
        assert isinstance(agent, TaskAgent)
        tasks = [e.task for e in episodes if e.task is not None]
        if len(tasks) < len(episodes):
            raise EvaluationError(
                f"the agent {agent.name!r} answers frozen tasks only: take the eval split"
            )
        return [Answer(agent.answer(task)) for task in tasks]

    if isinstance(agent, TaskAgent):
        return by_task
    return by_conversation if isinstance(agent, AnsweringAgent) else by_text


def _sound(answer: object) -> Answer:
    """An answer as rows can hold it: agents from outside are not type-checked.

    Raises `AnswerError` for what is none.
    """
    if not isinstance(answer, Answer):
        raise AnswerError(ErrorKind.GARBAGE, f"an answer is no {type(answer).__name__}")
    if not isinstance(answer.program, str):
        told = f"a program is a str, not {type(answer.program).__name__}"
        raise AnswerError(ErrorKind.GARBAGE, told)
    cost = answer.cost
    if cost is not None:
        if not isinstance(cost, Real) or not 0 <= cost < math.inf:
            raise AnswerError(ErrorKind.GARBAGE, f"the cost of an answer cannot be {cost!r}")
        cost = float(cost)
    return Answer(
        str(answer.program),
        _count(answer.tokens),
        _count(answer.prompt_tokens),
        cost,
        None if answer.error is None else _sound_error(answer.error),
    )


def _count(tokens: object) -> int | None:
    if tokens is None:
        return None
    if not isinstance(tokens, Integral) or isinstance(tokens, bool) or tokens < 0:  # numpy's, too
        raise AnswerError(ErrorKind.GARBAGE, f"a number of tokens cannot be {tokens!r}")
    return int(tokens)


def _sound_error(error: BaseException) -> AnswerError:
    """What an agent raised, as an error that has a kind."""
    if isinstance(error, SystemExit):
        return AnswerError(ErrorKind.CRASHED, f"it called sys.exit({error.code!r})")
    if not isinstance(error, AnswerError):
        return AnswerError(ErrorKind.CRASHED, f"{type(error).__name__}: {error}")
    try:
        return AnswerError(ErrorKind(error.kind), str(error))
    except ValueError:
        return AnswerError(ErrorKind.CRASHED, f"{error.kind}: {error}")


def answer_all(ask: Ask, episodes: Sequence[Episode]) -> list[str]:
    """Their programs; an episode whose agent raises has an `error`, and its program is empty.

    Failures of the machine (memory) and sentences for the user go through.
    """
    began = time.monotonic()
    try:
        answers = ask(episodes)
        if len(answers) != len(episodes):
            told = f"{len(answers)} programs for {len(episodes)} prompts"
            raise AnswerError(ErrorKind.GARBAGE, told)
    except (EvaluationError, AgentSetupError, MemoryExhaustedError):
        raise
    except (Exception, SystemExit) as error:
        if is_out_of_memory(error):
            raise
        if len(episodes) > 1:  # one by one, so that the others keep what they would have had
            return [text for episode in episodes for text in answer_all(ask, [episode])]
        answers = [Answer(error=_sound_error(error))]
    spent = (time.monotonic() - began) / len(episodes)
    programs = []
    for episode, answer in zip(episodes, answers, strict=True):
        try:
            kept = _sound(answer)
        except AnswerError as error:
            kept = Answer(error=error)
        episode.seconds += spent
        episode.answers.append(kept)
        programs.append(kept.program)
    return programs
