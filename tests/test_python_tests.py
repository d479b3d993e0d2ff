"""`PythonTests-v0` and `code_duel_v0`: which tests count, and what both sides are paid."""

from dataclasses import replace

import gymnasium
import pytest
from conftest import need_module
from gymnasium.utils.env_checker import check_env

from forgegym.envs.python_tests import PythonTestsEnv, PythonTestsVectorEnv
from forgegym.envs.reasoning import PythonReasoningEnv, PythonReasoningVectorEnv
from forgegym.envs.rewards import PRESETS
from forgegym.envs.tasks import python, python_tests
from forgegym.verifiers.python.suites import ENOUGH, MAX_TESTS, SuiteVerifier, read_suites
from forgegym.verifiers.verdict import Stage, StageStatus, Toolchain, Verdict
from forgegym.verifiers.verifier import ChoiceError

# ---------------------------------------------------------------- pay


def paid(preset, *, facts=None, **metrics):
    stages = (Stage("parse", StageStatus.PASSED),)
    return PRESETS[preset](
        Verdict("k", "s", Toolchain("CPython", "3"), stages, metrics, facts or {})
    )


@pytest.mark.parametrize(
    ("passed", "valid", "tests", "solver", "writer"),
    [
        # (1 - pass rate) x validity, and the pass rate: constant-sum where all tests are valid.
        (3, 4, 4, 0.75, 0.25),
        (0, 4, 4, 0.0, 1.0),
        (4, 4, 4, 1.0, 0.0),
        (1, 2, 4, 0.5, 0.25),
        (0, 1, 8, 0.0, 0.125),
    ],
)
def test_the_duels_pay_by_hand(passed, valid, tests, solver, writer):
    share, validity = passed / valid, valid / tests
    own = paid("duel", withstood=share).total
    other = paid("test-writer", pass_rate=share, validity=validity).total
    assert (own, other) == (pytest.approx(solver), pytest.approx(writer))
    if valid == tests:
        assert own + other == pytest.approx(1.0)


def test_without_a_valid_test_the_solver_is_paid_for_public_cases():
    counts = {"tests": {"public": {"passed": 2, "total": 3}}}
    assert paid("duel", facts=counts).total == pytest.approx(2 / 3)
    assert paid("duel").total == 0.0


def test_the_other_presets_by_hand():
    assert paid("anchored", withstood=0.5, above_trivial=0.2).total == pytest.approx(
        0.5 * (0.1 + 0.18) + 0.25
    )
    assert paid("clipped-tests", kills=0.25, clipped_validity=0.5).total == pytest.approx(0.375)


# ---------------------------------------------------------------- tasks


def test_tasks_are_those_of_the_solver_seen_from_the_other_side():
    for seed in range(5):
        task, other = python_tests.sample(seed), python.sample(seed)
        assert task.id == other.id.replace("python/", "python-tests/")
        assert other.prompt in task.prompt
        assert task.tests["program"] == other.reference
        problem = python.TASKS.problem(other)
        assert set(problem.wrong) <= set(task.tests["opponents"])
        assert other.reference not in task.tests["opponents"]
        assert python_tests.get(task.id) == task
    assert [t.id for t in python_tests.tasks("eval", difficulty=2)] == [
        t.id.replace("python/", "python-tests/") for t in python.tasks("eval", difficulty=2)
    ]
    for wrong in ("python/money/1/eval-0", "python-tests/nothing", ""):
        with pytest.raises(ChoiceError):
            python_tests.get(wrong)


def test_an_opponent_is_shown_only_where_asked():
    task = python_tests.sample(1)
    hidden = python_tests.with_opponents(task, ["def f(): ...\n"])
    assert (hidden.prompt, hidden.tests["opponents"]) == (task.prompt, ["def f(): ...\n"])
    shown = python_tests.with_opponents(task, ["def f(): ...\n", "x"], shown="def f(): ...\n")
    assert shown.prompt.endswith("```python\ndef f(): ...\n```\n")
    assert len({task.key, hidden.key, shown.key}) == 3


# ---------------------------------------------------------------- verdicts


@pytest.fixture(scope="module", params=[pytest.param("docker", marks=pytest.mark.docker)])
def verifier(request):
    made = SuiteVerifier(sandbox=request.param, workers=2)
    yield made
    made.close()


