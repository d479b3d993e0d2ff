"""Shifters: bits in another order, shifts, rotations, fields, and registers that shift."""

# ruff: noqa: ARG005 - all modes are called in one way, whatever they look at

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ....verifiers.verilog.interface import Interface, Port
from ..draw import Draw
from .bits import combinational
from .family import Inputs, Outputs, Problem, Sequential, at_edge, clocked, family, module


def _variants(level: int) -> Sequence[tuple[Any, ...]]:
    if level == 1:
        return [(level, kind, 0) for kind in _ORDERS]
    if level == 2:
        return [(level, kind, width) for kind in _SHIFTS for width in (8, 16)]
    if level == 3:
        return [
            *((level, "extract", sign) for sign in (0, 1)),
            *((level, "insert", past) for past in (0, 1)),
            *((level, "ways", fill) for fill in (0, 1)),
            *((level, "rotate", width) for width in (5, 6, 7)),
            *((level, "mirror", first) for first in (0, 1)),
        ]
    if level == 4:
        return [
            *((level, "barrel", number) for number in range(5)),
            *((level, "funnel", down) for down in (0, 1)),
            *((level, "normal", kind) for kind in (0, 1)),
            *((level, "groups", kind) for kind in (0, 1)),
        ]
    return [
        *((level, "register", number) for number in range(4)),
        *((level, "send", kind) for kind in (0, 1, 2)),
        *((level, "slow", kind) for kind in (0, 1)),
        *((level, "gather", kind) for kind in (0, 1, 2)),
    ]


@family("shifter", _variants)
def shifter(level: int, kind: str, option: int) -> Problem:
    if level == 1:
        return _order(kind)
    if level == 2:
        return _shift(kind, option)
    makers: dict[str, Callable[[int], Problem]] = {
        "extract": _extract, "insert": _insert, "ways": _ways, "rotate": _rotate,
        "mirror": _mirror, "barrel": _barrel, "funnel": _funnel, "normal": _normal,
        "groups": _groups, "register": _register, "send": _send, "slow": _slow, "gather": _gather,
    }  # fmt: skip
    return makers[kind](option)


# ---------------------------------------------------------------- 1: an order of bits

# What is done; y's text out of word's, the highest bit first; and the same in Verilog.
_ORDERS: dict[str, tuple[str, Callable[[str], str], str]] = {
    "left": (
        "word moved left by three bits; zeros come in at the low end, and the bits that leave at "
        "the high end are lost", lambda t: t[3:] + "000", "{word[4:0], 3'b000}",
    ),
    "right": (
        "word moved right by two bits; ones come in at the high end, and the bits that leave at "
        "the low end are lost", lambda t: "11" + t[:-2], "{2'b11, word[7:2]}",
    ),
    "quarter": (
        "word, a number in two's complement, divided by four and rounded down (to the next lower "
        "whole number)", lambda t: t[0] * 2 + t[:-2], "{{2{word[7]}}, word[7:2]}",
    ),
    "turn": (
        "word rotated left by three bits: those that leave at the high end come in at the low end, "
        "in the same order", lambda t: t[3:] + t[:3], "{word[4:0], word[7:5]}",
    ),
    "back": (
        "word rotated right by two bits: those that leave at the low end come in at the high end, "
        "in the same order", lambda t: t[-2:] + t[:-2], "{word[1:0], word[7:2]}",
    ),
    "mirror": (
        "word with its bits in the opposite order: y[0] is word[7], y[1] is word[6], and so on",
        lambda t: t[::-1],
        "{word[0], word[1], word[2], word[3], word[4], word[5], word[6], word[7]}",
    ),
    "halves": (
        "word with its upper four and its lower four bits exchanged, each four in their order",
        lambda t: t[4:] + t[:4], "{word[3:0], word[7:4]}",
    ),
    "pairs": (
        "word with neighbours exchanged: y[0] is word[1] and y[1] is word[0], and so with 2 and "
        "3, 4 and 5, 6 and 7", lambda t: "".join(t[i + 1] + t[i] for i in (0, 2, 4, 6)),
        "{word[6], word[7], word[4], word[5], word[2], word[3], word[0], word[1]}",
    ),
    "weave": (
        "the two halves of word woven into each other: y[0] is word[0], y[1] is word[4], y[2] is "
        "word[1], y[3] is word[5], and so on", lambda t: "".join(t[i] + t[i + 4] for i in range(4)),
        "{word[7], word[3], word[6], word[2], word[5], word[1], word[4], word[0]}",
    ),
    "sort": (
        "the bits of word with even numbers in the lower half, and those with odd numbers in the "
        "upper half, each in their order", lambda t: t[0::2] + t[1::2],
        "{word[7], word[5], word[3], word[1], word[6], word[4], word[2], word[0]}",
    ),
    "widen": (
        "the lowest five bits of word, a number in two's complement, with the same value in eight "
        "bits, but turned over bit by bit where word[7:5] have a 1",
        lambda t: "".join(str(int(a) ^ int(b)) for a, b in zip(
            t[3] * 3 + t[3:], t[:3] + "00000", strict=True)),
        "{{3{word[4]}}, word[4:0]} ^ {word[7:5], 5'b00000}",
    ),
    "fold": (
        "in its lower half the exclusive or of both halves of word, bit by bit, and in its upper "
        "half the lower half of word", lambda t: t[4:] + "".join(
            str(int(a != b)) for a, b in zip(t[:4], t[4:], strict=True)),
        "{word[3:0], word[7:4] ^ word[3:0]}",
    ),
}  # fmt: skip


# Which bits are lost.
_GONE = {"left": (7, 6, 5), "right": (1, 0), "quarter": (1, 0)}


