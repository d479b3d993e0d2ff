"""Detectors: edges, bit patterns in a stream, and machines given as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ....verifiers.verilog.interface import Port
from ..draw import Draw
from .family import RESET, Inputs, Outputs, Problem, Sequential, at_edge, clocked, family, module


def _variants(level: int) -> Sequence[tuple[Any, ...]]:
    if level == 1:
        kinds = ("rising", "falling", "both")
        return [(level, kind, at_once, width) for kind in kinds for at_once in (True, False)
                for width in (1, 4)]  # fmt: skip
    if level == 2:
        return [
            (level, pattern, mealy, 0)
            for pattern in ("101", "110", "011", "100", "010", "111")
            for mealy in (True, False)
        ]
    if level == 3:
        return [
            (level, pattern, overlap, 0)
            for pattern in ("1011", "1101", "0110", "1001", "10110", "11011", "01010")
            for overlap in (True, False)
        ]
    if level == 4:
        return [
            (level, pattern, counted, 0)
            for pattern in ("1?1", "0?0?1", "11?0", "1??1", "10?1", "01?0")
            for counted in (True, False)
        ]
    return [(level, "table", states, number) for states in (4, 5, 6) for number in range(6)]


@family("detector", _variants)
def detector(level: int, kind: str, option: Any, number: int) -> Problem:
    if level == 1:
        return _edges(kind, option, number)
    if level == 5:
        return _table(option, number)
    return {2: _short, 3: _pattern, 4: _masked}[level](kind, option)


def _stream(draw: Draw, name: str, favourite: str, cycles: int) -> list[dict[str, int]]:
    """Random bits in which a pattern comes up often, whole and cut off."""
    bits = ""
    while len(bits) < cycles:
        plain = "".join(draw.pick("01") if c == "?" else c for c in favourite)
        at = draw.between(1, len(plain))
        cut = draw.pick((plain[:at], plain[-at:]))
        bits += draw.pick((plain, plain, cut, draw.pick("01")))
    return [{name: int(bit)} for bit in bits[:cycles]]


def _edges(kind: str, at_once: bool, width: int) -> Problem:
    interface = clocked(
        "edges", (Port("signal", width),), (Port("pulse", width),), kind, at_once, width
    )
    change = {
        "rising": "0 in the cycle before and is 1 now",
        "falling": "1 in the cycle before and is 0 now",
        "both": "another value in the cycle before than now",
    }[kind]
    each = "For each bit of signal on its own: the" if width > 1 else "The"
    when = (
        "pulse is 1 in the very cycle in which the change is seen"
        if at_once
        else "pulse is 1 in the cycle after the one in which the change is seen, for one cycle"
    )
    words = (
        f"{each} bit of pulse tells a change of signal: {when}. A change is: signal had "
        f"{change}. In the first state signal counts as having been 0"
        + (" and pulse is 0." if not at_once else ".")
    )
    mask = (1 << width) - 1

    def changed(before: int, now: int) -> int:
        if kind == "rising":
            return now & ~before & mask
        return before & ~now & mask if kind == "falling" else before ^ now

    def step(state: tuple[int, int], inputs: Inputs) -> tuple[Outputs, tuple[int, int]]:
        before, pulse = state
        now = inputs["signal"]
        found = changed(before, now)
        return {"pulse": found if at_once else pulse}, (now, found)

    def draw(draw: Draw) -> list[dict[str, int]]:
        return [{"signal": draw.below(mask + 1)} for _ in range(24)]

    found = {"rising": "signal & ~last", "falling": "~signal & last"}.get(kind, "signal ^ last")
    rng = f"[{width - 1}:0] " if width > 1 else ""
    zero = f"{width}'d0"
    body = f"  reg {rng}last;\n"
    if at_once:
        body += f"  assign pulse = {found};\n"
        body += at_edge(interface, f"last <= {zero};", "last <= signal;")
        reference = module(interface, body)
    else:
        body += at_edge(
            interface, f"last <= {zero};\npulse <= {zero};",
            f"last <= signal;\npulse <= {found};",
        )  # fmt: skip
        reference = module(interface, body, ["pulse"])
    return Problem(words, interface, reference, Sequential((0, 0), step, draw))


def _short(pattern: str, mealy: bool) -> Problem:
    return _detector(pattern, overlap=True, mealy=mealy)


def _pattern(pattern: str, overlap: bool) -> Problem:
    return _detector(pattern, overlap=overlap, mealy=False)


def _detector(pattern: str, *, overlap: bool, mealy: bool) -> Problem:
    n = len(pattern)
    name = "detector"
    interface = clocked(name, (Port("bit_in"),), (Port("found"),), pattern, overlap, mealy)
    spelt = ", then ".join(pattern)
    when = (
        "in the cycle in which the last of them is at bit_in"
        if mealy
        else "in the cycle after the one in which the last of them was at bit_in"
    )
    reuse = (
        "Bits may belong to several finds."
        if overlap
        else "A bit belongs to one find at most: after a find the search starts afresh with "
        "the next "
        "bit."
    )
    words = (
        f"bit_in is a stream, a bit in each cycle. found is 1 when the last {n} bits were {spelt}, "
        f"{when}, and 0 otherwise. {reuse} Bits from before or during a reset do not count."
    )

    def step(state: tuple[str, int], inputs: Inputs) -> tuple[Outputs, tuple[str, int]]:
        seen, found = state
        now = seen + str(inputs["bit_in"])
        hit = int(now.endswith(pattern))
        kept = "" if hit and not overlap else now[-n:]
        return {"found": hit if mealy else found}, (kept, hit)

    # The states of the reference: how much of the pattern's beginning the last bits are.
    def following(have: int, bit: str) -> int:
        text = ("" if have == n and not overlap else pattern[:have]) + bit
        return next(k for k in range(min(n, len(text)), -1, -1) if text.endswith(pattern[:k]))

    width = n.bit_length()
    arms = "".join(
        f"  {width}'d{have}: have <= bit_in ? {width}'d{following(have, '1')} : "
        f"{width}'d{following(have, '0')};\n"
        for have in range(n + 1)
    )
    then = f"case (have)\n{arms}  default: have <= {width}'d0;\nendcase"
    hit = (
        f"bit_in == 1'b{pattern[-1]} && (have == {width}'d{n - 1}"
        + "".join(
            f" || have == {width}'d{have}" for have in (n,) if following(have, pattern[-1]) == n
        )
        + ")"
        if mealy
        else f"have == {width}'d{n}"
    )
    body = f"  reg [{width - 1}:0] have;\n  assign found = {hit};\n"
    body += at_edge(interface, f"have <= {width}'d0;", then)
    # Every beginning of the pattern gone wrong, and after it every end of the pattern.
    flip = str.maketrans("01", "10")
    runs = [
        "".join(pattern[:k] + pattern[k].translate(flip) + pattern[j:] for j in range(n))
        for k in range(n)
    ]
    runs += [pattern[j:] + pattern + pattern[j:] for j in range(1, n)]
    runs.append(pattern[0] * 8 + pattern * 4)

    def stream(bits: str, **more: int) -> list[dict[str, int]]:
        return [{"bit_in": int(bit), **more} for bit in bits]

    edges = [stream(run) for run in runs]
    # The pattern cut by a reset, after each of its beginnings: the bit in the reset is the next one
    # as well, or the next one itself.
    edges.append([
        row for k in range(1, n) for rest in (pattern[k:], pattern[k + 1 :])
        for row in (*stream(pattern[:k]), *stream(pattern[k], **{RESET: 1}), *stream(rest))
    ])  # fmt: skip
    model = Sequential(("", 0), step, lambda draw: _stream(draw, "bit_in", pattern, 32), edges)
    return Problem(words, interface, module(interface, body), model)


def _masked(pattern: str, counted: bool) -> Problem:
    n = len(pattern)
    outputs = [Port("found")] + ([Port("count", 4)] if counted else [])
    interface = clocked("masked", (Port("bit_in"), Port("valid")), outputs, pattern, counted)
    parts = ["either" if c == "?" else c for c in pattern]
    words = (
        "bit_in is a stream: a bit comes in each cycle where valid is 1; in others nothing "
        "comes, and "
        f"nothing is forgotten. found is 1 in the cycle after a bit came with which the last "
        f"{n} bits "
        f"are, the oldest first, {', '.join(parts)} (either: 0 or 1), and 0 otherwise; bits may "
        "belong to several finds, and those from before or during a reset do not count."
        + (
            " count is the number of finds so far, as found tells them (it goes up in the "
            "same cycle "
            "in which found is 1), and stays at 15."
            if counted
            else ""
        )
    )

    def step(state: tuple[str, int, int], inputs: Inputs) -> tuple[Outputs, tuple[str, int, int]]:
        seen, found, count = state
        outputs = {"found": found, **({"count": count} if counted else {})}
        if not inputs["valid"]:
            return outputs, (seen, 0, count)
        now = (seen + str(inputs["bit_in"]))[-n:]
        hit = len(now) == n and all(p in ("?", b) for p, b in zip(pattern, now, strict=True))
        return outputs, (now, int(hit), min(15, count + hit))

    def draw(draw: Draw) -> list[dict[str, int]]:
        often = draw.pick((0.6, 0.9, 0.95))
        rows = _stream(draw, "bit_in", pattern, 40)
        return [{**row, "valid": int(draw.chance(often))} for row in rows]

    def plain(bits: str) -> list[dict[str, int]]:
        return [{"bit_in": int(b), "valid": 1} for b in bits]

    one = "".join("1" if c == "?" else c for c in pattern)
    edges = [plain(one * (70 // n)), plain(one.replace("0", "1") * 3), plain("0" * 12)]
    edges.append(plain(one[1:] + one))
    width = n.bit_length()
    last = "{history, bit_in}"
    recent = f"{{history[{n - 3}:0], bit_in}}"
    mask = "".join("0" if c == "?" else "1" for c in pattern)
    want = pattern.replace("?", "0")
    first = f"history <= {n - 1}'d0;\nfilled <= {width}'d0;\nfound <= 1'b0;"
    then = (
        f"found <= hit;\nif (valid) begin\n  history <= {recent};\n"
        f"  if (filled != {width}'d{n}) filled <= filled + {width}'d1;\nend"
    )
    if counted:
        first += "\ncount <= 4'd0;"
        then += "\nif (hit && count != 4'd15) count <= count + 4'd1;"
    body = (
        f"  reg [{n - 2}:0] history;\n  reg [{width - 1}:0] filled;\n"
        f"  wire enough = (filled >= {width}'d{n - 1});\n"
        f"  wire hit = valid && enough && (({last} & {n}'b{mask}) == {n}'b{want});\n"
    ) + at_edge(interface, first, then)
    reference = module(interface, body, [port.name for port in outputs])
    return Problem(words, interface, reference, Sequential(("", 0, 0), step, draw, edges))


_STATES = ("IDLE", "ARM", "RUN", "HOLD", "TRIP", "DONE")


def _table(states: int, number: int) -> Problem:
    draw = Draw("forgegym verilog detector table", states, number)
    names = _STATES[:states]
    # Every state is reached: a ring, and the other ways at random.
    ring = draw.shuffle(range(1, states))
    order = [0, *ring]
    table = {s: [draw.below(states) for _ in range(4)] for s in range(states)}
    for at, state in enumerate(order):
        table[state][draw.below(4)] = order[(at + 1) % states]
    moore = [draw.below(4) for _ in range(states)]
    mealy = [draw.below(4) for _ in range(states)]
    interface = clocked(
        "machine", (Port("event_in", 2),), (Port("level", 2), Port("strobe")), states, number
    )
    lines = [
        f"- {names[s]}: "
        + ", ".join(f"{e} -> {names[target]}" for e, target in enumerate(table[s]))
        + f"; level {moore[s]}; strobe at {mealy[s]}"
        for s in range(states)
    ]
    words = "\n".join(
        [
            f"A state machine, first in {names[0]}. Each line is a state: where it goes for each "
            "value of event_in, what level is while it is there, and for which value of event_in "
            "strobe is 1 there, in the same cycle (for others it is 0).",
            *lines,
        ]
    )

    def step(state: int, inputs: Inputs) -> tuple[Outputs, int]:
        event = inputs["event_in"]
        return {"level": moore[state], "strobe": int(event == mealy[state])}, table[state][event]

    def walk(draw: Draw) -> list[dict[str, int]]:
        return [{"event_in": draw.below(4)} for _ in range(40)]

    edges = [[{"event_in": e}] * 8 for e in range(4)]
    codes = "".join(f"  localparam [2:0] {name} = 3'd{s};\n" for s, name in enumerate(names))
    moves = ""
    for s in range(states):
        arms = "".join(
            f"    2'd{e}: state <= {names[target]};\n" for e, target in enumerate(table[s][:3])
        )
        moves += (
            f"  {names[s]}: case (event_in)\n{arms}    default: state <= {names[table[s][3]]};\n"
            "  endcase\n"
        )
    outs = "".join(
        f"      {names[s]}: begin level = 2'd{moore[s]}; strobe = (event_in == "
        f"2'd{mealy[s]}); end\n"
        for s in range(states)
    )
    body = (
        f"{codes}  reg [2:0] state;\n"
        f"  always @* begin\n    case (state)\n{outs}"
        "      default: begin level = 2'd0; strobe = 1'b0; end\n    endcase\n  end\n"
    ) + at_edge(
        interface,
        f"state <= {names[0]};",
        f"case (state)\n{moves}  default: state <= {names[0]};\nendcase",
    )
    reference = module(interface, body, ["level", "strobe"])
    return Problem(words, interface, reference, Sequential(0, step, walk, edges))