def double(opponents):
    task = next(python.tasks("eval", families=["running"]))
    source = (
        "def double(n: int) -> int:\n    if n < 0:\n        raise ValueError\n    return n * 2\n"
    )
    fields = {"name": "double", "parameters": [["n", "int"]], "returns": "int"}
    return python_tests.with_opponents(
        python_tests.Task(
            id="double", family="own", language="python", prompt="n below 0 raises ValueError",
            tests={"interface": fields, "program": source, "opponents": []},
        ),
        opponents or [task.reference],
    )  # fmt: skip


WRONG = [
    "def double(n):\n    return n * 2\n",  # does not raise
    "def double(n):\n    return n + 2\n",
    "import os\nos._exit(0)\n",
    "def double(n):\n    while True: pass\n",
    "class E:\n    def __eq__(self, other): return True\ndef double(n):\n    return E()\n",
]


def test_validity_and_kills_by_hand(verifier):
    task = double(WRONG)
    source = "\n".join(
        [
            "assert double(2) == 4",  # passed by n + 2
            "assert double(3) == 7",  # wrong
            "assert double(True) == 2",  # of another type
            "assert double(2) == 5",  # asks the same
            "assert double(0) == 0",
            "with raises(TypeError):\n    double(-1)",  # nothing says so
            "with raises(ValueError):\n    double(-1)",
            "assert double(1) == double(1)",
        ]
    )
    verdict = verifier.verify(task, source)
    assert [(s.name, s.passed) for s in verdict.stages] == [
        ("parse", True), ("validity", False), ("kills", True),
    ]  # fmt: skip
    assert [d.line for d in verdict.diagnostics] == [2, 3, 4, 6, 10]
    assert verdict.metrics == {
        "tests": 8.0, "valid_tests": 3.0, "validity": 3 / 8, "clipped_validity": 3 / 8,
        "opponents": 5.0, "kills": 1.0,
        # Two of three, one of three (2 + 2 is 4), and nothing.
        "pass_rate": pytest.approx((2 / 3 + 1 / 3) / 5),
    }  # fmt: skip
    alone = verifier.verify(task, "assert double(2) == 4\n")
    assert (alone.metrics["kills"], alone.metrics["clipped_validity"]) == (3 / 5, 1 / ENOUGH)
    assert "2 of 5 wrong programs" in alone.diagnostics[0].message


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("", "there is no test"),
        ("print(1)\n", "there is no test"),
        ("assert double(1) == 2\n" * (MAX_TESTS + 1), "more than 64 tests"),
        ("#" * 70_000, "more than 64 kB"),
        ("assert double('\ud800') == 2\n", "is not Python"),
    ],
)
def test_what_holds_no_test_kills_nothing(verifier, source, complaint):
    verdict = verifier.verify(double(WRONG), source)
    assert (verdict.stage, verdict.valid) == ("parse", True)
    assert complaint in verdict.diagnostics[0].message
    assert PRESETS["test-writer"](verdict).total == PRESETS["clipped-tests"](verdict).total == 0.0


def test_a_test_that_never_ends_spoils_no_other_suite(verifier):
    task = double(WRONG)
    task = replace(task, tests={**task.tests, "program": COUNTING})
    endless, fine = f"assert double({10**12}) == {2 * 10**12}", "assert double(3) == 6"
    alone, other = read_suites(verifier.programs, task, [endless, fine])
    assert (alone.valid, other.valid) == ((False,), (True,))


COUNTING = "def double(n: int) -> int:\n    for _ in range(n): pass\n    return n * 2\n"


def test_a_test_that_takes_the_reference_long_is_none_and_takes_no_other_with_it(verifier):
    task = double(WRONG)
    task = replace(task, tests={**task.tests, "program": COUNTING})
    light = [f"assert double({n}) == {2 * n}" for n in range(7)]
    # Half a minute of it, and what takes half of what a program has.
    for heavy in (10**9, 25_000_000):
        tests = [*light[:3], f"assert double({heavy}) == {2 * heavy}", *light[3:]]
        verdict = verifier.verify(task, "\n".join(tests))
        assert verdict.metrics["valid_tests"] == 7.0
        (complaint,) = next(s for s in verdict.stages if s.name == "validity").diagnostics
        assert (complaint.line, complaint.message[:30]) == (
            4,
            "the reference takes too long ("[:30],
        )


