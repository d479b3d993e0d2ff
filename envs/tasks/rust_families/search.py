"""Places in slices: the first or last that, in sorted ones, the longest stretch, the best cuts."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable
from string import Template
from typing import Any

from ....verifiers.rust.interface import Interface
from ..draw import Draw
from .family import Problem, family

_VALUES, _TARGET = ("values", "&[i64]"), ("target", "i64")
# name -> words, Python, Rust.
_Table = dict[str, tuple[str, Callable[..., Any], str]]
# The same with the type of what is returned.
_Typed = dict[str, tuple[str, Callable[..., Any], str, str]]


def _with_places(words: str) -> str:
    return f"{words} Places are counted from 0." if "place" in words else words


# ---------------------------------------------------------------- 1: a condition

_WHICH: _Table = {
    "first": ("first", lambda places: places[0] if places else None, "position"),
    "last": ("last", lambda places: places[-1] if places else None, "rposition"),
}
_WHERE: _Table = {
    "equal": ("equal to `target`", lambda x, t: x == t, "x == target"),
    "above": ("greater than `target`", lambda x, t: x > t, "x > target"),
    "far": (
        "at least 3 away from `target`",
        lambda x, t: abs(x - t) > 2,
        "(x - target).abs() >= 3",
    ),
    "within": (
        "not below 0 and not above `target`",
        lambda x, t: x in range(t + 1),
        "(0..=target).contains(&x)",
    ),
    "opposite": (
        "equal to `target` or to -`target`",
        lambda x, t: x in (t, -t),
        "x.abs() == target.abs()",
    ),
    "other": (
        "odd if `target` is even, or even if `target` is odd",
        lambda x, t: (x + t) % 2 == 1,
        "x.rem_euclid(2) != target.rem_euclid(2)",
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 2: a place among the others

_AMONG: _Table = {
    "rise": (
        "the value is greater than the one directly before it",
        lambda v, i: i > 0 and v[i] > v[i - 1],
        "before.last().is_some_and(|&y| x > y)",
    ),
    "repeat": (
        "the value is equal to one that is anywhere before it",
        lambda v, i: v.index(v[i]) != i,
        "before.contains(&x)",
    ),
    "record": (
        "there is a value before it, and it is greater than all that are before it",
        lambda v, i: i > 0 and v[i] > max(v[:i]),
        "before.iter().max().is_some_and(|&y| x > y)",
    ),
    "peak": (
        "the value has a neighbour on both sides and is greater than both of them",
        lambda v, i: 0 < i < len(v) - 1 and max(v[i - 1], v[i + 1]) < v[i],
        "before.last().is_some_and(|&y| x > y) && after.first().is_some_and(|&y| x > y)",
    ),
    "own": (
        "the value is equal to the number of values before it",
        lambda v, i: len(v[:i]) == v[i],
        "x == before.len() as i64",
    ),
    "heavier": (
        "the sum of all values before it is greater than the sum of all values after it",
        lambda v, i: sum(v[:i]) > sum(v[i + 1 :]),
        "before.iter().sum::<i64>() > after.iter().sum()",
    ),
    "between": (
        "the value has a neighbour on both sides and is equal to one of them, but not to both",
        lambda v, i: 0 < i < len(v) - 1 and (v[i] == v[i - 1]) + (v[i] == v[i + 1]) == 1,
        """match (before.last(), after.first()) {
        (Some(&a), Some(&b)) => (x == a) != (x == b),
        _ => false,
    }""",
    ),
}  # fmt: skip
_FOUND: _Typed = {
    "first": (
        "the first such place, or None if there is none",
        lambda places: min(places, default=None),
        "places.min()",
        "Option<usize>",
    ),
    "last": (
        "the last such place, or None if there is none",
        lambda places: max(places, default=None),
        "places.max()",
        "Option<usize>",
    ),
    "count": ("how many such places there are", len, "places.count()", "usize"),
}

# ---------------------------------------------------------------- 3: sorted slices

_ORDER: dict[str, tuple[str, str, str, str]] = {
    # words, what a value that comes before another is, Rust's operators
    "ascending": ("ascending (equal neighbours may occur)", "smaller", "<", "<="),
    "descending": ("descending (equal neighbours may occur)", "greater", ">", ">="),
}
_SORTED: _Typed = {
    "lower": (
        "the place of the first value that is not $before than `target`, or the number of values "
        "if there is none",
        lambda v, t, before: sum(before(x, t) for x in v),
        "start(values, target)",
        "usize",
    ),
    "upper": (
        "the place of the first value that is neither $before than `target` nor equal to it, or "
        "the number of values if there is none",
        lambda v, t, before: sum(x == t or before(x, t) for x in v),
        "end(values, target)",
        "usize",
    ),
    "equal": (
        "the places of the first and of the last value that is equal to `target`, as a pair, or "
        "None if there is none",
        lambda v, t, _: (v.index(t), len(v) - 1 - v[::-1].index(t)) if t in v else None,
        """let (start, end) = (start(values, target), end(values, target));
    if start < end {
        Some((start, end - 1))
    } else {
        None
    }""",
        "Option<(usize, usize)>",
    ),
    "count": (
        "how many values are equal to `target`",
        lambda v, t, _: v.count(t),
        "end(values, target) - start(values, target)",
        "usize",
    ),
    "before": (
        "the last value that is $before than `target`, or None if there is none",
        lambda v, t, before: next((x for x in reversed(v) if before(x, t)), None),
        """match start(values, target) {
        0 => None,
        place => Some(values[place - 1]),
    }""",
        "Option<i64>",
    ),
    "sides": (
        "a pair: how many values are smaller than `target`, and how many are greater",
        lambda v, t, _: (sum(x < t for x in v), sum(x > t for x in v)),
        "$sides",
        "(usize, usize)",
    ),
    "insert": (
        "whether `target` is among the values, and the place that it would have in `values` if it "
        "was put in behind all values that come before it or are equal to it, as a pair",
        lambda v, t, before: (t in v, len([x for x in v if x == t or before(x, t)])),
        """let place = end(values, target);
    (place > 0 && values[place - 1] == target, place)""",
        "(bool, usize)",
    ),
}

# ---------------------------------------------------------------- 4: the longest stretch

_GOOD: _Table = {
    "spread": (
        "its largest value minus its smallest is at most `limit`",
        lambda p, limit: max(p) - min(p) <= limit,
        """let ends = part.iter().max().zip(part.iter().min());
    ends.is_some_and(|(largest, smallest)| largest - smallest <= limit)""",
    ),
    "often": (
        "none of its values occurs in it more than `limit` times",
        lambda p, limit: max(Counter(p).values()) <= limit,
        """part.iter().all(|x| {
        let times = part.iter().filter(|&y| y == x).count();
        times as i64 <= limit
    })""",
    ),
    "different": (
        "it has at most `limit` different values",
        lambda p, limit: len(set(p)) <= limit,
        """let mut sorted = part.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    sorted.len() as i64 <= limit""",
    ),
    "total": (
        "the sum of its values is at most `limit`",
        lambda p, limit: sum(p) <= limit,
        "part.iter().sum::<i64>() <= limit",
    ),
    "negative": (
        "at most `limit` of its values are below 0",
        lambda p, limit: len([x for x in p if x < 0]) <= limit,
        "part.iter().filter(|&&x| x < 0).count() as i64 <= limit",
    ),
    "steps": (
        "each of its values but the first is at most `limit` away from the one before it",
        lambda p, limit: all(abs(b - a) <= limit for a, b in itertools.pairwise(p)),
        "part.windows(2).all(|pair| (pair[1] - pair[0]).abs() <= limit)",
    ),
    "falls": (
        "at most `limit` of its values are smaller than the one directly before them in it",
        lambda p, limit: sum(a > b for a, b in itertools.pairwise(p)) <= limit,
        "part.windows(2).filter(|pair| pair[1] < pair[0]).count() as i64 <= limit",
    ),
}  # fmt: skip
_LONGEST: _Typed = {
    "bounds": (
        "a pair of the place where it starts and the place after its end, or None if there is no "
        "such part",
        lambda _, best: best,
        "bounds(values, limit)",
        "Option<(usize, usize)>",
    ),
    "values": (
        "its values; no values if there is no such part",
        lambda v, best: v[slice(*best)] if best else [],
        """match bounds(values, limit) {
        Some((start, end)) => values[start..end].to_vec(),
        None => Vec::new(),
    }""",
        "Vec<i64>",
    ),
}

# ---------------------------------------------------------------- 5: the best cuts

_COST: _Table = {
    "sum": ("the sum of its values", sum, "part.iter().sum()"),
    "spread": (
        "its largest value minus its smallest",
        lambda p: max(p) - min(p),
        """let mut sorted = part.to_vec();
    sorted.sort_unstable();
    sorted[sorted.len() - 1] - sorted[0]""",
    ),
    "turns": (
        "the sum of the distances of neighbours in it (0 for a part of one value)",
        lambda p: sum(max(a, b) - min(a, b) for a, b in itertools.pairwise(p)),
        "part.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum()",
    ),
}
_AIM: _Table = {
    "largest": (
        "The score of a way to cut is the largest weight of its parts.",
        max,
        "weights.iter().copied().max()",
    ),
    "smallest": (
        "The score of a way to cut is the smallest weight of its parts, with its sign changed.",
        lambda weights: -min(weights),
        "weights.iter().map(|&weight| -weight).max()",
    ),
    "uneven": (
        "The score of a way to cut is the largest weight of its parts minus the smallest.",
        lambda weights: max(weights) - min(weights),
        "Some(weights.iter().max()? - weights.iter().min()?)",
    ),
}
_BEST: _Typed = {
    "score": (
        "the lowest score that a way to cut has, or None if there is no way",
        lambda scored: min((score for score, _ in scored), default=None),
        "scored.map(|(score, _)| score).min()",
        "Option<i64>",
    ),
    "first": (
        "of the ways to cut with the lowest score the one whose first part is shortest (of several "
        "such ways, the one of them whose second part is shortest, and so on), as the list of the "
        "places where its parts begin, without the first part's; None if there is no way",
        lambda scored: min(scored)[1] if scored else None,
        """let (_, way) = scored.min_by_key(|&(score, _)| score)?;
    let ends = way.iter().scan(0, |end, part| {
        *end += part.len();
        Some(*end)
    });
    Some(ends.take(way.len() - 1).collect())""",
        "Option<Vec<usize>>",
    ),
    "last": (
        "of the ways to cut with the lowest score the one whose first part is longest (of several "
        "such ways, the one of them whose second part is longest, and so on), as the list of the "
        "lengths of all its parts, in their order; None if there is no way",
        lambda scored: max(scored, key=lambda s: (-s[0], s[1]))[1] if scored else None,
        """let (_, way) = scored.max_by_key(|&(score, _)| Reverse(score))?;
    Some(way.iter().map(|part| part.len()).collect())""",
        "Option<Vec<usize>>",
    ),
}


def _variants(level: int) -> list[tuple[Any, ...]]:
    tables: dict[int, tuple[dict[str, Any], ...]] = {
        1: (_WHICH, _WHERE),
        2: (_AMONG, _FOUND),
        3: (_ORDER, _SORTED),
        4: (_GOOD, _WHICH, _LONGEST),
        5: (_COST, _AIM, _BEST),
    }
    return [(level, *names) for names in itertools.product(*tables[level])]


@family("search", _variants)
def search(level: int, *names: str) -> Problem:
    return (_where, _among, _sorted, _stretch, _cuts)[level - 1](*names)


def _where(which: str, where: str) -> Problem:
    nth, pick, method = _WHICH[which]
    words, python, test = _WHERE[where]

    def arguments(draw: Draw) -> tuple[Any, ...]:
        target = draw.between(-4, 6)
        near = (target, target, -target, target + 1, target - 1, target + 3, target - 3, 0, -1)
        return ([draw.pick(near) for _ in range(draw.between(2, 9))], target)

    return Problem(
        f"Return the place of the {nth} value that is {words}, or None if there is none. "
        "Places are counted from 0.",
        Interface("find", (_VALUES, _TARGET), "Option<usize>"),
        "pub fn find(values: &[i64], target: i64) -> Option<usize> {\n"
        f"    values.iter().{method}(|&x| {test})\n}}\n",
        lambda values, target: pick([i for i, x in enumerate(values) if python(x, target)]),
        arguments,
        [
            ([], 1), ([4], 4), ([4], -4), ([5], 4), ([3, 4, 5, 4, 3], 4), ([0, 0, 0], 0),
            ([7, 2, 1, 8, -1], 4), ([-3, 3, 6, 9], 3), ([-5, -1, -2], -2), ([2, 4, 6], 1),
        ],
    )  # fmt: skip


def _among(among: str, found: str) -> Problem:
    words, python, test = _AMONG[among]
    what, report, rust, kind = _FOUND[found]

    def arguments(draw: Draw) -> tuple[Any, ...]:
        if among == "own":
            values = [
                i if draw.chance(0.3) else draw.between(0, 6) for i in range(draw.between(1, 8))
            ]
        else:
            high = 1 if among == "between" else 4
            values = [draw.between(-2, high) for _ in range(draw.between(3, 10))]
        return (values,)

    parts = [
        (name, kind, passed)
        for name, kind, passed in (
            ("before", "&[i64]", "&values[..i]"),
            ("x", "i64", "x"),
            ("after", "&[i64]", "&values[i + 1..]"),
        )
        if re.search(rf"\b{name}\b", test)
    ]
    takes = ", ".join(f"{name}: {kind}" for name, kind, _ in parts)
    passed = ", ".join(passed for _, _, passed in parts)
    x = "&x" if ", x" in passed else "_"
    return Problem(
        f"Look at the places in `values` for which this is so: {words}. Return {what}. "
        "Places are counted from 0.",
        Interface("find", (_VALUES,), kind),
        f"""pub fn find(values: &[i64]) -> {kind} {{
    let places = values
        .iter()
        .enumerate()
        .filter(|&(i, {x})| is_such({passed}))
        .map(|(i, _)| i);
    {rust}
}}

