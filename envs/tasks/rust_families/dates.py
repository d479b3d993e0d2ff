"""Calendars and clocks: leap years, lengths, durations, day numbers, dates that are planned."""

from __future__ import annotations

import datetime
import itertools
import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from ....verifiers.rust.interface import Interface
from ..draw import Draw
from .family import Problem, family

# name -> words, Python, Rust.
_Table = dict[str, tuple[str, Callable[..., Any], str]]
_Parameters = tuple[tuple[str, str], ...]

# ---------------------------------------------------------------- leap years

_LEAP: _Table = {
    "fourth": (
        "A year is a leap year if it is a multiple of 4.",
        lambda y: y % 4 == 0,
        "year % 4 == 0",
    ),
    "century": (
        "A year is a leap year if it is a multiple of 4; but a multiple of 100 is one only if it "
        "is a multiple of 400.",
        lambda y: y % 400 == 0 if y % 100 == 0 else y % 4 == 0,
        "year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)",
    ),
    "nine": (
        "A year is a leap year if it is a multiple of 4; but a multiple of 100 is one only if it "
        "leaves 200 or 600 when divided by 900.",
        lambda y: y % 900 in (200, 600) if y % 100 == 0 else y % 4 == 0,
        "year % 4 == 0 && (year % 100 != 0 || year % 900 == 200 || year % 900 == 600)",
    ),
    "cycle": (
        "A year is a leap year if 8 times the year plus 29 leaves less than 8 when divided by 33.",
        lambda y: y % 33 in (1, 5, 9, 13, 17, 22, 26, 30),
        "(8 * year + 29) % 33 < 8",
    ),
    "fives": (
        "A year is a leap year if it is a multiple of 5 and no multiple of 40.",
        lambda y: y % 5 == 0 and y % 40 != 0,
        "year % 5 == 0 && year % 40 != 0",
    ),
}


