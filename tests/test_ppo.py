"""PPO: what a token is taught, what one step does, and that it learns."""

import dataclasses
from functools import partial

import pytest
import torch
from letters import LETTERS
from safetensors.torch import load_file
from training import quiet

from forgegym.agents import ppo
from forgegym.agents.adapter import WEIGHTS, adapter_state, add_adapter, load_policy, save_adapter
from forgegym.agents.distributed import World
from forgegym.agents.logprob import completion_scores
from forgegym.agents.ppo import PPO, PPOConfig, train_ppo
from forgegym.agents.rollout import Batch, Sample
from forgegym.agents.tracking import read_rows
from forgegym.agents.value import FittedHead, ValueHead, explained_variance, mean_so_far

PROMPTS = ["// family: vault\n// complexity: 1\n", "// family: vault\n// complexity: 2\n"]


@pytest.fixture(scope="module")
def base(small_base):
    return small_base


@pytest.fixture
def policy(base):
    return add_adapter(load_policy(base), rank=4, seed=1)


def settings(tmp_path, **changes):
    defaults = {"samples": 4, "group_size": 2, "minibatches": 1, "critic_warmup": 0}
    return PPOConfig(out=tmp_path, **{**defaults, **changes})


def batch_of(learner, rewards, valid=(True, True, True, True)):
    prompts = [learner.policy.encode(prompt) for prompt in PROMPTS]
    drawn = learner.policy.sample(
        prompts, seeds=[[1, 2], [3, 4]], max_new_tokens=20, temperature=1.0,
        **learner.sampler_options(),
    )  # fmt: skip
    flat = [completion for group in drawn for completion in group]
    return Batch(
        prompts,
        [
            Sample(i // 2, "", "", completion, reward, ok, None)
            for i, (completion, reward, ok) in enumerate(zip(flat, rewards, valid, strict=True))
        ],
    )


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"minibatches": 5}, "5 minibatches need as many samples; there are 4"),
        ({"lam": 1.1}, "lam must lie in 0 to 1"),
        ({"critic": "head"}, "critic is fitted, trained or adapter"),
        ({"critic_gradient": "both"}, "critic_gradient is head or trunk"),
        ({"value_clip": 0.0}, "value_clip must be above 0"),
        ({"dual_clip": 1.0}, "dual_clip must be above 1"),
        ({"learning_rate": float("nan")}, "learning_rate must be above 0"),
    ],
)
def test_wrong_settings_are_refused(tmp_path, wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        settings(tmp_path, **wrong)


def test_the_first_guess_of_the_critic_is_the_mean_reward(tmp_path, policy):
    learner = PPO(settings(tmp_path), policy)
    batch = batch_of(learner, [0.0, 1.0, 3.0, 2.0])
    targets, _ = learner.targets(batch, range(4), first=True)
    sampled = targets.mask > 0
    assert (targets.values[sampled] == 1.5).all()
    assert targets.returns[0][sampled[0]].tolist() == pytest.approx([0.0] * int(sampled[0].sum()))
    assert targets.returns[2][sampled[2]].tolist() == pytest.approx([3.0] * int(sampled[2].sum()))
    # Better than the mean is good, in every token: there is one reward, at the end.
    assert (targets.advantages[2][sampled[2]] > targets.advantages[1][sampled[1]].mean()).all()


def test_a_sample_the_machine_failed_on_teaches_nothing(tmp_path, policy):
    learner = PPO(settings(tmp_path), policy)
    steps = []
    for reward in (0.0, 77.0):
        batch = batch_of(learner, [0.0, 1.0, 3.0, reward], valid=(True, True, True, False))
        targets, _ = learner.targets(batch, [0, 1, 2], first=True)
        assert not targets.mask[3].any()
        assert not targets.advantages[3].any()
        steps.append(targets)
    for field in dataclasses.fields(steps[0]):
        assert torch.equal(getattr(steps[0], field.name), getattr(steps[1], field.name))


def test_before_any_step_nothing_is_clipped_and_values_are_the_samplers(tmp_path, policy):
    learner = PPO(settings(tmp_path), policy)
    with torch.no_grad():
        learner.critic.weight.normal_(std=0.1)
    batch = batch_of(learner, [0.0, 1.0, 3.0, 2.0])
    targets, _ = learner.targets(batch, range(4), first=False)
    metrics = learner.step_on(
        batch, range(4), lambda part: learner.loss(part, targets=targets, warm=True)
    )
    assert metrics["ratio"] == pytest.approx(1.0, abs=1e-4)
    assert metrics["clip_low"] == metrics["clip_high"] == metrics["value_clip"] == 0.0
    mean = (targets.values * targets.mask).sum() / targets.mask.sum()
    assert metrics["value"] == pytest.approx(mean.item(), abs=1e-4)


@pytest.mark.parametrize("critic", ["fitted", "trained", "adapter"])
def test_a_cold_critic_learns_alone(tmp_path, policy, critic):
    learner = PPO(settings(tmp_path, critic=critic, critic_warmup=1), policy)
    before = [p.detach().clone() for p in learner.parameters()]
    learner.learn(batch_of(learner, [0.0, 1.0, 3.0, 2.0]), 1)
    assert all(torch.equal(a, b) for a, b in zip(before, learner.parameters(), strict=True))
    assert learner.critic.weight.abs().sum() > 0
    learner.learn(batch_of(learner, [0.0, 1.0, 3.0, 2.0]), 2)
    assert any(not torch.equal(a, b) for a, b in zip(before, learner.parameters(), strict=True))


def test_the_critics_gradient_ends_where_it_should(tmp_path, policy):
    for where, reaches in (("head", False), ("trunk", True)):
        learner = PPO(settings(tmp_path, critic="trained", critic_gradient=where), policy)
        with torch.no_grad():
            learner.critic.weight.fill_(0.1)
        batch = batch_of(learner, [0.0, 1.0, 3.0, 2.0])
        targets, _ = learner.targets(batch, range(4), first=False)
        scores = learner.score(batch, batch.samples)
        from forgegym.agents.run import Pass

        part = Pass(range(4), scores, scores.logprobs.detach(), scores.mask, 1.0)
        loss, _ = learner.loss(part, targets=targets, warm=False)
        found = torch.autograd.grad(loss, learner.parameters(), allow_unused=True)
        assert any(g is not None and g.abs().sum() > 0 for g in found) is reaches


def test_the_penalty_for_leaving_the_base_is_zero_for_a_new_adapter(tmp_path, policy):
    learner = PPO(settings(tmp_path, kl_coef=1.0), policy)
    batch = batch_of(learner, [0.0, 1.0, 3.0, 2.0])
    with_penalty, divergence = learner.targets(batch, range(4), first=True)
    learner.config = settings(tmp_path)
    without, _ = learner.targets(batch, range(4), first=True)
    assert divergence == pytest.approx(0.0, abs=1e-4)
    assert torch.allclose(with_penalty.returns, without.returns, atol=1e-2)


def test_the_penalty_is_the_divergence_from_the_base(tmp_path, policy, base, monkeypatch):
    draw = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, parameter in policy.model.named_parameters():
            if "lora_B" in name:
                parameter.copy_(0.2 * torch.randn(parameter.shape, generator=draw))
    learner = PPO(settings(tmp_path, kl_coef=0.5), policy)
    batch = batch_of(learner, [0.0, 1.0, 3.0, 2.0])
    scores = completion_scores(
        load_policy(base).model,
        prompts=batch.prompts,
        completions=[s.completion.tokens for s in batch.samples],
        owners=[s.group for s in batch.samples],
        pad_id=policy.pad_id,
    )
    width = scores.mask.shape[1]
    k1 = torch.zeros(4, width)
    for row, sample in enumerate(batch.samples):
        logprobs = sample.completion.logprobs
        k1[row, : len(logprobs)] = logprobs - scores.logprobs[row, : len(logprobs)].detach()
    assert k1.abs().max() > 0.1
    assert torch.allclose(learner.divergence(batch, range(4), width), k1, atol=1e-4)
    monkeypatch.setattr(ppo, "TOKENS_PER_PASS", 1)
    assert torch.allclose(learner.divergence(batch, range(4), width), k1, atol=1e-4)
    learner.config = settings(tmp_path, kl_coef=0.5, critic_warmup=0, lam_critic=1.0)
    targets, divergence = learner.targets(batch, range(4), first=True)
    assert divergence == pytest.approx(k1.sum().item() / scores.mask.sum().item(), rel=1e-3)
    # What is left of a program's pay at its first token: all of it, less all penalties.
    for row, reward in enumerate([0.0, 1.0, 3.0, 2.0]):
        wanted = reward - 0.5 * k1[row].sum().item()
        assert targets.returns[row, 0].item() == pytest.approx(wanted, abs=1e-3)


def test_what_two_processes_observe_is_fitted_as_one(policy):
    draw = torch.Generator().manual_seed(0)
    hidden, returns = torch.randn(60, 8, generator=draw), torch.randn(60, generator=draw)

    class Pair(World):
        def gather(self, mine):
            return [mine, (other._gram, other._moment)]

    whole, one, other = (FittedHead(8, decay=0.9, ridge=0.3) for _ in range(3))
    whole.observe(hidden, returns)
    one.observe(hidden[:25], returns[:25])
    other.observe(hidden[25:], returns[25:])
    whole.fit(World())
    one.fit(Pair())
    assert torch.allclose(one.weight, whole.weight, atol=1e-6)
    assert torch.allclose(one.bias, whole.bias, atol=1e-6)


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({"value_coef": 0.1}, "value_coef = 0.1 has no part in this: critic is fitted"),
        ({"critic": "trained", "critic_ridge": 0.1}, "critic_ridge = 0.1 has no part in this"),
        ({"critic": "adapter", "value_coef": 0.1}, "value_coef = 0.1 has no part in this"),
        ({"critic_ridge": 0.0}, "critic_ridge must be above 0"),
        ({"curriculum": True, "group_size": 1}, "curriculum needs a group_size of at least 2"),
    ],
)
def test_a_setting_that_could_not_act_is_refused(tmp_path, chosen, told):
    with pytest.raises(ValueError, match=told):
        settings(tmp_path, **chosen)


