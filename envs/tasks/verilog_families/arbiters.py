"""Arbiters: fixed priority, masks, locked grants, round robin, weights, the longest ungranted."""

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
    indented,
    module,
)


def _variants(level: int) -> Sequence[tuple[Any, ...]]:
    if level == 1:
        return [
            (level, width, low, kind, 0)
            for width in (7, 8)
            for low in (True, False)
            for kind in ("plain", "hold", "lost", "number")
        ]
    if level == 2:
        return [
            (level, width, low, kind, registered)
            for width in (4, 5)
            for low in (True, False)
            for kind in ("masked", "urgent", "default")
            for registered in (True, False)
            if registered or kind != "default"
        ]
    if level == 3:
        locked = [
            (level, width, low, "locked", gap)
            for width in (3, 4)
            for low in (True, False)
            for gap in (True, False)
        ]
        return locked + [
            (level, 2, first, "tie", (registered, any_grant))
            for first in (True, False)
            for registered in (True, False)
            for any_grant in (True, False)
        ]
    if level == 4:
        return [
            (level, width, up, move, registered)
            for width in (3, 4)
            for up in (True, False)
            for move in ("winner", "step", "accepted")
            for registered in (True, False)
        ]
    slots = [(level, 3, up, "limit", limit) for up in (True, False) for limit in (2, 3, 4)]
    weights = [
        (level, 3, up, "weights", weights)
        for up in (True, False)
        for weights in ((1, 2, 3), (2, 1, 4), (3, 1, 2))
    ]
    return slots + weights + [
        (level, 3, registered, "longest", order)
        for registered in (True, False)
        for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0))
    ]  # fmt: skip


@family("arbiter", _variants)
def arbiter(level: int, width: int, way: bool, kind: str, option: Any) -> Problem:
    if level == 1:
        return _fixed(width, way, kind)
    if level == 2:
        return _chosen(width, way, kind, option)
    if level == 3:
        return _locked(width, way, option) if kind == "locked" else _tie(way, *option)
    if level == 4:
        return _round_robin(width, way, kind, option)
    makers: dict[str, Callable[[bool, Any], Problem]] = {
        "limit": _limited, "weights": _weighted, "longest": _longest,
    }  # fmt: skip
    return makers[kind](way, option)


# ---------------------------------------------------------------- what they share


def _one_hot(bit: int, width: int) -> str:
    return f"{width}'b{1 << bit:0{width}b}"


def _order(width: int, low: bool) -> Sequence[int]:
    """The requesters, the one that goes before all others first."""
    return range(width) if low else range(width - 1, -1, -1)


def _first(requests: int, order: Sequence[int]) -> int:
    """The grant, one-hot, when they are asked in this order; 0 when none requests."""
    return next((1 << i for i in order if requests >> i & 1), 0)


def _chain(target: str, request: str, order: Sequence[int]) -> str:
    """The same as text: `if`s after each other."""
    width = len(order)
    arms = [f"if ({request}[{i}]) {target} = {_one_hot(i, width)};" for i in order]
    return "\nelse ".join([*arms, f"{target} = {width}'d0;"]) + "\n"


def _always(statements: str) -> str:
    return f"  always @* begin\n{indented(statements, 4)}  end\n"


def _rule(width: int, low: bool) -> str:
    ends = (0, width - 1) if low else (width - 1, 0)
    return f"bit {ends[0]} goes before all others, bit {ends[1]} after them"


def _asked(draw: Draw, names: Sequence[str], width: int, cycles: int) -> list[dict[str, int]]:
    """Cycles in which bits stay for a while, so that grants are held, wait and tie."""
    change = draw.pick((0.2, 0.35, 0.6))
    share = draw.pick((0.35, 0.6, 0.85))
    row = {name: draw.below(1 << width) for name in names}
    rows = []
    for _ in range(cycles):
        for name in names:
            for i in range(width):
                if draw.chance(change):
                    bit = int(draw.chance(share))
                    row[name] = row[name] & ~(1 << i) | bit << i
        rows.append(dict(row))
    return rows


# ---------------------------------------------------------------- 1: without state


