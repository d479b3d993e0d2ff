"""Half-open ranges: merged, cut, compared, booked."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from string import Template
from typing import Any

from ....verifiers.rust.interface import Interface
from ..draw import Draw
from .family import Problem, family

_Range = tuple[int, int]
# name -> words, Python, Rust.
_Table = dict[str, tuple[str, Callable[..., Any], str]]

_RANGES = ("ranges", "&[(i64, i64)]")
_WHAT = "A range (a, b) holds the whole numbers from a up to but not including b."
_MAY_BE_EMPTY = f"{_WHAT} If b is not greater than a, it is empty: it holds none."
_NONE_EMPTY = f"{_WHAT} No range in the arguments is empty: b is greater than a in all of them."

# ---------------------------------------------------------------- 1: two ranges


def _held(r: _Range) -> set[int]:
    return set(range(*r))


# name -> words, Python, Rust, type.
_PAIR: dict[str, tuple[str, Callable[[_Range, _Range], Any], str, str]] = {
    "common": (
        "how many numbers both ranges hold",
        lambda a, b: len(_held(a) & _held(b)),
        "(a.1.min(b.1) - a.0.max(b.0)).max(0)",
        "i64",
    ),
    "either": (
        "how many numbers at least one of the ranges holds (one that both hold counts once)",
        lambda a, b: len(_held(a) | _held(b)),
        """let common = (a.1.min(b.1) - a.0.max(b.0)).max(0);
    (a.1 - a.0) + (b.1 - b.0) - common""",
        "i64",
    ),
    "gap": (
        "how many numbers lie between the two ranges: 0 if they have a number in common or if one "
        "begins where the other ends",
        lambda a, b: len(range(min(a[1], b[1]), max(a[0], b[0]))),
        "(a.0.max(b.0) - a.1.min(b.1)).max(0)",
        "i64",
    ),
    "meet": (
        "whether there is a number that both ranges hold",
        lambda a, b: bool(_held(a) & _held(b)),
        "a.0 < b.1 && b.0 < a.1",
        "bool",
    ),
    "inside": (
        "whether `b` holds all numbers that `a` holds",
        lambda a, b: _held(a) <= _held(b),
        "b.0 <= a.0 && a.1 <= b.1",
        "bool",
    ),
    "touch": (
        "whether one of the ranges begins exactly where the other ends",
        lambda a, b: bool({a[0]} & {b[1]} or {b[0]} & {a[1]}),
        "a.1 == b.0 || b.1 == a.0",
        "bool",
    ),
    "joined": (
        "the range that holds exactly the numbers that at least one of `a` and `b` holds, or None "
        "if there is no such range",
        lambda a, b: (
            (min(a[0], b[0]), max(a[1], b[1]))
            if len(_held(a) | _held(b)) == max(a[1], b[1]) - min(a[0], b[0])
            else None
        ),
        """if a.0 <= b.1 && b.0 <= a.1 {
        Some((a.0.min(b.0), a.1.max(b.1)))
    } else {
        None
    }""",
        "Option<(i64, i64)>",
    ),
    "both": (
        "the range that holds exactly the numbers that both `a` and `b` hold, or None if there are "
        "no such numbers",
        lambda a, b: (
            (min(_held(a) & _held(b)), max(_held(a) & _held(b)) + 1)
            if _held(a) & _held(b)
            else None
        ),
        """let common = (a.0.max(b.0), a.1.min(b.1));
    (common.0 < common.1).then_some(common)""",
        "Option<(i64, i64)>",
    ),
    "left": (
        "the range that holds exactly the numbers of `a` that are smaller than all numbers of `b`, "
        "or None if there are none",
        lambda a, b: (a[0], min(a[1], b[0])) if a[0] < b[0] else None,
        "(a.0 < b.0).then_some((a.0, a.1.min(b.0)))",
        "Option<(i64, i64)>",
    ),
}

# ---------------------------------------------------------------- 2: a list and one range

_CHOSEN: _Table = {
    "meets": (
        "it and `probe` have a number in common",
        lambda r, p: bool(_held(r) & _held(p)),
        "range.0 < probe.1 && probe.0 < range.1",
    ),
    "inside": (
        "`probe` holds all its numbers",
        lambda r, p: _held(r) <= _held(p),
        "probe.0 <= range.0 && range.1 <= probe.1",
    ),
    "around": (
        "it holds all numbers of `probe`",
        lambda r, p: _held(r) >= _held(p),
        "range.0 <= probe.0 && probe.1 <= range.1",
    ),
    "before": (
        "all its numbers are smaller than all numbers of `probe`",
        lambda r, p: max(_held(r)) < min(_held(p)),
        "range.1 <= probe.0",
    ),
    "start": (
        "`probe` holds its smallest number",
        lambda r, p: r[0] in _held(p),
        "probe.0 <= range.0 && range.0 < probe.1",
    ),
}
# name -> words, Python (of the chosen (place, range) pairs), Rust, type.
_ANSWER: dict[str, tuple[str, Callable[[list[tuple[int, _Range]]], Any], str, str]] = {
    "count": (
        "how many ranges are chosen",
        len,
        "ranges.iter().filter(|&&range| is_chosen(range, probe)).count()",
        "usize",
    ),
    "last": (
        "the place in `ranges` (counted from 0) of the last range that is chosen, or None if none "
        "is",
        lambda chosen: chosen[-1][0] if chosen else None,
        "ranges.iter().rposition(|&range| is_chosen(range, probe))",
        "Option<usize>",
    ),
    "length": (
        "the sum of the lengths of the ranges that are chosen; the length of a range is how many "
        "numbers it holds",
        lambda chosen: sum(len(range(*r)) for _, r in chosen),
        """let mut length = 0;
    for &range in ranges {
        if is_chosen(range, probe) {
            length += range.1 - range.0;
        }
    }
    length""",
        "i64",
    ),
    "longest": (
        "the longest range that is chosen, or None if none is; of several, the first in `ranges`",
        lambda chosen: min((r for _, r in chosen), key=lambda r: r[0] - r[1], default=None),
        """let mut longest: Option<(i64, i64)> = None;
    for &range in ranges {
        let length = range.1 - range.0;
        if is_chosen(range, probe) && longest.is_none_or(|best| length > best.1 - best.0) {
            longest = Some(range);
        }
    }
    longest""",
        "Option<(i64, i64)>",
    ),
}

# ---------------------------------------------------------------- 3: one list, merged

# name -> words, Python (whether two sets of numbers belong together), Rust.
_TOGETHER: _Table = {
    "overlap": (
        "two ranges that hold a number in common belong together (not those that merely touch: "
        "(1, 3) and (3, 5) do not)",
        lambda a, b: a[0] < b[1] and b[0] < a[1],
        "range.0 < last.1",
    ),
    "touch": (
        "two ranges belong together if they hold a number in common or if one begins where the "
        "other ends",
        lambda a, b: not (a[1] < b[0] or b[1] < a[0]),
        "range.0 <= last.1",
    ),
    "near": (
        "two ranges belong together if fewer than 3 numbers lie between them (if they hold a "
        "number in common, none do)",
        lambda a, b: len(range(min(a[1], b[1]), max(a[0], b[0]))) < 3,
        "range.0 - last.1 < 3",
    ),
}
_MERGED: dict[str, tuple[str, Callable[[list[_Range]], Any], str, str]] = {
    "all": (
        "the resulting ranges, in ascending order",
        lambda merged: merged,
        "merged(ranges)",
        "Vec<(i64, i64)>",
    ),
    "gaps": (
        "for each of the resulting ranges but the first, in ascending order, how many numbers lie "
        "between it and the one before it",
        lambda merged: [len(range(a[1], b[0])) for a, b in itertools.pairwise(merged)],
        "merged(ranges).windows(2).map(|pair| pair[1].0 - pair[0].1).collect()",
        "Vec<i64>",
    ),
    "lengths": (
        "the lengths (how many numbers they hold) of the resulting ranges, in descending order",
        lambda merged: sorted((len(range(*r)) for r in merged), reverse=True),
        """let merged = merged(ranges);
    let mut lengths: Vec<i64> = merged.iter().map(|range| range.1 - range.0).collect();
    lengths.sort_unstable_by(|a, b| b.cmp(a));
    lengths""",
        "Vec<i64>",
    ),
    "longest": (
        "the longest of the resulting ranges, or None if there is none; of several, the one with "
        "the smallest numbers",
        lambda merged: next(
            (r for r in merged if len(range(*r)) == max(len(range(*s)) for s in merged)), None
        ),
        """let mut longest: Option<(i64, i64)> = None;
    for range in merged(ranges) {
        if longest.is_none_or(|best| range.1 - range.0 > best.1 - best.0) {
            longest = Some(range);
        }
    }
    longest""",
        "Option<(i64, i64)>",
    ),
}

# ---------------------------------------------------------------- 4: two lists

_COMBINED: _Table = {
    "and": ("both a range of `a` and a range of `b` hold", lambda a, b: a & b, "in_a && in_b"),
    "or": (
        "a range of `a` or a range of `b` or both hold",
        lambda a, b: a | b,
        "in_a || in_b",
    ),
    "minus": (
        "a range of `a` holds, but no range of `b`",
        lambda a, b: a - b,
        "in_a && !in_b",
    ),
    "one": (
        "a range of `a` holds but none of `b`, or a range of `b` but none of `a`",
        lambda a, b: a ^ b,
        "in_a != in_b",
    ),
}
_PIECES: dict[str, tuple[str, Callable[[list[_Range]], Any], str, str]] = {
    "ranges": (
        "them as ranges: as few as possible, none empty, in ascending order",
        lambda pieces: pieces,
        "pieces",
        "Vec<(i64, i64)>",
    ),
    "longest": (
        "the range of the longest stretch of consecutive ones of them (of several, the one with "
        "the smallest numbers), or None if there are none",
        lambda pieces: max(pieces, key=lambda p: (p[1] - p[0], -p[0]), default=None),
        "pieces.into_iter().rev().max_by_key(|piece| piece.1 - piece.0)",
        "Option<(i64, i64)>",
    ),
    "pieces": (
        "how many stretches of consecutive numbers they form (each as long as it can be), and how "
        "many numbers the shortest of these has (0 if there is none), as a pair",
        lambda pieces: (len(pieces), min((b - a for a, b in pieces), default=0)),
        """let shortest = pieces.iter().map(|piece| piece.1 - piece.0).min();
    (pieces.len(), shortest.unwrap_or(0))""",
        "(usize, i64)",
    ),
    "first": (
        "the smallest number that begins a stretch of at least 3 consecutive ones of them, or None "
        "if there is no such stretch",
        lambda pieces: next((a for a, b in pieces if b > a + 2), None),
        """pieces
        .iter()
        .find(|piece| piece.1 - piece.0 >= 3)
        .map(|piece| piece.0)""",
        "Option<i64>",
    ),
}

# ---------------------------------------------------------------- 5: bookings


# name -> words, Python: the key that is smallest for the room that is taken, Rust.
_POLICY: dict[str, tuple[str, Callable[[int, list[_Range]], Any], str]] = {
    "first": (
        "the one with the lowest number",
        lambda room, _held: room,
        "free.min()",
    ),
    "idle": (
        "the one whose bookings so far have the smallest total length (of several, the one with "
        "the lowest number)",
        lambda room, held: (sum(b - a for a, b in held), room),
        """free.min_by_key(|&room| rooms[room].iter().map(|held| held.1 - held.0).sum::<i64>())""",
    ),
    "busy": (
        "the one that has the most bookings so far (of several, the one with the highest number)",
        lambda room, held: (-len(held), -room),
        "free.max_by_key(|&room| rooms[room].len())",
    ),
    "latest": (
        "the one whose bookings so far end latest, by the last end among them (of several, the one "
        "with the lowest number); rooms without a booking come after all that have one",
        lambda room, held: (-max((end for _, end in held), default=-99), room),
        "free.min_by_key(|&room| Reverse(rooms[room].iter().map(|held| held.1).max()))",
    ),
}
_CLEAN: _Table = {
    "none": (
        "A room is free for a booking if it has no booking that holds a number in common with it.",
        lambda new, old: not _held(new) & _held(old),
        "booking.1 <= held.0 || held.1 <= booking.0",
    ),
    "one": (
        "A room is free for a booking if between it and each booking that the room has lies at "
        "least one number that neither of the two holds (so two that touch or have a number in "
        "common cannot share a room).",
        lambda new, old: new[1] < old[0] or old[1] < new[0],
        "booking.1 < held.0 || held.1 < booking.0",
    ),
}
# name -> words, Python (of the bookings, the room of each, how many rooms), Rust, type.
_REPORT: dict[
    str, tuple[str, Callable[[list[_Range], list[int | None], int], Any], tuple[str, str, str], str]
] = {
    "rooms": (
        "for each booking, in their order, the number of its room, or None if it is refused",
        lambda _bookings, given, _count: given,
        ("let mut given = Vec::new();", "given.push(room);", "given"),
        "Vec<Option<usize>>",
    ),
    "refused": (
        "a pair: the places in `bookings` (counted from 0) of those that are refused, in ascending "
        "order, and how many bookings each room has, in the order of their numbers",
        lambda _bookings, given, count: (
            [i for i, room in enumerate(given) if room is None],
            [given.count(room) for room in range(count)],
        ),
        (
            "let mut refused = Vec::new();",
            "if room.is_none() {\n            refused.push(i);\n        }",
            "(refused, rooms.iter().map(Vec::len).collect())",
        ),
        "(Vec<usize>, Vec<usize>)",
    ),
    "plan": (
        "for each room, in the order of their numbers, its bookings, ordered by where they begin",
        lambda bookings, given, count: [
            sorted(b for b, room in zip(bookings, given, strict=True) if room == number)
            for number in range(count)
        ],
        ("", "", "for held in &mut rooms {\n        held.sort_unstable();\n    }\n    rooms"),
        "Vec<Vec<(i64, i64)>>",
    ),
}


def _variants(level: int) -> list[tuple[Any, ...]]:
    tables: tuple[dict[str, Any], ...] = {
        1: (_PAIR,),
        2: (_CHOSEN, _ANSWER),
        3: (_TOGETHER, _MERGED),
        4: (_COMBINED, _PIECES),
        5: (_POLICY, _CLEAN, _REPORT),
    }[level]
    return [(level, *names) for names in itertools.product(*tables)]


@family("intervals", _variants)
def intervals(level: int, *names: str) -> Problem:
    return (_pair, _chosen, _merged, _combined, _booked)[level - 1](*names)


def _pair(name: str) -> Problem:
    words, python, rust, kind = _PAIR[name]
    return Problem(
        f"{_NONE_EMPTY} Return {words}.",
        Interface("compare", (("a", "(i64, i64)"), ("b", "(i64, i64)")), kind),
        f"pub fn compare(a: (i64, i64), b: (i64, i64)) -> {kind} {{\n    {rust}\n}}\n",
        python,
        _two,
        [
            ((0, 1), (0, 1)), ((0, 2), (2, 3)), ((2, 3), (0, 2)), ((0, 9), (3, 4)),
            ((3, 4), (0, 9)), ((-5, -2), (-3, 1)), ((-1, 3), (-4, 0)), ((0, 1), (2, 3)),
            ((5, 8), (1, 4)), ((1, 4), (1, 6)), ((1, 6), (3, 6)),
        ],
    )  # fmt: skip


def _chosen(chosen: str, answer: str) -> Problem:
    when, is_chosen, test = _CHOSEN[chosen]
    what, python, rust, kind = _ANSWER[answer]
    reference = f"""pub fn among(ranges: &[(i64, i64)], probe: (i64, i64)) -> {kind} {{
    {rust}
}}