def _year(draw: Draw) -> int:
    """Often at or next to a year about which the rules differ."""
    if draw.chance(0.3):
        return draw.between(1, 1000)
    multiple = draw.pick((4, 5, 33, 40, 100, 100, 400, 900))
    return max(
        1, multiple * draw.between(1, 1000 // multiple) + draw.pick((0, 0, 0, 0, 200, -1, 1))
    )


# ---------------------------------------------------------------- 1: an expression

_HOUR, _MINUTE = ("hour", "i64"), ("minute", "i64")
_YEAR, _MONTH, _DAY = ("year", "u32"), ("month", "u32"), ("day", "u32")
_TIME = "The time is `minute` minutes (0 to 59) after the hour `hour` (0 to 23)."


def _time(draw: Draw) -> tuple[int, int]:
    return draw.pick((0, 23, 12, draw.below(24))), draw.pick((0, 59, 30, draw.below(60)))


_TIMES: list[tuple[Any, ...]] = [(0, 0), (0, 1), (12, 0), (23, 59), (1, 30), (11, 59), (23, 0)]


def _amount(draw: Draw) -> tuple[int, ...]:
    return (draw.between(-5000, 5000),)


_AMOUNTS: list[tuple[Any, ...]] = [
    (0,), (1,), (-1,), (60,), (59,), (1439,), (1440,), (-1440,), (7,), (6,), (-7,), (-60,),
]  # fmt: skip


def _month_and_more(draw: Draw) -> tuple[int, ...]:
    return (draw.between(1, 12), draw.between(-30, 30))


# name -> words, Python, Rust, parameters, type, arguments, edges.
_WHOLE: dict[
    str,
    tuple[
        str, Callable[..., Any], str, _Parameters, str, Callable[[Draw], tuple[Any, ...]],
        Sequence[tuple[Any, ...]],
    ],
] = {
    "minutes": (
        f"{_TIME} Return how many minutes have passed since midnight (0 at 0:00).",
        lambda h, m: int(datetime.timedelta(hours=h, minutes=m) / datetime.timedelta(minutes=1)),
        "60 * hour + minute",
        (_HOUR, _MINUTE), "i64", _time, _TIMES,
    ),
    "until": (
        f"{_TIME} Return how many minutes it is until the next midnight (1440 at 0:00).",
        lambda h, m: 60 * (23 - h) + (60 - m),
        "1440 - 60 * hour - minute",
        (_HOUR, _MINUTE), "i64", _time, _TIMES,
    ),
    "hands": (
        f"{_TIME} On a clock with twelve hours, the hour hand has turned by 30 degrees an hour "
        "since it was last at the top (at 0:00 or 12:00), and moves evenly. Return by how many "
        "half degrees it has turned since then (0 to 719).",
        lambda h, m: (h % 12 * 60 + m) * 720 // 720,
        "hour % 12 * 60 + minute",
        (_HOUR, _MINUTE), "i64", _time, _TIMES,
    ),
    "clock": (
        "A clock shows hours from 0 to 23 and minutes from 0 to 59, and shows 0:00 now. Return the "
        "hour and the minute that it shows `minutes` minutes later (earlier, if that is negative).",
        lambda n: divmod(n % 1440, 60),
        "(minutes.div_euclid(60).rem_euclid(24), minutes.rem_euclid(60))",
        (("minutes", "i64"),), "(i64, i64)", _amount, _AMOUNTS,
    ),
    "weekday": (
        "The days of a week have the numbers 0 to 6. Today is day 2. Return the number of the day "
        "that is `days` days later (earlier, if that is negative).",
        lambda n: [2, 3, 4, 5, 6, 0, 1][n % 7],
        "(2 + days).rem_euclid(7)",
        (("days", "i64"),), "i64", _amount, _AMOUNTS,
    ),
    "weeks": (
        "Return how many weeks have been begun when `days` days have passed: a week is begun as "
        "soon as one day of it has passed. 0 days or less: 0.",
        lambda n: max(0, math.ceil(Fraction(n, 7))),
        "(days.max(0) + 6) / 7",
        (("days", "i64"),), "i64", _amount, _AMOUNTS,
    ),
    "twelve": (
        "Return the time `hour` (0 to 23) as a clock with twelve hours shows it: a pair of a "
        "number from 1 to 12 and whether it is noon or later. Hour 0 is 12 in the first half of "
        "the day, hour 12 is 12 in the second.",
        lambda h: ([12, *range(1, 12)][h % 12], h >= 12),
        "((hour + 11) % 12 + 1, hour >= 12)",
        (_HOUR,), "(i64, bool)", lambda draw: (draw.below(24),),
        [(0,), (1,), (11,), (12,), (13,), (23,)],
    ),
    "century": (
        "The first century has the years 1 to 100, the second 101 to 200, and so on. Return the "
        "number of the century of the year `year`, which is at least 1.",
        lambda y: len(range(1, y + 1, 100)),
        "(year + 99) / 100",
        (_YEAR,), "u32", lambda draw: (_year(draw),), [(1,), (100,), (101,), (200,), (2000,)],
    ),
    "quarter": (
        "The months 1 to 3 of a year are its first quarter, 4 to 6 its second, and so on. Since "
        "the start of month 1 of a year, `months` whole months have passed. Return a pair of the "
        "number of the quarter that it is then, from 1 to 4, and the number of the month in that "
        "quarter, from 1 to 3.",
        lambda n: (int("111222333444"[n % 12]), int("123"[n % 3])),
        "(months % 12 / 3 + 1, months % 3 + 1)",
        (("months", "u32"),), "(u32, u32)", lambda draw: (draw.below(100),),
        [(m,) for m in range(13)],
    ),
    "month": (
        "Months have the numbers 1 to 12. Return the number of the month that is `months` months "
        "after (before, if that is negative) the month `month`.",
        lambda m, n: list(range(1, 13))[(m - 1 + n) % 12],
        "(month - 1 + months).rem_euclid(12) + 1",
        (("month", "i64"), ("months", "i64")), "i64", _month_and_more,
        [(1, 0), (12, 1), (12, 0), (1, -1), (12, 12), (1, -13), (6, 6)],
    ),
    "common": (
        f"{_LEAP['century'][0]} Return whether the year `year`, which is at least 1, is no leap "
        "year.",
        lambda y: not _LEAP["century"][1](y),
        "year % 4 != 0 || (year % 100 == 0 && year % 400 != 0)",
        (_YEAR,), "bool", lambda draw: (_year(draw),),
        [(4,), (100,), (200,), (400,), (2000,), (1900,), (2023,), (1,)],
    ),
    "speed": (
        "Return how many whole minutes and how many seconds beside them `seconds` seconds are, as "
        "a pair; if `seconds` is negative, neither of the two is above 0.",
        lambda n: tuple(int(math.copysign(part, n)) for part in divmod(abs(n), 60)),
        "(seconds / 60, seconds % 60)",
        (("seconds", "i64"),), "(i64, i64)", _amount, _AMOUNTS,
    ),
}  # fmt: skip
# ---------------------------------------------------------------- 2: years

_LENGTHS = (
    "The months 4, 6, 9 and 11 have 30 days, month 2 has 28 days (29 in a leap year), the others "
    "from 1 to 12 have 31."
)
_LENGTHS_RUST = "        4 | 6 | 9 | 11 => 30,\n        2 => 28 + u32::from(is_leap(year)),\n"
# Years at which the rules differ from each other and from what is nearly them.
_BOUNDS = (4, 5, 6, 17, 18, 22, 34, 40, 45, 100, 200, 400, 500, 600, 900, 1100, 1500)


def _length(leap: bool, month: int) -> int:
    return (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]


def _from_to(draw: Draw) -> tuple[int, int]:
    first = _year(draw)
    return first, max(1, draw.pick((first, _year(draw), first + draw.between(-2, 12))))


_SPANS: list[tuple[Any, ...]] = [
    (1, 1), (4, 4), (5, 4), (1, 400), (100, 101), (200, 401), (400, 400), (40, 40), (35, 45),
    (1, 41),
]  # fmt: skip


def _any_date(draw: Draw) -> tuple[int, int, int]:
    month = draw.pick((2, 2, 2, draw.between(0, 13)))
    return _year(draw), month, draw.pick((29, 29, 30, 31, 32, 0, 1, 28))


_DATES: list[tuple[Any, ...]] = [
    *((year, 2, 29) for year in _BOUNDS[1:]), (5, 2, 30), (8, 4, 31), (8, 1, 31), (8, 12, 32),
    (8, 0, 1), (8, 13, 1), (8, 1, 0), (8, 6, 31), (8, 9, 31), (8, 11, 31), (8, 11, 30), (8, 8, 31),
    (8, 5, 31), (8, 7, 31), (8, 3, 31), (8, 10, 31), (8, 12, 31), (7, 2, 28), (8, 1, 1), (8, 12, 1),
]  # fmt: skip

# name -> words, Python (of the test and the arguments), Rust, parameters, type, arguments, edges.
_YEARS: dict[
    str,
    tuple[
        str, Callable[..., Any], str, _Parameters, str, Callable[[Draw], tuple[Any, ...]],
        Sequence[tuple[Any, ...]],
    ],
] = {
    "days": (
        f"{_LENGTHS} Return how many days the month `month` of the year `year` has, or None if "
        "there is no such month.",
        lambda leap, y, m: _length(leap(y), m) if 1 <= m <= 12 else None,
        f"""    let days = match month {{
{_LENGTHS_RUST}        1..=12 => 31,
        _ => return None,
    }};
    Some(days)
""",
        (_YEAR, _MONTH), "Option<u32>",
        lambda draw: (_year(draw), 2 if draw.chance(0.8) else draw.between(0, 13)),
        [*((year, 2) for year in _BOUNDS), *((7, month) for month in range(14))],
    ),
    "leaps": (
        "Return how many leap years there are from the year `first` to the year `last`, both "
        "included; 0 if `first` comes after `last`.",
        lambda leap, a, b: sum(map(leap, range(a, b + 1))),
        "    (first..=last).filter(|&year| is_leap(year)).count()\n",
        (("first", "u32"), ("last", "u32")), "usize", _from_to, _SPANS,
    ),
    "next": (
        "Return the first leap year that comes after the year `year`.",
        lambda leap, y: next(filter(leap, itertools.count(y + 1))),
        """    let mut next = year + 1;
    while !is_leap(next) {
        next += 1;
    }
    next
""",
        (_YEAR,), "u32", lambda draw: (_year(draw),),
        [(1,), (96,), (100,), *((year - 1,) for year in _BOUNDS)],
    ),
    "length": (
        "A leap year has 366 days, any other year 365. Return how many days it is from the first "
        "day of the year `first` to the first day of the year `last`; 0 if `first` comes after "
        "`last`.",
        lambda leap, a, b: 365 * max(0, b - a) + sum(map(leap, range(a, b))),
        "    (first..last).map(|year| 365 + u32::from(is_leap(year))).sum()\n",
        (("first", "u32"), ("last", "u32")), "u32", _from_to, _SPANS,
    ),
    "valid": (
        f"{_LENGTHS} The days of a month have the numbers from 1 on. Return whether there is a day "
        "with the number `day` in the month `month` of the year `year`.",
        lambda leap, y, m, d: 1 <= m <= 12 and 1 <= d <= _length(leap(y), m),
        f"""    let days = match month {{
{_LENGTHS_RUST}        1..=12 => 31,
        _ => 0,
    }};
    day > 0 && day <= days
""",
        (_YEAR, _MONTH, _DAY), "bool", _any_date, _DATES,
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 3: durations

_ROUNDED: _Table = {
    "down": (
        "round the seconds down to whole minutes, towards minus infinity (-1 second becomes -1 "
        "minute)",
        lambda s: math.floor(Fraction(s, 60)),
        "seconds.div_euclid(60)",
    ),
    "up": (
        "round the seconds up to whole minutes, towards plus infinity (-59 seconds become 0 "
        "minutes)",
        lambda s: math.ceil(Fraction(s, 60)),
        "-(-seconds).div_euclid(60)",
    ),
    "zero": (
        "round the seconds to whole minutes, towards 0",
        lambda s: math.trunc(Fraction(s, 60)),
        "seconds / 60",
    ),
    "half": (
        "round the seconds to the nearest whole minute; in the middle between two, to the larger "
        "one (-30 seconds become 0 minutes)",
        lambda s: math.floor(Fraction(s, 60) + Fraction(1, 2)),
        "(seconds + 30).div_euclid(60)",
    ),
    "away": (
        "round the seconds to the nearest whole minute; in the middle between two, to the one that "
        "is farther from 0",
        lambda s: math.floor(Fraction(abs(s), 60) + Fraction(1, 2)) * (1 if s > 0 else -1),
        "(seconds.abs() + 30) / 60 * seconds.signum()",
    ),
}


def _listed(minutes: int) -> str:
    hours, minutes = divmod(minutes, 60)
    parts = zip((*divmod(hours, 24), minutes), ("d", "h", "min"), strict=True)
    return " ".join(f"{n} {unit}" for n, unit in parts if n) or "0 min"


_FORMATTED: _Table = {
    "clock": (
        "hours (as many as there are, without leading zeros), a colon (:) and the minutes beside "
        "them as two digits: 26:05",
        lambda n: f"{n // 60}:{n % 60:02}",
        '    format!("{}:{:02}", minutes / 60, minutes % 60)\n',
    ),
    "listed": (
        "days, hours (less than 24) and minutes (less than 60), each as a number, a space and d, h "
        "or min, with one space between, without those that are 0: 1 d 2 h 5 min; 0 min if all are "
        "0",
        _listed,
        """    if minutes == 0 {
        return "0 min".to_string();
    }
    let parts = [
        (minutes / 1440, "d"),
        (minutes / 60 % 24, "h"),
        (minutes % 60, "min"),
    ];
    let shown: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count} {unit}"))
        .collect();
    shown.join(" ")
""",
    ),
    "days": (
        "hours (less than 24) as two digits, a colon (:) and minutes (less than 60) as two digits; "
        "if there are whole days, in front of that how many, and a plus sign (+): 02:05 or "
        "1+02:05",
        lambda n: (f"{n // 1440}+" if n >= 1440 else "") + f"{n // 60 % 24:02}:{n % 60:02}",
        """    let days = minutes / 1440;
    let time = format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60);
    if days > 0 {
        format!("{days}+{time}")
    } else {
        time
    }
""",
    ),
    "largest": (
        "how many whole ones there are of the largest of days, hours and minutes of which there is "
        "a whole one, a space, and d, h or min: 1 d, but 23 h; 0 min if there are no minutes",
        lambda n: _listed(n if n < 60 else n // 60 * 60 if n < 1440 else n // 1440 * 1440),
        """    if minutes >= 1440 {
        format!("{} d", minutes / 1440)
    } else if minutes >= 60 {
        format!("{} h", minutes / 60)
    } else {
        format!("{minutes} min")
    }
""",
    ),
}
# ---------------------------------------------------------------- 4: calendars

# name -> words, months, Python (of whether it is a leap year and the month), Rust.
_MONTHS: dict[str, tuple[str, int, Callable[[bool, int], int], str]] = {
    "usual": (
        "A year has the months 1 to 12. "
        + _LENGTHS.replace("the others from 1 to 12", "the others"),
        12,
        _length,
        f"    match month {{\n{_LENGTHS_RUST}        _ => 31,\n    }}\n",
    ),
    "seasons": (
        "A year has the months 1 to 12. The first six have 31 days, the next five 30, the last one "
        "29 (30 in a leap year).",
        12,
        lambda leap, m: 31 if m < 7 else 30 if m < 12 or leap else 29,
        """    if month <= 6 {
        31
    } else if month < 12 {
        30
    } else {
        29 + u32::from(is_leap(year))
    }
""",
    ),
    "thirteen": (
        "A year has the months 1 to 13. The last one has 29 days (30 in a leap year), all others "
        "have 28.",
        13,
        lambda leap, m: 28 if m < 13 else 30 if leap else 29,
        """    if month < 13 {
        28
    } else {
        29 + u32::from(is_leap(year))
    }
""",
    ),
}  # fmt: skip

_Date = tuple[int, int, int]
_DATE = (_YEAR, _MONTH, _DAY)
_SUM_RUST = """
/// How many days have passed since the first day of year 1.
fn number(year: u32, month: u32, day: u32) -> u32 {
    let years: u32 = (1..year).map(length).sum();
    let months: u32 = (1..month).map(|month| days_in(year, month)).sum();
    years + months + day - 1
}

fn length(year: u32) -> u32 {
    (1..=LAST).map(|month| days_in(year, month)).sum()
}
"""
_WALK_RUST = """
/// The date that is `left` days after the first day of a month.
fn after(mut year: u32, mut month: u32, mut left: u32) -> (u32, u32, u32) {
    while left >= days_in(year, month) {
        left -= days_in(year, month);
        month += 1;
        if month > LAST {
            (year, month) = (year + 1, 1);
        }
    }
    (year, month, left + 1)
}
"""
# name -> words, Python (of the list of all dates, and the arguments), Rust, parameters, type.
_ASKED: dict[str, tuple[str, Callable[..., Any], str, _Parameters, str]] = {
    "number": (
        "Day 0 is the first day of month 1 of year 1, day 1 the one after it, and so on. Return "
        "the number of the day `day` of the month `month` of the year `year` (there is such a "
        "day).",
        lambda dates, *date: dates.index(date),
        "pub fn answer(year: u32, month: u32, day: u32) -> u32 {\n    number(year, month, day)\n}\n"
        + _SUM_RUST,
        _DATE,
        "u32",
    ),
    "date": (
        "Day 0 is the first day of month 1 of year 1, day 1 the one after it, and so on. Return "
        "the date of the day with the number `number`: its year, its month, and its number in that "
        "month.",
        lambda dates, number: dates[number],
        "pub fn answer(number: u32) -> (u32, u32, u32) {\n    after(1, 1, number)\n}\n"
        + _WALK_RUST,
        (("number", "u32"),),
        "(u32, u32, u32)",
    ),
    "later": (
        "Return the date (year, month, day) that is `days` days after the day `day` of the month "
        "`month` of the year `year` (there is such a day).",
        lambda dates, y, m, d, days: dates[dates.index((y, m, d)) + days],
        "pub fn answer(year: u32, month: u32, day: u32, days: u32) -> (u32, u32, u32) {\n"
        "    after(year, month, day - 1 + days)\n}\n" + _WALK_RUST,
        (*_DATE, ("days", "u32")),
        "(u32, u32, u32)",
    ),
    "between": (
        "Dates are given as year, month and day; they exist. Return how many days the date "
        "`second` comes after the date `first`: a negative number if it comes before it.",
        lambda dates, a, b: dates.index(b) - dates.index(a),
        """pub fn answer(first: (u32, u32, u32), second: (u32, u32, u32)) -> i64 {
    let first = number(first.0, first.1, first.2);
    let second = number(second.0, second.1, second.2);
    i64::from(second) - i64::from(first)
}
"""
        + _SUM_RUST.replace(
            "days have passed since the first day of year 1", "days there are until a date"
        ).replace("day - 1", "day"),
        (("first", "(u32, u32, u32)"), ("second", "(u32, u32, u32)")),
        "i64",
    ),
    "left": (
        "Return how many days of the year `year` come after its day `day` of the month `month` "
        "(there is such a day).",
        lambda dates, *date: sum(other[0] == date[0] and other > date for other in dates),
        """pub fn answer(year: u32, month: u32, day: u32) -> u32 {
    (month..=LAST).map(|month| days_in(year, month)).sum::<u32>() - day
}
""",
        _DATE,
        "u32",
    ),
}

# ---------------------------------------------------------------- 5: plans

_LATEST = """fn last_day(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}
"""


def _last(year: int, month: int) -> datetime.date:
    first_of_next = datetime.date(year + month // 12, month % 12 + 1, 1)
    return first_of_next - datetime.timedelta(days=1)


def _weekdays(year: int, month: int, weekday: int) -> list[datetime.date]:
    days = (datetime.date(year, month, d + 1) for d in range(_last(year, month).day))
    return [day for day in days if day.weekday() == weekday]


# name -> words, Python, Rust.
_PLANNED: _Table = {
    "second": (
        "the second Tuesday of the month",
        lambda y, m: _weekdays(y, m, 1)[1],
        "8 + (8 - weekday((year, month, 8))) % 7",
    ),
    "friday": (
        "the last Friday of the month",
        lambda y, m: _weekdays(y, m, 4)[-1],
        "last - (weekday((year, month, last)) + 3) % 7",
    ),
    "first": ("the first day of the month", lambda y, m: datetime.date(y, m, 1), "1"),
    "end": ("the last day of the month", _last, "last_day(year, month)"),
    "thirtieth": (
        "day 30 of the month, or the last day of a month that has no day 30",
        lambda y, m: _last(y, m).replace(day=min(30, _last(y, m).day)),
        "last_day(year, month).min(30)",
    ),
}
_ONE_DAY = datetime.timedelta(days=1)


def _working(
    date: datetime.date, is_free: Callable[[datetime.date], bool], step: int
) -> datetime.date:
    while is_free(date):
        date += step * _ONE_DAY
    return date


def _within(date: datetime.date, is_free: Callable[[datetime.date], bool]) -> datetime.date:
    later = _working(date, is_free, 1)
    return later if later.month == date.month else _working(date, is_free, -1)


_NEXT = """
fn next((year, month, day): Date) -> Date {
    if day < last_day(year, month) {
        (year, month, day + 1)
    } else if month < 12 {
        (year, month + 1, 1)
    } else {
        (year + 1, 1, 1)
    }
}
"""
_PREVIOUS = """
fn previous((year, month, day): Date) -> Date {
    if day > 1 {
        (year, month, day - 1)
    } else if month > 1 {
        (year, month - 1, last_day(year, month - 1))
    } else {
        (year - 1, 12, 31)
    }
}
"""
_TO = """
fn moved(mut date: Date, holidays: &[(u32, u32)], step: fn(Date) -> Date) -> Date {
    while is_free(date, holidays) {
        date = step(date);
    }
    date
}
"""
# name -> words, Python, Rust: what is done with `date`, and helpers.
_IF_FREE: dict[
    str,
    tuple[
        str,
        Callable[[datetime.date, Callable[[datetime.date], bool]], datetime.date | None],
        tuple[str, str],
    ],
] = {
    "later": (
        "If that day is free, the next later day that is not free takes its place (it may be in "
        "the next month).",
        lambda date, is_free: _working(date, is_free, 1),
        ("dates.push(moved(date, holidays, next));", _TO + _NEXT),
    ),
    "earlier": (
        "If that day is free, the last earlier day that is not free takes its place (it may be in "
        "the month before).",
        lambda date, is_free: _working(date, is_free, -1),
        ("dates.push(moved(date, holidays, previous));", _TO + _PREVIOUS),
    ),
    "dropped": (
        "If that day is free, the month has no date.",
        lambda date, is_free: None if is_free(date) else date,
        (
            """if !is_free(date, holidays) {
            dates.push(date);
        }""",
            "",
        ),
    ),
    "within": (
        "If that day is free, the next later day that is not free takes its place; but if that day "
        "is in another month, the last earlier day than the planned one that is not free does.",
        _within,
        (
            """let later = moved(date, holidays, next);
        if later.1 == month {
            dates.push(later);
        } else {
            dates.push(moved(date, holidays, previous));
        }""",
            _TO + _NEXT + _PREVIOUS,
        ),
    ),
}


def _variants(level: int) -> list[tuple[Any, ...]]:
    tables: dict[int, tuple[Any, ...]] = {
        1: (_WHOLE,),
        2: (_LEAP, _YEARS),
        3: (_ROUNDED, _FORMATTED),
        4: (("century", "fives", "cycle"), _MONTHS, _ASKED),
        5: (_PLANNED, _IF_FREE),
    }
    return [(level, *names) for names in itertools.product(*tables[level])]


@family("dates", _variants)
def dates(level: int, *names: str) -> Problem:
    return (_whole, _years, _durations, _calendar, _plan)[level - 1](*names)


def _head(name: str, parameters: _Parameters, kind: str) -> str:
    return f"pub fn {name}({', '.join(f'{n}: {k}' for n, k in parameters)}) -> {kind} {{\n"


def _whole(name: str) -> Problem:
    words, python, rust, parameters, kind, arguments, edges = _WHOLE[name]
    return Problem(
        words,
        Interface("answer", parameters, kind),
        _head("answer", parameters, kind) + f"    {rust}\n}}\n",
        python,
        arguments,
        edges,
    )


def _is_leap(leap: str) -> str:
    return f"\nfn is_leap(year: u32) -> bool {{\n    {_LEAP[leap][2]}\n}}\n"


def _years(leap: str, years: str) -> Problem:
    words, is_leap, _ = _LEAP[leap]
    what, python, rust, parameters, kind, arguments, edges = _YEARS[years]
    return Problem(
        f"Years have the numbers from 1 on. {words} {what}",
        Interface("answer", parameters, kind),
        _head("answer", parameters, kind) + rust + "}\n" + _is_leap(leap),
        lambda *given: python(is_leap, *given),
        arguments,
        edges,
    )


def _durations(rounded: str, formatted: str) -> Problem:
    words, python, rust = _ROUNDED[rounded]
    what, shown, body = _FORMATTED[formatted]
    reference = f"""pub fn format(seconds: i64) -> String {{
    let minutes = {rust};
    let sign = if minutes < 0 {{ "-" }} else {{ "" }};
    sign.to_string() + &shown(minutes.abs())
}}

fn shown(minutes: i64) -> String {{
{body}}}
"""

    def oracle(seconds: int) -> str:
        minutes = python(seconds)
        return f"{'-' if minutes < 0 else ''}{shown(abs(minutes))}"

    def arguments(draw: Draw) -> tuple[Any, ...]:
        days, hours, minutes = (draw.pick((0, 0, 1, 1, n, draw.below(n + 1))) for n in (3, 23, 59))
        seconds = 60 * (60 * (24 * days + hours) + minutes) + draw.pick(
            (0, 1, 29, 30, 30, 31, 59, draw.below(60))
        )
        return (seconds * (-1 if draw.chance(0.4) else 1),)

    return Problem(
        f"A duration is given in seconds. First {words}. Then return a text for these minutes, "
        f"with a hyphen (-) in front if they are negative, and then, as for the minutes without "
        f"their sign: {what}.",
        Interface("format", (("seconds", "i64"),), "String"),
        reference,
        oracle,
        arguments,
        [
            (0,), (1,), (-1,), (30,), (-30,), (59,), (-59,), (60,), (-60,), (3600,), (3599,),
            (86400,), (86399,), (86340,), (-86400,), (90000,), (29,), (-29,), (90,), (-90,), (-31,),
        ],
    )  # fmt: skip


def _calendar(leap: str, months: str, asked: str) -> Problem:
    words, is_leap, _ = _LEAP[leap]
    names, last, days_in, body = _MONTHS[months]
    what, python, rust, parameters, kind = _ASKED[asked]
    reference = f"""{rust.replace("LAST", str(last))}
fn days_in(year: u32, month: u32) -> u32 {{
{body}}}
{_is_leap(leap)}"""
    listed: list[_Date] = []

    def all_dates(until: int) -> list[_Date]:
        """Of the years from 1 to `until`; the first ones stay the same."""
        first = listed[-1][0] + 1 if listed else 1
        for year in range(first, until + 1):
            for month in range(1, last + 1):
                for day in range(days_in(is_leap(year), month)):
                    listed.append((year, month, day + 1))
        return listed

    def oracle(*given: Any) -> Any:
        if asked == "date":
            return python(all_dates(given[0] // 350 + 2), *given)
        years = [date[0] for date in given] if asked == "between" else given[:1]
        more = given[3] // 350 + 2 if asked == "later" else 0
        return python(all_dates(max(years) + more), *given)

    def date(draw: Draw) -> _Date:
        if asked in ("later", "left"):
            year = draw.pick((5, 8, 40, 66, 100, 200, 33 * draw.between(1, 6) + 1, 400, 3, 7))
        else:
            year = draw.pick((1, 2, 5, 9, 41, draw.between(1, 60), draw.between(1, 60), 101, 102))
        month = draw.pick((1, 2, 3, last, last, draw.between(1, last)))
        most = days_in(is_leap(year), month)
        return year, month, draw.pick((1, most, most, draw.between(1, most)))

    def arguments(draw: Draw) -> tuple[Any, ...]:
        if asked == "between":
            return (date(draw), date(draw))
        if asked == "date":
            return (draw.between(0, 20000),)
        found = date(draw)
        if asked == "later":
            return (*found, draw.pick((0, 1, 2, 30, 31, 365, 366, draw.between(1, 800))))
        return found

    edge_dates: list[_Date] = [
        (401, 1, 1), (1, 1, 1), (1, last, 28), (5, last, 29), (4, 2, 28), (100, 3, 1),
        *((6, month, days_in(is_leap(6), month)) for month in range(1, last + 1)),
        (400, 3, 1), (400, last, 28),
    ]  # fmt: skip
    edges: list[tuple[Any, ...]] = list(edge_dates)
    starts = [(year, 1, 1) for year in _BOUNDS if year <= 400]
    if asked == "between":
        edges = [*itertools.pairwise(edge_dates), ((7, 1, 1), (7, 1, 1))]
    elif asked == "later":
        days = itertools.cycle((0, 1, 360))
        edges = [(*day, next(days)) for day in edge_dates]
        edges += [(*start, 366) for start in starts]
    elif asked == "left":
        edges += starts
    elif asked == "date":
        numbers = (0, 27, 28, 30, 31, 58, 59, 60, 364, 365, 366, 1460, 1461, 145790, 146096, 146300)
        edges = [(n,) for n in numbers]
    return Problem(
        f"A calendar: years have the numbers from 1 on. {words} {names} The days of a month have "
        f"the numbers from 1 on. {what}",
        Interface("answer", parameters, kind),
        reference,
        oracle,
        arguments,
        edges,
    )


def _plan(planned: str, if_free: str) -> Problem:
    words, python, day = _PLANNED[planned]
    what, settle, (pushed, helpers) = _IF_FREE[if_free]
    last = "        let last = last_day(year, month);\n" if "last -" in day else ""
    reference = f"""type Date = (u32, u32, u32);

pub fn plan(year: u32, month: u32, months: u32, holidays: &[(u32, u32)]) -> Vec<Date> {{
    let mut dates = Vec::new();
    for i in month - 1..month - 1 + months {{
        let (year, month) = (year + i / 12, i % 12 + 1);
{last}        let date = (year, month, {day});
        {pushed}
    }}
    dates
}}

fn is_free(date: Date, holidays: &[(u32, u32)]) -> bool {{
    weekday(date) >= 5 || holidays.contains(&(date.1, date.2))
}}

/// From 0 for Monday.
fn weekday((year, month, day): Date) -> u32 {{
    let years = year - 1;
    let months: u32 = (1..month).map(|month| last_day(year, month)).sum();
    (365 * years + years / 4 - years / 100 + years / 400 + months + day - 1) % 7
}}

{_LATEST}{helpers}"""

    def whole(*months: int) -> list[tuple[int, int]]:
        return [(m, day) for m in months for day in range(1, _last(2000, m).day + 1)]

    def oracle(year: int, month: int, months: int, holidays: Sequence[tuple[int, int]]) -> Any:
        def is_free(date: datetime.date) -> bool:
            return date.weekday() > 4 or (date.month, date.day) in holidays

        found = []
        for i in range(months):
            years, months_before = divmod(month - 1 + i, 12)
            date = settle(python(year + years, months_before + 1), is_free)
            if date is not None:
                found.append((date.year, date.month, date.day))
        return found

    def arguments(draw: Draw) -> tuple[Any, ...]:
        year = draw.pick((401, 1900, 1999, 2000, 2001, 2024, 2025, 2100, draw.between(1, 2500)))
        month = draw.between(1, 12)
        months = draw.between(1, 5)
        near = []
        for i in range(months):
            date = python(year + (month - 1 + i) // 12, (month - 1 + i) % 12 + 1)
            for days in (0, 0, 1, -1, 2, -2):
                other = date + days * _ONE_DAY
                near.append((other.month, other.day))
        return (year, month, months, list(dict.fromkeys(draw.shuffle(near)[: draw.below(6)])))

    return Problem(
        "Dates are those of the Gregorian calendar (year, month from 1, day from 1): a year is a "
        "leap year if it is a multiple of 4, but a multiple of 100 is one only if it is a multiple "
        "of 400; month 2 has 29 days in a leap year, else 28; the months 4, 6, 9 and 11 have 30, "
        "all others 31. Day 1 of month 1 of year 1 was a Monday. A day is free if it is a Saturday "
        "or a Sunday, or if `holidays` has the pair of its month and its day. There is one date "
        f"for each of `months` months, the first of which is the month `month` of the year "
        f"`year`: {words}. {what} Return the dates in the order of their months.",
        Interface(
            "plan",
            (_YEAR, _MONTH, ("months", "u32"), ("holidays", "&[(u32, u32)]")),
            "Vec<(u32, u32, u32)>",
        ),
        reference,
        oracle,
        arguments,
        [
            (2024, 1, 0, []), (2024, 1, 12, []), (2023, 12, 13, [(1, 1), (12, 31), (12, 30)]),
            (1900, 2, 2, []), (2000, 2, 2, [(2, 29), (3, 1), (2, 28)]), (401, 1, 12, []),
            (2021, 12, 3, [(12, 31), (1, 31), (2, 1), (2, 28)]), (2100, 2, 2, [(3, 1)]),
            (1600, 5, 8, [(5, 30), (8, 30), (8, 31), (9, 1), (10, 31), (11, 1)]),
            (2001, 1, 12, []), (2002, 12, 2, whole(12, 1)), (2004, 3, 1, whole(3)),
            (2007, 1, 2, whole(1, 2)), (2010, 6, 1, whole(6)), (2006, 1, 12, []),
        ],
    )  # fmt: skip
