"""Expert iteration: sample, keep what scored well, fine-tune on it, again.

Also known as rejection-sampling fine-tuning (RAFT, https://arxiv.org/abs/2304.06767; ReST,
https://arxiv.org/abs/2308.08998). This is CompactLoRa's loop: 16 to 32 samples an iteration, those
with a reward above 1.0 kept, five iterations or more.

Departures, each on purpose: equal programs are kept once, so that a favourite is not learnt over
and over; and what was kept in earlier iterations stays in the set, best first, because a batch of
16 keeps too little to learn from alone.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from .checkpoint import (
    BEST,
    LATEST,
    TrainingState,
    load_state,
    prepare_folder,
    save_state,
    stop_on_interrupt,
    write_atomically,
)
from .logprob import completion_logprobs, passes
from .losses import likelihood_loss
from .policy import Policy, adapter_state, add_adapter, load_base, save_adapter, set_adapter_state
from .rollout import Sample, batch_metrics, derive_seed, make_env, play
from .tracking import PLOT_FILE, Progress, Row, RunLog, TrainingResult, draw_curves

EXAMPLES_FILE = "examples.jsonl"


@dataclass(frozen=True, slots=True)
class ExpertIterationConfig:
    """One run of expert iteration; the defaults are CompactLoRa's.

    `out`, `env`, `reward`, `toolchain`, `tasks`, `base`, `resume`: see `grpo.GRPOConfig`.
    `samples` an iteration, in groups of `group_size` for one prompt. `keep_above`: a sample is kept
    when its reward is higher. `capacity`: how many kept programs are remembered, the best ones.
    `epochs` over them an iteration, `batch` at a time.
    """

    out: Path
    env: str = "CompactContract-v0"
    reward: str = "compactlora"
    toolchain: str = "frontend"
    tasks: str | None = None
    base: str = "tiny"
    seed: int = 0
    iterations: int = 5
    samples: int = 16
    group_size: int = 2
    keep_above: float = 1.0
    capacity: int = 256
    epochs: int = 2
    batch: int = 8
    learning_rate: float = 1e-3
    max_grad_norm: float = 1.0
    temperature: float = 1.0
    max_new_tokens: int = 256
    lora_rank: int = 16
    lora_alpha: int = 32
    device: str = "auto"
    resume: bool = False

    def __post_init__(self) -> None:
        names = "iterations samples group_size capacity epochs batch max_new_tokens lora_rank"
        for name in names.split():
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}.")
        if self.samples % self.group_size:
            raise ValueError(
                f"samples ({self.samples}) must be a multiple of group_size ({self.group_size})."
            )
        for name in ("learning_rate", "max_grad_norm", "temperature"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be above 0, not {getattr(self, name)}.")
        if self.seed < 0:
            raise ValueError(f"seed must not be negative, and is {self.seed}.")


@dataclass(frozen=True, slots=True)
class Example:
    """A program worth imitating, as the tokens that were sampled (never re-tokenised)."""

    prompt: str
    program: str
    prompt_ids: tuple[int, ...]
    tokens: tuple[int, ...]
    reward: float


COLUMNS: Mapping[str, tuple[str, str]] = {
    "avg_reward": ("reward", ".2f"),
    "compile_success_rate": ("compiles", ".0%"),
    "high_complexity_rate": ("complexity > 3", ".0%"),
    "complexity": ("complexity", ".1f"),
    "kept": ("kept", ".0f"),
    "examples": ("examples", ".0f"),
    "tokens_per_s": ("tokens/s", ".0f"),
}
PANELS: Mapping[str, Sequence[str]] = {
    "reward": ("avg_reward",),
    "rates": ("compile_success_rate", "high_complexity_rate"),
    "complexity (compiling)": ("complexity",),
    "kept": ("kept", "examples"),
}
# See `grpo.TOKENS_PER_PASS`.
TOKENS_PER_PASS = 8192


def train_expert_iteration(
    config: ExpertIterationConfig, *, console: Console | None = None
) -> TrainingResult:
    """Trains an adapter for `config.base`, and leaves it with its logs in `config.out`.

    The programs it learnt from are in `examples.jsonl`, best first. Stops and raises as
    `grpo.train_grpo` does.
    """
    settings = {k: v for k, v in asdict(config).items() if k not in ("out", "resume")}
    settings["algorithm"] = "expert-iteration"
    prepare_folder(config.out, settings, resume=config.resume)
    policy = add_adapter(
        load_base(config.base, device=config.device),
        rank=config.lora_rank,
        alpha=config.lora_alpha,
        seed=config.seed,
    )
    parameters = [p for p in policy.model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        parameters, lr=config.learning_rate, betas=(0.9, 0.99), weight_decay=0.0
    )
    best, done = float("-inf"), 0
    examples: list[Example] = []
    state = load_state(config.out)
    if state is not None:
        set_adapter_state(policy, dict(state.weights))
        optimizer.load_state_dict(dict(state.optimizer))
        best, done = state.counters["best"], state.iteration
        examples = [
            Example(
                e["prompt"], e["program"], tuple(e["prompt_ids"]), tuple(e["tokens"]), e["reward"]
            )
            for e in state.memory
        ]
    log = RunLog(config.out, upto=done)
    env = make_env(
        config.env,
        count=config.samples,
        reward=config.reward,
        toolchain=config.toolchain,
        tasks=config.tasks,
    )
    progress = Progress(
        title="Expert iteration",
        total=config.iterations,
        done=done,
        columns=COLUMNS,
        console=console,
    )
    with stop_on_interrupt() as stop, progress:
        if done:
            progress.say(f"Continuing the run in {config.out} after iteration {done}.")
        for iteration in range(done + 1, config.iterations + 1):
            started = time.monotonic()
            batch = play(
                env,
                policy,
                group_size=config.group_size,
                seed=config.seed,
                iteration=iteration,
                max_new_tokens=config.max_new_tokens,
                temperature=config.temperature,
            )
            if stop.requested:
                break
            for number, sample in enumerate(batch.samples, 1):
                progress.say(f"Sample {number}/{config.samples}: {describe(sample)}")
            kept = [
                Example(
                    s.prompt,
                    s.program,
                    tuple(batch.prompts[s.group]),
                    tuple(s.completion.tokens.tolist()),
                    s.reward,
                )
                for s in batch.samples
                if s.valid and s.reward > config.keep_above
            ]
            examples = remember(examples, kept, config.capacity)
            sampled = time.monotonic()
            learnt = learn(config, policy, optimizer, examples, iteration)
            seconds = time.monotonic() - started
            valid = [s.reward for s in batch.samples if s.valid]
            tokens = sum(len(s.completion.tokens) for s in batch.samples)
            row: Row = {
                "iteration": iteration,
                "avg_reward": sum(valid) / max(len(valid), 1),
                "reward_std": float(torch.tensor(valid).std()) if len(valid) > 1 else 0.0,
                "kept": len(kept),
                "examples": len(examples),
                **learnt,
                **batch_metrics(batch.samples),
                "tokens": tokens,
                "sample_s": sampled - started,
                "update_s": time.monotonic() - sampled,
                "iteration_s": seconds,
                "tokens_per_s": tokens / seconds,
            }
            log.append(row)
            # The batch was sampled before this iteration's steps, so its score belongs to the
            # adapter that is in `latest/` now.
            improved = row["avg_reward"] > best
            best = max(best, row["avg_reward"])
            note = {"algorithm": "expert-iteration", "iteration": iteration, "env": config.env}
            if improved:
                save_adapter(policy, config.out / BEST, note=note)
            save_adapter(policy, config.out / LATEST, note=note)
            lines = [
                json.dumps({"prompt": e.prompt, "program": e.program, "reward": e.reward}) + "\n"
                for e in examples
            ]
            write_atomically(config.out / EXAMPLES_FILE, "".join(lines).encode())
            save_state(
                config.out,
                TrainingState(
                    iteration,
                    adapter_state(policy),
                    optimizer.state_dict(),
                    {"best": best},
                    [asdict(e) for e in examples],
                ),
            )
            done = iteration
            progress.update(row)
            if not kept:
                progress.say(
                    f"Iteration {iteration}: none of {config.samples} samples scored above "
                    f"{config.keep_above}."
                )
            if stop.requested:
                break
    env.close()
    if log.rows:
        title = f"Expert iteration on {config.env}"
        draw_curves(log.rows, config.out / PLOT_FILE, title=title, panels=PANELS)
    finished = done == config.iterations
    if not finished:
        progress.say(
            f"Stopped after iteration {done} of {config.iterations}; everything is saved in "
            f"{config.out}, and --resume goes on from there."
        )
    return TrainingResult(config.out, done, finished, log.rows)


def describe(sample: Sample) -> str:
    """A sample's line: its reward, complexity and whether it compiles."""
    if not sample.valid:
        return "not judged, the machine failed"
    complexity = sample.verdict.metrics.get("complexity")
    measured = "no complexity" if complexity is None else f"complexity {complexity:.0f}"
    outcome = "compiles" if sample.verdict.accepted else "does not compile"
    return f"reward {sample.reward:.2f}, {measured}, {outcome}"


