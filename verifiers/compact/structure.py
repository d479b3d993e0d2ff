"""What a contract is made of, and whether that is what a task asked for.

A task asks in `Task.requirements` for a `complexity` of at least so much, for `constructs`: kinds
of decisions (`DECISIONS`) or declarations (`DECLARATIONS`), and for fields of the `ledger` by their
names. A declaration counts when what can be reached from outside names it, a decision when it
counts for complexity, so that neither can be faked by text that nothing runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .frontend import ast
from .frontend.scopes import Scope, Unit, entry_points, names_of

DECISIONS = ("if", "if-else", "else-if", "ternary", "loop")
DECLARATIONS = ("enum", "struct", "witness")
CONSTRUCTS = DECISIONS + DECLARATIONS

_DECLARATION_KINDS = {ast.Enum: "enum", ast.Struct: "struct", ast.Witness: "witness"}
_Names = frozenset[str]


def used_declarations(program: ast.Program) -> tuple[list[str], list[str]]:
    """What the program both declares and uses: which of `DECLARATIONS`, and the names of which
    ledger fields. Both sorted.

    Used is what the constructor, the exported circuits and those that they call name, the types of
    what they name, and those of exported fields, which can be read from outside. A name is what it
    means where it stands: a parameter is no field.
    """
    uses = _Uses()
    scope = names_of(program)
    for unit in entry_points(program, scope):
        uses.run(unit)
    for name in scope.exports:
        declaration = scope.named.get(name)
        if isinstance(declaration, ast.Ledger):
            uses.read(declaration, scope)
    return uses.found()


class _Uses:
    """The declarations that can be reached.

    `local` are the names that parameters, constants and loops bind, `generic` those of generic
    parameters: both hide declarations.
    """

    def __init__(self) -> None:
        self._found: dict[int, ast.Declaration] = {}
        self._units: set[int] = set()
        self._waiting: list[tuple[Any, Scope, _Names, _Names]] = []

    def read(self, field: ast.Ledger, scope: Scope) -> None:
        self._wait(field.type, scope.owners[field.pos], frozenset(), frozenset())

    def found(self) -> tuple[list[str], list[str]]:
        while self._waiting:
            self._look(*self._waiting.pop())
        kinds = {kind for d in self._found.values() if (kind := _DECLARATION_KINDS.get(type(d)))}
        fields = {d.name for d in self._found.values() if isinstance(d, ast.Ledger)}
        return sorted(kinds), sorted(fields)

    def run(self, unit: Unit) -> None:
        node = unit.node
        if node.pos in self._units:
            return
        self._units.add(node.pos)
        local = _bound(parameter.pattern for parameter in node.parameters)
        generic = _generic(node)
        self._wait([p.type for p in node.parameters], unit.scope, local, generic)
        if isinstance(node, ast.Circuit):
            self._wait(node.result, unit.scope, local, generic)
        self._wait(node.body, unit.scope, local, generic)

    def _wait(self, node: Any, scope: Scope, local: _Names, generic: _Names) -> None:
        self._waiting.append((node, scope, local, generic))

    def _use(self, name: str, scope: Scope) -> None:
        declaration = scope.find(name)
        if declaration is None or declaration.pos in self._found:
            return
        self._found[declaration.pos] = declaration
        # Its types, where it stands.
        self._wait(declaration, scope.owners[declaration.pos], frozenset(), _generic(declaration))

    def _look(self, node: Any, scope: Scope, local: _Names, generic: _Names) -> None:
        if isinstance(node, (list, tuple)):
            self._waiting += [(part, scope, local, generic) for part in node]
        elif isinstance(node, ast.Block):
            consts = (s for s in node.statements if isinstance(s, ast.Const))
            inside = local | _bound(b.pattern for const in consts for b in const.bindings)
            self._wait(node.statements, scope, inside, generic)
        elif isinstance(node, (ast.ForRange, ast.ForEach)):
            if isinstance(node, ast.ForEach):
                self._wait(node.vector, scope, local, generic)
            self._wait(node.body, scope, local | {node.name}, generic)
        elif isinstance(node, ast.Arrow):
            self._wait([p.type for p in node.parameters], scope, local, generic)
            self._wait(node.result, scope, local, generic)
            inside = local | _bound(parameter.pattern for parameter in node.parameters)
            self._wait(node.body, scope, inside, generic)
        else:
            if isinstance(node, ast.Name):
                if node.name not in local:
                    self._use(node.name, scope)
            elif isinstance(node, ast.TypeName):
                if node.name not in generic:
                    self._use(node.name, scope)
            elif isinstance(node, ast.FunctionName):
                self._use(node.name, scope)
                for unit in scope.units(node.name):
                    self.run(unit)
            for slot in getattr(node, "__slots__", ()):
                part = getattr(node, slot)
                if part.__class__ is not int and part.__class__ is not str:
                    self._wait(part, scope, local, generic)


def _bound(patterns: Iterable[ast.Pattern]) -> _Names:
    """The names that `patterns` bind."""
    found: set[str] = set()
    waiting: list[Any] = list(patterns)
    while waiting:
        pattern = waiting.pop()
        if isinstance(pattern, ast.NamePattern):
            found.add(pattern.name)
        elif isinstance(pattern, ast.StructPattern):
            waiting += [part for part, _ in pattern.elements]
        elif isinstance(pattern, ast.TuplePattern):
            waiting += pattern.elements
    return frozenset(found)


def _generic(node: Any) -> _Names:
    return frozenset(parameter.name for parameter in getattr(node, "generics", ()))


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
