"""Sets of Rust tasks in their original layout: read as data, asked, and what their samples show."""

import json

import pytest

from forgegym.envs.tasks.rust_literals import Asked, UnreadableError, assertions, parsed, value
from forgegym.envs.tasks.rust_sets import RustSet
from forgegym.verifiers.rust.toolchain import RustVerifier, Tests
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
    tests = Tests.of(task)
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
    assert (Tests.of(task).public, len(Tests.of(task).cases)) == (1, 3)
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


# ---------------------------------------------------------------- the samples


@pytest.mark.docker
@pytest.mark.shared_data
def test_of_humanevalpacks_sample_references_pass_and_bugs_do_not(shared_data, verifier):
    made = RustSet(f"humanevalpack:{shared_data / 'humanevalpack'}", verifier)
    assert made.excluded == {"humanevalpack/162": "its reference needs the crate md5"}
    tasks = list(made.tasks())
    assert len(tasks) == 27
    assert all(v.accepted for v in verifier.verify_all([(t, t.reference) for t in tasks]))
    wrong = [(t, name, source) for t in tasks for name, source in made.wrong(t).items()]
    verdicts = verifier.verify_all([(t, source) for t, _, source in wrong])
    passing = [(t.id, name) for (t, name, _), v in zip(wrong, verdicts, strict=True) if v.accepted]
    assert passing == []
    assert sum(name == "buggy" for _, name, _ in wrong) == 27
