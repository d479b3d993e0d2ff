"""The measure counts decisions that matter, and nothing that a policy could write for the count."""

from __future__ import annotations

import operator
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forgegym.verifiers.compact.frontend.complexity import Complexity, measure, seed_count
from forgegym.verifiers.compact.frontend.parser import parse

DECLARATIONS = """
pragma language_version >= 0.20;
import CompactStandardLibrary;
enum Phase { open, running, closed }
struct Point { across: Uint<8>, up: Uint<8> }
export ledger x: Uint<64>;
export ledger y: Uint<64>;
export ledger flag: Boolean;
export ledger phase: Phase;
export ledger hits: Counter;
export ledger names: Map<Bytes<32>, Uint<64>>;
witness secret(): Uint<64>;
"""
PARAMETERS = "a: Uint<8>, b: Uint<8>, c: Boolean, d: Boolean, f: Field, p: Phase, s: Point"


def contract(source: str) -> Complexity:
    return measure(parse(DECLARATIONS + source))


def of(body: str, extra: str = "", result: str = "[]") -> Complexity:
    """One exported circuit with that body."""
    return contract(f"{extra}\nexport circuit main({PARAMETERS}): {result} {{ {body} }}")


def decisions(body: str, extra: str = "", result: str = "[]") -> int:
    return of(body, extra, result).complexity - 1


def structure(body: str, extra: str = "", result: str = "[]") -> str:
    return of(body, extra, result).circuits[0].structure


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("if (a > 5) { x = 1; }", 1),
        ("if (a > 5) { x = 1; } else { x = 2; }", 1),
        ("if (a > 5) { x = 1; } else if (a > 3) { x = 2; } else { x = 3; }", 2),
        ("x = a > 5 ? 1 : 2;", 1),
        ("x = a > 5 ? 1 : a > 3 ? 2 : 3;", 2),
        ("for (const i of 0..4) { hits.increment(i); }", 1),
        ("for (const v of [a, b]) { x = x + v; }", 1),
        ("for (const i of 0..4) { if (i > a) { x = x + 1; } }", 2),
        ("if (c) { x = 1; } if (d) { y = 1; }", 2),
        ("if (c) { if (d) { x = 1; } }", 2),
        ("if (secret() > 5) { x = 1; }", 1),
        ("if (x > 5) { x = 1; }", 1),
        ("if (p == Phase.open) { x = 1; } else if (p == Phase.running) { x = 2; }", 2),
        ("if (a > 5) { if (a > 7) { x = 1; } }", 2),
        ("if (a > b) { x = 1; } if (a > s.up) { y = 1; }", 2),
        ("if (f == 3) { x = 1; }", 1),
        ("if (names.member(pad(32, 'k'))) { x = 1; }", 1),
        ("if (c) { assert(d, 'no'); }", 1),
        ("if (c) { hits.increment(1); }", 1),
    ],
)
def test_a_decision_that_matters_counts(body: str, expected: int) -> None:
    assert decisions(body) == expected


@pytest.mark.parametrize(
    "body",
    [
        "if (true) { x = 1; }",
        "if (false) { x = 1; } else { x = 2; }",
        "if (1 == 1) { x = 1; }",
        "if (3 < 2 + 1) { x = 1; }",
        "if (!false) { x = 1; }",
        "if (disclose(true)) { x = 1; }",
        "if ((true)) { x = 1; }",
        "const t = true; if (t) { x = 1; }",
        "const one = 1; const two = one + one; if (two == 2) { x = 1; }",
        "x = true ? 1 : 2;",
        "if ('ab' == 'ab') { x = 1; }",
        "if (Phase.open == Phase.closed) { x = 1; }",
        "if (default<Boolean>) { x = 1; }",
        "if (default<Uint<8>> == 0) { x = 1; }",
        "if ([1, 2][0] == 1) { x = 1; }",
        "if (Point { 3, 4 }.up == 4) { x = 1; }",
        "if (Point { up: 4, across: 3 }.across == 3) { x = 1; }",
        "const [q, r] = [1, 2]; if (q < r) { x = 1; }",
        "const { up } = Point { 3, 4 }; if (up == 4) { x = 1; }",
        "if (some<Field>(3).is_some) { x = 1; }",
        "if (true as Field == 1) { x = 1; }",
        "if (a == a) { x = 1; }",
        "if (a - a == 0) { x = 1; }",
        "if (c || !c) { x = 1; }",
        "if (c && !c) { x = 1; }",
        "if (a * 0 == 0) { x = 1; }",
    ],
)
def test_a_constant_condition_adds_nothing(body: str) -> None:
    assert decisions(body) == 0


