"""TRL's trainers (https://github.com/huggingface/trl) in ForgeGym's environments.

Two doors, for `GRPOTrainer` and `RLOOTrainer`: a reward function, which judges a whole batch of
one-turn answers at once, and an environment, in which the model hands programs in by a tool call
and reads what the compiler says. Where the machine fails both say None, which TRL leaves out of a
group's mean and spread, and which moves no weight; 0 would be learnt from.

Needs TRL >= 1.16 and datasets: pip install 'forgegym[trl]'.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..envs.code_env import CodeEnv
from .rows import Episodes, action_of, answer_text, begin, draw_rows, open_env, score_all

if TYPE_CHECKING:
    from datasets import Dataset

Completion = str | Sequence[Mapping[str, Any]]


def dataset(
    env: str,
    n: int,
    *,
    split: str = "train",
    seed: int = 0,
    turns: int = 1,
    conversational: bool = True,
    **options: Any,
) -> Dataset:
    """`n` different tasks as a `datasets.Dataset` with the columns ``prompt``, ``task_id`` and
    ``task_key``.

    Args:
        env: The environment's id.
        split: ``"train"`` or ``"eval"``.
        seed: The same seed draws the same tasks.
        turns: The most programs in an episode; 1 for `forgegym_reward`.
        conversational: A prompt is one message of the user's, else a text.
        options: What the environment is made with. Give `forgegym_reward` or `environment_factory`
            the same ones.

    Raises:
        ImportError: datasets is not installed.
        ChoiceError: There is no such environment or split, or it has fewer tasks.
    """
    try:
        from datasets import Dataset
    except ImportError:
        raise ImportError(
            "a data set needs datasets; install it with: pip install 'forgegym[trl]'"
        ) from None
    made = open_env(env, max_turns=turns, **options)
    try:
        rows = draw_rows(made, n, split=split, seed=seed)
    finally:
        made.close()
    prompts = [
        [{"role": "user", "content": row.prompt}] if conversational else row.prompt for row in rows
    ]
    return Dataset.from_dict(
        {
            "prompt": prompts,
            "task_id": [row.task_id for row in rows],
            "task_key": [row.task_key for row in rows],
        }
    )


class ProgramReward:
    """A reward function for TRL: what a verifier and a preset pay for each completion.

    The columns ``task_id`` and ``task_key`` of `dataset` say what was asked for. A completion is a
    text or a conversation; of either the program is taken, which may stand in a block between lines
    of ```. None stands for a sample on which the machine failed.
    """

    def __init__(self, env: CodeEnv, name: str) -> None:
        self.__name__ = name  # what TRL logs the reward as
        self._env = env

    def __call__(
        self,
        *,
        completions: Sequence[Completion],
        task_id: Sequence[str],
        task_key: Sequence[str] | None = None,
        log_metric: Callable[[str, float], None] | None = None,
        **_: Any,
    ) -> list[float | None]:
        """The rewards of a batch, in its order; ``solved`` and ``invalid``, shares of the batch,
        are logged beside them.

        Raises `ChoiceError` when a task is not one of the environment's.
        """
        keys = [None] * len(completions) if task_key is None else task_key
        texts = map(answer_text, completions)
        scored = score_all(self._env, list(zip(task_id, keys, texts, strict=True)))
        if log_metric is not None and scored:
            solved = [one.info["solved"] for one in scored if one.reward is not None]
            log_metric("invalid", 1.0 - len(solved) / len(scored))
            if solved:
                log_metric("solved", sum(solved) / len(solved))
        return [one.reward for one in scored]

    def close(self) -> None:
        """Release the verifier: its processes, and the sandbox."""
        self._env.close()


def forgegym_reward(env: str, **options: Any) -> ProgramReward:
    """A function for `GRPOTrainer`'s `reward_funcs`, for answers of one turn.

    `options` are what the environment is made with: `toolchain`, `reward`, `sandbox`, `judge`, …
    Raises as making the environment does.
    """
    made = open_env(env, max_turns=1, **options)
    return ProgramReward(made, env.removeprefix("forgegym:"))


class ProgramEpisode:
    """One episode as TRL's `environment_factory` has it: `submit_program` is the tool.

    What TRL calls is `reset` with a row's columns, the tool, and `get_reward` at the end: what the
    last program was paid, 0.0 where none was handed in, None where the machine failed.
    """

    def __init__(self, env: CodeEnv, turns: int) -> None:
        self._env = env
        self._turns = turns
        self._reward: float | None = 0.0

    def reset(self, task_id: str, task_key: str | None = None, **_: Any) -> str:
        begin(self._env, task_id, task_key)
        self._reward = 0.0
        times = "once" if self._turns == 1 else f"up to {self._turns} times"
        return f"\nHand your answer in with submit_program; you may do so {times}.\n"

    def submit_program(self, source: str) -> str:
        """
        Hand in a complete program, and read what the compiler and the tests say about it.

        Args:
            source: The whole source of the program, or the text that is asked for.

        Returns:
            What the next attempt needs: the messages, with their lines.
        """
        if self._env.over or self._reward is None:
            raise RuntimeError("the episode is over: nothing more can be handed in")
        said, reward, _, _, info = self._env.step(action_of(self._env, source))
        self._reward = reward if info["valid"] else None
        return said

    def get_reward(self) -> float | None:
        return self._reward


class ProgramEpisodes:
    """Makes `ProgramEpisode`s over one verifier, for `GRPOTrainer`'s `environment_factory`."""

    def __init__(self, episodes: Episodes, turns: int) -> None:
        self._episodes, self._turns = episodes, turns

    def __call__(self) -> ProgramEpisode:
        return ProgramEpisode(self._episodes.open(), self._turns)

    def close(self) -> None:
        """Release the verifier of all episodes."""
        self._episodes.close()


def environment_factory(env: str, *, turns: int = 4, **options: Any) -> ProgramEpisodes:
    """What `GRPOTrainer`'s `environment_factory` is to be, for episodes of up to `turns` programs.

    The data set is `dataset`'s, conversational, with the same `turns` and `options`. Give the
    trainer `max_tool_calling_iterations` of `turns`. TRL calls the tools of a batch one after the
    other: where compiling takes long, `forgegym_reward` is the faster door.

    Raises as making the environment does.
    """
    return ProgramEpisodes(Episodes(env, max_turns=turns, **options), turns)
