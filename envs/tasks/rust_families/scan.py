"""A result at each place of a slice: running totals, windows, runs, the shape of a curve."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from string import Template
from typing import Any

from ....verifiers.rust.interface import Interface
from ..draw import Draw
from .family import Problem, family

_NAME = "scan"
_VALUES = ("values", "&[i64]")
# name -> words, Python, Rust.
_Table = dict[str, tuple[str, Callable[..., Any], str]]

# ---------------------------------------------------------------- 1: an expression

_WHOLE: _Table = {
    "sums": (
        "for each place, the sum of the values from the first up to that place, itself included",
        lambda v: list(itertools.accumulate(v)),
        """values
        .iter()
        .scan(0, |total, &x| {
            *total += x;
            Some(*total)
        })
        .collect()""",
    ),
    "before": (
        "for each place, the sum of all values before that place (0 for the first)",
        lambda v: [sum(v[:i]) for i in range(len(v))],
        "(0..values.len()).map(|i| values[..i].iter().sum()).collect()",
    ),
    "after": (
        "for each place, the sum of all values after that place (0 for the last)",
        lambda v: [sum(v) - s for s in itertools.accumulate(v)],
        "(0..values.len()).map(|i| values[i + 1..].iter().sum()).collect()",
    ),
    "largest": (
        "for each place, the largest of the values up to that place, itself included",
        lambda v: list(itertools.accumulate(v, max)),
        """values
        .iter()
        .scan(i64::MIN, |largest, &x| {
            *largest = x.max(*largest);
            Some(*largest)
        })
        .collect()""",
    ),
    "smallest": (
        "for each place, the smallest of the values from that place on, itself included",
        lambda v: [min(v[i:]) for i in range(len(v))],
        """let mut found: Vec<i64> = values
        .iter()
        .rev()
        .scan(i64::MAX, |smallest, &x| {
            *smallest = x.min(*smallest);
            Some(*smallest)
        })
        .collect();
    found.reverse();
    found""",
    ),
    "steps": (
        "for each value but the first, that value minus the one directly before it",
        lambda v: [b - a for a, b in itertools.pairwise(v)],
        "values.windows(2).map(|pair| pair[1] - pair[0]).collect()",
    ),
    "pairs": (
        "for each value but the last, the product of that value and the one directly after it",
        lambda v: [v[i] * v[i + 1] for i in range(len(v) - 1)],
        "values.windows(2).map(|pair| pair[0] * pair[1]).collect()",
    ),
    "signs": (
        "the values, of which those at odd places (the first place is 0) have their sign changed",
        lambda v: [x * (-1) ** i for i, x in enumerate(v)],
        """values
        .iter()
        .enumerate()
        .map(|(i, &x)| if i % 2 == 0 { x } else { -x })
        .collect()""",
    ),
    "changes": (
        "the values without those that are equal to the value directly before them in `values`",
        lambda v: [key for key, _ in itertools.groupby(v)],
        """let mut found = values.to_vec();
    found.dedup();
    found""",
    ),
    "weighted": (
        "each value times its place; the first place is 1",
        lambda v: [x * i for i, x in enumerate(v, 1)],
        "(1..).zip(values).map(|(place, &x)| place * x).collect()",
    ),
    "mirror": (
        "for each place, the value there plus the value as far from the end as that place is from "
        "the start (the middle of an odd number of values is added to itself)",
        lambda v: [v[i] + v[-1 - i] for i in range(len(v))],
        "values.iter().zip(values.iter().rev()).map(|(a, b)| a + b).collect()",
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 2: a loop with a condition

_CHOSEN: _Table = {
    "even": ("even (0 is)", lambda x: x % 2 == 0, "x % 2 == 0"),
    "low": ("-2 or less", lambda x: x < -1, "x <= -2"),
    "large": ("5 or more", lambda x: x >= 5, "x >= 5"),
    "three": ("a multiple of 3 (0 is one)", lambda x: x % 3 == 0, "x % 3 == 0"),
    "near": ("from -3 to 3", lambda x: abs(x) <= 3, "(-3..=3).contains(&x)"),
}


def _since(chosen: list[bool], _: list[int]) -> list[int]:
    last, found = -1, []
    for i, is_chosen in enumerate(chosen):
        last = i if is_chosen else last
        found.append(i - last if last >= 0 else -1)
    return found


_RUNNING: _Table = {
    "total": (
        "the sum of the chosen values up to that place, itself included",
        lambda chosen, v: list(
            itertools.accumulate(x if c else 0 for c, x in zip(chosen, v, strict=True))
        ),
        """    let mut total = 0;
    let mut found = Vec::with_capacity(values.len());
    for &x in values {
        if $chosen {
            total += x;
        }
        found.push(total);
    }
    found
