"""A space of texts: any UTF-8 up to so many bytes.

Gymnasium's `Text` has a fixed set of characters, walks every character in `contains`, and in
`AsyncVectorEnv` with shared memory (the default) silently gives a constant string of zeros
(Gymnasium 1.4). This one holds any program and any compiler output, and refuses shared memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any, NoReturn

import numpy as np
from gymnasium.error import CustomSpaceError
from gymnasium.spaces import Space, Tuple
from gymnasium.spaces.utils import flatten, flatten_space, is_space_dtype_shape_equiv, unflatten
from gymnasium.vector.utils import (
    batch_differing_spaces,
    create_empty_array,
    create_shared_memory,
)

# What random text is made of: mostly what programs are made of, and some of everything else.
_ASCII = np.array([9, 10, *range(32, 127)])
_SHARE_OF_ASCII = 0.9
_SURROGATES = (0xD800, 0xE000)
_CODE_POINTS = 0x110000


class SourceText(Space[str]):
    """Strings whose UTF-8 encoding has at most `max_bytes` bytes, the empty one included.

    A string with lone surrogates has no UTF-8 encoding and is no element.

    >>> space = SourceText(64, seed=0)
    >>> "ledger π: Field;\\n" in space, "x" * 65 in space, b"x" in space
    (True, False, False)

    Args:
        max_bytes: The bound, in bytes.
        seed: For `sample`.

    Raises:
        ValueError: `max_bytes` is negative.
    """

    def __init__(self, max_bytes: int, *, seed: int | np.random.Generator | None = None) -> None:
        if max_bytes < 0:
            raise ValueError(f"max_bytes must not be negative, but is {max_bytes}")
        self.max_bytes = int(max_bytes)
        super().__init__(shape=None, dtype=None, seed=seed)

    @property
    def is_np_flattenable(self) -> bool:
        """False: a text is no array."""
        return False

    def sample(self, mask: Any | None = None, probability: Any | None = None) -> str:
        """A random text: its length log-uniform, nine in ten characters printable ASCII.

        Raises `ValueError` for a mask or probabilities: a text has neither.
        """
        if mask is not None or probability is not None:
            raise ValueError("SourceText cannot be sampled with a mask or with probabilities")
        random = self.np_random
        length = int(np.expm1(random.uniform(0.0, np.log1p(self.max_bytes + 1))))
        exotic = random.integers(0, _CODE_POINTS - (_SURROGATES[1] - _SURROGATES[0]), length)
        exotic[exotic >= _SURROGATES[0]] += _SURROGATES[1] - _SURROGATES[0]
        points = np.where(
            random.random(length) < _SHARE_OF_ASCII, random.choice(_ASCII, length), exotic
        )
        sizes = 1 + (points >= 0x80) + (points >= 0x800) + (points >= 0x10000)
        kept = points[np.cumsum(sizes) <= length]
        return "".join(map(chr, kept.tolist()))

    def contains(self, x: Any) -> bool:
        """Whether `x` is a string with a UTF-8 encoding of at most `max_bytes` bytes."""
        if not isinstance(x, str) or len(x) > self.max_bytes:
            return False
        try:
            return len(x.encode()) <= self.max_bytes
        except UnicodeEncodeError:
            return False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SourceText) and self.max_bytes == other.max_bytes

    def __hash__(self) -> int:
        return hash((SourceText, self.max_bytes))

    def __repr__(self) -> str:
        return f"SourceText({self.max_bytes})"


# How Gymnasium's vector environments and flattening treat this space. `batch_space`, `iterate` and
# `concatenate` do the right thing for any space (a `Tuple` of texts), so they need no entry.


@create_shared_memory.register(SourceText)
def _no_shared_memory(space: SourceText, n: int = 1, ctx: Any = None) -> NoReturn:  # noqa: ARG001
    raise CustomSpaceError(
        f"{space} cannot live in shared memory: leave `vectorization_mode` out to get ForgeGym's "
        'own vector environment, or pass `vector_kwargs={"shared_memory": False}`'
    )


@create_empty_array.register(SourceText)
def _empty_texts(_: SourceText, n: int = 1, fn: Any = np.zeros) -> tuple[str, ...]:  # noqa: ARG001
    return ("",) * n


@batch_differing_spaces.register(SourceText)
def _batch_differing(spaces: Sequence[SourceText]) -> Tuple[Any]:  # type: ignore[misc]
    return Tuple([deepcopy(space) for space in spaces], seed=deepcopy(spaces[0].np_random))


@is_space_dtype_shape_equiv.register(SourceText)
def _equivalent(space_1: SourceText, space_2: Any) -> bool:
    return isinstance(space_2, SourceText) and space_1 == space_2


@flatten_space.register(SourceText)
def _flatten_space(space: SourceText) -> SourceText:
    return space


@flatten.register(SourceText)
def _flatten(_: SourceText, x: str) -> str:  # type: ignore[misc]
    return x


@unflatten.register(SourceText)
def _unflatten(_: SourceText, x: str) -> str:  # type: ignore[misc]
    return x
