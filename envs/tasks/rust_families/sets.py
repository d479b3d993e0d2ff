"""Sets, bags, permutations, maps, groups that are joined, relations that are closed."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable
from typing import Any

from ....verifiers.rust.interface import Interface
from ..draw import Draw
from .family import Problem, family

_A, _B = ("a", "&[i64]"), ("b", "&[i64]")
_SET, _MAP = "std::collections::BTreeSet", "std::collections::BTreeMap"
_Pairs = list[tuple[int, int]]
# name -> words, Python, Rust.
_Table = dict[str, tuple[str, Callable[..., Any], str]]
# The same with the type of what is returned.
_Typed = dict[str, tuple[str, Callable[..., Any], str, str]]

# ---------------------------------------------------------------- 1: two sets

_TWO: _Typed = {
    "both": (
        "the values that are in `a` and in `b`",
        lambda a, b: set(a) & set(b),
        "a.iter().copied().filter(|x| b.contains(x)).collect()",
        f"{_SET}<i64>",
    ),
    "minus": (
        "the values that are in `a` but not in `b`",
        lambda a, b: set(a) - set(b),
        "a.iter().copied().filter(|x| !b.contains(x)).collect()",
        f"{_SET}<i64>",
    ),
    "one": (
        "the values that are in one of `a` and `b`, but not in both",
        lambda a, b: set(a) ^ set(b),
        """let only_a = a.iter().filter(|x| !b.contains(x));
    let only_b = b.iter().filter(|x| !a.contains(x));
    only_a.chain(only_b).copied().collect()""",
        f"{_SET}<i64>",
    ),
    "subset": (
        "whether each value of `a` is in `b`, and `b` has a value that is not in `a`",
        lambda a, b: set(a) < set(b),
        "a.iter().all(|x| b.contains(x)) && b.iter().any(|x| !a.contains(x))",
        "bool",
    ),
    "sizes": (
        "a pair: how many different values are in both, and how many are in at least one of them",
        lambda a, b: (len(set(a) & set(b)), len(set(a) | set(b))),
        """let a: HashSet<i64> = a.iter().copied().collect();
    let b: HashSet<i64> = b.iter().copied().collect();
    (a.intersection(&b).count(), a.union(&b).count())""",
        "(usize, usize)",
    ),
    "free": (
        "the smallest number that is 0 or more and is neither in `a` nor in `b`",
        lambda a, b: min(set(range(len(a) + len(b) + 1)) - {*a, *b}),
        """let mut number = 0;
    while a.contains(&number) || b.contains(&number) {
        number += 1;
    }
    number""",
        "i64",
    ),
    "news": (
        "the different values of `b` that are not in `a`, in the order in which they first occur "
        "in `b`",
        lambda a, b: [x for x in dict.fromkeys(b) if x not in a],
        """let mut news = Vec::new();
    for x in b {
        if !a.contains(x) && !news.contains(x) {
            news.push(*x);
        }
    }
    news""",
        "Vec<i64>",
    ),
    "sums": (
        "all numbers that are the sum of a value of `a` and a value of `b`",
        lambda a, b: {x + y for x, y in itertools.product(a, b)},
        "a.iter().flat_map(|x| b.iter().map(move |y| x + y)).collect()",
        f"{_SET}<i64>",
    ),
    "unique": (
        "the values of `a` that occur once in `a` and not at all in `b`, in ascending order",
        lambda a, b: sorted(x for x in a if a.count(x) == 1 and x not in b),
        """let is_unique = |x: &i64| a.iter().filter(|&y| y == x).count() == 1;
    let mut unique: Vec<i64> = a.iter().copied().filter(is_unique).collect();
    unique.retain(|x| !b.contains(x));
    unique.sort_unstable();
    unique""",
        "Vec<i64>",
    ),
}

# ---------------------------------------------------------------- 2: bags

_RULE: _Table = {
    "common": (
        "as often as it occurs in that of `a` and `b` in which it occurs less often",
        min,
        "in_a.min(in_b)",
    ),
    "either": (
        "as often as it occurs in that of `a` and `b` in which it occurs more often",
        max,
        "in_a.max(in_b)",
    ),
    "all": ("as often as it occurs in `a` and `b` together", lambda n, m: n + m, "in_a + in_b"),
    "minus": (
        "as often as it occurs in `a`, less the number of times that it occurs in `b` (not at all "
        "if that is more)",
        lambda n, m: n - min(n, m),
        "in_a.saturating_sub(in_b)",
    ),
    "apart": (
        "as often as it occurs more often in one of `a` and `b` than in the other",
        lambda n, m: abs(n - m),
        "in_a.abs_diff(in_b)",
    ),
}
_BAG: _Typed = {
    "list": (
        "the values of the bag in ascending order, each as often as it is in it",
        lambda bag: sorted(bag.elements()),
        "found.extend(repeat_n(x, times));",
        "Vec<i64>",
    ),
    "counts": (
        "a map from each value that is in the bag to how often it is in it",
        lambda bag: {x: n for x, n in bag.items() if n},
        "if times > 0 {\n            found.insert(x, times);\n        }",
        f"{_MAP}<i64, usize>",
    ),
    "often": (
        "the values that are in the bag at least twice, in ascending order, each once",
        lambda bag: sorted(x for x, n in bag.items() if n >= 2),
        "if times >= 2 {\n            found.push(x);\n        }",
        "Vec<i64>",
    ),
}

# ---------------------------------------------------------------- 3: permutations


def _cycles(perm: list[int]) -> list[list[int]]:
    found: list[list[int]] = []
    for start in range(len(perm)):
        path = [start]
        while perm[path[-1]] not in path:
            path.append(perm[path[-1]])
        if min(path) == start:
            found.append(path)
    return found


def _longest(perm: list[int]) -> list[int]:
    longest: list[int] = max(_cycles(perm), key=len, default=[])
    return sorted(longest)


_CYCLES = """
/// Each starts with its smallest place; they are in the order of these.
fn cycles(perm: &[usize]) -> Vec<Vec<usize>> {
    let mut cycles: Vec<Vec<usize>> = Vec::new();
    for start in 0..perm.len() {
        if !cycles.concat().contains(&start) {
            let mut cycle = vec![start];
            let mut at = perm[start];
            while at != start {
                cycle.push(at);
                at = perm[at];
            }
            cycles.push(cycle);
        }
    }
    cycles
}
"""
# Where their order does not matter.
_ANY_CYCLES = _CYCLES.replace("for start in 0..perm.len()", "for &start in perm").replace(
    "/// Each starts with its smallest place; they are in the order of these.\n", ""
)
_GCD = """
fn gcd(a: usize, b: usize) -> usize {
    if b == 0 {
        a
    } else {
        gcd(b, a % b)
    }
}
"""
_ABOUT_CYCLES = (
    "If one goes from a place to the place that `perm` has there, and so on, one comes back to "
    "where one started; the places on such a way are a cycle (perhaps of one place). "
)
# name -> words, Python, Rust, helpers, type.
_PERMUTED: dict[str, tuple[str, Callable[[list[int]], Any], str, str, str]] = {
    "inverse": (
        "the permutation that undoes it: if `perm` has y at place x, it has x at place y",
        lambda p: [p.index(x) for x in range(len(p))],
        """let mut inverse: Vec<usize> = (0..perm.len()).collect();
    inverse.sort_by_key(|&place| perm[place]);
    $inverse""",
        "", "Vec<usize>",
    ),
    "thrice": (
        "the permutation that is `perm` three times in a row: at each place x it has what `perm` "
        "has at the place that it has at the place that it has at x",
        lambda p: [p[p[p[x]]] for x in range(len(p))],
        "$perm.iter().map(|&y| perm[perm[y]]).collect()$",
        "", "Vec<usize>",
    ),
    "cycles": (
        "all cycles, each with its places in the order in which one comes to them, beginning with "
        "the smallest; the cycles are in ascending order of these smallest places",
        _cycles, "$cycles(perm)$", _CYCLES, "Vec<Vec<usize>>",
    ),
    "order": (
        "how often one has to apply the permutation in a row, at least once, until all is where it "
        "was at first: that is the least common multiple of the lengths of its cycles (1 if it has "
        "no places)",
        lambda p: math.lcm(*map(len, _cycles(p))),
        """let lengths = cycles(perm).into_iter().map(|cycle| cycle.len());
    $lengths.fold(1, |all, length| all / gcd(all, length) * length)$""",
        _ANY_CYCLES + _GCD, "usize",
    ),
    "even": (
        "whether an even number of its cycles (0 is even) has an even length",
        lambda p: sum(a > b for a, b in itertools.combinations(p, 2)) % 2 == 0,
        """let cycles = cycles(perm);
    let even = cycles.iter().filter(|cycle| cycle.len() % 2 == 0);
    $even.count() % 2 == 0$""",
        _ANY_CYCLES, "bool",
    ),
    "longest": (
        "the places of its longest cycle in ascending order (of several such cycles, of the one "
        "with the smallest place; no places if there is no cycle)",
        _longest,
        """let mut longest: Vec<usize> = Vec::new();
    for cycle in cycles(perm) {
        if cycle.len() > longest.len() {
            longest = cycle;
        }
    }
    longest.sort_unstable();
    $longest$""",
        _CYCLES, "Vec<usize>",
    ),
    "inversions": (
        "how many pairs of places there are, of which the first has a greater value than the "
        "second, which comes anywhere after it",
        lambda p: sum(a > b for a, b in itertools.combinations(p, 2)),
        """let smaller_after = |place: usize| {
        let after = perm[place..].iter();
        after.filter(|&&y| y < perm[place]).count()
    };
    $(0..perm.len()).map(smaller_after).sum()$""",
        "", "usize",
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 4: maps


def _chased(a: dict[int, int]) -> dict[int, int | None]:
    found: dict[int, int | None] = {}
    for start in a:
        at, steps = start, 0
        while at in a and steps <= len(a):
            at, steps = a[at], steps + 1
        found[start] = None if at in a else at
    return found


# name -> words, Python, body, type, whether there is a second map.
_MAPS: dict[str, tuple[str, Callable[..., Any], str, str, bool]] = {
    "inverted": (
        "a map from each value of `a` to the set of all keys that have it",
        lambda a: {v: {k for k in a if a[k] == v} for v in a.values()},
        """    let mut keys: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
    for (&key, &value) in a {
        keys.entry(value).or_default().insert(key);
    }
    keys