def test_the_step_of_a_trained_critic_is_bounded_by_itself(tmp_path, policy):
    learner = PPO(settings(tmp_path, critic="trained", max_grad_norm=1e-3), policy)
    learner.optimizer = torch.optim.SGD(
        [{"params": group["params"]} for group in learner.optimizer.param_groups], lr=1.0
    )
    groups = [group["params"] for group in learner.optimizer.param_groups]
    before = [[p.detach().clone() for p in group] for group in groups]
    learner.learn(batch_of(learner, [0.0, 100.0, 300.0, 200.0]), 2)
    for then, now in zip(before, groups, strict=True):
        step = sum((a - b.detach()).square().sum() for a, b in zip(then, now, strict=True)) ** 0.5
        assert 0.5e-3 < step < 1.01e-3


def test_a_fitted_critic_changes_no_gradient(tmp_path, policy):
    learner = PPO(settings(tmp_path), policy)
    batch = batch_of(learner, [0.0, 1.0, 3.0, 2.0])
    targets, _ = learner.targets(batch, range(4), first=True)
    scores = learner.score(batch, batch.samples)
    from forgegym.agents.run import Pass

    part = Pass(range(4), scores, scores.logprobs.detach(), scores.mask, 1.0)
    loss, metrics = learner.loss(part, targets=targets, warm=True)
    assert metrics["value_loss"] > 0
    wanted = -(targets.advantages * targets.mask).sum().item()
    assert loss.item() == pytest.approx(wanted, abs=1e-3)


