"""Where a run's figures go besides its own CSV and JSONL: TensorBoard, Weights & Biases.

A tracker is asked for by name (`--set track=tensorboard,wandb`) and its package is imported only
then. A tracker that fails in the middle of a run is given up, and the run goes on.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol

from .tracking import Row, is_timing


class Tracker(Protocol):
    """Somewhere that rows are sent to, one an iteration, in order."""

    def log(self, row: Row) -> None:
        """Sends one iteration's metrics, at the step ``row["iteration"]``."""

    def close(self) -> None:
        """Sends what is left; nothing is logged afterwards."""


class TensorBoard:
    """Scalars in `folder`/tensorboard, flushed with every row.

    `after`: iterations that a resumed run has done; what an earlier process logged past them is
    purged.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any], *, after: int) -> None:  # noqa: ARG002
        from torch.utils.tensorboard import SummaryWriter

        self._writer: Any = SummaryWriter(str(folder / "tensorboard"), purge_step=after + 1)

    def log(self, row: Row) -> None:
        for name, value in row.items():
            if name != "iteration":
                kind = "timing" if is_timing(name) else "train"
                self._writer.add_scalar(f"{kind}/{name}", value, int(row["iteration"]))
        self._writer.flush()

    def close(self) -> None:
        self._writer.close()


class WeightsAndBiases:
    """A run of the project ``forgegym``, whose id follows from the run's folder, so that a resumed
    run goes on in it. WANDB_MODE, WANDB_PROJECT and the like are obeyed.

    What a killed process logged of iterations that are done again is the same, and stays.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any], *, after: int) -> None:  # noqa: ARG002
        import wandb

        self._run: Any = wandb.init(
            dir=str(folder),
            project=os.environ.get("WANDB_PROJECT", "forgegym"),
            id=hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16],
            name=folder.name,
            resume="allow",
            config=dict(settings),
            settings=wandb.Settings(silent=True, console="off"),
        )

    def log(self, row: Row) -> None:
        self._run.log(
            {k: v for k, v in row.items() if k != "iteration"}, step=int(row["iteration"])
        )

    def close(self) -> None:
        self._run.finish()


# Name -> the class, its package, and the extra that installs it.
TRACKERS: dict[str, tuple[Callable[..., Tracker], str, str]] = {
    "tensorboard": (TensorBoard, "tensorboard", "tensorboard"),
    "wandb": (WeightsAndBiases, "wandb", "wandb"),
}


def named(track: str) -> list[str]:
    """The trackers in a list separated by commas; each once.

    Raises `ValueError` with a sentence for one that there is not, or whose package is missing.
    """
    names = list(dict.fromkeys(name for part in track.split(",") if (name := part.strip())))
    for name in names:
        if name not in TRACKERS:
            raise ValueError(f"There is no tracker {name!r}; there are {', '.join(TRACKERS)}.")
        _, package, extra = TRACKERS[name]
        if importlib.util.find_spec(package) is None:
            raise ValueError(
                f'track={name} needs {package}; `pip install "forgegym[{extra}]"` installs it.'
            )
    return names


@contextmanager
def opened(
    names: Sequence[str],
    folder: Path,
    settings: Mapping[str, Any],
    *,
    after: int,
    say: Callable[[str], None],
) -> Iterator[Callable[[Row], None]]:
    """A function that sends a row to every tracker; they are closed at the end, whatever ends it.

    One that fails is told of once, by `say`, and left alone from then on.
    """
    open_: dict[str, Tracker] = {}

    def without(name: str, error: Exception) -> None:
        reason = " ".join(str(error).split())[:200]
        say(f"{name} failed and is not used any more ({reason}); the run goes on.")

    def log(row: Row) -> None:
        for name in list(open_):
            try:
                open_[name].log(row)
            except Exception as error:  # whatever a tracker does, it must not end a run
                del open_[name]
                without(name, error)

    def close(name: str) -> None:
        if name in open_:
            try:
                open_[name].close()
            except Exception as error:
                without(name, error)

    with ExitStack() as stack:
        for name in names:
            try:
                open_[name] = TRACKERS[name][0](folder, settings, after=after)
                stack.callback(close, name)
            except Exception as error:
                without(name, error)
        yield log