def _fixed(width: int, low: bool, kind: str) -> Problem:
    order = _order(width, low)
    inputs = [Port("request", width)] + ([Port("hold")] if kind == "hold" else [])
    outputs = [Port("grant", width)]
    bits = (width - 1).bit_length()
    if kind == "lost":
        outputs.append(Port("waiting", width))
    elif kind == "number":
        outputs = [Port("granted"), Port("number", bits)]
    interface = Interface("fixed_arbiter", tuple(inputs), tuple(outputs))
    base = (
        f"An arbiter with fixed priority: of the bits of request that are 1, {_rule(width, low)} "
        "(bit 0 is the lowest)."
    )
    words = {
        "plain": f"{base} grant has a 1 at the winner alone, and is 0 when request is 0.",
        "hold": f"{base} grant has a 1 at the winner alone. It is 0 when request is 0, and while "
        "hold is 1.",
        "lost": f"{base} grant has a 1 at the winner alone, and is 0 when request is 0. waiting "
        "has a 1 at each bit that requests and is not granted.",
        "number": f"{base} granted is 1 when request is not 0; number is the number of the winner, "
        "and 0 when there is none.",
    }[kind]

    def found(inputs: Inputs) -> Outputs:
        request = inputs["request"]
        grant = _first(request, order)
        if kind == "number":
            return {"granted": int(request > 0), "number": max(0, grant.bit_length() - 1)}
        if kind == "lost":
            return {"grant": grant, "waiting": request - grant}
        return {"grant": 0 if inputs.get("hold") else grant}

    if kind == "number":
        arms = [f"if (request[{i}]) number = {bits}'d{i};" for i in order]
        chain = "\nelse ".join([*arms, f"number = {bits}'d0;"]) + "\n"
        body = f"  assign granted = |request;\n{_always(chain)}"
        registers = ["number"]
    else:
        chain = _chain("grant", "request", order)
        if kind == "hold":
            chain = f"if (hold) grant = {width}'d0;\nelse {chain}"
        body = _always(chain)
        if kind == "lost":
            body = f"  assign waiting = request & ~grant;\n{body}"
        registers = ["grant"]

    def draw(draw: Draw) -> dict[str, int]:
        # Two bits at least: those with fewer are among the edges.
        few = draw.below(1 << width) & draw.below(1 << width)
        row = {"request": few | 1 << draw.below(width - 1) | 1 << (width - 1 - draw.below(2))}
        return {**row, "hold": int(draw.chance(0.3))} if kind == "hold" else row

    every = (1 << width) - 1
    alone = [0, *(1 << i for i in range(width)), *(every & every << i for i in range(width))]
    hold = {"hold": 0} if kind == "hold" else {}
    edges = [{"request": request, **hold} for request in [*alone, *(n >> 1 for n in alone)]]
    reference = module(interface, body, registers)
    return Problem(words, interface, reference, Combinational(found, draw, edges))


# ---------------------------------------------------------------- 2: masks, urgency, a default