""",
    ),
    "since": (
        "how many places ago the last chosen value was: 0 where the value is chosen itself, -1 "
        "where none has been chosen so far",
        _since,
        """    let mut ago = -1;
    let mut found = Vec::with_capacity(values.len());
    for &x in values {
        if $chosen {
            ago = 0;
        } else if ago >= 0 {
            ago += 1;
        }
        found.push(ago);
    }
    found
""",
    ),
    "streak": (
        "how many chosen values in a row end there: 0 where the value is not chosen",
        lambda chosen, _: [
            len(list(itertools.takewhile(bool, reversed(chosen[: i + 1]))))
            for i in range(len(chosen))
        ],
        """    let mut streak = 0;
    let mut found = Vec::with_capacity(values.len());
    for &x in values {
        streak = if $chosen { streak + 1 } else { 0 };
        found.push(streak);
    }
    found
""",
    ),
    "held": (
        "the last chosen value up to that place, itself included, or 0 where none has been chosen "
        "so far",
        lambda chosen, v: [
            next((v[j] for j in range(i, -1, -1) if chosen[j]), 0) for i in range(len(v))
        ],
        """    let mut held = 0;
    let mut found = Vec::with_capacity(values.len());
    for &x in values {
        if $chosen {
            held = x;
        }
        found.push(held);
    }
    found
""",
    ),
    "reset": (
        "the sum of the values after the last chosen one up to that place, itself included: 0 "
        "where the value is chosen itself; where none has been chosen so far, the sum of all "
        "values up to that place",
        lambda chosen, v: [
            sum(v[max((j + 1 for j in range(i + 1) if chosen[j]), default=0) : i + 1])
            for i in range(len(v))
        ],
        """    let mut total = 0;
    let mut found = Vec::with_capacity(values.len());
    for &x in values {
        if $chosen {
            total = 0;
        } else {
            total += x;
        }
        found.push(total);
    }
    found
""",
    ),
    "balance": (
        "how many values up to that place, itself included, are chosen, minus how many are not",
        lambda chosen, _: [
            2 * sum(chosen[: i + 1]) - (i + 1) for i in range(len(chosen))
        ],
        """    let mut balance = 0;
    let mut found = Vec::with_capacity(values.len());
    for &x in values {
        if $chosen {
            balance += 1;
        } else {
            balance -= 1;
        }
        found.push(balance);
    }
    found
""",
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 3: windows

_CUT: _Table = {
    "full": (
        "Look at every `k` consecutive values of `values`, from left to right (none if there are "
        "fewer than `k`).",
        lambda v, k: [v[i : i + k] for i in range(len(v) - k + 1)],
        "values.windows(k)$map.collect()",
    ),
    "chunk": (
        "Cut `values`, from left to right, into pieces of `k` values; the last piece has what is "
        "left and may be shorter. Look at each piece as a window.",
        lambda v, k: [v[i : i + k] for i in range(0, len(v), k)],
        "values.chunks(k)$map.collect()",
    ),
    "trailing": (
        "For each place look at the last `k` values that end there, itself included (at the start, "
        "at the fewer ones that there are).",
        lambda v, k: [v[: i + 1][-k:] for i in range(len(v))],
        """(1..=values.len())
        .map(|end| &values[end.saturating_sub(k)..end])
        $map
        .collect()""",
    ),
}


def _strongest(window: list[int]) -> int:
    return sorted(window, key=lambda x: -abs(x))[0]


_WINDOW: _Table = {
    "trimmed": (
        "the sum of the window without one of its largest and one of its smallest values; 0 for a "
        "window of fewer than three values",
        lambda w: sum(sorted(w)[1:-1]),
        """    let mut sorted = window.to_vec();
    sorted.sort_unstable();
    match sorted.as_slice() {
        [_, inner @ .., _] => inner.iter().sum(),
        _ => 0,
    }
