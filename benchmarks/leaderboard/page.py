"""The leaderboard as one page: HTML, style, script and data in a single file that loads nothing.

Programs and messages are untrusted text. They travel as JSON in which no ``<`` is left, the script
puts them on the page as text only, and the page's policy allows no other script than its own and no
request at all.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ... import __version__
from ...verifiers.verifier import ChoiceError
from ..evaluation_config import EvaluationError, frozen_tasks
from ..evaluation_rows import Row
from .entries import Entry, boards
from .show import ranked

_HERE = Path(__file__).parent
# What the page shows of an episode; what is nothing is left out.
_SHOWN = (
    "index", "source", "reward", "components", "stage", "accepted", "solved", "tests",
    "diagnostics", "agent_error", "tokens", "seconds", "complexity",
)  # fmt: skip


def build(entries: Sequence[Entry]) -> str:
    """The page of these entries."""
    style = (_HERE / "page.css").read_text(encoding="utf-8")
    script = (_HERE / "page.js").read_text(encoding="utf-8")
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; "
        f"style-src {_hash(style)}; script-src {_hash(script)}"
    )
    page = (_HERE / "page.html").read_text(encoding="utf-8")
    parts = {"policy": policy, "style": style, "script": script, "data": embedded(data(entries))}
    for name, text in parts.items():  # the data comes last: nothing is replaced in it
        page = page.replace(f"{{{{{name}}}}}", text)
    return page


def embedded(document: Any) -> str:
    """JSON that may stand in a script element: nothing in it can end the element."""
    text = json.dumps(document, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def data(entries: Sequence[Entry]) -> dict[str, Any]:
    """What the page shows: boards, their entries with figures and episodes, and the tasks."""
    tasks: dict[tuple[str, ...], dict[str, Any]] = {}
    shown: list[dict[str, Any]] = []
    for board, members in boards(entries).items():
        rows = [_entry(entry, summary.to_json(), tasks) for entry, summary in ranked(members)]
        shown.append({**board.to_json(), "language": members[0].language, "entries": rows})
    # Episodes name their task by its place.
    places = {key: at for at, key in enumerate(tasks)}
    for board_ in shown:
        for row in board_["entries"]:
            for episode in row["episodes"]:
                episode["task"] = places[episode["task"]]
    return {"version": __version__, "boards": shown, "tasks": list(tasks.values())}


def _entry(
    entry: Entry, figures: dict[str, Any], tasks: dict[tuple[str, ...], dict[str, Any]]
) -> dict[str, Any]:
    ours = _ours(entry)
    episodes = []
    for row in entry.rows:
        # What an entry says of tasks that are not ForgeGym's is said of its own episodes alone.
        key: tuple[str, ...] = (row["task_key"],)
        if row["task_key"] not in ours:
            key = (row["task_key"], str(entry.folder.resolve()))
        if key not in tasks:
            tasks[key] = ours.get(row["task_key"]) or {
                "id": row["task_id"],
                "family": row["family"],
                "difficulty": row["difficulty"],
                "prompt": row.get("prompt", ""),
            }
        episodes.append({**_episode(row), "task": key})
    return {
        "agent": entry.config.agent,
        "oracle": entry.oracle,
        "seed": entry.config.seed,
        "turns": entry.config.turns,
        "forgegym": entry.described["forgegym"],
        "image": entry.described.get("image"),
        "figures": figures,
        "episodes": episodes,
    }


def _episode(row: Row) -> dict[str, Any]:
    shown = {name: row[name] for name in _SHOWN if row.get(name) not in (None, [], {})}
    if not row["valid"]:
        shown["failure"] = row["failure"]
    if row.get("attempts"):
        shown["attempts"] = [_episode({"valid": True, **attempt}) for attempt in row["attempts"]]
    return shown


def _ours(entry: Entry) -> dict[str, dict[str, Any]]:
    """What is shown of ForgeGym's own frozen tasks, by key; of a set that lies in somebody's
    folder, nothing."""
    if entry.config.tasks_from is not None:
        return {}
    try:
        frozen = frozen_tasks(entry.config)
    except (ChoiceError, EvaluationError):  # another version's
        return {}
    return {
        task.key: {
            "id": task.id,
            "family": task.family,
            "difficulty": task.difficulty,
            "prompt": task.prompt,
        }
        for task in frozen
    }