def _chosen(width: int, low: bool, kind: str, registered: bool) -> Problem:
    order = _order(width, low)
    names = {"masked": ["request", "mask"], "urgent": ["request", "urgent"], "default": ["request"]}
    inputs = tuple(Port(name, width) for name in names[kind])
    outputs = (Port("grant", width), Port("idle"))
    if registered:
        interface = clocked("arbiter", inputs, outputs, width, low, kind)
    else:
        interface = Interface("arbiter", inputs, outputs)
    when = (
        "grant and idle are those of the requests in the cycle before; in the first state grant is "
        "0 and idle is 1."
        if registered
        else "Both follow their inputs at once."
    )
    after = order[-1]
    words = {
        "masked": "An arbiter with fixed priority and a mask: a bit of request counts only where "
        f"the bit of mask is 0. Of those that count, {_rule(width, low)} (bit 0 is the lowest). "
        "grant has a 1 at the winner alone, and is 0 when none counts. idle is 1 when request is "
        "0, whatever mask is.",
        "urgent": "An arbiter with two levels: a bit of request that is 1 is urgent when the bit "
        f"of urgent is 1 as well. Urgent requests go before others; among equals, "
        f"{_rule(width, low)} (bit 0 is the lowest). grant has a 1 at the winner alone, and is 0 "
        "when request is 0. idle is 1 when there is no urgent request.",
        "default": f"An arbiter with fixed priority and a default: of the bits of request that are "
        f"1, {_rule(width, low)} (bit 0 is the lowest). grant has a 1 at the winner alone; when "
        f"request is 0, it has its 1 at bit {after}. idle is 1 when request is 0.",
    }[kind] + f"\n{when}"

    def decide(inputs: Inputs) -> dict[str, int]:
        request = inputs["request"]
        if kind == "masked":
            open_ = sum(1 << i for i in range(width) if not inputs["mask"] >> i & 1)
            return {"grant": _first(request & open_, order), "idle": int(request == 0)}
        if kind == "urgent":
            ranked = [i for i in order if inputs["urgent"] >> i & 1]
            pressing = _first(request, ranked)
            return {"grant": pressing or _first(request, order), "idle": int(pressing == 0)}
        return {"grant": _first(request, order) or 1 << after, "idle": int(request == 0)}

    if kind == "masked":
        declared = f"  wire [{width - 1}:0] counted = request & ~mask;\n"
        chain, idle = _chain("winner", "counted", order), "request"
    elif kind == "urgent":
        declared = (
            f"  wire [{width - 1}:0] pressing = request & urgent;\n"
            f"  wire [{width - 1}:0] counted = (|pressing) ? pressing : request;\n"
        )
        chain, idle = _chain("winner", "counted", order), "pressing"
    else:
        declared = ""
        # The last of the order wins when it requests, and when nobody does.
        arms = [f"if (request[{i}]) winner = {_one_hot(i, width)};" for i in order[:-1]]
        chain = "\nelse ".join([*arms, f"winner = {_one_hot(after, width)};"]) + "\n"
        idle = "request"
    none = f"({idle} == {width}'d0)"

    def row(draw: Draw) -> dict[str, int]:
        return {port.name: draw.below(1 << width) & draw.below(1 << width) for port in inputs}

    every, other = (1 << width) - 1, inputs[-1].name
    pairs = [{"request": every, other: every ^ 1 << i} for i in range(width)]
    pairs += [{"request": 1 << i, other: 0} for i in range(width)]
    pairs += [{"request": every, other: n} for n in (0, every)] + [{"request": 0, other: every}]
    if not registered:
        chain = chain.replace("winner =", "grant =")
        body = f"{declared}  assign idle = {none};\n{_always(chain)}"
        reference = module(interface, body, ["grant"])
        return Problem(words, interface, reference, Combinational(decide, row, pairs))

    def step(state: tuple[int, int], inputs: Inputs) -> tuple[Outputs, tuple[int, int]]:
        found = decide(inputs)
        return {"grant": state[0], "idle": state[1]}, (found["grant"], found["idle"])

    def draw(draw: Draw) -> list[dict[str, int]]:
        return [row(draw) for _ in range(30)]

    body = f"{declared}  reg [{width - 1}:0] winner;\n{_always(chain)}" + at_edge(
        interface, f"grant <= {width}'d0;\nidle <= 1'b1;", f"grant <= winner;\nidle <= {none};"
    )
    reference = module(interface, body, ["grant", "idle"])
    return Problem(words, interface, reference, Sequential((0, 1), step, draw))


# ---------------------------------------------------------------- 3: locked grants, ties


def _locked(width: int, low: bool, gap: bool) -> Problem:
    order = _order(width, low)
    outputs = (Port("grant", width), Port("busy"))
    interface = clocked("locked_arbiter", (Port("request", width),), outputs, width, low, gap)
    next_ = (
        "there is one cycle with grant 0 (the others are not looked at in the cycle in which the "
        "request is seen to have gone)"
        if gap
        else "the others are looked at in that same cycle, and the next winner has the grant in "
        "the following one"
    )
    words = (
        "An arbiter that locks its grant. grant is a register with at most one 1, first 0. In a "
        "cycle where grant is 0 the winner is chosen from the bits of request that are 1: "
        f"{_rule(width, low)} (bit 0 is the lowest). The winner has its grant from the next cycle "
        "on, for as long as its bit of request stays 1, whatever the others do. When its bit is 0 "
        f"in a cycle in which it has the grant, it loses it after that cycle, and {next_}. busy is "
        "1 while grant is not 0."
    )

    def step(grant: int, inputs: Inputs) -> tuple[Outputs, int]:
        request = inputs["request"]
        outputs = {"grant": grant, "busy": int(grant > 0)}
        if grant & request:
            return outputs, grant
        return outputs, 0 if gap and grant else _first(request, order)

    def draw(draw: Draw) -> list[dict[str, int]]:
        return _asked(draw, ["request"], width, 32)

    kept = "(grant & request)"
    wait = f" else if (busy) begin\n  grant <= {width}'d0;\nend" if gap else ""
    body = (
        f"  reg [{width - 1}:0] winner;\n  assign busy = |grant;\n"
        f"{_always(_chain('winner', 'request', order))}"
    ) + at_edge(
        interface,
        f"grant <= {width}'d0;",
        f"if ({kept} != {width}'d0) begin\n  grant <= grant;\nend{wait} else begin\n"
        "  grant <= winner;\nend"
        if gap
        else f"if ({kept} == {width}'d0) grant <= winner;",
    )
    reference = module(interface, body, ["grant"])
    return Problem(words, interface, reference, Sequential(0, step, draw))


