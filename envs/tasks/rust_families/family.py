"""What a family of Rust tasks is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ....verifiers.rust.interface import Interface
from ..draw import Draw
from ..functions import RaisesError


class PanicsError(RaisesError):
    """What an oracle raises where the function is to panic."""

    name = "panic"


@dataclass(frozen=True, slots=True)
class Problem:
    """One function that is to be written.

    Attributes:
        words: What it is to do, for the prompt: exact enough that no two right answers differ on
            any argument that `arguments` can draw. Plain sentences, wrapped by whoever shows them;
            paragraphs and list items ("- ...") are separated by newlines.
        interface: The function's name and type.
        reference: A Rust program that does it: idiomatic, without warnings.
        oracle: The same in Python, written independently of the reference; called with the
            arguments as plain data (int, float, bool, str, list for slices and Vec, tuple, set,
            dict, None for Option::None; ("Ok", v) and ("Err", e) for Result). Raises `PanicsError`
            where the function is to panic.
        arguments: Draws one tuple of arguments.
        edges: Arguments that every test asks for: empty, single, extreme, equal elements, ...
    """

    words: str
    interface: Interface
    reference: str
    oracle: Callable[..., Any]
    arguments: Callable[[Draw], tuple[Any, ...]]
    edges: Sequence[tuple[Any, ...]] = field(default_factory=tuple)


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
