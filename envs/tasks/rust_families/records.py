"""Tables as slices of tuples: rows that are picked, ranked, joined, merged, booked."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from ....verifiers.rust.interface import Interface
from ..draw import Draw
from .family import Problem, family

_NAMES = ("ada", "bo", "cleo", "dov", "eve")
_ENTRIES = ("entries", "&[(String, i64)]")
_Rows = list[tuple[Any, ...]]
# name -> words, Python, Rust.
_Table = dict[str, tuple[str, Callable[..., Any], str]]
# The same with the type of what is returned.
_Typed = dict[str, tuple[str, Callable[..., Any], str, str]]

# ---------------------------------------------------------------- 1: an expression

_WHOLE: _Typed = {
    "of": (
        "the sum of the amounts of the entries whose name is `who`",
        lambda rows, who: sum(x for name, x in rows if name == who),
        "entries.iter().filter(|(name, _)| name == who).map(|(_, amount)| amount).sum()",
        "i64",
    ),
    "first": (
        "the amount of the first entry whose name is `who`, or None if there is none",
        lambda rows, who: next((x for name, x in rows if name == who), None),
        "entries.iter().find(|(name, _)| name == who).map(|&(_, amount)| amount)",
        "Option<i64>",
    ),
    "others": (
        "the names of the entries whose name is not `who`, in the order of the entries",
        lambda rows, who: [name for name, _ in rows if name != who],
        """entries
        .iter()
        .map(|(name, _)| name.clone())
        .filter(|name| name != who)
        .collect()""",
        "Vec<String>",
    ),
    "places": (
        "the places (counted from 0) of the entries whose name is `who`, in ascending order",
        lambda rows, who: [i for i, (name, _) in enumerate(rows) if name == who],
        """(0..entries.len())
        .filter(|&place| entries[place].0 == who)
        .collect()""",
        "Vec<usize>",
    ),
    "largest": (
        "whether the first of the entries with the largest amount of all has the name `who` (false "
        "if there are no entries)",
        lambda rows, who: who in [max(rows, key=lambda row: row[1])[0] if rows else None],
        """let mut largest: Option<&(String, i64)> = None;
    for entry in entries {
        if largest.is_none_or(|before| entry.1 > before.1) {
            largest = Some(entry);
        }
    }
    largest.is_some_and(|(name, _)| name == who)""",
        "bool",
    ),
    "parted": (
        "a pair: the amounts of the entries whose name is `who`, and the amounts of all others, "
        "both in the order of the entries",
        lambda rows, who: tuple(
            [x for name, x in rows if (name == who) == is_such] for is_such in (True, False)
        ),
        """let (own, others): (Vec<&(String, i64)>, Vec<&(String, i64)>) =
        entries.iter().partition(|(name, _)| name == who);
    (
        own.iter().map(|entry| entry.1).collect(),
        others.iter().map(|entry| entry.1).collect(),
    )""",
        "(Vec<i64>, Vec<i64>)",
    ),
    "renamed": (
        "all entries, with the name `who` wherever the amount is below 0",
        lambda rows, who: [(who if x < 0 else name, x) for name, x in rows],
        """entries
        .iter()
        .map(|(name, amount)| {
            let new = if *amount < 0 { who } else { name };
            (new.to_string(), *amount)
        })
        .collect()""",
        "Vec<(String, i64)>",
    ),
    "labels": (
        "for each entry a text: its name, a colon, a space and its amount in decimal digits, with "
        "a star (*) at the end if the name is `who`",
        lambda rows, who: [f"{name}: {x}{'*' * (name == who)}" for name, x in rows],
        """entries
        .iter()
        .map(|(name, amount)| {
            let star = if name == who { "*" } else { "" };
            format!("{name}: {amount}{star}")
        })
        .collect()""",
        "Vec<String>",
    ),
    "balance": (
        "the sum of the amounts of the entries whose name is `who` minus the sum of all others",
        lambda rows, who: sum(x if name == who else -x for name, x in rows),
        """entries
        .iter()
        .map(|(name, amount)| if name == who { *amount } else { -amount })
        .sum()""",
        "i64",
    ),
}

# ---------------------------------------------------------------- 2: rows that

_ROW = "(String, i64, i64)"
_SUCH: _Table = {
    "cheap": (
        "its price is at most `limit` and its count is not 0",
        lambda p, n, limit: p <= limit and n != 0,
        "price <= limit && count != 0",
    ),
    "value": (
        "its price times its count is greater than `limit`",
        lambda p, n, limit: p * n > limit,
        "price * count > limit",
    ),
    "either": (
        "its price is below `limit`, or its count is, but not both",
        lambda p, n, limit: len([x for x in (p, n) if x < limit]) == 1,
        "(price < limit) != (count < limit)",
    ),
    "share": (
        "its price divided by its count is at least `limit` (the exact quotient, not rounded), or "
        "its count is 0",
        lambda p, n, limit: n == 0 or p / n >= limit,
        "price >= limit * count || count == 0",
    ),
}
_PICKED: _Typed = {
    "value": (
        "the sum of price times count of these rows",
        lambda rows: sum(p * n for _, p, n in rows),
        "such.map(|(_, price, count)| price * count).sum()",
        "i64",
    ),
    "names": (
        "the names of these rows, in their order",
        lambda rows: [name for name, _, _ in rows],
        "such.map(|(name, _, _)| name.clone()).collect()",
        "Vec<String>",
    ),
    "dearest": (
        "the name of the one with the highest price (of several, the first one), or None if there "
        "is none",
        lambda rows: sorted(rows, key=lambda row: -row[1])[0][0] if rows else None,
        """let dearest = such.min_by_key(|(_, price, _)| Reverse(price))?;
    Some(dearest.0.clone())""",
        "Option<String>",
    ),
    "totals": (
        "a pair: how many such rows there are, and the sum of their counts",
        lambda rows: (len(rows), sum(n for _, _, n in rows)),
        """such.fold((0, 0), |(rows, total), (_, _, count)| {
        (rows + 1, total + count)
    })""",
        "(usize, i64)",
    ),
}

# ---------------------------------------------------------------- 3: ranks

_BETTER: dict[str, tuple[str, int, str]] = {
    "more": ("More points are better.", 1, ">"),
    "fewer": ("Fewer points are better.", -1, "<"),
}
# Python: of the points, each the larger the better, and the place of an entry.
_TIES: _Table = {
    "gaps": (
        "one more than the number of entries that have better points",
        lambda points, i: 1 + sum(x > points[i] for x in points),
        "1 + entries.iter().filter(|other| other.1 $better points).count()",
    ),
    "dense": (
        "one more than the number of different points that are better than its own and that an "
        "entry has",
        lambda points, i: sorted(set(points), reverse=True).index(points[i]) + 1,
        """{
                let all = entries.iter().map(|other| other.1);
                let better: BTreeSet<i64> = all.filter(|&other| other $better points).collect();
                better.len() + 1
            }""",
    ),
    "last": (
        "the number of entries that have the same points or better ones, itself included",
        lambda points, i: sorted(points)[::-1].index(points[i]) + points.count(points[i]),
        "entries.iter().filter(|other| other.1 $better= points).count()",
    ),
    "earlier": (
        "one more than the number of entries that have better points, or have the same points and "
        "come before it",
        lambda points, i: sorted(range(len(points)), key=lambda j: (-points[j], j)).index(i) + 1,
        """{
                let before = entries[..place].iter().filter(|other| other.1 == points).count();
                before + entries.iter().filter(|other| other.1 $better points).count() + 1
            }""",
    ),
}
_RANKED: _Typed = {
    "ranks": (
        "the ranks of the entries, in the order of the entries",
        lambda ranks, _names, _top: ranks,
        "ranks",
        "Vec<usize>",
    ),
    "table": (
        "pairs of rank and name, one for each entry, sorted by rank; those of the same rank are "
        "sorted by name, in byte order",
        lambda ranks, names, _top: sorted(zip(ranks, names, strict=True)),
        """let names = entries.iter().map(|(name, _)| name.clone());
    let mut table: Vec<(usize, String)> = ranks.into_iter().zip(names).collect();
    table.sort();
    table""",
        "Vec<(usize, String)>",
    ),
    "top": (
        "the names of the entries whose rank is at most `top`, in the order of the entries",
        lambda ranks, names, top: [n for n, rank in zip(names, ranks, strict=True) if rank <= top],
        """entries
        .iter()
        .zip(ranks)
        .filter(|&(_, rank)| rank <= top)
        .map(|((name, _), _)| name.clone())
        .collect()""",
        "Vec<String>",
    ),
}

# ---------------------------------------------------------------- 4: joins

_MATCH: _Table = {
    "same": ("it has the person's number", lambda p, k, _: p == k, "key == person"),
    "positive": (
        "it has the person's number and its points are above 0",
        lambda p, k, x: p == k and x > 0,
        "key == person && points > 0",
    ),
    "common": (
        "it has the person's number or the number 0",
        lambda p, k, _: k in (p, 0),
        "key == person || key == 0",
    ),
}
# Python: of the names and, for each, the points of the marks that belong to it.
_JOINED: _Typed = {
    "pairs": (
        "pairs of a person's name and the points of a mark that belongs to it, for all persons in "
        "their order and, for each, all its marks in the order of `marks`",
        lambda people: [(name, x) for name, points in people for x in points],
        """    let mut found = Vec::new();
    for (person, name) in people {
        found.extend(points_of(*person, marks).into_iter().map(|points| (name.clone(), points)));
    }
    found
