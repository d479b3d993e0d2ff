"""Sequences of samples: thresholds, runs, smoothing in integers, plateaus, events."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from ....verifiers.python.interface import Interface
from ..draw import Draw
from .family import Problem, family, raising, slip

_Slips = Sequence[tuple[str, str]]

# ---------------------------------------------------------------- 1: samples and a level
#
# name -> words, result, oracle, an expression, and slips.
_LEVEL: dict[str, tuple[str, str, Callable[[list[int], int], Any], str, _Slips]] = {
    "above": (
        "Return the indices, from 0, of the samples that are greater than `level`, in rising order",
        "list[int]", lambda s, n: [i for i in range(len(s)) if s[i] > n],
        "[place for place, sample in enumerate(samples) if sample > level]",
        [("sample > level", "sample >= level"), ("[place for", "[sample for")],
    ),
    "rises": (
        "Return how many samples are at least `level` while the sample just before them is less "
        "than `level`; the first sample has none before it and does not count", "int",
        lambda s, n: len([i for i in range(1, len(s)) if s[i - 1] < n and s[i] >= n]),
        "sum(before < level <= sample for before, sample in zip(samples, samples[1:]))",
        [("before < level <= sample", "before <= level < sample"),
         ("before < level <= sample", "before < level")],
    ),
    "gate": (
        "Return a list of the samples in their order in which each one whose absolute value is "
        "less than `level` is replaced by 0", "list[int]",
        lambda s, n: [0 if -n < v < n else v for v in s],
        "[sample if abs(sample) >= level else 0 for sample in samples]",
        [("abs(sample) >= level", "sample >= level"),
         ("abs(sample) >= level", "abs(sample) > level")],
    ),
    "excess": (
        "Return the sum of the amounts by which samples exceed `level`; samples that do not exceed "
        "it add nothing", "int",
        lambda s, n: sum(v for v in s if v > n) - n * len([v for v in s if v > n]),
        "sum(max(sample - level, 0) for sample in samples)",
        [("max(sample - level, 0)", "(sample - level)"),
         ("max(sample - level, 0)", "abs(sample - level)")],
    ),
    "last": (
        "Return the index, from 0, of the last sample that is at least `level`, or None if there "
        "is none", "int | None",
        lambda s, n: next((len(s) - 1 - i for i, v in enumerate(s[::-1]) if v >= n), None),
        "max((i for i, sample in enumerate(samples) if sample >= level), default=None)",
        [("max(", "min("), ("sample >= level", "sample > level"),
         ("default=None", "default=-1")],
    ),
    "share": (
        "Return how many percent of the samples are less than `level`, rounded down to a whole "
        "number; 0 if there are no samples", "int",
        lambda s, n: next(p for p in range(100, -1, -1) if p * len(s) <= 100 * len(
            [v for v in s if v < n])) if s else 0,
        "100 * sum(sample < level for sample in samples) // len(samples) if samples else 0",
        [("sample < level", "sample <= level"), (" if samples else 0", "")],
    ),
    "nearest": (
        "Return the sample whose difference from `level` is the smallest in absolute value, the "
        "first of them if there are several; None if there are no samples", "int | None",
        lambda s, n: next((v for d in range(99) for v in s if abs(v - n) == d), None),
        "min(samples, key=lambda sample: abs(sample - level), default=None)",
        [("abs(sample - level)", "(abs(sample - level), sample)"),
         ("abs(sample - level), default", "abs(sample) - level, default")],
    ),
    "steps": (
        "Return how many samples differ from the sample just before them by more than `level` in "
        "absolute value", "int",
        lambda s, n: len([i for i in range(1, len(s)) if max(s[i - 1 : i + 1])
                          - min(s[i - 1 : i + 1]) > n]),
        "sum(abs(samples[i] - samples[i - 1]) > level for i in range(1, len(samples)))",
        [("> level", ">= level"), ("abs(samples[i] - samples[i - 1])",
                                 "samples[i] - samples[i - 1]")],
    ),
    "capped": (
        "Return a list of the samples in their order, without those that are greater than `level`, "
        "each of the others less `level`", "list[int]",
        lambda s, n: [v - n for v in s if not v > n],
        "[sample - level for sample in samples if sample <= level]",
        [("sample <= level", "sample < level"), ("sample - level for", "level - sample for")],
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 2: runs of samples
#
# name -> words, oracle, a condition of `sample`, and slips.
_RUN: dict[str, tuple[str, Callable[[int, int], bool], str, _Slips]] = {
    "above": (
        "are greater than `level`", lambda v, n: v > n, "sample > level",
        [("sample > level", "sample >= level")],
    ),
    "quiet": (
        "are at most `level` in absolute value", lambda v, n: -n <= v <= n,
        "abs(sample) <= level", [("abs(sample) <= level", "sample <= level")],
    ),
    "other": (
        "are not equal to `level`", lambda v, n: v < n or v > n, "sample != level",
        [("sample != level", "sample > level")],
    ),
}  # fmt: skip
# name -> words, result, oracle (of the runs and the places at which they begin), Python (of
# `runs`), and slips.
_Runs = list[list[int]]
_OF_RUNS: dict[str, tuple[str, str, Callable[[_Runs, list[int]], Any], str, _Slips]] = {
    "longest": (
        "how many samples the longest run has; 0 if there is no run", "int",
        lambda runs, _: max([len(r) for r in runs] + [0]),
        "    return max((len(run) for run in runs), default=0)\n",
        [("max(", "sum(1 for run in runs if run) or max(")],
    ),
    "sums": (
        "a list of the sums of the runs, in the order of the runs", "list[int]",
        lambda runs, _: [sum(r) for r in runs],
        "    return [sum(run) for run in runs]\n", [("sum(run)", "run[-1]")],
    ),
    "heaviest": (
        "the run with the greatest sum, as a list; of several with that sum, the first; the empty "
        "list if there is no run", "list[int]",
        lambda runs, _: next((r for r in runs if sum(r) == max(map(sum, runs))), []),
        "    return max(runs, key=sum, default=[])\n", [("key=sum", "key=len")],
    ),
    "tops": (
        "a list with a pair for each run, in the order of the runs: how many samples it has, and "
        "the largest of them", "list[tuple[int, int]]",
        lambda runs, _: [(len(r), sorted(r)[-1]) for r in runs],
        "    return [(len(run), max(run)) for run in runs]\n",
        [("max(run)", "run[0]")],
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 3: smoothing
#
# name -> words, oracle, Python (of `window`), and slips.
_SMOOTH: dict[str, tuple[str, Callable[[list[int]], int], str, _Slips]] = {
    "mean": (
        "the mean of its window, rounded down (towards negative infinity) to a whole number",
        lambda w: next(m for m in range(min(w), max(w) + 1) if (m + 1) * len(w) > sum(w)),
        "sum(window) // len(window)", [("sum(window) // len(window)",
                                        "int(sum(window) / len(window))")],
    ),
    "median": (
        "the median of its window: the value in the middle when the window is sorted, the lower of "
        "the two in the middle if the window has an even number of values",
        lambda w: next(v for v in sorted(w) if 2 * len([x for x in w if x <= v]) >= len(w)),
        "sorted(window)[(len(window) - 1) // 2]",
        [("sorted(window)[", "window[")],
    ),
    "spread": (
        "the largest value of its window less the smallest", lambda w: sorted(w)[-1] - sorted(w)[0],
        "max(window) - min(window)", [("max(window) - min(window)", "window[-1] - window[0]")],
    ),
    "top": (
        "the largest value of its window", lambda w: sorted(w)[-1], "max(window)",
        [("max(window)", "window[-1]")],
    ),
}  # fmt: skip
# name -> words, oracle (of the samples, a place and the radius), Python that makes `window`, and
# slips.
_AT_ENDS: dict[str, tuple[str, Callable[[list[int], int, int], list[int]], str, _Slips]] = {
    "short": (
        "Where the window would reach beyond an end of `samples`, it has only the samples that are "
        "there.",
        lambda s, i, r: [v for j, v in enumerate(s) if abs(i - j) <= r],
        "        window = samples[max(place - radius, 0) : place + radius + 1]\n",
        [("place + radius + 1", "place + radius"), ("max(place - radius, 0)", "place - radius")],
    ),
    "repeated": (
        "Where the window would reach beyond an end of `samples`, the sample at that end stands "
        "for each one that is missing.",
        lambda s, i, r: (s[:1] * r + s + s[-1:] * r)[i : i + 2 * r + 1],
        "        around = range(place - radius, place + radius + 1)\n"
        "        window = [samples[min(max(i, 0), len(samples) - 1)] for i in around]\n",
        [("place + radius + 1", "place + radius"), ("len(samples) - 1)]",
                                                    "len(samples) - 1)] if i >= 0 else 0")],
    ),
    "zeros": (
        "Where the window would reach beyond an end of `samples`, a 0 stands for each sample that "
        "is missing.",
        lambda s, i, r: ([0] * r + s + [0] * r)[i : i + 2 * r + 1],
        "        around = range(place - radius, place + radius + 1)\n"
        "        window = [samples[i] if 0 <= i < len(samples) else 0 for i in around]\n",
        [("place + radius + 1", "place + radius"), ("0 <= i <", "0 < i <")],
    ),
    "round": (
        "`samples` are a circle: after the last comes the first again, as often as the window "
        "needs it; so a window may hold a sample several times.",
        lambda s, i, r: (s * (2 * r + 1))[i + r * len(s) - r :][: 2 * r + 1],
        "        around = range(place - radius, place + radius + 1)\n"
        "        window = [samples[i % len(samples)] for i in around]\n",
        [("place + radius + 1", "place + radius"),
         ("samples[i % len(samples)]", "samples[min(i, len(samples) - 1)]")],
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 4: plateaus
#
# name -> words, oracle (of the value before, the plateau's and the one after), Python, and slips.
_PLATEAU: dict[str, tuple[str, Callable[[int, int, int, int], bool], str, _Slips]] = {
    "peak": (
        "The plateau is a peak if it is higher, by at least `step`, than both the sample just "
        "before it and the sample just after it.",
        lambda a, v, b, n: max(a, b) + n <= v, "value - before >= step and value - after >= step",
        [("value - before >= step and value - after", "value - after"),
         ("value - after >= step", "value - after > step")],
    ),
    "valley": (
        "The plateau is a valley if it is lower, by at least `step`, than both the sample just "
        "before it and the sample just after it.",
        lambda a, v, b, n: min(a, b) - n >= v, "before - value >= step and after - value >= step",
        [("before - value >= step and after - value", "before - value"),
         ("after - value >= step", "after - value > step")],
    ),
    "ledge": (
        "The plateau is a ledge if it is higher, by at least `step`, than one of the sample just "
        "before it and the sample just after it, and lower, by at least `step`, than the other "
        "one.",
        lambda a, v, b, n: v in range(min(a, b) + n, max(a, b) - n + 1),
        "min(before, after) + step <= value <= max(before, after) - step",
        [("min(before, after) + step <= value <= max(before, after) - step",
          "before + step <= value <= after - step"),
         ("value <= max(before, after) - step", "value < max(before, after) - step")],
    ),
}  # fmt: skip
# name -> words, result, oracle (of start, stop, before, value, after), Python, and slips.
_OF_PLATEAU: dict[str, tuple[str, str, Callable[..., Any], str, _Slips]] = {
    "span": (
        "a pair: the index, from 0, of its first sample, and that of its last sample",
        "list[tuple[int, int]]", lambda a, b, *_: (a, b - 1), "(start, stop - 1)",
        [("(start, stop - 1)", "(start, stop)")],
    ),
    "middle": (
        "the index, from 0, of the sample in its middle, the left one of two",
        "list[int]", lambda a, b, *_: [*range(a, b)][(b - a - 1) // 2], "(start + stop - 1) // 2",
        [("(start + stop - 1) // 2", "(start + stop) // 2")],
    ),
    "prominence": (
        "a pair: the index, from 0, of its first sample, and the smaller one of the absolute "
        "differences between its value and those of its two neighbours",
        "list[tuple[int, int]]", lambda a, _, x, v, y: (a, sorted([abs(v - x), abs(v - y)])[0]),
        "(start, min(abs(value - before), abs(value - after)))",
        [("min(abs(value - before), abs(value - after))", "abs(value - before)")],
    ),
    "area": (
        "a pair: the index, from 0, of its first sample, and the sum of its samples",
        "list[tuple[int, int]]", lambda a, b, _x, v, _y: (a, sum([v] * (b - a))),
        "(start, value * length)", [("value * length", "value")],
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 5: events
#
# name -> words, oracle (how many successive samples below `low` end one), Python, and slips.
_END: dict[str, tuple[str, int, str, _Slips]] = {
    "low": (
        "It ends just before the first later sample that is less than `low`.", 1,
        "        elif sample < low:\n            spans.append((start, place))\n"
        "            start = None\n",
        [("elif sample < low", "elif sample <= low")],
    ),
    "twice": (
        "It ends just before the first two successive later samples that are both less than `low`.",
        2,
        "        elif sample < low and samples[place - 1] < low:\n"
        "            spans.append((start, place - 1))\n            start = None\n",
        [("sample < low and samples[place - 1] < low", "sample < low")],
    ),
}  # fmt: skip
_OPEN = {
    "kept": (
        "An event that has not ended when the samples end lasts to the last sample.",
        "    if start is not None:\n        spans.append((start, len(samples)))\n",
        ("spans.append((start, len(samples)))", "spans.append((start, len(samples) - 1))"),
    ),
    "dropped": (
        "An event that has not ended when the samples end does not count.",
        "",
        ("    return spans",
         "    return spans + ([] if start is None else [(start, len(samples))])"),
    ),
}  # fmt: skip
# name -> words, result, oracle (of an event's place and samples), Python, and slips.
_OF_EVENT: dict[str, tuple[str, str, Callable[[int, list[int]], Any], str, _Slips]] = {
    "length": (
        "how many samples it has", "list[int]", lambda _, v: len(v), "stop - start",
        [("return [stop - start for", "return [stop - start + 1 for")],
    ),
    "peak": (
        "a pair: the index, from 0, of its largest sample, the first one if there are several, and "
        "the index of its last sample", "list[tuple[int, int]]",
        lambda at, v: (at + v.index(max(v)), at + len(v) - 1),
        "(max(range(start, stop), key=lambda i: samples[i]), stop - 1)",
        [("key=lambda i: samples[i]", "key=lambda i: (samples[i], i)")],
    ),
    "total": (
        "a pair: the index, from 0, of its first sample, and the sum of its samples",
        "list[tuple[int, int]]", lambda at, v: (at, sum(v)),
        "(start, sum(samples[start:stop]))",
        [("sum(samples[start:stop])", "sum(samples[start + 1 : stop])")],
    ),
}  # fmt: skip


def _variants(level: int) -> list[tuple[Any, ...]]:
    if level == 1:
        return [(1, name) for name in _LEVEL]
    if level == 2:
        return [(2, run, told) for run in _RUN for told in _OF_RUNS]
    if level == 3:
        return [(3, what, ends) for what in _SMOOTH for ends in _AT_ENDS]
    if level == 4:
        return [(4, kind, told) for kind in _PLATEAU for told in _OF_PLATEAU]
    return [(5, end, rest, told) for end in _END for rest in _OPEN for told in _OF_EVENT]


@family("signals", _variants)
def signals(level: int, *key: str) -> Problem:
    return _LEVELS[level](*key)


def _samples(draw: Draw) -> list[int]:
    reach = draw.pick((2, 3, 4, 20))
    return [draw.between(-reach, reach) for _ in range(draw.pick((0, *range(1, 15))))]


def _with_level(draw: Draw) -> tuple[Any, ...]:
    samples = _samples(draw)
    return samples, draw.pick((*samples, *map(abs, samples), 0, 1, 2))


_SAMPLES: list[tuple[list[int], int]] = [
    ([], 0), ([0], 0), ([3], 2), ([2], 2), ([-2], 2), ([1, 1, 1], 1), ([1, 1, 1], 0),
    ([0, 2, 4, 2, 0], 2), ([3, 1, 3, 1], 2), ([-3, 3, -1, 1, 5], 1), ([4, 4, 0, 2, 2, 2, 2], 0),
    ([5, 5, 5, 1, -5, 9, -9, 9], 3), ([5, 0, 1, 1, 1, 0, 2, 3], 0), ([-4, 0, 0, 1, -1, 7, 2], 2),
]  # fmt: skip
_TAKES = (("samples", "list[int]"), ("level", "int"))


def _level(name: str) -> Problem:
    words, returns, oracle, expression, slips = _LEVEL[name]
    reference = (
        f"def signals(samples: list[int], level: int) -> {returns}:\n    return {expression}\n"
    )
    return Problem(
        f"{words}.",
        Interface("signals", _TAKES, returns),
        reference,
        oracle,
        _with_level,
        # As binary fractions, 29 of 50 are less than 58 percent.
        [*_SAMPLES, ([0] * 29 + [2] * 21, 1)],
        [slip(reference, change) for change in slips],
    )


def _runs(run: str, told: str) -> Problem:
    rule, inside, condition, slips = _RUN[run]
    words, returns, tell, python, more = _OF_RUNS[told]
    reference = (
        f"def signals(samples: list[int], level: int) -> {returns}:\n"
        "    runs: list[list[int]] = []\n    running = False\n"
        "    for sample in samples:\n"
        f"        if {condition}:\n"
        "            if not running:\n                runs.append([])\n"
        "            runs[-1].append(sample)\n"
        f"        running = {condition}\n{python}"
    )

    def oracle(samples: list[int], level: int) -> Any:
        ends = range(len(samples) + 1)
        fits = [False, *(inside(v, level) for v in samples), False]
        spans = [
            (a, b) for a, b in itertools.combinations(ends, 2)
            if all(fits[a + 1 : b + 1]) and not fits[a] and not fits[b + 1]
        ]  # fmt: skip
        return tell([samples[a:b] for a, b in spans], [a for a, _ in spans])

    return Problem(
        f"A run is a stretch of one or more successive samples that all {rule} and that cannot be "
        f"made longer to either side. Return {words}.",
        Interface("signals", _TAKES, returns),
        reference,
        oracle,
        _with_level,
        _SAMPLES,
        [slip(reference, change) for change in (*slips, *more)]
        + [
            slip(reference, ("            if not running:\n    ", "            if not runs:\n    "))
        ],
    )


def _smooth(what: str, ends: str) -> Problem:
    words, of, python, slips = _SMOOTH[what]
    rule, window, around, more = _AT_ENDS[ends]
    if what == "median" and ends != "short":
        # Every window has an odd number of values.
        words = "the median of its window: the value in the middle when the window is sorted"
        python, slips = "sorted(window)[radius]", [("sorted(window)[radius]", "window[radius]")]
    reference = (
        "def signals(samples: list[int], radius: int) -> list[int]:\n"
        "    if radius < 0:\n        raise ValueError(radius)\n"
        "    smooth: list[int] = []\n    for place in range(len(samples)):\n"
        f"{around}        smooth.append({python})\n    return smooth\n"
    )

    def oracle(samples: list[int], radius: int) -> list[int]:
        if radius < 0:
            raise raising("ValueError")
        return [of(window(samples, place, radius)) for place in range(len(samples))]

    def arguments(draw: Draw) -> tuple[Any, ...]:
        return _samples(draw), draw.pick((-1, 0, 1, 1, 1, 2, 2, 3))

    return Problem(
        "The window of a sample is that sample, the `radius` samples before it and the `radius` "
        f"samples after it. {rule}\nReturn a list with one element for each sample, in the same "
        f"order: {words}. A negative `radius` raises ValueError, also if `samples` is empty.",
        Interface("signals", (("samples", "list[int]"), ("radius", "int")), "list[int]"),
        reference,
        oracle,
        arguments,
        [
            ([], 0), ([], -1), ([4], 0), ([4], 2), ([-3], 1), ([1, 2], -2), ([1, 5], 1),
            ([5, 1], 3), ([3, 9, 1, 4], 0), ([9, -7, 3, 3, 8], 1), ([-8, -3, 6, 1, -2, -9], 2),
            ([7, 1, 2, -6, -9], 1), ([8, 1, 1, 1, 1, -8], 1), ([-5, 6, -7, 7], 2),
        ],
        [slip(reference, change) for change in (*slips, *more)],
    )  # fmt: skip


def _plateaus(kind: str, told: str) -> Problem:
    rule, fits, condition, slips = _PLATEAU[kind]
    words, returns, tell, python, more = _OF_PLATEAU[told]
    reference = (
        "from itertools import groupby\n\n\n"
        f"def signals(samples: list[int], step: int) -> {returns}:\n"
        "    runs = [(value, len(list(group))) for value, group in groupby(samples)]\n"
        f"    found: {returns} = []\n    start = 0\n"
        "    for place, (value, length) in enumerate(runs):\n"
        "        stop = start + length\n"
        "        if 0 < place < len(runs) - 1:\n"
        "            before, after = runs[place - 1][0], runs[place + 1][0]\n"
        f"            if {condition}:\n                found.append({python})\n"
        "        start = stop\n    return found\n"
    )

    def oracle(samples: list[int], step: int) -> Any:
        inner = itertools.combinations(range(1, len(samples)), 2)
        return [
            tell(a, b, samples[a - 1], samples[a], samples[b]) for a, b in inner
            if len({*samples[a:b]}) == 1 and fits(samples[a - 1], samples[a], samples[b], step)
        ]  # fmt: skip

    def arguments(draw: Draw) -> tuple[Any, ...]:
        samples = [draw.pick((1, 2, 2, 3, 4, 5)) for _ in range(draw.between(3, 14))]
        return samples, draw.pick((1, 1, 1, 2))

    return Problem(
        "A plateau is a stretch of one or more successive samples that are all equal and that "
        "cannot be made longer to either side. Look only at those that have a sample before them "
        f"and a sample after them. {rule} `step` is at least 1.\nReturn a list with an element "
        f"for each {kind}, from left to right: {words}.",
        Interface("signals", (("samples", "list[int]"), ("step", "int")), returns),
        reference,
        oracle,
        arguments,
        [
            ([], 1), ([1], 1), ([1, 2], 1), ([2, 2, 2], 1), ([1, 2, 1], 1), ([2, 1, 2], 1),
            ([1, 2, 3], 1), ([3, 2, 1], 2), ([1, 5, 5, 3], 2), ([5, 1, 1, 1, 4], 3),
            ([1, 2, 2, 2, 2, 3], 1), ([0, 4, 4, 4, 4, 2, 2, 7], 2), ([7, 2, 2, -1, 0, 0], 3),
            ([9, 6, 6, 8, 8, 8, 1, 1, 0], 2),
        ],
        [slip(reference, change) for change in (*slips, *more)],
    )  # fmt: skip


def _events(end: str, rest: str, told: str) -> Problem:
    rule, quiet, ending, slips = _END[end]
    sentence, finish, left_open = _OPEN[rest]
    words, returns, tell, python, more = _OF_EVENT[told]
    reference = (
        f"def signals(samples: list[int], low: int, high: int) -> {returns}:\n"
        "    if low > high:\n        raise ValueError(low)\n"
        "    events = spans_of(samples, low, high)\n"
        f"    return [{python} for start, stop in events]\n\n\n"
        "def spans_of(samples: list[int], low: int, high: int) -> list[tuple[int, int]]:\n"
        '    """Where each event begins, and where what follows it begins."""\n'
        "    spans: list[tuple[int, int]] = []\n    start: int | None = None\n"
        "    for place, sample in enumerate(samples):\n"
        "        if start is None:\n            if sample >= high:\n"
        f"                start = place\n{ending}{finish}    return spans\n"
    )

    def oracle(samples: list[int], low: int, high: int) -> Any:
        if low > high:
            raise raising("ValueError")
        found: list[Any] = []
        place = 0
        while place < len(samples):
            if samples[place] < high:
                place += 1
                continue
            ends = [
                i for i in range(place + 1, len(samples) - quiet + 1)
                if max(samples[i : i + quiet]) < low
            ]  # fmt: skip
            stop = ends[0] if ends else len(samples)
            if ends or rest == "kept":
                event = samples[place:stop]
                found.append(tell(place, event))
            place = stop + quiet
        return found

    def arguments(draw: Draw) -> tuple[Any, ...]:
        samples = [draw.between(0, 5) for _ in range(draw.between(3, 16))]
        low = draw.between(1, 3)
        return samples, low, draw.between(low, 5) if draw.chance(0.93) else low - 1

    return Problem(
        "Look at the samples from left to right. While no event is going on, a sample that is at "
        f"least `high` begins one, and belongs to it. {rule} The samples that end an event do not "
        f"belong to it, and begin none. {sentence}\nReturn a list with an element for each event, "
        f"in their order: {words}. If `low` is greater than `high`, raise ValueError, also if "
        "`samples` is empty.",
        Interface("signals", (("samples", "list[int]"), ("low", "int"), ("high", "int")), returns),
        reference,
        oracle,
        arguments,
        [
            ([], 1, 1), ([], 2, 1), ([5], 1, 5), ([5], 1, 6), ([4, 0], 2, 4), ([4, 0, 0], 2, 4),
            ([4, 2, 1, 2, 0, 0, 5], 2, 4), ([0, 3, 3, 0, 0, 3, 1, 0], 3, 3), ([1, 2, 3], 4, 3),
            ([2, 2, 4, 4, 1, 4, 1, 1, 2, 4], 2, 4), ([5, 2, 5, 0, 0, 0, 9, 1, 1], 2, 5),
            ([1, 0, 6, 3, 0, 3, 0, 6, 0, 0, 6, 6], 3, 6), ([0, 0, 4, 3, 2, 1, 0, 0, 4], 3, 4),
        ],
        [slip(reference, change) for change in (*slips, *more, left_open)],
    )  # fmt: skip


_LEVELS: dict[int, Callable[..., Problem]] = {
    1: _level,
    2: _runs,
    3: _smooth,
    4: _plateaus,
    5: _events,
}
