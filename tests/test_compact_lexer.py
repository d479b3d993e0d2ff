"""Tokens and lexical errors are the compiler's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forgegym.verifiers.compact.frontend.lexer import (
    END,
    ERROR,
    FUTURE_KEYWORDS,
    IDENTIFIER,
    KEYWORDS,
    MAX_FIELD,
    NUMBER,
    PUNCTUATION,
    RESERVED,
    STRING,
    VERSION,
    number,
    string,
    tokenize,
    version,
)
from forgegym.verifiers.compact.frontend.source import SourceMap


def kinds(source: str) -> list[str]:
    return tokenize(source).kinds[:-1]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", []),
        (" \t\n\u2003\u3000 ", []),
        ("// a line", []),
        ("/* a /block * comment **/ x", [IDENTIFIER]),
        ("/**/x//y\nz", [IDENTIFIER, IDENTIFIER]),
        ("a_1 $b _ é ñandú", [IDENTIFIER] * 5),
        ("circuit circuits", ["circuit", IDENTIFIER]),
        ("let", ["let"]),
        ("__compactThing", [RESERVED]),
        ("1..2", [NUMBER, "..", NUMBER]),
        ("0 12 0x1F 0o17 0b101", [NUMBER] * 5),
        ("0x1g", [NUMBER, IDENTIFIER]),
        ("1.2 0.23.0 1.02", [VERSION] * 3),
        ("1.2.3.4", [VERSION, ".", NUMBER]),
        ("\"a 'b'\" 'a \"b\"'", [STRING, STRING]),
        ("'two\nlines'", [STRING]),
        ("a...b", [IDENTIFIER, "...", IDENTIFIER]),
        ("a>=b=>c==d=e!=!f", [IDENTIFIER, ">=", IDENTIFIER, "=>", IDENTIFIER, "==", IDENTIFIER,
                              "=", IDENTIFIER, "!=", "!", IDENTIFIER]),
        ("+=-=+-", ["+=", "-=", "+", "-"]),
        ("a/b", [IDENTIFIER, "/", IDENTIFIER]),
    ],
)  # fmt: skip
def test_kinds_of_tokens(source: str, expected: list[str]) -> None:
    assert kinds(source) == expected


@pytest.mark.parametrize("text", sorted(KEYWORDS | FUTURE_KEYWORDS | PUNCTUATION))
def test_the_kind_of_fixed_tokens_is_their_spelling(text: str) -> None:
    assert kinds(f"{text} ") == [text]


@pytest.mark.parametrize(
    ("source", "at", "message"),
    [
        ("a && b & c", (1, 9), "unexpected character ' '"),
        ("|", (1, 2), "unexpected end of file"),
        ("x ~", (1, 3), "unexpected character '~'"),
        ("3 %\n", (1, 3), "unexpected character '%'"),
        ("&\n", (1, 2), "unexpected newline"),
        ("๓", (1, 1), "unexpected character '๓'"),
        ("ab๓", (1, 3), "unexpected character '๓'"),
        ("a....b", (1, 5), "unexpected character '.'"),
        ("\n/* a", (2, 5), "unexpected end of file"),
        ("/* a\n", (2, 1), "unexpected end of file"),
        ("/* a /* b */ */", (1, 6), "attempt to nest block comment"),
        ("/*/*/", (1, 3), "attempt to nest block comment"),
        ('x = "abc', (1, 9), "unexpected end of file"),
        (r'"a\q"', (1, 4), "unexpected character 'q'"),
        (r'"\u00g0"', (1, 6), "unexpected character 'g'"),
        (r'"\x4', (1, 5), "unexpected end of file"),
        ("1.x", (1, 3), "unexpected character 'x'"),
        ("1.", (1, 3), "unexpected end of file"),
        ("1.2. ", (1, 5), "unexpected character ' '"),
        ("1.2..3", (1, 5), "unexpected character '.'"),
        ("0b", (1, 3), "unexpected end of file"),
        ("0bx", (1, 3), "unexpected character 'x'"),
        ("0b12", (1, 4), "unexpected digit 2 (expected 0 or 1)"),
        ("0o8", (1, 3), "unexpected digit 8 (expected 0 through 7)"),
        ("0xg", (1, 3), "unexpected character 'g'"),
        (
            "a 07",
            (1, 3),
            "unsupported numeric syntax syntax: leading 0 must be followed by b, B, o, O, x, X",
        ),
        (f"  {MAX_FIELD + 1}", (1, 3), f"{MAX_FIELD + 1} is out of Field range"),
    ],
)
def test_lexical_errors(source: str, at: tuple[int, int], message: str) -> None:
    tokens = tokenize(source)
    assert tokens.kinds[-1] == ERROR
    assert tokens.error is not None
    assert tokens.error.message == message
    assert tokens.error.pos is not None
    assert SourceMap(source).locate(tokens.error.pos) == at


def test_a_number_out_of_range_stands_where_its_decimal_form_would_start() -> None:
    # The compiler goes back from the end by the number's decimal digits, however it is written.
    source = " " * 60 + "0x" + "f" * 64
    tokens = tokenize(source)
    value = 16**64 - 1
    assert tokens.error is not None
    assert tokens.error.message == f"{value} is out of Field range"
    assert tokens.error.pos == len(source) - len(str(value))


def test_the_largest_field_value_is_a_number() -> None:
    assert kinds(f"{MAX_FIELD} {MAX_FIELD:#x}") == [NUMBER, NUMBER]
    assert kinds("0b" + "0" * 400 + "1") == [NUMBER]


def test_a_number_of_any_length_is_refused_by_its_value() -> None:
    tokens = tokenize("9" * 20_000)
    assert tokens.error is not None
    assert tokens.error.message == "9" * 20_000 + " is out of Field range"


@pytest.mark.parametrize(
    ("text", "value"), [("0", 0), ("12", 12), ("0X1f", 31), ("0b101", 5), ("0O17", 15)]
)
def test_values_of_numbers(text: str, value: int) -> None:
    assert number(text) == value


def test_values_of_versions() -> None:
    assert version("0.23") == (0, 23)
    assert version("1.002.0") == (1, 2, 0)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"plain"', "plain"),
        (r'"\n\r\t\0\b\f\v"', "\n\r\t\0\b\f\v"),
        (r'"\"\'\\"', "\"'\\"),
        (r'"\x41\u00e9"', "Aé"),
        ('"a\\\nb"', "ab"),
    ],
)
def test_values_of_strings(text: str, value: str) -> None:
    assert kinds(text) == [STRING]
    assert string(text) == value


def test_line_ends_of_every_kind_are_one_character() -> None:
    tokens = tokenize("a\r\nb\rc\u2028d")
    assert tokens.source == "a\nb\nc\nd"
    assert tokens.starts == [0, 2, 4, 6, 7]
    assert SourceMap("a\r\nb\r c").locate(5) == (3, 2)


def test_a_byte_order_mark_at_the_start_is_not_read() -> None:
    assert tokenize("\ufeffx").starts == [0, 1]
    assert tokenize("x\ufeff").kinds[-1] == ERROR


@given(st.text())
def test_any_text_becomes_tokens_that_cover_it(text: str) -> None:
    tokens = tokenize(text)
    assert len(tokens.kinds) == len(tokens.texts) == len(tokens.starts)
    assert tokens.kinds[-1] in (END, ERROR)
    assert (tokens.kinds[-1] == ERROR) == (tokens.error is not None)
    for text_, start in zip(tokens.texts, tokens.starts, strict=True):
        assert tokens.source.startswith(text_, start)
    assert tokens.starts == sorted(tokens.starts)


@given(st.lists(st.sampled_from([*sorted(KEYWORDS), "x", "12", "0.1", "'s'", "..", "==", "("])))
def test_tokens_with_spaces_between_are_read_back(words: list[str]) -> None:
    assert tokenize(" ".join(words)).texts == [*words, ""]