fn is_chosen(range: (i64, i64), probe: (i64, i64)) -> bool {{
    {test}
}}
"""

    def oracle(ranges: list[_Range], probe: _Range) -> Any:
        return python([(i, r) for i, r in enumerate(ranges) if is_chosen(r, probe)])

    def arguments(draw: Draw) -> tuple[Any, ...]:
        a, b = _range(draw)
        probe = (
            (a, b) if chosen == "around" else (a, b + 2) if chosen != "before" else (a + 4, b + 4)
        )
        near = [(a, b), (a, b + 1), (a - 1, b), (a - 2, a), (b, b + 2), (a - 1, b + 2), (a, b + 3)]
        ranges = [
            draw.pick(near) if draw.chance(0.5) else _range(draw) for _ in range(draw.between(1, 8))
        ]
        return (ranges, probe)

    return Problem(
        f"{_NONE_EMPTY} A range of `ranges` is chosen if {when}. Return {what}.",
        Interface("among", (_RANGES, ("probe", "(i64, i64)")), kind),
        reference,
        oracle,
        arguments,
        [
            ([], (0, 3)), ([(1, 4)], (1, 4)), ([(1, 4)], (4, 6)), ([(4, 6)], (1, 4)),
            ([(2, 3), (0, 9), (3, 5), (1, 2)], (2, 4)), ([(1, 3), (3, 4), (4, 6)], (3, 4)),
            ([(-4, -1), (-9, 2), (-3, -2), (-3, 0)], (-3, -1)), ([(0, 1), (1, 2), (2, 3)], (5, 6)),
        ],
    )  # fmt: skip


def _merged(together: str, merged: str) -> Problem:
    when, python, test = _TOGETHER[together]
    what, report, rust, kind = _MERGED[merged]
    reference = f"""pub fn merge(ranges: &[(i64, i64)]) -> {kind} {{
    {rust}
}}