""",
        "Vec<(String, i64)>",
    ),
    "last": (
        "for each person, in their order, a pair of its name and the points of the last of its "
        "marks, or None instead if it has no mark",
        lambda people: [(name, points[-1] if points else None) for name, points in people],
        """    people
        .iter()
        .map(|(person, name)| (name.clone(), points_of(*person, marks).last().copied()))
        .collect()
""",
        "Vec<(String, Option<i64>)>",
    ),
    "without": (
        "the names of the persons that have no mark, in the order of `people`",
        lambda people: [name for name, points in people if not points],
        """    people
        .iter()
        .filter(|(person, _)| points_of(*person, marks).is_empty())
        .map(|(_, name)| name.clone())
        .collect()
""",
        "Vec<String>",
    ),
    "sums": (
        "for each person that has a mark, in their order, a pair of its name and the sum of the "
        "points of its marks",
        lambda people: [(name, sum(points)) for name, points in people if points],
        """    let mut found = Vec::new();
    for (person, name) in people {
        let points = points_of(*person, marks);
        if !points.is_empty() {
            found.push((name.clone(), points.iter().sum()));
        }
    }
    found
""",
        "Vec<(String, i64)>",
    ),
    "several": (
        "for each person that has two marks or more, in their order, a triple: its name, how many "
        "marks it has, and the largest of their points",
        lambda people: [(name, len(p), max(p)) for name, p in people if len(p) > 1],
        """    people
        .iter()
        .filter_map(|(person, name)| {
            let points = points_of(*person, marks);
            let largest = points.iter().copied().max()?;
            (points.len() >= 2).then(|| (name.clone(), points.len(), largest))
        })
        .collect()