fn is_such({takes}) -> bool {{
    {test}
}}
""",
        lambda values: report([i for i in range(len(values)) if python(values, i)]),
        arguments,
        [
            ([],), ([0],), ([1, 1],), ([1, 2],), ([2, 1],), ([5, 5, 5, 5],), ([1, 2, 1, 2, 1, 3],),
            ([3, 3, 2, 1, 0],), ([0, 1, 2, 3],), ([-1, -2, -1, -1, -3, 4],), ([1, 0, 1],),
        ],
    )  # fmt: skip


def _sorted(order: str, answer: str) -> Problem:
    words, comes_before, strict, loose = _ORDER[order]
    what, report, body, kind = _SORTED[answer]
    sides = {
        "ascending": "(start(values, target), values.len() - end(values, target))",
        "descending": "(values.len() - end(values, target), start(values, target))",
    }[order]
    body = Template(body).substitute(sides=sides)
    helpers = {
        "start": f"""
/// How many values come before `target`.
fn start(values: &[i64], target: i64) -> usize {{
    search(values, |x| x {strict} target)
}}
""",
        "end": f"""
/// How many values come before `target` or are equal to it.
fn end(values: &[i64], target: i64) -> usize {{
    search(values, |x| x {loose} target)
}}
""",
    }
    used = "".join(text for name, text in helpers.items() if f"{name}(values" in body)
    reference = f"""pub fn find(values: &[i64], target: i64) -> {kind} {{
    {body}
}}
{used}
/// How many values, of those at the front, are `early`.
fn search(values: &[i64], early: impl Fn(i64) -> bool) -> usize {{
    let mut low = 0;
    let mut high = values.len();
    while low < high {{
        let middle = (low + high) / 2;
        if early(values[middle]) {{
            low = middle + 1;
        }} else {{
            high = middle;
        }}
    }}
    low
}}
"""

    def before(a: int, b: int) -> bool:
        return a < b if order == "ascending" else a > b

    def arguments(draw: Draw) -> tuple[Any, ...]:
        values = [2 * draw.between(-3, 5) for _ in range(draw.between(1, 12))]
        target = draw.pick(values) if draw.chance(0.6) else draw.between(-7, 11)
        return (sorted(values, reverse=order == "descending"), target)

    edges: list[tuple[list[int], int]] = [
        ([], 3), ([3], 3), ([3], 2), ([3], 4), ([5, 5, 5], 5), ([1, 3, 3, 3, 7], 3), ([1, 2], 2),
        ([1, 2, 4, 8, 16], 5), ([-4, -4, 0, 0, 0], -4), ([-4, -4, 0, 0, 0], 0), ([1, 2, 3], 9),
    ]  # fmt: skip
    return Problem(
        _with_places(
            f"The `values` are {words}; a binary search need not look at all of them. Return "
            f"{Template(what).substitute(before=comes_before)}."
        ),
        Interface("find", (_VALUES, _TARGET), kind),
        reference,
        lambda values, target: report(values, target, before),
        arguments,
        [(sorted(values, reverse=order == "descending"), target) for values, target in edges],
    )


def _stretch(good: str, which: str, longest: str) -> Problem:
    words, python, test = _GOOD[good]
    nth, _, method = _WHICH[which]
    what, report, rust, kind = _LONGEST[longest]
    reference = f"""pub fn longest(values: &[i64], limit: i64) -> {kind} {{
    {rust}
}}

