"""Amounts in whole cents: rounding, equal and weighted shares, change, debts that are settled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import ceil, floor
from typing import Any

from ....verifiers.python.interface import Interface
from ..draw import Draw
from .family import Problem, family, raising, slip

_Slips = Sequence[tuple[str, str]]

# ---------------------------------------------------------------- 1: amounts and a number
#
# name -> words, result, oracle, the number's name, an expression, and slips.
_Of = Callable[[list[int], int], Any]
_SIMPLE: dict[str, tuple[str, str, _Of, str, str, _Slips]] = {
    "tip": (
        "Return the sum of the amounts with a tip of `percent` percent of that sum, the tip "
        "rounded up to a whole cent", "int",
        lambda a, n: sum(a) + ceil(Fraction(sum(a) * n, 100)), "percent",
        "sum(amounts) + (sum(amounts) * percent + 99) // 100",
        [(" + 99) // 100", ") // 100"), (" + 99) // 100", " + 100) // 100"),
         (" + 99) // 100", " + 50) // 100")],
    ),
    "reduced": (
        "Return a list of the amounts in their order, each of them less `percent` percent of it, "
        "this reduction rounded down to a whole cent", "list[int]",
        lambda a, n: [v - floor(Fraction(v * n, 100)) for v in a], "percent",
        "[amount - amount * percent // 100 for amount in amounts]",
        [("amount - amount * percent // 100", "amount * (100 - percent) // 100"),
         ("amount - amount * percent // 100", "amount - amount // 100 * percent")],
    ),
    "fees": (
        "A fee is `percent` percent of an amount, to the nearest whole cent, half a cent rounded "
        "up. Return the sum of the fees of the amounts, each rounded for itself", "int",
        lambda a, n: sum(floor(Fraction(v * n, 100) + Fraction(1, 2)) for v in a), "percent",
        "sum((amount * percent + 50) // 100 for amount in amounts)",
        [("sum((amount * percent + 50) // 100 for amount in amounts)",
          "(sum(amounts) * percent + 50) // 100"),
         ("(amount * percent + 50) // 100", "amount * percent // 100"),
         ("(amount * percent + 50) // 100", "round(amount * percent / 100)")],
    ),
    "least": (
        "A fee is `percent` percent of an amount, rounded down to a whole cent, but at least 5 "
        "cents. Return a list of the fees of the amounts, in their order", "list[int]",
        lambda a, n: [sorted([floor(Fraction(v * n, 100)), 5])[1] for v in a], "percent",
        "[max(amount * percent // 100, 5) for amount in amounts]",
        [("max(amount * percent // 100, 5)", "min(amount * percent // 100, 5)"),
         ("max(amount * percent // 100, 5)", "amount * percent // 100 + 5"),
         ("amount * percent // 100, 5", "round(amount * percent / 100), 5")],
    ),
    "notes": (
        "Return how many notes of `note` cents are needed at least so that together they are worth "
        "no less than the sum of the amounts; `note` is at least 1", "int",
        lambda a, n: ceil(Fraction(sum(a), n)), "note",
        "(sum(amounts) + note - 1) // note",
        [("(sum(amounts) + note - 1) // note", "sum(amounts) // note + 1"),
         ("(sum(amounts) + note - 1) // note", "sum(amounts) // note")],
    ),
    "cash": (
        "Return the sum of the amounts, rounded to the nearest multiple of `coin`, to the higher "
        "one if two are as near; `coin` is at least 1", "int",
        lambda a, n: floor(Fraction(sum(a), n) + Fraction(1, 2)) * n, "coin",
        "(2 * sum(amounts) + coin) // (2 * coin) * coin",
        [("(2 * sum(amounts) + coin) // (2 * coin) * coin", "sum(amounts) // coin * coin"),
         ("(2 * sum(amounts) + coin) // (2 * coin) * coin", "round(sum(amounts) / coin) * coin")],
    ),
    "text": (
        "Return the sum of the amounts less `paid` as a text: a minus sign if it is below zero, "
        "whole units of 100 cents, a point, and the remaining cents as two digits, as in 0.05 and "
        "-12.30", "str",
        lambda a, n: ("-" if sum(a) < n else "") + str(abs(sum(a) - n) // 100) + "."
        + str(abs(sum(a) - n)).zfill(2)[-2:], "paid",
        "(\n        f\"{'-' if sum(amounts) < paid else ''}{abs(sum(amounts) - paid) // 100}\"\n"
        "        f\".{abs(sum(amounts) - paid) % 100:02}\"\n    )",
        [(":02}", "}"), ("{'-' if sum(amounts) < paid else ''}{abs(sum(amounts) - paid) // 100}",
                         "{(sum(amounts) - paid) // 100}")],
    ),
    "afford": (
        "Return how many of the amounts can be paid with `budget` cents if they are paid one after "
        "the other, the smallest first, until the next one cannot be paid in full", "int",
        lambda a, n: max(k for k in range(len(a) + 1) if sum(sorted(a)[:k]) <= n), "budget",
        "sum(total <= budget for total in accumulate(sorted(amounts)))",
        [("sorted(amounts)", "amounts"), ("total <= budget", "total < budget")],
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 2: equal shares
#
# name -> words, oracle (of the smaller share, the cents that are left, and how many people), a list
# of shares in Python, and slips.
_EQUAL: dict[str, tuple[str, Callable[[int, int, int], list[int]], str, _Slips]] = {
    "first": (
        "The first person gets all cents that are left.",
        lambda s, r, n: [s + r] + [s] * (n - 1),
        "[share + left] + [share] * (people - 1)",
        [("[share + left] + [share] * (people - 1)", "[share] * (people - 1) + [share + left]")],
    ),
    "last": (
        "The last person gets all cents that are left.",
        lambda s, r, n: [s] * (n - 1) + [s + r],
        "[share] * (people - 1) + [share + left]",
        [("[share] * (people - 1) + [share + left]", "[share + left] + [share] * (people - 1)")],
    ),
    "firsts": (
        "Of the cents that are left, the first persons get one each.",
        lambda s, r, n: [s + 1] * r + [s] * (n - r),
        "[share + (place < left) for place in range(people)]",
        [("place < left", "place <= left")],
    ),
    "lasts": (
        "Of the cents that are left, the last persons get one each.",
        lambda s, r, n: [s] * (n - r) + [s + 1] * r,
        "[share + (place >= people - left) for place in range(people)]",
        [("place >= people - left", "place > people - left")],
    ),
    "ends": (
        "Of the cents that are left, half (rounded up) go to the first person, the others to the "
        "last.",
        lambda s, r, n: [s + r - r // 2] + [s] * (n - 2) + [s + r // 2] if n > 1 else [s],
        "[share] * people",
        [("left - left // 2", "left // 2")],
    ),
}  # fmt: skip
# name -> words, Python, an exception or None, and a slip.
_NOBODY = {
    "raises": (
        "If `people` is less than 1, raise ValueError.",
        "    if people < 1:\n        raise ValueError(people)\n",
        ("people < 1", "people < 0"),
    ),
    "empty": (
        "If `people` is less than 1, return the empty list.",
        "    if people < 1:\n        return []\n",
        ("return []", "return [total]"),
    ),
}

# ---------------------------------------------------------------- 3: change
#
# name -> words, the parameter's type, Python for how many coins of a value are taken, and a slip.
_SUPPLY = {
    "endless": (
        "`coins` are the values of the coins that there are, in any order, some perhaps repeated, "
        "which means nothing; of each value there are as many coins as needed.",
        "list[int]",
        "    for value in sorted(set(coins), reverse=True):\n        count = amount // value\n",
        ("sorted(set(coins), reverse=True)", "dict.fromkeys(coins)"),
    ),
    "till": (
        "`coins` says of each value how many coins of that value there are.",
        "dict[int, int]",
        "    for value in sorted(coins, reverse=True):\n"
        "        count = min(amount // value, coins[value])\n",
        ("min(amount // value, coins[value])", "amount // value"),
    ),
}
# name -> words, result, oracle (of the coins that are taken), how Python begins, goes on and ends,
# and slips.
_CHANGE: dict[str, tuple[str, str, Callable[[list[int]], Any], str, str, str, _Slips]] = {
    "coins": (
        "the values of the coins that are taken, from the greatest to the smallest, each as often "
        "as it is taken", "list[int]", list,
        "    taken: list[int] = []\n", "        taken.extend([value] * count)\n", "taken",
        [("[value] * count", "[value]")],
    ),
    "counts": (
        "a dictionary from each value of which coins are taken to how many of them are taken",
        "dict[int, int]", lambda taken: {v: taken.count(v) for v in taken},
        "    taken: dict[int, int] = {}\n",
        "        if count > 0:\n            taken[value] = count\n", "taken",
        [("        if count > 0:\n            taken[value] = count\n",
          "        taken[value] = count\n")],
    ),
    "number": (
        "a pair: how many coins are taken, and how many different values they have",
        "tuple[int, int]", lambda taken: (len(taken), len(set(taken))),
        "    coins_taken = values_taken = 0\n",
        "        coins_taken += count\n        values_taken += count > 0\n",
        "(coins_taken, values_taken)",
        [("values_taken += count > 0", "values_taken += 1")],
    ),
}  # fmt: skip
_REST = {
    "raises": (
        "If a part of `amount` is left that cannot be paid so, raise ValueError",
        "    if amount > 0:\n        raise ValueError(amount)\n",
        ("    if amount > 0:\n        raise ValueError(amount)\n", ""),
    ),
    "left": (
        "What is left of `amount` then is not paid",
        "",
        ("    return ", "    if amount > 0:\n        raise ValueError(amount)\n    return "),
    ),
}

# ---------------------------------------------------------------- 4: weighted shares
#
# name -> words, oracle's key (of name, weight, remainder, share), Python's key, and a slip.
_Key = Callable[[str, int, int, int], Any]
_ORDER: dict[str, tuple[str, _Key, str, tuple[str, str]]] = {
    "remainder": (
        "those with the greatest fraction cut off; among equal ones the alphabetically first",
        lambda k, _, r, __: (-r, k),
        "(-(total * weights[name] % whole), name)",
        ("(-(total * weights[name] % whole), name)", "-(total * weights[name] % whole)"),
    ),
    "weight": (
        "those with the greatest weight; among equal ones the alphabetically first",
        lambda k, w, *_: (-w, k),
        "(-weights[name], name)",
        ("(-weights[name], name)", "-weights[name]"),
    ),
    "poor": (
        "those with the smallest share so far; among equal ones the alphabetically last",
        lambda k, _, __, s: (s, [-ord(c) for c in k]),
        "shares[name]",
        ("key=lambda name: shares[name]", "key=lambda name: (shares[name], name)"),
    ),
    "light": (
        "those with the smallest weight that is not 0; among equal ones the one that comes first "
        "in `weights`",
        lambda _, w, *__: (w == 0, w),
        "(weights[name] == 0, weights[name])",
        ("(weights[name] == 0, weights[name])", "weights[name]"),
    ),
}
# name -> words, result, oracle (of total, weights, shares), Python, and a slip.
_SHARED: dict[str, tuple[str, str, Callable[..., Any], str, tuple[str, str]]] = {
    "all": (
        "a dictionary from each name to its share",
        "dict[str, int]",
        lambda _, __, shares: shares,
        "    return shares\n",
        ("    return shares\n", "    return {name: n for name, n in shares.items() if n}\n"),
    ),
    "named": (
        "a list of pairs (name, share): by falling share, among equal ones in alphabetical order "
        "of the names; without those whose share is 0",
        "list[tuple[str, int]]",
        lambda _, __, s: [
            (k, n) for n in sorted({*s.values()} - {0}, reverse=True) for k in sorted(s)
            if s[k] == n
        ],
        "    paid = [(name, share) for name, share in shares.items() if share]\n"
        "    return sorted(paid, key=lambda pair: (-pair[1], pair[0]))\n",
        ("(-pair[1], pair[0])", "-pair[1]"),
    ),
    "gained": (
        "a dictionary to its share from each name whose share is more than its exact part",
        "dict[str, int]",
        lambda t, w, s: {k: s[k] for k in w if Fraction(t * w[k], sum(w.values())) < s[k]},
        "    gained = [name for name in weights if shares[name] * whole > total * weights[name]]\n"
        "    return {name: shares[name] for name in gained}\n",
        ("shares[name] * whole > total", "shares[name] * whole >= total"),
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 5: debts
#
_LEFT = {
    "payer": (
        "the cents that are left are borne by the payer (also if the payer is not among `people`)",
        "        balance[payer] = balance.get(payer, 0) + amount - left\n"
        "        for name in people:\n"
        "            balance[name] = balance.get(name, 0) - share\n",
        (
            " + amount - left\n",
            " + amount\n        balance[people[0]] = balance.get(people[0], 0) - left\n",
        ),
    ),
    "first": (
        "of the cents that are left, the first ones of `people`, in their order, bear one more "
        "each",
        "        balance[payer] = balance.get(payer, 0) + amount\n"
        "        for place, name in enumerate(people):\n"
        "            balance[name] = balance.get(name, 0) - share - (place < left)\n",
        ("place < left", "place >= len(people) - left"),
    ),
}
# name -> words, Python's key for who pays and is paid next, and a slip.
_NEXT = {
    "most": (
        "The one who owes most pays the one who is owed most; among equal ones it is the "
        "alphabetically first.",
        "        debtor = min(balance, key=lambda name: (balance[name], name))\n"
        "        creditor = min(balance, key=lambda name: (-balance[name], name))\n",
        ("min(balance, key=lambda name: (balance[name], name))",
         "min(name for name in balance if balance[name] < 0)"),
    ),
    "name": (
        "The alphabetically first of those who owe pays the alphabetically first of those who are "
        "owed.",
        "        debtor = min(name for name in balance if balance[name] < 0)\n"
        "        creditor = min(name for name in balance if balance[name] > 0)\n",
        ("min(name for name in balance if balance[name] > 0)",
         "max(balance, key=lambda name: balance[name])"),
    ),
}  # fmt: skip
_Payments = list[tuple[str, str, int]]
_SETTLED: dict[str, tuple[str, str, Callable[[_Payments], Any], str, tuple[str, str]]] = {
    "list": (
        "the payments in their order, each as (who pays, who is paid, cents)",
        "list[tuple[str, str, int]]",
        list,
        "    return payments\n",
        ("append((debtor, creditor, cents))", "append((creditor, debtor, cents))"),
    ),
    "paid": (
        "a dictionary from everyone who pays to a pair: how many payments that one makes, and how "
        "many cents they are together",
        "dict[str, tuple[int, int]]",
        lambda p: {
            k: (len([n for d, _, n in p if d == k]), sum(n for d, _, n in p if d == k))
            for k, _, _ in p
        },
        "    made: dict[str, tuple[int, int]] = {}\n"
        "    for debtor, _, cents in payments:\n"
        "        count, total = made.get(debtor, (0, 0))\n"
        "        made[debtor] = (count + 1, total + cents)\n    return made\n",
        ("(count + 1, total + cents)", "(count + 1, cents)"),
    ),
    "last": (
        "the last payment as (who pays, who is paid, cents); None if there is no payment",
        "tuple[str, str, int] | None",
        lambda p: next(reversed(p), None),
        "    return payments[-1] if payments else None\n",
        ("payments[-1]", "payments[0]"),
    ),
}  # fmt: skip


def _variants(level: int) -> list[tuple[Any, ...]]:
    if level == 1:
        return [(1, name) for name in _SIMPLE]
    if level == 2:
        return [(2, who, nobody) for who in _EQUAL for nobody in _NOBODY]
    if level == 3:
        return [(3, supply, t, rest) for supply in _SUPPLY for t in _CHANGE for rest in _REST]
    if level == 4:
        return [(4, order, told) for order in _ORDER for told in _SHARED]
    return [(5, left, after, told) for left in _LEFT for after in _NEXT for told in _SETTLED]


@family("money", _variants)
def money(level: int, *key: str) -> Problem:
    return _LEVELS[level](*key)


def _simple(name: str) -> Problem:
    words, returns, oracle, number, expression, slips = _SIMPLE[name]
    reference = (
        "from itertools import accumulate\n\n\n" if "accumulate" in expression else ""
    ) + f"def money(amounts: list[int], {number}: int) -> {returns}:\n    return {expression}\n"
    positive = number in ("note", "coin")

    def arguments(draw: Draw) -> tuple[Any, ...]:
        reach = draw.pick((9, 60, 400))
        amounts = [draw.between(0, reach) for _ in range(draw.below(8))]
        if number == "percent":
            return amounts, draw.pick((0, 1, 5, 8, 10, 15, 25, 50, 75, 100))
        if positive:
            return amounts, draw.pick((1, 2, 5, 5, 10, 20, 50))
        return amounts, draw.between(0, max(sum(amounts), 2))

    edges = [
        ([], 0), ([], 5), ([0], 3), ([1], 1), ([10], 50), ([99, 1], 100),
        ([3, 2, 1], 3), ([50, 7, 8], 1), ([30, 30, 30], 25), ([5, 5, 5, 5], 10), ([2, 3, 4], 5),
        ([101], 4), ([50], 3), ([49], 1), ([25050, 20], 9),
    ]  # fmt: skip
    return Problem(
        f"Amounts are whole cents, none of them below zero. {words}.",
        Interface("money", (("amounts", "list[int]"), (number, "int")), returns),
        reference,
        oracle,
        arguments,
        [(a, n) for a, n in edges if n or not positive],
        [slip(reference, change) for change in slips],
    )


def _equal(who: str, nobody: str) -> Problem:
    rule, oracle_shares, shares, slips = _EQUAL[who]
    words, check, none = _NOBODY[nobody]
    ending = (
        "    shares = [share] * people\n    shares[0] += left - left // 2\n"
        "    shares[-1] += left // 2\n    return shares\n"
        if who == "ends" else f"    return {shares}\n"
    )  # fmt: skip
    reference = (
        "def money(total: int, people: int) -> list[int]:\n"
        f"{check}    share, left = divmod(total, people)\n{ending}"
    )

    def oracle(total: int, people: int) -> list[int]:
        if people < 1:
            if nobody == "raises":
                raise raising("ValueError")
            return []
        share = floor(Fraction(total, people))
        left = total - share * people
        if people == 1:
            return [total]
        return oracle_shares(share, left, people)

    return Problem(
        "`total` cents are shared by `people` persons. Each gets the same number of whole cents, "
        "as many as possible without giving away more than `total` (rounded down, towards negative "
        f"infinity, if `total` is below zero); so fewer cents than persons are left. {rule}\n"
        f"Return the list of the shares, from the first person to the last. {words}",
        Interface("money", (("total", "int"), ("people", "int")), "list[int]"),
        reference,
        oracle,
        lambda draw: (draw.between(-9, 40), draw.pick((0, 1, 2, 3, 4, 5, 6, 7))),
        [
            (0, 0), (5, 0), (5, -1), (0, 1), (7, 1), (0, 3), (7, 2), (8, 2), (7, 3), (11, 4),
            (-7, 2), (-1, 5), (3, 7), (1000, 7),
        ],
        [slip(reference, change) for change in (*slips, none)]
        + [slip(reference, ("divmod(total, people)", "int(total / people), total % people"))],
    )  # fmt: skip


def _change(supply: str, told: str, rest: str) -> Problem:
    there, kind, loop, mistake = _SUPPLY[supply]
    words, returns, tell, first, then, result, slips = _CHANGE[told]
    sentence, check, other = _REST[rest]
    reference = (
        f"def money(amount: int, coins: {kind}) -> {returns}:\n{first}{loop}{then}"
        f"        amount -= count * value\n{check}    return {result}\n"
    )

    def oracle(amount: int, coins: Any) -> Any:
        pile = dict.fromkeys(coins, 99) if supply == "endless" else dict(coins)
        taken: list[int] = []
        for coin in sorted((v for v in pile for _ in range(pile[v])), reverse=True):
            if sum(taken) + coin <= amount:
                taken.append(coin)
        if rest == "raises" and sum(taken) != amount:
            raise raising("ValueError")
        return tell(taken)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        values = draw.shuffle((2, 5, 10, 20, 25, 50))[: draw.between(1, 4)]
        if draw.chance(0.6):
            values.insert(draw.below(len(values)), 1)
        if supply == "endless":
            return draw.between(0, 99), values + values[: draw.pick((0, 0, 1))]
        return draw.between(0, 80), {value: draw.between(0, 4) for value in values}

    kinds: list[tuple[int, dict[int, int]]] = [
        (0, {}), (3, {}), (0, {5: 1}), (5, {5: 1}), (4, {5: 2}), (7, {5: 3, 1: 2}),
        (10, {1: 3, 5: 1, 10: 2}), (30, {10: 2, 5: 1, 1: 9}), (6, {4: 1, 3: 2}),
        (9, {1: 9, 5: 0}), (40, {25: 1, 10: 4, 1: 1}), (99, {50: 1, 20: 2, 2: 4, 1: 1}),
    ]  # fmt: skip
    return Problem(
        f"`amount` cents are to be paid. {there} Values are at least 1, and `amount` is at least "
        "0.\nGo through the values from the greatest to the smallest. Of each take as many coins "
        "as there are, but no more than fit into what is left of `amount`. "
        f"{sentence}; else return {words}."
        if rest == "raises"
        else f"`amount` cents are to be paid. {there} Values are at least 1, and `amount` is at "
        "least 0.\nGo through the values from the greatest to the smallest. Of each take as many "
        f"coins as there are, but no more than fit into what is left of `amount`. {sentence}. "
        f"Return {words}.",
        Interface("money", (("amount", "int"), ("coins", kind)), returns),
        reference,
        oracle,
        arguments,
        [(n, list(c) if supply == "endless" else c) for n, c in kinds],
        [slip(reference, change) for change in (mistake, *slips, other)],
    )


def _weighted(order: str, told: str) -> Problem:
    words, of, key, mistake = _ORDER[order]
    answer, returns, tell, python, more = _SHARED[told]
    ranked = (
        "sorted(weights, reverse=True)" if order == "poor" else "weights"
    )  # `sorted` is stable.
    reference = (
        f"def money(total: int, weights: dict[str, int]) -> {returns}:\n"
        "    whole = sum(weights.values())\n"
        "    if whole == 0:\n        raise ValueError(weights)\n"
        "    shares = {name: total * weight // whole for name, weight in weights.items()}\n"
        "    left = total - sum(shares.values())\n"
        f"    ranked = sorted({ranked}, key=lambda name: {key})\n"
        "    for name in ranked[:left]:\n        shares[name] += 1\n" + python
    )

    def oracle(total: int, weights: dict[str, int]) -> Any:
        whole = sum(weights.values())
        if not whole:
            raise raising("ValueError")
        shares = {k: floor(Fraction(total * w, whole)) for k, w in weights.items()}
        rest = {k: total * w - shares[k] * whole for k, w in weights.items()}
        ranks = {k: of(k, weights[k], rest[k], shares[k]) for k in weights}
        gets = sorted(weights, key=ranks.__getitem__)[: total - sum(shares.values())]
        return tell(total, weights, {k: n + gets.count(k) for k, n in shares.items()})

    def arguments(draw: Draw) -> tuple[Any, ...]:
        names = draw.shuffle("abcdef")[: draw.between(1, 6)]
        reach = draw.pick((1, 2, 3, 9))
        weights = {name: draw.between(0, reach) for name in names}
        return draw.between(0, 25), weights

    zero = (
        " Of those with weight 0 there are none among them, as fewer cents are left than there "
        "are weights that are not 0."
        if order == "light" else ""
    )  # fmt: skip
    return Problem(
        "`total` cents are shared by weight: the exact part of a name is `total` times its weight "
        "divided by the sum of all weights. Weights and `total` are at least 0. First, each name "
        "gets its exact part rounded down to whole cents. Then each cent that is left goes to "
        f"another name, one cent to a name: {words}.{zero}\nReturn {answer}. If the sum of the "
        "weights is 0, or there are none, raise ValueError.",
        Interface("money", (("total", "int"), ("weights", "dict[str, int]")), returns),
        reference,
        oracle,
        arguments,
        [
            (0, {}), (5, {}), (5, {"a": 0}), (5, {"a": 1}), (0, {"a": 2, "b": 1}),
            (5, {"b": 1, "a": 1}), (2, {"c": 1, "b": 1, "a": 1}), (1, {"z": 0, "b": 2, "a": 2}),
            (7, {"c": 3, "a": 0, "b": 2, "d": 2}), (10, {"b": 1, "c": 4, "a": 1, "d": 1}),
            (1, {"c": 1, "a": 2, "b": 2}), (4, {"d": 3, "a": 3, "c": 1, "b": 0}),
            (11, {"a": 5, "b": 3, "c": 3, "d": 1}), (100, {"y": 1, "x": 1, "w": 1}),
        ],
        [
            slip(reference, change)
            for change in (mistake, more, ("total * weight // whole", "total // whole * weight"))
        ],
    )  # fmt: skip


def _debts(left: str, after: str, told: str) -> Problem:
    bear, booking, mistake = _LEFT[left]
    rule, choice, other = _NEXT[after]
    words, returns, tell, python, more = _SETTLED[told]
    reference = (
        f"def money(bills: list[tuple[str, int, list[str]]]) -> {returns}:\n"
        "    payments = settle(balances(bills))\n"
        f"{python}\n\n"
        "def balances(bills: list[tuple[str, int, list[str]]]) -> dict[str, int]:\n"
        '    """What each is owed; below zero: owes."""\n'
        "    balance: dict[str, int] = {}\n"
        "    for payer, amount, people in bills:\n"
        f"        share, left = divmod(amount, len(people))\n{booking}    return balance\n\n\n"
        "def settle(balance: dict[str, int]) -> list[tuple[str, str, int]]:\n"
        "    payments: list[tuple[str, str, int]] = []\n"
        f"    while any(balance.values()):\n{choice}"
        "        cents = min(balance[creditor], -balance[debtor])\n"
        "        balance[debtor] += cents\n        balance[creditor] -= cents\n"
        "        payments.append((debtor, creditor, cents))\n    return payments\n"
    )

    def oracle(bills: list[tuple[str, int, list[str]]]) -> Any:
        owed: dict[str, list[int]] = {}
        for payer, amount, people in bills:
            owed.setdefault(payer, []).append(amount)
            parts = {k: amount // len(people) for k in people}
            for place in range(amount % len(people)):
                bearer = payer if left == "payer" else people[place]
                parts[bearer] = parts.get(bearer, 0) + 1
            for k, part in parts.items():
                owed.setdefault(k, []).append(-part)

        def pay(now: list[tuple[str, int]]) -> _Payments:
            now = sorted((k, n) for k, n in now if n)
            if not now:
                return []
            owes = [(k, -n) for k, n in now if n < 0]
            gets = [(k, n) for k, n in now if n > 0]
            if after == "most":
                owes.sort(key=lambda x: -x[1])
                gets.sort(key=lambda x: -x[1])
            (who, debt), (whom, credit) = owes[0], gets[0]
            cents = debt if debt < credit else credit
            moved = {who: cents, whom: -cents}
            return [(who, whom, cents), *pay([(k, n + moved.get(k, 0)) for k, n in now])]

        return tell(pay([(k, sum(v)) for k, v in owed.items()]))

    def arguments(draw: Draw) -> tuple[Any, ...]:
        names = draw.shuffle(("ann", "bob", "cy", "dee", "eli"))[: draw.between(2, 5)]
        bills = [
            (
                draw.pick(names),
                draw.between(0, draw.pick((5, 30))),
                draw.shuffle(names)[: draw.between(1, len(names))],
            )
            for _ in range(draw.between(1, 5))
        ]
        return (bills,)

    return Problem(
        "Each bill is (payer, amount, people): the payer has paid `amount` cents, at least 0, for "
        "`people`, of whom there is at least one, all different. Each of them bears the same "
        f"number of whole cents, as many as possible, and {bear}. What someone has paid in all "
        "less what that one bears in all is owed to that one; if it is below zero, that one owes "
        f"it.\nThen debts are settled, payment by payment, until nobody owes anything. {rule} A "
        "payment is as high as possible: nobody pays more than is owed by the one who pays, or to "
        f"the one who is paid.\nReturn {words}.",
        Interface("money", (("bills", "list[tuple[str, int, list[str]]]"),), returns),
        reference,
        oracle,
        arguments,
        [
            ([],), ([("a", 5, ["a"])],), ([("a", 5, ["b"])],), ([("a", 5, ["a", "b"])],),
            ([("a", 0, ["a", "b"])],), ([("a", 1, ["c", "b"])],),
            ([("a", 10, ["c", "b", "d"])],), ([("b", 9, ["a", "b", "c"]), ("c", 3, ["a"])],),
            ([("d", 7, ["a", "b"]), ("c", 7, ["b", "a"])],),
            ([("z", 6, ["b", "a"]), ("y", 6, ["a", "b"]), ("x", 2, ["c"])],),
            ([("a", 6, ["b"]), ("b", 6, ["a"])],), ([("x", 20, ["c", "b"]), ("w", 3, ["a"])],),
            ([("w", 1, ["b"]), ("x", 8, ["a", "c", "b"]), ("y", 8, ["c"])],),
        ],
        [slip(reference, change) for change in (mistake, other, more)],
    )  # fmt: skip


_LEVELS: dict[int, Callable[..., Problem]] = {
    1: _simple,
    2: _equal,
    3: _change,
    4: _weighted,
    5: _debts,
}
