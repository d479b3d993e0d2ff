"""Counts: of characters, of words by a property, of the commonest, between bounds, of records."""

from __future__ import annotations

import bisect
import itertools
import re
from collections import Counter
from collections.abc import Callable
from string import ascii_uppercase
from typing import Any

from ....verifiers.rust.interface import Interface
from ..draw import Draw
from .family import Problem, family

_TEXT, _VALUES = ("text", "&str"), ("values", "&[i64]")
# name -> words, Python, Rust.
_Table = dict[str, tuple[str, Callable[..., Any], str]]
# The same with the type of what is returned.
_Typed = dict[str, tuple[str, Callable[..., Any], str, str]]

_WORD = "A word is a stretch of characters without whitespace, as long as it can be."

# ---------------------------------------------------------------- 1: an expression

_WHOLE: _Table = {
    "vowels": (
        "how many characters of `text` are one of a, e, i, o and u, in lower or upper case",
        lambda t: len(re.findall("[aeiouAEIOU]", t)),
        'text.chars().filter(|&c| "aeiouAEIOU".contains(c)).count()',
    ),
    "different": (
        "how many different characters `text` has (a letter in lower and in upper case are two)",
        lambda t: len(set(t)),
        "text.chars().collect::<std::collections::HashSet<char>>().len()",
    ),
    "words": (
        f"how many words `text` has. {_WORD}",
        lambda t: len(t.split()),
        "text.split_whitespace().count()",
    ),
    "longest": (
        f"how many characters the longest word of `text` has; 0 if there are no words. {_WORD}",
        lambda t: max(map(len, t.split()), default=0),
        "text.split_whitespace().map(|word| word.chars().count()).max().unwrap_or(0)",
    ),
    "capitals": (
        f"how many words of `text` begin with one of the letters A to Z. {_WORD}",
        lambda t: sum(word[0] in ascii_uppercase for word in t.split()),
        """text.split_whitespace()
        .filter(|word| word.starts_with(|c: char| c.is_ascii_uppercase()))
        .count()""",
    ),
    "digits": (
        "the sum of the digits 0 to 9 of `text` (each stands for its own value)",
        lambda t: sum(map(int, re.findall("[0-9]", t))),
        "text.chars().filter_map(|c| c.to_digit(10)).sum::<u32>() as usize",
    ),
    "doubles": (
        "how many characters of `text` but the first are equal to the character directly before "
        "them",
        lambda t: sum(a == b for a, b in itertools.pairwise(t)),
        "text.chars().zip(text.chars().skip(1)).filter(|(a, b)| a == b).count()",
    ),
    "like-first": (
        "how many characters of `text` are equal to its first one, which counts, too",
        lambda t: t.count(t[0]) if t else 0,
        "text.chars().filter(|&c| text.starts_with(c)).count()",
    ),
    "lines": (
        "how many lines of `text` are not empty. Newline characters separate lines; a line of "
        "nothing but spaces is not empty",
        lambda t: sum(line != "" for line in t.split("\n")),
        "text.split('\\n').filter(|line| !line.is_empty()).count()",
    ),
    "leading": (
        "how many spaces are at the start of `text`, before anything else",
        lambda t: len(t) - len(t.lstrip(" ")),
        "text.chars().take_while(|&c| c == ' ').count()",
    ),
}

# ---------------------------------------------------------------- 2: words by a property

