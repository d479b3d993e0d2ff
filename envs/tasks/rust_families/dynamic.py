"""Dynamic programming: ways to cover, hops, loads, pairings, chains and plans of days."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

from ....verifiers.rust.interface import Interface
from ..draw import Draw
from .family import Problem, family

_VALUES = ("values", "&[i64]")
# name -> words, Python, Rust.
_Table = dict[str, tuple[str, Callable[..., Any], str]]
# The same with the type of what is returned.
_Typed = dict[str, tuple[str, Callable[..., Any], str, str]]

# ---------------------------------------------------------------- 1: ways to cover a row

# name -> lengths of boards, and in how many colours there are such.
_BOARDS: dict[str, dict[int, int]] = {
    "1-2": {1: 1, 2: 1}, "1-3": {1: 1, 3: 1}, "2-3": {2: 1, 3: 1}, "1-4": {1: 1, 4: 1},
    "2x1-2": {1: 2, 2: 1}, "1-3x2": {1: 1, 2: 3}, "2x1-3": {1: 2, 3: 1}, "2x2-3": {2: 2, 3: 1},
    "1-2-3": {1: 1, 2: 1, 3: 1}, "1-2-5": {1: 1, 2: 1, 5: 1}, "2-3-4": {2: 1, 3: 1, 4: 1},
}  # fmt: skip
_COUNTS = ("no", "one", "two", "three")

# ---------------------------------------------------------------- 2: hops

_HOPS: dict[str, tuple[int, ...]] = {"12": (1, 2), "13": (1, 3), "23": (2, 3), "124": (1, 2, 4)}
# Python: of the values of the stones of each way.
_HOPPED: _Typed = {
    "lowest": (
        "the lowest sum that a way has: of the numbers of all stones on which it is, the first and "
        "the last one included; or None if there is no way",
        lambda ways: min(map(sum, ways), default=None),
        """    let mut sums: Vec<Option<i64>> = Vec::new();
    for (place, &x) in values.iter().enumerate() {
        let before = HOPS
            .iter()
            .filter_map(|&hop| sums[place.checked_sub(hop)?])
            .min();
        sums.push(if place == 0 { Some(x) } else { before.map(|sum| sum + x) });
    }
    *sums.last()?
""",
        "Option<i64>",
    ),
    "highest": (
        "the highest sum that a way has: of the numbers of all stones on which it is, the first "
        "and the last one included; or None if there is no way",
        lambda ways: max(map(sum, ways), default=None),
        """    let mut sums: Vec<Option<i64>> = Vec::new();
    for (place, &x) in values.iter().enumerate() {
        let before = HOPS
            .iter()
            .filter_map(|&hop| sums[place.checked_sub(hop)?])
            .max();
        sums.push(if place == 0 { Some(x) } else { before.map(|sum| sum + x) });
    }
    *sums.last()?
""",
        "Option<i64>",
    ),
    "dry": (
        "how many ways there are that are on no stone with a number below 0 (the first and the "
        "last one count, too); ways that differ in a stone are different",
        lambda ways: len([way for way in ways if min(way) >= 0]),
        """    let mut ways: Vec<u64> = Vec::new();
    for (place, &x) in values.iter().enumerate() {
        let before = HOPS
            .iter()
            .filter_map(|&hop| Some(ways[place.checked_sub(hop)?]))
            .sum();
        ways.push(match place {
            _ if x < 0 => 0,
            0 => 1,
            _ => before,
        });
    }
    ways.last().copied().unwrap_or_default()
""",
        "u64",
    ),
    "fewest": (
        "the least number of hops that a way has that is on no stone with a number below 0 (the "
        "first and the last one count, too), or None if there is no such way",
        lambda ways: min((len(way) - 1 for way in ways if min(way) >= 0), default=None),
        """    let mut hops: Vec<Option<usize>> = Vec::new();
    for (place, &x) in values.iter().enumerate() {
        let before = HOPS
            .iter()
            .filter_map(|&hop| hops[place.checked_sub(hop)?])
            .min();
        hops.push(match place {
            _ if x < 0 => None,
            0 => Some(0),
            _ => before.map(|count| count + 1),
        });
    }
    *hops.last()?
