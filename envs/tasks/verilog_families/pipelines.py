"""Arithmetic in stages: valid bits, stalls, flushes and back-pressure, and sums of products."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ....verifiers.verilog.interface import Port
from ..draw import Draw
from .family import Inputs, Outputs, Problem, Sequential, family
from .synchronous import Chance, rows, synchronous

_PAIRS = (("subtract", "least"), ("distance", "capped"), ("greatest", "mean"), ("capped", "floor"),
          ("mean", "add"), ("floor", "distance"))  # fmt: skip


def _variants(level: int) -> Sequence[tuple[Any, ...]]:
    if level == 1:
        return [(level, "stage", op, held) for op in _OPERATIONS for held in ("always", "enable")]
    if level == 2:
        return [
            (level, "valid", op, how)
            for op in ("subtract", "distance", "signed least", "capped", "product")
            for how in ("zero", "keep", "stall", "late")
        ]
    if level == 3:
        return [
            (level, "two", number, control)
            for number in range(4)
            for control in ("stall", "flush", "cut", "both")
        ]
    if level == 4:
        return [
            *((level, "flow", number, how) for number in range(6) for how in ("rigid", "elastic")),
            *((level, "totals", how, control) for how in ("wrap", "cap")
              for control in ("stall", "cancel")),
        ]  # fmt: skip
    return [
        *((level, "sums", f"{kind} {past}", control) for kind in ("unsigned", "signed")
          for past in ("wrap", "cap") for control in ("stall", "flush")),
        *((level, "dot", kind, sign) for kind in ("unsigned", "signed") for sign in ("+", "-")),
        *((level, "filter", taps, rounding) for taps in ("1 2 1", "1 1 1 1")
          for rounding in ("down", "nearest")),
    ]  # fmt: skip


@family("pipeline", _variants)
def pipeline(_level: int, kind: str, first: Any, second: Any) -> Problem:
    makers: dict[str, Callable[[Any, Any], Problem]] = {
        "stage": _stage, "valid": _valid, "two": _two, "flow": _flow, "totals": _totals,
        "sums": _sums, "dot": _dot, "filter": _filter,
    }  # fmt: skip
    return makers[kind](first, second)


def _signed(value: int, width: int) -> int:
    return value - (1 << width) if value >> (width - 1) else value


# Of two numbers of 4 bits, {a} and {b}: words, bits of the result {r}, Verilog that declares it as
# a wire, and a function.
_Operation = tuple[str, int, str, Callable[[int, int], int]]
_OPERATIONS: dict[str, _Operation] = {
    "add": ("{a} + {b}, both without sign, in 5 bits", 5,
            "wire [4:0] {r} = {{1'b0, {a}}} + {{1'b0, {b}}};",
            lambda a, b: a + b),
    "subtract": ("{a} - {b} modulo 16", 4, "wire [3:0] {r} = {a} - {b};",
                 lambda a, b: (a - b) % 16),
    "least": ("the smaller of {a} and {b}, both without sign", 4,
              "wire [3:0] {r} = ({a} < {b}) ? {a} : {b};", min),
    "greatest": ("the greater of {a} and {b}, both without sign", 4,
                 "wire [3:0] {r} = ({a} > {b}) ? {a} : {b};", max),
    "distance": ("the greater of {a} and {b} minus the smaller, both without sign", 4,
                 "wire [3:0] {r} = ({a} > {b}) ? {a} - {b} : {b} - {a};", lambda a, b: abs(a - b)),
    "mean": ("half of {a} + {b}, both without sign, rounded down", 4,
             "wire [3:0] {r} = ({a} & {b}) + {{1'b0, {a}[3:1] ^ {b}[3:1]}};",
             lambda a, b: (a + b) // 2),
    "capped": ("{a} + {b}, both without sign, or 15 if that is more than 15", 4,
               "wire [3:0] {r} = ({a} > ~{b}) ? 4'd15 : {a} + {b};", lambda a, b: min(15, a + b)),
    "floor": ("{a} - {b}, both without sign, or 0 if {b} is greater than {a}", 4,
              "wire [3:0] {r} = ({b} > {a}) ? 4'd0 : {a} - {b};", lambda a, b: max(0, a - b)),
    "product": ("{a} times {b}, both without sign, in 8 bits", 8,
                "wire [7:0] {r} = {{4'd0, {a}}} * {{4'd0, {b}}};", lambda a, b: a * b),
    "signed sum": ("{a} + {b}, both in two's complement, in 5 bits in two's complement", 5,
                   "wire [4:0] {r} = {{{a}[3], {a}}} + {{{b}[3], {b}}};",
                   lambda a, b: (_signed(a, 4) + _signed(b, 4)) % 32),
    "signed least": ("the smaller of {a} and {b}, both in two's complement", 4,
                     "wire signed [3:0] {a}_signed = {a};\nwire signed [3:0] {b}_signed = {b};\n"
                     "wire [3:0] {r} = ({a}_signed < {b}_signed) ? {a} : {b};",
                     lambda a, b: min(_signed(a, 4), _signed(b, 4)) % 16),
    "signed capped": ("{a} + {b}, both in two's complement; 7 if that is more than 7, and -8 if it "
                      "is less than -8", 4,
                      "wire [4:0] sum = {{{a}[3], {a}}} + {{{b}[3], {b}}};\n"
                      "wire [3:0] {r} = (sum[4] == sum[3]) ? sum[3:0] : "
                      "{{sum[4], {{3{{!sum[4]}}}}}};",
                      lambda a, b: max(-8, min(7, _signed(a, 4) + _signed(b, 4))) % 16),
}  # fmt: skip


def _wire(op: str, a: str, b: str, result: str) -> str:
    return _OPERATIONS[op][2].format(a=a, b=b, r=result) + "\n"


def _close(draw: Draw, cycles: int, chances: Mapping[str, Chance]) -> list[dict[str, int]]:
    """Cycles in which b is often near a, or as far away from it as can be."""
    found = rows(draw, cycles, {**chances, "a": 16, "b": 16})
    for row in found:
        if draw.chance(0.3):
            row["b"] = (row["a"] + draw.pick((-1, 0, 1, 7, 8, 15 - 2 * row["a"]))) % 16
    return found


# ---------------------------------------------------------------- 1 and 2: one stage


def _stage(op: str, held: str) -> Problem:
    say, bits, _, compute = _OPERATIONS[op]
    enable = held == "enable"
    when = " where en is 1" if enable else ""
    words = (
        f"A stage of arithmetic on a and b, of 4 bits. After every cycle{when} y is "
        f"{say.format(a='a', b='b')}, where a and b are what they were in that cycle. "
        + ("After a cycle where en is 0 y is what it was. " if enable else "")
        + "y is first 0."
    )

    def step(y: int, inputs: Inputs) -> tuple[Outputs, int]:
        if enable and not inputs["en"]:
            return {"y": y}, y
        return {"y": y}, compute(inputs["a"], inputs["b"])

    def draw(draw: Draw) -> list[dict[str, int]]:
        return _close(draw, 28, {"en": 0.7} if enable else {})

    inputs = [*([Port("en")] if enable else []), Port("a", 4), Port("b", 4)]
    return synchronous(
        "stage", (op, held), inputs, [Port("y", bits)], words, Sequential(0, step, draw),
        body=_wire(op, "a", "b", "result"), first=f"y <= {bits}'d0;",
        then=f"{'if (en) ' if enable else ''}y <= result;",
    )  # fmt: skip


def _valid(op: str, how: str) -> Problem:
    say, bits, _, compute = _OPERATIONS[op]
    what = say.format(a="a", b="b")
    late = how == "late"
    when = "two cycles" if late else "one cycle"
    lines = [
        f"Arithmetic on a and b, of 4 bits, {'in two stages' if late else 'in a stage'}, with "
        "valid bits. In a cycle where in_valid is 1 it takes a and b.",
        f"- out_valid is 1 exactly {when} after each cycle in which it took them; y is then "
        f"{what}.",
    ]
    rest = "y is 0 in all other cycles."
    if how == "keep":
        rest = "In all other cycles y is the result that came last, and 0 as long as none came."
    lines.append(f"- {rest}")
    if how == "stall":
        lines.append(
            "- In a cycle where stall is 1 nothing is taken, and in the next cycle out_valid and y "
            "are what they are in it."
        )
        lines[1] = (
            "- In the cycle after one in which it took them out_valid is 1, and y is "
            f"{what}. After a cycle in which it took nothing out_valid is 0."
        )
    if late:
        lines.append(
            "- In a cycle where cancel is 1 the a and b of the cycle before, if they were taken, "
            "are dropped: their result never comes. What is taken in that very cycle, and the "
            "result that is shown in it, are not concerned."
        )

    def step(state: tuple[Any, ...], inputs: Inputs) -> tuple[Outputs, tuple[Any, ...]]:
        waiting, shown, kept = state  # what is taken and not yet out; what is out; the last result
        y = kept if how == "keep" else shown or 0
        outputs = {"out_valid": int(shown is not None), "y": y}
        if how == "stall" and inputs["stall"]:
            return outputs, state
        new = compute(inputs["a"], inputs["b"]) if inputs["in_valid"] else None
        if not late:
            return outputs, (None, new, kept if new is None else new)
        return outputs, (new, None if inputs["cancel"] else waiting, kept)

    extra = {"stall": "stall", "late": "cancel"}.get(how)

    def draw(draw: Draw) -> list[dict[str, int]]:
        chances: dict[str, Chance] = {"in_valid": draw.pick((0.5, 0.8))}
        if extra:
            chances[extra] = 0.3
        return _close(draw, 28, chances)

    body = ""
    first = f"out_valid <= 1'b0;\ny <= {bits}'d0;"
    clear = f"out_valid <= in_valid;\ny <= in_valid ? result : {bits}'d0;"
    if late:
        body = "reg taken;\nreg [3:0] a_kept;\nreg [3:0] b_kept;\nwire goes = taken && !cancel;\n"
        body += _wire(op, "a_kept", "b_kept", "result")
        first += "\ntaken <= 1'b0;"
        then = (
            "taken <= in_valid;\na_kept <= a;\nb_kept <= b;\nout_valid <= goes;\n"
            f"y <= goes ? result : {bits}'d0;"
        )
    else:
        body = _wire(op, "a", "b", "result")
        then = {
            "zero": clear,
            "keep": "out_valid <= in_valid;\nif (in_valid) y <= result;",
            "stall": "if (!stall) begin\n  " + clear.replace("\n", "\n  ") + "\nend",
        }[how]
    inputs = [Port("in_valid"), *([Port(extra)] if extra else []), Port("a", 4), Port("b", 4)]
    return synchronous(
        "valid_stage", (op, how), inputs, [Port("out_valid"), Port("y", bits)], "\n".join(lines),
        Sequential((None, None, 0), step, draw), body=body, first=first, then=then,
    )  # fmt: skip


# ---------------------------------------------------------------- 3 and 4: two stages


def _both(pair: tuple[str, str]) -> tuple[str, int, Callable[[int, int, int], int]]:
    """What two stages compute of a, b and c: words, bits, and a function."""
    one, two = (_OPERATIONS[op] for op in pair)
    say = f"p is {one[0].format(a='a', b='b')}, and y is {two[0].format(a='p', b='c')}"
    return say, two[1], lambda a, b, c: two[3](one[3](a, b), c)


def _three(draw: Draw, cycles: int, chances: Mapping[str, Chance]) -> list[dict[str, int]]:
    return [{**row, "c": draw.below(16)} for row in _close(draw, cycles, chances)]


def _two(number: int, control: str) -> Problem:
    pair = _PAIRS[number]
    say, bits, compute = _both(pair)
    stalls = control in ("stall", "both")
    flushes = control != "stall"
    lines = [
        "Arithmetic on a, b and c, of 4 bits, in two stages: in a cycle where in_valid is 1 the "
        "first takes a, b and c and computes p of a and b; in the next one the second computes y "
        f"of p and c (the c that was taken with them). Here {say}.",
        "- Two cycles after the one in which they were taken, y is shown, and out_valid is 1. In "
        "all other cycles out_valid and y are 0. A new a, b and c can be taken in every cycle.",
    ]
    if stalls:
        lines.append(
            "- In a cycle where stall is 1 all stands still: nothing is taken, nothing moves on, "
            "and the next cycle shows the same out_valid and y."
        )
    if flushes:
        own = "are taken all the same" if control == "cut" else "are not taken"
        lines.append(
            "- In a cycle where flush is 1 all that was taken before is dropped: out_valid is 0 "
            "in the next cycle, and of what was taken in the cycle before nothing ever comes. a, b "
            f"and c of that very cycle {own}."
            + (" flush goes before stall: where both are 1, stall counts as 0." if stalls else "")
        )

    def step(state: tuple[Any, ...], inputs: Inputs) -> tuple[Outputs, tuple[Any, ...]]:
        middle, out = state
        outputs = {"out_valid": int(out is not None), "y": 0 if out is None else compute(*out)}
        taken = (inputs["a"], inputs["b"], inputs["c"]) if inputs["in_valid"] else None
        if inputs.get("flush"):
            return outputs, (taken if control == "cut" else None, None)
        if inputs.get("stall"):
            return outputs, state
        return outputs, (taken, middle)

    def draw(draw: Draw) -> list[dict[str, int]]:
        chances: dict[str, Chance] = {"in_valid": draw.pick((0.6, 0.95))}
        if stalls:
            chances["stall"] = draw.pick((0.2, 0.5))
        if flushes:
            chances["flush"] = draw.pick((0.1, 0.25))
        return _three(draw, 32, chances)

    body = (
        "reg taken;\nreg [3:0] p_kept;\nreg [3:0] c_kept;\n"
        + _wire(pair[0], "a", "b", "p")
        + _wire(pair[1], "p_kept", "c_kept", "result")
    )
    zero = f"out_valid <= 1'b0;\ny <= {bits}'d0;"
    move = (
        "taken <= in_valid;\np_kept <= p;\nc_kept <= c;\nout_valid <= taken;\n"
        f"y <= taken ? result : {bits}'d0;"
    )
    inner = move.replace("\n", "\n  ")
    drop = f"taken <= 1'b0;\n{zero}".replace("\n", "\n  ")
    then = {
        "stall": f"if (!stall) begin\n  {inner}\nend",
        "flush": f"if (flush) begin\n  {drop}\nend else begin\n  {inner}\nend",
        "cut": "taken <= in_valid;\np_kept <= p;\nc_kept <= c;\nout_valid <= taken && !flush;\n"
        f"y <= (taken && !flush) ? result : {bits}'d0;",
        "both": f"if (flush) begin\n  {drop}\nend else if (!stall) begin\n  {inner}\nend",
    }[control]
    inputs = [Port("in_valid"), Port("a", 4), Port("b", 4), Port("c", 4)]
    inputs += [Port("stall")] if stalls else []
    inputs += [Port("flush")] if flushes else []
    return synchronous(
        "two_stages", (number, control), inputs, [Port("out_valid"), Port("y", bits)],
        "\n".join(lines), Sequential((None, None), step, draw), body=body,
        first=f"taken <= 1'b0;\n{zero}", then=then,
    )  # fmt: skip


def _flow(number: int, how: str) -> Problem:
    pair = _PAIRS[number]
    say, bits, compute = _both(pair)
    rigid = how == "rigid"
    moves = (
        "- Both places move together, in cycles where out_valid is 0 or out_ready is 1: the work "
        "of the second leaves, that of the first, if there is any, goes to the second, and the "
        "first takes a, b and c if in_valid is 1 and is empty if not. in_ready is 1 in these "
        "cycles, and 0 in others, in which all stands still."
        if rigid
        else "- The second place gives its work away in a cycle where it has some and out_ready is "
        "1. The work of the first goes to the second in a cycle where the second is empty or gives "
        "its own away. in_ready is 1 where the first place is empty or its work goes on in that "
        "cycle; it takes a, b and c in a cycle where in_ready and in_valid are 1. What does not "
        "move stays."
    )
    words = "\n".join(
        [
            "Arithmetic on a, b and c, of 4 bits, in two places for work, both first empty, with "
            f"back-pressure. Here {say}.",
            moves,
            "- out_valid is 1 while there is work in the second place, and y is then its result; "
            "else y is 0. held is how many places have work.",
        ]
    )

    def step(state: tuple[Any, ...], inputs: Inputs) -> tuple[Outputs, tuple[Any, ...]]:
        one, two = state
        leaves = two is None or inputs["out_ready"] == 1
        ready = leaves or (not rigid and one is None)
        outputs = {
            "in_ready": int(ready),
            "out_valid": int(two is not None),
            "y": 0 if two is None else compute(*two),
            "held": sum(work is not None for work in state),
        }
        taken = (inputs["a"], inputs["b"], inputs["c"]) if inputs["in_valid"] else None
        if leaves:
            return outputs, (taken, one)
        return outputs, (taken if ready else one, two)

    def draw(draw: Draw) -> list[dict[str, int]]:
        found: list[dict[str, int]] = []
        while len(found) < 36:
            give, take = draw.pick(((0.9, 0.2), (0.3, 0.9), (0.6, 0.6), (1.0, 1.0), (0.9, 0.0)))
            found += _three(draw, draw.between(3, 7), {"in_valid": give, "out_ready": take})
        return found[:36]

    body = (
        "reg first_full;\nreg second_full;\nreg [3:0] p_kept;\nreg [3:0] c_kept;\n"
        f"reg [{bits - 1}:0] result_kept;\n"
        + _wire(pair[0], "a", "b", "p")
        + _wire(pair[1], "p_kept", "c_kept", "result")
        + "wire moves = !second_full || out_ready;\n"
        + ("assign in_ready = moves;\n" if rigid else "assign in_ready = !first_full || moves;\n")
        + f"assign out_valid = second_full;\nassign y = second_full ? result_kept : {bits}'d0;\n"
        "assign held = {1'b0, first_full} + {1'b0, second_full};\n"
    )
    return synchronous(
        "flow", (number, how),
        [Port("in_valid"), Port("a", 4), Port("b", 4), Port("c", 4), Port("out_ready")],
        [Port("in_ready"), Port("out_valid"), Port("y", bits), Port("held", 2)], words,
        Sequential((None, None), step, draw), body=body,
        first="first_full <= 1'b0;\nsecond_full <= 1'b0;",
        then="if (in_ready) begin\n  first_full <= in_valid;\n  p_kept <= p;\n  c_kept <= c;\nend\n"
        "if (moves) begin\n  second_full <= first_full;\n  result_kept <= result;\nend",
    )  # fmt: skip


def _totals(how: str, control: str) -> Problem:
    limit = (
        "modulo 16"
        if how == "wrap"
        else "where a sum above 15 becomes 15 and a difference below 0 becomes 0"
    )
    lines = [
        "Four totals of 4 bits, all first 0, that are changed in two stages. In a cycle where "
        "in_valid is 1 an order is taken: which total, d, and less.",
        "- In the next cycle the order is carried out: after that cycle the total with the number "
        f"which is what it was in it plus d, or, where less was 1, minus d, {limit}. So orders for "
        "one total in cycles that follow each other build on each other.",
        "- In the cycle after that, done is 1 and result is that total as the order has left it. "
        "In all other cycles done and result are 0.",
    ]
    if control == "stall":
        lines.append(
            "- In a cycle where stall is 1 nothing is taken, nothing is carried out, and the next "
            "cycle shows the same done and result."
        )
    else:
        lines.append(
            "- In a cycle where cancel is 1 the order that would be carried out in it is dropped: "
            "it changes nothing, and done is 0 in the next cycle. One that is taken in that very "
            "cycle is not concerned."
        )
    lines.append("shown is the total with the number look, as the cycles before have left it.")

    def step(state: tuple[Any, ...], inputs: Inputs) -> tuple[Outputs, tuple[Any, ...]]:
        totals, order, result = state
        outputs = {
            "done": int(result is not None),
            "result": result or 0,
            "shown": totals[inputs["look"]],
        }
        if inputs.get("stall"):
            return outputs, state
        result = None
        if order is not None and not inputs.get("cancel"):
            which, change = order
            result = totals[which] + change
            result = result % 16 if how == "wrap" else max(0, min(15, result))
            totals = (*totals[:which], result, *totals[which + 1 :])
        change = -inputs["d"] if inputs["less"] else inputs["d"]
        taken = (inputs["which"], change) if inputs["in_valid"] else None
        return outputs, (totals, taken, result)

    def draw(draw: Draw) -> list[dict[str, int]]:
        few = draw.pick((1, 2, 4))
        chances: dict[str, Chance] = {
            "in_valid": 0.85, "which": few, "d": draw.pick((6, 16)), "less": draw.pick((0.3, 0.6)),
            control: draw.pick((0.1, 0.3)), "look": few,
        }  # fmt: skip
        found = rows(draw, 36, chances)
        return [{**row, "look": draw.below(4)} if draw.chance(0.3) else row for row in found]

    body = (
        "reg [3:0] totals [0:3];\nreg waiting;\nreg [1:0] which_kept;\nreg [3:0] d_kept;\n"
        "reg less_kept;\nassign shown = totals[look];\nwire [3:0] old = totals[which_kept];\n"
    )
    plus, minus = "old + d_kept", "old - d_kept"
    if how == "cap":
        body += (
            "wire [3:0] more = (old > ~d_kept) ? 4'd15 : old + d_kept;\n"
            "wire [3:0] fewer = (d_kept > old) ? 4'd0 : old - d_kept;\n"
        )
        plus, minus = "more", "fewer"
    body += f"wire [3:0] new_total = less_kept ? {minus} : {plus};\n"
    goes = "waiting"
    if control == "cancel":
        body += "wire goes = waiting && !cancel;\n"
        goes = "goes"
    then = (
        "waiting <= in_valid;\nwhich_kept <= which;\nd_kept <= d;\nless_kept <= less;\n"
        f"if ({goes}) totals[which_kept] <= new_total;\ndone <= {goes};\n"
        f"result <= {goes} ? new_total : 4'd0;"
    )
    if control == "stall":
        then = "if (!stall) begin\n  " + then.replace("\n", "\n  ") + "\nend"
    zeros = "\n".join(f"totals[{at}] <= 4'd0;" for at in range(4))
    return synchronous(
        "four_totals", (how, control),
        [Port("in_valid"), Port("which", 2), Port("d", 4), Port("less"), Port(control),
         Port("look", 2)],
        [Port("done"), Port("result", 4), Port("shown", 4)], "\n".join(lines),
        Sequential(((0,) * 4, None, None), step, draw), body=body,
        first=f"{zeros}\nwaiting <= 1'b0;\ndone <= 1'b0;\nresult <= 4'd0;", then=then,
    )  # fmt: skip


# ---------------------------------------------------------------- 5: sums of products


def _sums(option: str, control: str) -> Problem:
    kind, past = option.split()
    signed = kind == "signed"
    width, low, high = (8, -128, 127) if signed else (9, 0, 511)
    numbers = (
        "in two's complement, as are sum and total, of 8 bits"
        if signed
        else "without sign, as are sum and total, of 9 bits"
    )
    least = f" and {low} where it would be less" if signed else ""
    limit = (
        f"brought into the range {low} to {high} by adding or subtracting {1 << width}"
        if past == "wrap"
        else f"but {high} where it would be more{least}"
    )
    lines = [
        "It multiplies pairs of numbers a and b, of 4 bits, and adds the products up, in two "
        f"stages. All numbers are {numbers}.",
        "- In a cycle where in_valid is 1 the first stage takes a, b, first and last, and "
        "multiplies a by b.",
        "- In the next cycle the second stage adds the product to its sum, which is first 0, or, "
        "where first was 1 with the pair, to 0 instead. After the cycle the sum is the result of "
        f"that addition, {limit}.",
        "- Where last was 1 with the pair, total takes in that same cycle what the sum takes, and "
        "in the cycle after it total_valid is 1; in all others it is 0. total keeps its value "
        "else, and is first 0. last does not change the sum: a pair that follows without first is "
        "added to it.",
        "- over is taken with total, and is first 0: it is 1 if one of the additions since the "
        f"last first (with its own) was out of the range {low} to {high} before it was brought "
        "into it. A sum that was never begun with first began in the first state.",
    ]
    if control == "stall":
        lines.append(
            "- In a cycle where stall is 1 all stands still: nothing is taken or added, and the "
            "next cycle shows the same total_valid, total and over."
        )
    else:
        lines.append(
            "- In a cycle where flush is 1 no pair is taken, the pair of the cycle before is "
            "dropped, and the sum becomes 0, as if begun anew; total_valid is 0 in the next cycle, "
            "total and over keep their values."
        )

    def number(bits: int) -> int:
        return _signed(bits, 4) if signed else bits

    def step(state: tuple[Any, ...], inputs: Inputs) -> tuple[Outputs, tuple[Any, ...]]:
        pair, total, went, shown = state
        outputs = {"total_valid": shown[0], "total": shown[1] % (1 << width), "over": shown[2]}
        if inputs.get("stall"):
            return outputs, state
        if inputs.get("flush"):
            return outputs, (None, 0, 0, (0, *shown[1:]))
        shown = (0, *shown[1:])
        if pair is not None:
            a, b, first, last = pair
            exact = a * b + (0 if first else total)
            out = int(not low <= exact <= high)
            went = out if first else max(went, out)
            if past == "cap":
                total = max(low, min(high, exact))
            else:
                total = (exact - low) % (1 << width) + low
            if last:
                shown = (1, total, went)
        taken = None
        if inputs["in_valid"]:
            taken = (number(inputs["a"]), number(inputs["b"]), inputs["first"], inputs["last"])
        return outputs, (taken, total, went, shown)

    def draw(draw: Draw) -> list[dict[str, int]]:
        found: list[dict[str, int]] = []
        interrupts = draw.pick((0.0, 0.08, 0.25))
        large = draw.pick((True, False))
        sign = draw.below(2)
        begins = True
        left = draw.between(1, 6)
        for _ in range(40):
            a, b = draw.below(16), draw.below(16)
            if large and signed:  # products far from 0, most of them on one side
                a, b = 8 + draw.below(3), (8 if sign else 5) + draw.below(3)
            elif large:
                a, b = a | 8, b | 8
            row = {
                "in_valid": int(draw.chance(0.85)),
                "a": a,
                "b": b,
                "first": int(begins),
                "last": int(left == 1),
                control: int(draw.chance(interrupts)),
            }
            found.append(row)
            if row["in_valid"] and not row[control]:
                left -= 1
                begins = False
                if left == 0:
                    left, begins = draw.between(1, 6), draw.chance(0.75)
        return found

    def pairs(*given: tuple[int, int, int, int]) -> list[dict[str, int]]:
        run = [
            {"in_valid": 1, "a": a, "b": b, "first": first, "last": last, control: 0}
            for a, b, first, last in given
        ]
        return [*run, *[{**run[-1], "in_valid": 0}] * 3]

    edges = [
        pairs((15, 15, 1, 1), (15, 15, 0, 1), (15, 4, 0, 1), (1, 1, 0, 1), (1, 1, 0, 1)),
        pairs((8, 8, 1, 1), (8, 8, 0, 1), (1, 15, 0, 1), (1, 1, 1, 1), (8, 7, 0, 1)),
        pairs((8, 7, 1, 1), (8, 7, 0, 1), (8, 2, 0, 1), (1, 15, 0, 1), (1, 1, 0, 1)),
        pairs((8, 8, 0, 0), (7, 9, 0, 1), (9, 9, 0, 1), (0, 0, 0, 1), (7, 7, 1, 1)),
        pairs((8, 8, 1, 0), (7, 9, 0, 0), (7, 7, 0, 0), (5, 3, 0, 1), (0, 5, 0, 1)),
    ]
    wide = width + 1
    body = (
        "reg taken;\nreg first_kept;\nreg last_kept;\nreg [7:0] product;\n"
        f"reg [{width - 1}:0] sum;\nreg went;\n"
    )
    if signed:
        body += (
            "wire signed [7:0] x = {{4{a[3]}}, a};\nwire signed [7:0] y = {{4{b[3]}}, b};\n"
            f"wire [{width - 1}:0] base = first_kept ? 8'd0 : sum;\n"
            "wire [8:0] exact = {product[7], product} + {base[7], base};\n"
            "wire out = (exact[8] != exact[7]);\n"
        )
        times = "x * y"
        capped = "out ? {exact[8], {7{!exact[8]}}} : exact[7:0]"
        wrapped = "exact[7:0]"
    else:
        body += (
            f"wire [{width - 1}:0] base = first_kept ? 9'd0 : sum;\n"
            f"wire [{wide - 1}:0] exact = {{2'd0, product}} + {{1'b0, base}};\n"
            "wire out = exact[9];\n"
        )
        times = "{4'd0, a} * {4'd0, b}"
        capped = "out ? 9'd511 : exact[8:0]"
        wrapped = "exact[8:0]"
    body += (
        f"wire [{width - 1}:0] next = {capped if past == 'cap' else wrapped};\n"
        "wire goes = out || (went && !first_kept);\n"
    )
    move = (
        f"taken <= in_valid;\nproduct <= {times};\nfirst_kept <= first;\nlast_kept <= last;\n"
        "total_valid <= taken && last_kept;\n"
        "if (taken) begin\n  sum <= next;\n  went <= goes;\n  if (last_kept) begin\n"
        "    total <= next;\n    over <= goes;\n  end\nend"
    )
    inner = move.replace("\n", "\n  ")
    empty = f"taken <= 1'b0;\nsum <= {width}'d0;\nwent <= 1'b0;\ntotal_valid <= 1'b0;"
    if control == "stall":
        then = f"if (!stall) begin\n  {inner}\nend"
    else:
        then = (
            "if (flush) begin\n  "
            + empty.replace("\n", "\n  ")
            + f"\nend else begin\n  {inner}\nend"
        )
    return synchronous(
        "sum_of_products", (option, control),
        [Port("in_valid"), Port("a", 4), Port("b", 4), Port("first"), Port("last"), Port(control)],
        [Port("total_valid"), Port("total", width), Port("over")], "\n".join(lines),
        Sequential((None, 0, 0, (0, 0, 0)), step, draw, edges), body=body,
        first=f"{empty}\ntotal <= {width}'d0;\nover <= 1'b0;", then=then,
    )  # fmt: skip


def _dot(kind: str, sign: str) -> Problem:
    signed = kind == "signed"
    twos = signed or sign == "-"
    form = "in two's complement" if signed else "without sign"
    does = "plus" if sign == "+" else "minus"
    result = "in two's complement" if twos else "without sign"
    words = "\n".join(
        [
            "It computes with two pairs of numbers of 3 bits, a0 and b0, a1 and b1, "
            f"{form}, in three stages.",
            "- In a cycle where in_valid is 1 it takes them. Three cycles after that one out_valid "
            f"is 1 and y is a0 times b0 {does} a1 times b1, in 7 bits {result}. In all other "
            "cycles out_valid and y are 0. Numbers can be taken in every cycle.",
            "- In a cycle where stall is 1 all stands still: nothing is taken, and the next cycle "
            "shows the same. The cycles with stall do not count in the three.",
            "- best is the greatest y that has been shown with out_valid in the cycles before and "
            "in this one, since the reset or the last cycle with forget; seen is 1 if there is "
            "one, and else best is 0. In a cycle where forget is 1, whatever stall is, best and "
            "seen still show that, but what is shown in that cycle and before it does not count "
            "for the cycles after it.",
        ]
    )
    size = 1 << 7

    def value(bits: int) -> int:
        return _signed(bits, 3) if signed else bits

    def step(state: tuple[Any, ...], inputs: Inputs) -> tuple[Outputs, tuple[Any, ...]]:
        line, past = state  # the three stages, and all that was shown
        shown = line[2]
        seen = past if shown is None else past | {shown}
        outputs = {
            "out_valid": int(shown is not None),
            "y": (shown or 0) % size,
            "best": max(seen, default=0) % size,
            "seen": int(bool(seen)),
        }
        if inputs["forget"]:
            seen = frozenset()
        if inputs["stall"]:
            return outputs, (line, seen)
        new = None
        if inputs["in_valid"]:
            a0, b0, a1, b1 = (value(inputs[name]) for name in ("a0", "b0", "a1", "b1"))
            new = a0 * b0 + a1 * b1 if sign == "+" else a0 * b0 - a1 * b1
        return outputs, ((new, *line[:2]), seen)

    def draw(draw: Draw) -> list[dict[str, int]]:
        chances: dict[str, Chance] = {
            "in_valid": draw.pick((0.5, 0.9)), "a0": 8, "b0": 8, "a1": 8, "b1": 8,
            "stall": draw.pick((0.1, 0.35)), "forget": draw.pick((0.05, 0.2)),
        }  # fmt: skip
        return rows(draw, 36, chances)

    plain = {"in_valid": 1, "stall": 0, "forget": 0}
    corners = [
        {**plain, "a0": a0, "b0": b0, "a1": a1, "b1": b1}
        for a0, b0, a1, b1 in ((4, 4, 4, 4), (4, 3, 4, 3), (7, 7, 7, 7), (7, 7, 0, 3), (0, 0, 7, 7),
                               (4, 3, 4, 4), (4, 4, 4, 3), (1, 7, 1, 0), (0, 0, 0, 0))
    ]  # fmt: skip
    edges = [
        [*corners, *corners[:3]],
        [{**row, "forget": at % 2} for at, row in enumerate(corners)],
    ]
    body = ""
    for pair in "01":
        if signed:
            body += (
                f"wire signed [5:0] x{pair} = {{{{3{{a{pair}[2]}}}}, a{pair}}};\n"
                f"wire signed [5:0] z{pair} = {{{{3{{b{pair}[2]}}}}, b{pair}}};\n"
            )
        body += f"reg [5:0] product{pair};\n"
    times = {
        pair: f"x{pair} * z{pair}" if signed else f"{{3'd0, a{pair}}} * {{3'd0, b{pair}}}"
        for pair in "01"
    }
    wide = {
        pair: f"{{product{pair}[5], product{pair}}}" if signed else f"{{1'b0, product{pair}}}"
        for pair in "01"
    }
    s = "signed " if twos else ""
    body += (
        f"reg [2:0] full;\nreg {s}[6:0] sum;\nreg {s}[6:0] result;\nreg {s}[6:0] record;\n"
        "reg some;\nassign out_valid = full[2];\nassign y = out_valid ? result : 7'd0;\n"
        "wire better = out_valid && (!some || result > record);\n"
        "assign best = better ? result : some ? record : 7'd0;\n"
        "assign seen = some || out_valid;\n"
    )
    return synchronous(
        "dot", (kind, sign),
        [Port("in_valid"), Port("a0", 3), Port("b0", 3), Port("a1", 3), Port("b1", 3),
         Port("stall"), Port("forget")],
        [Port("out_valid"), Port("y", 7), Port("best", 7), Port("seen")], words,
        Sequential(((None,) * 3, frozenset()), step, draw, edges), body=body,
        first="full <= 3'd0;\nsome <= 1'b0;",
        then="some <= seen && !forget;\nif (better) record <= result;\n"
        "if (!stall) begin\n  full <= {full[1:0], in_valid};\n"
        f"  product0 <= {times['0']};\n  product1 <= {times['1']};\n"
        f"  sum <= {wide['0']} {sign} {wide['1']};\n  result <= sum;\nend",
    )  # fmt: skip


def _filter(taps: str, rounding: str) -> Problem:
    weights = [int(tap) for tap in taps.split()]
    names = ["the newest", "the one before it", "the one before that", "the one before that"]
    parts = [
        f"{'twice ' if weight == 2 else ''}{name}"
        for weight, name in zip(weights, names, strict=False)
    ]
    rounded = "rounded down" if rounding == "down" else "rounded to the nearest, halves up"
    words = "\n".join(
        [
            "A filter over samples x of 4 bits without sign, in two stages. In a cycle where "
            "in_valid is 1 a sample is taken.",
            f"- Of the samples that are taken it computes a mean: the sum of "
            f"{', '.join(parts[:-1])} and {parts[-1]}, divided by 4, {rounded}. Samples from "
            "before the first state, or from before the last restart, count as 0.",
            "- Two cycles after each cycle in which a sample is taken out_valid is 1, and y is the "
            "mean with that sample as the newest. In other cycles out_valid is 0, and y is what it "
            "was in the cycle before; it is first 0. exact, first 0, changes in the same cycles as "
            "y: it is 1 if the sum is a multiple of 4, else 0.",
            "- In a cycle where restart is 1 all samples of the cycles before are forgotten, and "
            "results that are not shown yet never come (out_valid is 0 in the next cycle, and y "
            "and exact what they are in this one). A sample of that very cycle is taken, as the "
            "first of the new ones.",
            "- peak is the greatest y that has been shown with out_valid 1 in the cycles before "
            "since the reset, and first 0; restart does not change it.",
        ]
    )
    older = len(weights) - 1

    def step(state: tuple[Any, ...], inputs: Inputs) -> tuple[Outputs, tuple[Any, ...]]:
        samples, middle, shown, (y, exact), peak = state
        outputs = {"out_valid": shown, "y": y, "exact": exact, "peak": peak}
        if shown:
            peak = max(peak, y)
        if inputs["restart"]:
            samples, middle = (0,) * older, None
        following = None
        if inputs["in_valid"]:
            window = (inputs["x"], *samples)
            total = sum(w * s for w, s in zip(weights, window, strict=True))
            mean = (total + (2 if rounding == "nearest" else 0)) // 4
            following = (mean, int(total % 4 == 0))
            samples = window[:older]
        after = (y, exact) if middle is None else middle
        return outputs, (samples, following, int(middle is not None), after, peak)

    def draw(draw: Draw) -> list[dict[str, int]]:
        chances: dict[str, Chance] = {
            "in_valid": draw.pick((0.6, 0.9)), "x": draw.pick((6, 16, 16)), "restart": 0.08,
        }  # fmt: skip
        found = rows(draw, 36, chances)
        rises = draw.chance(0.5)
        for at, row in enumerate(found):  # a peak that goes on being broken
            if rises:
                row["x"] = min(15, row["x"] * (at + 6) // 36)
        return found

    def taken(*values: int, restart: int = -1) -> list[dict[str, int]]:
        return [
            {"in_valid": 1, "x": x, "restart": int(at == restart)} for at, x in enumerate(values)
        ]

    edges = [
        taken(15, 15, 15, 15, 15, 0, 0, 0, 0, 0, 0),
        taken(1, 0, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0),
        taken(9, 12, 15, 13, 1, 2, 3, 4, 5, restart=4),
        taken(15, 14, 13, 12, 11, 10, 0, 0, restart=5),
    ]
    kept = [f"x{at}" for at in range(1, older + 1)]
    body = "".join(f"reg [3:0] {name};\n" for name in kept)
    body += "reg [5:0] total;\nreg taken;\n"
    past = []
    for name, weight in zip(kept, weights[1:], strict=True):
        body += f"wire [3:0] {name}_now = restart ? 4'd0 : {name};\n"
        past.append(f"{{1'b0, {name}_now, 1'b0}}" if weight == 2 else f"{{2'd0, {name}_now}}")
    terms = " + ".join(["{2'd0, x}", *past])
    half = " + 6'd2" if rounding == "nearest" else ""
    spare = 2 if half else 0
    body += f"wire [5:0] sum = {terms}{half};\nwire goes = taken && !restart;\n"
    moves = "\n  ".join(
        f"{new} <= {old};"
        for new, old in zip(kept, ["x", *(f"{k}_now" for k in kept)], strict=False)
    )
    clears = "\n  ".join(f"{name} <= 4'd0;" for name in kept)
    zero = clears.replace("\n  ", "\n")
    return synchronous(
        "smoother", (taps, rounding), [Port("in_valid"), Port("x", 4), Port("restart")],
        [Port("out_valid"), Port("y", 4), Port("exact"), Port("peak", 4)], words,
        Sequential(((0,) * older, None, 0, (0, 0), 0), step, draw, edges), body=body,
        first=f"{zero}\ntaken <= 1'b0;\nout_valid <= 1'b0;\ny <= 4'd0;\nexact <= 1'b0;\n"
        "peak <= 4'd0;",
        then="taken <= in_valid;\nout_valid <= goes;\nif (goes) begin\n  y <= total[5:2];\n"
        f"  exact <= (total[1:0] == 2'd{spare});\nend\n"
        "if (out_valid && y > peak) peak <= y;\n"
        f"if (in_valid) begin\n  total <= sum;\n  {moves}\nend else if (restart) begin\n"
        f"  {clears}\nend",
    )  # fmt: skip
