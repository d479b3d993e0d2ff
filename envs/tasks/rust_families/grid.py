"""Tables of numbers and maps of characters: lines, neighbours, a robot, shortest ways, regions."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from typing import Any

from ....verifiers.rust.interface import Interface
from ..draw import Draw
from .family import Problem, family

_TABLE = ("rows", "&[Vec<i64>]")
_MAP = ("rows", "&[String]")
_Place = tuple[int, int]
# name -> words, Python, Rust.
_Table = dict[str, tuple[str, Callable[..., Any], str]]
# The same with the type of what is returned.
_Typed = dict[str, tuple[str, Callable[..., Any], str, str]]

_ABOUT_TABLE = (
    "`rows` are the rows of a table, from top to bottom; they are equally long and have at "
    "least one value. There may be no rows. Rows and columns are counted from 0."
)
_ABOUT_MAP = (
    "`rows` are the rows of a map, from top to bottom; they are equally long, and there is at "
    "least one cell. Rows and columns are counted from 0."
)

# ---------------------------------------------------------------- 1: an expression

_WHOLE: _Typed = {
    "columns": (
        "the columns of the table, from left to right, each from top to bottom",
        lambda t: [list(column) for column in zip(*t, strict=True)],
        """let [top, ..] = rows else {
        return Vec::new();
    };
    (0..top.len())
        .map(|c| rows.iter().map(|row| row[c]).collect())
        .collect()""",
        "Vec<Vec<i64>>",
    ),
    "mirrored": (
        "the rows of the table, from top to bottom, with the values of each in reverse order",
        lambda t: [row[::-1] for row in t],
        """rows.iter()
        .map(|row| row.iter().rev().copied().collect())
        .collect()""",
        "Vec<Vec<i64>>",
    ),
    "diagonal": (
        "the sum of the values in cells whose row and column have the same number",
        lambda t: sum(row[r] for r, row in enumerate(t) if r < len(row)),
        "rows.iter().enumerate().filter_map(|(r, row)| row.get(r)).sum()",
        "i64",
    ),
    "sums": (
        "the sum of the values of each row, from top to bottom",
        lambda t: list(map(sum, t)),
        "rows.iter().map(|row| row.iter().sum()).collect()",
        "Vec<i64>",
    ),
    "below": (
        "how many values of the table are below 0",
        lambda t: sum(x < 0 for row in t for x in row),
        "rows.iter().flatten().filter(|&&x| x < 0).count()",
        "usize",
    ),
    "chequered": (
        "the sum of the values in cells for which row plus column is even",
        lambda t: sum(sum(row[r % 2 :: 2]) for r, row in enumerate(t)),
        """rows.iter()
        .enumerate()
        .flat_map(|(r, row)| row.iter().skip(r % 2).step_by(2))
        .sum()""",
        "i64",
    ),
    "snake": (
        "all values in one list, row by row from top to bottom: even rows (row 0 is one) from left "
        "to right, odd rows from right to left",
        lambda t: [x for r, row in enumerate(t) for x in (row[::-1] if r % 2 else row)],
        """let mut found = Vec::new();
    for (r, row) in rows.iter().enumerate() {
        if r % 2 == 0 {
            found.extend(row);
        } else {
            found.extend(row.iter().rev());
        }
    }
    found""",
        "Vec<i64>",
    ),
    "maximin": (
        "the largest of the rows' smallest values, or None if there is no row",
        lambda t: max(map(min, t), default=None),
        "rows.iter().filter_map(|row| row.iter().min()).max().copied()",
        "Option<i64>",
    ),
    "drops": (
        "for each row, from top to bottom, its first value minus its last one",
        lambda t: [row[0] - row[-1] for row in t],
        "rows.iter().map(|row| row[0] - row[row.len() - 1]).collect()",
        "Vec<i64>",
    ),
    "turned": (
        "the table turned by a quarter, clockwise: its rows, from top to bottom, are then the "
        "columns of `rows`, from left to right, each from bottom to top",
        lambda t: [list(column)[::-1] for column in zip(*t, strict=True)],
        """let [top, ..] = rows else {
        return Vec::new();
    };
    (0..top.len())
        .map(|c| rows.iter().rev().map(|row| row[c]).collect())
        .collect()""",
        "Vec<Vec<i64>>",
    ),
}

# ---------------------------------------------------------------- 2: rows or columns that

_LINES: _Table = {
    "row": ("from top to bottom", lambda t: t, ""),
    "column": (
        "from left to right",
        lambda t: [list(column) for column in zip(*t, strict=True)],
        """