""",
        "Option<usize>",
    ),
}

# ---------------------------------------------------------------- 3: loads

# name -> words, Python (how often a thing may be taken into this room), Rust.
_OFTEN: dict[str, tuple[str, Callable[[int], int], str]] = {
    "once": ("Each thing can be taken once or not at all.", lambda _: 1, "1"),
    "twice": ("Each thing can be taken twice, once or not at all.", lambda _: 2, "2"),
    "often": (
        "Each thing can be taken as often as one likes, or not at all.",
        lambda room: room,
        "room",
    ),
}
# Python: of the loads as (weight, number of things, value), and the limit.
_LOADED: _Typed = {
    "fewest": (
        "the least number of things that weigh exactly `limit` together (0 things weigh 0; a thing "
        "counts as often as it is taken), or None if there is no such load",
        lambda loads, limit: min((n for w, n, _ in loads if w == limit), default=None),
        """    let mut fewest: Vec<Option<usize>> = (0..=limit)
        .map(|room| if room == 0 { Some(0) } else { None })
        .collect();
    for &weight in weights {
        let with = |count: usize, room: usize| {
            let before = fewest[room.checked_sub(count * weight)?]?;
            Some(before + count)
        };
        fewest = (0..=limit)
            .map(|room| (0..=$most).filter_map(|count| with(count, room)).min())
            .collect();
    }
    fewest[limit]
""",
        "Option<usize>",
    ),
    "ways": (
        "how many loads weigh exactly `limit` (the load of no things weighs 0); two loads differ "
        "if the thing at some place of `weights` is taken more often in one than in the other",
        lambda loads, limit: len([w for w, _, _ in loads if w == limit]),
        """    let mut ways: Vec<u64> = (0..=limit).map(|room| u64::from(room == 0)).collect();
    for &weight in weights {
        let with = |count: usize, room: usize| {
            let rest = room.checked_sub(count * weight)?;
            Some(ways[rest])
        };
        ways = (0..=limit)
            .map(|room| (0..=$most).filter_map(|count| with(count, room)).sum())
            .collect();
    }
    ways[limit]
""",
        "u64",
    ),
    "heaviest": (
        "the largest weight that a load can have without weighing more than `limit`",
        lambda loads, limit: max(w for w, _, _ in loads if w <= limit),
        """    let mut reached = BTreeSet::from([0]);
    for &weight in weights {
        reached = reached
            .into_iter()
            .flat_map(|before: usize| {
                let room = limit - before;
                (0..=$most).map(move |count| before + count * weight)
            })
            .filter(|&total| total <= limit)
            .collect();
    }
    reached.into_iter().fold(0, usize::max)
""",
        "usize",
    ),
    "best": (
        "the largest sum of values that a load can have that does not weigh more than `limit` (a "
        "value counts as often as its thing is taken; 0 for no things)",
        lambda loads, limit: max(v for w, _, v in loads if w <= limit),
        """    let mut best: Vec<u64> = (0..=limit).map(|_| 0).collect();
    for &(weight, value) in things {
        let with = |count: usize, room: usize| {
            let rest = room.checked_sub(count * weight)?;
            Some(best[rest] + count as u64 * value)
        };
        best = (0..=limit)
            .filter_map(|room| (0..=$most).filter_map(|count| with(count, room)).max())
            .collect();
    }
    best[limit]
