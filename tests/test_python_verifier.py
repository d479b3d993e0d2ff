"""Python's verdicts in a sandbox: what is told of wrong programs, and what they cannot do."""

import pytest

from forgegym.envs.tasks import python
from forgegym.envs.tasks.asserted import asked_by
from forgegym.verifiers.oracle import Call, Case, Expectation, ask, compare
from forgegym.verifiers.python.driver import encode
from forgegym.verifiers.python.interface import Interface
from forgegym.verifiers.python.toolchain import PythonVerifier
from forgegym.verifiers.task import Task

BACKENDS = [
    pytest.param("docker", marks=pytest.mark.docker),
    pytest.param("bubblewrap", marks=pytest.mark.bubblewrap),
]
RAISES = object()


def task(name, parameters, returns, cases, public=1, **more):
    return Task(
        "t", "f", "python", "p",
        tests={
            "interface": {"name": name, "parameters": parameters, "returns": returns},
            "public": public,
            "cases": [
                {"args": encode(list(args)), **({"raises": "ValueError"} if value is RAISES
                                                else {"value": encode(value)})}
                for args, value in cases
            ],
        },
        **more,
    )  # fmt: skip


HALF = task(
    "half", [["n", "int"]], "int | None",
    [((4,), 2), ((5,), None), ((0,), 0), ((-6,), -3), ((-7,), None), ((8,), 4)],
)  # fmt: skip
RIGHT = "def half(n: int) -> int | None:\n    return n // 2 if n % 2 == 0 else None\n"


@pytest.fixture(scope="module", params=BACKENDS)
def verifier(request):
    made = PythonVerifier(sandbox=request.param)
    yield made
    made.close()


def test_a_right_program_passes(verifier):
    verdict = verifier.verify(HALF, RIGHT)
    assert verdict.accepted
    assert [stage.name for stage in verdict.stages] == ["parse", "test"]
    assert verdict.metrics["behaviour"] == verdict.metrics["above_trivial"] == 1.0
    assert verdict.metrics["errors"] == verdict.metrics["warnings"] == 0
    assert verdict.metrics["complexity"] == 2
    assert verdict.toolchain.name == "CPython"
    assert verdict.toolchain.version.startswith(f"{verdict.toolchain.language_version}.")
    assert verdict.facts["tests"] == {
        "public": {"passed": 1, "total": 1}, "hidden": {"passed": 5, "total": 5}
    }  # fmt: skip


@pytest.mark.parametrize(
    ("source", "stage", "said"),
    [
        ("def half(", "parse", "line 1, column 9: error: '(' was never closed"),
        ("def half(n):\nreturn n", "parse", "line 2, column 1"),
        ("def half(n): return n\0", "parse", "null bytes"),
        ("return 3", "parse", "'return' outside function"),
        ("x = " + "(" * 400 + ")" * 400, "parse", "too many nested parentheses"),
        ("", "test", "there must be `def half(n: int) -> int | None`"),
        ("def halve(n): return n", "test", "there must be"),
        ("x = 1\nvalue = missing\ndef half(n): return n", "test",
         "line 2, column 1: error: NameError while it was loaded: name 'missing' is not defined"),
        ("raise SystemExit", "test", "SystemExit while it was loaded"),
        ("half = 3", "test", "'int' object is not callable"),
        ("def half(): pass", "test", "it raised TypeError: half() takes 0 positional"),
        ("def half(n): return None", "test", "half(4) is expected to be 2; it returned None"),
        ("def half(n): return 2.0", "test", "it returned 2.0"),
        ("def half(n):\n    x = 1\n    return x / (n - 4)\n", "test",
         "line 3, column 5: error: half(4) is expected to be 2; it raised ZeroDivisionError"),
        ("def half(n): return iter(())", "test", "it gave no plain data: tuple_iterator"),
        ("import os\ndef half(n): os._exit(0)", "test", "did not answer"),
        ("import os\ndef half(n): os.abort()", "test", "signal 6"),
        ("def half(n): return half(n)", "test", "RecursionError"),
        ("def half(n):\n    while True: pass", "test", "did not finish"),
        ("def half(n):\n    v = [0]\n    while True: v += v", "test", "emory"),
    ],
)  # fmt: skip
def test_a_wrong_program_is_told_what_is_wrong(verifier, source, stage, said):
    verdict = verifier.verify(HALF, source)
    assert verdict.valid
    assert verdict.stage == stage
    assert any(said in str(d) for d in verdict.diagnostics), verdict.diagnostics
    assert verdict.metrics["above_trivial"] == 0.0
    assert not any("-3" in str(d) for d in verdict.diagnostics)  # a hidden case's answer


