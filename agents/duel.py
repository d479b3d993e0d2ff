"""A solver and a test writer that learn against each other, in one file.

The solver reasons in stages and then writes a program (`PythonReasoning-v0`); the writer writes
tests for the same problem (`PythonTests-v0`). A test counts if the reference passes it. The solver
is paid the share of such tests that its program passes, the writer (1 - that share) times the share
of its tests that count.

Training goes through the stages of reasoning, one after the other, since they are learnt with
different ease. In each, first the writer learns for some steps while the solver stands still, then
the solver while the writer does, then both in turn. At a stage the solver's gradients are those of
that stage's text alone; what follows it is sampled, and tells what it was worth.

Departures from the adversarial multi-stage reasoning system that this is after, each on purpose:
- both are LoRA adapters on one frozen base (two models are an option), and each has a critic, or
  group means, of its own: what one role is paid says nothing about the other's mean;
- an opponent is sometimes one of the past, so that nobody forgets how to beat what it has beaten
  (fictitious play; https://arxiv.org/abs/1711.00832);
- a program meets the tests of the whole group, and tests meet several programs: pay by single
  pairs is mostly luck.
"""

from __future__ import annotations

import contextlib
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

import torch
from rich.console import Console
from safetensors.torch import load_file

from .adapter import (
    META,
    WEIGHTS,
    adapter_state,
    add_adapter,
    at_work,
    save_adapter,
    second_policy,
    set_adapter_state,
)
from .checkpoint import (
    CONFIG,
    STATE,
    CheckpointError,
    TrainingState,
    load_state,
    run_folder,
    save_state,
    stop_on_interrupt,
    write_atomically,
)
from .generate import Completion
from .grpo import GRPO, VARIED, GRPOConfig
from .memory import memory_told
from .policy import TINY, DType, Policy, load_base, tiny_name
from .ppo import PPO, PPOConfig
from .rollout import Batch, JudgingFailedError, Sample, derive_seed, make_env, play
from .run import Learner, RunConfig, judged, not_judged
from .settings import above_zero, at_least, not_negative, parsed, share
from .trackers import tracker_names, trackers
from .tracking import PLOT_FILE, Progress, Row, RunLog, TrainingResult, draw_curves

SOLVER, WRITER = "solver", "writer"
ROLES = (SOLVER, WRITER)
ENVIRONMENTS = {SOLVER: "PythonReasoning-v0", WRITER: "PythonTests-v0"}
STAGES = ("informal", "structured", "pseudocode", "constraints", "code")

RESULTS, CHECKPOINTS, LATEST, BEST = "training_results.json", "checkpoints", "latest", "best"
# What a run's best checkpoint is chosen by: the solver's pay, and the share of tests that count.
SCORE = {"solver_reward": 0.7, "validity": 0.3}
_FREE = ("out", "resume", "resume_from", "track", "gradient_checkpointing")