""",
        "Vec<(String, usize, i64)>",
    ),
}

# ---------------------------------------------------------------- 5: tables that change

# name -> words, Python (of the old and the new value), Rust.
_BOTH: _Table = {
    "sum": (
        "with the sum of both values",
        lambda a, b: [a + b],
        "merged.push((key, value + other));",
    ),
    "changed": (
        "with the new value minus the old one, but only if they differ; if they are equal the key "
        "is left out",
        lambda a, b: [b - a][: a != b],
        """if value != other {
                    merged.push((key, other - value));
                }""",
    ),
    "larger": (
        "with the larger of both values",
        lambda a, b: [sorted((a, b))[1]],
        "merged.push((key, value.max(other)));",
    ),
}  # fmt: skip
# name -> words, whether keys of the old table alone, and of the new one alone, are kept.
_ALONE: dict[str, tuple[str, bool, bool]] = {
    "all": ("A key that is in one table only is in the result with its value.", True, True),
    "old": (
        "A key that is in `old` only is in the result with its value, one that is in `new` only is "
        "left out.", True, False,
    ),
    "new": (
        "A key that is in `new` only is in the result with its value, one that is in `old` only is "
        "left out.", False, True,
    ),
}  # fmt: skip
# name -> words, Python (of what the giver has and is to give: what it pays, what that costs), Rust.
_SHORT: dict[str, tuple[str, Callable[[int, int], tuple[int, int]], str]] = {
    "refused": (
        "A transfer of more than the giver has does not take place.",
        lambda has, amount: (amount, amount) if amount <= has else (0, 0),
        "        let paid = if *has >= *amount { *amount } else { 0 };\n        *has -= paid;\n",
    ),
    "part": (
        "If the amount is more than the giver has, all that the giver has is transferred instead.",
        lambda has, amount: (min(has, amount), min(has, amount)),
        "        let paid = (*has).min(*amount);\n        *has -= paid;\n",
    ),
    "fee": (
        "Each transfer costs the giver 1 besides, which nobody gets. A transfer does not take "
        "place, and costs nothing, if the giver has not enough for the amount and the 1.",
        lambda has, amount: (amount, amount + 1) if amount + 1 <= has else (0, 0),
        """        let mut paid = 0;
        if *has > *amount {
            paid = *amount;
            *has -= paid + 1;
        }
