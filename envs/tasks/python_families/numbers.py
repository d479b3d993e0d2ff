"""Whole numbers: exact arithmetic, digits that change, divisors, other notations, remainders."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from ....verifiers.python.interface import Interface
from ..draw import Draw
from .family import Problem, family, raising, slip

_Slips = Sequence[tuple[str, str]]

# ---------------------------------------------------------------- 1: two numbers
#
# name -> words, result, the least `n` and the least `k`, oracle, what the function does, and slips.
_OfTwo = Callable[[int, int], Any]
_SIMPLE: dict[str, tuple[str, str, tuple[int, int], _OfTwo, str, _Slips]] = {
    "around": (
        "Return how many of the whole numbers from -`n` to `n`, both included, are multiples of "
        "`k`; 0 is a multiple.", "int", (0, 1),
        lambda n, k: len([m for m in range(-n, n + 1) if m % k == 0]),
        "    return 2 * (n // k) + 1\n",
        [("2 * (n // k) + 1", "n // k + 1"), ("2 * (n // k) + 1", "2 * n // k + 1")],
    ),
    "digit": (
        "Return the decimal digit of `n` with `k` digits after it, without regard to the sign: for "
        "-345 it is 5 with `k` 0, and 3 with `k` 2. If `n` has too few digits, it is 0.", "int",
        (-999, 0), lambda n, k: int(("0" * k + "0" + str(n).strip("-"))[::-1][k]),
        "    return abs(n) // 10**k % 10\n",
        [("abs(n)", "n"), ("abs(n) // 10**k % 10", "int(str(abs(n))[-1 - k])"),
         ("// 10**k %", "// 10 ** (k - 1) %")],
    ),
    "rotated": (
        "`n` is written in decimal digits. `k` times, the first digit of all is moved behind the "
        "last one; a 0 that comes to the front stays there. Return the number that the digits show "
        "then.", "int", (1, 0), lambda n, k: _rotated(str(n), k),
        "    digits = str(n)\n    front = k % len(digits)\n"
        "    return int(digits[front:] + digits[:front])\n",
        [("digits[front:] + digits[:front]", "digits[-front:] + digits[:-front]"),
         ("k % len(digits)", "k"), ("k % len(digits)", "min(k, len(digits))")],
    ),
    "signed": (
        "Return the number that is at least -(2 to the power `k` - 1) and less than 2 to the power "
        "`k` - 1, and that differs from `n` by a multiple of 2 to the power `k`, or not at all.",
        "int", (-999, 1),
        lambda n, k: next(m for m in range(-(2**k) // 2, 2**k // 2) if (m - n) % 2**k == 0),
        "    rest = n % 2**k\n    return rest - 2**k if rest >= 2 ** (k - 1) else rest\n",
        [(" - 2**k if rest >= 2 ** (k - 1) else rest", ""), ("rest >=", "rest >"),
         ("rest - 2**k if rest", "-rest if rest")],
    ),
    "root": (
        "Return the greatest whole number r such that `k` times r times r is at most `n`.", "int",
        (0, 1), lambda n, k: max(r for r in range(n + 1) if k * r * r <= n),
        "    return isqrt(n // k)\n",
        [("isqrt(n // k)", "isqrt(n) // k"), ("isqrt(n // k)", "round((n / k) ** 0.5)")],
    ),
    "shared": (
        "Return the greatest number that divides both `n` and 10 to the power `k` without "
        "remainder.", "int", (1, 0),
        lambda n, k: max(d for d in range(1, n + 1) if n % d == 0 and 10**k % d == 0),
        "    return gcd(n, 10**k)\n",
        [("10**k", "10 * k"), ("gcd(n, 10**k)", "gcd(n, 10) ** k")],
    ),
    "division": (
        "Return the pair of whole numbers (q, r) for which q times `k` plus r is `n`, r has the "
        "sign of `n` or is 0, and r without its sign is less than `k`.", "tuple[int, int]",
        (-999, 1), lambda n, k: next(
            (q, n - q * k) for q in (*range(n, 1), *range(n, -1, -1))
            if abs(n - q * k) < k and (n - q * k) * n >= 0
        ),
        "    q = n // k\n    if q < 0 and n % k:\n        q += 1\n    return q, n - q * k\n",
        [("    if q < 0 and n % k:\n        q += 1\n", ""), ("n - q * k", "n % k"),
         ("q < 0 and n % k", "q < 0")],
    ),
    "odd": (
        "Return the sum of the numbers from 1 to `n`, both included, each of which is `k` times an "
        "odd number.", "int", (0, 1),
        lambda n, k: sum(m for m in range(1, n + 1) if m % k == 0 and m // k % 2),
        "    return sum(range(k, n + 1, 2 * k))\n",
        [("n + 1", "n"), ("2 * k)", "k)"), ("range(k, n + 1, 2 * k)", "range(1, n + 1, 2)")],
    ),
    "exponent": (
        "Return the smallest whole number e, at least 0, for which `k` to the power e is at least "
        "`n`.", "int", (-9, 2),
        lambda n, k: next(e for e in range(99) if k**e >= n),
        "    exponent = 0\n    while k**exponent < n:\n        exponent += 1\n"
        "    return exponent\n",
        [("< n", "<= n"), ("exponent = 0", "exponent = 1"), ("k**exponent", "k * exponent")],
    ),
    "ones": (
        "Write `n` in base 2 and leave out the last `k` digits, or all, if there are fewer. Return "
        "how many of the digits that are left are 1.", "int", (0, 0),
        lambda n, k: f"{n:b}"[: max(0, len(f"{n:b}") - k)].count("1"),
        "    return (n >> k).bit_count()\n",
        [("(n >> k).bit_count()", 'f"{n:b}"[:-k].count("1")'), ("n >> k", "n >> k + 1"),
         ("(n >> k).bit_count()", "max(0, n.bit_count() - k)")],
    ),
    "times": (
        "Return how many times one after the other `n` can be divided by `k` without remainder: "
        "first `n`, then what came of it, and so on.", "int", (1, 2),
        lambda n, k: max(e for e in range(99) if n % k**e == 0),
        "    count = 0\n    while n % k == 0:\n        n //= k\n        count += 1\n"
        "    return count\n",
        [("n //= k", "n //= 2"), ("while n % k == 0", "while n >= k"),
         ("while n % k == 0", "if n % k == 0")],
    ),
    "above": (
        "Return the smallest multiple of `k` that is greater than `n`; 0 and numbers below 0 are "
        "multiples, too.", "int", (-999, 1),
        lambda n, k: next(m for m in range(n + 1, n + k + 1) if m % k == 0),
        "    return (n // k + 1) * k\n",
        [("(n // k + 1) * k", "-(-n // k) * k"), ("n // k + 1", "int(n / k) + 1"),
         ("(n // k + 1) * k", "n + k")],
    ),
    "grouped": (
        "Return the decimal digits of `n` as a text, with an apostrophe (') between groups of `k` "
        "digits; the first group may have fewer, but at least one.", "str", (0, 1),
        lambda n, k: "".join(
            "'" * (at > 0 == (len(str(n)) - at) % k) + c for at, c in enumerate(str(n))
        ),
        "    digits = str(n)[::-1]\n    groups = [digits[at : at + k] for at in range(0, "
        "len(digits), k)]\n    return \"'\".join(groups)[::-1]\n",
        [("str(n)[::-1]", "str(n)"), ("join(groups)[::-1]", "join(reversed(groups))"),
         ("range(0, len(digits), k)", "range(0, len(digits) - k + 1, k)")],
    ),
    "free": (
        "Return how many of the numbers from 1 to `n`, both included, have no divisor above 1 that "
        "also divides `k`.", "int", (0, 1),
        lambda n, k: len([
            m for m in range(1, n + 1) if all(m % d or k % d for d in range(2, k + 1))
        ]),
        "    return sum(gcd(m, k) == 1 for m in range(1, n + 1))\n",
        [("gcd(m, k) == 1", "m % k != 0"), ("range(1, n + 1)", "range(1, n)"),
         ("gcd(m, k) == 1", "k % m != 0")],
    ),
    "power": (
        "Return the last three decimal digits of `n` to the power `k`, as a number; 0 to the power "
        "0 is 1.", "int", (0, 0),
        lambda n, k: int("".join(list("000" + str(n**k))[-3:])),
        "    return pow(n, k, 1000)\n",
        [("pow(n, k, 1000)", "pow(n, k, 100)"), ("pow(n, k, 1000)", "n * k % 1000"),
         ("pow(n, k, 1000)", "pow(n, k, 1000) if n else 0")],
    ),
}  # fmt: skip


def _rotated(digits: str, times: int) -> int:
    for _ in range(times):
        digits = digits[1:] + digits[0]
    return int(digits)


# ---------------------------------------------------------------- 2: digits that change
#
# name -> words, oracle (of the digits, the highest first, and the base), Python (of `digits`, the
# lowest first), and slips.
_Change = Callable[[list[int], int], list[int]]
_CHANGED: dict[str, tuple[str, _Change, str, _Slips]] = {
    "complement": (
        "Each digit is replaced by what it lacks to the greatest digit, `base` - 1.",
        lambda d, b: [b - 1 - x for x in d],
        "    digits = [base - 1 - digit for digit in digits]\n",
        [("base - 1 - digit", "base - digit"), ("base - 1 - digit", "(base - digit) % base")],
    ),
    "swapped": (
        "From the lowest digit on, each two neighbours change places: the lowest digit and the one "
        "before it, then the next two, and so on. If a single one is left, it stays.",
        lambda d, _: d[: len(d) % 2] + [
            d[k] for pair in range(len(d) % 2, len(d), 2) for k in (pair + 1, pair)
        ],
        "    for place in range(1, len(digits), 2):\n"
        "        digits[place - 1], digits[place] = digits[place], digits[place - 1]\n",
        [("range(1, len(digits), 2)", "range(1, len(digits))"),
         ("range(1, len(digits), 2)", "range(len(digits) - 1, 0, -2)")],
    ),
    "rising": (
        "The digits are put in order, the smallest first.",
        lambda d, _: [x for value in range(99) for x in d if x == value],
        "    digits.sort(reverse=True)\n",
        [("reverse=True", "reverse=False"), ("digits.sort(reverse=True)", "digits.reverse()")],
    ),
    "thinned": (
        "Every second digit is left out: the lowest digit stays, the one before it is left out, "
        "the one before that stays, and so on.",
        lambda d, _: [x for k, x in enumerate(d) if (len(d) - k) % 2],
        "    digits = digits[::2]\n",
        [("digits[::2]", "digits[1::2]"), ("digits[::2]", "digits[::-1][::2][::-1]")],
    ),
    "single": (
        "Where two or more equal digits stand beside each other, only one of them stays.",
        lambda d, _: [x for k, x in enumerate(d) if d[:k][-1:] != [x]],
        "    digits = [digit for digit, _ in groupby(digits)]\n",
        [("[digit for digit, _ in groupby(digits)]", "list(dict.fromkeys(digits))"),
         ("[digit for digit, _ in groupby(digits)]", "list(dict.fromkeys(digits[::-1]))[::-1]")],
    ),
    "sums": (
        "Each digit is replaced by the sum of itself and all digits before it, as these were at "
        "first; of this sum, the remainder of a division by `base` is taken.",
        lambda d, b: [sum(d[: k + 1]) % b for k in range(len(d))],
        "    for place in range(len(digits) - 2, -1, -1):\n"
        "        digits[place] = (digits[place] + digits[place + 1]) % base\n",
        [("range(len(digits) - 2, -1, -1)", "range(len(digits) - 1)"),
         ("(digits[place] + digits[place + 1]) % base",
          "min(digits[place] + digits[place + 1], base - 1)")],
    ),
    "differences": (
        "Each digit but the first is replaced by itself minus the digit before it, as that was at "
        "first; `base` is added if this is below 0.",
        lambda d, b: d[:1] + [(y - x) % b for x, y in itertools.pairwise(d)],
        "    for place in range(len(digits) - 1):\n"
        "        digits[place] = (digits[place] - digits[place + 1]) % base\n",
        [("digits[place] - digits[place + 1]", "digits[place + 1] - digits[place]"),
         ("(digits[place] - digits[place + 1]) % base", "abs(digits[place] - digits[place + 1])")],
    ),
    "zeroless": (
        "All digits 0 are left out, and each other digit is followed by one 0.",
        lambda d, _: [x for digit in d if digit for x in (digit, 0)],
        "    digits = [part for digit in digits if digit for part in (0, digit)]\n",
        [("(0, digit)", "(digit, 0)"), (" if digit for", " for")],
    ),
}  # fmt: skip
_BELOW = {
    "sign": (
        "If `n` is below 0, all this is done with -`n`, and the result is given the sign of `n`.",
        "    if n < 0:\n        return -calculate(-n, base)\n",
        ("return -calculate(-n, base)", "return calculate(-n, base)"),
    ),
    "raises": (
        "If `n` is below 0, ValueError is raised.",
        "    if n < 0:\n        raise ValueError(n)\n",
        ("raise ValueError(n)", "return 0"),
    ),
}

# ---------------------------------------------------------------- 3: divisors
#
# name -> words, condition (of a divisor and the number), Python, and a slip.
_WHICH: dict[str, tuple[str, Callable[[int, int], bool], str, tuple[str, str]]] = {
    "proper": (
        "the divisors of `n` that are less than `n`",
        lambda d, n: d != n,
        "d < n",
        ("d < n", "1 < d < n"),
    ),
    "unitary": (
        "the divisors d of `n` for which 1 is the only number, of 1, 2, 3, ..., that divides both "
        "d and `n` / d",
        lambda d, n: all(d % k or (n // d) % k for k in range(2, n + 1)),
        "gcd(d, n // d) == 1",
        ("gcd(d, n // d) == 1", "gcd(d, n // d) < 3"),
    ),
    "odd": (
        "the odd divisors of `n`",
        lambda d, _: d % 2 != 0,
        "d % 2 == 1",
        ("d % 2 == 1", "n // d % 2 == 1"),
    ),
    "quotient": (
        "the divisors d of `n` for which `n` / d is even",
        lambda d, n: n % (2 * d) == 0,
        "n // d % 2 == 0",
        ("n // d % 2 == 0", "d % 2 == 0"),
    ),
    "digit": (
        "the divisors of `n` whose last decimal digit is that of `n`",
        lambda d, n: str(d)[-1] == str(n)[-1],
        "(n - d) % 10 == 0",
        ("(n - d) % 10 == 0", "(n - d) % 5 == 0"),
    ),
    "square": (
        "the divisors of `n` that are squares of whole numbers",
        lambda d, _: d in [k * k for k in range(d + 1)],
        "isqrt(d) ** 2 == d",
        ("isqrt(d) ** 2 == d", "isqrt(d) ** 2 == d > 1"),
    ),
}
_SHOWN: dict[str, tuple[str, str, Callable[[list[int], int], Any], str, tuple[str, str]]] = {
    "list": (
        "the list of them, in rising order",
        "list[int]",
        lambda found, _: found,
        "found",
        ("small + large", "large + small"),
    ),
    "pairs": (
        "a list with a pair for each of them: the divisor, and what `n` divided by it is; in "
        "rising order of the divisors",
        "list[tuple[int, int]]",
        lambda found, n: [(d, n // d) for d in found],
        "[(d, n // d) for d in found]",
        ("d * d < n", "d * d <= n"),
    ),
    "sum": (
        "the sum of them; 0 if there are none",
        "int",
        lambda found, _: sum(found),
        "sum(found)",
        ("d * d < n", "d * d <= n"),
    ),
    "gaps": (
        "a list of the differences between each of them, in rising order, and the next one; it is "
        "empty if there are fewer than two",
        "list[int]",
        lambda found, _: [b - a for a, b in itertools.pairwise(found)],
        "[after - before for before, after in zip(found, found[1:])]",
        ("in reversed(small)", "in small"),
    ),
}

# ---------------------------------------------------------------- 4: notations
#
# name -> words, oracle (of digits: the number, or None if they are not valid), which digits there
# are up to 300, whether numbers below 0 can be written, to digits and from digits in Python, a
# check in Python, and slips of the two.
_Read = Callable[[list[int]], "int | None"]


def _read_factorial(digits: list[int]) -> int | None:
    total = 0
    weight = 1
    for place, digit in enumerate(reversed(digits), 1):
        weight *= place
        total += digit * weight
        if not 0 <= digit <= place:
            return None
    return total if digits[:1] != [0] else None


def _read_fibonacci(digits: list[int]) -> int | None:
    text = "".join(map(str, digits))
    weights = [1, 2]
    while len(weights) < len(digits):
        weights.append(sum(weights[-2:]))
    if set(digits) - {0, 1} or "11" in text or text[:1] == "0":
        return None
    return sum(weight for weight, digit in zip(weights, reversed(digits), strict=False) if digit)


def _read_base(base: int, allowed: range) -> _Read:
    def read(digits: list[int]) -> int | None:
        if not set(digits) <= set(allowed) or digits[:1] == [0]:
            return None
        total: int = sum(digit * base**place for place, digit in enumerate(reversed(digits)))
        return total

    return read


_POSITIONAL = "    n = 0\n    for digit in digits:\n        n = n * {base} + digit\n    return n\n"
_Notation = tuple[
    str, _Read, range, bool, str, str, str, tuple[str, str], tuple[str, str],
]  # fmt: skip
_NOTATIONS: dict[str, _Notation] = {
    "factorial": (
        "In this notation the last digit counts 1, the one before it 2, the one before that 2 * 3, "
        "the next one 2 * 3 * 4, and so on. The last digit is 0 or 1, the one before it at most 2, "
        "the one before that at most 3, and so on. No number below 0 can be written.",
        _read_factorial, range(6), False,
        "    digits: list[int] = []\n    size = 2\n    while n:\n"
        "        n, digit = divmod(n, size)\n        digits.append(digit)\n        size += 1\n"
        "    return digits[::-1]\n",
        "    n = 0\n    for place, digit in zip(range(len(digits), 0, -1), digits):\n"
        "        n = n * (place + 1) + digit\n    return n\n",
        "any(not 0 <= digit <= len(digits) - place for place, digit in enumerate(digits))",
        ("size = 2", "size = 3"), ("place + 1", "place"),
    ),
    "fibonacci": (
        "In this notation the last digit counts 1, the one before it 2, and each one before these "
        "as much as the two after it together: 3, 5, 8, and so on. Digits are 0 and 1, and there "
        "are never two digits 1 beside each other. No number below 0 can be written.",
        _read_fibonacci, range(2), False,
        "    if n == 0:\n        return []\n    weights = [1, 1]\n"
        "    while weights[0] + weights[1] <= n:\n"
        "        weights.insert(0, weights[0] + weights[1])\n"
        "    digits: list[int] = []\n    for weight in weights[:-1]:\n"
        "        digit, n = divmod(n, weight)\n        digits.append(digit)\n    return digits\n",
        "    n, weight, above = 0, 1, 2\n    for digit in reversed(digits):\n"
        "        n += digit * weight\n        weight, above = above, weight + above\n"
        "    return n\n",
        "not set(digits) <= {0, 1} or \"11\" in \"\".join(map(str, digits))",
        ("weights = [1, 1]", "weights = [2, 1]"), ("above = 0, 1, 2", "above = 0, 1, 1"),
    ),
    "balanced": (
        "In this notation the last digit counts 1, and each other one three times as much as the "
        "one after it. Digits are -1, 0 and 1.",
        _read_base(3, range(-1, 2)), range(-1, 2), True,
        "    digits: list[int] = []\n    while n:\n        digit = (n + 1) % 3 - 1\n"
        "        digits.append(digit)\n        n = (n - digit) // 3\n    return digits[::-1]\n",
        _POSITIONAL.format(base=3),
        "not set(digits) <= {-1, 0, 1}",
        ("n = (n - digit) // 3", "n = int(n / 3)"), ("n * 3 + digit", "n * 3 + abs(digit)"),
    ),
    "negative": (
        "In this notation the last digit counts 1, and each other one -2 times as much as the one "
        "after it: -2, 4, -8, and so on. Digits are 0 and 1.",
        _read_base(-2, range(2)), range(2), True,
        "    digits: list[int] = []\n    while n:\n        digit = n % 2\n"
        "        digits.append(digit)\n        n = (n - digit) // -2\n    return digits[::-1]\n",
        _POSITIONAL.format(base="-2"),
        "not set(digits) <= {0, 1}",
        ("digit = n % 2\n", "digit = n % 2\n        n = abs(n)\n"), ("n * -2", "n * 2"),
    ),
    "bijective": (
        "In this notation the last digit counts 1, and each other one three times as much as the "
        "one after it. Digits are 1, 2 and 3. No number below 0 can be written.",
        _read_base(3, range(1, 4)), range(1, 4), False,
        "    digits: list[int] = []\n    while n:\n        n, digit = divmod(n - 1, 3)\n"
        "        digits.append(digit + 1)\n    return digits[::-1]\n",
        _POSITIONAL.format(base=3),
        "not set(digits) <= {1, 2, 3}",
        ("n, digit = divmod(n - 1, 3)", "n, digit = divmod(n, 3)"), ("n * 3 + ", "n * 4 + "),
    ),
}  # fmt: skip
_ASKED = ("decoded", "added", "richest")

# ---------------------------------------------------------------- 5: remainders
#
# name -> words, oracle (of the numbers that fit, and the limit), Python, and a slip.
_Fitting = Callable[[int], bool]
_FOUND: dict[str, tuple[str, Callable[[_Fitting, int], int], str, tuple[str, str]]] = {
    "next": (
        "the smallest number that fits and is at least `limit`",
        lambda fits, n: next(x for x in itertools.count(n) if fits(x)),
        "    return limit + (first - limit) % step\n",
        ("limit + (first - limit) % step", "limit + 1 + (first - limit - 1) % step"),
    ),
    "before": (
        "the greatest number that fits and is at most `limit`; it may be below 0",
        lambda fits, n: next(x for x in itertools.count(n, -1) if fits(x)),
        "    return limit - (limit - first) % step\n",
        ("limit - (limit - first) % step", "limit - (first - limit) % step"),
    ),
    "count": (
        "how many of the numbers from 0 to `limit`, both included, fit",
        lambda fits, n: len([x for x in range(n + 1) if fits(x)]),
        "    return (limit - first) // step - (-1 - first) // step\n",
        ("(limit - first) // step - (-1 - first) // step", "limit // step + 1"),
    ),
    "nearest": (
        "the number that fits and is nearest to `limit`; the smaller one, if two are as near",
        lambda fits, n: min((abs(x - n), x) for x in range(n - 400, n + 401) if fits(x))[1],
        "    below = limit - (limit - first) % step\n    above = below + step\n"
        "    return below if limit - below <= above - limit else above\n",
        ("limit - below <= above", "limit - below < above"),
    ),
}
# name -> words, what `join` does, whether `calculate` catches that, and a slip.
_CONTRARY = {
    "none": (
        "If no number fits all rules, it is None.",
        "raise ValueError(rule, other)",
        ("return None", "return 0"),
    ),
    "raises": (
        "If no number fits all rules, ValueError is raised.",
        "raise ValueError(rule, other)",
        ("        raise ValueError(rule, other)\n", "        return rule\n"),
    ),
    "skipped": (
        "The rules are taken in their order, and a rule that no number fits which also fits all "
        "rules taken before is left out.",
        "return rule",
        ("        return rule\n", "        return other\n"),
    ),
}

# ---------------------------------------------------------------- 5: sums of some numbers
#
# name -> words for the parts, oracle (of a rank from 1 on), and Python.
_PARTS: dict[str, tuple[str, Callable[[int], int], str]] = {
    "squares": (
        "the squares 1, 4, 9, 16 and so on", lambda k: sum(range(1, 2 * k, 2)), "k * k",
    ),
    "triangles": (
        "the numbers 1, 3, 6, 10 and so on, each of them the sum of the whole numbers from 1 to "
        "some number", lambda k: sum(range(k + 1)), "k * (k + 1) // 2",
    ),
    "steps": (
        "the numbers 1, 4, 7, 10 and so on, each 3 more than the one before",
        lambda k: list(range(1, 3 * k, 3))[-1], "3 * k - 2",
    ),
}  # fmt: skip
# name -> words, oracle (of the ranks of the parts, rising), Python for the parts that are left, and
# a slip.
_RULES: dict[str, tuple[str, Callable[[list[int]], bool], str, tuple[str, str]]] = {
    "once": (
        "No part may be in the sum twice.",
        lambda ranks: len(set(ranks)) == len(ranks),
        "parts[place + 1 :]",
        ("parts[place + 1 :]", "parts[place:]"),
    ),
    "twice": (
        "No part may be in the sum more than twice.",
        lambda ranks: all(ranks.count(rank) < 3 for rank in ranks),
        "parts[place + (before == part) :], part",
        ("before == part", "before >= part"),
    ),
    "apart": (
        "No part may be in the sum twice, nor together with the one that follows it among these "
        "numbers.",
        lambda ranks: all(b - a > 1 for a, b in itertools.pairwise(ranks)),
        "parts[place + 2 :]",
        ("parts[place + 2 :]", "parts[place + 1 :]"),
    ),
}
# rule -> what fills the table of `ways`, by their sums, and a slip. There are far too many ways to
# count them one by one, for numbers that a test may well ask for.
_TABLES: dict[str, tuple[str, tuple[str, str]]] = {
    "once": (
        "    for part in PARTS:\n        for total in range(n, part - 1, -1):\n"
        "            ways[total] += ways[total - part]\n",
        ("range(n, part - 1, -1)", "range(part, n + 1)"),
    ),
    "twice": (
        "    for part in PARTS:\n        for total in range(n, part - 1, -1):\n"
        "            ways[total] += ways[total - part]\n"
        "            if total >= 2 * part:\n"
        "                ways[total] += ways[total - 2 * part]\n",
        ("range(n, part - 1, -1)", "range(part, n + 1)"),
    ),
    "apart": (
        "    before = ways  # Without the part before this one.\n    for part in PARTS:\n"
        "        if part > n:\n            continue\n        before, ways = ways, [\n"
        "            count + (before[total - part] if total >= part else 0)\n"
        "            for total, count in enumerate(ways)\n        ]\n",
        ("before, ways = ways, [", "before = ways = ["),
    ),
}
# name -> words, result, oracle (of the ways), Python, and a slip.
_WAYS: dict[str, tuple[str, str, Callable[[list[list[int]]], Any], str, tuple[str, str]]] = {
    "all": (
        "Return the list of all ways to write `n` as such a sum, each as the list of its parts, "
        "the greatest first. Ways with a greater first part come first; of those with the same "
        "first part, those with a greater second one, and so on.",
        "list[list[int]]",
        lambda ways: ways,
        "ways",
        ("return ways", "return sorted(ways)"),
    ),
    "count": (
        "Return in how many ways `n` can be written as such a sum; the order of the parts does not "
        "matter.",
        "int",
        len,
        "len(ways)",
        ("len(ways)", "sum(len(way) > 1 for way in ways)"),
    ),
    "shortest": (
        "Return the list of the parts, the greatest first, of the way to write `n` as such a sum "
        "that has fewest parts; of several, the one with the greatest first part, then with the "
        "greatest second one, and so on. If there is none, return None.",
        "list[int] | None",
        lambda ways: sorted(ways, key=len)[0] if ways else None,
        "min(ways, key=len, default=None)",
        ("min(ways, key=len, default=None)", "ways[-1] if ways else None"),
    ),
}


def _variants(level: int) -> list[tuple[Any, ...]]:
    if level == 1:
        return [(1, name) for name in _SIMPLE]
    if level == 2:
        return [(2, *both) for both in itertools.product(_CHANGED, _BELOW)]
    if level == 3:
        return [(3, *both) for both in itertools.product(_WHICH, _SHOWN)]
    if level == 4:
        return [(4, *both) for both in itertools.product(_NOTATIONS, _ASKED)]
    return [
        *[(5, *both) for both in itertools.product(_FOUND, _CONTRARY)],
        # Of the others too few sums are such.
        *[
            (5, *all_)
            for all_ in itertools.product(_PARTS, _RULES, _WAYS)
            if all_[1] != "apart" or all_[0] == "steps"
        ],
    ]


@family("numbers", _variants)
def numbers(level: int, *how: str) -> Problem:
    return _LEVELS[level](*how)


def _simple(name: str) -> Problem:
    words, returns, (least_n, least_k), oracle, python, slips = _SIMPLE[name]
    needed = next((f for f in ("isqrt", "gcd") if f in python), None)
    imports = f"from math import {needed}\n\n\n" if needed else ""
    reference = f"{imports}def calculate(n: int, k: int) -> {returns}:\n{python}"

    def arguments(draw: Draw) -> tuple[Any, ...]:
        reach = draw.pick((9, 40, 999))
        n = draw.between(max(least_n, -reach), reach)
        k = max(least_k, draw.pick((0, 1, 2, 3, 4, 5, 7, 10)))
        if name == "digit":
            n, k = n * draw.pick((1, 7, 91)), draw.pick((0, 0, 1, 1, 2, 3))
        if name == "power":
            n = n % draw.pick((5, 20, 1000))
        if name == "times":
            n = n * k ** draw.below(4)
        if name == "shared":
            n = n * draw.pick((1, 2, 5, 10, 20, 25, 50))
        if name in ("around", "odd", "division", "exponent") and draw.chance(0.4):
            n = k * draw.below(9) if name != "exponent" else k ** draw.below(4)
        return n, k

    edges = [(n, k) for n in (0, 1, 8, -8, 9, 100, -7, 64) for k in (0, 1, 2, 3)]
    return Problem(
        f"{words}\n"
        + ("" if least_n == -999 else f"`n` is at least {least_n}, and ")
        + f"`k` is at least {least_k}.",
        Interface("calculate", (("n", "int"), ("k", "int")), returns),
        reference,
        oracle,
        arguments,
        [pair for pair in edges if pair[0] >= least_n and pair[1] >= least_k][:14],
        [slip(reference, change) for change in slips],
    )


def _changed(change: str, below: str) -> Problem:
    words, of, python, slips = _CHANGED[change]
    rule, check, mistake = _BELOW[below]
    imports = "from itertools import groupby\n\n\n" if "groupby" in python else ""
    reference = (
        f"{imports}def calculate(n: int, base: int) -> int:\n{check}"
        "    digits: list[int] = []  # The lowest first.\n"
        "    while n:\n        n, digit = divmod(n, base)\n        digits.append(digit)\n"
        f"{python}    value = 0\n    for digit in reversed(digits):\n"
        "        value = value * base + digit\n    return value\n"
    )

    def oracle(n: int, base: int) -> int:
        if n < 0 and below == "raises":
            raise raising("ValueError")
        digits: list[int] = []
        while abs(n) >= base ** len(digits):
            digits.insert(0, abs(n) // base ** len(digits) % base)
        found = of(digits, base)
        total: int = sum(x * base**place for place, x in enumerate(reversed(found)))
        return -total if n < 0 else total

    def arguments(draw: Draw) -> tuple[Any, ...]:
        base = draw.pick((2, 2, 3, 4, 5, 8, 10, 10, 16))
        n = draw.below(base ** draw.between(1, 6))
        share = 0.4 if below == "sign" else 0.1
        return -n if draw.chance(share) else n, base

    return Problem(
        "`n` without its sign is written in base `base`, which is at least 2, the highest digit "
        "first and not 0; 0 has no digits at all. Then the digits are changed, and what they show "
        f"then, in the same base, is the result; without digits it is 0.\n{words}\n{rule}",
        Interface("calculate", (("n", "int"), ("base", "int")), "int"),
        reference,
        oracle,
        arguments,
        [
            (0, 2), (0, 10), (1, 2), (7, 10), (10, 10), (-1, 10), (-35, 10), (1000, 10),
            (1122, 10), (9081726, 10), (99, 10), (100, 2), (255, 16), (5040, 7),
        ],
        [slip(reference, mistake)] + [slip(reference, change) for change in slips],
    )  # fmt: skip


def _divisors(which: str, shown: str) -> Problem:
    words, holds, condition, mistake = _WHICH[which]
    answer, returns, tell, python, other = _SHOWN[shown]
    imports = "gcd, isqrt" if "gcd" in condition else "isqrt"
    reference = (
        f"from math import {imports}\n\n\n"
        f"def calculate(n: int) -> {returns}:\n    if n < 1:\n        raise ValueError(n)\n"
        f"    found = [d for d in divisors(n) if {condition}]\n    return {python}\n\n\n"
        "def divisors(n: int) -> list[int]:\n"
        '    """All of them, in rising order."""\n'
        "    small = [d for d in range(1, isqrt(n) + 1) if n % d == 0]\n"
        "    large = [n // d for d in reversed(small) if d * d < n]\n"
        "    return small + large\n"
    )

    def oracle(n: int) -> Any:
        if n < 1:
            raise raising("ValueError")
        return tell([d for d in range(1, n + 1) if n % d == 0 and holds(d, n)], n)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        n = draw.between(1, 6) * draw.between(1, 6) * draw.between(1, 9)
        if draw.chance(0.3):
            n = n * n
        return (n * draw.pick((1, 1, 2, 5, 10)) * (-1 if draw.chance(0.04) else 1),)

    slips = [mistake, other, ("isqrt(n) + 1", "isqrt(n)")]
    return Problem(
        f"Divisors of `n` are the whole numbers from 1 to `n` that divide `n` without remainder. "
        f"Look at {words}. Return {answer}. If `n` is less than 1, ValueError is raised.",
        Interface("calculate", (("n", "int"),), returns),
        reference,
        oracle,
        arguments,
        [(n,) for n in (0, 1, 2, -4, 4, 6, 9, 12, 16, 36, 90, 97, 225, 400)],
        [slip(reference, change) for change in slips],
    )


_FIRST = "The highest digit stands first and is not 0; 0 is written without any digits."


def _notation(name: str, asked: str) -> Problem:
    return {"decoded": _decoded, "added": _added, "richest": _richest}[asked](name)


def _decoded(name: str) -> Problem:
    words, read, _, _, _, decode, bad, _, mistake = _NOTATIONS[name]
    refuse = ":\n        raise ValueError(digits)\n"
    checks = [f"    if {bad}{refuse}"]
    if name != "bijective":  # Which has no digit 0 at all.
        checks.append(f"    if digits[:1] == [0]{refuse}")
    reference = f"def calculate(digits: list[int]) -> int:\n{''.join(checks)}{decode}"

    def oracle(digits: list[int]) -> int:
        n = read(digits)
        if n is None:
            raise raising("ValueError")
        return n

    def arguments(draw: Draw) -> tuple[Any, ...]:
        digits = list(draw.pick(list(_written(name).values())))
        if draw.chance(0.25) and digits:
            digits[draw.below(len(digits))] += draw.pick((-1, 1))
        return (digits,)

    return Problem(
        f"{words} {_FIRST}\nReturn the number that `digits` show. If no number is written in this "
        "notation as `digits`, ValueError is raised.",
        Interface("calculate", (("digits", "list[int]"),), "int"),
        reference,
        oracle,
        arguments,
        [
            ([],), ([0],), ([1],), ([2],), ([3],), ([-1],), ([1, 0],), ([1, 1],), ([0, 1],),
            ([2, 1],), ([1, 3, 1],), ([3, 0, 1],), ([4, 0, 0],), ([1, -1, 0],),
        ],
        [
            slip(reference, mistake),
            *[slip(reference, (check, "")) for check in checks],
        ],
    )  # fmt: skip


def _added(name: str) -> Problem:
    words, read, _, signed, encode, decode, _, *mistakes = _NOTATIONS[name]
    reference = (
        "def calculate(a: list[int], b: list[int]) -> list[int]:\n"
        "    return encoded(decoded(a) + decoded(b))\n\n\n"
        f"def decoded(digits: list[int]) -> int:\n{decode}\n\n"
        f"def encoded(n: int) -> list[int]:\n{encode}"
    )

    def arguments(draw: Draw) -> tuple[Any, ...]:
        reach = draw.pick((3, 20, 80))
        low = -reach if signed else 0
        return tuple(list(_written(name)[draw.between(low, reach)]) for _ in "ab")

    pairs = [(0, 0), (0, 1), (1, 0), (1, 1), (2, 1), (3, 3), (5, 8), (13, 1), (7, 23)]
    return Problem(
        f"{words} {_FIRST}\n`a` and `b` are numbers in this notation. Return their sum, as the "
        "list of its digits in this notation.",
        Interface("calculate", (("a", "list[int]"), ("b", "list[int]")), "list[int]"),
        reference,
        lambda a, b: list(_written(name)[(read(a) or 0) + (read(b) or 0)]),
        arguments,
        [tuple(list(_written(name)[n]) for n in pair) for pair in pairs],
        [slip(reference, mistake) for mistake in mistakes],
    )


def _richest(name: str) -> Problem:
    words, _, _, signed, encode, _, _, mistake, _ = _NOTATIONS[name]
    below = "" if signed else " or low < 0"
    reference = (
        "def calculate(low: int, high: int) -> tuple[int, list[int]]:\n"
        f"    if low > high{below}:\n        raise ValueError(low, high)\n"
        "    numbers = range(low, high + 1)\n"
        "    n = max(numbers, key=lambda number: sum(encoded(number)))\n"
        f"    return n, encoded(n)\n\n\ndef encoded(n: int) -> list[int]:\n{encode}"
    )

    def oracle(low: int, high: int) -> tuple[int, list[int]]:
        if low > high or (low < 0 and not signed):
            raise raising("ValueError")
        found = [(-sum(digits), n) for n, digits in _written(name).items() if low <= n <= high]
        n = min(found)[1]
        return n, list(_written(name)[n])

    def arguments(draw: Draw) -> tuple[Any, ...]:
        low = draw.between(-40 if signed else 0, draw.pick((5, 60, 200)))
        return low, low + draw.pick((0, 1, 2, 4, 8, 15, 30))

    return Problem(
        f"{words} {_FIRST}\nOf the numbers from `low` to `high`, both included, find the one with "
        "the greatest sum of digits in this notation; of several, the smallest number. Return a "
        "pair of this number and the list of its digits. If `low` is greater than `high`"
        f"{'' if signed else ', or below 0'}, ValueError is raised.",
        Interface("calculate", (("low", "int"), ("high", "int")), "tuple[int, list[int]]"),
        reference,
        oracle,
        arguments,
        [
            (0, 0), (0, 1), (1, 1), (1, 0), (3, 2), (2, 9), (5, 7), (0, 30), (12, 13), (17, 40),
            *([(-7, -2), (-1, 0)] if signed else [(-1, 0), (-3, 5)]),
        ],
        [
            slip(reference, mistake),
            slip(reference, ("range(low, high + 1)", "range(high, low - 1, -1)")),
            slip(reference, ("if low > high", "if low >= high")),
        ],
    )  # fmt: skip


@cache
def _written(name: str) -> dict[int, list[int]]:
    """The digits of the numbers up to 300, and of some below 0: all that can be read."""
    _, read, alphabet, *_ = _NOTATIONS[name]
    found: dict[int, list[int]] = {}
    length = 0
    while not set(range(301)) <= set(found):
        for digits in itertools.product(alphabet, repeat=length):
            n = read(list(digits))
            if n is not None:
                found[n] = list(digits)
        length += 1
    return dict(sorted(found.items()))


def _remainders_or_sums(*how: str) -> Problem:
    return _sums(*how) if how[0] in _PARTS else _remainders(*how)


def _sums(kind: str, rule: str, told: str) -> Problem:
    kind_words, part_of, part = _PARTS[kind]
    rule_words, holds, rest, mistake = _RULES[rule]
    words, returns, tell, python, other = _WAYS[told]
    before, more = (", 0", ", before: int") if rule == "twice" else ("", "")
    wrong = (mistake, other)
    reference = (
        f"def calculate(n: int) -> {returns}:\n"
        f"    parts = [{part} for k in range(n, 0, -1)]\n"
        f"    ways = sums(n, parts{before})\n    return {python}\n\n\n"
        f"def sums(n: int, parts: list[int]{more}) -> list[list[int]]:\n"
        '    """The ways to write `n` with these parts, which are falling."""\n'
        "    if n == 0:\n        return [[]]\n    found: list[list[int]] = []\n"
        "    for place, part in enumerate(parts):\n        if part <= n:\n"
        f"            for others in sums(n - part, {rest}):\n"
        "                found.append([part, *others])\n    return found\n"
    )
    if told == "count":
        table, mistake = _TABLES[rule]
        wrong = (mistake, ("[1] + [0] * n", "[1] * (n + 1)"))
        reference = (
            "def calculate(n: int) -> int:\n    ways = [1] + [0] * n\n"
            + table.replace("PARTS", f"[{part} for k in range(n, 0, -1)]")
            + "    return ways[n]\n"
        )

    def oracle(n: int) -> Any:
        # By the ranks of their parts, all sums up to `n`, also those that break the rule later.
        sums: list[set[tuple[int, ...]]] = [{()}, *[set() for _ in range(n)]]
        for rank in range(1, n + 1):
            for total in range(part_of(rank), n + 1):
                sums[total] |= {(*ranks, rank) for ranks in sums[total - part_of(rank)]
                                if holds([*ranks, rank])}  # fmt: skip
        ways = [[part_of(rank) for rank in reversed(ranks)] for ranks in sums[n]]
        return tell(sorted(ways, reverse=True))

    return Problem(
        f"`n`, which is at least 0, is to be written as a sum of parts, which are {kind_words}. "
        f"{rule_words} 0 is the sum without parts, and this is the only way to write it.\n{words}",
        Interface("calculate", (("n", "int"),), returns),
        reference,
        oracle,
        lambda draw: (draw.below(48),),
        [(n,) for n in (0, 1, 2, 3, 4, 5, 7, 10, 12, 21, 25, 31, 36, 45)],
        [slip(reference, change) for change in wrong],
    )


def _remainders(found: str, contrary: str) -> Problem:
    answer, of, python, mistake = _FOUND[found]
    rule, otherwise, other = _CONTRARY[contrary]
    returns = "int | None" if contrary == "none" else "int"
    combined = "    step, first = reduce(join, rules)\n"
    if contrary == "none":
        combined = (
            "    try:\n        step, first = reduce(join, rules)\n"
            "    except ValueError:\n        return None\n"
        )
    reference = (
        "from functools import reduce\nfrom math import gcd, lcm\n\n\n"
        f"def calculate(rules: list[tuple[int, int]], limit: int) -> {returns}:\n"
        f"{combined}{python}\n\n"
        "def join(rule: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:\n"
        '    """The rule that says what both say."""\n'
        "    (step, first), (other_step, other_first) = rule, other\n"
        "    common = gcd(step, other_step)\n"
        "    if (other_first - first) % common:\n"
        f"        {otherwise}\n"
        "    size = other_step // common\n"
        "    times = (other_first - first) // common * pow(step // common, -1, size)\n"
        "    return lcm(step, other_step), first + step * (times % size)\n"
    )

    def oracle(rules: list[tuple[int, int]], limit: int) -> int | None:
        left = set(range(720))  # All steps divide 360.
        for step, rest in rules:
            also = {x for x in left if (x - rest) % step == 0}
            if also or contrary != "skipped":
                left = also
        if not left and contrary == "raises":
            raise raising("ValueError")
        return of(lambda x: x % 720 in left, limit) if left else None

    def arguments(draw: Draw) -> tuple[Any, ...]:
        secret = draw.below(360)
        rules = []
        for _ in range(draw.pick((1, 2, 2, 3, 3, 4))):
            step = draw.pick((2, 3, 4, 5, 6, 8, 9, 10, 12))
            rest = secret % step if draw.chance(0.85) else draw.below(step)
            rules.append((step, rest))
        return rules, draw.pick((secret, draw.below(40), draw.below(400)))

    return Problem(
        "A rule is a pair (step, rest) with a step of at least 1 and a rest of at least 0 that is "
        "less than the step. A whole number fits the rule if it is the rest plus a multiple of the "
        f"step; 0 and numbers below 0 are multiples, too. There is at least one rule. {rule}\n"
        "A number fits if it fits all rules"
        + (" that are not left out" if contrary == "skipped" else "")
        + f". `limit` is at least 0. Return {answer}.",
        Interface("calculate", (("rules", "list[tuple[int, int]]"), ("limit", "int")), returns),
        reference,
        oracle,
        arguments,
        [
            ([(1, 0)], 0), ([(5, 0)], 0), ([(5, 4)], 0), ([(5, 4)], 4), ([(4, 1), (6, 3)], 9),
            ([(4, 1), (6, 2)], 9), ([(4, 1), (6, 2), (5, 3)], 20), ([(2, 0), (2, 1)], 3),
            ([(4, 0)], 6), ([(10, 3), (10, 3)], 8), ([(8, 5), (12, 9), (9, 3)], 100),
            ([(3, 2), (5, 3), (8, 7)], 63), ([(6, 1), (4, 3), (9, 4)], 50),
            ([(12, 11), (8, 1), (5, 0)], 60),
        ],
        [
            slip(reference, change)
            for change in (mistake, other, ("lcm(step, other_step)", "step * other_step"))
        ],
    )  # fmt: skip


_LEVELS: dict[int, Callable[..., Problem]] = {
    1: _simple,
    2: _changed,
    3: _divisors,
    4: _notation,
    5: _remainders_or_sums,
}
