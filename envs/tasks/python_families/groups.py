"""Records put together by their keys: lookups, runs, neighbours that merge, totals, reports."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from ....verifiers.python.interface import Interface
from ..draw import Draw
from .family import Problem, family, raising, slip

_Slips = Sequence[tuple[str, str]]
_Pairs = list[tuple[str, int]]

# ---------------------------------------------------------------- 1: pairs
#
# name -> words, result, oracle, what the function does, and slips.
_LOOKUPS: dict[str, tuple[str, str, Callable[[_Pairs], Any], str, _Slips]] = {
    "inverse": (
        "a dictionary from each number to the list of the names that stand with it, in the order "
        "of the pairs; a name that stands with it several times is in the list as often",
        "dict[int, list[str]]",
        lambda p: {n: [a for a, b in p if b == n] for _, n in p},
        "    names: dict[int, list[str]] = {}\n    for name, number in pairs:\n"
        "        names.setdefault(number, []).append(name)\n    return names\n",
        [("names.setdefault(number, []).append(name)", "names[number] = [name]"),
         ("        names.setdefault", "        if name not in names.get(number, []):\n"
          "            names.setdefault")],
    ),
    "members": (
        "a dictionary from each name to the list of the different numbers that stand with it, in "
        "rising order", "dict[str, list[int]]",
        lambda p: {k: [n for n in range(-99, 100) if (k, n) in p] for k, _ in p},
        "    numbers: dict[str, set[int]] = {}\n    for name, number in pairs:\n"
        "        numbers.setdefault(name, set()).add(number)\n"
        "    return {name: sorted(found) for name, found in numbers.items()}\n",
        [("sorted(found)", "sorted(found, reverse=True)"),
         ("numbers: dict[str, set[int]]", "numbers: dict[str, list[int]]"),
         ("sorted(found)", "sorted(found, key=abs)")],
    ),
    "repeated": (
        "a list of the names that stand in two pairs or more, each once, in the order in which "
        "they occur for the first time", "list[str]",
        lambda p: [k for i, (k, _) in enumerate(p) if [a for a, _ in p].count(k) > 1
                   and k not in [a for a, _ in p[:i]]],
        "    counts = Counter(name for name, _ in pairs)\n"
        "    return [name for name, count in counts.items() if count > 1]\n",
        [("counts.items()", "sorted(counts.items())"), ("for name, _ in pairs", "for name, _ in "
                                                        "set(pairs)"),
         ("counts.items()", "reversed(counts.items())")],
    ),
    "changed": (
        "a dictionary from each name to the number of the last pair in which it stands, but only "
        "for the names for which the first such pair has another number", "dict[str, int]",
        lambda p: {k: n for i, (k, n) in enumerate(p) if k not in [a for a, _ in p[i + 1 :]]
                   and n != next(b for a, b in p if a == k)},
        "    first, last = dict(reversed(pairs)), dict(pairs)\n"
        "    return {name: n for name, n in last.items() if n != first[name]}\n",
        [("dict(reversed(pairs)), dict(pairs)", "dict(pairs), dict(reversed(pairs))"),
         (" if n != first[name]", ""), ("n != first[name]", "n > first[name]")],
    ),
    "exclusive": (
        "the set of the numbers that stand with a single name: all pairs that have the number have "
        "the same name", "set[int]",
        lambda p: {n for k, n in p if all(a == k for a, b in p if b == n)},
        "    names: dict[int, set[str]] = {}\n    for name, number in pairs:\n"
        "        names.setdefault(number, set()).add(name)\n"
        "    return {number for number, found in names.items() if len(found) == 1}\n",
        [("names: dict[int, set[str]]", "names: dict[int, list[str]]"),
         ("len(found) == 1", "len(found) <= 2")],
    ),
    "places": (
        "a dictionary from each name to the list of the indices of its pairs in `pairs`, counted "
        "from 0, in rising order", "dict[str, list[int]]",
        lambda p: {k: [i for i in range(len(p)) if p[i][0] == k] for k, _ in p},
        "    places: dict[str, list[int]] = {}\n    for place, (name, _) in enumerate(pairs):\n"
        "        places.setdefault(name, []).append(place)\n    return places\n",
        [("enumerate(pairs)", "enumerate(pairs, 1)"),
         (".append(place)", ".append(len(places[name]))"),
         ("        places.setdefault(name, []).append(place)",
          "        places.setdefault(name, []).append(pairs.index((name, _)))")],
    ),
    "frequency": (
        "a dictionary from each number of times that a name occurs to the list of the names that "
        "occur so often, in alphabetical order; without numbers for which there is no name",
        "dict[int, list[str]]",
        lambda p: {
            n: sorted({k for k, _ in p if [a for a, _ in p].count(k) == n})
            for n in {[a for a, _ in p].count(k) for k, _ in p}
        },
        "    found: dict[int, list[str]] = {}\n"
        "    for name, count in sorted(Counter(name for name, _ in pairs).items()):\n"
        "        found.setdefault(count, []).append(name)\n    return found\n",
        [("sorted(Counter(name for name, _ in pairs).items())",
          "Counter(name for name, _ in pairs).items()"),
         ("for name, _ in pairs", "for name, _ in set(pairs)"),
         ("found.setdefault(count, []).append(name)", "found[count] = [name]")],
    ),
    "together": (
        "a list of the pairs in which those with the same name stand together: first all with the "
        "name that occurs first in `pairs`, then all with the name that occurs next for the first "
        "time, and so on; those with the same name stay in their order", "list[tuple[str, int]]",
        lambda p: [x for k in dict(p) for x in p if x[0] == k],
        "    names = [name for name, _ in pairs]\n"
        "    return sorted(pairs, key=lambda pair: names.index(pair[0]))\n",
        [("key=lambda pair: names.index(pair[0])", "key=lambda pair: pair[0]"),
         ("names.index(pair[0])", "(names.index(pair[0]), pair[1])"),
         ("    return sorted(pairs", "    names.reverse()\n    return sorted(pairs")],
    ),
    "greatest": (
        "a dictionary from each name to the greatest number that stands with it", "dict[str, int]",
        lambda p: {k: sorted(n for a, n in p if a == k)[-1] for k, _ in p},
        "    found: dict[str, int] = {}\n    for name, number in pairs:\n"
        "        found[name] = max(found.get(name, number), number)\n    return found\n",
        [("found.get(name, number)", "found.get(name, 0)"),
         ("max(found.get(name, number), number)", "number"),
         ("max(found.get(name, number), number)", "found.get(name, 0) + number")],
    ),
    "positive": (
        "a list of the names whose numbers together make more than 0, in alphabetical order, each "
        "once", "list[str]",
        lambda p: sorted({k for k, _ in p if sum(n for a, n in p if a == k) > 0}),
        "    sums: dict[str, int] = {}\n    for name, number in pairs:\n"
        "        sums[name] = sums.get(name, 0) + number\n"
        "    return sorted(name for name, total in sums.items() if total > 0)\n",
        [("sorted(name for name, total in sums.items() if total > 0)",
          "[name for name, total in sums.items() if total > 0]"),
         ("total > 0", "total >= 0"), ("for name, number in pairs", "for name, number in "
                                        "set(pairs)")],
    ),
    "heads": (
        "a list of the pairs, in their order, without those whose name is also that of the pair "
        "directly before them", "list[tuple[str, int]]",
        lambda p: [b for a, b in zip([("", 0), *p], p, strict=False) if a[0] != b[0]],
        "    return [\n        pair for place, pair in enumerate(pairs)\n"
        "        if place == 0 or pairs[place - 1][0] != pair[0]\n    ]\n",
        [("pairs[place - 1][0] != pair[0]", "pairs[place - 1] != pair"),
         ("pairs[place - 1][0] != pair[0]", "pair[0] not in [name for name, _ in pairs[:place]]"),
         ("place == 0 or pairs", "place and pairs")],
    ),
    "opposite": (
        "the set of the names with which some number above 0 stands, and in another pair the same "
        "number with a minus sign", "set[str]",
        lambda p: {k for k, n in p for a, m in p if k == a and n + m == 0 and n != 0},
        "    there = set(pairs)\n"
        "    return {name for name, n in there if n != 0 and (name, -n) in there}\n",
        [("n != 0 and ", ""), ("(name, -n) in there", "-n in [m for _, m in there]"),
         ("(name, -n) in there", "any(m < 0 for other, m in there if other == name)")],
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 2: runs of words
#
# name -> words, the key's type, oracle, and Python of the key.
_KEYS: dict[str, tuple[str, str, Callable[[str], Any], str]] = {
    "length": ("its number of characters", "int", len, "len(word)"),
    "initial": ("its first character", "str", lambda w: w[0], "word[0]"),
    "ending": ("its last character", "str", lambda w: w[-1:], "word[-1]"),
    "digit": (
        "True if it has any of the digits 0 to 9, else False",
        "bool",
        lambda w: bool(set(w) & {*"0123456789"}),
        "any(character.isdigit() for character in word)",
    ),
    "variety": (
        "how many different characters it has",
        "int",
        lambda w: len([k for k in range(len(w)) if w[k] not in w[:k]]),
        "len(set(word))",
    ),
}
# name -> words, result, oracle (of the runs and the key), Python, and slips.
_Runs = Callable[[list[list[str]], Callable[[str], Any]], Any]
_TOLD: dict[str, tuple[str, str, _Runs, str, _Slips]] = {
    "lists": (
        "the list of the runs in their order, each a list of its words", "list[list[str]]",
        lambda runs, _: runs,
        "    return [list(run) for _, run in groupby(words, key=key)]\n",
        [("[list(run) for", "[sorted(run) for")],
    ),
    "counts": (
        "a list with a pair for each run, in their order: its key, and how many words it has",
        "list[tuple[{key}, int]]",
        lambda runs, key: [(key(run[0]), len(run)) for run in runs],
        "    return [(value, len(list(run))) for value, run in groupby(words, key=key)]\n",
        [("len(list(run))", "len(set(run))")],
    ),
    "longest": (
        "the run that has most words, as a list; of several the first; the empty list if there are "
        "no words", "list[str]",
        lambda runs, _: sorted(runs, key=len, reverse=True)[0] if runs else [],
        "    runs = [list(run) for _, run in groupby(words, key=key)]\n"
        "    return max(runs, key=len, default=[])\n",
        [("max(runs,", "max(reversed(runs),")],
    ),
    "joined": (
        "a list with a text for each run, in their order: its words with a plus sign (+) between "
        "neighbours", "list[str]",
        lambda runs, _: ["+".join(run) for run in runs],
        '    return ["+".join(run) for _, run in groupby(words, key=key)]\n',
        [('"+".join(run)', '"+".join(dict.fromkeys(run))')],
    ),
    "ends": (
        "a list with a pair for each run of two words or more, in their order: its first word and "
        "its last word", "list[tuple[str, str]]",
        lambda runs, _: [(run[0], run[-1]) for run in runs if run[1:]],
        "    runs = [list(run) for _, run in groupby(words, key=key)]\n"
        "    return [(run[0], run[-1]) for run in runs if len(run) > 1]\n",
        [("(run[0], run[-1])", "(min(run), max(run))"), (" if len(run) > 1", "")],
    ),
    "least": (
        "a list with one word for each run, in their order: the one that is alphabetically first "
        "in the run", "list[str]",
        lambda runs, _: [sorted(run)[0] for run in runs],
        "    return [min(run) for _, run in groupby(words, key=key)]\n",
        [("min(run)", "next(run)"), ("min(run)", "min(run, key=len)")],
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 3: neighbours that merge
#
# name -> words, oracle (of the group's name and amounts, the next name and amount, the limit),
# Python, and a slip.
_Merges = Callable[[str, list[int], str, int, int], bool]
_MERGED: dict[str, tuple[str, _Merges, str, tuple[str, str]]] = {
    "room": (
        "it has the name of the group, and the sum of the amounts of the group and its own is at "
        "most `limit`",
        lambda k, amounts, name, n, limit: k == name and sum([*amounts, n]) <= limit,
        "groups[-1][0] == name and sum(groups[-1][1]) + amount <= limit",
        ("sum(groups[-1][1]) + amount <= limit", "sum(groups[-1][1]) < limit"),
    ),
    "near": (
        "it has the name of the group, and its amount differs by at most `limit` from that of the "
        "entry before it",
        lambda k, amounts, name, n, limit: k == name and -limit <= amounts[-1] - n <= limit,
        "groups[-1][0] == name and abs(amount - groups[-1][1][-1]) <= limit",
        ("groups[-1][1][-1]", "groups[-1][1][0]"),
    ),
    "count": (
        "it has the name of the group, and the group has fewer than `limit` entries so far",
        lambda k, amounts, name, _, limit: k == name and limit - len(amounts) > 0,
        "groups[-1][0] == name and len(groups[-1][1]) < limit",
        ("len(groups[-1][1]) < limit", "len(groups[-1][1]) <= limit"),
    ),
    "small": (
        "its amount, without its sign, is less than `limit`, whatever its name is, or it has the "
        "name of the group",
        lambda k, _, name, n, limit: n in range(1 - limit, limit) or k == name,
        "groups[-1][0] == name or abs(amount) < limit",
        ("abs(amount) < limit", "amount < limit"),
    ),
}
# name -> words, result, oracle (of the groups as lists of indices, and the entries), Python, slip.
_Shown = Callable[[list[list[int]], _Pairs], Any]
_SHOWN: dict[str, tuple[str, str, _Shown, str, tuple[str, str]]] = {
    "sums": (
        "(name, sum of its amounts)", "list[tuple[str, int]]",
        lambda groups, e: [(e[g[0]][0], sum(e[i][1] for i in g)) for g in groups],
        "[(name, sum(amounts)) for name, amounts in groups]",
        ("[(name, sum(amounts)) for name, amounts in groups]",
         "[(name, sum(amounts)) for name, amounts in groups if sum(amounts)]"),
    ),
    "largest": (
        "(name, the largest of its amounts)", "list[tuple[str, int]]",
        lambda groups, e: [(e[g[0]][0], sorted(e[i][1] for i in g)[-1]) for g in groups],
        "[(name, max(amounts)) for name, amounts in groups]",
        ("max(amounts)", "max(amounts, key=abs)"),
    ),
    "amounts": (
        "(name, list of its amounts in their order)", "list[tuple[str, list[int]]]",
        lambda groups, e: [(e[g[0]][0], [e[i][1] for i in g]) for g in groups],
        "groups",
        ("return groups", "return [(name, sorted(amounts)) for name, amounts in groups]"),
    ),
    "texts": (
        "a text of its name, a colon and how many entries it has, as in a:3", "list[str]",
        lambda groups, e: [e[g[0]][0] + ":" + str(len(g)) for g in groups],
        '[f"{name}:{len(amounts)}" for name, amounts in groups]',
        ("len(amounts)", "len(set(amounts))"),
    ),
    "changes": (
        "(name, its last amount minus its first one)", "list[tuple[str, int]]",
        lambda groups, e: [(e[g[0]][0], e[g[-1]][1] - e[g[0]][1]) for g in groups],
        "[(name, amounts[-1] - amounts[0]) for name, amounts in groups]",
        ("amounts[-1] - amounts[0]", "max(amounts) - min(amounts)"),
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 4: two keys
#
# name -> words, oracle (of a list of amounts), Python, and a slip.
_VALUES: dict[str, tuple[str, Callable[[list[int]], int], str, tuple[str, str]]] = {
    "sum": (
        "the sum of the amounts of its rows",
        sum,
        "members[member] += amount",
        ("members[member] += amount", "members[member] = amount"),
    ),
    "latest": (
        "the amount of the last of its rows",
        lambda amounts: amounts[-1],
        "members[member] = amount",
        ("members[member] = amount", "members.setdefault(member, amount)"),
    ),
    "largest": (
        "the largest amount of its rows",
        max,
        "members[member] = max(members[member], amount)",
        ("members[member] = max(members[member], amount)", "members[member] += amount"),
    ),
    "count": (
        "how many of its rows have an amount of at least 2",
        lambda amounts: len([n for n in amounts if n > 1]),
        "members[member] += amount >= 2",
        ("members[member] += amount >= 2", "members[member] += 1"),
    ),
}
_Table = dict[str, dict[str, int]]
# name -> words, result, oracle (of group -> member -> value), Python, and slips.
_ANSWERS: dict[str, tuple[str, str, Callable[[_Table], Any], str, _Slips]] = {
    "ranked": (
        "a list with a pair for each group, in alphabetical order of the groups: the group, and "
        "the list of its members, those with greater values first, and those with equal values in "
        "alphabetical order", "list[tuple[str, list[str]]]",
        lambda t: [(g, sorted(sorted(t[g]), key=lambda m: -t[g][m])) for g in sorted(t)],
        "    return [\n"
        "        (group, sorted(members, key=lambda member: (-members[member], member)))\n"
        "        for group, members in sorted(values.items())\n    ]\n",
        [("(-members[member], member)", "-members[member]"), ("sorted(values.items())",
                                                             "values.items()")],
    ),
    "leaders": (
        "a dictionary from each group to its member with the greatest value; of several, to the "
        "one that occurs first in the rows of the group", "dict[str, str]",
        lambda t: {g: sorted(t[g], key=lambda m: t[g][m], reverse=True)[0] for g in t},
        "    return {\n        group: max(members, key=lambda member: members[member])\n"
        "        for group, members in values.items()\n    }\n",
        [("max(members, key", "max(sorted(members), key"), ("max(members, key",
                                                            "max(reversed(members), key")],
    ),
    "table": (
        "a list with a list for each group, in the order in which the groups occur for the first "
        "time: the values of all members of any group, in alphabetical order of these, with 0 for "
        "a member that is not in this group", "list[list[int]]",
        lambda t: [
            [t[g].get(m, 0) for m in sorted(set().union(*t.values()))] for g in t
        ],
        "    everybody = sorted({member for _, member, _ in rows})\n    return [\n"
        "        [members.get(member, 0) for member in everybody]\n"
        "        for members in values.values()\n    ]\n",
        [("sorted({member for _, member, _ in rows})",
          "list(dict.fromkeys(member for _, member, _ in rows))"),
         ("[members.get(member, 0) for member in everybody]",
          "[members[member] for member in everybody if member in members]"),
         ("for members in values.values()", "for _, members in sorted(values.items())")],
    ),
    "third": (
        "a dictionary from each group to the list of those of its members, in alphabetical order, "
        "whose value is at least a third of the sum of the values of all members of the group",
        "dict[str, list[str]]",
        lambda t: {g: sorted(m for m in t[g] if 3 * t[g][m] >= sum(t[g].values())) for g in t},
        "    return {\n"
        "        group: sorted(name for name in members if 3 * members[name] >= "
        "sum(members.values()))\n        for group, members in values.items()\n    }\n",
        [("3 * members[name] >=", "3 * members[name] >"),
         ("3 * members[name] >= sum(members.values())",
          "members[name] >= sum(members.values()) // 3"),
         ("sorted(name for name in members if 3 * members[name] >= sum(members.values()))",
          "[name for name in members if 3 * members[name] >= sum(members.values())]")],
    ),
    "common": (
        "a list of pairs, one for each member that is in every group: the member, and the sum of "
        "its values in all groups; those with greater sums first, and those with equal sums in "
        "alphabetical order", "list[tuple[str, int]]",
        lambda t: sorted(
            ((m, sum(t[g][m] for g in t)) for m in set().union(*t.values())
             if all(m in t[g] for g in t)), key=lambda pair: (-pair[1], pair[0]),
        ),
        "    everybody = {member for _, member, _ in rows}\n    sums = {\n"
        "        member: sum(members[member] for members in values.values())\n"
        "        for member in everybody\n"
        "        if all(member in members for members in values.values())\n    }\n"
        "    return sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))\n",
        [("(-pair[1], pair[0])", "pair[0]"),
         ("if all(", "if any("),
         ("all(member in members for members in values.values())",
          "member in list(values.values())[0]")],
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 5: reports
#
# name -> words, oracle (of amounts), and Python.
_TOTALS: dict[str, tuple[str, Callable[[list[int]], int], str, tuple[str, str]]] = {
    "sum": (
        "the sum of the amounts of its rows",
        sum,
        "sum(amount for _, amount in rows)",
        ("sum(amount for _, amount in rows)",
         "sum(amount for path, amount in rows if len(path) < 2)"),
    ),
    "largest": (
        "the largest amount of its rows",
        max,
        "max(amount for _, amount in rows)",
        ("max(amount for _, amount in rows)", "max([0, *(amount for _, amount in rows)])"),
    ),
    "count": (
        "the number of its rows",
        len,
        "len(rows)",
        ("len(rows)", "len({tuple(path) for path, _ in rows})"),
    ),
}  # fmt: skip
_ORDERS = {
    "name": (
        "in alphabetical order of their names",
        "sorted(groups.items())",
        ("sorted(groups.items())", "groups.items()"),
    ),
    "total": (
        "by their totals, the greatest first, and those with equal totals in alphabetical order of "
        "their names",
        "sorted(groups.items(), key=lambda item: (-total(item[1]), item[0]))",
        ("(-total(item[1]), item[0])", "-total(item[1])"),
    ),
}
_FOLDS = ("chain", "rest", "deep")

# ---------------------------------------------------------------- 5: lots
#
# name -> words, oracle (of lots, the oldest first: in which order they are used), Python, a slip.
_Lots = list[tuple[int, int]]
_USED_FIRST: dict[str, tuple[str, Callable[[_Lots], _Lots], str, tuple[str, str]]] = {
    "oldest": (
        "the lot with the smallest number first, then the next one",
        lambda lots: lots,
        "left",
        ("for place in left:", "for place in reversed(left):"),
    ),
    "newest": (
        "the lot with the greatest number first, then the one before it",
        lambda lots: lots[::-1],
        "reversed(left)",
        ("reversed(left)", "left"),
    ),
    "largest": (
        "the lot of which most is left first, of several the one with the smallest number; then "
        "the next one in this order, which is that before anything is taken",
        lambda lots: sorted(lots, key=lambda lot: (-lot[1], lot[0])),
        "sorted(left, key=lambda place: -left[place])",
        ("sorted(left, key=lambda place: -left[place])", "left"),
    ),
}
_LACKING = {
    "raises": (
        "If less is left of the key than is to be taken, ValueError is raised.",
        "    if amount > sum(left.values()):\n        raise ValueError(amount)\n",
        ("amount > sum", "amount >= sum"),
    ),
    "partly": (
        "If less is left of the key than is to be taken, all that is left is taken.",
        "",
        ("        amount -= count\n", ""),
    ),
    "refused": (
        "If less is left of the key than is to be taken, nothing is taken.",
        "    if amount > sum(left.values()):\n        return REFUSED\n",
        ("amount > sum", "amount >= sum"),
    ),
}
_REPORTED = {
    "lots": (
        "a dictionary from each key of which something is left at the end to the list of its lots "
        "of which something is left, by rising number: pairs (number of the lot, how much of it is "
        "left)",
        "dict[str, list[tuple[int, int]]]",
    ),
    "used": (
        "a list with a list for each event with an amount of 0 or below, in their order: a "
        "pair (number of the lot, how much is taken of it) for each lot of which it takes "
        "something, in the order in which they are used",
        "list[list[tuple[int, int]]]",
    ),
}


def _variants(level: int) -> list[tuple[Any, ...]]:
    if level == 1:
        return [(1, name) for name in _LOOKUPS]
    if level == 2:
        return [(2, *both) for both in itertools.product(_KEYS, _TOLD)]
    if level == 3:
        return [(3, *both) for both in itertools.product(_MERGED, _SHOWN)]
    if level == 4:
        return [(4, *both) for both in itertools.product(_VALUES, _ANSWERS)]
    return [
        *[(5, *all_) for all_ in itertools.product(_TOTALS, _ORDERS, _FOLDS)],
        *[(5, *all_) for all_ in itertools.product(_USED_FIRST, _LACKING, _REPORTED)],
    ]


@family("groups", _variants)
def groups(level: int, *how: str) -> Problem:
    return _LEVELS[level](*how)


def _pairs(draw: Draw) -> _Pairs:
    names = draw.shuffle("abcde")[: draw.pick((1, 2, 3, 3, 4))]
    reach = draw.pick((1, 2, 4, 20))
    return [(draw.pick(names), draw.between(-reach, reach)) for _ in range(draw.below(12))]


def _lookup(name: str) -> Problem:
    words, returns, oracle, python, slips = _LOOKUPS[name]
    imports = "from collections import Counter\n\n\n" if "Counter" in python else ""
    reference = f"{imports}def collect(pairs: list[tuple[str, int]]) -> {returns}:\n{python}"
    more = [(".add(", ".append("), ("set()", "[]")]
    return Problem(
        f"Each of `pairs` is a name and a number. Return {words}.",
        Interface("collect", (("pairs", "list[tuple[str, int]]"),), returns),
        reference,
        oracle,
        lambda draw: (_pairs(draw),),
        [
            ([],), ([("b", 1)],), ([("b", 1), ("a", 1)],), ([("b", 1), ("b", 1)],),
            ([("b", 2), ("a", 1), ("b", 1), ("a", 1)],), ([("c", 0), ("c", 2), ("b", 2)],),
            ([("b", 1), ("a", 2), ("b", 3), ("c", 2), ("a", -3)],), ([("a", 2), ("a", 1)],),
            ([("a", 1), ("a", 2), ("a", 1), ("b", -5), ("b", 5)],), ([("a", 3), ("b", 3)],),
            ([("b", 7), ("c", 7), ("a", 7), ("c", 8), ("b", 9)],),
        ],
        [
            slip(reference, change, *(more if "list[" in change[1][:30] else []))
            for change in slips
        ],
    )  # fmt: skip


def _words(key: str, told: str) -> Problem:
    key_words, key_type, of, key_python = _KEYS[key]
    words, returns, tell, python, slips = _TOLD[told]
    returns = returns.replace("{key}", key_type)
    reference = (
        f"from itertools import groupby\n\n\ndef collect(words: list[str]) -> {returns}:\n{python}"
        f"\n\ndef key(word: str) -> {key_type}:\n    return {key_python}\n"
    )

    def oracle(words: list[str]) -> Any:
        runs: list[list[str]] = []
        for place, word in enumerate(words):
            if place and of(words[place - 1]) == of(word):
                runs[-1].append(word)
            else:
                runs.append([word])
        return tell(runs, of)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        alphabet = draw.pick(("ab", "ab1", "abc12"))
        words: list[str] = []
        for _ in range(draw.below(12)):
            word = "".join(draw.pick(alphabet) for _ in range(draw.between(1, 3)))
            words.append(draw.pick(words) if words and draw.chance(0.2) else word)
        return (words,)

    return Problem(
        f"The key of a word, which has at least one character, is this: {key_words}. Words that "
        "stand directly after one another and have the same key are a run; a run is as long as it "
        f"can be, and may be of a single word.\nReturn {words}.",
        Interface("collect", (("words", "list[str]"),), returns),
        reference,
        oracle,
        arguments,
        [
            ([],), (["a"],), (["ab", "ab"],), (["a", "b", "a"],), (["aa", "ab", "ba", "a1"],),
            (["b", "a", "1", "ab", "1a", "bb", "b1", "b"],), (["ab", "aa", "b1", "1b", "bab"],),
            (["a1", "a1", "aa", "ba", "b", "b"],), (["b", "aa", "a1", "aba", "ab", "1", "2"],),
            (["ab", "aab", "ab", "1b", "bb", "b", "a", "a"],), (["1", "21", "12", "a1", "b1"],),
            (["ba", "aa", "aba", "bba", "1a", "a", "bb"],),
            (["b", "b", "a", "a", "b", "ab", "1b"],),
            (["bc1", "ba1", "bb1", "b11"],),
        ],
        [
            slip(reference, change)
            for change in (
                *slips, ("groupby(words, key=key)", "groupby(sorted(words, key=key), key=key)"),
            )
        ],
    )  # fmt: skip


def _merging(merged: str, shown: str) -> Problem:
    rule, merges, condition, mistake = _MERGED[merged]
    words, returns, tell, python, other = _SHOWN[shown]
    reference = (
        f"def collect(entries: list[tuple[str, int]], limit: int) -> {returns}:\n"
        "    groups: list[tuple[str, list[int]]] = []\n    for name, amount in entries:\n"
        f"        if groups and ({condition}):\n"
        "            groups[-1][1].append(amount)\n        else:\n"
        f"            groups.append((name, [amount]))\n    return {python}\n"
    )
    if " or " not in condition:
        reference = slip(reference, (f"({condition})", condition))

    def oracle(entries: _Pairs, limit: int) -> Any:
        found: list[list[int]] = []
        place = 0
        while place < len(entries):
            group = [place]
            while group[-1] + 1 < len(entries) and merges(
                entries[place][0], [entries[i][1] for i in group], *entries[group[-1] + 1], limit
            ):
                group.append(group[-1] + 1)
            found.append(group)
            place = group[-1] + 1
        return tell(found, entries)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        names = draw.pick(("a", "ab", "ab", "abc"))
        reach = draw.pick((2, 3, 6))
        low = draw.pick((0, -reach))
        entries = [(draw.pick(names), draw.between(low, reach)) for _ in range(draw.below(13))]
        return entries, draw.between(1, draw.pick((2, 4, 8)))

    return Problem(
        "Each of `entries` is a name and an amount. They are put into groups, in their order. The "
        "first entry begins a group, which has its name. Each later entry is put into the group of "
        f"the entry before it if {rule}; else it begins a new group, which has its name. `limit` "
        f"is at least 1.\nReturn a list that has for each group, in their order: {words}.",
        Interface("collect", (("entries", "list[tuple[str, int]]"), ("limit", "int")), returns),
        reference,
        oracle,
        arguments,
        [
            ([], 3), ([("a", 5)], 3), ([("a", 1), ("b", 1)], 1), ([("a", 1), ("a", 1)], 1),
            ([("a", 1), ("a", 2)], 3), ([("a", 2), ("a", 0), ("a", 1)], 2),
            ([("a", 1), ("a", 2), ("a", 3), ("a", 4)], 1), ([("b", 3), ("a", -3), ("a", 3)], 3),
            ([("a", 2), ("b", 2), ("a", 2), ("a", 2), ("b", -1)], 2), ([("a", 5), ("b", -4)], 4),
            ([("c", -2), ("c", -2), ("b", 1), ("b", -4), ("b", 2)], 2),
            ([("a", 0), ("a", 3), ("a", 1), ("a", -1), ("b", 0)], 3),
            ([("a", -1), ("a", 1), ("a", 0), ("a", 0)], 4), ([("a", 2)] * 5, 6),
        ],
        [
            slip(reference, change)
            for change in (mistake, other, ("groups and ", "groups and amount and "))
        ],
    )  # fmt: skip


def _two_keys(value: str, answer: str) -> Problem:
    value_words, of, value_python, mistake = _VALUES[value]
    words, returns, tell, python, slips = _ANSWERS[answer]
    reference = (
        "from collections import Counter\n\n\n"
        f"def collect(rows: list[tuple[str, str, int]]) -> {returns}:\n"
        "    values: dict[str, Counter[str]] = {}\n    for group, member, amount in rows:\n"
        f"        members = values.setdefault(group, Counter())\n        {value_python}\n{python}"
    )

    def oracle(rows: list[tuple[str, str, int]]) -> Any:
        return tell({
            group: {
                member: of([n for g, m, n in rows if (g, m) == (group, member)])
                for g, member, _ in rows if g == group
            }
            for group, _, _ in rows
        })  # fmt: skip

    def arguments(draw: Draw) -> tuple[Any, ...]:
        names = draw.shuffle("pqrs")[: draw.pick((1, 2, 3, 4))]
        members = draw.shuffle("abcd")[: draw.pick((1, 2, 3, 4))]
        reach = draw.pick((1, 2, 4, 9))
        rows = range(draw.below(16))
        return ([(draw.pick(names), draw.pick(members), draw.between(0, reach)) for _ in rows],)

    return Problem(
        "Each of `rows` is a group, a member of it, and an amount, which is at least 0; a member "
        "of one group may be one of another, too. The rows of a member in a group are those that "
        f"have both. Its value in the group is {value_words}.\nReturn {words}.",
        Interface("collect", (("rows", "list[tuple[str, str, int]]"),), returns),
        reference,
        oracle,
        arguments,
        [
            ([],), ([("p", "a", 0)],), ([("p", "a", 2)],), ([("q", "b", 1), ("p", "a", 1)],),
            ([("p", "b", 2), ("p", "a", 2)],), ([("p", "b", 2), ("p", "a", 2), ("p", "c", 2)],),
            ([("q", "a", 3), ("q", "b", 2), ("q", "a", 0), ("p", "b", 5), ("p", "a", 5)],),
            ([("p", "b", 4), ("q", "b", 2), ("q", "a", 4), ("p", "a", 2), ("p", "b", 1)],),
            ([("p", "a", 1), ("p", "b", 2), ("p", "c", 0), ("p", "b", 2), ("p", "a", 5)],),
            ([("q", "b", 3), ("p", "b", 2), ("q", "a", 2), ("q", "c", 1)],),
            ([("p", "b", 9), ("q", "a", 3), ("q", "b", 3), ("p", "a", 2), ("q", "c", 2)],),
            ([("p", "c", 3), ("p", "a", 2), ("p", "b", 4), ("p", "d", 3), ("p", "c", 1)],),
            ([("p", "a", 2), ("q", "a", 2), ("q", "b", 2), ("p", "c", 2), ("q", "c", 7)],),
            ([("p", "a", 1), ("p", "b", 1), ("p", "c", 2)],),
        ],
        [slip(reference, change) for change in (mistake, *slips)],
    )  # fmt: skip


def _fold(fold: str, order: str) -> tuple[str, str, tuple[str, str]]:
    """Words, what `report` does with `groups`, and a slip."""
    line = '        lines.append("  " * depth + f"{name} {total(inner)}")\n'
    if fold == "chain":
        return (
            "Where all rows of a folder are rows of one and the same folder in it, both are one "
            "line, with their names and a slash (/) between them, as in a/b, and so on for what is "
            "in the inner one, if that is so again; what is below them is indented by two spaces "
            "more than this line. Where it stands is decided by the outermost one.",
            f"    for name, inner in {order}:\n"
            "        while all(path and path[0] == inner[0][0][0] for path, _ in inner):\n"
            '            name += "/" + inner[0][0][0]\n'
            "            inner = [(path[1:], amount) for path, amount in inner]\n"
            f"{line}        lines += report(inner, depth + 1)\n    return lines\n",
            ("all(path and path[0] == inner[0][0][0] for path, _ in inner)",
             "len(inner) == 1 and inner[0][0]"),
        )  # fmt: skip
    if fold == "rest":
        return (
            "Folders whose total is less than 3 have no line, and nothing in them has. Instead, "
            "where there are any such in one folder (or at the outermost level), one line more "
            "stands after the lines of the other folders there, indented as these are, with ... as "
            "the name, and the total of all the rows of those that have no line.",
            "    rest: list[tuple[list[str], int]] = []\n"
            f"    for name, inner in {order}:\n        if total(inner) < 3:\n"
            "            rest += inner\n        else:\n"
            f"    {line}            lines += report(inner, depth + 1)\n    if rest:\n"
            '        lines.append("  " * depth + f"... {total(rest)}")\n    return lines\n',
            ("total(inner) < 3", "total(inner) <= 3"),
        )
    return (
        "Below a folder with a single row there are no lines, but after its total and a space "
        "there is the rest of that row's path, if there is one: a slash (/) before each folder "
        "in it, as in a 5 /b/c.",
        f"    for name, inner in {order}:\n{line}        if len(inner) > 1:\n"
        "            lines += report(inner, depth + 1)\n        elif inner[0][0]:\n"
        '            lines[-1] += " /" + "/".join(inner[0][0])\n    return lines\n',
        ("        elif inner[0][0]:\n", "        else:\n"),
    )


def _report_or_lots(*how: str) -> Problem:
    return _lots(*how) if how[2] in _REPORTED else _report(*how)


def _lots(first: str, lacking: str, reported: str) -> Problem:
    order_words, ordered, order, mistake = _USED_FIRST[first]
    rule, check, other = _LACKING[lacking]
    words, returns = _REPORTED[reported]
    pairs = "list[tuple[int, int]]"
    if reported == "lots":
        body = (
            "            lots[key] = taken(own, -amount)\n"
            "    return {key: own for key, own in lots.items() if own}\n\n\n"
            f"def taken(lots: {pairs}, amount: int) -> {pairs}:\n"
            f'    """What is left of the lots."""\n    left = dict(lots)\n'
            f"{check.replace('REFUSED', 'lots')}    for place in {order}:\n"
            "        count = min(left[place], amount)\n        left[place] -= count\n"
            "        amount -= count\n"
            "    return [(place, count) for place, count in left.items() if count > 0]\n"
        )
        begin = ""
    else:
        begin = "    used: list[Lots] = []\n"
        body = (
            "            uses, lots[key] = taken(own, -amount)\n            used.append(uses)\n"
            "    return used\n\n\n"
            "def taken(lots: Lots, amount: int) -> tuple[Lots, Lots]:\n"
            '    """What is used of which lot, and what is left of the lots."""\n'
            f"    left = dict(lots)\n{check.replace('REFUSED', '[], lots')}"
            f"    used: Lots = []\n    for place in {order}:\n"
            "        count = min(left[place], amount)\n        left[place] -= count\n"
            "        amount -= count\n        if count > 0:\n"
            "            used.append((place, count))\n    return used, list(left.items())\n"
        )
    alias = f"Lots = {pairs}\n\n\n" if reported == "used" else ""
    reference = (
        f"{alias}def collect(events: list[tuple[str, int]]) -> {returns}:\n"
        f"    lots: dict[str, {'Lots' if alias else pairs}] = {{}}\n{begin}"
        "    for place, (key, amount) in enumerate(events):\n"
        "        own = lots.setdefault(key, [])\n        if amount > 0:\n"
        f"            own.append((place, amount))\n        else:\n{body}"
    )

    def oracle(events: _Pairs) -> Any:
        units: dict[str, list[int]] = {}  # The number of its lot for each unit.
        used: list[_Lots] = []
        for number, (key, amount) in enumerate(events):
            there = units.get(key, [])
            if amount > 0:
                units[key] = there + [number] * amount
                continue
            lots = ordered([(lot, there.count(lot)) for lot in sorted(set(there))])
            queue = [lot for lot, count in lots for _ in range(count)]
            if len(queue) < -amount and lacking == "raises":
                raise raising("ValueError")
            if len(queue) < -amount and lacking == "refused":
                amount = 0
            gone, stays = queue[:-amount] if amount else [], queue[-amount:]
            units[key] = sorted(stays)
            used.append([(lot, gone.count(lot)) for lot in dict.fromkeys(gone)])
        if reported == "used":
            return used
        return {
            key: [(lot, there.count(lot)) for lot in sorted(set(there))]
            for key, there in units.items() if there
        }  # fmt: skip

    def arguments(draw: Draw) -> tuple[Any, ...]:
        keys = draw.pick(("a", "ab", "ab"))
        left = dict.fromkeys(keys, 0)
        events = []
        for _ in range(draw.below(13)):
            key = draw.pick(keys)
            amount = draw.below(6)
            if left[key] > 0 and draw.chance(0.5):
                most = left[key] + draw.pick((0, 0, 0, 0, 2) if lacking == "raises" else (0, 1, 3))
                amount = -draw.between(max(1, most - 5), most)
            left[key] = max(0, left[key] + amount)
            events.append((key, amount))
        return (events,)

    return Problem(
        "Each of `events` is a key and an amount. Events are handled in their order. An amount "
        "above 0 brings a lot of the key, with so much in it; the index of the event in `events`, "
        "from 0, is the number of the lot. Any other amount takes so much, without the sign, from "
        f"the lots of the key: {order_words}, and so on; from each as much as there is left of "
        f"it, until enough is taken. {rule}\nReturn {words}.",
        Interface("collect", (("events", "list[tuple[str, int]]"),), returns),
        reference,
        oracle,
        arguments,
        [
            ([],), ([("a", 3)],), ([("a", -1)],), ([("a", 3), ("a", -3)],),
            ([("a", 3), ("a", -2)],), ([("a", 1), ("a", -2)],), ([("b", 2), ("a", 2), ("b", -1)],),
            ([("a", 2), ("a", 3), ("a", 3), ("a", -4)],), ([("a", 2), ("b", 2), ("a", -3)],),
            ([("a", 4), ("a", 2), ("a", -3), ("a", 1), ("a", -2)],),
            ([("a", 2), ("a", 5), ("a", 1), ("a", -3), ("a", -2), ("a", -1)],),
            ([("a", 3), ("b", 1), ("a", 4), ("b", 3), ("b", -2), ("a", -5), ("b", -2)],),
            ([("a", 2), ("a", 1), ("a", -4), ("a", -1)],), ([("a", 1), ("a", 1), ("a", -1)],),
            ([("a", 0)],), ([("a", 2), ("a", 0), ("b", 0), ("b", 1)],),
        ],
        [
            slip(reference, change)
            for change in (mistake, other, ("min(left[place], amount)", "min(left[place], 1)"))
        ],
    )  # fmt: skip


def _report(totals: str, order: str, fold: str) -> Problem:
    total_words, of, total, mistake = _TOTALS[totals]
    order_words, ordered, other = _ORDERS[order]
    words, python, more = _fold(fold, ordered)
    rows_type = "list[tuple[list[str], int]]"
    reference = (
        "def collect(rows: list[tuple[str, int]]) -> list[str]:\n"
        '    return report([(path.split("/"), amount) for path, amount in rows], 0)\n\n\n'
        f"def report(rows: {rows_type}, depth: int) -> list[str]:\n"
        '    """The lines of the folders in which these paths begin."""\n'
        f"    groups: dict[str, {rows_type}] = {{}}\n"
        "    for path, amount in rows:\n        if path:\n"
        "            groups.setdefault(path[0], []).append((path[1:], amount))\n"
        f"    lines: list[str] = []\n{python}\n\n"
        f"def total(rows: {rows_type}) -> int:\n    return {total}\n"
    )

    def oracle(rows: _Pairs) -> list[str]:
        def within(folder: str) -> _Pairs:
            return [row for row in rows if f"{row[0]}/".startswith(f"{folder}/")]

        def value(folder: str) -> int:
            return of([n for _, n in within(folder)])

        def children(folder: str) -> list[str]:
            start = f"{folder}/" if folder else ""
            names = {p[len(start) :].split("/")[0] for p, _ in rows if p.startswith(start)}
            found = [start + name for name in sorted(names)]
            return found if order == "name" else sorted(found, key=lambda f: -value(f))

        def lines_in(folder: str, indent: str) -> list[str]:
            lines: list[str] = []
            rest: _Pairs = []
            for child in children(folder):
                name, shown = child.rsplit("/", 1)[-1], value(child)
                if fold == "rest" and shown < 3:
                    rest += within(child)
                    continue
                while fold == "chain" and any(within(c) == within(child) for c in children(child)):
                    child = children(child)[0]
                    name += child[child.rindex("/") :]
                lines.append(f"{indent}{name} {shown}")
                if fold == "deep" and len(within(child)) == 1:
                    lines[-1] = f"{lines[-1]} {within(child)[0][0][len(child) :]}".rstrip()
                else:
                    lines += lines_in(child, indent + "  ")
            return [*lines, f"{indent}... {of([n for _, n in rest])}"] if rest else lines

        return lines_in("", "")

    def arguments(draw: Draw) -> tuple[Any, ...]:
        names = draw.pick(("ab", "ab", "abc"))
        low = draw.pick((0, 1, -4))
        rows = []
        for _ in range(draw.between(0, 9)):
            path = [draw.pick(names) for _ in range(draw.pick((1, 2, 2, 3, 3, 4)))]
            rows.append(("/".join(path), draw.between(low, 4)))
        return (rows,)

    return Problem(
        "Each of `rows` is a path and an amount. A path is one or more names of folders with a "
        "slash (/) between neighbours: b in a/b is a folder in the folder a, and a is at the "
        "outermost level; names are of letters. The rows of a folder are those whose path ends "
        f"with it or leads on into it. Its total is {total_words}.\nReturn a list of lines, one "
        "for each folder: its name, a space, and its total. Directly after it come the lines of "
        "the folders in it, each indented by two spaces more than its own; the outermost ones are "
        f"not indented. Folders in the same folder come {order_words}; so do the outermost ones.\n"
        f"{words}",
        Interface("collect", (("rows", "list[tuple[str, int]]"),), "list[str]"),
        reference,
        oracle,
        arguments,
        [
            ([],), ([("a", 1)],), ([("a/b", 3)],), ([("b", 2), ("a", 5)],),
            ([("a", 3), ("a", 3)],), ([("a/b/c", 4), ("a/b/d", 4)],), ([("a/b", 2), ("a", 2)],),
            ([("b/a", 3), ("a/b", 1), ("a/c", 1), ("a/b/c", 3)],),
            ([("a/b/a", -1), ("a/b/a", -2), ("b/a", -3)],), ([("b", 1), ("a", 1), ("c", 2)],),
            ([("a/a/a", 2), ("a/a", 1), ("b/b/a/b", 9), ("b/b/a/a", 1), ("b/b/a/a", 1)],),
            ([("c/b", 3), ("c/a", 3), ("c/a", 3), ("b/a", 3), ("b/c/a", 4), ("b/c/b", 3)],),
            ([("a/b", 1), ("a/b/a", 1), ("a/b/c", 1)],), ([*[("b", 3)] * 3, *[("a", 3)] * 3],),
            ([("d", 3), ("d/e", 2), ("d/f", 3)],),
            ([("a", 3), ("ab", 4), ("ab/ba", 3), ("ba/a", 5), ("ba/ab/b", 4), ("b", 1)],),
        ],
        [slip(reference, change) for change in (mistake, other, more)],
    )  # fmt: skip


_LEVELS: dict[int, Callable[..., Problem]] = {
    1: _lookup,
    2: _words,
    3: _merging,
    4: _two_keys,
    5: _report_or_lots,
}