# name -> words, Python, Rust, the key's type.
_KEY: _Typed = {
    "length": (
        "how many characters it has",
        len,
        "word.chars().count()",
        "usize",
    ),
    "first": (
        "its first character",
        lambda w: w[0],
        "word.chars().next().unwrap_or_default()",
        "char",
    ),
    "last": (
        "its last character, as a lower-case letter if that is one of A to Z",
        lambda w: w[-1].lower() if w[-1] in ascii_uppercase else w[-1],
        "word.chars().next_back().unwrap_or_default().to_ascii_lowercase()",
        "char",
    ),
    "vowels": (
        "how many of its characters are one of a, e, i, o and u (in lower case)",
        lambda w: sum(map(w.count, "aeiou")),
        """word.chars().filter(|&c| "aeiou".contains(c)).count()""",
        "usize",
    ),
}
_WHICH: _Table = {
    "all": ("all words of `text`", lambda _: True, ""),
    "long": (
        "only the words of `text` that have more than two characters",
        lambda w: len(w) >= 3,
        "word.chars().count() > 2",
    ),
    "pure": (
        "only the words of `text` that have no other characters than the letters a to z and A to Z",
        lambda w: re.fullmatch("[a-zA-Z]+", w) is not None,
        "word.chars().all(|c| c.is_ascii_alphabetic())",
    ),
}
_AMOUNT: _Table = {
    "times": ("how many of these words have that key", len, "1"),
    "characters": (
        "how many characters the words with that key have together",
        lambda words: len("".join(words)),
        "word.chars().count()",
    ),
}

# ---------------------------------------------------------------- 3: the commonest

_EXTREME: _Table = {
    "most": ("most", lambda n: -n, "Reverse(count)"),
    "least": ("least", lambda n: n, "count"),
}
_TIE: _Table = {
    "smallest": ("the smallest", lambda x, _: x, "value"),
    "largest": ("the largest", lambda x, _: -x, "Reverse(value)"),
    "first": ("the one that occurs first", lambda x, v: v.index(x), "first"),
    "last": (
        "the one whose last occurrence is last",
        lambda x, v: v[::-1].index(x),
        "Reverse(last)",
    ),
}
_COMMON: _Typed = {
    "rest": (
        "a pair of that value and how many of `values` differ from it, or None if `values` is "
        "empty",
        lambda x, v: None if x is None else (x, sum(y != x for y in v)),
        "chosen(values).map(|(value, count)| (value, values.len() - count))",
        "Option<(i64, usize)>",
    ),
    "pair": (
        "a pair of that value and how often it occurs, or None if `values` is empty",
        lambda x, v: None if x is None else (x, v.count(x)),
        "chosen(values)",
        "Option<(i64, usize)>",
    ),
    "others": (
        "a pair of how often that value occurs (0 if `values` is empty) and all values that differ "
        "from it, in their order",
        lambda x, v: (v.count(x), [y for y in v if y != x]),
        """match chosen(values) {
        Some((value, count)) => (count, values.iter().copied().filter(|&x| x != value).collect()),
        None => (0, Vec::new()),
    }""",
        "(usize, Vec<i64>)",
    ),
}

# ---------------------------------------------------------------- 4: between bounds

_SIDE: _Table = {
    "left": (
        "its lower bound, and all numbers between its two bounds, but not its upper bound",
        bisect.bisect_right,
        "bound <= x",
    ),
    "right": (
        "its upper bound, and all numbers between its two bounds, but not its lower bound",
        bisect.bisect_left,
        "bound < x",
    ),
}
# name -> words, Python (of a place from 0, below, to n, above; n: how many bounds), Rust.
_OUTSIDE: _Table = {
    "ignored": (
        "Values that belong to no bin are ignored.",
        lambda place, n: place - 1 if 0 < place < n else None,
        """if (1..bounds.len()).contains(&place) {
            counts[place - 1] += 1;
        }""",
    ),
    "ends": (
        "Values that are too small for the first bin count as belonging to it, and those that are "
        "too large for the last bin as belonging to that.",
        lambda place, n: sorted((0, place - 1, n - 2))[1],
        "counts[place.clamp(1, bounds.len() - 1) - 1] += 1;",
    ),
    "refused": (
        "If there is a value that belongs to no bin, return None, too.",
        lambda place, n: place - 1 if 0 < place < n else -1,
        """if !(1..bounds.len()).contains(&place) {
            return None;
        }
        counts[place - 1] += 1;""",
    ),
    "extra": (
        "One more bin, before all others, is for the values that are too small for these, and one "
        "more, after all others, for those that are too large.",
        lambda place, _: place,
        "counts[place] += 1;",
    ),
}
_BINS: _Typed = {
    "counts": (
        "a vector of how many values belong to each bin, in the order of the bins",
        lambda counts: counts,
        "Some(counts)",
        "Vec<usize>",
    ),
    "running": (
        "a vector that has for each bin, in their order, how many values belong to it or to a bin "
        "before it",
        lambda counts: list(itertools.accumulate(counts)),
        """for bin in 1..counts.len() {
        counts[bin] += counts[bin - 1];
    }
    Some(counts)""",
        "Vec<usize>",
    ),
    "fullest": (
        "a pair of the number of the bin to which most values belong (the first bin has the number "
        "0; of several, the last) and how many these are",
        lambda counts: max((n, i) for i, n in enumerate(counts))[::-1],
        "counts.into_iter().enumerate().max_by_key(|&(_, count)| count)",
        "(usize, usize)",
    ),
}

