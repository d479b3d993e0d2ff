"""Sets of Python tasks in their original layout: read, asked, and what their samples show."""

import collections
import gzip
import json
import re

import pytest

from forgegym.envs.tasks.problems import problem
from forgegym.envs.tasks.python_sets import PythonSet
from forgegym.verifiers.oracle import Tolerance, matches
from forgegym.verifiers.python import standin
from forgegym.verifiers.python.beside import plain
from forgegym.verifiers.python.toolchain import PythonVerifier
from forgegym.verifiers.verifier import ChoiceError

# ---------------------------------------------------------------- a test apart from its candidate


def played(script, table, setup="", parameters=("a", "b")):
    return standin.run("f", list(parameters), setup, script, table)


def test_a_stand_in_answers_from_the_table_and_asks_for_what_it_has_not():
    script = "total = f(1, 2) + f(3, 4)\nassert total == 10"
    table = []
    assert played(script, table) == ("asks", [1, 2])
    table.append(([1, 2], ("returned", 3)))
    assert played(script, table) == ("asks", [3, 4])
    table.append(([3, 4], ("returned", 7)))
    assert played(script, table) == ("passed",)
    assert played(script.replace("10", "11"), table) == ("failed", "AssertionError", "")


def test_arguments_are_told_apart_by_type_and_placed_by_name():
    table = [([1, True], ("returned", "bool")), ([1, 1], ("returned", "int"))]
    assert played("assert f(b=1, a=1) == 'int' and f(1, b=True) == 'bool'", table) == ("passed",)
    assert played("f(1.0, 1)", table) == ("asks", [1.0, 1])


def test_what_is_raised_is_raised_again():
    table = [([0], ("raised", "ValueError", "no")), ([1], ("raised", "OddError", "odd"))]
    script = """
try:
    f(0)
except ValueError as error:
    assert str(error) == "no"
try:
    f(1)
except Exception as error:
    assert type(error).__name__ == "OddError"
"""
    assert played(script, table, parameters=["a"]) == ("passed",)


@pytest.mark.parametrize("handler", ["except Exception", "except", "except BaseException"])
def test_no_handler_of_a_test_hides_that_an_answer_is_missing(handler):
    script = f"try:\n    f(0)\n{handler}:\n    pass\n"
    assert played(script, [], parameters=["a"]) == ("asks", [0])
    lost = [([0], ("lost", "no answer"))]
    assert played(script, lost, parameters=["a"]) == ("failed", "", "no answer")


def test_a_test_changes_no_answer_for_the_next_call():
    table = [([1], ("returned", [1]))]
    script = "f(1).append(2)\nassert f(1) == [1]"
    assert played(script, table, parameters=["a"]) == ("passed",)


def test_random_arguments_are_the_same_in_every_round():
    script = "import random\nf(random.randint(0, 10**9))"
    assert played(script, []) == played(script, [])


def test_the_calls_of_a_reference_are_noted_once_each():
    reference = "def f(a, b):\n    a.sort()\n    return a[:b]\n"
    script = "for n in (1, 2, 1):\n    assert f([3, 1], b=n)[0] == 1"
    found = standin.record("f", ["a", "b"], "", script, reference)
    assert found == [[[3, 1], 1], [[3, 1], 2]]


def test_subclasses_are_told_as_what_they_are_of_without_asking_them():
    class Lying(dict):
        def items(self):
            raise AssertionError

        def __iter__(self):
            raise AssertionError

    point = collections.namedtuple("point", "x y")(1, 2)
    assert type(plain(collections.Counter("aab"))) is dict
    assert plain({"k": [Lying(a=1), point]}) == {"k": [{"a": 1}, (1, 2)]}
    assert type(plain([point])[0]) is tuple
    assert plain(re.match("a*", "b")) == (0, 0)
    assert type(plain(object())) is object


def test_pythons_equality_takes_true_for_one_and_no_tuple_for_a_list():
    equal = Tolerance(numeric=True, booleans=True)
    assert matches([1, False], [True, 0.0], equal)
    assert not matches([1], (1,), equal)
    assert not matches(1, True, Tolerance(numeric=True))
    assert not matches({1: "a"}, {True: "a"}, equal)  # not in a key


