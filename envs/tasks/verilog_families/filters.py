"""Filters: of two samples, majorities, debouncers, windows of some samples, limited changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ....verifiers.verilog.interface import Port
from ..draw import Draw
from .family import Inputs, Outputs, Problem, Sequential, at_edge, clocked, family, module


def _variants(level: int) -> Sequence[tuple[Any, ...]]:
    if level == 1:
        return [
            (level, kind, registered, width)
            for kind in ("max", "min", "sum", "difference", "changed")
            for registered in (True, False)
            for width in (4, 6)
        ]
    if level == 2:
        three = [
            (level, kind, valid, width)
            for kind in ("majority", "agree", "all", "any")
            for valid in (True, False)
            for width in (1, 4)
        ]
        return three + [
            (level, kind, clear_first, width)
            for kind in ("highest", "lowest")
            for clear_first in (True, False)
            for width in (4, 6)
        ]
    if level == 3:
        return [
            (level, kind, pulses, cycles)
            for kind in ("both", "slow_rise", "slow_fall", "ticks")
            for pulses in (True, False)
            for cycles in (3, 4, 6)
        ]
    if level == 4:
        return [
            (level, kind, flag, samples)
            for kind in ("sum", "max", "min", "spread")
            for flag in (True, False)
            for samples in (3, 4)
        ] + [(level, "median", flag, 3) for flag in (True, False)]
    return [
        (level, "level", (low, high), top)
        for top, low, high in ((7, 2, 5), (9, 3, 7), (15, 4, 11), (10, 1, 8))
    ] + [
        (level, kind, hold, fall)
        for kind in ("peak", "valley")
        for hold in (2, 3)
        for fall in (1, 2)
    ] + [
        (level, "slew", (up, down), dead)
        for up, down in ((1, 2), (2, 1), (3, 1))
        for dead in (0, 2)
    ] + [
        (level, "pulses", least, most) for least, most in ((2, 4), (3, 5), (2, 6))
    ]  # fmt: skip


@family("filter", _variants)
def filter_(level: int, kind: str, option: Any, number: int) -> Problem:
    if level == 1:
        return _two(kind, option, number)
    if level == 2:
        three = kind in ("majority", "agree", "all", "any")
        return (_three if three else _extreme)(kind, option, number)
    if level == 3:
        return _debouncer(kind, option, number)
    if level == 4:
        return _window(kind, option, number)
    makers: dict[str, Callable[[Any, int], Problem]] = {
        "level": _level, "peak": _peak, "valley": _valley, "slew": _slew, "pulses": _pulses,
    }  # fmt: skip
    return makers[kind](option, number)


# ---------------------------------------------------------------- what they share


def _noisy(draw: Draw, name: str, cycles: int, longest: int) -> list[dict[str, int]]:
    """A bit that stays for stretches of all lengths up to `longest`."""
    rows: list[dict[str, int]] = []
    bit = draw.below(2)
    while len(rows) < cycles:
        rows += [{name: bit}] * draw.between(1, longest)
        bit = 1 - bit
    return rows[:cycles]


def _samples(draw: Draw, width: int, cycles: int) -> list[int]:
    """Numbers of which some stay, some are near the last one, and some are at the ends."""
    top = (1 << width) - 1
    value, found = draw.below(top + 1), []
    for _ in range(cycles):
        way = draw.below(5)
        if way == 1:
            value = draw.pick((0, top))
        elif way == 2:
            value = min(top, max(0, value + draw.between(-2, 2)))
        elif way > 2:
            value = draw.below(top + 1)
        found.append(value)
    return found


# ---------------------------------------------------------------- 1: two samples


def _two(kind: str, registered: bool, width: int) -> Problem:
    size = width + 1 if kind == "sum" else 1 if kind == "changed" else width
    interface = clocked(
        "two_samples", (Port("sample", width),), (Port("result", size),), kind, registered, width
    )
    what = {
        "max": "the greater of the two",
        "min": "the smaller of the two",
        "sum": f"the sum of the two, of {size} bits",
        "difference": "by how much they differ: the greater less the smaller",
        "changed": "1 if the two differ, else 0",
    }[kind]
    when = (
        "result is a register, first 0, and is given in the next cycle"
        if registered
        else "result is given at once, in the same cycle"
    )
    words = (
        f"In each cycle sample is a number without sign. result is about this sample and the one "
        f"of the cycle before: {what}. The sample before the first one counts as 0. {when}."
    )

    def combine(now: int, last: int) -> int:
        low, high = sorted((now, last))
        return {
            "max": high, "min": low, "sum": low + high, "difference": high - low,
            "changed": int(low != high),
        }[kind]  # fmt: skip

    def step(state: tuple[int, int], inputs: Inputs) -> tuple[Outputs, tuple[int, int]]:
        last, shown = state
        found = combine(inputs["sample"], last)
        return {"result": shown if registered else found}, (inputs["sample"], found)

    def draw(draw: Draw) -> list[dict[str, int]]:
        return [{"sample": value} for value in _samples(draw, width, 24)]

    value = {
        "max": "(sample > last) ? sample : last",
        "min": "(sample < last) ? sample : last",
        "sum": "{1'b0, sample} + {1'b0, last}",
        "difference": "(sample > last) ? sample - last : last - sample",
        "changed": "(sample != last)",
    }[kind]
    body = f"  reg [{width - 1}:0] last;\n"
    first, then = f"last <= {width}'d0;", "last <= sample;"
    if registered:
        first, then = f"{first}\nresult <= {size}'d0;", f"{then}\nresult <= {value};"
    else:
        body += f"  assign result = {value};\n"
    reference = module(interface, body + at_edge(interface, first, then), ["result"] * registered)
    return Problem(words, interface, reference, Sequential((0, 0), step, draw))


# ---------------------------------------------------------------- 2: three samples, extremes


def _three(kind: str, valid: bool, width: int) -> Problem:
    inputs = [Port("sample", width)] + ([Port("valid")] if valid else [])
    interface = clocked("vote_filter", inputs, (Port("clean", width),), kind, valid, width)
    bits = "For each bit of sample and clean on its own, the bit of clean" if width > 1 else "clean"
    rule = {
        "majority": "takes the value that at least two of them have",
        "agree": "takes their value if they are all equal, and else stays as it is",
        "all": "becomes 1 if all of them are 1, else 0",
        "any": "becomes 1 if one of them is 1, else 0",
    }[kind]
    cycle = "each cycle where valid is 1" if valid else "each cycle"
    words = (
        f"A filter. In {cycle} sample is taken. {bits} is a register, first 0: at the end of such "
        f"a cycle it looks at the last three samples, the one of this cycle included, and {rule}. "
        "The two samples before the first count as 0."
        + (" In cycles where valid is 0 nothing changes." if valid else "")
    )

    def one(recent: tuple[int, ...], clean: int, bit: int) -> int:
        ones = sum(value >> bit & 1 for value in recent)
        before = clean >> bit & 1
        return {
            "majority": int(ones > 1), "all": int(ones == 3), "any": int(ones > 0),
            "agree": ones // 3 if ones in (0, 3) else before,
        }[kind] << bit  # fmt: skip

    def step(
        state: tuple[tuple[int, ...], int], inputs: Inputs
    ) -> tuple[Outputs, tuple[tuple[int, ...], int]]:
        seen, clean = state
        outputs = {"clean": clean}
        if not inputs.get("valid", 1):
            return outputs, state
        recent = (*seen, inputs["sample"])
        return outputs, (recent[1:], sum(one(recent, clean, bit) for bit in range(width)))

    def draw(draw: Draw) -> list[dict[str, int]]:
        columns = [_noisy(draw, "sample", 28, 4) for _ in range(width)]
        rows = []
        for bits in zip(*columns, strict=True):
            row = {"sample": sum(bit["sample"] << i for i, bit in enumerate(bits))}
            if valid:
                row["valid"] = int(draw.chance(0.7))
            rows.append(row)
        return rows

    both = "sample & last & older"
    some = "sample | last | older"
    value = {
        "majority": "(sample & last) | (sample & older) | (last & older)",
        "agree": f"({both}) | (clean & ({some}))",
        "all": both,
        "any": some,
    }[kind]
    moves = f"last <= sample;\nolder <= last;\nclean <= {value};"
    if valid:
        lines = "".join(f"  {line}\n" for line in moves.splitlines())
        moves = f"if (valid) begin\n{lines}end"
    rng = f"[{width - 1}:0] " if width > 1 else ""
    zero = f"{width}'d0"
    body = f"  reg {rng}last;\n  reg {rng}older;\n" + at_edge(
        interface, f"last <= {zero};\nolder <= {zero};\nclean <= {zero};", moves
    )
    reference = module(interface, body, ["clean"])
    return Problem(words, interface, reference, Sequential(((0, 0), 0), step, draw))


def _extreme(kind: str, clear_first: bool, width: int) -> Problem:
    interface = clocked(
        "extreme_hold",
        (Port("sample", width), Port("valid"), Port("clear")),
        (Port("extreme", width), Port("news")),
        kind,
        clear_first,
        width,
    )
    top = (1 << width) - 1
    start, side = (0, "greater") if kind == "highest" else (top, "smaller")
    clears = (
        f"In cycles where clear is 1 extreme becomes {start} instead, whatever valid is"
        if clear_first
        else f"In cycles where clear is 1 extreme becomes sample if valid is 1, and {start} if "
        "valid is 0"
    )
    words = (
        f"extreme is a register, first {start}: the {kind} sample so far, numbers without sign. In "
        f"cycles where valid is 1 and sample is {side} than extreme, it takes sample. {clears}. "
        f"news is a register, first 0: it is 1 in the cycle after one where valid was 1 and sample "
        f"was {side} than extreme, whatever clear was, and 0 in others."
    )

    def step(state: tuple[int, int], inputs: Inputs) -> tuple[Outputs, tuple[int, int]]:
        extreme, news = state
        sample, valid = inputs["sample"], inputs["valid"]
        best = max if kind == "highest" else min
        beats = valid == 1 and best(sample, extreme) != extreme
        following = best(sample, extreme) if valid else extreme
        if inputs["clear"]:
            following = sample if valid and not clear_first else start
        return {"extreme": extreme, "news": news}, (following, int(beats))

    def draw(draw: Draw) -> list[dict[str, int]]:
        return [
            {"sample": value, "valid": int(draw.chance(0.6)), "clear": int(draw.chance(0.15))}
            for value in _samples(draw, width, 30)
        ]

    beats = f"valid && (sample {'>' if kind == 'highest' else '<'} extreme)"
    first = f"{width}'d{start}"
    cleared = first if clear_first else f"valid ? sample : {first}"
    body = f"  wire beats = {beats};\n" + at_edge(
        interface,
        f"extreme <= {first};\nnews <= 1'b0;",
        f"news <= beats;\nif (clear) extreme <= {cleared};\nelse if (beats) extreme <= sample;",
    )
    reference = module(interface, body, ["extreme", "news"])
    return Problem(words, interface, reference, Sequential((start, 0), step, draw))


# ---------------------------------------------------------------- 3: debouncers


def _debouncer(kind: str, pulses: bool, cycles: int) -> Problem:
    inputs = [Port("noisy")] + ([Port("tick")] if kind == "ticks" else [])
    outputs = [Port("clean")] + ([Port("rose"), Port("fell")] if pulses else [])
    interface = clocked("debouncer", inputs, outputs, kind, pulses, cycles)
    slow = {"slow_rise": (1,), "slow_fall": (0,)}.get(kind, (0, 1))
    count = f"{cycles} cycles in a row"
    if kind == "ticks":
        rule = (
            "Only cycles where tick is 1 count; in others clean stays as it is. When noisy was "
            f"different from clean in {cycles} counting cycles in a row, clean takes its value "
            "after the last of them; a counting cycle in which they are equal makes that start "
            "again."
        )
    elif kind == "both":
        rule = (
            f"When noisy was different from clean for {count}, clean takes its value after the "
            "last of them; a cycle in which they are equal makes that start again."
        )
    else:
        late, soon = (1, 0) if kind == "slow_rise" else (0, 1)
        rule = (
            f"clean becomes {late} after noisy was {late} for {count}, counted while clean is "
            f"{soon}; a cycle in which noisy is {soon} makes that start again. It becomes {soon} "
            f"after every cycle in which noisy is {soon}."
        )
    words = f"A debouncer. clean is a register, first 0. {rule}" + (
        " rose and fell are registers, first 0: rose is 1 in the first cycle in which clean is 1 "
        "after it was 0, fell in the first in which it is 0 after it was 1; in others they are 0."
        if pulses
        else ""
    )

    def step(state: tuple[int, int, int], inputs: Inputs) -> tuple[Outputs, tuple[int, int, int]]:
        clean, before, differed = state
        outputs = {"clean": clean}
        if pulses:
            outputs |= {"rose": int(clean > before), "fell": int(clean < before)}
        if not inputs.get("tick", 1):
            return outputs, (clean, clean, differed)
        noisy = inputs["noisy"]
        if noisy == clean:
            return outputs, (clean, clean, 0)
        if differed + 1 >= (cycles if noisy in slow else 1):
            return outputs, (noisy, clean, 0)
        return outputs, (clean, clean, differed + 1)

    def draw(draw: Draw) -> list[dict[str, int]]:
        rows = _noisy(draw, "noisy", 40, cycles + 2)
        if kind != "ticks":
            return rows
        often = draw.pick((0.7, 0.95))
        return [{**row, "tick": int(draw.chance(often))} for row in rows]

    def stretch(bit: int, n: int) -> list[dict[str, int]]:
        return [{"noisy": bit, **({"tick": 1} if kind == "ticks" else {})}] * n

    edges = [
        stretch(1, cycles - 1) + stretch(0, 1) + stretch(1, cycles) + stretch(0, cycles - 1)
        + stretch(1, 1) + stretch(0, cycles + 2) + stretch(1, cycles + 1),
    ]  # fmt: skip
    bits = (cycles - 1).bit_length()
    full = f"differed == {bits}'d{cycles - 1}"
    change = {"slow_rise": f"!noisy || ({full})", "slow_fall": f"noisy || ({full})"}.get(kind, full)
    wait = f"differed <= differed + {bits}'d1;"
    pulse = "  rose <= noisy;\n  fell <= !noisy;\n" if pulses else ""
    then = (
        f"if (noisy == clean) begin\n  differed <= {bits}'d0;\nend else if ({change}) begin\n"
        f"  clean <= noisy;\n  differed <= {bits}'d0;\n{pulse}end else begin\n  {wait}\nend"
    )
    if kind == "ticks":
        lines = "".join(f"  {line}\n" for line in then.splitlines())
        then = f"if (tick) begin\n{lines}end"
    first = f"clean <= 1'b0;\ndiffered <= {bits}'d0;"
    if pulses:
        first += "\nrose <= 1'b0;\nfell <= 1'b0;"
        then = f"rose <= 1'b0;\nfell <= 1'b0;\n{then}"
    body = f"  reg [{bits - 1}:0] differed;\n" + at_edge(interface, first, then)
    reference = module(interface, body, [port.name for port in outputs])
    return Problem(words, interface, reference, Sequential((0, 0, 0), step, draw, edges))


# ---------------------------------------------------------------- 4: windows


def _window(kind: str, flag: bool, samples: int) -> Problem:
    width = 4
    size = width + 2 if kind == "sum" else width
    outputs = [Port("result", size)] + ([Port("full")] if flag else [])
    interface = clocked(
        "window", (Port("sample", width), Port("valid")), outputs, kind, flag, samples
    )
    what = {
        "sum": f"their sum, of {size} bits",
        "max": "the greatest of them",
        "min": "the smallest of them",
        "spread": "the greatest less the smallest of them",
        "median": "the one in the middle when they are put in order",
    }[kind]
    words = (
        f"A window of the last {samples} samples, numbers without sign. A sample is taken in each "
        "cycle where valid is 1; in others the window stays as it is. First, all samples in the "
        f"window are 0. result follows from the window at once (a sample that is taken is in it "
        f"from the next cycle on): {what}."
        + (
            f" full is 1 when {samples} samples or more have been taken since the reset, else 0."
            if flag
            else ""
        )
    )

    def step(
        state: tuple[tuple[int, ...], int], inputs: Inputs
    ) -> tuple[Outputs, tuple[tuple[int, ...], int]]:
        window, taken = state
        low, *_, high = ordered = sorted(window)
        found = {
            "sum": sum(window), "max": high, "min": low, "spread": high - low,
            "median": ordered[samples // 2],
        }[kind]  # fmt: skip
        outputs = {"result": found, **({"full": int(taken >= samples)} if flag else {})}
        if inputs["valid"]:
            return outputs, ((*window[1:], inputs["sample"]), taken + 1)
        return outputs, state

    def draw(draw: Draw) -> list[dict[str, int]]:
        often = draw.pick((0.5, 0.9))
        return [
            {"sample": value, "valid": int(draw.chance(often))}
            for value in _samples(draw, width, 30)
        ]

    edges = [[{"sample": value, "valid": 1} for value in (15,) * 6 + (0, 15, 0, 0, 15, 15, 1, 14)]]
    names = [f"s{i}" for i in range(samples)]
    body = "".join(f"  reg [3:0] {name};\n" for name in names)

    def better(sign: str, a: str, b: str) -> str:
        return f"({a} {sign} {b}) ? {a} : {b}"

    def extreme(target: str, sign: str) -> str:
        text = f"  wire [3:0] {target}_a = {better(sign, 's0', 's1')};\n"
        last = "s2"
        if samples == 4:
            text += f"  wire [3:0] {target}_b = {better(sign, 's2', 's3')};\n"
            last = f"{target}_b"
        return text + f"  wire [3:0] {target} = {better(sign, f'{target}_a', last)};\n"

    if kind == "sum":
        body += "  assign result = " + " + ".join(f"{{2'd0, {name}}}" for name in names) + ";\n"
    elif kind == "median":
        body += (
            f"  wire [3:0] low = {better('<', 's0', 's1')};\n"
            f"  wire [3:0] high = {better('>', 's0', 's1')};\n"
            "  assign result = (s2 < low) ? low : (s2 > high) ? high : s2;\n"
        )
    elif kind == "spread":
        body += extreme("high", ">") + extreme("low", "<") + "  assign result = high - low;\n"
    else:
        body += extreme("best", ">" if kind == "max" else "<") + "  assign result = best;\n"
    first = "\n".join(f"{name} <= 4'd0;" for name in names)
    sources = ["sample", *names]
    moves = "".join(
        f"  {name} <= {source};\n" for name, source in zip(names, sources, strict=False)
    )
    if flag:
        body += "  reg [2:0] taken;\n" + f"  assign full = (taken == 3'd{samples});\n"
        first += "\ntaken <= 3'd0;"
        moves += "  if (!full) taken <= taken + 3'd1;\n"
    body += at_edge(interface, first, f"if (valid) begin\n{moves}end")
    model = Sequential(((0,) * samples, 0), step, draw, edges)
    return Problem(words, interface, module(interface, body), model)


# ---------------------------------------------------------------- 5: small machines


def _level(option: tuple[int, int], top: int) -> Problem:
    low, high = option
    bits = top.bit_length()
    outputs = (Port("level", bits), Port("on"), Port("events", 3))
    interface = clocked("leaky_level", (Port("hit"), Port("clear")), outputs, top, low, high)
    words = (
        f"A level with hysteresis. level is a register, first 0, from 0 to {top}. In cycles where "
        f"clear is 1 it becomes 0. Else, where hit is 1, it goes up by two, but not beyond {top}; "
        "where hit is 0, it goes down by one, but not below 0.\n"
        f"on is a register, first 0. Each new value of level decides it, in the same cycle in "
        f"which level takes that value: at {high} or more on becomes 1, at {low} or less it "
        "becomes 0, and in between it stays. (So the two change together.)\n"
        "events is a register, first 0: how often on went from 0 to 1, also changing together with "
        "on. It stops at 7. clear does not change it."
    )

    def step(state: tuple[int, int, int], inputs: Inputs) -> tuple[Outputs, tuple[int, int, int]]:
        level, on, events = state
        outputs = {"level": level, "on": on, "events": events}
        following = min(top, max(0, level + (2 if inputs["hit"] else -1)))
        if inputs["clear"]:
            following = 0
        now = 1 if following >= high else 0 if following <= low else on
        return outputs, (following, now, min(7, events + int(now > on)))

    def draw(draw: Draw) -> list[dict[str, int]]:
        rows = []
        clear = draw.pick((0.0, 0.05))
        for _ in range(5):
            hit = draw.pick((0.0, 0.2, 0.35, 0.6, 1.0))
            rows += [
                {"hit": int(draw.chance(hit)), "clear": int(draw.chance(clear))} for _ in range(8)
            ]
        return rows

    up, down = [{"hit": 1, "clear": 0}], [{"hit": 0, "clear": 0}]
    off = [{"hit": 1, "clear": 1}]
    edges = [
        (up * ((high + 1) // 2 + 1) + off) * 10,
        up * (top + 1) + down * (top + 2) + up * 4,
        up * (top // 2 + 1) + (down * 2 + up) * 6 + off + up * 3,
    ]
    limit = f"{bits}'d{top}"
    body = (
        f"  reg [{bits - 1}:0] next;\n"
        f"  wire next_on = (next >= {bits}'d{high}) || (on && next > {bits}'d{low});\n"
        "  always @* begin\n"
        f"    if (clear) next = {bits}'d0;\n"
        f"    else if (hit) next = (level < {bits}'d{top - 1}) ? level + {bits}'d2 : {limit};\n"
        f"    else next = (level == {bits}'d0) ? {bits}'d0 : level - {bits}'d1;\n  end\n"
    ) + at_edge(
        interface,
        f"level <= {bits}'d0;\non <= 1'b0;\nevents <= 3'd0;",
        "level <= next;\non <= next_on;\n"
        "if (next_on && !on && events != 3'd7) events <= events + 3'd1;",
    )
    reference = module(interface, body, ["level", "on", "events"])
    return Problem(words, interface, reference, Sequential((0, 0, 0), step, draw, edges))


def _peak(hold: int, fall: int) -> Problem:
    return _follower(True, hold, fall)


def _valley(hold: int, fall: int) -> Problem:
    return _follower(False, hold, fall)


def _follower(peak: bool, hold: int, fall: int) -> Problem:
    outputs = (Port("held", 4), Port("fading"))
    interface = clocked("envelope", (Port("sample", 4), Port("valid")), outputs, peak, hold, fall)
    start, far = (0, "greater") if peak else (15, "smaller")
    way = "down" if peak else "up"
    beyond = f"but not {'below' if peak else 'beyond'} sample"
    words = (
        f"It follows the {'peaks' if peak else 'valleys'} of samples, numbers without sign. held "
        f"is a register, first {start}. Only cycles where valid is 1 count; in others nothing "
        "changes. In a counting cycle:\n"
        f"- Where sample is {far} than held or equal to it, held takes sample, and the wait is "
        f"renewed: for the next {hold} counting cycles held does not fade.\n"
        "- Otherwise, while the wait is not over, it is one cycle shorter, and held stays.\n"
        f"- Otherwise held fades: it goes {way} by {fall}, {beyond}.\n"
        "fading is 1 in cycles that count and in which held fades as said last. First there is no "
        "wait."
    )

    def step(state: tuple[int, int], inputs: Inputs) -> tuple[Outputs, tuple[int, int]]:
        held, wait = state
        sample = inputs["sample"]
        distance = held - sample if peak else sample - held
        fading = inputs["valid"] == 1 and distance > 0 and wait == 0
        outputs = {"held": held, "fading": int(fading)}
        if not inputs["valid"]:
            return outputs, state
        if distance <= 0:
            return outputs, (sample, hold)
        if wait:
            return outputs, (held, wait - 1)
        move = min(distance, fall)
        return outputs, (held - move if peak else held + move, 0)

    def draw(draw: Draw) -> list[dict[str, int]]:
        rows: list[dict[str, int]] = []
        often = draw.pick((0.75, 1.0))
        while len(rows) < 40:
            spread = draw.between(0, 6) if draw.chance(0.6) else draw.between(0, 15)
            sample = spread if peak else 15 - spread
            for _ in range(draw.pick((1, 1, 2, hold + 1, hold + 4))):
                if draw.chance(0.2):
                    sample = draw.below(16)
                rows.append({"sample": sample, "valid": int(draw.chance(often))})
        return rows[:40]

    def at(distance: int, n: int) -> list[dict[str, int]]:
        return [{"sample": distance if peak else 15 - distance, "valid": 1}] * n

    edges = [at(15, 1) + at(0, 22), at(0, 2) + at(1, 1) + at(0, 6), at(9, 2) + at(7, 9) + at(8, 2)]
    sign, op = ("<", "-") if peak else (">", "+")
    bits = hold.bit_length()
    room = "held - sample" if peak else "sample - held"
    moved = f"held {op} 4'd{fall}"
    if fall > 1:
        moved = f"({room} < 4'd{fall}) ? sample : {moved}"
    body = (
        f"  reg [{bits - 1}:0] rest;\n"
        f"  wire apart = (sample {sign} held);\n"
        f"  assign fading = valid && apart && (rest == {bits}'d0);\n"
    ) + at_edge(
        interface,
        f"held <= 4'd{start};\nrest <= {bits}'d0;",
        "if (valid) begin\n  if (!apart) begin\n    held <= sample;\n"
        f"    rest <= {bits}'d{hold};\n"
        f"  end else if (fading) begin\n    held <= {moved};\n  end else begin\n"
        f"    rest <= rest - {bits}'d1;\n  end\nend",
    )
    reference = module(interface, body, ["held"])
    return Problem(words, interface, reference, Sequential((start, 0), step, draw, edges))


def _slew(option: tuple[int, int], dead: int) -> Problem:
    up, down = option
    outputs = (Port("value", 5), Port("rising"), Port("falling"), Port("settled"))
    interface = clocked("slew_limiter", (Port("target", 5), Port("hold")), outputs, up, down, dead)
    near = f"target and value differ by {dead} or less" if dead else "target and value are equal"
    words = (
        "A limiter of changes, of numbers without sign. value is a register, first 0, which goes "
        f"after target: in each cycle where hold is 0, up by {up} or down by {down}, but never "
        "past target: where the difference is less than that, value becomes target. "
        + (
            f"There is a dead zone: while {near}, value stays where it is (a change by {up} or "
            f"{down} may end in it). "
            if dead
            else ""
        )
        + "In cycles where hold is 1 value stays. rising is 1 in cycles at whose end value goes "
        "up, falling where it goes down; they are given in the same cycle. settled is 1 when "
        f"{near}, whatever hold is."
    )

    def step(value: int, inputs: Inputs) -> tuple[Outputs, int]:
        gap = inputs["target"] - value
        settled = abs(gap) <= dead
        change = 0 if settled or inputs["hold"] else max(-down, min(up, gap))
        outputs = {
            "value": value,
            "rising": int(change > 0),
            "falling": int(change < 0),
            "settled": int(settled),
        }
        return outputs, value + change

    def draw(draw: Draw) -> list[dict[str, int]]:
        rows: list[dict[str, int]] = []
        target = draw.below(32)
        hold = draw.pick((0.0, 0.2))
        while len(rows) < 40:
            near = max(0, min(31, target + draw.between(-4, 4)))
            target = draw.pick((near, near, draw.below(32), 0, 31))
            stretch = draw.between(1, 9)
            rows += [{"target": target, "hold": int(draw.chance(hold))} for _ in range(stretch)]
        return rows[:40]

    def go(target: int, n: int) -> list[dict[str, int]]:
        return [{"target": target, "hold": 0}] * n

    edges = [go(31, 32) + go(0, 32), go(7, 8) + go(8, 3) + go(6, 3) + go(9, 4) + go(3, 6)]

    def past(step: int) -> str:
        return f"(gap < 5'd{step}) ? target : " if step > dead + 1 else ""

    body = (
        "  wire above = (target > value);\n"
        "  wire [4:0] gap = above ? target - value : value - target;\n"
        f"  assign settled = (gap {'<=' if dead else '=='} 5'd{dead});\n"
        "  assign rising = !hold && !settled && above;\n"
        "  assign falling = !hold && !settled && !above;\n"
    ) + at_edge(
        interface,
        "value <= 5'd0;",
        f"if (rising) value <= {past(up)}value + 5'd{up};\n"
        f"else if (falling) value <= {past(down)}value - 5'd{down};",
    )
    reference = module(interface, body, ["value"])
    return Problem(words, interface, reference, Sequential(0, step, draw, edges))


def _pulses(least: int, most: int) -> Problem:
    outputs = (Port("good"), Port("too_short"), Port("too_long"), Port("score", 4))
    interface = clocked("pulse_judge", (Port("line"), Port("clear")), outputs, least, most)
    words = (
        "It judges the pulses on line by their length: how many cycles in a row line is 1, before "
        "a cycle where it is 0. First the pulse counted so far has length 0.\n"
        "- In a cycle where line is 0 after a pulse (line was 1 in the cycle before), good is 1 "
        f"if the pulse had {least} to {most} cycles, and too_short is 1 if it had fewer. "
        "Otherwise both are 0.\n"
        f"- too_long is 1 in the cycle that is number {most + 1} of a pulse (the first is number "
        "1), and 0 otherwise; when such a pulse ends, neither good nor too_short is 1.\n"
        "All three are given in the same cycle. score is a register, first 0: after a cycle where "
        "good is 1 it is one more, after one where too_short or too_long is 1 one less; it stays "
        "within 0 and 15. After a cycle where clear is 1 it is 0, whatever else is. clear changes "
        "nothing but score."
    )

    def step(state: tuple[int, int], inputs: Inputs) -> tuple[Outputs, tuple[int, int]]:
        length, score = state
        line = inputs["line"]
        good = int(not line and least <= length <= most)
        too_short = int(not line and 0 < length < least)
        too_long = int(line == 1 and length == most)
        outputs = {"good": good, "too_short": too_short, "too_long": too_long, "score": score}
        score = 0 if inputs["clear"] else max(0, min(15, score + good - too_short - too_long))
        return outputs, (min(length + 1, most + 1) if line else 0, score)

    def draw(draw: Draw) -> list[dict[str, int]]:
        rows: list[dict[str, int]] = []
        clear = draw.pick((0.0, 0.08))
        while len(rows) < 40:
            length = draw.pick((1, least - 1, least, least + 1, most, most + 1, most + 3))
            stretch = [1] * max(length, 1) + [0] * draw.between(1, 2)
            rows += [{"line": bit, "clear": int(draw.chance(clear))} for bit in stretch]
        return rows[:40]

    def pulses(length: int, n: int) -> list[dict[str, int]]:
        return ([{"line": 1, "clear": 0}] * length + [{"line": 0, "clear": 0}]) * n

    edges = [
        pulses(least, 17) + pulses(1, 2),
        pulses(most, 3) + pulses(most + 1, 2) + pulses(most + 2, 3) + pulses(least, 2),
        pulses(most, 2) + [{"line": 1, "clear": 0}] * 20 + [{"line": 0, "clear": 0}] * 2,
    ]
    bits = (most + 1).bit_length()

    def is_(n: int) -> str:
        return f"{bits}'d{n}"

    body = (
        f"  reg [{bits - 1}:0] length;\n"
        f"  assign good = !line && (length >= {is_(least)}) && (length <= {is_(most)});\n"
        f"  assign too_short = !line && (length != {is_(0)}) && (length < {is_(least)});\n"
        f"  assign too_long = line && (length == {is_(most)});\n"
    ) + at_edge(
        interface,
        f"length <= {is_(0)};\nscore <= 4'd0;",
        f"if (!line) length <= {is_(0)};\n"
        f"else if (length <= {is_(most)}) length <= length + {is_(1)};\n"
        "if (clear) score <= 4'd0;\n"
        "else if (good && score != 4'd15) score <= score + 4'd1;\n"
        "else if ((too_short || too_long) && score != 4'd0) score <= score - 4'd1;",
    )
    reference = module(interface, body, ["score"])
    return Problem(words, interface, reference, Sequential((0, 0), step, draw, edges))
