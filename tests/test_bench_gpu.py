"""The benchmark of one device: every part of it runs, on a CPU as well."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from rich.console import Console
from typer.testing import CliRunner

import forgegym
from forgegym.benchmarks.speed import gpu, train
from forgegym.benchmarks.speed.items import BenchError
from forgegym.cli import app

SCRIPT = Path(forgegym.__file__).parent / "benchmarks" / "speed" / "gpu.sh"


def test_an_embedding_that_is_no_head_is_not_read_whole():
    cpu = torch.device("cpu")
    sizes = {}
    for tied in (True, False):
        shape = train.Shape("small", "qwen2", 16, 1, 2, 1, 24, 100, tied=tied)
        model = train.make_model(shape, dtype=torch.bfloat16, device=cpu, longest=8)
        assert model.dtype == torch.bfloat16
        sizes[tied] = train.weights_read(model), sum(p.numel() for p in model.parameters())
    assert sizes[True][0] == sizes[False][0] == sizes[True][1] == sizes[False][1] - 1600


def test_tokens_a_second_are_those_after_the_first():
    setting = gpu.Decoding("5m", 32, 256, 101, "bfloat16")
    found = gpu.Decoded(setting, "general", seconds=4.0, bound_seconds=1.0)
    assert found.tokens_per_second == 800.0
    document = gpu.Measured({}, decoding=[found]).to_json()
    assert document["decoding"][0]["share_of_bound"] == 0.25


def test_every_plan_is_of_shapes_that_there_are():
    for plan in gpu.PLANS.values():
        for setting in (*plan.training, *plan.decoding, plan.agreement, *plan.large):
            assert setting.shape in train.SHAPES


def test_an_unknown_plan_is_one_sentence(tmp_path):
    done = CliRunner().invoke(
        app, ["bench", "gpu", "--out", str(tmp_path / "out"), "--shapes", "huge"]
    )
    assert done.exit_code == 2
    assert "--shapes is full or tiny, not 'huge'" in done.output
    assert not (tmp_path / "out").exists()


@pytest.mark.learning
def test_a_part_that_fails_says_why_and_the_others_are_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(
        train, "bounds", lambda *_: (_ for _ in ()).throw(BenchError("the device is busy"))
    )
    empty = gpu.Plan(1, (), (), gpu.PLANS["tiny"].agreement, gpu.PLANS["tiny"].large)
    found = gpu.measure(
        empty, tmp_path, device=torch.device("cpu"), with_trl=False, say=lambda _: None
    )
    assert found.failures == {"bounds": "the device is busy"}
    assert found.large.seconds > 0
    saved = json.loads((tmp_path / gpu.RESULTS).read_text())
    assert saved["failures"] == found.failures
    assert len(saved["agreement"]) == 4


@pytest.mark.learning
def test_the_script_measures_every_part(tmp_path):
    settings = {"PYTHON": sys.executable, "FORGEGYM_REQUIRE": ""}
    arguments = ["--shapes", "tiny", "--no-trl"]
    done = subprocess.run(
        ["sh", SCRIPT, tmp_path / "out", *arguments],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((tmp_path / "out" / gpu.RESULTS).read_text())
    assert found["failures"] == {}
    assert {one["decoder"] for one in found["decoding"]} == {"general", "static", "graphs"}
    assert all(one["tokens_per_second"] > 0 for one in found["decoding"])
    assert found["copy_bytes_per_second"] > 0
    assert found["large"]["peak_bytes"] > 0
    (comparison,) = found["training"]
    assert [side["name"] for side in comparison["sides"]] == ["grpo", "ppo"]
    differences = {one["between"]: one["greatest"] for one in found["agreement"]}
    device = "cuda" if torch.cuda.is_available() else "cpu"
    assert differences[f"cpu float32, {device} float32"] < 1e-3
    assert differences[f"{device} float32: sampler, trainer"] < 1e-3
    tables = (tmp_path / "out" / gpu.TABLES).read_text()
    assert "Decoding, sampling included" in tables
    assert "A GRPO step of 5m" in tables


def test_the_tables_fit_a_terminal():
    setting = gpu.Decoding("qwen2.5-1.5b", 128, 256, 256, "bfloat16")
    agreement = gpu.Agreement("cuda bfloat16: sampler, trainer", 1e-2, 1e-3)
    found = gpu.Measured(
        {"device": "NVIDIA", "torch": "2"},
        decoding=[gpu.Decoded(setting, "general", 4.0, 1.0)],
        agreement=[agreement],
    )
    console = Console(record=True, width=80)
    gpu.print_measured(found, console)
    said = console.export_text()
    assert "…" not in said
    assert "25.0%" in said