fn columns(rows: &[Vec<i64>]) -> Vec<Vec<i64>> {
    let [top, ..] = rows else {
        return Vec::new();
    };
    (0..top.len())
        .map(|c| rows.iter().map(|row| row[c]).collect())
        .collect()
}
""",
    ),
}
_SUCH: _Table = {
    "rising": (
        "each of its values but the first is greater than the one directly before it",
        lambda line: all(a < b for a, b in itertools.pairwise(line)),
        "line.windows(2).all(|pair| pair[1] > pair[0])",
    ),
    "symmetric": (
        "its values are the same in both directions",
        lambda line: line == line[::-1],
        "line.iter().eq(line.iter().rev())",
    ),
    "different": (
        "no two of its values are equal",
        lambda line: len(set(line)) == len(line),
        "line.iter().enumerate().all(|(i, x)| !line[..i].contains(x))",
    ),
    "balanced": ("the sum of its values is 0", lambda line: sum(line) == 0,
                 "line.iter().sum::<i64>() == 0"),
    "led": (
        "none of its values is greater than its first",
        lambda line: line.index(max(line)) == 0,
        "line.iter().all(|&x| x <= line[0])",
    ),
    "mixed": (
        "it has at least one value above 0 and at least one below 0",
        lambda line: min(line) < 0 < max(line),
        "line.iter().any(|&x| x > 0) && line.iter().any(|&x| x < 0)",
    ),
}  # fmt: skip
_WHICH: _Typed = {
    "count": ("how many such $ones there are", sum, "such.count()", "usize"),
    "first": (
        "the number of the first such $one, or None if there is none",
        lambda found: found.index(True) if any(found) else None,
        "such.map(|(number, _)| number).next()",
        "Option<usize>",
    ),
    "all": (
        "the numbers of all such ${one}s, in ascending order",
        lambda found: [i for i, is_such in enumerate(found) if is_such],
        "such.map(|(number, _)| number).collect()",
        "Vec<usize>",
    ),
}

# ---------------------------------------------------------------- 3: neighbours

_SIDES = ((-1, 0), (0, 1), (1, 0), (0, -1))
_CORNERS = ((-1, -1), (-1, 1), (1, 1), (1, -1))
_AROUND: dict[str, tuple[str, tuple[_Place, ...]]] = {
    "side": ("those directly above, below, left and right of it", _SIDES),
    "corner": ("those that touch it at a corner only, of which there are four at most", _CORNERS),
    "all": ("the eight around it, or fewer at the edge", (*_SIDES, *_CORNERS)),
}
_CELL: _Table = {
    "peak": (
        "its value is greater than the values of all its neighbours",
        lambda x, around: x > max(around, default=-99),
        "around.iter().all(|&y| x > y)",
    ),
    "twin": (
        "its value is equal to that of at least one of its neighbours",
        lambda x, around: x in around,
        "around.contains(&x)",
    ),
    "average": (
        "its value is greater than the average of the values of its neighbours (the exact average, "
        "not rounded), and it has neighbours",
        lambda x, around: sum(x - y for y in around) > 0,
        "x * around.len() as i64 > around.iter().sum()",
    ),
    "two": (
        "exactly two of its neighbours have a greater value",
        lambda x, around: len([y for y in around if y > x]) == 2,
        "around.iter().filter(|&&y| y > x).count() == 2",
    ),
    "near": (
        "at most one of its neighbours has a value that is more than 2 away from its own",
        lambda x, around: sorted([*(abs(x - y) for y in around), 0, 0])[-2] <= 2,
        "around.iter().filter(|&&y| (x - y).abs() > 2).count() <= 1",
    ),
}
_CELLS: _Typed = {
    "places": (
        "such cells as pairs of row and column, row by row from top to bottom, in each from left "
        "to right",
        lambda cells: [(r, c) for r, c, _ in cells],
        "",
        "Vec<(usize, usize)>",
    ),
    "count": ("how many such cells there are", len, "1", "usize"),
    "sum": (
        "the sum of the values of such cells",
        lambda cells: sum(x for _, _, x in cells),
        "x",
        "i64",
    ),
}

# ---------------------------------------------------------------- 4: a robot

_STEERED: dict[str, tuple[str, str, str]] = {
    # words, Rust before the loop, Rust for each order
    "compass": (
        "Each character of `orders` is a move by one cell: N is up, E is right, S is down and W is "
        "left. There are no other characters.",
        "",
        """        let way = match order {
            'N' => (-1, 0),
            'E' => (0, 1),
            'S' => (1, 0),
            _ => (0, -1),
        };