@pytest.mark.parametrize(
    "body",
    [
        "if (a < 256) { x = 1; }",
        "if (a >= 0) { x = 1; }",
        "if (a + b <= 510) { x = 1; }",
        "if (a + 1 > 0) { x = 1; }",
        "const q = a; if (q < 300) { x = 1; }",
        "const q: Uint<16> = a; if (q < 300) { x = 1; }",
        "if (x < 18446744073709551616) { x = 1; }",
        "if (s.up > 255) { x = 1; }",
        "if ((f as Uint<4>) < 16) { x = 1; }",
        "const q = f as Uint<4>; if (q <= 15) { x = 1; }",
        "for (const i of 0..4) { if (i < 4) { hits.increment(1); } }",
        "for (const v of [a, b]) { if (v < 256) { hits.increment(1); } }",
        "const q = secret(); if (q >= 0) { x = 1; }",
        "if (hits.read() >= 0) { x = 1; }",
        "if (names.size() >= 0) { x = 1; }",
        "if (names.lookup(pad(32, 'k')) >= 0) { x = 1; }",
        "if (p == Phase.open || p == Phase.running || p == Phase.closed) { x = 1; }",
    ],
)
def test_a_comparison_that_types_decide_adds_nothing(body: str) -> None:
    assert decisions(body) == decisions(body.replace("if (", "if (true || ", 1))


@pytest.mark.parametrize(
    "implied",
    [
        "a > 5",
        "5 < a",
        "a >= 6",
        "!(a <= 5)",
        "(a > 5)",
        "disclose(a) > 5",
        "disclose(a > 5)",
        "(a as Uint<16>) > 5",
        "(a as Field as Uint<8>) > 5",
        "a + 1 > 6",
        "1 + a > 6",
        "a * 2 > 10",
        "a > 3",
        "a != 5",
        "!(a == 0)",
        "a > 5 && a > 4",
        "a > 5 || c",
        "(a > 5) == true",
        "(a > 5) != false",
        "a > 5 ? true : false",
        "alias > 5",
        "test",
        "!(!(test))",
        "(test as Uint<1>) == 1",
        "(a > 5 ? 1 : 2) == 1",
    ],
)
def test_a_condition_that_follows_from_an_earlier_one_adds_nothing(implied: str) -> None:
    before = "const alias = a; const test = a > 5;"
    assert decisions(f"{before} if (a > 5) {{ if ({implied}) {{ x = 1; }} }}") == 1
    assert decisions(f"{before} if (a > 5) {{ x = 1; }} else if ({implied}) {{ x = 2; }}") <= 2
    assert decisions(f"{before} assert(a > 5, 'no'); if ({implied}) {{ x = 1; }}") == 0
    assert decisions(f"{before} if (a <= 5) {{ return; }} if ({implied}) {{ x = 1; }}") == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("a < b", "b > a"),
        ("a == b", "b == a"),
        ("a == b", "!(a != b)"),
        ("a < b", "a <= b"),
        ("a < b", "a + 1 <= b"),
        ("a - b == 0", "a == b"),
        ("c && d", "d && c"),
        ("c && d", "c"),
        ("!(c || d)", "!c"),
        ("c == d", "d == c"),
        ("p == Phase.open", "p != Phase.closed"),
        ("f == 3", "3 == f"),
        ("f == 3", "f != 4"),
        ("s.up == 3", "3 == s.up"),
        ("persistentHash<Field>(f) == pad(32, 'k')", "pad(32, 'k') == persistentHash<Field>(f)"),
        ("x > 3", "x > 3"),
        ("names.member(pad(32, 'k'))", "names.member(pad(32, 'k')) == true"),
        ("(c || d) && !c", "d"),
    ],
)
def test_the_same_condition_in_other_words_adds_nothing(first: str, second: str) -> None:
    assert decisions(f"if ({first}) {{ if ({second}) {{ hits.increment(1); }} }}") == 1
    assert decisions(f"y = {first} ? ({second} ? 1 : 2) : 3;") == 1


