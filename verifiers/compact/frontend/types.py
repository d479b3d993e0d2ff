"""Types, as the compiler compares, relates and prints them.

A type is plain data that nothing changes after construction; compare types with `same_type` and
`subtype` (never ``==``: aliases are transparent, and a tuple whose elements all have one type is
the vector of that type). `structural` removes every alias, `transparent` only the plain ones
(a nominal alias is a type of its own). `show` prints a type as the compiler's messages do.
Ledger ADTs are types too; their operations are in `frontend.ledger`, found by `Adt.name`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Union

# A field element has 255 bits, so 31 whole bytes: the widest Uint has 248 bits.
UINT_BITS = 248
MAX_UINT = 2**UINT_BITS - 1
MAX_FIELD = 52435875175126190479447740508185965837690552500527637822603658699938581184512
MAX_LENGTH = 2**24  # of vectors, tuples and byte strings


@dataclass(slots=True, eq=False)
class Boolean:
    pass


@dataclass(slots=True, eq=False)
class Field:
    pass


@dataclass(slots=True, eq=False)
class Uint:
    """The natural numbers up to and including `limit`."""

    limit: int


@dataclass(slots=True, eq=False)
class Bytes:
    length: int


@dataclass(slots=True, eq=False)
class Opaque:
    """`pos` is where the type is written: a message about an unknown tag points there."""

    tag: str
    pos: int = -1


@dataclass(slots=True, eq=False)
class Vector:
    length: int
    element: Type


@dataclass(slots=True, eq=False)
class Tuple:
    """`Tuple(())` is `[]`, the type of what returns nothing."""

    elements: tuple[Type, ...]


@dataclass(slots=True, eq=False)
class Struct:
    """An instance of a structure: generic arguments are already in the field types."""

    name: str
    fields: tuple[tuple[str, Type], ...]


@dataclass(slots=True, eq=False)
class Enum:
    name: str
    elements: tuple[str, ...]


@dataclass(slots=True, eq=False)
class ContractCircuit:
    name: str
    pure: bool
    parameters: tuple[Type, ...]
    result: Type


@dataclass(slots=True, eq=False)
class Contract:
    """`pos` is where the declaration stands (a message about a missing circuit points there)."""

    name: str
    circuits: tuple[ContractCircuit, ...]
    pos: int = -1


@dataclass(slots=True, eq=False)
class Alias:
    """`new type` makes a `nominal` alias: a type of its own with the representation of `type`."""

    nominal: bool
    name: str
    type: Type


@dataclass(slots=True, eq=False)
class Adt:
    """A ledger ADT and its arguments. An ordinary ledger field's ADT is named `CELL`.

    `operations` is the cache of `Resolver.operations`, which is the way to read it; `pos` is where
    the type is written.
    """

    name: str
    arguments: tuple[Type | int, ...]
    operations: Any = field(default=None, repr=False)
    pos: int = -1


@dataclass(slots=True, eq=False)
class Unknown:
    """The type of the elements of `[]`: a subtype of every type."""


@dataclass(slots=True, eq=False)
class Undeclared:
    """What a `const` without a type is declared as: a supertype of every type."""


@dataclass(slots=True, eq=False)
class Variable:
    """A generic parameter of a structure or alias that is exported without arguments."""

    name: str


Type = Union[
    Boolean, Field, Uint, Bytes, Opaque, Vector, Tuple, Struct, Enum, Contract, Alias, Adt,
    Unknown, Undeclared, Variable,
]  # fmt: skip

CELL = "__compact_Cell"  # the name under which the standard library exports the ADT Cell

BOOLEAN = Boolean()
FIELD = Field()
UNIT = Tuple(())
UNKNOWN = Unknown()
UNDECLARED = Undeclared()
UINT8 = Uint(255)


def transparent(type_: Type) -> Type:
    """`type_` without the plain aliases around it."""
    while isinstance(type_, Alias) and not type_.nominal:
        type_ = type_.type
    return type_


def structural(type_: Type) -> Type:
    """`type_` without any alias around it."""
    while isinstance(type_, Alias):
        type_ = type_.type
    return type_


def is_adt(type_: Type) -> bool:
    return structural(type_).__class__ is Adt


def same_type(a: Type, b: Type) -> bool:
    """Whether the two are one type, aliases aside."""
    if a is b:
        return True
    a, b = transparent(a), transparent(b)
    if a is b:
        return True
    if isinstance(a, (Vector, Tuple)):
        return _related_sequences(a, b, same_type)
    if a.__class__ is not b.__class__:
        return False
    if isinstance(a, Uint):
        return isinstance(b, Uint) and a.limit == b.limit
    if isinstance(a, (Boolean, Field, Unknown, Undeclared)):
        return True
    return _same_named(a, b)


def subtype(a: Type, b: Type) -> bool:
    """Whether a value of type `a` can stand where one of type `b` is asked for."""
    if a is b:
        return True
    a, b = transparent(a), transparent(b)
    if a is b or isinstance(b, Undeclared):
        return True
    if isinstance(a, Uint):
        if isinstance(b, Uint):
            return a.limit <= b.limit
        return isinstance(b, Field)
    if isinstance(a, (Vector, Tuple)):
        return _related_sequences(a, b, subtype)
    if isinstance(a, Unknown):
        return True
    if a.__class__ is not b.__class__:
        return False
    if isinstance(a, (Boolean, Field)):
        return True
    if isinstance(a, Contract) and isinstance(b, Contract):
        return a.name == b.name and _has_circuits(a, b)
    return _same_named(a, b)


def _related_sequences(a: Vector | Tuple, b: Type, related: Any) -> bool:
    if isinstance(a, Vector):
        if isinstance(b, Vector):
            return a.length == b.length and related(a.element, b.element)
        if isinstance(b, Tuple):
            return a.length == len(b.elements) and all(
                related(a.element, e) for e in _distinct(b.elements)
            )
        return False
    if isinstance(b, Tuple):
        return len(a.elements) == len(b.elements) and _all_related(a.elements, b.elements, related)
    if isinstance(b, Vector):
        return len(a.elements) == b.length and all(
            related(e, b.element) for e in _distinct(a.elements)
        )
    return False


def _distinct(elements: Iterable[Type]) -> Iterator[Type]:
    """`elements` without those that are the very object before them.

    A type can share its parts (`[a, a]` of `[b, b]` of ...) and then be exponentially larger
    than the program; what looks at every part must look at a shared one once.
    """
    before: Type | None = None
    for element in elements:
        if element is not before:
            yield element
        before = element


def _all_related(a: Sequence[Type], b: Sequence[Type], related: Any) -> bool:
    before: tuple[Type | None, Type | None] = (None, None)
    for x, y in zip(a, b, strict=True):
        if (x is not before[0] or y is not before[1]) and not related(x, y):
            return False
        before = (x, y)
    return True


def _same_named(a: Any, b: Any) -> bool:
    """`same_type` for two types of one class that is neither numeric nor a sequence."""
    if isinstance(a, Bytes):
        return bool(a.length == b.length)
    if isinstance(a, Opaque):
        return bool(a.tag == b.tag)
    if isinstance(a, Struct):
        return (
            a.name == b.name
            and len(a.fields) == len(b.fields)
            and all(f[0] == g[0] for f, g in zip(a.fields, b.fields, strict=True))
            and _all_related([f[1] for f in a.fields], [g[1] for g in b.fields], same_type)
        )
    if isinstance(a, Enum):
        return bool(a.name == b.name and a.elements == b.elements)
    if isinstance(a, Contract):
        return a.name == b.name and len(a.circuits) == len(b.circuits) and _has_circuits(a, b)
    if isinstance(a, Alias):  # both are nominal
        return a.name == b.name and same_type(a.type, b.type)
    if isinstance(a, Adt):
        return (
            a.name == b.name
            and len(a.arguments) == len(b.arguments)
            and all(map(same_argument, a.arguments, b.arguments))
        )
    return bool(isinstance(a, Variable) and a.name == b.name)


def digest(type_: Type | int) -> int:
    """A number that is one for types that are the same; it follows first parts only."""
    path: list[object] = []
    while not isinstance(type_, int):
        type_ = transparent(type_)
        if isinstance(type_, (Vector, Tuple)):
            parts = type_.elements if isinstance(type_, Tuple) else (type_.element,)
            length = len(parts) if isinstance(type_, Tuple) else type_.length
            path.append(("[]", length))
            type_ = parts[0] if length else 0
        elif isinstance(type_, Struct):
            path.append((type_.name, len(type_.fields)))
            type_ = type_.fields[0][1] if type_.fields else 0
        elif isinstance(type_, Adt):
            path.append(type_.name)
            type_ = type_.arguments[-1] if type_.arguments else 0
        else:
            path.append(type_.__class__)
            type_ = type_.limit if isinstance(type_, Uint) else 0
    return hash((type_, *path))


def same_argument(a: Type | int, b: Type | int) -> bool:
    """`same_type` for generic arguments, which are types or sizes."""
    if isinstance(a, int) or isinstance(b, int):
        return isinstance(a, int) and isinstance(b, int) and a == b
    return same_type(a, b)


def _has_circuits(a: Contract, b: Contract) -> bool:
    return all(
        any(
            c.name == d.name
            and c.pure == d.pure
            and len(c.parameters) == len(d.parameters)
            and all(map(same_type, c.parameters, d.parameters))
            and same_type(c.result, d.result)
            for c in a.circuits
        )
        for d in b.circuits
    )


def greatest(types: Any) -> Type | None:
    """The one among `types` that the others are subtypes of (`Unknown` for none), or None."""
    highest: Type = UNKNOWN
    for type_ in types:
        if subtype(type_, highest):
            continue
        if not subtype(highest, type_):
            return None
        highest = type_
    return highest


def contains_js_opaque(type_: Type) -> bool:
    """Whether a value of the type holds JavaScript values, which cannot be hashed."""
    type_ = structural(type_)
    if isinstance(type_, Tuple):
        return any(map(contains_js_opaque, _distinct(type_.elements)))
    if isinstance(type_, Vector):
        return contains_js_opaque(type_.element)
    if isinstance(type_, Struct):
        return any(map(contains_js_opaque, _distinct(t for _, t in type_.fields)))
    return isinstance(type_, Opaque) and type_.tag in ("string", "Uint8Array")


# A type can be exponentially longer in print than in the program (see `_distinct`).
_MAX_SHOWN = 100_000


def show(type_: Type) -> str:
    """The type as the compiler prints it; cut off where no message could be read any more."""
    pieces: list[str] = []
    length = 0
    for piece in _pieces(type_):
        pieces.append(piece)
        length += len(piece)
        if length > _MAX_SHOWN:
            pieces.append("...")
            break
    return "".join(pieces)


def _pieces(type_: Type | int) -> Iterator[str]:
    match type_:
        case int():
            yield str(type_)
        case Boolean():
            yield "Boolean"
        case Field():
            yield "Field"
        case Uint(limit):
            bits = limit.bit_length()
            whole = limit > 0 and 2**bits == limit + 1
            yield f"Uint<{bits}>" if whole else f"Uint<0..{limit + 1}>"
        case Bytes(length):
            yield f"Bytes<{length}>"
        case Opaque(tag):
            yield 'Opaque<"' + tag.replace("\\", "\\\\").replace('"', '\\"') + '">'
        case Vector(length, element):
            yield f"Vector<{length}, "
            yield from _pieces(element)
            yield ">"
        case Tuple(elements):
            yield from _listed("[", [("", e) for e in elements], "]")
        case Struct(name, fields):
            yield from _listed(f"struct {name}<", [(f"{n}: ", t) for n, t in fields], ">")
        case Enum(name, names):
            yield f"Enum<{name}, " + ", ".join(names) + ">"
        case Contract(name, circuits):
            yield f"contract {name}<"
            for index, circuit in enumerate(circuits):
                separator = ", " if index else ""
                start = f"{separator}{'pure ' * circuit.pure}{circuit.name}("
                yield from _listed(start, [("", p) for p in circuit.parameters], "): ")
                yield from _pieces(circuit.result)
            yield ">"
        case Alias(nominal, name, inner):
            if nominal:
                yield name
            else:
                yield from _pieces(inner)
        case Adt(name, arguments):
            if name == CELL:
                yield from _pieces(arguments[0])
            elif arguments:
                yield from _listed(f"{name}<", [("", a) for a in arguments], ">")
            else:
                yield name
        case Unknown():
            yield "Unknown"
        case Undeclared():
            yield "Undeclared"
        case Variable(name):
            yield name


def _listed(start: str, parts: Sequence[tuple[str, Type | int]], end: str) -> Iterator[str]:
    yield start
    for index, (label, part) in enumerate(parts):
        yield f", {label}" if index else label
        yield from _pieces(part)
    yield end