def test_a_critic_reads_the_mean_of_a_programs_states_so_far():
    hidden = torch.tensor([[1.0, 3.0, 77.0, 5.0, 7.0, 9.0], [77.0, 2.0, 4.0, 77.0, 77.0, 8.0]])
    mask = torch.tensor([[1.0, 1.0, 0.0, 1.0, 1.0, 1.0], [0.0, 1.0, 1.0, 0.0, 0.0, 1.0]])
    means = mean_so_far(hidden.unsqueeze(2), mask).squeeze(2)
    assert means[0][mask[0] > 0].tolist() == [1.0, 2.0, 5.0, 6.0, 7.0]
    assert means[1][mask[1] > 0].tolist() == [2.0, 3.0, 8.0]


def synthetic(seed, count=400, width=24, noise=0.5):
    draw = torch.Generator().manual_seed(seed)
    true = torch.randn(width, generator=torch.Generator().manual_seed(99))
    hidden = torch.randn(count, width, generator=draw) + 2.0
    returns = hidden @ true / width**0.5 + 5.0 + noise * torch.randn(count, generator=draw)
    return hidden, returns


def test_a_fitted_critic_knows_what_it_has_not_seen():
    head = FittedHead(24, decay=0.8, ridge=0.03)
    known = []
    for batch in range(4):
        hidden, returns = synthetic(batch)
        everywhere = torch.ones_like(returns)
        known.append(explained_variance(head(hidden), returns, everywhere))
        head.observe(hidden[:150], returns[:150])  # in two passes
        head.observe(hidden[150:], returns[150:])
        head.fit(World())
    assert known[0] == 0.0
    assert min(known[1:]) > 0.5


