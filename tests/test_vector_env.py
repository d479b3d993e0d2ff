"""N episodes at once: `gymnasium.make_vec` over one verifier."""

import gc
import warnings
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.spaces import Tuple
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv
from gymnasium.wrappers.vector import DictInfoToList, RecordEpisodeStatistics

import forgegym  # noqa: F401  (registers)
from forgegym import CodeEnv, CodeVectorEnv, SourceText, Task, Verdict
from forgegym.envs.tasks import compact as tasks
from forgegym.envs.vector import derive_seed
from forgegym.verifiers.compact.toolchain import CompactVerifier

ID = "CompactContract-v0"
SIMPLE = "export circuit f(x: Field): Field { return x; }\n"
WRONG = "export ledger a: Countr;\n"
TASK = tasks.BASE_TASKS[0]
SOLUTION = str(TASK.reference)


@pytest.fixture
def envs() -> Iterator[CodeVectorEnv]:
    made = make(3)
    yield made
    made.close()


def make(num_envs: int, **options: Any) -> CodeVectorEnv:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = gymnasium.make_vec(ID, num_envs=num_envs, toolchain="frontend", **options)
    assert isinstance(made, CodeVectorEnv)
    return made


class CountingVerifier(CompactVerifier):
    """Remembers the sizes of the batches it was given."""

    def __init__(self) -> None:
        super().__init__("frontend")
        self.batches: list[int] = []
        self.closed = 0

    def verify_all(self, submissions: Sequence[tuple[Task, str]]) -> list[Verdict]:
        self.batches.append(len(submissions))
        return super().verify_all(submissions)

    def close(self) -> None:
        self.closed += 1
        super().close()


# ---------------------------------------------------------------- making


def test_make_vec_gives_our_vector_environment_without_a_warning(envs: CodeVectorEnv) -> None:
    assert envs.num_envs == 3
    assert envs.single_action_space == envs.single_observation_space == SourceText(65536)
    assert isinstance(envs.observation_space, Tuple)
    assert envs.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    assert envs.spec is not None
    again = gymnasium.make_vec(envs.spec)
    assert again.num_envs == 3


def test_the_module_prefix_works_too() -> None:
    made = gymnasium.make_vec(f"forgegym:{ID}", num_envs=2, toolchain="frontend")
    assert made.reset(seed=0)[0] in made.observation_space


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"autoreset_mode": "Sometimes"}, "Sometimes"),
        ({"reward": "gold"}, "unknown reward"),
        ({"num_envs": 0}, "num_envs must be at least 1"),
        ({"num_envs": "2"}, "num_envs is a whole number, not '2'"),
        ({"toolchain": "gcc"}, "unknown Compact toolchain"),
    ],
)
@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_wrong_arguments_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        gymnasium.make_vec(ID, **{"num_envs": 2, "toolchain": "frontend", **options})
    gc.collect()  # Gymnasium closes what was half made; an error there would be reported


# ---------------------------------------------------------------- Gymnasium's own kinds


def test_the_asynchronous_kind_refuses_instead_of_giving_zeros() -> None:
    """With `Text`, Gymnasium 1.4 would silently return '000...' for every observation."""
    with pytest.raises(ValueError, match="shared_memory=False") as raised:
        gymnasium.make_vec(ID, num_envs=2, vectorization_mode="async", toolchain="frontend")
    assert "ForgeGym's own vector environment" in str(raised.value.__cause__)


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_gymnasiums_kinds_give_the_real_texts(kind: str) -> None:
    options = {"vector_kwargs": {"shared_memory": False}} if kind == "async" else {}
    made = gymnasium.make_vec(
        ID, num_envs=2, vectorization_mode=kind, toolchain="frontend", **options
    )
    try:
        assert isinstance(made, AsyncVectorEnv if kind == "async" else SyncVectorEnv)
        prompts, _ = made.reset(seed=[4, 5])
        single = gymnasium.make(ID, toolchain="frontend")
        assert prompts == tuple(single.reset(seed=s)[0] for s in (4, 5))
        texts, rewards, _, _, infos = made.step((WRONG, SIMPLE))
        assert "unbound identifier Countr" in texts[0]
        assert rewards.tolist() == [0.0, 0.5]
        assert infos["stage"].tolist() == ["compile", "done"]
    finally:
        made.close()


