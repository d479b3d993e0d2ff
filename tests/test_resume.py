"""A run killed at any moment and resumed has the curve of a run that nobody touched."""

import importlib
import json
import random
import signal
import time
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pytest
from conftest import need_module
from forked import Forked, run
from training import SMALL
from typer.testing import CliRunner

from forgegym.agents.adapter import load_policy
from forgegym.agents.checkpoint import STATE, prepare_folder
from forgegym.agents.policy import weights_digest
from forgegym.agents.sft import unfinished
from forgegym.agents.tracking import CSV_FILE, is_timing, read_rows
from forgegym.cli import app
from forgegym.cli.train import ALGORITHMS

ITERATIONS = 6
COMMON = [
    "--env", "CompactContract-v0", "--seed", "5", "--iterations", str(ITERATIONS),
]  # fmt: skip
# After a colon, what is special about a variant.
SETTINGS: dict[str, dict[str, object]] = {
    "grpo": {"reward": "staged", "samples": 16, "group_size": 4},
    "gspo": {"reward": "staged", "samples": 16, "group_size": 4},
    "ppo": {"reward": "staged", "samples": 16, "group_size": 4, "critic_warmup": 1},
    "ppo:adapter": {
        "reward": "staged",
        "samples": 16,
        "group_size": 4,
        "critic_warmup": 1,
        "critic": "adapter",
    },
    "reinforce": {"reward": "staged", "samples": 16, "group_size": 4},
    "rloo": {"reward": "staged", "samples": 16, "group_size": 4},
    "expert-iteration": {"reward": "staged", "samples": 16, "keep_above": 0.05},
}
SHARED = {"temperature": 0.7, "max_new_tokens": 64, "learning_rate": 5e-3}


@pytest.fixture(scope="module")
def base(small_base):
    return small_base


def command(algorithm: str, base: Path, out: Path, *more: str) -> list[str]:
    settings = {**SETTINGS[algorithm], **SHARED}
    chosen = [part for k, v in settings.items() for part in ("--set", f"{k}={v}")]
    return [
        "train", algorithm.partition(":")[0], "--base", str(base), "--out", str(out),
        *COMMON, *chosen, *more,
    ]  # fmt: skip


def curve(out: Path) -> list[dict[str, float]]:
    return [{k: v for k, v in row.items() if not is_timing(k)} for row in read_rows(out)]


@pytest.mark.learning
@pytest.mark.parametrize("algorithm", SETTINGS)
def test_killed_at_random_moments_and_resumed(tmp_path, base, algorithm):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    run(*command(algorithm, base, whole))
    expected = curve(whole)
    assert [row["iteration"] for row in expected] == list(range(1, ITERATIONS + 1))
    # Something was learnt, or the comparison would say nothing.
    assert any(row["avg_reward"] > 0 for row in expected)

    rng = random.Random(7)
    for attempt in range(2):
        process = Forked(*command(algorithm, base, killed, "--resume"))
        # Wait until it is past the state it began with, then strike at any moment.
        target = attempt * 2 + 1
        deadline = time.monotonic() + 120
        while len(_rows_so_far(killed)) < target and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(rng.uniform(0, 0.4))
        process.send_signal(signal.SIGKILL)
        process.wait()
    run(*command(algorithm, base, killed, "--resume"))
    assert curve(killed) == expected
    assert len((killed / CSV_FILE).read_text().splitlines()) == ITERATIONS + 1
    one, other = load_policy(whole / "latest"), load_policy(killed / "latest")
    weights = dict(other.model.named_parameters())
    for name, parameter in one.model.named_parameters():
        assert parameter.equal(weights[name]), name


def _rows_so_far(out: Path) -> list[str]:
    path = out / "metrics.jsonl"
    return path.read_text().splitlines() if path.exists() else []


# Of each algorithm's settings, some that are none of its defaults.
UNUSUAL: dict[str, dict[str, object]] = {
    "ppo": {"iterations": 3, "samples": 16, "critic": "adapter"},
    "grpo": {"loss": "cispo", "ratio_max": 4.0, "stop": ("a", "b")},
    "gspo": {"learning_rate": 1e-5, "env": "RustCode-v0", "difficulty": 2},
    "reinforce": {"seed": 7, "base": "somewhere"},
    "rloo": {"families": ("rust/maths", "rust/text"), "env": "RustCode-v0"},
    "expert-iteration": {"keep_above": 0.25},
    "duel": {"algorithm": "grpo", "settings": ("epochs=2",)},
    "sb3": {"algorithm": "dqn", "replays": 99},
}


# What a run may be resumed with as one likes.
FREE = ("out", "resume", "resume_from", "track", "gradient_checkpointing", "sandbox")


