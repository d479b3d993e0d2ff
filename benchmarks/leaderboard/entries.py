"""The rows of the leaderboard: results folders, read and never written.

What a folder says is somebody's word until `verify` has replayed it; what is shown of it follows
from its rows alone, never from its summary.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ...envs.registration import LANGUAGES
from ..evaluate import CONFIG, ROWS, SUMMARY
from ..evaluation_config import EvaluationConfig, EvaluationError, keys_digest
from ..evaluation_rows import Row
from ..summary import Summary, summarise
from .documents import (
    ConfigDocument,
    ContractRowDocument,
    DocumentError,
    RowDocument,
    SummaryDocument,
    check,
    parse,
)

SHIPPED = Path(__file__).parent / "rows"
"""The baselines that come with ForgeGym: ``ENVIRONMENT/AGENT``."""


class EntryError(ValueError):
    """A folder that is no row of a leaderboard; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Board:
    """What entries share that may be compared. Results of different toolchains never do.

    `tasks`: their kind, empty for the environment's own default one; sets that people know are
    told apart by their content, too. `tasks_digest`: of the frozen tasks' keys, in order, None
    without any. `budget`: the most programs that were judged in all, None without one. `covers`:
    empty where every frozen task was played equally often; else what was.
    """

    env: str
    tasks: str
    split: str
    reward: str
    toolchain: str
    tasks_digest: str | None
    budget: int | None
    covers: str

    @property
    def title(self) -> str:
        """``RustCode-v0, staged reward, judged by rustc 1.90.0``."""
        told = [
            self.env,
            *([f"{self.tasks} tasks"] if self.tasks else []),
            *([f"{self.split} split"] if self.split != "eval" else []),
            *([self.covers] if self.covers else []),
            *([f"{self.budget} programs in all"] if self.budget is not None else []),
            f"{self.reward} reward",
        ]
        return ", ".join([*told, f"judged by {self.toolchain}"])

    def to_json(self) -> dict[str, Any]:
        """This board as JSON data."""
        return asdict(self)

    def __lt__(self, other: Board) -> bool:
        return self._place < other._place

    @property
    def _place(self) -> tuple[str | int, ...]:
        """Where it stands among others: what is whole comes first."""
        told = (self.env, self.tasks, self.split, self.reward, self.toolchain, self.covers)
        return (*told, self.budget or 0, self.tasks_digest or "")


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
    def board(self) -> Board:
        """What it may be compared on."""
        c, digest = self.config, self.described["tasks_digest"]
        if c.tasks_from is not None:
            # The content, not the place that it was read from.
            kind = f"{c.tasks_from.partition(':')[0]} {(digest or '')[:8]}"
        else:
            kind = " ".join(filter(None, (c.tasks, *(c.families or ()))))
        return Board(
            c.env, kind, c.split, c.reward, self.toolchain, digest, c.budget, self._covers()
        )

    def _covers(self) -> str:
        """See `Board`. The digest of all tasks says whether the rows have left one out."""
        if (digest := self.described["tasks_digest"]) is None:
            return f"{len(self.rows)} episodes of seed {self.config.seed}"
        played = Counter(row["task_key"] for row in self.rows)
        if keys_digest(played) == digest and len(set(played.values())) == 1:
            return ""
        return f"partial: the first {len(self.rows)} episodes"

    def summary(self) -> Summary:
        """The figures that follow from the rows."""
        return summarise(self.rows, self.language)


def read_entry(folder: Path) -> Entry:
    """A results folder. Raises `EntryError` when it is none, or is damaged."""
    # Rows that are older than the choice of families are of all.
    described = {"families": None, **_document(folder / CONFIG, ConfigDocument)}
    stored = _document(folder / SUMMARY, SummaryDocument)["summary"]
    if described["env"] not in LANGUAGES:
        raise EntryError(f"{folder}: there is no environment {described['env']!r}")
    try:
        config = EvaluationConfig(**{f.name: described[f.name] for f in fields(EvaluationConfig)})
    except EvaluationError as error:
        raise EntryError(f"{folder / CONFIG}: {error}") from error
    kind = ContractRowDocument if LANGUAGES[config.env] == "compact" else RowDocument
    rows: dict[int, Row] = {}
    for number, line in enumerate(_read(folder / ROWS).split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            row = parse(line)
            check(row, kind)
        except DocumentError as error:
            raise EntryError(f"{folder / ROWS}, line {number}: {error}") from error
        rows[row["index"]] = row
    if not rows:
        raise EntryError(f"{folder / ROWS} holds no rows")
    return Entry(folder, config, described, [rows[index] for index in sorted(rows)], stored)


def _document(path: Path, kind: type[ConfigDocument | SummaryDocument]) -> dict[str, Any]:
    try:
        document: dict[str, Any] = parse(_read(path))
        check(document, kind)
    except DocumentError as error:
        raise EntryError(f"{path}: {error}") from error
    return document


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise EntryError(f"{path.parent} is no results folder: there is no {path.name}") from None
    except OSError as error:
        raise EntryError(f"{path} cannot be read: {error.strerror}") from error


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


def boards(entries: Sequence[Entry]) -> dict[Board, list[Entry]]:
    """The tables: entries that may be compared."""
    found: dict[Board, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.board, []).append(entry)
    return {board: found[board] for board in sorted(found)}
