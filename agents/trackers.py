"""A run's figures in TensorBoard and Weights & Biases, beside its own CSV and JSONL.

A tracker is opened before anything is trained, and one that cannot be opened is refused there and
then. One that fails later is left out and the run goes on: its own log has every row. A third
tracker is a class like these two, its entry in `TRACKERS`, and an extra of the entry's name.
"""

from __future__ import annotations

import contextlib
import importlib.util
import math
import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from .checkpoint import TENSORBOARD_FOLDER, WANDB_ID, write_atomically
from .tracking import Row


class TrackerError(ValueError):
    """A tracker that cannot be opened; the message is one sentence for the user."""


class Tracker(Protocol):
    """Where a run's rows are shown as they come. Its methods raise whatever its library raises."""

    def log(self, row: Row) -> None:
        """Shows an iteration's metrics."""

    def close(self, *, failed: bool) -> None:
        """Ends the record of the run, which ended with an exception when `failed`."""


class TensorBoard:
    """Event files in `folder/tensorboard`, for ``tensorboard --logdir``: a kill loses no row.

    Of the `rows` that are done already none is written again, unless the folder holds none.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any], rows: Sequence[Row]) -> None:  # noqa: ARG002
        from torch.utils.tensorboard import SummaryWriter

        events = folder / TENSORBOARD_FOLDER
        fresh = not any(events.glob("*tfevents*"))
        # A killed run may have shown an iteration that was not saved, and is done again.
        self._writer = SummaryWriter(str(events), purge_step=len(rows) + 1)
        for row in rows if fresh else ():
            self.log(row)
        self._writer.flush()

    def log(self, row: Row) -> None:
        for name, value in _metrics(row).items():
            self._writer.add_scalar(name, value, int(row["iteration"]))
        self._writer.flush()

    def close(self, *, failed: bool) -> None:  # noqa: ARG002
        self._writer.close()


class WeightsAndBiases:
    """A run of Weights & Biases, kept in `folder/wandb`; WANDB_MODE, WANDB_PROJECT, WANDB_ENTITY
    and the rest of W&B's variables are obeyed.

    A resumed run goes on under the id in `folder/wandb_id.txt`, with the `rows` that the server
    lacks: a kill loses what W&B had not written yet, up to 15 s. Offline there is no server to ask,
    and ``wandb sync`` may replace what it finds: there each part of a run holds the whole curve.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any], rows: Sequence[Row]) -> None:
        import wandb

        kept = folder / WANDB_ID
        if not kept.exists():
            write_atomically(kept, secrets.token_hex(8).encode())
        self._run = wandb.init(
            dir=str(folder),
            project=os.environ.get("WANDB_PROJECT", "forgegym"),
            name=folder.resolve().name,
            id=kept.read_text(encoding="utf-8").strip(),
            resume="allow",
            config=dict(settings),
            # Banners and a captured console would spoil the live table.
            settings=wandb.Settings(silent=True, console="off"),
        )
        for row in rows:
            self.log(row)

    def log(self, row: Row) -> None:
        step = int(row["iteration"])
        # W&B takes no step twice: the server keeps the row of before a kill, which is the same.
        if step >= self._run.step:
            # Not committed, a row would wait here for the next.
            self._run.log(_metrics(row), step=step, commit=True)

    def close(self, *, failed: bool) -> None:
        self._run.finish(exit_code=int(failed))


# The word in a configuration, which is the name of the package and of our extra as well.
TRACKERS: dict[str, Callable[[Path, Mapping[str, Any], Sequence[Row]], Tracker]] = {
    "tensorboard": TensorBoard,
    "wandb": WeightsAndBiases,
}


def tracker_names(track: str) -> tuple[str, ...]:
    """The trackers that `track` names, separated by commas; "" names none.

    Raises `ValueError` with a sentence for a word that is none, or whose package is missing.
    """
    names = tuple(dict.fromkeys(word.strip() for word in track.split(","))) if track else ()
    for name in names:
        if name not in TRACKERS:
            raise ValueError(
                f"track is {', '.join(TRACKERS)} or several separated by commas, not {name!r}."
            )
        package = importlib.util.find_spec(name)
        # A folder of that name, such as W&B makes where it runs, has no origin.
        if package is None or package.origin is None:
            raise ValueError(
                f"track = {name} needs {name}; install it with: pip install 'forgegym[{name}]'"
            )
    return names


@contextlib.contextmanager
def trackers(
    track: str,
    folder: Path,
    *,
    settings: Mapping[str, Any],
    rows: Sequence[Row],
    say: Callable[[str], None],
) -> Iterator[Callable[[Row], None]]:
    """A function that shows a row in every tracker that `track` names, each closed at the end.

    `rows` are those of the iterations done already. One that fails is left out from then on, which
    `say` is told. Raises `TrackerError` when one cannot be opened.
    """
    running: dict[str, Tracker] = {}

    def log(row: Row) -> None:
        for name, tracker in list(running.items()):
            try:
                tracker.log(row)
            except Exception as error:
                del running[name]
                say(
                    f"{name} failed at iteration {row['iteration']:.0f} ({_first_line(error)}); "
                    f"the run goes on without it, and all its rows are in {folder}."
                )
                with contextlib.suppress(Exception):
                    tracker.close(failed=True)

    failed = True
    try:
        for name in tracker_names(track):
            try:
                running[name] = TRACKERS[name](folder, settings, rows)
            except Exception as error:
                raise TrackerError(
                    f"{name} could not be started ({_first_line(error)}); "
                    "mend that, or leave it out of track."
                ) from error
        yield log
        failed = False
    finally:
        for name, tracker in running.items():
            try:
                tracker.close(failed=failed)
            except Exception as error:
                say(f"{name} could not be closed ({_first_line(error)}).")


def _metrics(row: Row) -> dict[str, float]:
    return {k: value for k, value in row.items() if k != "iteration" and not math.isnan(value)}


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
