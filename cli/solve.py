"""`solve`: a policy reasons about a problem in stages and writes a Python function for it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from .shell import (
    ACCEPTED,
    MACHINE,
    REFUSED,
    AgentSettings,
    AllowUnsafe,
    AsJson,
    Device,
    SandboxChoice,
    SandboxName,
    Seed,
    Temperature,
    UsageError,
    app,
    make_agent,
    out,
    print_json,
    progress,
)

if TYPE_CHECKING:
    from ..benchmarks.solve import Solution
    from ..verifiers.task import Task

ENV = "PythonReasoning-v0"

Text = Annotated[
    str | None,
    typer.Argument(metavar="PROBLEM", help="What the function is to do; - reads standard input."),
]
Signature = Annotated[
    str | None,
    typer.Option("--signature", help='With PROBLEM: as "f(xs: list[int], k: int) -> int".'),
]
WrittenTests = Annotated[
    str,
    typer.Option("--tests", help='With PROBLEM: "assert f([1], 2) == 3; ...", between semicolons.'),
]
ProblemFile = Annotated[
    Path | None,
    typer.Option("--file", help="A file of problems (see docs/python.md): all of them, or --id."),
]
ProblemId = Annotated[
    str | None, typer.Option("--id", help="The one problem of --file that is solved.")
]
Out = Annotated[
    Path | None, typer.Option("--out", help="With --file: a folder for a row a problem.")
]
Stages = Annotated[
    str | None,
    typer.Option("--stages", help="Which, with commas between them (default: all five)."),
]
TextTokens = Annotated[
    int | None, typer.Option("--max-text-tokens", min=1, help="Of a stage of text.")
]
NewTokens = Annotated[int | None, typer.Option("--max-new-tokens", min=1, help="Of a program.")]
TopP = Annotated[
    float | None,
    typer.Option("--top-p", help="Sample among the likeliest tokens of this probability."),
]
Attempts = Annotated[
    int, typer.Option("--attempts", min=1, help="Programs at most, while tests fail.")
]
RunTests = Annotated[
    bool, typer.Option("--run-tests/--no-run-tests", help="Whether the program is run.")
]
Reasoning = Annotated[
    bool, typer.Option("--reasoning/--no-reasoning", help="Whether texts are shown.")
]


@app.command()
def solve(
    problem: Text = None,
    agent: Annotated[
        str,
        typer.Option(
            "--agent", "--checkpoint", help="As for `eval`; for one, an adapter's folder."
        ),
    ] = "tiny",
    signature: Signature = None,
    tests: WrittenTests = "",
    file: ProblemFile = None,
    problem_id: ProblemId = None,
    out_folder: Out = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with what is in --out.")] = False,
    stages: Stages = None,
    attempts: Attempts = 1,
    run_tests: RunTests = True,
    reasoning: Reasoning = True,
    max_text_tokens: TextTokens = None,
    max_new_tokens: NewTokens = None,
    temperature: Temperature = None,
    top_p: TopP = None,
    device: Device = None,
    agent_settings: AgentSettings = None,
    seed: Seed = 0,
    sandbox: SandboxName = SandboxChoice.AUTO,
    allow_unsafe: AllowUnsafe = False,
    as_json: AsJson = False,
) -> None:
    """A Python function for a problem, reasoned about in stages.

    Exit code 0: all tests that were run passed (or none were), 1: not all, 2: bad input,
    3: the machine failed.
    """
    from ..benchmarks.solve import SolveConfig
    from ..benchmarks.solve import solve as solve_one
    from ..verifiers.python.toolchain import PythonVerifier

    found = _problems(problem, signature, tests, file, problem_id)
    if out_folder is None and len(found) > 1:
        raise UsageError(f"{file} has {len(found)} problems: give --out for all, or --id for one")
    if out_folder is not None and file is None:
        raise UsageError("--out is for the problems of a --file")
    if resume and out_folder is None:
        raise UsageError("--resume goes on with what is in --out")
    config = SolveConfig(
        agent=agent,
        stages=_stages(stages),
        seed=seed,
        attempts=attempts,
        run_tests=run_tests,
        max_text_tokens=max_text_tokens,
        max_new_tokens=max_new_tokens,
    )
    options: dict[str, Any] = {} if top_p is None else {"top_p": top_p}
    player: Any = make_agent(
        agent,
        env=ENV,
        temperature=temperature,
        device=device,
        stop=None,
        settings=agent_settings,
        **options,
    )
    verifier = None
    if run_tests and any(task.tests for task in found):
        verifier = PythonVerifier(sandbox=sandbox.value, allow_unsafe=allow_unsafe)
    try:
        if out_folder is not None:
            _solve_file(player, found, config, out_folder, verifier, resume, as_json)
            return

        def on_stage(name: str, text: str) -> None:
            if not as_json and (reasoning or name == config.stages[-1].name):
                out.rule(name, align="left", style="dim")
                out.print(text.rstrip(), markup=False, highlight=False, soft_wrap=True)

        solution = solve_one(player, found[0], config, verifier=verifier, on_stage=on_stage)
    finally:
        if verifier is not None:
            verifier.close()
    if as_json:
        told = solution.to_json()
        print_json(told if reasoning else {k: v for k, v in told.items() if k != "reasoning"})
    else:
        _tell(solution)
    raise typer.Exit(_code(solution))


def _problems(
    text: str | None, signature: str | None, tests: str, file: Path | None, problem_id: str | None
) -> list[Task]:
    """What is to be solved. Raises `UsageError`, or what reading problems raises."""
    from ..envs.tasks.problems import problem, read_problems

    if (text is None) == (file is None):
        raise UsageError("give a PROBLEM, or a --file of them")
    if file is not None:
        if signature or tests:
            raise UsageError("--signature and --tests belong to a PROBLEM; a --file has its own")
        found = read_problems(file)
        if problem_id is None:
            return found
        chosen = [task for task in found if task.id.rpartition("/")[2] == problem_id]
        if not chosen:
            raise UsageError(f"{file} has no problem {problem_id!r}")
        return chosen
    if problem_id is not None:
        raise UsageError("--id names a problem of a --file")
    if signature is None:
        raise UsageError("a PROBLEM needs a --signature")
    said = sys.stdin.read() if text == "-" else str(text)
    if not said.strip():
        raise UsageError("the problem is empty")
    return [problem(said, signature, tests)]


def _stages(names: str | None) -> tuple[Any, ...]:
    from ..envs.reasoning import STAGES

    known = {stage.name: stage for stage in STAGES}
    chosen = list(known) if names is None else [name.strip() for name in names.split(",")]
    for name in chosen:
        if name not in known:
            raise UsageError(f"there is no stage {name!r}; there are: {', '.join(known)}")
    if [known[name].kind for name in chosen] != ["text"] * (len(chosen) - 1) + ["code"]:
        raise UsageError("the last stage, and no other, is code")
    return tuple(known[name] for name in chosen)


def _solve_file(
    player: Any,
    found: list[Task],
    config: Any,
    folder: Path,
    verifier: Any,
    resume: bool,
    as_json: bool,
) -> None:
    from ..benchmarks.solve import solutions, solve_all

    with progress("solving", len(found)) as show:
        every = solve_all(player, found, config, folder, verifier=verifier, resume=resume)
        for done, solution in enumerate(every, start=1):
            show(done, f"solving ({solution.id})")
            if not as_json:
                out.print(f"{escape(solution.id)}: {_said(solution)}", soft_wrap=True)
    rows = solutions(folder)
    run = [row for row in rows if row["solved"] is not None]
    solved = sum(row["solved"] for row in run)
    failed = sum(row["failure"] is not None for row in rows)
    errors = sum(row["agent_error"] is not None for row in rows)
    if as_json:
        print_json(
            {
                "problems": len(rows), "tested": len(run), "solved": solved, "failures": failed,
                "agent_errors": errors, "solutions": rows,
            }
        )  # fmt: skip
    else:
        out.print(f"{solved} of {len(run)} that were tested pass all tests: {escape(str(folder))}")
    if failed:
        raise typer.Exit(MACHINE)
    if solved < len(run) or errors:
        raise typer.Exit(REFUSED)


def _said(solution: Solution) -> str:
    if solution.agent_error is not None:
        return f"the agent failed: {escape(solution.agent_error)}"
    if solution.failure is not None:
        return f"not run, the machine failed: {escape(solution.failure)}"
    if solution.tests is None:
        return "not tested"
    passed, total = solution.tests
    return f"{passed} of {total} tests pass"


def _tell(solution: Solution) -> None:
    out.rule("tests", align="left", style="dim")
    out.print(_said(solution), soft_wrap=True)
    for message in solution.failed:
        out.print(f"- {message}", markup=False, soft_wrap=True)


def _code(solution: Solution) -> int:
    if solution.failure is not None:
        return MACHINE
    return ACCEPTED if solution.solved is not False and not solution.agent_error else REFUSED
