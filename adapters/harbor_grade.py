"""Judges one program in a container that Harbor has made for that, and leaves its reward there.

    python -m forgegym.adapters.harbor_grade TASK.json PROGRAM FOLDER

FOLDER/reward.txt gets the reward, FOLDER/verdict.json the whole verdict. A program that is not
there is an empty one. Where the machine fails, FOLDER gets neither, and the exit code is 1: Harbor
then takes the trial for failed, and not for one that was paid 0.

The container is the sandbox: it has no network and is thrown away. This runs in it as root, and
what the program does as `nobody`, who can neither read the task nor write the reward.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..envs.code_env import ACTION_BYTES
from ..verifiers.sandbox.base import SandboxUnavailableError
from ..verifiers.sandbox.unsafe import UnsafeWarning, open_unsafe
from ..verifiers.task import Task
from .rows import open_env

NOBODY = 65534


def grade(record: Mapping[str, Any], source: str, *, user: int | None) -> tuple[float, Any] | None:
    """The reward and the verdict, as JSON data, of a program for the task of `record`
    (`harbor.task_record`); None: the machine failed.

    `user`: who compilers and programs run as.

    Raises `ValueError` when the record was changed.
    """
    task = Task(**record["task"])
    if task.key != record["key"]:
        raise ValueError(f"the record of the task {task.id} was changed")
    options = dict(record["options"])
    sandbox = None
    if task.language != "compact":  # the front end runs nothing
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UnsafeWarning)
            sandbox = open_unsafe(allow_unsafe=True, size=1, user=user)
        options["sandbox"] = sandbox
    try:
        env = open_env(record["environment"], max_turns=1, **options)
        env.reset(options={"task": task})
        _, reward, _, _, info = env.step(source)
        env.close()
    finally:
        if sandbox is not None:
            sandbox.close()
    if not info["valid"]:
        return None
    return reward, {"components": info["components"], "verdict": info["verdict"].to_json()}


def main(arguments: list[str]) -> int:
    """What the exit code is to be."""
    record, program, folder = map(Path, arguments)
    if os.geteuid() != 0:
        raise SandboxUnavailableError(
            "the verifier must run as root, or programs could read the task and write the reward"
        )
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    try:
        found = grade(json.loads(record.read_text(encoding="utf-8")), _read(program), user=NOBODY)
    finally:
        _end_all_of(NOBODY)
        folder.chmod(0o755)  # Harbor may read it as another user
    if found is None:
        return 1
    reward, about = found
    (folder / "verdict.json").write_text(json.dumps(about), encoding="utf-8")
    (folder / "reward.txt").write_text(f"{reward}\n", encoding="utf-8")
    return 0


def _read(program: Path) -> str:
    """What was handed in; what is no UTF-8 or too long stays so, and is refused."""
    if program.is_symlink() or not program.is_file():
        return ""
    with program.open("rb") as file:
        return file.read(ACTION_BYTES + 1).decode("utf-8", "surrogateescape")


def _end_all_of(user: int) -> None:
    """Kill whatever a program has left behind; nothing of `user` runs afterwards."""
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setresgid(user, user, user)
            os.setresuid(user, user, user)
            os.kill(-1, signal.SIGKILL)  # all that this user may: itself is spared
        finally:
            os._exit(0)
    os.waitpid(child, 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