fn merged(ranges: &[(i64, i64)]) -> Vec<(i64, i64)> {{
    let mut sorted = ranges.to_vec();
    sorted.retain(|range| range.0 < range.1);
    sorted.sort_unstable();
    let mut merged: Vec<(i64, i64)> = Vec::new();
    for range in sorted {{
        match merged.last_mut() {{
            Some(last) if {test} => last.1 = last.1.max(range.1),
            _ => merged.push(range),
        }}
    }}
    merged
}}
"""

    def oracle(ranges: list[_Range]) -> Any:
        groups: list[list[_Range]] = []
        for new in (r for r in ranges if _held(r)):
            near = [g for g in groups if any(python(new, r) for r in g)]
            groups = [g for g in groups if g not in near] + [[new, *itertools.chain(*near)]]
        return report(sorted((min(r[0] for r in g), max(r[1] for r in g)) for g in groups))

    def arguments(draw: Draw) -> tuple[Any, ...]:
        # Mostly a chain of ranges whose distances are around 0 and 3, in disorder.
        ranges, at = [], draw.between(-9, 3)
        for _ in range(draw.between(2, 8)):
            end = at + draw.between(1, 5)
            ranges.append((at, end))
            at = end + draw.pick((-3, -2, -1, 0, 0, 1, 2, 3, 3, 4))
        if draw.chance(0.3):
            ranges.append(draw.pick(((at, at), (at + 1, at), (2, -2))))
        return (draw.shuffle(ranges),)

    return Problem(
        f"{_MAY_BE_EMPTY} Leave empty ranges out. Of the others, {when}. Replace all that belong "
        "together, be it directly or by way of others, by the one smallest range that holds all "
        f"their numbers. Return {what}.",
        Interface("merge", (_RANGES,), kind),
        reference,
        oracle,
        arguments,
        [
            ([],), ([(3, 3)],), ([(5, 1), (7, 7)],), ([(0, 1)],), ([(0, 2), (2, 4)],),
            ([(4, 6), (0, 3)],), ([(0, 9), (2, 3), (8, 10)],),
            ([(1, 2), (4, 5), (8, 9), (13, 14)],),
            ([(0, 2), (4, 6), (9, 11), (15, 16), (16, 18)],), ([(2, 5), (2, 5), (1, 5), (5, 5)],),
        ],
    )  # fmt: skip


def _combined(combined: str, pieces: str) -> Problem:
    which, python, test = _COMBINED[combined]
    what, report, rust, kind = _PIECES[pieces]
    reference = f"""use std::collections::BTreeSet;

