"""Whether both sides of a duel get better: runs over seeds, and their trials on held-out judges.

At the start and after each stage a run tries its solver on hidden cases and its writer on wrong
programs, on the same problems in every run; nobody is paid for either (see `agents.duel`).
Intervals resample problems: samples of one resemble each other.
"""

from __future__ import annotations

import io
import json
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from ...agents.checkpoint import write_atomically
from ..records import write_json
from ..statistics import Estimate, clustered_mean
from .runs import RESULTS, Say, claim, forgegym, in_turn

_RUN_RESULTS = "training_results.json"
# A suite that kills by tests that do not hold says nothing: below this its kills are not counted.
ENOUGH_VALID = 0.8

# Figure -> heading; each is a share.
FIGURES = {
    "hidden": "solver: hidden cases passed",
    "solved": "solver: all of them",
    "kills": f"writer: wrong programs killed at validity >= {ENOUGH_VALID}",
    "validity": "writer: tests that are valid",
}


@dataclass(frozen=True, slots=True)
class DuelStudy:
    """One duel over seeds: the question, and its settings (see `agents.duel.DuelConfig`)."""

    name: str
    question: str
    settings: Mapping[str, Any]

    def conduct(
        self, folder: Path, *, seeds: int, workers: int, say: Say = lambda _: None
    ) -> DuelConclusion:
        """All its duels that are not in `folder` yet, `workers` at a time; then its results.

        Raises `StudyError` when the folder holds another study, or a run fails.
        """
        claim(folder, {"study": self.name, "settings": dict(self.settings)})
        runs = [folder / "runs" / f"seed-{seed}" for seed in range(seeds)]
        in_turn(
            runs, workers, say,
            name=lambda run: run.name,
            finished=lambda run: bool(_results(run).get("finished")),
            carry_out=lambda run: _carry_out(self, run),
        )  # fmt: skip
        results = summarise(self, [_results(run) for run in runs])
        write_json(folder / RESULTS, results)
        return DuelConclusion(results)


@dataclass(frozen=True, slots=True)
class DuelConclusion:
    """What it came to: see `summarise`."""

    results: dict[str, Any]

    def table(self) -> Table:
        """A row a figure, a column a moment."""
        found = Table(title=self.results["question"], title_justify="left")
        heads, *rows = self._cells()
        found.add_column("")
        for head in heads[1:]:
            found.add_column(head, justify="right")
        for row in rows:
            found.add_row(*row)
        return found

    def markdown(self) -> str:
        """The same, for a page."""
        heads, *rows = self._cells()
        lines = [heads, ["---"] * len(heads), *rows]
        return "".join(f"| {' | '.join(line)} |\n" for line in lines)

    def _cells(self) -> list[list[str]]:
        moments = self.results["moments"]
        heads = ["", *(m["when"] for m in moments), "end - start"]
        rows = [
            [heading, *(_told(m[name]) for m in moments), _told(self.results["rise"][name])]
            for name, heading in FIGURES.items()
        ]
        return [heads, *rows]

    def draw(self, path: Path) -> None:
        """A PNG: each side's figures over the steps, the mean with its interval, the runs thin."""
        import matplotlib

        matplotlib.use("Agg")
        import matplotlib.pyplot as plt

        moments, runs = self.results["moments"], self.results["runs"]
        figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained", sharey=True)
        panels = (("solver", ("hidden", "solved")), ("test writer", ("kills", "validity")))
        for axis, (title, names) in zip(axes, panels, strict=True):
            for number, name in enumerate(names):
                steps = [m["step"] for m in moments]
                axis.plot(
                    steps, [m[name]["value"] for m in moments], color=f"C{number}", marker="o",
                    linewidth=2, label=FIGURES[name].partition(": ")[2],
                )  # fmt: skip
                axis.fill_between(
                    steps, [m[name]["low"] for m in moments], [m[name]["high"] for m in moments],
                    color=f"C{number}", alpha=0.15, linewidth=0,
                )  # fmt: skip
                for run in runs:
                    axis.plot(steps, run[name], color=f"C{number}", alpha=0.35, linewidth=0.8)
            axis.set_title(title)
            axis.set_xlabel("step")
            axis.set_ylim(0, 1)
            axis.grid(alpha=0.3)
            axis.legend(fontsize=8, loc="upper left")
        figure.suptitle(f"{self.results['question']} ({len(runs)} seeds, 95 % intervals)")
        image = io.BytesIO()
        figure.savefig(image, dpi=120, format="png")
        plt.close(figure)
        write_atomically(path, image.getvalue())


def _told(found: Mapping[str, float]) -> str:
    return f"{found['value']:.0%} [{found['low']:.0%}, {found['high']:.0%}]"


def _results(run: Path) -> dict[str, Any]:
    path = run / _RUN_RESULTS
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return found


def _carry_out(study: DuelStudy, run: Path) -> str:
    settings = [part for k, v in study.settings.items() for part in ("--set", f"{k}={v}")]
    seed = run.name.removeprefix("seed-")
    forgegym("train", "duel", "--out", str(run), "--seed", seed, "--resume", *settings)
    *_, last = _results(run)["evaluations"]
    found = ", ".join(f"{name} {_mean(figures(last)[name]):.0%}" for name in FIGURES)
    return f"seed {seed}: {found}"


def figures(trial: Mapping[str, Any]) -> dict[str, list[float]]:
    """A trial's figures, problem by problem; NaN where the machine failed."""
    told = ("hidden_rates", "solved", "kills", "validity")
    hidden, solved, kills, validity = (
        [math.nan if value is None else value for value in trial[name]] for name in told
    )
    counted = [
        killed if not valid < ENOUGH_VALID else 0.0  # and NaN stays NaN
        for killed, valid in zip(kills, validity, strict=True)
    ]
    return {"hidden": hidden, "solved": solved, "kills": counted, "validity": validity}


def summarise(study: DuelStudy, runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """``moments``: each trial's figures over runs; ``rise``: how much higher they are at the end
    than at the start, on the same problems; ``runs``: each run's means."""
    trials = [[figures(trial) for trial in run["evaluations"]] for run in runs]
    first = runs[0]["evaluations"]
    moments = [
        {
            "when": moment["when"],
            "step": moment["step"],
            **{n: _over([run[i][n] for run in trials]).to_json() for n in FIGURES},
        }
        for i, moment in enumerate(first)
    ]
    rise = {
        name: _over(
            [[b - a for a, b in zip(run[0][name], run[-1][name], strict=True)] for run in trials]
        ).to_json()
        for name in FIGURES
    }
    return {
        "study": study.name,
        "question": study.question,
        "seeds": len(runs),
        "problems": len(first[0]["hidden_rates"]),
        "moments": moments,
        "rise": rise,
        "runs": [
            {name: [_mean(trial[name]) for trial in run] for name in FIGURES} for run in trials
        ],
    }


def _over(runs: Sequence[Sequence[float]]) -> Estimate:
    """The mean over runs and problems; a problem is a cluster."""
    return clustered_mean([_known(problem) for problem in zip(*runs, strict=True)])


def _mean(values: Sequence[float]) -> float:
    return statistics.fmean(_known(values))


def _known(values: Sequence[float]) -> list[float]:
    return [value for value in values if not math.isnan(value)]