def _tie(a_first: bool, registered: bool, any_grant: bool) -> Problem:
    inputs = (Port("ask_a"), Port("ask_b"))
    interface = clocked(
        "pair_arbiter", inputs, (Port("give_a"), Port("give_b")), a_first, registered, any_grant
    )
    first, other = ("a", "b") if a_first else ("b", "a")
    taken = (
        "the one that did not win the last time that one of the two won, be it in a tie or alone"
        if any_grant
        else "the one that did not win the last tie (wins without a tie do not matter)"
    )
    when = (
        "give_a and give_b are registers, first 0: in each cycle they tell the winner of the cycle "
        "before."
        if registered
        else "give_a and give_b tell the winner in the same cycle."
    )
    words = (
        "An arbiter for two. In a cycle where just one of ask_a and ask_b is 1, that one wins; "
        f"where none is, nobody does. Where both are it is a tie, which is won by {taken}. A "
        f"reset counts as a tie that {other} has won. {when} They are never both 1."
    )

    def step(state: tuple[str, str], inputs: Inputs) -> tuple[Outputs, tuple[str, str]]:
        favoured, shown = state
        asking = [name for name in "ab" if inputs[f"ask_{name}"]]
        winner = favoured if len(asking) == 2 else "".join(asking)
        if winner and (any_grant or len(asking) == 2):
            favoured = "b" if winner == "a" else "a"
        told = shown if registered else winner
        return {"give_a": int(told == "a"), "give_b": int(told == "b")}, (favoured, winner)

    def draw(draw: Draw) -> list[dict[str, int]]:
        share = draw.pick((0.5, 0.7, 0.85))
        return [{f"ask_{n}": int(draw.chance(share)) for n in "ab"} for _ in range(30)]

    moves = (
        "if (win_a) favour_b <= 1'b1;\nelse if (win_b) favour_b <= 1'b0;"
        if any_grant
        else "if (ask_a && ask_b) favour_b <= !favour_b;"
    )
    start = f"favour_b <= 1'b{int(not a_first)};"
    body = (
        "  reg favour_b;\n"
        "  wire win_a = ask_a && !(ask_b && favour_b);\n"
        "  wire win_b = ask_b && !(ask_a && !favour_b);\n"
    )
    if registered:
        start += "\ngive_a <= 1'b0;\ngive_b <= 1'b0;"
        moves += "\ngive_a <= win_a;\ngive_b <= win_b;"
        body += at_edge(interface, start, moves)
        reference = module(interface, body, ["give_a", "give_b"])
    else:
        body += "  assign give_a = win_a;\n  assign give_b = win_b;\n"
        reference = module(interface, body + at_edge(interface, start, moves))
    return Problem(words, interface, reference, Sequential((first, ""), step, draw))


# ---------------------------------------------------------------- 4: round robin


def _around(width: int, at: int, up: bool) -> list[int]:
    """All numbers, from `at` on, and around."""
    return [(at + (i if up else -i)) % width for i in range(width)]


def _turning(width: int, up: bool, target: str, request: str, turn: str) -> str:
    """`target`, one-hot: the first of `request` from number `turn` on, around."""
    bits = (width - 1).bit_length()
    text = f"case ({turn})\n"
    for at in range(width):
        label = f"{bits}'d{at}" if at < width - 1 else "default"
        arms = [f"if ({request}[{i}]) {target} = {_one_hot(i, width)};"
                for i in _around(width, at, up)]  # fmt: skip
        chain = "\n    else ".join([*arms, f"{target} = {width}'d0;"])
        text += f"  {label}:\n    {chain}\n"
    return _always(text + "endcase\n")


def _after(bit: int, width: int, up: bool) -> int:
    return (bit + (1 if up else -1)) % width


