"""Measurements: the demo, studies, and `bench`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from .shell import (
    INTERRUPTED,
    MAX_SAMPLES,
    REFUSED,
    AsJson,
    SandboxChoice,
    Seed,
    UsageError,
    app,
    bench_app,
    environment_id,
    err,
    out,
    print_json,
    progress,
)


@app.command()
def demo(
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Results folder (default: a new one in runs/).")
    ] = None,
    num_samples: Annotated[
        int, typer.Option("--num-samples", min=1, max=MAX_SAMPLES, help="Before, and after.")
    ] = 256,
    iterations: Annotated[
        int | None, typer.Option("--iterations", min=1, help="How many in all.")
    ] = None,
    seed: Seed = 0,
) -> None:
    """A small policy learns Compact in some minutes, and what it learnt is measured."""
    from ..benchmarks.demo import new_folder, run

    run(
        out_folder or new_folder(),
        samples=num_samples,
        iterations=iterations,
        seed=seed,
        console=out,
    )


@app.command()
def study(
    name: Annotated[
        str,
        typer.Argument(
            help="algorithms, stability, degradation, rewards, python, rust, verilog or duel."
        ),
    ],
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
    from ..benchmarks.records import write_text
    from ..benchmarks.studies.catalogue import STUDIES
    from ..benchmarks.studies.runs import StudyError

    if name not in STUDIES:
        raise UsageError(f"there is no study {name!r}; there are {', '.join(STUDIES)}")
    folder = out_folder or Path("runs") / f"study-{name}"
    try:
        conclusion = STUDIES[name].conduct(
            folder,
            seeds=seeds,
            workers=workers or os.cpu_count() or 1,
            say=lambda line: err.print(line, markup=False, highlight=False, soft_wrap=True),
        )
    except StudyError as error:
        raise UsageError(str(error)) from error
    conclusion.draw(folder / "curves.png")
    write_text(folder / "table.md", conclusion.markdown())
    if as_json:
        print_json(conclusion.results)
    else:
        out.print(conclusion.table())
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
    from ..benchmarks.compact_agreement import (
        compile_all,
        default_data,
        load,
        measure,
        read_contracts,
    )
    from ..benchmarks.report import print_agreement

    if contracts is not None and data is not None:
        raise UsageError("--data and --contracts both name programs; give one of them")
    if contracts is not None:
        report = measure(compile_all(read_contracts(contracts)))
    else:
        report = measure(load(data or default_data()))
    if as_json:
        print_json(report.to_json())
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
    from ..benchmarks.compact_agreement import read_contracts
    from ..benchmarks.compact_robustness import default_programs, measure, print_robustness

    programs = default_programs() if contracts is None else [*read_contracts(contracts).values()]
    report = measure(
        programs,
        mutants=mutants,
        texts=texts,
        seed=seed,
        say=lambda line: err.print(line, markup=False, soft_wrap=True),
    )
    if as_json:
        print_json(report.to_json())
    else:
        print_robustness(report, out)
    if not report.sound:
        raise typer.Exit(1)


@bench_app.command("sb3")
def bench_sb3(
    envs: Annotated[
        list[str] | None,
        typer.Option("--env", help="An environment id; repeatable (default: all four)."),
    ] = None,
    out_folder: Annotated[
        Path, typer.Option("--out", help="The folder that holds the runs.")
    ] = Path("runs/sb3"),
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Runs of each arm.")] = 5,
    sandbox: Annotated[
        SandboxChoice, typer.Option("--sandbox", help="What programs run in.")
    ] = SandboxChoice.AUTO,
    as_json: AsJson = False,
) -> None:
    """Maskable PPO against chance and search on the discrete view, at equal numbers of programs.

    Given again, the command goes on where it was stopped.
    """
    from ..benchmarks import classic
    from ..benchmarks.records import write_text

    chosen = [environment_id(env) for env in envs or classic.SETTINGS]
    results = classic.conduct(
        chosen,
        out_folder,
        seeds=seeds,
        sandbox=sandbox.value,
        say=lambda line: err.print(line, markup=False, soft_wrap=True),
    )
    write_text(out_folder / classic.TABLE, classic.markdown(results))
    classic.draw(results, out_folder / classic.CURVES)
    if as_json:
        print_json(results)
    else:
        for table in classic.classic_tables(results):
            out.print(table)
        out.print(f"curves and table: {out_folder}", markup=False, soft_wrap=True)


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
    from ..benchmarks.speed.figures import print_report
    from ..benchmarks.speed.sandbox import BACKENDS, measure

    report = measure(
        backends=BACKENDS if backend == "all" else (backend,),
        items=items.split(",") if items else None,
        repetitions=repetitions,
        steps=steps,
        say=lambda line: err.print(line, markup=False, soft_wrap=True),
    )
    if as_json:
        print_json(report.to_json())
    else:
        print_report(report, out)
    if report.interrupted:
        raise typer.Exit(INTERRUPTED)


@bench_app.command("verify")
def bench_verify(
    backend: Annotated[str, typer.Option("--backend", help="docker, bubblewrap or all.")] = "all",
    languages: Annotated[
        str, typer.Option("--languages", help="Separated by commas.")
    ] = "python,rust,verilog",
    repetitions: Annotated[int, typer.Option("--repetitions", min=1)] = 100,
    steps: Annotated[int, typer.Option("--steps", min=0, help="Of throughput; 0: none.")] = 200,
    as_json: AsJson = False,
) -> None:
    """What a step of an environment takes, stage by stage, beside its tools alone."""
    from ..benchmarks.speed.sandbox import BACKENDS
    from ..benchmarks.speed.verify import measure, print_report

    report = measure(
        backends=BACKENDS if backend == "all" else (backend,),
        languages=languages.split(","),
        repetitions=repetitions,
        steps=steps,
        say=lambda line: err.print(line, markup=False, soft_wrap=True),
    )
    if as_json:
        print_json(report.to_json())
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
    from ..agents.policy import choose_device
    from ..benchmarks.speed import train

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
        print_json(report.to_json())
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
    from ..agents.policy import choose_device
    from ..benchmarks.speed import gpu

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
        print_json(found.to_json())
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

    from ..benchmarks.speed import soak

    if backend.value not in ("docker", "bubblewrap"):
        raise UsageError(f"--sandbox is docker or bubblewrap here, not {backend.value}")
    if restart is not None and backend is not SandboxChoice.DOCKER:
        raise UsageError("--restart is about Docker's engine; give --sandbox docker with it")
    reports = []
    with progress("jobs", jobs) as show:
        reports.append(soak.soak(backend.value, jobs=jobs, hostile=hostile, on_job=show))
    if kill:
        with progress("kills", kill) as show:
            reports.append(soak.kills(backend.value, times=kill, on_kill=show))
    if restart is not None:
        with progress("jobs around a restart", jobs // 10) as show:
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
        print_json([report.to_json() for report in reports])
    else:
        soak.print_reports(reports, out)
    raise typer.Exit(0 if all(report.held for report in reports) else 1)
