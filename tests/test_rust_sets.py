"""Sets of Rust tasks in their original layout: read as data, asked, and what their samples show."""

import json

import pytest

from forgegym.envs.tasks.rust_literals import Asked, UnreadableError, assertions, parsed, value
from forgegym.envs.tasks.rust_scripts import scripts
from forgegym.envs.tasks.rust_sets import RustSet
from forgegym.verifiers.rust.toolchain import RustVerifier, asked_of
from forgegym.verifiers.verifier import ChoiceError


def read(expression):
    return value(parsed(f"const X: () = {expression};").named_children[0].named_children[-1])


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("-1_000i64", -1000), ("0xff", 255), ("2.5f32", 2.5), ("1e3", 1000.0), ("3f64", 3.0),
        ("true", True), ("'\\n'", "\n"), ("b'a'", 97), (r'"a\u{e9}\"b"', 'aé"b'),
        ('r#"a\\"#', "a\\"),
        ("vec![1, 2]", [1, 2]), ("&[1.5, -2.0]", [1.5, -2.0]), ("vec![0; 3]", [0, 0, 0]),
        ('String::from("a")', "a"), ('"a".to_string()', "a"), ("7.to_string()", "7"),
        ("None", None), ('Some("x".to_string())', "x"), ("Ok(1)", ("Ok", 1)),
        ("(1, 'a')", (1, "a")),
        ('HashMap::from([("a", 1)])', {"a": 1}), ("Vec::<i32>::new()", []), ("()", ()),
        ("vec![] as Vec<i32>", []), ("i32::MAX", 2**31 - 1), ("2.0 / 4.0", 0.5), ("-7 / 2", -3),
        ("std::f64::EPSILON", 2.0**-52), ("std::collections::HashSet::from([1])", {1}),
    ],
)  # fmt: skip
def test_literals_are_plain_data(expression, found):
    assert read(expression) == found
    assert type(read(expression)) is type(found)


@pytest.mark.parametrize("expression", ["f(1)", "x", "rng.gen()", "1 / 0", "vec![f()]", "|x| x"])
def test_what_does_not_follow_from_literals_is_none(expression):
    with pytest.raises(UnreadableError):
        read(expression)


def asked(body):
    return assertions(parsed(f"fn t() {{ {body} }}").named_children[0].named_children[-1], "f")


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("assert_eq!(f(1, \"a\"), 2);", [Asked((1, "a"), 2)]),
        ("assert_eq!(2, f(1), \"why {}\", 1);", [Asked((1,), 2)]),
        ("assert!(f(1)); assert!(!f(2));", [Asked((1,), True), Asked((2,), False)]),
        ("assert!(f(&vec![1]) == [1]);", [Asked(([1],), [1])]),
        ("let candidate = f; let x = 3; assert_eq!(candidate(x), x);", [Asked((3,), 3)]),
        ("assert!((f(1.0) - 0.5).abs() < 1e-6);", [Asked((1.0,), 0.5, 1e-6)]),
        ("for i in 1..3 { assert_eq!(f(i, i + 1), i.to_string()); }",
         [Asked((1, 2), "1"), Asked((2, 3), "2")]),
    ],
)  # fmt: skip
def test_assertions_are_calls_with_expected_values(body, found):
    assert asked(body) == found


@pytest.mark.parametrize(
    "body",
    ["assert_eq!(f(f(1)), 1);", "assert_eq!(f(1), f(2));", "assert!(f(1).is_some());",
     "let x = g(); assert_eq!(f(x), 1);", "assert_ne!(f(1), 2);", "while x {}",
     "assert!(f(1) > 2);"],
)  # fmt: skip
def test_assertions_about_more_than_one_call_are_not_read(body):
    with pytest.raises(UnreadableError):
        asked(body)


# ---------------------------------------------------------------- rows of the original layouts


@pytest.fixture(scope="module")
def verifier():
    made = RustVerifier(sandbox="docker")
    yield made
    made.close()


