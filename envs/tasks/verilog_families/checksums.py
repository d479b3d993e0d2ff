"""Checksums over a stream: parity, sums, remainders of polynomials, and scramblers in step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ....verifiers.verilog.interface import Port
from ..draw import Draw
from .family import Inputs, Outputs, Problem, Sequential, at_edge, clocked, family, indented, module


def _variants(level: int) -> Sequence[tuple[Any, ...]]:
    if level == 1:
        return [
            *((level, "parity", kind) for kind in range(4)),
            *((level, "fold", kind) for kind in range(4)),
            *((level, "sum", kind) for kind in range(2)),
        ]
    if level == 2:
        return [
            *((level, "modulo", modulus) for modulus in (7, 10, 11, 13)),
            *((level, "sequence", number) for number in range(6)),
            *((level, "signed", kind) for kind in (0, 1)),
            *((level, "ring", kind) for kind in (0, 1)),
        ]
    if level == 3:
        return [(level, "remainder", number) for number in range(12)]
    if level == 4:
        return [
            *((level, "nibbles", number) for number in range(6)),
            *((level, "two_sums", kind) for kind in range(3)),
            *((level, "weights", kind) for kind in range(4)),
        ]
    return [
        *((level, "frame", number) for number in range(6)),
        *((level, "scramble", number) for number in range(4)),
        *((level, "follow", number) for number in range(4)),
    ]


@family("checksum", _variants)
def checksum(_: int, kind: str, option: int) -> Problem:
    makers: dict[str, Callable[[int], Problem]] = {
        "parity": _parity, "fold": _fold, "sum": _sum, "modulo": _modulo, "sequence": _sequence,
        "signed": _signed, "ring": _ring, "remainder": _remainder, "nibbles": _nibbles,
        "two_sums": _two_sums, "weights": _weights, "frame": _frame, "scramble": _scramble,
        "follow": _follow,
    }  # fmt: skip
    return makers[kind](option)


def _rows(draw: Draw, cycles: int, width: int, name: str, **chances: float) -> list[dict[str, int]]:
    """Cycles with a word, and inputs that are 1 with the given chances."""
    ones = draw.chance(0.2)
    return [
        {name: draw.below(1 << width) | (ones and draw.below(1 << width)),
         **{flag: int(draw.chance(chance)) for flag, chance in chances.items()}}
        for _ in range(cycles)
    ]  # fmt: skip


# ---------------------------------------------------------------- 1: one register


def _parity(kind: int) -> Problem:
    odd, at_once = kind % 2, kind // 2
    interface = clocked("stream_parity", (Port("bit_in"), Port("valid")), (Port("parity"),), kind)
    when = (
        "up to and including this cycle's, in the same cycle"
        if at_once
        else "in the cycles before this one"
    )
    words = (
        "bit_in is a stream of bits; one comes in each cycle where valid is 1. parity is "
        f"{'0' if odd else '1'} when an odd number of ones came since the first state, {when}, "
        f"and {'1' if odd else '0'} when an even number did (0 is even)."
    )

    def step(state: int, inputs: Inputs) -> tuple[Outputs, int]:
        after = state + inputs["bit_in"] * inputs["valid"]
        return {"parity": ((after if at_once else state) + odd) % 2}, after

    def draw(draw: Draw) -> list[dict[str, int]]:
        return _rows(draw, 24, 1, "bit_in", valid=0.7)

    if at_once:
        body = (
            "  reg seen;\n  wire now = seen ^ (bit_in && valid);\n"
            f"  assign parity = {'!' if odd else ''}now;\n"
        ) + at_edge(interface, "seen <= 1'b0;", "seen <= now;")
        return Problem(words, interface, module(interface, body), Sequential(0, step, draw))
    body = at_edge(interface, f"parity <= 1'b{odd};", "if (valid) parity <= parity ^ bit_in;")
    return Problem(words, interface, module(interface, body, ["parity"]), Sequential(0, step, draw))


def _fold(kind: int) -> Problem:
    turn, clear = kind % 2, kind // 2
    flag = "restart" if clear else "hold"
    interface = clocked("folded", (Port("word", 6), Port(flag)), (Port("check", 6),), kind)
    what = (
        "check rotated left by one bit (what leaves at the high end comes in at the low end), "
        "exclusive-or word, bit by bit"
        if turn
        else "the exclusive or of check and word, bit by bit"
    )
    rest = (
        "In a cycle where restart is 1, word is the first of a new series: check becomes word."
        if clear
        else "In a cycle where hold is 1, check does not change."
    )
    words = f"check is first 0. After each cycle it becomes {what}. {rest}"

    def step(state: str, inputs: Inputs) -> tuple[Outputs, str]:
        if not clear and inputs["hold"]:
            return {"check": state}, state
        kept = state[1:] + state[0] if turn else state
        if clear and inputs["restart"]:
            kept = "000000"
        after = int(kept, 2) ^ inputs["word"]
        return {"check": state}, f"{after:06b}"

    def draw(draw: Draw) -> list[dict[str, int]]:
        return _rows(draw, 24, 6, "word", **{flag: 0.2})

    new = "{check[4:0], check[5]} ^ word" if turn else "check ^ word"
    then = f"check <= restart ? word : {new};" if clear else f"if (!hold) check <= {new};"
    body = at_edge(interface, "check <= 6'd0;", then)
    return Problem(
        words, interface, module(interface, body, ["check"]), Sequential("000000", step, draw)
    )


def _sum(kind: int) -> Problem:
    interface = clocked("summed", (Port("word", 5), Port("valid")), (Port("check", 5),), kind)
    what = (
        "the number that is needed to make the sum of all words that came, and this number, 0"
        if kind
        else "the sum of all words that came"
    )
    words = (
        "A word comes in each cycle where valid is 1. From the next cycle on, it counts. check is "
        f"{what}, of which the lowest five bits are taken. First no word has come, and check is 0."
    )

    def step(state: int, inputs: Inputs) -> tuple[Outputs, int]:
        after = state + inputs["word"] * inputs["valid"]
        return {"check": (-state if kind else state) % 32}, after

    def draw(draw: Draw) -> list[dict[str, int]]:
        return _rows(draw, 24, 5, "word", valid=0.7)

    sign = "-" if kind else "+"
    body = at_edge(interface, "check <= 5'd0;", f"if (valid) check <= check {sign} word;")
    return Problem(words, interface, module(interface, body, ["check"]), Sequential(0, step, draw))


# ---------------------------------------------------------------- 2: a few registers


def _modulo(modulus: int) -> Problem:
    interface = clocked(
        "remainder", (Port("word", 4), Port("valid"), Port("clear")),
        (Port("rest", 4), Port("zero")), modulus,
    )  # fmt: skip
    words = (
        "A word, a number without sign, comes in each cycle where valid is 1. rest is the sum of "
        f"all that came before this cycle, modulo {modulus}: the remainder, from 0 to "
        f"{modulus - 1}, of its division by {modulus}. In a cycle where clear is 1 all that came "
        "before is forgotten; a word that comes in this very cycle counts. zero is 1 while rest is "
        "0. First no word has come."
    )

    def step(state: int, inputs: Inputs) -> tuple[Outputs, int]:
        rest = state % modulus
        kept = 0 if inputs["clear"] else state
        return {"rest": rest, "zero": int(rest == 0)}, kept + inputs["word"] * inputs["valid"]

    def draw(draw: Draw) -> list[dict[str, int]]:
        return _rows(draw, 30, 4, "word", valid=0.8, clear=draw.pick((0.04, 0.15)))

    body = (
        "  wire [3:0] kept = clear ? 4'd0 : rest;\n"
        "  wire [4:0] total = valid ? {1'b0, kept} + {1'b0, word} : {1'b0, kept};\n"
        "  assign zero = (rest == 4'd0);\n"
    )
    most, steps = 15 + modulus - 1, []
    for times in range(most // modulus, 0, -1):
        steps.append(
            f"if (total >= 5'd{times * modulus}) rest <= total[3:0] - 4'd{times * modulus % 16};"
        )
    then = "\nelse ".join([*steps, "rest <= total[3:0];"])
    body += at_edge(interface, "rest <= 4'd0;", then)
    edges = [
        [{"word": word, "valid": 1, "clear": int(at % 5 == 4)} for at in range(20)]
        for word in (15, modulus - 1, modulus, 1)
    ]
    reference = module(interface, body, ["rest"])
    return Problem(words, interface, reference, Sequential(0, step, draw, edges))


def _polynomial(kind: str, number: int, width: int) -> tuple[int, str]:
    """Bits that are turned over when one leaves, of which the lowest is one of them; and words."""
    draw = Draw("forgegym verilog checksum polynomial", kind, number)
    taps = 1 | draw.between(1, (1 << (width - 1)) - 1) << 1
    return taps, ", ".join(str(i) for i in range(width) if taps >> i & 1)


def _moved(state: tuple[int, ...], taps: int, spread: bool) -> tuple[int, ...]:
    """A register with feedback after a move, as bits, the lowest first."""
    if spread:
        moved = (0, *state[:-1])
        return tuple(bit ^ (state[-1] & taps >> i) for i, bit in enumerate(moved))
    return (sum(bit for i, bit in enumerate(state) if taps >> i & 1) % 2, *state[:-1])


def _long(kind: str, number: int, width: int, first: int, spread: bool) -> tuple[int, str]:
    """As `_polynomial`, of those by which a register goes through at least half of its states."""
    for attempt in range(1000):
        taps, places = _polynomial(f"{kind} {attempt}", number, width)
        state, seen = tuple(first >> i & 1 for i in range(width)), set()
        while state not in seen:
            seen.add(state)
            state = _moved(state, taps, spread)
        if len(seen) >= 1 << (width - 1):
            return taps, places
    raise AssertionError("there is one for every width")


def _sequence(number: int) -> Problem:
    width = (4, 5, 6)[number % 3]
    spread = number >= 3
    first = 1 if number % 2 else (1 << width) - 1
    taps, places = _long("sequence", number, width, first, spread)
    interface = clocked(
        "feedback", (Port("en"), Port("restart")), (Port("state", width), Port("y")), number
    )
    how = (
        f"the bit that leaves at the high end turns over, when it is 1, the bits {places} of what "
        "it has become by this move"
        if spread
        else f"the bit that comes in at the low end is the exclusive or of the bits {places} of "
        "what it was before"
    )
    move = "moves left by one bit, with a 0 coming in at the low end, and " if spread else ""
    move = move or "moves left by one bit, and "
    words = (
        f"A register, state, of {width} bits, first {first}. After a cycle where en is 1 it "
        f"{move}{how}. After a cycle where restart is 1 it is {first} again, whatever en is. y is "
        "the highest bit of state."
    )

    start = tuple(first >> i & 1 for i in range(width))

    def step(state: tuple[int, ...], inputs: Inputs) -> tuple[Outputs, tuple[int, ...]]:
        found: Outputs = {"state": "".join(map(str, reversed(state))), "y": state[-1]}
        if inputs["restart"]:
            return found, start
        return found, _moved(state, taps, spread) if inputs["en"] else state

    def draw(draw: Draw) -> list[dict[str, int]]:
        again = draw.pick((0.0, 0.08))
        return [
            {"en": int(draw.chance(0.85)), "restart": int(draw.chance(again))} for _ in range(30)
        ]

    low = f"state[{width - 2}:0]"
    if spread:
        new = f"{{{low}, 1'b0}} ^ (y ? {width}'b{taps:0{width}b} : {width}'d0)"
    else:
        mix = " ^ ".join(f"state[{i}]" for i in range(width) if taps >> i & 1)
        new = f"{{{low}, {mix}}}"
    reset = f"state <= {width}'d{first};"
    body = f"  assign y = state[{width - 1}];\n" + at_edge(
        interface, reset, f"if (restart) {reset}\nelse if (en) state <= {new};"
    )
    edges = [
        [{"en": 1, "restart": 0}] * 40,
        [{"en": 1, "restart": int(at == 5)} for at in range(9)],
    ]
    reference = module(interface, body, ["state"])
    return Problem(words, interface, reference, Sequential(start, step, draw, edges))


def _signed(kind: int) -> Problem:
    interface = clocked(
        "alternate", (Port("word", 4), Port("valid"), Port("clear")),
        (Port("check", 6), Port("add_next")), kind,
    )  # fmt: skip
    pairs = "the third and fourth are subtracted, and so on, two by two" if kind else (
        "the second is subtracted, the third added, and so on, by turns"
    )  # fmt: skip
    lead = "the first and second are added" if kind else "the first is added"
    words = (
        "A word of four bits, a number without sign, comes in each cycle where valid is 1. From "
        f"the next cycle on, it counts in check, whose lowest six bits are kept: {lead}, {pairs}. "
        "In a cycle where clear is 1 check becomes 0, no word comes, whatever valid is, and the "
        "next that comes is the first again. add_next is 1 when the next word that comes will be "
        "added, and 0 when it will be subtracted. First no word has come, and check is 0."
    )

    def step(state: tuple[int, ...], inputs: Inputs) -> tuple[Outputs, tuple[int, ...]]:
        def added(at: int) -> bool:
            return at % 4 < 2 if kind else at % 2 == 0

        total = sum(word if added(at) else -word for at, word in enumerate(state))
        found = {"check": total % 64, "add_next": int(added(len(state)))}
        if inputs["clear"]:
            return found, ()
        return found, (*state, inputs["word"]) if inputs["valid"] else state

    def draw(draw: Draw) -> list[dict[str, int]]:
        return _rows(draw, 30, 4, "word", valid=0.8, clear=draw.pick((0.03, 0.15)))

    far = "{2'b00, word}"
    turns = "turn[1]" if kind else "turn"
    one = "2'd1" if kind else "1'b1"
    body = f"  reg {'[1:0] ' if kind else ''}turn;\n  assign add_next = !{turns};\n" + at_edge(
        interface,
        f"check <= 6'd0;\nturn <= {2 if kind else 1}'d0;",
        f"if (clear) begin\n  check <= 6'd0;\n  turn <= {2 if kind else 1}'d0;\n"
        f"end else if (valid) begin\n  check <= add_next ? check + {far} : check - {far};\n"
        f"  turn <= {f'turn + {one}' if kind else '!turn'};\nend",
    )
    reference = module(interface, body, ["check"])
    return Problem(words, interface, reference, Sequential((), step, draw))


def _ring(kind: int) -> Problem:
    interface = clocked(
        "round_sum", (Port("word", 5), Port("valid"), Port("clear")),
        (Port("check", 5), Port("done")), kind,
    )  # fmt: skip
    words = (
        "A register, sum, of five bits, first 0. In each cycle where valid is 1 and clear is 0, "
        "word is added to it; where this gives a carry beyond the fifth bit, 1 is added besides, "
        "so that 5'd31 and 5'd1 give 5'd1. In a cycle where clear is 1 it becomes 0, whatever "
        f"valid is. check is {'sum with every bit turned over' if kind else 'sum'}. done is 1 "
        f"when check is {'0' if kind else 'all ones'}. Both follow in the cycle after the word."
    )

    def step(state: int, inputs: Inputs) -> tuple[Outputs, int]:
        found = {"check": 31 - state if kind else state, "done": int(state == 31)}
        if inputs["clear"]:
            return found, 0
        total = state + inputs["word"] * inputs["valid"]
        return found, total if total < 32 else total - 31

    def draw(draw: Draw) -> list[dict[str, int]]:
        rows = _rows(draw, 30, 5, "word", valid=0.8, clear=0.05)
        if draw.chance(0.5):  # sums of all ones
            for at in range(1, 30, 2):
                rows[at]["word"] = 31 - rows[at - 1]["word"]
        return rows

    body = (
        "  reg [4:0] sum;\n  wire [5:0] total = {1'b0, sum} + {1'b0, word};\n"
        f"  assign check = {'~sum' if kind else 'sum'};\n  assign done = (sum == 5'd31);\n"
    ) + at_edge(
        interface,
        "sum <= 5'd0;",
        "if (clear) sum <= 5'd0;\nelse if (valid) sum <= total[4:0] + {4'd0, total[5]};",
    )
    edges = [
        [{"word": word, "valid": 1, "clear": int(at == 6)} for at, word in enumerate(row)]
        for row in ((31,) * 8, (16,) * 8, (15, 16, 1, 31, 1, 0, 31, 31, 31), (1,) * 9)
    ]
    return Problem(words, interface, module(interface, body), Sequential(0, step, draw, edges))


# ---------------------------------------------------------------- 3 and 4: polynomials


def _divided(register: int, bit: int, taps: int, width: int, up: bool = True) -> int:
    """One bit more of a message, by arithmetic on polynomials over two elements: the register is
    the remainder of what came so far times x to the width."""
    if not up:
        turned = int(f"{register:0{width}b}"[::-1], 2)
        return int(f"{_divided(turned, bit, taps, width):0{width}b}"[::-1], 2)
    value = 2 * register ^ bit << width
    whole = taps | 1 << width
    return value ^ whole if value >> width & 1 else value


def _turned(taps: int, width: int) -> int:
    return int(f"{taps:0{width}b}"[::-1], 2)


def _remainder_words(taps: int, width: int, up: bool) -> str:
    """What one bit does to the register, for a prompt."""
    bits = taps if up else _turned(taps, width)
    places = ", ".join(str(i) for i in range(width) if bits >> i & 1)
    way, end = ("left", "highest") if up else ("right", "lowest")
    return (
        f"let t be the exclusive or of the bit and the {end} bit of the register; the register "
        f"moves {way} by one bit, with a 0 coming in at the other end, and then, if t is 1, its "
        f"bits {places} are turned over"
    )


def _remainder(number: int) -> Problem:
    width = (4, 5, 6, 8)[number % 4]
    up, flipped, ones = number % 2 == 0, number % 3 == 0, number % 5 < 3
    taps, _ = _polynomial("remainder", number, width)
    first = (1 << width) - 1 if ones else 0
    interface = clocked(
        "bit_check", (Port("bit_in"), Port("valid"), Port("begin_new")),
        (Port("check", width), Port("clean")), number,
    )  # fmt: skip
    words = (
        f"A check over a stream of bits. A register of {width} bits, first "
        f"{'all ones' if ones else '0'}, takes bit_in in each cycle where valid is 1: "
        f"{_remainder_words(taps, width, up)}. In a cycle where begin_new is 1, the register "
        f"becomes {'all ones' if ones else '0'} before the bit of this cycle, if valid is 1, is "
        "taken. check is the register"
        + (" with every bit turned over" if flipped else "")
        + ", after the cycles before this one. clean is 1 while check is 0."
    )

    def step(state: int, inputs: Inputs) -> tuple[Outputs, int]:
        check = (1 << width) - 1 - state if flipped else state
        kept = first if inputs["begin_new"] else state
        after = _divided(kept, inputs["bit_in"], taps, width, up) if inputs["valid"] else kept
        return {"check": check, "clean": int(check == 0)}, after

    def cleaning() -> list[int]:
        for message in range(1 << width):
            bits, state = [message >> i & 1 for i in range(width)], first
            for bit in bits:
                state = _divided(state, bit, taps, width, up)
            if state == ((1 << width) - 1 if flipped else 0):
                return bits
        raise AssertionError("every state is reached in as many bits as it has")

    found = cleaning()

    def draw(draw: Draw) -> list[dict[str, int]]:
        rows = _rows(draw, 36, 1, "bit_in", valid=0.85, begin_new=draw.pick((0.0, 0.1)))
        if draw.chance(0.5):  # a message that makes check 0
            for at, bit in enumerate(found):
                rows[at] |= {"bit_in": bit, "valid": 1, "begin_new": 0}
        return rows

    bits = taps if up else _turned(taps, width)
    moved = f"{{start[{width - 2}:0], 1'b0}}" if up else f"{{1'b0, start[{width - 1}:1]}}"
    end = width - 1 if up else 0
    body = (
        f"  reg [{width - 1}:0] held;\n"
        f"  wire [{width - 1}:0] start = begin_new ? {width}'d{first} : held;\n"
        f"  wire turn = bit_in ^ start[{end}];\n"
        f"  wire [{width - 1}:0] moved = {moved};\n"
        f"  assign check = {'~held' if flipped else 'held'};\n"
        f"  assign clean = (check == {width}'d0);\n"
    ) + at_edge(
        interface,
        f"held <= {width}'d{first};",
        f"if (valid) held <= turn ? moved ^ {width}'b{bits:0{width}b} : moved;\n"
        "else held <= start;",
    )
    edges = [
        [{"bit_in": bit, "valid": 1, "begin_new": 0}] * (2 * width + 3) for bit in (0, 1)
    ]  # fmt: skip
    edges.append([{"bit_in": 1, "valid": 1, "begin_new": int(at in (3, 7))} for at in range(12)])
    return Problem(words, interface, module(interface, body), Sequential(first, step, draw, edges))


# Bits of the message so far, check, done.
_NibblesState = tuple[str, int, int]


def _nibbles(number: int) -> Problem:
    width, size = ((8, 4), (6, 2), (5, 3))[number % 3]
    high_first, flipped = number < 3, number % 2 == 0
    taps, _ = _polynomial("nibbles", number, width)
    first = (1 << width) - 1
    interface = clocked(
        "word_check",
        (Port("word", size), Port("valid"), Port("last")),
        (Port("check", width), Port("done"), Port("running")),
        number,
    )  # fmt: skip
    order = "the highest bit first" if high_first else "the lowest bit first"
    words = (
        f"A check over messages of words of {size} bits; one comes in each cycle where valid is 1, "
        f"and last is 1 with the last word of a message. A register of {width} bits is all ones at "
        f"the beginning of each message, and takes the bits of each word one after the other, "
        f"{order}, all in the one cycle: for each, {_remainder_words(taps, width, True)}. After "
        "the last word of a message, check takes the register"
        + (" with every bit turned over" if flipped else "")
        + ", and done is 1 for one cycle, the one after the last word came. check keeps its value "
        "until the next message ends; first it is 0. running is 1 when at least one word of a "
        "message has come in the cycles before, and the last one has not; first it is 0, as done "
        "is. last means nothing while valid is 0."
    )

    def step(state: _NibblesState, inputs: Inputs) -> tuple[Outputs, _NibblesState]:
        bits, check, done = state
        found = {"check": check, "done": done, "running": int(bits != "")}
        if not inputs["valid"]:
            return found, (bits, check, 0)
        text = f"{inputs['word']:0{size}b}"
        bits += text if high_first else text[::-1]
        if not inputs["last"]:
            return found, (bits, check, 0)
        register = first
        for bit in bits:
            register = _divided(register, int(bit), taps, width)
        return found, ("", first - register if flipped else register, 1)

    def draw(draw: Draw) -> list[dict[str, int]]:
        return _rows(draw, 32, size, "word", valid=0.8, last=draw.pick((0.15, 0.3, 0.6)))

    loop = (
        f"for (i = {size - 1}; i >= 0; i = i - 1)" if high_first else
        f"for (i = 0; i < {size}; i = i + 1)"
    )  # fmt: skip
    mask = f"{width}'b{taps:0{width}b}"
    body = (
        f"  reg [{width - 1}:0] held;\n  reg [{width - 1}:0] after;\n  integer i;\n"
        f"  always @* begin\n    after = held;\n    {loop}\n"
        f"      after = {{after[{width - 2}:0], 1'b0}} ^ ((word[i] ^ after[{width - 1}]) ? "
        f"{mask} : {width}'d0);\n  end\n"
    ) + at_edge(
        interface,
        f"held <= {width}'d{first};\ncheck <= {width}'d0;\ndone <= 1'b0;\nrunning <= 1'b0;",
        f"done <= valid && last;\nif (valid) begin\n  running <= !last;\n"
        f"  held <= last ? {width}'d{first} : after;\n"
        f"  if (last) check <= {'~after' if flipped else 'after'};\nend",
    )
    reference = module(interface, body, ["check", "done", "running"])
    return Problem(words, interface, reference, Sequential(("", 0, 0), step, draw))


def _two_sums(kind: int) -> Problem:
    modulus = (15, 16, 13)[kind]
    interface = clocked(
        "two_sums",
        (Port("word", 4), Port("valid"), Port("restart")),
        (Port("plain", 4), Port("weighted", 4), Port("count", 3)),
        kind,
    )  # fmt: skip
    words = (
        f"Two sums over a stream of words of four bits, both modulo {modulus} (each is the "
        f"remainder, from 0 to {modulus - 1}); a word comes in each cycle where valid is 1. plain "
        "is the sum of all words that came. weighted is the sum of all values that plain has taken "
        "after a word: with each word, the new plain is added to it. In a cycle where restart is 1 "
        "both become 0 before a word of this very cycle, if any, is taken. count is the number of "
        "words since the last restart, modulo 8; it becomes 1 or 0 with a restart, as a word comes "
        "with it or not. First all are 0. All change in the cycle after."
    )

    def step(state: tuple[int, ...], inputs: Inputs) -> tuple[Outputs, tuple[int, ...]]:
        n = len(state)
        found = {
            "plain": sum(state) % modulus,
            "weighted": sum((n - at) * word for at, word in enumerate(state)) % modulus,
            "count": n % 8,
        }
        kept = () if inputs["restart"] else state
        return found, (*kept, inputs["word"]) if inputs["valid"] else kept

    def draw(draw: Draw) -> list[dict[str, int]]:
        return _rows(draw, 32, 4, "word", valid=0.8, restart=draw.pick((0.0, 0.06, 0.15)))

    body = (
        "  wire [3:0] old = restart ? 4'd0 : plain;\n"
        "  wire [3:0] kept = restart ? 4'd0 : weighted;\n"
    )
    if modulus == 16:
        body += "  wire [3:0] new_plain = old + word;\n"
        body += "  wire [3:0] new_weighted = kept + new_plain;\n"
    else:
        most = (modulus + 14) // modulus  # how often the modulus may be in a total
        chain = " : ".join(
            f"(total >= 5'd{n}) ? total[3:0] - 4'd{n % 16}"
            for n in range(most * modulus, 0, -modulus)
        )
        body += (
            "  wire [4:0] total = {1'b0, old} + {1'b0, word};\n"
            f"  wire [3:0] new_plain = {chain} : total[3:0];\n"
            "  wire [4:0] both = {1'b0, kept} + {1'b0, new_plain};\n"
            f"  wire [3:0] new_weighted = (both >= 5'd{modulus}) ? both[3:0] - 4'd{modulus} : "
            "both[3:0];\n"
        )
    first = "plain <= 4'd0;\nweighted <= 4'd0;\ncount <= 3'd0;"
    body += at_edge(
        interface,
        first,
        "if (valid) begin\n  plain <= new_plain;\n  weighted <= new_weighted;\n"
        "  count <= restart ? 3'd1 : count + 3'd1;\nend else if (restart) begin\n"
        f"{indented(first, 2)}end",
    )
    edges = [
        [{"word": word, "valid": 1, "restart": int(at == 14)} for at in range(18)]
        for word in (15, 1, modulus - 1, modulus % 16)
    ]
    reference = module(interface, body, ["plain", "weighted", "count"])
    return Problem(words, interface, reference, Sequential((), step, draw, edges))


# The digits so far, done, right.
_WeightsState = tuple[tuple[int, ...], int, int]


def _weights(kind: int) -> Problem:
    modulus = (10, 11, 10, 11)[kind]
    weights = ((1, 3), (1, 2, 4), (2, 1, 3), (3, 1))[kind]
    interface = clocked(
        "digit_check",
        (Port("digit", 4), Port("valid"), Port("last")),
        (Port("check", 4), Port("right"), Port("done"), Port("wrong_digit")),
        kind,
    )  # fmt: skip
    spelt = ", ".join(map(str, weights))
    words = (
        "Numbers come as decimal digits, one in each cycle where valid is 1, and last is 1 with "
        "the last digit of a number. The digits of a number have weights, in the order in which "
        f"they come: {spelt}, and then from the beginning again. check is the sum of the digits of "
        f"the number that is coming, each times its weight, modulo {modulus} (the remainder, from "
        f"0 to {modulus - 1}), for the digits in the cycles before; first, and after the last "
        "digit of a number, it is 0. In the cycle after a last digit, done is 1, for one cycle, "
        f"and right is 1 in that cycle if this sum over the whole number was 0; in all other "
        "cycles both are 0. A digit greater than 9 is not taken: it counts as a 0, with its "
        "weight; wrong_digit is 1 in the very cycle where such a digit comes, else 0. last means "
        "nothing while valid is 0."
    )

    def total(digits: Sequence[int]) -> int:
        return sum(d * weights[at % len(weights)] for at, d in enumerate(digits)) % modulus

    def step(state: _WeightsState, inputs: Inputs) -> tuple[Outputs, _WeightsState]:
        digits, done, right = state
        wrong = inputs["valid"] == 1 and inputs["digit"] > 9
        found = {
            "check": total(digits), "right": right, "done": done, "wrong_digit": int(wrong),
        }  # fmt: skip
        if not inputs["valid"]:
            return found, (digits, 0, 0)
        digits = (*digits, 0 if wrong else inputs["digit"])
        if inputs["last"]:
            return found, ((), 1, int(total(digits) == 0))
        return found, (digits, 0, 0)

    def draw(draw: Draw) -> list[dict[str, int]]:
        rows: list[dict[str, int]] = []
        bad = draw.pick((0.0, 0.15))
        while len(rows) < 30:
            digits = [draw.below(10) for _ in range(draw.between(1, 7))]
            fitting = [d for d in range(10) if total([*digits, d]) == 0]
            if fitting and draw.chance(0.5):
                digits.append(fitting[0])
            for at, digit in enumerate(digits):
                while draw.chance(0.15):
                    rows.append({"digit": draw.below(16), "valid": 0, "last": draw.below(2)})
                digit = draw.between(10, 15) if draw.chance(bad) else digit
                rows.append({"digit": digit, "valid": 1, "last": int(at == len(digits) - 1)})
        return rows[:36]

    size = len(weights)
    bits = (size - 1).bit_length()
    times = {
        1: "{2'b00, taken}", 2: "{1'b0, taken, 1'b0}", 3: "{1'b0, taken, 1'b0} + {2'b00, taken}",
        4: "{taken, 2'b00}",
    }  # fmt: skip
    arms = "".join(
        f"      {f'{bits}{chr(39)}d{at}' if at < size - 1 else 'default'}: part = {times[w]};\n"
        for at, w in enumerate(weights)
    )
    most = 9 * max(weights) + modulus - 1
    chain = "".join(
        f"    {'else ' if at else ''}if (sum >= 6'd{n}) after = sum[3:0] - 4'd{n % 16};\n"
        for at, n in enumerate(range(most // modulus * modulus, 0, -modulus))
    )
    following = (
        "!place" if size == 2 else "(place == 2'd2) ? 2'd0 : place + 2'd1"
    )  # fmt: skip
    body = (
        f"  reg {f'[{bits - 1}:0] ' if bits > 1 else ''}place;\n  reg [5:0] part;\n"
        "  reg [3:0] after;\n"
        "  assign wrong_digit = valid && (digit > 4'd9);\n"
        "  wire [3:0] taken = wrong_digit ? 4'd0 : digit;\n"
        "  wire [5:0] sum = {2'b00, check} + part;\n"
        f"  always @* begin\n    case (place)\n{arms}    endcase\n  end\n"
        f"  always @* begin\n{chain}    else after = sum[3:0];\n  end\n"
    ) + at_edge(
        interface,
        f"check <= 4'd0;\nplace <= {bits}'d0;\ndone <= 1'b0;\nright <= 1'b0;",
        "done <= valid && last;\nright <= valid && last && (after == 4'd0);\n"
        f"if (valid) begin\n  check <= last ? 4'd0 : after;\n"
        f"  place <= last ? {bits}'d0 : {following};\nend",
    )
    reference = module(interface, body, ["check", "right", "done"])
    edges = [
        [{"digit": digit, "valid": 1, "last": int(at % 8 == 7)} for at in range(24)]
        for digit in (9, 8, 7, 10, 5)
    ]
    return Problem(words, interface, reference, Sequential(((), 0, 0), step, draw, edges))


# ---------------------------------------------------------------- 5: frames and scramblers


# The words of the frame (None: none is going on), good, bad, goods.
_FrameState = tuple[Any, int, int, int]


def _frame(number: int) -> Problem:
    """Frames of words whose last word is a check over the others."""
    kind = ("sum", "negated", "xor", "turned", "sum", "xor")[number]
    fixed = number >= 4
    length = 4
    interface = clocked(
        "frames",
        (Port("word", 4), Port("valid"), Port("start"), *(() if fixed else (Port("last"),))),
        (Port("good"), Port("bad"), Port("goods", 3), Port("busy")),
        number,
    )  # fmt: skip
    check = {
        "sum": "the lowest four bits of the sum of the words before it",
        "negated": "the number that makes the lowest four bits of the sum of all words, itself "
        "included, 0",
        "xor": "the exclusive or, bit by bit, of the words before it",
        "turned": "what comes of this, beginning with 0: for each word before it, in order, rotate "
        "left by one bit within four bits, then exclusive-or the word",
    }[kind]
    ends = (
        f"A frame has {length} words; the last of these"
        if fixed
        else "The word that comes with last 1 ends the frame. This word (which must not be the "
        "first: a frame of one word is bad)"
    )
    again = (
        "When start is 1 with a word while a frame is going on, that frame is given up, and is "
        "neither good nor bad; the word begins a new one."
    )
    words = (
        "Frames of words of four bits; a word comes in each cycle where valid is 1. In other "
        f"cycles {'start means' if fixed else 'start and last mean'} nothing. A word with "
        "start 1 begins a frame; words that come while no frame is going on, without start, are "
        f"ignored. {ends} is "
        f"a check: it ought to be {check}. In the cycle after it came, good is 1 if it is so, and "
        "bad is 1 if not, for one cycle; otherwise both are 0. "
        f"{again} goods is the number of good frames, first 0; it goes up together with good, and "
        "stays at 7. busy is 1 while a frame is going on: from the cycle after its first word up "
        "to and including the one in which its last word comes. First no frame is going on."
    )

    def checked(before: Sequence[int]) -> int:
        if kind in ("sum", "negated"):
            return (sum(before) if kind == "sum" else -sum(before)) % 16
        value = 0
        for word in before:
            if kind == "turned":
                value = value * 2 % 16 + value // 8
            value ^= word
        return value

    def step(state: _FrameState, inputs: Inputs) -> tuple[Outputs, _FrameState]:
        frame, good, bad, goods = state
        found: Outputs = {"good": good, "bad": bad, "goods": goods, "busy": int(frame is not None)}
        if inputs["valid"] and inputs["start"]:
            frame = ()
        if not inputs["valid"] or frame is None:
            return found, (frame, 0, 0, goods)
        frame = (*frame, inputs["word"])
        if not (len(frame) == length if fixed else inputs["last"]):
            return found, (frame, 0, 0, goods)
        fine = int(len(frame) > 1 and frame[-1] == checked(frame[:-1]))
        return found, (None, fine, 1 - fine, min(7, goods + fine))

    def draw(draw: Draw) -> list[dict[str, int]]:
        rows: list[dict[str, int]] = []
        wrong, cut = draw.pick((0.1, 0.5)), draw.pick((0.0, 0.2))
        while len(rows) < 34:
            size = length if fixed else draw.between(1, 5)
            data = [draw.below(16) for _ in range(size - 1)]
            data.append(checked(data) ^ (draw.between(1, 15) if draw.chance(wrong) else 0))
            if draw.chance(cut):
                data = data[:-1]
            for at, word in enumerate(data):
                while draw.chance(0.12):
                    rows.append({"word": word, "valid": 0, "start": draw.below(2), "last": 1})
                ends_here = at == size - 1
                rows.append({"word": word, "valid": 1, "start": int(at == 0),
                             "last": int(ends_here)})  # fmt: skip
            if draw.chance(0.2):
                rows.append({"word": 0, "valid": 1, "start": 0, "last": draw.below(2)})
        if fixed:
            rows = [{k: v for k, v in row.items() if k != "last"} for row in rows]
        return rows[:38]

    right = {
        "sum": "word == held", "negated": "word == 4'd0 - held", "xor": "word == held",
        "turned": "word == held",
    }[kind]  # fmt: skip
    mixed = {
        "sum": "held + word", "negated": "held + word", "xor": "held ^ word",
        "turned": "{held[2:0], held[3]} ^ word",
    }[kind]  # fmt: skip
    ending = f"(place == 2'd{length - 1})" if fixed else "last"
    body = "  reg [3:0] held;\n" + ("  reg [1:0] place;\n" if fixed else "")
    body += "  wire taken = valid && (start || busy);\n"
    if fixed:
        body += f"  wire ends = taken && !start && {ending};\n"
        body += f"  wire fine = ({right});\n"
    else:
        body += f"  wire ends = taken && {ending};\n"
        body += f"  wire fine = !start && ({right});\n"
    body += (
        f"  always @(posedge {interface.clock}) begin\n"
        f"    if (taken) held <= start ? word : {mixed};\n"
        + ("    if (taken) place <= start ? 2'd1 : place + 2'd1;\n" if fixed else "")
        + "  end\n"
    )
    body += at_edge(
        interface,
        "good <= 1'b0;\nbad <= 1'b0;\ngoods <= 3'd0;\nbusy <= 1'b0;",
        "good <= ends && fine;\nbad <= ends && !fine;\n"
        "if (ends && fine && goods != 3'd7) goods <= goods + 3'd1;\n"
        "if (taken) busy <= !ends;",
    )
    reference = module(interface, body, ["good", "bad", "goods", "busy"])
    one = {"word": 0, "valid": 1, "start": 1, **({} if fixed else {"last": 0})}
    rest = {**one, "start": 0}
    end = rest if fixed else {**rest, "last": 1}
    edges: list[list[Inputs]] = [
        [one, rest, rest, end] * 9, [rest, end, one, one, rest, rest, end, rest, end],
    ]  # fmt: skip
    if not fixed:
        edges.append([{**one, "last": 1}, end, {**one, "last": 1}, {**one, "word": 3}, end])
    return Problem(words, interface, reference, Sequential((None, 0, 0, 0), step, draw, edges))


def _scramble(number: int) -> Problem:
    """A scrambler in step: a sequence that both ends make on their own."""
    width = (5, 6, 7, 4)[number]
    taps, _ = _long("scramble", number, width, 1, spread=False)
    mixed = [i for i in range(width) if taps >> i & 1]
    places = ", ".join(map(str, mixed))
    skip = number % 2
    interface = clocked(
        "scrambler",
        (Port("load"), Port("seed", width), Port("valid"), Port("bit_in"), Port("plain")),
        (Port("bit_out"), Port("running"), Port("ones", 4)),
        number,
    )  # fmt: skip
    both = "In cycles where plain is 1 too, bit_out is bit_in as it is, " + (
        "but the register moves as usual." if skip else "and the register does not move."
    )
    words = (
        f"A scrambler with a register of {width} bits, first 0. In a cycle where load is 1 the "
        "register takes seed, whatever the other inputs are, and bit_out is 0. In cycles where "
        "load and valid are 0, bit_out is 0, and the register stays as it is. In cycles where load "
        "is 0 and valid is 1, bit_out is the exclusive or of bit_in and the highest bit of the "
        "register, in "
        "the same cycle, and after the cycle the register moves left by one bit, with the "
        f"exclusive or of its bits {places}, as they were before, coming in at the low end. {both} "
        "running is 1 "
        "while the register is not 0. ones counts the cycles in which bit_out was 1 since the last "
        "cycle with load, or the first state; it stays at 15, and becomes 0 after a load."
    )

    def step(state: tuple[str, int], inputs: Inputs) -> tuple[Outputs, tuple[str, int]]:
        text, ones = state  # the highest bit first
        live = inputs["valid"] and not inputs["load"]
        key = 0 if inputs["plain"] else int(text[0])
        bit = inputs["bit_in"] ^ key if live else 0
        found = {"bit_out": bit, "running": int("1" in text), "ones": ones}
        if inputs["load"]:
            return found, (f"{inputs['seed']:0{width}b}", 0)
        if live and (skip or not inputs["plain"]):
            new = [text[width - 1 - i] for i in mixed].count("1") % 2
            text = text[1:] + str(new)
        return found, (text, min(15, ones + bit))

    def draw(draw: Draw) -> list[dict[str, int]]:
        often = draw.pick((0.03, 0.12))
        ones = draw.pick((0.5, 0.9))
        return [
            {
                "load": int(at == 0 or draw.chance(often)),
                "seed": draw.below(1 << width) if draw.chance(0.9) else 0,
                "valid": int(draw.chance(0.85)), "bit_in": int(draw.chance(ones)),
                "plain": int(draw.chance(0.2)),
            }
            for at in range(38)
        ]  # fmt: skip

    mix = " ^ ".join(f"held[{i}]" for i in mixed)
    move = "live" if skip else "live && !plain"
    body = (
        f"  reg [{width - 1}:0] held;\n  wire live = valid && !load;\n"
        f"  assign bit_out = live && (bit_in ^ (held[{width - 1}] && !plain));\n"
        f"  assign running = (held != {width}'d0);\n"
    ) + at_edge(
        interface,
        f"held <= {width}'d0;\nones <= 4'd0;",
        "if (load) begin\n  held <= seed;\n  ones <= 4'd0;\nend else begin\n"
        f"  if ({move}) held <= {{held[{width - 2}:0], {mix}}};\n"
        "  if (bit_out && ones != 4'd15) ones <= ones + 4'd1;\nend",
    )
    on = {"load": 0, "seed": 0, "valid": 1, "bit_in": 1, "plain": 1}
    edges = [
        [on] * 18 + [{**on, "load": 1, "seed": 1}] + [{**on, "plain": 0}] * 12,
        [{**on, "load": 1, "seed": 1}] + [{**on, "bit_in": 0, "plain": 0}] * 36,
    ]
    start = ("0" * width, 0)
    reference = module(interface, body, ["ones"])
    return Problem(words, interface, reference, Sequential(start, step, draw, edges))


# The bits that came, the newest first; the row that is counted; locked; lost.
_FollowState = tuple[str, int, int, int]


def _follow(number: int) -> Problem:
    """A descrambler that follows what it receives, and says when a known word comes out."""
    width = (3, 4, 5, 4)[number]
    taps, _ = _polynomial("follow", number, width)
    mixed = sorted({width - 1, *(i for i in range(width) if taps >> i & 1)})
    needed = (4, 5, 4, 6)[number]
    value = number % 2
    interface = clocked(
        "descrambler",
        (Port("bit_in"), Port("valid")),
        (Port("bit_out"), Port("locked"), Port("lost", 3)),
        number,
    )  # fmt: skip
    before = ", ".join(str(i + 1) for i in mixed)
    words = (
        "A descrambler that follows what it receives. A bit, bit_in, comes in each cycle where "
        "valid is 1; in others nothing changes and bit_out is 0. bit_out is, in the same cycle, "
        "the exclusive or of bit_in and some of the bits that came before it: those that came "
        f"{before} bits before (1 is the one just before). Bits from before the first state count "
        f"as 0. Idle traffic is a stretch of bits that come out as {value}. locked, first 0, "
        f"becomes 1 after {needed} bits in a row have come out as {value}, from the cycle after "
        "the last of these on. It becomes 0 after two bits in a row, while it is 1, have come out "
        f"as {1 - value}, from the cycle after the second on; lost counts how often this happened, "
        "first 0, together with the change of locked, and stays at 7. Both rows are rows of bits "
        "that came: cycles where valid is 0 do not interrupt them. A row of "
        f"{value} is counted anew from the bit after the one with which locked became 0."
    )

    def step(state: _FollowState, inputs: Inputs) -> tuple[Outputs, _FollowState]:
        bits, row, locked, lost = state
        out = inputs["bit_in"] ^ [bits[i] for i in mixed].count("1") % 2
        found = {"bit_out": out if inputs["valid"] else 0, "locked": locked, "lost": lost}
        if not inputs["valid"]:
            return found, state
        bits = str(inputs["bit_in"]) + bits[:-1]
        row = row + 1 if (out == value) != (locked == 1) else 0
        if row == (2 if locked else needed):
            return found, (bits, 0, 1 - locked, min(7, lost + locked))
        return found, (bits, row, locked, lost)

    def draw(draw: Draw) -> list[dict[str, int]]:
        often = draw.pick((0.8, 1.0))
        text = ""
        while len(text) < 40:
            text += str(value) * draw.pick((needed - 1, needed, needed + 1, needed + 2))
            text += str(1 - value) * draw.pick((1, 1, 2, 2, 3))
        rows, bits = [], "0" * width
        for plain in text[:40]:
            bit = int(plain) ^ [bits[i] for i in mixed].count("1") % 2
            valid = int(draw.chance(often))
            rows.append({"bit_in": bit, "valid": valid})
            if valid:
                bits = str(bit) + bits[:-1]
        return rows

    mix = " ^ ".join(f"held[{i}]" for i in mixed)
    mine = "out" if value else "!out"
    body = (
        f"  reg [{width - 1}:0] held;\n  reg [2:0] row;\n"
        f"  wire out = bit_in ^ {mix};\n  assign bit_out = valid && out;\n"
        f"  wire counts = {mine} ^ locked;\n"
        f"  wire full = (row == (locked ? 3'd1 : 3'd{needed - 1}));\n"
    ) + at_edge(
        interface,
        f"held <= {width}'d0;\nrow <= 3'd0;\nlocked <= 1'b0;\nlost <= 3'd0;",
        f"if (valid) begin\n  held <= {{held[{width - 2}:0], bit_in}};\n"
        "  if (!counts) row <= 3'd0;\n  else if (!full) row <= row + 3'd1;\n"
        "  else begin\n    row <= 3'd0;\n    locked <= !locked;\n"
        "    if (locked && lost != 3'd7) lost <= lost + 3'd1;\n  end\nend",
    )

    def sent(text: str) -> list[dict[str, int]]:
        rows, bits = [], "0" * width
        for plain in text:
            bit = int(plain) ^ [bits[i] for i in mixed].count("1") % 2
            rows.append({"bit_in": bit, "valid": 1})
            bits = str(bit) + bits[:-1]
        return rows

    idle, busy = str(value) * needed, str(1 - value) * 2
    edges = [sent((idle + busy) * 9 + idle), sent(idle + busy[:1] + idle + busy + busy + idle)]
    reference = module(interface, body, ["locked", "lost"])
    start: _FollowState = ("0" * width, 0, 0, 0)
    return Problem(words, interface, reference, Sequential(start, step, draw, edges))