# ---------------------------------------------------------------- episodes


def test_texts_and_flags_have_the_shapes_of_their_spaces(envs: CodeVectorEnv) -> None:
    prompts, infos = envs.reset(seed=0)
    assert prompts in envs.observation_space
    assert infos["task_id"].shape == (3,)
    texts, rewards, terminated, truncated, infos = envs.step((WRONG, SIMPLE, ""))
    assert texts in envs.observation_space
    assert (rewards.dtype, rewards.shape) == (np.float64, (3,))
    assert terminated.dtype == truncated.dtype == np.bool_
    assert infos["_valid"].tolist() == [True] * 3
    assert infos["valid"].dtype == np.bool_
    assert infos["components"]["compile"].tolist() == [0.0, 0.5, 0.5]
    assert [v.stage for v in infos["verdict"]] == ["compile", "done", "done"]
    assert infos["failure"].tolist() == [None] * 3


def test_every_episode_is_that_of_a_single_environment(envs: CodeVectorEnv) -> None:
    prompts, _ = envs.reset(seed=[1, 2, 3])
    outcome = envs.step((WRONG, SIMPLE, "x"))
    for i, action in enumerate((WRONG, SIMPLE, "x")):
        single = gymnasium.make(ID, toolchain="frontend")
        assert single.reset(seed=i + 1)[0] == prompts[i]
        text, reward, terminated, truncated, info = single.step(action)
        assert (text, reward, terminated, truncated) == tuple(part[i] for part in outcome[:4])
        assert info["verdict"] == outcome[4]["verdict"][i]


def test_a_seed_determines_all_episodes(envs: CodeVectorEnv) -> None:
    first = envs.reset(seed=9)[0]
    second = envs.reset()[0]
    assert envs.reset(seed=9)[0] == first
    assert envs.reset()[0] == second
    assert len({*first, *second}) == 6


def test_neighbouring_seeds_share_no_episode() -> None:
    """Gymnasium's own kinds add: seed 0 and seed 1 of 8 environments share 7 episodes."""
    seeds = [derive_seed(seed, i) for seed in range(50) for i in range(50)]
    assert len(set(seeds)) == 2500


def test_a_group_of_samples_for_one_prompt(envs: CodeVectorEnv) -> None:
    prompts, infos = envs.reset(options={"tasks": [TASK] * 3})
    assert prompts == (TASK.prompt,) * 3
    assert set(infos["task_key"]) == {TASK.key}
    _, rewards, terminated, _, _ = envs.step((SOLUTION, SIMPLE, WRONG))
    assert rewards.tolist() == [2.0, 0.5, 0.0]
    assert terminated.tolist() == [True, False, False]


def test_tasks_are_named_by_id_one_for_all_or_one_each(envs: CodeVectorEnv) -> None:
    ids = ["base/loops", "base/ledger", "base/loops"]
    assert envs.reset(options={"tasks": ids})[1]["task_id"].tolist() == ids
    assert set(envs.reset(options={"task": "base/loops"})[1]["task_id"]) == {"base/loops"}
    found = envs.reset(seed=0, options={"family": "fees"})[1]["task_id"]
    assert all(name.startswith("fees/") for name in found)


