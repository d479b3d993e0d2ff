"""What is kept of an episode: one row, as results folders and leaderboard entries hold it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ..agents.agent import AnswerError
from .asking import Episode

if TYPE_CHECKING:
    from ..verifiers.verdict import Diagnostic, Verdict

# Of a refusal the first messages carry the news; a row is to stay readable.
KEPT_DIAGNOSTICS, KEPT_MESSAGE = 3, 400

Row = dict[str, Any]


def source_sha256(source: str) -> str:
    """Of a program, in hexadecimal; halves of surrogate pairs count as three bytes each."""
    return hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()


def row_of(episode: Episode, language: str) -> Row:
    """The row of an episode that has been played, of an environment with programs in `language`."""
    row: Row = {
        "index": episode.index,
        "seed": episode.seed,
        "task_id": episode.about["task_id"],
        "task_key": episode.about["task_key"],
        "family": episode.about["family"],
        "difficulty": int(episode.about["difficulty"]),
        "prompt": episode.prompt,
        "turns": len(episode.attempts),
        "tokens": episode.total("tokens"),
        "agent_error": _told_error(episode.error),
    }
    for name in ("prompt_tokens", "cost"):  # few agents know
        if (amount := episode.total(name)) is not None:
            row[name] = amount
    judged = [_judged(*attempt, language) for attempt in episode.attempts]
    judging = sum(info["verdict"].seconds for _, _, info in episode.attempts)
    seconds = {"agent": round(episode.seconds, 4), "judging": round(judging, 4)}
    if episode.error is None:
        earlier = {"attempts": judged[:-1]} if len(judged) > 1 else {}
        return {**row, **judged[-1], **earlier, "seconds": seconds}
    nothing = unanswered(episode.about["toolchain"], language)
    return {**row, **nothing, "seconds": seconds, "attempts": judged}


def unanswered(toolchain: str, language: str) -> Row:
    """What the row of an episode says of the program that its agent has not written."""
    nothing: Row = {
        "source": "",
        "sha256": source_sha256(""),
        "reward": 0.0,
        "components": {},
        "valid": True,
        "failure": None,
        "stage": "agent",
        "compiled": False,
        "accepted": False,
        "solved": False,
        "tests": None,
        "diagnostics": [],
        "toolchain": toolchain,
    }
    if language == "compact":
        nothing |= {"complexity": None, "decisions": {}, "structures": []}
    return nothing


def _told_error(error: AnswerError | None) -> dict[str, str] | None:
    if error is None:
        return None
    return {"kind": error.kind.value, "message": str(error)[:KEPT_MESSAGE]}


def _judged(source: str, reward: float, info: Mapping[str, Any], language: str) -> Row:
    """What a row holds of one program."""
    verdict: Verdict = info["verdict"]
    tests = verdict.facts.get("tests")
    judged: Row = {
        "source": source,
        "sha256": source_sha256(source),
        "reward": reward,
        "components": {name: float(value) for name, value in info["components"].items()},
        "valid": verdict.valid,
        "failure": None if verdict.failure is None else asdict(verdict.failure),
        "stage": verdict.stage,
        "compiled": verdict.compiled,
        "accepted": verdict.accepted,
        "solved": bool(info["solved"]),
        "tests": None
        if tests is None
        else {kind: [count["passed"], count["total"]] for kind, count in tests.items()},
        "diagnostics": [_told(d) for d in verdict.diagnostics[:KEPT_DIAGNOSTICS]],
        "toolchain": str(verdict.toolchain),
    }
    if language == "compact":
        complexity = verdict.metrics.get("complexity")
        decisions, structures = _shape(verdict)
        judged["complexity"] = None if complexity is None else int(complexity)
        judged["decisions"], judged["structures"] = decisions, structures
    return judged


def _told(diagnostic: Diagnostic) -> dict[str, Any]:
    message = diagnostic.message
    if len(message) > KEPT_MESSAGE:
        message = message[: KEPT_MESSAGE - 1] + "…"
    place = {"line": diagnostic.line, "column": diagnostic.column}
    known = {name: value for name, value in place.items() if value is not None}
    return {"severity": diagnostic.severity.value, "message": message, **known}


def _shape(verdict: Verdict) -> tuple[dict[str, int], list[str]]:
    """The decisions by kind and each circuit's structure, as the verifier measured them."""
    prefix = "decisions."
    decisions = {
        name.removeprefix(prefix): int(count)
        for name, count in verdict.metrics.items()
        if name.startswith(prefix)
    }
    structures = [circuit["structure"] for circuit in verdict.facts.get("circuits", ())]
    return decisions, structures