""",
    ),
    "turning": (
        "The robot looks to the right at first. Each character of `orders` is an order: L turns it "
        "by a quarter to its left where it stands, R to its right, and F is a move by one cell, to "
        "where it looks. There are no other characters.",
        "    let mut way = (0, 1);\n",
        """        match order {
            'L' => way = (-way.1, way.0),
            'R' => way = (way.1, -way.0),
            _ => {}
        }
        if order != 'F' {
            continue;
        }
""",
    ),
}
_INSIDE = """    let r = at.0.checked_add_signed(way.0)?;
    let c = at.1.checked_add_signed(way.1)?;
    let is_free = *rows.get(r)?.as_bytes().get(c)? == b'.';
"""
_BLOCKED: dict[str, tuple[str, str, str]] = {
    # words, Rust where it is blocked, Rust for the cell ahead
    "skip": (
        "A move into a wall or out of the map is blocked: the robot stays where it is, and goes on "
        "with the next one.",
        "continue",
        _INSIDE,
    ),
    "halt": (
        "A move into a wall or out of the map is blocked: the robot stays where it is, and heeds "
        "no more orders.",
        "break",
        _INSIDE,
    ),
    "wrap": (
        "A move out of the map leads to the cell at the other end of the row or column. A move "
        "into a wall is blocked: the robot stays where it is, and goes on with the next one.",
        "continue",
        """    let r = (at.0 as isize + way.0).rem_euclid(rows.len() as isize) as usize;
    let c = (at.1 as isize + way.1).rem_euclid(rows[0].len() as isize) as usize;
    let is_free = rows[r].as_bytes()[c] == b'.';
