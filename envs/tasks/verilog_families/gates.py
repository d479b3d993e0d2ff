"""Gates: boolean functions, truth tables, multiplexers, votes, rules of cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ....verifiers.verilog.interface import Interface, Port
from ..draw import Draw
from .bits import combinational, listed, vector
from .family import Inputs, Outputs, Problem, Sequential, at_edge, clocked, family, module


def _variants(level: int) -> Sequence[tuple[Any, ...]]:
    if level == 1:
        return [(level, kind, width) for kind in _FUNCTIONS for width in (2, 6)]
    if level == 2:
        return [
            *((level, "table", number) for number in range(6)),
            *((level, "mux", order) for order in ("plain", "reverse", "gray")),
            *((level, "hot", how) for how in ("or", "and", "first")),
            *((level, "route", idle) for idle in (0, 1)),
            *((level, "bit", end) for end in ("low", "high")),
        ]
    if level == 3:
        return [
            *((level, "lut", inputs) for inputs in (2, 3)),
            *((level, "pick", beyond) for beyond in ("zero", "one", "wrap", "top")),
            *((level, "merge", kind) for kind in ("swap", "clear", "flip")),
            *((level, "count", kind) for kind in ("least", "exact", "most")),
            *((level, "patterns", number) for number in range(5)),
        ]
    if level == 4:
        return [
            *((level, "triple", width) for width in (1, 4)),
            *((level, "board", kind) for kind in ("veto", "double", "quorum")),
            *((level, "cells", ends) for ends in ("wrap", "zero", "one", "mirror")),
            *((level, "cross", kind) for kind in ("or", "low", "high")),
        ]
    return [
        *((level, "row", ends) for ends in ("wrap", "zero", "one", "mirror")),
        *((level, "loaded", kind) for kind in ("low", "high", "ready")),
        *((level, "channels", strikes) for strikes in (1, 2, 3)),
        *((level, "keys", kind) for kind in ("hold", "toggle")),
    ]


@family("gates", _variants)
def gates(level: int, kind: str, option: Any) -> Problem:
    if level == 1:
        return _function(kind, option)
    makers: dict[str, Callable[[Any], Problem]] = {
        "table": _table, "mux": _mux, "hot": _hot, "route": _route, "bit": _bit,
        "lut": _lut, "pick": _pick, "merge": _merge, "count": _count, "patterns": _patterns,
        "triple": _triple, "board": _board, "cells": _cells, "cross": _cross,
        "row": _row, "loaded": _loaded, "channels": _channels, "keys": _keys,
    }  # fmt: skip
    return makers[kind](option)


# ---------------------------------------------------------------- 1: functions of single bits

# Inputs, when the bit is 1, the same in Python (of a list of bits), and in Verilog.
_FUNCTIONS: dict[str, tuple[str, str, Callable[[list[int]], bool], str]] = {
    "but": ("ab", "a is 1 and b is 0", lambda v: v == [1, 0], "a & ~b"),
    "follows": ("ab", "a is 0 or b is 1", lambda v: v != [1, 0], "~a | b"),
    "same": ("ab", "a and b are equal", lambda v: v[0] == v[1], "~(a ^ b)"),
    "most": (
        "abc", "at least two of a, b and c are 1", lambda v: sum(v) > 1,
        "(a & b) | (a & c) | (b & c)",
    ),
    "few": (
        "abc", "at most one of a, b and c is 1", lambda v: sum(v) < 2,
        "~((a & b) | (a & c) | (b & c))",
    ),
    "single": (
        "abc", "exactly one of a, b and c is 1", lambda v: sum(v) == 1,
        "(a & ~b & ~c) | (~a & b & ~c) | (~a & ~b & c)",
    ),
    "mixed": (
        "abc", "a, b and c are not all equal", lambda v: len({*v}) > 1, "(a ^ b) | (b ^ c)",
    ),
    "chosen": (
        "abc", "c is 1 and a is 1, or c is 0 and b is 1", lambda v: bool(v[0] if v[2] else v[1]),
        "(c & a) | (~c & b)",
    ),
    "guarded": (
        "abc", "c is 0 and at least one of a and b is 0", lambda v: v[2] == 0 and sum(v) < 2,
        "~((a & b) | c)",
    ),
    "even": (
        "abcd", "an even number of a, b, c and d (0, 2 or 4) are 1", lambda v: sum(v) % 2 == 0,
        "~(a ^ b ^ c ^ d)",
    ),
    "pairs": (
        "abcd", "a and b are both 1, or c and d are both 0",
        lambda v: v[:2] == [1, 1] or v[2:] == [0, 0], "(a & b) | (~c & ~d)",
    ),
    "either": (
        "abcd", "a and b are equal while c and d differ, or a and b differ while c and d are equal",
        lambda v: (v[0] == v[1]) != (v[2] == v[3]), "a ^ b ^ c ^ d",
    ),
    "three": (
        "abcd", "at least three of a, b, c and d are 1", lambda v: sum(v) > 2,
        "(a & b & (c | d)) | (c & d & (a | b))",
    ),
}  # fmt: skip


def _function(kind: str, width: int) -> Problem:
    names, when, holds, expression = _FUNCTIONS[kind]
    interface = Interface(
        "bitwise", tuple(Port(name, width) for name in names), (Port("y", width),)
    )
    words = (
        f"Each bit of y depends on the bits of {listed(names)} with the same number alone: it is "
        f"1 when of these {when}; otherwise it is 0."
    )

    def outputs(inputs: Inputs) -> Outputs:
        columns = zip(*(f"{inputs[name]:0{width}b}" for name in names), strict=True)
        return {"y": "".join(str(int(holds([*map(int, column)]))) for column in columns)}

    reference = module(interface, f"  assign y = {expression};\n")
    return Problem(words, interface, reference, combinational(interface, outputs))


# ---------------------------------------------------------------- 2: tables and multiplexers


def _table(number: int) -> Problem:
    draw = Draw("forgegym verilog gates table", number)
    names = ("a", "b", "c", "d")
    interface = Interface("truth", tuple(map(Port, names)), (Port("f"), Port("g")))
    first = sorted(draw.shuffle(range(16))[: draw.between(5, 9)])
    second = sorted(draw.shuffle(range(16))[: draw.between(5, 9)])
    words = (
        "Two functions of four bits. Read {a, b, c, d} as a number from 0 to 15, a the highest "
        f"bit. f is 1 for {listed(first)}, and g is 1 for {listed(second)}; for other numbers "
        "they are 0."
    )

    def outputs(inputs: Inputs) -> Outputs:
        value = int("".join(str(inputs[name]) for name in names), 2)
        return {"f": int(value in first), "g": int(value in second)}

    body = "  always @* begin\n    case ({a, b, c, d})\n"
    body += "".join(
        f"      4'd{value}: {{f, g}} = 2'b{int(value in first)}{int(value in second)};\n"
        for value in range(16)
        if value in first or value in second
    )
    body += "      default: {f, g} = 2'b00;\n    endcase\n  end\n"
    reference = module(interface, body, ["f", "g"])
    return Problem(words, interface, reference, combinational(interface, outputs))


def _mux(order: str) -> Problem:
    names = ("a", "b", "c", "d")
    interface = Interface(
        "mux", (Port("select", 2), *(Port(name, 5) for name in names)), (Port("y", 5),)
    )
    chosen = {"plain": names, "reverse": names[::-1], "gray": ("a", "b", "d", "c")}[order]
    words = "y is one of a, b, c and d: " + listed(
        [f"{name} when select is {at}" for at, name in enumerate(chosen)]
    )
    body = "  always @* begin\n    case (select)\n" + "".join(
        f"      {label}: y = {name};\n"
        for label, name in zip(("2'd0", "2'd1", "2'd2", "default"), chosen, strict=True)
    )
    body += "    endcase\n  end\n"
    return Problem(
        words + ".",
        interface,
        module(interface, body, ["y"]),
        combinational(interface, lambda inputs: {"y": inputs[chosen[inputs["select"]]]}),
    )


def _hot(how: str) -> Problem:
    names = ("a", "b", "c")
    interface = Interface(
        "gather", (Port("take", 3), *(Port(name, 4) for name in names)), (Port("y", 4),)
    )
    say = {
        "or": "y is the bitwise or of those of a, b and c that are taken, and 0 when none is.",
        "and": "y is the bitwise and of those of a, b and c that are taken, and all ones when "
        "none is.",
        "first": "y is the first of a, b and c, in this order, that is taken, and 0 when none is.",
    }[how]
    words = f"a is taken when take[0] is 1, b when take[1] is 1, c when take[2] is 1. {say}"

    def outputs(inputs: Inputs) -> Outputs:
        taken = [inputs[name] for at, name in enumerate(names) if inputs["take"] >> at & 1]
        y = 15 if how == "and" else 0
        for value in reversed(taken):
            y = {"or": y | value, "and": y & value, "first": value}[how]
        return {"y": y}

    joined = {
        "or": " | ".join(f"(take[{at}] ? {name} : 4'd0)" for at, name in enumerate(names)),
        "and": " & ".join(f"(take[{at}] ? {name} : 4'd15)" for at, name in enumerate(names)),
        "first": "take[0] ? a : take[1] ? b : take[2] ? c : 4'd0",
    }[how]
    reference = module(interface, f"  assign y = {joined};\n")
    return Problem(words, interface, reference, combinational(interface, outputs))


def _route(idle: int) -> Problem:
    interface = Interface(
        "route",
        (Port("word", 4), Port("to", 2)),
        (Port("a", 4), Port("b", 4), Port("c", 4), Port("lost")),
    )
    other = "all ones" if idle else "0"
    words = (
        "word goes to one of the outputs: to a when to is 0, to b when it is 1, to c when it is 2; "
        f"the others are {other}. When to is 3, all three are {other}, and lost is 1; otherwise "
        "lost is 0."
    )
    rest = 15 * idle

    def outputs(inputs: Inputs) -> Outputs:
        found = dict.fromkeys("abc", rest)
        if inputs["to"] < 3:
            found["abc"[inputs["to"]]] = inputs["word"]
        return {**found, "lost": int(inputs["to"] == 3)}

    body = "".join(
        f"  assign {name} = (to == 2'd{at}) ? word : 4'd{rest};\n" for at, name in enumerate("abc")
    )
    reference = module(interface, f"{body}  assign lost = (to == 2'd3);\n")
    return Problem(words, interface, reference, combinational(interface, outputs))


def _bit(end: str) -> Problem:
    interface = Interface("pick_bit", (Port("word", 8), Port("index", 3)), (Port("y"), Port("n")))
    number = "word[0]" if end == "low" else "word[7]"
    words = (
        f"y is the bit of word that index chooses: 0 chooses {number}, 1 the one beside it, and so "
        "on to the other end. n is the opposite of the bit that follows it, that is, of the one "
        "that index + 1 would choose; after the last bit comes the first again."
    )

    def outputs(inputs: Inputs) -> Outputs:
        text = f"{inputs['word']:08b}"[:: -1 if end == "low" else 1]
        return {
            "y": int(text[inputs["index"]]),
            "n": 1 - int((text + text)[inputs["index"] + 1]),
        }

    at = "index" if end == "low" else "3'd7 - index"
    beside = "index + 3'd1" if end == "low" else "3'd6 - index"
    body = f"  wire [2:0] at = {at};\n" if end != "low" else ""
    body += f"  wire [2:0] beside = {beside};\n"
    body += f"  assign y = word[{'index' if end == 'low' else 'at'}];\n"
    body += "  assign n = !word[beside];\n"
    reference = module(interface, body)
    return Problem(words, interface, reference, combinational(interface, outputs))


# ---------------------------------------------------------------- 3: functions that are given


def _lut(inputs_count: int) -> Problem:
    names = ("a", "b", "c")[:inputs_count]
    size = 1 << inputs_count
    interface = Interface(
        "lut", (Port("rule", size), *(Port(name, 4) for name in names)), (Port("y", 4),)
    )
    joined = ", ".join(f"{name}[i]" for name in names)
    words = (
        "A function that is given as a truth table, applied to every bit. Bit i of y is bit number "
        f"{{{joined}}} of rule, where {{{joined}}} is read as a number, {names[0]}[i] its highest "
        "bit, and bit 0 of rule is its lowest."
    )

    def outputs(inputs: Inputs) -> Outputs:
        rule = f"{inputs['rule']:0{size}b}"[::-1]
        columns = zip(*(f"{inputs[name]:04b}" for name in names), strict=True)
        return {"y": "".join(rule[int("".join(column), 2)] for column in columns)}

    body = (
        "  integer i;\n  always @* begin\n    for (i = 0; i < 4; i = i + 1)\n"
        f"      y[i] = rule[{{{joined}}}];\n  end\n"
    )
    reference = module(interface, body, ["y"])
    return Problem(words, interface, reference, combinational(interface, outputs))


def _pick(beyond: str) -> Problem:
    interface = Interface("field", (Port("word", 8), Port("low", 3)), (Port("y", 3), Port("whole")))
    say = {
        "zero": "numbers beyond 7 count as bits that are 0",
        "one": "numbers beyond 7 count as bits that are 1",
        "wrap": "after number 7 comes number 0 again",
        "top": "numbers beyond 7 count as bits equal to word[7]",
    }[beyond]
    words = (
        "y is the three bits of word from number low upwards, the one with number low as y[0]; "
        f"{say}. whole is 1 when all three numbers are at most 7, else 0."
    )

    def outputs(inputs: Inputs) -> Outputs:
        word, low = inputs["word"], inputs["low"]
        more = {"zero": 0, "one": 255, "wrap": word, "top": 255 * (word >> 7)}[beyond]
        text = f"{more:08b}{word:08b}"[::-1]
        return {"y": text[low : low + 3][::-1], "whole": int(low + 2 <= 7)}

    more = {"zero": "2'b00", "one": "2'b11", "wrap": "word[1:0]", "top": "{2{word[7]}}"}[beyond]
    body = (
        f"  wire [9:0] longer = {{{more}, word}};\n"
        "  assign y = {longer[{1'b0, low} + 4'd2], longer[{1'b0, low} + 4'd1], "
        "longer[{1'b0, low}]};\n"
        "  assign whole = (low < 3'd6);\n"
    )
    reference = module(interface, body)
    return Problem(words, interface, reference, combinational(interface, outputs))


def _merge(kind: str) -> Problem:
    interface = Interface(
        "merge",
        (Port("a", 6), Port("b", 6), Port("mask", 6), Port("mode", 2)),
        (Port("y", 6), Port("changed")),
    )
    third = {
        "swap": "b where mask is 0, and a where it is 1",
        "clear": "a where mask is 0, and 0 where it is 1",
        "flip": "a where mask is 0, and the opposite of a where it is 1",
    }[kind]
    words = (
        "Bits of two words, chosen by a mask, each bit on its own. y depends on mode:\n"
        "- 0: a, whatever mask is\n- 1: a where mask is 0, and b where it is 1\n"
        f"- 2: {third}\n- 3: where mask is 0, a; where it is 1, 1 if a or b is 1\n"
        "changed is 1 when y is not equal to a."
    )

    def outputs(inputs: Inputs) -> Outputs:
        mode, y = inputs["mode"], ""
        columns = zip(*(f"{inputs[name]:06b}" for name in ("a", "b", "mask")), strict=True)
        for a, b, m in columns:
            other = {
                0: a, 1: b, 2: {"swap": a, "clear": "0", "flip": "10"[int(a)]}[kind],
                3: max(a, b),
            }[mode]  # fmt: skip
            same = b if (mode == 2 and kind == "swap") else a
            y += other if m == "1" else same
        return {"y": y, "changed": int(int(y, 2) != inputs["a"])}

    two = {
        "swap": "(b & ~mask) | (a & mask)", "clear": "a & ~mask", "flip": "a ^ mask",
    }[kind]  # fmt: skip
    body = (
        "  assign changed = (y != a);\n  always @* begin\n    case (mode)\n"
        "      2'd0: y = a;\n      2'd1: y = (a & ~mask) | (b & mask);\n"
        f"      2'd2: y = {two};\n      default: y = a | (b & mask);\n    endcase\n  end\n"
    )
    reference = module(interface, body, ["y"])
    return Problem(words, interface, reference, combinational(interface, outputs))


def _count(kind: str) -> Problem:
    interface = Interface(
        "threshold", (Port("votes", 7), Port("limit", 3)), (Port("y"), Port("votes_odd"))
    )
    say = {"least": "at least", "exact": "exactly", "most": "at most"}[kind]
    words = (
        f"y is 1 when {say} limit bits of votes are 1, else 0. votes_odd is 1 when an odd number "
        "of them are, else 0."
    )

    def outputs(inputs: Inputs) -> Outputs:
        ones, limit = f"{inputs['votes']:b}".count("1"), inputs["limit"]
        y = {"least": ones >= limit, "exact": ones == limit, "most": ones <= limit}[kind]
        return {"y": int(y), "votes_odd": ones % 2}

    def draw(draw: Draw) -> dict[str, int]:
        votes = draw.below(128)
        ones = f"{votes:b}".count("1")
        return {"votes": votes, "limit": min(7, max(0, ones + draw.pick((-1, 0, 0, 1))))}

    sign = {"least": ">=", "exact": "==", "most": "<="}[kind]
    body = (
        "  integer i;\n  reg [2:0] ones;\n"
        f"  assign y = (ones {sign} limit);\n  assign votes_odd = ^votes;\n"
        "  always @* begin\n    ones = 3'd0;\n"
        "    for (i = 0; i < 7; i = i + 1)\n      ones = ones + {2'b00, votes[i]};\n  end\n"
    )
    edges: list[Inputs] = [
        {"votes": votes, "limit": limit} for votes in (0, 127, 64, 63) for limit in (0, 1, 6, 7)
    ]
    return Problem(
        words, interface, module(interface, body), combinational(interface, outputs, draw, edges)
    )


def _patterns(number: int) -> Problem:
    draw = Draw("forgegym verilog gates patterns", number)
    # From the most particular to the most general, so that no line is hidden by one before it.
    patterns: list[str] = []
    for wild in (1, 2, 3, 4):
        for _ in range(1 if wild == 4 else 2):
            holes = draw.shuffle(range(6))[:wild]
            patterns.append("".join("?" if at in holes else str(draw.below(2)) for at in range(6)))
    results = [draw.below(8) for _ in patterns]
    rest = draw.below(8)
    interface = Interface("classify", (Port("word", 6),), (Port("group", 3), Port("known")))
    words = "\n".join(
        [
            "word is compared with these patterns, the highest bit first; ? stands for either bit. "
            "group is what stands beside the first line, from the top, that fits, and known is 1:",
            *(f"- {p} -> {r}" for p, r in zip(patterns, results, strict=True)),
            f"When none fits, group is {rest} and known is 0.",
        ]
    )

    def outputs(inputs: Inputs) -> Outputs:
        text = f"{inputs['word']:06b}"
        for pattern, result in zip(patterns, results, strict=True):
            if all(p in ("?", b) for p, b in zip(pattern, text, strict=True)):
                return {"group": result, "known": 1}
        return {"group": rest, "known": 0}

    lines = []
    for pattern, result in zip(patterns, results, strict=True):
        mask = "".join("0" if c == "?" else "1" for c in pattern)
        want = pattern.replace("?", "0")
        lines.append(f"if ((word & 6'b{mask}) == 6'b{want}) group = 3'd{result};")
    chain = "\n    else ".join(lines)
    body = (
        f"  always @* begin\n    known = 1'b1;\n    {chain}\n"
        f"    else begin\n      group = 3'd{rest};\n      known = 1'b0;\n    end\n  end\n"
    )
    reference = module(interface, body, ["group", "known"])
    return Problem(words, interface, reference, combinational(interface, outputs))


# ---------------------------------------------------------------- 4: several parts


def _triple(width: int) -> Problem:
    size = 4 * width
    interface = Interface(
        "voter",
        (Port("a", size), Port("b", size), Port("c", size), Port("off", 3)),
        (Port("y", size), Port("odd_one", 2), Port("fault")),
    )
    words = (
        f"Three channels, a, b and c, of {size} bits that ought to be equal. off[0] switches a "
        "off, "
        "off[1] b, and off[2] c.\n"
        "- While all are on, each bit of y is that of at least two of the channels.\n"
        "- While one is off, y is the one of the other two that comes first in the order a, b, c.\n"
        "- While two are off, y is the third; while all are off, y is 0.\n"
        "fault is 1 when two channels that are on differ in any bit, or all are off. odd_one is 1 "
        "for a, 2 for b, 3 for c if all are on and this channel differs from the other two, which "
        "are equal; in all other cases it is 0."
    )

    def outputs(inputs: Inputs) -> Outputs:
        values = [inputs[name] for name in "abc"]
        on = [v for at, v in enumerate(values) if not inputs["off"] >> at & 1]
        odd = 0
        if len(on) == 3:
            columns = zip(*(f"{v:0{size}b}" for v in on), strict=True)
            y: Any = "".join(sorted(column)[1] for column in columns)
            lonely = [at + 1 for at, v in enumerate(values) if values.count(v) == 1]
            odd = lonely[0] if len(lonely) == 1 else 0
        else:
            y = on[0] if on else 0
        return {"y": y, "odd_one": odd, "fault": int(len({*on}) != 1)}

    def draw(draw: Draw) -> dict[str, int]:
        value = draw.below(1 << size)
        row = dict.fromkeys("abc", value)
        for _ in range(draw.below(3)):
            row[draw.pick("abc")] ^= draw.pick((1 << draw.below(size), draw.below(1 << size)))
        return {**row, "off": 0 if draw.chance(0.5) else draw.below(8)}

    body = f"""\
  wire ab = (a == b);
  wire bc = (b == c);
  wire ac = (a == c);
  always @* begin
    odd_one = 2'd0;
    fault = 1'b0;
    case (off)
      3'b000: begin
        y = (a & b) | (b & c) | (a & c);
        fault = !(ab && bc);
        if (bc && !ab) odd_one = 2'd1;
        else if (ac && !ab) odd_one = 2'd2;
        else if (ab && !bc) odd_one = 2'd3;
      end
      3'b001: begin
        y = b;
        fault = !bc;
      end
      3'b010: begin
        y = a;
        fault = !ac;
      end
      3'b100: begin
        y = a;
        fault = !ab;
      end
      3'b011: y = c;
      3'b101: y = b;
      3'b110: y = a;
      default: begin
        y = {size}'d0;
        fault = 1'b1;
      end
    endcase
  end
