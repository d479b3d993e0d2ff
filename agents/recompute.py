"""Gradient checkpointing: a layer's activations are computed again when the backward pass needs
them (https://arxiv.org/abs/1604.06174), a third more arithmetic for a fraction of the memory.

Hugging Face's own works in training mode only, where dropout would make the policy that learns
another than the one that sampled, and it drops the key-value cache, through which completions of
one prompt share it (see `logprob`). Here a layer that is computed again finds the cache as it was.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch.utils.checkpoint import checkpoint
from transformers import Cache
from transformers.modeling_layers import GradientCheckpointingLayer


def recompute_activations(model: Any) -> int:
    """Has every decoder layer of `model` keep its inputs alone for the backward pass; how many
    layers that are. Without gradients (in the sampler) nothing changes."""
    layers = [m for m in model.modules() if isinstance(m, GradientCheckpointingLayer)]
    for layer in layers:
        layer.forward = partial(_forward, layer.forward)
    return len(layers)


def _forward(forward: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    if not torch.is_grad_enabled():
        return forward(*args, **kwargs)
    caches = [x for x in (*args, *kwargs.values()) if isinstance(x, Cache)]
    before = [_view(cache) for cache in caches]
    first = True

    def run(*args: Any, **kwargs: Any) -> Any:
        nonlocal first
        views = [_view(cache) for cache in before]
        seen = {id(cache): view for cache, view in zip(caches, views, strict=True)}
        out = forward(
            *(seen.get(id(x), x) for x in args),
            **{name: seen.get(id(x), x) for name, x in kwargs.items()},
        )
        if first:  # what the layer added is in the graph; a second run is for the backward pass
            for cache, view in zip(caches, views, strict=True):
                cache.layers[:] = view.layers
        first = False
        return out

    # There is no dropout in eval mode, so no random state to put back.
    return checkpoint(run, *args, use_reentrant=False, preserve_rng_state=False, **kwargs)


def _view(cache: Cache) -> Cache:
    """The same keys and values in layers of their own: what is added to one is not in the other."""
    view = copy.copy(cache)
    view.layers = [copy.copy(layer) for layer in cache.layers]
    return view
