"""The one episode loop: a task's prompt, then programs and what a verifier says about them.

Every language's environment is this class with its tasks and its verifier. An episode ends when
the task is solved (terminated) or the turns are spent (truncated). `step` is in two halves, so
that a vector environment can judge many programs at once between them.
"""

from __future__ import annotations

import contextlib
import copy
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypedDict, TypeVar

import gymnasium
import numpy as np
from gymnasium.error import ResetNeeded

from ..verifiers.task import Task
from ..verifiers.verdict import Failure, Stage, StageStatus, Verdict
from ..verifiers.verifier import ChoiceError, Verifier, judge
from .feedback import feedback_text
from .judge import Judge, JudgeChoice, JudgeScore, judged, make_judge, opinions
from .rewards import Reward, RewardFunction, reward_function, solved
from .spaces import SourceText

if TYPE_CHECKING:
    from typing_extensions import Self

V = TypeVar("V", bound=Verifier)

# Holds every prompt, and every feedback as `feedback` bounds it (8 messages of at most 1200
# characters of at most 4 bytes, and their lines).
OBSERVATION_BYTES = 64 * 1024
# Ten times what any program of the task sets needs.
ACTION_BYTES = 64 * 1024


class TaskSource(Protocol):
    """Where an environment's tasks come from."""

    def sample(
        self,
        seed: int,
        *,
        split: str,
        families: Sequence[str] | None = None,
        difficulty: int | None = None,
    ) -> Task:
        """The task that belongs to `seed`, of the given kind. Raises `ChoiceError` if none is."""
        ...

    def get(self, task_id: str) -> Task:
        """The task with this id. Raises `ChoiceError` when there is none."""
        ...


Stepped = tuple[str, float, bool, bool, dict[str, Any]]
"""What `step` returns: observation, reward, terminated, truncated, info."""


def whole_number(name: str, value: object) -> None:
    """Raises `ChoiceError` unless `value` is a whole number from 1."""
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool):
        raise ChoiceError(f"{name} is a whole number, not {value!r}")
    if value < 1:
        raise ChoiceError(f"{name} must be at least 1, but is {value}")


def reset_options(options: Mapping[str, Any] | None) -> dict[str, Any]:
    """A copy of what `reset` was given. Raises `ChoiceError` unless it is a mapping, or nothing."""
    if options is None:
        return {}
    if not isinstance(options, Mapping):
        raise ChoiceError(f"the options of reset are a mapping, not {options!r}")
    return dict(options)


class EpisodeSettings(TypedDict, total=False):
    """What every language's environment hands on to `CodeEnv`, whose arguments these are."""

    split: str
    families: Iterable[str] | None
    difficulty: int | None
    render_mode: str | None
    judge: JudgeChoice | None


@contextlib.contextmanager
def own_or_shared(shared: V | None, open_own: Callable[[], V]) -> Iterator[tuple[V, bool]]:
    """A verifier for an environment that is being made, and whether it is its own: what is shared,
    or else one that is opened, and closed again if the environment cannot be made."""
    if shared is not None:
        yield shared, False
        return
    verifier = open_own()
    try:
        yield verifier, True
    except BaseException:
        verifier.close()
        raise