# ---------------------------------------------------------------- 5: records

# name -> words, Python (of one name's amounts), Rust: of the first amount, and of a further one.
_SUMMARY: dict[str, tuple[str, Callable[[list[int]], int], str, str]] = {
    "sum": ("the sum of its amounts", sum, "amount", "*held += amount"),
    "count": ("how often it occurs", len, "1", "*held += 1"),
    "largest": ("the largest of its amounts", max, "amount", "*held = amount.max(*held)"),
    "last": (
        "the last of its amounts, in the order of the lines",
        lambda amounts: amounts[-1],
        "amount",
        "*held = amount",
    ),
}
_RANKED: _Table = {
    "high": (
        "in descending order of their numbers; those with equal numbers in ascending order of "
        "their names",
        lambda pairs: sorted(sorted(pairs), key=lambda pair: pair[1], reverse=True),
        "found.sort_by_key(|(name, number)| (Reverse(*number), name.clone()));",
    ),
    "low": (
        "in ascending order of their numbers; those with equal numbers in descending order of "
        "their names",
        lambda pairs: sorted(sorted(pairs, reverse=True), key=lambda pair: pair[1]),
        "found.sort_by_key(|(name, number)| (*number, Reverse(name.clone())));",
    ),
    "seen": (
        "in the order in which the names occur first",
        lambda pairs: pairs,
        "",
    ),
}
_CUT: _Table = {
    "top": (
        "but only the first `k` of them (all if there are fewer)",
        lambda pairs, k: pairs[: max(k, 0)],
        "found.truncate(k);",
    ),
    "least": (
        "but only those whose number is at least `k`",
        lambda pairs, k: [pair for pair in pairs if pair[1] >= k],
        "found.retain(|&(_, number)| number >= k);",
    ),
}


def _variants(level: int) -> list[tuple[Any, ...]]:
    tables: dict[int, tuple[Any, ...]] = {
        1: (_WHOLE,),
        2: (_KEY, _WHICH, _AMOUNT),
        3: (_EXTREME, _TIE, _COMMON),
        4: (_SIDE, _OUTSIDE, _BINS),
        5: (_SUMMARY, _RANKED, _CUT, (False, True)),
    }
    return [(level, *parts) for parts in itertools.product(*tables[level])]


@family("counting", _variants)
def counting(level: int, *parts: Any) -> Problem:
    return (_whole, _grouped, _commonest, _histogram, _records)[level - 1](*parts)


def _whole(name: str) -> Problem:
    words, python, rust = _WHOLE[name]
    return Problem(
        # Some end with a sentence of their own.
        f"Return {words.removesuffix('.')}.",
        Interface("count", (_TEXT,), "usize"),
        f"pub fn count(text: &str) -> usize {{\n    {rust}\n}}\n",
        python,
        lambda draw: (_prose(draw),),
        [
            ("",), (" ",), ("  a",), ("aa bb",), ("A b\n\n \nC4",), ("éé É 99",), ("\n",),
            ("AEIOU xyz",), ("Zoo zoo 2A",), ("   x  y ",), (" \tab\tCd",),
        ],
    )  # fmt: skip


