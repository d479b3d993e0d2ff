"""Serial lines: shift registers, running parities, senders and receivers of small frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ....verifiers.verilog.interface import Port
from ..draw import Draw
from .family import Inputs, Outputs, Problem, Sequential, at_edge, clocked, family, indented, module


def _variants(level: int) -> Sequence[tuple[Any, ...]]:
    if level == 1:
        shifts = [
            (level, "shift", up, enable, width)
            for up in (True, False)
            for enable in (True, False)
            for width in (4, 8)
        ]
        return shifts + [
            (level, "parity", odd, kind, 1)
            for odd in (True, False)
            for kind in ("all", "valid", "first")
        ]
    if level == 2:
        out = [
            (level, "out", low, (fill, gated), 4)
            for low in (True, False)
            for fill in ("0", "1", "around")
            for gated in (True, False)
        ]
        return out + [
            (level, "in", low, gated, width)
            for low in (True, False)
            for gated in (True, False)
            for width in (3, 4)
        ]
    if level == 3:
        return [
            (level, kind, low, option, width)
            for kind in ("send", "receive")
            for low in (True, False)
            for option in (True, False)
            for width in (4, 6)
        ]
    if level == 4:
        senders = [
            (level, "send", low, (parity, stops), 4)
            for low in (True, False)
            for parity in ("even", "odd")
            for stops in (1, 2)
        ]
        return senders + [
            (level, "receive", low, (parity, 1), width)
            for low in (True, False)
            for parity in ("even", "odd")
            for width in (4, 5)
        ]
    return [
        (level, kind, low, (parity, period), 3)
        for kind in ("send", "receive")
        for low in (True, False)
        for parity in ("none", "even", "odd")
        for period in (3, 4)
    ]


@family("serial", _variants)
def serial(level: int, kind: str, low: bool, option: Any, width: int) -> Problem:
    if level == 1:
        return _shift(low, option, width) if kind == "shift" else _parity(low, option)
    if level == 2:
        return _load(low, option, width) if kind == "out" else _collect(low, option, width)
    if level == 3:
        if kind == "send":
            return _sender(low, width, "none", 1, 1, seamless=option)
        return _receiver(low, width, "none", 1, inverted=option)
    parity, number = option
    if level == 4:
        if kind == "send":
            return _sender(low, width, parity, number, 1)
        return _receiver(low, width, parity, 1)
    if kind == "send":
        return _sender(low, width, parity, 1, number)
    return _receiver(low, width, parity, number)


def _first(low: bool) -> str:
    return "lowest" if low else "highest"


# ---------------------------------------------------------------- 1: one register


def _shift(up: bool, enable: bool, width: int) -> Problem:
    inputs = [Port("bit_in")] + ([Port("en")] if enable else [])
    interface = clocked("shifter", inputs, (Port("word", width),), up, enable, width)
    end, way = ("lowest", "up") if up else ("highest", "down")
    words = (
        f"A shift register. word is a register, first 0. At the end of each cycle"
        f"{' where en is 1' if enable else ''} its bits move {way} by one place, bit_in becomes "
        f"the {end} bit, and the bit at the other end is lost."
        + (" In cycles where en is 0 word stays." if enable else "")
    )

    def step(word: str, inputs: Inputs) -> tuple[Outputs, str]:
        bit = str(inputs["bit_in"])
        moved = word[1:] + bit if up else bit + word[:-1]
        return {"word": word}, moved if inputs.get("en", 1) else word

    def draw(draw: Draw) -> list[dict[str, int]]:
        names = [port.name for port in inputs]
        return [{name: draw.below(2) for name in names} for _ in range(20 + width)]

    moved = f"{{word[{width - 2}:0], bit_in}}" if up else f"{{bit_in, word[{width - 1}:1]}}"
    then = f"{'if (en) ' if enable else ''}word <= {moved};"
    body = at_edge(interface, f"word <= {width}'d0;", then)
    model = Sequential("0" * width, step, draw)
    return Problem(words, interface, module(interface, body, ["word"]), model)


def _parity(odd: bool, kind: str) -> Problem:
    names = {"all": ["bit_in"], "valid": ["bit_in", "valid"], "first": ["bit_in", "begins"]}[kind]
    interface = clocked("running_parity", tuple(map(Port, names)), (Port("parity"),), odd, kind)
    which = {
        "all": "A bit, bit_in, comes in every cycle; the bits are those of all cycles so far.",
        "valid": "A bit, bit_in, comes in each cycle where valid is 1; the bits are all of these.",
        "first": "A bit, bit_in, comes in every cycle; the bits are those of all cycles so far "
        "since the last one where begins was 1, its own bit included (if there was none: of all).",
    }[kind]
    what = "odd" if odd else "even"
    words = (
        f"{which} parity is a register: 1 when the number of ones among them, up to and including "
        f"the cycle before, is {what}, else 0. First there are no bits, which counts as an even "
        "number of ones."
    )

    def step(ones: int, inputs: Inputs) -> tuple[Outputs, int]:
        outputs = {"parity": int(ones % 2 == int(odd))}
        if inputs.get("begins"):
            ones = 0
        return outputs, ones + inputs["bit_in"] * inputs.get("valid", 1)

    def draw(draw: Draw) -> list[dict[str, int]]:
        share = {"bit_in": 0.5, "valid": 0.7, "begins": 0.25}
        return [{name: int(draw.chance(share[name])) for name in names} for _ in range(24)]

    flip = "" if odd else "!"
    then = {
        "all": "parity <= parity ^ bit_in;",
        "valid": "if (valid) parity <= parity ^ bit_in;",
        "first": f"parity <= begins ? {flip}bit_in : parity ^ bit_in;",
    }[kind]
    body = at_edge(interface, f"parity <= 1'b{int(not odd)};", then)
    return Problem(words, interface, module(interface, body, ["parity"]), Sequential(0, step, draw))


# ---------------------------------------------------------------- 2: words out and in


def _load(low: bool, option: tuple[str, bool], width: int) -> Problem:
    fill, gated = option
    inputs = [Port("load"), Port("data", width)] + ([Port("next")] if gated else [])
    interface = clocked("serializer", inputs, (Port("line"), Port("rest", width)), low, fill, gated)
    way = "down" if low else "up"
    filled = {
        "0": "a 0 comes in at the other end",
        "1": "a 1 comes in at the other end",
        "around": "the bit that line was comes in at the other end",
    }[fill]
    words = (
        f"It puts out words bit by bit, the {_first(low)} first. rest is a register of {width} "
        f"bits, first 0; line is its {_first(low)} bit. At the end of a cycle where load is 1 rest "
        f"takes data{', whatever next is' if gated else ''}. At the end of any other cycle"
        f"{' where next is 1' if gated else ''} its bits move {way} by one place, and {filled}."
        + (" Where load and next are 0 rest stays." if gated else "")
    )

    def step(rest: str, inputs: Inputs) -> tuple[Outputs, str]:
        line = rest[-1] if low else rest[0]
        outputs = {"line": int(line), "rest": int(rest, 2)}
        if inputs["load"]:
            return outputs, f"{inputs['data']:0{width}b}"
        new = line if fill == "around" else fill
        moved = new + rest[:-1] if low else rest[1:] + new
        return outputs, moved if inputs.get("next", 1) else rest

    def draw(draw: Draw) -> list[dict[str, int]]:
        rows = []
        for _ in range(28):
            row = {"load": int(draw.chance(0.2)), "data": draw.below(1 << width)}
            rows.append({**row, "next": int(draw.chance(0.7))} if gated else row)
        return rows

    new = {"0": "1'b0", "1": "1'b1", "around": "line"}[fill]
    moved = f"{{{new}, rest[{width - 1}:1]}}" if low else f"{{rest[{width - 2}:0], {new}}}"
    go = "else if (next)" if gated else "else"
    body = f"  assign line = rest[{0 if low else width - 1}];\n" + at_edge(
        interface, f"rest <= {width}'d0;", f"if (load) rest <= data;\n{go} rest <= {moved};"
    )
    model = Sequential("0" * width, step, draw)
    return Problem(words, interface, module(interface, body, ["rest"]), model)


def _collect(low: bool, gated: bool, width: int) -> Problem:
    inputs = [Port("bit_in")] + ([Port("valid")] if gated else [])
    interface = clocked(
        "deserializer", inputs, (Port("word", width), Port("ready")), low, gated, width
    )
    bits = (width - 1).bit_length()
    words = (
        f"It makes words of {width} bits out of a stream. A bit, bit_in, comes in each cycle"
        f"{' where valid is 1' if gated else ''}; the first {width} bits after a reset are the "
        f"first word, the next {width} the second, and so on, the {_first(low)} bit first. word "
        "and ready are registers, first 0. In the cycle after the last bit of a word came ready is "
        "1, and in all others it is 0. From that same cycle on word is that word, until the next "
        "is complete."
    )

    def step(state: tuple[str, str, int], inputs: Inputs) -> tuple[Outputs, Any]:
        seen, word, ready = state
        outputs = {"word": int(word, 2), "ready": ready}
        if not inputs.get("valid", 1):
            return outputs, (seen, word, 0)
        seen += str(inputs["bit_in"])
        if len(seen) < width:
            return outputs, (seen, word, 0)
        return outputs, ("", seen[::-1] if low else seen, 1)

    def draw(draw: Draw) -> list[dict[str, int]]:
        often = draw.pick((0.6, 0.9))
        rows = [{"bit_in": draw.below(2)} for _ in range(32)]
        return [{**row, "valid": int(draw.chance(often))} for row in rows] if gated else rows

    part = f"part[{width - 2}:1]" if low else f"part[{width - 3}:0]"
    moved = f"{{bit_in, {part}}}" if low else f"{{{part}, bit_in}}"
    done = "{bit_in, part}" if low else "{part, bit_in}"
    then = (
        f"part <= {moved};\nif (count == {bits}'d{width - 1}) begin\n  count <= {bits}'d0;\n"
        f"  word <= {done};\n  ready <= 1'b1;\nend else begin\n  count <= count + {bits}'d1;\nend\n"
    )
    if gated:
        then = f"if (valid) begin\n{indented(then, 2)}end"
    body = f"  reg [{width - 2}:0] part;\n  reg [{bits - 1}:0] count;\n" + at_edge(
        interface,
        f"part <= {width - 1}'d0;\ncount <= {bits}'d0;\nword <= {width}'d0;\nready <= 1'b0;",
        f"ready <= 1'b0;\n{then}",
    )
    reference = module(interface, body, ["word", "ready"])
    return Problem(words, interface, reference, Sequential(("", "0" * width, 0), step, draw))


# ---------------------------------------------------------------- 3 to 5: frames


def _spelt(low: bool, width: int, parity: str) -> str:
    """How a frame's middle is said."""
    text = f"the {width} bits of the word, the {_first(low)} first"
    if parity != "none":
        text += (
            f"; a parity bit, such that the number of ones among the word and itself is {parity}"
        )
    return text


