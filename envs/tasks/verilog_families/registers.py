"""Registers: one of them, with enables and masks, shadows and captures, and small banks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from ....verifiers.verilog.interface import Port
from ..draw import Draw
from .family import Inputs, Outputs, Problem, Sequential, family
from .synchronous import Chance, rows, sparse, synchronous


def _variants(level: int) -> Sequence[tuple[Any, ...]]:
    if level == 1:
        return [
            (level, kind, width, "")
            for kind in ("plain", "inverted", "swapped", "reversed", "gray", "hold", "enable",
                         "clear", "ones", "toggle", "collect", "keep")
            for width in (4, 6)
        ]  # fmt: skip
    if level == 2:
        return [
            *((level, "bits", 4, winner) for winner in ("set", "clear", "neither", "toggle")),
            *((level, "load", 5, winner) for winner in ("load", "clear")),
            *((level, "mask", 6, taken) for taken in ("1", "0")),
            *((level, "halves", 6, other) for other in ("stay", "zero")),
            *((level, "shadow", 4, seen) for seen in ("old", "new")),
            *((level, "capture", 4, edge) for edge in ("rising", "falling", "both")),
            *((level, "once", 4, winner) for winner in ("take", "clear")),
            *((level, "record", 5, which) for which in ("greatest", "smallest")),
        ]
    if level == 3:
        return [
            *((level, "pair", 4, str(number)) for number in range(7)),
            *((level, "status", 4, f"{clears} {winner}")
              for clears in ("ones", "zeros", "all") for winner in ("event", "clear")),
            *((level, "pending", 4, f"{seen} {again}")
              for seen in ("old", "new") for again in ("replace", "keep")),
            *((level, "history", 4, edge) for edge in ("rising", "falling")),
        ]  # fmt: skip
    if level == 4:
        return [(level, "bank", number, "") for number in range(14)]
    return [(level, "control", number, "") for number in range(16)]


@family("register", _variants)
def register(level: int, kind: str, number: int, option: str) -> Problem:
    if level == 1:
        return _one(kind, number)
    if level == 4:
        return _bank(number)
    if level == 5:
        return _control(number)
    makers: dict[str, Callable[[int, str], Problem]] = {
        "bits": _bits, "load": _load, "mask": _mask, "halves": _halves, "shadow": _shadow,
        "capture": _capture, "once": _once, "record": _record, "pair": _pair, "status": _status,
        "pending": _pending, "history": _history,
    }  # fmt: skip
    return makers[kind](number, option)


# ---------------------------------------------------------------- 1: one register


def _one(kind: str, width: int) -> Problem:
    top, half = (1 << width) - 1, width // 2
    first = Draw("forgegym verilog register", kind, width).between(1, top - 1)
    if kind == "collect":
        first = 0
    if kind == "keep":
        first = top
    backwards = ", ".join(f"d[{bit}]" for bit in range(width))
    low, high = f"d[{half - 1}:0]", f"d[{width - 1}:{half}]"
    words, statement = {
        "plain": ("takes d", "q <= d;"),
        "inverted": ("takes d with every bit inverted", "q <= ~d;"),
        "swapped": (
            f"takes d with its halves exchanged: the low {half} bits of d become the high ones of "
            "q, and the high ones the low ones",
            f"q <= {{{low}, {high}}};",
        ),
        "reversed": (
            f"takes d with its bits in reverse order: bit 0 of d becomes bit {width - 1} of q, "
            "and so on",
            f"q <= {{{backwards}}};",
        ),
        "gray": (
            "takes d in Gray code: its highest bit is that of d, and each other bit i is bit i of "
            "d exclusive-or bit i+1 of d",
            "q <= d ^ (d >> 1);",
        ),
        "hold": ("takes d where hold is 0, and keeps its value where hold is 1",
                 "if (!hold) q <= d;"),
        "enable": ("takes d where en is 1, and keeps its value where en is 0", "if (en) q <= d;"),
        "clear": ("becomes 0 where clear is 1, and takes d where clear is 0",
                  f"q <= clear ? {width}'d0 : d;"),
        "ones": (f"becomes {top} (all ones) where fill is 1, and takes d where fill is 0",
                 f"q <= fill ? {width}'d{top} : d;"),
        "toggle": ("changes those of its bits that are 1 in d, and keeps the others",
                   "q <= q ^ d;"),
        "collect": ("sets those of its bits that are 1 in d, and keeps the others", "q <= q | d;"),
        "keep": ("clears those of its bits that are 0 in d, and keeps the others", "q <= q & d;"),
    }[kind]  # fmt: skip
    control = {"hold": "hold", "enable": "en", "clear": "clear", "ones": "fill"}.get(kind)
    inputs = ([Port(control)] if control else []) + [Port("d", width)]
    words = f"A register q of {width} bits, first {first}. In every cycle it {words}."

    def following(q: int, inputs: Inputs) -> int:
        d, on = inputs["d"], bool(control and inputs[control])
        text = f"{d:0{width}b}"
        if kind == "gray":
            bits = [text[0]] + [str(int(a != b)) for a, b in pairwise(text)]
            return int("".join(bits), 2)
        found = {
            "inverted": top - d,
            "swapped": int(text[half:] + text[:half], 2),
            "reversed": int(text[::-1], 2),
            "hold": q if on else d,
            "enable": d if on else q,
            "clear": 0 if on else d,
            "ones": top if on else d,
            "toggle": sum(((q >> i) + (d >> i)) % 2 << i for i in range(width)),
            "collect": q + d - (q & d),
            "keep": q - (q & (top - d)),
        }
        return found.get(kind, d)

    def step(q: int, inputs: Inputs) -> tuple[Outputs, int]:
        return {"q": q}, following(q, inputs)

    def draw(draw: Draw) -> list[dict[str, int]]:
        chances: dict[str, Chance] = {control: 0.5} if control else {}
        drawn = rows(draw, 20, {**chances, "d": top + 1})
        if kind in ("collect", "keep"):
            for row in drawn:
                few = sparse(draw, width)
                row["d"] = few if kind == "collect" else top - few
        return drawn

    return synchronous(
        "register", (kind, width), inputs, [Port("q", width)], words,
        Sequential(first, step, draw), first=f"q <= {width}'d{first};", then=statement,
    )  # fmt: skip


# ---------------------------------------------------------------- 2: two things asked at once


def _bits(width: int, winner: str) -> Problem:
    both = {
        "set": "it becomes 1 where both are 1",
        "clear": "it becomes 0 where both are 1",
        "neither": "it keeps its value where both are 1",
        "toggle": "it changes its value where both are 1",
    }[winner]
    words = (
        f"A register q of {width} bits, first 0, each bit on its own. Bit i of q becomes 1 where "
        f"bit i of mark is 1 and bit i of clear is 0; it becomes 0 where bit i of clear is 1 and "
        f"bit i of mark is 0; {both}; it keeps its value where both are 0. any is 1 while q is not "
        "0."
    )
    then = {
        "set": "q <= (q & ~clear) | mark;",
        "clear": "q <= (q | mark) & ~clear;",
        "neither": "q <= (q & ~(clear & ~mark)) | (mark & ~clear);",
        "toggle": "q <= (mark & ~q) | (~clear & q);",
    }[winner]

    def step(q: int, inputs: Inputs) -> tuple[Outputs, int]:
        following = 0
        for bit in range(width):
            old, one, zero = (value >> bit & 1 for value in (q, inputs["mark"], inputs["clear"]))
            when_both = {"set": 1, "clear": 0, "neither": old, "toggle": 1 - old}[winner]
            following |= {(0, 0): old, (1, 0): 1, (0, 1): 0, (1, 1): when_both}[one, zero] << bit
        return {"q": q, "any": int(q > 0)}, following

    def draw(draw: Draw) -> list[dict[str, int]]:
        size = 1 << width
        drawn = rows(draw, 24, {"mark": size, "clear": size})
        return [{**row, "mark": 0} if draw.chance(0.3) else row for row in drawn]

    return synchronous(
        "set_clear", (width, winner), [Port("mark", width), Port("clear", width)],
        [Port("q", width), Port("any")], words, Sequential(0, step, draw),
        body="assign any = |q;\n", first=f"q <= {width}'d0;", then=then,
    )  # fmt: skip


def _load(width: int, winner: str) -> Problem:
    size = 1 << width
    words = (
        f"A register of {width} bits, first 0, and a flag valid, first 0. In a cycle where load is "
        "1 the register takes d and valid becomes 1; where clear is 1 it stays and valid becomes "
        f"0. Where both are 1, only {winner} counts. Where neither is, nothing changes. q is the "
        "register's value while valid is 1, and 0 while valid is 0."
    )
    load, clear = "kept <= d;\n  valid <= 1'b1;", "valid <= 1'b0;"
    order = [("load", load), ("clear", clear)]
    if winner == "clear":
        order.reverse()

    def step(state: tuple[int, int], inputs: Inputs) -> tuple[Outputs, tuple[int, int]]:
        kept, valid = state
        asked = [name for name in ("load", "clear") if inputs[name]]
        does = winner if len(asked) == 2 else "".join(asked)
        after = {"load": (inputs["d"], 1), "clear": (kept, 0)}.get(does, state)
        return {"q": kept * valid, "valid": valid}, after

    def draw(draw: Draw) -> list[dict[str, int]]:
        return rows(draw, 24, {"load": 0.5, "clear": 0.4, "d": size})

    return synchronous(
        "loadable", (width, winner), [Port("load"), Port("clear"), Port("d", width)],
        [Port("q", width), Port("valid")], words, Sequential((0, 0), step, draw),
        body=f"reg [{width - 1}:0] kept;\nassign q = valid ? kept : {width}'d0;\n",
        first=f"kept <= {width}'d0;\nvalid <= 1'b0;",
        then=f"if ({order[0][0]}) begin\n  {order[0][1]}\nend else if ({order[1][0]}) begin\n"
        f"  {order[1][1]}\nend",
    )  # fmt: skip


def _mask(width: int, taken: str) -> Problem:
    top = (1 << width) - 1
    words = (
        f"A register q of {width} bits, first {top} (all ones). In a cycle where write is 1 each "
        f"bit of q whose bit in mask is {taken} takes that bit of d, and each other bit stays. "
        "Where write is 0 nothing changes. same is 1 in a cycle where write is 1 and q will have "
        "the same value after it as in it, else 0."
    )
    on, off = ("mask", "~mask") if taken == "1" else ("~mask", "mask")

    def step(q: int, inputs: Inputs) -> tuple[Outputs, int]:
        old, mask, d = (f"{v:0{width}b}" for v in (q, inputs["mask"], inputs["d"]))
        mixed = "".join(new if m == taken else o for o, m, new in zip(old, mask, d, strict=True))
        after = int(mixed, 2) if inputs["write"] else q
        return {"q": q, "same": int(inputs["write"] == 1 and after == q)}, after

    def draw(draw: Draw) -> list[dict[str, int]]:
        drawn = rows(draw, 24, {"write": 0.7, "mask": top + 1, "d": top + 1})
        for at, row in enumerate(drawn):
            if draw.chance(0.4):  # close to what is there
                row["d"] = drawn[max(0, at - 1)]["d"]
        return drawn

    every = top if taken == "1" else 0
    edges = [[{"write": 1, "mask": every, "d": 5}] * 2 + [{"write": 0, "mask": every, "d": 5}]]
    return synchronous(
        "masked", (width, taken), [Port("write"), Port("mask", width), Port("d", width)],
        [Port("q", width), Port("same")], words, Sequential(top, step, draw, edges),
        body=f"wire [{width - 1}:0] mixed = (d & {on}) | (q & {off});\n"
        "assign same = write && (mixed == q);\n",
        first=f"q <= {width}'d{top};", then="if (write) q <= mixed;",
    )  # fmt: skip


def _halves(width: int, other: str) -> Problem:
    half = width // 2
    size = 1 << half
    rest = (
        "The half that is not written keeps its value"
        if other == "stay"
        else "Where exactly one half is written, the other one becomes 0"
    )
    words = (
        f"A register q of {width} bits, first 0. In a cycle where write_low is 1, bits {half - 1} "
        f"to 0 of q take those of d; where write_high is 1, bits {width - 1} to {half} of q take "
        f"those of d; both may be 1. {rest}; where neither is written nothing changes."
    )
    low, high = f"[{half - 1}:0]", f"[{width - 1}:{half}]"
    zero = f"{half}'d0"
    then = (
        f"if (write_low) q{low} <= d{low};\nif (write_high) q{high} <= d{high};"
        if other == "stay"
        else f"if (write_low || write_high) begin\n  q{low} <= write_low ? d{low} : {zero};\n"
        f"  q{high} <= write_high ? d{high} : {zero};\nend"
    )

    def step(q: tuple[int, int], inputs: Inputs) -> tuple[Outputs, tuple[int, int]]:
        new = divmod(inputs["d"], size)
        writes = (inputs["write_high"], inputs["write_low"])
        kept = (0, 0) if other == "zero" and any(writes) else q
        high, low = (n if w else k for n, w, k in zip(new, writes, kept, strict=True))
        return {"q": q[0] * size + q[1]}, (high, low)

    def draw(draw: Draw) -> list[dict[str, int]]:
        return rows(draw, 24, {"write_low": 0.5, "write_high": 0.5, "d": size * size})

    return synchronous(
        "halves", (width, other), [Port("write_low"), Port("write_high"), Port("d", width)],
        [Port("q", width)], words, Sequential((0, 0), step, draw),
        first=f"q <= {width}'d0;", then=then,
    )  # fmt: skip


def _shadow(width: int, seen: str) -> Problem:
    both = (
        "the shadow as it was before" if seen == "old" else "d, which is also what the shadow takes"
    )
    words = (
        f"A register q of {width} bits with a shadow, both first 0. In a cycle where write is 1 "
        "the shadow takes d. In a cycle where commit is 1 q takes the shadow. Where both are 1, q "
        f"takes {both}. differ is 1 while q and the shadow are not equal."
    )
    taken = "shadow" if seen == "old" else "write ? d : shadow"

    def step(state: tuple[int, int], inputs: Inputs) -> tuple[Outputs, tuple[int, int]]:
        q, shadow = state
        after = inputs["d"] if inputs["write"] else shadow
        if inputs["commit"]:
            q = shadow if seen == "old" else after
        return {"q": state[0], "differ": int(state[0] != shadow)}, (q, after)

    def draw(draw: Draw) -> list[dict[str, int]]:
        return rows(draw, 24, {"write": 0.5, "commit": 0.4, "d": 1 << width})

    return synchronous(
        "shadowed", (width, seen), [Port("write"), Port("commit"), Port("d", width)],
        [Port("q", width), Port("differ")], words, Sequential((0, 0), step, draw),
        body=f"reg [{width - 1}:0] shadow;\nassign differ = (q != shadow);\n",
        first=f"q <= {width}'d0;\nshadow <= {width}'d0;",
        then=f"if (write) shadow <= d;\nif (commit) q <= {taken};",
    )  # fmt: skip


def _capture(width: int, edge: str) -> Problem:
    when, now = {
        "rising": ("strobe is 1 and was 0 in the cycle before", "strobe && !last"),
        "falling": ("strobe is 0 and was 1 in the cycle before", "!strobe && last"),
        "both": ("strobe is not what it was in the cycle before", "strobe != last"),
    }[edge]
    words = (
        f"A register q of {width} bits, first 0. It takes d in a cycle where {when}; it keeps its "
        "value in all others. In the first state strobe counts as having been 0. fresh is 1 in "
        "the cycle after one in which q took d, else 0; first 0."
    )

    def step(state: tuple[int, int, int], inputs: Inputs) -> tuple[Outputs, tuple[int, int, int]]:
        q, last, fresh = state
        change = inputs["strobe"] - last
        takes = change != 0 if edge == "both" else change == (1 if edge == "rising" else -1)
        after = (inputs["d"] if takes else q, inputs["strobe"], int(takes))
        return {"q": q, "fresh": fresh}, after

    def draw(draw: Draw) -> list[dict[str, int]]:
        return rows(draw, 24, {"strobe": 0.5, "d": 1 << width})

    return synchronous(
        "capture", (width, edge), [Port("strobe"), Port("d", width)],
        [Port("q", width), Port("fresh")], words, Sequential((0, 0, 0), step, draw),
        body=f"reg last;\nwire take = {now};\n",
        first=f"q <= {width}'d0;\nlast <= 1'b0;\nfresh <= 1'b0;",
        then="last <= strobe;\nfresh <= take;\nif (take) q <= d;",
    )  # fmt: skip


def _once(width: int, winner: str) -> Problem:
    both = (
        "q takes d and taken is 1 after it, whatever taken is in it"
        if winner == "take"
        else "q becomes 0 and taken becomes 0"
    )
    words = (
        f"A register q of {width} bits, first 0, and a flag taken, first 0. In a cycle where take "
        "is 1, clear is 0 and taken is 0, q takes d and taken becomes 1; while taken is 1, take "
        "alone changes nothing. In a cycle where clear is 1 and take is 0, q becomes 0 and taken "
        f"becomes 0. Where take and clear are both 1, {both}."
    )
    none = f"q <= {width}'d0;\n  taken <= 1'b0;"
    takes = "q <= d;\n  taken <= 1'b1;"
    then = (
        f"if (take && (clear || !taken)) begin\n  {takes}\nend else if (clear) begin\n  {none}\nend"
        if winner == "take"
        else f"if (clear) begin\n  {none}\nend else if (take && !taken) begin\n  {takes}\nend"
    )

    def step(state: tuple[int, ...], inputs: Inputs) -> tuple[Outputs, tuple[int, ...]]:
        # The state is what was taken: nothing or one value.
        after = () if inputs["clear"] else state
        if inputs["take"] and not after and not (inputs["clear"] and winner == "clear"):
            after = (inputs["d"],)
        return {"q": sum(state), "taken": len(state)}, after

    def draw(draw: Draw) -> list[dict[str, int]]:
        return rows(draw, 24, {"take": 0.5, "clear": 0.3, "d": 1 << width})

    return synchronous(
        "first_value", (width, winner), [Port("take"), Port("clear"), Port("d", width)],
        [Port("q", width), Port("taken")], words, Sequential((), step, draw),
        first=f"q <= {width}'d0;\ntaken <= 1'b0;", then=then,
    )  # fmt: skip


def _record(width: int, which: str) -> Problem:
    top = (1 << width) - 1
    first = 0 if which == "greatest" else top
    sign = ">" if which == "greatest" else "<"
    words = (
        f"q is the {which} d (without sign) of the cycles before in which valid was 1, since the "
        f"reset or the last cycle where clear was 1; {first} if there was none. A cycle where "
        "clear is 1 forgets all that came before, but a d that is valid in that very cycle is the "
        "first of the new ones. better is 1, in the same cycle, where valid is 1, clear is 0 and d "
        f"is {'greater' if which == 'greatest' else 'smaller'} than q."
    )
    best = max if which == "greatest" else min

    def step(seen: frozenset[int], inputs: Inputs) -> tuple[Outputs, frozenset[int]]:
        q = best(seen, default=first)
        valid, d = inputs["valid"], inputs["d"]
        better = valid and not inputs["clear"] and d != q and best(q, d) == d
        after = frozenset() if inputs["clear"] else seen
        return {"q": q, "better": int(better)}, after | {d} if valid else after

    def draw(draw: Draw) -> list[dict[str, int]]:
        drawn = rows(draw, 32, {"valid": 0.8, "clear": 0.15, "d": top + 1})
        for row in drawn:  # near the other end, so that records go on being broken
            d = min(row["d"], draw.below(top + 1), draw.below(top + 1))
            row["d"] = d if which == "greatest" else top - d
        return drawn

    def calm(*values: int) -> list[dict[str, int]]:
        return [{"valid": 1, "clear": 0, "d": value} for value in values]

    edges = [calm(9, 9, 10, 9, 8, 7, 7), calm(first, top - first, first)]
    return synchronous(
        "record", (width, which), [Port("valid"), Port("clear"), Port("d", width)],
        [Port("q", width), Port("better")], words, Sequential(frozenset(), step, draw, edges),
        body=f"assign better = valid && !clear && (d {sign} q);\n",
        first=f"q <= {width}'d{first};",
        then=f"if (clear) q <= valid ? d : {width}'d{first};\nelse if (better) q <= d;",
    )  # fmt: skip


# ---------------------------------------------------------------- 3: pairs and flags

_MOVES: dict[str, tuple[str, str, Callable[[int, int, int], tuple[int, int]]]] = {
    "a": ("a takes d", "a <= d;", lambda _a, b, d: (d, b)),
    "b": ("b takes d", "b <= d;", lambda a, _b, d: (a, d)),
    "swap": ("a and b exchange their values", "a <= b;\n    b <= a;", lambda a, b, _d: (b, a)),
    "copy": ("a takes b, b stays", "a <= b;", lambda _a, b, _d: (b, b)),
    "back": ("b takes a, a stays", "b <= a;", lambda a, _b, _d: (a, a)),
    "push": ("b takes a, and a takes d", "b <= a;\n    a <= d;", lambda a, _b, d: (d, a)),
    "clear": ("both become 0", "a <= 4'd0;\n    b <= 4'd0;", lambda _a, _b, _d: (0, 0)),
    "both": ("both take d", "a <= d;\n    b <= d;", lambda _a, _b, d: (d, d)),
    "or": ("a takes a bitwise-or b", "a <= a | b;", lambda a, b, _d: (a + b - (a & b), b)),
    "and": ("b takes a bitwise-and b", "b <= a & b;", lambda a, b, _d: (a, a + b - (a | b))),
    "sum": ("a takes a plus b modulo 16", "a <= a + b;", lambda a, b, _d: ((a + b) % 16, b)),
    "not": ("a takes a with every bit inverted", "a <= ~a;", lambda a, b, _d: (15 - a, b)),
    "sort": (
        "they exchange their values if a is greater than b (without sign)",
        "if (a > b) begin\n      a <= b;\n      b <= a;\n    end",
        lambda a, b, _d: (min(a, b), max(a, b)),
    ),
}


def _pair(width: int, option: str) -> Problem:
    draw_ops = Draw("forgegym verilog register pair", option)
    others = [name for name in _MOVES if name not in ("a", "b")]
    chosen = draw_ops.shuffle(["a", "b", "none", *draw_ops.shuffle(others)[:5]])
    first = (draw_ops.below(16), draw_ops.below(16))
    lines = [
        f"- {at}: {'nothing changes' if name == 'none' else _MOVES[name][0]}"
        for at, name in enumerate(chosen)
    ]
    words = "\n".join(
        [
            f"Two registers of 4 bits, a, first {first[0]}, and b, first {first[1]}. What happens "
            "to them in a cycle follows from op in it (each line speaks of the values that they "
            "have before):",
            *lines,
            "equal is 1 while a and b are equal.",
        ]
    )
    arms = "".join(
        f"  3'd{at}: begin\n    {_MOVES[name][1]}\n  end\n"
        for at, name in enumerate(chosen)
        if name != "none"
    )

    def step(state: tuple[int, int], inputs: Inputs) -> tuple[Outputs, tuple[int, int]]:
        a, b = state
        name = chosen[inputs["op"]]
        after = state if name == "none" else _MOVES[name][2](a, b, inputs["d"])
        return {"a": a, "b": b, "equal": int(a == b)}, after

    def draw(draw: Draw) -> list[dict[str, int]]:
        drawn = rows(draw, 32, {"op": 8, "d": 16})
        for row in drawn:  # something new comes often
            if draw.chance(0.3):
                row["op"] = chosen.index(draw.pick("ab"))
        return drawn

    return synchronous(
        "pair", (width, option), [Port("op", 3), Port("d", 4)],
        [Port("a", 4), Port("b", 4), Port("equal")], words, Sequential(first, step, draw),
        body="assign equal = (a == b);\n",
        first=f"a <= 4'd{first[0]};\nb <= 4'd{first[1]};",
        then=f"case (op)\n{arms}  default: ;\nendcase",
    )  # fmt: skip


def _status(width: int, option: str) -> Problem:
    clears, winner = option.split()
    size = 1 << width
    what = {
        "ones": "its bits that are 1 in d become 0",
        "zeros": "its bits that are 0 in d become 0",
        "all": "all its bits become 0",
    }[clears]
    lost = {"ones": "d", "zeros": "~d", "all": f"{{{width}{{1'b1}}}}"}[clears]
    both = (
        "a bit that an event sets in the same cycle is 1 after it all the same"
        if winner == "event"
        else "it goes before events: a bit that it clears is 0 after it, even when there is an "
        "event in that cycle"
    )
    words = (
        f"A status register of {width} bits, first 0. Bit i of it becomes 1 in a cycle where bit i "
        f"of event_in is 1. In a cycle where write is 1, {what}; {both}. All other bits keep their "
        "value. missed is 1 in the cycle after one in which there was an event for a bit that was "
        "1 already and that was not cleared in that cycle; else 0, first 0."
    )

    def step(state: tuple[str, int], inputs: Inputs) -> tuple[Outputs, tuple[str, int]]:
        status, missed = state
        d = "1" * width if clears == "all" else f"{inputs['d']:0{width}b}"
        gone = "0" if clears == "zeros" else "1"
        after, late = "", 0
        for old, event, bit in zip(status, f"{inputs['event_in']:0{width}b}", d, strict=True):
            cleared = inputs["write"] == 1 and bit == gone
            late |= int(old == event == "1" and not cleared)
            if cleared:
                after += event if winner == "event" else "0"
            else:
                after += max(old, event)
        return {"status": int(status, 2), "missed": missed}, (after, late)

    inputs = [Port("event_in", width), Port("write")]
    chances: dict[str, Chance] = {"event_in": size, "write": 0.5}
    if clears != "all":
        inputs.append(Port("d", width))
        chances["d"] = size

    def draw(draw: Draw) -> list[dict[str, int]]:
        return [
            {**row, "event_in": sparse(draw, width)} if draw.chance(0.8) else row
            for row in rows(draw, 32, chances)
        ]

    then = (
        "status <= (status & ~gone) | event_in;"
        if winner == "event"
        else "status <= (status | event_in) & ~gone;"
    )
    return synchronous(
        "status_register", (width, option), inputs, [Port("status", width), Port("missed")],
        words, Sequential(("0" * width, 0), step, draw),
        body=f"wire [{width - 1}:0] gone = write ? {lost} : {width}'d0;\n",
        first=f"status <= {width}'d0;\nmissed <= 1'b0;",
        then=f"{then}\nmissed <= |(status & event_in & ~gone);",
    )  # fmt: skip


def _pending(width: int, option: str) -> Problem:
    seen, again = option.split()
    second = (
        "the shadow takes d, and what was in it is lost"
        if again == "replace"
        else "the write is refused: the shadow stays"
    )
    order = (
        "- Where write and commit are both 1, commit goes first: it sees the shadow and pending as "
        "they were before, and the write then finds pending 0."
        if seen == "old"
        else "- Where write and commit are both 1, write goes first: commit then finds what it "
        "left, and pending is 0 after the cycle."
    )
    words = "\n".join(
        [
            f"A register q of {width} bits with a shadow, both first 0, and a flag pending, first "
            "0.",
            "- write with pending 0: the shadow takes d, and pending becomes 1.",
            f"- write with pending 1: {second}; pending stays 1.",
            "- commit with pending 1: q takes the shadow, and pending becomes 0. commit with "
            "pending 0: nothing happens.",
            order,
            "lost is 1 in a cycle where a write "
            + ("makes something be lost" if again == "replace" else "is refused")
            + ", in that very cycle, else 0.",
        ]
    )

    def step(state: tuple[int, int, int], inputs: Inputs) -> tuple[Outputs, tuple[int, int, int]]:
        q, shadow, pending = state
        lost = 0
        for act in ("commit", "write") if seen == "old" else ("write", "commit"):
            if not inputs[act]:
                continue
            if act == "commit" and pending:
                q, pending = shadow, 0
            elif act == "write":
                lost = pending
                shadow = shadow if pending and again == "keep" else inputs["d"]
                pending = 1
        outputs = {"q": state[0], "pending": state[2], "lost": lost}
        return outputs, (q, shadow, pending)

    def draw(draw: Draw) -> list[dict[str, int]]:
        return rows(draw, 32, {"write": 0.5, "commit": 0.4, "d": 1 << width})

    store = "write" if again == "replace" else "write && !lost"
    if seen == "old":
        late = "write && pending && !commit"
        then = (
            f"if ({store}) shadow <= d;\nif (commit && pending) q <= shadow;\n"
            "if (write) pending <= 1'b1;\nelse if (commit) pending <= 1'b0;"
        )
    else:
        late = "write && pending"
        ready = f"({store}) ? d : shadow" if again == "keep" else "write ? d : shadow"
        then = (
            f"if ({store}) shadow <= d;\n"
            f"if (commit && (write || pending)) q <= {ready};\n"
            "if (commit) pending <= 1'b0;\nelse if (write) pending <= 1'b1;"
        )
    return synchronous(
        "buffered", (width, option), [Port("write"), Port("commit"), Port("d", width)],
        [Port("q", width), Port("pending"), Port("lost")], words,
        Sequential((0, 0, 0), step, draw),
        body=f"reg [{width - 1}:0] shadow;\nassign lost = {late};\n",
        first=f"q <= {width}'d0;\nshadow <= {width}'d0;\npending <= 1'b0;", then=then,
    )  # fmt: skip


def _history(width: int, edge: str) -> Problem:
    now, before = ("1", "0") if edge == "rising" else ("0", "1")
    words = (
        f"It takes d in a cycle where strobe is {now} and was {before} in the cycle before (in the "
        "first state strobe counts as having been 0). newest is the value that was taken last, "
        "older the one before it; both are 0 as long as there is none. count is how many values "
        "were taken since the reset or since the last cycle where clear was 1, and stays at 3. In "
        "a cycle where clear is 1 nothing is taken, and newest, older and count become 0; strobe "
        "in it counts for the cycle that follows like any other. repeat_out is 1 while count is 2 "
        "or 3 and newest and older are equal."
    )

    def step(
        state: tuple[tuple[int, ...], int], inputs: Inputs
    ) -> tuple[Outputs, tuple[tuple[int, ...], int]]:
        taken, last = state
        newest, older = (*taken[::-1], 0, 0)[:2]
        outputs = {
            "newest": newest,
            "older": older,
            "count": min(3, len(taken)),
            "repeat_out": int(len(taken) > 1 and newest == older),
        }
        if inputs["clear"]:
            taken = ()
        elif (last, inputs["strobe"]) == (int(before), int(now)):
            taken = (*taken[-2:], inputs["d"])
        return outputs, (taken, inputs["strobe"])

    def draw(draw: Draw) -> list[dict[str, int]]:
        few = draw.pick((2, 3, 1 << width))
        return rows(draw, 36, {"strobe": 0.5, "clear": 0.06, "d": few})

    edges = [
        [{"strobe": at % 2, "clear": 0, "d": 5} for at in range(12)],
        [{"strobe": at % 2, "clear": int(at == 5), "d": 9} for at in range(12)],
        [{"strobe": at % 2, "clear": int(at == 6), "d": 0} for at in range(12)],
    ]
    rises = "strobe && !last" if edge == "rising" else "!strobe && last"
    zero = f"newest <= {width}'d0;\nolder <= {width}'d0;\ncount <= 2'd0;"
    cleared = zero.replace("\n", "\n  ")
    return synchronous(
        "history", (width, edge), [Port("strobe"), Port("clear"), Port("d", width)],
        [Port("newest", width), Port("older", width), Port("count", 2), Port("repeat_out")],
        words, Sequential(((), 0), step, draw, edges),
        body="reg last;\nassign repeat_out = count[1] && (newest == older);\n",
        first=f"{zero}\nlast <= 1'b0;",
        then=f"last <= strobe;\nif (clear) begin\n  {cleared}\nend else if ({rises}) begin\n"
        "  newest <= d;\n  older <= newest;\n  if (count != 2'd3) count <= count + 2'd1;\nend",
    )  # fmt: skip


# ---------------------------------------------------------------- 4 and 5: banks

_Write = Callable[[int, int], int]
# What a write does to a register of 4 bits: words, a statement, and a function of it and data.
_WRITES: dict[str, tuple[str, str, _Write]] = {
    "plain": ("it takes data", "{r} <= data;", lambda _v, d: d),
    "set": ("its bits that are 1 in data become 1, the others stay", "{r} <= {r} | data;",
            lambda v, d: v + d - (v & d)),
    "clear": ("its bits that are 1 in data become 0, the others stay", "{r} <= {r} & ~data;",
              lambda v, d: v - (v & d)),
    "keep": ("its bits that are 0 in data become 0, the others stay", "{r} <= {r} & data;",
             lambda v, d: v - (v & (15 - d))),
    "toggle": ("its bits that are 1 in data change, the others stay", "{r} <= {r} ^ data;",
               lambda v, d: int("".join(
                   str(int(p != q)) for p, q in zip(f"{v:04b}", f"{d:04b}", strict=True)), 2)),
    "add": ("data is added to it, modulo 16", "{r} <= {r} + data;", lambda v, d: (v + d) % 16),
    "less": ("data is subtracted from it, modulo 16", "{r} <= {r} - data;",
             lambda v, d: (v - d) % 16),
    "greater": ("it takes data if data is greater than it (without sign), and stays otherwise",
                "if (data > {r}) {r} <= data;", max),
    "smaller": ("it takes data if data is smaller than it (without sign), and stays otherwise",
                "if (data < {r}) {r} <= data;", min),
    "low": ("its bits 1 to 0 take those of data, its bits 3 to 2 stay",
            "{r}[1:0] <= data[1:0];", lambda v, d: v // 4 * 4 + d % 4),
    "high": ("its bits 3 to 2 take those of data, its bits 1 to 0 stay",
             "{r}[3:2] <= data[3:2];", lambda v, d: d // 4 * 4 + v % 4),
    "shift": ("its bits 3 to 2 take its bits 1 to 0, and these take bits 1 to 0 of data",
              "{r} <= {{{r}[1:0], data[1:0]}};", lambda v, d: v * 4 % 16 + d % 4),
    "reversed": ("it takes data with the bits in reverse order (bit 0 becomes bit 3)",
                 "{r} <= {{data[0], data[1], data[2], data[3]}};",
                 lambda _v, d: int(f"{d:04b}"[::-1], 2)),
    "inverted": ("it takes data with every bit inverted", "{r} <= ~data;", lambda _v, d: 15 - d),
}  # fmt: skip

# What address 3 of a bank does when it is written, and what is read there.
_SPECIAL: dict[str, tuple[str, str, Callable[[list[int], list[int], int], list[int]]]] = {
    "none": ("nothing changes", "", lambda regs, _first, _d: regs),
    "restore": ("all three get their first values again", "", lambda _regs, first, _d: first),
    "fill": (
        "all three take data",
        "r0 <= data;\n      r1 <= data;\n      r2 <= data;",
        lambda _regs, _first, d: [d, d, d],
    ),
    "rotate": (
        "r0 takes r1, r1 takes r2, and r2 takes r0",
        "r0 <= r1;\n      r1 <= r2;\n      r2 <= r0;",
        lambda regs, _first, _d: [*regs[1:], regs[0]],
    ),
    "choose": (
        "for each i in 0 to 2, register i becomes 0 if bit i of data is 1, and stays otherwise",
        "if (data[0]) r0 <= 4'd0;\n      if (data[1]) r1 <= 4'd0;\n      if (data[2]) r2 <= 4'd0;",
        lambda regs, _first, d: [0 if d >> i & 1 else r for i, r in enumerate(regs)],
    ),
}
_READS: dict[str, tuple[str, str, Callable[[list[int]], int]]] = {
    "or": ("r0 bitwise-or r1 bitwise-or r2", "r0 | r1 | r2", lambda r: 15 & (r[0] | r[1] | r[2])),
    "sum": ("r0 + r1 + r2 modulo 16", "r0 + r1 + r2", lambda r: sum(r) % 16),
    "high": (
        "the greatest of the three (without sign)",
        "(r2 > larger) ? r2 : larger",
        max,
    ),
    "zero": (
        "bit i is 1 when register i is 0, for i in 0 to 2; bit 3 is 0",
        "{1'b0, r2 == 4'd0, r1 == 4'd0, r0 == 4'd0}",
        lambda r: sum(1 << i for i, v in enumerate(r) if not v),
    ),
}


def _bank(number: int) -> Problem:
    pick = Draw("forgegym verilog register bank", number)
    kinds = pick.shuffle(list(_WRITES))[:3]
    special = list(_SPECIAL)[number % 5]
    read = list(_READS)[number % 4]
    first = [pick.below(16) for _ in range(3)]
    words = "\n".join(
        [
            "Three registers of 4 bits, r0, r1 and r2, at the addresses 0, 1 and 2. A cycle where "
            "write is 1 changes what is at addr, and nothing else; a cycle where write is 0 "
            "changes nothing. read_data shows, in every cycle and at once, what is at addr, as it "
            "is before the cycle's write.",
            *(
                f"- {at}: r{at}, first {first[at]}. Written, {_WRITES[kind][0]}."
                for at, kind in enumerate(kinds)
            ),
            f"- 3: read, {_READS[read][0]}. Written, {_SPECIAL[special][0]}.",
        ]
    )
    start = [f"r{at} <= 4'd{value};" for at, value in enumerate(first)]
    arms = "".join(
        f"    2'd{at}: {_WRITES[kind][1].format(r=f'r{at}')}\n" for at, kind in enumerate(kinds)
    )
    last = "\n      ".join(start) if special == "restore" else _SPECIAL[special][1]
    arms += f"    default: begin\n      {last}\n    end\n" if last else "    default: ;\n"

    def step(regs: tuple[int, ...], inputs: Inputs) -> tuple[Outputs, tuple[int, ...]]:
        at, d = inputs["addr"], inputs["data"]
        after = list(regs)
        outputs = {"read_data": regs[at] if at < 3 else _READS[read][2](after)}
        if inputs["write"] and at < 3:
            after[at] = _WRITES[kinds[at]][2](after[at], d)
        elif inputs["write"]:
            after = _SPECIAL[special][2](after, first, d)
        return outputs, tuple(after)

    def draw(draw: Draw) -> list[dict[str, int]]:
        drawn = rows(draw, 40, {"write": 0.6, "addr": 4, "data": 16})
        for row in drawn:  # the special address is written now and then, and read often
            if row["addr"] == 3 and draw.chance(0.6):
                row["write"] = 0
            if draw.chance(0.3):
                row["data"] = sparse(draw, 4)
        return drawn

    body = "reg [3:0] r0;\nreg [3:0] r1;\nreg [3:0] r2;\n"
    if read == "high":
        body += "wire [3:0] larger = (r0 > r1) ? r0 : r1;\n"
    body += (
        "always @* begin\n  case (addr)\n    2'd0: read_data = r0;\n    2'd1: read_data = r1;\n"
        f"    2'd2: read_data = r2;\n    default: read_data = {_READS[read][1]};\n  endcase\nend\n"
    )
    zeros = [[{"write": 1, "addr": a, "data": d} for a in (0, 1, 2)] for d in (0, 15)]
    looks = [{"write": 0, "addr": a, "data": 7} for a in (3, 0, 1, 2)]
    edges = [zeros[0] + looks, zeros[1] + looks + zeros[0] + looks]
    return synchronous(
        "bank", ("bank", number), [Port("write"), Port("addr", 2), Port("data", 4)],
        [Port("read_data", 4)], words, Sequential(tuple(first), step, draw, edges),
        body=body, first="\n".join(start),
        then=f"if (write) begin\n  case (addr)\n{arms}  endcase\nend",
    )  # fmt: skip


_CLEARS = ("ones", "zeros", "read")
_LOCKS = ("toggle", "single", "final")


def _control(number: int) -> Problem:
    pick = Draw("forgegym verilog register control", number)
    clears, lock = _CLEARS[number % 3], _LOCKS[number // 3 % 3]
    event_wins = bool(number // 2 % 2)
    kind = pick.shuffle(list(_WRITES))[0]
    key, first = pick.between(1, 14), pick.below(16)
    order = (
        "an event in the same cycle wins: its bit is 1 after it"
        if event_wins
        else "that wins over an event in the same cycle"
    )
    how = {
        "ones": f"Written, its bits that are 1 in data become 0; {order}.",
        "zeros": f"Written, its bits that are 0 in data become 0; {order}.",
        "read": "A write changes nothing. In a cycle where read is 1 and addr is 1, whatever write "
        f"is, all its bits become 0; {order}.",
    }[clears]
    locks = {
        "toggle": f"Written with data {key}, locked becomes 0; written with anything else, locked "
        "becomes 1.",
        "single": f"Written with data {key}, locked becomes 0; written with anything else, locked "
        "becomes 1. A write to address 0 or 2 that is not ignored also makes locked 1: each needs "
        "an unlocking of its own.",
        "final": f"Written with data {key} while locked is 1, locked becomes 0; written with "
        "anything else while locked is 0, locked becomes 1 and stays so until the next reset, "
        "whatever is written. Written with anything else while locked is 1, or with "
        f"{key} while it is 0, nothing changes.",
    }[lock]
    where = "write" if clears != "read" else "write (or read, see below)"
    words = "\n".join(
        [
            f"Four registers at the addresses 0 to 3. A cycle where {where} is 1 changes what is "
            "at addr. read_data shows in every cycle, at once, what is at addr, as it is before "
            "that change. locked is first 1; while it is 1, writes to the addresses 0 and 2 are "
            "ignored.",
            f"- 0: control, 4 bits, first {first}. Written, {_WRITES[kind][0]}.",
            "- 1: status, 4 bits, first 0. In a cycle where bit i of event_in is 1, bit i of it "
            f"becomes 1. {how} Other bits stay.",
            "- 2: mask, 4 bits, first 0. Written, it takes data.",
            f"- 3: read, its bit 0 is locked and the others are 0. {locks}",
            "irq is 1 while some bit is 1 in both status and mask. control is put out too.",
        ]
    )

    def step(state: tuple[int, ...], inputs: Inputs) -> tuple[Outputs, tuple[int, ...]]:
        control, status, mask, locked, over = state
        at, d, event = inputs["addr"], inputs["data"], inputs["event_in"]
        outputs = {
            "read_data": (control, status, mask, locked)[at],
            "control": control,
            "irq": int(any(status >> i & mask >> i & 1 for i in range(4))),
            "locked": locked,
        }
        written = at if inputs["write"] else None
        gone = 0
        if clears == "read":
            gone = 15 if inputs["read"] and at == 1 else 0
        elif written == 1:
            gone = d if clears == "ones" else 15 - d
        status = sum(
            1 << i
            for i in range(4)
            if (event >> i & 1 and (event_wins or not gone >> i & 1))
            or (status >> i & 1 and not gone >> i & 1)
        )
        if written in (0, 2) and not locked:
            if written == 0:
                control = _WRITES[kind][2](control, d)
            else:
                mask = d
            locked = int(lock == "single")
        elif written == 3 and lock == "final":
            if locked and d == key and not over:
                locked = 0
            elif not locked and d != key:
                locked, over = 1, 1
        elif written == 3:
            locked = int(d != key)
        return outputs, (control, status, mask, locked, over)

    inputs = [Port("write"), *([Port("read")] if clears == "read" else []), Port("addr", 2),
              Port("data", 4), Port("event_in", 4)]  # fmt: skip

    def draw(draw: Draw) -> list[dict[str, int]]:
        chances: dict[str, Chance] = {"write": 0.7, "addr": 4, "data": 16, "event_in": 16}
        drawn = rows(draw, 40, chances)
        locking = draw.pick((0.08, 0.4))
        for at, row in enumerate(drawn):
            row["event_in"] = sparse(draw, 4) if draw.chance(0.6) else 0
            if clears == "read":
                row["read"] = int(draw.chance(0.5))
            if at < 2 and draw.chance(0.7):
                row |= {"write": 1, "addr": 3, "data": key}
            elif row["addr"] == 3 and row["write"] and not draw.chance(locking):
                row["data"] = key
                row["write"] = int(draw.chance(0.8))
        return drawn

    def asked(*writes: tuple[int, int]) -> list[dict[str, int]]:
        plain = {"event_in": 0, **({"read": 0} if clears == "read" else {})}
        cycles = []
        for addr, data in writes:
            cycles.append({**plain, "write": 1, "addr": addr, "data": data})
            cycles += [{**plain, "write": 0, "addr": a, "data": 3} for a in (0, 2, 3)]
        return cycles

    other = key ^ 1
    edges = [
        asked((0, 5), (2, 9), (3, other), (0, 5), (2, 9)),
        asked((3, key), (0, 5), (2, 9), (0, 10), (3, key), (2, 6)),
        asked((3, other), (3, key), (3, other), (0, 3), (3, key), (0, 12), (2, 15)),
        asked((3, key), (3, key), (2, 11), (3, 15 - key), (3, key), (2, 4)),
    ]
    gone = {
        "ones": "(write && addr == 2'd1) ? data : 4'd0",
        "zeros": "(write && addr == 2'd1) ? ~data : 4'd0",
        "read": "(read && addr == 2'd1) ? 4'b1111 : 4'd0",
    }[clears]
    body = "reg [3:0] status;\nreg [3:0] mask;\n"
    if lock == "final":
        body += "reg over;\n"
    body += (
        f"wire [3:0] gone = {gone};\nassign irq = |(status & mask);\nalways @* begin\n"
        "  case (addr)\n    2'd0: read_data = control;\n    2'd1: read_data = status;\n"
        "    2'd2: read_data = mask;\n    default: read_data = {3'd0, locked};\n  endcase\nend\n"
    )
    start = f"control <= 4'd{first};\nstatus <= 4'd0;\nmask <= 4'd0;\nlocked <= 1'b1;"
    if lock == "final":
        start += "\nover <= 1'b0;"
    relock = "    locked <= 1'b1;\n" if lock == "single" else ""
    unlock = {
        "final": f"  if (locked && !over && data == 4'd{key}) begin\n    locked <= 1'b0;\n"
        f"  end else if (!locked && data != 4'd{key}) begin\n    locked <= 1'b1;\n"
        "    over <= 1'b1;\n  end\n",
    }.get(lock, f"  locked <= (data != 4'd{key});\n")
    then = (
        ("status <= (status & ~gone) | event_in;\n" if event_wins
         else "status <= (status | event_in) & ~gone;\n")
        + f"if (write && addr == 2'd3) begin\n{unlock}end else if (write && !locked) begin\n"
        f"  if (addr == 2'd0) begin\n    {_WRITES[kind][1].format(r='control')}\n{relock}"
        f"  end else if (addr == 2'd2) begin\n    mask <= data;\n{relock}  end\nend"
    )  # fmt: skip
    return synchronous(
        "control_block", ("control", number), inputs,
        [Port("read_data", 4), Port("control", 4), Port("irq"), Port("locked")], words,
        Sequential((first, 0, 0, 1, 0), step, draw, edges), body=body, first=start, then=then,
    )  # fmt: skip
