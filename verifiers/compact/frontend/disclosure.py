"""The disclosure rule: private data reaches public places only through `disclose`.

Private are the results of witnesses and the arguments of exported circuits and of the constructor.
Public are the ledger and, for witness data, what exported circuits return. An abstract interpreter
runs every exported circuit and the constructor over `Value`s that say which private data they may
hold and by which paths it came there; the first leak in the text is raised.

A value is a pair. By its tag it is opaque (with its witnesses), a Boolean known to be true or
false (with its witnesses), a tuple or structure (with a value per element), or a vector (with one
value for all elements). Witnesses are pairs of a number and the paths of that witness to here,
sorted by number; a path is a tuple of points, the last one first; a point is (place, exposure,
description). All of it is hashable, for calls are remembered by their arguments.

Facts: Midnight's page "Explicit disclosure in Compact", and the compiler's messages.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import core
from .source import TOO_LARGE, CompactError, SourceMap, map_order
from .types import Alias, Struct, Tuple, Type, Vector
from .wording import ordinal

Point = tuple[int, str, str]
Path = tuple[Point, ...]
Witnesses = tuple[tuple[int, tuple[Path, ...]], ...]
Value = tuple[int, Any]

_OPAQUE, _TRUE, _FALSE, _TUPLE, _VECTOR = range(5)
_NOTHING: Value = (_OPAQUE, ())

# Places are ordered as the compiler orders source objects: by their beginning, then by their end.
# Nested forms can begin at one token (`a + b + c`), so a place is the offset and, in the low bits,
# how many forms nested in this one begin there. All of the standard library is one place, the last.
_RANK_BITS = 10
_MAX_RANK = (1 << _RANK_BITS) - 1
_LIBRARY = 1 << 62

# A circuit is followed anew for each new set of arguments: beyond this many nodes (a second) the
# program is refused here, where compactc would take hours. The largest of its own test programs
# takes 820.
MAX_STEPS = 60_000
# A value can double with every line, as types can; this many parts take 150 MB at most. Of the
# programs with recorded verdicts, the largest makes 355.
MAX_PARTS = 1_000_000
# Paths can multiply with every use of a value (the compiler then runs for hours); the shortest ones
# come first in a message, and no program of the compiler's own tests has more than 12.
_MAX_PATHS = 32


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where private data comes from; `from_witness`: not an argument."""

    pos: int
    description: str
    from_witness: bool


# ---------------------------------------------------------------- values


def _witnesses(value: Value) -> Witnesses:
    tag, content = value
    if tag == _VECTOR:
        return _witnesses(content)
    merged: Witnesses = () if tag == _TUPLE else content
    if tag == _TUPLE:
        for element in content:
            merged = _merge(merged, _witnesses(element))
    return merged


def _merge(a: Witnesses, b: Witnesses) -> Witnesses:
    if not a or a == b:
        return b
    if not b:
        return a
    paths = dict(a)
    for witness, more in b:
        known = paths.get(witness)
        paths[witness] = more if known is None or known == more else _sorted(known + more)
    return tuple(sorted(paths.items()))


def _sorted(paths: tuple[Path, ...]) -> tuple[Path, ...]:
    """Shorter paths first: they are the more direct disclosures."""
    return tuple(sorted(set(paths), key=_path_order)[:_MAX_PATHS])


def _path_order(path: Path) -> tuple[int, Path]:
    return len(path), path


def _combine(a: Value, b: Value) -> Value:
    """The value that is `a` or `b`, which have one type."""
    if a == b:
        return a
    if a[0] == _TUPLE and b[0] == _TUPLE:
        return _TUPLE, tuple(map(_combine, a[1], b[1]))
    if a[0] == _VECTOR and b[0] == _VECTOR:
        return _VECTOR, _combine(a[1], b[1])
    if a[0] == _TUPLE and b[0] == _VECTOR:
        return _TUPLE, tuple(_combine(element, b[1]) for element in a[1])
    if a[0] == _VECTOR and b[0] == _TUPLE:
        return _TUPLE, tuple(_combine(a[1], element) for element in b[1])
    return (a[0] if a[0] == b[0] else _OPAQUE), _merge(_witnesses(a), _witnesses(b))


