"""A plain Llama decoding step by step, without the layers of calls between torch and the weights.

For a model of a few million parameters those calls, and LoRA's separate products, cost more than
the arithmetic. Here the adapters are added to fresh copies of the weights (never merged in place:
adding and subtracting again leaves a residue; nor in 16 bits, which lose them), queries, keys and
values share one product, and so do gate and up. Large weights are laid out anew (`packing`).
Completions of one long prompt read its keys and values together, once, rather than each a copy of
them. Qwen2 and Qwen3 are Llamas with a bias or a norm more. `tests/test_generate.py` holds it to
Hugging Face's own forward pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor
from transformers import LlamaForCausalLM, Qwen2ForCausalLM, Qwen3ForCausalLM

from .packing import linear, packed

# Reading a prompt together costs a few small operations a layer; a shorter one is copied faster.
SHARED_FROM = 64


def causal_model(model: Any) -> Any:
    """The Hugging Face model inside a peft wrapper, or the model itself."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def is_plain_llama(model: Any) -> bool:
    """Whether `LlamaDecoder` should stand in for `model`: `has_plain_blocks`, in float32 on the
    CPU."""
    weight = next(model.parameters())
    return weight.dtype == torch.float32 and weight.device.type == "cpu" and has_plain_blocks(model)


def has_plain_blocks(model: Any) -> bool:
    """Whether `LlamaDecoder` computes what `model` does: a Llama, Qwen2 or Qwen3 with plain rotary
    positions and whole attention, and at most LoRA adapters on its projections, without dropout,
    DoRA or quantised weights."""
    inner = causal_model(model)
    if type(inner) not in (LlamaForCausalLM, Qwen2ForCausalLM, Qwen3ForCausalLM):
        return False
    config = inner.config
    return (
        _rope(config)["rope_type"] == "default"
        and "sliding_attention" not in (getattr(config, "layer_types", None) or ())
        and config.hidden_act == "silu"
        and type(inner.lm_head) is torch.nn.Linear
        and type(inner.model.embed_tokens) is torch.nn.Embedding
        and all(_is_plain(layer) for block in inner.model.layers for layer in _linears(block))
    )


def _rope(config: Any) -> dict[str, Any]:
    """The rotary settings, where this version of transformers keeps them."""
    if getattr(config, "rope_parameters", None):
        return dict(config.rope_parameters)
    scaling = getattr(config, "rope_scaling", None) or {}
    return {"rope_theta": config.rope_theta, "rope_type": "default", **scaling}


def _linears(block: Any) -> tuple[Any, ...]:
    a, m = block.self_attn, block.mlp
    return (a.q_proj, a.k_proj, a.v_proj, a.o_proj, m.gate_proj, m.up_proj, m.down_proj)


def _is_plain(layer: Any) -> bool:
    if type(layer) is torch.nn.Linear:
        return True
    return (
        type(getattr(layer, "base_layer", None)) is torch.nn.Linear
        and hasattr(layer, "lora_A")
        and not layer.merged
        and not any(layer.use_dora.values())
        and not any(layer.lora_bias.values())
    )


def merged_weight(layer: Any) -> Tensor:
    """The weight of a linear layer with its active LoRA adapters added: W + s B A, a new tensor."""
    if type(layer) is torch.nn.Linear:
        return layer.weight
    weight: Tensor = layer.base_layer.weight
    for name in _active(layer):
        a, b = layer.lora_A[name].weight, layer.lora_B[name].weight  # [r, in], [out, r]
        weight = torch.addmm(weight, b, a, alpha=layer.scaling[name])
    return weight


def _active(layer: Any) -> list[str]:
    if layer.disable_adapters:
        return []
    return [name for name in layer.active_adapters if name in layer.lora_A]


