"""Events in, states out: levels, stores, rate limiters, caches, schedulers, a lift, a game."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from ....verifiers.rust.interface import Interface
from ..draw import Draw
from .family import Problem, family

_EVENTS = ("events", "&[i64]")
# name -> words, Python, Rust.
_Table = dict[str, tuple[str, Callable[..., Any], str]]

# ---------------------------------------------------------------- 1: a level

# name -> words, Python (of the state, an event, the limit), Rust: what is folded.
_LEVEL: _Table = {
    "tank": (
        "A tank is empty at first. Each event changes the litres in it by its value; but what "
        "would go beyond `limit` is lost, and what would go below 0 is not taken. Return the "
        "litres in it at the end.",
        lambda has, x, limit: min(max(has + x, 0), limit),
        "events.iter().fold(0, |has, &x| (has + x).clamp(0, limit))",
    ),
    "lift": (
        "A lift is on floor 0 at first. Each event tells by how many floors it is to go up (or "
        "down, if it is below 0). An event that would take it below 0 or above `limit` is ignored. "
        "Return the floor on which it is at the end.",
        lambda at, x, limit: at + x if at + x in range(limit + 1) else at,
        """events.iter().fold(0, |at, &x| {
        if (0..=limit).contains(&(at + x)) {
            at + x
        } else {
            at
        }
    })""",
    ),
    "battery": (
        "A battery has a charge of 0 at first. An event above 0 adds to the charge, up to `limit` "
        "at most. One below 0 takes from it, but only if there is enough, else it is ignored. "
        "Return the charge at the end.",
        lambda has, x, limit: has if has + x < 0 else min(limit, has + x),
        """events.iter().fold(0, |charge, &x| {
        if charge + x >= 0 {
            limit.min(charge + x)
        } else {
            charge
        }
    })""",
    ),
    "dial": (
        "A dial has the positions from 0 to `limit`, in a circle: after `limit` comes 0. It stands "
        "at 0 at first. Each event turns it on by that many positions (back, if it is below 0). "
        "Return its position at the end.",
        lambda at, x, limit: (at + x) % (limit + 1),
        "events.iter().fold(0, |at, &x| (at + x).rem_euclid(limit + 1))",
    ),
    "queue": (
        "Nobody waits at first. In each event as many people as its value come to wait (if it is "
        "below 0, as many of those who wait leave, or all if there are fewer); then up to `limit` "
        "of those who wait are served and leave. Return how many wait at the end.",
        lambda has, x, limit: max(0, max(has + x, 0) - limit),
        "events.iter().fold(0, |waiting, &x| (waiting + x - limit).max(0))",
    ),
    "streak": (
        "A counter is at 0 at first. An event above 0 adds 1 to it, and any other sets it to 0. "
        "When it would go above `limit`, it starts again at 0. Return the counter at the end.",
        lambda count, x, limit: (count + 1) * (x > 0 and count < limit),
        """events.iter().fold(0, |count, &x| {
        if x > 0 && count < limit {
            count + 1
        } else {
            0
        }
    })""",
    ),
    "ball": (
        "A mark is at 0 at first. Each event moves it by its value, and if it is then farther than "
        "`limit` from 0, it is moved back to 0. Return where it is at the end.",
        lambda at, x, limit: at + x if abs(at + x) <= limit else 0,
        """events.iter().fold(0, |at, &x| {
        if (at + x).abs() > limit {
            0
        } else {
            at + x
        }
    })""",
    ),
    "halving": (
        "A stock is 0 at first. Each event adds its value to it; if the stock is then above "
        "`limit`, it is divided by 2, rounded down, and if it is below 0, it is set to 0. Return "
        "the stock at the end.",
        lambda has, x, limit: (has + x) // 2 if has + x > limit else max(0, has + x),
        """events.iter().fold(0, |stock, &x| match stock + x {
        above if above > limit => above / 2,
        other => other.max(0),
    })""",
    ),
}

# ---------------------------------------------------------------- 2: a store

# name -> words, Python (of the numbers held, from the oldest: which place is taken), Rust.
_STORE: _Table = {
    "first": (
        "the one that has been held longest",
        lambda _: 0,
        "(!held.is_empty()).then(|| held.remove(0))",
    ),
    "last": ("the one that was put last", lambda held: len(held) - 1, "held.pop()"),
    "smallest": (
        "the smallest (of several, the one that has been held longest)",
        lambda held: held.index(min(held)),
        """let smallest = held.iter().map(|&(_, x)| x).min()?;
    let place = held.iter().position(|&(_, x)| x == smallest)?;
    Some(held.remove(place))""",
    ),
    "largest": (
        "the largest (of several, the one that was put last)",
        lambda held: max(range(len(held)), key=lambda i: (held[i], i)),
        """let largest = held.iter().map(|&(_, x)| x).max()?;
    let place = held.iter().rposition(|&(_, x)| x == largest)?;
    Some(held.remove(place))""",
    ),
}
# name -> words, Python (of what was taken as (put at, taken at, number), and of what is left),
# Rust, type.
_STORED: dict[str, tuple[str, Callable[..., Any], str, str]] = {
    "taken": (
        "the numbers that were taken, in the order in which they were",
        lambda taken, _: [x for _, _, x in taken],
        "x",
        "Vec<i64>",
    ),
    "ages": (
        "for each number that was taken, in the order in which they were, by how many places its "
        "being taken comes after its being put in `events`",
        lambda taken, _: [now - since for since, now, _ in taken],
        "now - since",
        "Vec<usize>",
    ),
    "pairs": (
        "for each number that was taken, in the order in which they were, a pair of the number and "
        "the place in `events` (counted from 0) at which it was put",
        lambda taken, _: [(x, since) for since, _, x in taken],
        "(x, since)",
        "Vec<(i64, usize)>",
    ),
    "left": (
        "the numbers that are held at the end, from the one that has been held longest to the one "
        "that was put last",
        lambda _, left: left,
        "",
        "Vec<i64>",
    ),
}

# ---------------------------------------------------------------- 3: rate limiters

# name -> words, Python (whether a request is let through: its time, the times of all before it, of
# those let through, the limit, the span), Rust: before the loop, whether, what is noted if it is.
_LIMITER: dict[str, tuple[str, Callable[..., bool], tuple[str, str, str]]] = {
    "sliding": (
        "A request is let through if fewer than `limit` requests were let through less than `span` "
        "seconds before it (at the same time counts, too).",
        lambda t, _, passed, limit, span: sum(t - s < span for s in passed) < limit,
        (
            "let mut passed: Vec<u64> = Vec::new();",
            "passed.iter().filter(|&&earlier| time - earlier < span).count() < limit",
            "passed.push(time);",
        ),
    ),
    "all": (
        "A request is let through if fewer than `limit` requests, let through or not, came before "
        "it in `times` that are at most `span` seconds older.",
        lambda t, earlier, _, limit, span: sum(s + span >= t for s in earlier) < limit,
        (
            "",
            "times[..place].iter().filter(|&&earlier| time - earlier <= span).count() < limit",
            "",
        ),
    ),
    "window": (
        "Time is cut into windows: the first is from 0 to `span` seconds, the next from there to "
        "twice `span`, and so on; the start belongs to a window, its end does not. In each window "
        "the first `limit` requests are let through.",
        lambda t, earlier, _, limit, span: [s // span for s in earlier].count(t // span) < limit,
        (
            "",
            "times[..place].iter().filter(|&&other| other / span == time / span).count() < limit",
            "",
        ),
    ),
    "pause": (
        "A request is let through if fewer than `limit` were let through since the last pause; "
        "else only if there are `span` seconds or more between the last one that was let through "
        "and it: these are a pause then.",
        lambda t, _, passed, limit, span: (
            len(passed) % limit != 0 or not passed or t - passed[-1] >= span
        ),
        (
            "let mut passed: Vec<u64> = Vec::new();",
            "passed.len() < limit || passed.last().is_some_and(|last| time - last >= span)",
            "passed.truncate(passed.len() % limit);\n            passed.push(time);",
        ),
    ),
}
_LIMITED: dict[str, tuple[str, Callable[..., Any], str, str]] = {
    "answers": (
        "for each request, in their order, whether it is let through",
        lambda _, answers: answers,
        "bool",
        "answers.push(is_let_through);",
    ),
    "refused": (
        "the times of the requests that are not let through, in their order",
        lambda times, answers: [t for t, is_in in zip(times, answers, strict=True) if not is_in],
        "u64",
        "if !is_let_through {\n            answers.push(time);\n        }",
    ),
    "places": (
        "the places in `times` (counted from 0) of the requests that are let through, in ascending "
        "order",
        lambda _, answers: [i for i, is_in in enumerate(answers) if is_in],
        "usize",
        "if is_let_through {\n            answers.push(place);\n        }",
    ),
}

# ---------------------------------------------------------------- 4: caches

# name -> words, Python (of the keys held, how many asks ago each was put and was last asked for,
# and how often each was asked for since it was put: what is thrown out, as a key for the least),
# Rust: on a hit, the place of what is thrown out. What is held is (key, number of asks).
_CACHE: dict[str, tuple[str, Callable[..., Any], tuple[str, str]]] = {
    "oldest": (
        "the key that has been in it longest",
        lambda _key, put, _asked, _times: put,
        ("", "Some(0)"),
    ),
    "unused": (
        "the key whose last ask is longest ago",
        lambda _key, _put, asked, _times: asked,
        ("cache.retain(|&held| held != key);\n            cache.push(key);", "Some(0)"),
    ),
    "used": (
        "the key that was asked for last of all that are in it",
        lambda _key, _put, asked, _times: -asked,
        ("cache.retain(|&held| held != key);\n            cache.push(key);",
         "cache.len().checked_sub(1)"),
    ),
    "rare": (
        "the key for which the product of the key and the number of asks for it since it was put "
        "into the cache, that ask included, is smallest (of several, the one that has been in it "
        "longest)",
        lambda key, put, _asked, times: (key * times, put),
        ("cache[place].1 += 1;", "(0..cache.len()).min_by_key(|&i| cache[i].0 * cache[i].1)"),
    ),
    "largest": (
        "the largest key",
        lambda key, _put, _asked, _times: -key,
        ("", "(0..cache.len()).max_by_key(|&place| cache[place].0)"),
    ),
}  # fmt: skip
_CACHED: dict[str, tuple[str, str, tuple[str, str, str, str]]] = {
    # words, type, Rust: before the loop, on a hit, when a key is thrown out, after the loop
    "hits": (
        "how many asks were for a key that was in the cache at that time",
        "usize",
        ("let mut hits = 0;", "hits += 1;", "", "hits"),
    ),
    "thrown": (
        "the keys that were thrown out, in the order in which they were",
        "Vec<u32>",
        ("let mut thrown = Vec::new();", "", "thrown.push($removed);", "thrown"),
    ),
    "held": (
        "the keys that are in the cache at the end, in ascending order",
        "std::collections::BTreeSet<u32>",
        ("", "", "", "cache.into_iter().collect()"),
    ),
}

# ---------------------------------------------------------------- 5: a scheduler, a lift, a game

# name -> words, Python (of arrival, work left, work done, number), Rust.
_POLICY: _Table = {
    "arrived": (
        "the one that arrived first (of several, the one with the smallest number)",
        lambda came, _left, _done, j: (came, j),
        "jobs[j].0",
    ),
    "newest": (
        "the one that arrived last (of several, the one with the smallest number)",
        lambda came, _left, _done, j: (-came, j),
        "Reverse(jobs[j].0)",
    ),
    "shortest": (
        "the one that needs the least more work (of several, the one with the smallest number)",
        lambda _came, left, _done, j: (left, j),
        "left[j]",
    ),
    "longest": (
        "the one that needs the most more work (of several, the one that arrived last, and of "
        "these the one with the smallest number)",
        lambda came, left, _done, j: (-left, -came, j),
        "Reverse((left[j], jobs[j].0))",
    ),
    "fair": (
        "the one that has got the least work so far (of several, the one with the smallest number)",
        lambda _came, _left, done, j: (done, j),
        "jobs[j].1 - left[j]",
    ),
}
_SCHEDULED: dict[str, tuple[str, str, tuple[str, str, str]]] = {
    # words, type, Rust: before the loop, when a job was worked on, after the loop
    "ends": (
        "for each job, in the order of their numbers, at which time it is done: if its last minute "
        "of work is the one from 3 to 4, at 4",
        "Vec<u64>",
        ("let mut ends = vec![0; jobs.len()];", "ends[job] = now + 1;", "ends"),
    ),
    "order": (
        "pairs of the number of a job and the time at which it is done (if its last minute of work "
        "is the one from 3 to 4, that is 4), in the order in which the jobs are done",
        "Vec<(usize, u64)>",
        (
            "let mut order = Vec::new();",
            "if left[job] == 0 {\n                order.push((job, now + 1));\n            }",
            "order",
        ),
    ),
    "turns": (
        "for each time at which it takes another job than the one that it took last (the first "
        "time is one, too), in their order, a pair of that time and the number of the job that it "
        "takes then",
        "Vec<(u64, usize)>",
        (
            "let mut turns = Vec::new();\n    let mut last = None;",
            "if last != Some(job) {\n                turns.push((now, job));\n"
            "                last = Some(job);\n            }",
            "turns",
        ),
    ),
}
_HEADS: dict[str, tuple[str, str]] = {
    "oldest": (
        "towards the floor of the open call that was made first (of several of the same minute, "
        "the one that comes first in `calls`)",
        "    let call = (0..calls.len()).filter(|&i| is_open(i)).min_by_key(|&i| calls[i].0)?;\n"
        "    Some(calls[call].1)\n",
    ),
    "nearest": (
        "towards the nearest floor for which there is an open call (of two, the lower one)",
        "    let open = calls.iter().enumerate().filter(|&(i, _)| is_open(i));\n"
        "    let floors = open.map(|(_, &(_, floor))| floor);\n"
        "    floors.min_by_key(|&floor| (floor.abs_diff(at), floor))\n",
    ),
    "highest": (
        "towards the highest floor for which there is an open call",
        "    let open = calls.iter().enumerate().filter(|&(i, _)| is_open(i));\n"
        "    open.map(|(_, &(_, floor))| floor).max()\n",
    ),
}
_LIFTED: dict[str, tuple[str, str, tuple[str, str, str]]] = {
    # words, type, Rust: before the loop, when the lift moves, after the loop
    "waits": (
        "for each call, in the order of `calls`, at which minute it is served",
        "Vec<Option<u64>>",
        ("", "", "served"),
    ),
    "way": (
        "by how many floors the lift has moved in all when all calls are served",
        "u64",
        ("let mut way = 0;", "way += 1;", "way"),
    ),
}
_LEAVES: dict[str, tuple[str, str]] = {
    "fixed": ("`first` places", "first"),
    "own": (
        "as many places as the number of the player who has left last says",
        "step = numbers[player]",
    ),
    "growing": ("one place more than before", "step += 1"),
}


def _variants(level: int) -> list[tuple[Any, ...]]:
    if level == 5:
        return [
            (level, *names)
            for tables in (
                (("jobs",), _POLICY, _SCHEDULED), (("lift",), _HEADS, _LIFTED),
                (("game",), _LEAVES, ("on", "back")),
            )
            for names in itertools.product(*tables)
        ]  # fmt: skip
    tables: tuple[dict[str, Any], ...] = {
        1: (_LEVEL,),
        2: (_STORE, _STORED),
        3: (_LIMITER, _LIMITED),
        4: (_CACHE, _CACHED),
    }[level]
    return [(level, *names) for names in itertools.product(*tables)]


@family("simulation", _variants)
def simulation(level: int, *names: str) -> Problem:
    if level == 5:
        return {"jobs": _schedule, "lift": _lift, "game": _game}[names[0]](*names[1:])
    makers: tuple[Callable[..., Problem], ...] = (_level, _store, _limiter, _cache)
    return makers[level - 1](*names)


def _lines(*texts: str, indent: int = 4) -> str:
    """Those that there are, each on lines of its own."""
    return "".join(f"{' ' * indent}{text}\n" for text in texts if text)


def _level(name: str) -> Problem:
    words, python, rust = _LEVEL[name]

    def oracle(events: list[int], limit: int) -> int:
        state = 0
        for x in events:
            state = python(state, x, limit)
        return state

    def arguments(draw: Draw) -> tuple[Any, ...]:
        low = draw.pick((0, -2, -4))
        return ([draw.between(low, 7) for _ in range(draw.between(1, 7))], draw.between(1, 6))

    return Problem(
        f"{words} `limit` is 1 or more.",
        Interface("run", (_EVENTS, ("limit", "i64")), "i64"),
        f"pub fn run(events: &[i64], limit: i64) -> i64 {{\n    {rust}\n}}\n",
        oracle,
        arguments,
        [
            ([], 1), ([1], 1), ([2], 1), ([-1], 3), ([3], 3), ([4], 3), ([5, -5], 4), ([-3], 3),
            ([1, 1, 1, 1, 1], 3), ([2, 0, 2], 9), ([3, -4, 1], 3), ([5, 2, -1, -9, 2], 6),
        ],
    )  # fmt: skip


def _store(store: str, stored: str) -> Problem:
    words, python, take = _STORE[store]
    what, report, add, kind = _STORED[stored]
    item = "(usize, i64)"
    if stored == "left":
        loop = """        } else {
            take(&mut held);
        }
    }
    held.into_iter().map(|(_, x)| x).collect()
