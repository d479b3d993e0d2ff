import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forgegym.benchmarks.statistics import (
    bootstrap,
    clustered_error,
    clustered_mean,
    clustered_rate,
    design_effect,
    distinct_n,
    effective_number,
    mean_of,
    mean_pass_at_k,
    pass_at_k,
    shares,
    wilson,
)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        # Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_intervals(successes, trials, low, high):
    estimate = wilson(successes, trials)
    assert estimate.low == pytest.approx(low, abs=5e-5)
    assert estimate.high == pytest.approx(high, abs=5e-5)


def test_wilson_at_the_ends_stops_at_zero_and_one():
    assert wilson(0, 50).low == 0.0
    assert wilson(50, 50).high == 1.0
    assert wilson(50, 50).low < 1.0


def test_wilson_of_no_trials_knows_nothing():
    estimate = wilson(0, 0)
    assert math.isnan(estimate.value)
    assert (estimate.low, estimate.high) == (0.0, 1.0)


@pytest.mark.parametrize(("successes", "trials"), [(3, 2), (-1, 2)])
def test_wilson_refuses_what_is_no_proportion(successes, trials):
    with pytest.raises(ValueError, match="no proportion"):
        wilson(successes, trials)


@given(st.lists(st.lists(st.booleans(), max_size=12), max_size=12))
def test_a_clustered_rate_holds_its_value_and_is_never_narrower_than_independent_samples(clusters):
    pooled = [x for c in clusters for x in c]
    estimate = clustered_rate(clusters)
    plain = wilson(sum(pooled), len(pooled))
    assert estimate.n == len(pooled)
    if pooled:
        assert 0.0 <= estimate.low <= estimate.value + 1e-12
        assert estimate.value - 1e-12 <= estimate.high <= 1.0
        assert estimate.high - estimate.low >= plain.high - plain.low - 1e-12


def test_samples_that_repeat_their_prompt_count_once():
    # Ten prompts, each all right or all wrong: 10 observations, however many samples each has.
    clusters = [[i % 2 == 0] * 40 for i in range(10)]
    assert design_effect(clusters) == pytest.approx(40 * 10 / 9)
    estimate, independent = clustered_rate(clusters), wilson(5, 9)
    assert estimate.high - estimate.low == pytest.approx(0.57, abs=0.03)
    assert independent.low < estimate.value < independent.high


@pytest.mark.parametrize("outcome", [False, True])
def test_where_all_samples_agree_tasks_are_what_is_counted(outcome):
    estimate, tasks = clustered_rate([[outcome] * 16] * 20), wilson(20 * outcome, 20)
    assert (estimate.low, estimate.high, estimate.n) == (tasks.low, tasks.high, 320)
    assert mean_pass_at_k([[outcome] * 16] * 20, 1) == tasks


def test_the_clustered_interval_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(7)
    covered = 0
    for _ in range(400):
        rates = rng.beta(2, 2, size=30)  # prompts differ: mean one half
        clusters = [list(map(bool, rng.random(8) < rate)) for rate in rates]
        estimate = clustered_rate(clusters)
        covered += estimate.low <= 0.5 <= estimate.high
    assert 0.92 <= covered / 400 <= 0.98


def test_a_clustered_mean_weighs_samples_and_resamples_clusters():
    estimate = clustered_mean([[1.0, 1.0, 1.0], [5.0]])
    assert estimate.value == 2.0
    assert (estimate.low, estimate.high) == (1.0, 5.0)
    assert estimate.n == 4


def test_a_clustered_mean_of_one_cluster_resamples_its_samples():
    estimate = clustered_mean([[0.0, 10.0] * 50])
    assert 3.0 < estimate.low < 5.0 < estimate.high < 7.0


def test_a_mean_of_nothing_is_undefined():
    assert math.isnan(clustered_mean([[], []]).value)


def test_the_mean_of_two_perfect_rates_keeps_an_interval():
    estimate = mean_of(wilson(100, 100), wilson(300, 300))
    assert estimate.value == estimate.high == 1.0
    assert 0.97 < estimate.low < 0.99


def test_the_interval_of_a_mean_of_rates_covers_about_as_often_as_it_says():
    rng = np.random.default_rng(3)
    hits = 0
    for first, second in zip(
        rng.binomial(80, 0.9, 1000), rng.binomial(200, 0.97, 1000), strict=True
    ):
        estimate = mean_of(wilson(int(first), 80), wilson(int(second), 200))
        hits += estimate.low <= (0.9 + 0.97) / 2 <= estimate.high
    assert 0.93 <= hits / 1000 <= 0.98


def test_the_bootstrap_repeats_with_its_seed():
    data = [(x, 1.0) for x in range(20)]
    first, again, other = (bootstrap(data, lambda t: t[:, 0] / t[:, 1], seed=s) for s in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize("n", [1, 3, 6])
def test_pass_at_k_is_the_share_of_draws_that_hold_a_solution(n):
    for c, k in itertools.product(range(n + 1), range(1, n + 1)):
        draws = list(itertools.combinations([True] * c + [False] * (n - c), k))
        assert pass_at_k(n, c, k) == pytest.approx(sum(map(any, draws)) / len(draws))


@pytest.mark.parametrize(("n", "c", "k"), [(3, 4, 1), (3, 1, 4), (3, 1, 0)])
def test_pass_at_k_needs_k_samples(n, c, k):
    with pytest.raises(ValueError, match="undefined"):
        pass_at_k(n, c, k)


def test_pass_at_k_over_tasks_is_their_mean_with_an_interval():
    estimate = mean_pass_at_k([[True, False], [False, False], [True, True]], 2)
    assert estimate.value == pytest.approx(2 / 3)
    assert estimate.low < 2 / 3 < estimate.high
    perfect = mean_pass_at_k([[True, True]] * 20, 2)
    assert perfect == wilson(20, 20)
    assert math.isnan(mean_pass_at_k([], 1).value)


def test_the_clustered_error_of_single_samples_is_the_plain_one():
    values = [0.0, 1.0, 1.0, 0.5, 0.25]
    plain = np.std(values, ddof=1) / math.sqrt(len(values))
    assert clustered_error([[v] for v in values]) == pytest.approx(plain)
    # Samples that repeat their task add nothing.
    assert clustered_error([[v] * 7 for v in values]) == pytest.approx(plain)
    assert math.isnan(clustered_error([[1.0, 0.0]]))


def test_distinct_2_falls_from_one_to_nothing_new():
    assert distinct_n(["a b c d"]) == 1.0
    assert distinct_n(["a b c d"] * 4) == 0.25
    assert distinct_n(["x == y"]) == 1.0
    assert distinct_n(["alone", ""]) == 0.0


def test_distinct_2_of_a_limited_number_of_pairs_does_not_see_the_rest():
    assert distinct_n(["a b a b a b"], limit=2) == 1.0
    assert distinct_n(["a b", "a b", "c d"], limit=2) == 0.5
    assert distinct_n(["a b"], limit=10) == distinct_n(["a b"])


def test_shares_are_ordered_and_sum_to_one():
    assert shares({"if": 1, "loop": 3, "ternary": 0}) == {"loop": 0.75, "if": 0.25, "ternary": 0.0}
    assert shares({"if": 0}) == {}


def test_the_effective_number_of_kinds():
    assert effective_number("abcd") == pytest.approx(4)
    assert effective_number("aaaa") == pytest.approx(1)
    assert 1 < effective_number("aaab") < 2
    assert effective_number([]) == 0
