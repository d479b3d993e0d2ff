"""`play`: an episode by hand. A person edits a file, and sees what an agent would see."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from ..envs.registration import LANGUAGES
from .shell import (
    ACCEPTED,
    MACHINE,
    REFUSED,
    AllowUnsafe,
    SandboxChoice,
    SandboxName,
    Seed,
    Split,
    TasksFrom,
    TasksName,
    Toolchain,
    ToolchainName,
    UsageError,
    app,
    environment_id,
    err,
    out,
)

SUFFIXES = {"compact": ".compact", "python": ".py", "rust": ".rs", "verilog": ".v"}
_HELP = "Enter judges the file, e opens it in your editor, p shows the problem again, q quits"


@app.command()
def play(
    env: Annotated[str, typer.Argument(metavar="ENV", help="An environment id.")],
    file: Annotated[
        Path | None, typer.Option("--file", help="What you write in (default: play.SUFFIX here).")
    ] = None,
    task: Annotated[str | None, typer.Option("--task", help="One task, by its id.")] = None,
    family: Annotated[str | None, typer.Option("--family", help="A task of this family.")] = None,
    difficulty: Annotated[
        int | None, typer.Option("--difficulty", min=1, help="A task of this difficulty.")
    ] = None,
    split: Annotated[Split, typer.Option("--split", help="Which tasks.")] = Split.TRAIN,
    tasks: TasksName = None,
    tasks_from: TasksFrom = None,
    turns: Annotated[
        int | None, typer.Option("--turns", min=1, help="Attempts (default: the environment's).")
    ] = None,
    reward: Annotated[str | None, typer.Option("--reward", help="A preset's name.")] = None,
    toolchain: ToolchainName = Toolchain.AUTO,
    sandbox: SandboxName = SandboxChoice.AUTO,
    allow_unsafe: AllowUnsafe = False,
    seed: Seed = 0,
) -> None:
    """An episode by hand: edit a file, submit it, read the feedback and the reward, turn by turn.

    Exit code 0: solved, 1: not, 2: bad input, 3: the machine failed.
    """
    import gymnasium

    name = environment_id(env)
    given: dict[str, Any] = {
        "tasks": tasks and tasks.value, "tasks_from": tasks_from, "max_turns": turns,
        "reward": reward, "split": None if tasks_from else split.value,
    }  # fmt: skip
    made: Any = gymnasium.make(
        f"forgegym:{name}",
        toolchain=toolchain.value,
        sandbox=sandbox.value,
        allow_unsafe=allow_unsafe,
        **{key: value for key, value in given.items() if value is not None},
    ).unwrapped
    try:
        chosen = {"task": task, "family": family, "difficulty": difficulty}
        options = {key: value for key, value in chosen.items() if value is not None}
        if task is not None and len(options) > 1:
            raise UsageError("--task names the task: give no --family or --difficulty with it")
        prompt, info = made.reset(seed=seed, options=options)
        path = file or Path(f"play{SUFFIXES[LANGUAGES[name]]}")
        code = _play(made, prompt, info["task_id"], path)
    finally:
        made.close()
    raise typer.Exit(code)


def _play(env: Any, prompt: str, task: str, path: Path) -> int:
    """The episode; its exit code."""
    if not path.exists():
        try:
            path.touch()
        except OSError as error:
            raise UsageError(f"{path} cannot be written: {error.strerror}") from None
    out.rule(escape(task), align="left", style="dim")
    out.print(prompt.rstrip(), markup=False, highlight=False, soft_wrap=True)
    out.print(f"\n{escape(str(path))}: {_HELP}.", style="dim", soft_wrap=True)
    turn, solved = 0, False
    while True:
        command = _asked()
        if command in ("q", "quit", None):
            return ACCEPTED if solved else REFUSED
        if command == "p":
            out.print(prompt.rstrip(), markup=False, highlight=False, soft_wrap=True)
            continue
        if command == "e":
            _edit(path)
            continue
        if command:
            out.print(f"{_HELP}.", style="dim")
            continue
        source = _text(path)
        if source is None:
            continue
        observation, reward, terminated, truncated, info = env.step(source)
        turn += 1
        out.rule(f"turn {turn}", align="left", style="dim")
        out.print(observation.rstrip(), markup=False, highlight=False, soft_wrap=True)
        if not info["valid"]:
            err.print(f"the machine failed: {info['failure'].message}", soft_wrap=True)
            return MACHINE
        parts = ", ".join(f"{name} {value:.3f}" for name, value in info["components"].items())
        out.print(f"reward {reward:.3f}" + (f" ({parts})" if parts else ""), style="bold")
        if terminated or truncated:
            out.print("solved" if terminated else "the episode is over", style="bold")
            return ACCEPTED if terminated else REFUSED


def _asked() -> str | None:
    """What the player typed; None at the end of input."""
    try:
        return input("> ").strip().lower()
    except EOFError:
        return None


def _text(path: Path) -> str | None:
    """What stands in the file; None, and a sentence, where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = "it is not UTF-8 text" if isinstance(error, ValueError) else error.strerror
        err.print(f"{path} cannot be read: {reason}", markup=False, soft_wrap=True)
        return None


def _edit(path: Path) -> None:
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        subprocess.run([*shlex.split(editor), str(path)], check=False)
    except (OSError, ValueError) as error:
        err.print(f"{editor} cannot be started: {error}; set EDITOR", soft_wrap=True)
