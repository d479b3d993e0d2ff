"""Group relative policy optimisation with LoRA (https://arxiv.org/abs/2402.03300), in one file.

An iteration: sample several programs for each of several prompts, let the environment judge them,
compare each with the others of its prompt, and take a few clipped policy-gradient steps.

Departures from the paper, each on purpose and each a setting:
- the clip is asymmetric (DAPO's clip-higher, https://arxiv.org/abs/2503.14476), and the loss is the
  mean over the tokens of the optimizer batch, not of per-sequence means (which favour brevity);
- no KL term by default: with a verifiable reward it only slows learning;
- groups whose rewards are all equal, and samples the machine failed to judge, are left out before
  any forward pass;
- the old log-probabilities are the sampler's own, so no pass is spent on recomputing them;
- pay is shared among programs that are alike (`advantages.variety`, `rarity`, `surprise`).
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from rich.console import Console
from torch import Tensor

from .advantages import Scaling, group_advantages, rarity, shared, surprise, variety
from .losses import KL, Aggregation, clipped_policy_loss, kl_loss, truncated_policy_loss
from .policy import Policy
from .rollout import Batch, Sample, derive_seed, open_ended, structures
from .run import Learner, Pass, RunConfig, train
from .settings import above_zero, at_least, finite, not_negative, share, unused
from .tracking import TrainingResult

# Tuned on Compact's open prompts (the lab log, "Variety of words").
VARIED = {"variety_coef": 0.85, "rarity_coef": 0.27, "surprise_coef": 0.1}


@dataclass(frozen=True, slots=True, kw_only=True)
class GRPOConfig(RunConfig):
    """One GRPO run; see `RunConfig`, too. The defaults train the tiny base policy on two cores.

    `group_size`: 4 to 16 work; a group of one has nothing to be compared with. `epochs` over the
    samples (1 to 4), each in `minibatches` optimizer steps, on a share of the groups each. `loss`:
    ``"clip"`` or ``"cispo"``. `clip_low`, `clip_high`, `dual_clip` (of the first), `ratio_max` (of
    the other), `aggregation`, `kl`, `kl_coef`: see `losses`. `scale`: see `advantages`.
    `variety_coef` (0 to 1) takes off the pay of a program whose circuits have structures that are
    common in its batch, `rarity_coef` of one whose words are, and `surprise_coef` (0 to 0.15; more
    makes programs long) adds to the advantage of each token that is unusual where it stands;
    without them a policy settles on one way to write everything. None: as `VARIED` has it for
    Compact's open prompts, which any of many contracts answers; 0 elsewhere, where what is right
    is right however it is written. `entropy_coef`: 0 to 0.01.
    """

    epochs: int = 1
    minibatches: int = 2
    loss: Literal["clip", "cispo"] = "clip"
    clip_low: float = 0.2
    clip_high: float = 0.28
    dual_clip: float | None = None
    ratio_max: float = 5.0
    aggregation: Aggregation = "token"
    scale: Scaling = "batch"
    kl: KL = "k3+"
    kl_coef: float = 0.0
    entropy_coef: float = 0.0
    variety_coef: float | None = None
    rarity_coef: float | None = None
    surprise_coef: float | None = None

    def __post_init__(self) -> None:
        varied = open_ended(self.env, self.tasks)
        for name, coef in VARIED.items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, coef if varied else 0.0)
        if self.group_size < 2:
            raise ValueError(
                f"group_size must be at least 2, not {self.group_size}: the samples of a group are "
                "compared with each other."
            )
        RunConfig.__post_init__(self)
        for name in ("epochs", "minibatches"):
            at_least(self, name, 1)
        if self.minibatches > self.samples // self.group_size:
            raise ValueError(
                f"{self.minibatches} minibatches need as many groups; "
                f"there are {self.samples // self.group_size}."
            )
        for name in ("clip_high", "ratio_max"):
            above_zero(self, name)
        if not 0 < self.clip_low < 1:
            raise ValueError(f"clip_low must lie between 0 and 1, not {self.clip_low}.")
        if self.dual_clip is not None and not self.dual_clip > 1:
            raise ValueError(f"dual_clip must be above 1, not {self.dual_clip}.")
        for name in VARIED:
            share(self, name)
        for name in ("kl_coef", "entropy_coef"):
            not_negative(self, name)
        finite(self, "kl_coef", "entropy_coef")
        for name, known in (
            ("scale", ("group", "batch", "none")),
            ("loss", ("clip", "cispo")),
            ("aggregation", ("token", "sequence", "constant")),
            ("kl", ("k2", "k3", "k3+")),
        ):
            if getattr(self, name) not in known:
                listed = f"{', '.join(known[:-1])} or {known[-1]}"
                raise ValueError(f"{name} is {listed}, not {getattr(self, name)!r}.")
        self.refuse_unused()

    def refuse_unused(self) -> None:
        """Raises `ValueError` for settings that the others leave without a part."""
        if self.loss == "cispo":
            unused(self, "loss is cispo", "clip_low", "clip_high", "dual_clip")
        else:
            unused(self, "loss is clip", "ratio_max")
        if not self.kl_coef:
            unused(self, "kl_coef is 0", "kl")


class GRPO(Learner[GRPOConfig]):
    """See the module."""

    name, title = "grpo", "GRPO"

    def __init__(self, config: GRPOConfig, policy: Policy) -> None:
        super().__init__(config, policy)
        self.aggregation = config.aggregation

    def learn(self, batch: Batch, iteration: int) -> dict[str, float]:
        config, samples = self.config, batch.samples
        advantages, frac_zero_std = self.advantages(samples)  # [N, T]
        # A sample without advantage has no gradient; leaving it out changes only the denominator,
        # which then counts the tokens that teach something.
        teaches = [bool(row.any()) for row in advantages]
        order = list(dict.fromkeys(s.group for s, t in zip(samples, teaches, strict=True) if t))
        measured = ("entropy", "approx_kl", "clip_low", "clip_high", "ratio")
        divergence = ("kl",) if config.kl_coef else ()  # else nobody measures it
        totals = dict.fromkeys(("loss", "grad_norm", *measured, *divergence), 0.0)
        steps = 0
        for epoch in range(config.epochs):
            if epoch:  # other groups together than before
                random.Random(derive_seed("epoch", config.seed, iteration, epoch)).shuffle(order)
            for k in range(config.minibatches):
                chosen = set(order[k :: config.minibatches])
                rows = [i for i, s in enumerate(samples) if teaches[i] and s.group in chosen]
                if not rows:
                    continue
                about = self.step_on(
                    batch,
                    rows,
                    lambda part: self.loss(part, batch, advantages),
                    completions=len(samples) / config.minibatches,
                )
                for name, value in about.items():
                    totals[name] += value
                steps += 1
        if not steps:  # nothing was passed through the model
            return {"frac_zero_std": frac_zero_std, **totals, **dict.fromkeys(measured, math.nan)}
        return {"frac_zero_std": frac_zero_std, **{n: t / steps for n, t in totals.items()}}

    def advantages(self, samples: Sequence[Sample]) -> tuple[Tensor, float]:
        """Of every token [N, T], and the share of groups that teach nothing."""
        config = self.config
        rewards = torch.tensor([s.reward for s in samples])  # [N]
        groups = torch.tensor([s.group for s in samples])  # [N]
        # Factors, so that a program that pays nothing gains nothing by being unusual.
        accepted = [s.valid and s.verdict.accepted for s in samples]
        shapes = [
            structures(s.verdict) if a else None for s, a in zip(samples, accepted, strict=True)
        ]
        tokens = [
            s.completion.tokens[s.start :].tolist() if a else None
            for s, a in zip(samples, accepted, strict=True)
        ]
        kept = variety(shapes, coef=config.variety_coef or 0.0)  # [N]
        kept *= rarity(tokens, coef=config.rarity_coef or 0.0)
        rewards = shared(rewards, kept, groups=groups, accepted=torch.tensor(accepted))
        advantages, about = group_advantages(
            rewards=rewards,
            groups=groups,
            valid=torch.tensor([s.valid for s in samples]),  # [N]
            scale=config.scale,
        )
        width = max((len(s.completion.tokens) for s in samples), default=0)
        by_token = advantages.unsqueeze(1).repeat(1, width)  # [N, T]
        if config.surprise_coef:
            for i, unusual in enumerate(surprise(tokens)):
                if advantages[i] != 0:
                    start = samples[i].start
                    by_token[i, start : start + len(unusual)] += config.surprise_coef * unusual
        return by_token, about["frac_zero_std"]

    def loss(
        self, part: Pass, batch: Batch, advantages: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Of one pass; `advantages` [N, T] of the whole batch."""
        config, scores = self.config, part.scores
        loss, metrics = self.policy_loss(
            part, advantages[list(part.rows), : scores.mask.shape[1]].to(scores.mask.device)
        )
        assert scores.entropy is not None
        entropy = (scores.entropy * part.weights).sum() / part.denominator
        metrics["entropy"] = entropy.detach()
        if config.entropy_coef:
            loss = loss - config.entropy_coef * entropy
        if config.kl_coef:
            with torch.no_grad(), self.policy.model.disable_adapter():
                samples = [batch.samples[i] for i in part.rows]
                reference = self.score(batch, samples, with_entropy=False).logprobs
            penalty, about = kl_loss(
                logprobs=scores.logprobs,
                ref_logprobs=reference,
                weights=part.weights,
                denominator=part.denominator,
                kind=config.kl,
            )
            loss = loss + config.kl_coef * penalty
            metrics |= about
        return loss, metrics

    def policy_loss(self, part: Pass, advantages: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """The surrogate of one pass, without its additions; `advantages` [R, T]."""
        config = self.config
        if config.loss == "cispo":
            return truncated_policy_loss(
                logprobs=part.scores.logprobs,
                old_logprobs=part.old_logprobs,
                advantages=advantages,
                weights=part.weights,
                denominator=part.denominator,
                ratio_max=config.ratio_max,
            )
        return clipped_policy_loss(
            logprobs=part.scores.logprobs,
            old_logprobs=part.old_logprobs,
            advantages=advantages,
            weights=part.weights,
            denominator=part.denominator,
            clip_low=config.clip_low,
            clip_high=config.clip_high,
            dual_clip=config.dual_clip,
        )


def train_grpo(config: GRPOConfig, *, console: Console | None = None) -> TrainingResult:
    """See `run.train`."""
    return train(config, GRPO, console=console)
