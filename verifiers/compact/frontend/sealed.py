"""Sealed ledger fields: only what exported circuits cannot reach may modify them."""

from __future__ import annotations

from . import core
from .effects import CALL, WRITE, Effects
from .source import CompactError, SourceMap

# The circuit that modifies a sealed field, where, and which.
_Finding = tuple[core.Circuit, int, str]


def check(
    circuits: list[core.Circuit], effects: dict[core.Circuit, Effects], source: SourceMap
) -> None:
    """Raise `CompactError` at the first exported circuit that modifies a sealed field.

    The circuits must not be recursive.
    """
    known: dict[core.Circuit, _Finding | None] = {}

    def finding(circuit: core.Circuit) -> _Finding | None:
        if circuit not in known:
            known[circuit] = first(circuit)
        return known[circuit]

    def first(circuit: core.Circuit) -> _Finding | None:
        for event in effects[circuit].events:
            if event.nested:
                continue
            if event.kind == WRITE and event.target.field.sealed:
                return circuit, event.pos, event.target.field.name
            if event.kind == CALL and event.target.__class__ is core.Circuit:
                inner = finding(event.target)
                if inner is not None:
                    return inner
        return None

    for circuit in circuits:
        if circuit.exported_as:
            found = finding(circuit)
            if found is not None:
                culprit, pos, name = found
                raise CompactError(
                    circuit.pos,
                    f"exported circuits cannot modify sealed ledger fields but {circuit.name} calls"
                    f" (directly or indirectly) {culprit.name}, which modifies sealed field {name}"
                    f" at {source.describe(pos)}",
                )
