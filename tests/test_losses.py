"""Losses against slow reference implementations, and the identities that pin their gradients."""

import math

import pytest
import torch

from forgegym.agents.losses import (
    clipped_policy_loss,
    kl_loss,
    likelihood_loss,
    loss_denominator,
    loss_weights,
    reinforce_loss,
    sequence_policy_loss,
    truncated_policy_loss,
    value_loss,
)


def example(seed=0, rows=5, width=7, spread=0.5):
    generator = torch.Generator().manual_seed(seed)
    new = -torch.rand(rows, width, generator=generator) - 0.1
    old = new + spread * torch.randn(rows, width, generator=generator)
    lengths = torch.randint(1, width + 1, (rows,), generator=generator)
    mask = (torch.arange(width) < lengths.unsqueeze(1)).float()
    advantages = torch.randn(rows, generator=generator)
    return new, old, advantages, mask


def reference_policy_loss(new, old, advantages, mask, denominator, low, high):
    total = 0.0
    for b in range(new.shape[0]):
        for t in range(new.shape[1]):
            if mask[b, t]:
                ratio = math.exp(new[b, t].item() - old[b, t].item())
                clipped = min(max(ratio, 1 - low), 1 + high)
                a = advantages[b].item()
                total += max(-a * ratio, -a * clipped)
    return total / denominator


def test_policy_loss_agrees_with_the_definition():
    new, old, advantages, mask = example()
    loss, metrics = clipped_policy_loss(
        logprobs=new, old_logprobs=old, advantages=advantages, weights=mask, denominator=11.0
    )
    expected = reference_policy_loss(new, old, advantages, mask, 11.0, 0.2, 0.28)
    assert loss.item() == pytest.approx(expected, rel=1e-5)
    assert 0 < metrics["clip_low"] + metrics["clip_high"] < 1


def test_on_policy_the_ratio_is_one_and_nothing_is_clipped():
    new, _, advantages, mask = example()
    _, metrics = clipped_policy_loss(
        logprobs=new,
        old_logprobs=new,
        advantages=advantages,
        weights=mask,
        denominator=mask.sum().item(),
    )
    assert metrics["ratio"].item() == pytest.approx(1.0)
    assert metrics["clip_low"] == metrics["clip_high"] == metrics["approx_kl"] == 0


def test_on_policy_its_gradient_is_reinforce():
    new, _, advantages, mask = example()
    one, two = new.clone().requires_grad_(), new.clone().requires_grad_()
    loss, _ = clipped_policy_loss(
        logprobs=one, old_logprobs=new, advantages=advantages, weights=mask, denominator=9.0
    )
    loss.backward()
    (-(advantages.unsqueeze(1) * two * mask).sum() / 9.0).backward()
    assert torch.allclose(one.grad, two.grad, atol=1e-7)


def test_tokens_outside_the_clip_in_the_paid_direction_have_no_gradient():
    new = torch.tensor([[math.log(2.0), math.log(0.5)]], requires_grad=True)
    old = torch.zeros(1, 2)
    for advantage, gradients in ((1.0, (0, -0.5)), (-1.0, (2.0, 0))):
        new.grad = None
        loss, _ = clipped_policy_loss(
            logprobs=new,
            old_logprobs=old,
            advantages=torch.tensor([advantage]),
            weights=torch.ones(1, 2),
            denominator=1.0,
        )
        loss.backward()
        assert new.grad.tolist()[0] == pytest.approx(gradients)


def test_losses_do_not_depend_on_how_the_batch_is_split():
    new, old, advantages, mask = example(rows=6)
    n = mask.sum().item()
    whole = new.clone().requires_grad_()
    parts = new.clone().requires_grad_()
    clipped_policy_loss(
        logprobs=whole, old_logprobs=old, advantages=advantages, weights=mask, denominator=n
    )[0].backward()
    for rows in ([0, 3], [1], [2, 4, 5]):
        clipped_policy_loss(
            logprobs=parts[rows],
            old_logprobs=old[rows],
            advantages=advantages[rows],
            weights=mask[rows],
            denominator=n,
        )[0].backward()
    assert torch.allclose(whole.grad, parts.grad, atol=1e-7)


def test_masked_tokens_count_for_nothing():
    new, old, advantages, mask = example()
    arguments = {"advantages": advantages, "weights": mask, "denominator": 5.0}
    before, _ = clipped_policy_loss(logprobs=new, old_logprobs=old, **arguments)
    after, _ = clipped_policy_loss(
        logprobs=torch.where(mask == 0, -50.0, new), old_logprobs=old, **arguments
    )
    assert before == after