def _order(kind: str) -> Problem:
    say, change, text = _ORDERS[kind]
    outputs = (Port("y", 8), *((Port("gone", len(_GONE[kind])),) if kind in _GONE else ()))
    interface = Interface("bit_order", (Port("word", 8),), outputs)
    words, body = f"y is {say}.", f"  assign y = {text};\n"
    if kind in _GONE:
        first, last = max(_GONE[kind]), min(_GONE[kind])
        words += f" gone is what is lost of word: its bits {first} to {last}, in their order."
        body += f"  assign gone = word[{first}:{last}];\n"

    def found(inputs: Inputs) -> Outputs:
        word = f"{inputs['word']:08b}"
        row: dict[str, str] = {"y": change(word)}
        if kind in _GONE:
            row["gone"] = "".join(word[7 - i] for i in _GONE[kind])
        return row

    return Problem(words, interface, module(interface, body), combinational(interface, found))


# ---------------------------------------------------------------- 2: by an amount

# What is done to the word; its text after a step by one; and Verilog for it, of width, amount bits.
_SHIFTS: dict[str, tuple[str, Callable[[str], str], str]] = {
    "left": (
        "moved left by amount bits; zeros come in at the low end", lambda t: t[1:] + "0",
        "word << amount",
    ),
    "right": (
        "moved right by amount bits; zeros come in at the high end", lambda t: "0" + t[:-1],
        "word >> amount",
    ),
    "left_ones": (
        "moved left by amount bits; ones come in at the low end", lambda t: t[1:] + "1",
        "~(~word << amount)",
    ),
    "arithmetic": (
        "moved right by amount bits; what comes in at the high end is always equal to the highest "
        "bit of word", lambda t: t[0] + t[:-1], "$signed(word) >>> amount",
    ),
    "turn": (
        "rotated left by amount bits: what leaves at the high end comes in at the low end",
        lambda t: t[1:] + t[0], "(word << amount) | (word >> ({n} - {{1'b0, amount}}))",
    ),
    "back": (
        "rotated right by amount bits: what leaves at the low end comes in at the high end",
        lambda t: t[-1] + t[:-1], "(word >> amount) | (word << ({n} - {{1'b0, amount}}))",
    ),
    "twist": (
        "moved left by amount bits; what leaves at the high end comes in at the low end turned "
        "over, a 0 as a 1 and a 1 as a 0", lambda t: t[1:] + "10"[int(t[0])],
        "(word << amount) | (~word >> ({n} - {{1'b0, amount}}))",
    ),
}  # fmt: skip


def _shift(kind: str, width: int) -> Problem:
    size = (width - 1).bit_length()
    say, change, text = _SHIFTS[kind]
    interface = Interface("shift", (Port("word", width), Port("amount", size)), (Port("y", width),))

    def outputs(inputs: Inputs) -> Outputs:
        y = f"{inputs['word']:0{width}b}"
        for _ in range(inputs["amount"]):
            y = change(y)
        return {"y": y}

    body = f"  assign y = {text.format(n=f'{size + 1}{chr(39)}d{width}')};\n"
    return Problem(
        f"y is word {say}; by 0 bits, it is word itself.",
        interface,
        module(interface, body),
        combinational(interface, outputs),
    )


# ---------------------------------------------------------------- 3: fields


def _extract(sign: int) -> Problem:
    interface = Interface(
        "extract",
        (Port("word", 12), Port("low", 4), Port("size", 3)),
        (Port("y", 8), Port("whole")),
    )
    fill = "equal to the field's highest bit, or 0 when size is 0" if sign else "0"
    words = (
        "A field of word: size bits from number low upwards. Numbers beyond 11 count as bits that "
        "are 0. The field is at the low end of y, in the same order; the bits of y above it are "
        f"{fill}. whole is 1 when no bit of the field is beyond 11, also when size is 0; "
        "otherwise it is 0."
    )

    def outputs(inputs: Inputs) -> Outputs:
        low, size = inputs["low"], inputs["size"]
        field = f"{inputs['word']:040b}"[::-1][low : low + size][::-1]
        top = field[0] if sign and field else "0"
        whole = size == 0 or low + size - 1 <= 11
        return {"y": field.rjust(8, top), "whole": int(whole)}

    above = "? field[j] : above" if sign else "&& field[j]"
    body = (
        "  wire [31:0] wide = {20'd0, word};\n  wire [4:0] past = {1'b0, low} + {2'b00, size};\n"
        "  reg [7:0] field;\n  integer i;\n  integer j;\n"
        + ("  wire above = (size != 3'd0) && field[size - 3'd1];\n" if sign else "")
        + "  assign whole = (size == 3'd0) || (past <= 5'd12);\n"
        "  always @* begin\n    for (i = 0; i < 8; i = i + 1)\n"
        "      field[i] = wide[{1'b0, low} + i[4:0]];\n  end\n"
        "  always @* begin\n    for (j = 0; j < 8; j = j + 1)\n"
        f"      y[j] = (j[3:0] < {{1'b0, size}}) {above};\n  end\n"
    )

    def draw(draw: Draw) -> dict[str, int]:
        low, size = draw.pick((draw.below(12), draw.below(16))), draw.below(8)
        if draw.chance(0.3):
            low = min(15, max(0, 12 - size + draw.pick((-1, 0, 0, 1))))
        return {"word": draw.pick((draw.below(4096), 4095)), "low": low, "size": size}

    edges: list[Inputs] = [
        {"word": 4095, "low": low, "size": size}
        for low, size in ((0, 0), (12, 0), (13, 0), (15, 0), (5, 7), (6, 7), (11, 1), (12, 1))
    ]
    reference = module(interface, body, ["y"])
    return Problem(words, interface, reference, combinational(interface, outputs, draw, edges))


