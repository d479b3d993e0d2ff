"""compactc's output as data (pure; nothing here runs anything).

Formats, from compactc 0.31 with ``--vscode``: one condition a line on standard error,
``Exception: contract.compact line 3 char 39: message``, or without a place
(``Exception: <standard library>: message``, ``Exception: error opening source file: ...``);
``Warning: ...``; ``Internal error (please report): Exception ...``. Exit status: 0 accepted,
255 refused, 254 internal error, 1 wrong usage. Lines and characters count from 1, in characters.
"""

from __future__ import annotations

import re

from ..verdict import Diagnostic, Severity

ACCEPTED = 0
REFUSED = 255

_CONDITION = re.compile(
    r"(?P<kind>Exception|Warning)(?: in [^:]*)?: "
    r"(?:(?P<file>\S[^:]*?) line (?P<line>\d+) char (?P<char>\d+): )?(?P<message>.*)"
)
_INTERNAL = "Internal error (please report): "

# What the lexer (all without a prefix of its own) and the parser say; the rest comes from later
# passes. `unrecognized pragma` is raised while parsing too, but for its meaning.
_SYNTAX = re.compile(
    r"parse error: |unexpected (?:character|digit|newline|end of file)"
    r"|attempt to nest block comment|unsupported numeric syntax|\d+ is out of Field range"
)

# The compiler could not read its input or write its output. Which side is to blame (a full disk,
# or a circuit whose name is too long for a file) cannot be told from the message.
_FILES = re.compile(r"error (?:opening|reading|closing|creating|writing) ")

_VERSION = re.compile(r"\d+\.\d+\.\d+\S*")


def parse_messages(stderr: str) -> tuple[Diagnostic, ...]:
    """Every condition that compactc printed, in its order; other lines are left out.

    An internal error becomes an error with the code ``"internal"``.
    """
    found = []
    # Not splitlines(): a message may quote U+0085 or U+2028 from the program.
    for line in stderr.split("\n"):
        text = line.removeprefix(_INTERNAL)
        match = _CONDITION.fullmatch(text)
        if match is None:
            if text is not line:
                found.append(Diagnostic(text.strip(), code="internal"))
            continue
        found.append(
            Diagnostic(
                message=match["message"].strip(),
                line=int(match["line"]) if match["line"] else None,
                column=int(match["char"]) if match["char"] else None,
                severity=Severity.WARNING if match["kind"] == "Warning" else Severity.ERROR,
                code="internal" if text is not line else None,
            )
        )
    return tuple(found)


def is_syntax_error(message: str) -> bool:
    """Whether this message comes from reading the program, before any rule about its meaning."""
    return _SYNTAX.match(message) is not None


def is_file_error(diagnostic: Diagnostic) -> bool:
    """Whether the compiler could not read or write a file (as opposed to refusing the program)."""
    return diagnostic.line is None and _FILES.match(diagnostic.message) is not None


def parse_version(stdout: str) -> str | None:
    """The version that ``--version`` or ``--language-version`` printed, or None if it is none."""
    match = _VERSION.fullmatch(stdout.strip())
    return match.group() if match else None
