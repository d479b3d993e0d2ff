"""Boards: as wholes, cells among their neighbours, sliding stones, regions, rounds of clearing."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from typing import Any

from ....verifiers.python.interface import Interface
from ..draw import Draw
from .family import Problem, family, slip

_Slips = Sequence[tuple[str, str]]
_NUMBERS = "list[list[int]]"
_Numbers = list[list[int]]
_Cell = tuple[int, int]
_ABOUT = (
    "`board` is the list of the rows of a board, from top to bottom; they are equally long, and "
    "there is at least one cell. Rows and columns are counted from 0."
)

# ---------------------------------------------------------------- 1: the whole board
#
# name -> words, result, oracle, Python, and slips.
_WHOLE: dict[str, tuple[str, str, Callable[[_Numbers], Any], str, _Slips]] = {
    "rim": (
        "Return the sum of the cells at the rim: those in the first or last row or in the first or "
        "last column, each counted once", "int",
        lambda b: sum(v for r, row in enumerate(b) for c, v in enumerate(row)
                      if r in (0, len(b) - 1) or c in (0, len(row) - 1)),
        "sum(map(sum, board)) - sum(sum(row[1:-1]) for row in board[1:-1])",
        [("for row in board[1:-1]", "for row in board"),
         ("sum(map(sum, board)) - sum(sum(row[1:-1]) for row in board[1:-1])",
          "sum(board[0]) + sum(board[-1]) + sum(row[0] + row[-1] for row in board[1:-1])")],
    ),
    "quarter": (
        "Return the board turned by a quarter, anticlockwise: the first of its rows is the last "
        "column of `board`, from top to bottom", _NUMBERS,
        lambda b: [[row[-1 - c] for row in b] for c in range(len(b[0]))],
        "[list(column) for column in zip(*board)][::-1]",
        [("[list(column) for column in zip(*board)][::-1]",
          "[list(column)[::-1] for column in zip(*board)]"), ("][::-1]", "]")],
    ),
    "half": (
        "Return the board turned by half: the first of its rows is the last row of `board`, from "
        "right to left", _NUMBERS,
        lambda b: [[row[i] for i in range(len(row) - 1, -1, -1)] for row in reversed(b)],
        "[row[::-1] for row in board[::-1]]",
        [("row[::-1] for", "row for"), ("in board[::-1]", "in board")],
    ),
    "framed": (
        "Return a board with two more rows and two more columns: `board` in the middle, and a "
        "frame of zeros, one cell thick, round it", _NUMBERS,
        lambda b: [[b[r][c] if r in range(len(b)) and c in range(len(b[0])) else 0
                    for c in range(-1, len(b[0]) + 1)] for r in range(-1, len(b) + 1)],
        "[[0] * width, *([0, *row, 0] for row in board), [0] * width]",
        [("[0, *row, 0]", "[row[0], *row, row[-1]]"), ("len(board[0]) + 2", "len(board) + 2")],
    ),
    "blank": (
        "Return the list of the columns, by their numbers from left to right, in which no cell is "
        "above 0", "list[int]",
        lambda b: [c for c in range(len(b[0])) if not [1 for row in b if row[c] > 0]],
        "[number for number, column in enumerate(zip(*board)) if max(column) <= 0]",
        [("max(column) <= 0", "max(column) < 0"), ("zip(*board)", "board")],
    ),
    "tops": (
        "Return, for each column from left to right, the number of the row in which its largest "
        "cell is; of several that are as large, the row that is nearest to the top", "list[int]",
        lambda b: [next(r for r in range(len(b)) if all(x[c] <= b[r][c] for x in b))
                   for c in range(len(b[0]))],
        "[column.index(max(column)) for column in zip(*board)]",
        [("zip(*board)", "board"),
         ("column.index(max(column))", "len(board) - 1 - column[::-1].index(max(column))")],
    ),
    "drawn": (
        "Return a list with one text for each row, from top to bottom, which has one character for "
        "each cell, from left to right: a hash (#) if the cell is above 0, a hyphen (-) if it is "
        "below 0, and a dot (.) if it is 0", "list[str]",
        lambda b: ["".join(".#-"[(v > 0) - (v < 0)] for v in row) for row in b],
        '["".join("#" if cell > 0 else "-" if cell else "." for cell in row) for row in board]',
        [("cell > 0", "cell >= 0"), ('"-" if cell else "."', '"."')],
    ),
    "steps": (
        "Return the largest absolute difference between two cells that stand side by side in a "
        "row, or 0 if there are no two such cells", "int",
        lambda b: max([0, *(max(p) - min(p) for row in b for p in itertools.pairwise(row))]),
        "max((abs(row[c] - row[c - 1]) for row in board for c in range(1, len(row))), default=0)",
        [("abs(row[c] - row[c - 1])", "row[c] - row[c - 1]"),
         ("for row in board", "for row in zip(*board)")],
    ),
    "sparse": (
        "Return the board that is left when the rows and columns with odd numbers are taken out",
        _NUMBERS,
        lambda b: [[v for c, v in enumerate(row) if c % 2 < 1] for r, row in enumerate(b)
                   if r % 2 < 1],
        "[row[::2] for row in board[::2]]",
        [("row[::2] for", "row for"), ("board[::2]]", "board[1::2]]")],
    ),
    "doubled": (
        "Return a board with twice as many rows and columns, in which each cell of `board` has "
        "become four equal cells, two of them side by side in a row and two of them just below "
        "these", _NUMBERS,
        lambda b: [[b[r // 2][c // 2] for c in range(2 * len(b[0]))] for r in range(2 * len(b))],
        "[[cell for cell in row for _ in range(2)] for row in board for _ in range(2)]",
        [("[cell for cell in row for _ in range(2)]", "row * 2"),
         ("for row in board for _ in range(2)]", "for row in board * 2]")],
    ),
    "sheared": (
        "Return the board with the cells of each row moved to the right by as many places as the "
        "number of the row; those that are moved beyond the right end of the row come in again at "
        "its left end", _NUMBERS,
        lambda b: [(row * (r + 1))[(len(row) - 1) * r :][: len(row)] for r, row in enumerate(b)],
        "[[row[(c - r) % len(row)] for c in range(len(row))] for r, row in enumerate(board)]",
        [("(c - r)", "(c + r)"), ("(c - r)", "(c - 1)")],
    ),
    "varied": (
        "Return the number of the row with the most different values; of several that have as "
        "many, the one that is nearest to the top", "int",
        lambda b: sorted(range(len(b)), key=lambda r: (-len(set(b[r])), r))[0],
        "max(range(len(board)), key=lambda r: len(set(board[r])))",
        [("max(range(len(board)),", "max(range(len(board) - 1, -1, -1),"),
         ("len(set(board[r]))", "sum(board[r])")],
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 2: each cell and its neighbours
#
# name -> words, how many there are at most, oracle (of the steps down and right), Python (cells),
# and a slip.
_NEIGHBOURS: dict[str, tuple[str, str, Callable[[int, int], bool], str, tuple[str, str]]] = {
    "sides": (
        "the cells just above, below, left and right of it", "four",
        lambda down, right: abs(down) + abs(right) == 1,
        "((r - 1, c), (r, c - 1), (r, c + 1), (r + 1, c))", (", (r + 1, c)", ""),
    ),
    "corners": (
        "the cells that touch it with a corner alone (above or below it by one row, and left or "
        "right of it by one column)", "four",
        lambda down, right: down * down == right * right == 1,
        "((r - 1, c - 1), (r - 1, c + 1), (r + 1, c - 1), (r + 1, c + 1))",
        (", (r + 1, c + 1)", ""),
    ),
    "round": (
        "the cells round it: those that touch it with a side or a corner", "eight",
        lambda down, right: sorted(map(abs, (down, right)))[1] == 1,
        "product((r - 1, r, r + 1), (c - 1, c, c + 1))", ("(r - 1, r, r + 1)", "(r - 1, r)"),
    ),
    "jumps": (
        "the cells two rows above or below it in its column and those two columns left or right of "
        "it in its row", "four",
        lambda down, right: (abs(down), abs(right)) in ((0, 2), (2, 0)),
        "((r - 2, c), (r, c - 2), (r, c + 2), (r + 2, c))", (", (r + 2, c)", ""),
    ),
}  # fmt: skip
# name -> words, Python of the neighbours, and a slip.
_OUTSIDE: dict[str, tuple[str, str, tuple[str, str]]] = {
    "none": (
        "There are no cells outside the board, so that some have fewer neighbours or none.",
        "            around = [\n                board[y][x]\n"
        "                for y, x in {cells}\n"
        "                if 0 <= y < len(board) and 0 <= x < len(row){other}\n            ]\n",
        ("0 <= y < len(board) and 0 <= x < len(row)", "y < len(board) and x < len(row)"),
    ),
    "wraps": (
        "Beyond an edge the board goes on at the opposite edge, so that each cell has {count} "
        "neighbours. On a small board a cell may be its own neighbour, and one may be a neighbour "
        "several times: it then counts as often.",
        "            around = [\n                board[y % len(board)][x % len(row)]\n"
        "                for y, x in {cells}{other}\n            ]\n",
        ("y % len(board)", "min(max(y, 0), len(board) - 1)"),
    ),
}  # fmt: skip
# name -> words, type, oracle (of a cell and its neighbours), Python, and a slip.
_AMONG: dict[str, tuple[str, str, Callable[[int, list[int]], Any], str, tuple[str, str]]] = {
    "sum": (
        "the sum of its neighbours, or 0 if it has none", "int", lambda _, around: sum(around),
        "sum(around)", ("sum(around)", "sum(around) + row[c]"),
    ),
    "less": (
        "how many of its neighbours are less than it", "int",
        lambda cell, around: len([n for n in around if n < cell]),
        "sum(other < cell for other in around)", ("other < cell", "other <= cell"),
    ),
    "peak": (
        "True if it is greater than each of its neighbours, else False", "bool",
        lambda cell, around: sorted([*around, cell])[::-1].index(cell) == 0 and cell not in around,
        "all(other < cell for other in around)", ("other < cell", "other <= cell"),
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 3: sliding stones
#
# name -> stones, words, oracle (of a line whose stones go to its beginning), Python if they go to
# its beginning, and if they go to its end, and a slip.
_SLIDES: dict[str, tuple[str, str, Callable[[str], str], str, str, tuple[str, str]]] = {
    "far": (
        "o",
        "Each o is a stone. Stones slide {way} as far as they can: until there is an edge of the "
        "board, a # or another stone that can go no farther.",
        lambda line: re.sub("[o.]+", lambda m: "".join(sorted(m[0], key="o.".index)), line),
        '    parts = [part.replace(".", "") + "." * part.count(".") for part in line.split("#")]\n'
        '    return "#".join(parts)\n',
        '    parts = ["." * part.count(".") + part.replace(".", "") for part in line.split("#")]\n'
        '    return "#".join(parts)\n',
        ('line.split("#")', '[line.replace("#", ".")]'),
    ),
    "step": (
        "o",
        "Each o is a stone. Each stone for which the next cell {way} is a dot moves into it and "
        "leaves a dot behind. All move at the same time: what counts are the dots that there were "
        "before.",
        lambda line: "".join(
            "o" if a == "." and b == "o" else "." if a == "o" and before == "." else a
            for before, a, b in zip("#" + line, line, line[1:] + "#", strict=False)
        ),
        '    return line.replace(".o", "o.")\n', '    return line.replace("o.", ".o")\n',
        ("line.replace", 'line.replace("#", ".").replace'),
    ),
    "both": (
        "ox",
        "Each o and each x is a stone. Both kinds slide as far as they can, those that are o {way} "
        "and those that are x in the opposite direction: until there is an edge of the board, a # "
        "or another stone of their kind that can go no farther. Stones of different kinds pass "
        "through one another.",
        lambda line: re.sub("[ox.]+", lambda m: "".join(sorted(m[0], key="o.x".index)), line),
        '    parts = ["".join(sorted(part, key="o.x".index)) for part in line.split("#")]\n'
        '    return "#".join(parts)\n',
        '    parts = ["".join(sorted(part, key="x.o".index)) for part in line.split("#")]\n'
        '    return "#".join(parts)\n',
        ('line.split("#")', '[line.replace("#", ".")]'),
    ),
}  # fmt: skip
# name -> whether along columns, whether to the end of a line.
_WAYS = {"left": (False, False), "right": (False, True), "up": (True, False), "down": (True, True)}

# ---------------------------------------------------------------- 4: regions
#
# name -> words, oracle (of two cells), Python: a start's condition and that of a step, and a slip.
_LINKS: dict[str, tuple[str, Callable[[int, int], bool], str, str, tuple[str, str]]] = {
    "equal": (
        "Two neighbours are linked if they are equal.", lambda a, b: a == b, "",
        "cells[there] == cells[r, c]", ("== cells[r, c]", "> 0 < cells[r, c]"),
    ),
    "near": (
        "Two neighbours are linked if they differ by at most 1.", lambda a, b: -1 <= a - b <= 1,
        "", "abs(cells[there] - cells[r, c]) <= 1",
        ("cells[there] - cells[r, c]", "cells[there] - cells[start]"),
    ),
    "land": (
        "Two neighbours are linked if both are above 0. Cells that are 0 or below are in no "
        "region.", lambda a, b: min(a, b) > 0, " and value > 0", "cells[there] > 0",
        (" and value > 0", ""),
    ),
}  # fmt: skip
# name -> words, whether corners count, and Python.
_TOUCH: dict[str, tuple[str, bool, str]] = {
    "sides": (
        "Two cells are neighbours if they have a side in common.", False,
        "((r - 1, c), (r, c - 1), (r, c + 1), (r + 1, c))",
    ),
    "corners": (
        "Two cells are neighbours if they have a side or a corner in common.", True,
        "product((r - 1, r, r + 1), (c - 1, c, c + 1))",
    ),
}  # fmt: skip
# name -> words, result, oracle (of the regions: lists of cells; and the size of the board), Python:
# first line, what is done with `found`, a region; the result; and a slip.
_Regions = list[list[_Cell]]
_Told = tuple[str, str, Callable[[_Regions, int, int], Any], str, str, str, tuple[str, str]]
_TOLD: dict[str, _Told] = {
    "labels": (
        "Number the regions from 1 in the order in which one meets them when reading the board row "
        "by row, from top to bottom, each row from left to right. Return a board of the same size "
        "with the number of the region in each cell, or 0 if the cell is in none.", _NUMBERS,
        lambda regions, height, width: [
            [next((n for n, part in enumerate(regions, 1) if (r, c) in part), 0)
             for c in range(width)] for r in range(height)
        ],
        "labels = [[0] * len(row) for row in board]\n    count = 0",
        "count += 1\n            for r, c in found:\n                labels[r][c] = count",
        "labels", ("labels[r][c] = count", "labels[r][c] = len(found)"),
    ),
    "sizes": (
        "Return the list of the sizes of all regions, in cells, from the largest to the smallest.",
        "list[int]", lambda regions, *_: [-n for n in sorted(-len(part) for part in regions)],
        "sizes: list[int] = []", "sizes.append(len(found))", "sorted(sizes, reverse=True)",
        ("sorted(sizes, reverse=True)", "sorted(set(sizes), reverse=True)"),
    ),
    "heads": (
        "Return a list with a triple (row, column, size) for each region: the first of its cells "
        "that one meets when reading the board row by row, from top to bottom, each row from left "
        "to right, and how many cells it has. The triples are in the order in which one meets "
        "those cells.", "list[tuple[int, int, int]]",
        lambda regions, *_: [(*sorted(part)[0], len(part)) for part in regions],
        "heads: list[tuple[int, int, int]] = []", "heads.append((*start, len(found)))", "heads",
        ("len(found)", "list(cells.values()).count(cells[start])"),
    ),
    "spans": (
        "Return a list with a pair (height, width) for each region: how many rows and how many "
        "columns of the board it has a cell in. The pairs are in the order in which one meets the "
        "regions when reading the board row by row, from top to bottom, each row from left to "
        "right.", "list[tuple[int, int]]",
        lambda regions, *_: [(len({r for r, _ in part}), len({c for _, c in part}))
                             for part in regions],
        "spans: list[tuple[int, int]] = []",
        "rows, columns = map(set, zip(*found))\n"
        "            spans.append((len(rows), len(columns)))", "spans",
        ("(len(rows), len(columns))", "(len(columns), len(rows))"),
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 5: rounds of clearing
#
# name -> words, Python, and a slip.
_CLEARS: dict[str, tuple[str, str, tuple[str, str]]] = {
    "lines": (
        "A letter goes if it is one of `size` or more equal letters that follow one another "
        "in a row or in a column.",
        "    for (r, c), sign in letters.items():\n"
        "        across = [(r, x) for x in range(c, c + size)]\n"
        "        down = [(y, c) for y in range(r, r + size)]\n"
        "        for cells in (across, down):\n"
        "            if all(letters.get(cell) == sign for cell in cells):\n"
        "                gone.update(cells)\n",
        ("gone.update(cells)", "gone.add((r, c))"),
    ),
    "squares": (
        "A letter goes if it is one of the letters in a square of `size` rows and `size` columns, "
        "anywhere on the board, that are all equal.",
        "    for (r, c), sign in letters.items():\n"
        "        cells = [(y, x) for y in range(r, r + size) for x in range(c, c + size)]\n"
        "        if all(letters.get(cell) == sign for cell in cells):\n"
        "            gone.update(cells)\n",
        ("range(c, c + size)]", "range(c, c + 2)]"),
    ),
    "groups": (
        "A letter goes if it is in a group of at least `size` cells. Two cells are in the same "
        "group if they have equal letters and are linked by cells with that letter, each of which "
        "has a side in common with the next.",
        "    for start, sign in letters.items():\n"
        "        group = {start}\n        stack = [start]\n        while stack:\n"
        "            r, c = stack.pop()\n"
        "            for near in ((r - 1, c), (r, c - 1), (r, c + 1), (r + 1, c)):\n"
        "                if near not in group and letters.get(near) == sign:\n"
        "                    group.add(near)\n                    stack.append(near)\n"
        "        if len(group) >= size:\n            gone |= group\n",
        ("len(group) >= size", "len(group) > size"),
    ),
}  # fmt: skip
# name -> words, oracle (of rows), Python, and a slip.
_FALLS: dict[str, tuple[str, Callable[[list[str]], list[str]], str, tuple[str, str]]] = {
    "down": (
        "The letters that are left fall down: in each column they keep their order, and the dots "
        "are above them.",
        lambda rows: _turned([re.sub("[^.]", "", c) + re.sub("[.]", "", c) for c in _turned(rows)]),
        '    columns = ["".join(column).replace(".", "") for column in zip(*board)]\n'
        '    columns = [column.rjust(len(board), ".") for column in columns]\n'
        '    return ["".join(row) for row in zip(*columns)]\n',
        ("rjust", "ljust"),
    ),
    "left": (
        "The letters that are left move to the left: in each row they keep their order, and the "
        "dots are right of them.",
        lambda rows: [re.sub("[.]", "", row) + re.sub("[^.]", "", row) for row in rows],
        '    return [row.replace(".", "").ljust(len(row), ".") for row in board]\n',
        ("ljust", "rjust"),
    ),
    "closed": (
        "The letters that are left fall down: in each column they keep their order, and the dots "
        "are above them. Then columns without a letter are moved to the right end of the board; "
        "the others keep their order.",
        lambda rows: _turned(
            (lambda cs: [c for c in cs if c[-1] != "."] + [c for c in cs if c[-1] == "."])(
                [re.sub("[^.]", "", c) + re.sub("[.]", "", c) for c in _turned(rows)])
        ),
        '    columns = ["".join(column).replace(".", "") for column in zip(*board)]\n'
        '    columns.sort(key=lambda column: column == "")\n'
        '    columns = [column.rjust(len(board), ".") for column in columns]\n'
        '    return ["".join(row) for row in zip(*columns)]\n',
        ('    columns.sort(key=lambda column: column == "")\n', ""),
    ),
}  # fmt: skip
# name -> words, result, oracle (of the last rows and how many went in each round), first line, what
# happens in a round, the end, and a slip.
_ROUNDS: dict[str, tuple[str, str, Callable[[list[str], list[int]], Any], str, str, str, _Slips]]
_ROUNDS = {
    "board": (
        "Return the board at the end.", "list[str]", lambda rows, _: rows, "", "", "board",
        [("    while gone := ", "    if gone := ")],
    ),
    "counts": (
        "Return a list with the number of letters that go in each round.", "list[int]",
        lambda _, gone: gone, "    counts: list[int] = []\n",
        "        counts.append(len(gone))\n", "counts",
        [("    while gone := ", "    if gone := ")],
    ),
    "rest": (
        "Return a dictionary from each letter that is on the board at the end to the number of "
        "cells that have it.", "dict[str, int]",
        lambda rows, _: {s: "".join(rows).count(s) for s in "abcd" if s in "".join(rows)}, "", "",
        "dict(Counter(letters_of(board).values()))", [("    while gone := ", "    if gone := ")],
    ),
}  # fmt: skip


def _variants(level: int) -> list[tuple[Any, ...]]:
    if level == 1:
        return [(1, name) for name in _WHOLE]
    if level == 2:
        return [(2, *key) for key in itertools.product(_NEIGHBOURS, _OUTSIDE, _AMONG)]
    if level == 3:
        return [(3, slides, way) for slides in _SLIDES for way in _WAYS]
    if level == 4:
        return [(4, *key) for key in itertools.product(_LINKS, _TOUCH, _TOLD)]
    return [(5, *key) for key in itertools.product(_CLEARS, _FALLS, _ROUNDS)]


@family("grids", _variants)
def grids(level: int, *key: str) -> Problem:
    return _LEVELS[level](*key)


def _numbers(draw: Draw, most: int = 5) -> tuple[_Numbers]:
    height, width = draw.between(1, most), draw.between(1, most)
    reach = draw.pick((1, 2, 2, 9))
    low = draw.pick((0, -reach))
    return ([[draw.between(low, reach) for _ in range(width)] for _ in range(height)],)


def _turned(rows: Sequence[str]) -> list[str]:
    """Columns as rows."""
    return ["".join(column) for column in zip(*rows, strict=True)]


def _whole(name: str) -> Problem:
    words, returns, oracle, python, slips = _WHOLE[name]
    line = "    width = len(board[0]) + 2\n" if "width" in python else ""
    reference = f"def grids(board: {_NUMBERS}) -> {returns}:\n{line}    return {python}\n"
    return Problem(
        f"{_ABOUT}\n{words}.",
        Interface("grids", (("board", _NUMBERS),), returns),
        reference,
        oracle,
        _numbers,
        [
            ([[0]],), ([[4]],), ([[1, 2]],), ([[1], [2]],), ([[1, 2], [3, 4]],),
            ([[1, 2, 3], [4, 5, 6], [7, 8, 9]],), ([[0, 3, 0], [0, 3, 0]],), ([[2, 2], [2, 2]],),
            ([[0, -1, 5, 5], [0, 0, 1, 2], [3, 9, -9, 4]],), ([[1, 1], [0, 0], [0, 1]],),
            ([[5, -5, 1]],), ([[2, 1, 0], [0, 0, 0], [0, 0, 0], [0, 1, 2]],),
        ],
        [slip(reference, change) for change in slips],
    )  # fmt: skip


def _neighbours(which: str, outside: str, among: str) -> Problem:
    words, count, is_step, cells, mistake = _NEIGHBOURS[which]
    rule, python, other = _OUTSIDE[outside]
    tells, kind, of, expression, more = _AMONG[among]
    returns = f"list[list[{kind}]]"
    itself = ""
    imports = "from itertools import product\n\n\n" if which == "round" else ""
    if which == "round":
        line_end = "\n                " if outside == "wraps" else " "
        itself = f"{line_end}{'if' if outside == 'wraps' else 'and'} (y, x) != (r, c)"
    reference = (
        f"{imports}def grids(board: {_NUMBERS}) -> {returns}:\n"
        f"    found: {returns} = []\n    for r, row in enumerate(board):\n"
        "        found.append([])\n"
        f"        for c, {'cell' if 'cell' in expression else '_'} in enumerate(row):\n"
        + python.format(cells=cells, other=itself)
        + f"            found[-1].append({expression})\n    return found\n"
    )

    def oracle(board: _Numbers) -> list[list[Any]]:
        height, width = len(board), len(board[0])
        # So many boards side by side that no step leads out of them.
        copies = 5 if outside == "wraps" else 1
        tiled = [row * copies for row in board * copies]
        top, left = height * (copies // 2), width * (copies // 2)
        return [
            [
                of(
                    tiled[r][c],
                    [
                        value
                        for r2, row in enumerate(tiled)
                        for c2, value in enumerate(row)
                        if is_step(r2 - r, c2 - c)
                    ],
                )
                for c in range(left, left + width)
            ]
            for r in range(top, top + height)
        ]

    mistakes = [other, more]
    # On a board that goes on, or where ties are no peaks, some of these cannot be seen.
    if among != "peak" or which == "round":
        mistakes.append(mistake)
    return Problem(
        f"{_ABOUT}\nThe neighbours of a cell are {words}. {rule.format(count=count)}\n"
        f"Return a board of the same size with, for each cell: {tells}.",
        Interface("grids", (("board", _NUMBERS),), returns),
        reference,
        oracle,
        _numbers,
        [
            ([[0]],), ([[7]],), ([[1, 2]],), ([[3], [1], [2]],), ([[5, 5], [5, 5]],),
            ([[1, 2, 3], [4, 5, 6], [7, 8, 9]],), ([[0, 0, 0], [0, 9, 0], [0, 0, 0]],),
            ([[9, 8, 7, 6], [5, 4, 3, 2], [16, 15, 14, 13], [12, 11, 10, 1]],),
            ([[1, 20, 3, 40, 5], [60, 7, 80, 9, 11], [12, 130, 14, 150, 16]],),
        ],
        [slip(reference, change) for change in mistakes],
    )  # fmt: skip


def _slides(what: str, way: str) -> Problem:
    stones, words, moved, to_start, to_end, mistake = _SLIDES[what]
    columns, ends = _WAYS[way]
    towards = {"left": "to the left", "right": "to the right"}.get(way, way)
    body = (
        '    columns = [moved("".join(column)) for column in zip(*board)]\n'
        '    return ["".join(row) for row in zip(*columns)]\n'
        if columns else "    return [moved(row) for row in board]\n"
    )  # fmt: skip
    reference = (
        f"def grids(board: list[str]) -> list[str]:\n{body}\n\n"
        "def moved(line: str) -> str:\n"
        f'    """A {"column" if columns else "row"} with its stones moved."""\n'
        f"{to_end if ends else to_start}"
    )

    def oracle(board: list[str]) -> list[str]:
        lines = _turned(board) if columns else board
        lines = [line[::-1] for line in lines] if ends else lines
        lines = [moved(line) for line in lines]
        lines = [line[::-1] for line in lines] if ends else lines
        return _turned(lines) if columns else lines

    def arguments(draw: Draw) -> tuple[Any, ...]:
        width = draw.between(1, 6)
        signs = draw.pick((".#", "..#", "...#", "....")) + stones * draw.between(1, 2)
        return (
            ["".join(draw.pick(signs) for _ in range(width)) for _ in range(draw.between(1, 6))],
        )

    stone = stones[-1]
    boards = [
        [], ["."], ["o"], ["#"], ["o."], [".o"], ["o", "."], [".", "o"], [".o#.o.", "..oo.#"],
        [f"o{stone}.", f"..{stone}", "#o."], ["o.o.o", "o.o.o", ".o.o."], ["..o", "#..", "o.."],
        [f".{stone}o.", f"{stone}..o", "o#..", f"..{stone}o"],
    ]  # fmt: skip
    opposite = slip(reference, (to_end if ends else to_start, to_start if ends else to_end))
    mistakes = [slip(reference, mistake), opposite, _turn_mistake(reference, columns)]
    return Problem(
        "`board` is the list of the rows of a board, from top to bottom; they are equally long. "
        f"There may be no row; else there is at least one cell in it. {words.format(way=towards)} "
        "Each # is a wall that stays, and each dot (.) is free.\n"
        "Return the rows of the board after that.",
        Interface("grids", (("board", "list[str]"),), "list[str]"),
        reference,
        oracle,
        arguments,
        [(board,) for board in boards],
        mistakes,
    )


def _turn_mistake(reference: str, columns: bool) -> str:
    """Rows for columns, or the other way round."""
    if columns:
        return slip(
            reference,
            ('    columns = [moved("".join(column)) for column in zip(*board)]\n', ""),
            ('["".join(row) for row in zip(*columns)]', "[moved(row) for row in board]"),
        )
    return slip(
        reference,
        (
            "    return [moved(row) for row in board]\n",
            '    columns = [moved("".join(column)) for column in zip(*board)]\n'
            '    return ["".join(row) for row in zip(*columns)]\n',
        ),
    )


def _regions(link: str, touch: str, told: str) -> Problem:
    linked, is_link, start, condition, mistake = _LINKS[link]
    rule, corners, around = _TOUCH[touch]
    words, returns, tell, first, each, result, other = _TOLD[told]
    imports = "from itertools import product\n\n\n" if corners else ""
    reference = (
        f"{imports}def grids(board: {_NUMBERS}) -> {returns}:\n"
        "    cells = {(r, c): value for r, row in enumerate(board) "
        "for c, value in enumerate(row)}\n"
        f"    seen: set[tuple[int, int]] = set()\n    {first}\n"
        + (
            "    for start, value in cells.items():\n"
            if link == "land" else "    for start in cells:\n"
        )
        + f"        if start not in seen{start}:\n"
        "            found = region(cells, start)\n            seen |= found\n"
        f"            {each}\n    return {result}\n\n\n"
        "def region(cells: dict[tuple[int, int], int], start: tuple[int, int])"
        " -> set[tuple[int, int]]:\n"
        '    """The cells of the region in which `start` is."""\n'
        "    found = {start}\n    stack = [start]\n    while stack:\n"
        "        r, c = stack.pop()\n"
        f"        for there in {around}:\n"
        f"            if there in cells and there not in found and {condition}:\n"
        "                found.add(there)\n                stack.append(there)\n"
        "    return found\n"
    )  # fmt: skip

    def oracle(board: _Numbers) -> Any:
        cells = {(r, c): v for r, row in enumerate(board) for c, v in enumerate(row)}
        cells = {cell: v for cell, v in cells.items() if link != "land" or v > 0}
        label = {cell: n for n, cell in enumerate(cells)}
        while True:
            lowest = {
                (r, c): min(
                    label[r2, c2]
                    for r2, c2 in cells
                    if (r2 - r) ** 2 + (c2 - c) ** 2 <= 1 + corners
                    and ((r2, c2) == (r, c) or is_link(cells[r, c], cells[r2, c2]))
                )
                for r, c in cells
            }
            if lowest == label:
                break
            label = lowest
        regions = [[cell for cell in cells if label[cell] == n] for n in sorted({*label.values()})]
        return tell(regions, len(board), len(board[0]))

    return Problem(
        f"{_ABOUT}\n{rule} {linked} A region is made of all cells that can be reached from one of "
        "them by steps from neighbour to linked neighbour; a cell that is linked to none is a "
        + ("region of its own, if it is above 0.\n" if link == "land" else "region of its own.\n")
        + words,
        Interface("grids", (("board", _NUMBERS),), returns),
        reference,
        oracle,
        lambda draw: _numbers(draw, 6),
        [
            ([[0]],), ([[1]],), ([[1, 1]],), ([[1], [2]],), ([[1, 0, 1], [0, 1, 0], [1, 0, 1]],),
            ([[0, 2, 4], [1, 3, 5]],), ([[1, 0, 1], [1, 0, 1], [1, 1, 1]],),
            ([[1, 1, 1, 1], [0, 0, 0, 1], [1, 1, 0, 1], [1, 0, 0, 1], [1, 1, 1, 1]],),
            ([[3, 3, 3, 3, 3], [3, 0, 0, 0, 3], [3, 0, 3, 0, 3], [0, 0, 3, 0, 0]],),
            ([[5, 0, 0, 5], [0, 5, 5, 0], [9, 9, 9, 9], [5, 9, 9, 5], [9, 5, 5, 9]],),
            ([[0, 0, 7], [0, 7, 0], [7, 0, 0], [0, 7, 0], [0, 0, 7]],), ([[-1, 0, -1, -1, 2, 2]],),
            ([[1, 2, 3, 4, 5], [9, 9, 9, 9, 6], [11, 10, 9, 8, 7]],),
        ],
        [slip(reference, mistake), slip(reference, other)],
    )  # fmt: skip


def _rounds(clears: str, falls: str, told: str) -> Problem:
    rule, python, mistake = _CLEARS[clears]
    sentence, fallen, fall, other = _FALLS[falls]
    words, returns, tell, first, then, result, slips = _ROUNDS[told]
    imports = "from collections import Counter\n\n\n" if "Counter" in result else ""
    reference = (
        f"{imports}def grids(board: list[str], size: int) -> {returns}:\n{first}"
        "    while gone := cleared(letters_of(board), size):\n" + then +
        "        board = fallen(\n            [\n"
        '                "".join("." if (r, c) in gone else sign for c, sign in enumerate(row))\n'
        "                for r, row in enumerate(board)\n            ]\n        )\n"
        f"    return {result}\n\n\n"
        "def letters_of(board: list[str]) -> dict[tuple[int, int], str]:\n    return {\n"
        "        (r, c): sign\n        for r, row in enumerate(board)\n"
        '        for c, sign in enumerate(row)\n        if sign != "."\n    }\n\n\n'
        "def cleared(letters: dict[tuple[int, int], str], size: int) -> set[tuple[int, int]]:\n"
        f"    gone: set[tuple[int, int]] = set()\n{python}    return gone\n\n\n"
        f"def fallen(board: list[str]) -> list[str]:\n{fall}"
    )  # fmt: skip

    def going(rows: list[str], size: int) -> set[_Cell]:
        spots = {(r, c): s for r, row in enumerate(rows) for c, s in enumerate(row) if s != "."}
        if clears == "lines":
            pattern = re.compile(rf"([a-z])\1{{{size - 1},}}")
            across = [
                (r, c)
                for r, row in enumerate(rows)
                for m in pattern.finditer(row)
                for c in range(*m.span())
            ]
            down = [
                (r, c)
                for c, column in enumerate(_turned(rows))
                for m in pattern.finditer(column)
                for r in range(*m.span())
            ]
            return {*across, *down}
        if clears == "squares":
            tops = [
                (r, c)
                for r, c in spots
                if r + size <= len(rows)
                and {row[c : c + size] for row in rows[r : r + size]} == {spots[r, c] * size}
            ]
            return {(r + y, c + x) for r, c in tops for y in range(size) for x in range(size)}
        groups = [{cell} for cell in spots]
        for r, c in spots:
            for other in ((r, c + 1), (r + 1, c)):
                if spots.get(other) == spots[r, c]:
                    joined = [g for g in groups if other in g or (r, c) in g]
                    groups = [g for g in groups if g not in joined] + [set().union(*joined)]
        return {cell for group in groups if len(group) >= size for cell in group}

    def oracle(board: list[str], size: int) -> Any:
        counts: list[int] = []
        while going(board, size):
            gone = going(board, size)
            counts.append(len(gone))
            board = fallen(
                [
                    "".join("." if (r, c) in gone else row[c] for c in range(len(row)))
                    for r, row in enumerate(board)
                ]
            )
        return tell(board, counts)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        signs = draw.pick(("ab", "ab.", "aab", "abc", "abbb", "aabcc."))
        height, width = draw.between(1, 6), draw.between(1, 6)
        rows = ["".join(draw.pick(signs) for _ in range(width)) for _ in range(height)]
        if clears == "squares":
            rows = ["".join(sign * 2 for sign in row[:4]) for row in rows[:4] for _ in range(2)]
            at = draw.below(len(rows))
            rows[at] = rows[at][::-1]
            at = draw.below(len(rows))
            rows[at:] = [row[1:] + draw.pick(signs) for row in rows[at:]]
        return rows, draw.pick({"groups": (2, 3, 4, 5), "lines": (2, 3, 3)}.get(clears, (2, 2, 3)))

    return Problem(
        "`board` is the list of the rows of a board, from top to bottom; they are equally long, "
        "and there is at least one cell. A dot (.) is a free cell, every other cell has a letter. "
        f"`size` is at least 2. A round begins with finding all letters that go. {rule} If there "
        "are none, that is the end; the board stays as it is, and this round does not count. "
        f"Otherwise they all become dots at the same time. {sentence} Then the next round begins."
        f"\n{words}",
        Interface("grids", (("board", "list[str]"), ("size", "int")), returns),
        reference,
        oracle,
        arguments,
        [
            (["."], 2), (["a"], 2), (["aa"], 2), (["a", "a"], 2), (["aa", "aa"], 2),
            (["aa", "aa"], 3), (["aaa", "aaa", "aab"], 3), (["a.", ".a", "aa"], 2),
            (["aba", "bab", "aba"], 2), (["abba", "baab", "abba"], 2),
            (["babb", "aabb", "abaa", "abab"], 2), (["bccb", "baab", "baab", "cddc"], 2),
            (["cabac", "aabaa", "bbabb", "cbabc"], 3), (["aab", "abb", "aba"], 3),
            (["aaab", "aaab", "aaaa", "baaa", "baaa"], 3), (["c.a", "c.a", "bca"], 3),
            (["bb", "aa", "aa", "bb"], 2), (["baab", "baab"], 2), (["ccc"] * 3 + ["aa."], 3),
            (["aba", "aaa"], 5), (["aaa", "aba"], 5),
            (["aa", "ab", "aa"], 5), (["aa", "ba", "aa"], 5), (["baac", "abbb"], 3),
            (["ac", "ca", "ca", ".a"], 3), (["aaa.", "c.cc"], 3), ([".a", "ba", "ba", "cb"], 3),
            (["cc", "ac", "ba", "ba"], 3), (["aac", "cac"], 3), (["bba", "bba", "cab", ".ab"], 2),
            (["bb.cc", "bbcca"], 2), (["ca.a", "cbba", "cbb.", "ba.a", "b..."], 2),
        ],
        [slip(reference, change) for change in (mistake, other, *slips)],
    )  # fmt: skip


_LEVELS: dict[int, Callable[..., Problem]] = {
    1: _whole,
    2: _neighbours,
    3: _slides,
    4: _regions,
    5: _rounds,
}
