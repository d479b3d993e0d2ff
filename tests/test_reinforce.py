"""The group-based algorithms beside GRPO: GSPO, REINFORCE and RLOO."""

import pytest
import torch
from letters import LETTERS
from training import quiet

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
    ("train", "config"),
    [(train_gspo, GSPOConfig), (train_reinforce, ReinforceConfig), (train_rloo, RLOOConfig)],
)
def test_it_learns_what_is_paid(tmp_path, base, train, config):
    more = {"variety_coef": 0.0, "rarity_coef": 0.0, "surprise_coef": 0.0}
    settings = config(
        out=tmp_path / "run", env=LETTERS, base=str(base), iterations=30, samples=32,
        max_new_tokens=12, learning_rate=1e-2, scale="group",
        **(more if config is GSPOConfig else {}),
    )  # fmt: skip
    torch.manual_seed(0)
    paid = [row["avg_reward"] for row in train(settings, console=quiet()).rows]
    assert sum(paid[-3:]) > 2 * sum(paid[:3])