def _elements(value: Value, length: int) -> tuple[Value, ...]:
    """The elements of a sequence of `length` (a tuple, a vector, or bytes)."""
    elements: tuple[Value, ...] = value[1]
    return elements if value[0] == _TUPLE else (_element(value),) * length


def _element(value: Value) -> Value:
    """The value that stands for every element of a vector or of bytes."""
    return value[1] if value[0] == _VECTOR else value


def _any_element(value: Value) -> Value:
    if value[0] != _TUPLE:
        return _element(value)
    elements = value[1]
    if not elements:
        return value
    merged: Value = elements[0]
    for element in elements[1:]:
        merged = _combine(merged, element)
    return merged


# ---------------------------------------------------------------- places


def _place(pos: int) -> int:
    return _LIBRARY if pos < 0 else pos << _RANK_BITS


def _place_of(node: Any) -> int:
    """The place of a form that begins with its first operand."""
    pos = node.pos
    if pos < 0:
        return _LIBRARY
    rank = 0
    while True:
        first = _FIRST_OPERAND.get(node.__class__)
        if first is None:
            break
        node = getattr(node, first)
        if node.pos != pos:
            break
        rank += 1
    return int((pos << _RANK_BITS) + min(rank, _MAX_RANK))


_FIRST_OPERAND: dict[type, str] = {
    core.If: "test",
    core.VectorRef: "operand",
    core.VectorSlice: "operand",
    core.TupleRef: "operand",
    core.Arithmetic: "left",
    core.Comparison: "left",
    core.Equality: "left",
    core.Cast: "operand",
}

_OPERATIONS = {"+": "an addition", "-": "a subtraction", "*": "a multiplication"}


# ---------------------------------------------------------------- the interpreter


