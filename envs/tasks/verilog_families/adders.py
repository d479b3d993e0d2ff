"""Adders: sums, differences, comparisons, means, with and without sign, flags and clipping."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from ....verifiers.verilog.interface import Interface, Port
from ..draw import Draw
from .bits import combinational, near, signed
from .family import Inputs, Outputs, Problem, Sequential, at_edge, clocked, family, indented, module


def _variants(level: int) -> Sequence[tuple[Any, ...]]:
    if level == 1:
        kinds = ("sum", "difference", "floor", "ceiling", "less", "greater", "double")
        return [(level, kind, sign, 5) for kind in kinds for sign in (True, False)]
    if level == 2:
        kinds = ("either", "distance", "pair", "order", "clip_sum", "clip_difference", "carry")
        return [(level, kind, sign, 6) for kind in kinds for sign in (True, False)]
    if level == 3:
        return [
            *((level, "flags", borrow, width) for borrow in (True, False) for width in (4, 8)),
            *((level, "clamp", sign, 5) for sign in (True, False)),
            *((level, "mean", order, 5) for order in (0, 1, 2)),
            *((level, "modulo", down, m) for down in (True, False) for m in (10, 11, 13)),
            *((level, "mixed", lower, 5) for lower in (True, False)),
        ]
    if level == 4:
        return [
            *((level, "lanes", kind, sign) for kind in ("wrap", "clip") for sign in (True, False)),
            *((level, "three", kind, sign) for kind in ("clip", "flag") for sign in (True, False)),
            *((level, "magnitude", kind, False) for kind in ("add", "both")),
            *((level, "scaled", kind, sign) for kind in ("up", "down") for sign in (True, False)),
        ]
    return [
        *((level, "window", n, sign) for n in (3, 4) for sign in (True, False)),
        *((level, "total", kind, sign) for kind in ("clip", "keep") for sign in (True, False)),
        *((level, "serial", kind, False) for kind in ("add", "subtract", "either")),
        *((level, "extremes", kind, sign) for kind in ("spread", "age") for sign in (True, False)),
        *((level, "ramp", kind, sign) for kind in ("step", "half") for sign in (True, False)),
    ]


@family("adder", _variants)
def adder(level: int, kind: str, option: Any, number: Any) -> Problem:
    if level <= 2:
        return (_single if level == 1 else _flagged)(kind, option, number)
    makers: dict[str, Callable[[Any, Any], Problem]] = {
        "flags": _flags, "clamp": _clamp, "mean": _mean, "modulo": _modulo, "mixed": _mixed,
        "lanes": _lanes, "three": _three, "magnitude": _magnitude, "scaled": _scaled,
        "window": _window, "total": _total, "serial": _serial, "extremes": _extremes,
        "ramp": _ramp,
    }  # fmt: skip
    return makers[kind](option, number)


def _numbers(sign: bool) -> str:
    return "numbers in two's complement" if sign else "numbers without sign"


def _wide(name: str, width: int, sign: bool, by: int = 1) -> str:
    """An operand with more bits and the same value, in Verilog."""
    fill = f"{name}[{width - 1}]" if sign else "1'b0"
    return f"{{{fill if by == 1 else f'{{{by}{{{fill}}}}}'}, {name}}}"


def _reader(sign: bool, width: int) -> Callable[[int], int]:
    return lambda value: signed(value, width) if sign else value


def _range(sign: bool, width: int) -> tuple[int, int]:
    half = 1 << (width - 1)
    return (-half, half - 1) if sign else (0, 2 * half - 1)


def _ends(*names: str, width: int) -> list[Inputs]:
    """All ends of the operands' ranges, crossed."""
    half, rows = 1 << (width - 1), [dict[str, int]()]
    for name in names:
        rows = [
            {**row, name: value} for row in rows for value in (0, 1, half - 1, half, 2 * half - 1)
        ]
    return list(rows)


# ---------------------------------------------------------------- 1: an assignment