"""
    reference = module(interface, body, ["y", "odd_one", "fault"])
    return Problem(words, interface, reference, combinational(interface, outputs, draw))


def _board(kind: str) -> Problem:
    interface = Interface(
        "board",
        (Port("here", 5), Port("yes", 5)),
        (Port("passed"), Port("tie"), Port("valid")),
    )
    say = {
        "veto": "Member 0 has a veto: if it is present and votes no, the motion does not pass, "
        "whatever the others vote. A vote is valid when at least two members are present.",
        "double": "The vote of member 0 counts twice, the others' once. A vote is valid when at "
        "least three members are present.",
        "quorum": "A vote is valid when at least three members are present, member 0 or member 1 "
        "among them.",
    }[kind]
    words = (
        "A board of five members, 0 to 4, votes. Bit i of here is 1 when member i is present; such "
        "a member votes yes when bit i of yes is 1, and no when it is 0. Those who are absent do "
        f"not vote, whatever their bit of yes is. {say} valid says whether it is. passed is 1 when "
        "the vote is valid and the motion passes: it has more votes of yes than of no"
        + (", and no veto" if kind == "veto" else "")
        + ". tie is 1 when the vote is valid and there are as many votes of yes as of no."
    )

    def outputs(inputs: Inputs) -> Outputs:
        here = [i for i in range(5) if inputs["here"] >> i & 1]
        votes = [1 if inputs["yes"] >> i & 1 else -1 for i in here]
        if kind == "double" and 0 in here:
            votes.append(votes[0])
        valid = len(here) >= (2 if kind == "veto" else 3)
        if kind == "quorum":
            valid = valid and not {0, 1}.isdisjoint(here)
        vetoed = kind == "veto" and 0 in here and votes[0] < 0
        return {
            "passed": int(valid and sum(votes) > 0 and not vetoed),
            "tie": int(valid and sum(votes) == 0),
            "valid": int(valid),
        }

    start = (
        "    if (here[0]) begin\n      if (yes[0]) ayes = 3'd1;\n      else noes = 3'd1;\n    end\n"
    )
    valid = {
        "veto": "(present >= 3'd2)",
        "double": "(present >= 3'd3)",
        "quorum": "(present >= 3'd3) && (here[0] || here[1])",
    }[kind]
    veto = " && !(here[0] && !yes[0])" if kind == "veto" else ""
    body = (
        "  integer i;\n  reg [2:0] present;\n  reg [2:0] ayes;\n  reg [2:0] noes;\n"
        f"  assign valid = {valid};\n  assign passed = valid && (ayes > noes){veto};\n"
        "  assign tie = valid && (ayes == noes);\n"
        "  always @* begin\n    present = 3'd0;\n    ayes = 3'd0;\n    noes = 3'd0;\n"
        + (start if kind == "double" else "")
        + "    for (i = 0; i < 5; i = i + 1) begin\n      if (here[i]) begin\n"
        "        present = present + 3'd1;\n"
        "        if (yes[i]) ayes = ayes + 3'd1;\n        else noes = noes + 3'd1;\n"
        "      end\n    end\n  end\n"
    )

    def draw(draw: Draw) -> dict[str, int]:
        absent = draw.pick((0, 1 << draw.below(5), draw.below(32)))
        return {"here": 31 & ~absent, "yes": draw.below(32)}

    model = combinational(interface, outputs, draw)
    return Problem(words, interface, module(interface, body), model)


_ENDS = {
    "wrap": "the row is a ring: its two ends are neighbours",
    "zero": "beyond either end there are cells that are 0",
    "one": "beyond either end there are cells that are 1",
    "mirror": "beyond either end there is a cell that is equal to the one at that end",
}
_WIDER = {
    "wrap": "{cells[0], cells, cells[7]}",
    "zero": "{1'b0, cells, 1'b0}",
    "one": "{1'b1, cells, 1'b1}",
    "mirror": "{cells[7], cells, cells[0]}",
}


def _evolved(cells: int, rule: int, ends: str) -> int:
    """The row of eight cells one generation later."""
    text = f"{cells:08b}"
    left = {"wrap": text[-1], "zero": "0", "one": "1", "mirror": text[0]}[ends]
    right = {"wrap": text[0], "zero": "0", "one": "1", "mirror": text[-1]}[ends]
    text = left + text + right
    return int("".join(str(rule >> int(text[i : i + 3], 2) & 1) for i in range(8)), 2)


def _cells(ends: str) -> Problem:
    interface = Interface(
        "generation",
        (Port("cells", 8), Port("rule", 8)),
        (Port("after", 8), Port("still"), Port("born", 8), Port("alike")),
    )
    words = (
        "A row of eight cells, cells[7] at its left end and cells[0] at its right one, and the "
        "same row one generation later, after. A cell becomes bit number {left, itself, right} of "
        "rule, where left and right are the cells beside it in cells, and the three are read as a "
        f"number, left its highest bit; {_ENDS[ends]}. born has a 1 for each cell that is 0 in "
        "cells and 1 in after, and a 0 for the others. still is 1 when after is equal to cells. "
        "alike is 1 when all cells of after are equal to each other."
    )

    def outputs(inputs: Inputs) -> Outputs:
        cells = inputs["cells"]
        after = _evolved(cells, inputs["rule"], ends)
        return {
            "after": after,
            "still": int(after == cells),
            "born": sum(1 << i for i in range(8) if after >> i & 1 > cells >> i & 1),
            "alike": int(after in (0, 255)),
        }

    def draw(draw: Draw) -> dict[str, int]:
        rule = draw.pick((204, 204 ^ 1 << draw.below(8), 255, 0, *[draw.below(256)] * 4))
        return {"cells": draw.below(256), "rule": rule}

    body = (
        f"  wire [9:0] wider = {_WIDER[ends]};\n  integer i;\n"
        "  assign born = after & ~cells;\n  assign still = (after == cells);\n"
        "  assign alike = (&after) || !(|after);\n"
        "  always @* begin\n    for (i = 0; i < 8; i = i + 1)\n"
        "      after[i] = rule[{wider[i + 2], wider[i + 1], wider[i]}];\n  end\n"
    )
    edges: list[Inputs] = [
        {"cells": cells, "rule": rule}
        for cells in (0, 255, 1, 128, 129, 126) for rule in (204, 90, 0, 255)
    ]  # fmt: skip
    reference = module(interface, body, ["after"])
    return Problem(words, interface, reference, combinational(interface, outputs, draw, edges))


def _cross(kind: str) -> Problem:
    interface = Interface(
        "crossbar",
        (Port("a", 4), Port("b", 4), Port("to_a", 2), Port("to_b", 2), Port("en", 2)),
        (Port("x", 4), Port("y", 4), Port("z", 4), Port("clash")),
    )
    say = {
        "or": "the output is the bitwise or of the two",
        "low": "the output is the smaller of the two, as numbers without sign",
        "high": "a goes there, and b is lost",
    }[kind]
    words = (
        "Two words, a and b, go to three outputs. a goes to x when to_a is 0, to y when it is 1, "
        "to z when it is 2, and nowhere when it is 3; b likewise by to_b. en[0] is 0 when a goes "
        "nowhere whatever to_a is, and en[1] the same for b. An output where nothing goes is 0. "
        f"When both go to one output, {say}, and clash is 1; otherwise clash is 0."
    )

    both: dict[str, Callable[[int, int], int]] = {
        "or": lambda a, b: a | b, "low": min, "high": lambda a, _: a,
    }  # fmt: skip

    def outputs(inputs: Inputs) -> Outputs:
        arrived: dict[str, list[int]] = {"x": [], "y": [], "z": []}
        for bit, name in enumerate("ab"):
            to = inputs[f"to_{name}"]
            if inputs["en"] >> bit & 1 and to < 3:
                arrived["xyz"[to]].append(inputs[name])
        found = {
            name: 0 if not v else v[0] if len(v) == 1 else both[kind](*v)
            for name, v in arrived.items()
        }
        return {**found, "clash": int(any(len(v) == 2 for v in arrived.values()))}

    def draw(draw: Draw) -> dict[str, int]:
        to = draw.below(4)
        return {
            "a": draw.below(16), "b": draw.below(16), "to_a": to,
            "to_b": to if draw.chance(0.4) else draw.below(4), "en": draw.pick((1, 2, 3, 3, 3, 0)),
        }  # fmt: skip

    text = {"or": "a | b", "low": "(a < b) ? a : b", "high": "a"}[kind]
    body = (
        "  wire live_a = en[0] && (to_a != 2'd3);\n  wire live_b = en[1] && (to_b != 2'd3);\n"
        f"  wire [3:0] both = {text};\n"
        "  assign clash = live_a && live_b && (to_a == to_b);\n"
        "  always @* begin\n    x = 4'd0;\n    y = 4'd0;\n    z = 4'd0;\n"
    )
    for who in "ab":
        value = "clash ? both : b" if who == "b" else "a"
        body += (
            f"    if (live_{who}) begin\n      case (to_{who})\n        2'd0: x = {value};\n"
            f"        2'd1: y = {value};\n        default: z = {value};\n      endcase\n    end\n"
        )
    reference = module(interface, f"{body}  end\n", ["x", "y", "z"])
    return Problem(words, interface, reference, combinational(interface, outputs, draw))


# ---------------------------------------------------------------- 5: with registers


def _row(ends: str) -> Problem:
    inputs = (Port("load"), Port("go"), Port("value", 8), Port("rule", 8))
    outputs = (Port("cells", 8), Port("age", 4), Port("still"))
    interface = clocked("automaton", inputs, outputs, ends)
    words = (
        "A row of eight cells that lives by a rule, cells[7] at its left end and cells[0] at its "
        "right one. In the first state all of it is 0: cells, age and still.\n"
        "- In a cycle where load is 1, cells takes value, age becomes 0 and still becomes 0, "
        "whatever go is.\n"
        "- Otherwise, in a cycle where go is 1 and still is 0, every cell becomes bit number "
        "{left, itself, right} of rule, where left and right are the cells beside it before, and "
        f"the three are read as a number, left its highest bit; {_ENDS[ends]}. If this leaves all "
        "cells as they were, still becomes 1 and age does not change; else age goes up by one, and "
        "stays at 15.\n"
        "- Otherwise nothing changes."
    )

    def step(state: tuple[int, int, int], inputs: Inputs) -> tuple[Outputs, tuple[int, int, int]]:
        cells, age, still = state
        found = {"cells": cells, "age": age, "still": still}
        if inputs["load"]:
            return found, (inputs["value"], 0, 0)
        if not inputs["go"] or still:
            return found, state
        after = _evolved(cells, inputs["rule"], ends)
        if after == cells:
            return found, (cells, age, 1)
        return found, (after, min(15, age + 1), 0)

    def draw(draw: Draw) -> list[dict[str, int]]:
        rows: list[dict[str, int]] = []
        while len(rows) < 30:
            rule = draw.pick((204, 30, 90, 110, 0, 255, 184, *[draw.below(256)] * 4))
            for at in range(draw.between(3, 12)):
                rows.append({
                    "load": int(at == 0), "go": int(draw.chance(0.8)),
                    "value": draw.below(256),
                    "rule": draw.below(256) if draw.chance(0.1) else rule,
                })  # fmt: skip
        return rows[:36]

    body = (
        f"  wire [9:0] wider = {_WIDER[ends]};\n  reg [7:0] after;\n  integer i;\n"
        "  always @* begin\n    for (i = 0; i < 8; i = i + 1)\n"
        "      after[i] = rule[{wider[i + 2], wider[i + 1], wider[i]}];\n  end\n"
    ) + at_edge(
        interface,
        "cells <= 8'd0;\nage <= 4'd0;\nstill <= 1'b0;",
        "if (load) begin\n  cells <= value;\n  age <= 4'd0;\n  still <= 1'b0;\n"
        "end else if (go && !still) begin\n  cells <= after;\n"
        "  if (after == cells) still <= 1'b1;\n"
        "  else if (age != 4'd15) age <= age + 4'd1;\nend",
    )
    turn = {"load": 0, "go": 1, "value": 1, "rule": 51}  # every cell is turned over
    edges = [[turn] * 19, [{**turn, "rule": 204}] * 3, [{**turn, "load": 1}] * 3]
    reference = module(interface, body, ["cells", "age", "still"])
    return Problem(words, interface, reference, Sequential((0, 0, 0), step, draw, edges))


def _loaded(kind: str) -> Problem:
    inputs = (Port("shift"), Port("bit_in"), Port("pins", 3))
    outputs = (Port("y"), Port("ready"), Port("ones", 4))
    interface = clocked("programmed", inputs, outputs, kind)
    first = "highest" if kind == "high" else "lowest"
    words = (
        "A function of three bits whose truth table, of eight bits, is sent in, one bit in each "
        f"cycle where shift is 1: bit_in, the {first} bit (number "
        f"{7 if kind == 'high' else 0}) first. With the eighth it is complete; ready is 1 from the "
        "next cycle on. "
        + (
            "From then on, bits that come are ignored."
            if kind == "ready"
            else "The next bit that comes after that begins a new table: from the cycle after it "
            "on, ready is 0, until the new one is complete."
        )
        + " While ready is 1, y is bit number pins of the table, in the same cycle, with pins read "
        "as a number; while it is 0, y is 0. ones is the "
        "number of ones among the last eight bits that came and were not ignored (or among all of "
        "them, while there are fewer), whatever ready is. First no bit has come."
    )

    def step(state: str, inputs: Inputs) -> tuple[Outputs, str]:
        ready = state != "" and len(state) % 8 == 0
        text = state[-8:][::-1] if kind == "high" else state[-8:]
        found = {
            "y": int(text[inputs["pins"]]) if ready else 0,
            "ready": int(ready),
            "ones": state[-8:].count("1"),
        }
        if not inputs["shift"] or (ready and kind == "ready"):
            return found, state
        return found, state + str(inputs["bit_in"])

    def draw(draw: Draw) -> list[dict[str, int]]:
        often = draw.pick((0.5, 0.9))
        rows = []
        left = 8
        pins = draw.shuffle(range(8))
        for at in range(40):
            shift = int(draw.chance(often if left else 0.1))
            left = (left or 8) - shift if shift else left
            pin = pins[at % 8]
            rows.append({"shift": shift, "bit_in": draw.below(2), "pins": pin})
        return rows

    into = "{table_bits[6:0], bit_in}" if kind == "high" else "{bit_in, table_bits[7:1]}"
    more = "shift && !ready" if kind == "ready" else "shift"
    body = (
        "  reg [7:0] table_bits;\n  reg [2:0] held;\n  integer i;\n"
        "  assign y = ready && table_bits[pins];\n"
        "  always @* begin\n    ones = 4'd0;\n    for (i = 0; i < 8; i = i + 1)\n"
        "      ones = ones + {3'b000, table_bits[i]};\n  end\n"
    ) + at_edge(
        interface,
        "table_bits <= 8'd0;\nheld <= 3'd0;\nready <= 1'b0;",
        f"if ({more}) begin\n  table_bits <= {into};\n  held <= held + 3'd1;\n"
        "  ready <= (held == 3'd7);\nend",
    )
    full = [{"shift": 1, "bit_in": 1, "pins": at % 8} for at in range(8)]
    edges = [[*full, *({"shift": 0, "bit_in": 0, "pins": at} for at in range(8)), *full]]
    reference = module(interface, body, ["ones", "ready"])
    return Problem(words, interface, reference, Sequential("", step, draw, edges))


# The last good value, the strikes against each, the alarm.
_Channels = tuple[int, tuple[int, int, int], int]


def _channels(strikes: int) -> Problem:
    inputs = (Port("sample"), Port("a", 3), Port("b", 3), Port("c", 3))
    outputs = (Port("y", 3), Port("off", 3), Port("alarm"))
    interface = clocked("channels", inputs, outputs, strikes)
    off = (
        "it is switched off"
        if strikes == 1
        else f"a channel with {strikes} strikes against it is switched off"
    )
    words = (
        "Three channels, a, b and c (numbers 0, 1 and 2), that ought to be equal. First all are "
        "on, off is 0, y is 0, and alarm is 0. In a cycle where sample is 1:\n"
        "- While all three are on: if at least two channels are equal, y takes their value; if "
        "exactly one differs, this is a strike against it, and "
        f"{off}. If all three differ, y keeps its value, and alarm becomes "
        "1.\n"
        "- While one is off: if the other two are equal, y takes their value; if not, y keeps "
        "its value and alarm becomes 1. There are no strikes.\n"
        "y, off and alarm change in the cycle after the sample. Bit i of off is 1 when channel i "
        "is off; it stays so, as alarm stays 1. Strikes need not be in a row. In cycles where "
        "sample is 0 nothing changes."
    )

    def step(state: _Channels, inputs: Inputs) -> tuple[Outputs, _Channels]:
        y, counts, alarm = state
        off = [i for i in range(3) if counts[i] == strikes]
        found = {"y": y, "off": sum(1 << i for i in off), "alarm": alarm}
        if not inputs["sample"]:
            return found, state
        values = {i: inputs[name] for i, name in enumerate("abc") if i not in off}
        by = sorted(values.values(), key=lambda v: -[*values.values()].count(v))
        if [*values.values()].count(by[0]) < 2:
            return found, (y, counts, 1)
        against = [i for i, v in values.items() if v != by[0]]
        a, b, c = (n + (i in against) for i, n in enumerate(counts))
        return found, (by[0], (a, b, c), alarm)

    def draw(draw: Draw) -> list[dict[str, int]]:
        rows = []
        bad = draw.pick("abc")
        rate = draw.pick((0.15, 0.3))
        for _ in range(30):
            value = draw.below(8)
            row = {"sample": int(draw.chance(0.8)), **dict.fromkeys("abc", value)}
            if draw.chance(rate):
                row[bad if draw.chance(0.5) else draw.pick("abc")] ^= draw.between(1, 7)
            if draw.chance(0.04):
                row[draw.pick("abc")] ^= draw.between(1, 7)
            rows.append(row)
        return rows

    width = 1 if strikes == 1 else 3
    body = "".join(f"  reg {vector(width)}strikes_{name};\n" for name in "abc")
    body += "  wire ab = (a == b);\n  wire bc = (b == c);\n  wire ac = (a == c);\n"
    body += "".join(
        f"  assign off[{i}] = (strikes_{name} == {width}'d{strikes});\n"
        for i, name in enumerate("abc")
    )
    strike = "strikes_{0} <= strikes_{0} + {1}'d1;" if strikes > 1 else "strikes_{0} <= 1'b1;"
    then = "if (sample) begin\n  case (off)\n    3'b000: begin\n"
    then += "      if (ab || ac) y <= a;\n      else if (bc) y <= b;\n      else alarm <= 1'b1;\n"
    for own, condition in (("a", "bc && !ab"), ("b", "ac && !ab"), ("c", "ab && !bc")):
        then += f"      if ({condition}) {strike.format(own, width)}\n"
    then += "    end\n"
    for bits, pair, value in (("001", "bc", "b"), ("010", "ac", "a")):
        then += f"    3'b{bits}: begin\n      if ({pair}) y <= {value};\n"
        then += "      else alarm <= 1'b1;\n    end\n"
    then += "    default: begin\n      if (ab) y <= a;\n      else alarm <= 1'b1;\n    end\n"
    then += "  endcase\nend"
    first = "y <= 3'd0;\nalarm <= 1'b0;\n" + "\n".join(
        f"strikes_{name} <= {width}'d0;" for name in "abc"
    )
    body += at_edge(interface, first, then)
    reference = module(interface, body, ["y", "alarm"])
    edges = []
    for name in "abc":
        good = {"sample": 1, "a": 5, "b": 5, "c": 5}
        rest = [other for other in "abc" if other != name]
        edges.append(
            [{**good, name: 2}] * (strikes + 1)
            + [{**good, "a": 1, "b": 1, "c": 1}, {**good, rest[0]: 4}, good, {**good, name: 3}]
        )
        edges.append([{**good, name: 2}] * strikes + [good, {**good, rest[1]: 4, rest[0]: 3}])
    edges.append([{"sample": 1, "a": 1, "b": 2, "c": 4}, {"sample": 1, "a": 3, "b": 3, "c": 3}])
    start: _Channels = (0, (0, 0, 0), 0)
    return Problem(words, interface, reference, Sequential(start, step, draw, edges))


# Lamps, keys of the cycle before, changes so far.
_Lamps = tuple[tuple[int, ...], tuple[int, ...], int]


def _keys(kind: str) -> Problem:
    inputs = (Port("keys", 4), Port("enable", 4), Port("all_off"))
    outputs = (Port("lamps", 4), Port("changes", 4), Port("one_on"))
    interface = clocked("lamp_switch", inputs, outputs, kind)
    say = (
        "toggles lamp i (a lamp that is off goes on, one that is on goes off)"
        if kind == "toggle"
        else "switches lamp i on if no lamp with a lower number is on in this cycle, and otherwise "
        "does nothing"
    )
    words = (
        "Four keys and four lamps. A key i is pressed in a cycle where keys[i] is 1 and was 0 in "
        "the cycle before; in the first state all keys count as having been 0, and all lamps are "
        "off. While keys[i] is 1 from one cycle to the next, that is one press.\n"
        "- In a cycle where all_off is 1, all lamps go off, and presses do nothing else.\n"
        f"- Otherwise, a press of key i in a cycle where enable[i] is 1 {say}. Several keys may be "
        "pressed in one cycle, and each works by the lamps as they are in that cycle, before any "
        "of them changes.\n"
        "lamps[i] is 1 while lamp i is on, from the cycle after the press on. changes is the "
        "number of cycles so far after which at least one lamp was different from before; it "
        "starts at 0, stays at 15, and goes up together with lamps. one_on is 1 while exactly one "
        "lamp is on."
    )

    def step(state: _Lamps, inputs: Inputs) -> tuple[Outputs, _Lamps]:
        lamps, before, changes = state
        keys = tuple(inputs["keys"] >> i & 1 for i in range(4))
        after = list(lamps)
        for i in range(4):
            if keys[i] > before[i] and inputs["enable"] >> i & 1:
                if kind == "toggle":
                    after[i] = 1 - after[i]
                elif not any(lamps[:i]):
                    after[i] = 1
        if inputs["all_off"]:
            after = [0] * 4
        found = {
            "lamps": sum(on << i for i, on in enumerate(lamps)),
            "changes": changes,
            "one_on": int(sum(lamps) == 1),
        }
        changed = tuple(after) != lamps
        return found, (tuple(after), keys, min(15, changes + changed))

    def draw(draw: Draw) -> list[dict[str, int]]:
        keys, rows = 0, []
        off = draw.pick((0.04, 0.2))
        enable = 15
        for _ in range(40):
            for _ in range(draw.between(1, 2)):
                keys ^= 1 << draw.below(4)
            if draw.chance(0.2):
                enable = draw.pick((15, 15, draw.below(16)))
            rows.append({"keys": keys, "enable": enable, "all_off": int(draw.chance(off))})
        return rows

    after = (
        "lamps ^ pressed"
        if kind == "toggle"
        else "lamps | (pressed & {!(|lamps[2:0]), !(|lamps[1:0]), !lamps[0], 1'b1})"
    )
    body = (
        "  reg [3:0] last;\n  wire [3:0] pressed = keys & ~last & enable;\n"
        f"  wire [3:0] after = all_off ? 4'd0 : {after};\n"
        "  assign one_on = (lamps == 4'd1) || (lamps == 4'd2) || (lamps == 4'd4) || "
        "(lamps == 4'd8);\n"
    ) + at_edge(
        interface,
        "last <= 4'd0;\nlamps <= 4'd0;\nchanges <= 4'd0;",
        "last <= keys;\nlamps <= after;\n"
        "if (after != lamps && changes != 4'd15) changes <= changes + 4'd1;",
    )
    alternate: list[Inputs] = [
        {"keys": 8 * (at % 2), "enable": 15, "all_off": int(kind == "hold" and at % 2 == 0)}
        for at in range(40)
    ]
    single: list[Inputs] = []
    for at in (3, 2, 1, 0):
        single += [{"keys": 1 << at, "enable": 15, "all_off": 0}]
        single += [{"keys": 0, "enable": 15, "all_off": int(kind == "toggle")}]
    edges = [alternate, single, single[::-1]]
    reference = module(interface, body, ["lamps", "changes"])
    start: _Lamps = ((0,) * 4, (0,) * 4, 0)
    return Problem(words, interface, reference, Sequential(start, step, draw, edges))
