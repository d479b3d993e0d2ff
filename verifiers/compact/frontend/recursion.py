"""Circuits that call themselves, directly or through others, are refused."""

from __future__ import annotations

from typing import Any

from . import core
from .effects import CALL, Effects
from .effects import of as effects_of
from .source import CompactError, SourceMap, map_order
from .types import Adt, structural


def check(program: core.Program, effects: dict[core.Circuit, Effects], source: SourceMap) -> None:
    """Raise `CompactError` at the first circuit in the text of the first cycle found."""
    if _cycle(list(effects), {circuit: e.circuits() for circuit, e in effects.items()}):
        # Now the order in which the compiler looks matters, for there may be several.
        calls = {c: effects_of(c.body, arguments_first=True).circuits() for c in effects}
        roots = [e for e in map_order(_elements(program, effects)) if e.__class__ is core.Circuit]
        _refuse(_cycle(roots, calls), source)


def _cycle(
    roots: list[core.Circuit], calls: dict[core.Circuit, list[core.Circuit]]
) -> list[core.Circuit]:
    """The first cycle found on the way from the roots; empty if there is none."""
    finished: set[core.Circuit] = set()
    for root in roots:
        if root in finished:
            continue
        # One entry per circuit under way: it, and the calls in it still to follow (last first).
        path = [root]
        open_calls = [calls[root][::-1]]
        while path:
            if not open_calls[-1]:
                finished.add(path.pop())
                open_calls.pop()
                continue
            callee = open_calls[-1].pop()
            if callee in path:
                return path[path.index(callee) :]
            if callee not in finished:
                path.append(callee)
                open_calls.append(calls[callee][::-1])
    return []


def _elements(program: core.Program, effects: dict[core.Circuit, Effects]) -> list[Any]:
    """The program as a list in the compiler's order: the kernel, the ledger, functions in use."""
    functions: set[Any] = set(effects)
    for effect in effects.values():
        functions.update(event.target for event in effect.events if event.kind == CALL)
    kernels = [field for field in program.ledger if _is_kernel(field)]
    text = sorted(functions, key=lambda function: (function.pos >= 0, function.pos))
    return [*kernels[:1], program.ledger, *text]


def _is_kernel(field: core.LedgerField) -> bool:
    type_ = structural(field.type)
    return isinstance(type_, Adt) and type_.name == "Kernel"


def _refuse(cycle: list[core.Circuit], source: SourceMap) -> None:
    first, *others = sorted(cycle, key=lambda circuit: circuit.pos)
    names = [first.name]
    names += [f"{circuit.name} at {source.describe(circuit.pos)}" for circuit in others]
    if len(names) > 2:
        names[-1] = "and " + names[-1]
        involved = ", ".join(names)
    else:
        involved = " and ".join(names)
    raise CompactError(first.pos, f"recursion involving {involved}")
