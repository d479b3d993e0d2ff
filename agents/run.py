"""A run of reinforcement learning: the loop that every algorithm's `Learner` is put into.

An iteration plays a batch, lets the learner take its steps, logs a row and saves all that a resumed
run needs. Everything that can go wrong around an algorithm (a kill, Ctrl-C, a full disk, a folder
that holds another run) is met here, so that an algorithm's file is about nothing but learning.
"""

from __future__ import annotations

import math
import statistics
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Generic, Literal, TypeVar, get_args

import torch
from rich.console import Console
from safetensors.torch import load_file
from torch import Tensor

from .adapter import (
    WEIGHTS,
    adapter_state,
    add_adapter,
    parameter_counts,
    save_adapter,
    set_adapter_state,
    start_from,
)
from .checkpoint import (
    BEST,
    LATEST,
    STATE,
    CheckpointError,
    TrainingState,
    load_state,
    record_settings,
    run_folder,
    save_state,
    stop_on_interrupt,
)
from .curriculum import Curriculum
from .distributed import World, join
from .health import complaint, hint
from .logprob import Scores, completion_scores, passes
from .losses import Aggregation, loss_denominator, loss_weights
from .memory import memory_told
from .policy import TINY, DType, Policy, load_base, tiny_name
from .rollout import (
    COMPACT,
    Batch,
    JudgingFailedError,
    Sample,
    batch_metrics,
    default_reward,
    default_toolchain,
    make_env,
    play,
)
from .settings import above_zero, at_least, finite, not_negative, share, unused
from .trackers import tracker_names, trackers
from .tracking import (
    PLOT_FILE,
    Progress,
    Row,
    RunLog,
    TrainingResult,
    draw_curves,
    read_rows,
)

