"""How often the embedded Compact front end and the real compiler give the same verdict.

The facts are programs with compactc's verdicts (`verdicts.dev.jsonl.gz`: one JSON object a line,
``id, base, origin, accepted, source``, for the refused also ``line, char, message``, for mutants
``mutation``). The headline is balanced accuracy, the mean of the share of accepted programs kept
and of refused programs caught: it does not reward a front end for the mix of the file. Mutants of
one program resemble each other, so the intervals treat a family (`base`) as a cluster.
"""

from __future__ import annotations

import gzip
import json
import math
import os
import re
import time
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..verifiers.compact.frontend.check import check
from ..verifiers.compact.frontend.source import SourceMap
from ..verifiers.compact.toolchain import CompactVerifier
from ..verifiers.task import Task
from .statistics import Estimate, clustered_rate, mean_of, wilson

DATA_FILE = Path("compact/verdicts.dev.jsonl.gz")
KEYS = frozenset(("id", "base", "origin", "accepted", "source"))


class BadDataError(Exception):
    """The file of verdicts is missing or is not one; the message says which, in one sentence."""


@dataclass(frozen=True, slots=True)
class Row:
    """One program, the compiler's verdict on it, and the front end's."""

    id: str
    base: str
    origin: str
    mutation: str | None
    source: str
    accepted: bool
    line: int | None
    message: str | None
    ours_accepted: bool
    ours_line: int | None
    ours_message: str | None
    seconds: float

    @property
    def agrees(self) -> bool:
        return self.accepted == self.ours_accepted


def default_data() -> Path:
    """The verdicts under `FORGEGYM_SHARED_DATA`, or in `../shared/data` beside the repository."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    return Path(os.environ.get("FORGEGYM_SHARED_DATA", beside)) / DATA_FILE


def load(path: Path) -> list[dict[str, Any]]:
    """The rows of a file of verdicts (`.jsonl` or `.jsonl.gz`). Raises `BadDataError`."""
    opener: Callable[..., Any] = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines if line.strip()]
        complete = all(set(row) >= KEYS for row in rows)
    except FileNotFoundError:
        raise BadDataError(
            f"no file of compiler verdicts at {path}; name one with --data, or set "
            f"FORGEGYM_SHARED_DATA to the folder that holds {DATA_FILE}"
        ) from None
    except OSError as error:
        raise BadDataError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, TypeError, EOFError, zlib.error) as error:
        raise BadDataError(f"{path} is not a file of compiler verdicts: {error}") from error
    if not complete:
        wanted = ", ".join(sorted(KEYS))
        raise BadDataError(f"{path} is not a file of compiler verdicts, whose rows have {wanted}")
    if not rows:
        raise BadDataError(f"{path} holds no verdicts")
    return rows


def read_contracts(folder: Path) -> dict[str, str]:
    """The sources of the `.compact` files in a folder, by name. Raises `BadDataError`."""
    paths = sorted(folder.glob("*.compact"))
    if not paths:
        raise BadDataError(f"there are no .compact files in {folder}")
    try:
        return {path.name: path.read_text(encoding="utf-8") for path in paths}
    except UnicodeDecodeError as error:
        raise BadDataError(f"a file in {folder} is not UTF-8 text: {error}") from error


def compile_all(sources: Mapping[str, str]) -> list[dict[str, Any]]:
    """The verdicts of this machine's compactc, as rows like those of a file of verdicts.

    Raises `ToolchainMissingError` without a compiler, `BadDataError` when it fails.
    """
    verifier = CompactVerifier("compactc")
    task = Task(id="agreement", family="agreement", language="compact", prompt="")
    verdicts = verifier.verify_all([(task, source) for source in sources.values()])
    verifier.close()
    rows = []
    for (name, source), verdict in zip(sources.items(), verdicts, strict=True):
        if verdict.failure is not None:
            raise BadDataError(f"{verifier.toolchain} gave no verdict: {verdict.failure.message}")
        row: dict[str, Any] = {"id": name, "base": name, "origin": "contract", "source": source}
        row["accepted"] = verdict.accepted
        if verdict.diagnostics:
            first = verdict.diagnostics[0]
            row |= {"line": first.line, "char": first.column, "message": first.message}
        rows.append(row)
    return rows


def judge(fact: Mapping[str, Any]) -> Row:
    """One fact with the front end's verdict beside it; `seconds` is this check's wall time."""
    source: str = fact["source"]
    began = time.perf_counter()
    result = check(source)
    seconds = time.perf_counter() - began
    line = None
    if result.error is not None and result.error.pos is not None and result.error.pos >= 0:
        line = SourceMap(source).locate(result.error.pos)[0]
    return Row(
        id=fact["id"],
        base=fact["base"],
        origin=fact["origin"],
        mutation=fact.get("mutation"),
        source=source,
        accepted=fact["accepted"],
        line=fact.get("line"),
        message=fact.get("message"),
        ours_accepted=result.accepted,
        ours_line=line,
        ours_message=None if result.error is None else result.error.message,
        seconds=seconds,
    )


# ---------------------------------------------------------------- figures


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement on one set of rows. A rate over no rows is NaN with the interval [0, 1]."""

    rows: int
    accepted_kept: Estimate
    rejected_caught: Estimate
    balanced_accuracy: Estimate
    same_verdict: int


def agreement(rows: Sequence[Row]) -> Agreement:
    """Both shares and their mean, with intervals over families of programs."""
    kept, caught = (_agreeing(rows, accepted=accepted) for accepted in (True, False))
    return Agreement(
        rows=len(rows),
        accepted_kept=kept,
        rejected_caught=caught,
        balanced_accuracy=mean_of(kept, caught),
        same_verdict=sum(row.agrees for row in rows),
    )


