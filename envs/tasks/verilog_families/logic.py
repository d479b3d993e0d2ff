"""Logic: expressions of bitwise operators, put together from the same few parts in every way."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from ....verifiers.verilog.interface import Interface, Port
from .bits import combinational
from .family import Inputs, Outputs, Problem, family, module

# What each makes of two bits, and how it is written between two operands.
_OPERATORS: dict[str, tuple[Callable[[str, str], bool], str, bool]] = {
    "and": (lambda p, q: p + q == "11", "&", False),
    "or": (lambda p, q: "1" in p + q, "|", False),
    "xor": (lambda p, q: p != q, "^", False),
    "nand": (lambda p, q: "0" in p + q, "&", True),
    "nor": (lambda p, q: p + q == "00", "|", True),
    "xnor": (lambda p, q: p == q, "^", True),
}
_WIDTH = 4
_RULES = (
    "All of this is bit by bit; nand, nor and xnor are the opposites of what and, or and xor give."
)


def _variants(level: int) -> Sequence[tuple[Any, ...]]:
    operators = tuple(_OPERATORS)
    if level == 1:
        return list(itertools.product([level], operators, ("", "a", "b", "ab"), (1, 4, 8)))
    if level == 2:
        turned = ("", "a", "b", "c", "ab", "ac", "bc", "abc")
        return list(itertools.product([level], operators, operators, turned))
    if level == 3:
        return list(itertools.product([level], operators, operators, operators))
    if level == 4:
        return list(itertools.product([level], operators, operators, ("one", "zero", "either")))
    return list(itertools.product([level], operators, operators, operators, ("&", "|", "^")))


@family("logic", _variants)
def logic(level: int, *parts: Any) -> Problem:
    makers: dict[int, Callable[..., Problem]] = {
        1: _pair, 2: _chain, 3: _tree, 4: _choice, 5: _unit,
    }  # fmt: skip
    return makers[level](*parts)


def _made(operator: str, p: str, q: str) -> str:
    """What an operator makes of two texts of bits."""
    holds = _OPERATORS[operator][0]
    return "".join(str(int(holds(*bits))) for bits in zip(p, q, strict=True))


def _written(operator: str, p: str, q: str, *, inner: bool = False) -> str:
    """An operator between two operands; `inner`: as an operand itself."""
    _, sign, opposite = _OPERATORS[operator]
    text = f"{p} {sign} {q}"
    return f"~({text})" if opposite else f"({text})" if inner else text


def _bits(inputs: Inputs, width: int) -> dict[str, str]:
    return {name: f"{value:0{width}b}" for name, value in inputs.items()}


def _opposite(bits: str) -> str:
    return bits.translate(str.maketrans("01", "10"))


def _interface(name: str, names: str, width: int = _WIDTH) -> Interface:
    return Interface(name, tuple(Port(n, width) for n in names), (Port("y", width),))


def _said(name: str, turned: str) -> str:
    return f"(not {name})" if name in turned else name


def _sign(name: str, turned: str) -> str:
    return f"~{name}" if name in turned else name


def _pair(operator: str, turned: str, width: int) -> Problem:
    interface = _interface("pair", "ab", width)

    def outputs(inputs: Inputs) -> Outputs:
        a, b = (
            _opposite(bits) if name in turned else bits
            for name, bits in _bits(inputs, width).items()
        )
        return {"y": _made(operator, a, b)}

    words = f"y is {_said('a', turned)} {operator} {_said('b', turned)}. {_RULES}"
    made = _written(operator, _sign("a", turned), _sign("b", turned))
    reference = module(interface, f"  assign y = {made};\n")
    return Problem(words, interface, reference, combinational(interface, outputs))


def _chain(first: str, second: str, turned: str) -> Problem:
    interface = _interface("chain", "abc")

    def outputs(inputs: Inputs) -> Outputs:
        a, b, c = (
            _opposite(bits) if name in turned else bits
            for name, bits in _bits(inputs, _WIDTH).items()
        )
        return {"y": _made(second, _made(first, a, b), c)}

    a, b, c = (_said(name, turned) for name in "abc")
    words = f"y is ({a} {first} {b}) {second} {c}. {_RULES}"
    a, b, c = (_sign(name, turned) for name in "abc")
    made = _written(second, _written(first, a, b, inner=True), c)
    reference = module(interface, f"  assign y = {made};\n")
    return Problem(words, interface, reference, combinational(interface, outputs))


def _tree(left: str, middle: str, right: str) -> Problem:
    interface = _interface("tree", "abcd")

    def outputs(inputs: Inputs) -> Outputs:
        a, b, c, d = _bits(inputs, _WIDTH).values()
        return {"y": _made(middle, _made(left, a, b), _made(right, c, d))}

    words = f"y is (a {left} b) {middle} (c {right} d). {_RULES}"
    parts = _written(left, "a", "b", inner=True), _written(right, "c", "d", inner=True)
    reference = module(interface, f"  assign y = {_written(middle, *parts)};\n")
    return Problem(words, interface, reference, combinational(interface, outputs))


def _choice(first: str, second: str, when: str) -> Problem:
    """One of two expressions, as a bit says, or as any of two bits does."""
    names = "st" if when == "either" else "s"
    interface = Interface(
        "choice",
        (*(Port(name) for name in names), *(Port(name, _WIDTH) for name in "abcd")),
        (Port("y", _WIDTH),),
    )
    said = {"one": "s is 1", "zero": "s is 0", "either": "s or t is 1"}[when]
    test = {"one": "s", "zero": "~s", "either": "(s | t)"}[when]

    def outputs(inputs: Inputs) -> Outputs:
        a, b, c, d = (f"{inputs[name]:0{_WIDTH}b}" for name in "abcd")
        holds = {
            "one": inputs["s"] == 1,
            "zero": inputs["s"] == 0,
            "either": 1 in (inputs["s"], inputs.get("t")),
        }[when]
        return {"y": _made(first, a, b) if holds else _made(second, c, d)}

    words = f"y is a {first} b when {said}, and c {second} d otherwise. {_RULES}"
    parts = _written(first, "a", "b", inner=True), _written(second, "c", "d", inner=True)
    reference = module(interface, f"  assign y = {test} ? {parts[0]} : {parts[1]};\n")
    return Problem(words, interface, reference, combinational(interface, outputs))


def _unit(zero: str, one: str, two: str, flag: str) -> Problem:
    """A unit of three operations, with a flag over its result."""
    interface = Interface(
        "unit",
        (Port("s", 2), Port("a", _WIDTH), Port("b", _WIDTH)),
        (Port("y", _WIDTH), Port("z")),
    )
    said = {
        "&": "all bits of y are 1",
        "|": "any bit of y is 1",
        "^": "an odd number of bits of y are 1",
    }[flag]
    chosen = (zero, one, two)

    def outputs(inputs: Inputs) -> Outputs:
        a, b = (f"{inputs[name]:0{_WIDTH}b}" for name in "ab")
        y = _made(chosen[inputs["s"]], a, b) if inputs["s"] < 3 else a
        ones = y.count("1")
        return {"y": y, "z": int({"&": ones == _WIDTH, "|": ones > 0, "^": ones % 2 == 1}[flag])}

    words = (
        f"y is a {zero} b when s is 0, a {one} b when s is 1, a {two} b when s is 2, and a itself "
        f"when s is 3. z is 1 when {said}, else 0. {_RULES}"
    )
    body = "  always @* begin\n    case (s)\n" + "".join(
        f"      2'd{at}: y = {_written(operator, 'a', 'b')};\n"
        for at, operator in enumerate(chosen)
    )
    body += f"      default: y = a;\n    endcase\n  end\n  assign z = {flag}y;\n"
    reference = module(interface, body, ["y"])
    return Problem(words, interface, reference, combinational(interface, outputs))
