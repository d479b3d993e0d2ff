"""`forgegym attack`: the catalogue against a sandbox, as a table and for machines."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ...verifiers.sandbox.base import Sandbox
from ...verifiers.sandbox.images import languages
from .catalogue import NOT_HERE, ROWS, SMALL, Bait, Entry, Result, load, run_entry
from .submissions import OneVerifier, Verifiers, run_submission, verifiers_for

# The longest takes a dozen seconds on an idle machine; beyond this the sandbox hangs.
ENTRY_SECONDS = 90.0
# One that is submitted has up to a hundred contracts compiled, of half a second each, and some that
# the compiler takes all its time for.
SUBMISSION_SECONDS = 240.0
SANDBOXES = ("docker", "bubblewrap", "straw")
REUSES = ("never", "proven")
# Two boxes can be tried on each other.
BOXES = 2
# Exit codes, those of the command line for a refusal and for what the machine lacks.
HELD, NOT_HELD, NOT_RUN = 0, 1, 3


class OpenSandbox(Protocol):
    """Opens the sandbox that is attacked."""

    def __call__(self) -> Sandbox: ...


def run_catalogue(
    open_sandbox: OpenSandbox,
    entries: Iterable[Entry],
    *,
    bare: bool = False,
    seconds: float = ENTRY_SECONDS,
    on_result: Callable[[Result], None] = lambda _: None,
) -> list[Result]:
    """Every entry against a sandbox; one that hangs is closed, and the next gets a new one.

    Args:
        open_sandbox: Called at least once. Two boxes (`BOXES`) or more, of profile `SMALL`.
        entries: See `catalogue.load`.
        bare: There are no boxes: each entry gets a sandbox of its own, which is closed after it,
            and those that would hurt the machine are not run, and count as not held.
        seconds: For one entry.
        on_result: Told each result as it comes.

    Raises what `open_sandbox` does.
    """
    results: list[Result] = []
    sandbox: Sandbox | None = None
    with Bait() as bait:
        try:
            for entry in entries:
                if bare and entry.never_on_bare:
                    result = _not_run(entry)
                else:
                    sandbox = sandbox or open_sandbox()
                    result = run_entry(entry, sandbox, bait, seconds=seconds)
                    if bare or result.seconds > seconds:
                        sandbox.close()
                        sandbox = None
                results.append(result)
                on_result(result)
        finally:
            if sandbox is not None:
                sandbox.close()
    return results


def run_submissions(
    sandbox: str,
    entries: Sequence[Entry],
    *,
    seconds: float = SUBMISSION_SECONDS,
    on_result: Callable[[Result], None] = lambda _: None,
) -> list[Result]:
    """Every submitted entry, all of one language, against a verifier whose tools run in `sandbox`.

    The verifier opens its boxes as environments do: `SMALL` is too small for a compiler, and
    nothing but ``reuse="proven"`` is what it uses. After an entry that hangs, the next gets others.
    """
    if not entries:
        return []
    results: list[Result] = []
    language = entries[0].language
    with Bait() as bait, contextlib.ExitStack() as opened:  # so that boxes could have it

        def another() -> Verifiers | OneVerifier:
            return opened.enter_context(
                contextlib.closing(verifiers_for(language, sandbox, workers=BOXES))
            )

        verifiers = another()
        for entry in entries:
            results.append(run_submission(entry, verifiers, bait, seconds=seconds))
            on_result(results[-1])
            if results[-1].seconds > seconds:
                verifiers = another()
    return results


def _not_run(entry: Entry) -> Result:
    expected = " ".join(sorted(status.value for status in entry.expect))
    why = ("not run: nothing here would keep it from the machine",)
    return Result(entry.name, entry.ids, entry.title, expected, "", 0.0, False, why)


def opener(sandbox: str, *, language: str = "python", reuse: str = "proven") -> OpenSandbox:
    """What opens `sandbox` (one of `SANDBOXES`) for the catalogue. Raises `ValueError`."""
    if reuse not in REUSES:
        raise ValueError(f"reuse is one of {', '.join(REUSES)}, not {reuse!r}")
    options: dict[str, Any] = {"profile": SMALL, "size": BOXES, "reuse": reuse}
    if sandbox == "docker":
        from ...verifiers.sandbox.docker import open_docker

        return lambda: open_docker(f"forgegym/{language}:latest", **options)
    if sandbox == "bubblewrap":
        from ...verifiers.sandbox.bubblewrap import open_bubblewrap

        return lambda: open_bubblewrap(**options)
    if sandbox == "straw":
        from .straw import Straw

        return Straw
    raise ValueError(f"a sandbox is one of {', '.join(SANDBOXES)}, not {sandbox!r}")


def chosen(language: str, only: Sequence[str] = ()) -> list[Entry]:
    """The entries for `language` (those for any, and its own); of these `only` rows or names.

    Raises `ValueError` for a row or a name that no entry has, and for a language without an image.
    """
    if language not in languages():
        raise ValueError(f"there is no language {language!r}; there are {', '.join(languages())}")
    everything = load() + load(submitted=True)
    found = [entry for entry in everything if entry.language in ("any", language)]
    for wanted in only:
        if not any(wanted in (entry.name, *entry.ids) for entry in found):
            ids = {row for entry in found for row in entry.ids}
            rows = ", ".join(sorted(ids, key=lambda row: (row[0], int(row[1:]))))
            why = NOT_HERE.get(wanted, f"the rows for {language} are {rows}")
            raise ValueError(f"no entry is for {wanted!r}; {why}")
    return [e for e in found if not only or {e.name, *e.ids} & set(only)]


def attack_command(
    sandbox: str = "docker",
    *,
    language: str = "python",
    reuse: str = "proven",
    only: Sequence[str] = (),
    as_json: bool = False,
    console: Console,
    on_result: Callable[[Result], None] = lambda _: None,
    print_json: Callable[[Any], None],
) -> int:
    """Attack `sandbox`, print what came of it, and return the exit code.

    It is 0 when all has held, 1 when something has not, 3 when all that was run has held but
    something could not be run, for want of what its result names.

    Raises `SandboxError` when there is no such sandbox here, `ValueError` for wrong words.
    """
    entries = chosen(language, only)
    open_sandbox = opener(sandbox, language=language, reuse=reuse)
    bare = sandbox == "straw"
    in_boxes = [entry for entry in entries if not entry.submitted]
    submitted = [entry for entry in entries if entry.submitted]
    results = run_catalogue(open_sandbox, in_boxes, bare=bare, on_result=on_result)
    results += run_submissions(sandbox, submitted, on_result=on_result)
    if as_json:
        print_json(to_json(sandbox, reuse, results))
    else:
        print_results(f"{sandbox}, reuse: {reuse}", results, console)
    if any(not result.held and not result.missing for result in results):
        return NOT_HELD
    return NOT_RUN if any(result.missing for result in results) else HELD


def to_json(sandbox: str, reuse: str, results: Sequence[Result]) -> dict[str, Any]:
    """The results for machines."""
    return {
        "sandbox": sandbox,
        "reuse": reuse,
        "held": sum(result.held for result in results),
        "not_run": sum(bool(result.missing) for result in results),
        "entries": [
            {
                "name": result.name,
                "ids": list(result.ids),
                "title": result.title,
                "expected": result.expected.split(),
                "got": result.got.split(),
                "held": result.held,
                "seconds": round(result.seconds, 3),
                "complaints": list(result.complaints),
                "missing": result.missing or None,
            }
            for result in results
        ],
        "not_here": NOT_HERE,
    }


def print_results(title: str, results: Sequence[Result], console: Console) -> None:
    """The table, why entries have not held, and the rows that are shown elsewhere."""
    table = Table(title=title, title_justify="left")
    for heading in ("rows", "attack", "may end as", "ended as", "seconds", ""):
        table.add_column(heading, justify="right" if heading == "seconds" else "left")
    for result in results:
        mark = "[green]held[/green]" if result.held else "[bold red]NOT HELD[/bold red]"
        if result.missing:
            mark = "[yellow]not run[/yellow]"
        ids, name = " ".join(result.ids), result.title
        table.add_row(ids, escape(name), result.expected, result.got, f"{result.seconds:.1f}", mark)
    console.print(table)
    for result in results:
        for complaint in result.complaints[:3]:
            console.print(f"{result.name}: {complaint}", markup=False, soft_wrap=True)
    for missing in dict.fromkeys(result.missing for result in results if result.missing):
        names = ", ".join(result.name for result in results if result.missing == missing)
        console.print(f"not run ({names}): {missing}", markup=False, soft_wrap=True)
    held = sum(result.held for result in results)
    missed = sum(bool(result.missing) for result in results)
    console.print(f"{held} of {len(results)} held" + (f", {missed} not run" if missed else ""))
    for row, where in NOT_HERE.items():
        console.print(f"{row} is not for a program in a box: {where}", markup=False, soft_wrap=True)


def uncovered(entries: Iterable[Entry], rows: Iterable[str] = ROWS) -> list[str]:
    """Those of `rows` that are neither an entry's nor in `NOT_HERE`."""
    covered = {row for entry in entries for row in entry.ids} | set(NOT_HERE)
    return [row for row in rows if row not in covered]