@pytest.mark.parametrize(
    "condition",
    [
        "pad(32, 'k') == pad(32, 'l')",
        "pad(9000, 'k') == pad(9000, 'l')",
        "pad(9000, 'k') == default<Bytes<9000>>",
        "pad(9000, '') == default<Bytes<9000>>",
        "pad(3, 'k') == 'k\\0\\0'",
    ],
)
def test_bytes_that_are_written_down_decide_nothing(condition: str) -> None:
    assert decisions(f"if ({condition}) {{ x = 1; }} else {{ x = 2; }}") == 0


@pytest.mark.parametrize(
    "body",
    [
        "if (c) { x = 1; } if (c) { y = 1; }",
        "if (c) { x = 1; } if (!c) { y = 1; }",
        "if (a > 5) { x = 1; } if (a <= 5) { y = 1; }",
        "x = c ? 1 : 2; y = c ? 3 : 4;",
        "x = c ? 1 : 2; if (c) { y = 3; }",
        "if (c) { if (c) { x = 1; } }",
        "if (c) { x = 1; } else { if (c) { x = 2; } else { x = 3; } }",
        "if (c) { return; } if (c) { x = 1; } else { x = 2; }",
    ],
)
def test_a_condition_decided_before_on_every_path_adds_nothing(body: str) -> None:
    assert decisions(body) == 1


def test_two_earlier_decisions_together_can_tell_a_third() -> None:
    assert decisions("if (a == 0) { x = 1; } if (a == 1) { x = 2; } if (a < 2) { y = 1; }") == 2
    assert decisions("if (a == 0) { x = 1; } if (a == 1) { x = 2; } if (a < 3) { y = 1; }") == 3


@pytest.mark.parametrize(
    "body",
    [
        "if (c) { }",
        "if (c) { } else { }",
        "if (c) { { } }",
        "if (c) { const q = 1; }",
        "if (c) { const q = a * b; const r = q + 1; }",
        "if (c) { assert(true, ''); }",
        "if (c) { assert(c, ''); }",
        "if (a > 5) { assert(a > 3, ''); }",
        "if (c) { x = 1; } else { x = 1; }",
        "if (c) { x = 1; } else { { x = 1; } }",
        "if (c) { x = 1; } else { const one = 1; x = one; }",
        "if (c) { x = a + b; } else { x = b + a; }",
        "if (c) { x = disclose(a); } else { x = a as Uint<64>; }",
        "if (c) { x = 1; y = 2; } else { x = 1; const z = 3; y = 2; }",
        "if (c) { x = x; }",
        "if (c) { x = 1; } x = 2;",
        "if (c) { return; } return;",
        "if (c) { return; }",
        "if (c) { x = 1; return; } x = 1;",
        "if (c) { if (d) { return; } } return;",
        "if (c) { if (d) { x = 1; } else { x = 2; } } else { if (d) { x = 1; } else { x = 2; } }"
        "".replace("if (d) { x = 1; } else { x = 2; }", "x = 3;"),
        "x = c ? 1 : 1;",
        "x = c ? a + 1 : 1 + a;",
        "const q = c ? 1 : 2;",
        "const q = c ? 1 : 2; const r = q + 1;",
        "c ? 1 : 2;",
        "if (c) { for (const i of 0..0) { x = 1; } }",
        "if (c) { for (const i of 0..4) { const q = i; } }",
        "if (c) { a == b; }",
        "if (c) { persistentHash<Field>(f); }",
        "if (c) { nothing(); }",
    ],
)
def test_a_branch_whose_sides_do_the_same_adds_nothing(body: str) -> None:
    assert decisions(body, "circuit nothing(): [] { const q = 1; }") == 0


def test_returning_the_same_value_both_ways_adds_nothing() -> None:
    assert decisions("if (c) { return a; } return a;", result="Uint<8>") == 0
    assert decisions("if (c) { return a; } else { return b; }", result="Uint<8>") == 1
    assert decisions("if (c) { if (d) { return 1; } } return 1;", result="Uint<8>") == 0
    assert decisions("if (c) { if (d) { return 1; } } return 2;", result="Uint<8>") == 2


