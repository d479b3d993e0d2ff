"""Symbolic execution of circuits: from a syntax tree to what a circuit does.

A circuit becomes a sequence of effects (writes, calls that act, assertions, returns, forks and
loops), with values and conditions in the normal form of `conditions`. Whatever is decided before
it is reached is gone: dead code, constant conditions, implied ones. `simplification` then drops
what makes no difference to what comes out in the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from . import ast
from .conditions import FALSE, TRUE, Facts, Sequence, Value, Values
from .scopes import ACTING, READS, SideEffects, Unit, side_effects, side_effects_of
from .simplification import Simplifier

# Circuits are looked into this deep, and this often, to see through a condition in a circuit.
_MAX_CALLS_DEEP: Final = 6
_MAX_CALLS: Final = 200
_COUNTER_MAX: Final = 2**64 - 1
_LENGTH_BITS: Final = 25  # of a byte string; the longest has 2**24


@dataclass(slots=True)
class _State:
    """A point on a path: what is known, and what the ledger holds.

    `ledger` maps the fields that have been touched to their content. `asked` counts what gives
    another answer each time. `ended`: the circuit has returned or failed.
    """

    facts: Facts
    ledger: dict[int, Value] = field(default_factory=dict)
    asked: int = 0
    ended: bool = False

    def copy(self) -> _State:
        return _State(self.facts.copy(), self.ledger.copy(), self.asked, self.ended)

    def holdings(self) -> tuple[tuple[int, Value], ...]:
        """The touched part of the ledger as data."""
        return tuple(sorted(self.ledger.items()))


_Names = dict[str, Value]


class Run:
    """One circuit run symbolically: `effects` is the sequence of what it does.

    Effects are values too, of kinds ``write``, ``update``, ``do``, ``assert``, ``fail``,
    ``return``, ``if``, ``cond`` and ``loop``; see the methods that make them.
    """

    def __init__(self, unit: Unit) -> None:
        self.values = Values()
        self.scope = unit.scope
        self.types: dict[Value, ast.Type] = {}
        self.callees: dict[int, Unit] = {}
        self.looked_into: list[Unit] = []
        self.calls_left = _MAX_CALLS
        self.depth = 0
        self.out: list[Value] = []
        self.initial = isinstance(unit.node, ast.Constructor)
        self.fields: dict[int, ast.Ledger] = {}
        state = _State(Facts(self.values))
        names: _Names = {}
        for i, parameter in enumerate(unit.node.parameters):
            value = self.typed(self.values.make("parameter", i), parameter.type)
            self.bind(parameter.pattern, value, names)
        self.block(unit.node.body.statements, names, state)
        self.effects = tuple(self.out)

    # ------------------------------------------------------------ types

    def typed(self, value: Value, type_: ast.Type | None) -> Value:
        """`value`, known to be of a type."""
        type_ = self.scope.type(type_)
        if type_ is not None and value not in self.types:
            self.types[value] = type_
            bounds = self.type_bounds(type_)
            if bounds is not None:
                self.values.bounds.setdefault(value, bounds)
        return value

    def type_bounds(self, type_: ast.Type | None) -> tuple[int, int] | None:
        """The least and greatest number of a type; None if it has no order or is not known."""
        if isinstance(type_, ast.UintType):
            if not isinstance(type_.start, ast.SizeLiteral):
                return None
            if type_.end is None:
                # Wider ones are refused, and would take their time.
                return (0, 2**type_.start.value - 1) if type_.start.value <= 256 else None
            if not isinstance(type_.end, ast.SizeLiteral):
                return None
            return type_.start.value, max(type_.start.value, type_.end.value - 1)
        if isinstance(type_, ast.BooleanType):
            return 0, 1
        if isinstance(type_, ast.FieldType):
            return None
        if isinstance(type_, ast.TypeName):
            found = self.scope.find(type_.name)
            if isinstance(found, ast.Enum):
                return 0, len(found.elements) - 1
            if type_.name == "Counter":
                return 0, _COUNTER_MAX
        return None

    def default(self, type_: ast.Type | None) -> Value:
        type_ = self.scope.type(type_)
        if isinstance(type_, ast.BooleanType):
            return FALSE
        if isinstance(type_, ast.FieldType) or self.type_bounds(type_) is not None:
            return self.values.number(0)
        if isinstance(type_, ast.BytesType) and isinstance(type_.size, ast.SizeLiteral):
            return self.bytes_constant(b"", type_.size.value)
        return self.typed(self.values.make("default", _spelled(type_)), type_)

    def bytes_constant(self, content: bytes, length: int) -> Value:
        """`content` and zeros up to `length`, as a number that tells them from all other bytes.

        The zeros are in its length alone: a few characters of a program can ask for 16 MB of them.
        """
        told = int.from_bytes(b"\x01" + content.rstrip(b"\0"), "big")
        return self.values.number(told << _LENGTH_BITS | length)

    # ------------------------------------------------------------ statements

    def block(self, statements: Iterable[ast.Statement], names: _Names, state: _State) -> None:
        names = names.copy()
        for statement in statements:
            if state.ended:
                return
            _STATEMENTS[type(statement)](self, statement, names, state)

    def branch(self, statement: ast.Statement | None, names: _Names, state: _State) -> Sequence:
        """The effects of a statement, apart."""
        return self.apart(
            lambda: self.block([] if statement is None else [statement], names, state)
        )

    def apart(self, work: Callable[[], object]) -> Sequence:
        outside, self.out = self.out, []
        work()
        effects, self.out = tuple(self.out), outside
        return effects

    def do(self, *effect: Any) -> None:
        self.out.append(self.values.make(*effect))

    def inner_block(self, node: ast.Block, names: _Names, state: _State) -> None:
        self.block(node.statements, names, state)

    def expression_statement(
        self, node: ast.ExpressionStatement, names: _Names, state: _State
    ) -> None:
        self.value(node.expression, names, state)

    def const(self, node: ast.Const, names: _Names, state: _State) -> None:
        for binding in node.bindings:
            value = self.value(binding.value, names, state)
            if state.ended:
                return
            if binding.type is not None:
                self.fits(value, binding.type, state)
            self.bind(binding.pattern, value, names)

    def bind(self, pattern: ast.Pattern, value: Value, names: _Names) -> None:
        if isinstance(pattern, ast.NamePattern):
            names[pattern.name] = value
        elif isinstance(pattern, ast.StructPattern):
            for part, name in pattern.elements:
                self.bind(part, self.member(value, name), names)
        else:
            for i, element in enumerate(pattern.elements):
                if element is not None:
                    self.bind(element, self.element(value, self.values.number(i)), names)

    def return_(self, node: ast.Return, names: _Names, state: _State) -> None:
        value = self.unit() if node.value is None else self.value(node.value, names, state)
        if not state.ended:
            self.do("return", self.values.plain(value))
            state.ended = True

    def unit(self) -> Value:
        return self.values.make("tuple", ())

    def if_(self, node: ast.If, names: _Names, state: _State) -> None:
        test = state.facts.simplify(self.condition(node.test, names, state))
        if state.ended:
            return
        if test <= FALSE:
            taken = node.then if test == TRUE else node.otherwise
            if taken is not None:
                self.block([taken], names, state)
            return
        self.fork(
            "if",
            test,
            state,
            lambda inside: self.branch(node.then, names, inside),
            lambda inside: self.branch(node.otherwise, names, inside),
        )

    def fork(
        self,
        kind: str,
        test: Value,
        state: _State,
        then: Callable[[_State], Sequence],
        otherwise: Callable[[_State], Sequence],
    ) -> None:
        """Go both ways: the effect ``(kind, test, effects, effects, whether it decides)``."""
        decides = not state.facts.determined(test)
        yes, no = state.copy(), state.copy()
        yes.facts.assume(test)
        no.facts.assume(self.values.negate(test))
        done, other = then(yes), otherwise(no)
        if done or other:
            self.do(kind, test, done, other, decides)
        self.meet(test, state, yes, no)

    def meet(self, test: Value, state: _State, yes: _State, no: _State) -> None:
        """Let `state` be where two paths come together after deciding `test`."""
        if yes.ended or no.ended:
            only = no if yes.ended else yes
            state.facts, state.ledger, state.ended = only.facts, only.ledger, only.ended
        else:
            state.facts = yes.facts.joined(no.facts)
            for at in yes.ledger.keys() | no.ledger.keys():
                a, b = self.content(self.fields[at], yes), self.content(self.fields[at], no)
                state.ledger[at] = a if a == b else self.either(test, a, b)
        state.asked = max(yes.asked, no.asked)
        if test not in state.facts.decided:
            state.facts.decided = (*state.facts.decided, test)

    def either(self, test: Value, a: Value, b: Value) -> Value:
        value = self.values.make("either", test, a, b)
        if a in self.types:
            self.typed(value, self.types[a])
        return value

    def for_range(self, node: ast.ForRange, names: _Names, state: _State) -> None:
        low = node.start.value if isinstance(node.start, ast.SizeLiteral) else None
        high = node.end.value if isinstance(node.end, ast.SizeLiteral) else None
        rounds = high - low if low is not None and high is not None else None
        bounds = (low, high - 1) if rounds is not None and low is not None and high else None
        key = (_spelled(node.start), _spelled(node.end))

        def item(number: int) -> Value:
            if rounds == 1 and low is not None:
                return self.values.number(low)
            value = self.values.make("round", number, key)
            if bounds is not None:
                self.values.bounds[value] = bounds
            return value

        self.loop(node.name, rounds, key, item, node.body, names, state)

    def for_each(self, node: ast.ForEach, names: _Names, state: _State) -> None:
        vector = self.value(node.vector, names, state)
        if state.ended:
            return
        rounds = self.length(vector)

        def item(number: int) -> Value:
            if rounds == 1:
                return self.element(vector, self.values.number(0))
            return self.element(vector, self.values.make("round", number, ("of", vector)))

        self.loop(node.name, rounds, ("of", vector), item, node.body, names, state)

    def length(self, vector: Value) -> int | None:
        """How many elements a vector or tuple has."""
        node = self.values.nodes[vector]
        if node[0] == "tuple":
            return len(node[1])
        type_ = self.types.get(vector)
        if isinstance(type_, (ast.VectorType, ast.BytesType)):
            return type_.size.value if isinstance(type_.size, ast.SizeLiteral) else None
        return len(type_.elements) if isinstance(type_, ast.TupleType) else None

    def loop(
        self,
        name: str,
        rounds: int | None,
        key: Any,
        item: Callable[[int], Value],
        body: ast.Statement,
        names: _Names,
        state: _State,
    ) -> None:
        """Run a body once for all its rounds: the effect ``("loop", key, number, effects)``."""
        if rounds is not None and rounds <= 0:
            return
        state.asked += 1
        number = state.asked
        inside = names | {name: item(number)}
        if rounds == 1:
            self.block([body], inside, state)
            return
        # What earlier rounds have done to the ledger is not known.
        self.forget(state, side_effects(body, self.scope).written, "round", number)
        effects = self.branch(body, inside, state)
        if effects:
            self.do("loop", key, number, effects)

    def forget(self, state: _State, fields: Iterable[int], *reason: Any) -> None:
        """These fields may now hold anything."""
        for at in sorted(fields):
            declared = self.field(at)
            if declared is not None:
                old = self.content(declared, state)
                new = self.values.make("since", old, *reason)
                state.ledger[at] = self.typed(new, declared.type)

    def field(self, at: int) -> ast.Ledger | None:
        """The declaration of the ledger field at `at`."""
        if at not in self.fields:
            for declared in self.scope.main.ledger_fields():
                self.fields[declared.pos] = declared
        return self.fields.get(at)

    # ------------------------------------------------------------ expressions

    def value(self, node: ast.Expression, names: _Names, state: _State) -> Value:
        return _EXPRESSIONS[type(node)](self, node, names, state)

    def condition(self, node: ast.Expression, names: _Names, state: _State) -> Value:
        """The value of `node` as a condition. A `?:` in it is a matter of `&&` and `||`."""
        if isinstance(node, ast.Disclose):
            return self.condition(node.operand, names, state)
        if isinstance(node, ast.Conditional):
            test = state.facts.simplify(self.condition(node.test, names, state))
            if test <= FALSE:
                taken = node.then if test == TRUE else node.otherwise
                return self.condition(taken, names, state)
            then, otherwise = self.both(
                test, state, "cond",
                lambda inside: self.condition(node.then, names, inside),
                lambda inside: self.condition(node.otherwise, names, inside),
            )  # fmt: skip
            return self.values.choose(test, then, otherwise)
        return self.values.truth(self.value(node, names, state))

    def both(
        self,
        test: Value,
        state: _State,
        kind: str,
        then: Callable[[_State], Value],
        otherwise: Callable[[_State], Value],
    ) -> tuple[Value, Value]:
        """The values of two expressions, each where `test` came out its way."""
        found: list[Value] = []
        self.fork(
            kind,
            test,
            state,
            lambda inside: self.apart(lambda: found.append(then(inside))),
            lambda inside: self.apart(lambda: found.append(otherwise(inside))),
        )
        return found[0], found[1]

    def boolean(self, node: ast.Boolean, _names: _Names, _state: _State) -> Value:
        return TRUE if node.value else FALSE

    def number(self, node: ast.Number, _names: _Names, _state: _State) -> Value:
        return self.values.number(node.value)

    def string(self, node: ast.String, _names: _Names, _state: _State) -> Value:
        content = node.value.encode()
        return self.bytes_constant(content, len(content))

    def pad(self, node: ast.Pad, _names: _Names, _state: _State) -> Value:
        content = node.value.encode()
        return self.bytes_constant(content, max(node.size, len(content)))

    def default_value(self, node: ast.Default, _names: _Names, _state: _State) -> Value:
        return self.default(node.type)

    def name(self, node: ast.Name, names: _Names, state: _State) -> Value:
        value = names.get(node.name)
        if value is not None:
            return value
        found = self.scope.find(node.name)
        if isinstance(found, ast.Ledger):
            return self.content(found, state)
        return self.values.make("name", node.name)

    def content(self, found: ast.Ledger, state: _State) -> Value:
        """What a ledger field holds."""
        self.fields[found.pos] = found
        value = state.ledger.get(found.pos)
        if value is None:
            if self.initial:
                return self.default(found.type)
            value = self.values.make("field", found.pos)
        return self.typed(value, found.type)

    def binary(self, node: ast.Binary, names: _Names, state: _State) -> Value:
        values = self.values
        operator = node.op
        if operator in ("&&", "||"):
            return self.connective(operator, node, names, state)
        left = self.value(node.left, names, state)
        right = self.value(node.right, names, state)
        if operator == "+":
            return values.add(left, right)
        if operator == "-":
            return values.add(left, right, -1)
        if operator == "*":
            return values.multiply(left, right)
        return values.compare(operator, left, right)

    def connective(self, operator: str, node: ast.Binary, names: _Names, state: _State) -> Value:
        """A chain of `&&` or `||`: each operand is evaluated where those before it went on."""
        values = self.values
        operands: list[ast.Expression] = [node.right]
        left = node.left
        while isinstance(left, ast.Binary) and left.op == operator:
            operands.append(left.right)
            left = left.left
        operands.append(left)
        neutral, decisive = (TRUE, FALSE) if operator == "&&" else (FALSE, TRUE)
        facts = state.facts
        state.facts = facts.copy()
        found: list[Value] = []
        so_far = TRUE
        for operand in reversed(operands):
            evaluated: list[Value] = []

            def evaluate(operand: ast.Expression = operand, into: list[Value] = evaluated) -> None:
                into.append(self.condition(operand, names, state))

            effects = self.apart(evaluate)
            if effects and so_far == TRUE:
                self.out += effects
            elif effects:
                # Only what the operand does is conditional: it is no decision of its own.
                self.do("cond", so_far, effects, (), False)
            part = state.facts.simplify(evaluated[0])
            if state.ended and so_far != TRUE:
                # It fails only where it is reached.
                part, state.ended = decisive, False
            if part == decisive or state.ended:
                found = [decisive]
                break
            if part != neutral:
                found.append(part)
                goes_on = part if operator == "&&" else values.negate(part)
                so_far = values.all((so_far, goes_on))
                state.facts.assume(goes_on)
        state.facts = facts
        return values.all(found) if operator == "&&" else values.any(found)

    def not_(self, node: ast.Not, names: _Names, state: _State) -> Value:
        return self.values.negate(self.condition(node.operand, names, state))

    def conditional(self, node: ast.Conditional, names: _Names, state: _State) -> Value:
        """A value of the node ``("ite", test, value, value)``, unless it is no choice."""
        values = self.values
        test = state.facts.simplify(self.condition(node.test, names, state))
        if test <= FALSE:
            return self.value(node.then if test == TRUE else node.otherwise, names, state)
        decides = not state.facts.determined(test)
        a, b = self.both(
            test, state, "choice",
            lambda inside: self.value(node.then, names, inside),
            lambda inside: self.value(node.otherwise, names, inside),
        )  # fmt: skip
        a, b = values.plain(a), values.plain(b)
        if a == b:
            return a
        if a <= FALSE or b <= FALSE:
            return values.choose(test, values.truth(a), values.truth(b))
        if values.negate(test) < test:
            test, a, b = values.negate(test), b, a
        result = values.make("ite", test, a, b, decides)
        if a in self.types:
            self.typed(result, self.types[a])
        return result

    def cast(self, node: ast.Cast, names: _Names, state: _State) -> Value:
        value = self.value(node.operand, names, state)
        type_ = self.scope.type(node.type)
        if isinstance(type_, ast.BooleanType):
            known = self.types.get(value)
            if self.values.nodes[value][0] == "sum" or isinstance(
                known, (ast.UintType, ast.FieldType)
            ):
                return self.values.compare("!=", value, self.values.number(0))
            return self.values.truth(value)
        if isinstance(type_, (ast.UintType, ast.FieldType, ast.TypeName)):
            self.fits(value, type_, state)
            return value
        return self.typed(self.values.make("cast", _spelled(type_), value), type_)

    def fits(self, value: Value, type_: ast.Type, state: _State) -> None:
        """From here on `value` is within the bounds of a type: otherwise this has failed."""
        type_ = self.scope.type(type_) or type_
        bounds = self.type_bounds(type_)
        _, total = self.values.as_sum(value)
        if not total:
            return
        if bounds is not None:
            low, high = bounds
            if total == ((value, 1),):
                self.typed(value, type_)
            fits = self.values.all(
                (
                    self.values.compare(">=", value, self.values.number(low)),
                    self.values.compare("<=", value, self.values.number(high)),
                )
            )
            state.facts.assume(fits)
        elif not isinstance(type_, ast.FieldType):
            self.typed(value, type_)

    def member(self, value: Value, name: str) -> Value:
        node = self.values.nodes[value]
        if node[0] == "struct":
            for field_name, content in node[2]:
                if field_name == name:
                    part: Value = content
                    return part
        result = self.values.make("member", value, name)
        type_ = self.types.get(value)
        if isinstance(type_, ast.TypeName):
            found = self.scope.find(type_.name)
            if isinstance(found, ast.Struct):
                for parameter in found.fields:
                    pattern = parameter.pattern
                    if isinstance(pattern, ast.NamePattern) and pattern.name == name:
                        return self.typed(result, parameter.type)
        if name in ("is_some", "is_left"):  # of the standard library's Maybe and Either
            self.values.bounds[result] = (0, 1)
        return result

    def member_expression(self, node: ast.Member, names: _Names, state: _State) -> Value:
        operand = node.operand
        if isinstance(operand, ast.Name) and operand.name not in names:
            found = self.scope.find(operand.name)
            if isinstance(found, ast.Enum) and node.name in found.elements:
                return self.values.number(found.elements.index(node.name))
        return self.member(self.value(operand, names, state), node.name)

    def element(self, value: Value, index: Value) -> Value:
        node = self.values.nodes[value]
        at = self.values.nodes[index]
        constant = at[1] if at[0] == "sum" and not at[2] else None
        if node[0] == "tuple" and constant is not None and 0 <= constant < len(node[1]):
            part: Value = node[1][constant]
            return part
        result = self.values.make("element", value, index)
        if node[0] == "tuple" and node[1]:
            ranges = [self.values.range_of(part) for part in node[1]]
            bounds = min(low for low, _ in ranges), max(high for _, high in ranges)
            self.values.bounds[result] = bounds
        type_ = self.types.get(value)
        if isinstance(type_, ast.VectorType):
            return self.typed(result, type_.element)
        if isinstance(type_, ast.BytesType):
            self.values.bounds[result] = (0, 255)
        elif (
            isinstance(type_, ast.TupleType)
            and constant is not None
            and 0 <= constant < len(type_.elements)
        ):
            return self.typed(result, type_.elements[constant])
        return result

    def index(self, node: ast.Index, names: _Names, state: _State) -> Value:
        operand = self.value(node.operand, names, state)
        return self.element(operand, self.value(node.index, names, state))

    def slice_(self, node: ast.Slice, names: _Names, state: _State) -> Value:
        operand = self.value(node.operand, names, state)
        index = self.value(node.index, names, state)
        return self.values.make("slice", _spelled(node.size), operand, index)

    def elements(self, elements: list[ast.Element], names: _Names, state: _State) -> Sequence:
        plain = self.values.plain
        return tuple(plain(self.value(e.value, names, state)) for e in elements)

    def tuple_(self, node: ast.TupleLiteral, names: _Names, state: _State) -> Value:
        parts = self.elements(node.elements, names, state)
        if any(e.spread for e in node.elements):
            return self.values.make("spread", parts, tuple(e.spread for e in node.elements))
        return self.values.make("tuple", parts)

    def bytes_(self, node: ast.BytesLiteral, names: _Names, state: _State) -> Value:
        parts = self.elements(node.elements, names, state)
        return self.values.make("bytes", parts, tuple(e.spread for e in node.elements))

    def struct(self, node: ast.StructLiteral, names: _Names, state: _State) -> Value:
        parts = [self.values.plain(self.value(f.value, names, state)) for f in node.fields]
        found = self.scope.find(node.type.name)
        declared = []
        if isinstance(found, ast.Struct):
            declared = [
                p.pattern.name for p in found.fields if isinstance(p.pattern, ast.NamePattern)
            ]
        fields = []
        for i, (given, part) in enumerate(zip(node.fields, parts, strict=True)):
            name = (
                given.name if given.name is not None else (declared[i] if i < len(declared) else "")
            )
            fields.append((name, part))
        if any(f.spread for f in node.fields):
            return self.values.make("update", node.type.name, tuple(fields))
        return self.typed(
            self.values.make("struct", node.type.name, tuple(sorted(fields))), node.type
        )

    def disclose(self, node: ast.Disclose, names: _Names, state: _State) -> Value:
        return self.value(node.operand, names, state)

    def sequence(self, node: ast.Sequence, names: _Names, state: _State) -> Value:
        value = TRUE
        for expression in node.expressions:
            value = self.value(expression, names, state)
        return value

    def assert_(self, node: ast.Assert, names: _Names, state: _State) -> Value:
        test = state.facts.simplify(self.condition(node.test, names, state))
        if test == FALSE:
            self.do("fail")
            state.ended = True
        elif test != TRUE:
            self.do("assert", test)
            state.facts.assume(test)
        return self.unit()

    # ------------------------------------------------------------ the ledger

    def place(
        self, node: ast.Expression, names: _Names, state: _State
    ) -> tuple[ast.Ledger | None, tuple[Any, ...]]:
        """The field at the root of a chain of operations, and the chain. None: no field."""
        if isinstance(node, ast.Name) and node.name not in names:
            found = self.scope.find(node.name)
            return (found, ()) if isinstance(found, ast.Ledger) else (None, ())
        if isinstance(node, (ast.Member, ast.MemberCall)):
            found_at, chain = self.place(node.operand, names, state)
            if found_at is not None:
                arguments: Sequence = ()
                if isinstance(node, ast.MemberCall):
                    arguments = tuple(self.value(a, names, state) for a in node.arguments)
                return found_at, (*chain, (node.name, arguments))
        return None, ()

    def store(self, found: ast.Ledger, value: Value, state: _State, *, replaces: bool) -> None:
        """The effect ``("write", field, content, whether the old content is gone)``."""
        if value != self.content(found, state):
            state.ledger[found.pos] = value
            self.typed(value, found.type)
            self.do("write", found.pos, self.values.plain(value), replaces)

    def assign(self, node: ast.Assign, names: _Names, state: _State) -> Value:
        value = self.value(node.value, names, state)
        found, chain = self.place(node.target, names, state)
        if found is None:
            self.do(
                "do",
                self.values.make("assign", node.op, self.value(node.target, names, state), value),
            )
        elif chain:
            old = self.content(found, state)
            new = self.values.make("after", old, (*chain, (node.op, (value,))))
            self.store(found, new, state, replaces=False)
        elif node.op == "=":
            self.store(found, value, state, replaces=True)
        else:
            sign = 1 if node.op == "+=" else -1
            old = self.content(found, state)
            self.store(found, self.values.add(old, value, sign), state, replaces=False)
        return self.unit()

    def member_call(self, node: ast.MemberCall, names: _Names, state: _State) -> Value:
        values = self.values
        found, chain = self.place(node, names, state)
        if found is None:
            operand = self.value(node.operand, names, state)
            arguments = tuple(self.value(a, names, state) for a in node.arguments)
            call = values.make("call on", operand, node.name, arguments)
            if node.name not in READS:
                state.asked += 1
                call = values.make("call on", operand, node.name, arguments, state.asked)
                self.do("do", call)
            return call
        name, arguments = chain[-1]
        old = self.content(found, state)
        if name in READS:
            return self.read(old, chain, found)
        if len(chain) > 1:
            self.store(found, values.make("after", old, chain), state, replaces=False)
        elif name == "write" and arguments:
            self.store(found, arguments[0], state, replaces=True)
        elif name in ("increment", "decrement") and arguments:
            sign = 1 if name == "increment" else -1
            self.store(found, values.add(old, arguments[0], sign), state, replaces=False)
        elif name == "resetToDefault":
            self.store(found, self.default(found.type), state, replaces=True)
        else:
            self.store(found, values.make("after", old, chain), state, replaces=False)
        return self.unit()

    def read(self, old: Value, chain: tuple[Any, ...], found: ast.Ledger) -> Value:
        """What a chain of read operations gives, seen through what was written before."""
        values = self.values
        name, arguments = chain[-1]
        if len(chain) == 1:
            if name == "read":
                return old
            if name == "lessThan" and arguments:
                return values.compare("<", old, arguments[0])
            node = values.nodes[old]
            if node[0] == "default":
                if name == "isEmpty":
                    return TRUE
                if name in ("size", "length"):
                    return values.number(0)
                if name == "member":
                    return FALSE
            if node[0] == "after" and len(node[2]) == 1 and arguments:
                written, operands = node[2][0]
                if operands and operands[0] == arguments[0]:
                    if name == "member" and written in ("insert", "insertDefault"):
                        return TRUE
                    if name == "member" and written == "remove":
                        return FALSE
                    if name == "lookup" and written == "insert" and len(operands) == 2:
                        return Value(operands[1])
        result = values.make("read", old, chain)
        if name in ("size", "length"):
            values.bounds[result] = (0, _COUNTER_MAX)
        type_ = self.scope.type(found.type)
        if name == "lookup" and len(chain) == 1 and isinstance(type_, ast.TypeName):
            held = type_.arguments[-1] if type_.arguments else None
            if not isinstance(held, ast.SizeLiteral):
                self.typed(result, held)
        return result

    # ------------------------------------------------------------ calls

    def call(self, node: ast.Call, names: _Names, state: _State) -> Value:
        values = self.values
        arguments = tuple(values.plain(self.value(a, names, state)) for a in node.arguments)
        if state.ended:
            return self.unit()
        function = node.function
        if isinstance(function, ast.Arrow):
            return self.arrow(function, arguments, names, state, "apply", ())
        units = self.scope.units(function.name)
        if units:
            return self.call_unit(units, arguments, state)
        found = self.scope.find(function.name)
        if isinstance(found, ast.Witness):
            state.asked += 1
            answer = values.make("witness", function.name, arguments, state.asked)
            self.do("do", answer)
            return self.typed(answer, found.result)
        if function.name in ACTING:
            state.asked += 1
            done = values.make("native", function.name, arguments, state.asked)
            self.do("do", done)
            return done
        known = {
            "some": (("is_some", TRUE), ("value", arguments[0] if arguments else TRUE)),
            "none": (("is_some", FALSE),),
            "left": (("is_left", TRUE), ("left", arguments[0] if arguments else TRUE)),
            "right": (("is_left", FALSE), ("right", arguments[0] if arguments else TRUE)),
        }.get(function.name)
        if known is not None:
            return values.make("struct", function.name, known)
        return values.make("native", function.name, arguments)

    def call_unit(self, units: list[Unit], arguments: Sequence, state: _State) -> Value:
        values = self.values
        fitting = [u for u in units if len(u.node.parameters) == len(arguments)] or units
        effects = SideEffects()
        for unit in fitting:
            effects.add(side_effects_of(unit))
        if len(fitting) == 1 and not effects.acts:
            seen = self.look_into(fitting[0], arguments, state)
            if seen is not None:
                return seen
        context: tuple[Any, ...] = ()
        if effects.acts:
            state.asked += 1
            context = (state.asked,)
        elif effects.reads:
            context = state.holdings()
        call = values.make("call", tuple(u.node.pos for u in fitting), arguments, context)
        self.callees.update((unit.node.pos, unit) for unit in fitting)
        if effects.acts:
            self.do("do", call)
            self.forget(state, effects.written, call)
        result = fitting[0].node.result if isinstance(fitting[0].node, ast.Circuit) else None
        return self.typed(call, result)

    def look_into(self, unit: Unit, arguments: Sequence, state: _State) -> Value | None:
        """What a circuit that only computes returns; None if it decides anything itself."""
        if self.depth >= _MAX_CALLS_DEEP or self.calls_left <= 0:
            return None
        self.calls_left -= 1
        self.depth += 1
        outer_scope, self.scope = self.scope, unit.scope
        names: _Names = {}
        for parameter, argument in zip(unit.node.parameters, arguments, strict=False):
            if parameter.type is not None and self.values.as_sum(argument)[1]:
                self.typed(argument, parameter.type)
            self.bind(parameter.pattern, argument, names)
        inside = state.copy()
        effects = self.apart(lambda: self.block(unit.node.body.statements, names, inside))
        self.scope = outer_scope
        self.depth -= 1
        effects = Simplifier(self.values).reduced(effects, ())
        if len(effects) != 1:
            return None
        effect = self.values.nodes[effects[0]]
        if effect[0] != "return" or self.mentions(effect[1], "ite"):
            return None
        self.looked_into.append(unit)
        return Value(effect[1])

    def mentions(self, value: Value, kind: str) -> bool:
        return any(self.values.nodes[v][0] == kind for v in self.values.all_inside((value,)))

    def arrow(
        self,
        function: ast.Arrow,
        arguments: Sequence,
        names: _Names,
        state: _State,
        kind: str,
        given: Sequence,
    ) -> Value:
        """A function written out: the value ``(kind, effects, given)``."""
        values = self.values
        inside_names = names.copy()
        for parameter, argument in zip(function.parameters, arguments, strict=False):
            if parameter.type is not None:
                self.typed(argument, parameter.type)
            self.bind(parameter.pattern, argument, inside_names)
        written = side_effects(function.body, self.scope).written
        if kind != "apply":
            self.forget(state, written, "round", state.asked)
        inside = state.copy()
        effects = self.apart(lambda: self.block(function.body.statements, inside_names, inside))
        state.asked = inside.asked
        if len(effects) == 1 and kind == "apply" and values.nodes[effects[0]][0] == "return":
            returned: Value = values.nodes[effects[0]][1]
            return returned
        result = values.make(kind, effects, given)
        self.forget(state, written, result)
        if any(self.acts(effect) for effect in effects):
            self.do("do", result)
        return result

    def acts(self, effect: Value) -> bool:
        """Whether an effect is more than giving a value."""
        node = self.values.nodes[effect]
        if node[0] in ("if", "cond", "choice"):
            return any(self.acts(part) for part in (*node[2], *node[3]))
        if node[0] == "loop":
            return any(self.acts(part) for part in node[3])
        return bool(node[0] != "return")

    def map_(self, node: ast.Map, names: _Names, state: _State) -> Value:
        given = tuple(self.value(a, names, state) for a in node.arguments)
        return self.repeated("map", node.function, (), given, names, state)

    def fold(self, node: ast.Fold, names: _Names, state: _State) -> Value:
        initial = self.value(node.initial, names, state)
        given = tuple(self.value(a, names, state) for a in node.arguments)
        return self.repeated("fold", node.function, (initial,), given, names, state)

    def repeated(
        self,
        kind: str,
        function: ast.Function,
        initial: Sequence,
        given: Sequence,
        names: _Names,
        state: _State,
    ) -> Value:
        values = self.values
        lengths = [self.length(vector) for vector in given]
        if 0 in lengths:
            return initial[0] if initial else values.make("tuple", ())
        state.asked += 1
        number = state.asked
        each = [self.element(v, values.make("round", number, ("of", v))) for v in given]
        arguments = (*(values.make("so far", number) for _ in initial), *each)
        if isinstance(function, ast.Arrow):
            return self.arrow(function, arguments, names, state, kind, (*initial, *given))
        units = self.scope.units(function.name)
        effects = side_effects(function, self.scope)
        self.forget(state, effects.written, "round", number)
        self.callees.update((unit.node.pos, unit) for unit in units)
        called: Any = tuple(u.node.pos for u in units) if units else function.name
        context = state.holdings() if effects.reads else ()
        call = values.make("call", called, (*initial, *given), (kind, *context))
        if effects.acts:
            call = values.make("numbered", call, number)
            self.do("do", call)
            self.forget(state, effects.written, call)
        return call


_STATEMENTS: Final[dict[type, Callable[[Run, Any, _Names, _State], None]]] = {
    ast.Block: Run.inner_block,
    ast.ExpressionStatement: Run.expression_statement,
    ast.Const: Run.const,
    ast.If: Run.if_,
    ast.ForRange: Run.for_range,
    ast.ForEach: Run.for_each,
    ast.Return: Run.return_,
}
_EXPRESSIONS: Final[dict[type, Callable[[Run, Any, _Names, _State], Value]]] = {
    ast.Boolean: Run.boolean,
    ast.Number: Run.number,
    ast.String: Run.string,
    ast.Pad: Run.pad,
    ast.Default: Run.default_value,
    ast.Name: Run.name,
    ast.Binary: Run.binary,
    ast.Not: Run.not_,
    ast.Conditional: Run.conditional,
    ast.Assign: Run.assign,
    ast.Cast: Run.cast,
    ast.Index: Run.index,
    ast.Member: Run.member_expression,
    ast.MemberCall: Run.member_call,
    ast.Call: Run.call,
    ast.Map: Run.map_,
    ast.Fold: Run.fold,
    ast.Slice: Run.slice_,
    ast.TupleLiteral: Run.tuple_,
    ast.BytesLiteral: Run.bytes_,
    ast.StructLiteral: Run.struct,
    ast.Assert: Run.assert_,
    ast.Disclose: Run.disclose,
    ast.Sequence: Run.sequence,
}


def _spelled(node: Any) -> Any:
    """A type or size as plain data, without places."""
    if isinstance(node, (list, tuple)):
        return tuple(_spelled(part) for part in node)
    names = getattr(node, "__slots__", None)
    if names is None:
        return node
    return (type(node).__name__, *(_spelled(getattr(node, n)) for n in names if n != "pos"))
