"""`forgegym solve`: stages asked for in order, programs that are run or not, files that survive."""

import json

import pytest
from typer.testing import CliRunner

from forgegym.agents.agent import AgentError
from forgegym.benchmarks.solve import ROWS, SolveConfig, SolveError, solutions, solve, solve_all
from forgegym.cli import app
from forgegym.envs.reasoning import STAGES
from forgegym.envs.tasks.problems import problem
from forgegym.verifiers.python.toolchain import PythonVerifier

ADD = problem("Their sum.", "add(a: int, b: int) -> int", "assert add(1, 2) == 3", id="add")
NEG = problem(
    "The negative.", "neg(a: int) -> int", "assert neg(1) == -1; assert neg(0) == 0", id="neg"
)
RIGHT = {"add": "def add(a, b):\n    return a + b\n", "neg": "def neg(a):\n    return -a\n"}


class Scripted:
    """Answers stages with their number, and code with what it was made with, one a call."""

    name = "scripted"

    def __init__(self, *programs):
        self.programs, self.read = list(programs), []

    def generate(self, prompts, *, seeds):
        self.read += list(zip(prompts, seeds, strict=True))
        answers = []
        for prompt in prompts:
            if "## Now: code" in prompt:
                answers.append(f"```python\n{self.programs.pop(0)}```")
            else:
                answers.append(f"text {len(self.read)}")
        return answers


class Talking(Scripted):
    def converse(self, conversations, *, seeds, max_new_tokens=None):
        self.read += [(tuple(c), max_new_tokens) for c in conversations]
        code = "## Now: code" in conversations[0][-1]
        return [f"```python\n{self.programs.pop(0)}```" if code else f"text {len(self.read)}"]


class Failing(Scripted):
    def generate(self, prompts, *, seeds):
        raise AgentError("the endpoint is gone")


@pytest.fixture(scope="module", params=[pytest.param("docker", marks=pytest.mark.docker)])
def verifier(request):
    made = PythonVerifier(sandbox=request.param, workers=2)
    yield made
    made.close()


def config(stages=STAGES, **changes):
    return SolveConfig(agent="scripted", stages=tuple(stages), **changes)


def test_stages_are_asked_for_in_order_and_shown_again():
    agent, heard = Scripted(RIGHT["add"]), []
    found = solve(agent, ADD, config(), verifier=None, on_stage=lambda *told: heard.append(told))
    assert [name for name, _ in heard] == [stage.name for stage in STAGES]
    assert found.program == heard[-1][1] == RIGHT["add"]
    assert found.reasoning == {s.name: f"text {i}" for i, s in enumerate(STAGES[:-1], start=1)}
    assert (found.tests, found.solved, found.attempts) == (None, None, 1)
    last, _ = agent.read[-1]
    assert [f"text {i}" in last for i in (1, 2, 3, 4)] == [True] * 4
    assert len({seed for _, seed in agent.read}) == len(STAGES)
    assert ADD.prompt in last


def test_an_agent_that_keeps_the_conversation_is_told_each_thing_once():
    agent = Talking(RIGHT["add"])
    limits = {"max_text_tokens": 7, "max_new_tokens": 50}
    solve(agent, ADD, config(STAGES[2:], **limits), verifier=None)
    (first, _), (second, _), (third, most) = agent.read
    assert len(first) == 1
    assert ADD.prompt in first[0]
    assert (third[:3], len(third), most) == (second, 5, 50)
    assert ADD.prompt not in third[2] + third[4]
    assert [m for _, m in agent.read] == [7, 7, 50]


def test_programs_are_run_and_tried_again(verifier):
    wrong = "def neg(a):\n    return a\n"
    agent = Scripted(wrong, RIGHT["neg"], "never")
    found = solve(agent, NEG, config(STAGES[-1:], attempts=3), verifier=verifier)
    assert (found.solved, found.tests, found.attempts) == (True, (2, 2), 2)
    again = agent.read[1][0]
    assert wrong in again
    assert "neg(1) is expected to be -1; it returned 1" in again
    alone = solve(Scripted(wrong), NEG, config(STAGES[-1:]), verifier=verifier)
    assert (alone.solved, alone.tests) == (False, (1, 2))
    assert alone.failed == ("neg(1) is expected to be -1; it returned 1",)


def test_an_agents_error_is_told():
    found = solve(Failing(), ADD, config(), verifier=None)
    assert (found.agent_error, found.program, found.solved) == ("the endpoint is gone", "", None)


