"""Typed, disclosed expressions and never-implied tests of one generated circuit.

A `Scope` knows what a circuit can name and which operands the path to here has already been
tested on. It hands out expressions of a wanted type (every parameter and witness value already
disclosed, as the compiler asks for) and tests that are constant nowhere, so that each of them is
a decision that counts.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from .compact_names import (
    ENUMS,
    PARAMETER_NAMES,
    STRUCTS,
    WITNESSES,
    split_type,
    thresholds,
    uint_width,
)


class ExhaustedError(Exception):
    """No fresh test is left in this circuit: the contract is drawn again."""


@dataclass(frozen=True, slots=True)
class Test:
    """A Boolean expression.

    `operands` are what it decides: names, and statements that would change nothing where it holds
    or fails. `mark` tells equal tests apart: ``operand#literal`` for comparisons with a number.
    """

    text: str
    operands: frozenset[str]
    mark: str


@dataclass(frozen=True, slots=True)
class Number:
    """An expression of an unsigned type; `below` is its exclusive bound where it is small."""

    text: str
    operand: str
    width: int
    below: int | None = None


class Scope:
    """What one exported circuit can name."""

    def __init__(
        self,
        rng: random.Random,
        fields: Sequence[tuple[str, str]],
        *,
        witnesses: Sequence[str] = (),
        asking: bool = False,
    ) -> None:
        """`asking`: one of the `witnesses` is to be called, so that half of all values try to."""
        self.rng = rng
        self.fields = fields
        self.parameters: dict[str, str] = {}
        self.loops: list[Number] = []
        self.decided: list[frozenset[str]] = []
        self.marks: set[str] = set()
        self.locals: set[str] = set()
        self.taken = {name for name, _ in fields}
        self.allowed_witnesses = witnesses
        self.asking = asking
        # A test that asks the user's machine acts before it decides: `else if` would be `else`.
        self.testing = False

    # ------------------------------------------------------------ names

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def is_gone(self, name: str) -> bool:
        """Whether this path has overwritten what the field held when the circuit began."""
        return any(f"!{name}" in known for known in self.decided)

    def readable(self) -> list[tuple[str, str]]:
        """The fields that hold what they held when the circuit began, or have only grown."""
        return [f for f in self.fields if not self.is_gone(f[0])]

    def fields_of(self, *heads: str) -> list[tuple[str, str]]:
        return [(n, t) for n, t in self.readable() if split_type(t)[0] in heads]

    def parameter(self, type_text: str) -> str | None:
        """The bare name of a parameter of this type, declared if need be (None: no name left)."""
        names = [n for n in PARAMETER_NAMES.get(type_text, ()) if n not in self.taken]
        declared = [n for n in names if n in self.parameters]
        if declared and self.chance(0.7):
            return self.rng.choice(declared)
        # A long parameter list is hard to learn and says nothing new.
        if len(self.parameters) >= 3:
            return declared[0] if declared else None
        if not names or self.testing:
            return None
        name = self.rng.choice(names[: len(declared) + 1])
        self.parameters[name] = type_text
        return name

    def public(self, parameter: str) -> str:
        """The parameter as an expression that may reach the ledger."""
        return f"disclose({parameter})"

    def witness(self, type_text: str) -> str | None:
        names = [w for w in self.allowed_witnesses if WITNESSES[w] == type_text]
        if not names or self.testing:
            return None
        self.asking = False
        return f"{names[0]}()"

    def low(self, roll: float) -> float:
        """`roll`, or 0 half the time while a witness is still to be called."""
        return 0.0 if self.asking and self.chance(0.5) else roll

    # ------------------------------------------------------------ values

    def literal(self, width: int) -> str:
        return str(self.rng.choice((0, 1, 1, *thresholds(width))))

    def ledger_numbers(self, width: int) -> list[Number]:
        """Every number of at most `width` bits that the ledger holds."""
        found = []
        for name, type_text in self.readable():
            bits = uint_width(type_text)
            if bits is not None:
                found.append(Number(name, name, bits))
            elif type_text in STRUCTS:
                for part, part_type in STRUCTS[type_text]:
                    bits = uint_width(part_type)
                    if bits is not None:
                        found.append(Number(f"{name}.{part}", f"{name}.{part}", bits))
            elif type_text.startswith("Vector<"):
                bits = uint_width(split_type(type_text)[1][1])
                if bits is not None:
                    text = f"{name}[{self.rng.randrange(int(split_type(type_text)[1][0]))}]"
                    found.append(Number(text, text, bits))
            elif type_text.startswith("["):
                for at, part_type in enumerate(split_type(type_text)[1]):
                    bits = uint_width(part_type)
                    if bits is not None:
                        found.append(Number(f"{name}[{at}]", f"{name}[{at}]", bits))
        return [n for n in found if n.width <= width]

    def number(self, width: int, *, literals: bool = True) -> str:
        """A public expression of type Uint<width> or a subtype of it."""
        roll = self.rng.random()
        asks = self.low(roll)
        if asks and literals and roll < 0.3:
            return self.literal(width)
        loops = [n for n in self.loops if n.width <= width]
        if asks and loops and roll < 0.5:
            return self.rng.choice(loops).text
        if asks < 0.38 and width == 64:
            call = self.witness("Uint<64>")
            if call is not None:
                return f"disclose({call})"
        return self.operand(width).text

    def operand(self, width: int) -> Number:
        """A ledger number or a parameter of at most `width` bits; a literal if there is neither."""
        ledger = self.ledger_numbers(width)
        if ledger and self.chance(0.45):
            return self.rng.choice(ledger)
        widths = [w for w in (width, 64, 32, 16, 8) if w <= width]
        weights = [6, *([1] * (len(widths) - 1))]
        for bits in self.rng.choices(widths, weights, k=2):
            name = self.parameter(f"Uint<{bits}>")
            if name is not None:
                return Number(self.public(name), name, bits)
        if ledger:
            return ledger[0]
        return Number(self.literal(width), "", width)

    def value(self, type_text: str, *, simple: bool = False) -> str:
        """A public expression of this type; `simple`: no operator, so it can stand in a `? :`."""
        rng = self.rng
        width = uint_width(type_text)
        head, arguments = split_type(type_text)
        if width is not None:
            if not simple and self.chance(0.15):
                left = self.number(width, literals=False)
                right = rng.choice((self.number(width), str(rng.choice(thresholds(width)))))
                # Neither `n + 0` nor `n * 1`, nor `n + n`, which is `n * 2`, nor that.
                if right not in ("0", "1", "2", left):
                    return f"({left} {rng.choice('+++*')} {right}) as Uint<{width}>"
            return self.number(width)
        if head == "Field":
            if self.chance(0.3):
                name = self.parameter("Field")
                if name is not None:
                    return self.public(name)
            return self.number(64)
        if head == "Boolean":
            if not simple and self.chance(0.25):
                found = self.comparison()
                # A known one would be the same as `true` or `false` elsewhere.
                if self.fresh(found):
                    self.marks.add(found.mark)
                    return found.text
            return self.boolean()
        if head in ENUMS:
            if self.chance(0.25):
                name = self.parameter(type_text)
                if name is not None:
                    return self.public(name)
            return f"{head}.{rng.choice(ENUMS[head])}"
        if head in STRUCTS:
            if self.chance(0.3):
                name = self.parameter(type_text)
                if name is not None:
                    return self.public(name)
            if self.chance(0.15):
                return f"default<{head}>"
            parts = ", ".join(f"{n}: {self.value(t, simple=True)}" for n, t in STRUCTS[head])
            return f"{head} {{ {parts} }}"
        if head == "Bytes":
            return self.bytes(type_text)
        if head == "Vector":
            length = int(arguments[0])
            if self.chance(0.3):
                name = self.parameter(type_text)
                if name is not None:
                    return self.public(name)
            arguments = (arguments[1],) * length
        if head in ("Vector", "["):
            return "[" + ", ".join(self.value(a, simple=True) for a in arguments) + "]"
        return f"default<{type_text}>"

    def boolean(self) -> str:
        """A public Boolean without an operator, but for a `!`."""
        fields = self.fields_of("Boolean")
        roll = self.rng.random()
        asks = self.low(roll)
        if asks and roll < 0.35:
            return self.rng.choice(("true", "false"))
        if asks and fields and roll < 0.65:
            name = self.rng.choice(fields)[0]
            return f"!{name}" if self.chance(0.4) else name
        if asks < 0.72:
            call = self.witness("Boolean")
            if call is not None:
                return f"disclose({call})"
        name_or_none = self.parameter("Boolean")
        return self.public(name_or_none) if name_or_none is not None else "true"

    def bytes(self, type_text: str) -> str:
        """A public byte string."""
        fields = [n for n, t in self.readable() if t == type_text]
        roll = self.rng.random()
        asks = self.low(roll)
        if asks and fields and roll < 0.2:
            return self.rng.choice(fields)
        if type_text == "Bytes<32>" and asks < 0.32:
            call = self.witness(type_text)
            if call is not None:
                return f"disclose(persistentHash<{type_text}>({call}))"
        if roll < 0.92:
            name = self.parameter(type_text)
            if name is not None:
                return self.public(name)
        return f"default<{type_text}>"

    def key(self, type_text: str) -> str:
        """A public expression to look up in a Map or Set: a name, so that look-ups agree."""
        width = uint_width(type_text)
        if width is not None and self.loops and self.chance(0.6):
            last = self.loops[-1]
            if last.width <= width:
                return last.text
        name = self.parameter(type_text)
        return self.public(name) if name is not None else self.value(type_text, simple=True)

    # ------------------------------------------------------------ tests

    def comparison(self) -> Test:
        """A test of a number, with a literal or another number."""
        rng = self.rng
        if self.loops and self.chance(0.35):
            number = rng.choice(self.loops)
        else:
            number = self.operand(rng.choices((64, 32, 16, 8), (8, 2, 1, 1))[0])
        if not number.operand:
            raise ExhaustedError
        if number.below is None and self.chance(0.4):
            other = self.operand(64)
            if other.operand and other.operand != number.operand:
                operator = rng.choice(("<", "<=", ">", ">=", "==", "!="))
                return self.compare_two(number, operator, other)
        return self.compare_literal(number)

    def compare_two(self, left: Number, operator: str, right: Number) -> Test:
        pair = "~".join(sorted((left.operand, right.operand)))
        texts = [left.text, right.text]
        both = all(t.startswith("disclose(") for t in texts) and self.chance(0.5)
        text = f"{texts[0]} {operator} {texts[1]}"
        if both:
            text = f"disclose({left.operand} {operator} {right.operand})"
        # One test per pair and circuit: `a > b` and `b <= a` decide the same.
        # Known bounds of the two sides can decide it, and it can decide theirs.
        return Test(text, frozenset((pair, left.operand, right.operand)), pair)

    def compare_literal(
        self, number: Number, operator: str | None = None, literal: int | None = None
    ) -> Test:
        rng = self.rng
        if number.below is not None:
            literal = rng.randrange(1, max(2, number.below - 1))
            operator = rng.choice(("<", ">", "=="))
            if operator == ">" and literal >= number.below - 1:
                operator = "=="
        if literal is None:
            literal = rng.choice(thresholds(number.width))
        if operator is None:
            operator = rng.choice(("<", "<=", ">", ">=", "<", ">", "==", "!="))
        decides = {number.operand}
        if operator in ("==", "!="):
            decides.add(f"{number.operand} = {literal};")
        text = f"{number.text} {operator} {literal}"
        return Test(text, frozenset(decides), f"{number.operand}#{literal}")

    def membership(self) -> Test | None:
        """A question to a Set, Map, List, MerkleTree or Counter, if the ledger has one."""
        rng = self.rng
        fields = self.fields_of("Set", "Map", "List", "MerkleTree", "Counter")
        if not fields:
            return None
        name, type_text = rng.choice(fields)
        head, arguments = split_type(type_text)
        negation = "!" if self.chance(0.4) else ""
        if head == "Counter":
            literal = rng.choice(thresholds(8))
            mark = f"{name}#{literal}"
            return Test(f"{negation}{name}.lessThan({literal})", frozenset((name,)), mark)
        if head in ("Set", "Map") and self.chance(0.85):
            call = f"{name}.member({self.key(arguments[0])})"
        elif head == "List" and self.chance(0.5):
            literal = rng.choice(thresholds(8))
            operand = f"{name}.length()"
            operator = rng.choice("<>")
            mark = f"{operand}#{literal}"
            return Test(f"{operand} {operator} {literal}", frozenset((operand, name)), mark)
        elif head == "MerkleTree":
            call = f"{name}.isFull()"
        else:
            call = f"{name}.isEmpty()"
            return Test(negation + call, frozenset((call, name)), call)
        return Test(negation + call, frozenset((call,)), call)

    def flag(self) -> Test | None:
        """A Boolean field, parameter or component, plain or negated."""
        rng = self.rng
        texts = [(n, n) for n, _ in self.fields_of("Boolean")] * 2
        for name, type_text in self.readable():
            if type_text in STRUCTS:
                texts += [(f"{name}.{p}", name) for p, t in STRUCTS[type_text] if t == "Boolean"]
            elif type_text.startswith("["):
                parts = split_type(type_text)[1]
                texts += [(f"{name}[{i}]", name) for i, t in enumerate(parts) if t == "Boolean"]
        negation = "!" if self.chance(0.4) else ""
        if texts and self.chance(0.7):
            text, name = rng.choice(texts)
            return Test(negation + text, frozenset((text,)), text)
        parameter = self.parameter("Boolean")
        if parameter is None:
            return None
        return Test(negation + self.public(parameter), frozenset((parameter,)), parameter)

    def equality(self) -> Test | None:
        """An enum, byte-string or Field equality, if the circuit can name one."""
        rng = self.rng
        fields = self.fields_of(*ENUMS, "Bytes", "Field")
        if not fields:
            return None
        name, type_text = rng.choice(fields)
        operator = "==" if self.chance(0.75) else "!="
        if type_text in ENUMS:
            element = rng.choice(ENUMS[type_text])
            mark = f"{name}={element}"
            text = f"{name} {operator} {type_text}.{element}"
            same = f"{name} = {type_text}.{element};"
            return Test(text, frozenset((name, same)), mark)
        if type_text == "Field":
            literal = rng.choice((0, *thresholds(16)))
            same = f"{name} = {literal};"
            return Test(
                f"{name} {operator} {literal}", frozenset((name, same)), f"{name}#{literal}"
            )
        other = self.bytes(type_text)
        if other == name:
            return None
        same = f"{name} = {other};"
        return Test(f"{name} {operator} {other}", frozenset((name, other, same)), f"{name}={other}")

    def test(self, *, may_ask: bool = False) -> Test:
        """A test that nothing on the path to here decides, and that this circuit has not asked.

        `may_ask`: it can call a witness. Raises `ExhaustedError` when a hundred draws find none.
        """
        self.testing = not may_ask
        found = self.draw_test()
        self.testing = False
        return found

    def draw_test(self) -> Test:
        for _ in range(100):
            kind = self.rng.choices(
                (self.comparison, self.membership, self.flag, self.equality), (9, 4, 4, 3)
            )[0]
            found: Test | None = kind()
            if found is None or not self.fresh(found):
                continue
            self.marks.add(found.mark)
            # Now and then two conditions in one: `&&` and `||` are no decisions of their own.
            second = self.comparison() if self.chance(0.04) else None
            if second is not None and self.fresh(second) and not second.operands & found.operands:
                self.marks.add(second.mark)
                operator = self.rng.choice(("&&", "||"))
                text = f"{found.text} {operator} {second.text}"
                return Test(text, found.operands | second.operands, text)
            return found
        raise ExhaustedError

    def fresh(self, test: Test) -> bool:
        """Whether the test is new here; ``=name`` marks a field that the path has overwritten."""
        if test.mark in self.marks:
            return False
        operand, _, literal = test.mark.partition("#")
        # `x < 3` and `x == 2` together tell how `x < 2` comes out: numbers keep their distance.
        near = (int(literal) - 1, int(literal) + 1) if literal else ()
        if any(f"{operand}#{n}" in self.marks for n in near):
            return False
        if self.runs_out(test):
            return False
        named = {f"={name}" for name in self.taken if name in test.text}
        return not any(test.operands & d or named & d for d in self.decided)

    def all_fresh(self, tests: Sequence[Test]) -> bool:
        """Whether these tests can be asked one after the other; if so, they count as asked."""
        before = set(self.marks)
        for test in tests:
            if not self.fresh(test):
                self.marks = before
                return False
            self.marks.add(test.mark)
        return True

    def runs_out(self, test: Test) -> bool:
        """Whether the test is of the last element of an enum that was left, which is then known."""
        for name, type_text in self.fields:
            if type_text in ENUMS and test.mark.startswith(f"{name}="):
                asked = sum(mark.startswith(f"{name}=") for mark in self.marks)
                return asked >= len(ENUMS[type_text]) - 1
        return False

    def chain(self, length: int) -> list[Test]:
        """The tests of an `if … else if …` chain: each is open when those before it failed."""
        rng = self.rng
        roll = rng.random()
        enums = self.fields_of(*ENUMS)
        if enums and roll < 0.35:
            name, type_text = rng.choice(enums)
            elements = rng.sample(ENUMS[type_text], length)
            tests = [
                Test(
                    f"{name} == {type_text}.{e}",
                    frozenset((name, f"{name} = {type_text}.{e};")),
                    f"{name}={e}",
                )
                for e in elements
            ]
            if self.all_fresh(tests):
                return tests
        if roll < 0.75:
            number = self.operand(rng.choices((64, 32, 16, 8), (8, 2, 1, 1))[0])
            if number.operand:
                literals = sorted(rng.sample(thresholds(number.width), length))
                operator = rng.choice(("<", "<=", ">", ">=", "=="))
                if operator in (">", ">="):
                    literals.reverse()
                tests = [self.compare_literal(number, operator, k) for k in literals]
                if self.all_fresh(tests):
                    return tests
        tests = []
        depth = len(self.decided)
        for _ in range(length):
            tests.append(self.test())
            self.decided.append(tests[-1].operands)
        del self.decided[depth:]
        return tests
