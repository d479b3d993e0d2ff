"""What an agent reads after an attempt: the compiler's messages, with the lines they are about.

Pure text out of data, the same for a person and a language model. Its size is bounded, so that
every feedback fits the observation space whatever the compiler says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..verifiers.verdict import Diagnostic, Verdict
from .rewards import solved

# Compilers stop at the first error or repeat themselves; the first few carry the news.
MAX_DIAGNOSTICS = 8
MAX_MESSAGE = 1200
MAX_LINE = 120


# Of tests, by the stage that they did not pass.
_OF_TESTS = {
    "parse": "cannot be read",
    "validity": "are not all valid",
    "kills": "are not failed by every wrong program",
}

# What a compiler counts as the end of a line (Scheme's and Unicode's, and the plain ones).
_LINE_END = re.compile("\r\n|\r\x85|[\n\r\x85\u2028]")


def feedback_text(verdict: Verdict, source: str, *, turn: int, max_turns: int) -> str:
    """The text for the `turn`-th attempt, `source`, of at most `max_turns`."""
    return "\n".join(_lines(verdict, source, f"Attempt {turn} of {max_turns}")) + "\n"


def _lines(verdict: Verdict, source: str, attempt: str) -> Iterator[str]:
    if verdict.failure is not None:
        yield f"{attempt}: not judged, and not the program's fault."
        yield f"{verdict.failure.stage} ({verdict.failure.kind.value}): {verdict.failure.message}"
        return
    if not verdict.accepted:
        what = "the tests" if "validity" in verdict.metrics else "the program"
        yield f"{attempt}: {what} {_how_it_failed(verdict)}."
        yield from _tests(verdict)
    elif solved(verdict):
        yield f"{attempt}: solved."
    else:
        yield f"{attempt}: the program compiles, but does not do all that was asked:"
        yield from (
            f"- {_unmet(name, row)}"
            for name, row in verdict.facts["requirements"].items()
            if not row["met"]
        )
    texts = _LINE_END.split(source)
    for diagnostic in verdict.diagnostics[:MAX_DIAGNOSTICS]:
        yield ""
        yield from _explain(diagnostic, texts)
    left_out = len(verdict.diagnostics) - MAX_DIAGNOSTICS
    if left_out > 0:
        yield ""
        yield f"... and {left_out} more."
    yield ""
    yield f"Judged by {verdict.toolchain}."


def _built(verdict: Verdict) -> str:
    """The stage after which a program could be run."""
    return "compile" if any(stage.name == "compile" for stage in verdict.stages) else "parse"


def _how_it_failed(verdict: Verdict) -> str:
    if verdict.stage == "test":
        return f"{_built(verdict)}s, but does not do what is asked"
    if "validity" in verdict.metrics:
        return _OF_TESTS[verdict.stage]
    return f"does not {verdict.stage}"


def _tests(verdict: Verdict) -> Iterator[str]:
    """How many tests passed; of hidden ones one coarse number, so that they cannot be searched."""
    if "tests" not in verdict.facts or not verdict.passed(_built(verdict)):
        return
    for name, counts in verdict.facts["tests"].items():
        if name == "hidden":
            share = counts["passed"] / max(counts["total"], 1)
            most = "all" if share == 1 else "most" if share >= 0.5 else "some" if share else "none"
            yield f"Hidden tests: {most} passed."
        else:
            yield f"Public tests: {counts['passed']} of {counts['total']} passed."


def _unmet(name: str, row: dict[str, object]) -> str:
    if row["asked"] is True:
        what, _, field = name.partition(" ")
        return f"no {what} field {field} is used" if field else f"no {what} is used"
    return f"{name} is {row['found']}; at least {row['asked']} is asked for"


def _explain(diagnostic: Diagnostic, texts: list[str]) -> Iterator[str]:
    yield f"{diagnostic.severity.value}: {_cut(diagnostic.message, MAX_MESSAGE)}"
    line, column = diagnostic.line, diagnostic.column
    if line is None or column is None:
        return
    yield f"  --> line {line}, column {column}"
    if not 1 <= line <= len(texts):
        return
    # A window of the line that holds the column, so that the caret is always below it.
    start = max(0, column - MAX_LINE // 2)
    shown = "".join(c if c.isprintable() else " " for c in texts[line - 1][start:][:MAX_LINE])
    margin = " " * len(str(line))
    yield f"{line} | {shown}".rstrip()
    yield f"{margin} | {' ' * min(column - 1 - start, len(shown))}^"


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 4] + " ..."