def test_only_marked_episodes_are_reset(envs: CodeVectorEnv) -> None:
    options = {"tasks": ["base/loops"] * 3, "reset_mask": np.array([False, True, False])}
    before = envs.reset(seed=0)[0]
    after, infos = envs.reset(options=options)
    assert (after[0], after[2]) == (before[0], before[2])
    assert infos["_task_id"].tolist() == [False, True, False]
    assert "reset_mask" in options  # the caller's dictionary is left alone


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"options": {"tasks": [TASK]}}, "1 elements for 3 environments"),
        ({"options": {"tasks": [TASK] * 3, "task": TASK}}, "not both"),
        ({"options": {"tasks": ["base/none"] * 3}}, "there is no Compact task"),
        ({"options": {"reset_mask": np.array([True])}}, "must be 3 booleans"),
        ({"options": {"reset_mask": np.zeros(3, dtype=bool)}}, "at least one"),
        ({"options": {"reset_mask": np.ones(3)}}, "must be 3 booleans"),
        ({"seed": [1, 2]}, "2 elements for 3"),
    ],
)
def test_wrong_resets_are_refused(
    arguments: dict[str, Any], message: str, envs: CodeVectorEnv
) -> None:
    with pytest.raises(ValueError, match=message):
        envs.reset(**arguments)


def test_wrong_actions_are_refused_before_anything_is_judged(envs: CodeVectorEnv) -> None:
    with pytest.raises(ResetNeeded):
        envs.step((SIMPLE,) * 3)
    envs.reset(seed=0)
    with pytest.raises(TypeError, match="not one string"):
        envs.step(SIMPLE)
    with pytest.raises(ValueError, match="actions has 2 elements"):
        envs.step((SIMPLE, SIMPLE))
    with pytest.raises(TypeError, match="a str, not int"):
        envs.step((SIMPLE, SIMPLE, 3))  # type: ignore[arg-type]
    assert envs.step((SIMPLE,) * 3)[4]["turn"].tolist() == [1, 1, 1]


# ---------------------------------------------------------------- autoreset


def test_next_step_resets_with_the_step_after_the_end(envs: CodeVectorEnv) -> None:
    envs.reset(seed=0, options={"task": TASK})
    envs.step((SOLUTION, SIMPLE, SIMPLE))
    texts, rewards, terminated, _, infos = envs.step((WRONG, SIMPLE, SOLUTION))
    assert texts[0].startswith("// family: ")
    assert (rewards[0], terminated[0]) == (0.0, False)
    assert infos["_verdict"].tolist() == [False, True, True]
    assert infos["turn"].tolist() == [0, 2, 2]
    assert terminated.tolist() == [False, False, True]


def test_same_step_resets_at_once_and_keeps_the_end() -> None:
    envs = make(2, autoreset_mode="SameStep")
    assert envs.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    envs.reset(seed=0, options={"task": TASK})
    texts, rewards, terminated, _, infos = envs.step((SOLUTION, SIMPLE))
    assert terminated.tolist() == [True, False]
    assert rewards.tolist() == [2.0, 0.5]
    assert texts[0].startswith("// family: ")
    assert infos["final_obs"][0].startswith("Attempt 1 of 4: solved.")
    assert infos["final_info"]["solved"].tolist() == [True, False]
    assert infos["_final_info"].tolist() == [True, False]
    assert envs.step((SIMPLE, SIMPLE))[4]["turn"].tolist() == [1, 2]


def test_disabled_leaves_ended_episodes_ended() -> None:
    envs = make(2, autoreset_mode=AutoresetMode.DISABLED)
    envs.reset(seed=0, options={"task": TASK})
    end = envs.step((SOLUTION, SIMPLE))[0][0]
    texts, rewards, terminated, truncated, infos = envs.step(("", SIMPLE))
    assert texts[0] == end
    assert (rewards[0], terminated[0], truncated[0]) == (0.0, True, False)
    assert infos["_turn"].tolist() == [False, True]
    envs.reset(options={"task": TASK, "reset_mask": terminated})
    assert envs.step((SIMPLE, SIMPLE))[4]["turn"].tolist() == [1, 3]


def test_running_out_of_turns_truncates() -> None:
    envs = make(2, max_turns=1, autoreset_mode="Disabled")
    envs.reset(seed=0, options={"task": TASK})
    _, _, terminated, truncated, _ = envs.step((SOLUTION, SIMPLE))
    assert terminated.tolist() == [True, False]
    assert truncated.tolist() == [False, True]


