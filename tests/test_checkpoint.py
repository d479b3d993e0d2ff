"""Saving and continuing: whole files or none, and damage is refused in one sentence."""

import hashlib
import io
import json
import os
import random
import signal
import zipfile

import pytest
import torch
from typer.testing import CliRunner

from forgegym.agents.checkpoint import (
    CONFIG,
    STATE,
    CheckpointError,
    TrainingState,
    load_state,
    prepare_folder,
    record_settings,
    save_state,
    stop_on_interrupt,
    write_atomically,
)
from forgegym.cli import app


def state(iteration=3):
    return TrainingState(
        iteration,
        {"a": torch.tensor([1.5, -2.0])},
        {"state": {0: {"exp_avg": torch.ones(2)}}, "param_groups": [{"lr": 0.1, "params": [0]}]},
        {"best": 0.25},
        [{"program": "ledger π: Field;", "tokens": (1, 2)}],
    )


def test_a_state_comes_back_as_it_was(tmp_path):
    save_state(tmp_path, state())
    found = load_state(tmp_path)
    assert found.iteration == 3
    assert found.weights["a"].tolist() == [1.5, -2.0]
    assert found.optimizer["state"][0]["exp_avg"].tolist() == [1.0, 1.0]
    assert found.counters == {"best": 0.25}
    assert found.memory[0]["program"] == "ledger π: Field;"


def test_the_random_states_come_back(tmp_path):
    torch.manual_seed(7)
    random.seed(7)
    save_state(tmp_path, state())
    wanted = torch.rand(3).tolist(), random.random()
    torch.manual_seed(8)
    random.seed(8)
    load_state(tmp_path)
    assert (torch.rand(3).tolist(), random.random()) == wanted


def test_no_state_yet_is_not_an_error(tmp_path):
    assert load_state(tmp_path) is None


@pytest.mark.parametrize("at", [50, 200, -1])
def test_a_flipped_byte_is_refused(tmp_path, at):
    save_state(tmp_path, state())
    path = tmp_path / STATE
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"is damaged|is not a training state"):
        load_state(tmp_path)


def test_a_cut_or_foreign_file_is_refused(tmp_path):
    save_state(tmp_path, state())
    path = tmp_path / STATE
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(CheckpointError, match="is damaged"):
        load_state(tmp_path)
    path.write_bytes(b"hello")
    with pytest.raises(CheckpointError, match="is not a training state"):
        load_state(tmp_path)


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CheckpointError, match=r"No space left on device.*intact"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError, match="could not be written"):
        write_atomically(tmp_path / "file" / "below" / "state", b"")


def begun(folder, config):
    """A run that has saved something."""
    prepare_folder(folder, config, resume=False)
    save_state(folder, state())


def test_a_run_is_not_overwritten(tmp_path):
    begun(tmp_path / "run", {"seed": 1})
    with pytest.raises(CheckpointError, match="already holds a run; continue it with --resume"):
        prepare_folder(tmp_path / "run", {"seed": 1}, resume=False)


def test_a_run_is_resumed_only_with_its_own_settings(tmp_path):
    begun(tmp_path / "run", {"algorithm": "grpo", "lr": 0.1})
    prepare_folder(tmp_path / "run", {"algorithm": "grpo", "lr": 0.1}, resume=True)
    with pytest.raises(CheckpointError, match=r"was made with lr = 0.1, not 0.2"):
        prepare_folder(tmp_path / "run", {"algorithm": "grpo", "lr": 0.2}, resume=True)


def test_a_run_of_another_algorithm_is_told_before_any_setting(tmp_path):
    begun(tmp_path, {"algorithm": "grpo", "aggregation": "token"})
    with pytest.raises(CheckpointError, match=r"holds a run of `train grpo`, not of `train ppo`"):
        prepare_folder(tmp_path, {"algorithm": "ppo"}, resume=True)
    with pytest.raises(CheckpointError, match=r"holds a run of `train grpo`, not of `train sb3`"):
        prepare_folder(tmp_path, {"algorithm": "ppo", "versions": {}}, resume=True)


def test_resuming_nothing_begins_anew(tmp_path):
    """A run killed before its first line was written is continued from its beginning."""
    prepare_folder(tmp_path / "run", {"seed": 1}, resume=True)
    assert (tmp_path / "run" / CONFIG).exists()


@pytest.mark.parametrize("resume", [False, True])
def test_what_a_failed_start_left_is_no_run(tmp_path, resume):
    """Its base was not there, or no program could be judged: the mended command begins."""
    prepare_folder(tmp_path, {"algorithm": "grpo", "base": "nowhere"}, resume=False)
    for name in ("metrics.csv", "metrics.jsonl", ".lock"):
        (tmp_path / name).touch()
    prepare_folder(tmp_path, {"algorithm": "grpo", "base": "tiny"}, resume=resume)
    assert json.loads((tmp_path / CONFIG).read_text())["base"] == "tiny"


