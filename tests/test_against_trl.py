"""Our losses beside TRL's (https://github.com/huggingface/trl, 1.16): the same tensors, values and
gradients. TRL's own `_compute_loss` is run, on a stand-in that only hands it our tensors."""

from collections import defaultdict
from types import SimpleNamespace

import pytest
import torch
from conftest import missing

from forgegym.agents.advantages import group_advantages
from forgegym.agents.losses import (
    clipped_policy_loss,
    kl_loss,
    loss_denominator,
    loss_weights,
    sequence_policy_loss,
    truncated_policy_loss,
)

LONGEST = 9


@pytest.fixture(scope="module")
def trainer():
    try:
        from trl import GRPOTrainer
    except ImportError as error:
        missing("trl", f"TRL is not installed: {error}")
    return GRPOTrainer


def example(seed):
    draw = torch.Generator().manual_seed(seed)
    new = -torch.rand(6, 7, generator=draw) - 0.1
    old = new + 0.5 * torch.randn(6, 7, generator=draw)
    reference = new + 0.3 * torch.randn(6, 7, generator=draw)
    lengths = torch.randint(1, 8, (6,), generator=draw)
    mask = (torch.arange(7) < lengths.unsqueeze(1)).float()
    return new, old, reference, mask, torch.randn(6, generator=draw)


def theirs(trainer, tensors, *, loss_type, level="token", low=0.2, high=0.28, beta=0.0):
    new, old, reference, mask, advantages = tensors
    leaf = new.clone().requires_grad_()
    alone = SimpleNamespace(
        gather=lambda x: x, reduce=lambda x, reduction: x, num_processes=1, sync_gradients=True
    )
    stand_in = SimpleNamespace(
        _get_per_token_logps_and_entropies=lambda *a, **k: (leaf, torch.zeros_like(leaf), None),
        aux_loss_enabled=False, top_entropy_quantile=1.0, off_policy_mask_threshold=None,
        importance_sampling_level=level, beta=beta, loss_type=loss_type, epsilon_low=low,
        epsilon_high=high, use_vllm=False, model=SimpleNamespace(training=True),
        current_gradient_accumulation_steps=1, max_completion_length=LONGEST, accelerator=alone,
        _entropy_bonus_enabled=False, entropy_coef=0.0,
        _metrics=defaultdict(lambda: defaultdict(list)),
        args=SimpleNamespace(delta=None, use_bias_correction_kl=False, steps_per_generation=1),
    )  # fmt: skip
    loss = trainer._compute_loss(
        stand_in,
        None,
        {
            "prompt_ids": torch.zeros(6, 2, dtype=torch.long),
            "prompt_mask": torch.ones(6, 2, dtype=torch.long),
            "completion_ids": torch.zeros(6, 7, dtype=torch.long),
            "completion_mask": mask,
            "advantages": advantages,
            "old_per_token_logps": old,
            "ref_per_token_logps": reference,
            "num_items_in_batch": mask.sum(),
        },
    )
    loss.backward()
    return loss.item(), leaf.grad


def ours(tensors, loss_of, *, aggregation, beta=0.0, **options):
    new, old, reference, mask, advantages = tensors
    leaf = new.clone().requires_grad_()
    shared = {
        "weights": loss_weights(mask, aggregation),
        "denominator": loss_denominator(
            [int(n) for n in mask.sum(1)], aggregation=aggregation, longest=LONGEST
        ),
    }
    loss, _ = loss_of(logprobs=leaf, old_logprobs=old, advantages=advantages, **shared, **options)
    if beta:
        loss = loss + beta * kl_loss(logprobs=leaf, ref_logprobs=reference, kind="k3", **shared)[0]
    loss.backward()
    return loss.item(), leaf.grad


CASES = {
    "GRPO": (
        {"loss_type": "grpo", "low": 0.2, "high": 0.2},
        clipped_policy_loss,
        {"aggregation": "sequence", "clip_low": 0.2, "clip_high": 0.2},
    ),
    "GRPO with KL": (
        {"loss_type": "grpo", "beta": 0.3},
        clipped_policy_loss,
        {"aggregation": "sequence", "beta": 0.3},
    ),
    "Dr. GRPO": ({"loss_type": "dr_grpo"}, clipped_policy_loss, {"aggregation": "constant"}),
    "DAPO": ({"loss_type": "dapo"}, clipped_policy_loss, {"aggregation": "token"}),
    "GSPO": (
        {"loss_type": "grpo", "level": "sequence", "low": 0.05, "high": 0.08},
        sequence_policy_loss,
        {"aggregation": "sequence", "clip_low": 0.05, "clip_high": 0.08},
    ),
    "CISPO": (
        {"loss_type": "cispo", "high": 1.3},
        truncated_policy_loss,
        {"aggregation": "token", "ratio_max": 1.3},
    ),
}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", CASES)
def test_losses_and_gradients_are_trls(trainer, name, seed):
    their_options, loss_of, our_options = CASES[name]
    tensors = example(seed)
    their_loss, their_gradient = theirs(trainer, tensors, **their_options)
    our_loss, our_gradient = ours(tensors, loss_of, **our_options)
    assert our_loss == pytest.approx(their_loss, abs=1e-5)
    torch.testing.assert_close(our_gradient, their_gradient, atol=1e-5, rtol=0)
    assert their_gradient.abs().max() > 1e-2  # two zeros would be equal, too


@pytest.mark.parametrize("scale", ["group", "batch", "none"])
def test_advantages_are_what_trls_trainer_computes(scale):
    """As written in `GRPOTrainer._generate_and_score_completions`: unbiased deviations, 1e-4."""
    rewards = torch.randn(12, generator=torch.Generator().manual_seed(1))
    grouped = rewards.view(-1, 4)
    centred = rewards - grouped.mean(1).repeat_interleave(4)
    deviation = {"group": grouped.std(1).repeat_interleave(4), "batch": rewards.std()}
    expected = centred / (deviation[scale] + 1e-4) if scale != "none" else centred
    found, _ = group_advantages(
        rewards=rewards, groups=torch.arange(12) // 4, scale=scale, clip=1e9
    )
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