def test_huge_ratios_stay_finite():
    loss, _ = clipped_policy_loss(
        logprobs=torch.tensor([[0.0]]),
        old_logprobs=torch.tensor([[-1000.0]]),
        advantages=torch.tensor([-1.0]),
        weights=torch.ones(1, 1),
        denominator=1.0,
    )
    assert torch.isfinite(loss)


def test_kl_is_zero_at_the_reference_and_positive_elsewhere():
    new, old, _, mask = example()
    n = mask.sum().item()
    same, _ = kl_loss(logprobs=new, ref_logprobs=new, weights=mask, denominator=n)
    other, _ = kl_loss(logprobs=new, ref_logprobs=old, weights=mask, denominator=n)
    assert same == 0
    d = (old - new)[mask == 1]
    assert other.item() == pytest.approx((d.exp() - d - 1).sum().item() / n, rel=1e-5)


def test_kl_has_the_gradient_of_the_divergence():
    """Over all actions, weighted by their probability, the estimate's gradient is that of KL."""
    logits = torch.tensor([0.3, -1.0, 0.8, 0.1], requires_grad=True)
    reference = torch.tensor([-0.2, 0.4, 0.0, 0.9]).log_softmax(0)
    logp = logits.log_softmax(0)
    exact = (logp.exp() * (logp - reference)).sum()
    (wanted,) = torch.autograd.grad(exact, logits, retain_graph=True)
    total = torch.zeros(4)
    for action in range(4):
        loss, _ = kl_loss(
            logprobs=logp[action].reshape(1, 1),
            ref_logprobs=reference[action].reshape(1, 1),
            weights=torch.ones(1, 1),
            denominator=1.0,
        )
        (gradient,) = torch.autograd.grad(loss, logits, retain_graph=True)
        total += logp[action].exp().detach() * gradient
    assert torch.allclose(total, wanted, atol=1e-6)


def test_likelihood_loss_is_the_mean_over_tokens():
    new, _, _, mask = example()
    loss, metrics = likelihood_loss(logprobs=new, weights=mask, denominator=mask.sum().item())
    assert loss.item() == pytest.approx(-new[mask == 1].mean().item(), rel=1e-6)
    assert metrics["nll"] == loss


# ------------------------------------------------------------ how tokens are averaged


def test_tokens_sequences_and_a_constant_average_as_they_say():
    per_token = torch.tensor([[1.0, 2.0, 3.0], [10.0, 0.0, 0.0]])
    mask = torch.tensor([[1.0, 1.0, 1.0], [1.0, 0.0, 0.0]])
    expected = {"token": 16 / 4, "sequence": (2.0 + 10.0) / 2, "constant": 16 / (2 * 8)}
    for aggregation, mean in expected.items():
        total = (per_token * loss_weights(mask, aggregation)).sum()
        denominator = loss_denominator([3, 1], aggregation=aggregation, longest=8)
        assert (total / denominator).item() == pytest.approx(mean)


@pytest.mark.parametrize("aggregation", ["token", "sequence", "constant"])
@pytest.mark.parametrize("loss_of", [clipped_policy_loss, sequence_policy_loss])
def test_every_loss_of_parts_adds_up_to_that_of_the_whole(aggregation, loss_of):
    new, old, advantages, mask = example()
    weights = loss_weights(mask, aggregation)
    lengths = [int(n) for n in mask.sum(1)]
    denominator = loss_denominator(lengths, aggregation=aggregation, longest=9)
    gradients, totals = [], []
    for parts in ([range(len(new))], [[0], list(range(1, len(new)))]):
        leaf = new.clone().requires_grad_()
        total = 0.0
        for rows in parts:
            loss, _ = loss_of(
                logprobs=leaf[list(rows)],
                old_logprobs=old[list(rows)],
                advantages=advantages[list(rows)],
                weights=weights[list(rows)],
                denominator=denominator,
            )
            loss.backward()
            total += loss.item()
        gradients.append(leaf.grad)
        totals.append(total)
    assert totals[0] == pytest.approx(totals[1], abs=1e-6)
    torch.testing.assert_close(gradients[0], gradients[1], atol=1e-6, rtol=0)


# ------------------------------------------------------------ GSPO, CISPO, REINFORCE


