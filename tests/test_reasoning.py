"""Episodes in stages: what is asked for when, what is shown again, and what is paid."""

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from forgegym.envs.reasoning import (
    PROGRAM_BYTES,
    STAGE_BYTES,
    STAGES,
    PythonReasoningEnv,
    PythonReasoningVectorEnv,
    Stage,
    form,
    program,
)
from forgegym.envs.rewards import PRESETS
from forgegym.envs.tasks import python
from forgegym.verifiers.python.toolchain import PythonVerifier
from forgegym.verifiers.verdict import Stage as VerdictStage
from forgegym.verifiers.verdict import StageStatus, Toolchain, Verdict
from forgegym.verifiers.verifier import ChoiceError

NAMES = ["informal", "structured", "pseudocode", "constraints", "code"]

# ---------------------------------------------------------------- answers and their form


@pytest.mark.parametrize(
    ("answer", "source"),
    [
        ("x = 1\n", "x = 1\n"),
        ("", ""),
        ("```python\nx = 1\n```", "x = 1\n"),
        ("so:\n```py\nx = 1\n```\nor:\n```\nx = 2\n\n```\nbye", "x = 2\n\n"),
        ("- so:\n  ```python\n  if x:\n      y = 1\n\n z\n  ```\n", "if x:\n    y = 1\n\nz\n"),
        ("```python\r\nx = 1\r\n```\r\nbye", "x = 1\r\n"),
        ("~~~python\nx = 1\n~~~\n", "x = 1\n"),
        ("````md\n```\nx = 1\n```\n`````\n", "```\nx = 1\n```\n"),
        ("``` `x`\ny\n```\n", "``` `x`\ny\n```\n"),  # code in a line of text
        ("```x\n" * 12_000, "```x\n" * 12_000),  # never closed
        ("````\nx = 1\n```\n", "````\nx = 1\n```\n"),  # closed by fewer
        ("```\nx = 1\n~~~\n", "```\nx = 1\n~~~\n"),  # and by others
        ("```python\n```", ""),
        ("```python\nx = 1\n", "```python\nx = 1\n"),  # not closed
        ("x = '```'\n", "x = '```'\n"),  # not alone in its line
        ("```\nx = '``` no end'\n```\n", "x = '``` no end'\n"),
    ],
)
def test_a_program_is_what_the_last_block_holds_or_all(answer, source):
    assert program(answer) == source


def test_of_several_blocks_the_last_that_defines_the_function_counts():
    task = python.sample(3)
    name = task.tests["interface"]["name"]
    wrong, right = f"def {name}(x):\n    return x\n", f"def {name}():\n    return 1\n"
    usage = f">>> {name}()\n1\n"
    answer = "".join(f"```python\n{block}```\nso:\n" for block in (wrong, right, usage))
    assert program(answer, task) == right
    assert program(answer) == usage
    assert program(f"```\n{name} = max\n```\n```\nprint({name})\n```", task) == f"{name} = max\n"
    assert program(f"```\n{usage}```\n", task) == usage
    assert program(f"```\ndef {name}_2():\n    pass\n```\n```\nx = 1\n```\n", task) == "x = 1\n"


def test_form_is_the_share_of_parameters_that_are_named():
    assert form(["both values and k"], ["values", "k"]) == 1.0
    assert form(["both values and k", "the values"], ["values", "k"]) == 0.75
    assert form(["valuesk", ""], ["values", "k"]) == 0.0
    assert form([" ", "a text"], []) == 0.5
    assert form([" " * STAGE_BYTES + "k"], ["k"]) == 0.0


# ---------------------------------------------------------------- pay


def verdict(parsed=True, **metrics):
    status = [StageStatus.PASSED if parsed else StageStatus.FAILED, StageStatus.FAILED]
    stages = tuple(VerdictStage(n, s) for n, s in zip(("parse", "test"), status, strict=True))
    return Verdict("k", "s", Toolchain("CPython", "3"), stages, metrics)


@pytest.mark.parametrize(
    ("preset", "given", "pays"),
    [
        ("pass-rate", verdict(behaviour=0.6, above_trivial=0.5), 0.6),
        ("pass-rate", verdict(parsed=False), 0.0),
        ("staged", verdict(behaviour=0.6, above_trivial=0.5), 0.1 + 0.45),
        ("staged", verdict(parsed=False, behaviour=0.0, above_trivial=0.0), 0.0),
        ("binary", verdict(behaviour=0.6, above_trivial=0.5), 0.0),
        # Words never count for more than what the program does.
        ("reasoning", verdict(above_trivial=0.5, form=1.0), 0.45 + 0.05),
        ("reasoning", verdict(above_trivial=0.5, form=0.2), 0.45 + 0.02),
        ("reasoning", verdict(above_trivial=0.0, form=1.0), 0.0),
        ("reasoning", verdict(above_trivial=1.0, form=0.0), 0.9),
        ("reasoning", verdict(above_trivial=0.5), 0.5),
    ],
)
def test_pay_by_hand(preset, given, pays):
    assert PRESETS[preset](given).total == pytest.approx(pays)


