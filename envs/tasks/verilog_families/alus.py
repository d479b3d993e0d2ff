"""Arithmetic and logic units: tables of operations with flags, and machines around them."""

# ruff: noqa: ARG005 - all operations are called in one way, whatever they look at

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ....verifiers.verilog.interface import Interface, Port
from ..draw import Draw
from .bits import combinational, near, signed
from .family import Inputs, Outputs, Problem, Sequential, at_edge, clocked, family, module


def _variants(level: int) -> Sequence[tuple[Any, ...]]:
    if level == 1:
        return [(level, "two", number) for number in range(12)]
    if level == 2:
        return [(level, flag, number) for flag in ("zero", "odd") for number in range(6)]
    if level == 3:
        return [(level, kind, number) for kind in ("carry", "unknown") for number in range(6)]
    if level == 4:
        return [(level, kind, number) for kind in ("flags", "swap") for number in range(6)]
    kinds = ("skip", "pair", "stack", "again")
    return [(level, kind, number) for kind in kinds for number in range(4)]


@family("alu", _variants)
def alu(level: int, kind: str, number: int) -> Problem:
    makers: dict[int, Callable[[str, int], Problem]] = {
        1: _plain, 2: _plain, 3: _carried, 4: _full, 5: _machine,
    }  # fmt: skip
    return makers[level](kind, number)


# ---------------------------------------------------------------- operations


@dataclass(frozen=True, slots=True)
class _Op:
    """An operation on a and b of some width.

    Attributes:
        words: The result.
        value: The result in Python, of a, b, the carry that comes in and the width; what lies above
            the width, modulo 2, is the carry.
        verilog: Of the width: the carry and the result.
        carry: What the carry is; empty where it is 0.
        overflow: In Verilog, where there is one: of the width. Signed a and b's result does not
            fit; in Python, `true` is that result.
    """

    words: str
    value: Callable[[int, int, int, int], int]
    verilog: Callable[[int], str]
    carry: str = ""
    overflow: Callable[[int], str] | None = None
    true: Callable[[int, int, int], int] | None = None


def _logic(words: str, value: Callable[[int, int, int], int], text: str) -> _Op:
    """An operation without a carry; `value` is of a, b and a word of ones."""
    return _Op(
        words,
        lambda a, b, _, width: value(a, b, (1 << width) - 1),
        lambda width: f"{{1'b0, {text.format(t=width - 1, h=width // 2, u=width // 2 - 1)}}}",
    )


def _like(x: str, y: str, same: bool) -> Callable[[int], str]:
    """An overflow: x and y have the same sign (or not), and the result has not that of x."""
    sign = "==" if same else "!="
    return lambda w: f"({x}[{w - 1}] {sign} {y}[{w - 1}]) && (y[{w - 1}] != {x}[{w - 1}])"


