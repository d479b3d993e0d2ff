"""Critics: what a completion will be paid, told at each of its tokens.

A head on the trunk that the policy already runs costs one dot product a value, where peers run a
second model; a second adapter on the same base costs a second pass, but no second base, and learns
what the policy's own states do not show. Either head reads the mean of the states so far: a
policy's state tells what comes next, and what a program is worth hangs on all that stands in it.
"""

from __future__ import annotations

import contextlib

import torch
from torch import Tensor, nn

from .adapter import add_second_adapter, second_adapter
from .distributed import World
from .policy import Policy

_ADAPTER = "critic"


def mean_so_far(hidden: Tensor, mask: Tensor) -> Tensor:
    """The mean of the states of a program's tokens up to each: float32 [R, T, H].

    `hidden` [R, T, H]; `mask` [R, T] is 1 on sampled tokens, and each run of these is a program.
    The values off it mean nothing.
    """
    sampled = mask.unsqueeze(2)  # [R, T, 1]
    places = torch.arange(mask.shape[1], device=mask.device)  # [T]
    # The last place before a program's first token; it, and all before a row, stand for 0.
    before = torch.where(mask > 0, -1, places).cummax(1).values.unsqueeze(2)  # [R, T, 1]
    first = before.clamp(min=0)
    sums = (hidden.float() * sampled).cumsum(1)  # [R, T, H]
    earlier = sums.gather(1, first.expand_as(sums)) * (before >= 0)
    return (sums - earlier) / (places.unsqueeze(1) - before).clamp(min=1)


class ValueHead(nn.Module):
    """Hidden states [..., H] -> values [...], float32. It begins as the constant `bias`: a head of
    random weights would begin with errors larger than any reward."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(width))
        self.bias = nn.Parameter(torch.zeros(()))

    def forward(self, hidden: Tensor) -> Tensor:
        return hidden.float() @ self.weight + self.bias


class FittedHead(nn.Module):
    """A `ValueHead` that is solved for instead of trained: the ridge regression of returns on
    hidden states over the last batches, in closed form.

    A head that follows gradients at the policy's rate explains less than the returns' mean would: a
    step of AdamW may move a value further than returns spread. A fit has at once what there is to
    be had, which is little. Explained variance, of batches before they are learnt from, in the
    quarters of ``forgegym train ppo --iterations 80 --set samples=64`` (the tiny base, seed 0):

    ==========================  ============================
    ``critic=trained``          -0.53  -0.28  -0.54  -0.01
    ``critic=fitted``           -0.01   0.05   0.05   0.08
    ==========================  ============================

    `decay`: what a batch counts for when the next one comes (0.9: about ten count). `ridge`: the
    penalty, as a share of the mean variance of a feature.
    """

    gram: Tensor
    moment: Tensor
    weight: Tensor
    bias: Tensor

    def __init__(self, width: int, *, decay: float, ridge: float) -> None:
        super().__init__()
        self.decay, self.ridge = decay, ridge
        # Of hidden states with a 1 behind them: sums of squares [H+1, H+1] and with returns [H+1].
        self.register_buffer("gram", torch.zeros(width + 1, width + 1, dtype=torch.float64))
        self.register_buffer("moment", torch.zeros(width + 1, dtype=torch.float64))
        self.register_buffer("weight", torch.zeros(width))
        self.register_buffer("bias", torch.zeros(()))
        self._gram, self._moment = torch.zeros_like(self.gram), torch.zeros_like(self.moment)

    def forward(self, hidden: Tensor) -> Tensor:
        return hidden.float() @ self.weight + self.bias

    @torch.no_grad()
    def observe(self, hidden: Tensor, returns: Tensor) -> None:
        """States [N, H] of a batch and what came of them [N], for the next `fit`."""
        ones = torch.ones(len(hidden), 1, dtype=torch.float64, device=hidden.device)
        x = torch.cat([hidden.double(), ones], 1)  # [N, H+1]
        self._gram = self._gram.to(x.device) + x.T @ x
        self._moment = self._moment.to(x.device) + x.T @ returns.double()

    @torch.no_grad()
    def fit(self, world: World) -> None:
        """Solves for what all processes have observed since the last time, and before."""
        parts = world.gather((self._gram.cpu(), self._moment.cpu()))
        grams, moments = zip(*parts, strict=True)
        self.gram.mul_(self.decay).add_(torch.stack(grams).sum(0).to(self.gram.device))
        self.moment.mul_(self.decay).add_(torch.stack(moments).sum(0).to(self.moment.device))
        self._gram, self._moment = torch.zeros_like(self.gram), torch.zeros_like(self.moment)
        count = self.gram[-1, -1]
        if count == 0:
            return
        # Around the means, so that the penalty does not draw values to zero.
        mean = self.gram[-1, :-1] / count  # [H]
        centred = self.gram[:-1, :-1] - count * mean.outer(mean)  # [H, H]
        target = self.moment[:-1] - self.moment[-1] * mean  # [H]
        penalty = self.ridge * centred.diagonal().mean().clamp(min=1e-12)
        eye = torch.eye(len(mean), dtype=centred.dtype, device=centred.device)
        weight = torch.linalg.solve(centred + penalty * eye, target)
        self.weight.copy_(weight)
        self.bias.copy_(self.moment[-1] / count - weight @ mean)


class AdapterCritic(nn.Module):
    """A LoRA adapter of its own beside the policy's, with a head of its own, both trained by
    gradients. Its state is that of both.

    Hidden states [..., H] -> values [...], float32: the mean of the latest returns plus a learnt
    multiple of their spread (as PopArt, https://arxiv.org/abs/1602.07714, without its preserved
    outputs), without which Adam's rate would fit one scale of rewards only. It begins as that mean.

    `decay`: what a batch's returns count for when the next ones come.
    """

    moments: Tensor

    def __init__(self, policy: Policy, *, decay: float, seed: int) -> None:
        super().__init__()
        self._policy, self.decay = policy, decay
        width = policy.model.config.get_text_config().hidden_size
        self.adapter = nn.ParameterList(add_second_adapter(policy, _ADAPTER, seed=seed))
        self.weight = nn.Parameter(torch.zeros(width))
        # Of the returns: how many, their sum, and that of their squares.
        self.register_buffer("moments", torch.zeros(3, dtype=torch.float64))

    def at_work(self) -> contextlib.AbstractContextManager[None]:
        """Meanwhile the model is the critic's, and so are its gradients."""
        return second_adapter(self._policy, _ADAPTER)

    def forward(self, hidden: Tensor) -> Tensor:
        count, total, squares = self.moments
        mean = total / count.clamp(min=1)
        spread = (squares / count.clamp(min=1) - mean**2).clamp(min=0).sqrt()
        # Over the root, or a step of Adam's would move all features at once by the spread.
        found = hidden.float() @ self.weight / len(self.weight) ** 0.5
        values: Tensor = mean.float() + spread.float() * found
        return values

    @torch.no_grad()
    def observe(self, returns: Tensor) -> None:
        """The returns [n] of a batch, about to be learnt from."""
        y = returns.double()
        seen = torch.stack([torch.ones_like(y), y, y**2]).sum(1)
        self.moments.mul_(self.decay).add_(seen.to(self.moments.device))


def explained_variance(values: Tensor, returns: Tensor, mask: Tensor) -> float:
    """1 for a critic that knows the returns, 0 for one that knows their mean; all [B, T]."""
    chosen = mask > 0
    spread = returns[chosen].var(unbiased=False)
    if chosen.sum() < 2 or spread == 0:
        return 0.0
    return float(1 - (returns - values)[chosen].var(unbiased=False) / spread)
