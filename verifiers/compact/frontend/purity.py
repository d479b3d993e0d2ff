"""Pure circuits: one that is declared pure must touch no ledger field and call no witness."""

from __future__ import annotations

from . import core
from .effects import CALL, LEDGER, Effects
from .source import CompactError, SourceMap

# The circuit that does something impure, where, and what.
_Finding = tuple[core.Circuit, int, str]


def check(
    circuits: list[core.Circuit], effects: dict[core.Circuit, Effects], source: SourceMap
) -> None:
    """Raise `CompactError` at the first circuit that is declared pure but is not.

    The circuits must not be recursive.
    """
    known: dict[core.Circuit, _Finding | None] = {}

    def finding(circuit: core.Circuit) -> _Finding | None:
        if circuit not in known:
            known[circuit] = first(circuit)
        return known[circuit]

    def first(circuit: core.Circuit) -> _Finding | None:
        for event in effects[circuit].events:
            target = event.target
            if event.kind == LEDGER:
                return circuit, event.pos, f"accesses ledger field {target.field.name}"
            if event.kind == CALL:
                if target.__class__ is core.Circuit:
                    inner = finding(target)
                    if inner is not None:
                        return inner
                elif target.__class__ is core.Witness:
                    return circuit, event.pos, f"calls witness {target.name}"
                elif target.is_witness:
                    return circuit, event.pos, f"calls native witness {target.name}"
        return None

    for circuit in circuits:
        if circuit.declared_pure:
            found = finding(circuit)
            if found is not None:
                _refuse(circuit, found, source)


def _refuse(circuit: core.Circuit, found: _Finding, source: SourceMap) -> None:
    culprit, pos, reason = found
    message = f"circuit {circuit.name} is marked pure but is actually impure because it "
    where = source.describe(pos)
    if culprit is circuit:
        message += f"{reason} at {where}"
    else:
        message += (
            f"calls (directly or indirectly) impure circuit {culprit.name};"
            f" {culprit.name} is impure because it {reason} at {where}"
        )
    raise CompactError(circuit.pos, message)
