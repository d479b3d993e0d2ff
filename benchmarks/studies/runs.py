"""What every study does: claims its folder, and carries out runs, several at a time, each a command
in a process of its own. Whole runs are kept, so the same command goes on after any stop."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, TypeVar

from ..records import take_folder, write_json

RESULTS, CONFIG = "results.json", "study.json"

Say = Callable[[str], None]
R = TypeVar("R")


class StudyError(Exception):
    """A study that cannot be begun or gone on with; the message is one sentence."""


def claim(folder: Path, asked: Mapping[str, Any]) -> None:
    """Makes `folder` that of the study that `asked` describes. Raises `StudyError`: it is that of
    another one, and `ForeignFolderError`: it is that of something else."""
    path = folder / CONFIG
    if not path.exists():
        take_folder(folder)
    elif json.loads(path.read_text()) != json.loads(json.dumps(asked)):
        raise StudyError(f"{folder} holds a study with other settings; name another folder")
    write_json(path, asked)


def in_turn(
    runs: Sequence[R],
    workers: int,
    say: Say,
    *,
    name: Callable[[R], str],
    finished: Callable[[R], bool],
    carry_out: Callable[[R], str],
) -> None:
    """Every run to its end, `workers` at a time; `carry_out` says what came of one. The first that
    fails stops those that have not begun. `say` gets a line whenever one begins or ends, since one
    takes minutes."""

    def begin(run: R) -> str:
        say(f"{name(run)} begins")
        return carry_out(run)

    waiting = [run for run in runs if not finished(run)]
    done = len(runs) - len(waiting)
    if done:
        say(f"{done} of {len(runs)} runs are there already")
    with ThreadPoolExecutor(workers) as pool:
        left = {pool.submit(begin, run) for run in waiting}
        try:
            while left:
                ended, left = wait(left, return_when=FIRST_COMPLETED)
                for future in ended:
                    said = future.result()
                    done += 1
                    say(f"{done}/{len(runs)} {said}")
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def forgegym(*arguments: str, allowed: Sequence[int] = (0,)) -> str:
    """What a command printed. Raises `StudyError` with its last words."""
    done = subprocess.run(
        [sys.executable, "-m", "forgegym", *arguments],
        # One thread a run: as many runs as cores at once waste less than threads that wait.
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in allowed:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise StudyError(f"`forgegym {' '.join(arguments[:2])}` failed: {''.join(last)}")
    return done.stdout
