"""What a study came to, as a table and as a picture."""

from __future__ import annotations

import io
import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from ...agents.checkpoint import write_atomically
from ...agents.rollout import COMPACT

# A batch of 128 is a noisy estimate; ten of them have a standard error of a hundredth.
WINDOW = 10

# Figure -> heading and format; those that are shares are shown as percentages.
COLUMNS = {
    "best_compiles": ("compiles", ".0%"),
    "best_complex": ("complexity > 3", ".0%"),
    "best_solved": ("does all asked", ".1%"),
    "latest_solved": ("does all asked, last adapter", ".1%"),
    "best_reward": ("reward, evaluated", ".3f"),
    "equal_reward": ("reward, equal tokens", ".3f"),
    "last_reward": ("reward, end", ".3f"),
    "fall_reward": ("below its best", ".3f"),
    "fall_compiles": ("compiles, below best", ".0%"),
    "restores": ("restores", ".1f"),
    "tokens": ("tokens", ",.0f"),
    "seconds": ("seconds", ",.0f"),
}
PANELS = {"reward": "avg_reward", "compiles": "compile_success_rate"}
CONTRACT_PANELS = {"complexity > 3": "high_complexity_rate"}
TASK_PANELS = {"cases passed": "behaviour", "solved": "solved_rate"}
# Where words come with a program, and have a score.
WORDS_PANELS = {"reasoning": "reasoning"}


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What a study came to: see `study.summarise`; and arm -> the logs of its runs."""

    results: dict[str, Any]
    logs: Mapping[str, Sequence[Sequence[Mapping[str, float]]]]

    def table(self) -> Table:
        """One row a figure, one column an arm: interquartile means with 95 % intervals."""
        rows = _cells(self.results)
        table = Table(title=self.results["question"], title_justify="left")
        table.add_column("")
        for name in self.results["arms"]:
            table.add_column(name, justify="right")
        for heading, cells in rows:
            table.add_row(heading, *cells)
        return table

    def markdown(self) -> str:
        """The same table, for a page."""
        arms = self.results["arms"]
        lines = [
            "| | " + " | ".join(arms) + " |",
            "|---|" + "---|" * len(arms),
            *(f"| {heading} | {' | '.join(cells)} |" for heading, cells in _cells(self.results)),
        ]
        return "\n".join(lines) + "\n"

    def draw(self, path: Path) -> None:
        """A PNG: each arm's curves over the tokens sampled, the middle run thick, all runs thin."""
        import matplotlib

        matplotlib.use("Agg")
        import matplotlib.pyplot as plt

        env = self.results["env"]
        own = CONTRACT_PANELS if env == COMPACT else TASK_PANELS
        if env in ("VerilogModule-v0", "PythonReasoning-v0"):
            own = {**own, **WORDS_PANELS}
        watched = {heading: name for name, heading in self.results["watched"].items()}
        panels = {**PANELS, **own, "entropy": "entropy", **watched}
        figure, axes = plt.subplots(
            1, len(panels), figsize=(4.4 * len(panels), 3.8), squeeze=False, layout="constrained"
        )
        for axis, (heading, metric) in zip(axes[0], panels.items(), strict=True):
            for number, (name, logs) in enumerate(self.logs.items()):
                known = [rows for rows in logs if rows and metric in rows[0]]
                for rows in known:
                    spent = np.cumsum([row["tokens"] for row in rows]) / 1e6
                    axis.plot(
                        spent, smooth(rows, metric), color=f"C{number}", alpha=0.25, linewidth=0.8
                    )
                if known:
                    length = min(len(rows) for rows in known)
                    spent = np.mean(
                        [np.cumsum([row["tokens"] for row in rows[:length]]) for rows in known],
                        axis=0,
                    )
                    smoothed = zip(*(smooth(rows[:length], metric) for rows in known), strict=True)
                    middle = [_of_known(statistics.median, values) for values in smoothed]
                    axis.plot(spent / 1e6, middle, color=f"C{number}", linewidth=2, label=name)
            axis.set_title(heading)
            axis.set_xlabel("million tokens sampled")
            axis.grid(alpha=0.3)
        axes[0][0].legend(fontsize=8)
        figure.suptitle(self.results["question"])
        image = io.BytesIO()
        figure.savefig(image, dpi=120, format="png")
        plt.close(figure)
        write_atomically(path, image.getvalue())


def _cells(results: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    arms = results["arms"].values()
    rows = []
    if any(arm["learning_rate"] for arm in arms):
        rates = [arm["learning_rate"] for arm in arms]
        rows.append(("learning rate", ["" if rate is None else f"{rate:g}" for rate in rates]))
    watched = {
        f"last_{name}": (f"{heading}, end", ".3g") for name, heading in results["watched"].items()
    }
    for name, (heading, form) in {**COLUMNS, **watched}.items():
        if name == "best_complex" and results["env"] != COMPACT:
            continue
        found = [arm["interquartile_means"].get(name) for arm in arms]
        rows.append((heading, [_estimate(each, form) for each in found]))
    return rows


def _estimate(found: Mapping[str, float] | None, form: str) -> str:
    if found is None:  # the base was not trained
        return ""
    return f"{found['value']:{form}} [{found['low']:{form}}, {found['high']:{form}}]"


def smooth(rows: Sequence[Mapping[str, float]], metric: str) -> list[float]:
    """The running mean of a metric over those of the last `WINDOW` iterations that have it: where
    nothing was learnt from, there is no entropy."""
    windows = [rows[max(0, i - WINDOW + 1) : i + 1] for i in range(len(rows))]
    return [_of_known(statistics.fmean, [row[metric] for row in window]) for window in windows]


def _of_known(middle: Callable[[Sequence[float]], float], values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return middle(known) if known else math.nan
