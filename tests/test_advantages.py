"""Advantages against a slow reference, and the rules that keep bad samples from teaching."""

import math
import statistics

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from forgegym.agents.advantages import (
    EPSILON,
    generalised_advantages,
    group_advantages,
    rarity,
    shared,
    surprise,
    token_rewards,
    variety,
    whitened,
)


def reference(rewards, groups, scale):
    """The definition, one sample at a time."""
    out = []
    batch_std = statistics.stdev(rewards)
    for reward, group in zip(rewards, groups, strict=True):
        mine = [r for r, g in zip(rewards, groups, strict=True) if g == group]
        centred = reward - statistics.fmean(mine)
        if len(mine) < 2 or statistics.stdev(mine) <= EPSILON:
            out.append(0.0)
        elif scale == "group":
            out.append(centred / (statistics.stdev(mine) + EPSILON))
        elif scale == "batch":
            out.append(centred / (batch_std + EPSILON))
        else:
            out.append(centred)
    return out


@pytest.mark.parametrize("scale", ["group", "batch", "none"])
def test_agrees_with_the_definition(scale):
    rewards = [0.0, 1.0, 0.5, 3.0, 2.0, 2.5, 1.0, 1.0, 1.0]
    groups = [0, 1, 0, 1, 0, 1, 7, 7, 7]
    found, _ = group_advantages(
        rewards=torch.tensor(rewards), groups=torch.tensor(groups), scale=scale
    )
    assert found.tolist() == pytest.approx(reference(rewards, groups, scale), abs=1e-5)


def test_a_group_of_equal_rewards_teaches_nothing():
    found, about = group_advantages(
        rewards=torch.tensor([0.7, 0.7, 0.7, 0.0, 1.0]), groups=torch.tensor([0, 0, 0, 1, 1])
    )
    assert found[:3].tolist() == [0.0, 0.0, 0.0]
    assert found[3] == -found[4] != 0
    assert about["frac_zero_std"] == 0.5


def test_an_invalid_sample_changes_nobodys_advantage():
    rewards, groups = torch.tensor([1.0, 2.0, 4.0]), torch.tensor([0, 0, 0])
    alone, about = group_advantages(rewards=rewards, groups=groups)
    with_broken, about_broken = group_advantages(
        rewards=torch.tensor([1.0, 0.0, 2.0, 4.0]),
        groups=torch.tensor([0, 0, 0, 0]),
        valid=torch.tensor([True, False, True, True]),
    )
    assert with_broken.tolist() == [alone[0], 0.0, alone[1], alone[2]]
    assert about == about_broken


def test_nothing_valid_gives_no_advantage():
    found, about = group_advantages(
        rewards=torch.tensor([1.0, 2.0]),
        groups=torch.tensor([0, 0]),
        valid=torch.tensor([False, False]),
    )
    assert found.tolist() == [0.0, 0.0]
    assert about["frac_zero_std"] == 1.0


def test_a_group_left_with_one_valid_sample_is_not_compared():
    found, _ = group_advantages(
        rewards=torch.tensor([1.0, 9.0, 2.0, 3.0]),
        groups=torch.tensor([0, 0, 1, 1]),
        valid=torch.tensor([True, False, True, True]),
        scale="none",
    )
    assert found.tolist() == [0.0, 0.0, -0.5, 0.5]


def test_a_lone_winner_is_clipped():
    rewards = torch.tensor([100.0] + [0.0] * 63)
    found, _ = group_advantages(rewards=rewards, groups=torch.zeros(64, dtype=torch.long))
    assert found[0] == 5.0


def test_many_alike_keep_less_than_the_only_one_of_its_kind():
    found = variety([["if"], ["if"], ["if"], ["loop"], None, []], coef=0.7).tolist()
    assert found[:3] == pytest.approx([1 - 0.7 * (3 / 5) ** 0.5] * 3)
    assert found[3] == pytest.approx(1 - 0.7 * (1 / 5) ** 0.5)
    assert found[4:] == [1.0, 1.0]


def test_the_same_part_again_is_no_variety():
    found = variety([["if", "if", "if"], ["if"], ["if", "loop"], ["if if"]], coef=1.0).tolist()
    common, rare = 1 - (3 / 4) ** 0.5, 1 - (1 / 4) ** 0.5
    assert found == pytest.approx([common, common, (common + rare) / 2, rare])


def test_variety_of_nothing_and_without_weight_takes_nothing():
    assert variety([None, None], coef=0.7).tolist() == [1.0, 1.0]
    assert variety([["if"], ["if"]], coef=0.0).tolist() == [1.0, 1.0]


def test_what_adds_most_to_distinct_2_keeps_its_pay():
    common, other = [1, 2, 3], [7, 8, 9]
    found = rarity([common, common, None, other], coef=0.8).tolist()
    assert found == pytest.approx([0.2, 0.2, 1.0, 1.0])


