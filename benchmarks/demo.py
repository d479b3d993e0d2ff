"""`forgegym demo`: a small policy learns to write contracts, and what it learnt is measured.

The base writes contracts of one decision at most. It is evaluated on the frozen eval prompts,
trained with GRPO against the embedded front end on the training prompts, and evaluated again on the
same eval prompts with the same seeds. Nothing but python is needed; where a real compiler is found,
it judges what was learnt.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.panel import Panel
from rich.syntax import Syntax

from ..verifiers.sandbox.base import SandboxUnavailableError
from ..verifiers.verifier import ToolchainMissingError
from .compact_agreement import compile_all
from .evaluate import evaluate_into, read_rows
from .evaluation_config import REWARDS, EvaluationConfig
from .evaluation_rows import Row
from .records import make_folder, take_folder, write_json, write_text
from .report import evaluation_table, percent_interval
from .statistics import Estimate, wilson
from .summary import QUALITY_COMPLEXITY, ContractSummary

if TYPE_CHECKING:
    from ..agents.agent import Agent

ENV = "CompactContract-v0"
# As many contracts of the trained policy go before the real compiler: 40 seconds on two cores.
JUDGED = 200
SHOWN = 3


def new_folder() -> Path:
    """`runs/demo`, or with a number when that is taken: a demo never writes over another."""
    runs = Path("runs")
    taken = {path.name for path in runs.glob("demo*")}
    names = ("demo", *(f"demo-{n}" for n in range(2, len(taken) + 3)))
    return runs / next(name for name in names if name not in taken)


def run(
    folder: Path, *, samples: int, iterations: int | None, seed: int, console: Console
) -> dict[str, Any]:
    """The whole demo into `folder`; returns what `summary.json` there holds.

    Raises `records.ForeignFolderError` when there is something in it, and as the trainer and the
    evaluation do, with a sentence for the user.
    """
    from ..agents.grpo import GRPOConfig, train_grpo
    from ..agents.policy_agent import load_policy_agent

    began = time.monotonic()
    take_folder(folder)

    console.rule("1  the base policy")
    before = _evaluate(folder / "before", load_policy_agent("tiny"), samples, seed, console)

    console.rule("2  GRPO against the embedded front end, on training prompts")
    training: dict[str, Any] = {"out": folder / "grpo", "seed": seed, "toolchain": "frontend"}
    if iterations is not None:
        training["iterations"] = iterations
    result = train_grpo(GRPOConfig(**training), console=console)
    if not result.finished:
        raise SystemExit(130)

    console.rule("3  what it learnt, on eval prompts it has not seen")
    after = _evaluate(folder / "after", load_policy_agent(folder / "grpo"), samples, seed, console)
    rows = read_rows(folder / "after")
    for row in _examples(rows):
        title = (
            f"{row['task_id'].split('/')[0]}, complexity {row['complexity']}: "
            f"{' '.join(filter(None, row['structures']))}"
        )
        code = Syntax(row["source"].strip(), "typescript", theme="ansi_dark", word_wrap=True)
        console.print(Panel(code, title=title, title_align="left"))
    console.print(
        evaluation_table(
            {"base policy": before, "after GRPO": after},
            title=f"{ENV}, eval prompts",
            reward=REWARDS[ENV],
        )
    )
    judged = _real_compiler(folder / "contracts", rows, console)
    minutes = (time.monotonic() - began) / 60
    console.print(f"curves: {folder / 'grpo' / 'curves.png'}", soft_wrap=True)
    console.print(f"all of it: {folder} ({minutes:.1f} minutes)", soft_wrap=True)
    document = {
        "before": before.to_json(),
        "after": after.to_json(),
        "compactc_accepts": None if judged is None else judged.to_json(),
        "minutes": minutes,
    }
    write_json(folder / "summary.json", document)
    return document


def _evaluate(
    folder: Path, agent: Agent, samples: int, seed: int, console: Console
) -> ContractSummary:
    config = EvaluationConfig(
        ENV, agent.name, samples, seed=seed, toolchain="frontend", reward=REWARDS[ENV]
    )
    done = 0
    with console.status(f"sampling {samples} contracts") as status:

        def show(rows: list[Row]) -> None:
            nonlocal done
            done += len(rows)
            status.update(f"sampled {done} of {samples} contracts")

        summary = evaluate_into(folder, agent, config, on_rows=show)
    assert isinstance(summary, ContractSummary)
    console.print(
        f"{agent.name}: {percent_interval(summary.compile_rate)} compile, "
        f"{percent_interval(summary.high_quality_rate)} compile with complexity > "
        f"{QUALITY_COMPLEXITY}",
        soft_wrap=True,
    )
    return summary


def _examples(rows: Sequence[Row]) -> list[Row]:
    """A few contracts that do all they were asked for if there are any, of different structures."""
    good = [r for r in rows if r["accepted"] and r["complexity"] > QUALITY_COMPLEXITY]
    chosen: list[Row] = []
    for row in sorted(good, key=lambda r: (not r["solved"], r["index"])):
        if all(row["structures"] != other["structures"] for other in chosen):
            chosen.append(row)
    return chosen[:SHOWN]


def _real_compiler(folder: Path, rows: Sequence[Row], console: Console) -> Estimate | None:
    """Of the first samples that the front end accepts, the share that compactc accepts."""
    sampled = rows[:JUDGED]
    accepted = {f"{r['index']:04d}.compact": r["source"] for r in sampled if r["accepted"]}
    make_folder(folder)
    for name, source in accepted.items():
        write_text(folder / name, source)
    try:
        with console.status(f"compactc compiles {len(accepted)} contracts"):
            facts = compile_all(accepted)
    except (ToolchainMissingError, SandboxUnavailableError) as error:
        console.print(
            f"compactc could not judge the {len(accepted)} of {len(sampled)} contracts that the "
            f"front end accepts ({error}); they are in {folder}, for "
            f"`forgegym bench compact-agreement --contracts {folder}`",
            soft_wrap=True,
        )
        return None
    judged = wilson(sum(fact["accepted"] for fact in facts), len(facts))
    refused = {fact["id"]: fact["message"] for fact in facts if not fact["accepted"]}
    write_json(folder.parent / "compactc.json", {"judged": len(facts), "refused": refused})
    console.print(
        f"compactc accepts {percent_interval(judged)} of the {len(facts)} contracts that the front "
        f"end accepts, of {len(sampled)} sampled",
        soft_wrap=True,
    )
    return judged
