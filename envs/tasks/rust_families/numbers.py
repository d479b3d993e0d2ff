"""Whole numbers and fractions: digits, divisors, rounding, sequences that repeat, factors."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from ....verifiers.rust.interface import Interface
from ..draw import Draw
from .family import Problem, family

_Parameters = tuple[tuple[str, str], ...]
# name -> words, Python, Rust.
_Table = dict[str, tuple[str, Callable[..., Any], str]]
# name -> words, Python, Rust, type.
_Typed = dict[str, tuple[str, Callable[..., Any], str, str]]

# ---------------------------------------------------------------- 1: an expression

_N: _Parameters = (("n", "u64"),)
_SIGNED: _Parameters = (("a", "i64"), ("b", "i64"))
_PAIR: _Parameters = (("a", "u64"), ("b", "u64"))

# name -> words, Python, Rust, parameters, type.
_WHOLE: dict[str, tuple[str, Callable[..., Any], str, _Parameters, str]] = {
    "digits": (
        "Return the sum of the decimal digits of `n`.",
        lambda n: sum(map(int, str(n))),
        "n.to_string().bytes().map(|digit| u64::from(digit - b'0')).sum()",
        _N,
        "u64",
    ),
    "reversed": (
        "Return the number whose decimal digits are those of `n` in reverse order (zeros that come "
        "to the front do not count: 120 becomes 21).",
        lambda n: int(str(n)[::-1]),
        """n.to_string()
        .bytes()
        .rev()
        .fold(0, |number, digit| 10 * number + u64::from(digit - b'0'))""",
        _N,
        "u64",
    ),
    "divisors": (
        "Return how many of the numbers from 1 to `n` divide `n` without remainder (0 for 0).",
        lambda n: len({d for k in range(1, math.isqrt(n) + 1) if n % k == 0 for d in (k, n // k)}),
        "(1..=n).filter(|d| n % d == 0).count()",
        _N,
        "usize",
    ),
    "square": (
        "Return whether `n` is the square of a whole number (0 and 1 are).",
        lambda n: math.isqrt(n) ** 2 == n,
        "(0..=n).any(|root| root * root == n)",
        _N,
        "bool",
    ),
    "smallest": (
        "Return the smallest number greater than 1 that divides `n` without remainder, or None if "
        "`n` is 1 or less.",
        lambda n: next((d for d in range(2, n + 1) if n % d == 0), None),
        "(2..=n).find(|d| n % d == 0)",
        _N,
        "Option<u64>",
    ),
    "triangle": (
        "Return the sum of all numbers from 1 to `n` (0 for 0).",
        lambda n: sum(range(n + 1)),
        "n * (n + 1) / 2",
        _N,
        "u64",
    ),
    "length": (
        "Return how many decimal digits `n` has; 0 has one.",
        lambda n: len(str(n)),
        "n.checked_ilog10().unwrap_or(0) + 1",
        _N,
        "u32",
    ),
    "floor": (
        "Return `a` divided by `b`, which is above 0, rounded down, towards minus infinity.",
        lambda a, b: a // b,
        "a.div_euclid(b)",
        _SIGNED,
        "i64",
    ),
    "ceiling": (
        "Return `a` divided by `b`, which is above 0, rounded up, towards plus infinity.",
        lambda a, b: math.ceil(Fraction(a, b)),
        "-(-a).div_euclid(b)",
        _SIGNED,
        "i64",
    ),
    "remainder": (
        "Return the smallest number, 0 or more, that `a` minus a multiple of `b` can be; `b` is "
        "above 0.",
        lambda a, b: a % b,
        "a.rem_euclid(b)",
        _SIGNED,
        "i64",
    ),
    "multiple": (
        "Return the smallest multiple of `b`, which is above 0, that is at least `a` (0 is a "
        "multiple).",
        lambda a, b: next(m for m in itertools.count(0, b) if m >= a),
        "a.div_ceil(b) * b",
        _PAIR,
        "u64",
    ),
    "common": (
        "Return how many numbers divide both `a` and `b` without remainder; both are above 0.",
        lambda a, b: sum(math.gcd(a, b) % d == 0 for d in range(1, a + 1)),
        "(1..=a).filter(|d| a % d == 0 && b % d == 0).count()",
        _PAIR,
        "usize",
    ),
}

# ---------------------------------------------------------------- 2: digits in a base


def _digits(n: int, base: int) -> list[int]:
    """The highest first."""
    return [*(_digits(n // base, base) if n >= base else []), n % base]


# name -> words, Python (of the digits, the highest first, and the number), Rust (the lowest first).
_SUCH: _Table = {
    "same": (
        "its digits, read backwards, are the same",
        lambda d, _: d == d[::-1],
        "digits.iter().eq(digits.iter().rev())",
    ),
    "rising": (
        "none of its digits is smaller than the one to the left of it",
        lambda d, _: d == sorted(d),
        "digits.is_sorted_by(|right, left| left <= right)",
    ),
    "different": (
        "no digit occurs more than once in it",
        lambda d, _: len(set(d)) == len(d),
        "digits.iter().enumerate().all(|(i, digit)| !digits[..i].contains(digit))",
    ),
    "divided": (
        "the sum of its digits divides it without remainder",
        lambda d, n: n % sum(d) == 0,
        "value % digits.iter().sum::<u64>() == 0",
    ),
    "closed": (
        "its first digit is equal to its last one",
        lambda d, _: d[0] == d[-1],
        "digits.first() == digits.last()",
    ),
    "even": (
        "an even number of its digits (maybe none) are odd",
        lambda d, _: sum(d) % 2 == 0,
        "digits.iter().sum::<u64>() % 2 == 0",
    ),
}
_OF_SUCH: _Typed = {
    "kept": (
        "these values, in their order",
        lambda found: [x for _, x in found],
        ".copied().filter(|&value| is_such(value, base)).collect()",
        "Vec<u64>",
    ),
    "count": (
        "how many these are",
        len,
        ".filter(|&&value| is_such(value, base)).count()",
        "usize",
    ),
    "largest": (
        "the largest of these, or None if there are none",
        lambda found: max((x for _, x in found), default=None),
        ".copied().filter(|&value| is_such(value, base)).max()",
        "Option<u64>",
    ),
    "first": (
        "the index of the first of these, from 0, or None if there are none",
        lambda found: found[0][0] if found else None,
        ".position(|&value| is_such(value, base))",
        "Option<usize>",
    ),
}

# ---------------------------------------------------------------- 3: rounding


def _away(x: Fraction) -> int:
    return math.ceil(x) if x > 0 else math.floor(x)


def _half_away(x: Fraction) -> int:
    return math.floor(x + Fraction(1, 2)) if x > 0 else math.ceil(x - Fraction(1, 2))


_ROUNDED: _Table = {
    "down": ("down, towards minus infinity", math.floor, "a.div_euclid(b)"),
    "up": ("up, towards plus infinity", math.ceil, "-(-a).div_euclid(b)"),
    "zero": ("towards 0", math.trunc, "a / b"),
    "away": ("away from 0", _away, "(a.abs() + b - 1) / b * a.signum()"),
    "half-up": (
        "to the nearest whole number; in the middle between two, to the larger one",
        lambda x: math.floor(x + Fraction(1, 2)),
        "(2 * a + b).div_euclid(2 * b)",
    ),
    "half-down": (
        "to the nearest whole number; in the middle between two, to the smaller one",
        lambda x: math.ceil(x - Fraction(1, 2)),
        "-(b - 2 * a).div_euclid(2 * b)",
    ),
    "half-away": (
        "to the nearest whole number; in the middle between two, to the one farther from 0",
        _half_away,
        "(2 * a.abs() + b) / (2 * b) * a.signum()",
    ),
    "half-even": (
        "to the nearest whole number; in the middle between two, to the even one",
        round,
        """let low = a.div_euclid(b);
    match (2 * a.rem_euclid(b)).cmp(&b) {
        Ordering::Less => low,
        Ordering::Equal => low + low.rem_euclid(2),
        Ordering::Greater => low + 1,
    }""",
    ),
}
# name -> words, Python (of rounding, the values and k), Rust, whether there is a k, type.
_ROUND: dict[str, tuple[str, Callable[..., Any], str, bool, str]] = {
    "each": (
        "Return each of `values` divided by `k`, rounded",
        lambda rounded, v, k: [rounded(Fraction(x, k)) for x in v],
        "values.iter().map(|&x| rounded(x, k)).collect()",
        True,
        "Vec<i64>",
    ),
    "lost": (
        "Replace each of `values` by `k` times what the value divided by `k` is when it is "
        "rounded. Return the sum of what there is then minus the sum of `values`. Each quotient is rounded",
        lambda rounded, v, k: sum(k * rounded(Fraction(x, k)) - x for x in v),
        "values.iter().map(|&x| k * rounded(x, k) - x).sum()",
        True,
        "i64",
    ),
    "mean": (
        "Return the average of `values`, or None if there are none. The average is rounded",
        lambda rounded, v, _: rounded(Fraction(sum(v), len(v))) if v else None,
        """if values.is_empty() {
        return None;
    }
    Some(rounded(values.iter().sum(), values.len() as i64))""",
        False,
        "Option<i64>",
    ),
    "carried": (
        "Go through `values` from left to right with a rest, which is 0 at first: add the value to "
        "the rest, divide the sum by `k`, round that; this is what stands in place of the value, "
        "and the new rest is the sum minus `k` times that. Return what stands in place of the "
        "values, in order. Each quotient is rounded",
        lambda rounded, v, k: _carried(rounded, v, k),
        """let mut rest = 0;
    let mut found = Vec::new();
    for x in values {
        rest += x;
        let whole = rounded(rest, k);
        rest -= k * whole;
        found.push(whole);
    }
    found""",
        True,
        "Vec<i64>",
    ),
}


def _carried(rounded: Callable[[Fraction], int], values: Sequence[int], k: int) -> list[int]:
    found: list[int] = []
    for i, _ in enumerate(values):
        found.append(rounded(Fraction(sum(values[: i + 1]), k) - sum(found)))
    return found


# ---------------------------------------------------------------- 4: fractions

_TOTAL: _Table = {
    "sum": (
        "the sum of the fractions; 0 if there are none",
        sum,
        """let mut total = (0, 1);
    for &fraction in fractions {
        let (a, b) = reduced(fraction)?;
        total = reduced((total.0 * b + a * total.1, total.1 * b))?;
    }""",
    ),
    "product": (
        "the product of the fractions; 1 if there are none",
        math.prod,
        """let mut total = (1, 1);
    for &fraction in fractions {
        let (a, b) = reduced(fraction)?;
        total = reduced((total.0 * a, total.1 * b))?;
    }""",
    ),
    "alternating": (
        "the first fraction minus the second, plus the third, minus the fourth, and so on; 0 if "
        "there are none",
        lambda v: sum(v[::2]) - sum(v[1::2]),
        """let mut total = (0, 1);
    for &fraction in fractions.iter().rev() {
        let (a, b) = reduced(fraction)?;
        total = reduced((a * total.1 - total.0 * b, total.1 * b))?;
    }""",
    ),
    "spread": (
        "the largest of the fractions minus the smallest; 0 if there are none",
        lambda v: max(v) - min(v) if v else Fraction(0),
        """let mut sorted: Vec<(i64, i64)> = Vec::new();
    for &fraction in fractions {
        sorted.push(reduced(fraction)?);
    }
    sorted.sort_by(|(a, b), (c, d)| (a * d).cmp(&(c * b)));
    let total = match sorted[..] {
        [(a, b), .., (c, d)] => reduced((c * b - a * d, b * d))?,
        _ => (0, 1),
    };""",
    ),
}


def _mixed(x: Fraction) -> str:
    whole, rest = divmod(abs(x), 1)
    parts = [str(whole)] if whole or not rest else []
    parts += [str(rest)] if rest else []
    return ("-" if x < 0 else "") + " ".join(parts)


def _continued(x: Fraction) -> list[int]:
    whole = math.floor(x)
    return [whole] if x == whole else [whole, *_continued(1 / (x - whole))]


def _decimal(x: Fraction) -> str:
    thousandths = str(math.floor(abs(x) * 1000)).zfill(4)
    return f"{'-' if x < 0 else ''}{thousandths[:-3]}.{thousandths[-3:]}"


_SHOWN: _Typed = {
    "pair": (
        "as a pair of numerator and denominator in lowest terms (they have no common divisor but "
        "1), of which the second is above 0; 0 is (0, 1)",
        lambda x: (x.numerator, x.denominator),
        "    total\n",
        "(i64, i64)",
    ),
    "mixed": (
        "as a text: a hyphen (-) if it is below 0; then, without its sign, how many wholes there "
        "are, a space, and the rest as numerator, slash (/) and denominator in lowest terms: "
        "-1 2/3. Without a rest it has only the wholes, without wholes, but with a rest, only the "
        "rest: -2/3; 0 is 0",
        _mixed,
        """    let sign = if a < 0 { "-" } else { "" };
    let (whole, rest) = (a.abs() / b, a.abs() % b);
    match (whole, rest) {
        (_, 0) => format!("{sign}{whole}"),
        (0, _) => format!("{sign}{rest}/{b}"),
        _ => format!("{sign}{whole} {rest}/{b}"),
    }
