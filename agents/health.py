"""Whether a run is still well, from what its log says of each iteration.

A policy that is going bad shows it before its reward falls: its entropy goes, its steps grow, good
programs become unlikely (lazy likelihood displacement, https://arxiv.org/abs/2512.04220), answers
run into the token limit, or no group of samples differs any more. A reward alone says it too late,
when the adapter that is worth keeping has been trained away.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from .tracking import Row


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where a sign counts as bad, and for how many iterations in a row it must.

    Attributes:
        patience: Iterations of it in a row, before anything is said.
        entropy: The least, in nats a token. A policy that has learnt to write one kind of program
            well still has a tenth of a nat; one that repeats itself has a hundredth.
        kl: The most that an iteration's steps move the policy (k3 of old against new).
        zero_variance: The most of all groups that may teach nothing, unless they are `solved`, or
            none ever taught anything: what is too hard yet is no collapse.
        solved: The share of all programs that do all that is asked from which on it is no bad sign
            that groups teach nothing.
        truncated: The most of all answers that may be cut at the token limit, while it is more than
            at the start of the run: some bases never end an answer.
        fall: The most that the reward may lie below its best mean over `window` iterations, as a
            share of that.
        likelihood: The most, in nats a token, that the good samples' log-probability may lie below
            its best mean over `window` iterations.
        noise: The standard errors by which these two must fall, too. A reward that one program in
            a hundred gets halves and doubles by chance; of 150 iterations of such, five standard
            errors stop hardly any.
        window: Iterations of a mean, at least 2.
    """

    patience: int = 5
    entropy: float = 0.01
    kl: float = 0.5
    zero_variance: float = 0.95
    solved: float = 0.95
    truncated: float = 0.6
    fall: float = 0.5
    likelihood: float = 1.5
    noise: float = 5.0
    window: int = 10


def complaint(rows: Sequence[Row], bounds: Bounds = Bounds()) -> str | None:
    """What is wrong with a run whose log has `rows` (since it began, or was last restored), in half
    a sentence; None while it is well. A sign that an algorithm does not log is not looked at, nor
    is it in an iteration that could not measure it (NaN)."""
    if not rows:
        return None
    for name in ("loss", "nll", "grad_norm"):
        if not math.isfinite(rows[-1].get(name, 0.0)):
            return f"{name} is {rows[-1][name]}"
    if len(rows) < bounds.patience:
        return None
    recent = rows[-bounds.patience :]

    def always(name: str, bad: str, bound: float) -> str | None:
        values = _measured(recent, name)
        wrong = [v < bound if bad == "below" else v > bound for v in values]
        if len(values) < bounds.patience or not all(wrong):
            return None
        return f"{name} has been {bad} {bound:g} for {bounds.patience} iterations"

    solved = always("solved_rate", "above", bounds.solved)
    taught = any(v <= bounds.zero_variance for v in _measured(rows, "frac_zero_std"))
    first = statistics.fmean(_measured(rows[: bounds.patience], "truncated") or [0.0])
    return (
        always("entropy", "below", bounds.entropy)
        or always("approx_kl", "above", bounds.kl)
        or (taught and not solved and always("frac_zero_std", "above", bounds.zero_variance))
        or always("truncated", "above", max(bounds.truncated, first + 0.1))
        or _fallen(rows, "avg_reward", bounds)
        or _fallen(rows, "positive_logprob", bounds)
    )


def hint(rows: Sequence[Row], bounds: Bounds = Bounds()) -> str | None:
    """What to say, once, of a run whose first iterations taught nothing, in a sentence."""
    first = _measured(rows, "frac_zero_std")
    if len(rows) != bounds.patience or len(first) < len(rows) or min(first) <= bounds.zero_variance:
        return None
    return (
        f"In {len(rows)} iterations no two programs for one prompt were paid differently, so that "
        "nothing could be learnt: easier tasks (families, difficulty), larger groups or a base "
        "that knows more would help."
    )


def _fallen(rows: Sequence[Row], name: str, bounds: Bounds) -> str | None:
    values = _measured(rows, name)
    window = bounds.window
    if len(values) < 2 * window:
        return None
    means = [statistics.fmean(values[i : i + window]) for i in range(len(values) - window + 1)]
    at = max(range(len(means) - window), key=means.__getitem__)
    best, now = means[at], means[-1]
    spread = statistics.variance(values[at : at + window]) + statistics.variance(values[-window:])
    if best - now <= bounds.noise * math.sqrt(spread / window):
        return None
    bound = best - bounds.likelihood if name == "positive_logprob" else best * (1 - bounds.fall)
    if now >= bound or (best <= 0 and name == "avg_reward"):
        return None
    return f"{name} has fallen from {best:.3g} to {now:.3g} (means of {window} iterations)"


def _measured(rows: Sequence[Row], name: str) -> list[float]:
    return [row[name] for row in rows if name in row and not math.isnan(row[name])]
