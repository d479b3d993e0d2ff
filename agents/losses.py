"""Losses: pure functions of log-probabilities and values, each returning `(loss, metrics)`.

Every one is a weighted sum over tokens, divided by `denominator`; `loss_weights` gives both for
each way to average. The denominator is that of the whole optimizer batch, which the caller counts
once after all masks. Loss and metrics of micro-batches, and of processes, therefore add up to those
of the batch, however it is split.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

Aggregation = Literal["token", "sequence", "constant"]
KL = Literal["k2", "k3", "k3+"]

# exp(20) is finite in float32, and no sane update moves a token's probability that far.
MAX_LOG_RATIO = 20.0


def loss_weights(mask: Tensor, aggregation: Aggregation = "token") -> Tensor:
    """What each token counts for: [B, T], zero where `mask` [B, T] is (prompts, tools, padding).

    ``"token"``: every token alike (https://arxiv.org/abs/2503.14476). ``"sequence"``: every
    completion alike, so that a long one's tokens count for less; GRPO's paper
    (https://arxiv.org/abs/2402.03300), and what GSPO needs. ``"constant"``: every token alike, over
    a number that no batch changes (Dr. GRPO, https://arxiv.org/abs/2503.20783).
    """
    if aggregation == "sequence":
        return mask / mask.sum(1, keepdim=True).clamp(min=1)
    return mask


def loss_denominator(
    lengths: Sequence[int],
    *,
    aggregation: Aggregation,
    longest: int,
    completions: float | None = None,
) -> float:
    """What the sum over an optimizer batch of completions with `lengths` tokens is divided by.

    `longest` is the limit on a completion's tokens. `completions`: how many a batch has that
    nothing was left out of, which is what ``"constant"`` counts (None: as many as there are).
    """
    if aggregation == "token":
        return float(sum(lengths))
    if aggregation == "constant":
        return (len(lengths) if completions is None else completions) * longest
    return float(len(lengths))


def clipped_policy_loss(
    *,
    logprobs: Tensor,
    old_logprobs: Tensor,
    advantages: Tensor,
    weights: Tensor,
    denominator: float,
    clip_low: float = 0.2,
    clip_high: float = 0.28,
    dual_clip: float | None = None,
) -> tuple[Tensor, dict[str, Tensor]]:
    """PPO's clipped surrogate (https://arxiv.org/abs/1707.06347).

    `logprobs`, `old_logprobs`, `weights` [B, T] (a weight for every sampled token, end-of-text
    included); `advantages` [B] or [B, T]. `old_logprobs` are the sampler's own.

    `clip_low` bounds how far a token's probability may fall, `clip_high` how far it may rise; the
    asymmetry leaves unlikely tokens room to grow (https://arxiv.org/abs/2503.14476, 0.2 and 0.28).
    Both between 0 and 1 work; below 0.1 learning stalls. `dual_clip` (3 is usual) bounds the loss
    of a bad token that has become likely, at that multiple of its advantage
    (https://arxiv.org/abs/1912.09729).

    Metrics, weighted: ``clip_low``, ``clip_high`` (shares of tokens whose gradient was cut),
    ``approx_kl`` (k3 of old against new), ``ratio``.
    """
    advantages = _by_token(advantages)
    log_ratio = (logprobs - old_logprobs).clamp(-MAX_LOG_RATIO, MAX_LOG_RATIO)  # [B, T]
    ratio = log_ratio.exp()  # [B, T]
    loss, metrics = _clipped(ratio, log_ratio, advantages, weights, clip_low, clip_high, dual_clip)
    return loss / denominator, {k: v / denominator for k, v in metrics.items()}


def sequence_policy_loss(
    *,
    logprobs: Tensor,
    old_logprobs: Tensor,
    advantages: Tensor,
    weights: Tensor,
    denominator: float,
    clip_low: float = 3e-4,
    clip_high: float = 4e-4,
) -> tuple[Tensor, dict[str, Tensor]]:
    """GSPO (https://arxiv.org/abs/2507.18071): one ratio a completion, the geometric mean of its
    tokens' ratios; shapes and metrics as for `clipped_policy_loss`.

    This is the paper's GSPO-token: each token's own gradient, scaled by its completion's ratio, so
    that advantages may differ by token. `weights` are those of ``"sequence"``. A mean of logs
    hardly moves, so the clip is a thousandth of PPO's (the paper's 3e-4 and 4e-4); 0.2 would never
    cut anything.
    """
    advantages = _by_token(advantages)
    mask = (weights > 0).to(logprobs.dtype)  # [B, T]
    log_ratio = (logprobs - old_logprobs).clamp(-MAX_LOG_RATIO, MAX_LOG_RATIO)  # [B, T]
    mean = (log_ratio * mask).sum(1, keepdim=True) / mask.sum(1, keepdim=True).clamp(min=1)  # [B,1]
    log_ratio = mean.detach() + logprobs - logprobs.detach()  # [B, T]
    ratio = log_ratio.exp()
    loss, metrics = _clipped(ratio, log_ratio, advantages, weights, clip_low, clip_high, None)
    return loss / denominator, {k: v / denominator for k, v in metrics.items()}


def _clipped(
    ratio: Tensor,
    log_ratio: Tensor,
    advantages: Tensor,
    weights: Tensor,
    clip_low: float,
    clip_high: float,
    dual_clip: float | None,
) -> tuple[Tensor, dict[str, Tensor]]:
    clipped = ratio.clamp(1 - clip_low, 1 + clip_high)  # [B, T]
    per_token = torch.max(-advantages * ratio, -advantages * clipped)  # [B, T]
    if dual_clip is not None:
        bounded = torch.min(per_token, -dual_clip * advantages)
        per_token = torch.where(advantages < 0, bounded, per_token)
    loss = (per_token * weights).sum()
    with torch.no_grad():
        cut_low = (advantages < 0) & (ratio < 1 - clip_low)  # [B, T]
        cut_high = (advantages > 0) & (ratio > 1 + clip_high)  # [B, T]
        metrics = {
            "clip_low": (cut_low * weights).sum(),
            "clip_high": (cut_high * weights).sum(),
            "approx_kl": ((ratio - 1 - log_ratio) * weights).sum(),
            "ratio": (ratio * weights).sum(),
        }
    return loss, metrics


def truncated_policy_loss(
    *,
    logprobs: Tensor,
    old_logprobs: Tensor,
    advantages: Tensor,
    weights: Tensor,
    denominator: float,
    ratio_max: float = 5.0,
) -> tuple[Tensor, dict[str, Tensor]]:
    """CISPO (https://arxiv.org/abs/2506.13585): every token keeps its gradient, and its ratio, a
    factor without a gradient, is cut at `ratio_max`; shapes as for `clipped_policy_loss`.

    Metrics, weighted: ``clip_high`` (share of tokens whose ratio was cut), ``approx_kl``,
    ``ratio``.
    """
    advantages = _by_token(advantages)
    log_ratio = (logprobs - old_logprobs).clamp(-MAX_LOG_RATIO, MAX_LOG_RATIO).detach()  # [B, T]
    ratio = log_ratio.exp()  # [B, T]
    loss = -(ratio.clamp(max=ratio_max) * advantages * logprobs * weights).sum() / denominator
    return loss, {
        "clip_high": ((ratio > ratio_max) * weights).sum() / denominator,
        "approx_kl": ((ratio - 1 - log_ratio) * weights).sum() / denominator,
        "ratio": (ratio * weights).sum() / denominator,
    }


def reinforce_loss(
    *, logprobs: Tensor, advantages: Tensor, weights: Tensor, denominator: float
) -> tuple[Tensor, dict[str, Tensor]]:
    """REINFORCE (Williams, 1992): `logprobs`, `weights` [B, T]; `advantages` [B] or [B, T].

    Without a ratio it is right only for the policy that sampled: one optimizer step a batch.
    """
    return -(_by_token(advantages) * logprobs * weights).sum() / denominator, {}


def value_loss(
    *,
    values: Tensor,
    old_values: Tensor,
    returns: Tensor,
    weights: Tensor,
    denominator: float,
    clip: float | None,
) -> tuple[Tensor, dict[str, Tensor]]:
    """Half the squared error of a critic, all [B, T].

    With `clip` a value that has moved further than that from `old_values` (its estimate when the
    completion was sampled) is given no credit for it: the larger of both errors counts, as in
    OpenAI's baselines (``ppo2``). 0.2 to 0.5 for returns of about 1; None does not clip.

    Metrics, weighted: ``value_clip`` (share of tokens where the clip decided), ``value``.
    """
    errors = (values - returns) ** 2  # [B, T]
    worse = torch.zeros_like(errors, dtype=torch.bool)
    if clip is not None:
        moved = values - old_values
        near = old_values + moved.clamp(-clip, clip)  # [B, T]
        bounded = (near - returns) ** 2
        # Within the clip both are one number, but for its last digit.
        worse = (bounded > errors) & (moved.abs() > clip)
        errors = torch.max(errors, bounded)
    loss = 0.5 * (errors * weights).sum() / denominator
    return loss, {
        "value_clip": (worse * weights).sum().detach() / denominator,
        "value": (values * weights).sum().detach() / denominator,
    }


def kl_loss(
    *,
    logprobs: Tensor,
    ref_logprobs: Tensor,
    weights: Tensor,
    denominator: float,
    kind: KL = "k3+",
) -> tuple[Tensor, dict[str, Tensor]]:
    """KL divergence from the reference policy, estimated on sampled tokens; all [B, T].

    With d = ref - new: ``"k2"`` is d^2 / 2 and ``"k3"`` is e^d - d - 1, unbiased and never negative
    (http://joschu.net/blog/kl-approx.html). As a loss, k3's own gradient is that of the reverse
    divergence; ``"k3+"`` has the value of k3 and the gradient of k2, which is the right one.
    Metric: ``kl`` (k3).
    """
    d = (ref_logprobs - logprobs).clamp(-MAX_LOG_RATIO, MAX_LOG_RATIO)  # [B, T]
    k2 = 0.5 * d**2
    k3 = d.exp() - d - 1
    per_token = {"k2": k2, "k3": k3, "k3+": k2 + (k3 - k2).detach()}[kind]  # [B, T]
    loss = (per_token * weights).sum() / denominator
    return loss, {"kl": (k3 * weights).sum().detach() / denominator}


def likelihood_loss(
    *, logprobs: Tensor, weights: Tensor, denominator: float
) -> tuple[Tensor, dict[str, Tensor]]:
    """Minus the weighted log-probability of the tokens; both [B, T]. Metric: ``nll``.

    The loss of supervised training, and of expert iteration on the samples it kept.
    """
    loss = -(logprobs * weights).sum() / denominator
    return loss, {"nll": loss.detach()}


def _by_token(advantages: Tensor) -> Tensor:
    return advantages.unsqueeze(1) if advantages.dim() == 1 else advantages
