"""A verdict for a person: each diagnostic with its line and a caret, then what was measured.

What is printed comes from programs that nobody has read yet: nothing of a source, a path or a
message may steer the terminal, move the caret away from its character or fill the screen. So
every character is shown in cells whose number is known, and of a long line only the part around
the caret.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from .verifiers.compact.frontend.source import normalised
from .verifiers.verdict import Diagnostic, Severity, Verdict

# As most editors show a tab in languages with braces.
TAB = 4
# Where there is no terminal to fit into: the longest line of the compiler's own contracts.
WIDTH = 120
# Less of a line than this shows nothing.
LEAST_WIDTH = 20

_COLOURS = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow"}


@dataclass(frozen=True, slots=True)
class Sources:
    """The files of one program: path -> text, the one that was asked about first.

    `places` has, for each diagnostic of the verdict, the path of the file it is about, or None.
    """

    texts: Mapping[str, str]
    places: Sequence[str | None]


def document(verdict: Verdict, sources: Sources) -> dict[str, Any]:
    """The verdict as JSON data, with the files, and in each diagnostic the file it is about."""
    data = verdict.to_json()
    files = [
        {"path": path, "sha256": hashlib.sha256(text.encode()).hexdigest()}
        for path, text in sources.texts.items()
    ]
    places = iter(sources.places)
    for stage in data["stages"]:
        stage["diagnostics"] = [{"file": next(places), **d} for d in stage["diagnostics"]]
    return {**data, "files": files}


def show(verdict: Verdict, sources: Sources, *, out: Console, err: Console) -> None:
    """Print the verdict to `out`; a failure of the machine goes to `err`."""
    for diagnostic, path in zip(verdict.diagnostics, sources.places, strict=True):
        _show_diagnostic(diagnostic, path, sources.texts, out)
    if verdict.failure is not None:
        message = visible(verdict.failure.message)
        err.print(Text.assemble(("error: ", "bold red"), message), soft_wrap=True)
        return
    count = len(sources.texts)
    how = f" by {verdict.toolchain} ({1000 * verdict.seconds:.1f} ms"
    how += f", {count} files)" if count > 1 else ")"
    if not verdict.accepted:
        out.print(Text.assemble(("refused", "bold red"), how), soft_wrap=True)
        if verdict.stage == "test":
            _show_cases(verdict, out)
        return
    out.print(Text.assemble(("accepted", "bold green"), how), soft_wrap=True)
    _show_cases(verdict, out)
    if "functions" in verdict.facts:
        _show_functions(verdict, out)
    elif "cells" in verdict.metrics:
        m = verdict.metrics
        out.print(
            f"{m['cells']:.0f} gates and flip-flops, {m['flip_flops']:.0f} of them flip-flops; "
            f"{m['depth']:.0f} gates on the longest path",
            highlight=False,
            soft_wrap=True,
        )
    elif "complexity" in verdict.metrics:
        _show_complexity(verdict, out)
    else:
        why = visible(verdict.facts["unmeasured"])
        out.print(f"complexity: not measured ({why})", soft_wrap=True, markup=False)


def _show_cases(verdict: Verdict, out: Console) -> None:
    """How many cases passed, where the task has any."""
    tests = verdict.facts.get("tests")
    if tests is not None:
        told = " and ".join(f"{t['passed']} of {t['total']} {kind}" for kind, t in tests.items())
        out.print(f"cases: {told}", highlight=False)


def _show_functions(verdict: Verdict, out: Console) -> None:
    """A line a function."""
    functions = verdict.facts["functions"]
    width = max((cell_len(visible(f["name"])) for f in functions), default=0)
    for f in functions:
        name = visible(f["name"])
        out.print(
            f"  {name}{' ' * (width - cell_len(name))}  complexity {f['complexity']} "
            f"({f['complexity_extended']} with && and ||), nesting {f['nesting']}",
            markup=False,
            soft_wrap=True,
        )


def _show_complexity(verdict: Verdict, out: Console) -> None:
    rows = [("circuit", "complexity", "with && ||", "decisions", "bold")]
    for circuit in verdict.facts["circuits"]:
        decisions = circuit["structure"]
        if not circuit["counted"]:
            decisions += "  (as a circuit above: not counted again)"
        complexity, extended = str(circuit["complexity"]), str(circuit["extended"])
        style = "" if circuit["counted"] else "dim"
        rows.append((visible(circuit["name"]), complexity, extended, decisions, style))
    if len(rows) > 1:
        width = max(cell_len(row[0]) for row in rows)
        for name, complexity, extended, decisions, style in rows:
            gap = " " * (width - cell_len(name))
            line = f"  {name}{gap}  {complexity:>10}  {extended:>10}  {decisions}".rstrip()
            out.print(Text(line, style), soft_wrap=True)
    metrics = verdict.metrics
    total = f"complexity {metrics['complexity']:.0f}"
    out.print(
        Text.assemble((total, "bold"), f" ({metrics['complexity_extended']:.0f} with && and ||)"),
        soft_wrap=True,
    )


def _show_diagnostic(
    diagnostic: Diagnostic, path: str | None, texts: Mapping[str, str], out: Console
) -> None:
    colour = _COLOURS[diagnostic.severity]
    message = visible(diagnostic.message)
    if out.is_terminal and cell_len(message) > out.width:
        # compactc puts a message of many parts on one line, for editors.
        message = message.replace("; ", ";\n    ")
    place = "" if path is None else f"{visible(path)}: "
    if path is not None and diagnostic.line is not None:
        place = f"{visible(path)}:{diagnostic.line}:{diagnostic.column}: "
    out.print(
        Text.assemble((place, "bold"), (f"{diagnostic.severity.value}: ", colour), message),
        soft_wrap=True,
    )
    if path is None or path not in texts or diagnostic.line is None:
        return
    lines = normalised(texts[path]).split("\n")
    if not 0 < diagnostic.line <= len(lines):
        return
    gutter = f"{diagnostic.line:5} | "
    width = (out.width if out.is_terminal else WIDTH) - len(gutter)
    column = diagnostic.column or 1
    line, caret = excerpt(lines[diagnostic.line - 1], column - 1, max(width, LEAST_WIDTH))
    out.print(Text.assemble((gutter, "blue"), line), soft_wrap=True)
    if diagnostic.column is not None:
        bar = " " * (len(gutter) - 2) + "| "
        out.print(Text.assemble((bar, "blue"), " " * caret, ("^", colour)), soft_wrap=True)


def excerpt(line: str, index: int, width: int) -> tuple[str, int]:
    """What to show of `line` in at most `width` cells, and the cell in it of character `index`.

    `index` may be the end of the line.
    """
    shown: list[str] = []
    cells = 0
    for character in line:
        text = " " * (TAB - cells % TAB) if character == "\t" else visible(character)
        shown.append(text)
        cells += cell_len(text)
    # starts[i] is the cell where character i begins.
    starts = list(accumulate(map(cell_len, shown), initial=0))
    index = min(index, len(shown))
    if cells + (index == len(shown)) <= width:
        return "".join(shown), starts[index]
    # Two thirds of the room are for what is before the caret: that is where names are bound.
    low = max(0, min(starts[index] - 2 * width // 3, cells - width + 2))
    first = next(i for i, start in enumerate(starts) if start >= low)
    room = width - 1 - (first > 0)
    after = [i for i in range(first, len(starts)) if starts[i] - starts[first] <= room]
    text = "".join(shown[first : after[-1]])
    before = "…" if first else ""
    behind = "…" if after[-1] < len(shown) else ""
    return before + text + behind, len(before) + starts[index] - starts[first]


def visible(text: str) -> str:
    """`text` with a mark in place of every character that would not show, or do something."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    if character < " ":
        return chr(0x2400 + ord(character))  # Unicode's pictures of control characters
    if character == "\x7f":
        return "\u2421"
    return " " if character.isspace() else f"<{ord(character):04X}>"
