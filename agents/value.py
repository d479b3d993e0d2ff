"""A critic: what a completion will be paid, read from the policy's own last hidden states.

The head stands on the trunk that the policy already runs, so that a value costs one dot product
where peers run a second model.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ValueHead(nn.Module):
    """Hidden states [..., H] -> values [...], float32. It begins as the constant `bias`: a head of
    random weights would begin with errors larger than any reward."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(width))
        self.bias = nn.Parameter(torch.zeros(()))

    def forward(self, hidden: Tensor) -> Tensor:
        return hidden.float() @ self.weight + self.bias


def explained_variance(values: Tensor, returns: Tensor, mask: Tensor) -> float:
    """1 for a critic that knows the returns, 0 for one that knows their mean; all [B, T]."""
    chosen = mask > 0
    spread = returns[chosen].var(unbiased=False)
    if chosen.sum() < 2 or spread == 0:
        return 0.0
    return float(1 - (returns - values)[chosen].var(unbiased=False) / spread)