@pytest.mark.parametrize(
    "body",
    [
        "for (const i of 0..0) { hits.increment(1); }",
        "for (const i of 0..1) { hits.increment(1); }",
        "for (const i of 3..4) { hits.increment(i); }",
        "for (const v of [a]) { hits.increment(v); }",
        "for (const i of 0..9) { }",
        "for (const i of 0..9) { const q = i; }",
        "for (const i of 0..9) { if (i > 3) { const q = i; } }",
        "for (const i of 0..9) { x = 5; }",
        "for (const i of 0..9) { x = a; assert(c, ''); }",
        "for (const i of 0..9) { names.insert(pad(32, 'k'), 3); }",
        "for (const i of 0..9) { assert(true, ''); }",
        "for (const i of 0..9) { for (const j of 0..9) { } }",
    ],
)
def test_a_loop_that_cannot_matter_adds_nothing(body: str) -> None:
    assert decisions(body) == 0


def test_a_loop_of_one_round_is_read_with_its_value() -> None:
    assert decisions("for (const i of 0..1) { if (i == 0) { x = 1; } }") == 0
    assert decisions("for (const i of 0..2) { if (i == 0) { x = x + a; } }") == 2


def test_what_is_behind_a_return_or_a_failure_adds_nothing() -> None:
    assert decisions("if (c) { x = 1; } return; if (d) { x = 2; }") == 1
    assert decisions("assert(false, 'no'); if (d) { x = 2; }") == 0
    assert decisions("assert(a > 300, 'no'); if (d) { x = 2; }") == 0
    assert decisions("if (true) { return; } if (d) { x = 2; }") == 0
    assert decisions("assert(c, 'no'); if (c) { x = 2; }") == 0


def test_what_is_known_of_a_ledger_field_is_forgotten_when_it_changes() -> None:
    again = "if (x > 5) { y = 2; }"
    assert decisions(f"if (x > 5) {{ y = 1; {again} }}") == 1
    assert decisions(f"if (x > 5) {{ x = a as Uint<64>; {again} }}") == 2
    assert decisions(f"if (x > 5) {{ change(); {again} }}", "circuit change(): [] { x = y; }") == 2
    # Other fields, and circuits that change nothing, do not count as a change.
    assert decisions(f"if (x > 5) {{ flag = c; {again} }}") == 1
    other = "circuit change(): [] { flag = true; assert(y > 3, ''); }"
    assert decisions(f"if (x > 5) {{ change(); {again} }}", other) == 1


def test_what_was_written_is_known() -> None:
    assert decisions("x = 5; if (x == 5) { y = 1; }") == 0
    assert decisions("flag = c; if (flag) { if (c) { y = 1; } }") == 1
    assert (
        decisions("names.insert(pad(32, 'k'), 7); if (names.member(pad(32, 'k'))) { y = 1; }") == 0
    )
    assert (
        decisions("names.insert(pad(32, 'k'), 7); if (names.lookup(pad(32, 'k')) == 7) { y = 1; }")
        == 0
    )
    assert decisions("hits.resetToDefault(); if (hits.read() == 0) { y = 1; }") == 0


def test_the_constructor_counts_and_knows_that_the_ledger_is_empty() -> None:
    measured = contract("constructor(n: Uint<64>) { if (n > 5) { x = n; } }")
    assert measured.complexity == 2
    assert measured.circuits[0].name == "constructor"
    assert contract("constructor() { if (x == 0) { y = 1; } }").complexity == 1
    assert contract("constructor() { if (flag) { y = 1; } }").complexity == 1


DECIDES = "circuit decides(n: Uint<8>): Uint<8> { if (n > 5) { return 1; } else { return n; } }"


def test_only_circuits_that_can_be_reached_count() -> None:
    nothing = contract(f"{DECIDES} export circuit main(): [] {{ }}")
    assert nothing.complexity == 1
    assert [c.name for c in nothing.circuits] == ["main"]
    called = contract(f"{DECIDES} export circuit main(n: Uint<8>): [] {{ x = decides(n); }}")
    assert called.complexity == 2
    assert [(c.name, c.complexity) for c in called.circuits] == [("main", 1), ("decides", 2)]
    assert contract(f"{DECIDES} export {{ decides }}").complexity == 2
    assert contract(f"constructor(n: Uint<8>) {{ x = decides(n); }} {DECIDES}").complexity == 2
    mapped = (
        "export circuit main(v: Vector<3, Uint<8>>): Vector<3, Uint<8>> { return map(decides, v); }"
    )
    assert contract(f"{DECIDES} {mapped}").complexity == 2


