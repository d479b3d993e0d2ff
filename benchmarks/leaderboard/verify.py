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
from ...agents.agent import Answer, AnswerError, ErrorKind
from ...verifiers.sandbox.base import SandboxError
from ...verifiers.task import Task
from ...verifiers.verifier import ChoiceError, ToolchainMissingError
from ..asking import Episode, Together, text_seed
from ..evaluate import play, resolved_toolchain
from ..evaluation_config import EvaluationError, frozen_tasks, tasks_digest
from ..evaluation_rows import Row, source_sha256, unanswered
from .documents import short
from .entries import Entry, EntryError, read_entry

# What a replay need not find again: the entry's word.
_ITS_WORD = frozenset(("seconds", "tokens", "prompt_tokens", "cost"))
# Whoever writes so many of the tasks' references, to the letter, has seen them.
_OWN_AT_LEAST, _OWN_AT_MOST = 10, 0.5
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
    frozen = _tasks(entry)
    yield from _miscounted(entry)
    for row in rows:
        told = f"episode {row['index']}"
        if row["seed"] != text_seed(config.seed, row["index"]):
            yield f"{told}: its seed {row['seed']} does not follow from the seed {config.seed}"
        if row["agent_error"] is not None:
            nothing = unanswered(entry.toolchain, entry.language)
            for name in (n for n in nothing if not _same(row[n], nothing[n])):
                yield f"{told}: the agent did not answer, and its {name} is {short(str(row[name]))}"
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
    if frozen and not entry.oracle:
        own = sum(
            row["source"] == frozen[row["index"] % len(frozen)].reference
            for row in rows
            if row["agent_error"] is None
        )
        if own > _OWN_AT_MOST * len(rows) and own >= _OWN_AT_LEAST:
            yield (
                f"{own} of {len(rows)} programs are the tasks' own references, and it says that "
                "its agent is no oracle"
            )
    figures = entry.summary().to_json()
    for name, value in figures.items():
        stored = entry.stored.get(name, _SINCE.get(name))
        if name not in _TIMED and not _same(stored, value):
            yield f"its summary's {name} does not follow from its rows"


def _tasks(entry: Entry) -> list[Task]:
    """The frozen tasks that an entry is about; none for the training split.

    Raises `_UnavailableError` where this machine has not these tasks.
    """
    config, said = entry.config, entry.described["forgegym"]
    try:
        frozen = frozen_tasks(config)
    except (ChoiceError, OSError) as error:
        if config.tasks_from is None:
            raise
        raise _UnavailableError(f"its set of tasks is not here: {error}") from error
    if (tasks_digest(frozen) if frozen else None) == entry.described["tasks_digest"]:
        return frozen
    if config.tasks_from is not None:
        raise _UnavailableError(f"{config.tasks_from} has other tasks here")
    if said != __version__:
        told = f"evaluated with ForgeGym {said}, whose tasks are not those of {__version__}"
        raise _UnavailableError(told)
    raise EvaluationError("the digest of its tasks is not that of the tasks here")


def _miscounted(entry: Entry) -> Iterator[str]:
    """Whether these are the episodes that an evaluation ends with."""
    config, rows = entry.config, entry.rows
    wanted = config.samples if config.budget is None else min(len(rows), config.samples)
    if len(rows) != wanted or [row["index"] for row in rows] != list(range(len(rows))):
        yield f"{len(rows)} episodes are there, not each of the {config.samples}"
    elif config.budget is not None:
        # What was not answered may have been played again, and its programs forgotten.
        spent = sum(row["turns"] for row in rows if row["agent_error"] is None)
        if spent > config.budget:
            yield f"{spent} programs were judged, and its budget is {config.budget}"
        left = config.budget - sum(row["turns"] for row in rows)
        if len(rows) < config.samples and left >= config.turns:
            yield (
                f"{len(rows)} of {config.samples} episodes are there, and {left} programs of its "
                "budget are left: enough for another one"
            )


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
    """The episodes with a program in them."""
    return [row["index"] for row in entry.rows if row["turns"]]


def _differences(
    entry: Entry, chosen: Sequence[int], workers: int | None
) -> tuple[list[str], list[str]]:
    """What is judged differently, and what the machine failed on."""
    stored = {row["index"]: row for row in entry.rows}

    def answers(episodes: Sequence[Episode]) -> list[Answer]:
        return [_answer(stored[e.index], len(e.attempts)) for e in episodes]

    wrong, broken = [], []
    config = replace(entry.config, budget=None)
    for rows in play(Together(answers), config, chosen, workers=workers):
        for found in rows:
            kept = stored[found["index"]]
            told = f"episode {found['index']}"
            if found["failure"] is not None:
                broken.append(f"{told}: the machine failed: {found['failure']['message']}")
            elif difference := _difference(kept, found):
                wrong.append(f"{told}: {difference}")
    return wrong, broken


def _answer(row: Row, turn: int) -> Answer:
    """What the agent answered in a turn."""
    programs = [attempt["source"] for attempt in row.get("attempts", ())]
    error = row["agent_error"]
    if error is None:
        programs.append(row["source"])
    if turn < len(programs):
        return Answer(programs[turn])
    if error is None:
        return Answer(error=AnswerError(ErrorKind.CRASHED, _OVER))
    return Answer(error=AnswerError(ErrorKind(error["kind"]), error["message"]))


_OVER = "the episode was over by then"


def _difference(kept: Row, found: Row) -> str | None:
    """The first way in which a row is not what was found."""
    if kept["agent_error"] != found["agent_error"]:
        return f"it ends after {kept['turns']} turns, and the replay elsewhere"
    if "prompt" not in kept:  # as rows of frozen tasks are
        found = {name: value for name, value in found.items() if name != "prompt"}
    for name in sorted((found.keys() | kept.keys()) - _ITS_WORD - {"attempts"}):
        if not _same(kept.get(name), found.get(name)):
            told = f"{short(str(kept.get(name)))}, and replayed {short(str(found.get(name)))}"
            return f"{name} is {told}"
    earlier = kept.get("attempts", []), found.get("attempts", [])
    if len(earlier[0]) != len(earlier[1]):
        return f"{len(earlier[0])} earlier attempts are there, and replayed {len(earlier[1])}"
    for number, (before, again) in enumerate(zip(*earlier, strict=True), 1):
        if difference := _difference(
            {"agent_error": None, **before}, {"agent_error": None, **again}
        ):
            return f"attempt {number}: {difference}"
    return None
