"""The loop around every algorithm: what happens when a run goes bad."""

import dataclasses
import json
import math

import pytest
import torch
from letters import LETTERS, Letters
from rich.console import Console
from training import quiet

from forgegym.agents import run
from forgegym.agents.adapter import adapter_state, load_policy
from forgegym.agents.checkpoint import CheckpointError
from forgegym.agents.reinforce import Reinforce, ReinforceConfig, train_reinforce
from forgegym.agents.rollout import JudgingFailedError
from forgegym.agents.run import MAX_RESTORES
from forgegym.agents.tracking import read_rows
from forgegym.verifiers.verdict import Failure, FailureKind


@pytest.fixture(scope="module")
def base(small_base):
    return small_base


def settings(out, base, **changes):
    defaults = {
        "env": LETTERS, "base": str(base), "iterations": 8, "samples": 8, "max_new_tokens": 8,
        "learning_rate": 1e-2, "decay_from": 1.0, "warmup": 0,
    }  # fmt: skip
    return ReinforceConfig(out=out, **{**defaults, **changes})


def recorded():
    return Console(record=True, width=200, file=quiet().file)


def test_what_to_do_on_collapse_is_one_of_three(tmp_path):
    with pytest.raises(ValueError, match="on_collapse is restore, stop or ignore"):
        ReinforceConfig(out=tmp_path, on_collapse="weep")


@pytest.mark.learning
def test_a_run_that_goes_bad_goes_back_to_its_best_adapter(tmp_path, base, monkeypatch):
    seen = []

    def complaint(rows):
        seen.append(len(rows))
        return "the weather turned" if len(seen) == 6 else None

    monkeypatch.setattr(run, "complaint", complaint)
    rates = []
    original = Reinforce.learn

    def learn(self, batch, iteration):
        rates.append(self.optimizer.param_groups[0]["lr"])
        if iteration == 7:  # the first after the restore: what it begins with is the best adapter
            best = adapter_state(load_policy(tmp_path / "run" / "best"))
            now = adapter_state(self.policy)
            assert all(torch.equal(best[name], now[name]) for name in best)
            assert not self.optimizer.state
        return original(self, batch, iteration)

    monkeypatch.setattr(Reinforce, "learn", learn)
    said = recorded()
    assert train_reinforce(settings(tmp_path / "run", base), console=said).finished
    told = "Iteration 6: the weather turned. Back to the best adapter, at 0.5 of the learning rate."
    assert told in said.export_text()
    assert seen == [1, 2, 3, 4, 5, 6, 1, 2]
    assert rates == [1e-2] * 6 + [5e-3] * 2


@pytest.mark.learning
def test_a_run_that_goes_bad_again_and_again_is_stopped_and_says_where_the_best_is(
    tmp_path, base, monkeypatch
):
    monkeypatch.setattr(run, "complaint", lambda rows: "no luck" if len(rows) == 5 else None)
    said = recorded()
    result = train_reinforce(settings(tmp_path / "run", base, iterations=40), console=said)
    assert not result.finished
    assert result.iterations == 5 * (MAX_RESTORES + 1)
    assert f"Stopped after iteration {result.iterations}: no luck; the best" in said.export_text()


@pytest.mark.learning
@pytest.mark.parametrize(("choice", "iterations"), [("stop", 6), ("ignore", 8)])
def test_it_can_be_told_to_stop_at_once_or_to_go_on(
    tmp_path, base, monkeypatch, choice, iterations
):
    monkeypatch.setattr(run, "complaint", lambda rows: "no luck" if len(rows) == 6 else None)
    config = settings(tmp_path / "run", base, on_collapse=choice)
    assert train_reinforce(config, console=quiet()).iterations == iterations


@pytest.mark.learning
def test_a_restored_run_is_resumed_as_it_was(tmp_path, base, monkeypatch):
    monkeypatch.setattr(run, "complaint", lambda rows: "no luck" if len(rows) == 6 else None)
    whole = train_reinforce(settings(tmp_path / "whole", base), console=quiet()).rows

    original = Reinforce.learn

    def killed(self, batch, iteration):
        if iteration == 8:
            raise KeyboardInterrupt
        return original(self, batch, iteration)

    config = settings(tmp_path / "run", base)
    monkeypatch.setattr(Reinforce, "learn", killed)
    with pytest.raises(KeyboardInterrupt):
        train_reinforce(config, console=quiet())
    monkeypatch.setattr(Reinforce, "learn", original)
    resumed = train_reinforce(dataclasses.replace(config, resume=True), console=quiet()).rows
    timeless = [
        [{k: v for k, v in r.items() if k[-2:] != "_s"} for r in x] for x in (whole, resumed)
    ]
    assert timeless[0] == timeless[1]