""",
    ),
}
# name -> words, type, Rust: before, in, after the loop.
_BOOKED: dict[str, tuple[str, str, tuple[str, str, str]]] = {
    "balances": (
        "what all who occur in `transfers` have in the end, as pairs of name and balance, sorted "
        "by name in byte order",
        "Vec<(String, i64)>",
        (
            "",
            "",
            """    balances
        .into_iter()
        .map(|(name, balance)| (name.to_string(), balance))
        .collect()
""",
        ),
    ),
    "places": (
        "the places (counted from 0) of the transfers of which less than the amount was "
        "transferred, perhaps nothing, in ascending order",
        "Vec<usize>",
        (
            "    let mut places = Vec::new();\n",
            "        if paid < *amount {\n            places.push(place);\n        }\n",
            "    places\n",
        ),
    ),
    "history": (
        "what `who` has after each of the transfers in which `who` is the giver or the taker, "
        "whether it took place or not",
        "Vec<i64>",
        (
            "    let mut history = Vec::new();\n",
            """        if giver == who || taker == who {
            history.push(balances[who]);
        }
""",
            "    history\n",
        ),
    ),
}
_TAKEN: dict[str, tuple[str, Callable[[list[int]], int], str]] = {
    "earliest": (
        "that was bought first",
        lambda _: 0,
        "(!stock.is_empty()).then(|| stock.remove(0))",
    ),
    "latest": ("that was bought last", lambda stock: len(stock) - 1, "stock.pop()"),
    "cheapest": (
        "that was bought at the lowest price (of several, the one that was bought first)",
        lambda stock: stock.index(min(stock)),
        """let lowest = *stock.iter().min()?;
    let place = stock.iter().position(|&price| price == lowest)?;
    Some(stock.remove(place))""",
    ),
}  # fmt: skip
# name -> words, type, Rust: before the loop, at a sale, after the loop.
_TRADED: dict[str, tuple[str, str, tuple[str, str, str]]] = {
    "gain": (
        "the sum, over all pieces that were sold, of the price at which each was sold minus that "
        "at which it was bought",
        "i64",
        ("    let mut gain = 0;\n", "            gain += price - bought;\n", "gain"),
    ),
    "stock": (
        "the prices at which the pieces that are left were bought, in the order in which they were "
        "bought",
        "Vec<i64>",
        ("", "", "stock"),
    ),
    "losses": (
        "how many pieces were sold for less than they were bought for",
        "usize",
        (
            "    let mut losses = 0;\n",
            "            if price < bought {\n                losses += 1;\n            }\n",
            "losses",
        ),
    ),
}


def _variants(level: int) -> list[tuple[Any, ...]]:
    if level == 5:
        return [
            (level, *names)
            for tables in (
                (("merge",), _BOTH, _ALONE), (("book",), _SHORT, _BOOKED),
                (("trade",), _TAKEN, _TRADED),
            )
            for names in itertools.product(*tables)
        ]  # fmt: skip
    tables: tuple[dict[str, Any], ...] = {
        1: (_WHOLE,),
        2: (_SUCH, _PICKED),
        3: (_BETTER, _TIES, _RANKED),
        4: (_MATCH, _JOINED),
    }[level]
    return [(level, *names) for names in itertools.product(*tables)]


@family("records", _variants)
def records(level: int, *names: str) -> Problem:
    if level == 5:
        return {"merge": _merge, "book": _book, "trade": _trade}[names[0]](*names[1:])
    makers: tuple[Callable[..., Problem], ...] = (_whole, _picked, _ranks, _joined)
    return makers[level - 1](*names)


def _entries(draw: Draw, most: int = 7) -> list[tuple[str, int]]:
    names, high = _NAMES[: draw.between(2, 4)], draw.pick((2, 4, 9))
    return [(draw.pick(names), draw.between(-2, high)) for _ in range(draw.between(1, most))]


def _whole(name: str) -> Problem:
    words, python, rust, kind = _WHOLE[name]
    return Problem(
        f"An entry in `entries` is a pair of a name and an amount. Return {words}.",
        Interface("look", (_ENTRIES, ("who", "&str")), kind),
        f"pub fn look(entries: &[(String, i64)], who: &str) -> {kind} {{\n    {rust}\n}}\n",
        python,
        lambda draw: (_entries(draw), draw.pick(_NAMES[:3])),
        [
            ([], "ada"), ([("bo", 5)], "bo"), ([("bo", 5)], "b"), ([("bo", 0)], ""),
            ([("bo", -1), ("ada", -1), ("bo", -1)], "bo"), ([("ada", 2), ("bo", 2)], "bo"),
            ([("Bo", 4), ("bo", 4), ("bob", 4)], "bo"), ([("cleo", -3), ("ada", 7)], "ada"),
        ],
    )  # fmt: skip


def _picked(such: str, picked: str) -> Problem:
    words, python, test = _SUCH[such]
    what, report, rust, kind = _PICKED[picked]
    uses = "use std::cmp::Reverse;\n\n" if picked == "dearest" else ""
    reference = f"""{uses}pub fn pick(rows: &[{_ROW}], limit: i64) -> {kind} {{
    let such = rows
        .iter()
        .filter(|&&(_, price, count)| is_such(price, count, limit));
    {rust}
}}

