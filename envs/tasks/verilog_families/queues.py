"""Queues: one place, counts, small buffers, and queues with second thoughts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ....verifiers.verilog.interface import Port
from ..draw import Draw
from .family import Inputs, Outputs, Problem, Sequential, family
from .synchronous import Chance, rows, synchronous, vector

_Words = tuple[int, ...]
_Packets = tuple[_Words, _Words, bool]  # committed, open, spoilt
_Given = tuple[_Words, int]  # the values, and how many of them are given out
_Pair = tuple[_Words, _Words, int]  # plain, urgent, and which was served last


def _variants(level: int) -> Sequence[tuple[Any, ...]]:
    if level == 1:
        return [
            (level, "slot", full, both, shown)
            for full in ("keep", "replace")
            for both in ("exchange", "empty")
            for shown in ("zero", "kept")
        ]
    if level == 2:
        return [
            (level, "level", depth, push, pop)
            for depth in (3, 4, 5, 6)
            for push in ("strict", "flow")
            for pop in ("strict", "flow")
        ]
    if level == 3:
        return [
            (level, "plain", depth, push, shown)
            for depth in (2, 3, 4)
            for push in ("strict", "flow")
            for shown in ("head", "given")
        ]
    if level == 4:
        return [
            (level, "policy", depth, policy, extra)
            for depth in (3, 4)
            for policy in ("refuse", "oldest", "newest")
            for extra in ("look", "newest", "flush")
        ]
    return [
        *((level, "packet", full, room, 0) for full in ("refuse", "spoil")
          for room in ("strict", "flow")),
        *((level, "rewind", winner, last, 0) for winner in ("accept", "rewind")
          for last in ("with", "without")),
        *((level, "classes", order, full, 0) for order in ("urgent", "turns")
          for full in ("refuse", "spill")),
        *((level, "narrow", order, skip, 0) for order in ("high", "low") for skip in (True, False)),
        *((level, "wide", order, pad, 0) for order in ("high", "low") for pad in (0, 15)),
        *((level, "double", fit, room, 0) for fit in ("both", "some")
          for room in ("strict", "flow")),
    ]  # fmt: skip


@family("fifo", _variants)
def fifo(level: int, kind: str, first: Any, second: Any, third: Any) -> Problem:
    makers: dict[str, Callable[..., Problem]] = {
        "slot": _slot, "level": _level, "plain": _plain, "policy": _policy,
    }  # fmt: skip
    if level < 5:
        return makers[kind](first, second, third)
    pairs: dict[str, Callable[..., Problem]] = {
        "packet": _packet, "rewind": _rewind, "classes": _classes, "narrow": _narrow,
        "wide": _wide, "double": _double,
    }  # fmt: skip
    return pairs[kind](first, second)


_PHASES = ((0.9, 0.15), (0.15, 0.9), (0.6, 0.6), (0.95, 0.95), (1.0, 0.0), (0.0, 1.0))


def _bursts(
    draw: Draw, cycles: int, others: Mapping[str, Chance], push: str = "push", pop: str = "pop"
) -> list[dict[str, int]]:
    """Stretches that fill and that drain, and in between."""
    found: list[dict[str, int]] = []
    fills = draw.chance(0.7)
    while len(found) < cycles:
        often, seldom = _PHASES[0] if fills and not found else draw.pick(_PHASES)
        found += rows(draw, draw.between(3, 8), {push: often, pop: seldom, **others})
    return found[:cycles]


def _after(pointer: str, depth: int) -> str:
    """A pointer moved on by one."""
    bits = (depth - 1).bit_length()
    if depth == 1 << bits:
        return f"{pointer} + {bits}'d1"
    return f"({pointer} == {bits}'d{depth - 1}) ? {bits}'d0 : {pointer} + {bits}'d1"


# ---------------------------------------------------------------- 1 and 2: a place, and a count


def _slot(full: str, both: str, shown: str) -> Problem:
    width = 4
    words = "\n".join(
        [
            f"A place for one value of {width} bits, first empty. valid is 1 while there is a "
            "value in it.",
            "- push while it is empty: it takes d. pop while it is empty changes nothing, also "
            "together with push.",
            "- pop without push, while there is a value: it becomes empty.",
            "- push without pop, while there is a value: "
            + ("d is lost, and the value stays." if full == "keep" else "d takes its place."),
            "- push and pop, while there is a value: "
            + ("d takes its place." if both == "exchange" else "it becomes empty, and d is lost."),
            "q is the value while valid is 1; "
            + (
                "while valid is 0 it is 0."
                if shown == "zero"
                else "while valid is 0 it is the last value that was there, and first 0."
            ),
        ]
    )

    def step(state: tuple[_Words, int], inputs: Inputs) -> tuple[Outputs, tuple[_Words, int]]:
        place, last = state
        q = place[0] if place else last
        outputs = {"q": q if place or shown == "kept" else 0, "valid": len(place)}
        push, pop, d = inputs["push"], inputs["pop"], (inputs["d"],)
        after: _Words
        if not place:
            after = d if push else ()
        elif push and pop:
            after = d if both == "exchange" else ()
        elif push:
            after = d if full == "replace" else place
        else:
            after = () if pop else place
        return outputs, (after, q)

    def draw(draw: Draw) -> list[dict[str, int]]:
        return rows(draw, 24, {"push": 0.5, "pop": 0.5, "d": 1 << width})

    free = {
        ("keep", "exchange"): "push && (!valid || pop)",
        ("replace", "exchange"): "push",
        ("keep", "empty"): "push && !valid",
        ("replace", "empty"): "push && (!valid || !pop)",
    }[full, both]
    body = f"wire take = {free};\n"
    name = "q"
    if shown == "zero":
        name = "kept"
        body = f"reg [{width - 1}:0] kept;\n{body}assign q = valid ? kept : {width}'d0;\n"
    return synchronous(
        "slot", (full, both, shown), [Port("push"), Port("pop"), Port("d", width)],
        [Port("q", width), Port("valid")], words, Sequential(((), 0), step, draw), body=body,
        first=f"{name} <= {width}'d0;\nvalid <= 1'b0;",
        then=f"valid <= take || (valid && !pop);\nif (take) {name} <= d;",
    )  # fmt: skip


def _level(depth: int, push: str, pop: str) -> Problem:
    bits = depth.bit_length()
    strict_push = "is refused, also where pop is 1"
    flow_push = "is refused, unless pop is 1: then it is taken, as one goes"
    words = "\n".join(
        [
            f"The bookkeeping of a queue with {depth} places, without its values. count is how "
            "many places are taken, first 0.",
            "- push adds one. Where all places are taken, push "
            f"{strict_push if push == 'strict' else flow_push}.",
            "- pop takes one away. Where no place is taken, pop "
            + (
                "is refused, also where push is 1."
                if pop == "strict"
                else "is refused, unless push is 1: then both are done, and count stays 0."
            ),
            "A cycle with a push and a pop that are both done leaves count as it is. took is 1 in "
            "a cycle where push is 1 and is not refused, gave in one where pop is 1 and is not "
            "refused. full is 1 while all places are taken, empty while none is.",
        ]
    )

    def step(count: int, inputs: Inputs) -> tuple[Outputs, int]:
        a, b = inputs["push"], inputs["pop"]
        if count == depth:
            took, gave = (a and b if push == "flow" else 0), b
        elif count == 0:
            took, gave = a, (a and b if pop == "flow" else 0)
        else:
            took, gave = a, b
        outputs = {
            "count": count,
            "full": int(count == depth),
            "empty": int(count == 0),
            "took": took,
            "gave": gave,
        }
        return outputs, count + took - gave

    def draw(draw: Draw) -> list[dict[str, int]]:
        return _bursts(draw, 32, {})

    can_push = "!full" if push == "strict" else "(!full || pop)"
    can_pop = "!empty" if pop == "strict" else "(!empty || push)"
    return synchronous(
        "queue_level", (depth, push, pop), [Port("push"), Port("pop")],
        [Port("count", bits), Port("full"), Port("empty"), Port("took"), Port("gave")], words,
        Sequential(0, step, draw),
        body=f"assign full = (count == {bits}'d{depth});\nassign empty = (count == {bits}'d0);\n"
        f"assign took = push && {can_push};\nassign gave = pop && {can_pop};\n",
        first=f"count <= {bits}'d0;",
        then=f"if (took && !gave) count <= count + {bits}'d1;\n"
        f"else if (gave && !took) count <= count - {bits}'d1;",
    )  # fmt: skip


# ---------------------------------------------------------------- 3 and 4: with values


def _plain(depth: int, push: str, shown: str) -> Problem:
    width = 4
    p, c = (depth - 1).bit_length(), depth.bit_length()
    words = "\n".join(
        [
            f"A queue of up to {depth} values of {width} bits, first empty: what was pushed first "
            "is popped first.",
            "- push appends d. While the queue is full, push is ignored"
            + (
                ", also where pop is 1."
                if push == "strict"
                else " where pop is 0; where pop is 1 too, the oldest value goes and d is appended."
            ),
            "- pop removes the oldest value. While the queue is empty, pop is ignored, also where "
            "push is 1.",
            "full is 1 while it is full, empty while it is empty. "
            + (
                "head is the oldest value, and 0 while it is empty."
                if shown == "head"
                else "given is 1 in the cycle after a pop that was not ignored, and 0 in all "
                "others; value is the value that was popped last, and first 0."
            ),
        ]
    )

    def step(
        state: tuple[_Words, int, int], inputs: Inputs
    ) -> tuple[Outputs, tuple[_Words, int, int]]:
        queue, value, given = state
        outputs: dict[str, int] = {"full": int(len(queue) == depth), "empty": int(not queue)}
        if shown == "head":
            outputs["head"] = (*queue, 0)[0]
        else:
            outputs |= {"value": value, "given": given}
        gives = inputs["pop"] and len(queue) > 0
        room = len(queue) < depth or (push == "flow" and inputs["pop"])
        after = queue[1:] if gives else queue
        if inputs["push"] and room:
            after += (inputs["d"],)
        return outputs, (after, queue[0] if gives else value, int(gives))

    def draw(draw: Draw) -> list[dict[str, int]]:
        return _bursts(draw, 32, {"d": 1 << width})

    outputs = [Port("full"), Port("empty")]
    outputs += [Port("head", width)] if shown == "head" else [Port("value", width), Port("given")]
    body = (
        f"reg [{width - 1}:0] store [0:{depth - 1}];\nreg {vector(p)}oldest;\n"
        f"reg {vector(p)}free;\nreg [{c - 1}:0] count;\n"
        f"assign full = (count == {c}'d{depth});\nassign empty = (count == {c}'d0);\n"
        f"wire take = push && {'!full' if push == 'strict' else '(!full || pop)'};\n"
        "wire give = pop && !empty;\n"
    )
    first = f"oldest <= {p}'d0;\nfree <= {p}'d0;\ncount <= {c}'d0;"
    gives = f"oldest <= {_after('oldest', depth)};"
    extra = ""
    if shown == "head":
        body += f"assign head = empty ? {width}'d0 : store[oldest];\n"
    else:
        first += f"\nvalue <= {width}'d0;\ngiven <= 1'b0;"
        gives += "\n  value <= store[oldest];"
        extra = "given <= give;\n"
    then = (
        f"{extra}if (take) begin\n  store[free] <= d;\n  free <= {_after('free', depth)};\nend\n"
        f"if (give) begin\n  {gives}\nend\n"
        f"if (take && !give) count <= count + {c}'d1;\n"
        f"else if (give && !take) count <= count - {c}'d1;"
    )
    return synchronous(
        "queue", (depth, push, shown), [Port("push"), Port("pop"), Port("d", width)], outputs,
        words, Sequential(((), 0, 0), step, draw), body=body, first=first, then=then,
    )  # fmt: skip


def _policy(depth: int, policy: str, extra: str) -> Problem:
    width, p, c = 4, 2, depth.bit_length()
    full = {
        "refuse": "d is lost, and the queue stays as it is",
        "oldest": "the oldest value is lost, and d is appended",
        "newest": "the newest value is lost, and d takes its place",
    }[policy]
    more = {
        "look": "seen is the value with place values before it (place 0: the oldest one), and 0 "
        "where there are not so many.",
        "newest": "newest is the value that was appended last of those in the queue, and 0 while "
        "it is empty.",
        "flush": "In a cycle where flush is 1 all values are removed; then d, where push is 1 in "
        "it, is the only one. pop is ignored in it, and nothing counts as lost.",
    }[extra]
    words = "\n".join(
        [
            f"A queue of up to {depth} values of {width} bits, first empty: what was pushed first "
            "is popped first.",
            "- pop removes the oldest value; while the queue is empty it does nothing.",
            "- push appends d. Where push and pop are 1 while the queue is full, the oldest value "
            "goes and d is appended. Where push is 1 and pop is 0 while it is full, "
            f"{full}.",
            "head is the oldest value, and 0 while it is empty; count is the number of values. "
            "lost is 1 in a cycle in which a value is lost.",
            more,
        ]
    )
    inputs = [Port("push"), Port("pop"), Port("d", width)]
    outputs = [Port("head", width), Port("count", c), Port("lost")]
    others: dict[str, Chance] = {"d": 1 << width}
    if extra == "look":
        inputs.append(Port("place", 2))
        others["place"] = 4
        outputs.append(Port("seen", width))
    elif extra == "newest":
        outputs.append(Port("newest", width))
    else:
        inputs.append(Port("flush"))
        others["flush"] = 0.08

    def step(queue: _Words, inputs: Inputs) -> tuple[Outputs, _Words]:
        push, pop, d = inputs["push"], inputs["pop"], inputs["d"]
        flush = inputs.get("flush", 0)
        over = push and not pop and not flush and len(queue) == depth
        found = {"head": (*queue, 0)[0], "count": len(queue), "lost": int(over)}
        if extra == "look":
            found["seen"] = (*queue, 0, 0, 0, 0)[inputs["place"]]
        elif extra == "newest":
            found["newest"] = (0, *queue)[-1]
        if flush:
            return found, (d,) if push else ()
        if over:
            return found, {
                "refuse": queue, "oldest": (*queue[1:], d), "newest": (*queue[:-1], d),
            }[policy]  # fmt: skip
        after = queue[pop:]
        return found, (*after, d) if push else after

    def draw(draw: Draw) -> list[dict[str, int]]:
        return _bursts(draw, 36, others)

    body = (
        f"reg [{width - 1}:0] store [0:{depth - 1}];\nreg [1:0] oldest;\nreg [1:0] free;\n"
        f"wire full = (count == {c}'d{depth});\nwire empty = (count == {c}'d0);\n"
        f"assign head = empty ? {width}'d0 : store[oldest];\n"
        f"assign lost = push && !pop && full{' && !flush' if extra == 'flush' else ''};\n"
    )
    if policy == "newest" or extra == "newest":
        before = "free - 2'd1" if depth == 4 else "(free == 2'd0) ? 2'd2 : free - 2'd1"
        body += f"wire [1:0] last = {before};\n"
    if extra == "newest":
        body += f"assign newest = empty ? {width}'d0 : store[last];\n"
    if extra == "look" and depth == 4:
        body += (
            "wire [1:0] spot = oldest + place;\n"
            f"assign seen = ({{1'b0, place}} < count) ? store[spot] : {width}'d0;\n"
        )
    elif extra == "look":
        body += (
            "wire [2:0] sum = {1'b0, oldest} + {1'b0, place};\n"
            "wire [1:0] spot = (sum >= 3'd3) ? sum[1:0] - 2'd3 : sum[1:0];\n"
            f"assign seen = (place < count) ? store[spot] : {width}'d0;\n"
        )
    gives = "pop && !empty" if policy != "oldest" else "(pop && !empty) || lost"
    takes = "push" if policy == "oldest" else "push && (!full || pop)"
    body += f"wire give = {gives};\nwire take = {takes};\n"
    first = f"oldest <= {p}'d0;\nfree <= {p}'d0;\ncount <= {c}'d0;"
    then = (
        f"if (take) begin\n  store[free] <= d;\n  free <= {_after('free', depth)};\nend\n"
        + ("if (lost) store[last] <= d;\n" if policy == "newest" else "")
        + f"if (give) oldest <= {_after('oldest', depth)};\n"
        f"if (take && !give) count <= count + {c}'d1;\n"
        f"else if (give && !take) count <= count - {c}'d1;"
    )
    if extra == "flush":
        inner = then.replace("\n", "\n  ")
        then = (
            "if (flush) begin\n  store[0] <= d;\n  oldest <= 2'd0;\n"
            f"  free <= push ? 2'd1 : 2'd0;\n  count <= push ? {c}'d1 : {c}'d0;\n"
            f"end else begin\n  {inner}\nend"
        )
    return synchronous(
        "queue", (depth, policy, extra), inputs, outputs, words, Sequential((), step, draw),
        body=body, first=first, then=then,
    )  # fmt: skip


# ---------------------------------------------------------------- 5: second thoughts, two widths


def _packet(full: str, room: str) -> Problem:
    space = (
        "if fewer than 4 places are taken before the cycle"
        if room == "strict"
        else "if fewer than 4 places are taken before the cycle, or a pop frees one in it"
    )
    over = {
        "refuse": "Else d is lost, and nothing else happens.",
        "spoil": "Else d is lost and the packet is spoilt: later pushes of it are ignored, and its "
        "commit, in the same cycle too, does what cancel does.",
    }[full]
    words = "\n".join(
        [
            "A queue of packets with places for 4 values of 4 bits, first empty. Values are pushed "
            "one by one, and take a place each, but can be popped only when their packet has been "
            "committed.",
            f"- push appends d to the open packet {space}. {over}",
            "- commit closes the open packet, with the value that is pushed in the same cycle: "
            "its values can be popped from the next cycle on. The next push opens another one.",
            "- cancel removes all values of the open packet, with the one that is pushed in the "
            "same cycle. Where commit and cancel are 1, only cancel counts.",
            "- pop removes the oldest committed value; it is ignored while there is none (before "
            "the cycle).",
            "head is the oldest committed value, and 0 while there is none; ready is the number "
            "of committed values, open is that of the open packet."
            + (
                " spoilt is 1 while the open packet is spoilt, as the cycles before have made it; "
                "it is 0 after a commit or a cancel."
                if full == "spoil"
                else ""
            ),
        ]
    )

    def step(state: _Packets, inputs: Inputs) -> tuple[Outputs, _Packets]:
        done, part, spoilt = state
        outputs: dict[str, int] = {
            "head": (*done, 0)[0],
            "ready": len(done),
            "open": len(part),
        }
        if full == "spoil":
            outputs["spoilt"] = int(spoilt)
        gives = inputs["pop"] and len(done) > 0
        taken = len(done) + len(part) - (1 if room == "flow" and gives else 0)
        if inputs["push"] and not spoilt:
            if taken < 4:
                part += (inputs["d"],)
            elif full == "spoil":
                spoilt = True
        done = done[1:] if gives else done
        if inputs["cancel"] or (inputs["commit"] and spoilt):
            return outputs, (done, (), False)
        if inputs["commit"]:
            return outputs, (done + part, (), False)
        return outputs, (done, part, spoilt)

    def draw(draw: Draw) -> list[dict[str, int]]:
        return _bursts(
            draw, 40, {"d": 16, "commit": draw.pick((0.15, 0.4)), "cancel": draw.pick((0.03, 0.12))}
        )

    quiet = {"push": 0, "d": 7, "commit": 0, "cancel": 0, "pop": 0}

    def run(*cycles: dict[str, int]) -> list[dict[str, int]]:
        return [{**quiet, "d": 9 + at * 5 & 15, **cycle} for at, cycle in enumerate(cycles)]

    put, end, off, get = {"push": 1}, {"commit": 1}, {"cancel": 1}, {"pop": 1}
    edges = [
        run(put, put, put, put, put, end, get, get, get, get, get, put, end, get),
        run(put, put, {**put, **end}, {**put, **get}, put, end, get, get, get, get),
        run(
            put, put, put, {**put, **end}, {**put, **get}, end, put, {**put, **get}, end, *[get] * 5
        ),
        run(put, {**put, **end}, put, {**put, **off}, put, {**end, **off}, get, get, get),
    ]
    free = "(count != 3'd4)" if room == "strict" else "(count != 3'd4 || give)"
    body = (
        "reg [3:0] store [0:3];\nreg [1:0] oldest;\n"
        "wire [2:0] count = ready + open;\nwire [1:0] free = oldest + count[1:0];\n"
        "assign head = (ready == 3'd0) ? 4'd0 : store[oldest];\n"
        "wire give = pop && (ready != 3'd0);\n"
    )
    first = "oldest <= 2'd0;\nready <= 3'd0;\nopen <= 3'd0;"
    gone = "cancel"
    spoiling = ""
    if full == "spoil":
        body += f"wire take = push && !spoilt && {free};\nwire lose = spoilt || (push && !take);\n"
        first += "\nspoilt <= 1'b0;"
        gone = "cancel || (commit && lose)"
        spoiling = "spoilt <= lose && !commit && !cancel;\n"
    else:
        body += f"wire take = push && {free};\n"
    body += "wire [2:0] kept = ready - {2'd0, give};\nwire [2:0] grown = open + {2'd0, take};\n"
    then = (
        f"{spoiling}if (take) store[free] <= d;\nif (give) oldest <= oldest + 2'd1;\n"
        f"if ({gone}) begin\n  ready <= kept;\n  open <= 3'd0;\nend else if (commit) begin\n"
        "  ready <= kept + grown;\n  open <= 3'd0;\nend else begin\n  ready <= kept;\n"
        "  open <= grown;\nend"
    )
    outputs = [Port("head", 4), Port("ready", 3), Port("open", 3)]
    outputs += [Port("spoilt")] if full == "spoil" else []
    return synchronous(
        "packet_queue", (full, room),
        [Port("push"), Port("d", 4), Port("commit"), Port("cancel"), Port("pop")], outputs, words,
        Sequential(((), (), False), step, draw, edges), body=body, first=first, then=then,
    )  # fmt: skip


def _rewind(winner: str, last: str) -> Problem:
    words = "\n".join(
        [
            "A queue with places for 4 values of 4 bits, first empty, whose reader may change its "
            "mind: a value that was popped keeps its place until it is accepted.",
            "- push appends d if fewer than 4 places are taken before the cycle; else d is lost.",
            "- pop gives out the next value, the oldest of those that are not given out; it is "
            "ignored while there is none (before the cycle).",
            "- accept frees the places of all values that are given out, "
            + (
                "with the one that is popped in the same cycle."
                if last == "with"
                else "but not that of the one which is popped in the same cycle: that stays given "
                "out."
            ),
            "- rewind takes all values back that are given out, with the one that is popped in "
            "the same cycle: they are the next again, in their old order.",
            "- Where accept and rewind are 1, "
            + (
                "accept goes first, and rewind finds what it left."
                if winner == "accept"
                else "only rewind counts."
            ),
            "next_value is the value that a pop would give out, and 0 while there is none; taken "
            "is the number of places that are taken, given that of values which are given out.",
        ]
    )

    def step(state: _Given, inputs: Inputs) -> tuple[Outputs, _Given]:
        queue, given = state
        rest = queue[given:]
        outputs = {"next_value": (*rest, 0)[0], "taken": len(queue), "given": given}
        pops = int(inputs["pop"] == 1 and len(rest) > 0)
        room = len(queue) < 4
        out = given + pops
        if inputs["accept"] and not (inputs["rewind"] and winner == "rewind"):
            freed = given + (pops if last == "with" else 0)
            queue, out = queue[freed:], out - freed
        if inputs["rewind"]:
            out = 0
        if inputs["push"] and room:
            queue += (inputs["d"],)
        return outputs, (queue, out)

    def draw(draw: Draw) -> list[dict[str, int]]:
        return _bursts(
            draw, 40, {"d": 16, "accept": draw.pick((0.1, 0.3)), "rewind": draw.pick((0.08, 0.25))}
        )

    body = (
        "reg [3:0] store [0:3];\nreg [1:0] oldest;\nwire [1:0] spot = oldest + given[1:0];\n"
        "wire [1:0] free = oldest + taken[1:0];\nwire take = push && (taken != 3'd4);\n"
        "wire give = pop && (given != taken);\nwire [2:0] out = given + {2'd0, give};\n"
        "assign next_value = (given == taken) ? 4'd0 : store[spot];\n"
    )
    freed, left = ("out", "3'd0") if last == "with" else ("given", "{2'd0, give}")
    does = "accept" if winner == "accept" else "(accept && !rewind)"
    body += f"wire [2:0] freed = {does} ? {freed} : 3'd0;\n"
    after = f"rewind ? 3'd0 : accept ? {left} : out"
    if last == "with":
        after = "(rewind || accept) ? 3'd0 : out"
    then = (
        "if (take) store[free] <= d;\noldest <= oldest + freed[1:0];\n"
        f"taken <= taken + {{2'd0, take}} - freed;\ngiven <= {after};"
    )
    return synchronous(
        "patient_queue", (winner, last),
        [Port("push"), Port("d", 4), Port("pop"), Port("accept"), Port("rewind")],
        [Port("next_value", 4), Port("taken", 3), Port("given", 3)], words,
        Sequential(((), 0), step, draw), body=body,
        first="oldest <= 2'd0;\ntaken <= 3'd0;\ngiven <= 3'd0;", then=then,
    )  # fmt: skip


def _classes(order: str, full: str) -> Problem:
    rule = (
        "the urgent queue is served if it has a value, else the plain one"
        if order == "urgent"
        else "if both have a value, the one is served that was not served by the last pop (first "
        "the urgent one); if one has, that one"
    )
    over = (
        "is lost"
        if full == "refuse"
        else "is appended to the plain queue if that has fewer than 2 (before the cycle), and is "
        "else lost"
    )
    words = "\n".join(
        [
            "Two queues of up to 2 values of 4 bits each, one for urgent values and one for plain "
            "ones, both first empty.",
            "- push appends d to the urgent queue where urgent is 1, else to the plain one. A "
            "plain value whose queue is full before the cycle is lost, whatever pop is. An urgent "
            f"value whose queue is full before the cycle, whatever pop is, {over}.",
            f"- pop removes the oldest value of the queue that is served: {rule}. Where both are "
            "empty, pop does nothing and counts as none.",
            "valid is 1 while a queue has a value; head is then the oldest value of the queue that "
            "is served, and from_urgent is 1 if that is the urgent one. Else both are 0. "
            "urgent_count and plain_count are the numbers of values.",
        ]
    )

    def step(state: _Pair, inputs: Inputs) -> tuple[Outputs, _Pair]:
        queues = list(state[:2])  # plain, urgent
        last = state[2]
        served = 1 if queues[1] else 0
        if order == "turns" and queues[0] and queues[1]:
            served = 1 - last
        queue = queues[served]
        outputs = {
            "valid": int(bool(queue)),
            "head": (*queue, 0)[0],
            "from_urgent": served,
            "urgent_count": len(queues[1]),
            "plain_count": len(queues[0]),
        }
        room = [len(queue) < 2 for queue in queues]
        if inputs["pop"] and queue:
            queues[served], last = queue[1:], served
        if inputs["push"]:
            to = inputs["urgent"]
            if to and not room[1] and full == "spill":
                to = 0
            if room[to]:
                queues[to] += (inputs["d"],)
        return outputs, (queues[0], queues[1], last)

    def draw(draw: Draw) -> list[dict[str, int]]:
        return _bursts(draw, 40, {"urgent": draw.pick((0.3, 0.5, 0.8)), "d": 16})

    def tells(kinds: str, pops: int) -> list[dict[str, int]]:
        return [
            {"push": 1, "urgent": int(kind == "u"), "d": at + 3, "pop": 0}
            for at, kind in enumerate(kinds)
        ] + [{"push": 0, "urgent": 0, "d": 0, "pop": 1}] * pops

    edges = [tells("uupp", 5), tells("uuu", 4), tells("ppp", 3), tells("uuuuu", 5)]
    edges.append(tells("up", 1) + tells("u", 1) + tells("up", 4))
    turns = order == "turns"
    to_urgent = "push && urgent && (urgent_count != 2'd2)"
    to_plain = (
        "push && !urgent && (plain_count != 2'd2)"
        if full == "refuse"
        else "push && (!urgent || urgent_count == 2'd2) && (plain_count != 2'd2)"
    )
    serve = "some_urgent && (!some_plain || !last)" if turns else "some_urgent"
    body = (
        "reg [3:0] urgent0;\nreg [3:0] urgent1;\nreg [3:0] plain0;\nreg [3:0] plain1;\n"
        + ("reg last;\n" if turns else "")
        + "wire some_urgent = (urgent_count != 2'd0);\nwire some_plain = (plain_count != 2'd0);\n"
        f"assign from_urgent = {serve};\nassign valid = some_urgent || some_plain;\n"
        "assign head = from_urgent ? urgent0 : some_plain ? plain0 : 4'd0;\n"
        f"wire put_urgent = {to_urgent};\nwire put_plain = {to_plain};\n"
        "wire get_urgent = pop && from_urgent;\n"
        "wire get_plain = pop && !from_urgent && some_plain;\n"
        "wire [1:0] urgent_left = urgent_count - {1'b0, get_urgent};\n"
        "wire [1:0] plain_left = plain_count - {1'b0, get_plain};\n"
    )
    first = "urgent_count <= 2'd0;\nplain_count <= 2'd0;"
    then = ""
    for name in ("urgent", "plain"):
        then += (
            f"{name}_count <= {name}_left + {{1'b0, put_{name}}};\n"
            f"if (put_{name} && {name}_left == 2'd0) {name}0 <= d;\n"
            f"else if (get_{name}) {name}0 <= {name}1;\n"
            f"if (put_{name}) {name}1 <= d;\n"
        )
    if turns:
        first += "\nlast <= 1'b0;"
        then += "if (pop && valid) last <= from_urgent;\n"
    return synchronous(
        "two_queues", (order, full), [Port("push"), Port("urgent"), Port("d", 4), Port("pop")],
        [Port("valid"), Port("head", 4), Port("from_urgent"), Port("urgent_count", 2),
         Port("plain_count", 2)], words,
        Sequential(((), (), 0), step, draw, edges), body=body, first=first, then=then.rstrip(),
    )  # fmt: skip


def _narrow(order: str, skip: bool) -> Problem:
    words = "\n".join(
        [
            "A queue that takes bytes and gives halves of them, of 4 bits. It holds up to 2 bytes, "
            "and is first empty.",
            "- push appends d, if fewer than 2 bytes are held before the cycle; else d is lost, "
            "whatever pop is.",
            f"- pop gives the next half: of the oldest byte the {order} half first, then the "
            "other. With its second half a byte is held no longer. While no byte is held, pop does "
            "nothing.",
            *(
                [
                    "- skip removes the rest of the oldest byte, one half or both, and pop in the "
                    "same cycle does nothing. While no byte is held, skip does nothing."
                ]
                if skip
                else []
            ),
            "half is the next half, and 0 while no byte is held; second is 1 while it is the "
            "second of its byte, else 0; held is the number of bytes that are held.",
        ]
    )

    def step(halves: _Words, inputs: Inputs) -> tuple[Outputs, _Words]:
        odd = len(halves) % 2
        held = (len(halves) + 1) // 2
        outputs = {"half": (*halves, 0)[0], "second": odd, "held": held}
        gone = inputs["pop"]
        if inputs.get("skip"):
            gone = 1 if odd else 2
        after = halves[gone:]
        if inputs["push"] and held < 2:
            both = divmod(inputs["d"], 16)
            after += both if order == "high" else both[::-1]
        return outputs, after

    def draw(draw: Draw) -> list[dict[str, int]]:
        others: dict[str, Chance] = {"d": 256}
        if skip:
            others["skip"] = 0.12
        return _bursts(draw, 40, others)

    one, two = ("[7:4]", "[3:0]") if order == "high" else ("[3:0]", "[7:4]")
    body = (
        "reg [7:0] byte0;\nreg [7:0] byte1;\nwire some = (held != 2'd0);\n"
        f"assign half = !some ? 4'd0 : second ? byte0{two} : byte0{one};\n"
        "wire take = push && (held != 2'd2);\n"
    )
    if skip:
        body += "wire drop = some && (skip || (pop && second));\n"
        moves = "if (skip) second <= 1'b0;\nelse if (pop && some) second <= !second;\n"
    else:
        body += "wire drop = pop && second;\n"
        moves = "if (pop && some) second <= !second;\n"
    body += "wire [1:0] left = held - {1'b0, drop};\n"
    inputs = [Port("push"), Port("d", 8), Port("pop"), *([Port("skip")] if skip else [])]
    return synchronous(
        "narrowing_queue", (order, skip), inputs,
        [Port("half", 4), Port("second"), Port("held", 2)], words, Sequential((), step, draw),
        body=body, first="held <= 2'd0;\nsecond <= 1'b0;",
        then=f"{moves}held <= left + {{1'b0, take}};\n"
        "if (take && left == 2'd0) byte0 <= d;\nelse if (drop) byte0 <= byte1;\n"
        "if (take) byte1 <= d;",
    )  # fmt: skip


def _wide(order: str, pad: int) -> Problem:
    words = "\n".join(
        [
            "A queue that takes halves of 4 bits and gives bytes that are put together from two of "
            "them. It has places for 4 halves, and is first empty.",
            "- push appends d, if fewer than 4 places are taken before the cycle; else d is lost, "
            f"whatever pop is. Of the two halves of a byte the first is its {order} half.",
            f"- close completes a byte of which only the first half has come with {pad} as its "
            "second. A push in the same cycle goes first, so that with an unfinished byte close "
            "finds it complete, and without one it completes the byte that the push began. Where "
            "no byte is unfinished then, close does nothing.",
            "- pop removes the oldest complete byte, with both halves; while there is none before "
            "the cycle, it does nothing.",
            "word is the oldest complete byte, and 0 while there is none; ready is the number of "
            "complete bytes; odd is 1 while a byte is unfinished.",
        ]
    )

    def step(halves: _Words, inputs: Inputs) -> tuple[Outputs, _Words]:
        ready, odd = divmod(len(halves), 2)
        pair = halves[:2] if ready else (0, 0)
        a, b = pair if order == "high" else pair[::-1]
        outputs = {"word": a * 16 + b, "ready": ready, "odd": odd}
        after = halves
        if inputs["push"] and len(halves) < 4:
            after += (inputs["d"],)
        if inputs["close"] and len(after) % 2:
            after += (pad,)
        return outputs, after[2:] if inputs["pop"] and ready else after

    def draw(draw: Draw) -> list[dict[str, int]]:
        return _bursts(draw, 40, {"d": 16, "close": draw.pick((0.05, 0.25))})

    def joined(a: str, b: str) -> str:
        return f"{{{a}, {b}}}" if order == "high" else f"{{{b}, {a}}}"

    body = (
        "reg [7:0] byte0;\nreg [7:0] byte1;\nreg [3:0] begun;\n"
        "assign word = (ready == 2'd0) ? 8'd0 : byte0;\n"
        "wire take = push && (ready != 2'd2);\nwire give = pop && (ready != 2'd0);\n"
        "wire [3:0] one = odd ? begun : d;\n"
        f"wire [3:0] two = (odd && take) ? d : 4'd{pad};\n"
        f"wire [7:0] whole = {joined('one', 'two')};\n"
        "wire finish = (odd && take) || (close && (odd || take));\n"
        "wire [1:0] left = ready - {1'b0, give};\n"
    )
    return synchronous(
        "widening_queue", (order, pad), [Port("push"), Port("d", 4), Port("close"), Port("pop")],
        [Port("word", 8), Port("ready", 2), Port("odd")], words, Sequential((), step, draw),
        body=body, first="ready <= 2'd0;\nodd <= 1'b0;",
        then="odd <= !finish && (odd || take);\nif (take) begun <= d;\n"
        "ready <= left + {1'b0, finish};\n"
        "if (finish && left == 2'd0) byte0 <= whole;\nelse if (give) byte0 <= byte1;\n"
        "if (finish) byte1 <= whole;",
    )  # fmt: skip


def _double(fit: str, room: str) -> Problem:
    space = (
        "Places that a pop frees in the same cycle are not free for them yet."
        if room == "strict"
        else "A place that a pop frees in the same cycle is free for them already."
    )
    over = (
        "If there is not room for all of them, none is taken."
        if fit == "both"
        else "If there is room for one of two only, d0 is taken and d1 is lost; if for none, all "
        "are lost."
    )
    words = "\n".join(
        [
            "A queue of up to 4 values of 4 bits, first empty, to which up to two values can be "
            "pushed in one cycle.",
            "- push is how many: 0 none, 1 d0, 2 and 3 both d0 and d1, of which d0 is the older. "
            f"{space} {over}",
            "- pop removes the oldest value; while the queue is empty before the cycle, it does "
            "nothing.",
            "head is the oldest value, and 0 while it is empty; count is the number of values. "
            "lost is 1 in a cycle where a value that is pushed is not taken.",
        ]
    )

    def step(queue: _Words, inputs: Inputs) -> tuple[Outputs, _Words]:
        new = (inputs["d0"], inputs["d1"])[: inputs["push"]]
        after = queue[inputs["pop"] :]
        places = 4 - len(queue if room == "strict" else after)
        taken = new[:places] if fit == "some" or len(new) <= places else ()
        outputs = {
            "head": (*queue, 0)[0],
            "count": len(queue),
            "lost": int(len(taken) < len(new)),
        }
        return outputs, after + taken

    def draw(draw: Draw) -> list[dict[str, int]]:
        drawn = _bursts(draw, 40, {"d0": 16, "d1": 16})
        heavy = draw.chance(0.5)
        for row in drawn:
            if row["push"]:
                row["push"] = draw.pick((1, 2, 3) if heavy else (1, 1, 1, 2))
        return drawn

    body = (
        "reg [3:0] store [0:3];\nreg [1:0] oldest;\n"
        "wire give = pop && (count != 3'd0);\nwire [2:0] left = count - {2'd0, give};\n"
        "assign head = (count == 3'd0) ? 4'd0 : store[oldest];\n"
    )
    taken = "count" if room == "strict" else "left"
    if fit == "both":
        body += (
            f"wire put0 = push[1] ? ({taken} < 3'd3) : (push[0] && {taken} != 3'd4);\n"
            "wire put1 = push[1] && put0;\n"
            "assign lost = (push != 2'd0) && !put0;\n"
        )
    else:
        body += (
            f"wire put0 = (push != 2'd0) && ({taken} != 3'd4);\n"
            f"wire put1 = push[1] && ({taken} < 3'd3);\n"
            "assign lost = (push[1] && !put1) || (push[0] && !put0);\n"
        )
    body += "wire [1:0] free0 = oldest + count[1:0];\nwire [1:0] free1 = free0 + 2'd1;\n"
    return synchronous(
        "double_queue", (fit, room), [Port("push", 2), Port("d0", 4), Port("d1", 4), Port("pop")],
        [Port("head", 4), Port("count", 3), Port("lost")], words, Sequential((), step, draw),
        body=body, first="oldest <= 2'd0;\ncount <= 3'd0;",
        then="if (put0) store[free0] <= d0;\nif (put1) store[free1] <= d1;\n"
        "if (give) oldest <= oldest + 2'd1;\n"
        "count <= left + {2'd0, put0} + {2'd0, put1};",
    )  # fmt: skip