def _insert(past: int) -> Problem:
    interface = Interface(
        "insert",
        (Port("word", 8), Port("field", 8), Port("low", 3), Port("size", 4)),
        (Port("y", 8), Port("cut")),
    )
    say = (
        "what would be beyond number 7 comes at number 0 and upwards, in the place of the bits "
        "there"
        if past
        else "what would be beyond number 7 is lost"
    )
    words = (
        "y is word with some of its bits replaced: the lowest size bits of field, in their order, "
        "are put at the numbers low and upwards. A size greater than 8 means 8. "
        f"{say[0].upper()}{say[1:]}; cut is 1 when there is any such bit, else 0."
    )

    def outputs(inputs: Inputs) -> Outputs:
        y = list(f"{inputs['word']:08b}"[::-1])
        field = f"{inputs['field']:08b}"[::-1]
        size = min(8, inputs["size"])
        for at in range(size):
            number = inputs["low"] + at
            if number < 8 or past:
                y[number % 8] = field[at]
        return {"y": "".join(reversed(y)), "cut": int(inputs["low"] + size > 8)}

    body = (
        "  wire [3:0] count = (size > 4'd8) ? 4'd8 : size;\n"
        "  wire [15:0] ones = ~(16'hffff << count);\n  wire [15:0] mask = ones << low;\n"
        "  assign cut = |mask[15:8];\n"
    )
    if past:
        body += (
            "  wire [15:0] value = {8'd0, field} << low;\n"
            "  wire [7:0] places = mask[15:8] | mask[7:0];\n"
            "  wire [7:0] bits = (value[15:8] & mask[15:8]) | (value[7:0] & mask[7:0]);\n"
            "  assign y = (word & ~places) | bits;\n"
        )
    else:
        body += (
            "  wire [7:0] value = field << low;\n"
            "  assign y = (word & ~mask[7:0]) | (value & mask[7:0]);\n"
        )

    def draw(draw: Draw) -> dict[str, int]:
        size = draw.pick((draw.below(9), draw.below(9), draw.below(16)))
        return {
            "word": draw.pick((draw.below(256), 0)), "field": draw.pick((draw.below(256), 255)),
            "low": draw.below(8), "size": size,
        }  # fmt: skip

    edges: list[Inputs] = [
        {"word": word, "field": 255 - word, "low": low, "size": size}
        for word in (0, 165)
        for low, size in ((0, 8), (0, 9), (1, 7), (1, 8), (7, 1), (7, 2), (7, 15), (3, 0), (7, 0))
    ]
    model = combinational(interface, outputs, draw, edges)
    return Problem(words, interface, module(interface, body), model)


def _ways(fill: int) -> Problem:
    interface = Interface(
        "both_ways",
        (Port("word", 8), Port("amount", 4)),
        (Port("y", 8), Port("lost"), Port("last_out")),
    )
    words = (
        "amount is a number in two's complement, from -8 to 7. When it is positive, y is word "
        "moved left by amount bits; when it is negative, moved right by -amount bits; when it is "
        f"0, y is word. {'Ones' if fill else 'Zeros'} come in at the other end. lost is 1 when any "
        "bit that was 1 has left y at its end, else 0. last_out is the bit that left last, that "
        "is, the one that would be the first to come back; it is 0 when amount is 0."
    )

    def outputs(inputs: Inputs) -> Outputs:
        text = f"{inputs['word']:08b}"
        amount = inputs["amount"] - 16 * (inputs["amount"] > 7)
        if amount > 0:
            out, y = text[:amount], text[amount:].ljust(8, str(fill))
            last = out[-1]
        elif amount < 0:
            out, y = text[amount:], text[:amount].rjust(8, str(fill))
            last = out[0]
        else:
            out, y, last = "", text, "0"
        return {"y": y, "lost": int("1" in out), "last_out": int(last)}

    body = (
        "  wire [3:0] back = 4'd0 - amount;\n"
        "  wire [15:0] left = {8'd0, word} << amount[2:0];\n"
        "  wire [15:0] right = {word, 8'd0} >> back;\n"
    )
    low = high = ""
    if fill:
        body += "  wire [7:0] low_zeros = 8'hff << amount[2:0];\n"
        body += "  wire [7:0] high_zeros = 8'hff >> back;\n"
        low, high = " | ~low_zeros", " | ~high_zeros"
    body += (
        "  always @* begin\n    if (amount[3]) begin\n"
        f"      y = right[15:8]{high};\n"
        "      lost = |right[7:0];\n      last_out = right[7];\n    end else begin\n"
        f"      y = left[7:0]{low};\n"
        "      lost = |left[15:8];\n      last_out = left[8];\n    end\n  end\n"
    )

    def draw(draw: Draw) -> dict[str, int]:
        word = draw.pick((draw.below(256), draw.below(256), 1 << draw.below(8)))
        return {"word": word, "amount": draw.below(16)}

    edges: list[Inputs] = [
        {"word": word, "amount": amount}
        for word in (255, 128, 1) for amount in (0, 1, 7, 8, 9, 15)
    ]  # fmt: skip
    reference = module(interface, body, ["y", "lost", "last_out"])
    return Problem(words, interface, reference, combinational(interface, outputs, draw, edges))


def _rotate(width: int) -> Problem:
    interface = Interface(
        "rotate",
        (Port("word", width), Port("amount", 4), Port("right")),
        (Port("y", width), Port("same")),
    )
    words = (
        f"word has {width} bits. y is word rotated left by amount bits, or right when right is 1: "
        "what leaves at one end comes in at the other. amount may be greater than the number of "
        f"bits; a rotation by {width} bits changes nothing, one by {width + 1} is one by 1, and so "
        "on. same is 1 when y is equal to word, else 0."
    )

    def outputs(inputs: Inputs) -> Outputs:
        text = f"{inputs['word']:0{width}b}"
        for _ in range(inputs["amount"]):
            text = text[-1] + text[:-1] if inputs["right"] else text[1:] + text[0]
        return {"y": text, "same": int(int(text, 2) == inputs["word"])}

    multiples = range(width, 16, width)
    rest = "".join(f"    if (amount >= 4'd{n}) rest = amount - 4'd{n};\n" for n in multiples)
    body = (
        "  reg [3:0] rest;\n"
        f"  wire [3:0] by = right ? 4'd{width} - rest : rest;\n"
        f"  assign y = (word << by) | (word >> (4'd{width} - by));\n"
        "  assign same = (y == word);\n"
        f"  always @* begin\n    rest = amount;\n{rest}  end\n"
    )
    model = combinational(interface, outputs)
    return Problem(words, interface, module(interface, body), model)


