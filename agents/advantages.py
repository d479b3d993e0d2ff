"""Advantages: how much better a sample was than what it is compared with.

Pure functions of rewards. A sample whose verdict is invalid (the machine broke) takes no part in
any statistic and gets advantage zero, so that it cannot move its group.
"""

from __future__ import annotations

import math
import statistics
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor

Scaling = Literal["group", "batch", "none"]
Baseline = Literal["group", "others", "batch"]

# Below this spread a reward difference is rounding, and dividing by it would amplify noise.
EPSILON = 1e-4


def group_advantages(
    *,
    rewards: Tensor,
    groups: Tensor,
    valid: Tensor | None = None,
    scale: Scaling = "group",
    baseline: Baseline = "group",
    clip: float = 5.0,
) -> tuple[Tensor, dict[str, float]]:
    """Rewards less their group's mean (GRPO, https://arxiv.org/abs/2402.03300).

    `rewards` float [N]; `groups` int64 [N], equal for samples of one prompt; `valid` bool [N].

    `baseline` is the mean of the whole group, that of the group's ``"others"`` (RLOO,
    https://arxiv.org/abs/2402.14740: the same but for a factor G / (G - 1)), or that of the whole
    ``"batch"`` (REINFORCE's, which needs no groups).

    `scale` divides by the group's unbiased standard deviation (``"group"``: the paper's form), by
    that of the whole batch (``"batch"``: steadier when a group's rewards hardly differ) or by
    nothing (``"none"``: https://arxiv.org/abs/2503.20783). `clip` bounds what was divided, in
    deviations: one sample of a nearly uniform group would otherwise outweigh a batch; 5 touches
    almost none.

    Returns advantages [N] (zero where not valid, and, unless the baseline is the batch's, in a
    group with fewer than two valid samples or equal rewards) and metrics: ``reward_mean``,
    ``reward_std``, ``frac_zero_std`` (the share of groups that teach nothing; with the batch's
    baseline the batch is one group).

    Raises `ValueError` for the scale ``"group"`` with the batch's baseline: a group whose rewards
    are equal lies off that mean by any number of its own deviations.
    """
    if scale == "group" and baseline == "batch":
        raise ValueError("what is less the batch's mean is not divided by a group's deviation")
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
    if baseline == "others":
        centred = centred * (count / (count - 1).clamp(min=1))[index]
    elif baseline == "batch":
        centred = kept - kept.mean()
    std = (squares / (count - 1).clamp(min=1)).sqrt()  # [K]
    batch_std = kept.std() if len(kept) > 1 else kept.new_zeros(())

    if scale == "group":
        centred = centred / (std[index] + EPSILON)
    elif scale == "batch":
        centred = centred / (batch_std + EPSILON)
    teaches = std > EPSILON  # [K]
    if baseline == "batch":
        teaches = batch_std.unsqueeze(0) > EPSILON  # [1]
    else:
        centred = torch.where(teaches[index], centred, 0.0)
    advantages[valid] = centred if scale == "none" else centred.clamp(-clip, clip)
    return advantages, {
        "reward_mean": kept.mean().item(),
        "reward_std": batch_std.item(),
        "frac_zero_std": 1.0 - teaches.float().mean().item(),
    }


def token_rewards(
    *,
    rewards: Sequence[Sequence[float]],
    ends: Sequence[Sequence[int]],
    width: int,
) -> Tensor:
    """Each turn's reward on the last token that was sampled in it: [B, width], else zero.

    `rewards[i]` and `ends[i]` (positions of those tokens) have one entry for each turn of row i.
    """
    by_token = torch.zeros(len(rewards), width)
    for row, (paid, at) in enumerate(zip(rewards, ends, strict=True)):
        for reward, position in zip(paid, at, strict=True):
            by_token[row, position] += reward
    return by_token


def generalised_advantages(
    *, rewards: Tensor, values: Tensor, mask: Tensor, gamma: float = 1.0, lam: float = 0.95
) -> tuple[Tensor, Tensor]:
    """Generalised advantage estimation (https://arxiv.org/abs/1506.02438) over sampled tokens.

    `rewards`, `values`, `mask` float [B, T]: the value of the state in which token t is sampled,
    and a mask that is 1 where one was. Tokens that the environment put in between are stepped over:
    they take no time, and a value is followed by that of the next sampled token. After the last
    one nothing is worth anything, cut completions included (being cut shows in the reward).

    `gamma` 1 is usual for programs. `lam` 1 trusts the rewards alone, 0 the next value alone; 0.95
    for the actor and 1 for the critic's targets work for long completions
    (https://arxiv.org/abs/2503.01491).

    Returns advantages and returns (advantages plus values), both [B, T], zero off the mask.
    """
    advantages = torch.zeros_like(values)
    following = values.new_zeros(len(values))  # [B] advantage of the next sampled token
    worth = values.new_zeros(len(values))  # [B] its value
    for t in range(values.shape[1] - 1, -1, -1):
        sampled = mask[:, t] > 0  # [B]
        delta = rewards[:, t] + gamma * worth - values[:, t]  # [B]
        advantage = delta + gamma * lam * following
        following = torch.where(sampled, advantage, following)
        worth = torch.where(sampled, values[:, t], worth)
        advantages[:, t] = torch.where(sampled, advantage, 0.0)
    return advantages, (advantages + values) * mask


