"""Sampling from a causal language model: many completions of many prompts, in one batch.

Every prompt is read once however many completions it gets, the key-value cache is allocated once,
and finished rows leave the batch. Each completion has a seed of its own, so it does not depend on
what else is in the batch, and comes with the log-probability the sampler gave to each token, which
is what the trainers use as the old policy's. Any Hugging Face causal model is sampled through its
cache classes; a plain Llama (the tiny policy) has a shorter way, and one of CUDA graphs on a GPU,
measured in `benchmarks/speed`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from .llama import LlamaDecoder, has_plain_blocks, is_plain_llama
from .static import StaticDecoder
from .stop import StopStrings

# Rows that have ended are dropped when a quarter of the batch has: copying the cache costs about
# as much as ten steps, so dropping them one by one would cost more than it saves.
COMPACT_BELOW = 0.75


@dataclass(frozen=True, slots=True)
class Completion:
    """One sampled continuation of a prompt.

    `tokens` (int64, [T]) ends with the end-of-text token, or with the one that completed a stop
    string, exactly when `finished`; otherwise the completion was cut at the token limit. `logprobs`
    (float32, [T]) are those of the sampling distribution, temperature included. `values` (float32,
    [T]) are a critic's, of the state that each token was sampled in, when there is one. In an
    episode of several turns `sampled` (bool, [T]) is False on what the environment said between
    them, whose other figures are then 0.
    """

    tokens: Tensor
    logprobs: Tensor
    finished: bool
    values: Tensor | None = None
    sampled: Tensor | None = None

    @property
    def own(self) -> int:
        """How many of its tokens were sampled."""
        return len(self.tokens) if self.sampled is None else int(self.sampled.sum())


class Decoder(Protocol):
    """A model and the key-value cache of a batch that is being continued.

    `hidden` [R, H] is the last hidden state behind the logits that were returned last.
    """

    hidden: Tensor

    def prefill(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Reads left-padded prompts [P, L] (mask 1 = a token); logits [P, V] of what follows."""

    def expand(self, rows: Tensor, extra: int) -> None:
        """Row r of the batch continues prompt `rows[r]`, for at most `extra` tokens more."""

    def step(self, tokens: Tensor) -> Tensor:
        """Appends one token to every row [R]; logits [R, V] of what follows."""

    def keep(self, rows: Tensor) -> None:
        """Drops every row of the batch but `rows`."""