fn is_such(price: i64, count: i64, limit: i64) -> bool {{
    {test}
}}
"""

    def arguments(draw: Draw) -> tuple[Any, ...]:
        rows = [
            (draw.pick(_NAMES), draw.between(1, 8), draw.pick((0, 1, 2, 3, 4)))
            for _ in range(draw.between(2, 7))
        ]
        p, n = draw.pick(rows)[1:]
        near = {"cheap": p, "value": p * n, "either": draw.pick((p, n)), "share": p // max(n, 1)}
        return (rows, max(0, near[such] + draw.pick((0, 0, 0, -1, 1))))

    return Problem(
        "A row of `rows` has a name, a price and a count; the price is 1 or more, the count and "
        f"`limit` are 0 or more. Look at the rows of which this is so: {words}. Return {what}.",
        Interface("pick", (("rows", f"&[{_ROW}]"), ("limit", "i64")), kind),
        reference,
        lambda rows, limit: report([row for row in rows if python(row[1], row[2], limit)]),
        arguments,
        [
            ([], 1), ([("bo", 1, 0)], 0), ([("bo", 1, 0)], 1), ([("bo", 3, 2)], 6),
            ([("bo", 3, 2)], 3), ([("bo", 3, 2)], 1), ([("ada", 4, 1), ("bo", 4, 1)], 4),
            ([("ada", 4, 1), ("bo", 4, 1)], 3), ([("ada", 2, 3), ("bo", 4, 2), ("eve", 4, 2)], 2),
            ([("ada", 1, 4), ("bo", 8, 3), ("ada", 8, 4), ("dov", 2, 0)], 2),
        ],
    )  # fmt: skip


def _ranks(better: str, ties: str, ranked: str) -> Problem:
    about, sign, operator = _BETTER[better]
    words, python, rank = _TIES[ties]
    what, report, rust, kind = _RANKED[ranked]
    uses = "use std::collections::BTreeSet;\n\n" if ties == "dense" else ""
    parameters = [_ENTRIES, ("top", "usize")] if ranked == "top" else [_ENTRIES]
    listed = ", ".join(f"{name}: {kind}" for name, kind in parameters)
    place = "(place, &(_, points))" if ties == "earlier" else "&(_, points)"
    each = ".iter()\n        .enumerate()" if ties == "earlier" else ".iter()"
    rank = rank.replace("$better", operator)
    if rank.startswith("{"):
        rank = "{\n" + "\n".join(line[4:] for line in rank.split("\n")[1:])
    reference = f"""{uses}pub fn rank({listed}) -> {kind} {{
    let ranks = ranks(entries);
    {rust}
}}