""",
        "u64",
    ),
}

# ---------------------------------------------------------------- 4: pairs

_PAIRED: _Table = {
    "equal": (
        "Only equal values can be a pair, which costs nothing.",
        lambda x, y: 0 if x == y else 999,
        "if x == y {\n        0\n    } else {\n        gap_in_a(x) + gap_in_b(y)\n    }",
    ),
    "one": (
        "A pair of equal values costs nothing, any other costs 1.",
        lambda x, y: int(x != y),
        "i64::from(x != y)",
    ),
    "distance": (
        "A pair costs the larger of its two values minus the smaller one.",
        lambda x, y: abs(x - y),
        "(x - y).abs()",
    ),
    "parity": (
        "A pair of equal values costs nothing, any other 1 if the sum of its values is even, and 3 "
        "if it is odd.",
        lambda x, y: 0 if x == y else 1 + 2 * ((x + y) % 2),
        "if x == y {\n        0\n    } else if (x + y) % 2 == 0 {\n        1\n    } else {\n"
        "        3\n    }",
    ),
}
# name -> words, Python for both sides, Rust for both sides, whether the end of b is free.
_GAP: dict[str, tuple[str, Callable[[int], int], Callable[[int], int], tuple[str, str], bool]] = {
    "two": ("Each value that is in no pair costs 2.", lambda _: 2, lambda _: 2, ("2", "2"), False),
    "uneven": (
        "Each value of `a` that is in no pair costs 2, each of `b` 3.",
        lambda _: 2,
        lambda _: 3,
        ("2", "3"),
        False,
    ),
    "size": (
        "Each value x of `a` or `b` that is in no pair costs 1 if it is 0 or less, else x + 1.",
        lambda x: max(x, 0) + 1,
        lambda x: max(x, 0) + 1,
        ("x.max(0) + 1", "y.max(0) + 1"),
        False,
    ),
    "tail": (
        "Each value that is in no pair costs 2; but those of `b` that come after all values of `b` "
        "that are in a pair cost nothing (if there are no pairs, that is all of `b`).",
        lambda _: 2,
        lambda _: 2,
        ("2", "2"),
        True,
    ),
}

# ---------------------------------------------------------------- 5: chains and plans

_FOLLOWS: _Table = {
    "greater": ("greater than it", lambda a, b: b > a, "y > x"),
    "near": ("equal to it or 1 or 2 away from it", lambda a, b: abs(a - b) <= 2,
             "(x - y).abs() <= 2"),
    "other": (
        "odd if that is even, and even if that is odd",
        lambda a, b: (a + b) % 2 == 1,
        "(x + y) % 2 != 0",
    ),
    "falling": (
        "smaller than it, but not by more than 3",
        lambda a, b: a - b in (1, 2, 3),
        "(y + 1..=y + 3).contains(&x)",
    ),
}  # fmt: skip
_SCORE: _Table = {
    "count": ("how many values it has", len, "places.len() as i64"),
    "sum": ("the sum of its values", sum, "places.iter().map(|&place| values[place]).sum()"),
    "size": (
        "the sum of the absolute values of its values",
        lambda chain: sum(map(abs, chain)),
        "places.iter().map(|&place| values[place].abs()).sum()",
    ),
}
# Python: of the values, the best chain's places, its score.
_CHAIN: _Typed = {
    "places": ("its places", lambda _v, places, _s: places, "best", "Vec<usize>"),
    "values": (
        "its values, in their order",
        lambda v, places, _s: [v[i] for i in places],
        "best.iter().map(|&place| values[place]).collect()",
        "Vec<i64>",
    ),
    "ends": (
        "a pair of its first place and its score",
        lambda _v, places, s: (places[0], s),
        "(best[0], score(values, &best))",
        "(usize, i64)",
    ),
}
# name -> words, Python (what it costs to go on with this task, or None), and Rust: filter, cost,
# helper.
_CHANGE: dict[str, tuple[str, Callable[[int, int], int | None], tuple[str, str, str]]] = {
    "other": (
        "On no day may one do the task that one did on the day before.",
        lambda a, b: None if a == b else 0,
        (".filter(|(_, tasks)| tasks[0] != task)", "", ""),
    ),
    "toll": (
        "On each day on which one does another task than on the day before one pays 3.",
        lambda a, b: 3 * (a != b),
        ("", " - toll(task, tasks[0])",
         "\nfn toll(task: usize, next: usize) -> i64 {\n    if task == next {\n        0\n"
         "    } else {\n        3\n    }\n}\n"),
    ),
    "near": (
        "From one day to the next the number of the task may change by 1 at most.",
        lambda a, b: 0 if abs(a - b) <= 1 else None,
        (".filter(|(_, tasks)| task.abs_diff(tasks[0]) <= 1)", "", ""),
    ),
}  # fmt: skip
# Python: of the plans as (earnings, tasks).
_PLANNED: _Typed = {
    "earned": (
        "the most that one can earn (0 if there are no days), or None if there is no way",
        lambda plans: max((x for x, _ in plans), default=None),
        "    Some(best?.0)\n",
        "Option<i64>",
    ),
    "tasks": (
        "the tasks of all days with which one earns most (of several ways, the one with the "
        "smallest task on the first day on which they differ), or None if there is no way; if "
        "there are no days, Some of no tasks",
        lambda plans: min(plans, key=lambda plan: (-plan[0], plan[1]))[1] if plans else None,
        "    Some(best?.1)\n",
        "Option<Vec<usize>>",
    ),
}


def _variants(level: int) -> list[tuple[Any, ...]]:
    if level == 5:
        return [
            (level, *names)
            for tables in ((("chain",), _FOLLOWS, _SCORE, _CHAIN), (("plan",), _CHANGE, _PLANNED))
            for names in itertools.product(*tables)
        ]
    tables: tuple[dict[str, Any], ...] = {
        1: (_BOARDS,),
        2: (_HOPS, _HOPPED),
        3: (_OFTEN, _LOADED),
        4: (_PAIRED, _GAP),
    }[level]
    return [(level, *names) for names in itertools.product(*tables)]


@family("dynamic", _variants)
def dynamic(level: int, *names: str) -> Problem:
    if level == 5:
        return (_chains if names[0] == "chain" else _plans)(*names[1:])
    makers: tuple[Callable[..., Problem], ...] = (_boards, _hops, _loads, _pairs)
    return makers[level - 1](*names)


def _boards(name: str) -> Problem:
    boards = _BOARDS[name]
    listed = " ".join(
        f"Boards of length {length} come in {_COUNTS[colours]} colour{'s' if colours > 1 else ''}."
        for length, colours in boards.items()
    )
    terms = " + ".join(
        f"{colours} * with({length})" if colours > 1 else f"with({length})"
        for length, colours in boards.items()
    )
    reference = f"""pub fn ways(n: usize) -> u64 {{
    let mut ways = vec![1];
    for size in 1..=n {{
        let with = |length| if length <= size {{ ways[size - length] }} else {{ 0 }};
        ways.push({terms});
    }}
    ways[n]
}}
"""

    def oracle(n: int) -> int:
        total = 0
        for counts in itertools.product(*(range(n // length + 1) for length in boards)):
            if sum(map(math.prod, zip(counts, boards, strict=True))) == n:
                orders = math.factorial(sum(counts)) // math.prod(map(math.factorial, counts))
                colours = zip(boards.values(), counts, strict=True)
                total += orders * math.prod(number**count for number, count in colours)
        return total

    return Problem(
        "A row of length `n` is to be covered by boards that are laid one behind the other, "
        f"without gaps, and do not reach beyond its end. {listed} Return in how many ways that can "
        "be done; ways differ if the boards, read from left to right, have different lengths or "
        "colours at some place. A row of length 0 is covered in one way.",
        Interface("ways", (("n", "usize"),), "u64"),
        reference,
        oracle,
        lambda draw: (draw.below(31),),
        [(n,) for n in range(9)],
    )


def _hops(hops: str, hopped: str) -> Problem:
    lengths = _HOPS[hops]
    what, report, body, kind = _HOPPED[hopped]
    listed = ", ".join(map(str, lengths[:-1]))
    reference = (
        f"const HOPS: [usize; {len(lengths)}] = {list(lengths)};\n\n"
        f"pub fn hop(values: &[i64]) -> {kind} {{\n{body}}}\n"
    )

    def ways(values: list[int], place: int) -> Iterator[list[int]]:
        if place == len(values) - 1:
            yield [values[place]]
        elif place < len(values):
            for length in lengths:
                for rest in ways(values, place + length):
                    yield [values[place], *rest]

    def arguments(draw: Draw) -> tuple[Any, ...]:
        low = -5 if hopped in ("lowest", "highest") else -1
        values = [draw.between(low, 6) for _ in range(draw.between(2, 10))]
        if low == -1 and draw.chance(0.9):
            values[0] = values[-1] = draw.below(3)
        return (values,)

    return Problem(
        "Stones lie in a row, and `values` has a number for each, from left to right. A way starts "
        f"on the first stone and ends on the last one. It goes on by hops of {listed} or "
        f"{lengths[-1]} stones to the right (a hop of 1 is to the next stone). If there is one "
        f"stone only, there is one way, without hops; without stones there is none. Return {what}.",
        Interface("hop", (_VALUES,), kind),
        reference,
        lambda values: report(list(ways(values, 0)) if values else []),
        arguments,
        [
            ([],), ([4],), ([-4],), ([1, 2],), ([1, 2, 3],), ([2, -1, 3, 1],), ([0, 0, 0, 0, 0],),
            ([3, -2, -2, 0, 5, 1],), ([1, 0, 4, -1, 2, 0, 3],), ([0, 1, 1, -9, 1, 1, 9, 0],),
        ],
    )  # fmt: skip


def _loads(often: str, loaded: str) -> Problem:
    about, times, most = _OFTEN[often]
    what, report, body, kind = _LOADED[loaded]
    body = body.replace("$most", most)
    if often != "often":
        body = body.replace("                let room = limit - before;\n", "")
        body = body.replace(
            f"""{{
                (0..={most}).map(move |count| before + count * weight)
            }}""",
            f"(0..={most}).map(move |count| before + count * weight)",
        )
    with_values = loaded == "best"
    name, parameter = ("things", "&[(usize, u64)]") if with_values else ("weights", "&[usize]")
    uses = "use std::collections::BTreeSet;\n\n" if "BTreeSet" in body else ""
    reference = f"{uses}pub fn load({name}: {parameter}, limit: usize) -> {kind} {{\n{body}}}\n"

    def oracle(given: list[Any], limit: int) -> Any:
        things = given if with_values else [(weight, 0) for weight in given]
        loads = [
            tuple(map(sum, zip(*((n * w, n, n * v) for n, (w, v) in picks), strict=True)))
            for counts in itertools.product(
                *(range(min(times(limit), limit // w) + 1) for w, _ in things)
            )
            if (picks := list(zip(counts, things, strict=True)))
        ]
        return report(loads or [(0, 0, 0)], limit)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        weights = [draw.between(1, 7) for _ in range(draw.between(2, 4 if often == "often" else 5))]
        limit = draw.between(2, 14)
        return ([(w, draw.between(0, 9)) for w in weights] if with_values else weights, limit)

    samples: list[tuple[list[tuple[int, int]], int]] = [
        ([], 0), ([], 3), ([(4, 5)], 0), ([(4, 5)], 3), ([(4, 5)], 4), ([(4, 5)], 8),
        ([(4, 5)], 12), ([(1, 1), (1, 2)], 2), ([(2, 3), (3, 5)], 7), ([(5, 9), (3, 4), (2, 3)], 8),
    ]  # fmt: skip
    row = (
        "A thing in `things` is a pair of its weight, which is 1 or more, and its value."
        if with_values
        else "`weights` has the weights of some things, each 1 or more; two things may weigh the "
        "same."
    )
    return Problem(
        f"{row} A load is made of them. {about} Return {what}.",
        Interface("load", ((name, parameter), ("limit", "usize")), kind),
        reference,
        oracle,
        arguments,
        samples if with_values else [([w for w, _ in things], limit) for things, limit in samples],
    )


def _pairs(paired: str, gap: str) -> Problem:
    words, pair, rust = _PAIRED[paired]
    about, gap_a, gap_b, (rust_a, rust_b), is_free = _GAP[gap]
    answer = "above.into_iter().fold(i64::MAX, i64::min)" if is_free else "above[b.len()]"
    x, y = ("x" if "x" in rust_a else "_x"), ("y" if "y" in rust_b else "_y")
    reference = f"""pub fn lowest(a: &[i64], b: &[i64]) -> i64 {{
    let mut above = vec![0];
    for (j, &y) in b.iter().enumerate() {{
        above.push(above[j] + gap_in_b(y));
    }}
    for &x in a {{
        let mut row = vec![above[0] + gap_in_a(x)];
        for (j, &y) in b.iter().enumerate() {{
            let paired = above[j] + pair(x, y);
            let without_x = above[j + 1] + gap_in_a(x);
            let without_y = row[j] + gap_in_b(y);
            row.push(paired.min(without_x).min(without_y));
        }}
        above = row;
    }}
    {answer}
}}

