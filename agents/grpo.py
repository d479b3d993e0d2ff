"""Group relative policy optimisation with LoRA (https://arxiv.org/abs/2402.03300), in one file.

An iteration: sample several programs for each of several prompts, let the environment judge them,
compare each with the others of its prompt, and take a few clipped policy-gradient steps.

Departures from the paper, each on purpose:
- the clip is asymmetric (DAPO's clip-higher, https://arxiv.org/abs/2503.14476), and the loss is the
  mean over the tokens of the optimizer batch, not of per-sequence means (which favour brevity);
- no KL term by default: with a verifiable reward it only slows learning;
- groups whose rewards are all equal, and samples the machine failed to judge, are left out before
  any forward pass;
- the old log-probabilities are the sampler's own, so no pass is spent on recomputing them.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from torch import Tensor

from .advantages import Scaling, group_advantages, rarity, surprise, variety
from .checkpoint import (
    BEST,
    LATEST,
    TrainingState,
    load_state,
    prepare_folder,
    save_state,
    stop_on_interrupt,
)
from .logprob import completion_logprobs, passes
from .losses import clipped_policy_loss, kl_loss
from .policy import Policy, adapter_state, add_adapter, load_base, save_adapter, set_adapter_state
from .rollout import Batch, batch_metrics, make_env, play, structures
from .tracking import PLOT_FILE, Progress, Row, RunLog, TrainingResult, draw_curves


@dataclass(frozen=True, slots=True)
class GRPOConfig:
    """One GRPO run. The defaults train the tiny base policy on two cores.

    `out`: the run's folder. `env`, `reward`, `toolchain`, `tasks`: the environment. `base`: see
    `policy.load_base`. `resume`: go on with the run in `out` if there is one.

    `samples` an iteration, in groups of `group_size` (4 to 16 work; a group of one has nothing to
    be compared with). `minibatches`: optimizer steps an iteration, each on its share of the
    groups. `learning_rate`: 2e-3 for the tiny base, 1e-5 to 5e-5 for models of billions.
    `clip_low`, `clip_high`, `kl_coef`: see `losses`. `scale`: see `advantages`.
    `decay_from`: the share of the run after which the learning rate falls. `variety_coef` (0 to 1)
    takes off the pay of a program whose circuits have structures that are common in its batch,
    `rarity_coef` of one whose words are, and `surprise_coef` (0 to 0.15; more makes programs long)
    adds to the advantage of each token that is unusual where it stands (see `advantages.variety`,
    `rarity`, `surprise`); without them a policy settles on one way to write everything.
    `entropy_coef`: 0 to 0.01.
    """

    out: Path
    env: str = "CompactContract-v0"
    reward: str = "guided"
    toolchain: str = "frontend"
    tasks: str | None = None
    base: str = "tiny"
    seed: int = 0
    iterations: int = 230
    samples: int = 128
    group_size: int = 8
    minibatches: int = 2
    learning_rate: float = 2e-3
    warmup: int = 5
    decay_from: float = 0.7
    max_grad_norm: float = 1.0
    clip_low: float = 0.2
    clip_high: float = 0.28
    scale: Scaling = "batch"
    kl_coef: float = 0.0
    entropy_coef: float = 0.0
    variety_coef: float = 0.85
    rarity_coef: float = 0.27
    surprise_coef: float = 0.1
    temperature: float = 1.0
    max_new_tokens: int = 256
    lora_rank: int = 16
    lora_alpha: int = 32
    device: str = "auto"
    resume: bool = False

    def __post_init__(self) -> None:
        if self.group_size < 2:
            raise ValueError(
                f"group_size must be at least 2, not {self.group_size}: GRPO compares the samples "
                "of a group with each other."
            )
        for name in ("iterations", "samples", "minibatches", "max_new_tokens", "lora_rank"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}.")
        if self.samples % self.group_size:
            raise ValueError(
                f"samples ({self.samples}) must be a multiple of group_size ({self.group_size})."
            )
        if self.minibatches > self.samples // self.group_size:
            raise ValueError(
                f"{self.minibatches} minibatches need as many groups; "
                f"there are {self.samples // self.group_size}."
            )
        for name in ("learning_rate", "max_grad_norm", "temperature", "clip_high"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be above 0, not {getattr(self, name)}.")
        if not 0 < self.clip_low < 1:
            raise ValueError(f"clip_low must lie between 0 and 1, not {self.clip_low}.")
        for name in ("variety_coef", "rarity_coef", "surprise_coef", "decay_from"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must lie in 0 to 1, not {getattr(self, name)}.")
        for name in ("kl_coef", "entropy_coef", "warmup", "seed"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative, and is {getattr(self, name)}.")
        if self.scale not in ("group", "batch", "none"):
            raise ValueError(f"scale is group, batch or none, not {self.scale!r}.")


# What the live table shows, and what is drawn at the end.
COLUMNS: Mapping[str, tuple[str, str]] = {
    "avg_reward": ("reward", ".2f"),
    "compile_success_rate": ("compiles", ".0%"),
    "high_complexity_rate": ("complexity > 3", ".0%"),
    "complexity": ("complexity", ".1f"),
    "structures": ("structures", ".0f"),
    "commonest_decision": ("commonest decision", ".0%"),
    "tokens_per_s": ("tokens/s", ".0f"),
}
PANELS: Mapping[str, Sequence[str]] = {
    "reward": ("avg_reward",),
    "rates": ("compile_success_rate", "high_complexity_rate"),
    "complexity (compiling)": ("complexity",),
    "variety": ("commonest_decision", "distinct_2"),
}
# The best adapter is the one with the highest mean reward over so many iterations: a single
# batch of 64 is too noisy to choose by.
BEST_WINDOW = 5
# Padded positions in one forward and backward pass: more gains nothing on a CPU, and a large
# model's activations must fit.
TOKENS_PER_PASS = 8192


def train_grpo(config: GRPOConfig, *, console: Console | None = None) -> TrainingResult:
    """Trains an adapter for `config.base`, and leaves it with its logs in `config.out`.

    Stops after `config.iterations`, or after Ctrl-C at the end of the last whole iteration; in
    both cases everything is saved. Raises `CheckpointError` or `PolicyError` with a sentence for
    the user, and what Gymnasium raises for an unknown environment.
    """
    settings = {k: v for k, v in asdict(config).items() if k not in ("out", "resume")}
    settings["algorithm"] = "grpo"
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
    state = load_state(config.out)
    if state is not None:
        set_adapter_state(policy, dict(state.weights))
        optimizer.load_state_dict(dict(state.optimizer))
        best, done = state.counters["best"], state.iteration
    log = RunLog(config.out, upto=done)
    env = make_env(
        config.env,
        count=config.samples,
        reward=config.reward,
        toolchain=config.toolchain,
        tasks=config.tasks,
    )
    progress = Progress(
        title="GRPO", total=config.iterations, done=done, columns=COLUMNS, console=console
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
            sampled = time.monotonic()
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(config, iteration)
            learnt = learn(config, policy, optimizer, batch)
            seconds = time.monotonic() - started
            tokens = sum(len(s.completion.tokens) for s in batch.samples)
            row: Row = {
                "iteration": iteration,
                **learnt,
                **batch_metrics(batch.samples),
                "tokens": tokens,
                "sample_s": sampled - started,
                "update_s": time.monotonic() - sampled,
                "iteration_s": seconds,
                "tokens_per_s": tokens / seconds,
            }
            log.append(row)
            recent = [r["avg_reward"] for r in log.rows[-BEST_WINDOW:]]
            improved = len(recent) == BEST_WINDOW and sum(recent) / BEST_WINDOW > best
            if improved:
                best = sum(recent) / BEST_WINDOW
            note = {"algorithm": "grpo", "iteration": iteration, "env": config.env}
            if improved:
                save_adapter(policy, config.out / BEST, note=note)
            save_adapter(policy, config.out / LATEST, note=note)
            save_state(
                config.out,
                TrainingState(
                    iteration, adapter_state(policy), optimizer.state_dict(), {"best": best}
                ),
            )
            done = iteration
            progress.update(row)
            if stop.requested:
                break
    env.close()
    if log.rows:
        draw_curves(log.rows, config.out / PLOT_FILE, title=f"GRPO on {config.env}", panels=PANELS)
    finished = done == config.iterations
    if not finished:
        progress.say(
            f"Stopped after iteration {done} of {config.iterations}; everything is saved in "
            f"{config.out}, and --resume goes on from there."
        )
    return TrainingResult(config.out, done, finished, log.rows)


def learning_rate(config: GRPOConfig, iteration: int) -> float:
    """Rises over `warmup` iterations, and falls to nearly nothing from `decay_from` of the run."""
    risen = min(1.0, iteration / max(1, config.warmup))
    left = (config.iterations + 1 - iteration) / (config.iterations + 1)
    return config.learning_rate * risen * min(1.0, left / max(1 - config.decay_from, 1e-9))


def learn(
    config: GRPOConfig, policy: Policy, optimizer: torch.optim.Optimizer, batch: Batch
) -> dict[str, float]:
    """The optimizer steps of one iteration; returns what the log says about them."""
    samples = batch.samples
    rewards = torch.tensor([s.reward for s in samples])  # [N]
    # Factors, so that a program that pays nothing gains nothing by being unusual.
    accepted = [s.valid and s.verdict.accepted for s in samples]
    shapes = [structures(s.verdict) if a else None for s, a in zip(samples, accepted, strict=True)]
    tokens = [
        s.completion.tokens.tolist() if a else None for s, a in zip(samples, accepted, strict=True)
    ]
    rewards = rewards * variety(shapes, coef=config.variety_coef)
    rewards = rewards * rarity(tokens, coef=config.rarity_coef)
    advantages, about = group_advantages(
        rewards=rewards,
        groups=torch.tensor([s.group for s in samples]),  # [N]
        valid=torch.tensor([s.valid for s in samples]),  # [N]
        scale=config.scale,
    )
    width = max((len(s.completion.tokens) for s in samples), default=0)
    by_token = advantages.unsqueeze(1).repeat(1, width)  # [N, T]
    if config.surprise_coef:
        for i, unusual in enumerate(surprise(tokens)):
            by_token[i, : len(unusual)] += config.surprise_coef * unusual
    paid = [s.reward for s in samples if s.valid]
    metrics: dict[str, float] = {
        "avg_reward": statistics.fmean(paid) if paid else 0.0,
        "reward_std": statistics.stdev(paid) if len(paid) > 1 else 0.0,
        "frac_zero_std": about["frac_zero_std"],
    }
    names = ("loss", "grad_norm", "entropy", "approx_kl", "clip_low", "clip_high", "ratio", "kl")
    totals = dict.fromkeys(names, 0.0)
    # A sample without advantage has no gradient; leaving it out changes only the denominator,
    # which then counts the tokens that teach something.
    groups = [s.group for i, s in enumerate(samples) if advantages[i] != 0]
    order = list(dict.fromkeys(groups))
    steps = 0
    for k in range(config.minibatches):
        chosen = set(order[k :: config.minibatches])
        rows = [i for i, s in enumerate(samples) if s.group in chosen and advantages[i] != 0]
        if not rows:
            continue
        denominator = float(sum(len(samples[i].completion.tokens) for i in rows))
        for part in passes([len(samples[i].completion.tokens) for i in rows], TOKENS_PER_PASS):
            loss, about_part = pass_loss(
                config, policy, batch, [rows[j] for j in part], by_token, denominator
            )
            loss.backward()
            totals["loss"] += loss.item()
            for name, value in about_part.items():
                totals[name] += value.item()
        norm = torch.nn.utils.clip_grad_norm_(
            [p for group in optimizer.param_groups for p in group["params"]],
            config.max_grad_norm,
        )
        totals["grad_norm"] += norm.item()
        optimizer.step()
        optimizer.zero_grad()
        steps += 1
    return metrics | {name: total / max(steps, 1) for name, total in totals.items()}


def pass_loss(
    config: GRPOConfig,
    policy: Policy,
    batch: Batch,
    rows: Sequence[int],
    advantages: Tensor,
    denominator: float,
) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss of some samples, as a share of their optimizer batch of `denominator` tokens.

    `advantages` [N, T'] of the whole batch, T' at least the longest completion's length.
    """
    samples = [batch.samples[i] for i in rows]
    inputs: dict[str, Any] = {
        "prompts": batch.prompts,
        "completions": [s.completion.tokens for s in samples],
        "owners": [s.group for s in samples],
        "pad_id": policy.pad_id,
        "temperature": config.temperature,
    }
    logprobs, mask, entropy = completion_logprobs(policy.model, **inputs, with_entropy=True)
    old = torch.zeros_like(logprobs)  # [B, T]
    for row, sample in enumerate(samples):
        old[row, : len(sample.completion.logprobs)] = sample.completion.logprobs
    loss, metrics = clipped_policy_loss(
        logprobs=logprobs,
        old_logprobs=old,
        advantages=advantages[list(rows), : logprobs.shape[1]].to(logprobs.device),
        mask=mask,
        denominator=denominator,
        clip_low=config.clip_low,
        clip_high=config.clip_high,
    )
    assert entropy is not None
    mean_entropy = entropy.sum() / denominator
    metrics["entropy"] = mean_entropy.detach()
    if config.entropy_coef:
        loss = loss - config.entropy_coef * mean_entropy
    if config.kl_coef:
        with torch.no_grad(), policy.model.disable_adapter():
            reference, _, _ = completion_logprobs(policy.model, **inputs)
        penalty, about = kl_loss(
            logprobs=logprobs, ref_logprobs=reference, mask=mask, denominator=denominator
        )
        loss = loss + config.kl_coef * penalty
        metrics |= about
    return loss, metrics
