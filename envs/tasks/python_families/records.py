"""Records: picked, kept by key, joined, merged field by field, changed in transactions."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from ....verifiers.python.interface import Interface
from ..draw import Draw
from .family import Problem, family, raising, slip

_Slips = Sequence[tuple[str, str]]
_Rows = list[dict[str, Any]]

# ---------------------------------------------------------------- 1: rows of a stock
#
# name -> words, result, oracle, what `wanted` is, Python, and slips.
_STOCK: dict[str, tuple[str, str, Callable[[_Rows, str], Any], str, str, _Slips]] = {
    "items": (
        "a list of the items of the rows whose place is `wanted`, in the order of the rows, an "
        "item as often as there is such a row of it", "list[str]",
        lambda rows, w: [r["item"] for r in rows if w == r["place"]], "place",
        '[row["item"] for row in rows if row["place"] == wanted]',
        [('[row["item"] for row in rows if row["place"] == wanted]',
          'sorted(row["item"] for row in rows if row["place"] == wanted)'),
         ('[row["item"] for row in rows if row["place"] == wanted]',
          'list(dict.fromkeys(row["item"] for row in rows if row["place"] == wanted))')],
    ),
    "total": (
        "the sum of the counts of the rows whose item is `wanted`", "int",
        lambda rows, w: sum([r["count"] * (r["item"] == w) for r in rows]), "item",
        'sum(row["count"] for row in rows if row["item"] == wanted)',
        [('sum(row["count"]', "sum(1"),
         ('sum(row["count"] for row in rows if row["item"] == wanted)',
          'sum({row["count"] for row in rows if row["item"] == wanted})')],
    ),
    "places": (
        "an alphabetical list of the places, each once, of the rows whose item is `wanted` and "
        "whose count is not 0", "list[str]",
        lambda rows, w: [p for p in "lmnop" if any(
            r["count"] and (r["item"], r["place"]) == (w, p) for r in rows)], "item",
        'sorted({row["place"] for row in rows if row["item"] == wanted and row["count"] > 0})',
        [(' and row["count"] > 0', ""),
         ('sorted({row["place"] for row in rows if row["item"] == wanted and row["count"] > 0})',
          'sorted(row["place"] for row in rows if row["item"] == wanted and row["count"] > 0)')],
    ),
    "first": (
        "the count of the first row whose item is `wanted`; None if there is no such row",
        "int | None", lambda rows, w: ([r["count"] for r in rows if r["item"] == w] + [None])[0],
        "item", 'next((row["count"] for row in rows if row["item"] == wanted), None)',
        [("in rows if", "in reversed(rows) if"), ("wanted), None)", "wanted), 0)")],
    ),
    "missing": (
        "a new list of the rows, in their order, without those whose item is `wanted` and whose "
        "count is 0", "list[dict]",
        lambda rows, w: [r for r in rows if r["item"] != w or r["count"]], "item",
        '[row for row in rows if row["item"] != wanted or row["count"] != 0]',
        [('row["item"] != wanted or row', 'row["item"] != wanted and row'),
         (' or row["count"] != 0', "")],
    ),
    "moved": (
        "a new list of the rows, in their order, in which the empty string takes the place of the "
        "place `wanted`", "list[dict]",
        lambda rows, w: [{k: "" if (k, v) == ("place", w) else v for k, v in r.items()}
                         for r in rows], "place",
        '[{**row, "place": ""} if row["place"] == wanted else row for row in rows]',
        [('[{**row, "place": ""} if row["place"] == wanted else row for row in rows]',
          '[row.update(place="") or row if row["place"] == wanted else row for row in rows]'),
         (" else row for row in rows]", ' else row for row in rows if row["item"] != wanted]'),
         ('"place": ""', '"place": None')],
    ),
    "fields": (
        "a new list of the rows, in their order, without their field of the name `wanted`, which "
        "rows need not have", "list[dict]",
        lambda rows, w: [dict(pair for pair in r.items() if pair[0] != w) for r in rows], "field",
        "[{name: value for name, value in row.items() if name != wanted} for row in rows]",
        [("name != wanted", "value != wanted"),
         ("for row in rows]", "for row in rows if wanted in row]")],
    ),
    "most": (
        "the row with the greatest count among those whose place is `wanted`, the first of several "
        "such; None if there is no row of that place", "dict | None",
        lambda rows, w: next((r for r in rows if r["place"] == w and not any(
            q["count"] > r["count"] for q in rows if q["place"] == w)), None), "place",
        'max(\n        (row for row in rows if row["place"] == wanted),\n'
        '        key=lambda row: row["count"],\n        default=None,\n    )',
        [("in rows if", "in reversed(rows) if"),
         ('(row for row in rows if row["place"] == wanted)', "rows")],
    ),
    "several": (
        "True if rows whose item is `wanted` have two or more different places, else False", "bool",
        lambda rows, w: any(p["place"] != q["place"] for p, q in itertools.combinations(
            [r for r in rows if r["item"] == w], 2)), "item",
        'len({row["place"] for row in rows if row["item"] == wanted}) > 1',
        [('{row["place"] for row in rows if row["item"] == wanted}',
          '[row for row in rows if row["item"] == wanted]'), ("> 1", "> 2")],
    ),
    "latest": (
        "a dictionary, for the rows whose item is `wanted`, from each of their places to the count "
        "of the last such row of that place", "dict[str, int]",
        lambda rows, w: {
            p: [r["count"] for r in rows if (r["item"], r["place"]) == (w, p)][-1]
            for p in [r["place"] for r in rows if r["item"] == w]
        }, "item",
        '{row["place"]: row["count"] for row in rows if row["item"] == wanted}',
        [("in rows if", "in reversed(rows) if"),
         ('row["count"] for row in rows if row["item"] == wanted}',
          'sum(other["count"] for other in rows if other["item"] == row["item"]) for row in rows '
          'if row["item"] == wanted}')],
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 2: one entry for each key
#
# name -> words, oracle (does an entry (key, stamp, value) replace another one), Python, and slips.
_Entry = tuple[str, int, int]
_REPLACES: dict[str, tuple[str, Callable[[_Entry, _Entry], bool], str, _Slips]] = {
    "newer": (
        "if its stamp is not less than that of the kept entry",
        lambda new, old: not old[1] > new[1], "stamp >= kept[key][1]",
        [("stamp >= kept", "stamp > kept")],
    ),
    "newest": (
        "if its stamp is greater than that of the kept entry",
        lambda new, old: new[1] - old[1] > 0, "stamp > kept[key][1]",
        [("stamp > kept", "stamp >= kept")],
    ),
    "later": (
        "if its value is greater than that of the kept entry, and also if its stamp is greater by "
        "2 or more",
        lambda new, old: new[2] > old[2] or new[1] - old[1] not in range(-99, 2),
        "value > kept[key][2] or stamp >= kept[key][1] + 2",
        [("stamp >= kept[key][1] + 2", "stamp > kept[key][1] + 2"),
         ("value > kept[key][2] or stamp >= kept[key][1] + 2",
          "value > kept[key][2] and stamp >= kept[key][1] + 2")],
    ),
    "filled": (
        "if its value is not 0; also if the value of the kept entry is 0",
        lambda new, old: bool(new[2]) or not old[2], "value != 0 or kept[key][2] == 0",
        [("value != 0 or kept[key][2] == 0", "value != 0")],
    ),
    "rising": (
        "if both its stamp and its value are greater than those of the kept entry",
        lambda new, old: min(new[1] - old[1], new[2] - old[2]) > 0,
        "stamp > kept[key][1] and value > kept[key][2]",
        [("stamp > kept[key][1] and value > kept[key][2]",
          "(stamp, value) > (kept[key][1], kept[key][2])")],
    ),
}  # fmt: skip
# name -> words, result, oracle (of the entries, and for each whether it was kept when it came),
# how Python begins, what it does with what is kept and what is not, its result, and slips.
_Kept = Callable[[list[_Entry], list[bool]], Any]
_KEPT: dict[str, tuple[str, str, _Kept, str, str, str, str, _Slips]] = {
    "last": (
        "a dictionary from each key to the pair (stamp, value) of the entry that is kept in the "
        "end", "dict[str, tuple[int, int]]",
        lambda entries, kept: {e[0]: e[1:] for e, k in zip(entries, kept, strict=True) if k},
        "", "", "", "{key: (stamp, value) for key, (_, stamp, value) in kept.items()}", [],
    ),
    "refused": (
        "a list of the entries that were not kept when they came, in their order",
        "list[tuple[str, int, int]]",
        lambda entries, kept: [e for e, k in zip(entries, kept, strict=True) if not k],
        "    refused: list[tuple[str, int, int]] = []\n", "",
        "        else:\n            refused.append(entry)\n", "refused",
        [("return refused", "return [entry for entry in entries if entry not in kept.values()]")],
    ),
    "changes": (
        "a dictionary from each key to how often its kept entry was replaced by another one, also "
        "if that was never", "dict[str, int]",
        lambda entries, kept: {
            key: sum(k for e, k in zip(entries, kept, strict=True) if e[0] == key) - 1
            for key, _, _ in entries
        },
        "    changes: dict[str, int] = {}\n",
        "            changes[key] = changes.get(key, -1) + 1\n", "", "changes", [],
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 3: tables that are joined
#
# name -> words, oracle (the amounts of a person, of its number and all orders), Python, and slips.
_Amounts = Callable[[int, list[tuple[int, int]]], "Sequence[int | None]"]
_JOIN: dict[str, tuple[str, _Amounts, str, _Slips]] = {
    "inner": (
        "each of its orders, in the order of `orders`. A person without an order has no pair",
        lambda n, orders: [a for m, a in orders if m == n], "amounts.get(number, [])",
        [("amounts.get(number, [])", "amounts.get(number, [])[:1]")],
    ),
    "left": (
        "each of its orders, in the order of `orders`. A person without an order has one pair, "
        "whose amount is None",
        lambda n, orders: [a for m, a in orders if m == n] or [None],
        "amounts.get(number, [None])", [("[None]", "[]")],
    ),
    "first": (
        "the first of its orders alone. A person without an order has no pair",
        lambda n, orders: [a for m, a in reversed(orders) if m == n][-1:],
        "amounts.get(number, [])[:1]", [("[:1]", "[-1:]")],
    ),
    "great": (
        "the greatest of its orders alone. A person without an order has one pair, whose amount is "
        "None",
        lambda n, orders: sorted(a for m, a in orders if m == n)[-1:] or [None],
        "[max(amounts.get(number, []), default=None)]",
        [("[max(amounts.get(number, []), default=None)]", "amounts.get(number, [None])[-1:]")],
    ),
    "spare": (
        "each of its orders, in the order of `orders`. A person without an order has a pair with "
        "each order of the number 0 instead",
        lambda n, orders: [a for m, a in orders if m == n]
        or [a for m, a in orders if m == 0],
        "amounts.get(number, amounts.get(0, []))",
        [("amounts.get(number, amounts.get(0, []))", "amounts.get(number, []) + amounts.get(0, [])"
          )],
    ),
}  # fmt: skip
# name -> words, result, oracle (of the pairs), Python, and a slip.
_Pairs = list[tuple[str, Any]]
_JOINED: dict[str, tuple[str, str, Callable[[_Pairs], Any], str, tuple[str, str]]] = {
    "pairs": (
        "Return the list of all pairs, those of the first person first.", "list[tuple[str, {}]]",
        list, "    return pairs\n", ("return pairs", "return sorted(pairs, key=str)"),
    ),
    "sorted": (
        "Return the list of all pairs ordered by their amounts, the smallest first{none}; pairs "
        "for which this leaves it open stand in the order of their persons.",
        "list[tuple[str, {}]]",
        lambda pairs: [p for a in sorted({a for _, a in pairs if a is not None}) for p in pairs
                       if p[1] == a] + [p for p in pairs if p[1] is None],
        "    return sorted(pairs, key=lambda pair: pair[1])\n",
        ("key=lambda pair: {}", "key=lambda pair: ({}, pair[0])"),
    ),
    "totals": (
        "Return a dictionary from each name in a pair to the sum of the amounts of all its pairs"
        "{none}.", "dict[str, int]",
        lambda pairs: {name: sum(a or 0 for n, a in pairs if n == name) for name, _ in pairs},
        "    totals: dict[str, int] = {}\n    for name, amount in pairs:\n"
        "        totals[name] = totals.get(name, 0) + {}\n    return totals\n",
        ("totals.get(name, 0) + ", ""),
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 4: records that are merged
#
# name -> words, oracle (of the old and the new value; None: no such field), how Python goes on
# after a value that is None, and slips. `"raise"` stands for an error.
_Merge = Callable[[int, int], Any]
_CLASH: dict[str, tuple[str, _Merge, str, _Slips]] = {
    "old": (
        "the value in `old` stays", lambda old, _: old,
        "            elif field not in fields:\n                fields[field] = value\n",
        [("elif field not in fields:", "elif not fields.get(field):")],
    ),
    "new": (
        "the value in `new` takes its place", lambda _, new: new,
        "            else:\n                fields[field] = value\n",
        [("            else:", "            elif value:")],
    ),
    "larger": (
        "the result has the greater one of the two values", max,
        "            else:\n"
        "                fields[field] = max(value, fields.get(field, value))\n",
        [("fields.get(field, value)", "fields.get(field, 0)")],
    ),
    "sum": (
        "the result has the sum of the two values (also if they are equal)",
        lambda old, new: old + new,
        "            else:\n                fields[field] = fields.get(field, 0) + value\n",
        [("            else:", "            elif fields.get(field) != value:")],
    ),
    "raises": (
        "raise ValueError unless the two values are equal",
        lambda old, new: old if old == new else "raise",
        "            elif fields.get(field, value) != value:\n"
        "                raise ValueError(field)\n"
        "            else:\n                fields[field] = value\n",
        [("elif fields.get(field, value) != value:", "elif field in fields:")],
    ),
    "out": (
        "the result has no such field, unless the two values are equal",
        lambda old, new: old if old == new else None,
        "            elif fields.get(field, value) != value:\n"
        "                del fields[field]\n"
        "            else:\n                fields[field] = value\n",
        [("elif fields.get(field, value) != value:", "elif field in fields:")],
    ),
}  # fmt: skip
_Both = Callable[[dict[str, Any], dict[str, Any]], Any]
# name -> words, oracle, Python, and a slip.
_KEYS: dict[str, tuple[str, _Both, str, tuple[str, str]]] = {
    "all": (
        "The result has a record for each key of `old` or `new`; a key that one of them does not "
        "have has a record without fields there.",
        lambda old, new: {*old, *new}, "old | new", ("in old | new:", "in new:"),
    ),
    "old": (
        "The result has a record for each key of `old`; keys that are in `new` alone are passed "
        "over, and a key that is not in `new` has a record without fields there.",
        lambda old, _: set(old), "old", ("in old:", "in old | new:"),
    ),
    "both": (
        "The result has a record for each key that is both in `old` and in `new`; other keys are "
        "passed over.",
        lambda old, new: {k for k in old if k in new}, "old.keys() & new",
        ("in old.keys() & new:", "in old:"),
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 5: transactions
#
# name -> words, result, oracle (of what is held, what was held when the innermost transaction
# began, key and n), Python (a body of a function of the same), and slips.
_Held = dict[str, int]
_ASK: dict[str, tuple[str, str, Callable[[_Held, _Held, str, int], Any], str, _Slips]] = {
    "value": (
        "asks for the value of the key; if the key is not there, for `n`", "int",
        lambda held, _, k, n: {k: n, **held}[k], "    return held.get(key, n)\n",
        [("held.get(key, n)", "held.get(key, 0)")],
    ),
    "before": (
        "asks by how much the value of the key is greater than it was when the innermost open "
        "transaction began (or at the very beginning, if none is open), where a key that is or was "
        "not there counts as one with the value `n`", "int",
        lambda held, old, k, n: {k: n, **held}[k] - {k: n, **old}[k],
        "    return held.get(key, n) - before.get(key, n)\n",
        [("before.get(key, n)", "before.get(key, 0)")],
    ),
    "holders": (
        "asks for the list of all keys, except this one, whose value is at least `n`, by falling "
        "values, those of equal values in alphabetical order", "list[str]",
        lambda held, _, k, n: [key for v in range(99, n - 1, -1) for key in sorted(held)
                               if held[key] == v and key != k],
        "    holders = [each for each in held if each != key and held[each] >= n]\n"
        "    return sorted(holders, key=lambda each: (-held[each], each))\n",
        [("held[each] >= n", "held[each] > n"), ("(-held[each], each)", "(held[each], each)")],
    ),
    "changed": (
        "asks for how many keys the value now is not what it was when the innermost open "
        "transaction began (or at the very beginning, if none is open), where a key that is or was "
        "not there counts as one with the value `n`; the key of the event means nothing", "int",
        lambda held, old, _, n: len([
            k for k in {**held, **old} if {k: n, **held}[k] != {k: n, **old}[k]]),
        "    return sum(held.get(each, n) != before.get(each, n) for each in held | before)\n",
        [("for each in held | before", "for each in held")],
    ),
    "next": (
        "asks for the alphabetically first key after this one (which need not be there) whose "
        "value is greater than `n`; the empty string if there is none", "str",
        lambda held, _, k, n: next((key for key in sorted(held) if key > k and held[key] > n), ""),
        '    return min((each for each in held if each > key and held[each] > n), default="")\n',
        [("each > key", "each >= key"), ("held[each] > n", "held[each] >= n")],
    ),
}  # fmt: skip
# name -> words for ending what is not open, and Python.
_NONE_OPEN = {
    "ignored": ("such an event does nothing", ""),
    "answered": (
        "such an event does nothing, but its kind is put into the list of answers",
        "            answers.append(kind)\n",
    ),
    "raises": ("such an event raises RuntimeError", "            raise RuntimeError(kind)\n"),
}

# ---------------------------------------------------------------- 5: three versions
#
# name -> words for a field that both have changed, oracle (of the values in the three versions, not
# all alike, None being none), Python, and slips.
_Value = int | None
_POLICY: dict[str, tuple[str, Callable[[_Value, _Value, _Value], _Value], str, _Slips]] = {
    "mine": (
        "`mine` counts: the field has the value that it has there, or is missing if it is missing "
        "there", lambda _, one, __: one, "    return other if one == old else one\n",
        [("return other if one == old else one", "return other if one is None else one")],
    ),
    "base": (
        "`base` counts: the field has the value that it has there, or is missing if it is missing "
        "there", lambda old, _, __: old,
        "    if one == other or other == old:\n        return one\n"
        "    return other if one == old else old\n",
        [("one == other or other == old", "other == old")],
    ),
    "out": (
        "the field is missing", lambda *_: None,
        "    if one == other or other == old:\n        return one\n"
        "    return other if one == old else None\n",
        [("else None", "else old")],
    ),
    "greater": (
        "the field has the greater one of its two values there, or that one which there is if it "
        "is missing in one of the two",
        lambda _, one, other: sorted(v for v in (one, other) if v is not None)[-1],
        "    if one == other or other == old:\n        return one\n"
        "    if one == old:\n        return other\n"
        "    return max(value for value in (one, other) if value is not None)\n",
        [("return max(value for value in (one, other) if value is not None)",
          "return max(one or 0, other or 0)")],
    ),
    "sum": (
        "the field has the sum of its two values there, where a missing one counts as 0",
        lambda _, one, other: sum(value for value in (one, other) if value),
        "    if one == other or other == old:\n        return one\n"
        "    return other if one == old else (one or 0) + (other or 0)\n",
        [("(one or 0) + (other or 0)", "one and other and one + other")],
    ),
}  # fmt: skip
# name -> words, result, oracle (of the records in `base` and the merged ones), how Python begins,
# what it does with a `value`, and after all fields of a key, its result, and a slip.
_Three = dict[str, dict[str, int]]
_FLAT = dict[tuple[str, str], int]


def _flat(version: _Three) -> _FLAT:
    return {(key, field): n for key, its in version.items() for field, n in its.items()}


_VERSION: dict[
    str, tuple[str, str, Callable[[_FLAT, _FLAT], Any], str, str, str, tuple[str, str]]
] = {
    "merged": (
        "the merged records by their keys; a record without fields is not in the result",
        "dict[str, dict[str, int]]",
        lambda _, merged: {
            key: {field: merged[k, field] for k, field in sorted(merged) if k == key}
            for key, _ in sorted(merged)
        },
        "    merged: dict[str, dict[str, int]] = {}\n",
        "            if value is not None:\n"
        "                merged.setdefault(key, {})[field] = value\n",
        "merged", ("if value is not None:", "if value:"),
    ),
    "changed": (
        "the list of all pairs (key, field) for which the field has another value in the merged "
        "record than in that of `base`, or is missing in just one of them; in the order in which "
        "such pairs compare", "list[tuple[str, str]]",
        lambda base, merged: sorted(
            pair for pair in {*base, *merged} if base.get(pair) != merged.get(pair)
        ),
        "    changed: list[tuple[str, str]] = []\n",
        "            if value != old.get(field):\n                changed.append((key, field))\n",
        "sorted(changed)", ("if value != old.get(field):", "if value and value != old.get(field):"),
    ),
    "counts": (
        "a tuple of how many fields are in the merged records and not in those of `base`, how many "
        "are in those of `base` and not in the merged ones, and how many are in both with "
        "different values", "tuple[int, int, int]",
        lambda base, merged: (
            len([p for p in merged if p not in base]), len([p for p in base if p not in merged]),
            len([p for p in base if merged.get(p, base[p]) != base[p]]),
        ),
        "    added = removed = changed = 0\n",
        "            before = old.get(field)\n"
        "            added += before is None and value is not None\n"
        "            removed += before is not None and value is None\n"
        "            changed += before != value and None not in (before, value)\n",
        "(added, removed, changed)", ("changed += before != value and None not in (before, value)",
                                      "changed += before != value"),
    ),
}  # fmt: skip


def _variants(level: int) -> list[tuple[Any, ...]]:
    if level == 1:
        return [(1, what, "") for what in _STOCK]
    if level == 2:
        return [(2, rule, told) for rule in _REPLACES for told in _KEPT]
    if level == 3:
        return [(3, join, told) for join in _JOIN for told in _JOINED]
    if level == 4:
        return [(4, clash, keys) for clash in _CLASH for keys in _KEYS]
    # Which of two values it is that has changed, nobody sees but in the merged records.
    seen = [(5, policy, "merged") for policy in ("greater", "sum")]
    seen += [(5, policy, told) for policy in ("mine", "base", "out") for told in _VERSION]
    return [(5, asked, none) for asked in _ASK for none in _NONE_OPEN] + seen


@family("records", _variants)
def records(level: int, what: str, how: str) -> Problem:
    if level == 5 and what in _POLICY:
        return _three(what, how)
    return {1: _stock, 2: _keep, 3: _join, 4: _merge, 5: _transactions}[level](what, how)


def _stock(what: str, _: str) -> Problem:
    words, returns, oracle, of, python, slips = _STOCK[what]
    reference = f"def records(rows: list[dict], wanted: str) -> {returns}:\n    return {python}\n"

    def row(item: str, place: str, count: int) -> dict[str, Any]:
        return {"item": item, "place": place, "count": count}

    def arguments(draw: Draw) -> tuple[Any, ...]:
        items = "abc"[: draw.between(1, 3)]
        rows = [
            row(draw.pick(items), draw.pick("mnop"), draw.pick((0, 1, 2, 2, 7)))
            for _ in range(draw.between(1, 8))
        ]
        if of == "field":
            rows = [{k: v for k, v in r.items() if draw.chance(0.8)} for r in rows]
        wanted = {"item": "abca", "place": "mnop", "field": ("item", "place", "count", "note")}[of]
        return rows, draw.pick(wanted)

    a, m = {"item": ("a", "m"), "place": ("m", "a"), "field": ("item", "m")}[of]
    pairs = [(a, 1), (m, 2), (a, 0), (a, 1), (m, 0), (a, 3), (a, 3)]
    rows = [
        row(one, "l", n) if of != "place" else row("x", one, n) for one, n in pairs
    ]  # fmt: skip
    edges: list[tuple[Any, ...]] = [
        ([], a), (rows, a), (rows[::-1], a), (rows[:1], a), (rows[1:2], a), (rows[2:3], a),
        (rows[2:5], a), ([row("a", "p", 2), row("b", "o", 5), row("a", "n", 2)], "a"),
        ([row("b", "p", 2), row("c", "o", 5), row("a", "p", 9), row("d", "p", 9)], "p"),
        ([row("a", "p", 1), row("a", "m", 1), row("b", "m", 4), row("a", "o", 0)], "a"),
        ([row("b", "o", 1), row("a", "o", 1), row("a", "o", 1), row("a", "p", 1)], "o"),
        ([row("a", "o", 4), row("a", "o", 2)], "a"),
        ([row("a", "n", 0), row("a", "m", 3), row("a", "n", 3)], "a"),
    ]  # fmt: skip
    need = (
        'Each row has the fields "item" and "place" (strings that are not empty) and "count" (0 or '
        "more)."
        if of != "field"
        else 'Each row has some of the fields "item", "place" and "count".'
    )
    return Problem(
        f"{need} Return {words}.",
        Interface("records", (("rows", "list[dict]"), ("wanted", "str")), returns),
        reference,
        oracle,
        arguments,
        edges,
        [slip(reference, change) for change in slips],
    )


def _keep(rule: str, told: str) -> Problem:
    words, replaces, python, slips = _REPLACES[rule]
    sentence, returns, of, first, kept, refused, result, more = _KEPT[told]
    names = "key, stamp, value" if "value" in python else "key, stamp, _"
    names = names if "stamp" in python else "key, _, value"
    reference = (
        f"def records(entries: list[tuple[str, int, int]]) -> {returns}:\n"
        f"    kept: dict[str, tuple[str, int, int]] = {{}}\n{first}"
        f"    for entry in entries:\n        {names} = entry\n"
        f"        if key not in kept or {python}:\n            kept[key] = entry\n{kept}{refused}"
        f"    return {result}\n"
    )

    def oracle(entries: list[_Entry]) -> Any:
        was_kept: list[bool] = []
        for place, entry in enumerate(entries):
            before = zip(entries[:place], was_kept, strict=True)
            mine = [e for e, k in before if k and e[0] == entry[0]]
            was_kept.append(not mine or replaces(entry, mine[-1]))
        return of(entries, was_kept)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        reach = draw.pick((1, 2, 9))
        keys = draw.shuffle("abc")[: draw.between(1, 3)]
        return (
            [
                (draw.pick(keys), draw.between(0, reach), draw.between(-1, reach))
                for _ in range(draw.below(13))
            ],
        )

    return Problem(
        "Each entry is (key, stamp, value). The entries come one after the other. The first entry "
        "of a key is kept. A later entry of that key is kept in the place of the one that is then "
        f"kept {words}.\nReturn {sentence}.",
        Interface("records", (("entries", "list[tuple[str, int, int]]"),), returns),
        reference,
        oracle,
        arguments,
        [
            ([],), ([("a", 0, 0)],), ([("a", 1, 2), ("b", 1, 2)],), ([("a", 1, 2), ("a", 1, 2)],),
            ([("a", 1, 2), ("a", 1, 3), ("a", 1, 2)],), ([("a", 2, 2), ("a", 1, 3), ("a", 3, 3)],),
            ([("a", 1, 0), ("a", 2, 0), ("a", 3, 5), ("a", 4, 0), ("a", 5, -1)],),
            ([("a", 3, 5), ("a", 2, 5), ("a", 4, 5), ("a", 4, 6), ("a", 3, 7)],),
            ([("b", 2, 1), ("a", 1, 1), ("b", 1, 2), ("a", 2, 2), ("b", 3, 0), ("a", 0, 3)],),
            ([("a", 2, 5), ("a", 0, -1), ("a", 1, 4)],), ([("a", 5, 3), ("a", 0, 3)],),
            ([("a", 1, 1), ("a", 2, 2), ("a", 3, 3), ("a", 1, 1)],), ([("a", 1, -1)] * 3,),
            ([("a", 1, 0), ("a", 2, 0)],), ([("a", 1, 4), ("a", 2, 3), ("a", 3, 2)],),
        ],
        [
            *(slip(reference, change) for change in (*slips, *more)),
            slip(reference, ("kept[key] = entry", "kept.setdefault(key, entry)")),
        ],
    )  # fmt: skip


def _join(join: str, told: str) -> Problem:
    words, amounts_of, python, slips = _JOIN[join]
    sentence, returns, of, result, mistake = _JOINED[told]
    may_be_none = join in ("left", "great")
    kind = "int | None" if may_be_none else "int"
    value = "pair[1]"
    if may_be_none and told == "sorted":
        value = "(pair[1] is None, pair[1] or 0)"
        result = result.replace("pair: pair[1]", f"pair: {value}")
    amount = "(amount or 0)" if may_be_none else "amount"
    none = {"sorted": "; those without an amount stand last", "totals": ", where None counts as 0"}
    sentence = sentence.replace("{none}", none.get(told, "") if may_be_none else "")
    returns, result = (
        returns.replace("{}", kind),
        result.replace("name, 0) + {}", f"name, 0) + {amount}"),
    )
    mistake = tuple(text.replace("{}", value) for text in mistake)  # type: ignore[assignment]
    reference = (
        "def records(people: list[tuple[int, str]], orders: list[tuple[int, int]]) -> "
        f"{returns}:\n    amounts: dict[int, list[int]] = {{}}\n"
        "    for number, amount in orders:\n"
        "        amounts.setdefault(number, []).append(amount)\n"
        f"    pairs: list[tuple[str, {kind}]] = []\n"
        f"    for number, name in people:\n        for amount in {python}:\n"
        f"            pairs.append((name, amount))\n{result}"
    )

    def oracle(people: list[tuple[int, str]], orders: list[tuple[int, int]]) -> Any:
        return of([(name, a) for n, name in people for a in amounts_of(n, orders)])

    def arguments(draw: Draw) -> tuple[Any, ...]:
        reach = draw.pick((2, 3, 5))
        names = draw.pick(("abc", "abcde"))
        people = [(draw.between(0, reach), draw.pick(names)) for _ in range(draw.between(0, 5))]
        most = draw.pick((2, 9))
        orders = [
            (draw.between(0, reach), draw.between(-1, most)) for _ in range(draw.between(0, 7))
        ]
        return people, orders

    return Problem(
        "Each person is (number, name), each order (number, amount); an order belongs to every "
        "person with its number, and several persons may have the same number or the same name. "
        f"A pair is a person's name with the amount of an order. A person has a pair with {words}."
        f"\n{sentence}",
        Interface(
            "records",
            (("people", "list[tuple[int, str]]"), ("orders", "list[tuple[int, int]]")),
            returns,
        ),
        reference,
        oracle,
        arguments,
        [
            ([], []), ([(1, "a")], []), ([], [(1, 5)]), ([(1, "a")], [(1, 5)]),
            ([(1, "a")], [(2, 5)]), ([(1, "a")], [(0, 5), (0, 3)]), ([(0, "a")], [(0, 5), (0, 3)]),
            ([(2, "b"), (1, "a"), (2, "c")], [(1, 4), (2, 4), (1, 4), (2, 3)]),
            ([(2, "b"), (1, "a"), (2, "b")], [(0, 1), (2, 4), (2, 3), (3, 9), (0, 2)]),
            ([(3, "b"), (3, "a")], [(3, 0), (3, -1), (3, 0)]), ([(1, "a"), (2, "a")], [(2, 0)]),
            ([(3, "c"), (1, "b"), (2, "a")], [(1, -3), (2, -3), (1, 0)]),
            ([(1, "d"), (1, "c")], [(1, 2), (1, 2), (1, 7), (1, 6)]),
        ],
        [
            *(slip(reference, change) for change in slips),
            slip(reference, mistake),
        ],
    )  # fmt: skip


def _merge(clash: str, keys: str) -> Problem:
    words, merged, python, slips = _CLASH[clash]
    sentence, keys_of, loop, mistake = _KEYS[keys]
    kinds = ("dict[str, dict[str, int]]", "dict[str, dict[str, int | None]]")
    reference = (
        f"def records(old: {kinds[0]}, new: {kinds[1]}) -> {kinds[0]}:\n"
        f"    merged: {kinds[0]} = {{}}\n    for key in {loop}:\n"
        "        fields = dict(old.get(key, {}))\n"
        "        for field, value in new.get(key, {}).items():\n"
        "            if value is None:\n                fields.pop(field, None)\n"
        f"{python}        merged[key] = fields\n    return merged\n"
    )
    if keys != "all":
        reference = reference.replace("old.get(key, {})", "old[key]")
    if keys == "both":
        reference = reference.replace("new.get(key, {})", "new[key]")

    def oracle(old: dict[str, Any], new: dict[str, Any]) -> Any:
        result: dict[str, dict[str, int]] = {}
        for key in sorted(keys_of(old, new)):
            its, other = dict(old).pop(key, {}), dict(new).pop(key, {})
            values: dict[str, Any] = {}
            for field in sorted({**its, **other}):
                if field in its and field in other and other[field] is not None:
                    values[field] = merged(its[field], other[field])
                else:
                    values[field] = other[field] if field in other else its[field]
            if "raise" in values.values():
                raise raising("ValueError")
            result[key] = {field: n for field, n in values.items() if n is not None}
        return result

    def arguments(draw: Draw) -> tuple[Any, ...]:
        share, reach = draw.pick((0.5, 0.8)), draw.pick((1, 1, 3))
        few = 0.25 if clash == "raises" else 1

        def of(names: str) -> list[str]:
            return [name for name in names if draw.chance(share)]

        old = {key: {field: draw.between(-1, reach) for field in of("xyz")} for key in of("abc")}
        new: dict[str, dict[str, int | None]] = {}
        for key in of("abc"):
            new[key] = {}
            for field in of("xyz"):
                value = draw.pick((None, -1, 0, 1, reach))
                if field in old.get(key, {}) and value is not None and not draw.chance(few):
                    value = old[key][field]
                new[key][field] = value
        return old, new

    return Problem(
        "Both dictionaries have records by their keys; a record has whole numbers by the names of "
        f"its fields. The records of a key are merged. {sentence}\nA field that just one of the "
        "two records has is in the result with its value. A field whose value in `new` is None is "
        "not in the result, whether it is in `old` or not. For any other field that both records "
        f"have, {words}. A record in the result may be without fields.",
        Interface("records", (("old", kinds[0]), ("new", kinds[1])), kinds[0]),
        reference,
        oracle,
        arguments,
        [
            ({}, {}), ({"a": {}}, {}), ({}, {"a": {}}), ({"a": {"x": 1}}, {"a": {"x": 2}}),
            ({"a": {"x": 1}}, {"a": {"x": 1}}), ({"a": {"x": 2}}, {"a": {"x": 1}}),
            ({"a": {"x": 1}}, {"a": {"x": None}}), ({"a": {}}, {"a": {"x": None}}),
            ({"a": {"x": 1}}, {"b": {"x": 2}}), ({"a": {"x": 0}}, {"a": {"x": 4}}),
            ({"a": {"x": 4}}, {"a": {"x": 0}}), ({"a": {"x": -4}}, {"a": {"x": -4, "y": -2}}),
            ({"a": {"x": 1, "y": 2}, "c": {"z": 3}}, {"a": {"x": 1, "z": 3}, "b": {"y": None}}),
            ({"c": {"x": 7}}, {"b": {"x": 5, "y": 0}, "c": {"x": 7, "y": 3}}),
            ({"a": {"x": 2}, "b": {}}, {"a": {"x": None, "y": -3}, "b": {"x": 0}}),
        ],
        [
            *(slip(reference, change) for change in slips),
            slip(reference, mistake,
                 *([] if keys == "all" else [("dict(old[key])", "dict(old.get(key, {}))")]),
                 *([("new[key]", "new.get(key, {})")] if keys == "both" else [])),
            slip(reference, ("                fields.pop(field, None)\n",
                             "                continue\n")),
        ],
    )  # fmt: skip


def _transactions(asked: str, none: str) -> Problem:
    words, kind, of, python, slips = _ASK[asked]
    rule, otherwise = _NONE_OPEN[none]
    returns = f"list[{kind}]" if none != "answered" or kind == "str" else f"list[{kind} | str]"
    with_before = "before" in python
    reference = (
        f"def records(events: list[tuple[str, str, int]]) -> {returns}:\n"
        "    held: dict[str, int] = {}\n    saved: list[dict[str, int]] = []\n"
        f"    answers: {returns} = []\n    for kind, key, n in events:\n"
        '        if kind == "set":\n            held[key] = n\n'
        '        elif kind == "drop":\n            held.pop(key, None)\n'
        '        elif kind == "begin":\n            saved.append(dict(held))\n'
        '        elif kind == "ask":\n'
        + (
            "            before = saved[-1] if saved else {}\n"
            "            answers.append(answer(held, before, key, n))\n"
            if with_before
            else "            answers.append(answer(held, key, n))\n"
        )
        + (
            f'        elif not saved:\n{otherwise}        elif kind == "commit":\n'
            "            saved.pop()\n        else:\n"
            if otherwise
            else '        elif saved and kind == "commit":\n            saved.pop()\n'
            "        elif saved:\n"
        )
        + "            held = saved.pop()\n    return answers\n\n\n"
        f"def answer(held: dict[str, int], {'before: dict[str, int], ' * with_before}"
        f"key: str, n: int) -> {kind}:\n{python}"
    )

    def oracle(events: list[tuple[str, str, int]]) -> list[Any]:
        # What has been done and not undone; where transactions that are open began.
        done: list[tuple[str, str, int]] = []
        began: list[int] = []
        said: list[Any] = []

        def after(log: list[tuple[str, str, int]]) -> _Held:
            last = {key: (kind, n) for kind, key, n in log}
            return {key: n for key, (kind, n) in last.items() if kind == "set"}

        for event in events:
            kind, key, n = event
            if kind in ("set", "drop"):
                done = [*done, event]
            elif kind == "begin":
                began = [*began, len(done)]
            elif kind == "ask":
                said.append(of(after(done), after(done[: (began or [0])[-1]]), key, n))
            elif began:
                done = done if kind == "commit" else done[: began[-1]]
                began = began[:-1]
            elif none == "raises":
                raise raising("RuntimeError")
            elif none == "answered":
                said.append(kind)
        return said

    def arguments(draw: Draw) -> tuple[Any, ...]:
        keys, reach = "abcd"[: draw.between(2, 4)], draw.pick((2, 4))
        seldom = 0.05 if none == "raises" else 0.5
        events: list[tuple[str, str, int]] = []
        is_open = 0
        for _ in range(draw.between(3, 20)):
            event = draw.pick(
                ("set", "set", "set", "set", "drop", "begin", "begin", "commit", "back", "ask",
                 "ask", "ask")
            )  # fmt: skip
            if event in ("commit", "back"):
                if not is_open and not draw.chance(seldom):
                    continue
                is_open = max(is_open - 1, 0)
            is_open += event == "begin"
            key = draw.pick(keys) if event in ("set", "drop", "ask") else ""
            n = draw.between(0, reach) if event in ("set", "ask") else 0
            events.append((event, key, n))
        return (events,)

    begin, commit, back = ("begin", "", 0), ("commit", "", 0), ("back", "", 0)
    asks = [("ask", key, n) for key in "abz" for n in (0, 1, 2)]
    a, b = ("set", "a", 1), ("set", "b", 1)
    return Problem(
        "There are keys with values; at first there are none. The events are handled in their "
        'order. ("set", key, n) gives the key the value n, whether it is there or not. ("drop", '
        'key, 0) takes the key away, if it is there. ("begin", "", 0) opens a transaction, '
        'perhaps within others that are open. ("commit", "", 0) ends the innermost open '
        'transaction; what was done in it stays. ("back", "", 0) ends the innermost open '
        "transaction and undoes all that was done since it began, also in transactions within it "
        f"that were committed. If none is open for one of these two to end, {rule}. "
        f'("ask", key, n) {words}.\nReturn the list of answers in their order.',
        Interface("records", (("events", "list[tuple[str, str, int]]"),), returns),
        reference,
        oracle,
        arguments,
        [
            ([],), (asks,), ([a, *asks],), ([commit, *asks],), ([a, back, *asks],),
            ([a, begin, b, ("set", "a", 2), *asks, back, *asks],),
            ([a, begin, b, ("set", "a", 2), *asks, commit, *asks],),
            ([begin, a, begin, b, *asks, commit, *asks, back, *asks],),
            ([a, b, begin, ("drop", "a", 0), ("drop", "z", 0), *asks, back, *asks],),
            ([a, begin, ("set", "a", 5), commit, begin, ("set", "a", 3), *asks, back, *asks],),
            ([b, a, ("set", "z", 3), ("set", "y", 1), ("ask", "a", 1), ("ask", "m", 1), *asks],),
            ([begin, a, commit, ("set", "a", 2), *asks, back, begin, *asks],),
            ([b, begin, ("set", "b", 3), commit, back, *asks],),
            ([("set", "b", 2), ("set", "a", 2), ("set", "c", 4), *asks, ("drop", "b", 0), *asks],),
        ],
        [
            *(slip(reference, change) for change in slips),
            slip(reference, ("saved.append(dict(held))", "saved.append(held)")),
            slip(reference, ("            saved.pop()\n", "            saved.clear()\n")),
        ],
    )  # fmt: skip


def _three(policy: str, told: str) -> Problem:
    words, settled, python, slips = _POLICY[policy]
    sentence, returns, of, first, step, result, mistake = _VERSION[told]
    kind = "dict[str, dict[str, int]]"
    reference = (
        f"def records(base: {kind}, mine: {kind}, theirs: {kind}) -> {returns}:\n{first}"
        "    for key in base | mine | theirs:\n"
        "        old, one, other = (version.get(key, {}) for version in (base, mine, theirs))\n"
        "        for field in old | one | other:\n"
        "            value = settled(old.get(field), one.get(field), other.get(field))\n"
        f"{step}    return {result}\n\n\n"
        "def settled(old: int | None, one: int | None, other: int | None) -> int | None:\n"
        '    """The value of a field in the merged record; None: it is missing."""\n'
        f"{python}"
    )

    def oracle(base: _Three, mine: _Three, theirs: _Three) -> Any:
        versions = [_flat(base), _flat(mine), _flat(theirs)]
        merged: _FLAT = {}
        for pair in sorted({pair for version in versions for pair in version}):
            old, one, other = (version.get(pair) for version in versions)
            new = [value for value in (one, other) if value != old]
            value = old
            if len(new) == 2 and one != other:
                value = settled(old, one, other)
            elif new:
                value = new[0]
            if value is not None:
                merged[pair] = value
        return of(versions[0], merged)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        reach, keys = draw.pick((1, 2, 5)), "ab"[: draw.between(1, 2)]
        base = {
            key: {field: draw.between(-1, reach) for field in "xyz" if draw.chance(0.7)}
            for key in keys
        }

        def version() -> _Three:
            found: _Three = {}
            for key in "abc":
                if key in base or draw.chance(0.2):
                    found[key] = {}
                    for field in "xyz":
                        value = base.get(key, {}).get(field)
                        if draw.chance(0.5):
                            value = draw.pick((None, 0, draw.between(-1, reach)))
                        if value is not None:
                            found[key][field] = value
            return {key: its for key, its in found.items() if its or draw.chance(0.5)}

        return base, version(), version()

    a, b, c = {"a": {"x": 1}}, {"a": {"x": 2}}, {"a": {"x": -3}}
    none: _Three = {}
    return Problem(
        "Three versions of the same records, by their keys; a record has whole numbers by the "
        "names of its fields. `mine` and `theirs` both came from `base`. A key that a version does "
        "not have has a record without fields there. They are merged field by field. A field has "
        "changed in `mine` or `theirs` if its value is another one than in `base`, or if it is "
        "missing in just one of them. If a field has changed in neither, it is in the merged "
        "record as in `base`. If it has changed in one of the two, or in both in the same way, it "
        "is as it is there (perhaps missing). If it has changed in both in different ways, "
        f"{words}.\nReturn {sentence}.",
        Interface(
            "records", (("base", kind), ("mine", kind), ("theirs", kind)), returns
        ),
        reference,
        oracle,
        arguments,
        [
            (none, none, none), (a, a, a), (a, b, a), (a, a, b), (a, b, b), (a, b, c), (a, c, b),
            (none, a, b), (none, a, none), (a, none, none), (a, none, b), (a, c, none),
            (none, none, a), (none, {"a": {"x": 0}}, none), ({"a": {"x": 0}}, none, a),
            (none, {"a": {"x": 0, "z": 4}, "b": {"y": 0}}, {"a": {"z": 3}}), (a, {"a": {}}, a),
            ({"a": {"x": 0}}, {"a": {"x": 0}}, none), ({"a": {"x": 0}}, none, {"a": {"x": 0}}),
            ({"a": {"x": 2, "y": 1}, "b": {"y": 1}}, {"a": {"x": 4, "y": 3}}, {"a": {"x": 5}}),
            (none, c, {"a": {"y": -2}}), (a, c, {"a": {"x": -2}}), (a, {"a": {"x": 0}}, none),
        ],
        [
            *(slip(reference, change) for change in slips),
            slip(reference, mistake),
            slip(reference, ("in base | mine | theirs", "in base")),
            slip(reference, ("settled(old.get(field), one", "settled(old.get(field, 0), one")),
        ],
    )  # fmt: skip
