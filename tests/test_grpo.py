"""GRPO: what its settings allow, what its first step does, and that it learns."""

import copy
import csv
import dataclasses
import itertools
import json

import numpy as np
import pytest
import torch
from letters import LETTERS, Letters
from rich.console import Console
from safetensors.torch import load_file
from training import quiet

from forgegym.agents import run
from forgegym.agents.adapter import (
    WEIGHTS,
    adapter_state,
    add_adapter,
    load_policy,
    save_adapter,
    start_from,
)
from forgegym.agents.checkpoint import CheckpointError
from forgegym.agents.generate import Completion
from forgegym.agents.grpo import GRPO, GRPOConfig, train_grpo
from forgegym.agents.gspo import GSPO, GSPOConfig
from forgegym.agents.logprob import completion_scores
from forgegym.agents.policy import Policy, PolicyError, load_base
from forgegym.agents.policy_agent import load_policy_agent
from forgegym.agents.reinforce import RLOOConfig
from forgegym.agents.rollout import Batch, Sample, play
from forgegym.agents.run import learning_rate
from forgegym.agents.tracking import read_rows
from forgegym.verifiers.verdict import Stage, StageStatus, Toolchain, Verdict

ACCEPTED = Verdict(
    "task", "source", Toolchain("test", "1"), (Stage("compile", StageStatus.PASSED),)
)


