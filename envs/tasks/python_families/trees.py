"""Trees of lists, dicts and tuples: measured, searched, rewritten, and one that events change."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ....verifiers.python.interface import Interface
from ..draw import Draw
from .family import Problem, family, raising, slip

_Slips = Sequence[tuple[str, str]]

# ---------------------------------------------------------------- 1: lists in lists
#
# Where a leaf stands: the places on the way to it, and its value.
_Leaf = tuple[tuple[int, ...], int]


def _leaves(tree: list[Any], above: tuple[int, ...] = ()) -> list[_Leaf]:
    found: list[_Leaf] = []
    for place, part in enumerate(tree):
        way = (*above, place)
        found += _leaves(part, way) if type(part) is list else [(way, part)]
    return found


def _lists(tree: list[Any]) -> list[list[Any]]:
    """All lists in `tree`, itself first."""
    found = [tree]
    for each in found:
        found += [part for part in each if type(part) is list]
    return found


def _changed(tree: list[Any], change: Callable[[list[Any]], list[Any]]) -> list[Any]:
    return change([_changed(part, change) if type(part) is list else part for part in tree])


_WHOLE = "trees(part) if isinstance(part, list)"
# name -> words, result, oracle, Python (`part` is of the tree), and slips.
_LISTS: dict[str, tuple[str, str, Callable[[list[Any]], Any], str, _Slips]] = {
    "depth": (
        "the depth of the tree: 1 if no element of it is a tree, else 1 more than the greatest "
        "depth of the trees among its elements", "int",
        lambda t: max(a.count("[") - a.count("]") for a in itertools.accumulate(str(t))),
        "1 + max((trees(part) for part in tree if isinstance(part, list)), default=0)",
        [("1 + max((trees(part) for part in tree if isinstance(part, list)), default=0)",
          "1 + sum(trees(part) for part in tree if isinstance(part, list))"),
         ("1 + max((trees(part) for part in tree if isinstance(part, list)), default=0)",
          "2 if any(isinstance(part, list) for part in tree) else 1")],
    ),
    "leaves": (
        "how many leaves the tree has, at all depths", "int", lambda t: len(_leaves(t)),
        f"sum({_WHOLE} else 1 for part in tree)",
        [(_WHOLE, "len(part) if isinstance(part, list)"),
         ("else 1", "else part")],
    ),
    "lists": (
        "how many lists there are in the tree, at all depths, itself among them", "int",
        lambda t: len(_lists(t)),
        "1 + sum(trees(part) for part in tree if isinstance(part, list))",
        [("isinstance(part, list))", "part and isinstance(part, list))"),
         ("trees(part) for part", "1 for part")],
    ),
    "mirror": (
        "a new tree with the elements of every list, at all depths, in reverse order", "list",
        lambda t: _changed(t, lambda part: part[::-1]),
        f"[{_WHOLE} else part for part in reversed(tree)]",
        [(_WHOLE, "part[::-1] if isinstance(part, list)"), ("reversed(tree)", "tree")],
    ),
    "bare": (
        "a new tree without the leaves: its lists, at all depths, where they were", "list",
        lambda t: _changed(t, lambda part: [each for each in part if type(each) is list]),
        "[trees(part) for part in tree if isinstance(part, list)]",
        [("trees(part) for part", "[] for part"),
         ("isinstance(part, list)", "part and isinstance(part, list)")],
    ),
    "less": (
        "the value of the tree: that of its first element less those of all its other elements; 0 "
        "if it is empty. The value of a leaf is itself", "int",
        lambda t: sum(v * (-1) ** sum(place > 0 for place in way) for way, v in _leaves(t)),
        "sum(values[:1]) - sum(values[1:])",
        [("- sum(values[1:])", "- sum(values)"), ("- sum(values[1:])", "- values[-1]")],
    ),
    "even": (
        "True if every list in the tree, at all depths, itself among them, has an even number of "
        "elements, else False", "bool",
        lambda t: not any(len(part) & 1 for part in _lists(t)),
        "len(tree) % 2 == 0 and all(trees(part) for part in tree if isinstance(part, list))",
        [("all(", "any("), ("trees(part) for", "len(part) % 2 == 0 for")],
    ),
    "widest": (
        "the greatest number of elements that any list in the tree has, at all depths, itself "
        "among them", "int", lambda t: max(map(len, _lists(t))),
        "max([len(tree), *(trees(part) for part in tree if isinstance(part, list))])",
        [("trees(part) for", "len(part) for"), ("[len(tree), *(", "[0, *(")],
    ),
    "flat": (
        "a list of all leaves, at all depths, from left to right", "list[int]",
        lambda t: [v for _, v in _leaves(t)],
        f"[leaf for part in tree for leaf in ({_WHOLE} else [part])]",
        [("trees(part) if", "part if"),
         ("else [part]", "else [part] * bool(part)")],
    ),
    "negative": (
        "a new tree with every leaf, at all depths, replaced by its negative", "list",
        lambda t: _changed(t, lambda part: [p if type(p) is list else 0 - p for p in part]),
        f"[{_WHOLE} else -part for part in tree]",
        [("trees(part) if", "part if"), ("else -part", "else -abs(part)")],
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 2: some leaves
#
# name -> words, oracle (of the leaf's list, its place in it and its depth), Python, and slips.
_SOME: dict[str, tuple[str, Callable[[list[Any], int, int], bool], str, _Slips]] = {
    "below": (
        "whose value is less than its depth", lambda t, i, d: d > t[i], "part < depth",
        [("part < depth", "part <= depth")],
    ),
    "deep": (
        "whose depth is at least 3", lambda _, __, d: d > 2, "depth >= 3",
        [("depth >= 3", "depth > 3")],
    ),
    "first": (
        "that are the first element of their list", lambda t, i, _: len(t[:i]) == 0, "place == 0",
        [("place == 0", "part == tree[0]")],
    ),
    "last": (
        "that are the last element of their list", lambda t, i, _: not t[i + 1 :],
        "place == len(tree) - 1", [("place == len(tree) - 1", "part == tree[-1]")],
    ),
    "after": (
        "that stand in their list just after a list",
        lambda t, i, _: any(type(part) is list for part in t[:i][-1:]),
        "place > 0 and isinstance(tree[place - 1], list)", [("place > 0 and ", "")],
    ),
    "record": (
        "that are greater than all leaves that stand before them in the same list",
        lambda t, i, _: max([v for v in t[:i] if type(v) is int] + [t[i] - 1]) < t[i],
        "all(isinstance(other, list) or other < part for other in tree[:place])",
        [("other < part", "other <= part")],
    ),
    "alone": (
        "that are the only leaf among the elements of their list",
        lambda t, _, __: [type(part) for part in t].count(int) == 1,
        "sum(not isinstance(other, list) for other in tree) == 1",
        [("sum(not isinstance(other, list) for other in tree) == 1", "len(tree) == 1")],
    ),
}  # fmt: skip
# name -> words, result, oracle (of pairs of a depth and a leaf), how Python begins, goes on and
# ends, and a slip.
_Told = tuple[str, str, Callable[[list[tuple[int, int]]], Any], str, str, str, tuple[str, str]]
_TELL: dict[str, _Told] = {
    "values": (
        "Return a list of them from left to right.", "list[int]",
        lambda found: [v for _, v in found], "list[int] = []", "found.append(part)", "found",
        ("return found", "return sorted(found)"),
    ),
    "total": (
        "Return the sum of their values.", "int",
        lambda found: sum(v for _, v in found), "list[int] = []",
        "found.append(part)", "sum(found)", ("return sum(found)", "return sum(set(found))"),
    ),
    "depths": (
        "Return a dictionary from each depth at which there are some to a list of them from left "
        "to right.", "dict[int, list[int]]",
        lambda found: {d: [v for e, v in found if e == d] for d, _ in found},
        "dict[int, list[int]] = {}", "found.setdefault(depth, []).append(part)", "found",
        ("(depth, [])", "(depth - 1, [])"),
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 3: folders
#
_Item = "dict[str, Any] | int"


def _total(item: Any) -> int:
    return item if type(item) is int else sum(map(_total, item.values()))


def _items(folder: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[Any]:
    """The folder and the way to each item, the way's last part being its name."""
    for name in folder:
        yield folder, (*above, name)
        if type(folder[name]) is dict:
            yield from _items(folder[name], (*above, name))


