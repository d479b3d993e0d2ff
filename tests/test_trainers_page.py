"""What docs/trainers.md shows runs as it stands, but for the model and the number of steps."""

import re
import shlex

import pytest
from conftest import ROOT, need_module
from test_adapters_trl import TINY, tiny
from typer.testing import CliRunner

from forgegym.cli import app

PAGE = ROOT / "docs" / "trainers.md"

pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="forgegym is installed without its docs")


def examples():
    found = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    assert len(found) == 2
    return found


def run(example, model, steps, monkeypatch, tmp_path):
    """The example on this small model, in a folder of its own; the trainer's log."""
    monkeypatch.chdir(tmp_path)
    changed, times = re.subn(r'model="Qwen/[\w.-]+"', f"model={str(model)!r}", example)
    assert times == 1
    for old, new in (
        ("max_steps=100", f"max_steps={steps}, logging_steps=1, use_cpu=True, bf16=False"),
        ("num_generations=8", "num_generations=4, per_device_train_batch_size=4"),
    ):
        assert changed.count(old) == 1
        changed = changed.replace(old, new)
    names = {}
    exec(compile(changed, PAGE.name, "exec"), names)
    return names["trainer"].state.log_history


@pytest.fixture
def alone(monkeypatch):
    need_module("trl", "trl")
    monkeypatch.setenv("WANDB_MODE", "disabled")
    monkeypatch.setenv("TENSORBOARD_LOGGING_DIR", "logs")


@pytest.mark.learning
def test_the_reward_function(alone, monkeypatch, tmp_path):
    log = run(examples()[0], TINY, 2, monkeypatch, tmp_path)
    assert all("rewards/CompactContract-v0/mean" in row for row in log[:2])


@pytest.mark.learning
def test_the_tool_calls(alone, monkeypatch, tmp_path):
    model, tokenizer = tiny(tools=True)
    model.save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    log = run(examples()[1], tmp_path / "model", 2, monkeypatch, tmp_path)
    assert all("rewards/ProgramEpisode/mean" in row for row in log[:2])
    assert log[0]["tools/call_frequency"] > 0


def test_every_command_of_ours_does_what_it_says(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    lines = re.findall(r"^\$ forgegym (.*)$", PAGE.read_text(encoding="utf-8"), re.M)
    assert len(lines) == 2
    for line in lines:
        said = CliRunner().invoke(app, shlex.split(line))
        assert said.exit_code == 0, said.output
    named = re.search(r"harbor run -p (\S+)", PAGE.read_text(encoding="utf-8"))
    assert (tmp_path / named[1] / "task.toml").is_file()
