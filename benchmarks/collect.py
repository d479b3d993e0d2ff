"""Programs of an agent, each verified, as files and as a JSONL of examples to train on.

What is refused, too simple or already written is counted and drawn again, up to a bound, so that
an agent that cannot do what is asked ends with a count and not never.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..agents.lock import files
from ..envs.registration import LANGUAGES
from .asking import BATCH
from .evaluate import sample
from .evaluation_config import EvaluationConfig, EvaluationError
from .evaluation_rows import Row
from .records import Rows, own_folder, write_json, write_text

if TYPE_CHECKING:
    from ..agents.agent import Agent

EXAMPLES, COUNTS = "examples.jsonl", "summary.json"

# Draws for each program that is wanted. A policy that hits one in twenty still ends; one that
# never does is not asked for hours.
ATTEMPTS_PER_PROGRAM = 20

SUFFIXES = {"compact": ".compact", "python": ".py", "rust": ".rs", "verilog": ".v"}


@dataclass(slots=True)
class Counts:
    """What became of the draws; `kept` are the programs written."""

    wanted: int
    drawn: int = 0
    kept: int = 0
    refused: int = 0
    too_simple: int = 0
    repeated: int = 0
    unanswered: int = 0
    failures: int = 0

    def __str__(self) -> str:
        lost = (
            (self.refused, "refused"),
            (self.too_simple, "too simple"),
            (self.repeated, "repeated"),
            (self.unanswered, "not answered by the agent"),
            (self.failures, "not judged (the machine failed)"),
        )
        reasons = ", ".join(f"{n} {what}" for n, what in lost if n)
        return f"{self.kept} of {self.wanted} written, from {self.drawn} drawn" + (
            f" ({reasons})" if reasons else ""
        )


def collect_into(
    folder: Path,
    agent: Agent,
    config: EvaluationConfig,
    *,
    min_complexity: int,
    on_rows: Callable[[Counts], None],
) -> Counts:
    """Write `config.samples` different accepted programs of at least `min_complexity`, which is
    measured of Compact alone.

    Into `folder`: one file a program, ``examples.jsonl`` (prompt, source, reward, task and
    toolchain of each, and of Compact the complexity) and ``summary.json`` (the counts). Raises
    `EvaluationError` when the folder holds something already or the agent answers nothing any
    more, `records.OutputError` when it cannot be written; what was written by then stays. Raises
    `agents.lock.FolderInUseError` while another process works in it.
    """
    with own_folder(folder):
        if files(folder):
            raise EvaluationError(f"{folder} is not empty; name another folder")
        counts = Counts(config.samples)
        seen: set[str] = set()
        suffix = SUFFIXES[LANGUAGES[config.env]]
        with Rows(folder / EXAMPLES) as examples:
            draws = range(config.samples * ATTEMPTS_PER_PROGRAM)
            width = min(BATCH, config.samples)
            silent: list[dict[str, str]] = []  # in a row
            for rows in sample(agent, config, draws, width=width):
                for row in rows:
                    silent = [] if row["agent_error"] is None else [*silent, row["agent_error"]]
                    if len(silent) == width:
                        kind, told = silent[0]["kind"], silent[0]["message"]
                        raise EvaluationError(
                            f"the agent {agent.name!r} answers nothing any more ({kind}): {told}"
                        )
                for row in rows:
                    if counts.kept == counts.wanted:
                        break
                    counts.drawn += 1
                    if _keeps(row, seen, counts, min_complexity):
                        counts.kept += 1
                        write_text(folder / f"{counts.kept:04d}{suffix}", row["source"])
                        examples.append(_example(row, agent.name))
                on_rows(counts)
                if counts.kept == counts.wanted:
                    break
        write_json(
            folder / COUNTS,
            {
                "config": {**asdict(config), "min_complexity": min_complexity},
                "counts": asdict(counts),
            },
        )
        return counts


def _keeps(row: Row, seen: set[str], counts: Counts, min_complexity: int) -> bool:
    """Whether this row is one to write; counts why not."""
    text = " ".join(row["source"].split())
    if not row["valid"]:
        counts.failures += 1
    elif row["agent_error"] is not None:
        counts.unanswered += 1
    elif not row["accepted"]:
        counts.refused += 1
    elif row.get("complexity", min_complexity) < min_complexity:
        counts.too_simple += 1
    elif text in seen:
        counts.repeated += 1
    else:
        seen.add(text)
        return True
    return False


def _example(row: Row, agent: str) -> dict[str, Any]:
    kept = ("prompt", "source", "complexity", "reward", "task_id", "task_key", "toolchain")
    return {"agent": agent, **{key: row[key] for key in kept if key in row}}