def _mirror(first: int) -> Problem:
    interface = Interface(
        "mirror_shift",
        (Port("word", 8), Port("amount", 3), Port("mirror"), Port("invert")),
        (Port("y", 8), Port("ends")),
    )
    order = (
        "First, when mirror is 1, its bits are put in the opposite order (bit 0 becomes bit 7, and "
        "so on); then it is moved left by amount bits, with zeros coming in at the low end"
        if first
        else "First it is moved left by amount bits, with zeros coming in at the low end; then, "
        "when mirror is 1, its bits are put in the opposite order (bit 0 becomes bit 7, and so on)"
    )
    words = (
        f"y is word after three steps. {order}. Last, when invert is 1, every bit is turned over. "
        "ends is 1 when the highest and the lowest bit of y are equal, else 0."
    )

    def outputs(inputs: Inputs) -> Outputs:
        text, amount = f"{inputs['word']:08b}", inputs["amount"]
        way = -1 if inputs["mirror"] else 1
        if first:
            text = (text[::way] + "0" * amount)[amount:]
        else:
            text = (text + "0" * amount)[amount:][::way]
        y = int(text, 2) ^ (255 * inputs["invert"])
        return {"y": y, "ends": int(text[0] == text[-1])}

    source = "word" if first else "moved"
    back = ", ".join(f"{source}[{i}]" for i in range(8))
    turned = f"  wire [7:0] turned = mirror ? {{{back}}} : {source};\n"
    moved = f"  wire [7:0] moved = {'turned' if first else 'word'} << amount;\n"
    body = turned + moved if first else moved + turned
    body += f"  assign y = {'moved' if first else 'turned'} ^ {{8{{invert}}}};\n"
    body += "  assign ends = (y[7] == y[0]);\n"
    return Problem(words, interface, module(interface, body), combinational(interface, outputs))


# ---------------------------------------------------------------- 4: barrels

# What happens; the text after a step by one; and which bit of it leaves.
_MODES: dict[str, tuple[str, Callable[[str], str], int]] = {
    "left": ("word moved left; zeros come in at the low end", lambda t: t[1:] + "0", 0),
    "right": ("word moved right; zeros come in at the high end", lambda t: "0" + t[:-1], -1),
    "arithmetic": (
        "word moved right; what comes in at the high end is always equal to word's highest bit",
        lambda t: t[0] + t[:-1], -1,
    ),
    "turn": ("word rotated left", lambda t: t[1:] + t[0], 0),
    "back": ("word rotated right", lambda t: t[-1] + t[:-1], -1),
    "ones": ("word moved left; ones come in at the low end", lambda t: t[1:] + "1", 0),
}  # fmt: skip


def _barrel(number: int) -> Problem:
    draw = Draw("forgegym verilog shifter barrel", number)
    modes = draw.shuffle(list(_MODES))[:4]
    interface = Interface(
        "barrel",
        (Port("word", 8), Port("amount", 3), Port("mode", 2)),
        (Port("y", 8), Port("out"), Port("zero")),
    )
    words = "\n".join(
        [
            "A shifter: word is moved by amount bits. mode says how:",
            *(f"- {at}: y is {_MODES[name][0]}" for at, name in enumerate(modes)),
            "A rotation brings what leaves at one end in at the other. out is the last bit that "
            "was moved out at an end (or, in a rotation, brought round); it is 0 when amount is 0. "
            "zero is 1 when y is 0, else 0.",
        ]
    )

    def outputs(inputs: Inputs) -> Outputs:
        text, out = f"{inputs['word']:08b}", "0"
        _, change, end = _MODES[modes[inputs["mode"]]]
        for _ in range(inputs["amount"]):
            text, out = change(text), text[end]
        return {"y": text, "out": int(out), "zero": int("1" not in text)}

    parts = {
        "left": ("{out, y} = {1'b0, word} << amount;",),
        "ones": ("{out, y} = ~({1'b1, ~word} << amount);",),
        "right": ("{y, out} = {word, 1'b0} >> amount;",),
        "arithmetic": ("{y, out} = $signed({word, 1'b0}) >>> amount;",),
        "turn": ("y = (word << amount) | (word >> rest);", "out = moving && y[0];"),
        "back": ("y = (word >> amount) | (word << rest);", "out = moving && y[7];"),
    }
    body = ""
    if {"turn", "back"} & {*modes}:
        body += "  wire [3:0] rest = 4'd8 - {1'b0, amount};\n  wire moving = (amount != 3'd0);\n"
    body += "  assign zero = (y == 8'd0);\n  always @* begin\n    case (mode)\n"
    for at, name in enumerate(modes):
        label, lines = f"2'd{at}" if at < 3 else "default", parts[name]
        if len(lines) == 1:
            body += f"      {label}: {lines[0]}\n"
        else:
            inner = "".join(f"        {line}\n" for line in lines)
            body += f"      {label}: begin\n{inner}      end\n"
    body += "    endcase\n  end\n"

    def rows(draw: Draw) -> dict[str, int]:
        word = draw.pick((draw.below(256), draw.below(256), 1 << draw.below(8), 0, 255))
        return {"word": word, "amount": draw.below(8), "mode": draw.below(4)}

    edges: list[Inputs] = [
        {"word": word, "amount": amount, "mode": mode}
        for mode in range(4) for word in (129, 126) for amount in (0, 1, 7)
    ]  # fmt: skip
    reference = module(interface, body, ["y", "out"])
    return Problem(words, interface, reference, combinational(interface, outputs, rows, edges))


