"""The leaderboard: its rows replayed, in the terminal, and as a page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.text import Text

from ..diagnostics import visible
from .shell import (
    MACHINE,
    REFUSED,
    AsJson,
    UsageError,
    err,
    leaderboard_app,
    out,
    print_json,
    progress,
)

if TYPE_CHECKING:
    from ..benchmarks.leaderboard.entries import Entry

Folders = Annotated[
    list[Path] | None,
    typer.Argument(metavar="[FOLDERS]...", help="Results folders, or folders that hold some."),
]
Shipped = Annotated[
    bool, typer.Option("--shipped/--no-shipped", help="Also the baselines that ForgeGym brings.")
]


@leaderboard_app.command()
def verify(
    folders: Folders = None,
    sample: Annotated[
        int | None,
        typer.Option(
            "--sample",
            min=1,
            help="Replay so many episodes of each, drawn anew each time (default: all).",
        ),
    ] = None,
    sample_seed: Annotated[
        int | None,
        typer.Option("--sample-seed", min=0, help="Draw the sample that this seed drew before."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, help="Programs judged at a time (default: one per CPU)."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Judge every stored program again (without FOLDERS: of the shipped baselines).

    Exit code 1 when an entry is rejected: its task, program, seed, reward or toolchain is not what
    it says. 3 when one cannot be verified on this machine. What passes with --sample is "sample
    verified", with the seed that repeats it.
    """
    from ..benchmarks.leaderboard.entries import SHIPPED, find_folders
    from ..benchmarks.leaderboard.verify import Outcome, Verification, draw_seed
    from ..benchmarks.leaderboard.verify import verify as verify_folder

    if sample_seed is not None and sample is None:
        raise UsageError("--sample-seed says how --sample is drawn; give both")
    if sample is not None and sample_seed is None:
        sample_seed = draw_seed()  # one for all folders
    colours = {
        Outcome.VERIFIED: "green", Outcome.SAMPLED: "green", Outcome.REJECTED: "bold red",
        Outcome.UNAVAILABLE: "yellow",
    }  # fmt: skip
    found = find_folders(folders or [SHIPPED])
    done: list[Verification] = []
    with progress("replaying", len(found)) as show_progress:
        for folder in found:
            verification = verify_folder(
                folder, sample=sample, sample_seed=sample_seed, workers=workers
            )
            done.append(verification)
            show_progress(len(done))
            if not as_json:
                short = folder.relative_to(SHIPPED) if SHIPPED in folder.parents else folder
                outcome, _, told = visible(str(verification)).partition(": ")
                line = Text.assemble(
                    f"{visible(str(short))}: ", (outcome, colours[verification.outcome])
                )
                out.print(line.append(f": {told}"), soft_wrap=True)
    if as_json:
        print_json([verification.to_json() for verification in done])
    outcomes = {verification.outcome for verification in done}
    if Outcome.REJECTED in outcomes:
        raise typer.Exit(REFUSED)
    if Outcome.UNAVAILABLE in outcomes:
        raise typer.Exit(MACHINE)


@leaderboard_app.command()
def show(folders: Folders = None, shipped: Shipped = True, as_json: AsJson = False) -> None:
    """A table for each environment and toolchain: rewards and rates with 95 % intervals."""
    from ..benchmarks.leaderboard.show import show as show_tables
    from ..benchmarks.leaderboard.show import to_json

    with _readable(folders, shipped) as entries:
        if as_json:
            print_json(to_json(entries))
        else:
            show_tables(entries, out)


@leaderboard_app.command()
def report(
    folders: Folders = None,
    out_file: Annotated[
        Path, typer.Option("--out", help="The page: one file that loads nothing.")
    ] = Path("leaderboard.html"),
    shipped: Shipped = True,
) -> None:
    """The leaderboard as a page to look at: tables, curves, families, and every episode."""
    from ..benchmarks.leaderboard.page import build
    from ..benchmarks.records import write_text

    with _readable(folders, shipped) as entries:
        write_text(out_file, build(entries))
        episodes = sum(len(entry.rows) for entry in entries)
        out.print(
            f"{len(entries)} entries, {episodes} episodes: {escape(str(out_file))}", soft_wrap=True
        )


@contextmanager
def _readable(folders: list[Path] | None, shipped: bool) -> Iterator[list[Entry]]:
    """The entries; those that cannot be read are left out, and end the command with 1."""
    from ..benchmarks.leaderboard.entries import SHIPPED, EntryError, find_folders, read_entry

    places = [*([SHIPPED] if shipped else []), *(folders or [])]
    if not places:
        raise EntryError("name a results folder, or take the shipped ones")
    entries, complaints = [], []
    for folder in find_folders(places):
        try:
            entries.append(read_entry(folder))
        except EntryError as error:
            complaints.append(str(error))
    yield entries
    for complaint in complaints:
        err.print(Text(f"left out: {visible(complaint)}"), soft_wrap=True)
    if complaints:
        raise typer.Exit(REFUSED)