"""
        found = ""
    else:
        since, x = ("since" if "since" in add else "_"), ("x" if "x" in add else "_")
        loop = f"""        }} else if let Some(({since}, {x})) = take(&mut held) {{
            found.push({add});
        }}
    }}
    found
"""
        found = "    let mut found = Vec::new();\n"
    reference = f"""pub fn store(events: &[i64]) -> {kind} {{
    let mut held: Vec<{item}> = Vec::new();
{found}    for (now, &event) in events.iter().enumerate() {{
        if event > 0 {{
            held.push((now, event));
{loop}}}

fn take(held: &mut Vec<{item}>) -> Option<{item}> {{
    {take}
}}
"""

    def oracle(events: list[int]) -> Any:
        numbers: list[int] = []
        places: list[int] = []
        taken = []
        for now, event in enumerate(events):
            if event > 0:
                numbers.append(event)
                places.append(now)
            elif numbers:
                place = python(numbers)
                taken.append((places.pop(place), now, numbers.pop(place)))
        return report(taken, numbers)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        share = draw.pick((0.25, 0.4, 0.5))
        events = [
            0 if draw.chance(share) else draw.between(1, 5) for _ in range(draw.between(3, 13))
        ]
        return (events,)

    return Problem(
        "A store is empty at first. The events are dealt with in their order: an event above 0 "
        "puts its value into the store; an event that is 0 takes a number from it (there are none "
        f"below 0): {words}. If there is nothing in it then, nothing happens. Return {what}.",
        Interface("store", (_EVENTS,), kind),
        reference,
        oracle,
        arguments,
        [
            ([],), ([0],), ([4],), ([4, 0],), ([4, 0, 0, 5],), ([1, 2, 0],), ([2, 1, 0],),
            ([3, 3, 0, 3],), ([1, 3, 2, 0, 0, 0],), ([2, 5, 2, 5, 3, 0, 0, 1, 0],),
        ],
    )  # fmt: skip


def _limiter(limiter: str, limited: str) -> Problem:
    words, python, (before, test, note) = _LIMITER[limiter]
    what, report, kind, answer = _LIMITED[limited]
    noted = f"        if is_let_through {{\n            {note}\n        }}\n" if note else ""
    needs_place = "place" in test + answer
    row, each = (
        ("(place, &time)", "times.iter().enumerate()") if needs_place else ("&time", "times")
    )
    reference = f"""pub fn admit(times: &[u64], limit: usize, span: u64) -> Vec<{kind}> {{
    let mut answers = Vec::new();
{_lines(before)}    for {row} in {each} {{
        let is_let_through =
            {test};
{noted}{_lines(answer, indent=8)}    }}
    answers
}}
"""

    def oracle(times: list[int], limit: int, span: int) -> Any:
        passed: list[int] = []
        answers: list[bool] = []
        for i, t in enumerate(times):
            answers.append(python(t, times[:i], passed, limit, span))
            passed += [t] * answers[-1]
        return report(times, answers)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        span = draw.between(2, 6)
        steps = [draw.pick((0, 1, 1, 2, 3, span)) for _ in range(draw.between(3, 10))]
        return (list(itertools.accumulate(steps)), draw.between(1, 3), span)

    return Problem(
        "`times` has the times of requests, in seconds, in ascending order; several may come at "
        f"the same time, and are dealt with in their order. {words} `limit` and `span` are 1 or "
        f"more. Return {what}.",
        Interface(
            "admit", (("times", "&[u64]"), ("limit", "usize"), ("span", "u64")), f"Vec<{kind}>"
        ),
        reference,
        oracle,
        arguments,
        [
            ([], 1, 1), ([0], 1, 1), ([7], 2, 3), ([3, 3, 3], 2, 5), ([0, 4, 5], 1, 5),
            ([0, 5, 6], 1, 5), ([4, 5, 9, 10], 1, 5), ([0, 1, 2, 3, 4, 5, 6], 2, 3),
            ([1, 2, 3, 4, 7, 7, 7, 8], 3, 4), ([2, 2, 8, 13, 14, 20], 2, 6),
        ],
    )  # fmt: skip


def _cache(cache: str, cached: str) -> Problem:
    words, python, (on_hit, victim) = _CACHE[cache]
    what, kind, (before, hit, thrown, answer) = _CACHED[cached]
    counted = cache == "rare"
    item = "(u32, u32)" if counted else "u32"
    new = "(key, 1)" if counted else "key"
    victim = victim if counted else victim.replace(".0)", ")")
    removed = "cache.remove(place)" + (".0" if counted else "")
    if counted and cached == "held":
        answer = "cache.into_iter().map(|(key, _)| key).collect()"
    throw = thrown.replace("$removed", removed) or "cache.remove(place);"
    hit_body = _lines(on_hit, hit, indent=12)
    if counted:
        is_hit = "let Some(place) = (0..cache.len()).find(|&place| cache[place].0 == key)"
    else:
        is_hit = "cache.contains(&key)"
    head = f"        if {is_hit} {{\n" if hit_body else f"        if !{is_hit} {{\n"
    # The place is known where always the same one is thrown out.
    if victim == "Some(0)":
        evict = "            if cache.len() == size {\n" + _lines(
            throw.replace("place", "0"), indent=16) + "            }\n"  # fmt: skip
    else:
        evict = f"""            if cache.len() == size {{
                if let Some(place) = {victim} {{
{_lines(throw, indent=20)}                }}
            }}
"""
        if victim == "cache.len().checked_sub(1)":
            throw = {
                "cache.remove(place);": "cache.pop();",
                "thrown.push(cache.remove(place));": "thrown.extend(cache.pop());",
            }[throw]
            evict = ("            if cache.len() == size {\n" + _lines(throw, indent=16)
                     + "            }\n")  # fmt: skip
    miss = f"{evict}            cache.push({new});\n"
    body = f"{hit_body}        }} else {{\n{miss}" if hit_body else miss
    reference = f"""pub fn ask(keys: &[u32], size: usize) -> {kind} {{
    let mut cache: Vec<{item}> = Vec::new();
{_lines(before)}    for &key in keys {{
{head}{body}        }}
    }}
    {answer}
}}
"""

    def oracle(keys: list[int], size: int) -> Any:
        held: dict[int, list[int]] = {}  # key -> put at, asked at, times
        hits, out = 0, []
        for now, key in enumerate(keys):
            if key in held:
                hits += 1
                held[key][1:] = [now, held[key][2] + 1]
                continue
            if len(held) == size:
                out.append(min(held, key=lambda k: python(k, *held[k])))
                del held[out[-1]]
            held[key] = [now, now, 1]
        return {"hits": hits, "thrown": out, "held": set(held)}[cached]

    def arguments(draw: Draw) -> tuple[Any, ...]:
        size = draw.between(2, 4)
        keys = [draw.between(1, size + 2) for _ in range(draw.between(5, 15))]
        return (keys, size)

    return Problem(
        "A cache has room for `size` different keys, which is 1 or more, and is empty at first. "
        "`keys` are asked for, one after the other. A key that is asked for and is not in the "
        f"cache is put into it; if it is full then, {words} is thrown out before. Return {what}.",
        Interface("ask", (("keys", "&[u32]"), ("size", "usize")), kind),
        reference,
        oracle,
        arguments,
        [
            ([], 1), ([5], 1), ([5, 5], 1), ([5, 6, 5], 1), ([1, 2, 3, 1], 2), ([1, 2, 1, 3, 1], 2),
            ([1, 2, 1, 3, 2], 2), ([3, 2, 1, 2, 4, 3], 3), ([1, 2, 2, 1, 3, 4, 1], 2),
            ([1, 1, 2, 3, 2, 4, 2, 5, 3], 3), ([9, 8, 7], 5),
        ],
    )  # fmt: skip


def _schedule(policy: str, scheduled: str) -> Problem:
    words, python, rust = _POLICY[policy]
    what, kind, (before, inside, answer) = _SCHEDULED[scheduled]
    uses = "use std::cmp::Reverse;\n\n" if "Reverse" in rust else ""
    reference = f"""{uses}pub fn schedule(jobs: &[(u64, u64)]) -> {kind} {{
    let mut left: Vec<u64> = jobs.iter().map(|&(_, work)| work).collect();
{_lines(before)}    let mut now = 0;
    while left.iter().any(|&work| work > 0) {{
        let ready = (0..jobs.len()).filter(|&j| jobs[j].0 <= now && left[j] > 0);
        if let Some(job) = ready.min_by_key(|&j| {rust}) {{
            left[job] -= 1;
{_lines(inside, indent=12)}        }}
        now += 1;
    }}
    {answer}
}}
"""

    def oracle(jobs: list[tuple[int, int]]) -> Any:
        minutes: list[int] = []  # job of each minute, or -1
        while sum(j >= 0 for j in minutes) < sum(work for _, work in jobs):
            now = len(minutes)
            ready = [
                (python(came, work - minutes.count(j), minutes.count(j), j), j)
                for j, (came, work) in enumerate(jobs)
                if came <= now and minutes.count(j) < work
            ]
            minutes.append(min(ready)[1] if ready else -1)
        ends = [len(minutes) - minutes[::-1].index(j) for j in range(len(jobs))]
        busy = [(j, minute) for minute, j in enumerate(minutes) if j >= 0]
        turns = [
            (next(turn)[1], j) for j, turn in itertools.groupby(busy, key=lambda pair: pair[0])
        ]
        return {
            "ends": ends,
            "order": sorted(enumerate(ends), key=lambda end: end[1]),
            "turns": turns,
        }[scheduled]

    def arguments(draw: Draw) -> tuple[Any, ...]:
        latest = draw.pick((2, 4, 8))
        return ([(draw.between(0, latest), draw.between(1, 4)) for _ in range(draw.between(2, 6))],)

    return Problem(
        "A job in `jobs` is a pair of the time at which it arrives and the work that it needs, "
        "which is 1 or more, both in minutes; the jobs are numbered from 0. There is one machine. "
        "From time 0 on, at the start of each minute, it takes one of the jobs that have arrived "
        "by then (at that time or before) and are not done, and works on it for this minute; if "
        f"there is none it is idle. Of several it takes {words}, whichever it took before. Return "
        f"{what}.",
        Interface("schedule", (("jobs", "&[(u64, u64)]"),), kind),
        reference,
        oracle,
        arguments,
        [
            ([],), ([(0, 1)],), ([(3, 2)],), ([(0, 2), (0, 2)],), ([(1, 3), (0, 3)],),
            ([(0, 3), (1, 1)],), ([(0, 1), (4, 2), (4, 1)],), ([(2, 2), (2, 3), (0, 4), (1, 1)],),
            ([(0, 4), (3, 2), (5, 1), (5, 3)],),
        ],
    )  # fmt: skip


def _lift(heads: str, lifted: str) -> Problem:
    words, rust = _HEADS[heads]
    what, kind, (before, moving, answer) = _LIFTED[lifted]
    at_parameter = "at: u64" if heads == "nearest" else "_at: u64"
    reference = f"""pub fn lift(calls: &[(u64, u64)]) -> {kind} {{
    let mut served = vec![None; calls.len()];
{_lines(before)}    let mut at = 0;
    let mut minute = 0;
    while served.contains(&None) {{
        for (call, &(made, floor)) in calls.iter().enumerate() {{
            if floor == at && made <= minute && served[call].is_none() {{
                served[call] = Some(minute);
            }}
        }}
        let is_open = |call: usize| calls[call].0 <= minute && served[call].is_none();
        if let Some(floor) = target(calls, at, is_open) {{
            at = if floor > at {{ at + 1 }} else {{ at - 1 }};
{_lines(moving, indent=12)}        }}
        minute += 1;
    }}
    {answer}
}}

/// The floor towards which the lift moves.
fn target(calls: &[(u64, u64)], {at_parameter}, is_open: impl Fn(usize) -> bool) -> Option<u64> {{
{rust}}}
"""
    if heads != "nearest":
        reference = reference.replace("target(calls, at, is_open)", "target(calls, is_open)")
        reference = reference.replace("_at: u64, ", "")

    def oracle(calls: list[tuple[int, int]]) -> Any:
        at = minute = way = 0
        served: dict[int, int] = {}
        while True:
            for i, (made, floor) in enumerate(calls):
                if made <= minute and floor == at:
                    served.setdefault(i, minute)
            if len(served) == len(calls):
                break
            still = [c for i, c in enumerate(calls) if i not in served and c[0] <= minute]
            if still:
                goal = {
                    "oldest": min(still, key=lambda c: c[0])[1],
                    "nearest": min((abs(f - at), f) for _, f in still)[1],
                    "highest": max(f for _, f in still),
                }[heads]
                at += 1 if goal > at else -1
                way += 1
            minute += 1
        return way if lifted == "way" else [served[i] for i in range(len(calls))]

    def arguments(draw: Draw) -> tuple[Any, ...]:
        return ([(draw.between(0, 9), draw.between(0, 6)) for _ in range(draw.between(2, 6))],)

    return Problem(
        "A call in `calls` is a pair of the minute in which it is made and the floor for which it "
        "is made. A lift is at floor 0 in minute 0. In each minute, beginning with minute 0, first "
        "all calls are served that have been made by then (in that minute or before) for the floor "
        "at which the lift is; a call is open from when it is made until it is served. Then the "
        f"lift moves by one floor, {words}; if no call is open, it stays. Return {what}.",
        Interface("lift", (("calls", "&[(u64, u64)]"),), kind),
        reference,
        oracle,
        arguments,
        [
            ([],), ([(0, 0)],), ([(2, 0)],), ([(0, 1)],), ([(3, 2)],), ([(0, 3), (0, 1)],),
            ([(0, 2), (1, 0), (1, 4)],), ([(1, 4), (0, 6), (3, 1)],), ([(0, 5), (4, 3), (4, 5)],),
            ([(0, 3), (2, 1), (2, 3), (7, 0), (7, 6)],),
        ],
    )  # fmt: skip


def _game(leaves: str, direction: str) -> Problem:
    words, rust = _LEAVES[leaves]
    forward = direction == "on"
    about = (
        "Places are always counted in the same direction."
        if forward
        else "Places are counted to the right at first; after each player who leaves, the "
        "direction is the other one."
    )
    # In the list of those who are left, the next one stands where the last one was.
    move = "(at + step - 1) % left.len()" if forward else ""
    if forward:
        before, turn = "", f"        at = {move};\n"
    else:
        before = "    let mut to_the_right = true;\n"
        turn = """        let size = left.len();
        at = if to_the_right {
            (at + step - 1) % size
        } else {
            (at + size * step - step) % size
        };
        to_the_right = !to_the_right;
"""
    if leaves == "fixed":
        turn = turn.replace("step", "first")
    own = "player" if leaves == "own" else ""
    push = (
        "        let player = left.remove(at);\n        order.push(player);\n"
        if own
        else "        order.push(left.remove(at));\n"
    )
    step_line = "" if leaves == "fixed" else f"        {rust};\n"
    if leaves == "own":
        parameters = [("numbers", "&[usize]"), ("first", "usize")]
        count = "numbers.len()"
    else:
        parameters = [("players", "usize"), ("first", "usize")]
        count = "players"
    listed = ", ".join(f"{name}: {kind}" for name, kind in parameters)
    let_step = "" if leaves == "fixed" else "    let mut step = first;\n"
    reference = f"""pub fn leave({listed}) -> Vec<usize> {{
    let mut left: Vec<usize> = (0..{count}).collect();
    let mut order = Vec::new();
    let mut at = 0;
{let_step}{before}    while !left.is_empty() {{
{turn}{push}{step_line}    }}
    order
}}
"""

    def oracle(given: Any, first: int) -> list[int]:
        players = len(given) if leaves == "own" else given
        gone: list[int] = []
        at, step, way = -1, first, 1
        while len(gone) < players:
            for _ in range(step):
                at = (at + way) % players
                while at in gone:
                    at = (at + way) % players
            gone.append(at)
            step = {"fixed": first, "own": given[at] if leaves == "own" else 0,
                    "growing": step + 1}[leaves]  # fmt: skip
            way = way if forward else -way
        return gone

    def arguments(draw: Draw) -> tuple[Any, ...]:
        players, first = draw.between(2, 9), draw.between(1, 7)
        if leaves == "own":
            return ([draw.between(1, 6) for _ in range(players)], first)
        return (players, first)

    sizes = [(0, 1), (1, 1), (1, 4), (2, 1), (2, 2), (3, 2), (4, 4), (5, 3), (6, 1), (7, 9)]
    return Problem(
        "Players stand in a circle, numbered from 0 to the right. "
        + ("`numbers` has a number for each, from player 0 on, which is 1 or more. "
           if leaves == "own" else "There are `players` of them. ")
        + "One counts `first` places, which is 1 or more; player 0 is the first place that is "
        "counted, and the player at the last place that is counted leaves. After that one counts "
        f"{words} again and again, over players who are left only, as often round as needed; the "
        "first one that is counted is, in the direction of counting, next to where the last one "
        f"who has left was. {about} Return "
        "the players in the order in which they leave, until none is left.",
        Interface("leave", tuple(parameters), "Vec<usize>"),
        reference,
        oracle,
        arguments,
        [
            (([1 + (3 * i + first) % 5 for i in range(players)], first) if leaves == "own"
             else (players, first))
            for players, first in sizes
        ],
    )  # fmt: skip