""",
    ),
    "spread": (
        "the window's largest value minus its smallest",
        lambda w: max(w) - min(w),
        """    let (mut low, mut high) = (window[0], window[0]);
    for &x in window {
        low = low.min(x);
        high = high.max(x);
    }
    high - low
""",
    ),
    "above": (
        "how many values of the window are greater than the average of the window (the exact "
        "average, not rounded)",
        lambda w: sum(x * len(w) > sum(w) for x in w),
        """    let total: i64 = window.iter().sum();
    let size = window.len() as i64;
    window.iter().filter(|&&x| x * size > total).count() as i64
""",
    ),
    "rises": (
        "how many values of the window are greater than the value directly before them in the "
        "window, minus how many are smaller than it",
        lambda w: sum((b > a) - (b < a) for a, b in itertools.pairwise(w)),
        "    window.windows(2).map(|pair| (pair[1] - pair[0]).signum()).sum()\n",
    ),
    "ends": (
        "the window's last value minus its first if the window has an even sum, else its first "
        "minus its last",
        lambda w: (w[0] - w[-1]) * (-1) ** (sum(w) % 2 + 1),
        """    let change = window[window.len() - 1] - window[0];
    let total: i64 = window.iter().sum();
    if total % 2 == 0 {
        change
    } else {
        -change
    }
""",
    ),
    "different": (
        "how many different values the window has",
        lambda w: len(set(w)),
        """    let mut sorted = window.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    sorted.len() as i64
""",
    ),
    "strongest": (
        "the window's value that is farthest from 0; of several, the first in the window",
        _strongest,
        """    let mut strongest = window[0];
    for &x in window {
        if x.abs() > strongest.abs() {
            strongest = x;
        }
    }
    strongest
""",
    ),
}

# ---------------------------------------------------------------- 4: runs

_TOGETHER: _Table = {
    "equal": ("equal to the one before it", lambda a, b: a == b, "b == a"),
    "rising": ("greater than the one before it", lambda a, b: a < b, "b > a"),
    "sign": (
        "of the same sign as the one before it (0 is a sign of its own)",
        lambda a, b: (a > 0) == (b > 0) and (a < 0) == (b < 0),
        "b.signum() == a.signum()",
    ),
    "parity": (
        "odd if the one before it is odd, and even if that is even",
        lambda a, b: a % 2 == b % 2,
        "b.rem_euclid(2) == a.rem_euclid(2)",
    ),
    "near": (
        "at most 2 away from the one before it",
        lambda a, b: -2 <= a - b <= 2,
        "(b - a).abs() <= 2",
    ),
}


def _joined(runs: list[list[tuple[int, int]]], least: int) -> list[list[tuple[int, int]]]:
    starts = [i for i, run in enumerate(runs) if i == 0 or len(run) >= least]
    bounds = itertools.pairwise([*starts, len(runs)])
    return [list(itertools.chain(*runs[a:b])) for a, b in bounds]


_SHORT: _Table = {
    "dropped": (
        "Leave out the runs of fewer than `least` values.",
        lambda runs, least: [run for run in runs if len(run) >= least],
        """    runs.retain(|run| run.len() >= least);
""",
    ),
    "joined": (
        "Then go through the runs from left to right: one of fewer than `least` values is joined "
        "to the end of the run before it (as that has become by then), unless there is none "
        "before it.",
        _joined,
        """    let mut joined: Vec<Range<usize>> = Vec::new();
    for run in runs {
        match joined.last_mut() {
            Some(before) if run.len() < least => before.end = run.end,
            _ => joined.push(run),
        }
    }
    let runs = joined;
""",
    ),
}


# name -> words, Python (of a run of (place, value) pairs), Rust, type.
_RUN: dict[str, tuple[str, Callable[[list[tuple[int, int]]], Any], str, str]] = {
    "length": (
        "a pair of its first value and how many values it has",
        lambda run: (run[0][1], len(run)),
        "(values[run.start], run.len())",
        "(i64, usize)",
    ),
    "bounds": (
        "a pair of the place where it starts and the place after its end (the first place is 0)",
        lambda run: (run[0][0], run[-1][0] + 1),
        "(run.start, run.end)",
        "(usize, usize)",
    ),
    "sum": (
        "the sum of its values",
        lambda run: sum(x for _, x in run),
        "values[run].iter().sum()",
        "i64",
    ),
    "ends": (
        "a pair of its last value and the place of its first value (the first place is 0)",
        lambda run: (run[-1][1], run[0][0]),
        "(values[run.end - 1], run.start)",
        "(i64, usize)",
    ),
}

# ---------------------------------------------------------------- 5: the shape of a curve

_SMOOTH: _Table = {
    "as-is": ("", lambda v: v, ""),
    "clamp": (
        "First make a smoothed copy, from left to right: the first value stays; each other one "
        "that is more than 4 away from the smoothed value before it is moved towards that one, to "
        "exactly 4 away.",
        lambda v: list(
            itertools.accumulate(v, lambda before, x: min(max(x, before - 4), before + 4))
        ),
        """
