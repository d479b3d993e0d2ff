"""Group sequence policy optimisation with LoRA (https://arxiv.org/abs/2507.18071).

GRPO with one ratio a completion, the geometric mean of its tokens': what is judged is the whole
program, so what is clipped is the whole program. All else is as in `grpo`, with the paper's clip
and its mean over completions. It differs from GRPO only where an iteration takes several steps.

A clip of a thousandth asks for old log-probabilities that are as exact. In bfloat16 a pass over
whole completions rounds differently from the sampler's token by token: of the tiny base's programs
four in five lay outside the paper's clip before any step was taken (the lab log, "Variety and what
is right"). There the old ones are read by such a pass, too.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from rich.console import Console
from torch import Tensor

from .grpo import GRPO, GRPOConfig
from .losses import Aggregation, sequence_policy_loss
from .rollout import Batch
from .run import Pass, train
from .settings import unused
from .tracking import TrainingResult


@dataclass(frozen=True, slots=True, kw_only=True)
class GSPOConfig(GRPOConfig):
    """One GSPO run; see `GRPOConfig`. `loss`, `ratio_max` and `dual_clip` have no part in it.

    `clip_low`, `clip_high`: the paper's 3e-4 and 4e-4 are for steps of models of billions; the
    tiny base takes larger ones.
    """

    minibatches: int = 4
    clip_low: float = 3e-3
    clip_high: float = 4e-3
    aggregation: Aggregation = "sequence"

    def refuse_unused(self) -> None:
        unused(self, "GSPO clips a ratio of whole programs", "loss", "ratio_max", "dual_clip")
        if not self.kl_coef:
            unused(self, "kl_coef is 0", "kl")


class GSPO(GRPO):
    """See the module."""

    name, title = "gspo", "GSPO"

    def learn(self, batch: Batch, iteration: int) -> dict[str, float]:
        if self.policy.model.dtype != torch.float32:
            batch = self.rescored(batch)
        return super().learn(batch, iteration)

    def policy_loss(self, part: Pass, advantages: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        return sequence_policy_loss(
            logprobs=part.scores.logprobs,
            old_logprobs=part.old_logprobs,
            advantages=advantages,
            weights=part.weights,
            denominator=part.denominator,
            clip_low=self.config.clip_low,
            clip_high=self.config.clip_high,
        )


def train_gspo(config: GSPOConfig, *, console: Console | None = None) -> TrainingResult:
    """See `run.train`."""
    return train(config, GSPO, console=console)