@pytest.fixture(scope="module")
def base(small_base):
    return small_base


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"group_size": 1}, "group_size must be at least 2"),
        ({"samples": 60}, r"samples \(60\) must be a multiple of group_size \(8\)"),
        ({"minibatches": 9}, "9 minibatches need as many groups; there are 8"),
        ({"learning_rate": 0.0}, "learning_rate must be above 0"),
        ({"clip_low": 1.5}, "clip_low must lie between 0 and 1"),
        ({"kl_coef": -0.1}, "kl_coef must not be negative"),
        ({"scale": "sometimes"}, "scale is group, batch or none"),
        ({"variety_coef": 1.5}, "variety_coef must lie in 0 to 1"),
        ({"iterations": 0}, "iterations must be at least 1"),
    ],
)
def test_wrong_settings_are_refused(tmp_path, wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        GRPOConfig(out=tmp_path, **{"samples": 64, "group_size": 8, **wrong})


# ------------------------------------------------------------------ one step, looked at closely


@pytest.fixture
def policy(base):
    return add_adapter(load_policy(base), rank=4, seed=1)


def batch_of(policy, rewards, *, valid=None, size=2, seed=0):
    """Groups of `size` samples the policy really drew, with the rewards that are given."""
    prompts = [policy.encode(f"// family: vault\n// complexity: {g + 1}\n") for g in range(3)]
    drawn = policy.sample(
        prompts[: len(rewards) // size],
        seeds=[[seed + g * size + i for i in range(size)] for g in range(len(rewards) // size)],
        max_new_tokens=20,
        temperature=1.0,
    )
    flat = list(itertools.chain(*drawn))
    samples = [
        Sample(i // size, "", "", completion, reward, valid is None or valid[i], ACCEPTED)
        for i, (completion, reward) in enumerate(zip(flat, rewards, strict=True))
    ]
    return Batch(prompts, samples)


def gradients(config, policy, batch):
    """The gradient that one iteration takes its step along, without taking it."""
    learner = GRPO(config, policy)
    parameters = learner.parameters()
    learner.optimizer = torch.optim.SGD(parameters, lr=1.0)
    before = [p.detach().clone() for p in parameters]
    metrics = learner.learn(batch, 1)
    found = [b - p.detach() for b, p in zip(before, parameters, strict=True)]
    with torch.no_grad():
        for parameter, value in zip(parameters, before, strict=True):
            parameter.copy_(value)
    return found, metrics


def settings(tmp_path, **changes):
    """One plain step: nothing of the reward is taken off, and nothing is scaled."""
    defaults = {
        "samples": 4,
        "group_size": 2,
        "minibatches": 1,
        "max_grad_norm": 1e9,
        "scale": "none",
        "variety_coef": 0.0,
        "rarity_coef": 0.0,
        "surprise_coef": 0.0,
    }
    return GRPOConfig(out=tmp_path, **{**defaults, **changes})


def test_the_first_step_is_on_policy(tmp_path, policy):
    batch = batch_of(policy, [0.0, 1.0, 0.2, 0.1])
    _, metrics = gradients(settings(tmp_path), policy, batch)
    assert metrics["ratio"] == pytest.approx(1.0, abs=1e-4)
    assert metrics["clip_low"] == metrics["clip_high"] == 0.0
    assert metrics["grad_norm"] > 0


def test_equal_rewards_take_no_step(tmp_path, policy):
    found, metrics = gradients(settings(tmp_path), policy, batch_of(policy, [0.5, 0.5, 0.3, 0.3]))
    assert all((g == 0).all() for g in found)
    assert metrics["frac_zero_std"] == 1.0


def test_a_sample_the_machine_failed_on_does_not_move_the_policy(tmp_path, policy):
    """The step is the one of the batch without it."""
    whole = batch_of(policy, [0.0, 1.0, 0.2, 0.9, 0.1, 0.4], size=3)
    broken = [True, True, False, True, True, True]
    marked = [
        dataclasses.replace(s, valid=ok, reward=s.reward if ok else 77.0)
        for s, ok in zip(whole.samples, broken, strict=True)
    ]
    without = [s for s, ok in zip(whole.samples, broken, strict=True) if ok]
    one, _ = gradients(settings(tmp_path), policy, Batch(whole.prompts, marked))
    other, _ = gradients(settings(tmp_path), policy, Batch(whole.prompts, without))
    for a, b in zip(one, other, strict=True):
        assert torch.allclose(a, b, atol=1e-6)


def test_the_step_does_not_depend_on_how_the_batch_is_cut(tmp_path, policy, monkeypatch):
    batch = batch_of(policy, [0.0, 1.0, 0.2, 0.9, 0.1, 0.4])
    whole, _ = gradients(settings(tmp_path), policy, batch)
    monkeypatch.setattr(run, "TOKENS_PER_PASS", 1)
    cut, _ = gradients(settings(tmp_path), policy, batch)
    for a, b in zip(whole, cut, strict=True):
        assert torch.allclose(a, b, atol=1e-6)


def test_the_kl_penalty_is_zero_for_a_new_adapter(tmp_path, policy):
    batch = batch_of(policy, [0.0, 1.0, 0.2, 0.1])
    with_kl, metrics = gradients(settings(tmp_path, kl_coef=1.0), policy, batch)
    without, _ = gradients(settings(tmp_path), policy, batch)
    assert metrics["kl"] == pytest.approx(0.0, abs=1e-8)
    for a, b in zip(with_kl, without, strict=True):
        assert torch.allclose(a, b, atol=1e-6)


def moved(policy):
    """A new adapter is the base itself; this one is not."""
    draw = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, parameter in policy.model.named_parameters():
            if "lora_B" in name:
                parameter.copy_(0.2 * torch.randn(parameter.shape, generator=draw))
    return policy


def of_tokens(model, policy, batch):
    """The log-probability of every sampled token of a batch under a model."""
    found = completion_scores(
        model,
        prompts=batch.prompts,
        completions=[s.completion.tokens for s in batch.samples],
        owners=[s.group for s in batch.samples],
        pad_id=policy.pad_id,
    )
    return found.logprobs[found.mask > 0].detach()


def test_the_kl_penalty_is_that_from_the_base(tmp_path, policy, base):
    moved(policy)
    batch = batch_of(policy, [0.0, 1.0, 0.2, 0.1])
    d = of_tokens(load_policy(base).model, policy, batch) - of_tokens(policy.model, policy, batch)
    assert d.abs().max() > 0.1
    with_kl, metrics = gradients(settings(tmp_path, kl_coef=0.5), policy, batch)
    assert metrics["kl"] == pytest.approx((d.exp() - d - 1).mean().item(), rel=1e-4)
    without, _ = gradients(settings(tmp_path), policy, batch)
    toward = [a - b for a, b in zip(with_kl, without, strict=True)]
    with torch.no_grad():  # a step along it leads back to the base
        for parameter, direction in zip(GRPO(settings(tmp_path), policy).parameters(), toward,
                                        strict=True):  # fmt: skip
            parameter -= 0.5 * direction
    nearer = of_tokens(load_policy(base).model, policy, batch)
    nearer -= of_tokens(policy.model, policy, batch)
    assert (nearer**2).mean() < (d**2).mean()


def test_a_second_epoch_goes_over_the_same_samples(tmp_path, policy):
    batch = batch_of(policy, [0.0, 1.0, 0.2, 0.1])
    chosen = {"minibatches": 2, "learning_rate": 1e-2}
    learner = GRPO(settings(tmp_path, epochs=3, **chosen), policy)
    steps = []
    original = learner.step_on

    def step_on(batch, rows, loss_of, **options):
        steps.append(sorted(rows))
        return original(batch, rows, loss_of, **options)

    learner.step_on = step_on
    about = learner.learn(batch, 1)
    assert len(steps) == 6
    assert sorted(map(tuple, steps)) == sorted([(0, 1), (2, 3)] * 3)
    assert about["approx_kl"] > 0


@pytest.mark.parametrize(
    ("kind", "chosen", "told"),
    [
        (GRPOConfig, {"ratio_max": 3.0}, "ratio_max = 3.0 has no part in this: loss is clip"),
        (GRPOConfig, {"loss": "cispo", "clip_high": 0.3}, "clip_high = 0.3 has no part in this"),
        (GRPOConfig, {"kl": "k2"}, "kl = k2 has no part in this: kl_coef is 0"),
        (GSPOConfig, {"dual_clip": 3.0}, "dual_clip = 3.0 has no part in this: GSPO clips"),
    ],
)
def test_a_setting_that_could_not_act_is_refused(tmp_path, kind, chosen, told):
    with pytest.raises(ValueError, match=told):
        kind(out=tmp_path, **chosen)


def test_only_the_adapter_is_trained(tmp_path, policy):
    frozen = {n: p.clone() for n, p in policy.model.named_parameters() if not p.requires_grad}
    trained = [n for n, p in policy.model.named_parameters() if p.requires_grad]
    GRPO(settings(tmp_path), policy).learn(batch_of(policy, [0.0, 1.0, 0.2, 0.1]), 1)
    assert all("lora_" in name for name in trained)
    # Seven projections in each of two layers, two matrices each.
    assert len(trained) == 7 * 2 * 2
    for name, parameter in policy.model.named_parameters():
        if name in frozen:
            assert torch.equal(parameter, frozen[name])


# ------------------------------------------------------------------------------ whole runs


@pytest.mark.learning
@pytest.mark.parametrize("seed", range(5))
def test_it_learns_what_is_paid(tmp_path, base, seed):
    config = GRPOConfig(
        out=tmp_path / "run",
        env=LETTERS,
        base=str(base),
        seed=seed,
        iterations=30,
        samples=32,
        max_new_tokens=12,
        learning_rate=1e-2,
        minibatches=1,
        scale="group",
        variety_coef=0.0,
        rarity_coef=0.0,
        surprise_coef=0.0,
    )
    rows = train_grpo(config, console=quiet()).rows
    first = np.mean([r["avg_reward"] for r in rows[:3]])
    last = np.mean([r["avg_reward"] for r in rows[-3:]])
    assert last > 3 * first


COMPACT = {"iterations": 3, "samples": 16, "group_size": 4, "max_new_tokens": 64}


@pytest.mark.learning
def test_a_run_leaves_logs_curves_and_adapters(tmp_path, base):
    out = tmp_path / "run"
    result = train_grpo(
        GRPOConfig(out=out, base=str(base), reward="staged", temperature=0.7, **COMPACT),
        console=quiet(),
    )
    assert result.finished
    assert [r["iteration"] for r in read_rows(out)] == [1, 2, 3]
    assert (out / "curves.png").read_bytes().startswith(b"\x89PNG")
    with open(out / "metrics.csv", newline="") as file:
        columns = csv.DictReader(file).fieldnames
    # The names that the readers of nanochat's CSV look for.
    assert columns[:3] == ["iteration", "avg_reward", "reward_std"]
    assert {"compile_success_rate", "parse_success_rate"} <= set(columns)
    assert json.loads((out / "config.json").read_text())["samples"] == 16
    trained = load_policy_agent(out / "latest", max_new_tokens=20)
    prompts = ["// family: vault\n"] * 3
    programs = trained.generate(prompts, seeds=[1, 2, 1])
    assert programs[0] == programs[2]
    assert programs == trained.generate(prompts, seeds=[1, 2, 1])
    assert programs[1:2] == trained.generate(prompts[:1], seeds=[2])


@pytest.mark.learning
def test_an_adapter_comes_back_as_it_was_saved(tmp_path, base):
    out = tmp_path / "run"
    config = GRPOConfig(out=out, base=str(base), reward="staged", temperature=0.7, **COMPACT)
    train_grpo(config, console=quiet())
    state = torch.load(_body(out / "state.bin"), weights_only=True)["weights"]
    loaded = adapter_state(load_policy(out / "latest"))
    assert loaded.keys() == state.keys()
    assert all(torch.equal(loaded[name], state[name]) for name in state)


def _body(path):
    import io

    return io.BytesIO(path.read_bytes().partition(b"\n")[2])


@pytest.mark.learning
def test_ctrl_c_saves_and_the_run_goes_on(tmp_path, base, monkeypatch):
    """Stopped after its first iteration and resumed, a run has the rows of an undisturbed one."""
    config = GRPOConfig(
        out=tmp_path / "whole", base=str(base), reward="staged", temperature=0.7, **COMPACT
    )
    whole = train_grpo(config, console=quiet()).rows

    out = tmp_path / "stopped"
    original, calls = GRPO.learn, []

    def press_ctrl_c(*args):
        calls.append(1)
        import os
        import signal

        os.kill(os.getpid(), signal.SIGINT)
        return original(*args)

    monkeypatch.setattr(GRPO, "learn", press_ctrl_c)
    said = Console(record=True, width=200, file=quiet().file)
    stopped = train_grpo(dataclasses.replace(config, out=out), console=said)
    assert not stopped.finished
    assert stopped.iterations == 1
    assert "--resume goes on from there" in said.export_text()

    monkeypatch.setattr(GRPO, "learn", original)
    resumed = train_grpo(dataclasses.replace(config, out=out, resume=True), console=quiet())
    assert resumed.finished
    assert without_timings(resumed.rows) == without_timings(whole)


def without_timings(rows):
    return [{k: v for k, v in row.items() if not k.endswith("_s")} for row in rows]


# ------------------------------------------------------------------- models that are not there


def test_a_missing_model_is_one_sentence(tmp_path):
    with pytest.raises(PolicyError, match=r"There is no model folder .*nowhere"):
        load_policy(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(PolicyError, match=r"holds no model: it has no config\.json"):
        load_policy(tmp_path / "empty")
    (tmp_path / "empty" / "config.json").write_text("{}")
    with pytest.raises(PolicyError, match="could not be loaded as a causal language model"):
        load_policy(tmp_path / "empty")
    with pytest.raises(PolicyError, match="There is no device called 'abacus'"):
        load_policy(tmp_path, device="abacus")


def test_an_adapter_is_not_laid_on_another_model(tmp_path, base, policy):
    from forgegym.agents.adapter import save_adapter

    save_adapter(policy, tmp_path / "adapter", note={})
    other = copy.copy(load_policy(base))
    with torch.no_grad():
        other.model.model.norm.weight.add_(1.0)
    other.model.save_pretrained(tmp_path / "other")
    other.tokenizer.save_pretrained(tmp_path / "other")
    with pytest.raises(PolicyError, match="was trained on another model than"):
        load_policy(tmp_path / "adapter", base=str(tmp_path / "other"))
    with pytest.raises(PolicyError, match="holds no adapter, so a base cannot be given"):
        load_policy(base, base=str(base))
    with pytest.raises(PolicyError, match="holds an adapter, not a model"):
        train_grpo(
            GRPOConfig(out=tmp_path / "run", base=str(tmp_path / "adapter")), console=quiet()
        )


def test_a_damaged_adapter_is_one_sentence(tmp_path, policy):
    from forgegym.agents.adapter import save_adapter

    save_adapter(policy, tmp_path / "adapter", note={})
    weights = tmp_path / "adapter" / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(PolicyError, match="could not be loaded"):
        load_policy(tmp_path / "adapter")
    (tmp_path / "adapter" / "adapter_config.json").write_text("{")
    with pytest.raises(PolicyError, match="is damaged"):
        load_policy(tmp_path / "adapter")


def test_a_run_is_not_begun_over_another(tmp_path, base):
    config = GRPOConfig(out=tmp_path / "run", base=str(base), reward="staged", **COMPACT)
    train_grpo(config, console=quiet())
    with pytest.raises(CheckpointError, match="already holds a run"):
        train_grpo(config, console=quiet())


def test_a_fenced_answer_is_its_program(base):
    policy = load_policy(base)
    text = "Here it is:\n```compact\nledger x: Field;\n```\nDone."
    tokens = torch.tensor(policy.tokenizer(text)["input_ids"])
    assert policy.decode(tokens) == "ledger x: Field;\n"
    assert Policy.decode(policy, tokens[:-3]).startswith("ledger x")


def test_completions_of_one_prompt_share_its_group(base):
    class Echo(Letters):
        def step(self, actions):
            self.actions = actions
            return super().step(actions)

    env = Echo(6)
    batch = play(
        env,
        load_policy(base),
        group_size=2,
        seed=0,
        iteration=1,
        max_new_tokens=8,
        temperature=1.0,
    )
    assert [s.group for s in batch.samples] == [0, 0, 1, 1, 2, 2]
    assert tuple(s.program for s in batch.samples) == env.actions
    assert all(isinstance(s.completion, Completion) for s in batch.samples)
    for sample in batch.samples:
        assert load_policy(base).encode(sample.prompt) == batch.prompts[sample.group]


def test_the_learning_rate_rises_holds_and_falls(tmp_path):
    config = GRPOConfig(out=tmp_path, iterations=100, warmup=4, decay_from=0.7, learning_rate=1.0)
    rates = [learning_rate(config, i) for i in range(1, 101)]
    assert rates[:4] == [0.25, 0.5, 0.75, 1.0]
    assert rates[4:70] == [1.0] * 66
    assert rates[70:] == sorted(rates[70:], reverse=True)
    assert 0 < rates[-1] < 0.05


def test_alike_programs_teach_less_than_different_ones(tmp_path, policy):
    """With equal rewards, only the bonuses for variety can set samples of a group apart."""
    batch = batch_of(policy, [0.5, 0.5, 0.5, 0.5])
    found, _ = gradients(settings(tmp_path, rarity_coef=0.5), policy, batch)
    assert any((g != 0).any() for g in found)


def test_an_unusual_word_teaches_even_where_all_programs_pay_alike(tmp_path, policy):
    """A sample without advantage has no gradient of its own; its words still may."""
    batch = batch_of(policy, [0.4, 0.6, 0.4, 0.6])
    plain, _ = gradients(settings(tmp_path), policy, batch)
    found, _ = gradients(settings(tmp_path, surprise_coef=0.1), policy, batch)
    assert any((a != b).any() for a, b in zip(plain, found, strict=True))


def test_the_constant_denominator_counts_what_teaches_nothing_too(tmp_path, policy):
    """Dr. GRPO divides by the batch's completions, however few of their groups differ."""
    constant = {"aggregation": "constant", "samples": 6, "group_size": 2}
    both = batch_of(policy, [0.0, 1.0, 0.2, 0.9, 0.0, 0.0])
    one = batch_of(policy, [0.0, 1.0, 0.5, 0.5, 0.0, 0.0])
    other = batch_of(policy, [0.5, 0.5, 0.2, 0.9, 0.0, 0.0])
    found = [gradients(settings(tmp_path, **constant), policy, b)[0] for b in (both, one, other)]
    for whole, first, second in zip(*found, strict=True):
        assert torch.allclose(whole, first + second, atol=1e-6)
    assert any((g != 0).any() for g in found[1])


@pytest.mark.parametrize(
    ("chosen", "coefs"),
    [
        ({}, (0.85, 0.27, 0.1)),
        ({"tasks": "open"}, (0.85, 0.27, 0.1)),
        ({"tasks": "spec"}, (0.0, 0.0, 0.0)),
        ({"env": "RustCode-v0"}, (0.0, 0.0, 0.0)),
        ({"env": "VerilogModule-v0", "rarity_coef": 0.5}, (0.0, 0.5, 0.0)),
        ({"variety_coef": 0.0}, (0.0, 0.27, 0.1)),
    ],
)
def test_variety_is_paid_where_many_programs_are_right(tmp_path, chosen, coefs):
    for kind in (GRPOConfig, GSPOConfig):
        config = kind(out=tmp_path, **chosen)
        assert (config.variety_coef, config.rarity_coef, config.surprise_coef) == coefs


@pytest.mark.parametrize(("name", "value"), [("kl_coef", "inf"), ("learning_rate", "inf")])
def test_a_setting_that_is_infinite_is_refused(tmp_path, name, value):
    with pytest.raises(ValueError, match=f"{name} must be finite, not inf"):
        GRPOConfig(out=tmp_path, **{name: float(value)})


def test_an_adapter_without_weight_is_refused(tmp_path):
    with pytest.raises(ValueError, match="lora_alpha must be at least 1, not 0"):
        GRPOConfig(out=tmp_path, lora_alpha=0)


def test_gspo_is_on_policy_at_first_in_half_precision_too(tmp_path, base):
    """Its clip is finer than what the sampler's rounding comes to there."""
    policy = add_adapter(load_base(str(base), dtype="bfloat16"), rank=4, seed=1)
    batch = batch_of(policy, [0.0, 1.0, 0.2, 0.1])
    chosen = {"samples": 4, "group_size": 2, "minibatches": 1, "clip_low": 1e-5, "clip_high": 1e-5}
    metrics = GSPO(GSPOConfig(out=tmp_path, **chosen), policy).learn(batch, 1)
    assert metrics["ratio"] == pytest.approx(1.0, abs=1e-6)
    assert metrics["clip_low"] == metrics["clip_high"] == 0.0
    # What the sampler said is something else, or this test could not fail.
    read = GSPO(GSPOConfig(out=tmp_path, **chosen), policy).rescored(batch)
    pairs = [(a.completion, b.completion) for a, b in zip(batch.samples, read.samples, strict=True)]
    assert max((a.logprobs - b.logprobs).abs().max() for a, b in pairs) > 1e-4


# ------------------------------------------------------------------ from an adapter


@pytest.mark.learning
def test_a_run_goes_on_from_an_adapter(tmp_path, base):
    """It samples what the adapter samples, and a run that is resumed does not need it any more."""
    chosen = {
        "env": LETTERS, "base": str(base), "samples": 8, "group_size": 4, "max_new_tokens": 8,
        "minibatches": 1, "variety_coef": 0.0, "rarity_coef": 0.0, "surprise_coef": 0.0,
        "lora_rank": 4, "warmup": 0,
    }  # fmt: skip
    first = tmp_path / "first"
    train_grpo(GRPOConfig(out=first, iterations=3, learning_rate=0.05, **chosen), console=quiet())
    trained = load_file(first / "latest" / WEIGHTS)
    second = GRPOConfig(
        out=tmp_path / "second", start=str(first / "latest"), iterations=2, learning_rate=1e-9,
        **chosen,
    )  # fmt: skip
    train_grpo(dataclasses.replace(second, iterations=1), console=quiet())
    went_on = load_file(tmp_path / "second" / "latest" / WEIGHTS)
    assert any(t.abs().max() > 1e-3 for n, t in trained.items() if "lora_B" in n)
    assert all(torch.allclose(t, went_on[name], atol=1e-6) for name, t in trained.items())


@pytest.mark.parametrize(
    ("start", "changes", "sentence"),
    [
        ("nowhere", {}, "There is no adapter in .*nowhere to start from"),
        ("kept", {"rank": 8}, "has lora_rank=4 and lora_alpha=32; give the same"),
        ("kept", {"alpha": 8}, "has lora_rank=4 and lora_alpha=32; give the same"),
        ("elsewhere", {}, "was trained on another model than"),
        ("broken", {}, "could not be loaded"),
    ],
)
def test_an_adapter_that_does_not_fit_is_no_start(tmp_path, base, start, changes, sentence):
    kept = add_adapter(load_base(str(base)), rank=4)
    save_adapter(kept, tmp_path / "kept", note={})
    save_adapter(dataclasses.replace(kept, base_digest="another"), tmp_path / "elsewhere", note={})
    save_adapter(kept, tmp_path / "broken", note={})
    (tmp_path / "broken" / WEIGHTS).write_bytes(b"no weights")
    policy = add_adapter(load_base(str(base)), **{"rank": 4, **changes})
    with pytest.raises(PolicyError, match=sentence):
        start_from(policy, str(tmp_path / start))


def test_an_adapter_is_no_base_and_the_sentence_says_what_to_do(tmp_path, base):
    save_adapter(add_adapter(load_base(str(base)), rank=4), tmp_path / "run" / "best", note={})
    (tmp_path / "run" / "config.json").write_text("{}")
    with pytest.raises(PolicyError, match=r"holds an adapter, not a model; .* --set start=.*run"):
        load_base(str(tmp_path / "run"))


SMALL_RUN = {
    "env": LETTERS, "samples": 8, "group_size": 4, "max_new_tokens": 8, "minibatches": 1,
    "lora_rank": 4,
}  # fmt: skip


@pytest.mark.learning
def test_a_run_goes_on_longer_and_its_best_adapter_is_there_however_short(tmp_path, base):
    brief = GRPOConfig(out=tmp_path / "run", base=str(base), iterations=2, **SMALL_RUN)
    assert train_grpo(brief, console=quiet()).finished
    assert (tmp_path / "run" / "best" / WEIGHTS).is_file()
    longer = dataclasses.replace(brief, iterations=3, resume=True)
    assert train_grpo(longer, console=quiet()).iterations == 3
    assert [row["iteration"] for row in read_rows(tmp_path / "run")] == [1, 2, 3]
    assert json.loads((tmp_path / "run" / "config.json").read_text())["iterations"] == 3
    (tmp_path / "run" / "state.bin").unlink()
    with pytest.raises(CheckpointError, match=r"has the log of a run and no state\.bin to go on"):
        train_grpo(longer, console=quiet())
    assert len(read_rows(tmp_path / "run")) == 3


@pytest.mark.learning
def test_a_trained_adapter_answers_as_it_was_trained_to(tmp_path, base):
    chosen = {**SMALL_RUN, "iterations": 1, "stop": ("}",), "max_new_tokens": 6}
    said = Console(record=True, width=300, file=quiet().file)
    config = GRPOConfig(out=tmp_path / "run", base=str(base), resume=True, **chosen)
    train_grpo(config, console=said)
    agent = load_policy_agent(tmp_path / "run")
    assert (agent.stop, agent.max_new_tokens) == (("}",), 6)
    told = load_policy_agent(tmp_path / "run", stop=(), max_new_tokens=9)
    assert (told.stop, told.max_new_tokens) == ((), 9)
    lines = said.export_text()
    assert f"There was no run in {tmp_path / 'run'} to go on with: it begins." in lines
    assert "parameters are trained (" in lines


def test_a_base_is_known_by_its_whole_path(tmp_path, base, monkeypatch):
    monkeypatch.chdir(base.parent)
    assert GRPOConfig(out=tmp_path, base=base.name).base == str(base.resolve())


@pytest.mark.parametrize(
    ("kind", "chosen", "sentence"),
    [
        (GRPOConfig, {"judge_weight": 0.5}, "judge_weight = 0.5 has no part in this: there is no"),
        (RLOOConfig, {"baseline": "batch"}, "baseline=batch is REINFORCE's"),
    ],
)
def test_settings_without_a_part_are_refused(tmp_path, kind, chosen, sentence):
    with pytest.raises(ValueError, match=sentence):
        kind(out=tmp_path, **chosen)