def test_a_fitted_critic_is_the_ridge_regression_and_forgets():
    width, ridge = 24, 0.1
    head = FittedHead(width, decay=0.0, ridge=ridge)
    for batch in (1, 2):
        hidden, returns = synthetic(batch)
        head.observe(hidden, returns)
        head.fit(World())
    x, y = hidden.double() - hidden.double().mean(0), returns.double() - returns.double().mean()
    penalty = ridge * (x**2).sum(0).mean()
    augmented = torch.cat([x, penalty.sqrt() * torch.eye(width, dtype=x.dtype)])
    wanted = torch.linalg.lstsq(augmented, torch.cat([y, y.new_zeros(width)])).solution
    torch.testing.assert_close(head.weight.double(), wanted, atol=1e-5, rtol=1e-5)
    assert head(hidden).mean() == pytest.approx(returns.mean().item(), abs=1e-4)


def test_a_fitted_critic_comes_back_as_it_was():
    head, copy = (FittedHead(24, decay=0.8, ridge=0.03) for _ in range(2))
    head.observe(*synthetic(1))
    head.fit(World())
    copy.load_state_dict(head.state_dict())
    for critic in (head, copy):
        critic.observe(*synthetic(2))
        critic.fit(World())
    assert torch.equal(head.weight, copy.weight)


def test_a_critic_that_has_seen_nothing_stays_as_it_is():
    head = FittedHead(3, decay=0.8, ridge=0.03)
    head.bias.fill_(2.0)
    head.fit(World())
    assert head(torch.randn(2, 3)).tolist() == [2.0, 2.0]


def with_adapter(tmp_path, policy, **changes):
    """A learner whose critic has something to say."""
    learner = PPO(settings(tmp_path, critic="adapter", **changes), policy)
    draw = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter in learner.critic.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=draw)
    learner.critic.observe(torch.tensor([0.0, 1.0]))
    return learner


def copies(parameters):
    return [p.detach().clone() for p in parameters]


def same(parameters, others):
    return all(torch.equal(a, b) for a, b in zip(parameters, others, strict=True))


def test_the_policy_does_not_know_of_the_critics_adapter(tmp_path, policy, base):
    plain = PPO(settings(tmp_path), policy)
    batch = batch_of(plain, [0.0, 1.0, 3.0, 2.0])
    scores = plain.score(batch, batch.samples).logprobs
    with policy.model.disable_adapter():
        reference = plain.score(batch, batch.samples).logprobs
    names, mine = set(adapter_state(policy)), len(plain.parameters())

    learner = with_adapter(tmp_path, policy)
    assert len(learner.parameters()) == mine
    for before, after in zip(
        batch.samples, batch_of(learner, [0.0, 1.0, 3.0, 2.0]).samples, strict=True
    ):
        assert torch.equal(before.completion.tokens, after.completion.tokens)
        assert torch.equal(before.completion.logprobs, after.completion.logprobs)
        assert after.completion.values is None
    assert torch.equal(learner.score(batch, batch.samples).logprobs, scores)
    with policy.model.disable_adapter():
        assert torch.equal(learner.score(batch, batch.samples).logprobs, reference)
    with learner.critic.at_work():
        assert not torch.equal(learner.score(batch, batch.samples).logprobs, scores)
    assert set(adapter_state(policy)) == names
    save_adapter(policy, tmp_path / "saved", note={})
    assert set(load_file(tmp_path / "saved" / WEIGHTS)) == names
    loaded = load_policy(tmp_path / "saved", base=str(base))
    assert list(loaded.model.peft_config) == ["default"]


def test_neither_adapter_has_the_others_gradient(tmp_path, policy):
    learner = with_adapter(tmp_path, policy)
    batch = batch_of(learner, [0.0, 1.0, 3.0, 2.0])
    targets, _ = learner.targets(batch, range(4), first=False)
    own, critics = learner.parameters(), list(learner.critic.parameters())
    before, critic_before = copies(own), copies(critics)
    found = learner.step_on(batch, range(4), partial(learner.loss, targets=targets, warm=True))
    assert found["grad_norm"] > 0
    assert not same(own, before)
    assert same(critics, critic_before)
    before = copies(own)
    found = learner.critic_step(batch, range(4), targets)
    assert found["value_loss"] > 0
    assert same(own, before)
    assert not any(torch.equal(a, b) for a, b in zip(critics, critic_before, strict=True))