# name -> words, oracle (of the folder and the way to the item), Python, and a slip.
_ITEMS: dict[str, tuple[str, Callable[[dict[str, Any], tuple[str, ...]], bool], str, _Slips]] = {
    "files": (
        "all files", lambda f, way: type(f[way[-1]]) is int, "isinstance(item, int)",
        [("isinstance(item, int)", "isinstance(item, int) and item > 0")],
    ),
    "folders": (
        "all folders but the outermost", lambda f, way: type(f[way[-1]]) is dict,
        "isinstance(item, dict)", [("isinstance(item, dict):\n            f", "item and isinstance("
                                    "item, dict):\n            f")],
    ),
    "bare": (
        "all folders but the outermost that have no file directly in them",
        lambda f, way: type(f[way[-1]]) is dict
        and int not in [type(item) for item in f[way[-1]].values()],
        "isinstance(item, dict) and not any(isinstance(part, int) for part in item.values())",
        [("not any(isinstance(part, int) for part in item.values())", "not item")],
    ),
    "twins": (
        "all items that have the same name as the folder that they are directly in (the outermost "
        "has no name)", lambda _, way: way[-1:] == way[-2:-1], 'above.split("/")[-2:-1] == [name]',
        [('above.split("/")[-2:-1] == [name]', 'above.endswith(name + "/")')],
    ),
    "heavy": (
        "all items whose size is more than half of the size of the folder that they are directly "
        "in", lambda f, way: _total(f[way[-1]]) > sum(_total(f[k]) for k in f if k != way[-1]),
        "2 * size(item) > size(folder)", [("> size(folder)", ">= size(folder)")],
    ),
    "single": (
        "all items that are the only item directly in their folder", lambda f, _: len(f) < 2,
        "len(folder) == 1",
        [("len(folder) == 1", "[type(part) for part in folder.values()].count(type(item)) == 1")],
    ),
}  # fmt: skip
# name -> words, result, oracle (of pairs of a way and a size), how Python begins and goes on, how
# it ends, and a slip.
_Found = list[tuple[tuple[str, ...], int]]
_LISTED: dict[str, tuple[str, str, Callable[[_Found], Any], str, str, str, tuple[str, str]]] = {
    "paths": (
        "a list of their paths, in the order in which strings compare", "list[str]",
        lambda found: sorted("/".join(way) for way, _ in found), "list[str] = []",
        "found.append(above + name)", "sorted(found)", ("return sorted(found)", "return found"),
    ),
    "sizes": (
        "a dictionary from their paths to their sizes", "dict[str, int]",
        lambda found: {"/".join(way): size for way, size in found}, "dict[str, int] = {}",
        "found[above + name] = size(item)", "found", ("found[above + name]", "found[name]"),
    ),
    "names": (
        "a dictionary from each of their names to how many of them have that name",
        "dict[str, int]",
        lambda found: {way[-1]: sum(w[-1] == way[-1] for w, _ in found) for way, _ in found},
        "dict[str, int] = {}", "found[name] = found.get(name, 0) + 1", "found",
        ("found.get(name, 0) + 1", "1"),
    ),
}  # fmt: skip
_SIZE = (
    "\n\ndef size(item: dict | int) -> int:\n    if isinstance(item, int):\n        return item\n"
    "    return sum(size(part) for part in item.values())\n"
)