fn pair(x: i64, y: i64) -> i64 {{
    {rust}
}}

fn gap_in_a({x}: i64) -> i64 {{
    {rust_a}
}}

fn gap_in_b({y}: i64) -> i64 {{
    {rust_b}
}}
"""

    def oracle(a: list[int], b: list[int]) -> int:
        found: list[int] = []
        for size in range(min(len(a), len(b)) + 1):
            for of_a in itertools.combinations(range(len(a)), size):
                for of_b in itertools.combinations(range(len(b)), size):
                    end = (max(of_b, default=-1) + 1) if is_free else len(b)
                    found.append(
                        sum(pair(a[i], b[j]) for i, j in zip(of_a, of_b, strict=True))
                        + sum(gap_a(x) for i, x in enumerate(a) if i not in of_a)
                        + sum(gap_b(y) for j, y in enumerate(b[:end]) if j not in of_b)
                    )
        return min(found)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        a = [draw.between(-1, 5) for _ in range(draw.between(1, 6))]
        b = [x if draw.chance(0.6) else draw.between(-1, 5) for x in a if draw.chance(0.75)]
        for _ in range(draw.below(4)):
            b.insert(draw.below(len(b) + 1), draw.between(-1, 5))
        return (a, b[:6])

    return Problem(
        "Values of `a` are to be paired with values of `b`. Each value is in one pair at most, and "
        "the pairs do not cross: of two pairs, the one whose value of `a` comes first also has the "
        f"value of `b` that comes first. {words} {about} Return the lowest sum of all costs that "
        "can be reached.",
        Interface("lowest", (("a", "&[i64]"), ("b", "&[i64]")), "i64"),
        reference,
        oracle,
        arguments,
        [
            ([], []), ([3], []), ([], [3]), ([3], [3]), ([3], [4]), ([3], [5]), ([0], [9]),
            ([1, 2, 3], [1, 2, 3]), ([1, 2, 3], [2, 3, 1]), ([1, 5, 2], [1, 2]), ([4, 4], [4]),
            ([-1, 3, 0], [2, -1, 3, 5, 0, 1]),
        ],
    )  # fmt: skip


def _chains(follows: str, score: str, chain: str) -> Problem:
    words, python, test = _FOLLOWS[follows]
    scored, measure, rust = _SCORE[score]
    what, report, answer, kind = _CHAIN[chain]
    values = "values" if "values" in rust else "_values"
    given = "`values` has at least one value. " if chain == "ends" else ""
    empty = "" if chain == "ends" else " If there are no values, return an empty vector."
    last = "best.unwrap_or_default()"
    reference = f"""use std::cmp::Reverse;
