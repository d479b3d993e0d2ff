"""K11: names that mean something in the JavaScript that is made of a contract.

Safe: a right contract with such names passes all plays, and a wrong one passes no more for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..submissions import COUNTER, RUNTIME, WRONG, changed, limited_counter

if TYPE_CHECKING:
    from ..submissions import Court

NEEDS = RUNTIME
NAMES = (
    "__proto__", "prototype", "toString", "valueOf", "hasOwnProperty", "toJSON", "then", "length",
    "name", "arguments", "eval", "globalThis", "undefined", "NaN", "Object", "Array", "Symbol",
    "BigInt", "Uint8Array", "JSON", "Error", "Number", "Math", "process", "require", "exports",
    "console", "Contract", "circuits", "impureCircuits", "provableCircuits", "pureCircuits",
    "witnesses", "initialState", "contractReferenceLocations", "state", "context", "ledger_",
    "is_some", "dict", "int", "bytes", "root", "lookup", "head", "field", "firstFree", "of_",
)  # fmt: skip
# So many fields at a time: telling of each after every call of every play takes its time.
FIELDS = 10


def holding(names: tuple[str, ...]) -> str:
    """Fields of the ledger of these names, which are told after each call."""
    return "".join(f"export ledger {name}: Uint<64>;\n" for name in names)


def naming(names: tuple[str, ...]) -> str:
    """Declarations that use `names` in every other place where a contract can have one."""
    return "".join(
        f"export struct S{i} {{ {name}: Field, other: Boolean }}\n"
        f"export enum E{i} {{ {name}, other }}\n"
        f"export circuit take{i}({name}: S{i}): S{i} "
        f"{{ return S{i} {{ {name}: {name}.{name} + 1, other: true }}; }}\n"
        for i, name in enumerate(names)
    )


def calling(names: tuple[str, ...]) -> str:
    """Circuits of these names, one of them with effects."""
    return "".join(
        f"export circuit {name}({name}: Field): Field {{ {effect}return {name} + 1; }}\n"
        for name in names
        for effect in ("resets.increment(0); " if name > "m" else "",)
    )


def judge(court: Court) -> None:
    task = limited_counter()
    first, *others = (NAMES[i : i + FIELDS] for i in range(0, len(NAMES), FIELDS))
    odd = [COUNTER + more for more in (naming(NAMES), calling(NAMES), holding(first))]
    court.accept(*odd, *(COUNTER + holding(group) for group in others), task=task)
    plain, *wrong = court.refuse(*(changed(s, *WRONG) for s in (COUNTER, *odd)), task=task)
    for verdict in wrong:
        more = verdict.metrics["behaviour"] > plain.metrics["behaviour"]
        court.check(not more, "more plays pass with odd names than without")
