"""A run's figures: appended to CSV and JSONL as they come, shown as they come, drawn at the end.

One row an iteration, the same keys in every row; a run that a later version resumes may have some
more from there on. Keys that end in ``_s`` or ``_per_s`` are
timings; everything else is the same whenever the same run is repeated or resumed. A figure that an
iteration gave no occasion to measure is NaN in a row, ``null`` in JSONL and empty in CSV.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.table import Table

from .checkpoint import CheckpointError, write_atomically

CSV_FILE, JSONL_FILE, PLOT_FILE = "metrics.csv", "metrics.jsonl", "curves.png"
# A screen of 24 lines holds these under a heading.
ROWS_SHOWN = 12

Row = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """Where a run stands: its folder, how many iterations are done, if that is all, its rows, and
    if it was Ctrl-C that ended it."""

    folder: Path
    iterations: int
    finished: bool
    rows: Sequence[Row]
    interrupted: bool = False


def is_timing(key: str) -> bool:
    """Whether a metric depends on the machine's speed rather than on the run."""
    return key.endswith("_s")


def read_rows(folder: Path) -> list[dict[str, float]]:
    """The rows logged in `folder`, without a last one that a kill cut short."""
    path = folder / JSONL_FILE
    rows: list[dict[str, float]] = []
    if path.exists():
        for line in path.read_text(encoding="utf-8").split("\n")[:-1]:
            try:
                row = json.loads(line)
                row.items()
            except (ValueError, AttributeError) as error:
                raise CheckpointError(
                    f"Line {len(rows) + 1} of {path} is no row of a log."
                ) from error
            rows.append({key: math.nan if value is None else value for key, value in row.items()})
    return rows


def _known(row: Row) -> dict[str, float | None]:
    """A row as it is written: strict JSON has no NaN."""
    return {key: value if math.isfinite(value) else None for key, value in row.items()}


class RunLog:
    """The CSV and JSONL files of one run.

    `upto` is the number of iterations that count: rows past it (logged, but killed before their
    state was saved) are dropped, because the run will do them again.
    """

    def __init__(self, folder: Path, *, upto: int) -> None:
        self.folder = folder
        self.rows: list[Row] = [r for r in read_rows(folder) if r["iteration"] <= upto]
        if len(self.rows) != upto:
            raise CheckpointError(
                f"{folder / JSONL_FILE} holds {len(self.rows)} of the {upto} iterations that "
                "were saved; the log was changed and the run cannot be continued."
            )
        self._columns: list[str] = list(dict.fromkeys(name for row in self.rows for name in row))
        lines = "".join(json.dumps(_known(row)) + "\n" for row in self.rows)
        write_atomically(folder / JSONL_FILE, lines.encode())
        self._write_table()

    def append(self, row: Row) -> None:
        """Adds one iteration to both files. Raises `CheckpointError` when the disk is full."""
        self.rows.append(row)
        texts = {JSONL_FILE: json.dumps(_known(row)) + "\n"}
        if new := [name for name in row if name not in self._columns]:
            self._columns += new
            self._write_table()
        else:
            texts[CSV_FILE] = _csv_lines([row], self._columns, header=False)
        for name, text in texts.items():
            path = self.folder / name
            try:
                with open(path, "a", encoding="utf-8", newline="") as file:
                    file.write(text)
                    # The state that counts this row is on the disk before long; it must be, too.
                    file.flush()
                    os.fsync(file.fileno())
            except OSError as error:
                raise CheckpointError(
                    f"{path} could not be written ({error.strerror}); "
                    "the last saved iteration is intact."
                ) from error

    def _write_table(self) -> None:
        table = _csv_lines(self.rows, self._columns, header=True) if self.rows else ""
        write_atomically(self.folder / CSV_FILE, table.encode())


def _csv_lines(rows: Sequence[Row], columns: Sequence[str], *, header: bool) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=columns, lineterminator="\n")
    if header:
        writer.writeheader()
    writer.writerows(_known(row) for row in rows)
    return out.getvalue()


class Progress:
    """Shows iterations as they end: a live table on a terminal, a line each elsewhere.

    `columns` maps a metric's key to its heading and format, in the order shown.
    """

    def __init__(
        self,
        *,
        title: str,
        total: int,
        done: int,
        columns: Mapping[str, tuple[str, str]],
        console: Console | None = None,
    ) -> None:
        self.console = console or Console()
        self.title, self.total, self.columns = title, total, columns
        self.first = self.done = done
        self.started = time.monotonic()
        self.shown: deque[Row] = deque(maxlen=ROWS_SHOWN)
        self.live = Live(console=self.console, refresh_per_second=2, transient=False)

    def __enter__(self) -> Progress:
        if self.console.is_terminal:
            self.live.start()
            self.live.update(self._table())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.console.is_terminal:
            self.live.stop()

    def update(self, row: Row) -> None:
        """Shows one more iteration."""
        self.done += 1
        self.shown.append(row)
        if self.console.is_terminal:
            self.live.update(self._table())
            return
        cells = [f"{head} {self._cell(row, key)}" for key, (head, _) in self.columns.items()]
        self.console.print(
            f"{self.title} {self.done}/{self.total}: {', '.join(cells)}, {self._left()} left",
            highlight=False,
            soft_wrap=True,
        )

    def say(self, text: str) -> None:
        """Prints a line that stays."""
        self.console.print(text, highlight=False, markup=False, soft_wrap=True)

    def _cell(self, row: Row, key: str) -> str:
        return "–" if math.isnan(row[key]) else format(row[key], self.columns[key][1])

    def _left(self) -> str:
        passed = self.done - self.first
        if passed == 0:
            return "?"
        seconds = (time.monotonic() - self.started) / passed * (self.total - self.done)
        return f"{int(seconds // 60)}:{int(seconds % 60):02d}"

    def _table(self) -> Table:
        table = Table(caption=f"{self.title}: {self.done}/{self.total}, {self._left()} left")
        table.add_column("iteration", justify="right")
        for heading, _ in self.columns.values():
            table.add_column(heading, justify="right")
        for row in self.shown:
            table.add_row(f"{row['iteration']:.0f}", *(self._cell(row, k) for k in self.columns))
        return table


def draw_curves(
    rows: Sequence[Row], path: Path, *, title: str, panels: Mapping[str, Sequence[str]]
) -> None:
    """Draws a PNG with one panel a heading, each with the curves of its metrics."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        1, len(panels), figsize=(4.2 * len(panels), 3.4), squeeze=False, layout="constrained"
    )
    x = [row["iteration"] for row in rows]
    for axis, (heading, keys) in zip(axes[0], panels.items(), strict=True):
        for key in keys:
            y = [row.get(key, math.nan) for row in rows]
            (line,) = axis.plot(x, y, linewidth=0.6, alpha=0.4)
            axis.plot(x, _smooth(y), linewidth=1.8, color=line.get_color(), label=key)
        axis.set_title(heading)
        axis.set_xlabel("iteration")
        axis.grid(alpha=0.3)
        if len(keys) > 1:
            axis.legend(fontsize=8)
    figure.suptitle(title)
    image = io.BytesIO()
    figure.savefig(image, dpi=120, format="png")
    plt.close(figure)
    write_atomically(path, image.getvalue())


def _smooth(values: Sequence[float], span: int = 7) -> list[float]:
    """A centred running mean: the eye follows a trend that single batches hide."""
    half = span // 2
    windows = [values[max(0, i - half) : i + half + 1] for i in range(len(values))]
    known = [[value for value in window if not math.isnan(value)] for window in windows]
    return [sum(w) / len(w) if w else math.nan for w in known]
