"""The command line: verbs over environments, agents and measurements.

Every verb has a form for machines (`--json`) where it has a result, and ends with an exit code
that means something: 0 done (for `check`: accepted), 1 refused or not all done, 2 wrong usage or
input, 3 the machine failed (no compiler, a full disk). What the user did wrong is said in one
sentence on standard error. Whatever needs torch is imported by the verb that needs it.
"""

from __future__ import annotations

import difflib
import errno
import importlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, asdict, fields
from enum import Enum
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)

import typer
from rich.console import Console
from rich.markup import escape
from rich.text import Text
from typer.core import TyperGroup

from . import ENVIRONMENTS, PRESETS, ToolchainMissingError, __version__
from .agents.memory import MemoryExhaustedError, is_out_of_memory
from .envs.registration import LANGUAGES
from .verifiers.sandbox.base import SandboxError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from .agents.agent import Agent
    from .verifiers.verdict import Verdict

ACCEPTED, REFUSED, USAGE, MACHINE = 0, 1, 2, 3
INTERRUPTED = 130  # 128 + SIGINT, as shells report it

# Modules of the extra `agents`.
AGENTS_EXTRA = ("torch", "transformers", "peft", "safetensors", "tokenizers", "matplotlib")

# Causes outside our control, all of which say the same in one sentence; the rest is a bug of ours.
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENOMEM)

# Four times what any task asks for; beyond it a contract is longer than any that is deployed.
MAX_MIN_COMPLEXITY = 32
MAX_SAMPLES = 1_000_000

# With NO_COLOR alone, rich would still print bold.
COLOURS: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"
out = Console(highlight=False, color_system=COLOURS)
err = Console(stderr=True, highlight=False, color_system=COLOURS)


Configuration = TypeVar("Configuration", bound="DataclassInstance")


class UsageError(ValueError):
    """Something the user gave cannot be used; the message is one sentence."""


