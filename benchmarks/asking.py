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
from typing import TYPE_CHECKING, Any, Protocol

from ..agents.agent import (
    Agent,
    AgentSetupError,
    Answer,
    AnswerError,
    AnsweringAgent,
    Conversing,
    ErrorKind,
    Metered,
    StreamingAgent,
    transcript,
)
from ..agents.memory import MemoryExhaustedError, is_out_of_memory
from .baselines import TaskAgent
from .evaluation_config import EvaluationError

if TYPE_CHECKING:
    from ..verifiers.task import Task

# Prompts that are answered together: enough to fill a small model's batch, few enough to see rows
# come.
BATCH = 64


def sample_seed(seed: int, index: int, purpose: str) -> int:
    """The seed of one sample's task or text, by hashing: no two evaluations share samples."""
    digest = hashlib.sha256(f"forgegym evaluate {seed} {index} {purpose}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1  # Gymnasium's seeds are non-negative int64


def text_seed(seed: int, index: int, turn: int = 0) -> int:
    """The seed that the agent is given for the program of a turn (from 0) of an episode."""
    return sample_seed(seed, index, "text" if turn == 0 else f"text {turn}")


@dataclass(slots=True, eq=False)
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
    seconds: float = 0.0

    @property
    def error(self) -> AnswerError | None:
        """Why the agent has not answered."""
        return self.answers[-1].error if self.answers else None

    def take(self, answer: object, seconds: float) -> None:
        """The agent's answer, or what it gave as one, after so many seconds."""
        self.seconds += seconds
        try:
            self.answers.append(_sound(answer))
        except AnswerError as error:
            self.answers.append(Answer(error=error))

    @property
    def program(self) -> str:
        """The last that was answered; empty where none was."""
        return self.answers[-1].program

    def total(self, name: str) -> Any:
        """The sum of a figure of its answers, None where it is known of none."""
        known = [n for n in (getattr(answer, name) for answer in self.answers) if n is not None]
        return sum(known) if known else None


Ask = Callable[[Sequence[Episode]], list[Answer]]
"""What answers episodes, in their order."""


def _ask_of(agent: Agent | TaskAgent, seed: int) -> Ask:
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


class Asking(Protocol):
    """Episodes on their way to an agent; they come back with one more of its answers."""

    @property
    def room(self) -> int:
        """How many more can be on their way and be answered side by side."""
        ...

    def put(self, episode: Episode) -> None:
        """Takes one on. Returns at once."""
        ...

    def get(self) -> list[Episode]:
        """Those that have been answered: all that are, and at least one, which is waited for. None
        where none was taken on.

        Failures of the machine (memory) and sentences for the user go through.
        """
        ...

    def forget(self) -> None:
        """Waits for no answer any more."""
        ...


def way_to(agent: Agent | TaskAgent, seed: int, *, width: int = BATCH) -> Asking:
    """The way to an agent, and back; `width`: prompts that it is given at a time, if it answers
    together what it is asked together."""
    if isinstance(agent, StreamingAgent):
        return OneByOne(agent, seed)
    return Together(_ask_of(agent, seed), width)


class OneByOne:
    """To an agent that answers each prompt when it can: its program is judged, and the next prompt
    sent, while it is at others."""

    def __init__(self, agent: StreamingAgent, seed: int) -> None:
        self._agent, self._seed = agent, seed
        self._asked: dict[int, tuple[Episode, float]] = {}
        self._failed: list[Episode] = []

    @property
    def room(self) -> int:
        return self._agent.concurrency - len(self._asked)

    def put(self, episode: Episode) -> None:
        seed = text_seed(self._seed, episode.index, len(episode.attempts))
        self._asked[episode.index] = episode, time.monotonic()
        try:
            self._agent.ask(episode.index, episode.conversation, seed=seed)
        except Exception as error:
            _go_through(error)
            self._failed.append(self._back(episode.index, Answer(error=_sound_error(error))))

    def get(self) -> list[Episode]:
        found, self._failed = self._failed, []
        while self._asked and not found:
            try:
                answered = self._agent.answered()
            except (Exception, SystemExit) as error:  # what it was at is lost
                _go_through(error)
                self._agent.forget()
                answered = [(index, Answer(error=_sound_error(error))) for index in self._asked]
            found = [self._back(index, said) for index, said in answered if index in self._asked]
        return found

    def _back(self, index: int, answer: Answer) -> Episode:
        episode, began = self._asked.pop(index)
        episode.take(answer, time.monotonic() - began)
        return episode

    def forget(self) -> None:
        self._agent.forget()
        self._asked.clear()
        self._failed.clear()


class Together:
    """To an agent that is asked for all that wait in one call."""

    def __init__(self, ask: Ask, width: int = BATCH) -> None:
        self._ask, self._width = ask, width
        self._waiting: list[Episode] = []

    @property
    def room(self) -> int:
        return self._width - len(self._waiting)

    def put(self, episode: Episode) -> None:
        self._waiting.append(episode)

    def get(self) -> list[Episode]:
        asked, self._waiting = self._waiting, []
        if asked:
            self._answer(asked)
        return asked

    def forget(self) -> None:
        self._waiting.clear()

    def _answer(self, episodes: Sequence[Episode]) -> None:
        """One more answer for each; one whose agent raises has an error, and an empty program."""
        began = time.monotonic()
        try:
            answers = self._ask(episodes)
            if len(answers) != len(episodes):
                told = f"{len(answers)} programs for {len(episodes)} prompts"
                raise AnswerError(ErrorKind.GARBAGE, told)
        except (Exception, SystemExit) as error:
            _go_through(error)
            if len(episodes) > 1:  # one by one, so that the others keep what they would have had
                for episode in episodes:
                    self._answer([episode])
                return
            answers = [Answer(error=_sound_error(error))]
        spent = (time.monotonic() - began) / len(episodes)
        for episode, answer in zip(episodes, answers, strict=True):
            episode.take(answer, spent)


def _go_through(error: BaseException) -> None:
    """Raises what is no agent's failure to answer."""
    sentence = isinstance(error, (EvaluationError, AgentSetupError, MemoryExhaustedError))
    if sentence or is_out_of_memory(error):
        raise error