@torch.no_grad()
def generate(
    model: Any,
    prompts: Sequence[Sequence[int]],
    *,
    seeds: Sequence[Sequence[int]],
    max_new_tokens: int,
    eos_ids: Sequence[int],
    pad_id: int,
    temperature: float = 1.0,
    top_p: float = 1.0,
    decoder: Decoder | None = None,
    value_of: Callable[[Tensor], Tensor] | None = None,
    stop: StopStrings | None = None,
    on_finished: Callable[[int, Tensor], None] | None = None,
) -> list[list[Completion]]:
    """`len(seeds[i])` completions of prompt i, for every i.

    `prompts` are token ids; `temperature` 0 takes the likeliest token (its log-probability is then
    that at temperature 1). `top_p` below 1 samples among the likeliest tokens alone (see `sample`);
    nothing is trained so. `value_of` is a critic over the mean of the last hidden states of a
    completion so far, [R, H] -> [R]: asked here, it costs no pass of its own. `stop`: texts that
    end a completion, too. `on_finished` hears of a completion as soon as it ends: its number
    (prompt by prompt, as in the result) and its tokens. Those that are cut at the limit it does not
    hear of.

    Raises `ValueError` for an empty prompt, or when `seeds` and `prompts` differ in length.
    """
    if len(prompts) != len(seeds):
        raise ValueError(f"{len(prompts)} prompts but seeds for {len(seeds)}.")
    if not all(len(p) for p in prompts):
        raise ValueError("A prompt has no tokens.")
    results: list[list[Completion]] = [[] for _ in prompts]
    owner = [i for i, per_prompt in enumerate(seeds) for _ in per_prompt]
    if not owner or max_new_tokens < 1:
        return results

    device = next(model.parameters()).device
    if decoder is None:
        decoder = decoder_for(model)
    longest = max(len(p) for p in prompts)
    ids = torch.full((len(prompts), longest), pad_id, dtype=torch.long, device=device)  # [P, L]
    mask = torch.zeros_like(ids)  # [P, L]
    for i, prompt in enumerate(prompts):
        ids[i, longest - len(prompt) :] = torch.tensor(prompt, device=device)
        mask[i, longest - len(prompt) :] = 1

    rows = torch.tensor(owner, device=device)  # [R] the prompt of each row
    logits = decoder.prefill(ids, mask)[rows]  # [R, V]
    hidden = decoder.hidden[rows]  # [R, H]
    decoder.expand(rows, max_new_tokens)

    # All of a completion's randomness is drawn before it begins, from its seed alone.
    noise = torch.stack(
        [_uniform(seed, max_new_tokens) for per_prompt in seeds for seed in per_prompt]
    ).to(device)  # [R, T]
    tokens = torch.full((len(owner), max_new_tokens), pad_id, dtype=torch.long, device=device)
    logprobs = torch.zeros(len(owner), max_new_tokens, device=device)  # [R, T]
    values = torch.zeros_like(logprobs)  # [R, T]
    seen = torch.zeros_like(hidden, dtype=torch.float32)  # [R, H] the sum of a row's hidden states
    eos = torch.tensor(list(eos_ids), device=device)
    endings = eos if stop is None else stop.endings.to(device)
    live = torch.arange(len(owner), device=device)  # the rows still in the batch
    batch = list(range(len(owner)))  # the same, and what follows, where the host reads them
    lengths = [max_new_tokens] * len(owner)
    ended = [False] * len(owner)
    for t in range(max_new_tokens):
        token, logprob = sample(logits, noise[live, t], temperature=temperature, top_p=top_p)
        # Rows that have ended stay in the batch until the next compaction; what is written of them
        # lies beyond their length.
        tokens[live, t], logprobs[live, t] = token, logprob
        if value_of is not None:
            seen[live] += hidden.float()
            values[live, t] = value_of(seen[live] / (t + 1))
        # All that is asked of the device in a step, in one question: it waits for each.
        is_eos, may_end = torch.stack([torch.isin(token, eos), torch.isin(token, endings)]).tolist()
        for row, eos_now, ending in zip(batch, is_eos, may_end, strict=True):
            if ended[row] or not (
                eos_now or (stop is not None and ending and stop.end(tokens[row, : t + 1]))
            ):
                continue
            ended[row], lengths[row] = True, t + 1
            if on_finished is not None:
                on_finished(row, tokens[row, : t + 1].cpu())
        kept = [place for place, row in enumerate(batch) if not ended[row]]
        if not kept or t + 1 == max_new_tokens:
            break
        if len(kept) <= COMPACT_BELOW * len(batch):
            places = torch.tensor(kept, device=device)
            decoder.keep(places)
            live, token = live[places], token[places]
            batch = [batch[place] for place in kept]
        logits, hidden = decoder.step(token), decoder.hidden

    tokens, logprobs, values = tokens.cpu(), logprobs.cpu(), values.cpu()
    for row, i in enumerate(owner):
        n = lengths[row]
        results[i].append(
            Completion(
                tokens[row, :n].clone(),
                logprobs[row, :n].clone(),
                ended[row],
                None if value_of is None else values[row, :n].clone(),
            )
        )
    return results


def decoder_for(model: Any) -> Decoder:
    """The fastest way there is to continue sequences with `model` where it stands."""
    if is_plain_llama(model):
        return LlamaDecoder(model)
    if next(model.parameters()).device.type == "cuda" and has_plain_blocks(model):
        return StaticDecoder(model)
    return CacheDecoder(model)


def sample(
    logits: Tensor, noise: Tensor, *, temperature: float, top_p: float = 1.0
) -> tuple[Tensor, Tensor]:
    """One token a row, by inverting the cumulative distribution at `noise` (uniform in [0, 1)).

    `logits` [R, V] and `noise` [R] give tokens [R] and their log-probabilities [R] (float32; under
    the whole distribution). `top_p`: of the fewest likeliest tokens that have this probability
    together (nucleus sampling, https://arxiv.org/abs/1904.09751).
    """
    scores = logits.float()
    if temperature > 0:
        scores = scores / temperature
    logp = torch.log_softmax(scores, dim=-1)  # [R, V]
    if temperature == 0:
        token = logp.argmax(-1)  # [R]
    else:
        # float64: a float32 running sum over a large vocabulary loses the tail.
        likely = logp.double().exp() if top_p >= 1 else _nucleus(logp, top_p)  # [R, V]
        cdf = likely.cumsum(-1)  # [R, V]
        point = noise.double().unsqueeze(1) * cdf[:, -1:]  # [R, 1]
        token = torch.searchsorted(cdf, point, right=True).squeeze(1)
        token = token.clamp_(max=logits.shape[-1] - 1)
    return token, logp.gather(1, token.unsqueeze(1)).squeeze(1)


