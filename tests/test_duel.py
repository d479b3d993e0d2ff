"""The duel: its schedule, whose tokens learn at which stage, and runs that can be gone on with."""

import json
import random
import shutil
import signal
import time
from collections import Counter
from dataclasses import replace

import pytest
import torch
from forked import Forked, run
from rich.console import Console
from safetensors.torch import load_file

from forgegym.agents import duel
from forgegym.agents.adapter import WEIGHTS, load_policy
from forgegym.agents.checkpoint import STATE, CheckpointError
from forgegym.agents.duel import (
    BEST,
    CHECKPOINTS,
    LATEST,
    RESULTS,
    ROLES,
    SOLVER,
    WRITER,
    DuelConfig,
    _at_stage,
    train_duel,
)
from forgegym.agents.generate import Completion
from forgegym.agents.rollout import Batch, JudgingFailedError, Sample, Turn
from forgegym.agents.tracking import is_timing, read_rows


def config(tmp_path, **changes):
    return DuelConfig(**{"out": tmp_path / "run", "base": "tiny", **changes})


# ---------------------------------------------------------------- the schedule


def test_each_stage_trains_one_then_the_other_then_both(tmp_path):
    steps = config(tmp_path).steps
    assert len(steps) == 5 * (2 + 2 + 2 * 2)
    first = [step.role for step in steps[:8]]
    assert first == [WRITER] * 2 + [SOLVER] * 2 + [WRITER, SOLVER] * 2
    assert [step.stage for step in steps] == [s for s in range(1, 6) for _ in range(8)]
    assert [i for i, step in enumerate(steps) if step.last] == [7, 15, 23, 31, 39]
    twice = config(tmp_path, epochs=2, stages=2, writer_steps=1, solver_steps=0, alternating=1)
    assert [(s.epoch, s.stage, s.role) for s in twice.steps] == [
        (epoch, stage, role) for epoch in (1, 2) for stage in (1, 2)
        for role in (WRITER, WRITER, SOLVER)
    ]  # fmt: skip
    assert twice.played == ("constraints", "code")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"stages": 6}, "5 stages"),
        ({"stages": 0}, "stages"),
        ({"pool": 1.5}, "pool"),
        ({"writer_steps": 0, "solver_steps": 0, "alternating": 0}, "no step"),
        ({"settings": ("critic=adapter",)}, "critic"),
        ({"settings": ("nothing=1",)}, "nothing=1"),
        ({"settings": ("group_size=3",)}, "group_size=3"),
        ({"settings": ("lam=2",)}, "lam"),
        ({"settings": ("epochs=1.5",)}, "epochs is a whole number, not .1.5."),
        ({"settings": ("on_collapse=stop",)}, "takes no setting .on_collapse=stop."),
        ({"algorithm": "grpo", "group_size": 1}, "group_size"),
        ({"algorithm": "dqn"}, "ppo or grpo"),
    ],
)
def test_a_wrong_setting_is_one_sentence(tmp_path, changes, said):
    with pytest.raises(ValueError, match=said):
        config(tmp_path, **changes)


# ---------------------------------------------------------------- whose tokens learn


def sample():
    """Three turns of 2, 3 and 1 tokens, after the first two of which two tokens were heard."""
    tokens = torch.arange(10)
    own = torch.tensor([1, 1, 0, 0, 1, 1, 1, 0, 0, 1], dtype=torch.bool)
    logprobs = torch.where(own, -1.0 - tokens, 0.0)
    done = Completion(tokens, logprobs, True, 10.0 + tokens, own)
    return Sample(
        group=0, prompt="p", program="x", completion=done, reward=0.5, valid=True, verdict=None,
        earlier=(Turn(0.0, 1, 4), Turn(0.0, 6, 9)),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("stage", "length", "learnt"), [(0, 2, [0, 1]), (1, 7, [4, 5, 6]), (2, 10, [9])]
)
def test_at_a_stage_its_own_tokens_learn_what_the_end_was_worth(stage, length, learnt):
    (cut,) = _at_stage(Batch([[1]], [sample()]), stage, 3).samples
    own = cut.completion.sampled
    assert own.nonzero().flatten().tolist() == learnt
    assert cut.completion.tokens.tolist() == list(range(length))
    assert cut.completion.logprobs.tolist() == [
        -1.0 - i if i in learnt else 0.0 for i in range(length)
    ]
    assert cut.completion.values.tolist() == [10.0 + i for i in range(length)]
    assert (cut.turn_rewards, cut.turn_ends) == ([0.5], [length - 1])
    assert cut.valid