# ---------------------------------------------------------------- episodes


@pytest.fixture(scope="module", params=[pytest.param("docker", marks=pytest.mark.docker)])
def verifier(request):
    made = PythonVerifier(sandbox=request.param, workers=2)
    yield made
    made.close()


def texts(count):
    return [f"text {number} on values" for number in range(count)]


def test_the_environment_keeps_gymnasiums_contract(verifier):
    check_env(PythonReasoningEnv(verifier=verifier, attempts=2), skip_render_check=True)
    code = PythonReasoningEnv(verifier=verifier, stages="code", attempts=2)
    check_env(code, skip_render_check=True)


@pytest.mark.docker
def test_it_is_made_by_its_id():
    env = gymnasium.make("forgegym:PythonReasoning-v0", stages=("code",), sandbox="docker")
    _, info = env.reset(seed=3)
    assert info["toolchain"].startswith("CPython ")
    _, reward, terminated, _, info = env.step(env.unwrapped.task.reference)
    assert (reward, terminated, info["stage_name"]) == (1.0, True, "code")
    assert info["components"] == {"parse": 0.1, "tests": 0.9}
    env.close()


def test_an_episode_is_a_stage_a_turn_and_shows_what_was_written(verifier):
    env = PythonReasoningEnv(verifier=verifier)
    observation, info = env.reset(seed=3)
    task = env.task
    asked = [info["next_stage"]]
    for number, text in enumerate(texts(4)):
        assert observation.startswith(task.prompt)
        assert STAGES[number].instruction in observation
        assert all(earlier in observation for earlier in texts(number))
        assert text not in observation
        observation, reward, terminated, truncated, info = env.step(text)
        assert (reward, terminated, truncated, info["valid"]) == (0.0, False, False, True)
        assert info["stage_name"] == NAMES[number]
        assert set(info["components"].values()) == {0.0}
        assert not info["verdict"].accepted
        assert info["verdict"].stage == info["stage"] == "parse"
        asked.append(info["next_stage"])
    assert asked == NAMES
    assert all(text in observation for text in texts(4))
    answer = f"Here it is:\n```python\n{task.reference}```\nDone."
    observation, reward, terminated, truncated, info = env.step(answer)
    assert (reward, terminated, truncated) == (1.0, True, False)
    assert (info["stage_name"], info["next_stage"], info["solved"]) == ("code", "", True)
    assert "Attempt 1 of 1: solved." in observation
    assert info["turn"] == 5


def test_a_failed_program_comes_back_until_attempts_are_spent(verifier):
    env = PythonReasoningEnv(verifier=verifier, stages=("pseudocode", "code"), attempts=2)
    env.reset(seed=3)
    env.step("plan of old")
    observation, reward, terminated, truncated, info = env.step("x = missing\n")
    assert (terminated, truncated, info["next_stage"]) == (False, False, "code")
    assert reward == pytest.approx(0.1)
    assert "Attempt 1 of 2: the program parses, but does not do what is asked." in observation
    for shown in (env.task.prompt, "plan of old", "x = missing", "NameError while it was loaded"):
        assert shown in observation
    assert "Hidden tests: none passed." in observation
    observation, _, terminated, truncated, info = env.step("x = other\n")
    assert (terminated, truncated, info["next_stage"]) == (False, True, "")
    assert "Attempt 2 of 2" in observation
    assert "x = missing" not in observation
    # The next episode knows nothing of this one.
    observation, _ = env.reset(seed=3)
    assert "plan of old" not in observation
    assert "x = other" not in observation


def test_without_history_an_observation_is_what_is_new(verifier):
    env = PythonReasoningEnv(verifier=verifier, stages=NAMES[3:], attempts=2, history=False)
    first, _ = env.reset(seed=3)
    assert first.startswith(env.task.prompt)
    then, *_ = env.step("invariants of old")
    assert then == f"## Now: code\n\n{STAGES[-1].instruction}\n"
    again, *_ = env.step("x = (")
    assert "does not parse" in again
    assert again.endswith(then)
    assert "invariants of old" not in again


