"""Points of games by stated rules: rounds, throws, duels, handicaps and prizes, tricks of cards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ....verifiers.python.interface import Interface
from ..draw import Draw
from .family import Problem, family, raising, slip

_Slips = Sequence[tuple[str, str]]

# ---------------------------------------------------------------- 1: rounds and a number
#
# name -> words, result, oracle, Python, and slips. `n` is at least 1 where its least is 1.
_ROUNDS: dict[str, tuple[str, str, int, Callable[[list[int], int], Any], str, _Slips]] = {
    "best": (
        "the sum of the points of the best `n` rounds, those with the most points; of all if there "
        "are fewer", "int", 0,
        lambda p, n: sum(v for i, v in enumerate(p)
                         if sum((w, -j) > (v, -i) for j, w in enumerate(p)) < n),
        "sum(sorted(points, reverse=True)[:n])",
        [(", reverse=True", ""), ("sorted(points, reverse=True)[:n]",
                                  "sorted(set(points), reverse=True)[:n]")],
    ),
    "last": (
        "the sum of the points of the last `n` rounds; of all if there are fewer", "int", 0,
        lambda p, n: sum(v for i, v in enumerate(p) if len(p) - i <= n),
        "sum(points[max(len(points) - n, 0) :])",
        [("max(len(points) - n, 0) :", "-n:"), ("max(len(points) - n, 0) :", "len(points) - n :")],
    ),
    "capped": (
        "the sum of the points of all rounds, where a round with more than `n` points counts as "
        "one with `n`", "int", 0, lambda p, n: sum(v if v < n else n for v in p),
        "sum(min(point, n) for point in points)",
        [("sum(min(point, n) for point in points)", "min(sum(points), n)"),
         ("sum(min(point, n) for point in points)", "sum(point for point in points if point <= n)")
         ],
    ),
    "bonus": (
        "the sum of the points of all rounds and of 5 more for each round with at least `n` points",
        "int", 0, lambda p, n: sum(p) + 5 * len([v for v in p if not v < n]),
        "sum(point + 5 * (point >= n) for point in points)",
        [("point >= n", "point > n"), ("sum(point + 5 * (point >= n) for point in points)",
                                       "sum(points) + 5 * (sum(points) >= n)")],
    ),
    "less": (
        "the sum of the points of all rounds, where each round counts `n` points less than it has, "
        "but never less than 0", "int", 0,
        lambda p, n: sum(len(range(n, v)) for v in p), "sum(max(point - n, 0) for point in points)",
        [("sum(max(point - n, 0) for point in points)", "max(sum(points) - n * len(points), 0)"),
         ("max(point - n, 0)", "abs(point - n)")],
    ),
    "double": (
        "the sum of the points of all rounds, where every `n`-th round (the `n`-th, the one `n` "
        "rounds after it, and so on) counts double", "int", 1,
        lambda p, n: sum(p) + sum(p[n - 1 :: n]),
        "sum(point * (2 if place % n == 0 else 1) for place, point in enumerate(points, 1))",
        [("enumerate(points, 1)", "enumerate(points)"), ("place % n == 0", "place == n")],
    ),
    "until": (
        "the sum of the points of the rounds before the first one with more than `n` points; of "
        "all if there is none", "int", 0,
        lambda p, n: max(sum(p[:k]) for k in range(len(p) + 1) if all(v <= n for v in p[:k])),
        "sum(takewhile(lambda point: point <= n, points))",
        [("point <= n", "point < n"), ("takewhile(", "filter(")],
    ),
    "more": (
        "True if there are more rounds with more than `n` points than rounds with fewer than `n`, "
        "else False", "bool", 0, lambda p, n: sum((v > n) - (v < n) for v in p) > 0,
        "sum(point > n for point in points) > sum(point < n for point in points)",
        [("> sum(point < n for point in points)", ">= sum(point < n for point in points)"),
         ("> sum(point < n for", "> sum(point <= n for")],
    ),
    "trimmed": (
        "the sum of the points of all rounds but the `n` with the fewest and the `n` with the most "
        "points; 0 if these are all", "int", 1,
        lambda p, n: sum(sorted(p)[k] for k in range(len(p)) if n <= k < len(p) - n),
        "sum(sorted(points)[n:-n])",
        [("sorted(points)[n:-n]", "points[n:-n]"),
         ("sorted(points)[n:-n]", "sorted(set(points))[n:-n]")],
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 2: throws towards a goal
#
# name -> words, oracle (the next total, of the total, the throw and the goal), Python, and slips.
_THROW: dict[str, tuple[str, Callable[[int, int, int], int], str, _Slips]] = {
    "exact": (
        "A throw is added to the total, unless the total would then be greater than `goal`: such a "
        "throw changes nothing.",
        lambda total, throw, goal: max(t for t in (total, total + throw) if t <= goal),
        "        if total + throw <= goal:\n            total += throw\n",
        [("total + throw <= goal", "total + throw < goal"), ("total + throw <= goal",
                                                             "total < goal")],
    ),
    "bounce": (
        "A throw is added to the total. If the total is then greater than `goal`, it becomes as "
        "much less than `goal` as it was greater.",
        lambda total, throw, goal: min(total + throw, 2 * goal - total - throw),
        "        total = goal - abs(goal - total - throw)\n",
        [("goal - abs(goal - total - throw)", "min(total + throw, goal)"),
         ("goal - abs(goal - total - throw)", "(total + throw) % goal")],
    ),
    "half": (
        "A throw is added to the total. If the total is then greater than `goal`, it is halved, "
        "rounded down.",
        lambda total, throw, goal: (total + throw) // (1 + (total + throw > goal)),
        "        total += throw\n        if total > goal:\n            total //= 2\n",
        [("total > goal", "total >= goal"), ("total //= 2", "total = goal // 2")],
    ),
    "safe": (
        "A throw of 1 makes the total 0 if it is less than `goal`; any other throw, and also a "
        "throw of 1 with a total of `goal` or more, is added to the total.",
        lambda total, throw, goal: (total + throw) * (throw > 1 or total >= goal),
        "        if throw == 1 and total < goal:\n            total = 0\n        else:\n"
        "            total += throw\n",
        [("total < goal", "total <= goal"), (" and total < goal", "")],
    ),
    "circle": (
        "A throw is added to the total. If the total is then `goal` or more, it becomes less by "
        "`goal`.",
        lambda total, throw, goal: divmod(total + throw, goal)[1],
        "        total += throw\n        if total >= goal:\n            total -= goal\n",
        [("total >= goal", "total > goal"), ("total -= goal", "total = 0")],
    ),
}  # fmt: skip
# name -> words, result, oracle (of the totals, 0 first), how Python begins, what it does with
# `before` and `total`, its result, and a slip.
_Totals = Callable[[list[int]], Any]
_THROWN: dict[str, tuple[str, str, _Totals, str, str, str, tuple[str, str]]] = {
    "totals": (
        "a list of the totals after each throw", "list[int]", lambda t: t[1:],
        "    totals: list[int] = []\n", "        totals.append(total)\n", "totals",
        ("totals.append(total)", "totals.append(throw)"),
    ),
    "vain": (
        "how many throws left the total as it was or made it less", "int",
        lambda t: sum(t[i + 1] <= t[i] for i in range(len(t) - 1)),
        "    vain = 0\n", "        vain += total <= before\n", "vain",
        ("total <= before", "total < before"),
    ),
    "highest": (
        "a pair: the greatest total that there was, also before the first throw, and after how "
        "many throws there was that total first", "tuple[int, int]",
        lambda t: (sorted(t)[-1], t.index(sorted(t)[-1])),
        "    highest = (0, 0)\n", "        highest = max(highest, (total, -count))\n",
        "(highest[0], -highest[1])", ("(total, -count)", "(total, count)"),
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 3: duels
#
# name -> words, oracle (who wins a round: 0, 1 or None), Python (of a function), and slips.
_HIGHER = "    return (one > other) - (one < other)\n"
_WINS: dict[str, tuple[str, Callable[[int, int], int | None], str, _Slips]] = {
    "higher": (
        "the player with the greater number", lambda a, b: None if a == b else int(a < b), _HIGHER,
        [("(one > other) - (one < other)", "1 if one > other else -1")],
    ),
    "lower": (
        "the player with the smaller number", lambda a, b: None if a == b else int(a > b),
        "    return (one < other) - (one > other)\n",
        [("(one < other) - (one > other)", "-1 if one > other else 1")],
    ),
    "bust": (
        "the player with the greater number, where a number above 10 counts as 0",
        lambda a, b: None if a == b or min(a, b) > 10 else int((a if a < 11 else 0)
                                                               < (b if b < 11 else 0)),
        "    one, other = (0 if number > 10 else number for number in (one, other))\n" + _HIGHER,
        [("number > 10", "number >= 10")],
    ),
    "margin": (
        "the player with the greater number, unless it is greater by more than 4: then the other "
        "one",
        lambda a, b: None if a == b else int((a < b) is (abs(a - b) < 5)),
        "    if abs(one - other) > 4:\n        one, other = other, one\n" + _HIGHER,
        [("abs(one - other) > 4", "abs(one - other) >= 4")],
    ),
}  # fmt: skip
# name -> words, result, oracle (of who won each round, and the rounds), how Python begins, its loop
# over `one`, `other` with a `winner` of 1, -1 or 0, its result, and a slip.
_Won = Callable[[list["int | None"], list[tuple[int, int]]], Any]
_STAKES: dict[str, tuple[str, str, _Won, str, str, str, tuple[str, str]]] = {
    "carried": (
        "Each round is worth 1 point, which its winner gets together with the points of all rounds "
        "just before it that nobody has won. Return the points of the two players.",
        "tuple[int, int]",
        lambda won, _: tuple(
            sum(next((w for w in won[i:] if w is not None), None) == who for i in range(len(won)))
            for who in (0, 1)),
        "    points: Counter[int] = Counter()\n",
        "        points[0] += 1\n        if winner != 0:\n            points[winner] += points[0]\n"
        "            points[0] = 0\n",
        "(points[1], points[-1])", ("points[winner] += points[0]", "points[winner] += 1"),
    ),
    "streak": (
        "The winner of a round gets as many points as the number of rounds that this player has "
        "now won one after the other; a round that nobody wins ends such a series, too. Return the "
        "points of the two players.", "tuple[int, int]",
        lambda won, _: tuple(
            sum(all(w == who for w in won[i:j]) for j in range(len(won) + 1) for i in range(j))
            for who in (0, 1)),
        "    points: Counter[int] = Counter()\n    last = length = 0\n",
        "        length = length + 1 if winner == last else 1\n        last = winner\n"
        "        points[winner] += length\n",
        "(points[1], points[-1])", ("length + 1 if winner == last", "length + 1 if winner != 0"),
    ),
    "ended": (
        "The game ends with the round in which a player wins a third round, or with the last one. "
        "Return how many rounds each of the two has won until then, and how many rounds there "
        "were until then.", "tuple[int, int, int]",
        lambda won, _: next(
            (won[:k].count(0), won[:k].count(1), k) for k in range(len(won) + 1)
            if k == len(won) or 3 in (won[:k].count(0), won[:k].count(1))),
        "    wins: Counter[int] = Counter()\n    count = 0\n",
        "        count += 1\n        wins[winner] += 1\n        if winner and wins[winner] == 3:\n"
        "            break\n",
        "(wins[1], wins[-1], count)", ("if winner and wins", "if wins"),
    ),
    "taken": (
        "The winner of a round gets the number of the other player as points, the other one "
        "nothing; if nobody wins it, both get their own number. Return the points of the two "
        "players.", "tuple[int, int]",
        lambda won, rounds: tuple(
            sum(r[who] if w is None else r[1 - who] * (w == who)
                for w, r in zip(won, rounds, strict=True)) for who in (0, 1)),
        "    first = second = 0\n",
        "        if winner == 1:\n            first += other\n"
        "        elif winner == -1:\n            second += one\n"
        "        else:\n            first += one\n            second += other\n",
        "(first, second)", ("            first += other\n", "            first += one\n"),
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 4: handicaps and prizes
#
# name -> words, oracle (of the points of the rounds and the handicap), Python, and slips.
_NET: dict[str, tuple[str, Callable[[list[int], int], int], str, _Slips]] = {
    "each": (
        "the sum of the points of all rounds, with the handicap added for each of them",
        lambda p, h: sum(v + h for v in p), "    return sum(points) + handicap * len(points)\n",
        [("handicap * len(points)", "handicap")],
    ),
    "once": (
        "the sum of the points of all rounds, with the handicap added once if there is a round",
        lambda p, h: sum([*p, h]) if p else 0,
        "    return sum(points) + handicap if points else 0\n",
        [("sum(points) + handicap if points else 0", "sum(points) + handicap")],
    ),
    "dropped": (
        "the sum of the points of the rounds that count, with the handicap added for each of them; "
        "all rounds count, except that of three or more rounds the one with the fewest points "
        "(just one of several such) does not",
        lambda p, h: sum(v + h for v in p) - (min(p) + h if len(p) >= 3 else 0),
        "    counted = sorted(points)[1:] if len(points) > 2 else points\n"
        "    return sum(counted) + handicap * len(counted)\n",
        [("if len(points) > 2 else points", "if len(points) > 1 else points"),
         ("handicap * len(counted)", "handicap * len(points)")],
    ),
    "best": (
        "the sum of the points of the two rounds with the most points (of all if there are fewer), "
        "and of the handicap, which is added once in any case",
        lambda p, h: max([0, *p]) + h + max([0, *sorted(p)[:-1]]),
        "    return sum(sorted(points)[-2:]) + handicap\n",
        [("sorted(points)[-2:]", "sorted(set(points))[-2:]")],
    ),
    "capped": (
        "the sum over all rounds of the points with the handicap added, where each round counts at "
        "most 10", lambda p, h: sum(v + h if v + h < 10 else 10 for v in p),
        "    return sum(min(point + handicap, 10) for point in points)\n",
        [("min(point + handicap, 10)", "min(point, 10) + handicap")],
    ),
}  # fmt: skip
# name -> words, result, oracle (of the nets and the rounds), Python, and a slip.
_Net = Callable[[dict[str, int], dict[str, list[int]]], Any]
_BOARD: dict[str, tuple[str, str, _Net, str, tuple[str, str]]] = {
    "list": (
        "a list of pairs (name, result): by falling results, of equal results those with fewer "
        "rounds first, and of these by name in alphabetical order", "list[tuple[str, int]]",
        lambda net, rounds: [
            (k, net[k]) for v in sorted({*net.values()}, reverse=True) for n in range(99)
            for k in sorted(net) if net[k] == v and len(rounds[k]) == n],
        "    return sorted(net.items(), key=lambda it: (-it[1], len(rounds[it[0]]), it[0]))\n",
        ("(-it[1], len(rounds[it[0]]), it[0])", "(-it[1], it[0])"),
    ),
    "behind": (
        "a dictionary from each name to how much its result is less than the best one (the "
        "greatest)", "dict[str, int]",
        lambda net, _: {k: sorted(net.values())[-1] - net[k] for k in net},
        "    return {name: max(net.values()) - own for name, own in net.items()}\n",
        ("max(net.values())", "min((best for best in net.values() if best > own), default=own)"),
    ),
    "prizes": (
        "a dictionary from each name to its prize. There are 10 for the best result, 6 for the "
        "second and 3 for the third; players with equal results share the prizes of their places "
        "(as many places as they are) equally, each rounded down, and who gets none has 0",
        "dict[str, int]",
        lambda net, _: {
            k: sum(([10, 6, 3] + [0] * 99)[i] for i, v in enumerate(sorted(net.values())[::-1])
                   if v == net[k]) // [*net.values()].count(net[k]) for k in net},
        "    prizes: dict[str, int] = {}\n    for name, own in net.items():\n"
        "        above = sum(other > own for other in net.values())\n"
        "        equal = sum(other == own for other in net.values())\n"
        "        prizes[name] = sum([10, 6, 3][above : above + equal]) // equal\n"
        "    return prizes\n",
        ("sum([10, 6, 3][above : above + equal]) // equal", "[10, 6, 3, *[0] * 99][above]"),
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 5: tricks of cards
#
_Card = tuple[str, int]
_HIGHEST = "    return max(following, key=lambda place: trick[place][1])\n"
_FOLLOWING = "    following = [place for place, card in enumerate(trick) if card[0] == {}]\n"


def _top(trick: list[_Card], suit: str, low: bool = False) -> list[int]:
    """The places of the cards of a suit, the highest (or the lowest) first."""
    sign = 1 if low else -1
    return [i for _, i in sorted((sign * v, i) for i, (s, v) in enumerate(trick) if s == suit)]


# name -> words, whether there is a trump, oracle (the place of the card that wins, of a trick and
# the trump), the body of a function of these, what is done after a trick, and a slip.
_Wins = Callable[[list[_Card], str], int]
_TRICK: dict[str, tuple[str, bool, _Wins, str, str, tuple[str, str]]] = {
    "led": (
        "the greatest number among the cards of the suit that was led", False,
        lambda trick, _: _top(trick, trick[0][0])[0], _FOLLOWING.format("trick[0][0]") + _HIGHEST,
        "", ("max(following, ", "max(range(len(trick)), "),
    ),
    "trump": (
        "the greatest number among the cards of the suit `trump`, or among those of the suit that "
        "was led if there is no trump in the trick", True,
        lambda trick, trump: (_top(trick, trump) + _top(trick, trick[0][0]))[0],
        "    suits = [suit for suit, _ in trick]\n"
        "    wanted = trump if trump in suits else suits[0]\n"
        + _FOLLOWING.format("wanted") + _HIGHEST,
        "", ("    wanted = trump if trump in suits else suits[0]\n", "    wanted = suits[0]\n"),
    ),
    "low": (
        "the smallest number among the cards of the suit `trump`, or, if there is no trump in the "
        "trick, the greatest number among those of the suit that was led", True,
        lambda trick, trump: (_top(trick, trump, low=True) + _top(trick, trick[0][0]))[0],
        "    trumps = [place for place, card in enumerate(trick) if card[0] == trump]\n"
        "    if trumps:\n        return min(trumps, key=lambda place: trick[place][1])\n"
        + _FOLLOWING.format("trick[0][0]") + _HIGHEST,
        "", ("min(trumps", "max(trumps"),
    ),
    "moving": (
        "the greatest number among the cards of the trump suit, or among those of the suit that "
        "was led if there is no trump in the trick. The trump suit of the first trick is `trump`, "
        "that of any other trick the suit of the card that won the trick before it", True,
        lambda trick, trump: (_top(trick, trump) + _top(trick, trick[0][0]))[0],
        "    suits = [suit for suit, _ in trick]\n"
        "    wanted = trump if trump in suits else suits[0]\n"
        + _FOLLOWING.format("wanted") + _HIGHEST,
        "        trump = trick[place][0]\n",
        ("trump = trick[place][0]", "trump = trick[0][0]"),
    ),
    "second": (
        "the second greatest number among the cards of the suit that was led, where one of two "
        "equal cards, that which was played first, counts as the greater one; the card that was "
        "led if no other one has its suit", False,
        lambda trick, _: [*_top(trick, trick[0][0])[1:], 0][0],
        _FOLLOWING.format("trick[0][0]")
        + "    ranked = sorted(following, key=lambda place: -trick[place][1])\n"
        "    return ranked[:2][-1]\n",
        "", ("ranked[:2][-1]", "ranked[0]"),
    ),
}  # fmt: skip
# name -> words, oracle (of who has won each trick, the tricks, and how many players there are), how
# Python begins, counts a trick and ends, and a slip.
_Gain = Callable[[list[int], list[list[_Card]], int], list[int]]
_GAIN: dict[str, tuple[str, _Gain, str, str, str, tuple[str, str]]] = {
    "winners": (
        "the list of who has won each trick", lambda won, _, __: won,
        "    winners: list[int] = []\n", "        winners.append(leader)\n", "    return winners\n",
        ("(leader + place) % players", "place"),
    ),
    "values": (
        "a list of how many points each player has, where the winner of a trick gets the sum of "
        "the numbers of its cards",
        lambda won, tricks, n: [
            sum(v for w, trick in zip(won, tricks, strict=True) if w == who for _, v in trick)
            for who in range(n)],
        "    points = [0] * players\n",
        "        points[leader] += sum(value for _, value in trick)\n", "    return points\n",
        ("sum(value for _, value in trick)", "trick[place][1]"),
    ),
    "last": (
        "a list of how many points each player has, where the winner of a trick gets 1, and the "
        "winner of the last one 3 more",
        lambda won, _, n: [won.count(who) + 3 * (won[-1:] == [who]) for who in range(n)],
        "    points = [0] * players\n", "        points[leader] += 1\n",
        "    if tricks:\n        points[leader] += 3\n    return points\n",
        ("    if tricks:\n        points[leader] += 3\n", "    points[leader] += 3\n"),
    ),
    "hearts": (
        'a list of how many points each player has, where the winner of a trick gets 1 for each '
        'card in it of the suit "h"; but if one player has all of these points, that one has 0 '
        "instead and each other one as many as there were in all",
        lambda won, tricks, n: _shot([
            sum([s for s, _ in trick].count("h") for w, trick in zip(won, tricks, strict=True)
                if w == who) for who in range(n)]),
        "    points = [0] * players\n",
        '        points[leader] += sum(suit == "h" for suit, _ in trick)\n',
        "    total = sum(points)\n    if total in points:\n"
        "        return [0 if own == total else total for own in points]\n    return points\n",
        ("    if total in points:\n        return [0 if own == total else total for own in points]"
         "\n", ""),
    ),
}  # fmt: skip


def _shot(points: list[int]) -> list[int]:
    having = [place for place, own in enumerate(points) if own]
    return points if len(having) != 1 else [sum(points) - own for own in points]


def _variants(level: int) -> list[tuple[Any, ...]]:
    if level == 1:
        return [(1, what, "") for what in _ROUNDS]
    if level == 2:
        return [(2, throw, told) for throw in _THROW for told in _THROWN]
    if level == 3:
        return [(3, wins, stakes) for wins in _WINS for stakes in _STAKES]
    if level == 4:
        return [(4, net, told) for net in _NET for told in _BOARD]
    return [(5, trick, gain) for trick in _TRICK for gain in _GAIN]


@family("scores", _variants)
def scores(level: int, what: str, how: str) -> Problem:
    return {1: _rounds, 2: _throws, 3: _duels, 4: _board, 5: _tricks}[level](what, how)


def _rounds(what: str, _: str) -> Problem:
    words, returns, least, oracle, python, slips = _ROUNDS[what]
    imported = "from itertools import takewhile\n\n\n" if "takewhile" in python else ""
    reference = (
        f"{imported}def scores(points: list[int], n: int) -> {returns}:\n    return {python}\n"
    )

    def arguments(draw: Draw) -> tuple[Any, ...]:
        reach = draw.pick((3, 6, 20))
        points = [draw.between(0, reach) for _ in range(draw.below(10))]
        most = {"best": 4, "last": 4, "double": 4, "trimmed": 2, "less": reach // 2}.get(
            what, reach
        )
        return points, draw.between(least, most)

    return Problem(
        "`points` has the points of each round of a game, in their order, and no number is below "
        f"0{', `n` not below 1' * least}. Return {words}.",
        Interface("scores", (("points", "list[int]"), ("n", "int")), returns),
        reference,
        oracle,
        arguments,
        [
            ([], 1), ([0], 1), ([5], 1), ([5, 5], 1), ([1, 2, 3], 2), ([3, 2, 1], 2),
            ([4, 1, 4, 2, 4], 3), ([7, 0, 7, 1], 4), ([2, 2, 3, 1], 2), ([6, 1, 5, 2, 4], 5),
            ([9, 8, 7], 9), ([1, 5, 1, 5, 5, 9], 1),
            ([4, 1, 2], 4), ([5, 3], 3), ([2, 6, 6], 5),
            *([] if least else [([], 0), ([3, 1], 0), ([0, 0, 2], 0)]),
        ],
        [slip(reference, change) for change in slips],
    )  # fmt: skip


def _throws(throw: str, told: str) -> Problem:
    words, after, python, slips = _THROW[throw]
    sentence, returns, of, first, step, result, mistake = _THROWN[told]
    loop = "count, throw in enumerate(throws, 1)" if "count" in step else "throw in throws"
    before = "        before = total\n" if "before" in step else ""
    reference = (
        f"def scores(throws: list[int], goal: int) -> {returns}:\n    total = 0\n{first}"
        f"    for {loop}:\n{before}{python}{step}    return {result}\n"
    )

    def oracle(throws: list[int], goal: int) -> Any:
        totals = [0]
        for number in throws:
            totals.append(after(totals[-1], number, goal))
        return of(totals)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        low = draw.pick((0, 0, 0, 3))
        throws = [max(draw.between(low, 6), 1) for _ in range(draw.between(1, 14))]
        return throws, draw.between(6, 14)

    return Problem(
        f"Throws of dice, each from 1 to 6, change a total, which is 0 at first. {words} `goal` is "
        f"at least 6.\nReturn {sentence}.",
        Interface("scores", (("throws", "list[int]"), ("goal", "int")), returns),
        reference,
        oracle,
        arguments,
        [
            ([], 6), ([1], 6), ([6], 6), ([6, 1], 6), ([6, 6], 7), ([3, 3, 3], 6), ([5, 1, 1], 6),
            ([5, 5, 1, 5], 9), ([2, 4, 6, 1, 1], 8), ([6, 6, 6, 6], 13), ([4, 1, 6, 1, 2], 11),
            ([1, 1, 1, 1, 1, 1, 1], 6), ([6, 5, 4, 3, 2, 1], 10), ([4, 4, 4, 4, 4], 12),
            ([5, 4, 1, 6, 2], 9),
        ],
        [
            *(slip(reference, change) for change in slips),
            slip(reference, mistake),
        ],
    )  # fmt: skip


def _duels(wins: str, stakes: str) -> Problem:
    words, winner, python, slips = _WINS[wins]
    sentence, returns, of, first, loop, result, mistake = _STAKES[stakes]
    imported = "from collections import Counter\n\n\n" * ("Counter" in first)
    reference = (
        f"{imported}def scores(rounds: list[tuple[int, int]]) -> {returns}:\n{first}"
        "    for one, other in rounds:\n        winner = won(one, other)\n"
        f"{loop}    return {result}\n\n\n"
        "def won(one: int, other: int) -> int:\n"
        '    """1 if the first player wins the round, -1 if the second one, 0 if nobody."""\n'
        f"{python}"
    )

    def oracle(rounds: list[tuple[int, int]]) -> Any:
        return of([winner(a, b) for a, b in rounds], rounds)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        low, high = draw.pick(((1, 3), (3, 9), (7, 13), (1, 13)))
        return (
            [(draw.between(low, high), draw.between(low, high)) for _ in range(draw.between(1, 9))],
        )

    return Problem(
        "Two players play rounds. A round is a pair of the number of the first player and that of "
        f"the second one, each 1 or more. A round is won by {words}. With equal numbers"
        f"{', as they count,' if wins == 'bust' else ''} nobody wins it.\n{sentence}",
        Interface("scores", (("rounds", "list[tuple[int, int]]"),), returns),
        reference,
        oracle,
        arguments,
        [
            ([],), ([(1, 1)],), ([(2, 1)],), ([(1, 2)],), ([(2, 2), (3, 1)],), ([(3, 1), (2, 2)],),
            ([(1, 5), (5, 1), (1, 6), (6, 1)],), ([(10, 9), (11, 9), (12, 11), (9, 10)],),
            ([(2, 1)] * 5,), ([(1, 2), (2, 1), (1, 2), (3, 3), (1, 2), (2, 1)],),
            ([(4, 4)] * 4 + [(3, 4)],), ([(10, 3), (7, 2), (2, 7), (11, 11), (10, 11)],),
            ([(3, 5), (3, 5), (6, 6), (5, 3), (5, 3), (5, 3), (3, 5)],), ([(10, 6), (6, 10)],),
            ([(1, 11), (12, 1)],), ([(1, 11)],),
        ],
        [
            *(slip(reference, change) for change in slips),
            slip(reference, mistake),
        ],
    )  # fmt: skip


def _board(net: str, told: str) -> Problem:
    words, of, python, slips = _NET[net]
    sentence, returns, tell, result, mistake = _BOARD[told]
    reference = (
        "def scores(rounds: dict[str, list[int]], handicaps: dict[str, int]) -> "
        f"{returns}:\n    for name in handicaps:\n        if name not in rounds:\n"
        "            raise KeyError(name)\n"
        "    net = {name: total(its, handicaps.get(name, 0)) for name, its in rounds.items()}\n"
        f"{result}\n\ndef total(points: list[int], handicap: int) -> int:\n{python}"
    )

    def oracle(rounds: dict[str, list[int]], handicaps: dict[str, int]) -> Any:
        if set(handicaps) - set(rounds):
            raise raising("KeyError")
        return tell({k: of(rounds[k], {k: 0, **handicaps}[k]) for k in rounds}, rounds)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        names = draw.shuffle("abcdef")[: draw.between(1, 6)]
        reach = draw.pick((2, 5, 9, 12))
        rounds = {n: [draw.between(0, reach) for _ in range(draw.below(5))] for n in names}
        handicaps = {n: draw.between(0, 3) for n in draw.shuffle(names) if draw.chance(0.6)}
        if draw.chance(0.06):
            handicaps["x"] = 1
        return rounds, handicaps

    return Problem(
        "`rounds` has the points of each player's rounds, none below 0, in a list that may be "
        "empty; `handicaps` has the handicaps, none below 0, of those who have one, and it is 0 "
        f"for the others. The result of a player is {words}.\nReturn {sentence}. If a name in "
        "`handicaps` is not in `rounds`, raise KeyError.",
        Interface(
            "scores",
            (("rounds", "dict[str, list[int]]"), ("handicaps", "dict[str, int]")), returns,
        ),
        reference,
        oracle,
        arguments,
        [
            ({}, {}), ({}, {"a": 1}), ({"a": []}, {}), ({"a": []}, {"a": 2}),
            ({"b": [3], "a": [3]}, {}), ({"b": [2], "a": [3]}, {"b": 1}),
            ({"b": [4, 4], "a": [8], "c": [3, 3, 2]}, {}), ({"c": [1, 1, 1], "a": [1, 1]}, {}),
            ({"a": [5, 1, 5], "b": [9], "c": [5, 5]}, {"a": 1, "c": 1}),
            ({"d": [1], "c": [2], "b": [3], "a": [4]}, {}), ({"a": [9, 10, 3]}, {"a": 2}),
            ({"d": [1], "c": [1], "b": [1], "a": [1]}, {}), ({"a": [1]}, {"b": 0}),
            ({"e": [7, 7, 7, 7], "a": [9, 9], "d": [7, 7]}, {"d": 3, "a": 1}),
            ({"a": [], "b": [1]}, {"a": 2}), ({"a": [1, 1], "b": [2]}, {}),
            ({"a": [12], "b": [10]}, {}), ({"a": [9], "b": [10]}, {}),
            ({"a": [9], "b": [10]}, {"a": 3}),
        ],
        [
            *(slip(reference, change) for change in slips),
            slip(reference, mistake),
            slip(reference, ("    for name in handicaps:\n        if name not in rounds:\n"
                             "            raise KeyError(name)\n", "")),
        ],
    )  # fmt: skip


def _tricks(trick: str, gain: str) -> Problem:
    words, has_trump, wins, python, then, mistake = _TRICK[trick]
    sentence, of, first, count, result, other = _GAIN[gain]
    trump, given = ("trump: str, ", ", trump") if has_trump else ("", "")
    reference = (
        f"def scores(players: int, {trump}tricks: list[list[tuple[str, int]]]) -> list[int]:\n"
        f"{first}    leader = 0\n    for trick in tricks:\n"
        "        if len(trick) != players:\n"
        '            raise ValueError("every player plays one card to a trick")\n'
        f"        place = winning(trick{given})\n"
        f"        leader = (leader + place) % players\n{then}{count}{result}\n\n"
        f"def winning(trick: list[tuple[str, int]]{', trump: str' * has_trump}) -> int:\n"
        f'    """The place in the trick of the card that wins it."""\n{python}'
    )

    def oracle(players: int, *rest: Any) -> list[int]:
        tricks = rest[-1]
        suit = rest[0] if has_trump else ""
        won: list[int] = []
        for cards in tricks:
            if len(cards) != players:
                raise raising("ValueError")
            place = wins(cards, suit)
            won.append((*range(players), *range(players))[(won or [0])[-1] + place])
            suit = cards[place][0] if then else suit
        return of(won, tricks, players)

    def with_trump(players: int, suit: str, tricks: list[list[_Card]]) -> tuple[Any, ...]:
        return (players, suit, tricks) if has_trump else (players, tricks)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        players, suits, most = draw.between(2, 4), "hsc"[: draw.between(2, 3)], draw.pick((3, 9))
        tricks = [
            [(draw.pick(suits), draw.between(1, most)) for _ in range(players)]
            for _ in range(draw.between(1, 5))
        ]
        if draw.chance(0.05):
            tricks[-1] = tricks[-1][1:] if draw.chance(0.5) else tricks[-1] * 2
        return with_trump(players, draw.pick(suits), tricks)

    h, s, c = ([(suit, n) for n in range(10)] for suit in "hsc")
    given_trump = " `trump` is a suit." if has_trump else ""
    parameters = (("players", "int"), ("tricks", "list[list[tuple[str, int]]]"))
    return Problem(
        "Players, numbered from 0 to `players` - 1 in a circle, two or more, play cards. A card is "
        "(suit, number). To each trick every player plays one card; it lists them in the order in "
        "which they are played. The first one is led by player 0, any other one by the winner of "
        "the trick before it; the player after the leader plays next, and so on, player 0 after "
        f"the last number.{given_trump} A trick is won by the card with {words}. Of equal cards "
        f"the one that was played first wins.\nReturn {sentence}. A trick with more or fewer cards "
        "than there are players raises ValueError.".replace(
            " Of equal cards the one that was played first wins." if trick == "second" else "\0", ""
        ),
        Interface(
            "scores",
            (parameters[0], ("trump", "str"), parameters[1]) if has_trump else parameters,
            "list[int]",
        ),
        reference,
        oracle,
        arguments,
        [
            with_trump(*example) for example in (
                (2, "h", []), (3, "s", []), (2, "h", [[h[1], h[2]]]), (2, "c", [[h[2], s[9]]]),
                (2, "s", [[h[2]]]), (3, "s", [[h[2], s[1], s[3]], [s[1], h[9], h[9]]]),
                (3, "c", [[h[2], h[5], h[5]], [h[1], s[7], h[3]]]), (2, "h", [[h[4], h[4]]] * 3),
                (4, "s", [[h[2], s[3], s[1], h[9]], [c[4], c[5], h[6], s[2]], [c[1]] * 4]),
                (4, "c", [[s[3], h[3], s[4], s[4]], [h[1], h[5], c[2], c[1]], [h[7]] * 4]),
                (3, "h", [[c[1], c[2], c[3]], [h[5], c[9], s[9]], [s[4], c[8], h[1]]]),
                (2, "s", [[s[1], s[2]], [s[1], s[2]], [c[3], h[4]], [h[6], s[5]]]),
                (3, "s", [[h[1], h[2], h[3]], [h[1], h[2], h[3]], [s[1], s[2]]]),
                (2, "s", [[c[1], s[2], h[3]], [c[1], s[2]]]),
            )
        ],
        [
            slip(reference, mistake),
            slip(reference, other),
            slip(reference, ("            raise ValueError(\"every player plays one card to a "
                             "trick\")\n", "            continue\n")),
        ],
    )  # fmt: skip
