"""What all doors share: an environment, its tasks as rows, and the program in an answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gymnasium

from ..envs.code_env import CodeEnv, TaskSource
from ..envs.judge import opinions
from ..envs.reasoning import PythonReasoningEnv, program
from ..envs.registration import ENVIRONMENTS, LANGUAGES, TRANSCRIPTS, register_environments
from ..envs.vector import derive_seed
from ..verifiers.task import Task
from ..verifiers.verifier import ChoiceError, judge

# Draws in a row that found no task that is new, after which there are taken to be no more.
_PATIENCE = 1000


class ExportError(ValueError):
    """Tasks cannot be exported; the message is one sentence for the user."""


@dataclass(frozen=True, slots=True)
class Row:
    """A task as a data set holds it: its id, the hash of its content, and an episode's first
    observation."""

    task_id: str
    task_key: str
    prompt: str


@dataclass(frozen=True, slots=True)
class Scored:
    """What one answer is paid. `reward` None: the machine failed, leave the sample out."""

    reward: float | None
    info: Mapping[str, Any]


def open_env(name: str, **options: Any) -> CodeEnv:
    """The environment with this id, for an agent that keeps the transcript of an episode itself.

    `options` are `gymnasium.make`'s. Raises `ChoiceError` for an id that is none of ForgeGym's, and
    what making the environment raises.
    """
    bare = name.removeprefix("forgegym:")
    if bare not in ENVIRONMENTS:
        raise ChoiceError(f"there is no environment {name!r}; there are: {', '.join(ENVIRONMENTS)}")
    register_environments()
    made = gymnasium.make(bare, **{**TRANSCRIPTS.get(bare, {}), **options}).unwrapped
    assert isinstance(made, CodeEnv)
    return made


class Episodes:
    """Environments over one verifier, for harnesses that play episodes side by side.

    Each one `open` makes has its own episode, and is not to be closed. Raises as `open_env`.
    """

    def __init__(self, name: str, **options: Any) -> None:
        self.first = open_env(name, **options)
        shared = {"verifier": self.first.verifier, "judge": self.first.judge}
        self._name, self._options = name, {**options, **shared}

    def open(self) -> CodeEnv:
        """Another environment."""
        return open_env(self._name, **self._options)

    def close(self) -> None:
        """Release the verifier of them all. May be called twice."""
        self.first.close()


def language(name: str) -> str:
    """The language of an environment's programs."""
    return LANGUAGES[name.removeprefix("forgegym:")]


def draw_tasks(tasks: TaskSource, count: int, *, split: str, seed: int) -> list[Task]:
    """`count` different tasks of a split; the same seed draws the same ones, and fewer draw the
    first of them. Raises `ChoiceError` when there are not that many."""
    if count < 1:
        raise ChoiceError(f"the number of tasks must be at least 1, but is {count}")
    found: dict[str, Task] = {}
    drawn = missed = 0
    while len(found) < count:
        task = tasks.sample(derive_seed(seed, drawn), split=split)
        drawn += 1
        missed = missed + 1 if task.key in found else 0
        found.setdefault(task.key, task)
        if missed == _PATIENCE:
            raise ChoiceError(f"{count} different {split} tasks were asked for; {len(found)} are")
    return list(found.values())


class _Kind:
    """The tasks that an environment draws, as `options` have narrowed them."""

    def __init__(self, env: CodeEnv) -> None:
        self._env = env

    def sample(self, seed: int, *, split: str, **_: Any) -> Task:
        self._env.reset(seed=seed, options={"split": split})
        assert self._env.task is not None
        return self._env.task

    def get(self, task_id: str) -> Task:
        return begin(self._env, task_id)[1]


def draw_rows(env: CodeEnv, count: int, *, split: str, seed: int) -> list[Row]:
    """As `draw_tasks`, of the tasks that `env` draws."""
    tasks = draw_tasks(_Kind(env), count, split=split, seed=seed)
    return [Row(task.id, task.key, begin(env, task.id, task.key)[0]) for task in tasks]


def begin(env: CodeEnv, task_id: str, task_key: str | None = None) -> tuple[str, Task]:
    """Start an episode of that task: its first observation, and the task.

    Raises `ChoiceError` when there is no such task, or its content has another hash: a data set
    made by another version of ForgeGym does not ask for what would be judged here.
    """
    observation, _ = env.reset(options={"task": task_id})
    assert env.task is not None
    if task_key is not None and env.task.key != task_key:
        raise ChoiceError(
            f"the task {task_id} of the data set is not the one that this version of ForgeGym has; "
            "make the data set again"
        )
    return observation, env.task


def action_of(env: CodeEnv, answer: str) -> str:
    """What is stepped with when a chat model has answered: the program in a block between lines of
    ```, where there is one. An environment that reads answers itself is given all of it."""
    return answer if isinstance(env, PythonReasoningEnv) else program(answer)


def score_all(env: CodeEnv, answers: Iterable[tuple[str, str | None, str]]) -> list[Scored]:
    """What each answer (task id, task key or None, text) is paid as the first of an episode, in
    their order. All are judged together, as many at a time as the verifier has workers.

    Raises as `begin`.
    """
    tasks, actions, submissions = [], [], []
    for task_id, key, text in answers:
        tasks.append(begin(env, task_id, key)[1])
        actions.append(action_of(env, text))
        submission = env.submission(actions[-1])
        if submission is None:
            raise ChoiceError("the first turn of these episodes asks for no program")
        submissions.append(submission)
    verdicts, retries = judge(env.verifier, submissions)
    said = opinions(env.judge, submissions, [env.asks(verdict) for verdict in verdicts])
    scored = []
    for task, action, verdict, again, opinion in zip(
        tasks, actions, verdicts, retries, said, strict=True
    ):
        env.reset(options={"task": task})
        _, reward, _, _, info = env.advance(action, verdict, again, opinion)
        scored.append(Scored(reward if info["valid"] else None, info))
    return scored


def answer_text(completion: str | Sequence[Mapping[str, Any]]) -> str:
    """What a model answered: a completion as it is, or the last message of a conversation that is
    the assistant's (empty: it has none)."""
    if isinstance(completion, str):
        return completion
    said = [message for message in completion if message["role"] == "assistant"]
    return str(said[-1]["content"]) if said else ""


def check_new(folder: Path) -> None:
    """Raises `ExportError` unless `folder` is new or empty."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ExportError(f"{folder} is there and not an empty folder")