def _ordered(word: int, low: bool, width: int, parity: str) -> str:
    """A frame's middle, in the order of time."""
    text = f"{word:0{width}b}"
    text = text[::-1] if low else text
    if parity == "none":
        return text
    return text + str((text.count("1") + int(parity == "odd")) % 2)


def _sender(
    low: bool, width: int, parity: str, stops: int, period: int, *, seamless: bool = False
) -> Problem:
    interface = clocked(
        "frame_sender",
        (Port("send"), Port("data", width)),
        (Port("line"), Port("busy"), Port("done")),
        low, width, parity, stops, period, seamless,
    )  # fmt: skip
    lasts = "one cycle" if period == 1 else f"{period} cycles"
    stop = "a stop bit, which is 1" if stops == 1 else f"{stops} stop bits, which are 1"
    words = (
        "A sender of frames. It is idle, with line 1, or sends a frame; first it is idle.\n"
        f"- A frame is, in this order: a start bit, which is 0; {_spelt(low, width, parity)}; "
        f"{stop}. Each bit is on line for {lasts}.\n"
        "- In a cycle where it is idle and send is 1 it takes data, the word. The frame begins in "
        "the next cycle.\n"
        "- busy is 1 in all cycles of a frame, and only there. done is 1 in the last cycle of a "
        "frame, and only there.\n"
        + (
            "- In the last cycle of a frame send is looked at too: where it is 1, data is taken "
            "then, and the next frame begins in the next cycle. Otherwise it is idle after the "
            "frame."
            if seamless
            else "- After a frame it is idle. send is not looked at while busy is 1."
        )
    )

    def step(left: str, inputs: Inputs) -> tuple[Outputs, str]:
        outputs = {"line": int((left or "1")[0]), "busy": int(left > ""), "done": 0}
        outputs["done"] = int(len(left) == 1)
        following = left[1:]
        if inputs["send"] and (not left or (seamless and len(left) == 1)):
            frame = "0" + _ordered(inputs["data"], low, width, parity) + "1" * stops
            following = "".join(bit * period for bit in frame)
        return outputs, following

    length = 1 + width + int(parity != "none") + stops

    def draw(draw: Draw) -> list[dict[str, int]]:
        often = draw.pick((0.15, 0.5, 0.9))
        return [
            {"send": int(draw.chance(often)), "data": draw.below(1 << width)}
            for _ in range(max(36, 2 * length * period + 6))
        ]

    data = "data" if low else "{" + ", ".join(f"data[{i}]" for i in range(width)) + "}"
    check = {"none": "", "even": "^data, ", "odd": "~^data, "}[parity]
    ones = f"{stops}'b{'1' * stops}"
    frame = f"{{{ones}, {check}{data}, 1'b0}}"
    bits = length.bit_length()
    p = max(1, (period - 1).bit_length())
    tick = f"(timer == {p}'d{period - 1})"
    first = f"frame <= {{{length}{{1'b1}}}};\nleft <= {bits}'d0;"
    load = f"  frame <= {frame};\n  left <= {bits}'d{length};\n"
    shift = f"  frame <= {{1'b1, frame[{length - 1}:1]}};\n  left <= left - {bits}'d1;\n"
    body = f"  reg [{length - 1}:0] frame;\n  reg [{bits - 1}:0] left;\n"
    last = f"(left == {bits}'d1)"
    if period > 1:
        body += f"  reg [{p - 1}:0] timer;\n  wire tick = {tick};\n"
        first += f"\ntimer <= {p}'d0;"
        load += f"  timer <= {p}'d0;\n"
        shift = f"  timer <= {p}'d0;\n{shift}"
        moves = (
            f"end else if (busy && tick) begin\n{shift}end else begin\n"
            f"  timer <= timer + {p}'d1;\nend"
        )
        last = f"{last} && tick"
    else:
        moves = f"end else if (busy) begin\n{shift}end"
    may = "(!busy || done)" if seamless else "!busy"
    body += (
        f"  assign line = frame[0];\n  assign busy = (left != {bits}'d0);\n"
        f"  assign done = {last};\n"
    ) + at_edge(interface, first, f"if (send && {may}) begin\n{load}{moves}")
    return Problem(words, interface, module(interface, body), Sequential("", step, draw))


