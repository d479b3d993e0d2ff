"""What of a contract's declarations counts as used."""

import pytest

from forgegym.verifiers.compact.frontend.check import check
from forgegym.verifiers.compact.structure import used_declarations

DECLARATIONS = """\
ledger x: Field;
ledger ready: Field;
enum Phase { open, closed }
struct Point { up: Field }
witness secret(): Field;
"""


def used(source: str) -> set[str]:
    """The kinds of declarations and the ledger fields that a contract uses."""
    result = check(DECLARATIONS + source)
    assert result.error is None
    assert result.program is not None
    kinds, fields = used_declarations(result.program)
    return {*kinds, *fields}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("export circuit f(): [] { x = 1; }", {"x"}),
        ("export circuit f(): Field { return ready; }", {"ready"}),
        ("constructor() { ready = 1; }", {"ready"}),
        ("circuit g(): [] { x = 1; } export circuit f(): [] { g(); }", {"x"}),
        ("circuit g(): [] { x = 1; } export { g }", {"x"}),
        ("circuit g(a: Field): Field { return x; } export circuit f(): [] { map(g, [1]); }", {"x"}),
        ("export circuit f(): Field { return ((a: Field) => x + a)(1); }", {"x"}),
        ("export circuit f(p: Phase): [] { }", {"enum"}),
        ("export circuit f(): Boolean { return 0 as Phase == Phase.open; }", {"enum"}),
        ("export circuit f(): Field { return Point { 1 }.up; }", {"struct"}),
        ("export circuit f(): [] { x = disclose(secret()); }", {"x", "witness"}),
        ("ledger p: Point; export circuit f(): [] { p = default<Point>; }", {"p", "struct"}),
        ("export ledger p: Point;", {"struct"}),
        ("struct Line { a: Point } export circuit f(l: Line): [] { }", {"struct"}),
        ("type P = Phase; export circuit f(p: P): [] { }", {"enum"}),
        ("witness w(): Phase; export circuit f(): [] { w(); }", {"enum", "witness"}),
        (
            "module M { export ledger y: Field; export circuit g(): [] { y = 1; } }"
            "import M prefix m_; export circuit f(): [] { m_g(); }",
            {"y"},
        ),
        (
            "module M { export enum E { a } } import M prefix m_;export circuit f(e: m_E): [] { }",
            {"enum"},
        ),
    ],
)
def test_what_can_be_reached_is_used(source: str, expected: set[str]) -> None:
    assert used(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "circuit dead(): Point { secret(); ready = 1; const q = Phase.open; return Point { 1 }; }",
        "pure circuit dead(Phase: Field, Point: Field, secret: Field, ready: Field): Field"
        " { return Phase + Point + secret + ready; }",
        "export circuit f(ready: Field): Field { return ready; }",
        "export circuit f(p: [Field, Field]): Field { const [ready, a] = p; return ready + a; }",
        "export circuit f(): Field { const ready = 3; return ready; }",
        "export circuit f(): [] { for (const ready of 0..3) { ready + 1; } }",
        "export circuit f(): Field { return ((ready: Field) => ready + 1)(2); }",
        "circuit g<Point>(a: Point): [] { } export circuit f(): [] { g<Field>(1); }",
        "ledger p: Point;",
        "export { Phase, Point }",
    ],
)
def test_a_name_that_means_nothing_of_it_uses_nothing(source: str) -> None:
    assert used(source) == set()


def test_a_constant_hides_a_field_in_its_block_alone() -> None:
    source = "export circuit f(): Field { { const ready = 1; } return ready; }"
    assert used(source) == {"ready"}