class _Interpreter:
    """`control`: what decided that this code runs at all. `returning`: the exported circuit whose
    own `return` statements publish their values, None elsewhere. `pos`: where the one that runs is
    declared."""

    def __init__(self, source: SourceMap) -> None:
        self.source = source
        self.origins: list[_Origin] = []
        self.leaks: dict[tuple[int, str], Witnesses] = {}
        self.values: dict[core.Variable, Value] = {}
        self.results: dict[core.Witness, Value] = {}
        self.known_calls: dict[tuple[Any, ...], Value] = {}
        self.library_call: tuple[int, str] | None = None
        self.control: Witnesses = ()
        self.returning: core.Circuit | None = None
        self.steps = 0
        self.parts = 0
        self.pos = 0

    # -------------------------------------------------------- values of any size

    def made(self, parts: int) -> None:
        """So many parts of values have come into being."""
        self.parts += parts
        if self.parts > MAX_PARTS:
            raise CompactError(self.pos, TOO_LARGE)

    def map_witnesses(self, value: Value, change: Callable[[Witnesses], Witnesses]) -> Value:
        tag, content = value
        if tag < _TUPLE:
            return tag, change(content)
        if tag == _VECTOR:
            return tag, self.map_witnesses(content, change)
        self.made(len(content))
        return tag, tuple([self.map_witnesses(element, change) for element in content])

    def add_witnesses(self, more: Witnesses, value: Value) -> Value:
        if not more:
            return value
        return self.map_witnesses(value, lambda witnesses: _merge(more, witnesses))

    def disclosed(self, value: Value) -> Value:
        if value is _NOTHING:
            return value
        return self.map_witnesses(value, lambda _: ())

    def of_type(self, type_: Type, witnesses: Witnesses = ()) -> Value:
        """A value of the type in which everything comes from `witnesses`."""
        while type_.__class__ is Alias:
            type_ = type_.type
        if isinstance(type_, Struct):
            self.made(len(type_.fields))
            return _TUPLE, tuple([self.of_type(field[1], witnesses) for field in type_.fields])
        if isinstance(type_, Tuple):
            self.made(len(type_.elements))
            return _TUPLE, tuple([self.of_type(element, witnesses) for element in type_.elements])
        if isinstance(type_, Vector):
            return _VECTOR, self.of_type(type_.element, witnesses)
        return (_OPAQUE, witnesses) if witnesses else _NOTHING

    def through(self, value: Value, place: int, description: str, exposure: str = "") -> Value:
        """`value` after a point on its way. A point already on a path is not repeated there."""
        if value is _NOTHING or (place == _LIBRARY and not exposure):
            return value
        point = (place, exposure, description)

        def extend(witnesses: Witnesses) -> Witnesses:
            if not witnesses:
                return witnesses
            self.made(sum([len(path) for _, paths in witnesses for path in paths]) >> 4)
            return tuple(
                (witness, _sorted(tuple(p if point in p else (point, *p) for p in paths)))
                for witness, paths in witnesses
            )

        return self.map_witnesses(value, extend)

    def bound(self, variable: core.Variable, value: Value) -> Value:
        return self.through(value, _place(variable.pos), f"the binding of {variable.name}")

    # -------------------------------------------------------- origins and leaks

    def private(self, type_: Type, pos: int, description: str, from_witness: bool) -> Value:
        """A new value of the type, all of it private data that comes from `pos`."""
        self.origins.append(_Origin(pos, description, from_witness))
        return self.of_type(type_, ((len(self.origins), ((),)),))

    def leak(self, pos: int, what: str, witnesses: Witnesses) -> None:
        if witnesses:
            key = self.library_call or (pos, what)
            self.leaks[key] = _merge(self.leaks.get(key, ()), witnesses)

    def report(self) -> None:
        if not self.leaks:
            return
        # The compiler sorts by file first, and the program's comes before the library's.
        pos, what = min(self.leaks, key=lambda leak: (leak[0] < 0, leak))
        witnesses = self.leaks[pos, what]
        witness, paths = min(witnesses, key=lambda witness: self._origin_order(witness[0]))
        origin = self.origins[witness - 1]
        parts = [
            "potential witness-value disclosure must be declared but is not:"
            f" witness value potentially disclosed: {origin.description}"
            f" at {self.source.describe(origin.pos)}"
        ]
        for path in paths:
            exposed = "the witness value"
            for _, exposure, _ in reversed(path):
                if exposure:
                    exposed = f"{exposure} {exposed}"
            parts.append(f"nature of the disclosure: {what} might disclose {exposed}")
            stations = [
                f"{description} at {self.source.describe(place >> _RANK_BITS)}"
                for place, _, description in reversed(path)
                if place != _LIBRARY
            ]
            if stations:
                stations[0] = f"via this path through the program: {stations[0]}"
                parts += stations
        raise CompactError(pos if pos >= 0 else core.STANDARD_LIBRARY, "; ".join(parts))

    def _origin_order(self, witness: int) -> tuple[bool, int, int]:
        pos = self.origins[witness - 1].pos
        return pos < 0, pos, witness

    # -------------------------------------------------------- entry points

    def constructor(self, constructor: core.Constructor) -> None:
        for parameter in constructor.parameters:
            what = f"the value of parameter {parameter.name} of the constructor"
            value = self.private(parameter.type, parameter.pos, what, from_witness=False)
            self.values[parameter] = value
        self.value(constructor.body)

    def exported(self, circuit: core.Circuit) -> None:
        arguments = []
        for parameter in circuit.parameters:
            what = f"the value of parameter {parameter.name} of exported circuit {circuit.name}"
            arguments.append(self.private(parameter.type, parameter.pos, what, from_witness=False))
        # Known calls are run again: they were not asked about what they return.
        result = self.run(circuit, arguments, returning=circuit)
        self.known_calls[circuit, tuple(arguments), ()] = result

    # -------------------------------------------------------- calls

    def call(self, pos: int, function: Any, arguments: list[Value]) -> Value:
        if function.__class__ is core.Circuit:
            key = (function, tuple(arguments), self.control)
            result = self.known_calls.get(key)
            if result is None:
                result = self.run_from(pos, function, arguments)
                self.known_calls[key] = result
            return result
        if function.__class__ is core.Witness:
            return self.results[function]
        witnesses: Witnesses = ()
        many = len(arguments) > 1
        for i, (argument, exposure) in enumerate(zip(arguments, function.discloses, strict=True)):
            if exposure is not None:
                point = _argument(i if many else None, function.name)
                argument = self.through(argument, _place(pos), point, exposure)
                witnesses = _merge(_witnesses(argument), witnesses)
        return self.of_type(function.result, witnesses)

    def run_from(self, pos: int, circuit: core.Circuit, arguments: list[Value]) -> Value:
        many = len(arguments) > 1
        arguments = [
            self.through(argument, _place(pos), _argument(i if many else None, circuit.name))
            for i, argument in enumerate(arguments)
        ]
        if pos < 0 or circuit.pos >= 0:
            return self.run(circuit, arguments)
        # What leaks inside the standard library is the caller's doing.
        outer = self.library_call
        self.library_call = (pos, f"the call to standard-library circuit {circuit.name}")
        result = self.run(circuit, arguments)
        self.library_call = outer
        return result

    def run(
        self,
        function: core.Circuit | core.Lambda,
        arguments: list[Value],
        returning: core.Circuit | None = None,
    ) -> Value:
        for parameter, argument in zip(function.parameters, arguments, strict=True):
            self.values[parameter] = argument
        outer = self.returning
        self.returning = returning
        result = self.value(function.body)
        self.returning = outer
        return result

    def apply(self, node: Any, arguments: list[Value]) -> Value:
        """One application of the function of a `map` or `fold`."""
        if node.function.__class__ is core.Lambda:
            return self.run(node.function, arguments)
        return self.call(node.pos, node.function, arguments)

    # -------------------------------------------------------- expressions

    def value(self, node: core.Expression) -> Value:
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise CompactError(node.pos, TOO_LARGE)
        return _EVALUATE[node.__class__](self, node)

    def all_values(self, nodes: list[core.Expression]) -> list[Value]:
        if len(nodes) < 3:
            return [self.value(node) for node in nodes]
        found = {i: self.value(nodes[i]) for i in map_order(range(len(nodes)))}
        return [found[i] for i in range(len(nodes))]

    def effect(self, node: core.Expression) -> None:
        """Evaluate for what it does: the branches of an `if` need not have one type."""
        while True:
            if node.__class__ is core.Let:
                self.bind(node)
                node = node.body
            elif node.__class__ is core.Sequence:
                *others, node = node.expressions
                for other in others:
                    self.effect(other)
            else:
                break
        if node.__class__ is not core.If:
            self.value(node)
            return
        test = self.value(node.test)
        outer = self.enter_branch(node, test)
        if test[0] != _FALSE:
            self.effect(node.then)
        if test[0] != _TRUE:
            self.effect(node.otherwise)
        self.control = outer

    def enter_branch(self, node: Any, test: Value) -> Witnesses:
        """Run under the test from here on; gives what to restore."""
        outer = self.control
        if test[1]:
            point = ("the conditional branch", "the boolean value of")
            decided = _witnesses(self.through(test, _place_of(node), *point))
            self.control = _merge(decided, outer)
        return outer

    def bind(self, node: core.Let) -> None:
        for variable, bound in node.bindings:
            value = self.value(bound)
            self.values[variable] = value if variable.temporary else self.bound(variable, value)

    def _literal(self, node: core.Literal) -> Value:
        if node.value is True:
            return _TRUE, ()
        if node.value is False:
            return _FALSE, ()
        return _NOTHING

    def _nothing(self, _node: core.Expression) -> Value:
        return _NOTHING

    def _range(self, _node: core.Range) -> Value:
        return _VECTOR, _NOTHING

    def _default(self, node: core.Default) -> Value:
        return self.of_type(node.type)

    def _reference(self, node: core.Reference) -> Value:
        return self.values[node.variable]

    def _if(self, node: core.If) -> Value:
        test = self.value(node.test)
        outer = self.enter_branch(node, test)
        if test[0] == _TRUE:
            result = self.value(node.then)
        elif test[0] == _FALSE:
            result = self.value(node.otherwise)
        else:
            otherwise = self.value(node.otherwise)
            result = _combine(self.value(node.then), otherwise)
        self.control = outer
        if test[1]:
            point = ("the conditional expression", "the boolean value of")
            result = self.add_witnesses(
                _witnesses(self.through(test, _place_of(node), *point)), result
            )
        return result

    def _field_access(self, node: core.FieldAccess) -> Value:
        fields: tuple[Value, ...] = self.value(node.operand)[1]
        return fields[node.index]

    def _tuple_ref(self, node: core.TupleRef) -> Value:
        operand = self.value(node.operand)
        return operand[1][node.index] if operand[0] == _TUPLE else _element(operand)

    def _tuple_slice(self, node: core.TupleSlice) -> Value:
        operand = self.value(node.operand)
        if operand[0] != _TUPLE:
            return operand
        return _TUPLE, operand[1][node.index : node.index + node.length]

    def _vector_ref(self, node: core.VectorRef) -> Value:
        operand = self.value(node.operand)
        what = "bytes-value" if node.is_bytes else "vector or tuple"
        index = self.selected(node, f"the {what} reference", "the element selected by")
        return self.add_witnesses(index, operand if node.is_bytes else _any_element(operand))

    def _vector_slice(self, node: core.VectorSlice) -> Value:
        operand = self.value(node.operand)
        what = "bytes-value" if node.is_bytes else "vector or tuple"
        index = self.selected(node, f"the {what} slice", "the elements selected by")
        if not node.is_bytes:
            operand = (_VECTOR, _any_element(operand))
        return self.add_witnesses(index, operand)

    def selected(
        self, node: core.VectorRef | core.VectorSlice, description: str, exposure: str
    ) -> Witnesses:
        index = self.value(node.index)
        if not index[1]:
            return ()
        return _witnesses(self.through(index, _place_of(node), description, exposure))

    def _arithmetic(self, node: core.Arithmetic) -> Value:
        left = self.value(node.left)
        right = self.value(node.right)
        result = _combine(left, right)
        if result[1]:
            exposure = f"the result of {_OPERATIONS[node.op]} involving"
            return self.through(result, _place_of(node), "the computation", exposure)
        return result

    def _comparison(self, node: core.Comparison | core.Equality) -> Value:
        left = _witnesses(self.value(node.left))
        right = _witnesses(self.value(node.right))
        witnesses = _merge(left, right)
        if not witnesses:
            return _NOTHING
        exposure = "the result of a comparison involving"
        return self.through((_OPAQUE, witnesses), _place_of(node), "the comparison", exposure)

    def _map(self, node: core.Map) -> Value:
        operands = self.all_values([argument.value for argument in node.arguments])
        if node.length == 0:
            return _TUPLE, ()
        if any(operand[0] == _TUPLE for operand in operands):
            rows = zip(*[_elements(operand, node.length) for operand in operands], strict=True)
            return _TUPLE, tuple([self.apply(node, list(row)) for row in rows])
        return _VECTOR, self.apply(node, [_element(operand) for operand in operands])

    def _fold(self, node: core.Fold) -> Value:
        result = self.value(node.initial)
        operands = self.all_values([argument.value for argument in node.arguments])
        if any(operand[0] == _TUPLE for operand in operands):
            for row in zip(*[_elements(operand, node.length) for operand in operands], strict=True):
                result = self.apply(node, [result, *row])
            return result
        elements = [_element(operand) for operand in operands]
        for step in range(node.length):
            before = result
            result = self.apply(node, [result, *elements])
            if step > 0 and result == before:  # and so will every further one be
                break
        return result

    def _call(self, node: core.Call) -> Value:
        arguments = self.all_values(node.arguments)
        function = node.function
        if function.__class__ is not core.Lambda:
            return self.call(node.pos, function, arguments)
        for parameter, argument in zip(function.parameters, arguments, strict=True):
            self.values[parameter] = (
                argument if parameter.temporary else self.bound(parameter, argument)
            )
        return self.value(function.body)

    def _new(self, node: core.New) -> Value:
        return _TUPLE, tuple(self.all_values(node.arguments))

    def _tuple(self, node: core.Tuple) -> Value:
        values: list[Value] = []
        for element in reversed(node.elements):
            value = self.value(element.value)
            if element.spread is None:
                values.append(value)
            elif value[0] == _VECTOR and node.is_vector:
                values.append(value[1])
            else:
                self.made(element.spread)
                values += reversed(_elements(value, element.spread))
        values.reverse()
        if not node.is_vector or not values:
            return _TUPLE, tuple(values)
        others: Witnesses = ()
        for value in values[1:]:
            others = _merge(others, _witnesses(value))
        return _VECTOR, self.add_witnesses(others, values[0])

    def _sequence(self, node: core.Sequence) -> Value:
        for expression in node.expressions[:-1]:
            self.effect(expression)
        return self.value(node.expressions[-1])

    def _let(self, node: core.Let) -> Value:
        inner: core.Expression = node
        while inner.__class__ is core.Let:
            self.bind(inner)
            inner = inner.body
        return self.value(inner)

    def _assert(self, node: core.Assert) -> Value:
        self.value(node.test)
        return _NOTHING

    def _cast(self, node: core.Cast) -> Value:
        operand = self.value(node.operand)
        if node.kind == "bytes-to-vector":
            return _VECTOR, (_OPAQUE, _witnesses(operand))
        if node.kind == "vector-to-bytes":
            return _OPAQUE, _witnesses(operand)
        return operand

    def _disclose(self, node: core.Disclose) -> Value:
        return self.disclosed(self.value(node.operand))

    def _return(self, node: core.Return) -> Value:
        value = self.value(node.value)
        if self.returning is not None:
            name = self.returning.name
            control = self.from_witnesses(self.control)
            self.leak(node.pos, f"returning this value from exported circuit {name}", control)
            witnesses = self.from_witnesses(_witnesses(value))
            self.leak(node.pos, f"the value returned from exported circuit {name}", witnesses)
        return value

    def from_witnesses(self, witnesses: Witnesses) -> Witnesses:
        """Those that are not arguments: a caller may see what it gave."""
        return tuple(w for w in witnesses if self.origins[w[0] - 1].from_witness)

    def _ledger(self, node: core.LedgerAccess) -> Value:
        *path, last = node.accesses
        arguments = [self.value(argument) for argument in last.arguments]
        for access in path:  # a key on the way to a nested ADT is not checked
            for key in access.arguments:
                self.value(key)
        self.leak(last.pos, "performing this ledger operation", self.control)
        many = len(arguments) > 1
        for i, (argument, parameter) in enumerate(
            zip(arguments, last.operation.parameters, strict=True)
        ):
            if parameter.discloses is None or argument is _NOTHING:
                continue
            if node.sugar is not None:
                point = f"the right-hand side of {node.sugar}"
            else:
                point = _argument(i if many else None, last.operation.name)
            argument = self.through(argument, _place(last.pos), point, parameter.discloses)
            self.leak(last.pos, "ledger operation", _witnesses(argument))
        return self.of_type(last.result)