def test_a_right_program_that_is_slower_loses_to_no_test(verifier):
    task = double(WRONG)
    task = replace(task, tests={**task.tests, "program": COUNTING})
    slower = COUNTING.replace("pass", "n * n - n + 1")
    suite = [f"assert double({n}) == {2 * n}" for n in (1, 400_000, 600_000)]
    verdict = verifier.verify(
        replace(task, tests={**task.tests, "opponents": [slower]}), "\n".join(suite)
    )
    assert (verdict.metrics["validity"], verdict.metrics["kills"]) == (1.0, 0.0)


def test_the_references_tests_are_valid_and_kill_all(verifier):
    tasks = list(python_tests.tasks("eval", difficulty=3))
    for verdict in verifier.verify_all([(task, task.reference) for task in tasks]):
        assert verdict.accepted
        assert (verdict.metrics["validity"], verdict.metrics["kills"]) == (1.0, 1.0)


# ---------------------------------------------------------------- environments


def test_the_environment_keeps_gymnasiums_contract(verifier):
    check_env(PythonTestsEnv(verifier=verifier, max_turns=2), skip_render_check=True)


@pytest.mark.docker
def test_it_is_made_by_its_id():
    env = gymnasium.make("forgegym:PythonTests-v0", sandbox="docker", reward="clipped-tests")
    env.reset(seed=3)
    _, reward, terminated, _, info = env.step(f"```python\n{env.unwrapped.task.reference}```\n")
    assert (reward, terminated, info["valid"]) == (1.0, True, True)
    env.close()


def test_a_solvers_program_is_the_opponent(verifier):
    env = PythonTestsEnv(verifier=verifier, shown=True)
    observation, info = env.reset(seed=3, options={"opponents": ["x = 1\n"]})
    assert "x = 1" in observation
    assert env.observation_space.contains(observation)
    feedback, reward, *_ = env.step(env.task.reference)
    assert reward == 1.0
    right = python.sample(3).reference
    again, other = env.reset(seed=3, options={"opponents": [right]})
    assert again != observation
    assert other["task_key"] != info["task_key"]
    feedback, reward, terminated, *_ = env.step(env.task.reference)
    assert (reward, terminated) == (0.0, False)
    assert "are not failed by every wrong program" in feedback
    env.reset(seed=3, options={"opponents": []})
    *_, info = env.step(env.task.reference)
    assert (info["verdict"].metrics["validity"], info["components"]) == (1.0, {"failed": 0.0})
    with pytest.raises(ChoiceError, match="opponents"):
        env.reset(seed=3, options={"opponents": "x = 1"})


@pytest.mark.parametrize("program", ["s = '\ud800'\n", "#" * 1_000_000, "\0"])
def test_whatever_a_solver_wrote_its_writer_can_be_shown(verifier, program):
    env = PythonTestsEnv(verifier=verifier, shown=True)
    observation, info = env.reset(seed=3, options={"opponents": [program]})
    assert env.observation_space.contains(observation)
    assert program[:5].encode("utf-8", "replace").decode() in observation
    *_, reward, _, _, info = env.step(env.task.reference)
    assert (reward, info["valid"]) == (1.0, True)


def test_tests_are_practised_on_one_half_of_the_wrong_programs_and_tried_on_the_other(verifier):
    env = PythonTestsEnv(verifier=verifier)
    env.reset(seed=3)
    own = env.task.tests["opponents"]
    halves = []
    for part in python_tests.PARTS:
        env.reset(seed=3, options={"wrong": part, "opponents": ["x = 1\n"]})
        first, *half = env.task.tests["opponents"]
        assert first == "x = 1\n"
        *_, info = env.step(env.task.reference)
        shares = info["verdict"].facts["shares"]
        # In the opponents' order: what does not run passes nothing.
        assert len(shares) == 1 + len(half)
        assert shares[0] == 0.0
        assert all(share < 1.0 for share in shares[1:])
        assert any(share > 0.0 for share in shares[1:])
        halves.append(half)
    assert sorted(halves[0] + halves[1]) == sorted(own)
    assert not set(halves[0]) & set(halves[1])
    env.reset(seed=3, options={"wrong": "trial"})
    assert env.task.tests["opponents"] == halves[1]
    with pytest.raises(ChoiceError, match="practice or trial"):
        env.reset(seed=3, options={"wrong": "all"})