pub fn combine(a: &[(i64, i64)], b: &[(i64, i64)]) -> {kind} {{
    let pieces = pieces(a, b);
    {rust}
}}

fn pieces(a: &[(i64, i64)], b: &[(i64, i64)]) -> Vec<(i64, i64)> {{
    let bounds: BTreeSet<i64> = a.iter().chain(b).flat_map(|range| [range.0, range.1]).collect();
    let mut pieces: Vec<(i64, i64)> = Vec::new();
    for (&start, &end) in bounds.iter().zip(bounds.iter().skip(1)) {{
        let in_a = holds(a, start);
        let in_b = holds(b, start);
        if {test} {{
            match pieces.last_mut() {{
                Some(last) if last.1 == start => last.1 = end,
                _ => pieces.push((start, end)),
            }}
        }}
    }}
    pieces
}}

fn holds(ranges: &[(i64, i64)], number: i64) -> bool {{
    ranges.iter().any(|range| range.0 <= number && number < range.1)
}}
"""
    if pieces == "ranges":
        reference = reference.replace(
            "    let pieces = pieces(a, b);\n    pieces\n", "    pieces(a, b)\n"
        )

    def oracle(a: list[_Range], b: list[_Range]) -> Any:
        sets = [set().union(*map(_held, ranges)) for ranges in (a, b)]
        numbers = sorted(python(*sets))
        starts = [n for n in numbers if n - 1 not in numbers]
        ends = [n + 1 for n in numbers if n + 1 not in numbers]
        return report(list(zip(starts, ends, strict=True)))

    def arguments(draw: Draw) -> tuple[Any, ...]:
        lists: list[list[_Range]] = [[], []]
        for ranges in lists:
            for _ in range(draw.between(1, 4)):
                a, b = _range(draw)
                ranges.append((a, b + draw.below(4 if ranges is lists[1] else 8)))
            if draw.chance(0.2):
                ranges.append(draw.pick(((3, 3), (6, 2))))
        return (lists[0], lists[1])

    return Problem(
        f"{_MAY_BE_EMPTY} The ranges of a list are in no order and may hold numbers in common. "
        f"Look at all numbers that {which}. Return {what}.",
        Interface("combine", (("a", "&[(i64, i64)]"), ("b", "&[(i64, i64)]")), kind),
        reference,
        oracle,
        arguments,
        [
            ([], []), ([(0, 3)], []), ([], [(2, 4)]), ([(0, 3)], [(3, 6)]),
            ([(0, 1)], [(3, 7)]), ([(3, 6)], [(0, 3)]),
            ([(0, 9)], [(3, 5)]), ([(3, 5)], [(0, 9)]),
            ([(1, 3), (3, 4)], [(2, 2), (0, 8), (7, 1)]),
            ([(0, 2), (4, 7)], [(1, 5), (6, 9)]), ([(-3, 0), (-1, 4)], [(-3, 4)]),
        ],
    )  # fmt: skip


def _booked(policy: str, clean: str, report: str) -> Problem:
    best, key, pick = _POLICY[policy]
    free, is_free, test = _CLEAN[clean]
    what, python, (start, each, end), kind = _REPORT[report]
    indexed = "(i, &booking) in bookings.iter().enumerate()"
    reference = Template(
        """${uses}pub fn plan(bookings: &[(i64, i64)], count: usize) -> $kind {
    let mut rooms: Vec<Vec<(i64, i64)>> = vec![Vec::new(); count];
${start}    for $pattern {
        let room = choose(&rooms, booking);
        if let Some(room) = room {
            rooms[room].push(booking);
        }
${each}    }
    $end
}