def _argument(i: int | None, name: str) -> str:
    which = "" if i is None else f"{ordinal(i + 1)} "
    return f"the {which}argument to {name}"


_EVALUATE: dict[type, Callable[[_Interpreter, Any], Value]] = {
    core.Literal: _Interpreter._literal,
    core.Reference: _Interpreter._reference,
    core.Default: _Interpreter._default,
    core.If: _Interpreter._if,
    core.FieldAccess: _Interpreter._field_access,
    core.EnumValue: _Interpreter._nothing,
    core.Range: _Interpreter._range,
    core.Tuple: _Interpreter._tuple,
    core.TupleRef: _Interpreter._tuple_ref,
    core.TupleSlice: _Interpreter._tuple_slice,
    core.VectorRef: _Interpreter._vector_ref,
    core.VectorSlice: _Interpreter._vector_slice,
    core.Arithmetic: _Interpreter._arithmetic,
    core.Comparison: _Interpreter._comparison,
    core.Equality: _Interpreter._comparison,
    core.Map: _Interpreter._map,
    core.Fold: _Interpreter._fold,
    core.Call: _Interpreter._call,
    core.New: _Interpreter._new,
    core.Sequence: _Interpreter._sequence,
    core.Let: _Interpreter._let,
    core.Assert: _Interpreter._assert,
    core.Cast: _Interpreter._cast,
    core.Disclose: _Interpreter._disclose,
    core.Return: _Interpreter._return,
    core.LedgerAccess: _Interpreter._ledger,
}


def check(
    circuits: list[core.Circuit],
    witnesses: list[core.Witness],
    constructor: core.Constructor | None,
    source: SourceMap,
) -> None:
    """Raise `CompactError` at the first undeclared disclosure.

    `circuits` must not be recursive; only those that are exported are entry points.
    """
    interpreter = _Interpreter(source)
    for witness in witnesses:
        interpreter.pos = witness.pos
        what = f"the return value of witness {witness.name}"
        value = interpreter.private(witness.result, witness.pos, what, from_witness=True)
        interpreter.results[witness] = value
    if constructor is not None:
        interpreter.pos = constructor.pos
        interpreter.constructor(constructor)
    for circuit in circuits:
        if circuit.exported_as:
            interpreter.pos = circuit.pos
            interpreter.exported(circuit)
    interpreter.report()