@pytest.mark.parametrize(
    "body",
    [
        "if (false) { x = decides(3); }",
        "return; x = decides(n);",
        "const q = decides(n);",
        "decides(n);",
        "x = true ? 1 : decides(n);",
    ],
)
def test_a_call_that_cannot_matter_reaches_nothing(body: str) -> None:
    assert contract(f"{DECIDES} export circuit main(n: Uint<8>): [] {{ {body} }}").complexity == 1


def test_modules_count_when_imported_and_called() -> None:
    module = f"module M {{ export {DECIDES} }}"
    assert contract(f"{module} export circuit main(): [] {{ }}").complexity == 1
    assert contract(f"{module} import M; export circuit main(): [] {{ }}").complexity == 1
    call = "export circuit main(n: Uint<8>): [] { x = %s(n); }"
    assert contract(f"{module} import M; {call % 'decides'}").complexity == 2
    assert contract(f"{module} import M prefix M_; {call % 'M_decides'}").complexity == 2
    renamed = "import { decides as d } from M;"
    assert contract(f"{module} {renamed} {call % 'd'}").complexity == 2
    assert contract(f"{module} import M; export {{ decides }}").complexity == 2


def test_conditions_are_seen_through_circuits() -> None:
    yes = "circuit yes(): Boolean { return true; }"
    assert decisions("if (yes()) { x = 1; }", yes) == 0
    deep = yes + "circuit also(): Boolean { const q = yes(); return q && yes(); }"
    assert decisions("if (also()) { x = 1; }", deep) == 0
    large = "circuit large(n: Uint<8>): Boolean { return n > 5; }"
    assert decisions("if (a > 5) { if (large(a)) { x = 1; } }", large) == 1
    assert decisions("if (large(a)) { if (large(a)) { x = 1; } }", large) == 1
    assert decisions("if (large(a)) { if (large(b)) { x = 1; } }", large) == 2
    same = "circuit same(n: Uint<8>): Boolean { if (n > 5) { return true; } return true; }"
    assert decisions("if (same(a)) { x = 1; }", same) == 0
    assert decisions("if (((q) => true)(a)) { x = 1; }") == 0


def test_a_witness_answers_anew_each_time() -> None:
    assert decisions("if (secret() > 5) { if (secret() > 5) { x = 1; } }") == 2
    assert decisions("const w = secret(); if (w > 5) { if (w > 5) { x = 1; } }") == 1


def test_copies_of_a_circuit_count_once() -> None:
    def body(name: str, parameter: str, type_: str = "Uint<8>") -> str:
        return (
            f"export circuit {name}({parameter}: {type_}): [] "
            f"{{ if ({parameter} > 5) {{ x = 1; }} else {{ y = {parameter}; }} }}"
        )

    assert contract(body("one", "n")).complexity == 2
    copied = contract(body("one", "n") + body("two", "m"))
    assert copied.complexity == 2
    assert [c.counted for c in copied.circuits] == [True, False]
    assert contract(body("one", "n") + body("two", "m", "Uint<16>")).complexity == 2
    dressed = body("two", "m").replace("{ if", "{ const q = m; const r = true; if")
    assert contract(body("one", "n") + dressed).complexity == 2
    assert contract(body("one", "n") + body("two", "m").replace("x = 1", "x = 2")).complexity == 3


def test_trivial_circuits_pay_nothing() -> None:
    trivial = "".join(f"export circuit t{i}(): Field {{ return {i}; }}" for i in range(9))
    assert contract(trivial).complexity == 1


def test_functions_written_out_count_where_they_are() -> None:
    arrow = "return map((v) => v > 5 ? 1 : v, [a, b]);"
    assert decisions(arrow, result="Vector<2, Uint<8>>") == 1
    assert decisions(f"const q = {arrow[7:]}") == 0
    block = (
        "return fold((t, v) => { if (v > 5) { return t; } return t + v as Uint<8>; }, 0, [a, b]);"
    )
    assert decisions(block, result="Uint<8>") == 1
    effect = "map((v) => { if (v > 5) { hits.increment(1); } return v; }, [a, b]);"
    assert decisions(effect) == 1
    assert decisions("map((v) => v > 5 ? 1 : v, []);") == 0