def _ways(width: int, up: bool) -> str:
    last = width - 1
    return f"upwards, with 0 after {last}" if up else f"downwards, with {last} after 0"


def _round_robin(width: int, up: bool, move: str, registered: bool) -> Problem:
    inputs = [Port("request", width)] + ([Port("accept")] if move == "accepted" else [])
    bits = (width - 1).bit_length()
    outputs = (Port("grant", width), Port("turn", bits))
    interface = clocked("round_robin", inputs, outputs, width, up, move, registered)
    last = width - 1
    more, round_ = ("more", f"(0 after {last})") if up else ("less", f"({last} after 0)")
    moved = {
        "winner": f"After a cycle with a winner turn becomes one {more} than the winner's number "
        f"{round_}; after one without, it stays.",
        "step": f"After a cycle with a winner turn becomes one {more} than it was {round_}, "
        "whoever won; after one without, it stays.",
        "accepted": f"After a cycle with a winner where accept is 1 turn becomes one {more} than "
        f"the winner's number {round_}; after any other, it stays.",
    }[move]
    when = (
        "grant is a register, first 0, and has a 1 at the winner of the cycle before alone (0 if "
        "there was none). turn is not delayed."
        if registered
        else "grant has a 1 at the winner alone, in the same cycle, and is 0 when request is 0."
    )
    words = (
        f"A round-robin arbiter of the bits 0 to {width - 1} of request. turn is a number, first "
        "0. "
        "In each cycle the winner is the first bit of request that is 1 when they are looked at "
        f"from number turn on, {_ways(width, up)}. {moved}\n{when}"
    )

    def step(state: tuple[int, int], inputs: Inputs) -> tuple[Outputs, tuple[int, int]]:
        turn, shown = state
        grant = _first(inputs["request"], _around(width, turn, up))
        outputs = {"grant": shown if registered else grant, "turn": turn}
        if grant and inputs.get("accept", 1):
            turn = _after(turn if move == "step" else grant.bit_length() - 1, width, up)
        return outputs, (turn, grant)

    def draw(draw: Draw) -> list[dict[str, int]]:
        rows = _asked(draw, ["request"], width, 36)
        if move == "accepted":
            often = draw.pick((0.4, 0.8))
            return [{**row, "accept": int(draw.chance(often))} for row in rows]
        return rows

    grant = "winner" if registered else "grant"
    if move == "step":
        last, back = (width - 1, 0) if up else (0, width - 1)
        moves = (
            f"if (request != {width}'d0)\n  turn <= (turn == {bits}'d{last}) ? {bits}'d{back} : "
            f"turn {'+' if up else '-'} {bits}'d1;"
        )
    else:
        arms = "".join(
            f"  {_one_hot(i, width)}: turn <= {bits}'d{_after(i, width, up)};\n"
            for i in range(width)
        )
        moves = f"case ({grant})\n{arms}  default: turn <= turn;\nendcase"
        if move == "accepted":
            moves = f"if (accept) begin\n{indented(moves, 2)}end"
    first = f"turn <= {bits}'d0;"
    body = f"  reg [{width - 1}:0] winner;\n" if registered else ""
    body += _turning(width, up, grant, "request", "turn")
    if registered:
        first += f"\ngrant <= {width}'d0;"
        moves = f"grant <= winner;\n{moves}"
    body += at_edge(interface, first, moves)
    reference = module(interface, body, ["grant", "turn"])
    return Problem(words, interface, reference, Sequential((0, 0), step, draw))


# ---------------------------------------------------------------- 5: limits, weights, the longest


# The holder (a number, or -1), for how many cycles, and the last holder.
_Held = tuple[int, int, int]
# The list, and the registered grant.
_Listed = tuple[tuple[int, ...], int]


