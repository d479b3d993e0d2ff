"""What a program's text shows, against counts made by hand."""

import inspect

import pytest

from forgegym.verifiers import syntax
from forgegym.verifiers.syntax import read_rust

PROGRAM = b"""\
/// Adds.
pub struct P { x: Option<i64> }
impl P { fn f(&self, v: &[i64]) -> Result<i64, String> {
    let Some(x) = self.x else { return Err("no".into()) };
    if x > 0 && v.len() > 1 { for i in v { while *i > 3 { break; } } } else if x < 0 { panic!("a") }
    let s: i64 = v.iter().map(|a| a + 1).filter(|a| *a > 0).sum::<i64>();
    match s { 0 => Ok(1), 1 | 2 => Ok(2), _ => {
        let q: i64 = "3".parse::<i64>().map_err(|e| e.to_string())?;
        Ok(q.checked_add(1).unwrap())
    } }
} }
fn g() { unsafe { std::hint::unreachable_unchecked() } }
unsafe fn h() {}
"""


def test_a_program_counted_by_hand():
    facts = read_rust(PROGRAM)
    assert facts.parses
    by_name = {f["name"]: f for f in facts.functions}
    # let-else, if, for, while, else if, two of three arms, and one `?`.
    assert by_name["f"]["complexity"] == 1 + 8
    assert by_name["f"]["complexity_extended"] == 1 + 8 + 1
    assert by_name["f"]["nesting"] == 3
    assert by_name["g"]["complexity"] == 1
    metrics = facts.metrics()
    expected = {
        "complexity": 9, "lines": 13, "functions": 3, "structs": 1, "enums": 0, "traits": 0,
        "impls": 1, "options": 1, "results": 1, "documented": 1, "handling": 1, "panics": 2,
        "unsafe_blocks": 2, "iterators": 4, "patterns": 1, "closures": 3, "chains": 1,
    }  # fmt: skip
    assert {name: metrics[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("body", "complexity"),
    [
        ("", 1),
        ("loop { break; }", 1),
        ("if a {} else {}", 2),
        ("if a {} else if b {} else {}", 3),
        ("while let Some(x) = y {}", 2),
        ("match a { 1 => 2, _ => 3 }", 2),
        ("match a { _ => 3 }", 1),
        ("a?; b?", 3),
        ("fn inner() { if a {} }", 1),
        ('"if while for";', 1),
        ("// if a {}", 1),
    ],
)
def test_what_is_a_decision(body, complexity):
    facts = read_rust(f"fn f() {{ {body}\n}}".encode())
    assert next(f for f in facts.functions if f["name"] == "f")["complexity"] == complexity


@pytest.mark.parametrize(
    "text", [b"", b"fn", b"fn f(", b"\xff\xfe", b"{" * 20_000, b"fn f() {" + b"if a {" * 20_000]
)
def test_no_text_breaks_it(text):
    facts = read_rust(text)
    assert facts.parses == (text == b"")
    assert facts.metrics()["complexity"] >= 1


def test_words_in_comments_and_texts_are_not_counted():
    facts = read_rust(b'fn f() { let s = "unwrap() panic!() unsafe"; } // .expect("x") Option')
    counts = facts.metrics()
    assert counts["panics"] == counts["unsafe_blocks"] == counts["options"] == 0


def test_no_node_is_asked_for_its_parent():
    # tree-sitter looks for it from the root: 64 kB of calls on calls took a minute of the host.
    assert ".parent" not in inspect.getsource(syntax)


def test_a_deep_program_is_read_like_any_other():
    calls = read_rust(b"fn f() { a" + b".b()" * 16_000 + b"}")
    assert calls.counts["chains"] == 1
    ifs = read_rust(b"fn f() { " + b"if a {} else " * 5_000 + b"{} }").functions[0]
    assert (ifs["complexity"], ifs["nesting"]) == (5_001, 1)
    closures = read_rust(b"fn f() { " + b"|x| { if a {" * 3_000 + b"}}" * 3_000 + b"}").functions[0]
    assert closures["nesting"] == 6_000


@pytest.mark.parametrize("begin", [b'r#"', b'br##"', b'x r###" '])
def test_beginnings_of_raw_strings_alone_are_not_parsed(begin, monkeypatch):
    # It took tree-sitter 8 seconds, and the host with it.
    monkeypatch.setattr(syntax, "rust_parser", lambda: pytest.fail("it is parsed"))
    facts = read_rust(begin * (64_000 // len(begin)))
    assert not facts.parses
    assert facts.metrics()["lines"] == 1


def test_raw_strings_that_end_are_read():
    facts = read_rust(b'fn f() { g(r#"a"#, br##"r#""##); } // r#"\n' * 1_000)
    assert facts.parses
    assert facts.counts["functions"] == 1_000


@pytest.mark.parametrize(
    ("expression", "chains"),
    [
        ("a.b().c()", 0),
        ("a.b().c().d()", 1),
        ("a.b().c().d().e()", 1),
        ("g(a.b().c().d(), a.b().c().d())", 2),
        ("a.b(x.b().c().d()).c().d()", 2),
        ("a.b().c().d()?.e().f()", 1),
        ("a.b().c().d().x.e().f().g()", 2),
        ("a.b().c().d().e::<T>()", 1),
    ],
)
def test_what_is_a_chain_of_calls(expression, chains):
    assert read_rust(f"fn f() {{ {expression} }}".encode()).counts["chains"] == chains


@pytest.mark.parametrize(
    ("statement", "panics"),
    [
        ('panic!("a")', 1),
        ('std::panic!("a")', 1),
        ("::core::unreachable!()", 1),
        ("r#todo!()", 1),
        ("debug_assert!(false)", 1),
        ('assert!(/* never */ false, "a")', 1),
        ("std::assert!(false)", 1),
        ("x.unwrap()", 1),
        ("x.r#unwrap()", 1),
        ("Option::unwrap(x)", 1),
        ("Option::<i64>::unwrap(x)", 1),
        ("<Option<i64>>::unwrap(x)", 1),
        ('std::result::Result::expect(x, "a")', 1),
        ("(Option::unwrap)(x)", 1),
        ("y.map(Option::unwrap)", 1),
        ("vec![x.unwrap()]", 1),
        ("vec![x /* */ . unwrap()]", 1),
        ("vec![y.map(Option::unwrap), z]", 1),
        ('println!("{}", vec![x.expect("a"), std::panic!()][0])', 2),
        ("vec![assert!(false)]", 1),
        ("assert!(x.unwrap() == 1)", 1),
        # None of these has to.
        ("assert!(x)", 0),
        ("assert!(false || x)", 0),
        ("assert!()", 0),
        ("x.unwrap_or(0)", 0),
        ("vec![x.unwrap_or(0), unwrap, panic != x]", 0),
        ('println!("x.unwrap() panic!()")', 0),
        ("vec![x /* .unwrap() */]", 0),
        ("use errors::{self, texts::unwrap, expect};", 0),
        ("use errors::unwrap as taken;", 0),
        ("#[expect(dead_code)] let x = 1;", 0),
        ('test::expect!("a")', 0),
        ("test::expect::call()", 0),
        ("vec![test::expect::call()]", 0),
    ],
)
def test_what_panics(statement, panics):
    assert read_rust(f"fn f() {{ {statement}; }}".encode()).counts["panics"] == panics


@pytest.mark.parametrize(
    "text", ["fn f() { assert!(", "fn f() { panic!", "m!(panic!", "m!(assert!("]
)
def test_macros_without_an_end_are_read(text):
    assert not read_rust(text.encode()).parses
