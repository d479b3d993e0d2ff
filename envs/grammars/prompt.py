"""What a task's prompt shows, as data and as numbers: nothing here knows more than its reader."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from .derivation import Start, Type

# So many of a prompt's examples are encoded, and of each so many numbers: of what is given, and of
# what comes out.
EXAMPLES, GIVEN, FOUND = 3, 10, 8
# Numbers beyond this (e^16 is nine millions) look alike.
_LOG_SCALE = 16.0
_LENGTH_SCALE = 32.0

# A number in any of the languages: `-5`, `1_000`, `5'h1d`; or a letter or sign in quotes.
_NUMBER = re.compile(r"\d+'h([0-9a-f]+)|(-?\d[\d_]*)")
_QUOTED = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'")


@dataclass(frozen=True, slots=True)
class Example:
    """What the program is given, and what is to come out, as the prompt writes them."""

    given: str
    found: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A prompt as the grammar's writer sees it.

    `parameters` and `results`: types, each with a size (of ports: their bits). `hints`: what else
    is asked for, as numbers 0..1. `start`: the program's frame.
    """

    parameters: tuple[tuple[Type, int], ...]
    results: tuple[tuple[Type, int], ...]
    examples: tuple[Example, ...]
    hints: tuple[float, ...]
    start: Start


class PromptError(ValueError):
    """A prompt that says nothing of what a program is to be; the message is one sentence."""


def uncommented(prompt: str, comment: str) -> str:
    """A prompt's lines without what begins them as comments."""
    return "\n".join(line.removeprefix(comment).removeprefix(" ") for line in prompt.splitlines())


def examples_of(text: str, name: str) -> tuple[Example, ...]:
    """The calls ``name(...) is ...`` (or ``raises ...``, ``panics``) that a prompt shows."""
    found = []
    for line in text.splitlines():
        match = re.match(rf"\s+{re.escape(name)}\((.*)\) (is .*|raises .*|panics.*)$", line)
        if match:
            found.append(Example(match[1], match[2]))
    return tuple(found)


def split_outside(text: str, separator: str = ",") -> list[str]:
    """The parts of a list, whose separators within brackets are not its own."""
    parts, depth, begin = [], 0, 0
    for at, sign in enumerate(text):
        depth += (sign in "([{<") - (sign in ")]}>")
        if sign == separator and depth == 0:
            parts.append(text[begin:at].strip())
            begin = at + 1
    parts.append(text[begin:].strip())
    return [part for part in parts if part]


def squashed(number: float) -> float:
    """A number as -1..1, by its logarithm."""
    size = math.log1p(min(abs(number), math.exp(_LOG_SCALE))) / _LOG_SCALE
    return math.copysign(min(size, 1.0), number)


def numbers(text: str, most: int) -> list[float]:
    """The first numbers of an example's text, squashed, texts in quotes as their letters; before
    them how many there are, and how long it is: `most` in all, each -1..1."""

    def letters(match: re.Match[str]) -> str:
        return " ".join(str(ord(sign)) for sign in match[1] or match[2] or "")

    plain = _QUOTED.sub(letters, text) if "'h" not in text else text
    found = [
        float(int(hexadecimal, 16) if hexadecimal else int(decimal.replace("_", "")))
        for hexadecimal, decimal in _NUMBER.findall(plain)
    ]
    head = [min(len(found) / _LENGTH_SCALE, 1.0), min(len(text) / (8 * _LENGTH_SCALE), 1.0)]
    values = [squashed(number) for number in found[: most - len(head)]]
    return head + values + [0.0] * (most - len(head) - len(values))


def encoded(examples: Sequence[Example]) -> list[float]:
    """The first examples as ``EXAMPLES * (GIVEN + FOUND)`` numbers, -1..1; zeros where there are
    fewer."""
    values: list[float] = []
    for example in examples[:EXAMPLES]:
        values += numbers(example.given, GIVEN) + numbers(example.found, FOUND)
    return values + [0.0] * (EXAMPLES * (GIVEN + FOUND) - len(values))