# Padded positions in one forward and backward pass: more gains nothing on a CPU, and a large
# model's activations must fit.
TOKENS_PER_PASS = 8192
# Parameters from which on a learning rate above this spoils a model in a few steps.
LARGE, LARGE_RATE = 100_000_000, 5e-4
# A run that collapses at an eighth of its learning rate will not be saved by a sixteenth.
MAX_RESTORES = 3
# Neither changes what is learnt; memory may run out long after a run has begun.
_FREE = ("out", "resume", "gradient_checkpointing", "track")
# What a run may be resumed with otherwise: it goes on longer, elsewhere, or in spite of a warning.
# Its base is known by its weights, wherever they lie.
_RELAXED = ("iterations", "device", "judge_url", "on_collapse", "base")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig:
    """What every algorithm's run is made of; each changes some defaults and adds its own.

    `out`: the run's folder. `env`, `reward`, `toolchain`, `tasks`: the environment, of whose tasks
    `families` and `difficulty` choose some (None: all); a reward or a toolchain of ``"auto"``
    becomes the environment's `default_reward`, `default_toolchain`, and the base ``"tiny"`` the
    environment's own, where it has one. `judge_url` and
    `judge_model`: an external judge, which divides the share `judge_weight` of the reward ("":
    none; a resumed run is the same run only as far as its judge says the same again). `base`: see
    `policy.load_base`. `start`: an adapter of that base to go on from, by its folder or a run's
    ("": a new one); what is measured against the base (`kl_coef`) still is. `resume`: go on with
    the run in `out` if there is one.

    `dtype` of the base's weights: float32, bfloat16, or auto (see `policy.load_base`); what is
    trained is float32 in any case. `gradient_checkpointing`: less memory for more arithmetic, and
    the same losses; a run may be resumed with it or without.

    `samples` an iteration, in groups of `group_size` that share a prompt; each is an episode of up
    to `turns` programs of up to `max_new_tokens` tokens, and is paid for the last. `stop`: texts
    that end a program, which is then what comes before them.
    `learning_rate`: 2e-3 for the tiny base, 1e-5 to 5e-5 for models of billions; it rises over
    `warmup` iterations and falls to nearly nothing from the share `decay_from` of the run.
    `max_grad_norm` bounds a step.
    `curriculum`: kinds of tasks that teach come more often (see `curriculum`).
    `track`: where figures go besides the run's folder (see `trackers`): tensorboard, wandb, or both
    with a comma between them; a run may be resumed with others.
    `on_collapse`: what is done when the run goes bad (see `health`): ``"restore"`` goes back to the
    best adapter at half the learning rate, up to `MAX_RESTORES` times, and then stops.
    """

    out: Path
    env: str = "CompactContract-v0"
    reward: str = "auto"
    toolchain: str = "auto"
    tasks: str | None = None
    families: tuple[str, ...] | None = None
    difficulty: int | None = None
    judge_url: str = ""
    judge_model: str = ""
    judge_weight: float = 0.2
    base: str = "tiny"
    start: str = ""
    seed: int = 0
    iterations: int = 230
    samples: int = 128
    group_size: int = 8
    learning_rate: float = 2e-3
    warmup: int = 5
    decay_from: float = 0.7
    max_grad_norm: float = 1.0
    temperature: float = 1.0
    max_new_tokens: int = 256
    turns: int = 1
    stop: tuple[str, ...] | None = None
    curriculum: bool = False
    lora_rank: int = 16
    lora_alpha: int = 32
    on_collapse: Literal["restore", "stop", "ignore"] = "restore"
    track: str = ""
    device: str = "auto"
    dtype: DType = "auto"
    gradient_checkpointing: bool = False
    resume: bool = False

    def __post_init__(self) -> None:
        # What is meant is recorded, so that a run is the same run when defaults have changed.
        for name, meant in (
            ("reward", default_reward(self.env, self.tasks)),
            ("toolchain", default_toolchain(self.env, self.tasks)),
        ):
            if getattr(self, name) == "auto":
                object.__setattr__(self, name, meant)
        if self.base == TINY:
            object.__setattr__(self, "base", tiny_name(self.env))
        elif Path(self.base).is_dir():  # it is found from other folders, too
            object.__setattr__(self, "base", str(Path(self.base).resolve()))
        for name in (
            "iterations", "samples", "group_size", "turns", "max_new_tokens", "lora_rank",
            "lora_alpha",
        ):  # fmt: skip
            at_least(self, name, 1)
        if self.samples % self.group_size:
            raise ValueError(
                f"samples ({self.samples}) must be a multiple of group_size ({self.group_size})."
            )
        if self.curriculum and self.group_size < 2:
            raise ValueError(
                "curriculum needs a group_size of at least 2: it looks at how far the rewards of "
                "one prompt's samples differ."
            )
        for name in ("learning_rate", "max_grad_norm", "temperature"):
            above_zero(self, name)
        finite(self, "learning_rate", "temperature")
        for name in ("warmup", "seed"):
            not_negative(self, name)
        share(self, "decay_from")
        tracker_names(self.track)
        if "" in (self.stop or ()):
            raise ValueError("A stop string must not be empty.")
        if self.on_collapse not in ("restore", "stop", "ignore"):
            raise ValueError(f"on_collapse is restore, stop or ignore, not {self.on_collapse!r}.")
        if self.dtype not in get_args(DType):
            raise ValueError(f"dtype is auto, float32 or bfloat16, not {self.dtype!r}.")
        if bool(self.judge_url) != bool(self.judge_model):
            raise ValueError("judge_url and judge_model belong together: give both, or none.")
        if not self.judge_url:
            unused(self, "there is no judge_url", "judge_weight")

    @property
    def judge(self) -> dict[str, Any] | None:
        """The environment's argument of this name."""
        if not self.judge_url:
            return None
        return {
            "base_url": self.judge_url,
            "model": self.judge_model,
            "weight": self.judge_weight,
        }


Config = TypeVar("Config", bound=RunConfig)

