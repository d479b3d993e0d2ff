"""What a log says of a batch of programs."""

from dataclasses import replace

import gymnasium
import numpy as np
import pytest
import torch

from forgegym.agents.adapter import add_adapter
from forgegym.agents.generate import Completion
from forgegym.agents.policy import PolicyError, load_base
from forgegym.agents.rollout import (
    Batch,
    Sample,
    batch_metrics,
    compared,
    default_reward,
    default_toolchain,
    make_env,
    play,
)
from forgegym.agents.run import judged
from forgegym.verifiers.verdict import Stage, StageStatus, Toolchain, Verdict

PASSED, FAILED = StageStatus.PASSED, StageStatus.FAILED


def sample(stages, metrics, *, valid=True, reward=0.5):
    verdict = Verdict(
        "task", "source", Toolchain("test", "1"),
        tuple(Stage(name, status) for name, status in stages.items()), metrics=metrics,
    )  # fmt: skip
    completion = Completion(torch.tensor([5, 6, 1]), torch.tensor([-0.5, -0.5, -0.5]), True)
    return Sample(0, "", "", completion, reward, valid, verdict)


def test_the_rates_of_a_batch_are_of_what_was_judged():
    whole = {"parse": PASSED, "compile": PASSED, "synthesise": PASSED, "test": PASSED}
    batch = [
        sample(whole, {"behaviour": 1.0, "explained": 0.5}, reward=1.0),
        sample({**whole, "test": FAILED}, {"behaviour": 0.5, "explained": 1.0}),
        sample({"parse": PASSED, "compile": FAILED}, {}),
        sample({"parse": FAILED}, {}, valid=False),
    ]
    found = batch_metrics(batch)
    assert found["parse_success_rate"] == 1.0
    assert found["compile_success_rate"] == pytest.approx(2 / 3)
    assert found["synthesis_rate"] == pytest.approx(2 / 3)
    assert found["solved_rate"] == pytest.approx(1 / 3)
    assert found["behaviour"] == pytest.approx(0.5)
    assert found["reasoning"] == pytest.approx(0.5)
    assert found["invalid"] == 0.25
    assert found["positive_logprob"] == pytest.approx(-0.5)


def test_a_program_that_leaves_out_what_was_asked_for_solves_nothing():
    batch = [sample({"parse": PASSED, "compile": PASSED}, {}) for _ in range(4)]
    for i, one in enumerate(batch):
        one.verdict.facts["requirements"] = {"ledger": {"met": True}, "loop": {"met": i == 0}}
    found = batch_metrics(batch)
    assert found["compile_success_rate"] == 1.0
    assert found["solved_rate"] == 0.25


def test_the_words_before_a_function_have_a_score_too():
    batch = [sample({"parse": PASSED}, {"form": 0.25}), sample({"parse": PASSED}, {})]
    assert batch_metrics(batch)["reasoning"] == pytest.approx(0.125)


@pytest.mark.parametrize(
    ("env", "tasks", "reward", "toolchain"),
    [
        ("CompactContract-v0", None, "guided", "frontend"),
        ("CompactContract-v0", "open", "guided", "frontend"),
        ("CompactContract-v0", "spec", "compact-spec", "auto"),
        ("PythonTests-v0", None, "test-writer", "auto"),
        ("VerilogModule-v0", None, "staged", "auto"),
    ],
)
def test_what_is_paid_and_by_whom_unless_told_otherwise(env, tasks, reward, toolchain):
    assert default_reward(env, tasks) == reward
    assert default_toolchain(env, tasks) == toolchain


def test_a_program_without_a_grade_leaves_with_its_group():
    fine, broken = sample({}, {}), sample({}, {}, valid=False)
    ungraded = replace(broken, group=1, why="the judge gave no grade", ungraded=True)
    batch = [fine, broken, replace(fine, group=1), ungraded]
    found = compared(batch)
    assert [s.valid for s in found] == [True, False, False, False]
    assert [s.why for s in found] == ["", "", *["the judge gave no grade"] * 2]
    assert found[:2] == batch[:2]


def test_with_a_judge_that_fails_there_has_to_be_something_that_it_graded():
    compiled = sample({"compile": PASSED}, {})
    refused = sample({"compile": FAILED}, {})
    ungraded = replace(compiled, valid=False, ungraded=True)
    assert judged(Batch([], [refused]))
    assert not judged(Batch([], [refused, ungraded]))
    assert judged(Batch([], [refused, ungraded, compiled]))


class Prompts(gymnasium.vector.VectorEnv):
    """Tasks by their seeds: two in three have a long prompt."""

    def __init__(self, num_envs=1, **kwargs):
        self.num_envs = num_envs

    def reset(self, *, seed=None, options=None):
        return tuple(f"// family: {'vault' * (9 if s % 3 else 1)}\n" for s in seed), {}

    def step(self, actions):
        n = self.num_envs
        infos = {
            "valid": np.ones(n, bool),
            "verdict": np.array([sample({}, {}).verdict] * n, dtype=object),
        }
        return ("",) * n, np.zeros(n), np.ones(n, bool), np.zeros(n, bool), infos


gymnasium.register("Prompts-v0", vector_entry_point=Prompts)


@pytest.mark.learning
def test_a_task_that_a_model_has_no_room_for_is_drawn_again(small_base, monkeypatch):
    policy = add_adapter(load_base(str(small_base)))
    options = {"group_size": 2, "seed": 1, "iteration": 1, "temperature": 1.0}
    env = make_env("Prompts-v0", count=8, reward="staged", toolchain="frontend")
    long = len(policy.encode(f"// family: {'vault' * 9}\n"))
    everything = play(env, policy, max_new_tokens=8, **options)
    assert max(map(len, everything.prompts)) == long
    monkeypatch.setattr(policy.model.config, "max_position_embeddings", long + 7)
    short = play(env, policy, max_new_tokens=8, **options)
    assert max(map(len, short.prompts)) < long
    # The others are what they were, and the same seed draws the same.
    assert all(
        a == b for a, b in zip(short.prompts, everything.prompts, strict=True) if len(b) < long
    )
    again = play(env, policy, max_new_tokens=8, **options)
    assert again.prompts == short.prompts
    assert [s.prompt for s in short.samples[::2]] == [s.prompt for s in short.samples[1::2]]
    with pytest.raises(PolicyError, match="tokens and 400 new ones"):
        play(env, policy, max_new_tokens=400, **options)