def _single(kind: str, sign: bool, width: int) -> Problem:
    read = _reader(sign, width)
    wide_a, wide_b = _wide("a", width, sign), _wide("b", width, sign)
    low, high = ("$signed(a)", "$signed(b)") if sign else ("a", "b")
    # Bits of y, what it is, the same in Python, and in Verilog.
    parts: dict[str, tuple[int, str, Callable[[int, int], int], str]] = {
        "sum": (
            width + 1, "y is a + b, of one bit more, so that it always fits",
            lambda a, b: a + b, f"  assign y = {wide_a} + {wide_b};\n",
        ),
        "difference": (
            width + 1, "y is a - b, in two's complement, of one bit more, so that it always fits",
            lambda a, b: a - b, f"  assign y = {wide_a} - {wide_b};\n",
        ),
        "floor": (
            width, "y is half of a + b, rounded down (to the next lower whole number)",
            lambda a, b: (a + b) // 2,
            f"  wire [{width}:0] total = {wide_a} + {wide_b};\n"
            f"  assign y = total[{width}:1];\n",
        ),
        "ceiling": (
            width, "y is half of a + b, rounded up (to the next higher whole number)",
            lambda a, b: -(-(a + b) // 2),
            f"  wire [{width}:0] total = {wide_a} + {wide_b};\n"
            f"  assign y = total[{width}:1] + {{{width - 1}'d0, total[0]}};\n",
        ),
        "less": (
            1, "y is 1 when a is less than b, else 0", lambda a, b: int(a < b),
            f"  assign y = ({low} < {high});\n",
        ),
        "greater": (
            width, "y is the greater of a and b", max,
            f"  assign y = ({low} > {high}) ? a : b;\n",
        ),
        "double": (
            width + 2, "y is 2 * a - b, in two's complement, of two bits more, so that it "
            "always fits",
            lambda a, b: 2 * a - b,
            f"  assign y = {{{wide_a}, 1'b0}} - {_wide('b', width, sign, 2)};\n",
        ),
    }  # fmt: skip
    size, say, value, body = parts[kind]
    interface = Interface("arithmetic", (Port("a", width), Port("b", width)), (Port("y", size),))
    if kind == "greater":
        say += ", or a when they are equal"
    words = f"a and b are {_numbers(sign)}. {say}."
    halved = kind in ("floor", "ceiling")
    if halved:
        interface = replace(interface, outputs=(*interface.outputs, Port("exact")))
        words += " exact is 1 when a + b is even, so that nothing is rounded, else 0."
        body += "  assign exact = !total[0];\n"

    def outputs(inputs: Inputs) -> Outputs:
        a, b = read(inputs["a"]), read(inputs["b"])
        found = {"y": value(a, b) % (1 << size)}
        return {**found, "exact": int((a + b) % 2 == 0)} if halved else found

    edges = _ends("a", "b", width=width)
    model = combinational(interface, outputs, near(interface, "a", "b"), edges)
    return Problem(words, interface, module(interface, body), model)


# ---------------------------------------------------------------- 2: with a flag or a mode


def _flagged(kind: str, sign: bool, width: int) -> Problem:
    read, (least, most) = _reader(sign, width), _range(sign, width)
    size, top = 1 << width, width - 1
    wide_a, wide_b = _wide("a", width, sign), _wide("b", width, sign)
    low, high = ("$signed(a)", "$signed(b)") if sign else ("a", "b")
    beyond = f"the range of {width} bits {'in twos complement' if sign else 'without sign'}"
    beyond = beyond.replace("twos", "two's")
    modes: tuple[Port, ...] = ()
    out: tuple[Port, ...]
    fits = f"total[{width}] == total[{top}]" if sign else f"!total[{width}]"
    found: Callable[[int, int, Inputs], Outputs]
    if kind == "either":
        modes, out = (Port("subtract"),), (Port("y", width), Port("overflow"))
        say = (
            f"y is the lowest {width} bits of a + b, or, when subtract is 1, of a - b. overflow is "
            f"1 when the true result is outside {beyond}, else 0."
        )
        body = (
            f"  wire [{width}:0] total = subtract ? {wide_a} - {wide_b} : {wide_a} + {wide_b};\n"
            f"  assign y = total[{top}:0];\n  assign overflow = "
            + (f"(total[{width}] != total[{top}]);\n" if sign else f"total[{width}];\n")
        )

        def found(a: int, b: int, row: Inputs) -> Outputs:
            true = a - b if row["subtract"] else a + b
            return {"y": true % size, "overflow": int(not least <= true <= most)}

    elif kind == "distance":
        out = (Port("y", width), Port("a_first"))
        say = (
            f"y is how far they are apart, which always fits {width} bits without sign. a_first is "
            "1 when a is less than b, else 0."
        )
        body = f"  assign a_first = ({low} < {high});\n  assign y = a_first ? b - a : a - b;\n"

        def found(a: int, b: int, _: Inputs) -> Outputs:
            return {"y": abs(a - b), "a_first": int(a < b)}

    elif kind == "pair":
        modes, out = (Port("down"),), (Port("first", width), Port("second", width))
        say = (
            "first and second are the two in order: the smaller one first, or, when down is 1, the "
            "greater one first."
        )
        body = (
            f"  wire swap = down ? ({low} < {high}) : ({low} > {high});\n"
            "  assign first = swap ? b : a;\n  assign second = swap ? a : b;\n"
        )

        def found(a: int, b: int, row: Inputs) -> Outputs:
            one, two = sorted((a, b), reverse=bool(row["down"]))
            return {"first": one % size, "second": two % size}

    elif kind == "order":
        modes = (Port("strict"),)
        say = (
            "less is 1 when a is less than b, and more is 1 when it is greater; otherwise they are "
            "0. apart is 1 when they are more than 1 apart, or, when strict is 1, at least 1; "
            "otherwise it is 0."
        )
        out = (Port("less"), Port("more"), Port("apart"))
        body = (
            f"  wire [{top}:0] gap = less ? b - a : a - b;\n"
            f"  assign less = ({low} < {high});\n  assign more = ({low} > {high});\n"
            f"  assign apart = strict ? (gap >= {width}'d1) : (gap >= {width}'d2);\n"
        )

        def found(a: int, b: int, row: Inputs) -> Outputs:
            apart = abs(a - b) > 1 - row["strict"]
            return {"less": int(a < b), "more": int(a > b), "apart": int(apart)}

    elif kind in ("clip_sum", "clip_difference"):
        out = (Port("y", width), Port("clipped"))
        what, op = ("a + b", "+") if kind == "clip_sum" else ("a - b", "-")
        say = (
            f"y is {what} where this is in {beyond}; where it is less than the least such number, "
            "y is the least, and where it is more than the greatest, y is the greatest. clipped is "
            "1 in these two cases, else 0."
        )
        end = (
            f"{{total[{width}], {{{top}{{!total[{width}]}}}}}}"
            if sign
            else f"{{{width}{{1'b{int(op == '+')}}}}}"
        )
        body = (
            f"  wire [{width}:0] total = {wide_a} {op} {wide_b};\n"
            f"  assign clipped = !({fits});\n  assign y = clipped ? {end} : total[{top}:0];\n"
        ).replace(f"!(!total[{width}])", f"total[{width}]")

        def found(a: int, b: int, _: Inputs) -> Outputs:
            true = a + b if op == "+" else a - b
            y = min(most, max(least, true))
            return {"y": y % size, "clipped": int(y != true)}

    else:  # carry
        modes, out = (Port("carry_in"),), (Port("y", width), Port("carry"), Port("zero"))
        flag = "overflow" if sign else "carry"
        out = (Port("y", width), Port(flag), Port("zero"))
        say = (
            f"y is the lowest {width} bits of a + b + carry_in. {flag} is 1 when the true result "
            f"is outside {beyond}, else 0. zero is 1 when y is 0, else 0."
        )
        body = (
            f"  wire [{width}:0] total = {wide_a} + {wide_b} + {{{width}'d0, carry_in}};\n"
            f"  assign y = total[{top}:0];\n  assign zero = (y == {width}'d0);\n"
            f"  assign {flag} = "
            + (f"(total[{width}] != total[{top}]);\n" if sign else f"total[{width}];\n")
        )

        def found(a: int, b: int, row: Inputs) -> Outputs:
            true = a + b + row["carry_in"]
            return {
                "y": true % size, flag: int(not least <= true <= most),
                "zero": int(true % size == 0),
            }  # fmt: skip

    interface = Interface("arithmetic", (Port("a", width), Port("b", width), *modes), out)
    draw = near(interface, "a", "b")
    return Problem(
        f"a and b are {_numbers(sign)}. {say}",
        interface,
        module(interface, body),
        combinational(
            interface,
            lambda row: found(read(row["a"]), read(row["b"]), row),
            draw,
            [
                {**row, **{mode.name: bit for mode in modes}}
                for row in _ends("a", "b", width=width)
                for bit in ((0, 1) if modes else (0,))
            ],
        ),
    )


# ---------------------------------------------------------------- 3: more flags and ranges


def _flags(borrow: bool, width: int) -> Problem:
    size, top = 1 << width, width - 1
    interface = Interface(
        "flags",
        (Port("a", width), Port("b", width), Port("subtract")),
        (Port("y", width), Port("carry"), Port("overflow"), Port("zero"), Port("negative")),
    )
    say = (
        "1 when a, as a number without sign, is less than b (a borrow)"
        if borrow
        else "1 when a, as a number without sign, is at least b (no borrow)"
    )
    words = (
        f"y is the lowest {width} bits of a + b, or of a - b when subtract is 1.\n"
        f"- carry: of a sum, 1 when it does not fit {width} bits without sign; of a difference, "
        f"{say}; else 0.\n"
        "- overflow: 1 when the true result, of a and b as numbers in two's complement, is not in "
        f"the range of {width} bits in two's complement, else 0.\n"
        "- zero: 1 when y is 0, else 0. negative: the highest bit of y."
    )

    def outputs(inputs: Inputs) -> Outputs:
        a, b, way = inputs["a"], inputs["b"], -1 if inputs["subtract"] else 1
        y = (a + way * b) % size
        true = signed(a, width) + way * signed(b, width)
        carry = ((a < b) == borrow) if way < 0 else a + b >= size
        return {
            "y": y, "carry": int(carry), "overflow": int(true != signed(y, width)),
            "zero": int(y == 0), "negative": int(signed(y, width) < 0),
        }  # fmt: skip

    if borrow:
        total = (
            "  wire [{w}:0] total = subtract ? {{1'b0, a}} - {{1'b0, b}} : "
            "{{1'b0, a}} + {{1'b0, b}};\n"
        )
    else:
        total = (
            "  wire [{t}:0] other = subtract ? ~b : b;\n"
            "  wire [{w}:0] total = {{1'b0, a}} + {{1'b0, other}} + {{{w}'d0, subtract}};\n"
        )
    sign_b = f"(b[{top}] ^ subtract)" if borrow else f"other[{top}]"
    body = total.format(w=width, t=top) + (
        f"  assign y = total[{top}:0];\n  assign carry = total[{width}];\n"
        f"  assign overflow = (a[{top}] == {sign_b}) && (y[{top}] != a[{top}]);\n"
        f"  assign zero = (y == {width}'d0);\n  assign negative = y[{top}];\n"
    )
    edges = [{**row, "subtract": bit} for row in _ends("a", "b", width=width) for bit in (0, 1)]
    model = combinational(interface, outputs, near(interface, "a", "b"), edges[:60])
    return Problem(words, interface, module(interface, body), model)


def _clamp(sign: bool, width: int) -> Problem:
    read = _reader(sign, width)
    interface = Interface(
        "clamp",
        tuple(Port(name, width) for name in ("value", "low", "high")),
        (Port("y", width), Port("under"), Port("over"), Port("empty")),
    )
    words = (
        f"value, low and high are {_numbers(sign)}. When low is greater than high, empty is 1, y "
        "is value, and under and over are 0. Otherwise empty is 0, and y is value kept between "
        "the two: low where value is less than low, and under is 1; high where value is greater "
        "than high, and over is 1; value in between (low and high included), and both are 0. "
        "under is 0 except where said, and over too."
    )

    def outputs(inputs: Inputs) -> Outputs:
        value, low, high = (read(inputs[name]) for name in ("value", "low", "high"))
        empty = low > high
        y = value if empty else sorted((low, value, high))[1]
        return {
            "y": y % (1 << width), "under": int(y > value), "over": int(y < value),
            "empty": int(empty),
        }  # fmt: skip

    def draw(draw: Draw) -> dict[str, int]:
        row = near(interface, "value", "low", "high")(draw)
        if draw.chance(0.6):
            low, high = sorted((row["low"], row["high"]), key=read)
            row |= {"low": low, "high": high}
        return row

    v = {n: f"$signed({n})" if sign else n for n in ("value", "low", "high")}
    body = (
        f"  assign empty = ({v['low']} > {v['high']});\n"
        f"  assign under = !empty && ({v['value']} < {v['low']});\n"
        f"  assign over = !empty && ({v['value']} > {v['high']});\n"
        "  assign y = under ? low : over ? high : value;\n"
    )
    return Problem(
        words, interface, module(interface, body), combinational(interface, outputs, draw)
    )


_ROUNDINGS = (
    ("down (to the next lower whole number)", lambda total: total // 2),
    ("up (to the next higher whole number)", lambda total: -(-total // 2)),
    ("towards zero", lambda total: int(total / 2)),
    ("away from zero", lambda total: int((total + (total > 0) - (total < 0)) / 2)),
)
_ROUND_UP = ("1'b0", "total[0]", "total[0] && total[{w}]", "total[0] && !total[{w}]")


def _mean(order: int, width: int) -> Problem:
    ways = [(1 + order * 2 + at * (1 if order != 1 else 3)) % 4 for at in range(4)]
    interface = Interface(
        "mean",
        (Port("a", width), Port("b", width), Port("mode", 2)),
        (Port("y", width), Port("exact")),
    )
    words = (
        "a and b are numbers in two's complement, and y is half of a + b, also in two's "
        "complement. exact is 1 when it is a whole number; then y is that number. Where it is "
        "not, exact is 0, and y is rounded as mode says: "
        + ", ".join(f"at {at} {_ROUNDINGS[way][0]}" for at, way in enumerate(ways))
        + "."
    )

    def outputs(inputs: Inputs) -> Outputs:
        total = signed(inputs["a"], width) + signed(inputs["b"], width)
        y = _ROUNDINGS[ways[inputs["mode"]]][1](total)
        return {"y": y % (1 << width), "exact": int(total % 2 == 0)}

    arms = "".join(
        f"      {f'2{chr(39)}d{at}' if at < 3 else 'default'}: up = "
        f"{_ROUND_UP[way].format(w=width)};\n"
        for at, way in enumerate(ways)
    )
    body = (
        f"  wire [{width}:0] total = {_wide('a', width, True)} + {_wide('b', width, True)};\n"
        f"  reg up;\n  assign exact = !total[0];\n"
        f"  assign y = total[{width}:1] + {{{width - 1}'d0, up}};\n"
        f"  always @* begin\n    case (mode)\n{arms}    endcase\n  end\n"
    )
    edges: list[Inputs] = [
        {"a": a % 32, "b": b % 32, "mode": mode}
        for a, b in ((-1, 0), (1, 0), (0, 0), (-16, -16), (-16, -15), (15, 15), (15, 14), (-1, 1))
        for mode in range(4)
    ]
    # An operand whose sign is not that of the sum, where the sign says how it is rounded.
    edges += [
        {"a": a % 32, "b": b % 32, "mode": mode}
        for a, b in ((-3, 8), (3, -8), (8, -3), (-8, 3))
        for mode in range(4)
        if ways[mode] >= 2
    ]
    model = combinational(interface, outputs, near(interface, "a", "b"), edges)
    return Problem(words, interface, module(interface, body), model)


def _modulo(down: bool, modulus: int) -> Problem:
    interface = Interface(
        "modular", (Port("a", 4), Port("b", 4)), (Port("y", 4), Port("wrapped"), Port("error"))
    )
    op, least = ("-", "is less than 0") if down else ("+", f"is at least {modulus}")
    words = (
        f"Arithmetic modulo {modulus} with numbers from 0 to {modulus - 1}. y is a {op} b, "
        f"{'plus' if down else 'less'} {modulus} where that {least}; wrapped is 1 in this case, "
        f"else 0. When a or b is no such number (it is {modulus} or more), error is 1, y is 0 and "
        "wrapped is 0; otherwise error is 0."
    )

    def outputs(inputs: Inputs) -> Outputs:
        a, b = inputs["a"], inputs["b"]
        if max(a, b) >= modulus:
            return {"y": 0, "wrapped": 0, "error": 1}
        true = a - b if down else a + b
        return {"y": true % modulus, "wrapped": int(not 0 <= true < modulus), "error": 0}

    def draw(draw: Draw) -> dict[str, int]:
        bad = draw.chance(0.15)
        a, b = (draw.below(16 if bad else modulus) for _ in range(2))
        if draw.chance(0.4):
            b = (a if down else modulus - a) + draw.pick((-1, 0, 1))
        return {"a": a, "b": min(15, max(0, b))}

    edges: list[Inputs] = [
        {"a": a, "b": b} for a in (0, modulus - 1, modulus, 15) for b in (0, modulus - 1, modulus)
    ]
    if down:
        value = f"a + 4'd{modulus} - b"
        body = (
            f"  assign error = (a > 4'd{modulus - 1}) || (b > 4'd{modulus - 1});\n"
            "  assign wrapped = !error && (a < b);\n"
            f"  assign y = error ? 4'd0 : wrapped ? {value} : a - b;\n"
        )
    else:
        body = (
            "  wire [4:0] total = {1'b0, a} + {1'b0, b};\n"
            f"  wire [4:0] less = total - 5'd{modulus};\n"
            f"  assign error = (a > 4'd{modulus - 1}) || (b > 4'd{modulus - 1});\n"
            f"  assign wrapped = !error && !less[4];\n"
            "  assign y = error ? 4'd0 : wrapped ? less[3:0] : total[3:0];\n"
        )
    model = combinational(interface, outputs, draw, edges)
    return Problem(words, interface, module(interface, body), model)


def _mixed(lower: bool, width: int) -> Problem:
    """A number without sign that a number with one is added to."""
    size, top = 1 << width, width - 1
    interface = Interface(
        "move",
        (Port("place", width), Port("by", width), Port("back")),
        (Port("to", width), Port("hit")),
    )
    ends = (
        f"Where that is less than 0, to is 0, and where it is greater than {size - 1}, to is "
        f"{size - 1}; hit is 1 in these cases, else 0."
        if lower
        else f"Where that is less than 0 or greater than {size - 1}, to is place, and hit is 1; "
        "otherwise hit is 0."
    )
    words = (
        "place is a number without sign, and by one in two's complement. to is place + by, or "
        f"place - by when back is 1, without sign. {ends}"
    )

    def outputs(inputs: Inputs) -> Outputs:
        place, by = inputs["place"], signed(inputs["by"], width)
        true = place - by if inputs["back"] else place + by
        fine = 0 <= true < size
        to = true if fine else min(size - 1, max(0, true)) if lower else place
        return {"to": to, "hit": int(not fine)}

    end = f"total[{width + 1}] ? {width}'d0 : {width}'d{size - 1}" if lower else "place"
    body = (
        f"  wire [{width + 1}:0] far = {_wide('by', width, True, 2)};\n"
        f"  wire [{width + 1}:0] total = back ? {{2'b00, place}} - far : {{2'b00, place}} + far;\n"
        f"  assign hit = (total[{width + 1}:{width}] != 2'b00);\n"
        f"  assign to = !hit ? total[{top}:0] : {end};\n"
    )
    edges: list[Inputs] = [
        {"place": place, "by": by, "back": back}
        for place, by in ((0, size - 1), (0, 1), (size - 1, 1), (size - 1, size - 1), (16, 16),
                          (15, 16), (17, 15), (16, 15), (0, 16), (31, 16))
        for back in (0, 1)
    ]  # fmt: skip
    model = combinational(interface, outputs, near(interface, "place", "by"), edges)
    return Problem(words, interface, module(interface, body), model)


# ---------------------------------------------------------------- 4: several parts


def _lanes(kind: str, sign: bool) -> Problem:
    interface = Interface(
        "lanes",
        (Port("a", 8), Port("b", 8), Port("subtract"), Port("split")),
        (Port("y", 8), Port("flags", 2)),
    )
    say = (
        "Where a result is outside its range, it is the nearest number that is in it."
        if kind == "clip"
        else "Of a result, its lowest bits are taken."
    )
    words = (
        f"Sums of {_numbers(sign)}, or differences when subtract is 1. While split is 0, y is "
        "a + b or a - b, of 8 bits. While split is 1, the two halves work apart: y[3:0] is the "
        "result of a[3:0] and b[3:0], and y[7:4] that of a[7:4] and b[7:4]. "
        f"{say} flags[1] is 1 when the true result of all 8 bits, or, while split is 1, that of "
        f"the upper halves, is outside the range of its bits "
        f"{'in twos complement' if sign else 'without sign'}; "
        "flags[0] the same of the lower halves, and 0 while split is 0."
    ).replace("twos", "two's")

    def one(a: int, b: int, width: int, subtract: int) -> tuple[int, int]:
        read, (least, most) = _reader(sign, width), _range(sign, width)
        true = read(a) - read(b) if subtract else read(a) + read(b)
        y = min(most, max(least, true)) if kind == "clip" else true
        return y % (1 << width), int(not least <= true <= most)

    def outputs(inputs: Inputs) -> Outputs:
        a, b, subtract = inputs["a"], inputs["b"], inputs["subtract"]
        if not inputs["split"]:
            y, flag = one(a, b, 8, subtract)
            return {"y": y, "flags": 2 * flag}
        low, low_flag = one(a % 16, b % 16, 4, subtract)
        high, high_flag = one(a // 16, b // 16, 4, subtract)
        return {"y": 16 * high + low, "flags": 2 * high_flag + low_flag}

    def ends(total: str, width: int) -> str:
        if sign:
            return f"{{{total}[{width}], {{{width - 1}{{!{total}[{width}]}}}}}}"
        return f"{{{width}{{!subtract}}}}"

    def beyond(total: str, width: int) -> str:
        return f"({total}[{width}] != {total}[{width - 1}])" if sign else f"{total}[{width}]"

    def operand(name: str, top: int, bottom: int) -> str:
        fill = f"{name}[{top}]" if sign else "1'b0"
        return f"{{{fill}, {name}[{top}:{bottom}]}}"

    body = ""
    for total, top, bottom in (("whole", 7, 0), ("high", 7, 4), ("low", 3, 0)):
        a, b = operand("a", top, bottom), operand("b", top, bottom)
        body += f"  wire [{top - bottom + 1}:0] {total} = subtract ? {a} - {b} : {a} + {b};\n"
    body += (
        f"  assign flags[1] = split ? {beyond('high', 4)} : {beyond('whole', 8)};\n"
        f"  assign flags[0] = split && {beyond('low', 4)};\n  always @* begin\n"
        "    if (split) y = {high[3:0], low[3:0]};\n    else y = whole[7:0];\n"
    )
    if kind == "clip":
        body += (
            f"    if (flags[1] && split) y[7:4] = {ends('high', 4)};\n"
            f"    if (flags[1] && !split) y = {ends('whole', 8)};\n"
            f"    if (flags[0]) y[3:0] = {ends('low', 4)};\n"
        )
    body += "  end\n"

    def draw(draw: Draw) -> dict[str, int]:
        row = near(interface, "a", "b")(draw)
        if draw.chance(0.3):
            row["a"] = 16 * draw.pick((7, 8, 15)) + draw.pick((7, 8, 15))
        return row

    model = combinational(interface, outputs, draw)
    return Problem(words, interface, module(interface, body, ["y"]), model)


def _three(kind: str, sign: bool) -> Problem:
    width = 6
    read, (least, most) = _reader(sign, width), _range(sign, width)
    out = (Port("y", width), Port("under"), Port("over"))
    interface = Interface("sum", (*(Port(name, width) for name in "abc"), Port("minus", 2)), out)
    say = (
        f"y is that number kept in the range: {least} where it is less, {most} where it is greater."
        if kind == "clip"
        else f"y is its lowest {width} bits."
    )
    words = (
        f"a, b and c are {_numbers(sign)}. They are summed, except that b is subtracted when "
        f"minus[0] is 1, and c is subtracted when minus[1] is 1. under is 1 when the true result "
        f"is less than {least}, over when it is greater than {most}; otherwise they are 0. {say}"
    )

    def outputs(inputs: Inputs) -> Outputs:
        a, b, c = (read(inputs[name]) for name in "abc")
        minus = inputs["minus"]
        true = sum((a, -b if minus & 1 else b, -c if minus & 2 else c))
        y = min(most, max(least, true)) if kind == "clip" else true
        return {"y": y % 64, "under": int(true < least), "over": int(true > most)}

    far = {name: _wide(name, width, sign, 3) for name in "abc"}
    body = (
        f"  wire [8:0] with_b = minus[0] ? {far['a']} - {far['b']} : {far['a']} + {far['b']};\n"
        f"  wire [8:0] total = minus[1] ? with_b - {far['c']} : with_b + {far['c']};\n"
    )
    if sign:
        body += (
            "  assign under = total[8] && (total[7:5] != 3'b111);\n"
            "  assign over = !total[8] && (total[7:5] != 3'b000);\n"
        )
    else:
        body += "  assign under = total[8];\n  assign over = !total[8] && (total[7:6] != 2'b00);\n"
    if kind == "clip":
        low, high = least % 64, most
        body += f"  assign y = under ? 6'd{low} : over ? 6'd{high} : total[5:0];\n"
    else:
        body += "  assign y = total[5:0];\n"

    def draw(draw: Draw) -> dict[str, int]:
        row = near(interface, "a", "b", "c")(draw)
        if draw.chance(0.4):  # a result at an end of the range
            want = draw.pick((least - 1, least, most, most + 1))
            b, c = read(row["b"]), read(row["c"])
            minus = row["minus"]
            row["a"] = (want - (-b if minus & 1 else b) - (-c if minus & 2 else c)) % 64
        return row

    model = combinational(interface, outputs, draw)
    return Problem(words, interface, module(interface, body), model)


def _magnitude(kind: str, _: bool) -> Problem:
    both = kind == "both"
    interface = Interface(
        "sign_magnitude",
        (Port("a", 6), Port("b", 6), *((Port("subtract"),) if both else ())),
        (Port("y", 6), Port("overflow")),
    )
    words = (
        "Numbers of sign and magnitude: the highest bit is 1 for a negative number, and the other "
        "five are its distance from 0, without sign. Both 6'b000000 and 6'b100000 are 0 at the "
        f"inputs. y is a + b{', or a - b when subtract is 1,' if both else ''} in the same form, "
        "where 0 is always 6'b000000. overflow is 1 when the result's magnitude is more than 31; y "
        "then has the right sign, and the lowest five bits of the magnitude, even if these are 0. "
        "Otherwise overflow is 0."
    )

    def outputs(inputs: Inputs) -> Outputs:
        a, b = ((-1 if inputs[n] & 32 else 1) * (inputs[n] & 31) for n in "ab")
        true = a - b if both and inputs["subtract"] else a + b
        return {"y": 32 * (true < 0) + abs(true) % 32, "overflow": int(abs(true) > 31)}

    sign_b = "b[5] ^ subtract" if both else "b[5]"
    body = f"""\
  wire sign_b = {sign_b};
  wire a_less = (a[4:0] < b[4:0]);
  wire [5:0] total = {{1'b0, a[4:0]}} + {{1'b0, b[4:0]}};
  always @* begin
    overflow = 1'b0;
    if (a[5] == sign_b) begin
      overflow = total[5];
      y = {{a[5], total[4:0]}};
    end else if (a_less) begin
      y = {{sign_b, b[4:0] - a[4:0]}};
    end else begin
      y = {{a[5], a[4:0] - b[4:0]}};
    end
    if (y == 6'b100000 && !overflow) y = 6'b000000;
  end
"""

    def draw(draw: Draw) -> dict[str, int]:
        row = near(interface, "a", "b")(draw)
        if draw.chance(0.3):
            row["b"] = row["a"] ^ draw.pick((0, 32, 1, 33))
        return row

    edges: list[Inputs] = [
        {"a": a, "b": b, **({"subtract": s} if both else {})}
        for a in (0, 32, 16, 48, 31, 63) for b in (0, 32, 16, 48, 1, 33)
        for s in ((0, 1) if both else (0,))
    ]  # fmt: skip
    edges += [{"a": a, "b": a, **({"subtract": 0} if both else {})} for a in (31, 63)]
    model = combinational(interface, outputs, draw, edges)
    return Problem(words, interface, module(interface, body, ["y", "overflow"]), model)


def _scaled(kind: str, sign: bool) -> Problem:
    read, (least, most) = _reader(sign, 6), _range(sign, 6)
    interface = Interface(
        "scaled",
        (Port("a", 6), Port("b", 6), Port("power", 2), Port("subtract")),
        (Port("y", 6), Port("clipped"), Port("zero")),
    )
    what = (
        "b times 2 to the power of power"
        if kind == "up"
        else "b divided by 2 to the power of power, rounded down (to the next lower whole number)"
    )
    words = (
        f"a and b are {_numbers(sign)}. Let k be {what}. y is a + k, or a - k when subtract is 1, "
        f"kept in the range of 6 bits {'in twos complement' if sign else 'without sign'}, {least} "
        f"to {most}: where the true result is outside, y is the nearer end of the range, and "
        "clipped is 1; otherwise clipped is 0. zero is 1 when y is 0, else 0."
    ).replace("twos", "two's")

    def outputs(inputs: Inputs) -> Outputs:
        k = read(inputs["b"])
        factor = 2 ** inputs["power"]
        k = k * factor if kind == "up" else k // factor
        true = read(inputs["a"]) + (-k if inputs["subtract"] else k)
        y = min(most, max(least, true))
        return {"y": y % 64, "clipped": int(y != true), "zero": int(y == 0)}

    far_a, far_b = _wide("a", 6, sign, 5), _wide("b", 6, sign, 5)
    shift = "far_b << power" if kind == "up" else "$signed(far_b) >>> power"
    body = (
        f"  wire [10:0] far_b = {far_b};\n  wire [10:0] k = {shift};\n"
        f"  wire [10:0] total = subtract ? {far_a} - k : {far_a} + k;\n"
    )
    if sign:
        body += (
            "  wire fits = (total[10:5] == 6'b000000) || (total[10:5] == 6'b111111);\n"
            "  assign y = fits ? total[5:0] : {total[10], {5{!total[10]}}};\n"
        )
    else:
        body += (
            "  wire fits = (total[10:6] == 5'b00000);\n"
            "  assign y = fits ? total[5:0] : {6{!total[10]}};\n"
        )
    body += "  assign clipped = !fits;\n  assign zero = (y == 6'd0);\n"

    def draw(draw: Draw) -> dict[str, int]:
        row = near(interface, "a", "b")(draw)
        if kind == "up" and draw.chance(0.5):
            row["b"] = draw.between(-4, 4) % 64 if sign else draw.below(12)
        if draw.chance(0.35):  # a result at an end of the range, or 0
            k = read(row["b"])
            k = k << row["power"] if kind == "up" else k >> row["power"]
            want = draw.pick((least - 1, least, most, most + 1, 0))
            row["a"] = (want + (k if row["subtract"] else -k)) % 64
        return row

    model = combinational(interface, outputs, draw)
    return Problem(words, interface, module(interface, body), model)


# ---------------------------------------------------------------- 5: with registers


_WindowState = tuple[tuple[int, ...], int]


def _window(n: int, sign: bool) -> Problem:
    width = 4
    size = width + 2
    read = _reader(sign, width)
    interface = clocked(
        "moving_sum",
        (Port("valid"), Port("clear"), Port("sample", width)),
        (Port("sum", size), Port("full"), Port("rising")),
        n, sign,
    )  # fmt: skip
    words = (
        f"sample is a stream of {_numbers(sign)}; one comes in each cycle where valid is 1 and "
        f"clear is 0. sum, of {size} bits, is the sum of the last {n} that came, or of all while "
        "fewer have come. In a cycle where clear is 1 all of them are forgotten, whatever valid "
        "is, as if none had ever come. "
        f"full is 1 once {n} or more have come. rising is 1 when the last one that came made sum "
        "greater than it was before it; it is 0 while none has come, and stays until the next one "
        "comes or all are forgotten. All three change in the cycle after. First none has come, "
        "and they are 0."
    )

    def step(state: _WindowState, inputs: Inputs) -> tuple[Outputs, _WindowState]:
        samples, rising = state
        found = {
            "sum": sum(samples[-n:]) % (1 << size), "full": int(len(samples) >= n),
            "rising": rising,
        }  # fmt: skip
        if inputs["clear"]:
            return found, ((), 0)
        if not inputs["valid"]:
            return found, state
        after = (*samples, read(inputs["sample"]))
        return found, (after[-n:], int(sum(after[-n:]) > sum(samples[-n:])))

    def draw(draw: Draw) -> list[dict[str, int]]:
        often, clear = draw.pick((0.6, 0.95)), draw.pick((0.0, 0.1))
        high = draw.pick((3, 16, 16))
        rows = []
        for _ in range(30):
            sample = (draw.below(high) * draw.pick((1, -1))) % 16
            valid = int(draw.chance(often))
            rows.append({"valid": valid, "clear": int(draw.chance(clear)), "sample": sample})
        return rows

    old = [f"old_{at}" for at in range(n)]
    body = "".join(f"  reg [{width - 1}:0] {name};\n" for name in old)
    body += "  reg [2:0] held;\n"
    body += (
        f"  wire [{size - 1}:0] come = {_wide('sample', width, sign, 2)};\n"
        f"  wire [{size - 1}:0] gone = {_wide(old[-1], width, sign, 2)};\n"
        f"  assign full = (held == 3'd{n});\n"
    )
    first = "\n".join(f"{name} <= {width}'d0;" for name in old)
    first += f"\nsum <= {size}'d0;\nheld <= 3'd0;\nrising <= 1'b0;"
    moves = "\n".join(f"  {b} <= {a};" for a, b in zip(["sample", *old], old, strict=False))
    more = f"$signed(sample) > $signed({old[-1]})" if sign else f"sample > {old[-1]}"
    then = (
        f"if (clear) begin\n{indented(first, 2)}end else if (valid) begin\n{moves}\n"
        f"  sum <= sum + come - gone;\n  rising <= ({more});\n"
        "  if (!full) held <= held + 3'd1;\nend"
    )
    top = {"valid": 1, "clear": 0, "sample": 7 if sign else 15}
    edges = [
        [top] * (n + 2) + [{**top, "sample": 8 if sign else 0}] * (n + 2),
        [top] * n + [{**top, "clear": 1}] + [{**top, "sample": 1}] * (n + 1),
    ]
    body += at_edge(interface, first, then)
    reference = module(interface, body, ["sum", "rising"])
    return Problem(words, interface, reference, Sequential(((), 0), step, draw, edges))


def _total(kind: str, sign: bool) -> Problem:
    width = 6
    read, (least, most) = _reader(sign, 4), _range(sign, width)
    interface = clocked(
        "account",
        (Port("op", 2), Port("amount", 4)),
        (Port("total", width), Port("refused" if kind == "keep" else "clipped"), Port("ever")),
        kind, sign,
    )  # fmt: skip
    flag = interface.outputs[1].name
    say = (
        f"total becomes the nearer end of the range, and {flag} is 1 in the next cycle"
        if kind == "clip"
        else f"total does not change, and {flag} is 1 in the next cycle"
    )
    form = "in two's complement" if sign else "without sign"
    words = (
        f"An account: total is a number {form} of {width} bits, first 0, and amount one of 4 bits "
        f"{form}. In each cycle op says what to do, and total changes after it:\n"
        "- 0: nothing\n- 1: amount is added to total\n- 2: amount is subtracted from total\n"
        "- 3: total becomes 0, and ever too\n"
        f"Where the result of 1 or 2 would be outside the range of total, {least} to {most}, "
        f"{say}; in all other cycles {flag} is 0. ever becomes 1 together with {flag}, and "
        "stays 1 until a cycle where op is 3. Both are first 0."
    )

    def step(state: tuple[int, int, int], inputs: Inputs) -> tuple[Outputs, tuple[int, int, int]]:
        total, now, ever = state
        found = {"total": total % (1 << width), flag: now, "ever": ever}
        op = inputs["op"]
        if op == 3:
            return found, (0, 0, 0)
        if op == 0:
            return found, (total, 0, ever)
        amount = read(inputs["amount"])
        true = total + (amount if op == 1 else -amount)
        if least <= true <= most:
            return found, (true, 0, ever)
        end = min(most, max(least, true)) if kind == "clip" else total
        return found, (end, 1, 1)

    def draw(draw: Draw) -> list[dict[str, int]]:
        rows: list[dict[str, int]] = []
        while len(rows) < 34:
            way = draw.pick((1, 2))
            high = draw.chance(0.7)
            for _ in range(draw.between(3, 10)):
                op = way if draw.chance(0.8) else draw.pick((0, 0, 3, 3 - way))
                amount = draw.between(4, 7) if high else draw.below(16)
                rows.append({"op": op, "amount": amount})
        return rows[:36]

    far = _wide("amount", 4, sign, 3)
    wide = _wide("total", width, sign)
    beyond = "(next[6] != next[5])" if sign else "next[6]"
    end = (
        "{next[6], {5{!next[6]}}}" if sign else "{6{op == 2'd1}}"
    ) if kind == "clip" else "total"  # fmt: skip
    body = (
        f"  wire [6:0] far = {far};\n"
        f"  wire [6:0] next = (op == 2'd1) ? {wide} + far : {wide} - far;\n"
        f"  wire beyond = {beyond};\n"
    ) + at_edge(
        interface,
        f"total <= 6'd0;\n{flag} <= 1'b0;\never <= 1'b0;",
        f"{flag} <= 1'b0;\nif (op == 2'd3) begin\n  total <= 6'd0;\n  ever <= 1'b0;\n"
        "end else if (op != 2'd0) begin\n"
        + (
            f"  total <= beyond ? {end} : next[5:0];\n  {flag} <= beyond;\n"
            "  if (beyond) ever <= 1'b1;\nend"
            if kind == "clip"
            else f"  {flag} <= beyond;\n  if (beyond) ever <= 1'b1;\n"
            "  else total <= next[5:0];\nend"
        ),
    )
    up, down = {"op": 1, "amount": 7}, {"op": 2, "amount": 7}
    edges = [
        [up] * 11 + [{"op": 1, "amount": 1}] * 5 + [down, {"op": 0, "amount": 7}, up, up],
        [down] * 6 + [{"op": 2, "amount": 1}] * 6 + [up] * 2 + [{"op": 3, "amount": 3}] * 2,
    ]
    if sign:
        edges.append([{"op": 1, "amount": 8}] * 6 + [{"op": 2, "amount": 8}] * 10)
    reference = module(interface, body, ["total", flag, "ever"])
    return Problem(words, interface, reference, Sequential((0, 0, 0), step, draw, edges))


# The bits that came (None: nothing is coming), whether it is a difference, and what is shown.
_SerialState = tuple[Any, int, int, int, int]


def _serial(kind: str, _: bool) -> Problem:
    either = kind == "either"
    inputs = [Port("start"), Port("a"), Port("b")] + ([Port("subtract")] if either else [])
    interface = clocked(
        "serial", inputs, (Port("y"), Port("done"), Port("word", 6), Port("carry")), kind
    )
    what = {
        "add": "The two numbers are added",
        "subtract": "The second number is subtracted from the first",
        "either": "The two numbers are added, or, when subtract is 1 in the cycle of their lowest "
        "bits, the second is subtracted from the first",
    }[kind]
    borrow = {
        "add": "the sum did not fit six bits",
        "subtract": "the second number was greater than the first (a borrow)",
        "either": "the sum did not fit six bits, or, of a difference, the second number was "
        "greater than the first (a borrow)",
    }[kind]
    words = (
        "Two numbers of six bits without sign come bit by bit, the lowest first: a bit of the "
        "first at a, and one of the second, of the same place, at b, in each of six cycles. start "
        "is 1 in the first of these, the one with the lowest bits; when it is 1 earlier, while a "
        "number is still coming, that one is given up and a new one begins. "
        f"{what}. In each of the six cycles, y is the bit of the result for that place, in the "
        "same cycle; in other cycles it is 0. After the sixth, in the next cycle, done is 1 for "
        "that cycle alone, and word is the result's lowest six bits, and carry is 1 if "
        f"{borrow}, else 0. word and carry keep these values until the next result is done. First "
        "nothing is coming, and done, word and carry are 0."
    )

    def step(state: _SerialState, inputs: Inputs) -> tuple[Outputs, _SerialState]:
        bits, minus, done, word, carry = state
        if inputs["start"]:
            bits, minus = (), {"add": 0, "subtract": 1}.get(kind, inputs.get("subtract", 0))
        shown: Outputs = {"y": 0, "done": done, "word": word, "carry": carry}
        if bits is None:
            return shown, (None, 0, 0, word, carry)
        bits = (*bits, (inputs["a"], inputs["b"]))
        a, b = (sum(pair[i] << at for at, pair in enumerate(bits)) for i in (0, 1))
        true = a - b if minus else a + b
        shown = {**shown, "y": true >> (len(bits) - 1) & 1}
        if len(bits) < 6:
            return shown, (bits, minus, 0, word, carry)
        return shown, (None, 0, 1, true % 64, int(not 0 <= true < 64))

    def draw(draw: Draw) -> list[dict[str, int]]:
        rows: list[dict[str, int]] = []
        while len(rows) < 38:
            length = draw.pick((6, 6, 6, 6, 7, 8, draw.between(1, 5)))
            for at in range(length):
                row = {"start": int(at == 0), "a": draw.below(2), "b": draw.below(2)}
                rows.append({**row, "subtract": draw.below(2)} if either else row)
        return rows

    start = {"add": "1'b0", "subtract": "1'b1", "either": "subtract"}[kind]
    body = "  reg [2:0] place;\n  reg [4:0] low;\n  reg held;\n"
    body += "  reg minus;\n  wire less = start ? subtract : minus;\n" if either else ""
    flip = {"add": "b", "subtract": "~b", "either": "b ^ less"}[kind]
    out = {"add": "total[1]", "subtract": "!total[1]", "either": "total[1] ^ less"}[kind]
    body += (
        "  wire coming = start || (place != 3'd0);\n"
        f"  wire other = {flip};\n"
        f"  wire carried = start ? {start} : held;\n"
        "  wire [1:0] total = {1'b0, a} + {1'b0, other} + {1'b0, carried};\n"
        "  assign y = coming && total[0];\n"
    )
    body += (
        f"  always @(posedge {interface.clock}) begin\n    if (coming) begin\n"
        "      low <= {total[0], low[4:1]};\n      held <= total[1];\n"
        + ("      minus <= less;\n" if either else "")
        + "    end\n  end\n"
    )
    first = "place <= 3'd0;\ndone <= 1'b0;\nword <= 6'd0;\ncarry <= 1'b0;"
    then = (
        "done <= 1'b0;\nif (!start && place == 3'd5) begin\n  place <= 3'd0;\n  done <= 1'b1;\n"
        f"  word <= {{total[0], low}};\n  carry <= {out};\n"
        "end else if (coming) begin\n  place <= start ? 3'd1 : place + 3'd1;\nend"
    )
    body += at_edge(interface, first, then)
    reference = module(interface, body, ["done", "word", "carry"])
    none = {"start": 0, "a": 1, "b": 0, **({"subtract": 1} if either else {})}
    model = Sequential((None, 0, 0, 0, 0), step, draw, [[none] * 8, [none, {**none, "start": 1}]])
    return Problem(words, interface, reference, model)


# Samples since the restart, samples since the last record, whether the last cycle had one.
_ExtremesState = tuple[tuple[int, ...], int, int]


def _extremes(kind: str, sign: bool) -> Problem:
    width = 5
    read = _reader(sign, width)
    last = Port("spread", width) if kind == "spread" else Port("age", 3)
    interface = clocked(
        "extremes",
        (Port("valid"), Port("restart"), Port("sample", width)),
        (Port("least", width), Port("most", width), last, Port("record")),
        kind, sign,
    )  # fmt: skip
    say = (
        "spread is most less least, without sign."
        if kind == "spread"
        else "age is the number of samples that have come since the one that last set least or "
        "most, which itself does not count; it is 0 while no sample has come, and stays at 7."
    )
    words = (
        f"sample is a stream of {_numbers(sign)}; one comes in each cycle where valid is 1. least "
        "and most are the least and the greatest of those that have come. In a cycle where restart "
        "is 1 all earlier samples are forgotten; a sample that comes in this very cycle counts as "
        f"the first of a new series. While none has come, least and most are 0. {say} record is 1, "
        "for one cycle, after a sample that is less than all before it or greater than all before "
        "it, or the first. Equal to one before is no record, and does not set least or most. "
        "All outputs change in the cycle after the sample or the restart; first they are 0, and no "
        "sample has come."
    )

    def step(state: _ExtremesState, inputs: Inputs) -> tuple[Outputs, _ExtremesState]:
        samples, age, record = state
        least, most = (min(samples), max(samples)) if samples else (0, 0)
        found = {
            "least": least % 32, "most": most % 32, "record": record,
            last.name: most - least if kind == "spread" else min(7, age),
        }  # fmt: skip
        if inputs["restart"]:
            samples, age = (), 0
        if not inputs["valid"]:
            return found, (samples, age, 0)
        value = read(inputs["sample"])
        new = not samples or value < min(samples) or value > max(samples)
        kept = (min((*samples, value)), max((*samples, value)))
        return found, (kept, 0 if new else age + 1, int(new))

    def draw(draw: Draw) -> list[dict[str, int]]:
        often, again = draw.pick((0.6, 0.9)), draw.pick((0.03, 0.12))
        middle = draw.below(32)
        rows = []
        for at in range(34):
            near_by = (middle + draw.between(-at // 3 - 2, at // 3 + 2)) % 32
            rows.append({
                "valid": int(draw.chance(often)), "restart": int(draw.chance(again)),
                "sample": draw.pick((near_by, near_by, draw.below(32))),
            })  # fmt: skip
        return rows

    v = {name: f"$signed({name})" if sign else name for name in ("sample", "least", "most")}
    body = (
        "  reg any;\n"
        f"  wire fresh = restart || !any;\n"
        f"  wire lower = fresh || ({v['sample']} < {v['least']});\n"
        f"  wire higher = fresh || ({v['sample']} > {v['most']});\n"
    )
    first = "any <= 1'b0;\nleast <= 5'd0;\nmost <= 5'd0;\nrecord <= 1'b0;"
    if kind == "spread":
        body += "  assign spread = most - least;\n"
        aged = ""
        forgotten = ""
    else:
        first += "\nage <= 3'd0;"
        forgotten = "  age <= 3'd0;\n"
        aged = "  if (lower || higher) age <= 3'd0;\n  else if (age != 3'd7) age <= age + 3'd1;\n"
    then = (
        "record <= valid && (lower || higher);\nif (valid) begin\n  any <= 1'b1;\n"
        "  if (lower) least <= sample;\n  if (higher) most <= sample;\n"
        f"{aged}end else if (restart) begin\n  any <= 1'b0;\n  least <= 5'd0;\n  most <= 5'd0;\n"
        f"{forgotten}end"
    )
    body += at_edge(interface, first, then)
    same = {"valid": 1, "restart": 0, "sample": 16}
    edges = [
        [same] * 11 + [{**same, "sample": 15}, {**same, "sample": 17}, {**same, "restart": 1}],
        [
            {**same, "sample": 3}, {**same, "sample": 30}, {**same, "valid": 0, "restart": 1},
            {**same, "valid": 0}, {**same, "sample": 9}, {**same, "sample": 10},
        ],
    ]  # fmt: skip
    registers = ["least", "most", "record", *(["age"] if kind == "age" else [])]
    reference = module(interface, body, registers)
    return Problem(words, interface, reference, Sequential(((), 0, 0), step, draw, edges))


_RampState = tuple[int, int, int]


def _ramp(kind: str, sign: bool) -> Problem:
    width = 6
    read = _reader(sign, width)
    inputs = [Port("hold"), Port("goal", width)]
    inputs += [Port("limit", 3)] if kind == "step" else []
    interface = clocked(
        "ramp", inputs, (Port("y", width), Port("there"), Port("turns", 3)), kind, sign
    )
    say = (
        "y moves towards goal by limit, or to goal itself when it is no farther away than that"
        if kind == "step"
        else "y moves towards goal by half of its distance from it, rounded up"
    )
    words = (
        f"y is a value that follows a goal; both are {_numbers(sign)}. In each cycle where hold is "
        f"0, {say}; where hold is 1 it does not move. there is 1 in cycles where y is equal to "
        "goal. turns counts, from 0 to 7, where it stays, the moves whose direction is opposite to "
        "that of the move before; cycles in which y does not change are not moves. It goes up "
        "together with the change of y. First y and turns are 0, and there has been no move."
    )

    def step(state: _RampState, inputs: Inputs) -> tuple[Outputs, _RampState]:
        y, way, turns = state
        goal = read(inputs["goal"])
        found = {"y": y % 64, "there": int(y == goal), "turns": turns}
        far = goal - y
        most = inputs["limit"] if kind == "step" else (abs(far) + 1) // 2
        by = max(-most, min(most, far))
        if inputs["hold"] or by == 0:
            return found, state
        now = 1 if by > 0 else -1
        return found, (y + by, now, min(7, turns + (now == -way)))

    def draw(draw: Draw) -> list[dict[str, int]]:
        rows: list[dict[str, int]] = []
        longest = draw.pick((3, 6, 12))
        low = draw.chance(0.3)
        while len(rows) < 34:
            goal, limit = draw.below(8 if low else 64), draw.pick((1, 2, 3, 5, 7, 7, 0))
            for _ in range(draw.between(1, longest)):
                row = {"hold": int(draw.chance(0.1)), "goal": goal}
                rows.append({**row, "limit": limit} if kind == "step" else row)
        return rows[:38]

    less = "$signed(y) < $signed(goal)" if sign else "y < goal"
    body = (
        f"  reg [1:0] way;\n  wire rise = ({less});\n"
        "  wire [5:0] far = rise ? goal - y : y - goal;\n"
    )
    if kind == "step":
        body += "  wire [5:0] by = (far < {3'd0, limit}) ? far : {3'd0, limit};\n"
    else:
        body += "  wire [5:0] by = {1'b0, far[5:1]} + {5'd0, far[0]};\n"
    body += "  assign there = (y == goal);\n" + at_edge(
        interface,
        "y <= 6'd0;\nway <= 2'b00;\nturns <= 3'd0;",
        "if (!hold && by != 6'd0) begin\n  y <= rise ? y + by : y - by;\n"
        "  way <= {rise, !rise};\n"
        "  if (way == {!rise, rise} && turns != 3'd7) turns <= turns + 3'd1;\nend",
    )
    extra = {"limit": 7} if kind == "step" else {}
    swing = [{"hold": 0, "goal": 1 + 8 * (at % 2), **extra} for at in range(20)]
    ends = [{"hold": 0, "goal": 31 if sign else 63, **extra}] * 11
    ends += [{"hold": 0, "goal": 32 if sign else 0, **extra}] * 11
    reference = module(interface, body, ["y", "turns"])
    model = Sequential((0, 0, 0), step, draw, [swing, ends])
    return Problem(words, interface, reference, model)
