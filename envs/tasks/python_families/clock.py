"""Times of day in minutes: clocks that turn over midnight, stamps, tariffs, opening hours."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from typing import Any

from ....verifiers.python.interface import Interface
from ..draw import Draw
from .family import Problem, family, raising, slip

_Slips = Sequence[tuple[str, str]]
_DAY = 1440
_TIME = "A time is given in minutes since midnight, from 0 to 1439."


def _time(draw: Draw) -> int:
    """Often near midnight, near another one, or at a full hour."""
    return draw.pick((
        draw.below(_DAY), draw.pick((0, 1, 2, 1438, 1439)), 60 * draw.below(24),
        480 + draw.below(4), 717 + draw.below(5),
    ))  # fmt: skip


# ---------------------------------------------------------------- 1: one or two times
#
# name -> words, what comes beside `time`, result, oracle, what the function does, and slips.
_SIMPLE: dict[str, tuple[str, tuple[str, str], str, Callable[..., Any], str, _Slips]] = {
    "later": (
        f"{_TIME} Return the time that is `minutes` minutes after `time` (before it, if that is "
        "below 0), on whatever day: as a text of two digits for the hours from 00 to 23, a colon, "
        "and two digits for the minutes.",
        ("minutes", "int"), "str",
        lambda t, m: f"{(t + m) // 60 % 24}".zfill(2) + ":" + f"{(t + m) % 60}".zfill(2),
        "    later = (time + minutes) % 1440\n"
        '    return f"{later // 60:02}:{later % 60:02}"\n',
        [(" % 1440", ""), ("{later // 60:02}", "{later // 60}"),
         ("{later % 60:02}", "{later % 60}")],
    ),
    "until": (
        f"{_TIME} Return how many minutes after `time` it is `other` for the first time. If they "
        "are the same, that is a whole day later.",
        ("other", "int"), "int",
        lambda t, o: next(m for m in range(1, _DAY + 1) if (t + m) % _DAY == o),
        "    return (other - time - 1) % 1440 + 1\n",
        [("(other - time - 1) % 1440 + 1", "(other - time) % 1440"),
         ("(other - time - 1) % 1440 + 1", "abs(other - time) or 1440"),
         ("(other - time - 1) % 1440 + 1",
          "other - time if other > time else 1439 - time + other")],
    ),
    "apart": (
        f"{_TIME} Return how many minutes `time` and `other` are apart at least, on whatever days "
        "they are: 23:00 and 1:00, for instance, are 120 minutes apart.",
        ("other", "int"), "int",
        lambda t, o: min(abs(t - o + k) for k in (-_DAY, 0, _DAY)),
        "    return min((time - other) % 1440, (other - time) % 1440)\n",
        [("min((time - other) % 1440, (other - time) % 1440)", "abs(time - other)"),
         ("min((time - other) % 1440, (other - time) % 1440)", "(other - time) % 1440")],
    ),
    "rounded": (
        f"{_TIME} `step` is a number of minutes from 1 on that divides 1440 without remainder. "
        "Return the time nearest to `time` of those whose minutes since midnight are a multiple of "
        "`step`, midnight of the next day (which is 0) among them; of two that are as near, the "
        "later one.",
        ("step", "int"), "int",
        lambda t, s: max((-abs(m - t), m) for m in range(0, _DAY + 1, s))[1] % _DAY,
        "    return (time + step // 2) // step * step % 1440\n",
        [(" % 1440", ""), ("(time + step // 2) // step", "time // step"),
         ("(time + step // 2)", "(time + (step - 1) // 2)")],
    ),
    "days": (
        f"{_TIME} It is `time` on day 0. Return the day and the time `minutes` minutes later "
        "(earlier, if that is below 0), as a pair. The day before day 0 is -1; a day begins with "
        "time 0.",
        ("minutes", "int"), "tuple[int, int]",
        lambda t, m: next(
            (d, t + m - d * _DAY) for d in range(-9, 10) if 0 <= t + m - d * _DAY < _DAY
        ),
        "    return divmod(time + minutes, 1440)\n",
        [("divmod(time + minutes, 1440)",
          "int((time + minutes) / 1440), (time + minutes) % 1440"),
         ("divmod(time + minutes, 1440)", "minutes // 1440, (time + minutes) % 1440")],
    ),
    "ordered": (
        f"{_TIME} A shop's day begins at `time` and lasts until it is `time` again. Return the "
        "list of `times` in the order in which they come in the shop's day, which begins with "
        "`time` itself; equal ones all stay.",
        ("times", "list[int]"), "list[int]",
        lambda t, ts: sorted(x for x in ts if x >= t) + sorted(x for x in ts if x < t),
        "    return sorted(times, key=lambda other: (other < time, other))\n",
        [("(other < time, other)", "abs(other - time)"), ("other < time,", "other <= time,"),
         ("sorted(times, ", "sorted(set(times), ")],
    ),
    "strikes": (
        f"{_TIME} A clock strikes at each full hour: 12 times at 0:00 and 12:00, once at 1:00 and "
        "13:00, twice at 2:00 and 14:00, and so on. Return how often it strikes in all after "
        "`time`, until `minutes` minutes after it, which may be on another day; strikes at `time` "
        "itself do not count, but those at the last minute do. `minutes` is at least 0.",
        ("minutes", "int"), "int",
        lambda t, m: sum(
            int("CBA987654321"[::-1][(x // 60 - 1) % 12], 16) for x in range(t + 1, t + m + 1)
            if x % 60 == 0
        ),
        "    hours = range(time // 60 + 1, (time + minutes) // 60 + 1)\n"
        "    return sum((hour - 1) % 12 + 1 for hour in hours)\n",
        [("(hour - 1) % 12 + 1", "hour % 12"), ("(hour - 1) % 12 + 1", "1"),
         ("(time + minutes) // 60 + 1", "(time + minutes) // 60"),
         ("range(time // 60 + 1,", "range((time + 59) // 60,")],
    ),
    "spoken": (
        f"{_TIME} Return a text that says how many minutes later it is `other` for the first time, "
        "at once if they are the same: 5min for 5 minutes, 1h05min for 65, 2h00min for 120; of "
        "less than 60 minutes there are no hours.",
        ("other", "int"), "str",
        lambda t, o: re.sub("^0h0?", "", "{}h{:02}min".format(*divmod((o - t) % _DAY, 60))),
        "    hours, minutes = divmod((other - time) % 1440, 60)\n"
        '    return f"{hours}h{minutes:02}min" if hours else f"{minutes}min"\n',
        [("{minutes:02}", "{minutes}"), (" if hours else f\"{minutes}min\"", ""), (" % 1440", "")],
    ),
    "arrival": (
        f"{_TIME} `text` is a time of two digits for the hours from 00 to 23, a colon, and two "
        "digits for the minutes. Return how many minutes after `time` it is this time for the "
        "first time; 0 if it is so at `time` itself.",
        ("text", "str"), "int",
        lambda t, x: next(
            m for m in range(_DAY) if f"{(t + m) // 60 % 24:02}:{(t + m) % 60:02}" == x
        ),
        "    return (int(text[:2]) * 60 + int(text[3:]) - time) % 1440\n",
        [(" % 1440", ""), ("* 60", "* 100"),
         ("(int(text[:2]) * 60 + int(text[3:]) - time) % 1440",
          "(int(text[:2]) * 60 + int(text[3:]) - time - 1) % 1440 + 1")],
    ),
    "soon": (
        f"{_TIME} Return the list of the indices, counted from 0, of those of `times` that come at "
        "most 15 minutes after `time`, or are the same, in rising order. After 23:50, for "
        "instance, 0:05 comes 15 minutes later.",
        ("times", "list[int]"), "list[int]",
        lambda t, ts: [k for k in range(len(ts)) if ts[k] in [(t + m) % _DAY for m in range(16)]],
        "    return [\n        place for place, other in enumerate(times)\n"
        "        if (other - time) % 1440 <= 15\n    ]\n",
        [(" % 1440 <=", " <="), ("<= 15", "< 15"), ("(other - time) % 1440", "abs(other - time)")],
    ),
    "next": (
        f"{_TIME} Return that of `times` that comes first after `time`, or is the same, today or "
        "tomorrow; None if there are no `times`.",
        ("times", "list[int]"), "int | None",
        lambda t, ts: min([x for x in ts if x >= t] or ts, default=None),
        "    return min(times, key=lambda other: (other < time, other), default=None)\n",
        [("(other < time, other)", "abs(other - time)"), ("other < time,", "other <= time,"),
         ("min(times, key=lambda other: (other < time, other), default=None)",
          "min((other for other in times if other >= time), default=None)")],
    ),
    "parted": (
        f"{_TIME} Something begins at `time` and lasts `minutes` minutes, at least 0. Return a "
        "pair: how many of these minutes are on the day on which it begins, and how many are on "
        "later days.",
        ("minutes", "int"), "tuple[int, int]",
        lambda t, m: (len(range(t, min(t + m, _DAY))), len(range(_DAY, t + m))),
        "    return min(minutes, 1440 - time), max(0, time + minutes - 1440)\n",
        [("min(minutes, 1440 - time)", "1440 - time"), ("max(0, time + minutes - 1440)",
                                                        "(time + minutes) % 1440"),
         ("max(0, time + minutes - 1440)", "minutes // 1440")],
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 2: open or closed
#
# name -> words, how long it is open if both times are the same, Python for the length, and a slip.
_SAME = {
    "never": (
        "If `opens` and `closes` are the same, it is never open.",
        0,
        "(closes - opens) % 1440",
        ("(closes - opens) % 1440", "(closes - opens - 1) % 1440 + 1"),
    ),
    "always": (
        "If `opens` and `closes` are the same, it is always open.",
        _DAY,
        "(closes - opens - 1) % 1440 + 1",
        ("(closes - opens - 1) % 1440 + 1", "(closes - opens) % 1440"),
    ),
}
# name -> words, result, oracle (of the times, and whether it is open at one), Python, and a slip.
_Times = Callable[[list[int], Callable[[int], bool], int, int], Any]
_ASKED: dict[str, tuple[str, str, _Times, str, _Slips]] = {
    "flags": (
        "a list with True for each of `times` at which it is open and False for each other one, in "
        "their order", "list[bool]",
        lambda ts, is_open, *_: [is_open(t) for t in ts],
        "    return [(time - opens) % 1440 < length for time in times]\n", [],
    ),
    "count": (
        "at how many of `times` it is open; equal ones all count", "int",
        lambda ts, is_open, *_: len([t for t in ts if is_open(t)]),
        "    return sum((time - opens) % 1440 < length for time in times)\n",
        [("for time in times", "for time in set(times)")],
    ),
    "waits": (
        "a list with one number for each of `times`, in their order: 0 if it is open then, and "
        "else how many minutes later it is `opens` for the first time (0 if it is then)",
        "list[int]",
        lambda ts, is_open, o, _: [
            0 if is_open(t) else next(m for m in range(_DAY) if (t + m) % _DAY == o) for t in ts
        ],
        "    return [\n        0 if (time - opens) % 1440 < length else (opens - time) % 1440\n"
        "        for time in times\n    ]\n",
        [("else (opens - time) % 1440", "else opens - time")],
    ),
    "left": (
        "a list with one number for each of `times`, in their order: 0 if it is closed then, and "
        "else how many minutes later it is `closes` for the first time (1440 if it is `closes` at "
        "that very time)", "list[int]",
        lambda ts, is_open, _, c: [
            next(m for m in range(1, _DAY + 1) if (t + m) % _DAY == c) if is_open(t) else 0
            for t in ts
        ],
        "    return [max(0, length - (time - opens) % 1440) for time in times]\n",
        [("length - (time - opens) % 1440", "closes - time")],
    ),
    "first": (
        "the first of `times`, in their order, at which it is closed; None if there is none",
        "int | None",
        lambda ts, is_open, *_: next((t for t in ts if not is_open(t)), None),
        "    return next((time for time in times if (time - opens) % 1440 >= length), None)\n",
        [("for time in times if", "for time in sorted(times) if")],
    ),
    "parted": (
        "a pair of lists: those of `times` at which it is open, and those at which it is closed, "
        "both in their order", "tuple[list[int], list[int]]",
        lambda ts, is_open, *_: (
            [t for t in ts if is_open(t)], [t for t in ts if not is_open(t)]
        ),
        "    during: list[int] = []\n    outside: list[int] = []\n    for time in times:\n"
        "        (during if (time - opens) % 1440 < length else outside).append(time)\n"
        "    return during, outside\n",
        [("return during, outside", "return sorted(during), sorted(outside)")],
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 3: stamps
#
# name -> words, Python for the minutes between two stamps, and a slip.
_AGAIN = {
    "none": (
        "less than 24 hours have passed, so that none have if they show the same time",
        "(time - moments[-1]) % 1440",
        ("(time - moments[-1]) % 1440", "abs(time - moments[-1] % 1440)"),
    ),
    "day": (
        "some time has passed, but no more than 24 hours, so that these have passed if they show "
        "the same time",
        "(time - moments[-1] - 1) % 1440 + 1",
        ("(time - moments[-1] - 1) % 1440 + 1", "(time - moments[-1]) % 1440"),
    ),
}
_BAD = {
    "raises": (
        "If one of `stamps` is no such text, ValueError is raised.",
        "[minutes(stamp) for stamp in stamps]",
        "    if match is None:\n        raise ValueError(stamp)\n",
    ),
    "skipped": (
        "Those of `stamps` that are no such texts are left out, as if they were not there.",
        "[time for stamp in stamps if (time := minutes(stamp)) is not None]",
        "    if match is None:\n        return None\n",
    ),
}
# name -> words, result, oracle (of the moments), Python, and a slip.
_PASSED: dict[str, tuple[str, str, Callable[[list[int]], Any], str, tuple[str, str]]] = {
    "total": (
        "how many minutes have passed from the first stamp to the last one; 0 if there are none",
        "int",
        lambda m: sum(b - a for a, b in itertools.pairwise(m)),
        "moments[-1] - moments[0] if moments else 0",
        ("moments[-1] - moments[0]", "(moments[-1] - moments[0]) % 1440"),
    ),
    "gaps": (
        "a list of how many minutes have passed from each stamp to the next one",
        "list[int]",
        lambda m: [m[k] - m[k - 1] for k in range(1, len(m))],
        "[after - before for before, after in zip(moments, moments[1:])]",
        ("after - before for", "(after - before) % 720 for"),
    ),
    "days": (
        "a list with the day of each stamp; the first stamp is on day 0, and a day begins at 00:00",
        "list[int]",
        lambda m: [len(range(_DAY, moment + 1, _DAY)) for moment in m],
        "[moment // 1440 for moment in moments]",
        ("moment // 1440 for", "(moment - moments[0]) // 1440 for"),
    ),
    "longest": (
        "the index of the stamp after which most minutes have passed until the next one; of "
        "several, the first; stamps count from 0. If there are fewer than two stamps, return None",
        "int | None",
        lambda m: next(
            (k for k in range(len(m) - 1) if m[k + 1] - m[k] == max(
                b - a for a, b in itertools.pairwise(m))), None),
        "max(range(len(moments) - 1), key=lambda k: moments[k + 1] - moments[k], default=None)",
        ("max(range(len(moments) - 1)", "max(reversed(range(len(moments) - 1))"),
    ),
    "worked": (
        "how many minutes have been worked: work begins at the first stamp, ends at the second, "
        "begins at the third, ends at the fourth, and so on. A last stamp at which work begins but "
        "does not end does not count",
        "int",
        lambda m: sum(m[k + 1] - m[k] for k in range(0, len(m) - 1, 2)),
        "sum(end - begin for begin, end in zip(moments[::2], moments[1::2]))",
        ("zip(moments[::2], moments[1::2])", "zip(moments, moments[1:])"),
    ),
}  # fmt: skip
_STAMP = re.compile("([01][0-9]|2[0-3]):[0-5][0-9]")

# ---------------------------------------------------------------- 4: bands of a day
#
_UNITS = {
    "minute": ("Each minute of the stay belongs to the band that applies when it begins.", 1),
    "quarter": (
        "The stay is cut into quarters of an hour, from its start on; the last one may be cut "
        "short by the end of the stay, but counts as 15 minutes. Each belongs as a whole to the "
        "band that applies when it begins.",
        15,
    ),
}
_TWICE = {
    "last": (
        "If several bands begin at the same time, only the one that stands last of them counts.",
        "",
        ("dict(bands)", "dict(reversed(bands))"),
    ),
    "raises": (
        "If several bands begin at the same time, ValueError is raised.",
        "    if len(dict(bands)) < len(bands):\n        raise ValueError(bands)\n",
        ("len(dict(bands)) < len(bands)", "len(set(bands)) < len(bands)"),
    ),
}
# name -> words, result, oracle (of the names, one for each unit, and its minutes), Python, a slip.
_Spent = Callable[[list[str], int], Any]
_SPENT: dict[str, tuple[str, str, _Spent, str, tuple[str, str]]] = {
    "totals": (
        "a dictionary from each name to how many minutes of the stay belong to bands of that name, "
        "without names to which none belong",
        "dict[str, int]",
        lambda names, unit: {k: sum(unit for n in names if n == k) for k in names},
        "{{name: {times}names.count(name) for name in names}}",
        ("for name in names}", "for _, name in bands}"),
    ),
    "pieces": (
        "a list of pairs (name, minutes), one for each part of the stay that belongs to one name, "
        "in their order; neighbours are of different names",
        "list[tuple[str, int]]",
        lambda names, unit: _pieces(names, unit),
        "[(name, {times}len(list(run))) for name, run in groupby(names)]",
        ("groupby(names)", "groupby(sorted(names))"),
    ),
    "most": (
        "the name to which most minutes of the stay belong; of several, the alphabetically first; "
        "None if the stay has no minutes",
        "str | None",
        lambda names, _: max(sorted(set(names)), key=names.count, default=None),
        "min(names, key=lambda name: (-names.count(name), name), default=None)",
        ("(-names.count(name), name)", "-names.count(name)"),
    ),
    "switches": (
        "a list of how many minutes of the stay have passed each time when a part begins that "
        "belongs to another name than what comes before it in the stay",
        "list[int]",
        lambda names, unit: list(itertools.accumulate(n for _, n in _pieces(names, unit)))[:-1],
        "[{times}place for place in range(1, len(names)) if names[place] != names[place - 1]]",
        ("names[place] != names[place - 1]", "names[place] != names[0]"),
    ),
}


def _pieces(names: list[str], unit: int) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for name in names:
        if found and found[-1][0] == name:
            found.append((name, found.pop()[1] + unit))
        else:
            found.append((name, unit))
    return found


# ---------------------------------------------------------------- 5: days with opening hours
#
# name -> words, oracle (of whether it is open in a minute, how many there are, start, minutes),
# Python up to where nothing is found, what is returned else, and slips.
_Open = Callable[[set[int], int, int, int], Any]


def _due(opened: set[int], end: int, start: int, minutes: int) -> int | None:
    rest = [m for m in range(start, end) if m in opened]
    return rest[minutes - 1] + 1 if len(rest) >= minutes else None


def _slot(opened: set[int], end: int, start: int, minutes: int) -> int | None:
    return next(
        (m for m in range(start, end) if all(m + k in opened for k in range(minutes))), None
    )


def _closed(opened: set[int], _: int, start: int, minutes: int) -> list[tuple[int, int]]:
    shut = [m for m in range(start, start + minutes) if m not in opened]
    firsts = [m for m in shut if m - 1 not in shut]
    lasts = [m + 1 for m in shut if m + 1 not in shut]
    return list(zip(firsts, lasts, strict=True))


_PLANS: dict[str, tuple[str, str, _Open, str, _Slips]] = {
    "due": (
        "Work goes on only while it is open, from `start` on. Return the moment at which work of "
        "`minutes` minutes is finished.", "int", _due,
        "    moment = start\n    for first, last in periods(days):\n"
        "        first = max(first, moment)\n        if first + minutes <= last:\n"
        "            return first + minutes\n        minutes -= max(0, last - first)\n"
        "        moment = max(moment, last)\n",
        [("first + minutes <= last", "first + minutes < last"),
         ("max(first, moment)", "max(first, start)"), ("        moment = max(moment, last)\n",
                                                       "        moment = last\n")],
    ),
    "slot": (
        "Return the first moment from `start` on from which it is open for `minutes` minutes "
        "without a break.", "int", _slot,
        "    begin = until = start\n    for first, last in periods(days):\n"
        "        if first > until:\n            begin = first\n"
        "        until = max(until, last)\n        if begin + minutes <= until:\n"
        "            return begin\n",
        [("first > until", "first >= until"), ("        until = max(until, last)\n",
                                               "        until = last\n"),
         ("begin + minutes <= until", "begin + minutes < until")],
    ),
    "count": (
        "Return how many of the `minutes` minutes from `start` on it is open.", "int",
        lambda opened, _, start, n: len(opened & set(range(start, start + n))),
        "    moment, end, total = start, start + minutes, 0\n"
        "    for first, last in periods(days):\n"
        "        total += max(0, min(last, end) - max(first, moment))\n"
        "        moment = max(moment, last)\n    return total\n",
        [("        moment = max(moment, last)\n", ""), ("min(last, end)", "last"),
         ("        moment = max(moment, last)\n", "        moment = last\n")],
    ),
    "closed": (
        "Look at the `minutes` minutes from `start` on. Return a list with a pair for each part of "
        "them in which it is closed, as long as it can be, in their order: the moment at which "
        "the part begins, and the moment at which it ends (the first one that is not in it).",
        "list[tuple[int, int]]", _closed,
        "    moment, end = start, start + minutes\n    found: list[tuple[int, int]] = []\n"
        "    for first, last in periods(days):\n        if moment < min(first, end):\n"
        "            found.append((moment, min(first, end)))\n"
        "        moment = max(moment, last)\n"
        "    if moment < end:\n        found.append((moment, end))\n    return found\n",
        [("moment = max(moment, last)", "moment = last"),
         ("    if moment < end:\n        found.append((moment, end))\n", ""),
         ("        if moment < min(first, end):\n", "        if moment <= min(first, end):\n")],
    ),
}  # fmt: skip
_TURNING = {
    "turns": (
        "If `closes` is not greater than `opens`, it closes at that time of the next day, which "
        "need not be one of `days`.",
        "                closes += 1440\n",
        ("closes <= opens", "closes < 0"),
    ),
    "raises": (
        "If for any of them `closes` is not greater than `opens`, ValueError is raised.",
        "                raise ValueError(opens, closes)\n",
        ("closes <= opens", "closes < opens"),
    ),
}
_NOT_FOUND = {
    "none": ("If there is no such moment, return None.", "    return None\n", "int | None"),
    "raises": (
        "If there is no such moment, ValueError is raised.",
        "    raise ValueError(minutes)\n",
        "int",
    ),
    "": ("", "", ""),
}

# ---------------------------------------------------------------- 5: who is on duty
#
_Crews = list[frozenset[str]]
_RUNS = (
    "    runs = [\n        ({key}, list(run))\n"
    "        for {key}, run in groupby(crews(shifts), key=lambda piece: {of})\n    ]\n"
)


def _stretches(crews: _Crews, of: Callable[[frozenset[str]], Any]) -> list[tuple[Any, int, int]]:
    cuts = [0, *(m for m in range(1, _DAY) if of(crews[m]) != of(crews[m - 1])), _DAY]
    return [(of(crews[start]), start, end) for start, end in itertools.pairwise(cuts)]


# name -> words, result, oracle (of who is on duty in each minute), imports, Python, and slips.
_DUTY: dict[str, tuple[str, str, Callable[[_Crews], Any], str, str, _Slips]] = {
    "crews": (
        "a list of triples (start, end, names), in their order, which covers the day from 0 to "
        "1440: from start on, but no longer at end, all those named, and no others, are on duty; "
        "names are in alphabetical order, and no two neighbours have the same",
        "list[tuple[int, int, list[str]]]",
        lambda crews: [(a, b, sorted(names)) for names, a, b in _stretches(crews, frozenset)],
        "groupby",
        _RUNS.format(key="names", of="piece[2]")
        + "    return [(run[0][0], run[-1][1], sorted(names)) for names, run in runs]\n",
        [("[(run[0][0], run[-1][1], sorted(names)) for names, run in runs]",
          "[(start, end, sorted(names)) for start, end, names in crews(shifts)]"),
         ("for names, run in runs]", "for names, run in runs if names]")],
    ),
    "gaps": (
        "a list of pairs (start, end), in their order, for the parts of the day from 0 to 1440 in "
        "which nobody is on duty: from start on, but no longer at end; each is as long as it can "
        "be in the day", "list[tuple[int, int]]",
        lambda crews: [(a, b) for names, a, b in _stretches(crews, frozenset) if not names],
        "groupby",
        _RUNS.format(key="names", of="piece[2]")
        + "    return [(run[0][0], run[-1][1]) for names, run in runs if not names]\n",
        [("if not names", "if len(names) < 2"), ("key=lambda piece: piece[2]",
                                                 "key=lambda piece: piece[0]")],
    ),
    "busiest": (
        "a triple (count, start, end): the greatest number of names on duty at the same time, and "
        "the first part of the day from 0 to 1440, as long as it can be, in which so many are, "
        "though perhaps others: from start on, but no longer at end", "tuple[int, int, int]",
        lambda crews: sorted(_stretches(crews, len), key=lambda x: -x[0])[0],
        "groupby",
        _RUNS.format(key="count", of="len(piece[2])")
        + "    count, run = max(runs, key=lambda pair: pair[0])\n"
        "    return count, run[0][0], run[-1][1]\n",
        [("max(runs, key", "max(reversed(runs), key"),
         ("        (count, list(run))\n        for count, run in groupby(crews(shifts), "
          "key=lambda piece: len(piece[2]))\n",
          "        (len(names), list(run))\n        for names, run in groupby(crews(shifts), "
          "key=lambda piece: piece[2])\n")],
    ),
    "pairs": (
        "a dictionary to the number of minutes of a day in which both are on duty from each pair "
        "of names (name, other name), in alphabetical order, for which this is not 0",
        "dict[tuple[str, str], int]",
        lambda crews: {
            pair: sum(pair[0] in crew and pair[1] in crew for crew in crews)
            for pair in sorted({(a, b) for crew in crews for a in crew for b in crew if a < b})
        },
        "combinations",
        "    found: dict[tuple[str, str], int] = {}\n"
        "    for start, end, names in crews(shifts):\n"
        "        for pair in combinations(sorted(names), 2):\n"
        "            found[pair] = found.get(pair, 0) + end - start\n    return found\n",
        [("sorted(names)", "dict.fromkeys(name for name, *_ in shifts if name in names)"),
         ("found.get(pair, 0) + end - start", "end - start")],
    ),
    "alone": (
        "a dictionary from each name to the number of minutes of a day in which it is on duty and "
        "no other is, without names for which this is 0", "dict[str, int]",
        lambda crews: {
            name: crews.count(frozenset([name])) for crew in crews for name in sorted(crew)
            if frozenset([name]) in crews
        },
        "",
        "    found: dict[str, int] = {}\n    for start, end, names in crews(shifts):\n"
        "        if len(names) == 1:\n            [name] = names\n"
        "            found[name] = found.get(name, 0) + end - start\n    return found\n",
        [("        if len(names) == 1:\n            [name] = names\n",
          "        for name in names:\n"), ("found.get(name, 0) + end - start", "end - start")],
    ),
}  # fmt: skip


def _variants(level: int) -> list[tuple[Any, ...]]:
    if level == 1:
        return [(1, name) for name in _SIMPLE]
    if level == 2:
        return [(2, *both) for both in itertools.product(_SAME, _ASKED)]
    if level == 3:
        return [(3, *all_) for all_ in itertools.product(_AGAIN, _BAD, _PASSED)]
    if level == 4:
        return [(4, *all_) for all_ in itertools.product(_UNITS, _TWICE, _SPENT)]
    plans = [
        (5, plan, turning, absent)
        for plan, turning, absent in itertools.product(_PLANS, _TURNING, _NOT_FOUND)
        if (absent == "") == (plan in ("count", "closed"))
    ]
    # Who is always on duty leaves no gaps that could be joined.
    duties = [both for both in itertools.product(_SAME, _DUTY) if both != ("always", "gaps")]
    return [*plans, *[(5, *both) for both in duties]]


@family("clock", _variants)
def clock(level: int, *how: str) -> Problem:
    return _LEVELS[level](*how)


def _simple(name: str) -> Problem:
    words, (beside, kind), returns, oracle, python, slips = _SIMPLE[name]
    reference = f"def clock(time: int, {beside}: {kind}) -> {returns}:\n{python}"

    def arguments(draw: Draw) -> tuple[Any, ...]:
        time = _time(draw)
        if beside == "other":
            other = (time + draw.pick((0, 1, -1, 59, 60, 61, 120))) % _DAY
            return time, draw.pick((other, _time(draw), _time(draw)))
        if beside == "step":
            return time, draw.pick((1, 2, 5, 10, 15, 20, 30, 60, 90, 180, 720, 1440))
        if beside == "text":
            other = draw.pick(((time + draw.pick((0, 1, -1, 59, 60))) % _DAY, _time(draw)))
            return time, f"{other // 60:02}:{other % 60:02}"
        if name == "soon":
            near = [(time + k) % _DAY for k in (-1, 0, 14, 15, 16, 60)]
            return time, [draw.pick((draw.pick(near), _time(draw))) for _ in range(draw.below(8))]
        if beside == "times":
            return time, [draw.pick((time, _time(draw))) for _ in range(draw.below(8))]
        minutes = draw.pick((draw.below(200), 60 * draw.below(60), draw.below(4000)))
        return time, minutes if name in ("strikes", "parted") or draw.chance(0.6) else -minutes

    others: dict[str, list[Any]] = {
        "other": [0, 1, 1439, 480, 720],
        "step": [1, 15, 60, 1440],
        "times": [
            [14, 15, 480, 0, 495, 496],
            [],
            [0],
            [1439, 0, 480],
            [481, 480, 479, 480],
            [0, 0, 1439, 1439],
        ],
        "text": ["00:00", "00:01", "23:59", "08:00", "12:34"],
        "minutes": [0, 1, 60, 1440] if name in ("strikes", "parted") else [0, 60, -1, -1440, 2880],
    }
    times = (0, 1439, 510) if name == "rounded" else (0, 1439, 480)
    return Problem(
        words,
        Interface("clock", (("time", "int"), (beside, kind)), returns),
        reference,
        oracle,
        arguments,
        [(time, other) for time in times for other in others[beside]][:15],
        [slip(reference, change) for change in slips],
    )


def _hours(same: str, asked: str) -> Problem:
    rule, whole, length, mistake = _SAME[same]
    words, returns, tell, python, slips = _ASKED[asked]
    reference = (
        "def clock(hours: tuple[int, int], times: list[int]) -> "
        f"{returns}:\n    opens, closes = hours\n    length = {length}\n{python}"
    )

    def oracle(hours: tuple[int, int], times: list[int]) -> Any:
        opens, closes = hours
        minutes = range(opens, closes + (_DAY if closes < opens else 0))
        opened = {m % _DAY for m in minutes} if opens != closes else set(range(whole))
        return tell(times, opened.__contains__, opens, closes)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        opens, closes = _time(draw), _time(draw)
        if draw.chance(0.2):
            closes = opens
        near = [(t + k) % _DAY for t in (opens, closes) for k in (-1, 0, 0, 1)]
        times = [draw.pick((draw.pick(near), _time(draw))) for _ in range(draw.below(8))]
        return (opens, closes), times

    times = [0, 480, 1080, 479, 1439, 0, 1079, 481]
    return Problem(
        f"Times are given in minutes since midnight, from 0 to 1439. `hours` is a pair (opens, "
        "closes) of times. It is open each day from `opens` on until it is `closes` for the first "
        "time after that, which may be on the next day; it is no longer open when it is `closes`. "
        f"{rule}\nReturn {words}.",
        Interface("clock", (("hours", "tuple[int, int]"), ("times", "list[int]")), returns),
        reference,
        oracle,
        arguments,
        [
            ((480, 1080), times), ((1080, 480), times), ((480, 480), times), ((0, 0), times),
            ((480, 1080), []), ((480, 480), []), ((0, 1439), times), ((1439, 0), times),
            ((1439, 1439), [1439]), ((600, 0), [599, 600, 1439, 0]), ((480, 480), [480]),
            ((481, 480), [480, 481]), ((480, 481), [480, 481]), ((480, 1080), [1080, 900, 300]),
        ],
        [
            slip(reference, mistake),
            slip(reference, ("< length", "<= length") if "< length" in python else
                 (">= length", "> length") if ">= length" in python else
                 ("max(0, length - (time - opens) % 1440)", "length - (time - opens) % 1440")),
            *[slip(reference, change) for change in slips],
        ],
    )  # fmt: skip


def _stamps(again: str, bad: str, passed: str) -> Problem:
    rule, between, mistake = _AGAIN[again]
    sentence, times, check = _BAD[bad]
    words, returns, tell, python, other = _PASSED[passed]
    kind = "int" if bad == "raises" else "int | None"
    reference = (
        f"import re\n\n\ndef clock(stamps: list[str]) -> {returns}:\n"
        f"    times = {times}\n"
        "    moments: list[int] = []  # In minutes since the midnight before the first one.\n"
        "    for time in times:\n        if moments:\n"
        f"            time = moments[-1] + {between}\n        moments.append(time)\n"
        f"    return {python}\n\n\n"
        f"def minutes(stamp: str) -> {kind}:\n"
        '    match = re.fullmatch("([01][0-9]|2[0-3]):([0-5][0-9])", stamp)\n'
        f"{check}    return int(match[1]) * 60 + int(match[2])\n"
    )

    def oracle(stamps: list[str]) -> Any:
        good = [stamp for stamp in stamps if _STAMP.fullmatch(stamp)]
        if bad == "raises" and good != stamps:
            raise raising("ValueError")
        moments: list[int] = []
        for stamp in good:
            moment = int(stamp[:2]) * 60 + int(stamp[3:])
            while moments and (moment < moments[-1] or (again, moment) == ("day", moments[-1])):
                moment += _DAY
            moments.append(moment)
        return tell(moments)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        stamps: list[str] = []
        time = _time(draw)
        for _ in range(draw.below(8)):
            step = (0, 0, 1, 60, 90, 400, 719, 720, 1000, 1439)
            time = (time + draw.pick(step)) % _DAY
            stamps.append(f"{time // 60:02}:{time % 60:02}")
        if draw.chance(0.12 if bad == "raises" else 0.4):
            broken = ("24:00", "7:30", "07:60", "0730", "12:5", "ab:cd", "", "-1:30", "12:345")
            stamps.insert(draw.below(len(stamps) + 1), draw.pick(broken))
        return (stamps,)

    return Problem(
        "Each of `stamps` is a text of two digits for the hour from 00 to 23, a colon, and two "
        f"digits for the minute from 00 to 59. {sentence}\nStamps are in the order in which they "
        f"were made. Between a stamp and the next one {rule}.\nReturn {words}.",
        Interface("clock", (("stamps", "list[str]"),), returns),
        reference,
        oracle,
        arguments,
        [
            ([],), (["08:00"],), (["08:00", "08:00"],), (["00:00", "23:59", "00:01"],),
            (["22:30", "06:15", "22:30", "06:15"],), (["08:00", "12:00", "12:30", "17:00"],),
            (["10:00", "09:00", "08:00", "07:00"],), (["08:00", "09:00", "24:00"],),
            (["08:00", "8:00", "09:00"],), (["12:34", "12:345"],), (["09:00", "07:60"],),
            (["08:00", "09:00", "24:00", "01:00"],), (["12:00", "00:00", "12:00"],),
            (["08:59", "09:00", "08:59"],), (["10:00", "18:00", "02:00"],),
            (["10:00", "00:00", "23:59"],), (["00:01", "00:00", "00:00"],),
            # What `int` reads, and a pattern that ends with $.
            *((["08:00", "10:00", odd, "11:00"],) for odd in ("+9:30", " 9:30", "09:30\n")),
        ],
        [
            slip(reference, mistake),
            slip(reference, other),
            slip(reference, ("fullmatch(", "match("))
            if bad == "raises" else slip(reference, ("2[0-3]", "2[0-9]")),
        ],
    )  # fmt: skip


def _bands(units: str, twice: str, spent: str) -> Problem:
    rule, unit = _UNITS[units]
    sentence, check, mistake = _TWICE[twice]
    words, returns, tell, python, other = _SPENT[spent]
    imports = "from bisect import bisect_right\n"
    if "groupby" in python:
        imports += "from itertools import groupby\n"
    python = python.replace("{times}", f"{unit} * " if unit > 1 else "")
    python = python.replace("{{", "{").replace("}}", "}")
    steps = "range(minutes)" if unit == 1 else f"range(0, minutes, {unit})"
    reference = (
        f"{imports}\n\n"
        f"def clock(bands: list[tuple[int, str]], start: int, minutes: int) -> {returns}:\n"
        f"{check}    order = sorted(dict(bands).items())\n"
        f"    names = [name_at(order, (start + passed) % 1440) for passed in {steps}]\n"
        f"    return {python}\n\n\n"
        "def name_at(order: list[tuple[int, str]], time: int) -> str:\n"
        "    place = bisect_right([first for first, _ in order], time)\n"
        "    return order[place - 1][1]  # Before the first band, the last one of all.\n"
    )

    def oracle(bands: list[tuple[int, str]], start: int, minutes: int) -> Any:
        begins = [first for first, _ in bands]
        if twice == "raises" and any(begins.count(first) > 1 for first in begins):
            raise raising("ValueError")
        named = dict(bands)
        names = []
        for moment in range(start, start + minutes, unit):
            begin = moment
            while begin % _DAY not in named:
                begin -= 1
            names.append(named[begin % _DAY])
        return tell(names, unit)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        names = ("day", "late", "night", "peak")[: draw.between(1, 4)]
        bands = [(_time(draw), draw.pick(names)) for _ in range(draw.between(1, 5))]
        if draw.chance(0.5 if twice == "last" else 0.15):
            bands.insert(draw.below(len(bands) + 1), (draw.pick(bands)[0], draw.pick(names)))
        elif twice == "raises":
            bands = draw.shuffle(list(dict(bands).items()))
        near = (draw.pick(bands)[0] + draw.pick((-30, -15, -1, 0, 1))) % _DAY
        minutes = draw.pick((draw.below(40), draw.below(200), 15 * draw.below(99), 1440))
        return bands, draw.pick((near, near, _time(draw))), minutes

    two = [(480, "day"), (1200, "night")]
    if spent == "most" and twice == "last":
        other = ("(-names.count(name), name)", "(names.count(name), name)")
    return Problem(
        "Times are given in minutes since midnight, from 0 to 1439. Each of `bands` is a pair "
        "(time, name): from this time of each day on, the band applies, until the next one "
        "begins, perhaps on another day. There is at least one band; bands are in no particular "
        f"order, and several may have the same name. {sentence}\nA stay begins at the time "
        f"`start` and lasts `minutes` minutes, at least 0, perhaps over days. {rule}\nReturn "
        f"{words}.",
        Interface(
            "clock",
            (("bands", "list[tuple[int, str]]"), ("start", "int"), ("minutes", "int")),
            returns,
        ),
        reference,
        oracle,
        arguments,
        [
            (two, 480, 0), (two, 479, 1), (two, 480, 1), (two, 1190, 20), (two, 1439, 2),
            (two[::-1], 1190, 30), (two, 470, 1440), (two, 1425, 990), (two, 1424, 991),
            ([(0, "day")], 0, 16), ([(1439, "late")], 5, 15), ([*two, (480, "peak")], 479, 16),
            ([(480, "peak"), *two], 470, 61), ([(0, "b"), (720, "a"), (730, "b")], 715, 33),
        ],
        [
            slip(reference, mistake),
            slip(reference, other),
            slip(reference, ("bisect_right(", "bisect_left("), ("import bisect_right",
                                                               "import bisect_left")),
        ],
    )  # fmt: skip


def _plan_or_duty(*how: str) -> Problem:
    return _duty(*how) if how[0] in _SAME else _plan(*how)


def _duty(same: str, asked: str) -> Problem:
    _, whole, _, mistake = _SAME[same]
    words, returns, tell, needed, python, slips = _DUTY[asked]
    length, mistaken = (
        text.replace("closes", "last").replace("opens", "first") for text in mistake
    )  # fmt: skip
    imports = f"from itertools import {needed}\n\n\n" if needed else ""
    reference = (
        f"{imports}def clock(shifts: list[tuple[str, int, int]]) -> {returns}:\n{python}\n\n"
        "def crews(shifts: list[tuple[str, int, int]]) -> list[tuple[int, int, set[str]]]:\n"
        '    """From when to when who is on duty; neighbours may be the same."""\n'
        "    times = {time for _, *both in shifts for time in both}\n"
        "    cuts = sorted({0, 1440} | times)\n"
        "    found: list[tuple[int, int, set[str]]] = []\n"
        "    for start, end in zip(cuts, cuts[1:]):\n        names = {\n"
        "            name for name, first, last in shifts\n"
        f"            if (start - first) % 1440 < {length}\n        }}\n"
        "        found.append((start, end, names))\n    return found\n"
    )

    def oracle(shifts: list[tuple[str, int, int]]) -> Any:
        crews: list[set[str]] = [set() for _ in range(_DAY)]
        for name, first, last in shifts:
            count = whole if first == last else len([*range(first, last)] or [
                *range(first, _DAY), *range(last)
            ])  # fmt: skip
            for minute in range(first, first + count):
                crews[minute % _DAY].add(name)
        return tell([frozenset(crew) for crew in crews])

    def arguments(draw: Draw) -> tuple[Any, ...]:
        names = draw.shuffle(("ann", "bob", "cy", "dee"))[: draw.between(1, 4)]
        hours = [60 * hour for hour in draw.shuffle(range(24))[: draw.between(2, 6)]]
        hours += [0] if draw.chance(0.3) else []
        shifts = []
        for _ in range(draw.below(7)):
            first = draw.pick(hours)
            other = draw.pick([hour for hour in hours if hour != first])
            last = first if draw.chance(0.12) else other
            shifts.append((draw.pick(names), first, last))
        return (shifts,)

    return Problem(
        "Times are given in minutes since midnight, from 0 to 1439. Each of `shifts` is a name and "
        "two times, `from` and `to`: each day, this name is on duty from `from` on, until it is "
        "`to` for the first time after that, which may be on the next day; at `to` it is no longer "
        f"on duty by this shift. If `from` and `to` are the same, it is {same} on duty by this "
        "shift. A name may have several shifts, which may overlap; it is on duty whenever one of "
        f"them says so, and counts once.\nAll days are alike. Return {words}.",
        Interface("clock", (("shifts", "list[tuple[str, int, int]]"),), returns),
        reference,
        oracle,
        arguments,
        [
            ([],), ([("ann", 480, 1020)],), ([("ann", 1320, 360)],), ([("ann", 480, 480)],),
            ([("ann", 0, 0)],), ([("bob", 480, 720), ("ann", 720, 1020)],),
            ([("ann", 480, 720), ("ann", 720, 1020)],), ([("ann", 360, 0), ("bob", 0, 360)],),
            ([("ann", 1320, 360), ("bob", 359, 359)],),
            ([("bob", 480, 1020), ("ann", 600, 720)],), ([("cy", 1439, 1), ("bob", 0, 1439)],),
            ([("bob", 480, 720), ("ann", 600, 900), ("cy", 700, 720), ("bob", 720, 800)],),
            ([("bob", 1200, 300), ("ann", 1260, 240), ("bob", 100, 200), ("cy", 200, 1300)],),
            ([("bob", 480, 600), ("cy", 540, 600), ("ann", 600, 660), ("bob", 600, 660)],),
            ([("ann", 480, 600), ("bob", 700, 700), ("ann", 800, 900), ("bob", 900, 1000)],),
        ],
        [
            slip(reference, (length, mistaken)),
            slip(reference, ("(start - first) % 1440 <", "start - first <")),
            *[slip(reference, change) for change in slips],
        ],
    )  # fmt: skip


def _plan(plan: str, turning: str, absent: str) -> Problem:
    words, returns, find, python, slips = _PLANS[plan]
    rule, then, mistake = _TURNING[turning]
    sentence, otherwise, kind = _NOT_FOUND[absent]
    returns = kind or returns
    reference = (
        "def clock(days: list[list[tuple[int, int]]], start: int, minutes: int) -> "
        f"{returns}:\n{python}{otherwise}\n\n"
        "def periods(days: list[list[tuple[int, int]]]) -> list[tuple[int, int]]:\n"
        '    """From which moment to which it is open, by the first of them."""\n'
        "    found: list[tuple[int, int]] = []\n    for day, hours in enumerate(days):\n"
        "        for opens, closes in hours:\n            if closes <= opens:\n"
        f"{then}            found.append((day * 1440 + opens, day * 1440 + closes))\n"
        "    return sorted(found)\n"
    )

    def oracle(days: list[list[tuple[int, int]]], start: int, minutes: int) -> Any:
        opened: set[int] = set()
        for day, hours in enumerate(days):
            for opens, closes in hours:
                if closes <= opens and turning == "raises":
                    raise raising("ValueError")
                length = closes - opens if closes > opens else closes - opens + _DAY
                opened |= {day * _DAY + opens + k for k in range(length)}
        found = find(opened, max(opened, default=0) + 1, start, minutes)
        if found is None and absent == "raises":
            raise raising("ValueError")
        return found

    def arguments(draw: Draw) -> tuple[Any, ...]:
        days = []
        for _ in range(draw.between(1, 3)):
            hours = []
            for _ in range(draw.pick((0, 1, 1, 2, 3))):
                opens = 60 * draw.pick((0, 6, 8, 9, 12, 13, 18, 20, 22))
                closes = opens + 60 * draw.pick((1, 2, 3, 4, 5, 9))
                if turning == "raises":
                    closes = opens if draw.chance(0.04) else min(closes, 1439)
                hours.append((opens, closes % _DAY))
            days.append(hours)
        hour = draw.pick([opens for hours in days for opens, _ in hours] or [0])
        start = draw.below(len(days)) * _DAY + hour + draw.pick((-60, -1, 0, 0, 30, 60))
        return days, max(0, start - draw.pick((0, _DAY))), draw.pick((1, 60, 119, 120, 240, 500))

    split = [(480, 720), (720, 900)]
    return Problem(
        "`days` are the days 0, 1, 2 and so on, each a list of its opening hours, in no particular "
        "order: pairs (opens, closes) of minutes since midnight, from 0 to 1439. It is open from "
        f"`opens` on, but no longer at `closes`. {rule} Opening hours may overlap; it is open "
        "whenever one of them says so, and at no other time.\nA moment is given in minutes since "
        "the start of day 0: minute 5 of day 1 is 1445. `start` is a moment from 0 on, and "
        f"`minutes` is at least 1. {words} {sentence}".rstrip(),
        Interface(
            "clock",
            (("days", "list[list[tuple[int, int]]]"), ("start", "int"), ("minutes", "int")),
            returns,
        ),
        reference,
        oracle,
        arguments,
        [
            ([], 0, 1), ([[]], 5, 10), ([[(480, 480), (500, 900)]], 0, 60),
            ([[(480, 600)]], 0, 120), ([[(480, 600)]], 0, 121),
            ([[(480, 600)]], 500, 100), ([split], 0, 300), ([split[::-1]], 490, 410),
            ([[(480, 900), (500, 520), (880, 960)]], 0, 480), ([[(480, 480)]], 470, 60),
            ([[(1320, 120)]], 1320, 240), ([[(1320, 120)]], 1320, 241), ([[], [(60, 120)]], 0, 61),
            ([[], [(60, 120)]], 0, 60), ([[], [(60, 120)]], 1430, 200),
            ([[(1320, 120)], [(60, 240)]], 1400, 90), ([[], [(0, 60)], [(0, 60)]], 100, 61),
            ([[(480, 900), (490, 500), (850, 910)]], 495, 410),
            ([[(480, 540), (600, 660)]], 480, 90),
            ([[(600, 1439)], [(0, 30)]], 700, 770),
        ],
        [slip(reference, change) for change in (*slips, mistake)],
    )  # fmt: skip


_LEVELS: dict[int, Callable[..., Problem]] = {
    1: _simple,
    2: _hours,
    3: _stamps,
    4: _bands,
    5: _plan_or_duty,
}
