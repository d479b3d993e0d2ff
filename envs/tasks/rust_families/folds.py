"""One number out of many: what is kept, what is made of it, what it comes to."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from ....verifiers.rust.interface import Interface
from ..draw import Draw
from .family import Problem, family

# name -> words, Python, Rust (x: i64).
_KEPT: dict[str, tuple[str, Callable[[int], bool], str]] = {
    "even": ("those that are even", lambda x: x % 2 == 0, "x % 2 == 0"),
    "odd": ("those that are odd", lambda x: x % 2 == 1, "x % 2 != 0"),
    "positive": ("those above zero", lambda x: x > 0, "x > 0"),
    "negative": ("those below zero", lambda x: x < 0, "x < 0"),
    "three": ("the multiples of three (zero is one)", lambda x: x % 3 == 0, "x % 3 == 0"),
    "small": ("those from -10 to 10", lambda x: -10 <= x <= 10, "(-10..=10).contains(&x)"),
}
_MADE: dict[str, tuple[str, Callable[[int], int], str]] = {
    "square": ("its square", lambda x: x * x, "x * x"),
    "absolute": ("its absolute value", abs, "x.abs()"),
    "double": ("twice itself plus one", lambda x: 2 * x + 1, "2 * x + 1"),
    "digit": (
        "the last decimal digit of its absolute value",
        lambda x: abs(x) % 10,
        "x.abs() % 10",
    ),
}
_TOTAL: dict[str, tuple[str, Callable[[list[int]], Any], str, str]] = {
    "sum": ("their sum", sum, "i64", ".sum()"),
    "count": ("how many different values there are", lambda v: len(set(v)), "usize", ""),
    "max": ("the largest, or None if there is none", lambda v: max(v, default=None), "Option<i64>",
            ".max()"),
    "min": ("the smallest, or None if there is none", lambda v: min(v, default=None),
            "Option<i64>", ".min()"),
    "last": ("the last of them, or None if there is none", lambda v: v[-1] if v else None,
             "Option<i64>", ".last()"),
}  # fmt: skip


def _variants(level: int) -> list[tuple[Any, ...]]:
    if level == 1:
        return [((), (), total) for total in _TOTAL]
    if level == 2:
        return [((kept,), (), total) for kept in _KEPT for total in _TOTAL]
    if level == 3:
        return [((kept,), (made,), t) for kept in _KEPT for made in _MADE for t in _TOTAL]
    if level == 4:
        # Of no pair is one part within the other, or both together everything.
        pairs = [
            ("even", "positive"), ("odd", "negative"), ("even", "three"), ("odd", "three"),
            ("positive", "three"), ("negative", "three"), ("three", "small"),
        ]  # fmt: skip
        return [(pair, (made,), t) for pair in pairs for made in _MADE for t in _TOTAL]
    makes = list(itertools.permutations(_MADE, 2))
    return [((kept,), pair, t) for kept in _KEPT for pair in makes for t in _TOTAL]


@family("fold", _variants)
def fold(kept: tuple[str, ...], made: tuple[str, ...], total: str) -> Problem:
    steps = []
    if kept:
        joined = " or ".join(_KEPT[name][0] for name in kept)
        steps.append(f"Of the numbers in `values` keep {joined}, in their order.")
    for number, name in enumerate(made):
        what = "number that was kept" if number == 0 and kept else "number"
        again = "Then replace" if number else "Replace"
        steps.append(f"{again} each {what} by {_MADE[name][0]}.")
    words, python, returns, rust = _TOTAL[total]
    whole = "the numbers in `values`" if not steps else "what is left"
    steps.append(f"Return, of {whole}, {words}.")

    def oracle(values: list[int]) -> Any:
        found = [v for v in values if not kept or any(_KEPT[name][1](v) for name in kept)]
        for name in made:
            found = [_MADE[name][1](v) for v in found]
        return python(found)

    chain = "values.iter().copied()"
    if kept:
        chain += f".filter(|&x| {' || '.join(_KEPT[name][2] for name in kept)})"
    chain += "".join(f".map(|x| {_MADE[name][2]})" for name in made)
    if total == "count":
        body = (
            f"    let different: std::collections::HashSet<i64> = {chain}.collect();\n"
            "    different.len()\n"
        )
    else:
        body = f"    {chain}{rust}\n"
    reference = f"pub fn fold(values: &[i64]) -> {returns} {{\n{body}}}\n"

    def arguments(draw: Draw) -> tuple[Any, ...]:
        reach = draw.pick((3, 12, 1000))
        return ([draw.between(-reach, reach) for _ in range(draw.below(12))],)

    edges = [([],), ([0],), ([-1],), ([7],), ([-3, 3, -3, 3],), ([10, -10, 11, -11],)]
    return Problem(
        " ".join(steps),
        Interface("fold", (("values", "&[i64]"),), returns),
        reference,
        oracle,
        arguments,
        edges,
    )
