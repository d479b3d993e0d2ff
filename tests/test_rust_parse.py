"""rustc's messages, the joining crate, and plain data as Rust writes it."""

import json

import pytest

from forgegym.envs.tasks.rust_values import shown
from forgegym.verifiers.rust.compiler import parse_version
from forgegym.verifiers.rust.interface import Interface, joining_crate, owned
from forgegym.verifiers.rust.parse import diagnostics, is_internal
from forgegym.verifiers.verdict import Severity


def line(level="error", message="mismatched types", code="E0308", label="expected `i32`", **span):
    where = {
        "is_primary": True, "file_name": "solution.rs", "line_start": 3, "column_start": 5,
        "label": label, "expansion": None,
    } | span  # fmt: skip
    fields = {"level": level, "message": message, "code": {"code": code}, "spans": [where]}
    return json.dumps(fields).encode() + b"\n"


def test_a_message_has_its_place_code_and_label():
    (found,) = diagnostics(line())
    assert (found.line, found.column, found.code) == (3, 5, "E0308")
    assert found.message == "mismatched types: expected `i32`"
    assert found.severity is Severity.ERROR
    (warning,) = diagnostics(line(level="warning", label=None))
    assert (warning.message, warning.severity) == ("mismatched types", Severity.WARNING)


def test_summaries_notes_and_what_is_no_json_are_left_out():
    summary = {"level": "error", "message": "aborting due to 2 previous errors", "spans": []}
    emitted = {"level": "warning", "message": "2 warnings emitted", "spans": []}
    note = {"level": "note", "message": "x", "spans": []}
    said = b"\n".join(json.dumps(m).encode() for m in (summary, emitted, note)) + b"\nnoise\n[1]\n"
    assert diagnostics(said) == []


def test_a_message_from_inside_a_macro_of_std_names_the_program():
    inside = {
        "file_name": "/rustc/abc/library/std/src/macros.rs",
        "expansion": {
            "span": {
                "file_name": "solution.rs", "line_start": 9, "column_start": 2, "expansion": None
            }
        },
    }  # fmt: skip
    (found,) = diagnostics(line(**inside))
    assert (found.line, found.column) == (9, 2)


def test_rustcs_own_faults_are_known():
    assert is_internal(b"error: internal compiler error: x")
    assert not is_internal(b"error[E0308]: mismatched types")


@pytest.mark.parametrize(
    ("said", "version"),
    [("rustc 1.85.0 (4d91de4e4 2025-02-17)\n", "1.85.0"), ("cargo 1.85.0", None), ("", None)],
)
def test_versions(said, version):
    assert parse_version(said) == version


@pytest.mark.parametrize(
    ("kind", "type_"),
    [
        ("i64", "i64"), ("&str", "String"), ("&[(i64, i64)]", "Vec<(i64, i64)>"),
        ("&[u8; 4]", "[u8; 4]"), ("&Vec<i64>", "Vec<i64>"), ("Vec<String>", "Vec<String>"),
    ],
)  # fmt: skip
def test_what_an_argument_borrows(kind, type_):
    assert owned(kind) == type_


def test_the_joining_crate_asks_for_exactly_the_type():
    interface = Interface("f", (("a", "&[i64]"), ("k", "usize")), "Option<i64>")
    assert str(interface) == "pub fn f(a: &[i64], k: usize) -> Option<i64>"
    assert Interface.of(interface.to_json()) == interface
    text = joining_crate(interface)
    assert "let function: fn(&[i64], usize) -> Option<i64> = solution::f;" in text
    assert "function(&a0, a1)" in text


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (None, "Option<i64>", "None"),
        (3, "Option<i64>", "Some(3)"),
        (("Ok", [1]), "Result<Vec<i64>, String>", "Ok([1])"),
        (("Err", "no"), "Result<Vec<i64>, String>", 'Err("no")'),
        ([("a", 1), ("b", 2)], "&[(String, u32)]", '&[("a", 1), ("b", 2)]'),
        ('a"\n', "&str", '"a\\"\\n"'),
        ("\x00é", "String", '"\\u{0}é"'),
        ("'", "char", "'\\''"),
        (True, "bool", "true"),
        ({"b": 2, "a": 1}, "std::collections::BTreeMap<String, i64>", '{"a": 1, "b": 2}'),
        ({3, 1}, "std::collections::HashSet<i64>", "{1, 3}"),
        ((1,), "(i64,)", "(1,)"),
        ([[1], []], "&[Vec<i64>]", "&[[1], []]"),
    ],
)
def test_values_as_rust_writes_them(value, kind, text):
    assert shown(value, kind) == text
