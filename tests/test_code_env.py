"""One episode of `CompactContract-v0`, through Gymnasium's own interface."""

import subprocess
import sys
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import gymnasium
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env

import forgegym
from forgegym import CodeEnv, Reward, SourceText, Task, Verdict
from forgegym.envs.feedback import feedback_text
from forgegym.envs.tasks import compact as tasks
from forgegym.verifiers.compact.toolchain import CompactVerifier
from forgegym.verifiers.verdict import (
    Diagnostic,
    Failure,
    FailureKind,
    Stage,
    StageStatus,
    Toolchain,
)

ID = "CompactContract-v0"
WRONG = "import CompactStandardLibrary;\nexport ledger a: Countr;\n"
SIMPLE = "export circuit f(x: Field): Field { return x; }\n"


@pytest.fixture
def env() -> Iterator[gymnasium.Env[str, str]]:
    made = gymnasium.make(ID, toolchain="frontend")
    yield made
    made.close()


def base_task() -> Task:
    return tasks.BASE_TASKS[0]


def reference() -> str:
    assert base_task().reference is not None
    return str(base_task().reference)


class BrokenVerifier:
    """A machine that fails its first `failures` answers, in front of a working verifier."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.inner = CompactVerifier("frontend")
        self.toolchain = self.inner.toolchain
        self.sandbox = self.inner.sandbox

    def verify(self, task: Task, source: str) -> Verdict:
        return self.verify_all([(task, source)])[0]

    def verify_all(self, submissions: Sequence[tuple[Task, str]]) -> list[Verdict]:
        verdicts = self.inner.verify_all(submissions)
        for i, verdict in enumerate(verdicts):
            if self.failures > 0:
                self.failures -= 1
                failure = Failure(FailureKind.SANDBOX, "compile", "the disk is full")
                verdicts[i] = replace(verdict, stages=(), metrics={}, failure=failure)
        return verdicts

    def close(self) -> None:
        self.inner.close()


# ---------------------------------------------------------------- Gymnasium's contract


@pytest.mark.parametrize("options", [{}, {"reward": "staged", "split": "eval", "max_turns": 2}])
def test_gymnasiums_checker_finds_nothing_to_warn_about(options: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = gymnasium.make(ID, toolchain="frontend", **options)
        check_env(made.unwrapped)
        made.close()


def test_gymnasiums_wrappers_warn_about_nothing_in_an_episode() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = gymnasium.make(ID, toolchain="frontend", render_mode="ansi")
        for seed in range(3):
            made.reset(seed=seed)
            over = False
            while not over:
                _, _, terminated, truncated, _ = made.step(made.action_space.sample())
                over = terminated or truncated
                made.render()
        made.close()


@pytest.mark.compactc
def test_gymnasiums_checker_finds_nothing_with_the_real_compiler() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = gymnasium.make(ID, toolchain="compactc")
        check_env(made.unwrapped)
        made.close()


def test_a_fresh_interpreter_makes_it_by_module_prefix_and_without_torch() -> None:
    program = (
        "import sys, gymnasium\n"
        f"env = gymnasium.make('forgegym:{ID}', toolchain='frontend')\n"
        "env.reset(seed=0); env.step('')\n"
        f"import forgegym; gymnasium.make('{ID}').close()\n"
        "heavy = {'torch', 'transformers', 'matplotlib'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_importing_again_warns_about_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        forgegym.envs.registration.register_environments()
    assert set(forgegym.ENVIRONMENTS) <= set(gymnasium.registry)


def test_the_spec_remakes_the_environment(env: gymnasium.Env[str, str]) -> None:
    assert env.spec is not None
    again = gymnasium.make(gymnasium.envs.registration.EnvSpec.from_json(env.spec.to_json()))
    assert again.reset(seed=3)[0] == env.reset(seed=3)[0]


def test_spaces_hold_any_text(env: gymnasium.Env[str, str]) -> None:
    assert isinstance(env.action_space, SourceText)
    assert "// ¬ ASCII π 🦀\n" in env.action_space


# ---------------------------------------------------------------- reset


def test_a_seed_determines_the_whole_run() -> None:
    def run() -> list[str]:
        made = gymnasium.make(ID, toolchain="frontend")
        prompts = [made.reset(seed=11)[0]]
        prompts += [made.reset()[0] for _ in range(5)]
        return prompts

    first = run()
    assert first == run()
    assert len(set(first)) > 3


def test_reset_says_which_task_it_is(env: gymnasium.Env[str, str]) -> None:
    prompt, info = env.reset(seed=1)
    task = tasks.get(info["task_id"])
    assert (task.prompt, task.key) == (prompt, info["task_key"])
    assert info["toolchain"].startswith("forgegym-compact-frontend ")


def test_options_choose_the_task(env: gymnasium.Env[str, str]) -> None:
    assert env.reset(options={"task": "base/loops"})[1]["task_id"] == "base/loops"
    assert env.reset(options={"task": base_task()})[0] == base_task().prompt
    info = env.reset(options={"family": "voting", "split": "eval", "difficulty": 4})[1]
    assert info["task_id"].startswith("voting/4/eval-")
    info = env.reset(options={"family": ["fees", "board"]})[1]
    assert info["task_id"].split("/")[0] in ("fees", "board")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"taks": "base/loops"}, "unknown reset option 'taks'"),
        ({"task": "base/lops"}, "there is no Compact task 'base/lops'"),
        ({"task": "base/loops", "split": "eval"}, "give no other"),
        ({"family": "casino"}, "unknown family 'casino'"),
        ({"split": "test"}, "unknown split"),
        ({"difficulty": 9}, "unknown difficulty 9"),
        ({"difficulty": [1, 2]}, r"unknown difficulty \[1, 2\]"),
        ({"task": None}, "is a Task or an id, not NoneType"),
        ("x", "the options of reset are a mapping, not 'x'"),
    ],
)
def test_wrong_options_are_refused_in_a_sentence(
    options: dict[str, Any], message: str, env: gymnasium.Env[str, str]
) -> None:
    with pytest.raises(ValueError, match=message):
        env.reset(options=options)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"reward": "gold"}, "unknown reward 'gold'"),
        ({"max_turns": 0}, "max_turns must be at least 1"),
        ({"max_turns": "3"}, "max_turns is a whole number, not '3'"),
        ({"max_turns": 1.5}, "max_turns is a whole number, not 1.5"),
        ({"difficulty": [1, 2]}, r"unknown difficulty \[1, 2\]"),
        ({"split": "test"}, "unknown split"),
        ({"families": ["casino"]}, "unknown family"),
        ({"difficulty": 0}, "unknown difficulty"),
        ({"toolchain": "gcc"}, "unknown Compact toolchain"),
    ],
)
def test_wrong_arguments_are_refused_when_it_is_made(
    arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        gymnasium.make(ID, **{"toolchain": "frontend", **arguments})


def test_one_family_needs_no_list() -> None:
    env = gymnasium.make(ID, toolchain="frontend", families="counter")
    assert {env.reset(seed=seed)[1]["family"] for seed in range(9)} == {"counter"}


def test_a_reward_function_that_returns_no_reward_is_told_so() -> None:
    env = gymnasium.make(ID, toolchain="frontend", reward=lambda verdict: 1.0)
    env.reset(seed=0)
    with pytest.raises(TypeError, match="a reward function returns a Reward, not float"):
        env.step(SIMPLE)


def test_an_unknown_render_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown render_mode 'human'"):
        forgegym.envs.compact.CompactContractEnv(toolchain="frontend", render_mode="human")


# ---------------------------------------------------------------- step


def test_a_solved_task_terminates(env: gymnasium.Env[str, str]) -> None:
    env.reset(options={"task": "base/branches"})
    feedback, reward, terminated, truncated, info = env.step(reference())
    assert (terminated, truncated) == (True, False)
    assert reward == 2.0
    assert info["solved"]
    assert info["stage"] == "done"
    assert feedback.startswith("Attempt 1 of 4: solved.\n")


def test_attempts_run_out(env: gymnasium.Env[str, str]) -> None:
    env.reset(seed=0, options={"task": "base/branches"})
    ends = [env.step(f"{SIMPLE}// {i}\n")[2:4] for i in range(4)]
    assert ends == [(False, False)] * 3 + [(False, True)]


def test_solving_with_the_last_attempt_is_no_truncation() -> None:
    made = gymnasium.make(ID, toolchain="frontend", max_turns=1)
    made.reset(options={"task": "base/branches"})
    assert made.step(reference())[2:4] == (True, False)


def test_what_compiles_but_does_too_little_is_paid_and_told(env: gymnasium.Env[str, str]) -> None:
    env.reset(options={"task": "base/branches"})
    feedback, reward, terminated, _, info = env.step(SIMPLE)
    assert (reward, terminated, info["stage"]) == (0.5, False, "done")
    assert "- complexity is 1; at least 4 is asked for\n" in feedback
    assert "- no if is used\n" in feedback


def test_info_holds_what_the_architecture_promises(env: gymnasium.Env[str, str]) -> None:
    env.reset(seed=0, options={"task": "base/branches"})
    _, reward, _, _, info = env.step(WRONG)
    assert info["valid"] is True
    assert info["failure"] is None
    assert info["stage"] == "compile"
    assert sum(info["components"].values()) == reward == 0.0
    assert info["verdict"].diagnostics[0].line == 2
    assert set(info["timings"]) == {"parse", "compile"}
    assert info["task_key"] == base_task().key
    assert info["task_id"] == "base/branches"
    assert info["toolchain"] == str(info["verdict"].toolchain)
    assert (info["turn"], info["solved"], info["retries"]) == (1, False, 0)


@pytest.mark.parametrize("source", ["", "\ud800", "x" * 70_000, "\0", "// \u2028\x85\n*"])
def test_any_string_is_judged(source: str, env: gymnasium.Env[str, str]) -> None:
    env.reset(seed=0)
    feedback, _, _, _, info = env.step(source)
    assert info["valid"]
    assert feedback in env.observation_space


@pytest.mark.parametrize("action", [b"bytes", None, 7, ["list"]])
def test_what_is_no_string_is_refused(action: Any, env: gymnasium.Env[str, str]) -> None:
    env.reset(seed=0)
    with pytest.raises(TypeError, match=r"an action is a program's source, a str"):
        env.step(action)


def test_an_episode_has_to_be_started(env: gymnasium.Env[str, str]) -> None:
    with pytest.raises(ResetNeeded):
        env.unwrapped.step(SIMPLE)
    env.reset(options={"task": "base/branches"})
    env.step(reference())
    with pytest.raises(ResetNeeded, match="call reset"):
        env.step(SIMPLE)


def test_a_reward_function_of_ones_own() -> None:
    def length(verdict: Verdict) -> Reward:
        return Reward({"circuits": 10.0 * verdict.metrics.get("circuits", 0.0)})

    made = gymnasium.make(ID, toolchain="frontend", reward=length)
    made.reset(seed=0)
    assert made.step(SIMPLE)[1] == 10.0


def test_infos_share_nothing(env: gymnasium.Env[str, str]) -> None:
    env.reset(seed=0, options={"task": "base/branches"})
    first = env.step(WRONG)[4]
    first["components"].clear()
    first["timings"].clear()
    second = env.step(WRONG)[4]
    assert second["components"]
    assert second["timings"]


# ---------------------------------------------------------------- a machine that fails


def broken_env(failures: int) -> CodeEnv:
    return CodeEnv(tasks, BrokenVerifier(failures), reward="compactlora")


def test_a_failure_that_passes_is_retried_and_nobody_is_hurt() -> None:
    made = broken_env(failures=1)
    made.reset(options={"task": "base/branches"})
    _, reward, terminated, _, info = made.step(reference())
    assert (reward, terminated) == (2.0, True)
    assert info["valid"]
    assert info["retries"] == 1


def test_a_failure_that_stays_is_no_reward() -> None:
    made = broken_env(failures=2)
    made.reset(options={"task": "base/branches"})
    feedback, reward, terminated, _, info = made.step(reference())
    assert (reward, terminated) == (0.0, False)
    assert info["valid"] is False
    assert info["failure"] == Failure(FailureKind.SANDBOX, "compile", "the disk is full")
    assert info["components"] == {}
    assert info["retries"] == 1
    assert "not the program's fault" in feedback
    assert "the disk is full" in feedback


def test_a_reward_function_never_sees_a_failure() -> None:
    made = CodeEnv(tasks, BrokenVerifier(9), reward=lambda v: Reward({"x": v.metrics["missing"]}))
    made.reset(seed=0)
    assert made.step(SIMPLE)[1] == 0.0


# ---------------------------------------------------------------- what is shown


def test_feedback_shows_the_line_and_a_caret(env: gymnasium.Env[str, str]) -> None:
    env.reset(seed=0)
    feedback = env.step(WRONG)[0]
    assert feedback == (
        "Attempt 1 of 4: the program does not compile.\n"
        "\n"
        "error: unbound identifier Countr\n"
        "  --> line 2, column 18\n"
        "2 | export ledger a: Countr;\n"
        "  |                  ^\n"
        "\n"
        f"Judged by {CompactVerifier('frontend').toolchain}.\n"
    )


def refusal(*diagnostics: Diagnostic) -> Verdict:
    stage = Stage("compile", StageStatus.FAILED, 0.0, diagnostics)
    return Verdict("t", "s", Toolchain("test", "1"), (stage,))


def caret_at(text: str) -> str:
    """The character above the caret."""
    lines = text.split("\n")
    row = next(i for i, line in enumerate(lines) if line.rstrip().endswith("| " + " " * 0 + "^") or
               line.strip().endswith("^"))  # fmt: skip
    return lines[row - 1][lines[row].index("^")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x85", "\u2028"])
def test_lines_end_where_the_compiler_ends_them(end: str) -> None:
    text = feedback_text(refusal(Diagnostic("m", 2, 4)), f"abc{end}def*{end}", turn=1, max_turns=1)
    assert "2 | def*\n" in text
    assert caret_at(text) == "*"


@pytest.mark.parametrize("column", [1, 59, 60, 61, 119, 120, 500, 999])
def test_a_long_line_is_shown_around_its_column(column: int) -> None:
    source = "a" * (column - 1) + "*" + "b" * (999 - column)
    text = feedback_text(refusal(Diagnostic("m", 1, column)), source, turn=1, max_turns=1)
    assert caret_at(text) == "*"
    assert max(map(len, text.split("\n"))) < 140


def test_a_tab_or_control_character_moves_no_caret() -> None:
    source = "\t\x1b[31m\x07*"
    text = feedback_text(refusal(Diagnostic("m", 1, len(source))), source, turn=1, max_turns=1)
    assert caret_at(text) == "*"
    assert "\x1b" not in text


@pytest.mark.parametrize("place", [(1, 50), (9, 1), (0, 0), (None, None)])
def test_a_place_outside_the_program_is_no_problem(place: tuple[int | None, int | None]) -> None:
    text = feedback_text(refusal(Diagnostic("m", *place)), "abc", turn=1, max_turns=1)
    assert "error: m" in text


def test_feedback_fits_the_observation_space_whatever_the_compiler_says() -> None:
    source = ("🦀" * 4000 + "\n") * 4
    many = [Diagnostic("🦀" * 5000, 1 + i % 4, 2000) for i in range(100)]
    text = feedback_text(refusal(*many), source, turn=1, max_turns=1)
    assert text in broken_env(0).observation_space
    assert "... and 92 more." in text


def test_rendering_shows_prompt_attempt_and_feedback() -> None:
    made = gymnasium.make(ID, toolchain="frontend", render_mode="ansi")
    prompt, _ = made.reset(seed=0)
    assert made.render() == prompt
    feedback = made.step(WRONG)[0]
    shown = str(made.render())
    assert prompt in shown
    assert WRONG in shown
    assert feedback in shown
    assert "reward 0.000" in shown


def test_without_a_render_mode_nothing_is_rendered(env: gymnasium.Env[str, str]) -> None:
    env.reset(seed=0)
    assert env.unwrapped.render() is None


def test_closing_twice_is_allowed(env: gymnasium.Env[str, str]) -> None:
    env.reset(seed=0)
    env.close()
    env.close()


class Closable(CompactVerifier):
    """Counts how often it is closed."""

    def __init__(self) -> None:
        super().__init__("frontend")
        self.closed = 0

    def close(self) -> None:
        self.closed += 1
        super().close()


def test_another_of_its_kind_has_an_episode_of_its_own() -> None:
    verifier = Closable()
    env = CodeEnv(tasks, verifier, reward="staged", max_turns=2, owns_verifier=True)
    env.reset(seed=1)
    env.action_space.seed(1)
    other = env.another()
    with pytest.raises(ResetNeeded):
        other.step(WRONG)
    assert other.render() is None
    assert other.reset(seed=2)[0] != env.reset(seed=1)[0]
    other.step(WRONG)
    assert env.step(WRONG)[3] is False  # its first turn
    assert other.step(WRONG)[3] is True
    # Neither draws from the other's randomness.
    drawn = env.reset(seed=7)[0], env.reset()[0]
    other.reset(seed=8)
    assert (env.reset(seed=7)[0], other.reset()[0], env.reset()[0])[::2] == drawn
    other.close()
    assert verifier.closed == 0
    env.close()
    assert verifier.closed == 1


@pytest.mark.parametrize("wrong", [{"split": "nope"}, {"max_turns": 0}, {"reward": "gold"}])
def test_what_could_not_be_made_leaves_no_verifier_open(
    wrong: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Closable] = []

    def open_one(*_: Any, **__: Any) -> Closable:
        opened.append(Closable())
        return opened[-1]

    monkeypatch.setattr("forgegym.envs.compact.CompactVerifier", open_one)
    for make in (gymnasium.make, gymnasium.make_vec):
        with pytest.raises(ValueError, match=r"nope|max_turns|gold"):
            make(ID, **wrong)
    assert [verifier.closed for verifier in opened] == [1, 1]
    shared = Closable()
    with pytest.raises(ValueError, match=r"nope|max_turns|gold"):
        gymnasium.make(ID, verifier=shared, **wrong)
    assert shared.closed == 0
