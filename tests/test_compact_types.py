"""How types relate, and how the compiler prints them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forgegym.verifiers.compact.frontend.types import (
    BOOLEAN,
    CELL,
    FIELD,
    UNDECLARED,
    UNIT,
    UNKNOWN,
    Adt,
    Alias,
    Bytes,
    Enum,
    Opaque,
    Struct,
    Tuple,
    Type,
    Uint,
    Vector,
    contains_js_opaque,
    digest,
    greatest,
    same_type,
    show,
    subtype,
)

BYTE = Uint(255)
PRICE = Alias(True, "Price", Uint(65535))
SHORT = Alias(False, "Short", BYTE)
POINT = Struct("Point", (("x", FIELD), ("y", BYTE)))
COLOUR = Enum("Colour", ("red", "green"))


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        (BOOLEAN, "Boolean"),
        (FIELD, "Field"),
        (BYTE, "Uint<8>"),
        (Uint(0), "Uint<0..1>"),
        (Uint(1), "Uint<1>"),
        (Uint(10), "Uint<0..11>"),
        (Bytes(32), "Bytes<32>"),
        (Opaque("string"), 'Opaque<"string">'),
        (Vector(3, FIELD), "Vector<3, Field>"),
        (UNIT, "[]"),
        (Tuple((FIELD, Tuple((BOOLEAN,)))), "[Field, [Boolean]]"),
        (POINT, "struct Point<x: Field, y: Uint<8>>"),
        (COLOUR, "Enum<Colour, red, green>"),
        (PRICE, "Price"),
        (SHORT, "Uint<8>"),
        (Adt("Counter", ()), "Counter"),
        (Adt("Map", (FIELD, Adt("Set", (BYTE,)))), "Map<Field, Set<Uint<8>>>"),
        (Adt("MerkleTree", (10, FIELD)), "MerkleTree<10, Field>"),
        (Adt(CELL, (Vector(2, FIELD),)), "Vector<2, Field>"),
    ],
)
def test_prints_as_the_compiler_does(type_: Type, text: str) -> None:
    assert show(type_) == text


def test_a_type_that_unfolds_exponentially_is_printed_in_part_and_compared_at_once() -> None:
    def tower(top: Type) -> Type:
        for _ in range(100):
            top = Tuple((top, top))
        return top

    assert len(show(tower(FIELD))) < 200_000
    assert same_type(tower(FIELD), tower(FIELD))
    assert not subtype(tower(FIELD), tower(BYTE))
    assert not contains_js_opaque(tower(FIELD))


@pytest.mark.parametrize(
    ("lower", "upper"),
    [
        (Uint(3), BYTE),
        (BYTE, FIELD),
        (Tuple((Uint(1), Uint(2))), Vector(2, FIELD)),
        (Vector(2, BYTE), Tuple((FIELD, BYTE))),
        (SHORT, FIELD),
        (UNKNOWN, POINT),
        (POINT, UNDECLARED),
        (UNIT, Vector(0, FIELD)),
    ],
)
def test_subtypes(lower: Type, upper: Type) -> None:
    assert subtype(lower, upper)
    assert not subtype(upper, lower) or same_type(lower, upper)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (BOOLEAN, Uint(1)),
        (PRICE, Uint(65535)),
        (Uint(1), PRICE),
        (Bytes(2), Bytes(3)),
        (Vector(2, FIELD), Vector(3, FIELD)),
        (POINT, Struct("Point", (("x", FIELD), ("z", BYTE)))),
        (Struct("Point", (("x", BYTE), ("y", BYTE))), POINT),  # fields do not convert
        (COLOUR, Enum("Colour", ("green", "red"))),
        (Alias(True, "Weight", Uint(65535)), PRICE),
        (Opaque("string"), Opaque("Uint8Array")),
        (Adt("Set", (FIELD,)), Adt("Set", (BYTE,))),
    ],
)
def test_unrelated_types(a: Type, b: Type) -> None:
    assert not subtype(a, b)
    assert not same_type(a, b)


def test_the_greatest_of_several_types() -> None:
    assert greatest([Uint(3), FIELD, BYTE]) is FIELD
    assert greatest([]) is UNKNOWN
    assert greatest([FIELD, BOOLEAN]) is None


TYPES = st.recursive(
    st.sampled_from([BOOLEAN, FIELD, BYTE, Uint(3), Bytes(4), COLOUR, PRICE, SHORT]),
    lambda inner: st.one_of(
        st.builds(Vector, st.integers(0, 3), inner),
        st.lists(inner, max_size=3).map(lambda elements: Tuple(tuple(elements))),
        inner.map(lambda t: Struct("S", (("x", t),))),
        inner.map(lambda t: Alias(True, "N", t)),
        inner.map(lambda t: Alias(False, "A", t)),
    ),
    max_leaves=6,
)


def unaliased(type_: Type) -> Type:
    """A new type that is the same, without plain aliases and with vectors as tuples."""
    match type_:
        case Alias(False, _, inner):
            return unaliased(inner)
        case Alias(True, name, inner):
            return Alias(True, name, unaliased(inner))
        case Vector(length, element):
            return Tuple((unaliased(element),) * length)
        case Tuple(elements):
            return Tuple(tuple(map(unaliased, elements)))
        case Struct(name, fields):
            return Struct(name, tuple((n, unaliased(t)) for n, t in fields))
        case _:
            return type_


@given(TYPES)
def test_aliases_and_vectors_of_one_type_are_that_type(type_: Type) -> None:
    other = unaliased(type_)
    assert same_type(type_, other)
    assert same_type(other, type_)
    assert digest(type_) == digest(other)


@given(TYPES, TYPES)
def test_same_types_are_subtypes_of_each_other(a: Type, b: Type) -> None:
    if same_type(a, b):
        assert subtype(a, b)
        assert subtype(b, a)
        assert digest(a) == digest(b)


@given(TYPES, TYPES)
def test_types_that_convert_both_ways_are_the_same(a: Type, b: Type) -> None:
    if subtype(a, b) and subtype(b, a):
        assert same_type(a, b)


@given(TYPES, TYPES, TYPES)
def test_conversion_is_transitive(a: Type, b: Type, c: Type) -> None:
    if subtype(a, b) and subtype(b, c):
        assert subtype(a, c)