def test_boolean_operators_are_reported_apart() -> None:
    chain = of("if (c && d && a > 5) { x = 1; }").circuits[0]
    assert (chain.complexity, chain.extended) == (2, 4)
    repeated = of("if (c && c && (c || d)) { x = 1; }").circuits[0]
    assert (repeated.complexity, repeated.extended) == (2, 2)
    asserted = of("assert(c && d && a > 5, '');").circuits[0]
    assert (asserted.complexity, asserted.extended) == (1, 1)


@pytest.mark.parametrize(
    "body",
    [
        "if (c ? d : false) { x = 1; }",
        "if (c ? true : d) { x = 1; }",
        "if (c ? d : a > 5) { x = 1; }",
        "const q = c ? d : false; if (q) { x = 1; }",
    ],
)
def test_a_ternary_in_a_condition_is_a_boolean_operator(body: str) -> None:
    measured = of(body).circuits[0]
    assert measured.complexity == 2
    assert measured.extended > 2


def test_a_boolean_ternary_with_a_constant_side_is_no_decision() -> None:
    assert decisions("flag = c ? d : false;") == 0
    assert decisions("flag = c ? true : false;") == 0
    assert decisions("assert(c ? d : false, '');") == 0


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", ""),
        ("if (c) { x = 1; }", "if"),
        ("if (c) { x = 1; } else { x = 2; }", "if-else"),
        ("if (c) { x = 1; } else if (d) { x = 2; }", "if-else(else-if)"),
        ("if (c) { x = a > 5 ? 1 : 2; } for (const i of 0..4) { if (i < b) { x = x + 1; } }",
         "if(?) for(if)"),
        ("if (true) { if (c) { x = 1; } }", "if"),
        ("if (c) { if (c) { for (const i of 0..2) { x = x + i; } } }", "if(for)"),
    ],
)  # fmt: skip
def test_the_structure_shows_kinds_in_order_and_nesting(body: str, expected: str) -> None:
    assert structure(body) == expected


def test_decisions_are_counted_by_kind() -> None:
    measured = of(
        "if (c) { x = 1; } else if (d) { x = 2; } y = a > 5 ? 1 : 2;"
        "for (const i of 0..4) { if (i < b) { hits.increment(1); } }"
    )
    assert measured.decisions == {"if": 1, "if-else": 1, "else-if": 1, "ternary": 1, "loop": 1}
    assert measured.complexity == 6
    assert measured.structure == ("if-else(else-if) ? for(if)",)


def test_a_program_with_errors_can_be_measured() -> None:
    nonsense = "export circuit f(q: Nope): Zilch { if (q.r[zz]) { w = g(1); } return h<3>(q)[1]; }"
    assert measure(parse(nonsense)).complexity == 2


def test_long_chains_and_doubling_do_not_take_long() -> None:
    doubling = "".join(f"const v{i} = v{i - 1} * v{i - 1};" for i in range(1, 80))
    assert decisions(f"const v0 = a; {doubling} if (v79 == 3) {{ x = 1; }}") == 1
    conditions = "".join(
        f"const t{i} = (t{i - 1} && a > {i}) || (t{i - 1} && b > {i});" for i in range(1, 40)
    )
    assert decisions(f"const t0 = c; {conditions} if (t39) {{ x = 1; }}") <= 1
    ifs = "".join(f"if (a * {i} > b) {{ x = {i}; }}" for i in range(2, 100))
    assert decisions(ifs) <= 98


def test_the_seed_counts_substrings() -> None:
    assert seed_count("") == 1
    assert seed_count("if (x) {}") == 1
    assert seed_count(" if (x) {} else { } // if (y)") == 4
    assert seed_count(" if (x) { } else if (y) { } else { }") == 5


# ---------------------------------------------------------------- against running it

OPERATORS = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq,
    "!=": operator.ne,
}  # fmt: skip
LIMIT = 4  # n and m are Uint<0..4>
POINTS = [(n, m, c) for n in range(LIMIT) for m in range(LIMIT) for c in (False, True)]


@dataclass(frozen=True)
class Condition:
    """A condition as text, and the points of `POINTS` where it holds."""

    text: str
    holds: frozenset[int]


def _comparison(op: str, number: int, of_m: bool, swapped: bool) -> Condition:
    variable, at = ("m", 1) if of_m else ("n", 0)
    text = f"{number} {op} {variable}" if swapped else f"{variable} {op} {number}"
    holds = OPERATORS[op]
    return Condition(
        text,
        frozenset(
            i
            for i, point in enumerate(POINTS)
            if (holds(number, point[at]) if swapped else holds(point[at], number))
        ),
    )


