"""Lines of text: fitted to a width, marked, set as tables, set in columns, broken where it costs
least."""

from __future__ import annotations

import itertools
import re
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

from ....verifiers.python.interface import Interface
from ..draw import Draw
from .family import Problem, family, raising, slip

_Slips = Sequence[tuple[str, str]]


def _pieces(line: str, width: int) -> list[str]:
    return [line[:width], *_pieces(line[width:], width)] if line else []


def _untabbed(line: str, width: int) -> str:
    found = ""
    for character in line:
        found += " " if character == "\t" else character
        while character == "\t" and len(found) % width:
            found += " "
    return found


# ---------------------------------------------------------------- 1: a line and a width
#
# name -> words, result, the least width, oracle, what the function does, and slips.
_FITTED: dict[str, tuple[str, str, int, Callable[[str, int], Any], str, _Slips]] = {
    "dotted": (
        "Return `line` with dots (.) added at its end until it has `width` characters. A line that "
        "has as many or more stays as it is.", "str", 0,
        lambda t, n: t + "." * (n - len(t)),
        '    return line.ljust(width, ".")\n',
        [("ljust", "rjust"), ('line.ljust(width, ".")', '(line + "." * width)[:width]'),
         ('(width, ".")', "(width)")],
    ),
    "cut": (
        "If `line` has more than `width` characters, return its first `width` - 3 characters with "
        "three dots (...) added at the end; else return `line`.", "str", 3,
        lambda t, n: [t, t[: n - 3] + "." * 3][len(t) > n],
        '    return line if len(line) <= width else line[: width - 3] + "..."\n',
        [("<= width", "< width"), ("width - 3", "width"),
         ("len(line) <= width", "len(line) <= width - 3")],
    ),
    "middle": (
        "Return `line` with spaces on both sides, so that there are `width` characters. There are "
        "as many spaces on the right as on the left, or one more. A line that has as many "
        "characters or more stays as it is.", "str", 0,
        lambda t, n: next(
            a + t + b for k in range(n + 1) for a, b in ((" " * k, " " * k), (" " * k, " " * -~k))
            if len(a + t + b) >= n
        ),
        '    left = (width - len(line)) // 2\n    return (" " * left + line).ljust(width)\n',
        [("(width - len(line)) // 2", "(width - len(line) + 1) // 2"), (".ljust(width)", ""),
         ('(" " * left + line).ljust(width)', "line.center(width)")],
    ),
    "tail": (
        "Return the last `width` characters of `line`. If it has fewer, return it with zeros (0) "
        "in front of it, so that there are `width` characters.", "str", 0,
        lambda t, n: ("0" * n + t)[len(t) :],
        '    return line[max(0, len(line) - width) :].rjust(width, "0")\n',
        [("line[max(0, len(line) - width) :]", "line[-width:]"),
         ('rjust(width, "0")', "zfill(width)"), ("[max(0, len(line) - width) :]", "[:width]")],
    ),
    "pieces": (
        "Cut `line` into pieces of `width` characters, from its start; the last piece may have "
        "fewer, but at least one. Return the list of the pieces in their order.", "list[str]", 1,
        _pieces,
        "    return [line[at : at + width] for at in range(0, len(line), width)]\n",
        [("len(line), width", "len(line) - width + 1, width"),
         ("line[at : at + width] for at in range(0, len(line), width)",
          "line[:width], line[width:]")],
    ),
    "tabs": (
        "Replace each tab character of `line`, from left to right, by spaces: by at least one, and "
        "as few as are needed so that the number of characters before the next one is a multiple "
        "of `width`. Return the line that is made so.", "str", 1,
        _untabbed,
        "    return line.expandtabs(width)\n",
        [("line.expandtabs(width)", 'line.replace("\\t", " " * width)'),
         ("line.expandtabs(width)",
          '"".join(part.ljust(width) for part in line.split("\\t"))'),
         ("(width)", "()")],
    ),
    "tilde": (
        "If `line` has at most `width` characters, return it. Else return `width` characters: some "
        "from the start of `line`, then one tilde (~), then some from the end of `line`; as many "
        "from the start as from the end, or one more from the start.", "str", 1,
        lambda t, n: t if len(t) <= n else next(
            t[:k] + "~" + t[len(t) - j :] for k in range(n) for j in (k, k - 1) if k + j + 1 == n
        ),
        "    if len(line) <= width:\n        return line\n"
        '    return line[: width // 2] + "~" + line[len(line) - (width - 1) // 2 :]\n',
        [("line[len(line) - (width - 1) // 2 :]", "line[-((width - 1) // 2) :]"),
         ("line[: width // 2]", "line[: (width - 1) // 2]"), ("<= width", "< width")],
    ),
    "levels": (
        "Return how many levels `line` is indented: the number of spaces at its start divided by "
        "`width`, rounded up. A line of spaces alone, or without any characters, is indented 0 "
        "levels.", "int", 1,
        lambda t, n: 0 if set(t) <= {" "} else len(range(0, min(
            k for k, c in enumerate(t) if c != " "), n)),
        '    indent = len(line) - len(line.lstrip(" "))\n'
        "    return (indent + width - 1) // width if indent < len(line) else 0\n",
        [("(indent + width - 1) // width", "indent // width"),
         (" if indent < len(line) else 0", ""),
         ("lstrip", "strip")],
    ),
    "overflow": (
        "Return what is left of `line` without its first `width` characters, and then without the "
        "spaces at the start of what is left.", "str", 0,
        lambda t, n: re.sub("^ +", "", "".join(c for k, c in enumerate(t) if k >= n)),
        '    return line[width:].lstrip(" ")\n',
        [('.lstrip(" ")', ""), ("lstrip", "strip"), ('line[width:].lstrip(" ")',
                                                     'line.lstrip(" ")[width:]')],
    ),
    "short": (
        "A word is a stretch of characters that are no spaces, as long as it can be. Return the "
        "list of the words of `line` that have at most `width` characters, in their order.",
        "list[str]", 0,
        lambda t, n: [w for w in re.findall("[^ ]+", t) if not w[n:]],
        '    return [word for word in line.split(" ") if 0 < len(word) <= width]\n',
        [("<= width", "< width"), ("0 < len(word)", "len(word)"),
         ('line.split(" ")', 'dict.fromkeys(line.split(" "))')],
    ),
    "hyphens": (
        "Return `line` with a hyphen (-) after every `width` characters of it, counted from its "
        "start, but with none at its end.", "str", 1,
        lambda t, n: "".join("-" * (k % n == 0 < k) + c for k, c in enumerate(t)),
        '    return "-".join(line[at : at + width] for at in range(0, len(line), width))\n',
        [('"-".join(line[at : at + width] for at in range(0, len(line), width))',
          '"".join(line[at : at + width] + "-" for at in range(0, len(line), width))'),
         ("range(0, len(line), width)", "range(0, len(line) - width + 1, width)"),
         ('"-".join(', '" ".join(')],
    ),
    "margin": (
        "Return `line` with `width` spaces in front of it; but if it has no characters other than "
        "spaces, return a text without any characters.", "str", 0,
        lambda t, n: "" if set(t) <= {" "} else "".join([*[" "] * n, t]),
        '    return " " * width + line if line.strip(" ") else ""\n',
        [(' if line.strip(" ") else ""', ""), ('if line.strip(" ")', "if line"),
         ("+ line if", "+ line.strip() if")],
    ),
    "boxed": (
        "Return a text of `width` + 2 characters: an opening bracket ([), the first `width` "
        "characters of `line`, with spaces after them if `line` has fewer, and a closing bracket "
        "(]).", "str", 0,
        lambda t, n: "[" + "".join(t[k : k + 1] or " " for k in range(n)) + "]",
        '    return f"[{line[:width].ljust(width)}]"\n',
        [("line[:width].ljust", "line.ljust"), (".ljust(width)", ""), ("ljust", "rjust")],
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 2: marked lines
#
# name -> words, oracle, Python, and slips.
_MARKED: dict[str, tuple[str, Callable[[str], bool], str, tuple[str, str]]] = {
    "blank": (
        "A line is marked if it has no characters, or no others than spaces.",
        lambda line: set(line) <= {" "},
        'not line.strip(" ")',
        ('not line.strip(" ")', 'line == ""'),
    ),
    "indented": (
        "A line is marked if its first character is a space; one without characters is not.",
        lambda line: line[:1] == " ",
        'line.startswith(" ")',
        ('line.startswith(" ")', 'line[0] == " "'),
    ),
    "note": (
        "A line is marked if it has a # with nothing but spaces, or nothing at all, before it.",
        lambda line: "#" in line and set(line[: line.index("#")]) <= {" "},
        'line.lstrip(" ").startswith("#")',
        ('line.lstrip(" ").startswith("#")', 'line.startswith("#")'),
    ),
    "rule": (
        "A line is marked if it has two characters or more, all of which are hyphens (-).",
        lambda line: line == "-" * len(line) and line not in ("", "-"),
        'len(line) > 1 and set(line) == {"-"}',
        ('len(line) > 1 and set(line) == {"-"}', 'line.startswith("--")'),
    ),
}
_POOL = (
    "", "", " ", "  ", "a", "b", "ab", "ba", " a", "  b", " a b", "b ", "#", "#a", " #", "  #b",
    "a#", " b#", "-", "--", "---", "--a", " --", "-- ", "----",
)  # fmt: skip


def _parts(lines: list[str], marked: list[bool]) -> list[list[str]]:
    cuts = [-1, *(k for k, one in enumerate(marked) if one), len(lines)]
    parts = [lines[a + 1 : b] for a, b in itertools.pairwise(cuts)]
    return [part for part in parts if part]


def _joined(lines: list[str], marked: list[bool]) -> list[str]:
    if not lines:
        return []
    rest = _joined(lines[:-1], marked[:-1])
    if rest and marked[-1]:
        return [*rest[:-1], f"{rest[-1]}/{lines[-1].strip(' ')}"]
    return [*rest, lines[-1]]


# name -> words, result, oracle (of the lines, and which are marked), Python, and slips.
_Told = Callable[[list[str], list[bool]], Any]
_DONE: dict[str, tuple[str, str, _Told, str, _Slips]] = {
    "squeezed": (
        "Where several marked lines follow each other directly, leave out all but the first of "
        "them. Return the list of the lines that are left.", "list[str]",
        lambda lines, m: [t for k, t in enumerate(lines) if not (k and m[k] and m[k - 1])],
        "    kept: list[str] = []\n    before = False\n    for line in lines:\n"
        "        marked = is_marked(line)\n        if not (marked and before):\n"
        "            kept.append(line)\n        before = marked\n    return kept\n",
        [("before = marked", "before = before or marked"), ("before = False", "before = True")],
    ),
    "trimmed": (
        "Return the list of the lines without the marked lines before the first line that is not "
        "marked, and without those after the last one that is not marked. If all lines are marked, "
        "none is left.", "list[str]",
        lambda lines, m: [
            t for k, t in enumerate(lines) if not all(m[: k + 1]) and not all(m[k:])
        ],
        "    kept = [place for place, line in enumerate(lines) if not is_marked(line)]\n"
        "    return lines[kept[0] : kept[-1] + 1] if kept else []\n",
        [("lines[kept[0] : kept[-1] + 1]", "[lines[place] for place in kept]"),
         ("kept[-1] + 1", "kept[-1]")],
    ),
    "parts": (
        "Marked lines separate parts. A part is one or more successive lines that are not marked, "
        "as many as follow each other. Return the list of the parts in their order, each a list of "
        "its lines.", "list[list[str]]", _parts,
        "    parts: list[list[str]] = []\n    separated = True\n    for line in lines:\n"
        "        marked = is_marked(line)\n        if not marked:\n            if separated:\n"
        "                parts.append([])\n            parts[-1].append(line)\n"
        "        separated = marked\n    return parts\n",
        [("parts: list[list[str]] = []\n    separated = True",
          "parts: list[list[str]] = [[]]\n    separated = False"),
         ("        if not marked:\n            if separated:\n                parts.append([])\n",
          "        if separated:\n            parts.append([])\n        if not marked:\n")],
    ),
    "numbered": (
        "Return a list with one line for each line, in their order. A marked line stays as it is. "
        "A line that is not marked gets a number, a colon and a space in front of it (as in 1: a): "
        "the number is 1 for the first line, and for the first one after a marked line, and else "
        "one more than that of the line before.", "list[str]",
        lambda lines, m: [
            t if m[k] else f"{m[: k + 1][::-1].index(True) if True in m[:k] else k + 1}: {t}"
            for k, t in enumerate(lines)
        ],
        "    found: list[str] = []\n    number = 0\n    for line in lines:\n"
        "        if is_marked(line):\n            number = 0\n            found.append(line)\n"
        "        else:\n            number += 1\n"
        '            found.append(f"{number}: {line}")\n    return found\n',
        [("            number = 0\n", ""),
         ("            number = 0\n", "            number = 1\n")],
    ),
    "runs": (
        "A run is one or more successive marked lines, as many as follow each other. Return a list "
        "with a pair for each run, in their order: the index of its first line and that of its "
        "last line. Indices count from 0.", "list[tuple[int, int]]",
        lambda _, m: [
            (a, b) for a in range(len(m)) for b in range(a, len(m))
            if all(m[a : b + 1]) and not any(m[max(0, a - 1) : a]) and not any(m[b + 1 : b + 2])
        ],
        "    runs: list[tuple[int, int]] = []\n    for place, line in enumerate(lines):\n"
        "        if not is_marked(line):\n            continue\n"
        "        if runs and runs[-1][1] == place - 1:\n"
        "            runs[-1] = (runs[-1][0], place)\n"
        "        else:\n            runs.append((place, place))\n    return runs\n",
        [("runs[-1][1] == place - 1", "runs[-1][0] == place - 1"),
         ("            continue\n        if runs and", "            continue\n        if place and "
          "runs and is_marked(lines[0]) and")],
    ),
    "joined": (
        "Each marked line but the first line of all is added to the end of the line before it "
        "(which itself may have been added to the one before it): a slash (/) and then the marked "
        "line without the spaces at its start and end. Return the list of the lines that there "
        "are then.", "list[str]", _joined,
        "    joined: list[str] = []\n    for line in lines:\n"
        "        if joined and is_marked(line):\n"
        '            joined[-1] += "/" + line.strip(" ")\n'
        "        else:\n            joined.append(line)\n    return joined\n",
        [("if joined and is_marked(line)", "if is_marked(line) and joined and "
          "not is_marked(joined[-1])"),
         ('joined[-1] += "/" + line.strip(" ")', 'joined[-1] += "/" + line')],
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 3: tables
#
# name -> words, Python for the cells of the columns, for a row's, a check, and a slip.
_RAGGED = {
    "short": (
        "A row may have fewer cells than another: those that it has not, at its end, are empty.",
        'zip_longest(*rows, fillvalue="")', 'zip_longest(row, widths, fillvalue="")', "",
        ('zip_longest(*rows, fillvalue="")', "zip(*rows)"),
    ),
    "raises": (
        "If not all rows have the same number of cells, ValueError is raised.",
        "zip(*rows)", "zip(row, widths)",
        "    if any(len(row) != len(rows[0]) for row in rows):\n"
        '        raise ValueError("rows of several lengths")\n',
        ("len(row) != len(rows[0])", "len(row) < len(rows[0])"),
    ),
    "cut": (
        "A row may have fewer cells than another: no row has more cells in the table than the "
        "shortest row has; further cells, at the end of a row, are left out, as if they were not "
        "there.",
        "zip(*rows)", "zip(row, widths)", "",
        ("zip(*rows)", 'zip_longest(*rows, fillvalue="")'),
    ),
}  # fmt: skip
# name -> words, oracle (of a cell, the spaces that are to be added, the row's and the column's
# index, and the column), Python, and a slip.
_Fill = Callable[[str, int, int, int, list[str]], str]
_ALIGNED: dict[str, tuple[str, _Fill, str, tuple[str, str]]] = {
    "left": (
        "Spaces are added at the end of a cell.",
        lambda t, n, *_: t + " " * n,
        "cell.ljust(width)",
        ("cell.ljust(width)", "cell.rjust(width)"),
    ),
    "right": (
        "Spaces are added at the start of a cell.",
        lambda t, n, *_: " " * n + t,
        "cell.rjust(width)",
        ("cell.rjust(width)", "cell.ljust(width)"),
    ),
    "middle": (
        "Spaces are added at both ends of a cell: as many at its start as at its end, or one more "
        "at its start.",
        lambda t, n, *_: " " * (n - n // 2) + t + " " * (n // 2),
        '(cell + " " * ((width - len(cell)) // 2)).rjust(width)',
        ('(cell + " " * ((width - len(cell)) // 2)).rjust(width)', "cell.center(width)"),
    ),
    "ends": (
        "In the first column spaces are added at the end of a cell, in all others at its start.",
        lambda t, n, _, column, __: " " * n + t if column else t + " " * n,
        "(cell.rjust(width) if place else cell.ljust(width))",
        ("if place else", "if place > 1 else"),
    ),
    "digits": (
        "In a column all of whose cells are empty or made of the digits 0 to 9 alone, spaces are "
        "added at the start of a cell; in all others at its end.",
        lambda t, n, _, __, c: " " * n + t if set("".join(c)) <= {*"0123456789"} else t + " " * n,
        "(cell.rjust(width) if numeric else cell.ljust(width))",
        ("if numeric else", "if cell.isdigit() else"),
    ),
    "header": (
        "In the first row spaces are added at the end of a cell, in all others at its start.",
        lambda t, n, row, *_: " " * n + t if row else t + " " * n,
        "(cell.rjust(width) if number else cell.ljust(width))",
        ("if number else", "if number > 1 else"),
    ),
}

# ---------------------------------------------------------------- 4: columns
#
# name -> words; in Python: the numbers of lines or columns that are tried, the columns, the rows,
# and the last of these numbers.
_FILLED = {
    "down": (
        "The words are set in columns: the first words, in their order, stand below each other in "
        "the first column, the next ones in the second, and so on; each column but the last has as "
        "many words as there are lines, the last one may have fewer. There are as few lines as are "
        "possible so that the columns fit.",
        "range(1, len(words) + 1)",
        "[words[at : at + count] for at in range(0, len(words), count)]",
        "[words[at::count] for at in range(count)]",
        "len(words)",
    ),
    "across": (
        "The words are set in columns: the first words, in their order, stand beside each other in "
        "the first line, the next ones in the second, and so on; each line but the last has as "
        "many words as there are columns, the last one may have fewer. There are as many columns "
        "as are possible so that they fit.",
        "range(len(words), 0, -1)",
        "[words[at::count] for at in range(count)]",
        "[words[at : at + count] for at in range(0, len(words), count)]",
        "1",
    ),
}
_SIZED = {
    "own": (
        "A column is as wide as its longest word",
        "[max(map(len, column)) for column in columns]",
        ("[max(map(len, column)) for column in columns]",
         "[len(column[0]) for column in columns]"),
    ),
    "same": (
        "All columns are as wide as the longest of all words",
        "[max(map(len, words))] * len(rows[0])",
        ("max(map(len, words))", "max(map(len, rows[0]))"),
    ),
}  # fmt: skip
_SIDES = {
    "left": (
        "A word is followed by spaces up to the width of its column, but at the end of a line "
        "there are no spaces.",
        '"  ".join(word.ljust(size) for word, size in zip(row, widths)).rstrip()',
        (".rstrip()", ""),
    ),
    "right": (
        "A word has spaces before it up to the width of its column.",
        '"  ".join(word.rjust(size) for word, size in zip(row, widths))',
        ("word.rjust(size)", "word.ljust(size)"),
    ),
}
_TOO_LONG = {
    "raises": (
        "If a word is longer than `width`, ValueError is raised.",
        "    if words and max(map(len, words)) > width:\n        raise ValueError(width)\n",
        ("> width:", ">= width:"),
    ),
    "alone": (
        "If not even one column fits, there is one column nevertheless.",
        "",
        (" <= width or count == {last}", " < width or count == {last}"),
    ),
}

# ---------------------------------------------------------------- 5: breaks that cost least
#
# name -> words, oracle (of the lines and the width), Python for the cost of a line, and a slip.
_Cost = Callable[[list[list[str]], int], int]


def _left(line: list[str], width: int) -> int:
    return width - len(" ".join(line))


_COSTS: dict[str, tuple[str, _Cost, str, tuple[str, str]]] = {
    "squares": (
        "A line costs the square of the number of characters that are free at its end; the last "
        "line costs nothing.",
        lambda lines, n: sum(_left(line, n) ** 2 for line in lines[:-1]),
        "0 if last else free * free",
        ("0 if last else free * free", "free * free"),
    ),
    "lines": (
        "A line costs 8, and also the square of the number of characters that are free at its end; "
        "so does the last line.",
        lambda lines, n: sum(_left(line, n) ** 2 + 8 for line in lines),
        "8 + free * free",
        ("8 + free * free", "0 if last else 8 + free * free"),
    ),
    "short": (
        "A line costs the number of characters that are free at its end, and 5 more if its last "
        "word has a single character; the last line costs nothing.",
        lambda lines, n: sum(_left(x, n) + 5 * (len(x[-1]) == 1) for x in lines[:-1]),
        "0 if last else free + 5 * (len(line[-1]) == 1)",
        (" + 5 * (len(line[-1]) == 1)", " + 5 * (len(line[0]) == 1)"),
    ),
    "alone": (
        "A line costs the square of the number of characters that are free at its end. The last "
        "line costs nothing if it has several words, and 9 if it has a single one.",
        lambda lines, n: (
            sum(_left(line, n) ** 2 for line in lines[:-1])
            + 9 * sum(len(line) == 1 for line in lines[-1:])
        ),
        "9 * (len(line) == 1) if last else free * free",
        ("9 * (len(line) == 1) if last", "0 if last"),
    ),
}
_TIES = {
    "few": (
        "fewest", "min(plans_here)",
        ("min(plans_here)", "min(reversed(plans_here), key=lambda plan: plan[0])"),
    ),
    "many": (
        "most", "min(plans_here, key=lambda plan: (plan[0], [-count for count in plan[1]]))",
        ("[-count for count in plan[1]]", "plan[1]"),
    ),
}  # fmt: skip
_SET: dict[str, tuple[str, str, Callable[[int, list[list[str]]], Any], str, tuple[str, str]]] = {
    "lines": (
        "a pair: what the lines cost together, and the list of the lines",
        "tuple[int, list[str]]",
        lambda cost, lines: (cost, [" ".join(line) for line in lines]),
        "    lines: list[str] = []\n    cost, counts = plans[0]\n    for count in counts:\n"
        '        lines.append(" ".join(words[:count]))\n        words = words[count:]\n'
        "    return cost, lines\n",
        ("        words = words[count:]\n", "        del words[:count]\n"),
    ),
    "counts": (
        "a pair: what the lines cost together, and a list of how many words each line has",
        "tuple[int, list[int]]",
        lambda cost, lines: (cost, [len(line) for line in lines]),
        "    return plans[0]\n",
        ("    return plans[0]\n", "    return plans[0][0], sorted(plans[0][1])\n"),
    ),
}

# ---------------------------------------------------------------- 5: paragraphs and items
#
# name -> words, oracle (of an item's number), Python, and a slip.
_MARKS: dict[str, tuple[str, Callable[[int], str], str, tuple[str, str]]] = {
    "hyphen": (
        "a hyphen (-) and a space",
        lambda _: "- ",
        '"- "',
        ("mark + words[0]", "words[0]"),
    ),
    "number": (
        "its number, a dot (.) and a space; items are numbered from 1, and after a paragraph from "
        "1 again",
        lambda number: f"{number}. ",
        'f"{number}. "',
        ("number = number + 1 if item else 0", "number = number + 1 if item else number"),
    ),
}
_SPACED = {
    "all": (
        "Between two blocks there is one empty line.",
        "        if found:\n",
        ("        if found:\n", "        if found and not item:\n"),
    ),
    "paragraphs": (
        "Between two blocks there is one empty line, but not between two items.",
        "        if place and not (item and parts[place - 1][0]):\n",
        ("item and parts[place - 1][0]", "item or parts[place - 1][0]"),
    ),
}
_WIDE = {
    "raises": (
        "If a word does not fit into a line of its own, with the mark or the spaces before it, "
        "ValueError is raised.",
        "        if any(len(mark + word) > width for word in words):\n"
        "            raise ValueError(width)\n",
        ("len(mark + word) > width", "len(word) > width"),
    ),
    "alone": (
        "A word that does not fit into a line of its own, with the mark or the spaces before it, "
        "has such a line nevertheless.",
        "",
        ('            lines.append(" " * len(mark) + word)\n',
         '            lines.append(" " * len(mark) + word[: width - len(mark)])\n'),
    ),
}  # fmt: skip


def _variants(level: int) -> list[tuple[Any, ...]]:
    if level == 1:
        return [(1, name) for name in _FITTED]
    if level == 2:
        # Of a line of hyphens there are no spaces that could be taken away.
        pairs = itertools.product(_MARKED, _DONE)
        return [(2, *pair) for pair in pairs if pair != ("rule", "joined")]
    if level == 3:
        return [(3, *both) for both in itertools.product(_RAGGED, _ALIGNED)]
    if level == 4:
        return [(4, *all_) for all_ in itertools.product(_FILLED, _SIZED, _SIDES, _TOO_LONG)]
    return [
        *[(5, *all_) for all_ in itertools.product(_COSTS, _TIES, _SET)],
        *[(5, *all_) for all_ in itertools.product(_MARKS, _SPACED, _WIDE)],
    ]


@family("text", _variants)
def text(level: int, *how: str) -> Problem:
    return _LEVELS[level](*how)


def _fitted(name: str) -> Problem:
    words, returns, least, oracle, python, slips = _FITTED[name]
    reference = f"def typeset(line: str, width: int) -> {returns}:\n{python}"

    def arguments(draw: Draw) -> tuple[Any, ...]:
        alphabet = {"tabs": "aab\t\t c", "tail": "ab-+0 1"}.get(name, "abc de")
        line = "".join(draw.pick(alphabet) for _ in range(draw.below(13)))
        if name == "levels":
            line = " " * draw.below(8) + draw.pick((line, line, "x", " "))
        width = draw.pick((len(line) - 1, len(line), len(line) + 1, draw.below(16), draw.below(7)))
        return line, max(least, width)

    texts = ["", "a", "ab", "abcdefgh", "  ", "a b c", "-5"]
    if name == "tabs":
        texts = ["", "\t", "a\t", "\t\tb", "abc\td\te", "abcd\te", "abcdefghi\tb"]
    if name == "levels":
        texts = ["", " ", "   ", " a", "  a ", "   a", "a  ", "      b"]
    if name == "short":
        texts = ["", "a", "ab c ab", "  ab  abcde", "abcde fghij", " ", "a b  a b "]
    if name == "overflow":
        texts = ["", "a", "ab  cd ", "abcd  e ", "   a ", "      ", " ab"]
    edges = [(line, width) for line in texts for width in (least, 4)]
    return Problem(
        f"{words}\n`width` is at least {least}.",
        Interface("typeset", (("line", "str"), ("width", "int")), returns),
        reference,
        oracle,
        arguments,
        [*edges[:14], ("abcde", 5), ("abcdef", 5), ("\ta\tb  c", 4)],
        [slip(reference, change) for change in slips],
    )


def _marked(mark: str, done: str) -> Problem:
    words, holds, condition, mistake = _MARKED[mark]
    sentence, returns, tell, python, slips = _DONE[done]
    reference = (
        f"def typeset(lines: list[str]) -> {returns}:\n{python}\n\n"
        f"def is_marked(line: str) -> bool:\n    return {condition}\n"
    )
    chosen = [line for line in _POOL if holds(line)]

    def arguments(draw: Draw) -> tuple[Any, ...]:
        share = draw.pick((0.3, 0.5, 0.7))
        count = draw.below(10)
        return ([draw.pick(chosen if draw.chance(share) else _POOL) for _ in range(count)],)

    yes, also, no = chosen[0], chosen[-1], "ab"
    return Problem(
        f"{words}\n{sentence}",
        Interface("typeset", (("lines", "list[str]"),), returns),
        reference,
        lambda lines: tell(lines, [holds(line) for line in lines]),
        arguments,
        [
            ([],), ([no],), ([yes],), ([yes, also],), ([no, yes],), ([yes, no],),
            ([no, yes, also, no],), ([yes, no, no, also, no, yes],), ([no, no, no],),
            ([also, also, no, yes, yes, yes, no, no],), (["", " ", "a", " #", "--", "-- "],),
            (["a", "-", "-", "#", "-", "  ", " b"],),
            (["\t", "\t", "\ta", "\ta", "b", "\t#", "\t#"],),
        ],
        [slip(reference, change) for change in (*slips, mistake)],
    )  # fmt: skip


def _table(ragged: str, aligned: str) -> Problem:
    words, columns, cells, check, mistake = _RAGGED[ragged]
    sentence, fill, python, other = _ALIGNED[aligned]
    loop = f"cell, width in {cells}"
    before = f"    widths = [max(map(len, column)) for column in {columns}]\n"
    if aligned == "ends":
        loop = f"place, (cell, width) in enumerate({cells})"
    if aligned == "digits":
        before += f'    digits = ["".join(column).isdigit() for column in {columns}]\n'
        loop = f"cell, width, numeric in {cells.replace('widths', 'widths, digits')}"
    rows = "number, row in enumerate(rows)" if aligned == "header" else "row in rows"
    imports = "from itertools import zip_longest\n\n\n" if "zip_longest" in columns else ""
    reference = (
        f"{imports}def typeset(rows: list[list[str]]) -> list[str]:\n{check}{before}"
        f'    return [\n        " | ".join(\n            {python}\n'
        f"            for {loop}\n        )\n        for {rows}\n    ]\n"
    )

    def oracle(rows: list[list[str]]) -> list[str]:
        lengths = {len(row) for row in rows}
        if ragged == "raises" and len(lengths) > 1:
            raise raising("ValueError")
        count = (min if ragged == "cut" else max)(lengths, default=0)
        table = [[*row, *[""] * count][:count] for row in rows]
        lines = []
        for number, row in enumerate(table):
            line = []
            for place, cell in enumerate(row):
                column = [other_row[place] for other_row in table]
                spaces = max(len(one) for one in column) - len(cell)
                line.append(fill(cell, spaces, number, place, column))
            lines.append(" | ".join(line))
        return lines

    def arguments(draw: Draw) -> tuple[Any, ...]:
        count = draw.between(1, 4)
        numeric = [draw.chance(0.5) for _ in range(count)]
        rows = []
        for _ in range(draw.between(0, 5)):
            row = []
            for column in range(count):
                digits = draw.chance(0.92 if numeric[column] else 0.3)
                row.append("".join(draw.pick("0123" if digits else "ab c")
                                   for _ in range(draw.pick((0, 1, 1, 2, 3, 5)))))  # fmt: skip
            if draw.chance(0.12 if ragged == "raises" else 0.4):
                row = row[: draw.below(count + 1)] if draw.chance(0.6) else [*row, "z"]
            rows.append(row)
        return (rows,)

    mistakes = [("max(map(len, column))", "len(column[0])"), other, mistake]
    return Problem(
        "`rows` are the rows of a table, each a list of cells. The first cell of each row is in "
        f"the first column, and so on. {words}\nEach column is as wide as its longest cell. "
        f"Shorter cells of the column get spaces, until they are as long. {sentence}\n"
        "Return a list with one line for each row: its cells with a space, a bar (|) and a space "
        "between neighbours. If the table has no columns, all lines are empty.",
        Interface("typeset", (("rows", "list[list[str]]"),), "list[str]"),
        reference,
        oracle,
        arguments,
        [
            ([],), ([[]],), ([[], []],), ([["a"]],), ([["a", "12"], ["abc", "3"]],),
            ([["1"], ["22"], [""]],), ([["a", "b", "c"], ["ab", "abc", "abcd"]],),
            ([["a", ""], ["bc"]],), ([["a"], ["bc", "12"]],), ([["12", "x"], ["a", "1234"]],),
            ([["1", "b", "12"], ["", "12345", "1"], ["123", "", "a"]],), ([["ab"], []],),
            ([["4", "55", "666"], ["7777", "8", "99"]],), ([["", ""], ["", ""]],),
        ],
        [
            slip(reference, change, *(
                [("def typeset", "from itertools import zip_longest\n\n\ndef typeset")]
                if "zip_longest" in change[1] else []
            ))
            for change in mistakes
        ],
    )  # fmt: skip


def _columns(filled: str, sized: str, side: str, too_long: str) -> Problem:
    words, counts, columns, rows, last = _FILLED[filled]
    width_words, widths, mistake = _SIZED[sized]
    side_words, line, other = _SIDES[side]
    rule, check, more = _TOO_LONG[too_long]
    nevertheless = f" or count == {last}" if too_long == "alone" else ""
    reference = (
        f"def typeset(words: list[str], width: int) -> list[str]:\n{check}"
        f"    for count in {counts}:\n        rows = {rows}\n"
        + (f"        columns = {columns}\n" if "columns" in widths else "")
        + f"        widths = {widths}\n"
        f"        if sum(widths) + 2 * (len(widths) - 1) <= width{nevertheless}:\n"
        f"            return [\n                {line}\n"
        "                for row in rows\n            ]\n    return []\n"
    )

    def oracle(words: list[str], width: int) -> list[str]:
        longest = max([0, *map(len, words)])
        if too_long == "raises" and longest > width:
            raise raising("ValueError")
        found: list[list[str]] = [[word] for word in words]  # One column.
        for lines in range(len(words), 0, -1):
            per_row = [n for n in range(1, len(words) + 1) if -(-len(words) // n) == lines]
            for across in [0] if filled == "down" else per_row:
                grid: list[list[str]] = [[] for _ in range(lines)]
                for place, word in enumerate(words):
                    grid[place // across if across else place % lines].append(word)
                if sum(_widths(grid, sized, longest)) + 2 * len(grid[0]) - 2 <= width:
                    found = grid
        sizes = _widths(found, sized, longest) if found else []
        texts = []
        for row in found:
            fitted = [
                " " * (n - len(t)) + t if side == "right" else t + " " * (n - len(t))
                for t, n in zip(row, sizes, strict=False)
            ]
            texts.append("  ".join(fitted).rstrip(" "))
        return texts

    def arguments(draw: Draw) -> tuple[Any, ...]:
        longest = draw.pick((2, 3, 5, 7))
        words = [
            "".join(draw.pick("abcde") for _ in range(draw.between(1, longest)))
            for _ in range(draw.below(13))
        ]
        least = max([1, *map(len, words)])
        width = least + draw.pick((0, 1, 3, 4, 6, 8, 12, 16, 20))
        return words, least - 1 if draw.chance(0.1) else width

    slips = [mistake, other, ("len(widths) - 1", "len(widths)"), ("<= width", "< width")]
    if too_long == "raises":
        slips[-1] = more
    return Problem(
        f"Each of `words` has at least one character, and none has spaces. {words}\n"
        f"{width_words}, and between two columns there are two spaces. The columns fit if their "
        f"widths and the spaces between them are together at most `width`. {rule}\n"
        f"Return the list of the lines. {side_words} Without words there are no lines.",
        Interface("typeset", (("words", "list[str]"), ("width", "int")), "list[str]"),
        reference,
        oracle,
        arguments,
        [
            ([], 5), ([], 0), (["ab"], 2), (["ab"], 1), (["ab"], 9), (["a", "b"], 4),
            (["a", "b"], 3), (["a", "b", "c"], 7), (["a", "b", "c"], 6), (["ab", "c", "d"], 5),
            (["a", "b", "c", "d", "e", "f", "g"], 10), (["abc", "d", "e", "fg", "h"], 8),
            (["a", "bb", "ccc", "dddd"], 3),
        ],
        [slip(reference, change) for change in slips],
    )  # fmt: skip


def _widths(grid: list[list[str]], sized: str, longest: int) -> list[int]:
    if sized == "same":
        return [longest for _ in grid[0]]
    return [max(len(row[k]) for row in grid if k < len(row)) for k in range(len(grid[0]))]


def _broken_or_filled(*how: str) -> Problem:
    return _filled(*how) if how[0] in _MARKS else _broken(*how)


def _filled(marked: str, spaced: str, wide: str) -> Problem:
    words, mark_of, mark, mistake = _MARKS[marked]
    spaced_words, condition, other = _SPACED[spaced]
    rule, check, more = _WIDE[wide]
    head, count = "    for item, words in blocks(lines):\n", ""
    if spaced == "paragraphs":
        head = (
            "    parts = blocks(lines)\n    for place, (item, words) in enumerate(parts):\n"
        )  # fmt: skip
    if marked == "number":
        head = f"    number = 0\n{head}"
        count = "        number = number + 1 if item else 0\n"
    reference = (
        "def typeset(lines: list[str], width: int) -> list[str]:\n    found: list[str] = []\n"
        f"{head}{count}"
        f'        mark = {mark} if item else ""\n{check}'
        f'{condition}            found.append("")\n'
        "        found += filled(mark, words, width)\n    return found\n\n\n"
        "def blocks(lines: list[str]) -> list[tuple[bool, list[str]]]:\n"
        '    """Whether each is an item, and its words."""\n'
        "    found: list[tuple[bool, list[str]]] = []\n    within = False\n"
        "    for line in lines:\n        words = line.split()\n"
        '        if line.startswith("- "):\n            found.append((True, words[1:]))\n'
        "        elif words and not within:\n            found.append((False, words))\n"
        "        elif words:\n            found[-1][1].extend(words)\n"
        "        within = bool(words)\n    return found\n\n\n"
        "def filled(mark: str, words: list[str], width: int) -> list[str]:\n"
        "    lines = [mark + words[0]]\n    for word in words[1:]:\n"
        "        if len(lines[-1]) + 1 + len(word) <= width:\n"
        '            lines[-1] += " " + word\n        else:\n'
        '            lines.append(" " * len(mark) + word)\n    return lines\n'
    )

    def oracle(lines: list[str], width: int) -> list[str]:
        empty = [not line.strip(" ") for line in [*lines, ""]]
        starts = [
            k for k, line in enumerate(lines)
            if not empty[k] and (line[:2] == "- " or k == 0 or empty[k - 1])
        ]  # fmt: skip
        found: list[str] = []
        items = 0
        for start in starts:
            end = next(k for k in range(start + 1, len(lines) + 1) if empty[k] or k in starts)
            words = " ".join(lines[start:end]).split()
            items = items + 1 if words[0] == "-" else 0
            mark = mark_of(items) if items else ""
            words = words[1:] if items else words
            if wide == "raises" and max(map(len, words)) + len(mark) > width:
                raise raising("ValueError")
            if found and (spaced == "all" or items < 2):
                found.append("")
            found += textwrap.wrap(
                " ".join(words), width, initial_indent=mark, subsequent_indent=" " * len(mark),
                break_long_words=False, break_on_hyphens=False,
            )  # fmt: skip
        return found

    def arguments(draw: Draw) -> tuple[Any, ...]:
        longest = draw.pick((1, 2, 4))
        lines = []
        for _ in range(draw.below(9)):
            words = [
                "".join(draw.pick("ab") for _ in range(draw.between(1, longest)))
                for _ in range(draw.between(1, 4))
            ]
            start = draw.pick(("- ", "- ", "", "", "  ", None))
            lines.append(" " * draw.below(3) if start is None else start + " ".join(words))
        return lines, draw.between(longest + (3 if draw.chance(0.8) else 0), 12)

    few = ["a b", "- c d e", "f", "- g", "", "- h i", "j k"]
    return Problem(
        "`lines` have blocks of words, with spaces between them. Lines that have no other "
        "characters than spaces, or none, are empty and belong to no block. A line that begins "
        "with a hyphen (-) and a space begins an item, of which both are no part; there is at "
        "least one word after them. Any other line that is not empty begins a paragraph if it is "
        "the first line or the line before it is empty; else it goes on with the block of the "
        "line before it. A word is a stretch of characters other than spaces.\nReturn the lines "
        "of the same blocks when they are filled: each line of a block has as many of its words, "
        "in their order, as fit into `width` characters, with one space between neighbours. "
        f"The first line of an item begins with a mark: {words}. Its other lines begin with "
        "as many spaces as the mark has characters. Marks and these spaces count as "
        f"characters of the line. {rule}\n"
        f"{spaced_words} There are no other empty lines.",
        Interface("typeset", (("lines", "list[str]"), ("width", "int")), "list[str]"),
        reference,
        oracle,
        arguments,
        [
            ([], 9), ([""], 9), (["  "], 9), (["a"], 1), (["- a"], 4), (["ab", "c"], 4),
            (["ab", "c"], 3), (["ab", "", "c"], 4), (["- a", "b"], 9), (few, 12), (few, 5),
            (["- ab", "- c", "", "d", "  - e", "- f g"], 6), (["ab abc", "- abcd"], 4),
            (["- abcd e"], 6), (["- a abcd"], 5),
            (["- a", "- b", "", "- c", "", "d", "", "- e"], 9),
            (["", "a b c d e f", "g h", "", "", "- i j k l m n o"], 8),
        ],
        [
            slip(reference, change)
            for change in (
                mistake, other, more, ("<= width", "< width"), ('" " * len(mark) + word', "word"),
            )
        ],
    )  # fmt: skip


def _broken(costs: str, ties: str, told: str) -> Problem:
    words, of, python, mistake = _COSTS[costs]
    degree, choice, other = _TIES[ties]
    answer, returns, tell, result, more = _SET[told]
    last = "                last = end == len(words)\n" if "last" in python else ""
    reference = (
        f"def typeset(words: list[str], width: int) -> {returns}:\n"
        "    if any(len(word) > width for word in words):\n        raise ValueError(width)\n"
        "    # Where a line starts -> what the rest costs, and its lines' numbers of words.\n"
        "    plans: dict[int, tuple[int, list[int]]] = {len(words): (0, [])}\n"
        "    for start in reversed(range(len(words))):\n"
        "        plans_here: list[tuple[int, list[int]]] = []\n"
        "        for end in range(start + 1, len(words) + 1):\n"
        "            line = words[start:end]\n"
        "            free = width - sum(map(len, line)) - (len(line) - 1)\n"
        "            if free >= 0:\n"
        f"                cost, counts = plans[end]\n{last}"
        f"                cost += {python}\n"
        "                plans_here.append((cost, [len(line), *counts]))\n"
        f"        plans[start] = {choice}\n{result}"
    )
    each = "len(line)" if told == "counts" else '" ".join(line)'
    greedy = (
        f"def typeset(words: list[str], width: int) -> {returns}:\n"
        "    if any(len(word) > width for word in words):\n        raise ValueError(width)\n"
        "    lines: list[list[str]] = []\n    for word in words:\n"
        '        if lines and len(" ".join([*lines[-1], word])) <= width:\n'
        "            lines[-1].append(word)\n        else:\n            lines.append([word])\n"
        "    cost = 0\n    for place, line in enumerate(lines):\n"
        '        free = width - len(" ".join(line))\n'
        + ("        last = place == len(lines) - 1\n" if last else "")
        + f"        cost += {python}\n    return cost, [{each} for line in lines]\n"
    )

    def oracle(words: list[str], width: int) -> Any:
        if any(len(word) > width for word in words):
            raise raising("ValueError")
        ways = [
            (of(lines, width), [len(line) * (1 if ties == "few" else -1) for line in lines], lines)
            for lines in _cut(words)
            if all(_left(line, width) >= 0 for line in lines)
        ]
        cost, _, lines = min(ways)
        return tell(cost, lines)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        longest = draw.pick((1, 2, 3, 4))
        words = [
            "".join(draw.pick("ab") for _ in range(draw.between(1, longest)))
            for _ in range(draw.pick((1, 3, 4, 5, 6, 7, 8)))
        ]
        least = max(map(len, words))
        return words, least - 1 if draw.chance(0.06) else max(least, draw.between(3, 11))

    return Problem(
        "Each of `words` has at least one character, and none has spaces. They are set in lines: "
        "each line has one or more of them, in their order, with one space between neighbours, "
        "and has at most `width` characters. If a word is longer than `width`, ValueError is "
        f"raised.\n{words} The lines are to cost as little as possible together. If there are "
        f"several such ways, take those in which the first line has the {degree} words; of those, "
        f"the ones in which the second line has the {degree} words, and so on.\n"
        f"Return {answer}. Without words there are no lines, which cost nothing.",
        Interface("typeset", (("words", "list[str]"), ("width", "int")), returns),
        reference,
        oracle,
        arguments,
        [
            ([], 3), (["a"], 1), (["a"], 0), (["ab"], 2), (["ab", "c"], 1), (["a", "b"], 3),
            (["a", "b", "c"], 3), (["a", "b", "c", "d", "e"], 5), (["ab", "a", "abc", "b"], 5),
            (["aaa", "b", "c", "aaaa"], 6), (["a", "bb", "c", "dd", "e", "ff"], 7),
            (["aa"] * 5, 5), (["aaa", "bb", "cc", "ddddd"], 6), (["aaa", "b", "cc", "dd"], 5),
            (["a", "b", "c", "aaa", "bb"], 5),
        ],
        [slip(reference, change) for change in (mistake, other, more)] + [greedy],
    )  # fmt: skip


def _cut(words: list[str]) -> list[list[list[str]]]:
    """All ways to cut the words into lines."""
    if not words:
        return [[]]
    return [
        [words[:first], *rest] for first in range(1, len(words) + 1) for rest in _cut(words[first:])
    ]


_LEVELS: dict[int, Callable[..., Problem]] = {
    1: _fitted,
    2: _marked,
    3: _table,
    4: _columns,
    5: _broken_or_filled,
}