USES = (
    "\nuse std::{cmp::max, collections::HashMap};\nuse rand::Rng;\nuse regex::Regex;\nuse md5;\n\n"
)
DECLARATION = f"{USES}fn clamp_all(items: Vec<i32>, low: i32) -> Vec<i32>{{\n\n"
ROW = {
    "task_id": "Rust/900",
    "prompt": f"\nfn main(){{}}\n{USES}/*\n Raise what is below `low` to it.\n*/\nfn clamp_all",
    "declaration": DECLARATION,
    "canonical_solution": "    items.iter().map(|x| max(*x, low)).collect()\n}\n",
    "test": """
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_clamp_all() {
        assert_eq!(clamp_all(vec![1, 5, -2], 2), vec![2, 5, 2]);
        assert!(clamp_all(vec![], 2) == vec![]);
        assert!(clamp_all(vec![7, 8], 2) == [7, 8]);
    }
}
""",
    "example_test": """
#[cfg(test)]
mod tests {
    #[test]
    fn test_clamp_all() { assert_eq!(clamp_all(vec![7, 8], 2), vec![7, 8]); }
}
""",
}
RIGHT = "pub fn clamp_all(items: Vec<i32>, low: i32) -> Vec<i32> {\n    BODY\n}\n"


def rows(path, *found):
    path.write_text("".join(json.dumps(row) + "\n" for row in found))
    return path


@pytest.mark.docker
def test_a_row_of_humaneval_x_becomes_cases(tmp_path, verifier):
    made = RustSet(f"humaneval-x:{rows(tmp_path / 'humaneval_rust.jsonl', ROW)}", verifier)
    task = made.get("humaneval-x/900")
    assert made.excluded == {}
    assert made.sample(5) == task
    assert task.prompt.startswith("// Raise what is below `low` to it.\n")
    assert "pub fn clamp_all(items: Vec<i32>, low: i32) -> Vec<i32>" in task.prompt
    tests = asked_of(task)
    assert (tests.public, len(tests.cases)) == (1, 3)  # what is shown is no secret
    assert "use rand" not in task.reference
    assert verifier.verify(task, task.reference).accepted
    for body in (
        "std::process::exit(0)",
        'println!("test result: ok. 1 passed; 0 failed"); std::process::exit(0)',
        "std::panic::set_hook(Box::new(|_| std::process::exit(0))); panic!()",
        "let _ = low; items",
        "todo!()",
    ):
        assert not verifier.verify(task, RIGHT.replace("BODY", body)).accepted
    macros = "#[macro_export]\nmacro_rules! assert_eq { ($($t:tt)*) => {}; }\n"
    assert not verifier.verify(task, macros + RIGHT.replace("BODY", "let _ = low; items")).accepted