class CodeEnv(gymnasium.Env[str, str]):
    """An environment whose action is a program and whose observation is a text.

    Args:
        tasks: Where tasks come from.
        verifier: Who judges. It may be shared: `close` does not close it unless `owns_verifier`.
        reward: A preset's name (`rewards.PRESETS`) or a function `Verdict -> Reward`.
        judge: An external judge of what the verifier accepts, whose opinion divides a bounded share
            of the reward (`judge.JudgeConfig`, or its settings as a mapping; None: none). A `Judge`
            is shared, and not closed here.
        max_turns: Attempts in an episode.
        split: ``"train"`` or ``"eval"``.
        families: Only tasks of these families, or of this one (None: all).
        difficulty: Only tasks of this difficulty (None: all).
        render_mode: ``"ansi"`` makes `render` return the state of the episode as text.

    Raises:
        ChoiceError: An argument is none of its choices.
        JudgeError: The judge needs what is not installed, or (by `step`) its key, address or model
            is wrong.

    `reset(seed=...)` picks the task by hashing the seed; without a seed it draws the next one.
    `options` may name a ``task`` (a `Task` or an id), or override ``split``, ``family`` (a name or
    several) and ``difficulty``. The observation is the task's prompt, later the feedback on the
    last attempt.

    `step` returns in `info`:

    ``valid``       False: the machine failed (or the judge did not answer), the reward (0.0) is
                    none, leave the sample out
    ``failure``     the `Failure`, or None
    ``stage``       the first stage that did not pass, or ``"done"``
    ``components``  the reward's named components
    ``verdict``     the `Verdict`, with all diagnostics, metrics and facts
    ``timings``     seconds by stage, as measured when this program was judged
    ``sandbox``     what the program ran in (``"unsafe"``: nothing), or None: it was not run
    ``task_key``, ``task_id``, ``turn`` (from 1), ``solved``, ``retries``, and ``toolchain``

    and where there is a judge ``judge``, its `JudgeScore`, or None: it was not asked (the program
    is refused, or the reward pays nothing for it), or did not answer.
    """

    metadata: dict[str, Any] = {"render_modes": ["ansi"], "render_fps": 1}  # noqa: RUF012
    action_space: SourceText
    observation_space: SourceText
    kind: str | None = None
    """Of its tasks, which says which presets pay for them (`rewards.PAID_BY`); None: any."""

    def __init__(
        self,
        tasks: TaskSource,
        verifier: Verifier,
        *,
        reward: str | RewardFunction = "binary",
        judge: JudgeChoice | None = None,
        max_turns: int = 4,
        split: str = "train",
        families: Iterable[str] | None = None,
        difficulty: int | None = None,
        render_mode: str | None = None,
        owns_verifier: bool = True,
    ) -> None:
        whole_number("max_turns", max_turns)
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ChoiceError(f"unknown render_mode {render_mode!r}; there is: 'ansi'")
        self.action_space = SourceText(ACTION_BYTES)
        self.observation_space = SourceText(OBSERVATION_BYTES)
        self.render_mode = render_mode
        self.verifier = verifier
        self._tasks = tasks
        self._reward = reward_function(reward, self.kind)
        self._max_turns = max_turns
        if isinstance(families, str):
            families = (families,)
        self._kind: dict[str, Any] = {
            "split": split,
            "families": None if families is None else tuple(families),
            "difficulty": difficulty,
        }
        self._owns_verifier = owns_verifier
        self._owns_judge = not isinstance(judge, Judge)
        self._begin(None)
        tasks.sample(0, **self._kind)  # says at once when there is no such task
        self.judge = make_judge(judge)

    def another(self) -> Self:
        """Another such environment, over the same tasks, verifier and judge; these are closed with
        this one."""
        env = copy.copy(self)
        env.action_space = copy.deepcopy(self.action_space)
        env.observation_space = copy.deepcopy(self.observation_space)
        env._np_random = env._np_random_seed = None
        env._owns_verifier = env._owns_judge = False
        env._begin(None)
        return env

    def _begin(self, task: Task | None) -> None:
        """An episode about a task, before its first turn; None: no episode."""
        self.task = task
        self._turn = 0
        self._over = task is None
        self._screen = "" if task is None else task.prompt

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """Start an episode: the prompt, and in `info` its ``task_id``, ``task_key``, ``family`` and
        ``difficulty``.

        Raises `ChoiceError` for options that name no task, or that are unknown.
        """
        super().reset(seed=seed)
        if seed is None:
            seed = int(self.np_random.integers(2**63))
        task = self._choose(seed, reset_options(options))
        self._begin(task)
        return task.prompt, {
            "task_key": task.key,
            "task_id": task.id,
            "family": task.family,
            "difficulty": task.difficulty,
            "toolchain": str(self.verifier.toolchain),
        }

    def step(self, action: str) -> Stepped:
        """Judge one program: feedback, reward, solved, out of turns, info (see the class).

        Raises `TypeError` when the action is not a string, `ResetNeeded` when no episode runs.
        A string that is no program (too long, not UTF-8) is judged, and refused.
        """
        (stepped,) = step_together([self], [action])
        return stepped

    def submission(self, action: str) -> tuple[Task, str] | None:
        """The first half of `step`: what the verifier is asked; None: it is not asked in this turn,
        and the verdict is `unjudged`. Raises as `step` does."""
        if not isinstance(action, str):
            raise TypeError(f"an action is a program's source, a str, not {type(action).__name__}")
        if self.task is None or self._over:
            raise ResetNeeded("no episode is running: call reset() first")
        return self.task, action

    def unjudged(self, action: str) -> Verdict:
        """The verdict on what no verifier is asked about: no stage has run."""
        assert self.task is not None
        digest = hashlib.sha256(action.encode("utf-8", "surrogatepass")).hexdigest()
        skipped = (Stage("parse", StageStatus.SKIPPED),)
        return Verdict(self.task.key, digest, self.verifier.toolchain, skipped)

    def asks(self, verdict: Verdict) -> bool:
        """Whether the judge has something to say: the program is accepted, and paid for."""
        return self.judge is not None and verdict.accepted and self._pay(verdict).total > 0

    def _pay(self, verdict: Verdict) -> Reward:
        reward = self._reward(verdict)
        if not isinstance(reward, Reward):
            raise TypeError(f"a reward function returns a Reward, not {type(reward).__name__}")
        return reward

    def advance(
        self,
        action: str,
        verdict: Verdict,
        retries: int = 0,
        opinion: JudgeScore | Failure | None = None,
    ) -> Stepped:
        """The second half of `step`: what follows from the verdict on `action`, and from the
        judge's opinion where it was asked."""
        assert self.task is not None
        self._turn += 1
        failure = opinion if isinstance(opinion, Failure) else verdict.failure
        score = opinion if isinstance(opinion, JudgeScore) else None
        reward = self._pay(verdict) if failure is None else Reward(valid=False)
        if self.judge is not None:
            reward = judged(reward, score, weight=self.judge.config.weight)
        terminated = solved(verdict)
        truncated = not terminated and self._turn >= self._max_turns
        self._over = terminated or truncated
        feedback = self._heard(action, verdict)
        self._screen = f"{self.task.prompt}\n{action}\n{feedback}reward {reward.total:.3f}\n"
        info: dict[str, Any] = {
            "valid": failure is None,
            "failure": failure,
            "stage": verdict.stage,
            "components": dict(reward.components),
            "verdict": verdict,
            "timings": {stage.name: stage.seconds for stage in verdict.stages},
            "task_key": self.task.key,
            "task_id": self.task.id,
            "turn": self._turn,
            "solved": terminated,
            "retries": retries,
            "toolchain": str(verdict.toolchain),
            "sandbox": self.verifier.sandbox,
        }
        if self.judge is not None:
            info["judge"] = score
        return feedback, reward.total, terminated, truncated, info

    def _heard(self, action: str, verdict: Verdict) -> str:
        """What the agent reads after the turn that has just been counted."""
        return feedback_text(verdict, action, turn=self._turn, max_turns=self._max_turns)

    @property
    def over(self) -> bool:
        """Whether no episode is running."""
        return self._over

    def render(self) -> str | None:
        """With ``render_mode="ansi"``: the prompt, the last attempt and its feedback."""
        return self._screen if self.render_mode == "ansi" else None

    def close(self) -> None:
        """Release the verifier and the judge. May be called twice."""
        if self._owns_verifier:
            self.verifier.close()
        if self.judge is not None and self._owns_judge:
            self.judge.close()

    def _choose(self, seed: int, options: Mapping[str, Any]) -> Task:
        unknown = options.keys() - {"task", "split", "family", "difficulty"}
        if unknown:
            raise ChoiceError(
                f"unknown reset option {', '.join(map(repr, sorted(unknown)))}; "
                "there are: task, split, family, difficulty"
            )
        if "task" in options:
            if len(options) > 1:
                raise ChoiceError("the reset option 'task' names the task; give no other with it")
            task = options["task"]
            if not isinstance(task, (Task, str)):
                told = type(task).__name__
                raise ChoiceError(f"the reset option 'task' is a Task or an id, not {told}")
            return task if isinstance(task, Task) else self._tasks.get(task)
        kind = dict(self._kind)
        if "family" in options:
            family = options["family"]
            kind["families"] = (family,) if isinstance(family, str) else tuple(family)
        for name in ("split", "difficulty"):
            if name in options:
                kind[name] = options[name]
        return self._tasks.sample(seed, **kind)


def step_together(envs: Sequence[CodeEnv], actions: Sequence[str]) -> list[Stepped]:
    """`step` of environments that share a verifier (and a judge), an action each: all that is to be
    judged is judged together. Raises as `step`, before any program is judged."""
    submissions = [env.submission(action) for env, action in zip(envs, actions, strict=True)]
    asked = [submission for submission in submissions if submission is not None]
    if not asked:
        return [env.advance(a, env.unjudged(a)) for env, a in zip(envs, actions, strict=True)]
    asking = [env for env, submission in zip(envs, submissions, strict=True) if submission]
    verdicts, retries = judge(envs[0].verifier, asked)
    paid = [env.asks(verdict) for env, verdict in zip(asking, verdicts, strict=True)]
    found = zip(verdicts, retries, opinions(envs[0].judge, asked, paid), strict=True)
    return [
        env.advance(action, *(next(found) if submission else (env.unjudged(action),)))
        for env, action, submission in zip(envs, actions, submissions, strict=True)
    ]
