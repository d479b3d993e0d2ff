"""Memories: tables, a few words with rules for reading and writing, tags, and small stores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ....verifiers.verilog.interface import Interface, Port
from ..draw import Draw
from .family import Combinational, Inputs, Outputs, Problem, Sequential, family, module
from .synchronous import Chance, rows, synchronous

_Words = tuple[int, ...]


def _variants(level: int) -> Sequence[tuple[Any, ...]]:
    if level == 1:
        return [
            *((level, "cell", f"{when} {seen} {ports}", width)
              for when in ("now", "later") for seen in ("old", "new") for ports in ("one", "two")
              for width in (4, 6)),
            *((level, "table", when, number) for when in ("now", "later") for number in range(3)),
        ]  # fmt: skip
    if level == 2:
        return [
            (level, "masked", how, read)
            for how in ("mask", "halves", "or", "swap", "add")
            for read in ("now", "later old", "later new")
        ]
    if level == 3:
        return [
            *((level, "file", seen, zero) for seen in ("old", "new") for zero in ("plain", "zero")),
            *((level, "writers", tie, seen) for tie in ("a", "b", "or") for seen in ("old", "new")),
            *((level, "valid", tie, shown) for tie in ("write", "drop")
              for shown in ("zero", "kept")),
            *((level, "tally", end, tie) for end in ("wrap", "stop") for tie in ("clear", "count")),
        ]  # fmt: skip
    if level == 4:
        return [
            *((level, "search", which, many) for which in ("lowest", "highest")
              for many in ("several", "number")),
            *((level, "tags", fills, counts) for fills in ("always", "asked")
              for counts in ("hits", "misses")),
            *((level, "board", seen, target) for seen in ("old", "new")
              for target in ("free", "any")),
        ]  # fmt: skip
    return [
        *((level, "store", full, update) for full in ("refuse", "turn", "oldest")
          for update in ("replace", "keep")),
        *((level, "sweep", order, during) for order in ("up", "down")
          for during in ("refuse", "accept")),
        *((level, "journal", seen, nested) for seen in ("new", "old")
          for nested in ("ignore", "restart")),
        *((level, "copy", during, count) for during in ("refuse", "accept")
          for count in ("length", "last")),
    ]  # fmt: skip


@family("memory", _variants)
def memory(_level: int, kind: str, first: Any, second: Any) -> Problem:
    makers: dict[str, Callable[[Any, Any], Problem]] = {
        "cell": _cell, "table": _table, "masked": _masked, "file": _file, "writers": _writers,
        "valid": _valid, "tally": _tally, "search": _search, "tags": _tags, "board": _board,
        "store": _store, "sweep": _sweep, "journal": _journal, "copy": _copy,
    }  # fmt: skip
    return makers[kind](first, second)


def _put(words: _Words, at: int, value: int) -> _Words:
    """Words in which one is another."""
    return (*words[:at], value, *words[at + 1 :])


def _zeros(name: str, count: int, width: int) -> str:
    """The statements that make all words of a memory 0."""
    return "\n".join(f"{name}[{at}] <= {width}'d0;" for at in range(count))


# ---------------------------------------------------------------- 1: two words, and tables


def _cell(option: str, width: int) -> Problem:
    when, seen, ports = option.split()
    two = ports == "two"
    read, to = ("read_addr", "write_addr") if two else ("addr", "addr")
    inputs = [Port("write"), Port(to)] + ([Port(read)] if two else []) + [Port("d", width)]
    same = " and the addresses are equal" if two else ""
    value = f"the word at {read}"
    words = (
        f"A memory of two words of {width} bits, both first 0. In a cycle where write is 1, the "
        f"word at {to} takes d. "
    )
    if when == "now":
        words += f"q shows {value}, in the same cycle"
        words += (
            ", as it is before the write."
            if seen == "old"
            else f"; in a cycle where write is 1{same} it shows d."
        )
    else:
        words += f"After every cycle q takes {value} as it was in that cycle; q is first 0"
        words += (
            ". It is the word from before the write, if there is one."
            if seen == "old"
            else f". In a cycle where write is 1{same} it takes d."
        )

    def step(state: tuple[_Words, int], inputs: Inputs) -> tuple[Outputs, tuple[_Words, int]]:
        store, q = state
        after = _put(store, inputs[to], inputs["d"]) if inputs["write"] else store
        found = (store if seen == "old" else after)[inputs[read]]
        return {"q": found if when == "now" else q}, (after, found)

    def draw(draw: Draw) -> list[dict[str, int]]:
        return rows(draw, 24, {"write": 0.5, to: 2, read: 2, "d": 1 << width})

    meets = f"write && ({to} == {read})" if two else "write"
    found = f"({read} ? word1 : word0)" if seen == "new" else f"{read} ? word1 : word0"
    if seen == "new":
        found = f"({meets}) ? d : {found}" if two else f"write ? d : {found}"
    body = f"reg [{width - 1}:0] word0;\nreg [{width - 1}:0] word1;\n"
    first = f"word0 <= {width}'d0;\nword1 <= {width}'d0;"
    then = f"if (write && !{to}) word0 <= d;\nif (write && {to}) word1 <= d;"
    if when == "now":
        body += f"assign q = {found};\n"
    else:
        first += f"\nq <= {width}'d0;"
        then += f"\nq <= {found};"
    return synchronous(
        "two_words", (option, width), inputs, [Port("q", width)], words,
        Sequential(((0, 0), 0), step, draw), body=body, first=first, then=then,
    )  # fmt: skip


def _table(when: str, number: int) -> Problem:
    pick = Draw("forgegym verilog memory table", number)
    size, width = 16, (5, 7, 4)[number]
    bits = size.bit_length() - 1
    table = [pick.below(1 << width) for _ in range(size)]
    listed = ", ".join(f"{at}: {value}" for at, value in enumerate(table))
    words = (
        f"A table of 16 constants of {width} bits: q is "
        + (
            "the constant with the number index."
            if when == "now"
            else "the constant with the number that index was in the last cycle in which read was "
            f"1; as long as there was none, q is {table[0]}."
        )
        + f" By number, they are: {listed}."
    )
    sign = "=" if when == "now" else "<="
    arms = "".join(
        f"{bits}'d{at}: q {sign} {width}'d{value};\n" for at, value in enumerate(table[:-1])
    )
    arms += f"default: q {sign} {width}'d{table[-1]};\n"
    if when == "now":
        interface = Interface("lookup", (Port("index", bits),), (Port("q", width),))
        inner = "".join(f"      {line}\n" for line in arms.splitlines())
        body = f"  always @* begin\n    case (index)\n{inner}    endcase\n  end\n"
        model = Combinational(
            lambda inputs: {"q": table[inputs["index"]]},
            lambda draw: {"index": draw.below(size)},
        )
        return Problem(words, interface, module(interface, body, ["q"]), model)

    def step(q: int, inputs: Inputs) -> tuple[Outputs, int]:
        return {"q": q}, table[inputs["index"]] if inputs["read"] else q

    def draw(draw: Draw) -> list[dict[str, int]]:
        return rows(draw, 32, {"read": 0.7, "index": size})

    edges = [[{"read": 1, "index": at} for at in range(size)] + [{"read": 0, "index": 1}] * 2]
    inner = "".join(f"    {line}\n" for line in arms.splitlines())
    return synchronous(
        "lookup", (when, number), [Port("read"), Port("index", bits)], [Port("q", width)], words,
        Sequential(table[0], step, draw, edges), first=f"q <= {width}'d{table[0]};",
        then=f"if (read) begin\n  case (index)\n{inner}  endcase\nend",
    )  # fmt: skip


# ---------------------------------------------------------------- 2: ways of writing


def _masked(how: str, read: str) -> Problem:
    inputs = [Port("write"), Port("addr", 2), Port("d", 4)]
    chances: dict[str, Chance] = {"write": 0.6, "addr": 4, "d": 16}
    if how == "mask":
        inputs.insert(2, Port("mask", 4))
        chances["mask"] = 16
    elif how == "halves":
        inputs[0] = Port("write", 2)
        chances["write"] = 4
    what, mixed = {
        "mask": ("the bits of the word at addr that are 1 in mask take those of d; the others stay",
                 "(d & mask) | (old & ~mask)"),
        "halves": ("", "{write[1] ? d[3:2] : old[3:2], write[0] ? d[1:0] : old[1:0]}"),
        "or": ("the bits of the word at addr that are 1 in d become 1; the others stay", "old | d"),
        "swap": ("the word at addr takes d with the bits in reverse order (bit 0 of d becomes bit "
                 "3)", "{d[0], d[1], d[2], d[3]}"),
        "add": ("d is added to the word at addr, modulo 16", "old + d"),
    }[how]  # fmt: skip
    does = f"In a cycle where write is 1, {what}."
    if how == "halves":
        does = (
            "In a cycle where bit 0 of write is 1, bits 1 to 0 of the word at addr take those of "
            "d; where bit 1 of write is 1, bits 3 to 2 of it take those of d."
        )
    shows = {
        "now": "q shows, in every cycle, the word at addr as it is before that cycle's write.",
        "later old": "After a cycle in which nothing is written, q is the word at addr in that "
        "cycle; after one in which something is, it is that word as it was before. q is first 0.",
        "later new": "After every cycle q is the word at the addr of that cycle, as that cycle's "
        "write, if there was one, has left it. q is first 0.",
    }[read]
    words = f"A memory of 4 words of 4 bits, all first 0. {does} {shows}"

    def step(state: tuple[_Words, int], inputs: Inputs) -> tuple[Outputs, tuple[_Words, int]]:
        store, q = state
        at, d, write = inputs["addr"], f"{inputs['d']:04b}", inputs["write"]
        old = f"{store[at]:04b}"
        if not write:
            new = old
        elif how == "mask":
            mask = f"{inputs['mask']:04b}"
            new = "".join(b if m == "1" else a for a, b, m in zip(old, d, mask, strict=True))
        elif how == "halves":
            new = (d if write > 1 else old)[:2] + (d if write % 2 else old)[2:]
        elif how == "or":
            new = "".join(map(max, old, d))
        elif how == "swap":
            new = d[::-1]
        else:
            new = f"{(int(old, 2) + int(d, 2)) % 16:04b}"
        found = int(new if read == "later new" else old, 2)
        shown = store[at] if read == "now" else q
        return {"q": shown}, (_put(store, at, int(new, 2)), found)

    def draw(draw: Draw) -> list[dict[str, int]]:
        few = draw.pick((2, 4))
        drawn = rows(draw, 32, {**chances, "addr": few})
        if how == "or":
            for row in drawn:
                row["d"] &= draw.below(16)
        return drawn

    sets = "write" if how != "halves" else "write != 2'd0"
    body = "reg [3:0] store [0:3];\n"
    first = _zeros("store", 4, 4)
    if how != "swap":
        body += "wire [3:0] old = store[addr];\n"
    body += f"wire [3:0] mixed = {mixed};\n"
    then = f"if ({sets}) store[addr] <= mixed;" if how != "halves" else "store[addr] <= mixed;"
    old = "old" if how != "swap" else "store[addr]"
    if read == "now":
        body += f"assign q = {old};\n"
    else:
        first += "\nq <= 4'd0;"
        new = "mixed" if how == "halves" else f"write ? mixed : {old}"
        then += f"\nq <= {old if read == 'later old' else new};"
    return synchronous(
        "masked_memory", (how, read), inputs, [Port("q", 4)], words,
        Sequential(((0,) * 4, 0), step, draw), body=body, first=first, then=then,
    )  # fmt: skip


# ---------------------------------------------------------------- 3: several ports


def _file(seen: str, zero: str) -> Problem:
    always = zero == "zero"
    words = "\n".join(
        [
            "A register file of 4 words of 4 bits, all first 0, with one port to write and two to "
            "read.",
            "- In a cycle where write is 1, the word at to takes d."
            + (" But word 0 is always 0: a write to it is ignored." if always else ""),
            "- a shows the word at from_a, b the word at from_b, in the same cycle, "
            + (
                "as they are before that cycle's write."
                if seen == "old"
                else "as that cycle's write leaves them."
            ),
            "- equal is 1 while a and b are equal.",
        ]
    )

    def step(store: _Words, inputs: Inputs) -> tuple[Outputs, _Words]:
        after = store
        if inputs["write"] and (inputs["to"] or not always):
            after = _put(store, inputs["to"], inputs["d"])
        shown = store if seen == "old" else after
        a, b = shown[inputs["from_a"]], shown[inputs["from_b"]]
        return {"a": a, "b": b, "equal": int(a == b)}, after

    def draw(draw: Draw) -> list[dict[str, int]]:
        chances: dict[str, Chance] = {
            "write": 0.7, "to": 4, "d": draw.pick((4, 16)), "from_a": 4, "from_b": 4,
        }  # fmt: skip
        return [
            {**row, draw.pick(("from_a", "from_b")): row["to"]} if draw.chance(0.3) else row
            for row in rows(draw, 32, chances)
        ]

    low = 1 if always else 0
    sets = "write && to != 2'd0" if always else "write"
    body = f"reg [3:0] store [{low}:3];\n"
    for name in ("a", "b"):
        plain = f"store[from_{name}]"
        found = plain
        if always and seen == "new":
            found = f"(from_{name} == 2'd0) ? 4'd0 : (write && to == from_{name}) ? d : {plain}"
        elif always:
            found = f"(from_{name} == 2'd0) ? 4'd0 : {plain}"
        elif seen == "new":
            found = f"(write && to == from_{name}) ? d : {plain}"
        body += f"assign {name} = {found};\n"
    body += "assign equal = (a == b);\n"
    return synchronous(
        "register_file", (seen, zero),
        [Port("write"), Port("to", 2), Port("d", 4), Port("from_a", 2), Port("from_b", 2)],
        [Port("a", 4), Port("b", 4), Port("equal")], words, Sequential((0,) * 4, step, draw),
        body=body, first="\n".join(f"store[{at}] <= 4'd0;" for at in range(low, 4)),
        then=f"if ({sets}) store[to] <= d;",
    )  # fmt: skip


def _writers(tie: str, seen: str) -> Problem:
    both = {
        "a": "only that of a counts",
        "b": "only that of b counts",
        "or": "it takes the bitwise or of a_d and b_d",
    }[tie]
    words = "\n".join(
        [
            "A memory of 4 words of 4 bits, all first 0, with two ports to write, a and b, and "
            "one to read.",
            "- In a cycle where a_write is 1, the word at a_to takes a_d; where b_write is 1, the "
            "word at b_to takes b_d. Where both write the same word, "
            f"{both}, and clash is 1 in that cycle; else clash is 0.",
            "- After every cycle q is the word at the read_from of that cycle, "
            + (
                "as it was before that cycle's writes."
                if seen == "old"
                else "as that cycle's writes have left it."
            )
            + " q is first 0.",
        ]
    )

    def step(state: tuple[_Words, int], inputs: Inputs) -> tuple[Outputs, tuple[_Words, int]]:
        store, q = state
        clash = inputs["a_write"] and inputs["b_write"] and inputs["a_to"] == inputs["b_to"]
        after = store
        for port in "ba" if tie == "a" else "ab":
            if inputs[f"{port}_write"]:
                after = _put(after, inputs[f"{port}_to"], inputs[f"{port}_d"])
        if clash and tie == "or":
            after = _put(after, inputs["a_to"], inputs["a_d"] | inputs["b_d"])
        found = (store if seen == "old" else after)[inputs["read_from"]]
        return {"q": q, "clash": int(clash)}, (after, found)

    def draw(draw: Draw) -> list[dict[str, int]]:
        drawn = rows(
            draw, 32,
            {"a_write": 0.6, "a_to": 4, "a_d": 16, "b_write": 0.6, "b_to": 4, "b_d": 16,
             "read_from": 4},
        )  # fmt: skip
        for row in drawn:
            if draw.chance(0.35):
                row["b_to"] = row["a_to"]
            if draw.chance(0.3):
                row["read_from"] = row[draw.pick(("a_to", "b_to"))]
        return drawn

    winner, loser = ("a", "b") if tie == "a" else ("b", "a")
    value = f"{winner}_d"
    body = "reg [3:0] store [0:3];\nassign clash = a_write && b_write && (a_to == b_to);\n"
    if tie == "or":
        body += "wire [3:0] b_value = clash ? (a_d | b_d) : b_d;\n"
        value = "b_value"
    found = "store[read_from]"
    if seen == "new":
        found = (
            f"({winner}_write && {winner}_to == read_from) ? {value} :\n     "
            f"({loser}_write && {loser}_to == read_from) ? {loser}_d : {found}"
        )
    return synchronous(
        "two_writers", (tie, seen),
        [Port("a_write"), Port("a_to", 2), Port("a_d", 4), Port("b_write"), Port("b_to", 2),
         Port("b_d", 4), Port("read_from", 2)],
        [Port("q", 4), Port("clash")], words, Sequential(((0,) * 4, 0), step, draw), body=body,
        first=_zeros("store", 4, 4) + "\nq <= 4'd0;",
        then=f"if ({loser}_write) store[{loser}_to] <= {loser}_d;\n"
        f"if ({winner}_write) store[{winner}_to] <= {value};\nq <= {found};",
    )  # fmt: skip


def _valid(tie: str, shown: str) -> Problem:
    both = (
        "the word takes d and is valid after it"
        if tie == "write"
        else "the word is not valid after it, and does not take d"
    )
    words = "\n".join(
        [
            "A memory of 4 words of 4 bits that knows which of them are valid; first none is.",
            "- In a cycle where write is 1, the word at to takes d and becomes valid.",
            "- In a cycle where drop is 1, the word at drop_at becomes invalid. Where that is the "
            f"word which is written in the same cycle, {both}.",
            "valid is 1 while the word at read_from is valid. q shows it then, "
            + (
                "and is 0 while it is not valid."
                if shown == "zero"
                else "and while it is not valid what was written to it last, or 0 if nothing was."
            )
            + " Both show what the cycles before have made of it. count is the number of valid "
            "words.",
        ]
    )

    def step(state: tuple[_Words, _Words], inputs: Inputs) -> tuple[Outputs, Any]:
        store, valid = state
        at = inputs["read_from"]
        q = store[at] if valid[at] or shown == "kept" else 0
        outputs = {"q": q, "valid": valid[at], "count": sum(valid)}
        same = inputs["to"] == inputs["drop_at"]
        if inputs["drop"] and not (tie == "write" and inputs["write"] and same):
            valid = _put(valid, inputs["drop_at"], 0)
        if inputs["write"] and not (tie == "drop" and inputs["drop"] and same):
            valid = _put(valid, inputs["to"], 1)
            store = _put(store, inputs["to"], inputs["d"])
        return outputs, (store, valid)

    def draw(draw: Draw) -> list[dict[str, int]]:
        often = draw.pick((0.3, 0.7))
        drawn = rows(
            draw, 32,
            {"write": 0.6, "to": 4, "d": 16, "drop": often, "drop_at": 4, "read_from": 4},
        )  # fmt: skip
        for at, row in enumerate(drawn):
            if draw.chance(0.3):
                row["drop_at"] = row["to"]
            if draw.chance(0.5):
                row["read_from"] = drawn[max(0, at - 1)][draw.pick(("to", "drop_at"))]
        return drawn

    body = "reg [3:0] store [0:3];\nreg [3:0] held;\nassign valid = held[read_from];\n"
    body += (
        "assign q = valid ? store[read_from] : 4'd0;\n"
        if shown == "zero"
        else "assign q = store[read_from];\n"
    )
    body += (
        "assign count = {2'd0, held[0]} + {2'd0, held[1]} + {2'd0, held[2]} + {2'd0, held[3]};\n"
    )
    first = "held <= 4'd0;"
    if shown == "kept":
        first += "\n" + _zeros("store", 4, 4)
    puts = "store[to] <= d;\n  held[to] <= 1'b1;"
    drops = "if (drop) held[drop_at] <= 1'b0;"
    then = (
        f"{drops}\nif (write) begin\n  {puts}\nend"
        if tie == "write"
        else f"if (write && !(drop && drop_at == to)) begin\n  {puts}\nend\n{drops}"
    )
    return synchronous(
        "valid_memory", (tie, shown),
        [Port("write"), Port("to", 2), Port("d", 4), Port("drop"), Port("drop_at", 2),
         Port("read_from", 2)],
        [Port("q", 4), Port("valid"), Port("count", 3)], words,
        Sequential(((0,) * 4, (0,) * 4), step, draw), body=body, first=first, then=then,
    )  # fmt: skip


def _tally(end: str, tie: str) -> Problem:
    top = 7
    past = f"from {top} it goes to 0" if end == "wrap" else f"at {top} it stays"
    both = (
        "it is 0 after it: what is counted in that cycle is lost"
        if tie == "clear"
        else "it is 1 after it: it is cleared first, and what is counted in that cycle is kept"
    )
    words = "\n".join(
        [
            "Four counters of 3 bits, all first 0.",
            f"- In a cycle where add is 1, counter number kind goes up by one; {past}.",
            "- In a cycle where read is 1, counter number which is cleared after it. Where it is "
            f"also counted up in that cycle, {both}.",
            "- q shows counter number which, whatever read is, as it is before that cycle changes "
            f"it. any_full is 1 while some counter is {top}.",
        ]
    )

    def step(counts: _Words, inputs: Inputs) -> tuple[Outputs, _Words]:
        outputs = {"q": counts[inputs["which"]], "any_full": int(top in counts)}
        after = list(counts)
        acts = ["add", "read"] if tie == "clear" else ["read", "add"]
        for act in acts:
            if act == "read" and inputs["read"]:
                after[inputs["which"]] = 0
            elif act == "add" and inputs["add"]:
                now = after[inputs["kind"]] + 1
                after[inputs["kind"]] = now if now <= top else 0 if end == "wrap" else top
        return outputs, tuple(after)

    def draw(draw: Draw) -> list[dict[str, int]]:
        favourite, often = draw.below(4), draw.pick((0.05, 0.3))
        drawn = rows(draw, 36, {"add": 0.85, "kind": 4, "read": often, "which": 4})
        for row in drawn:
            if draw.chance(0.6):
                row["kind"] = favourite
            if draw.chance(0.5):
                row["which"] = row["kind"]
        return drawn

    edges = [
        [{"add": 1, "kind": kind, "read": 0, "which": kind} for kind in (k,) * 9] for k in range(4)
    ]
    more = "store[kind] + 3'd1"
    if end == "stop":
        more = "(store[kind] == 3'd7) ? 3'd7 : store[kind] + 3'd1"
    clear = "if (read) store[which] <= 3'd0;"
    then = f"if (add) store[kind] <= {more};\n{clear}"
    if tie == "count":
        then = (
            f"{clear}\nif (add && read && kind == which) store[kind] <= 3'd1;\n"
            f"else if (add) store[kind] <= {more};"
        )
    return synchronous(
        "tally", (end, tie), [Port("add"), Port("kind", 2), Port("read"), Port("which", 2)],
        [Port("q", 3), Port("any_full")], words, Sequential((0,) * 4, step, draw, edges),
        body="reg [2:0] store [0:3];\nassign q = store[which];\n"
        "assign any_full = (&store[0]) || (&store[1]) || (&store[2]) || (&store[3]);\n",
        first=_zeros("store", 4, 3), then=then,
    )  # fmt: skip


# ---------------------------------------------------------------- 4: search, tags, a board


def _search(which: str, many: str) -> Problem:
    words = "\n".join(
        [
            "A memory that is searched by what it holds: 4 entries of 4 bits, of which first none "
            "is in use.",
            "- In a cycle where write is 1, entry number at takes d and is in use from then on. In "
            "one where erase is 1 and write is 0, it is in use no longer.",
            f"- hit is 1 while an entry in use equals key; index is then the {which} number of "
            "such an entry, and 0 while hit is 0. "
            + (
                "several is 1 while there is more than one of them."
                if many == "several"
                else "number is how many entries in use equal key."
            ),
            "All of these show the entries as they are before that cycle's write or erasing.",
        ]
    )

    def step(entries: tuple[Any, ...], inputs: Inputs) -> tuple[Outputs, tuple[Any, ...]]:
        found = [at for at, entry in enumerate(entries) if entry == inputs["key"]]
        outputs: dict[str, int] = {
            "hit": int(bool(found)),
            "index": (found[0] if which == "lowest" else found[-1]) if found else 0,
        }
        outputs[many] = int(len(found) > 1) if many == "several" else len(found)
        after = list(entries)
        if inputs["write"]:
            after[inputs["at"]] = inputs["d"]
        elif inputs["erase"]:
            after[inputs["at"]] = None
        return outputs, tuple(after)

    def draw(draw: Draw) -> list[dict[str, int]]:
        values = [draw.below(16) for _ in range(draw.pick((2, 3)))]
        drawn = rows(draw, 36, {"write": draw.pick((0.5, 0.8)), "erase": 0.4, "at": 4})
        for row in drawn:
            row["d"] = draw.pick(values) if draw.chance(0.9) else draw.below(16)
            row["key"] = draw.pick(values) if draw.chance(0.85) else draw.below(16)
        return drawn

    order = range(4) if which == "lowest" else range(3, -1, -1)
    chain = "\n  else ".join(f"if (match[{at}]) index = 2'd{at};" for at in order)
    body = (
        "reg [3:0] store [0:3];\nreg [3:0] used;\nwire [3:0] match;\n"
        + "".join(f"assign match[{at}] = used[{at}] && (store[{at}] == key);\n" for at in range(4))
        + "assign hit = |match;\n"
    )
    total = " + ".join(f"{{2'd0, match[{at}]}}" for at in range(4))
    if many == "number":
        body += f"assign number = {total};\n"
    else:
        body += f"wire [2:0] number = {total};\nassign several = (number > 3'd1);\n"
    body += f"always @* begin\n  {chain}\n  else index = 2'd0;\nend\n"
    return synchronous(
        "search_memory", (which, many),
        [Port("write"), Port("erase"), Port("at", 2), Port("d", 4), Port("key", 4)],
        [Port("hit"), Port("index", 2), Port(many, 1 if many == "several" else 3)],
        words, Sequential((None,) * 4, step, draw), body=body, first="used <= 4'd0;",
        then="if (write) begin\n  store[at] <= d;\n  used[at] <= 1'b1;\n"
        "end else if (erase) begin\n  used[at] <= 1'b0;\nend",
    )  # fmt: skip


def _tags(fills: str, counts: str) -> Problem:
    fill = (
        "- After a miss the line takes the tag of address, and is filled."
        if fills == "always"
        else "- After a miss in a cycle where fill is 1 the line takes the tag of address, and is "
        "filled; where fill is 0 it stays as it is. fill has no meaning without a miss."
    )
    counted = "hits" if counts == "hits" else "misses"
    words = "\n".join(
        [
            "The tags of a direct-mapped cache of 4 lines. An address has 5 bits: bits 1 to 0 are "
            "the number of its line, bits 4 to 2 its tag. First all lines are empty.",
            "- A cycle where access is 1 is an access to address. It is a hit if its line is "
            "filled and holds its tag, and a miss if not. hit is 1 in a cycle with a hit, miss in "
            "one with a miss; both are 0 in others.",
            fill,
            "- evict is 1, in the same cycle, when a line that is filled with another tag takes a "
            "new one; old_tag is that other tag then, and else 0.",
            "- In a cycle where flush is 1, all lines become empty after it, whatever the access "
            "in it would do; hit, miss and evict tell of that access all the same.",
            f"count is the number of {counted} in the cycles before, and stays at 15; flush does "
            "not change it.",
        ]
    )

    def step(state: tuple[Any, ...], inputs: Inputs) -> tuple[Outputs, tuple[Any, ...]]:
        lines, count = state
        tag, at = divmod(inputs["address"], 4)
        hit = inputs["access"] == 1 and lines[at] == tag
        miss = inputs["access"] == 1 and not hit
        takes = miss and inputs.get("fill", 1) == 1
        evict = takes and lines[at] is not None
        outputs = {
            "hit": int(hit),
            "miss": int(miss),
            "evict": int(evict),
            "old_tag": lines[at] if evict else 0,
            "count": count,
        }
        after = (*lines[:at], tag, *lines[at + 1 :]) if takes else lines
        if inputs["flush"]:
            after = (None,) * 4
        return outputs, (after, min(15, count + (hit if counts == "hits" else miss)))

    inputs = [Port("access"), Port("address", 5), Port("flush")]
    if fills == "asked":
        inputs.append(Port("fill"))

    def draw(draw: Draw) -> list[dict[str, int]]:
        near = [draw.below(32) for _ in range(3)]
        near += [near[0] ^ 4, near[1] ^ 16]
        found = []
        flushes = draw.pick((0.0, 0.1))
        for _ in range(40):
            row = {
                "access": int(draw.chance(0.9)),
                "address": draw.pick(near) if draw.chance(0.85) else draw.below(32),
                "flush": int(draw.chance(flushes)),
            }
            if fills == "asked":
                row["fill"] = int(draw.chance(0.7))
            found.append(row)
        return found

    def asked(*addresses: int) -> list[dict[str, int]]:
        extra = {"fill": 1} if fills == "asked" else {}
        return [{"access": 1, "address": a, "flush": 0, **extra} for a in addresses]

    edges = [asked(*[9] * 20), asked(*[9, 13] * 10), asked(*range(0, 32, 5), *range(0, 32, 5))]
    put = "miss" if fills == "always" else "miss && fill"
    body = (
        "reg [2:0] tags [0:3];\nreg [3:0] filled;\nwire [1:0] line = address[1:0];\n"
        "wire [2:0] tag = address[4:2];\nwire [2:0] held = tags[line];\n"
        "wire same = filled[line] && (held == tag);\n"
        f"assign hit = access && same;\nassign miss = access && !same;\nwire put = {put};\n"
        "assign evict = put && filled[line];\nassign old_tag = evict ? held : 3'd0;\n"
    )
    counted = "hit" if counts == "hits" else "miss"
    return synchronous(
        "cache_tags", (fills, counts), inputs,
        [Port("hit"), Port("miss"), Port("evict"), Port("old_tag", 3), Port("count", 4)], words,
        Sequential(((None,) * 4, 0), step, draw, edges), body=body,
        first="filled <= 4'd0;\ncount <= 4'd0;",
        then=f"if ({counted} && count != 4'd15) count <= count + 4'd1;\n"
        "if (put) tags[line] <= tag;\n"
        "if (flush) filled <= 4'd0;\nelse if (put) filled[line] <= 1'b1;",
    )  # fmt: skip


def _board(seen: str, target: str) -> Problem:
    own = ", and dest is not busy" if target == "free" else ""
    now = (
        "What is busy is what was so before the cycle: a done in it does not help yet."
        if seen == "old"
        else "A register whose done is given in that very cycle counts as not busy already."
    )
    words = "\n".join(
        [
            "A board that knows which of 4 registers are busy, that is, wait for a result; first "
            "none is.",
            "- A cycle where want is 1 asks to issue an instruction, which reads the registers "
            "src_a and (where uses_b is 1) src_b and writes the register dest. It is issued, and "
            f"issued is 1 in that cycle, if none of the registers that it reads is busy{own}. "
            f"Else issued is 0, and it is forgotten. {now}",
            "- After a cycle in which an instruction is issued, its dest is busy.",
            "- After a cycle where done is 1, the register done_at is not busy, unless it is the "
            "dest of an instruction that is issued in that cycle.",
            "busy shows the registers as the cycles before have left them, bit i for register i. "
            "refused is the number of instructions that were not issued in the cycles before, and "
            "stays at 7.",
        ]
    )

    def step(state: tuple[Any, ...], inputs: Inputs) -> tuple[Outputs, tuple[Any, ...]]:
        waiting, refused = state
        freed = {inputs["done_at"]} if inputs["done"] else set()
        blocking = waiting - freed if seen == "new" else waiting
        needs = {inputs["src_a"]}
        needs |= {inputs["src_b"]} if inputs["uses_b"] else set()
        needs |= {inputs["dest"]} if target == "free" else set()
        issued = inputs["want"] == 1 and not needs & blocking
        outputs = {
            "issued": int(issued),
            "busy": sum(1 << at for at in waiting),
            "refused": refused,
        }
        after = (waiting - freed) | ({inputs["dest"]} if issued else frozenset())
        late = inputs["want"] == 1 and not issued
        return outputs, (frozenset(after), min(7, refused + late))

    def draw(draw: Draw) -> list[dict[str, int]]:
        chances: dict[str, Chance] = {
            "want": 0.8, "src_a": 4, "src_b": 4, "uses_b": 0.5, "dest": 4,
            "done": draw.pick((0.4, 0.7)), "done_at": 4,
        }  # fmt: skip
        drawn = rows(draw, 36, chances)
        for row in drawn:
            if draw.chance(0.4):
                row["done_at"] = row[draw.pick(("src_a", "src_b", "dest"))]
        return drawn

    free = "busy" if seen == "old" else "waiting"
    own = f" || {free}[dest]" if target == "free" else ""
    body = "wire [3:0] freed = done ? (4'd1 << done_at) : 4'd0;\n"
    if seen == "new":
        body += "wire [3:0] waiting = busy & ~freed;\n"
    body += (
        f"wire blocked = {free}[src_a] || (uses_b && {free}[src_b]){own};\n"
        "assign issued = want && !blocked;\n"
        "wire [3:0] taken = issued ? (4'd1 << dest) : 4'd0;\n"
    )
    return synchronous(
        "scoreboard", (seen, target),
        [Port("want"), Port("src_a", 2), Port("src_b", 2), Port("uses_b"), Port("dest", 2),
         Port("done"), Port("done_at", 2)],
        [Port("issued"), Port("busy", 4), Port("refused", 3)], words,
        Sequential((frozenset(), 0), step, draw), body=body,
        first="busy <= 4'd0;\nrefused <= 3'd0;",
        then=f"busy <= {'(busy & ~freed)' if seen == 'old' else 'waiting'} | taken;\n"
        "if (want && blocked && refused != 3'd7) refused <= refused + 3'd1;",
    )  # fmt: skip


# ---------------------------------------------------------------- 5: small stores


def _store(full: str, update: str) -> Problem:
    places = 3
    over = {
        "refuse": "the pair is lost, and refused is 1 in that cycle",
        "turn": "it takes the place whose turn it is: first place 0, and after each such "
        "replacement the next one, 0 again after 2 (nothing else changes whose turn it is)",
        "oldest": "it takes the place of the pair that was put longest ago",
    }[full]
    again = (
        "its value becomes value, and it keeps its place"
        if update == "replace"
        else "nothing changes"
    )
    age = " This does not count as putting it anew." if full == "oldest" else ""
    words = "\n".join(
        [
            "A store of up to 3 pairs of a key and a value, of 4 bits each, in the places 0 to 2; "
            "first all are free. op says what happens in a cycle:",
            "- 0: nothing.",
            f"- 1, put the pair of key and value. If the key is in the store, {again}.{age} "
            f"Else the pair takes the lowest free place. If none is free, {over}.",
            "- 2, remove the pair with the key, if there is one; its place is free then.",
            "- 3, remove all pairs."
            + (" The next turn is that of place 0." if full == "turn" else ""),
            "found is 1 while a pair with the key is in the store, as it is before the cycle's op; "
            "found_value is then its value and place its place; else both are 0. count is the "
            "number of pairs."
            + (" refused is 0 but where it is said to be 1." if full == "refuse" else ""),
        ]
    )

    # The state: the pairs by place (None: free), and what decides: whose turn, or the order of age.
    def step(state: tuple[Any, Any], inputs: Inputs) -> tuple[Outputs, tuple[Any, Any]]:
        pairs, order = list(state[0]), state[1]
        key, value, op = inputs["key"], inputs["value"], inputs["op"]
        keys = [pair and pair[0] for pair in pairs]
        at = keys.index(key) if key in keys else None
        outputs: dict[str, int] = {
            "found": int(at is not None),
            "found_value": 0 if at is None else pairs[at][1],
            "place": at or 0,
            "count": places - pairs.count(None),
        }
        refuses = full == "refuse" and op == 1 and at is None and None not in pairs
        if full == "refuse":
            outputs["refused"] = int(refuses)
        if op == 1 and at is not None:
            if update == "replace":
                pairs[at] = (key, value)
        elif op == 1 and not refuses:
            if None in pairs:
                to = pairs.index(None)
            elif full == "turn":
                to, order = order, (order + 1) % places
            else:
                to = order[0]
            if full == "oldest":
                order = (*(p for p in order if p != to), to)
            pairs[to] = (key, value)
        elif op == 2 and at is not None:
            pairs[at] = None
            if full == "oldest":
                order = tuple(p for p in order if p != at)
        elif op == 3:
            pairs = [None] * places
            order = () if full == "oldest" else 0
        return outputs, (tuple(pairs), order)

    def draw(draw: Draw) -> list[dict[str, int]]:
        keys = draw.shuffle(range(16))[: draw.pick((4, 5, 6))]
        removes = draw.pick((0.1, 0.3))
        found = []
        for _ in range(40):
            op = 1
            if draw.chance(removes):
                op = 2
            elif draw.chance(0.15):
                op = 3 if draw.chance(0.2) else 0
            found.append({"op": op, "key": draw.pick(keys), "value": draw.below(16)})
        return found

    def asked(text: str) -> list[dict[str, int]]:
        ops = {"?": 0, "+": 1, "-": 2, "!": 3}
        return [
            {"op": ops[item[0]], "key": int(item[1]), "value": at * 3 + 1 & 15}
            for at, item in enumerate(text.split())
        ]

    edges = [
        asked("+1 +2 +3 ?1 ?2 ?3 +4 ?1 ?4 +5 ?2 +6 ?3 +7 ?4 ?5 ?6 ?7"),
        asked("+1 +2 +3 +1 ?1 -2 ?2 +4 ?4 +5 ?1 ?3 +6 ?3 ?4 +7 ?4 ?5 ?6"),
        asked("+0 +2 +3 +5 !0 ?5 ?0 +4 +6 +8 +9 ?4 ?6 ?8 ?9 +2 ?6 ?8"),
        asked("?0 +0 ?0 -0 ?0 +3 +2 +1 -3 +7 +8 ?7 ?2 +9 ?1 ?8"),
    ]
    body = (
        "reg [3:0] keys [0:2];\nreg [3:0] values [0:2];\nreg [2:0] used;\nwire [2:0] match;\n"
        + "".join(f"assign match[{at}] = used[{at}] && (keys[{at}] == key);\n" for at in range(3))
        + "assign found = |match;\n"
        "assign place = match[2] ? 2'd2 : match[1] ? 2'd1 : 2'd0;\n"
        "assign found_value = found ? values[place] : 4'd0;\n"
        "assign count = {1'b0, used[0]} + {1'b0, used[1]} + {1'b0, used[2]};\n"
        "wire full = &used;\n"
        "wire [1:0] unused = !used[0] ? 2'd0 : !used[1] ? 2'd1 : 2'd2;\n"
    )
    first = "used <= 3'd0;"
    clears = "used <= 3'd0;"
    if full == "refuse":
        body += "assign refused = (op == 2'd1) && !found && full;\nwire [1:0] to = unused;\n"
        condition = "!full"
        more = ""
    elif full == "turn":
        body += "reg [1:0] turn;\nwire [1:0] to = full ? turn : unused;\n"
        first += "\nturn <= 2'd0;"
        clears += "\n    turn <= 2'd0;"
        condition = ""
        more = "      if (full) turn <= (turn == 2'd2) ? 2'd0 : turn + 2'd1;\n"
    else:
        # A bit for each two places: whether the first is older.
        body += (
            "reg older01;\nreg older02;\nreg older12;\n"
            "wire [1:0] oldest = (older01 && older02) ? 2'd0 : (!older01 && older12) ? 2'd1 : "
            "2'd2;\nwire [1:0] to = full ? oldest : unused;\n"
        )
        condition = ""
        more = (
            "      case (to)\n        2'd0: begin\n          older01 <= 1'b0;\n"
            "          older02 <= 1'b0;\n        end\n        2'd1: begin\n"
            "          older01 <= 1'b1;\n          older12 <= 1'b0;\n        end\n"
            "        default: begin\n          older02 <= 1'b1;\n          older12 <= 1'b1;\n"
            "        end\n      endcase\n"
        )
        first += "\nolder01 <= 1'b0;\nolder02 <= 1'b0;\nolder12 <= 1'b0;"
    new = "      keys[to] <= key;\n      values[to] <= value;\n      used[to] <= 1'b1;\n" + more
    if update == "replace":
        head = (
            "  2'd1: begin\n    if (found) begin\n      values[place] <= value;\n    end else "
            + (f"if ({condition}) begin\n" if condition else "begin\n")
        )
    else:
        only = f"!found && {condition}" if condition else "!found"
        head = f"  2'd1: begin\n    if ({only}) begin\n"
    then = (
        f"case (op)\n{head}{new}    end\n  end\n"
        "  2'd2: if (found) used[place] <= 1'b0;\n"
        f"  2'd3: begin\n    {clears}\n  end\n  default: ;\nendcase"
    )
    outputs = [Port("found"), Port("found_value", 4), Port("place", 2), Port("count", 2)]
    outputs += [Port("refused")] if full == "refuse" else []
    return synchronous(
        "pair_store", (full, update), [Port("op", 2), Port("key", 4), Port("value", 4)], outputs,
        words, Sequential(((None,) * 3, () if full == "oldest" else 0), step, draw, edges),
        body=body, first=first, then=then,
    )  # fmt: skip


def _sweep(order: str, during: str) -> Problem:
    start, last = (0, 3) if order == "up" else (3, 0)
    writes = (
        "- While it sweeps, write is ignored, and lost is 1 in a cycle where write is 1."
        if during == "refuse"
        else "- While it sweeps, write does what it does otherwise. Where it writes the word that "
        "is swept in that cycle, the word takes d, and lost is 1 in that cycle."
    )
    words = "\n".join(
        [
            "A memory of 4 words of 4 bits, all first 0, that can be swept, that is, filled word "
            "by word; first it does not sweep.",
            "- In a cycle where write is 1, the word at addr takes d.",
            "- In a cycle where sweep is 1 while it does not sweep, it begins: fill is kept as it "
            "is in that cycle, and the sweep lasts for the four cycles that follow. In the first "
            f"of them word {start} takes what was kept, in the next the one "
            f"{'above' if order == 'up' else 'below'} it, and so on to word {last}. A write in the "
            "cycle where it begins is done. sweep is ignored while it sweeps.",
            writes,
            "- In a cycle where stop is 1 while it sweeps, that cycle's word is swept, and the "
            "sweep ends with it. stop has no meaning otherwise.",
            "q shows the word at addr, as it is before that cycle's write or sweep. busy is 1 "
            "while it sweeps. lost is 0 but where it is said to be 1.",
        ]
    )

    def step(state: tuple[Any, ...], inputs: Inputs) -> tuple[Outputs, tuple[Any, ...]]:
        store, left, kept = state  # left: the words that are still to be swept
        at = inputs["addr"]
        lost = inputs["write"] and bool(left) and (during == "refuse" or at == left[0])
        outputs = {"q": store[at], "busy": int(bool(left)), "lost": int(lost)}
        if left:
            store = _put(store, left[0], kept)
        if inputs["write"] and not (left and during == "refuse"):
            store = _put(store, at, inputs["d"])
        if left:
            return outputs, (store, () if inputs["stop"] else left[1:], kept)
        if inputs["sweep"]:
            every = tuple(range(4))
            return outputs, (store, every if order == "up" else every[::-1], inputs["fill"])
        return outputs, (store, (), kept)

    def draw(draw: Draw) -> list[dict[str, int]]:
        chances: dict[str, Chance] = {
            "write": draw.pick((0.3, 0.7)), "addr": 4, "d": 16, "sweep": 0.25, "fill": 16,
            "stop": draw.pick((0.02, 0.2)),
        }  # fmt: skip
        return rows(draw, 40, chances)

    def cycle(**given: int) -> dict[str, int]:
        return {"write": 0, "addr": 0, "d": 0, "sweep": 0, "fill": 5, "stop": 0, **given}

    looks = [cycle(addr=at) for at in range(4)]
    fills = [cycle(write=1, addr=at, d=9 + at) for at in range(4)]
    edges = [
        [*fills, cycle(sweep=1, fill=6, stop=1), *[cycle(addr=at, fill=3) for at in (0, 1, 2, 3)],
         *looks],
        [*fills, cycle(sweep=1, fill=3), cycle(), cycle(stop=1), *looks, cycle(sweep=1), *looks],
        [cycle(sweep=1, fill=8), *[cycle(write=1, addr=at, d=at + 1, sweep=1) for at in range(4)],
         *looks],
        [cycle(sweep=1, fill=8), *[cycle(write=1, addr=3 - at, d=at + 1) for at in range(4)],
         *looks],
    ]  # fmt: skip
    move = "spot + 2'd1" if order == "up" else "spot - 2'd1"
    body = "reg [3:0] store [0:3];\nreg [1:0] spot;\nreg [3:0] kept;\nassign q = store[addr];\n" + (
        "assign lost = write && busy;\n"
        if during == "refuse"
        else "assign lost = write && busy && (addr == spot);\n"
    )
    swept = (
        f"  store[spot] <= kept;\n  spot <= {move};\n"
        f"  if (stop || spot == 2'd{last}) busy <= 1'b0;\n"
    )
    begins = f"if (sweep) begin\n  busy <= 1'b1;\n  kept <= fill;\n  spot <= 2'd{start};\nend"
    if during == "refuse":
        inner = begins.replace("\n", "\n  ")
        then = (
            f"if (busy) begin\n{swept}end else begin\n  if (write) store[addr] <= d;\n"
            f"  {inner}\nend"
        )
    else:
        then = f"if (busy) begin\n{swept}end else {begins}\nif (write) store[addr] <= d;"
    return synchronous(
        "swept_memory", (order, during),
        [Port("write"), Port("addr", 2), Port("d", 4), Port("sweep"), Port("fill", 4),
         Port("stop")],
        [Port("q", 4), Port("busy"), Port("lost")], words,
        Sequential(((0,) * 4, (), 0), step, draw, edges), body=body,
        first=_zeros("store", 4, 4) + "\nbusy <= 1'b0;", then=then,
    )  # fmt: skip


def _journal(seen: str, nested: str) -> Problem:
    during = (
        "as the writes of the transaction have left it"
        if seen == "new"
        else "as it was before the transaction, while there is one"
    )
    again = (
        "begin_in is ignored while a transaction is open"
        if nested == "ignore"
        else "begin_in while a transaction is open takes back its writes, and another one is open"
    )
    words = "\n".join(
        [
            "A memory of 4 words of 3 bits, all first 0, with transactions; first none is open. "
            "op says what happens in a cycle:",
            "- 0: nothing.",
            "- 1, write: the word at addr takes d. While a transaction is open, the write is part "
            "of it.",
            f"- 2, begin: a transaction is open from then on. "
            f"{again.replace('begin_in', 'A begin')}.",
            "- 3, end: with keep 1 the writes of the transaction stay, with keep 0 they are taken "
            "back: all words are what they were when it began. It is open no longer. Without an "
            "open transaction nothing happens.",
            f"q shows, in every cycle, the word at addr, {during}; a write shows from the next "
            "cycle on. running is 1 while a transaction is open. changed has bit i at 1 while a "
            "transaction is open that has written word i, whatever it wrote.",
        ]
    )

    def step(state: tuple[Any, ...], inputs: Inputs) -> tuple[Outputs, tuple[Any, ...]]:
        store, before, written = state  # before: the words when it began, None without one
        shown = store if seen == "new" or before is None else before
        outputs = {
            "q": shown[inputs["addr"]],
            "running": int(before is not None),
            "changed": sum(1 << at for at in written),
        }
        op = inputs["op"]
        if op == 1:
            store = _put(store, inputs["addr"], inputs["d"])
            if before is not None:
                written = written | {inputs["addr"]}
        elif op == 2 and before is None:
            before = store
        elif op == 2 and nested == "restart":
            store, written = before, frozenset()
        elif op == 3 and before is not None:
            store = store if inputs["keep"] else before
            before, written = None, frozenset()
        return outputs, (store, before, written)

    def draw(draw: Draw) -> list[dict[str, int]]:
        drawn = rows(draw, 40, {"op": 4, "addr": 4, "d": 8, "keep": 0.5})
        for at, row in enumerate(drawn):
            row["op"] = draw.pick((1, 1, 1, 1, 2, 3, 0, 0, 0))
            if draw.chance(0.5):
                row["addr"] = drawn[max(0, at - 1)]["addr"]
        return drawn

    names = range(4)
    body = "reg [2:0] now [0:3];\nreg [2:0] past [0:3];\n" + (
        "assign q = now[addr];\n"
        if seen == "new"
        else "assign q = changed[addr] ? past[addr] : now[addr];\n"
    )
    back = "".join(f"if (changed[{at}]) now[{at}] <= past[{at}];\n" for at in names)
    begin = "running <= 1'b1;"
    if nested == "restart":
        begin = "\n    ".join(["running <= 1'b1;", "changed <= 4'd0;", *back.splitlines()])
    taken = "\n      ".join(back.splitlines())
    then = (
        "case (op)\n  2'd1: begin\n    now[addr] <= d;\n"
        "    if (running && !changed[addr]) begin\n      changed[addr] <= 1'b1;\n"
        "      past[addr] <= now[addr];\n    end\n  end\n"
        f"  2'd2: begin\n    {begin}\n  end\n"
        "  2'd3: begin\n    running <= 1'b0;\n    changed <= 4'd0;\n"
        f"    if (!keep) begin\n      {taken}\n    end\n  end\n  default: ;\nendcase"
    )
    return synchronous(
        "transactions", (seen, nested),
        [Port("op", 2), Port("addr", 2), Port("d", 3), Port("keep")],
        [Port("q", 3), Port("running"), Port("changed", 4)], words,
        Sequential(((0,) * 4, None, frozenset()), step, draw), body=body,
        first=_zeros("now", 4, 3) + "\nrunning <= 1'b0;\nchanged <= 4'd0;", then=then,
    )  # fmt: skip


def _copy(during: str, count: str) -> Problem:
    size = 8
    how_many = (
        "amount words are copied (none where amount is 0)"
        if count == "length"
        else "amount + 1 words are copied"
    )
    writes = (
        "- While it copies, write is ignored."
        if during == "refuse"
        else "- While it copies, write does what it does otherwise; where it writes the word that "
        "a copy goes to in that cycle, the word takes d."
    )
    words = "\n".join(
        [
            "A memory of 8 words of 3 bits, all first 0, that can copy words by itself; first it "
            "does not copy.",
            "- In a cycle where write is 1, the word at addr takes d.",
            f"- In a cycle where start is 1 while it does not copy, it begins: {how_many}, one in "
            "each of the cycles that follow. The first of them copies word source to word target, "
            "each next one the word above to the word above, after 7 going on at 0, with source, "
            "target and amount as they were in the cycle with start. A copy takes the word as it "
            "is before its cycle, and so sees what copies and writes of cycles before have made of "
            "it. A write in the cycle with start is done. start is ignored while it copies.",
            writes,
            "q shows the word at addr, as it is before that cycle's write or copy. busy is 1 in "
            "the cycles in which a word is copied, and left is how many are still to be copied "
            "then, that cycle's with them; else 0.",
        ]
    )

    def step(state: tuple[Any, ...], inputs: Inputs) -> tuple[Outputs, tuple[Any, ...]]:
        store, todo = state  # todo: pairs of places
        outputs = {"q": store[inputs["addr"]], "busy": int(bool(todo)), "left": len(todo)}
        after = store
        if todo:
            after = _put(after, todo[0][1], store[todo[0][0]])
        if inputs["write"] and not (todo and during == "refuse"):
            after = _put(after, inputs["addr"], inputs["d"])
        if todo:
            return outputs, (after, todo[1:])
        if inputs["start"]:
            amount = inputs["amount"] + (count == "last")
            todo = tuple(
                ((inputs["source"] + at) % size, (inputs["target"] + at) % size)
                for at in range(amount)
            )
        return outputs, (after, todo)

    def draw(draw: Draw) -> list[dict[str, int]]:
        found = []
        for at in range(40):
            filling = at < 7
            found.append(
                {
                    "write": int(filling or draw.chance(0.2)),
                    "addr": at if filling else draw.below(size),
                    "d": draw.below(8),
                    "start": int(not filling and draw.chance(0.5)),
                    "source": draw.below(size),
                    "target": draw.below(size),
                    "amount": draw.below(4),
                }
            )
        return found

    def cycle(**given: int) -> dict[str, int]:
        quiet = {"write": 0, "addr": 0, "d": 0, "start": 0, "source": 1, "target": 2, "amount": 1}
        return {**quiet, **given}

    fills = [cycle(write=1, addr=at, d=at * 3 + 1 & 7) for at in range(size)]
    looks = [cycle(addr=at) for at in range(size)]
    edges = [
        [*fills, cycle(start=1, source=6, target=7, amount=3), *looks, *looks],
        [*fills, cycle(start=1, source=7, target=5, amount=3), *looks, *looks],
        [*fills, cycle(start=1, source=2, target=6, amount=0), *looks,
         cycle(start=1, source=0, target=3, amount=2),
         *[cycle(write=1, addr=at, d=5, start=1) for at in (3, 4, 4, 5)], *looks],
    ]  # fmt: skip
    amount = "{1'b0, amount} + 3'd1" if count == "last" else "amount"
    bits = 3 if count == "last" else 2
    body = (
        "reg [2:0] store [0:7];\nreg [2:0] from;\nreg [2:0] to;\nassign q = store[addr];\n"
        f"assign busy = (left != {bits}'d0);\n"
    )
    moves = (
        "  store[to] <= store[from];\n  from <= from + 3'd1;\n  to <= to + 3'd1;\n"
        f"  left <= left - {bits}'d1;\n"
    )
    begin = f"if (start) begin\n  from <= source;\n  to <= target;\n  left <= {amount};\nend"
    if during == "refuse":
        inner = begin.replace("\n", "\n  ")
        then = (
            f"if (busy) begin\n{moves}end else begin\n  if (write) store[addr] <= d;\n"
            f"  {inner}\nend"
        )
    else:
        then = f"if (busy) begin\n{moves}end else {begin}\nif (write) store[addr] <= d;"
    return synchronous(
        "copying_memory", (during, count),
        [Port("write"), Port("addr", 3), Port("d", 3), Port("start"), Port("source", 3),
         Port("target", 3), Port("amount", 2)],
        [Port("q", 3), Port("busy"), Port("left", bits)], words,
        Sequential(((0,) * size, ()), step, draw, edges), body=body,
        first=_zeros("store", 8, 3) + f"\nleft <= {bits}'d0;", then=then,
    )  # fmt: skip
