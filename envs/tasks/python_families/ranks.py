"""Who stands where: orders of several keys, places with ties, the best few, tables, elections."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ....verifiers.python.interface import Interface
from ..draw import Draw
from .family import Problem, family, raising, slip

_Slips = Sequence[tuple[str, str]]

# ---------------------------------------------------------------- 1: an order
#
# name -> words, what an oracle orders by (the smallest first), Python, and a slip.
_ORDERS: dict[str, tuple[str, Callable[[str], Any], str, tuple[str, str]]] = {
    "shortest": ("the shortest first", len, "len(name)", ("len(name)", "-len(name)")),
    "longest": (
        "the longest first", lambda n: 100 - len(n), "-len(name)", ("-len(name)", "len(name)"),
    ),
    "last": (
        "by its last letter, a before b", lambda n: n[::-1][0], "name[-1]",
        ("name[-1]", "name[0]"),
    ),
    "varied": (
        "those with the most different letters first",
        lambda n: 26 - sum(letter in n for letter in "abcdefgh"), "-len(set(name))",
        ("-len(set(name))", "-len(name)"),
    ),
    "letter": (
        "those in which the letter a occurs most often first",
        lambda n: -len([c for c in n if c == "a"]), '-name.count("a")',
        ('-name.count("a")', '"a" not in name'),
    ),
}  # fmt: skip
# name -> words, what an oracle orders by next (of name and place), whether names are taken from the
# end, what the key has besides, and a slip.
_NEXT: dict[str, tuple[str, Callable[[str, int], Any], str, str, str]] = {
    "given": ("stand in the order in which they were given", lambda _, i: i, "names", "", ", name"),
    "alphabet": ("stand in alphabetical order", lambda n, _: n, "names", ", name", ""),
    "later": (
        "stand in the reverse of the order in which they were given",
        lambda _, i: -i, "names[::-1]", "", ", name",
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 2: places
#
# name -> words, oracle (of a score's place in the list and all scores, high being better), what is
# made first and a score's place in Python, and slips.
_PLACES: dict[str, tuple[str, Callable[[int, list[int]], int], str, str, _Slips]] = {
    "standard": (
        "1 plus the number of scores that are better than it",
        lambda i, s: 1 + len([x for x in s if x > s[i]]),
        "    ordered = sorted({present}{reverse})\n",
        "ordered.index(score) + 1",
        [("sorted({present}", "sorted(set({present})"),
         ("ordered.index(score)", "scores.index(score)")],
    ),
    "modified": (
        "the number of scores that are better than it or equal to it, itself among these",
        lambda i, s: len([x for x in s if x >= s[i]]),
        "    ordered = sorted({present}{against})\n",
        "len(ordered) - ordered.index(score)",
        [("sorted({present}", "sorted(set({present})"),
         ("ordered.index(score)", "scores.index(score)")],
    ),
    "dense": (
        "1 plus the number of different scores that are better than it",
        lambda i, s: 1 + len({x for x in s if x > s[i]}),
        "    ordered = sorted(set({present}){reverse})\n",
        "ordered.index(score) + 1",
        [("sorted(set({present})", "sorted({present}"),
         ("ordered.index(score)", "scores.index(score)")],
    ),
    "typical": (
        "the number of scores that are better than it less the number of those that are worse",
        lambda i, s: len([x for x in s if x > s[i]]) - len([x for x in s if x < s[i]]),
        "    ordered = {present}\n",
        "sum(other {better} score for other in ordered)"
        " - sum(other {worse} score for other in ordered)",
        [("other {worse} score", "other {worse}= score"),
         ("for other in ordered)", "for other in set(ordered))")],
    ),
    "nearest": (
        "the number of different scores that are better than it, counting only those that differ"
        " from it by at most 2",
        lambda i, s: len({x for x in s if 0 < x - s[i] < 3}),
        "    ordered = set({present})\n",
        "sum(other {better} score and abs(other - score) <= 2 for other in ordered)",
        [("set({present})", "{present}"), ("<= 2", "< 2")],
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 3: the best few
#
# name -> words, oracle (of entries (name, score), an entry and k: is it among them), Python, slips.
_CUTS: dict[str, tuple[str, Callable[[list[Any], Any, int], bool], str, _Slips]] = {
    "shared": (
        "An entry is chosen if fewer than k entries have a better score: entries with equal scores "
        "are chosen together, so that there may be more than k.",
        lambda every, e, k: len([x for x in every if x[1] > e[1]]) < k,
        "[entry for entry in entries if sum(other[1] {better} entry[1] for other in entries) < k]",
        [("entries) < k", "entries) <= k"), ("{better} entry[1]", "{better}= entry[1]")],
    ),
    "strict": (
        "An entry is chosen if at most k entries, itself among these, have a score that is better "
        "than its score or equal to it: entries with equal scores are chosen together or not at "
        "all, so that there may be fewer than k.",
        lambda every, e, k: len([x for x in every if x[1] >= e[1]]) <= k,
        "[entry for entry in entries if "
        "sum(other[1] {better}= entry[1] for other in entries) <= k]",
        [("entries) <= k", "entries) < k"), ("{better}= entry[1]", "{better} entry[1]")],
    ),
    "alphabet": (
        "The k best entries are chosen, all if there are fewer; of entries with equal scores, "
        "those whose names come first in the alphabet.",
        lambda every, e, k: len([x for x in every if (-x[1], x[0]) < (-e[1], e[0])]) < k,
        "sorted(entries, key=lambda entry: ({sign}entry[1], entry[0]))[:k]",
        [("({sign}entry[1], entry[0]))[:k]", "{sign}entry[1])[:k]"), ("[:k]", "[:k + 1]")],
    ),
    "latest": (
        "The k best entries are chosen, all if there are fewer; of entries with equal scores, "
        "those that stand last in `entries`.",
        lambda every, e, k: len(
            [x for i, x in enumerate(every) if (x[1], i) > (e[1], every.index(e))]
        ) < k,
        "sorted(entries[::-1], key=lambda entry: {sign}entry[1])[:k]",
        [("entries[::-1]", "entries"), ("[:k]", "[:k + 1]")],
    ),
}  # fmt: skip
# name -> words, Python, and a slip.
_LISTED = {
    "best": (
        "the best first; of equal scores, by name in alphabetical order",
        "sorted(chosen, key=lambda entry: ({sign}entry[1], entry[0]))",
        ("sorted(chosen, key=lambda entry: ({sign}entry[1], entry[0]))", "sorted(chosen)"),
    ),
    "given": (
        "in the order of `entries`",
        "entries if (name, score) in chosen",
        ("entries if (name, score) in chosen", "sorted(chosen)"),
    ),
}

# ---------------------------------------------------------------- 4: a table of matches
#
# name -> words, oracle (of the goals (own, other's) of a name's matches; the larger the better),
# Python, and a slip.
_BY: dict[str, tuple[str, Callable[[list[tuple[int, int]]], int], str, str]] = {
    "difference": (
        "the larger sum of its own goals less those of its opponents",
        lambda goals: sum(a for a, _ in goals) - sum(b for _, b in goals),
        "+= own - its", "+= own",
    ),
    "goals": (
        "the more goals of its own", lambda goals: sum(a for a, _ in goals), "+= own", "= own",
    ),
    "conceded": (
        "the fewer goals of its opponents", lambda goals: -sum(b for _, b in goals), "-= its",
        "+= its",
    ),
    "wins": (
        "the more matches won", lambda goals: len([1 for a, b in goals if b < a]),
        "+= own > its", "+= own >= its",
    ),
    "clean": (
        "the more matches in which its opponent had no goal",
        lambda goals: [b for _, b in goals].count(0), "+= its == 0", "+= own == 0",
    ),
}  # fmt: skip
# name -> words, returns, Python, and a slip.
_TABLE: dict[str, tuple[str, str, str, tuple[str, str]]] = {
    "names": (
        "Return all names, the best first; names that are equal in both stand in alphabetical "
        "order.",
        "list[str]",
        "    return sorted(points, key=lambda name: (-points[name], -second[name], name))\n",
        ("-second[name], name)", "-second[name])"),
    ),
    "places": (
        "Return the place of every name: 1 plus the number of names that are better. Names that "
        "are equal in both share a place.",
        "dict[str, int]",
        "    standing = {name: (points[name], second[name]) for name in points}\n"
        "    return {\n"
        "        name: 1 + sum(other > its for other in standing.values())\n"
        "        for name, its in standing.items()\n    }\n",
        ("standing.values()", "set(standing.values())"),
    ),
    "groups": (
        "Return lists of names, the best first: names that are equal in both are in one list, in "
        "alphabetical order.",
        "list[list[str]]",
        "    groups: defaultdict[tuple[int, int], list[str]] = defaultdict(list)\n"
        "    for name in sorted(points):\n"
        "        groups[points[name], second[name]].append(name)\n"
        "    return [groups[standing] for standing in sorted(groups, reverse=True)]\n",
        ("in sorted(points)", "in points"),
    ),
}

# ---------------------------------------------------------------- 5: an election in rounds
#
# name -> words, oracle (a candidate's votes, of the ballots as far as candidates are still in), the
# function that picks who is worst, Python, and a slip.
_VOTES: dict[str, tuple[str, Callable[[list[list[str]], str], int], str, str, tuple[str, str]]] = {
    "first": (
        "a ballot gives one vote to the first name on it that is still in, if there is one. Those "
        "with the fewest votes are the worst.",
        lambda ballots, name: len([b for b in ballots if [*b, ""][0] == name]), "min",
        "    votes = [names[0] for names in kept if names]\n"
        "    return {name: votes.count(name) for name in remaining}\n",
        ("names[0]", "names[-1]"),
    ),
    "last": (
        "a ballot gives one vote to the last name on it that is still in, if there is one. Those "
        "with the most votes are the worst.",
        lambda ballots, name: len([b for b in ballots if ["", *b][-1] == name]), "max",
        "    votes = [names[-1] for names in kept if names]\n"
        "    return {name: votes.count(name) for name in remaining}\n",
        ("names[-1]", "names[0]"),
    ),
    "points": (
        "a ballot gives every name on it that is still in one vote for each name that stands after "
        "it on the ballot and is still in. Those with the fewest votes are the worst.",
        lambda ballots, name: sum(len(b[b.index(name) + 1 :]) for b in ballots if name in b), "min",
        "    return {\n"
        "        name: sum(len(names) - 1 - names.index(name) for names in kept if name in names)\n"
        "        for name in remaining\n    }\n",
        ("len(names) - 1 - names.index(name)", "len(names) - names.index(name)"),
    ),
}  # fmt: skip
# name -> words, what an oracle takes out (of those who are tied, and all ballots), Python, a slip.
_OUT: dict[str, tuple[str, Callable[[list[str], list[list[str]]], list[str]], str, str]] = {
    "all": ("All of the worst go out in that round.", lambda t, _: t, "sorted(worst)",
            "[max(worst)]"),
    "alphabet": (
        "One of the worst goes out in that round: the one whose name is last in the alphabet.",
        lambda t, _: t[-1:], "[max(worst)]", "[min(worst)]",
    ),
    "rarest": (
        "One of the worst goes out in that round: the one whose name stands on the fewest ballots; "
        "of several such, the one whose name is first in the alphabet.",
        lambda t, ballots: sorted(
            t, key=lambda n: (len([1 for b in ballots for other in b if other == n]), t.index(n))
        )[:1],
        "[min(worst, key=lambda name: (sum(name in ballot for ballot in ballots), name))]",
        "[min(worst)]",
    ),
}  # fmt: skip
# name -> words, returns, and what is kept of a round.
_TOLD = {
    "out": (
        "Return, for each round, the list of the names that go out in it, in alphabetical order.",
        "list[list[str]]", "out",
    ),
    "votes": (
        "Return, for each round, a dict of the votes of all who are in it, also of those who have "
        "none.",
        "list[dict[str, int]]", "votes",
    ),
}  # fmt: skip


def _variants(level: int) -> list[tuple[Any, ...]]:
    if level == 1:
        return [(1, order, tie) for order in _ORDERS for tie in _NEXT]
    if level == 2:
        return [(2, what, f"{best} {who}") for what in _PLACES
                for best in ("high", "low") for who in ("all", "some")]  # fmt: skip
    if level == 3:
        return [(3, cut, f"{best} {listed}") for cut in _CUTS
                for best in ("high", "low") for listed in _LISTED]  # fmt: skip
    if level == 4:
        return [(4, by, told) for by in _BY for told in _TABLE]
    return [(5, votes, f"{out} {told}") for votes in _VOTES for out in _OUT for told in _TOLD]


@family("ranks", _variants)
def ranks(level: int, what: str, how: str) -> Problem:
    return {1: _order, 2: _places, 3: _best, 4: _table, 5: _election}[level](what, how)


def _name(draw: Draw, longest: int = 3) -> str:
    return "".join(draw.pick("abc") for _ in range(draw.between(1, longest)))


def _order(order: str, tie: str) -> Problem:
    words, first, python, mistake = _ORDERS[order]
    then, second, names, more, mistaken = _NEXT[tie]
    key = f"({python}{more})" if more else python
    reference = (
        "def ranks(names: list[str]) -> list[str]:\n"
        f"    return sorted({names}, key=lambda name: {key})\n"
    )

    def oracle(names: list[str]) -> list[str]:
        standing = [(first(name), second(name, place)) for place, name in enumerate(names)]
        found: list[str] = []
        for _ in names:
            best = min(standing)
            found.append(names[standing.index(best)])
            standing[standing.index(best)] = ("~", 0) if isinstance(best[0], str) else (1000, 0)
        return found

    wrong_key = f"({python}{mistaken})" if mistaken else python
    return Problem(
        "`names` are not empty and have small ASCII letters alone. Return a new list of them, "
        f"ordered: {words}. Names that are equal in this {then}. A name that is given several "
        "times is there as often in the result.",
        Interface("ranks", (("names", "list[str]"),), "list[str]"),
        reference,
        oracle,
        lambda draw: ([_name(draw, draw.pick((2, 4))) for _ in range(draw.below(9))],),
        [
            ([],), (["a"],), (["b", "a"],), (["a", "b"],), (["ab", "ba", "b", "a"],),
            (["ba", "ab", "a", "b"],), (["aa", "aa", "b"],), (["ca", "ab", "bc", "cc", "aaa"],),
            (["abc", "a", "bb", "aab", "c"],), (["b", "b", "ab", "ab", "aab"],),
        ],
        [
            slip(reference, mistake),
            slip(reference, (f"key=lambda name: {key}", f"key=lambda name: {wrong_key}")),
            slip(reference, (f"sorted({names},", f"sorted(dict.fromkeys({names}),")),
        ],
    )  # fmt: skip


def _places(what: str, how: str) -> Problem:
    words, of, first, python, slips = _PLACES[what]
    best, who = how.split()
    high, some = best == "high", who == "some"
    fill = {
        "present": "present" if some else "scores",
        "reverse": ", reverse=True" if high else "",
        "against": "" if high else ", reverse=True",
        "better": ">" if high else "<",
        "worse": "<" if high else ">",
    }

    def filled(text: str) -> str:
        for name, value in fill.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    kind, returns = ("list[int | None]",) * 2 if some else ("list[int]",) * 2
    present = "    present = [score for score in scores if score is not None]\n" if some else ""
    place = f"None if score is None else {python}" if some else python
    reference = filled(
        f"def ranks(scores: {kind}) -> {returns}:\n{present}{first}"
        f"    return [\n        {place}\n        for score in scores\n    ]\n"
    )

    def oracle(scores: list[int | None]) -> list[int | None]:
        found: list[int | None] = []
        for at, score in enumerate(scores):
            if score is None:
                found.append(None)
                continue
            there = [s if high else -s for s in scores if s is not None]
            found.append(of(len([s for s in scores[:at] if s is not None]), there))
        return found

    def arguments(draw: Draw) -> tuple[Any, ...]:
        reach = draw.pick((3, 5, 12))
        scores: list[int | None] = [draw.between(-1, reach) for _ in range(draw.below(10))]
        if some:
            scores = [None if draw.chance(0.2) else score for score in scores]
        return (scores,)

    edges: list[tuple[Any, ...]] = [
        ([],), ([0],), ([5, 5],), ([1, 2],), ([2, 1],), ([3, 1, 3, 2, 1],), ([4, 4, 4, 1],),
        ([1, 1, 1, 4],), ([1, 3, 4, 5, 6, 3],),
    ]  # fmt: skip
    if some:
        edges += [([None],), ([None, 0],), ([2, None, 2, 1],), ([None, 1, None, 3],)]
    return Problem(
        f"The {'higher' if high else 'lower'} a score is, the better. "
        + ("None stands for a score that is missing: it is not counted. " if some else "")
        + "Return a list with one element for each element of `scores`, in the same order: "
        + ("None where the score is missing, else " if some else "")
        + f"{words}.",
        Interface("ranks", (("scores", kind),), returns),
        reference,
        oracle,
        arguments,
        edges,
        [
            *(slip(reference, (filled(a), filled(b))) for a, b in slips),
        ],
    )  # fmt: skip


def _best(cut: str, how: str) -> Problem:
    words, chosen, python, slips = _CUTS[cut]
    best, listed = how.split()
    told, order, mistake = _LISTED[listed]
    if (cut, listed) == ("alphabet", "best"):
        # They are in that order already.
        order, mistake = "chosen", ("in chosen", "in sorted(chosen)")
    high = best == "high"

    def filled(text: str) -> str:
        return text.replace("{better}", ">" if high else "<").replace("{sign}", "-" * high)

    pair = "name, score" if listed == "given" else "name, _"
    if python.startswith("["):
        python = python.replace("[entry for entry in entries if ", "[\n        entry\n        for "
                                "entry in entries\n        if ")[:-1] + "\n    ]"  # fmt: skip
    reference = filled(
        "def ranks(entries: list[tuple[str, int]], k: int) -> list[str]:\n"
        '    if k < 0:\n        raise ValueError("k is not negative")\n'
        f"    chosen = {python}\n"
        f"    return [name for {pair} in {order}]\n"
    )

    def oracle(entries: list[tuple[str, int]], k: int) -> list[str]:
        if k < 0:
            raise raising("ValueError")
        every = [(name, score if high else -score) for name, score in entries]
        found = [entry for entry in every if chosen(every, entry, k)]
        if listed == "best":
            found = sorted(sorted(found), key=lambda entry: entry[1], reverse=True)
        return [name for name, _ in found]

    def arguments(draw: Draw) -> tuple[Any, ...]:
        names = draw.shuffle("abcdefgh")[: draw.below(9)]
        reach = draw.pick((2, 3, 9))
        entries = [(name, draw.between(0, reach)) for name in names]
        return entries, draw.pick((-1, 0, 1, 1, 2, 2, 3, 3, 4, 5, 7))

    ties = [("d", 1), ("b", 2), ("c", 2), ("a", 1), ("e", 3), ("f", 0)]
    edges: list[tuple[Any, ...]] = [
        ([], 0), ([], 2), ([], -1), ([("a", 1)], 0), ([("a", 1)], 1), ([("a", 1)], 5),
        ([("b", 1), ("a", 1)], 1), ([("a", 1), ("b", 1)], 1), ([("b", 1), ("a", 1)], 2),
        (ties, 1), (ties, 2), (ties, 3), (ties, 4), (ties, 6), (ties, -2),
    ]  # fmt: skip
    if listed == "given":
        mistake = (f"name, score in {mistake[0]}", f"name, _ in {mistake[1]}")
    return Problem(
        "Each entry is a name, which no other has, and a score; the "
        f"{'higher' if high else 'lower'} the score, the better. {words}\nReturn the names of the "
        f"chosen entries, {told}. A k below 0 raises ValueError.",
        Interface("ranks", (("entries", "list[tuple[str, int]]"), ("k", "int")), "list[str]"),
        reference,
        oracle,
        arguments,
        edges,
        [
            *(slip(reference, (filled(a), filled(b))) for a, b in slips),
            slip(reference, (filled(mistake[0]), filled(mistake[1]))),
            slip(reference, ("k < 0", "k < 1")),
        ],
    )


def _table(by: str, told: str) -> Problem:
    words, of, python, mistaken = _BY[by]
    sentence, returns, result, mistake = _TABLE[told]
    reference = (
        "from collections import defaultdict\n\n\n"
        f"def ranks(matches: list[tuple[str, str, int, int]]) -> {returns}:\n"
        "    points: defaultdict[str, int] = defaultdict(int)\n"
        "    second: defaultdict[str, int] = defaultdict(int)\n"
        "    for one, other, ones, others in matches:\n"
        "        for name, own, its in ((one, ones, others), (other, others, ones)):\n"
        "            points[name] += 3 if own > its else 1 if own == its else 0\n"
        f"            second[name] {python}\n{result}"
    )

    def oracle(matches: list[tuple[str, str, int, int]]) -> Any:
        standing: dict[str, tuple[int, int]] = {}
        for name in sorted({name for match in matches for name in match[:2]}):
            goals = [(a, b) for one, _, a, b in matches if one == name]
            goals += [(b, a) for _, other, a, b in matches if other == name]
            points = sum((3, 1, 0)[(a == b) + 2 * (a < b)] for a, b in goals)
            standing[name] = (points, of(goals))
        if told == "names":
            return [n for its in sorted({*standing.values()})[::-1]
                    for n in standing if standing[n] == its]  # fmt: skip
        if told == "groups":
            return [[n for n in standing if standing[n] == its]
                    for its in sorted({*standing.values()})[::-1]]  # fmt: skip
        ordered = sorted(standing.values())[::-1]
        return {name: ordered.index(standing[name]) + 1 for name in standing}

    def arguments(draw: Draw) -> tuple[Any, ...]:
        names = "abcde"[: draw.between(2, 5)]
        matches = []
        for _ in range(draw.below(9)):
            one, other = draw.shuffle(names)[:2]
            matches.append((one, other, draw.below(3), draw.pick((0, 1, 1, 2, 4))))
        return (matches,)

    return Problem(
        "Each match is (one name, another name, goals of the one, goals of the other). A match "
        "gives the one with more goals 3 points and the other one 0; with equal goals each of them "
        "gets 1. Of two names, the one with more points is better; of two with equal points, the "
        f"one with {words}, over all its matches.\n{sentence} Names without a match do not occur.",
        Interface("ranks", (("matches", "list[tuple[str, str, int, int]]"),), returns),
        reference,
        oracle,
        arguments,
        [
            ([],), ([("a", "b", 0, 0)],), ([("b", "a", 1, 1)],), ([("b", "a", 2, 1)],),
            ([("a", "b", 2, 1)],), ([("b", "a", 1, 0), ("a", "b", 1, 0)],),
            # 3 points of one match won, or of three that were drawn.
            ([("a", "b", 2, 1), ("b", "a", 1, 1), ("d", "c", 0, 0), ("c", "d", 1, 1),
              ("d", "c", 3, 3)],),
            ([("c", "a", 4, 3), ("d", "b", 1, 0), ("d", "a", 0, 0), ("c", "b", 0, 0)],),
            ([("d", "c", 1, 1), ("b", "a", 1, 1), ("e", "a", 4, 0)],),
            # A match won is less than four that were drawn.
            ([("a", "b", 5, 0), *[("d", "c", 1, 1)] * 4],),
            ([("d", "a", 1, 1), ("d", "a", 1, 1), ("d", "a", 2, 2), ("c", "b", 5, 0)],),
        ],
        [
            slip(reference, ("3 if own", "2 if own")),
            slip(reference, (f"second[name] {python}", f"second[name] {mistaken}")),
            slip(reference, mistake),
        ],
    )  # fmt: skip


def _election(counted: str, how: str) -> Problem:
    words, votes, worst, python, mistake = _VOTES[counted]
    rule, told = how.split()
    sentence, takes, out, mistaken = _OUT[rule]
    result, returns, kept = _TOLD[told]
    if told == "votes":
        out = out.replace("sorted(worst)", "worst")
    reference = (
        f"def ranks(ballots: list[list[str]]) -> {returns}:\n"
        "    remaining = {name for ballot in ballots for name in ballot}\n"
        f"    rounds: {returns} = []\n    while remaining:\n"
        "        votes = count(ballots, remaining)\n"
        f"        bound = {worst}(votes.values())\n"
        "        worst = [name for name in remaining if votes[name] == bound]\n"
        f"        out = {out}\n        rounds.append({kept})\n"
        "        remaining = remaining.difference(out)\n    return rounds\n\n\n"
        "def count(ballots: list[list[str]], remaining: set[str]) -> dict[str, int]:\n"
        "    kept = [[name for name in ballot if name in remaining] for ballot in ballots]\n"
        f"{python}"
    )

    def oracle(ballots: list[list[str]]) -> Any:
        def after(cut: list[list[str]]) -> list[Any]:
            names = sorted({name for ballot in cut for name in ballot})
            if not names:
                return []
            has = {name: votes(cut, name) for name in names}
            ordered = sorted(has.values(), reverse=worst == "max")
            gone = takes([name for name in names if has[name] == ordered[0]], ballots)
            rest = [[name for name in ballot if name not in gone] for ballot in cut]
            return [gone if told == "out" else has, *after(rest)]

        return after(ballots)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        names = "abcde"[: draw.between(2, 5)]
        return ([draw.shuffle(names)[: draw.between(0, len(names))] for _ in range(draw.below(8))],)

    return Problem(
        "Each ballot names candidates, none of them twice; it need not name all of them. Whoever "
        "stands on a ballot is a candidate, and is in at first. There are rounds until nobody is "
        f"in. In each round {words} {sentence}\n{result}",
        Interface("ranks", (("ballots", "list[list[str]]"),), returns),
        reference,
        oracle,
        arguments,
        [
            ([],), ([[]],), ([["a"]],), ([["a"], ["b"]],), ([["b", "a"]],), ([["a", "b"], []],),
            ([["a", "b", "c"], ["b", "c", "a"], ["c", "a", "b"]],),
            ([["c", "b"], ["a", "b"], ["b", "d"], ["d", "b", "c"]],),
            ([["d", "c", "b", "a"], ["d", "c", "b", "a"], ["a"]],),
            ([["b", "a", "c"], ["b", "c", "a"], ["d"], ["a", "d"], ["c", "d"]],),
        ],
        [
            slip(reference, mistake),
            slip(reference, (f"out = {out}", f"out = {mistaken}")),
            slip(reference, (" if name in remaining]", "]")),
        ],
    )  # fmt: skip
