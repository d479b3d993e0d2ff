"""Losses against slow reference implementations, and the identities that pin their gradients."""

import math

import pytest
import torch

from forgegym.agents.losses import clipped_policy_loss, kl_loss, likelihood_loss


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
        logprobs=new, old_logprobs=old, advantages=advantages, mask=mask, denominator=11.0
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
        mask=mask,
        denominator=mask.sum().item(),
    )
    assert metrics["ratio"].item() == pytest.approx(1.0)
    assert metrics["clip_low"] == metrics["clip_high"] == metrics["approx_kl"] == 0


def test_on_policy_its_gradient_is_reinforce():
    new, _, advantages, mask = example()
    one, two = new.clone().requires_grad_(), new.clone().requires_grad_()
    loss, _ = clipped_policy_loss(
        logprobs=one, old_logprobs=new, advantages=advantages, mask=mask, denominator=9.0
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
            mask=torch.ones(1, 2),
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
        logprobs=whole, old_logprobs=old, advantages=advantages, mask=mask, denominator=n
    )[0].backward()
    for rows in ([0, 3], [1], [2, 4, 5]):
        clipped_policy_loss(
            logprobs=parts[rows],
            old_logprobs=old[rows],
            advantages=advantages[rows],
            mask=mask[rows],
            denominator=n,
        )[0].backward()
    assert torch.allclose(whole.grad, parts.grad, atol=1e-7)


def test_masked_tokens_count_for_nothing():
    new, old, advantages, mask = example()
    arguments = {"advantages": advantages, "mask": mask, "denominator": 5.0}
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
        mask=torch.ones(1, 1),
        denominator=1.0,
    )
    assert torch.isfinite(loss)


def test_kl_is_zero_at_the_reference_and_positive_elsewhere():
    new, old, _, mask = example()
    n = mask.sum().item()
    same, _ = kl_loss(logprobs=new, ref_logprobs=new, mask=mask, denominator=n)
    other, _ = kl_loss(logprobs=new, ref_logprobs=old, mask=mask, denominator=n)
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
            mask=torch.ones(1, 1),
            denominator=1.0,
        )
        (gradient,) = torch.autograd.grad(loss, logits, retain_graph=True)
        total += logp[action].exp().detach() * gradient
    assert torch.allclose(total, wanted, atol=1e-6)


def test_likelihood_loss_is_the_mean_over_tokens():
    new, _, _, mask = example()
    loss, metrics = likelihood_loss(logprobs=new, mask=mask, denominator=mask.sum().item())
    assert loss.item() == pytest.approx(-new[mask == 1].mean().item(), rel=1e-6)
    assert metrics["nll"] == loss
