"""The training benchmark: what it compares is alike, and its figures follow from its seconds."""

import json

import pytest
import torch
from conftest import missing
from rich.console import Console
from typer.testing import CliRunner

from forgegym.benchmarks.speed.train import (
    SHAPES,
    Comparison,
    Report,
    Setting,
    Side,
    make_model,
    make_tokenizer,
    print_report,
    prompts_of,
    reward_of,
)
from forgegym.cli import app

SETTING = Setting("5m", prompt=24, completion=16, groups=2, group_size=4)


def comparison():
    sides = [
        Side("trl", (4.0, 6.0, 9.0), peak_bytes=3 << 20),
        Side("grpo", (2.0, 2.0, 2.0), (1.5, 1.5, 1.5), (0.5, 0.5, 0.5)),
        Side("ppo", (2.0, 2.2, 3.0), (1.5, 1.5, 1.5), (0.5, 0.7, 1.5)),
    ]
    return Comparison(SETTING, 1_000_000, sides, matmul_flops=1e9, bytes_per_second=1e9)


def test_a_ratio_is_the_median_over_steps_in_turn():
    assert comparison().ratio("trl", "grpo") == 3.0
    assert comparison().ratio("ppo", "grpo") == pytest.approx(1.1)
    assert comparison().ratio("trl", "nobody") is None


def test_the_bound_is_arithmetic_or_memory_whichever_takes_longer():
    sampling, update = comparison().bound_seconds
    # 8 samples of 16 tokens, 2 prompts of 24, two operations a weight and token.
    assert sampling == pytest.approx(2e6 * 128 / 1e9 + 2e6 * 48 / 1e9)
    assert update == pytest.approx(4e6 * (128 + 48) / 1e9)


def test_both_sides_read_the_same_tokens():
    shape = SHAPES["5m"]
    prompts = prompts_of(SETTING, shape.vocabulary, 3)
    tokenizer = make_tokenizer(shape.vocabulary)
    for prompt in prompts:
        assert len(prompt) == 24
        assert tokenizer(" ".join(f"w{t}" for t in prompt))["input_ids"] == prompt
    assert prompts == prompts_of(SETTING, shape.vocabulary, 3)


def test_a_model_has_the_size_that_its_name_says_and_the_same_weights_each_time():
    cpu = torch.device("cpu")
    one = make_model(SHAPES["5m"], dtype=torch.float32, device=cpu, longest=64)
    assert 4.5e6 < sum(p.numel() for p in one.parameters()) < 5.5e6
    other = make_model(SHAPES["5m"], dtype=torch.float32, device=cpu, longest=64)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def test_rewards_differ_between_samples():
    assert reward_of([7, 14]) == 0.0
    assert reward_of([6, 13]) == pytest.approx(6 / 7)


def test_the_table_fits_a_terminal():
    console = Console(record=True, width=80)
    machine = {"device": "cpu", "threads": 2, "torch": "2", "trl": "1.16.0", "load": 0.0}
    print_report(Report(machine, [comparison()]), console)
    said = console.export_text()
    assert "…" not in said
    assert "3.00x" in said
    assert "1.10 times as long" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--shapes", "tiny"], "there is no shape 'tiny'; there are 5m"),
        (["--dtype", "int8"], "--dtype is float32 or bfloat16, not 'int8'"),
        (["--prompts", "24,x"], "--prompts are lengths like 256,24, not '24,x'"),
    ],
)
def test_wrong_input_is_one_sentence(arguments, said):
    done = CliRunner().invoke(app, ["bench", "train", *arguments])
    assert done.exit_code == 2
    assert said in " ".join(done.output.split())


@pytest.mark.learning
def test_every_side_is_measured():
    try:
        import trl  # noqa: F401
    except ImportError as error:
        missing("trl", f"TRL is not installed: {error}")
    arguments = ["--shapes", "5m", "--prompts", "8", "--completion", "4", "--groups", "1"]
    done = CliRunner().invoke(app, ["bench", "train", *arguments, "--steps", "1", "--json"])
    assert done.exit_code == 0, done.output
    (found,) = json.loads(done.stdout)["comparisons"]
    assert [side["name"] for side in found["sides"]] == ["trl", "grpo", "ppo"]
    assert all(side["peak_bytes"] > 0 for side in found["sides"])
    assert found["trl_over_grpo"] > 0
