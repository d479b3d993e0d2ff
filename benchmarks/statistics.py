"""Numbers with their uncertainty, and measures of variety; pure functions over plain data.

Samples for one prompt resemble each other, so intervals treat a prompt as a cluster: rates use
Wilson's interval at the effective sample size (it stays sensible at 0 % and 100 %, where a
bootstrap collapses to a point), everything else a bootstrap that resamples whole clusters.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A point estimate with the bounds of its 95 % confidence interval, over `n` samples."""

    value: float
    low: float
    high: float
    n: int

    def to_json(self) -> dict[str, float | int]:
        return {"value": self.value, "low": self.low, "high": self.high, "n": self.n}


def wilson(successes: float, trials: float, *, confidence: float = CONFIDENCE) -> Estimate:
    """The score interval of a proportion.

    `trials` may be an effective sample size and need not be whole; 0 trials give [0, 1].
    Raises `ValueError` unless ``0 <= successes <= trials``.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference",
    JASA 22 (1927).

    >>> none = wilson(0, 256)
    >>> none.low, round(none.high, 3)
    (0.0, 0.015)
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes in {trials} trials make no proportion")
    if trials == 0:
        return Estimate(math.nan, 0.0, 1.0, 0)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    p = successes / trials
    centre = p + z * z / (2 * trials)
    half = z * math.sqrt(p * (1 - p) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    # Rounding can push the exact bounds 0 and 1 (reached at p = 0 and p = 1) out by 1e-17.
    low = 0.0 if successes == 0 else (centre - half) / scale
    high = 1.0 if successes == trials else (centre + half) / scale
    return Estimate(p, low, high, round(trials))


def design_effect(clusters: Sequence[Sequence[bool]]) -> float:
    """How many times wider than independent samples' the variance of the pooled rate is (>= 1).

    The variance between clusters is the ratio estimator's. It cannot be estimated with one cluster,
    whose samples are taken as independent, and at a rate of exactly 0 or 1, where the samples of a
    cluster are taken to be one: to agree is what they do at their most alike.

    Source: Kish, *Survey Sampling* (1965), chapter 8.
    """
    filled = [c for c in clusters if c]
    n = sum(len(c) for c in filled)
    k = len(filled)
    if k < 2:
        return 1.0
    p = sum(sum(c) for c in filled) / n
    if p in (0.0, 1.0):
        return n / k
    between = k / (k - 1) * sum((sum(c) - p * len(c)) ** 2 for c in filled) / n**2
    return max(1.0, between / (p * (1 - p) / n))


def clustered_rate(clusters: Iterable[Sequence[bool]]) -> Estimate:
    """The pooled rate over clusters of yes/no samples, with its interval.

    Wilson's interval at the sample size divided by the design effect, as Dean and Pagano,
    "Evaluating confidence interval methods for binomial proportions in clustered surveys",
    J. Survey Stat. Methodol. 3 (2015), recommend; where no sample differs from any other, at the
    number of clusters.
    """
    filled = [c for c in clusters if c]
    n = sum(len(c) for c in filled)
    successes = sum(sum(c) for c in filled)
    effect = design_effect(filled)
    interval = wilson(successes / effect, n / effect)
    return Estimate(interval.value, interval.low, interval.high, n)


def mean_of(first: Estimate, second: Estimate) -> Estimate:
    """The mean of two independent estimates, with the interval that theirs imply.

    Unlike a bootstrap it stays an interval where both are exactly 0 or 1.

    Source: Zou and Donner, "Construction of confidence limits about effect measures: a general
    approach", Statistics in Medicine 27 (2008).
    """
    value = (first.value + second.value) / 2
    below = math.hypot(first.value - first.low, second.value - second.low) / 2
    above = math.hypot(first.high - first.value, second.high - second.value) / 2
    return Estimate(value, value - below, value + above, first.n + second.n)


def bootstrap(
    clusters: Sequence[npt.ArrayLike],
    statistic: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]],
    *,
    resamples: int = 4000,  # the bounds' own error is then below 2 % of the interval's width
    seed: int = 0,
    confidence: float = CONFIDENCE,
) -> tuple[float, float]:
    """The percentile interval of a statistic of summed cluster totals.

    `clusters` is a sequence of K vectors of length D: each cluster's totals (a sum, a count, ...).
    `statistic` maps totals of shape (R, D) to R values, NaN where undefined. Whole clusters are
    drawn with replacement; undefined resamples are left out. Returns (nan, nan) without clusters.
    """
    totals = np.asarray(clusters, dtype=np.float64)  # (K, D)
    if totals.size == 0:
        return math.nan, math.nan
    k = len(totals)
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(k, np.full(k, 1 / k), size=resamples)  # (R, K)
    with np.errstate(invalid="ignore", divide="ignore"):
        values = statistic(weights @ totals)
    values = values[np.isfinite(values)]
    if not len(values):
        return math.nan, math.nan
    tail = (1 - confidence) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def clustered_mean(clusters: Iterable[Sequence[float]], *, seed: int = 0) -> Estimate:
    """The pooled mean over clusters of samples, with its cluster-bootstrap interval.

    With a single cluster its samples are resampled instead. No samples give NaN.
    """
    filled = [c for c in clusters if c]
    units = [[x] for x in filled[0]] if len(filled) == 1 else filled
    n = sum(len(c) for c in units)
    if not n:
        return Estimate(math.nan, math.nan, math.nan, 0)
    mean = sum(sum(c) for c in units) / n
    low, high = bootstrap([(sum(c), len(c)) for c in units], lambda t: t[:, 0] / t[:, 1], seed=seed)
    return Estimate(mean, low, high, n)


def clustered_error(clusters: Iterable[Sequence[float]]) -> float:
    """The standard error of the pooled mean over clusters of samples, which may resemble each other
    within a cluster; NaN with fewer than two clusters.

    Source: Liang and Zeger, "Longitudinal data analysis using generalized linear models",
    Biometrika 73 (1986), with the correction K / (K - 1) for few clusters; Miller, "Adding error
    bars to evals", arXiv 2411.00640 (2024), for evaluations.
    """
    filled = [c for c in clusters if c]
    k = len(filled)
    if k < 2:
        return math.nan
    n = sum(len(c) for c in filled)
    mean = sum(sum(c) for c in filled) / n
    return math.sqrt(k / (k - 1) * sum((sum(c) - mean * len(c)) ** 2 for c in filled)) / n


def pass_at_k(n: int, c: int, k: int) -> float:
    """The chance that one of `k` samples solves a task of which `c` of `n` did, unbiased.

    Raises `ValueError` unless ``0 <= c <= n`` and ``1 <= k <= n``.

    Source: Chen et al., "Evaluating large language models trained on code", arXiv 2107.03374
    (2021), equation 1: 1 - C(n - c, k) / C(n, k).

    >>> pass_at_k(8, 2, 1), pass_at_k(8, 2, 7)
    (0.25, 1.0)
    """
    if not (0 <= c <= n and 1 <= k <= n):
        raise ValueError(f"pass@{k} of {c} solutions in {n} samples is undefined")
    return 1.0 - math.comb(n - c, k) / math.comb(n, k)


def mean_pass_at_k(clusters: Iterable[Sequence[bool]], k: int, *, seed: int = 0) -> Estimate:
    """The mean of `pass_at_k` over tasks (one cluster of yes/no samples each), and its interval.

    Tasks are resampled; where all of them are at 0 or at 1, so that a bootstrap would collapse to a
    point, it is Wilson's interval with the tasks as trials. Raises as `pass_at_k`.
    """
    values = [pass_at_k(len(c), sum(c), k) for c in clusters]
    if not values:
        return Estimate(math.nan, math.nan, math.nan, 0)
    if set(values) in ({0.0}, {1.0}):
        return wilson(sum(values), len(values))
    return clustered_mean([[value] for value in values], seed=seed)


# ---------------------------------------------------------------- variety

_TOKEN = re.compile(r"\w+|[^\w\s]")


def distinct_n(texts: Iterable[str], n: int = 2, *, limit: int | None = None) -> float:
    """Different n-grams of tokens as a share of all n-grams in `texts` (0 when there are none).

    It falls as a collection grows, longer texts included: compare collections of one size, which
    is what `limit` is for (only so many n-grams are read, from the first text on).

    Source: Li et al., "A diversity-promoting objective function for neural conversation models",
    NAACL 2016.

    >>> distinct_n(["a b a b"])  # a b, b a, a b
    0.6666666666666666
    """
    seen: set[tuple[str, ...]] = set()
    total = 0
    for text in texts:
        tokens = _TOKEN.findall(text)
        grams = list(zip(*(tokens[i:] for i in range(n)), strict=False))
        if limit is not None:
            grams = grams[: limit - total]
        total += len(grams)
        seen.update(grams)
    return len(seen) / total if total else 0.0


def shares(counts: Mapping[str, int]) -> dict[str, float]:
    """Each count as a share of their sum, largest first; empty when the sum is 0."""
    total = sum(counts.values())
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return {name: count / total for name, count in ordered} if total else {}


def effective_number(items: Iterable[Hashable]) -> float:
    """How many equally common kinds would be as varied: the exponential of Shannon's entropy.

    Source: Jost, "Entropy and diversity", Oikos 113 (2006).

    >>> round(effective_number(["if", "for", "if", "for"]), 6)
    2.0
    """
    counts = Counter(items)
    total = sum(counts.values())
    if not total:
        return 0.0
    return math.exp(-sum(c / total * math.log(c / total) for c in counts.values()))
