"""Encoders and decoders: one-hot, priority, thermometer, counts of bits, small sorters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ....verifiers.verilog.interface import Interface, Port
from ..draw import Draw
from .family import Combinational, Inputs, Outputs, Problem, family, module


def _variants(level: int) -> Sequence[tuple[Any, ...]]:
    if level == 1:
        return [(level, width, enable, low) for width in (2, 3)
                for enable in ("none", "high", "low") for low in (True, False)]  # fmt: skip
    if level == 2:
        return [(level, width, highest, named) for width in (4, 6, 8)
                for highest in (True, False) for named in ("valid", "none")]  # fmt: skip
    if level == 3:
        return [
            (level, width, kind, bit)
            for width in (6, 8, 9)
            for kind in ("count", "leading", "trailing")
            for bit in (0, 1)
        ]
    if level == 4:
        return [
            (level, width, kind, way)
            for width in (7, 8)
            for kind in ("thermometer", "run", "mask")
            for way in (True, False)
        ]
    return [
        (level, width, signed, what)
        for width in (4, 5)
        for signed in (True, False)
        for what in ("sorted", "median", "spread", "index")
    ]


@family("encoder", _variants)
def encoder(level: int, width: int, kind: Any, option: Any) -> Problem:
    makers: dict[int, Callable[..., Problem]] = {
        1: _decoder, 2: _priority, 3: _zeros, 4: _checked, 5: _sorter,
    }  # fmt: skip
    return makers[level](width, kind, option)


def _decoder(width: int, enable: str, low: bool) -> Problem:
    size = 1 << width
    inputs = [Port("select", width)] + ([Port("en")] if enable != "none" else [])
    interface = Interface("decoder", tuple(inputs), (Port("line", size),))
    on, off = ("0", "1") if low else ("1", "0")
    when = "" if enable == "none" else f" while en is {int(enable == 'high')}"
    idle = "" if enable == "none" else f" Otherwise all bits are {off}."
    words = (
        f"A decoder: bit number select of line (bit 0 is the lowest) is {on}, and all others are "
        f"{off}{when}.{idle}"
    )

    def outputs(inputs: Inputs) -> Outputs:
        active = enable == "none" or inputs["en"] == int(enable == "high")
        line = 1 << inputs["select"] if active else 0
        return {"line": ((1 << size) - 1) ^ line if low else line}

    one = f"{size}'d1 << select"
    if enable != "none":
        one = f"{'en' if enable == 'high' else '!en'} ? ({one}) : {size}'d0"
    body = f"  assign line = {'~' if low else ''}({one});\n"
    return Problem(words, interface, module(interface, body), _combinational(outputs, interface))


def _combinational(
    outputs: Any, interface: Interface, edges: Sequence[Inputs] = (), draw: Any = None
) -> Combinational:
    """A model whose inputs are uniform unless `draw` says otherwise."""

    def uniform(draw: Draw) -> dict[str, int]:
        return {port.name: draw.below(1 << port.width) for port in interface.inputs}

    return Combinational(outputs, draw or uniform, edges)


def _sparse(name: str, width: int) -> Any:
    """Draws words with few ones, or few zeros, as often as any."""

    def draw(draw: Draw) -> dict[str, int]:
        word = draw.below(1 << width)
        for _ in range(draw.below(3)):
            word &= draw.below(1 << width)
        return {name: word ^ (((1 << width) - 1) * draw.below(2))}

    return draw


def _priority(width: int, highest: bool, named: str) -> Problem:
    bits = (width - 1).bit_length()
    ports = [Port("index", bits)] + ([Port("valid")] if named == "valid" else [Port("none")])
    interface = Interface("priority_encoder", (Port("request", width),), tuple(ports))
    flag = ports[1].name
    which = "highest" if highest else "lowest"
    told = "1 when request has a bit that is 1" if flag == "valid" else "1 when request is 0"
    words = (
        f"index is the number of the {which} bit of request that is 1 (bit 0 is the lowest); "
        "it is 0 "
        f"when request is 0. {flag} is {told}, else 0."
    )

    def outputs(inputs: Inputs) -> Outputs:
        ones = [i for i in range(width) if inputs["request"] >> i & 1]
        index = (max(ones) if highest else min(ones)) if ones else 0
        return {"index": index, flag: int(bool(ones) == (flag == "valid"))}

    order = range(width - 1, -1, -1) if highest else range(width)
    chain = " else ".join(f"if (request[{i}]) index = {bits}'d{i};" for i in order)
    lines = chain.replace(" else ", "\n    else ")
    body = (
        f"  assign {flag} = {'' if flag == 'valid' else '!'}(|request);\n"
        f"  always @* begin\n    {lines}\n    else index = {bits}'d0;\n  end\n"
    )
    reference = module(interface, body, ["index"])
    model = _combinational(outputs, interface, draw=_sparse("request", width))
    return Problem(words, interface, reference, model)


def _zeros(width: int, kind: str, bit: int) -> Problem:
    bits = width.bit_length()
    interface = Interface("bit_count", (Port("word", width),), (Port("count", bits), Port("all")))
    what = {
        "count": f"the number of bits of word that are {bit}",
        "leading": f"the number of bits that are {bit} at the high end of word, before the first "
        f"that is {1 - bit}",
        "trailing": f"the number of bits that are {bit} at the low end of word, before the first "
        f"that is {1 - bit}",
    }[kind]
    words = (
        f"count is {what}; it is {width} when all bits are {bit}. all is 1 in that case, else 0."
    )

    def outputs(inputs: Inputs) -> Outputs:
        text = f"{inputs['word']:0{width}b}"
        if kind == "trailing":
            text = text[::-1]
        other = str(1 - bit)
        count = text.count(str(bit)) if kind == "count" else (text + other).index(other)
        return {"count": count, "all": int(count == width)}

    same = f"word[i] == 1'b{bit}"
    if kind == "count":
        loop = (
            f"    for (i = 0; i < {width}; i = i + 1)\n"
            f"      if ({same}) count = count + {bits}'d1;\n"
        )
        going = ""
    else:
        order = (
            f"i = {width - 1}; i >= 0; i = i - 1" if kind == "leading" else
            f"i = 0; i < {width}; i = i + 1"
        )  # fmt: skip
        going = "    going = 1'b1;\n"
        loop = (
            f"    for ({order}) begin\n      if (!({same})) going = 1'b0;\n"
            f"      if (going) count = count + {bits}'d1;\n    end\n"
        )
    declared = "  integer i;\n" + ("  reg going;\n" if going else "")
    body = (
        f"{declared}  assign all = (count == {bits}'d{width});\n  always @* begin\n"
        f"    count = {bits}'d0;\n{going}{loop}  end\n"
    )
    reference = module(interface, body, ["count"])
    edges: list[Inputs] = [{"word": 0}, {"word": (1 << width) - 1}]
    edges += [{"word": 1 << i} for i in range(width)]
    edges += [{"word": ((1 << width) - 1) ^ (1 << i)} for i in range(width)]
    model = _combinational(outputs, interface, edges, _sparse("word", width))
    return Problem(words, interface, reference, model)


def _checked(width: int, kind: str, way: bool) -> Problem:
    bits = width.bit_length()
    mask = (1 << width) - 1
    if kind == "mask":
        size = (width - 1).bit_length()
        interface = Interface(
            "window", (Port("low", size), Port("high", size)), (Port("mask", width), Port("empty"))
        )
        inside = "1" if way else "0"
        words = (
            f"The bits of mask with numbers from low to high, both included, are {inside}, and all "
            f"others are {1 - way:d}. There are none when low is greater than high; empty is "
            "1 then, "
            f"else 0. Numbers beyond {width - 1} are of no bit of mask."
            if width < 1 << size
            else f"The bits of mask with numbers from low to high, both included, are "
            f"{inside}, and "
            f"all others are {1 - way:d}. There are none when low is greater than high; empty is 1 "
            "then, else 0."
        )

        def window(inputs: Inputs) -> Outputs:
            low, high = inputs["low"], inputs["high"]
            found = sum(1 << i for i in range(low, high + 1) if i < width)
            return {"mask": found if way else mask ^ found, "empty": int(low > high)}

        body = (
            "  integer i;\n  assign empty = (low > high);\n  always @* begin\n"
            f"    for (i = 0; i < {width}; i = i + 1)\n"
            f"      mask[i] = {'' if way else '!'}((i >= low) && (i <= high));\n  end\n"
        )
        body = body.replace("i >= low", f"i[{size - 1}:0] >= low").replace(
            "i <= high", f"i[{size - 1}:0] <= high"
        )
        model = _combinational(window, interface)
        return Problem(words, interface, module(interface, body, ["mask"]), model)
    interface = Interface(
        "code_checker", (Port("code", width),), (Port("value", bits), Port("error"))
    )
    if kind == "thermometer":
        end = "low" if way else "high"
        words = (
            f"code is a thermometer code if its ones, if any, are all at the {end} end, without a "
            "gap. value is the number of its ones, whether it is one or not, and error is 1 where "
            "it is none, else 0."
        )
    else:
        words = (
            "value is the length of the longest stretch of neighbouring bits of code that are "
            f"{int(way)}. error is 1 when another stretch of them (apart from it by at least a bit "
            f"that is {1 - way:d}) has the same length, and when there is none at all."
        )

    def outputs(inputs: Inputs) -> Outputs:
        text = f"{inputs['code']:0{width}b}"
        if kind == "thermometer":
            ones = text.count("1")
            form = "1" * ones
            fine = text == (form.rjust(width, "0") if way else form.ljust(width, "0"))
            return {"value": ones, "error": int(not fine)}
        runs = sorted(map(len, text.replace(str(1 - way), " ").split()), reverse=True)
        tie = not runs or runs[1:2] == runs[:1]
        return {"value": runs[0] if runs else 0, "error": int(tie)}

    if kind == "thermometer":
        order = f"i = 0; i < {width}; i = i + 1" if way else f"i = {width - 1}; i >= 0; i = i - 1"
        body = (
            f"  integer i;\n  reg ended;\n"
            "  always @* begin\n"
            f"    value = {bits}'d0;\n    ended = 1'b0;\n    error = 1'b0;\n"
            f"    for ({order}) begin\n      if (!code[i]) ended = 1'b1;\n"
            f"      else begin\n        if (ended) error = 1'b1;\n"
            f"        value = value + {bits}'d1;\n      end\n    end\n  end\n"
        )
        reference = module(interface, body, ["value", "error"])
    else:
        body = (
            f"  integer i;\n  reg [{bits - 1}:0] length;\n  always @* begin\n"
            f"    value = {bits}'d0;\n    length = {bits}'d0;\n    error = 1'b1;\n"
            f"    for (i = 0; i < {width}; i = i + 1) begin\n"
            f"      length = {'' if way else '!'}code[i] ? length + {bits}'d1 : {bits}'d0;\n"
            f"      if (length > value) begin\n        value = length;\n        error = 1'b0;\n"
            f"      end else if (length == value && length != {bits}'d0) begin\n"
            f"        error = 1'b1;\n      end\n    end\n  end\n"
        )
        reference = module(interface, body, ["value", "error"])
    edges: list[Inputs] = [{"code": (1 << i) - 1} for i in range(width + 1)]
    edges += [{"code": mask ^ ((1 << i) - 1)} for i in range(width + 1)]
    model = _combinational(outputs, interface, edges, _sparse("code", width))
    return Problem(words, interface, reference, model)


def _sorter(width: int, signed: bool, what: str) -> Problem:
    names = ("a", "b", "c")
    ports = tuple(Port(name, width) for name in names)
    outputs: tuple[Port, ...] = {
        "sorted": (Port("low", width), Port("mid", width), Port("high", width)),
        "median": (Port("median", width), Port("tie")),
        "spread": (Port("spread", width), Port("equal")),
        "index": (Port("first", 2), Port("last", 2)),
    }[what]
    interface = Interface("sorter", ports, outputs)
    kind = "numbers in two's complement" if signed else "numbers without sign"
    say = {
        "sorted": "low, mid and high are the three in order, the smallest first.",
        "median": "median is the one in the middle when they are put in order; tie is 1 when at "
        "least two of them are equal, else 0.",
        "spread": f"spread is the greatest less the smallest, which always fits {width} bits "
        "without sign; equal is 1 when all three are equal, else 0.",
        "index": "first is the number of the smallest (0 for a, 1 for b, 2 for c), the lowest "
        "number among equals; last is the number of the greatest, the highest number among equals.",
    }[what]
    words = f"a, b and c are {kind}. {say}"
    half, size = 1 << (width - 1), 1 << width

    def value(bits: int) -> int:
        return bits - size if signed and bits >= half else bits

    def found(inputs: Inputs) -> Outputs:
        values = [value(inputs[name]) for name in names]
        low, mid, high = sorted(values)
        if what == "sorted":
            return {"low": low % size, "mid": mid % size, "high": high % size}
        if what == "median":
            return {"median": mid % size, "tie": int(len({*values}) < 3)}
        if what == "spread":
            return {"spread": high - low, "equal": int(low == high)}
        last = max(range(3), key=lambda i: (values[i], i))
        return {"first": values.index(low), "last": last}

    def draw(draw: Draw) -> dict[str, int]:
        row = {name: draw.below(size) for name in names}
        if draw.chance(0.4):  # ties
            row[draw.pick(names)] = row[draw.pick(names)]
        return row

    s = "signed " if signed else ""
    rng = f"[{width - 1}:0]"
    body = (
        f"  wire {s}{rng} x = a;\n  wire {s}{rng} y = b;\n  wire {s}{rng} z = c;\n"
        if signed
        else f"  wire {rng} x = a;\n  wire {rng} y = b;\n  wire {rng} z = c;\n"
    )
    body += f"  wire {s}{rng} xy_low = (x <= y) ? x : y;\n"
    body += f"  wire {s}{rng} xy_high = (x <= y) ? y : x;\n"
    body += f"  wire {s}{rng} least = (xy_low <= z) ? xy_low : z;\n"
    body += f"  wire {s}{rng} most = (xy_high > z) ? xy_high : z;\n"
    middle = f"  wire {s}{rng} inner = (xy_low <= z) ? ((xy_high <= z) ? xy_high : z) : xy_low;\n"
    body += {
        "sorted": f"{middle}  assign low = least;\n  assign mid = inner;\n  assign high = most;\n",
        "median": f"{middle}  assign median = inner;\n"
        "  assign tie = (x == y) || (y == z) || (x == z);\n",
        "spread": "  assign spread = most - least;\n  assign equal = (most == least);\n",
        "index": "  assign first = (x == least) ? 2'd0 : (y == least) ? 2'd1 : 2'd2;\n"
        "  assign last = (z == most) ? 2'd2 : (y == most) ? 2'd1 : 2'd0;\n",
    }[what]
    if what == "median":
        body = "".join(
            line for line in body.splitlines(keepends=True) if " least" not in line
            and " most" not in line
        )  # fmt: skip
    edges: list[Inputs] = [
        {"a": p, "b": q, "c": r}
        for p in (0, half, size - 1)
        for q in (0, half - 1, half)
        for r in (half - 1, half, size - 1)
    ]
    model = _combinational(found, interface, edges, draw)
    return Problem(words, interface, module(interface, body), model)