def test_an_episode_that_ended_before_a_stage_teaches_nothing_there():
    (cut,) = _at_stage(Batch([[1]], [sample()]), 3, 4).samples
    assert not cut.valid


# ---------------------------------------------------------------- runs


SMALL = {
    "stages": 2, "writer_steps": 1, "solver_steps": 1, "alternating": 0, "problems": 2,
    "group_size": 2, "evaluation": 2, "difficulty": 1, "learning_rate": 5e-3, "seed": 5,
    "max_text_tokens": 16, "max_new_tokens": 48, "max_test_tokens": 48, "pool": 0.5,
}  # fmt: skip


@pytest.fixture(scope="module")
def base():
    """Of which some tests are valid and some programs pass: there is something to learn."""
    return "tiny-python"


def command(base, out, *more):
    chosen = [part for k, v in SMALL.items() if k != "seed" for part in ("--set", f"{k}={v}")]
    return [
        "train", "duel", "--base", str(base), "--out", str(out), "--seed", str(SMALL["seed"]),
        *chosen, *more,
    ]  # fmt: skip


@pytest.fixture(scope="module")
def whole(base, tmp_path_factory):
    out = tmp_path_factory.mktemp("duel") / "whole"
    run(*command(base, out))
    return out


def curve(out):
    return [{k: v for k, v in row.items() if not is_timing(k)} for row in read_rows(out)]


@pytest.mark.learning
@pytest.mark.docker
def test_a_run_leaves_what_it_says(whole):
    rows = curve(whole)
    assert [(r["stage"], r["solver_learns"]) for r in rows] == [(1, 0), (1, 1), (2, 0), (2, 1)]
    for learns in (0, 1):  # something was learnt, or the comparisons below would say nothing
        assert any(r["grad_norm"] > 0 for r in rows if r["solver_learns"] == learns)
    results = json.loads((whole / RESULTS).read_text())
    assert (results["finished"], results["steps"]) == (True, 4)
    assert [s["stage"] for s in results["stages"]] == ["constraints", "code"]
    assert [e["when"] for e in results["evaluations"]] == [
        "start", "epoch-1-stage-1", "epoch-1-stage-2",
    ]  # fmt: skip
    assert results["best_score"] == max(s["score"] for s in results["stages"])
    for stage in results["stages"]:
        score = 0.7 * stage["solver_reward"] + 0.3 * stage["validity"]
        assert stage["score"] == pytest.approx(score)
    for folder in (LATEST, BEST, *(f"{CHECKPOINTS}/epoch-1-stage-{n}" for n in (1, 2))):
        for role in ROLES:
            assert (whole / folder / role / WEIGHTS).is_file()
    assert (whole / "curves.png").is_file()
    policy = load_policy(whole / LATEST / SOLVER)
    assert policy.encode("a prompt")


@pytest.mark.learning
@pytest.mark.docker
def test_who_does_not_learn_stays_as_it_is(base, tmp_path):
    """An adapter begins as nothing: B is zero."""
    chosen = {
        **SMALL, "out": tmp_path / "run", "base": base, "stages": 1, "evaluation": 0,
        "writer_steps": 2, "solver_steps": 0, "warmup": 1, "settings": ("critic_warmup=0",),
        "problems": 4, "group_size": 4,
    }  # fmt: skip
    result = train_duel(DuelConfig(**chosen), console=Console(quiet=True))
    assert all(row["grad_norm"] > 0 for row in result.rows)
    moved = {}
    for role in ROLES:
        weights = load_file(tmp_path / "run" / LATEST / role / WEIGHTS)
        moved[role] = any(bool(t.any()) for name, t in weights.items() if "lora_B" in name)
    assert moved == {SOLVER: False, WRITER: True}


@pytest.mark.learning
@pytest.mark.docker
def test_killed_at_a_random_moment_and_resumed(whole, base, tmp_path):
    killed = tmp_path / "killed"
    process = Forked(*command(base, killed, "--resume"))
    deadline = time.monotonic() + 240
    log = killed / "metrics.jsonl"
    while process.poll() is None and (not log.exists() or len(log.read_text().splitlines()) < 2):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(random.Random(3).uniform(0, 0.4))
    process.send_signal(signal.SIGKILL)
    process.wait()
    run(*command(base, killed, "--resume"))
    assert curve(killed) == curve(whole)
    for role in ROLES:
        one, other = (load_file(out / LATEST / role / WEIGHTS) for out in (whole, killed))
        assert all(one[k].equal(other[k]) for k in one)
    assert json.loads((killed / RESULTS).read_text()) == json.loads((whole / RESULTS).read_text())