def remember(examples: Sequence[Example], new: Sequence[Example], capacity: int) -> list[Example]:
    """The `capacity` best of both, each program once; the older one stays where two are equal."""
    unique: dict[str, Example] = {}
    for example in (*examples, *new):
        unique.setdefault(example.program, example)
    return sorted(unique.values(), key=lambda e: -e.reward)[:capacity]


def learn(
    config: ExpertIterationConfig,
    policy: Policy,
    optimizer: torch.optim.Optimizer,
    examples: Sequence[Example],
    iteration: int,
) -> dict[str, float]:
    """Maximises the likelihood of the examples; returns what the log says about it."""
    nll, steps = 0.0, 0
    for epoch in range(config.epochs if examples else 0):
        generator = torch.Generator().manual_seed(
            derive_seed("epoch", config.seed, iteration, epoch)
        )
        order = torch.randperm(len(examples), generator=generator).tolist()
        for start in range(0, len(order), config.batch):
            chosen = [examples[i] for i in order[start : start + config.batch]]
            denominator = float(sum(len(e.tokens) for e in chosen))
            for part in passes([len(e.tokens) for e in chosen], TOKENS_PER_PASS):
                inputs: dict[str, Any] = {
                    "prompts": [chosen[i].prompt_ids for i in part],
                    "completions": [torch.tensor(chosen[i].tokens) for i in part],
                    "owners": range(len(part)),
                    "pad_id": policy.pad_id,
                    # The distribution that is sampled from is the one that learns.
                    "temperature": config.temperature,
                }
                logprobs, mask, _ = completion_logprobs(policy.model, **inputs)
                loss, _ = likelihood_loss(logprobs=logprobs, mask=mask, denominator=denominator)
                loss.backward()
                nll += loss.item()
            torch.nn.utils.clip_grad_norm_(
                [p for group in optimizer.param_groups for p in group["params"]],
                config.max_grad_norm,
            )
            optimizer.step()
            optimizer.zero_grad()
            steps += 1
    return {"nll": nll / max(steps, 1), "steps": float(steps)}
