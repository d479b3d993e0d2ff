"""Waveforms: pulses made longer, dividers, pulse-width modulation, ramps, bursts, patterns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ....verifiers.verilog.interface import Port
from ..draw import Draw
from .family import Inputs, Outputs, Problem, Sequential, at_edge, clocked, family, indented, module


def _variants(level: int) -> Sequence[tuple[Any, ...]]:
    if level == 1:
        return [
            (level, kind, number, high)
            for kind, numbers in (
                ("longer", (1, 2)), ("later", (1, 2)), ("toggle", (0, 1)), ("alternate", (0, 1)),
            )
            for number in numbers
            for high in (True, False)
        ]  # fmt: skip
    if level == 2:
        return [
            (level, kind, period, gated)
            for kind in ("first", "last", "early", "late", "even")
            for period in (3, 5, 6)
            for gated in (True, False)
        ]
    if level == 3:
        return [
            (level, end, latched, width)
            for end in ("start", "end", "middle")
            for latched in (True, False)
            for width in (3, 4)
        ]
    if level == 4:
        stretch = [
            (level, kind, early, length)
            for kind in ("again", "once")
            for early in (True, False)
            for length in (3, 5)
        ]
        return stretch + [
            (level, "ramp", shape, step)
            for shape in ("saw", "triangle")
            for step in ("one", "given")
        ]  # fmt: skip
    bursts = [
        (level, "burst", (abort, endless), (high, low))
        for abort in ("at_once", "whole")
        for endless in (True, False)
        for high, low in ((1, 2), (2, 1), (2, 3))
    ]
    breath = [(level, "breath", hold, periods) for hold in (True, False) for periods in (1, 2, 3)]
    return bursts + breath + [
        (level, "pattern", loops, timed) for loops in (True, False) for timed in (True, False)
    ]  # fmt: skip


@family("waveform", _variants)
def waveform(level: int, kind: str, option: Any, number: Any) -> Problem:
    if level == 1:
        return _pulse(kind, option, number)
    if level == 2:
        return _divider(kind, option, number)
    if level == 3:
        return _modulated(kind, option, number)
    makers: dict[str, Callable[[Any, Any], Problem]] = {
        "again": _again, "once": _once, "ramp": _ramp, "burst": _burst, "breath": _breath,
        "pattern": _pattern,
    }  # fmt: skip
    return makers[kind](option, number)


def _chances(draw: Draw, cycles: int, **chances: float) -> list[dict[str, int]]:
    return [
        {name: int(draw.chance(chance)) for name, chance in chances.items()} for _ in range(cycles)
    ]


# ---------------------------------------------------------------- 1: pulses


def _pulse(kind: str, number: int, high: bool) -> Problem:
    interface = clocked("pulse_shaper", (Port("pulse"),), (Port("wave"),), kind, number, high)
    level = int(high)
    before = "one cycle" if number == 1 else "two cycles"
    words = {
        "longer": f"wave is {level} in each cycle where pulse is {level} or was {level} in "
        f"{'the cycle' if number == 1 else 'one of the two cycles'} before; else it is "
        f"{1 - level}. So a pulse of level {level} begins at once and lasts {before} longer.",
        "later": f"wave is pulse, {before} late{'' if high else ', and inverted'}.",
        "toggle": f"wave is a register, first {number}. After each cycle where pulse is {level} it "
        "has its other value, and after any other it stays.",
        "alternate": f"Of the cycles where pulse is {level}, wave is 1 in the "
        f"{'second, the fourth' if number else 'first, the third'}, and so on (counted since the "
        "reset), at once; in all other cycles it is 0.",
    }[kind]
    if kind in ("longer", "later"):
        first = 1 - level if kind == "longer" else 0
        words += f" In the cycles before the first, pulse counts as having been {first}."
        start: tuple[int, ...] = (first,) * number
    else:
        start = (number if kind == "toggle" else 0,)

    def step(past: tuple[int, ...], inputs: Inputs) -> tuple[Outputs, tuple[int, ...]]:
        pulse = inputs["pulse"]
        if kind == "longer":
            seen = (*past, pulse)
            return {"wave": level if level in seen else 1 - level}, seen[1:]
        if kind == "later":
            return {"wave": past[0] if high else 1 - past[0]}, (*past[1:], pulse)
        hit = int(pulse == level)
        if kind == "toggle":
            return {"wave": past[0]}, (abs(past[0] - hit),)
        return {"wave": int(hit == 1 and past[0] % 2 == number)}, (past[0] + hit,)

    def draw(draw: Draw) -> list[dict[str, int]]:
        share = draw.pick((0.3, 0.5, 0.7))
        return _chances(draw, 24, pulse=share)

    hit = "pulse" if high else "!pulse"
    if kind in ("longer", "later"):
        names = ["last", "older"][:number]
        body = "".join(f"  reg {name};\n" for name in names)
        sign = " | " if high else " & "
        late = names[-1] if high else f"!{names[-1]}"
        body += f"  assign wave = {sign.join(['pulse', *names]) if kind == 'longer' else late};\n"
        zero = f"1'b{start[0]}"
        body += at_edge(
            interface,
            "\n".join(f"{name} <= {zero};" for name in names),
            "\n".join(
                f"{name} <= {source};"
                for name, source in zip(names, ["pulse", *names], strict=False)
            ),
        )
        registers = []
    elif kind == "toggle":
        body = at_edge(interface, f"wave <= 1'b{number};", f"if ({hit}) wave <= !wave;")
        registers = ["wave"]
    else:
        body = f"  reg second;\n  assign wave = {hit} && {'second' if number else '!second'};\n"
        body += at_edge(interface, "second <= 1'b0;", f"if ({hit}) second <= !second;")
        registers = []
    model = Sequential(start, step, draw)
    return Problem(words, interface, module(interface, body, registers), model)


# ---------------------------------------------------------------- 2: dividers


def _divider(kind: str, period: int, gated: bool) -> Problem:
    inputs = [Port("en")] if gated else [Port("restart")]
    interface = clocked("divider", inputs, (Port("wave"),), kind, period, gated)
    half = period // 2
    ones = {
        "first": [0], "last": [period - 1], "early": list(range((period + 1) // 2)),
        "late": list(range((period + 1) // 2, period)), "even": list(range(0, period, 2)),
    }[kind]  # fmt: skip
    listed = ", ".join(map(str, ones[:-1])) + (" and " if ones[1:] else "") + str(ones[-1])
    place = "place" if len(ones) == 1 else "places"
    words = (
        f"A divider by {period}. It has a place, from 0 to {period - 1}, first 0. wave is 1 at the "
        f"{place} {listed}"
        + (" in cycles where en is 1, " if gated and kind in ("first", "last") else ", ")
        + f"and 0 otherwise. After each cycle{' where en is 1' if gated else ''} the place is one "
        f"more, and 0 after {period - 1}."
        + (
            " In cycles where en is 0 the place stays."
            if gated
            else " But after a cycle where restart is 1 it is 0."
        )
    )
    masked = gated and kind in ("first", "last")

    def step(cycles: int, inputs: Inputs) -> tuple[Outputs, int]:
        wave = int(cycles % period in ones)
        if gated:
            en = inputs["en"]
            return {"wave": wave * en if masked else wave}, cycles + en
        return {"wave": wave}, 0 if inputs["restart"] else cycles + 1

    def draw(draw: Draw) -> list[dict[str, int]]:
        return _chances(draw, 32, **({"en": 0.75} if gated else {"restart": 0.1}))

    bits = (period - 1).bit_length()
    value = {
        "first": f"(place == {bits}'d0)", "last": f"(place == {bits}'d{period - 1})",
        "early": f"(place < {bits}'d{period - half})",
        "late": f"(place >= {bits}'d{period - half})", "even": "!place[0]",
    }[kind]  # fmt: skip
    around = f"place <= (place == {bits}'d{period - 1}) ? {bits}'d0 : place + {bits}'d1;"
    then = f"if (en) {around}" if gated else f"if (restart) place <= {bits}'d0;\nelse {around}"
    body = f"  reg [{bits - 1}:0] place;\n  assign wave = {'en && ' if masked else ''}{value};\n"
    body += at_edge(interface, f"place <= {bits}'d0;", then)
    return Problem(words, interface, module(interface, body), Sequential(0, step, draw))


# ---------------------------------------------------------------- 3: pulse-width modulation


def _modulated(end: str, latched: bool, width: int) -> Problem:
    size = 1 << width
    interface = clocked(
        "pwm", (Port("duty", width), Port("en")), (Port("wave"), Port("start")), end, latched, width
    )
    used = (
        "The duty of a period is duty as it is in the period's cycle 0; in the others duty does "
        "not matter"
        if latched
        else "duty may change in any cycle, and counts at once"
    )
    where = {
        "start": "in the first of them: in cycle i if i is less than the duty",
        "end": "in the period's last cycles, as many as the duty says: in cycle i if "
        f"{size} - i is not more than the duty",
        "middle": f"in the middle: in cycle i if the distance of i from {size // 2}, doubled, is "
        f"less than the duty",
    }[end]
    words = (
        f"Pulse-width modulation. A period has {size} cycles, from 0 to {size - 1}; the first "
        "cycle after a reset is cycle 0, and after the last comes 0 again. In clock cycles where "
        "en is 0 it stands still (the cycle's number stays), and wave and start are 0. Where en is "
        f"1, wave is 1 {where}; else 0. start is 1 in cycle 0. {used}"
        + (
            ": where en is 1, the duty of this cycle is used in it and kept for the others."
            if latched
            else "."
        )
    )

    def step(state: tuple[int, int], inputs: Inputs) -> tuple[Outputs, tuple[int, int]]:
        cycle, kept = state
        if not inputs["en"]:
            return {"wave": 0, "start": 0}, state
        duty = inputs["duty"] if cycle == 0 or not latched else kept
        wave = {
            "start": cycle in range(duty), "end": cycle in range(size - duty, size),
            "middle": 2 * abs(cycle - size // 2) < duty,
        }[end]  # fmt: skip
        outputs = {"wave": int(wave), "start": int(cycle == 0)}
        return outputs, ((cycle + 1) % size, duty)

    def draw(draw: Draw) -> list[dict[str, int]]:
        rows: list[dict[str, int]] = []
        en, change = draw.pick((0.8, 1.0)), draw.pick((0.1, 0.5))
        duty = draw.below(size)
        for _ in range(40):
            if draw.chance(change):
                duty = draw.pick((0, 1, size - 1, size // 2, draw.below(size)))
            rows.append({"duty": duty, "en": int(draw.chance(en))})
        return rows

    edges = [
        [{"duty": duty, "en": 1}] * (size + 3) for duty in (0, 1, 2, size // 2, size - 2, size - 1)
    ]
    one, name = f"{width}'d1", "used" if latched else "duty"
    top = size // 2
    value = {
        "start": f"(cycle < {name})",
        "end": f"({{1'b0, cycle}} + {{1'b0, {name}}} >= {width + 1}'d{size})",
        "middle": f"({{distance, 1'b0}} < {{1'b0, {name}}})",
    }[end]
    first, moves = f"cycle <= {width}'d0;", f"cycle <= cycle + {one};"
    body = f"  reg [{width - 1}:0] cycle;\n"
    if latched:
        body += f"  reg [{width - 1}:0] kept;\n  wire [{width - 1}:0] used = start ? duty : kept;\n"
        first, moves = f"{first}\nkept <= {width}'d0;", f"{moves}\n  kept <= used;"
    if end == "middle":
        half = f"{width}'d{top}"
        body += (
            f"  wire [{width - 1}:0] distance = (cycle < {half}) ? {half} - cycle : "
            f"cycle - {half};\n"
        )
    body += (
        f"  assign start = en && (cycle == {width}'d0);\n  assign wave = en && {value};\n"
    ) + at_edge(interface, first, f"if (en) begin\n  {moves}\nend")
    return Problem(words, interface, module(interface, body), Sequential((0, 0), step, draw, edges))


# ---------------------------------------------------------------- 4: stretchers, ramps


def _again(early: bool, length: int) -> Problem:
    return _stretcher(True, early, length)


def _once(early: bool, length: int) -> Problem:
    return _stretcher(False, early, length)


def _stretcher(again: bool, early: bool, length: int) -> Problem:
    interface = clocked(
        "stretcher", (Port("trigger"), Port("cancel")), (Port("wave"), Port("missed", 3)),
        again, early, length,
    )  # fmt: skip
    begin = "wave is 1 in that cycle already" if early else "wave is 1 from the next cycle on"
    rule = (
        f"A trigger while it runs makes it run anew: its {length} cycles are counted from this "
        "trigger on, as for the first."
        if again
        else "A trigger while it runs does not count."
    )
    cancels = (
        "Where cancel is 1, trigger counts as 0, wave is 0 in that cycle, and nothing runs after it"
        if early
        else "Where cancel is 1, trigger counts as 0, and nothing runs after that cycle"
    )
    within = (
        "the cycle of the trigger is the first of them" if early else "the cycle of the trigger "
        "is not among them"
    )  # fmt: skip
    counted = "came while it ran" if again else "did not count for that reason"
    words = (
        f"A pulse stretcher. Nothing runs at first. A trigger is a cycle where trigger is 1. Where "
        f"nothing runs, a trigger makes it run: {begin}, for {length} cycles in all ({within}), "
        f"and it runs in exactly these cycles. wave is 0 where it does not run. {rule} {cancels}.\n"
        f"missed is a register, first 0: how many triggers {counted}, up to and including the "
        "cycle before; it stays at 7. "
        + (
            "The trigger with which it begins to run is none of them."
            if early
            else "A trigger in a cycle where wave is 0 is none of them."
        )
    )

    # Cycles that it still runs for, this one included if it was set off before.
    def step(state: tuple[int, int], inputs: Inputs) -> tuple[Outputs, tuple[int, int]]:
        left, missed = state
        if inputs["cancel"]:
            return {"wave": 0 if early else int(left > 0), "missed": missed}, (0, missed)
        trigger = inputs["trigger"]
        wave = int(left > 0 or (early and trigger == 1))
        following = max(0, left - 1)
        if trigger and (again or not left):
            following = length - 1 if early else length
        late = int(trigger == 1 and left > 0)
        return {"wave": wave, "missed": missed}, (following, min(7, missed + late))

    def draw(draw: Draw) -> list[dict[str, int]]:
        return _chances(
            draw, 36, trigger=draw.pick((0.12, 0.25, 0.5)), cancel=draw.pick((0.0, 0.08))
        )

    go, no = {"trigger": 1, "cancel": 0}, {"trigger": 0, "cancel": 0}
    edges = [[go] * 24, ([go] + [no] * (length + 1)) * 2 + [go] + [no] * (length - 1) + [go, no]]
    edges.append([go, go, {"trigger": 1, "cancel": 1}, no, go, no, {"trigger": 0, "cancel": 1}, no])
    edges.append([go] + [no] * (length - 2) + [go] + [no] * (length + 1))
    runs = length - 1 if early else length
    bits = runs.bit_length()
    zero = f"{bits}'d0"
    wave = "!cancel && (trigger || running)" if early else "running"
    sets = "trigger" if again else "trigger && !running"
    body = (
        f"  reg [{bits - 1}:0] left;\n  wire running = (left != {zero});\n  assign wave = {wave};\n"
    ) + at_edge(
        interface,
        f"left <= {zero};\nmissed <= 3'd0;",
        f"if (cancel) left <= {zero};\nelse if ({sets}) left <= {bits}'d{runs};\n"
        f"else if (running) left <= left - {bits}'d1;\n"
        "if (trigger && running && !cancel && missed != 3'd7) missed <= missed + 3'd1;",
    )
    reference = module(interface, body, ["missed"])
    return Problem(words, interface, reference, Sequential((0, 0), step, draw, edges))


def _ramp(shape: str, step_kind: str) -> Problem:
    given = step_kind == "given"
    inputs = [Port("en"), Port("limit", 4)] + ([Port("slope", 2)] if given else [])
    outputs = (Port("value", 4), Port("turn"))
    interface = clocked("ramp", inputs, outputs, shape, given)
    by = "slope" if given else "1"
    if shape == "saw":
        rule = (
            f"If value and {by} together are more than limit, value becomes 0; otherwise it goes "
            f"up by {by}. turn is 1 in cycles after which value becomes 0 for that reason."
        )
    else:
        rule = (
            "It goes up or down, first up. Going up, if value and "
            f"{by} together are limit or more, value becomes limit, and it goes down from then on; "
            f"otherwise value goes up by {by}. Going down, if value is {by} or less, value becomes "
            f"0, and it goes up from then on; otherwise value goes down by {by}. turn is 1 in "
            "cycles after which the direction changes."
        )
    words = (
        "A generator of ramps. value is a register, first 0, a number without sign. In cycles "
        f"where en is 0 it stays, and turn is 0. In cycles where en is 1: {rule} limit"
        f"{' and slope' if given else ''} may change at any time; "
        f"what {'they are' if given else 'it is'} in the cycle counts. turn is given in "
        "the same cycle."
    )

    def step(state: tuple[int, int], inputs: Inputs) -> tuple[Outputs, tuple[int, int]]:
        value, way = state
        slope, limit = inputs.get("slope", 1), inputs["limit"]
        if not inputs["en"]:
            return {"value": value, "turn": 0}, state
        if shape == "saw":
            over = value + slope > limit
            return {"value": value, "turn": int(over)}, (0 if over else value + slope, 1)
        goal = limit if way > 0 else 0
        reached = (goal - value) * way <= slope
        outputs = {"value": value, "turn": int(reached)}
        return outputs, (goal, -way) if reached else (value + way * slope, way)

    def draw(draw: Draw) -> list[dict[str, int]]:
        rows: list[dict[str, int]] = []
        en = draw.pick((0.8, 1.0))
        while len(rows) < 40:
            limit, slope = draw.pick((15, 14, 4, draw.below(16))), draw.below(4)
            for _ in range(draw.between(3, 14)):
                row = {"en": int(draw.chance(en)), "limit": limit}
                rows.append({**row, "slope": slope} if given else row)
        return rows[:40]

    def steady(limit: int, slope: int, n: int) -> list[dict[str, int]]:
        return [{"en": 1, "limit": limit, **({"slope": slope} if given else {})}] * n

    edges = [steady(15, 1, 34), steady(6, 3, 14) + steady(15, 2, 12), steady(10, 1, 12)
             + steady(3, 2, 6), steady(0, 1, 4) + steady(5, 0, 3) + steady(1, 3, 4)]  # fmt: skip
    amount = "{3'd0, slope}" if given else "5'd1"
    small = "{2'd0, slope}" if given else "4'd1"
    body = f"  wire [4:0] sum = {{1'b0, value}} + {amount};\n"
    if shape == "saw":
        body += "  assign turn = en && (sum > {1'b0, limit});\n"
        body += at_edge(
            interface, "value <= 4'd0;", "if (turn) value <= 4'd0;\nelse if (en) value <= sum[3:0];"
        )
    else:
        body += (
            "  reg down;\n"
            f"  wire reached = down ? (value <= {small}) : (sum >= {{1'b0, limit}});\n"
            "  assign turn = en && reached;\n"
        ) + at_edge(
            interface,
            "value <= 4'd0;\ndown <= 1'b0;",
            "if (turn) begin\n  value <= down ? 4'd0 : limit;\n  down <= !down;\n"
            f"end else if (en) begin\n  value <= down ? value - {small} : sum[3:0];\nend",
        )
    reference = module(interface, body, ["value"])
    return Problem(words, interface, reference, Sequential((0, 1), step, draw, edges))


# ---------------------------------------------------------------- 5: small machines


def _burst(option: tuple[str, bool], shape: tuple[int, int]) -> Problem:
    abort, endless = option
    high, low = shape
    interface = clocked(
        "burst_generator",
        (Port("go"), Port("count", 3), Port("stop")),
        (Port("wave"), Port("busy"), Port("done"), Port("sent", 3)),
        abort, endless, shape,
    )  # fmt: skip
    zero = (
        "A count of 0 means pulses without end" if endless else "Where count is 0 go does not count"
    )
    ends = (
        "In a busy cycle where stop is 1 the burst is given up: after it nothing is busy, and done "
        "is 0 in it."
        if abort == "at_once"
        else "After a busy cycle where stop is 1 (be it the last one of its pulse) no other pulse "
        "begins; the one that it is in goes on to its end, and is the last one of the burst."
    )
    words = (
        f"A generator of bursts. A pulse has {high + low} cycles: wave is 1 in the first "
        f"{'one' if high == 1 else 'two'}, and 0 in the rest of them. Nothing is busy at first.\n"
        "- In a cycle where nothing is busy and go is 1 a burst of count pulses is asked for, "
        f"whatever stop is. The first begins in the next cycle, the others follow at once. {zero}. "
        "While it is busy go and count do not matter.\n"
        f"- busy is 1 in all cycles of the burst, wave only in those said above. {ends}\n"
        "- done is 1 in the last cycle of the last pulse"
        + (", unless stop is 1 in it" if abort == "at_once" else "")
        + "; in the next cycle nothing is busy. sent is a register, first 0: it is 0 after the "
        "cycle in which a burst is asked for, and goes up by one, modulo 8, after the last cycle "
        "of each pulse"
        + (", unless stop is 1 in it" if abort == "at_once" else "")
        + ". It stays after the burst."
    )

    # Place in the pulse (-1: not busy), pulses that are left (-1: no end), and those sent.
    def step(state: tuple[int, int, int], inputs: Inputs) -> tuple[Outputs, tuple[int, int, int]]:
        place, left, sent = state
        busy, stop = place >= 0, inputs["stop"] == 1
        over = busy and place == high + low - 1 and not (stop and abort == "at_once")
        final = left == 1 or stop
        outputs = {
            "wave": int(0 <= place < high), "busy": int(busy), "done": int(over and final),
            "sent": sent,
        }  # fmt: skip
        if not busy:
            count = inputs["count"] or (-1 if endless else 0)
            return outputs, (0, count, 0) if inputs["go"] and count else (-1, 0, sent)
        if stop and abort == "at_once":
            return outputs, (-1, 0, sent)
        if over:
            sent = (sent + 1) % 8
            return outputs, (-1, 0, sent) if final else (0, max(left - 1, -1), sent)
        return outputs, (place + 1, 1 if stop else left, sent)

    def draw(draw: Draw) -> list[dict[str, int]]:
        go, stop, most = draw.pick((0.3, 0.8)), draw.pick((0.0, 0.05, 0.15)), draw.pick((3, 4, 8))
        return [
            {"go": int(draw.chance(go)), "count": draw.below(most), "stop": int(draw.chance(stop))}
            for _ in range(40)
        ]

    def busy(count: int, n: int, stop: int = 0) -> list[dict[str, int]]:
        return [{"go": 1, "count": count, "stop": stop}] * n

    size = high + low
    edges = [busy(7, 8 * size), busy(0, 10 * size), busy(1, 2 * size + 3), busy(2, 3 * size, 1)]
    edges += [
        busy(3, at) + busy(3, 1, 1) + busy(2, 1) + [{"go": 0, "count": 5, "stop": 0}] * (2 * size)
        for at in (size - 1, size, size + 1, 2 * size)
    ]
    p = (size - 1).bit_length()
    given = "go" if endless else "go && count != 3'd0"
    last = f"(place == {p}'d{size - 1})"
    at_once = abort == "at_once"
    final = "left == 3'd1" if at_once else "(left == 3'd1 || stop)"
    # Without end, `left` stays 0.
    fewer = "if (left != 3'd0) left <= left - 3'd1;" if endless else "left <= left - 3'd1;"
    moves = (
        f"if (!busy) begin\n  if ({given}) begin\n    busy <= 1'b1;\n    left <= count;\n"
        f"    place <= {p}'d0;\n    sent <= 3'd0;\n  end\n"
        + ("end else if (stop) begin\n  busy <= 1'b0;\n" if at_once else "")
        + f"end else if ({last[1:-1]}) begin\n  sent <= sent + 3'd1;\n  place <= {p}'d0;\n"
        f"  if (done) busy <= 1'b0;\n  {fewer}\nend else begin\n  place <= place + {p}'d1;\n"
        + ("" if at_once else "  if (stop) left <= 3'd1;\n")
        + "end"
    )
    quit_ = " && !stop" if at_once else ""
    body = (
        f"  reg [2:0] left;\n  reg [{p - 1}:0] place;\n"
        f"  assign wave = busy && (place < {p}'d{high});\n"
        f"  assign done = busy && {last} && {final}{quit_};\n"
    ) + at_edge(
        interface,
        f"busy <= 1'b0;\nleft <= 3'd0;\nplace <= {p}'d0;\nsent <= 3'd0;",
        moves,
    )
    reference = module(interface, body, ["busy", "sent"])
    return Problem(words, interface, reference, Sequential((-1, 0, 0), step, draw, edges))


def _breath(hold: bool, periods: int) -> Problem:
    inputs = (Port("en"),)
    outputs = (Port("wave"), Port("duty", 3), Port("peak"))
    interface = clocked("breathing_light", inputs, outputs, hold, periods)
    after = "each period" if periods == 1 else f"{periods} periods with one duty"
    words = (
        "A light that breathes, by pulse-width modulation. A period has 4 cycles, 0 to 3, and wave "
        "is 1 in those whose number is less than duty (duty is at most 4). duty is a register, "
        f"first 0. After {after} it changes: it goes up by one until it is 4, then down by one "
        "until it is 0, then up again, and so on"
        + (
            "; but when it is 4, and when it is 0, it first stays so for as long again as it lasts "
            "otherwise."
            if hold
            else "."
        )
        + " peak is 1 while duty is 4. In cycles where en is 0 everything stands still: nothing "
        "counts, and wave is 0; duty and peak are what they are. The first cycle after a reset is "
        "cycle 0 of the first period with duty 0, which is followed by duty 1"
        + (f", after {2 * periods} periods with 0 like any other time." if hold else ".")
    )
    course = [0, 0, 1, 2, 3, 4, 4, 3, 2, 1] if hold else [0, 1, 2, 3, 4, 3, 2, 1]

    def step(cycles: int, inputs: Inputs) -> tuple[Outputs, int]:
        duty = course[cycles // (4 * periods) % len(course)]
        wave = int(inputs["en"] == 1 and cycles % 4 < duty)
        return {"wave": wave, "duty": duty, "peak": int(duty == 4)}, cycles + inputs["en"]

    whole = 4 * periods * len(course)

    def draw(draw: Draw) -> list[dict[str, int]]:
        return _chances(draw, min(whole, 60), en=draw.pick((0.85, 0.97)))

    edges = [[{"en": 1}] * (whole + 10 * periods)]
    p = max(1, (periods - 1).bit_length())
    last = f" && round == {p}'d{periods - 1}" if periods > 1 else ""
    count = ""
    first = "cycle <= 2'd0;\nduty <= 3'd0;\nfalling <= 1'b0;"
    declared = "  reg [1:0] cycle;\n  reg falling;\n"
    if periods > 1:
        rng = f"[{p - 1}:0] " if p > 1 else ""
        declared += f"  reg {rng}round;\n"
        first += f"\nround <= {p}'d0;"
        count = f"  if (cycle == 2'd3) round <= change ? {p}'d0 : round + {p}'d1;\n"
    if hold:
        turn = (
            "    if (duty == 3'd4 && !falling) falling <= 1'b1;\n"
            "    else if (duty == 3'd0 && falling) falling <= 1'b0;\n"
            "    else duty <= falling ? duty - 3'd1 : duty + 3'd1;\n"
        )
        # It begins with the first of the two times that duty is 0.
        first = first.replace("falling <= 1'b0;", "falling <= 1'b1;")
    else:
        turn = (
            "    duty <= falling ? duty - 3'd1 : duty + 3'd1;\n"
            "    if (duty == 3'd3 && !falling) falling <= 1'b1;\n"
            "    else if (duty == 3'd1 && falling) falling <= 1'b0;\n"
        )
    body = (
        f"{declared}  wire change = (cycle == 2'd3){last};\n"
        "  assign wave = en && ({1'b0, cycle} < duty);\n  assign peak = (duty == 3'd4);\n"
    ) + at_edge(
        interface,
        first,
        f"if (en) begin\n  cycle <= cycle + 2'd1;\n{count}  if (change) begin\n{turn}  end\nend",
    )
    reference = module(interface, body, ["duty"])
    return Problem(words, interface, reference, Sequential(0, step, draw, edges))


def _pattern(loops: bool, timed: bool) -> Problem:
    inputs = [Port("write"), Port("place", 2), Port("level", 3)]
    inputs += [Port("ticks", 2)] if timed else []
    inputs += [Port("play"), Port("halt")]
    outputs = (Port("wave", 3), Port("playing"), Port("step", 2))
    interface = clocked("pattern_player", inputs, outputs, loops, timed)
    entry = "a level of 3 bits" + (" and a length of 2 bits" if timed else "")
    lasts = (
        "Each step lasts one cycle more than the length of its entry says, as it is in that cycle "
        "(when it has lasted that long or longer, the cycle is its last one)"
        if timed
        else "Each step lasts one cycle"
    )
    ends = (
        "after the last cycle of step 3 comes step 0"
        if loops
        else "after the last cycle of step 3 nothing plays"
    )
    words = (
        f"A player of a pattern of 4 entries, 0 to 3, each {entry}, first 0. After a cycle where "
        "write is 1 the entry of number place is level"
        + (" and ticks (its length)" if timed else "")
        + ", also while the pattern plays.\n"
        "- Nothing plays at first. After a cycle where nothing plays, play is 1 and halt is 0, "
        f"step 0 plays. {lasts}; after it comes the next one, and {ends}. After a cycle where halt "
        "is 1 nothing plays. play does not matter while the pattern plays.\n"
        "- playing is 1 while it plays. step is the number of the step that plays, and wave the "
        "level of the entry of that number, as it is in that cycle; both are 0 while nothing plays."
    )

    # The entries; the step (-1: nothing plays) and how many cycles of it are over.
    def step(
        state: tuple[tuple[tuple[int, int], ...], int, int], inputs: Inputs
    ) -> tuple[Outputs, Any]:
        entries, at, over = state
        plays = at >= 0
        outputs = {
            "wave": entries[at][0] if plays else 0, "playing": int(plays), "step": max(at, 0),
        }  # fmt: skip
        following = list(entries)
        if inputs["write"]:
            following[inputs["place"]] = (inputs["level"], inputs.get("ticks", 0))
        if inputs["halt"]:
            at, over = -1, 0
        elif not plays:
            at = 0 if inputs["play"] else -1
        elif over >= entries[at][1]:
            at, over = at + 1, 0
            if at == 4:
                at = 0 if loops else -1
        else:
            over += 1
        return outputs, (tuple(following), at, over)

    def row(draw: Draw, at: int, write: int, play: int, halt: int) -> dict[str, int]:
        found = {"write": write, "place": at, "level": draw.below(8), "play": play, "halt": halt}
        return {**found, "ticks": draw.below(4)} if timed else found

    def draw(draw: Draw) -> list[dict[str, int]]:
        rows = [row(draw, at, 1, int(draw.chance(0.2)), 0) for at in draw.shuffle(range(4))]
        write, halt = draw.pick((0.0, 0.2)), draw.pick((0.02, 0.15))
        while len(rows) < 40:
            flags = [int(draw.chance(chance)) for chance in (write, 0.5, halt)]
            rows.append(row(draw, draw.below(4), *flags))
        return rows

    bits = 5 if timed else 3
    data = "{ticks, level}" if timed else "level"
    read = "entries[step]"
    body = f"  reg [{bits - 1}:0] entries [0:3];\n  integer i;\n"
    body += f"  wire [{bits - 1}:0] entry = {read};\n" if timed else ""
    level = "entry[2:0]" if timed else read
    body += f"  assign wave = playing ? {level} : 3'd0;\n"
    first = (
        f"for (i = 0; i < 4; i = i + 1) entries[i] <= {bits}'d0;\nplaying <= 1'b0;\nstep <= 2'd0;"
    )
    advance = "step <= step + 2'd1;\n"
    if not loops:
        advance += "if (step == 2'd3) playing <= 1'b0;\n"
    if timed:
        body += "  reg [1:0] over;\n"
        first += "\nover <= 2'd0;"
        advance = (
            f"if (over >= entry[4:3]) begin\n  over <= 2'd0;\n{indented(advance, 2)}"
            "end else begin\n  over <= over + 2'd1;\nend\n"
        )
    stop = "  playing <= 1'b0;\n  step <= 2'd0;\n" + ("  over <= 2'd0;\n" if timed else "")
    then = (
        f"if (write) entries[place] <= {data};\nif (halt) begin\n{stop}"
        f"end else if (playing) begin\n{indented(advance, 2)}"
        "end else begin\n  playing <= play;\nend"
    )
    body += at_edge(interface, first, then)
    reference = module(interface, body, ["playing", "step"])
    return Problem(words, interface, reference, Sequential((((0, 0),) * 4, -1, 0), step, draw))