""",
        "String",
    ),
    "continued": (
        "as a list of numbers: the first is the fraction rounded down (towards minus infinity); if "
        "something is left, 1 divided by that is treated the same way, for the numbers that "
        "follow, until nothing is left",
        _continued,
        """    let mut found = Vec::new();
    while b != 0 {
        found.push(a.div_euclid(b));
        (a, b) = (b, a.rem_euclid(b));
    }
    found
""",
        "Vec<i64>",
    ),
    "decimal": (
        "as a text: a hyphen (-) if it is below 0; then, without its sign, how many wholes there "
        "are, a dot (.), and exactly three decimal digits; what comes after these is cut off",
        _decimal,
        """    let sign = if a < 0 { "-" } else { "" };
    let (whole, rest) = (a.abs() / b, a.abs() % b);
    format!("{sign}{whole}.{:03}", rest * 1000 / b)
""",
        "String",
    ),
}

# ---------------------------------------------------------------- 5: sequences, factors

_NEXT: _Table = {
    "linear": (
        "5 times it plus 3, of which the remainder counts that it leaves when divided by `m`",
        lambda x, m: (5 * x + 3) % m,
        "(5 * x + 3) % m",
    ),
    "square": (
        "its square plus 1, of which the remainder counts that it leaves when divided by `m`",
        lambda x, m: (x * x + 1) % m,
        "(x * x + 1) % m",
    ),
    "halved": (
        "half of it if it is even, and else 3 times it plus 1, of which the remainder counts that "
        "it leaves when divided by `m`",
        lambda x, m: x // 2 if x % 2 == 0 else (3 * x + 1) % m,
        """if x % 2 == 0 {
        x / 2
    } else {
        (3 * x + 1) % m
    }""",
    ),
    "digits": (
        "`m` plus the sum of the squares of its decimal digits",
        lambda x, m: m + sum(int(d) ** 2 for d in str(x)),
        """let mut sum = m;
    let mut rest = x;
    while rest > 0 {
        sum += (rest % 10) * (rest % 10);
        rest /= 10;
    }
    sum""",
    ),
    "mirrored": (
        "the sum of it and the number with its decimal digits in reverse order, of which the "
        "remainder counts that it leaves when divided by `m`",
        lambda x, m: (x + int(str(x)[::-1])) % m,
        """let mut mirrored = 0;
    let mut rest = x;
    while rest > 0 {
        mirrored = 10 * mirrored + rest % 10;
        rest /= 10;
    }
    (x + mirrored) % m""",
    ),
}
# name -> words, Python (of the numbers before the first repeated one, and of where that first is),
# Rust, type.
_CYCLE: dict[str, tuple[str, Callable[[list[int], int], Any] | None, str, str]] = {
    "shape": (
        "a pair of how many numbers come before the first one that comes again and again, and of "
        "how many different ones do",
        lambda seen, first: (first, len(seen) - first),
        "(first, seen.len() - first)",
        "(usize, usize)",
    ),
    "largest": (
        "a pair of the largest of the numbers that come again and again, and of the largest of all "
        "numbers",
        lambda seen, first: (max(seen[first:]), max(seen)),
        "(largest(&seen[first..]), largest(&seen))",
        "(u64, u64)",
    ),
    "members": (
        "the numbers that come again and again, each once, in the order in which they follow each "
        "other, beginning with the smallest of them",
        lambda seen, first: _from_smallest(seen[first:]),
        """let mut members = seen[first..].to_vec();
    while members.iter().any(|&member| member < members[0]) {
        members.rotate_left(1);
    }
    members""",
        "Vec<u64>",
    ),
    "later": (
        "the number that comes `k` steps after the first one (for `k` = 0, the first one itself), "
        "where `k` may be too large to make all these steps",
        None,
        """if k < seen.len() {
        return seen[k];
    }
    let cycle = &seen[first..];
    cycle[(k - first) % cycle.len()]""",
        "u64",
    ),
}


def _from_smallest(cycle: list[int]) -> list[int]:
    at = cycle.index(min(cycle))
    return cycle[at:] + cycle[:at]


def _factors(n: int) -> list[tuple[int, int]]:
    primes = [p for p in range(2, n + 1) if n % p == 0 and all(p % d for d in range(2, p))]
    return [(p, next(e for e in itertools.count() if n % p ** (e + 1))) for p in primes]


_FACTORED: _Typed = {
    "text": (
        "a text that shows `n` as a product of powers of primes, the smaller primes first: each is "
        "the prime, followed by ^ and the exponent if that is above 1, with * between neighbours: "
        "2^3*5 for 40; 1 for 1",
        lambda n: "*".join(f"{p}^{e}" if e > 1 else str(p) for p, e in _factors(n)) or "1",
        """if n == 1 {
        return "1".to_string();
    }
    let powers: Vec<String> = factors
        .iter()
        .map(|&(prime, exponent)| {
            if exponent > 1 {
                format!("{prime}^{exponent}")
            } else {
                prime.to_string()
            }
        })
        .collect();
    powers.join("*")""",
        "String",
    ),
    "coprime": (
        "how many of the numbers from 1 to `n` have no common divisor with `n` but 1",
        lambda n: sum(math.gcd(k, n) == 1 for k in range(1, n + 1)),
        """factors
        .iter()
        .fold(n, |count, &(prime, _)| count / prime * (prime - 1))""",
        "u64",
    ),
    "square": (
        "the pair (s, r) of numbers for which `n` is s times s times r and s is as large as "
        "possible",
        lambda n: next((s, n // s**2) for s in range(n, 0, -1) if n % s**2 == 0),
        """let root = factors
        .iter()
        .map(|&(prime, exponent)| prime.pow(exponent / 2))
        .product();
    (root, n / (root * root))""",
        "(u64, u64)",
    ),
    "divisors": (
        "all numbers that divide `n` without remainder, in ascending order",
        lambda n: [d for d in range(1, n + 1) if n % d == 0],
        """let mut divisors = vec![1];
    for (prime, exponent) in factors {
        for divisor in divisors.clone() {
            divisors.extend((1..=exponent).map(|power| divisor * prime.pow(power)));
        }
    }
    divisors.sort();
    divisors""",
        "Vec<u64>",
    ),
}


def _variants(level: int) -> list[tuple[Any, ...]]:
    tables: dict[int, list[tuple[Any, ...]]] = {
        1: [(("whole",), _WHOLE)],
        2: [(("digits",), _SUCH, _OF_SUCH)],
        3: [(("rounded",), _ROUNDED, _ROUND)],
        4: [(("fractions",), _TOTAL, _SHOWN)],
        5: [(("cycle",), _NEXT, _CYCLE), (("factors",), _FACTORED)],
    }
    return [names for listed in tables[level] for names in itertools.product(*listed)]


@family("numbers", _variants)
def numbers(kind: str, *names: str) -> Problem:
    makers: dict[str, Callable[..., Problem]] = {
        "whole": _whole, "digits": _with_digits, "rounded": _round, "fractions": _fractions,
        "cycle": _cycle, "factors": _factored,
    }  # fmt: skip
    return makers[kind](*names)


def _takes(parameters: _Parameters) -> str:
    return ", ".join(f"{name}: {kind}" for name, kind in parameters)


def _whole(name: str) -> Problem:
    words, python, rust, parameters, kind = _WHOLE[name]

    def arguments(draw: Draw) -> tuple[Any, ...]:
        if parameters == _N:
            n = draw.below(draw.pick((20, 130, 1000, 1000)))
            root = draw.below(31)
            return (root * root if name == "square" and draw.chance(0.5) else n,)
        b = draw.between(1, 12)
        if parameters == _PAIR:
            return (b * draw.between(1, 9) + draw.pick((0, 0, 1, -1 if b > 1 else 0)), b)
        return (b * draw.between(-6, 6) + draw.pick((0, 1, -1, draw.below(b))), b)

    edges: list[tuple[Any, ...]] = [
        (0,), (1,), (2,), (4,), (9,), (10,), (99,), (100,), (120,), (909,), (35,), (49,), (24,),
    ]  # fmt: skip
    if parameters != _N:
        edges = [(1, 1), (7, 7), (8, 7), (6, 7), (14, 7), (1, 12), (12, 8)]
    if parameters == _SIGNED:
        edges += [(0, 5), (-1, 5), (-5, 5), (-6, 5), (-4, 5)]
    return Problem(
        words,
        Interface("answer", parameters, kind),
        f"pub fn answer({_takes(parameters)}) -> {kind} {{\n    {rust}\n}}\n",
        python,
        arguments,
        edges,
    )


def _with_digits(such: str, of_such: str) -> Problem:
    words, is_such, test = _SUCH[such]
    what, report, rust, kind = _OF_SUCH[of_such]
    reference = f"""pub fn answer(values: &[u64], base: u64) -> {kind} {{
    values.iter(){rust}
}}