fn choose(rooms: &[Vec<(i64, i64)>], booking: (i64, i64)) -> Option<usize> {
    let free = (0..rooms.len()).filter(|&room| {
        rooms[room]
            .iter()
            .all(|held| $test)
    });
    $pick
}
"""
    ).substitute(
        uses="use std::cmp::Reverse;\n\n" if policy == "latest" else "",
        kind=kind,
        start=f"    {start}\n" if start else "",
        pattern=indexed if report == "refused" else "&booking in bookings",
        each=f"        {each}\n" if each else "",
        end=end,
        test=test,
        pick=pick,
    )

    def oracle(bookings: list[_Range], count: int) -> Any:
        held: dict[int, list[_Range]] = {room: [] for room in range(count)}
        given: list[int | None] = []
        for new in bookings:
            rooms = [r for r in held if not any(not is_free(new, old) for old in held[r])]
            ranked = sorted((key(room, held[room]), room) for room in rooms)
            given.append(ranked[0][1] if ranked else None)
            for _, room in ranked[:1]:
                held[room].append(new)
        return python(bookings, given, count)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        bookings = []
        for _ in range(draw.between(4, 12)):
            start = draw.below(15)
            bookings.append((start, start + draw.pick((1, 1, 2, 2, 3, 5))))
        return (bookings, draw.pick((1, 2, 2, 3, 3, 4)))

    return Problem(
        f"{_NONE_EMPTY} There are `count` rooms, with the numbers from 0 on. The `bookings` are "
        f"ranges of hours; they are dealt with in their order. {free} If there are free rooms for "
        f"a booking, it gets {best}; if there is none, it is refused. Return {what}.",
        Interface("plan", (("bookings", "&[(i64, i64)]"), ("count", "usize")), kind),
        reference,
        oracle,
        arguments,
        [
            ([], 2), ([(0, 1)], 0), ([(3, 5)], 1), ([(0, 2), (2, 4)], 1), ([(2, 4), (0, 2)], 1),
            ([(0, 2), (0, 2), (0, 2)], 2), ([(0, 1), (2, 3), (4, 9), (1, 2)], 1),
            ([(0, 5), (0, 2), (3, 4), (6, 8), (5, 6)], 2), ([(4, 6), (0, 9), (7, 9), (0, 3)], 2),
            ([(0, 1), (0, 4), (0, 3), (6, 7), (4, 5), (8, 9)], 3),
        ],
    )  # fmt: skip


def _range(draw: Draw) -> _Range:
    start = draw.between(-2, 8)
    return (start, start + draw.between(1, 4))


def _two(draw: Draw) -> tuple[_Range, _Range]:
    """Often nearly the same, or neighbours."""
    a, b = _range(draw)
    if draw.chance(0.2):
        other = _range(draw)
    elif draw.chance(0.5):
        other = draw.pick(((b, b + 2), (a - 3, a), (b + 1, b + 2), (a - 5, a - 3)))
    else:
        start = a + draw.pick((-1, 0, 0, 1))
        other = (start, max(start + 1, b + draw.pick((2, 0, 0, 1))))
    if draw.chance(0.3):
        return other, (a, b)
    return (a, b), other
