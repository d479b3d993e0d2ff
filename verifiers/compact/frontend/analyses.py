"""The rules that a well-typed program can still break, in the order in which the compiler looks.

Each rule has a file of its own; here they are put in order, over the circuits that count (those
that an exported circuit or the constructor reaches). What needs constant folding through inlined
circuits and unrolled loops runs only where a program has something for it to decide.
"""

from __future__ import annotations

from . import backend, core, disclosure, effects, indices, purity, recursion
from . import sealed as sealed_fields
from .source import SourceMap


def check(program: core.Program, source: SourceMap) -> None:
    """Raise `CompactError` for the first rule that `program`, a well-typed one, breaks."""
    known: dict[core.Circuit, effects.Effects] = {}
    start = None
    called: list[core.Circuit] = []
    if program.constructor is not None:
        start = effects.of(program.constructor.body)
        called += start.circuits()
    called += [circuit for circuit in program.circuits if circuit.exported_as]
    while called:
        circuit = called.pop()
        if circuit not in known:
            known[circuit] = found = effects.of(circuit.body)
            called += found.circuits()
    circuits = [circuit for circuit in program.circuits if circuit in known]

    recursion.check(circuits, known, source)
    if any(field.sealed for field in program.ledger):
        sealed_fields.check(circuits, known, source)
    purity.check(circuits, known, source)
    disclosure.check(circuits, program.witnesses, program.constructor, source)
    everything = [*known.values(), start] if start is not None else list(known.values())
    if any(found.indexed for found in everything):
        indices.check(circuits, program.constructor)
    backend.check_names(circuits, source)
    backend.check_opaque_types(program, circuits, known)
