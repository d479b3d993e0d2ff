"""The leaderboard in a terminal: one table for each environment, kind of tasks and toolchain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...diagnostics import visible
from ..report import number_interval, percent_interval
from ..summary import Summary
from .entries import Entry, boards


def ranked(entries: Sequence[Entry]) -> list[tuple[Entry, Summary]]:
    """Those of one board, by mean reward; oracles, which no agent can beat, come last."""
    with_figures = [(entry, entry.summary()) for entry in entries]
    return sorted(with_figures, key=lambda e: (e[0].oracle, -e[1].mean_reward.value))


def show(entries: Sequence[Entry], console: Console) -> None:
    """All tables."""
    for board, members in boards(entries).items():
        console.print(_table(board.title, ranked(members)))
        console.print()


def _table(title: str, rows: Sequence[tuple[Entry, Summary]]) -> Table:
    summaries = [summary for _, summary in rows]
    most = max(max(s.pass_at, default=1) for s in summaries)
    table = Table(title=Text(visible(title), style="table.title"), title_justify="left")
    table.add_column("agent")
    headings = ["episodes", "mean reward", "solved", "compiles"]
    headings[3:3] = [f"pass@{most}"] * (most > 1)
    tested = any(s.gap is not None for s in summaries)
    headings += ["visible − hidden"] * tested
    crashed = any(s.agent_errors for s in summaries)
    headings += ["agent errors"] * crashed
    for heading in headings:
        table.add_column(heading, justify="right")
    for entry, s in rows:
        cells = [
            f"{s.samples} ({s.tasks})",
            number_interval(s.mean_reward),
            percent_interval(s.solved_rate),
            *([percent_interval(s.pass_at[most]) if most in s.pass_at else "–"] * (most > 1)),
            percent_interval(s.compile_rate),
            *(["–" if s.gap is None else percent_interval(s.gap)] * tested),
            *([str(s.agent_errors)] * crashed),
        ]
        name = visible(entry.config.agent) + (" (oracle)" if entry.oracle else "")
        turns = f", {entry.config.turns} turns" if entry.config.turns > 1 else ""
        table.add_row(Text(name + turns), *cells)
    table.caption = "episodes (tasks); 95 % intervals, clustered by task"
    table.caption_justify = "left"
    return table


def to_json(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """All tables, for machines."""
    return [
        {
            "board": board.to_json(),
            "rows": [
                {
                    "folder": str(entry.folder),
                    "agent": entry.config.agent,
                    "oracle": entry.oracle,
                    "turns": entry.config.turns,
                    "seed": entry.config.seed,
                    **summary.to_json(),
                }
                for entry, summary in ranked(members)
            ],
        }
        for board, members in boards(entries).items()
    ]