def _funnel(down: int) -> Problem:
    interface = Interface(
        "funnel",
        (Port("high", 8), Port("low", 8), Port("amount", 4), Port("ring")),
        (Port("y", 8), Port("rest", 8)),
    )
    what = (
        "y is bits amount + 7 to amount of it, the one with number amount as y[0]"
        if down
        else "y is bits 15 - amount to 8 - amount of it, the one with number 8 - amount as y[0]"
    )
    words = (
        "A window of eight bits on a word of 16, {high, low}, whose bits have the numbers 15 to 0. "
        f"{what}; an amount greater than 8 means 8. When ring is 1, low is not looked at, and "
        "high stands in its place too, so that the window goes round in high. rest is the other "
        "eight bits of the word of 16, those outside the window, in their order."
    )

    def outputs(inputs: Inputs) -> Outputs:
        amount = min(8, inputs["amount"])
        low = inputs["high"] if inputs["ring"] else inputs["low"]
        text = f"{inputs['high']:08b}{low:08b}"
        start = 8 - amount if down else amount
        return {"y": text[start : start + 8], "rest": text[:start] + text[start + 8 :]}

    below = "by" if down else "4'd8 - by"
    body = (
        "  wire [15:0] both = {high, ring ? high : low};\n"
        "  wire [3:0] by = (amount > 4'd8) ? 4'd8 : amount;\n"
        f"  wire [3:0] from_low = {below};\n"
        "  wire [7:0] below = ~(8'hff << from_low);\n  integer i;\n"
        "  assign rest = (both[15:8] & ~below) | (both[7:0] & below);\n"
    )

    def draw(draw: Draw) -> dict[str, int]:
        amount = draw.below(9) if draw.chance(0.8) else draw.below(16)
        return {
            "high": draw.below(256), "low": draw.below(256), "amount": amount,
            "ring": int(draw.chance(0.3)),
        }  # fmt: skip

    body += (
        "  always @* begin\n    for (i = 0; i < 8; i = i + 1)\n"
        "      y[i] = both[from_low + i[3:0]];\n  end\n"
    )
    reference = module(interface, body, ["y"])
    return Problem(words, interface, reference, combinational(interface, outputs, draw))


def _normal(signed: int) -> Problem:
    interface = Interface(
        "normalise",
        (Port("word", 8), Port("most", 3)),
        (Port("y", 8), Port("by", 3), Port("done")),
    )
    until = "its two highest bits differ" if signed else "its highest bit is 1"
    words = (
        f"word is moved left, with zeros coming in at the low end, as often as needed until "
        f"{until}, but by no more than most bits. y is the result, and by how many bits it was "
        f"moved. done is 1 when y is so that {until}, and 0 when it was moved by most bits without "
        "that."
    )

    def outputs(inputs: Inputs) -> Outputs:
        text, by = f"{inputs['word']:08b}", 0

        def fine(t: str) -> bool:
            return t[0] != t[1] if signed else t[0] == "1"

        while not fine(text) and by < inputs["most"]:
            text, by = text[1:] + "0", by + 1
        return {"y": text, "by": by, "done": int(fine(text))}

    test = "(y[7] != y[6])" if signed else "y[7]"
    body = (
        f"  integer i;\n  assign done = {test};\n  always @* begin\n    y = word;\n"
        "    by = 3'd0;\n    for (i = 0; i < 7; i = i + 1) begin\n"
        f"      if (!{test} && by != most) begin\n        y = {{y[6:0], 1'b0}};\n"
        "        by = by + 3'd1;\n      end\n    end\n  end\n"
    )

    def draw(draw: Draw) -> dict[str, int]:
        word = draw.below(256) >> draw.below(8)
        if signed and draw.chance(0.5):
            word = 255 - word
        return {"word": word, "most": draw.pick((draw.below(8), 7, 7, 6))}

    edges: list[Inputs] = [
        {"word": word, "most": most}
        for word in (0, 1, 255, 254, 2, 3) for most in (0, 5, 6, 7)
    ]  # fmt: skip
    reference = module(interface, body, ["y", "by"])
    return Problem(words, interface, reference, combinational(interface, outputs, draw, edges))


def _groups(kind: int) -> Problem:
    interface = Interface(
        "groups",
        (Port("word", 16), Port("mode", 2), Port("keep", 4)),
        (Port("y", 16), Port("changed", 4)),
    )
    what = (
        "the order of the bits inside each group is turned round, and the groups stay in place"
        if kind
        else "the order of the groups is turned round, and the bits inside each stay in their order"
    )
    words = (
        "word is cut into groups of neighbouring bits: of 2 bits when mode is 0, 4 when it is 1, 8 "
        f"when it is 2, and 16 when it is 3. In y, {what}. But where keep[i] is 1, bits 4 * i to "
        "4 * i + 3 of y are those of word. changed[i] is 1 when bits 4 * i to 4 * i + 3 of y and "
        "word are not equal, else 0."
    )

    def outputs(inputs: Inputs) -> Outputs:
        text, size = f"{inputs['word']:016b}", 2 << inputs["mode"]
        parts = [text[i : i + size] for i in range(0, 16, size)]
        turned = "".join(p[::-1] for p in parts) if kind else "".join(reversed(parts))
        y, changed = "", ""
        for at, keep in zip((0, 4, 8, 12), f"{inputs['keep']:04b}", strict=True):
            part = text[at : at + 4] if keep == "1" else turned[at : at + 4]
            y += part
            changed += str(int(part != text[at : at + 4]))
        return {"y": y, "changed": changed}

    # Bit i comes from bit i ^ x, where x has a 1 for each bit of the number that is turned over.
    masks = ["4'd1", "4'd3", "4'd7", "4'd15"] if kind else ["4'd14", "4'd12", "4'd8", "4'd0"]
    arms = "".join(
        f"      {f'2{chr(39)}d{at}' if at < 3 else 'default'}: turn = {mask};\n"
        for at, mask in enumerate(masks)
    )
    body = (
        "  integer i;\n  reg [3:0] turn;\n"
        f"  always @* begin\n    case (mode)\n{arms}    endcase\n  end\n"
        "  always @* begin\n    for (i = 0; i < 16; i = i + 1)\n"
        "      y[i] = keep[i / 4] ? word[i] : word[i[3:0] ^ turn];\n"
        "    for (i = 0; i < 4; i = i + 1)\n"
        "      changed[i] = (y[4*i +: 4] != word[4*i +: 4]);\n  end\n"
    )

    def draw(draw: Draw) -> dict[str, int]:
        keep = draw.pick((0, 0, draw.below(16)))
        return {"word": draw.below(1 << 16), "mode": draw.below(4), "keep": keep}

    reference = module(interface, body, ["y", "changed"])
    return Problem(words, interface, reference, combinational(interface, outputs, draw))