def _receiver(
    low: bool, width: int, parity: str, period: int, *, inverted: bool = False
) -> Problem:
    checked = parity != "none"
    outputs = [Port("word", width), Port("valid"), Port("bad_stop")]
    outputs += [Port("bad_parity")] if checked else []
    outputs += [Port("busy")]
    interface = clocked(
        "frame_receiver", (Port("line"),), outputs, low, width, parity, period, inverted
    )
    start, idle = (1, 0) if inverted else (0, 1)
    middle = period // 2
    upside = (
        " The other bits are as they are: the line is not inverted for them." if inverted else ""
    )
    if period == 1:
        timing = (
            f"- While it waits, a cycle where line is {start} is that of a start bit. In each of "
            "the cycles that follow line has the next bit of the frame."
        )
    else:
        ordinal = {1: "next cycle", 2: "second cycle after it"}[middle]
        timing = (
            f"- Each bit of a frame lasts {period} cycles. While it waits, a cycle where line is "
            f"{start} begins a start bit. In the {ordinal} line is looked at again: if it is "
            f"{idle} there, that was no frame, and it waits again from the next cycle on. "
            f"Otherwise line is read {period} cycles later for the next bit, {period} cycles after "
            "that for the one that follows, and so on; in other cycles line does not matter."
        )
    right = "the stop bit and the parity bit are right" if checked else "the stop bit is right"
    words = (
        "A receiver of frames. It waits, or receives a frame; first it waits.\n"
        f"- A frame is, in this order: a start bit, which is {start}; "
        f"{_spelt(low, width, parity)}; a stop bit, which is {idle}.{upside}\n"
        f"{timing}\n"
        "- After the cycle in which it read the stop bit it waits again, whatever that was. busy "
        "is 1 exactly while it does not wait (and so is 0 in the cycle where the start bit is "
        "seen first).\n"
        + ("- word, valid, bad_stop and bad_parity" if checked else "- word, valid and bad_stop")
        + f" are registers, first 0. In the cycle after the one in which the stop bit was read, "
        f"valid is 1 if {right}, bad_stop is 1 if the stop bit is wrong"
        + (", and bad_parity is 1 if the parity bit is (also when both are)" if checked else "")
        + "; in all others they are 0. word is the word of the last frame for which valid "
        "was 1, beginning in that same cycle."
    )
    read = width + int(checked) + 1
    sampled = {middle + period * k: k for k in range(read + 1)}

    # How many cycles ago the start bit began, the bits read, and the registers.
    def step(
        state: tuple[int, str, tuple[int, int, int, int]], inputs: Inputs
    ) -> tuple[Outputs, Any]:
        age, seen, (word, valid, bad_stop, bad_parity) = state
        outputs = {"word": word, "valid": valid, "bad_stop": bad_stop, "busy": int(age > 0)}
        if checked:
            outputs["bad_parity"] = bad_parity
        quiet = (word, 0, 0, 0)
        line = inputs["line"]
        if age == 0 and line != start:
            return outputs, (0, "", quiet)
        number = sampled.get(age)
        if number == 0 and line != start:
            return outputs, (0, "", quiet)
        if number:
            seen += str(line)
        if number != read:
            return outputs, (age + 1, seen, quiet)
        text = seen[:width][::-1] if low else seen[:width]
        found = int(text, 2)
        wrong = int(seen[:-1] != _ordered(found, low, width, parity))
        stop = int(line != idle)
        good = int(not wrong and not stop)
        return outputs, (0, "", (found if good else word, good, stop, wrong))

    def draw(draw: Draw) -> list[dict[str, int]]:
        text = ""
        most = max(36, 60 if period > 1 else 0)
        share = draw.pick((0.0, 0.1, 0.2))
        while len(text) < most:
            text += str(idle) * draw.pick((0, 0, 1, 2, period))
            if period > 1 and draw.chance(0.15):  # too short for a start bit
                text += str(start) * draw.between(1, middle) + str(idle) * 2
            frame = str(start) + _ordered(draw.below(1 << width), low, width, parity) + str(idle)
            for at, bit in enumerate(frame):
                wrong = at > 0 and draw.chance(share)
                lasts = period + (draw.between(-1, 1) if draw.chance(0.1) and period > 1 else 0)
                text += (str(1 - int(bit)) if wrong else bit) * lasts
        return [{"line": int(bit)} for bit in text[:most]]

    bits = read.bit_length()
    # Bits read before the stop bit, of which the first ends up at the end that is said.
    kept = read - 1
    shifted = f"{{line, kept[{kept - 1}:1]}}" if low else f"{{kept[{kept - 2}:0], line}}"
    word = f"kept[{width - 1}:0]" if low or not checked else f"kept[{kept - 1}:1]"
    word = "kept" if not checked else word
    sign = "" if parity == "odd" else "!"
    begins = "line" if inverted else "!line"
    ends = "!line" if inverted else "line"
    if checked:
        flags = (
            f"    valid <= {ends} && right;\n    bad_stop <= !{ends};\n    bad_parity <= !right;\n"
            f"    if ({ends} && right) word <= {word};\n"
        )
    else:
        flags = f"    valid <= {ends};\n    bad_stop <= !{ends};\n    if ({ends}) word <= {word};\n"
    flags = flags.replace("!!", "")
    sample = (
        f"  if (count == {bits}'d{kept}) begin\n    busy <= 1'b0;\n{flags}  end else begin\n"
        f"    kept <= {shifted};\n    count <= count + {bits}'d1;\n  end\n"
    )
    first = f"busy <= 1'b0;\ncount <= {bits}'d0;\nkept <= {kept}'d0;\nword <= {width}'d0;\n"
    quiet = "valid <= 1'b0;\nbad_stop <= 1'b0;\n" + ("bad_parity <= 1'b0;\n" if checked else "")
    body = f"  reg [{bits - 1}:0] count;\n  reg [{kept - 1}:0] kept;\n"
    if checked:
        body += f"  wire right = {sign}(^kept);\n"
    if period == 1:
        then = (
            f"if (!busy) begin\n  busy <= {begins};\n  count <= {bits}'d0;\nend else begin\n"
            f"{sample}end"
        )
    else:
        p = period.bit_length()
        # count is 0 for the start bit here.
        sample = sample.replace(f"{bits}'d{kept}", f"{bits}'d{read}", 1)
        inner = indented(sample, 2)
        body += f"  reg [{p - 1}:0] timer;\n"
        first += f"timer <= {p}'d0;\n"
        then = (
            f"if (!busy) begin\n  busy <= {begins};\n  count <= {bits}'d0;\n"
            f"  timer <= {p}'d{middle - 1};\nend else if (timer != {p}'d0) begin\n"
            f"  timer <= timer - {p}'d1;\nend else begin\n  timer <= {p}'d{period - 1};\n"
            f"  if (count == {bits}'d0) begin\n    busy <= {begins};\n    count <= {bits}'d1;\n"
            f"  end else begin\n{inner}  end\nend"
        )
    body += at_edge(interface, first + quiet, quiet + then)
    reference = module(interface, body, [port.name for port in outputs])
    edges = []
    for error in range(3):
        text = str(idle)
        for word_ in ((1 << width) - 2, 1, 0, (1 << width) - 1):
            middle_bits = _ordered(word_, low, width, parity)
            if error == 1:  # the last bit before the stop bit
                middle_bits = middle_bits[:-1] + str(1 - int(middle_bits[-1]))
            frame = str(start) + middle_bits + str(start if error == 2 else idle)
            text += "".join(bit * period for bit in frame) + str(idle) * (error and 1)
        edges.append([{"line": int(bit)} for bit in text + str(idle) * 2])
    return Problem(words, interface, reference, Sequential((0, "", (0,) * 4), step, draw, edges))
