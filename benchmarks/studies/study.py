"""A study: training runs that differ in one thing, over seeds, and what they come to.

Each run is a `forgegym train` in a process of its own and an evaluation of the adapters it left, so
a study can be stopped at any moment and its command given again: whole runs are kept, broken ones
go on. Arms whose learning rate is tuned first try each of a grid for a part of the iterations, on a
seed that is not measured; all arms have the same grid and so the same budget.

Means over seeds are interquartile means with bootstrap intervals (Agarwal et al., "Deep
reinforcement learning at the edge of the statistical precipice", NeurIPS 2021).
"""

from __future__ import annotations

import itertools
import json
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...agents.policy import TINY, tiny_name
from ...agents.rollout import COMPACT, default_toolchain
from ...agents.tracking import read_rows
from ..records import write_json
from ..statistics import Estimate
from .report import WINDOW, Conclusion
from .runs import RESULTS, Say, StudyError, claim, forgegym, in_turn

# Runs are told apart by the seeds 0, 1, ...; rates are tuned on one that is none of them.
TUNING_SEED = 1000


@dataclass(frozen=True, slots=True)
class Arm:
    """One of the things that are compared: an algorithm and its settings; no algorithm: the
    environment's tiny base as it is."""

    name: str
    algorithm: str | None
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Study:
    """What is compared, and at what cost.

    Attributes:
        name: Of the command and of its page.
        question: In one sentence.
        arms: In the order shown.
        common: Settings of every arm.
        iterations: Of every run.
        rates: Learning rates to choose from; empty: each arm keeps its own.
        rate_iterations: For how long each is tried.
        env: Where all this happens.
        families: Of whose tasks; empty: all, and judged by the frozen ones.
        evaluation_samples: By which the adapters of a run are judged.
        evaluation_temperature: At which they are sampled; None: that of `forgegym eval`.
        watched: What else of the runs' logs is shown: metric (one that every iteration has) ->
            heading.
    """

    name: str
    question: str
    arms: Sequence[Arm]
    common: Mapping[str, Any]
    iterations: int
    rates: Sequence[float] = ()
    rate_iterations: int = 0
    env: str = "CompactContract-v0"
    families: Sequence[str] = ()
    evaluation_samples: int = 256
    evaluation_temperature: float | None = None
    watched: Mapping[str, str] = field(default_factory=dict)

    def conduct(
        self, folder: Path, *, seeds: int, workers: int, say: Say = lambda _: None
    ) -> Conclusion:
        """All its runs that are not in `folder` yet, `workers` at a time; then its results.

        Raises `StudyError` when the folder holds another study, or a run fails.
        """
        if self.env != COMPACT and tiny_name(self.env) == TINY:
            raise StudyError(
                f"{self.env} has no tiny base yet, and Compact's knows nothing of its language"
            )
        claim(folder, _asked(self))
        rates: dict[str, float | None] = dict.fromkeys(arm.name for arm in self.arms)
        if self.rates:
            trials = [
                _run(self, arm, folder / "rates" / arm.name / f"{rate:g}", TUNING_SEED, rate=rate,
                     iterations=self.rate_iterations)
                for rate in self.rates
                for arm in self.arms
                if arm.algorithm is not None
            ]  # fmt: skip
            _all(trials, workers, say, evaluated=False)
            for arm in self.arms:
                own = [t for t in trials if t.arm is arm]
                if not own:
                    continue
                best = max(own, key=lambda t: mean(t.rows[-WINDOW:], "avg_reward"))
                rates[arm.name] = best.settings["learning_rate"]
                say(f"{arm.name}: learning rate {rates[arm.name]:g}")
        # Seed by seed, so that a study that is cut short has as many of every arm.
        runs = [
            _run(self, arm, folder / "runs" / arm.name / f"seed-{seed}", seed, rate=rates[arm.name],
                 iterations=self.iterations)
            for seed in range(seeds)
            for arm in self.arms
        ]  # fmt: skip
        _all(runs, workers, say, evaluated=True)
        results = summarise(self, runs, rates)
        write_json(folder / RESULTS, results)
        return Conclusion(
            results, {a.name: [r.rows for r in runs if r.arm is a] for a in self.arms}
        )