# ---------------------------------------------------------------- 5: with registers


def _register(number: int) -> Problem:
    """A register with eight modes, out of ten."""
    # What happens; the text after it, of the text and the bit that comes in; in Verilog.
    modes: dict[str, tuple[str, Callable[[str, str], str], str]] = {
        "left": ("it moves left by one, and side comes in at the low end",
                 lambda t, s: t[1:] + s, "{word[6:0], side}"),
        "right": ("it moves right by one, and side comes in at the high end",
                  lambda t, s: s + t[:-1], "{side, word[7:1]}"),
        "half": ("it moves right by one, and its highest bit stays as it was",
                 lambda t, s: t[0] + t[:-1], "{word[7], word[7:1]}"),
        "turn": ("it is rotated left by one", lambda t, s: t[1:] + t[0], "{word[6:0], word[7]}"),
        "back": ("it is rotated right by one", lambda t, s: t[-1] + t[:-1], "{word[0], word[7:1]}"),
        "twist": ("it moves left by one, and the opposite of its highest bit comes in at the low "
                  "end", lambda t, s: t[1:] + "10"[int(t[0])], "{word[6:0], !word[7]}"),
        "halves": ("its upper and its lower four bits are exchanged",
                   lambda t, s: t[4:] + t[:4], "{word[3:0], word[7:4]}"),
        "not": ("every bit of it is turned over",
                lambda t, s: "".join("10"[int(c)] for c in t), "~word"),
        "two": ("it moves left by two, and two bits equal to side come in at the low end",
                lambda t, s: t[2:] + s + s, "{word[5:0], {2{side}}}"),
        "mirror": ("its bits are put in the opposite order (bit 0 becomes bit 7, and so on)",
                   lambda t, s: t[::-1],
                   "{word[0], word[1], word[2], word[3], word[4], word[5], word[6], word[7]}"),
    }  # fmt: skip
    draw = Draw("forgegym verilog shifter register", number)
    names = draw.shuffle([n for n in modes if n not in ("left", "right")])[:5]
    names = draw.shuffle([*names, draw.pick(("left", "right"))])
    interface = clocked(
        "shift_register",
        (Port("mode", 3), Port("side"), Port("value", 8)),
        (Port("word", 8), Port("moves", 4), Port("edge_bit")),
        number,
    )  # fmt: skip
    low = number % 2
    words = "\n".join(
        [
            "A register, word, of eight bits, first 0. mode says what happens to it after each "
            "cycle:",
            "- 0: nothing\n- 1: it takes value",
            *(f"- {at}: {modes[name][0]}" for at, name in enumerate(names, 2)),
            "moves counts the cycles with a mode from 2 to 7 since value was last taken, or since "
            "the first state; it becomes 0 together with the taking of value, goes up together "
            "with the change of word, and stays at 15. edge_bit is the "
            f"{'lowest' if low else 'highest'} bit of word.",
        ]
    )

    def step(state: tuple[str, int], inputs: Inputs) -> tuple[Outputs, tuple[str, int]]:
        text, moves = state
        found: Outputs = {"word": text, "moves": moves, "edge_bit": text[-1 if low else 0]}
        if inputs["mode"] == 0:
            return found, state
        if inputs["mode"] == 1:
            return found, (f"{inputs['value']:08b}", 0)
        change = modes[names[inputs["mode"] - 2]][1]
        return found, (change(text, str(inputs["side"])), min(15, moves + 1))

    def rows(draw: Draw) -> list[dict[str, int]]:
        load = draw.pick((0.03, 0.1, 0.2))
        made = [{"mode": 1, "side": draw.below(2), "value": draw.below(256)}]
        for _ in range(34):
            mode = draw.between(2, 7) if draw.chance(0.9) else 0
            mode = 1 if draw.chance(load) else mode
            made.append({"mode": mode, "side": draw.below(2), "value": draw.below(256)})
        return made

    arms = "".join(
        f"  {f'3{chr(39)}d{at}' if at < 7 else 'default'}: word <= {modes[name][2]};\n"
        for at, name in enumerate(names, 2)
    )
    then = (
        f"case (mode)\n  3'd0: word <= word;\n  3'd1: word <= value;\n{arms}endcase\n"
        "if (mode == 3'd1) moves <= 4'd0;\n"
        "else if (mode != 3'd0 && moves != 4'd15) moves <= moves + 4'd1;"
    )
    body = f"  assign edge_bit = word[{0 if low else 7}];\n" + at_edge(
        interface, "word <= 8'd0;\nmoves <= 4'd0;", then
    )
    reference = module(interface, body, ["word", "moves"])
    turn = [{"mode": 2 + at % 6, "side": 1, "value": 0} for at in range(18)]
    return Problem(words, interface, reference, Sequential(("0" * 8, 0), step, rows, [turn]))


