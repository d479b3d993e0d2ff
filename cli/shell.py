"""What all commands share: the console, options, and how a failure is said in one sentence."""

from __future__ import annotations

import difflib
import errno
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console
from rich.text import Text
from typer.core import TyperGroup

from .. import ENVIRONMENTS, ToolchainMissingError, __version__
from ..agents.memory import MemoryExhaustedError, is_out_of_memory
from ..envs.registration import LANGUAGES
from ..verifiers.sandbox.base import SandboxError, UnsafeRefusedError

if TYPE_CHECKING:
    from ..agents.agent import Agent
    from ..benchmarks.baselines import TaskAgent

ACCEPTED, REFUSED, USAGE, MACHINE = 0, 1, 2, 3
INTERRUPTED = 130  # 128 + SIGINT, as shells report it

# Modules of the extra `agents`.
AGENTS_EXTRA = ("torch", "transformers", "peft", "safetensors", "tokenizers", "matplotlib")

# Causes outside our control, all of which say the same in one sentence; the rest is a bug of ours.
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENOMEM)

# What `open_unsafe` says, in the words of the command line.
_UNSAFE = (
    "--sandbox unsafe runs programs on this machine without any sandbox; where they are trusted, "
    "check, play and solve take --allow-unsafe with it"
)

MAX_SAMPLES = 1_000_000
# Into a log goes a line about progress this often; what takes less says nothing of it.
LINE_SECONDS = 30.0

# With NO_COLOR alone, rich would still print bold.
COLOURS: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"
out = Console(highlight=False, color_system=COLOURS)
err = Console(stderr=True, highlight=False, color_system=COLOURS)


class UsageError(ValueError):
    """Something the user gave cannot be used; the message is one sentence."""


def sentence(error: BaseException) -> tuple[int, str] | None:
    """The exit code and the sentence for a failure that is not a bug of ours, else None."""
    if isinstance(error, UnsafeRefusedError):
        return USAGE, _UNSAFE
    if isinstance(error, (ToolchainMissingError, SandboxError, MemoryExhaustedError)):
        return MACHINE, str(error)
    if is_out_of_memory(error):
        return MACHINE, "out of memory; take less at once, or a larger machine"
    if isinstance(error, ModuleNotFoundError) and error.name is not None:
        root = error.name.partition(".")[0]
        if root in AGENTS_EXTRA:
            return USAGE, f"this needs {root}; install it with: pip install 'forgegym[agents]'"
        return None
    if isinstance(error, OSError):
        place = f": {error.filename}" if error.filename else ""
        code = MACHINE if error.errno in _DISK else USAGE
        return code, f"{error.strerror or error}{place}"
    if type(error).__module__.partition(".")[0] == "forgegym":
        cause = error.__cause__
        full = isinstance(cause, OSError) and cause.errno in _DISK
        return MACHINE if full else USAGE, str(error)
    return None


