"""ForgeGym's tasks for verifiers (https://github.com/PrimeIntellect-ai/verifiers, v1 of 0.4), and
so for prime-rl: a `Taskset` that loads them, and an `Env` that plays an episode of one or several
programs with the model and records what the last one is paid.

verifiers knows tasksets by the name of a module; `packages.write_package` writes one for an
environment, which installs as their own do.

Where the machine fails, the episode raises: verifiers then has no reward for it, and can play it
again (`--env.retries`). Needs verifiers >= 0.4, on Python >= 3.11:
pip install 'forgegym[verifiers]'.
"""

from __future__ import annotations

import asyncio
from typing import Any

try:
    import verifiers.v1 as vf
except ImportError:
    raise ImportError(
        "this needs verifiers >= 0.4; install it with: pip install 'forgegym[verifiers]'"
    ) from None

from .rows import Episodes, action_of, begin, draw_rows, open_env


class ForgeGymConfig(vf.TasksetConfig):
    """Which tasks, and what judges them; under ``--env.taskset.*``. None: the environment's own
    default."""

    environment: str = "CompactContract-v0"
    split: str = "train"
    n: int = 100
    """How many tasks."""
    seed: int = 0
    turns: int = 1
    """The most programs in an episode."""
    toolchain: str | None = None
    reward: str | None = None
    sandbox: str | None = None
    allow_unsafe: bool = False

    def options(self) -> dict[str, Any]:
        """What the environment is made with."""
        given = {"toolchain": self.toolchain, "reward": self.reward, "sandbox": self.sandbox}
        chosen: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        return {**chosen, "allow_unsafe": self.allow_unsafe, "max_turns": self.turns}


class ForgeGymData(vf.TaskData):
    """One task: its `id` is ForgeGym's, `prompt` the first observation."""

    task_key: str
    """The hash of the task's content: another version's task is refused."""


class ForgeGymTask(vf.Task[ForgeGymData, vf.State, vf.TaskConfig]):
    """A task; `ForgeGymEnv` judges it."""


class ForgeGymTaskset(vf.Taskset[ForgeGymTask, ForgeGymConfig]):
    """The tasks of one environment and split."""

    def load(self) -> list[ForgeGymTask]:
        config = self.config
        env = open_env(config.environment, **config.options())
        try:
            rows = draw_rows(env, config.n, split=config.split, seed=config.seed)
        finally:
            env.close()
        return [
            ForgeGymTask(
                ForgeGymData(
                    id=row.task_id, name=row.task_id, prompt=row.prompt, task_key=row.task_key
                ),
                config.task,
            )
            for row in rows
        ]


class ForgeGymEnvConfig(vf.EnvConfig):
    """The one seat, of a model that only talks: what it says needs no box of verifiers', since
    ForgeGym compiles and runs it in its own sandbox."""

    agent: vf.AgentConfig = vf.AgentConfig(harness={"id": "null"}, runtime={"type": "subprocess"})


class ForgeGymEnv(vf.Env[ForgeGymEnvConfig]):
    """Each answer of the model is a program, each observation the user's next message."""

    _episodes: Episodes | None = None

    async def start(self) -> None:
        config = self.config.taskset
        self._episodes = await asyncio.to_thread(Episodes, config.environment, **config.options())

    async def stop(self) -> None:
        if self._episodes is not None:
            self._episodes.close()

    async def run(self, task: ForgeGymTask, agents: vf.Agents) -> None:
        assert self._episodes is not None, "an episode is played inside of serving()"
        env = self._episodes.open()
        begin(env, task.data.id, task.data.task_key)
        reward = 0.0
        info: dict[str, Any] = {}
        async with agents.agent.interaction(task) as interaction:
            segment = await interaction.turn()
            while not segment.terminated:
                # Compilers may take seconds, for which other episodes do not wait.
                said, reward, _, _, info = await asyncio.to_thread(
                    env.step, action_of(env, segment.last_reply)
                )
                if info["failure"] is not None:
                    raise vf.SandboxError(info["failure"].message)
                if env.over:
                    break
                segment = await interaction.turn(said)
        trace = interaction.trace
        if trace.errors:  # the model's server failed, say: that is no answer
            return
        trace.record_reward("reward", reward)
        if info:
            trace.record_metrics(
                {"solved": info["solved"], "turns": info["turn"], **info["components"]}
            )