""",
    ),
}
# name -> words, Python (of all places, the first one included), type, Rust: before, in, after the
# loop.
_WALKED: dict[str, tuple[str, Callable[[list[_Place]], Any], str, tuple[str, str, str]]] = {
    "place": (
        "the row and column of the cell in which it ends",
        lambda path: path[-1],
        "(usize, usize)",
        ("", "", "at"),
    ),
    "cells": (
        "in how many different cells it has been, the first one included",
        lambda path: len(set(path)),
        "usize",
        ("    let mut seen = BTreeSet::from([at]);\n", "        seen.insert(at);\n", "seen.len()"),
    ),
    "moves": (
        "how many of its moves were not blocked",
        lambda path: len(path) - 1,
        "usize",
        ("    let mut moves = 0;\n", "        moves += 1;\n", "moves"),
    ),
    "farthest": (
        "the largest sum of row and column of a cell in which it has been",
        lambda path: max(r + c for r, c in path),
        "usize",
        (
            "    let mut farthest = 0;\n",
            "        farthest = farthest.max(at.0 + at.1);\n",
            "farthest",
        ),
    ),
}

# ---------------------------------------------------------------- 5: ways and regions

_JUMPS = tuple((a * x, b * y) for x, y in ((1, 2), (2, 1)) for a in (-1, 1) for b in (-1, 1))
_MOVES: dict[str, tuple[str, tuple[_Place, ...]]] = {
    "side": ("to a cell directly above, below, left or right of it", _SIDES),
    "all": ("to one of the eight cells around it", (*_SIDES, *_CORNERS)),
    "jump": (
        "by two cells up, down, left or right and then by one cell to a side of that direction; it "
        "does not matter what is in between",
        _JUMPS,
    ),
    "slide": (
        "up, down, left or right, by as many cells as it can before there is a wall or the map "
        "ends: it cannot stop sooner",
        _SIDES,
    ),
}
# Python: of the map and the cells that take 0, 1, 2 moves, and so on.
_REACHED: _Typed = {
    "least": (
        "the least number of moves that lead to the bottom right cell, or None if none do",
        lambda t, layers: next(
            (n for n, layer in enumerate(layers) if (len(t) - 1, len(t[0]) - 1) in layer), None
        ),
        """let last = (rows.len() - 1, rows[0].len() - 1);
    layers(rows).iter().position(|layer| layer.contains(&last))""",
        "Option<usize>",
    ),
    "lost": (
        "how many free cells it cannot stop in, however many moves it makes (it can in the top "
        "left cell)",
        lambda t, layers: "".join(t).count(".") - sum(map(len, layers)),
        """let cells = rows.iter().flat_map(|row| row.chars());
    let stops: usize = layers(rows).iter().map(Vec::len).sum();
    cells.filter(|&c| c == '.').count() - stops""",
        "usize",
    ),
    "farthest": (
        "those of the cells that it can stop in that take most moves, as pairs of row and column, "
        "in ascending order; a cell takes the least number of moves that lead to it, and the top "
        "left cell takes 0",
        lambda _, layers: sorted(layers[-1]),
        """let mut farthest = layers(rows).pop().unwrap_or_default();
    farthest.sort_unstable();
    farthest""",
        "Vec<(usize, usize)>",
    ),
    "counts": (
        "how many cells take 0 moves at least (that is the top left cell alone), how many take 1, "
        "and so on, up to the largest number of moves that one takes; cells that it cannot stop in "
        "are left out",
        lambda _, layers: list(map(len, layers)),
        "layers(rows).iter().map(Vec::len).collect()",
        "Vec<usize>",
    ),
}
# Python: of the map and its regions, each a sorted list of cells, in ascending order.
_REGIONS: _Typed = {
    "sizes": (
        "the sizes of all regions, from the largest to the smallest",
        lambda _, regions: sorted(map(len, regions), reverse=True),
        """let mut sizes: Vec<usize> = regions(rows).iter().map(Vec::len).collect();
    sizes.sort_unstable();
    sizes.reverse();
    sizes""",
        "Vec<usize>",
    ),
    "widest": (
        "the size of the largest region, and how many regions have that size",
        lambda _, regions: max(Counter(map(len, regions)).items()),
        """let mut sizes: Vec<usize> = regions(rows).iter().map(Vec::len).collect();
    sizes.sort_unstable();
    let largest = sizes[sizes.len() - 1];
    let count = sizes.iter().filter(|&&size| size == largest).count();
    (largest, count)""",
        "(usize, usize)",
    ),
    "inner": (
        "how many regions have no cell in the first or last row or column of the map",
        lambda t, regions: sum(
            all(0 < r < len(t) - 1 and 0 < c < len(t[0]) - 1 for r, c in region)
            for region in regions
        ),
        """let is_inner = |&(r, c): &(usize, usize)| {
        r > 0 && c > 0 && r + 1 < rows.len() && c + 1 < rows[0].len()
    };
    let regions = regions(rows);
    let inner = regions.iter().filter(|region| region.iter().all(is_inner));
    inner.count()""",
        "usize",
    ),
    "listed": (
        "for each region its letter and its size, in the order in which their first cells come "
        "when the map is read row by row from the top, each row from left to right",
        lambda t, regions: [(t[region[0][0]][region[0][1]], len(region)) for region in regions],
        """let letter = |(r, c): (usize, usize)| char::from(rows[r].as_bytes()[c]);
    regions(rows)
        .iter()
        .map(|region| (letter(region[0]), region.len()))
        .collect()""",
        "Vec<(char, usize)>",
    ),
}


def _variants(level: int) -> list[tuple[Any, ...]]:
    if level == 5:
        ways = itertools.product(("way",), _MOVES, _REACHED)
        regions = itertools.product(("region",), ("side", "all"), _REGIONS)
        return [(level, *names) for names in (*ways, *regions)]
    tables: tuple[dict[str, Any], ...] = {
        1: (_WHOLE,),
        2: (_LINES, _SUCH, _WHICH),
        3: (_AROUND, _CELL, _CELLS),
        4: (_STEERED, _BLOCKED, _WALKED),
    }[level]
    return [(level, *names) for names in itertools.product(*tables)]


@family("grid", _variants)
def grid(level: int, *names: str) -> Problem:
    if level == 5:
        return (_ways if names[0] == "way" else _regions)(*names[1:])
    return (_whole, _lines, _cells, _robot)[level - 1](*names)


def _whole(name: str) -> Problem:
    words, python, rust, kind = _WHOLE[name]
    return Problem(
        f"{_ABOUT_TABLE} Return {words}.",
        Interface("look", (_TABLE,), kind),
        f"pub fn look(rows: &[Vec<i64>]) -> {kind} {{\n    {rust}\n}}\n",
        python,
        lambda draw: (_numbers(draw, -4, 6),),
        [*_EDGES, ([[1, 2, 3], [4, 5, 6], [7, 8, 9]],), ([[0, -1, 1, 0], [2, 0, -3, 4]],)],
    )


def _lines(lines: str, such: str, which: str) -> Problem:
    order, cut, helper = _LINES[lines]
    words, python, test = _SUCH[such]
    what, report, rust, kind = _WHICH[which]
    what = what.replace("${one}", lines).replace("$one", lines)
    source = "columns(rows)" if helper else "rows"
    let = f"    let columns = {source};\n" if helper else ""
    each = "columns" if helper else "rows"
    reference = f"""pub fn lines(rows: &[Vec<i64>]) -> {kind} {{
{let}    let such = {each}
        .iter()
        .enumerate()
        .filter(|(_, line)| is_such(line));
    {rust}
}}