# What the live table shows and what is drawn of a run: of Compact's prompts, which leave open what
# a contract decides, and of tasks with hidden cases.
_CONTRACT_COLUMNS = {
    "high_complexity_rate": ("complexity > 3", ".0%"),
    "solved_rate": ("does all asked", ".0%"),
    "complexity": ("complexity", ".1f"),
    "structures": ("structures", ".0f"),
    "commonest_decision": ("commonest decision", ".0%"),
}
_TASK_COLUMNS = {"behaviour": ("cases passed", ".0%"), "solved_rate": ("solved", ".0%")}
_CONTRACT_PANELS = {
    "rates": ("compile_success_rate", "high_complexity_rate", "solved_rate"),
    "complexity (compiling)": ("complexity",),
    "variety": ("commonest_decision", "distinct_2"),
}
_TASK_PANELS = {"rates": ("compile_success_rate", "behaviour", "solved_rate")}
# Where words come with a program, and have a score.
_WORDS_PANELS = {**_TASK_PANELS, "reasoning": ("reasoning",)}
_PANELS: Mapping[str, Mapping[str, Sequence[str]]] = {
    COMPACT: _CONTRACT_PANELS,
    "VerilogModule-v0": _WORDS_PANELS,
    "PythonReasoning-v0": _WORDS_PANELS,
}


@dataclass(frozen=True, slots=True)
class Pass:
    """Some rows of a batch, scored with gradients: what a loss is made of.

    `rows` are their places in the batch. `scores`: see `logprob.Scores`. `old_logprobs` [R, T] are
    the sampler's. `weights` [R, T] and `denominator`: see `losses`.
    """

    rows: Sequence[int]
    scores: Scores
    old_logprobs: Tensor
    weights: Tensor
    denominator: float


# The loss of a pass as a share of its optimizer batch's, and its metrics as such shares.
LossOf = Callable[[Pass], tuple[Tensor, dict[str, Tensor]]]


