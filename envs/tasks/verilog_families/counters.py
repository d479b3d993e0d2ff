"""Counters: of a width, of a modulus, up and down, in digits, and timers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ....verifiers.verilog.interface import Port
from ..draw import Draw
from .family import Inputs, Outputs, Problem, Sequential, at_edge, clocked, family, module


def _variants(level: int) -> Sequence[tuple[Any, ...]]:
    if level == 1:
        return [
            (level, width, up, enable, 0)
            for width in (3, 4, 5, 6)
            for up in (True, False)
            for enable in (True, False)
        ]
    if level == 2:
        return [
            (level, width, up, tick, modulus)
            for width, modulus in ((3, 5), (3, 6), (4, 10), (4, 11), (4, 13), (5, 20))
            for up in (True, False)
            for tick in ("first", "last")
        ]
    if level == 3:
        return [
            (level, width, up, kind, 0)
            for width in (3, 4)
            for up in (True, False)
            for kind in ("wrap", "stop", "bounce")
        ]
    if level == 4:
        return [
            (level, width, True, kind, modulus)
            for width, modulus in ((4, 6), (4, 10))
            for kind in (3, 5, 6, 10)
        ]
    return [
        (level, width, up, kind, prescale)
        for width in (3, 4)
        for up in (True, False)
        for kind in ("once", "again")
        for prescale in (2, 3, 4)
    ]


@family("counter", _variants)
def counter(level: int, width: int, up: bool, kind: Any, number: int) -> Problem:
    makers: dict[int, Callable[..., Problem]] = {
        1: _plain, 2: _modulo, 3: _both_ways, 4: _digits, 5: _timer,
    }  # fmt: skip
    return makers[level](width, up, kind, number)


def _bits(draw: Draw, cycles: int, **chances: float) -> list[dict[str, int]]:
    """Cycles in which each input is 1 with the given chance."""
    return [
        {name: int(draw.chance(chance)) for name, chance in chances.items()} for _ in range(cycles)
    ]


def _plain(width: int, up: bool, enable: bool, _: int) -> Problem:
    size = 1 << width
    inputs = (Port("en"),) if enable else ()
    interface = clocked("counter", inputs, (Port("count", width),), width, up, enable)
    way, sign = ("up", "+") if up else ("down", "-")
    first = 0 if up else size - 1
    only = " while en is 1, and keeps its value while en is 0" if enable else ""
    words = (
        f"A counter of {width} bits that counts {way} by one in every cycle{only}. Its first state "
        f"is {first}. {f'After {size - 1} comes 0' if up else f'After 0 comes {size - 1}'}."
    )
    change = f"count <= count {sign} {width}'d1;"

    def step(state: int, inputs: Inputs) -> tuple[Outputs, int]:
        go = inputs["en"] if enable else 1
        return {"count": state}, (state + (go if up else -go)) % size

    def draw(draw: Draw) -> list[dict[str, int]]:
        return _bits(draw, size + draw.below(10), **({"en": 0.8} if enable else {}))

    body = at_edge(
        interface, f"count <= {width}'d{first};", f"if (en) {change}" if enable else change
    )
    return Problem(
        words, interface, module(interface, body, ["count"]), Sequential(first, step, draw)
    )


def _modulo(width: int, up: bool, tick: str, modulus: int) -> Problem:
    outputs = (Port("count", width), Port("tick"))
    interface = clocked("modulo", (Port("en"),), outputs, width, up, tick, modulus)
    first, last = (0, modulus - 1) if up else (modulus - 1, 0)
    at = first if tick == "first" else last
    words = (
        f"A counter that goes from {first} to {last} by ones and then starts again at "
        f"{first}, which "
        "is its first state. It moves in cycles where en is 1, and keeps its value in others. tick "
        f"is 1 whenever count is {at} and en is 1, in the same cycle."
    )
    sign = "+" if up else "-"

    def step(state: int, inputs: Inputs) -> tuple[Outputs, int]:
        en = inputs["en"]
        following = (state + (en if up else -en)) % modulus
        return {"count": state, "tick": int(state == at and en == 1)}, following

    def draw(draw: Draw) -> list[dict[str, int]]:
        return _bits(draw, modulus + 2 + draw.below(modulus), en=0.75)

    body = f"  assign tick = en && (count == {width}'d{at});\n" + at_edge(
        interface,
        f"count <= {width}'d{first};",
        f"if (en) count <= (count == {width}'d{last}) ? {width}'d{first} : "
        f"count {sign} {width}'d1;",
    )
    return Problem(
        words, interface, module(interface, body, ["count"]), Sequential(first, step, draw)
    )


def _both_ways(width: int, load: bool, kind: str, _: int) -> Problem:
    top = (1 << width) - 1
    inputs = [Port("up"), Port("down")]
    if load:
        inputs += [Port("load"), Port("value", width)]
    outputs = (Port("count", width), Port("limit"))
    interface = clocked("updown", inputs, outputs, width, load, kind)
    ends = {
        "wrap": f"After {top} it goes up to 0, and after 0 down to {top}.",
        "stop": f"At {top} it does not go up, and at 0 not down.",
        "bounce": f"At {top} going up takes it to {top - 1} instead, and at 0 going down to 1.",
    }[kind]
    loads = (
        " In cycles where load is 1 it takes value instead, whatever up and down are."
        if load
        else ""
    )
    words = (
        f"A counter of {width} bits, first 0. In cycles where up is 1 and down is 0 it goes up by "
        f"one, where down is 1 and up is 0 down by one; otherwise it keeps its value. "
        f"{ends}{loads} "
        f"limit is 1 while count is 0 or {top}."
    )

    def step(state: int, inputs: Inputs) -> tuple[Outputs, int]:
        outputs = {"count": state, "limit": int(state in (0, top))}
        if load and inputs["load"]:
            return outputs, inputs["value"]
        following = state + inputs["up"] - inputs["down"]
        if not 0 <= following <= top:
            edge = 0 if following < 0 else top
            inner = 1 if edge == 0 else top - 1
            following = {"wrap": top - edge, "stop": edge, "bounce": inner}[kind]
        return outputs, following

    def draw(draw: Draw) -> list[dict[str, int]]:
        rows: list[dict[str, int]] = []
        while len(rows) < 44:  # some of the stretches reach an end
            way = draw.pick(("up", "up", "down", "down", "both", "none"))
            for _ in range(draw.pick((1, 2, 3, top + 2))):
                row = {"up": int(way in ("up", "both")), "down": int(way in ("down", "both"))}
                if load:
                    row |= {"load": int(draw.chance(0.1)), "value": draw.below(top + 1)}
                rows.append(row)
        return rows[:60]

    past = {
        "wrap": ("", ""),
        "stop": (f"if (count != {width}'d{top}) ", f"if (count != {width}'d0) "),
        "bounce": (
            f"if (count == {width}'d{top}) count <= {width}'d{top - 1};\n  else ",
            f"if (count == {width}'d0) count <= {width}'d1;\n  else ",
        ),
    }[kind]
    then = (
        ("if (load) begin\n  count <= value;\nend else " if load else "")
        + f"if (up && !down) begin\n  {past[0]}count <= count + {width}'d1;\n"
        + f"end else if (down && !up) begin\n  {past[1]}count <= count - {width}'d1;\nend"
    )
    body = f"  assign limit = (count == {width}'d0) || (count == {width}'d{top});\n" + at_edge(
        interface, f"count <= {width}'d0;", then
    )
    return Problem(words, interface, module(interface, body, ["count"]), Sequential(0, step, draw))


def _digits(width: int, _: bool, high: int, low: int) -> Problem:
    outputs = (Port("tens", width), Port("ones", width), Port("done"))
    interface = clocked("digits", (Port("en"), Port("clear")), outputs, high, low)
    words = (
        f"A counter of two digits, first 0 and 0. ones goes from 0 to {low - 1}, tens from 0 to "
        f"{high - 1}. In cycles where clear is 1 both become 0, whatever en is. Else, where "
        "en is 1, "
        f"ones goes up by one; from {low - 1} it goes to 0, and tens goes up by one, from "
        f"{high - 1} to 0. done is 1 in cycles where clear is 0, en is 1, and both digits are at "
        "their last value."
    )
    count = high * low

    def step(state: int, inputs: Inputs) -> tuple[Outputs, int]:
        en, clear = inputs["en"], inputs["clear"]
        done = int(not clear and en == 1 and state == count - 1)
        outputs = {"tens": state // low, "ones": state % low, "done": done}
        return outputs, 0 if clear else (state + en) % count

    def draw(draw: Draw) -> list[dict[str, int]]:
        if draw.chance(0.5):
            return _bits(draw, 40, en=0.8, clear=0.08)
        return _bits(draw, count + 8, en=0.95, clear=0.002)

    edges = [[{"en": 1, "clear": 0}] * (count + low + 2)]
    edges.append([{"en": 1, "clear": 0}] * (count - 1) + [{"en": 1, "clear": 1}] * 2)
    stops = [{"en": 0, "clear": 0}] * 2 + [{"en": 0, "clear": 1}, {"en": 1, "clear": 0}]
    edges.append([{"en": 1, "clear": 0}] * (count - 1) + stops)
    body = (
        f"  wire last = (ones == {width}'d{low - 1});\n"
        f"  wire full = last && (tens == {width}'d{high - 1});\n"
        "  assign done = !clear && en && full;\n"
    ) + at_edge(
        interface,
        f"tens <= {width}'d0;\nones <= {width}'d0;",
        f"if (clear) begin\n  tens <= {width}'d0;\n  ones <= {width}'d0;\nend else if (en) begin\n"
        f"  ones <= last ? {width}'d0 : ones + {width}'d1;\n"
        f"  if (last) tens <= full ? {width}'d0 : tens + {width}'d1;\nend",
    )
    reference = module(interface, body, ["tens", "ones"])
    return Problem(words, interface, reference, Sequential(0, step, draw, edges))


def _timer(width: int, held: bool, kind: str, prescale: int) -> Problem:
    inputs = (Port("start"), Port("stop"), Port("period", width))
    outputs = (Port("busy"), Port("left", width), Port("fire"))
    interface = clocked("timer", inputs, outputs, width, held, kind, prescale)
    last = prescale - 1
    again = kind == "again"
    words = (
        "A timer with a prescaler, first idle: busy, left and fire are 0.\n"
        "- Idle, in a cycle where start is 1, stop is 0 and period is not 0, it becomes busy: left "
        "takes period, and the prescaler starts at 0.\n"
        + (
            "- Busy, in a cycle where stop is 1, it becomes idle and left becomes 0.\n"
            if not held
            else "- Busy, in cycles where stop is 1, it stands still: nothing changes.\n"
        )
        + f"- Busy otherwise, the prescaler counts the cycles 0 to {last} and starts again "
        "at 0; in "
        f"cycles where it is {last}, left goes down by one. In the cycle where it is {last} "
        "and left "
        "is 1, fire is 1 (and only then), and after it "
        + (
            "left takes period as it is in that cycle, or, if that is 0, the timer is idle with "
            "left 0.\n"
            if again
            else "the timer is idle with left 0.\n"
        )
        + "- start is ignored while it is busy. busy is 1 exactly while it is busy; fire is "
        "given in "
        "the same cycle."
    )

    def step(state: tuple[int, int, int], inputs: Inputs) -> tuple[Outputs, tuple[int, int, int]]:
        busy, left, scale = state
        start, stop, period = inputs["start"], inputs["stop"], inputs["period"]
        fire = int(busy and not stop and scale == last and left == 1)
        outputs = {"busy": busy, "left": left, "fire": fire}
        if not busy:
            begins = start and not stop and period
            return outputs, (1, period, 0) if begins else (0, 0, 0)
        if stop:
            return outputs, state if held else (0, 0, 0)
        if scale < last:
            return outputs, (1, left, scale + 1)
        if left > 1:
            return outputs, (1, left - 1, 0)
        return outputs, (1, period, 0) if again and period else (0, 0, 0)

    def draw(draw: Draw) -> list[dict[str, int]]:
        most = draw.pick((2, 3, 3, (1 << width) - 1))
        return [
            {
                "start": int(draw.chance(0.4)),
                "stop": int(draw.chance(0.12)),
                "period": draw.below(most + 1),
            }
            for _ in range(40)
        ]

    p = max(1, last.bit_length())
    idle = f"busy <= 1'b0;\nleft <= {width}'d0;\nscale <= {p}'d0;"
    begin = f"busy <= 1'b1;\n  left <= period;\n  scale <= {p}'d0;"
    none = f"period == {width}'d0"
    ending = (
        f"if ({none}) busy <= 1'b0;\n    left <= period;"
        if again
        else f"busy <= 1'b0;\n    left <= {width}'d0;"
    )
    then = (
        f"if (!busy) begin\n  if (start && !stop && !({none})) begin\n  {begin}\n  end\n"
        f"end else if (!stop) begin\n  if (scale != {p}'d{last}) begin\n"
        f"    scale <= scale + {p}'d1;\n  end else begin\n    scale <= {p}'d0;\n"
        f"    if (left != {width}'d1) left <= left - {width}'d1;\n    else begin\n    {ending}\n"
        "    end\n  end\nend"
    )
    if not held:
        then += f" else begin\n{idle}\nend"
    body = (
        f"  reg [{p - 1}:0] scale;\n"
        f"  assign fire = busy && !stop && (scale == {p}'d{last}) && (left == {width}'d1);\n"
    ) + at_edge(interface, idle, then)
    reference = module(interface, body, ["busy", "left"])
    return Problem(words, interface, reference, Sequential((0, 0, 0), step, draw))