fn is_such(line: &[i64]) -> bool {{
    {test}
}}
{helper}"""
    if which == "first":
        reference = reference.replace("let such", "let mut such").replace(
            "such.map(|(number, _)| number).next()", "such.next().map(|(number, _)| number)"
        )
    return Problem(
        f"{_ABOUT_TABLE} Look, {order}, at the {lines}s of which this is so: {words}. Return "
        f"{what}.",
        Interface("lines", (_TABLE,), kind),
        reference,
        lambda rows: report([python(line) for line in cut(rows)]),
        lambda draw: (_numbers(draw, -1, draw.pick((0, 1, 1, 2)), least=2),),
        [
            *_EDGES, ([[1, 2, 3], [2, 2, 2], [3, 2, 3]],), ([[0, 1, -1], [0, 0, 1], [0, 0, 2]],),
            ([[-1, 1, 2], [1, 0, -1], [0, 3, -1], [0, -2, 5]],), ([[1, 2], [2, 3], [1, 2]],),
        ],
    )  # fmt: skip


def _steps(offsets: tuple[_Place, ...]) -> str:
    """The offsets as a constant in Rust."""
    listed = [f"({down}, {right})" for down, right in offsets]
    if len(listed) == 4:
        body = f"[{', '.join(listed)}]"
    else:
        body = "[\n" + "".join(f"    {offset},\n" for offset in listed) + "]"
    return f"const STEPS: [(isize, isize); {len(listed)}] = {body};\n"


def _near(height: int, width: int, at: _Place, offsets: tuple[_Place, ...]) -> list[_Place]:
    found = [(at[0] + down, at[1] + right) for down, right in offsets]
    return [(r, c) for r, c in found if r in range(height) and c in range(width)]


def _cells(around: str, cell: str, cells: str) -> Problem:
    where, offsets = _AROUND[around]
    words, python, test = _CELL[cell]
    what, report, amount, kind = _CELLS[cells]
    start, add = (
        ("Vec::new()", "found.push((r, c))") if cells == "places" else ("0", f"found += {amount}")
    )
    reference = f"""{_steps(offsets)}
pub fn cells(rows: &[Vec<i64>]) -> {kind} {{
    let mut found = {start};
    for (r, row) in rows.iter().enumerate() {{
        for (c, &x) in row.iter().enumerate() {{
            if is_such(x, &neighbours(rows, r, c)) {{
                {add};
            }}
        }}
    }}
    found
}}

fn is_such(x: i64, around: &[i64]) -> bool {{
    {test}
}}