fn smooth(values: &[i64]) -> Vec<i64> {
    let mut smooth: Vec<i64> = Vec::with_capacity(values.len());
    for &x in values {
        let moved = match smooth.last() {
            Some(&before) => x.clamp(before - 4, before + 4),
            None => x,
        };
        smooth.push(moved);
    }
    smooth
}
""",
    ),
    "median": (
        "First make a smoothed copy: each value but the first and the last is replaced by the "
        "middle one, by size, of the three values that are, in `values`, directly before it, at "
        "it and directly after it; the first and the last stay.",
        lambda v: [
            sorted(v[i - 1 : i + 2])[1] if 0 < i < len(v) - 1 else v[i] for i in range(len(v))
        ],
        """
fn smooth(values: &[i64]) -> Vec<i64> {
    let mut smooth = values.to_vec();
    for (i, window) in values.windows(3).enumerate() {
        let mut three = window.to_vec();
        three.sort_unstable();
        smooth[i + 1] = three[1];
    }
    smooth
}
""",
    ),
}  # fmt: skip
_TURN: _Table = {
    "peaks": (
        "greater than both its neighbours",
        lambda a, b, c: a < b > c,
        "(before, after) == (1, -1)",
    ),
    "valleys": (
        "smaller than both its neighbours",
        lambda a, b, c: a > b < c,
        "(before, after) == (-1, 1)",
    ),
    "both": (
        "greater than both its neighbours, or smaller than both",
        lambda a, b, c: a < b > c or a > b < c,
        "before != after",
    ),
}
_CURVE: _Table = {
    "swings": (
        "for each turn, in the order of their places, its value minus the value of the turn before "
        "it; for the first turn, its value",
        lambda turns: [b[1] - a[1] for a, b in itertools.pairwise([(0, 0), *turns])],
        """    let mut found = Vec::new();
    let mut before = 0;
    for (_, value) in turns {
        found.push(value - before);
        before = value;
    }
    found
""",
    ),
    "places": (
        "the places of the turns (of a stretch, the place of its first value; the first place of "
        "all is 0), in ascending order",
        lambda turns: [place for place, _ in turns],
        "    turns.iter().map(|&(place, _)| place as i64).collect()\n",
    ),
    "gaps": (
        "for each turn but the first, how many places it comes after the turn before it (of a "
        "stretch, the place of its first value counts)",
        lambda turns: [b[0] - a[0] for a, b in itertools.pairwise(turns)],
        """    turns
        .windows(2)
        .map(|pair| (pair[1].0 - pair[0].0) as i64)
        .collect()
""",
    ),
    "records": (
        "the values, in the order of their places, of those turns whose value is greater than "
        "that of every turn before them; the first turn is one of them",
        lambda turns: [
            x for i, (_, x) in enumerate(turns) if all(x > other for _, other in turns[:i])
        ],
        """    let mut found: Vec<i64> = Vec::new();
    for (_, value) in turns {
        if found.last().is_none_or(|&record| value > record) {
            found.push(value);
        }
    }
    found