def test_what_keeps_a_program_from_loading_is_told_once(verifier):
    given = task("f", [["n", "int"]], "int", [((n,), n) for n in range(6)], public=3)
    verdict = verifier.verify(given, "import nothing_of_that_name\ndef f(n): return n\n")
    (told,) = verdict.diagnostics
    assert (told.line, told.column, told.code) == (1, 1, "load")
    assert "ModuleNotFoundError" in told.message


def test_an_exception_is_an_answer_where_one_is_asked_for(verifier):
    given = task(
        "f", [["n", "int"]], "int", [((0,), RAISES), ((1,), 1), ((-1,), RAISES), ((2,), 2)]
    )
    right = "def f(n):\n    if n < 1:\n        raise ValueError('low')\n    return n\n"
    assert verifier.verify(given, right).accepted
    for wrong in ("Exception", "UnicodeError", "KeyError"):  # not even a subclass is the same
        verdict = verifier.verify(given, right.replace("ValueError", wrong))
        assert "is expected to raise ValueError; it raised" in str(verdict.diagnostics[0])
        assert verdict.metrics["behaviour"] == pytest.approx(2 / 3)
    quiet = verifier.verify(given, "def f(n): return n")
    assert "f(0) is expected to raise ValueError; it returned 0" in str(quiet.diagnostics[0])


def test_an_argument_that_is_changed_is_a_wrong_answer(verifier):
    given = task("f", [["v", "list[int]"]], "int", [(([3, 1],), 4), (([2],), 2), (([],), 0)])
    assert verifier.verify(given, "def f(v): return sum(v)").accepted
    for change in ("v.sort()", "v.clear()", "v[:] = [iter(())]", "v.append(v)"):
        source = f"def f(v):\n    total = sum(v)\n    {change}\n    return total\n"
        verdict = verifier.verify(given, source)
        assert "f([3, 1]) is expected to be 4; it changed an argument" in str(verdict)
    # A call within the program may do with it what it likes.
    source = "def f(v):\n    return 0 if not v else v[0] + f(v[1:])\n"
    assert verifier.verify(given, source).accepted


def test_values_are_shown_the_same_in_every_process(verifier):
    given = task("f", [["v", "set[str]"]], "set[str]", [(({"b", "c", "a"},), {"a"})] * 1)
    said = str(verifier.verify(given, "def f(v): return v").diagnostics[0])
    assert "f({'a', 'b', 'c'}) is expected to be {'a'}; it returned {'a', 'b', 'c'}" in said


def test_warnings_cannot_be_silenced_and_comments_that_silence_are_counted(verifier):
    loud = "import warnings\nwarnings.simplefilter('ignore')\nx = '\\d'\n" + RIGHT
    verdict = verifier.verify(HALF, loud)
    assert verdict.accepted
    assert verdict.metrics["warnings"] == 1
    assert "invalid escape sequence" in verdict.diagnostics[0].message
    verdict = verifier.verify(HALF, RIGHT.replace("None\n", "None  # type: ignore  # noqa\n"))
    assert verdict.metrics["suppressions"] == 1


def test_a_task_without_tests_is_only_read(verifier):
    verdict = verifier.verify(Task("t", "f", "python", "p"), "raise SystemExit\n")
    assert verdict.accepted
    assert [stage.name for stage in verdict.stages] == ["parse"]


def test_equal_programs_are_judged_once_and_others_side_by_side(verifier):
    wrong = RIGHT.replace("n // 2", "n")
    verdicts = verifier.verify_all([(HALF, RIGHT), (HALF, wrong), (HALF, RIGHT)])
    assert [v.accepted for v in verdicts] == [True, False, True]
    assert verdicts[0] == verdicts[2]


@pytest.mark.parametrize("source", ["def half\udc80", "x" * 70_000])
def test_a_text_that_is_no_program_is_refused(verifier, source):
    verdict = verifier.verify(HALF, source)
    assert verdict.valid
    assert verdict.stage == "parse"
    assert verdict.metrics["behaviour"] == 0.0