fn neighbours(rows: &[Vec<i64>], r: usize, c: usize) -> Vec<i64> {{
    STEPS
        .iter()
        .filter_map(|&(down, right)| {{
            let row = rows.get(r.checked_add_signed(down)?)?;
            row.get(c.checked_add_signed(right)?).copied()
        }})
        .collect()
}}
"""

    def oracle(rows: list[list[int]]) -> Any:
        found = []
        for r, row in enumerate(rows):
            for c, x in enumerate(row):
                near = _near(len(rows), len(row), (r, c), offsets)
                if python(x, [rows[a][b] for a, b in near]):
                    found.append((r, c, x))
        return report(found)

    return Problem(
        f"{_ABOUT_TABLE} The neighbours of a cell are {where}. Look at the cells of which this is "
        f"so: {words}. Return {what}.",
        Interface("cells", (_TABLE,), kind),
        reference,
        oracle,
        lambda draw: (_numbers(draw, -2, draw.pick((2, 3, 5)), least=2),),
        [
            *_EDGES, ([[1, 2, 3], [4, 5, 6], [7, 8, 9]],), ([[1, 3, 1], [3, 2, 3], [1, 3, 1]],),
            ([[0, 4, 1, 2], [5, 3, 3, 0]],), ([[2, 0], [0, 2], [2, 5]],), ([[-3, -3], [0, -1]],),
        ],
    )  # fmt: skip


def _walk(rows: list[str], orders: str, steered: str, blocked: str) -> list[_Place]:
    """Where the robot has been."""
    height, width = len(rows), len(rows[0])
    path, heading = [(0, 0)], 1
    for order in orders:
        if order in "LR":
            heading = (heading + (1 if order == "R" else 3)) % 4
            continue
        down, right = _SIDES[heading if steered == "turning" else "NESW".index(order)]
        r, c = path[-1][0] + down, path[-1][1] + right
        if blocked == "wrap":
            r, c = r % height, c % width
        if 0 <= r < height and 0 <= c < width and rows[r][c] == ".":
            path.append((r, c))
        elif blocked == "halt":
            break
    return path


def _robot(steered: str, blocked: str, walked: str) -> Problem:
    orders_words, start, steer = _STEERED[steered]
    blocked_words, jump, ahead = _BLOCKED[blocked]
    what, report, kind, (before, inside, answer) = _WALKED[walked]
    uses = "use std::collections::BTreeSet;\n\n" if walked == "cells" else ""
    if blocked == "wrap":
        # What lies ahead is always a cell.
        result = "if is_free {\n        Some((r, c))\n    } else {\n        None\n    }"
    else:
        result = "is_free.then_some((r, c))"
    reference = f"""{uses}type Place = (usize, usize);

pub fn walk(rows: &[String], orders: &str) -> {kind} {{
    let mut at = (0, 0);
{start}{before}    for order in orders.chars() {{
{steer}        let Some(next) = ahead(rows, at, way) else {{
            {jump};
        }};
        at = next;
{inside}    }}
    {answer}
}}

/// The cell that a move leads to, if it is not blocked.
fn ahead(rows: &[String], at: Place, way: (isize, isize)) -> Option<Place> {{
{ahead}    {result}
}}
"""
    letters = "NESW" if steered == "compass" else "FFFLR"

    def arguments(draw: Draw) -> tuple[Any, ...]:
        rows = _map(draw, 4, 5, walls=0.15)
        orders = ""
        for _ in range(draw.between(3, 22)):
            more = draw.pick(letters)
            moved = len(_walk(rows, orders, steered, blocked))
            # Mostly what is not blocked, or nobody would get far.
            is_free = len(_walk(rows, orders + more, steered, blocked)) > moved
            if is_free or more in "LR" or draw.chance(0.03 if blocked == "halt" else 0.15):
                orders += more
            elif steered == "turning":
                orders += draw.pick("LR")
        return (rows, orders)

    samples = {
        "compass": ["", "E", "N", "W", "S", "EESSWWNN", "SSEEN", "NNWWWEE", "ESENNWSWE"],
        "turning": ["", "F", "LF", "RF", "RRF", "FFRFFRFFRF", "RFFLFFLF", "LFFLFFF", "FRFLFLFFF"],
    }[steered]
    maps = [["...", "...", "..."], [".#.", "...", "#.."], ["....", ".#.#"]]
    return Problem(
        f"{_ABOUT_MAP} In a map a dot (.) is a free cell and # is a wall. A robot starts in the "
        f"top left cell, which is free. {orders_words} {blocked_words} Return {what}.",
        Interface("walk", (_MAP, ("orders", "&str")), kind),
        reference,
        lambda rows, orders: report(_walk(rows, orders, steered, blocked)),
        arguments,
        [
            (["."], samples[1]), *((maps[i % 3], orders) for i, orders in enumerate(samples)),
        ],
    )  # fmt: skip


def _ways(moves: str, reached: str) -> Problem:
    words, offsets = _MOVES[moves]
    what, report, rust, kind = _REACHED[reached]
    if moves == "slide":
        helper = """/// Where a move can lead to; perhaps nowhere else.