def test_repeating_a_rare_pair_does_not_make_a_program_rarer():
    once, often = [1, 2, 5, 6], [1, 2, 5, 6, 5, 6, 5, 6]
    common = [1, 2, 3, 4]
    found = rarity([once, often, common, common], coef=0.5).tolist()
    assert found[0] > found[1]
    assert found[2] == found[3]


def test_rarity_of_nothing_takes_nothing():
    assert rarity([None, None], coef=0.9).tolist() == [1.0, 1.0]
    assert rarity([[1, 2], [3, 4]], coef=0.0).tolist() == [1.0, 1.0]


def test_of_two_programs_that_say_the_same_the_longer_is_paid_less():
    brief, padded = [1, 2, 3, 4], [1, 2, 3, 4, 3, 4, 3, 4]
    found = rarity([brief, padded, [1, 2, 3, 5]], coef=0.6).tolist()
    assert found[0] > found[1]


def test_a_program_with_a_pair_of_its_own_is_worth_more_than_one_of_shared_pairs():
    found = rarity([[1, 2, 3], [1, 2, 4], [1, 2, 4]], coef=0.6).tolist()
    assert found[0] > found[1] == found[2]


def test_surprise_is_the_batchs_own_entropy_gradient():
    """After token 1 comes 2 three times of four: -log(3/4) and -log(1/4), less their mean."""
    entropy = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    usual, unusual = surprise([[1, 2], [1, 2], [1, 2], [1, 3]])[2:]
    assert usual.tolist() == pytest.approx([0.0, -math.log(0.75) - entropy])
    assert unusual.tolist() == pytest.approx([0.0, -math.log(0.25) - entropy])


@given(st.lists(st.lists(st.integers(0, 4), max_size=9), max_size=9))
def test_surprise_is_nothing_on_average(completions):
    found = surprise(completions, clip=100.0)
    assert [len(f) for f in found] == [len(c) for c in completions]
    assert sum(f.sum().item() for f in found) == pytest.approx(0.0, abs=1e-4)


def test_where_nothing_varies_or_nothing_was_accepted_there_is_no_surprise():
    always, never = surprise([[5, 6, 7], None])
    assert always.tolist() == [0.0, 0.0, 0.0]
    assert never.tolist() == []


def test_surprise_is_bounded():
    found = surprise([[1, 2]] * 500 + [[1, 3]], clip=2.0)
    assert found[-1].tolist() == [0.0, 2.0]


# ------------------------------------------------------------ baselines


def test_leaving_oneself_out_is_the_mean_of_the_others():
    rewards = [0.0, 1.0, 0.5, 3.0, 2.0, 2.5]
    groups = [0, 1, 0, 1, 0, 1]
    found, _ = group_advantages(
        rewards=torch.tensor(rewards), groups=torch.tensor(groups), scale="none", baseline="others"
    )
    for i, (reward, group) in enumerate(zip(rewards, groups, strict=True)):
        others = [r for j, r in enumerate(rewards) if groups[j] == group and j != i]
        assert found[i].item() == pytest.approx(reward - statistics.fmean(others))


def test_the_batchs_mean_needs_no_groups():
    found, _ = group_advantages(
        rewards=torch.tensor([1.0, 1.0, 4.0]), groups=torch.arange(3), scale="none",
        baseline="batch",
    )  # fmt: skip
    assert found.tolist() == [-1.0, -1.0, 2.0]


# ------------------------------------------------------------ advantages by token


def quadratic_advantages(rewards, values, mask, gamma, lam):
    """The definition (equation 16 of the paper): a sum over what follows, for each token anew."""
    found = torch.zeros_like(values)
    for row in range(len(values)):
        at = [t for t in range(values.shape[1]) if mask[row, t]]
        deltas = [
            rewards[row, t]
            - values[row, t]
            + (gamma * values[row, at[k + 1]] if at[k + 1 :] else 0)
            for k, t in enumerate(at)
        ]
        for k, t in enumerate(at):
            later = enumerate(deltas[k:])
            found[row, t] = sum((gamma * lam) ** n * delta for n, delta in later)
    return found


@given(st.integers(0, 10**6), st.sampled_from([1.0, 0.9]), st.sampled_from([0.0, 0.5, 0.95, 1.0]))
def test_generalised_advantages_agree_with_the_definition(seed, gamma, lam):
    draw = torch.Generator().manual_seed(seed)
    rewards, values = torch.randn(2, 3, 7, generator=draw)
    mask = (torch.rand(3, 7, generator=draw) < 0.7).float()
    found, returns = generalised_advantages(
        rewards=rewards, values=values, mask=mask, gamma=gamma, lam=lam
    )
    expected = quadratic_advantages(rewards, values, mask, gamma, lam)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
    torch.testing.assert_close(returns, (expected + values) * mask, atol=1e-5, rtol=0)


