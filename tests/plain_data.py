"""Plain values for tests of the result channel, and what it means that two are the same."""

import math

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""For a property that must hold on a busy machine too."""

# Few and alike, so that two draws are often equal, or equal for Python and not for us.
CONFUSABLE = (None, True, False, 0, 1, -1, -2, 0.0, -0.0, 1.0, "", "1", "\ud800", b"", b"1")

_hashable_scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=2**53 - 2, max_value=2**70),
    st.floats(allow_nan=False),
    st.text(),
    st.text(st.characters(categories=("Cs",))),
    st.binary(),
)


def _values(scalars: st.SearchStrategy, keys: st.SearchStrategy) -> st.SearchStrategy:
    hashable = st.recursive(
        keys,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3).map(tuple), st.frozensets(inner, max_size=3)
        ),
        max_leaves=4,
    )
    return st.recursive(
        scalars,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4),
            st.lists(inner, max_size=4).map(tuple),
            st.sets(hashable, max_size=4),
            st.frozensets(hashable, max_size=4),
            st.dictionaries(hashable, inner, max_size=4),
        ),
        max_leaves=12,
    )


anything = _values(st.one_of(_hashable_scalars, st.just(math.nan)), _hashable_scalars)
"""Every kind of plain value."""

confusable = _values(st.sampled_from((*CONFUSABLE, math.nan)), st.sampled_from(CONFUSABLE))
"""Values that are easily mistaken for one another."""


def same(a: object, b: object) -> bool:
    """The slow and obvious way to say that two plain values are one, types and all."""
    if type(a) is not type(b):
        return False
    if isinstance(a, float) and math.isnan(a):
        return math.isnan(b)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, (set, frozenset)):
        return len(a) == len(b) and all(any(same(x, y) for y in b) for x in a)
    if isinstance(a, dict):
        return len(a) == len(b) and all(
            any(same(key, other) and same(a[key], b[other]) for other in b) for key in a
        )
    return a == b
