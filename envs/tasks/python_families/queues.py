"""Those who wait: cut and sorted, in buffers that are full, in turn, after failures, at a desk."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from ....verifiers.python.interface import Interface
from ..draw import Draw
from .family import Problem, family, raising, slip

_Slips = Sequence[tuple[str, str]]
_REQUESTS = "list[tuple[str, int]]"
_Requests = list[tuple[str, int]]

# ---------------------------------------------------------------- 1: the whole queue
#
# name -> words, result, oracle, Python, and slips.
_WHOLE: dict[str, tuple[str, str, Callable[[_Requests, int], Any], str, _Slips]] = {
    "batches": (
        "Return the requests in their order, cut into lists of `limit` requests; the last list has "
        "those that are left, if there are any", "list[list[tuple[str, int]]]",
        lambda q, n: [[*filter(None, part)] for part in itertools.zip_longest(*[iter(q)] * n)],
        "[requests[at : at + limit] for at in range(0, len(requests), limit)]",
        [("len(requests), limit", "len(requests) - limit + 1, limit"),
         ("len(requests), limit", "len(requests)")],
    ),
    "refused": (
        "Only the first `limit` requests are accepted. Return the list of the clients of the "
        "others, each once, in the order of the first request of theirs that is not accepted",
        "list[str]",
        lambda q, n: [c for i, (c, _) in enumerate(q) if i >= n and c not in dict(q[n:i])],
        "list(dict.fromkeys(client for client, _ in requests[limit:]))",
        [("list(dict.fromkeys(client for client, _ in requests[limit:]))",
          "[client for client, _ in requests[limit:]]"),
         ("requests[limit:]", "requests[limit + 1 :]")],
    ),
    "long": (
        "Return the list of the requests such that those that take more than `limit` minutes stand "
        "behind all others; apart from that they keep their order", _REQUESTS,
        lambda q, n: [r for r in q if not r[1] > n] + [r for r in q if r[1] > n],
        "sorted(requests, key=lambda request: request[1] > limit)",
        [("request[1] > limit", "request[1] >= limit"), ("request[1] > limit", "request[1]")],
    ),
    "done": (
        "Requests are served one after the other, in their order. Return how many of them are "
        "finished after `limit` minutes, counting one that ends in that moment", "int",
        lambda q, n: max(k for k in range(len(q) + 1) if sum(m for _, m in q[:k]) <= n),
        "sum(total <= limit for total in accumulate(minutes for _, minutes in requests))",
        [("total <= limit", "total < limit"),
         ("total in accumulate(minutes for _, minutes in requests)",
          "_, total in requests")],
    ),
    "rotated": (
        "`limit` times, the request that is first goes to the end. Return the list of the requests "
        "after that", _REQUESTS,
        lambda q, n: (q * (n + 1))[n : n + len(q)],
        "[requests[(place + limit) % len(requests)] for place in range(len(requests))]",
        [("[requests[(place + limit) % len(requests)] for place in range(len(requests))]",
          "requests[limit:] + requests[:limit]"), ("(place + limit)", "(place - limit)")],
    ),
    "newest": (
        "The one that came last, which stands last, is served first, and so on; only `limit` "
        "requests are served, or all if there are fewer. Return the list of their clients in the "
        "order in which they are served", "list[str]",
        lambda q, n: [q[len(q) - 1 - i][0] for i in range(min(n, len(q)))],
        "[client for client, _ in requests[::-1][:limit]]",
        [("requests[::-1][:limit]", "requests[-limit:]"), ("[:limit]", "[limit:]")],
    ),
    "quota": (
        "Of each client only the first `limit` requests are accepted. Return the list of the "
        "requests that are accepted, in their order", _REQUESTS,
        lambda q, n: [r for i, r in enumerate(q) if len([1 for c, _ in q[: i + 1] if c == r[0]])
                      <= n],
        "[requests[i] for i, client in enumerate(clients) if clients[:i].count(client) < limit]",
        [("clients[:i]", "clients"), ("< limit", "<= limit")],
    ),
    "late": (
        "Requests are served one after the other, in their order. Return the list of the clients "
        "of those that begin when more than `limit` minutes have passed, one for each such "
        "request, in their order", "list[str]",
        lambda q, n: [c for i, (c, _) in enumerate(q) if sum([0, *(m for _, m in q[:i])]) > n],
        "[client for client, begin in zip(clients, begins) if begin > limit]",
        [("begin > limit", "begin >= limit"), ("initial=0", "initial=1")],
    ),
    "shortest": (
        "Return the list of the `limit` requests that take the fewest minutes, or of all if there "
        "are fewer, beginning with the fewest; of requests that take as many, those that stand "
        "first in `requests` are taken first and stand first", _REQUESTS,
        lambda q, n: [q[i] for _, i in sorted((r[1], i) for i, r in enumerate(q))][:n],
        "sorted(requests, key=lambda request: request[1])[:limit]",
        [(", key=lambda request: request[1]", ""), ("[:limit]", "[: limit + 1]")],
    ),
    "rounds": (
        "In each round, `limit` requests are served, in their order; in the last one those that "
        "are left. Return a dictionary from each client to the number of the round, from 0, in "
        "which the last of its requests is served", "dict[str, int]",
        lambda q, n: {c: max(i for i, r in enumerate(q) if r[0] == c) // n for c, _ in q},
        "{client: place // limit for place, client in enumerate(clients)}",
        [("enumerate(clients)", "reversed(list(enumerate(clients)))"),
         ("enumerate(clients)", "enumerate(clients, 1)")],
    ),
    "kept": (
        "A client gives up its request if it sees that it stands behind more than `limit` others, "
        "counting only those that belong to other clients. Return the list of the requests that "
        "are given up; all look at the same time, at `requests` as it is", _REQUESTS,
        lambda q, n: [r for i, r in enumerate(q) if len([c for c, _ in q[:i] if c != r[0]]) > n],
        "[\n        request\n        for place, request in enumerate(requests)\n"
        "        if place - clients[:place].count(request[0]) > limit\n    ]",
        [("place - clients[:place].count(request[0]) > limit", "place > limit"),
         ("> limit", ">= limit")],
    ),
}  # fmt: skip
_PARTS = {
    "clients": "    clients = [client for client, _ in requests]\n",
    "begins": "    begins = accumulate((minutes for _, minutes in requests), initial=0)\n",
}


# ---------------------------------------------------------------- 2: a buffer that may be full
#
def _overflow(_: list[int], __: int) -> tuple[list[int], list[int]]:
    raise raising("OverflowError")


# name -> words, oracle (of what is held and what comes: what is held then, and what is lost),
# Python without and with a list of what is lost, and a slip of each.
_Full = tuple[str, Callable[[list[int], int], tuple[list[int], list[int]]], str, str, _Slips]
_FULL: dict[str, _Full] = {
    "refused": (
        "If `capacity` items are held, an item that comes is lost.",
        lambda held, item: (held, [item]), "", "            lost.append(event)\n",
        [("< capacity", "<= capacity")],
    ),
    "oldest": (
        "If `capacity` items are held, the one that has been held longest is lost when another "
        "comes.",
        lambda held, item: ([*held[1:], item], held[:1]),
        "            held.popleft()\n            held.append(event)\n",
        "            lost.append(held.popleft())\n            held.append(event)\n",
        [("held.popleft()\n            held.append", "held.pop()\n            held.append"),
         ("(held.popleft())\n            held.append", "(held.pop())\n            held.append")],
    ),
    "newest": (
        "If `capacity` items are held, the one that came last of them is lost when another comes.",
        lambda held, item: ([*held[:-1], item], held[-1:]),
        "            held[-1] = event\n",
        "            lost.append(held.pop())\n            held.append(event)\n",
        [("held[-1]", "held[0]"), ("lost.append(held.pop())", "lost.append(held.popleft())")],
    ),
    "smallest": (
        "If `capacity` items are held when another comes, the smallest of all these, the new one "
        "among them, is lost: of several that are as small, the one that came first.",
        lambda held, item: (
            [v for i, v in enumerate([*held, item]) if i != [*held, item].index(
                min(*held, item))], [min(*held, item)]
        ),
        "            held.append(event)\n            held.remove(min(held))\n",
        "            held.append(event)\n            lost.append(min(held))\n"
        "            held.remove(lost[-1])\n",
        [("held.append(event)\n            held.remove(min(held))",
          "held.remove(min(held))\n            held.append(event)"),
         ("held.append(event)\n            lost.append(min(held))\n"
          "            held.remove(lost[-1])", "lost.append(min(held))\n"
          "            held.remove(lost[-1])\n            held.append(event)")],
    ),
    "raises": (
        "If `capacity` items are held when another comes, raise OverflowError.",
        _overflow, "            raise OverflowError(event)\n", "",
        [("< capacity", "<= capacity"), ("raise OverflowError(event)", "break")],
    ),
    "cleared": (
        "If `capacity` items are held when another comes, all of those that are held are lost, and "
        "the new one is then the only one.",
        lambda held, item: ([item], held),
        "            held.clear()\n            held.append(event)\n",
        "            lost += held\n            held.clear()\n            held.append(event)\n",
        [("held.clear()\n            held.append(event)", "held.clear()")],
    ),
}  # fmt: skip
# name -> words, result.
_BUFFER: dict[str, tuple[str, str]] = {
    "taken": (
        "Return the list of what was taken out, in that order, with a None for each time that "
        "there was nothing to be taken out.", "list[int | None]",
    ),
    "lost": (
        "Return a pair: the list of the items that were lost, in that order{each}, and the list of "
        "those that are held at the end, beginning with the one that has been held longest.",
        "tuple[list[int], list[int]]",
    ),
    "held": (
        "Return the list of the items that are held at the end, beginning with the one that has "
        "been held longest.", "list[int]",
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 3: clients in turn
#
# name -> words, parameter, Python that makes `order`, and a slip.
_TURNS: dict[str, tuple[str, tuple[str, str] | None, str, tuple[str, str]]] = {
    "each": (
        "Clients take turns, in the order of their first requests. In its turn, a client has its "
        "first request served that is still waiting; one that has none is passed over. When all "
        "have had their turn, they begin again with the first one.",
        None,
        "    while any(waiting.values()):\n        for places in waiting.values():\n"
        "            order += places[:1]\n            del places[:1]\n",
        ("            order += places[:1]\n            del places[:1]\n",
         "            order += places\n            places.clear()\n"),
    ),
    "weighted": (
        "Clients take turns, in the order of their first requests. In its turn, a client has as "
        "many of its waiting requests served, in their order, as its number in `weights` tells, "
        "which is at least 1 (1 if it is not in there), or all if there are fewer; one that has "
        "none is passed over. When all have had their turn, they begin again with the first one.",
        ("weights", "dict[str, int]"),
        "    while any(waiting.values()):\n        for client, places in waiting.items():\n"
        "            weight = weights.get(client, 1)\n"
        "            order += places[:weight]\n            del places[:weight]\n",
        ("weights.get(client, 1)", "1"),
    ),
    "least": (
        "The next request is one of the client that has had the fewest minutes so far: the sum of "
        "the minutes of its requests that have been served is the smallest among the clients that "
        "have a waiting request. Of several such clients, it is the one whose very first request, "
        "served or not, stands first in `requests`. Of its waiting requests, it is the first.",
        None,
        "    had: Counter[str] = Counter()\n    while any(waiting.values()):\n"
        "        clients = [client for client, places in waiting.items() if places]\n"
        "        client = min(clients, key=lambda client: had[client])\n"
        "        place = waiting[client].pop(0)\n        order.append(place)\n"
        "        had[client] += requests[place][1]\n",
        ("+= requests[place][1]", "+= 1"),
    ),
    "apart": (
        "The next request is the one that takes the most minutes, but no client has two requests "
        "served in succession as long as another client has one that is waiting. Of several that "
        "take as many, it is the one that stands first in `requests`.",
        None,
        "    last: str | None = None\n    rest = list(range(len(requests)))\n    while rest:\n"
        "        others = [place for place in rest if requests[place][0] != last]\n"
        "        place = max(others or rest, key=lambda place: requests[place][1])\n"
        "        rest.remove(place)\n        order.append(place)\n"
        "        last = requests[place][0]\n",
        ("others or rest", "rest"),
    ),
    "smallest": (
        "The next request is one of the client that has the fewest waiting requests, but at least "
        "one. Of several such clients, it is the first in alphabetical order. Of its waiting "
        "requests, it is the last.",
        None,
        "    while any(waiting.values()):\n"
        "        clients = [client for client, places in waiting.items() if places]\n"
        "        client = min(clients, key=lambda client: (len(waiting[client]), client))\n"
        "        order.append(waiting[client].pop())\n",
        ("(len(waiting[client]), client)", "(-len(waiting[client]), client)"),
    ),
}  # fmt: skip
# name -> words, result, oracle (of the requests in the order in which they are served, each as
# (place, client, minutes)), Python, and a slip.
_Served = list[tuple[int, str, int]]
_SERVED: dict[str, tuple[str, str, Callable[[_Served], Any], str, tuple[str, str]]] = {
    "order": (
        "Return the list of the indices (from 0) of all requests in `requests`, in the order in "
        "which they are served.", "list[int]", lambda s: [place for place, _, _ in s],
        "    return order\n", ("return order", "return order[::-1]"),
    ),
    "ends": (
        "Requests are served one after the other, beginning at minute 0. Return a dictionary from "
        "each client to the minute at which the last one of its requests to be served ends.",
        "dict[str, int]",
        lambda s: {c: sum(m for _, _, m in s[: 1 + max(i for i in range(len(s)) if s[i][1] == c)])
                   for _, c, _ in s},
        "    clock = 0\n    ends: dict[str, int] = {}\n    for place in order:\n"
        "        client, minutes = requests[place]\n        clock += minutes\n"
        "        ends[client] = clock\n    return ends\n",
        ("        clock += minutes\n        ends[client] = clock\n",
         "        ends[client] = clock\n        clock += minutes\n"),
    ),
    "runs": (
        "Return a list of pairs (client, number): for each time that one or more requests of the "
        "same client are served in succession, that client and how many they are.", _REQUESTS,
        lambda s: [(s[i][1], next((j for j in range(i, len(s)) if s[j][1] != s[i][1]), len(s)) - i)
                   for i in range(len(s)) if i == 0 or s[i - 1][1] != s[i][1]],
        "    served = groupby(order, key=lambda place: requests[place][0])\n"
        "    return [(client, len(list(run))) for client, run in served]\n",
        ("groupby(order", "groupby(sorted(order)"),
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 4: once more after a failure
#
# name -> what a job does that fails, parameter, and a slip.
_AGAIN: dict[str, tuple[str, tuple[str, str] | None, tuple[str, str]]] = {
    "back": (
        "goes to the end of the queue", None, ("queue.append((place,", "queue.appendleft((place,"),
    ),
    "second": (
        "goes to the second place of the queue: just behind the job that is then the first, or to "
        "the first place if there is no other", None, ("queue.insert(1,", "queue.insert(0,"),
    ),
    "delay": (
        "is waiting until `delay` ticks, at least 1, after the tick in which it failed",
        ("delay", "int"), ("clock + delay", "clock + delay + 1"),
    ),
    "doubled": (
        "is waiting until 2 ticks after the tick in which it failed if that was its first "
        "attempt, 4 ticks after it if it was the second, 8 after the third, and so on", None,
        ("2**attempt", "2 * attempt"),
    ),
}  # fmt: skip
# name -> words, result, oracle (of the attempts (tick, name, outcome)), first line, what is done
# after a success, when a job is gone and at each attempt, and a slip.
_Log = list[tuple[int, str, str]]
_LOGS: dict[str, tuple[str, str, Callable[[_Log], Any], str, str, str, str, tuple[str, str]]] = {
    "log": (
        "Return a list with a pair (tick, name) for each attempt, in their order.",
        "list[tuple[int, str]]", lambda log: [(tick, name) for tick, name, _ in log],
        "log: list[tuple[int, str]] = []", "", "", "        log.append((clock, name))\n",
        ("clock += 1", "clock += attempt"),
    ),
    "times": (
        "Return a dictionary from the name of each job that succeeds to the tick in which it does "
        "so.", "dict[str, int]",
        lambda log: {name: tick for tick, name, outcome in log if outcome == "done"},
        "times: dict[str, int] = {}", "            times[name] = clock\n", "", "",
        ("times[name] = clock", "times[name] = attempt"),
    ),
    "gone": (
        "Return a list with a pair (tick, name) for each job, in the order in which they are gone: "
        "the tick in which it succeeds or is given up.", "list[tuple[int, str]]",
        lambda log: [(tick, name) for tick, name, outcome in log if outcome != "again"],
        "gone: list[tuple[int, str]] = []", "", "            gone.append((clock, name))\n", "",
        ("attempt < limit", "attempt <= limit"),
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 5: a desk
#
# name -> words, parameter, Python when one comes, before one is chosen, and a slip.
_RULES: dict[str, tuple[str, str, str, str, tuple[str, str]]] = {
    "refuse": (
        "If `room` requests are waiting when one comes, that one is lost (`room` is at least 1).",
        "room",
        "            place = coming.pop(0)\n            if len(waiting) < room:\n"
        "                waiting.append(place)\n", "", ("< room", "<= room"),
    ),
    "oust": (
        "If more than `room` requests are waiting when one has come (`room` is at least 1), the "
        "one of them with the lowest priority is lost; of several such, the one that came last.",
        "room",
        "            waiting.append(coming.pop(0))\n            if len(waiting) > room:\n"
        "                waiting.remove("
        "min(waiting[::-1], key=lambda place: requests[place][2]))\n",
        "", ("waiting[::-1]", "waiting"),
    ),
    "patience": (
        "After that, all requests that came more than `patience` minutes ago and are still waiting "
        "are lost.", "patience", "            waiting.append(coming.pop(0))\n",
        "        waiting = [p for p in waiting if minute - requests[p][0] <= patience]\n",
        ("<= patience", "< patience"),
    ),
}  # fmt: skip
# name -> words, oracle's key (of arrival, minutes, priority; the smallest is next), Python, a slip.
_NEXT: dict[str, tuple[str, Callable[[int, int, int], int], str, str]] = {
    "first": ("the one that came first", lambda arrival, *_: arrival, "waiting[0]", "waiting[-1]"),
    "priority": (
        "the one with the highest priority, and of several such the one that came first",
        lambda _, __, priority: -priority, "max(waiting, key=lambda place: requests[place][2])",
        "min(waiting, key=lambda place: requests[place][2])",
    ),
    "aged": (
        "the one for which its priority plus the number of minutes since it came is the largest, "
        "and of several such the one that came first",
        lambda arrival, _, priority: arrival - priority,
        "max(waiting, key=lambda place: requests[place][2] - requests[place][0])",
        "max(waiting, key=lambda place: requests[place][2])",
    ),
}  # fmt: skip
# name -> words, result, oracle (of starts and requests), first line, what is done at a start, the
# result, and a slip.
_Starts = list[int | None]
_DESK: dict[str, tuple[str, str, Callable[[_Starts, Any], Any], str, str, str, tuple[str, str]]]
_DESK = {
    "starts": (
        "Return a list with one element for each request, in the order of `requests`: the minute "
        "in which it starts, or None if it is lost.", "list[int | None]", lambda starts, _: starts,
        "starts: list[int | None] = [None] * len(requests)", "starts[place] = minute", "starts",
        ("starts[place] = minute", "starts[place] = requests[place][0]"),
    ),
    "order": (
        "Return the list of the indices (from 0) in `requests` of those that start, in the order "
        "in which they do.", "list[int]",
        lambda starts, _: [starts.index(m) for m in sorted(m for m in starts if m is not None)],
        "order: list[int] = []", "order.append(place)", "order",
        ("return order", "return sorted(order)"),
    ),
    "waits": (
        "Return a dictionary from each priority that a request that starts has to the longest "
        "time, in minutes, from the arrival to the start of one that has it.", "dict[int, int]",
        lambda starts, requests: {
            p: max(s - r[0] for s, r in zip(starts, requests, strict=True)
                   if s is not None and r[2] == p)
            for s, (_, _, p) in zip(starts, requests, strict=True) if s is not None
        },
        "waits: dict[int, int] = {}",
        "arrival, _, priority = requests[place]\n"
        "            waits[priority] = max(minute - arrival, waits.get(priority, 0))", "waits",
        ("max(minute - arrival, waits.get(priority, 0))", "minute - arrival"),
    ),
}  # fmt: skip


def _variants(level: int) -> list[tuple[Any, ...]]:
    if level == 1:
        return [(1, name) for name in _WHOLE]
    if level == 2:
        # Where a full buffer raises, nothing is lost.
        pairs = itertools.product(_FULL, _BUFFER)
        return [(2, *pair) for pair in pairs if pair != ("raises", "lost")]
    if level == 3:
        return [(3, *key) for key in itertools.product(_TURNS, _SERVED)]
    if level == 4:
        return [(4, *key) for key in itertools.product(_AGAIN, _LOGS)]
    return [(5, *key) for key in itertools.product(_RULES, _NEXT, _DESK)]


@family("queues", _variants)
def queues(level: int, *key: str) -> Problem:
    return _LEVELS[level](*key)


def _requests(draw: Draw, most: int = 9) -> _Requests:
    clients = draw.shuffle("abcd")[: draw.between(1, 4)]
    reach = draw.pick((1, 2, 3, 9))
    return [(draw.pick(clients), draw.between(1, reach)) for _ in range(draw.below(most))]


_QUEUES: list[_Requests] = [
    [], [("a", 1)], [("b", 2), ("a", 2)], [("a", 3), ("a", 1), ("a", 2)],
    [("b", 1), ("a", 1), ("b", 1), ("a", 1)], [("c", 5), ("b", 1), ("a", 4), ("b", 2), ("c", 1)],
    [("b", 2), ("b", 1), ("b", 2), ("a", 1), ("a", 2), ("c", 2)],
    [("d", 3), ("a", 3), ("a", 3), ("c", 1), ("d", 2), ("a", 9), ("b", 3)],
]  # fmt: skip


def _whole(name: str) -> Problem:
    words, returns, oracle, python, slips = _WHOLE[name]
    parts = "".join(line for part, line in _PARTS.items() if part in python)
    imports = "from itertools import accumulate\n\n\n" if "accumulate" in parts + python else ""
    reference = (
        f"{imports}def queues(requests: {_REQUESTS}, limit: int) -> {returns}:\n"
        f"{parts}    return {python}\n"
    )
    return Problem(
        "`requests` are waiting, the one that came first stands first: each is a pair (client, "
        f"minutes that it takes), at least 1. `limit` is at least 1.\n{words}.",
        Interface("queues", (("requests", _REQUESTS), ("limit", "int")), returns),
        reference,
        oracle,
        lambda draw: (_requests(draw), draw.pick((1, 1, 2, 2, 3, 4, 9))),
        [(requests, 1 + place % 3) for place, requests in enumerate(_QUEUES)]
        + [(_QUEUES[5], 2), (_QUEUES[6], 5), (_QUEUES[3], 9), (_QUEUES[7], 6)],
        [slip(reference, change) for change in slips],
    )


def _buffer(full: str, told: str) -> Problem:
    rule, of, quiet, telling, slips = _FULL[full]
    words, returns = _BUFFER[told]
    otherwise = telling if told == "lost" else quiet
    takes = {
        "taken": "            taken.append(held.popleft() if held else None)\n",
        "lost": "            held.popleft()\n",
        "held": "            held.popleft()\n",
    }[told]
    first = {
        "taken": "    taken: list[int | None] = []\n", "lost": "    lost: list[int] = []\n",
        "held": "",
    }[told]  # fmt: skip
    result = {"taken": "taken", "lost": "lost, list(held)", "held": "list(held)"}[told]
    last = f"        else:\n{otherwise}" if otherwise else ""
    body = (
        f"        if event is None:\n{takes}"
        if told == "taken"
        else f"        if event is None:\n            if held:\n    {takes}"
    )
    reference = (
        "from collections import deque\n\n\n"
        f"def queues(events: list[int | None], capacity: int) -> {returns}:\n"
        f"    held: deque[int] = deque()\n{first}    for event in events:\n{body}"
        "        elif len(held) < capacity:\n            held.append(event)\n"
        f"{last}    return {result}\n"
    )

    def oracle(events: list[int | None], capacity: int) -> Any:
        held: list[int] = []
        taken: list[int | None] = []
        lost: list[int] = []
        for event in events:
            if event is None:
                taken.append([*held, None][0])
                held = held[1:]
            elif len(held) == capacity:
                held, gone = of(held, event)
                lost = lost + gone
            else:
                held = [*held, event]
        return {"taken": taken, "lost": (lost, held), "held": held}[told]

    def arguments(draw: Draw) -> tuple[Any, ...]:
        reach = draw.pick((2, 4, 9))
        share = draw.pick((0.2, 0.35, 0.5))
        events = [
            None if draw.chance(share) else draw.between(-1, reach) for _ in range(draw.below(14))
        ]
        return events, draw.pick((1, 2, 2, 3))

    # A full buffer is told in two ways, each of which has its own slips.
    mistakes = [change for change in slips if change[0] in reference]
    mistakes.append(("event is None", "not event"))
    taken = (
        "held.popleft() if held" if told == "taken" else "if held:\n                held.popleft()"
    )
    mistakes.append((taken, taken.replace("popleft", "pop")))
    return Problem(
        "A buffer is empty at first and holds at most `capacity` items, at least 1. `events` are "
        "handled in their order. A number is an item that comes; if there is room, it is put in. "
        "None takes the item out that has been held longest; if none is held, nothing happens to "
        f"the buffer.\n{rule}\n"
        + words.format(each=", those held longest first" if full == "cleared" else ""),
        Interface("queues", (("events", "list[int | None]"), ("capacity", "int")), returns),
        reference,
        oracle,
        arguments,
        [
            ([], 1), ([None], 1), ([5], 1), ([5, 6], 1), ([6, 5], 1), ([5, 5, None], 2),
            ([3, 1, 2, None, None, None, None], 2), ([1, 2, 3, 4, 5], 3), ([0, None, 0, 1], 1),
            ([2, 1, 3, 1, 9, None, 4, 5, 6], 3), ([1, 4, 1, 5, None, 1, 6], 3),
            ([4, 2, None, 3, 9, 8, None, 7, 5], 2),
        ],
        [slip(reference, change) for change in mistakes],
    )  # fmt: skip


def _turns(turn: str, told: str) -> Problem:
    rule, parameter, python, mistake = _TURNS[turn]
    words, returns, tell, result, other = _SERVED[told]
    parameters = [("requests", _REQUESTS)] + ([parameter] if parameter else [])
    listed = ", ".join(f"{name}: {kind}" for name, kind in parameters)
    imports = "from collections import Counter\n" if "Counter" in python else ""
    imports += "from itertools import groupby\n" if told == "runs" else ""
    imports += "\n\n" if imports else ""
    grouped = (
        "    waiting: dict[str, list[int]] = {}\n"
        "    for place, (client, _) in enumerate(requests):\n"
        "        waiting.setdefault(client, []).append(place)\n"
    )
    reference = (
        imports
        + f"def queues({listed}) -> {returns}:\n"
        + (grouped if "waiting" in python else "")
        + f"    order: list[int] = []\n{python}{result}"
    )

    def oracle(requests: _Requests, weights: dict[str, int] | None = None) -> Any:
        rest = [(place, client, minutes) for place, (client, minutes) in enumerate(requests)]
        clients = list(dict.fromkeys(client for client, _ in requests))
        served: _Served = []
        if turn in ("each", "weighted"):
            # The round of each, and in a round by client.
            def key(request: tuple[int, str, int]) -> tuple[int, int, int]:
                place, client, _ = request
                earlier = [c for c, _ in requests[:place]].count(client)
                return earlier // (weights or {}).get(client, 1), clients.index(client), place

            return tell(sorted(rest, key=key))
        while rest:
            names = [client for _, client, _ in rest]
            if turn == "least":
                had = {c: sum(m for _, d, m in served if c == d) for c in names}
                fits = sorted(rest, key=lambda r: (had[r[1]], clients.index(r[1]), r[0]))
            elif turn == "smallest":
                fits = sorted(rest, key=lambda r: (names.count(r[1]), r[1], -r[0]))
            else:
                before = served[-1][1] if served else None
                fits = sorted(rest, key=lambda r: (r[1] == before, -r[2], r[0]))
            served = [*served, fits[0]]
            rest = [request for request in rest if request != fits[0]]
        return tell(served)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        requests = _requests(draw, 11)
        if not parameter:
            return (requests,)
        return requests, {name: draw.between(1, 3) for name in "abcd" if draw.chance(0.6)}

    edges: list[tuple[Any, ...]] = [(requests,) for requests in _QUEUES]
    edges += [
        ([("b", 1), ("a", 9), ("b", 1), ("b", 1), ("a", 1)],),
        ([("a", 4), ("b", 2), ("b", 2), ("b", 2), ("a", 1), ("b", 5)],),
        ([("b", 3), ("c", 1), ("a", 2), ("c", 1), ("a", 1), ("b", 1), ("c", 1), ("c", 7)],),
        ([("c", 1), ("c", 3), ("b", 2), ("b", 4), ("a", 5), ("a", 6)],),
    ]
    if parameter:
        edges = [(*edge, {"a": 2, "b": 1 + place % 3}) for place, edge in enumerate(edges)]
    return Problem(
        "`requests` are waiting: each is a pair (client, minutes that it takes), at least 1. They "
        f"are served one after the other.\n{rule}\n{words}",
        Interface("queues", tuple(parameters), returns),
        reference,
        oracle,
        arguments,
        edges,
        [slip(reference, mistake), slip(reference, other)],
    )


def _again(again: str, told: str) -> Problem:
    where, parameter, mistake = _AGAIN[again]
    words, returns, tell, first, success, gone, each, other = _LOGS[told]
    parameters = [("jobs", _REQUESTS), ("limit", "int")] + ([parameter] if parameter else [])
    listed = ", ".join(f"{name}: {kind}" for name, kind in parameters)
    timed = again in ("delay", "doubled")
    push = {
        "back": "queue.append((place, attempt + 1))",
        "second": "queue.insert(1, (place, attempt + 1))",
        "delay": "heappush(heap, (clock + delay, place, attempt + 1))",
        "doubled": "heappush(heap, (clock + 2**attempt, place, attempt + 1))",
    }[again]
    if success:
        branches = (
            f"        if attempt > failures:\n{success}"
            f"        elif attempt < limit:\n            {push}\n"
        )
    elif gone:
        branches = (
            f"        if attempt <= failures and attempt < limit:\n            {push}\n"
            f"        else:\n{gone}"
        )
    else:
        branches = f"        if attempt <= failures and attempt < limit:\n            {push}\n"
    begin = (
        "    heap = [(0, place, 1) for place in range(len(jobs))]\n    clock = 0\n"
        "    while heap:\n        ready, place, attempt = heappop(heap)\n"
        "        clock = max(clock, ready)\n"
        if timed
        else "    queue = deque((place, 1) for place in range(len(jobs)))\n"
        "    clock = 0\n    while queue:\n        place, attempt = queue.popleft()\n"
    )
    imports = "from heapq import heappop, heappush" if timed else "from collections import deque"
    reference = (
        f"{imports}\n\n\ndef queues({listed}) -> {returns}:\n    {first}\n{begin}"
        f"        name, failures = jobs[place]\n{each}{branches}"
        f"        clock += 1\n    return {first.partition(':')[0]}\n"
    )

    def oracle(jobs: _Requests, limit: int, delay: int = 0) -> Any:
        # Each: when it is ready, its place, its number of attempts.
        state: list[tuple[int, int, int]] = [(0, place, 0) for place in range(len(jobs))]
        log: _Log = []
        tick = 0
        while state:
            if timed:
                state = sorted(state)
                tick = max(tick, state[0][0])
            (_, place, tried), state = state[0], state[1:]
            name, failures = jobs[place]
            if tried == failures:
                outcome = "done"
            elif tried + 1 == limit:
                outcome = "lost"
            else:
                outcome = "again"
                wait = delay or 2 ** (tried + 1)
                one = [(tick + wait, place, tried + 1)]
                state = state[:1] + one + state[1:] if again == "second" else state + one
            log.append((tick, name, outcome))
            tick += 1
        return tell(log)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        names = draw.shuffle("abcde")[: draw.between(1, 5)]
        jobs = [(name, draw.pick((0, 0, 1, 2, 3, 5))) for name in names]
        limit = draw.pick((1, 2, 3, 3, 4))
        return (jobs, limit, draw.between(1, 5)) if parameter else (jobs, limit)

    given: list[tuple[_Requests, int]] = [
        ([], 1), ([("a", 0)], 1), ([("a", 1)], 1), ([("a", 1)], 2), ([("a", 3)], 3),
        ([("a", 3)], 4), ([("b", 1), ("a", 1)], 3), ([("b", 2), ("a", 0), ("c", 1)], 2),
        ([("c", 3), ("b", 1), ("a", 2)], 3), ([("a", 5), ("b", 5), ("c", 5), ("d", 0)], 3),
        ([("d", 1), ("c", 2), ("b", 0), ("a", 4)], 4), ([("e", 2), ("d", 1), ("c", 9)], 5),
    ]  # fmt: skip
    edges: list[tuple[Any, ...]] = list(given)
    if parameter:
        edges = [(jobs, limit, 1 + place % 4) for place, (jobs, limit) in enumerate(given)]
    ready = (
        "\nA job is ready at first. In a tick, of the jobs that are ready, the one is attempted "
        "that has been ready since the earliest tick; of several such, the one that stands first "
        "in `jobs`. In a tick in which no job is ready, nothing happens. "
        if timed
        else "\nAt first the jobs are in a queue in the order of `jobs`. In each tick, the job "
        "that is the first in the queue is taken out and attempted. "
    )
    what = (
        f"A job that fails {where}; in that tick it is ready again."
        if timed
        else f"A job that fails {where}."
    )
    return Problem(
        "Each job is a pair (name, number): its first attempts fail, as many as the number, at "
        "least 0, tells, and the next one succeeds. Names are all different. A job whose attempt "
        "number `limit`, which is at least 1, fails is given up. Ticks are numbered from 0; in "
        f"each there is at most one attempt.{ready}{what} One that has succeeded or is given up "
        f"is gone. This goes on until all are gone.\n{words}",
        Interface("queues", tuple(parameters), returns),
        reference,
        oracle,
        arguments,
        edges,
        [slip(reference, change) for change in (mistake, other)],
    )


def _desk(rule: str, choice: str, told: str) -> Problem:
    sentence, parameter, comes, before, mistake = _RULES[rule]
    chosen, key, python, mistaken = _NEXT[choice]
    words, returns, tell, first, start, result, other = _DESK[told]
    kind = "list[tuple[int, int, int]]"
    reference = (
        f"def queues(requests: {kind}, {parameter}: int) -> {returns}:\n    {first}\n"
        "    coming = sorted(range(len(requests)), key=lambda place: requests[place][0])\n"
        "    waiting: list[int] = []\n    minute = free = 0\n"
        "    while coming or waiting:\n"
        "        while coming and requests[coming[0]][0] == minute:\n"
        f"{comes}{before}        if waiting and free <= minute:\n"
        f"            place = {python}\n            waiting.remove(place)\n"
        f"            {start}\n            free = minute + requests[place][1]\n"
        f"        minute += 1\n    return {result}\n"
    )

    def oracle(requests: list[tuple[int, int, int]], limit: int) -> Any:
        starts: _Starts = [None] * len(requests)
        lost: set[int] = set()
        busy: set[int] = set()
        for minute in range(sum(m for _, m, _ in requests) + max([0, *(a for a, *_ in requests)])):
            there = [
                place
                for place in sorted(range(len(requests)), key=lambda p: (requests[p][0], p))
                if requests[place][0] < minute and starts[place] is None and place not in lost
            ]
            for place in range(len(requests)):
                if requests[place][0] != minute:
                    continue
                there = [*there, place]
                if rule == "patience" or len(there) <= limit:
                    continue
                worst = place
                if rule == "oust":
                    worst = sorted(there, key=lambda p: (-requests[p][2], there.index(p)))[-1]
                lost.add(worst)
                there = [p for p in there if p != worst]
            if rule == "patience":
                lost |= {p for p in there if requests[p][0] + limit < minute}
                there = [p for p in there if p not in lost]
            if there and minute not in busy:
                place = sorted(there, key=lambda p: (key(*requests[p]), there.index(p)))[0]
                starts[place] = minute
                busy |= {*range(minute, minute + requests[place][1])}
        return tell(starts, requests)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        span, longest, levels = draw.pick((3, 6, 12)), draw.pick((2, 4, 6)), draw.pick((2, 3, 9))
        requests = [
            (draw.below(span), draw.between(1, longest), draw.below(levels))
            for _ in range(draw.between(1, 9))
        ]
        return requests, draw.pick((1, 2, 3) if rule != "patience" else (0, 1, 2, 4, 8))

    given: list[tuple[list[tuple[int, int, int]], int]] = [
        ([], 1), ([(0, 1, 0)], 1), ([(3, 2, 1)], 1), ([(0, 2, 0), (2, 1, 0)], 1),
        ([(0, 2, 0), (0, 1, 0)], 1), ([(0, 2, 0), (0, 1, 1)], 1),
        ([(0, 3, 1), (1, 1, 2), (2, 1, 2)], 1),
        ([(0, 9, 0), (1, 1, 1), (2, 1, 1), (3, 1, 2), (4, 1, 1)], 2),
        ([(5, 1, 0), (0, 4, 0), (1, 2, 3), (1, 2, 3), (2, 2, 4)], 2),
        ([(0, 5, 0), (1, 1, 1), (4, 1, 5), (2, 1, 3)], 4), ([(0, 3, 2), (1, 3, 2), (2, 3, 2)], 2),
        ([(0, 4, 0), (1, 2, 1), (1, 2, 1), (2, 9, 2), (3, 1, 0), (9, 1, 2)], 3),
        ([(2, 2, 0), (1, 3, 5), (1, 1, 5), (0, 2, 9)], 3), ([(0, 3, 1), (1, 1, 1), (9, 1, 1)], 4),
    ]  # fmt: skip
    arrive = (
        "Each request is a triple (arrival, minutes, priority): it comes in the minute `arrival`, "
        "at least 0, and takes `minutes` minutes, at least 1. A desk serves one request at a time. "
        "Minutes are numbered from 0. In each, the following happens in this order. First the "
        "desk becomes free if the request that it serves has taken its minutes: one that starts in "
        "minute m and takes n minutes does so in minute m + n. Then the requests come whose "
        "minute it is, one after the other in the order of `requests`; they are waiting."
    )
    return Problem(
        f"{arrive} {sentence} Last, if the desk is free and requests are waiting, one of these "
        f"starts: {chosen} (of those that came in the same minute, the one that stands first in "
        f"`requests` counts as having come first). A request that is lost never starts.\n{words}",
        Interface("queues", (("requests", kind), (parameter, "int")), returns),
        reference,
        oracle,
        arguments,
        given,
        [slip(reference, change) for change in (mistake, (python, mistaken), other)],
    )


_LEVELS: dict[int, Callable[..., Problem]] = {
    1: _whole,
    2: _buffer,
    3: _turns,
    4: _again,
    5: _desk,
}