def _sentence(error: BaseException) -> tuple[int, str] | None:
    """The exit code and the sentence for a failure that is not a bug of ours, else None."""
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
            said = _sentence(error)
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
app.add_typer(images_app, name="images")
app.add_typer(train_app, name="train")
app.add_typer(bench_app, name="bench")


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
        help="template, random, tiny (the untrained base), a folder of a model, adapter or run, "
        "or module:factory.",
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
        "--tasks-from", metavar="KIND:FOLDER", help="A set that people know, in its original "
        "layout: verilog-eval:FOLDER or rtllm:FOLDER, for VerilogModule-v0."
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
    float | None, typer.Option("--temperature", min=0.0, help="Of a policy's sampling.")
]
Stop = Annotated[
    list[str] | None,
    typer.Option("--stop", help="A text that ends a policy's program, as `train`'s setting stop."),
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


def _environment(name: str) -> str:
    """The id of an environment of ours. Raises `UsageError`, naming the nearest."""
    bare = name.removeprefix("forgegym:")
    if bare in ENVIRONMENTS:
        return bare
    close = difflib.get_close_matches(bare, ENVIRONMENTS, n=1, cutoff=0.4)
    hint = f"did you mean {close[0]}?" if close else "`forgegym envs` lists what there is"
    raise UsageError(f"there is no environment {name!r}; {hint}")


def _agent(
    spec: str,
    *,
    temperature: float | None,
    device: str | None,
    stop: list[str] | None,
    **options: Any,
) -> Agent:
    """The agent that `spec` names; options that were not given are not passed on."""
    from .agents.agent import BUILT_IN, load_agent

    policy: dict[str, Any] = {"temperature": temperature, "device": device, "stop": stop or None}
    given = {key: value for key, value in policy.items() if value is not None}
    if spec == "tiny":
        from .agents.policy import load_policy_agent

        return load_policy_agent(spec, **given)
    if spec in BUILT_IN and given:
        raise UsageError(f"the agent {spec!r} is no policy: it has no --{next(iter(given))}")
    return load_agent(spec, **given, **options)


@contextmanager
def _progress(what: str, total: int) -> Iterator[Any]:
    """A bar on a terminal, nothing elsewhere: rows and summaries are the record."""
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
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(what, total=total)

        def show(done: int, text: str = what) -> None:
            bar.update(task, completed=done, description=text)

        yield show


# ---------------------------------------------------------------- envs


@app.command()
def envs(as_json: AsJson = False) -> None:
    """Environments, the toolchains found on this machine, and what its sandboxes enforce."""
    toolchains = {name: _TOOLCHAINS[LANGUAGES[name]]() for name in ENVIRONMENTS}
    with err.status("trying the sandboxes"):
        sandboxes = _sandboxes()
    if as_json:
        listing = [
            {
                "id": name,
                "toolchains": rows,
                "auto": next(r["choice"] for r in rows if r["toolchain"])
                if any(r["toolchain"] for r in rows)
                else None,
                "rewards": list(PRESETS),
            }
            for name, rows in toolchains.items()
        ]
        _print_json({"environments": listing, "sandboxes": sandboxes})
        return
    for name, rows in toolchains.items():
        out.print(f"[bold]{name}[/bold]")
        auto = True
        for row in rows:
            if row["toolchain"] is None:
                out.print(f"  {row['choice']:9} not found; {row['missing']}", soft_wrap=True)
                continue
            mark = "  [green](auto)[/green]" if auto else ""
            auto = False
            out.print(
                f"  {row['choice']:9} {row['toolchain']}, {row['language']}: "
                f"{escape(str(row['command']))}{mark}",
                soft_wrap=True,
            )
        out.print(f"  rewards   {', '.join(PRESETS)}")
    out.print("[bold]Sandboxes[/bold]")
    for name, state in sandboxes.items():
        if state["missing"] is not None:
            out.print(f"  {name:10} not here: {escape(state['missing'])}", soft_wrap=True)
            continue
        broken = [row["limit"] for row in state["limits"] if not row["held"]]
        verdict = f"[red]does not hold: {', '.join(broken)}[/red]" if broken else "holds"
        tried = "; ".join(row["limit"] for row in state["limits"] if row["held"])
        out.print(f"  {name:10} {verdict}. Tried now: {tried}", soft_wrap=True)


def _compact_toolchains() -> list[dict[str, Any]]:
    """What judges Compact here, in the order of preference; `toolchain` None: not here."""
    from .verifiers.compact.compiler import find_compactc
    from .verifiers.compact.toolchain import FRONTEND

    found = find_compactc()
    return [
        {
            "choice": "compactc",
            "toolchain": None if found is None else str(found.toolchain),
            "language": None if found is None else f"Compact {found.toolchain.language_version}",
            "command": None if found is None else " ".join(found.command),
            "missing": "install it with Midnight's `compact update` or name it in "
            "FORGEGYM_COMPACTC",
        },
        {
            "choice": "frontend",
            "toolchain": str(FRONTEND),
            "language": f"Compact {FRONTEND.language_version}",
            "command": "embedded",
            "missing": "",
        },
    ]


def _rust_toolchains() -> list[dict[str, Any]]:
    from .verifiers.rust import compiler

    found = compiler.find_rustc()
    here = None if found is None else (str(found.toolchain), found.path)
    named = ("rustc of the image", f"forgegym/rust, {compiler.IN_IMAGE}")
    dialect = f"edition {compiler.EDITION}"
    return _in_two_places("rust", "rustc", dialect, named, here, compiler.INSTALL_HINT)


def _verilog_toolchains() -> list[dict[str, Any]]:
    from .verifiers.verilog import tools

    found = tools.find_tools()
    here = None if found is None else (str(found.toolchain), found.paths["yosys"])
    named = ("the tools of the image", "forgegym/verilog")
    dialect = f"IEEE {tools.LANGUAGE}"
    return _in_two_places("verilog", "iverilog+yosys", dialect, named, here, tools.INSTALL_HINT)


def _in_two_places(
    language: str,
    choice: str,
    dialect: str,
    in_image: tuple[str, str],
    here: tuple[str, str] | None,
    hint: str,
) -> list[dict[str, Any]]:
    """What Docker's image has if it is built, which is taken first, and what this machine has:
    each as its name and its command."""
    from .verifiers.sandbox.choose import image_is_built

    places: list[tuple[str, str] | None] = [in_image] if image_is_built(language) else []
    if here is not None or not places:
        places.append(here)
    return [
        {
            "choice": choice,
            "toolchain": place[0] if place else None,
            "language": dialect,
            "command": place[1] if place else None,
            "missing": "" if place else hint,
        }
        for place in places
    ]


_TOOLCHAINS = {
    "compact": _compact_toolchains,
    "rust": _rust_toolchains,
    "verilog": _verilog_toolchains,
}


def _sandboxes() -> dict[str, dict[str, Any]]:
    """Every kind of sandbox: why it is not here, or what was tried on it and whether it held."""
    from .verifiers.sandbox import images, probe
    from .verifiers.sandbox.base import SandboxUnavailableError

    found: dict[str, dict[str, Any]] = {}
    for name in ("docker", "bubblewrap"):
        try:
            image = None
            if name == "docker":
                built = [i for i in images.listing() if i.current]
                if not built:
                    raise SandboxUnavailableError(
                        "an engine answers, without images; `forgegym images build` makes them"
                    )
                image = built[0].tag
            rows = probe.report("docker" if name == "docker" else "bubblewrap", image=image)
            found[name] = {"missing": None, "limits": [asdict(row) for row in rows]}
        except SandboxUnavailableError as error:
            found[name] = {"missing": str(error), "limits": []}
    return found


# ---------------------------------------------------------------- images, clean


@images_app.command("build")
def images_build(
    languages: Annotated[
        list[str] | None,
        typer.Argument(metavar="[LANGUAGE]...", help="Default: all."),
    ] = None,
    release: Annotated[
        Path | None,
        typer.Option("--from", help="For compact: the folder of a compactc release."),
    ] = None,
) -> None:
    """Build the images that Docker's sandboxes are made of (minutes, once a ForgeGym version)."""
    from .verifiers.sandbox import images

    wanted = languages or images.languages()
    for name in wanted:
        images.tag(name)
    if release is not None and not release.is_dir():
        raise UsageError(f"there is no folder {release}")
    if release is not None and not images.TAKE_A_FOLDER & set(wanted):
        raise UsageError(f"--from is for the image of {', '.join(images.TAKE_A_FOLDER)}")
    for name in wanted:
        with err.status(f"building {name}") as status:
            extra = release if name in images.TAKE_A_FOLDER else None
            image = images.build(
                name,
                extra=extra,
                report=lambda line, name=name, status=status: status.update(  # type: ignore[misc]
                    f"building {name}: {escape(line[:80])}"
                ),
            )
        out.print(f"{image.tag}  {image.digest}", soft_wrap=True)


@images_app.command("list")
def images_list(as_json: AsJson = False) -> None:
    """The images, with their digests."""
    from .verifiers.sandbox import images

    rows = list(images.listing())
    if as_json:
        _print_json([asdict(row) for row in rows])
        return
    for row in rows:
        if row.digest is None:
            state = f"not built; `forgegym images build {row.language}`"
        elif not row.current:
            state = f"of another ForgeGym; `forgegym images build {row.language}` anew"
        else:
            state = f"{row.digest}  {row.size / 1e6:.0f} MB"
        out.print(f"{row.tag:28} {state}", soft_wrap=True)


@app.command()
def attack(
    sandbox: Annotated[
        str,
        typer.Option(
            "--sandbox", help="docker, bubblewrap, or straw, which is none and must fail."
        ),
    ] = "docker",
    language: Annotated[
        str, typer.Option("--language", help="Whose image, and whose entries beside the common.")
    ] = "python",
    reuse: Annotated[str, typer.Option("--reuse", help="never or proven.")] = "proven",
    only: Annotated[
        list[str] | None, typer.Option("--only", help="A row (G08) or an entry; repeatable.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """The catalogue of hostile programs against a sandbox. Exit code 1 when one does not hold."""
    from .benchmarks.attacks.run import attack_command, chosen

    try:
        total = len(chosen(language, only or ()))
        with _progress("attacks", total) as show:
            done = 0

            def seen(result: Any) -> None:
                nonlocal done
                done += 1
                show(done, result.title)

            code = attack_command(
                sandbox,
                language=language,
                reuse=reuse,
                only=only or (),
                as_json=as_json,
                console=out,
                on_result=seen,
                print_json=_print_json,
            )
    except ValueError as error:
        raise UsageError(str(error)) from error
    raise typer.Exit(code)


@app.command()
def clean(
    everything: Annotated[
        bool, typer.Option("--all", help="The boxes of processes that still live, too.")
    ] = False,
) -> None:
    """Remove what killed processes have left: containers and control groups."""
    from .verifiers.sandbox import cgroup, docker
    from .verifiers.sandbox.base import SandboxUnavailableError

    try:
        out.print(f"{docker.sweep(docker.connect(), everything=everything)} containers removed")
    except SandboxUnavailableError as error:
        out.print(f"no containers: {error}", soft_wrap=True)
    out.print(f"{cgroup.sweep()} control groups removed")


# ---------------------------------------------------------------- check


def _read_program(path: Path, limit: int) -> str:
    """The text of a program. Raises `UsageError` when it is none, `OSError` when unreadable."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder, not a program")
    if str(path) == "-":
        data = sys.stdin.buffer.read(limit + 1)
    else:
        try:
            with path.open("rb") as file:
                data = file.read(limit + 1)
        except FileNotFoundError:
            raise UsageError(f"there is no file {path}") from None
    if len(data) > limit:
        known = 0 if str(path) == "-" else path.stat().st_size  # 0 for a pipe or a device, too
        size = f"{known:,}" if known > limit else f"more than {limit:,}"
        raise UsageError(f"{path} has {size} bytes; a program may have at most {limit:,}")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path} is not UTF-8 text (byte 0x{data[error.start]:02x} at offset {error.start})"
        ) from None
    if not text.strip():
        raise UsageError(f"{path} is empty")
    return text


@app.command()
def check(
    env: EnvironmentName,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A program; - is standard input.")],
    task: Annotated[
        str | None,
        typer.Option("--task", help="The task that it answers; without one it is only compiled."),
    ] = None,
    tasks_from: TasksFrom = None,
    toolchain: ToolchainName = Toolchain.AUTO,
    sandbox: SandboxName = SandboxChoice.AUTO,
    allow_unsafe: AllowUnsafe = False,
    as_json: AsJson = False,
) -> None:
    """One program -> its verdict. Exit code 0: accepted, 1: refused, 2: bad input, 3: machine.

    A contract may have several files here: includes and imports are found as compactc finds them,
    COMPACT_PATH among the places. What comes from standard input is one file, and has no others.
    """
    from . import diagnostics
    from .verifiers.compact.files import check_files, has_other_files
    from .verifiers.compact.toolchain import MAX_BYTES

    compact = _environment(env) == "CompactContract-v0"
    source = _read_program(file, MAX_BYTES)
    if compact and task is None and str(file) != "-" and has_other_files(str(file), source):
        checked = check_files(
            str(file), toolchain.value, sandbox=sandbox.value, allow_unsafe=allow_unsafe
        )
        verdict = checked.verdict
        texts = {part.path: part.text for part in checked.files}
        sources = diagnostics.Sources(texts, checked.places)
    else:
        verdict = _judge_program(
            env, source, task, toolchain, sandbox, tasks_from, allow_unsafe=allow_unsafe
        )
        places = [str(file)] * len(verdict.diagnostics)
        sources = diagnostics.Sources({str(file): source}, places)
    if as_json:
        _print_json(diagnostics.document(verdict, sources))
    else:
        diagnostics.show(verdict, sources, out=out, err=err)
    if not verdict.valid:
        raise typer.Exit(MACHINE)
    raise typer.Exit(ACCEPTED if verdict.accepted else REFUSED)


def _judge_program(
    env: str,
    source: str,
    task_id: str | None,
    toolchain: Toolchain,
    sandbox: SandboxChoice,
    tasks_from: str | None,
    *,
    allow_unsafe: bool,
) -> Verdict:
    """The verdict that the environment's verifier gives."""
    import gymnasium

    from .verifiers.task import Task
    from .verifiers.verifier import judge

    name = _environment(env)
    # Those of Compact's tasks that have tests are a kind of their own.
    kind: dict[str, Any] = {}
    if (task_id or "").startswith("compact/spec/"):
        kind["tasks"] = "spec"
    if tasks_from is not None:
        if name != "VerilogModule-v0":
            raise UsageError(f"there are no sets of tasks for {name}")
        kind["tasks_from"] = tasks_from
    made: Any = gymnasium.make(
        f"forgegym:{name}",
        toolchain=toolchain.value,
        sandbox=sandbox.value,
        allow_unsafe=allow_unsafe,
        **kind,
    ).unwrapped
    try:
        task = Task(id="check", family="check", language=LANGUAGES[name], prompt="")
        if task_id is not None:
            made.reset(seed=0, options={"task": task_id})
            task = made.task
        (verdict,), _ = judge(made.verifier, [(task, source)])
    finally:
        made.close()
    return verdict


def _print_json(document: Any) -> None:
    # Not through rich, which would wrap long lines.
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


# ---------------------------------------------------------------- generate, eval


@app.command()
def generate(
    env: EnvironmentName,
    out_folder: Annotated[Path, typer.Option("--out", help="An empty or a new folder.")],
    agent: Annotated[
        str | None, typer.Option("--agent", help="As for `eval` (default: template).")
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option("--model", help="The folder of a model, adapter or run, as the agent."),
    ] = None,
    min_complexity: Annotated[
        int, typer.Option("--min-complexity", help=f"1 to {MAX_MIN_COMPLEXITY}.")
    ] = 1,
    num_samples: Annotated[
        int, typer.Option("--num-samples", min=1, max=MAX_SAMPLES, help="Programs to write.")
    ] = 16,
    toolchain: ToolchainName = Toolchain.AUTO,
    seed: Seed = 0,
    temperature: Temperature = None,
    stop: Stop = None,
    device: Device = None,
    as_json: AsJson = False,
) -> None:
    """Accepted programs of an agent, no two alike, as files and as a JSONL of examples.

    Draws that are refused or too simple are counted and drawn again, up to 20 for each program
    that is wanted; exit code 1 when that was not enough.
    """
    from .benchmarks.collect import Counts, collect_into
    from .benchmarks.evaluate import EvaluationConfig

    name = _environment(env)
    if not 1 <= min_complexity <= MAX_MIN_COMPLEXITY:
        raise UsageError(
            f"--min-complexity must be 1 to {MAX_MIN_COMPLEXITY}, not {min_complexity}"
        )
    if model is not None:
        if agent is not None:
            raise UsageError("--agent and --model both name an agent; give one of them")
        if not model.is_dir():
            raise UsageError(f"there is no model folder {model}")
    spec = str(model or agent or "template")
    options = {"min_complexity": min_complexity} if spec == "template" else {}
    player = _agent(spec, temperature=temperature, device=device, stop=stop, **options)
    config = EvaluationConfig(
        env=name,
        agent=player.name,
        samples=num_samples,
        split="train",
        seed=seed,
        toolchain=toolchain.value,
    )
    with _progress("writing", num_samples) as show:

        def on_rows(counts: Counts) -> None:
            show(counts.kept, f"writing ({counts.drawn} drawn)")

        counts = collect_into(
            out_folder, player, config, min_complexity=min_complexity, on_rows=on_rows
        )
    if as_json:
        _print_json(asdict(counts))
    else:
        out.print(f"{counts}: {escape(str(out_folder))}", soft_wrap=True)
    if counts.kept < counts.wanted:
        raise typer.Exit(MACHINE if counts.failures else REFUSED)


# What an evaluation pays by, for each environment.
_EVALUATED = {
    "CompactContract-v0": "compactlora",
    "RustCode-v0": "staged",
    "VerilogModule-v0": "staged",
}


@app.command("eval")
def evaluate(
    env: EnvironmentName,
    agent: AgentName,
    num_samples: Annotated[
        int, typer.Option("--num-samples", min=1, max=MAX_SAMPLES, help="Samples to judge.")
    ] = 256,
    split: Annotated[Split, typer.Option("--split", help="Which tasks.")] = Split.EVAL,
    out_folder: Annotated[
        Path | None,
        typer.Option("--out", help="Results folder (default: runs/eval-AGENT-SPLIT-SEED)."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an evaluation that was cut short.")
    ] = False,
    tasks: TasksName = None,
    tasks_from: TasksFrom = None,
    toolchain: ToolchainName = Toolchain.AUTO,
    seed: Seed = 0,
    temperature: Temperature = None,
    stop: Stop = None,
    device: Device = None,
    as_json: AsJson = False,
) -> None:
    """An agent's rates, with 95 % intervals, and how varied what it wrote is.

    The results folder gets the configuration, a JSON line a sample as it is judged, and the
    summary.
    """
    from .benchmarks.evaluate import EvaluationConfig, Row, evaluate_into
    from .benchmarks.report import evaluation_table

    name = _environment(env)
    player = _agent(agent, temperature=temperature, device=device, stop=stop)
    config = EvaluationConfig(
        env=name,
        agent=player.name,
        samples=num_samples,
        split=split.value,
        seed=seed,
        toolchain=toolchain.value,
        reward=_EVALUATED[name] if tasks is not Tasks.SPEC else "compact-spec",
        tasks=tasks.value if tasks else None,
        tasks_from=tasks_from,
    )
    folder = out_folder or Path("runs") / f"eval-{Path(agent).name}-{split.value}-{seed}"
    with _progress("judging", num_samples) as show:
        done = 0

        def on_rows(rows: list[Row]) -> None:
            nonlocal done
            done += len(rows)
            show(done)

        summary = evaluate_into(folder, player, config, resume=resume, on_rows=on_rows)
    if as_json:
        _print_json(summary.to_json())
    else:
        title = f"{name}, {split.value} prompts"
        columns = {player.name: summary}
        out.print(evaluation_table(columns, title=title, language=LANGUAGES[name]))
        out.print(f"rows and summary: {escape(str(folder))}", soft_wrap=True)
    if summary.failures:
        err.print(
            f"the machine failed on {summary.failures} samples; run again with --resume to take "
            "them again",
            soft_wrap=True,
        )
        raise typer.Exit(MACHINE)


# ---------------------------------------------------------------- demo, bench


@app.command()
def validate(
    env: EnvironmentName,
    tasks: TasksName = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="A task or a family; may be repeated.")
    ] = None,
    toolchain: ToolchainName = Toolchain.AUTO,
    sandbox: SandboxName = SandboxChoice.AUTO,
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, help="Compilers at a time (default: one per CPU)."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Every task: references pass, contracts that do nothing are paid nothing, mutants die.

    Exit code 1 when a task is not sound. Tasks with a specification need compactc, Node and
    compact-runtime; `--tasks open` does without.
    """
    from .benchmarks.validate import Row, ValidationError, chosen, in_a_line, print_rows, to_json
    from .benchmarks.validate import validate as validate_all
    from .verifiers.compact.toolchain import CompactVerifier

    language = LANGUAGES[_environment(env)]
    if language != "compact":
        _validate_families(language, only or (), sandbox, workers, as_json=as_json)
        return
    without_tests, with_tests = chosen(tasks.value if tasks else None, only or ())
    verifier = CompactVerifier(toolchain.value, sandbox=sandbox.value, workers=workers)
    try:
        missing = verifier.missing_for_tests()
        if with_tests and missing:
            err.print(missing, soft_wrap=True)
            if tasks is Tasks.SPEC or not without_tests:
                raise typer.Exit(MACHINE)
            with_tests = []
        total = len(without_tests) + len(with_tests)
        with _progress("validating", total) as show:
            done = 0

            def on_row(row: Row) -> None:
                nonlocal done
                done += 1
                show(done)
                if row.mutants or not row.sound:  # The others take no time.
                    err.print(in_a_line(row), highlight=False, soft_wrap=True)

            try:
                rows = validate_all(verifier, without_tests, with_tests, on_row)
            except ValidationError as error:
                err.print(str(error), soft_wrap=True)
                raise typer.Exit(MACHINE) from error
        toolchain_name, box = str(verifier.toolchain), verifier.sandbox
    finally:
        verifier.close()
    if as_json:
        _print_json(to_json(rows, toolchain_name, box))
    else:
        print_rows(rows, out)
    if missing and tasks is None:
        raise typer.Exit(MACHINE)
    if not all(row.sound for row in rows):
        raise typer.Exit(REFUSED)


def _validate_families(
    language: str,
    only: Sequence[str],
    sandbox: SandboxChoice,
    workers: int | None,
    *,
    as_json: bool,
) -> None:
    from .benchmarks import validate_families
    from .benchmarks.validate import Row, ValidationError, in_a_line, print_rows, to_json

    tasks = validate_families.chosen(language, only)
    verifier = validate_families.LANGUAGES[language].verifier(
        sandbox=sandbox.value, workers=workers
    )
    try:
        with _progress("validating", len(tasks)) as show:
            done = 0

            def on_row(row: Row) -> None:
                nonlocal done
                done += 1
                show(done)
                err.print(in_a_line(row), highlight=False, soft_wrap=True)

            rows = validate_families.validate(verifier, tasks, on_row)
    except ValidationError as error:
        err.print(str(error), soft_wrap=True)
        raise typer.Exit(MACHINE) from error
    finally:
        verifier.close()
    if as_json:
        _print_json(to_json(rows, str(verifier.toolchain), verifier.sandbox))
    else:
        print_rows(rows, out)
    if not all(row.sound for row in rows):
        raise typer.Exit(REFUSED)


@app.command()
def demo(
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Results folder (default: a new one in runs/).")
    ] = None,
    num_samples: Annotated[
        int, typer.Option("--num-samples", min=1, max=MAX_SAMPLES, help="Before, and after.")
    ] = 256,
    iterations: Iterations = None,
    seed: Seed = 0,
) -> None:
    """A small policy learns Compact in some minutes, and what it learnt is measured."""
    from .benchmarks.demo import new_folder, run

    run(
        out_folder or new_folder(),
        samples=num_samples,
        iterations=iterations,
        seed=seed,
        console=out,
    )


@app.command()
def study(
    name: Annotated[str, typer.Argument(help="algorithms, stability or rewards.")],
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="The study's folder (default: runs/study-NAME).")
    ] = None,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Runs of each arm.")] = 5,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="Runs at a time (default: one per CPU).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Algorithms, recipes or rewards compared over seeds; an hour or more.

    Given again, the command goes on where it was stopped.
    """
    from .benchmarks.records import write_text
    from .benchmarks.studies import catalogue, report
    from .benchmarks.studies.study import StudyError, conduct

    if name not in catalogue.STUDIES:
        raise UsageError(f"there is no study {name!r}; there are {', '.join(catalogue.STUDIES)}")
    folder = out_folder or Path("runs") / f"study-{name}"
    try:
        conclusion = conduct(
            catalogue.STUDIES[name],
            folder,
            seeds=seeds,
            workers=workers or os.cpu_count() or 1,
            say=lambda line: err.print(line, markup=False, highlight=False, soft_wrap=True),
        )
    except StudyError as error:
        raise UsageError(str(error)) from error
    report.draw(conclusion, folder / "curves.png")
    write_text(folder / "table.md", report.markdown(conclusion.results))
    if as_json:
        _print_json(conclusion.results)
    else:
        out.print(report.study_table(conclusion.results))
        out.print(f"curves, table and results: {escape(str(folder))}", soft_wrap=True)


@bench_app.command("compact-agreement")
def compact_agreement(
    data: Annotated[
        Path | None,
        typer.Option("--data", help="JSONL of compiler verdicts (default: the shared data's)."),
    ] = None,
    contracts: Annotated[
        Path | None,
        typer.Option("--contracts", help="A folder of contracts, compiled now by compactc."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """How often the embedded Compact front end agrees with compactc, and where it does not."""
    from .benchmarks.compact_agreement import (
        compile_all,
        default_data,
        load,
        measure,
        read_contracts,
    )
    from .benchmarks.report import print_agreement

    if contracts is not None and data is not None:
        raise UsageError("--data and --contracts both name programs; give one of them")
    if contracts is not None:
        report = measure(compile_all(read_contracts(contracts)))
    else:
        report = measure(load(data or default_data()))
    if as_json:
        _print_json(report.to_json())
    else:
        print_agreement(report, out)


@bench_app.command("compact-robustness")
def compact_robustness(
    mutants: Annotated[
        int, typer.Option("--mutants", min=0, help="How many, of real programs.")
    ] = 10_000,
    texts: Annotated[
        int, typer.Option("--random", min=0, help="How many random byte strings and texts.")
    ] = 100_000,
    contracts: Annotated[
        Path | None,
        typer.Option("--contracts", help="A folder of contracts to mutate (default: the tasks')."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 0,
    as_json: AsJson = False,
) -> None:
    """What the embedded Compact front end does with what nobody would write.

    Exit code 1 when it raises or hangs.
    """
    from .benchmarks.compact_agreement import read_contracts
    from .benchmarks.compact_robustness import default_programs, measure, print_robustness

    programs = default_programs() if contracts is None else [*read_contracts(contracts).values()]
    report = measure(
        programs,
        mutants=mutants,
        texts=texts,
        seed=seed,
        say=lambda line: err.print(line, markup=False, soft_wrap=True),
    )
    if as_json:
        _print_json(report.to_json())
    else:
        print_robustness(report, out)
    if not report.sound:
        raise typer.Exit(1)


@bench_app.command("sandbox")
def bench_sandbox(
    backend: Annotated[str, typer.Option("--backend", help="docker, bubblewrap or all.")] = "all",
    items: Annotated[
        str | None, typer.Option("--items", help="Work items, separated by commas (default: all).")
    ] = None,
    repetitions: Annotated[int, typer.Option("--repetitions", min=1)] = 200,
    steps: Annotated[int, typer.Option("--steps", min=0, help="Of throughput; 0: none.")] = 500,
    as_json: AsJson = False,
) -> None:
    """What a step costs in each sandbox, beside the same toolchain without one."""
    from .benchmarks.speed.figures import print_report
    from .benchmarks.speed.sandbox import BACKENDS, measure

    report = measure(
        backends=BACKENDS if backend == "all" else (backend,),
        items=items.split(",") if items else None,
        repetitions=repetitions,
        steps=steps,
        say=lambda line: err.print(line, markup=False, soft_wrap=True),
    )
    if as_json:
        _print_json(report.to_json())
    else:
        print_report(report, out)
    if report.interrupted:
        raise typer.Exit(INTERRUPTED)


@bench_app.command("verify")
def bench_verify(
    backend: Annotated[str, typer.Option("--backend", help="docker, bubblewrap or all.")] = "all",
    languages: Annotated[
        str, typer.Option("--languages", help="Separated by commas.")
    ] = "rust,verilog",
    repetitions: Annotated[int, typer.Option("--repetitions", min=1)] = 100,
    steps: Annotated[int, typer.Option("--steps", min=0, help="Of throughput; 0: none.")] = 200,
    as_json: AsJson = False,
) -> None:
    """What a step of an environment takes, stage by stage, beside its tools alone."""
    from .benchmarks.speed.sandbox import BACKENDS
    from .benchmarks.speed.verify import measure, print_report

    report = measure(
        backends=BACKENDS if backend == "all" else (backend,),
        languages=languages.split(","),
        repetitions=repetitions,
        steps=steps,
        say=lambda line: err.print(line, markup=False, soft_wrap=True),
    )
    if as_json:
        _print_json(report.to_json())
    else:
        print_report(report, out)


@bench_app.command("train")
def bench_train(
    shapes: Annotated[
        str, typer.Option("--shapes", help="Model shapes, separated by commas.")
    ] = "5m,smollm2-135m",
    prompts: Annotated[
        str, typer.Option("--prompts", help="Prompt lengths in tokens, separated by commas.")
    ] = "256,24",
    completion: Annotated[int, typer.Option("--completion", min=1, help="Tokens.")] = 128,
    groups: Annotated[int, typer.Option("--groups", min=1, help="Of 8 samples each.")] = 4,
    steps: Annotated[int, typer.Option("--steps", min=1, help="Measured, of each side.")] = 5,
    device: Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")] = "auto",
    dtype: Annotated[str, typer.Option("--dtype", help="float32 or bfloat16.")] = "float32",
    with_trl: Annotated[bool, typer.Option("--trl/--no-trl", help="TRL beside it.")] = True,
    as_json: AsJson = False,
) -> None:
    """What a GRPO and a PPO step take, beside a step of TRL's GRPO trainer."""
    from .agents.policy import choose_device
    from .benchmarks.speed import train

    unknown = [name for name in shapes.split(",") if name not in train.SHAPES]
    if unknown:
        raise UsageError(f"there is no shape {unknown[0]!r}; there are {', '.join(train.SHAPES)}")
    if dtype not in ("float32", "bfloat16"):
        raise UsageError(f"--dtype is float32 or bfloat16, not {dtype!r}")
    if not all(length.isdigit() and int(length) > 0 for length in prompts.split(",")):
        raise UsageError(f"--prompts are lengths like 256,24, not {prompts!r}")
    chosen = choose_device(device)
    report = train.Report(train.machine(chosen))
    for shape in shapes.split(","):
        for length in map(int, prompts.split(",")):
            setting = train.Setting(shape, length, completion, groups, dtype=dtype)
            report.comparisons.append(
                train.compare(
                    setting,
                    steps=steps,
                    device=chosen,
                    with_trl=with_trl,
                    say=lambda line: err.print(line, markup=False, soft_wrap=True),
                )
            )
    if as_json:
        _print_json(report.to_json())
    else:
        train.print_report(report, out)


@bench_app.command("gpu")
def bench_gpu(
    folder: Annotated[Path, typer.Option("--out", help="Gets results.json and tables.txt.")],
    shapes: Annotated[
        str, typer.Option("--shapes", help="full, or tiny: every part in a minute, on any machine.")
    ] = "full",
    device: Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")] = "auto",
    with_trl: Annotated[bool, typer.Option("--trl/--no-trl", help="TRL beside it.")] = True,
    as_json: AsJson = False,
) -> None:
    """What one device gives: steps beside TRL's, decoding beside its bound, a step of 7B, and how
    far its log-probabilities are from a CPU's. Exit code 1 when a part could not be measured."""
    from .agents.policy import choose_device
    from .benchmarks.speed import gpu

    if shapes not in gpu.PLANS:
        raise UsageError(f"--shapes is {' or '.join(gpu.PLANS)}, not {shapes!r}")
    found = gpu.measure(
        gpu.PLANS[shapes],
        folder,
        device=choose_device(device),
        with_trl=with_trl,
        say=lambda line: err.print(line, markup=False, soft_wrap=True),
    )
    if as_json:
        _print_json(found.to_json())
    else:
        gpu.print_measured(found, out)
    raise typer.Exit(REFUSED if found.failures else 0)


@bench_app.command("soak")
def bench_soak(
    backend: Annotated[
        SandboxChoice, typer.Option("--sandbox", help="docker or bubblewrap.")
    ] = SandboxChoice.DOCKER,
    jobs: Annotated[int, typer.Option("--jobs", min=10, help="How many.")] = 10_000,
    hostile: Annotated[
        float, typer.Option("--hostile", min=0.0, max=1.0, help="The share that attacks.")
    ] = 0.02,
    kill: Annotated[
        int, typer.Option("--kills", min=0, help="Trainers killed by SIGKILL afterwards.")
    ] = 20,
    restart: Annotated[
        str | None,
        typer.Option("--restart", help="A command that restarts the engine, half-way of a run."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Thousands of jobs, some hostile: what is left of them? Exit code 1 when anything is."""
    import shlex

    from .benchmarks.speed import soak

    if backend.value not in ("docker", "bubblewrap"):
        raise UsageError(f"--sandbox is docker or bubblewrap here, not {backend.value}")
    if restart is not None and backend is not SandboxChoice.DOCKER:
        raise UsageError("--restart is about Docker's engine; give --sandbox docker with it")
    reports = []
    with _progress("jobs", jobs) as show:
        reports.append(soak.soak(backend.value, jobs=jobs, hostile=hostile, on_job=show))
    if kill:
        with _progress("kills", kill) as show:
            reports.append(soak.kills(backend.value, times=kill, on_kill=show))
    if restart is not None:
        with _progress("jobs around a restart", jobs // 10) as show:
            middle = soak.restart_engine(shlex.split(restart))
            reports.append(
                soak.soak(
                    backend.value,
                    jobs=jobs // 10,
                    hostile=hostile,
                    on_job=show,
                    in_the_middle=middle,
                )
            )
    if as_json:
        _print_json([report.to_json() for report in reports])
    else:
        soak.print_reports(reports, out)
    raise typer.Exit(0 if all(report.held for report in reports) else 1)


# ---------------------------------------------------------------- train

Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Any other setting; --settings lists them. Repeatable, "
        "also for one that takes several texts (stop).",
    ),
]
ShowSettings = Annotated[
    bool, typer.Option("--settings", help="List every setting with its value, and stop.")
]
RunFolder = Annotated[Path | None, typer.Option("--out", help="The run's folder.")]
TrainingEnvironment = Annotated[
    str | None, typer.Option("--env", help="An environment id (default: CompactContract-v0).")
]
Base = Annotated[
    str | None,
    typer.Option("--base", help="tiny (default), a model's folder, or a name on the hub."),
]
TrainingSeed = Annotated[
    int | None, typer.Option("--seed", min=0, help="The same seed gives the same run.")
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with the run in --out.")]


_KINDS = {int: "a whole number", float: "a number", bool: "true or false", Path: "a path"}


def _parsed(name: str, text: str, kind: Any) -> Any:
    """The value that `text` stands for, as the setting's type has it. Raises `UsageError`."""
    if get_origin(kind) is Literal:
        if text in get_args(kind):
            return text
        raise UsageError(f"the setting {name} is {' or '.join(get_args(kind))}, not {text!r}")
    choices = [k for k in get_args(kind) or (kind,) if k is not type(None)]
    if text.lower() == "none" and len(choices) < len(get_args(kind)):
        return None
    for choice in choices:
        try:
            return {"true": True, "false": False}[text.lower()] if choice is bool else choice(text)
        except (ValueError, KeyError):
            continue
    wanted = " or ".join(_KINDS.get(choice, choice.__name__) for choice in choices)
    raise UsageError(f"the setting {name} is {wanted}, not {text!r}")


def _takes_several(kind: Any) -> bool:
    """Whether a setting is a tuple of texts, one each time that it is given."""
    return any(get_origin(choice) is tuple for choice in (kind, *get_args(kind)))


def _configure(
    kind: type[Configuration], given: dict[str, Any], settings: list[str] | None, *, show: bool
) -> Configuration:
    """A configuration from what was given; with `show`, print it and stop.

    Raises `UsageError` for a setting that there is not, or a value that it cannot have.
    """
    hints = get_type_hints(kind)
    values: dict[str, Any] = {}
    for field in fields(kind):
        if field.default is not MISSING:
            values[field.name] = field.default
        elif field.default_factory is not MISSING:
            values[field.name] = field.default_factory()
    values |= {name: value for name, value in given.items() if value is not None}
    for setting in settings or ():
        name, equals, text = setting.partition("=")
        if not equals:
            raise UsageError(f"--set takes NAME=VALUE, not {setting!r}")
        if name not in hints:
            close = difflib.get_close_matches(name, hints, n=1)
            hint = f"did you mean {close[0]}?" if close else "--settings lists them"
            raise UsageError(f"there is no setting {name!r}; {hint}")
        if _takes_several(hints[name]):
            values[name] = (*(values[name] or ()), text)
        else:
            values[name] = _parsed(name, text, hints[name])
    if show:
        for field in fields(kind):
            value = values.get(field.name, "(must be given)")
            out.print(f"{field.name} = {value}", markup=False, soft_wrap=True)
        raise typer.Exit
    for field in fields(kind):
        if field.name not in values:
            raise UsageError(f"--{field.name.replace('_', '-')} is missing")
    try:
        return kind(**values)
    except ValueError as error:
        raise UsageError(str(error)) from error


@train_app.command()
def sft(
    out_folder: RunFolder = None,
    env: TrainingEnvironment = None,
    seed: TrainingSeed = None,
    settings: Settings = None,
    show: ShowSettings = False,
) -> None:
    """The tiny base policy: supervised on contracts of complexity 1 and 2, stopped early."""
    from .agents.sft import SFTConfig, train_sft

    given = {"out": out_folder, "env": env, "seed": seed}
    config = _configure(SFTConfig, given, settings, show=show)
    _probe(config.env)
    train_sft(config, console=out)


# Command -> the module of `agents`, its configuration and its function, and what it does.
_ALGORITHMS = {
    "ppo": (
        "ppo", "PPOConfig", "train_ppo",
        "PPO with LoRA, token by token: a critic says what each token added.",
    ),
    "grpo": (
        "grpo", "GRPOConfig", "train_grpo",
        "GRPO with LoRA: a prompt's samples are compared, and the better ones win.",
    ),
    "gspo": (
        "gspo", "GSPOConfig", "train_gspo",
        "GSPO with LoRA: GRPO with one ratio for a whole program.",
    ),
    "reinforce": (
        "reinforce", "ReinforceConfig", "train_reinforce",
        "REINFORCE with LoRA, against the mean reward of the batch: a baseline.",
    ),
    "rloo": (
        "reinforce", "RLOOConfig", "train_rloo",
        "RLOO with LoRA: REINFORCE against the mean of a prompt's other samples.",
    ),
    "expert-iteration": (
        "expert_iteration", "ExpertIterationConfig", "train_expert_iteration",
        "CompactLoRa's loop: sample, keep what pays more than 1, fine-tune on it, repeat.",
    ),
}  # fmt: skip


def _add_trainer(name: str, module: str, kind: str, function: str, purpose: str) -> None:
    """A command that trains by one algorithm; torch is imported when it runs."""

    def command(
        out_folder: RunFolder = None,
        env: TrainingEnvironment = None,
        base: Base = None,
        iterations: Iterations = None,
        seed: TrainingSeed = None,
        resume: Resume = False,
        settings: Settings = None,
        show: ShowSettings = False,
    ) -> None:
        algorithm = importlib.import_module(f".agents.{module}", __package__)
        given = _given(out_folder, env, base, iterations, seed, resume)
        config: Any = _configure(getattr(algorithm, kind), given, settings, show=show)
        chosen = {"tasks": config.tasks, "judge": config.judge}
        options = {name: value for name, value in chosen.items() if value is not None}
        _probe(config.env, toolchain=config.toolchain, reward=config.reward, **options)
        if not getattr(algorithm, function)(config, console=out).finished:
            raise typer.Exit(INTERRUPTED)

    train_app.command(name, help=purpose)(command)


for _name, _about in _ALGORITHMS.items():
    _add_trainer(_name, *_about)


def _probe(env: str, **options: Any) -> None:
    """Make the environment once, so that a wrong name fails before anything is trained."""
    import gymnasium

    try:
        gymnasium.make(f"forgegym:{_environment(env)}", **options).close()
    except ValueError as error:
        raise UsageError(str(error)) from error


def _given(
    out_folder: Path | None,
    env: str | None,
    base: str | None,
    iterations: int | None,
    seed: int | None,
    resume: bool,
) -> dict[str, Any]:
    """The options that the reinforcement-learning trainers share, by their settings' names."""
    return {
        "out": out_folder,
        "env": env,
        "base": base,
        "iterations": iterations,
        "seed": seed,
        "resume": resume,
    }