def _grouped(key: str, which: str, amount: str) -> Problem:
    what, key_of, keyed, kind = _KEY[key]
    some, is_counted, test = _WHICH[which]
    number, python, added = _AMOUNT[amount]
    skipped = "" if which == "all" else ".filter(|word| is_counted(word))"
    reference = f"""use std::collections::BTreeMap;

pub fn count(text: &str) -> BTreeMap<{kind}, usize> {{
    let mut counts = BTreeMap::new();
    for word in text.split_whitespace(){skipped} {{
        *counts.entry(key(word)).or_insert(0) += {added};
    }}
    counts
}}

fn key(word: &str) -> {kind} {{
    {keyed}
}}
"""
    if test:
        reference += f"\nfn is_counted(word: &str) -> bool {{\n    {test}\n}}\n"

    def oracle(text: str) -> Any:
        found: dict[Any, list[str]] = {}
        for word in filter(is_counted, re.findall(r"\S+", text)):
            found.setdefault(key_of(word), []).append(word)
        return {k: python(words) for k, words in found.items()}

    return Problem(
        f"{_WORD} The key of a word is {what}. Count {some}. Return a map from each key that "
        f"one of these words has to {number}.",
        Interface("count", (_TEXT,), f"std::collections::BTreeMap<{kind}, usize>"),
        reference,
        oracle,
        lambda draw: (_prose(draw),),
        [
            ("",), (" \n",), ("a",), ("ab",), ("abc",), ("Zoë zoo ZOO",), ("is it Is iT sAs Ass",),
            ("aeiou AEIOU bcd a1e",), ("é éé ééé aéa",), ("x1 1x abc, abc",),
            ("abc\txyz",),
        ],
    )  # fmt: skip


def _commonest(extreme: str, tie: str, common: str) -> Problem:
    most, sign, count = _EXTREME[extreme]
    which, order, preferred = _TIE[tie]
    what, report, rust, kind = _COMMON[common]
    place = preferred.removeprefix("Reverse(").rstrip(")")
    reverse = "use std::cmp::Reverse;\n" if "Reverse" in count + preferred else ""
    if place == "value":
        body = f"""    let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
    for &value in values {{
        *counts.entry(value).or_default() += 1;
    }}
    counts.into_iter().min_by_key(|&(value, count)| ({count}, {preferred}))
"""
    else:
        later = "        entry.1 = i;\n" if place == "last" else ""
        body = f"""    let mut counts: BTreeMap<i64, (usize, usize)> = BTreeMap::new();
    for (i, &value) in values.iter().enumerate() {{
        let entry = counts.entry(value).or_insert((0, i));
        entry.0 += 1;
{later}    }}
    counts
        .into_iter()
        .min_by_key(|&(_, (count, {place}))| ({count}, {preferred}))
        .map(|(value, (count, _))| (value, count))
"""
    reference = f"""{reverse}use std::collections::BTreeMap;

pub fn commonest(values: &[i64]) -> {kind} {{
    {rust}
}}

/// The value that is looked for, and how often it occurs.
fn chosen(values: &[i64]) -> Option<(i64, usize)> {{
{body}}}
"""

    def oracle(values: list[int]) -> Any:
        times = Counter(values)
        ranked = sorted(times, key=lambda x: (sign(times[x]), order(x, values)))
        return report(ranked[0] if ranked else None, values)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        kinds = [draw.between(-5, 9) for _ in range(draw.between(2, 4))]
        times = draw.pick((1, 2, 2, 3))
        values = draw.shuffle([x for x in kinds for _ in range(times)])
        return (values + [draw.pick(kinds) for _ in range(draw.pick((0, 0, 0, 1, 2)))],)

    return Problem(
        f"Look for the value that occurs {most} often in `values` (of those that occur at all); of "
        f"several, for {which}. Return {what}.",
        Interface("commonest", (_VALUES,), kind),
        reference,
        oracle,
        arguments,
        [
            ([],), ([4],), ([2, 2],), ([1, 2],), ([2, 1],), ([3, 1, 3, 1, 2],),
            ([1, 3, 3, 1, 2, 2],),
            ([5, 1, 5, 2, 1],), ([-1, 0, 1],), ([7, 7, -7, -7, 0],),
        ],
    )  # fmt: skip