""",
    ),
}


def _variants(level: int) -> list[tuple[Any, ...]]:
    tables: tuple[dict[str, Any], ...] = {
        1: (_WHOLE,),
        2: (_CHOSEN, _RUNNING),
        3: (_CUT, _WINDOW),
        4: (_TOGETHER, _SHORT, _RUN),
        5: (_SMOOTH, _TURN, _CURVE),
    }[level]
    return [(level, *names) for names in itertools.product(*tables)]


@family("scan", _variants)
def scan(level: int, *names: str) -> Problem:
    return (_whole, _running, _windows, _runs, _turns)[level - 1](*names)


def _whole(name: str) -> Problem:
    words, python, rust = _WHOLE[name]
    return Problem(
        f"Return {words}.",
        Interface(_NAME, (_VALUES,), "Vec<i64>"),
        f"pub fn scan(values: &[i64]) -> Vec<i64> {{\n    {rust}\n}}\n",
        python,
        lambda draw: (_walk(draw),),
        _EDGES,
    )


def _running(chosen: str, running: str) -> Problem:
    words, is_chosen, test = _CHOSEN[chosen]
    what, python, rust = _RUNNING[running]
    return Problem(
        f"A value is chosen if it is {words}. Return a vector that is as long as `values` and has, "
        f"at each place, {what}.",
        Interface(_NAME, (_VALUES,), "Vec<i64>"),
        "pub fn scan(values: &[i64]) -> Vec<i64> {\n" + Template(rust).substitute(chosen=test)
        + "}\n",
        lambda values: python([is_chosen(x) for x in values], values),
        lambda draw: ([draw.between(-9, 9) for _ in range(draw.below(13))],),
        [*_EDGES, ([-4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6],), ([6, 5, 4, 1, 1, -1, -3, -4, -4],)],
    )  # fmt: skip


def _windows(cut: str, window: str) -> Problem:
    words, pieces, rust = _CUT[cut]
    what, python, body = _WINDOW[window]
    reference = (
        "pub fn scan(values: &[i64], k: usize) -> Vec<i64> {\n"
        "    if k == 0 {\n        return Vec::new();\n    }\n"
        f"    {Template(rust).substitute(map='.map(judge)')}\n}}\n\n"
        f"fn judge(window: &[i64]) -> i64 {{\n{body}}}\n"
    )

    def arguments(draw: Draw) -> tuple[Any, ...]:
        values = _walk(draw)
        return (values, draw.between(1, 5))

    return Problem(
        f"{words} Return, for each window in this order, {what}. If `k` is 0, return an empty "
        "vector.",
        Interface(_NAME, (_VALUES, ("k", "usize")), "Vec<i64>"),
        reference,
        lambda values, k: [python(piece) for piece in pieces(values, k)] if k else [],
        arguments,
        [
            ([], 2), ([1, 2, 3], 0), ([4], 1), ([4], 2), ([5, 5, 5, 5], 3), ([1, -1, 1, 2], 3),
            ([-2, 2, 0, 3, -3, 1, 1], 4), ([9, 1, 4, 7, 2, 2, 8], 7), ([3, 1, 2], 100),
        ],
    )  # fmt: skip


def _runs(together: str, short: str, run: str) -> Problem:
    words, python, test = _TOGETHER[together]
    shorts, keep, kept = _SHORT[short]
    what, report, made, kind = _RUN[run]
    mutable = "mut " if short == "dropped" else ""
    reference = Template(
        """use std::ops::Range;

pub fn scan(values: &[i64], least: usize) -> Vec<$kind> {
    let ${mutable}runs = runs(values);
$kept    runs.into_iter().map(|run| $made).collect()
}

fn together(a: i64, b: i64) -> bool {
    $test
}

