"""Stable-Baselines3 on the discrete view: PPO, A2C, DQN, and PPO that knows its choices.

The algorithms are those of Stable-Baselines3 (Raffin et al., JMLR 22, 2021) and of sb3-contrib
(Maskable PPO: Huang and Ontañón, "A closer look at invalid action masking in policy gradient
algorithms", 2022), unchanged; here is what is around them. Departures from how they are mostly run:

- An iteration is one rollout and what is learnt from it. It begins with new episodes and with
  random states that follow from the seed and its number, so that a resumed run is the same run.
- Rewards are not discounted: a program is paid when it is finished, however long it is.
- A run stops when the machine fails to judge a program twice: neither a buffer of rollouts nor one
  of replays can leave a sample out.
"""

from __future__ import annotations

import io
import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import gymnasium
import numpy as np
import numpy.typing as npt
from rich.console import Console

from .. import __version__
from ..envs.discrete import STEPS, DiscreteVectorEnv, Mask, Observation
from ..envs.registration import LANGUAGES, VIEWS
from ..envs.vector import derive_seed
from .agent import AgentError
from .checkpoint import (
    CheckpointError,
    StopRequest,
    run_folder,
    stop_on_interrupt,
    write_atomically,
)
from .grammar import GrammarAgent
from .rollout import JudgingFailedError, default_reward, default_toolchain
from .tracking import PLOT_FILE, Progress, Row, RunLog, TrainingResult, draw_curves

try:
    import sb3_contrib
    import stable_baselines3
    import torch
    from sb3_contrib import MaskablePPO
    from stable_baselines3 import A2C, DQN, PPO
    from stable_baselines3.common.base_class import BaseAlgorithm
    from stable_baselines3.common.callbacks import BaseCallback
    from stable_baselines3.common.logger import Logger
    from stable_baselines3.common.utils import set_random_seed
    from stable_baselines3.common.vec_env import VecEnv
except ModuleNotFoundError as missing:
    raise AgentError(
        f"classic RL needs {missing.name!r}: install it with pip install 'forgegym[sb3]'"
    ) from None

Algorithm = Literal["ppo", "a2c", "dqn", "maskable-ppo"]
CLASSES: dict[str, type[BaseAlgorithm]] = {
    "ppo": PPO,
    "a2c": A2C,
    "dqn": DQN,
    "maskable-ppo": MaskablePPO,
}
BEST_ZIP, LATEST_ZIP, REPLAYS = "best.zip", "latest.zip", "replays.npz"
CONFIG_FILE = "config.json"
# The mean reward over so many iterations decides which policy is the best.
BEST_WINDOW = 5
_FREE = ("out", "resume", "sandbox")
# What a buffer of replays is made of; the rest of it follows from the run's settings.
_REPLAY = ("observations", "next_observations", "actions", "rewards", "dones", "timeouts")


