"""The discrete view: an environment of numbers over the same episodes."""

import random
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator

import gymnasium
import numpy as np
import pytest
from conftest import need_module
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode

import forgegym  # noqa: F401  (registers)
from forgegym.envs.discrete import (
    DiscreteCodeEnv,
    DiscreteVectorEnv,
    answerable,
    discrete,
    heard,
    nearest,
)
from forgegym.envs.feedback import feedback_text
from forgegym.envs.registration import VIEWS
from forgegym.envs.tasks import compact as compact_tasks
from forgegym.envs.tasks import python as python_tasks
from forgegym.envs.tasks import rust as rust_tasks
from forgegym.envs.tasks import verilog as verilog_tasks
from forgegym.envs.vector import derive_seed
from forgegym.verifiers.compact.toolchain import CompactVerifier
from forgegym.verifiers.verifier import ChoiceError

ID = "CompactContractDiscrete-v0"
OPTIONS = {"toolchain": "frontend", "reward": "guided"}


def make(**options: object) -> DiscreteCodeEnv:
    made = gymnasium.make(f"forgegym:{ID}", **{**OPTIONS, "max_turns": 1, **options}).unwrapped
    assert isinstance(made, DiscreteCodeEnv)
    return made


@pytest.fixture
def env() -> Iterator[DiscreteCodeEnv]:
    made = make()
    yield made
    made.close()


def finish(env: DiscreteCodeEnv, rng: random.Random) -> tuple[float, bool, dict]:
    """Plays uniform choices to the end of a program: its reward, whether the episode is over."""
    while True:
        action = rng.choice(np.flatnonzero(env.action_masks()).tolist())
        _, reward, terminated, truncated, info = env.step(action)
        assert not truncated
        if "program" in info:
            return reward, terminated, info
        assert reward == 0.0
        assert not terminated


@pytest.mark.parametrize("turns", [1, 3])
def test_it_passes_gymnasiums_own_check_without_a_warning(turns):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(make(max_turns=turns))


@pytest.mark.parametrize("turns", [1, 3])
def test_it_passes_stable_baselines3s_check_without_a_warning(turns):
    need_module("stable_baselines3", "sb3")
    from stable_baselines3.common import env_checker as checker

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checker.check_env(make(max_turns=turns))