def test_with_lambda_one_an_advantage_is_what_is_paid_from_here_on_less_the_value():
    rewards = token_rewards(rewards=[[2.0], [1.0, 3.0]], ends=[[2], [1, 4]], width=5)
    values = torch.arange(10.0).view(2, 5)
    mask = torch.tensor([[1.0, 1, 1, 0, 0], [1, 1, 0, 1, 1]])
    found, _ = generalised_advantages(rewards=rewards, values=values, mask=mask, lam=1.0)
    paid = torch.tensor([[2.0, 2, 2, 0, 0], [4, 4, 0, 3, 3]])
    torch.testing.assert_close(found, (paid - values) * mask)


@given(st.integers(0, 10**6))
def test_a_tools_tokens_change_nothing(seed):
    draw = torch.Generator().manual_seed(seed)
    rewards, values = torch.randn(2, 1, 4, generator=draw)
    plain, _ = generalised_advantages(rewards=rewards, values=values, mask=torch.ones(1, 4))
    room = torch.tensor([0, 1, 4, 5])  # two tokens of the environment's in between
    spread_rewards, spread_values, mask = (
        torch.zeros(1, 6),
        torch.full((1, 6), 9.0),
        torch.zeros(1, 6),
    )
    spread_rewards[:, room], spread_values[:, room], mask[:, room] = rewards, values, 1.0
    spread, _ = generalised_advantages(rewards=spread_rewards, values=spread_values, mask=mask)
    torch.testing.assert_close(spread[:, room], plain)
    assert spread[:, 2:4].tolist() == [[0.0, 0.0]]


def test_whitened_advantages_have_mean_zero_and_variance_one_over_sampled_tokens():
    advantages = torch.tensor([[1.0, 2.0, 100.0], [3.0, 6.0, 50.0]])
    mask = torch.tensor([[1.0, 1, 0], [1, 1, 0]])
    found = whitened(advantages, mask)
    assert found[:, 2].tolist() == [0.0, 0.0]
    assert found.sum().item() == pytest.approx(0.0, abs=1e-6)
    assert (found**2).sum().item() / 4 == pytest.approx(1.0, abs=1e-5)


def test_equal_advantages_are_whitened_to_nothing():
    assert whitened(torch.ones(2, 2), torch.ones(2, 2)).tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_without_a_scale_nothing_is_clipped():
    """Dr. GRPO's advantages are rewards less their mean, on whatever scale rewards are."""
    rewards = torch.tensor([0.0, 8.0, 32.0, 32.0])
    found, _ = group_advantages(rewards=rewards, groups=torch.zeros(4).long(), scale="none")
    assert found.tolist() == [-18.0, -10.0, 14.0, 14.0]


def test_one_that_is_alone_or_like_all_others_loses_nothing():
    assert variety([["if"], None, None], coef=0.85).tolist() == [1.0, 1.0, 1.0]
    assert rarity([[1, 2, 3], None], coef=0.27).tolist() == [1.0, 1.0]
    assert rarity([[1, 2, 3]] * 3, coef=0.27).tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("seed", range(20))
def test_variety_puts_nothing_that_is_right_below_what_is_wrong(seed):
    draw = torch.Generator().manual_seed(seed)
    rewards = torch.rand(32, generator=draw) * 2 - 0.5
    kept = torch.rand(32, generator=draw)
    groups = torch.arange(32) // 8
    accepted = torch.rand(32, generator=draw) < 0.5
    found = shared(rewards, kept, groups=groups, accepted=accepted)
    assert torch.equal(found[~accepted], rewards[~accepted])
    assert bool((found <= rewards).all())
    for i in accepted.nonzero().flatten().tolist():
        for j in (~accepted & (groups == groups[i])).nonzero().flatten().tolist():
            assert (found[i] >= found[j]) == (rewards[i] >= rewards[j])


def test_what_is_right_loses_down_to_what_is_wrong_beside_it_and_no_further():
    found = shared(
        torch.tensor([1.0, 1.0, 0.4, 0.2, 1.0]),
        torch.tensor([0.2, 0.5, 1.0, 0.1, 0.2]),
        groups=torch.tensor([0, 0, 0, 0, 1]),
        accepted=torch.tensor([True, True, False, True, True]),
    )
    assert found.tolist() == pytest.approx([0.4, 0.5, 0.4, 0.2, 0.2])


def test_a_fine_is_no_smaller_for_being_common():
    found = shared(
        torch.tensor([-2.0, 1.0]),
        torch.tensor([0.1, 0.5]),
        groups=torch.tensor([0, 0]),
        accepted=torch.tensor([True, True]),
    )
    assert found.tolist() == [-2.0, 0.5]