@pytest.mark.learning
def test_a_loss_that_is_no_number_changes_no_weight(tmp_path, base, monkeypatch):
    from forgegym.agents import reinforce

    original = reinforce.reinforce_loss
    calls = []

    def broken(**arguments):
        calls.append(1)
        loss, about = original(**arguments)
        return loss * (math.nan if len(calls) == 7 else 1.0), about

    monkeypatch.setattr(reinforce, "reinforce_loss", broken)
    said = recorded()
    config = settings(tmp_path / "run", base, group_size=1)
    result = train_reinforce(config, console=said)
    text = said.export_text()
    assert "Iteration 7: loss is nan. Back to the best adapter" in text
    assert text.count("Back to") == 1
    assert result.finished
    for tensor in adapter_state(load_policy(tmp_path / "run" / "latest")).values():
        assert tensor.isfinite().all()


@pytest.mark.learning
def test_the_best_adapter_is_the_one_that_was_paid_so_well(tmp_path, base, monkeypatch):
    """The step after it may be the one that spoils the policy."""
    sampled = []
    original = Reinforce.learn

    def learn(self, batch, iteration):
        sampled.append(adapter_state(self.policy))
        return original(self, batch, iteration)

    monkeypatch.setattr(Reinforce, "learn", learn)
    rows = train_reinforce(settings(tmp_path / "run", base), console=quiet()).rows
    paid = [row["avg_reward"] for row in rows]
    means = [sum(paid[i - 4 : i + 1]) / 5 for i in range(4, len(paid))]
    at = 4 + means.index(max(means))
    best = adapter_state(load_policy(tmp_path / "run" / "best"))
    assert all(torch.equal(best[name], sampled[at][name]) for name in best)
    note = json.loads((tmp_path / "run" / "best" / "forgegym.json").read_text())
    assert note["iteration"] == at  # steps that it had learnt from


# ---------------------------------------------------------------- when the machine fails


class Broken:
    """Counts the steps of `Letters`, and fails on every program in some of them."""

    def __init__(self, monkeypatch, *fails):
        self.steps = 0
        original = Letters.step

        def step(env, actions):
            self.steps += 1
            observed, rewards, ended, cut, infos = original(env, actions)
            if self.steps in fails:
                infos["valid"][:] = False
                infos["failure"] = [
                    Failure(FailureKind.SANDBOX, "compile", "the disk is full")
                ] * env.num_envs
            return observed, rewards, ended, cut, infos

        monkeypatch.setattr(Letters, "step", step)


def timeless(rows):
    return [{k: v for k, v in row.items() if k[-2:] != "_s"} for row in rows]


@pytest.mark.learning
def test_a_machine_that_fails_for_a_while_changes_nothing(tmp_path, base, monkeypatch):
    whole = train_reinforce(settings(tmp_path / "whole", base), console=quiet()).rows
    Broken(monkeypatch, 3)
    said = recorded()
    rows = train_reinforce(settings(tmp_path / "run", base), console=said).rows
    assert timeless(rows) == timeless(whole)
    told = "Iteration 3: of the programs none of 8 could be judged (the disk is full)."
    assert told in said.export_text()


@pytest.mark.learning
def test_a_machine_that_stays_broken_ends_the_run_and_not_the_policy(tmp_path, base, monkeypatch):
    whole = train_reinforce(settings(tmp_path / "whole", base), console=quiet()).rows
    config = settings(tmp_path / "run", base)
    with monkeypatch.context() as context:
        Broken(context, *range(4, 40))
        with pytest.raises(JudgingFailedError, match=r"3 iterations are saved .* --resume goes on"):
            train_reinforce(config, console=quiet())
    resumed = train_reinforce(dataclasses.replace(config, resume=True), console=quiet()).rows
    assert timeless(resumed) == timeless(whole)


@pytest.mark.learning
def test_what_an_iteration_could_not_measure_is_not_written_as_a_number(
    tmp_path, base, monkeypatch
):
    original = Letters.step

    def step(env, actions):
        observed, rewards, *rest = original(env, actions)
        return observed, rewards * 0, *rest

    monkeypatch.setattr(Letters, "step", step)
    config = settings(tmp_path / "run", base, on_collapse="ignore", iterations=2)
    train_reinforce(config, console=quiet())
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    for name in ("entropy", "positive_logprob"):
        assert [json.loads(line)[name] for line in lines] == [None, None]
        assert all(math.isnan(row[name]) for row in read_rows(tmp_path / "run"))
    table = (tmp_path / "run" / "metrics.csv").read_text()
    assert "nan" not in table


@pytest.mark.learning
def test_a_run_is_not_resumed_on_another_model(tmp_path, base, monkeypatch):
    config = settings(tmp_path / "run", base, iterations=1)
    train_reinforce(config, console=quiet())
    original = run.load_base

    def another(*args, **options):
        return dataclasses.replace(original(*args, **options), base_digest="0" * 64)

    monkeypatch.setattr(run, "load_base", another)
    written = (tmp_path / "run" / "config.json").read_bytes()
    with pytest.raises(CheckpointError, match="was made on another model than what"):
        train_reinforce(dataclasses.replace(config, resume=True, device="cpu"), console=quiet())
    assert (tmp_path / "run" / "config.json").read_bytes() == written