_OPS: dict[str, _Op] = {
    "add": _Op(
        "a + b", lambda a, b, c, w: a + b, lambda w: "{1'b0, a} + {1'b0, b}",
        "1 when a + b, without sign, has no room", _like("a", "b", True), lambda a, b, c: a + b,
    ),
    "sub": _Op(
        "a - b", lambda a, b, c, w: a - b, lambda w: "{1'b0, a} - {1'b0, b}",
        "1 when a is less than b, without sign", _like("a", "b", False), lambda a, b, c: a - b,
    ),
    "back": _Op(
        "b - a", lambda a, b, c, w: b - a, lambda w: "{1'b0, b} - {1'b0, a}",
        "1 when b is less than a, without sign", _like("b", "a", False), lambda a, b, c: b - a,
    ),
    "more": _Op(
        "a + 1", lambda a, b, c, w: a + 1, lambda w: f"{{1'b0, a}} + {w + 1}'d1",
        "1 when a is all ones", lambda w: f"!a[{w - 1}] && y[{w - 1}]", lambda a, b, c: a + 1,
    ),
    "less": _Op(
        "a - 1", lambda a, b, c, w: a - 1, lambda w: f"{{1'b0, a}} - {w + 1}'d1",
        "1 when a is 0", lambda w: f"a[{w - 1}] && !y[{w - 1}]", lambda a, b, c: a - 1,
    ),
    "left": _Op(
        "a moved left by one bit, with a 0 as the lowest bit", lambda a, b, c, w: 2 * a,
        lambda w: "{a, 1'b0}", "the highest bit of a",
    ),
    "right": _Op(
        "a moved right by one bit, with a 0 as the highest bit",
        lambda a, b, c, w: (a % 2 << w) + a // 2,
        lambda w: f"{{a[0], 1'b0, a[{w - 1}:1]}}", "the lowest bit of a",
    ),
    "half": _Op(
        "a moved right by one bit, with its highest bit kept as it was",
        lambda a, b, c, w: (a % 2 << w) + (signed(a, w) // 2) % (1 << w),
        lambda w: f"{{a[0], a[{w - 1}], a[{w - 1}:1]}}", "the lowest bit of a",
    ),
    "roll": _Op(
        "a moved left by one bit, with its highest bit becoming the lowest",
        lambda a, b, c, w: 2 * a + (a >> (w - 1)),
        lambda w: f"{{a, a[{w - 1}]}}", "the highest bit of a",
    ),
    "and": _logic("a and b, bit by bit", lambda a, b, m: a & b, "a & b"),
    "or": _logic("a or b, bit by bit", lambda a, b, m: a | b, "a | b"),
    "xor": _logic("the exclusive or of a and b, bit by bit", lambda a, b, m: a ^ b, "a ^ b"),
    "nor": _logic(
        "a 1 for each bit that is 0 in both a and b, and 0 for the others",
        lambda a, b, m: m - (a | b), "~(a | b)",
    ),
    "clear": _logic("a with a 0 wherever b has a 1", lambda a, b, m: a - (a & b), "a & ~b"),
    "not": _logic("a with every bit turned over", lambda a, b, m: m - a, "~a"),
    "copy": _logic("b", lambda a, b, m: b, "b"),
    "low": _logic("the smaller of a and b, without sign", lambda a, b, m: min(a, b),
                  "(a < b) ? a : b"),
    "high": _logic("the greater of a and b, without sign", lambda a, b, m: max(a, b),
                   "(a > b) ? a : b"),
    "swap": _logic(
        "a with its upper and its lower half exchanged",
        lambda a, b, m: int(f"{a:0{m.bit_length()}b}"[m.bit_length() // 2:]
                            + f"{a:0{m.bit_length()}b}"[:m.bit_length() // 2], 2),
        "a[{u}:0], a[{t}:{h}]",
    ),
}  # fmt: skip
_WITH_CARRY: dict[str, _Op] = {
    "with_carry": _Op(
        "a + b + carry_in", lambda a, b, c, w: a + b + c,
        lambda w: f"{{1'b0, a}} + {{1'b0, b}} + {{{w}'d0, carry_in}}",
        "1 when the sum, without sign, has no room", _like("a", "b", True),
        lambda a, b, c: a + b + c,
    ),
    "with_borrow": _Op(
        "a - b - carry_in", lambda a, b, c, w: a - b - c,
        lambda w: f"{{1'b0, a}} - {{1'b0, b}} - {{{w}'d0, carry_in}}",
        "1 when a is less than b + carry_in, without sign", _like("a", "b", False),
        lambda a, b, c: a - b - c,
    ),
    "through": _Op(
        "a moved left by one bit, with carry_in as the lowest bit",
        lambda a, b, c, w: 2 * a + c, lambda w: "{a, carry_in}", "the highest bit of a",
    ),
    "through_right": _Op(
        "a moved right by one bit, with carry_in as the highest bit",
        lambda a, b, c, w: (a % 2 << w) + (c << (w - 1)) + a // 2,
        lambda w: f"{{a[0], carry_in, a[{w - 1}:1]}}", "the lowest bit of a",
    ),
}  # fmt: skip
_EVERY = {**_OPS, **_WITH_CARRY}


def _table(kind: str, number: int, count: int, *needed: Sequence[str]) -> list[str]:
    """Operations: one of each of the needed kinds, and others, in an order of their own."""
    draw = Draw("forgegym verilog alu", kind, number)
    found: list[str] = []
    for choices in needed:
        found.append(draw.pick([name for name in choices if name not in found]))
    rest = [name for name in draw.shuffle(list(_OPS)) if name not in found]
    return draw.shuffle(found + rest[: count - len(found)])


_SUMS = ("add", "sub", "back")
_BOTH = ("and", "or", "xor", "nor", "clear", "low", "high")
_ALONE = ("left", "right", "half", "roll", "swap", "more", "less", "not")


def _result(name: str, a: int, b: int, carry: int, width: int) -> tuple[int, int]:
    """The carry and the result of an operation."""
    full = _EVERY[name].value(a, b, carry, width)
    return (full >> width) & 1, full % (1 << width)


def _corners(name: str, width: int) -> list[tuple[int, int, int]]:
    """Of an operation: a, b and carry_in where a flag changes, or carry_in decides."""
    ones, half = (1 << width) - 1, 1 << (width - 1)
    some = ones // 3
    # Of a sum and a difference: the result 0 with a carry and without, the last carry, and the
    # least and greatest true results that have room as signed numbers, and those beyond them.
    sums = [(0, 0), (1, ones), (ones, 1), (some, ones - some), (half - 1, 1), (half, ones),
            (half, 0), (half, half)]  # fmt: skip
    differences = [(0, 0), (some, some), (0, ones), (half, 1), (half, 0), (half - 1, ones),
                   (0, half)]  # fmt: skip
    numbers = {
        "add": [(*ab, 0) for ab in sums],
        "sub": [(*ab, 0) for ab in differences],
        "back": [(b, a, 0) for a, b in differences],
        "more": [(a, some, 0) for a in (ones, ones - 1, half - 1, 0)],
        "less": [(a, some, 0) for a in (0, 1, half, ones)],
        "left": [(half, some, 0)],
        "right": [(1, some, 0)],
        "with_carry": [(*ab, 0) for ab in sums[1:]]
        + [(a, b, 1) for a, b in ((ones, 0), (0, ones), (ones, ones), (half - 1, 0), (half, ones))],
        "with_borrow": [(*ab, 0) for ab in differences[1:]]
        + [(a, b, 1) for a, b in ((some, some), (0, ones), (some, ones), (ones, ones), (1, 0),
                                  (half, 0), (half - 1, ones))],
        "through": [(half, some, 0), (0, some, 1)],
        "through_right": [(1, some, 0), (0, some, 1)],
    }  # fmt: skip
    return numbers.get(name, [])


def _lines(names: Sequence[str], *, carry: bool = False) -> list[str]:
    """The operations, as lines of a list."""
    say = "- {0}: {1}; carry is {2}" if carry else "- {0}: {1}"
    return [
        say.format(at, _EVERY[name].words, _EVERY[name].carry or "0")
        for at, name in enumerate(names)
    ]


# ---------------------------------------------------------------- 1 to 4: without registers


def _plain(kind: str, number: int) -> Problem:
    """Two operations, or four with a flag; without a carry."""
    width = 6 if kind == "two" else 8
    count = 2 if kind == "two" else 4
    names = (
        _table(kind, number, 2, _SUMS + _BOTH)
        if kind == "two"
        else _table(kind, number, 4, _SUMS, _BOTH, _ALONE)
    )
    bits = (count - 1).bit_length()
    out = [Port("y", width)] + ([] if kind == "two" else [Port(kind)])
    interface = Interface("alu", (Port("op", bits), Port("a", width), Port("b", width)), tuple(out))
    flag = {
        "two": "", "zero": "\nzero is 1 when y is 0, else 0.",
        "odd": "\nodd is 1 when an odd number of bits of y are 1, else 0.",
    }[kind]  # fmt: skip
    words = "\n".join(
        [f"y is the lowest {width} bits of what op says:", *_lines(names)]
    ) + flag  # fmt: skip

    def outputs(inputs: Inputs) -> Outputs:
        _, y = _result(names[inputs["op"]], inputs["a"], inputs["b"], 0, width)
        flags = {"zero": int(y == 0), "odd": f"{y:b}".count("1") % 2}
        return {"y": y} if kind == "two" else {"y": y, kind: flags[kind]}

    texts = [_short(name, width) for name in names]
    if kind == "two":
        body = f"  assign y = op ? {texts[1]} : {texts[0]};\n".replace("? (a", "? (a")
        reference = module(interface, body)
    else:
        flagged = "(y == 8'd0)" if kind == "zero" else "^y"
        arms = "".join(
            f"      {'default' if at == count - 1 else f'2{chr(39)}d{at}'}: y = {text};\n"
            for at, text in enumerate(texts)
        )
        body = f"  assign {kind} = {flagged};\n"
        body += f"  always @* begin\n    case (op)\n{arms}    endcase\n  end\n"
        reference = module(interface, body, ["y"])
    model = combinational(interface, outputs, _operands(interface), _edges(names, width))
    return Problem(words, interface, reference, model)


def _edges(names: Sequence[str], width: int) -> list[Inputs]:
    """The corners of each operation, as rows."""
    return [
        {"op": at, "a": a, "b": b}
        for at, name in enumerate(names) for a, b, _ in _corners(name, width)
    ]  # fmt: skip


def _short(name: str, width: int) -> str:
    """The result alone, in Verilog."""
    t, h = width - 1, width // 2
    return {
        "add": "a + b", "sub": "a - b", "back": "b - a", "more": f"a + {width}'d1",
        "less": f"a - {width}'d1", "left": f"{{a[{t - 1}:0], 1'b0}}",
        "right": f"{{1'b0, a[{t}:1]}}", "half": f"{{a[{t}], a[{t}:1]}}",
        "roll": f"{{a[{t - 1}:0], a[{t}]}}", "and": "a & b", "or": "a | b", "xor": "a ^ b",
        "nor": "~(a | b)", "clear": "a & ~b", "not": "~a", "copy": "b",
        "low": "((a < b) ? a : b)", "high": "((a > b) ? a : b)",
        "swap": f"{{a[{h - 1}:0], a[{t}:{h}]}}",
    }[name]  # fmt: skip


def _operands(interface: Interface) -> Callable[[Draw], dict[str, int]]:
    """Operands at their ends and near each other, few bits, and results of 0."""

    def draw(draw: Draw) -> dict[str, int]:
        row = near(interface, "a", "b")(draw)
        if draw.chance(0.15):
            row["b"] = draw.pick((row["a"], 0, row["a"] ^ (row["a"] & 170)))
        return row

    return draw


def _carried(kind: str, number: int) -> Problem:
    """Eight operations with a carry, or six, and two that do not exist."""
    width, unknown = 6, kind == "unknown"
    names = _table(kind, number, 6 if unknown else 8, _SUMS, _SUMS, _BOTH, _BOTH, _ALONE, _ALONE)
    last = "known" if unknown else "zero"
    interface = Interface(
        "alu", (Port("op", 3), Port("a", width), Port("b", width)),
        (Port("y", width), Port("carry"), Port(last)),
    )  # fmt: skip
    end = (
        "For 6 and 7, y and carry are 0, and known is 0; for all others it is 1."
        if unknown
        else "zero is 1 when y is 0, whatever carry is; else 0."
    )
    words = "\n".join(
        [f"y is the lowest {width} bits of what op says, and carry a flag that depends on op:",
         *_lines(names, carry=True), end]
    )  # fmt: skip

    def outputs(inputs: Inputs) -> Outputs:
        if inputs["op"] >= len(names):
            return {"y": 0, "carry": 0, last: 0}
        carry, y = _result(names[inputs["op"]], inputs["a"], inputs["b"], 0, width)
        return {"y": y, "carry": carry, last: 1 if unknown else int(y == 0)}

    arms = "".join(
        f"      {'default' if at == 7 else f'3{chr(39)}d{at}'}: "
        f"{{carry, y}} = {_EVERY[name].verilog(width)};\n"
        for at, name in enumerate(names)
    )
    if unknown:
        arms += f"      default: {{carry, y}} = {width + 1}'d0;\n"
        body = "  assign known = (op < 3'd6);\n"
    else:
        body = f"  assign zero = (y == {width}'d0);\n"
    body += f"  always @* begin\n    case (op)\n{arms}    endcase\n  end\n"
    reference = module(interface, body, ["y", "carry"])
    model = combinational(interface, outputs, _operands(interface), _edges(names, width))
    return Problem(words, interface, reference, model)


def _full(kind: str, number: int) -> Problem:
    """Eight operations with four flags and a carry that comes in, or operands that change
    places."""
    width, swap = 8 if kind == "swap" else 6, kind == "swap"
    names = _table(kind, number, 8, tuple(_WITH_CARRY)[:2], ("add", "sub"), _BOTH, _BOTH,
                   _ALONE, (*_WITH_CARRY,))  # fmt: skip
    left, right = ("p", "q") if swap else ("a", "b")
    interface = Interface(
        "alu",
        (Port("op", 3), Port(left, width), Port(right, width), Port("carry_in"),
         *((Port("exchange"), Port("flip")) if swap else ())),
        (Port("y", width), Port("carry"), Port("overflow"), Port("zero"), Port("negative")),
    )  # fmt: skip
    first = (
        "Let a be p and b be q, or a be q and b be p when exchange is 1; when flip is 1, every bit "
        "of b is then turned over. "
        if swap
        else ""
    )
    words = "\n".join([
        f"{first}y is the lowest {width} bits of what op says, and carry a flag that depends on "
        "op:",
        *_lines(names, carry=True),
        "overflow is 1 when op is one of "
        + ", ".join(str(at) for at, name in enumerate(names) if _EVERY[name].overflow)
        + ", and the true result, with a and b as numbers in two's complement"
        " (and carry_in as 0 or 1), has no "
        f"room in {width} bits in two's complement; else it is 0. zero is 1 when y is 0, else 0. "
        "negative is the highest bit of y.",
    ])  # fmt: skip

    def outputs(inputs: Inputs) -> Outputs:
        a, b, c = inputs[left], inputs[right], inputs["carry_in"]
        if swap:
            a, b = (b, a) if inputs["exchange"] else (a, b)
            b = (1 << width) - 1 - b if inputs["flip"] else b
        name = names[inputs["op"]]
        carry, y = _result(name, a, b, c, width)
        true = _EVERY[name].true
        over = true is not None and true(signed(a, width), signed(b, width), c) != signed(y, width)
        return {
            "y": y, "carry": carry, "overflow": int(over), "zero": int(y == 0),
            "negative": int(signed(y, width) < 0),
        }  # fmt: skip

    body = ""
    if swap:
        body += (
            f"  wire [{width - 1}:0] a = exchange ? q : p;\n"
            f"  wire [{width - 1}:0] b = (exchange ? p : q) ^ {{{width}{{flip}}}};\n"
        )
    body += f"  assign zero = (y == {width}'d0);\n  assign negative = y[{width - 1}];\n"
    body += "  always @* begin\n    overflow = 1'b0;\n    case (op)\n"
    for at, name in enumerate(names):
        label = "default" if at == 7 else f"3'd{at}"
        op = _EVERY[name]
        if op.overflow is None:
            body += f"      {label}: {{carry, y}} = {op.verilog(width)};\n"
        else:
            body += (
                f"      {label}: begin\n        {{carry, y}} = {op.verilog(width)};\n"
                f"        overflow = {op.overflow(width)};\n      end\n"
            )
    body += "    endcase\n  end\n"
    reference = module(interface, body, ["y", "carry", "overflow"])

    def draw(draw: Draw) -> dict[str, int]:
        row = near(interface, left, right)(draw)
        half = 1 << (width - 1)
        if draw.chance(0.3):
            row[left] = draw.pick((half - 1, half, half + 1, 2 * half - 1))
            row[right] = draw.pick((half, half - 1, 1, 2 * half - 1, row[left]))
        return row

    edges: list[Inputs] = []
    for at, name in enumerate(names):
        for a, b, c in _corners(name, width):
            row = {"op": at, left: a, right: b, "carry_in": c}
            if swap:
                # What becomes this a and b, in each of the four ways.
                exchange, flip = len(edges) % 2, len(edges) // 2 % 2
                b ^= flip * ((1 << width) - 1)
                p, q = (b, a) if exchange else (a, b)
                row |= {"p": p, "q": q, "exchange": exchange, "flip": flip}
            edges.append(row)
    return Problem(words, interface, reference, combinational(interface, outputs, draw, edges))


# ---------------------------------------------------------------- 5: with registers


def _machine(kind: str, number: int) -> Problem:
    makers: dict[str, Callable[[int], Problem]] = {
        "skip": _skip, "pair": _pair, "stack": _stack, "again": _again,
    }  # fmt: skip
    return makers[kind](number)


def _arms(names: Sequence[str], width: int, selector: str = "op") -> str:
    """A block that computes carry_out and y of a, b, and carry_in."""
    size = (len(names) - 1).bit_length()
    arms = "".join(
        f"      {'default' if at == len(names) - 1 else f'{size}{chr(39)}d{at}'}: "
        f"{{carry_out, y}} = {_EVERY[name].verilog(width)};\n"
        for at, name in enumerate(names)
    )
    return f"  always @* begin\n    case ({selector})\n{arms}    endcase\n  end\n"


def _skip(number: int) -> Problem:
    width = 6
    names = _table("skip", number, 8, tuple(_WITH_CARRY)[:2], _SUMS, _BOTH, ("copy",),
                   ("left", "right", "roll"), ("more", "less"))  # fmt: skip
    conditions = Draw("forgegym verilog alu skip", number).shuffle(
        [("zero is 1", "zero"), ("carry is 1", "carry"), ("carry is 0", "!carry"),
         ("the highest bit of acc is 1", f"acc[{width - 1}]"), ("zero is 0", "!zero")]
    )[:3]  # fmt: skip
    interface = clocked(
        "accumulator",
        (Port("op", 3), Port("when", 2), Port("value", width)),
        (Port("acc", width), Port("carry"), Port("zero"), Port("skipped", 3)),
        "skip", number,
    )  # fmt: skip
    words = "\n".join([
        "A machine with an accumulator, acc, and a flag, carry; both are first 0. In each cycle an "
        "operation is done, if its condition holds. when says the condition, by acc and the flags "
        "as they are in this cycle: at 0 it always holds, "
        + ", ".join(f"at {at} if {say}" for at, (say, _) in enumerate(conditions, 1))
        + f". op says the operation; a is acc, b is value, and carry_in is carry. acc takes the "
        f"lowest {width} bits of the result after the cycle, and carry what is said of it:",
        *_lines(names, carry=True),
        "When the condition does not hold, neither changes, and skipped goes up by one. skipped "
        "counts such cycles, from 0 to 7, where it stays. zero is 1 while acc is 0.",
    ])  # fmt: skip

    def holds(at: int, acc: int, carry: int) -> bool:
        if at == 0:
            return True
        return {
            "zero": acc == 0, "!zero": acc != 0, "carry": carry == 1, "!carry": carry == 0,
        }.get(conditions[at - 1][1], signed(acc, width) < 0)  # fmt: skip

    def step(state: tuple[int, int, int], inputs: Inputs) -> tuple[Outputs, tuple[int, int, int]]:
        acc, carry, skipped = state
        found = {"acc": acc, "carry": carry, "zero": int(acc == 0), "skipped": skipped}
        if not holds(inputs["when"], acc, carry):
            return found, (acc, carry, min(7, skipped + 1))
        carry, acc = _result(names[inputs["op"]], acc, inputs["value"], carry, width)
        return found, (acc, carry, skipped)

    def draw(draw: Draw) -> list[dict[str, int]]:
        always = draw.pick((0.3, 0.7, 0.7))
        small = draw.chance(0.3)
        rows = []
        for _ in range(36):
            value = draw.below(3) if small else draw.pick((draw.below(64), 0, 63, 1, 32))
            when = 0 if draw.chance(always) else draw.below(4)
            rows.append({"op": draw.below(8), "when": when, "value": value})
        return rows

    arms = "".join(f"      2'd{at}: go = {text};\n" for at, (_, text) in enumerate(conditions, 1))
    body = (
        f"  wire [{width - 1}:0] a = acc;\n  wire [{width - 1}:0] b = value;\n"
        f"  wire carry_in = carry;\n  reg [{width - 1}:0] y;\n  reg carry_out;\n  reg go;\n"
        f"  assign zero = (acc == {width}'d0);\n"
        f"  always @* begin\n    case (when)\n{arms}      default: go = 1'b1;\n    endcase\n  end\n"
    )
    body += _arms(names, width) + at_edge(
        interface,
        f"acc <= {width}'d0;\ncarry <= 1'b0;\nskipped <= 3'd0;",
        "if (go) begin\n  acc <= y;\n  carry <= carry_out;\nend else if (skipped != 3'd7) begin\n"
        "  skipped <= skipped + 3'd1;\nend",
    )
    reference = module(interface, body, ["acc", "carry", "skipped"])

    def done(name: str, value: int, when: int = 0) -> dict[str, int]:
        return {"op": names.index(name), "when": when, "value": value}

    def leaving(acc: int, carry: int) -> list[dict[str, int]]:
        """Cycles that leave acc and carry so; none where that is not found."""
        if not carry:
            return [done("copy", acc)]
        values = 0, (acc + 1) % 64, -acc % 64
        for name, before, value in itertools.product(names, (0, 63, -acc % 64), values):
            if _result(name, before, value, 0, width) == (carry, acc):
                return [done("copy", before), done(name, value)]
        return []

    # Each condition, where it does not hold for longer than skipped counts.
    edges = [
        [row for value in (0, 1, 33)
         for row in [done("copy", value)]
         + [done("copy", value, when)] * (2 if holds(when, value, 0) else 9)]
        for when in (1, 2, 3)
    ]  # fmt: skip
    taking = next(name for name in names if name in _WITH_CARRY)
    edges.append([
        row for a, b, c in _corners(taking, width) if (before := leaving(a, c))
        for row in (*before, done(taking, b))
    ])  # fmt: skip
    return Problem(words, interface, reference, Sequential((0, 0, 0), step, draw, edges))


def _pair(number: int) -> Problem:
    width = 6
    names = _table("pair", number, 4, _SUMS, _BOTH, ("left", "right", "half", "roll"))
    interface = clocked(
        "registers",
        (Port("op", 2), Port("from_x"), Port("to_x"), Port("direct"), Port("value", width)),
        (Port("x", width), Port("y", width), Port("carry"), Port("same")),
        "pair", number,
    )  # fmt: skip
    turn = number % 2 == 0
    words = "\n".join([
        "Two registers, x and y, and a flag, carry; all are first 0. In each cycle an operation is "
        "done on a and b: a is x when from_x is 1, else y; b is value when direct is 1, else the "
        "register that a is not. The lowest bits of its result go to x when to_x is 1, else to y, "
        "and carry becomes what is said of it; all this after the cycle, and by the registers as "
        "they were in it. op is:",
        *_lines(names, carry=True),
        "The register that the result does not go to keeps its value"
        + (
            ", except that it takes a when direct is 0 and the result goes to the register that a "
            "came from."
            if turn
            else "."
        )
        + " same is 1 while x and y are equal.",
    ])  # fmt: skip

    def step(state: tuple[int, int, int], inputs: Inputs) -> tuple[Outputs, tuple[int, int, int]]:
        x, y, carry = state
        found = {"x": x, "y": y, "carry": carry, "same": int(x == y)}
        a, other = (x, y) if inputs["from_x"] else (y, x)
        b = inputs["value"] if inputs["direct"] else other
        carry, result = _result(names[inputs["op"]], a, b, 0, width)
        kept = y if inputs["to_x"] else x
        if turn and not inputs["direct"] and inputs["from_x"] == inputs["to_x"]:
            kept = a
        return found, ((result, kept, carry) if inputs["to_x"] else (kept, result, carry))

    def draw(draw: Draw) -> list[dict[str, int]]:
        direct = draw.pick((0.4, 0.8))
        return [
            {
                "op": draw.below(4), "from_x": draw.below(2), "to_x": draw.below(2),
                "direct": int(draw.chance(direct)),
                "value": draw.pick((draw.below(64), draw.below(64), 0, 63, 1)),
            }
            for _ in range(30)
        ]  # fmt: skip

    body = (
        f"  wire [{width - 1}:0] a = from_x ? x : y;\n"
        f"  wire [{width - 1}:0] b = direct ? value : (from_x ? y : x);\n"
        f"  reg [{width - 1}:0] result;\n  reg carry_out;\n  assign same = (x == y);\n"
    ) + _arms(names, width).replace("carry_out, y", "carry_out, result")
    keep = "\n  if (!direct && {0}) {1} <= a;" if turn else ""
    body += at_edge(
        interface,
        f"x <= {width}'d0;\ny <= {width}'d0;\ncarry <= 1'b0;",
        f"carry <= carry_out;\nif (to_x) begin\n  x <= result;{keep.format('from_x', 'y')}\n"
        f"end else begin\n  y <= result;{keep.format('!from_x', 'x')}\nend",
    )
    reference = module(interface, body, ["x", "y", "carry"])
    return Problem(words, interface, reference, Sequential((0, 0, 0), step, draw))


def _stack(number: int) -> Problem:
    width = 4
    names = _table("stack", number, 4, ("sub", "back"), ("add",), _BOTH, _BOTH)
    interface = clocked(
        "stack_machine",
        (Port("code", 3), Port("value", width)),
        (Port("top", width), Port("depth", 2), Port("error")),
        "stack", number,
    )  # fmt: skip
    words = "\n".join([
        "A machine with a stack of at most three numbers, first empty. In each cycle code says "
        "what is done, and its effect is seen in the next. For 0 to 3, b is the number on top and "
        f"a the one below it; both are removed, and the lowest {width} bits of the result are "
        "pushed:",
        *_lines(names),
        "- 4: nothing\n- 5: push value\n- 6: push the number on top once more\n"
        "- 7: remove the number on top",
        "What is not possible (too few numbers for it, or no room, since there are three already) "
        "is not done at all: the stack stays as it is. error is 1 in the cycle after this, and 0 "
        "otherwise. depth is the count of numbers, and top the number on top, or 0 when there is "
        "none.",
    ])  # fmt: skip

    def step(state: tuple[tuple[int, ...], int], inputs: Inputs) -> tuple[Outputs, Any]:
        stack, error = state
        found = {"top": stack[-1] if stack else 0, "depth": len(stack), "error": error}
        code = inputs["code"]
        after = list(stack)
        try:
            if code < 4:
                b, a = after.pop(), after.pop()
                after.append(_result(names[code], a, b, 0, width)[1])
            elif code in (5, 6):
                after.append(inputs["value"] if code == 5 else after[-1])
            elif code == 7:
                after.pop()
            if len(after) > 3:
                raise IndexError
        except IndexError:
            return found, (stack, 1)
        return found, (tuple(after), 0)

    def draw(draw: Draw) -> list[dict[str, int]]:
        rows: list[dict[str, int]] = []
        up = draw.pick((0.5, 0.6, 0.75))
        for _ in range(38):
            code = draw.pick((5, 5, 6)) if draw.chance(up) else draw.pick((0, 1, 2, 3, 7, 4))
            rows.append({"code": code, "value": draw.below(16)})
        return rows

    arms = "".join(
        f"      {'default' if at == 3 else f'2{chr(39)}d{at}'}: y = {_short(name, width)};\n"
        for at, name in enumerate(names)
    )
    body = (
        f"  reg [{width - 1}:0] a;\n  reg [{width - 1}:0] b;\n  reg [{width - 1}:0] c;\n"
        f"  reg [{width - 1}:0] y;\n  reg fine;\n"
        f"  assign top = (depth == 2'd0) ? {width}'d0 : b;\n"
        f"  always @* begin\n    case (code[1:0])\n{arms}    endcase\n  end\n"
        "  always @* begin\n    if (!code[2]) fine = (depth >= 2'd2);\n"
        "    else begin\n      case (code[1:0])\n        2'd0: fine = 1'b1;\n"
        "        2'd1: fine = (depth != 2'd3);\n"
        "        2'd2: fine = (depth != 2'd0) && (depth != 2'd3);\n"
        "        default: fine = (depth != 2'd0);\n      endcase\n    end\n  end\n"
    )
    body += (
        f"  always @(posedge {interface.clock}) begin\n    if (fine && !code[2]) begin\n"
        "      b <= y;\n      a <= c;\n    end else if (fine && code == 3'd7) begin\n"
        "      b <= a;\n      a <= c;\n    end else if (fine && code != 3'd4) begin\n"
        "      b <= code[0] ? value : b;\n      a <= b;\n      c <= a;\n    end\n  end\n"
    )
    then = (
        "error <= !fine;\nif (fine) begin\n"
        "  if (!code[2] || code == 3'd7) depth <= depth - 2'd1;\n"
        "  else if (code != 3'd4) depth <= depth + 2'd1;\nend"
    )
    body += at_edge(interface, "depth <= 2'd0;\nerror <= 1'b0;", then)
    reference = module(interface, body, ["depth", "error"])
    push = [{"code": 5, "value": value} for value in (3, 9, 14, 6)]
    edges = [
        [*push, *({"code": code, "value": 5} for code in (6, op, op, op, 7, 7, 6, 4))]
        for op in range(4)
    ]
    edges += [[*push[1:], *[{"code": 7, "value": 1}] * 5], [{"code": 6, "value": 2}] * 2]
    return Problem(words, interface, reference, Sequential(((), 0), step, draw, edges))


# acc, carry, done; then, while it is busy, what is left to do, the operation, and the value.
_AgainState = tuple[int, int, int, int, int, int]


def _again(number: int) -> Problem:
    width = 6
    names = _table("again", number, 4, ("with_carry", "through"), _SUMS, _BOTH,
                   ("right", "half", "roll", "left"))  # fmt: skip
    until = number % 2 == 0
    interface = clocked(
        "repeater",
        (Port("start"), Port("op", 2), Port("times", 3), Port("value", width)),
        (Port("acc", width), Port("busy"), Port("done"), Port("carry")),
        "again", number,
    )  # fmt: skip
    words = "\n".join([
        "A machine that does an operation several times. First it is idle, and acc, carry and done "
        "are 0. Idle, in a cycle where start is 1, it takes op, times and value; if times is not "
        "0, it is busy from the next cycle on, and carry becomes 0; if times is 0, acc takes value "
        "instead, and it stays idle. While it is busy, start and the inputs with it are ignored, "
        "and in each cycle the operation that was taken is done once: a is acc, b the value that "
        f"was taken, carry_in is carry; acc takes the lowest {width} bits of its result, and carry "
        "what is said of it. op is:",
        *_lines(names, carry=True),
        "When it has been done as often as times said"
        + (", or as soon as it makes acc 0," if until else "")
        + " the machine is idle again in the next cycle, and done is 1 in that cycle alone. busy "
        "is 1 while it is busy.",
    ])  # fmt: skip

    def step(state: _AgainState, inputs: Inputs) -> tuple[Outputs, _AgainState]:
        acc, carry, done, left, op, value = state
        found = {"acc": acc, "busy": int(left > 0), "done": done, "carry": carry}
        if left:
            carry, acc = _result(names[op], acc, value, carry, width)
            left = 0 if until and acc == 0 else left - 1
            return found, (acc, carry, int(left == 0), left, op, value)
        if not inputs["start"]:
            return found, (acc, carry, 0, 0, 0, 0)
        if not inputs["times"]:
            return found, (inputs["value"], carry, 0, 0, 0, 0)
        return found, (acc, 0, 0, inputs["times"], inputs["op"], inputs["value"])

    def draw(draw: Draw) -> list[dict[str, int]]:
        rows = []
        often, most = draw.pick((0.3, 0.6)), draw.pick((3, 5, 8))
        for at in range(40):
            start = int(at == 0 or draw.chance(often))
            rows.append({
                "start": start, "op": draw.below(4),
                "times": 0 if at == 0 or draw.chance(0.15) else draw.below(most),
                "value": draw.pick((draw.below(64), draw.below(64), draw.below(8), 63, 32)),
            })  # fmt: skip
        return rows

    body = (
        f"  reg [2:0] left;\n  reg [1:0] chosen;\n  reg [{width - 1}:0] b;\n"
        f"  wire [{width - 1}:0] a = acc;\n  wire carry_in = carry;\n"
        f"  reg [{width - 1}:0] y;\n  reg carry_out;\n"
        "  wire last = (left == 3'd1)" + (f" || (y == {width}'d0)" if until else "") + ";\n"
        "  assign busy = (left != 3'd0);\n"
    ) + _arms(names, width, "chosen")
    body += (
        f"  always @(posedge {interface.clock}) begin\n    if (start && !busy) begin\n"
        "      chosen <= op;\n      b <= value;\n    end\n  end\n"
    )
    first = f"acc <= {width}'d0;\ncarry <= 1'b0;\ndone <= 1'b0;\nleft <= 3'd0;"
    then = (
        "done <= busy && last;\nif (busy) begin\n  acc <= y;\n  carry <= carry_out;\n"
        "  left <= last ? 3'd0 : left - 3'd1;\nend else if (start) begin\n  left <= times;\n"
        "  if (times == 3'd0) acc <= value;\n  else carry <= 1'b0;\nend"
    )
    body += at_edge(interface, first, then)
    reference = module(interface, body, ["acc", "done", "carry"])
    load = {"start": 1, "op": 0, "times": 0, "value": 43}
    edges = [
        [{**load, "value": start}, {"start": 1, "op": op, "times": times, "value": value}]
        + [{"start": 0, "op": 3 - op, "times": 2, "value": 7}] * (times + 2)
        for op in range(4) for times, start, value in ((7, 43, 21), (6, 1, 63))
    ]  # fmt: skip
    model = Sequential((0,) * 6, step, draw, edges)
    return Problem(words, interface, reference, model)
