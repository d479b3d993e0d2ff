"""Stacks: of bits, of words, with moves of their own, and small machines around them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ....verifiers.verilog.interface import Port
from ..draw import Draw
from .family import Inputs, Outputs, Problem, Sequential, family
from .synchronous import Chance, rows, synchronous

_Words = tuple[int, ...]
_Pair = tuple[_Words, _Words]
_Calls = tuple[int, _Words, int]  # the place, the addresses, and the fault
_Read = tuple[str, int, int]  # open brackets, mistakes, and whether one has just been matched


def _variants(level: int) -> Sequence[tuple[Any, ...]]:
    if level == 1:
        return [
            (level, "bits", end, fill, both)
            for end in ("low", "high")
            for fill in (0, 1)
            for both in ("push", "pop", "replace", "nothing")
        ]
    if level == 2:
        return [
            (level, "two", full, both, shown)
            for full in ("refuse", "drop")
            for both in ("replace", "push", "pop")
            for shown in ("zero", "kept")
        ]
    if level == 3:
        return [
            (level, "deep", depth, flags, both)
            for depth in (3, 4)
            for flags in ("pulse", "sticky", "now")
            for both in ("replace", "push", "pop")
        ]
    if level == 4:
        return [(level, "moves", number, "", "") for number in range(14)]
    return [
        *((level, "machine", number, "", "") for number in range(8)),
        *((level, "shared", full, both, "") for full in ("refuse", "drop")
          for both in ("left", "right")),
        *((level, "marks", nested, both, "") for nested in ("one", "many")
          for both in ("keep", "back")),
        *((level, "calls", full, number, "") for full in ("stay", "fall") for number in (0, 1)),
        *((level, "brackets", wrong, depth, "") for wrong in ("stop", "count")
          for depth in (3, 4)),
    ]  # fmt: skip


@family("stack", _variants)
def stack(_level: int, kind: str, first: Any, second: Any, third: Any) -> Problem:
    parts = [part for part in (first, second, third) if part != ""]
    makers: dict[str, Callable[..., Problem]] = {
        "bits": _bits, "two": _two, "deep": _deep, "moves": _moves, "machine": _machine,
        "shared": _shared, "marks": _marks, "calls": _calls, "brackets": _brackets,
    }  # fmt: skip
    return makers[kind](*parts)


_PHASES = ((0.9, 0.15), (0.15, 0.9), (0.6, 0.6), (0.9, 0.9), (1.0, 0.0), (0.0, 1.0))


def _bursts(draw: Draw, cycles: int, **others: Chance) -> list[dict[str, int]]:
    """Stretches that fill and that drain, and in between."""
    found: list[dict[str, int]] = []
    while len(found) < cycles:
        often, seldom = _PHASES[0] if not found and draw.chance(0.7) else draw.pick(_PHASES)
        found += rows(draw, draw.between(2, 7), {"push": often, "pop": seldom, **others})
    return found[:cycles]


# ---------------------------------------------------------------- 1 to 3: push and pop


def _bits(end: str, fill: int, both: str) -> Problem:
    width = 5
    top, bottom = (0, width - 1) if end == "low" else (width - 1, 0)
    first = fill * ((1 << width) - 1)
    pushes = (
        "each bit i+1 takes bit i, and bit 0 takes d"
        if end == "low"
        else f"each bit i takes bit i+1, and bit {width - 1} takes d"
    )
    pops = (
        f"each bit i takes bit i+1, and bit {width - 1} becomes {fill}"
        if end == "low"
        else f"each bit i+1 takes bit i, and bit 0 becomes {fill}"
    )
    together = {
        "push": "only push counts",
        "pop": "only pop counts",
        "replace": f"bit {top} takes d and the others stay",
        "nothing": "nothing changes",
    }[both]
    words = (
        f"A stack of {width} bits, q, with its top at bit {top}, first {first}. push: {pushes} "
        f"(what was bit {bottom} is lost). pop: {pops}. Where push and pop are both 1, "
        f"{together}; where neither is, nothing changes."
    )
    after_push = f"{{q[{width - 2}:0], d}}" if end == "low" else f"{{d, q[{width - 1}:1]}}"
    after_pop = (
        f"{{1'b{fill}, q[{width - 1}:1]}}" if end == "low" else f"{{q[{width - 2}:0], 1'b{fill}}}"
    )
    push, pop = f"q <= {after_push};", f"q <= {after_pop};"
    then = {
        "push": f"if (push) {push}\nelse if (pop) {pop}",
        "pop": f"if (pop) {pop}\nelse if (push) {push}",
        "replace": f"if (push && pop) q[{top}] <= d;\nelse if (push) {push}\nelse if (pop) {pop}",
        "nothing": f"if (push && !pop) {push}\nelse if (pop && !push) {pop}",
    }[both]

    def step(bits: _Words, inputs: Inputs) -> tuple[Outputs, _Words]:
        # The top comes first.
        order = bits[::-1] if end == "low" else bits
        outputs = {"q": int("".join(map(str, order)), 2)}
        push, pop, d = inputs["push"], inputs["pop"], inputs["d"]
        if push and pop:
            push, pop = {"push": (1, 0), "pop": (0, 1), "replace": (1, 1), "nothing": (0, 0)}[both]
        after = bits[pop:]
        after = (d, *after) if push else after
        return outputs, (*after, fill)[:width]

    def draw(draw: Draw) -> list[dict[str, int]]:
        return _bursts(draw, 24, d=0.5)

    return synchronous(
        "bit_stack", (end, fill, both), [Port("push"), Port("pop"), Port("d")], [Port("q", width)],
        words, Sequential((fill,) * width, step, draw), first=f"q <= {width}'d{first};", then=then,
    )  # fmt: skip


def _together(both: str, empty: str) -> str:
    return {
        "replace": f"- push and pop: d takes the place of the top value; {empty}",
        "push": "- push and pop: only push counts.",
        "pop": "- push and pop: only pop counts.",
    }[both]


def _two(full: str, both: str, shown: str) -> Problem:
    width = 4
    over = (
        "d is lost and nothing changes"
        if full == "refuse"
        else "the lower value is lost, the top one becomes the lower one, and d the top"
    )
    words = "\n".join(
        [
            f"A stack of up to two values of {width} bits, first empty.",
            f"- push: d becomes the top value. While there are two values already, {over}.",
            "- pop: the top value is removed. While the stack is empty, nothing happens.",
            _together(both, "while the stack is empty, d is pushed."),
            "count is the number of values. top is the top value; while the stack is empty it is "
            + ("0." if shown == "zero" else "the last value that was the top, and first 0."),
        ]
    )

    def step(state: tuple[_Words, int], inputs: Inputs) -> tuple[Outputs, tuple[_Words, int]]:
        stack, last = state
        top = stack[-1] if stack else last
        outputs = {"top": top if stack or shown == "kept" else 0, "count": len(stack)}
        push, pop, d = inputs["push"], inputs["pop"], inputs["d"]
        if push and pop and both != "replace":
            push, pop = int(both == "push"), int(both == "pop")
        after = stack[:-1] if pop else stack
        if push:
            after = (*after, d) if len(after) < 2 else after if full == "refuse" else (after[1], d)
        return outputs, (after, top)

    def draw(draw: Draw) -> list[dict[str, int]]:
        return _bursts(draw, 28, d=1 << width)

    one, name = "2'd1", "top"
    body = ""
    if shown == "zero":
        name = "upper"
        body = f"reg [{width - 1}:0] upper;\nassign top = (count == 2'd0) ? {width}'d0 : upper;\n"
    body += f"reg [{width - 1}:0] lower;\n"
    first = f"{name} <= {width}'d0;\ncount <= 2'd0;"
    room = "count != 2'd2"
    if full == "refuse":
        push = (
            f"if ({room}) begin\n    lower <= {name};\n    {name} <= d;\n"
            f"    count <= count + {one};\n  end"
        )
    else:
        push = f"lower <= {name};\n  {name} <= d;\n  if ({room}) count <= count + {one};"
    drop = f"if (count == 2'd2) {name} <= lower;\n  if (count != 2'd0) count <= count - {one};"
    if both == "pop":
        then = f"if (pop) begin\n  {drop}\nend else if (push) begin\n  {push}\nend"
    else:
        then = f"if (push) begin\n  {push}\nend else if (pop) begin\n  {drop}\nend"
    if both == "replace":
        then = (
            f"if (push && pop) begin\n  {name} <= d;\n  if (count == 2'd0) count <= 2'd1;\n"
            f"end else {then}"
        )
    return synchronous(
        "small_stack", (full, both, shown), [Port("push"), Port("pop"), Port("d", width)],
        [Port("top", width), Port("count", 2)], words, Sequential(((), 0), step, draw),
        body=body, first=first, then=then,
    )  # fmt: skip


def _deep(depth: int, flags: str, both: str) -> Problem:
    width, c = 4, depth.bit_length()
    when = {
        "pulse": "in the cycle after such a one, for one cycle; both are first 0",
        "sticky": "from the cycle after such a one on, until the next reset; both are first 0",
        "now": "in that very cycle",
    }[flags]
    words = "\n".join(
        [
            f"A stack of up to {depth} values of {width} bits, first empty.",
            "- push: d becomes the top value. While the stack is full, d is lost and nothing "
            "changes: an overflow.",
            "- pop: the top value is removed. While the stack is empty, nothing changes: an "
            "underflow.",
            _together(
                both,
                "that is no overflow while it is full. While it is empty, nothing changes, and "
                "that is an underflow.",
            ),
            "top is the top value, and 0 while the stack is empty; count is the number of values.",
            f"over is 1 for a cycle with an overflow, under for one with an underflow: {when}. "
            "Otherwise they are 0.",
        ]
    )

    def step(
        state: tuple[_Words, int, int], inputs: Inputs
    ) -> tuple[Outputs, tuple[_Words, int, int]]:
        stack, over, under = state
        push, pop, d = inputs["push"], inputs["pop"], inputs["d"]
        if push and pop and both != "replace":
            push, pop = int(both == "push"), int(both == "pop")
        wrong = (int(push and not pop and len(stack) == depth), int(pop and not stack))
        shown = wrong if flags == "now" else (over, under)
        outputs = {
            "top": (0, *stack)[-1],
            "count": len(stack),
            "over": shown[0],
            "under": shown[1],
        }
        after = stack
        if not any(wrong):
            after = stack[: len(stack) - pop] + ((d,) if push else ())
        if flags == "sticky":
            wrong = (max(over, wrong[0]), max(under, wrong[1]))
        return outputs, (after, *wrong)

    def draw(draw: Draw) -> list[dict[str, int]]:
        return _bursts(draw, 32, d=1 << width)

    pushes, pops = {
        "replace": ("push && !pop", "pop && !push"),
        "push": ("push", "pop && !push"),
        "pop": ("push && !pop", "pop"),
    }[both]
    under = "pop && empty" if both != "push" else "pop && !push && empty"
    late = flags != "now"
    names = ("overflow", "underflow") if late else ("over", "under")
    kind = "wire" if late else "assign"
    body = (
        f"reg [{width - 1}:0] store [0:{depth - 1}];\n"
        f"wire empty = (count == {c}'d0);\nwire full = (count == {c}'d{depth});\n"
        f"wire [1:0] last = count[1:0] - 2'd1;\n"
        f"assign top = empty ? {width}'d0 : store[last];\n"
        f"{kind} {names[0]} = {pushes} && full;\n{kind} {names[1]} = {under};\n"
    )
    first = f"count <= {c}'d0;"
    then = ""
    if late:
        first += "\nover <= 1'b0;\nunder <= 1'b0;"
        then = {
            "pulse": "over <= overflow;\nunder <= underflow;\n",
            "sticky": "if (overflow) over <= 1'b1;\nif (underflow) under <= 1'b1;\n",
        }[flags]
    puts = f"  store[count[1:0]] <= d;\n  count <= count + {c}'d1;\n"
    then += (
        f"if ({pushes} && !full) begin\n{puts}end else if ({pops} && !empty) begin\n"
        f"  count <= count - {c}'d1;\nend"
    )
    if both == "replace":
        then += " else if (push && pop && !empty) begin\n  store[last] <= d;\nend"
    if depth == 3:
        body = body.replace("count[1:0]", "count")
        then = then.replace("count[1:0]", "count")
    return synchronous(
        "deep_stack", (depth, flags, both), [Port("push"), Port("pop"), Port("d", width)],
        [Port("top", width), Port("count", c), Port("over"), Port("under")], words,
        Sequential(((), 0, 0), step, draw), body=body, first=first, then=then,
    )  # fmt: skip


# ---------------------------------------------------------------- 4: moves

# Of a stack of four places, s0 (the top) to s3: words; how many values it needs and how many it
# adds; what the places become in Verilog (those left out stay); what becomes of the values, the top
# first.
_Move = tuple[str, int, int, dict[str, str], Callable[[_Words, int], _Words]]
_UP = {"s1": "s0", "s2": "s1", "s3": "s2"}
_DOWN = {"s0": "s1", "s1": "s2", "s2": "s3"}
_BELOW = {"s1": "s2", "s2": "s3"}
_MOVES: dict[str, _Move] = {
    "push": ("push d", 0, 1, {"s0": "d", **_UP}, lambda s, d: (d, *s)),
    "drop": ("remove the top value", 1, -1, _DOWN, lambda s, _d: s[1:]),
    "dup": ("push a copy of the top value", 1, 1, _UP, lambda s, _d: (s[0], *s)),
    "swap": ("exchange the two top values", 2, 0, {"s0": "s1", "s1": "s0"},
             lambda s, _d: (s[1], s[0], *s[2:])),
    "over": ("push a copy of the value below the top one", 2, 1, {"s0": "s1", **_UP},
             lambda s, _d: (s[1], *s)),
    "nip": ("remove the value below the top one", 2, -1, _BELOW, lambda s, _d: (s[0], *s[2:])),
    "rotate": ("the third value from the top becomes the top one, and the two above it move down "
               "by one place", 3, 0, {"s0": "s2", "s1": "s0", "s2": "s1"},
               lambda s, _d: (s[2], s[0], s[1], *s[3:])),
    "bury": ("the top value becomes the third one, and the two below it move up by one place", 3,
             0, {"s0": "s1", "s1": "s2", "s2": "s0"}, lambda s, _d: (s[1], s[2], s[0], *s[3:])),
    "tuck": ("put a copy of the top value below the value that is below the top one", 2, 1,
             {"s2": "s0", "s3": "s2"}, lambda s, _d: (s[0], s[1], s[0], *s[2:])),
    "replace": ("replace the top value by d", 1, 0, {"s0": "d"}, lambda s, d: (d, *s[1:])),
    "double": ("push d twice", 0, 2, {"s0": "d", "s1": "d", "s2": "s0", "s3": "s1"},
               lambda s, d: (d, d, *s)),
    "shed": ("remove the two top values", 2, -2, {"s0": "s2", "s1": "s3"}, lambda s, _d: s[2:]),
}  # fmt: skip
# Those that put something in place of one or two values at the top.
_SUMS: dict[str, _Move] = {
    "add": ("replace the two top values by their sum modulo 16", 2, -1,
            {"s0": "s1 + s0", **_BELOW}, lambda s, _d: ((s[1] + s[0]) % 16, *s[2:])),
    "subtract": ("replace the two top values by the lower one minus the top one, modulo 16", 2, -1,
                 {"s0": "s1 - s0", **_BELOW}, lambda s, _d: ((s[1] - s[0]) % 16, *s[2:])),
    "and": ("replace the two top values by their bitwise and", 2, -1, {"s0": "s1 & s0", **_BELOW},
            lambda s, _d: (s[0] & s[1], *s[2:])),
    "xor": ("replace the two top values by their bitwise exclusive-or", 2, -1,
            {"s0": "s1 ^ s0", **_BELOW}, lambda s, _d: ((s[0] | s[1]) - (s[0] & s[1]), *s[2:])),
    "greater": ("replace the two top values by the greater of them (without sign)", 2, -1,
                {"s0": "(s1 > s0) ? s1 : s0", **_BELOW}, lambda s, _d: (max(s[:2]), *s[2:])),
    "less": ("replace the two top values by 1 if the lower one is less than the top one (without "
             "sign), else by 0", 2, -1, {"s0": "{3'd0, s1 < s0}", **_BELOW},
             lambda s, _d: (int(s[1] < s[0]), *s[2:])),
    "equal": ("replace the two top values by 15 if they are equal, else by 0", 2, -1,
              {"s0": "(s1 == s0) ? 4'd15 : 4'd0", **_BELOW},
              lambda s, _d: (15 * (s[0] == s[1]), *s[2:])),
    "negate": ("replace the top value by 16 minus it, modulo 16", 1, 0, {"s0": "4'd0 - s0"},
               lambda s, _d: (-s[0] % 16, *s[1:])),
    "halve": ("replace the top value by half of it, rounded down", 1, 0,
              {"s0": "{1'b0, s0[3:1]}"}, lambda s, _d: (s[0] // 2, *s[1:])),
    "increase": ("replace the top value by it plus 1, modulo 16", 1, 0, {"s0": "s0 + 4'd1"},
                 lambda s, _d: ((s[0] + 1) % 16, *s[1:])),
    "add d": ("replace the top value by it plus d, modulo 16", 1, 0, {"s0": "s0 + d"},
              lambda s, d: ((s[0] + d) % 16, *s[1:])),
}  # fmt: skip


def _arms(chosen: Sequence[str], table: dict[str, _Move]) -> tuple[str, str]:
    """The arms of two cases over op: what it needs and adds; and what it does."""
    needs = does = ""
    for at, name in enumerate(chosen):
        label = f"3'd{at}" if at < len(chosen) - 1 else "default"
        if name == "nothing":
            needs += f"    {label}: begin need = 3'd0; more = 3'd0; end\n"
            does += f"    {label}: ;\n"
            continue
        _, need, adds, places, _ = table[name]
        needs += f"    {label}: begin need = 3'd{need}; more = 3'd{adds % 8}; end\n"
        moves = "".join(f"      {place} <= {value};\n" for place, value in places.items())
        does += f"    {label}: begin\n{moves}    end\n"
    return needs, does


def _ways(draw: Draw, chosen: Sequence[str], table: dict[str, _Move], cycles: int) -> list[int]:
    """Values of op that keep the stack between empty and full more often than not."""
    count, ops = 0, []
    for _ in range(cycles):
        op = draw.below(len(chosen))
        name = chosen[op]
        need, adds = table[name][1:3] if name != "nothing" else (0, 0)
        fits = count >= need and 0 <= count + adds <= 4
        if not fits and draw.chance(0.75):  # another try, most often one that fills it
            low = count < 2 and draw.chance(0.8)
            op = chosen.index("push") if low else draw.below(len(chosen))
            name = chosen[op]
            need, adds = table[name][1:3] if name != "nothing" else (0, 0)
            fits = count >= need and 0 <= count + adds <= 4
        ops.append(op)
        count += adds if fits else 0
    return ops


def _fits(stack: _Words, move: _Move) -> bool:
    return len(stack) >= move[1] and len(stack) + move[2] <= 4


def _moves(number: int) -> Problem:
    pick = Draw("forgegym verilog stack moves", number)
    others = [name for name in _MOVES if name not in ("push", "drop")]
    chosen = pick.shuffle(["push", "drop", "nothing", *pick.shuffle(others)[:5]])
    lines = [
        f"- {at}: {_MOVES[name][0] if name != 'nothing' else 'do nothing'}"
        for at, name in enumerate(chosen)
    ]
    words = "\n".join(
        [
            "A stack of up to 4 values of 4 bits, first empty. What happens to it in a cycle "
            "follows from op in it:",
            *lines,
            "Where the stack has fewer values than op speaks of, or would have more than 4 "
            "afterwards, nothing changes, and refused is 1 in that very cycle; else refused is 0.",
            "top is the top value, second the one below it, each 0 while there is none; count is "
            "the number of values.",
        ]
    )

    def step(stack: _Words, inputs: Inputs) -> tuple[Outputs, _Words]:
        name = chosen[inputs["op"]]
        fits = name == "nothing" or _fits(stack, _MOVES[name])
        top, second = (*stack, 0, 0)[:2]
        outputs = {"top": top, "second": second, "count": len(stack), "refused": int(not fits)}
        if name == "nothing" or not fits:
            return outputs, stack
        return outputs, _MOVES[name][4](stack, inputs["d"])

    def draw(draw: Draw) -> list[dict[str, int]]:
        ops = _ways(draw, chosen, _MOVES, 40)
        return [{"op": op, "d": draw.below(16)} for op in ops]

    needs, does = _arms(chosen, _MOVES)
    body = (
        "reg [3:0] s0;\nreg [3:0] s1;\nreg [3:0] s2;\nreg [3:0] s3;\nreg [2:0] need;\n"
        "reg [2:0] more;\nwire [2:0] after = count + more;\n"
        "assign refused = (count < need) || (after > 3'd4);\n"
        "assign top = (count == 3'd0) ? 4'd0 : s0;\nassign second = (count < 3'd2) ? 4'd0 : s1;\n"
        "// What an operation needs, and how many values it adds, modulo 8.\n"
        f"always @* begin\n  case (op)\n{needs}  endcase\nend\n"
    )
    return synchronous(
        "move_stack", ("moves", number), [Port("op", 3), Port("d", 4)],
        [Port("top", 4), Port("second", 4), Port("count", 3), Port("refused")], words,
        Sequential((), step, draw), body=body, first="count <= 3'd0;",
        then=f"if (!refused) begin\n  count <= after;\n  case (op)\n{does}  endcase\nend",
    )  # fmt: skip


# ---------------------------------------------------------------- 5: machines


def _machine(number: int) -> Problem:
    pick = Draw("forgegym verilog stack machine", number)
    table = {**_MOVES, **_SUMS}
    sums = pick.shuffle(list(_SUMS))[:4]
    others = pick.shuffle([name for name in _MOVES if name not in ("push", "drop", "nothing")])[:2]
    chosen = pick.shuffle(["push", "drop", *others, *sums])
    mends = number % 2 == 0
    words = "\n".join(
        [
            "A calculator with a stack of up to 4 values of 4 bits, first empty. In a cycle where "
            "go is 1 it does what op says:",
            *(f"- {at}: {table[name][0]}" for at, name in enumerate(chosen)),
            "Where the stack has fewer values than op speaks of, or would have more than 4 "
            "afterwards, nothing happens to it, but failed, which is first 0, becomes 1. While "
            "failed is 1 go is ignored. "
            + (
                "In a cycle where mend is 1 failed becomes 0, and the stack stays as it is; go is "
                "ignored in it."
                if mends
                else "In a cycle where mend is 1 failed becomes 0 and the stack becomes empty; go "
                "is ignored in it."
            ),
            "top is the top value, and 0 while there is none; count is the number of values; zero "
            "is 1 while there is a top value and it is 0.",
        ]
    )

    def step(state: tuple[_Words, int], inputs: Inputs) -> tuple[Outputs, tuple[_Words, int]]:
        stack, failed = state
        outputs = {
            "top": (*stack, 0)[0],
            "count": len(stack),
            "zero": int(stack[:1] == (0,)),
            "failed": failed,
        }
        if inputs["mend"]:
            return outputs, (stack if mends else (), 0)
        if failed or not inputs["go"]:
            return outputs, state
        move = table[chosen[inputs["op"]]]
        if not _fits(stack, move):
            return outputs, (stack, 1)
        return outputs, (move[4](stack, inputs["d"]), 0)

    def draw(draw: Draw) -> list[dict[str, int]]:
        few = draw.pick((3, 16, 16))
        found: list[dict[str, int]] = []
        state: tuple[_Words, int] = ((), 0)
        for _ in range(40):
            row = {"go": 1, "op": draw.below(8), "d": draw.below(few)}
            name = chosen[row["op"]]
            if not _fits(state[0], table[name]) and draw.chance(0.85):
                better = [at for at, n in enumerate(chosen) if _fits(state[0], table[n])]
                row["op"] = draw.pick([chosen.index("push") if len(state[0]) < 3 else better[0],
                                       *better])  # fmt: skip
            row["go"] = int(draw.chance(0.92))
            row["mend"] = int(draw.chance(0.5 if state[1] else 0.04))
            _, state = step(state, row)
            found.append(row)
        return found

    needs, does = _arms(chosen, table)
    empties = "" if mends else "  count <= 3'd0;\n"
    body = (
        "reg [3:0] s0;\nreg [3:0] s1;\nreg [3:0] s2;\nreg [3:0] s3;\nreg [2:0] need;\n"
        "reg [2:0] more;\nwire [2:0] after = count + more;\n"
        "wire fits = (count >= need) && (after <= 3'd4);\n"
        "assign top = (count == 3'd0) ? 4'd0 : s0;\n"
        "assign zero = (count != 3'd0) && (s0 == 4'd0);\n"
        "// What an operation needs, and how many values it adds, modulo 8.\n"
        f"always @* begin\n  case (op)\n{needs}  endcase\nend\n"
    )
    inner = f"  case (op)\n{does}  endcase\n".replace("\n", "\n  ").rstrip()
    then = (
        f"if (mend) begin\n  failed <= 1'b0;\n{empties}end else if (go && !failed) begin\n"
        f"  if (fits) begin\n    count <= after;\n  {inner}\n  end else begin\n"
        "    failed <= 1'b1;\n  end\nend"
    )
    return synchronous(
        "calculator", ("machine", number), [Port("go"), Port("op", 3), Port("d", 4), Port("mend")],
        [Port("top", 4), Port("count", 3), Port("zero"), Port("failed")], words,
        Sequential(((), 0), step, draw), body=body, first="count <= 3'd0;\nfailed <= 1'b0;",
        then=then,
    )  # fmt: skip


def _shared(full: str, both: str) -> Problem:
    first_side, other = (both, "right" if both == "left" else "left")
    over = (
        "d is lost, and nothing changes"
        if full == "refuse"
        else "the bottom value of the other stack is lost, if that has one, so that there is room; "
        "else d is lost, and nothing changes"
    )
    words = "\n".join(
        [
            "Two stacks of values of 4 bits, left and right, which share 5 places; both are first "
            "empty. Each can have all of them, if the other has none.",
            "In a cycle where go is 1, one thing is done to one stack, the one that right_side "
            "names (0 left, 1 right), by what is:",
            f"- 0, push: d becomes its top value. Where all 5 places are taken, {over}.",
            "- 1, pop: its top value is removed; while it is empty, nothing happens.",
            "- 2, move: its top value is removed and becomes the top value of the other stack; "
            "while it is empty, nothing happens.",
            f"- 3, empty: it loses all its values if it is the {first_side} one; if it is the "
            f"{other} one, both lose all.",
            "left_top and right_top are the top values, each 0 while there is none; left_count and "
            "right_count are the numbers of values.",
        ]
    )

    def step(state: _Pair, inputs: Inputs) -> tuple[Outputs, _Pair]:
        outputs = {
            "left_top": (0, *state[0])[-1],
            "right_top": (0, *state[1])[-1],
            "left_count": len(state[0]),
            "right_count": len(state[1]),
        }
        if not inputs["go"]:
            return outputs, state
        side = inputs["right_side"]
        own, far = state[side], state[1 - side]
        what = inputs["what"]
        if what == 0:
            if len(own) + len(far) < 5:
                own += (inputs["d"],)
            elif full == "drop" and far:
                own, far = (*own, inputs["d"]), far[1:]
        elif what == 3:
            far = far if side == ("left", "right").index(first_side) else ()
            own = ()
        elif own:
            far = (*far, own[-1]) if what == 2 else far
            own = own[:-1]
        return outputs, (far, own) if side else (own, far)

    def draw(draw: Draw) -> list[dict[str, int]]:
        found: list[dict[str, int]] = []
        while len(found) < 40:
            side = draw.pick((0.1, 0.5, 0.9))
            mood = draw.pick(((0,), (0, 0, 0, 2), (1, 2), (0, 1, 2)))
            for _ in range(draw.between(3, 8)):
                found.append(
                    {
                        "go": int(draw.chance(0.93)),
                        "right_side": int(draw.chance(side)),
                        "what": 3 if draw.chance(0.02) else draw.pick(mood),
                        "d": draw.below(16),
                    }
                )
        return found[:40]

    def asked(text: str) -> list[dict[str, int]]:
        kinds = "+-~0"
        return [
            {
                "go": 1,
                "right_side": int(item[0] == "r"),
                "what": kinds.index(item[1]),
                "d": at + 1 & 15,
            }
            for at, item in enumerate(text.split())
        ]

    edges = [
        asked("l+ l+ l+ l+ l+ l+ r+ l- l- l- l- l- l-"),
        asked("r+ r+ r+ r+ r+ r+ l+ r- r- r- r- r- r-"),
        asked("l+ l+ r+ r+ r+ l+ l+ r- r~ l~ l- l- l-"),
        asked("l+ l+ r+ r+ l0 r- r+ l+ r0 l+ r+ l~ l~"),
        asked("l+ r+ l+ r+ r0 l- l- r- r+ l0 r- l+"),
    ]
    return _shared_problem(full, first_side, words, Sequential(((), ()), step, draw, edges))


def _shared_problem(full: str, first_side: str, words: str, model: Sequential) -> Problem:
    """Each stack is a word of 20 bits, its top at the low end."""
    lines = (
        "reg [19:0] left;\nreg [19:0] right;\n"
        "assign left_top = (left_count == 3'd0) ? 4'd0 : left[3:0];\n"
        "assign right_top = (right_count == 3'd0) ? 4'd0 : right[3:0];\n"
        "wire [2:0] taken = left_count + right_count;\nwire full = (taken == 3'd5);\n"
        "wire [2:0] own_count = right_side ? right_count : left_count;\n"
        "wire [2:0] far_count = right_side ? left_count : right_count;\n"
        "wire [19:0] own = right_side ? right : left;\n"
        "wire [19:0] far = right_side ? left : right;\n"
        "reg [2:0] own_after;\nreg [2:0] far_after;\nreg [19:0] own_next;\nreg [19:0] far_next;\n"
    )
    far_side = "right_side" if first_side == "left" else "!right_side"
    push = (
        "      2'd0: if (!full) begin\n        own_next = {own[15:0], d};\n"
        "        own_after = own_count + 3'd1;\n      end"
    )
    if full == "drop":
        push += (
            " else if (far_count != 3'd0) begin\n        own_next = {own[15:0], d};\n"
            "        own_after = own_count + 3'd1;\n        far_after = far_count - 3'd1;\n"
            "      end"
        )
    lines += (
        "always @* begin\n  own_after = own_count;\n  far_after = far_count;\n"
        "  own_next = own;\n  far_next = far;\n  if (go) begin\n    case (what)\n"
        f"{push}\n"
        "      2'd1: if (own_count != 3'd0) begin\n        own_next = {4'd0, own[19:4]};\n"
        "        own_after = own_count - 3'd1;\n      end\n"
        "      2'd2: if (own_count != 3'd0) begin\n        own_next = {4'd0, own[19:4]};\n"
        "        own_after = own_count - 3'd1;\n        far_next = {far[15:0], own[3:0]};\n"
        "        far_after = far_count + 3'd1;\n      end\n"
        f"      default: begin\n        own_after = 3'd0;\n"
        f"        if ({far_side}) far_after = 3'd0;\n      end\n    endcase\n  end\nend\n"
    )
    return synchronous(
        "twin_stacks", (full, first_side),
        [Port("go"), Port("right_side"), Port("what", 2), Port("d", 4)],
        [Port("left_top", 4), Port("right_top", 4), Port("left_count", 3), Port("right_count", 3)],
        words, model, body=lines, first="left_count <= 3'd0;\nright_count <= 3'd0;",
        then="left <= right_side ? far_next : own_next;\n"
        "right <= right_side ? own_next : far_next;\n"
        "left_count <= right_side ? far_after : own_after;\n"
        "right_count <= right_side ? own_after : far_after;",
    )  # fmt: skip


def _marks(nested: str, both: str) -> Problem:
    many = nested == "many"
    again = (
        "Up to 2 marks are kept; a mark while there are 2 is ignored."
        if many
        else "There is one mark at most: a mark while there is one takes its place."
    )
    newest = "the newest mark" if many else "the mark"
    gone = "and the mark itself" if both == "back" else "but the mark itself stays"
    words = "\n".join(
        [
            "A stack of up to 4 values of 4 bits, first empty, in which heights can be marked. In "
            "each cycle one thing happens at most, by op in it:",
            "- 0: nothing.",
            "- 1, push: d becomes the top value; while there are 4, d is lost.",
            f"- 2, pop: the top value is removed, unless the stack is empty or as high as "
            f"{newest} says: then nothing happens.",
            f"- 3, mark: the height of the stack (the number of its values) is marked. {again}",
            f"- 4, return: the values above the height of {newest} are removed, {gone}. Without a "
            "mark all values are removed.",
            f"- 5, forget: {newest} is removed; the values stay. Without a mark nothing happens.",
            "- 6 and 7: nothing.",
            "top is the top value, and 0 while the stack is empty; count is its height; "
            + ("marks is the number of marks; " if many else "marked is 1 while there is a mark; ")
            + f"floor_at is the height of {newest}, and 0 while there is none.",
        ]
    )

    def step(state: _Pair, inputs: Inputs) -> tuple[Outputs, _Pair]:
        stack, marks = state
        floor = marks[-1] if marks else 0
        outputs = {
            "top": (0, *stack)[-1],
            "count": len(stack),
            ("marks" if many else "marked"): len(marks),
            "floor_at": floor,
        }
        op = inputs["op"]
        if op == 1 and len(stack) < 4:
            stack += (inputs["d"],)
        elif op == 2 and len(stack) > floor:
            stack = stack[:-1]
        elif op == 3:
            if not many:
                marks = (len(stack),)
            elif len(marks) < 2:
                marks += (len(stack),)
        elif op == 4:
            stack = stack[:floor]
            marks = marks[:-1] if both == "back" else marks
        elif op == 5:
            marks = marks[:-1]
        return outputs, (stack, marks)

    def draw(draw: Draw) -> list[dict[str, int]]:
        found: list[dict[str, int]] = []
        while len(found) < 40:
            mood = draw.pick(((1, 1, 1, 3), (2, 2, 2, 5), (1, 2, 3, 4, 5), (1, 1, 3, 4), (0, 6, 7)))
            for _ in range(draw.between(2, 6)):
                found.append({"op": draw.pick(mood), "d": draw.below(16)})
        return found[:40]

    def asked(*ops: int) -> list[dict[str, int]]:
        return [{"op": op, "d": at * 7 + 3 & 15} for at, op in enumerate(ops)]

    edges = [
        asked(1, 3, 1, 3, 1, 3, 2, 2, 4, 2, 4, 2, 4, 2, 2),
        asked(1, 1, 1, 1, 1, 3, 2, 5, 2, 3, 2, 5, 2, 2, 2),
        asked(1, 3, 1, 1, 4, 1, 4, 5, 2, 5, 1, 4),
        asked(1, 1, 4, 1, 1, 3, 1, 3, 1, 5, 2, 2, 2, 5, 2, 2),
        asked(3, 1, 6, 7, 0, 2, 2, 3, 1, 3, 4, 4, 4),
    ]
    body = (
        "reg [3:0] store [0:3];\nwire [1:0] last = count[1:0] - 2'd1;\n"
        "assign top = (count == 3'd0) ? 4'd0 : store[last];\n"
    )
    if many:
        body += (
            "reg [2:0] mark0;\nreg [2:0] mark1;\n"
            "assign floor_at = (marks == 2'd0) ? 3'd0 : (marks == 2'd1) ? mark0 : mark1;\n"
        )
        first = "count <= 3'd0;\nmarks <= 2'd0;"
        mark = (
            "if (marks != 2'd2) begin\n      marks <= marks + 2'd1;\n"
            "      if (marks == 2'd0) mark0 <= count;\n      else mark1 <= count;\n    end"
        )
        forget = "if (marks != 2'd0) marks <= marks - 2'd1;"
    else:
        body += "reg [2:0] mark;\nassign floor_at = marked ? mark : 3'd0;\n"
        first = "count <= 3'd0;\nmarked <= 1'b0;"
        mark = "marked <= 1'b1;\n    mark <= count;"
        forget = "marked <= 1'b0;"
    back = f"\n    {forget}" if both == "back" else ""
    then = (
        "case (op)\n  3'd1: if (count != 3'd4) begin\n    store[count[1:0]] <= d;\n"
        "    count <= count + 3'd1;\n  end\n"
        "  3'd2: if (count != floor_at) count <= count - 3'd1;\n"
        f"  3'd3: begin\n    {mark}\n  end\n"
        f"  3'd4: begin\n    count <= floor_at;{back}\n  end\n"
        f"  3'd5: {forget}\n  default: ;\nendcase"
    )
    return synchronous(
        "marked_stack", (nested, both), [Port("op", 3), Port("d", 4)],
        [Port("top", 4), Port("count", 3), Port("marks", 2) if many else Port("marked"),
         Port("floor_at", 3)], words,
        Sequential(((), ()), step, draw, edges), body=body, first=first, then=then,
    )  # fmt: skip


def _calls(full: str, number: int) -> Problem:
    stride = (1, 2)[number]
    home = (0, 8)[number]
    over = (
        "the call is ignored: place goes on like in any other cycle"
        if full == "stay"
        else "the oldest address is lost to make room"
    )
    words = "\n".join(
        [
            f"A program counter of 4 bits, place, first {home}, with a stack of up to 3 addresses "
            "to return to, first empty. All sums are modulo 16. In a cycle where go is 0 nothing "
            "changes. Where go is 1, op says what happens:",
            f"- 0, on: place goes up by {stride}.",
            "- 1, jump: place takes target.",
            f"- 2, call: place + {stride} is pushed, and place takes target. While there are 3 "
            f"addresses, {over}.",
            "- 3, return: place takes the top address, which is removed. While the stack is empty, "
            f"place becomes {home}, and fault, which is first 0, becomes 1 and stays 1.",
            "depth is the number of addresses on the stack; next_return is the top one, and 0 "
            "while there is none.",
        ]
    )

    def step(state: _Calls, inputs: Inputs) -> tuple[Outputs, _Calls]:
        place, stack, fault = state
        outputs = {
            "place": place,
            "depth": len(stack),
            "next_return": (0, *stack)[-1],
            "fault": fault,
        }
        if not inputs["go"]:
            return outputs, state
        op, on = inputs["op"], (place + stride) % 16
        if op == 1:
            return outputs, (inputs["target"], stack, fault)
        if op == 2 and not (full == "stay" and len(stack) == 3):
            return outputs, (inputs["target"], (*stack, on)[-3:], fault)
        if op == 3:
            if not stack:
                return outputs, (home, stack, 1)
            return outputs, (stack[-1], stack[:-1], fault)
        return outputs, (on, stack, fault)

    def draw(draw: Draw) -> list[dict[str, int]]:
        found: list[dict[str, int]] = []
        while len(found) < 40:
            mood = draw.pick(((2, 2, 0), (3, 3, 0), (0, 1, 2, 3), (2, 2, 2, 3), (2, 3, 3)))
            for _ in range(draw.between(2, 6)):
                found.append(
                    {
                        "go": int(draw.chance(0.9)),
                        "op": draw.pick(mood),
                        "target": draw.below(16),
                    }
                )
        return found[:40]

    def asked(*ops: int) -> list[dict[str, int]]:
        return [{"go": 1, "op": op, "target": at * 5 + 2 & 15} for at, op in enumerate(ops)]

    edges = [
        asked(2, 2, 2, 2, 3, 3, 3, 3, 0, 0),
        asked(0, 2, 0, 2, 0, 2, 0, 2, 2, 3, 3, 3, 0, 0),
        asked(3, 0, 2, 3, 3, 0),
    ]
    body = (
        "reg [3:0] upper;\nreg [3:0] middle;\nreg [3:0] lower;\n"
        f"wire [3:0] on = place + 4'd{stride};\n"
        "assign next_return = (depth == 2'd0) ? 4'd0 : upper;\n"
    )
    put = "upper <= on;\n      middle <= upper;\n      lower <= middle;\n      place <= target;\n"
    if full == "stay":
        call = (
            f"    2'd2: if (depth != 2'd3) begin\n      {put}      depth <= depth + 2'd1;\n"
            "    end else begin\n      place <= on;\n    end\n"
        )
    else:
        call = (
            f"    2'd2: begin\n      {put}      if (depth != 2'd3) depth <= depth + 2'd1;\n"
            "    end\n"
        )
    then = (
        "if (go) begin\n  case (op)\n    2'd0: place <= on;\n    2'd1: place <= target;\n"
        f"{call}    default: if (depth != 2'd0) begin\n      place <= upper;\n"
        "      upper <= middle;\n      middle <= lower;\n      depth <= depth - 2'd1;\n"
        f"    end else begin\n      place <= 4'd{home};\n      fault <= 1'b1;\n    end\n"
        "  endcase\nend"
    )
    return synchronous(
        "call_stack", (full, number), [Port("go"), Port("op", 2), Port("target", 4)],
        [Port("place", 4), Port("depth", 2), Port("next_return", 4), Port("fault")], words,
        Sequential((home, (), 0), step, draw, edges), body=body,
        first=f"place <= 4'd{home};\ndepth <= 2'd0;\nfault <= 1'b0;", then=then,
    )  # fmt: skip


def _brackets(wrong: str, depth: int) -> Problem:
    c = depth.bit_length()
    mistakes = (
        "A mistake changes nothing else, makes bad, which is first 0, 1, and is the last thing "
        "that is read: while bad is 1 all brackets are ignored."
        if wrong == "stop"
        else "A mistake is counted in mistakes, which is first 0 and stays at 3, and changes "
        "nothing else, except that a closing bracket of the wrong kind closes the innermost open "
        "one all the same."
    )
    words = "\n".join(
        [
            "It reads brackets of two kinds, round and square, one in each cycle where valid is "
            "1: square_kind is 1 for a square one and 0 for a round one; close is 0 for an opening "
            f"one and 1 for a closing one. Up to {depth} brackets can be open; first none is.",
            "- An opening bracket is open from then on, and the innermost.",
            "- A closing bracket closes the innermost open one, if that is of its kind.",
            f"- Mistakes are: an opening bracket while {depth} are open; a closing one while none "
            f"is open; a closing one whose kind is not that of the innermost. {mistakes}",
            "open is the number of open brackets; inner is 1 if the innermost is a square one, and "
            "0 if it is round or there is none. matched is 1 in the cycle after one in which a "
            "closing bracket has closed one of its kind, else 0.",
            "In a cycle where again is 1 all open brackets and all that was found are forgotten: "
            "the next cycle shows the first state. A bracket in it is ignored.",
        ]
    )

    def step(state: _Read, inputs: Inputs) -> tuple[Outputs, _Read]:
        text, found, matched = state
        outputs = {
            "open": len(text),
            "inner": int(text.endswith("[")),
            "matched": matched,
            ("bad" if wrong == "stop" else "mistakes"): found,
        }
        if inputs["again"]:
            return outputs, ("", 0, 0)
        if not inputs["valid"] or (wrong == "stop" and found):
            return outputs, (text, found, 0)
        own = "(["[inputs["square_kind"]]
        if not inputs["close"]:
            if len(text) < depth:
                return outputs, (text + own, found, 0)
        elif text.endswith(own):
            return outputs, (text[:-1], found, 1)
        elif wrong == "count":
            text = text[:-1]
        return outputs, (text, min(found + 1, 1 if wrong == "stop" else 3), 0)

    def draw(draw: Draw) -> list[dict[str, int]]:
        state: _Read = ("", 0, 0)
        found: list[dict[str, int]] = []
        opens = draw.pick((0.5, 0.65))
        right = draw.pick((0.75, 0.97))
        for _ in range(40):
            row = {
                "valid": int(draw.chance(0.9)),
                "close": int(not draw.chance(opens)),
                "square_kind": draw.below(2),
                "again": int(draw.chance(0.3 if wrong == "stop" and state[1] else 0.02)),
            }
            if row["close"] and draw.chance(right):
                row["square_kind"] = int(state[0].endswith("["))
                row["close"] = int(bool(state[0]))
            if not row["close"] and len(state[0]) == depth and draw.chance(right):
                row |= {"close": 1, "square_kind": int(state[0].endswith("["))}
            _, state = step(state, row)
            found.append(row)
        return found

    def read(text: str) -> list[dict[str, int]]:
        return [
            {
                "valid": int(mark in "()[]"),
                "close": int(mark in ")]"),
                "square_kind": int(mark in "[]"),
                "again": int(mark == "!"),
            }
            for mark in text
        ]

    edges = [read(t) for t in ("([([][]!()", "[[[[[]]]]]", "(((((())))))", "[)()]](", "(]!)![([)")]
    stop = wrong == "stop"
    flag = "bad" if stop else "mistakes"
    body = (
        f"reg [{depth - 1}:0] kinds;\nassign inner = (open != {c}'d0) && kinds[0];\n"
        + ("wire take = valid && !bad;\n" if stop else "wire take = valid;\n")
        + f"wire put = take && !close && (open != {c}'d{depth});\n"
        f"wire some = take && close && (open != {c}'d0);\n"
        "wire fits = some && (kinds[0] == square_kind);\n"
    )
    if not stop:
        body = body.replace("wire take = valid;\n", "").replace("take", "valid")
    zero = f"open <= {c}'d0;\nmatched <= 1'b0;\n{flag} <= {'1' if stop else '2'}'d0;"
    cleared = zero.replace("\n", "\n  ")
    takes = "fits" if stop else "some"
    counts = (
        "if (take && !put && !fits) bad <= 1'b1;"
        if stop
        else "if (valid && !put && !fits && mistakes != 2'd3) mistakes <= mistakes + 2'd1;"
    )
    then = (
        f"if (again) begin\n  {cleared}\nend else begin\n  matched <= fits;\n  {counts}\n"
        f"  if (put) begin\n    kinds <= {{kinds[{depth - 2}:0], square_kind}};\n"
        f"    open <= open + {c}'d1;\n  end else if ({takes}) begin\n"
        f"    kinds <= {{1'b0, kinds[{depth - 1}:1]}};\n    open <= open - {c}'d1;\n  end\nend"
    )
    return synchronous(
        "bracket_reader", (wrong, depth),
        [Port("valid"), Port("close"), Port("square_kind"), Port("again")],
        [Port("open", c), Port("inner"), Port("matched"), Port(flag, 1 if stop else 2)], words,
        Sequential(("", 0, 0), step, draw, edges), body=body, first=zero, then=then,
    )  # fmt: skip
