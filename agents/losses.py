"""Losses: pure functions of log-probabilities, each returning `(loss, metrics)`.

Every sum is divided by `denominator`, the number of sampled tokens in the whole optimizer batch,
which the caller counts once after all masks. Loss and metrics of micro-batches therefore add up to
those of the batch, however it is split.
"""

from __future__ import annotations

import torch
from torch import Tensor

# exp(20) is finite in float32, and no sane update moves a token's probability that far.
MAX_LOG_RATIO = 20.0


def clipped_policy_loss(
    *,
    logprobs: Tensor,
    old_logprobs: Tensor,
    advantages: Tensor,
    mask: Tensor,
    denominator: float,
    clip_low: float = 0.2,
    clip_high: float = 0.28,
) -> tuple[Tensor, dict[str, Tensor]]:
    """PPO's clipped surrogate (https://arxiv.org/abs/1707.06347), averaged over tokens.

    `logprobs`, `old_logprobs`, `mask` [B, T] (mask 1 = a sampled token, end-of-text included);
    `advantages` [B] or [B, T]. `old_logprobs` are the sampler's own.

    `clip_low` bounds how far a token's probability may fall, `clip_high` how far it may rise; the
    asymmetry leaves unlikely tokens room to grow (https://arxiv.org/abs/2503.14476, 0.2 and 0.28).
    Both between 0 and 1 work; below 0.1 learning stalls.

    Metrics, summed over tokens and divided by `denominator`: ``clip_low``, ``clip_high`` (shares
    of tokens whose gradient was cut), ``approx_kl`` (k3 of old against new), ``ratio``.
    """
    if advantages.dim() == 1:
        advantages = advantages.unsqueeze(1)  # [B, 1]
    log_ratio = (logprobs - old_logprobs).clamp(-MAX_LOG_RATIO, MAX_LOG_RATIO)  # [B, T]
    ratio = log_ratio.exp()  # [B, T]
    clipped = ratio.clamp(1 - clip_low, 1 + clip_high)  # [B, T]
    per_token = torch.max(-advantages * ratio, -advantages * clipped)  # [B, T]
    loss = (per_token * mask).sum() / denominator
    with torch.no_grad():
        cut_low = (advantages < 0) & (ratio < 1 - clip_low)  # [B, T]
        cut_high = (advantages > 0) & (ratio > 1 + clip_high)  # [B, T]
        metrics = {
            "clip_low": (cut_low * mask).sum() / denominator,
            "clip_high": (cut_high * mask).sum() / denominator,
            "approx_kl": ((ratio - 1 - log_ratio) * mask).sum() / denominator,
            "ratio": (ratio * mask).sum() / denominator,
        }
    return loss, metrics


def kl_loss(
    *, logprobs: Tensor, ref_logprobs: Tensor, mask: Tensor, denominator: float
) -> tuple[Tensor, dict[str, Tensor]]:
    """KL divergence from the reference policy, estimated on sampled tokens; all [B, T].

    The value is the estimator k3 = e^d - d - 1 with d = ref - new: unbiased and never negative.
    The gradient is that of k2 = d^2 / 2, because k3's own gradient is that of the reverse
    divergence (http://joschu.net/blog/kl-approx.html; verl's ``k3+``). Metric: ``kl``.
    """
    d = (ref_logprobs - logprobs).clamp(-MAX_LOG_RATIO, MAX_LOG_RATIO)  # [B, T]
    k2 = 0.5 * d**2
    k3 = d.exp() - d - 1
    per_token = k2 + (k3 - k2).detach()  # [B, T]
    loss = (per_token * mask).sum() / denominator
    return loss, {"kl": loss.detach()}


def likelihood_loss(
    *, logprobs: Tensor, mask: Tensor, denominator: float
) -> tuple[Tensor, dict[str, Tensor]]:
    """Minus the mean log-probability of the tokens; both [B, T]. Metric: ``nll``.

    The loss of supervised training, and of expert iteration on the samples it kept.
    """
    loss = -(logprobs * mask).sum() / denominator
    return loss, {"nll": loss.detach()}