def test_a_file_is_gone_on_with_after_a_kill(tmp_path):
    out, tasks = tmp_path / "out", [ADD, NEG]
    run = solve_all(Scripted(*RIGHT.values()), tasks, config(STAGES[-1:]), out, verifier=None)
    assert next(run).id == "add"
    run.close()  # as a kill does, between two problems
    with (out / ROWS).open("a") as file:
        file.write('{"id": "ne')  # and within a row
    again = solve_all(
        Scripted(RIGHT["neg"]), tasks, config(STAGES[-1:]), out, verifier=None, resume=True
    )
    assert [found.id for found in again] == ["neg"]
    assert [row["program"] for row in solutions(out)] == list(RIGHT.values())
    for changed, resume in ((config(STAGES[-1:]), False), (config(STAGES[-1:], seed=1), True)):
        with pytest.raises(SolveError):
            list(solve_all(Scripted(), tasks, changed, out, verifier=None, resume=resume))
    assert [row["program"] for row in solutions(out)] == list(RIGHT.values())


def test_a_failed_problem_is_tried_again(tmp_path):
    list(solve_all(Failing(), [ADD], config(STAGES[-1:]), tmp_path / "out", verifier=None))
    assert solutions(tmp_path / "out")[0]["agent_error"] == "the endpoint is gone"
    list(
        solve_all(
            Scripted(RIGHT["add"]), [ADD], config(STAGES[-1:]), tmp_path / "out", verifier=None,
            resume=True,
        )
    )  # fmt: skip
    assert [row["program"] for row in solutions(tmp_path / "out")] == [RIGHT["add"]]


# ---------------------------------------------------------------- the command


def run(*arguments, **options):
    return CliRunner().invoke(app, ["solve", *map(str, arguments)], **options)


@pytest.fixture
def agent(tmp_path, monkeypatch):
    (tmp_path / "an_agent.py").write_text(
        "class Agent:\n"
        "    name = 'mine'\n"
        "    def generate(self, prompts, *, seeds):\n"
        "        return ['def add(a, b):\\n    return a + b\\n' for _ in prompts]\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    return "an_agent:Agent"


SUM = ("Their sum.", "--signature", "add(a: int, b: int) -> int")


@pytest.mark.docker
def test_a_typed_problem_is_solved_and_tested(agent):
    tests = "assert add(1, 2) == 3; assert add(2, 2) == 5"
    done = run(*SUM, "--tests", tests, "--agent", agent, "--sandbox", "docker")
    assert done.exit_code == 1
    assert "pseudocode" in done.output
    assert "1 of 2 tests pass" in done.output
    assert "add(2, 2) is expected to be 5; it returned 4" in done.output
    done = run(*SUM, "--tests", tests[:21], "--agent", agent, "--json", "--no-reasoning")
    assert done.exit_code == 0
    told = json.loads(done.output)
    assert (told["solved"], told["tests"], "reasoning" in told) == (True, [1, 1], False)


def test_without_tests_nothing_is_run(agent):
    for more in ((), ("--tests", "assert add(1, 2) == 4", "--no-run-tests")):
        done = run(*SUM, *more, "--agent", agent, "--stages", "pseudocode,code")
        assert (done.exit_code, "not tested" in done.output) == (0, True)
    done = run("-", *SUM[1:], "--agent", agent, input="Their sum, from a pipe.\n")
    assert done.exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "give a PROBLEM, or a --file"),
        (("x", "--file", "y"), "give a PROBLEM, or a --file"),
        (("x",), "needs a --signature"),
        ((" ", *SUM[1:]), "the problem is empty"),
        ((*SUM, "--stages", "code,informal"), "the last stage"),
        ((*SUM, "--stages", "thinking"), "no stage 'thinking'"),
        ((*SUM, "--id", "x"), "--file"),
        ((*SUM, "--out", "x"), "--file"),
        ((*SUM, "--resume"), "--out"),
        ((*SUM, "--agent", "nobody"), "unknown agent"),
        (("--file", "/nowhere.json"), "No such file"),
        (("x", "--signature", "f(a"), "function_signature"),
        ((*SUM, "--tests", "print(1)"), "baseline_tests"),
    ],
)
def test_wrong_input_is_one_sentence(arguments, said):
    done = run(*arguments)
    assert done.exit_code == 2
    assert said in done.output
    assert done.output.count("\n") == 1
