"""Advantages: how much better a sample was than what it is compared with.

Pure functions of rewards. A sample whose verdict is invalid (the machine broke) takes no part in
any statistic and gets advantage zero, so that it cannot move its group.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor

Scaling = Literal["group", "batch", "none"]

# Below this spread a reward difference is rounding, and dividing by it would amplify noise.
EPSILON = 1e-4


def group_advantages(
    *,
    rewards: Tensor,
    groups: Tensor,
    valid: Tensor | None = None,
    scale: Scaling = "group",
    clip: float = 5.0,
) -> tuple[Tensor, dict[str, float]]:
    """Rewards less their group's mean (GRPO, https://arxiv.org/abs/2402.03300).

    `rewards` float [N]; `groups` int64 [N], equal for samples of one prompt; `valid` bool [N].

    `scale` divides by the group's unbiased standard deviation (``"group"``: the paper's form), by
    that of the whole batch (``"batch"``: steadier when a group's rewards hardly differ) or by
    nothing (``"none"``: https://arxiv.org/abs/2503.20783). `clip` bounds the result: one sample
    of a nearly uniform group would otherwise outweigh a batch; 5 touches almost none.

    Returns advantages [N] (zero where not valid, and in a group with fewer than two valid samples
    or equal rewards) and metrics: ``reward_mean``, ``reward_std``, ``frac_zero_std`` (the share of
    groups that teach nothing).
    """
    rewards = rewards.float()
    if valid is None:
        valid = torch.ones_like(groups, dtype=torch.bool)
    advantages = torch.zeros_like(rewards)
    kept, kept_groups = rewards[valid], groups[valid]  # [M], [M]
    if len(kept) == 0:
        return advantages, {"reward_mean": 0.0, "reward_std": 0.0, "frac_zero_std": 1.0}

    _, index = kept_groups.unique(return_inverse=True)  # [M] in 0..K-1
    count = torch.zeros(int(index.max()) + 1).index_add_(0, index, torch.ones_like(kept))  # [K]
    mean = torch.zeros_like(count).index_add_(0, index, kept) / count  # [K]
    centred = kept - mean[index]  # [M]
    squares = torch.zeros_like(count).index_add_(0, index, centred**2)  # [K]
    std = (squares / (count - 1).clamp(min=1)).sqrt()  # [K]
    batch_std = kept.std() if len(kept) > 1 else kept.new_zeros(())

    if scale == "group":
        centred = centred / (std[index] + EPSILON)
    elif scale == "batch":
        centred = centred / (batch_std + EPSILON)
    teaches = std > EPSILON  # [K]
    advantages[valid] = torch.where(teaches[index], centred, 0.0).clamp(-clip, clip)
    return advantages, {
        "reward_mean": kept.mean().item(),
        "reward_std": batch_std.item(),
        "frac_zero_std": 1.0 - teaches.float().mean().item(),
    }


def novelty(completions: Sequence[Sequence[int]]) -> Tensor:
    """How unusual each completion is in its batch: its rank, from 0 (commonest) to 1, float [N].

    Completions are ranked by the mean, over the different pairs of neighbouring tokens they have,
    of one over the number of completions that have the pair. Equal scores share a rank.
    """
    pairs = [frozenset(pairwise(completion)) for completion in completions]
    spread = Counter(pair for of_one in pairs for pair in of_one)
    scores = torch.tensor(
        [sum(1 / spread[p] for p in of_one) / max(len(of_one), 1) for of_one in pairs],
        dtype=torch.float64,
    )  # [N]
    below = (scores.unsqueeze(1) > scores + 1e-12).sum(1)  # [N]
    return below.float() / max(len(pairs) - 1, 1)
