"""Bookings of a day: what they cover, how they are joined, which are taken, who waits for whom."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from ....verifiers.python.interface import Interface
from ..draw import Draw
from .family import Problem, family, raising, slip

_Slips = Sequence[tuple[str, str]]
_BOOKINGS = "list[tuple[int, int]]"
_Bookings = list[tuple[int, int]]
_HALF_OPEN = (
    "A booking is a pair (start, end) of whole minutes with start < end: it covers every minute "
    "from start up to, but not including, end."
)

# ---------------------------------------------------------------- 1: all bookings at once
#
# name -> words, result, oracle, Python (one expression), and slips.
_AT_ONCE: dict[str, tuple[str, str, Callable[[_Bookings], Any], str, _Slips]] = {
    "minutes": (
        "how many minutes all bookings have together, each counted in full", "int",
        lambda b: sum(len(range(*pair)) for pair in b),
        "sum(end - start for start, end in bookings)",
        [("end - start", "end - start + 1"), ("end - start", "max(0, end - start - 1)")],
    ),
    "longest": (
        "the longest booking; of several that are as long the one that stands first; None if there "
        "is none", "tuple[int, int] | None",
        lambda b: next((p for p in b if all(q[1] - q[0] <= p[1] - p[0] for q in b)), None),
        "max(bookings, key=lambda booking: booking[1] - booking[0], default=None)",
        [("bookings, key", "reversed(bookings), key"), ("booking[1] - booking[0]", "booking[1]")],
    ),
    "last": (
        "the booking that ends last; of several that end at the same time the one that starts last;"
        " None if there is none", "tuple[int, int] | None",
        lambda b: sorted(b, key=lambda p: (p[1], p[0]))[-1] if b else None,
        "max(bookings, key=lambda booking: (booking[1], booking[0]), default=None)",
        [("(booking[1], booking[0])", "booking[1]"), ("(booking[1], booking[0])", "booking")],
    ),
    "span": (
        "how many minutes there are from the earliest start to the latest end; 0 if there is no "
        "booking", "int",
        lambda b: max([q for _, q in b] + [0]) - min([p for p, _ in b] + [0] * (not b)),
        "max(ends) - min(starts) if bookings else 0",
        [("max(ends) - min(starts)", "ends[-1] - starts[0]"),
         ("max(ends) - min(starts)", "max(ends) - min(starts) + 1")],
    ),
    "orderly": (
        "True if each booking but the first starts when the one before it in the list ends, or "
        "later; else False", "bool",
        lambda b: all(b[i][1] <= b[i + 1][0] for i in range(len(b) - 1)),
        "all(end <= start for end, start in zip(ends, starts[1:]))",
        [("end <= start", "end < start"), ("all(end", "any(end")],
    ),
    "by_length": (
        "a dictionary from each length in minutes that occurs to how many bookings have it",
        "dict[int, int]",
        lambda b: {n: [q - p for p, q in b].count(n) for n in {q - p for p, q in b}},
        "{length: lengths.count(length) for length in lengths}",
        [("lengths.count(length)", "1"), ("lengths.count(length) for length in lengths",
                                          "place for place, length in enumerate(lengths, 1)")],
    ),
}  # fmt: skip
# What an expression of these uses has to be there.
_PARTS = {
    "starts": "    starts = [start for start, _ in bookings]\n",
    "ends": "    ends = [end for _, end in bookings]\n",
    "lengths": "    lengths = [end - start for start, end in bookings]\n",
}

# ---------------------------------------------------------------- 2: bookings and one more
#
# name -> words, condition (of start, end, first, last), Python, and slips.
_FITS: dict[str, tuple[str, Callable[[int, int, int, int], bool], str, _Slips]] = {
    "clash": (
        "shares at least one minute with the window",
        lambda s, e, f, t: bool({*range(s, e)} & {*range(f, t)}),
        "start < last and first < end", [("start < last and first < end",
                                          "start <= last and first <= end")],
    ),
    "inside": (
        "lies in the window with all its minutes",
        lambda s, e, f, t: {*range(s, e)} <= {*range(f, t)},
        "first <= start and end <= last", [("first <= start", "first < start")],
    ),
    "starts": (
        "starts in a minute of the window", lambda s, _, f, t: s in range(f, t),
        "first <= start < last", [("first <= start < last", "first <= start <= last")],
    ),
    "covers": (
        "covers every minute of the window", lambda s, e, f, t: {*range(f, t)} <= {*range(s, e)},
        "start <= first and last <= end", [("start <= first", "start < first")],
    ),
}  # fmt: skip
# name -> words, result, oracle (of those that fit), Python, and slips.
_OF_THOSE: dict[str, tuple[str, str, Callable[[_Bookings], Any], str, _Slips]] = {
    "list": (
        "a list of those bookings, by their starts; of bookings that start together the shorter "
        "one comes first", _BOOKINGS, sorted, "sorted(fitting)", [("sorted(fitting)", "fitting")],
    ),
    "minutes": (
        "how many minutes those bookings have together, each counted in full", "int",
        lambda b: sum(q - p for p, q in b), "sum(end - start for start, end in fitting)",
        [("sum(end - start for start, end in fitting)",
          "sum(min(end, last) - max(start, first) for start, end in bookings)")],
    ),
    "next": (
        "the end of that booking that ends first, or -1 if there is none", "int",
        lambda b: min((q for _, q in b), default=-1),
        "min((end for _, end in fitting), default=-1)",
        [("default=-1", "default=0")],
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 3: bookings joined
#
# name -> words, whether two that touch are joined, Python, its slip.
_JOINED = {
    "touching": (
        "Bookings are joined that share a minute, and also those of which one ends when the other "
        "one starts.", True, "start <= joined[-1][1]", ("start <= joined", "start < joined"),
    ),
    "sharing": (
        "Bookings are joined that share a minute; those of which one ends when the other one "
        "starts are not.", False, "start < joined[-1][1]", ("start < joined", "start <= joined"),
    ),
}  # fmt: skip
# name -> words, result, oracle (of the joined ones in order), Python, and slips.
_TELLS: dict[str, tuple[str, str, Callable[[_Bookings], Any], str, _Slips]] = {
    "list": ("the list of joined bookings by their starts", _BOOKINGS, list, "joined", []),
    "count": ("how many there are after joining", "int", len, "len(joined)", []),
    "longest": (
        "the length in minutes of the longest one after joining, or 0 if there is none",
        "int",
        lambda j: max([q - p for p, q in j] + [0]),
        "max((end - start for start, end in joined), default=0)",
        [("for start, end in joined", "for start, end in bookings")],
    ),
    "last": (
        "after joining, the one that starts last, or None if there is none",
        "tuple[int, int] | None",
        lambda j: j[-1] if j else None,
        "joined[-1] if joined else None",
        [("joined[-1] if joined", "max(bookings) if joined")],
    ),
}

# ---------------------------------------------------------------- 4: taken one after the other
#
# name -> words, whether a request clashes with a taken one (oracle), Python, and slips.
_CLASHES: dict[str, tuple[str, Callable[[int, int, int, int], bool], str, _Slips]] = {
    "minute": (
        "if it shares a minute with one that was accepted before it",
        lambda s, e, p, q: s < q and p < e,
        "start < until and since < end",
        [("start < until and since < end", "since <= start < until")],
    ),
    "pause": (
        "unless there are at least 10 minutes between it and each one that was accepted before it: "
        "from the end of the earlier one of both to the start of the later one",
        lambda s, e, p, q: not (s >= q + 10 or e + 10 <= p),
        "start < until + 10 and since < end + 10",
        [("until + 10 and since < end + 10", "until + 10 and since < end")],
    ),
}
# name -> words, result, oracle (of a list of (request, accepted)), first lines, what an accepted
# and a refused request does, the end, and slips.
_Answers = list[tuple[tuple[int, int], bool]]
_KEPT: dict[str, tuple[str, str, Callable[[_Answers], Any], str, str, str, str, _Slips]] = {
    "places": (
        "a list of the places (from 0) in `requests` of those that are refused",
        "list[int]",
        lambda a: [i for i, (_, fine) in enumerate(a) if not fine],
        "    refused: list[int] = []\n",
        "",
        "            refused.append(place)\n",
        "refused",
        [("refused.append(place)", "refused.append(len(taken))")],
    ),
    "free": (
        "how many minutes are covered by requests that are accepted",
        "int",
        lambda a: sum(q - p for (p, q), fine in a if fine),
        "    minutes = 0\n",
        "            minutes += end - start\n",
        "",
        "minutes",
        [("minutes += end - start", "minutes += end - start + 1")],
    ),
    "streak": (
        "the largest number of requests refused in succession, with none accepted between them",
        "int",
        lambda a: max(len(run) for run in "".join("ny"[fine] for _, fine in a).split("y")),
        "    streak = worst = 0\n",
        "            streak = 0\n",
        "            streak += 1\n            worst = max(worst, streak)\n",
        "worst",
        [("            streak = 0\n", "")],
    ),
}

# ---------------------------------------------------------------- 5: machines and their queue
#
# name -> words, oracle's key (of arrival, minutes, place), Python's (of the same), and slips.
_NEXT: dict[str, tuple[str, Callable[[int, int, int], tuple[int, ...]], str, _Slips]] = {
    "first": (
        "the one that arrived first; of those that arrived together the one that stands first in "
        "`jobs`",
        lambda a, _, i: (a, i),
        "(arrival, place)",
        [("(arrival, place)", "(place,)")],
    ),
    "shortest": (
        "the one that takes the fewest minutes; of those that take as many the one that stands "
        "first in `jobs`",
        lambda _, m, i: (m, i),
        "(minutes, place)",
        [("(minutes, place)", "(minutes, -place)")],
    ),
    "newest": (
        "the one that arrived last; of those that arrived together the one that stands first in "
        "`jobs`",
        lambda a, _, i: (-a, i),
        "(-arrival, place)",
        [("(-arrival, place)", "(-arrival, -place)")],
    ),
}
# name -> words, result, oracle (of arrivals, starts and ends by place), Python, and slips.
_Times = list[int]
_RESULT: dict[str, tuple[str, str, Callable[[_Times, _Times, _Times], Any], str, _Slips]] = {
    "ends": (
        "a list with the time at which each job of `jobs` ends, in their order", "list[int]",
        lambda _, __, ends: ends,
        "[starts[place] + minutes for place, (_, minutes) in enumerate(jobs)]",
        [("starts[place] + minutes", "starts[place] + minutes - 1")],
    ),
    "order": (
        "a list of the places (from 0) of all jobs in `jobs`, by the time at which they start; "
        "those that start together in the order of their places", "list[int]",
        lambda _, s, __: [i for t in sorted({*s}) for i in range(len(s)) if s[i] == t],
        "sorted(starts, key=lambda place: (starts[place], place))",
        [("(starts[place], place)", "(starts[place] + jobs[place][1], place)")],
    ),
    "wait": (
        "the longest time that a job waits from its arrival to its start, or 0 if there is no job",
        "int", lambda a, s, _: max([q - p for p, q in zip(a, s, strict=True)] + [0]),
        "max((start - jobs[place][0] for place, start in starts.items()), default=0)",
        [("start - jobs[place][0]", "start - jobs[place][0] + jobs[place][1]")],
    ),
}  # fmt: skip


def _variants(level: int) -> list[tuple[Any, ...]]:
    if level == 1:
        return [(1, name, "") for name in _AT_ONCE]
    if level == 2:
        return [(2, fits, told) for fits in _FITS for told in _OF_THOSE]
    if level == 3:
        return [(3, joined, told) for joined in _JOINED for told in _TELLS]
    if level == 4:
        return [(4, clash, kept) for clash in _CLASHES for kept in _KEPT]
    # First come, first served is an order that no machine has a say in.
    pairs = ((5, first, result) for first in _NEXT for result in _RESULT)
    return [pair for pair in pairs if pair != (5, "first", "order")]


@family("schedule", _variants)
def schedule(level: int, what: str, told: str) -> Problem:
    return {1: _at_once, 2: _fitting, 3: _joined, 4: _taken, 5: _machines}[level](what, told)


def _bookings(draw: Draw) -> _Bookings:
    day = draw.pick((8, 20, 20, 60))
    found = []
    for _ in range(draw.below(9)):
        start = draw.below(day)
        found.append((start, start + draw.between(1, draw.pick((3, 6, 12)))))
    return found


_EDGES: list[_Bookings] = [
    [], [(0, 1)], [(3, 9)], [(3, 5), (5, 8)], [(5, 8), (3, 5)], [(3, 5), (4, 8)], [(3, 5), (3, 5)],
    [(0, 9), (2, 4)], [(2, 4), (0, 9), (4, 5)], [(0, 2), (3, 5), (2, 3)], [(1, 9), (0, 9), (2, 8)],
    [(0, 4), (6, 10), (20, 21)], [(0, 9), (1, 9)], [(1, 4), (2, 9), (1, 9)],
]  # fmt: skip


def _at_once(what: str, _: str) -> Problem:
    words, returns, oracle, python, slips = _AT_ONCE[what]
    parts = "".join(line for name, line in _PARTS.items() if name in python)
    reference = f"def schedule(bookings: {_BOOKINGS}) -> {returns}:\n{parts}    return {python}\n"
    return Problem(
        f"{_HALF_OPEN} Bookings may overlap, and stand in any order.\nReturn {words}.",
        Interface("schedule", (("bookings", _BOOKINGS),), returns),
        reference,
        oracle,
        lambda draw: (_bookings(draw),),
        [(bookings,) for bookings in _EDGES],
        [slip(reference, change) for change in slips],
    )


def _fitting(fits: str, told: str) -> Problem:
    condition, holds, python, slips = _FITS[fits]
    words, returns, of, result, more = _OF_THOSE[told]
    reference = (
        f"def schedule(bookings: {_BOOKINGS}, window: tuple[int, int]) -> {returns}:\n"
        "    first, last = window\n"
        f"    fitting = [(start, end) for start, end in bookings if {python}]\n"
        f"    return {result}\n"
    )

    def oracle(bookings: _Bookings, window: tuple[int, int]) -> Any:
        return of([booking for booking in bookings if holds(*booking, *window)])

    def arguments(draw: Draw) -> tuple[Any, ...]:
        bookings = _bookings(draw)
        first, last = draw.pick(bookings) if bookings and draw.chance(0.7) else (4, 12)
        if draw.chance(0.6):
            first, last = first - draw.between(-1, 2), last + draw.between(-1, 4)
        return bookings, (first, max(first + 1, last))

    edges = [
        ([], (0, 5)), ([(3, 5)], (3, 5)), ([(3, 5)], (5, 9)), ([(3, 5)], (0, 3)),
        ([(3, 5)], (4, 5)), ([(3, 5)], (3, 4)), ([(3, 9)], (4, 6)), ([(4, 6)], (3, 9)),
        ([(2, 5), (2, 4), (1, 9)], (2, 4)),
        ([(6, 9), (2, 4), (3, 4), (9, 12)], (2, 9)), ([(0, 9), (0, 5), (3, 4)], (3, 4)),
        ([(1, 2), (2, 3), (3, 4)], (2, 3)),
    ]  # fmt: skip
    return Problem(
        f"{_HALF_OPEN} Bookings may overlap, and stand in any order. `window` is a pair of the "
        f"same kind.\nLook at the bookings each of which {condition}. Return {words}.",
        Interface("schedule", (("bookings", _BOOKINGS), ("window", "tuple[int, int]")), returns),
        reference,
        oracle,
        arguments,
        edges,
        [slip(reference, change) for change in (*slips, *more)],
    )


def _joined(joined: str, told: str) -> Problem:
    words, touching, python, mistake = _JOINED[joined]
    result, returns, of, expression, slips = _TELLS[told]
    reference = (
        f"def schedule(bookings: {_BOOKINGS}) -> {returns}:\n"
        f"    joined: {_BOOKINGS} = []\n    for start, end in sorted(bookings):\n"
        f"        if joined and {python}:\n"
        "            since, until = joined[-1]\n"
        "            joined[-1] = (since, max(until, end))\n"
        "        else:\n            joined.append((start, end))\n"
        f"    return {expression}\n"
    )

    def together(pair: Sequence[tuple[int, int]]) -> bool:
        late, soon = max(start for start, _ in pair), min(end for _, end in pair)
        return late < soon or (touching and late == soon)

    def oracle(bookings: _Bookings) -> Any:
        # Joins any two that belong together until there are none.
        rest = list(bookings)
        while (pair := next(filter(together, itertools.combinations(rest, 2)), None)) is not None:
            for booking in pair:
                rest.remove(booking)
            rest.append((min(pair)[0], max(end for _, end in pair)))
        return of(sorted(rest))

    return Problem(
        f"{_HALF_OPEN} Bookings stand in any order. {words} What is joined goes from the earliest "
        "start to the latest end, and may be joined with others in turn, until nothing more can be "
        f"joined.\nReturn {result}.",
        Interface("schedule", (("bookings", _BOOKINGS),), returns),
        reference,
        oracle,
        lambda draw: (_bookings(draw),),
        [(bookings,) for bookings in _EDGES],
        [
            slip(reference, mistake),
            slip(reference, ("sorted(bookings)", "bookings")),
            slip(reference, ("max(until, end)", "end")) if told != "count" else
            slip(reference, ("max(until, end)", "until")),
            *(slip(reference, change) for change in slips),
        ],
    )  # fmt: skip


def _taken(clash: str, kept: str) -> Problem:
    words, clashes, python, slips = _CLASHES[clash]
    result, returns, of, first, accepted, refused, last, more = _KEPT[kept]
    loop = "place, (start, end) in enumerate(requests)" if "place" in refused else (
        "start, end in requests"
    )  # fmt: skip
    branches = (
        f"        if any({python} for since, until in taken):\n{refused}        else:\n"
        if refused
        else f"        if not any({python} for since, until in taken):\n"
    )
    reference = (
        f"def schedule(requests: {_BOOKINGS}) -> {returns}:\n"
        f"    taken: {_BOOKINGS} = []\n{first}    for {loop}:\n"
        '        if start >= end:\n            raise ValueError("a request ends after it starts")\n'
        f"{branches}            taken.append((start, end))\n{accepted}    return {last}\n"
    )

    def oracle(requests: _Bookings) -> Any:
        if any(start >= end for start, end in requests):
            raise raising("ValueError")
        answers: _Answers = []
        for request in requests:
            before = [other for other, fine in answers if fine]
            answers = [*answers, (request, not any(clashes(*request, *o) for o in before))]
        return of(answers)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        wide = 4 if clash == "pause" else 1
        requests = [(wide * start, wide * end) for start, end in _bookings(draw)]
        if clash == "pause":
            requests = [(s + draw.below(3), e + draw.between(2, 6)) for s, e in requests]
        if requests and draw.chance(0.06):
            requests[-1] = (requests[-1][1], requests[-1][draw.below(2)])
        return (requests,)

    edges: list[_Bookings] = [
        *_EDGES, [(4, 4)], [(5, 4)], [(0, 2), (1, 1)], [(0, 5), (15, 20), (5, 15)],
        [(20, 30), (0, 10)], [(20, 30), (0, 11)], [(0, 10), (20, 30)], [(0, 10), (19, 30)],
        [(0, 9), (1, 2), (3, 4), (40, 41), (5, 6), (41, 42), (2, 3), (60, 70)],
        [(10, 30), (12, 14), (0, 50), (9, 40)],
    ]  # fmt: skip
    return Problem(
        "A request is a pair (start, end) of whole minutes: it covers every minute from start up "
        "to, but not including, end. If any request does not start before it ends, ValueError is "
        f"raised. Otherwise requests are decided in their order. One is refused {words}; else it "
        f"is accepted.\nReturn {result}.",
        Interface("schedule", (("requests", _BOOKINGS),), returns),
        reference,
        oracle,
        arguments,
        [(requests,) for requests in edges],
        [
            *(slip(reference, change) for change in (*slips, *more)),
            slip(reference, ("start >= end", "start > end")),
        ],
    )  # fmt: skip


def _machines(first: str, told: str) -> Problem:
    words, key, python, slips = _NEXT[first]
    result, returns, of, expression, more = _RESULT[told]
    reference = (
        f"def schedule(jobs: {_BOOKINGS}, machines: int) -> {returns}:\n"
        "    if machines < 1:\n        raise ValueError(\"there is no machine\")\n"
        "    starts: dict[int, int] = {}\n"
        "    free = [0] * machines\n    waiting = set(range(len(jobs)))\n"
        "    while waiting:\n"
        "        machine = free.index(min(free))\n"
        "        soonest = min(jobs[place][0] for place in waiting)\n"
        "        now = max(free[machine], soonest)\n"
        "        ready = [place for place in waiting if jobs[place][0] <= now]\n"
        "        chosen = min(ready, key=lambda place: rank(*jobs[place], place))\n"
        "        waiting.remove(chosen)\n"
        "        starts[chosen] = now\n"
        "        free[machine] = now + jobs[chosen][1]\n"
        f"    return {expression}\n\n\n"
        "def rank(arrival: int, minutes: int, place: int) -> tuple[int, ...]:\n"
        "    \"\"\"The least of those that wait is taken.\"\"\"\n"
        f"    return {python}\n"
    )  # fmt: skip

    def oracle(jobs: _Bookings, machines: int) -> Any:
        if machines < 1:
            raise raising("ValueError")
        # Minute by minute; `busy` holds when each running job ends.
        starts = [-1] * len(jobs)
        busy: list[int] = []
        now = 0
        while -1 in starts:
            busy = [end for end in busy if end > now]
            ready = [i for i, (a, _) in enumerate(jobs) if a <= now and starts[i] == -1]
            for i in sorted(ready, key=lambda i: key(*jobs[i], i))[: machines - len(busy)]:
                starts[i] = now
                busy.append(now + jobs[i][1])
            now += 1
        ends = [start + minutes for start, (_, minutes) in zip(starts, jobs, strict=True)]
        return of([arrival for arrival, _ in jobs], starts, ends)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        reach = draw.pick((2, 5, 9, 16))
        count = draw.between(1, 9)
        jobs = [(draw.below(reach), draw.between(1, draw.pick((2, 4, 7)))) for _ in range(count)]
        return jobs, 0 if draw.chance(0.04) else draw.pick((1, 1, 2, 3))

    edges = [
        ([], 1), ([], 0), ([(0, 1)], -1), ([(3, 2)], 1), ([(0, 2), (0, 1)], 1),
        ([(0, 2), (0, 1)], 2),
        ([(0, 2), (0, 2), (0, 2), (2, 1)], 1), ([(1, 1), (0, 2), (1, 1), (2, 3), (0, 1)], 2),
        ([(5, 1), (0, 1), (5, 2)], 1), ([(0, 3), (1, 4), (2, 1), (3, 1)], 1),
        ([(0, 4), (1, 2), (2, 2), (2, 1), (2, 1)], 1), ([(2, 3), (2, 3), (9, 1)], 3),
    ]  # fmt: skip
    return Problem(
        "A job is a pair (arrival, minutes) of whole numbers, with arrival at least 0 and minutes "
        "at least 1. `machines` machines are free from minute 0 on, and a machine runs one job at "
        "a time until it ends. Whenever a machine is free and jobs wait that have arrived (at that "
        f"minute, or before), a waiting job starts on it at once: {words}. A machine is free again "
        f"in the minute in which its job ends. `machines` below 1 raises "
        f"ValueError.\nReturn {result}.",
        Interface("schedule", (("jobs", _BOOKINGS), ("machines", "int")), returns),
        reference,
        oracle,
        arguments,
        edges,
        [
            *(slip(reference, change) for change in (*slips, *more)),
            slip(reference, ("now = max(free[machine], soonest)", "now = free[machine]"),
                 ("ready = [place for place in waiting if jobs[place][0] <= now]",
                  "ready = list(waiting)")),
            slip(reference, ("machines < 1", "machines < 0")),
        ],
    )  # fmt: skip
