"""Handshakes: valid and ready, buffers of an entry or two, request and acknowledge, credits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ....verifiers.verilog.interface import Interface, Port
from ..draw import Draw
from .family import (
    Combinational,
    Inputs,
    Outputs,
    Problem,
    Sequential,
    at_edge,
    clocked,
    family,
    module,
)


def _variants(level: int) -> Sequence[tuple[Any, ...]]:
    if level == 1:
        return [
            (level, kind, option, 0)
            for kind, options in (
                ("hold", (0, 1)),
                ("drop", ("odd", "zero", "negative")),
                ("join", (3, 4)),
                ("fork", (3, 4)),
                ("route", ("select", "data")),
                ("merge", ("a", "b")),
            )
            for option in options
        ]
    if level == 2:
        return [
            (level, kind, through, width)
            for kind in ("plain", "next", "inverse", "halves")
            for through in (True, False)
            for width in (4, 8)
        ]
    if level == 3:
        credits = [
            (level, "credit", (same, sticky), most)
            for same in (True, False)
            for sticky in (True, False)
            for most in (2, 3, 5)
        ]
        asks = [(level, "ask", phases, 0) for phases in (2, 4)]
        return credits + asks + [
            (level, "answer", phases, delay) for phases in (2, 4) for delay in (1, 2, 3)
        ]  # fmt: skip
    if level == 4:
        return [
            (level, kind, (low, through), ratio)
            for kind in ("wide", "narrow")
            for low in (True, False)
            for through in (True, False)
            for ratio in (2, 3)
        ] + [(level, "pair", flush, 0) for flush in (True, False)]
    retries = [
        (level, "retry", refusal, (patience, again))
        for refusal in (True, False)
        for patience in (3, 4)
        for again in (1, 2)
    ]
    bursts = [
        (level, "burst", through, (stride, zero))
        for through in (True, False)
        for stride in (1, -1)
        for zero in ("none", "all")
    ]
    sums = [(level, "sum", kind, most) for kind in ("xor", "sum", "negative") for most in (0, 4)]
    packs = [(level, "pack", low, ratio) for low in (True, False) for ratio in (3, 4)]
    return retries + bursts + sums + packs


@family("handshake", _variants)
def handshake(level: int, kind: str, option: Any, number: Any) -> Problem:
    if level == 1:
        return _wires(kind, option)
    if level == 2:
        return _buffer(kind, option, number)
    makers: dict[str, Callable[[Any, Any], Problem]] = {
        "credit": _credit, "ask": _ask, "answer": _answer, "wide": _widen, "narrow": _narrow,
        "pair": _pair, "retry": _retry, "burst": _burst, "sum": _checked, "pack": _packed,
    }  # fmt: skip
    return makers[kind](option, number)


_MOVES = "A word moves in a cycle where its valid and its ready are both 1."


def _flow(draw: Draw, cycles: int, **widths: int) -> list[dict[str, int]]:
    """Random cycles; `in_valid` and `out_ready` each often for one stretch, seldom for another."""
    rows: list[dict[str, int]] = []
    while len(rows) < cycles:
        valid, ready = draw.pick((0.3, 0.7, 1.0)), draw.pick((0.1, 0.6, 1.0))
        for _ in range(draw.between(4, 9)):
            row = {name: draw.below(1 << width) for name, width in widths.items()}
            row["in_valid"], row["out_ready"] = int(draw.chance(valid)), int(draw.chance(ready))
            rows.append(row)
    return rows[:cycles]


# ---------------------------------------------------------------- 1: wires


def _wires(kind: str, option: Any) -> Problem:
    name = f"{kind}_stage"
    data = Port("in_data", 4)
    if kind == "hold":
        inputs = [Port("in_valid"), data, Port("out_ready"), Port("hold")]
        outputs = [Port("out_valid"), Port("out_data", 4), Port("in_ready")]
        words = (
            f"{_MOVES} This stage passes words from in to out without delay. While hold is "
            f"{option}, none moves: out_valid and in_ready are both 0. Otherwise out_valid is "
            "in_valid, and in_ready is out_ready. out_data is always in_data."
        )
        go = "!hold" if option else "hold"
        lines = {"out_valid": f"in_valid && {go}", "out_data": "in_data"}
        lines["in_ready"] = f"out_ready && {go}"

        def found(inputs: Inputs) -> Outputs:
            shut = inputs["hold"] == option
            return {
                "out_valid": 0 if shut else inputs["in_valid"],
                "out_data": inputs["in_data"],
                "in_ready": 0 if shut else inputs["out_ready"],
            }
    elif kind == "drop":
        inputs = [Port("in_valid"), data, Port("out_ready")]
        outputs = [Port("out_valid"), Port("out_data", 4), Port("in_ready"), Port("dropped")]
        which = {"odd": "odd", "zero": "0", "negative": "negative, in two's complement"}[option]
        words = (
            f"{_MOVES} This stage passes words from in to out without delay, but drops those where "
            f"in_data is {which}: of them it takes every one at once (in_ready is 1, whatever "
            "out_ready is), out_valid is 0, and dropped is 1. dropped is 0 for any other word, "
            "for which out_valid is 1 and in_ready is out_ready. When in_valid is 0, out_valid and "
            "dropped are 0, and in_ready is what it would be if in_valid were 1. out_data is "
            "always in_data."
        )
        bad = {"odd": "in_data[0]", "zero": "(in_data == 4'd0)", "negative": "in_data[3]"}[option]
        lines = {
            "out_valid": f"in_valid && !{bad}",
            "out_data": "in_data",
            "in_ready": f"out_ready || {bad}",
            "dropped": f"in_valid && {bad}",
        }

        def found(inputs: Inputs) -> Outputs:
            word, valid = inputs["in_data"], inputs["in_valid"]
            bad = {"odd": word % 2 == 1, "zero": word == 0, "negative": word > 7}[option]
            ready = 1 if bad else inputs["out_ready"]
            return {
                "out_valid": int(valid and not bad),
                "out_data": word,
                "in_ready": ready,
                "dropped": int(valid and bad),
            }
    elif kind == "join":
        names = "abcd"[:option]
        inputs = [Port(f"{n}_valid") for n in names] + [Port(f"{n}_data", 2) for n in names]
        inputs.append(Port("out_ready"))
        outputs = [Port("out_valid"), Port("out_data", 2 * option)]
        outputs += [Port(f"{n}_ready") for n in names]
        listed = "a, b and c" if option == 3 else "a, b, c and d"
        words = (
            f"{_MOVES} This stage joins {listed} to out: they move together or not at all. "
            f"out_valid is 1 when all of their valid signals are. Each of their ready signals is 1 "
            "exactly when out_valid and out_ready are. out_data is always their data side by side, "
            f"that of {names[-1]} highest and that of a lowest."
        )
        lines = {"out_valid": " && ".join(f"{n}_valid" for n in names)}
        lines["out_data"] = "{" + ", ".join(f"{n}_data" for n in names[::-1]) + "}"
        lines |= {f"{n}_ready": "out_valid && out_ready" for n in names}

        def found(inputs: Inputs) -> Outputs:
            valid = min(inputs[f"{n}_valid"] for n in names)
            ready = valid * inputs["out_ready"]
            words = sum(inputs[f"{n}_data"] * 4**i for i, n in enumerate(names))
            readies = {f"{n}_ready": ready for n in names}
            return {"out_valid": valid, "out_data": words, **readies}
    elif kind == "fork":
        names = "abcd"[:option]
        inputs = [Port("in_valid"), data] + [Port(f"{n}_ready") for n in names]
        outputs = [Port("in_ready"), Port("out_data", 4)] + [Port(f"{n}_valid") for n in names]
        listed = "a, b and c" if option == 3 else "a, b, c and d"
        words = (
            f"{_MOVES} This stage gives each word of in to {listed}, to all of them in one cycle "
            "or to none. in_ready is 1 when all of their ready signals are, whatever in_valid is. "
            "The valid signal of each is 1 when in_valid is, and the ready signals of all the "
            "others are; it does not look at its own. out_data is always in_data."
        )
        lines = {"in_ready": " && ".join(f"{n}_ready" for n in names), "out_data": "in_data"}
        for n in names:
            rest = " && ".join(f"{m}_ready" for m in names if m != n)
            lines[f"{n}_valid"] = f"in_valid && {rest}"

        def found(inputs: Inputs) -> Outputs:
            busy = [n for n in names if not inputs[f"{n}_ready"]]
            valid = inputs["in_valid"]
            each = {f"{n}_valid": int(valid and not {*busy} - {n}) for n in names}
            return {"in_ready": int(not busy), "out_data": inputs["in_data"], **each}
    elif kind == "route":
        bit = "select" if option == "select" else "in_data[3]"
        say = "select" if option == "select" else "the highest bit of in_data"
        inputs = [Port("in_valid"), data, Port("a_ready"), Port("b_ready")]
        inputs += [Port("select")] if option == "select" else []
        outputs = [Port("in_ready"), Port("out_data", 4), Port("a_valid"), Port("b_valid")]
        words = (
            f"{_MOVES} This stage passes each word of in to a, where {say} is 0, or to b, where it "
            "is 1. The valid signal of the one that is chosen is in_valid, that of the other 0, "
            "and in_ready is the ready signal of the one that is chosen. out_data is always "
            "in_data."
        )
        lines = {
            "in_ready": f"{bit} ? b_ready : a_ready",
            "out_data": "in_data",
            "a_valid": f"in_valid && !{bit}",
            "b_valid": f"in_valid && {bit}",
        }

        def found(inputs: Inputs) -> Outputs:
            word = inputs["in_data"]
            to = "b" if inputs.get("select", word > 7) else "a"
            valid = {f"{n}_valid": inputs["in_valid"] * (n == to) for n in "ab"}
            return {"in_ready": inputs[f"{to}_ready"], "out_data": word, **valid}
    else:
        one, two = option, "b" if option == "a" else "a"
        inputs = [Port("a_valid"), Port("a_data", 3), Port("b_valid"), Port("b_data", 3)]
        inputs.append(Port("out_ready"))
        outputs = [Port("out_valid"), Port("out_data", 3), Port("a_ready"), Port("b_ready")]
        words = (
            f"{_MOVES} This stage passes words of a and b to out without delay. Where both are "
            f"valid, {one} goes first. out_valid is 1 when one of them is valid; out_data is that "
            f"of {one} when {one} is valid, else that of {two} (also when none is). {one}_ready is "
            f"out_ready; {two}_ready is 1 when out_ready is 1 and {one} is not valid."
        )
        lines = {
            "out_valid": "a_valid || b_valid",
            "out_data": f"{one}_valid ? {one}_data : {two}_data",
            f"{one}_ready": "out_ready",
            f"{two}_ready": f"out_ready && !{one}_valid",
        }

        def found(inputs: Inputs) -> Outputs:
            lead = one if inputs[f"{one}_valid"] else two
            ready = inputs["out_ready"]
            return {
                "out_valid": inputs["a_valid"] | inputs["b_valid"],
                "out_data": inputs[f"{lead}_data"],
                f"{one}_ready": ready,
                f"{two}_ready": ready if lead == two else 0,
            }

    interface = Interface(name, tuple(inputs), tuple(outputs))

    def draw(draw: Draw) -> dict[str, int]:
        return {port.name: draw.below(1 << port.width) for port in inputs}

    flags = [port.name for port in inputs if port.width == 1]
    edges = [
        {port.name: word % (1 << port.width) for port in inputs}
        | {name: bits >> i & 1 for i, name in enumerate(flags)}
        for bits in range(1 << len(flags))
        for word in (0, 6, 9)
    ]
    body = "".join(f"  assign {target} = {value};\n" for target, value in lines.items())
    return Problem(words, interface, module(interface, body), Combinational(found, draw, edges))


# ---------------------------------------------------------------- 2: one entry


def _ports(wide: int, narrow: int) -> tuple[list[Port], list[Port]]:
    inputs = [Port("in_valid"), Port("in_data", wide), Port("out_ready")]
    return inputs, [Port("in_ready"), Port("out_valid"), Port("out_data", narrow)]


def _accepts(through: bool) -> str:
    return (
        "in_ready is 1 when the buffer is empty, and also in a cycle where its word leaves: then a "
        "new word can take its place"
        if through
        else "in_ready is 1 when the buffer is empty, and only then"
    )


def _buffer(kind: str, through: bool, width: int) -> Problem:
    inputs, outputs = _ports(width, width)
    interface = clocked("buffer_stage", inputs, outputs, kind, through, width)
    half, top = width // 2, (1 << width) - 1
    what, value = {
        "plain": ("the word as it came", "in_data"),
        "next": (f"the word plus 1 (0 after {top})", f"in_data + {width}'d1"),
        "inverse": ("the word with all bits inverted", "~in_data"),
        "halves": (
            "the word with its upper and lower half exchanged",
            f"{{in_data[{half - 1}:0], in_data[{width - 1}:{half}]}}",
        ),
    }[kind]
    words = (
        f"A buffer of one word, first empty. {_MOVES} {_accepts(through)}. out_valid is 1 while "
        f"the buffer has a word. out_data is a register, first 0. When a word comes in, it takes "
        f"{what}; it stays after the word has left."
    )
    swap = {i: (i + half) % width for i in range(width)}

    def change(word: int) -> int:
        if kind == "halves":
            return sum((word >> i & 1) << swap[i] for i in range(width))
        return {"plain": word, "next": (word + 1) % (top + 1), "inverse": top - word}[kind]

    def step(state: tuple[int, int], inputs: Inputs) -> tuple[Outputs, tuple[int, int]]:
        full, word = state
        leaves = full and inputs["out_ready"]
        ready = int(not full or bool(through and leaves))
        outputs = {"in_ready": ready, "out_valid": full, "out_data": word}
        if ready and inputs["in_valid"]:
            return outputs, (1, change(inputs["in_data"]))
        return outputs, (int(full and not leaves), word)

    ready = "!out_valid || out_ready" if through else "!out_valid"
    body = f"  assign in_ready = {ready};\n" + at_edge(
        interface,
        f"out_valid <= 1'b0;\nout_data <= {width}'d0;",
        f"if (in_valid && in_ready) begin\n  out_valid <= 1'b1;\n  out_data <= {value};\n"
        "end else if (out_ready) begin\n  out_valid <= 1'b0;\nend",
    )
    model = Sequential((0, 0), step, lambda draw: _flow(draw, 28, in_data=width))
    return Problem(words, interface, module(interface, body, ["out_valid", "out_data"]), model)


# ---------------------------------------------------------------- 3: credits, request, acknowledge


def _credit(option: tuple[bool, bool], most: int) -> Problem:
    same, sticky = option
    bits = most.bit_length()
    interface = clocked(
        "credit_counter",
        (Port("want"), Port("give_back")),
        (Port("send"), Port("credits", bits), Port("error")),
        most,
        same,
        sticky,
    )
    may = (
        "there is a credit, that is, credits is not 0 or give_back is 1"
        if same
        else "credits is not 0 (a credit that comes back in this cycle cannot be spent in it)"
    )
    error = (
        "after it, error is 1 until the next reset"
        if sticky
        else "error is 1 in that cycle, and 0 in others"
    )
    words = (
        f"A counter of credits, first {most}, which is also the most. send is 1 in cycles where "
        f"want is 1 and {may}; it spends a credit. In cycles where give_back is 1 a credit comes "
        "back. credits is what there is at the beginning of the cycle; where one is spent and one "
        f"comes back it does not change. A credit that comes back when credits is {most} and none "
        f"is spent is one too many: credits stays {most}, and {error}."
        + (" First, error is 0." if sticky else "")
    )

    def step(state: tuple[int, int], inputs: Inputs) -> tuple[Outputs, tuple[int, int]]:
        credits, error = state
        back = inputs["give_back"]
        send = int(inputs["want"] == 1 and credits + (back if same else 0) > 0)
        total = credits + back - send
        over = int(total > most)
        outputs = {"send": send, "credits": credits, "error": error if sticky else over}
        return outputs, (min(most, total), error | over)

    def draw(draw: Draw) -> list[dict[str, int]]:
        rows = []
        quiet = draw.chance(0.5)
        for _ in range(4):
            want = draw.pick((0.2, 0.5, 1.0, 1.0))
            back = draw.pick((0.0, 0.3, 0.6) if quiet else (0.1, 0.5, 1.0))
            for _ in range(8):
                row = {"want": int(draw.chance(want)), "give_back": int(draw.chance(back))}
                rows.append(row)
        return rows

    spend = {"want": 1, "give_back": 0}
    back = {"want": 0, "give_back": 1}
    both = {"want": 1, "give_back": 1}
    edges = [
        [both] * 3 + [spend] * (most + 2) + [both] * 3 + [back] * (most + 2) + [spend] * 2,
        [spend] * 2 + [back] * 4 + [both, spend, back],
    ]
    some = f"credits != {bits}'d0"
    some = f"({some} || give_back)" if same else f"({some})"
    over = f"give_back && !send && (credits == {bits}'d{most})"
    moves = (
        f"if (send && !give_back) credits <= credits - {bits}'d1;\n"
        f"else if (give_back && !send && credits != {bits}'d{most}) "
        f"credits <= credits + {bits}'d1;"
    )
    body = f"  assign send = want && {some};\n"
    if sticky:
        body += at_edge(
            interface,
            f"credits <= {bits}'d{most};\nerror <= 1'b0;",
            f"{moves}\nif ({over}) error <= 1'b1;",
        )
    else:
        body += f"  assign error = {over};\n"
        body += at_edge(interface, f"credits <= {bits}'d{most};", moves)
    reference = module(interface, body, ["credits"] + ["error"] * sticky)
    return Problem(words, interface, reference, Sequential((most, 0), step, draw, edges))


def _ask(phases: int, _: int) -> Problem:
    interface = clocked(
        "requester",
        (Port("start"), Port("data", 4), Port("ack")),
        (Port("ready"), Port("req"), Port("word", 4)),
        phases,
    )
    base = (
        "The sender of a handshake of {} phases. ready, req and word are registers, first 1, 0 and "
        "0. In a cycle where ready and start are 1 it takes data: from the next cycle on word is "
        "that data, and stays until the next is taken; ready is 0, and req is {}. "
    )
    if phases == 4:
        words = base.format("four", "1") + (
            "req stays 1 until a cycle where ack is 1; from the next cycle on it is 0. Then it "
            "waits for a cycle where ack is 0, after which ready is 1 again. In the cycle in which "
            "it takes data ack is not looked at."
        )
    else:
        words = base.format("two", "inverted") + (
            "Then it waits for a cycle where ack equals req, after which ready is 1 again; req "
            "keeps its value. In the cycle in which it takes data ack is not looked at."
        )

    def step(state: tuple[str, int, int], inputs: Inputs) -> tuple[Outputs, Any]:
        phase, req, word = state
        outputs = {"ready": int(phase == "ready"), "req": req, "word": word}
        if phase == "ready":
            if inputs["start"]:
                return outputs, ("asks", 1 - req, inputs["data"])
        elif phase == "asks" and inputs["ack"] == req:
            return outputs, ("ready", req, word) if phases == 2 else ("ends", 0, word)
        elif phase == "ends" and not inputs["ack"]:
            return outputs, ("ready", 0, word)
        return outputs, state

    def draw(draw: Draw) -> list[dict[str, int]]:
        start, stay = draw.pick((0.4, 0.8)), draw.pick((0.4, 0.7))
        ack, rows = 0, []
        for _ in range(32):
            ack = ack if draw.chance(stay) else 1 - ack
            rows.append({"start": int(draw.chance(start)), "data": draw.below(16), "ack": ack})
        return rows

    take = "if (start) begin\n    ready <= 1'b0;\n    req <= {};\n    word <= data;\n  end\n"
    one = "1'b1"
    if phases == 4:
        then = (
            f"if (ready) begin\n  {take.format(one)}end else if (req) begin\n"
            "  if (ack) req <= 1'b0;\nend else if (!ack) begin\n  ready <= 1'b1;\nend"
        )
    else:
        then = (
            f"if (ready) begin\n  {take.format('!req')}end else if (ack == req) begin\n"
            "  ready <= 1'b1;\nend"
        )
    body = at_edge(interface, "ready <= 1'b1;\nreq <= 1'b0;\nword <= 4'd0;", then)
    reference = module(interface, body, ["ready", "req", "word"])
    return Problem(words, interface, reference, Sequential(("ready", 0, 0), step, draw))


def _answer(phases: int, delay: int) -> Problem:
    interface = clocked(
        "responder",
        (Port("req"), Port("data", 4)),
        (Port("ack"), Port("word", 4), Port("count", 3)),
        phases,
        delay,
    )
    wait = "cycle" if delay == 1 else f"{delay} cycles in a row"
    differs = "req is 1" if phases == 4 else "req differs from ack"
    again = (
        "While ack is 1 it waits for a cycle where req is 0, after which ack is 0."
        if phases == 4
        else "Each such change is an answer."
    )
    words = (
        f"The receiver of a handshake of {'four' if phases == 4 else 'two'} phases. ack, word and "
        f"count are registers, first 0. {'While ack is 0, after' if phases == 4 else 'After'} a "
        f"{wait} where {differs}, ack becomes {'1' if phases == 4 else 'what req is'}, word takes "
        f"data as it is in {'that cycle' if delay == 1 else 'the last of them'}, and count, modulo "
        "8, goes up by one. "
        + ("A cycle in between where that is not so makes the counting of cycles start "
           "again. " if delay > 1 else "")
        + again
    ).replace(f"a {delay} cycles", f"{delay} cycles")  # fmt: skip

    def step(state: tuple[int, int, int, int], inputs: Inputs) -> tuple[Outputs, Any]:
        ack, word, count, waited = state
        req = inputs["req"]
        outputs = {"ack": ack, "word": word, "count": count}
        if phases == 4 and ack:
            return outputs, (req, word, count, 0)
        if req == ack:
            return outputs, (ack, word, count, 0)
        if waited + 1 < delay:
            return outputs, (ack, word, count, waited + 1)
        return outputs, (req, inputs["data"], (count + 1) % 8, 0)

    def draw(draw: Draw) -> list[dict[str, int]]:
        rows: list[dict[str, int]] = []
        req = 0
        while len(rows) < 36:
            for _ in range(draw.between(1, delay + 2)):
                rows.append({"req": req, "data": draw.below(16)})
            req = 1 - req
        return rows[:40]

    whole_turn = [{"req": 1, "data": i} for i in range(delay + 1)]
    whole_turn += [{"req": 0, "data": 9 + i} for i in range(delay + 1)]
    edges = [whole_turn * 9]
    bits = max(1, (delay - 1).bit_length())
    clear = "" if delay == 1 else f"waited <= {bits}'d0;\n"
    one = "1'b1"
    done = f"{clear}ack <= {one if phases == 4 else 'req'};\n"
    done += "word <= data;\ncount <= count + 3'd1;\n"
    if delay > 1:
        inner = "".join(f"    {line}\n" for line in done.splitlines())
        done = (
            f"if (waited != {bits}'d{delay - 1}) begin\n    waited <= waited + {bits}'d1;\n"
            f"  end else begin\n{inner}  end\n"
        )
        done = f"  {done}"
    else:
        done = "".join(f"  {line}\n" for line in done.splitlines())
    asked = "req" if phases == 4 else "req != ack"
    head = "if (ack) begin\n  if (!req) ack <= 1'b0;\nend else " if phases == 4 else ""
    then = f"{head}if ({asked}) begin\n{done}end"
    if delay > 1:
        then += f" else begin\n  {clear}end"
    body = "" if delay == 1 else f"  reg {f'[{bits - 1}:0] ' if bits > 1 else ''}waited;\n"
    body += at_edge(interface, f"{clear}ack <= 1'b0;\nword <= 4'd0;\ncount <= 3'd0;", then)
    reference = module(interface, body, ["ack", "word", "count"])
    return Problem(words, interface, reference, Sequential((0, 0, 0, 0), step, draw, edges))


# ---------------------------------------------------------------- 4: widths, two entries


def _widen(option: tuple[bool, bool], ratio: int) -> Problem:
    low, through = option
    size = 4 * ratio
    inputs, outputs = _ports(4, size)
    interface = clocked("widener", inputs, outputs, ratio, low, through)
    words = (
        f"A stage that makes a word of {size} bits out of {ratio} of 4 bits. {_MOVES} The first of "
        f"them becomes its {'lowest' if low else 'highest'} bits, and so on. It has room for one "
        f"wide word, first nothing. out_valid is 1 while that is complete. in_ready is 1 while it "
        f"is not complete{', and also in a cycle where it leaves' if through else ''}. out_data is "
        "that room; nobody looks at it while out_valid is 0."
    )

    def step(state: tuple[int, ...], inputs: Inputs) -> tuple[Outputs, tuple[int, ...]]:
        full = len(state) == ratio
        leaves = full and inputs["out_ready"]
        ready = int(not full or bool(through and leaves))
        parts = state if low else state[::-1]
        value = sum(part << 4 * i for i, part in enumerate(parts)) if full else None
        following = () if leaves else state
        if ready and inputs["in_valid"]:
            following = (*following, inputs["in_data"])
        return {"in_ready": ready, "out_valid": int(full), "out_data": value}, following

    bits = ratio.bit_length()
    shifted = (
        f"{{in_data, out_data[{size - 1}:4]}}" if low else f"{{out_data[{size - 5}:0], in_data}}"
    )
    ready = "!out_valid || out_ready" if through else "!out_valid"
    then = f"if (in_valid && in_ready) begin\n  out_data <= {shifted};\n"
    then += (
        f"  filled <= out_valid ? {bits}'d1 : filled + {bits}'d1;\n"
        if through
        else f"  filled <= filled + {bits}'d1;\n"
    )
    then += f"end else if (out_valid && out_ready) begin\n  filled <= {bits}'d0;\nend"
    body = (
        f"  reg [{bits - 1}:0] filled;\n  assign out_valid = (filled == {bits}'d{ratio});\n"
        f"  assign in_ready = {ready};\n"
    ) + at_edge(interface, f"filled <= {bits}'d0;\nout_data <= {size}'d0;", then)
    model = Sequential((), step, lambda draw: _flow(draw, 36, in_data=4))
    return Problem(words, interface, module(interface, body, ["out_data"]), model)


def _narrow(option: tuple[bool, bool], ratio: int) -> Problem:
    low, through = option
    size = 3 * ratio
    inputs, outputs = _ports(size, 3)
    interface = clocked("narrower", inputs, outputs, ratio, low, through)
    words = (
        f"A stage that gives a word of {size} bits as {ratio} of 3 bits, the "
        f"{'lowest' if low else 'highest'} bits first. {_MOVES} It has room for one wide word, "
        "first nothing. out_valid is 1 while there is a part that has not left; out_data is the "
        "first such part, and 0 when there is none. in_ready is 1 when there is none"
        + (", and also in a cycle where the last part leaves." if through else ".")
    )

    def step(state: tuple[int, ...], inputs: Inputs) -> tuple[Outputs, tuple[int, ...]]:
        leaves = bool(state and inputs["out_ready"])
        ready = int(not state or bool(through and leaves and len(state) == 1))
        value = state[0] if state else 0
        following = state[1:] if leaves else state
        if ready and inputs["in_valid"]:
            parts = tuple(inputs["in_data"] >> 3 * i & 7 for i in range(ratio))
            following = parts if low else parts[::-1]
        return {"in_ready": ready, "out_valid": int(state != ()), "out_data": value}, following

    bits = ratio.bit_length()
    last = f"(left == {bits}'d1)"
    ready = f"!out_valid || (out_ready && {last})" if through else "!out_valid"
    part = "parts[2:0]" if low else f"parts[{size - 1}:{size - 3}]"
    shifted = f"{{3'd0, parts[{size - 1}:3]}}" if low else f"{{parts[{size - 4}:0], 3'd0}}"
    body = (
        f"  reg [{size - 1}:0] parts;\n  reg [{bits - 1}:0] left;\n"
        f"  assign out_valid = (left != {bits}'d0);\n"
        f"  assign out_data = {part};\n"
        f"  assign in_ready = {ready};\n"
    ) + at_edge(
        interface,
        f"parts <= {size}'d0;\nleft <= {bits}'d0;",
        f"if (in_valid && in_ready) begin\n  parts <= in_data;\n  left <= {bits}'d{ratio};\n"
        f"end else if (out_valid && out_ready) begin\n  parts <= {shifted};\n"
        f"  left <= left - {bits}'d1;\nend",
    )
    model = Sequential((), step, lambda draw: _flow(draw, 36, in_data=size))
    return Problem(words, interface, module(interface, body), model)


def _pair(flush: bool, _: int) -> Problem:
    inputs, outputs = _ports(4, 4)
    if flush:
        inputs.append(Port("flush"))
    outputs.append(Port("count", 2))
    interface = clocked("pair_buffer", inputs, outputs, flush)
    words = (
        f"A buffer of two words, first empty; the word that came first leaves first. {_MOVES} "
        "count is how many it has. in_ready is 1 while there are fewer than two, whatever "
        "out_ready is. out_valid is 1 while there is one; out_data is the oldest, and nobody looks "
        "at it while out_valid is 0. In one cycle a word may come and another leave."
        + (
            " After a cycle where flush is 1 the buffer is empty: a word that leaves in it has "
            "left, and one that comes in it is lost. in_ready and out_valid do not depend on flush."
            if flush
            else ""
        )
    )

    def step(state: tuple[int, ...], inputs: Inputs) -> tuple[Outputs, tuple[int, ...]]:
        outputs: Outputs = {
            "in_ready": int(len(state) < 2),
            "out_valid": int(len(state) > 0),
            "out_data": state[0] if state else None,
            "count": len(state),
        }
        following = state[1:] if inputs["out_ready"] else state
        if inputs["in_valid"] and len(state) < 2:
            following = (*following, inputs["in_data"])
        return outputs, () if inputs.get("flush") else following

    def draw(draw: Draw) -> list[dict[str, int]]:
        rows = _flow(draw, 36, in_data=4)
        return [{**row, "flush": int(draw.chance(0.1))} for row in rows] if flush else rows

    then = (
        "if (put) begin\n  if (count == 2'd0 || take) out_data <= in_data;\n"
        "  else spare <= in_data;\nend else if (take) begin\n  out_data <= spare;\nend\n"
    )
    count = (
        "if (put && !take) count <= count + 2'd1;\nelse if (take && !put) count <= count - 2'd1;"
    )
    then += f"if (flush) count <= 2'd0;\nelse {count}" if flush else count
    body = (
        "  reg [3:0] spare;\n"
        "  wire put = in_valid && in_ready;\n"
        "  wire take = out_valid && out_ready;\n"
        "  assign in_ready = (count != 2'd2);\n"
        "  assign out_valid = (count != 2'd0);\n"
    ) + at_edge(interface, "count <= 2'd0;\nout_data <= 4'd0;\nspare <= 4'd0;", then)
    reference = module(interface, body, ["out_data", "count"])
    return Problem(words, interface, reference, Sequential((), step, draw))


# ---------------------------------------------------------------- 5: small machines


def _retry(refusal: bool, number: tuple[int, int]) -> Problem:
    patience, again = number
    inputs = [Port("start"), Port("ack")] + ([Port("nack")] if refusal else [])
    outputs = [Port("ready"), Port("req"), Port("failures", 2), Port("done"), Port("failed")]
    interface = clocked("retry_requester", inputs, outputs, refusal, patience, again)
    attempts = again + 1
    words = (
        "A requester that tries again. It is idle, asks, or pauses; first it is idle.\n"
        "- Idle: ready is 1. After a cycle where start is 1 it asks.\n"
        "- It asks: req is 1. A cycle where ack is 1 ends the attempt well"
        + (", whatever nack is" if refusal else "")
        + ": done is 1 in that same cycle, and it is idle after it. The attempt fails in a cycle "
        + (
            f"where ack is 0 and nack is 1, and in its cycle number {patience} (the first is "
            "number 1) if ack is 0 there.\n"
            if refusal
            else f"number {patience} of it (the first is number 1) if ack is 0 there.\n"
        )
        + f"- If the attempt that fails is the first{' or the second' if again == 2 else ''} since "
        "start, "
        "it pauses after that cycle; if it is number "
        f"{attempts}, failed is 1 in that same cycle, and it is idle after it.\n"
        "- It pauses for one cycle, and after it asks anew, for a new attempt.\n"
        "- failures is the number of attempts that have failed since start, from the cycle after "
        "the failure on, and 0 while it is idle. ready, req, done and failed are 0 where it is "
        "not said that they are 1. start is looked at only while it is idle, ack"
        + (" and nack" if refusal else "")
        + " only while it asks."
    )

    def step(state: tuple[str, int, int], inputs: Inputs) -> tuple[Outputs, Any]:
        phase, cycle, failures = state
        asks = phase == "asks"
        good = asks and inputs["ack"] == 1
        bad = asks and not good and (cycle == patience or inputs.get("nack", 0) == 1)
        last = bad and failures + 1 == attempts
        outputs = {
            "ready": int(phase == "idle"),
            "req": int(asks),
            "failures": failures,
            "done": int(good),
            "failed": int(last),
        }
        if phase == "idle":
            return outputs, ("asks", 1, 0) if inputs["start"] else state
        if phase == "pauses":
            return outputs, ("asks", 1, failures)
        if good or last:
            return outputs, ("idle", 0, 0)
        return outputs, ("pauses", 0, failures + 1) if bad else ("asks", cycle + 1, failures)

    def draw(draw: Draw) -> list[dict[str, int]]:
        ack, nack = draw.pick((0.03, 0.12, 0.3)), draw.pick((0.1, 0.3))
        rows = []
        for _ in range(40):
            row = {"start": int(draw.chance(0.5)), "ack": int(draw.chance(ack))}
            if refusal:
                row["nack"] = int(draw.chance(nack))
            rows.append(row)
        return rows

    quiet = dict.fromkeys(("ack", *(["nack"] if refusal else [])), 0)
    turn = (patience + 1) * attempts + 2
    edges = [[{**quiet, "start": 1}] * (2 * turn)]
    for k in range(2, turn, 2):
        edges.append([{**quiet, "start": 1}] * k + [{**quiet, "start": 0, "ack": 1}] + [
            {**quiet, "start": 0}] * 3)  # fmt: skip
    edges = edges[:6]
    bits = (patience - 1).bit_length()
    over = f"cycle == {bits}'d{patience - 1}"
    over = f"(nack || {over})" if refusal else f"({over})"
    body = (
        "  localparam [1:0] IDLE = 2'd0;\n  localparam [1:0] ASK = 2'd1;\n"
        "  localparam [1:0] PAUSE = 2'd2;\n"
        f"  reg [1:0] state;\n  reg [{bits - 1}:0] cycle;\n"
        f"  wire bad = req && !ack && {over};\n"
        "  assign ready = (state == IDLE);\n  assign req = (state == ASK);\n"
        f"  assign done = req && ack;\n  assign failed = bad && (failures == 2'd{again});\n"
    ) + at_edge(
        interface,
        f"state <= IDLE;\ncycle <= {bits}'d0;\nfailures <= 2'd0;",
        "case (state)\n"
        f"  IDLE: if (start) begin\n    state <= ASK;\n    cycle <= {bits}'d0;\n  end\n"
        "  ASK: if (done || failed) begin\n    state <= IDLE;\n    failures <= 2'd0;\n"
        "  end else if (bad) begin\n    state <= PAUSE;\n    failures <= failures + 2'd1;\n"
        f"  end else begin\n    cycle <= cycle + {bits}'d1;\n  end\n"
        f"  default: begin\n    state <= ASK;\n    cycle <= {bits}'d0;\n  end\nendcase",
    )
    reference = module(interface, body, ["failures"])
    return Problem(words, interface, reference, Sequential(("idle", 0, 0), step, draw, edges))


def _burst(through: bool, number: tuple[int, str]) -> Problem:
    stride, zero = number
    inputs = [Port("in_valid"), Port("first", 4), Port("length", 2), Port("out_ready")]
    outputs = [Port("in_ready"), Port("out_valid"), Port("out_data", 4), Port("out_last")]
    interface = clocked("burst_source", inputs, outputs, through, stride, zero)
    way = "up by one (0 after 15)" if stride == 1 else "down by one (15 after 0)"
    nothing = (
        "A length of 0 means 4 numbers."
        if zero == "all"
        else "A command with length 0 is taken like any other, and gives no number."
    )
    words = (
        f"A stage that turns commands into bursts of numbers. {_MOVES} A command is first and "
        "length, under in_valid and in_ready; a number is out_data, under out_valid and out_ready. "
        f"The command gives length numbers, of which the first is first, and which go {way}. "
        f"{nothing} From the cycle after the command was taken on, out_valid is 1 until the last "
        "of them has left. out_data is the number that is to leave next, and out_last is 1 with "
        "the last one; both are 0 while out_valid is 0. in_ready is 1 while out_valid is 0"
        + (", and also in the cycle where the last number leaves." if through else ".")
        + " First there is no command."
    )

    def step(state: tuple[int, ...], inputs: Inputs) -> tuple[Outputs, tuple[int, ...]]:
        leaves = bool(state) and inputs["out_ready"] == 1
        last = len(state) == 1
        ready = int(not state or (through and leaves and last))
        outputs = {
            "in_ready": ready,
            "out_valid": int(bool(state)),
            "out_data": state[0] if state else 0,
            "out_last": int(last),
        }
        following = state[1:] if leaves else state
        if ready and inputs["in_valid"]:
            length = inputs["length"] or (4 if zero == "all" else 0)
            following = tuple((inputs["first"] + stride * i) % 16 for i in range(length))
        return outputs, following

    def draw(draw: Draw) -> list[dict[str, int]]:
        rows = _flow(draw, 40, length=2)
        return [{**row, "first": draw.pick((0, 1, 14, 15, draw.below(16)))} for row in rows]

    size = "{1'b0, length}" if zero == "none" else "{length == 2'd0, length}"
    sign = "+" if stride == 1 else "-"
    ready = "!out_valid || (out_ready && out_last)" if through else "!out_valid"
    body = (
        "  reg [2:0] left;\n  reg [3:0] number;\n"
        "  assign out_valid = (left != 3'd0);\n  assign out_last = (left == 3'd1);\n"
        "  assign out_data = out_valid ? number : 4'd0;\n"
        f"  assign in_ready = {ready};\n"
    ) + at_edge(
        interface,
        "left <= 3'd0;\nnumber <= 4'd0;",
        f"if (in_valid && in_ready) begin\n  left <= {size};\n  number <= first;\n"
        f"end else if (out_valid && out_ready) begin\n  left <= left - 3'd1;\n"
        f"  number <= number {sign} 4'd1;\nend",
    )
    return Problem(words, interface, module(interface, body), Sequential((), step, draw))


def _checked(kind: str, most: int) -> Problem:
    inputs = [Port("in_valid"), Port("in_data", 4), Port("in_last"), Port("out_ready")]
    outputs = [Port("in_ready"), Port("out_valid"), Port("out_data", 4), Port("out_last")]
    interface = clocked("check_appender", inputs, outputs, kind, most)
    what = {
        "xor": "the exclusive or of all words of the packet",
        "sum": "the sum of all words of the packet, modulo 16",
        "negative": "the number that makes the sum of all words of the packet and itself 0, "
        "modulo 16",
    }[kind]
    cut = (
        f" A packet also ends with its word number {most} (the first is number 1), whatever "
        "in_last is."
        if most
        else ""
    )
    words = (
        f"A stage that adds a check word to packets. {_MOVES} It passes words or gives a check; "
        "first it passes words, and a packet begins.\n"
        "- It passes words: out_valid is in_valid, out_data is in_data, out_last is 0, and "
        f"in_ready is out_ready. When a word moves and in_last is 1, the packet ends with it.{cut} "
        "After the cycle where a packet ended it gives a check.\n"
        f"- It gives a check: out_valid and out_last are 1, in_ready is 0, and out_data is {what}. "
        "After the cycle where the check leaves it passes words again, and a new packet begins."
    )

    def step(state: tuple[int, ...], inputs: Inputs) -> tuple[Outputs, tuple[int, ...]]:
        if state and state[-1] < 0:  # the packet has ended
            check = 0
            for word in state[:-1]:
                check = check ^ word if kind == "xor" else check + word
            check = (-check if kind == "negative" else check) % 16
            outputs = {"in_ready": 0, "out_valid": 1, "out_data": check, "out_last": 1}
            return outputs, () if inputs["out_ready"] else state
        valid, ready = inputs["in_valid"], inputs["out_ready"]
        outputs = {
            "in_ready": ready, "out_valid": valid, "out_data": inputs["in_data"], "out_last": 0,
        }  # fmt: skip
        if valid and ready:
            state = (*state, inputs["in_data"])
            if inputs["in_last"] or len(state) == most:
                state = (*state, -1)
        return outputs, state

    def draw(draw: Draw) -> list[dict[str, int]]:
        rows, share = _flow(draw, 40, in_data=4), draw.pick((0.1, 0.3))
        return [{**row, "in_last": int(draw.chance(share))} for row in rows]

    sign = {"xor": "^", "sum": "+", "negative": "-"}[kind]
    ends = "in_last || words == 2'd3" if most else "in_last"
    counted = "  reg [1:0] words;\n" if most else ""
    start = "checking <= 1'b0;\ncheck <= 4'd0;" + ("\nwords <= 2'd0;" if most else "")
    count = "  words <= words + 2'd1;\n" if most else ""
    reset_words = "    words <= 2'd0;\n" if most else ""
    body = (
        f"  reg checking;\n  reg [3:0] check;\n{counted}"
        "  assign in_ready = out_ready && !checking;\n"
        "  assign out_valid = in_valid || checking;\n"
        "  assign out_last = checking;\n"
        "  assign out_data = checking ? check : in_data;\n"
    ) + at_edge(
        interface,
        start,
        f"if (checking) begin\n  if (out_ready) begin\n    checking <= 1'b0;\n"
        f"    check <= 4'd0;\n{reset_words}  end\nend else if (in_valid && out_ready) begin\n"
        f"  checking <= {ends};\n  check <= check {sign} in_data;\n{count}end",
    )
    return Problem(words, interface, module(interface, body), Sequential((), step, draw))


def _packed(low: bool, ratio: int) -> Problem:
    size = 4 * ratio
    inputs = [Port("in_valid"), Port("in_data", 4), Port("in_last"), Port("out_ready")]
    outputs = [Port("in_ready"), Port("out_valid"), Port("out_data", size), Port("out_count", 3)]
    outputs.append(Port("out_last"))
    interface = clocked("packer", inputs, outputs, low, ratio)
    end, other = ("lowest", "highest") if low else ("highest", "lowest")
    words = (
        f"A stage that packs words of 4 bits into words of {size} bits. {_MOVES} It has room for "
        f"one wide word, first empty. The first word that comes goes to its {end} bits, the next "
        f"beside it, and so on towards the {other}. The wide word is complete after {ratio} words, "
        "or after fewer when one came with in_last 1; bits for which none came are 0. out_valid is "
        "1 while it is complete. in_ready is 1 while it is not, and also in a cycle where it "
        "leaves: a word that comes in that cycle is the first of the next wide word. While "
        "out_valid is 1, out_data is the wide word, out_count is how many words are in it, and "
        "out_last is 1 when its last word came with in_last 1. While out_valid is 0 all three "
        "are 0."
    )

    def step(state: tuple[tuple[int, ...], int], inputs: Inputs) -> tuple[Outputs, Any]:
        parts, last = state
        full = len(parts) == ratio or last == 1
        leaves = full and inputs["out_ready"] == 1
        ready = not full or leaves
        text = "".join(f"{part:04b}" for part in (parts[::-1] if low else parts))
        text = text.rjust(size, "0") if low else text.ljust(size, "0")
        outputs = {
            "in_ready": int(ready),
            "out_valid": int(full),
            "out_data": int(text, 2) if full else 0,
            "out_count": len(parts) if full else 0,
            "out_last": last,
        }
        if leaves:
            parts, last = (), 0
        if ready and inputs["in_valid"]:
            parts, last = (*parts, inputs["in_data"]), inputs["in_last"]
        return outputs, (parts, last)

    def draw(draw: Draw) -> list[dict[str, int]]:
        rows, share = _flow(draw, 40, in_data=4), draw.pick((0.1, 0.3))
        return [{**row, "in_last": int(draw.chance(share))} for row in rows]

    order = range(ratio) if low else range(ratio - 1, -1, -1)
    labels = [f"3'd{at}" for at in range(ratio - 1)] + ["default"]
    arms = "".join(
        f"    {labels[at]}: room[{4 * slot + 3}:{4 * slot}] <= in_data;\n"
        for at, slot in enumerate(order)
        if at
    )
    first = f"{{{size - 4}'d0, in_data}}" if low else f"{{in_data, {size - 4}'d0}}"
    body = (
        f"  reg [{size - 1}:0] room;\n  reg [2:0] filled;\n  reg ended;\n"
        "  // where the next word goes\n"
        "  wire [2:0] slot = out_valid ? 3'd0 : filled;\n"
        f"  assign out_valid = ended || (filled == 3'd{ratio});\n"
        "  assign in_ready = !out_valid || out_ready;\n"
        f"  assign out_data = out_valid ? room : {size}'d0;\n"
        "  assign out_count = out_valid ? filled : 3'd0;\n"
        "  assign out_last = ended;\n"
    ) + at_edge(
        interface,
        f"room <= {size}'d0;\nfilled <= 3'd0;\nended <= 1'b0;",
        "if (in_valid && in_ready) begin\n  ended <= in_last;\n  filled <= slot + 3'd1;\n"
        f"  case (slot)\n    3'd0: room <= {first};\n{arms}  endcase\n"
        "end else if (in_ready && out_valid) begin\n  ended <= 1'b0;\n  filled <= 3'd0;\nend",
    )
    return Problem(words, interface, module(interface, body), Sequential(((), 0), step, draw))
