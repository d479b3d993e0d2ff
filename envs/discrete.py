"""The discrete view of the same episodes, for classic reinforcement learning.

An action is a choice of a small typed grammar of the language (`grammars`), an observation a vector
of numbers. When the last hole of a program is filled it is sent to the environment below, whose
reward is paid then; all other steps pay nothing. Tasks, verifiers, rewards and turns are that
environment's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, SupportsFloat

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from ..verifiers.task import Task
from ..verifiers.verifier import ChoiceError
from .code_env import step_together
from .grammars import Writer, writer
from .grammars.derivation import Derivation
from .grammars.prompt import EXAMPLES, FOUND, GIVEN, Problem, PromptError, encoded
from .registration import LANGUAGES, VIEWS
from .vector import CodeVectorEnv, derive_seed

Observation = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

# Programs of more choices than this are rarely what a uniform choice ends in by itself.
STEPS = 40
# Of the types that a task is about, so many parameters and results are observed.
_PARAMETERS, _RESULTS = 4, 4
_LAST = 4
# What makes a number of things one that lies within 0..1; more of them look alike.
_MANY, _DEEP, _WIDE = 4.0, 12.0, 32.0
_HEARD = 8
# A share of the tasks that an environment draws, such as 1 in 35, cannot be answered.
_DRAWS = 1000

# With stages of text there would be turns in which no program is asked for.
_OPTIONS: dict[str, dict[str, Any]] = {"PythonReasoning-v0": {"stages": ("code",)}}

_ATTEMPT = re.compile(r"^Attempt (\d+) of (\d+): (.*)$", re.MULTILINE)
_PUBLIC = re.compile(r"^Public tests: (\d+) of (\d+) passed\.$", re.MULTILINE)
_HIDDEN = re.compile(r"^Hidden tests: (all|most|some|none) passed\.$", re.MULTILINE)
_COARSE = {"all": 1.0, "most": 0.75, "some": 0.25, "none": 0.0}


def heard(text: str) -> list[float]:
    """The last verdict in what an agent reads, as `_HEARD` numbers 0..1; zeros before the first.

    Whether there is one, the share of turns that is spent, whether the program parses, compiles
    and is solved, the share of public tests that passed, that of hidden ones as far as it is said,
    and how much is missing of what was asked for.
    """
    attempts = list(_ATTEMPT.finditer(text))
    if not attempts:
        return [0.0] * _HEARD
    last = attempts[-1]
    said, rest = last[3], text[last.end() :]
    public, hidden = _PUBLIC.search(rest), _HIDDEN.search(rest)
    solved = said.startswith("solved")
    return [
        1.0,
        int(last[1]) / int(last[2]),
        float("does not parse" not in said),
        float(solved or "compiles" in said or public is not None),
        float(solved),
        int(public[1]) / max(int(public[2]), 1) if public else float(solved),
        _COARSE[hidden[1]] if hidden else float(solved),
        min(rest.count("\n- ") / _MANY, 1.0),
    ]


class Encoder:
    """Observations as vectors of `size` numbers, -1..1.

    The task: each of its types (its head, its first argument's head, the bits of a port) in
    one-hot, hints, the first examples as numbers. The program so far: how often each rule was
    taken, the last rules, the rule around the hole and the place in it, the hole's type and its
    argument's, how many variables of which types there are, depth, and steps left. Then `heard`.
    """

    def __init__(self, writer: Writer) -> None:
        grammar = writer.grammar
        self._values = {head: at for at, head in enumerate(grammar.values)}
        self._heads = {head: at for at, head in enumerate(grammar.heads)}
        rules = {id(each): at for at, each in enumerate(grammar.rules)}
        self._rules = [(rules[id(each)], slot) for each, slot in grammar.actions]
        self._count = len(grammar.rules)
        self._type = 2 * len(self._values) + 1
        self._task = (
            (_PARAMETERS + _RESULTS) * self._type + writer.hints + EXAMPLES * (GIVEN + FOUND)
        )
        self.size = (
            self._task
            + self._count  # how often each rule
            + _LAST * (self._count + 1)
            + self._count + 1  # the rule around the hole
            + 2 * len(self._heads)
            + len(self._values)
            + 3
            + _HEARD
        )  # fmt: skip

    def task(self, problem: Problem) -> Observation:
        """The part that stays the same in an episode: ``(task_size,)`` numbers."""
        values = np.zeros(self._task, dtype=np.float32)
        sides = ((problem.parameters, 0, _PARAMETERS), (problem.results, _PARAMETERS, _RESULTS))
        for kinds, first, most in sides:
            for at, (kind, size) in enumerate(kinds[:most]):
                begin = (first + at) * self._type
                values[begin + self._values[kind.head]] = 1.0
                if kind.arguments:
                    inner = self._values[kind.arguments[0].head]
                    values[begin + len(self._values) + inner] = 1.0
                values[begin + self._type - 1] = min(size / _WIDE, 1.0)
        rest = [*problem.hints, *encoded(problem.examples)]
        values[len(values) - len(rest) :] = rest
        return values

    def encode(
        self, task: Observation, program: Derivation, verdict: Sequence[float]
    ) -> Observation:
        """The observation of shape ``(size,)``: of a task (`task`), the program so far, and the
        last verdict (`heard`)."""
        values = np.zeros(self.size, dtype=np.float32)
        values[: self._task] = task
        at = self._task
        for action in program.taken:
            values[at + self._rules[action][0]] += 1.0 / _MANY
        np.minimum(values[at : at + self._count], 1.0, out=values[at : at + self._count])
        at += self._count
        for back in range(_LAST):
            if back < len(program.taken):
                self._rule(values, at, program.taken[-1 - back])
            at += self._count + 1
        place = program.open[-1] if program.open else None
        if place is not None and place.action is not None:
            values[at + self._rules[place.action][0]] = 1.0
            values[at + self._count] = min((1 + place.position) / _MANY, 1.0)
        at += self._count + 1
        if place is not None:
            values[at + self._heads[place.type.head]] = 1.0
            if place.type.arguments:
                inner = self._heads[place.type.arguments[0].head]
                values[at + len(self._heads) + inner] = 1.0
        at += 2 * len(self._heads)
        for _, kind in place.scope if place is not None else ():
            where = at + self._values[kind.head]
            values[where] = min(values[where] + 1.0 / _MANY, 1.0)
        at += len(self._values)
        depth = 0 if place is None else place.depth
        values[at : at + 3] = min(depth / _DEEP, 1.0), program.left / program.steps, 1.0
        values[at + 3 :] = verdict
        return values

    def _rule(self, values: Observation, at: int, action: int) -> None:
        rule, slot = self._rules[action]
        values[at + rule] = 1.0
        values[at + self._count] = 0.0 if slot is None else (1 + slot) / _MANY


def nearest(action: int, mask: Mask) -> int:
    """The action itself if the mask has it, else the next one that it has, and after the last the
    first: what a learner that knows no masks has done."""
    if mask[action]:
        return action
    valid = np.flatnonzero(mask)
    return int(valid[np.searchsorted(valid, action) % len(valid)])


class DiscreteCodeEnv(gymnasium.Env[Observation, np.int64]):
    """An environment of ForgeGym's as one of numbers: `Box` observations, `Discrete` actions.

    Args:
        env: The environment below, as `gymnasium.make` made it.
        steps: The most choices in a program. A choice is only offered when the program can still
            be finished in what is left, so that every program is, and none is cut.
        language: Of the programs, where `env` has no spec.

    Raises:
        ChoiceError: The environment is none of ForgeGym's; by `reset`: no task can be answered, or
            `options` names one that cannot, or the environment asks for texts.

    `action_masks` says which actions are choices at the leftmost hole. An action that is none is
    taken as the next one that is (`nearest`), and ``info["replaced"]`` says so; an agent that
    draws from the masks never meets this. ``info["action_mask"]`` is the mask for
    ``action_space.sample(mask)``. Tasks that the grammar cannot speak of (see `answerable`) are
    never drawn: the next seed is taken in their place.

    The step that finishes a program returns the reward and in `info` all that the environment below
    returns for it, and ``program``, its text. Where that has turns left, the next program begins.
    An episode whose turns are spent is terminated, not truncated: they are part of the observation,
    and a learner must not add the value of a state that nothing follows.
    """

    metadata: dict[str, Any] = {"render_modes": ["ansi"], "render_fps": 1}  # noqa: RUF012

    def __init__(
        self, env: gymnasium.Env[str, str], *, steps: int = STEPS, language: str | None = None
    ) -> None:
        if language is None:
            if env.spec is None or env.spec.id not in VIEWS.values():
                known = ", ".join(VIEWS.values())
                raise ChoiceError(f"there is a discrete view of these, made by make: {known}")
            language = LANGUAGES[env.spec.id]
        if steps < 1:
            raise ChoiceError(f"steps must be at least 1, but is {steps}")
        self.env = env
        self.steps = steps
        self.writer = writer(language)
        self.encoder = Encoder(self.writer)
        self.render_mode = env.render_mode
        self.action_space = gymnasium.spaces.Discrete(len(self.writer.grammar.actions))
        self.observation_space = gymnasium.spaces.Box(
            -1.0, 1.0, (self.encoder.size,), dtype=np.float32
        )
        self.program: Derivation | None = None
        self.problem: Problem | None = None
        self._task: Observation = np.zeros(0, dtype=np.float32)
        self._verdict: list[float] = [0.0] * _HEARD
        self._over = True

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Start an episode of the environment below, with its `info`. Raises `ChoiceError`."""
        super().reset(seed=seed)
        text, info, problem, program = self._draw(seed, options)
        if info.get("next_stage", "code") != "code":
            raise ChoiceError("the discrete view writes programs only: make it with stages='code'")
        self.problem, self.program = problem, program
        self._task = self.encoder.task(problem)
        self._verdict = heard(text)
        self._over = False
        return self._observation(), {**info, "action_mask": self.action_masks().astype(np.int8)}

    def _draw(
        self, seed: int | None, options: Mapping[str, Any] | None
    ) -> tuple[str, dict[str, Any], Problem, Derivation]:
        """The first of the tasks of a seed, and of those that come after it, that can be
        answered."""
        given = dict(options) if options else None
        for draw in range(_DRAWS):
            own = seed if seed is None or draw == 0 else derive_seed(seed, draw)
            text, info = self.env.reset(seed=own, options=given)
            try:
                problem = self.writer.problem(text)
                return text, info, problem, self.writer.begin(problem, self.steps)
            except (ChoiceError, PromptError) as error:
                if given and "task" in given:
                    raise ChoiceError(f"{info['task_id']} has no discrete view: {error}") from None
        raise ChoiceError(
            f"the {self.writer.grammar.name} grammar can answer none of these tasks in "
            f"{self.steps} steps"
        )

    def action_masks(self) -> Mask:
        """Which actions are choices, of shape ``(n,)``; all, where no episode runs."""
        mask = np.zeros(len(self.writer.grammar.actions), dtype=np.bool_)
        if self.program is None or self.program.finished:
            mask[:] = True
        else:
            mask[list(self.program.choices())] = True
        return mask

    def step(self, action: np.int64 | int) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Take one choice (see the class). Raises `ResetNeeded` when no episode runs."""
        program, info = self.choose(action)
        if program is None:
            return self._observation(), 0.0, False, False, info
        return self.advance(program, self.env.step(program), info)

    def choose(self, action: np.int64 | int) -> tuple[str | None, dict[str, Any]]:
        """The first half of `step`: the program, if this choice has finished it."""
        if self.program is None or self._over:
            raise ResetNeeded("no episode is running: call reset() first")
        mask = self.action_masks()
        taken = nearest(int(action), mask)
        self.program.take(taken)
        info: dict[str, Any] = {"replaced": taken != int(action)}
        if not self.program.finished:
            info["action_mask"] = self.action_masks().astype(np.int8)
            return None, info
        return self.program.program(), info

    def advance(
        self,
        program: str,
        outcome: tuple[str, SupportsFloat, bool, bool, dict[str, Any]],
        info: dict[str, Any],
    ) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """The second half of `step`: what follows from what was said of a finished program."""
        assert self.problem is not None
        text, reward, terminated, truncated, said = outcome
        self._verdict = heard(text)
        self._over = terminated or truncated
        if not self._over:
            self.program = self.writer.begin(self.problem, self.steps)
        mask = self.action_masks().astype(np.int8)
        about = {**info, **said, "program": program, "action_mask": mask}
        return self._observation(), float(reward), self._over, False, about

    def _observation(self) -> Observation:
        assert self.program is not None
        return self.encoder.encode(self._task, self.program, self._verdict)

    def render(self) -> str | None:
        """With ``render_mode="ansi"``: the program so far, a hole as its type in guillemets."""
        if self.render_mode != "ansi":
            return None
        return "" if self.program is None else self.program.program()

    def close(self) -> None:
        """Close the environment below."""
        self.env.close()


class DiscreteVectorEnv(VectorEnv[Observation, npt.NDArray[np.int64], npt.NDArray[Any]]):
    """`DiscreteCodeEnv` of each copy in a `CodeVectorEnv`; the programs that end in one step are
    judged together.

    Args:
        envs: The copies, with the verifier that they share; closed with this environment.
        steps: See `DiscreteCodeEnv`.
        language: Of the programs.

    Observations have shape ``(num_envs, size)``, actions, rewards and flags ``(num_envs,)``. An
    episode that ends begins anew in the same step (`AutoresetMode.SAME_STEP`), with ``final_obs``
    and ``final_info``.

    Attributes:
        judged: Of the last step: what `DiscreteCodeEnv.step` said in `info` of each program that
            was finished, by the number of its episode.
        final: Of the last step: the last observations of the episodes that ended, by number.
        replaced: How many actions of the last step were no choices.
    """

    def __init__(self, envs: CodeVectorEnv, *, language: str, steps: int = STEPS) -> None:
        self.code = envs
        self.views = tuple(
            DiscreteCodeEnv(env, steps=steps, language=language) for env in envs.envs
        )
        first = self.views[0]
        self.num_envs = envs.num_envs
        self.metadata = {**first.metadata, "autoreset_mode": AutoresetMode.SAME_STEP}
        self.render_mode = first.render_mode
        self.single_observation_space = first.observation_space
        self.single_action_space = first.action_space
        self.observation_space = batch_space(first.observation_space, self.num_envs)
        self.action_space = batch_space(first.action_space, self.num_envs)
        self._observations = np.zeros((self.num_envs, first.encoder.size), dtype=np.float32)
        self.judged: dict[int, dict[str, Any]] = {}
        self.final: dict[int, Observation] = {}
        self.replaced = 0

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> tuple[Observation, dict[str, Any]]:
        """Start all episodes: of a seed each its own (`derive_seed`); `options` for all alike."""
        seeds: Sequence[int | None]
        if seed is None:
            seeds = [None] * self.num_envs
        elif isinstance(seed, (int, np.integer)):
            seeds = [derive_seed(int(seed), at) for at in range(self.num_envs)]
        else:
            seeds = seed
        infos: dict[str, Any] = {}
        for at, view in enumerate(self.views):
            self._observations[at], info = view.reset(seed=seeds[at], options=options)
            infos = self._add_info(infos, info, at)
        return self._observations.copy(), infos

    def action_masks(self) -> Mask:
        """Of shape ``(num_envs, n)``: which actions are choices."""
        return np.stack([view.action_masks() for view in self.views])

    def step(
        self, actions: npt.NDArray[np.int64]
    ) -> tuple[Observation, npt.NDArray[np.float64], Mask, Mask, dict[str, Any]]:
        """One choice an episode; what is finished is judged, all together."""
        rewards = np.zeros(self.num_envs, dtype=np.float64)
        terminated = np.zeros(self.num_envs, dtype=np.bool_)
        truncated = np.zeros(self.num_envs, dtype=np.bool_)
        infos: dict[str, Any] = {}
        finished: list[tuple[int, str, dict[str, Any]]] = []
        self.judged, self.final, self.replaced = {}, {}, 0
        for at, view in enumerate(self.views):
            program, info = view.choose(actions[at])
            self.replaced += info["replaced"]
            if program is None:
                self._observations[at] = view._observation()
                infos = self._add_info(infos, info, at)
            else:
                finished.append((at, program, info))
        stepped = step_together(
            [self.code.envs[at] for at, _, _ in finished], [program for _, program, _ in finished]
        )
        for (at, program, info), outcome in zip(finished, stepped, strict=True):
            view = self.views[at]
            (
                self._observations[at], rewards[at], terminated[at], truncated[at], info
            ) = view.advance(program, outcome, info)  # fmt: skip
            self.judged[at] = info
            if terminated[at] or truncated[at]:
                self.final[at] = self._observations[at].copy()
                final = {"final_obs": self.final[at], "final_info": info}
                infos = self._add_info(infos, final, at)
                self._observations[at], info = view.reset()
            infos = self._add_info(infos, info, at)
        return self._observations.copy(), rewards, terminated, truncated, infos

    def close_extras(self, **kwargs: Any) -> None:  # noqa: ARG002
        """Close the environments below."""
        self.code.close()


def discrete(env: gymnasium.Env[str, str], *, steps: int = STEPS) -> DiscreteCodeEnv:
    """The discrete view of an environment that `gymnasium.make` made."""
    return DiscreteCodeEnv(env, steps=steps)


def make_discrete(env: str, *, steps: int = STEPS, **options: Any) -> DiscreteCodeEnv:
    """The entry point of the ids: the view of the environment `env`, made with `options`."""
    made = gymnasium.make(
        f"forgegym:{env}", disable_env_checker=True, **{**_OPTIONS.get(env, {}), **options}
    )
    return DiscreteCodeEnv(made, steps=steps)


def make_discrete_vec(
    env: str, *, num_envs: int = 1, steps: int = STEPS, **options: Any
) -> DiscreteVectorEnv:
    """The entry point of the ids' vector form: as `make_discrete`, `num_envs` over one verifier."""
    made: Any = gymnasium.make_vec(
        f"forgegym:{env}", num_envs=num_envs, **{**_OPTIONS.get(env, {}), **options}
    )
    return DiscreteVectorEnv(made, language=LANGUAGES[env], steps=steps)


def answerable(
    language: str, tasks: Iterable[Task], *, steps: int = STEPS
) -> tuple[list[Task], dict[str, str]]:
    """Those of the tasks that the view of a language can answer; and of the others, by id, why not.

    Raises `ChoiceError` for a language that has no grammar.
    """
    able, excluded = [], {}
    known = writer(language)
    for task in tasks:
        try:
            known.begin(known.problem(task.prompt), steps)
        except (ChoiceError, PromptError) as error:
            excluded[task.id] = str(error)
        else:
            able.append(task)
    return able, excluded