@dataclass(frozen=True, slots=True, kw_only=True)
class DuelConfig:
    """One duel. The defaults train two adapters on the tiny base on two cores.

    `out`: the run's folder. `algorithm`: ``"ppo"`` or ``"grpo"``, whose own settings are in
    `settings`, ``NAME=VALUE`` each. `base`, `writer_base`: see `policy.load_base`; without the
    second both roles are adapters on the first. `solver_reward`, `writer_reward`: see
    `envs.rewards`. `families`, `difficulty`: of the problems (None: all).

    `stages`: how many of the five stages are played, the last ones; `epochs`: how often training
    goes through them. In each, `writer_steps`, `solver_steps` and `alternating` rounds of both.
    A step is a batch of `problems` times `group_size` episodes. `pool`: the share of steps in which
    the one that stands still is an adapter of an earlier stage's end. `opponents`: of the
    solver's programs, so many meet a writer's tests; `known`: half of the problem's own wrong
    programs do, too (the other half is what it is tried on). A solver whose wrong programs do not
    even run is failed by any test: a writer that meets nothing else learns tests that say nothing.

    `max_text_tokens`, `max_new_tokens`, `max_test_tokens`: of a text, a program, a suite of tests.
    `learning_rate`: 2e-3 for the tiny base, 1e-5 for models of billions; it rises over `warmup`
    steps of a role. `evaluation`: problems that both are tried on, always the same, at the start
    and after each stage, with hidden cases and wrong programs that nobody is paid for (0: none).

    `resume`: go on with the run in `out`; `resume_from`: from a checkpoint of it, forgetting what
    came after. The others: see `run.RunConfig`.
    """

    out: Path
    algorithm: Literal["ppo", "grpo"] = "ppo"
    base: str = TINY
    writer_base: str = ""
    solver_reward: str = "duel"
    writer_reward: str = "test-writer"
    families: tuple[str, ...] | None = None
    difficulty: int | None = None
    seed: int = 0
    stages: int = len(STAGES)
    epochs: int = 1
    writer_steps: int = 2
    solver_steps: int = 2
    alternating: int = 2
    problems: int = 8
    group_size: int = 8
    opponents: int = 2
    known: bool = False
    pool: float = 0.25
    learning_rate: float = 2e-3
    warmup: int = 3
    max_grad_norm: float = 1.0
    temperature: float = 1.0
    max_text_tokens: int = 64
    max_new_tokens: int = 192
    max_test_tokens: int = 192
    evaluation: int = 64
    settings: tuple[str, ...] = ()
    lora_rank: int = 16
    lora_alpha: int = 32
    track: str = ""
    device: str = "auto"
    dtype: DType = "auto"
    gradient_checkpointing: bool = False
    resume: bool = False
    resume_from: Path | None = None

    def __post_init__(self) -> None:
        if self.base == TINY:
            object.__setattr__(self, "base", tiny_name(ENVIRONMENTS[SOLVER]))
        if self.algorithm not in ("ppo", "grpo"):
            raise ValueError(f"algorithm is ppo or grpo, not {self.algorithm!r}.")
        for name in (
            "stages", "epochs", "problems", "group_size", "opponents", "max_text_tokens",
            "max_new_tokens", "max_test_tokens", "lora_rank",
        ):  # fmt: skip
            at_least(self, name, 1)
        if self.stages > len(STAGES):
            raise ValueError(f"there are {len(STAGES)} stages, not {self.stages}.")
        for name in (
            "seed", "warmup", "writer_steps", "solver_steps", "alternating", "evaluation",
        ):  # fmt: skip
            not_negative(self, name)
        for name in ("learning_rate", "max_grad_norm", "temperature"):
            above_zero(self, name)
        share(self, "pool")
        if not self.steps:
            raise ValueError("no step is asked for: writer_steps, solver_steps, alternating are 0.")
        if self.dtype not in get_args(DType):
            raise ValueError(f"dtype is auto, float32 or bfloat16, not {self.dtype!r}.")
        tracker_names(self.track)
        self.learner_config(SOLVER)

    @property
    def played(self) -> tuple[str, ...]:
        """The names of the stages that are played."""
        return STAGES[-self.stages :]

    @property
    def steps(self) -> list[Step]:
        """All of the run's, in their order."""
        learns = [WRITER] * self.writer_steps + [SOLVER] * self.solver_steps
        learns += [WRITER, SOLVER] * self.alternating
        return [
            Step(epoch, stage, role, last=i == len(learns) - 1)
            for epoch in range(1, self.epochs + 1)
            for stage in range(1, self.stages + 1)
            for i, role in enumerate(learns)
        ]

    def learner_config(self, role: str) -> PPOConfig | GRPOConfig:
        """The algorithm's configuration for one role. Raises `ValueError`."""
        own: dict[str, Any] = {
            "out": self.out / role,
            "env": ENVIRONMENTS[role],
            "base": self.base,
            "seed": self.seed,
            "samples": self.problems * self.group_size,
            "group_size": self.group_size,
            "learning_rate": self.learning_rate,
            "max_grad_norm": self.max_grad_norm,
            "temperature": self.temperature,
            "max_new_tokens": max(self.max_new_tokens, self.max_test_tokens),
        }
        kind: Any = PPOConfig if self.algorithm == "ppo" else GRPOConfig
        if self.algorithm == "ppo":
            own |= {"minibatches": 2, "critic_warmup": 1}
        else:  # variety among programs is not what a duel is about
            own |= dict.fromkeys(VARIED, 0.0)
        hints = get_type_hints(kind)
        # What any run has is the duel's to say, or has no part in it.
        known = kind.__dataclass_fields__.keys() - RunConfig.__dataclass_fields__.keys()
        for setting in self.settings:
            name, equals, text = setting.partition("=")
            if not equals or name not in known:
                raise ValueError(f"{self.algorithm} takes no setting {setting!r} in a duel.")
            own[name] = parsed(name, text, hints[name])
        config: PPOConfig | GRPOConfig = kind(**own)
        if isinstance(config, PPOConfig) and config.critic == "adapter":
            raise ValueError("in a duel a critic is fitted or trained: there are two adapters.")
        return config


