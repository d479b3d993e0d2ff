"""Texts with brackets: depth, partners, parts of them, trees in two notations, rules in prefix."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from typing import Any

from ....verifiers.python.interface import Interface
from ..draw import Draw
from .family import Problem, family, raising, slip

_Slips = Sequence[tuple[str, str]]
_DEPTH = (
    "The depth after a character is the number of opening brackets, (, up to and including it, "
    "minus that of closing brackets, ); it may be below 0."
)


def _depths(text: str) -> list[int]:
    return [text[:end].count("(") - text[:end].count(")") for end in range(1, len(text) + 1)]


# ---------------------------------------------------------------- 1: a text
#
# name -> words, result, oracle, what the function does, and slips.
_STEPS = (
    "    steps = [(character == \"(\") - (character == \")\") for character in text]\n"
    "    depths = list(accumulate(steps))\n"
)  # fmt: skip
_SIMPLE: dict[str, tuple[str, str, Callable[[str], Any], str, _Slips]] = {
    "deepest": (
        f"{_DEPTH} Return the greatest depth after any character; 0 if `text` has no characters.",
        "int", lambda t: sorted(_depths(t))[-1] if t else 0,
        f"{_STEPS}    return max(depths, default=0)\n",
        [("max(depths, default=0)", "max([0, *depths])"), ("max(depths, default=0)",
                                                           "depths[-1] if depths else 0")],
    ),
    "below": (
        f"{_DEPTH} Return the index, from 0, of the first character after which the depth is below "
        "0; -1 if there is none.", "int",
        lambda t: next((k for k, depth in enumerate(_depths(t)) if depth < 0), -1),
        f"{_STEPS}    return depths.index(-1) if -1 in depths else -1\n",
        [("depths.index(-1) if -1 in depths else -1", "steps.index(-1) if -1 in steps else -1"),
         ("depths.index(-1) if -1 in depths else -1",
          "depths.index(-1) if depths and depths[-1] < 0 else -1")],
    ),
    "closed": (
        f"{_DEPTH} Return the first part of `text` up to and including the first closing bracket "
        "after which the depth is 0; if there is none, return None.", "str | None",
        lambda t: next((t[: k + 1] for k, depth in enumerate(_depths(t))
                        if t[k] == ")" and depth == 0), None),
        f"{_STEPS}    for end, character in enumerate(text, 1):\n"
        '        if character == ")" and depths[end - 1] == 0:\n'
        "            return text[:end]\n    return None\n",
        [('character == ")" and depths', "depths"), ('character == ")" and depths[end - 1] == 0',
                                                    'character == ")"')],
    ),
    "depths": (
        f"{_DEPTH} Return a list with one number for each character that is no bracket, in their "
        "order: the depth after it.", "list[int]",
        lambda t: [depth for c, depth in zip(t, _depths(t), strict=True) if c not in "()"],
        f"{_STEPS}    return [depth for depth, step in zip(depths, steps) if step == 0]\n",
        [(" if step == 0", ""), ("[depth for", "[max(0, depth) for"), ("step == 0", "step >= 0")],
    ),
    "outermost": (
        f"{_DEPTH} Return the list of the indices, from 0, of the opening brackets after which the "
        "depth is 1, in rising order.", "list[int]",
        lambda t: [k for k, depth in enumerate(_depths(t)) if t[k] == "(" and depth == 1],
        f"{_STEPS}    return [\n        place for place, depth in enumerate(depths)\n"
        '        if depth == 1 and text[place] == "("\n    ]\n',
        [(' and text[place] == "("', ""), ("depth == 1 and ", "depth <= 1 and ")],
    ),
    "trimmed": (
        "Take the number of opening brackets, (, at the start of `text`, before anything else, and "
        "that of closing brackets, ), at its end, after anything else. Return `text` without as "
        "many characters at the start, and as many at the end, as the smaller of the two numbers "
        "says.", "str",
        lambda t: re.sub(r"(?s)^\((.*)\)$", lambda m: _trimmed(m[1]), t),
        '    opened = len(text) - len(text.lstrip("("))\n'
        '    closed = len(text) - len(text.rstrip(")"))\n'
        "    count = min(opened, closed)\n    return text[count : len(text) - count]\n",
        [("text[count : len(text) - count]", "text[count:-count]"),
         ("min(opened, closed)", "min(opened, closed, 1)"),
         ("text[count : len(text) - count]", "text[opened : len(text) - closed]")],
    ),
    "innermost": (
        "Return the list of the texts that stand between an opening bracket, (, and a closing "
        "bracket, ), with no bracket between the two, in their order.", "list[str]",
        lambda t: [p.split(")")[0] for p in t.split("(")[1:] if ")" in p],
        '    return re.findall(r"\\(([^()]*)\\)", text)\n',
        [("[^()]*", ".*?"), ("[^()]*", "[^()]+"), ("[^()]*", "[^)]*")],
    ),
    "mirrored": (
        "Return `text` in a mirror: its characters in reverse order, with opening brackets, (, for "
        "closing ones, ), and closing ones for opening ones.", "str",
        lambda t: "".join({"(": ")", ")": "("}.get(c, c) for c in reversed(t)),
        '    return text[::-1].translate(str.maketrans({"(": ")", ")": "("}))\n',
        [("text[::-1]", "text"), ('.translate(str.maketrans({"(": ")", ")": "("}))', ""),
         ('.translate(str.maketrans({"(": ")", ")": "("}))',
          '.replace("(", ")").replace(")", "(")')],
    ),
    "tail": (
        "Return what stands after the last closing bracket, ), of `text`; all of `text` if it has "
        "none.", "str",
        lambda t: "".join(itertools.takewhile(lambda c: c != ")", t[::-1]))[::-1],
        '    return text.rpartition(")")[2]\n',
        [('text.rpartition(")")[2]', 'text.partition(")")[2]'),
         ('text.rpartition(")")[2]', 'text[text.find(")") + 1 :]'),
         ('text.rpartition(")")[2]', 'text[text.rindex(")") + 1 :]')],
    ),
    "longest": (
        "Return how many opening brackets, (, stand directly after one another where most do; 0 if "
        "there are none.", "int",
        lambda t: max(n for n in range(len(t) + 1) if "(" * n in t),
        '    return max(map(len, re.findall(r"\\(+", text)), default=0)\n',
        [(r"""max(map(len, re.findall(r"\(+", text)), default=0)""", 'text.count("(")'),
         (", default=0", "")],
    ),
    "seams": (
        "Wherever a closing bracket, ), has an opening bracket, (, directly after it, leave out "
        "both of them. Return what is left of `text`; what comes to stand side by side in it only "
        "then stays.", "str",
        lambda t: "".join(c for k, c in enumerate(t) if t[k : k + 2] != ")("
                          and t[max(0, k - 1) : k + 1] != ")("),
        '    return text.replace(")(", "")\n',
        [('text.replace(")(", "")', 're.sub(r"\\)+\\(+", "", text)'),
         ('    return text.replace(")(", "")\n',
          '    while ")(" in text:\n        text = text.replace(")(", "")\n    return text\n'),
         ('text.replace(")(", "")', 'text.replace(")(", "", 1)')],
    ),
    "span": (
        "Return the part of `text` from its first opening bracket, (, to its last closing bracket, "
        "), with both of them. If it lacks one of the two, or the latter stands before the former, "
        "return None.", "str | None",
        lambda t: max((t[a : b + 1] for a in range(len(t)) for b in range(a, len(t))
                       if t[a] + t[b] == "()"), key=len, default=None),
        '    match = re.search(r"\\(.*\\)", text)\n    return match[0] if match else None\n',
        [(".*", ".*?"), (" if match else None", ""), (".*", "[^)]*")],
    ),
}  # fmt: skip


def _trimmed(inside: str) -> str:
    if inside.startswith("(") and inside.endswith(")"):
        return _trimmed(inside[1:-1])
    return inside


# ---------------------------------------------------------------- 2: a walk
#
# name -> words, what is done with a closing bracket that closes nothing, at the end, and a slip.
_UNMATCHED = {
    "raises": (
        "If a closing bracket closes none, or an opening bracket is not closed, ValueError is "
        "raised.",
        "            if depth == 0:\n                raise ValueError(text)\n",
        "    if depth > 0:\n        raise ValueError(text)\n",
        ("    if depth > 0:\n        raise ValueError(text)\n", ""),
    ),
    "lenient": (
        "A closing bracket that closes none is left out, as if it were not there. Opening brackets "
        "that are not closed count as closed at the end of `text`; nothing is added there.",
        "            if depth == 0:\n                continue\n",
        "",
        ("            if depth == 0:\n                continue\n", ""),
    ),
}
# name -> words, result, oracle (of the characters and in how many brackets each is), how the
# function begins; what it does after it counted an opening bracket, before it counts a closing one,
# and with another character; what it returns, and slips.
_Walked = Callable[[list[tuple[str, int]]], Any]


def _tops(found: list[tuple[str, int]]) -> list[str]:
    text = "".join("([{"[min(n, 2)] if c == "(" else ")]}"[min(n, 2)] if c == ")" else c
                   for c, n in found)  # fmt: skip
    return [re.sub(r"[\[{]", "(", re.sub(r"[\]}]", ")", part)) for part in
            re.findall(r"\(([^()]*)(?:\)|$)", text)]  # fmt: skip


def _outer_parts(found: list[tuple[str, int]]) -> list[str]:
    cuts = [k for k, (c, n) in enumerate(found) if c == "," and n == 0]
    text = "".join(c for c, _ in found)
    return [text[a + 1 : b] for a, b in itertools.pairwise([-1, *cuts, len(text)])]


_WALK: dict[str, tuple[str, str, _Walked, str, str, str, str, str, _Slips]] = {
    "outside": (
        "the text of the characters, other than brackets, that are in no pair of brackets", "str",
        lambda found: "".join(c for c, n in found if n == 0 and c not in "()"),
        'found = ""', "", "", "        elif depth == 0:\n            found += character\n", "found",
        [("elif depth == 0:", "elif depth <= 1:")],
    ),
    "second": (
        "the text of the characters, other than brackets, that are in two pairs of brackets or "
        "more",
        "str", lambda found: "".join(c for c, n in found if n > 1 and c not in "()"),
        'found = ""', "", "", "        elif depth >= 2:\n            found += character\n", "found",
        [("depth >= 2", "depth == 2")],
    ),
    "parts": (
        "the list of the parts into which the commas that are in no brackets cut the text; one "
        "more than there are such commas. Parts have all other characters, in their order, "
        "brackets too", "list[str]", _outer_parts,
        'parts = [""]', '            parts[-1] += "("\n', '            parts[-1] += ")"\n',
        '        elif character == "," and depth == 0:\n            parts.append("")\n'
        "        else:\n            parts[-1] += character\n", "parts",
        [('character == "," and depth == 0', 'character == ","')],
    ),
    "tops": (
        "the list of the texts between outermost brackets (those that are in no others) and their "
        "partners, in their order, with all that is in them, brackets too", "list[str]", _tops,
        "found: list[str] = []",
        '            if depth == 1:\n                found.append("")\n'
        '            else:\n                found[-1] += "("\n',
        '            if depth > 1:\n                found[-1] += ")"\n',
        "        elif depth > 0:\n            found[-1] += character\n", "found",
        [('            else:\n                found[-1] += "("\n', "")],
    ),
    "counts": (
        "a dictionary from each number of pairs of brackets in which a character is, other than a "
        "bracket, to how many of these characters there are; without numbers for which there are "
        "none", "dict[int, int]",
        lambda found: {
            n: len([c for c, m in found if m == n and c not in "()"])
            for n in {m for c, m in found if c not in "()"}
        },
        "counts: dict[int, int] = {}", "", "",
        "        else:\n            counts[depth] = counts.get(depth, 0) + 1\n", "counts",
        [("counts.get(depth, 0) + 1", "depth")],
    ),
    "numbered": (
        "the text with each bracket replaced by a decimal number: in how many pairs of brackets "
        "the characters directly inside it are", "str",
        lambda found: "".join(str(n + 1) if c in "()" else c for c, n in found),
        'found = ""', "            found += str(depth)\n", "            found += str(depth)\n",
        "        else:\n            found += character\n", "found",
        [("            found += str(depth)\n        elif", "            found += str(depth - 1)\n"
          "        elif")],
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 3: three kinds
#
_FIND = (
    "            places = [p for p in opened if text[p] == OPENS[character]]\n"
    "            if places:\n                found.append((places[-1], place))\n"
)
# name -> words, oracle (of the places that are open, the text, a closing bracket): which is closed
# and which are not open any more; Python, and a slip.
_Closes = Callable[[list[int], str, str], tuple[int, set[int]]]
_PARTNER = {")": "(", "]": "[", "}": "{"}


def _last(opened: list[int], text: str, bracket: str) -> int:
    return max((p for p in opened if text[p] == _PARTNER[bracket]), default=-1)


_MATCHED: dict[str, tuple[str, _Closes, str, tuple[str, str]]] = {
    "strict": (
        "is the last bracket that is open, if that is of the same kind, and this is closed then; "
        "if it is not, or none is open, it has no partner, and nothing is closed.",
        lambda opened, text, c: (
            opened[-1] if opened and text[opened[-1]] == _PARTNER[c] else -1, {*opened[-1:]}
        ),
        "            if opened and text[opened[-1]] == OPENS[character]:\n"
        "                found.append((opened.pop(), place))\n",
        ("            if opened and text[opened[-1]] == OPENS[character]:\n"
         "                found.append((opened.pop(), place))\n",
         "            if opened and text[opened.pop()] == OPENS[character]:\n"
         "                found.append((text.rindex(OPENS[character], 0, place), place))\n"),
    ),
    "kinds": (
        "is the last bracket of the same kind that is open, and only that one is "
        "closed; without one, it has no partner.",
        lambda opened, text, c: (_last(opened, text, c), {_last(opened, text, c)}),
        f"{_FIND}                opened.remove(places[-1])\n",
        ("opened.remove(places[-1])", "del opened[opened.index(places[-1]) :]"),
    ),
    "jump": (
        "is the last bracket of the same kind that is open. This one is closed then, and so are "
        "those after it that are still open; these have no partner. If no bracket of the same kind "
        "is open, it has no partner, and nothing is closed.",
        lambda opened, text, c: (
            _last(opened, text, c), {p for p in opened if p >= _last(opened, text, c)}
        ),
        f"{_FIND}                del opened[opened.index(places[-1]) :]\n",
        ("del opened[opened.index(places[-1]) :]", "opened.remove(places[-1])"),
    ),
    "any": (
        "is the last bracket that is open, of whatever kind, which is closed then; if "
        "none is open, it has no partner.",
        lambda opened, *_: (opened[-1] if opened else -1, {*opened[-1:]}),
        "            if opened:\n                found.append((opened.pop(), place))\n",
        ("            if opened:\n", "            if opened and text[opened[-1]] == "
         '{")": "(", "]": "[", "}": "{"}[character]:\n'),
    ),
}  # fmt: skip
# name -> words, result, oracle (of the pairs, in order, and the text), Python, and slips.
_Partners = Callable[[list[tuple[int, int]], str], Any]
_ANSWERS: dict[str, tuple[str, str, _Partners, str, _Slips]] = {
    "pairs": (
        "the list of the pairs (index of an opening bracket, index of its partner), in rising "
        "order", "list[tuple[int, int]]",
        lambda pairs, _: pairs,
        "    return sorted(pairs)\n",
        [("sorted(pairs)", "pairs")],
    ),
    "alone": (
        "the list of the indices of the brackets that have no partner, in rising order",
        "list[int]",
        lambda pairs, t: sorted(
            {k for k, c in enumerate(t) if c in "()[]{}"} - {k for pair in pairs for k in pair}
        ),
        "    partners = {place for pair in pairs for place in pair}\n    return [\n"
        "        place for place, character in enumerate(text)\n"
        '        if character in "([{}])" and place not in partners\n    ]\n',
        [("place for pair in pairs for place in pair", "place for place, _ in pairs")],
    ),
    "widest": (
        "the pair (index of an opening bracket, index of its partner) whose indices differ most; "
        "of several, the one that begins first; None if no bracket has a partner",
        "tuple[int, int] | None",
        lambda pairs, _: max(pairs, key=lambda pair: pair[1] - pair[0], default=None),
        "    return max(pairs, key=lambda pair: pair[1] - pair[0], default=None)\n",
        [("max(pairs, key=lambda pair: pair[1] - pair[0], default=None)",
          "max(pairs, key=lambda pair: pair[1], default=None)")],
    ),
    "inside": (
        "a dictionary from the index of each opening bracket that has a partner to how many "
        "characters other than brackets are between the two", "dict[int, int]",
        lambda pairs, t: {a: len([c for c in t[a:b] if c not in "()[]{}"]) for a, b in pairs},
        "    return {\n"
        "        start: sum(character.isalpha() for character in text[start:end])\n"
        "        for start, end in pairs\n    }\n",
        [("sum(character.isalpha() for character in text[start:end])", "end - start - 1")],
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 4: trees
#
_TAIL = (
    "    start = at\n    while at < len(text) and text[at].isalpha():\n        at += 1\n"
    "    name = text[start:at]\n"
)
_INNER = (
    "        while text[at] != \")\":\n            child, at = read(text, at + 1)\n"
    "            children.append(child)\n        at += 1\n"
)  # fmt: skip
# name -> words, the tree's text (of a name and those of its children), and Python of what is read.
_Written = Callable[[str, list[str]], str]
_NOTATIONS: dict[str, tuple[str, _Written, str]] = {
    "before": (
        "A tree is written as its name and, if it has children, an opening bracket, (, its "
        "children, which are trees, with a comma between neighbours, and a closing bracket, ).",
        lambda name, inner: name + (f"({','.join(inner)})" if inner else ""),
        f"{_TAIL}    children: list[Tree] = []\n"
        f'    if at < len(text) and text[at] == "(":\n{_INNER}'
        "    return Tree(name, children), at\n",
    ),
    "after": (
        "A tree is written as its name; but if it has children, these stand before its name, "
        "between an opening bracket, (, and a closing bracket, ): they are trees, with a comma "
        "between neighbours.",
        lambda name, inner: (f"({','.join(inner)})" if inner else "") + name,
        f'    children: list[Tree] = []\n    if text[at] == "(":\n{_INNER}{_TAIL}'
        "    return Tree(name, children), at\n",
    ),
}
# A node: its name, its parent's, its depth, where it stands; in the order of the text.
_Node = tuple[str, "str | None", int]
# name -> words, result, oracle (of the nodes, and the notation), Python (with `tree`), and slips.
_Told = Callable[[list[_Node], str], Any]


def _below(nodes: list[_Node], name: str | None) -> list[str]:
    return [node for node, parent, _ in nodes if parent == name]


def _size(nodes: list[_Node], name: str) -> int:
    return 1 + sum(_size(nodes, child) for child in _below(nodes, name))


def _path(nodes: list[_Node], name: str) -> str:
    parent = next(parent for node, parent, _ in nodes if node == name)
    return name if parent is None else f"{_path(nodes, parent)}/{name}"


def _turned(nodes: list[_Node], notation: str, name: str | None) -> list[str]:
    written = _NOTATIONS["after" if notation == "before" else "before"][1]
    return [
        written(child, _turned(nodes, notation, child)) for child in sorted(_below(nodes, name))
    ]


_TREES: dict[str, tuple[str, str, _Told, str, _Slips]] = {
    "parents": (
        "a dictionary from each name to that of the tree of which it is a child; None for the "
        "outermost one", "dict[str, str | None]",
        lambda nodes, _: {name: parent for name, parent, _ in nodes},
        "    return parents(tree, None)\n\n\n"
        "def parents(tree: Tree, parent: str | None) -> dict[str, str | None]:\n"
        "    name, children = tree\n"
        "    found: dict[str, str | None] = {name: parent}\n    for child in children:\n"
        "        found.update(parents(child, name))\n    return found\n",
        [("parents(child, name)", "parents(child, parent)"),
         ("        found.update(parents(child, name))\n",
          "        found[child[0]] = name\n")],
    ),
    "leaves": (
        "a list of pairs, one for each tree without children, in the order of the text: its name, "
        "and in how many others it is", "list[tuple[str, int]]",
        lambda nodes, _: [(name, depth) for name, _, depth in nodes if not _below(nodes, name)],
        "    return leaves(tree, 0)\n\n\n"
        "def leaves(tree: Tree, depth: int) -> list[tuple[str, int]]:\n"
        "    name, children = tree\n    if not children:\n        return [(name, depth)]\n"
        "    return [leaf for child in children for leaf in leaves(child, depth + 1)]\n",
        [("if not children", "if len(children) < 2"), ("depth + 1", "1")],
    ),
    "levels": (
        "a list of lists of names: the outermost one, then its children, then the children of "
        "these, and so on; in each list in the order of the text", "list[list[str]]",
        lambda nodes, _: [
            [name for name, _, depth in nodes if depth == level]
            for level in sorted({depth for _, _, depth in nodes})
        ],
        "    levels: list[list[str]] = []\n    row = [tree]\n    while row:\n"
        "        levels.append([name for name, _ in row])\n"
        "        row = [child for _, children in row for child in children]\n"
        "    return levels\n",
        [("for _, children in row for child", "for _, children in row[-1:] for child"),
         ("levels.append([name for name, _ in row])",
          "levels.append(sorted(name for name, _ in row))")],
    ),
    "paths": (
        "a list of texts, one for each tree without children, in the order of the text: the names "
        "of all in which it is, from the outermost one on, and its own, with a slash (/) between "
        "neighbours", "list[str]",
        lambda nodes, _: [_path(nodes, name) for name, *_ in nodes if not _below(nodes, name)],
        "    return paths(tree)\n\n\ndef paths(tree: Tree) -> list[str]:\n"
        "    name, children = tree\n    if not children:\n        return [name]\n"
        '    return [f"{name}/{path}" for child in children for path in paths(child)]\n',
        [("for child in children for path", "for child in children[:1] for path"),
         ("{name}/{path}", "{path}/{name}")],
    ),
    "turned": (
        "the tree in another notation, in which the name of a tree with children stands {side} its "
        "brackets, and else all is the same; and with the children of each tree in alphabetical "
        "order of their names", "str",
        lambda nodes, notation: _turned(nodes, notation, None)[0],
        "    return written(tree)\n\n\ndef written(tree: Tree) -> str:\n"
        "    name, children = tree\n    if not children:\n        return name\n"
        '    inner = ",".join(map(written, sorted(children)))\n'
        '    return f"{turned}"\n',
        [("sorted(children)", "children"), ("map(written, sorted(children))",
                                           "sorted(map(written, children))[::-1]")],
    ),
    "sizes": (
        "a dictionary from each name of a tree that has children to how many names are written for "
        "the whole of it, its own included", "dict[str, int]",
        lambda nodes, _: {
            name: _size(nodes, name) for name, *_ in nodes if _below(nodes, name)
        },
        "    sizes: dict[str, int] = {}\n    measure(tree, sizes)\n"
        "    return {name: size for name, size in sizes.items() if size > 1}\n\n\n"
        "def measure(tree: Tree, sizes: dict[str, int]) -> int:\n"
        '    """The size of a tree; this one and those in it are put into `sizes`."""\n'
        "    name, children = tree\n"
        "    sizes[name] = 1 + sum(measure(child, sizes) for child in children)\n"
        "    return sizes[name]\n",
        [("size > 1", "size > 2"), ("1 + sum(measure(child, sizes) for child in children)",
                                    "1 + sum(min(measure(child, sizes), 2) for child in "
                                    "children)")],
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 5: rules
#
# name -> operators: words, oracle (of the operands), Python (of `found`, the operands' values).
_Operators = dict[str, tuple[str, Callable[[list[int]], Any], str]]
_LOGIC: dict[str, _Operators] = {
    "usual": {
        "all": ("all operands hold", lambda v: 0 not in v, "all(found)"),
        "any": ("at least one operand holds", lambda v: 1 in v, "any(found)"),
        "none": ("no operand holds", lambda v: 1 not in v, "not any(found)"),
    },
    "counts": {
        "one": ("exactly one operand holds", lambda v: v.count(1) == 1, "sum(found) == 1"),
        "two": ("at least two operands hold", lambda v: v.count(1) > 1, "sum(found) >= 2"),
        "odd": (
            "an odd number of operands hold", lambda v: v.count(1) in range(1, 99, 2),
            "sum(found) % 2 == 1",
        ),
    },
    "shares": {
        "most": (
            "more operands hold than do not", lambda v: v.count(1) > v.count(0),
            "2 * sum(found) > len(found)",
        ),
        "same": ("all operands hold, or none does", lambda v: v in ([0] * len(v), [1] * len(v)),
                 "len(set(found)) <= 1"),
        "lead": (
            "there is an operand, the first one holds, and no other does",
            lambda v: v == [1] + [0] * (len(v) - 1), "sum(found[:1]) > sum(found[1:])",
        ),
    },
}  # fmt: skip


# name -> operators: words, least and most operands, oracle, and Python (of `found`).
_SUMS: dict[str, dict[str, tuple[str, int, int, Callable[[list[int]], int], str]]] = {
    "extremes": {
        "end": ("the last operand", 1, 9, lambda v: v[len(v) - 1], "found[-1]"),
        "max": ("the greatest operand", 1, 9, lambda v: sorted(v)[-1], "max(found)"),
        "gap": (
            "the greatest operand minus the smallest one", 1, 9,
            lambda v: sorted(v)[-1] - sorted(v)[0], "max(found) - min(found)",
        ),
    },
    "sums": {
        "add": ("the sum of the operands", 1, 9, sum, "sum(found)"),
        "sub": (
            "the first operand minus all others", 1, 9, lambda v: 2 * v[0] - sum(v),
            "found[0] - sum(found[1:])",
        ),
        "alt": (
            "the first operand minus the second one plus the third one minus the fourth one, and "
            "so on", 1, 9, lambda v: sum(x * (-1) ** k for k, x in enumerate(v)),
            "sum(found[::2]) - sum(found[1::2])",
        ),
    },
    "choices": {
        "if": (
            "the second operand if the first one is above 0, else the third one", 3, 3,
            lambda v: v[1 if v[0] > 0 else 2], "found[1] if found[0] > 0 else found[2]",
        ),
        "mid": (
            "the operand that is the second one when they are in rising order", 3, 3,
            lambda v: sum(v) - max(v) - min(v), "sorted(found)[1]",
        ),
        "mul": ("the product of the operands", 2, 2, lambda v: v[0] * v[1], "found[0] * found[1]"),
    },
}  # fmt: skip


def _variants(level: int) -> list[tuple[Any, ...]]:
    if level == 1:
        return [(1, name) for name in _SIMPLE]
    if level == 2:
        return [(2, *both) for both in itertools.product(_UNMATCHED, _WALK)]
    if level == 3:
        return [(3, *both) for both in itertools.product(_MATCHED, _ANSWERS)]
    if level == 4:
        return [(4, *both) for both in itertools.product(_NOTATIONS, _TREES)]
    return [
        *[(5, "logic", *both) for both in itertools.product(_LOGIC, ("raises", "none"))],
        *[(5, "numbers", *both) for both in itertools.product(_SUMS, ("unknown", "zero"))],
    ]


@family("brackets", _variants)
def brackets(level: int, *how: str) -> Problem:
    return _LEVELS[level](*how)


def _text(draw: Draw, letters: str = "ab") -> str:
    """Often with all brackets closed."""
    share = draw.pick((0.5, 0.5, 0.6, 0.3))
    text, depth = "", 0
    for _ in range(draw.below(13)):
        if draw.chance(0.35):
            text += draw.pick(letters)
        elif draw.chance(share) or (depth == 0 and draw.chance(0.8)):
            text += "("
            depth += 1
        else:
            text += ")"
            depth -= 1
    return text + ")" * depth if draw.chance(0.7) else text


def _simple(name: str) -> Problem:
    words, returns, oracle, python, slips = _SIMPLE[name]
    imports = "from itertools import accumulate\n\n\n" if "accumulate" in python else ""
    imports = "import re\n\n\n" if "re." in python else imports
    reference = f"{imports}def nested(text: str) -> {returns}:\n{python}"
    mistakes = [slip(reference, change) for change in slips]
    return Problem(
        words,
        Interface("nested", (("text", "str"),), returns),
        reference,
        oracle,
        lambda draw: (_text(draw),),
        [
            ("",), ("a",), ("()",), (")(",), ("(a)",), ("(())",), ("((a)b)",), ("(a)(b)",),
            ("a)b(",), ("))(",), (")a",), ("(a(b)",), ("(()",), ("())a(",), ("a(b(ab)(a))b",),
            ("))((",), ("a)((b)((",),
        ],
        [
            source if "re." not in source or "re." in python else f"import re\n\n\n{source}"
            for source in mistakes
        ],
    )  # fmt: skip


def _walk(unmatched: str, walk: str) -> Problem:
    rule, check, end, mistake = _UNMATCHED[unmatched]
    words, returns, tell, first, opening, closing, other, result, slips = _WALK[walk]
    reference = (
        f"def nested(text: str) -> {returns}:\n    {first}\n    depth = 0\n"
        '    for character in text:\n        if character == "(":\n            depth += 1\n'
        f'{opening}        elif character == ")":\n{check}{closing}            depth -= 1\n'
        f"{other}{end}    return {result}\n"
    )

    def oracle(text: str) -> Any:
        partners, opened = {}, []
        for place, character in enumerate(text):
            if character == "(":
                opened.append(place)
            elif character == ")" and opened:
                partners[opened.pop()] = place
        alone = {k for k, c in enumerate(text) if c == ")"} - set(partners.values())
        if (alone or opened) and unmatched == "raises":
            raise raising("ValueError")
        partners |= dict.fromkeys(opened, len(text))
        return tell([
            (c, sum(a < k < b for a, b in partners.items()))
            for k, c in enumerate(text) if k not in alone
        ])  # fmt: skip

    return Problem(
        "Brackets in `text` are opening ones, (, and closing ones, ). A closing bracket closes the "
        f"last opening bracket before it that is not closed yet. {rule}\nReturn {words}.",
        Interface("nested", (("text", "str"),), returns),
        reference,
        oracle,
        lambda draw: (_text(draw, "ab,"),),
        [
            ("",), ("a",), (",",), ("()",), ("a(b)",), ("(a,b),a",), (")",), ("(",), ("a)b",),
            ("(a",), ("((a)b(ab))a",), ("a,(a,(b,)),,b",), ("(((a)))b((b))",), ("a(b(a)))b(a",),
            ("a)((b))",), ("(" * 11 + "a" + ")" * 11,),
        ],
        [slip(reference, change) for change in (mistake, *slips)],
    )  # fmt: skip


def _partners(matched: str, answer: str) -> Problem:
    rule, closes, python, mistake = _MATCHED[matched]
    words, returns, tell, result, slips = _ANSWERS[answer]
    known = "OPENS" in python
    closing = "OPENS" if known else '")]}"'
    constant = 'OPENS = {")": "(", "]": "[", "}": "{"}\n\n\n' if known else ""
    reference = (
        f"{constant}def nested(text: str) -> {returns}:\n    pairs = matched(text)\n{result}\n\n"
        "def matched(text: str) -> list[tuple[int, int]]:\n"
        '    """The places of partners."""\n'
        "    found: list[tuple[int, int]] = []\n    opened: list[int] = []\n"
        "    for place, character in enumerate(text):\n"
        '        if character in "([{":\n            opened.append(place)\n'
        f"        elif character in {closing}:\n{python}    return found\n"
    )

    def oracle(text: str) -> Any:
        pairs: list[tuple[int, int]] = []
        gone: set[int] = set()
        for place, character in enumerate(text):
            if character in _PARTNER:
                opened = [k for k in range(place) if text[k] in "([{" and k not in gone]
                start, closed = closes(opened, text, character)
                if start >= 0:
                    pairs.append((start, place))
                    gone |= closed
        return tell(sorted(pairs), text)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        kinds = draw.pick(("()", "()[]", "()[]{}", "()[]{}"))
        text, opened = "", ""
        for _ in range(draw.below(15)):
            if draw.chance(0.2):
                text += draw.pick("ab")
            elif draw.chance(0.5):
                text += draw.pick(kinds[::2])
                opened += text[-1]
            elif opened and draw.chance(0.65):
                text += kinds[kinds.index(opened[-1]) + 1]
                opened = opened[:-1]
            else:
                text += draw.pick(kinds[1::2])
        return (text,)

    return Problem(
        "`text` has letters and brackets of three kinds: (), [] and {}. All brackets are without "
        "a partner at first. Go through `text` from left to right. An opening bracket, one of (, "
        f"[ and {{, is open from there on. The partner of a closing bracket, one of ), ] and "
        f"}}, {rule}\n"
        f"Indices in `text` count from 0. Return {words}.",
        Interface("nested", (("text", "str"),), returns),
        reference,
        oracle,
        arguments,
        [
            ("",), ("a",), ("()",), ("[]",), ("{}",), ("{a[b(ab)]}",), ("([)]",), ("(]",),
            ("]a(",), ("([{)]}",), ("{a}{b}",), ("((a)",), ("[(])b)",), ("([a(b])b)a]",),
        ],
        [slip(reference, change) for change in (mistake, *slips)],
    )  # fmt: skip


def _tree(notation: str, told: str) -> Problem:
    written_words, written, read = _NOTATIONS[notation]
    words, returns, tell, python, slips = _TREES[told]
    python = python.replace("{turned}", "({inner}){name}" if notation == "before" else
                            "{name}({inner})")  # fmt: skip
    reference = (
        "from typing import NamedTuple\n\n\nclass Tree(NamedTuple):\n    name: str\n"
        '    children: list["Tree"]\n\n\n'
        f"def nested(text: str) -> {returns}:\n    tree, _ = read(text, 0)\n{python}\n\n"
        "def read(text: str, at: int) -> tuple[Tree, int]:\n"
        f'    """The tree that is written from a place on, and where it ends."""\n{read}'
    )

    def oracle(text: str) -> Any:
        found: list[tuple[str, int]] = []
        depth = 0
        for part in re.findall("[a-z]+|[()]", text):
            depth += {"(": 1, ")": -1}.get(part, 0)
            if part not in "()":
                found.append((part, depth))
        nodes: list[_Node] = []
        for place, (name, depth) in enumerate(found):
            near = found[:place][::-1] if notation == "before" else found[place + 1 :]
            parent = next((other for other, level in near if level == depth - 1), None)
            nodes.append((name, parent, depth))
        return tell(nodes, notation)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        names = draw.shuffle(("a", "b", "c", "d", "e", "ab", "ba", "bc", "cab"))
        children: dict[str, list[str]] = {names[0]: []}
        for name in names[1 : draw.between(1, 9)]:
            children[draw.pick(list(children)[-3:])].append(name)
            children[name] = []

        def text(name: str) -> str:
            return written(name, [text(child) for child in children[name]])

        return (text(names[0]),)

    before = [
        "a", "abc", "a(b)", "b(a)", "a(b,c)", "b(c,a)", "a(b(c))", "c(b(a),d)", "d(b,a(c))",
        "d(c(e,b),a(ab))", "a(b(c(d)),e)", "e(d,c,b,a)", "b(ab(d,c),a(e,ba))",
    ]  # fmt: skip
    side = "after" if notation == "before" else "before"
    return Problem(
        f"{written_words} A name is one or more of the letters a to z, and all names are "
        f"different. `text` is a tree that is written so.\nReturn {words.replace('{side}', side)}.",
        Interface("nested", (("text", "str"),), returns),
        reference,
        oracle,
        arguments,
        [(text if notation == "before" else _moved(text),) for text in before],
        [slip(reference, change) for change in slips],
    )


def _moved(text: str) -> str:
    """A tree with names before brackets as one with names after them."""
    name = re.match("[a-z]*", text)
    assert name
    inner, depth = [""], 0
    for character in text[name.end() + 1 : -1]:
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            inner.append("")
        else:
            inner[-1] += character
    if len(text) == name.end():
        return text
    return f"({','.join(map(_moved, inner))}){name[0]}"


class _MalformedError(Exception):
    """A rule is none."""


def _reduced(rule: str, value: Callable[[str], int], apply: Callable[[str, list[int]], int]) -> int:
    """The value of a rule, found by replacing brackets that have no others in them."""
    tokens: list[str | int] = re.findall(r"[()]|[^() ]+", rule)
    while ")" in tokens:
        end = tokens.index(")")
        start = max((k for k in range(end) if tokens[k] == "("), default=None)
        if start is None or not isinstance(name := tokens[start + 1], str) or name == ")":
            raise _MalformedError
        operands = [x if isinstance(x, int) else value(x) for x in tokens[start + 2 : end]]
        tokens[start : end + 1] = [apply(name, operands)]
    if len(tokens) != 1 or tokens == ["("]:
        raise _MalformedError
    return tokens[0] if isinstance(tokens[0], int) else value(tokens[0])


_CALL = 'class Call(NamedTuple):\n    operator: str\n    operands: "tuple[str | Call, ...]"\n\n\n'
_READ = (
    "def read(tokens: list[str], at: int) -> tuple[str | Call, int]:\n"
    '    """The rule that begins at a place, and where it ends."""\n'
    '    if at == len(tokens) or tokens[at] == ")":\n        raise ValueError("no rule")\n'
    '    if tokens[at] != "(":\n        return tokens[at], at + 1\n'
    "    at += 1\n    parts: list[str | Call] = []\n"
    '    while at < len(tokens) and tokens[at] != ")":\n'
    "        part, at = read(tokens, at)\n        parts.append(part)\n"
    '    if at == len(tokens):\n        raise ValueError("not closed")\n'
    "{check}    operator, *operands = parts\n"
    "    return Call(operator, tuple(operands)), at + 1\n"
)


def _rule(draw: Draw, words: Sequence[str], names: Sequence[str], counts: Sequence[int]) -> str:
    """One of a few operators; now and then with a mistake."""

    def text(depth: int) -> str:
        if draw.chance((0.1, 0.5, 0.8, 1)[depth]):
            return draw.pick(words)
        name = draw.pick(range(len(names)))
        count = counts[name] if counts[name] else draw.pick((1, 2, 2, 3, 4))
        return f"({' '.join([names[name], *(text(depth + 1) for _ in range(count))])})"

    rule = text(0)
    if draw.chance(0.15):
        at = draw.below(len(rule) + 1)
        other = draw.pick((rule[:at] + rule[at + 1 :], rule[:at] + draw.pick("()") + rule[at:]))
        # The words promise that no letter stands directly beside a digit.
        rule = rule if re.search("[a-z][0-9]|[0-9][a-z]", other) else other
    return rule.replace(" (", "(") if draw.chance(0.3) else rule


_GRAMMAR = (
    "A rule is an operand. An operand is {word}, or an opening bracket, (, the name of an "
    "operator, {count}, and a closing bracket, ). Between these there may be any number of spaces, "
    "as well as at the start and at the end; there is at least one between two that are not "
    "brackets. `rule` has no other characters than letters a to z, {digits}spaces and these "
    "brackets."
)


def _expression(kind: str, which: str, how: str) -> Problem:
    return _logic(which, how) if kind == "logic" else _numeric(which, how)


def _logic(which: str, how: str) -> Problem:
    operators = _LOGIC[which]
    first, second, third = operators
    told = "; ".join(f"({name} ...) holds if {words}" for name, (words, *_) in operators.items())
    returns = "list[str]" if how == "raises" else "list[str] | None"
    check = (
        f'    if not parts or parts[0] not in ("{first}", "{second}", "{third}"):\n'
        '        raise ValueError("no operator")\n'
    )
    body = (
        "tree, end = read(tokens, 0)\n    if end < len(tokens):\n"
        '        raise ValueError("more than a rule")\n'
    )
    if how == "none":
        body = (
            "try:\n        tree, end = read(tokens, 0)\n    except ValueError:\n"
            "        return None\n    if end < len(tokens):\n        return None\n"
        )
    reference = (
        "import re\nfrom typing import NamedTuple\n\n\n"
        f"{_CALL}def nested(rule: str, items: dict[str, list[str]]) -> {returns}:\n"
        f'    tokens = re.findall("[()]|[a-z]+", rule)\n    {body}'
        "    return [name for name, tags in items.items() if holds(tree, tags)]\n\n\n"
        + _READ.replace("{check}", check)
        + "\n\ndef holds(tree: str | Call, tags: list[str]) -> bool:\n"
        "    if isinstance(tree, str):\n        return tree in tags\n"
        "    found = [holds(part, tags) for part in tree.operands]\n"
        f'    if tree.operator == "{first}":\n        return {operators[first][2]}\n'
        f'    if tree.operator == "{second}":\n        return {operators[second][2]}\n'
        f"    return {operators[third][2]}\n"
    )

    def apply(name: str, values: list[int]) -> int:
        if name not in operators:
            raise _MalformedError
        return int(operators[name][1](values))

    def oracle(rule: str, items: dict[str, list[str]]) -> list[str] | None:
        try:
            _reduced(rule, lambda _: 0, apply)
        except _MalformedError:
            if how == "raises":
                raise raising("ValueError") from None
            return None

        def holds(tags: list[str]) -> bool:
            return _reduced(rule, lambda word: int(word in tags), apply) == 1

        return [name for name, tags in items.items() if holds(tags)]

    words = ("red", "big", "new")

    def arguments(draw: Draw) -> tuple[Any, ...]:
        items = {
            name: [word for word in draw.shuffle(words) if draw.chance(0.5)]
            for name in draw.shuffle("pqrst")[: draw.between(1, 5)]
        }
        return _rule(draw, words, list(operators), (0, 0, 0)), items

    every = {
        name: [w for w, bit in zip(words, bits, strict=True) if bit]
        for name, bits in zip("zyxwvuts", itertools.product((0, 1), repeat=3), strict=True)
    }
    grammar = _GRAMMAR.format(
        word="a word, which is one or more letters",
        count="any number of operands, perhaps none",
        digits="",
    )
    refused = "return None" if how == "none" else "ValueError is raised"
    return Problem(
        f"{grammar}\nAn operand holds for an item or not. A word holds if it is in the item's "
        f"list. The operators are {first}, {second} and {third}: {told}.\n`items` has the list of "
        f"each item's words by its name. If `rule` is a rule, return the list of the names of "
        f"those items for which it holds, in the order in which they stand in `items`; if it is "
        f"not, {refused}.",
        Interface("nested", (("rule", "str"), ("items", "dict[str, list[str]]")), returns),
        reference,
        oracle,
        arguments,
        [
            ("red", every), ("", every), (")", every), ("(", every), ("()", every),
            (f"({first})", every), (f"({second})", every), (f"({third})", every),
            (f"({first} red big new)", every), (f"({second} red big new)", every),
            (f"({third} red big new)", every), ("red big", every), ("(red big)", every),
            (f" ({first}({second} red)( {third} big new))", every), (f"({first} red", every),
            (f"({first} red))", every), (f"(({first}) red)", every),
            (f"({second} red red big)", every),
            (f"({third} big)", {}), (f"({first} red big", {}),
            (f" ( {first} ( {second} {second} ) red ) ", {**every, "b": [second]}),
        ],
        [
            slip(reference, ("    if end < len(tokens):\n"
                             + ('        raise ValueError("more than a rule")\n'
                                if how == "raises" else "        return None\n"), "")),
            slip(reference, (operators[second][2], {
                "usual": "found[0] if found else False", "counts": "sum(found) == 2",
                "shares": "all(found)",
            }[which])),
            slip(reference, (operators[third][2], {
                "usual": "not all(found)", "counts": "sum(found) >= 1",
                "shares": "any(found[:1])",
            }[which])),
        ],
    )  # fmt: skip


def _numeric(which: str, how: str) -> Problem:
    operators = _SUMS[which]
    first, second, third = operators
    told = "; ".join(f"({name} ...) is {words}" for name, (words, *_) in operators.items())
    condition = "len(parts) < 2 or " + "parts[0] not in (" + ", ".join(
        f'"{name}"' for name in operators
    ) + ")"  # fmt: skip
    counted = "one or more operands"
    if which == "choices":
        condition = "not parts or len(parts) != COUNTS.get(parts[0])"
        counted = "three operands (two with mul)"
    constant = 'COUNTS = {"if": 4, "mid": 4, "mul": 3}\n\n' if which == "choices" else ""
    check = f'    if {condition}:\n        raise ValueError("no operator")\n'
    missing = "values[tree]" if how == "unknown" else "values.get(tree, 0)"
    reference = (
        f"import re\nfrom typing import NamedTuple\n\n{constant}\n"
        f"{_CALL}def nested(rule: str, values: dict[str, int]) -> int:\n"
        '    tokens = re.findall("[()]|[a-z]+|[0-9]+", rule)\n'
        "    tree, end = read(tokens, 0)\n    if end < len(tokens):\n"
        '        raise ValueError("more than a rule")\n'
        "    return value(tree, values)\n\n\n"
        + _READ.replace("{check}", check)
        + "\n\ndef value(tree: str | Call, values: dict[str, int]) -> int:\n"
        "    if isinstance(tree, str):\n"
        f"        return int(tree) if tree.isdigit() else {missing}\n"
        "    found = [value(part, values) for part in tree.operands]\n"
        f'    if tree.operator == "{first}":\n        return {operators[first][4]}\n'
        f'    if tree.operator == "{second}":\n        return {operators[second][4]}\n'
        f"    return {operators[third][4]}\n"
    )

    def apply(name: str, values: list[int]) -> int:
        if name not in operators or not operators[name][1] <= len(values) <= operators[name][2]:
            raise _MalformedError
        return operators[name][3](values)

    def oracle(rule: str, values: dict[str, int]) -> int:
        missing: list[str] = []

        def value(word: str) -> int:
            missing.extend([word] if word.isalpha() and word not in values else [])
            return int(word) if word.isdigit() else values.get(word, 0)

        try:
            found = _reduced(rule, value, apply)
        except _MalformedError:
            raise raising("ValueError") from None
        if missing and how == "unknown":
            raise raising("KeyError")
        return found

    def arguments(draw: Draw) -> tuple[Any, ...]:
        values = {name: draw.between(-4, 9) for name in draw.shuffle(("x", "y", "zz"))}
        words = ["x", "x", "y", "zz", "0", "1", "7", "12"]
        if draw.chance(0.2 if how == "unknown" else 0.4):
            values.pop("x")
        counts = [most if most < 9 else 0 for _, _, most, _, _ in operators.values()]
        return _rule(draw, words, list(operators), counts), values

    x: dict[str, int] = {"x": 5, "y": -2, "zz": 3}
    three = f"({second} 4 9 x)"
    last = "(mul x 4)" if which == "choices" else f"({third} x 1 4 12)"
    # Spaces wherever they may be, zeros in front, a word that is an operator's name, and, where
    # that is a rule, single operands.
    spaced = f" ( {first} 007 ({second} 4)( {third} 4 ) {first} ) "
    if which == "choices":
        spaced = f" ( {first} 007 {first} ( {second} 4 007 9 ) ) "
    grammar = _GRAMMAR.format(
        word="a number, which is one or more digits from 0 to 9, or a word, which is one or more "
        "letters",
        count=counted,
        digits="digits, ",
    )
    grammar += " It never has a letter and a digit directly beside each other."
    absent = (
        "If it is one, but has a word as an operand that is not in `values`, KeyError is raised."
        if how == "unknown" else "A word that is not in `values` counts 0."
    )  # fmt: skip
    return Problem(
        f"{grammar}\nA number counts what it shows, and a word what `values` has for it. The "
        f"operators are {first}, {second} and {third}: {told}. All operands are evaluated, also "
        f"those that do not matter for the result.\nIf `rule` is no rule, ValueError is raised. "
        f"{absent} Else return what the rule counts.",
        Interface("nested", (("rule", "str"), ("values", "dict[str, int]")), "int"),
        reference,
        oracle,
        arguments,
        [
            ("x", x), ("12", {}), ("", x), (")", x), ("(", x), ("()", x), (f"({first})", x),
            (three, x), (last, x), (f"({first} x y zz)", x), (f"({first} y 1 2)", x),
            (f"({first}({second} 0 y 3) 4 {last})", x),
            ("x y", x), (f"(x {three})", x), (f"({first} 1 2 3", x), (f"({first} 1 2 3))", x),
            (f"({first} x 4 zz)", {"x": 0, "zz": 9}), (f"({first} 0 2 w)", x),
            (f"({first} y w", x), (f"({second} w 8 1)", x), (f"({third} y 3)", x),
            (f"({first} 1 2)", x), (f"({second} 1 2 3 4)", x), (f"({third} 6 x 1)", x),
            (f"(({first}) 1 2)", x), (spaced, {first: 1}),
        ],
        [
            slip(reference, ("    if end < len(tokens):\n"
                             '        raise ValueError("more than a rule")\n', "")),
            slip(reference, (operators[first][4], {
                "extremes": "found[0]", "sums": "found[0] + found[-1]",
                "choices": "found[1] if found[0] else found[2]",
            }[which])),
            slip(reference, (operators[third][4], {
                "extremes": "max(found) - found[0]", "sums": "found[0] - sum(found[1:])",
                "choices": "found[0] + found[1]",
            }[which])),
        ],
    )  # fmt: skip


_LEVELS: dict[int, Callable[..., Problem]] = {
    1: _simple,
    2: _walk,
    3: _partners,
    4: _tree,
    5: _expression,
}