def _joined(children: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    return st.one_of(
        st.builds(
            lambda a: Condition(f"!({a.text})", frozenset(range(len(POINTS))) - a.holds), children
        ),
        st.builds(
            lambda a, b: Condition(f"({a.text}) && ({b.text})", a.holds & b.holds),
            children,
            children,
        ),
        st.builds(
            lambda a, b: Condition(f"({a.text}) || ({b.text})", a.holds | b.holds),
            children,
            children,
        ),
    )


CONDITIONS = st.recursive(
    st.one_of(
        st.builds(
            _comparison, st.sampled_from(sorted(OPERATORS)), st.integers(0, LIMIT + 1),
            st.booleans(), st.booleans(),
        ),
        st.just(Condition("c", frozenset(i for i, p in enumerate(POINTS) if p[2]))),
        st.just(Condition("true", frozenset(range(len(POINTS))))),
    ),
    _joined,
    max_leaves=4,
)  # fmt: skip


def _decisions_of(body: str) -> int:
    parameters = f"n: Uint<0..{LIMIT}>, m: Uint<0..{LIMIT}>, c: Boolean"
    return contract(f"export circuit main({parameters}): [] {{ {body} }}").complexity - 1


@given(CONDITIONS)
@settings(max_examples=300, deadline=None)
def test_a_condition_counts_exactly_if_it_can_come_out_both_ways(test: Condition) -> None:
    open_ = 0 < len(test.holds) < len(POINTS)
    assert _decisions_of(f"if ({test.text}) {{ x = 1; }}") == open_
    assert _decisions_of(f"x = {test.text} ? 1 : 2;") == open_


@given(CONDITIONS, CONDITIONS)
@settings(max_examples=300, deadline=None)
def test_an_inner_condition_counts_exactly_if_the_outer_one_leaves_it_open(
    outer: Condition, inner: Condition
) -> None:
    both = outer.holds & inner.holds
    inner_open = 0 < len(both) < len(outer.holds)
    outer_open = 0 < len(outer.holds) < len(POINTS) and bool(both)
    body = f"if ({outer.text}) {{ if ({inner.text}) {{ x = 1; }} }}"
    assert _decisions_of(body) == inner_open + outer_open


@given(CONDITIONS, CONDITIONS)
@settings(max_examples=200, deadline=None)
def test_a_later_condition_counts_exactly_if_the_earlier_one_does_not_tell_it(
    first: Condition, second: Condition
) -> None:
    everywhere = frozenset(range(len(POINTS)))

    def is_open(condition: Condition, where: frozenset[int]) -> bool:
        return 0 < len(condition.holds & where) < len(where)

    told = not (is_open(second, first.holds) or is_open(second, everywhere - first.holds))
    body = f"if ({first.text}) {{ x = 1; }} if ({second.text}) {{ y = 1; }}"
    assert _decisions_of(body) == is_open(first, everywhere) + (not told)


@given(CONDITIONS, st.integers(0, 3))
@settings(max_examples=100, deadline=None)
def test_dressing_up_changes_nothing(test: Condition, how: int) -> None:
    plain = f"if ({test.text}) {{ x = 1; }} else {{ y = m; }}"
    dressed = [
        f"{{ {plain} }}",
        f"const unused = n * m; {plain}",
        f"const test = {test.text}; if (disclose(test)) {{ x = 1; }} else {{ {{ y = m; }} }}",
        f"if (!({test.text})) {{ y = m; }} else {{ const one = 1; x = one; }}",
    ][how]
    assert _decisions_of(dressed) == _decisions_of(plain)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("if (c) { x = 1; } x = 2;", 0),
        ("if (c) { x = 1; } x = (x + 2) as Uint<64>;", 1),
        ("if (c) { x = 1; } y = x; x = 2;", 1),
        ("if (c) { x = 1; } if (x > 3) { y = 1; } x = 2;", 2),
        ("for (const i of 0..3) { x = (x + i) as Uint<64>; } y = x; x = 2;", 1),
    ],
)
def test_a_write_that_is_read_before_it_is_replaced_counts(body: str, expected: int) -> None:
    assert decisions(body) == expected