# ---------------------------------------------------------------- 4: trees that are rewritten
#
# name -> words, oracle (what stands in a node's place, of the node, what now stands below it, and
# the limit), Python, and slips.
_Node = tuple[int, list[Any]]


def _sum(tree: _Node) -> int:
    return tree[0] + sum(map(_sum, tree[1]))


_REWRITE: dict[str, tuple[str, Callable[[_Node, list[Any], int], list[Any]], str, _Slips]] = {
    "drop": (
        "A node whose value is less than `limit` is taken away with everything below it.",
        lambda node, below, limit: [] if node[0] < limit else [(node[0], below)],
        "[(value, below)] if value >= limit else []",
        [("value >= limit", "value > limit"), ("else []", "else below")],
    ),
    "lift": (
        "A node whose value is less than `limit` is taken away, and what is below it then stands "
        "in its place, in the same order.",
        lambda node, below, limit: below if node[0] < limit else [(node[0], below)],
        "[(value, below)] if value >= limit else below",
        [("value >= limit", "value > limit"), ("else below", "else below[::-1]")],
    ),
    "wither": (
        "A node that has no children and whose value is less than `limit` is taken away. This is "
        "done again and again, also with nodes that have lost all their children, until there is "
        "no such node.",
        lambda node, below, limit: [] if not below and node[0] < limit else [(node[0], below)],
        "[(value, below)] if below or value >= limit else []",
        [("if below or", "if children or"), ("value >= limit", "value > limit")],
    ),
    "light": (
        "A node is taken away with everything below it if the sum of its value and all values "
        "below it, before anything is taken away, is less than `limit`.",
        lambda node, below, limit: [] if _sum(node) < limit else [(node[0], below)],
        "[(value, below)] if weight(tree) >= limit else []",
        [("weight(tree)", "weight((value, below))"), ("weight(tree) >=", "value >=")],
    ),
    "stop": (
        "A node whose value is less than `limit` stays, but everything below it is taken away.",
        lambda node, below, limit: [(node[0], [] if node[0] < limit else below)],
        "[(value, below if value >= limit else [])]",
        [("value >= limit", "value > limit"), ("below if value", "children if value")],
    ),
    "chain": (
        "A node whose value is less than `limit` and that has exactly one child (before anything "
        "is taken away) is taken away, and what is below it then stands in its place, in the same "
        "order.",
        lambda node, below, limit: below if len(node[1]) == 1 and node[0] < limit
        else [(node[0], below)],
        "below if len(children) == 1 and value < limit else [(value, below)]",
        [("len(children) == 1", "len(children) <= 1"), ("value < limit", "value <= limit")],
    ),
}  # fmt: skip