@pytest.mark.parametrize(
    ("max_turns", "stages", "turns"),
    [(1, ["code"], 1), (2, NAMES[3:], 2), (5, NAMES, 5), (7, NAMES, 7)],
)
def test_turns_decide_which_stages_are_played(verifier, max_turns, stages, turns):
    env = PythonReasoningEnv(verifier=verifier, max_turns=max_turns)
    _, info = env.reset(seed=3)
    played, over = [info["next_stage"]], False
    while not over:
        _, _, terminated, truncated, info = env.step("x = (")
        over = terminated or truncated
        played.append(info["next_stage"])
    assert played[: len(stages)] == stages
    assert len(played) - 1 == turns


def test_a_stage_more_is_an_entry_more(verifier):
    tests = Stage("examples", "Work two examples by hand.")
    env = PythonReasoningEnv(verifier=verifier, stages=(tests, "code"))
    observation, info = env.reset(seed=3)
    assert info["next_stage"] == "examples"
    assert "Work two examples by hand." in observation
    assert env.step("one, two")[-1]["next_stage"] == "code"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"stages": ("nothing",)}, "unknown stage 'nothing'; there are: informal"),
        ({"stages": ()}, "the last stage, and no other"),
        ({"stages": ("code", "informal")}, "the last stage, and no other"),
        ({"stages": ("code", "code")}, "the last stage, and no other"),
        ({"attempts": 0}, "attempts must be at least 1"),
        ({"max_turns": 0}, "max_turns must be at least 1"),
        ({"max_turns": 6, "attempts": 2}, "not both"),
        ({"toolchain": "rustc"}, "unknown Python toolchain"),
        ({"reward": "nothing"}, "unknown reward"),
    ],
)
def test_what_there_is_not_is_refused(verifier, wrong, said):
    with pytest.raises(ChoiceError, match=said):
        PythonReasoningEnv(**({} if "toolchain" in wrong else {"verifier": verifier}), **wrong)


@pytest.mark.parametrize("text", ["\udc80" * 40_000, "é" * 40_000, "```\n" * 9_000])
def test_observations_are_bounded_whatever_is_written(verifier, text):
    env = PythonReasoningEnv(verifier=verifier, attempts=2)
    env.reset(seed=3)
    for _ in range(5):
        observation, *_ = env.step(text)
        assert observation in env.observation_space
        assert len(observation.encode()) < 8192 + 5 * (STAGE_BYTES + 512) + 2 * PROGRAM_BYTES


def test_the_same_seed_is_the_same_episode(verifier):
    env, other = (PythonReasoningEnv(verifier=verifier) for _ in range(2))
    assert env.reset(seed=11)[0] == other.reset(seed=11)[0]
    assert env.step("a")[0] == other.step("a")[0]
    assert env.reset(seed=12)[0] != other.reset(seed=11)[0]


def test_the_reasoning_preset_pays_for_words_when_the_program_is_right(verifier):
    env = PythonReasoningEnv(verifier=verifier, stages=NAMES[3:], reward="reasoning")
    env.reset(seed=3)
    names = [name for name, _ in env.task.tests["interface"]["parameters"]]
    _, reward, *_ = env.step(" ".join(names))
    assert reward == 0.0
    _, reward, _, _, info = env.step(env.task.reference)
    assert reward == pytest.approx(1.0)
    assert info["components"] == pytest.approx({"tests": 0.9, "form": 0.1})
    env.reset(seed=3)
    env.step("words")
    assert env.step(env.task.reference)[1] == pytest.approx(0.9)


@pytest.mark.docker
def test_members_of_a_vector_are_at_stages_of_their_own():
    envs = PythonReasoningVectorEnv(
        2, sandbox="docker", stages=NAMES[3:], autoreset_mode="Disabled", attempts=2
    )
    envs.reset(seed=[1, 2])
    first, second = (env.task.reference for env in envs.envs)
    envs.anticipate(0, "a text")
    _, rewards, *_, infos = envs.step(("a text", "another"))
    assert list(rewards) == [0.0, 0.0]
    assert list(infos["stage_name"]) == ["constraints"] * 2
    envs.anticipate(0, first)
    observations, rewards, terminated, truncated, infos = envs.step((first, "x = ("))
    assert list(rewards) == [1.0, 0.0]
    assert list(terminated) == [True, False]
    assert not truncated.any()
    assert "another" in observations[1]
    envs.reset(seed=5, options={"reset_mask": np.array([True, False])})
    _, rewards, terminated, truncated, infos = envs.step(("a text", second))
    assert list(rewards) == [0.0, 1.0]
    assert list(infos["stage_name"]) == ["constraints", "code"]
    assert list(terminated) == [False, True]
    envs.close()