def test_the_adapters_values_are_read_before_it_learns(tmp_path, policy, monkeypatch):
    learner = with_adapter(tmp_path, policy)
    batch = batch_of(learner, [0.0, 1.0, 3.0, 2.0])
    values = learner.values(batch, [0, 1, 3])
    assert set(values) == {0, 1, 3}
    assert all(len(values[i]) == len(batch.samples[i].completion.tokens) for i in values)
    assert values[0].std() > 0
    monkeypatch.setattr("forgegym.agents.ppo.TOKENS_PER_PASS", 1)  # a row a pass
    for i, one in learner.values(batch, [0, 1, 3]).items():
        torch.testing.assert_close(one, values[i], atol=1e-4, rtol=0)
    targets, _ = learner.targets(batch, range(4), first=False)
    metrics = learner.critic_step(batch, range(4), targets)
    mean = (targets.values * targets.mask).sum() / targets.mask.sum()
    assert metrics["value"] == pytest.approx(mean.item(), abs=1e-4)


@pytest.mark.learning
def test_an_adapter_learns_what_its_samples_were_paid(tmp_path, policy):
    learner = PPO(settings(tmp_path, critic="adapter", critic_warmup=99), policy)
    batch = batch_of(learner, [0.0, 0.01, 0.03, 0.02])  # the scale does not matter
    known = [learner.learn(batch, i)["explained_variance"] for i in range(1, 30)]
    assert known[0] == pytest.approx(0.0, abs=1e-4)
    assert known[-1] > 0.5


def test_going_back_to_the_best_policy_keeps_the_critic_and_saves_it(tmp_path, policy, base):
    learner = with_adapter(tmp_path, policy)
    critics = list(learner.critic.parameters())
    critic_before, start = copies(critics), copies(learner.parameters())
    save_adapter(policy, tmp_path / "best", note={})
    weights = learner.weights()
    learner.learn(batch_of(learner, [0.0, 1.0, 3.0, 2.0]), 2)
    learnt = copies(critics)
    learner.restore(tmp_path / "best")
    assert same(learner.parameters(), start)
    assert same(critics, learnt)
    other = PPO(
        settings(tmp_path, critic="adapter"), add_adapter(load_policy(base), rank=4, seed=9)
    )
    other.load_weights(weights)
    assert same(other.parameters(), start)
    assert same(other.critic.parameters(), critic_before)


def test_a_head_begins_as_a_constant_and_knows_nothing():
    head = ValueHead(3)
    head.bias.data.fill_(2.0)
    assert head(torch.randn(2, 5, 3)).tolist() == [[2.0] * 5] * 2
    returns, mask = torch.tensor([[1.0, 2.0, 9.0]]), torch.tensor([[1.0, 1.0, 0.0]])
    assert explained_variance(torch.tensor([[1.5, 1.5, 0.0]]), returns, mask) == 0.0
    assert explained_variance(returns, returns, mask) == 1.0
    assert explained_variance(returns, torch.ones(1, 3), mask) == 0.0


def test_a_run_in_which_only_the_critic_would_learn_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"first 2 iterations.*ends after 2: set more iterations"):
        PPOConfig(out=tmp_path, iterations=2)


@pytest.mark.learning
@pytest.mark.parametrize(
    ("seed", "critic"), [*((seed, "fitted") for seed in range(5)), (0, "adapter")]
)
def test_it_learns_what_is_paid(tmp_path, base, seed, critic):
    config = PPOConfig(
        out=tmp_path / "run", env=LETTERS, base=str(base), seed=seed, iterations=30, samples=32,
        max_new_tokens=12, learning_rate=1e-2, minibatches=2, critic_warmup=2, critic=critic,
    )  # fmt: skip
    rows = train_ppo(config, console=quiet()).rows
    paid = [row["avg_reward"] for row in rows]
    assert sum(paid[-3:]) > 3 * sum(paid[:3])
    assert rows[-1].keys() == rows[0].keys() == read_rows(tmp_path / "run")[0].keys()
