"""Formulas: whole numbers put together by a few operations, in every way."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from ....verifiers.rust.interface import Interface
from ..draw import Draw
from .family import Problem, family

# name -> words of two operands, Python, Rust of two operands, and whether that is a bare sign
# between them, which needs parentheses as an operand itself.
_OPERATIONS: dict[str, tuple[str, Callable[[int, int], int], str, bool]] = {
    "sum": ("the sum of {} and {}", lambda p, q: sum((p, q)), "{} + {}", True),
    "less": ("{} less {}", lambda p, q: p - q, "{} - {}", True),
    "product": ("the product of {} and {}", lambda p, q: p * q, "{} * {}", True),
    "larger": ("the larger of {} and {}", max, "{}.max({})", False),
    "smaller": ("the smaller of {} and {}", min, "{}.min({})", False),
    "distance": ("the distance between {} and {}", lambda p, q: abs(p - q), "({} - {}).abs()",
                 False),
}  # fmt: skip
# What is done to it in the end: words, Python, Rust.
_ENDS: dict[str, tuple[str, Callable[[int], int], str]] = {
    "plain": ("Return {}.", lambda x: x, "{}"),
    "thrice": ("Return three times {}.", lambda x: 3 * x, "3 * {}"),
    "next": ("Return one more than {}.", lambda x: x + 1, "{} + 1"),
    "rest": ("Return one hundred less {}.", lambda x: 100 - x, "100 - {}"),
}
# name -> words, Python of (a, b), Rust.
_TESTS: dict[str, tuple[str, Callable[[int, int], bool], str]] = {
    "below": ("a is less than b", lambda a, b: a < b, "a < b"),
    "equal": ("a and b are equal", lambda a, b: a == b, "a == b"),
    "even": ("a is even", lambda a, _: a % 2 == 0, "a % 2 == 0"),
    "negative": ("a is below zero", lambda a, _: a < 0, "a < 0"),
    "both": ("a and b are both above zero", lambda a, b: min(a, b) > 0, "a > 0 && b > 0"),
}
# name -> words, Python, Rust, of a number x.
_KINDS: dict[str, tuple[str, Callable[[int], bool], str]] = {
    "even": ("is even", lambda x: x % 2 == 0, "x % 2 == 0"),
    "negative": ("is below zero", lambda x: x < 0, "x < 0"),
    "three": ("is a multiple of three", lambda x: x % 3 == 0, "x % 3 == 0"),
    "large": ("is above ten", lambda x: x > 10, "x > 10"),
}


def _variants(level: int) -> Sequence[tuple[Any, ...]]:
    names = tuple(_OPERATIONS)
    if level == 1:
        return list(itertools.product([level], names, _ENDS))
    if level == 2:
        return list(itertools.product([level], names, names, _ENDS))
    if level == 3:
        return list(itertools.product([level], names, names, names))
    if level == 4:
        pairs = [pair for pair in itertools.product(names, names) if pair[0] != pair[1]]
        return [(level, test, *pair) for test in _TESTS for pair in pairs]
    # A dozen factors would not fit into 64 bits.
    steps = itertools.permutations([name for name in names if name != "product"], 2)
    return [(level, kind, *pair) for kind, pair in itertools.product(_KINDS, list(steps))]


@family("formula", _variants)
def formula(level: int, *parts: str) -> Problem:
    makers: dict[int, Callable[..., Problem]] = {
        1: _pair, 2: _chain, 3: _tree, 4: _choice, 5: _walk,
    }  # fmt: skip
    return makers[level](*parts)


def _said(name: str, p: str, q: str) -> str:
    return _OPERATIONS[name][0].format(p, q)


def _done(name: str, p: int, q: int) -> int:
    return _OPERATIONS[name][1](p, q)


def _written(name: str, p: str, q: str, *, inner: bool = False) -> str:
    """An operation on two operands; `inner`: as an operand itself."""
    _, _, rust, bare = _OPERATIONS[name]
    text = rust.format(p, q)
    return f"({text})" if inner and bare else text


def _of(names: str, words: str, body: str, oracle: Callable[..., int]) -> Problem:
    """A function of some numbers."""
    interface = Interface("formula", tuple((name, "i64") for name in names), "i64")
    head = ", ".join(f"{name}: i64" for name in names)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        reach = draw.pick((3, 20, 1000))
        drawn = [draw.between(-reach, reach) for _ in names]
        if len(names) > 1 and draw.chance(0.2):
            drawn[1] = drawn[0]
        return tuple(drawn)

    edges = [
        tuple(row[: len(names)])
        for row in ((0, 0, 0, 0), (1, 1, 2, 2), (2, 1, -1, 3), (-1, 2, 2, -2), (5, 7, 7, 5))
    ]
    reference = f"pub fn formula({head}) -> i64 {{\n{body}}}\n"
    return Problem(words, interface, reference, oracle, arguments, edges)


def _pair(name: str, end: str) -> Problem:
    words, python, rust = _ENDS[end]
    made = _written(name, "a", "b", inner=end != "plain")
    return _of(
        "ab",
        words.format(_said(name, "a", "b")),
        f"    {rust.format(made)}\n",
        lambda a, b: python(_done(name, a, b)),
    )


def _chain(first: str, second: str, end: str) -> Problem:
    words, python, rust = _ENDS[end]
    made = _written(second, _written(first, "a", "b", inner=True), "c", inner=end != "plain")
    return _of(
        "abc",
        f"Let d be {_said(first, 'a', 'b')}. {words.format(_said(second, 'd', 'c'))}",
        f"    {rust.format(made)}\n",
        lambda a, b, c: python(_done(second, _done(first, a, b), c)),
    )


def _tree(left: str, middle: str, right: str) -> Problem:
    parts = (
        _written(left, "a", "b", inner=True),
        # An argument of a method has its parentheses already.
        _written(right, "c", "d", inner=middle not in ("larger", "smaller")),
    )
    return _of(
        "abcd",
        f"Let e be {_said(left, 'a', 'b')}, and f {_said(right, 'c', 'd')}. "
        f"Return {_said(middle, 'e', 'f')}.",
        f"    {_written(middle, *parts)}\n",
        lambda a, b, c, d: _done(middle, _done(left, a, b), _done(right, c, d)),
    )


def _choice(test: str, first: str, second: str) -> Problem:
    words, holds, rust = _TESTS[test]
    return _of(
        "abc",
        f"When {words}, return {_said(first, 'a', 'b')}; otherwise return "
        f"{_said(second, 'b', 'c')}.",
        f"    if {rust} {{\n        {_written(first, 'a', 'b')}\n    }} else {{\n"
        f"        {_written(second, 'b', 'c')}\n    }}\n",
        lambda a, b, c: _done(first, a, b) if holds(a, b) else _done(second, b, c),
    )


def _walk(kind: str, first: str, second: str) -> Problem:
    words, holds, rust = _KINDS[kind]

    def oracle(values: list[int]) -> int:
        total = 1
        for value in values:
            total = _done(first if holds(value) else second, total, value)
        return total

    def arguments(draw: Draw) -> tuple[Any, ...]:
        reach = draw.pick((4, 15, 1000))
        return ([draw.between(-reach, reach) for _ in range(draw.below(9))],)

    reference = (
        "pub fn formula(values: &[i64]) -> i64 {\n    let mut total: i64 = 1;\n"
        f"    for &x in values {{\n        total = if {rust} {{\n"
        f"            {_written(first, 'total', 'x')}\n        }} else {{\n"
        f"            {_written(second, 'total', 'x')}\n        }};\n    }}\n    total\n}}\n"
    )
    return Problem(
        f"Begin with a total of 1. For each x in `values`, in their order, the new total is "
        f"{_said(first, 'the total', 'x')} when x {words}, and {_said(second, 'the total', 'x')} "
        "otherwise. Return the total.",
        Interface("formula", (("values", "&[i64]"),), "i64"),
        reference,
        oracle,
        arguments,
        [([],), ([0],), ([10],), ([11],), ([-1],), ([3],), ([2, 3, -4],), ([12, -6, 9, 5],)],
    )
