"""A plain Llama decoding with buffers of a fixed size: a step that a GPU can replay as a graph.

On a GPU, launching a step's few hundred kernels takes longer than running them. A CUDA graph
launches them all at once, if nothing about them ever changes: no shape and no address. So every
row has room for its whole sequence from the beginning, where the next token goes is a tensor, and
rows that are not there yet are masked. A batch that has shrunk to half is another graph, over the
front half of the same buffers. Without CUDA, or where a capture fails, the same step is run kernel
by kernel.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from .llama import LlamaDecoder

# Fewer rows than this are not captured anew: what takes time is to read the weights.
SMALLEST = 16


class StaticDecoder(LlamaDecoder):
    """A `generate.Decoder` for a model that `llama.has_plain_blocks`.

    Attributes:
        captures: Whether steps are captured as graphs; False from the first that could not be.
    """

    def __init__(self, model: Any) -> None:
        super().__init__(model)
        self.captures = self.embedding.device.type == "cuda"
        self._graphs: dict[int, tuple[torch.cuda.CUDAGraph, Tensor, Tensor]] = {}
        self._pool: Any = None
        self.size = 0  # how many of the buffers' rows a step computes

    def expand(self, rows: Tensor, extra: int) -> None:
        self._graphs.clear()
        count, device = len(rows), self.embedding.device
        self.size, length = count, self.length
        # -inf hides what has not been written, and padding.
        bias = torch.full((count, 1, 1, length + extra), float("-inf"), device=device)
        bias[..., :length] = 0.0 if self.bias is None else self.bias[rows]
        self._mask = bias  # [R, 1, 1, M]
        self._next = torch.full((1,), length, dtype=torch.long, device=device)
        self._tokens = torch.zeros(count, dtype=torch.long, device=device)  # [R]
        self.positions = self.positions[rows]  # [R, 1]
        for block in self.blocks:
            block.keys = self._roomy(block.keys, rows, extra)
            block.values = self._roomy(block.values, rows, extra)

    def _roomy(self, cache: Tensor, rows: Tensor, extra: int) -> Tensor:
        """[P, kv, L, D] -> [R, kv, M, D]; zeros, since 0 times what memory holds may be no 0."""
        shape = len(rows), self.kv_heads, self.length + extra, self.width
        buffer = cache.new_zeros(shape)
        buffer[:, :, : self.length] = cache[rows]
        return buffer

    def step(self, tokens: Tensor) -> Tensor:
        self._tokens[: len(tokens)] = tokens
        logits, hidden = self._run()
        self._next += 1
        self.positions += 1
        self.hidden = hidden[: len(tokens)]
        return logits[: len(tokens)]

    def keep(self, rows: Tensor) -> None:
        count = len(rows)
        buffers = [self.positions, self._mask]
        for block in self.blocks:
            buffers += [block.keys, block.values]
        for buffer in buffers:
            buffer[:count] = buffer[rows]
        while self.size // 2 >= max(count, SMALLEST):
            self.size //= 2

    def _run(self) -> tuple[Tensor, Tensor]:
        if self.captures and self.size not in self._graphs:
            try:
                self._graphs[self.size] = self._capture()
            except RuntimeError:  # what CUDA's errors are
                self.captures = False
        if not self.captures:
            return self._forward()
        graph, logits, hidden = self._graphs[self.size]
        graph.replay()
        return logits, hidden

    def _capture(self) -> tuple[torch.cuda.CUDAGraph, Tensor, Tensor]:
        # Libraries set themselves up in the first calls, which a graph must not record. A step
        # that is run again before the next token writes the same once more.
        with torch.cuda.device(self._tokens.device):  # of several it need not be the first
            stream = torch.cuda.Stream()
            stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(stream):
                self._forward()
            torch.cuda.current_stream().wait_stream(stream)
            if self._pool is None:
                self._pool = torch.cuda.graph_pool_handle()
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph, pool=self._pool):
                logits, hidden = self._forward()
        return graph, logits, hidden

    def _forward(self) -> tuple[Tensor, Tensor]:
        """Logits [S, V] and hidden states [S, H] of the first `size` rows, after their tokens."""
        size = self.size
        mask = self._mask[:size]
        mask.index_fill_(-1, self._next, 0.0)
        x = self.embedding[self._tokens[:size]].unsqueeze(1)  # [S, 1, H]
        cos, sin = self._rotation(self.positions[:size])
        for block in self.blocks:
            q, k, v = self._project(x, block, cos, sin)
            keys, values = block.keys[:size], block.values[:size]  # [S, kv, M, D]
            keys.index_copy_(2, self._next, k)
            values.index_copy_(2, self._next, v)
            q = q.view(size, self.kv_heads, -1, self.width) * self.width**-0.5
            scores = (q @ keys.transpose(2, 3)).float() + mask  # [S, kv, h / kv, M]
            mixed = scores.softmax(-1).to(x.dtype) @ values  # [S, kv, h / kv, D]
            x = self._finish(x, mixed.reshape(size, 1, -1), block)
        logits = self._logits(x[:, 0])
        return logits, self.hidden
