"""Rows of numbers: places in them, turned and moved ones, neighbours, products, walks, regions."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from string import Template
from typing import Any

from ....verifiers.rust.interface import Interface
from ..draw import Draw
from .family import Problem, family

_Rows = list[list[int]]
_ROWS = ("rows", "&[Vec<i64>]")
# name -> words, Python, Rust.
_Table = dict[str, tuple[str, Callable[..., Any], str]]
# name -> words, Python, Rust, type.
_Typed = dict[str, tuple[str, Callable[..., Any], str, str]]

_SHAPE = "All `rows` have the same length, which is at least 1; there may be no rows at all."
_PLACES = "The place (r, c) is the one in row r and column c; both are counted from 0."

# ---------------------------------------------------------------- 1: an expression

_WHOLE: _Typed = {
    "sums": (
        "for each row, in their order, the sum of its values",
        lambda m: [sum(row) for row in m],
        "rows.iter().map(|row| row.iter().sum()).collect()",
        "Vec<i64>",
    ),
    "spreads": (
        "for each row, in their order, its last value minus its first",
        lambda m: [row[-1] - row[0] for row in m],
        "rows.iter().map(|row| row[row.len() - 1] - row[0]).collect()",
        "Vec<i64>",
    ),
    "flat": (
        "all values in one vector: those of the first row from left to right, then those of the "
        "second row, and so on",
        lambda m: list(itertools.chain(*m)),
        "rows.concat()",
        "Vec<i64>",
    ),
    "mirrored": (
        "the rows in their order, each with its values in reverse order",
        lambda m: [row[::-1] for row in m],
        "rows.iter().map(|row| row.iter().rev().copied().collect()).collect()",
        "Vec<Vec<i64>>",
    ),
    "turned": (
        "the rows in reverse order, each with its values in reverse order, too",
        lambda m: [row[::-1] for row in m[::-1]],
        "rows.iter().rev().map(|row| row.iter().rev().copied().collect()).collect()",
        "Vec<Vec<i64>>",
    ),
    "diagonal": (
        "the values whose column has the same number as their row (both counted from 0), from top "
        "to bottom",
        lambda m: [row[i] for i, row in enumerate(m) if i < len(row)],
        "rows.iter().enumerate().filter_map(|(i, row)| row.get(i).copied()).collect()",
        "Vec<i64>",
    ),
    "column": (
        "the values of the last column, from top to bottom",
        lambda m: [row[-1] for row in m],
        "rows.iter().filter_map(|row| row.last().copied()).collect()",
        "Vec<i64>",
    ),
    "alternate": (
        "every second row, beginning with the first one",
        lambda m: m[::2],
        "rows.iter().step_by(2).cloned().collect()",
        "Vec<Vec<i64>>",
    ),
    "sandwich": (
        "the largest of the smallest values of the rows (each row has one), or None if there are "
        "no rows",
        lambda m: max((min(row) for row in m), default=None),
        "rows.iter().filter_map(|row| row.iter().copied().min()).max()",
        "Option<i64>",
    ),
    "positive": (
        "how many rows have at least one value above 0",
        lambda m: sum(max(row) > 0 for row in m),
        "rows.iter().filter(|row| row.iter().any(|&x| x > 0)).count()",
        "usize",
    ),
}

# ---------------------------------------------------------------- 2: places

# name -> words, Python (of height, width, row, column), Rust.
_SUCH: _Table = {
    "border": (
        "the places in the first or the last row or in the first or the last column",
        lambda h, w, r, c: r in (0, h - 1) or c in (0, w - 1),
        "r == 0 || c == 0 || r + 1 == height || c + 1 == width",
    ),
    "above": (
        "the places (r, c) for which c is greater than r",
        lambda _h, _w, r, c: c > r,
        "c > r",
    ),
    "light": (
        "the places (r, c) for which r + c is even",
        lambda _h, _w, r, c: (r + c) % 2 == 0,
        "(r + c) % 2 == 0",
    ),
    "cross": (
        "the places (r, c) for which r equals c, and those for which column c is r places before "
        "the last column (a place that is both is one place)",
        lambda _h, w, r, c: r in (c, w - 1 - c),
        "r == c || r + c + 1 == width",
    ),
    "half": (
        "the places in the lower half of the rows (if the number of rows is odd, the middle row "
        "does not belong to it)",
        lambda h, _w, r, _c: r >= h - h // 2,
        "r >= height - height / 2",
    ),
    "corner": (
        "the places (r, c) for which r + c is at most 2, but for (0, 0)",
        lambda _h, _w, r, c: 0 < r + c < 3,
        "(1..=2).contains(&(r + c))",
    ),
}
_OF_SUCH: _Typed = {
    "sum": (
        "the sum of the values at them; 0 if there are none",
        sum,
        "such.iter().sum()",
        "i64",
    ),
    "largest": (
        "the largest value at one of them, or None if there are none",
        lambda v: max(v, default=None),
        "such.iter().copied().max()",
        "Option<i64>",
    ),
    "falling": (
        "how many of the values at them, read row by row and from left to right, are smaller than "
        "the one read directly before them",
        lambda v: sum(b < a for a, b in itertools.pairwise(v)),
        "such.windows(2).filter(|pair| pair[1] < pair[0]).count()",
        "usize",
    ),
    "negative": (
        "the values below 0 at them, read row by row and from left to right",
        lambda v: [x for x in v if x < 0],
        "such.into_iter().filter(|&x| x < 0).collect()",
        "Vec<i64>",
    ),
}

# ---------------------------------------------------------------- 3: moved places

# name -> words, Python, Rust: height and width of the result, where its value at (r, c) is from.
_MOVED: dict[str, tuple[str, Callable[[_Rows], _Rows], tuple[str, str, str]]] = {
    "transposed": (
        "First make the matrix whose rows are the columns of `rows`, each from top to bottom, in "
        "their order from left to right.",
        lambda m: [list(column) for column in zip(*m, strict=True)],
        ("width", "height", "rows[c][r]"),
    ),
    "right": (
        "First turn the matrix by a quarter to the right: its first column, from bottom to top, "
        "becomes the first row, the second column the second row, and so on.",
        lambda m: [list(column) for column in zip(*m[::-1], strict=True)],
        ("width", "height", "rows[height - 1 - c][r]"),
    ),
    "left": (
        "First turn the matrix by a quarter to the left: its last column, from top to bottom, "
        "becomes the first row, the one before it the second row, and so on.",
        lambda m: [list(column) for column in zip(*m, strict=True)][::-1],
        ("width", "height", "rows[c][width - 1 - r]"),
    ),
    "flipped": (
        "First make the matrix whose rows are the columns of `rows`, each from bottom to top, in "
        "their order from right to left.",
        lambda m: [list(column)[::-1] for column in zip(*m, strict=True)][::-1],
        ("width", "height", "rows[height - 1 - c][width - 1 - r]"),
    ),
    "sheared": (
        "First move the values of each row cyclically to the left, those of row r (the first is "
        "row 0) by r places: what leaves a row on the left comes in again on its right.",
        lambda m: [row[r % len(row) :] + row[: r % len(row)] for r, row in enumerate(m)],
        ("height", "width", "rows[r][(c + r) % width]"),
    ),
    "sunk": (
        "First move the values of each column cyclically down, those of column c (the first is "
        "column 0) by c places: what leaves a column at the bottom comes in again at its top.",
        lambda m: [[m[(r - c) % len(m)][c] for c in range(len(row))] for r, row in enumerate(m)],
        ("height", "width", "rows[(r + height - c % height) % height][c]"),
    ),
}


def _without_repeats(m: _Rows) -> _Rows:
    return [list(dict.fromkeys(row)) for row in m]


_FINISHED: _Table = {
    "dropped": (
        "Then leave out the rows whose sum is below 0.",
        lambda m: [row for row in m if sum(row) >= 0],
        """moved.retain(|row| row.iter().sum::<i64>() >= 0);
    moved""",
    ),
    "summed": (
        "Then add to the end of each row the sum of its values.",
        lambda m: [[*row, sum(row)] for row in m],
        """for row in &mut moved {
        row.push(row.iter().sum());
    }
    moved""",
    ),
    "running": (
        "Then add to each value but those of the first row the value directly above it, as that "
        "has become by then, from top to bottom.",
        lambda m: [list(map(sum, zip(*m[: i + 1], strict=True))) for i in range(len(m))],
        """for r in 1..moved.len() {
        for c in 0..moved[r].len() {
            moved[r][c] += moved[r - 1][c];
        }
    }
    moved""",
    ),
    "different": (
        "Then leave out each value that occurs farther left in the same row.",
        _without_repeats,
        """for row in &mut moved {
        let mut seen = Vec::new();
        for &x in row.iter() {
            if !seen.contains(&x) {
                seen.push(x);
            }
        }
        *row = seen;
    }
    moved""",
    ),
}

# ---------------------------------------------------------------- 4: neighbours, products

_FOUR = ((-1, 0), (0, -1), (0, 1), (1, 0))
_DIAGONAL = ((-1, -1), (-1, 1), (1, -1), (1, 1))
# name -> words, steps.
_NEAR: dict[str, tuple[str, Sequence[tuple[int, int]]]] = {
    "four": ("directly above, below, left or right of it", _FOUR),
    "diagonal": ("one row above or below and one column left or right of it", _DIAGONAL),
    "eight": (
        "directly above, below, left or right of it or diagonally next to it",
        tuple(sorted(_FOUR + _DIAGONAL)),
    ),
}
_SURROUNDED: _Typed = {
    "sums": (
        "a matrix of the same shape that has at each place the sum of the values of its "
        "neighbours",
        lambda m, near: [
            [sum(near(r, c)) for c, _ in enumerate(row)] for r, row in enumerate(m)
        ],
        """(0..rows.len())
        .map(|r| {
            (0..rows[r].len())
                .map(|c| near(rows, r, c).iter().sum())
                .collect()
        })
        .collect()""",
        "Vec<Vec<i64>>",
    ),
    "greater": (
        "a matrix of the same shape that has at each place how many neighbours have a greater "
        "value than it has",
        lambda m, near: [
            [len([y for y in near(r, c) if y > x]) for c, x in enumerate(row)]
            for r, row in enumerate(m)
        ],
        """(0..rows.len())
        .map(|r| {
            (0..rows[r].len())
                .map(|c| near(rows, r, c).iter().filter(|&&x| x > rows[r][c]).count())
                .collect()
        })
        .collect()""",
        "Vec<Vec<usize>>",
    ),
    "peaks": (
        "the places (r, c) whose value is greater than that of each of their neighbours (a place "
        "without neighbours is one), row by row and from left to right",
        lambda m, near: [
            (r, c)
            for r, row in enumerate(m)
            for c, x in enumerate(row)
            if x > max(near(r, c), default=x - 1)
        ],
        """let mut peaks = Vec::new();
    for (r, row) in rows.iter().enumerate() {
        for (c, &x) in row.iter().enumerate() {
            if near(rows, r, c).iter().all(|&y| x > y) {
                peaks.push((r, c));
            }
        }
    }
    peaks""",
        "Vec<(usize, usize)>",
    ),
    "life": (
        "a matrix of the same shape that has 1 at each place with exactly three neighbours whose "
        "value is above 0, and at each place with exactly two of them whose own value is above 0; "
        "it has 0 at all other places",
        lambda m, near: [
            [
                int(sum(y > 0 for y in near(r, c)) in ((2, 3) if x > 0 else (3,)))
                for c, x in enumerate(row)
            ]
            for r, row in enumerate(m)
        ],
        """let mut next = rows.to_vec();
    for (r, row) in rows.iter().enumerate() {
        for (c, &x) in row.iter().enumerate() {
            let alive = near(rows, r, c).iter().filter(|&&y| y > 0).count();
            next[r][c] = i64::from(alive == 3 || alive == 2 && x > 0);
        }
    }
    next""",
        "Vec<Vec<i64>>",
    ),
}  # fmt: skip

# name -> words, Python and Rust of joining two values and of joining what comes of it.
_PRODUCT: dict[
    str, tuple[str, Callable[[int, int], int], Callable[[Sequence[int]], int], str, str]
] = {
    "modular": (
        "the remainder, from 0 to 96, that the sum of the products of the pairs leaves when "
        "divided by 97 (also if that sum is negative)",
        lambda a, b: a * b,
        lambda v: sum(v) % 97,
        "a * b",
        ".sum::<i64>().rem_euclid(97)",
    ),
    "cheapest": (
        "the smallest of the sums of the pairs",
        lambda a, b: a + b,
        min,
        "a + b",
        ".fold(i64::MAX, i64::min)",
    ),
    "widest": (
        "the largest number that one of the pairs has as its smaller one (equal ones are both)",
        min,
        max,
        "a.min(b)",
        ".fold(i64::MIN, i64::max)",
    ),
    "apart": (
        "the number of pairs whose two values differ",
        lambda a, b: int(a != b),
        sum,
        "i64::from(a != b)",
        ".sum()",
    ),
}

# ---------------------------------------------------------------- 5: walks and regions


def _spiral(m: _Rows) -> list[int]:
    found: list[int] = []
    while m and m[0]:
        found += m[0]
        m = [list(column) for column in zip(*m[1:], strict=True)][::-1]
    return found


# name -> words, Python, Rust (the body of `walk`).
_WALK: _Table = {
    "spiral": (
        "Read the values in a spiral: along the first row from left to right, down the last "
        "column, along the last row from right to left, up the first column, then the same with "
        "the rows and columns that are left inside; no value is read twice.",
        _spiral,
        """    let mut walk = Vec::new();
    let mut left = rows.to_vec();
    while !left.is_empty() {
        walk.append(&mut left.remove(0));
        left = turned(&left);
    }
    walk
}

