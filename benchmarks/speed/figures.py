"""What a run of the sandbox benchmark has measured: plain data, the promised figures, tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Milliseconds, linearly interpolated between neighbours (type 7 of Hyndman and Fan, 1996)."""

    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Quantiles:
        """Raises `ValueError` for no measurement."""
        if not seconds:
            raise ValueError("quantiles of nothing")
        return cls(*(round(1000 * float(q), 4) for q in np.percentile(seconds, (50, 95, 99))))


@dataclass(frozen=True, slots=True)
class Latency:
    """One item, `repetitions` times bare and sandboxed in turn; one job at a time.

    `spaced` repetitions follow a rest (the last reset, or the opening of the next box, is over);
    `packed` ones follow another job at once, and wait for the reset after it. With ``never`` there
    is no packed row: to wait for a new box is what `Opening.refill` says.

    Attributes:
        added: Of the differences within each pair of a bare and a sandboxed repetition.
        added_p95: The 95th percentile sandboxed less the 95th percentile bare; unlike that of the
            differences, it does not count the bare row's own noise as the sandbox's.
    """

    backend: str
    reuse: str
    item: str
    pace: str
    repetitions: int
    bare: Quantiles
    sandboxed: Quantiles
    added: Quantiles
    added_p95: float

    @classmethod
    def of(
        cls,
        backend: str,
        reuse: str,
        item: str,
        pace: str,
        bare: Sequence[float],
        sandboxed: Sequence[float],
    ) -> Latency:
        """From paired seconds. Raises `ValueError` when they are no pairs."""
        differences = [s - b for b, s in zip(bare, sandboxed, strict=True)]
        low, high = Quantiles.of(bare), Quantiles.of(sandboxed)
        return cls(
            backend, reuse, item, pace, len(differences), low, high, Quantiles.of(differences),
            round(high.p95 - low.p95, 4),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Throughput:
    """`steps` jobs of one item, `workers` at a time, without a pause; `ratio` to the bare rate."""

    backend: str
    reuse: str
    item: str
    workers: int
    steps: int
    bare_per_second: float
    per_second: float
    ratio: float


@dataclass(frozen=True, slots=True)
class Opening:
    """Milliseconds: from nothing to the first outcome (`cold`), and from the end of a job to the
    next box in its place (`refill`)."""

    backend: str
    cold: Quantiles
    refill: Quantiles


@dataclass(frozen=True, slots=True)
class Contrast:
    """What a step of ``true`` would cost another way, through the engine's API by the SDK."""

    what: str
    repetitions: int
    seconds: Quantiles


@dataclass(frozen=True, slots=True)
class Skip:
    """What was not measured, and why."""

    backend: str
    item: str
    why: str


@dataclass(frozen=True, slots=True)
class Target:
    """A figure that was promised, beside that of the `item` that did worst; all None: not measured.

    `what` ends in "at most" or "at least".
    """

    what: str
    limit: float
    measured: float | None = None
    item: str | None = None
    met: bool | None = None


@dataclass(slots=True)
class Report:
    """All that was measured; `interrupted` when it was stopped before its end."""

    machine: dict[str, Any]
    settings: dict[str, Any]
    latency: list[Latency] = field(default_factory=list)
    throughput: list[Throughput] = field(default_factory=list)
    opening: list[Opening] = field(default_factory=list)
    contrast: list[Contrast] = field(default_factory=list)
    skipped: list[Skip] = field(default_factory=list)
    tools: dict[str, dict[str, str]] = field(default_factory=dict)
    interrupted: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain data, the targets and how they were met with it."""
        return asdict(self) | {"targets": [asdict(target) for target in targets(self)]}


def targets(report: Report) -> list[Target]:
    """The promised figures against the worst item: for a warm box that is used again, packed."""

    def packed(backend: str) -> list[Latency]:
        return [
            row
            for row in report.latency
            if (row.backend, row.reuse, row.pace) == (backend, "proven", "packed")
        ]

    def judged(what: str, limit: float, measured: list[tuple[float, str]]) -> Target:
        if not measured:
            return Target(what, limit)
        least = what.endswith("at least")
        worst, item = min(measured) if least else max(measured)
        return Target(what, limit, worst, item, worst >= limit if least else worst <= limit)

    in_docker, in_bubblewrap = packed("docker"), packed("bubblewrap")
    rates = [(row.ratio, row.item) for row in report.throughput if row.reuse == "proven"]
    return [
        judged("docker: added p50, ms, at most", 3.0, [(r.added.p50, r.item) for r in in_docker]),
        judged("docker: added p95, ms, at most", 8.0, [(r.added_p95, r.item) for r in in_docker]),
        judged(
            "bubblewrap: added p50, ms, at most",
            6.0,
            [(r.added.p50, r.item) for r in in_bubblewrap],
        ),
        judged("share of bare throughput, at least", 0.9, rates),
    ]


def print_report(report: Report, console: Console) -> None:
    """The tables that people read; all figures in milliseconds unless they say otherwise."""
    about = report.machine
    console.print(
        f"{about['cpu']}, {about['cores']} cores, kernel {about['kernel']}, load "
        f"{about['load']} before; {report.settings['repetitions']} repetitions",
        markup=False,
        soft_wrap=True,
    )
    for backend, reuse in dict.fromkeys((row.backend, row.reuse) for row in report.latency):
        # Narrow enough for a terminal of 80 columns.
        table = Table(title=f"{backend}, {reuse}: a step, ms", box=SIMPLE_HEAD)
        for name in ("item", "pace"):
            table.add_column(name)
        for name in (
            "bare p50", "p95", "sandboxed p50", "p95", "p99", "added p50", "added p95",
        ):  # fmt: skip
            table.add_column(name.replace(" ", "\n"), justify="right")
        for row in report.latency:
            if (row.backend, row.reuse) == (backend, reuse):
                figures = (
                    row.bare.p50, row.bare.p95, row.sandboxed.p50, row.sandboxed.p95,
                    row.sandboxed.p99, row.added.p50, row.added_p95,
                )  # fmt: skip
                table.add_row(row.item, row.pace, *(f"{figure:.2f}" for figure in figures))
        console.print(table)
    if report.latency:
        console.print("added p50: of the differences in pairs; added p95: p95 less p95")
    if report.throughput:
        table = Table(title="Throughput")
        for name in ("sandbox", "reuse", "item", "workers", "steps", "bare/s", "sandboxed/s", "of"):
            table.add_column(name, justify="left" if name in ("sandbox", "reuse") else "right")
        for rate in report.throughput:
            table.add_row(
                rate.backend, rate.reuse, rate.item, str(rate.workers), str(rate.steps),
                f"{rate.bare_per_second:.1f}", f"{rate.per_second:.1f}", f"{rate.ratio:.1%}",
            )  # fmt: skip
        console.print(table)
    if report.opening or report.contrast:
        table = Table(title="Beside it, ms")
        table.add_column("what")
        for name in ("p50", "p95"):
            table.add_column(name, justify="right")
        rows = [
            (f"{opened.backend}: {what}", figures)
            for opened in report.opening
            for what, figures in (
                ("from nothing to the first outcome", opened.cold),
                ("a new box", opened.refill),
            )
        ]
        rows += [(contrast.what, contrast.seconds) for contrast in report.contrast]
        for what, figures_of in rows:
            table.add_row(what, f"{figures_of.p50:.1f}", f"{figures_of.p95:.1f}")
        console.print(table)
    for target in targets(report):
        if target.measured is not None:
            mark = "[green]met[/green]" if target.met else "[red]missed[/red]"
            console.print(
                f"{target.what} {target.limit:g}: {target.measured:.3g} ({target.item}), {mark}"
            )
    for skip in report.skipped:
        console.print(f"not measured: {skip.backend} {skip.item}: {escape(skip.why)}")
    if report.interrupted:
        console.print("stopped before its end")
