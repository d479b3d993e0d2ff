"""Indices of vectors, bytes and slices must become constants within bounds at compile time.

A circuit is evaluated as the compiler simplifies it: calls followed, loops unrolled, both
branches of every `if` looked at, constants folded. What is known of a value is a `Known`: a kind,
the constant or the parts, and a variable that is known to hold the same value (a binding of this
run, None if there is none). That variable is what makes `x - x` zero and `x` true in the branch
that `x` guards. Only programs pay for this that take an element at an index that is not a literal,
or where the compiler may fail to merge the branches of an `if`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from . import core
from .source import TOO_LARGE, CompactError
from .types import (
    MAX_FIELD,
    UINT_BITS,
    Alias,
    Boolean,
    Bytes,
    Enum,
    Field,
    Struct,
    Tuple,
    Type,
    Uint,
    Vector,
    structural,
)

# Unrolled and inlined, a small text can be a program without end: beyond this many nodes (a second
# or two) it is refused here; compactc would be at it for minutes or hours. The largest of its own
# test programs takes 3,900. An element of a list that is made counts as a node: sizes can double
# with every line, or be written down.
MAX_STEPS = 1_000_000

# A kind, what is known, and the binding it has a name by. Bytes are without zeros at their end,
# however long they are.
Known = tuple[int, Any, "_Binding | None"]

_CONSTANT, _TUPLE, _STRUCT, _UNKNOWN = range(4)
_NOTHING_KNOWN: Known = (_UNKNOWN, None, None)

# Defaults of longer vectors and bytes are not expanded.
_MAX_DEFAULT_ELEMENTS = 10
_FIELD_BYTES = UINT_BITS // 8


class _Binding:
    """One binding of a variable in one run of the code that binds it."""

    __slots__ = ()


class Evaluator:
    """Evaluates circuits one by one; `touches_ledger` tells what the last one certainly leaves
    in the program: a ledger operation outside branches that constants rule out."""

    def __init__(self) -> None:
        self.touches_ledger = False
        self._steps = 0
        self._pos = 0
        self._dead = 0
        self._bound: dict[core.Variable, _Binding] = {}
        self._known: dict[_Binding | None, Known] = {}

    def run(self, parameters: list[core.Variable], body: core.Expression) -> None:
        """Raise `CompactError` at the first index that is not a constant within bounds."""
        self.touches_ledger = False
        self._dead = 0
        self._bound.clear()
        self._known.clear()
        self._pos = body.pos
        for parameter in parameters:
            self._bind(parameter, _NOTHING_KNOWN)
        self.value(body)

    def value(self, node: core.Expression) -> Known:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise CompactError(node.pos, TOO_LARGE)
        return _EVALUATE[node.__class__](self, node)

    def _list(self, length: int) -> None:
        """A list of that length is about to be made."""
        self._steps += length
        if self._steps > MAX_STEPS:
            raise CompactError(self._pos, TOO_LARGE)

    # -------------------------------------------------------- bindings

    def _bind(self, variable: core.Variable, known: Known) -> _Binding:
        binding = _Binding()
        self._bound[variable] = binding
        if known[2] not in self._known:
            known = (known[0], known[1], binding)
        self._known[binding] = known
        return binding

    def _lookup(self, variable: core.Variable) -> Known:
        known = self._known[self._bound[variable]]
        if known[0] == _CONSTANT:
            return known
        # The variable it is a copy of may be known better: to be true or false in this branch.
        return self._known.get(known[2], known)

    def _constant_or_bound(self, known: Known) -> Known | None:
        return known if known[0] == _CONSTANT or known[2] in self._known else None

    def _apply(self, function: Any, arguments: list[Known]) -> Known:
        if function.__class__ is core.Witness or function.__class__ is core.Native:
            return _NOTHING_KNOWN
        bindings = [
            self._bind(parameter, argument)
            for parameter, argument in zip(function.parameters, arguments, strict=True)
        ]
        result = self.value(function.body)
        for binding in bindings:
            del self._known[binding]
        return result

    # -------------------------------------------------------- expressions

    def _literal(self, node: core.Literal) -> Known:
        return _CONSTANT, node.value, None

    def _reference(self, node: core.Reference) -> Known:
        return self._lookup(node.variable)

    def _default(self, node: core.Default) -> Known:
        return self._default_of(node.type) or _NOTHING_KNOWN

    def _enum_value(self, node: core.EnumValue) -> Known:
        enum = structural(node.type)
        assert isinstance(enum, Enum)
        return _CONSTANT, enum.elements.index(node.name), None

    def _if(self, node: core.If) -> Known:
        test = self.value(node.test)
        decided = test[1] if test[0] == _CONSTANT else None
        then = self._branch(node.then, test, True, decided)
        otherwise = self._branch(node.otherwise, test, False, decided)
        if decided is not None:
            return then if decided else otherwise
        return self._intersection(then, otherwise)

    def _branch(
        self, node: core.Expression, test: Known, truth: bool, decided: bool | None
    ) -> Known:
        """One branch; the compiler looks into those that are never taken, too."""
        dead = decided is not None and decided is not truth
        self._dead += dead
        binding = test[2]
        if binding is None:
            result = self.value(node)
        else:
            before = self._known.get(binding)
            self._known[binding] = (_CONSTANT, truth, None)
            result = self.value(node)
            if before is None:
                del self._known[binding]
            else:
                self._known[binding] = before
        self._dead -= dead
        return result

    def _field_access(self, node: core.FieldAccess) -> Known:
        operand = self.value(node.operand)
        return operand[1][1][node.index] if operand[0] == _STRUCT else _NOTHING_KNOWN

    def _tuple(self, node: core.Tuple) -> Known:
        parts: list[Known] | None = []
        for element in node.elements:
            known = self.value(element.value)
            if parts is None:
                continue
            if element.spread is None:
                parts.append(known)
            elif known[0] == _TUPLE:
                self._list(len(known[1]))
                parts += known[1]
            else:
                parts = None
        return (_TUPLE, parts, None) if parts is not None else _NOTHING_KNOWN

    def _tuple_ref(self, node: core.TupleRef) -> Known:
        return _element(self.value(node.operand), node.index)

    def _tuple_slice(self, node: core.TupleSlice) -> Known:
        operand = self.value(node.operand)
        return self._slice(operand, node.index, node.length)

    def _index(self, node: core.VectorRef | core.VectorSlice, what: str) -> int:
        index = self.value(node.index)
        if index[0] != _CONSTANT:
            raise CompactError(
                node.pos,
                f"{what} index did not reduce to a constant nonnegative value at compile time",
            )
        return int(index[1])

    def _vector_ref(self, node: core.VectorRef) -> Known:
        operand = self.value(node.operand)
        index = self._index(node, "Bytes" if node.is_bytes else "vector")
        length = _length(node.type)
        if index >= length:
            if node.is_bytes:
                message = f"invalid Bytes index {index} for a Bytes value of length {length}"
            else:
                message = f"invalid vector index {index} for vector of length {length}"
            raise CompactError(node.pos, message)
        if not node.is_bytes:
            return _element(operand, index)
        if not _is_constant(operand):
            return _NOTHING_KNOWN
        return _CONSTANT, operand[1][index] if index < len(operand[1]) else 0, None

    def _vector_slice(self, node: core.VectorSlice) -> Known:
        operand = self.value(node.operand)
        index = self._index(node, "slice")
        length = _length(node.type)
        if index + node.length > length:
            what = "a Bytes value" if node.is_bytes else "vector"
            raise CompactError(
                node.pos,
                f"invalid slice index {index} and length {node.length} for {what} of length"
                f" {length}",
            )
        if not node.is_bytes:
            return self._slice(operand, index, node.length)
        if _is_constant(operand):
            return _CONSTANT, operand[1][index : index + node.length].rstrip(b"\0"), None
        return _NOTHING_KNOWN

    def _arithmetic(self, node: core.Arithmetic) -> Known:
        left = self.value(node.left)
        right = self.value(node.right)
        if _is_constant(left) and _is_constant(right):
            result = _ARITHMETIC[node.op](left[1], right[1])
            if node.bits is None:
                return _CONSTANT, result % (MAX_FIELD + 1), None
            if result >= 0:
                return _CONSTANT, result, None
        known = self._arithmetic_law(node.op, left, right)
        return (known and self._constant_or_bound(known)) or _NOTHING_KNOWN

    def _arithmetic_law(self, op: str, left: Known, right: Known) -> Known | None:
        """The side that the result equals, or the zero that it is."""
        if op == "+":
            return right if _is(left, 0) else left if _is(right, 0) else None
        if op == "-":
            if _is(right, 0):
                return left
            return (_CONSTANT, 0, None) if self._same(left, right) else None
        if _is(left, 0) or _is(right, 0):
            return _CONSTANT, 0, None
        return right if _is(left, 1) else left if _is(right, 1) else None

    def _same(self, left: Known, right: Known) -> bool:
        return left[2] is right[2] and left[2] in self._known

    def _comparison(self, node: core.Comparison | core.Equality) -> Known:
        left = self.value(node.left)
        right = self.value(node.right)
        compare = _COMPARE[node.op]
        if _is_constant(left) and _is_constant(right):
            return _CONSTANT, compare(left[1], right[1]), None
        return (_CONSTANT, compare(0, 0), None) if self._same(left, right) else _NOTHING_KNOWN

    def _map(self, node: core.Map) -> Known:
        columns = [self._column(argument) for argument in node.arguments]
        results = [
            self._apply(node.function, [column(i) for column in columns])
            for i in range(node.length)
        ]
        return _TUPLE, results, None

    def _fold(self, node: core.Fold) -> Known:
        result = self.value(node.initial)
        columns = [self._column(argument) for argument in node.arguments]
        for i in range(node.length):
            result = self._apply(node.function, [result, *[column(i) for column in columns]])
        return result

    def _column(self, argument: core.MapArgument) -> Callable[[int], Known]:
        """The elements, by index, of a sequence to go through."""
        sequence = argument.value
        if isinstance(sequence, core.Range):
            start = sequence.start
            return lambda i: (_CONSTANT, start + i, None)
        known = self.value(sequence)
        if isinstance(structural(argument.type), Bytes):
            known = self._bytes_to_tuple(known, argument.type)
        return lambda i: _element(known, i)

    def _call(self, node: core.Call) -> Known:
        return self._apply(node.function, [self.value(argument) for argument in node.arguments])

    def _new(self, node: core.New) -> Known:
        struct = structural(node.type)
        assert isinstance(struct, Struct)
        names = tuple(name for name, _ in struct.fields)
        return _STRUCT, (names, [self.value(argument) for argument in node.arguments]), None

    def _sequence(self, node: core.Sequence) -> Known:
        for expression in node.expressions[:-1]:
            self.value(expression)
        return self.value(node.expressions[-1])

    def _let(self, node: core.Let) -> Known:
        bindings: list[_Binding] = []
        inner: core.Expression = node
        while inner.__class__ is core.Let:
            for variable, bound in inner.bindings:
                bindings.append(self._bind(variable, self.value(bound)))
            inner = inner.body
        result = self.value(inner)
        for binding in bindings:
            del self._known[binding]
        return result

    def _assert(self, node: core.Assert) -> Known:
        self.value(node.test)
        return _TUPLE, [], None

    def _cast(self, node: core.Cast) -> Known:
        operand = self.value(node.operand)
        if node.kind == "bytes-to-vector":
            return self._bytes_to_tuple(operand, node.source)
        return _CASTS[node.kind](operand, node)

    def _operand(self, node: core.Disclose) -> Known:
        return self.value(node.operand)

    def _return(self, node: core.Return) -> Known:
        return self.value(node.value)

    def _ledger(self, node: core.LedgerAccess) -> Known:
        for access in node.accesses:
            for argument in access.arguments:
                self.value(argument)
        if not self._dead:
            self.touches_ledger = True
        return _NOTHING_KNOWN

    # -------------------------------------------------------- lists

    def _slice(self, known: Known, index: int, length: int) -> Known:
        self._list(length)
        return _TUPLE, [_element(known, i) for i in range(index, index + length)], None

    def _bytes_to_tuple(self, known: Known, type_: Type) -> Known:
        if not _is_constant(known):
            return _NOTHING_KNOWN
        length = _length(type_)
        self._list(length)
        return _TUPLE, [(_CONSTANT, byte, None) for byte in known[1].ljust(length, b"\0")], None

    def _intersection(self, a: Known, b: Known) -> Known:
        """What is known of a value that is one of the two."""
        if a is b:
            return a
        binding = a[2] if a[2] is b[2] else None
        if a[0] == b[0]:
            if a[0] == _CONSTANT and a[1] == b[1] and a[1].__class__ is b[1].__class__:
                return _CONSTANT, a[1], binding
            if a[0] == _TUPLE:
                return _TUPLE, self._intersections(a[1], b[1]), binding
            if a[0] == _STRUCT:
                if a[1][0] != b[1][0]:
                    raise _stumble()
                return _STRUCT, (a[1][0], self._intersections(a[1][1], b[1][1])), binding
        return _UNKNOWN, None, binding

    def _intersections(self, a: list[Known], b: list[Known]) -> list[Known]:
        if len(a) != len(b):
            raise _stumble()
        self._list(len(a))
        return list(map(self._intersection, a, b))

    def _default_of(self, type_: Type) -> Known | None:
        """The default value, as far as the compiler expands it; None when a part is too long."""
        while isinstance(type_, Alias):
            type_ = type_.type
        if isinstance(type_, Boolean):
            return _CONSTANT, False, None
        if isinstance(type_, (Field, Uint, Enum)):
            return _CONSTANT, 0, None
        if isinstance(type_, Bytes):
            return (_CONSTANT, b"", None) if type_.length <= _FIELD_BYTES else None
        if isinstance(type_, Struct):
            self._list(len(type_.fields))
            names = tuple(name for name, _ in type_.fields)
            fields = [self._default_of(field) for _, field in type_.fields]
            return None if None in fields else (_STRUCT, (names, fields), None)
        if isinstance(type_, Tuple):
            self._list(len(type_.elements))
            parts = [self._default_of(element) for element in type_.elements]
        elif isinstance(type_, Vector) and type_.length <= _MAX_DEFAULT_ELEMENTS:
            parts = [self._default_of(type_.element)] * type_.length
        else:
            return None
        return None if None in parts else (_TUPLE, parts, None)


_ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def _is_constant(known: Known) -> bool:
    return known[0] == _CONSTANT


def _is(known: Known, value: int) -> bool:
    return known[0] == _CONSTANT and known[1] == value


def _length(type_: Type) -> int:
    sequence = structural(type_)
    if isinstance(sequence, Tuple):
        return len(sequence.elements)
    assert isinstance(sequence, (Vector, Bytes))
    return sequence.length


def _element(known: Known, index: int) -> Known:
    return known[1][index] if known[0] == _TUPLE else _NOTHING_KNOWN


def _stumble() -> CompactError:
    """Where an `if` is a statement its branches need not be alike: the compiler merges them all
    the same, and crashes."""
    what = "the branches of an if statement hold tuples or structures that are not alike"
    return CompactError(None, f"Internal error (please report): {what}")


def _unchanged(known: Known, _node: core.Cast) -> Known:
    return known


def _limited(known: Known, type_: Type) -> Known:
    """A conversion that fails at run time for what the target does not hold."""
    target = structural(type_)
    if isinstance(target, Enum):
        limit = len(target.elements) - 1
    elif isinstance(target, Uint):
        limit = target.limit
    else:
        return known
    return known if _is_constant(known) and known[1] <= limit else _NOTHING_KNOWN


def _downcast(known: Known, node: core.Cast) -> Known:
    return _limited(known, node.target)


def _enum_cast(known: Known, node: core.Cast) -> Known:
    source, target = structural(node.source), structural(node.target)
    if isinstance(source, Enum) and isinstance(target, Uint):
        narrower = target.limit < len(source.elements) - 1
    elif isinstance(source, Uint) and isinstance(target, Enum):
        narrower = source.limit > len(target.elements) - 1
    else:
        narrower = isinstance(source, Field)
    return _limited(known, node.target) if narrower else known


def _from_bytes(known: Known, node: core.Cast) -> Known:
    if not _is_constant(known):
        return _NOTHING_KNOWN
    number = int.from_bytes(known[1], "little")
    if number > MAX_FIELD:
        return _NOTHING_KNOWN
    return _limited((_CONSTANT, number, None), node.target)


def _to_bytes(known: Known, node: core.Cast) -> Known:
    length = _length(node.target)
    # The compiler takes 2^length where it means 2^(8 length), so that few constants are folded.
    if _is_constant(known) and (length > _FIELD_BYTES or 2**length > known[1]):
        number = int(known[1])
        return _CONSTANT, number.to_bytes((number.bit_length() + 7) // 8, "little"), None
    return _NOTHING_KNOWN


def _vector_to_bytes(known: Known, _node: core.Cast) -> Known:
    if known[0] == _TUPLE and all(map(_is_constant, known[1])):
        return _CONSTANT, bytes(part[1] for part in known[1]).rstrip(b"\0"), None
    return _NOTHING_KNOWN


_CASTS: dict[str, Callable[[Known, core.Cast], Known]] = {
    "safe": _unchanged,
    "downcast": _downcast,
    "from-enum": _enum_cast,
    "to-enum": _enum_cast,
    "from-bytes": _from_bytes,
    "field-to-bytes": _to_bytes,
    "vector-to-bytes": _vector_to_bytes,
}

_EVALUATE: dict[type, Callable[[Evaluator, Any], Known]] = {
    core.Literal: Evaluator._literal,
    core.Reference: Evaluator._reference,
    core.Default: Evaluator._default,
    core.If: Evaluator._if,
    core.FieldAccess: Evaluator._field_access,
    core.EnumValue: Evaluator._enum_value,
    core.Tuple: Evaluator._tuple,
    core.TupleRef: Evaluator._tuple_ref,
    core.TupleSlice: Evaluator._tuple_slice,
    core.VectorRef: Evaluator._vector_ref,
    core.VectorSlice: Evaluator._vector_slice,
    core.Arithmetic: Evaluator._arithmetic,
    core.Comparison: Evaluator._comparison,
    core.Equality: Evaluator._comparison,
    core.Map: Evaluator._map,
    core.Fold: Evaluator._fold,
    core.Call: Evaluator._call,
    core.New: Evaluator._new,
    core.Sequence: Evaluator._sequence,
    core.Let: Evaluator._let,
    core.Assert: Evaluator._assert,
    core.Cast: Evaluator._cast,
    core.Disclose: Evaluator._operand,
    core.Return: Evaluator._return,
    core.LedgerAccess: Evaluator._ledger,
}


def check(circuits: list[core.Circuit], constructor: core.Constructor | None) -> None:
    """Raise `CompactError` at the first index that is not a constant within bounds.

    `circuits` must not be recursive; those that are not exported are looked at where called.
    """
    evaluator = Evaluator()
    if constructor is not None:
        evaluator.run(constructor.parameters, constructor.body)
    for circuit in circuits:
        if circuit.exported_as:
            evaluator.run(circuit.parameters, circuit.body)
