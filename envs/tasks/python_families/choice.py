"""What is best to choose: one thing, a few in their order, two, one of each group, plans, sets."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from ....verifiers.python.interface import Interface
from ..draw import Draw
from .family import Problem, family, slip

_Slips = Sequence[tuple[str, str]]
_Item = tuple[str, int, int]
_Items = list[_Item]

# ---------------------------------------------------------------- 1: things and a number
#
# name -> words, result, oracle, Python, and slips. No two items have the same name.
_ONE: dict[str, tuple[str, str, Callable[[_Items, int], Any], str, _Slips]] = {
    "cheapest": (
        "the name of the cheapest item whose worth is at least `n`, the first in `items` of "
        "several such; None if there is none", "str | None",
        lambda items, n: ([k for c in range(99) for k, d, w in items if d == c and w >= n]
                          + [None])[0],
        "min(\n        (item for item in items if item[2] >= n),\n"
        "        key=lambda item: item[1],\n        default=(None,),\n    )[0]",
        [("item[2] >= n", "item[2] > n"), ("key=lambda item: item[1]",
                                           "key=lambda item: (item[1], item[0])")],
    ),
    "within": (
        "a list of the names of the items that cost at most `n`, the cheapest first, those of "
        "equal cost in alphabetical order", "list[str]",
        lambda items, n: [k for c in range(n + 1) for k, d, _ in sorted(items) if d == c],
        "[name for cost, name in sorted((cost, name) for name, cost, _ in items if cost <= n)]",
        [("cost <= n", "cost < n"), ("sorted((cost, name) for name, cost, _ in items if cost <= n)",
                                     "[(cost, name) for name, cost, _ in items if cost <= n]")],
    ),
    "dearest": (
        "the name of the item that costs most among those that cost at most `n`, the alphabetically"
        " first of several such; None if there is none", "str | None",
        lambda items, n: next((k for c in range(n, -1, -1) for k, d, _ in sorted(items)
                               if d == c), None),
        "min(\n        (item for item in items if item[1] <= n),\n"
        "        key=lambda item: (-item[1], item[0]),\n        default=(None,),\n    )[0]",
        [("item[1] <= n", "item[1] < n"), ("(-item[1], item[0])", "-item[1]")],
    ),
    "gain": (
        "the greatest gain of an item, which is its worth less its cost, among the items that cost "
        "at most `n`; 0 if no such item has a gain above 0", "int",
        lambda items, n: sorted([w - c for _, c, w in items if not c > n] + [0])[-1],
        "max([0, *(worth - cost for _, cost, worth in items if cost <= n)])",
        [("if cost <= n", "if worth <= n"), ("[0, *(worth - cost for _, cost, worth in items if "
                                             "cost <= n)]", "(worth - cost for _, cost, worth in "
                                             "items if cost <= n), default=0")],
    ),
    "nearest": (
        "the name of the item whose cost differs least from `n`, of several such the cheapest, and "
        "of several of these the first in `items`; None if there is no item", "str | None",
        lambda items, n: next((k for d in range(99) for c in (n - d, n + d)
                               for k, cost, _ in items if cost == c), None),
        "min(\n        items, key=lambda item: (abs(item[1] - n), item[1]), default=(None,)\n"
        "    )[0]",
        [("(abs(item[1] - n), item[1])", "abs(item[1] - n)"),
         ("(abs(item[1] - n), item[1])", "(abs(item[1] - n), -item[1])")],
    ),
    "rest": (
        "a dictionary from the name of each item that costs at most `n` and is worth more than its "
        "cost to what is left of `n` after its cost", "dict[str, int]",
        lambda items, n: {k: len(range(c, n)) for k, c, w in items if c <= n and w - c > 0},
        "{name: n - cost for name, cost, worth in items if cost <= n and worth > cost}",
        [("worth > cost", "worth >= cost"), ("cost <= n", "cost < n")],
    ),
    "efficient": (
        "a list of the names, in the order of `items`, of the items that cost at most `n` and are "
        "worth more than every item that costs less", "list[str]",
        lambda items, n: [k for k, c, w in items if c <= n
                          and w > max([v for _, d, v in items if d < c] + [-1])],
        "[\n        name\n        for name, cost, worth in items\n        if cost <= n and "
        "all(worth > other[2] for other in items if other[1] < cost)\n    ]",
        [("worth > other[2]", "worth >= other[2]"), ("if other[1] < cost", "if other[1] <= cost")],
    ),
    "beyond": (
        "how many of the items that cost more than `n` are worth at least as much as every item "
        "that costs at most `n`; all of them, if there is none that costs so little", "int",
        lambda items, n: len([w for _, c, w in items if c > n
                              and not any(v > w for _, d, v in items if d <= n)]),
        "sum(\n        all(worth >= other[2] for other in items if other[1] <= n)\n"
        "        for _, cost, worth in items\n        if cost > n\n    )",
        [("worth >= other[2]", "worth > other[2]"), ("        if cost > n\n", "")],
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 2: things in their order
#
# name -> words, oracle (is an item taken, of what is left, the items taken, and the item just
# before), how Python begins and loops as far as an item is taken, and slips.
_Take = Callable[[int, _Items, "_Item | None", _Item], bool]
_LOOP = "    for item in items:\n        {}:\n"
_TAKE: dict[str, tuple[str, _Take, str, _Slips]] = {
    "fits": (
        "An item is taken if it costs at most what is then left of `budget`.",
        lambda left, _, __, item: not item[1] > left, _LOOP.format("if item[1] <= left"),
        [("item[1] <= left", "item[1] < left"), ("item[1] <= left", "item[1] <= budget")],
    ),
    "apart": (
        "An item is taken if it costs at most what is then left of `budget` and the item just "
        "before it in `items` is not taken.",
        lambda left, taken, before, item: item[1] <= left and taken[-1:] != [before],
        "    before: tuple[str, int, int] | None = None\n"
        "    for item in items:\n        last, before = before, item\n"
        "        if item[1] <= left and (not taken or taken[-1] != last):\n",
        [(" and (not taken or taken[-1] != last)", ""),
         ("(not taken or taken[-1] != last)", "len(taken) % 2 == 0")],
    ),
    "better": (
        "An item is taken if it costs at most what is then left of `budget` and is worth more than "
        "each item that is already taken.",
        lambda left, taken, _, item: item[1] <= left
        and item[2] > max([w for _, _, w in taken] + [-1]),
        _LOOP.format("if item[1] <= left and all(item[2] > other[2] for other in taken)"),
        [("item[2] > other[2]", "item[2] >= other[2]"),
         (" and all(item[2] > other[2] for other in taken)", "")],
    ),
    "half": (
        "An item is taken if it costs at most half of what is then left of `budget`.",
        lambda left, _, __, item: item[1] + item[1] <= left,
        _LOOP.format("if 2 * item[1] <= left"),
        [("2 * item[1] <= left", "2 * item[1] < left"), ("2 * item[1]", "item[1]")],
    ),
    "level": (
        "An item is taken if it costs at most what is then left of `budget` and its worth differs "
        "by at most 2 from that of the item that was taken last, if there is one.",
        lambda left, taken, _, item: item[1] <= left
        and all(abs(item[2] - w) < 3 for _, _, w in taken[-1:]),
        _LOOP.format("if item[1] <= left and (not taken or abs(item[2] - taken[-1][2]) <= 2)"),
        [("taken[-1][2]) <= 2", "taken[-1][2]) < 2"), ("taken[-1][2]", "taken[0][2]")],
    ),
}  # fmt: skip
# name -> words, result, oracle (of the items that are taken, and the budget), Python, and a slip.
_TAKEN: dict[str, tuple[str, str, Callable[[_Items, int], Any], str, tuple[str, str]]] = {
    "names": (
        "the list of the names of the items that are taken, in their order", "list[str]",
        lambda taken, _: [k for k, _, _ in taken], "[name for name, _, _ in taken]",
        ("[name for name, _, _ in taken]", "sorted(name for name, _, _ in taken)"),
    ),
    "rest": (
        "a pair of what is left of `budget` in the end and how many items are taken",
        "tuple[int, int]", lambda taken, n: (n - sum(c for _, c, _ in taken), len(taken)),
        "(left, len(taken))", ("len(taken))", "len(items))"),
    ),
    "worth": (
        "a pair of what the items that are taken cost together and what they are worth together",
        "tuple[int, int]", lambda taken, _: (sum(c for _, c, _ in taken),
                                             sum(w for _, _, w in taken)),
        "(budget - left, sum(worth for _, _, worth in taken))", ("(budget - left,", "(left,"),
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 3: two of several
#
# name -> words for the best pair, oracle (of two values and the goal; the less, the better; None:
# never), Python for which pairs are meant, and for the price of one, and slips.
_Good = Callable[[int, int, int], "int | None"]
_TWO: dict[str, tuple[str, _Good, str, str, _Slips]] = {
    "near": (
        "the sum of whose values differs least from `goal`", lambda a, b, g: abs(a + b - g),
        "", "abs(one + other - goal)",
        [("abs(one + other - goal)", "goal - one - other"),
         ("abs(one + other - goal)", "abs(one - goal) + abs(other - goal)")],
    ),
    "within": (
        "the sum of whose values is greatest among those with a sum of at most `goal`",
        lambda a, b, g: -a - b if a + b <= g else None, "one + other <= goal", "-(one + other)",
        [("one + other <= goal", "one + other < goal"), ("-(one + other)", "-max(one, other)")],
    ),
    "beyond": (
        "the sum of whose values is smallest among those with a sum of more than `goal`",
        lambda a, b, g: a + b if a + b > g else None, "one + other > goal", "one + other",
        [("one + other > goal", "one + other >= goal"), ("= one + other", "= max(one, other)")],
    ),
    "apart": (
        "whose values differ (without sign) by at least `goal`, and by as little as possible",
        lambda a, b, g: max(a - b, b - a) if max(a - b, b - a) >= g else None,
        "abs(one - other) >= goal", "abs(one - other)",
        [("abs(one - other) >= goal", "abs(one - other) > goal"),
         ("abs(one - other) >= goal", "one - other >= goal")],
    ),
    "larger": (
        "whose larger value is smallest among those with a sum of at least `goal`",
        lambda a, b, g: sorted((a, b))[1] if a + b >= g else None, "one + other >= goal",
        "max(one, other)",
        [("one + other >= goal", "one + other > goal"), ("= max(one, other)", "= one + other")],
    ),
}  # fmt: skip
# name -> words, result, oracle (of the best pairs of places, and the values), Python, and a slip.
_Pairs = list[tuple[int, int]]
_BEST: dict[str, tuple[str, str, Callable[[_Pairs, list[int]], Any], str, tuple[str, str]]] = {
    "places": (
        "Return the places of such a pair, the smaller one first; of several such pairs, the one "
        "with the smallest first place, and of these the one with the smallest second place. If "
        "there is no pair, return None", "tuple[int, int] | None",
        lambda pairs, _: min(pairs, default=None),
        "    return best[0]\n", ("best[0]", "best[-1]"),
    ),
    "values": (
        "Return the values of such a pair, the smaller one first; of several such pairs, the one "
        "with the greatest smaller value, and of these the one with the greatest other value. If "
        "there is no pair, return None", "tuple[int, int] | None",
        lambda pairs, v: max(((min(v[i], v[j]), max(v[i], v[j])) for i, j in pairs), default=None),
        "    return max((min(values[i], values[j]), max(values[i], values[j])) for i, j in best)\n",
        ("(min(values[i], values[j]), max(values[i], values[j]))", "(values[i], values[j])"),
    ),
    "count": (
        "Return how many such pairs there are, as pairs of places; 0 if there is no pair", "int",
        lambda pairs, _: len(pairs), "    return len(best)\n",
        ("len(best)", "len({(values[i], values[j]) for i, j in best})"),
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 4: one of each group
#
# name -> words, oracle (may an option follow others, of these and it), Python (of `chosen`, a list
# of options), and slips.
_Option = tuple[int, int]
_MAY: dict[str, tuple[str, Callable[[list[_Option], int], bool], str, _Slips]] = {
    "budget": (
        "The costs together are at most `limit`.", lambda o, n: sum(c for c, _ in o) <= n,
        "sum(cost for cost, _ in chosen) <= limit", [("<= limit", "< limit")],
    ),
    "rising": (
        "No chosen cost is less than that of the group just before by more than `limit`.",
        lambda o, n: all(o[i][0] - o[i + 1][0] <= n for i in range(len(o) - 1)),
        "all(one[0] - other[0] <= limit for one, other in zip(chosen, chosen[1:]))",
        [("one[0] - other[0] <= limit", "abs(one[0] - other[0]) <= limit")],
    ),
    "even": (
        "No two chosen costs differ by more than `limit`.",
        lambda o, n: all(abs(a - b) <= n for (a, _), (b, _) in itertools.combinations(o, 2)),
        "max(cost for cost, _ in chosen) - min(cost for cost, _ in chosen) <= limit",
        [("max(cost for cost, _ in chosen) - min(cost for cost, _ in chosen) <= limit",
          "all(abs(one[0] - other[0]) <= limit for one, other in zip(chosen, chosen[1:]))")],
    ),
    "repeated": (
        "No cost is chosen more than `limit` times.",
        lambda o, n: not any(len([c for c, _ in o if c == d]) > n for d, _ in o),
        "all([cost for cost, _ in chosen].count(cost) <= limit for cost, _ in chosen)",
        [("<= limit", "< limit")],
    ),
    "worth": (
        "Each chosen option is worth at least its cost less `limit`.",
        lambda o, n: min(w - c for c, w in o) >= -n,
        "all(worth >= cost - limit for cost, worth in chosen)", [("worth >= cost", "worth > cost")],
    ),
}  # fmt: skip
# name -> words for what is best, oracle (of the chosen options; the greater, the better), Python
# (of the same), and slips.
_AIM: dict[str, tuple[str, Callable[[list[_Option]], Any], str, _Slips]] = {
    "worth": (
        "The best choice has the greatest worth together; of several such, the smallest costs "
        "together",
        lambda o: (sum(w for _, w in o), -sum(c for c, _ in o)),
        "(-sum(worth for _, worth in chosen), sum(cost for cost, _ in chosen))",
        [(", sum(cost for cost, _ in chosen))", ", 0)")],
    ),
    "close": (
        "In the best choice the greatest worth of an option is greater than the smallest one by as "
        "little as possible; of several such, it has the greatest worth together",
        lambda o: (-max(abs(v - w) for _, v in o for _, w in o), sum(w for _, w in o)),
        "(max(worths) - min(worths), -sum(worths))", [("-sum(worths)", "0")],
    ),
    "gain": (
        "The best choice has the greatest gain, which is the worth of all its options together "
        "less the greatest of their costs",
        lambda o: sum(w for _, w in o) - sorted(c for c, _ in o)[-1],
        "max(cost for cost, _ in chosen) - sum(worth for _, worth in chosen)",
        [("max(cost for cost, _ in chosen) -", "sum(cost for cost, _ in chosen) -")],
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 5: plans, and sets of things
#
# name -> words, oracle (of the jobs of all workers), Python (may `job` follow `chosen`), and slips.
_PLAN: dict[str, tuple[str, Callable[[tuple[int, ...]], bool], str, _Slips]] = {
    "distinct": (
        "No two workers do the same job.", lambda jobs: len(jobs) == len({*jobs}),
        "job not in chosen", [(" and job not in chosen", "")],
    ),
    "twice": (
        "No job is done by more than two workers.",
        lambda jobs: not any(jobs.count(job) > 2 for job in jobs), "chosen.count(job) < 2",
        [("chosen.count(job) < 2", "job not in chosen")],
    ),
    "next": (
        "No worker does the same job as the worker just before; others may do the same.",
        lambda jobs: all(jobs[i] != jobs[i - 1] for i in range(1, len(jobs))),
        "chosen[-1:] != [job]", [("chosen[-1:] != [job]", "job not in chosen")],
    ),
    "order": (
        "The number of the job of a worker is not less than that of any worker before; it may be "
        "the same.", lambda jobs: list(jobs) == sorted(jobs), "chosen[-1:] <= [job]",
        [("chosen[-1:] <= [job]", "chosen[-1:] < [job]")],
    ),
    "spread": (
        "The numbers of the jobs of any two workers differ by 2 or more.",
        lambda jobs: all(abs(a - b) > 1 for a, b in itertools.combinations(jobs, 2)),
        "all(abs(job - other) > 1 for other in chosen)", [("> 1 for other in chosen", "> 1 for "
                                                           "other in chosen[-1:]")],
    ),
}  # fmt: skip
# name -> words, oracle (of the costs of a plan), Python (of the same), and a slip.
_PRICE: dict[str, tuple[str, Callable[[list[int]], Any], str, tuple[str, str]]] = {
    "total": (
        "with the smallest sum of costs", sum, "sum(paid)", ("return sum(paid)",
                                                             "return max(paid)"),
    ),
    "worst": (
        "whose greatest cost is smallest, and of several such those with the smallest sum of costs",
        lambda paid: (sorted(paid)[-1], sum(paid)), "(max(paid), sum(paid))",
        ("(max(paid), sum(paid))", "(max(paid), 0)"),
    ),
    "gap": (
        "whose greatest cost is greater than its smallest one by as little as possible, and of "
        "several such those with the smallest sum of costs",
        lambda paid: (max(a - b for a in paid for b in paid), sum(paid)),
        "(max(paid) - min(paid), sum(paid))",
        ("max(paid) - min(paid), sum(paid)", "max(paid) - min(paid), 0"),
    ),
}  # fmt: skip
# name -> words, oracle (of a pair of names, and the names that are chosen), Python, and slips.
_TIES: dict[str, tuple[str, Callable[[str, str, list[str]], bool], str, _Slips]] = {
    "needs": (
        "For each pair in `pairs`, the first item is chosen only if the second one is.",
        lambda a, b, names: b in names or a not in names, "one not in names or other in names",
        [("one not in names or other in names", "one in names or other not in names")],
    ),
    "clash": (
        "For each pair in `pairs`, the two items are not both chosen.",
        lambda a, b, names: [a in names, b in names] != [True, True],
        "one not in names or other not in names",
        [("one not in names or other not in names", "one not in names and other not in names")],
    ),
    "both": (
        "For each pair in `pairs`, both items are chosen or neither is.",
        lambda a, b, names: len([k for k in (a, b) if k in names]) != 1,
        "(one in names) == (other in names)",
        [("(one in names) == (other in names)", "one in names or other not in names")],
    ),
}  # fmt: skip
# name -> words, oracle (of costs and worths; the greater, the better), Python, and a slip.
_Of = Callable[[int, int, int], Any]
_SET: dict[str, tuple[str, _Of, str, tuple[str, str]]] = {
    "worth": (
        "the greatest worth together; of several such, the one with the smallest costs together",
        lambda c, w, _: (w, -c), "(-worth, cost, names)", ("(-worth, cost, names)",
                                                           "(-worth, names)"),
    ),
    "spent": (
        "the greatest costs together; of several such, the one with the fewest items",
        lambda c, _, n: (c, -n), "(-cost, len(names), names)", ("(-cost, len(names), names)",
                                                               "(-cost, names)"),
    ),
    "many": (
        "the most items; of several such, the one with the greatest worth together",
        lambda _, w, n: (n, w), "(-len(names), -worth, names)", ("(-len(names), -worth, names)",
                                                                 "(-len(names), names)"),
    ),
}  # fmt: skip


def _variants(level: int) -> list[tuple[Any, ...]]:
    if level == 1:
        return [(1, what, "") for what in _ONE]
    if level == 2:
        return [(2, take, told) for take in _TAKE for told in _TAKEN]
    if level == 3:
        return [(3, two, told) for two in _TWO for told in _BEST]
    if level == 4:
        return [(4, may, aim) for may in _MAY for aim in _AIM]
    return [(5, plan, price) for plan in _PLAN for price in _PRICE] + [
        (5, ties, aim) for ties in _TIES for aim in _SET
    ]


@family("choice", _variants)
def choice(level: int, what: str, how: str) -> Problem:
    if level == 5 and what in _TIES:
        return _things(what, how)
    return {1: _one, 2: _take, 3: _two, 4: _groups, 5: _plans}[level](what, how)


_ITEMS = "Each item is (name, cost, worth), with costs and worths of 0 or more; no two have the " \
    "same name."  # fmt: skip


def _draw_items(draw: Draw, count: int, reach: int) -> _Items:
    names = draw.shuffle("abcdefgh")[:count]
    return [(name, draw.between(0, reach), draw.between(0, reach)) for name in names]


def _one(what: str, _: str) -> Problem:
    words, returns, oracle, python, slips = _ONE[what]
    reference = (
        f"def choice(items: list[tuple[str, int, int]], n: int) -> {returns}:\n    return {python}"
        "\n"
    )

    def arguments(draw: Draw) -> tuple[Any, ...]:
        reach = draw.pick((2, 5, 9))
        return _draw_items(draw, draw.below(8), reach), draw.between(0, reach)

    return Problem(
        f"{_ITEMS} Return {words}.",
        Interface("choice", (("items", "list[tuple[str, int, int]]"), ("n", "int")), returns),
        reference,
        oracle,
        arguments,
        [
            ([], 0), ([], 3), ([("a", 2, 2)], 2), ([("a", 3, 1)], 2), ([("a", 1, 3)], 2),
            ([("b", 2, 5), ("a", 2, 5)], 3), ([("b", 1, 4), ("a", 3, 4)], 2),
            ([("b", 3, 4), ("a", 1, 4)], 2), ([("c", 4, 1), ("b", 0, 0), ("a", 4, 7)], 4),
            ([("d", 2, 2), ("c", 2, 3), ("b", 2, 4), ("a", 5, 4)], 5), ([("a", 0, 1)], 0),
            ([("c", 5, 5), ("a", 1, 5), ("d", 5, 6), ("b", 5, 6), ("e", 6, 0)], 5),
            ([("a", 4, 1), ("b", 1, 4), ("c", 2, 2)], 3), ([("a", 2, 1)], 3),
        ],
        [slip(reference, change) for change in slips],
    )  # fmt: skip


def _take(take: str, told: str) -> Problem:
    words, is_taken, loop, slips = _TAKE[take]
    sentence, returns, of, result, mistake = _TAKEN[told]
    reference = (
        f"def choice(items: list[tuple[str, int, int]], budget: int) -> {returns}:\n"
        f"    left = budget\n    taken: list[tuple[str, int, int]] = []\n{loop}"
        "            taken.append(item)\n            left -= item[1]\n"
        f"    return {result}\n"
    )

    def oracle(items: _Items, budget: int) -> Any:
        taken: _Items = []
        for place, item in enumerate(items):
            left = budget - sum(cost for _, cost, _ in taken)
            before = items[place - 1] if place else None
            if is_taken(left, taken, before, item):
                taken = [*taken, item]
        return of(taken, budget)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        reach = draw.pick((2, 4, 9))
        return _draw_items(draw, draw.between(1, 8), reach), draw.between(0, 3 * reach)

    return Problem(
        f"{_ITEMS} `budget` is 0 or more. The items are looked at one after the other, in their "
        f"order. {words} What it costs is then no longer left.\nReturn {sentence}.",
        Interface("choice", (("items", "list[tuple[str, int, int]]"), ("budget", "int")), returns),
        reference,
        oracle,
        arguments,
        [
            ([], 0), ([], 5), ([("a", 3, 1)], 3), ([("a", 4, 1)], 3), ([("b", 2, 2)], 4),
            ([("b", 2, 2), ("a", 2, 2)], 4), ([("d", 1, 1), ("c", 1, 2), ("b", 1, 3)], 9),
            ([("d", 1, 3), ("c", 1, 3), ("b", 9, 8), ("a", 1, 1), ("e", 1, 5)], 5),
            ([("c", 0, 0), ("b", 0, 2), ("a", 0, 5), ("d", 0, 3), ("e", 0, 0)], 0),
            ([("a", 5, 4), ("b", 3, 4), ("c", 2, 6), ("d", 1, 7)], 8),
            ([("b", 5, 1), ("a", 3, 2), ("c", 1, 3), ("d", 1, 3)], 10),
            ([("e", 9, 1), ("d", 1, 2), ("b", 2, 4), ("a", 3, 6)], 6),
        ],
        [
            *(slip(reference, change) for change in slips),
            slip(reference, mistake),
        ],
    )  # fmt: skip


def _two(two: str, told: str) -> Problem:
    words, good, condition, key, slips = _TWO[two]
    sentence, returns, of, result, mistake = _BEST[told]
    step = f"prices[i, j] = {key}\n"
    if condition:
        step = f"if {condition}:\n            {step}"
    reference = (
        "from itertools import combinations\n\n\n"
        f"def choice(values: list[int], goal: int) -> {returns}:\n"
        "    prices: dict[tuple[int, int], int] = {}\n"
        "    for i, j in combinations(range(len(values)), 2):\n"
        f"        one, other = values[i], values[j]\n        {step}"
        f"    if not prices:\n        return {'None' if 'None' in returns else '0'}\n"
        "    least = min(prices.values())\n"
        f"    best = [pair for pair in prices if prices[pair] == least]\n{result}"
    )

    def oracle(values: list[int], goal: int) -> Any:
        prices = [
            (good(values[i], values[j], goal), (i, j)) for j in range(len(values)) for i in range(j)
        ]
        known = [price for price, _ in prices if price is not None]
        return of([pair for price, pair in prices if known and price == min(known)], values)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        reach = draw.pick((2, 4, 9))
        goal = draw.between(0, reach if two == "apart" else reach + reach // 2)
        return [draw.between(-2, reach) for _ in range(draw.pick((1, 2, 3, 4, 5, 6, 7, 8)))], goal

    return Problem(
        "Two of the values are to be chosen, from different places (which are counted from 0). "
        f"Look for the pairs {words}.\n{sentence}.",
        Interface("choice", (("values", "list[int]"), ("goal", "int")), returns),
        reference,
        oracle,
        arguments,
        [
            ([], 0), ([3], 3), ([3, 3], 6), ([3, 4], 6), ([4, 3], 8), ([1, 2, 3], 4),
            ([2, 2, 2, 2], 4), ([5, 1, 4, 2, 3], 6), ([1, 5, 2, 4], 5), ([9, -2, 0, 7], 7),
            ([0, 0, 1], 0), ([6, 1, 1, 6], 5), ([3, 8, 3, 8, 5], 9), ([1, 1], 9), ([7, 7], 1),
            ([-2, -2, -1], -3), ([4, 1, 7, 10, 13], 3),
        ],
        [
            *(slip(reference, change) for change in slips),
            slip(reference, mistake),
        ],
    )  # fmt: skip


def _groups(may: str, aim: str) -> Problem:
    words, allowed, python, slips = _MAY[may]
    sentence, value, key, more = _AIM[aim]
    worths = "    worths = [worth for _, worth in chosen]\n" * ("worths" in key)
    reference = (
        "from itertools import product\n\n\n"
        "def choice(groups: list[list[tuple[int, int]]], limit: int) -> list[int] | None:\n"
        "    choices = product(*(range(len(group)) for group in groups))\n"
        "    allowed = [places for places in choices if is_allowed(options(groups, places), limit)]"
        "\n    if not allowed:\n        return None\n"
        "    return list(min(allowed, key=lambda places: price(options(groups, places))))\n\n\n"
        "def options(\n    groups: list[list[tuple[int, int]]], places: tuple[int, ...]\n"
        ") -> list[tuple[int, int]]:\n"
        "    return [group[place] for group, place in zip(groups, places)]\n\n\n"
        "def is_allowed(chosen: list[tuple[int, int]], limit: int) -> bool:\n"
        f"    return {python}\n\n\n"
        f"def price(chosen: list[tuple[int, int]]) -> "
        f"{'tuple[int, int]' if key.startswith('(') else 'int'}:\n"
        f'    """The less, the better."""\n{worths}    return {key}\n'
    )

    def oracle(groups: list[list[_Option]], limit: int) -> list[int] | None:
        choices: list[list[int]] = [[]]
        for group in groups:
            choices = [[*before, place] for before in choices for place in range(len(group))]
        found: list[int] | None = None
        best: Any = None
        for places in choices:
            chosen = [group[place] for group, place in zip(groups, places, strict=True)]
            if allowed(chosen, limit) and (found is None or value(chosen) > best):
                found, best = places, value(chosen)
        return found

    def arguments(draw: Draw) -> tuple[Any, ...]:
        reach = draw.pick((2, 4, 8))
        groups = [
            [(draw.between(0, reach), draw.between(0, reach)) for _ in range(draw.between(1, 4))]
            for _ in range(draw.pick((1, 2, 3, 3, 4)))
        ]
        high = {"budget": 2 * reach, "repeated": 3}.get(may, reach // 2)
        return groups, draw.between(1 if may == "repeated" else 0, high)

    return Problem(
        "Each group has options (cost, worth), with costs and worths of 0 or more; there is at "
        "least one group and no group is empty. A choice takes one option of each group. "
        f"{words} {sentence}; of several that are equal in this, the one that comes first as a "
        "list of places.\nReturn the best choice as the list of the places of its options in their "
        "groups (counted from 0), in the order of the groups; None if no choice is possible. "
        "`limit` is 0 or more.",
        Interface(
            "choice", (("groups", "list[list[tuple[int, int]]]"), ("limit", "int")),
            "list[int] | None",
        ),
        reference,
        oracle,
        arguments,
        [
            ([[(0, 0)]], 0), ([[(1, 5)]], 0), ([[(1, 5)]], 1), ([[(2, 5), (1, 5)]], 2),
            ([[(1, 5), (2, 5)], [(1, 1), (0, 1)]], 2), ([[(3, 1)], [(1, 9), (2, 1)]], 1),
            ([[(3, 1)], [(1, 9), (2, 2)], [(3, 0), (2, 0)]], 1), ([[(2, 0), (0, 2)]] * 3, 1),
            ([[(1, 4), (4, 4)], [(4, 4), (1, 4)], [(1, 1), (4, 1)]], 2),
            ([[(4, 2), (6, 6)], [(5, 5), (1, 3)], [(3, 4), (9, 7)]], 5),
            ([[(5, 9), (3, 6), (1, 3)], [(7, 8), (3, 3)], [(4, 4), (2, 5)]], 3),
            ([[(0, 3), (2, 3)], [(2, 3), (0, 3)]], 0), ([[(8, 1)], [(1, 8)]], 7),
            ([[(1, 1)], [(3, 1)], [(5, 1)]], 2), ([[(1, 2)], [(3, 9), (2, 2)], [(5, 3)]], 3),
            ([[(1, 1), (1, 1)], [(1, 1), (1, 1)]], 2), ([[(6, 2), (9, 4)], [(2, 1), (7, 3)]], 4),
        ],
        [
            *(slip(reference, change) for change in (*slips, *more)),
            slip(reference, ("return list(min(allowed", "return list(min(allowed[::-1]")),
        ],
    )  # fmt: skip


def _plans(plan: str, price: str) -> Problem:
    words, allowed, python, slips = _PLAN[plan]
    sentence, value, key, mistake = _PRICE[price]
    kind = "int" if price == "total" else "tuple[int, int]"
    reference = (
        "def choice(costs: list[list[int | None]]) -> list[int] | None:\n"
        "    return min(plans(costs, []), key=lambda jobs: price(costs, jobs), default=None)\n\n\n"
        "def plans(costs: list[list[int | None]], chosen: list[int]) -> list[list[int]]:\n"
        '    """All plans that begin with the jobs in `chosen`, in the order of lists."""\n'
        "    if len(chosen) == len(costs):\n        return [chosen]\n"
        "    found: list[list[int]] = []\n"
        "    for job, cost in enumerate(costs[len(chosen)]):\n"
        f"        if cost is not None and {python}:\n"
        "            found += plans(costs, [*chosen, job])\n    return found\n\n\n"
        f"def price(costs: list[list[int | None]], jobs: list[int]) -> {kind}:\n"
        "    paid = [row[job] for row, job in zip(costs, jobs)]\n"
        f"    return {key}\n"
    )

    def oracle(costs: list[list[int | None]]) -> list[int] | None:
        width = max(map(len, costs), default=0)
        best: tuple[Any, list[int]] | None = None
        for jobs in itertools.product(range(width), repeat=len(costs)):
            paid = [row[job] for row, job in zip(costs, jobs, strict=True)]
            known = [cost for cost in paid if cost is not None]
            if len(known) == len(costs) and allowed(jobs):
                entry = (value(known), list(jobs))
                best = entry if best is None else min(best, entry)
        return None if best is None else best[1]

    def arguments(draw: Draw) -> tuple[Any, ...]:
        reach, share = draw.pick((2, 4, 9)), draw.pick((0.75, 0.95))
        jobs = draw.between(3, 5) if plan == "spread" else draw.between(2, 4)
        workers = draw.pick((1, 2, 3) if plan == "spread" else (1, 2, 3, 3, 4))
        return (
            [
                [draw.between(0, reach) if draw.chance(share) else None for _ in range(jobs)]
                for _ in range(workers)
            ],
        )

    return Problem(
        "`costs` has a row for each worker, in their order; a row has for each job, by its number "
        "from 0, what it costs if this worker does it, 0 or more, or None if this worker cannot do "
        "it. There is at least one row, and all rows are of the same length. A plan gives every "
        f"worker one job that this worker can do; not every job need be done. {words}\n"
        "Return the best plan as a list of the "
        f"numbers of the jobs, in the order of the workers. The best plans are those {sentence}; "
        "of several that are equal in this, the best one is the one that comes first, as lists "
        "compare. If there is no plan, return None.",
        Interface("choice", (("costs", "list[list[int | None]]"),), "list[int] | None"),
        reference,
        oracle,
        arguments,
        [
            ([[]],), ([[], []],), ([[3]],), ([[None]],), ([[2, 1]],), ([[1, 1]],), ([[1], [1]],),
            ([[1, 2], [1, 2]],), ([[1, 2], [1, 9]],), ([[2, 2, 1], [2, 2, 2]],),
            ([[0, 5, 5], [0, 5, 5], [0, 5, 5]],), ([[0, 5, 9, 9]] * 3,), ([[4, 0, 3, 7, 1]] * 3,),
            ([[1, None, 4], [None, 2, None], [3, 3, 0]],), ([[9, 1, 5], [1, 9, 5], [5, 5, 5]],),
            ([[7, 3, 9, 1], [2, 8, 4, 6], [5, 5, 0, 3]],), ([[3, 4], [4, 3], [0, 9], [6, 5]],),
            ([[2, 9, 3, 9, 4], [1, 9, 1, 9, 1], [4, 9, 4, 9, 3]],), ([[6, 2], [2, 6], [6, 2]],),
            ([[3, 1, 5], [2, 9, 5], [9, 1, 9]],), ([[2, 0, 1], [0, 2, 1]],), ([[8, 4], [6, 2]],),
            ([[8, 7], [4, 1], [6, 4]],), ([[2, 5], [1, 2]],),
        ],
        [
            *(slip(reference, change) for change in slips),
            slip(reference, mistake),
            slip(reference, ("key=lambda jobs: price(costs, jobs)",
                             "key=lambda jobs: (price(costs, jobs), [-job for job in jobs])")),
        ],
    )  # fmt: skip


def _things(ties: str, aim: str) -> Problem:
    words, together, python, slips = _TIES[ties]
    sentence, value, key, mistake = _SET[aim]
    named = [name for name in ("cost", "worth") if name in key]
    head = (
        "def choice(items: list[tuple[str, int, int]], pairs: list[tuple[str, str]], budget: int)"
        " -> list[str]:\n"
    )
    sums = "".join(
        f"    {name} = sum(item[{place}] for item in chosen)\n"
        for place, name in ((1, "cost"), (2, "worth")) if name in named
    )  # fmt: skip
    reference = (
        f"{head}    choices = subsets(sorted(items))\n"
        "    possible = [chosen for chosen in choices if is_possible(chosen, pairs, budget)]\n"
        "    best = min(possible, key=price)\n    return [name for name, _, _ in best]\n\n\n"
        "def subsets(items: list[tuple[str, int, int]]) -> list[list[tuple[str, int, int]]]:\n"
        "    found: list[list[tuple[str, int, int]]] = [[]]\n    for item in items:\n"
        "        found += [[*chosen, item] for chosen in found]\n    return found\n\n\n"
        "def is_possible(\n    chosen: list[tuple[str, int, int]], pairs: list[tuple[str, str]], "
        "budget: int\n) -> bool:\n"
        "    names = [name for name, _, _ in chosen]\n"
        "    affordable = sum(cost for _, cost, _ in chosen) <= budget\n"
        f"    return affordable and all({python} for one, other in pairs)\n\n\n"
        "def price(chosen: list[tuple[str, int, int]]) -> tuple[int, int, list[str]]:\n"
        '    """The less, the better."""\n'
        f"{sums}    names = [name for name, _, _ in chosen]\n    return {key}\n"
    )

    def oracle(items: _Items, pairs: list[tuple[str, str]], budget: int) -> list[str]:
        found: list[tuple[Any, list[str]]] = []
        for number in range(1 << len(items)):
            chosen = [item for place, item in enumerate(items) if number >> place & 1]
            names = sorted(name for name, _, _ in chosen)
            cost = sum(cost for _, cost, _ in chosen)
            if cost <= budget and all(together(a, b, names) for a, b in pairs):
                found.append((value(cost, sum(w for _, _, w in chosen), len(chosen)), names))
        best = max(score for score, _ in found)
        return min(names for score, names in found if score == best)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        reach = draw.pick((2, 4, 9))
        items = _draw_items(draw, draw.between(1, 6), reach)
        names = [name for name, _, _ in items]
        pairs = [
            (one, other)
            for one, other in itertools.permutations(names, 2) if draw.chance(0.6 / len(names))
        ]  # fmt: skip
        return items, pairs, draw.between(0, 3 * reach)

    a, b, c, d = ("a", 2, 3), ("b", 3, 3), ("c", 1, 1), ("d", 4, 6)
    return Problem(
        f"{_ITEMS} Some of the items, perhaps none, are to be chosen. Their costs together are at "
        f"most `budget`, which is 0 or more. {words} The names in `pairs` are those of items.\n"
        f"The best choice is the one with {sentence}; of several that are equal in this, the one "
        "whose names, as a list in alphabetical order, come first, as lists compare. Return the "
        "list of the names of the best choice, in alphabetical order.",
        Interface(
            "choice",
            (
                ("items", "list[tuple[str, int, int]]"), ("pairs", "list[tuple[str, str]]"),
                ("budget", "int"),
            ),
            "list[str]",
        ),
        reference,
        oracle,
        arguments,
        [
            ([], [], 0), ([a], [], 2), ([a], [], 1), ([b, a], [], 3), ([b, a], [], 5),
            ([b, a], [("a", "b")], 4), ([b, a], [("b", "a")], 4), ([b, a], [("a", "b")], 5),
            ([d, c, b, a], [("d", "c"), ("c", "a")], 7), ([d, c, b, a], [("a", "d")], 6),
            ([d, c, b, a], [], 6), ([c, ("e", 0, 0), ("f", 0, 2)], [("e", "c")], 0),
            ([("e", 2, 2), ("f", 1, 1), ("g", 1, 1)], [], 2), ([d, a], [("d", "a"), ("a", "d")], 5),
            ([("e", 2, 5), ("f", 3, 5), ("g", 1, 5)], [("g", "f")], 3),
            ([("g", 2, 2), ("f", 2, 2), ("e", 2, 2)], [("e", "f"), ("f", "g")], 4),
            ([("e", 3, 1), ("f", 1, 1), ("g", 2, 1)], [], 3), ([("e", 2, 1), ("f", 2, 5)], [], 2),
            ([("e", 2, 3), ("f", 1, 3)], [], 2), ([("f", 2, 3), ("e", 1, 3)], [], 2),
        ],
        [
            *(slip(reference, change) for change in slips),
            slip(reference, mistake),
            slip(reference, ("<= budget", "< budget")),
        ],
    )  # fmt: skip
