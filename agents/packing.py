"""Weights laid out once as the CPU's matrix kernels read them.

A decoding step multiplies a few rows by every weight of the model. For so few, oneDNN with a
layout that is kept (and takes any number of rows) was about twice as fast as MKL, which torch asks
by default; MKL's own kept layout gained nothing beside it. Measured with AVX-512, 2 to 64 rows;
held to AVX2 it gained little. `forgegym bench train` has the whole step.
"""

from __future__ import annotations

import platform

import torch
from torch import Tensor

# 512 x 512. Asking oneDNN takes some 12 microseconds more; smaller weights hardly win them back.
PACKED_FROM = 1 << 18


def packed(weight: Tensor) -> Tensor:
    """`weight` [out, in] for `linear`: laid out anew (a copy without gradient, of the same size)
    where that is faster, or as it is."""
    if not (
        weight.dtype == torch.float32
        and weight.device.type == "cpu"
        and weight.numel() >= PACKED_FROM
        and platform.machine().lower() in ("x86_64", "amd64")
        and torch.backends.mkldnn.is_available()
        and torch.backends.mkldnn.enabled
    ):
        return weight
    laid_out: Tensor = torch.ops.mkldnn._reorder_linear_weight(weight.detach())
    return laid_out


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`torch.nn.functional.linear` without gradients, for a weight that may be `packed`."""
    if not weight.is_mkldnn:
        return torch.nn.functional.linear(x, weight, bias)
    out: Tensor = torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], None)
    return out
