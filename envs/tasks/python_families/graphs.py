"""Names that link to names: looked at, turned into tables, walked, put in order, cheapest ways."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from ....verifiers.python.interface import Interface
from ..draw import Draw
from .family import Problem, family, raising, slip

_Slips = Sequence[tuple[str, str]]
_LINKS = "dict[str, list[str]]"
_Links = dict[str, list[str]]
_Edges = list[tuple[int, int]]
_ABOUT = (
    "A name is a key of `links` if it has a list: the names to which it links. A name in a list "
    "may have no list itself, may be there several times, and may be the one whose list it is."
)

# ---------------------------------------------------------------- 1: all links at once
#
# name -> words, result, oracle, Python, and slips.
_AT_ONCE: dict[str, tuple[str, str, Callable[[_Links], Any], str, _Slips]] = {
    "missing": (
        "a list of the names that are in a list but have none, each once, in alphabetical order",
        "list[str]", lambda g: sorted({n for v in g.values() for n in v if n not in g}),
        "sorted({name for names in links.values() for name in names} - links.keys())",
        [(" - links.keys()", ""), ("sorted({name for names in links.values() for name in names} - "
          "links.keys())", "[name for names in links.values() for name in names if name not in "
          "links]")],
    ),
    "sources": (
        "a list of the names that have a list and are in no list, in the order of `links`",
        "list[str]",
        lambda g: [n for n in g if n not in itertools.chain.from_iterable(g.values())],
        "[name for name in links if not any(name in names for names in links.values())]",
        [("not any(name in names for names in links.values())", "not links[name]"),
         ("[name for name in links if not any(name in names for names in links.values())]",
          "[name for name in links if not any(name in links[n] for n in links if n != name)]")],
    ),
    "loops": (
        "a list of the names that are in their own list, in the order of `links`", "list[str]",
        lambda g: [n for n, v in g.items() if v.count(n) > 0],
        "[name for name, names in links.items() if name in names]",
        [("name in names]", "names[:1] == [name]]"), ("[name for name, names in links.items() if "
          "name in names]", "sorted(name for name, names in links.items() if name in names)")],
    ),
    "mutual": (
        "a list of all pairs (a, b) of names such that a is before b in alphabetical order and "
        "each of both is in the list of the other: every pair once, in ascending order",
        "list[tuple[str, str]]",
        lambda g: [(a, b) for a, b in itertools.combinations(sorted(g), 2)
                   if a in g[b] and b in g[a]],
        "sorted({(a, b) for a in links for b in links[a] if a < b and a in links.get(b, [])})",
        [("a < b and ", ""), (" and a in links.get(b, [])", "")],
    ),
    "popular": (
        "the name that is in the most lists (in a list several times it counts once); of several "
        "that are in as many, the first in alphabetical order; None if all lists are empty or "
        "there is none", "str | None",
        lambda g: next(iter(sorted({n for v in g.values() for n in v},
                                   key=lambda n: (-len([1 for v in g.values() if n in v]), n))),
                       None),
        "max(names, key=lambda name: sum(name in its for its in links.values()), default=None)",
        [("sum(name in its for its in links.values())",
          "sum(its.count(name) for its in links.values())"), ("sorted(", "list(")],
    ),
    "closed": (
        "True if each name that is in a list has a list itself, else False", "bool",
        lambda g: not [n for v in g.values() for n in v if n not in [*g]],
        "all(name in links for names in links.values() for name in names)",
        [("all(", "any("), ("for name in names)", "for name in names[:1])")],
    ),
    "repeated": (
        "a list of the names whose list has some name several times, in the order of `links`",
        "list[str]", lambda g: [n for n, v in g.items() if any(v.count(m) > 1 for m in v)],
        "[name for name, names in links.items() if len(set(names)) < len(names)]",
        [("len(set(names)) < len(names)", "names.count(name) > 1"),
         ("len(set(names)) < len(names)", "len(set(names)) + 1 == len(names)")],
    ),
    "degrees": (
        "a dictionary from each name that has a list to the number of different names in it, not "
        "counting the name itself", "dict[str, int]",
        lambda g: {n: len([m for i, m in enumerate(v) if m != n and m not in v[:i]])
                   for n, v in g.items()},
        "{name: len(set(names) - {name}) for name, names in links.items()}",
        [(" - {name}", ""), ("len(set(names) - {name})", "len(names) - names.count(name)")],
    ),
    "pairs": (
        "a list of all pairs (name, name that is in its list), each once, in the order in which "
        "they stand first in `links`", "list[tuple[str, str]]",
        lambda g: [(n, m) for n, v in g.items() for i, m in enumerate(v) if m not in v[:i]],
        "list(dict.fromkeys((name, other) for name in links for other in links[name]))",
        [("list(dict.fromkeys((name, other) for name in links for other in links[name]))",
          "[(name, other) for name in links for other in links[name]]"),
         ("list(dict.fromkeys((name, other) for name in links for other in links[name]))",
          "sorted({(name, other) for name in links for other in links[name]})")],
    ),
    "kinds": (
        "how many different sets of names there are among the lists: two lists have the same set "
        "if each name that is in one of them, once or several times, is also in the other", "int",
        lambda g: len({",".join(sorted({*v})) for v in g.values()}),
        "len({frozenset(names) for names in links.values()})",
        [("frozenset(names)", "tuple(names)"), ("frozenset(names)", "tuple(sorted(names))")],
    ),
    "pruned": (
        "a dictionary with the same keys, in which the lists have only those names that have a "
        "list themselves, in the same order and as often", "dict[str, list[str]]",
        lambda g: {n: [m for m in v if m in [*g]] for n, v in g.items()},
        "{name: [other for other in names if other in links] for name, names in links.items()}",
        [("[other for other in names if other in links]",
          "sorted(other for other in names if other in links)"),
         ("[other for other in names if other in links]",
          "list(dict.fromkeys(other for other in names if other in links))")],
    ),
    "second": (
        "a dictionary from each name that has a list to the list of all names that are in the list "
        "of a name in its list, each once, in alphabetical order (the name itself may be one of "
        "them)", "dict[str, list[str]]",
        lambda g: {n: sorted(m for m in {y for v in g.values() for y in v}
                             if any(m in g.get(x, "") for x in v)) for n, v in g.items()},
        "{\n        name: sorted({far for near in names for far in links.get(near, [])})\n"
        "        for name, names in links.items()\n    }",
        [("links.get(near, [])})", "links.get(near, []) if far != name})"),
         ("links.get(near, [])})", "links.get(near, []) if far not in names})")],
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 2: tables of edges
#
# name -> words, oracle (the pairs (node, what its list has) of an edge), Python.
_SIDES: dict[str, tuple[str, Callable[[int, int], _Edges], str]] = {
    "out": (
        "all nodes to which an edge leads from it", lambda a, b: [(a, b)],
        "        table.setdefault(b, [])\n        others = table.setdefault(a, [])\n{b}",
    ),
    "in": (
        "all nodes from which an edge leads to it", lambda a, b: [(b, a)],
        "        table.setdefault(a, [])\n        others = table.setdefault(b, [])\n{a}",
    ),
    "both": (
        "all nodes to which or from which an edge leads (an edge from a node to itself counts "
        "once)", lambda a, b: [(a, b), (b, a)] if a != b else [(a, b)],
        "        table.setdefault(a, [])\n        others = table.setdefault(b, [])\n{a}"
        "        if a != b:\n            others = table[a]\n{more}",
    ),
}  # fmt: skip
# name -> words, Python.
_REPEATS: dict[str, tuple[str, str]] = {
    "kept": (
        "once for each such edge", "others.append({other})\n",
    ),
    "once": (
        "each once, even if there are several such edges",
        "if {other} not in others:\n    others.append({other})\n",
    ),
}  # fmt: skip
# name -> words, with and without repeats, oracle, Python, and a slip.
_ORDERS: dict[str, tuple[str, str, Callable[[list[int]], list[int]], str, str]] = {
    "given": (
        "in the order of these edges in `edges`",
        "in the order of the first of these edges in `edges`", list, "table",
        "{node: sorted(others) for node, others in table.items()}",
    ),
    "sorted": (
        "in ascending order", "in ascending order", sorted,
        "{node: sorted(others) for node, others in table.items()}", "table",
    ),
    "last": (
        "in the reverse of the order of these edges in `edges`",
        "in the reverse of the order of the first of these edges in `edges`",
        lambda nodes: nodes[::-1],
        "{node: others[::-1] for node, others in table.items()}", "table",
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 3: steps from a name
#
# name -> words, oracle (does a step lead from one to the other), Python, and a slip.
_STEPS: dict[str, tuple[str, Callable[[_Links, str, str], bool], str, str]] = {
    "along": (
        "A step leads from a name to a name in its list.", lambda g, a, b: b in g.get(a, []),
        "links.get(name, [])", "links.get(name, [])[:1]",
    ),
    "back": (
        "A step leads from a name to a name in whose list it is.",
        lambda g, a, b: a in g.get(b, []),
        "[other for other, names in links.items() if name in names]", "links.get(name, [])",
    ),
    "either": (
        "A step leads from a name to a name in its list, and also from a name to a name in whose "
        "list it is.", lambda g, a, b: b in g.get(a, []) or a in g.get(b, []),
        "[*links.get(name, []), *(other for other in links if name in links[other])]",
        "links.get(name, [])",
    ),
    "mutual": (
        "A step leads from a name to a name in its list, but only if the first is also in the "
        "list of the second.", lambda g, a, b: b in g.get(a, []) and a in g.get(b, []),
        "[other for other in links.get(name, []) if name in links.get(other, [])]",
        "links.get(name, [])",
    ),
}  # fmt: skip
# name -> words, result, whether there is a limit, oracle (of the numbers of steps, and the limit),
# Python (of `steps`), and a slip.
_Steps = dict[str, int]
_TOLD: dict[str, tuple[str, str, bool, Callable[[_Steps, int], Any], str, tuple[str, str]]] = {
    "steps": (
        "a dictionary from each name that can be reached from `start` to the smallest number of "
        "steps that it takes; `start` itself is reached with 0 steps", "dict[str, int]", False,
        lambda steps, _: steps, "    return steps\n", ("{start: 0}", "{start: 1}"),
    ),
    "layers": (
        "a list of lists of names: first the list of `start` alone, then the list of all names for "
        "which it takes at least one step, then of those for which it takes at least two, and so "
        "on, up to the last that is not empty; each in alphabetical order", "list[list[str]]",
        False,
        lambda steps, _: [[n for n in sorted(steps) if steps[n] == k]
                          for k in sorted({*steps.values()})],
        "    last = max(steps.values())\n"
        "    return [sorted(n for n in steps if steps[n] == step) for step in range(last + 1)]\n",
        ("range(last + 1)", "range(last)"),
    ),
    "farthest": (
        "a pair of the name that takes the most steps from `start`, when each is reached with as "
        "few steps as possible, and that number of steps; of several such names, the last in "
        "alphabetical order; `start` itself takes 0 steps", "tuple[str, int]", False,
        lambda steps, _: sorted(steps.items(), key=lambda p: (p[1], p[0]))[-1],
        "    name = max(steps, key=lambda name: (steps[name], name))\n"
        "    return name, steps[name]\n",
        ("(steps[name], name))", "steps[name])"),
    ),
    "within": (
        "a list of the names that can be reached from `start` with at most `limit` steps, in "
        "alphabetical order; `start` itself, which takes 0 steps, is among them, unless `limit` is "
        "below 0", "list[str]", True,
        lambda steps, limit: [n for n in sorted(steps) if not steps[n] > limit],
        "    return sorted(name for name, count in steps.items() if count <= limit)\n",
        ("count <= limit", "count < limit"),
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 4: tasks that need others
#
# name -> words, parameter, result, oracle (see `_ordered`), Python: first line, body of the loop,
# result, and a slip.
_Way = tuple[str, tuple[str, str] | None, str, str, str, str, tuple[str, str]]
_WAYS: dict[str, _Way] = {
    "given": (
        "One task is done after the other. When one is to be chosen, it is, of those that can be "
        "done, the one that is first in `needs`. Return the list of the tasks in the order in "
        "which they are done.", None, "list[str]", "list[str] = []",
        "done.append(ready[0])", "done", ("ready[0]", "min(ready)"),
    ),
    "most": (
        "One task is done after the other. When one is to be chosen, it is, of those that can be "
        "done, the one that is in the most lists; of several such, the first in alphabetical "
        "order. Return the list of the tasks in the order in which they are done.",
        None, "list[str]", "list[str] = []",
        "done.append(min(ready, key=lambda name: (-users(needs, name), name)))", "done",
        ("(-users(needs, name), name)", "(users(needs, name), name)"),
    ),
    "newest": (
        "One task is done after the other. When one is to be chosen, it is, of those that can be "
        "done, the one that has become possible most recently: that one of whose needs was done "
        "last, while tasks that need nothing have been possible for longest. Of several such, it "
        "is the first in alphabetical order. Return the list of the tasks in the order in which "
        "they are done.", None, "list[str]", "list[str] = []",
        "done.append(max(sorted(ready), key=lambda name: since(needs[name], done)))", "done",
        ("max(sorted(ready)", "min(sorted(ready)"),
    ),
    "rounds": (
        "Tasks are done in rounds. In a round all those are done that can be done at its beginning "
        "(what it takes is done in rounds before), but at most `width`, which is at least 1: the "
        "first ones in alphabetical order. Return the list of the rounds, each the list of its "
        "tasks in alphabetical order.", ("width", "int"), "list[list[str]]", "list[str] = []",
        "rounds.append(sorted(ready)[:width])\n        done += rounds[-1]", "rounds",
        ("[:width]", ""),
    ),
    "times": (
        "Each task takes as many minutes as `minutes`, which has a number of at least 1 for each "
        "task, tells. All tasks begin as soon as they can: at 0 if they need nothing, or else when "
        "the last of those that they need ends. Any number of them may run at once. Return a "
        "dictionary from each task to the minute at which it ends.",
        ("minutes", "dict[str, int]"), "dict[str, int]", "dict[str, int] = {}",
        "for name in ready:\n"
        "            begin = max((done[need] for need in needs[name]), default=0)\n"
        "            done[name] = begin + minutes[name]", "done",
        ("max((done[need]", "min((done[need]"),
    ),
}  # fmt: skip
# name -> words, Python, and what a mistaken one does.
_STUCK: dict[str, tuple[str, str, str]] = {
    "raises": (
        "If there are tasks that can never be done, raise ValueError.",
        '    if len(done) < len(needs):\n        raise ValueError("some can never be done")\n', "",
    ),
    "none": (
        "If there are tasks that can never be done, return None.",
        "    if len(done) < len(needs):\n        return None\n", "",
    ),
    "without": (
        "Tasks that can never be done are left out.", "",
        '    if len(done) < len(needs):\n        raise ValueError("some can never be done")\n',
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 5: cheapest ways
#
# name -> words, parameter, and a slip.
_COSTS: dict[str, tuple[str, tuple[str, str] | None, tuple[str, str]]] = {
    "roads": (
        "A way costs as much as its roads together.", None, ("cost + price", "max(cost, price)"),
    ),
    "toll": (
        "A way costs as much as its roads together, and also `toll`, which is at least 0, for each "
        "town on it between the first and the last, each time that the way comes through.",
        ("toll", "int"), ("if name != start:", "if name == start:"),
    ),
    "voucher": (
        "A way costs as much as its roads together, but one road on it, whichever one likes, is "
        "free.", None, ("(cost, ", "(cost + price // 2, "),
    ),
}  # fmt: skip
# name -> words, parameter, result.
_ASKED: dict[str, tuple[str, tuple[str, str], str]] = {
    "cost": (
        "Return what the cheapest way from the town `start` to the town `goal` costs, or None if "
        "there is no way.", ("goal", "str"), "int | None",
    ),
    "way": (
        "Return the list of the towns on the cheapest way from the town `start` to the town "
        "`goal`, these two among them, or None if there is no way. Of several ways that cost as "
        "little, it is the one whose list is the smallest as Python compares lists (by the first "
        "town in which they differ).", ("goal", "str"), "list[str] | None",
    ),
    "reach": (
        "Return the list of all towns to which there is a way from the town `start` that costs at "
        "most `budget`, which is at least 0, in alphabetical order.", ("budget", "int"),
        "list[str]",
    ),
}  # fmt: skip


def _variants(level: int) -> list[tuple[Any, ...]]:
    if level == 1:
        return [(1, name) for name in _AT_ONCE]
    if level == 2:
        return [(2, *key) for key in itertools.product(_SIDES, _REPEATS, _ORDERS)]
    if level == 3:
        return [(3, *key) for key in itertools.product(_STEPS, _TOLD)]
    if level == 4:
        return [(4, *key) for key in itertools.product(_WAYS, _STUCK)]
    return [(5, *key) for key in itertools.product(_COSTS, ("one", "both"), _ASKED)]


@family("graphs", _variants)
def graphs(level: int, *key: str) -> Problem:
    return _LEVELS[level](*key)


def _links(draw: Draw, most: int = 6) -> _Links:
    names = draw.shuffle("abcdefg")[: draw.between(1, most)]
    extra = draw.pick(([], [], ["x"], ["x", "y"]))
    longest = draw.pick((1, 2, 3, 4))
    return {
        name: [draw.pick([*names, *extra]) for _ in range(draw.below(longest + 1))]
        for name in names
    }


_GIVEN: list[_Links] = [
    {}, {"a": []}, {"a": ["a"]}, {"a": ["b"]}, {"a": ["b", "b"]}, {"b": ["a"], "a": ["b"]},
    {"b": [], "a": ["b", "a"], "c": ["b"]}, {"c": ["a", "b", "a"], "b": ["c"], "a": ["b", "c"]},
    {"z": ["y", "x"], "y": ["x", "y"], "w": ["x", "y"]}, {"b": ["c", "c", "c", "a"], "a": ["a"]},
    {"d": ["b", "a", "d"], "a": ["d"], "b": []}, {"a": ["b"], "b": ["c"], "c": ["a"], "d": ["c"]},
    {"c": [], "b": [], "a": []}, {"b": ["b"], "a": ["a"]}, {"b": ["b", "a"], "a": ["b"]},
    {"b": ["x"], "a": ["x", "c", "x"]},
    {"d": ["c", "a"], "a": ["b", "c", "d"], "c": ["d", "b", "a"], "b": ["a", "c"]},
    {"c": ["b", "b", "d"], "d": ["c", "b", "e"], "b": ["d", "c", "e"], "e": ["b", "d"]},
    {"e": ["f", "g", "h"], "a": ["h", "g", "f"], "b": ["f", "g", "h", "h"], "c": ["i", "e"]},
]  # fmt: skip


def _at_once(name: str) -> Problem:
    words, returns, oracle, python, slips = _AT_ONCE[name]
    line = ""
    if "max(names," in python:
        line = "    names = sorted({name for its in links.values() for name in its})\n"
    reference = f"def graphs(links: {_LINKS}) -> {returns}:\n{line}    return {python}\n"
    return Problem(
        f"{_ABOUT}\nReturn {words}.",
        Interface("graphs", (("links", _LINKS),), returns),
        reference,
        oracle,
        lambda draw: (_links(draw),),
        [(links,) for links in _GIVEN],
        [slip(reference, change) for change in slips],
    )


def _table(side: str, repeats: str, order: str) -> Problem:
    words, pairs, python = _SIDES[side]
    times, line = _REPEATS[repeats]
    every, first, ordered, expression, mistaken = _ORDERS[order]

    def lines(other: str, depth: int) -> str:
        return "".join(" " * depth + text + "\n" for text in line.format(other=other).splitlines())

    body = python.format(a=lines("a", 8), b=lines("b", 8), more=lines("b", 12))
    reference = (
        "def graphs(edges: list[tuple[int, int]]) -> dict[int, list[int]]:\n"
        "    table: dict[int, list[int]] = {}\n    for a, b in edges:\n"
        f"{body}    return {expression}\n"
    )

    def oracle(edges: _Edges) -> dict[int, list[int]]:
        found = {}
        for node in {node for edge in edges for node in edge}:
            others = [there for edge in edges for here, there in pairs(*edge) if here == node]
            if repeats == "once":
                others = [n for i, n in enumerate(others) if n not in others[:i]]
            found[node] = ordered(others)
        return found

    def arguments(draw: Draw) -> tuple[Any, ...]:
        nodes = draw.pick((2, 3, 5, 8))
        return ([(draw.below(nodes), draw.below(nodes)) for _ in range(draw.below(10))],)

    mistakes = [slip(reference, (f"return {expression}", f"return {mistaken}"))]
    if repeats == "kept":
        each = "if {0} not in others:\n            others.append({0})\n"
        other = "b" if side == "out" else "a"
        mistakes.append(
            slip(reference, (f"        others.append({other})\n", f"        {each.format(other)}"))
        )
    else:
        other = "b" if side == "out" else "a"
        mistakes.append(slip(reference, (f"        if {other} not in others:\n    ", "")))
    if side == "both":
        mistakes.append(slip(reference, ("        if a != b:\n", "        if a < b:\n")))
    else:
        empty = {"out": "b", "in": "a"}[side]
        mistakes.append(slip(reference, (f"        table.setdefault({empty}, [])\n", "")))
    return Problem(
        "A pair (a, b) in `edges` is an edge from node a to node b. It may be there several times, "
        "and an edge may lead from a node to itself.\nReturn a dictionary that has, for each node "
        f"of an edge, a list of {words}, {times}, {every if repeats == 'kept' else first}. Where "
        "there are none, the list is empty.",
        Interface("graphs", (("edges", "list[tuple[int, int]]"),), "dict[int, list[int]]"),
        reference,
        oracle,
        arguments,
        [
            ([],), ([(0, 0)],), ([(1, 0)],), ([(0, 1), (1, 0)],), ([(0, 1), (0, 1)],),
            ([(2, 3), (2, 1), (2, 2)],), ([(3, 2), (1, 2), (2, 2)],), ([(5, 5), (5, 5)],),
            ([(1, 9), (1, 4), (1, 9), (4, 1), (9, 9)],), ([(0, 2), (3, 2), (1, 2), (0, 2)],),
            ([(7, 3), (7, 1), (7, 3), (7, 2), (3, 7), (1, 7), (2, 7)],),
        ],
        mistakes,
    )  # fmt: skip


def _steps(way: str, told: str) -> Problem:
    rule, leads, python, mistaken = _STEPS[way]
    words, returns, limited, tell, result, other = _TOLD[told]
    parameters = [("links", _LINKS), ("start", "str")] + [("limit", "int")] * limited
    listed = ", ".join(f"{name}: {kind}" for name, kind in parameters)
    reference = (
        "from collections import deque\n\n\n"
        f"def graphs({listed}) -> {returns}:\n"
        "    if start not in links:\n        raise KeyError(start)\n"
        "    steps = {start: 0}\n    queue = deque([start])\n    while queue:\n"
        "        name = queue.popleft()\n"
        f"        for other in {python}:\n"
        "            if other not in steps:\n                steps[other] = steps[name] + 1\n"
        f"                queue.append(other)\n{result}"
    )

    def oracle(links: _Links, start: str, limit: int = 0) -> Any:
        if start not in links:
            raise raising("KeyError")
        names = sorted({*links, *(name for names in links.values() for name in names)})
        found = {start: 0}
        for count in range(1, len(names)):
            last = [name for name in found if found[name] == count - 1]
            for b in names:
                if b not in found and any(leads(links, a, b) for a in last):
                    found[b] = count
        return tell(found, limit)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        links = _links(draw, 7)
        if way == "mutual":
            for a, b in itertools.combinations(links, 2):
                if draw.chance(0.3):
                    links[a].append(b)
                    links[b].append(a)
        start = draw.pick("axz") if draw.chance(0.12) else draw.pick([*links])
        return (links, start, draw.pick((0, 1, 1, 2, 2, 3))) if limited else (links, start)

    chain = {"d": ["b"], "b": ["e"], "e": ["a"], "a": ["c"], "c": []}
    ring = {"a": ["b", "c"], "b": ["d"], "c": ["d", "a"], "d": ["e", "b"], "e": ["a", "f", "f"]}
    both = {"a": ["c", "b"], "b": ["a", "d"], "c": ["e", "a"], "d": ["b"], "e": ["c", "f", "d"],
            "f": ["e"]}  # fmt: skip
    deep = {"a": ["b", "c"], "b": ["a", "f"], "c": ["a", "d"], "d": ["c", "e"], "e": ["d", "f"],
            "f": ["e", "b"]}  # fmt: skip
    edges: list[tuple[Any, ...]] = [
        ({}, "a"), ({"a": ["b"]}, "b"), ({"a": []}, "a"), ({"a": ["a"]}, "a"), ({"a": ["b"]}, "a"),
        (chain, "d"), (chain, "c"), (chain, "e"), (ring, "a"), (ring, "e"), (ring, "d"),
        (both, "a"), (both, "f"), (deep, "a"),
        ({"b": ["a", "a"], "c": ["a"], "a": ["b", "c"], "e": ["b"], "f": ["b"]}, "a"),
    ]  # fmt: skip
    if limited:
        edges = [(*edge, (1, 2, 0)[place % 3]) for place, edge in enumerate(edges)]
        edges += [(chain, "d", -1), (both, "a", 2), (both, "f", 9), (chain, "c", 3)]
    return Problem(
        f"{_ABOUT}\n{rule}\nReturn {words}. If `start` has no list, raise KeyError.",
        Interface("graphs", tuple(parameters), returns),
        reference,
        oracle,
        arguments,
        edges,
        [
            slip(reference, (python, mistaken)),
            slip(reference, other),
            slip(reference, ("queue.popleft()", "queue.pop()")),
        ],
    )


def _ordered(way: str, stuck: str) -> Problem:
    words, parameter, returns, first, body, result, mistake = _WAYS[way]
    sentence, check, other = _STUCK[stuck]
    parameters = [("needs", _LINKS)] + ([parameter] if parameter else [])
    listed = ", ".join(f"{name}: {kind}" for name, kind in parameters)
    returned = f"{returns} | None" if stuck == "none" else returns
    reference = (
        f"def graphs({listed}) -> {returned}:\n"
        + ("    rounds: list[list[str]] = []\n" if way == "rounds" else "")
        + f"    done: {first}\n    while ready := possible(needs, done):\n"
        f"        {body}\n{check}    return {result}\n\n\n"
        f"def possible(needs: {_LINKS}, done: {first.partition(' =')[0]}) -> list[str]:\n"
        '    """The tasks that can be done next, in the order of `needs`."""\n    return [\n'
        "        name\n        for name, its in needs.items()\n"
        "        if name not in done and all(need in done for need in its)\n    ]\n"
    )
    if way == "most":
        reference += (
            f"\n\ndef users(needs: {_LINKS}, name: str) -> int:\n"
            '    """In how many lists a task is."""\n'
            "    return sum(name in its for its in needs.values())\n"
        )
    if way == "newest":
        reference += (
            "\n\ndef since(its: list[str], done: list[str]) -> list[int]:\n"
            '    """When the last of its needs was done, or nothing: the larger, the newer."""\n'
            "    return sorted(done.index(need) for need in its)[-1:]\n"
        )

    def oracle(needs: _Links, more: Any = None) -> Any:
        # Those that can ever be done: each with nothing but such ones in front of it.
        fine: list[str] = []
        for _ in needs:
            fine = [name for name in needs if {*needs[name]} <= {*fine}]
        if len(fine) < len(needs) and stuck == "raises":
            raise raising("ValueError")
        if len(fine) < len(needs) and stuck == "none":
            return None
        if way == "times":

            def ends(name: str) -> int:
                return int(more[name]) + max([0, *(ends(need) for need in needs[name])])

            return {name: ends(name) for name in fine}
        rounds: list[list[str]] = []
        past: list[str] = []
        while len(past) < len(fine):
            can = sorted(n for n in fine if n not in past and not {*needs[n]} - {*past})
            if way == "given":
                can = [name for name in fine if name in can]
            if way == "most":
                can.sort(key=lambda name: -len([1 for its in needs.values() if name in its]))
            if way == "newest":
                last = {n: [i for i, m in enumerate(past) if m in needs[n]][-1:] for n in can}
                can.sort(key=lambda name: last[name], reverse=True)
            rounds.append(can[: more if way == "rounds" else 1])
            past = [*past, *rounds[-1]]
        return rounds if way == "rounds" else past

    def arguments(draw: Draw) -> tuple[Any, ...]:
        names = draw.shuffle("abcdefgh")[: draw.between(2, 8)]
        share = draw.pick((0.15, 0.3, 0.5)) if way != "times" else 0.6
        needs: _Links = {}
        for place, name in enumerate(names):
            needs[name] = [other for other in names[:place] if draw.chance(share)]
            if needs[name] and draw.chance(0.1):
                needs[name] *= 2
        if draw.chance(0.25):
            needs[draw.pick(names)].append(draw.pick(names))
        needs = {name: needs[name] for name in draw.shuffle(names)}
        if way == "times":
            return needs, {name: draw.between(1, 9) for name in names}
        return (needs, draw.pick((1, 2, 2, 3, 9))) if way == "rounds" else (needs,)

    given: list[_Links] = [
        {}, {"a": []}, {"a": ["a"]}, {"b": [], "a": []}, {"a": ["b"], "b": []},
        {"b": ["a"], "a": ["b"], "c": []}, {"c": ["b", "b"], "b": ["a"], "a": []},
        {"d": ["b", "c"], "c": ["a"], "b": ["a"], "a": []}, {"d": [], "c": [], "b": ["d"], "a": []},
        {"a": [], "b": [], "c": ["b"], "d": ["b"], "e": ["c", "a"]}, {"a": ["b"], "b": ["b"]},
        {"x": ["z"], "y": ["z"], "z": [], "w": [], "v": ["w"], "u": ["w", "x"]},
        {"c": [], "d": ["c", "a"], "e": ["a", "d"], "a": [], "b": ["a"], "f": ["b", "d"]},
        {"a": ["b", "b", "c"], "b": [], "c": ["d"], "d": []},
    ]  # fmt: skip
    edges: list[tuple[Any, ...]] = [(needs,) for needs in given]
    if way == "rounds":
        edges = [(needs, width) for needs in given for width in (1, 2)][2:]
    if way == "times":
        edges = [(n, {name: 1 + 3 * i % 7 for i, name in enumerate(n)}) for n in given]
    mistakes = [slip(reference, mistake)]
    if check:
        mistakes.append(slip(reference, (check, other)))
    else:
        mistakes.append(
            slip(reference, (f"    return {result}\n\n", f"{other}    return {result}\n\n"))
        )
    if way != "times":
        mistakes.append(
            slip(
                reference,
                ("all(need in done", "any(need in done"),
                (" for need in its)", " for need in its) or not its and name not in done"),
            )
        )
    return Problem(
        "The keys of `needs` are tasks. The list of a task has the tasks that it needs: those that "
        "must be done before it. Each name in a list is a key, too; it may be there several "
        "times. A task can be done if it has not been done and all that it needs have been done. "
        "Tasks that need themselves, or wait for one another in a circle, can never be done, and "
        f"neither can those that need such tasks.\n{words}\n{sentence}",
        Interface("graphs", tuple(parameters), returned),
        reference,
        oracle,
        arguments,
        edges,
        mistakes,
    )


def _cheapest(costs: str, direction: str, asked: str) -> Problem:
    rule, parameter, mistake = _COSTS[costs]
    words, last, returns = _ASKED[asked]
    roads = "list[tuple[str, str, int]]"
    parameters = [("roads", roads)] + ([parameter] if parameter else [])
    parameters += [("start", "str"), last]
    listed = ", ".join(f"{name}: {kind}" for name, kind in parameters)
    voucher = costs == "voucher"
    there = "[*way, there]" if asked == "way" else "there"
    flag, used, free = (", False", ", used", ", True") if voucher else ("", "", "")
    kind = "tuple[int, list[str]" if asked == "way" else "tuple[int, str"
    key = "(name, used)" if voucher else "name"
    settled = "set[tuple[str, bool]]" if voucher else "set[str]"
    begin = "[start]" if asked == "way" else "start"
    held = "way" if asked == "way" else "name"
    lines = [
        "from heapq import heappop, heappush\n\n",
        f"def graphs({listed}) -> {returns}:",
        f"    heap: list[{kind}{', bool' if voucher else ''}]] = [(0, {begin}{flag})]",
        f"    settled: {settled} = set()",
        "    while heap:",
        f"        cost, {held}{used} = heappop(heap)",
    ]
    if asked == "way":
        lines.append("        name = way[-1]")
    if asked == "reach":
        lines += ["        if cost > budget:", "            break"]
    else:
        lines += [
            "        if name == goal:",
            f"            return {'way' if asked == 'way' else 'cost'}",
        ]
    lines += [
        f"        if {key} in settled:",
        "            continue",
        f"        settled.add({key})",
    ]
    if costs == "toll":
        lines += ["        if name != start:", "            cost += toll"]
    lines.append("        for there, price in leading(roads, name):")
    lines.append(f"            heappush(heap, (cost + price, {there}{used}))")
    if voucher:
        lines += [
            "            if not used:",
            f"                heappush(heap, (cost, {there}{free}))",
        ]
    lines.append(
        "    return None" if asked != "reach"
        else "    return sorted({name for name, _ in settled})" if voucher
        else "    return sorted(settled)"
    )  # fmt: skip
    lines += [
        f"\n\ndef leading(roads: {roads}, name: str) -> list[tuple[str, int]]:",
        '    """Where roads from a town lead to, and what they cost."""',
        "    return [(b, price) for a, b, price in roads if a == name]"
        if direction == "one"
        else "    ahead = [(b, price) for a, b, price in roads if a == name]\n"
        "    return ahead + [(a, price) for a, b, price in roads if b == name]",
    ]
    reference = "\n".join(lines) + "\n"

    def oracle(roads: list[tuple[str, str, int]], *rest: Any) -> Any:
        *toll, start, end = rest
        both = [*roads, *((b, a, n) for a, b, n in roads)] if direction == "both" else roads
        ways: list[tuple[int, list[str]]] = []

        def walk(way: list[str], prices: list[int]) -> None:
            cost = sum(prices)
            if costs == "voucher":
                cost -= max(prices, default=0)
            if toll:
                cost += sum(toll[0] for _ in way[1:-1])
            ways.append((cost, way))
            for a, b, n in both:
                if a == way[-1] and b not in way:
                    walk([*way, b], [*prices, n])

        walk([start], [])
        if asked == "reach":
            return sorted({way[-1] for cost, way in ways if cost <= end})
        found = sorted(pair for pair in ways if pair[1][-1] == end)
        return found[0][asked == "way"] if found else None

    def arguments(draw: Draw) -> tuple[Any, ...]:
        names = draw.shuffle("abcde")[: draw.pick((2, 3, 4, 4, 5))]
        reach = draw.pick((2, 4, 12))
        roads = [
            (draw.pick(names), draw.pick(names), draw.between(1, reach))
            for _ in range(draw.between(3, 11))
        ]
        toll = [draw.below(5)] if costs == "toll" else []
        start = draw.pick(roads)[0]
        end = draw.below(2 * reach) if asked == "reach" else draw.pick(names)
        return (roads, *toll, start, end)

    a = "a"
    maps: list[tuple[list[tuple[str, str, int]], str, str]] = [
        ([], a, a), ([], a, "b"), ([(a, a, 1)], a, a), ([(a, "b", 3)], a, "b"),
        ([(a, "b", 3)], "b", a), ([(a, "b", 4), (a, "b", 2)], a, "b"),
        ([(a, "b", 1), ("b", "c", 1), (a, "c", 3)], a, "c"),
        ([(a, "b", 1), ("b", "c", 2), (a, "c", 3)], a, "c"),
        ([(a, "d", 1), ("d", "e", 3), (a, "c", 3), ("c", "e", 1)], a, "e"),
        ([(a, "b", 9), (a, "c", 5), ("c", "b", 5), ("b", "d", 1), ("c", "d", 7)], a, "d"),
        ([("c", "b", 1), ("b", a, 1), (a, "d", 1), ("d", "c", 1), ("d", "e", 6)], "c", "e"),
        ([(a, "b", 2), ("b", "c", 2), ("c", "d", 2), (a, "d", 7), ("c", "e", 1)], a, "d"),
        ([(a, "b", 2), ("b", a, 2), ("c", "d", 1)], a, "d"),
        # Neither the first of several roads is the cheapest, nor the last.
        ([(a, "b", 30), (a, "b", 1), (a, "b", 30), ("b", "c", 20)], a, "c"),
    ]  # fmt: skip
    edges: list[tuple[Any, ...]] = []
    for number, (roads_given, start, goal) in enumerate(maps):
        toll = [1 + number % 3] if costs == "toll" else []
        edges.append((roads_given, *toll, start, number if asked == "reach" else goal))
    mistakes = [mistake]
    if direction == "one":
        mistakes.append(
            ("if a == name]", "if a == name] + [(a, n) for a, b, n in roads if b == name]")
        )
    else:
        mistakes.append(("ahead + [(a, price) for a, b, price in roads if b == name]", "ahead"))
    if asked == "reach":
        mistakes.append(("cost > budget", "cost >= budget"))
    return Problem(
        "Towns have roads between them: (a, b, price) is a road that leads from town a to town b"
        + (", and also from b to a" if direction == "both" else " and not back")
        + ", and costs `price`, which is at least 1, each time that one takes it. A way is a "
        "sequence of towns in which a road leads from each to the next, and of several such roads "
        f"it takes the cheapest; a town alone is a way, too, which costs 0.\n{rule}\n{words}",
        Interface("graphs", tuple(parameters), returns),
        reference,
        oracle,
        arguments,
        edges,
        [slip(reference, change) for change in mistakes],
    )


_LEVELS: dict[int, Callable[..., Problem]] = {
    1: _at_once,
    2: _table,
    3: _steps,
    4: _ordered,
    5: _cheapest,
}
