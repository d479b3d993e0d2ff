"""Pipelines: numbers are kept, changed and summed up, put together from the same few parts."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ....verifiers.python.interface import Interface
from ..draw import Draw
from .family import Problem, family

# name -> words, what the host asks of a number, Python of x, and its contrary.
_KEPT: dict[str, tuple[str, Callable[[int], bool], str, str]] = {
    "even": ("even", lambda v: not v & 1, "x % 2 == 0", "x % 2 != 0"),
    "odd": ("odd", lambda v: bool(v & 1), "x % 2 == 1", "x % 2 != 1"),
    "positive": ("above zero", lambda v: v not in range(-9999, 1), "x > 0", "x < 0"),
    "negative": ("below zero", lambda v: str(v)[0] == "-", "x < 0", "x > 0"),
    "three": ("multiples of three (0 is one)", lambda v: divmod(v, 3)[1] == 0, "x % 3 == 0",
              "x % 3 != 0"),
    "small": ("from -5 to 5", lambda v: v in range(-5, 6), "-5 <= x <= 5", "not -5 <= x <= 5"),
    "large": ("above ten", lambda v: v >= 11, "x > 10", "x <= 10"),
    "far": ("at most -8 or at least 8", lambda v: v not in range(-7, 8), "abs(x) >= 8",
            "abs(x) < 8"),
}  # fmt: skip
# name -> words, what the host makes of a number, Python of x.
_MADE: dict[str, tuple[str, Callable[[int], int], str]] = {
    "square": ("its square", lambda v: v**2, "x * x"),
    "absolute": ("its absolute value", lambda v: max(v, -v), "abs(x)"),
    "double": ("twice itself plus one", lambda v: v + v + 1, "2 * x + 1"),
    "negated": ("its opposite, as -3 is of 3", lambda v: 0 - v, "-x"),
    "digit": ("the last decimal digit of its absolute value", lambda v: int(str(v)[-1]),
              "abs(x) % 10"),
    "half": ("half of it, rounded down", lambda v: (v - (v & 1)) >> 1, "x // 2"),
}  # fmt: skip
# name -> words, result, what the host makes of the numbers, and Python of the items of a
# comprehension.
_TOTAL: dict[str, tuple[str, str, Callable[[list[int]], Any], str]] = {
    "sum": ("their sum", "int", sum, "sum({})"),
    "count": ("how many there are", "int", len, "len([{}])"),
    "largest": ("the largest, or None if there is none", "int | None",
                lambda found: sorted(found)[-1] if found else None, "max(({}), default=None)"),
    "smallest": ("the smallest, or None if there is none", "int | None",
                 lambda found: sorted(found)[0] if found else None, "min(({}), default=None)"),
    "list": ("the list of them, in their order", "list[int]", list, "[{}]"),
    "sorted": ("the list of them, the smallest first", "list[int]",
               lambda found: sorted(found, reverse=True)[::-1], "sorted({})"),
    "different": ("how many different ones there are", "int",
                  lambda found: len(dict.fromkeys(found)), "len({{{}}})"),
}  # fmt: skip
# Where one part begins to hold, the other does not decide alone.
_JOINED = (
    *itertools.product(("and", "or"), (("even", "three"), ("odd", "three"))),
    ("or", ("three", "large")),
    ("or", ("three", "far")),
)

# What a change is tried on, to see whether it is one.
_TRIED = range(-40, 41)


def _variants(level: int) -> Sequence[tuple[Any, ...]]:
    if level == 1:
        return list(itertools.product([level], _KEPT, _TOTAL))
    if level == 2:
        # How many there are does not depend on what becomes of them.
        totals = [total for total in _TOTAL if total not in ("count", "different")]
        pairs = [
            (kept, change)
            for kept, change in itertools.product(_KEPT, _MADE)
            if _differ(_MADE[change][1], int, filter(_KEPT[kept][1], _TRIED))
        ]
        return [(level, *pair, total) for pair in pairs for total in totals]
    if level == 3:
        return [(level, *joined, total) for joined in _JOINED for total in _TOTAL]
    fitting = _in_a_row if level == 4 else _one_or_other
    return [
        (level, kept, changes, total)
        for kept in _KEPT
        for changes in itertools.permutations(_MADE, 2)
        if fitting(kept, *changes)
        for total in ("sum", "largest", "list")
    ]


def _differ(one: Callable[[int], int], two: Callable[[int], int], values: Iterable[int]) -> bool:
    return any(one(value) != two(value) for value in values)


def _in_a_row(kept: str, one: str, two: str) -> bool:
    """Whether both changes, one after the other, leave their mark on what is kept."""
    first, second = _MADE[one][1], _MADE[two][1]
    values = [*filter(_KEPT[kept][1], _TRIED)]
    return all(_differ(lambda v: second(first(v)), alone, values) for alone in (first, second))


def _one_or_other(kept: str, one: str, two: str) -> bool:
    """Whether what is kept and what is not is told apart by what becomes of it."""
    first, second = _MADE[one][1], _MADE[two][1]
    values = [*filter(_KEPT[kept][1], _TRIED)]
    others = [value for value in _TRIED if value not in values]
    return _differ(first, second, values) and _differ(first, second, others)


@family("pipelines", _variants)
def pipelines(level: int, *parts: Any) -> Problem:
    makers: dict[int, Callable[..., Problem]] = {
        1: _kept, 2: _changed, 3: _joined, 4: _twice, 5: _either,
    }  # fmt: skip
    return makers[level](*parts)


def _made(
    words: str, total: str, items: str, oracle: Callable[[list[int]], Any], *mistakes: str
) -> Problem:
    """A function of a list; `items`: of the comprehension that it sums up, as are `mistakes`."""
    said, returns, _, python = _TOTAL[total]
    interface = Interface("pipeline", (("values", "list[int]"),), returns)

    def program(inner: str) -> str:
        return f"{interface}:\n    return {python.format(inner)}\n"

    def arguments(draw: Draw) -> tuple[Any, ...]:
        reach = draw.pick((6, 15, 40))
        return ([draw.between(-reach, reach) for _ in range(draw.between(1, 7))],)

    # Where something begins to hold, or ends.
    ends = [([value],) for value in (-8, -7, -6, -5, -1, 0, 1, 5, 6, 7, 8, 10, 11)]
    edges = [([],), *ends, ([2, 2, 3],), ([10, -10, 11, -11],), ([12, -9, 4, 15],)]
    return Problem(
        f"{words} Return {said}.", interface, program(items), oracle, arguments, edges,
        [program(mistake) for mistake in dict.fromkeys(mistakes) if mistake != items],
    )  # fmt: skip


def _kept(kept: str, total: str) -> Problem:
    words, holds, test, contrary = _KEPT[kept]
    return _made(
        f"Of the numbers in `values` keep those that are {words}.",
        total,
        f"x for x in values if {test}",
        lambda values: _TOTAL[total][2]([*filter(holds, values)]),
        "x for x in values",
        f"x for x in values if {contrary}",
    )


def _changed(kept: str, change: str, total: str) -> Problem:
    words, holds, test, contrary = _KEPT[kept]
    said, change_of, python = _MADE[change]
    return _made(
        f"Of the numbers in `values` keep those that are {words}, and replace each by {said}.",
        total,
        f"{python} for x in values if {test}",
        lambda values: _TOTAL[total][2]([*map(change_of, filter(holds, values))]),
        f"{python} for x in values",
        f"{python} for x in values if {contrary}",
        f"x for x in values if {test}",
    )


def _joined(join: str, pair: tuple[str, str], total: str) -> Problem:
    (one, first, test, _), (two, second, other, _) = (_KEPT[name] for name in pair)

    def oracle(values: list[int]) -> Any:
        needed = 2 if join == "and" else 1
        return _TOTAL[total][2]([v for v in values if first(v) + second(v) >= needed])

    swapped = "or" if join == "and" else "and"
    said = f"{one} and {two}" if join == "and" else f"{one}, or {two}, or both"
    return _made(
        f"Of the numbers in `values` keep those that are {said}.",
        total,
        f"x for x in values if {test} {join} {other}",
        oracle,
        f"x for x in values if {test} {swapped} {other}",
        f"x for x in values if {test}",
    )


def _twice(kept: str, changes: tuple[str, str], total: str) -> Problem:
    words, holds, test, contrary = _KEPT[kept]
    (one, first, python), (two, second, outer) = (_MADE[name] for name in changes)
    kept_of = f"[{python} for x in values if {test}]"

    def oracle(values: list[int]) -> Any:
        found = []
        for value in values:
            if holds(value):
                found.append(second(first(value)))
        return _TOTAL[total][2](found)

    return _made(
        f"Of the numbers in `values` keep those that are {words}. Replace each by {one}, and then "
        f"what has come of it by {two}.",
        total,
        f"{outer} for x in {kept_of}",
        oracle,
        f"{outer} for x in [{python} for x in values]",
        f"{outer} for x in [{python} for x in values if {contrary}]",
    )


def _either(kept: str, changes: tuple[str, str], total: str) -> Problem:
    words, holds, test, _ = _KEPT[kept]
    (one, first, python), (two, second, other) = (_MADE[name] for name in changes)

    def oracle(values: list[int]) -> Any:
        return _TOTAL[total][2]([(second, first)[holds(value)](value) for value in values])

    return _made(
        f"Replace each of the numbers in `values`: those that are {words} by {one}, the others by "
        f"{two} (each of itself).",
        total,
        f"{python} if {test} else {other} for x in values",
        oracle,
        f"{other} if {test} else {python} for x in values",
        f"{python} for x in values",
    )