def whitened(advantages: Tensor, mask: Tensor) -> Tensor:
    """`advantages` with mean 0 and variance 1 over the sampled tokens; all [B, T], 0 off the mask.

    Over all tokens of an iteration at once: a minibatch's own statistics would let what else is in
    it decide whether a token was good.
    """
    count = mask.sum().clamp(min=1)
    mean = (advantages * mask).sum() / count
    centred = (advantages - mean) * mask  # [B, T]
    return centred / ((centred**2).sum() / count + 1e-8).sqrt()


def variety(structures: Sequence[Sequence[str] | None], *, coef: float) -> Tensor:
    """What is left of each sample's pay for being one of many alike: float [N], 1 - coef..1.

    `structures` are those of each sample's parts (circuits, functions). A sample keeps the mean
    over its parts of ``1 - coef * sqrt(share)``, where `share` is how many of the batch's samples
    have a part like that. None (nothing to compare: it was not accepted) keeps 1 and counts for no
    share, and so does a sample without parts, or one that is alone. The root makes the first few of
    a kind cost most, so that many structures pay better than a few. Parts and not wholes are
    compared, or a policy that always writes the same part is varied by how many of them it writes.
    """
    counts = Counter(part for parts in structures for part in set(parts or ()))
    total = sum(parts is not None for parts in structures)
    if total < 2:
        return torch.ones(len(structures))
    return torch.tensor(
        [
            statistics.fmean(1.0 - coef * math.sqrt(counts[part] / total) for part in parts)
            if parts
            else 1.0
            for parts in structures
        ]
    )


def rarity(completions: Sequence[Sequence[int] | None], *, coef: float) -> Tensor:
    """What is left of each sample's pay for saying what all say: float [N], 1 - coef..1.

    A completion's score is about what leaving it out would take from the batch's distinct-2
    (https://arxiv.org/abs/1510.03055): the sum, over the different pairs of neighbouring tokens in
    it, of one over the square of the number of completions that have the pair (1 for a pair of its
    own, soon nothing for others), less its length times the batch's distinct-2. So a long one has
    to say more. The highest score keeps 1, the lowest 1 - coef (1 where all are equal), the others
    by their rank (scores are too uneven to be used as they are). None (it was not accepted) takes
    no part and keeps 1.
    """
    pairs = {i: frozenset(pairwise(c)) for i, c in enumerate(completions) if c is not None}
    lengths = {i: len(completions[i] or ()) for i in pairs}
    spread = Counter(pair for of_one in pairs.values() for pair in of_one)
    distinct = len(spread) / max(sum(lengths.values()), 1)
    scores = {
        i: sum(spread[pair] ** -2.0 for pair in of_one) - distinct * lengths[i]
        for i, of_one in pairs.items()
    }
    ordered = sorted(scores.values())
    kept = torch.ones(len(completions))  # [N]
    highest = bisect_left(ordered, ordered[-1]) if ordered else 0
    for i, score in scores.items() if highest else ():
        kept[i] = 1.0 - coef * (1.0 - bisect_left(ordered, score) / highest)
    return kept


def shared(rewards: Tensor, kept: Tensor, *, groups: Tensor, accepted: Tensor) -> Tensor:
    """`rewards` [N] times what is `kept` [N] of them by accepted samples, for their variety.

    What a preset takes away stays as it is: a fine would be smaller for being common. And none of
    the `accepted` (bool [N]) falls below one of its group (`groups` int64 [N]) that is not: to be
    right comes before being unlike others.
    """
    paid = torch.where(accepted & (rewards > 0), rewards * kept, rewards)
    for group in groups.unique():
        own = groups == group
        if (beside := own & ~accepted).any():
            least = rewards[beside].max()
            paid = torch.where(own & accepted, paid.maximum(rewards.minimum(least)), paid)
    return paid


def surprise(completions: Sequence[Sequence[int] | None], *, clip: float = 3.0) -> list[Tensor]:
    """How unusual each token is after the one before it, in nats: a float tensor [T] for each.

    ``-log p(token | token before)`` as counted over the batch, less its mean after that token (the
    entropy there), so that it is zero on average and zero where the batch never varies. Added to
    advantages token by token it is the gradient of the batch's own entropy: it tells which words
    could have been others, where `rarity` only tells which programs. `clip` bounds it: a pair seen
    once in 10,000 would outweigh a program's reward. None (not accepted) gets an empty tensor, the
    first token zero.
    """
    counts = Counter(pair for c in completions if c is not None for pair in pairwise(c))
    totals: Counter[int] = Counter()
    for (before, _), count in counts.items():
        totals[before] += count
    entropy: defaultdict[int, float] = defaultdict(float)
    for (before, _), count in counts.items():
        share = count / totals[before]
        entropy[before] -= share * math.log(share)
    return [
        torch.tensor(
            []
            if not c
            else [0.0]
            + [
                max(-clip, min(clip, -math.log(counts[a, b] / totals[a]) - entropy[a]))
                for a, b in pairwise(c)
            ]
        )
        for c in completions
    ]