def _histogram(side: str, outside: str, bins: str) -> Problem:
    belongs, place_of, test = _SIDE[side]
    rest, bin_of, counted = _OUTSIDE[outside]
    what, report, rust, kind = _BINS[bins]
    size = "bounds.len() + 1" if outside == "extra" else "bounds.len() - 1"
    reference = f"""pub fn histogram(values: &[i64], bounds: &[i64]) -> Option<{kind}> {{
    if bounds.len() < 2 || bounds.windows(2).any(|pair| pair[0] >= pair[1]) {{
        return None;
    }}
    let mut counts = vec![0; {size}];
    for &x in values {{
        let place = bounds.iter().filter(|&&bound| {test}).count();
        {counted}
    }}
    {rust}
}}
"""

    def oracle(values: list[int], bounds: list[int]) -> Any:
        if len(bounds) < 2 or bounds != sorted(set(bounds)):
            return None
        counts = [0] * (len(bounds) + (1 if outside == "extra" else -1))
        for x in values:
            found = bin_of(place_of(bounds, x), len(bounds))
            if found == -1:
                return None
            if found is not None:
                counts[found] += 1
        return report(counts)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        bounds = [draw.between(-4, 2)]
        for _ in range(draw.between(1, 4)):
            bounds.append(bounds[-1] + draw.between(1, 4))
        inside = draw.chance(0.7 if outside == "refused" else 0.2)
        low, high = (bounds[0], bounds[-1]) if inside else (bounds[0] - 3, bounds[-1] + 3)
        if inside and side == "left":
            high -= 1
        elif inside:
            low += 1
        near = [x for x in bounds if low <= x <= high] or [low]
        values = [
            draw.pick(near) if draw.chance(0.5) else draw.between(low, high)
            for _ in range(draw.between(2, 11))
        ]
        if draw.chance(0.07):
            bounds[-1] = bounds[-2] - draw.below(2)
        return (values, bounds)

    return Problem(
        "Each two neighbours of `bounds` are the lower and the upper bound of a bin, to which "
        f"belong {belongs}. If `bounds` has fewer than two numbers, or one that is not greater "
        f"than the one before it, return None. {rest} Else return Some with {what}.",
        Interface("histogram", (_VALUES, ("bounds", "&[i64]")), f"Option<{kind}>"),
        reference,
        oracle,
        arguments,
        [
            ([], [0, 1]), ([1, 2], []), ([1], [1]), ([1], [3, 3]), ([2], [3, 1]),
            ([2, 2], [1, 3, 3]), ([4], [1, 5, 4]), ([2, 2], [1, 3]),
            ([0, 1, 2], [0, 2]), ([1, 2, 3], [0, 3]), ([-1, 4, 4], [0, 2, 4]),
            ([1, 1, 5, 5], [0, 2, 4, 6]), ([2, 3, 4, 5], [1, 2, 3, 4, 5]),
        ],
    )  # fmt: skip