@dataclass(frozen=True, slots=True)
class Run:
    """One training run, and where it lies."""

    study: Study
    arm: Arm
    seed: int
    iterations: int
    folder: Path
    settings: Mapping[str, Any]

    @property
    def rows(self) -> list[dict[str, float]]:
        """Its log, as far as it goes."""
        return read_rows(self.folder)

    def evaluation(self, adapter: str) -> dict[str, Any] | None:
        """What the evaluation of an adapter came to, once it has ended."""
        path = self.folder / f"eval-{adapter}" / "summary.json"
        if not path.exists():
            return None
        summary: dict[str, Any] = json.loads(path.read_text())["summary"]
        return summary

    @property
    def adapters(self) -> dict[str, str]:
        """What is evaluated of it: name -> agent."""
        if self.arm.algorithm is None:
            return {"best": "tiny"}
        return {name: str(self.folder / name) for name in ("best", "latest")}

    @property
    def trained(self) -> bool:
        done = len(self.rows) >= self.iterations or (self.folder / "stopped").exists()
        return done or self.arm.algorithm is None

    def finished(self, *, evaluated: bool) -> bool:
        found = (self.evaluation(adapter) for adapter in self.adapters)
        return self.trained and (not evaluated or all(each is not None for each in found))


def _asked(study: Study) -> dict[str, Any]:
    return {
        "study": study.name,
        "common": dict(study.common),
        "iterations": study.iterations,
        "rates": list(study.rates),
        "rate_iterations": study.rate_iterations,
        "env": study.env,
        "families": list(study.families),
        "evaluation_samples": study.evaluation_samples,
        "evaluation_temperature": study.evaluation_temperature,
        "arms": {a.name: {"algorithm": a.algorithm, **a.settings} for a in study.arms},
    }


def _run(
    study: Study, arm: Arm, folder: Path, seed: int, *, rate: float | None, iterations: int
) -> Run:
    chosen = {} if rate is None else {"learning_rate": rate}
    return Run(study, arm, seed, iterations, folder, {**study.common, **arm.settings, **chosen})


def _all(runs: Sequence[Run], workers: int, say: Say, *, evaluated: bool) -> None:
    """Every run to its end, and its adapters judged where that is asked for."""
    in_turn(
        runs, workers, say,
        name=_name,
        finished=lambda run: run.finished(evaluated=evaluated),
        carry_out=lambda run: _carry_out(run, evaluated),
    )  # fmt: skip


def _name(run: Run) -> str:
    return f"{run.arm.name} seed {run.seed} rate {run.settings.get('learning_rate', '(own)')}"


def _told(run: Run, seconds: float) -> str:
    rows = run.rows
    reached = (
        evaluation["compile_rate"]["value"] if (evaluation := run.evaluation("best")) else None
    )
    rate = "" if reached is None else f", best adapter compiles {reached:.0%}"
    return f"{_name(run)}: reward {mean(rows[-WINDOW:], 'avg_reward'):.3f}{rate} ({seconds:.0f} s)"


def _carry_out(run: Run, evaluated: bool) -> str:
    """Trains, evaluates; says what came of it. Raises `StudyError` with the run's last words."""
    started = time.monotonic()
    settings = [part for k, v in run.settings.items() for part in ("--set", f"{k}={v}")]
    families, temperature = run.study.families, run.study.evaluation_temperature
    settings += [part for name in families for part in ("--set", f"families={name}")]
    if run.arm.algorithm is not None and not run.trained:
        said = forgegym(
            "train", run.arm.algorithm, "--env", run.study.env, "--out", str(run.folder),
            "--resume", "--seed", str(run.seed), "--iterations", str(run.iterations), *settings,
            allowed=(0, 1, 130),
        )  # fmt: skip
        if len(run.rows) < run.iterations:
            # A run that was stopped because it collapsed is a result.
            (run.folder / "stopped").write_text(said)
    for adapter, agent in run.adapters.items() if evaluated else ():
        if run.evaluation(adapter) is None:
            forgegym(
                "eval", run.study.env, "--agent", agent, "--out",
                str(run.folder / f"eval-{adapter}"), "--resume", "--seed", str(run.seed),
                "--num-samples", str(run.study.evaluation_samples),
                "--toolchain", default_toolchain(run.study.env),
                *(part for name in families for part in ("--family", name)),
                *(() if temperature is None else ("--temperature", str(temperature))),
            )  # fmt: skip
    return _told(run, time.monotonic() - started)