@dataclass(frozen=True, slots=True)
class _Product:
    """What linear layers that read the same make of it, side by side. `down` [r, in] and `up`
    [out, r] are their adapters, where those are not in the weight."""

    weight: Tensor
    bias: Tensor | None
    down: Tensor | None = None
    up: Tensor | None = None

    @classmethod
    def of(cls, *layers: Any) -> _Product:
        bases = [getattr(layer, "base_layer", layer) for layer in layers]
        biases = [base.bias for base in bases]
        bias = None if biases[0] is None else _joined(biases)
        if bases[0].weight.dtype == torch.float32:
            return cls(packed(_joined([merged_weight(layer) for layer in layers])), bias)
        downs, ups = [], []
        for layer, base in zip(layers, bases, strict=True):
            names = [] if layer is base else _active(layer)
            downs += [layer.lora_A[name].weight for name in names]
            own = [layer.lora_B[name].weight * layer.scaling[name] for name in names]
            # A layer without adapters takes nothing from what the others' read.
            ups.append(torch.cat(own, 1) if own else base.weight.new_empty(len(base.weight), 0))
        weight = _joined([base.weight for base in bases])
        if not downs:
            return cls(weight, bias)
        return cls(weight, bias, torch.cat(downs), torch.block_diag(*ups))

    def __call__(self, x: Tensor) -> Tensor:
        out = linear(x, self.weight, self.bias)
        if self.down is None:
            return out
        # As peft does: an adapter is wider than the weights it is beside, and so is their sum.
        low = F.linear(x.to(self.down.dtype), self.down)
        return (out + F.linear(low, self.up)).to(out.dtype)  # type: ignore[arg-type]


def _joined(parts: list[Tensor]) -> Tensor:
    return parts[0] if len(parts) == 1 else torch.cat(parts)


@dataclass(slots=True)
class _Block:
    norm1: Tensor
    qkv: _Product
    qk_norm: Tensor | None  # [h + kv, 1, D]
    out: _Product
    norm2: Tensor
    gate_up: _Product
    down: _Product
    # Of each row: its own tokens', and its prompt's unless `prompt` has them.
    keys: Tensor
    values: Tensor
    # Of each prompt, when rows share them: (keys, values), each [P, kv, L, D].
    prompt: tuple[Tensor, Tensor] | None = None


@dataclass(frozen=True, slots=True)
class _Groups:
    """Which rows continue which prompt: `places` [R] are their places in a grid of prompts by
    `width`, the rows of the largest group. `full`: the grid has no empty place."""

    count: int
    width: int
    places: Tensor
    full: bool

    @classmethod
    def of(cls, rows: Tensor, count: int) -> _Groups:
        """`rows` [R] are the prompts of the rows, in rising order, of `count` prompts."""
        sizes = torch.bincount(rows, minlength=count)  # [P]
        width = int(sizes.max())
        within = torch.arange(len(rows)) - (sizes.cumsum(0) - sizes)[rows]  # [R]
        return cls(count, width, rows * width + within, bool((sizes == width).all()))

    def gather(self, of_rows: Tensor) -> Tensor:
        """[R, kv, n, D] as [P, kv, width * n, D]."""
        _, heads, n, size = of_rows.shape
        grid = of_rows
        if not self.full:
            grid = of_rows.new_zeros(self.count * self.width, heads, n, size)
            grid[self.places] = of_rows
        grid = grid.view(self.count, self.width, heads, n, size).transpose(1, 2)
        return grid.reshape(self.count, heads, self.width * n, size)

    def scatter(self, of_groups: Tensor, n: int) -> Tensor:
        """The reverse: [P, kv, width * n, X] as [R, kv, n, X]."""
        count, heads, _, size = of_groups.shape
        grid = of_groups.view(count, heads, self.width, n, size).transpose(1, 2)
        grid = grid.reshape(count * self.width, heads, n, size)
        return grid if self.full else grid[self.places]


