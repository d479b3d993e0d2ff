"""N episodes over one verifier: the `make_vec` entry point of every language.

All programs of a step go to the verifier together, which runs as many compilers at a time as the
machine has CPUs (or judges in this process, where that is milliseconds), and judges equal programs
once. No sub-process is started per environment, and texts travel as they are.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from ..verifiers.verdict import Verdict
from ..verifiers.verifier import ChoiceError, check_choice
from .code_env import CodeEnv, reset_options, step_together, whole_number

Flags = npt.NDArray[np.bool_]
Texts = tuple[str, ...]


def derive_seed(seed: int, index: int) -> int:
    """The seed of the `index`-th episode: by hashing, so that no two vectors share episodes."""
    digest = hashlib.sha256(f"forgegym vector {seed} {index}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1  # Gymnasium's seeds are non-negative int64


class CodeVectorEnv(VectorEnv[Texts, Texts, npt.NDArray[Any]]):
    """`num_envs` environments of one kind, `env_class`, that share one verifier (and one judge,
    where there is one).

    Args:
        num_envs: How many.
        autoreset_mode: One of Gymnasium's `AutoresetMode`, or its value.
        settings: What `env_class` takes, once for all; `workers` is how many programs are judged
            at a time.

    Raises:
        ChoiceError: `num_envs` is less than 1, or `autoreset_mode` is none of its values; and as
            `env_class` does.

    Observations and actions are tuples of `num_envs` strings; rewards are float64 and the flags
    bool arrays of shape ``(num_envs,)``; infos follow Gymnasium's vector convention (``infos[key]``
    is an array, ``infos["_" + key]`` says which environments it is for).

    ``NextStep``: the step after an episode's end ignores its action and resets it. ``SameStep``:
    it is reset at once, with ``final_obs`` and ``final_info``. ``Disabled``: it stays over, its
    actions are ignored (pass anything) and pay 0, until `reset`; what a trainer wants whose
    episodes differ in length.
    """

    env_class: ClassVar[Callable[..., CodeEnv]]

    # Gymnasium closes an environment even when its construction failed.
    envs: tuple[CodeEnv, ...] = ()
    _early: ThreadPoolExecutor | None = None

    def __init__(
        self,
        num_envs: int = 1,
        *,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        **settings: Any,
    ) -> None:
        whole_number("num_envs", num_envs)
        if not isinstance(autoreset_mode, AutoresetMode):
            check_choice("autoreset_mode", autoreset_mode, [mode.value for mode in AutoresetMode])
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        first = type(self).env_class(**settings)
        self.envs = (first, *(first.another() for _ in range(num_envs - 1)))
        self.verifier, self.judge = first.verifier, first.judge
        self.num_envs = num_envs
        self.metadata = {**first.metadata, "autoreset_mode": self.autoreset_mode}
        self.render_mode = first.render_mode
        self.single_observation_space = first.observation_space
        self.single_action_space = first.action_space
        self.observation_space = batch_space(first.observation_space, num_envs)
        self.action_space = batch_space(first.action_space, num_envs)
        self._begun: list[Future[Verdict]] = []
        self._observations = [""] * num_envs
        self._terminated = np.zeros(num_envs, dtype=np.bool_)
        self._truncated = np.zeros(num_envs, dtype=np.bool_)

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> tuple[Texts, dict[str, Any]]:
        """Start all episodes, or with ``options["reset_mask"]`` (a bool array) those it marks.

        Args:
            seed: One number (each episode gets its own by `derive_seed`), or one per episode.
            options: As for `CodeEnv.reset`, for all episodes alike; or ``tasks``, a sequence of
                `num_envs` tasks or ids: ``{"tasks": [task] * group_size}`` for a group. ``each``:
                a sequence of `num_envs` mappings, options of one episode's own.

        Raises:
            ChoiceError: The lengths of `seed`, ``tasks``, ``each`` or ``reset_mask`` are not
                `num_envs`, or as `CodeEnv.reset`.
        """
        shared = reset_options(options)
        mask = shared.pop("reset_mask", None)
        tasks = shared.pop("tasks", None)
        each: Sequence[Mapping[str, Any]] = shared.pop("each", [{}] * self.num_envs)
        self._check_length("options['each']", each)
        if tasks is not None:
            if "task" in shared:
                raise ChoiceError("give the reset option 'task' or 'tasks', not both")
            self._check_length("options['tasks']", tasks)
        if mask is None:
            mask = np.ones(self.num_envs, dtype=np.bool_)
        mask = np.asarray(mask)
        if mask.dtype != np.bool_ or mask.shape != (self.num_envs,) or not mask.any():
            raise ChoiceError(
                f"options['reset_mask'] must be {self.num_envs} booleans, at least one of them true"
            )
        seeds: Sequence[int | None]
        if seed is None:
            seeds = [None] * self.num_envs
        elif isinstance(seed, (int, np.integer)):
            seeds = [derive_seed(int(seed), i) for i in range(self.num_envs)]
        else:
            self._check_length("seed", seed)
            seeds = seed
        infos: dict[str, Any] = {}
        for i in np.flatnonzero(mask).tolist():
            own = {**shared, **each[i]}
            if tasks is not None:
                own["task"] = tasks[i]
            infos = self._reset_one(infos, i, seeds[i], own)
        return tuple(self._observations), infos

    def step(
        self, actions: Sequence[str]
    ) -> tuple[Texts, npt.NDArray[np.float64], Flags, Flags, dict[str, Any]]:
        """Judge one program an episode, all together.

        Raises as `CodeEnv.step`, before any program is judged; `ChoiceError` when there are not
        `num_envs` actions.
        """
        if isinstance(actions, str) or not hasattr(actions, "__len__"):
            told = "one string" if isinstance(actions, str) else type(actions).__name__
            raise TypeError(f"actions are {self.num_envs} programs, not {told}")
        self._check_length("actions", actions)
        was_over = self._terminated | self._truncated
        if self.autoreset_mode is AutoresetMode.SAME_STEP:
            was_over[:] = False
        live = np.flatnonzero(~was_over).tolist()
        wait(self._begun)
        self._begun.clear()
        stepped = step_together([self.envs[i] for i in live], [actions[i] for i in live])

        rewards = np.zeros(self.num_envs, dtype=np.float64)
        infos: dict[str, Any] = {}
        for i, outcome in zip(live, stepped, strict=True):
            self._observations[i], rewards[i], self._terminated[i], self._truncated[i], info = (
                outcome
            )
            if self.autoreset_mode is AutoresetMode.SAME_STEP and self.envs[i].over:
                final = {"final_obs": self._observations[i], "final_info": info}
                flags = self._terminated[i], self._truncated[i]
                infos = self._reset_one(self._add_info(infos, final, i), i, None, {})
                self._terminated[i], self._truncated[i] = flags
            else:
                infos = self._add_info(infos, info, i)
        if self.autoreset_mode is AutoresetMode.NEXT_STEP:
            for i in np.flatnonzero(was_over).tolist():
                infos = self._reset_one(infos, i, None, {})
        return (
            tuple(self._observations),
            rewards,
            self._terminated.copy(),
            self._truncated.copy(),
            infos,
        )

    def anticipate(self, index: int, action: str) -> None:
        """Begin to judge what episode `index` will be sent, while others are still being written.

        `step` answers the same whether it was told or not, only sooner: verifiers remember what
        they have judged. Nothing is done where programs are judged in this process. Raises as
        `CodeEnv.step`.
        """
        if self.verifier.sandbox is None:
            return
        if self._early is None:
            self._early = ThreadPoolExecutor(os.cpu_count() or 1, "forgegym-early")
        submission = self.envs[index].submission(action)
        if submission is not None:
            self._begun.append(self._early.submit(self.verifier.verify, *submission))

    def render(self) -> tuple[str | None, ...]:  # type: ignore[override]
        """`CodeEnv.render` of every episode."""
        return tuple(env.render() for env in self.envs)

    def close_extras(self, **kwargs: Any) -> None:  # noqa: ARG002
        """Close the verifier and the judge, unless they were given and so are shared."""
        if self._early is not None:
            self._early.shutdown(cancel_futures=True)
        for env in self.envs:
            env.close()

    def _reset_one(
        self, infos: dict[str, Any], i: int, seed: int | None, options: Mapping[str, Any]
    ) -> dict[str, Any]:
        self._observations[i], info = self.envs[i].reset(seed=seed, options=options)
        self._terminated[i] = self._truncated[i] = False
        return self._add_info(infos, info, i)

    def _check_length(self, name: str, values: Sequence[Any]) -> None:
        if len(values) != self.num_envs:
            raise ChoiceError(f"{name} has {len(values)} elements for {self.num_envs} environments")