# ---------------------------------------------------------------- what it comes to


def mean(rows: Sequence[Mapping[str, float]], name: str) -> float:
    """Of a metric over some iterations."""
    return statistics.fmean(row[name] for row in rows) if rows else 0.0


def best_window(rows: Sequence[Mapping[str, float]], name: str) -> float:
    """The highest mean of a metric over `WINDOW` iterations in a row."""
    width = min(WINDOW, len(rows))
    return max(mean(rows[i : i + width], name) for i in range(len(rows) - width + 1))


def figures(run: Run, token_budget: float) -> dict[str, float]:
    """What one run comes to.

    ``last_*`` are means of its last iterations, ``fall_*`` how far they lie below the best such
    mean, ``equal_*`` the means at the iteration where `token_budget` tokens had been sampled. Rates
    that begin with ``best_`` and ``latest_`` are evaluations of those adapters.
    """
    rows = run.rows
    found: dict[str, float] = {}
    for adapter in run.adapters:
        evaluation = run.evaluation(adapter)
        assert evaluation is not None
        for short, name in (
            ("compiles", "compile_rate"),
            ("complex", "high_quality_rate"),
            ("solved", "solved_rate"),
            ("reward", "mean_reward"),
        ):
            if name in evaluation:  # only a contract has a complexity
                found[f"{adapter}_{short}"] = evaluation[name]["value"]
        if "structures" in evaluation:
            found[f"{adapter}_structures"] = float(evaluation["structures"])
    if not rows:  # the base
        return found
    spent = list(itertools.accumulate(row["tokens"] for row in rows))
    within = max(WINDOW, sum(s <= token_budget for s in spent))
    found |= {
        "iterations": float(len(rows)),
        "tokens": spent[-1],
        "sandbox_calls": len(rows) * float(run.settings["samples"]),
        "seconds": sum(row["iteration_s"] for row in rows),
        "restores": rows[-1]["restores"],
    }
    for short, name in (
        ("reward", "avg_reward"),
        ("compiles", "compile_success_rate"),
        ("complex", "high_complexity_rate"),
    ):
        last = mean(rows[-WINDOW:], name)
        found[f"last_{short}"] = last
        found[f"fall_{short}"] = best_window(rows, name) - last
        found[f"equal_{short}"] = mean(rows[within - WINDOW : within], name)
    return found | {f"last_{name}": mean(rows[-WINDOW:], name) for name in run.study.watched}


def summarise(
    study: Study, runs: Sequence[Run], rates: Mapping[str, float | None]
) -> dict[str, Any]:
    """Each arm's runs, and the interquartile mean of each of their figures."""
    budget = min(sum(row["tokens"] for row in run.rows) for run in runs if run.rows)
    by_arm = {
        arm.name: [figures(run, budget) for run in runs if run.arm is arm] for arm in study.arms
    }
    means = {
        arm: {name: iqm([f[name] for f in own]) for name in own[0]} for arm, own in by_arm.items()
    }
    return {
        "study": study.name,
        "question": study.question,
        "env": study.env,
        "seeds": len(next(iter(by_arm.values()))),
        "watched": dict(study.watched),
        "token_budget": budget,
        "arms": {
            arm.name: {
                "algorithm": arm.algorithm,
                "learning_rate": rates[arm.name],
                "runs": by_arm[arm.name],
                "interquartile_means": {n: e.to_json() for n, e in means[arm.name].items()},
            }
            for arm in study.arms
        },
    }


def iqm(values: Sequence[float]) -> Estimate:
    """The mean of the middle half of some runs, with its 95 % percentile bootstrap interval."""
    from scipy import stats

    def middle(runs: Any, axis: int) -> Any:
        return stats.trim_mean(runs, 0.25, axis=axis)

    value = float(middle(values, 0))
    if len(set(values)) == 1:  # every resample is the same: an interval of no width
        return Estimate(value, value, value, len(values))
    found = stats.bootstrap(
        (values,), middle, n_resamples=4000, method="percentile", rng=0, vectorized=True
    ).confidence_interval
    return Estimate(value, float(found.low), float(found.high), len(values))
