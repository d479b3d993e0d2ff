"""Replay before rank: every program of a results folder goes through the verifier again.

An entry is rejected when it contradicts itself (a program that is not the one whose hash it gives,
a seed that does not follow from the evaluation's, figures that do not follow from the rows) or when
the verifier here says anything else of a program than the entry does. It cannot be verified, which
is no pass, where its toolchain is not on this machine.

A sample is drawn from the verifier's own randomness, after the entry is there: whoever knew which
episodes are replayed could forge the others.
"""

from __future__ import annotations

import math
import random
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

from ... import __version__
from ...agents.agent import Answer
from ...verifiers.sandbox.base import SandboxError
from ...verifiers.verifier import ChoiceError, ToolchainMissingError
from ..evaluate import (
    Episode,
    EvaluationError,
    Row,
    frozen_tasks,
    play,
    resolved_toolchain,
    source_sha256,
    tasks_digest,
    text_seed,
)
from .entries import Entry, EntryError, read_entry

# What a replay must find again. Seconds and tokens are the entry's word.
REPLAYED = (
    "task_id", "task_key", "family", "difficulty", "turns", "sha256", "reward", "components",
    "valid", "stage", "compiled", "accepted", "solved", "tests", "diagnostics", "toolchain",
    "complexity", "decisions", "structures",
)  # fmt: skip
# Sums of the same numbers differ in the last bits between versions of numpy.
_TOLERANCE = 1e-9
_TIMED = ("agent_seconds", "judging_seconds")
# Figures that a summary may lack, because it is older than they are.
_SINCE: dict[str, Any] = {"agent_error_kinds": {}, "prompt_tokens": None, "cost": None}


class Outcome(str, Enum):
    """What came of verifying an entry."""

    VERIFIED = "verified"
    SAMPLED = "sample verified"
    REJECTED = "rejected"
    UNAVAILABLE = "cannot be verified here"


@dataclass(frozen=True, slots=True)
class Verification:
    """`replayed` of the entry's `episodes` were judged again. `said`: one sentence for each way in
    which it is wrong, or the reason why it cannot be verified here. `sample_seed`: what the sample
    was drawn with, None where all were replayed."""

    folder: Path
    outcome: Outcome
    episodes: int
    replayed: int
    said: tuple[str, ...] = ()
    sample_seed: int | None = None

    def __str__(self) -> str:
        if self.outcome in (Outcome.VERIFIED, Outcome.SAMPLED):
            told = f"{self.replayed} of {self.episodes} episodes replayed"
        else:
            told = self.said[0]
            if len(self.said) > 1:
                told += f" (and {len(self.said) - 1} more)"
        if self.sample_seed is not None:
            told += f" (drawn with the seed {self.sample_seed})"
        return f"{self.outcome.value}: {told}"

    def to_json(self) -> dict[str, Any]:
        return {
            "folder": str(self.folder),
            "outcome": self.outcome.value,
            "episodes": self.episodes,
            "replayed": self.replayed,
            "sample_seed": self.sample_seed,
            "said": list(self.said),
        }


def draw_seed() -> int:
    """A seed for a sample that nobody can have foreseen."""
    return secrets.randbits(53)  # a number that every reader of JSON keeps whole


def verify(
    folder: Path,
    *,
    sample: int | None = None,
    sample_seed: int | None = None,
    workers: int | None = None,
) -> Verification:
    """Replay a results folder: all of its episodes, or a `sample` of so many.

    `sample_seed`: what the sample is drawn with, to repeat one (None: `draw_seed`). `workers`:
    programs judged at a time (None: one per CPU).
    """
    try:
        entry = read_entry(folder)
    except EntryError as error:
        return Verification(folder, Outcome.REJECTED, 0, 0, (str(error),))
    chosen: list[int] = []
    drawn: int | None = None

    def ended(outcome: Outcome, *said: str) -> Verification:
        return Verification(folder, outcome, len(entry.rows), len(chosen), said, drawn)

    try:
        if wrong := list(_contradictions(entry)):
            return ended(Outcome.REJECTED, *wrong)
        here, _ = resolved_toolchain(entry.config)
        if here != entry.toolchain:
            told = f"judged by {entry.toolchain}; the toolchain of this machine is {here}"
            return ended(Outcome.UNAVAILABLE, told)
        played = _played(entry)
        if sample is None or sample >= len(played):
            chosen = played
        else:
            drawn = draw_seed() if sample_seed is None else sample_seed
            chosen = sorted(random.Random(drawn).sample(played, sample))
        wrong, broken = _differences(entry, chosen, workers)
    except (ToolchainMissingError, SandboxError) as error:
        return ended(Outcome.UNAVAILABLE, f"judged by {entry.toolchain}: {error}")
    except _UnavailableError as error:
        return ended(Outcome.UNAVAILABLE, str(error))
    except (ChoiceError, EvaluationError) as error:
        return ended(Outcome.REJECTED, str(error))
    if wrong:
        return ended(Outcome.REJECTED, *wrong)
    if broken:
        return ended(Outcome.UNAVAILABLE, *broken)
    return ended(Outcome.VERIFIED if drawn is None else Outcome.SAMPLED)