def _send(kind: int) -> Problem:
    interface = clocked(
        "sender",
        (Port("start"), Port("value", 6), *((Port("pause"),) if kind == 2 else ())),
        (Port("line"), Port("busy"), Port("last"), Port("sent", 3)),
        kind,
    )
    order = "the lowest first" if kind == 1 else "the highest first"
    idle = 1 if kind == 0 else 0
    parity = kind != 2
    after = (
        "and after these a bit that makes the number of ones among the seven odd"
        if kind == 0
        else "and after these a bit that makes the number of ones among the seven even"
    )
    total = 7 if parity else 6
    words = (
        f"A sender. First it is idle: line is {idle}, and busy and last are 0. Idle, in a cycle "
        f"where start is 1, it takes value; from the next cycle on it is busy, and puts the six "
        f"bits of value on line, one in each cycle, {order}"
        + (f", {after}. " if parity else ". ")
        + (
            "In cycles where pause is 1 while it is busy, line is 0, and the bit whose turn it is "
            "waits for the next cycle where it is 0; pause has no effect on the taking of value. "
            if kind == 2
            else ""
        )
        + "last is 1 in the cycle where the last bit is on line. In the cycle after it the sender "
        "is idle again, and may take the next value at once; start is ignored while it is busy. "
        "busy is 1 while it is busy. sent is the number of words that were sent to their end, "
        "modulo 8: it is first 0, and goes up in the cycle after a last bit."
    )

    def step(state: tuple[str, int], inputs: Inputs) -> tuple[Outputs, tuple[str, int]]:
        left, sent = state
        waits = kind == 2 and inputs["pause"] == 1
        found = {
            "line": idle if not left else 0 if waits else int(left[0]), "busy": int(left != ""),
            "last": int(len(left) == 1 and not waits), "sent": sent,
        }  # fmt: skip
        if not left:
            text = f"{inputs['value']:06b}"[:: -1 if kind == 1 else 1]
            if parity:
                odd = text.count("1") % 2
                text += str(odd ^ (kind == 0))
            return found, (text if inputs["start"] else "", sent)
        if waits:
            return found, state
        return found, (left[1:], (sent + (len(left) == 1)) % 8)

    def draw(draw: Draw) -> list[dict[str, int]]:
        often = draw.pick((0.3, 0.9))
        rows = [{"start": int(draw.chance(often)), "value": draw.below(64)} for _ in range(36)]
        if kind == 2:
            rows = [{**row, "pause": int(draw.chance(0.25))} for row in rows]
        return rows

    bit = "hold[0]" if kind == 1 else f"hold[{total - 1}]"
    moved = f"{{1'b0, hold[{total - 1}:1]}}" if kind == 1 else f"{{hold[{total - 2}:0], 1'b0}}"
    check = "~^value" if kind == 0 else "^value"
    loaded = "value" if not parity else f"{{{check}, value}}" if kind == 1 else (
        f"{{value, {check}}}"
    )  # fmt: skip
    go = "!pause && " if kind == 2 else ""
    body = (
        f"  reg [{total - 1}:0] hold;\n  reg [2:0] left;\n"
        f"  assign busy = (left != 3'd0);\n  assign last = {go}(left == 3'd1);\n"
        f"  assign line = busy ? {go}{bit} : 1'b{idle};\n"
        f"  always @(posedge {interface.clock}) begin\n"
        f"    if (!busy) hold <= {loaded};\n"
        f"    else {'if (!pause) ' if kind == 2 else ''}hold <= {moved};\n  end\n"
    ) + at_edge(
        interface,
        "left <= 3'd0;\nsent <= 3'd0;",
        f"if (!busy) begin\n  if (start) left <= 3'd{total};\n"
        f"end else {'if (!pause) ' if kind == 2 else ''}begin\n  left <= left - 3'd1;\n"
        "  if (last) sent <= sent + 3'd1;\nend",
    )
    reference = module(interface, body, ["sent"])
    extra = {"pause": 0} if kind == 2 else {}
    edges = [[{"start": 1, "value": at * 7 % 64, **extra} for at in range(9 * (total + 1))]]
    return Problem(words, interface, reference, Sequential(("", 0), step, draw, edges))


# The word, lost, done; then the moves that are left, and the mode.
_SlowState = tuple[str, int, int, int, int]


