"""Bencoded answers: one way to write a value, and no other is read. Orders come as they were."""

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from plain_data import unhurried

from forgegym.verifiers.sandbox.supervisor import wire

INTEGERS = st.integers(-(10**wire.MAX_DIGITS) + 1, 10**wire.MAX_DIGITS - 1)
VALUES = st.recursive(
    INTEGERS | st.binary(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.binary(max_size=6), inner),
    max_leaves=12,
)


def depth(value: object) -> int:
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 0


@unhurried
@given(VALUES.filter(lambda value: depth(value) <= wire.MAX_DEPTH))
def test_what_is_encoded_is_decoded(value: object) -> None:
    assert wire.decode(wire.encode(value)) == value


@unhurried
@given(st.binary(max_size=60) | VALUES.map(wire.encode))
@example(b"i1e")
def test_whatever_is_decoded_has_no_other_encoding(data: bytes) -> None:
    with contextlib.suppress(wire.WireError):
        assert wire.encode(wire.decode(data)) == data


@unhurried
@given(VALUES.map(wire.encode), st.data())
def test_a_changed_message_raises_nothing_but_a_wire_error(
    data: bytes, draw: st.DataObject
) -> None:
    at = draw.draw(st.integers(0, len(data) - 1))
    changed = data[:at] + bytes([draw.draw(st.integers(0, 255))]) + data[at + 1 :]
    with contextlib.suppress(wire.WireError):
        wire.decode(changed)


@unhurried
@given(VALUES.map(wire.encode), st.data())
def test_a_message_cut_short_is_refused(data: bytes, draw: st.DataObject) -> None:
    with pytest.raises(wire.WireError):
        wire.decode(data[: draw.draw(st.integers(0, len(data) - 1))])


@unhurried
@given(VALUES.map(wire.encode), st.binary(min_size=1, max_size=8))
def test_a_message_with_more_after_it_is_refused(data: bytes, more: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.decode(data + more)


@pytest.mark.parametrize(
    ("value", "data"),
    [
        (0, b"i0e"),
        (-7, b"i-7e"),
        (True, b"i1e"),
        (b"", b"0:"),
        (b"spam", b"4:spam"),
        ("ä", b"2:\xc3\xa4"),
        (bytearray(b"x"), b"1:x"),
        ([], b"le"),
        ((1, [b"a"]), b"li1el1:aee"),
        ({}, b"de"),
        ({"b": 1, b"a": 2}, b"d1:ai2e1:bi1ee"),
    ],
)
def test_the_encoding_of(value: object, data: bytes) -> None:
    assert wire.encode(value) == data


@pytest.mark.parametrize("value", [None, 1.5, {1, 2}, object()], ids=lambda v: type(v).__name__)
def test_other_types_have_no_encoding(value: object) -> None:
    with pytest.raises(TypeError):
        wire.encode(value)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"i", b"ie", b"i-e", b"i00e", b"i01e", b"i-0e", b"i-01e", b"i+1e", b"i 1e",
        b"i1 e", b"i1_0e", b"i1", b"i1.5e", b"i\xb2e",
    ],
)  # fmt: skip
def test_a_number_is_written_in_one_way(data: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.decode(data)


@pytest.mark.parametrize("data", [b"1", b"1:", b"2:a", b"01:a", b"00:", b"-1:a", b"+1:a", b":a"])
def test_a_string_has_the_length_it_says(data: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.decode(data)


@pytest.mark.parametrize(
    "data",
    [
        b"d1:bi1e1:ai1ee",  # falling
        b"d1:ai1e1:ai2ee",  # twice
        b"di1ei1ee",  # a number for a key
        b"dlei1ee",
        b"d1:ae",  # no value
        b"d1:a",
        b"d",
        b"l",
        b"li1e",
        b"e",
    ],
)
def test_keys_are_strings_in_rising_order_and_every_list_ends(data: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.decode(data)


@pytest.mark.parametrize("kind", [(b"l", b"e"), (b"d1:a", b"e")], ids=["lists", "dictionaries"])
def test_nesting_has_an_end(kind: tuple[bytes, bytes]) -> None:
    opening, closing = kind
    deepest = wire.MAX_DEPTH
    wire.decode(opening * deepest + b"i1e" + closing * deepest)
    for too_deep in (deepest + 1, 100_000):
        with pytest.raises(wire.WireError):
            wire.decode(opening * too_deep + b"i1e" + closing * too_deep)


@pytest.mark.parametrize("digits", [20, 5_000, 1_000_000])
def test_a_number_of_many_digits_is_refused_before_it_is_made(digits: int) -> None:
    for data in (b"i" + b"9" * digits + b"e", b"9" * digits + b":"):
        with pytest.raises(wire.WireError):
            wire.decode(data)


def test_numbers_have_at_most_their_digits() -> None:
    most = 10**wire.MAX_DIGITS - 1
    assert wire.decode(wire.encode(most)) == most
    assert wire.decode(wire.encode(-most)) == -most
    with pytest.raises(wire.WireError):
        wire.decode(wire.encode(most + 1))
    with pytest.raises(wire.WireError):
        wire.decode(wire.encode(-most - 1))


def test_a_frame_has_its_length_in_front() -> None:
    assert wire.frame(b"abc") == b"\0\0\0\3abc"


ORDERS = st.recursive(
    INTEGERS | st.binary(max_size=40) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.binary(max_size=6), inner),
    max_leaves=12,
)


@unhurried
@given(st.dictionaries(st.text(max_size=6), ORDERS, max_size=4))
def test_an_order_is_read_as_it_was_written(order: dict[str, object]) -> None:
    assert wire.decode_order(wire.encode_order(order)) == order
