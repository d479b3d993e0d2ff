"""Sets and bags, two or several: who is in how many, what covers what, the fewest that do."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from ....verifiers.python.interface import Interface
from ..draw import Draw
from .family import Problem, family, raising, slip

_Slips = Sequence[tuple[str, str]]
_Sets = list[set[int]]

# ---------------------------------------------------------------- 1: two sets
#
# name -> words, result, oracle, Python, and slips. Values are in this range.
_RANGE = range(-30, 31)
_PAIR: dict[str, tuple[str, str, Callable[[set[int], set[int]], Any], str, _Slips]] = {
    "one": (
        "a list, from the smallest to the greatest, of the values that are in exactly one of `a` "
        "and `b`", "list[int]",
        lambda a, b: [v for v in _RANGE if (v in a) != (v in b)], "sorted(a ^ b)",
        [("a ^ b", "a | b"), ("a ^ b", "a - b")],
    ),
    "both": (
        "a list, from the greatest to the smallest, of the values that are in both `a` and `b`",
        "list[int]",
        lambda a, b: [v for v in reversed(_RANGE) if v in a and v in b],
        "sorted(a & b, reverse=True)", [("a & b", "a | b"), (", reverse=True", "")],
    ),
    "mirrored": (
        "a set of the values of `a` whose negative is in `b` (that of 0 is 0)", "set[int]",
        lambda a, b: {v for v in _RANGE if v in a and 0 - v in b},
        "{value for value in a if -value in b}",
        [("if -value in b", "if value in b"), ("{value for", "{-value for")],
    ),
    "near": (
        "a list, from the smallest to the greatest, of the values of `a` for which a value of `b` "
        "is greater by 1 or less by 1", "list[int]",
        lambda a, b: [v for v in _RANGE if v in a and any(abs(v - w) == 1 for w in b)],
        "sorted(value for value in a if value - 1 in b or value + 1 in b)",
        [(" or value + 1 in b", ""), ("value - 1 in b or", "value in b or value - 1 in b or")],
    ),
    "gaps": (
        "a list, from the smallest to the greatest, of the whole numbers between the smallest and "
        "the greatest value of `a` that are neither in `a` nor in `b`; an empty one if `a` is "
        "empty", "list[int]",
        lambda a, b: [v for v in _RANGE if v not in a and v not in b
                      and any(w < v for w in a) and any(v < w for w in a)],
        "sorted(set(range(min(a), max(a))) - a - b) if a else []",
        [("- a - b", "- a"), ("min(a), max(a)", "max(a)")],
    ),
    "above": (
        "how many values of `a` are greater than every value of `b`; these are all of `a` if `b` "
        "is empty", "int",
        lambda a, b: len([v for v in a if not any(v <= w for w in b)]),
        "sum(value > max(b) for value in a) if b else len(a)",
        [("value > max(b)", "value >= max(b)"), ("else len(a)", "else 0")],
    ),
    "sums": (
        "a set of all sums of a value of `a` and a value of `b` that are neither in `a` nor in `b`",
        "set[int]",
        lambda a, b: {x + y for x, y in itertools.product(a, b) if x + y not in {*a, *b}},
        "{one + other for one in a for other in b} - a - b",
        [("- a - b", "- (a & b)"), (" - a - b", "")],
    ),
    "half": (
        "True if more than half of the values that are in `a` or in `b` are in both, else False",
        "bool",
        lambda a, b: len([v for v in _RANGE if v in a and v in b])
        > len([v for v in _RANGE if (v in a) != (v in b)]),
        "2 * len(a & b) > len(a | b)",
        [("> len", ">= len"), ("len(a | b)", "len(a)")],
    ),
    "proper": (
        "True if all values of one of the two sets are in the other one, which has more, else "
        "False", "bool",
        lambda a, b: len(a) != len(b) and (all(v in a for v in b) or all(v in b for v in a)),
        "a < b or b < a",
        [("a < b or b < a", "a <= b or b <= a"), (" or b < a", "")],
    ),
    "numbers": (
        "a tuple of how many values are in `a` alone, how many in both and how many in `b` alone",
        "tuple[int, int, int]",
        lambda a, b: (sum(v not in b for v in a), sum(v in b for v in a),
                      sum(v not in a for v in b)),
        "(len(a - b), len(a & b), len(b - a))",
        [("len(b - a)", "len(b)"), ("len(a - b)", "len(a) - len(b)")],
    ),
    "least": (
        "the smallest value that is in exactly one of `a` and `b`; None if there is none",
        "int | None",
        lambda a, b: next((v for v in _RANGE if (v in a) != (v in b)), None),
        "min(a ^ b, default=None)",
        [("a ^ b", "a - b"), ("min(a ^ b, default=None)", "min(a | b, default=None)")],
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 2: several sets
#
# name -> words, whether a value is chosen (of the groups, and of how many of them have it), Python,
# and a slip.
_CHOSEN: dict[str, tuple[str, Callable[[_Sets, list[bool]], bool], str, tuple[str, str]]] = {
    "once": (
        "it is in exactly one group", lambda _, has: has.count(True) == 1,
        "sum(value in group for group in groups) == 1", ("== 1", ">= 1"),
    ),
    "shared": (
        "it is in two or more groups", lambda _, has: len([h for h in has if h]) not in (0, 1),
        "sum(value in group for group in groups) >= 2", (">= 2", "> 2"),
    ),
    "odd": (
        "the number of groups that it is in is odd", lambda _, has: bool(sum(has) & 1),
        "sum(value in group for group in groups) % 2 == 1", ("% 2 == 1", "== 1"),
    ),
    "lacking": (
        "it is in all groups but one, and in one group at least",
        lambda _, has: any(has) and has.count(False) == 1,
        "sum(value not in group for group in groups) == 1", ("== 1", ">= 1"),
    ),
    "most": (
        "it is in more than half of the groups",
        lambda _, has: has.count(True) > has.count(False),
        "2 * sum(value in group for group in groups) > len(groups)",
        ("> len(groups)", ">= len(groups)"),
    ),
    "next": (
        "it is in a group and not in the group just after that one (the last group has none after "
        "it)",
        lambda _, has: any(has[i] and not has[i + 1] for i in range(len(has) - 1)),
        "any(value in one and value not in after for one, after in zip(groups, groups[1:]))",
        ("zip(groups, groups[1:])", "zip(groups, [*groups[1:], set()])"),
    ),
}  # fmt: skip
# name -> words, result, oracle (of the groups and the chosen values, in order), Python, and a slip.
_OF_CHOSEN: dict[str, tuple[str, str, Callable[[_Sets, list[int]], Any], str, tuple[str, str]]] = {
    "values": (
        "a list of the chosen values, from the greatest to the smallest", "list[int]",
        lambda _, chosen: chosen[::-1], "sorted(chosen, reverse=True)", (", reverse=True", ""),
    ),
    "counts": (
        "a list with, for each group in its order, how many of its values are chosen", "list[int]",
        lambda groups, chosen: [sum(v in group for v in chosen) for group in groups],
        "[len(group & chosen) for group in groups]", ("for group in groups]", "for group in groups"
                                                      " if group & chosen]"),
    ),
    "lost": (
        "a list with, for each group in its order, a list of its values that are not chosen, from "
        "the smallest to the greatest", "list[list[int]]",
        lambda groups, chosen: [[v for v in _RANGE if v in group and v not in chosen]
                                for group in groups],
        "[sorted(group - chosen) for group in groups]", ("group - chosen", "group ^ chosen"),
    ),
    "mainly": (
        "a list of the places (counted from 0) of the groups more than half of whose values are "
        "chosen", "list[int]",
        lambda groups, chosen: [i for i, group in enumerate(groups)
                                if len(group.intersection(chosen)) > len(group.difference(chosen))],
        "[\n        place for place, group in enumerate(groups) if 2 * len(group & chosen) > "
        "len(group)\n    ]",
        ("> len(group)", ">= len(group)"),
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 3: several bags
#
# name -> words, oracle (of a name's counts), Python, and slips. No number is below zero.
_MEASURE: dict[str, tuple[str, Callable[[list[int]], int], str, _Slips]] = {
    "spread": (
        "the most often that it is in a bag less the least often that it is in a bag",
        lambda c: max(abs(a - b) for a in c for b in c), "max(counts) - min(counts)",
        [("max(counts) - min(counts)", "max(counts)")],
    ),
    "second": (
        "the second greatest of how often it is in the bags, equal ones counting each for "
        "themselves, and 0 if there is one bag alone",
        lambda c: max([min(c[i], c[j]) for i, j in itertools.combinations(range(len(c)), 2)] + [0]),
        "sorted(counts)[-2] if len(counts) > 1 else 0",
        [("sorted(counts)[-2] if len(counts) > 1", "sorted(set(counts))[-2] if len(set(counts)) > 1"
          )],
    ),
    "rises": (
        "the sum, over all bags but the first, of how much oftener it is in that bag than in the "
        "bag just before (0 where it is not in there oftener)",
        lambda c: sum(c[i] - c[i - 1] for i in range(1, len(c)) if c[i] > c[i - 1]),
        "sum(max(after - before, 0) for before, after in zip(counts, counts[1:]))",
        [("max(after - before, 0)", "abs(after - before)")],
    ),
    "balance": (
        "the difference, without its sign, between how often it is in the first, third, fifth, ... "
        "bags together and how often in the second, fourth, sixth, ... bags together",
        lambda c: abs(sum(n if i % 2 else -n for i, n in enumerate(c))),
        "abs(sum(counts[::2]) - sum(counts[1::2]))",
        [("abs(sum(counts[::2]) - sum(counts[1::2]))", "max(sum(counts[::2]) - sum(counts[1::2]),"
          " 0)")],
    ),
    "half": (
        "the greatest number n for which more than half of the bags have it n times or oftener",
        lambda c: max(n for n in range(99) if 2 * len([m for m in c if m >= n]) > len(c)),
        "sorted(counts, reverse=True)[len(counts) // 2]",
        [("sorted(counts, reverse=True)", "sorted(counts)")],
    ),
}  # fmt: skip
# name -> words, result, oracle (of the numbers by name), Python, and a slip.
_MEASURED: dict[str, tuple[str, str, Callable[[dict[str, int]], Any], str, tuple[str, str]]] = {
    "dict": (
        "a dictionary from each name to its number, without the names whose number is 0",
        "dict[str, int]", lambda n: {k: n[k] for k in n if n[k]},
        "    return {name: number for name, number in numbers.items() if number > 0}\n",
        (" if number > 0}", "}"),
    ),
    "list": (
        "a list in alphabetical order that has each name as often as its number says", "list[str]",
        lambda n: sorted("".join(k * n[k] for k in n)),
        "    return [name for name in sorted(numbers) for _ in range(numbers[name])]\n",
        (" for _ in range(numbers[name])]", " if numbers[name] > 0]"),
    ),
    "order": (
        "a list of the names whose number is not 0, each once: by falling numbers, those of equal "
        "numbers in alphabetical order", "list[str]",
        lambda n: [k for m in range(99, 0, -1) for k in sorted(n) if n[k] == m],
        "    kept = [name for name, number in numbers.items() if number > 0]\n"
        "    return sorted(kept, key=lambda name: (-numbers[name], name))\n",
        ("(-numbers[name], name)", "(numbers[name], name)"),
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 4: parts that are taken
#
# name -> words, oracle (the place of the next part, of the parts, what is left, and the place after
# the last one taken, or None), how Python begins and how it takes `part` at `place`, and a slip.
_Next = Callable[[_Sets, list[int], int], "int | None"]
_IN_ORDER = "    for place, part in enumerate(parts):\n        if {}:\n            continue\n"
_AGAIN = "    while any(part & left for part in parts):\n        place = {}\n" \
    "        part = parts[place]\n"  # fmt: skip


def _first(parts: _Sets, start: int, fits: Callable[[set[int]], bool]) -> int | None:
    return next((place for place in range(start, len(parts)) if fits(parts[place])), None)


def _best(parts: _Sets, left: list[int], key: Callable[[set[int]], int]) -> int | None:
    having = [place for place, part in enumerate(parts) if part.intersection(left)]
    return sorted(having, key=lambda place: key(parts[place]))[0] if having else None


_TAKING: dict[str, tuple[str, _Next, str, tuple[str, str]]] = {
    "greedy": (
        "Again and again the part is taken that has the most values that are left, the first of "
        "several that have as many, until no part has any.",
        lambda parts, left, _: _best(parts, left, lambda p: -len(p.intersection(left))),
        _AGAIN.format("max(range(len(parts)), key=lambda at: len(parts[at] & left))"),
        ("len(parts[at] & left)", "len(parts[at]) * bool(parts[at] & left)"),
    ),
    "small": (
        "Again and again, of the parts that have a value that is left, the one with the fewest "
        "values of any kind is taken, the first of several that have as few, until no part has a "
        "value that is left.",
        lambda parts, left, _: _best(parts, left, len),
        _AGAIN.format("min(\n            (at for at in range(len(parts)) if parts[at] & left), "
                      "key=lambda at: len(parts[at])\n        )"),
        ("len(parts[at])\n", "len(parts[at] & left)\n"),
    ),
    "order": (
        "One part after the other, in their order, is taken if it has a value that is left.",
        lambda parts, left, start: _first(parts, start, lambda p: bool(p.intersection(left))),
        _IN_ORDER.format("not part & left"),
        ("not part & left", "not part <= left"),
    ),
    "most": (
        "One part after the other, in their order, is taken if more than half of its values, of "
        "whatever kind, are left.",
        lambda parts, left, start: _first(
            parts, start, lambda p: len(p.intersection(left)) > len(p.difference(left))
        ),
        _IN_ORDER.format("2 * len(part & left) <= len(part)"),
        ("<= len(part)", "< len(part)"),
    ),
    "clean": (
        "One part after the other, in their order, is taken if it is not empty and all its values "
        "are left.",
        lambda parts, left, start: _first(
            parts, start, lambda p: bool(p) and not p.difference(left)
        ),
        _IN_ORDER.format("not part or not part <= left"),
        ("not part or not part <= left", "not part & left"),
    ),
}  # fmt: skip
# name -> words, result, oracle (of the places taken with what each has taken, and the parts), how
# Python begins, goes on and ends, and a slip.
_Taken = list[tuple[int, list[int]]]
_TAKEN: dict[
    str, tuple[str, str, Callable[[_Taken, _Sets], Any], str, str, str, tuple[str, str]]
] = {
    "places": (
        "a list of the places (counted from 0) of the parts that are taken, in the order in which "
        "they are taken", "list[int]", lambda taken, _: [place for place, _ in taken],
        "    taken: list[int] = []\n", "        taken.append(place)\n", "taken",
        ("taken.append(place)", "taken.append(place + 1)"),
    ),
    "waste": (
        "a list with, for each part that is taken, in the order in which they are taken, how many "
        "of its values are not left when it is taken", "list[int]",
        lambda taken, parts: [len(parts[place]) - len(new) for place, new in taken],
        "    taken: list[int] = []\n", "        taken.append(len(part - left))\n", "taken",
        ("part - left", "part - wanted"),
    ),
    "new": (
        "a list with, for each part that is taken, in the order in which they are taken, a list, "
        "from the smallest to the greatest, of its values that were left before", "list[list[int]]",
        lambda taken, _: [sorted(new) for _, new in taken],
        "    taken: list[list[int]] = []\n", "        taken.append(sorted(part & left))\n", "taken",
        ("part & left))", "part & wanted))"),
    ),
    "owner": (
        "a dictionary from each value of `wanted` that is no longer left in the end to the place "
        "(counted from 0) of the part that took it", "dict[int, int]",
        lambda taken, _: {v: place for place, new in taken for v in new},
        "    taken: dict[int, int] = {}\n",
        "        taken.update(dict.fromkeys(part & left, place))\n", "taken",
        ("part & left, place", "part & wanted, place"),
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 5: the fewest that do
#
# name -> words, whether it chooses values (else places of parts), whether there may be no choice,
# oracle (does a choice do, of the parts and what is chosen), Python, and a slip.
_Does = Callable[[_Sets, tuple[int, ...]], bool]
_DOES: dict[str, tuple[str, bool, bool, _Does, str, tuple[str, str]]] = {
    "cover": (
        "A choice of parts is good if every value that is in a part is in a chosen part.",
        False, False,
        lambda parts, chosen: all(any(v in parts[i] for i in chosen) for p in parts for v in p),
        "    together = set().union(*(parts[place] for place in chosen))\n"
        "    return together == set().union(*parts)\n",
        ("together == set().union(*parts)", "len(together) >= len(set().union(*parts)) - 1"),
    ),
    "exact": (
        "A choice of parts is good if every value that is in a part is in exactly one chosen part.",
        False, True,
        lambda parts, chosen: all(
            [v in parts[i] for i in chosen].count(True) == 1 for p in parts for v in p
        ),
        "    together = [value for place in chosen for value in parts[place]]\n"
        "    return sorted(together) == sorted(set().union(*parts))\n",
        ("sorted(together) ==", "sorted(set(together)) =="),
    ),
    "hit": (
        "A choice of values is good if every part has a chosen value.", True, True,
        lambda parts, chosen: not any(p.isdisjoint(chosen) for p in parts),
        "    return all(part.intersection(chosen) for part in parts)\n",
        ("for part in parts)", "for part in parts if part)"),
    ),
    "apart": (
        "A choice of parts is good if no value is in two chosen parts, and no chosen part is "
        "empty.", False, False,
        lambda parts, chosen: all(parts[i] for i in chosen)
        and all(parts[i].isdisjoint(parts[j]) for i, j in itertools.combinations(chosen, 2)),
        "    together = [value for place in chosen for value in parts[place]]\n"
        "    return len(together) == len(set(together)) and all(parts[place] for place in chosen)"
        "\n",
        ("len(together) == len(set(together))", "all(\n        parts[one].isdisjoint(parts[other]) "
         "for one, other in zip(chosen, chosen[1:])\n    )"),
    ),
    "differ": (
        "A choice of values is good if any two parts, at whatever places, differ in a chosen "
        "value: it is in one of them and not in the other.", True, True,
        lambda parts, chosen: all(
            any((v in one) != (v in other) for v in chosen)
            for one, other in itertools.combinations(parts, 2)
        ),
        "    return len({frozenset(part.intersection(chosen)) for part in parts}) == len(parts)\n",
        ("frozenset(part.intersection(chosen))", "len(part.intersection(chosen))"),
    ),
}  # fmt: skip
# name -> words, what is said if there is no choice, result, oracle (of the best choices), Python,
# that of no choice, and a slip.
_Best = Callable[[list[tuple[int, ...]]], Any]
_DONE: dict[str, tuple[str, str, str, _Best, str, str, tuple[str, str]]] = {
    "first": (
        "the best choice as a list, from the smallest to the greatest; of several, the list that "
        "comes first, as lists compare", "None", "list[int]",
        lambda best: list(min(best)) if best else None, "min(best)", "None",
        ("min(best)", "max(best)"),
    ),
    "count": (
        "how many best choices there are", "0", "int", len, "len(best)", "0",
        ("return len(best)", "return size"),
    ),
    "always": (
        "a set of what is in every best choice", "the empty set", "set[int]",
        lambda best: {v for v in _RANGE if best and all(v in chosen for chosen in best)},
        "set(best[0]).intersection(*best)", "set()", ("intersection(*best)", "union(*best)"),
    ),
}  # fmt: skip


def _variants(level: int) -> list[tuple[Any, ...]]:
    if level == 1:
        return [(1, what, "") for what in _PAIR]
    if level == 2:
        return [(2, chosen, told) for chosen in _CHOSEN for told in _OF_CHOSEN]
    if level == 3:
        return [(3, measure, told) for measure in _MEASURE for told in _MEASURED]
    if level == 4:
        # Whoever takes parts in vain has the same owners; parts that are clean waste nothing.
        dull = (("order", "owner"), ("clean", "owner"), ("clean", "waste"))
        return [(4, *how) for how in itertools.product(_TAKING, _TAKEN) if how not in dull]
    return [(5, does, told) for does in _DOES for told in _DONE]


@family("sets", _variants)
def sets(level: int, what: str, how: str) -> Problem:
    return {1: _pair, 2: _several, 3: _bags, 4: _taking, 5: _fewest}[level](what, how)


def _set(draw: Draw, low: int, high: int, share: float) -> set[int]:
    return {value for value in range(low, high + 1) if draw.chance(share)}


def _pair(what: str, _: str) -> Problem:
    words, returns, oracle, python, slips = _PAIR[what]
    reference = f"def sets(a: set[int], b: set[int]) -> {returns}:\n    return {python}\n"

    def arguments(draw: Draw) -> tuple[Any, ...]:
        low, high = draw.pick(((-3, 3), (-2, 5), (0, 4), (-15, 15)))
        share = 0.15 if high == 15 else draw.pick((0.3, 0.5, 0.8))
        a, b = _set(draw, low, high, share), _set(draw, low, high, share)
        related = draw.below(6)
        if related in (0, 3):
            b = a ^ {draw.between(low, high)}
        elif related == 1:
            b = a | b
        elif related == 2:
            b = {value for value in b if value < high // 2}
        return (a, b)

    return Problem(
        f"Return {words}.",
        Interface("sets", (("a", "set[int]"), ("b", "set[int]")), returns),
        reference,
        oracle,
        arguments,
        [
            (set(), set()), ({1}, set()), (set(), {-2}), ({3}, {3}), ({0}, {0, 1}), ({-1, 1}, {0}),
            ({2, 4, 9}, {9, 3, -5}), ({-3, 8, 0}, {-8, 3, 0, 8}), ({1, 2, 3}, {2, 3, 4}),
            ({1, 2, 3, 4, 5}, {4, 5}), ({-9, 17, 3, -20}, {5, -11}), ({5, 9}, {5}),
            ({1, 2}, {2, 1, 5, 3}),
        ],
        [slip(reference, change) for change in slips],
    )  # fmt: skip


def _several(rule: str, told: str) -> Problem:
    words, is_chosen, python, mistake = _CHOSEN[rule]
    sentence, returns, of, result, other = _OF_CHOSEN[told]
    reference = (
        f"def sets(groups: list[set[int]]) -> {returns}:\n"
        "    chosen: set[int] = set()\n    for value in set().union(*groups):\n"
        f"        if {python}:\n            chosen.add(value)\n    return {result}\n"
    )

    def oracle(groups: _Sets) -> Any:
        chosen = [v for v in _RANGE if is_chosen(groups, [v in group for group in groups])]
        return of(groups, chosen)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        high, share = draw.pick(((2, 0.4), (3, 0.3), (3, 0.6), (4, 0.8)))
        return ([_set(draw, -3, high, share) for _ in range(draw.between(1, 5))],)

    return Problem(
        f"A value is chosen if {words}. Return {sentence}.",
        Interface("sets", (("groups", "list[set[int]]"),), returns),
        reference,
        oracle,
        arguments,
        [
            ([],), ([set()],), ([{4}],), ([{1, -7}, {1}],), ([{1}, {1}, {1, -2}],),
            ([{2}, set(), {2}, {-5, 3}],), ([{5, -6}, {6, -6}, {7, -6}],),
            ([{1, 2}, {2, 3}, {3, 4}, {4, 1}],), ([{8}, {8}, {8, 9}, {8}, {9, -8}],),
            ([set(), {3, -4}, {3, -4}, set()],), ([{-1, 4, -9, 12}],),
        ],
        [slip(reference, mistake), slip(reference, other)],
    )  # fmt: skip


def _bags(measure: str, told: str) -> Problem:
    words, of, python, slips = _MEASURE[measure]
    sentence, returns, tell, result, mistake = _MEASURED[told]
    reference = (
        f"def sets(bags: list[dict[str, int]]) -> {returns}:\n"
        "    if any(count < 0 for bag in bags for count in bag.values()):\n"
        '        raise ValueError("nothing is in a bag less than 0 times")\n'
        "    numbers = {\n"
        "        name: measure([bag.get(name, 0) for bag in bags]) for name in set().union(*bags)\n"
        f"    }}\n{result}\n\n"
        f"def measure(counts: list[int]) -> int:\n    return {python}\n"
    )

    def oracle(bags: list[dict[str, int]]) -> Any:
        if min([n for bag in bags for n in bag.values()] + [0]) < 0:
            raise raising("ValueError")
        names = sorted({name for bag in bags for name in bag})
        return tell({k: of([dict(bag).setdefault(k, 0) for bag in bags]) for k in names})

    def arguments(draw: Draw) -> tuple[Any, ...]:
        bags = []
        most = draw.pick((1, 2, 3, 5))
        share = draw.pick((0.6, 0.9))
        for _ in range(draw.pick((1, 2, 3, 3, 4, 5))):
            names = [name for name in draw.shuffle("abcd") if draw.chance(share)]
            bags.append({name: draw.between(0, most) for name in names})
        if draw.chance(0.06):
            bags[-1]["a"] = -1
        return (bags,)

    return Problem(
        "Each bag tells how often a name is in it; a name that it does not tell of is in it 0 "
        f"times. The number of a name is {words}. Names are one letter from a to z.\nReturn "
        f"{sentence}. If a bag tells of a number below 0, raise ValueError.",
        Interface("sets", (("bags", "list[dict[str, int]]"),), returns),
        reference,
        oracle,
        arguments,
        [
            ([],), ([{}],), ([{"a": 2}],), ([{"a": 0}],), ([{"b": 1}, {}],), ([{}, {"b": 3}],),
            ([{"c": -1}],), ([{"c": 2, "a": 1}, {"a": 2}],), ([{"d": 2}, {"d": 2}],),
            ([{"b": 3}, {"b": 1}, {"b": 3, "a": 1}],),
            ([{"z": 1, "y": 2, "x": 3}, {"x": 1, "z": 1}, {"y": 2, "x": 3, "z": 2}],),
            ([{"b": 1, "a": 1}, {"b": 2, "a": 2}, {"b": 0, "a": 0}, {"a": 4, "b": 4}],),
        ],
        [
            *(slip(reference, change) for change in slips),
            slip(reference, mistake),
            slip(reference, ("bag.get(name, 0) for bag in bags", "bag[name] for bag in bags if "
                             "name in bag")),
        ][: 2 if measure in ("second", "rises") else 3],
    )  # fmt: skip


def _taking(taking: str, told: str) -> Problem:
    words, following, head, mistake = _TAKING[taking]
    sentence, returns, of, first, step, result, other = _TAKEN[told]
    reference = (
        f"def sets(wanted: set[int], parts: list[set[int]]) -> {returns}:\n"
        f"    left = set(wanted)\n{first}{head}{step}"
        f"        left -= part\n    return {result}\n"
    )
    if "place" not in step and "enumerate" in head:
        reference = reference.replace("place, part in enumerate(parts)", "part in parts")

    def oracle(wanted: set[int], parts: _Sets) -> Any:
        left = sorted(wanted)
        taken: _Taken = []
        start = 0
        while (place := following(parts, left, start)) is not None:
            taken.append((place, [v for v in left if v in parts[place]]))
            left = [v for v in left if v not in parts[place]]
            start = place + 1
        return of(taken, parts)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        high = draw.pick((3, 4, 6))
        wanted = _set(draw, -3, high, draw.pick((0.5, 0.9)))
        share = draw.pick((0.2, 0.3, 0.5))
        return wanted, [_set(draw, -3, high, share) for _ in range(draw.between(0, 6))]

    return Problem(
        f"At first all values of `wanted` are left. {words} When a part is taken, its values are "
        f"no longer left.\nReturn {sentence}.",
        Interface("sets", (("wanted", "set[int]"), ("parts", "list[set[int]]")), returns),
        reference,
        oracle,
        arguments,
        [
            (set(), []), ({1}, []), (set(), [{1}]), ({1}, [{1}]), ({1, 2}, [set(), {3}, {2}]),
            ({-5, 9, 2}, [{2}, {2, -5}, {9, 2, -5}]), ({1, 2, 3, 4}, [{1, 2}, {2, 3}, {3, 4}]),
            ({-1, 12, 4, -9}, [{12, -1}, {4, -9}, {4}]), ({1, 2, 3}, [{1, 7, 8, 9}, {2}, {3, 2}]),
            ({1, 2, 3}, [{1, 7}, {2, 3}, {3}]), ({-2, 5, -8}, [{0}]),
            ({1, 2, 3, 4, 5}, [{1, 2, 9}, {2, 3, 4}, {4, 9}, {5, 1}]),
        ],
        [
            slip(reference, mistake),
            slip(reference, ("left = set(wanted)", "left = wanted")),
            # All values of a part that is clean are new.
            *([] if (taking, told) == ("clean", "new") else [slip(reference, other)]),
        ],
    )  # fmt: skip


def _fewest(does: str, told: str) -> Problem:
    words, of_values, may_fail, fits, python, mistake = _DOES[does]
    sentence, otherwise, returns, of, result, none, other = _DONE[told]
    most = does == "apart"
    items = "set().union(*parts)" if of_values else "range(len(parts))"
    # Nobody sees an order elsewhere.
    items = f"{'sorted' if of_values and told == 'first' else 'list'}({items})"
    empty = ""
    if may_fail:
        empty = f"    if not good:\n        return {none}\n"
        returns = f"{returns} | None" if none == "None" else returns
    size = "max(map(len, good))" if most else "min(map(len, good))"
    reference = (
        f"def sets(parts: list[set[int]]) -> {returns}:\n"
        f"    choices = subsets({items})\n"
        f"    good = [chosen for chosen in choices if is_good(chosen, parts)]\n{empty}"
        f"    size = {size}\n"
        "    best = [chosen for chosen in good if len(chosen) == size]\n"
        f"    return {result}\n\n\n"
        "def is_good(chosen: list[int], parts: list[set[int]]) -> bool:\n"
        f"{python}\n\n"
        "def subsets(items: list[int]) -> list[list[int]]:\n"
        "    if not items:\n        return [[]]\n"
        "    without = subsets(items[1:])\n"
        "    return [[items[0], *chosen] for chosen in without] + without\n"
    )

    def oracle(parts: _Sets) -> Any:
        there = [v for v in _RANGE if any(v in p for p in parts)]
        among = there if of_values else list(range(len(parts)))
        sizes = range(len(among) + 1)
        for number in reversed(sizes) if most else sizes:
            found = [c for c in itertools.combinations(among, number) if fits(parts, c)]
            if found:
                return of(found)
        return of([])

    def arguments(draw: Draw) -> tuple[Any, ...]:
        high = draw.pick((1, 2, 3))
        share = draw.pick((0.3, 0.4, 0.6))
        parts = [_set(draw, -2, high, share) for _ in range(draw.between(2, 6))]
        if does == "exact" and draw.chance(0.6):
            owner = {value: draw.below(3) for value in range(-2, high + 1)}
            split = [{v for v in owner if owner[v] == number} for number in range(3)]
            parts = draw.shuffle([*parts[:3], *(part for part in split if part)])
        if does != "apart" and draw.chance(0.8):
            parts = [part for part in parts if part]
        if does == "differ" and draw.chance(0.85):
            parts = [part for place, part in enumerate(parts) if part not in parts[:place]]
        return (parts,)

    fail = f"; {otherwise} if there is no good choice" if may_fail else ""
    best = "most" if most else "fewest"
    places = "" if of_values or told == "count" else (
        " A part is told by its place in `parts`, counted from 0."
    )  # fmt: skip
    return Problem(
        f"{words} A choice of none may be good, too. The best choices are the good ones with the "
        f"{best} chosen {'values' if of_values else 'parts'}.{places}\nReturn {sentence}{fail}.",
        Interface("sets", (("parts", "list[set[int]]"),), returns),
        reference,
        oracle,
        arguments,
        [
            ([],), ([set()],), ([{1}],), ([{1}, {1}],), ([{1, 2}, {2, 3}, {3, 1}],),
            ([{-1, 5}, {5, -8}, {-8}],), ([{1}, {2}, {1, 2}],), ([{1, 2}, {3}, {1, 3}, {2}],),
            ([{-9, 20, 3}, {20}, {-9, 3}, set()],), ([{4, -6}, {7, -6}, {4, 7}, {-6}],),
            ([{1, 2}, {2, 3}, {3, 4}, {4, 5}, {5, 1}],), ([{1, 2, 3, 4}, {1, 2}, {3, 4}, {4}],),
            ([{1, 2, 3}, {3, 4, 5}, {1, 4}, {2, 5}, {3}],), ([{8, -8}, set(), {8}, {-8}],),
        ],
        [
            slip(reference, mistake),
            slip(reference, other),
            slip(reference, ("chosen in good if len(chosen) == size", "chosen in good")),
        ][: 2 if told == "always" else 3],
    )  # fmt: skip