def test_making_it_loads_neither_torch_nor_stable_baselines3():
    program = (
        "import sys, gymnasium, forgegym\n"
        f"gymnasium.make('forgegym:{ID}', toolchain='frontend').reset(seed=0)\n"
        "heavy = {'torch', 'stable_baselines3', 'sb3_contrib'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_finished_program_is_paid_what_the_environment_below_pays(env):
    below = gymnasium.make("forgegym:CompactContract-v0", max_turns=1, **OPTIONS)
    rng = random.Random(0)
    for seed in range(10):
        _, about = env.reset(seed=seed)
        reward, over, info = finish(env, rng)
        below.reset(options={"task": about["task_id"]})
        _, paid, *_ = below.step(info["program"])
        assert reward == paid
        assert over
        assert info["stage"] == "done"


def test_the_same_seed_and_choices_give_the_same_episode(env):
    def play() -> list[bytes]:
        rng = random.Random(3)
        seen = [env.reset(seed=3)[0].tobytes()]
        while True:
            action = rng.choice(np.flatnonzero(env.action_masks()).tolist())
            observation, reward, terminated, _, _ = env.step(action)
            seen.append(observation.tobytes() + str(reward).encode())
            if terminated:
                return seen

    assert play() == play()


def test_the_mask_is_what_the_info_says_and_the_space_samples_by_it(env):
    _, info = env.reset(seed=1)
    assert (info["action_mask"] == env.action_masks()).all()
    env.action_space.seed(0)
    for _ in range(20):
        assert env.action_masks()[env.action_space.sample(mask=info["action_mask"])]


def test_an_action_that_is_no_choice_is_taken_as_the_next_one_and_said(env):
    env.reset(seed=1)
    mask = env.action_masks()
    wrong = int(np.flatnonzero(~mask)[0])
    *_, info = env.step(wrong)
    assert info["replaced"]
    assert env.program is not None
    assert env.program.taken == [nearest(wrong, mask)]


@pytest.mark.parametrize(("action", "taken"), [(1, 1), (2, 4), (0, 1), (5, 1)])
def test_the_nearest_choice_is_the_next_in_a_circle(action, taken):
    assert nearest(action, np.array([False, True, False, False, True, False])) == taken


def test_with_turns_left_the_next_program_begins_and_the_verdict_is_observed():
    env = make(max_turns=2)
    first, _ = env.reset(seed=5)
    rng = random.Random(1)
    _, over, info = finish(env, rng)
    assert not over
    assert not info["solved"]
    assert env.program is not None
    assert env.program.taken == []
    second = env._observation()
    assert first[-8:].tolist() == [0.0] * 8
    assert second[-8:].tolist()[:4] == [1.0, 0.5, 1.0, 1.0]
    _, over, _ = finish(env, rng)
    assert over
    with pytest.raises(ResetNeeded):
        env.step(0)


def test_what_is_heard_is_read_off_the_feedback_whose_last_attempt_counts():
    task = compact_tasks.BASE_TASKS[0]
    verifier = CompactVerifier("frontend")
    texts = [
        feedback_text(verifier.verify(task, source), source, turn=turn, max_turns=4)
        for turn, source in enumerate(["export ledger a: Countr;\n", str(task.reference)], 1)
    ]
    assert heard(task.prompt) == [0.0] * 8
    assert heard(texts[0])[:5] == [1.0, 0.25, 1.0, 0.0, 0.0]
    assert heard("".join(texts))[:5] == [1.0, 0.5, 1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("text", "public", "hidden"),
    [
        ("Attempt 1 of 4: the program compiles, but does not do what is asked.\n"
         "Public tests: 1 of 3 passed.\nHidden tests: some passed.\n", 1 / 3, 0.25),
        ("Attempt 2 of 4: the program does not parse.\n", 0.0, 0.0),
    ],
)  # fmt: skip
def test_the_tests_that_passed_are_heard(text, public, hidden):
    assert heard(text)[5:7] == pytest.approx([public, hidden])


def test_rendering_shows_the_program_so_far():
    env = make(render_mode="ansi")
    env.reset(seed=0)
    assert "«" in str(env.render())


def test_a_view_of_something_else_is_refused():
    with pytest.raises(ChoiceError, match="there is a discrete view of these"):
        discrete(gymnasium.make("CartPole-v1"))


def test_an_environment_of_ones_own_making_gets_its_view():
    made = gymnasium.make("forgegym:CompactContract-v0", toolchain="frontend")
    view = discrete(made, steps=20)
    observation, _ = view.reset(seed=0)
    assert observation in view.observation_space
    assert view.steps == 20


def test_too_few_steps_for_any_task_are_refused():
    with pytest.raises(ChoiceError, match="can answer none of these tasks in 3 steps"):
        make(steps=3).reset(seed=0)


# ---------------------------------------------------------------- which tasks there are


def test_tasks_whose_types_a_grammar_cannot_speak_are_named_with_the_reason():
    able, excluded = answerable("rust", rust_tasks.tasks("train"))
    assert excluded == {
        "rust/counting/2/train-0": "the Rust grammar has no type BTreeMap[char, usize]",
        "rust/sets/4/train-0": "the Rust grammar has no type BTreeMap[i64, i64]",
        "rust/sets/5/train-0": "the Rust grammar has no type BTreeMap[usize, usize]",
    }
    assert len(able) == 107


@pytest.mark.parametrize(
    ("language", "tasks"),
    [("compact", compact_tasks), ("verilog", verilog_tasks)],
)
def test_all_tasks_of_other_languages_can_be_answered(language, tasks):
    for split in ("train", "eval"):
        assert answerable(language, tasks.tasks(split))[1] == {}


def test_python_tasks_of_types_that_the_grammar_does_not_speak_are_named():
    able, excluded = answerable("python", python_tasks.tasks("eval"))
    assert len(able) >= 85
    strange = ("set[", "bytes", "tuple[str, ...]", "|", "dict[tuple")
    by_id = {task.id: task for task in python_tasks.tasks("eval")}
    for name in excluded:
        interface = by_id[name].tests["interface"]
        kinds = [kind for _, kind in interface["parameters"]] + [interface["returns"]]
        bare = {kind for kind in kinds if re.search(r"\b(list|dict|tuple)\b(?!\[)", kind)}
        assert bare or any(part in kind for part in strange for kind in kinds), (name, kinds)
        assert "type" in excluded[name]


# ---------------------------------------------------------------- many at once


def make_vec(num_envs: int, **options: object) -> DiscreteVectorEnv:
    made = gymnasium.make_vec(
        f"forgegym:{ID}", num_envs=num_envs, max_turns=1, **{**OPTIONS, **options}
    )
    assert isinstance(made, DiscreteVectorEnv)
    return made


def test_a_vector_plays_what_each_view_would_play_alone():
    envs, alone = make_vec(3), [make() for _ in range(3)]
    observations, _ = envs.reset(seed=7)
    for at, view in enumerate(alone):
        single, _ = view.reset(seed=derive_seed(7, at))
        assert (single == observations[at]).all()
    rng = random.Random(0)
    over = [False] * 3
    while not all(over):
        actions = [rng.choice(np.flatnonzero(mask).tolist()) for mask in envs.action_masks()]
        observations, rewards, terminated, _, infos = envs.step(np.array(actions))
        for at, view in enumerate(alone):
            if over[at]:
                continue
            single, reward, over[at], _, info = view.step(actions[at])
            assert reward == rewards[at]
            assert over[at] == terminated[at]
            if over[at]:
                assert (envs.final[at] == single).all()
                assert envs.judged[at]["program"] == info["program"]
                assert infos["final_info"]["program"][at] == info["program"]
            else:
                assert (single == observations[at]).all()
    envs.close()


def test_an_episode_that_ends_begins_anew_in_the_same_step():
    envs = make_vec(2)
    assert envs.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    envs.reset(seed=0)
    rng = random.Random(0)
    while not envs.final:
        masks = envs.action_masks()
        envs.step(np.array([rng.choice(np.flatnonzero(mask).tolist()) for mask in masks]))
    (at, *_) = envs.final
    assert envs.views[at].program is not None
    assert envs.views[at].program.taken == []
    envs.close()


# ---------------------------------------------------------------- the other languages


@pytest.mark.docker
@pytest.mark.parametrize("view", sorted(set(VIEWS) - {ID}))
def test_every_environment_has_its_view(view):
    need_module("stable_baselines3", "sb3")
    from stable_baselines3.common import env_checker as checker

    env = gymnasium.make(f"forgegym:{view}", steps=12, difficulty=1).unwrapped
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            check_env(env, skip_render_check=True)
            checker.check_env(env)
        env.reset(seed=0)
        reward, _, info = finish(env, random.Random(0))
        assert info["valid"]
        assert 0.0 <= reward <= 1.0
    finally:
        env.close()


@pytest.mark.docker
def test_a_view_of_reasoning_in_stages_is_refused_by_its_first_reset():
    env = gymnasium.make("forgegym:PythonReasoningDiscrete-v0", stages=None).unwrapped
    with pytest.raises(ChoiceError, match="writes programs only"):
        env.reset(seed=0)
    env.close()