fn is_such(value: u64, base: u64) -> bool {{
    let digits = digits(value, base);
    {test}
}}

/// The lowest digit comes first.
fn digits(mut value: u64, base: u64) -> Vec<u64> {{
    let mut digits = Vec::new();
    while value > 0 {{
        digits.push(value % base);
        value /= base;
    }}
    digits
}}
"""

    def arguments(draw: Draw) -> tuple[Any, ...]:
        base = draw.pick((2, 3, 4, 8, 10, 10))
        values = []
        for _ in range(draw.between(1, 7)):
            half = [draw.below(base) for _ in range(draw.between(1, 3))]
            digits = draw.pick((half, half + half[::-1], half + half[-2::-1], sorted(half)))
            values.append(max(1, int("".join(map(str, digits)), base)))
        return (values, base)

    return Problem(
        f"All `values` are above 0, and `base` is from 2 to 10. Write each value in base `base`, "
        f"without zeros at the front, and look at those for which this is so: {words}. Return "
        f"{what}.",
        Interface("answer", (("values", "&[u64]"), ("base", "u64")), kind),
        reference,
        lambda values, base: report(
            [(i, x) for i, x in enumerate(values) if is_such(_digits(x, base), x)]
        ),
        arguments,
        [
            ([], 10), ([1], 2), ([10], 10), ([2, 3, 2], 2), ([121, 120, 112, 122], 10),
            ([12, 18, 21, 19], 10), ([6, 8, 26], 3), ([100, 99, 101, 98], 10), ([3, 5, 3, 5], 4),
            ([9, 7, 8, 6], 9), ([201, 210, 102, 12], 10), ([11, 13], 10), ([7, 15], 8),
        ],
    )  # fmt: skip


def _round(rounded: str, how: str) -> Problem:
    words, python, rule = _ROUNDED[rounded]
    what, report, rust, divided, kind = _ROUND[how]
    parameters: _Parameters = (("values", "&[i64]"),)
    if divided:
        parameters += (("k", "i64"),)
    used = "use std::cmp::Ordering;\n\n" if "Ordering" in rule else ""
    reference = f"""{used}pub fn answer({_takes(parameters)}) -> {kind} {{
    {rust}
}}

