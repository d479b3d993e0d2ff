"""Two processes under torchrun are one: the same samples, losses, weights and files."""

import json
import os
import socket
import subprocess
import sys

import pytest
from forked import Forked
from safetensors.torch import load_file
from test_resume import SETTINGS, SHARED

from forgegym.agents.adapter import WEIGHTS
from forgegym.agents.distributed import World
from forgegym.agents.tracking import is_timing, read_rows

ITERATIONS = 3


def command(algorithm, base, out, *more):
    settings = {**SETTINGS[algorithm], **SHARED}
    return [
        "train", algorithm.partition(":")[0],
        "--env", "CompactContract-v0", "--seed", "5", "--base", str(base), "--out", str(out),
        "--iterations", str(ITERATIONS), *more,
        *(part for k, v in settings.items() for part in ("--set", f"{k}={v}")),
    ]  # fmt: skip


def torchrun(processes, arguments):
    done = subprocess.run(
        [
            sys.executable, "-m", "torch.distributed.run", "--standalone",
            "--nproc-per-node", str(processes), "-m", "forgegym", *arguments,
        ],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=250,
        check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


def as_torchrun(processes, arguments, *, others=None):
    """What torchrun does, in less time: it, too, only starts them, and says this to each.
    `others`: what all but the first are given instead."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    everyone = {
        "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(processes),
    }  # fmt: skip
    started = [
        Forked(
            *(others if n and others else arguments),
            environment={**everyone, "RANK": str(n), "LOCAL_RANK": str(n)},
        )
        for n in range(processes)
    ]
    ended = [process.wait() for process in started]
    return max((code for code, _ in ended), key=abs), "".join(said for _, said in ended)


@pytest.mark.learning
# The others take the same steps with another loss; what a fitted critic adds up is in test_ppo.
@pytest.mark.parametrize(
    ("algorithm", "start"),
    [("grpo", torchrun), ("ppo:adapter", as_torchrun), ("expert-iteration", as_torchrun)],
)
def test_two_processes_give_the_losses_of_one(tmp_path, small_base, algorithm, start):
    one, two = tmp_path / "one", tmp_path / "two"
    code, said = Forked(*command(algorithm, small_base, one)).wait()
    assert code == 0, said
    code, said = start(2, command(algorithm, small_base, two))
    assert code == 0, said
    lines = [line for line in said.splitlines() if f"/{ITERATIONS}:" in line]
    assert len(lines) == ITERATIONS  # not once a process
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
    code, said = as_torchrun(2, command("grpo", small_base, out))
    assert code == 0, said
    rows = read_rows(out)
    code, said = as_torchrun(2, command("grpo", small_base, out))
    assert code != 0
    assert said.count("already holds a run") == 1
    config = json.loads((out / "config.json").read_text())
    assert config["iterations"] == ITERATIONS
    code, said = as_torchrun(2, command("grpo", small_base, out, "--resume"))
    assert code == 0, said
    assert read_rows(out) == rows

    code, said = as_torchrun(3, command("grpo", small_base, tmp_path / "odd"))
    assert code != 0
    assert "cannot be shared by 3 processes" in said


def test_one_process_is_a_world_of_its_own():
    world = World()
    assert world.first
    assert world.share([1, 2, 3]) == [1, 2, 3]
    assert world.gather("mine") == ["mine"]
    assert world.any(True)
    assert not world.any(False)
    with pytest.raises(ZeroDivisionError):
        world.first_does(lambda: 1 / 0)


@pytest.mark.learning
def test_a_process_that_fails_ends_the_others_in_a_sentence(tmp_path, small_base):
    whole = command("grpo", small_base, tmp_path / "run")
    code, said = as_torchrun(2, whole, others=command("grpo", tmp_path / "nowhere", tmp_path))
    assert code != 0
    assert "Traceback" not in said
    assert "There is no model folder" in said  # from the one,
    assert "another process of this run has failed" in " ".join(said.split())  # and the other