@pytest.mark.parametrize("left", ["best/", "metrics.jsonl"])
def test_a_run_that_has_left_anything_is_one(tmp_path, left):
    prepare_folder(tmp_path, {"algorithm": "grpo", "seed": 1}, resume=False)
    if left.endswith("/"):
        (tmp_path / left).mkdir()
    else:
        (tmp_path / left).write_text("{}\n")
    with pytest.raises(CheckpointError, match="already holds a run"):
        prepare_folder(tmp_path, {"algorithm": "grpo", "seed": 2}, resume=False)


def test_the_configuration_of_a_model_is_not_written_over(tmp_path):
    (tmp_path / CONFIG).write_text('{"model_type": "llama"}')
    with pytest.raises(CheckpointError, match="already holds a run"):
        prepare_folder(tmp_path, {"algorithm": "grpo"}, resume=False)
    assert (tmp_path / CONFIG).read_text() == '{"model_type": "llama"}'


def test_a_command_that_failed_to_start_can_be_mended(tmp_path):
    def refused(*arguments):
        command = ["train", "grpo", "--out", str(tmp_path / "run"), *arguments]
        said = CliRunner().invoke(app, [*command, "--set", "toolchain=frontend"])
        assert said.exit_code == 2
        return said.stderr

    for name in ("first", "second", "third"):
        (tmp_path / name).mkdir()
    assert "first holds no model" in refused("--base", str(tmp_path / "first"))
    assert "second holds no model" in refused("--base", str(tmp_path / "second"))
    assert "third holds no model" in refused("--base", str(tmp_path / "third"), "--resume")


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(CheckpointError, match=r"something that is not a run \(it has thesis.tex"):
        prepare_folder(tmp_path, {}, resume=False)
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError, match="is a file, not a folder"):
        prepare_folder(tmp_path / "file", {}, resume=False)


def test_the_first_interrupt_is_a_request_and_the_second_is_not():
    with stop_on_interrupt() as stop:
        assert not stop.requested
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.requested
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_state_of_a_gpu_is_read_where_there_is_none(tmp_path):
    """What a tensor on a GPU is saved as differs in the name of its device."""
    save_state(tmp_path, state())
    magic, _, body = (tmp_path / STATE).read_bytes().partition(b"\n")
    elsewhere = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(elsewhere, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("data.pkl"):
                assert b"X\x03\x00\x00\x00cpu" in content
                content = content.replace(b"X\x03\x00\x00\x00cpu", b"X\x06\x00\x00\x00cuda:0")
            new.writestr(name, content)
    moved = elsewhere.getvalue()
    digest = hashlib.sha256(moved).hexdigest().encode()
    (tmp_path / STATE).write_bytes(magic[: -len(digest)] + digest + b"\n" + moved)
    found = load_state(tmp_path)
    assert found.weights["a"].tolist() == [1.5, -2.0]
    assert found.weights["a"].device.type == "cpu"


def test_a_setting_that_came_later_and_is_off_is_no_other_setting(tmp_path):
    prepare_folder(tmp_path, {"algorithm": "grpo", "seed": 0}, resume=False)
    (tmp_path / "metrics.jsonl").write_text("{}\n")
    prepare_folder(tmp_path, {"algorithm": "grpo", "seed": 0, "start": ""}, resume=True)
    with pytest.raises(CheckpointError, match="start = None, not 'there'"):
        prepare_folder(tmp_path, {"algorithm": "grpo", "seed": 0, "start": "there"}, resume=True)


def test_what_is_free_is_from_now_on_what_is_said(tmp_path):
    run = {"algorithm": "grpo", "seed": 0, "iterations": 8}
    prepare_folder(tmp_path, run, resume=False)
    (tmp_path / "metrics.jsonl").write_text("{}\n")
    longer = {**run, "iterations": 12}
    with pytest.raises(CheckpointError, match="made with iterations = 8, not 12"):
        prepare_folder(tmp_path, longer, resume=True)
    prepare_folder(tmp_path, longer, resume=True, free=("iterations",))
    assert json.loads((tmp_path / CONFIG).read_text()) == run
    record_settings(tmp_path, longer)
    assert json.loads((tmp_path / CONFIG).read_text()) == longer
    with pytest.raises(CheckpointError, match="made with seed = 0, not 1"):
        prepare_folder(tmp_path, {**longer, "seed": 1}, resume=True, free=("iterations",))


def test_what_a_tracker_left_is_no_run_either(tmp_path):
    prepare_folder(tmp_path, {"algorithm": "grpo", "seed": 1}, resume=False)
    (tmp_path / "wandb_id.txt").write_text("abc")
    (tmp_path / "tensorboard").mkdir()
    (tmp_path / "tensorboard" / "events").write_text("x")
    prepare_folder(tmp_path, {"algorithm": "grpo", "seed": 2}, resume=False)
    assert json.loads((tmp_path / CONFIG).read_text())["seed"] == 2