class Sentences(TyperGroup):
    """A group of commands whose expected failures are one sentence and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise  # click ends quietly when the reader of our output has gone
        except KeyboardInterrupt:
            err.print("stopped; what was finished by then is kept")
            raise typer.Exit(INTERRUPTED) from None
        except Exception as error:
            said = sentence(error)
            if said is None:
                raise
            code, text = said
            err.print(Text.assemble(("error: ", "bold red"), text), soft_wrap=True)
            raise typer.Exit(code) from error


app = typer.Typer(
    cls=Sentences,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Gymnasium environments in which an action is a program, and agents that learn in them.",
)
images_app = typer.Typer(no_args_is_help=True, help="The images of Docker's sandboxes.")
train_app = typer.Typer(no_args_is_help=True, help="Train a policy.")
bench_app = typer.Typer(no_args_is_help=True, help="Measurements, as tables and --json.")
leaderboard_app = typer.Typer(no_args_is_help=True, help="Results that anyone can replay.")
app.add_typer(images_app, name="images")
app.add_typer(train_app, name="train")
app.add_typer(bench_app, name="bench")
app.add_typer(leaderboard_app, name="leaderboard")


def main() -> None:
    """The entry point of the `forgegym` command."""
    app()


class Toolchain(str, Enum):
    """Who judges Compact: the real compiler, the embedded front end, or the first of them there
    is. Other languages have one toolchain each, which is what auto takes."""

    AUTO = "auto"
    COMPACTC = "compactc"
    FRONTEND = "frontend"


class Tasks(str, Enum):
    """Compact tasks: prompts that leave the contract open, or specifications with hidden tests."""

    OPEN = "open"
    SPEC = "spec"


class SandboxChoice(str, Enum):
    """What programs run in."""

    AUTO = "auto"
    DOCKER = "docker"
    BUBBLEWRAP = "bubblewrap"
    UNSAFE = "unsafe"


class Split(str, Enum):
    """Which tasks: those to train on, or those kept for evaluation."""

    TRAIN = "train"
    EVAL = "eval"


EnvironmentName = Annotated[
    str, typer.Argument(metavar="ENV", help="An environment id; `forgegym envs` lists them.")
]
AgentName = Annotated[
    str,
    typer.Option(
        "--agent",
        help="template, random, grammar, tiny (the untrained base), a folder of a model, adapter "
        "or run, sb3:FOLDER (a run of train sb3), search:FOLDER (of bench sb3), hf:NAME (a model "
        "of the hub), openai:MODEL@URL (an endpoint), process:COMMAND, or module:factory "
        "(docs/agents.md has an example of each); for eval also empty, constant, or reference (the "
        "tasks' own answers).",
    ),
]
AgentSettings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Another option of the agent, such as max_tokens=2048 or timeout_s=60; "
        "docs/agents.md lists them. Repeatable.",
    ),
]
ToolchainName = Annotated[Toolchain, typer.Option("--toolchain", help="Who judges.")]
TasksName = Annotated[
    Tasks | None,
    typer.Option(
        "--tasks", help="spec: contracts that are run and tested; needs compactc, Node and "
        "compact-runtime. Default: open."
    ),
]  # fmt: skip
TasksFrom = Annotated[
    str | None,
    typer.Option(
        "--tasks-from", metavar="KIND:PATH", help="A set that people know, in its original "
        "layout: verilog-eval or rtllm (a folder) for VerilogModule-v0; humaneval-x, "
        "humanevalpack, multipl-e or exercism-rust (rows, or a folder) for RustCode-v0; humaneval, "
        "humanevalpack, mbpp, evalplus or problems (a file) for PythonReasoning-v0."
    ),
]  # fmt: skip
SandboxName = Annotated[
    SandboxChoice, typer.Option("--sandbox", help="What compactc runs in: auto is Docker's image "
    "if built, else bubblewrap.")
]  # fmt: skip
AllowUnsafe = Annotated[
    bool,
    typer.Option("--allow-unsafe", help="With --sandbox unsafe: trusted programs, no sandbox."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same samples.")]
Iterations = Annotated[int | None, typer.Option("--iterations", help="How many in all.")]
Temperature = Annotated[
    float | None, typer.Option("--temperature", min=0.0, help="Of a model's sampling.")
]
Stop = Annotated[
    list[str] | None,
    typer.Option("--stop", help="A text that ends a model's program, as `train`'s setting stop."),
]
Device = Annotated[
    str | None, typer.Option("--device", help="Of a policy: auto, cpu, cuda, cuda:1, …")
]


def _version(value: bool) -> None:
    if value:
        out.print(f"forgegym {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None: ...


def environment_id(name: str) -> str:
    """The id of an environment of ours. Raises `UsageError`, naming the nearest."""
    bare = name.removeprefix("forgegym:")
    if bare in ENVIRONMENTS:
        return bare
    close = difflib.get_close_matches(bare, ENVIRONMENTS, n=1, cutoff=0.4)
    hint = f"did you mean {close[0]}?" if close else "`forgegym envs` lists what there is"
    raise UsageError(f"there is no environment {name!r}; {hint}")


def make_agent(spec: str, **chosen: Any) -> Agent:
    """The agent that `spec` names; `chosen` as for `agent_options`."""
    from ..agents.agent import load_agent

    spec, options = agent_options(spec, **chosen)
    return load_agent(spec, **options)


def agent_options(
    spec: str,
    *,
    env: str,
    temperature: float | None,
    device: str | None,
    stop: list[str] | None,
    settings: list[str] | None,
    **options: Any,
) -> tuple[str, dict[str, Any]]:
    """What `load_agent` is given for the agent that `spec` names in the environment `env`; options
    that were not given are not passed on. Raises `UsageError` for an agent that writes another
    language, or does not have an option."""
    from ..agents.agent import BUILT_IN
    from ..benchmarks.baselines import BASELINES

    if spec == "template" and LANGUAGES[env] != "compact":
        raise UsageError(f"the agent 'template' writes Compact, not {LANGUAGES[env].capitalize()}")
    policy: dict[str, Any] = {"temperature": temperature, "device": device, "stop": stop or None}
    given = {key: value for key, value in policy.items() if value is not None}
    if spec == "tiny":
        from ..agents.policy import tiny_name

        spec = tiny_name(env)
    elif spec in (*BUILT_IN, *BASELINES) and given:
        raise UsageError(f"the agent {spec!r} is no policy: it has no --{next(iter(given))}")
    if spec in BASELINES and settings:
        raise UsageError(f"the agent {spec!r} takes no options")
    return spec, {**options, **given, **_values(settings)}


def _values(settings: list[str] | None) -> dict[str, Any]:
    """The options in ``NAME=VALUE``: a value is JSON (a number, true, a list), or else a text."""
    values: dict[str, Any] = {}
    for setting in settings or ():
        name, equals, text = setting.partition("=")
        if not equals or not name:
            raise UsageError(f"--set takes NAME=VALUE, not {setting!r}")
        try:
            values[name] = json.loads(text)
        except ValueError:
            values[name] = text
    return values


@contextmanager
def closed_after(agent: Agent | TaskAgent) -> Iterator[None]:
    """What the agent holds (connections, a process) is let go of, however this ends."""
    from ..agents.agent import AnsweringAgent

    try:
        yield
    finally:
        if isinstance(agent, AnsweringAgent):
            agent.close()


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[..., None]]:
    """How far something is: a bar on a terminal, elsewhere a line now and then (`LINE_SECONDS`).

    Yields what is told how much is done, of `total`, and in which words, if not `what`.
    """
    if not err.is_terminal:
        yield _lines(what, total)
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task(what, total=total)

        def show(done: int, text: str = what) -> None:
            bar.update(task, completed=done, description=text)

        yield show


def _lines(what: str, total: int) -> Callable[..., None]:
    started = said = time.monotonic()
    first: int | None = None

    def show(done: int, text: str = what) -> None:
        nonlocal first, said
        now = time.monotonic()
        first = done if first is None else first  # what a run that goes on has already
        if now - said < LINE_SECONDS or done >= total:
            return
        said = now
        left = "?"
        if done > first:
            seconds = int((now - started) / (done - first) * (total - done))
            left = f"{seconds // 60}:{seconds % 60:02d}"
        err.print(f"{text}: {done:,} of {total:,}, {left} left", markup=False, soft_wrap=True)

    return show


def print_json(document: Any) -> None:
    """A document on standard output; what would not show, or do something there, is escaped."""
    # Not through rich, which would wrap long lines.
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    if not text.isascii():
        shown = (c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)
        text = "".join(shown)
    sys.stdout.write(text.replace("\x7f", "\\u007f") + "\n")