class _UnavailableError(Exception):
    """This machine cannot say whether an entry is right."""


# ---------------------------------------------------------------- what an entry says of itself


def _contradictions(entry: Entry) -> Iterator[str]:
    config, rows = entry.config, entry.rows
    frozen = frozen_tasks(config)
    digest = tasks_digest(frozen) if frozen else None
    if digest != entry.described["tasks_digest"]:
        if entry.described["forgegym"] != __version__:
            raise _UnavailableError(
                f"evaluated with ForgeGym {entry.described['forgegym']}, whose tasks are not those "
                f"of {__version__}"
            )
        yield "the digest of its tasks is not that of the tasks here"
    indices = [row["index"] for row in rows]
    if indices != list(range(len(rows))) or (config.budget is None and len(rows) != config.samples):
        yield f"{len(rows)} episodes are there, not each of the {config.samples}"
    for row in rows:
        told = f"episode {row['index']}"
        if row["seed"] != text_seed(config.seed, row["index"]):
            yield f"{told}: its seed {row['seed']} does not follow from the seed {config.seed}"
        for program in (*row.get("attempts", ()), row):
            if program["sha256"] != source_sha256(program["source"]):
                yield f"{told}: the program is not the one whose sha256 it gives"
            if program["toolchain"] != entry.toolchain:
                yield (
                    f"{told}: judged by {program['toolchain']}, and the entry by {entry.toolchain}"
                )
        if not row["valid"]:
            yield f"{told}: the machine failed on it; `forgegym eval --resume` plays it again"
        if frozen:
            task = frozen[row["index"] % len(frozen)]
            kept = (task.id, task.key, task.family, task.difficulty)
            if (row["task_id"], row["task_key"], row["family"], row["difficulty"]) != kept:
                yield f"{told}: its task is not {task.id}"
        if row["agent_error"] is not None and (row["reward"], row["solved"]) != (0.0, False):
            yield f"{told}: the agent raised an error, and is paid {row['reward']}"
    figures = entry.summary().to_json()
    for name, value in figures.items():
        stored = entry.stored.get("summary", {}).get(name, _SINCE.get(name))
        if name not in _TIMED and not _same(stored, value):
            yield f"its summary's {name} does not follow from its rows"


def _same(stored: Any, found: Any) -> bool:
    """Whether two JSON documents are equal, numbers but for the last bits."""
    if isinstance(found, dict) and isinstance(stored, dict):
        return stored.keys() == found.keys() and all(_same(stored[k], found[k]) for k in found)
    if isinstance(found, (list, tuple)) and isinstance(stored, (list, tuple)):
        return len(stored) == len(found) and all(map(_same, stored, found))
    if isinstance(found, bool) or isinstance(stored, bool):
        return stored is found
    if isinstance(found, (int, float)) and isinstance(stored, (int, float)):
        return math.isclose(stored, found, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)
    return bool(stored == found)


# ---------------------------------------------------------------- the replay


def _played(entry: Entry) -> list[int]:
    """The episodes in which the agent answered."""
    return [row["index"] for row in entry.rows if row["agent_error"] is None]


def _differences(
    entry: Entry, chosen: Sequence[int], workers: int | None
) -> tuple[list[str], list[str]]:
    """What is judged differently, and what the machine failed on."""
    stored = {row["index"]: row for row in entry.rows}

    def answers(episodes: Sequence[Episode]) -> list[Answer]:
        return [Answer(_program(stored[e.index], len(e.attempts))) for e in episodes]

    wrong, broken = [], []
    config = replace(entry.config, budget=None)
    for rows in play(answers, config, chosen, workers=workers):
        for found in rows:
            kept = stored[found["index"]]
            told = f"episode {found['index']}"
            if found["failure"] is not None:
                broken.append(f"{told}: the machine failed: {found['failure']['message']}")
                continue
            names = [n for n in REPLAYED if not _same(kept.get(n), found.get(n))]
            if names:
                n = names[0]
                wrong.append(
                    f"{told}: {n} is {_short(kept.get(n))}, and replayed {_short(found.get(n))}"
                )
                continue
            earlier = [p for p in (kept, found) if "attempts" in p]
            if earlier and not _same(*(_rewards(p) for p in (kept, found))):
                wrong.append(f"{told}: its earlier attempts are paid {_short(_rewards(kept))}, and "
                             f"replayed {_short(_rewards(found))}")  # fmt: skip
    return wrong, broken


def _program(row: Row, turn: int) -> str:
    """The program of a turn; none where the stored episode was over by then."""
    programs = [*(attempt["source"] for attempt in row.get("attempts", ())), row["source"]]
    return programs[turn] if turn < len(programs) else ""


def _rewards(row: Row) -> list[float]:
    return [attempt["reward"] for attempt in row.get("attempts", ())]


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 80 else text[:79] + "…"