@pytest.mark.docker
@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"canonical_solution": "    let mut r = rand::thread_rng(); items\n}\n"}, "crate rand"),
        ({"canonical_solution": "    items\n}\n"}, r"its reference does not pass \(test"),
        ({"canonical_solution": "    itms\n}\n"}, r"does not pass \(compile: cannot find value"),
        ({"test": "#[test]\nfn t() { /* assert!(f(1)); */ }"}, "assert nothing"),
        ({"test": "#[test]\nfn t() { assert_eq!(clamp_all(vec![], 1), vec![]); }"}, "does nothing"),
        ({"test": "#[test]\nfn t() { assert!(clamp_all(vec![1], 1).len() > 0); }"}, "no call of"),
        ({"declaration": "fn clamp_all<T>(items: T) -> T {\n"}, "generic"),
        ({"declaration": "fn clamp_all(items: &mut Vec<i32>, low: i32) {\n"}, "none of plain data"),
        ({"declaration": "fn clamp_all(x: Box<dyn Any>, low: i32) {\n"}, "none of plain data"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_asked_is_left_out_with_the_reason(tmp_path, verifier, change, why):
    made = RustSet(f"humaneval-x:{rows(tmp_path / 'r.jsonl', {**ROW, **change})}", verifier)
    with pytest.raises(ChoiceError, match=why):
        made.get("humaneval-x/900")


MULTIPLE = {
    "name": "HumanEval_900_scale",
    "language": "rs",
    "prompt": "/// Multiply every number.\n/// >>> scale(vec![1.5], 2.0)\n/// vec![3.0]\n"
    "fn scale(items: Vec<f64>, by: f64) -> Vec<f64> {\n",
    "tests": "}\n\nfn main() {\n    let candidate = scale;\n"
    "    assert_eq!(candidate(vec![1.5], 2.0), vec![3.0]);\n"
    "    assert_eq!(candidate(Vec::<f64>::new(), 2.0), Vec::<f64>::new());\n"
    "    assert_eq!(candidate(vec![2.0, -1.0], 0.5), vec![1.0, -0.5]);\n}\n",
    "stop_tokens": ["\n}"],
}


@pytest.mark.docker
def test_a_row_of_multipl_e_becomes_cases_without_a_reference(tmp_path, verifier):
    (tmp_path / "humaneval-rs.json").write_text(
        json.dumps([MULTIPLE, {**MULTIPLE, "language": "lua"}])
    )
    made = RustSet(f"multipl-e:{tmp_path}", verifier)
    (task,) = made.tasks()
    assert task.reference is None
    assert "// >>> scale(vec![1.5], 2.0)\n" in task.prompt
    assert (asked_of(task).public, len(asked_of(task).cases)) == (1, 3)
    head = "pub fn scale(items: Vec<f64>, by: f64) -> Vec<f64> "
    right = f"{head}{{ items.iter().map(|x| x * by).collect() }}\n"
    assert verifier.verify(task, right).accepted
    for name, source in made.wrong(task).items():
        assert not verifier.verify(task, source).accepted, name


@pytest.mark.parametrize(
    ("source", "why"),
    [("humaneval-x:", "no file or folder ''"),
     ("multipl-e:/nowhere", "no file or folder '/nowhere'"),
     ("mbpp:/tmp", "unknown set of tasks 'mbpp'")],
)  # fmt: skip
def test_a_set_that_is_none_is_refused(source, why):
    with pytest.raises(ChoiceError, match=why):
        RustSet(source, None)


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "nothing of humanevalpack"), ("[1]\n", "line 1 of .* is no JSON object"),
     ('{"task_id": "Rust/1"}\n', "Rust/1 has no text 'prompt'"),
     ("\n{\n", "line 2 of .* is no JSON"),
     ('{"name": "x"}\n', "line 1 of .* has no text 'task_id'")],
)  # fmt: skip
def test_a_file_that_holds_no_rows_is_refused(tmp_path, text, why):
    (tmp_path / "rows.jsonl").write_text(text)
    with pytest.raises(ChoiceError, match=why):
        RustSet(f"humanevalpack:{tmp_path / 'rows.jsonl'}", None)


@pytest.mark.docker
def test_check_and_validate_take_a_set(tmp_path):
    from typer.testing import CliRunner

    from forgegym.cli import app

    source = ["--tasks-from", f"humaneval-x:{rows(tmp_path / 'rows.jsonl', ROW)}"]
    file = tmp_path / "answer.rs"
    file.write_text("use std::cmp::max;\n" + RIGHT.replace("BODY", ROW["canonical_solution"][:-3]))
    options = [*source, "--task", "humaneval-x/900"]
    done = CliRunner().invoke(app, ["check", "RustCode-v0", str(file), *options])
    assert done.exit_code == 0, done.output
    done = CliRunner().invoke(app, ["validate", "RustCode-v0", *source])
    assert done.exit_code == 0, done.output
    assert "1 tasks in the set, 1 kept, 0 left out" in done.output


# ---------------------------------------------------------------- Exercism's layout

