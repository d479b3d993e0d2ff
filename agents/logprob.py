"""Log-probabilities of completions under a model, with gradients.

Only completion tokens go through the language-model head: a prompt is read up to its last token
but one, and each completion is read from the prompt's last token on, so that every position of the
second pass predicts a sampled token. A prompt shared by many completions is read once, gradients
included: its keys and values are expanded to the rows that continue it.

Where the logits of a pass would fill more than `CHUNK_BYTES`, they are made some positions at a
time, of sampled tokens only, and none are kept: what the backward pass needs of a position is the
gradient of its log-probability by its hidden state, as wide as that state and known at once. The
same products are computed as the dense way computes, so nothing is recomputed either.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor
from transformers import DynamicCache

from .llama import causal_model

# Of float32 logits at once; the work takes about three such buffers. On two cores, with 49,152 and
# 151,936 tokens, half of it costs up to a tenth more time and twice saves less than a twentieth. A
# pass of `run.TOKENS_PER_PASS` with the tiny base's vocabulary fits.
CHUNK_BYTES = 1 << 27


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
    inputs: dict[str, Any] = {
        "input_ids": suffix,
        # What follows the end of a row is never attended by what comes before it.
        "attention_mask": torch.cat([row_mask, torch.ones_like(suffix)], 1),  # [R, L + T]
        "position_ids": start + torch.arange(width, device=device),  # [R, T]
        "past_key_values": cache,
        "use_cache": True,
    }
    if not with_logprobs:
        out = model(**inputs, output_hidden_states=True, logits_to_keep=1)
        return Scores(torch.zeros_like(mask), mask, None, out.hidden_states[-1])
    inner = causal_model(model)
    head = inner.get_output_embeddings()
    if (
        type(head) is torch.nn.Linear
        and suffix.numel() * head.out_features * 4 > CHUNK_BYTES
        and _gives_the_logits(head, model)
    ):
        hidden = inner.base_model(**inputs).last_hidden_state  # [R, T, H]
        real = mask.bool()
        logp_of, entropy_of = _ChunkedScores.apply(  # type: ignore[no-untyped-call]
            hidden[real], head.weight, head.bias, target[real], temperature, with_entropy
        )  # [N] each
        logprobs = torch.zeros_like(mask).masked_scatter(real, logp_of)  # [R, T]
        entropy = torch.zeros_like(mask).masked_scatter(real, entropy_of) if with_entropy else None
        return Scores(logprobs, mask, entropy, hidden if with_hidden else None)
    out = model(**inputs, output_hidden_states=with_hidden)
    scores = out.logits.float() / temperature  # [R, T, V]
    logp = torch.log_softmax(scores, dim=-1)  # [R, T, V]
    logprobs = logp.gather(2, target.unsqueeze(2)).squeeze(2) * mask  # [R, T]
    entropy = -(logp.exp() * logp).sum(-1) * mask if with_entropy else None  # [R, T]
    return Scores(logprobs, mask, entropy, out.hidden_states[-1] if with_hidden else None)


# Of models that were asked once.
_plain_heads: WeakKeyDictionary[Any, bool] = WeakKeyDictionary()


@torch.no_grad()
def _gives_the_logits(head: torch.nn.Linear, model: Any) -> bool:
    """Whether a model's logits are what a frozen `head` makes of its trunk's last hidden state.

    Asked of the model itself, with one token: a soft cap, a scale or a prompt of peft's shows.
    Equal means bit by bit, since a cap hardly touches the small logits of an untrained model.
    """
    inner = causal_model(model)
    if head.weight.requires_grad or inner.base_model is inner:
        return False
    if inner not in _plain_heads:
        token = torch.zeros(1, 1, dtype=torch.long, device=head.weight.device)
        logits = model(input_ids=token, use_cache=False).logits
        states = inner.base_model(input_ids=token, use_cache=False).last_hidden_state
        _plain_heads[inner] = torch.equal(head(states), logits)
    return _plain_heads[inner]


class _ChunkedScores(torch.autograd.Function):
    """Log-probabilities [N] of `target` [N] and entropies [N] (zeros when not asked for) of the
    distributions behind `hidden` [N, H], float32; with gradients for `hidden` alone."""

    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        target: Tensor,
        temperature: float,
        with_entropy: bool,
    ) -> tuple[Tensor, Tensor]:
        logprobs = torch.empty(len(hidden), device=hidden.device)
        entropy = torch.zeros_like(logprobs)
        # Of each log-probability by its hidden state, [N, H].
        slope = torch.empty_like(hidden) if ctx.needs_input_grad[0] else None
        for part in _chunks(len(hidden), len(weight)):
            logp = _log_softmax(hidden[part], weight, bias, temperature)  # [C, V]
            chosen = target[part].unsqueeze(1)
            logprobs[part] = logp.gather(1, chosen).squeeze(1)
            if slope is None and not with_entropy:
                continue
            p = logp.exp()
            if with_entropy:
                entropy[part] = -logp.mul_(p).sum(-1)
            if slope is not None:
                by_logits = p.neg_().scatter_add_(1, chosen, torch.ones_like(p[:, :1]))
                slope[part] = by_logits.div_(temperature).to(weight.dtype) @ weight
        ctx.set_materialize_grads(False)
        ctx.temperature = temperature
        ctx.save_for_backward(hidden, weight, bias, entropy, slope)
        return logprobs, entropy

    @staticmethod
    def backward(
        ctx: Any, by_logprobs: Tensor | None, by_entropy: Tensor | None
    ) -> tuple[Tensor | None, ...]:
        hidden, weight, bias, entropy, slope = ctx.saved_tensors
        found = torch.zeros_like(hidden, dtype=torch.float32)  # [N, H]
        if by_logprobs is not None:
            torch.mul(slope, by_logprobs.unsqueeze(1), out=found)
        # Rare enough (`entropy_coef`) to be worth a second pass and not a second slope.
        if by_entropy is not None and by_entropy.any():
            for part in _chunks(len(hidden), len(weight)):
                logp = _log_softmax(hidden[part], weight, bias, ctx.temperature)  # [C, V]
                p = logp.exp()
                by_logits = logp.add_(entropy[part].unsqueeze(1)).mul_(p)  # of -entropy
                by_logits.mul_(by_entropy[part].unsqueeze(1)).div_(-ctx.temperature)
                found[part] += by_logits.to(weight.dtype) @ weight
        return found.to(hidden.dtype), None, None, None, None, None


def _chunks(count: int, vocabulary: int) -> Iterator[slice]:
    size = max(1, CHUNK_BYTES // (4 * vocabulary))
    return (slice(start, start + size) for start in range(0, count, size))


def _log_softmax(hidden: Tensor, weight: Tensor, bias: Tensor | None, temperature: float) -> Tensor:
    """[C, H] -> [C, V], float32."""
    scores = F.linear(hidden, weight, bias).float().div_(temperature)
    return scores.sub_(scores.logsumexp(-1, keepdim=True))


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
