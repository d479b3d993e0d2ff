"""Tests as people write them: what is read of them, and what is not."""

import gc
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from forgegym.envs.tasks import python
from forgegym.verifiers import oracle
from forgegym.verifiers.calls import Tests, stored
from forgegym.verifiers.python.annotations import fits
from forgegym.verifiers.python.assertions import read_test, read_tests, written
from forgegym.verifiers.python.interface import Interface

F = Interface("f", (("xs", "list[int]"), ("k", "int")), "int")
YES = Interface("f", (("xs", "list[int]"), ("k", "int")), "bool")


def one(text, interface=F):
    (test,) = read_tests(text, interface)
    return test


@pytest.mark.parametrize(
    ("text", "arguments", "value"),
    [
        ("assert f([1, 2], 3) == 4", ([1, 2], 3), 4),
        ("assert (f([1, 2], 3)) == 4, 'why'", ([1, 2], 3), 4),
        ("assert 4 == f([1, 2], 3)", ([1, 2], 3), 4),
        ("assert f([], k=-3) == -0.5", ([], -3), -0.5),
        ("assert f(k=0, xs=[]) is None", ([], 0), None),
        ("assert f([], 0) == {1: (2,), 'a': {3}}", ([], 0), {1: (2,), "a": {3}}),
        ("assert f([], 0) == frozenset({1})", ([], 0), frozenset({1})),
        ("assert f([], 0) == set()", ([], 0), set()),
        ("assert f([], 0) == float('-inf')", ([], 0), float("-inf")),
        ("assert f([1,\n    2],\n  3) == b'x'", ([1, 2], 3), b"x"),
    ],
)
def test_a_call_with_a_value_is_read(text, arguments, value):
    case = one(text).case
    assert case.call == oracle.Call("f", arguments)
    assert case.expectation == oracle.Expectation(value)


def test_what_is_to_be_raised_is_read():
    for head in (
        "raises(ValueError)",
        "pytest.raises(ValueError)",
        "self.assertRaises(ValueError)",
    ):
        case = one(f"with {head}:\n    f([], 0)").case
        assert (case.call.arguments, case.expectation.raises) == (([], 0), "ValueError")


def test_a_bare_call_says_something_of_a_function_that_returns_a_bool():
    assert one("assert f([], 0)", YES).case.expectation.value is True
    assert one("assert not f([], 0)", YES).case.expectation.value is False
    assert "which value" in one("assert f([], 0)").why


def test_tolerances_are_read():
    near = one("assert abs(f([], 0) - 1.5) < 1e-3").case.expectation.tolerance
    assert near == oracle.Tolerance(absolute=1e-3, numeric=True)
    near = one("assert math.isclose(f([], 0), 1.5, rel_tol=1e-4)").case.expectation.tolerance
    assert near == oracle.Tolerance(relative=1e-4, numeric=True)
    near = one("assert f([], 0) == pytest.approx(1.5)").case.expectation.tolerance
    assert near == oracle.Tolerance(absolute=1e-12, relative=1e-6, numeric=True)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("assert f([1]) == 2", "without k"),
        ("assert f([1], 2, 3) == 2", "too many"),
        ("assert f(*[[1], 2]) == 2", "not written down"),
        ("assert f(**{}) == 2", "**"),
        ("assert g([1], 2) == 2", "does not call f"),
        ("assert f([1], 2) == f([1], 2)", "not written down"),
        ("assert f([1], 2) != 2", "=="),
        ("assert f([1], 2) == 2 == 2", "more than once"),
        ("assert f([1], 2", "not Python"),
        ("assert f([1], 2) == 2; exit()", "more than one"),
        ("assert f({[]: 1}, 0) == 1", "is a key"),
        ("assert f([], 0) == 2j", "complex"),
        ("assert f([], 0) == ...", "not written down"),
        ("assert f([], 0) == {float('nan')}", "plain data"),
        ("assert f([], '\ud800') == '\ud800'", "not Python"),
        ("assert f([], 0) == __import__('os')", "not written down"),
        ("assert (lambda: f([], 0))() == 1", "does not call f"),
        ("with open('x'):\n    f([], 0)", "raises"),
        ("with raises(ValueError):\n    f([], 0)\n    f([], 1)", "more than one"),
        ("assert abs(f([], 0) - 1) < -1", "tolerance"),
        (f"assert f({'[' * 60}{']' * 60}, 0) == 1", "nested deeper"),
        (f"assert f({'-' * 1500}1, 0) == 1", "nested too deeply"),
        (f"assert f([{'1, ' * 1000}], 0) == 1", "characters"),
    ],
)
def test_anything_else_is_no_test_and_says_why(text, why):
    test = one(text)
    assert test.case is None
    assert why in test.why