# ---------------------------------------------------------------- one verifier


def test_all_programs_of_a_step_are_judged_together_by_one_verifier() -> None:
    verifier = CountingVerifier()

    class Counted(CodeVectorEnv):
        env_class = partial(CodeEnv, tasks, verifier)

    envs = Counted(4, autoreset_mode="Disabled")
    envs.reset(seed=0, options={"task": TASK})
    envs.step((SOLUTION, SIMPLE, WRONG, WRONG))
    envs.step((SOLUTION, SIMPLE, WRONG, WRONG))
    assert verifier.batches == [4, 3]
    envs.close()
    envs.close()
    assert verifier.closed == 1


def test_gymnasiums_vector_wrappers_take_it() -> None:
    counted = RecordEpisodeStatistics(make(2, max_turns=1))
    counted.reset(seed=0, options={"task": TASK})
    assert counted.step((SOLUTION, WRONG))[4]["episode"]["r"].tolist() == [2.0, 0.0]
    listed = DictInfoToList(make(2, max_turns=1))
    listed.reset(seed=0, options={"task": TASK})
    assert [info["stage"] for info in listed.step((SOLUTION, WRONG))[4]] == ["done", "compile"]


def test_rendering_gives_one_text_an_episode() -> None:
    envs = make(2, render_mode="ansi")
    prompts, _ = envs.reset(seed=0)
    assert envs.render() == prompts


@pytest.mark.compactc
def test_the_real_compiler_judges_a_vector() -> None:
    envs = gymnasium.make_vec(ID, num_envs=4, toolchain="compactc")
    envs.reset(seed=0, options={"task": TASK})
    _, rewards, _, _, infos = envs.step((SOLUTION, SIMPLE, WRONG, "nothing"))
    assert rewards.tolist() == [2.0, 0.5, 0.0, 0.0]
    assert infos["stage"].tolist() == ["done", "done", "compile", "parse"]
    assert set(infos["toolchain"]) == {str(CompactVerifier("compactc").toolchain)}
    envs.close()


class Remembering:
    """A verifier that runs programs somewhere, and remembers its verdicts as the real ones do."""

    sandbox = "docker"

    def __init__(self, inner):
        self.inner, self.toolchain = inner, inner.toolchain
        self.asked, self.known = [], {}

    def verify(self, task, source):
        return self.verify_all([(task, source)])[0]

    def verify_all(self, submissions):
        for task, source in submissions:
            if source not in self.known:
                self.asked.append(source)
                self.known[source] = self.inner.verify(task, source)
        return [self.known[source] for _, source in submissions]

    def close(self):
        self.inner.close()


def test_what_is_anticipated_is_judged_once_and_no_differently():
    from forgegym.envs.code_env import CodeEnv
    from forgegym.envs.tasks import compact as tasks
    from forgegym.envs.vector import CodeVectorEnv
    from forgegym.verifiers.compact.toolchain import CompactVerifier

    good = (
        "pragma language_version 0.23;\n"
        "export ledger a: Uint<8>;\n"
        "export circuit f(): [] { a = 1; }\n"
    )
    actions = (good, "broken", good.replace("1", "2"))

    def played(*, early):
        verifier = Remembering(CompactVerifier("frontend"))

        class Remembered(CodeVectorEnv):
            env_class = partial(CodeEnv, tasks, verifier, reward="staged")

        env = Remembered(3)
        env.reset(seed=4)
        for index in early:
            env.anticipate(index, actions[index])
        said, rewards, _, _, infos = env.step(actions)
        env.close()
        return verifier.asked, said, list(rewards), [v.stage for v in infos["verdict"]]

    asked, *plain = played(early=[])
    asked_early, *told = played(early=[2, 1])
    assert told == plain
    assert sorted(asked) == sorted(asked_early) == sorted(actions)
    assert set(asked_early[:2]) == {actions[2], actions[1]}