/// `a` divided by `b`.
fn rounded(a: i64, b: i64) -> i64 {{
    {rule}
}}
"""

    def arguments(draw: Draw) -> tuple[Any, ...]:
        if not divided:
            values = [draw.between(-9, 9) for _ in range(draw.pick((1, 2, 2, 3, 4, 4, 6)))]
            return (values,)
        k = draw.pick((1, 2, 2, 3, 4, 5, 6, 10))
        halves = (k // 2, -(k // 2), 0, 1, -1, (k + 1) // 2)
        values = [k * draw.between(-4, 4) + draw.pick(halves) for _ in range(draw.between(1, 7))]
        return (values, k)

    edges: list[tuple[Any, ...]] = [
        ([], 3), ([0], 5), ([5, -5], 10), ([15, -15, 25, -25], 10), ([4, 6, -4, -6], 10),
        ([1, -1], 2), ([3, -3, 5, -5], 2), ([1, 2, -1, -2], 3), ([7, -7], 1),
        ([9, 11, -9, -11], 10),
        ([1, 1, 1, 1], 2), ([-1, -1, -1], 2),
    ]  # fmt: skip
    if not divided:
        edges = [([],), ([3],), ([1, 2],), ([-1, -2],), ([2, 3],), ([-2, -3],), ([1, 1, 2],),
                 ([1, 2, 2],), ([-1, -1, -2],), ([-1, -2, -2],), ([0, 0],)]  # fmt: skip
    given = "`k` is above 0. " if divided else ""
    return Problem(
        f"{given}{what} {words}.",
        Interface("answer", parameters, kind),
        reference,
        (lambda values, k: report(python, values, k)) if divided
        else (lambda values: report(python, values, 1)),
        arguments,
        edges,
    )  # fmt: skip


def _fractions(total: str, shown: str) -> Problem:
    words, python, rust = _TOTAL[total]
    what, report, body, kind = _SHOWN[shown]
    changed = "mut " if shown == "continued" else ""
    answer, helper = "shown(total)", f"""