def test_references_of_the_evaluation_set_pass_and_wrong_solutions_do_not(verifier):
    tasks = list(python.tasks("eval"))
    verdicts = verifier.verify_all([(t, t.reference) for t in tasks])
    for t, verdict in zip(tasks, verdicts, strict=True):
        assert verdict.accepted, (t.id, verdict.diagnostics)
        assert verdict.metrics["warnings"] == 0, (t.id, verdict.diagnostics)
    wrong = [(t, source) for t in tasks for source in python.TASKS.problem(t).wrong]
    for (t, source), verdict in zip(wrong, verifier.verify_all(wrong), strict=True):
        assert verdict.passed("parse"), (t.id, source)
        assert verdict.metrics["behaviour"] < 1.0, (t.id, source)


def test_without_a_sandbox_it_is_this_python():
    with pytest.warns(UserWarning, match="without a sandbox"):
        verifier = PythonVerifier(sandbox="unsafe", allow_unsafe=True, workers=1)
    try:
        assert verifier.sandbox == "unsafe"
        assert verifier.verify(HALF, RIGHT).accepted
    finally:
        verifier.close()


# ---------------------------------------------------------------- what is not shown stays so


TOLD = [
    "assert f(1) == 2", "assert [f(i) for i in (5, 6)] == [6, 7]", "assert f(3) == 4",
    "assert f(987654321) == 987654322", "assert [f(i) for i in (4321, 1)] == [4322, 2]",
]  # fmt: skip
NEXT = "def f(x):\n    return x + 1\n"


@pytest.fixture(scope="module")
def next_number(verifier):
    """Two shown cases, a shown test that runs apart, and one of each that is hidden."""
    tests = asked_by(Interface("f", (("x", "int"),), "int"), TOLD)
    assert (tests["public"], len(tests["cases"]), tests["apart"]["public"]) == (2, 3, 1)
    found = verifier.recorded(Task("t", "f", "python", "p", tests=tests, reference=NEXT))
    assert verifier.verify(found, NEXT).accepted
    return found


@pytest.mark.parametrize(
    "source",
    [
        "def f(x): return x",
        "def f(x): return x + 1 if x in (1, 3) else 0",
        # Says all that it has met where it can.
        "met = []\ndef f(x):\n    met.append(x)\n    if x in (5, 6): raise ValueError(repr(met))\n"
        "    return x + 1\n",
        "met = []\ndef f(x):\n    met.append(x)\n    raise ValueError(repr(met))\n",
        # By the way it ends, as soon as it meets what is hidden.
        "import os\ndef f(x):\n    if x > 9: os._exit(x % 200 + 1)\n    return x + 1\n",
        "import os\ndef f(x):\n    if x > 9: os.kill(os.getpid(), x % 5 + 4)\n    return x + 1\n",
    ],
)
def test_what_is_told_says_nothing_of_what_is_hidden(verifier, next_number, source):
    verdict = verifier.verify(next_number, source)
    assert verdict.valid
    assert not verdict.accepted
    told = " ".join(d.message for d in verdict.diagnostics)
    assert told
    for hidden in ("987654321", "987654322", "4321", "4322", "status 122", "signal 5"):
        assert hidden not in told


def test_more_cases_than_answers_of_a_megabyte_would_have_room_for(verifier):
    many = task("half", [["n", "int"]], "int", [((n,), n // 2) for n in range(764)])
    assert verifier.verify(many, "def half(n): return n // 2").accepted
    long = verifier.verify(many, "def half(n): return n // 2 if n != 9 else '-' * 90_000")
    assert long.valid
    assert long.facts["tests"]["hidden"] == {"passed": 762, "total": 763}


def test_answers_that_are_too_long_together_are_not_read():
    cases = [Case(Call("f", (n,)), Expectation("-" * 900_000)) for n in range(12)]
    _, ids = ask(cases)
    answers = [b'{"id":"%s","value":"%s"}' % (id.encode(), b"-" * 900_000) for id in ids]
    results = compare(cases, ids, answers)
    assert [r.passed for r in results] == [True] * 9 + [False] * 3
    assert results[-1].reason == "the answers are too long"


def test_the_same_program_gives_the_same_answers(verifier):
    """Hashes of texts are drawn anew for each process, unless it is told not to."""
    source = "def f(n): return list(set('abcdefghijklmnopq'))[n]"
    calls = [(n,) for n in range(17)]
    first = verifier.answers(source, "f", calls)
    assert first == verifier.answers(source, "f", calls)
    assert len({answer.value for answer in first}) == 17


def test_a_program_imports_nothing_of_its_folder(verifier):
    source = (
        "import sys\ndef half(n): return [p for p in sys.path if p in ('', '.', '/work')] or n // 2"
    )
    answers = verifier.answers(source, "half", [(4,)])
    assert answers[0].value == 2
