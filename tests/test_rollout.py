"""What a log says of a batch of programs."""

import pytest
import torch

from forgegym.agents.generate import Completion
from forgegym.agents.rollout import Sample, batch_metrics, default_reward, default_toolchain
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