fn shown(({changed}a, {changed}b): (i64, i64)) -> {kind} {{
{body}}}
"""  # fmt: skip
    if shown == "pair":
        answer, helper = "total", ""
    reference = f"""pub fn answer(fractions: &[(i64, i64)]) -> Option<{kind}> {{
    {rust}
    Some({answer})
}}

/// In lowest terms, with a denominator above 0.
fn reduced((a, b): (i64, i64)) -> Option<(i64, i64)> {{
    if b == 0 {{
        return None;
    }}
    let divisor = gcd(a.abs(), b.abs()) * b.signum();
    Some((a / divisor, b / divisor))
}}

fn gcd(a: i64, b: i64) -> i64 {{
    if b == 0 {{
        a
    }} else {{
        gcd(b, a % b)
    }}
}}
{helper}"""

    def oracle(fractions: list[tuple[int, int]]) -> Any:
        if any(b == 0 for _, b in fractions):
            return None
        return report(Fraction(python([Fraction(a, b) for a, b in fractions])))

    def arguments(draw: Draw) -> tuple[Any, ...]:
        found = []
        for _ in range(draw.between(1, 4)):
            a, b = draw.between(-9, 12), draw.pick((1, 2, 2, 3, 4, 6, 7, 12, -2, -3, -5))
            found.append((a, b if draw.chance(0.96) else 0))
        return (found,)

    return Problem(
        "A fraction is a pair of numerator and denominator, which may be negative. If a "
        f"denominator is 0, return None. Else calculate {words}. Return it, exactly, {what}.",
        Interface("answer", (("fractions", "&[(i64, i64)]"),), f"Option<{kind}>"),
        reference,
        oracle,
        arguments,
        [
            ([],), ([(0, 0)],), ([(0, -3)],), ([(1, 0), (1, 2)],), ([(2, -4)],), ([(-7, 2)],),
            ([(7, 3), (-1, 3)],), ([(1, 2), (1, 3), (1, 6)],), ([(-1, 2), (1, 3)],), ([(5, 1)],),
            ([(1, 3), (2, 6), (3, 9)],), ([(-10, 4), (5, -2)],), ([(1, 8), (-1, -7)],),
        ],
    )  # fmt: skip


def _cycle(following: str, cycle: str) -> Problem:
    words, python, step = _NEXT[following]
    what, report, rust, kind = _CYCLE[cycle]
    parameters: _Parameters = (("start", "u64"), ("m", "u64"))
    if cycle == "later":
        parameters += (("k", "usize"),)
    helper = ""
    if cycle == "largest":
        helper = """
