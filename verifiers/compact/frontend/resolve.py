"""Names: scopes, modules, imports and exports, types, generics and what a program instantiates.

A `Resolver` finds everything that the compiler's pass expand-modules-and-types finds, in its
order (which is why lists are walked by `in_order`). Nothing is copied: a declaration is an `Info`
that knows its scope, and each use of a function with distinct generic arguments is one
`Instance`. Bodies are resolved by `infer`, which subclasses the resolver; types that are wrong in
a way that only type inference reports are remembered in `flaws`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NoReturn, TypeVar, Union

from . import ast, core, ledger, stdlib, types
from .files import Files, last, parent, symbol
from .lower import Lowering
from .source import CompactError, SourceMap, map_order
from .statements import file_not_found
from .types import Type

LIBRARY = "CompactStandardLibrary"
# Where the library's declarations are in a program that has no other modules of that kind.
_LIBRARY_PATH = (-1, 0)

# What a program unfolds into can be exponentially larger than its text (returns in nested
# branches, modules that import modules) or infinite (a generic function that calls itself with
# ever larger types); the compiler then takes as long, or never ends. The largest of its own tests
# takes 300 steps, and it needs 2 seconds for returns that take 16,000.
MAX_STEPS = 50_000
MAX_INSTANCES = 500  # of one function
# Tuples can double with every line that spreads one; so many types of elements are 8 MB.
MAX_COPIED = 1_000_000

T = TypeVar("T")
U = TypeVar("U")


def in_order(function: Callable[[T], U], items: Sequence[T]) -> list[U]:
    """`[function(i) for i in items]`, called in the order of `map_order`."""
    results: dict[int, U] = {i: function(items[i]) for i in map_order(range(len(items)))}
    return [results[i] for i in range(len(items))]


def one_line(message: str) -> str:
    """A message of several lines as the compiler prints it for editors: on one."""
    if "\n" not in message:
        return message
    parts = message.split("\n")
    text = parts[0]
    for part in parts[1:]:
        text += (" " if text[-1:] in {",", ":", ";"} else "; ") + part.lstrip(" ")
    return text


def refuse(pos: int, message: str) -> NoReturn:
    raise CompactError(pos, one_line(message))


# ---------------------------------------------------------------- what names stand for


@dataclass(slots=True, eq=False)
class FunctionInfo:
    """One circuit, witness or native function; `path` orders it among all declarations."""

    path: tuple[int, ...]
    pos: int
    kind: str  # circuit, witness, native
    name: str
    generics: list[ast.GenericParameter]
    declaration: ast.Circuit | ast.Witness
    scope: Scope


@dataclass(slots=True, eq=False)
class FunctionsInfo:
    """The functions of one name that one scope holds: candidates of a call."""

    functions: tuple[FunctionInfo, ...]
    what = "function"


@dataclass(slots=True, eq=False)
class ModuleInfo:
    path: tuple[int, ...]
    name: str
    generics: list[ast.GenericParameter]
    elements: Sequence[ast.Declaration]
    scope: Scope | None
    # Of a module that is a file: where the files are that it imports.
    folder: str | None = None
    linked: ast.Linked | None = None
    # (generic arguments, exports) for each distinct import
    instances: list[tuple[list[Argument], list[Exported]]] = field(default_factory=list)
    what = "module"


@dataclass(slots=True, eq=False)
class ContractInfo:
    declaration: ast.Contract
    scope: Scope
    what = "contract type"


@dataclass(slots=True, eq=False)
class EnumInfo:
    type: types.Enum
    what = "enum"


@dataclass(slots=True, eq=False)
class StructInfo:
    declaration: ast.Struct
    scope: Scope
    type: Type | None = None  # the one instance of a structure without generic parameters
    what = "struct"


@dataclass(slots=True, eq=False)
class AliasInfo:
    declaration: ast.TypeAlias
    scope: Scope
    what = "type alias"


@dataclass(slots=True, eq=False)
class LedgerInfo:
    declaration: ast.Ledger
    scope: Scope
    what = "ledger field"


@dataclass(slots=True, eq=False)
class AdtInfo:
    adt: ledger.ADT
    scope: Scope
    what = "ledger ADT type"


@dataclass(slots=True, eq=False)
class VariableInfo:
    variable: core.Variable
    what = "variable"


@dataclass(slots=True, eq=False)
class UnassignedInfo:
    """A constant of a block, before its `const`."""

    what = "variable"


@dataclass(slots=True, eq=False)
class TypeInfo:
    """A generic parameter that stands for a type, given at `pos`."""

    pos: int
    type: Type

    @property
    def what(self) -> str:
        return "ledger ADT type" if types.is_adt(self.type) else "type"


@dataclass(slots=True, eq=False)
class SizeInfo:
    """A generic parameter that stands for a size, given at `pos`."""

    pos: int
    size: int
    what = "size"


@dataclass(slots=True, eq=False)
class FreeInfo:
    """A generic parameter of a type that the program exports."""

    name: str
    what = "type"


@dataclass(slots=True, eq=False)
class RenamedInfo:
    """A name of an older standard library: understood, and refused."""

    name: str
    info: Info

    @property
    def what(self) -> str:
        return self.info.what


Info = Union[
    FunctionsInfo, ModuleInfo, ContractInfo, EnumInfo, StructInfo, AliasInfo, LedgerInfo, AdtInfo,
    VariableInfo, UnassignedInfo, TypeInfo, SizeInfo, FreeInfo, RenamedInfo,
]  # fmt: skip
Argument = Union[TypeInfo, SizeInfo, FreeInfo]
UNASSIGNED = UnassignedInfo()


@dataclass(slots=True, eq=False)
class Exported:
    pos: int
    name: str
    info: Info


class Scope:
    """Names and what they stand for, inside another scope.

    `imports` holds (pos, names) of imports that brought all their names at once, for messages.
    """

    __slots__ = ("imports", "names", "outer", "positions")

    def __init__(self, outer: Scope | None) -> None:
        self.names: dict[str, Info] = {}
        self.outer = outer
        self.positions: dict[str, int] = {}
        self.imports: list[tuple[int, Mapping[str, Info]]] = []

    def find(self, name: str) -> Info | None:
        scope: Scope | None = self
        while scope is not None:
            info = scope.names.get(name)
            if info is not None:
                return info
            scope = scope.outer
        return None

    def position_of(self, name: str) -> int:
        pos = self.positions.get(name)
        if pos is not None:
            return pos
        return next(pos for pos, names in self.imports if name in names)


# ---------------------------------------------------------------- instances


@dataclass(slots=True, eq=False)
class Instance:
    """A function with its generic arguments, the constructor, or a ledger field.

    `function` is its core form, complete (but for a circuit's body) once it has been resolved.
    """

    path: tuple[int, ...]
    declaration: ast.Circuit | ast.Witness | ast.Constructor | ast.Ledger
    scope: Scope
    pos: int
    name: str
    kind: str
    parameters: list[core.Variable] = field(default_factory=list)
    result: Type = types.UNIT
    body: Callable[[], tuple[core.Expression, Type]] | None = None
    function: Any = None
    exported: bool = False


@dataclass(slots=True, eq=False)
class Candidates:
    """The functions a call may mean: those of the innermost scope first.

    `rejected` are those whose generic parameters do not fit: (pos, kinds of the parameters).
    """

    pos: int
    name: str
    contours: list[list[Instance]]
    arguments: list[Argument]
    rejected: list[tuple[int, list[str]]]


class Cycles:
    """Refuses what is reached again from itself."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._names: list[str] = []
        self._depths: dict[int, int] = {}

    def enter(self, pos: int, info: Info, name: str) -> None:
        depth = self._depths.get(id(info))
        if depth is not None:
            names = self._names[depth:][::-1]
            if len(names) == 1:
                text = f" {names[0]}"
            elif len(names) == 2:
                text = f"s {names[0]} and {names[1]}"
            else:
                text = f"s {', '.join(names[:-1])}, and {names[-1]}"
            refuse(pos, f"cycle involving {self._what}{text}")
        self._depths[id(info)] = len(self._names)
        self._names.append(name)

    def leave(self, info: Info) -> None:
        del self._depths[id(info)]
        self._names.pop()


def _same_arguments(a: Sequence[Argument], b: Sequence[Argument]) -> bool:
    for x, y in zip(a, b, strict=True):
        if isinstance(x, TypeInfo):
            if not (isinstance(y, TypeInfo) and types.same_type(x.type, y.type)):
                return False
        elif not (isinstance(x, SizeInfo) and isinstance(y, SizeInfo) and x.size == y.size):
            return False
    return True


@dataclass(slots=True)
class Result:
    """What resolution leaves for inference: instances in the order of their declarations."""

    reachable: list[Instance]
    unreachable: list[Instance]


class Resolver:
    """Resolves one program; used once."""

    def __init__(self, source_map: SourceMap, folder: str = "") -> None:
        self._source_map = source_map
        # Without them a program is checked alone. `_folder` is where imported files are looked for.
        self._files = source_map if isinstance(source_map, Files) else None
        self._folder = folder
        self.lowering = Lowering()
        self._lowered: dict[int, Any] = {}
        self._steps = 0
        self._max_steps = MAX_STEPS
        self._copied = 0
        self._work: list[Instance] = []
        # id(function's info) -> digests of its arguments -> instances with such arguments
        self._instances: dict[int, dict[object, list[tuple[list[Argument], Instance]]]] = {}
        self._modules: list[ModuleInfo] = []
        self._functions: list[FunctionInfo] = []
        self._contracts: list[ContractInfo] = []
        self._ledger_fields: dict[int, core.LedgerField] = {}
        # By name and path, the modules that are files; they and the standard library are numbered
        # as imports reach them, for what they declare comes before the program, in that order.
        self._file_modules: dict[tuple[str, str], ModuleInfo] = {}
        self._library_number: int | None = None
        self._library_in_use = False
        self._module_cycles = Cycles("module")
        self._type_cycles = Cycles("type")
        # The first use of a renamed name: the compiler reports it before any other error.
        self.pending: CompactError | None = None
        # id(type) -> (the type, which this keeps alive; where and why inference refuses it)
        self.flaws: dict[int, tuple[Type, int, str]] = {}
        self.exported_types: list[Type] = []

    # ------------------------------------------------------------ places and steps

    def place(self, pos: int) -> str:
        """A position inside a message."""
        return self._source_map.describe(pos)

    def step(self, pos: int) -> None:
        self._steps += 1
        if self._steps > self._max_steps:
            self.too_large(pos)

    def copying(self, pos: int, count: int) -> None:
        """The types of so many elements of a tuple are about to be copied into another."""
        self._copied += count
        if self._copied > MAX_COPIED:
            self.too_large(pos)

    def too_large(self, pos: int) -> NoReturn:
        refuse(pos, "the program unfolds into more code than this front end can check")

    def renamed(self, pos: int, old: str, new: str) -> None:
        if self.pending is None:
            what = "apparent use of an old standard-library / ledger operator name"
            self.pending = CompactError(pos, f"{what} {old}: the new name is {new}")

    # ------------------------------------------------------------ scopes

    def insert(self, scope: Scope, pos: int, name: str, info: Info) -> None:
        found = scope.names.get(name)
        if found is None:
            scope.names[name] = info
            scope.positions[name] = pos
        elif found is not info:
            if not (isinstance(found, FunctionsInfo) and isinstance(info, FunctionsInfo)):
                place = self.place(scope.position_of(name))
                refuse(pos, f"another binding found for {name} in the same scope at {place}")
            scope.names[name] = FunctionsInfo(info.functions + found.functions)

    def lookup(self, scope: Scope, pos: int, name: str) -> Info:
        info = scope.find(name)
        if info is None:
            refuse(pos, f"unbound identifier {name}")
        return info

    def misused(self, pos: int, name: str, info: Info) -> NoReturn:
        refuse(pos, f"invalid context for reference to {info.what} name {name}")

    def with_arguments(
        self,
        pos: int,
        scope: Scope | None,
        generics: Sequence[ast.GenericParameter],
        arguments: Sequence[Argument],
    ) -> Scope | None:
        if not arguments:
            return scope
        inner = Scope(scope)
        for parameter, argument in zip(generics, arguments, strict=True):
            if parameter.is_size and isinstance(argument, TypeInfo):
                self._wrong_argument("size", argument, parameter.name, parameter.pos)
            if not parameter.is_size and isinstance(argument, SizeInfo):
                self._wrong_argument("type", argument, parameter.name, parameter.pos)
            inner.names[parameter.name] = argument
            inner.positions[parameter.name] = pos
        return inner

    def _wrong_argument(
        self, expected: str, argument: TypeInfo | SizeInfo, name: str, declared: int
    ) -> NoReturn:
        refuse(
            argument.pos,
            f"expected {expected} but received {argument.what} for generic parameter {name} "
            f"declared at {self.place(declared)}",
        )

    # ------------------------------------------------------------ program elements

    def elements(
        self,
        top_level: bool,
        elements: Sequence[ast.Declaration],
        path: tuple[int, ...],
        outer: Scope | None,
    ) -> list[Exported]:
        """Bind what the elements declare in a scope of their own; what they export."""
        scope = Scope(outer)
        exports: list[Exported] = []
        named_exports: list[ast.Export] = []
        for index, element in enumerate(elements):
            info: Info
            match element:
                case ast.Pragma():
                    continue
                case ast.Circuit(pos=pos, exported=exported, name=name, generics=generics):
                    info = self._function("circuit", (*path, index), element, generics, scope)
                case ast.Witness(pos=pos, exported=exported, name=name, generics=generics):
                    native = pos < 0 and name in stdlib.NATIVES
                    kind = "native" if native else "witness"
                    info = self._function(kind, (*path, index), element, generics, scope)
                case ast.Ledger(pos=pos, exported=exported, name=name):
                    info = LedgerInfo(element, scope)
                    if pos >= 0:
                        self._add_ledger_field((*path, index), info)
                case ast.Constructor(pos=pos):
                    if not top_level:
                        refuse(
                            pos,
                            "misplaced constructor: should appear only at the top level of a "
                            "program",
                        )
                    instance = Instance((*path, index), element, scope, pos, "", "constructor")
                    self._work.append(instance)
                    continue
                case ast.Import():
                    self._import(element, scope)
                    continue
                case ast.Export():
                    named_exports.append(element)
                    continue
                case ast.Module(pos, exported, name, generics, inner):
                    info = ModuleInfo((*path, index), name, generics, inner, scope)
                    self._modules.append(info)
                case ast.Struct(pos=pos, exported=exported, name=name):
                    info = StructInfo(element, scope)
                case ast.Enum(pos=pos, exported=exported, name=name):
                    info = EnumInfo(types.Enum(name, tuple(element.elements)))
                case ast.Contract(pos=pos, exported=exported, name=name):
                    info = ContractInfo(element, scope)
                    self._contracts.append(info)
                case ast.TypeAlias(pos=pos, exported=exported, name=name):
                    info = AliasInfo(element, scope)
                case ast.Include():
                    raise file_not_found(element)
            self.insert(scope, pos, name, info)
            if exported:
                exports.append(Exported(pos, name, info))
        for export in reversed(named_exports):
            for pos, name in export.names:
                info = self.lookup(scope, pos, name)
                if isinstance(info, (TypeInfo, SizeInfo, FreeInfo)):
                    refuse(pos, f"attempt to export generic parameter name {name}")
                if isinstance(info, RenamedInfo):
                    self.renamed(pos, name, info.name)
                exports.append(Exported(pos, name, info))
        return exports

    def _function(
        self,
        kind: str,
        path: tuple[int, ...],
        declaration: ast.Circuit | ast.Witness,
        generics: list[ast.GenericParameter],
        scope: Scope,
    ) -> FunctionsInfo:
        info = FunctionInfo(
            path, declaration.pos, kind, declaration.name, generics, declaration, scope
        )
        if declaration.pos >= 0:
            self._functions.append(info)
        return FunctionsInfo((info,))

    def _add_ledger_field(self, path: tuple[int, ...], info: LedgerInfo) -> None:
        declaration = info.declaration
        pos, name = declaration.pos, declaration.name
        # The type follows when the work list reaches the declaration.
        ledger_field = core.LedgerField(pos, name, types.UNIT, declaration.sealed)
        self._ledger_fields[id(info)] = ledger_field
        instance = Instance(path, declaration, info.scope, pos, name, "ledger")
        instance.function = ledger_field
        self._work.append(instance)

    def ledger_field(self, info: LedgerInfo) -> core.LedgerField:
        return self._ledger_fields[id(info)]

    # ------------------------------------------------------------ imports

    def _import(self, node: ast.Import, scope: Scope) -> None:
        pos, name = node.pos, node.name
        arguments = self.arguments(node.arguments, scope)
        info = None if node.is_path else scope.find(name)
        if info is None:
            if name == LIBRARY and not node.is_path:
                self._import_library(node, arguments, scope)
                return
            info = self._file_module(node)
        if not isinstance(info, ModuleInfo):
            self.misused(pos, name, info)
        self._bring(node, self._module_exports(node, info, arguments), scope)

    def _file_module(self, node: ast.Import) -> ModuleInfo:
        """The module in the file that an import means."""
        path = None if self._files is None else self._files.find(node.name, self._folder)
        if path is None:
            raise file_not_found(node)
        assert self._files is not None
        name = _module_name(node)
        info = self._file_modules.get((name, path))
        if info is None:
            program = self._files.program(path)
            match [d for d in program.declarations if not isinstance(d, ast.Pragma)]:
                case [ast.Module() as module]:
                    if module.name != name:
                        refuse(
                            node.pos,
                            f"{path} defines module {module.name} rather than expected module "
                            f"{symbol(name)}",
                        )
                case _:
                    refuse(node.pos, f"{path} does not contain a (single) module defintion")
            place = (-1, self._next_outer_number())
            info = ModuleInfo(place, name, module.generics, module.elements, None, parent(path))
            info.linked = ast.Linked(module.elements)
            self._file_modules[name, path] = info
            # A text of n characters has fewer than n expressions to begin with.
            self._max_steps += len(self._files.readings[-1].text)
        node.linked = info.linked
        return info

    def _next_outer_number(self) -> int:
        return len(self._file_modules) + (self._library_number is not None) + 1

    def _import_library(self, node: ast.Import, arguments: list[Argument], scope: Scope) -> None:
        if self._library_number is None:
            self._library_number = self._next_outer_number()
        if arguments:
            self._wrong_import_count(node.pos, len(arguments), 0, node.name)
        exports, names = library()
        self.use_library()
        if node.selection is None and not node.prefix and scope.names.keys().isdisjoint(names):
            scope.names.update(names)
            scope.imports.append((node.pos, names))
            return
        self._bring(node, exports, scope)

    def use_library(self) -> None:
        if not self._library_in_use:
            self._library_in_use = True
            for export in library()[0]:
                if isinstance(export.info, LedgerInfo):
                    self._add_ledger_field((*_LIBRARY_PATH, 0), export.info)

    def _module_exports(
        self, node: ast.Import, info: ModuleInfo, arguments: list[Argument]
    ) -> list[Exported]:
        pos = node.pos
        for known, exports in info.instances:
            if len(known) == len(arguments) and _same_arguments(known, arguments):
                return exports
        if len(arguments) != len(info.generics):
            name = symbol(_module_name(node))
            self._wrong_import_count(pos, len(arguments), len(info.generics), name)
        self.step(pos)
        scope = self.with_arguments(pos, info.scope, info.generics, arguments)
        self._module_cycles.enter(pos, info, node.name)
        # A module inside a file has no folder: it looks where the import does that reaches it.
        folder = self._folder
        self._folder = folder if info.folder is None else info.folder
        exports = self.elements(False, info.elements, info.path, scope)
        self._folder = folder
        self._module_cycles.leave(info)
        info.instances.append((arguments, exports))
        return exports

    def _wrong_import_count(self, pos: int, actual: int, declared: int, name: str) -> NoReturn:
        refuse(
            pos,
            f"mismatch between actual number {actual} and declared number {declared} of import "
            f"generic parameters for {name}",
        )

    def _bring(self, node: ast.Import, exports: list[Exported], scope: Scope) -> None:
        prefix = node.prefix
        if node.selection is None:
            for export in reversed(exports):
                self._bring_one(node.pos, scope, prefix, export.name, export.info)
            return
        by_name: dict[str, list[Info]] = {}
        for export in exports:
            by_name.setdefault(export.name, []).append(export.info)
        for element in node.selection:
            if element.name not in by_name:
                refuse(element.pos, f"no export named {element.name} in module {node.name}")
            for info in by_name[element.name]:
                self._bring_one(element.pos, scope, prefix, element.alias, info)

    def _bring_one(self, pos: int, scope: Scope, prefix: str, name: str, info: Info) -> None:
        if prefix:
            name = prefix + name
            if isinstance(info, RenamedInfo):
                self.insert(scope, pos, prefix + info.name, info.info)
                info = RenamedInfo(prefix + info.name, info.info)
        self.insert(scope, pos, name, info)

    # ------------------------------------------------------------ functions and their instances

    def instance(self, pos: int, info: FunctionInfo, arguments: list[Argument]) -> Instance:
        by_digest = self._instances.setdefault(id(info), {})
        digests = tuple(
            types.digest(a.type) if isinstance(a, TypeInfo) else a.size
            for a in arguments
            if not isinstance(a, FreeInfo)
        )
        instances = by_digest.setdefault(digests, [])
        for known, instance in instances:
            if _same_arguments(known, arguments):
                return instance
        if len(by_digest) + len(instances) > MAX_INSTANCES:
            self.too_large(pos)
        self.step(pos)
        scope = self.with_arguments(pos, info.scope, info.generics, arguments)
        assert scope is not None
        instance = Instance(info.path, info.declaration, scope, info.pos, info.name, info.kind)
        if isinstance(info.declaration, ast.Circuit):
            instance.function = core.Circuit(
                info.pos,
                info.name,
                instance.parameters,
                types.UNIT,
                core.Tuple(info.pos, []),
                declared_pure=info.declaration.pure,
            )
        elif info.kind == "witness":
            instance.function = core.Witness(info.pos, info.name, instance.parameters, types.UNIT)
        else:
            facts = stdlib.NATIVES[info.name]
            instance.function = core.Native(
                info.name,
                instance.parameters,
                types.UNIT,
                facts.is_witness,
                list(facts.discloses),
            )
        instances.append((arguments, instance))
        self._work.append(instance)
        return instance

    def candidates(
        self, pos: int, name: str, arguments: list[Argument], scope: Scope
    ) -> Candidates:
        """Every function called `name` in scope, up to the first other meaning of the name."""
        contours: list[list[Instance]] = []
        rejected: list[tuple[int, list[str]]] = []
        other: Info | None = None
        seen: set[int] = set()
        found: list[FunctionsInfo] = []
        around: Scope | None = scope
        old_name = None
        while around is not None:
            info = around.names.get(name)
            if isinstance(info, RenamedInfo):
                old_name = info.name
                info = info.info
            if isinstance(info, FunctionsInfo):
                found.append(info)
            elif info is not None:
                other = info
                break
            around = around.outer
        if old_name is not None:
            self.renamed(pos, name, old_name)
        for functions in found:
            fitting: list[FunctionInfo] = []
            for function in functions.functions:
                if id(function) in seen:
                    continue
                seen.add(id(function))
                if len(function.generics) == len(arguments) and all(
                    isinstance(a, SizeInfo if g.is_size else TypeInfo)
                    for g, a in zip(function.generics, arguments, strict=True)
                ):
                    fitting.append(function)
                else:
                    kinds = ["size" if g.is_size else "type" for g in function.generics]
                    rejected.append((function.pos, kinds))
            if fitting:
                contours.append([self.instance(pos, f, arguments) for f in fitting])
        if not contours and not rejected:
            if other is not None:
                self.misused(pos, name, other)
            refuse(pos, f"unbound identifier {name}")
        return Candidates(pos, name, contours, arguments, rejected)

    # ------------------------------------------------------------ types

    def type(self, node: ast.Type, scope: Scope) -> Type:
        return _TYPES[node.__class__](self, node, scope)

    def size(self, node: ast.Size, scope: Scope, free: int) -> int:
        """The size; `free` for a generic parameter of an exported type, whose size is unused."""
        if isinstance(node, ast.SizeLiteral):
            return node.value
        info = self.lookup(scope, node.pos, node.name)
        if isinstance(info, SizeInfo):
            return info.size
        if not isinstance(info, FreeInfo):
            self.misused(node.pos, node.name, info)
        return free

    def length(self, pos: int, what: str, length: int) -> int:
        if length > types.MAX_LENGTH:
            refuse(
                pos,
                f"{what} length\n{length}\nexceeds the maximum supported length {types.MAX_LENGTH}",
            )
        return length

    def arguments(self, nodes: Sequence[ast.GenericArgument], scope: Scope) -> list[Argument]:
        if not nodes:
            return []
        return in_order(lambda node: self._argument(node, scope), nodes)

    def _argument(self, node: ast.GenericArgument, scope: Scope) -> Argument:
        if isinstance(node, ast.SizeLiteral):
            return SizeInfo(node.pos, node.value)
        if isinstance(node, ast.TypeName):
            arguments = self.arguments(node.arguments, scope)
            info = self.lookup(scope, node.pos, node.name)
            if isinstance(info, SizeInfo):
                if arguments:
                    self._wrong_count(node.pos, node.name, len(arguments), 0)
                return SizeInfo(node.pos, info.size)
            return TypeInfo(node.pos, self.named_type(node.pos, node.name, arguments, info))
        return TypeInfo(node.pos, self.type(node, scope))

    def named_type(self, pos: int, name: str, arguments: list[Argument], info: Info) -> Type:
        """What a type's name and arguments stand for, where the name stands for `info`."""
        if isinstance(info, StructInfo) and info.type is not None and not arguments:
            return info.type
        if isinstance(info, (TypeInfo, FreeInfo, EnumInfo)):
            if arguments:
                self._wrong_count(pos, name, len(arguments), 0)
            return types.Variable(info.name) if isinstance(info, FreeInfo) else info.type
        self.step(pos)
        self._type_cycles.enter(pos, info, name)
        type_ = self._named_type(pos, name, arguments, info)
        self._type_cycles.leave(info)
        return type_

    def _named_type(self, pos: int, name: str, arguments: list[Argument], info: Info) -> Type:
        if isinstance(info, RenamedInfo):
            self.renamed(pos, name, info.name)
            info = info.info
        if isinstance(info, StructInfo):
            return self.struct(pos, info, arguments)
        if isinstance(info, AliasInfo):
            return self.alias(pos, info, arguments, info.declaration.nominal)
        if isinstance(info, AdtInfo):
            return self._adt(pos, info, arguments)
        if isinstance(info, EnumInfo):
            if arguments:
                self._wrong_count(pos, name, len(arguments), 0)
            return info.type
        if not isinstance(info, ContractInfo):
            self.misused(pos, name, info)
        if arguments:
            self._wrong_count(info.declaration.pos, name, len(arguments), 0)
        return self._contract(info)

    def _wrong_count(self, pos: int, name: str, actual: int, declared: int) -> NoReturn:
        refuse(
            pos,
            f"mismatch between actual number {actual} and declared number {declared} of generic "
            f"parameters for {name}",
        )

    def struct(self, pos: int, info: StructInfo, arguments: Sequence[Argument]) -> Type:
        declaration = info.declaration
        if len(arguments) != len(declaration.generics):
            self._wrong_count(pos, declaration.name, len(arguments), len(declaration.generics))
        scope = self.with_arguments(pos, info.scope, declaration.generics, arguments)
        assert scope is not None
        members: list[ast.Type] = [f.type for f in declaration.fields if f.type is not None]
        fields = in_order(lambda node: self.type(node, scope), members)
        names = [f.pattern.name for f in declaration.fields]  # type: ignore[union-attr]
        type_ = types.Struct(declaration.name, tuple(zip(names, fields, strict=True)))
        self._check_parts(declaration.pos, type_, fields, lambda i: f"struct field '{names[i]}'")
        if not arguments:
            info.type = type_
        return type_

    def alias(
        self, pos: int, info: AliasInfo, arguments: Sequence[Argument], nominal: bool
    ) -> Type:
        declaration = info.declaration
        if len(arguments) != len(declaration.generics):
            self._wrong_count(pos, declaration.name, len(arguments), len(declaration.generics))
        scope = self.with_arguments(pos, info.scope, declaration.generics, arguments)
        assert scope is not None
        inner = self.type(declaration.type, scope)
        type_ = types.Alias(nominal, declaration.name, inner)
        self._inherit_flaw(type_, inner)
        return type_

    def _contract(self, info: ContractInfo) -> Type:
        declaration = info.declaration
        circuits = declaration.circuits
        results = in_order(lambda c: self.type(c.result, info.scope), circuits)
        parameters = in_order(
            lambda c: in_order(
                lambda p: self.type(p, info.scope),
                [p.type for p in c.parameters if p.type is not None],
            ),
            circuits,
        )
        declared = [
            types.ContractCircuit(c.name, c.pure, tuple(p), r)
            for c, p, r in zip(circuits, parameters, results, strict=True)
        ]
        return types.Contract(declaration.name, tuple(declared), declaration.pos)

    def _adt(self, pos: int, info: AdtInfo, arguments: Sequence[Argument]) -> Type:
        adt = info.adt
        if len(arguments) != len(adt.generics):
            refuse(
                pos,
                f"mismatch between actual number {len(arguments)} and declared number "
                f"{len(adt.generics)} of ADT parameters for {adt.name}",
            )
        values: list[Type | int] = []
        for parameter, argument in zip(adt.generics, arguments, strict=True):
            if isinstance(argument, SizeInfo):
                if parameter.kind != "size":
                    expected = "non-ADT type" if parameter.kind == "type" else "type"
                    self._wrong_argument(expected, argument, parameter.name, -1)
                values.append(argument.size)
            elif isinstance(argument, TypeInfo):
                if parameter.kind == "size":
                    self._wrong_argument("size", argument, parameter.name, -1)
                if parameter.kind == "type" and types.is_adt(argument.type):
                    self._wrong_argument("non-ADT type", argument, parameter.name, -1)
                values.append(argument.type)
        type_ = types.Adt(adt.name, tuple(values), pos=pos)
        for value in values:
            if not isinstance(value, int):
                self._inherit_flaw(type_, value)
        if adt.name in ledger.MERKLE_TREES and isinstance(values[0], int):
            low, high = ledger.MIN_MERKLE_TREE_DEPTH, ledger.MAX_MERKLE_TREE_DEPTH
            if not low <= values[0] <= high:
                self._flaw(
                    type_,
                    pos,
                    f"{adt.name} depth {values[0]} does not fall in {low} <= depth <= {high}",
                )
        return type_

    def cell(self, pos: int, value: Type) -> Type:
        """The ADT of a ledger field of an ordinary type."""
        self.use_library()
        return self._adt(pos, _cell_info(), [TypeInfo(pos, value)])

    def operations(self, adt: types.Adt) -> dict[str, tuple[ledger.Operation, list[Type], Type]]:
        """By name, the operations of an ADT: (operation, parameter types, result type)."""
        if adt.operations is None:
            _, names = library()
            info = names.get(adt.name)
            if not isinstance(info, AdtInfo):
                info = _cell_info()
            scope = Scope(info.scope)
            for parameter, value in zip(info.adt.generics, adt.arguments, strict=True):
                scope.names[parameter.name] = (
                    SizeInfo(-1, value) if isinstance(value, int) else TypeInfo(-1, value)
                )
            adt.operations = {
                operation.name: (
                    operation,
                    [self.type(p.type, scope) for p in operation.parameters],
                    self.type(operation.result, scope),
                )
                for operation in info.adt.operations
                if operation.only_for is None or self._applies(operation.only_for, scope)
            }
        found: dict[str, tuple[ledger.Operation, list[Type], Type]] = adt.operations
        return found

    def _applies(self, condition: tuple[str, str], scope: Scope) -> bool:
        parameter, required = (
            self.type(ast.TypeName(core.STANDARD_LIBRARY, name, []), scope) for name in condition
        )
        return types.same_type(parameter, required)

    # ------------------------------------------------------------ types that inference refuses

    def _flaw(self, type_: Type, pos: int, message: str) -> None:
        self.flaws.setdefault(id(type_), (type_, pos, message))

    def _inherit_flaw(self, type_: Type, part: Type) -> None:
        flaw = self.flaws.get(id(part))
        if flaw is not None:
            self._flaw(type_, flaw[1], flaw[2])

    def _check_parts(
        self, pos: int, type_: Type, parts: Sequence[Type], what: Callable[[int], str]
    ) -> None:
        """A type may not be made of ADTs; the first part that is one, or is flawed, decides."""
        if not self.flaws and not any(map(types.is_adt, parts)):
            return

        def check(index: int) -> None:
            self._inherit_flaw(type_, parts[index])
            if types.is_adt(parts[index]):
                self._flaw(type_, pos, adt_refused(what(index), parts[index]))

        in_order(check, range(len(parts)))

    # ------------------------------------------------------------ the program

    def program(self, declarations: Sequence[ast.Declaration]) -> Result:
        if declarations:
            # A text of n characters has fewer than n expressions to begin with.
            self._max_steps += declarations[-1].pos
        exports = self.elements(True, declarations, (), None)
        self._export(exports)
        reachable = self._drain()
        while self._modules:
            module = self._modules.pop()
            if not module.generics and not module.instances:
                self._module_cycles.enter(-1, module, module.name)
                self.elements(False, module.elements, module.path, module.scope)
                self._module_cycles.leave(module)
        for function in reversed(self._functions):
            if not function.generics and not self._instances.get(id(function)):
                self.instance(function.pos, function, [])
        in_order(self._external_contract, self._contracts[::-1])
        unreachable = self._drain()
        in_order(self._refuse_external_contract, self._contracts[::-1])
        return Result(reachable, unreachable)

    def _external_contract(self, info: ContractInfo) -> None:
        def check(circuit: ast.ContractCircuit) -> None:
            parameters = [p.type for p in circuit.parameters if p.type is not None]
            in_order(lambda node: self.type(node, info.scope), parameters)
            self.type(circuit.result, info.scope)

        in_order(check, info.declaration.circuits)

    def _refuse_external_contract(self, info: ContractInfo) -> NoReturn:
        # A program is checked alone: what another contract was compiled to is never at hand.
        name = info.declaration.name
        refuse(
            info.declaration.pos,
            f"error opening {name}/compiler/contract-info.json; try (re)compiling {name}.compact",
        )

    def _drain(self) -> list[Instance]:
        """Resolve what is waiting, and what that brings, newest first."""
        done: list[Instance] = []
        while self._work:
            instance = self._work.pop()
            self._resolve(instance)
            done.append(instance)
        done.reverse()
        done.sort(key=self._place_in_program)
        return done

    def _place_in_program(self, instance: Instance) -> tuple[int, ...]:
        path = instance.path
        if path[:2] == _LIBRARY_PATH and self._library_number is not None:
            return (-1, self._library_number, *path[2:])
        return path

    def _resolve(self, instance: Instance) -> None:
        node, scope = instance.declaration, instance.scope
        if isinstance(node, ast.Ledger):
            value = self.type(node.type, scope)
            if not types.is_adt(value):
                value = self.cell(node.pos, value)
            instance.function.type = value
            return
        key = id(node)
        if isinstance(node, ast.Witness):
            names = [p.pattern.name for p in node.parameters]  # type: ignore[union-attr]
        else:
            cache = _LIBRARY_BODIES if node.pos < 0 else self._lowered
            if key not in cache:
                cache[key] = self.lowering.body(node.pos, node.parameters, node.body)
            names, body = cache[key]
        parameters = [p.type for p in node.parameters if p.type is not None]
        parameter_types = in_order(lambda t: self.type(t, scope), parameters)
        for parameter, name, type_ in zip(node.parameters, names, parameter_types, strict=True):
            instance.parameters.append(core.Variable(parameter.pos, name, type_))
        if not isinstance(node, ast.Constructor):
            instance.result = instance.function.result = self.type(node.result, scope)
        if isinstance(node, ast.Witness):
            return
        inner = Scope(scope)
        for variable in instance.parameters:
            inner.names[variable.name] = VariableInfo(variable)
        instance.body = self.body(body, inner)

    def body(self, lowered: Any, scope: Scope) -> Callable[[], tuple[core.Expression, Type]]:
        raise NotImplementedError  # infer.Elaborator

    def _export(self, exports: Iterable[Exported]) -> None:
        seen: dict[str, object] = {}

        def is_new(export: Exported, key: object) -> bool:
            known = seen.get(export.name)
            if known is None:
                seen[export.name] = key
            elif known is not key:
                refuse(export.pos, f"multiple top-level exports for {export.name}")
            return known is None

        for export in exports:
            pos, name, info = export.pos, export.name, export.info
            if isinstance(info, RenamedInfo):
                info = info.info
            if isinstance(info, FunctionsInfo):
                for function in info.functions:
                    if function.kind != "circuit":
                        refuse(pos, f"cannot export {function.kind} ({name}) from the top level")
                    if function.generics:
                        refuse(
                            pos,
                            f"cannot export type-parameterized function ({name}) from the top "
                            "level",
                        )
                    instance = self.instance(pos, function, [])
                    if is_new(export, instance):
                        instance.exported = True
                        instance.function.exported_as.append(name)
            elif isinstance(info, StructInfo):
                if is_new(export, info):
                    free = [FreeInfo(g.name) for g in info.declaration.generics]
                    self.exported_types.append(self.struct(pos, info, free))
            elif isinstance(info, EnumInfo):
                is_new(export, info)
            elif isinstance(info, AliasInfo):
                if is_new(export, info):
                    free = [FreeInfo(g.name) for g in info.declaration.generics]
                    type_ = self.alias(pos, info, free, False)
                    if types.is_adt(type_):
                        self._flaw(
                            type_,
                            info.declaration.pos,
                            "cannot export alias for ADT types from the top level",
                        )
                    self.exported_types.append(type_)
            elif isinstance(info, LedgerInfo):
                ledger_field = self.ledger_field(info)
                if is_new(export, ledger_field):
                    ledger_field.exported_as.append(name)
            else:
                refuse(pos, f"cannot export {info.what} ({name}) from the top level")


def _module_name(node: ast.Import) -> str:
    return last(node.name) if node.is_path else node.name


def adt_refused(what: str, type_: Type) -> str:
    return (
        f"expected {what} type to be an ordinary Compact type but received ADT type "
        f"{types.show(type_)}"
    )


# ---------------------------------------------------------------- types, by the node's class


def _uint(resolver: Resolver, node: ast.UintType, scope: Scope) -> Type:
    pos = node.pos
    if node.end is None:
        bits = resolver.size(node.start, scope, 1)
        if not 1 <= bits <= types.UINT_BITS:
            refuse(
                pos,
                f"Uint width {bits} is not between 1 and the maximum Uint width "
                f"{types.UINT_BITS} (inclusive)",
            )
        return types.Uint(2**bits - 1)
    start = resolver.size(node.start, scope, 0)
    end = resolver.size(node.end, scope, 1)
    if start != 0:
        refuse(pos, f"range start for Uint type is {start} but must be 0")
    if end < 1:
        refuse(
            pos,
            f"range end for Uint type is {end} but must be at least 1 (the range end is exclusive)",
        )
    limit = types.MAX_UINT + 1
    if end > limit:
        refuse(
            pos,
            f"range end\n{end}\nfor Uint type exceeds the limit of\n{limit} "
            f"(2^{types.UINT_BITS})\n(the range end is exclusive)",
        )
    return types.Uint(end - 1)


def _bytes(resolver: Resolver, node: ast.BytesType, scope: Scope) -> Type:
    size = resolver.size(node.size, scope, 1)
    return types.Bytes(resolver.length(node.pos, "bytes type", size))


def _vector(resolver: Resolver, node: ast.VectorType, scope: Scope) -> Type:
    size = resolver.size(node.size, scope, 1)
    element = resolver.type(node.element, scope)
    type_ = types.Vector(resolver.length(node.pos, "vector type", size), element)
    resolver._check_parts(node.pos, type_, [element], lambda _: "vector element")
    return type_


def _tuple(resolver: Resolver, node: ast.TupleType, scope: Scope) -> Type:
    if not node.elements:
        return types.UNIT
    elements = in_order(lambda e: resolver.type(e, scope), node.elements)
    resolver.length(node.pos, "tuple type", len(elements))
    type_ = types.Tuple(tuple(elements))
    resolver._check_parts(node.pos, type_, elements, lambda i: f"tuple element {i + 1}")
    return type_


def _name(resolver: Resolver, node: ast.TypeName, scope: Scope) -> Type:
    arguments = resolver.arguments(node.arguments, scope)
    info = resolver.lookup(scope, node.pos, node.name)
    return resolver.named_type(node.pos, node.name, arguments, info)


_TYPES: dict[type, Callable[[Resolver, Any, Scope], Type]] = {
    ast.BooleanType: lambda _resolver, _node, _scope: types.BOOLEAN,
    ast.FieldType: lambda _resolver, _node, _scope: types.FIELD,
    ast.UintType: _uint,
    ast.BytesType: _bytes,
    ast.OpaqueType: lambda _resolver, node, _scope: types.Opaque(node.tag, node.pos),
    ast.VectorType: _vector,
    ast.TupleType: _tuple,
    ast.TypeName: _name,
}


# ---------------------------------------------------------------- the standard library

_LIBRARY_BODIES: dict[int, Any] = {}


@lru_cache(maxsize=1)
def library() -> tuple[list[Exported], dict[str, Info]]:
    """What the standard library exports, in order and by name: one scope for every program."""
    resolver = Resolver(SourceMap(""))
    exports = resolver.elements(False, stdlib.declarations(), _LIBRARY_PATH, None)
    names: dict[str, Info] = {}
    for export in exports:
        names[export.name] = export.info
    scope = _library_scope(exports)
    for adt in ledger.ADTS.values():
        names[adt.name] = AdtInfo(adt, scope)
        scope.names[adt.name] = names[adt.name]
        exports.append(Exported(core.STANDARD_LIBRARY, adt.name, names[adt.name]))
    for old, new in (stdlib.OLD_TYPE_NAMES | stdlib.OLD_CIRCUIT_NAMES).items():
        names[old] = RenamedInfo(new, names[new])
        exports.append(Exported(core.STANDARD_LIBRARY, old, names[old]))
    return exports, names


def _library_scope(exports: list[Exported]) -> Scope:
    for export in exports:
        if isinstance(export.info, StructInfo):
            return export.info.scope
    raise AssertionError("the standard library exports structures")


@lru_cache(maxsize=1)
def _cell_info() -> AdtInfo:
    return AdtInfo(ledger.CELL_ADT, _library_scope(library()[0]))