class Learner(ABC, Generic[Config]):
    """An algorithm at work on a policy. `learn` is what is its own; the rest may be replaced.

    Attributes:
        name: Of the algorithm, in files. `title`: on the screen.
        columns: Metric -> heading and format: what of its own the live table shows.
        panels: Heading -> metrics: what of its own is drawn at the end.
        world: The processes that train together.
        best_window: The best adapter is the one that was paid most, in the mean over so many
            iterations the last of which it sampled: a single batch of 64 is too noisy to choose by.
        aggregation: See `losses.loss_weights`.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    columns: ClassVar[Mapping[str, tuple[str, str]]] = {}
    panels: ClassVar[Mapping[str, Sequence[str]]] = {}
    best_window: ClassVar[int] = 5
    aggregation: Aggregation = "token"

    def __init__(self, config: Config, policy: Policy) -> None:
        self.config, self.policy = config, policy
        self.world = World()
        self.optimizer: torch.optim.Optimizer = torch.optim.AdamW(
            self.parameters(), lr=config.learning_rate, betas=(0.9, 0.99), weight_decay=0.0
        )

    @abstractmethod
    def learn(self, batch: Batch, iteration: int) -> dict[str, float]:
        """Take the iteration's optimizer steps; what the log says about them, the same keys each
        time."""

    # ------------------------------------------------------------ what a resumed run needs

    def parameters(self) -> list[torch.nn.Parameter]:
        """What is trained."""
        return [p for p in self.policy.model.parameters() if p.requires_grad]

    def weights(self) -> dict[str, Tensor]:
        """Copies of all that is trained, on the CPU."""
        return adapter_state(self.policy)

    def load_weights(self, weights: Mapping[str, Tensor]) -> None:
        """Puts back what `weights` gave."""
        set_adapter_state(self.policy, dict(weights))

    def restore(self, folder: Path) -> None:
        """Back to the adapter in `folder`, with an optimizer that remembers nothing."""
        set_adapter_state(self.policy, load_file(folder / WEIGHTS))
        self.optimizer.state.clear()

    def memory(self) -> list[dict[str, Any]]:
        """What it remembers besides: records of plain values."""
        return []

    def load_memory(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Puts back what `memory` gave."""

    # ------------------------------------------------------------ what a reader is told

    def lines(self, batch: Batch) -> Iterator[str]:  # noqa: ARG002
        """What is said of a batch before it is learnt from."""
        return iter(())

    def save(self, folder: Path) -> None:
        """Files of its own, beside the adapters."""

    # ------------------------------------------------------------ steps

    def sampler_options(self) -> dict[str, Any]:
        """What the sampler is asked for beside tokens and log-probabilities."""
        return {}

    def step_on(
        self,
        batch: Batch,
        rows: Sequence[int],
        loss_of: LossOf,
        *,
        completions: float | None = None,
        **options: Any,
    ) -> dict[str, float]:
        """One optimizer step on some rows of a batch, in passes that fit; metrics summed over them,
        ``loss`` and ``grad_norm`` (before it is bounded) among them. `completions`: see
        `losses.loss_denominator`; `options`: of `score`."""
        samples = [batch.samples[i] for i in rows]
        lengths = [len(s.completion.tokens) for s in samples]
        denominator = loss_denominator(
            [s.completion.own for s in samples],
            aggregation=self.aggregation,
            longest=self.config.turns * self.config.max_new_tokens,
            completions=completions,
        )
        own = self.world.share(sorted(range(len(rows)), key=lambda i: lengths[i]))
        totals: dict[str, float] = {"loss": 0.0}
        for part in passes([lengths[i] for i in own], TOKENS_PER_PASS):
            part = [own[i] for i in part]
            scores = self.score(batch, [samples[i] for i in part], **options)
            old = torch.zeros_like(scores.logprobs)  # [R, T]
            for row, i in enumerate(part):
                old[row, : lengths[i]] = samples[i].completion.logprobs
            weights = loss_weights(scores.mask, self.aggregation)
            loss, metrics = loss_of(
                Pass([rows[i] for i in part], scores, old, weights, denominator)
            )
            loss.backward()
            totals["loss"] += loss.item()
            for name, value in metrics.items():
                totals[name] = totals.get(name, 0.0) + value.item()
        return self.take_step(totals)

    def take_step(self, totals: Mapping[str, float]) -> dict[str, float]:
        """One optimizer step along the gradients that all processes have added up; `totals`, their
        sums of ``loss`` and metrics, with ``grad_norm``. A step that is not finite is not taken."""
        shares = self.world.gather(totals)
        names = dict.fromkeys(name for share in shares for name in share)
        summed = {name: sum(share.get(name, 0.0) for share in shares) for name in names}
        trained = [p for group in self.optimizer.param_groups for p in group["params"]]
        self.world.add_gradients(trained)
        own = self.parameters()
        known = set(map(id, own))
        # A critic's head, whose errors are of another scale, is bounded by itself.
        beside = [p for p in trained if id(p) not in known]
        norm, other = (
            torch.nn.utils.clip_grad_norm_(some, self.config.max_grad_norm)
            for some in (own, beside)
        )
        finite = math.isfinite(summed["loss"]) and norm.isfinite() and other.isfinite()
        if finite:  # else `health` has something to say
            self.optimizer.step()
        self.optimizer.zero_grad()
        return {**summed, "grad_norm": norm.item()}

    def rescored(self, batch: Batch) -> Batch:
        """`batch` with log-probabilities that are read as a step reads them, by the policy as it
        is now, in place of the sampler's."""
        lengths = [len(s.completion.tokens) for s in batch.samples]
        own = self.world.share(sorted(range(len(lengths)), key=lambda i: lengths[i]))
        found: dict[int, Tensor] = {}
        for part in passes([lengths[i] for i in own], TOKENS_PER_PASS):
            rows = [own[i] for i in part]
            with torch.no_grad():
                scores = self.score(batch, [batch.samples[i] for i in rows], with_entropy=False)
            logprobs = (scores.logprobs * scores.mask).cpu()  # [R, T]
            found |= {i: logprobs[row, : lengths[i]] for row, i in enumerate(rows)}
        read = {i: row for share in self.world.gather(found) for i, row in share.items()}
        samples = [
            replace(s, completion=replace(s.completion, logprobs=read[i]))
            for i, s in enumerate(batch.samples)
        ]
        return replace(batch, samples=samples)

    def score(self, batch: Batch, samples: Sequence[Sample], **options: Any) -> Scores:
        """`completion_scores` of samples of a batch, under the policy as it is now."""
        return completion_scores(
            self.policy.model,
            prompts=batch.prompts,
            completions=[s.completion.tokens for s in samples],
            sampled=[s.completion.sampled for s in samples],
            owners=[s.group for s in samples],
            pad_id=self.policy.pad_id,
            temperature=self.config.temperature,
            **({"with_entropy": True} | options),
        )


