"""Episodes of several programs: what the environment says is read, and never learnt."""

import gymnasium
import numpy as np
import pytest
import torch

from forgegym.agents.adapter import add_adapter
from forgegym.agents.logprob import completion_scores
from forgegym.agents.policy import load_base
from forgegym.agents.rollout import Sample, Turn, make_env, play
from forgegym.agents.value import mean_so_far
from forgegym.verifiers.verdict import Failure, FailureKind

DIALOGUE = "Dialogue-v0"
BROKEN = Failure(FailureKind.SANDBOX, "run", "it broke")


class Silent:
    accepted, compiled, metrics, facts = False, False, {}, {}

    def passed(self, stage):
        return False


class Dialogue(gymnasium.vector.VectorEnv):
    """Says the number of the turn; the first member's episode ends after two turns, the last one's
    machine fails in the second."""

    def __init__(self, num_envs=1, max_turns=1, **kwargs):
        self.num_envs, self.max_turns, self.turn = num_envs, max_turns, 0
        self.heard, self.announced = [], []

    def anticipate(self, index, action):
        self.announced.append((self.turn, index, action))

    def reset(self, *, seed=None, options=None):
        self.turn = 0
        return tuple(f"// family: f{s % 3}\n" for s in seed), {}

    def step(self, actions):
        self.turn += 1
        self.heard.append(actions)
        n = self.num_envs
        terminated, valid = np.zeros(n, bool), np.ones(n, bool)
        terminated[0] = self.turn >= 2
        valid[-1] = self.turn < 2
        infos = {
            "valid": valid,
            "verdict": np.array([Silent()] * n, dtype=object),
            "failure": [None if fine else BROKEN for fine in valid],
        }
        rewards = np.full(n, self.turn / 4)
        said = tuple(f"error: turn {self.turn}\n" for _ in range(n))
        return said, rewards, terminated, np.full(n, self.turn >= self.max_turns), infos


gymnasium.register(DIALOGUE, vector_entry_point=Dialogue)


def test_turns_are_paid_for_what_they_add():
    completion = type("C", (), {"tokens": torch.zeros(12)})()
    earlier = (Turn(0.5, 2, 5), Turn(0.2, 7, 9))
    sample = Sample(0, "", "", completion, 0.7, True, None, earlier)
    assert sample.turn_rewards == pytest.approx([0.5, -0.3, 0.5])
    assert sum(sample.turn_rewards) == pytest.approx(sample.reward)
    assert sample.turn_ends == [2, 7, 11]
    assert sample.start == 9


@pytest.fixture(scope="module")
def policy(small_base):
    return add_adapter(load_base(str(small_base)), seed=3)


def played(policy, turns, value_of=None):
    env = make_env(DIALOGUE, count=4, reward="staged", toolchain="frontend", turns=turns)
    batch = play(
        env, policy, group_size=2, seed=1, iteration=1, max_new_tokens=12, temperature=1.0,
        turns=turns, value_of=value_of,
    )  # fmt: skip
    return env, batch


@pytest.mark.learning
def test_an_episode_is_one_sequence_of_what_was_written_and_said(policy):
    env, batch = played(policy, 3)
    turns = [len(s.earlier) + 1 for s in batch.samples]
    assert turns == [2, 3, 3, 2]
    assert [s.valid for s in batch.samples] == [True, True, True, False]
    assert [s.why for s in batch.samples] == ["", "", "", "it broke"]
    assert [s.reward for s in batch.samples] == [0.5, 0.75, 0.75, 0.5]
    # What ended by itself was announced, and is what was sent.
    assert env.unwrapped.announced
    for turn, index, action in env.unwrapped.announced:
        assert env.unwrapped.heard[turn][index] == action
    # Those that are over are sent nothing.
    assert env.unwrapped.heard[2][0] == env.unwrapped.heard[2][3] == ""
    for sample in batch.samples:
        completion, ends = sample.completion, sample.turn_ends
        assert completion.own == int(completion.sampled.sum()) < len(completion.tokens)
        starts = [0, *(turn.after for turn in sample.earlier)]
        inside = torch.zeros(len(completion.tokens), dtype=torch.bool)
        for start, end in zip(starts, ends, strict=True):
            inside[start : end + 1] = True
        assert torch.equal(inside, completion.sampled)
        said = policy.tokenizer.decode(completion.tokens[ends[0] + 1 : starts[1]])
        assert said == "\nerror: turn 1\n\n"
        assert policy.decode(completion.tokens[sample.start :]) == sample.program


