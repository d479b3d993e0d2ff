"""What names mean in a program and in its modules, and what its circuits do to the ledger.

Of a syntax tree, before anything of it is known to be right: what is not declared is nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from . import ast
from .ledger import ADTS, KERNEL

CONSTRUCTOR: Final = "constructor"

READS: Final = frozenset(
    operation.name
    for adt in (*ADTS.values(), KERNEL)
    for operation in adt.operations
    if operation.kind == "read"
) | {"read"}
# What of the standard library acts on the ledger or asks the user's machine.
ACTING: Final = frozenset(
    """
    mintShieldedToken receiveShielded sendShielded sendImmediateShielded mergeCoin
    mergeCoinImmediate mintUnshieldedToken sendUnshielded receiveUnshielded createZswapInput
    createZswapOutput
    """.split()
)

_EXPORTABLE: Final = (
    ast.Module, ast.Ledger, ast.Witness, ast.Circuit, ast.Struct, ast.Enum, ast.Contract,
    ast.TypeAlias,
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """A circuit or the constructor, and the names it sees."""

    node: ast.Circuit | ast.Constructor
    scope: Scope

    @property
    def name(self) -> str:
        return self.node.name if isinstance(self.node, ast.Circuit) else CONSTRUCTOR


class Scope:
    """The names of the program or of one module; `main` is the program's, for a file's module.

    `owners`: where each declaration of `named` stands, by its position.
    """

    def __init__(
        self,
        declarations: Iterable[ast.Declaration],
        outer: Scope | None,
        main: Scope | None = None,
    ) -> None:
        self.outer = outer
        self.main: Scope = main or (self if outer is None else outer.main)
        self.files: dict[ast.Linked, Scope] = {}
        self.circuits: dict[str, list[Unit]] = {}
        self.named: dict[str, ast.Declaration] = {}
        self.modules: dict[str, Scope] = {}
        self.imports: list[ast.Import] = []
        self.exports: dict[str, None] = {}
        self.effects: dict[int, SideEffects] = {} if self.main is self else self.main.effects
        self.owners: dict[int, Scope] = {} if self.main is self else self.main.owners
        for node in declarations:
            if isinstance(node, ast.Circuit):
                self.circuits.setdefault(node.name, []).append(Unit(node, self))
            elif isinstance(node, ast.Module):
                self.modules[node.name] = Scope(node.elements, self)
            elif isinstance(node, ast.Import):
                self.imports.append(node)
            elif isinstance(node, ast.Export):
                self.exports.update((name, None) for _, name in node.names)
            elif isinstance(
                node, (ast.Ledger, ast.Witness, ast.Struct, ast.Enum, ast.TypeAlias, ast.Contract)
            ):
                self.named[node.name] = node
                self.owners[node.pos] = self
            if isinstance(node, _EXPORTABLE) and node.exported:
                self.exports[node.name] = None

    def resolve_imports(self) -> None:
        for module in self.modules.values():
            module.resolve_imports()
        for node in self.imports:
            module_scope = self.imported(node)
            if module_scope is None:
                continue
            if node.selection is None:
                names = {name: name for name in module_scope.exports}
            else:
                names = {e.name: e.alias for e in node.selection if e.name in module_scope.exports}
            for name, alias in names.items():
                seen_as = node.prefix + alias
                if name in module_scope.circuits:
                    units = self.circuits.setdefault(seen_as, [])
                    units.extend(u for u in module_scope.circuits[name] if u not in units)
                if name in module_scope.named:
                    self.named.setdefault(seen_as, module_scope.named[name])

    def imported(self, node: ast.Import) -> Scope | None:
        """The module that an import means, if it is one of the program or of its files."""
        if node.linked is None:
            return None if node.is_path else self.module(node.name)
        files = self.main.files
        if node.linked not in files:
            files[node.linked] = Scope(node.linked.elements, None, self.main)
            files[node.linked].resolve_imports()
        return files[node.linked]

    def ledger_fields(self) -> Iterator[ast.Ledger]:
        """Every ledger field declared here, in the modules inside and in those of other files."""
        yield from (node for node in self.named.values() if isinstance(node, ast.Ledger))
        for module in (*self.modules.values(), *self.files.values()):
            yield from module.ledger_fields()

    def module(self, name: str) -> Scope | None:
        found = self.modules.get(name)
        return found if found is not None or self.outer is None else self.outer.module(name)

    def units(self, name: str) -> list[Unit]:
        found = self.circuits.get(name)
        if found is None and self.outer is not None:
            return self.outer.units(name)
        return found or []

    def find(self, name: str) -> ast.Declaration | None:
        found = self.named.get(name)
        return found if found is not None or self.outer is None else self.outer.find(name)

    def type(self, type_: ast.Type | None) -> ast.Type | None:
        """A type with its aliases replaced."""
        for _ in range(32):  # an alias of itself is an error that need not concern us
            if not isinstance(type_, ast.TypeName):
                return type_
            alias = self.find(type_.name)
            if not isinstance(alias, ast.TypeAlias):
                return type_
            type_ = alias.type
        return None


def names_of(program: ast.Program) -> Scope:
    """The names of a program, with those that it imports."""
    scope = Scope(program.declarations, None)
    scope.resolve_imports()
    return scope


def entry_points(program: ast.Program, scope: Scope) -> list[Unit]:
    """The constructor and the exported circuits: what can be run from outside."""
    found = [Unit(d, scope) for d in program.declarations if isinstance(d, ast.Constructor)]
    for name in scope.exports:
        found.extend(scope.circuits.get(name, ()))
    return found


@dataclass(slots=True)
class SideEffects:
    """What running something does besides giving a value.

    `acts`: it writes, asks the user or can fail. `reads`: what it gives depends on the ledger.
    `written` are the fields that it may change.
    """

    acts: bool = False
    reads: bool = False
    written: set[int] = field(default_factory=set)

    def add(self, other: SideEffects) -> None:
        self.acts |= other.acts
        self.reads |= other.reads
        self.written |= other.written


def side_effects_of(unit: Unit) -> SideEffects:
    """What running `unit` does, with all that it calls; worked out once for a program."""
    known = unit.scope.effects.get(unit.node.pos)
    if known is None:
        # Filled in below; circuits that call each other are refused elsewhere.
        known = unit.scope.effects[unit.node.pos] = SideEffects()
        known.add(side_effects(unit.node.body, unit.scope))
    return known


def side_effects(root: Any, scope: Scope) -> SideEffects:
    """What running a part of a tree does, with all that it calls; `scope` has the names it sees."""
    result = SideEffects()
    for node in _nodes(root):
        kind = type(node)
        if kind is ast.Assign or (kind is ast.MemberCall and node.name not in READS):
            result.acts = True
            target = node.target if kind is ast.Assign else node.operand
            while isinstance(target, (ast.Member, ast.MemberCall)):
                target = target.operand
            if isinstance(target, ast.Name):
                found = scope.find(target.name)
                if isinstance(found, ast.Ledger):
                    result.written.add(found.pos)
        elif kind is ast.Assert:
            result.acts = True
        elif kind is ast.Name:
            result.reads |= isinstance(scope.find(node.name), ast.Ledger)
        elif kind is ast.FunctionName:
            result.acts |= node.name in ACTING
            result.acts |= isinstance(scope.find(node.name), ast.Witness)
            for callee in scope.units(node.name):
                result.add(side_effects_of(callee))
    return result


def _nodes(root: Any) -> Iterator[Any]:
    """`root` and everything in it."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (list, tuple)):
            waiting.extend(node)
        elif hasattr(node, "__slots__"):
            yield node
            waiting.extend(getattr(node, name) for name in node.__slots__)