def train(
    config: RunConfig,
    algorithm: type[Learner[Any]],
    *,
    console: Console | None = None,
) -> TrainingResult:
    """Trains an adapter for `config.base`, and leaves it with its logs in `config.out`.

    Stops after `config.iterations`, or after Ctrl-C at the end of the last whole iteration; in
    both cases everything is saved. Several processes: see `distributed`; each returns, and only
    the first one's result has rows. Raises `CheckpointError`, `FolderInUseError`, `PolicyError`,
    `JudgingFailedError` or `MemoryExhaustedError` with a sentence for the user, and what Gymnasium
    raises for an unknown environment.
    """
    with join() as world, ExitStack() as held:
        groups = config.samples // config.group_size
        if groups % world.size:
            raise CheckpointError(
                f"{groups} groups of samples cannot be shared by {world.size} processes."
            )
        settings = {k: v for k, v in asdict(config).items() if k not in _FREE}
        settings["algorithm"] = algorithm.name
        folder = run_folder(config.out, settings, resume=config.resume, free=_RELAXED)
        world.first_does(lambda: held.enter_context(folder))
        said = console if world.first else Console(quiet=True)
        return _train(config, settings, algorithm, world, said)


def _train(
    config: RunConfig,
    settings: Mapping[str, Any],
    algorithm: type[Learner[Any]],
    world: World,
    console: Console | None,
) -> TrainingResult:
    policy = add_adapter(
        load_base(config.base, device=config.device, dtype=config.dtype),
        rank=config.lora_rank,
        alpha=config.lora_alpha,
        seed=config.seed,
        gradient_checkpointing=config.gradient_checkpointing,
    )
    learner = algorithm(config, policy)
    learner.world = world
    curriculum = Curriculum() if config.curriculum else None
    best, done, restores, since = float("-inf"), 0, 0, 0
    state = load_state(config.out)
    if state is None and len(read_rows(config.out)) > 1:  # one: it was killed before it was saved
        raise CheckpointError(
            f"{config.out} has the log of a run and no {STATE} to go on from; the adapters in it "
            "are whole, but the run cannot be continued."
        )
    if state is None and config.start:
        start_from(policy, config.start)
    if state is not None:
        if state.base is not None and state.base != policy.base_digest:
            raise CheckpointError(
                f"The run in {config.out} was made on another model than what {config.base} is now."
            )
        learner.load_weights(state.weights)
        learner.optimizer.load_state_dict(dict(state.optimizer))
        learner.load_memory(state.memory)
        best, done = state.counters["best"], state.iteration
        restores, since = int(state.counters["restores"]), int(state.counters["since"])
        if curriculum is not None:
            curriculum.load_state(state.counters)
    if world.first:
        record_settings(config.out, settings)
    log = RunLog(config.out, upto=done) if world.first else None
    env = make_env(
        config.env,
        count=config.samples // world.size,
        reward=config.reward,
        toolchain=config.toolchain,
        tasks=config.tasks,
        turns=config.turns,
        judge=config.judge,
        families=config.families,
        difficulty=config.difficulty,
    )
    contracts = config.env == COMPACT
    columns = {
        "avg_reward": ("reward", ".2f"),
        "compile_success_rate": ("compiles", ".0%"),
        **(_CONTRACT_COLUMNS if contracts else _TASK_COLUMNS),
        **learner.columns,
        "tokens_per_s": ("tokens/s", ".0f"),
    }
    progress = Progress(
        title=learner.title,
        total=config.iterations,
        done=done,
        columns=columns,
        console=console,
    )
    short = memory_told(
        f"training; the last iteration saved in {config.out} is whole",
        "--resume goes on from it with gradient_checkpointing=true, or begin another run with "
        "fewer samples, a smaller max_new_tokens or dtype=bfloat16",
    )
    tracked = trackers(
        config.track if world.first else "",
        config.out,
        settings=settings,
        rows=() if log is None else tuple(log.rows),
        say=progress.say,
    )
    play_once = partial(
        play,
        env,
        policy,
        world=world,
        group_size=config.group_size,
        seed=config.seed,
        turns=config.turns,
        curriculum=curriculum,
        max_new_tokens=config.max_new_tokens,
        temperature=config.temperature,
        stop=config.stop or (),
        **learner.sampler_options(),
    )
    with closing(env), short, stop_on_interrupt() as stop, progress, tracked as track:
        if done:
            progress.say(f"Continuing the run in {config.out} after iteration {done}.")
        else:
            for told in _introduction(config, policy):
                progress.say(told)
        for iteration in range(done + 1, config.iterations + 1):
            started = time.monotonic()
            batch = play_once(iteration=iteration)
            if world.any(stop.requested):
                break
            if failed := not_judged(batch):
                progress.say(f"Iteration {iteration}: {failed}.")
                if not judged(batch):
                    # The same programs once more: a run on a machine that broke for a while is
                    # the run that it would have been.
                    batch = play_once(iteration=iteration)
                if not judged(batch):
                    raise JudgingFailedError(
                        f"{not_judged(batch)}; {done} iterations are saved in {config.out}, and "
                        "--resume goes on from there"
                    )
            for line in learner.lines(batch):
                progress.say(line)
            sampled = time.monotonic()
            for group in learner.optimizer.param_groups:
                rate = learning_rate(config, iteration) * group.get("rate", 1.0)
                group["lr"] = rate * 0.5**restores
            note = {
                "algorithm": learner.name,
                "env": config.env,
                "stop": list(config.stop or ()),
                "max_new_tokens": config.max_new_tokens,
            }
            if log is not None:
                before = [row["avg_reward"] for row in log.rows]
                window = min(learner.best_window, config.iterations)
                recent = [*before, mean_reward(batch)][-window:]
                if len(recent) == window and statistics.fmean(recent) > best:
                    best = statistics.fmean(recent)
                    # Now, before it learns: this is what was paid so well.
                    save_adapter(policy, config.out / BEST, note={**note, "iteration": done})
            learnt = learner.learn(batch, iteration)
            wrong, restore = None, False
            if log is not None:
                log.append(_row(batch, learnt, iteration, restores, started, sampled))
                save_adapter(policy, config.out / LATEST, note={**note, "iteration": iteration})
                learner.save(config.out)
                wrong = None if config.on_collapse == "ignore" else complaint(log.rows[since:])
                saved = (config.out / BEST / WEIGHTS).exists()
                restore = bool(wrong and saved and config.on_collapse == "restore")
                if hinted := hint(log.rows):
                    progress.say(hinted)
            wrong, restore = world.agreed((wrong, restore and restores < MAX_RESTORES))
            if restore:
                learner.restore(config.out / BEST)
                restores, since = restores + 1, iteration
                progress.say(
                    f"Iteration {iteration}: {wrong}. Back to the best adapter, at "
                    f"{0.5**restores:g} of the learning rate."
                )
                wrong = None
            if log is not None:
                counters = {"best": best, "restores": restores, "since": since}
                if curriculum is not None:
                    counters |= curriculum.state()
                save_state(
                    config.out,
                    TrainingState(
                        iteration,
                        learner.weights(),
                        learner.optimizer.state_dict(),
                        counters,
                        learner.memory(),
                        policy.base_digest,
                    ),
                )
                progress.update(log.rows[-1])
                track(log.rows[-1])
            done = iteration
            if wrong:
                saved = (config.out / BEST / WEIGHTS).exists()
                where = f"the best adapter is in {config.out / BEST}" if saved else "none is saved"
                progress.say(f"Stopped after iteration {iteration}: {wrong}; {where}.")
            if wrong or world.any(stop.requested):
                break
    rows = log.rows if log is not None else []
    if rows:
        title = f"{learner.title} on {config.env}"
        panels = {
            "reward": ("avg_reward",),
            **_PANELS.get(config.env, _TASK_PANELS),
            **learner.panels,
        }
        draw_curves(rows, config.out / PLOT_FILE, title=title, panels=panels)
    finished = done >= config.iterations
    if stop.requested and not finished:
        progress.say(
            f"Stopped after iteration {done} of {config.iterations}; everything is saved in "
            f"{config.out}, and --resume goes on from there."
            if done
            else "Stopped before the first iteration was over."
        )
    return TrainingResult(config.out, done, finished, rows, interrupted=stop.requested)