def test_a_writers_tests_are_what_the_solver_meets(verifier):
    env = PythonReasoningEnv(verifier=verifier.programs, stages="code", reward="duel")
    task = python.sample(3)
    first, second, *_ = python_tests.tests_for(task).reference.split("assert")[1:]
    tests = [f"assert{first}assert{second}", f"assert{second}assert money(1) == 2\nassert 1\n"]
    mistaken = python.TASKS.problem(task).wrong[0]
    for source, full in ((task.reference, True), (mistaken, False), ("x", False)):
        env.reset(seed=3, options={"tests": tests})
        assert len(env.task.tests["opposing"]) == 2  # equal ones once, and no other
        _, reward, terminated, _, info = env.step(source)
        assert terminated is full
        assert reward == 1.0 or not full
        assert info["components"] == {"withstood": info["verdict"].metrics["withstood"]}
        # What the opponent asks decides nothing about the task.
        plain = verifier.programs.verify(task, source)
        assert info["verdict"].metrics["behaviour"] == plain.metrics["behaviour"]
    env.reset(seed=3, options={"tests": ["assert 1"]})
    assert env.step(task.reference)[-1]["components"] == {"withstood": 1.0}
    with pytest.raises(ChoiceError, match="tests"):
        env.reset(seed=3, options={"tests": "assert 1"})
    env.reset(seed=3)
    assert "opposing" not in env.task.tests


@pytest.mark.docker
def test_episodes_of_a_vector_have_opponents_of_their_own():
    with_tests = PythonTestsVectorEnv(num_envs=2, sandbox="docker")
    right = python.sample(3).reference
    with_tests.reset(seed=[3, 3], options={"each": [{"opponents": [right]}, {"opponents": ["x"]}]})
    suite = python_tests.sample(3).reference
    assert with_tests.step((suite, suite))[1].tolist() == [0.0, 1.0]
    with_tests.close()
    solving = PythonReasoningVectorEnv(
        num_envs=2, sandbox="docker", stages=("code",), reward="duel"
    )
    solving.reset(seed=[3, 3], options={"each": [{"tests": [suite]}, {"tests": ["assert 1"]}]})
    *_, infos = solving.step((right, right))
    assert infos["verdict"][0].metrics["withstood"] == 1.0
    assert "withstood" not in infos["verdict"][1].metrics
    solving.close()


# ---------------------------------------------------------------- the duel


@pytest.mark.filterwarnings("ignore::UserWarning")  # PettingZoo would rather see arrays
def test_the_duel_keeps_pettingzoos_contract(verifier):
    need_module("pettingzoo", "duel")
    from pettingzoo.test import api_test, seed_test

    from forgegym.envs import code_duel_v0

    api_test(code_duel_v0.env(verifier=verifier), num_cycles=10)
    seed_test(lambda: code_duel_v0.env(verifier=verifier), num_cycles=6)


def test_what_one_wins_the_other_loses(verifier):
    need_module("pettingzoo", "duel")
    from forgegym.envs import code_duel_v0

    env = code_duel_v0.env(verifier=verifier, stages=("pseudocode", "code"), render_mode="ansi")
    task = python.sample(3)
    suite = python_tests.tests_for(task).reference
    mistaken = python.TASKS.problem(task).wrong[0]
    for source, fails in ((task.reference, False), (mistaken, True)):
        env.reset(seed=3)
        said = iter([("solver", "a plan"), ("solver", source), ("test_writer", suite)])
        pay = {}
        for agent in env.agent_iter():
            observation, reward, terminated, truncated, info = env.last()
            if terminated or truncated:
                pay[agent] = (reward, info["valid"])
                env.step(None)
                continue
            expected, action = next(said)
            assert agent == expected
            if agent == "test_writer":
                assert source in observation["text"]
            env.step(action)
        assert pay["solver"][0] + pay["test_writer"][0] == pytest.approx(1.0)
        assert (pay["test_writer"][0] > 0) is fails
        assert all(valid for _, valid in pay.values())
        assert suite in env.render()
    for wrong in ({"render_mode": "human"}, {"stages": ("nothing",)}, {"writer_reward": "?"}):
        with pytest.raises(ChoiceError):
            code_duel_v0.env(verifier=verifier, **wrong)