/// Turned by a quarter to the left.
fn turned(rows: &[Vec<i64>]) -> Vec<Vec<i64>> {
    if rows.is_empty() {
        return Vec::new();
    }
    (0..rows[0].len())
        .rev()
        .map(|c| rows.iter().map(|row| row[c]).collect())
        .collect()
""",
    ),
    "inverse": (
        "Read the values in a spiral: down the first column, along the last row from left to "
        "right, up the last column, along the first row from right to left, then the same with "
        "the rows and columns that are left inside; no value is read twice.",
        lambda m: _spiral([list(column) for column in zip(*m, strict=True)]),
        """    let mut walk = Vec::new();
    let mut left = rows.to_vec();
    while left.iter().any(|row| !row.is_empty()) {
        walk.extend(left.iter_mut().map(|row| row.remove(0)));
        left = turned(&left);
    }
    walk
}

/// Turned by a quarter to the right.
fn turned(rows: &[Vec<i64>]) -> Vec<Vec<i64>> {
    (0..rows[0].len())
        .map(|c| rows.iter().rev().map(|row| row[c]).collect())
        .collect()
""",
    ),
    "diagonals": (
        "Read the values diagonal by diagonal: on a diagonal are the places (r, c) with the same "
        "r + c. Those with the smallest r + c come first; each diagonal is read from its lowest "
        "row to its highest, that is, with r going down to 0.",
        lambda m: [
            x
            for _, _, x in sorted(
                (r + c, -r, x) for r, row in enumerate(m) for c, x in enumerate(row)
            )
        ],
        """    let mut places = Vec::new();
    for (r, row) in rows.iter().enumerate() {
        for c in 0..row.len() {
            places.push((r + c, c));
        }
    }
    places.sort();
    places.iter().map(|&(sum, c)| rows[sum - c][c]).collect()
""",
    ),
    "snake": (
        "Read the values column by column, from left to right: the first column from top to "
        "bottom, the second from bottom to top, the third from top to bottom again, and so on.",
        lambda m: list(
            itertools.chain(
                *(col[:: -1 if c % 2 else 1] for c, col in enumerate(zip(*m, strict=True)))
            )
        ),
        """    if rows.is_empty() {
        return Vec::new();
    }
    let mut walk = Vec::new();
    for c in 0..rows[0].len() {
        let column = rows.iter().map(|row| row[c]);
        if c % 2 == 0 {
            walk.extend(column);
        } else {
            walk.extend(column.rev());
        }
    }
    walk
""",
    ),
}
_READ: _Typed = {
    "all": ("the values as they were read", lambda v: v, "walk", "Vec<i64>"),
    "runs": (
        "a pair of a value and how often it was read in a row, for each stretch of equal values "
        "that were read one after the other, in their order",
        lambda v: [(x, len(list(run))) for x, run in itertools.groupby(v)],
        "walk.chunk_by(|a, b| a == b).map(|run| (run[0], run.len())).collect()",
        "Vec<(i64, usize)>",
    ),
    "low": (
        "the smallest sum that the first k values read have, for any k from 0 to all (so it is 0 "
        "or less)",
        lambda v: min(itertools.accumulate(v, initial=0)),
        """let mut total = 0;
    let mut low = 0;
    for x in walk {
        total += x;
        low = total.min(low);
    }
    low""",
        "i64",
    ),
}
# name -> words, Python, Rust.
_ALIKE: _Table = {
    "equal": ("their values are equal", lambda a, b: a == b, "a == b"),
    "near": (
        "their values are at most 1 apart",
        lambda a, b: abs(a - b) <= 1,
        "(a - b).abs() <= 1",
    ),
    "parity": (
        "both values are odd or both are even",
        lambda a, b: a % 2 == b % 2,
        "a.rem_euclid(2) == b.rem_euclid(2)",
    ),
}
_REGION: _Typed = {
    "sizes": (
        "how many places each region has, in descending order",
        lambda _, regions: sorted(map(len, regions), reverse=True),
        """let mut sizes: Vec<usize> = regions.iter().map(|region| region.len()).collect();
    sizes.sort();
    sizes.reverse();
    sizes""",
        "Vec<usize>",
    ),
    "sums": (
        "the sum of the values of each region, in ascending order",
        lambda m, regions: sorted(sum(m[r][c] for r, c in region) for region in regions),
        """let mut sums: Vec<i64> = regions
        .iter()
        .map(|region| region.iter().map(|&(r, c)| rows[r][c]).sum())
        .collect();
    sums.sort_unstable();
    sums""",
        "Vec<i64>",
    ),
    "inner": (
        "how many regions have no place in the first or the last row",
        lambda m, regions: sum(
            all(0 < r < len(m) - 1 for r, _ in region) for region in regions
        ),
        """regions
        .iter()
        .filter(|region| region.iter().all(|&(r, _)| r > 0 && r + 1 < rows.len()))
        .count()""",
        "usize",
    ),
}  # fmt: skip


def _variants(level: int) -> list[tuple[Any, ...]]:
    tables: dict[int, list[tuple[Any, ...]]] = {
        1: [(("whole",), _WHOLE)],
        2: [(("places",), _SUCH, _OF_SUCH)],
        3: [(("moved",), _MOVED, _FINISHED)],
        4: [(("near",), _NEAR, _SURROUNDED), (("product",), _PRODUCT, ("left", "own"))],
        5: [(("walk",), _WALK, _READ), (("regions",), _ALIKE, _REGION)],
    }
    return [names for listed in tables[level] for names in itertools.product(*listed)]


@family("matrix", _variants)
def matrix(kind: str, *names: str) -> Problem:
    makers: dict[str, Callable[..., Problem]] = {
        "whole": _whole, "places": _such, "moved": _moved, "near": _neighbours,
        "product": _product, "walk": _walked, "regions": _regions,
    }  # fmt: skip
    return makers[kind](*names)


def _whole(name: str) -> Problem:
    words, python, rust, kind = _WHOLE[name]
    return Problem(
        f"{_SHAPE} Return {words}.",
        Interface("read", (_ROWS,), kind),
        f"pub fn read(rows: &[Vec<i64>]) -> {kind} {{\n    {rust}\n}}\n",
        python,
        lambda draw: (_rows(draw),),
        _EDGES,
    )


def _such(such: str, of_such: str) -> Problem:
    words, is_such, test = _SUCH[such]
    what, report, rust, kind = _OF_SUCH[of_such]
    sizes = ("height", "    let height = rows.len();\n"), ("width", "")
    reference = f"""pub fn read(rows: &[Vec<i64>]) -> {kind} {{
{"".join(line for name, line in sizes if name in test)}    let mut such = Vec::new();
    for (r, row) in rows.iter().enumerate() {{
{"        let width = row.len();" + chr(10) if "width" in test else ""}\
        for (c, &x) in row.iter().enumerate() {{
            if {test} {{
                such.push(x);
            }}
        }}
    }}
    {rust}
}}
"""
    if such == "half":
        reference = reference.replace("for (c, &x) in row.iter().enumerate()", "for &x in row")

    def oracle(rows: _Rows) -> Any:
        return report(
            [
                x
                for r, row in enumerate(rows)
                for c, x in enumerate(row)
                if is_such(len(rows), len(row), r, c)
            ]
        )

    return Problem(
        f"{_SHAPE} {_PLACES} Look at {words}. Return {what}.",
        Interface("read", (_ROWS,), kind),
        reference,
        oracle,
        lambda draw: (_rows(draw, least=3, low=-9, high=5),),
        [*_EDGES, ([[-1, -2, -3], [-4, -5, -6], [-7, -8, -9]],), ([[9], [-5], [-4], [0]],)],
    )


def _moved(moved: str, finished: str) -> Problem:
    words, python, (height, width, source) = _MOVED[moved]
    what, finish, rust = _FINISHED[finished]
    reference = f"""pub fn change(rows: &[Vec<i64>]) -> Vec<Vec<i64>> {{
    if rows.is_empty() {{
        return Vec::new();
    }}
    let (height, width) = (rows.len(), rows[0].len());
    let mut moved: Vec<Vec<i64>> = (0..{height})
        .map(|r| (0..{width}).map(|c| {source}).collect())
        .collect();
    {rust}
}}
"""

    def arguments(draw: Draw) -> tuple[Any, ...]:
        return (_rows(draw, low=-3, high=4),)

    return Problem(
        f"{_SHAPE} {words} {what} Return the matrix that there is then; without any rows, return "
        "an empty vector.",
        Interface("change", (_ROWS,), "Vec<Vec<i64>>"),
        reference,
        lambda rows: finish(python(rows)),
        arguments,
        _EDGES,
    )


def _near(rows: _Rows, steps: Sequence[tuple[int, int]], r: int, c: int) -> list[tuple[int, int]]:
    found = [(r + a, c + b) for a, b in steps]
    return [(a, b) for a, b in found if 0 <= a < len(rows) and 0 <= b < len(rows[a])]


_AROUND = Template("""
$comment
fn near(rows: &[Vec<i64>], r: usize, c: usize) -> Vec<$kind> {
    let mut found = Vec::new();
    for (a, row) in rows.iter().enumerate() {
        for ($b) in row.iter().enumerate() {
            let (down, across) = (a.abs_diff(r), b.abs_diff(c));
            if $test {
                found.push($pushed);
            }
        }
    }
    found
}
""")
_DISTANCES = {
    "four": "down + across == 1",
    "diagonal": "(down, across) == (1, 1)",
    "eight": "down.max(across) == 1",
}


def _neighbours(near: str, surrounded: str) -> Problem:
    words, steps = _NEAR[near]
    what, python, rust, kind = _SURROUNDED[surrounded]
    helper = _AROUND.substitute(
        comment="/// The values of the neighbours of (r, c).",
        kind="i64", b="b, &x", test=_DISTANCES[near], pushed="x",
    )  # fmt: skip
    reference = f"pub fn survey(rows: &[Vec<i64>]) -> {kind} {{\n    {rust}\n}}\n{helper}"

    def oracle(rows: _Rows) -> Any:
        return python(rows, lambda r, c: [rows[a][b] for a, b in _near(rows, steps, r, c)])

    def arguments(draw: Draw) -> tuple[Any, ...]:
        high = 2 if surrounded == "life" else 4
        return (_rows(draw, least=2, low=-1, high=high),)

    return Problem(
        f"{_SHAPE} {_PLACES} The neighbours of a place are the places {words}, as far as there "
        f"are such places. Return {what}.",
        Interface("survey", (_ROWS,), kind),
        reference,
        oracle,
        arguments,
        [*_EDGES, ([[1, 1, 1], [1, 1, 1], [1, 1, 1]],), ([[0, 1, 0], [0, 1, 0], [0, 1, 0]],)],
    )


def _product(product: str, right: str) -> Problem:
    words, both, all_of, pair, total = _PRODUCT[product]
    name, kind = "combine", "Option<Vec<Vec<i64>>>"
    own = right == "own"
    parameters = (_ROWS,) if own else (("left", _ROWS[1]), ("right", _ROWS[1]))
    left = "rows" if own else "left"
    columns = "rows" if own else "columns"
    combined = f"""{left}
        .iter()
        .map(|row| {columns}.iter().map(|column| join(row, column)).collect())
        .collect()"""
    join = f"""
fn join(row: &[i64], column: &[i64]) -> i64 {{
    row.iter().zip(column).map(|(&a, &b)| {pair}){total}
}}
"""
    if own:
        kind = "Vec<Vec<i64>>"
        reference = f"pub fn combine(rows: &[Vec<i64>]) -> {kind} {{\n    {combined}\n}}\n{join}"
        text = (
            f"{_SHAPE} Return the square matrix that has in row r and column c what comes of "
            "pairing row r with row c of `rows`: make pairs of the first value of each, of the "
            f"second value of each, and so on; what comes of it is {words}."
        )
    else:
        reference = f"""pub fn combine(left: &[Vec<i64>], right: &[Vec<i64>]) -> {kind} {{
    let width = right.first()?.len();
    if left.iter().any(|row| row.len() != right.len()) {{
        return None;
    }}
    let columns: Vec<Vec<i64>> = (0..width)
        .map(|c| right.iter().map(|row| row[c]).collect())
        .collect();
    let combined = {combined};
    Some(combined)
}}
{join}"""
        text = (
            "All rows of `left` have the same length, which is at least 1, and so have all rows "
            "of `right`; there may be no rows. Return None if `right` has no rows, or if the rows "
            "of `left` have another length than `right` has rows. Else return the matrix that has "
            "in row r and column c what comes of pairing row r of `left` with column c of "
            "`right`: make pairs of the first value of each, of the second value of each, and so "
            f"on; what comes of it is {words}. Without rows in `left` it has no rows."
        )

    def join_python(row: Sequence[int], column: Sequence[int]) -> int:
        return all_of([both(a, b) for a, b in zip(row, column, strict=True)])

    def oracle(*given: _Rows) -> Any:
        if own:
            return [[join_python(a, b) for b in given[0]] for a in given[0]]
        first, second = given
        if not second or {len(row) for row in first} - {len(second)}:
            return None
        return [[join_python(a, b) for b in zip(*second, strict=True)] for a in first]

    def arguments(draw: Draw) -> tuple[Any, ...]:
        high = 3 if product == "apart" else 15
        height, middle, width = (draw.between(1, 3) for _ in range(3))
        first = [[draw.between(1 - high, high) for _ in range(middle)] for _ in range(height)]
        if own:
            return (first,)
        rows = draw.between(1, 3) if draw.chance(0.2) else middle
        second = [[draw.between(1 - high, high) for _ in range(width)] for _ in range(rows)]
        return (first, second)

    edges: list[tuple[Any, ...]] = [
        ([], []), ([], [[1, 2]]), ([[1, 2]], []), ([[3]], [[-4]]), ([[1, 2]], [[3, 4]]),
        ([[1, 2], [3, 4]], [[5, 6], [7, 8]]), ([[97, 1]], [[1], [0]]), ([[1], [1]], [[1, 1]]),
    ]  # fmt: skip
    return Problem(
        text,
        Interface(name, parameters, kind),
        reference,
        oracle,
        arguments,
        [(first,) for first, _ in edges] + [(second,) for _, second in edges] if own else edges,
    )


def _walked(walk: str, read: str) -> Problem:
    words, python, body = _WALK[walk]
    what, report, rust, kind = _READ[read]
    reference = f"""pub fn read(rows: &[Vec<i64>]) -> {kind} {{
    let walk = walk(rows);
    {rust}
}}

fn walk(rows: &[Vec<i64>]) -> Vec<i64> {{
{body}}}
"""
    if read == "all":
        reference = reference.replace("    let walk = walk(rows);\n    walk\n", "    walk(rows)\n")

    def arguments(draw: Draw) -> tuple[Any, ...]:
        height, width = draw.between(1, 5), draw.between(1, 5)
        high = {"all": 9, "runs": 1, "low": 3}[read]
        return ([[draw.between(-4 if high > 1 else 0, high) for _ in range(width)]
                 for _ in range(height)],)  # fmt: skip

    return Problem(
        f"{_SHAPE} {_PLACES if 'r + c' in words else ''} {words} Return {what}.".replace("  ", " "),
        Interface("read", (_ROWS,), kind),
        reference,
        lambda rows: report(python(rows)),
        arguments,
        [*_EDGES, ([[-1, -2, 3], [4, -5, 6], [7, -8, -9]],), ([[0, 0, 0, 0], [0, 1, 1, 0]],)],
    )


def _regions(alike: str, region: str) -> Problem:
    words, are_alike, test = _ALIKE[alike]
    what, report, rust, kind = _REGION[region]
    helper = _AROUND.substitute(
        comment="/// The neighbours of (r, c) that are joined with it.",
        kind="(usize, usize)", b="b, &x", pushed="(a, b)",
        test="down + across == 1 && alike(x, rows[r][c])",
    )  # fmt: skip
    reference = f"""pub fn survey(rows: &[Vec<i64>]) -> {kind} {{
    let regions = regions(rows);
    {rust}
}}

fn regions(rows: &[Vec<i64>]) -> Vec<Vec<(usize, usize)>> {{
    let mut regions: Vec<Vec<(usize, usize)>> = Vec::new();
    for (r, row) in rows.iter().enumerate() {{
        for c in 0..row.len() {{
            if regions.iter().any(|region| region.contains(&(r, c))) {{
                continue;
            }}
            let mut region = vec![(r, c)];
            let mut done = 0;
            while done < region.len() {{
                let (r, c) = region[done];
                for place in near(rows, r, c) {{
                    if !region.contains(&place) {{
                        region.push(place);
                    }}
                }}
                done += 1;
            }}
            regions.push(region);
        }}
    }}
    regions
}}

fn alike(a: i64, b: i64) -> bool {{
    {test}
}}
{helper}"""

    def oracle(rows: _Rows) -> Any:
        # Every place is a region of its own at first; joined places take the smaller name.
        name = {(r, c): (r, c) for r, row in enumerate(rows) for c, _ in enumerate(row)}
        changed = True
        while changed:
            changed = False
            for r, c in name:
                for a, b in _near(rows, _FOUR, r, c):
                    if are_alike(rows[r][c], rows[a][b]) and name[a, b] < name[r, c]:
                        name[r, c] = name[a, b]
                        changed = True
        regions: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for place, first in name.items():
            regions.setdefault(first, []).append(place)
        return report(rows, list(regions.values()))

    def arguments(draw: Draw) -> tuple[Any, ...]:
        height, width = draw.between(2, 5), draw.between(2, 4)
        values = {"equal": (0, 1), "near": (0, 2, 2, 3, 5), "parity": (-1, 1, 2, 3, 4)}[alike]
        return ([[draw.pick(values) for _ in range(width)] for _ in range(height)],)

    return Problem(
        f"{_SHAPE} Two places of the matrix are joined if one is directly above, below, left or "
        f"right of the other and {words}. A region is a place with all that can be reached from "
        "it by going from joined place to joined place, which may be that place alone; each place "
        f"is in one region. Return {what}.",
        Interface("survey", (_ROWS,), kind),
        reference,
        oracle,
        arguments,
        [
            *_EDGES, ([[1, 1, 1], [1, 5, 1], [1, 1, 1]],), ([[0, 9], [5, 0], [0, 9]],),
            ([[1, 2, 1], [4, 8, 4], [1, 2, 1]],), ([[3, 9, 3], [9, 3, 9], [6, 9, 6], [3, 3, 3]],),
        ],
    )  # fmt: skip


_EDGES: list[tuple[_Rows]] = [
    ([],), ([[0]],), ([[-1]],), ([[4, -2, 4, 1]],), ([[1], [-1], [3]],), ([[2, 2], [2, 2]],),
    ([[1, 2, 3], [4, 5, 6]],), ([[-3, 0], [0, 3], [5, -5]],),
]  # fmt: skip


def _rows(draw: Draw, least: int = 1, low: int = -6, high: int = 9) -> _Rows:
    height, width = draw.between(least, 4), draw.between(least, 4)
    return [[draw.between(low, high) for _ in range(width)] for _ in range(height)]