@pytest.mark.learning
def test_what_was_sampled_is_scored_as_it_was_sampled(policy):
    _, batch = played(policy, 3, value_of=lambda hidden: hidden[:, 0])
    scores = completion_scores(
        policy.model,
        prompts=batch.prompts,
        completions=[s.completion.tokens for s in batch.samples],
        owners=[s.group for s in batch.samples],
        sampled=[s.completion.sampled for s in batch.samples],
        pad_id=policy.pad_id,
        with_hidden=True,
    )
    means = mean_so_far(scores.hidden, scores.mask)
    for row, sample in enumerate(batch.samples):
        n = len(sample.completion.tokens)
        mask = scores.mask[row, :n].bool()
        assert torch.equal(mask, sample.completion.sampled)
        assert not scores.mask[row, n:].any()
        torch.testing.assert_close(
            scores.logprobs[row, :n], sample.completion.logprobs, atol=1e-4, rtol=0
        )
        assert not scores.logprobs[row, :n][~mask].any()
        values = torch.where(mask, means[row, :n, 0], 0.0)
        torch.testing.assert_close(values, sample.completion.values, atol=1e-3, rtol=1e-3)


@pytest.mark.learning
def test_one_turn_of_several_is_the_episode_of_one(policy):
    _, several = played(policy, 3)
    _, single = played(policy, 1)
    for long, short in zip(several.samples, single.samples, strict=True):
        assert torch.equal(
            long.completion.tokens[: len(short.completion.tokens)], short.completion.tokens
        )
        assert short.completion.sampled is None


@pytest.mark.learning
def test_an_episode_ends_where_the_context_does(policy, monkeypatch):
    _, batch = played(policy, 3)
    needed = [
        len(batch.prompts[s.group]) + s.earlier[1].after + 12 if len(s.earlier) == 2 else 0
        for s in batch.samples
    ]
    config = policy.model.get_base_model().config
    monkeypatch.setattr(config, "max_position_embeddings", max(needed) - 1)
    _, shorter = played(policy, 3)
    for before, after, n in zip(batch.samples, shorter.samples, needed, strict=True):
        assert len(after.earlier) == (1 if n == max(needed) else len(before.earlier))


@pytest.mark.learning
@pytest.mark.parametrize(
    ("algorithm", "special"),
    [
        *((name, {}) for name in ("grpo", "gspo", "reinforce", "rloo")),
        ("ppo", {"critic_warmup": 0}),
        ("ppo", {"critic": "adapter", "critic_warmup": 0}),
        ("expert_iteration", {"keep_above": 0.05}),
    ],
)
def test_every_algorithm_learns_from_several_turns(tmp_path, small_base, algorithm, special):
    import importlib

    from training import quiet

    module = importlib.import_module(
        f"forgegym.agents.{'reinforce' if algorithm == 'rloo' else algorithm}"
    )
    names = {"expert_iteration": "ExpertIteration", "reinforce": "Reinforce"}
    name = names.get(algorithm, algorithm.upper())
    config = getattr(module, f"{name}Config")(
        out=tmp_path / "run", base=str(small_base), reward="staged", samples=16, group_size=4,
        iterations=2, turns=2, max_new_tokens=48,
        **special,
    )  # fmt: skip
    result = getattr(module, f"train_{algorithm}")(config, console=quiet())
    assert result.finished
    assert result.rows[0]["length"] <= 96
    for row in result.rows:  # NaN: what could not be measured, where rewards did not differ
        assert not np.isinf(list(row.values())).any()
        assert np.isfinite(
            [row[n] for n in ("loss", "nll", "avg_reward", "length") if n in row]
        ).all()