def _holding(
    name: str, up: bool, option: object, limit: Callable[[int], int], words: str, *, alone: bool
) -> Problem:
    """Three requesters that hold their grant for some cycles. With `alone`, one that nobody else
    waits for may go on."""
    interface = clocked(name, (Port("request", 3),), (Port("grant", 3), Port("cut")), up, option)
    most = max(map(limit, range(3)))
    bits = most.bit_length()

    def step(state: _Held, inputs: Inputs) -> tuple[Outputs, _Held]:
        owner, used, last = state  # the owner: a number, or -1
        request = [inputs["request"] >> i & 1 for i in range(3)]
        over = owner >= 0 and used >= limit(owner)
        others = any(request[i] for i in range(3) if i != owner)
        cut = over and request[owner] and (others or not alone)
        outputs = {"grant": 1 << owner if owner >= 0 else 0, "cut": int(cut)}
        if owner >= 0 and request[owner] and not cut:
            return outputs, (owner, min(used + 1, most), last)
        start = _after(owner if owner >= 0 else last, 3, up)
        order = [i for i in _around(3, start, up) if request[i]]
        last = owner if owner >= 0 else last
        return outputs, (order[0], 1, last) if order else (-1, 0, last)

    def draw(draw: Draw) -> list[dict[str, int]]:
        return _asked(draw, ["request"], 3, 40)

    last = 2 if up else 0
    arms = "".join(f"    {_one_hot(i, 3)}: turn = 2'd{_after(i, 3, up)};\n" for i in range(2))
    limits = {limit(i) for i in range(3)}
    if len(limits) == 1:
        over = f"  wire over = (used == {bits}'d{most});\n"
    else:
        over = (
            f"  wire over = (grant[0] && used == {bits}'d{limit(0)})\n"
            f"    || (grant[1] && used == {bits}'d{limit(1)})\n"
            f"    || (grant[2] && used == {bits}'d{limit(2)});\n"
        )
    waiting = " && ((request & ~grant) != 3'd0)" if alone else ""
    count = f"if (!over) used <= used + {bits}'d1;" if alone else f"used <= used + {bits}'d1;"
    body = (
        f"  reg [{bits - 1}:0] used;\n  reg [2:0] last;\n  reg [1:0] turn;\n  reg [2:0] winner;\n"
        "  wire [2:0] holder = (grant != 3'd0) ? grant : last;\n"
        "  wire asks = ((grant & request) != 3'd0);\n"
        f"{over}  assign cut = over && asks{waiting};\n"
        f"  always @* begin\n    case (holder)\n{indented(arms, 2)}"
        f"      default: turn = 2'd{_after(2, 3, up)};\n    endcase\n  end\n"
        f"{_turning(3, up, 'winner', 'request', 'turn')}"
    ) + at_edge(
        interface,
        f"grant <= 3'd0;\nlast <= {_one_hot(last, 3)};\nused <= {bits}'d0;",
        f"if (asks && !cut) begin\n  {count}\nend else begin\n  grant <= winner;\n"
        f"  last <= holder;\n  used <= {bits}'d1;\nend",
    )
    reference = module(interface, body, ["grant"])
    edges = [
        [{"request": 7}] * 30,
        [{"request": 1}] * 8 + [{"request": 3}] * 8 + [{"request": 2}] * 8 + [{"request": 6}] * 8,
        [{"request": 4}] * 8 + [{"request": 5}] * 8,
        # Alone, then nobody, then the same again.
        [{"request": r} for i in range(3) for r in (1 << i, 1 << i, 0, 0, 1 << i, 1 << i, 0)],
    ]
    model = Sequential((-1, 0, last), step, draw, edges)
    return Problem(words, interface, reference, model)


_HOLDS = (
    "grant is a register with at most one 1, first 0. A requester has the grant in cycles where "
    "its bit of grant is 1."
)


def _chosen_next(up: bool) -> str:
    first = 0 if up else 2
    return (
        "- When nobody has the grant, or it is taken away or given up in this cycle, the bits of "
        "request in this cycle decide who has it in the next one. They are looked at "
        f"{_ways(3, up)}, and all around, starting one {'above' if up else 'below'} the number "
        "that has the grant (or, if none has, the one that had it last; if none had since the "
        f"reset, starting at {first}). The first that is 1 wins. If none is 1, grant becomes 0."
    )


def _limited(up: bool, limit: int) -> Problem:
    words = (
        f"A round-robin arbiter of three requesters that hold their grant. {_HOLDS}\n"
        "- A requester that has the grant gives it up in a cycle where its bit of request is 0.\n"
        f"- cut is 1 in a cycle where the grant is taken away: its holder has had it for {limit} "
        "cycles in a row or more, this one included, its bit of request is 1, and another bit of "
        "request is 1 as well. In other cycles cut is 0, and a holder whose request is 1 keeps the "
        f"grant.\n{_chosen_next(up)}"
    )
    return _holding("limited_arbiter", up, limit, lambda _: limit, words, alone=True)