def refused(folder, base, **changes):
    """What is said of a run that cannot be gone on with, which stays as it was."""
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    chosen = DuelConfig(**{**SMALL, "out": folder, "base": str(base), "resume": True, **changes})
    with pytest.raises(CheckpointError) as caught:
        train_duel(chosen, console=Console(quiet=True))
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before
    return str(caught.value)


@pytest.mark.learning
@pytest.mark.docker
def test_a_checkpoint_that_does_not_fit_is_refused_and_left_alone(
    whole, base, tmp_path, monkeypatch
):
    copies = {}
    for name in ("truncated", "foreign", "other", "named"):
        copies[name] = tmp_path / name
        shutil.copytree(whole, copies[name])
    state = copies["truncated"] / STATE
    state.write_bytes(state.read_bytes()[:-100])
    assert "damaged" in refused(copies["truncated"], base)
    (copies["foreign"] / STATE).write_bytes(b"something else")
    assert "not a training state" in refused(copies["foreign"], base)
    # A whole state, of adapters of another size.
    wide = tmp_path / "wide"
    more = ["--set", "lora_rank=4", "--set", "evaluation=0", "--set", "stages=1"]
    run(*command(base, wide, *more))
    shutil.copy(wide / STATE, copies["other"] / STATE)
    assert "fit" in refused(copies["other"], base)
    assert "lora_rank" in refused(copies["named"], base, lora_rank=4)
    elsewhere = wide / CHECKPOINTS / "epoch-1-stage-1"
    assert "no checkpoint of this run" in refused(copies["named"], base, resume_from=elsewhere)
    # From a stage's end: what came after it is done again, and comes out the same.
    first = copies["named"] / CHECKPOINTS / "epoch-1-stage-1"

    def killed(*args, **options):
        raise KeyboardInterrupt

    back = DuelConfig(
        **{**SMALL, "out": copies["named"], "base": str(base), "resume_from": first}
    )  # fmt: skip
    with monkeypatch.context() as context:
        context.setattr(duel, "RunLog", killed)
        with pytest.raises(KeyboardInterrupt):
            train_duel(back, console=Console(quiet=True))
    for role in ROLES:  # the best of what is not forgotten
        kept, then = (load_file(at / role / WEIGHTS) for at in (copies["named"] / BEST, first))
        assert all(kept[k].equal(then[k]) for k in kept)
    run(*command(base, copies["named"], "--resume"))
    assert curve(copies["named"]) == curve(whole)


@pytest.mark.learning
@pytest.mark.docker
def test_two_models_with_grpo_against_the_past(base, tmp_path):
    chosen = DuelConfig(
        **{
            **SMALL, "out": tmp_path / "run", "base": str(base), "writer_base": str(base),
            "algorithm": "grpo", "pool": 1.0, "stages": 2, "evaluation": 0,
            "settings": ("minibatches=1",),
        }
    )  # fmt: skip
    result = train_duel(chosen, console=Console(quiet=True))
    assert result.finished
    assert Counter(row["past_opponent"] for row in result.rows) == {0.0: 2, 1.0: 2}


@pytest.mark.learning
@pytest.mark.docker
@pytest.mark.parametrize("broken", [1, 2])
def test_a_batch_that_could_not_be_judged_is_played_again(base, tmp_path, monkeypatch, broken):
    """A machine that fails once changes nothing; one that fails on loses nothing that is saved."""
    chosen = {
        **SMALL, "out": tmp_path / "run", "base": base, "stages": 1, "evaluation": 0,
        "writer_steps": 1, "solver_steps": 0,
    }  # fmt: skip
    played, real = [], duel.Player.plays

    def plays(self, *arguments, learning):
        batch = real(self, *arguments, learning=learning)
        if not learning:
            return batch
        played.append([sample.program for sample in batch.samples])
        if len(played) > broken:
            return batch
        failed = [replace(sample, valid=False, why="it broke") for sample in batch.samples]
        return replace(batch, samples=failed)

    monkeypatch.setattr(duel.Player, "plays", plays)
    if broken == 1:
        result = train_duel(DuelConfig(**chosen), console=Console(quiet=True))
        assert result.finished
        assert played[0] == played[1]
    else:
        with pytest.raises(JudgingFailedError, match=r"it broke.*0 steps are saved.*--resume"):
            train_duel(DuelConfig(**chosen), console=Console(quiet=True))
