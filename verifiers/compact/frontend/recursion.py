"""Circuits that call themselves, directly or through others, are refused."""

from __future__ import annotations

from . import core
from .effects import Effects, in_pairs
from .source import CompactError, SourceMap


def check(
    circuits: list[core.Circuit], effects: dict[core.Circuit, Effects], source: SourceMap
) -> None:
    """Raise `CompactError` at the first circuit in the text of the first cycle found."""
    finished: set[core.Circuit] = set()
    for root in in_pairs(circuits):
        if root in finished:
            continue
        # One entry per circuit under way: it, and the calls in it still to follow (last first).
        path = [root]
        calls = [effects[root].circuits()[::-1]]
        while path:
            if not calls[-1]:
                finished.add(path.pop())
                calls.pop()
                continue
            callee = calls[-1].pop()
            if callee in path:
                _refuse(path[path.index(callee) :], source)
            if callee not in finished:
                path.append(callee)
                calls.append(effects[callee].circuits()[::-1])


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