# ---------------------------------------------------------------- rows of the original layouts


@pytest.fixture(scope="module")
def verifier():
    made = PythonVerifier(sandbox="docker")
    yield made
    made.close()


PROMPT = '''\
from typing import List


def twice(x: int) -> int:
    return 2 * x


def doubled(items: List[int], least: int) -> List[int]:
    """ Twice every item that is at least `least`.
    >>> doubled([1, 5], 2)
    [10]
    """
'''
ROW = {
    "task_id": "Test/900",
    "prompt": PROMPT,
    "entry_point": "doubled",
    "canonical_solution": "    return [twice(x) for x in items if x >= least]\n",
    "test": """

METADATA = {"author": "x"}


def check(candidate):
    assert True, "This prints if this assert fails"
    assert candidate([1, 5, -2], 2) == [10], "Error: " + str(candidate([], 2))
    assert candidate([], 2) == []
    print("edge cases")
    assert candidate([7, 8], 2) == [14, 16]
    import random
    for _ in range(5):
        items = [random.randint(0, 9) for _ in range(4)]
        assert candidate(items, 5) == [twice(x) for x in items if x >= 5]
    assert len(candidate([3] * 3, 3)) == 3
""",
}
HEAD = "def doubled(items, least):\n    "


def rows(path, *found):
    text = "".join(json.dumps(row) + "\n" for row in found)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


@pytest.mark.docker
def test_a_row_of_humaneval_is_asked_by_cases_and_by_a_test_apart(tmp_path, verifier):
    made = PythonSet(f"humaneval:{rows(tmp_path / 'HumanEval.jsonl.gz', ROW)}", verifier)
    assert made.excluded == {}
    task = made.get("humaneval/900")
    assert (task.licence, task.provenance) == ("MIT", "openai/human-eval")
    assert PROMPT.strip() in task.prompt
    assert len(task.tests["cases"]) == 3
    assert len(task.tests["apart"]["scripts"]) == 1
    assert len(task.tests["apart"]["calls"]) == 6
    # What the prompt has need not be repeated, and `==` is Python's.
    right = (
        HEAD
        + "found = [twice(x) for x in items if x >= least]\n    items.clear()\n    return found"
    )
    floats = HEAD + "return [2.0 * x for x in items if x >= least]"
    for program in (right, floats):
        verdict = verifier.verify(task, program)
        assert verdict.accepted, verdict.diagnostics
        assert verdict.facts["apart"] == {"passed": 1, "total": 1}
        assert verdict.facts["tests"]["hidden"] == {"passed": 4, "total": 4}
    for body in (
        "import os; os._exit(0)",
        "raise SystemExit(0)",
        "return tuple(2 * x for x in items if x >= least)",
        "return [2 * x for x in items if x > least]",
        "class E(list):\n        def __eq__(self, other): return True\n"
        "        def __len__(self): return 3\n    return E()",
        "import builtins; builtins.len = lambda x: 3; return []",
    ):
        assert not verifier.verify(task, HEAD + body).accepted, body


@pytest.mark.docker
def test_without_known_calls_a_test_asks_round_by_round(verifier):
    task = problem("Words.", "f(x)", "for i in range(4):\n    assert f(f(i)) == i + 2")
    assert "calls" not in task.tests["apart"]
    assert verifier.verify(task, "def f(x):\n    return x + 1\n").accepted
    wrong = verifier.verify(task, "def f(x):\n    return x + 2\n")
    assert not wrong.accepted
    assert "fails: AssertionError" in str(wrong.diagnostics[0])


@pytest.mark.docker
def test_where_no_test_is_hidden_the_shown_ones_decide(verifier):
    task = problem("Words.", "f(x)", ["assert f(1) == 2", "assert f(5) == 6"])
    verdict = verifier.verify(task, "def f(x):\n    return x + 1\n")
    assert verdict.accepted
    assert verdict.metrics["behaviour"] == verdict.metrics["above_trivial"] == 1.0
    half = verifier.verify(task, "def f(x):\n    return 2\n")
    assert (half.metrics["behaviour"], half.metrics["above_trivial"]) == (0.5, 0.0)