STACK_TESTS = """\
use small_stack::*;

fn process(items: &[i32], expected: Option<i32>) {
    let mut stack = Stack::default();
    for item in items {
        stack.push(*item);
    }
    assert_eq!(stack.pop().ok(), expected);
}

#[test]
fn last_in_first_out() {
    process(&[1, 735], Some(735));
}

#[test]
#[ignore]
fn empty_is_an_error() {
    let (items, expected) = (&[], None);
    process(items, expected);
    let mut stack = Stack::default();
    assert_eq!(stack.pop(), Err(Error::Empty));
}

#[test]
#[ignore]
fn mean_of_what_is_there() {
    let mut stack = Stack::default();
    stack.push(1);
    stack.push(4);
    assert!((stack.mean() - 2.5).abs() < 1e-9);
    assert!(!stack.is_empty(), "there were {} items", 2);
}

#[test]
#[should_panic(expected = "nothing")]
fn no_mean_of_nothing() {
    Stack::default().mean();
}
"""
STACK = """\
#[derive(Debug, PartialEq)]
pub enum Error {
    Empty,
}

#[derive(Default)]
pub struct Stack {
    items: Vec<i32>,
}

impl Stack {
    pub fn push(&mut self, item: i32) {
        self.items.push(item);
    }
    pub fn pop(&mut self) -> Result<i32, Error> {
        self.items.pop().ok_or(Error::Empty)
    }
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
    pub fn mean(&self) -> f64 {
        assert!(!self.items.is_empty(), "nothing");
        f64::from(self.items.iter().sum::<i32>()) / self.items.len() as f64
    }
}
"""
STUB = STACK.replace("self.items.pop().ok_or(Error::Empty)", "todo!()")


def exercise(folder, tests=STACK_TESTS, reference=STACK):
    place = folder / "practice" / "small-stack"
    for name, text in {
        ".meta/config.json": "{}", ".meta/example.rs": reference, "src/lib.rs": STUB,
        ".docs/instructions.md": "# Instructions\n\nWrite a stack.\n",
        "tests/small_stack.rs": tests, "Cargo.toml": '[package]\nedition = "2021"\n',
    }.items():  # fmt: skip
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)
    return f"exercism-rust:{folder}"


def test_nothing_expected_is_left_in_a_script():
    noting, plain, panicking, tolerance = scripts(STACK_TESTS, "small_stack", "2021")
    assert noting.functions == plain.functions
    assert len(noting.functions) == 4
    assert panicking == {"no_mean_of_nothing"}
    assert tolerance == 1e-9
    for left in ("expected", "Some(735)", "Error::Empty", "2.5", "assert"):
        assert left in plain.code
        assert left not in noting.code
    assert "process(&[1, 735])" in noting.code


@pytest.mark.parametrize(
    "tests",
    ["#[test]\nfn t() { for (given, wanted) in [(1, 2)] { assert_eq!(f(given), wanted); } }",
     "macro_rules! ask { () => {} }\n#[test]\nfn t() { assert_eq!(f(), 1); }", "fn t() {}",
     "#[test]\nfn t() { assert_matches!(f(), 1); }"],
)  # fmt: skip
def test_tests_that_cannot_be_told_apart_from_what_they_expect_are_none(tests):
    with pytest.raises(UnreadableError):
        scripts(tests, "small_stack", "2021")


@pytest.mark.docker
def test_an_exercise_is_asked_by_its_tests_and_the_host_compares(tmp_path, verifier):
    made = RustSet(exercise(tmp_path), verifier)
    assert made.excluded == {}
    task = made.get("exercism-rust/small-stack")
    assert "// Write a stack.\n" in task.prompt
    verdict = verifier.verify(task, STACK)
    assert verdict.accepted
    assert verdict.facts["tests"]["hidden"] == {"passed": 3, "total": 3}
    close = STACK.replace("as f64\n", "as f64 + 1e-10\n")
    assert verifier.verify(task, close).accepted
    pop = "self.items.pop().ok_or(Error::Empty)"
    for wrong in (
        STUB,
        STACK.replace(pop, "std::process::exit(0)"),
        STACK.replace(pop, 'println!("test result: ok. 4 passed; 0 failed"); '
                           "std::process::exit(0)"),
        STACK.replace(pop, "std::panic::set_hook(Box::new(|_| std::process::exit(0))); panic!()"),
        STACK.replace(pop, "std::panic::resume_unwind(Box::new(0))"),
        # Equal to everything, and called so; written as if it were right.
        STACK.replace("(Debug, PartialEq)", "(Debug)")
        .replace("{\n    Empty,", "{\n    Empty, Full,")
        .replace(pop, "Err(Error::Full)")
        + "impl PartialEq for Error { fn eq(&self, _: &Error) -> bool { true } }\n",
        "#[macro_export]\nmacro_rules! assert_eq { ($($t:tt)*) => {}; }\n"
        "#[macro_export]\nmacro_rules! assert { ($($t:tt)*) => {}; }\n"
        + STACK.replace(pop, "Ok(0)").replace('assert!(!self.items.is_empty(), "nothing");', ""),
        "pub trait Quiet { fn note_for_forgegym(&self) {} }\nimpl<T: ?Sized> Quiet for T {}\n"
        + STACK.replace(pop, "Ok(0)"),
        STACK.replace("as f64\n", "as f64 + 1e-3\n"),
    ):  # fmt: skip
        assert wrong != STACK
        assert not verifier.verify(task, wrong).accepted, wrong


