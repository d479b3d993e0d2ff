"""What is known after each value of a stream: totals, windows, keys, a collection that is asked."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from ....verifiers.python.interface import Interface
from ..draw import Draw
from .family import Problem, family, raising, slip

# ---------------------------------------------------------------- 1: all values so far
#
# name -> words, result, oracle (of the values so far, the last of them among these), how a
# reference begins and what it does with `value` in a loop, and slips.

_Slips = Sequence[tuple[str, str]]
_SO_FAR: dict[str, tuple[str, str, Callable[[list[int]], Any], str, str, _Slips]] = {
    "total": (
        "the sum of all values up to and including it", "list[int]", sum,
        "    total = 0\n",
        "        total += value\n        found.append(total)\n",
        [("        total += value\n        found.append(total)", "        found.append(total)\n"
          "        total += value"), ("total = 0", "total = 1")],
    ),
    "largest": (
        "the largest value up to and including it", "list[int]", max,
        "    largest: int | None = None\n",
        "        if largest is None or value > largest:\n            largest = value\n"
        "        found.append(largest)\n",
        [("largest: int | None = None", "largest = 0"), ("value > largest", "value < largest")],
    ),
    "distinct": (
        "how many different values there are up to and including it", "list[int]",
        lambda seen: len(set(seen)),
        "    seen: set[int] = set()\n",
        "        seen.add(value)\n        found.append(len(seen))\n",
        [("seen: set[int] = set()", "seen: list[int] = []"), ("        seen.add(value)\n"
          "        found.append(len(seen))", "        found.append(len(seen))\n"
          "        seen.add(value)")],
    ),
    "repeated": (
        "True if the same value stands anywhere before it, else False", "list[bool]",
        lambda seen: seen[-1] in seen[:-1],
        "    seen: set[int] = set()\n",
        "        found.append(value in seen)\n        seen.add(value)\n",
        [("        found.append(value in seen)\n        seen.add(value)",
          "        seen.add(value)\n        found.append(value in seen)"),
         ("        seen.add(value)", "        seen = {value}")],
    ),
    "occurrences": (
        "how often that value has occurred up to and including it", "list[int]",
        lambda seen: seen.count(seen[-1]),
        "    counts: dict[int, int] = {}\n",
        "        counts[value] = counts.get(value, 0) + 1\n        found.append(counts[value])\n",
        [("counts.get(value, 0) + 1", "counts.get(value, 0)"),
         ("counts.get(value, 0) + 1", "len(counts) + 1")],
    ),
    "distance": (
        "how many places before it the same value stands nearest, or -1 if it does not stand before"
        " it", "list[int]",
        lambda seen: next((d for d in range(1, len(seen)) if seen[-1 - d] == seen[-1]), -1),
        "    latest: dict[int, int] = {}\n",
        "        place = len(found)\n"
        "        found.append(place - latest[value] if value in latest else -1)\n"
        "        latest[value] = place\n",
        [("        latest[value] = place", "        latest.setdefault(value, place)"),
         ("else -1", "else 0")],
    ),
    "spread": (
        "the difference between the largest and the smallest value up to and including it",
        "list[int]", lambda seen: max(seen) - min(seen),
        "    so_far: list[int] = []\n",
        "        so_far.append(value)\n        found.append(max(so_far) - min(so_far))\n",
        [("max(so_far) - min(so_far)", "value - min(so_far)"),
         ("max(so_far) - min(so_far)", "abs(value - so_far[0])")],
    ),
    "rank": (
        "how many values that stand before it are less than it", "list[int]",
        lambda seen: len([v for v in seen if v < seen[-1]]),
        "    so_far: list[int] = []\n",
        "        found.append(sum(other < value for other in so_far))\n"
        "        so_far.append(value)\n",
        [("other < value", "other <= value"), ("other < value", "other > value")],
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 2: since the stream began anew
#
# name -> words, oracle, what is there at first, what `value` does, and slips.
_SINCE: dict[str, tuple[str, Callable[[list[int]], int], str, str, _Slips]] = {
    "total": (
        "the sum of the values of its part up to and including it", sum,
        "total = 0", "        total += value\n        found.append(total)\n",
        [("total += value", "total = value")],
    ),
    "length": (
        "how many values its part has up to and including it", len,
        "length = 0", "        length += 1\n        found.append(length)\n",
        [("        length += 1\n        found.append(length)", "        found.append(length)\n"
          "        length += 1")],
    ),
    "distinct": (
        "how many different values its part has up to and including it", lambda v: len(set(v)),
        "seen: set[int] = set()", "        seen.add(value)\n        found.append(len(seen))\n",
        [("        seen.add(value)\n        found.append(len(seen))",
          "        found.append(len(seen))\n        seen.add(value)")],
    ),
    "extreme": (
        "the largest absolute value in its part up to and including it",
        lambda v: max(map(abs, v)),
        "extreme = 0",
        "        extreme = max(extreme, abs(value))\n        found.append(extreme)\n",
        [("max(extreme, abs(value))", "max(extreme, value)")],
    ),
}  # fmt: skip
# name -> words, whether `value` begins a part when `before` stands before it, Python, and slips.
_BEGINS: dict[str, tuple[str, Callable[[int, int], bool], str, _Slips]] = {
    "zero": (
        "A zero begins a new part, of which it is the first value.",
        lambda _, value: value == 0,
        "value == 0",
        [("value == 0", "value <= 0")],
    ),
    "same": (
        "A value that equals the one before it begins a new part, of which it is the first value.",
        lambda before, value: before == value,
        "place and value == values[place - 1]",
        [("values[place - 1]", "values[0]")],
    ),
    "drop": (
        "A value that is less than the one before it begins a new part, of which it is the first "
        "value.",
        lambda before, value: value < before,
        "place and value < values[place - 1]",
        [("value < values", "value <= values")],
    ),
    "sign": (
        "A value below zero that follows one of zero or more begins a new part, of which it is the "
        "first value. So does a value of zero or more that follows one below zero.",
        lambda before, value: (before < 0) != (value < 0),
        "place and (value < 0) != (values[place - 1] < 0)",
        [("(value < 0) != (values[place - 1] < 0)", "(value > 0) != (values[place - 1] > 0)")],
    ),
}

# ---------------------------------------------------------------- 3: the last few values
#
# name -> words, oracle, Python (of `window`), and slips.
_WINDOW: dict[str, tuple[str, Callable[[list[int]], int], str, _Slips]] = {
    "sum": ("the sum of the window", sum, "sum(window)", [("sum(window)", "sum(values[: end])")]),
    "spread": (
        "the largest value of the window less its smallest", lambda w: max(w) - min(w),
        "max(window) - min(window)",
        [("max(window) - min(window)", "abs(window[-1] - window[0])")],
    ),
    "distinct": (
        "how many different values the window has", lambda w: len({*w}), "len(set(window))",
        [("len(set(window))", "len(window)")],
    ),
    "rising": (
        "how many values of the window are greater than the value before them in the window",
        lambda w: len([1 for i in range(1, len(w)) if w[i - 1] < w[i]]),
        "sum(a < b for a, b in zip(window, window[1:]))", [("a < b", "a <= b")],
    ),
    "commonest": (
        "how often the commonest value of the window occurs in it",
        lambda w: max(map(w.count, w)),
        "max(window.count(value) for value in window)",
        [("max(window.count(value) for value in window)", "window.count(window[-1])")],
    ),
    "above": (
        "how many values of the window are greater than its first value",
        lambda w: len([v for v in w if v > w[0]]), "sum(value > window[0] for value in window)",
        [("value > window[0]", "value >= window[0]")],
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 4: a stream for each key
#
# name -> words, oracle (of a key's values), the body of a function of them, and slips.
_KEYED: dict[str, tuple[str, Callable[[list[int]], int], str, _Slips]] = {
    "fall": (
        "The fall of a key is the most by which one of its values is less than one of its earlier "
        "values, and 0 if none is less than an earlier one.",
        lambda v: max([a - b for a, b in itertools.combinations(v, 2)] + [0]),
        "    deepest, highest = 0, values[0]\n    for value in values:\n"
        "        deepest = max(deepest, highest - value)\n"
        "        highest = max(highest, value)\n    return deepest\n",
        [("deepest = max(deepest, highest - value)", "deepest = highest - value"),
         ("highest = max(highest, value)", "highest = value")],
    ),
    "streak": (
        "The streak of a key is the length of its longest run of successive values (of that key, "
        "whatever stands between them) each of which is greater than the one before it; a single "
        "value is a run of 1.",
        lambda v: max(
            b - a for a in range(len(v)) for b in range(a + 1, len(v) + 1)
            if all(x < y for x, y in itertools.pairwise(v[a:b]))
        ),
        "    longest = length = 1\n    for before, value in zip(values, values[1:]):\n"
        "        length = length + 1 if value > before else 1\n"
        "        longest = max(longest, length)\n    return longest\n",
        [("value > before", "value >= before"),
         ("longest = max(longest, length)", "longest = length")],
    ),
    "turns": (
        "The turns of a key are how often one of its values differs in sign from its value just "
        "before, one of them being below zero and the other one above zero. A zero has no sign and "
        "is passed over: the values on both its sides are neighbours.",
        lambda v: sum(
            v[a] * v[b] < 0 for a, b in itertools.combinations(range(len(v)), 2)
            if not any(v[a + 1 : b])
        ),
        "    count = sign = 0\n    for value in values:\n"
        "        if value * sign < 0:\n            count += 1\n"
        "        if value != 0:\n            sign = value\n    return count\n",
        [("        if value != 0:\n            sign = value\n", "        sign = value\n"),
         ("value * sign < 0", "value < 0 < sign")],
    ),
    "records": (
        "The records of a key are how many of its values are greater than all its earlier values; "
        "its first value is one.",
        lambda v: sum(all(w < v[i] for w in v[:i]) for i in range(len(v))),
        "    records, highest = 1, values[0]\n    for value in values:\n"
        "        if value > highest:\n            highest = value\n            records += 1\n"
        "    return records\n",
        [("value > highest", "value >= highest"), ("            highest = value\n",
                                                   "            highest = values[0]\n")],
    ),
}  # fmt: skip
# What of a key is told: name -> words, oracle (of the results by key, in the order of first
# occurrence), result, Python (of `found`), and slips.
_TOLD: dict[str, tuple[str, Callable[[dict[str, int]], Any], str, str, _Slips]] = {
    "all": (
        "Return a dictionary from each key that occurs to its {noun}.",
        lambda f: f,
        "dict[str, int]",
        "return found",
        [],
    ),
    "most": (
        "Return the key with the most of that; of several the one that comes first in alphabetical "
        "order (as strings compare); None if there is no key.",
        lambda f: min((k for k in f if f[k] == max(f.values())), default=None),
        "str | None",
        "return min(found, key=lambda key: (-found[key], key), default=None)",
        [("(-found[key], key)", "-found[key]"), ("(-found[key], key)", "(found[key], key)")],
    ),
    "sorted": (
        "Return the keys that occur, each once: by falling {noun}, those that are equal in that in "
        "the order in which they first occur.",
        lambda f: [k for n in sorted({*f.values()}, reverse=True) for k in f if f[k] == n],
        "list[str]",
        "return sorted(found, key=lambda key: -found[key])",
        [
            (
                "sorted(found, key=lambda key: -found[key])",
                "sorted(found, key=lambda key: (-found[key], key))",
            )
        ],
    ),
}
# ---------------------------------------------------------------- 5: a collection that is asked
#
# name -> words, oracle (of the sorted collection, the additions in their order, and n; None: there
# is no answer), Python (a function's body), and slips.
_Asked = tuple[str, Callable[[list[int], list[int], int], "int | None"], str, _Slips]
_ASKED: dict[str, _Asked] = {
    "smallest": (
        "the n-th smallest value that is there, counting from 1 and counting equal values each for "
        "themselves",
        lambda c, _, n: c[n - 1] if 1 <= n <= len(c) else None,
        "    if not 1 <= n <= len(held):\n        return None\n    return held[n - 1]\n",
        [("held[n - 1]", "sorted(set(held))[min(n, len(set(held))) - 1]"),
         ("1 <= n <= len(held)", "0 <= n <= len(held)")],
    ),
    "largest": (
        "the n-th largest value that is there, counting from 1 and counting equal values each for "
        "themselves",
        lambda c, _, n: c[-n] if 1 <= n <= len(c) else None,
        "    if not 1 <= n <= len(held):\n        return None\n    return held[len(held) - n]\n",
        [("held[len(held) - n]", "held[n - 1]"), ("1 <= n <= len(held)", "1 <= n < len(held)")],
    ),
    "below": (
        "the largest value that is there and is less than n",
        lambda c, _, n: max((v for v in c if v < n), default=None),
        "    place = bisect_left(held, n)\n"
        "    return held[place - 1] if place > 0 else None\n",
        [("bisect_left(held, n)", "bisect_right(held, n)"), ("if place > 0", "if held")],
    ),
    "nearest": (
        "the value that is there and nearest to n (by the absolute difference); the smaller one if "
        "two are as near",
        lambda c, _, n: min(c, key=lambda v: (abs(v - n), v), default=None),
        "    return min(held, key=lambda value: abs(value - n), default=None)\n",
        [("key=lambda value: abs(value - n)", "key=lambda value: (abs(value - n), -value)"),
         ("abs(value - n)", "value - n")],
    ),
    "commonest": (
        "of the values that are there at least n times, the one that is there most often; of "
        "several that are there as often, the largest",
        lambda c, _, n: max((v for v in c if c.count(v) >= n), key=lambda v: (c.count(v), v),
                            default=None),
        "    enough = [value for value in held if held.count(value) >= n]\n"
        "    return max(enough, key=lambda value: (held.count(value), value), default=None)\n",
        [("(held.count(value), value)", "held.count(value)"), (">= n", "> n")],
    ),
}  # fmt: skip
# name -> words for taking away what is not there, and Python.
_ABSENT = {
    "ignored": ("Taking away a value that is not there does nothing.", "            continue\n"),
    "answered": (
        "Taking away a value that is not there answers -1.",
        "            answers.append(-1)\n            continue\n",
    ),
    "raises": (
        "Taking away a value that is not there raises KeyError.",
        "            raise KeyError(n)\n",
    ),
}


def _variants(level: int) -> list[tuple[Any, ...]]:
    if level == 1:
        return [(1, name, "") for name in _SO_FAR]
    if level == 2:
        return [(2, what, begins) for what in _SINCE for begins in _BEGINS]
    if level == 3:
        return [(3, what, early) for what in _WINDOW for early in ("short", "none")]
    if level == 4:
        return [(4, what, told) for what in _KEYED for told in _TOLD]
    return [(5, what, absent) for what in _ASKED for absent in _ABSENT]


@family("running", _variants)
def running(level: int, what: str, how: str) -> Problem:
    return {1: _so_far, 2: _since, 3: _window, 4: _keyed, 5: _asked}[level](what, how)


def _values(draw: Draw) -> list[int]:
    reach = draw.pick((2, 4, 4, 30))
    return [draw.between(-reach, reach) for _ in range(draw.below(14))]


def _value_lists(draw: Draw) -> tuple[Any, ...]:
    return (_values(draw),)


_LISTS = [
    ([],), ([0],), ([-3],), ([7],), ([2, 2, 2],), ([3, 2, 1, 0],), ([-1, 0, 1, 0, -1],),
    ([5, -5, 5, -5, 6],),
]  # fmt: skip


def _so_far(what: str, _: str) -> Problem:
    words, returns, of, first, loop, slips = _SO_FAR[what]
    reference = (
        f"def running(values: list[int]) -> {returns}:\n{first}    found: {returns} = []\n"
        f"    for value in values:\n{loop}    return found\n"
    )
    # A set has no `append`: where the slip makes a list of it, what is added is, too.
    mistakes = [
        slip(reference, change, *([("seen.add", "seen.append")] if "list[int] = []" in change[1]
                                  else []))
        for change in slips
    ]  # fmt: skip
    return Problem(
        f"Return a list with one element for each element of `values`, in the same order: {words}.",
        Interface("running", (("values", "list[int]"),), returns),
        reference,
        lambda values: [of(values[: end + 1]) for end in range(len(values))],
        _value_lists,
        _LISTS,
        mistakes,
    )


def _since(what: str, begins: str) -> Problem:
    words, of, first, loop, slips = _SINCE[what]
    rule, starts, condition, more = _BEGINS[begins]
    # The first value begins the first part whatever it is.
    loop_over = "place, value in enumerate(values)" if "place" in condition else "value in values"
    reference = (
        "def running(values: list[int]) -> list[int]:\n"
        f"    found: list[int] = []\n    {first}\n    for {loop_over}:\n"
        f"        if {condition}:\n"
        f"            {first.replace(': set[int]', '')}\n{loop}    return found\n"
    )

    def oracle(values: list[int]) -> list[int]:
        parts: list[list[int]] = []
        for place, value in enumerate(values):
            if place == 0 or starts(values[place - 1], value):
                parts.append([])
            parts[-1].append(value)
        return [of(part[: end + 1]) for part in parts for end in range(len(part))]

    return Problem(
        f"`values` is cut into parts. The first value begins the first part. {rule}\n"
        f"Return a list with one element for each element of `values`, in the same order: {words}.",
        Interface("running", (("values", "list[int]"),), "list[int]"),
        reference,
        oracle,
        _value_lists,
        [*_LISTS, ([4, 4, 5, 5, -5, 0, 0, 9],)],
        [slip(reference, change) for change in (*slips, *more)],
    )


def _window(what: str, early: str) -> Problem:
    words, of, python, slips = _WINDOW[what]
    returns = "list[int]" if early == "short" else "list[int | None]"
    shorter = (
        "Where fewer than `size` values end there, the window has those that there are."
        if early == "short"
        else "Where fewer than `size` values end there, the element is None."
    )
    none = "" if early == "short" else (
        "        if end < size:\n            found.append(None)\n            continue\n"
    )  # fmt: skip
    start = "max(0, end - size)" if early == "short" else "end - size"
    reference = (
        f"def running(values: list[int], size: int) -> {returns}:\n"
        '    if size < 1:\n        raise ValueError("a window has at least one value")\n'
        f"    found: {returns} = []\n    for end in range(1, len(values) + 1):\n{none}"
        f"        window = values[{start} : end]\n        found.append({python})\n"
        "    return found\n"
    )

    def oracle(values: list[int], size: int) -> list[int | None]:
        if size < 1:
            raise raising("ValueError")
        windows = [values[: end + 1][-size:] for end in range(len(values))]
        full = early == "short"
        return [of(window) if full or len(window) == size else None for window in windows]

    def arguments(draw: Draw) -> tuple[Any, ...]:
        return _values(draw), draw.pick((1, 2, 2, 3, 3, 4, 5))

    mistakes = [
        *slips,
        (f"values[{start} : end]", f"values[{start.replace('size', 'size + 1')} : end]")
        if early == "short"
        else ("end < size", "end <= size"),
        ("size < 1", "size < 0"),
    ]
    return Problem(
        "The window of an element of `values` is that element and those before it, `size` "
        f"values in all. {shorter}\nReturn a list with one element for each element of `values`, "
        f"in the same order: {words}. A `size` below 1 raises ValueError, also if `values` is "
        "empty.",
        Interface("running", (("values", "list[int]"), ("size", "int")), returns),
        reference,
        oracle,
        arguments,
        [
            ([], 1), ([], 0), ([1], 0), ([3, 1], -1), ([5], 1), ([5], 2), ([1, 2, 3], 3),
            ([3, 2, 2, 1], 2), ([1, 2, 3, 3, 2], 9), ([4, 4, 4, 4], 3), ([-1, -2, 0, 3], 1),
        ],
        [slip(reference, change) for change in mistakes],
    )  # fmt: skip


def _keyed(what: str, told: str) -> Problem:
    words, of, body, slips = _KEYED[what]
    sentence, tell, returns, python, more = _TOLD[told]
    reference = (
        f"def running(events: list[tuple[str, int]]) -> {returns}:\n"
        "    values: dict[str, list[int]] = {}\n    for key, value in events:\n"
        "        values.setdefault(key, []).append(value)\n"
        f"    found = {{key: {what}(its) for key, its in values.items()}}\n    {python}\n\n\n"
        f"def {what}(values: list[int]) -> int:\n{body}"
    )

    def oracle(events: list[tuple[str, int]]) -> Any:
        keys = list(dict.fromkeys(key for key, _ in events))
        return tell({k: of([v for key, v in events if key == k]) for k in keys})

    def arguments(draw: Draw) -> tuple[Any, ...]:
        keys = draw.shuffle("abcd")[: draw.pick((1, 2, 2, 3, 4))]
        reach = draw.pick((2, 2, 5, 20))
        count = draw.below(20)
        return ([(draw.pick(keys), draw.between(-reach, reach)) for _ in range(count)],)

    return Problem(
        "Each event is a key and a value. The values of a key are those of its events, in their "
        f"order. {words}\n{sentence.format(noun=what)}",
        Interface("running", (("events", "list[tuple[str, int]]"),), returns),
        reference,
        oracle,
        arguments,
        [
            ([],), ([("a", 0)],), ([("b", 1), ("a", 1)],),
            ([("b", 1), ("a", 1), ("b", 2), ("a", 2)],),
            ([("a", 3), ("b", 3), ("a", 1), ("b", 1)],), ([("a", 1), ("a", 1), ("a", 2)],),
            ([("a", 1), ("a", 0), ("a", -1), ("a", 0), ("a", -1)],), ([("a", 0), ("b", 1)],),
            ([("z", -2), ("z", 2), ("y", 2), ("y", -2), ("z", 1)],),
            ([("a", 1), ("b", 1), ("b", 0), ("b", -1)],), ([("a", 1), ("b", 2), ("b", 1)],),
            ([("a", 5), ("a", 4), ("b", 5), ("b", 4), ("b", 3)],),
            ([("a", 1), ("a", 2), ("b", 1), ("b", 1), ("b", 1)],),
        ],
        [slip(reference, change) for change in (*slips, *more)],
    )  # fmt: skip


def _asked(what: str, absent: str) -> Problem:
    words, of, python, slips = _ASKED[what]
    rule, otherwise = _ABSENT[absent]
    imports = "bisect_left, insort" if "bisect" in python else "insort"
    reference = (
        f"from bisect import {imports}\n\n\n"
        "def running(events: list[tuple[str, int]]) -> list[int | None]:\n"
        "    held: list[int] = []\n    answers: list[int | None] = []\n"
        "    for kind, n in events:\n"
        '        if kind == "add":\n            insort(held, n)\n'
        '        elif kind == "ask":\n            answers.append(answer(held, n))\n'
        f"        elif n not in held:\n{otherwise}"
        "        else:\n            held.remove(n)\n    return answers\n\n\n"
        "def answer(held: list[int], n: int) -> int | None:\n"
        f'    """What is asked with `n` of the values in `held`, which are in order."""\n{python}'
    )

    def oracle(events: list[tuple[str, int]]) -> list[int | None]:
        bag: list[int] = []
        said: list[int | None] = []
        for kind, n in events:
            if kind == "add":
                bag = [*bag, n]
            elif kind == "ask":
                said = [*said, of(sorted(bag), bag, n)]
            elif n in bag:
                at = bag.index(n)
                bag = bag[:at] + bag[at + 1 :]
            elif absent == "raises":
                raise raising("KeyError")
            elif absent == "answered":
                said = [*said, -1]
        return said

    def arguments(draw: Draw) -> tuple[Any, ...]:
        reach = draw.pick((3, 5, 9))
        events: list[tuple[str, int]] = []
        there: list[int] = []
        for _ in range(draw.between(2, 18)):
            kind = draw.pick(("add", "add", "add", "take", "ask", "ask"))
            n = draw.between(1, reach) if kind != "ask" else draw.between(0, reach + 1)
            if kind == "take" and there and draw.chance(0.85):
                n = draw.pick(there)
            if kind == "add":
                there.append(n)
            elif kind == "take" and n in there:
                there.remove(n)
            elif kind == "take" and absent == "raises" and draw.chance(0.7):
                continue
            events.append((kind, n))
        return (events,)

    a = "add"
    edges = [
        ([],), ([("ask", 1)],), ([(a, 5)],), ([("take", 5)],), ([(a, 5), ("ask", 1), ("ask", 5)],),
        ([(a, 2), (a, 2), ("take", 2), ("ask", 1), ("ask", 2), ("ask", 3)],),
        ([(a, 3), (a, 1), (a, 3), ("ask", 0), ("ask", 2), ("ask", 3), ("ask", 4)],),
        ([(a, 4), (a, 2), (a, 6), (a, 2), (a, 6), ("ask", 4), ("ask", 2), ("ask", 1), ("ask", 5)],),
        ([(a, 1), (a, 3), ("take", 2), ("ask", 2), ("take", 1), ("ask", 2)],),
    ]  # fmt: skip
    imported = ("bisect_left, insort", "bisect_left, bisect_right, insort")
    mistakes = [
        slip(reference, change, *([imported] if "bisect_right" in change[1] else []))
        for change in slips
    ]
    mistakes.append(slip(reference, ("held.remove(n)", "held = [x for x in held if x != n]")))
    return Problem(
        "A collection begins empty and may hold a value several times. `events` are handled in "
        'their order. ("add", n) puts n into it. ("take", n) takes n away from it, once if it is '
        f'there several times. ("ask", n) asks for {words}; if there is none, the answer is None.\n'
        f"{rule} Return the list of answers in their order.",
        Interface("running", (("events", "list[tuple[str, int]]"),), "list[int | None]"),
        reference,
        oracle,
        arguments,
        edges,
        mistakes,
    )