use std::collections::VecDeque;

pub fn chain(values: &[i64]) -> {kind} {{
    // The best chain that starts at each of the places so far.
    let mut chains: VecDeque<Vec<usize>> = VecDeque::new();
    for (place, &x) in values.iter().enumerate().rev() {{
        let mut rest: &[usize] = &[];
        for chain in &chains {{
            if may_follow(x, values[chain[0]]) && score(values, chain) > score(values, rest) {{
                rest = chain;
            }}
        }}
        let chain = [&[place], rest].concat();
        chains.push_front(chain);
    }}
    let best = chains.into_iter().min_by_key(|chain| Reverse(score(values, chain)));
    let best = {last};
    {answer}
}}

fn may_follow(x: i64, y: i64) -> bool {{
    {test}
}}

fn score({values}: &[i64], places: &[usize]) -> i64 {{
    {rust}
}}
"""
    if values == "_values":
        reference = reference.replace("score(values, ", "score(").replace("_values: &[i64], ", "")
    if chain == "places":
        reference = reference.replace(f"    let best = {last};\n    best\n", f"    {last}\n")

    def oracle(values: list[int]) -> Any:
        best: tuple[int, list[int]] | None = None
        for size in range(1, len(values) + 1):
            for places in itertools.combinations(range(len(values)), size):
                own = [values[i] for i in places]
                if all(python(a, b) for a, b in itertools.pairwise(own)):
                    found = (-measure(own), list(places))
                    best = found if best is None else min(best, found)
        return report(values, best[1], -best[0]) if best else []

    def arguments(draw: Draw) -> tuple[Any, ...]:
        return ([draw.between(-4, 7) for _ in range(draw.between(2, 9))],)

    edges: list[tuple[list[int]]] = [
        ([],), ([5],), ([-5],), ([2, 2],), ([1, 2],), ([2, 1],), ([5, 2],), ([5, 1],), ([-1, -2],),
        ([1, 4, 2, 3, 3, 7],), ([6, 5, 3, 3, 0, -1],), ([0, 3, 1, 4, 2, 5],), ([-3, -1, -4],),
    ]  # fmt: skip
    return Problem(
        f"{given}A chain is made of one or more of the values of `values`, in their order; values "
        "between them may be left out. Each value of a chain but its first is, compared to the one "
        f"before it in the chain, {words}. The score of a chain is {scored}. Take the chain with "
        "the highest score; of several, the one whose list of places (counted from 0) is smallest "
        "in lexicographic order: the smaller place at the first difference, or the shorter list if "
        f"it is the start of the other. Return {what}.{empty}",
        Interface("chain", (_VALUES,), kind),
        reference,
        oracle,
        arguments,
        edges[1:] if chain == "ends" else edges,
    )


def _plans(change: str, planned: str) -> Problem:
    words, python, (test, cost, helper) = _CHANGE[change]
    what, report, answer, kind = _PLANNED[planned]
    reference = f"""use std::cmp::Reverse;