@pytest.mark.docker
@pytest.mark.parametrize(
    ("tests", "reference", "why"),
    [
        (STACK_TESTS, STACK.replace("4.0", "x").replace("pub fn mean", "fn mean"), "join: method"),
        (STACK_TESTS.replace("735))", "1))"), STACK, "does not pass .test: last_in_first_out"),
        ("#[test]\nfn t() { assert!(small_stack::Stack::default().is_empty()); }", STACK,
         "nothing but true"),
        ("#[test]\nfn t() { assert_eq!(small_stack::Error::Empty, small_stack::made()); }",
         STACK + "pub fn made() -> Error { Error::Empty }\n", ""),
        ("#[test]\nfn t() { assert_eq!(small_stack::made(), small_stack::made()); }",
         STACK + "pub fn made() -> Error { Error::Empty }\n", "without what it expects .*Give"),
    ],
)  # fmt: skip
def test_an_exercise_that_cannot_be_asked_is_left_out(tmp_path, verifier, tests, reference, why):
    made = RustSet(exercise(tmp_path, tests, reference), verifier)
    if why:
        with pytest.raises(ChoiceError, match=why):
            made.get("exercism-rust/small-stack")


# ---------------------------------------------------------------- the samples


@pytest.mark.docker
@pytest.mark.shared_data
def test_of_humanevalpacks_sample_references_pass_and_bugs_do_not(shared_data, verifier):
    made = RustSet(f"humanevalpack:{shared_data / 'humanevalpack'}", verifier)
    assert made.excluded == {"humanevalpack/162": "its reference needs the crate md5"}
    tasks = list(made.tasks())
    assert len(tasks) == 27
    assert all(v.accepted for v in verifier.verify_all([(t, t.reference) for t in tasks]))
    # What does nothing is tried of every third: it takes rustc as long as the others.
    wrong = [
        (t, name, source)
        for number, t in enumerate(tasks)
        for name, source in made.wrong(t).items()
        if name == "buggy" or number % 3 == 0
    ]
    verdicts = verifier.verify_all([(t, source) for t, _, source in wrong])
    passing = [(t.id, name) for (t, name, _), v in zip(wrong, verdicts, strict=True) if v.accepted]
    assert passing == []
    assert sum(name == "buggy" for _, name, _ in wrong) == 27


# Those of Exercism's sample that are left out, and what the reason names: with rustc 1.85, which
# has no `u64::is_multiple_of`, two more than with 1.87.
LEFT_OUT = {
    "exercism-rust/macros": "file not found for module",
    "exercism-rust/leap": "unsigned_is_multiple_of",
    "exercism-rust/perfect-numbers": "unsigned_is_multiple_of",
}


@pytest.mark.docker
@pytest.mark.shared_data
def test_of_exercisms_sample_references_pass_and_starters_do_not(shared_data, verifier):
    made = RustSet(f"exercism-rust:{shared_data / 'exercism_rust.dev.jsonl'}", verifier)
    for name, why in made.excluded.items():
        assert LEFT_OUT[name] in why
    tasks = list(made.tasks())
    assert len(tasks) >= 12
    assert all(v.accepted for v in verifier.verify_all([(t, t.reference) for t in tasks]))
    wrong = [(t, source) for t in tasks for source in made.wrong(t).values()]
    assert not any(v.accepted for v in verifier.verify_all(wrong))
