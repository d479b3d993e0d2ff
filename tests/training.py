"""What the tests of the trainers share: a base policy that is made in seconds."""

import contextlib
import os
from pathlib import Path

from rich.console import Console

from forgegym.agents.sft import SFTConfig, train_sft

# Small enough for seconds, trained enough that some of its programs parse: the `staged` reward
# then differs between samples, so there is something to learn from.
SMALL = {
    "examples": 400,
    "longest": 320,
    "steps": 150,
    "batch": 8,
    "copy_steps": 0,
    "hidden": 96,
    "layers": 2,
    "heads": 3,
    "kv_heads": 1,
    "feed_forward": 192,
    "phrases": 200,
}


def quiet() -> Console:
    return Console(file=open(os.devnull, "w"))


def make_small_base(folder: Path) -> Path:
    with contextlib.redirect_stdout(None):
        train_sft(SFTConfig(out=folder, **SMALL), console=quiet())
    return folder
