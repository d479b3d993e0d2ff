"""What the families of storage and data paths share: how a clocked problem is put together, and
how its stimulus is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Union

from ....verifiers.verilog.interface import Port
from ..draw import Draw
from .family import Problem, Sequential, at_edge, clocked, indented, module

# Of a bit: the chance that it is 1. Of a number: how many values it has, all as likely.
Chance = Union[float, int]


def synchronous(
    name: str,
    key: Sequence[object],
    inputs: Sequence[Port],
    outputs: Sequence[Port],
    words: str,
    model: Sequential,
    *,
    first: str,
    then: str,
    body: str = "",
) -> Problem:
    """A clocked problem whose reference is `body` and one block at the edge.

    Args:
        name: The module's.
        key: What draws the kind of its reset.
        first: Statements, a line each: what a reset does.
        then: Statements: what any other rising edge does.
        body: What stands before the block; two columns are put before its lines.
    """
    interface = clocked(name, inputs, outputs, *key)
    block = at_edge(interface, first, then)
    registers = [
        port.name
        for port in outputs
        if f"{port.name} <= " in first or f"assign {port.name} = " not in body
    ]
    reference = module(interface, indented(body, 2) + block, registers)
    return Problem(words, interface, reference, model)


def rows(draw: Draw, cycles: int, chances: Mapping[str, Chance]) -> list[dict[str, int]]:
    """Cycles in which each input has a value by its chance, apart from all others."""
    return [
        {
            name: int(draw.chance(chance)) if isinstance(chance, float) else draw.below(chance)
            for name, chance in chances.items()
        }
        for _ in range(cycles)
    ]


def sparse(draw: Draw, width: int) -> int:
    """A word in which about a fifth of the bits are 1."""
    return sum(1 << bit for bit in range(width) if draw.chance(0.2))


def vector(width: int) -> str:
    """The range of a declaration, with the blank after it; nothing for one bit."""
    return f"[{width - 1}:0] " if width > 1 else ""