def _records(summary: str, ranked: str, cut: str, strict: bool) -> Problem:
    what, python, first, further = _SUMMARY[summary]
    order, rank, sort = _RANKED[ranked]
    kept, keep, limit = _CUT[cut]
    k = "usize" if cut == "top" else "i64"
    returns = "Result<Vec<(String, i64)>, usize>" if strict else "Vec<(String, i64)>"
    amount = "_" if summary == "count" else "amount"
    if strict:
        loop = f"""for (place, line) in lines.iter().enumerate() {{
        let (name, {amount}) = parse(line).ok_or(place)?;"""
        odd = ""
        returned = (
            "If there is a line that is not like this, return Err with the place in `lines` "
            "(counted from 0) of the first such line; otherwise return Ok with"
        )
    else:
        loop = f"for (name, {amount}) in lines.iter().filter_map(|line| parse(line)) {{"
        odd = "Lines that are not like this are left out. "
        returned = "Return"
    steps = "".join(f"    {step}\n" for step in (sort, limit) if step)
    reference = f"""{"use std::cmp::Reverse;" if "Reverse" in sort else ""}

pub fn summary(lines: &[String], k: {k}) -> {returns} {{
    let mut found: Vec<(String, i64)> = Vec::new();
    {loop}
        match found.iter_mut().find(|(other, _)| other == name) {{
            Some((_, held)) => {further},
            None => found.push((name.to_string(), {first})),
        }}
    }}
{steps}    {"Ok(found)" if strict else "found"}
}}

/// A line's name and amount.
fn parse(line: &str) -> Option<(&str, i64)> {{
    let (name, amount) = line.split_once(':')?;
    let digits = amount.strip_prefix('-').unwrap_or(amount);
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase());
    let is_amount = digits.len() <= 4 && !digits.starts_with('+');
    (is_name && is_amount).then_some((name, amount.parse().ok()?))
}}
"""

    def oracle(lines: list[str], k: int) -> Any:
        amounts: dict[str, list[int]] = {}
        for place, line in enumerate(lines):
            match = re.fullmatch("([a-z]+):(-?[0-9]{1,4})", line)
            if match:
                amounts.setdefault(match[1], []).append(int(match[2]))
            elif strict:
                return ("Err", place)
        pairs = keep(rank([(name, python(of)) for name, of in amounts.items()]), k)
        return ("Ok", pairs) if strict else pairs

    def arguments(draw: Draw) -> tuple[Any, ...]:
        lines = []
        for _ in range(draw.between(3, 10)):
            name = draw.pick(("oak", "ash", "elm", "fir", "f", "yew"))
            amount = draw.pick(("1", "2", "3", "-2", "04", "3", "5", "0"))
            if draw.chance(0.03 if strict else 0.2):
                name = draw.pick((name, name, "", "Ash", "aSh", "el m", "fir:", "é"))
                amount = draw.pick((amount, "", "-", "--1", "+3", "12345", "1x", " 2", "2:1"))
            lines.append(f"{name}:{amount}")
        return (lines, draw.pick((1, 2, 2, 3, 3, 4)))

    return Problem(
        "Each of the `lines` is to be a name, a colon (:) and an amount, without anything else. A "
        "name is one or more of the letters a to z. An amount is a number of one to four decimal "
        "digits (leading zeros are fine), with a hyphen (-) directly before it if it is negative. "
        f"{odd}The number of a name is {what}. {returned} the pairs of a name and its number, each "
        f"name once, {order}, {kept}.",
        Interface("summary", (("lines", "&[String]"), ("k", k)), returns),
        reference.lstrip(),
        oracle,
        arguments,
        [
            ([], 2), (["oak:1"], 0), (["oak:1"], 1), (["a:1", "b:1", "a:2", "c:3", "b:-4"], 2),
            (["a:3", "b:3", "c:3"], 3), (["a:9999", "b:-9999", "c:9999"], 1), (["a:-0", "b:00"], 0),
            (["a:12345", "b:4"], 1), (["a:3", ":8"], 1), (["a:4", "b"], 1), (["ab:-", "x:5"], 1),
            (["a:1:1", "b:6"], 1), (["A:7"], 1), (["b:2", "aB:9"], 2), (["Ab:9", "b:9"], 1),
            (["z:7", "é:5"], 1), (["z:7", "a:+5"], 1), (["a:5x"], 1), (["b:--4"], 1),
            (["a:-12345", "a:-1234", "b:5"], 2),
        ],
    )  # fmt: skip


def _prose(draw: Draw) -> str:
    words = []
    for _ in range(draw.between(1, 7)):
        letters = draw.pick(("aeibc", "abAB", "aab", "ab12", "éaE", "no", "Oof", "B7"))
        words.append("".join(draw.pick(letters) for _ in range(draw.pick((1, 2, 2, 3, 3, 4)))))
    text = words[0]
    for word in words[1:]:
        text += draw.pick((" ", " ", "  ", "\n", "\n\n")) + word
    return " " * draw.pick((0, 0, 1, 2, 3)) + text