def _introduction(config: RunConfig, policy: Policy) -> Iterator[str]:
    """What there is to say of a run that begins."""
    if config.resume:
        yield f"There was no run in {config.out} to go on with: it begins."
    trained, all_of_them = parameter_counts(policy)
    yield f"{trained:,} of {all_of_them:,} parameters are trained ({trained / all_of_them:.2%})."
    if all_of_them > LARGE and config.learning_rate > LARGE_RATE:
        yield (
            f"learning_rate={config.learning_rate:g} is for the tiny bases; models of this size "
            "take 1e-5 to 5e-5."
        )


def judged(batch: Batch) -> bool:
    """Whether there is anything in it to learn from. Where a judge fails, there has to be a program
    that it did grade: what is left without one are those that did not come so far."""
    ungraded = any(s.ungraded for s in batch.samples)
    return any(s.valid and (s.verdict.compiled or not ungraded) for s in batch.samples)


def not_judged(batch: Batch) -> str:
    """What a reader is told of the samples that the machine failed on; nothing without any."""
    failed = [s.why for s in batch.samples if not s.valid]
    if not failed:
        return ""
    count = len(batch.samples)
    told = f"{len(failed)} of {count} could not" if judged(batch) else f"none of {count} could"
    return f"of the programs {told} be judged ({failed[0]})"


