"""The parser accepts what the compiler accepts, and refuses the rest in the compiler's words."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forgegym.verifiers.compact.frontend import ast
from forgegym.verifiers.compact.frontend.complexity import measure
from forgegym.verifiers.compact.frontend.expectations import quoted
from forgegym.verifiers.compact.frontend.lexer import KEYWORDS, PUNCTUATION
from forgegym.verifiers.compact.frontend.parser import MAX_NESTING, parse, version_matches
from forgegym.verifiers.compact.frontend.source import CompactError, SourceMap
from forgegym.verifiers.compact.frontend.statements import check_statements


def refusal(source: str) -> tuple[int | None, int | None, str]:
    """Line, column and message of the error that `parse` raises."""
    with pytest.raises(CompactError) as caught:
        parse(source)
    return located(source, caught.value)


def located(source: str, error: CompactError) -> tuple[int | None, int | None, str]:
    if error.pos is None:
        return None, None, error.message
    return (*SourceMap(source).locate(error.pos), error.message)


def expression(text: str) -> ast.Expression:
    circuit = parse(f"circuit f(): [] {{ {text}; }}").declarations[0]
    assert isinstance(circuit, ast.Circuit)
    statement = circuit.body.statements[0]
    assert isinstance(statement, ast.ExpressionStatement)
    return statement.expression


def shape(node: Any) -> Any:
    """An expression as nested lists of operators and names."""
    if isinstance(node, ast.Binary):
        return [node.op, shape(node.left), shape(node.right)]
    if isinstance(node, ast.Name):
        return node.name
    if isinstance(node, ast.Number):
        return node.value
    if isinstance(node, ast.Not):
        return ["!", shape(node.operand)]
    if isinstance(node, ast.Conditional):
        return ["?", shape(node.test), shape(node.then), shape(node.otherwise)]
    if isinstance(node, ast.Assign):
        return [node.op, shape(node.target), shape(node.value)]
    if isinstance(node, ast.Cast):
        return ["as", shape(node.operand), shape(node.type)]
    if isinstance(node, ast.TypeName):
        return [node.name, *map(shape, node.arguments)] if node.arguments else node.name
    if isinstance(node, ast.SizeLiteral):
        return node.value
    if isinstance(node, ast.Member):
        return [".", shape(node.operand), node.name]
    if isinstance(node, ast.MemberCall):
        return [".()", shape(node.operand), node.name, *map(shape, node.arguments)]
    if isinstance(node, ast.Index):
        return ["[]", shape(node.operand), shape(node.index)]
    if isinstance(node, ast.Call):
        return ["()", shape(node.function), *map(shape, node.arguments)]
    if isinstance(node, ast.FunctionName):
        return [node.name, *map(shape, node.arguments)] if node.arguments else node.name
    if isinstance(node, ast.Arrow):
        returned = node.body.statements[0]
        assert isinstance(returned, ast.Return)
        return ["=>", shape(returned.value)]
    if isinstance(node, ast.StructLiteral):
        fields = [("..." if f.spread else f.name, shape(f.value)) for f in node.fields]
        return ["{}", shape(node.type), *fields]
    if isinstance(node, ast.Sequence):
        return [",", *map(shape, node.expressions)]
    return type(node).__name__


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a + b * c", ["+", "a", ["*", "b", "c"]]),
        ("a - b - c", ["-", ["-", "a", "b"], "c"]),
        ("a || b && c || d", ["||", ["||", "a", ["&&", "b", "c"]], "d"]),
        ("a == b < c", ["==", "a", ["<", "b", "c"]]),
        ("a == b != c", ["!=", ["==", "a", "b"], "c"]),
        ("a + b as T", ["as", ["+", "a", "b"], "T"]),
        ("a as T as U", ["as", ["as", "a", "T"], "U"]),
        ("a as T < b", ["<", ["as", "a", "T"], "b"]),
        ("a as T<b> < c", ["<", ["as", "a", ["T", "b"]], "c"]),
        ("!a.b[c]", ["!", ["[]", [".", "a", "b"], "c"]]),
        ("!!a", ["!", ["!", "a"]]),
        ("a ? b : c ? d : e", ["?", "a", "b", ["?", "c", "d", "e"]]),
        ("a = b = c", ["=", "a", ["=", "b", "c"]]),
        ("a += b ? c : d", ["+=", "a", ["?", "b", "c", "d"]]),
        ("(a, b), c", [",", [",", "a", "b"], "c"]),
        ("f(a, b,)", ["()", "f", "a", "b"]),
        ("f<3, T>(a)", ["()", ["f", 3, "T"], "a"]),
        ("a < b", ["<", "a", "b"]),
        ("a < 3 && b > (c)", ["&&", ["<", "a", 3], [">", "b", "c"]]),
        ("g(a < b, c > (d))", ["()", "g", ["()", ["a", "b", "c"], "d"]]),
        ("S { a, b: c, ...d }", ["{}", "S", (None, "a"), ("b", "c"), ("...", "d")]),
        ("S<T> { a }", ["{}", ["S", "T"], (None, "a")]),
        ("(f)(a)", ["()", "f", "a"]),
        ("((x) => x)(a)", ["()", ["=>", "x"], "a"]),
        ("(x) => x (a)", ["()", ["=>", "x"], "a"]),
        ("(x) => x + f(y)", ["()", ["=>", ["+", "x", "f"]], "y"]),
        ("(x): T => x (a)", ["()", ["=>", "x"], "a"]),
        ("a ? (b) : c", ["?", "a", "b", "c"]),
        ("m.lookup(k).increment(1)", [".()", [".()", "m", "lookup", "k"], "increment", 1]),
    ],
)
def test_expressions(text: str, expected: Any) -> None:
    assert shape(expression(text)) == expected


def test_an_else_belongs_to_the_nearest_if() -> None:
    circuit = parse("circuit f(): [] { if (a) if (b) x; else y; }").declarations[0]
    assert isinstance(circuit, ast.Circuit)
    outer = circuit.body.statements[0]
    assert isinstance(outer, ast.If)
    assert outer.otherwise is None
    assert isinstance(outer.then, ast.If)
    assert outer.then.otherwise is not None


def test_every_declaration() -> None:
    program = parse(
        """
        pragma language_version >= 0.20 && !0.21 || (0.23.0);
        import CompactStandardLibrary;
        import { a, b as c } from M<3, Field> prefix P_;
        import "lib/file";
        include 'other';
        export { x, y, }
        export module M<T, #n> { pragma language_version 0; }
        export struct S<T> { a: T; b: Vector<n, Field>; };
        struct Empty { }
        enum E { p, q, }
        contract C { pure circuit f(x: Field): []; circuit g(): [Boolean, Bytes<32>]; }
        export new type N = Uint<8>;
        type A<T> = Maybe<T>;
        export sealed ledger l: Map<Bytes<32>, Opaque<"string">>;
        witness w<T>(x: T): Uint<0..10>;
        constructor([a, , b]: [Field, Field, Field]) { }
        export pure circuit f<#n>({ a, b: [c] }: S<Field>): [] { }
        """
    )
    names = [type(d).__name__ for d in program.declarations]
    assert names == [
        "Pragma", "Import", "Import", "Import", "Include", "Export", "Module", "Struct", "Struct",
        "Enum", "Contract", "TypeAlias", "TypeAlias", "Ledger", "Witness", "Constructor", "Circuit",
    ]  # fmt: skip


def test_every_statement_and_term() -> None:
    program = parse(
        """
        circuit f(): [] {
          const a = 1, b: Field = 2, [c, ] = d, { e: { g } } = h;
          for (const i of 0..n) { } for (const v of x, y) { x; }
          if (true) return; else { return false, 1; }
          map((x) => x, [1, ...y], z,); fold(g<3>, 0, v); slice<3>(v, 1); Bytes[1, ...b];
          assert(a, "no"); disclose(a); pad(32, 'x'); default<Vector<3, Field>>; 'text'; [];
        }
        """
    )
    circuit = program.declarations[0]
    assert isinstance(circuit, ast.Circuit)
    assert len(circuit.body.statements) == 14


def test_nodes_stand_where_the_compiler_puts_them() -> None:
    source = "circuit f(): [] { (a + b).c = (x)[1] == -1; }".replace("-1", "y.z(1)")
    circuit = parse(source).declarations[0]
    assert isinstance(circuit, ast.Circuit)
    statement = circuit.body.statements[0]
    assert isinstance(statement, ast.ExpressionStatement)
    assign = statement.expression
    assert isinstance(assign, ast.Assign)
    assert statement.pos == source.index("(a + b)")
    assert assign.pos == source.index("= (x)")
    assert isinstance(assign.target, ast.Member)
    assert assign.target.pos == source.index(".c")
    equality = assign.value
    assert isinstance(equality, ast.Binary)
    assert equality.pos == source.index("(x)")
    assert equality.left.pos == source.index("(x)")
    assert equality.right.pos == source.index(".z(1)")


# What compactc 0.31.1 says of each.
REFUSED = [
    ("x", 1, 1, 'parse error: found "x" looking for a program element or end of file'),
    ("circuit f() {}", 1, 13, 'parse error: found "{" looking for ":"'),
    (
        "circuit f(): [] { let x = 1; }",
        1,
        19,
        'parse error: found keyword "let" (which is reserved for future use) looking for '
        'a statement or "}"',
    ),
    (
        "export",
        1,
        7,
        'parse error: found end of file looking for "module", "{", "struct", "enum", "contract", '
        '"new", "type", "sealed", "ledger", "witness", "pure", or "circuit"',
    ),
    (
        "circuit f(): [] { const x = 'a\\nb' 3; }",
        1,
        36,
        'parse error: found "3" looking for ",", ";", "||", "&&", "==", "!=", "as", "+", "-", '
        '"*", "[", ".", "?", "=", "+=", "-=", "<", "<=", ">=", or ">"',
    ),
    (
        "circuit f(): Field { a < b, c > (d) => e; }",
        1,
        41,
        'parse error: found ";" looking for "||", "&&", "==", "!=", "as", "+", "-", "*", "[", '
        '".", "?", "=", "+=", "-=", "<", "<=", ">=", ">", "(", "{", or a generic argument list',
    ),
    (
        "pragma language_version 0.23.0.1;",
        1,
        31,
        'parse error: found "." looking for ";", "||", or "&&"',
    ),
    (
        "pragma language_version >= 0.16;\nmodule M { const x; }",
        2,
        12,
        'parse error: found keyword "const" looking for a program element or "}"',
    ),
    ("circuit __compact_x(): [] { }", 1, 9, 'parse error: found "__compact_x" looking for '
     "an identifier"),
    ("circuit f(): [] { const (x) = 1; }", 1, 25, 'parse error: found "(" looking for '
     "a const binding"),
    ("circuit f(): [] { const x = 3 % 2; }", 1, 31, "unexpected character '%'"),
    ("circuit f( x; %", 1, 13, 'parse error: found ";" looking for ":"'),
    ("pragma language_version 0.22;\n circuit", 1, 1, "language version 0.23.0 mismatch"),
    ("pragma compiler_version 0.31.2;", 1, 1, "compiler version 0.31.1 mismatch"),
    ("pragma foo 0.22;\n circuit", 1, 1, "unrecognized pragma setting foo"),
    (
        "circuit a(): [] { const x = pad(1, 'abc'); }",
        1,
        29,
        'cannot pad "abc" to length 1 since its utf8-equivalent already exceeds that length',
    ),
    (
        f"circuit a(): [] {{ pad({2**24 + 1}, 'abc'); }}",
        1,
        19,
        f"pad length {2**24 + 1} exceeds the maximum supported length {2**24}",
    ),
    (
        'circuit f(): Field { return "\\ud800"; }',
        None,
        None,
        "Internal error (please report): Exception in integer->char: 55296 is not a valid "
        "unicode scalar value",
    ),
    ("\ufeff  x", 1, 3, 'parse error: found "x" looking for a program element or end of file'),
    (
        "circuit f(): Field { if (a) if (b) if (c) { if (d) { x y } else {} } else {} }",
        1,
        56,
        'parse error: found "y" looking for ";", ",", "||", "&&", "==", "!=", "as", "+", "-", '
        '"*", "[", ".", "?", "=", "+=", "-=", "<", "<=", ">=", ">", "(", "{", or a generic '
        "argument list",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("source", "line", "column", "message"), REFUSED)
def test_refused_with_the_compilers_message(
    source: str, line: int | None, column: int | None, message: str
) -> None:
    assert refusal(source) == (line, column, message)


def test_of_several_late_errors_the_compilers_first_one_is_reported() -> None:
    pads = "\n".join("pad(1, 'abc');" for _ in range(3))
    assert refusal(f"circuit f(): [] {{\n{pads} }}")[0] == 4
    assert refusal("circuit f(): [] { pad(1, 'ab') ? \n pad(1, 'ab') : 2; }")[0] == 1


@pytest.mark.parametrize(
    ("expression", "matches"),
    [
        ((0, 23), True),
        ((0,), True),
        ((0, 23, 0), True),
        ((0, 23, 1), False),
        ((1,), False),
        (("!", (0, 23)), False),
        (("<", (0, 23)), False),
        (("<", (1,)), True),
        (("<=", (0, 23)), True),
        ((">=", (0, 23)), True),
        ((">=", (0, 24)), False),
        ((">", (0, 22, 9)), True),
        # The bugfix part left out: above it is any part but 0.
        ((">", (0, 23)), False),
        (("&&", (">=", (0, 20)), ("<", (0, 23, 1))), True),
        (("||", (0, 1), (0, 23)), True),
    ],
)
def test_versions(expression: tuple[Any, ...], matches: bool) -> None:
    assert version_matches((0, 23, 0), expression) is matches


def test_text_is_quoted_as_scheme_writes_it() -> None:
    assert quoted('a"b\\c\td\x01é') == '"a\\"b\\\\c\\td\\x1;é"'


DEEP = {
    "parentheses": ("(", "a", ")"),
    "blocks": ("{ ", "a;", " }"),
    "tuples": ("[", "a", "]"),
    "ifs": ("if (a) ", "{}", ""),
    "else-ifs": ("if (a) {} else ", "{}", ""),
    "nots": ("!", "a", ""),
    "calls": ("f(", "a", ")"),
    "types": ("a as Maybe<", "T", ">"),
    "vectors": ("a as Vector<1, ", "T", ">"),
    "sums": ("a + ", "a", ""),
    "members": ("a", "", ".b"),
    "ternaries": ("a ? b : ", "c", ""),
    "arrows": ("map((x) => ", "x", ", v)"),
}


@pytest.mark.parametrize("construct", DEEP)
@pytest.mark.parametrize("depth", [20, 60, 1000, 20_000])
def test_deep_nesting_is_parsed_or_refused_in_one_sentence(construct: str, depth: int) -> None:
    before, core, after = DEEP[construct]
    text = before * depth + core + after * depth
    if construct in ("types", "vectors"):
        text = "a as " + before[5:] * depth + core + after * depth
    closing = "" if text.rstrip().endswith("}") else ";"
    source = f"circuit f(): [] {{ {text}{closing} }}"
    limit = sys.getrecursionlimit()
    if depth < MAX_NESTING // 2:
        program = parse(source)
        check_statements(program)
        assert measure(program).complexity == 1  # not exported: nothing reaches it
    else:
        assert "nesting is too deep" in refusal(source)[2]
    assert sys.getrecursionlimit() == limit


def test_an_error_in_deep_nesting_is_found() -> None:
    for construct, (before, core, after) in DEEP.items():
        if construct in ("sums", "members", "nots"):
            continue
        source = f"circuit f(): [] {{ {before * 60}{core} 3 % {after * 60}; }}"
        message = refusal(source)[2]
        assert message.startswith(("parse error: found", "unexpected character '%'")), construct


WORDS = [*sorted(KEYWORDS | PUNCTUATION), "x", "y", "f", "12", "0", "0.1", "'s'", "let"]
PIECES = [
    *WORDS,
    "circuit f(a: Field): [] {",
    "export ledger x: Field;",
    "if (x) {",
    "} else {",
    "return x;",
    "const y = (x) => x;",
    "map((x) => {",
]


@given(st.text())
@settings(max_examples=200)
def test_any_text_is_parsed_or_refused_with_a_compact_error(text: str) -> None:
    check_anything(text)


@given(st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join))
@settings(max_examples=400, deadline=None)
def test_any_tokens_are_parsed_or_refused_with_a_compact_error(text: str) -> None:
    check_anything(text)


def check_anything(text: str) -> None:
    found: CompactError | None = None
    try:
        program = parse(text)
        measure(program)
        check_statements(program)
    except CompactError as error:
        found = error
    if found is not None:
        line, column, message = located(text, found)
        assert message
        assert line is None or line >= 1
        assert column is None or column >= 1


# ---------------------------------------------------------------- the compiler's verdicts

# How messages of the lexer, the parser and the statement passes start.
SYNTACTIC = (
    "parse error", "unexpected ", "attempt to nest", "unsupported numeric", "language version",
    "compiler version", "unrecognized pragma", "pad length", "cannot pad", "failed to locate",
    "return is not supported", "unreachable statement", "found multiple", "const binding",
    "duplicate ",
)  # fmt: skip


@pytest.mark.shared_data
def test_agrees_with_the_compilers_verdicts(shared_data: Path) -> None:
    with gzip.open(shared_data / "compact" / "verdicts.dev.jsonl.gz", "rt") as lines:
        rows = [json.loads(line) for line in lines]
    checked = 0
    for row in rows:
        try:
            check_statements(parse(row["source"]))
            found: tuple[int | None, int | None, str] | None = None
        except CompactError as error:
            found = located(row["source"], error)
        if row["accepted"]:
            assert found is None, row["id"]
            continue
        first = row["message"].split("\nException")[0]
        if first.startswith(SYNTACTIC) or first.endswith("is out of Field range"):
            assert found == (row["line"], row["char"], first), row["id"]
            checked += 1
        else:
            assert found is None, row["id"]
    assert checked > 1900
