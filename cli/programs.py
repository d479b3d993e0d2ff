"""Programs and those who write them: check, generate, eval; and the tasks: export, validate."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from ..agents.agent import DOORS
from ..diagnostics import visible
from ..envs.registration import LANGUAGES
from .shell import (
    ACCEPTED,
    MACHINE,
    MAX_SAMPLES,
    REFUSED,
    AgentName,
    AgentSettings,
    AllowUnsafe,
    AsJson,
    Device,
    EnvironmentName,
    SandboxChoice,
    SandboxName,
    Seed,
    Split,
    Stop,
    Tasks,
    TasksFrom,
    TasksName,
    Temperature,
    Toolchain,
    ToolchainName,
    UsageError,
    agent_options,
    app,
    closed_after,
    environment_id,
    err,
    make_agent,
    out,
    print_json,
    progress,
)

if TYPE_CHECKING:
    from ..agents.agent import Agent
    from ..benchmarks.baselines import TaskAgent
    from ..verifiers.verdict import Verdict


# Four times what any task asks for; beyond it a contract is longer than any that is deployed.
MAX_MIN_COMPLEXITY = 32


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
        typer.Option(
            "--task",
            help="The task that it answers; without one it is only compiled. PythonTests-v0 needs "
            "one: tests are judged by a task's programs.",
        ),
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
    from .. import diagnostics
    from ..verifiers.compact.files import check_files, has_other_files
    from ..verifiers.compact.toolchain import MAX_BYTES

    compact = environment_id(env) == "CompactContract-v0"
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
        print_json(diagnostics.document(verdict, sources))
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

    from ..benchmarks.evaluation_config import SETS
    from ..verifiers.task import Task
    from ..verifiers.verifier import judge

    name = environment_id(env)
    if name == "PythonTests-v0" and task_id is None:
        raise UsageError("PythonTests-v0 needs --task: tests are judged by a task's programs")
    # Those of Compact's tasks that have tests are a kind of their own.
    kind: dict[str, Any] = {}
    if (task_id or "").startswith("compact/spec/"):
        kind["tasks"] = "spec"
    if tasks_from is not None:
        if name not in SETS:
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


@app.command()
def generate(
    env: EnvironmentName,
    out_folder: Annotated[Path, typer.Option("--out", help="An empty or a new folder.")],
    agent: Annotated[
        str | None,
        typer.Option("--agent", help="As for `eval` (default: template, which writes Compact)."),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option("--model", help="The folder of a model, adapter or run, as the agent."),
    ] = None,
    min_complexity: Annotated[
        int, typer.Option("--min-complexity", help=f"Of contracts: 1 to {MAX_MIN_COMPLEXITY}.")
    ] = 1,
    num_samples: Annotated[
        int, typer.Option("--num-samples", min=1, max=MAX_SAMPLES, help="Programs to write.")
    ] = 16,
    toolchain: ToolchainName = Toolchain.AUTO,
    seed: Seed = 0,
    temperature: Temperature = None,
    stop: Stop = None,
    device: Device = None,
    settings: AgentSettings = None,
    as_json: AsJson = False,
) -> None:
    """Accepted programs of an agent, no two alike, as files and as a JSONL of examples.

    Draws that are refused or too simple are counted and drawn again, up to 20 for each program
    that is wanted; exit code 1 when that was not enough.
    """
    from ..benchmarks.collect import Counts, collect_into
    from ..benchmarks.evaluation_config import REWARDS, EvaluationConfig

    name = environment_id(env)
    if not 1 <= min_complexity <= MAX_MIN_COMPLEXITY:
        raise UsageError(
            f"--min-complexity must be 1 to {MAX_MIN_COMPLEXITY}, not {min_complexity}"
        )
    compact = LANGUAGES[name] == "compact"
    if min_complexity > 1 and not compact:
        raise UsageError(f"--min-complexity is of contracts; programs of {name} have none")
    if agent is None and model is None and not compact:
        raise UsageError(f"name who writes for {name}: --agent or --model")
    if model is not None:
        if agent is not None:
            raise UsageError("--agent and --model both name an agent; give one of them")
        if not model.is_dir():
            raise UsageError(f"there is no model folder {model}")
    spec = str(model or agent or "template")
    options = {"min_complexity": min_complexity} if spec == "template" else {}
    player = make_agent(
        spec,
        env=name,
        temperature=temperature,
        device=device,
        stop=stop,
        settings=settings,
        **options,
    )
    config = EvaluationConfig(
        env=name,
        agent=player.name,
        samples=num_samples,
        split="train",
        seed=seed,
        toolchain=toolchain.value,
        reward=REWARDS[name],
    )
    with closed_after(player), progress("writing", num_samples) as show:

        def on_rows(counts: Counts) -> None:
            show(counts.kept, f"writing ({counts.drawn} drawn)")

        counts = collect_into(
            out_folder, player, config, min_complexity=min_complexity, on_rows=on_rows
        )
    if as_json:
        print_json(asdict(counts))
    else:
        out.print(f"{counts}: {escape(str(out_folder))}", soft_wrap=True)
    if counts.kept < counts.wanted:
        raise typer.Exit(MACHINE if counts.failures else REFUSED)


# Episodes where neither --episodes nor --samples says how many: of frozen tasks as many whole
# passes as there is room for.
_EPISODES = 256


@app.command("eval")
def evaluate(
    env: EnvironmentName,
    agent: AgentName,
    episodes: Annotated[
        int | None,
        typer.Option(
            "--episodes",
            "--num-samples",
            min=1,
            max=MAX_SAMPLES,
            help="Episodes in all, over the tasks in turn (default: as many whole passes over the "
            f"frozen tasks as {_EPISODES} have room for; {_EPISODES} of the training split).",
        ),
    ] = None,
    samples: Annotated[
        int | None,
        typer.Option(
            "--samples", min=1, help="Episodes of each frozen task, for pass@k and the leaderboard."
        ),
    ] = None,
    turns: Annotated[
        int,
        typer.Option("--turns", min=1, help="Most programs in an episode; the last one counts."),
    ] = 1,
    budget: Annotated[
        int | None,
        typer.Option(
            "--budget",
            min=1,
            help="Most programs judged in all; episodes begin while all their turns are left.",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, help="Programs judged at a time (default: one per CPU)."),
    ] = None,
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
    families: Annotated[
        list[str] | None,
        typer.Option(
            "--family", help="Only tasks of this family, all that are held out; may be repeated."
        ),
    ] = None,
    toolchain: ToolchainName = Toolchain.AUTO,
    seed: Seed = 0,
    temperature: Temperature = None,
    stop: Stop = None,
    device: Device = None,
    settings: AgentSettings = None,
    as_json: AsJson = False,
) -> None:
    """An agent's rates, with 95 % intervals, and how varied what it wrote is.

    The results folder gets the configuration, a JSON line an episode as it ends, and the summary:
    it is a row for `forgegym leaderboard`. An episode that the agent does not answer is paid
    nothing; exit code 1 when there was one, 3 when it answered none. --resume plays them again.
    """  # fmt: skip
    from ..agents.agent import load_agent
    from ..benchmarks.baselines import BASELINES
    from ..benchmarks.evaluate import evaluate_into
    from ..benchmarks.evaluation_config import REWARDS, EvaluationConfig, frozen_tasks
    from ..benchmarks.evaluation_rows import Row
    from ..benchmarks.report import evaluation_table

    name = environment_id(env)
    if tasks_from is not None and families:
        raise UsageError("--family chooses among ForgeGym's own tasks, not those of --tasks-from")
    if samples is not None and episodes is not None:
        raise UsageError("--samples is for each task, --episodes for all; give one of them")
    spec, options = agent_options(
        agent, env=name, temperature=temperature, device=device, stop=stop, settings=settings
    )
    player: Agent | TaskAgent
    player = BASELINES[spec]() if spec in BASELINES else load_agent(spec, **options)
    config = EvaluationConfig(
        env=name,
        agent=player.name,
        samples=episodes or _EPISODES,
        split=split.value,
        seed=seed,
        toolchain=toolchain.value,
        reward=REWARDS[name] if tasks is not Tasks.SPEC else "compact-spec",
        tasks=tasks.value if tasks else None,
        tasks_from=tasks_from,
        families=tuple(families) if families else None,
        turns=turns,
        budget=budget,
    )
    whole = len(frozen_tasks(config))
    if samples is not None and not whole:
        raise UsageError("--samples is for each frozen task; the training split has none")
    if samples is not None and samples * whole > MAX_SAMPLES:
        raise UsageError(
            f"{samples:,} samples of each of {whole} tasks are {samples * whole:,} episodes; "
            f"at most {MAX_SAMPLES:,} are played"
        )
    if whole and episodes is None:
        config = replace(config, samples=(samples or max(1, _EPISODES // whole)) * whole)
    folder = out_folder or Path("runs") / f"eval-{_short(agent)}-{split.value}-{seed}"
    errors: list[dict[str, str]] = []
    with closed_after(player), progress("judging", config.samples) as show:
        done = 0

        def on_kept(count: int) -> None:
            nonlocal done
            done = count
            show(done)

        def on_rows(rows: list[Row]) -> None:
            nonlocal done
            done += len(rows)
            errors.extend(row["agent_error"] for row in rows if row["agent_error"] is not None)
            show(done)

        summary = evaluate_into(
            folder,
            player,
            config,
            spec=spec,
            options=options,
            resume=resume,
            workers=workers,
            on_rows=on_rows,
            on_kept=on_kept,
        )
    answered = summary.samples - summary.agent_errors
    if as_json:
        print_json(summary.to_json())
    else:
        title = f"{name}, {split.value} prompts"
        columns = {player.name: summary}
        if answered or not summary.samples:
            table = evaluation_table(
                columns, title=title, reward=config.reward, language=LANGUAGES[name]
            )
            out.print(table)
        out.print(f"rows and summary: {escape(str(folder))}", soft_wrap=True)
        episodes_there = summary.samples + summary.failures
        if whole and episodes_there % whole:
            out.print(
                f"{episodes_there} episodes are no whole passes over the {whole} frozen tasks: the "
                "leaderboard has such results on boards of their own",
                soft_wrap=True,
            )
    if summary.failures:
        err.print(
            f"the machine failed on {summary.failures} samples; run again with --resume to take "
            "them again",
            soft_wrap=True,
        )
        raise typer.Exit(MACHINE)
    if summary.agent_errors:
        kinds = ", ".join(f"{kind} {n}" for kind, n in summary.agent_error_kinds.items())
        first = f" The first said: {errors[0]['message']}" if errors else ""
        if not answered:
            told = (
                f"the agent answered none of {summary.samples} episodes ({kinds}): nothing is "
                f"known of its programs; --resume plays them again.{first}"
            )
        else:
            told = (
                f"the agent did not answer {summary.agent_errors} of {summary.samples} episodes "
                f"({kinds}), which are paid nothing; --resume plays them again.{first}"
            )
        err.print(visible(told), soft_wrap=True, markup=False)
        raise typer.Exit(REFUSED if answered else MACHINE)


def _short(agent: str) -> str:
    """An agent's name as a part of a folder's."""
    door, colon, rest = agent.partition(":")
    if colon and door in DOORS:
        model = rest.rpartition("@")[0] if door == "openai" else rest
        return re.sub(r"[^\w.-]+", "-", f"{door}-{model}")[:60].strip("-")
    return Path(agent).name


class Format(str, Enum):
    """Whose format tasks are exported in."""

    HARBOR = "harbor"
    VERIFIERS = "verifiers"


@app.command()
def export(
    context: typer.Context,
    env: EnvironmentName,
    out_folder: Annotated[
        Path, typer.Argument(metavar="OUT", help="An empty or a new folder; it gets one a task.")
    ],
    format_: Annotated[Format, typer.Option("--format", help="Whose.")] = Format.HARBOR,
    tasks: Annotated[int, typer.Option("--tasks", min=1, max=MAX_SAMPLES, help="How many.")] = 10,
    split: Annotated[Split, typer.Option("--split", help="Which tasks.")] = Split.EVAL,
    seed: Seed = 0,
    reward: Annotated[str, typer.Option("--reward", help="What is paid: a preset.")] = "binary",
    wheel: Annotated[
        Path | None,
        typer.Option(
            "--wheel", help="ForgeGym's, for the tests (default: built from its sources)."
        ),
    ] = None,
    offline: Annotated[
        bool,
        typer.Option("--offline", help="Put all wheels in: images are then built without PyPI."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Tasks as other people's harnesses have them.

    Harbor: a folder a task, with an instruction, an image, a solution, and tests, in which
    ForgeGym's verifier judges in an image that the agent never sees. verifiers: a package for `pip
    install OUT` that `vf-eval` and prime-rl load tasks by; the other options are then theirs, and
    refused here.
    """
    from ..adapters.harbor import export as export_tasks
    from ..adapters.packages import write_package

    name = environment_id(env)
    if format_ is Format.VERIFIERS:
        for option in ("tasks", "split", "seed", "reward", "wheel", "offline"):
            source = context.get_parameter_source(option)
            if source is not None and source.name == "COMMANDLINE":
                raise UsageError(
                    f"--{option} is of Harbor's format; the package's tasks are chosen where they "
                    "are loaded, with --env.taskset"
                )
        package = write_package(name, out_folder)
        if as_json:
            print_json({"format": format_.value, "package": package})
        else:
            out.print(f"{package}: {escape(str(out_folder))}", soft_wrap=True)
        return
    with err.status("writing"):
        folders = export_tasks(
            name, out_folder, tasks, split=split.value, seed=seed, reward=reward, wheel=wheel,
            offline=offline,
        )  # fmt: skip
    if as_json:
        print_json({"format": format_.value, "tasks": [str(folder) for folder in folders]})
    else:
        out.print(f"{len(folders)} tasks: {escape(str(out_folder))}", soft_wrap=True)


