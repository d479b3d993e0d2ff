"""Codes: Gray, decimal digits, parity, codes that correct, segments, and codes on a line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ....verifiers.verilog.interface import Interface, Port
from ..draw import Draw
from .bits import combinational, listed
from .family import Inputs, Outputs, Problem, Sequential, at_edge, clocked, family, module


def _variants(level: int) -> Sequence[tuple[Any, ...]]:
    if level == 1:
        return [
            *((level, "gray", width) for width in (5, 8)),
            *((level, "parity", kind) for kind in range(4)),
            *((level, "digit", kind) for kind in range(4)),
        ]
    if level == 2:
        return [
            *((level, "binary", width) for width in (5, 8)),
            *((level, "undigit", kind) for kind in range(4)),
            *((level, "tens", kind) for kind in (0, 1)),
            *((level, "segments", number) for number in range(4)),
            *((level, "pairs", number) for number in range(3)),
        ]
    if level == 3:
        return [
            *((level, "digit_sum", kind) for kind in (0, 1)),
            *((level, "value", kind) for kind in (0, 1)),
            *((level, "display", number) for number in range(3)),
            *((level, "unpairs", number) for number in range(3)),
            *((level, "after", kind) for kind in (0, 1)),
            *((level, "protect", kind) for kind in range(3)),
        ]
    if level == 4:
        return [
            *((level, "two_digits", kind) for kind in (0, 1)),
            *((level, "correct", kind) for kind in range(4)),
            *((level, "detect", kind) for kind in range(2)),
            *((level, "convert", number) for number in range(3)),
        ]
    return [
        *((level, "dabble", kind) for kind in (0, 1)),
        *((level, "steps", kind) for kind in (0, 1)),
        *((level, "frames", kind) for kind in range(4)),
        *((level, "stuff", kind) for kind in range(3)),
    ]


@family("code", _variants)
def code(_: int, kind: str, option: int) -> Problem:
    makers: dict[str, Callable[[int], Problem]] = {
        "gray": _gray, "parity": _parity, "digit": _digit,
        "binary": _binary, "undigit": _undigit, "tens": _tens, "segments": _segments,
        "pairs": _pairs,
        "digit_sum": _digit_sum, "value": _value, "display": _display, "unpairs": _unpairs,
        "after": _after, "protect": _protect,
        "two_digits": _two_digits, "correct": _correct, "detect": _detect, "convert": _convert,
        "dabble": _dabble, "steps": _steps, "frames": _frames, "stuff": _stuff,
    }  # fmt: skip
    return makers[kind](option)


def _case(on: str, width: int, arms: Sequence[tuple[int, str]], rest: str) -> str:
    """A block with a case: values of `on` and what is done for them."""
    lines = "".join(f"      {width}'d{value}: {text}\n" for value, text in arms)
    return f"  always @* begin\n    case ({on})\n{lines}      default: {rest}\n    endcase\n  end\n"


_GRAY_WORDS = (
    "In Gray code, the highest bit is that of the plain binary number, and each other bit is 1 "
    "when the plain bit of its number and the one above that differ"
)


def _gray_of(value: int) -> int:
    """By reflection: the second half is the first one in the opposite order."""
    if value < 2:
        return value
    half = 1 << (value.bit_length() - 1)
    return half + _gray_of(2 * half - 1 - value)


# ---------------------------------------------------------------- 1: an assignment


def _gray(width: int) -> Problem:
    interface = Interface("to_gray", (Port("plain", width),), (Port("gray", width),))
    return Problem(
        f"gray is the number plain in Gray code. {_GRAY_WORDS}.",
        interface,
        module(interface, f"  assign gray = plain ^ {{1'b0, plain[{width - 1}:1]}};\n"),
        combinational(interface, lambda inputs: {"gray": _gray_of(inputs["plain"])}),
    )


def _parity(kind: int) -> Problem:
    odd, low = kind % 2, kind // 2
    interface = Interface("add_parity", (Port("data", 7),), (Port("coded", 8),))
    where = "below it as the lowest bit" if low else "above it as the highest bit"
    words = (
        f"coded is data with one more bit, {where}, chosen so that coded has an "
        f"{'odd' if odd else 'even'} number of ones."
    )

    def outputs(inputs: Inputs) -> Outputs:
        text = f"{inputs['data']:07b}"
        bit = str((text.count("1") + odd) % 2)
        return {"coded": text + bit if low else bit + text}

    bit = "~^data" if odd else "^data"
    body = f"  assign coded = {{data, {bit}}};\n" if low else f"  assign coded = {{{bit}, data}};\n"
    return Problem(words, interface, module(interface, body), combinational(interface, outputs))


# Codes of decimal digits: what it says, what the four bits are worth, and Verilog.
_DIGITS: tuple[tuple[str, Callable[[int], int], str], ...] = (
    ("excess-3 code, which is the digit plus 3", lambda d: d + 3, "digit + 4'd3"),
    (
        "a code whose four bits are worth 2, 4, 2 and 1, the highest first: the digits 0 to 4 have "
        "a 0 as the highest bit, and 5 to 9 a 1", lambda d: d if d < 5 else 8 + (d - 2),
        "(digit < 4'd5) ? digit : digit + 4'd6",
    ),
    (
        "a code whose four bits are worth 5, 4, 2 and 1, the highest first: the digits 0 to 4 have "
        "a 0 as the highest bit, and 5 to 9 a 1", lambda d: d if d < 5 else 8 + (d - 5),
        "(digit < 4'd5) ? digit : digit + 4'd3",
    ),
    (
        "a code in which 4'd9 stands for the digit 0, 4'd8 for 1, and so on down to 4'd0 for 9",
        lambda d: 9 - d, "4'd9 - digit",
    ),
)  # fmt: skip


def _digit(kind: int) -> Problem:
    say, value, text = _DIGITS[kind]
    interface = Interface("digit_code", (Port("digit", 4),), (Port("coded", 4),))
    words = (
        f"coded is digit, a decimal digit from 0 to 9, in {say}. When digit is greater than 9, "
        "coded is 4'b0110."
    )

    def outputs(inputs: Inputs) -> Outputs:
        return {"coded": value(inputs["digit"]) if inputs["digit"] < 10 else 6}

    body = f"  assign coded = (digit > 4'd9) ? 4'b0110 : {text};\n"
    return Problem(words, interface, module(interface, body), combinational(interface, outputs))


# ---------------------------------------------------------------- 2: back, and tables


def _binary(width: int) -> Problem:
    interface = Interface("from_gray", (Port("gray", width),), (Port("plain", width), Port("odd")))
    words = (
        f"plain is the plain binary number that gray is the Gray code of. {_GRAY_WORDS}. odd is 1 "
        "when plain has an odd number of ones, else 0."
    )
    numbers = {_gray_of(value): value for value in range(1 << width)}

    def outputs(inputs: Inputs) -> Outputs:
        plain = numbers[inputs["gray"]]
        return {"plain": plain, "odd": f"{plain:b}".count("1") % 2}

    body = (
        "  integer i;\n  assign odd = ^plain;\n  always @* begin\n"
        f"    for (i = 0; i < {width}; i = i + 1)\n      plain[i] = ^(gray >> i);\n  end\n"
    )
    reference = module(interface, body, ["plain"])
    return Problem(words, interface, reference, combinational(interface, outputs))


def _undigit(kind: int) -> Problem:
    say, value, _ = _DIGITS[kind]
    interface = Interface("code_digit", (Port("coded", 4),), (Port("digit", 4), Port("error")))
    words = (
        f"coded is a decimal digit from 0 to 9 in {say}; digit is that digit, and error is 0. When "
        "coded is the code of no digit, error is 1 and digit is 15."
    )
    digits = {value(digit): digit for digit in range(10)}

    def outputs(inputs: Inputs) -> Outputs:
        found = digits.get(inputs["coded"])
        return {"digit": 15 if found is None else found, "error": int(found is None)}

    wrong, text = {
        0: ("(coded < 4'd3) || (coded > 4'd12)", "coded - 4'd3"),
        1: ("(coded > 4'd4) && (coded < 4'd11)", "coded[3] ? coded - 4'd6 : coded"),
        2: ("(coded[2:0] > 3'd4)", "coded[3] ? coded - 4'd3 : coded"),
        3: ("(coded > 4'd9)", "4'd9 - coded"),
    }[kind]
    body = f"  assign error = {wrong};\n  assign digit = error ? 4'd15 : {text};\n"
    return Problem(words, interface, module(interface, body), combinational(interface, outputs))


def _tens(kind: int) -> Problem:
    interface = Interface(
        "to_decimal", (Port("number", 6),), (Port("tens", 4), Port("ones", 4), Port("same"))
    )
    last = "equal" if kind else "both odd or both even"
    words = (
        "tens and ones are the two decimal digits of number, which is from 0 to 63 (tens is 0 for "
        f"numbers below 10). same is 1 when the two digits are {last}, else 0."
    )

    def outputs(inputs: Inputs) -> Outputs:
        tens, ones = map(int, f"{inputs['number']:02d}")
        same = tens == ones if kind else (tens - ones) % 2 == 0
        return {"tens": tens, "ones": ones, "same": int(same)}

    chain = " else ".join(
        f"if (number >= 6'd{10 * at}) begin\n      tens = 4'd{at};\n"
        f"      start = 4'd{10 * at % 16};\n    end"
        for at in range(6, 0, -1)
    )
    test = "(tens == ones)" if kind else "(tens[0] == ones[0])"
    # The lowest four bits of ten times tens are enough.
    body = (
        "  reg [3:0] start;\n  assign ones = number[3:0] - start;\n"
        f"  assign same = {test};\n  always @* begin\n    {chain} else begin\n"
        "      tens = 4'd0;\n      start = 4'd0;\n    end\n  end\n"
    )
    reference = module(interface, body, ["tens"])
    return Problem(words, interface, reference, combinational(interface, outputs))


def _figures(number: int) -> list[str]:
    """Sixteen different sets of seven segments."""
    draw = Draw("forgegym verilog code figures", number)
    return [f"{value:07b}" for value in draw.shuffle(range(1, 128))[:16]]


def _named(bits: str) -> str:
    """The segments of a figure, g to a from the highest bit."""
    return "".join(name for name, bit in zip("abcdefg", bits[::-1], strict=True) if bit == "1")


def _figure_lines(figures: Sequence[str]) -> list[str]:
    return [f"- {at}: {_named(bits)}" for at, bits in enumerate(figures)]


def _figure_case(figures: Sequence[str], target: str) -> str:
    arms = [(at, f"{target} = 7'b{bits};") for at, bits in enumerate(figures[:-1])]
    return _case("sign", 4, arms, f"{target} = 7'b{figures[-1]};")


def _segments(number: int) -> Problem:
    figures = _figures(number)
    interface = Interface("figures", (Port("sign", 4),), (Port("lit", 7), Port("dark", 3)))
    words = "\n".join(
        [
            "Sixteen figures of seven segments, a to g. sign is the number of a figure, and lit "
            "has a 1 for each of its segments; lit[0] is segment a, lit[1] is b, and so on to "
            "lit[6], which is g. dark is the number of the other segments. The figures:",
            *_figure_lines(figures),
        ]
    )

    def outputs(inputs: Inputs) -> Outputs:
        names = _named(figures[inputs["sign"]])
        return {"lit": sum(1 << "abcdefg".index(n) for n in names), "dark": 7 - len(names)}

    body = (
        "  integer i;\n  always @* begin\n    dark = 3'd0;\n"
        "    for (i = 0; i < 7; i = i + 1)\n      dark = dark + {2'b00, !lit[i]};\n  end\n"
    ) + _figure_case(figures, "lit")
    reference = module(interface, body, ["lit", "dark"])
    return Problem(words, interface, reference, combinational(interface, outputs))


def _two_of_five(number: int) -> list[str]:
    draw = Draw("forgegym verilog code pairs", number)
    every = [f"{v:05b}" for v in range(32) if f"{v:b}".count("1") == (2 if number < 2 else 3)]
    return draw.shuffle(every)


def _pairs_words(codes: Sequence[str], number: int) -> str:
    ones = "two" if number < 2 else "three"
    return (
        f"a code of five bits, of which always {ones} are 1; the digits from 0 to 9 have the codes "
        f"{listed(codes)}, in this order"
    )


def _pairs(number: int) -> Problem:
    codes = _two_of_five(number)
    interface = Interface("to_five", (Port("digit", 4),), (Port("coded", 5), Port("error")))
    words = (
        f"coded is digit in {_pairs_words(codes, number)}, and error is 0. When digit is greater "
        "than 9, coded is 0 and error is 1."
    )

    def outputs(inputs: Inputs) -> Outputs:
        digit = inputs["digit"]
        return {"coded": codes[digit] if digit < 10 else 0, "error": int(digit > 9)}

    arms = [(at, f"coded = 5'b{text};") for at, text in enumerate(codes)]
    body = "  assign error = (digit > 4'd9);\n" + _case("digit", 4, arms, "coded = 5'b00000;")
    reference = module(interface, body, ["coded"])
    return Problem(words, interface, reference, combinational(interface, outputs))


# ---------------------------------------------------------------- 3: digits and checks


def _digit_sum(kind: int) -> Problem:
    interface = Interface(
        "digit_sum" if not kind else "digit_difference",
        (Port("a", 4), Port("b", 4), Port("carry_in")),
        (Port("y", 4), Port("carry"), Port("error")),
    )
    what = (
        "a - b - carry_in, plus 10 where this is less than 0; carry is 1 in this case"
        if kind
        else "a + b + carry_in, less 10 where this is 10 or more; carry is 1 in this case"
    )
    words = (
        f"a and b are decimal digits from 0 to 9. y is {what}, else 0. error is 0. But when a or b "
        "is greater than 9, error is 1, and y and carry are 0."
    )

    def outputs(inputs: Inputs) -> Outputs:
        a, b, c = inputs["a"], inputs["b"], inputs["carry_in"]
        if a > 9 or b > 9:
            return {"y": 0, "carry": 0, "error": 1}
        true = a - b - c if kind else a + b + c
        return {"y": true % 10, "carry": int(not 0 <= true <= 9), "error": 0}

    if kind:
        total = "{1'b0, a} - {1'b0, b} - {4'd0, carry_in}"
        test, fixed = "total[4]", "total[3:0] + 4'd10"
    else:
        total = "{1'b0, a} + {1'b0, b} + {4'd0, carry_in}"
        test, fixed = "(total > 5'd9)", "total[3:0] - 4'd10"
    body = (
        f"  wire [4:0] total = {total};\n  assign error = (a > 4'd9) || (b > 4'd9);\n"
        f"  assign carry = !error && {test};\n"
        f"  assign y = error ? 4'd0 : carry ? {fixed} : total[3:0];\n"
    )

    def draw(draw: Draw) -> dict[str, int]:
        limit = 10 if draw.chance(0.8) else 16
        return {"a": draw.below(limit), "b": draw.below(limit), "carry_in": draw.below(2)}

    edges: list[Inputs] = [
        {"a": a, "b": b, "carry_in": c}
        for a, b in ((9, 9), (5, 4), (4, 4), (5, 5), (3, 4), (9, 0), (9, 10), (10, 0), (0, 10),
                     (0, 0), (0, 9))
        for c in (0, 1)
    ]  # fmt: skip
    model = combinational(interface, outputs, draw, edges)
    return Problem(words, interface, module(interface, body), model)


def _value(kind: int) -> Problem:
    interface = Interface(
        "from_decimal",
        (Port("tens", 4), Port("ones", 4), *((Port("minus"),) if kind else ())),
        (Port("number", 8 if kind else 7), Port("error")),
    )
    sign = (
        " When minus is 1, number is that value with the opposite sign; it is in two's complement."
        if kind
        else ""
    )
    words = (
        "tens and ones are two decimal digits, each from 0 to 9, and number is their value, from 0 "
        f"to 99.{sign} error is 0. When tens or ones is greater than 9, number is 0 and error is 1."
    )

    def outputs(inputs: Inputs) -> Outputs:
        tens, ones = inputs["tens"], inputs["ones"]
        if tens > 9 or ones > 9:
            return {"number": 0, "error": 1}
        value = int(f"{tens}{ones}") * (-1 if kind and inputs["minus"] else 1)
        return {"number": value % (256 if kind else 128), "error": 0}

    body = (
        "  wire [6:0] value = {tens, 3'b000} + {2'b00, tens, 1'b0} + {3'b000, ones};\n"
        "  assign error = (tens > 4'd9) || (ones > 4'd9);\n"
    )
    body += (
        "  assign number = error ? 8'd0 : minus ? 8'd0 - {1'b0, value} : {1'b0, value};\n"
        if kind
        else "  assign number = error ? 7'd0 : value;\n"
    )

    def draw(draw: Draw) -> dict[str, int]:
        limit = 10 if draw.chance(0.75) else 16
        row = {"tens": draw.below(limit), "ones": draw.below(limit)}
        return {**row, "minus": draw.below(2)} if kind else row

    edges: list[Inputs] = [
        {"tens": t, "ones": o, **({"minus": m} if kind else {})}
        for t, o in ((9, 9), (0, 0), (9, 10), (10, 9), (10, 0), (0, 10), (0, 9), (9, 0))
        for m in ((0, 1) if kind else (0,))
    ]
    model = combinational(interface, outputs, draw, edges)
    return Problem(words, interface, module(interface, body), model)


def _display(number: int) -> Problem:
    figures = _figures(10 + number)
    blank = number % 2
    interface = Interface(
        "display",
        (Port("sign", 4), Port("all_on"), Port("blank" if blank else "enable"), Port("low_active")),
        (Port("lit", 7), Port("dot")),
    )
    off = "blank is 1" if blank else "enable is 0"
    words = "\n".join(
        [
            "A display of seven segments, a to g, and a dot. In lit, bit 0 is segment a, bit 1 is "
            "b, and so on to bit 6, which is g. Without low_active, 1 means on.",
            "- When all_on is 1, all segments and the dot are on, whatever the other inputs say.\n"
            f"- Otherwise, when {off}, all are off.\n"
            "- Otherwise the figure with the number sign is shown, and the dot is on when sign is "
            "greater than 9.",
            "When low_active is 1, all eight outputs are turned over: 0 means on. The figures' "
            "segments:",
            *_figure_lines(figures),
        ]
    )

    def outputs(inputs: Inputs) -> Outputs:
        if inputs["all_on"]:
            lit, dot = 127, 1
        elif (inputs["blank"] == 1) if blank else (inputs["enable"] == 0):
            lit, dot = 0, 0
        else:
            names = _named(figures[inputs["sign"]])
            lit, dot = sum(1 << "abcdefg".index(n) for n in names), int(inputs["sign"] > 9)
        if inputs["low_active"]:
            lit, dot = 127 - lit, 1 - dot
        return {"lit": lit, "dot": dot}

    shown = "!blank" if blank else "enable"
    body = (
        "  reg [6:0] figure;\n  reg [7:0] on;\n"
        "  assign {dot, lit} = on ^ {8{low_active}};\n"
        "  always @* begin\n    if (all_on) on = 8'hff;\n"
        f"    else if ({shown}) on = {{sign > 4'd9, figure}};\n    else on = 8'h00;\n  end\n"
    ) + _figure_case(figures, "figure")

    def draw(draw: Draw) -> dict[str, int]:
        return {
            "sign": draw.below(16), "all_on": int(draw.chance(0.1)),
            "blank" if blank else "enable": int(draw.chance(0.15) == bool(blank)),
            "low_active": draw.below(2),
        }  # fmt: skip

    edges: list[Inputs] = [
        {"sign": sign, "all_on": 0, "blank" if blank else "enable": 1 - blank, "low_active": 0}
        for sign in range(16)
    ]
    model = combinational(interface, outputs, draw, edges)
    return Problem(words, interface, module(interface, body), model)


def _unpairs(number: int) -> Problem:
    codes = _two_of_five(number)
    interface = Interface(
        "from_five", (Port("coded", 5),), (Port("digit", 4), Port("error"), Port("many"))
    )
    ones = "two" if number < 2 else "three"
    words = (
        f"coded is a digit in {_pairs_words(codes, number)}; digit is that digit, and error and "
        f"many are 0. When another number of bits than {ones} are 1, digit is 0 and error is 1, "
        f"and many is 1 if more than {ones} are, else 0."
    )

    def outputs(inputs: Inputs) -> Outputs:
        text = f"{inputs['coded']:05b}"
        if text in codes:
            return {"digit": codes.index(text), "error": 0, "many": 0}
        return {"digit": 0, "error": 1, "many": int(text.count("1") > (2 if number < 2 else 3))}

    arms = [(int(text, 2), f"digit = 4'd{at};") for at, text in enumerate(codes)]
    arms = sorted(arms)
    want = 2 if number < 2 else 3
    body = (
        "  reg [2:0] ones;\n  integer i;\n"
        f"  assign error = (ones != 3'd{want});\n  assign many = (ones > 3'd{want});\n"
        "  always @* begin\n    ones = 3'd0;\n"
        "    for (i = 0; i < 5; i = i + 1)\n      ones = ones + {2'b00, coded[i]};\n  end\n"
    ) + _case("coded", 5, arms, "digit = 4'd0;")
    reference = module(interface, body, ["digit"])
    return Problem(words, interface, reference, combinational(interface, outputs))


def _after(kind: int) -> Problem:
    interface = Interface(
        "next_gray",
        (Port("gray", 6), Port("down"), *((Port("hold"),) if kind else ())),
        (Port("following", 6), Port("flipped", 6)),
    )
    hold = " When hold is 1, following is gray." if kind else ""
    words = (
        f"gray is a number in Gray code, and following is the next number, or, when down is 1, the "
        "one before, also in Gray code; after the greatest number comes 0, and before 0 the "
        f"greatest.{hold} flipped has a 1 for each bit in which gray and following differ. "
        f"{_GRAY_WORDS}."
    )
    order = [_gray_of(value) for value in range(64)]

    def outputs(inputs: Inputs) -> Outputs:
        by = 0 if kind and inputs["hold"] else -1 if inputs["down"] else 1
        following = order[(order.index(inputs["gray"]) + by) % 64]
        return {"following": following, "flipped": following ^ inputs["gray"]}

    value = "down ? plain - 6'd1 : plain + 6'd1"
    value = f"hold ? plain : {value}" if kind else value
    body = (
        "  integer i;\n  reg [5:0] plain;\n"
        f"  wire [5:0] moved = {value};\n"
        "  assign following = moved ^ {1'b0, moved[5:1]};\n"
        "  assign flipped = gray ^ following;\n"
        "  always @* begin\n    for (i = 0; i < 6; i = i + 1)\n      plain[i] = ^(gray >> i);\n"
        "  end\n"
    )

    def draw(draw: Draw) -> dict[str, int]:
        row = {"gray": draw.below(64), "down": draw.below(2)}
        return {**row, "hold": int(draw.chance(0.2))} if kind else row

    edges: list[Inputs] = [
        {"gray": gray, "down": down, **({"hold": 0} if kind else {})}
        for gray in (0, 32, 1, 48, 16) for down in (0, 1)
    ]  # fmt: skip
    model = combinational(interface, outputs, draw, edges)
    return Problem(words, interface, module(interface, body), model)


# Which bits of the data each check bit covers. Of a code of the first kind: the positions 3, 5, 6
# and 7 of seven, with checks at 1, 2 and 4.
_COVERS = (
    ((0, 1, 3), (0, 2, 3), (1, 2, 3)),
    ((0, 1, 2), (1, 2, 3), (0, 2, 3)),
    ((0, 2, 3), (0, 1, 2), (0, 1, 3)),
    ((1, 2, 3), (0, 1, 3), (0, 1, 2)),
)


def _covers_words(kind: int, odd: int = 0) -> str:
    parts = [f"check[{at}] and data bits {listed(bits)}" for at, bits in enumerate(_COVERS[kind])]
    return f"an {'odd' if odd else 'even'} number of ones in each of these groups: " + "; ".join(
        parts
    )


def _checks(data: str, kind: int) -> str:
    """The check bits of four bits of data (both the highest first) for an even number of ones."""
    bits = data[::-1]
    found = [str([bits[i] for i in cover].count("1") % 2) for cover in _COVERS[kind]]
    return "".join(reversed(found))


def _xor(name: str, cover: Sequence[int]) -> str:
    return " ^ ".join(f"{name}[{i}]" for i in cover)


def _protect(kind: int) -> Problem:
    odd = int(kind == 2)
    interface = Interface(
        "protect", (Port("data", 4), Port("bad", 3)), (Port("check", 3), Port("all_even"))
    )
    words = (
        f"check is three bits that protect four bits of data: there is {_covers_words(kind, odd)}. "
        "For tests, check[i] is turned over where bad[i] is 1. all_even is 1 when data and check, "
        "as it is put out, have an even number of ones together, else 0."
    )

    def outputs(inputs: Inputs) -> Outputs:
        data = f"{inputs['data']:04b}"
        check = int(_checks(data, kind), 2) ^ inputs["bad"] ^ (7 * odd)
        ones = data.count("1") + f"{check:b}".count("1")
        return {"check": check, "all_even": int(ones % 2 == 0)}

    sign = "~" if odd else ""
    body = "".join(
        f"  assign check[{at}] = {sign}({_xor('data', cover)}) ^ bad[{at}];\n"
        for at, cover in enumerate(_COVERS[kind])
    )
    body += "  assign all_even = ~^{data, check};\n"
    return Problem(words, interface, module(interface, body), combinational(interface, outputs))


# ---------------------------------------------------------------- 4: several parts


def _two_digits(kind: int) -> Problem:
    interface = Interface(
        "decimal",
        (Port("a", 8), Port("b", 8), Port("subtract")),
        (Port("y", 8), Port("carry"), Port("error")),
    )
    say = (
        "A difference that is less than 0 gives 0, and carry is 1; a sum of 100 or more gives 99, "
        "and carry is 1; in other cases carry is 0."
        if kind
        else "A difference that is less than 0 gives 100 more, and carry is 1; a sum of 100 or "
        "more gives 100 less, and carry is 1; in other cases carry is 0."
    )
    words = (
        "a, b and y are numbers of two decimal digits, each of four bits, the tens in the upper "
        f"ones. y is a + b, or a - b when subtract is 1. {say} error is 0. But when any of the "
        "four digits is greater than 9, error is 1, and y and carry are 0."
    )

    def outputs(inputs: Inputs) -> Outputs:
        digits = f"{inputs['a']:02x}{inputs['b']:02x}"
        if not digits.isdecimal():
            return {"y": 0, "carry": 0, "error": 1}
        a, b = int(digits[:2]), int(digits[2:])
        true = a - b if inputs["subtract"] else a + b
        carry = not 0 <= true <= 99
        y = min(99, max(0, true)) if kind else true % 100
        return {"y": int(f"{y:02d}", 16), "carry": int(carry), "error": 0}

    end = "(subtract ? 8'h00 : 8'h99)"
    body = """\
  wire [4:0] low_sum = {1'b0, a[3:0]} + {1'b0, b[3:0]};
  wire [4:0] low_less = {1'b0, a[3:0]} - {1'b0, b[3:0]};
  wire step = subtract ? low_less[4] : (low_sum > 5'd9);
  wire [4:0] high_sum = {1'b0, a[7:4]} + {1'b0, b[7:4]} + {4'd0, step};
  wire [4:0] high_less = {1'b0, a[7:4]} - {1'b0, b[7:4]} - {4'd0, step};
  wire over = subtract ? high_less[4] : (high_sum > 5'd9);
  reg [3:0] low;
  reg [3:0] high;
  assign error = (a[3:0] > 4'd9) || (a[7:4] > 4'd9) || (b[3:0] > 4'd9) || (b[7:4] > 4'd9);
  assign carry = !error && over;
  assign y = error ? 8'h00 : {high, low};
  always @* begin
    if (subtract) begin
      low = step ? low_less[3:0] + 4'd10 : low_less[3:0];
      high = over ? high_less[3:0] + 4'd10 : high_less[3:0];
    end else begin
      low = step ? low_sum[3:0] - 4'd10 : low_sum[3:0];
      high = over ? high_sum[3:0] - 4'd10 : high_sum[3:0];
    end
  end
"""
    if kind:
        body = body.replace("? 8'h00 : {high, low}", f"? 8'h00 : carry ? {end} : {{high, low}}")
        body = body.replace("over ? high_less[3:0] + 4'd10 : high_less", "high_less").replace(
            "over ? high_sum[3:0] - 4'd10 : high_sum", "high_sum"
        )

    def draw(draw: Draw) -> dict[str, int]:
        digits = [draw.below(10) for _ in range(4)]
        if draw.chance(0.15):
            digits[draw.below(4)] = draw.between(10, 15)
        if draw.chance(0.3):  # a sum of 99 or 100, a difference of 0
            digits[2:] = draw.pick((digits[:2], [9 - min(9, d) for d in digits[:2]]))
        if draw.chance(0.1):
            digits[3] = min(15, digits[3] + 1)
        return {
            "a": digits[0] * 16 + digits[1], "b": digits[2] * 16 + digits[3],
            "subtract": draw.below(2),
        }  # fmt: skip

    edges: list[Inputs] = [
        {"a": a, "b": b, "subtract": s}
        for a, b in ((0x99, 0x99), (0x55, 0x45), (0x54, 0x45), (0x10, 0x01), (0x0A, 0), (0xA0, 0),
                     (0, 0x0A), (0, 0xA0), (0, 0x99), (0x90, 0x10), (0x19, 0x91), (0x50, 0x50))
        for s in (0, 1)
    ]  # fmt: skip
    bad = ((0x0F, 0), (0xF0, 0), (0, 0x0F), (0, 0xF0))
    edges += [{"a": a, "b": b, "subtract": 0} for a, b in bad]
    model = combinational(interface, outputs, draw, edges)
    return Problem(words, interface, module(interface, body), model)


def _received(kind: int, more: bool) -> Callable[[Draw], dict[str, int]]:
    """Words with no wrong bit, one, or two."""

    def draw(draw: Draw) -> dict[str, int]:
        data = draw.below(16)
        check = int(_checks(f"{data:04b}", kind), 2)
        whole = (data << 3) + check
        if more:
            whole = 2 * whole + f"{whole:b}".count("1") % 2
        bits = 8 if more else 7
        for _ in range(draw.pick((0, 1, 1, 2) if more else (0, 1, 1))):
            whole ^= 1 << draw.below(bits)
        row = {"data": whole >> (bits - 4), "check": whole >> (bits - 7) & 7}
        return {**row, "parity": whole & 1} if more else row

    return draw


def _correct(kind: int) -> Problem:
    interface = Interface(
        "correct",
        (Port("data", 4), Port("check", 3)),
        (Port("y", 4), Port("wrong"), Port("where", 3)),
    )
    words = (
        f"Four bits of data come with three that protect them: as they were sent, there was "
        f"{_covers_words(kind)}. At most one of the seven bits has been turned over on the way. y "
        "is data as it was sent. wrong is 1 when one of the seven was turned over, else 0. where "
        "is 0 when none was, 1 to 4 for data bit 0 to 3, and 7 for a bit of check."
    )

    def outputs(inputs: Inputs) -> Outputs:
        data, check = f"{inputs['data']:04b}", f"{inputs['check']:03b}"
        for sent in (f"{value:04b}" for value in range(16)):
            there = sent + _checks(sent, kind)
            apart = [i for i in range(7) if there[i] != (data + check)[i]]
            if len(apart) < 2:
                where = 0 if not apart else 4 - apart[0] if apart[0] < 4 else 7
                return {"y": sent, "wrong": len(apart), "where": where}
        raise AssertionError("every word of seven bits is near one that can be sent")

    syndromes = {
        sum(1 << at for at, cover in enumerate(_COVERS[kind]) if i in cover): i for i in range(4)
    }
    body = "".join(
        f"  assign odd[{at}] = check[{at}] ^ {_xor('data', cover)};\n"
        for at, cover in enumerate(_COVERS[kind])
    )
    arms = [(s, f"where = 3'd{i + 1};") for s, i in sorted(syndromes.items())]
    body = (
        "  wire [2:0] odd;\n" + body + "  assign wrong = (odd != 3'd0);\n"
        + _case("odd", 3, [(0, "where = 3'd0;"), *arms], "where = 3'd7;")
        + "  assign y = (wrong && where != 3'd7) ? data ^ (4'd1 << (where - 3'd1)) : data;\n"
    )  # fmt: skip
    reference = module(interface, body, ["where"])
    model = combinational(interface, outputs, _received(kind, more=False))
    return Problem(words, interface, reference, model)


def _detect(kind: int) -> Problem:
    interface = Interface(
        "detect",
        (Port("data", 4), Port("check", 3), Port("parity")),
        (Port("y", 4), Port("one"), Port("two")),
    )
    words = (
        "Four bits of data come with three check bits and one of parity. As they were sent, there "
        f"was {_covers_words(kind)}; and an even number of ones in all eight bits together. At "
        "most two of the eight bits have been turned over on the way. one is 1 when exactly one "
        "was, and two is 1 when two were; else they are 0. y is data as it was sent when at most "
        "one bit was turned over; when two were, y is data as it came."
    )

    def outputs(inputs: Inputs) -> Outputs:
        came = f"{inputs['data']:04b}{inputs['check']:03b}{inputs['parity']}"
        for sent in (f"{value:04b}" for value in range(16)):
            there = sent + _checks(sent, kind)
            there += str(there.count("1") % 2)
            apart = sum(a != b for a, b in zip(there, came, strict=True))
            if apart < 2:
                return {"y": sent, "one": apart, "two": 0}
        return {"y": inputs["data"], "one": 0, "two": 1}

    syndromes = {
        sum(1 << at for at, cover in enumerate(_COVERS[kind]) if i in cover): i for i in range(4)
    }
    body = "  wire [2:0] odd;\n  reg [3:0] flip;\n" + "".join(
        f"  assign odd[{at}] = check[{at}] ^ {_xor('data', cover)};\n"
        for at, cover in enumerate(_COVERS[kind])
    )
    arms = [(s, f"flip = 4'd{1 << i};") for s, i in sorted(syndromes.items())]
    body += (
        "  assign one = ^{data, check, parity};\n  assign two = !one && (odd != 3'd0);\n"
        "  assign y = one ? data ^ flip : data;\n"
    ) + _case("odd", 3, arms, "flip = 4'd0;")
    model = combinational(interface, outputs, _received(kind, more=True))
    return Problem(words, interface, module(interface, body), model)


def _convert(number: int) -> Problem:
    """Digits from one code into another, both chosen by inputs."""
    draw = Draw("forgegym verilog code convert", number)
    kinds = [0, 1, 2] if number == 0 else draw.shuffle(range(4))[:3]
    interface = Interface(
        "convert",
        (Port("coded", 4), Port("from_code", 2), Port("to_code", 2)),
        (Port("y", 4), Port("digit", 4), Port("error")),
    )
    words = "\n".join(
        [
            "coded is a decimal digit, from 0 to 9, in the code number from_code; digit is this "
            "digit, and y is it in the code number to_code. The codes:",
            "- 0: the digit itself, in plain binary",
            *(f"- {at}: {_DIGITS[kind][0]}" for at, kind in enumerate(kinds, 1)),
            "error is 0. But when coded is the code of no digit, error is 1, and digit and y are "
            "15.",
        ]
    )
    codes: list[Callable[[int], int]] = [int, *(_DIGITS[kind][1] for kind in kinds)]

    def outputs(inputs: Inputs) -> Outputs:
        code = codes[inputs["from_code"]]
        for digit in range(10):
            if code(digit) == inputs["coded"]:
                return {"y": codes[inputs["to_code"]](digit), "digit": digit, "error": 0}
        return {"y": 15, "digit": 15, "error": 1}

    back = {
        0: "coded - 4'd3", 1: "coded[3] ? coded - 4'd6 : coded",
        2: "coded[3] ? coded - 4'd3 : coded", 3: "4'd9 - coded",
    }  # fmt: skip
    wrong = {
        0: "(coded < 4'd3) || (coded > 4'd12)", 1: "(coded > 4'd4) && (coded < 4'd11)",
        2: "(coded[2:0] > 3'd4)", 3: "(coded > 4'd9)",
    }  # fmt: skip
    labels = ["2'd1", "2'd2", "default"]
    body = "  reg [3:0] value;\n  assign digit = error ? 4'd15 : value;\n"
    body += "  always @* begin\n    case (from_code)\n"
    body += (
        "      2'd0: begin\n        value = coded;\n        error = (coded > 4'd9);\n      end\n"
    )
    for label, kind in zip(labels, kinds, strict=True):
        body += (
            f"      {label}: begin\n        value = {back[kind]};\n"
            f"        error = {wrong[kind]};\n      end\n"
        )
    body += "    endcase\n  end\n  always @* begin\n    if (error) y = 4'd15;\n    else begin\n"
    body += "      case (to_code)\n        2'd0: y = digit;\n"
    body += "".join(
        f"        {label}: y = {_DIGITS[kind][2]};\n"
        for label, kind in zip(labels, kinds, strict=True)
    )
    body += "      endcase\n    end\n  end\n"
    reference = module(interface, body, ["y", "error"])

    def rows(draw: Draw) -> dict[str, int]:
        code = draw.below(4)
        coded = codes[code](draw.below(10)) if draw.chance(0.7) else draw.below(16)
        return {"coded": coded, "from_code": code, "to_code": draw.below(4)}

    edges: list[Inputs] = [
        {"coded": coded, "from_code": code, "to_code": 0}
        for code in range(4) for coded in range(16)
    ]  # fmt: skip
    return Problem(words, interface, reference, combinational(interface, outputs, rows, edges))


# ---------------------------------------------------------------- 5: with registers


def _dabble(kind: int) -> Problem:
    interface = clocked(
        "decimal_stream",
        (Port("bit_in"), Port("valid"), Port("clear")),
        (Port("tens", 4), Port("ones", 4), Port("overflow"), Port("length", 3)),
        kind,
    )
    over = (
        "a bit that would make it 100 or more is not taken: nothing changes, except that overflow "
        "becomes 1"
        if kind
        else "where a bit makes it 100 or more, it becomes 100 less, and overflow becomes 1"
    )
    words = (
        "A binary number comes bit by bit, the highest first, and is shown as two decimal digits, "
        "tens and ones. First the number is 0, and no bit has come. In a cycle where clear is 1 "
        "it becomes 0 again, overflow and length too, and no bit comes, whatever valid is. "
        "Otherwise, in a cycle where valid is 1, the bit bit_in comes, and the number becomes "
        f"twice what it was plus this bit; but {over}. length is the number of bits that have been "
        "taken since the first state or the last clear; it stays at 7. overflow is first 0, and "
        "once 1 it stays so until a clear. All outputs change in the cycle after the bit."
    )

    def step(state: tuple[int, int, int], inputs: Inputs) -> tuple[Outputs, tuple[int, int, int]]:
        number, overflow, length = state
        found = {
            "tens": number // 10, "ones": number % 10, "overflow": overflow, "length": length,
        }  # fmt: skip
        if inputs["clear"]:
            return found, (0, 0, 0)
        if not inputs["valid"]:
            return found, state
        after = 2 * number + inputs["bit_in"]
        if after > 99 and kind:
            return found, (number, 1, length)
        return found, (after % 100, int(overflow or after > 99), min(7, length + 1))

    def draw(draw: Draw) -> list[dict[str, int]]:
        often, ones = draw.pick((0.7, 1.0)), draw.pick((0.3, 0.5, 0.7))
        clear = draw.pick((0.06, 0.12))
        return [
            {
                "bit_in": int(draw.chance(ones)), "valid": int(draw.chance(often)),
                "clear": int(draw.chance(clear)),
            }
            for _ in range(36)
        ]  # fmt: skip

    tens_less = "tens[2:0]" if kind else "over ? tens[2:0] - 3'd5 : tens[2:0]"
    body = (
        "  wire step = (ones > 4'd4);\n  wire over = (tens > 4'd4);\n"
        "  wire [2:0] ones_less = step ? ones[2:0] - 3'd5 : ones[2:0];\n"
        f"  wire [2:0] tens_less = {tens_less};\n"
    )
    zero = "tens <= 4'd0;\nones <= 4'd0;\noverflow <= 1'b0;\nlength <= 3'd0;"
    taken = (
        "tens <= {tens_less, step};\n  ones <= {ones_less, bit_in};\n"
        "  if (length != 3'd7) length <= length + 3'd1;"
    )
    inner = "\n".join(f"  {line}" for line in zero.splitlines())
    then = f"if (clear) begin\n{inner}\nend else if (valid"
    if kind:
        then += f" && over) begin\n  overflow <= 1'b1;\nend else if (valid) begin\n  {taken}\nend"
    else:
        then += f") begin\n  {taken}\n  if (over) overflow <= 1'b1;\nend"
    body += at_edge(interface, zero, then)

    def bits(text: str) -> list[dict[str, int]]:
        return [{"bit_in": int(c), "valid": 1, "clear": 0} for c in text]

    edges = [
        [*bits(f"{n:b}"), {"bit_in": 1, "valid": 0, "clear": 0}, {"bit_in": 1, "valid": 1,
         "clear": 1}, *bits(f"{n + 50:b}")] for n in (0, 99, 49, 89, 19, 50, 100, 45)
    ]  # fmt: skip
    edges.append(bits("0" * 9 + "1" * 12))
    reference = module(interface, body, ["tens", "ones", "overflow", "length"])
    return Problem(words, interface, reference, Sequential((0, 0, 0), step, draw, edges))


# The contacts before, place, moved, errors.
_StepsState = tuple[int, int, int, int]


def _steps(kind: int) -> Problem:
    """What turns a knob with two contacts: steps of a Gray code of two bits."""
    interface = clocked(
        "knob", (Port("contacts", 2), Port("clear")),
        (Port("place", 4), Port("moved"), Port("errors", 3)), kind,
    )  # fmt: skip
    end = (
        "place has four bits; after 15 comes 0, and before 0 comes 15"
        if kind
        else "place is from 0 to 15, and steps beyond either end do not change it (but are steps)"
    )
    words = (
        "A knob gives its position as two contacts, which go through the values 0, 1, 3, 2 and 0 "
        "again when it is turned up, and the other way when it is turned down. Compare contacts "
        "with its value in the cycle before (in the first state, with 0): a change to the next "
        "value in that order is a step up, to the one before it a step down; both bits "
        f"changing at once is an error, and no step. A step up makes place one greater, a step "
        f"down one less; {end}. moved is 1 in the cycle after a step, else 0. errors counts the "
        "errors, and stays at 7. In a cycle where clear is 1, place and errors become 0 and moved "
        "too, whatever step or error there is; contacts is still what the next cycle compares "
        "with. place, moved and errors are first 0, and change in the cycle after."
    )
    order = (0, 1, 3, 2)

    def step(state: _StepsState, inputs: Inputs) -> tuple[Outputs, _StepsState]:
        before, place, moved, errors = state
        found = {"place": place, "moved": moved, "errors": errors}
        now = inputs["contacts"]
        turn = (order.index(now) - order.index(before)) % 4
        if inputs["clear"]:
            return found, (now, 0, 0, 0)
        if turn == 2:
            return found, (now, place, 0, min(7, errors + 1))
        by = {0: 0, 1: 1, 3: -1}[turn]
        place = (place + by) % 16 if kind else min(15, max(0, place + by))
        return found, (now, place, abs(by), errors)

    def draw(draw: Draw) -> list[dict[str, int]]:
        rows: list[dict[str, int]] = []
        at, wild = 0, draw.pick((0.05, 0.4))
        while len(rows) < 38:
            way = draw.pick((1, 1, -1))
            for _ in range(draw.between(2, 20)):
                by = 2 if draw.chance(wild) else way * draw.pick((1, 1, 1, 0))
                at = (at + by) % 4
                rows.append({"contacts": order[at], "clear": int(draw.chance(0.03))})
        return rows[:40]

    top, low = ("", "") if kind else ("place != 4'd15", "place != 4'd0")
    up = f"if ({top}) place <= place + 4'd1;" if top else "place <= place + 4'd1;"
    down = f"if ({low}) place <= place - 4'd1;" if low else "place <= place - 4'd1;"
    body = (
        "  reg [1:0] last;\n  wire [1:0] changed = contacts ^ last;\n"
        "  wire up = changed[0] ? (contacts[0] != last[1]) : (contacts[1] == last[0]);\n"
    )
    first = "last <= 2'd0;\nplace <= 4'd0;\nmoved <= 1'b0;\nerrors <= 3'd0;"
    then = (
        "last <= contacts;\nmoved <= 1'b0;\nif (clear) begin\n  place <= 4'd0;\n"
        "  errors <= 3'd0;\nend else if (changed == 2'd3) begin\n"
        "  if (errors != 3'd7) errors <= errors + 3'd1;\nend else if (changed != 2'd0) begin\n"
        f"  moved <= 1'b1;\n  if (up) begin\n    {up}\n  end else begin\n    {down}\n  end\nend"
    )
    body += at_edge(interface, first, then)
    turns = [{"contacts": order[at % 4], "clear": 0} for at in range(1, 19)]
    edges = [
        turns + turns[::-1] + turns[:1],
        [{"contacts": 3 * (at % 2), "clear": 0} for at in range(12)],
        [{"contacts": order[-at % 4], "clear": int(at == 7)} for at in range(1, 12)],
    ]  # fmt: skip
    reference = module(interface, body, ["place", "moved", "errors"])
    return Problem(words, interface, reference, Sequential((0, 0, 0, 0), step, draw, edges))


# The bits since the 0 (None: no frame has begun), word, good, bad.
_FramesState = tuple[Any, str, int, int]


def _frames(kind: int) -> Problem:
    """Words of four bits with a parity bit, on a line that idles high."""
    odd, low_first = kind % 2, kind < 2
    interface = clocked(
        "frames", (Port("line"),), (Port("word", 4), Port("good"), Port("bad"), Port("busy")), kind
    )  # fmt: skip
    words = (
        "Frames on a line that is 1 while nothing is sent. A frame is six bits, one in each cycle: "
        f"a 0, four bits of a word, {'the lowest' if low_first else 'the highest'} first, and a "
        f"bit that makes the number of ones among these five {'odd' if odd else 'even'}. After "
        "that comes a seventh bit, which ought to be 1. busy is 1 in the cycles after the 0 in "
        "which the four, the sixth and the seventh bit are on the line. In the cycle after the "
        "seventh bit, good is 1 if the parity was right and the seventh bit was 1, and bad is 1 "
        "otherwise; in all other cycles both are 0. word takes the four bits together with good, "
        "and keeps them; after a bad frame it stays as it was. In that same cycle, the one after "
        "the seventh bit, the 0 of the next frame may already be on the line. A 0 at the place of "
        "the seventh bit does not begin a frame. First no frame has begun, and all outputs are 0."
    )

    def step(state: _FramesState, inputs: Inputs) -> tuple[Outputs, _FramesState]:
        bits, word, good, bad = state
        found: Outputs = {"word": word, "good": good, "bad": bad, "busy": int(bits is not None)}
        if bits is None:
            return found, ("" if inputs["line"] == 0 else None, word, 0, 0)
        bits += str(inputs["line"])
        if len(bits) < 6:
            return found, (bits, word, 0, 0)
        fine = bits[5] == "1" and bits[:5].count("1") % 2 == odd
        if fine:
            word = bits[:4][::-1] if low_first else bits[:4]
        return found, (None, word, int(fine), int(not fine))

    def draw(draw: Draw) -> list[dict[str, int]]:
        text = "1" * draw.below(3)
        while len(text) < 40:
            data = f"{draw.below(16):04b}"
            check = (data.count("1") + odd) % 2
            check ^= int(draw.chance(0.2))
            text += f"0{data}{check}{draw.pick('11110')}" + "1" * draw.pick((0, 0, 1, 3))
        return [{"line": int(bit)} for bit in text[:40]]

    into = "{line, held[3:1]}" if low_first else "{held[2:0], line}"
    test = "(parity && line)" if odd else "(!parity && line)"
    body = (
        "  reg [2:0] place;\n  reg [3:0] held;\n  reg parity;\n"
        f"  wire fine = {test};\n  assign busy = (place != 3'd0);\n"
        f"  always @(posedge {interface.clock}) begin\n"
        "    parity <= busy && (parity ^ line);\n"
        f"    if (place < 3'd5) held <= {into};\n  end\n"
    ) + at_edge(
        interface,
        "place <= 3'd0;\nword <= 4'd0;\ngood <= 1'b0;\nbad <= 1'b0;",
        "good <= 1'b0;\nbad <= 1'b0;\nif (place == 3'd6) begin\n  place <= 3'd0;\n"
        "  good <= fine;\n  bad <= !fine;\n  if (fine) word <= held;\n"
        "end else if (busy || !line) begin\n  place <= place + 3'd1;\nend",
    )
    reference = module(interface, body, ["word", "good", "bad"])
    edges = [[{"line": int(bit)} for bit in text] for text in (
        "0" * 21, "1" * 9 + "0000011" + "0111111" + "1" * 8, "00001110001011" * 2,
        "0100011010000101" + "11",
    )]  # fmt: skip
    model = Sequential((None, "0000", 0, 0), step, draw, edges)
    return Problem(words, interface, reference, model)


def _stuff(kind: int) -> Problem:
    """Bits on a line with a bit put in after a stretch of equal ones, taken out again."""
    longest = (3, 4, 5)[kind]
    ones_only = kind == 2
    interface = clocked(
        "unstuff", (Port("line"), Port("valid")),
        (Port("y"), Port("take"), Port("errors", 3), Port("stretch", 3)), kind,
    )  # fmt: skip
    what = f"{longest} ones in a row" if ones_only else f"{longest} equal bits in a row"
    opposite = "a 0" if ones_only else "the opposite of these"
    counted = (
        "the number of ones that came last in a row, and 0 after a 0"
        if ones_only
        else "the number of equal bits that came last in a row"
    )
    words = (
        f"Bits come on a line, one in each cycle where valid is 1. Whoever sends them puts one "
        f"more bit in after {what}: {opposite}. The module tells which bits are meant, in the same "
        "cycle: take is 1 when valid is 1 and this is no bit that was put in, and y is line then; "
        f"otherwise take is 0 and y is 0. stretch is {counted}, before this cycle; bits that were "
        "put in count here like others, "
        + ("and a 0 ends the row. " if ones_only else "and begin a row of their own. ")
        + f"So a bit is one that was put in exactly when stretch is {longest}. If such a bit is "
        f"not the opposite but one more of the same, it is an error: errors goes up by one in the "
        "cycle after it, staying at 7, and stretch becomes 0, as it is first: then nothing has "
        "come. errors is first 0. Where valid is 0 nothing changes."
    )

    # The bits that came since the first state or an error, and the errors.
    def step(state: tuple[str, int], inputs: Inputs) -> tuple[Outputs, tuple[str, int]]:
        row, errors = state
        extra = len(row) == longest
        take = inputs["valid"] and not extra
        found = {
            "y": inputs["line"] if take else 0, "take": int(take), "errors": errors,
            "stretch": len(row),
        }  # fmt: skip
        if not inputs["valid"]:
            return found, state
        bit = str(inputs["line"])
        if extra and bit == row[-1]:
            return found, ("", min(7, errors + 1))
        if ones_only:
            return found, (row + "1" if bit == "1" else "", errors)
        return found, (row + bit if row.endswith(bit) else bit, errors)

    def draw(draw: Draw) -> list[dict[str, int]]:
        often = draw.pick((0.7, 1.0))
        text = ""
        while len(text) < 40:
            bit = "1" if ones_only else draw.pick("01")
            text += bit * draw.pick((1, 2, longest, longest, longest, longest + 1))
            text += "0" if ones_only else "10"[int(bit)] * draw.pick((1, 1, longest))
        return [{"line": int(bit), "valid": int(draw.chance(often))} for bit in text[:40]]

    same = "line" if ones_only else "(line == last)"
    body = ("" if ones_only else "  reg last;\n") + (
        f"  wire extra = (stretch == 3'd{longest});\n"
        "  assign take = valid && !extra;\n  assign y = take && line;\n"
    )
    if not ones_only:
        body += (
            f"  always @(posedge {interface.clock}) begin\n    if (valid) last <= line;\n  end\n"
        )
        other = "3'd1"
        going = "if (stretch != 3'd0 && line == last) stretch <= stretch + 3'd1;"
    else:
        other = "3'd0"
        going = "if (line) stretch <= stretch + 3'd1;"
    then = (
        f"if (valid) begin\n  if (extra && {same}) begin\n    stretch <= 3'd0;\n"
        f"    if (errors != 3'd7) errors <= errors + 3'd1;\n  end else begin\n    {going}\n"
        f"    else stretch <= {other};\n  end\nend"
    )
    body += at_edge(interface, "stretch <= 3'd0;\nerrors <= 3'd0;", then)
    reference = module(interface, body, ["stretch", "errors"])
    edges = [
        [{"line": 1, "valid": 1}] * (9 * (longest + 1)), [{"line": 0, "valid": 1}] * 12,
        [{"line": at // longest % 2, "valid": 1} for at in range(30)],
    ]  # fmt: skip
    return Problem(words, interface, reference, Sequential(("", 0), step, draw, edges))