@dataclass(frozen=True, slots=True)
class Step:
    """One batch: in which epoch (from 1) and at which stage (from 1) it is, and who learns.
    `last`: a stage ends with it."""

    epoch: int
    stage: int
    role: str
    last: bool

    @property
    def checkpoint(self) -> str:
        """The folder of what the stage ends with."""
        return f"epoch-{self.epoch}-stage-{self.stage}"


class Player:
    """One role: its policy, what teaches it, and how often it has learnt."""

    def __init__(self, role: str, config: DuelConfig, policy: Policy) -> None:
        self.role, self.config, self.policy = role, config, policy
        self.steps = 0
        at_work(policy)
        kind: Any = PPO if config.algorithm == "ppo" else GRPO
        self.learner: Learner[Any] = kind(config.learner_config(role), policy)
        turns = config.stages if role == SOLVER else 1
        self.tokens = (
            [config.max_text_tokens] * (turns - 1) + [config.max_new_tokens]
            if role == SOLVER
            else [config.max_test_tokens]
        )
        self.env = self._made(config.problems * config.group_size)
        self._trial: Any = None

    def _made(self, count: int) -> Any:
        config = self.config
        return make_env(
            ENVIRONMENTS[self.role],
            count=count,
            reward=config.solver_reward if self.role == SOLVER else config.writer_reward,
            toolchain="auto",
            turns=len(self.tokens),
            families=config.families,
            difficulty=config.difficulty,
        )

    def plays(
        self, step: int, each: Sequence[Mapping[str, Any]] | None = None, *, learning: bool
    ) -> Batch:
        """A batch of episodes; the same problems for both roles in the same step."""
        at_work(self.policy)
        return play(
            self.env,
            self.policy,
            group_size=self.config.group_size,
            seed=self.config.seed,
            iteration=step,
            turns=len(self.tokens),
            max_new_tokens=self.tokens,
            temperature=self.config.temperature,
            each=each,
            **(self.learner.sampler_options() if learning else {}),
        )

    def learns(self, batch: Batch) -> dict[str, float]:
        """Takes the steps that a batch teaches; what there is to say of them."""
        at_work(self.policy)
        self.steps += 1
        rate = self.config.learning_rate * min(1.0, self.steps / max(1, self.config.warmup))
        for group in self.learner.optimizer.param_groups:
            group["lr"] = rate * group.get("rate", 1.0)
        return self.learner.learn(batch, self.steps)

    @contextlib.contextmanager
    def as_it_was(self, folder: Path | None) -> Iterator[None]:
        """Meanwhile its adapter is the one in `folder` (None: its own)."""
        if folder is None:
            yield
            return
        own = adapter_state(self.policy)
        set_adapter_state(self.policy, load_file(folder / WEIGHTS))
        try:
            yield
        finally:
            set_adapter_state(self.policy, own)

    def tried(self) -> list[Sample]:
        """Episodes on problems that are always the same: the solver's without tests but the hidden
        ones, the writer's against wrong programs that no training meets."""
        at_work(self.policy)
        if self._trial is None:
            self._trial = self._made(self.config.evaluation)
        return play(
            self._trial,
            self.policy,
            group_size=1,
            seed=derive_seed("duel evaluation"),
            iteration=0,
            turns=len(self.tokens),
            max_new_tokens=self.tokens,
            temperature=self.config.temperature,
            each=[{"wrong": "trial"}] * self.config.evaluation if self.role == WRITER else None,
        ).samples

    def close(self) -> None:
        """Releases what programs are judged by."""
        self.env.close()
        if self._trial is not None:
            self._trial.close()