@dataclass(frozen=True, slots=True, kw_only=True)
class SB3Config:
    """What a run is made of.

    `out`, `env`, `reward`, `toolchain`, `seed`, `resume`: as of `run.RunConfig`. `sandbox`: what
    programs run in; a run may be resumed in another. `families`, `difficulty`: only such tasks.
    `turns`: programs in an episode. `choices`: the most steps in a program.

    An iteration is `num_envs` episodes side by side, `rollout` steps of each, then learning.
    `learning_rate`, `batch_size`, `epochs` (PPO's), `entropy_coef` (PPO's and A2C's), `gamma`,
    `gae_lambda`, `hidden` (the widths of the policy's layers): Stable-Baselines3's. `replays`: the
    size of DQN's buffer; it takes one gradient step for every four steps.
    """

    out: Path
    algorithm: Algorithm = "maskable-ppo"
    env: str = "CompactContract-v0"
    reward: str = "auto"
    toolchain: str = "auto"
    sandbox: str = "auto"
    families: tuple[str, ...] | None = None
    difficulty: int | None = None
    turns: int = 1
    choices: int = STEPS
    seed: int = 0
    iterations: int = 100
    num_envs: int = 32
    rollout: int = 64
    learning_rate: float = 3e-4
    batch_size: int = 256
    epochs: int = 5
    entropy_coef: float = 0.01
    gamma: float = 1.0
    gae_lambda: float = 0.95
    hidden: int = 128
    replays: int = 10_000
    resume: bool = False

    def __post_init__(self) -> None:
        if self.algorithm not in get_args(Algorithm):
            known = ", ".join(get_args(Algorithm))
            raise ValueError(f"algorithm is one of {known}, not {self.algorithm!r}.")
        if self.env not in VIEWS.values():
            known = ", ".join(VIEWS.values())
            raise ValueError(f"there is no discrete view of {self.env!r}, but of: {known}.")
        for name, meant in (
            ("reward", default_reward(self.env)),
            ("toolchain", default_toolchain(self.env)),
        ):
            if getattr(self, name) == "auto":
                object.__setattr__(self, name, meant)
        if self.families is not None:
            object.__setattr__(self, "families", tuple(self.families))
        for name in ("turns", "choices", "iterations", "num_envs", "rollout", "batch_size",
                     "epochs", "hidden", "replays"):  # fmt: skip
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, but is {getattr(self, name)}.")
        if self.learning_rate <= 0:
            raise ValueError(f"learning_rate must be above 0, but is {self.learning_rate}.")
        if not 0 < self.gamma <= 1 or not 0 <= self.gae_lambda <= 1:
            raise ValueError("gamma and gae_lambda lie between 0 and 1.")
        if self.entropy_coef < 0 or self.seed < 0:
            raise ValueError("entropy_coef and seed must not be negative.")

    @property
    def steps(self) -> int:
        """Of an iteration."""
        return self.num_envs * self.rollout


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one program."""

    reward: float
    compiled: bool
    solved: bool
    behaviour: float
    steps: int
    source: str


class DiscreteVecEnv(VecEnv):
    """A `DiscreteVectorEnv` as Stable-Baselines3 calls it, for all its algorithms.

    `judged` holds what became of the programs since it was last emptied, `replaced` how many
    actions were no choices. Raises `JudgingFailedError` for a program that could not be judged.
    """

    def __init__(self, envs: DiscreteVectorEnv) -> None:
        self.envs = envs
        self.judged: list[Judged] = []
        self.replaced = 0
        self._actions: npt.NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._steps = np.zeros(envs.num_envs, dtype=np.int64)
        super().__init__(envs.num_envs, envs.single_observation_space, envs.single_action_space)

    def begin(self, seed: int) -> Observation:
        """New episodes: those of this seed."""
        self.judged, self.replaced = [], 0
        self._steps[:] = 0
        return self.envs.reset(seed=seed)[0]

    def reset(self) -> Observation:
        self._steps[:] = 0
        return self.envs.reset()[0]

    def step_async(self, actions: npt.NDArray[np.int64]) -> None:
        self._actions = actions

    def step_wait(
        self,
    ) -> tuple[Observation, npt.NDArray[np.float32], Mask, list[dict[str, Any]]]:
        observations, rewards, terminated, truncated, _ = self.envs.step(self._actions)
        self._steps += 1
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        self.replaced += self.envs.replaced
        for at, info in self.envs.judged.items():
            if not info["valid"]:
                raise JudgingFailedError(
                    f"a program could not be judged ({info['failure'].message}); the last whole "
                    "iteration is saved, and --resume goes on from there"
                )
            verdict = info["verdict"]
            self.judged.append(
                Judged(
                    float(rewards[at]),
                    verdict.compiled,
                    bool(info["solved"]),
                    verdict.metrics.get("behaviour", 0.0),
                    int(self._steps[at]),
                    info["program"],
                )
            )
            self._steps[at] = 0
        done = terminated | truncated
        for at in np.flatnonzero(done).tolist():
            infos[at]["terminal_observation"] = self.envs.final[at]
        return observations, rewards.astype(np.float32), done, infos

    def close(self) -> None:
        self.envs.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        return [getattr(self.envs.views[at], attr_name) for at in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        for at in self._get_indices(indices):
            setattr(self.envs.views[at], attr_name, value)

    def env_method(
        self, method_name: str, *arguments: Any, indices: Any = None, **options: Any
    ) -> list[Any]:
        return [
            getattr(self.envs.views[at], method_name)(*arguments, **options)
            for at in self._get_indices(indices)
        ]

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:  # noqa: ARG002
        return [False for _ in self._get_indices(indices)]


def make_view(config: SB3Config, *, workers: int | None = None) -> DiscreteVectorEnv:
    """The vector of views that a run is trained in. Raises as `gymnasium.make_vec`."""
    name = next(view for view, env in VIEWS.items() if env == config.env)
    options: dict[str, Any] = {} if workers is None else {"workers": workers}
    made: Any = gymnasium.make_vec(
        f"forgegym:{name}",
        num_envs=config.num_envs,
        steps=config.choices,
        reward=config.reward,
        toolchain=config.toolchain,
        sandbox=config.sandbox,
        max_turns=config.turns,
        families=config.families,
        difficulty=config.difficulty,
        **options,
    )
    return made  # type: ignore[no-any-return]


def make_model(config: SB3Config, env: VecEnv) -> BaseAlgorithm:
    """An untrained model of the run's algorithm."""
    shared: dict[str, Any] = {
        "learning_rate": config.learning_rate,
        "gamma": config.gamma,
        "seed": config.seed,
        "device": "cpu",  # a policy of this size is slower on any other
    }
    hidden = [config.hidden, config.hidden]
    if config.algorithm == "dqn":
        return DQN(
            "MlpPolicy", env, **shared,
            buffer_size=config.replays,
            learning_starts=config.steps,
            batch_size=config.batch_size,
            train_freq=(config.rollout, "step"),
            gradient_steps=max(1, config.steps // 4),
            target_update_interval=config.steps,
            policy_kwargs={"net_arch": hidden},
        )  # fmt: skip
    shared |= {
        "n_steps": config.rollout,
        "ent_coef": config.entropy_coef,
        "gae_lambda": config.gae_lambda,
        "policy_kwargs": {"net_arch": hidden},
    }
    if config.algorithm == "a2c":
        return A2C("MlpPolicy", env, **shared)
    shared |= {"batch_size": min(config.batch_size, config.steps), "n_epochs": config.epochs}
    if config.algorithm == "ppo":
        return PPO("MlpPolicy", env, **shared)
    return MaskablePPO("MlpPolicy", env, **shared)


def train_sb3(config: SB3Config, *, console: Console | None = None) -> TrainingResult:
    """Trains, and leaves models with their logs in `config.out`: `best.zip`, `latest.zip`.

    Stops after `config.iterations`, or after Ctrl-C with the last whole iteration saved. Raises
    `CheckpointError` for a folder that does not hold this run, `FolderInUseError` for one that
    another process works in, `JudgingFailedError` when the machine fails, and what Gymnasium raises
    for an unknown environment.
    """
    settings = {k: v for k, v in asdict(config).items() if k not in _FREE}
    settings["versions"] = {
        "forgegym": __version__,
        "stable-baselines3": stable_baselines3.__version__,
        "sb3-contrib": sb3_contrib.__version__,
        "torch": torch.__version__,
        "gymnasium": gymnasium.__version__,
        "numpy": np.__version__,
    }
    with run_folder(config.out, settings, resume=config.resume):
        env = DiscreteVecEnv(make_view(config))
        try:
            return _train(config, env, console)
        finally:
            env.close()


def _train(config: SB3Config, env: DiscreteVecEnv, console: Console | None) -> TrainingResult:
    latest = config.out / LATEST_ZIP
    if latest.exists():
        model = _load(latest, config.algorithm, env)
        if config.algorithm == "dqn":
            _load_replays(model, config.out / REPLAYS)
    else:
        model = make_model(config, env)
    model.set_logger(Logger(None, []))  # `configure` would leave a folder in /tmp
    done = model.num_timesteps // config.steps
    log = RunLog(config.out, upto=done)
    title = f"SB3 {config.algorithm}"
    progress = Progress(
        title=title,
        total=config.iterations,
        done=done,
        columns={
            "avg_reward": ("reward", ".3f"),
            "compile_success_rate": ("compiles", ".0%"),
            "behaviour": ("cases passed", ".0%"),
            "solved_rate": ("solved", ".1%"),
            "program_steps": ("choices", ".1f"),
            "entropy": ("entropy", ".2f"),
            "programs": ("programs", ".0f"),
            "steps_per_s": ("steps/s", ".0f"),
        },
        console=console,
    )
    with stop_on_interrupt() as stop, progress:
        if done:
            progress.say(f"Continuing the run in {config.out} after iteration {done}.")
        if done < config.iterations:
            model.learn(
                (config.iterations - done) * config.steps,
                callback=_Iterations(config, env, log, progress, stop),
                reset_num_timesteps=not done,
                log_interval=1,
            )
    finished = len(log.rows) == config.iterations
    if log.rows:
        draw_curves(
            log.rows,
            config.out / PLOT_FILE,
            title=f"{title} on {config.env}",
            panels={
                "reward": ("avg_reward",),
                "share of programs": ("compile_success_rate", "behaviour", "solved_rate"),
                "choices in a program": ("program_steps",),
            },
        )
    if stop.requested and not finished:
        progress.say(
            f"Stopped after iteration {len(log.rows)} of {config.iterations}; everything is saved "
            f"in {config.out}, and --resume goes on from there."
        )
    return TrainingResult(config.out, len(log.rows), finished, log.rows)


class _Iterations(BaseCallback):
    """What happens between two iterations: the row of the one that has ended, its model, and the
    beginning of the next."""

    def __init__(
        self,
        config: SB3Config,
        env: DiscreteVecEnv,
        log: RunLog,
        progress: Progress,
        stop: StopRequest,
    ) -> None:
        super().__init__()
        self.config, self.env, self.log = config, env, log
        self.progress, self.stop = progress, stop
        self.began = time.monotonic()
        self.open = False

    def _on_rollout_start(self) -> None:
        self._end()
        iteration = self.num_timesteps // self.config.steps + 1
        seed = derive_seed(self.config.seed, iteration)
        set_random_seed(seed % 2**32)
        self.model.action_space.seed(seed % 2**32)
        self.model._last_obs = self.env.begin(seed)
        self.model._last_episode_starts = np.ones(self.env.num_envs, dtype=bool)
        self.began = time.monotonic()
        self.open = True

    def _on_training_end(self) -> None:
        self._end()

    def _on_step(self) -> bool:
        return not self.stop.requested

    def _end(self) -> None:
        """Of an iteration, unless it was cut short."""
        if not self.open or self.num_timesteps % self.config.steps or self._cut():
            return
        self.open = False
        row = self._row()
        self.log.append(row)
        window = [r["avg_reward"] for r in self.log.rows[-BEST_WINDOW:]]
        earlier = _window_means([r["avg_reward"] for r in self.log.rows[:-1]])
        content = _saved(self.model)
        best = len(window) == BEST_WINDOW and statistics.fmean(window) > max(earlier, default=-1e9)
        if best or not (self.config.out / BEST_ZIP).exists():
            write_atomically(self.config.out / BEST_ZIP, content)
        if self.config.algorithm == "dqn":
            _save_replays(self.model, self.config.out / REPLAYS)
        write_atomically(self.config.out / LATEST_ZIP, content)
        self.progress.update(row)

    def _cut(self) -> bool:
        """Whether it was stopped in its last step, so that nothing was learnt from it."""
        return self.num_timesteps // self.config.steps <= len(self.log.rows)

    def _row(self) -> Row:
        judged = self.env.judged
        values = self.model.logger.name_to_value
        seconds = time.monotonic() - self.began
        rewards = [each.reward for each in judged]
        return {
            "iteration": len(self.log.rows) + 1,
            "avg_reward": _mean(rewards),
            "reward_std": statistics.stdev(rewards) if len(rewards) > 1 else 0.0,
            "max_reward": max(rewards, default=0.0),
            "compile_success_rate": _mean([each.compiled for each in judged]),
            "behaviour": _mean([each.behaviour for each in judged]),
            "solved_rate": _mean([each.solved for each in judged]),
            "program_steps": _mean([each.steps for each in judged]),
            "programs": len(judged),
            "distinct": len({each.source for each in judged}) / max(len(judged), 1),
            "replaced": self.env.replaced / self.config.steps,
            "steps": self.num_timesteps,
            "entropy": -float(values.get("train/entropy_loss", 0.0)),
            "value_loss": float(values.get("train/value_loss", values.get("train/loss", 0.0))),
            "explained_variance": float(values.get("train/explained_variance", 0.0)),
            "iteration_s": seconds,
            "steps_per_s": self.config.steps / seconds,
        }


def _mean(values: Sequence[float]) -> float:
    return statistics.fmean(values) if values else 0.0


def _window_means(values: Sequence[float]) -> list[float]:
    ends = range(BEST_WINDOW, len(values) + 1)
    return [statistics.fmean(values[end - BEST_WINDOW : end]) for end in ends]


def _saved(model: BaseAlgorithm) -> bytes:
    content = io.BytesIO()
    model.save(content)
    return content.getvalue()


def _load(path: Path, algorithm: str, env: VecEnv | None = None) -> BaseAlgorithm:
    """Raises `CheckpointError` for what is no model of this algorithm."""
    try:
        return CLASSES[algorithm].load(path, env=env, device="cpu")
    except (ValueError, KeyError, EOFError, RuntimeError) as error:
        raise CheckpointError(f"{path} is not a model of {algorithm} ({error}).") from error


def _save_replays(model: Any, path: Path) -> None:
    buffer = model.replay_buffer
    content = io.BytesIO()
    arrays = {name: getattr(buffer, name) for name in _REPLAY}
    np.savez(content, pos=buffer.pos, full=buffer.full, **arrays)
    write_atomically(path, content.getvalue())


def _load_replays(model: Any, path: Path) -> None:
    with np.load(path, allow_pickle=False) as saved:
        for name in _REPLAY:
            getattr(model.replay_buffer, name)[...] = saved[name]
        model.replay_buffer.pos = int(saved["pos"])
        model.replay_buffer.full = bool(saved["full"])


# ---------------------------------------------------------------- as an agent


class SB3Agent(GrammarAgent):
    """A trained model that writes programs for prompts.

    Args:
        model: Of `algorithm`.
        language: That it was trained in.
        steps: The most choices in a program, as in training.
        deterministic: Take the likeliest choice at each step, in place of a drawn one.
    """

    def __init__(
        self,
        model: BaseAlgorithm,
        algorithm: str,
        *,
        name: str,
        language: str,
        steps: int,
        deterministic: bool = False,
    ) -> None:
        super().__init__(name, steps=steps, languages=(language,))
        self._model: Any = model
        self._algorithm = algorithm
        self._deterministic = deterministic or algorithm == "dqn"

    def choose(self, observation: Observation, mask: Mask, rng: np.random.Generator) -> int:
        with torch.no_grad():
            seen = torch.as_tensor(observation[None])
            if self._algorithm == "dqn":
                # A choice that there is not would be replaced by one that nobody valued.
                values = self._model.q_net(seen)[0].numpy()
                return int(np.where(mask, values, -np.inf).argmax())
            options = {"action_masks": mask[None]} if self._algorithm == "maskable-ppo" else {}
            chosen = self._model.policy.get_distribution(seen, **options).distribution
            shares = chosen.probs[0].double().numpy()
        if self._deterministic:
            return int(np.where(mask, shares, -1.0).argmax())
        return int(rng.choice(len(shares), p=shares / shares.sum()))


def load_sb3_agent(path: str | Path, *, deterministic: bool = False) -> SB3Agent:
    """The agent of a run's folder (its `best.zip`), or of one of the zips in it.

    A zip holds pickled objects: load only what you trust. Raises `AgentError` where there is no
    run, `CheckpointError` for a zip that is no model.
    """
    path = Path(path)
    zipped = path / BEST_ZIP if path.is_dir() else path
    described = zipped.parent / CONFIG_FILE
    if not zipped.is_file() or not described.is_file():
        raise AgentError(
            f"{path} is no run of `train sb3`: there is no {zipped.name}, or no {CONFIG_FILE} "
            "beside it"
        )
    config = json.loads(described.read_text(encoding="utf-8"))
    if config.get("algorithm") not in CLASSES or "choices" not in config:
        raise AgentError(f"{described} is not the configuration of a run of `train sb3`")
    return SB3Agent(
        _load(zipped, config["algorithm"]),
        config["algorithm"],
        name=f"sb3:{path}",
        language=LANGUAGES[config["env"]],
        steps=config["choices"],
        deterministic=deterministic,
    )