def _outline(tree: _Node, depth: int = 0) -> list[tuple[int, int]]:
    found = [(depth, tree[0])]
    for child in tree[1]:
        found += _outline(child, depth + 1)
    return found


# name -> words, result, oracle, Python (of `result`), functions besides, and a slip.
_SEEN: dict[str, tuple[str, str, Callable[[_Node], Any], str, str, tuple[str, str]]] = {
    "tree": (
        "the tree that is left", "tuple", lambda tree: tree, "", "",
        ("[part for child in children for part in kept(child, limit)])\n\n",
         "sorted(part for child in children for part in kept(child, limit)))\n\n"),
    ),
    "outline": (
        "a list of pairs (depth, value) of all nodes that are left, each node before those below "
        "it, children in their order; the depth of the root is 0", "list[tuple[int, int]]",
        _outline, "    return outline(result, 0)\n",
        "\n\ndef outline(tree: tuple, depth: int) -> list[tuple[int, int]]:\n"
        "    value, children = tree\n"
        "    below = [line for child in children for line in outline(child, depth + 1)]\n"
        "    return [(depth, value), *below]\n",
        ("[(depth, value), *below]", "[*below, (depth, value)]"),
    ),
    "levels": (
        "a list with, for each depth, from that of the root down, the list of the values that are "
        "left at that depth, from left to right", "list[list[int]]",
        lambda tree: [
            [v for d, v in _outline(tree) if d == depth]
            for depth in sorted({d for d, _ in _outline(tree)})
        ],
        "    levels: list[list[int]] = []\n    level = [result]\n    while level:\n"
        "        levels.append([value for value, _ in level])\n"
        "        level = [child for _, children in level for child in children]\n"
        "    return levels\n", "",
        ("levels.append([value for value, _ in level])",
         "levels.append(sorted(value for value, _ in level))"),
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 5: a tree that events change
#
# name -> words, result, oracle (of the ways to all names, from the top, and the two names), Python
# (the body of a function), and slips.
_Ways = dict[str, tuple[str, ...]]


def _common(ways: _Ways, one: str, other: str) -> int:
    pairs = zip(ways[one], ways[other], strict=False)
    return len(list(itertools.takewhile(lambda pair: pair[0] == pair[1], pairs)))


_ASK: dict[str, tuple[str, str, Callable[[_Ways, str, str], Any], str, _Slips]] = {
    "steps": (
        "asks for the number of steps on the way from one to the other, where a step goes from a "
        "name to the one just above it or back; there is such a way through the top, too", "int",
        lambda ways, a, b: len(ways[a]) + len(ways[b]) - 2 * _common(ways, a, b),
        "    one, two = way(name, above), way(other, above)\n"
        "    return len(one) + len(two) - 2 * len(set(one) & set(two))\n",
        [("- 2 * len(set(one) & set(two))", "- 2 * (name in two or other in one)"),
         ("len(one) + len(two) - 2 * len(set(one) & set(two))", "abs(len(one) - len(two))")],
    ),
    "common": (
        "asks for the lowest name that is above both of them, where a name counts as above itself; "
        "the empty string if only the top is", "str",
        lambda ways, a, b: ("", *ways[a])[_common(ways, a, b)],
        "    ways = way(other, above)\n"
        '    return next((each for each in way(name, above) if each in ways), "")\n',
        [("in way(name, above) if", "in way(name, above)[1:] if"),
         ("in way(name, above) if", "in reversed(way(name, above)) if")],
    ),
    "besides": (
        "asks how many names are below the one, at any depth, but are neither the other one nor "
        "below it", "int",
        lambda ways, a, b: len([w for w in ways.values() if a in w[:-1] and b not in w]),
        "    ways = [way(each, above) for each in above]\n"
        "    return sum(name in names[1:] and other not in names for names in ways)\n",
        [("name in names[1:]", "name in names"), ("other not in names", "other not in names[1:]")],
    ),
    "way": (
        "asks for the list of names from the one up to the other one, both included; None if the "
        "other one is not above it (a name is above itself)", "list[str]",
        lambda ways, a, b: list(reversed(ways[a][ways[a].index(b) :])) if b in ways[a] else None,
        "    names = way(name, above)\n"
        "    return names[: names.index(other) + 1] if other in names else None\n",
        [("names.index(other) + 1]", "names.index(other)]"), ("else None", "else []")],
    ),
    "first": (
        "asks which of the two is listed first when all are listed so: each name before those "
        "below it, those that are just below the same name (or the top) in alphabetical order, "
        "each of them followed by what is below it", "str",
        lambda ways, a, b: a if ways[a] < ways[b] else b,
        "    return min(name, other, key=lambda each: way(each, above)[::-1])\n",
        [("way(each, above)[::-1]", "way(each, above)"),
         ("way(each, above)[::-1]", "(len(way(each, above)), each)")],
    ),
}  # fmt: skip
# name -> words for what cannot be put, and Python.
_REFUSED = {
    "ignored": ("such an event does nothing", "                continue\n"),
    "told": (
        "such an event changes nothing, and its answer is None",
        "                answers.append(None)\n                continue\n",
    ),
    "raises": ("such an event raises ValueError", "                raise ValueError(name)\n"),
}


def _variants(level: int) -> list[tuple[Any, ...]]:
    if level == 1:
        return [(1, what, "") for what in _LISTS]
    if level == 2:
        return [(2, some, told) for some in _SOME for told in _TELL]
    if level == 3:
        # The size of a file is what is there already.
        plain = ("files", "sizes")
        return [(3, *how) for how in itertools.product(_ITEMS, _LISTED) if how != plain]
    if level == 4:
        return [(4, rule, told) for rule in _REWRITE for told in _SEEN]
    return [(5, asked, refused) for asked in _ASK for refused in _REFUSED]


@family("trees", _variants)
def trees(level: int, what: str, how: str) -> Problem:
    return {1: _measured, 2: _some, 3: _folders, 4: _rewritten, 5: _events}[level](what, how)


_TREE = (
    "A tree is a list whose elements are trees or whole numbers, which are called leaves; it may "
    "be empty."
)


def _list(draw: Draw, depth: int = 1) -> list[Any]:
    length = draw.pick((0, 1, 2, 2, 3, 4)) if depth > 1 else draw.between(0, 5)
    return [
        _list(draw, depth + 1) if depth < 4 and draw.chance(0.4) else draw.between(-3, 5)
        for _ in range(length)
    ]


_NESTED: list[tuple[list[Any]]] = [
    ([],), ([0],), ([7],), ([[]],), ([[], []],), ([[[]]],), ([[4]],), ([1, [2]],), ([[2], 1],),
    ([-1, 2, -3],), ([[1, [2, [3, [4]]]]],), ([5, [4, 3], [2, [1]], 5],), ([3, 3, [3, 3], 3],),
    ([[1, 2, 3, 4], [5, 6]],), ([1, [2, 3], 4, [5, [6, 1]]],), ([[], 2, [], [2, []], 1, 2],),
    ([[[9], 8], [7, [6, 9]], 5],), ([[[1, 2, 3]]],),
]  # fmt: skip


def _measured(what: str, _: str) -> Problem:
    words, returns, oracle, python, slips = _LISTS[what]
    first = f"    values = [{_WHOLE} else part for part in tree]\n" if "values" in python else ""
    reference = f"def trees(tree: list) -> {returns}:\n{first}    return {python}\n"
    return Problem(
        f"{_TREE} Return {words}.",
        Interface("trees", (("tree", "list"),), returns),
        reference,
        oracle,
        lambda draw: (_list(draw),),
        _NESTED,
        [slip(reference, change) for change in slips],
    )


def _some(some: str, told: str) -> Problem:
    words, is_one, python, slips = _SOME[some]
    sentence, returns, of, first, step, result, mistake = _TELL[told]
    deep = "depth" in python + step
    loop = "place, part in enumerate(tree)" if "place" in python else "part in tree"
    kind = first.partition(" = ")[0]
    reference = (
        f"def trees(tree: list) -> {returns}:\n    found: {first}\n"
        f"    collect(tree, {'1, ' * deep}found)\n    return {result}\n\n\n"
        f"def collect(tree: list, {'depth: int, ' * deep}found: {kind}) -> None:\n"
        f"    for {loop}:\n        if isinstance(part, list):\n"
        f"            collect(part, {'depth + 1, ' * deep}found)\n"
        f"        elif {python}:\n            {step}\n"
    )

    def oracle(tree: list[Any]) -> Any:
        found = []
        for way, leaf in _leaves(tree):
            around = tree
            for place in way[:-1]:
                around = around[place]
            if is_one(around, way[-1], len(way)):
                found.append((len(way), leaf))
        return of(found)

    uses_depth = "depth" in words or told == "depths"
    depth = "The depth of a leaf is the number of lists that it is in, at least 1. " * uses_depth
    return Problem(
        f"{_TREE} {depth}Look for the leaves, at all depths, {words}. {sentence}",
        Interface("trees", (("tree", "list"),), returns),
        reference,
        oracle,
        lambda draw: (_list(draw),),
        [
            *_NESTED,
            ([2, [1, [3, 0], 1], 2, [2, [3, [4, 3]]]],),
            ([[1], [1, 2, 2], [1]],),
            ([[1], 2, [1], 2],),
        ],
        [
            *(slip(reference, change) for change in slips),
            slip(reference, mistake),
        ],
    )


def _folders(items: str, told: str) -> Problem:
    words, is_one, python, slips = _ITEMS[items]
    sentence, returns, of, first, step, result, mistake = _LISTED[told]
    uses_way = "above" in python + step
    down = 'f"{above}{name}/", ' if uses_way else ""
    kind = first.partition(" = ")[0]
    reference = (
        f"def trees(folder: dict) -> {returns}:\n    found: {first}\n"
        f"    visit(folder, {chr(34) * 2 + ', ' if uses_way else ''}found)\n    return {result}\n"
        f"\n\ndef visit(folder: dict, {'above: str, ' * uses_way}found: {kind}) -> None:\n"
        f"    for name, item in folder.items():\n        if {python}:\n            {step}\n"
        f"        if isinstance(item, dict):\n            visit(item, {down}found)\n"
        f"{_SIZE if 'size(' in python + step else ''}"
    )

    def oracle(folder: dict[str, Any]) -> Any:
        found = [(f, way) for f, way in _items(folder) if is_one(f, way)]
        return of([(way, _total(f[way[-1]])) for f, way in found])

    def folder(draw: Draw, depth: int = 1) -> dict[str, Any]:
        names = draw.shuffle(("a", "b", "ab", "ba", "c"))[: draw.pick((0, 1, 1, 2, 3))]
        if depth == 1:
            names = draw.shuffle(("a", "b", "ab", "ba", "c"))[: draw.between(1, 4)]
        return {
            name: folder(draw, depth + 1) if depth < 4 and draw.chance(0.5) else draw.between(0, 4)
            for name in names
        }

    size = (
        "The size of a folder is the sum of the sizes of all files in it, at all depths. "
        * ("size" in words or told == "sizes")
    )  # fmt: skip
    path = (
        "The path of an item has the names of the folders that it is in, the outermost first "
        "(which has no name), then its own name, joined by slashes, as in a/b/c. "
        * (told != "names")
    )  # fmt: skip
    return Problem(
        "A folder is a dictionary from names to items. An item is a file, of which the dictionary "
        f"has the size (0 or more), or a folder. {size}{path}Look for {words}, at all depths. "
        f"Return {sentence}.",
        Interface("trees", (("folder", "dict"),), returns),
        reference,
        oracle,
        lambda draw: (folder(draw),),
        [
            ({},), ({"a": 0},), ({"b": 3},), ({"a": {}},), ({"a": {"a": 1}},),
            ({"a": {"b": {"a": {}}}},), ({"b": {"c": 2}, "a": {"c": 2}},),
            ({"a": {"a": {"a": {}, "b": 1}}, "b": 1},), ({"ba": {"a": 1}, "b": {"b": {}}},),
            ({"c": 5, "b": {"c": 1, "a": {"c": 2, "b": 3}}, "a": 2},),
            ({"b": {"a": 4}, "a-b": 4, "a": {"c": 9}},),
            ({"a": {"x": {"x": {"y": 0}}, "y": {}}, "x": {"y": 3, "x": 3}},),
            ({"b": {"z": {}, "a": {"a": {}}}, "a": {"b": {"b": 7}, "a": 6}},),
        ],
        [
            *(slip(reference, change) for change in slips),
            slip(reference, mistake),
            *([] if items == "files" else [
                slip(reference, ("        if isinstance(item, dict):\n            visit",
                                 "        elif isinstance(item, dict):\n            visit"))
            ]),
        ],
    )  # fmt: skip


def _rewritten(rule: str, told: str) -> Problem:
    words, place_of, python, slips = _REWRITE[rule]
    sentence, returns, of, result, besides, mistake = _SEEN[told]
    weight = (
        "\n\ndef weight(tree: tuple) -> int:\n    value, children = tree\n"
        "    return value + sum(weight(child) for child in children)\n"
        * ("weight" in python)
    )  # fmt: skip
    reference = (
        f"def trees(tree: tuple, limit: int) -> {returns}:\n    value, children = tree\n"
        f"    {'result =' if result else 'return'} "
        "(value, [part for child in children for part in kept(child, limit)])\n"
        f"{result}\n\ndef kept(tree: tuple, limit: int) -> list[tuple]:\n"
        '    """What then stands in the place of `tree`."""\n    value, children = tree\n'
        "    below = [part for child in children for part in kept(child, limit)]\n"
        f"    return {python}\n{weight}{besides}"
    )

    def oracle(tree: _Node, limit: int) -> Any:
        def place(node: _Node) -> list[Any]:
            below: list[Any] = []
            for child in node[1]:
                below = below + place(child)
            return place_of(node, below, limit)

        left: list[Any] = []
        for child in tree[1]:
            left = left + place(child)
        return of((tree[0], left))

    def node(draw: Draw, depth: int = 0) -> _Node:
        count = draw.pick((0, 1, 1, 2, 3)) if depth < 4 else 0
        if depth == 0:
            count = draw.between(1, 3)
        return draw.between(-1, 6), [node(draw, depth + 1) for _ in range(count)]

    chain: _Node = (4, [(1, [(5, [(2, [(6, [])])])])])
    bush: _Node = (0, [(3, [(1, []), (4, [(2, [])])]), (2, [(5, []), (3, [])]), (7, [])])
    return Problem(
        "A tree is a pair of a whole number, the value of its root, and the list of the trees that "
        "are the root's children; they and all their children are below it. A node is the root of "
        f"a tree, of whatever depth.\nAll nodes but the root of the whole tree, which is left as "
        f"it is, are looked at. {words}\nReturn {sentence}.",
        Interface("trees", (("tree", "tuple"), ("limit", "int")), returns),
        reference,
        oracle,
        lambda draw: (node(draw), draw.between(0, 5)),
        [
            ((1, []), 0), ((1, []), 9), ((1, [(2, [])]), 2), ((1, [(2, [])]), 3),
            (chain, 3), (chain, 6), (chain, 2), (bush, 3), (bush, 4), (bush, 2), (bush, 8),
            ((2, [(1, [(1, []), (1, [])]), (1, [(3, [])])]), 2),
            ((2, [(1, [(4, []), (0, [(5, []), (3, [])])]), (9, [])]), 2),
            ((2, [(3, [(-2, [(-1, [])]), (4, [(-5, [])])])]), 1),
            ((0, [(1, [(1, [(1, [])]), (5, [(1, [(7, []), (6, [])])])])]), 5),
        ],
        [
            *(slip(reference, change) for change in slips),
            slip(reference, mistake),
        ],
    )  # fmt: skip


def _events(asked: str, refused: str) -> Problem:
    words, kind, of, python, slips = _ASK[asked]
    rule, otherwise = _REFUSED[refused]
    returns = f"list[{kind} | None]"
    reference = (
        f"def trees(events: list[tuple[str, str, str]]) -> {returns}:\n"
        f"    above: dict[str, str] = {{}}\n    answers: {returns} = []\n"
        "    for kind, name, other in events:\n"
        '        if kind == "put":\n'
        "            if other and other not in above or name in way(other, above):\n"
        f"{otherwise}            above[name] = other\n"
        '        elif kind == "cut":\n'
        "            for each in [each for each in above if name in way(each, above)]:\n"
        "                del above[each]\n"
        "        elif name in above and other in above:\n"
        "            answers.append(answer(name, other, above))\n"
        "        else:\n            answers.append(None)\n    return answers\n\n\n"
        "def way(name: str, above: dict[str, str]) -> list[str]:\n"
        '    """`name` and all names above it, from there upwards."""\n'
        "    names: list[str] = []\n    while name:\n        names.append(name)\n"
        "        name = above[name]\n    return names\n\n\n"
        f"def answer(name: str, other: str, above: dict[str, str]) -> "
        f"{kind}{' | None' if 'else None' in python else ''}:\n{python}"
    )

    def oracle(events: list[tuple[str, str, str]]) -> list[Any]:
        ways: _Ways = {}
        said: list[Any] = []
        for kind, name, other in events:
            if kind == "ask":
                said.append(of(ways, name, other) if name in ways and other in ways else None)
            elif kind == "cut":
                ways = {k: w for k, w in ways.items() if name not in w}
            elif (other and other not in ways) or name in ways.get(other, ()):
                if refused == "raises":
                    raise raising("ValueError")
                said += [None] * (refused == "told")
            else:
                start = (*ways.get(other, ()), name)
                moved = {k: start + w[w.index(name) + 1 :] for k, w in ways.items() if name in w}
                ways = {**ways, name: start, **moved}
        return said

    def arguments(draw: Draw) -> tuple[Any, ...]:
        names = "abcdef"[: draw.pick((3, 4, 5, 6))]
        events: list[tuple[str, str, str]] = []
        above: dict[str, str] = {}
        # One error ends it all.
        seldom = 0.03 if refused == "raises" else 0.4

        def up(name: str) -> list[str]:
            return [name, *up(above[name])] if name in above else [name]

        for _ in range(draw.between(5, 22)):
            event = draw.pick(("put", "put", "put", "put", "ask", "ask", "ask", "ask", "cut"))
            name, other = draw.pick(names), draw.pick(names)
            if event == "cut":
                other = ""
                above = {each: over for each, over in above.items() if name not in up(each)}
            elif event == "put":
                other = draw.pick(["", *above, *above, *names[: draw.chance(seldom)]])
                can = name not in up(other) and (not other or other in above)
                if not can and not draw.chance(seldom):
                    continue
                if can:
                    above[name] = other
            elif above and draw.chance(0.85):
                name, other = draw.pick(list(above)), draw.pick(list(above))
            events.append((event, name, other))
        return (events,)

    a = ("put", "a", "")
    b = ("put", "b", "a")
    c = ("put", "c", "b")
    d = ("put", "d", "a")
    every = [("ask", one, other) for one in "abcd" for other in "abcd"]
    return Problem(
        "Names stand in a tree below one another; what is below no name is just below the top, "
        "which has no name. There are no names at first. The events are handled in their order. "
        '("put", name, other) puts the name just below the other one, or just below the top if '
        "`other` is the empty string; if the name is there already, it is moved with everything "
        "below it. If the other one is not there, or is the name itself or below it, "
        f'{rule}. ("cut", name, "") takes the name away with everything below it, and does nothing '
        f'if the name is not there. ("ask", name, other) {words}. If one of the two is not there, '
        "the answer is None.\nReturn the list of answers in their order. No name is empty.",
        Interface("trees", (("events", "list[tuple[str, str, str]]"),), returns),
        reference,
        oracle,
        arguments,
        [
            ([],), ([("ask", "a", "a")],), ([a, ("ask", "a", "a")],), ([b],),
            ([a, ("put", "a", "a"), ("ask", "a", "b")],), ([a, b, c, d, *every],),
            ([a, b, c, ("put", "a", "c"), ("ask", "a", "c"), ("ask", "c", "a")],),
            ([a, b, c, d, ("put", "b", ""), *every],), ([a, b, c, d, ("cut", "b", ""), *every],),
            ([a, b, c, d, ("put", "b", "d"), *every],), ([a, b, d, ("put", "c", ""), *every],),
            ([a, b, c, ("cut", "d", ""), ("put", "c", "a"), d, ("cut", "c", ""), *every],),
            ([a, b, c, ("put", "d", "c"), *every, ("cut", "a", ""), *every[:2]],),
            ([a, ("put", "d", ""), ("put", "c", "d"), ("put", "b", "d"), *every],),
            ([("put", "a", "a"), ("ask", "a", "a")],),
        ],
        [
            *(slip(reference, change) for change in slips),
            slip(reference, (" or name in way(other, above):", ":")),
        ][: 3 if refused != "ignored" else 2],
    )  # fmt: skip
