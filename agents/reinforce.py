"""REINFORCE (Williams, 1992) and RLOO (https://arxiv.org/abs/2402.14740) with LoRA: the baselines.

One step an iteration along the gradient of the log-probability of what was sampled, times how much
better it paid than a baseline: the batch's mean (REINFORCE), or the mean of the other samples of
the same prompt (RLOO). No ratio, no clip, no critic: what the others add shows beside this.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from rich.console import Console
from torch import Tensor

from .advantages import Baseline, Scaling, group_advantages
from .losses import reinforce_loss
from .rollout import Batch
from .run import Learner, Pass, RunConfig, train
from .settings import not_negative
from .tracking import TrainingResult


@dataclass(frozen=True, slots=True, kw_only=True)
class ReinforceConfig(RunConfig):
    """One run; see `RunConfig`, too. `baseline`, `scale`: see `advantages`. `entropy_coef`: 0 to
    0.01."""

    baseline: Baseline = "batch"
    scale: Scaling = "batch"
    entropy_coef: float = 0.0

    def __post_init__(self) -> None:
        RunConfig.__post_init__(self)
        if self.baseline not in ("group", "others", "batch"):
            raise ValueError(f"baseline is group, others or batch, not {self.baseline!r}.")
        if self.baseline != "batch" and self.group_size < 2:
            raise ValueError(
                f"group_size must be at least 2, not {self.group_size}: the samples of a group are "
                "compared with each other."
            )
        if self.scale not in ("group", "batch", "none"):
            raise ValueError(f"scale is group, batch or none, not {self.scale!r}.")
        if (self.scale, self.baseline) == ("group", "batch"):
            raise ValueError("scale=group needs a baseline of the group's own: group or others.")
        not_negative(self, "entropy_coef")


@dataclass(frozen=True, slots=True, kw_only=True)
class RLOOConfig(ReinforceConfig):
    """One RLOO run: REINFORCE with the other samples of a prompt for a baseline."""

    baseline: Baseline = "others"

    def __post_init__(self) -> None:
        ReinforceConfig.__post_init__(self)
        if self.baseline == "batch":
            raise ValueError("baseline=batch is REINFORCE's: use `train reinforce`.")


class Reinforce(Learner[ReinforceConfig]):
    """See the module."""

    name, title = "reinforce", "REINFORCE"

    def learn(self, batch: Batch, iteration: int) -> dict[str, float]:  # noqa: ARG002
        config, samples = self.config, batch.samples
        advantages, about = group_advantages(
            rewards=torch.tensor([s.reward for s in samples]),  # [N]
            groups=torch.tensor([s.group for s in samples]),  # [N]
            valid=torch.tensor([s.valid for s in samples]),  # [N]
            scale=config.scale,
            baseline=config.baseline,
        )
        rows = [i for i in range(len(samples)) if advantages[i] != 0]
        learnt = {"loss": 0.0, "grad_norm": 0.0, "entropy": math.nan}
        if rows:
            learnt |= self.step_on(batch, rows, lambda part: self.loss(part, advantages))
        return {"frac_zero_std": about["frac_zero_std"], **learnt}

    def loss(self, part: Pass, advantages: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Of one pass; `advantages` [N] of the whole batch."""
        scores = part.scores
        loss, _ = reinforce_loss(
            logprobs=scores.logprobs,
            advantages=advantages[list(part.rows)].to(scores.mask.device),
            weights=part.weights,
            denominator=part.denominator,
        )
        assert scores.entropy is not None
        entropy = (scores.entropy * part.weights).sum() / part.denominator
        if self.config.entropy_coef:
            loss = loss - self.config.entropy_coef * entropy
        return loss, {"entropy": entropy.detach()}


class RLOO(Reinforce):
    """See the module."""

    name, title = "rloo", "RLOO"


def train_reinforce(config: ReinforceConfig, *, console: Console | None = None) -> TrainingResult:
    """See `run.train`."""
    return train(config, Reinforce, console=console)


def train_rloo(config: RLOOConfig, *, console: Console | None = None) -> TrainingResult:
    """See `run.train`."""
    return train(config, RLOO, console=console)
