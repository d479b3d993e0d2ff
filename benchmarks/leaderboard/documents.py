"""What the documents of a results folder must be: somebody else wrote them.

Everything that is computed, printed or drawn of an entry passes here first, so that the code behind
it may take rows as `evaluate` writes them. Fields that nobody reads are let through.
"""

from __future__ import annotations

import json
import math
from typing import Annotated, Any, Literal, NoReturn

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ...agents.agent import ErrorKind
from ...verifiers.verdict import Severity

# Beyond what any reward or count comes to, and far from where sums of them overflow.
_MOST = 1e12
# Digits of a whole number. A float holds 308, a seed has 19.
_DIGITS = 40

Number = Annotated[float, Field(ge=-_MOST, le=_MOST)]
Amount = Annotated[float, Field(ge=0, le=_MOST)]
Count = Annotated[int, Field(ge=0, le=int(_MOST))]
Positive = Annotated[int, Field(ge=1, le=int(_MOST))]
Whole = Annotated[int, Field(ge=0)]


class DocumentError(ValueError):
    """What is no such document; the message says where, and what is there."""


class _Document(BaseModel):
    model_config = ConfigDict(strict=True, allow_inf_nan=False)


class ConfigDocument(_Document):
    """``config.json``; what rows that are older than a field need not say has a default."""

    env: str
    agent: str
    samples: Positive
    split: Literal["train", "eval"]
    seed: Whole
    toolchain: str
    reward: str
    tasks: Literal["open", "spec"] | None
    tasks_from: str | None
    families: list[str] | None = None
    turns: Positive
    budget: Positive | None
    resolved_toolchain: str
    image: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")] | None = None
    tasks_digest: str | None
    oracle: bool
    agent_spec: str | None = None
    agent_settings: dict[str, Any] = {}
    forgegym: Annotated[str, Field(pattern=r"^\d+(\.\d+)*[a-z0-9.+]*$", max_length=40)]


class SummaryDocument(_Document):
    """``summary.json``."""

    summary: dict[str, Any]


class _Message(_Document):
    severity: Annotated[Severity, Field(strict=False)]
    message: str
    line: int | None = None
    column: int | None = None


class _Tests(_Document):
    """Of each kind, how many passed of how many."""

    public: Annotated[list[Count], Field(min_length=2, max_length=2)]
    hidden: Annotated[list[Count], Field(min_length=2, max_length=2)]

    @model_validator(mode="after")
    def _no_more_than_all(self) -> _Tests:
        if any(passed > total for passed, total in (self.public, self.hidden)):
            raise ValueError("more tests passed than there are")
        return self


class _Failure(_Document):
    kind: str
    stage: str
    message: str


class _Error(_Document):
    kind: Annotated[ErrorKind, Field(strict=False)]
    message: str


class _Seconds(_Document):
    agent: Amount
    judging: Amount


class Judged(_Document):
    """What a row, or an earlier attempt in it, holds of one program."""

    source: str
    sha256: str
    reward: Number
    components: dict[str, Number]
    valid: bool
    failure: _Failure | None
    stage: str
    compiled: bool
    accepted: bool
    solved: bool
    tests: _Tests | None
    diagnostics: list[_Message]
    toolchain: str


class JudgedContract(Judged):
    """Of Compact there are measures, too."""

    complexity: Count | None
    decisions: dict[str, Count]
    structures: list[str]


class _Row(_Document):
    index: Count
    seed: Whole
    task_id: str
    task_key: str
    family: str
    difficulty: Count
    prompt: str = ""
    turns: Count
    tokens: Count | None
    prompt_tokens: Count | None = None
    cost: Amount | None = None
    agent_error: _Error | None
    seconds: _Seconds


class RowDocument(_Row, Judged):
    """A line of ``rows.jsonl``."""

    attempts: list[Judged] = []

    @model_validator(mode="after")
    def _one_attempt_a_turn(self) -> RowDocument:
        _check_turns(self, len(self.attempts))
        return self


class ContractRowDocument(_Row, JudgedContract):
    """A line of ``rows.jsonl`` of Compact."""

    attempts: list[JudgedContract] = []

    @model_validator(mode="after")
    def _one_attempt_a_turn(self) -> ContractRowDocument:
        _check_turns(self, len(self.attempts))
        return self


def _check_turns(row: _Row, attempts: int) -> None:
    if row.turns != attempts + (row.agent_error is None):
        raise ValueError(f"{row.turns} turns, and {attempts} earlier attempts")


def parse(text: str | bytes) -> Any:
    """JSON as its standard has it: without NaN, Infinity, and numbers that come to them.

    Raises `DocumentError`.
    """
    try:
        return json.loads(
            text, parse_constant=_no_number, parse_float=_finite, parse_int=_short_enough
        )
    except RecursionError:
        raise DocumentError("it is nested too deeply") from None
    except ValueError as error:
        raise DocumentError(str(error)) from None


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    return value if math.isfinite(value) else _no_number(digits[:_DIGITS])


def _short_enough(digits: str) -> int:
    if len(digits) > _DIGITS:
        raise ValueError(f"a number of {len(digits)} digits is none of ours")
    return int(digits)


def check(document: Any, kind: type[BaseModel]) -> None:
    """Raises `DocumentError` for a document that is none of a kind."""
    try:
        kind.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        name = ".".join(map(str, first["loc"]))
        if first["type"] == "missing":
            raise DocumentError(f"there is no {name!r}") from None
        if first["type"] == "value_error":  # one of the validators here
            raise DocumentError(first["msg"].removeprefix("Value error, ")) from None
        told = f"{name!r} is {short(repr(first['input']))}" if name else "it is no such document"
        raise DocumentError(f"{told}: {first['msg'][0].lower()}{first['msg'][1:]}") from None


def short(text: str) -> str:
    """The beginning of a text."""
    return text if len(text) <= 80 else text[:79] + "…"