def train_duel(config: DuelConfig, *, console: Console | None = None) -> TrainingResult:
    """Trains both adapters, and leaves them with their logs in `config.out`.

    The folder holds ``latest/`` and ``best/`` with an adapter for each role (in peft's format), the
    same and the state to resume from for each stage's end in ``checkpoints/``, the logs, a plot,
    and ``training_results.json``. Stops after Ctrl-C at the end of the last whole step; everything
    is saved.

    Raises `CheckpointError`, `FolderInUseError`, `PolicyError`, `JudgingFailedError` or
    `MemoryExhaustedError` with a sentence for the user.
    """
    console = console or Console()
    settings = {k: v for k, v in asdict(config).items() if k not in _FREE}
    resuming = config.resume or config.resume_from is not None
    described = {**settings, "algorithm": "duel " + config.algorithm}
    with run_folder(config.out, described, resume=resuming):
        run = _Run(config, console)
        try:
            return run.train(settings)
        finally:
            run.close()


class _Run:
    """A duel in progress."""

    def __init__(self, config: DuelConfig, console: Console) -> None:
        self.config, self.console = config, console
        options: dict[str, Any] = {
            "rank": config.lora_rank,
            "alpha": config.lora_alpha,
            "gradient_checkpointing": config.gradient_checkpointing,
        }
        base = load_base(config.base, device=config.device, dtype=config.dtype)
        solver = add_adapter(base, seed=config.seed, **options)
        other = derive_seed("writer's adapter", config.seed) % 2**31
        if config.writer_base:
            second = load_base(config.writer_base, device=config.device, dtype=config.dtype)
            writer = add_adapter(second, seed=other, **options)
        else:
            writer = second_policy(solver, WRITER, seed=other)
        self.players = {
            SOLVER: Player(SOLVER, config, solver),
            WRITER: Player(WRITER, config, writer),
        }
        self.best = float("-inf")
        self.tries: list[dict[str, Any]] = []
        self.done = 0

    def close(self) -> None:
        for player in self.players.values():
            player.close()

    # ------------------------------------------------------------ the loop

    def train(self, settings: Mapping[str, Any]) -> TrainingResult:
        config, steps = self.config, self.config.steps
        self._resume()
        log = RunLog(config.out, upto=self.done)
        progress = Progress(
            title=f"Duel ({config.algorithm.upper()})",
            total=len(steps),
            done=self.done,
            columns={
                "stage": ("stage", ".0f"),
                "solver_learns": ("solver learns", ".0f"),
                "solver_reward": ("solver", ".2f"),
                "hidden_rate": ("hidden cases", ".0%"),
                "writer_reward": ("writer", ".2f"),
                "validity": ("valid tests", ".0%"),
                "tokens_per_s": ("tokens/s", ".0f"),
            },
            console=self.console,
        )
        short = memory_told(
            f"the duel; the last step saved in {config.out} is whole",
            "--resume goes on from it with gradient_checkpointing=true, or begin another run with "
            "fewer problems or a smaller max_new_tokens",
        )
        tracked = trackers(
            config.track, config.out, settings=settings, rows=tuple(log.rows), say=progress.say
        )
        with short, stop_on_interrupt() as stop, progress, tracked as track:
            if self.done:
                progress.say(f"Continuing the run in {config.out} after step {self.done}.")
            if not self.tries and config.evaluation:
                self._try("start", progress)
            for number in range(self.done + 1, len(steps) + 1):
                step = steps[number - 1]
                row = self._take(step, number)
                log.append(row)
                self.done = number
                if step.last:
                    if config.evaluation:
                        self._try(step.checkpoint, progress)
                    self._keep(step, log.rows)
                self._save(step)
                progress.update(row)
                track(row)
                if stop.requested:
                    break
        finished = self.done == len(steps)
        if log.rows:
            panels = {
                "pay": ("solver_reward", "writer_reward"),
                "solver": ("hidden_rate", "solved_rate"),
                "tests": ("validity", "failed"),
            }
            draw_curves(log.rows, config.out / PLOT_FILE, title="Duel", panels=panels)
        self._report(log.rows, finished=finished)
        if not finished:
            self.console.print(
                f"Stopped after step {self.done} of {len(steps)}; everything is saved in "
                f"{config.out}, and --resume goes on from there.",
                markup=False, soft_wrap=True,
            )  # fmt: skip
        return TrainingResult(config.out, self.done, finished, log.rows)

    def _take(self, step: Step, number: int) -> Row:
        """One batch of both, from which one of them learns."""
        started = time.monotonic()
        solver, writer = self.players[SOLVER], self.players[WRITER]
        learner = self.players[step.role]
        other = writer if learner is solver else solver
        past = self._past(other.role, number)
        with other.as_it_was(past):
            if learner is solver:
                tests = writer.plays(
                    number, [{"opponents": []}] * len(writer.env.envs), learning=False
                )
            else:
                programs = solver.plays(number, learning=False)
        if learner is solver:
            programs = self._judged(
                lambda: solver.plays(number, self._suites(tests), learning=True)
            )
            stage = _at_stage(programs, step.stage - 1, self.config.stages)
            sampled = time.monotonic()
            learnt = learner.learns(stage)
        else:
            tests = self._judged(
                lambda: writer.plays(number, self._opponents(programs), learning=True)
            )
            sampled = time.monotonic()
            learnt = learner.learns(tests)
        now = time.monotonic()
        tokens = sum(s.completion.own for s in (*programs.samples, *tests.samples))
        # Pay is known of the one that learns; what the other was paid follows from it.
        return {
            "iteration": number,
            "epoch": step.epoch,
            "stage": step.stage,
            "solver_learns": float(learner is solver),
            "past_opponent": float(past is not None),
            **_told(
                programs.samples,
                tests.samples,
                solver_learns=learner is solver,
                met=min(self.config.opponents, self.config.group_size),
            ),
            **learnt,
            "tokens": tokens,
            "sample_s": sampled - started,
            "update_s": now - sampled,
            "iteration_s": now - started,
            "tokens_per_s": tokens / (now - started),
        }

    def _judged(self, played: Callable[[], Batch]) -> Batch:
        """What was played; once more where nothing of it could be judged, as in any run."""
        batch = played()
        if not judged(batch):
            batch = played()
        if not judged(batch):
            raise JudgingFailedError(
                f"{not_judged(batch)}; {self.done} steps are saved in {self.config.out}, and "
                "--resume goes on from there"
            )
        return batch

    def _suites(self, tests: Batch) -> list[dict[str, Any]]:
        """What each program meets: the tests of its whole group."""
        groups: dict[int, list[str]] = {}
        for sample in tests.samples:
            groups.setdefault(sample.group, []).append(sample.program)
        return [{"tests": groups[sample.group]} for sample in tests.samples]

    def _opponents(self, programs: Batch) -> list[dict[str, Any]]:
        """What each writer's tests meet: its own program of the group, and the next ones."""
        size = self.config.group_size
        texts = [sample.program for sample in programs.samples]
        own = {"wrong": "practice"} if self.config.known else {}
        return [
            {
                **own,
                "opponents": [
                    texts[i - i % size + (i + k) % size]
                    for k in range(min(self.config.opponents, size))
                ],
            }
            for i in range(len(texts))
        ]

    def _past(self, role: str, number: int) -> Path | None:
        """An adapter of an earlier stage's end, or None: the present one."""
        draw = random.Random(derive_seed("opponent", self.config.seed, number))
        ended = [s.checkpoint for s in self.config.steps[: number - 1] if s.last]
        if not ended or draw.random() >= self.config.pool:
            return None
        return self.config.out / CHECKPOINTS / draw.choice(ended) / role

    def _try(self, when: str, progress: Progress) -> None:
        """Both on the held-out problems."""
        programs, suites = (self.players[role].tried() for role in ROLES)
        found = {
            "when": when,
            "step": self.done,
            "hidden_rates": [_measured(s, "behaviour") for s in programs],
            "solved": [float(s.verdict.accepted) if s.valid else None for s in programs],
            "kills": [_measured(s, "kills") for s in suites],
            "validity": [_measured(s, "validity") for s in suites],
        }
        self.tries.append(found)
        lists = {name: values for name, values in found.items() if isinstance(values, list)}
        means = {k: _mean([x for x in v if x is not None]) for k, v in lists.items()}
        progress.say(
            f"{when}: the solver passes {means['hidden_rates']:.1%} of hidden cases and solves "
            f"{means['solved']:.1%}; tests are valid {means['validity']:.1%}, kill "
            f"{means['kills']:.1%} of wrong programs"
        )

    # ------------------------------------------------------------ what is kept

    def _state(self) -> TrainingState:
        weights: dict[str, Any] = {}
        optimizers: dict[str, Any] = {}
        counters: dict[str, float] = {"best": self.best}
        for role, player in self.players.items():
            at_work(player.policy)
            weights |= {f"{role}.{k}": v for k, v in player.learner.weights().items()}
            optimizers[role] = player.learner.optimizer.state_dict()
            counters[f"{role}_steps"] = player.steps
        memory = [{"bases": self._bases()}, *self.tries]
        return TrainingState(self.done, weights, optimizers, counters, memory)

    def _bases(self) -> list[str]:
        return [str(player.policy.base_digest) for player in self.players.values()]

    def _adapters(self, folder: Path, note: Mapping[str, Any]) -> None:
        for role, player in self.players.items():
            meta = {**note, "role": role, "env": ENVIRONMENTS[role]}
            save_adapter(player.policy, folder / role, note=meta)

    def _save(self, step: Step) -> None:
        note = {"algorithm": "duel", "step": self.done, "epoch": step.epoch, "stage": step.stage}
        self._adapters(self.config.out / LATEST, note)
        save_state(self.config.out, self._state())

    def _keep(self, step: Step, rows: Sequence[Row]) -> None:
        """What a stage ends with, and the best of those."""
        own = [r for r in rows if (r["epoch"], r["stage"]) == (step.epoch, step.stage)]
        score = sum(part * _mean([r[name] for r in own]) for name, part in SCORE.items())
        folder = self.config.out / CHECKPOINTS / step.checkpoint
        note = {
            "algorithm": "duel", "step": self.done, "epoch": step.epoch, "stage": step.stage,
            "score": score,
        }  # fmt: skip
        self._adapters(folder, note)
        if score > self.best:
            self.best = score
            self._adapters(self.config.out / BEST, note)
        save_state(folder, self._state())

    def _resume(self) -> None:
        """Puts back what the run, or the checkpoint that is named, was left with."""
        folder, kept = self.config.out, self.config.out / CHECKPOINTS
        if self.config.resume_from is not None:
            folder = self.config.resume_from
            if folder.resolve().parent != kept.resolve() or not (folder / STATE).exists():
                raise CheckpointError(
                    f"{folder} is no checkpoint of this run: those are in {kept}."
                )
        state = load_state(folder)
        if state is None:
            return
        bases = state.memory[0].get("bases") if state.memory else None
        if bases is None or state.counters.keys() != self._state().counters.keys():
            raise CheckpointError(f"{folder / STATE} is no duel's state.")
        if bases != self._bases():
            raise CheckpointError(
                f"{folder / STATE} is of a duel on another base model than {self.config.base}."
            )
        for role, player in self.players.items():
            at_work(player.policy)
            of = f"{role}."
            own = {k[len(of) :]: v for k, v in state.weights.items() if k.startswith(of)}
            try:
                player.learner.load_weights(own)
                player.learner.optimizer.load_state_dict(state.optimizer[role])
            except (RuntimeError, ValueError, KeyError) as error:
                reason = " ".join(str(error).split())[:120]
                raise CheckpointError(
                    f"{folder / STATE} does not fit this duel's adapters ({reason})."
                ) from error
            player.steps = int(state.counters[f"{role}_steps"])
        self.best, self.done = state.counters["best"], state.iteration
        self.tries = [dict(record) for record in state.memory[1:]]
        if self.config.resume_from is not None:
            self._best_again()
            # Before the log is cut: from here on the run is at this step, whatever happens.
            save_state(self.config.out, self._state())

    def _best_again(self) -> None:
        """`best/` as it was at the step that a run goes back to."""
        for ended in (s.checkpoint for s in self.config.steps[: self.done] if s.last):
            folder = self.config.out / CHECKPOINTS / ended
            note = json.loads((folder / SOLVER / META).read_text(encoding="utf-8"))
            if note["score"] == self.best:
                for path in folder.glob("*/*"):
                    kept = self.config.out / BEST / path.relative_to(folder)
                    write_atomically(kept, path.read_bytes())
                return

    def _report(self, rows: Sequence[Row], *, finished: bool) -> None:
        """``training_results.json``: the settings, what each stage came to, and every try."""
        config = json.loads((self.config.out / CONFIG).read_text(encoding="utf-8"))
        names = ("solver_reward", "writer_reward", "hidden_rate", "solved_rate", "validity")
        stages = []
        for epoch, stage in dict.fromkeys((int(r["epoch"]), int(r["stage"])) for r in rows):
            own = [r for r in rows if (r["epoch"], r["stage"]) == (epoch, stage)]
            means = {name: _mean([r[name] for r in own]) for name in names}
            stages.append(
                {
                    "epoch": epoch,
                    "stage": self.config.played[stage - 1],
                    "steps": len(own),
                    "score": sum(part * means[name] for name, part in SCORE.items()),
                    **means,
                }
            )
        results = {
            "config": config,
            "finished": finished,
            "steps": self.done,
            "best_score": max((s["score"] for s in stages), default=None),
            "stages": stages,
            "evaluations": self.tries,
        }
        text = json.dumps(results, indent=2) + "\n"
        write_atomically(self.config.out / RESULTS, text.encode())


