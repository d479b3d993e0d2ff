"""What a family of Python tasks is made of."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ....verifiers.python.interface import Interface
from ..draw import Draw
from ..functions import RaisesError

__all__ = ["FAMILIES", "Family", "Problem", "RaisesError", "family", "raising", "slip"]


def raising(name: str) -> RaisesError:
    """What an oracle raises where the function is to raise the builtin exception of this name.

    Raises `ValueError` when there is none.
    """
    kind = vars(builtins).get(name)
    if not (isinstance(kind, type) and issubclass(kind, Exception)):
        raise ValueError(f"{name} is no builtin exception")
    error = RaisesError(name)
    error.name = name
    return error


@dataclass(frozen=True, slots=True)
class Problem:
    """One function that is to be written.

    Attributes:
        words: What it is to do, for the prompt: exact enough that no two right answers differ on
            any argument that `arguments` can draw. Plain sentences, wrapped by whoever shows them;
            paragraphs and list items ("- ...") are separated by newlines.
        interface: The function's name and type.
        reference: A Python program that does it: idiomatic, annotated, of the standard library.
        oracle: The same as a Python callable, written independently of the reference, by another
            approach, as plainly as possible; called with the arguments, which it leaves as they
            are. Raises `raising(name)` where the function is to raise.
        arguments: Draws one tuple of arguments.
        edges: Arguments that every test asks for: empty, single, extreme, equal elements, ...
        wrong: Programs with the mistakes that people and models make, two to four: each does what
            is asked on some arguments, and must fail a hidden case.
    """

    words: str
    interface: Interface
    reference: str
    oracle: Callable[..., Any]
    arguments: Callable[[Draw], tuple[Any, ...]]
    edges: Sequence[tuple[Any, ...]] = field(default_factory=tuple)
    wrong: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Family:
    """A kind of problem.

    `variants` gives, for a difficulty, at least five keys (tuples of plain values); `problem` makes
    of one of them what is to be done. Difficulty 1 is a line or two, 5 a small algorithm.
    """

    name: str
    variants: Callable[[int], Sequence[tuple[Any, ...]]]
    problem: Callable[..., Problem]


FAMILIES: dict[str, Family] = {}


def family(
    name: str, variants: Callable[[int], Sequence[tuple[Any, ...]]]
) -> Callable[[Callable[..., Problem]], Callable[..., Problem]]:
    """Registers the function below it, which is called with a variant's parts, as a family."""

    def register(problem: Callable[..., Problem]) -> Callable[..., Problem]:
        FAMILIES[name] = Family(name, variants, problem)
        return problem

    return register


def slip(source: str, *changes: tuple[str, str]) -> str:
    """`source` with a mistake: each first text, which must be there, replaced by the second.

    Raises `ValueError` when one is not there.
    """
    for right, mistaken in changes:
        if right not in source:
            raise ValueError(f"there is no {right!r} in:\n{source}")
        source = source.replace(right, mistaken)
    return source