def mean_reward(batch: Batch) -> float:
    """Over the samples that were judged; 0 without any."""
    paid = [s.reward for s in batch.samples if s.valid]
    return statistics.fmean(paid) if paid else 0.0


def _row(
    batch: Batch,
    learnt: Mapping[str, float],
    iteration: int,
    restores: int,
    started: float,
    sampled: float,
) -> Row:
    """What the log says of an iteration that `started`, and had `sampled`, at these moments."""
    now = time.monotonic()
    tokens = sum(s.completion.own for s in batch.samples)
    paid = [s.reward for s in batch.samples if s.valid]
    return {
        "iteration": iteration,
        "avg_reward": mean_reward(batch),
        "reward_std": statistics.stdev(paid) if len(paid) > 1 else 0.0,
        **learnt,
        **batch_metrics(batch.samples),
        **({"difficulty": statistics.fmean(d for _, d in batch.kinds)} if batch.kinds else {}),
        "restores": float(restores),
        "tokens": tokens,
        "sample_s": sampled - started,
        "update_s": now - sampled,
        "iteration_s": now - started,
        "tokens_per_s": tokens / (now - started),
    }


def learning_rate(config: RunConfig, iteration: int) -> float:
    """Rises over `warmup` iterations, and falls to nearly nothing from `decay_from` of the run."""
    risen = min(1.0, iteration / max(1, config.warmup))
    left = (config.iterations + 1 - iteration) / (config.iterations + 1)
    return config.learning_rate * risen * min(1.0, left / max(1 - config.decay_from, 1e-9))