def _at_stage(batch: Batch, stage: int, stages: int) -> Batch:
    """`batch` cut after one stage (from 0), whose tokens alone are learnt from, and are paid what
    stands at the end."""
    return replace(batch, samples=[_cut(sample, stage, stages) for sample in batch.samples])


def _cut(sample: Sample, stage: int, stages: int) -> Sample:
    # An episode that ended early has fewer turns, and its last one may be earlier than asked for.
    last = len(sample.earlier)
    if stage > last:
        return replace(sample, valid=False)
    start = sample.earlier[stage - 1].after if stage else 0
    end = sample.earlier[stage].end + 1 if stage < last else len(sample.completion.tokens)
    whole = sample.completion
    own = torch.zeros(end, dtype=torch.bool)
    own[start:end] = True
    return replace(
        sample,
        completion=Completion(
            whole.tokens[:end],
            whole.logprobs[:end] * own,
            whole.finished if stage == stages - 1 else True,
            None if whole.values is None else whole.values[:end],
            own,
        ),
        earlier=(),
    )


def _told(
    programs: Sequence[Sample], tests: Sequence[Sample], *, solver_learns: bool, met: int
) -> dict[str, float]:
    """What the log says of a batch of both; samples that the machine failed on are left out. `met`:
    how many of the solver's programs a suite met, before any others.

    ``solver_reward`` and ``writer_reward`` are measured of the one that learns, and worked out for
    the other: programs pass what tests do not fail.
    """
    solved = [s for s in programs if s.valid]
    tested = [s for s in tests if s.valid]
    validity = _mean([s.verdict.metrics["validity"] for s in tested])
    if solver_learns:
        paid = _mean([s.reward for s in solved])
        passed = _mean(
            [s.verdict.metrics["withstood"] for s in solved if "withstood" in s.verdict.metrics]
        )
        writer = (1.0 - passed) * validity
    else:
        writer = _mean([s.reward for s in tested])
        passed = _mean(
            [
                _mean(s.verdict.facts["shares"][:met])
                for s in tested
                if s.verdict.metrics["valid_tests"]
            ]
        )
        paid = passed
    count = max(len(programs) + len(tests), 1)
    return {
        "solver_reward": paid,
        "writer_reward": writer,
        "failed": 1.0 - passed,
        "hidden_rate": _mean([s.verdict.metrics["behaviour"] for s in solved]),
        "solved_rate": _mean([float(s.verdict.accepted) for s in solved]),
        "parse_rate": _mean([float(s.verdict.compiled) for s in solved]),
        "validity": validity,
        "tests": _mean([s.verdict.metrics["tests"] for s in tested]),
        "valid_tests": _mean([s.verdict.metrics["valid_tests"] for s in tested]),
        "invalid": 1.0 - (len(solved) + len(tested)) / count,
        "truncated": _mean([float(not s.completion.finished) for s in (*programs, *tests)]),
    }


def _measured(sample: Sample, metric: str) -> float | None:
    """None: the machine failed. A problem keeps its place in what is written of a trial."""
    return sample.verdict.metrics[metric] if sample.valid else None


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