def test_tests_are_found_in_whatever_stands_around_them():
    text = '''import pytest
from solution import f

class TestF:
    def test_a(self):
        """Says something."""
        assert f([1], 2) == 3  # why

        assert f([1,
                  2], 2) == 4
        # not this one
    def test_b():
        with pytest.raises(KeyError):
            f([], 0)
assert nonsense(
print("x")
'''
    found = read_tests(text, F)
    assert [test.line for test in found] == [7, 9, 13, 15]
    assert [test.case is not None for test in found] == [True, True, True, False]
    assert found[2].case.expectation.raises == "KeyError"
    assert read_tests("hello\n\n", F) == []


@pytest.mark.parametrize(
    "after",
    [
        'print("all tests passed")',
        'if __name__ == "__main__":\n    test_all()',
        "def check():\n    return 1",
        "xs = [1, 2]",
        "These are all of them.",
        "Don't stop.",  # a text that is open at the end of its line
        "```",
        "(",
    ],
)
def test_what_stands_behind_a_test_is_no_part_of_it(after):
    for test in (
        "assert f([1], 2) == 3",
        "assert f(\n    [1],\n    # the second\n\n    2) == 3",
        "with raises(KeyError):\n    f([1], 2)",
        "with raises(KeyError):\n\n    # why\n    f([1], 2)\n    # why\n",
    ):
        inner = test.replace("\n", "\n    ")
        text = f"def test_all():\n    {inner}\n{after}\n{test}\n{after}"
        found = read_tests(text, F)
        assert [found.case is not None for found in found] == [True, True], text
        assert found[0].case == found[1].case


def test_what_has_no_end_takes_no_other_test_with_it():
    for broken in ("assert f([1], 2", "assert f([1]], 2) == 1", "assert f('", 'assert f("""'):
        found = read_tests(f"{broken}\nassert f([1], 2) == 3\nassert f([2], 2) == 3\n", F)
        assert [test.why for test in found] == ["it is not Python", "", ""], broken
    two = read_tests(
        "with raises(KeyError):\n    f([1], 2)\n    f([2], 2)\nassert f([1], 2) == 3", F
    )
    assert [test.case is not None for test in two] == [False, True]


def test_a_long_text_is_read_at_once():
    for line in ("assert f([1], 2", "assert f([1], 2) == 3", "with raises(KeyError):", "with x:"):
        assert len(read_tests(f"{line}\n" * 300, F)) == 300
        assert len(read_tests(f"{line}\n" * 60_000, F, 65)) == 65
    read_tests("assert (" + "\n" * 60_000 + ")", F)
    read_tests("assert x\n" + "    y\n" * 10_000, F)


def test_what_is_written_is_read_again():
    for task in python.tasks("eval"):
        tests = Tests.of(task, Interface)
        for case in tests.cases:
            assert read_test(written(case), tests.interface) == case


def test_a_stored_case_is_read_again():
    near = oracle.Tolerance(absolute=0.5)
    for wanted in (
        oracle.Expectation([1]), oracle.Expectation(raises="KeyError"),
        oracle.Expectation(0.5, tolerance=near),
    ):  # fmt: skip
        case = oracle.Case(oracle.Call("f", ([1], 2)), wanted)
        task = next(python.tasks("eval"))
        fields = {"interface": F.to_json(), "public": 0, "cases": [stored(case)]}
        assert Tests.of(replace(task, tests=fields), Interface).cases == (case,)


@pytest.mark.parametrize(
    ("value", "annotation", "expected"),
    [
        ([1], "list[int]", True),
        ([True], "list[int]", False),
        ([], "list[int]", True),
        ((1, "a"), "tuple[int, str]", True),
        ((1,), "tuple[int, str]", False),
        ((1, 2, 3), "tuple[int, ...]", True),
        ((1, "a"), "tuple[int, ...]", False),
        ((), "tuple[()]", True),
        ((1,), "tuple[()]", False),
        ({1: [2]}, "dict[int, list[int]]", True),
        ({1: [None]}, "dict[int, list[int]]", False),
        (None, "int | None", True),
        (1.0, "int | None", False),
        (3, "Optional[int]", True),
        ("a", "Union[int, None]", False),
        (frozenset({1}), "frozenset[int]", True),
        ({1}, "frozenset[int]", False),
        ([1], "list", True),
        ([1], "List[int]", True),
        (1, "float", False),
        (1, "Any", True),
        (1, "Callable[[int], int]", True),
        (1, "not a type at all", True),
        (1, "", True),
    ],
)
def test_plain_data_has_a_type_or_has_not(value, annotation, expected):
    assert fits(value, annotation) is expected


def test_suites_are_read_by_many_threads_at_once():
    """See `trees`: where garbage is collected in the middle of a tree, another thread may go on."""

    def yielding(*_: object) -> None:
        time.sleep(0)

    text = "\n".join(f"assert f([{n}], {n}) == {'[' * 20}{']' * 20}" for n in range(10))
    alone = read_tests(text, F)
    often, interval = gc.get_threshold(), sys.getswitchinterval()
    gc.callbacks.append(yielding)
    gc.set_threshold(20)
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            read = list(pool.map(lambda _: read_tests(text, F), range(60)))
    finally:
        gc.callbacks.remove(yielding)
        gc.set_threshold(*often)
        sys.setswitchinterval(interval)
    assert read == [alone] * 60
