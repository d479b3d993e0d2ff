"""compactc's output as data."""

import gzip
import json
from pathlib import Path

import pytest

from forgegym.verifiers.compact.parse import (
    is_file_error,
    is_syntax_error,
    parse_messages,
    parse_version,
)
from forgegym.verifiers.verdict import Diagnostic, Severity


def test_a_message_with_its_place() -> None:
    text = 'Exception: contract.compact line 2 char 8: parse error: found ":" looking for a type\n'
    assert parse_messages(text) == (
        Diagnostic('parse error: found ":" looking for a type', line=2, column=8),
    )


def test_a_place_inside_a_message_is_part_of_the_message() -> None:
    message = "potential disclosure: parameter x at line 3 char 18; the value at line 3 char 39"
    found = parse_messages(f"Exception: contract.compact line 3 char 39: {message}\n")
    assert found == (Diagnostic(message, line=3, column=39),)


def test_a_message_about_the_standard_library_has_no_place() -> None:
    text = "Exception: <standard library>: potential witness-value disclosure must be declared"
    (found,) = parse_messages(text)
    assert (found.line, found.column) == (None, None)
    assert found.message.startswith("<standard library>: potential")


def test_every_condition_is_one_diagnostic_in_order() -> None:
    text = (
        "Exception: contract.compact line 1 char 2: first\n"
        "Warning: contract.compact line 3 char 4: second\n"
        "Compiling 3 circuits:\n"
        "Exception: contract.compact line 5 char 6: third\n"
    )
    assert [(d.message, d.severity, d.line) for d in parse_messages(text)] == [
        ("first", Severity.ERROR, 1),
        ("second", Severity.WARNING, 3),
        ("third", Severity.ERROR, 5),
    ]


@pytest.mark.parametrize("separator", ["\x85", "\u2028", "\x0c", "\r"])
def test_only_a_line_feed_ends_a_message(separator: str) -> None:
    text = f"Exception: contract.compact line 1 char 1: unexpected character '{separator}'\n"
    (found,) = parse_messages(text)
    assert found.line == 1


def test_an_internal_error_is_told_apart() -> None:
    text = "Internal error (please report): Exception in car: () is not a pair\n"
    assert parse_messages(text) == (Diagnostic("() is not a pair", code="internal"),)
    text = "Internal error (please report): something else\n"
    assert parse_messages(text) == (Diagnostic("something else", code="internal"),)


def test_an_error_about_files_is_told_apart_from_one_about_the_program() -> None:
    (found,) = parse_messages(
        "Exception: error creating output file: failed for a.zkir: too long\n"
    )
    assert is_file_error(found)
    (found,) = parse_messages("Exception: contract.compact line 1 char 1: error reading x\n")
    assert not is_file_error(found)


@pytest.mark.parametrize(
    ("message", "syntax"),
    [
        ('parse error: found "/" looking for ";"', True),
        ("unexpected character '\u00e9'", True),
        ("unexpected digit 2 (expected 0 or 1)", True),
        ("attempt to nest block comment", True),
        ("unbound identifier Counter", False),
        ("unreachable statement", False),
        ("language version 0.23.0 mismatch", False),
    ],
)
def test_what_is_wrong_with_the_syntax(message: str, syntax: bool) -> None:
    assert is_syntax_error(message) == syntax


def test_versions() -> None:
    assert parse_version("0.31.1\n") == "0.31.1"
    assert parse_version("0.31.102-rc.2\n") == "0.31.102-rc.2"
    assert parse_version("Usage: compact ...") is None
    assert parse_version("") is None


@pytest.mark.shared_data
def test_recorded_messages_are_read_as_recorded(shared_data: Path) -> None:
    path = shared_data / "compact" / "verdicts.dev.jsonl.gz"
    seen = 0
    with gzip.open(path, "rt", encoding="utf-8") as rows:
        for row in map(json.loads, rows):
            if row["accepted"]:
                continue
            seen += 1
            place = f"contract.compact line {row['line']} char {row['char']}: "
            output = f"Exception: {place if row['line'] else ''}{row['message']}\n"
            found = parse_messages(output)
            # The record keeps all conditions of a program in one message, a line each.
            assert len(found) == row["message"].count("\nException: ") + 1
            assert (found[0].line, found[0].column) == (row["line"], row["char"])
            assert found[0].message == row["message"].split("\n")[0].strip()
    assert seen > 3000