fn ranks(entries: &[(String, i64)]) -> Vec<usize> {{
    entries
        {each}
        .map(|{place}| {rank})
        .collect()
}}
"""
    if ranked == "ranks":
        reference = reference.replace("    let ranks = ranks(entries);\n    ranks\n",
                                      "    ranks(entries)\n")  # fmt: skip

    def oracle(entries: _Rows, top: int = 0) -> Any:
        points = [sign * x for _, x in entries]
        ranks = [python(points, i) for i in range(len(points))]
        return report(ranks, [name for name, _ in entries], top)

    def trimmed(entries: _Rows, top: int) -> tuple[Any, ...]:
        return (entries, top) if ranked == "top" else (entries,)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        names = draw.shuffle([*_NAMES, "fay", "gil", "hal"])[: draw.between(2, 8)]
        high = draw.pick((2, 3, 5))
        return trimmed([(name, draw.between(-1, high)) for name in names], draw.between(1, 4))

    return Problem(
        f"An entry in `entries` is a pair of a name and points. {about} The rank of an entry is "
        f"{words}. Return {what}.",
        Interface("rank", tuple(parameters), kind),
        reference,
        oracle,
        arguments,
        [
            trimmed(*case)
            for case in (
                ([], 1), ([("ada", 3)], 0), ([("ada", 3)], 1), ([("bo", 5), ("ada", 5)], 1),
                ([("bo", 5), ("ada", 5)], 2), ([("ada", 1), ("bo", 2), ("cleo", 3)], 2),
                ([("cleo", 3), ("bo", 1), ("ada", 3), ("dov", 2), ("eve", 1)], 3),
                ([("ada", 0), ("eve", -1), ("Zoe", 0), ("dov", -1)], 2),
            )
        ],
    )  # fmt: skip


def _joined(match: str, joined: str) -> Problem:
    words, python, test = _MATCH[match]
    what, report, body, kind = _JOINED[joined]
    pattern = "points" if match == "positive" else "_"
    head = f"pub fn join(people: &[(u32, String)], marks: &[(u32, i64)]) -> {kind} {{"
    if len(head) > 100:
        head = (
            "pub fn join(\n    people: &[(u32, String)],\n    marks: &[(u32, i64)],\n"
            f") -> {kind} {{"
        )
    reference = f"""{head}
{body}}}

/// The points of the marks that belong to a person.
fn points_of(person: u32, marks: &[(u32, i64)]) -> Vec<i64> {{
    marks
        .iter()
        .filter(|&&(key, {pattern})| {test})
        .map(|&(_, points)| points)
        .collect()
}}
"""

    def oracle(people: _Rows, marks: _Rows) -> Any:
        return report(
            [(name, [x for key, x in marks if python(number, key, x)]) for number, name in people]
        )

    def arguments(draw: Draw) -> tuple[Any, ...]:
        people = [(draw.between(1, 3), draw.pick(_NAMES)) for _ in range(draw.between(1, 4))]
        low = 0 if draw.chance(0.3) else 1
        marks = [(draw.between(low, 4), draw.between(-1, 4)) for _ in range(draw.between(3, 9))]
        return (people, marks)

    return Problem(
        "A row of `people` has a person's number, which is 1 or more, and its name; two persons "
        "may have the same number or name. A row of `marks` is a mark; it has a number and points. "
        f"A mark belongs to a person if {words}. Return {what}.",
        Interface("join", (("people", "&[(u32, String)]"), ("marks", "&[(u32, i64)]")), kind),
        reference,
        oracle,
        arguments,
        [
            ([], []), ([], [(1, 5)]), ([(1, "bo")], []), ([(1, "bo")], [(1, 0)]),
            ([(1, "bo")], [(1, 1), (1, -1)]), ([(1, "bo"), (1, "ada")], [(1, 2), (2, 3), (1, 4)]),
            ([(2, "bo"), (1, "bo")], [(0, 3), (2, 0), (0, -2)]), ([(3, "eve")], [(2, 1), (4, 1)]),
            ([(5, "ada"), (2, "cleo")], [(2, 7), (5, 1), (5, 6), (2, 7)]),
        ],
    )  # fmt: skip


def _merge(both: str, alone: str) -> Problem:
    words, python, rust = _BOTH[both]
    about, keeps_old, keeps_new = _ALONE[alone]
    old_alone = "merged.push((key, value))" if keeps_old else "{}"
    if keeps_new:
        earlier = """        while let Some(&row) = news.next_if(|row| row.0 < key) {
            merged.push(row);
        }