fn runs(values: &[i64]) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let mut start = 0;
    for end in 1..=values.len() {
        if end == values.len() || !together(values[end - 1], values[end]) {
            runs.push(start..end);
            start = end;
        }
    }
    runs
}
"""
    ).substitute(kind=kind, mutable=mutable, kept=kept, made=made, test=test)

    def oracle(values: list[int], least: int) -> Any:
        found: list[list[tuple[int, int]]] = []
        for place, x in enumerate(values):
            if found and python(found[-1][-1][1], x):
                found[-1].append((place, x))
            else:
                found.append([(place, x)])
        return [report(one) for one in keep(found, least)]

    def arguments(draw: Draw) -> tuple[Any, ...]:
        values = [draw.between(-4, 4)]
        while len(values) < 14 and not draw.chance(0.03):
            goes_on = draw.chance(0.55)
            nexts = [*draw.shuffle([values[-1] + step for step in range(-3, 4)]), 0, 1, -1]
            values.append(next(x for x in nexts if python(values[-1], x) == goes_on))
        return (values, draw.pick((0, 1, 2, 2, 2, 3, 3, 4)))

    return Problem(
        "Cut `values` into runs: the first value starts a run, and each other value goes on with "
        f"the run if it is {words}, else it starts a new one. {shorts} Return, for each run that "
        f"there is then, from left to right, {what}.",
        Interface(_NAME, (_VALUES, ("least", "usize")), f"Vec<{kind}>"),
        reference,
        oracle,
        arguments,
        [
            ([], 0), ([], 2), ([7], 1), ([7], 2), ([3, 3, 3], 3), ([3, 3, 3], 4),
            ([0, 0, 1, 1, -1, -1, 5], 2), ([1, 2, 3, 1, 2, 9, 11, 14, 12], 2),
            ([2, 4, 5, 7, 7, 8, -8, -6, 6], 2), ([1, 4, 4, 2, -1, -3, 0], 2),
        ],
    )  # fmt: skip


def _turns(smooth: str, turn: str, curve: str) -> Problem:
    words, python, helper = _SMOOTH[smooth]
    when, is_turn, test = _TURN[turn]
    what, report, rust = _CURVE[curve]
    copy = "smoothed copy" if helper else "values"
    reference = Template(
        """pub fn scan(values: &[i64]) -> Vec<i64> {
    let mut stretches: Vec<(usize, i64)> = Vec::new();
    for (place, $pattern) in $source.enumerate() {
        if stretches.last().is_none_or(|&(_, before)| before != x) {
            stretches.push((place, x));
        }
    }
    let turns: Vec<(usize, i64)> = stretches
        .windows(3)
        .filter(|window| is_turn(window[0].1, window[1].1, window[2].1))
        .map(|window| window[1])
        .collect();
$rust}

fn is_turn(a: i64, b: i64, c: i64) -> bool {
    let before = (b - a).signum();
    let after = (c - b).signum();
    $test
}
$helper"""
    ).substitute(
        pattern="x" if helper else "&x",
        source="smooth(values).into_iter()" if helper else "values.iter()",
        rust=rust,
        test=test,
        helper=helper,
    )

    def oracle(values: list[int]) -> list[int]:
        smoothed = python(values)
        starts = [i for i, x in enumerate(smoothed) if i == 0 or x != smoothed[i - 1]]
        turns = [
            (b, smoothed[b])
            for a, b, c in zip(starts, starts[1:], starts[2:], strict=False)
            if is_turn(smoothed[a], smoothed[b], smoothed[c])
        ]
        return list(report(turns))

    def arguments(draw: Draw) -> tuple[Any, ...]:
        # Up and down between few heights, so that turns are many and often equally high.
        values: list[int] = []
        up = draw.chance(0.5)
        while len(values) < 17 and not draw.chance(0.02):
            values.append(draw.pick((3, 3, 5, 6, 9) if up else (-7, -4, -2, -2, 0)))
            values += values[-1:] * draw.pick((0, 0, 1, 1, 2))
            if draw.chance(0.3):
                values.append(draw.pick((1, 2)))
            up = not up
        return (values,)

    return Problem(
        f"{words}{' Then take' if words else 'Take'} each stretch of equal neighbours of the "
        f"{copy} for one value. Of these, one that has a neighbour on both sides and is {when} is "
        f"a turn. Return {what}.",
        Interface(_NAME, (_VALUES,), "Vec<i64>"),
        reference,
        oracle,
        arguments,
        [
            ([],), ([3],), ([1, 5, 1],), ([5, 1, 1, 1, 5, 5, 2],), ([1, 2, 3, 4, 4],),
            ([0, 3, 3, 0, -2, -2, 4, 2, 9, 1],), ([0, 5, -5, 9, 4, 4, 8, 0],),
            ([2, 7, 2, 3, 2, 8, 8, 6, 9, 7, 12, 0, 3],),
            ([0, 5, 5, 0, 0, 5, 5, 1, 1, 7, 7, 0, 0, 6, 6, 1],),
            ([4, 0, 0, 4, 4, 0, 0, 3, 3, -2, -2, 1, 1, -1, -1, 2],),
        ],
    )  # fmt: skip


_EDGES: list[tuple[list[int]]] = [
    ([],), ([0],), ([-5],), ([2, 2, 2, 2],), ([1, 2, 3, 4],), ([4, 3, 2, 1],), ([-1, 0, 0, 1],),
]  # fmt: skip


def _walk(draw: Draw) -> list[int]:
    """Values whose neighbours are often equal or near."""
    values = [draw.between(-6, 6) for _ in range(draw.below(13))]
    return [values[i - 1] if i and draw.chance(0.25) else x for i, x in enumerate(values)]
