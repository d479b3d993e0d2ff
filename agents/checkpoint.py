"""What a training run leaves on disk, and how it goes on from there.

A run's folder holds `config.json`, `state.bin` (everything needed to continue: the trained
weights, the optimizer, the random states and the counters, in one file), the adapters `latest/`
and `best/` in peft's format, and the logs. Every file is written whole and renamed into place, so
that a kill at any moment leaves the previous one; `state.bin` carries the hash of its content, so
that a damaged one is refused rather than continued from.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import pickle
import random
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import Tensor

from .lock import files, working_in

STATE, CONFIG, LATEST, BEST = "state.bin", "config.json", "latest", "best"
# What trackers (see `trackers`) keep in a run's folder.
TENSORBOARD_FOLDER, WANDB_FOLDER, WANDB_ID = "tensorboard", "wandb", "wandb_id.txt"
_MAGIC = b"forgegym training state 1 sha256 "


class CheckpointError(ValueError):
    """A run that cannot be continued or saved; the message is one sentence for the user."""


@dataclass(frozen=True, slots=True)
class TrainingState:
    """A run after `iteration` whole iterations.

    `weights` maps the trained parameters' names to their values; `counters` is what else the
    algorithm counts (plain numbers), `memory` what it remembers (records of plain values). `base`
    is the digest of the model that the weights belong to, where that is known.
    """

    iteration: int
    weights: Mapping[str, Tensor]
    optimizer: Mapping[str, Any]
    counters: Mapping[str, float]
    memory: Sequence[Mapping[str, Any]] = ()
    base: str | None = None


def write_atomically(path: Path, content: bytes) -> None:
    """Replaces `path` by `content`, or leaves it as it was.

    Raises `CheckpointError` when the disk is full or the folder cannot be written.
    """
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(part, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise CheckpointError(
            f"{path} could not be written ({error.strerror}); what was saved before is intact."
        ) from error


def save_state(folder: Path, state: TrainingState) -> None:
    """Writes `state` and the random states of torch and Python to `folder/state.bin`."""
    payload = io.BytesIO()
    torch.save(
        {
            "iteration": state.iteration,
            "weights": dict(state.weights),
            "optimizer": dict(state.optimizer),
            "counters": dict(state.counters),
            "memory": [dict(record) for record in state.memory],
            "base": state.base,
            "torch_rng": torch.get_rng_state(),
            "python_rng": random.getstate(),
        },
        payload,
    )
    body = payload.getvalue()
    digest = hashlib.sha256(body).hexdigest().encode()
    write_atomically(folder / STATE, _MAGIC + digest + b"\n" + body)


def load_state(folder: Path) -> TrainingState | None:
    """The state in `folder`, the random states restored; None where a run has not saved one yet.

    Raises `CheckpointError` for a file that is not such a state, or is damaged.
    """
    path = folder / STATE
    if not path.exists():
        return None
    content = path.read_bytes()
    head, _, body = content.partition(b"\n")
    if not head.startswith(_MAGIC):
        raise CheckpointError(f"{path} is not a training state of this version of ForgeGym.")
    if head[len(_MAGIC) :].decode(errors="replace") != hashlib.sha256(body).hexdigest():
        raise CheckpointError(
            f"{path} is damaged (its content does not match its hash); the adapters in "
            f"{folder / LATEST} and {folder / BEST} are whole, but the run cannot be continued."
        )
    try:
        # On the CPU: an optimizer takes what is its own to where its weights are.
        data = torch.load(io.BytesIO(body), weights_only=True, map_location="cpu")
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise CheckpointError(f"{path} is not a training state ({error}).") from error
    torch.set_rng_state(data["torch_rng"])
    version, internal, gauss = data["python_rng"]
    random.setstate((version, tuple(internal), gauss))
    return TrainingState(
        data["iteration"], data["weights"], data["optimizer"], data["counters"], data["memory"],
        data.get("base"),
    )  # fmt: skip


def prepare_folder(
    folder: Path, config: Mapping[str, Any], *, resume: bool, free: Sequence[str] = ()
) -> None:
    """Makes `folder` ready for a run with `config`, or checks that it holds that very run, as far
    as settings are concerned that are not `free`; `record_settings` is for those.

    What a start left that failed before its first iteration was over is no run yet: another
    configuration takes its place. Raises `CheckpointError` when the folder already holds a run and
    `resume` is False, when the run it holds was made with another configuration, or when it cannot
    be written.
    """
    path = folder / CONFIG
    text = _as_json(config)
    if folder.exists() and not folder.is_dir():
        raise CheckpointError(f"{folder} is a file, not a folder for a run.")
    if not path.exists():
        if folder.exists():
            left = files(folder) - {CONFIG + ".part"}
            if left:
                raise CheckpointError(
                    f"{folder} holds something that is not a run (it has {min(left)} but no "
                    f"{CONFIG}); choose another folder."
                )
        write_atomically(path, text.encode())
        return
    if _only_started(folder):
        write_atomically(path, text.encode())
        return
    if not resume:
        raise CheckpointError(
            f"{folder} already holds a run; continue it with --resume or choose another folder."
        )
    saved, wanted = _configuration(path), json.loads(text)
    _check_kind(folder, saved, _kind(wanted))
    # A setting that came after the run was begun, and is off, is as it was without it.
    saved = {**{k: v for k, v in wanted.items() if not v}, **saved}
    others = {*saved, *wanted} - {*free}
    differing = sorted(k for k in others if saved.get(k) != wanted.get(k))
    if differing:
        key = differing[0]
        raise CheckpointError(
            f"The run in {folder} was made with {key} = {saved.get(key)!r}, not "
            f"{wanted.get(key)!r}; resume it with the settings it began with."
        )


def record_settings(folder: Path, config: Mapping[str, Any]) -> None:
    """The run in `folder` has these settings from now on: it goes on with them."""
    path, text = folder / CONFIG, _as_json(config)
    if _configuration(path) != json.loads(text):
        write_atomically(path, text.encode())


def _as_json(config: Mapping[str, Any]) -> str:
    return json.dumps(dict(config), indent=2, sort_keys=True, default=str) + "\n"


def saved_settings(folder: Path, kind: str) -> dict[str, Any]:
    """The settings that the run in `folder` was made with, as JSON has them; none without a run.

    `kind`: the command that trains it, ``grpo`` or ``duel``. Raises `CheckpointError` for a run of
    another one.
    """
    path = folder / CONFIG
    if not path.exists():
        return {}
    saved = _configuration(path)
    if _kind(saved) != kind and _only_started(folder):
        return {}
    _check_kind(folder, saved, kind)
    # A duel's is written with the command's name before it.
    algorithm = str(saved.get("algorithm")).rpartition(" ")[2]
    return {**saved, "algorithm": algorithm}


def _configuration(path: Path) -> dict[str, Any]:
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(saved, dict):
            raise ValueError("it is no object")
    except ValueError as error:
        raise CheckpointError(f"{path} is not a run's configuration ({error}).") from error
    return saved


def _kind(config: Mapping[str, Any]) -> str:
    """The command that a configuration is of. Stable-Baselines3 has algorithms of the same names,
    and its runs alone say versions."""
    return "sb3" if "versions" in config else str(config.get("algorithm")).partition(" ")[0]


def _check_kind(folder: Path, saved: Mapping[str, Any], kind: str) -> None:
    # Before any setting: what differs there follows from this.
    if "algorithm" not in saved:
        raise CheckpointError(f"{folder / CONFIG} is not a run's configuration; choose another.")
    if _kind(saved) != kind:
        raise CheckpointError(
            f"{folder} holds a run of `train {_kind(saved)}`, not of `train {kind}`; choose "
            "another folder."
        )


def _only_started(folder: Path) -> bool:
    """Whether a run's configuration and logs without a line are all that there is, but for what
    trackers leave."""
    nothing = {CONFIG, CONFIG + ".part", TENSORBOARD_FOLDER, WANDB_FOLDER, WANDB_ID}
    others = [folder / name for name in files(folder) - nothing]
    if any(path.is_dir() or path.lstat().st_size for path in others):
        return False
    # A model's folder, or somebody else's, may have a file of this name, too.
    return "algorithm" in _configuration(folder / CONFIG)


@contextlib.contextmanager
def run_folder(
    folder: Path, config: Mapping[str, Any], *, resume: bool, free: Sequence[str] = ()
) -> Iterator[None]:
    """A folder made ready by `prepare_folder`, in which no other process works meanwhile.

    Raises as that does, and `lock.FolderInUseError` while another one is at work.
    """
    with contextlib.ExitStack() as held:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            held.enter_context(working_in(folder))
        except FileExistsError:
            pass  # a file, of which the next line has something to say
        except OSError as error:
            raise CheckpointError(f"{folder} could not be written ({error.strerror}).") from error
        prepare_folder(folder, config, resume=resume, free=free)
        yield


class StopRequest:
    """Whether Ctrl-C was pressed; a second one interrupts at once, as usual."""

    def __init__(self) -> None:
        self.requested = False


@contextlib.contextmanager
def stop_on_interrupt() -> Iterator[StopRequest]:
    """Turns the first Ctrl-C into a request to stop at the next safe point."""
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request  # only the main thread may set signal handlers
        return

    def on_signal(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        if request.requested:
            raise KeyboardInterrupt
        request.requested = True

    previous = signal.signal(signal.SIGINT, on_signal)
    try:
        yield request
    finally:
        signal.signal(signal.SIGINT, previous)
