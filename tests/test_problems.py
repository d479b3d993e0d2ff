"""Problem files: what is read of them, and the one sentence that says what is wrong with one."""

import json

import pytest

from forgegym.envs.tasks.problems import ProblemError, problem, read_problems
from forgegym.verifiers.calls import Tests
from forgegym.verifiers.python.interface import Interface

ADD = {
    "id": "add",
    "description": "The sum of two numbers.",
    "function_signature": "add(a: int, b: int) -> int",
    "baseline_tests": [
        "assert add(1, 2) == 3", "assert add(-1, 1) == 0", "add(0, 0) == 0",
        "assert add(5, 6) == 11",
    ],
    "reference_solution": "def add(a, b):\n    return a + b\n",
    "difficulty": "medium",
    "tags": ["numbers", "easy ones"],
}  # fmt: skip


def written(path, *problems):
    path.write_text(json.dumps({"problems": problems}))
    return path


def test_the_first_three_tests_are_shown_and_the_others_are_hidden(tmp_path):
    (task,) = read_problems(written(tmp_path / "p.json", ADD))
    assert (task.id, task.family, task.language, task.difficulty) == ("add", "numbers", "python", 3)
    assert task.reference == ADD["reference_solution"]
    assert task.provenance == "p.json"
    tests = Tests.of(task, Interface)
    assert (tests.public, len(tests.cases)) == (3, 4)
    assert "The sum of two numbers." in task.prompt
    assert "def add(a: int, b: int) -> int" in task.prompt
    assert "assert add(0, 0) == 0" in task.prompt
    assert "11" not in task.prompt


@pytest.mark.parametrize(
    ("signature", "shown"),
    [
        ("f(a, b)", "def f(a, b)"),
        ("def f(a: int, b)->str:", "def f(a: int, b) -> str"),
        ("def f(a: list[int], b: int = 0) -> None: ...",
         "def f(a: list[int], b: int) -> None"),
        ("  f(a,\n    b,\n)  ", "def f(a, b)"),
    ],
)  # fmt: skip
def test_a_signature_may_lack_def_colon_and_annotations(signature, shown):
    task = problem("Words.", signature, ["assert f(1, 2) == 3"])
    assert str(Interface.of(task.tests["interface"])) == shown


@pytest.mark.parametrize(
    "tests",
    [
        ["assert f(1) == 'a;b'", "assert f(2) == 'c'"],
        "assert f(1) == 'a;b'; assert f(2) == 'c'",
        "assert f(1) == 'a;b'\nassert f(2) == 'c'\n",
        "f(1) == 'a;b'; f(2) == 'c';",
    ],
)
def test_tests_are_a_list_or_one_text(tests):
    asked = Tests.of(problem("Words.", "f(x)", tests), Interface)
    assert [case.expectation.value for case in asked.cases] == ["a;b", "c"]
    assert asked.public == 2


def test_tests_that_are_more_than_a_call_with_a_value_run_apart():
    task = problem(
        "Words.", "f(x)", "import math\nassert f(1) + f(2) == 3\nassert f(2) == 2\nassert f(3)"
    )
    apart = task.tests["apart"]
    assert apart["scripts"] == ["assert f(1) + f(2) == 3", "assert f(3)"]
    assert (apart["setup"], apart["public"]) == ("import math", 2)
    assert len(task.tests["cases"]) == 1


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"id": None}, "problem number 1: id is no text and no number"),
        ({"description": ""}, "problem 'add': description is no text, or an empty one"),
        ({"function_signature": "add(a"}, "problem 'add': function_signature is no `name("),
        ({"function_signature": "add(*, a)"}, "function_signature has parameters that are given"),
        ({"baseline_tests": 3}, "problem 'add': baseline_tests is no list of texts, and no text"),
        ({"baseline_tests": []}, "problem 'add': baseline_tests has no test"),
        ({"baseline_tests": ["assert add(1, 2) == 3", 4]}, "baseline_tests, number 2, is no text"),
        ({"baseline_tests": ["assert add(1"]}, "baseline_tests, number 1, is not Python"),
        ({"baseline_tests": "assert sub(1, 2) == 3"}, "baseline_tests does not call add: 'assert"),
        ({"reference_solution": "def add(:"}, "problem 'add': reference_solution is not Python"),
        ({"reference_solution": "x = 1"}, "problem 'add': reference_solution defines no add"),
        ({"difficulty": 6}, "difficulty is none of 1 to 5, easy, medium and hard: 6"),
        ({"difficulty": "hardest"}, "difficulty is none of 1 to 5, easy, medium and hard"),
        ({"tags": "numbers"}, "problem 'add': tags is no list of texts"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(tmp_path, change, why):
    with pytest.raises(ProblemError) as error:
        read_problems(written(tmp_path / "p.json", {**ADD, **change}))
    assert why in str(error.value)
    assert str(error.value).startswith(str(tmp_path / "p.json"))
    assert "\n" not in str(error.value)


def test_a_field_that_is_missing_is_named(tmp_path):
    for field in ("id", "description", "function_signature"):
        fields = {name: held for name, held in ADD.items() if name != field}
        with pytest.raises(ProblemError, match=f": {field} is missing$"):
            read_problems(written(tmp_path / "p.json", fields))


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "is no JSON"), ("[]", 'has no list "problems"'), ('{"problems": []}', "has no list"),
     ('{"problems": [1]}', "problem number 1: it is no object"), ("\ud800", "is not UTF-8")],
)  # fmt: skip
def test_a_file_that_holds_no_problems_is_refused(tmp_path, text, why):
    (tmp_path / "p.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(ProblemError, match=why):
        read_problems(tmp_path / "p.json")


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ProblemError, match=r"none\.json cannot be read: No such file"):
        read_problems(tmp_path / "none.json")


def test_two_problems_of_one_id_are_refused(tmp_path):
    with pytest.raises(ProblemError, match="id is that of an earlier problem"):
        read_problems(written(tmp_path / "p.json", ADD, ADD))


def test_what_is_typed_is_one_task():
    task = problem("The sum.", "add(a, b)", "assert add(1, 2) == 3; assert add(2, 2) == 4")
    assert (task.id, task.reference, task.tests["public"]) == ("problem", None, 2)
    with pytest.raises(ProblemError, match="problem 'x': baseline_tests is not Python"):
        problem("The sum.", "add(a, b)", "assert add(1", id="x")
