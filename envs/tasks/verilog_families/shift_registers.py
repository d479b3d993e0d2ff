"""Shift registers: in series and in parallel, feedback, delay lines, and framed words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ....verifiers.verilog.interface import Port
from ..draw import Draw
from .family import Inputs, Outputs, Problem, Sequential, family
from .synchronous import Chance, rows, synchronous


def _variants(level: int) -> Sequence[tuple[Any, ...]]:
    if level == 1:
        return [
            (level, kind, way, width)
            for kind, width in (("plain", 5), ("enable", 4), ("ring", 6), ("twisted", 4),
                                ("last", 4), ("mixed", 5), ("pairs", 6))
            for way in ("left", "right")
        ]  # fmt: skip
    if level == 2:
        return [
            (level, fill, way, winner)
            for fill in ("zero", "one", "serial", "sign", "rotate")
            for way in ("left", "right")
            for winner in ("load", "shift")
        ]
    if level == 3:
        return [
            *((level, "moves", number, "") for number in range(8)),
            *((level, "feedback", taps, way)
              for taps in ("3 2", "4 2", "5 4", "5 3 2 0", "4 3 1 0") for way in ("left", "right")),
            *((level, "folded", taps, way) for taps in ("3 2", "4 2", "5 2 1")
              for way in ("left", "right")),
        ]  # fmt: skip
    if level == 4:
        return [
            *((level, "delay", counts, least) for counts in ("cycles", "samples")
              for least in (0, 1)),
            *((level, "serialiser", f"{order} {when}", width)
              for order in ("high", "low") for when in ("idle", "last") for width in (4, 5)),
            *((level, "collector", f"{order} {kept}", width)
              for order in ("high", "low") for kept in ("keep", "zero") for width in (3, 4)),
        ]  # fmt: skip
    return [
        *((level, "sender", f"{order} {parity}", stops) for order in ("low", "high")
          for parity in ("none", "even", "odd") for stops in (1, 2)),
        *((level, "receiver", f"{order} {parity}", 1) for order in ("low", "high")
          for parity in ("even", "odd")),
        *((level, "check", f"{way} {start}", number) for number, way in enumerate(("left", "right"))
          for start in ("zeros", "ones")),
    ]  # fmt: skip


@family("shift-register", _variants)
def shift_register(level: int, kind: str, option: Any, number: Any) -> Problem:
    if level == 1:
        return _one(kind, option, number)
    if level == 2:
        return _loadable(kind, option, number)
    makers: dict[str, Callable[[Any, Any], Problem]] = {
        "moves": _moves, "feedback": _feedback, "folded": _folded, "delay": _delay,
        "serialiser": _serialiser, "collector": _collector, "sender": _sender,
        "receiver": _receiver, "check": _check,
    }  # fmt: skip
    return makers[kind](option, number)


_ZERO = "1'b0"


def _moved(way: str, width: int) -> str:
    """What moving a word by one place does, in words."""
    if way == "left":
        return "each bit i+1 takes bit i, and bit 0"
    return f"each bit i takes bit i+1, and bit {width - 1}"


def _shifted(word: str, way: str, width: int, entering: str) -> str:
    """A word moved by one place, in Verilog."""
    if way == "left":
        return f"{{{word}[{width - 2}:0], {entering}}}"
    return f"{{{entering}, {word}[{width - 1}:1]}}"


def _pushed(text: str, way: str, entering: str) -> str:
    """A word, as text with the highest bit first, moved by as many places as there are bits."""
    return (text + entering)[len(entering) :] if way == "left" else (entering + text)[: len(text)]


# ---------------------------------------------------------------- 1: one register


def _one(kind: str, way: str, width: int) -> Problem:
    first = 0
    if kind == "ring":
        first = 11 if way == "left" else 6
    top = f"q[{width - 1}]" if way == "left" else "q[0]"
    leaving = f"bit {width - 1}" if way == "left" else "bit 0"
    inputs, entering, enters = [Port("bit_in")], "bit_in", "takes bit_in"
    outputs = [Port("q", width)]
    if kind in ("ring", "twisted"):
        inputs = [Port("en")]
        entering = top if kind == "ring" else f"!{top}"
        enters = f"takes {'' if kind == 'ring' else 'the inverse of '}{leaving}, which leaves"
    elif kind == "enable":
        inputs = [Port("en"), Port("bit_in")]
    elif kind == "mixed":
        entering, enters = f"bit_in ^ {top}", f"takes bit_in exclusive-or {leaving}, which leaves"
    elif kind == "last":
        outputs = [Port("bit_out")]
    elif kind == "pairs":
        inputs = [Port("pair_in", 2)]
    gated = inputs[0].name == "en"
    when = "In a cycle where en is 1" if gated else "In every cycle"
    words = (
        f"A shift register q of {width} bits, first {first}. {when} {_moved(way, width)} {enters}."
    )
    if gated:
        words += " Where en is 0 it keeps its value."
    if kind == "last":
        inverse, start = ("", 0) if way == "left" else ("the inverse of ", 1)
        words = (
            f"bit_out is {inverse}bit_in as it was {width} cycles before; in the first {width} "
            f"cycles after a reset it is {start}. What bit_in was in a reset does not count."
        )
    if kind == "pairs":
        words = (
            f"A shift register q of {width} bits, first 0. In every cycle it moves {way} by two "
            "places: "
            + (
                "each bit i+2 takes bit i, and bits 1 to 0 take those of pair_in."
                if way == "left"
                else f"each bit i takes bit i+2, and bits {width - 1} to {width - 2} take bits 1 "
                "to 0 of pair_in."
            )
        )

    def step(q: str, inputs: Inputs) -> tuple[Outputs, str]:
        leaves = q[0] if way == "left" else q[-1]
        outputs: Outputs = {"q": int(q, 2)}
        if kind == "last":
            outputs = {"bit_out": q[0] if way == "left" else 1 - int(q[0])}
            return outputs, _pushed(q, "left", str(inputs["bit_in"]))
        if gated and not inputs["en"]:
            return outputs, q
        if kind == "pairs":
            return outputs, _pushed(q, way, f"{inputs['pair_in']:02b}")
        entering = {
            "ring": leaves,
            "twisted": "10"[int(leaves)],
            "mixed": str(int(leaves != str(inputs.get("bit_in")))),
        }.get(kind) or str(inputs["bit_in"])
        return outputs, _pushed(q, way, entering)

    def draw(draw: Draw) -> list[dict[str, int]]:
        chances: dict[str, Chance] = {port.name: 1 << port.width for port in inputs}
        if gated:
            chances["en"] = 0.8
        return rows(draw, 24, chances)

    if kind == "pairs":
        after = (
            f"{{q[{width - 3}:0], pair_in}}" if way == "left" else f"{{pair_in, q[{width - 1}:2]}}"
        )
    else:
        after = _shifted("q", way, width, entering)
    body = ""
    if kind == "last":
        after = _shifted("q", "left", width, "bit_in")
        sign = "" if way == "left" else "!"
        body = f"reg [{width - 1}:0] q;\nassign bit_out = {sign}q[{width - 1}];\n"
    return synchronous(
        "shifter", (kind, way), inputs, outputs, words,
        Sequential(f"{first:0{width}b}", step, draw), body=body, first=f"q <= {width}'d{first};",
        then=f"{'if (en) ' if gated else ''}q <= {after};",
    )  # fmt: skip


# ---------------------------------------------------------------- 2: in parallel, and out


def _loadable(fill: str, way: str, winner: str) -> Problem:
    width = 6
    leaving = width - 1 if way == "left" else 0
    enters, entering = {
        "zero": ("becomes 0", "1'b0"),
        "one": ("becomes 1", "1'b1"),
        "serial": ("takes bit_in", "bit_in"),
        "sign": (
            ("keeps its value", "q[0]") if way == "left" else ("keeps its value", f"q[{width - 1}]")
        ),
        "rotate": (f"takes bit {leaving}, which leaves", f"q[{leaving}]"),
    }[fill]
    inputs = [Port("load"), Port("shift"), Port("d", width)]
    if fill == "serial":
        inputs.append(Port("bit_in"))
    words = (
        f"A shift register q of {width} bits, first 0. In a cycle where load is 1 it takes d. In "
        f"one where shift is 1 {_moved(way, width)} {enters}. Where both are 1, only {winner} "
        f"counts; where neither is, it keeps its value. bit_out is bit {leaving} of q, and all_out "
        "is 1 while all bits of q are equal."
    )

    def step(q: str, inputs: Inputs) -> tuple[Outputs, str]:
        outputs: Outputs = {
            "q": int(q, 2),
            "bit_out": q[width - 1 - leaving],
            "all_out": int(len({*q}) == 1),
        }
        asked = [name for name in ("load", "shift") if inputs[name]]
        does = winner if len(asked) == 2 else "".join(asked)
        if does == "load":
            return outputs, f"{inputs['d']:0{width}b}"
        if does != "shift":
            return outputs, q
        ends = (q[0], q[-1]) if way == "left" else (q[-1], q[0])
        entering = {"zero": "0", "one": "1", "sign": ends[1], "rotate": ends[0]}.get(fill)
        return outputs, _pushed(q, way, entering or str(inputs["bit_in"]))

    def draw(draw: Draw) -> list[dict[str, int]]:
        chances: dict[str, Chance] = {
            "load": draw.pick((0.15, 0.4)), "shift": 0.6, "d": 1 << width, "bit_in": 0.5,
        }  # fmt: skip
        drawn = rows(draw, 28, chances)
        for row in drawn:
            if fill != "serial":
                del row["bit_in"]
            if draw.chance(0.15):
                row["d"] = draw.pick((0, (1 << width) - 1))
        return drawn

    other = "shift" if winner == "load" else "load"
    does = {"load": "q <= d;", "shift": f"q <= {_shifted('q', way, width, entering)};"}
    return synchronous(
        "loadable_shifter", (fill, way, winner), inputs,
        [Port("q", width), Port("bit_out"), Port("all_out")], words,
        Sequential("0" * width, step, draw),
        body=f"assign bit_out = q[{leaving}];\nassign all_out = (&q) || !(|q);\n",
        first=f"q <= {width}'d0;",
        then=f"if ({winner}) {does[winner]}\nelse if ({other}) {does[other]}",
    )  # fmt: skip


# ---------------------------------------------------------------- 3: many moves, and feedback

# Of 6 bits, q5 to q0: words, Verilog, and the text (highest first) after the move.
_MOVES: dict[str, tuple[str, str, Callable[[str, str, str], str]]] = {
    "hold": ("it keeps its value", "q", lambda q, _d, _b: q),
    "load": ("it takes d", "d", lambda _q, d, _b: d),
    "left": ("it moves left by one place, and bit 0 takes bit_in", "{q[4:0], bit_in}",
             lambda q, _d, b: q[1:] + b),
    "right": ("it moves right by one place, and bit 5 takes bit_in", "{bit_in, q[5:1]}",
              lambda q, _d, b: b + q[:-1]),
    "rotate left": ("it moves left by one place, and bit 0 takes what was bit 5",
                    "{q[4:0], q[5]}", lambda q, _d, _b: q[1:] + q[0]),
    "rotate right": ("it moves right by one place, and bit 5 takes what was bit 0",
                     "{q[0], q[5:1]}", lambda q, _d, _b: q[-1] + q[:-1]),
    "halve": ("it moves right by one place, and bit 5 keeps its value", "{q[5], q[5:1]}",
              lambda q, _d, _b: q[0] + q[:-1]),
    "left two": ("it moves left by two places, and bits 1 to 0 become 0", "{q[3:0], 2'd0}",
                 lambda q, _d, _b: q[2:] + "00"),
    "right three": ("it moves right by three places, and bits 5 to 3 become 1", "{3'd7, q[5:3]}",
                    lambda q, _d, _b: "111" + q[:3]),
    "swap": ("bits 5 to 3 and bits 2 to 0 change places", "{q[2:0], q[5:3]}",
             lambda q, _d, _b: q[3:] + q[:3]),
    "reverse": ("its bits are put in reverse order (bit 0 becomes bit 5)",
                "{q[0], q[1], q[2], q[3], q[4], q[5]}", lambda q, _d, _b: q[::-1]),
    "invert": ("every bit of it is inverted", "~q",
               lambda q, _d, _b: q.translate(str.maketrans("01", "10"))),
    "low left": ("bits 2 to 0 move left by one place (bit 2 is lost), bit 0 takes bit_in, and bits "
                 "5 to 3 stay", "{q[5:3], q[1:0], bit_in}", lambda q, _d, b: q[:3] + q[4:] + b),
    "high right": ("bits 5 to 3 move right by one place (bit 3 is lost), bit 5 takes bit_in, and "
                   "bits 2 to 0 stay", "{bit_in, q[5:4], q[2:0]}",
                   lambda q, _d, b: b + q[:2] + q[3:]),
}  # fmt: skip


def _moves(number: int, _: str) -> Problem:
    pick = Draw("forgegym verilog shift-register moves", number)
    others = [name for name in _MOVES if name not in ("load", "left", "right")]
    ends = ["load", pick.pick(("left", "right"))]
    chosen = pick.shuffle([*ends, *pick.shuffle(others)[:6]])
    first = pick.between(1, 62)
    words = "\n".join(
        [
            f"A register q of 6 bits, first {first}. What becomes of it in a cycle follows from op "
            "in it:",
            *(f"- {at}: {_MOVES[name][0]}" for at, name in enumerate(chosen)),
            "changed is 1, in the same cycle, when q will not have the same value after it.",
        ]
    )

    def step(q: str, inputs: Inputs) -> tuple[Outputs, str]:
        d, bit = f"{inputs['d']:06b}", str(inputs["bit_in"])
        after = _MOVES[chosen[inputs["op"]]][2](q, d, bit)
        return {"q": int(q, 2), "changed": int(q != after)}, after

    def draw(draw: Draw) -> list[dict[str, int]]:
        drawn = rows(draw, 36, {"op": 8, "d": 64, "bit_in": 0.5})
        for row in drawn:  # something new comes often
            if draw.chance(0.2):
                row["op"] = chosen.index("load")
        return drawn

    arms = "".join(
        f"    3'd{at}: next = {_MOVES[name][1]};\n" for at, name in enumerate(chosen[:7])
    )
    return synchronous(
        "moves", ("moves", number), [Port("op", 3), Port("d", 6), Port("bit_in")],
        [Port("q", 6), Port("changed")], words, Sequential(f"{first:06b}", step, draw),
        body="reg [5:0] next;\nassign changed = (next != q);\nalways @* begin\n  case (op)\n"
        f"{arms}    default: next = {_MOVES[chosen[7]][1]};\n  endcase\nend\n",
        first=f"q <= 6'd{first};", then="q <= next;",
    )  # fmt: skip


def _feedback_words(width: int, what: str) -> str:
    return (
        f"A shift register q of {width} bits with feedback, first 1. In a cycle where load is 1 it "
        "takes seed, or 1 where seed is 0. In one where load is 0 and step_in is 1 it takes one "
        f"step: {what}. Else it keeps its value. one is 1 while q is 1."
    )


def _feedback_problem(
    key: tuple[str, ...], width: int, what: str, after: str, following: Callable[[int], int]
) -> Problem:
    def step(q: int, inputs: Inputs) -> tuple[Outputs, int]:
        outputs = {"q": q, "one": int(q == 1)}
        if inputs["load"]:
            return outputs, inputs["seed"] or 1
        return outputs, following(q) if inputs["step_in"] else q

    def draw(draw: Draw) -> list[dict[str, int]]:
        drawn = rows(draw, 36, {"load": 0.12, "seed": 1 << width, "step_in": 0.85})
        return [{**row, "seed": 0} if draw.chance(0.2) else row for row in drawn]

    run = [{"load": 0, "seed": 0, "step_in": 1}] * 40
    edges = [
        run,
        [{"load": 1, "seed": 5, "step_in": 0}, {"load": 1, "seed": 0, "step_in": 1}, *run],
    ]
    return synchronous(
        "feedback", key, [Port("load"), Port("seed", width), Port("step_in")],
        [Port("q", width), Port("one")], _feedback_words(width, what),
        Sequential(1, step, draw, edges),
        body=f"assign one = (q == {width}'d1);\n", first=f"q <= {width}'d1;",
        then=f"if (load) q <= (seed == {width}'d0) ? {width}'d1 : seed;\n"
        f"else if (step_in) q <= {after};",
    )  # fmt: skip


def _feedback(taps: str, way: str) -> Problem:
    places = [int(tap) for tap in taps.split()]
    width = max(places) + 1
    if way == "right":  # the same sequence, the other way round
        places = [width - 1 - place for place in places]
    listed = ", ".join(map(str, places[:-1])) + f" and {places[-1]}"
    what = f"{_moved(way, width)} takes the exclusive-or of the bits {listed} (as they were before)"
    after = _shifted("q", way, width, " ^ ".join(f"q[{place}]" for place in places))

    def following(q: int) -> int:
        parity = sum(q >> place & 1 for place in places) % 2
        return (
            (q * 2 + parity) % (1 << width) if way == "left" else q // 2 + parity * 2 ** (width - 1)
        )

    return _feedback_problem(("feedback", taps, way), width, what, after, following)


def _folded(taps: str, way: str) -> Problem:
    places = [int(tap) for tap in taps.split()]
    width = max(places) + 1
    if way == "right":
        out, gap = 0, f"bit {width - 1} becomes 0"
        moved = f"{{1'b0, q[{width - 1}:1]}}"
    else:
        places = [width - 1 - place for place in places]
        out, gap = width - 1, "bit 0 becomes 0"
        moved = f"{{q[{width - 2}:0], 1'b0}}"
    mask = sum(1 << place for place in places)
    listed = ", ".join(map(str, places[:-1])) + f" and {places[-1]}"
    how = "each bit i takes bit i+1" if way == "right" else "each bit i+1 takes bit i"
    what = f"{how} and {gap}; then, if bit {out} was 1 before, the bits {listed} are inverted"

    def following(q: int) -> int:
        text = f"{q:0{width}b}"
        bits = list(_pushed(text, way, "0"))
        if text[width - 1 - out] == "1":
            for place in places:
                at = width - 1 - place
                bits[at] = "10"[int(bits[at])]
        return int("".join(bits), 2)

    after = f"{moved} ^ (q[{out}] ? {width}'b{mask:0{width}b} : {width}'d0)"
    return _feedback_problem(("folded", taps, way), width, what, after, following)


# ---------------------------------------------------------------- 4: delay lines and words


def _delay(counts: str, least: int) -> Problem:
    width, most = 4, 3 + least
    samples = counts == "samples"
    inputs = [Port("delay", 2), Port("d", width), *([Port("valid")] if samples else [])]
    ago = "delay" if not least else "delay + 1"
    now = " (0 before: d in this very cycle)" if not least else ""
    if samples:
        words = (
            "d is a sample in cycles where valid is 1, and nothing in others. q is, in every "
            f"cycle, the sample that is {ago} samples older than the newest one; the newest is d "
            "itself in a cycle where valid is 1, and else the last sample before. Samples from "
            "before the first state are 0."
        )
    else:
        words = (
            f"A delay line. q is d as it was {ago} cycles before{now}, where delay is what it is "
            "now: it may change at any time. Values of d from before the first state are 0."
        )

    def step(past: tuple[int, ...], inputs: Inputs) -> tuple[Outputs, tuple[int, ...]]:
        d, back = inputs["d"], inputs["delay"] + least
        if not samples:
            line = (d, *past)
            return {"q": line[back]}, line[:-1]
        line = (d, *past) if inputs["valid"] else past
        return {"q": line[back]}, line[: len(past)]

    def draw(draw: Draw) -> list[dict[str, int]]:
        chances: dict[str, Chance] = {"delay": 4, "d": 1 << width}
        if samples:
            chances["valid"] = 0.6
        return rows(draw, 28, chances)

    # Each place of the line is seen before anything has come to it.
    extra = {"valid": 1} if samples else {}
    edges = [[{"delay": delay, "d": 15 - at, **extra} for at in range(8)] for delay in range(4)]
    stages = most + 1 if samples else most
    names = [f"past{at}" for at in range(stages)]
    body = "".join(f"reg [{width - 1}:0] {name};\n" for name in names)
    moves = "\n".join(f"{new} <= {old};" for new, old in zip(names, ["d", *names], strict=False))
    if samples:
        moves = "if (valid) begin\n  " + moves.replace("\n", "\n  ") + "\nend"
    line = ["d", *names]
    arms = ""
    for value in range(4):
        label = f"2'd{value}" if value < 3 else "default"
        found = line[value + least]
        if samples:
            found = f"valid ? {found} : {line[value + least + 1]}"
        arms += f"    {label}: q = {found};\n"
    body += f"always @* begin\n  case (delay)\n{arms}  endcase\nend\n"
    return synchronous(
        "delay_line", (counts, least), inputs, [Port("q", width)], words,
        Sequential((0,) * stages, step, draw, edges), body=body,
        first="\n".join(f"{name} <= {width}'d0;" for name in names), then=moves,
    )  # fmt: skip


def _serialiser(option: str, width: int) -> Problem:
    order, when = option.split()
    size = width.bit_length()
    end = "the highest" if order == "high" else "the lowest"
    accept = (
        "ready is 1 while it is idle"
        if when == "idle"
        else "ready is 1 while it is idle, and also in the cycle in which the last bit is sent "
        "and go is 1"
    )
    unless = " (unless it takes another word in that cycle)" if when == "last" else ""
    words = "\n".join(
        [
            f"It sends words of {width} bits, a bit at a time. First it is idle.",
            f"- {accept}. In a cycle where ready and start are 1 it takes word, and sends it from "
            "the next cycle on. start is ignored where ready is 0.",
            "- While it sends, valid is 1 and bit_out is the bit that is being sent, "
            f"{end} bit of the word first. In a cycle where go is 1 that bit has been sent: the "
            "next cycle shows the next one, or, after the last, the module is idle"
            f"{unless}. Where go is 0 the bit waits.",
            "- last is 1 while valid is 1 and bit_out is the last bit of its word.",
            "- Idle, valid, last and bit_out are 0, and go has no meaning.",
        ]
    )

    def step(left: str, inputs: Inputs) -> tuple[Outputs, str]:
        # The state is the bits that are still to be sent, in their order.
        ends = len(left) == 1 and inputs["go"] == 1
        ready = not left or (when == "last" and ends)
        outputs: Outputs = {
            "ready": int(ready),
            "valid": int(bool(left)),
            "bit_out": int((left or "0")[0]),
            "last": int(len(left) == 1),
        }
        if ready and inputs["start"]:
            text = f"{inputs['word']:0{width}b}"
            return outputs, text if order == "high" else text[::-1]
        return outputs, left[inputs["go"] :]

    def draw(draw: Draw) -> list[dict[str, int]]:
        return rows(draw, 36, {"start": 0.5, "word": 1 << width, "go": draw.pick((0.6, 0.9))})

    edges = [
        [{"start": 1, "word": at * 7 % (1 << width), "go": 1} for at in range(16)],
        [{"start": int(at == 0), "word": 5, "go": int(at != width)} for at in range(12)],
    ]
    head = f"bits[{width - 1}]" if order == "high" else "bits[0]"
    way = "left" if order == "high" else "right"
    also = " || (last && go)" if when == "last" else ""
    return synchronous(
        "serialiser", (option, width), [Port("start"), Port("word", width), Port("go")],
        [Port("ready"), Port("valid"), Port("bit_out"), Port("last")], words,
        Sequential("", step, draw, edges),
        body=f"reg [{width - 1}:0] bits;\nreg [{size - 1}:0] left;\n"
        f"assign valid = (left != {size}'d0);\nassign last = (left == {size}'d1);\n"
        f"assign bit_out = valid && {head};\nassign ready = !valid{also};\n",
        first=f"bits <= {width}'d0;\nleft <= {size}'d0;",
        then=f"if (ready && start) begin\n  bits <= word;\n  left <= {size}'d{width};\n"
        f"end else if (valid && go) begin\n  bits <= {_shifted('bits', way, width, _ZERO)};\n"
        f"  left <= left - {size}'d1;\nend",
    )  # fmt: skip


def _collector(option: str, width: int) -> Problem:
    order, kept = option.split()
    size = max(1, (width - 1).bit_length())
    end = "highest" if order == "high" else "lowest"
    rest = (
        "else word keeps its value, and is first 0"
        if kept == "keep"
        else "word is 0 in all cycles in which done is 0"
    )
    words = (
        f"It puts words of {width} bits together from a stream: a bit comes at bit_in in a cycle "
        f"where valid is 1, nothing in others. The first bit of a word is its {end}. In the cycle "
        f"after the one in which a word's last bit came, done is 1 and word is that word; {rest}. "
        "done is 0 in all other cycles. In a cycle where restart is 1 the bits of an unfinished "
        "word are forgotten; a bit that comes in that very cycle is the first of the next word. "
        "count is the number of bits of the unfinished word that have come in cycles before, first "
        "0."
    )

    def step(state: tuple[str, str], inputs: Inputs) -> tuple[Outputs, tuple[str, str]]:
        seen, whole = state  # the unfinished word; the word that is shown, "!" before it when new
        value = whole.strip("!")
        shown = value if kept == "keep" or whole != value else ""
        outputs = {
            "word": int(shown or "0", 2),
            "done": int(whole != value),
            "count": len(seen),
        }
        seen = "" if inputs["restart"] else seen
        if inputs["valid"]:
            seen += str(inputs["bit_in"])
        if len(seen) < width:
            return outputs, (seen, value)
        return outputs, ("", "!" + (seen if order == "high" else seen[::-1]))

    def draw(draw: Draw) -> list[dict[str, int]]:
        chances: dict[str, Chance] = {
            "bit_in": 0.5, "valid": draw.pick((0.7, 0.95)), "restart": draw.pick((0.02, 0.2)),
        }  # fmt: skip
        return rows(draw, 36, chances)

    edges = [
        [{"bit_in": int(b), "valid": 1, "restart": 0} for b in "110100111000101"],
        [{"bit_in": 1, "valid": 1, "restart": int(at == width - 1)} for at in range(12)],
        [{"bit_in": 1, "valid": int(at != 2), "restart": int(at == 2)} for at in range(12)],
    ]
    way = "left" if order == "high" else "right"
    narrow = width - 1
    whole = "{seen, bit_in}" if order == "high" else "{bit_in, seen}"
    moved = _shifted("seen", way, narrow, "bit_in")
    then = (
        f"done <= finish;\nif (finish) begin\n  word <= whole;\n  count <= {size}'d0;\n"
        f"end else if (valid) begin\n  count <= have + {size}'d1;\nend else begin\n"
        f"  count <= have;\nend\nif (valid) seen <= {moved};"
    )
    if kept == "zero":
        then = then.replace("done <= finish;\n", f"done <= finish;\nword <= {width}'d0;\n", 1)
    return synchronous(
        "collector", (option, width), [Port("bit_in"), Port("valid"), Port("restart")],
        [Port("word", width), Port("done"), Port("count", size)], words,
        Sequential(("", ""), step, draw, edges),
        body=f"reg [{narrow - 1}:0] seen;\nwire [{width - 1}:0] whole = {whole};\n"
        f"wire [{size - 1}:0] have = restart ? {size}'d0 : count;\n"
        f"wire finish = valid && (have == {size}'d{width - 1});\n",
        first=f"seen <= {narrow}'d0;\nword <= {width}'d0;\ndone <= 1'b0;\ncount <= {size}'d0;",
        then=then,
    )  # fmt: skip


# ---------------------------------------------------------------- 5: frames and checks


def _parity_words(parity: str) -> str:
    return (
        f"the parity bit ({parity}: the data bits and it together have an {parity} number of ones)"
    )


def _sender(option: str, stops: int) -> Problem:
    order, parity = option.split()
    width = 4
    stop = "a stop bit, which is 1" if stops == 1 else "two stop bits, which are 1"
    middle = "" if parity == "none" else f" {_parity_words(parity)},"
    words = "\n".join(
        [
            "It sends words of 4 bits over one line, framed. First it is idle.",
            "- Idle, line is 1 and busy is 0. In a cycle where start is 1 it takes word, and is "
            "busy from the next cycle on. tick has no meaning there.",
            f"- A frame is a start bit, which is 0, the 4 bits of the word, the {order}est first,"
            f"{middle} and {stop}. Busy, line shows the bit that is being sent. In a cycle where "
            "tick is 1 that bit ends; the next cycle shows the next one. In one where tick is 0 "
            "it goes on.",
            "- After the last bit has ended, the module is idle. start is ignored while it is "
            "busy. done is 1 in the cycle in which the last bit ends, and only then.",
        ]
    )

    def frame(word: int) -> str:
        text = f"{word:04b}"
        check = {"none": "", "even": str(text.count("1") % 2), "odd": str(1 - text.count("1") % 2)}
        return "0" + (text if order == "high" else text[::-1]) + check[parity] + "1" * stops

    def step(left: str, inputs: Inputs) -> tuple[Outputs, str]:
        tick = inputs["tick"]
        outputs = {
            "line": int((left or "1")[0]),
            "busy": int(bool(left)),
            "done": int(len(left) == 1 and tick == 1),
        }
        if left:
            return outputs, left[tick:]
        return outputs, frame(inputs["word"]) if inputs["start"] else ""

    def draw(draw: Draw) -> list[dict[str, int]]:
        return rows(draw, 40, {"start": 0.5, "word": 16, "tick": draw.pick((0.5, 0.8, 1.0))})

    edges = [[{"start": 1, "word": word, "tick": 1}] * 12 for word in (0, 1, 2, 7, 13)]
    bits = width + 1 + stops + (parity != "none")
    high = [f"word[{at}]" for at in range(width)]  # the first to be sent at the low end
    if order == "high":
        high.reverse()
    check = {"none": [], "even": ["^word"], "odd": ["~^word"]}[parity]
    parts = [*["1'b1"] * stops, *check, *reversed(high), "1'b0"]
    loaded = "{" + ", ".join(parts) + "}"
    return synchronous(
        "sender", (option, stops), [Port("start"), Port("word", width), Port("tick")],
        [Port("line"), Port("busy"), Port("done")], words, Sequential("", step, draw, edges),
        body=f"reg [{bits - 1}:0] frame;\nreg [3:0] left;\n"
        "assign busy = (left != 4'd0);\nassign line = !busy || frame[0];\n"
        "assign done = (left == 4'd1) && tick;\n",
        first=f"frame <= {bits}'d0;\nleft <= 4'd0;",
        then=f"if (!busy) begin\n  if (start) begin\n    frame <= {loaded};\n"
        f"    left <= 4'd{bits};\n  end\nend else if (tick) begin\n"
        f"  frame <= {_shifted('frame', 'right', bits, _ZERO)};\n"
        "  left <= left - 4'd1;\nend",
    )  # fmt: skip


def _receiver(option: str, _: int) -> Problem:
    order, parity = option.split()
    words = "\n".join(
        [
            "It receives words of 4 bits over line, a bit in each cycle where tick is 1; in other "
            "cycles nothing happens to its state but what is said of done and bad. First it is "
            "idle.",
            "- Idle, a bit that is 1 is nothing; one that is 0 is a start bit, and begins a frame.",
            f"- A frame is the start bit, then 4 data bits, the {order}est first, then "
            f"{_parity_words(parity)}, then a stop bit.",
            "- With the stop bit, whatever it is, the module is idle again. If it is 1 and the "
            "parity is right, word takes the data, and done is 1 in the next cycle; else word "
            "keeps its value, and bad is 1 in the next cycle. In all other cycles done and bad are "
            "0.",
            "word is first 0. busy is 1 from the cycle after the start bit up to and in the one "
            "with the stop bit.",
        ]
    )

    def step(
        state: tuple[str, int, int, int], inputs: Inputs
    ) -> tuple[Outputs, tuple[str, int, int, int]]:
        seen, word, done, bad = state
        outputs = {"word": word, "done": done, "bad": bad, "busy": int(bool(seen))}
        line = str(inputs["line"])
        if not inputs["tick"] or (not seen and line == "1"):
            return outputs, (seen, word, 0, 0)
        seen += line
        if len(seen) < 7:
            return outputs, (seen, word, 0, 0)
        fine = seen[6] == "1" and seen[1:6].count("1") % 2 == int(parity == "odd")
        data = seen[1:5] if order == "high" else seen[4:0:-1]
        return outputs, ("", int(data, 2) if fine else word, int(fine), int(not fine))

    def frame(word: int, wrong: bool, stop: int) -> str:
        text = f"{word:04b}"
        check = (text.count("1") + (parity == "odd") + wrong) % 2
        return f"0{text}{check}{stop}"

    def sent(bits: str) -> list[dict[str, int]]:
        return [{"line": int(bit), "tick": 1} for bit in bits]

    def draw(draw: Draw) -> list[dict[str, int]]:
        often = draw.pick((0.7, 1.0))
        bits = ""
        while len(bits) < 34:
            bits += "1" * draw.below(3)
            bits += frame(draw.below(16), draw.chance(0.25), int(draw.chance(0.75)))
        found: list[dict[str, int]] = []
        for bit in bits:
            while not draw.chance(often):
                found.append({"line": draw.below(2), "tick": 0})
            found.append({"line": int(bit), "tick": 1})
        return found[:48]

    edges = [
        sent(
            frame(9, False, 1) + frame(6, True, 1) + frame(5, False, 0) + "11" + frame(1, False, 1)
        ),
        sent(
            frame(2, False, 0) + frame(4, False, 1) + "1" + frame(8, True, 0) + frame(7, False, 1)
        ),
    ]
    way = "left" if order == "high" else "right"
    right = "^{data, check}" if parity == "odd" else "~^{data, check}"
    return synchronous(
        "receiver", (option,), [Port("line"), Port("tick")],
        [Port("word", 4), Port("done"), Port("bad"), Port("busy")], words,
        Sequential(("", 0, 0, 0), step, draw, edges),
        body="reg [2:0] place;\nreg [3:0] data;\nreg check;\nassign busy = (place != 3'd0);\n"
        f"wire fine = line && ({right});\nwire finish = tick && (place == 3'd6);\n",
        first="place <= 3'd0;\ndata <= 4'd0;\ncheck <= 1'b0;\nword <= 4'd0;\ndone <= 1'b0;\n"
        "bad <= 1'b0;",
        then="done <= finish && fine;\nbad <= finish && !fine;\nif (finish && fine) word <= data;\n"
        "if (tick) begin\n  if (finish) place <= 3'd0;\n"
        "  else if (busy || !line) place <= place + 3'd1;\n"
        f"  if (place == 3'd5) check <= line;\n  else if (place != 3'd6) data <= "
        f"{_shifted('data', way, 4, 'line')};\nend",
    )  # fmt: skip


def _check(option: str, number: int) -> Problem:
    way, start = option.split()
    width = 4
    mask = (0b0011, 0b1001)[number]
    first = 0 if start == "zeros" else 15
    out = 3 if way == "left" else 0
    inverted = [at for at in range(width) if mask >> at & 1]
    listed = " and ".join(map(str, inverted))
    how = (
        "each bit i+1 takes bit i and bit 0 becomes 0"
        if way == "left"
        else "each bit i takes bit i+1 and bit 3 becomes 0"
    )
    words = "\n".join(
        [
            f"It keeps a check word of 4 bits over a stream of bits, first {first}. A bit comes at "
            "bit_in in a cycle where valid is 1, nothing in others.",
            f"- With a bit that is not for comparing, the check word takes one step: let f be bit "
            f"{out} of it exclusive-or bit_in; {how}; then, if f is 1, the bits {listed} are "
            "inverted.",
            "- A bit is for comparing when tail is 1 in its cycle. It is compared with bit "
            f"{out} of the check word, which then moves by one place without feedback: {how}. "
            "When they are not equal, wrong becomes 1 and stays 1.",
            "- length is how many bits that were not for comparing have come, and stays at 7.",
            f"- In a cycle where begin_in is 1 the check word becomes {first}, and wrong and "
            "length become 0, whatever else is asked: a bit in it is lost.",
            "check shows the check word, and wrong and length are first 0; all three show what "
            "the cycles before have made of them.",
        ]
    )

    def step(state: tuple[str, int, int], inputs: Inputs) -> tuple[Outputs, tuple[str, int, int]]:
        check, wrong, length = state
        outputs = {"check": int(check, 2), "wrong": wrong, "length": length}
        if inputs["begin_in"]:
            return outputs, (f"{first:04b}", 0, 0)
        if not inputs["valid"]:
            return outputs, state
        leaves = check[0] if way == "left" else check[-1]
        differ = leaves != str(inputs["bit_in"])
        moved = int(_pushed(check, way, "0"), 2)
        if inputs["tail"]:
            return outputs, (f"{moved:04b}", int(wrong or differ), length)
        for at in inverted if differ else ():
            moved = moved - (1 << at) if moved >> at & 1 else moved + (1 << at)
        return outputs, (f"{moved:04b}", wrong, min(7, length + 1))

    def draw(draw: Draw) -> list[dict[str, int]]:
        found: list[dict[str, int]] = []
        state: tuple[str, int, int] = (f"{first:04b}", 0, 0)
        tail = False
        honest = draw.chance(0.5)
        for _ in range(40):
            tail = draw.chance(0.8) if tail else draw.chance(0.15)
            row = {
                "bit_in": draw.below(2), "valid": int(draw.chance(0.85)), "tail": int(tail),
                "begin_in": int(draw.chance(0.08)),
            }  # fmt: skip
            if tail and honest:  # the bit that is expected
                row["bit_in"] = int(state[0][0] if way == "left" else state[0][-1])
            _, state = step(state, row)
            found.append(row)
        return found

    plain = {"valid": 1, "tail": 0, "begin_in": 0}
    edges = [[{**plain, "bit_in": int(bit)} for bit in "1011001110"]]
    edges.append([{**plain, "bit_in": 0, "tail": 1} for _ in range(5)] + edges[0])
    edge = f"check[{out}]"
    moved = _shifted("check", way, width, "1'b0")
    return synchronous(
        "stream_check", (option, number),
        [Port("bit_in"), Port("valid"), Port("tail"), Port("begin_in")],
        [Port("check", width), Port("wrong"), Port("length", 3)], words,
        Sequential((f"{first:04b}", 0, 0), step, draw, edges),
        body=f"wire differ = {edge} ^ bit_in;\nwire [3:0] moved = {moved};\n",
        first=f"check <= 4'd{first};\nwrong <= 1'b0;\nlength <= 3'd0;",
        then=f"if (begin_in) begin\n  check <= 4'd{first};\n  wrong <= 1'b0;\n  length <= 3'd0;\n"
        "end else if (valid && tail) begin\n  check <= moved;\n  if (differ) wrong <= 1'b1;\n"
        f"end else if (valid) begin\n  check <= moved ^ (differ ? 4'b{mask:04b} : 4'd0);\n"
        "  if (length != 3'd7) length <= length + 3'd1;\nend",
    )  # fmt: skip
