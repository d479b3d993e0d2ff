"""What the back ends cannot express: the last refusals, after every analysis.

Keys and circuits become files named after exported circuits, so that two names may not differ in
case alone; and the generated TypeScript knows three kinds of opaque values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from . import core
from .effects import Effects
from .indices import Evaluator
from .source import CompactError, SourceMap
from .types import Adt, Alias, Opaque, Struct, Tuple, Type, Vector

OPAQUE_TAGS = frozenset({"string", "Uint8Array", "JubjubPoint"})


def check_names(circuits: list[core.Circuit], source: SourceMap) -> None:
    """Raise `CompactError` where the names of two exported circuits clash.

    Only circuits that leave a ledger operation in the program have files.
    """
    names = sorted(
        (name, circuit.pos, circuit) for circuit in circuits for name in circuit.exported_as
    )
    if len({name.casefold() for name, _, _ in names}) == len(names):
        return
    evaluator = Evaluator()
    taken: dict[str, tuple[str, core.Circuit]] = {}
    for name, _, circuit in names:
        evaluator.run(circuit.parameters, circuit.body)
        if not evaluator.touches_ledger:
            continue
        if name.casefold() in taken:
            other, where = taken[name.casefold()]
            raise CompactError(
                circuit.pos,
                f"the exported impure circuit name {_exported(name, circuit)} is identical to the"
                f' exported circuit name "{_exported(other, where)}" at'
                f" {source.describe(where.pos)} modulo case; please rename to avoid zkir and"
                " prover-key filename clashes on case-insensitive filesystems",
            )
        taken[name.casefold()] = name, circuit


def _exported(name: str, circuit: core.Circuit) -> str:
    return name if name == circuit.name else f"{name} for {circuit.name}"


def check_opaque_types(
    program: core.Program, circuits: list[core.Circuit], effects: dict[core.Circuit, Effects]
) -> None:
    """Raise `CompactError` at an opaque type that the generated code would have to represent."""
    found = next(_unknown(_declared_types(program, circuits)), None)
    if found is None:
        named = _unknown(type_ for circuit in circuits for type_ in effects[circuit].types)
        found = min(named, key=lambda opaque: opaque.pos, default=None)
    if found is not None:
        raise CompactError(found.pos, f"opaque type {found.tag} is not supported")


def _unknown(types: Iterable[Type]) -> Iterator[Opaque]:
    seen: set[int] = set()
    return (found for type_ in types if (found := _unknown_opaque(type_, seen)) is not None)


def _declared_types(program: core.Program, circuits: list[core.Circuit]) -> Iterator[Type]:
    functions: list[core.Circuit | core.Witness] = [c for c in circuits if c.exported_as]
    functions += program.witnesses
    functions += [circuit for circuit in circuits if not circuit.exported_as]
    for function in functions:
        for parameter in function.parameters:
            yield parameter.type
        yield function.result
    for field in program.ledger:
        yield field.type
    if program.constructor is not None:
        for parameter in program.constructor.parameters:
            yield parameter.type


def _unknown_opaque(type_: Type, seen: set[int]) -> Opaque | None:
    """The first in `type_`; `seen`: the types looked into before, which can be parts of many."""
    if isinstance(type_, Opaque):
        return None if type_.tag in OPAQUE_TAGS else type_
    parts: Iterable[Type]
    if isinstance(type_, Alias):
        parts = (type_.type,)
    elif isinstance(type_, Vector):
        parts = (type_.element,)
    elif isinstance(type_, Tuple):
        parts = type_.elements
    elif isinstance(type_, Struct):
        parts = (field[1] for field in type_.fields)
    elif isinstance(type_, Adt):
        parts = (a for a in type_.arguments if not isinstance(a, int))
    else:
        return None
    if id(type_) in seen:
        return None
    seen.add(id(type_))
    looked = (_unknown_opaque(part, seen) for part in parts)
    return next((found for found in looked if found is not None), None)