def _nucleus(logp: Tensor, top_p: float) -> Tensor:
    """The probabilities [R, V] of the likeliest tokens that have `top_p` together; 0 elsewhere."""
    ranked, order = logp.double().exp().sort(-1, descending=True)  # [R, V] each
    before = ranked.cumsum(-1) - ranked  # what the likelier ones have; 0 for the first
    kept = torch.where(before < top_p, ranked, 0.0)
    return torch.zeros_like(ranked).scatter(-1, order, kept)


def _uniform(seed: int, count: int) -> Tensor:
    return torch.rand(count, generator=torch.Generator().manual_seed(seed))


class CacheDecoder:
    """Any Hugging Face causal model, through `past_key_values`."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.cache: Any = DynamicCache(config=model.config)
        self.mask = self.hidden = torch.empty(0)
        self.length = 0
        self.padded = False

    def prefill(self, ids: Tensor, mask: Tensor) -> Tensor:
        self.mask, self.length = mask, ids.shape[1]
        self.padded = not bool(mask.all())
        positions = (mask.cumsum(1) - 1).clamp(min=0)  # [P, L]
        out = self.model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=positions,
            past_key_values=self.cache,
            use_cache=True,
            logits_to_keep=1,
            output_hidden_states=True,
        )
        self.hidden = out.hidden_states[-1][:, -1]  # [P, H]
        logits: Tensor = out.logits[:, -1]  # [P, V]
        return logits

    def expand(self, rows: Tensor, extra: int) -> None:
        ones = self.mask.new_ones(len(rows), extra)
        self.mask = torch.cat([self.mask[rows], ones], 1)  # [R, L + extra]
        self.positions = self.mask[:, : self.length].sum(1, keepdim=True)  # [R, 1]
        for i, layer in enumerate(self.cache.layers):
            # Only the plain layer's layout is known; sliding windows and states of other kinds
            # keep their own class and its way of selecting rows.
            if type(layer) is DynamicLayer:
                self.cache.layers[i] = PreallocatedLayer(layer, rows, extra)
            else:
                layer.batch_select_indices(rows)

    def step(self, tokens: Tensor) -> Tensor:
        self.length += 1
        out = self.model(
            input_ids=tokens.unsqueeze(1),
            attention_mask=self.mask[:, : self.length] if self.padded else None,
            position_ids=self.positions,
            past_key_values=self.cache,
            use_cache=True,
            output_hidden_states=True,
        )
        self.hidden = out.hidden_states[-1][:, -1]  # [R, H]
        self.positions = self.positions + 1
        logits: Tensor = out.logits[:, -1]  # [R, V]
        return logits

    def keep(self, rows: Tensor) -> None:
        self.mask, self.positions = self.mask[rows], self.positions[rows]
        for layer in self.cache.layers:
            layer.batch_select_indices(rows)


class PreallocatedLayer(DynamicLayer):
    """One layer's keys and values, [R, heads, L + extra, D], written in place as they come.

    `DynamicLayer` copies the whole cache for every token; this one shows views of a buffer.
    """

    def __init__(self, prompt: DynamicLayer, rows: Tensor, extra: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        keys, values = prompt.keys, prompt.values  # [P, heads, L, D]
        assert keys is not None
        assert values is not None
        self.dtype, self.device, self.is_initialized = keys.dtype, keys.device, True
        self.length = keys.shape[2]
        self._keys = self._grown(keys, rows, extra)
        self._values = self._grown(values, rows, extra)
        self._show()

    def _grown(self, source: Tensor, rows: Tensor, extra: int) -> Tensor:
        _, heads, length, width = source.shape
        buffer = source.new_empty(len(rows), heads, length + extra, width)
        buffer[:, :, :length] = source[rows]
        return buffer

    def _show(self) -> None:
        self.keys = self._keys[:, :, : self.length]
        self.values = self._values[:, :, : self.length]

    def update(
        self,
        key_states: Tensor,
        value_states: Tensor,
        *args: Any,  # noqa: ARG002
        **kwargs: Any,  # noqa: ARG002
    ) -> tuple[Tensor, Tensor]:
        start, self.length = self.length, self.length + key_states.shape[2]
        self._keys[:, :, start : self.length] = key_states
        self._values[:, :, start : self.length] = value_states
        self._show()
        return self._keys[:, :, : self.length], self._values[:, :, : self.length]

    def batch_select_indices(self, indices: Tensor) -> None:
        extra = self._keys.shape[2] - self.length
        self._keys = self._grown(self._keys[:, :, : self.length], indices, extra)
        self._values = self._grown(self._values[:, :, : self.length], indices, extra)
        self._show()