@pytest.mark.docker
@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"canonical_solution": "    return items\n"}, r"its reference does not pass"),
        ({"test": "def check(candidate):\n    assert candidate([2], 2) == [5]\n"},
         r"its reference does not pass \(test"),
        ({"test": "def check(candidate):\n    assert True\n"}, "its tests assert nothing"),
        ({"test": "x = 1\n"}, r"its test is no `check\(candidate\)`"),
        ({"test": "def check(candidate:\n"}, "its test is not Python"),
        ({"entry_point": "tripled"}, "its prompt begins no tripled"),
        ({"test": "def check(candidate):\n    assert sorted(candidate([2j], 2)) == []\n"},
         "its reference does not pass a test that runs apart"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_asked_is_left_out_with_the_reason(tmp_path, verifier, change, why):
    made = PythonSet(f"humaneval:{rows(tmp_path / 'r.jsonl', {**ROW, **change})}", verifier)
    with pytest.raises(ChoiceError, match=why):
        made.get("humaneval/900")


@pytest.mark.docker
def test_a_row_of_humanevalpack_shows_its_examples_and_has_a_bug(tmp_path, verifier):
    more = {
        "example_test": "def check(doubled):\n    assert doubled([7, 8], 2) == [14, 16]\n",
        "buggy_solution": "    return [twice(x) for x in items]\n",
    }
    made = PythonSet(f"humanevalpack:{rows(tmp_path / 'r.jsonl', {**ROW, **more})}", verifier)
    (task,) = made.tasks()
    assert (task.tests["public"], len(task.tests["cases"])) == (1, 3)  # what is shown is no secret
    for name, source in made.wrong(task).items():
        assert not verifier.verify(task, source).accepted, name
    assert "buggy" in made.wrong(task)


MBPP = {
    "task_id": 901,
    "text": "Write a function to count the letters of a text.",
    "code": "from collections import Counter\r\ndef letters(text, least=1):\r\n"
    "  return Counter(c for c in text if text.count(c) >= least)",
    "test_setup_code": "",
    "test_list": [
        "assert letters('aab') == {'a': 2, 'b': 1}",
        "assert letters('aab', 2)=={'a': 2}",
        "assert set(letters('abc')) == set('abc')",
    ],
    "challenge_test_list": ["assert not letters('', 1)"],
}


@pytest.mark.docker
@pytest.mark.parametrize("layout", ["jsonl", "json"])
def test_a_row_of_mbpp_shows_its_tests(tmp_path, verifier, layout):
    file = rows(tmp_path / "mbpp.jsonl", MBPP)
    if layout == "json":  # the sanitized one
        sanitized = {**MBPP, "prompt": MBPP["text"], "test_imports": ["import math"]}
        file = tmp_path / "mbpp.json"
        file.write_text(json.dumps([sanitized]))
    made = PythonSet(f"mbpp:{file}", verifier)
    assert made.excluded == {}
    task = made.get("mbpp/901")
    assert task.licence == "CC-BY-4.0"
    assert "def letters(text, least)" in task.prompt
    assert "assert letters('aab', 2)=={'a': 2}" in task.prompt
    counts = verifier.verify(task, task.reference).facts["tests"]
    assert (counts["public"]["total"], counts["hidden"]["total"]) == (3, 1)
    by_hand = (
        "def letters(text, least=1):\n    return {c: text.count(c) for c in text if text.count(c) "
        ">= least}\n"
    )
    assert verifier.verify(task, by_hand).accepted
    for name, source in made.wrong(task).items():
        assert not verifier.verify(task, source).accepted, name


PLUS = {
    "task_id": "HumanEval/902",
    "prompt": 'def ratio(a: int, b: int) -> float:\n    """a over b."""\n',
    "contract": "\n    assert b != 0 # $_CONTRACT_$\n",
    "entry_point": "ratio",
    "canonical_solution": "    return a / b if b else 0.0\n",
    "base_input": [[1, 2], [6, 3]],
    "plus_input": [[1, 3], [5, 0], [10**400, 1], [7, 7]],
    "atol": 0,
}
MBPP_PLUS = {
    "task_id": "Mbpp/903",
    "prompt": '"""\nWrite a function to find the shared elements.\n'
    'assert set(similar_elements((3, 4),(5, 4))) == {4}\n"""\n',
    "entry_point": "similar_elements",
    "canonical_solution": "\ndef similar_elements(one, other):\n"
    "    assert isinstance(one, tuple)\n    return tuple(set(one) & set(other))\n",
    "base_input": [[[3, 4], [5, 4]]],
    "plus_input": [[[1, 2, 3], [3, 2]], [[], []]],
    "atol": 0,
}


@pytest.mark.docker
def test_what_evalplus_expects_is_what_its_reference_answers(tmp_path, verifier):
    file = rows(tmp_path / "plus.jsonl", PLUS, MBPP_PLUS, {**MBPP_PLUS, "task_id": "Mbpp/1",
                                                           "entry_point": "sum_div"})  # fmt: skip
    made = PythonSet(f"evalplus:{file}", verifier)
    assert made.excluded == {"mbpp-plus/1": "EvalPlus judges it by a rule of its own"}
    task = made.get("humaneval-plus/902")
    assert task.licence == "Apache-2.0"
    assert len(task.tests["cases"]) == 4  # not where the contract is broken, or floats overflow
    assert verifier.verify(task, "def ratio(a, b):\n    return a * (1 / b)\n").accepted
    assert not verifier.verify(task, "def ratio(a, b):\n    return round(a / b, 3)\n").accepted
    shared = made.get("mbpp-plus/903")
    head = "def similar_elements(a, b):\n    return "
    assert verifier.verify(shared, head + "sorted(x for x in a if x in b)").accepted
    assert not verifier.verify(shared, head + "[x for x in a]").accepted


@pytest.mark.parametrize(
    ("source", "why"),
    [("humaneval:", "no file ''"), ("mbpp:/nowhere", "no file '/nowhere'"),
     ("multipl-e:/tmp", "unknown set of tasks 'multipl-e'; there are: evalplus, humaneval,")],
)  # fmt: skip
def test_a_set_that_is_none_is_refused(source, why):
    with pytest.raises(ChoiceError, match=why):
        PythonSet(source, None)


@pytest.mark.parametrize(
    ("kind", "text", "why"),
    [("humaneval", "", "nothing of humaneval"), ("humaneval", "[1]\n", "line 1 .* no JSON object"),
     ("humaneval", '{"task_id": "x"}', "line 1 of .* has no text 'prompt', as humaneval's rows"),
     ("mbpp", "\n{\n", "line 2 of .* is no JSON"),
     ("mbpp", '{"code": "x", "task_id": 3}', "mbpp/3 has no 'prompt'"),
     ("evalplus", json.dumps({**PLUS, "base_input": [1]}), "HumanEval/902 has no lists of"),
     ("problems", '{"problems": [{}]}', "problem number 1: id is missing")],
)  # fmt: skip
def test_a_file_that_holds_no_rows_is_refused(tmp_path, kind, text, why):
    (tmp_path / "rows.jsonl").write_text(text)
    with pytest.raises(ChoiceError, match=why):
        PythonSet(f"{kind}:{tmp_path / 'rows.jsonl'}", None)


# ---------------------------------------------------------------- where sets are taken

ADD = {
    "id": "add",
    "description": "The sum of two numbers.",
    "function_signature": "add(a: int, b: int) -> int",
    "baseline_tests": "assert add(1, 2) == 3; add(-1, 1) == 0; add(0, 9) == 9; add(4, 4) == 8",
    "reference_solution": "def add(a, b):\n    return a + b\n",
}


@pytest.fixture
def problems(tmp_path):
    unsolved = {**ADD, "id": "open", "reference_solution": None}
    wrong = {**ADD, "id": "wrong", "reference_solution": "def add(a, b):\n    return a - b\n"}
    (tmp_path / "p.json").write_text(json.dumps({"problems": [ADD, unsolved, wrong]}))
    return f"problems:{tmp_path / 'p.json'}"


@pytest.mark.docker
def test_environments_take_problem_files(problems, verifier):
    import gymnasium

    made = PythonSet(problems, verifier)
    assert list(made.excluded) == ["wrong"]
    assert [task.id for task in made.tasks()] == ["add", "open"]
    env = gymnasium.make("forgegym:PythonReasoning-v0", tasks_from=problems, stages=("code",))
    try:
        prompt, _ = env.reset(seed=0, options={"task": "open"})
        assert "The sum of two numbers." in prompt
        _, reward, terminated, *_ = env.step("```python\ndef add(a, b):\n    return a + b\n```")
        assert (reward, terminated) == (1.0, True)
    finally:
        env.close()
    env = gymnasium.make("forgegym:PythonTests-v0", tasks_from=problems, disable_env_checker=True)
    try:
        env.reset(seed=0)
        _, reward, terminated, *_ = env.step("assert add(1, 2) == 3\nassert add(3, 3) == 6\n")
        assert terminated
        assert reward > 0.5
        with pytest.raises(ChoiceError, match="open has no reference"):
            env.reset(options={"task": "open"})
    finally:
        env.close()


@pytest.mark.docker
def test_validate_eval_and_check_take_a_problem_file(problems, tmp_path):
    from typer.testing import CliRunner

    from forgegym.cli import app

    source = ["--tasks-from", problems]
    done = CliRunner().invoke(app, ["validate", "PythonReasoning-v0", *source])
    assert done.exit_code == 0, done.output
    assert "3 tasks in the set, 2 kept, 1 left out" in done.output
    file = tmp_path / "answer.py"
    file.write_text("def add(a, b):\n    return b + a\n")
    options = [*source, "--task", "add"]
    done = CliRunner().invoke(app, ["check", "PythonReasoning-v0", str(file), *options])
    assert done.exit_code == 0, done.output
    out = ["--out", str(tmp_path / "rows"), "--samples", "1", "--json"]
    agent = ["--agent", "constant"]
    done = CliRunner().invoke(app, ["eval", "PythonReasoning-v0", *agent, *source, *out])
    assert done.exit_code == 0, done.output
    kept = [json.loads(line) for line in (tmp_path / "rows/rows.jsonl").read_text().splitlines()]
    assert sorted(row["task_id"] for row in kept) == ["add", "open"]


# ---------------------------------------------------------------- the samples


@pytest.mark.docker
@pytest.mark.shared_data
def test_of_humanevalpacks_sample_references_pass_and_bugs_do_not(shared_data, verifier):
    made = PythonSet(f"humanevalpack:{shared_data / 'humanevalpack/python.jsonl'}", verifier)
    assert made.excluded == {}
    tasks = list(made.tasks())
    assert len(tasks) == 28
    bugs = [(task, made.wrong(task)["buggy"]) for task in tasks]
    assert [
        t.id for (t, _), v in zip(bugs, verifier.verify_all(bugs), strict=True) if v.accepted
    ] == []


@pytest.mark.docker
@pytest.mark.shared_data
def test_of_mbpps_sample_references_pass(shared_data, verifier):
    made = PythonSet(f"mbpp:{shared_data / 'mbpp/sanitized-mbpp.json'}", verifier)
    assert made.excluded == {}
    assert len(list(made.tasks())) == 61


@pytest.mark.docker
@pytest.mark.shared_data
def test_recorded_verdicts_of_models_answers_are_reproduced(shared_data, verifier):
    """EvalPlus's verdicts by the original tests, of those answers whose tasks are in the sample."""
    made = PythonSet(f"humanevalpack:{shared_data / 'humanevalpack/python.jsonl'}", verifier)
    tasks = {task.id: task for task in made.tasks()}
    recorded = (shared_data / "humaneval_llm_outputs.dev.jsonl").read_text().splitlines()
    answers = [
        (tasks[name], row["answer"], row["upstream"]["base"])
        for row in map(json.loads, recorded)
        if (name := row["task"].replace("humanevalpack-python", "humanevalpack")) in tasks
    ]
    assert len(answers) >= 15
    verdicts = verifier.verify_all([(task, answer) for task, answer, _ in answers])
    assert ["pass" if verdict.accepted else "fail" for verdict in verdicts] == [
        base for _, _, base in answers
    ]
