"""Programs with the compiler's answers to them, written one after the other in a text.

    circuit f(): Field { return y; }
    => 1:29 unbound identifier y

A program ends at ``=> accepted`` or at ``=> line:column message``; lines indented behind it
continue the message. ``### subject`` names what follows.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from forgegym.verifiers.compact.frontend.source import CompactError, SourceMap

ACCEPTED = "accepted"
_ANSWER = re.compile(r"((?:(?!=> ).*\n)*)=> (.*(?:\n   .*)*)\n")


def cases(text: str) -> list[Any]:
    """The (program, answer) pairs of `text` as pytest parameters, named by subject and number."""
    found: list[Any] = []
    for section in text.split("### ")[1:]:
        subject, _, programs = section.partition("\n")
        pairs = _ANSWER.findall(programs)
        assert programs.count("\n=> ") == len(pairs)
        for number, (program, answer) in enumerate(pairs, 1):
            message = re.sub(r"\n +", " ", answer)
            found.append(pytest.param(program.lstrip("\n"), message, id=f"{subject} {number}"))
    return found


def answer(program: str, check: Callable[[str, SourceMap], object]) -> str:
    """What `check` says of `program`, in the form of the cases."""
    source_map = SourceMap(program)
    try:
        check(program, source_map)
    except CompactError as error:
        if error.pos is None:
            return error.message
        line, column = source_map.locate(error.pos)
        return f"{line}:{column} {error.message}"
    return ACCEPTED
