"""What a log looks like when a run goes bad, and when it does not."""

import random

import pytest

from forgegym.agents.health import Bounds, complaint, hint

WELL = {
    "loss": 0.1, "grad_norm": 0.5, "entropy": 0.4, "approx_kl": 0.01, "frac_zero_std": 0.2,
    "truncated": 0.1, "avg_reward": 1.0, "positive_logprob": -0.5,
}  # fmt: skip


def log(count=40, **changes):
    """A healthy run whose last iterations have what is given: a list, or one value five times."""
    rows = [dict(WELL) for _ in range(count)]
    for name, values in changes.items():
        values = values if isinstance(values, list) else [values] * 5
        for row, value in zip(rows[-len(values) :], values, strict=True):
            row[name] = value
    return rows


def test_a_run_that_is_well_is_left_alone():
    for count in range(50):
        assert complaint(log(count)) is None


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("entropy", 0.001, "entropy has been below 0.01 for 5 iterations"),
        ("approx_kl", 3.0, "approx_kl has been above 0.5 for 5 iterations"),
        ("frac_zero_std", 1.0, "frac_zero_std has been above 0.95 for 5 iterations"),
        ("truncated", 0.9, "truncated has been above 0.6 for 5 iterations"),
    ],
)
def test_a_sign_must_last(name, value, said):
    assert complaint(log(**{name: value})) == said
    assert complaint(log(**{name: [value] * 4})) is None
    assert complaint(log(**{name: [value, value, WELL[name], value, value]})) is None


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_is_told_at_once(value):
    assert complaint(log(1, loss=[value])) == f"loss is {value}"
    assert complaint(log(1, grad_norm=[value])) == f"grad_norm is {value}"


def test_a_reward_that_falls_by_half_and_stays_there_is_a_collapse():
    said = complaint(log(avg_reward=[0.3] * 10))
    assert said == "avg_reward has fallen from 1 to 0.3 (means of 10 iterations)"
    assert complaint(log(avg_reward=[0.6] * 10)) is None
    assert complaint(log(avg_reward=[0.0] * 3)) is None


def rare(seed, count=150):
    """What 128 programs earn an iteration of which about one in seventy earns 1: in groups of
    eight, of which one in five is of a prompt where that happens."""
    drawn = random.Random(seed)
    prompts = [sum(drawn.random() < 0.2 for _ in range(16)) for _ in range(count)]
    return [sum(drawn.random() < 0.07 for _ in range(8 * n)) / 128 for n in prompts]


def test_chance_is_no_collapse():
    """By halves alone, each of these runs would be called one."""

    def stopped(rewards, bounds):
        rows = log(len(rewards), avg_reward=rewards)
        return any(complaint(rows[:n], bounds) for n in range(1, len(rows) + 1))

    runs = [rare(seed) for seed in range(10)]
    assert sum(stopped(run, Bounds(noise=0)) for run in runs) == 10
    assert sum(stopped(run, Bounds()) for run in runs) <= 1


def test_a_fall_is_seen_through_noise():
    drawn = random.Random(1)
    rewards = [drawn.gauss(0.3 if i < 40 else 0.1, 0.05) for i in range(52)]
    assert complaint(log(52, avg_reward=rewards[:40] + [0.3] * 12)) is None
    said = complaint(log(52, avg_reward=rewards))
    assert said is not None
    assert said.startswith("avg_reward has fallen from 0.3")


def test_a_run_that_has_earned_nothing_yet_has_nothing_to_lose():
    rows = log()
    for row in rows:
        row["avg_reward"] = 0.0
    assert complaint(rows) is None


def test_good_programs_that_become_unlikely_are_a_sign():
    said = complaint(log(positive_logprob=[-3.0] * 10))
    assert said == "positive_logprob has fallen from -0.5 to -3 (means of 10 iterations)"


def test_a_base_that_never_ends_its_answers_is_no_collapse():
    rows = log()
    for row in rows:
        row["truncated"] = 1.0
    assert complaint(rows) is None


def test_what_an_algorithm_does_not_log_is_not_looked_at():
    assert complaint([{"avg_reward": 1.0}] * 40) is None


def test_bounds_are_the_callers():
    assert complaint(log(3, entropy=[0.3] * 3), Bounds(patience=3, entropy=0.35)) is not None


def test_what_an_iteration_could_not_measure_is_no_sign():
    nothing = float("nan")
    for name in ("entropy", "approx_kl", "truncated", "positive_logprob"):
        assert complaint(log(**{name: [nothing] * 30})) is None
    # Rewards that do not differ: there is no token whose entropy was taken, and that is not said.
    rows = log(entropy=nothing, approx_kl=nothing, frac_zero_std=1.0)
    assert complaint(rows) == "frac_zero_std has been above 0.95 for 5 iterations"
    assert complaint([{**row, "positive_logprob": nothing} for row in log(12)] + log(20)) is None


def test_groups_that_teach_nothing_because_all_is_solved_are_no_bad_sign():
    assert complaint(log(frac_zero_std=1.0, solved_rate=1.0)) is None
    assert complaint(log(frac_zero_std=1.0, solved_rate=0.5)) is not None


def test_what_never_taught_anything_is_no_collapse_and_is_told_once():
    rows = [{**WELL, "frac_zero_std": 1.0, "avg_reward": 0.0} for _ in range(40)]
    assert complaint(rows) is None
    said = [hint(rows[:count]) for count in range(1, 41)]
    assert [i for i, text in enumerate(said, 1) if text] == [Bounds().patience]
    assert "nothing could be learnt" in said[Bounds().patience - 1]
    assert hint(log(5)) is None
    assert hint([{"iteration": 1.0}] * 5) is None
