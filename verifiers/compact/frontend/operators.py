"""The typing rules of operators, casts, tuples, vectors and bytes.

Each takes operands that are typed already (`Typed`: a core expression and its type) and gives the
typed result, with every implicit conversion written out, or refuses the operands at `pos` with
the compiler's message.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from . import core, types
from .resolve import adt_refused, refuse
from .types import Type, same_type, show, structural, subtype, transparent

Typed = tuple[core.Expression, Type]
# Types an expression whose names are resolved.
Typing = Callable[[], Typed]
# One element of a tuple or byte string: its position, whether it is a spread, the expression.
Part = tuple[int, bool, Typing]


def ordinary(pos: int, type_: Type, what: str) -> Type:
    """`type_`, which may not be a ledger ADT."""
    if types.is_adt(type_):
        refuse(pos, adt_refused(what, type_))
    return type_


# ---------------------------------------------------------------- conversions


def converted(
    pos: int, declared: Type, actual: Type, expression: core.Expression
) -> core.Expression:
    """`expression`, of type `actual`, as a value of its supertype `declared`."""
    if same_type(declared, actual):
        return expression
    return core.Cast(pos, "safe", expression, actual, declared)


def natural(pos: int, value: int) -> Typed:
    type_ = types.Uint(value)
    return core.Literal(pos, value, type_), type_


def bound(
    pos: int,
    type_: Type,
    expression: core.Expression,
    build: Callable[[core.Expression], core.Expression],
) -> core.Expression:
    """`build(expression)`, where a temporary makes sure that it is computed once and first."""
    if isinstance(expression, (core.Literal, core.Reference)):
        return build(expression)
    variable = core.Variable(pos, "t", type_, temporary=True)
    return core.Let(pos, [(variable, expression)], build(core.Reference(pos, variable)))


# ---------------------------------------------------------------- operators


def boolean_test(pos: int, type_: Type) -> None:
    if not isinstance(structural(type_), types.Boolean):
        refuse(pos, f"expected test to have type Boolean, received {show(type_)}")


def _operand(pos: int, op: str, side: str, type_: Type) -> tuple[list[str], int | None]:
    """The nominal aliases around a numeric type, and its limit (None: Field)."""
    names: list[str] = []
    plain = type_
    while isinstance(plain, types.Alias):
        if plain.nominal:
            names.append(plain.name)
        plain = plain.type
    if not isinstance(plain, (types.Field, types.Uint)):
        # The message prints what is left once the aliases are taken off.
        refuse(
            pos,
            f"{op} requires its {side} operand to be a Field or Uint; the actual type is "
            f"{show(plain)}",
        )
    return names, plain.limit if isinstance(plain, types.Uint) else None


def arithmetic(pos: int, op: str, left: Typed, right: Typed) -> Typed:
    (a, a_type), (b, b_type) = left, right
    a_names, a_limit = _operand(pos, op, "left", a_type)
    b_names, b_limit = _operand(pos, op, "right", b_type)
    result: core.Expression
    result_type: Type
    if a_limit is None or b_limit is None:
        result_type = types.FIELD
        result = core.Arithmetic(
            pos,
            op,
            None,
            converted(pos, result_type, a_type, a),
            converted(pos, result_type, b_type, b),
        )
    else:
        limit = {"+": a_limit + b_limit, "-": a_limit, "*": a_limit * b_limit}[op]
        if limit > types.MAX_UINT:
            refuse(
                pos,
                "resulting value might exceed largest representable Uint value (for Field "
                "semantics, cast either operand to Field)",
            )
        bits = max(1, limit.bit_length())
        result_type = types.Uint(limit)

        def widened(own: int, type_: Type, expression: core.Expression) -> core.Expression:
            if own == limit:
                return expression
            return core.Cast(pos, "safe", expression, type_, result_type)

        def compute(x: core.Expression, y: core.Expression) -> core.Expression:
            left = widened(a_limit, a_type, x)
            return core.Arithmetic(pos, op, bits, left, widened(b_limit, b_type, y))

        if op == "-":
            result = _subtraction(pos, left, right, a_limit < b_limit, compute)
        else:
            result = compute(a, b)
    if not a_names and not b_names:
        return result, result_type
    if a_names != b_names or a_limit != b_limit:
        refuse(
            pos,
            f"incompatible combination of types {show(a_type)} and {show(b_type)} for binary "
            f"arithmetic operator {op}",
        )
    if a_limit is None:
        return core.Cast(pos, "safe", result, result_type, a_type), a_type
    if op != "-":
        result = core.Cast(pos, "downcast", result, result_type, a_type)
    return result, a_type


def _subtraction(
    pos: int,
    left: Typed,
    right: Typed,
    right_is_wider: bool,
    compute: Callable[[core.Expression, core.Expression], core.Expression],
) -> core.Expression:
    """A difference of naturals, after the check that it is one."""
    (a, a_type), (b, b_type) = left, right
    wider = b_type if right_is_wider else a_type
    plain = structural(wider)
    assert isinstance(plain, types.Uint)
    bits = max(1, plain.limit.bit_length())

    def build(x: core.Expression, y: core.Expression) -> core.Expression:
        test = core.Comparison(
            pos, ">=", bits, converted(pos, wider, a_type, x), converted(pos, wider, b_type, y)
        )
        check = core.Assert(pos, test, "result of subtraction would be negative")
        return core.Sequence(pos, [check, compute(x, y)])

    return bound(pos, a_type, a, lambda x: bound(pos, b_type, b, lambda y: build(x, y)))


def relation(pos: int, op: str, left: Typed, right: Typed) -> Typed:
    (a, a_type), (b, b_type) = left, right
    x, y = transparent(a_type), transparent(b_type)
    while isinstance(x, types.Alias) and isinstance(y, types.Alias) and x.name == y.name:
        x, y = transparent(x.type), transparent(y.type)
    if not (isinstance(x, types.Uint) and isinstance(y, types.Uint)):
        refuse(
            pos,
            f"incompatible combination of types {show(a_type)} and {show(b_type)} for "
            "relational operator",
        )
    wider, low, high = (y, x, y) if x.limit < y.limit else (x, x, y)
    bits = max(1, wider.limit.bit_length())

    def build(first: core.Expression) -> core.Expression:
        return core.Comparison(
            pos, op, bits, converted(pos, wider, low, first), converted(pos, wider, high, b)
        )

    return bound(pos, a_type, a, build), types.BOOLEAN


def equality(pos: int, op: str, left: Typed, right: Typed) -> Typed:
    (a, a_type), (b, b_type) = left, right
    ordinary(pos, a_type, "equality-operator left operand")
    ordinary(pos, b_type, "equality-operator right operand")
    if subtype(a_type, b_type):
        type_ = b_type
    elif subtype(b_type, a_type):
        type_ = a_type
    else:
        refuse(
            pos,
            f"incompatible types {show(a_type)} and {show(b_type)} for equality operator",
        )
    x, y = converted(pos, type_, a_type, a), converted(pos, type_, b_type, b)
    return core.Equality(pos, op, type_, x, y), types.BOOLEAN


# ---------------------------------------------------------------- casts


def _fits_byte(type_: Type) -> bool:
    type_ = structural(type_)
    return isinstance(type_, types.Uint) and type_.limit <= 255


def _holds_byte(type_: Type) -> bool:
    type_ = structural(type_)
    return isinstance(type_, types.Field) or (isinstance(type_, types.Uint) and type_.limit >= 255)


def conversion(
    pos: int, source: Type, target: Type, expression: core.Expression
) -> core.Expression | None:
    """`expression` converted to a type that is no supertype of its own; None if it cannot be."""
    match target, source:
        case (types.Field() | types.Uint(), types.Bytes(length)) if length:
            return core.Cast(pos, "from-bytes", expression, source, target)
        case (types.Field() | types.Uint(), types.Enum()):
            return core.Cast(pos, "from-enum", expression, source, target)
        case (types.Field() | types.Uint(), types.Boolean()):
            one, zero = (_bit(pos, bit, target) for bit in (1, 0))
            return core.If(pos, expression, one, zero)
        case (types.Uint(), types.Field() | types.Uint()):
            return core.Cast(pos, "downcast", expression, source, target)
        case (types.Bytes(length), types.Field()) if length:
            return core.Cast(pos, "field-to-bytes", expression, source, target)
        case (types.Bytes(length), types.Uint()) if length:
            wide = core.Cast(pos, "safe", expression, source, types.FIELD)
            return core.Cast(pos, "field-to-bytes", wide, types.FIELD, target)
        case (types.Bytes(length), types.Tuple(elements)):
            if len(elements) == length and all(map(_fits_byte, elements)):
                return core.Cast(pos, "vector-to-bytes", expression, source, target)
        case (types.Bytes(length), types.Vector(n, element)):
            if n == length and _fits_byte(element):
                return core.Cast(pos, "vector-to-bytes", expression, source, target)
        case (types.Tuple(elements), types.Bytes(length)):
            if len(elements) == length and all(map(_holds_byte, elements)):
                return _bytes_as(pos, source, target, length, expression)
        case (types.Vector(n, element), types.Bytes(length)):
            if n == length and _holds_byte(element):
                return _bytes_as(pos, source, target, length, expression)
        case (types.Boolean(), types.Uint(0)):
            return core.Literal(pos, False, target)
        case (types.Boolean(), types.Field() | types.Uint()):
            zero, zero_type = natural(pos, 0)
            test = core.Equality(
                pos, "==", source, expression, converted(pos, source, zero_type, zero)
            )
            false, true = (core.Literal(pos, b, target) for b in (False, True))
            return core.If(pos, test, false, true)
        case (types.Enum(), types.Field() | types.Uint()):
            return core.Cast(pos, "to-enum", expression, source, target)
    return None


def _bit(pos: int, bit: int, target: Type) -> core.Expression:
    literal, type_ = natural(pos, bit)
    if subtype(type_, target):
        return core.Cast(pos, "safe", literal, type_, target)
    return core.Cast(pos, "downcast", literal, type_, target)


def _bytes_as(
    pos: int, source: Type, target: Type, length: int, expression: core.Expression
) -> core.Expression:
    vector = types.Vector(length, types.UINT8)
    elements = core.Cast(pos, "bytes-to-vector", expression, source, vector)
    return converted(pos, target, vector, elements)


# ---------------------------------------------------------------- tuples, vectors and bytes


def vector_of(pos: int, what: str, type_: Type) -> tuple[int, Type]:
    """The length and element type of something that is used as a vector."""
    plain = structural(type_)
    if isinstance(plain, types.Vector):
        return plain.length, plain.element
    if isinstance(plain, types.Bytes):
        return plain.length, types.UINT8
    if not isinstance(plain, types.Tuple):
        refuse(pos, f"{what} should be a vector, tuple, or Bytes but has type {show(type_)}")
    element = types.greatest(plain.elements)
    if element is None:
        refuse(
            pos,
            f"{what} should be a vector but has a tuple type {show(type_)} that cannot be "
            "converted to a vector because its element types are unrelated",
        )
    return len(plain.elements), element


def tuple_of(pos: int, parts: list[Part], copying: Callable[[int], None]) -> Typed:
    """A tuple; a vector where it spreads one. `copying` is told of so many types of elements."""
    elements: list[tuple[core.Element, Type]] = []
    element_types: list[Type] = []
    length = 0
    is_vector = False
    for part_pos, spread, typing in parts:
        expression, type_ = typing()
        if not spread:
            ordinary(part_pos, type_, "tuple element")
            elements.append((core.Element(pos, expression), type_))
            element_types.append(type_)
            length += 1
            continue
        plain = structural(type_)
        if isinstance(plain, types.Tuple):
            count = len(plain.elements)
            copying(count)
            element_types += plain.elements
        elif isinstance(plain, types.Vector):
            count, is_vector = plain.length, True
            element_types.append(plain.element)
        elif isinstance(plain, types.Bytes):
            count, is_vector = plain.length, True
            element_types.append(types.UINT8)
            type_ = types.Vector(count, types.UINT8)
            expression = core.Cast(part_pos, "bytes-to-vector", expression, plain, type_)
        else:
            refuse(
                part_pos,
                "expected tuple/vector spread expression to have a tuple, Vector, or Bytes type "
                f"but received {show(type_)}",
            )
        elements.append((core.Element(pos, expression, count), type_))
        length += count
    if length > types.MAX_LENGTH:
        kind = "vector" if is_vector else "tuple"
        refuse(
            pos,
            f"the size of tuple/vector construction expression with {kind}-typed spread\n"
            f"{length}\nexceeds the maximum {kind} size allowed\n{types.MAX_LENGTH}",
        )
    if not is_vector:
        return core.Tuple(pos, [e for e, _ in elements]), types.Tuple(tuple(element_types))
    common = types.greatest(element_types)
    if common is None:
        _unrelated(pos, element_types)
    for element, type_ in elements:
        wanted = common if element.spread is None else types.Vector(element.spread, common)
        element.value = converted(pos, wanted, type_, element.value)
    return core.Tuple(pos, [e for e, _ in elements], True), types.Vector(length, common)


def _unrelated(pos: int, element_types: list[Type]) -> NoReturn:
    first = element_types[0]
    other = next(
        (t for t in element_types[1:] if not (subtype(t, first) or subtype(first, t))),
        element_types[-1],
    )
    refuse(
        pos,
        "tuple/vector construction expression with vector-typed spreads has unrelated element "
        f"types {show(first)} and {show(other)}",
    )


def bytes_of(pos: int, parts: list[Part]) -> Typed:
    """A byte string."""
    elements = [_byte_element(part) for part in parts]
    length = sum(1 if e.spread is None else e.spread for e in elements)
    if length > types.MAX_LENGTH:
        refuse(
            pos,
            f"Bytes construction length\n{length} exceeds the maximum bytes length allowed\n"
            f"{types.MAX_LENGTH}",
        )
    target = types.Bytes(length)
    vector = core.Tuple(pos, elements, True)
    source = types.Vector(length, types.UINT8)
    return core.Cast(pos, "vector-to-bytes", vector, source, target), target


def _byte_element(part: Part) -> core.Element:
    pos, spread, typing = part
    expression, type_ = typing()
    plain = structural(type_)

    def is_byte(type_: Type) -> bool:
        return _fits_byte(type_) or isinstance(structural(type_), types.Unknown)

    if not spread:
        if not is_byte(plain):
            refuse(
                pos,
                "expected type of Bytes constructor argument to be a subtype of Uint<8> but "
                f"received {show(type_)}",
            )
        return core.Element(pos, converted(pos, types.UINT8, type_, expression))
    if isinstance(plain, types.Bytes):
        vector = types.Vector(plain.length, types.UINT8)
        expression = core.Cast(pos, "bytes-to-vector", expression, plain, vector)
        return core.Element(pos, expression, plain.length)
    if isinstance(plain, types.Tuple) and all(map(is_byte, plain.elements)):
        length = len(plain.elements)
    elif isinstance(plain, types.Vector) and is_byte(plain.element):
        length = plain.length
    else:
        refuse(
            pos,
            "expected type of Bytes spread to be a Bytes value or a Tuple or Vector of Uint<8> "
            f"subtypes but received {show(type_)}",
        )
    vector = types.Vector(length, types.UINT8)
    return core.Element(pos, converted(pos, vector, type_, expression), length)


def _constant_index(index: core.Expression, limit: str) -> int | None:
    while isinstance(index, core.Cast) and index.kind == "safe":
        index = index.operand
    if not isinstance(index, core.Literal):
        return None
    assert isinstance(index.value, int)
    if index.value >= types.MAX_LENGTH:
        refuse(index.pos, f"index {index.value} exceeds {limit}")
    return index.value


def _checked_index(pos: int, type_: Type) -> None:
    if not isinstance(structural(type_), types.Uint):
        refuse(pos, f"expected index to have an unsigned type, received {show(type_)}")


def element_at(pos: int, operand: Typed, index_typed: Typed) -> Typed:
    (expression, type_), (index, index_type) = operand, index_typed
    _checked_index(pos, index_type)
    limit = f"maximum allowed index {types.MAX_LENGTH - 1} for a tuple or vector reference"
    at = _constant_index(index, limit)
    plain = structural(type_)
    if at is not None:
        if isinstance(plain, types.Bytes):
            what, length = "Bytes value", plain.length
        elif isinstance(plain, types.Tuple):
            what, length = "tuple", len(plain.elements)
        elif isinstance(plain, types.Vector):
            what, length = "vector", plain.length
        else:
            refuse(pos, f"expected a tuple, Vector, or Bytes type, received {show(type_)}")
        if at >= length:
            refuse(pos, f"index {at} is out-of-bounds for a {what} of length {length}")
        if isinstance(plain, types.Bytes):
            literal, _ = natural(pos, at)
            return core.VectorRef(pos, type_, expression, literal, True), types.UINT8
        member = plain.elements[at] if isinstance(plain, types.Tuple) else plain.element
        return core.TupleRef(pos, expression, at), member
    element: Type = types.UINT8
    if isinstance(plain, types.Bytes):
        length = plain.length
    else:
        length, element = vector_of(pos, "tuple reference with a non-constant index", type_)
    if not length:
        refuse(pos, f"expected a non-empty tuple, vector, or Bytes type, received {show(type_)}")
    if isinstance(plain, types.Bytes):
        return core.VectorRef(pos, type_, expression, index, True), element
    vector = types.Vector(length, element)
    expression = converted(pos, vector, type_, expression)
    return core.VectorRef(pos, vector, expression, index), element


def slice_of(
    pos: int, operand: Typed, index_typed: Typed, length: int, copying: Callable[[int], None]
) -> Typed:
    """A part of a tuple, a vector or bytes. `copying`: see `tuple_of`."""
    (expression, type_), (index, index_type) = operand, index_typed
    _checked_index(pos, index_type)
    limit = f"maximum index allowed {types.MAX_LENGTH - 1} for a slice"
    at = _constant_index(index, limit)
    plain = structural(type_)
    if at is not None:
        if isinstance(plain, types.Bytes):
            what, whole = "Bytes value", plain.length
        elif isinstance(plain, types.Tuple):
            what, whole = "tuple", len(plain.elements)
        elif isinstance(plain, types.Vector):
            what, whole = "vector", plain.length
        else:
            refuse(
                pos,
                "expected first slice argument to be a tuple, Vector, or Bytes type, received "
                f"{show(type_)}",
            )
        if at + length > whole:
            refuse(
                pos,
                f"slice index {at} plus length {length} is out-of-bounds for a {what} of length "
                f"{whole}",
            )
        if isinstance(plain, types.Bytes):
            literal, _ = natural(pos, at)
            part = core.VectorSlice(pos, type_, expression, literal, length, True)
            return part, types.Bytes(length)
        result: Type
        if isinstance(plain, types.Tuple):
            copying(length)
            result = types.Tuple(plain.elements[at : at + length])
        else:
            result = types.Vector(length, plain.element)
        return core.TupleSlice(pos, type_, expression, at, length), result
    element: Type = types.UINT8
    if isinstance(plain, types.Bytes):
        whole = plain.length
    else:
        whole, element = vector_of(pos, "tuple slice with a non-constant index", type_)
    if length > whole:
        refuse(
            pos,
            f"slice length {length} exceeds the length {whole} of the input tuple, vector, or "
            "Bytes value",
        )
    if isinstance(plain, types.Bytes):
        return core.VectorSlice(pos, type_, expression, index, length, True), types.Bytes(length)
    vector = types.Vector(whole, element)
    expression = converted(pos, vector, type_, expression)
    part = core.VectorSlice(pos, vector, expression, index, length)
    return part, types.Vector(length, element)
