"""Log-probabilities of completions under a model, with gradients.

Only completion tokens go through the language-model head: a prompt is read up to its last token
but one, and each completion is read from the prompt's last token on, so that every position of the
second pass predicts a sampled token. A prompt shared by many completions is read once, gradients
included: its keys and values are expanded to the rows that continue it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache


@dataclass(frozen=True, slots=True)
class Scores:
    """What a model thinks of completions, token by token.

    `logprobs` float32 [R, T] and `mask` float32 [R, T] (0 on padding, after the end, and on what
    the environment said). When asked for: `entropy` float32 [R, T] of every token's distribution,
    and `hidden` [R, T, H], the last hidden state that each token was drawn from.
    """

    logprobs: Tensor
    mask: Tensor
    entropy: Tensor | None = None
    hidden: Tensor | None = None


def completion_scores(
    model: Any,
    *,
    prompts: Sequence[Sequence[int]],
    completions: Sequence[Tensor],
    owners: Sequence[int],
    pad_id: int,
    sampled: Sequence[Tensor | None] | None = None,
    temperature: float = 1.0,
    with_entropy: bool = False,
    with_hidden: bool = False,
    with_logprobs: bool = True,
) -> Scores:
    """Of `completions[r]` (int64, [T_r]) after `prompts[owners[r]]`; of those of its tokens that
    `sampled[r]` (bool, [T_r]; None: all) marks.

    `temperature` is the one they were sampled at (its distribution is the policy). Without
    log-probabilities, which are 0 then, the language-model head is spared.
    """
    device = next(model.parameters()).device
    used = sorted(set(owners))
    place = {owner: i for i, owner in enumerate(used)}
    rows = torch.tensor([place[owner] for owner in owners], device=device)  # [R]
    heads = [prompts[owner][:-1] for owner in used]
    longest = max(len(head) for head in heads)
    prefix = torch.full((len(used), longest), pad_id, dtype=torch.long)  # [P, L]
    prefix_mask = torch.zeros_like(prefix)  # [P, L]
    for i, head in enumerate(heads):
        prefix[i, longest - len(head) :] = torch.tensor(head, dtype=torch.long)
        prefix_mask[i, longest - len(head) :] = 1

    width = max(len(c) for c in completions)
    target = torch.full((len(completions), width), pad_id, dtype=torch.long)  # [R, T]
    mask = torch.zeros(len(completions), width)  # [R, T]
    for r, completion in enumerate(completions):
        target[r, : len(completion)] = completion
        marked = None if sampled is None else sampled[r]
        mask[r, : len(completion)] = 1.0 if marked is None else marked.float()
    last = torch.tensor([prompts[owner][-1] for owner in owners])  # [R]
    suffix = torch.cat([last.unsqueeze(1), target[:, :-1]], 1)  # [R, T]
    prefix, prefix_mask, suffix = prefix.to(device), prefix_mask.to(device), suffix.to(device)
    target, mask = target.to(device), mask.to(device)

    cache: Any = DynamicCache(config=model.config)
    if longest:
        model(
            input_ids=prefix,
            attention_mask=prefix_mask,
            position_ids=(prefix_mask.cumsum(1) - 1).clamp(min=0),
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        for layer in cache.layers:
            layer.batch_select_indices(rows)
    row_mask = prefix_mask[rows]  # [R, L]
    start = row_mask.sum(1, keepdim=True)  # [R, 1]
    out = model(
        input_ids=suffix,
        # What follows the end of a row is never attended by what comes before it.
        attention_mask=torch.cat([row_mask, torch.ones_like(suffix)], 1),  # [R, L + T]
        position_ids=start + torch.arange(width, device=device),  # [R, T]
        past_key_values=cache,
        use_cache=True,
        output_hidden_states=with_hidden,
        logits_to_keep=0 if with_logprobs else 1,  # 0: all
    )
    if not with_logprobs:
        return Scores(torch.zeros_like(mask), mask, None, out.hidden_states[-1])
    scores = out.logits.float() / temperature  # [R, T, V]
    logp = torch.log_softmax(scores, dim=-1)  # [R, T, V]
    logprobs = logp.gather(2, target.unsqueeze(2)).squeeze(2) * mask  # [R, T]
    entropy = -(logp.exp() * logp).sum(-1) * mask if with_entropy else None  # [R, T]
    return Scores(logprobs, mask, entropy, out.hidden_states[-1] if with_hidden else None)


def passes(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Indices of rows, shortest first, cut so that each part padded holds at most `budget` tokens.

    Gradients of the parts add up to that of the whole (see `losses`).
    """
    parts: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda i: lengths[i]):
        if not parts or (len(parts[-1]) + 1) * lengths[index] > budget:
            parts.append([])
        parts[-1].append(index)
    return parts