fn nexts(rows: &[String], at: Place) -> Vec<Place> {
    let slide = |way| {
        let mut last = at;
        while let Some(next) = ahead(rows, last, way) {
            last = next;
        }
        last
    };
    STEPS.iter().map(|&way| slide(way)).collect()
}
"""
    else:
        helper = """fn nexts(rows: &[String], at: Place) -> Vec<Place> {
    STEPS
        .iter()
        .filter_map(|&way| ahead(rows, at, way))
        .collect()
}
"""
    reference = f"""use std::collections::BTreeSet;

type Place = (usize, usize);

{_steps(offsets)}
pub fn explore(rows: &[String]) -> {kind} {{
    {rust}
}}

/// The cells that take 0 moves, those that take 1, and so on.
fn layers(rows: &[String]) -> Vec<Vec<Place>> {{
    let mut seen = BTreeSet::from([(0, 0)]);
    let mut layers = Vec::new();
    let mut layer = vec![(0, 0)];
    while !layer.is_empty() {{
        let reach = layer.iter().flat_map(|&at| nexts(rows, at));
        let next = reach.filter(|&place| seen.insert(place)).collect();
        layers.push(layer);
        layer = next;
    }}
    layers
}}

{helper}
/// The cell that is `way` from `at`, if it is free.
fn ahead(rows: &[String], at: Place, way: (isize, isize)) -> Option<Place> {{
    let r = at.0.checked_add_signed(way.0)?;
    let c = at.1.checked_add_signed(way.1)?;
    let is_free = *rows.get(r)?.as_bytes().get(c)? == b'.';
    is_free.then_some((r, c))
}}
"""

    def ends(rows: list[str], at: _Place) -> set[_Place]:
        found = set()
        for way in offsets:
            last, on = at, True
            while on:
                free = [p for p in _near(len(rows), len(rows[0]), last, (way,)) if _free(rows, p)]
                last, on = (free or [last])[0], bool(free) and moves == "slide"
            found.add(last)
        return found

    def oracle(rows: list[str]) -> Any:
        layers = [{(0, 0)}]
        while layers[-1]:
            reach = set().union(*(ends(rows, at) for at in layers[-1]))
            layers.append(reach.difference(*layers))
        return report(rows, layers[:-1])

    def arguments(draw: Draw) -> tuple[Any, ...]:
        if moves == "slide":
            return (_map(draw, 6, 7, walls=draw.pick((0.15, 0.25, 0.35)), least=4),)
        # Walls, of which moves from cell to cell have made some free, and some others.
        height, width, at = draw.between(4, 6), draw.between(4, 7), (0, 0)
        free = {at}
        for _ in range(draw.between(5, 16)):
            near = _near(height, width, at, offsets)
            # To where there is least around, or there would be many ways to each cell.
            around = {p: len(free & {p, *_near(height, width, p, offsets)}) for p in near}
            at = draw.pick([p for p in near if around[p] == min(around.values())])
            free.add(at)
        return (
            [
                "".join(".#"[(r, c) not in free and draw.chance(0.85)] for c in range(width))
                for r in range(height)
            ],
        )

    return Problem(
        f"{_ABOUT_MAP} In a map a dot (.) is a free cell and # is a wall. A figure stands in the "
        f"top left cell, which is free. It is never in a wall or outside the map. A move leads it "
        f"{words}. Return {what}.",
        Interface("explore", (_MAP,), kind),
        reference,
        oracle,
        arguments,
        [
            (["."],), ([".."],), ([".", "#", "."],), (["...", "...", "..."],),
            ([".#.", "##.", "..."],), (["....", "....", "...."],), ([".###", "#.##", "##.."],),
            ([".....", "####.", ".....", ".####", "....."],), (["..#", "..."],), ([".", "."],),
        ],
    )  # fmt: skip


def _free(rows: list[str], at: _Place) -> bool:
    return rows[at[0]][at[1]] == "."


def _regions(around: str, answer: str) -> Problem:
    where, offsets = _AROUND[around]
    what, report, rust, kind = _REGIONS[answer]
    reference = f"""use std::collections::BTreeSet;

