"""What a contract is made of, and whether that is what a task asked for.

A task asks in `Task.requirements` for a `complexity` of at least so much, for `constructs`: kinds
of decisions (`DECISIONS`) or declarations (`DECLARATIONS`), and for fields of the `ledger` by their
names. A declaration counts when the contract uses it, a decision when it counts for complexity, so
that neither can be faked by text that does nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .frontend import ast

DECISIONS = ("if", "if-else", "else-if", "ternary", "loop")
DECLARATIONS = ("enum", "struct", "witness")
CONSTRUCTS = DECISIONS + DECLARATIONS

_DECLARATION_KINDS = {ast.Enum: "enum", ast.Struct: "struct", ast.Witness: "witness"}
_NAMING = (ast.Name, ast.TypeName, ast.FunctionName)


def used_declarations(program: ast.Program) -> tuple[list[str], list[str]]:
    """What the program both declares and names somewhere else: which of `DECLARATIONS`, and the
    names of which ledger fields. Both sorted."""
    declared: dict[str, str] = {}
    fields: set[str] = set()
    named: set[str] = set()
    stack: list[object] = [program]
    while stack:
        node = stack.pop()
        if isinstance(node, (list, tuple)):
            stack.extend(node)
            continue
        kind = _DECLARATION_KINDS.get(type(node))
        if kind is not None:
            declared[node.name] = kind  # type: ignore[attr-defined]
        elif isinstance(node, ast.Ledger):
            fields.add(node.name)
        elif isinstance(node, _NAMING):
            named.add(node.name)
        stack.extend(getattr(node, slot) for slot in getattr(node, "__slots__", ()))
    kinds = {kind for name, kind in declared.items() if name in named}
    return sorted(kinds), sorted(fields & named)


def check_requirements(
    requirements: Mapping[str, Any], metrics: Mapping[str, float], facts: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Each thing asked for by its name: ``{"asked", "found", "met"}``.

    `metrics` and `facts` are a verdict's; both are empty when the program does not parse, and
    then nothing is met. Raises `ValueError` for a requirement that Compact tasks do not have.
    """
    unknown = requirements.keys() - {"complexity", "constructs", "ledger"}
    if unknown:
        raise ValueError(f"a Compact task cannot require {', '.join(sorted(unknown))}")
    table: dict[str, dict[str, Any]] = {}
    if "complexity" in requirements:
        asked, found = int(requirements["complexity"]), int(metrics.get("complexity", 0))
        table["complexity"] = {"asked": asked, "found": found, "met": found >= asked}
    constructs = facts.get("constructs", ())
    for name in requirements.get("constructs", ()):
        if name not in CONSTRUCTS:
            known = ", ".join(CONSTRUCTS)
            raise ValueError(f"a Compact task cannot require the construct {name!r} (only {known})")
        table[name] = {"asked": True, "found": name in constructs, "met": name in constructs}
    fields = facts.get("ledger", ())
    for name in requirements.get("ledger", ()):
        table[f"ledger {name}"] = {"asked": True, "found": name in fields, "met": name in fields}
    return table