def _slow(kind: int) -> Problem:
    interface = clocked(
        "slow_shift",
        (Port("start"), Port("mode", 2), Port("amount", 3), Port("value", 8)),
        (Port("word", 8), Port("busy"), Port("done"), Port("lost", 3)),
        kind,
    )
    third = (
        "rotated left: what leaves at the high end comes in at the low end"
        if kind
        else "right, with what comes in at the high end equal to the highest bit before it"
    )
    words = (
        "A shifter that moves by one bit in each cycle. First it is idle, and word, done and lost "
        "are 0. Idle, in a cycle where start is 1, it takes mode and amount, word takes value, and "
        "lost becomes 0; if amount is not 0, it is busy from the next cycle on, for as many cycles "
        "as amount says, and after each of these word has moved by one bit, by the mode that was "
        "taken:\n"
        "- 0: left, with a 0 coming in at the low end\n"
        "- 1: right, with a 0 coming in at the high end\n"
        f"- 2: {third}\n- 3: left, with a 1 coming in at the low end\n"
        "lost counts the ones that were at the end where word moves out"
        + (" (in mode 2: that went round)" if kind else "")
        + ", and goes up together with that move. "
        "done is 1 for one cycle: the one after the last move, or, if amount was 0, the one after "
        "start. busy is 1 while it is busy; start is ignored then, but not in the cycle where done "
        "is 1."
    )

    def step(state: _SlowState, inputs: Inputs) -> tuple[Outputs, _SlowState]:
        text, lost, done, left, mode = state
        found: Outputs = {"word": text, "busy": int(left > 0), "done": done, "lost": lost}
        if left:
            out = text[-1] if mode == 1 or (mode == 2 and not kind) else text[0]
            text = {
                0: text[1:] + "0", 1: "0" + text[:-1], 3: text[1:] + "1",
                2: text[1:] + text[0] if kind else text[0] + text[:-1],
            }[mode]  # fmt: skip
            return found, (text, lost + int(out), int(left == 1), left - 1, mode)
        if not inputs["start"]:
            return found, (text, lost, 0, 0, 0)
        amount = inputs["amount"]
        return found, (f"{inputs['value']:08b}", 0, int(not amount), amount, inputs["mode"])

    def draw(draw: Draw) -> list[dict[str, int]]:
        often, most = draw.pick((0.3, 0.8)), draw.pick((3, 5, 8))
        return [
            {
                "start": int(draw.chance(often)), "mode": draw.below(4),
                "amount": draw.below(most), "value": draw.pick((draw.below(256), 255, 129)),
            }
            for _ in range(36)
        ]  # fmt: skip

    two = "{word[6:0], word[7]}" if kind else "{word[7], word[7:1]}"
    high = "chosen != 2'd1" if kind else "chosen == 2'd0 || chosen == 2'd3"
    body = (
        "  reg [1:0] chosen;\n  reg [2:0] left;\n  reg [7:0] moved;\n"
        f"  wire out = ({high}) ? word[7] : word[0];\n"
        "  assign busy = (left != 3'd0);\n"
        "  always @* begin\n    case (chosen)\n      2'd0: moved = {word[6:0], 1'b0};\n"
        f"      2'd1: moved = {{1'b0, word[7:1]}};\n      2'd2: moved = {two};\n"
        "      default: moved = {word[6:0], 1'b1};\n    endcase\n  end\n"
        f"  always @(posedge {interface.clock}) begin\n"
        "    if (start && !busy) chosen <= mode;\n  end\n"
    ) + at_edge(
        interface,
        "word <= 8'd0;\nleft <= 3'd0;\nlost <= 3'd0;\ndone <= 1'b0;",
        "done <= 1'b0;\nif (busy) begin\n  word <= moved;\n  lost <= lost + {2'b00, out};\n"
        "  left <= left - 3'd1;\n  done <= (left == 3'd1);\nend else if (start) begin\n"
        "  word <= value;\n  lost <= 3'd0;\n  left <= amount;\n  done <= (amount == 3'd0);\nend",
    )
    reference = module(interface, body, ["word", "done", "lost"])
    edges = [
        [{"start": 1, "mode": mode, "amount": 7, "value": 255}]
        + [{"start": 1, "mode": mode, "amount": 2, "value": 83}] * 12
        for mode in range(4)
    ]
    return Problem(
        words, interface, reference, Sequential(("0" * 8, 0, 0, 0, 0), step, draw, edges)
    )


def _gather(kind: int) -> Problem:
    size = (6, 5, 4)[kind]
    low_first = kind != 1
    ports = [Port("word", size), Port("ready"), Port("count", 3)]
    ports += [Port("odd")] if kind else []
    interface = clocked("gather", (Port("bit_in"), Port("valid"), Port("sync")), ports, kind)
    order = "the lowest bit first" if low_first else "the highest bit first"
    restart = (
        "In a cycle where sync is 1, what has come of an unfinished word is thrown away; if valid "
        "is 1 too, bit_in is the first bit of the next one."
        if kind != 2
        else "In a cycle where sync is 1, what has come of an unfinished word is thrown away, and "
        "bit_in is ignored, whatever valid is."
    )
    words = (
        f"Bits that come one by one are put together to words of {size}. A bit, bit_in, comes "
        f"in each cycle where valid is 1; {order}. {restart} In the cycle after the last bit "
        "of a word came, ready is 1, for that cycle alone, and word is that word; word keeps it "
        "until the next one is ready. count is how many bits of an unfinished word have come, in "
        "the cycles before. First nothing has come, and word, ready and count are 0."
        + (" odd is 1 when word has an odd number of ones, else 0." if kind else "")
    )

    def step(state: tuple[str, str, int], inputs: Inputs) -> tuple[Outputs, tuple[str, str, int]]:
        bits, word, ready = state
        found: dict[str, str | int | None] = {"word": word, "ready": ready, "count": len(bits)}
        if kind:
            found["odd"] = word.count("1") % 2
        if inputs["sync"]:
            bits = ""
        if inputs["valid"] and not (kind == 2 and inputs["sync"]):
            bits += str(inputs["bit_in"])
        if len(bits) < size:
            return found, (bits, word, 0)
        return found, ("", bits[::-1] if low_first else bits, 1)

    def draw(draw: Draw) -> list[dict[str, int]]:
        often, sync = draw.pick((0.5, 0.9, 1.0)), draw.pick((0.0, 0.06, 0.15))
        return [
            {
                "bit_in": draw.below(2), "valid": int(draw.chance(often)),
                "sync": int(draw.chance(sync)),
            }
            for _ in range(38)
        ]  # fmt: skip

    top = size - 1
    into = f"{{bit_in, held[{top - 1}:1]}}" if low_first else f"{{held[{top - 2}:0], bit_in}}"
    whole = "{bit_in, held}" if low_first else "{held, bit_in}"
    take = "valid && !sync" if kind == 2 else "valid"
    done = "take && !sync && (count == 3'd{n})" if kind != 2 else "take && (count == 3'd{n})"
    body = (
        f"  reg [{top - 1}:0] held;\n  wire take = {take};\n"
        f"  wire full = {done.format(n=top)};\n"
        + ("  assign odd = ^word;\n" if kind else "")
        + f"  always @(posedge {interface.clock}) begin\n    if (take) held <= {into};\n  end\n"
    )
    begin = "sync ? 3'd1 : count + 3'd1" if kind != 2 else "count + 3'd1"
    body += at_edge(
        interface,
        f"word <= {size}'d0;\nready <= 1'b0;\ncount <= 3'd0;",
        f"ready <= full;\nif (full) begin\n  word <= {whole};\n  count <= 3'd0;\n"
        f"end else if (take) begin\n  count <= {begin};\n"
        "end else if (sync) begin\n  count <= 3'd0;\nend",
    )
    reference = module(interface, body, ["word", "ready", "count"])
    model = Sequential(("", "0" * size, 0), step, draw)
    return Problem(words, interface, reference, model)