/// Where the longest good part starts and ends.
fn bounds(values: &[i64], limit: i64) -> Option<(usize, usize)> {{
    (1..=values.len()).rev().find_map(|size| {{
        let mut parts = values.windows(size);
        let start = parts.{method}(|part| is_good(part, limit))?;
        Some((start, start + size))
    }})
}}

fn is_good(part: &[i64], limit: i64) -> bool {{
    {test}
}}
"""

    def oracle(values: list[int], limit: int) -> Any:
        places = range(len(values) + 1)
        good = [(a, b) for a in places for b in places[a + 1 :] if python(values[a:b], limit)]
        later = 1 if which == "last" else -1
        return report(values, max(good, key=lambda p: (p[1] - p[0], later * p[0]), default=None))

    def arguments(draw: Draw) -> tuple[Any, ...]:
        values = [draw.between(-3, 4) for _ in range(draw.between(5, 12))]
        values = [values[i - 1] if i and draw.chance(0.3) else x for i, x in enumerate(values)]
        return (values, draw.pick((0, 0, 1, 1, 2, 3)))

    return Problem(
        _with_places(
            "A part of `values` is one or more consecutive ones of them. Look at the parts for "
            f"which this is so: {words}. Find the longest such part (of several, the {nth}). "
            f"Return {what}."
        ),
        Interface("longest", (_VALUES, ("limit", "i64")), kind),
        reference,
        oracle,
        arguments,
        [
            ([], 1), ([2], 0), ([-1], 0), ([2], 2), ([1, 1, 1, 1], 1), ([1, 2, 3, 1, 2, 3], 2),
            ([5, -5, 5, -5], 0), ([0, 2, 4, 3, 1, 0], 1), ([-1, 3, -1, 2, -2, -1], 1),
            ([3, 3, 1, 3, 1, 1], 2), ([1, 2, 3], -1),
        ],
    )  # fmt: skip


def _cuts(cost: str, aim: str, best: str) -> Problem:
    weight, weigh, weighed = _COST[cost]
    score, python, scored = _AIM[aim]
    what, report, rust, kind = _BEST[best]
    reference = f"""{"use std::cmp::Reverse;" if best == "last" else ""}