""",
        f"{_MAP}<i64, {_SET}<i64>>", False,
    ),
    "inverse": (
        "the inverse of `a`, a map from each of its values to the key that has it, or None if two "
        "keys have the same value",
        lambda a: {v: k for k, v in a.items()} if len(set(a.values())) == len(a) else None,
        """    let turned = a.iter().map(|(&key, &value)| (value, key));
    let inverse: BTreeMap<i64, i64> = turned.collect();
    (inverse.len() == a.len()).then_some(inverse)
""",
        f"Option<{_MAP}<i64, i64>>", False,
    ),
    "chased": (
        "for each key of `a` where one comes to from it: one goes from a key to its value, and on "
        "from there as long as the number one has reached is a key; the map has the number at "
        "which one stops, or None if one never stops",
        _chased,
        """    a.keys().map(|&key| (key, end(a, key))).collect()
}

fn end(a: &BTreeMap<i64, i64>, start: i64) -> Option<i64> {
    let mut at = start;
    for _ in 0..=a.len() {
        match a.get(&at) {
            Some(&next) => at = next,
            None => return Some(at),
        }
    }
    None
""",
        f"{_MAP}<i64, Option<i64>>", False,
    ),
    "swapped": (
        "the keys of `a` whose value is another key of `a`, which has the first key as its value",
        lambda a: {k for k in a if a[k] != k and a.get(a[k]) == k},
        """    a.iter()
        .filter(|&(key, value)| key != value && a.get(value) == Some(key))
        .map(|(&key, _)| key)
        .collect()
""",
        f"{_SET}<i64>", False,
    ),
    "chained": (
        "a map from each key of `a` whose value is a key of `b` to the value that `b` has for that",
        lambda a, b: {k: b[v] for k, v in a.items() if v in b},
        """    a.iter()
        .filter_map(|(&key, value)| Some((key, *b.get(value)?)))
        .collect()
""",
        f"{_MAP}<i64, i64>", True,
    ),
    "patched": (
        "`a` after it was changed by `b`: a key of `b` whose value is 0 is not in the result; each "
        "other key of `b` is in it with its value from `b`, and all other keys of `a` with theirs "
        "from `a`",
        lambda a, b: {k: v for k, v in {**a, **b}.items() if b.get(k) != 0},
        """    let mut patched = a.clone();
    for (&key, &value) in b {
        if value == 0 {
            patched.remove(&key);
        } else {
            patched.insert(key, value);
        }
    }
    patched
""",
        f"{_MAP}<i64, i64>", True,
    ),
    "differing": (
        "the keys that are in exactly one of `a` and `b`, or are in both but with different values",
        lambda a, b: {k for k in {*a, *b} if (k in a, a.get(k)) != (k in b, b.get(k))},
        """    a.keys()
        .chain(b.keys())
        .copied()
        .filter(|key| a.get(key) != b.get(key))
        .collect()
""",
        f"{_SET}<i64>", True,
    ),
    "paired": (
        "a map from each key that is in `a` or in `b` to a pair of its value in `a` and its value "
        "in `b`, each of them None if the key is not in that map",
        lambda a, b: {k: (a.get(k), b.get(k)) for k in {*a, *b}},
        """    a.keys()
        .chain(b.keys())
        .map(|key| (*key, (a.get(key).copied(), b.get(key).copied())))
        .collect()
""",
        f"{_MAP}<i64, (Option<i64>, Option<i64>)>", True,
    ),
    "summed": (
        "a map from each key that is in `a` or in `b` to the sum of its values in those of them in "
        "which it is; keys for which that is 0 are left out",
        lambda a, b: {k: n for k in {*a, *b} if (n := a.get(k, 0) + b.get(k, 0))},
        """    let mut sums = a.clone();
    for (&key, value) in b {
        *sums.entry(key).or_insert(0) += value;
    }
    sums.retain(|_, sum| *sum != 0);
    sums
""",
        f"{_MAP}<i64, i64>", True,
    ),
    "matched": (
        "the pairs (x, y) of a key x of `a` and a key y of `b` that have the same value",
        lambda a, b: {(x, y) for x in a for y in b if a[x] == b[y]},
        """    let mut pairs = BTreeSet::new();
    for (&x, value) in a {
        let same = b.iter().filter(|&(_, other)| other == value);
        pairs.extend(same.map(|(&y, _)| (x, y)));
    }
    pairs
""",
        f"{_SET}<(i64, i64)>", True,
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 5: groups and relations

# name -> words, Python (of the second group, of both together, the limit, the size), Rust.
_ALLOWED: dict[str, tuple[str, Callable[..., bool], str]] = {
    "any": ("", lambda *_: True, ""),
    "size": (
        " A pair whose groups would have more than `limit` numbers together is refused: it changes "
        "nothing.",
        lambda _, joined, limit, _size: len(joined) <= limit,
        "joined.iter().filter(|&&group| group == to).count() <= limit",
    ),
    "apart": (
        " A pair after which 0 and `size` - 1 would be in the same group is refused: it changes "
        "nothing.",
        lambda _, joined, _limit, size: not {0, size - 1} <= joined,
        "joined[0] != joined[size - 1]",
    ),
    "second": (
        " A pair is refused, and changes nothing, if the group of its second number has more than "
        "`limit` numbers.",
        lambda second, _j, limit, _s: len(second) <= limit,
        "count(&groups, to) <= limit",
    ),
}
_JOINED: dict[str, tuple[str, str]] = {
    "counts": ("for each pair, in their order, how many groups there are after it", "groups"),
    "largest": (
        "for each pair, in their order, how many numbers the largest group has after it",
        "largest",
    ),
    "useless": (
        "a pair: the places in `pairs` (counted from 0), in ascending order, of the pairs that "
        "change nothing (because they are refused or both numbers are in the same group already), "
        "and how many groups there are in the end",
        "useless",
    ),
    "firsts": (
        "for each number, from 0 on, the smallest number of its group in the end",
        "firsts",
    ),
}
# name -> words, the properties.
_CLOSED: dict[str, tuple[str, str]] = {
    "t": ("if (x, y) and (y, z) are in it, (x, z) is, too", "t"),
    "st": (
        "if (x, y) is in it, (y, x) is, too; if (x, y) and (y, z) are in it, (x, z) is, too",
        "st",
    ),
    "rt": (
        "(x, x) is in it for each x from 0 to `size` - 1; if (x, y) and (y, z) are in it, (x, z) "
        "is, too",
        "rt",
    ),
    "rst": (
        "(x, x) is in it for each x from 0 to `size` - 1; if (x, y) is in it, (y, x) is, too; if "
        "(x, y) and (y, z) are in it, (x, z) is, too",
        "rst",
    ),
    "e": (
        "if (x, y) and (x, z) are in it, (y, z) is, too (also where y and z are the same)",
        "e",
    ),
}
# Python: of the closed relation and the pairs.
_RELATION: _Typed = {
    "all": ("all pairs of it", lambda closed, _: closed, "closed", f"{_SET}<(usize, usize)>"),
    "new": (
        "the pairs of it that are not in `pairs`, in ascending order (by the first number, then by "
        "the second)",
        lambda closed, pairs: sorted(closed - set(pairs)),
        "closed.into_iter().filter(|pair| !pairs.contains(pair)).collect()",
        "Vec<(usize, usize)>",
    ),
    "partners": (
        "a map from each number x for which there is a pair (x, y) in it to how many such y there "
        "are",
        lambda closed, _: dict(Counter(x for x, _ in closed)),
        """let mut partners = BTreeMap::new();
    for (x, _) in closed {
        *partners.entry(x).or_insert(0) += 1;
    }
    partners""",
        f"{_MAP}<usize, usize>",
    ),
}


def _variants(level: int) -> list[tuple[Any, ...]]:
    if level == 5:
        return [
            (level, *names)
            for tables in ((("join",), _ALLOWED, _JOINED), (("close",), _CLOSED, _RELATION))
            for names in itertools.product(*tables)
        ]
    tables: tuple[Any, ...] = {
        1: (_TWO,),
        2: (_RULE, _BAG),
        3: (_PERMUTED, (False, True)),
        4: (_MAPS,),
    }[level]
    return [(level, *names) for names in itertools.product(*tables)]


@family("sets", _variants)
def sets(level: int, *names: Any) -> Problem:
    if level == 5:
        return (_joined if names[0] == "join" else _closed)(*names[1:])
    makers: tuple[Callable[..., Problem], ...] = (_two, _bags, _permutation, _maps)
    return makers[level - 1](*names)


def _uses(*texts: str) -> str:
    """The line that brings in what they name of the collections."""
    named = [
        name for name in ("BTreeMap", "BTreeSet", "HashSet") if any(name in text for text in texts)
    ]
    if not named:
        return ""
    listed = f"{{{', '.join(named)}}}" if len(named) > 1 else named[0]
    return f"use std::collections::{listed};\n\n"


def _short(kind: str) -> str:
    return kind.replace("std::collections::", "")


def _two(name: str) -> Problem:
    words, python, rust, kind = _TWO[name]
    head = f"pub fn mix(a: &[i64], b: &[i64]) -> {_short(kind)} {{\n    {rust}\n}}\n"

    def arguments(draw: Draw) -> tuple[Any, ...]:
        high = draw.pick((2, 3, 5))
        a = [draw.between(-1, high) for _ in range(draw.below(6))]
        # Often all of `a` is in `b`.
        b = [x for x in a if draw.chance(0.9)] if draw.chance(0.5) else []
        b += [draw.between(0, high) for _ in range(draw.below(4))]
        return (a, draw.shuffle(b))

    return Problem(
        f"`a` and `b` hold values in any order; a value may occur more than once. Return {words}.",
        Interface("mix", (_A, _B), kind),
        f"{_uses(head)}{head}",
        python,
        arguments,
        [
            ([], []), ([1], []), ([], [1]), ([0], [0]), ([0, 0], [0, 1]), ([2, 1], [1, 2]),
            ([0, 1, 2], [4, 3]), ([5, 5, 3], [4, 5, 4]), ([-1, 1], [0]),
        ],
    )  # fmt: skip


def _bags(rule: str, bag: str) -> Problem:
    words, python, test = _RULE[rule]
    what, report, add, kind = _BAG[bag]
    start = "BTreeMap::new()" if bag == "counts" else "Vec::new()"
    body = f"""pub fn bag(a: &[i64], b: &[i64]) -> {_short(kind)} {{
    let mut found = {start};
    let all: BTreeSet<i64> = a.iter().chain(b).copied().collect();
    for x in all {{
        let times = times(count(a, x), count(b, x));
        {add}
    }}
    found
}}

fn count(values: &[i64], x: i64) -> usize {{
    values.iter().filter(|&&y| y == x).count()
}}

fn times(in_a: usize, in_b: usize) -> usize {{
    {test}
}}
"""
    uses = _uses(body)
    if "repeat_n" in add:
        uses = uses.rstrip() + "\nuse std::iter::repeat_n;\n\n"

    def arguments(draw: Draw) -> tuple[Any, ...]:
        a, b = ([draw.between(0, 3) for _ in range(draw.between(1, 8))] for _ in range(2))
        return (a, b)

    return Problem(
        "A bag is like a set, but a value may be in it more than once. `a` and `b` hold values in "
        f"any order. Make a bag of them in which each value is {words}. Return {what}.",
        Interface("bag", (_A, _B), kind),
        f"{uses}{body}",
        lambda a, b: report(Counter({x: python(a.count(x), b.count(x)) for x in {*a, *b}})),
        arguments,
        [
            ([], []), ([7], []), ([], [7]), ([7], [7]), ([7, 7], [7]), ([7], [7, 7, 7]),
            ([3, 1, 3, 2], [2, 3, 4]), ([-1, -1, -1], [-1, -1, 5, 5]), ([2, 1], [1, 2, 2]),
        ],
    )  # fmt: skip


def _permutation(name: str, is_checked: bool) -> Problem:
    words, python, rust, helpers, kind = _PERMUTED[name]
    about = "`perm` is a permutation: it has each number from 0 to its length - 1 exactly once."
    check = ""
    # What is returned stands between two dollars.
    rust = rust.replace("$inverse", "$inverse$")
    before, value, _ = rust.split("$")
    if is_checked:
        about = (
            "`perm` is a permutation if it has each number from 0 to its length - 1 exactly once. "
            "If it is none, return None, else Some of what follows."
        )
        check = """    let mut sorted = perm.to_vec();
    sorted.sort_unstable();
    if !sorted.into_iter().eq(0..perm.len()) {
        return None;
    }
"""
        value = f"Some({value})"
        kind = f"Option<{kind}>"
    reference = (
        f"pub fn permuted(perm: &[usize]) -> {kind} {{\n{check}    {before}{value}\n}}\n{helpers}"
    )

    def oracle(perm: list[int]) -> Any:
        if set(perm) != set(range(len(perm))):
            return None
        return python(perm)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        perm = draw.shuffle(range(draw.between(2, 8)))
        if is_checked and draw.chance(0.25):
            perm[draw.below(len(perm))] = draw.below(len(perm) + 1)
        return (perm,)

    cycles = _ABOUT_CYCLES if "cycle" in words else ""
    wrong: list[tuple[list[int]]] = [([1],), ([0, 0],), ([1, 2],), ([0, 1, 1, 3],), ([0, 5],)]
    return Problem(
        f"{about} Places are counted from 0. {cycles}Return {words}.",
        Interface("permuted", (("perm", "&[usize]"),), kind),
        reference,
        oracle,
        arguments,
        [
            ([],), ([0],), ([0, 1],), ([1, 0],), ([1, 2, 0],), ([2, 0, 1],), ([1, 0, 3, 2],),
            ([1, 2, 0, 4, 3],), ([0, 2, 1, 3],), ([3, 4, 0, 2, 1, 5],),
            *(wrong if is_checked else []),
        ],
    )  # fmt: skip


def _maps(name: str) -> Problem:
    words, python, body, kind, is_pair = _MAPS[name]
    argument = f"&{_MAP}<i64, i64>"
    parameters = (("a", argument), ("b", argument)) if is_pair else (("a", argument),)
    listed = ", ".join(f"{name}: {_short(kind)}" for name, kind in parameters)
    head = f"pub fn map({listed}) -> {_short(kind)} {{"
    if len(head) > 100:
        head = (
            head.replace("(", "(\n    ", 1)
            .replace(", b: ", ",\n    b: ")
            .replace(") -> ", ",\n) -> ", 1)
        )
    text = f"{head}\n{body}}}\n"

    def arguments(draw: Draw) -> tuple[Any, ...]:
        high = draw.pick((3, 5, 7))
        maps = []
        for _ in parameters:
            keys = [key for key in range(high + 1) if draw.chance(0.6)]
            values = draw.shuffle(range(high + 1))
            one = {k: draw.below(high) if draw.chance(0.4) else values[k] for k in keys}
            if draw.chance(0.5):  # some keys and values that are each other's
                first, second = draw.pick(values), draw.pick(values)
                one |= {first: second, second: first}
            maps.append(one)
        if is_pair and draw.chance(0.4):  # they have something in common
            maps[1] = {k: v if draw.chance(0.5) else -v for k, v in maps[0].items()} | maps[1]
        return tuple(maps)

    samples: list[tuple[dict[int, int], dict[int, int]]] = [
        ({}, {}), ({1: 1}, {}), ({1: 2}, {2: 3}), ({1: 2, 2: 1}, {1: 2}), ({1: 0, 2: 0}, {1: 0}),
        ({1: 2, 2: 3, 3: 4}, {4: 0, 3: 4}), ({1: 2, 2: 3, 3: 1}, {1: -2, 2: 3, 5: 0}),
        ({0: 5, 5: 0, 7: 5}, {5: 5, 0: 1}), ({3: 3, 4: 3}, {3: 3, 9: 3}),
    ]  # fmt: skip
    return Problem(
        f"Return {words}.",
        Interface("map", parameters, kind),
        f"{_uses(text)}{text}",
        python,
        arguments,
        samples if is_pair else [(a,) for a, _ in samples],
    )


def _joined(allowed: str, joined: str) -> Problem:
    about, python, test = _ALLOWED[allowed]
    what, answer = _JOINED[joined]
    has_limit = "limit" in test
    parameters = [("size", "usize"), ("pairs", "&[(usize, usize)]")]
    if has_limit:
        parameters.append(("limit", "usize"))
    listed = ", ".join(f"{name}: {kind}" for name, kind in parameters)
    places = joined == "useless"
    row = "(place, &(a, b))" if places else "&(a, b)"
    each = "pairs.iter().enumerate()" if places else "pairs"
    conditions = [*(["from != to"] if places else []), *([test] if test else [])]
    if conditions:
        other = " else {\n            found.push(place);\n        }" if places else ""
        change = (
            f"        if {' && '.join(conditions)} {{\n            groups = joined;\n        }}"
            f"{other}\n"
        )
    else:
        change = "        groups = joined;\n"
    start, end = "    let mut found = Vec::new();\n", "found"
    note = {
        "counts": "        let different: BTreeSet<&usize> = groups.iter().collect();\n"
        "        found.push(different.len());\n",
        "largest": "        let sizes = groups.iter().map(|&group| count(&groups, group));\n"
        "        found.push(sizes.fold(0, usize::max));\n",
    }.get(joined, "")
    if joined == "firsts":
        start = ""
        end = "let first = |group| groups.iter().position(|other| other == group);\n    " + (
            "groups.iter().filter_map(first).collect()"
        )
    if places:
        end = (
            "let different: BTreeSet<usize> = groups.into_iter().collect();\n"
            "    (found, different.len())"
        )
    kind = "(Vec<usize>, usize)" if places else "Vec<usize>"
    text = f"""pub fn join({listed}) -> {kind} {{
    let mut groups: Vec<usize> = (0..size).collect();
{start}    for {row} in {each} {{
        let (from, to) = (groups[a], groups[b]);
        let renamed = groups.iter().map(|&group| if group == from {{ to }} else {{ group }});
        let joined: Vec<usize> = renamed.collect();
{change}{note}    }}
    {end}
}}
"""
    if "count(&" in text:
        text += """
fn count(groups: &[usize], group: usize) -> usize {
    groups.iter().filter(|&&other| other == group).count()
}
"""

    def oracle(size: int, pairs: _Pairs, limit: int = 0) -> Any:
        groups = [{x} for x in range(size)]
        counts, largest, useless = [], [], []
        for place, (a, b) in enumerate(pairs):
            first, second = (next(g for g in groups if x in g) for x in (a, b))
            whole = first | second
            if first != second and python(second, whole, limit, size):
                groups = [group for group in groups if group not in (first, second)] + [whole]
            else:
                useless.append(place)
            counts.append(len(groups))
            largest.append(max(map(len, groups)))
        firsts = [min(group) for x in range(size) for group in groups if x in group]
        return {"groups": counts, "largest": largest, "useless": (useless, len(groups)),
                "firsts": firsts}[answer]  # fmt: skip

    def trimmed(size: int, pairs: _Pairs, limit: int) -> tuple[Any, ...]:
        return (size, pairs, limit) if has_limit else (size, pairs)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        size = draw.between(3, 9)
        pairs = [(draw.below(size), draw.below(size)) for _ in range(draw.between(2, size))]
        return trimmed(size, pairs, draw.between(1 if allowed == "second" else 2, 4))

    return Problem(
        "Each number from 0 to `size` - 1 is in a group of its own at first. The pairs in `pairs` "
        "are dealt with in their order: the groups of the two numbers of a pair are joined to one, "
        f"if they are not in the same group already.{about} Return {what}.",
        Interface("join", tuple(parameters), kind),
        f"{_uses(text)}{text}",
        oracle,
        arguments,
        [
            trimmed(*case)
            for case in (
                (0, [], 1), (1, [], 1), (1, [(0, 0)], 1), (2, [(0, 1)], 1), (2, [(1, 0)], 2),
                (3, [(0, 1), (1, 2), (2, 0)], 2), (3, [(2, 1), (0, 1)], 3),
                (4, [(0, 3), (3, 1)], 0),
                (5, [(4, 3), (3, 2), (0, 1), (1, 2), (0, 4)], 1), (6, [(0, 1), (2, 3), (1, 3)], 4),
            )
        ],
    )  # fmt: skip


def _close(size: int, pairs: _Pairs, properties: str) -> set[tuple[int, int]]:
    numbers = range(1 + max([size - 1, *itertools.chain(*pairs)]))
    found = {*pairs, *(((x, x) for x in range(size)) if "r" in properties else ())}
    if "s" in properties:
        found |= {(y, x) for x, y in found}
    if "t" in properties:
        for y, x, z in itertools.product(numbers, repeat=3):
            if (x, y) in found and (y, z) in found:
                found.add((x, z))
    if "e" in properties:
        for _ in numbers:
            for x, y, z in itertools.product(numbers, repeat=3):
                if (x, y) in found and (x, z) in found:
                    found.add((y, z))
    return found


def _closed(closed: str, answer: str) -> Problem:
    words, properties = _CLOSED[closed]
    what, report, rust, kind = _RELATION[answer]
    has_size = "r" in properties
    parameters = [("size", "usize")] if has_size else []
    parameters.append(("pairs", "&[(usize, usize)]"))
    listed = ", ".join(f"{name}: {kind}" for name, kind in parameters)
    reflexive = "    closed.extend((0..size).map(|x| (x, x)));\n" if has_size else ""
    symmetric = (
        "        more.extend(closed.iter().map(|&(x, y)| (y, x)));\n" if "s" in properties else ""
    )
    first, made = ("y == other", "(x, z)") if "t" in properties else ("x == other", "(y, z)")
    text = f"""pub fn close({listed}) -> {_short(kind)} {{
    let mut closed: BTreeSet<(usize, usize)> = pairs.iter().copied().collect();
{reflexive}    loop {{
        let mut more = closed.clone();
{symmetric}        for &(x, y) in &closed {{
            for &(other, z) in &closed {{
                if {first} {{
                    more.insert({made});
                }}
            }}
        }}
        if more == closed {{
            break;
        }}
        closed = more;
    }}
    {rust}
}}
"""

    def oracle(*given: Any) -> Any:
        size, pairs = given if has_size else (0, *given)
        return report(_close(size, pairs, properties), pairs)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        size = draw.between(2, 6)
        pairs = [(draw.below(size), draw.below(size)) for _ in range(draw.between(1, size))]
        return (size, pairs) if has_size else (pairs,)

    samples: list[tuple[int, _Pairs]] = [
        (0, []), (1, []), (2, []), (1, [(0, 0)]), (2, [(0, 1)]), (2, [(1, 0), (1, 0)]),
        (3, [(0, 1), (1, 2)]), (3, [(0, 1), (0, 2)]), (4, [(3, 2), (2, 1), (1, 0)]),
        (4, [(0, 1), (2, 1)]), (3, [(2, 2), (1, 2), (0, 2)]),
    ]  # fmt: skip
    range_words = "numbers from 0 to `size` - 1" if has_size else "numbers"
    return Problem(
        f"`pairs` has pairs of {range_words}; a pair may occur more than once. Take the smallest "
        f"set of pairs that has all of `pairs` and for which this is so: {words}. Return {what}.",
        Interface("close", tuple(parameters), kind),
        f"{_uses(text)}{text}",
        oracle,
        arguments,
        samples if has_size else [(pairs,) for _, pairs in samples],
    )
