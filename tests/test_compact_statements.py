"""The compiler's rules about statements, in the order of its passes."""

from __future__ import annotations

import pytest

from forgegym.verifiers.compact.frontend.parser import parse
from forgegym.verifiers.compact.frontend.source import CompactError, SourceMap, map_order
from forgegym.verifiers.compact.frontend.statements import check_statements


def first_error(source: str) -> tuple[int, int, str] | None:
    program = parse(source)
    try:
        check_statements(program)
    except CompactError as error:
        return (*SourceMap(source).locate(error.pos or 0), error.message)
    return None


# What compactc 0.31.1 says of each.
REFUSED = [
    ('include "a";\ninclude "b";', 2, 1, 'failed to locate file "b.compact"'),
    (
        'include "std";',
        1,
        1,
        'failed to locate file "std.compact": possibly replace include with import '
        "CompactStandardLibrary",
    ),
    ('module M { include "c"; }', 1, 12, 'failed to locate file "c.compact"'),
    (
        "circuit a(): [] { for (const i of 0..2) return; }",
        1,
        41,
        "return is not supported within for loops",
    ),
    (
        "circuit a(): [] { for (const i of [1]) { if (true) { return; } } }",
        1,
        54,
        "return is not supported within for loops",
    ),
    ("circuit a(): [] { return; return; }", 1, 27, "unreachable statement"),
    ("circuit a(): [] { return; { } }", 1, 27, "unreachable statement"),
    ("circuit a(): [] { return; const p=1, q = 1; }", 1, 27, "unreachable statement"),
    ("circuit a(): [] { return; const p=1; }", 1, 33, "unreachable statement"),
    ("circuit a(): [] { return; const [p, q] = [1,2]; }", 1, 33, "unreachable statement"),
    (
        "circuit f(): [] { if (true) return; else return; const x = 1; }",
        1,
        56,
        "unreachable statement",
    ),
    (
        "circuit a(): [] { const x = map((x)=>{ return x; return x;}, [1]); }",
        1,
        50,
        "unreachable statement",
    ),
    (
        "circuit a(): [] { const x=1; const x=1; }",
        1,
        36,
        "found multiple bindings for x in the same block",
    ),
    (
        "circuit a(): [] { const [p, q] = [1,2], p = 3; return; }",
        1,
        41,
        "found multiple bindings for p in the same block",
    ),
    (
        "circuit a({p: q, q}: S): [] { }",
        1,
        11,
        "found multiple bindings for q in the same block",
    ),
    (
        "circuit a(): [] { map(([p], [q, p]) => p, x, y); }",
        1,
        29,
        "found multiple bindings for p in the same block",
    ),
    (
        "circuit a(): [] { const p = 3; const { q, r: [s, p] } = t; }",
        1,
        46,
        "found multiple bindings for p in the same block",
    ),
    (
        "circuit a(): [] { if (true) const x=1; else const y=2; }",
        1,
        35,
        "const binding found in a single-statement context",
    ),
    (
        "circuit a(): [] { for (const i of 0..2) const j = i; }",
        1,
        47,
        "const binding found in a single-statement context",
    ),
    ("circuit a(x:Field,x:Field,y:Field,y:Field): [] { }", 1, 1, "duplicate parameter name x"),
    ("export witness w(x:Field,x:Field): [];", 1, 1, "duplicate parameter name x"),
    ("circuit a<T, #T>(): [] { }", 1, 1, "duplicate generic parameter name T"),
    (
        "module M<A,A> { circuit b<T,T>(x:Field,x:Field): [] { } }",
        1,
        17,
        "duplicate generic parameter name T",
    ),
    ("type A<T, T> = Field;", 1, 1, "duplicate generic parameter name T"),
    ("struct S { a: Field, b: Field, a: Field }", 1, 1, "duplicate field name a"),
    ("struct S<T,T> { a: Field, a: Field }", 1, 1, "duplicate generic parameter name T"),
    ("export enum E { a, b, a }", 1, 1, "duplicate element name a"),
    (
        "circuit a(): [] { const x = map((x,x)=>{ return x; }, [1]); }",
        1,
        33,
        "duplicate parameter name x",
    ),
]


@pytest.mark.parametrize(("source", "line", "column", "message"), REFUSED)
def test_refused_with_the_compilers_message(
    source: str, line: int, column: int, message: str
) -> None:
    assert first_error(source) == (line, column, message)


@pytest.mark.parametrize(
    "source",
    [
        "",
        # The compiler does not look at the `else` of an `if` that can be passed, nor into modules.
        "circuit a(): [] { if (true) {} else { return; return; } }",
        "module M { circuit a(): [] { return; return; } }",
        "circuit a([x, y]: [Field, Field], x: Field): [] { const x = 1; }",
        "circuit a(): [] { const x = 1; { const x = 2; } }",
        "circuit a(): [] { if (true) { const x = 1; } }",
        "circuit a(): [] { for (const i of 0..2) { map((x) => { return x; }, [1]); } }",
        "circuit a(): [] { if (true) return; return; }",
        "constructor(x: Field, x: Field) {}",
        "contract C { circuit f(x: Field, x: Field): []; }",
    ],
)
def test_accepted(source: str) -> None:
    assert first_error(source) is None


RULES = [
    ('include "a";', "failed to locate"),
    ("circuit b(): [] { for (const i of 0..2) return; }", "return is not"),
    ("circuit c(): [] { return; return; }", "unreachable"),
    ("circuit d(): [] { const x = 1; const x = 1; }", "found multiple"),
    ("enum E { a, a }", "duplicate"),
]


@pytest.mark.parametrize("earlier", range(len(RULES) - 1))
def test_an_earlier_pass_wins_wherever_its_error_stands(earlier: int) -> None:
    later = earlier + 1
    for sources in ((RULES[earlier][0], RULES[later][0]), (RULES[later][0], RULES[earlier][0])):
        found = first_error("\n".join(sources))
        assert found is not None
        assert found[2].startswith(RULES[earlier][1])


@pytest.mark.parametrize(
    ("count", "order"), [(0, []), (1, [0]), (2, [0, 1]), (3, [2, 0, 1]), (6, [4, 5, 2, 3, 0, 1])]
)
def test_lists_are_visited_in_the_order_of_the_compilers_map(count: int, order: list[int]) -> None:
    assert map_order(range(count)) == order


ARROW = "(() => { return; return; })()"
# One error a line, and the line whose error compactc 0.31.1 reports.
SEVERAL = [
    (["circuit a(): [] { for (const i of 0..2) return; }"] * 3, 3),
    (["circuit a(): [] { return; return; }"] * 3, 1),
    (["circuit a(): [] { const x = 1; const x = 1; }"] * 4, 3),
    (["circuit a(x: Field, x: Field): [] { }"] * 5, 5),
    (["pragma language_version 0.23;"] + ["circuit a(x: Field, x: Field): [] { }"] * 2, 2),
    (["circuit f(): [] { for (const i of [1]) { if (c)", "return; else", "return; } }"], 3),
    (["circuit f(): [] { g(" + ARROW + ",", ARROW + ",", ARROW + "); }"], 3),
    (["circuit f(): [] { " + ARROW + " +", ARROW + "; }"], 2),
    (["circuit f(): [] { " + ARROW + ";", ARROW + "; }"], 1),
    (["include 'a';", "module M { include 'b'; }", "include 'c';", "struct S { }"], 3),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "reported"), SEVERAL)
def test_of_several_errors_the_compilers_first_one_is_reported(
    lines: list[str], reported: int
) -> None:
    found = first_error("\n".join(lines))
    assert found is not None
    assert found[0] == reported