type Place = (usize, usize);

{_steps(offsets)}
pub fn regions_of(rows: &[String]) -> {kind} {{
    {rust}
}}

/// The cells of each region; the one that is read first comes first.
fn regions(rows: &[String]) -> Vec<Vec<Place>> {{
    let mut seen = BTreeSet::new();
    let mut regions = Vec::new();
    for (r, row) in rows.iter().enumerate() {{
        for c in 0..row.len() {{
            if seen.insert((r, c)) {{
                regions.push(region(rows, (r, c), &mut seen));
            }}
        }}
    }}
    regions
}}

fn region(rows: &[String], start: Place, seen: &mut BTreeSet<Place>) -> Vec<Place> {{
    let mut region = Vec::new();
    let mut open = vec![start];
    while let Some(at) = open.pop() {{
        region.push(at);
        open.extend(alike(rows, at).into_iter().filter(|&place| seen.insert(place)));
    }}
    region
}}

/// The neighbours with the same letter.
fn alike(rows: &[String], at: Place) -> Vec<Place> {{
    let letter = rows[at.0].as_bytes()[at.1];
    STEPS
        .iter()
        .filter_map(|&(down, right)| {{
            let r = at.0.checked_add_signed(down)?;
            let c = at.1.checked_add_signed(right)?;
            (*rows.get(r)?.as_bytes().get(c)? == letter).then_some((r, c))
        }})
        .collect()
}}
"""

    def oracle(rows: list[str]) -> Any:
        # Each cell takes the least label around it until nothing changes.
        label = {(r, c): (r, c) for r, row in enumerate(rows) for c in range(len(row))}
        before: dict[_Place, _Place] = {}
        while label != before:
            before = dict(label)
            for r, c in before:
                near = [(r, c), *_near(len(rows), len(rows[0]), (r, c), offsets)]
                label[r, c] = min(label[p] for p in near if rows[p[0]][p[1]] == rows[r][c])
        regions: dict[_Place, list[_Place]] = {}
        for place, first in label.items():
            regions.setdefault(first, []).append(place)
        return report(rows, list(regions.values()))

    def arguments(draw: Draw) -> tuple[Any, ...]:
        height, width = draw.between(3, 6), draw.between(3, 6)
        letters = draw.pick(("aab", "aaab", "abc", "aabbc"))
        return (["".join(draw.pick(letters) for _ in range(width)) for _ in range(height)],)

    return Problem(
        f"{_ABOUT_MAP} Each cell has a letter from a to z. The neighbours of a cell are {where}. "
        "Two cells are in the same region if one can go from one to the other over neighbours "
        f"that all have the same letter as both. The size of a region is its number of cells. "
        f"Return {what}.",
        Interface("regions_of", (_MAP,), kind),
        reference,
        oracle,
        arguments,
        [
            (["a"],), (["ab"],), (["aaa", "aaa"],), (["aba", "bab", "aba"],), (["abc", "def"],),
            (["aaaa", "abba", "abba", "aaaa"],), (["aaaaa", "ababa", "aaaaa"],), (["z", "z", "y"],),
            (["aabb", "bbaa", "aabb"],), (["bbbb", "baab", "bbab", "abbb", "bbbb"],),
        ],
    )  # fmt: skip


_EDGES: list[tuple[list[list[int]]]] = [
    ([],), ([[5]],), ([[0]],), ([[1, 2, 3]],), ([[3], [1], [2]],), ([[4, 4], [4, 4]],),
]  # fmt: skip


def _numbers(draw: Draw, low: int, high: int, least: int = 1) -> list[list[int]]:
    height, width = draw.between(least, 4), draw.between(least, 4)
    return [[draw.between(low, high) for _ in range(width)] for _ in range(height)]


def _map(draw: Draw, height: int, width: int, walls: float, least: int = 1) -> list[str]:
    """A map of at most this size, whose first cell is free."""
    height, width = draw.between(least, height), draw.between(max(2, least), width)
    cells = ["#" if draw.chance(walls) else "." for _ in range(height * width)]
    cells[0] = "."
    return ["".join(cells[i : i + width]) for i in range(0, height * width, width)]
