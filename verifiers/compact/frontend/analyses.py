"""The rules that a well-typed program can still break, in the order in which the compiler looks.

Each rule has a file of its own; here they are put in order, over the circuits that count (those
that an exported circuit or the constructor reaches). What needs constant folding through inlined
circuits and unrolled loops runs only where a program has something for it to decide.
"""

from __future__ import annotations

from . import backend, core, disclosure, effects, indices, purity, recursion
from . import sealed as sealed_fields
from .source import TOO_LARGE, CompactError, SourceMap
from .types import Adt, structural

# Nodes of one circuit with loops unrolled and circuits inlined. compactc takes 16 seconds for the
# 100,000 of a loop over 30,000 ledger operations, and its time grows with the square; nested calls
# cost it less.
MAX_UNFOLDED = 10_000_000
# With fewer circuits than this and shorter loops, a program is not worth measuring.
SMALL = 16


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

    recursion.check(program, known, source)
    if any(field.sealed for field in program.ledger):
        sealed_fields.check(circuits, known, source)
    purity.check(circuits, known, source)
    _check_nesting(program.ledger)
    disclosure.check(circuits, program.witnesses, program.constructor, source)
    if len(known) > SMALL or any(found.longest_loop > SMALL for found in known.values()):
        _check_size(circuits)
    everything = [*known.values(), start] if start is not None else list(known.values())
    if any(found.indexed or found.uneven for found in everything):
        indices.check(circuits, program.constructor)
    backend.check_names(circuits, source)
    backend.check_opaque_types(program, circuits, known)


def _check_size(circuits: list[core.Circuit]) -> None:
    """Refuse what compactc, which unfolds every exported circuit, would be at for hours."""
    sizes: dict[core.Circuit, int] = {}
    for circuit in circuits:
        if circuit.exported_as and effects.unfolded_size(circuit.body, sizes) > MAX_UNFOLDED:
            raise CompactError(circuit.pos, TOO_LARGE)


def _check_nesting(fields: list[core.LedgerField]) -> None:
    """Only the kernel cannot be nested where an ADT can: name resolution checks the rest."""
    for field in fields:
        todo = [field.type]
        while todo:
            adt = structural(todo.pop())
            if isinstance(adt, Adt):
                nested = [a for a in adt.arguments if not isinstance(a, int)]
                for argument in map(structural, nested):
                    if isinstance(argument, Adt) and argument.name == "Kernel":
                        raise CompactError(
                            argument.pos, "cannot nest Kernel ADTs within another ADT"
                        )
                todo += nested