"""
        rest = "    merged.extend(news);\n"
    else:
        earlier = "        while news.next_if(|row| row.0 < key).is_some() {}\n"
        rest = ""
    reference = f"""pub fn merge(old: &[(u32, i64)], new: &[(u32, i64)]) -> Vec<(u32, i64)> {{
    let mut merged = Vec::new();
    let mut news = new.iter().peekable();
    for &(key, value) in old {{
{earlier}        match news.next_if(|row| row.0 == key) {{
            Some(&(_, other)) => {{
                {rust}
            }}
            None => {old_alone},
        }}
    }}
{rest}    merged
}}
"""

    def oracle(old: _Rows, new: _Rows) -> Any:
        first: dict[int, int] = dict(old)
        second: dict[int, int] = dict(new)
        found: _Rows = []
        for key in sorted({**first, **second}):
            if key in first and key in second:
                found += [(key, x) for x in python(first[key], second[key])]
            elif keeps_old if key in first else keeps_new:
                found.append((key, first.get(key, second.get(key))))
        return found

    def arguments(draw: Draw) -> tuple[Any, ...]:
        tables: tuple[_Rows, _Rows] = ([], [])
        for key in range(1, draw.between(3, 11)):
            value = draw.between(-4, 6)
            if draw.chance(0.6):
                tables[0].append((key, value))
            if draw.chance(0.6):
                tables[1].append((key, value if draw.chance(0.4) else draw.between(-4, 6)))
        return tables

    return Problem(
        "`old` and `new` are tables of rows with a key and a value; in each the keys are in "
        "ascending order, and none occurs twice. Return a table of the same kind. "
        f"A key that is in both is in the result {words}. {about}",
        Interface("merge", (("old", "&[(u32, i64)]"), ("new", "&[(u32, i64)]")),
                  "Vec<(u32, i64)>"),
        reference,
        oracle,
        arguments,
        [
            ([], []), ([(1, 5)], []), ([], [(1, 5)]), ([(1, 5)], [(1, 5)]), ([(1, 5)], [(1, 7)]),
            ([(2, 5)], [(1, 3)]), ([(1, 3)], [(2, 5)]), ([(1, 1), (3, 3)], [(2, 2), (4, 4)]),
            ([(3, 1), (5, 2), (7, 3)], [(1, 9), (2, 8), (5, -2), (7, 3), (9, 0), (10, 1)]),
        ],
    )  # fmt: skip


def _book(short: str, booked: str) -> Problem:
    words, python, rust = _SHORT[short]
    what, kind, (before, inside, after) = _BOOKED[booked]
    parameters = [("transfers", "&[(String, String, i64)]")]
    who = ""
    if booked == "history":
        parameters.append(("who", "&str"))
        who = ", who: &str"
    row, each = "(giver, taker, amount)", "transfers"
    if booked == "places":
        row, each = f"(place, {row})", "transfers.iter().enumerate()"
    reference = f"""use std::collections::BTreeMap;

const START: i64 = 10;