@app.command()
def validate(
    env: EnvironmentName,
    tasks: Annotated[
        Tasks | None,
        typer.Option(
            "--tasks", help="Of Compact: open or spec, which has specifications. Default: both."
        ),
    ] = None,
    tasks_from: TasksFrom = None,
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
    compact-runtime; open ones do without: the template agent's contract solves each, and neither
    the empty nor the constant program does. Of a set (`--tasks-from`): references pass, and
    programs that do nothing, and the set's own wrong ones, do not.
    """
    from ..benchmarks.validate import Row, ValidationError, chosen, in_a_line, print_rows, to_json
    from ..benchmarks.validate import validate as validate_all
    from ..verifiers.compact.toolchain import CompactVerifier

    name = environment_id(env)
    if LANGUAGES[name] != "compact" or tasks_from is not None:
        if tasks is not None:
            raise UsageError("--tasks chooses among ForgeGym's own tasks for Compact")
        if toolchain is not Toolchain.AUTO:
            raise UsageError("--toolchain is of Compact; other languages have one each")
    if tasks_from is not None:
        if only:
            raise UsageError("--only chooses among ForgeGym's own tasks; a set is validated whole")
        _validate_set(name, tasks_from, sandbox, workers, as_json=as_json)
        return
    if LANGUAGES[name] != "compact":
        _validate_families(name, only or (), sandbox, workers, as_json=as_json)
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
        with progress("validating", total) as show:
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
        print_json(to_json(rows, toolchain_name, box))
    else:
        print_rows(rows, out)
    if missing and tasks is None:
        raise typer.Exit(MACHINE)
    if not all(row.sound for row in rows):
        raise typer.Exit(REFUSED)


def _validate_set(
    name: str, tasks_from: str, sandbox: SandboxChoice, workers: int | None, *, as_json: bool
) -> None:
    from ..benchmarks.validate import ValidationError
    from ..benchmarks.validate_sets import validate_set

    try:
        found = validate_set(name, tasks_from, sandbox=sandbox.value, workers=workers)
    except ValidationError as error:
        err.print(str(error), soft_wrap=True)
        raise typer.Exit(MACHINE) from error
    if as_json:
        print_json(found.to_json())
    else:
        found.show(out)
    if not found.sound:
        raise typer.Exit(REFUSED)


def _validate_families(
    name: str,
    only: Sequence[str],
    sandbox: SandboxChoice,
    workers: int | None,
    *,
    as_json: bool,
) -> None:
    from ..benchmarks import validate_families, validate_suites
    from ..benchmarks.validate import Row, ValidationError, in_a_line, print_rows, to_json
    from ..verifiers.python.suites import SuiteVerifier

    validated: Any = validate_families.validate
    kind: Any = SuiteVerifier
    if name == "PythonTests-v0":
        tasks, validated = validate_suites.chosen(only), validate_suites.validate
    else:
        tasks = validate_families.chosen(LANGUAGES[name], only)
        kind = validate_families.LANGUAGES[LANGUAGES[name]].verifier
    verifier = kind(sandbox=sandbox.value, workers=workers)
    try:
        with progress("validating", len(tasks)) as show:
            done = 0

            def on_row(row: Row) -> None:
                nonlocal done
                done += 1
                show(done)
                err.print(in_a_line(row), highlight=False, soft_wrap=True)

            rows = validated(verifier, tasks, on_row)
    except ValidationError as error:
        err.print(str(error), soft_wrap=True)
        raise typer.Exit(MACHINE) from error
    finally:
        verifier.close()
    if as_json:
        print_json(to_json(rows, str(verifier.toolchain), verifier.sandbox))
    else:
        print_rows(rows, out)
    if not all(row.sound for row in rows):
        raise typer.Exit(REFUSED)