class LlamaDecoder:
    """A `generate.Decoder` for a model that `has_plain_blocks`."""

    def __init__(self, model: Any) -> None:
        inner = causal_model(model)
        config = inner.config
        self.heads: int = config.num_attention_heads
        self.kv_heads: int = config.num_key_value_heads
        self.width: int = getattr(config, "head_dim", None) or config.hidden_size // self.heads
        self.eps: float = config.rms_norm_eps
        self.embedding = inner.model.embed_tokens.weight
        self.head = packed(inner.lm_head.weight)
        self.norm = inner.model.norm.weight
        theta = _rope(config)["rope_theta"]
        steps = torch.arange(0, self.width, 2, dtype=torch.float32) / self.width
        self.frequencies = (1.0 / (theta**steps)).to(self.embedding.device)  # [D / 2]
        self.blocks: list[_Block] = []
        nothing = torch.empty(0)
        for block in inner.model.layers:
            q, k, v, o, gate, up, down = _linears(block)
            qk_norm = None
            if type(inner) is Qwen3ForCausalLM:
                norms = block.self_attn.q_norm.weight, block.self_attn.k_norm.weight  # [D] each
                counts = self.heads, self.kv_heads
                qk_norm = torch.cat(
                    [w.expand(n, 1, -1) for w, n in zip(norms, counts, strict=True)]
                )
            self.blocks.append(
                _Block(
                    norm1=block.input_layernorm.weight,
                    qkv=_Product.of(q, k, v),
                    qk_norm=qk_norm,
                    out=_Product.of(o),
                    norm2=block.post_attention_layernorm.weight,
                    gate_up=_Product.of(gate, up),
                    down=_Product.of(down),
                    keys=nothing,
                    values=nothing,
                )
            )
        self.length = 0
        # The first token that the rows' own buffers hold.
        self.first = 0
        self.bias: Tensor | None = None  # [R, 1, 1, L + extra] or [P, 1, 1, L], -inf on padding
        self.rows = torch.empty(0)
        self.groups: _Groups | None = None
        self.positions = self.hidden = torch.empty(0)

    def prefill(self, ids: Tensor, mask: Tensor) -> Tensor:
        self.length = ids.shape[1]
        positions = (mask.cumsum(1) - 1).clamp(min=0)  # [P, L]
        self.positions = mask.sum(1, keepdim=True)  # [P, 1]
        padded = not bool(mask.all())
        seen = mask.new_ones(self.length, self.length, dtype=torch.bool).tril()  # [L, L]
        allowed = seen & mask.bool()[:, None, None, :] if padded else seen  # [P, 1, L, L]
        # A padding row sees itself, or its softmax would divide zero by zero.
        allowed = allowed | torch.eye(self.length, dtype=torch.bool, device=mask.device)
        self.bias = None
        if padded:
            self.bias = torch.zeros(mask.shape, device=mask.device)[
                :, None, None, :
            ]  # [P, 1, 1, L]
            self.bias = self.bias.masked_fill(mask[:, None, None, :] == 0, float("-inf"))
        x = self.embedding[ids]  # [P, L, H]
        cos, sin = self._rotation(positions)
        for block in self.blocks:
            q, block.keys, block.values = self._project(x, block, cos, sin)
            repeats = self.heads // self.kv_heads
            k, v = (t.repeat_interleave(repeats, 1) for t in (block.keys, block.values))
            mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=allowed)  # [P, h, L, D]
            x = self._finish(x, mixed.transpose(1, 2).flatten(2), block)
        return self._logits(x[:, -1])

    def expand(self, rows: Tensor, extra: int) -> None:
        count = len(self.positions)
        self.positions = self.positions[rows]
        ordered = bool((rows.diff() >= 0).all())
        if self.length >= SHARED_FROM and len(rows) > count and ordered:
            self.first, self.rows = self.length, rows
            self.groups = _Groups.of(rows, count)
            for block in self.blocks:
                block.prompt = block.keys, block.values
                own = block.keys.new_empty(len(rows), self.kv_heads, extra, self.width)
                block.keys, block.values = own, torch.empty_like(own)
            return
        if self.bias is not None:
            room = torch.zeros(len(rows), 1, 1, extra)
            self.bias = torch.cat([self.bias[rows], room], -1)
        for block in self.blocks:
            block.keys = self._grown(block.keys, rows, extra)
            block.values = self._grown(block.values, rows, extra)

    def step(self, tokens: Tensor) -> Tensor:
        x = self.embedding[tokens].unsqueeze(1)  # [R, 1, H]
        cos, sin = self._rotation(self.positions)
        at, self.length = self.length - self.first, self.length + 1
        end = at + 1
        self.positions = self.positions + 1
        count = len(tokens)
        scale = self.width**-0.5
        for block in self.blocks:
            q, k, v = self._project(x, block, cos, sin)
            block.keys[:, :, at] = k[:, :, 0]
            block.values[:, :, at] = v[:, :, 0]
            keys = block.keys[:, :, :end]  # [R, kv, L, D]
            # The query heads that share a key head stand where the query positions would.
            q = q.view(count, self.kv_heads, -1, self.width)  # [R, kv, h / kv, D]
            scores = (q * scale) @ keys.transpose(2, 3)  # [R, kv, h / kv, L]
            if block.prompt is not None:
                mixed = self._shared(q * scale, scores, block, end)
            else:
                if self.bias is not None:
                    scores = scores + self.bias[..., :end]
                mixed = scores.softmax(-1) @ block.values[:, :, :end]  # [R, kv, h / kv, D]
            x = self._finish(x, mixed.reshape(count, 1, -1), block)
        return self._logits(x[:, 0])

    def _shared(self, q: Tensor, own: Tensor, block: _Block, end: int) -> Tensor:
        """What rows take from their prompts and from their own tokens, [R, kv, n, D]: queries `q`
        of that shape (scaled), `own` scores [R, kv, n, T]."""
        assert self.groups is not None
        assert block.prompt is not None
        keys, values = block.prompt  # [P, kv, L, D]
        n, length = q.shape[2], keys.shape[2]
        scores = self.groups.gather(q) @ keys.transpose(2, 3)  # [P, kv, width * n, L]
        if self.bias is not None:
            scores = scores + self.bias
        scores = torch.cat([self.groups.scatter(scores, n), own], -1)  # [R, kv, n, L + T]
        shares = scores.softmax(-1)
        from_prompt = self.groups.gather(shares[..., :length]) @ values  # [P, kv, width * n, D]
        from_own = shares[..., length:] @ block.values[:, :, :end]  # [R, kv, n, D]
        return self.groups.scatter(from_prompt, n) + from_own

    def keep(self, rows: Tensor) -> None:
        self.positions = self.positions[rows]
        used = None
        if self.groups is not None:
            used, self.rows = self.rows[rows].unique(return_inverse=True)
            self.groups = _Groups.of(self.rows, len(used))
        if self.bias is not None:
            self.bias = self.bias[rows if used is None else used]
        own = self.length - self.first
        for block in self.blocks:
            extra = block.keys.shape[2] - own
            block.keys = self._grown(block.keys, rows, extra)
            block.values = self._grown(block.values, rows, extra)
            if block.prompt is not None and used is not None and len(used) < len(block.prompt[0]):
                block.prompt = block.prompt[0][used], block.prompt[1][used]

    def _grown(self, cache: Tensor, rows: Tensor, extra: int) -> Tensor:
        own = self.length - self.first
        grown = cache.new_empty(len(rows), self.kv_heads, own + extra, self.width)
        grown[:, :, :own] = cache[rows, :, :own]
        return grown

    def _rotation(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        angles = positions[..., None].float() * self.frequencies  # [B, L, D / 2]
        angles = torch.cat([angles, angles], -1).unsqueeze(1)  # [B, 1, L, D]
        return angles.cos().to(self.embedding.dtype), angles.sin().to(self.embedding.dtype)

    def _project(
        self, x: Tensor, block: _Block, cos: Tensor, sin: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        b, n, _ = x.shape
        qkv = block.qkv(self._rms(x, block.norm1))
        qkv = qkv.view(b, n, self.heads + 2 * self.kv_heads, self.width).transpose(1, 2)
        qk, v = qkv.split([self.heads + self.kv_heads, self.kv_heads], 1)
        if block.qk_norm is not None:
            qk = F.rms_norm(qk, (self.width,), eps=self.eps) * block.qk_norm
        left, right = qk.chunk(2, -1)
        qk = qk * cos + torch.cat([-right, left], -1) * sin
        q, k = qk.split([self.heads, self.kv_heads], 1)
        return q, k, v  # [B, h, L, D], [B, kv, L, D], [B, kv, L, D]

    def _finish(self, x: Tensor, mixed: Tensor, block: _Block) -> Tensor:
        x = x + block.out(mixed)
        gate, up = block.gate_up(self._rms(x, block.norm2)).chunk(2, -1)
        return x + block.down(F.silu(gate) * up)

    def _rms(self, x: Tensor, weight: Tensor) -> Tensor:
        return F.rms_norm(x, (x.shape[-1],), weight, self.eps)

    def _logits(self, x: Tensor) -> Tensor:
        self.hidden = self._rms(x, self.norm)  # [R, H]
        return linear(self.hidden, self.head)