pub fn book(transfers: &[(String, String, i64)]{who}) -> {kind} {{
    let mut balances: BTreeMap<&str, i64> = BTreeMap::new();
{before}    for {row} in {each} {{
        let has = balances.entry(giver).or_insert(START);
{rust}        *balances.entry(taker).or_insert(START) += paid;
{inside}    }}
{after}}}
"""

    def oracle(transfers: _Rows, who: str = "") -> Any:
        has = dict.fromkeys((name for row in transfers for name in row[:2]), 10)
        places, history = [], []
        for i, (giver, taker, amount) in enumerate(transfers):
            paid, cost = python(has[giver], amount)
            has[giver] -= cost
            has[taker] += paid
            places += [i] * (paid != amount)
            history += [has[name] for name in {giver, taker} & {who}]
        return {"balances": sorted(has.items()), "places": places, "history": history}[booked]

    def arguments(draw: Draw) -> tuple[Any, ...]:
        names = _NAMES[: draw.between(2, 4)]
        has = dict.fromkeys(names, 10)
        rows = []
        for _ in range(draw.between(2, 9)):
            giver, taker = draw.pick(names), draw.pick(names)
            amount = max(1, has[giver] + draw.pick((0, 0, -1, -1, 1, 4, -5, -7)))
            paid, cost = python(has[giver], amount)
            has[giver] -= cost
            has[taker] += paid
            rows.append((giver, taker, amount))
        return (rows, draw.pick(names)) if who else (rows,)

    edges: list[_Rows] = [
        [], [("ada", "bo", 10)], [("ada", "bo", 9)], [("ada", "bo", 11)], [("ada", "ada", 3)],
        [("eve", "bo", 8), ("bo", "eve", 18)], [("bo", "ada", 10), ("bo", "ada", 1)],
        [("bo", "ada", 20), ("ada", "cleo", 12), ("cleo", "bo", 1)],
    ]  # fmt: skip
    return Problem(
        "A row of `transfers` has the name of who gives, the name of who takes (perhaps the same), "
        "and an amount, which is 1 or more. All have 10 at first. The transfers are made in their "
        f"order. {words} Return {what}.",
        Interface("book", tuple(parameters), kind),
        reference,
        oracle,
        arguments,
        [(rows, "bo") if who else (rows,) for rows in edges],
    )


def _trade(taken: str, traded: str) -> Problem:
    words, python, take = _TAKEN[taken]
    what, kind, (before, inside, answer) = _TRADED[traded]
    got = "Some(bought)" if inside else "Some(_)"
    reference = f"""pub fn trade(trades: &[(i64, i64)]) -> Result<{kind}, usize> {{
    let mut stock = Vec::new();
{before}    for (place, &(count, price)) in trades.iter().enumerate() {{
        for _ in 0..count {{
            stock.push(price);
        }}
        for _ in count..0 {{
            let {got} = take(&mut stock) else {{
                return Err(place);
            }};
{inside}        }}
    }}
    Ok({answer})
}}

fn take(stock: &mut Vec<i64>) -> Option<i64> {{
    {take}
}}
"""

    def oracle(trades: list[tuple[int, int]]) -> Any:
        stock: list[int] = []
        gains = []
        for place, (count, price) in enumerate(trades):
            stock += [price] * count
            if -count > len(stock):
                return ("Err", place)
            gains += [price - stock.pop(python(stock)) for _ in range(-count)]
        answers = {"gain": sum(gains), "stock": stock, "losses": sum(x < 0 for x in gains)}
        return ("Ok", answers[traded])

    def arguments(draw: Draw) -> tuple[Any, ...]:
        held, trades = 0, []
        for _ in range(draw.between(2, 8)):
            sells = held > 0 and draw.chance(0.5)
            count = -draw.between(1, held + draw.chance(0.1)) if sells else draw.between(1, 3)
            held += count
            trades.append((count, draw.between(1, 7)))
        return (trades,)

    return Problem(
        "A row of `trades` has a count, which is not 0, and a price. If the count is above 0, that "
        "many pieces are bought at the price, each. If it is below 0, pieces are sold at the price "
        "one after the other: -2 sells two. What is sold is always the piece in stock "
        f"{words}. If there is no piece left to be sold, return Err with the place of the row "
        f"(counted from 0). Else return Ok with {what}.",
        Interface("trade", (("trades", "&[(i64, i64)]"),), f"Result<{kind}, usize>"),
        reference,
        oracle,
        arguments,
        [
            ([],), ([(1, 5)],), ([(-1, 5)],), ([(1, 5), (-1, 5)],), ([(1, 5), (-2, 5)],),
            ([(1, 5), (1, 3), (-1, 4)],), ([(1, 3), (1, 5), (-1, 4)],), ([(2, 4), (-2, 3)],),
            ([(2, 4), (1, 2), (2, 6), (-3, 5), (1, 1), (-1, 2)],), ([(3, 2), (-4, 1), (-1, 1)],),
        ],
    )  # fmt: skip