type Plan = (i64, Vec<usize>);

pub fn plan(days: &[Vec<i64>]) -> {kind} {{
    let Some((last, earlier)) = days.split_last() else {{
        return Some(Default::default());
    }};
    // The best plan that starts with each task.
    let alone = |(task, &pay): (usize, &i64)| (pay, vec![task]);
    let mut plans: Vec<Plan> = last.iter().enumerate().map(alone).collect();
    for day in earlier.iter().rev() {{
        let before = |(task, pay): (usize, &i64)| {{
            let nexts = plans
                .iter()
                .$each(|(earned, tasks)| {{
                    let all = [&[task], tasks.as_slice()].concat();
                    (pay + earned$cost, all)
                }});
            first_best(nexts)
        }};
        plans = day.iter().enumerate().filter_map(before).collect();
    }}
    let best = first_best(plans.into_iter());
{answer}}}

fn first_best(plans: impl Iterator<Item = Plan>) -> Option<Plan> {{
    plans.min_by_key(|&(earned, _)| Reverse(earned))
}}
{helper}"""
    filtered = f"{test.removeprefix('.')}\n                .map" if test else "map"
    reference = reference.replace("$each", filtered).replace("$cost", cost)

    def oracle(days: list[list[int]]) -> Any:
        plans = []
        for tasks in itertools.product(*(range(len(day)) for day in days)):
            costs = [python(a, b) for a, b in itertools.pairwise(tasks)]
            if None not in costs:
                earned = sum(day[task] for day, task in zip(days, tasks, strict=True))
                plans.append((earned - sum(cost or 0 for cost in costs), list(tasks)))
        return report(plans)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        count = draw.pick((1, 2, 2, 3, 3, 4))
        high = draw.pick((3, 6, 9))
        return (
            [[draw.between(-1, high) for _ in range(count)] for _ in range(draw.between(1, 5))],
        )

    return Problem(
        "There are some tasks, numbered from 0, at least one. `days` has for each day, in their "
        "order, what one earns with each task on that day; it may be below 0. On each day one does "
        f"exactly one task. {words} Return {what}.",
        Interface("plan", (("days", "&[Vec<i64>]"),), kind),
        reference,
        oracle,
        arguments,
        [
            ([],), ([[4]],), ([[4], [5]],), ([[2, 2]],), ([[1, 3], [1, 3]],), ([[0, 0], [0, 0]],),
            ([[9, 0, 0], [0, 0, 9], [9, 0, 0]],), ([[1, 4], [5, 2], [1, 4]],), ([[-1, -2]],),
            ([[3, 0, 1], [2, 2, 2], [0, 5, 5], [1, 1, 6]],), ([[0, 3], [3, 0], [0, 3], [6, 0]],),
        ],
    )  # fmt: skip