pub fn cut(values: &[i64], count: usize) -> {kind} {{
    if values.is_empty() || count == 0 {{
        return None;
    }}
    let ways = ways(values, count).into_iter();
    let scored = ways.filter_map(|way| Some((score(&way)?, way)));
    {rust}
}}

/// All ways to cut the values into parts; those whose first parts are shorter come first.
fn ways(values: &[i64], count: usize) -> Vec<Vec<&[i64]>> {{
    if count == 1 {{
        return vec![vec![values]];
    }}
    let mut found = Vec::new();
    for size in 1..values.len() {{
        let (first, rest) = values.split_at(size);
        for mut way in ways(rest, count - 1) {{
            way.insert(0, first);
            found.push(way);
        }}
    }}
    found
}}

fn weight(part: &[i64]) -> i64 {{
    {weighed}
}}

fn score(way: &[&[i64]]) -> Option<i64> {{
    let weights: Vec<i64> = way.iter().map(|part| weight(part)).collect();
    {scored}
}}
"""

    def oracle(values: list[int], count: int) -> Any:
        found = []
        for places in itertools.combinations(range(1, len(values)), count - 1) if count else ():
            bounds = [0, *places, len(values)]
            parts = [values[a:b] for a, b in itertools.pairwise(bounds)]
            if all(parts):
                way = list(map(len, parts)) if best == "last" else list(places)
                found.append((python([weigh(part) for part in parts]), way))
        return report(found)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        values = [draw.between(-3, 6) for _ in range(draw.between(3, 8))]
        return (values, draw.pick((2, 2, 3, 3, 4, 1)))

    return Problem(
        _with_places(
            "A way to cut cuts `values` into exactly `count` parts, each of one or more "
            f"consecutive values, so that each value is in one part. If `count` is 0, or `values` "
            f"is empty, there is no way. The weight of a part is {weight}. {score} Return {what}."
        ),
        Interface("cut", (_VALUES, ("count", "usize")), kind),
        reference.lstrip(),
        oracle,
        arguments,
        [
            ([], 0), ([], 1), ([5], 0), ([5], 1), ([5], 2), ([1, 2], 2), ([2, 2, 2, 2], 2),
            ([1, 2, 3, 4, 5], 5), ([4, 0, 0, 4], 3), ([3, -2, 5, 0, -1, 4], 2), ([1, 9, 1, 9], 2),
        ],
    )  # fmt: skip