def begun(folder: Path, command: str) -> Any:
    """The configuration of a run in `folder`, described as its trainer does and with a log."""
    if command == "sb3":
        need_module("sb3_contrib", "sb3")
    others = {"duel": ("duel", "DuelConfig"), "sb3": ("sb3", "SB3Config")}
    module, kind = others[command] if command in others else ALGORITHMS[command][:2]
    agents = importlib.import_module(f"forgegym.agents.{module}")
    config = getattr(agents, kind)(out=folder, **UNUSUAL[command])
    described = {k: v for k, v in asdict(config).items() if k not in FREE}
    described |= {
        "duel": {"algorithm": "duel grpo"},
        "sb3": {"versions": {}},
    }.get(command, {"algorithm": command})
    prepare_folder(folder, described, resume=False)
    (folder / "metrics.jsonl").write_text("{}\n")
    return config


def train(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["train", *map(str, arguments)])


@pytest.mark.parametrize("algorithm", UNUSUAL)
def test_a_run_is_resumed_with_the_settings_that_it_was_made_with(tmp_path, algorithm):
    config = begun(tmp_path, algorithm)
    said = train(algorithm, "--out", tmp_path, "--resume", "--settings")
    assert said.exit_code == 0, said.output
    lines = said.stdout.splitlines()
    for name in (field.name for field in fields(config) if field.name not in FREE):
        assert f"{name} = {getattr(config, name)}" in lines
    fresh = train(algorithm, "--out", tmp_path, "--settings").stdout.splitlines()
    for name in UNUSUAL[algorithm]:
        assert f"{name} = {getattr(config, name)}" not in fresh


def test_a_setting_that_is_given_counts_and_texts_are_not_added_to_the_runs(tmp_path):
    begun(tmp_path, "grpo")
    said = train("grpo", "--out", tmp_path, "--resume", "--set", "stop=c", "--settings").stdout
    assert "stop = ('c',)" in said
    assert "ratio_max = 4.0" in said


def test_a_setting_that_is_given_and_another_is_refused(tmp_path):
    begun(tmp_path, "grpo")
    said = train("grpo", "--out", tmp_path, "--resume", "--set", "samples=64")
    assert said.exit_code == 2
    assert "was made with samples = 128, not 64" in said.stderr


@pytest.mark.parametrize("value", ['"many"', "8.5", "[8]", "null"])
def test_a_setting_that_was_edited_to_another_type_is_refused(tmp_path, value):
    begun(tmp_path, "grpo")
    path = tmp_path / "config.json"
    config = json.loads(path.read_text()) | {"samples": json.loads(value)}
    path.write_text(json.dumps(config))
    said = train("grpo", "--out", tmp_path, "--resume")
    assert said.exit_code == 2
    assert f"says samples = {value}, and resuming cannot use that" in " ".join(said.stderr.split())


@pytest.mark.parametrize("other", ["ppo", "sb3", "duel"])
def test_a_run_of_another_algorithm_is_not_resumed(tmp_path, other):
    if other == "sb3":
        need_module("sb3_contrib", "sb3")
    begun(tmp_path, "grpo")
    said = train(other, "--out", tmp_path, "--resume")
    assert said.exit_code == 2
    assert f"holds a run of `train grpo`, not of `train {other}`" in said.stderr


@pytest.mark.learning
def test_a_damaged_state_is_refused_in_one_sentence(tmp_path, base):
    out = tmp_path / "run"
    arguments = command("grpo", base, out)
    run(*arguments)
    state = out / STATE
    content = bytearray(state.read_bytes())
    content[len(content) // 2] ^= 255
    state.write_bytes(content)
    before = read_rows(out)
    code, said = Forked(*arguments, "--resume").wait()
    assert code not in (0, -signal.SIGKILL)
    assert "is damaged" in " ".join(said.split())
    assert "Traceback" not in said
    assert read_rows(out) == before


@pytest.mark.learning
def test_ctrl_c_is_a_sentence_and_loses_nothing(tmp_path, base):
    out = tmp_path / "run"
    process = Forked(*command("grpo", base, out))
    while not _rows_so_far(out) and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    code, said = process.wait()
    assert code not in (0, -signal.SIGINT)
    assert "--resume" in said
    assert "Traceback" not in said
    rows = curve(out)
    assert 1 <= len(rows) < ITERATIONS
    assert json.loads((out / "config.json").read_text())["seed"] == 5
    # Its settings are known.
    run("train", "grpo", "--out", out, "--resume")
    assert curve(out)[: len(rows)] == rows
    assert len(curve(out)) == ITERATIONS


@pytest.mark.learning
def test_a_base_that_was_killed_half_made_is_gone_on_with(tmp_path):
    """A tiny base appears when it is complete; until then what was done is kept beside it."""
    chosen = [part for k, v in SMALL.items() for part in ("--set", f"{k}={v}")]
    run("train", "sft", "--out", str(tmp_path / "whole"), *chosen)
    out = tmp_path / "killed"
    process = Forked("train", "sft", "--out", str(out), *chosen)
    deadline = time.monotonic() + 120
    while not (unfinished(out) / STATE).exists() and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not out.exists()
    refused = train("sft", "--out", out, *chosen)
    assert refused.exit_code == 2
    assert "continue it with --resume" in " ".join(refused.stderr.split())
    # Its settings need not be said again.
    _, said = Forked("train", "sft", "--out", str(out), "--resume").wait()
    assert "going on after step" in said
    assert weights_digest(out) == weights_digest(tmp_path / "whole")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["killed", "whole"]