def _weighted(up: bool, weights: tuple[int, int, int]) -> Problem:
    words = (
        f"A weighted round-robin arbiter of three requesters. {_HOLDS} Numbers 0, 1 and 2 may have "
        f"it for {weights[0]}, {weights[1]} and {weights[2]} cycles in a row (a turn).\n"
        "- A requester that has the grant gives it up in a cycle where its bit of request is 0.\n"
        "- cut is 1 in a cycle where the grant is taken away: it is the last cycle of its holder's "
        "turn, and its bit of request is 1. In other cycles cut is 0, and a holder whose request "
        "is 1 keeps the grant.\n"
        f"{_chosen_next(up)} One that wins again begins a new turn."
    )
    return _holding("weighted_arbiter", up, weights, lambda i: weights[i], words, alone=False)


def _longest(registered: bool, order: tuple[int, int, int]) -> Problem:
    interface = clocked(
        "fair_arbiter", (Port("request", 3), Port("freeze")), (Port("grant", 3), Port("head", 2)),
        registered, order,
    )  # fmt: skip
    listed = ", ".join(map(str, order))
    when = (
        "grant is a register, first 0, and has a 1 at the winner of the cycle before alone (0 if "
        "there was none); head is not delayed."
        if registered
        else "grant has a 1 at the winner alone, in the same cycle, and is 0 when there is none."
    )
    words = (
        "An arbiter of three requesters that favours the one that has not won for longest. It "
        f"keeps a list of the numbers 0, 1 and 2, first {listed}. In each cycle the winner is the "
        "first in the list whose bit of request is 1; there is none when request is 0. After the "
        "cycle the winner is moved to the end of the list, and the others keep their order; where "
        "freeze is 1 there is a winner as ever, but the list stays as it is. head is the number "
        f"that is at the beginning of the list.\n{when}"
    )

    def step(state: _Listed, inputs: Inputs) -> tuple[Outputs, _Listed]:
        listed, shown = state
        grant = _first(inputs["request"], listed)
        outputs = {"grant": shown if registered else grant, "head": listed[0]}
        winner = grant.bit_length() - 1
        if grant and not inputs["freeze"]:
            listed = (*(i for i in listed if i != winner), winner)
        return outputs, (listed, grant)

    def draw(draw: Draw) -> list[dict[str, int]]:
        freeze = draw.pick((0.1, 0.3))
        share = draw.pick((0.4, 0.7))
        return [
            {
                "request": sum(int(draw.chance(share)) << i for i in range(3)),
                "freeze": int(draw.chance(freeze)),
            }
            for _ in range(40)
        ]

    def before(a: int, b: int) -> str:
        return f"1'b{int(order.index(a) < order.index(b))}"

    grant = "winner" if registered else "grant"
    first = "".join(f"before_{a}{b} <= {before(a, b)};\n" for a, b in ((0, 1), (0, 2), (1, 2)))
    moves = (
        f"if (!freeze) begin\n"
        f"  if ({grant}[0]) begin\n    before_01 <= 1'b0;\n    before_02 <= 1'b0;\n  end\n"
        f"  if ({grant}[1]) begin\n    before_01 <= 1'b1;\n    before_12 <= 1'b0;\n  end\n"
        f"  if ({grant}[2]) begin\n    before_02 <= 1'b1;\n    before_12 <= 1'b1;\n  end\nend\n"
    )
    declared = (
        "  // before_01: number 0 is before number 1 in the list, and so on\n"
        "  reg before_01, before_02, before_12;\n"
    )
    if registered:
        declared += "  wire [2:0] winner;\n"
        first += "grant <= 3'd0;\n"
        moves = f"grant <= winner;\n{moves}"
    body = (
        declared
        + (
            f"  assign {grant}[0] = request[0] && !(request[1] && !before_01)\n"
            "    && !(request[2] && !before_02);\n"
            f"  assign {grant}[1] = request[1] && !(request[0] && before_01)\n"
            "    && !(request[2] && !before_12);\n"
            f"  assign {grant}[2] = request[2] && !(request[0] && before_02)\n"
            "    && !(request[1] && before_12);\n"
            "  assign head = (before_01 && before_02) ? 2'd0 : before_12 ? 2'd1 : 2'd2;\n"
        )
        + at_edge(interface, first, moves)
    )
    reference = module(interface, body, ["grant"] if registered else [])
    return Problem(words, interface, reference, Sequential((order, 0), step, draw))
