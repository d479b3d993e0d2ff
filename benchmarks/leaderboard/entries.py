"""The rows of the leaderboard: results folders, read and never written.

What a folder says is somebody's word until `verify` has replayed it; what is shown of it follows
from its rows alone, never from its summary.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ...envs.registration import LANGUAGES
from ..evaluate import CONFIG, ROWS, SUMMARY, EvaluationConfig, Row
from ..summary import Summary, summarise

SHIPPED = Path(__file__).parent / "rows"
"""The baselines that come with ForgeGym: ``ENVIRONMENT/AGENT``."""

# What every row has, and of what type; `verify` says of a row that has not.
FIELDS: dict[str, type | tuple[type, ...]] = {
    "index": int, "seed": int, "task_id": str, "task_key": str, "family": str, "difficulty": int,
    "turns": int, "tokens": (int, type(None)), "agent_error": (dict, type(None)), "source": str,
    "sha256": str, "reward": (int, float), "components": dict, "valid": bool,
    "failure": (dict, type(None)), "stage": str, "compiled": bool, "accepted": bool, "solved": bool,
    "tests": (dict, type(None)), "diagnostics": list, "toolchain": str, "seconds": dict,
}  # fmt: skip
# What a row has where its agent knows it.
_KNOWN_BY_FEW: dict[str, type | tuple[type, ...]] = {"prompt_tokens": int, "cost": (int, float)}


class EntryError(ValueError):
    """A folder that is no row of a leaderboard; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One results folder. `described` is its `config.json`, `stored` its summary as written."""

    folder: Path
    config: EvaluationConfig
    described: dict[str, Any]
    rows: list[Row]
    stored: dict[str, Any]

    @property
    def language(self) -> str:
        return LANGUAGES[self.config.env]

    @property
    def toolchain(self) -> str:
        return str(self.described["resolved_toolchain"])

    @property
    def oracle(self) -> bool:
        return bool(self.described["oracle"])

    @property
    def board(self) -> tuple[str, ...]:
        """What entries share that may be compared: environment, kind of tasks, split, what is paid,
        and the toolchain. Results of different toolchains never share a table."""
        c = self.config
        kind = c.tasks_from.partition(":")[0] if c.tasks_from else c.tasks or ""
        kind = " ".join(filter(None, (kind, *(c.families or ()))))
        return (c.env, kind, c.split, c.reward, self.toolchain)

    def summary(self) -> Summary:
        """The figures that follow from the rows."""
        return summarise(self.rows, self.language)


def board_title(board: tuple[str, ...]) -> str:
    """``RustCode-v0, staged reward, judged by rustc 1.90.0``."""
    env, kind, split, reward, toolchain = board
    told = [env, *([f"{kind} tasks"] if kind else []), *([f"{split} split"] * (split != "eval"))]
    return ", ".join([*told, f"{reward} reward", f"judged by {toolchain}"])


def read_entry(folder: Path) -> Entry:
    """A results folder. Raises `EntryError` when it is none, or is damaged."""
    # Rows that are older than the choice of families are of all.
    described = {"families": None, **_json(folder / CONFIG)}
    stored = _json(folder / SUMMARY)
    known = [field.name for field in fields(EvaluationConfig)]
    needed = [*known, "resolved_toolchain", "tasks_digest", "oracle", "forgegym"]
    missing = [name for name in needed if name not in described]
    if missing:
        raise EntryError(f"{folder / CONFIG} does not say {missing[0]!r}; evaluate again")
    config = EvaluationConfig(**{name: described[name] for name in known})
    if config.env not in LANGUAGES:
        raise EntryError(f"{folder}: there is no environment {config.env!r}")
    rows: dict[int, Row] = {}
    try:
        text = (folder / ROWS).read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), 1):
            row = json.loads(line)
            if complaint := _complaint(row, config):
                raise EntryError(f"{folder / ROWS}, line {number}: {complaint}")
            rows[row["index"]] = row
    except (OSError, ValueError) as error:
        if isinstance(error, EntryError):
            raise
        raise EntryError(f"{folder / ROWS} cannot be read: {error}") from error
    if not rows:
        raise EntryError(f"{folder / ROWS} holds no rows")
    return Entry(folder, config, described, [rows[index] for index in sorted(rows)], stored)


def _complaint(row: Any, config: EvaluationConfig) -> str | None:
    if not isinstance(row, dict):
        return "not an object"
    for name, kind in FIELDS.items():
        if name not in row:
            return f"there is no {name!r}"
        if not isinstance(row[name], kind) or (kind is int and isinstance(row[name], bool)):
            return f"{name!r} is {row[name]!r}"
    for name, kind in _KNOWN_BY_FEW.items():
        if name in row and not isinstance(row[name], kind):
            return f"{name!r} is {row[name]!r}"
    error = row["agent_error"]
    if error is not None and not all(isinstance(error.get(k), str) for k in ("kind", "message")):
        return f"'agent_error' is {error!r}"
    if LANGUAGES[config.env] == "compact" and not {"complexity", "decisions", "structures"} <= set(
        row
    ):
        return "there is no complexity"
    return None


def _json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise EntryError(f"{path.parent} is no results folder: there is no {path.name}") from None
    except (OSError, ValueError) as error:
        raise EntryError(f"{path} cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise EntryError(f"{path} is not a JSON object")
    return document


def find_folders(places: Sequence[Path]) -> list[Path]:
    """The results folders in these places, each of which is one or holds some at any depth; one
    that is named twice is there once.

    Raises `EntryError` for a place without any.
    """
    found: dict[Path, Path] = {}
    for place in places:
        here = [place] if (place / CONFIG).exists() else []
        below = [path.parent for path in sorted(place.rglob(ROWS))]
        if not here + below:
            raise EntryError(f"there is no results folder in {place}")
        for folder in here + below:
            found.setdefault(folder.resolve(), folder)
    return list(found.values())


def boards(entries: Sequence[Entry]) -> dict[tuple[str, ...], list[Entry]]:
    """The tables: entries that may be compared, those that are paid most first, oracles last."""
    found: dict[tuple[str, ...], list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.board, []).append(entry)
    return {board: found[board] for board in sorted(found)}