fn largest(numbers: &[u64]) -> u64 {
    numbers.iter().copied().fold(0, u64::max)
}
"""
    reference = f"""pub fn answer({_takes(parameters)}) -> {kind} {{
    let mut seen = Vec::new();
    let mut x = start;
    while !seen.contains(&x) {{
        seen.push(x);
        x = next(x, m);
    }}
    let first = seen.iter().take_while(|&&y| y != x).count();
    {rust}
}}

fn next(x: u64, m: u64) -> u64 {{
    {step}
}}
{helper}"""

    def oracle(start: int, m: int, k: int = 0) -> Any:
        place: dict[int, int] = {}
        x = start
        while x not in place:
            place[x] = len(place)
            x = python(x, m)
        if cycle == "later":
            return _after(python, start, m, k)
        assert report is not None
        return report(list(place), place[x])

    def arguments(draw: Draw) -> tuple[Any, ...]:
        m = draw.between(1, 60) if following != "digits" else draw.below(40)
        found = (draw.pick((0, 1, draw.below(60), draw.below(300))), m)
        if cycle == "later":
            return (*found, draw.pick((draw.below(5), draw.below(40), 10**12 + draw.below(60))))
        return found

    edges: list[tuple[int, int]] = [
        (0, 1), (5, 1), (0, 2), (1, 2), (7, 10), (12, 10), (100, 64), (3, 9), (2, 25), (99, 30),
        (10, 50), (45, 50),
    ]  # fmt: skip
    later = [(*edge, k) for edge, k in zip(edges, itertools.cycle((0, 1, 7, 10**15)), strict=False)]
    least = "`m` is above 0. " if following != "digits" else ""
    return Problem(
        f"{least}A sequence of numbers begins with `start`. The number after a number of the "
        f"sequence is {words}. From some place on, the same numbers come again and again. Return "
        f"{what}.",
        Interface("answer", parameters, kind),
        reference,
        oracle,
        arguments,
        later if cycle == "later" else edges,
    )


def _after(step: Callable[[int, int], int], x: int, m: int, k: int) -> int:
    """By doubling: the map of 1, 2, 4, ... steps, on all numbers that can be reached."""
    reached = {x: step(x, m)}
    while (last := next((y for y in reached.values() if y not in reached), None)) is not None:
        reached[last] = step(last, m)
    while k:
        if k % 2:
            x = reached[x]
        reached = {y: reached[z] for y, z in reached.items()}
        k //= 2
    return x


def _factored(factored: str) -> Problem:
    words, python, rust, kind = _FACTORED[factored]
    reference = f"""pub fn answer(n: u64) -> {kind} {{
    let factors = factors(n);
    {rust}
}}

/// The primes that divide a number, with their exponents.
fn factors(mut n: u64) -> Vec<(u64, u32)> {{
    let mut factors = Vec::new();
    let mut prime = 2;
    while n > 1 {{
        let mut exponent = 0;
        while n % prime == 0 {{
            n /= prime;
            exponent += 1;
        }}
        if exponent > 0 {{
            factors.push((prime, exponent));
        }}
        prime += 1;
    }}
    factors
}}
"""

    def arguments(draw: Draw) -> tuple[Any, ...]:
        if draw.chance(0.3):
            return (draw.between(1, 600),)
        return (math.prod(draw.pick((2, 2, 3, 3, 5, 7)) for _ in range(draw.between(1, 4))),)

    prime = (
        "A prime is a number greater than 1 that only 1 and itself divide without remainder. "
        if factored == "text"
        else ""
    )
    return Problem(
        f"`n` is above 0. {prime}Return {words}.",
        Interface("answer", (("n", "u64"),), kind),
        reference,
        python,
        arguments,
        [(n,) for n in (1, 2, 3, 4, 5, 6, 8, 9, 12, 16, 36, 97, 100, 360, 512, 625)],
    )
