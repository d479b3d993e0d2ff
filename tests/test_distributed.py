"""Two processes under torchrun are one: the same samples, losses, weights and files."""

import json
import os
import subprocess
import sys

import pytest
from safetensors.torch import load_file
from test_resume import SETTINGS, SHARED

from forgegym.agents.distributed import World
from forgegym.agents.policy import WEIGHTS
from forgegym.agents.tracking import is_timing, read_rows

ITERATIONS = 3


def train(algorithm, base, out, processes, *more):
    settings = {**SETTINGS[algorithm], **SHARED}
    start = [sys.executable, "-m"]
    if processes > 1:
        start += ["torch.distributed.run", "--standalone", "--nproc-per-node", str(processes), "-m"]
    return subprocess.run(
        [
            *start, "forgegym", "train", algorithm.partition(":")[0],
            "--env", "CompactContract-v0", "--seed", "5", "--base", str(base), "--out", str(out),
            "--iterations", str(ITERATIONS), *more,
            *(part for k, v in settings.items() for part in ("--set", f"{k}={v}")),
        ],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )  # fmt: skip


@pytest.mark.learning
# The others take the same steps with another loss; what a fitted critic adds up is in test_ppo.
@pytest.mark.parametrize("algorithm", ["grpo", "ppo:adapter", "expert-iteration"])
def test_two_processes_give_the_losses_of_one(tmp_path, small_base, algorithm):
    one, two = tmp_path / "one", tmp_path / "two"
    for out, processes in ((one, 1), (two, 2)):
        done = train(algorithm, small_base, out, processes)
        assert done.returncode == 0, done.stderr
    said = [line for line in done.stdout.splitlines() if f"/{ITERATIONS}:" in line]
    assert len(said) == ITERATIONS  # not once a process
    expected, found = read_rows(one), read_rows(two)
    assert len(found) == ITERATIONS
    assert any(abs(row.get("loss", row.get("nll"))) > 1e-4 for row in expected)
    for before, after in zip(expected, found, strict=True):
        assert before.keys() == after.keys()
        for name in before:
            if not is_timing(name):
                same = pytest.approx(before[name], abs=1e-5, rel=1e-5, nan_ok=True)
                assert after[name] == same, name
    weights, others = (load_file(out / "latest" / WEIGHTS) for out in (one, two))
    assert any(t.abs().max() > 1e-4 for n, t in weights.items() if "lora_B" in n)
    for name, tensor in weights.items():
        # Adam divides by what may be nearly nothing, so the last digits of a sum grow.
        assert (tensor - others[name]).abs().max() < 1e-3 * SHARED["learning_rate"] * 100


@pytest.mark.learning
def test_a_run_of_two_processes_goes_on_and_refuses_in_one_sentence(tmp_path, small_base):
    out = tmp_path / "run"
    assert train("grpo", small_base, out, 2).returncode == 0
    rows = read_rows(out)
    again = train("grpo", small_base, out, 2)
    assert again.returncode != 0
    assert again.stderr.count("already holds a run") == 1
    config = json.loads((out / "config.json").read_text())
    assert config["iterations"] == ITERATIONS
    resumed = train("grpo", small_base, out, 2, "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert read_rows(out) == rows

    odd = train("grpo", small_base, tmp_path / "odd", 3)
    assert odd.returncode != 0
    assert "cannot be shared by 3 processes" in odd.stderr


def test_one_process_is_a_world_of_its_own():
    world = World()
    assert world.first
    assert world.share([1, 2, 3]) == [1, 2, 3]
    assert world.gather("mine") == ["mine"]
    assert world.any(True)
    assert not world.any(False)
    with pytest.raises(ZeroDivisionError):
        world.first_does(lambda: 1 / 0)