def _agreeing(rows: Sequence[Row], *, accepted: bool) -> Estimate:
    families: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        if row.accepted == accepted:
            families[row.base].append(row.agrees)
    return clustered_rate(families.values())


_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_WORD = re.compile(r"[A-Za-z_$][\w$]*")
_TYPE = re.compile(
    r"\b(?:Uint|Bytes|Vector|Opaque|Cell|Counter|Map|Set|List|MerkleTree|HistoricMerkleTree"
    r"|Maybe|Either|struct|enum)\b(?:<[^<>]*>)?|\b(?:Field|Boolean)\b|\[(?:TYPE(?:, )?)*\]"
)
# Words of the compiler's own sentences that programs also use as names or in comments.
_SENTENCE = """
TYPE a an and as assert at be but by call calls can circuit condition const constructor contract
declared default depth does during element enum export exported expected field first fold for found
from function generic has if import in index is it its ledger length loop map may module must name
named new not number of old on one operator or out pad parameter pure received reference return
returns same scope sealed second size standard struct structure test the this to tuple two type
types undefined used value vector width with witness
"""
_SENTENCE_WORDS = frozenset(_SENTENCE.split())


def kind_of_message(message: str, source: str) -> str:
    """The message without what is particular to its program: names, types, numbers, quotations."""
    text = message.split("\n", 1)[0]
    if text.startswith("parse error"):
        return "parse error"
    text = re.sub(r'"[^"]*"', '"…"', text)
    names = set(_WORD.findall(_COMMENT.sub(" ", source))) - _SENTENCE_WORDS
    previous = ""
    while previous != text:  # types nest
        previous, text = text, _TYPE.sub("TYPE", text)
    text = _WORD.sub(lambda word: "NAME" if word[0] in names else word[0], text)
    text = re.sub(r"\b\d+(?:st|nd|rd|th)?\b", "N", text)
    return text if len(text) <= 100 else text[:99] + "…"


@dataclass(frozen=True, slots=True)
class Group:
    """Disagreements of one kind; `examples` are the ids of the shortest programs in it."""

    message: str
    count: int
    examples: tuple[str, ...]


def _groups(rows: Iterable[tuple[str, Row]], limit: int) -> tuple[Group, ...]:
    found: dict[str, list[Row]] = defaultdict(list)
    for message, row in rows:
        found[message].append(row)
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(
        Group(
            message,
            len(members),
            tuple(row.id for row in sorted(members, key=lambda row: len(row.source))[:3]),
        )
        for message, members in ordered[:limit]
    )


@dataclass(frozen=True, slots=True)
class Report:
    """Everything `forgegym bench compact-agreement` prints; times are milliseconds a program.

    `same_line` and `same_message` are shares of the programs that both refuse and for which the
    compiler names a line; `misses` groups refused programs that the front end accepts by the
    compiler's message, `false_refusals` accepted ones that it refuses by its own.
    """

    overall: Agreement
    by_origin: dict[str, Agreement]
    by_mutation: dict[str, Agreement]
    same_line: Estimate
    same_message: Estimate
    median_ms: float
    p95_ms: float
    misses: tuple[Group, ...]
    false_refusals: tuple[Group, ...]

    def to_json(self) -> dict[str, Any]:
        """This report as strict JSON data: an undefined figure is null."""
        return _without_nan(asdict(self))  # type: ignore[no-any-return]


def _without_nan(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _without_nan(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_without_nan(value) for value in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data


def summarise(rows: Sequence[Row], *, groups: int = 12) -> Report:
    """The figures of judged rows; `groups` bounds each list of disagreements."""
    origins: dict[str, list[Row]] = defaultdict(list)
    mutations: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        origins[row.origin].append(row)
        if row.mutation is not None:
            # Two edits count under both: what matters is which kinds of edit escape notice.
            for kind in sorted(set(row.mutation.split("+"))):
                mutations[kind].append(row)
    placed = [r for r in rows if not r.accepted and not r.ours_accepted and r.line is not None]
    refused = [r for r in rows if not r.accepted and not r.ours_accepted]
    milliseconds = np.array([row.seconds for row in rows]) * 1000
    return Report(
        overall=agreement(rows),
        by_origin={name: agreement(origins[name]) for name in sorted(origins)},
        by_mutation={
            name: agreement(members)
            for name, members in sorted(mutations.items(), key=lambda item: -len(item[1]))
        },
        same_line=wilson(sum(r.line == r.ours_line for r in placed), len(placed)),
        same_message=wilson(sum(r.message == r.ours_message for r in refused), len(refused)),
        median_ms=float(np.median(milliseconds)),
        p95_ms=float(np.quantile(milliseconds, 0.95)),
        misses=_groups(
            (
                (kind_of_message(r.message or "(no message)", r.source), r)
                for r in rows
                if r.ours_accepted and not r.accepted
            ),
            groups,
        ),
        false_refusals=_groups(
            (
                (kind_of_message(r.ours_message or "(no message)", r.source), r)
                for r in rows
                if r.accepted and not r.ours_accepted
            ),
            groups,
        ),
    )


def measure(facts: Sequence[Mapping[str, Any]], *, groups: int = 12) -> Report:
    """The front end's agreement with these verdicts (see `load` and `compile_all`)."""
    check(facts[0]["source"])  # imports and caches are not part of a program's time
    return summarise([judge(fact) for fact in facts], groups=groups)