def test_a_sequences_ratio_is_the_geometric_mean_of_its_tokens():
    new, old, advantages, mask = example()
    weights = loss_weights(mask, "sequence")
    loss, _ = sequence_policy_loss(
        logprobs=new, old_logprobs=old, advantages=advantages, weights=weights,
        denominator=len(new), clip_low=0.05, clip_high=0.1,
    )  # fmt: skip
    expected = 0.0
    for i in range(len(new)):
        n = int(mask[i].sum())
        ratio = math.exp(sum((new[i, t] - old[i, t]).item() for t in range(n)) / n)
        clipped = min(max(ratio, 0.95), 1.1)
        a = advantages[i].item()
        expected += max(-a * ratio, -a * clipped) / len(new)
    assert loss.item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    "loss_of", [clipped_policy_loss, sequence_policy_loss, truncated_policy_loss]
)
def test_before_any_step_every_ratio_is_one_and_the_gradient_is_reinforces(loss_of):
    new, _, advantages, mask = example()
    arguments = {"advantages": advantages, "weights": loss_weights(mask, "sequence")}
    gradients = []
    for reinforce in (False, True):
        leaf = new.clone().requires_grad_()
        if reinforce:
            loss, _ = reinforce_loss(logprobs=leaf, denominator=3.0, **arguments)
        else:
            loss, about = loss_of(logprobs=leaf, old_logprobs=new, denominator=3.0, **arguments)
            assert about["ratio"].item() == pytest.approx(len(new) / 3)
            assert about["clip_high"] == 0
        loss.backward()
        gradients.append(leaf.grad)
    torch.testing.assert_close(gradients[0], gradients[1], atol=1e-7, rtol=1e-6)


def test_a_truncated_ratio_keeps_the_gradient_that_a_clipped_one_loses():
    old, new = torch.tensor([[-3.0]]), torch.tensor([[-1.0]])  # ratio e^2
    one = torch.ones(1, 1)
    gradients = []
    for loss_of, more in ((clipped_policy_loss, {}), (truncated_policy_loss, {"ratio_max": 5.0})):
        leaf = new.clone().requires_grad_()
        loss, _ = loss_of(
            logprobs=leaf, old_logprobs=old, advantages=one[0], weights=one, denominator=1.0, **more
        )
        loss.backward()
        gradients.append(leaf.grad.item())
    assert gradients == [0.0, -5.0]


def test_dual_clip_bounds_what_a_bad_token_that_became_likely_costs():
    old, new = torch.tensor([[-5.0, -5.0]]), torch.tensor([[-1.0, -5.5]])
    arguments = {
        "logprobs": new, "old_logprobs": old, "advantages": torch.tensor([-1.0]),
        "weights": torch.ones(1, 2), "denominator": 1.0,
    }  # fmt: skip
    free, _ = clipped_policy_loss(**arguments)
    bounded, _ = clipped_policy_loss(**arguments, dual_clip=3.0)
    assert free.item() == pytest.approx(math.exp(4) + max(math.exp(-0.5), 0.8), rel=1e-5)
    assert bounded.item() == pytest.approx(3.0 + max(math.exp(-0.5), 0.8), rel=1e-5)


# ------------------------------------------------------------ the critic


def test_a_value_is_given_no_credit_for_going_further_than_the_clip():
    values = torch.tensor([[0.9, 0.1, 0.5]])
    old = torch.tensor([[0.0, 0.0, 0.5]])
    returns = torch.tensor([[1.0, 1.0, 0.0]])
    arguments = {
        "values": values, "old_values": old, "returns": returns,
        "weights": torch.ones(1, 3), "denominator": 3.0,
    }  # fmt: skip
    free, _ = value_loss(**arguments, clip=None)
    clipped, about = value_loss(**arguments, clip=0.2)
    assert free.item() == pytest.approx(0.5 * (0.01 + 0.81 + 0.25) / 3)
    assert clipped.item() == pytest.approx(0.5 * (0.64 + 0.81 + 0.25) / 3)
    assert about["value_clip"].item() == pytest.approx(1 / 3)


@pytest.mark.parametrize("kind", ["k2", "k3", "k3+"])
def test_no_divergence_from_itself_and_none_below_zero(kind):
    new, old, _, mask = example()
    arguments = {"weights": mask, "denominator": 1.0, "kind": kind}
    assert kl_loss(logprobs=new, ref_logprobs=new, **arguments)[0] == 0
    assert kl_loss(logprobs=new, ref_logprobs=old, **arguments)[0] > 0
