"""The group-based algorithms beside GRPO: GSPO, REINFORCE and RLOO."""

import pytest
import torch
from letters import LETTERS
from training import quiet

from forgegym.agents.advantages import group_advantages
from forgegym.agents.gspo import GSPO, GSPOConfig, train_gspo
from forgegym.agents.reinforce import (
    RLOO,
    Reinforce,
    ReinforceConfig,
    RLOOConfig,
    train_reinforce,
    train_rloo,
)


@pytest.fixture(scope="module")
def base(small_base):
    return small_base


@pytest.mark.parametrize(
    ("kind", "wrong", "sentence"),
    [
        (RLOOConfig, {"group_size": 1}, "group_size must be at least 2"),
        (ReinforceConfig, {"baseline": "mine"}, "baseline is group, others or batch"),
        (GSPOConfig, {"minibatches": 17}, "17 minibatches need as many groups; there are 16"),
    ],
)
def test_wrong_settings_are_refused(tmp_path, kind, wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        kind(out=tmp_path, **wrong)


def test_reinforce_needs_no_groups(tmp_path):
    assert ReinforceConfig(out=tmp_path, group_size=1).baseline == "batch"
    assert RLOOConfig(out=tmp_path).baseline == "others"
    assert (RLOO.name, Reinforce.name, GSPO.name) == ("rloo", "reinforce", "gspo")


@pytest.mark.learning
@pytest.mark.parametrize(
    ("train", "config", "seed"),
    [
        *((train_gspo, GSPOConfig, seed) for seed in range(5)),
        (train_reinforce, ReinforceConfig, 0),
        (train_rloo, RLOOConfig, 0),
    ],
)
def test_it_learns_what_is_paid(tmp_path, base, train, config, seed):
    more = {"variety_coef": 0.0, "rarity_coef": 0.0, "surprise_coef": 0.0}
    settings = config(
        out=tmp_path / "run", env=LETTERS, base=str(base), iterations=30, samples=32,
        max_new_tokens=12, learning_rate=1e-2, seed=seed,
        scale="batch" if config is ReinforceConfig else "group",
        **(more if config is GSPOConfig else {}),
    )  # fmt: skip
    torch.manual_seed(0)
    paid = [row["avg_reward"] for row in train(settings, console=quiet()).rows]
    assert sum(paid[-3:]) > 2 * sum(paid[:3])


def test_a_group_has_no_spread_around_the_mean_of_the_batch(tmp_path):
    """Four equal rewards of 0 beside others would lie any number of deviations below it."""
    with pytest.raises(ValueError, match="scale=group needs a baseline of the group's own"):
        ReinforceConfig(out=tmp_path, scale="group")
    ReinforceConfig(out=tmp_path, scale="group", baseline="group")
    with pytest.raises(ValueError, match="the batch's mean is not divided by a group's deviation"):
        group_advantages(
            rewards=torch.rand(8), groups=torch.arange(8) // 4, scale="group", baseline="batch"
        )


def test_against_the_batch_a_group_of_one_teaches():
    rewards = torch.tensor([0.0, 1.0, 0.5, 0.5])
    for groups in (torch.arange(4), torch.tensor([0, 0, 1, 1])):
        advantages, about = group_advantages(
            rewards=rewards, groups=groups, scale="batch", baseline="batch"
        )
        assert about["frac_zero_std"] == 0.0
        assert advantages[0] == -advantages[1] != 0
    _, about = group_advantages(
        rewards=rewards * 0, groups=torch.arange(4), scale="batch", baseline="batch"
    )
    assert about["frac_zero_std"] == 1.0
