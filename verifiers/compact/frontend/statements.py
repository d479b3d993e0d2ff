"""The rules about statements that need no names and no types.

The compiler checks them in passes, each over the whole program, and stops at the first error of
the first pass that finds one. Here one walk notes the errors of every pass. Only where the
earliest pass has several is its own order of going through the program followed: most passes are
generated, and take the parts of an expression from the last to the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, Union

from . import ast
from .expectations import quoted
from .source import CompactError, map_order

# The compiler's passes, in their order.
_INCLUDES: Final = 0
_RETURNS: Final = 1
_UNREACHABLE: Final = 2
_BINDINGS: Final = 3
_DUPLICATES: Final = 4


def check_statements(program: ast.Program) -> None:
    """Check the rules of the compiler's statement passes.

    These are: included files exist (a program that is checked alone has no other files), no
    `return` within `for`, no statement behind one that always returns, no `const` as the only
    statement of a branch or loop, no two bindings of a name in one block, and no name twice in a
    list of parameters, generic parameters, fields or elements.

    Raises `CompactError` with the first error that the compiler would report.
    """
    check = _Check()
    for declaration in program.declarations:
        check.declaration(declaration, in_module=False)
    if not check.errors:
        return
    rule = min(check.errors)
    errors = check.errors[rule]
    if len(errors) > 1:
        if rule == _INCLUDES:
            raise errors[-1][1]
        if rule == _BINDINGS:
            check = _Check()
            for declaration in _compiler_order(program.declarations):
                check.declaration(declaration, in_module=False)
            errors = check.errors[rule]
        elif rule in (_RETURNS, _DUPLICATES):
            by_node = {id(node): error for node, error in reversed(errors)}
            for node in _visited(program, rule):
                if id(node) in by_node:
                    raise by_node[id(node)]
    raise errors[0][1]


def file_not_found(node: ast.Include | ast.Import) -> CompactError:
    """The error of a file that is not where the compiler looks for it."""
    name = node.path if isinstance(node, ast.Include) else node.name
    message = f"failed to locate file {quoted(f'{name}.compact')}"
    if isinstance(node, ast.Include) and name == "std":
        message += ": possibly replace include with import CompactStandardLibrary"
    return CompactError(node.pos, message)


_Headed = Union[
    ast.Circuit, ast.Arrow, ast.Module, ast.Witness, ast.Struct, ast.TypeAlias, ast.Enum
]


class _Check:
    """The walk. `errors` holds for each rule what it finds, with the node that it finds it at."""

    __slots__ = ("errors",)

    def __init__(self) -> None:
        self.errors: dict[int, list[tuple[object, CompactError]]] = {}

    def report(self, rule: int, node: object, pos: int, message: str) -> None:
        self.errors.setdefault(rule, []).append((node, CompactError(pos, message)))

    # ------------------------------------------------------------ declarations

    def declaration(self, node: ast.Declaration, in_module: bool) -> None:
        kind = type(node)
        if kind is ast.Circuit or kind is ast.Constructor:
            assert isinstance(node, (ast.Circuit, ast.Constructor))
            self.patterns(node.parameters)
            self.block(node.body, False, None if in_module else True)
            if isinstance(node, ast.Circuit):
                self.head(node, node.generics, node.parameters)
        elif isinstance(node, ast.Module):
            for element in _compiler_order(node.elements):
                self.declaration(element, in_module=True)
            self.head(node, node.generics, [])
        elif isinstance(node, ast.Witness):
            self.head(node, node.generics, node.parameters)
        elif isinstance(node, ast.Struct):
            self.head(node, node.generics, node.fields, "field name")
        elif isinstance(node, ast.TypeAlias):
            self.head(node, node.generics, [])
        elif isinstance(node, ast.Enum):
            self.distinct(node, "element name", node.elements)
        elif isinstance(node, ast.Include):
            error = file_not_found(node)
            self.errors.setdefault(_INCLUDES, []).append((node, error))

    def head(
        self,
        node: _Headed,
        generics: list[ast.GenericParameter],
        parameters: list[ast.Parameter],
        what: str = "parameter name",
    ) -> None:
        if len(generics) > 1:
            self.distinct(node, "generic parameter name", [g.name for g in generics])
        if len(parameters) > 1:
            names = [p.pattern.name for p in parameters if isinstance(p.pattern, ast.NamePattern)]
            self.distinct(node, what, names)

    def distinct(self, node: _Headed, what: str, names: list[str]) -> None:
        if len(set(names)) < len(names):
            seen: set[str] = set()
            for name in names:
                if name in seen:
                    self.report(_DUPLICATES, node, node.pos, f"duplicate {what} {name}")
                    return
                seen.add(name)

    # ------------------------------------------------------------ statements
    #
    # `reachable` says whether control can get to a statement, and each check returns whether it
    # can get behind it. None: not checked, for the compiler looks at an `else` only when the
    # other branch always returns, and not into modules.

    def block(self, block: ast.Block, in_for: bool, reachable: bool | None) -> bool | None:
        if reachable is False:
            self.unreachable(block, block.pos)
        behind = None if reachable is None else True
        bound: set[str] = set()
        for statement in block.statements:
            behind = self.statement(statement, in_for, behind, bound)
        return behind

    def unreachable(self, node: object, pos: int) -> None:
        self.report(_UNREACHABLE, node, pos, "unreachable statement")

    def statement(
        self, node: ast.Statement, in_for: bool, reachable: bool | None, bound: set[str] | None
    ) -> bool | None:
        """Check one statement; `bound` holds the names bound in its block.

        `bound` is None where the statement is the only one of a branch or a loop.
        """
        return _STATEMENTS[type(node)](self, node, in_for, reachable, bound)

    def inner_block(
        self, node: ast.Block, in_for: bool, reachable: bool | None, _bound: set[str] | None
    ) -> bool | None:
        return self.block(node, in_for, reachable)

    def expression_statement(
        self,
        node: ast.ExpressionStatement,
        _in_for: bool,
        reachable: bool | None,
        _bound: set[str] | None,
    ) -> bool | None:
        self.expression(node.expression, reachable)
        if reachable is False:
            self.unreachable(node, node.pos)
        return None if reachable is None else True

    def const(
        self, node: ast.Const, _in_for: bool, reachable: bool | None, bound: set[str] | None
    ) -> bool | None:
        several = len(node.bindings) > 1
        if several and reachable is False:
            self.unreachable(node, node.pos)
        for binding in node.bindings:
            self.expression(binding.value, reachable)
            if reachable is False:
                self.unreachable(binding, binding.pos)
            if bound is None:
                self.report(
                    _BINDINGS,
                    binding,
                    binding.pos,
                    "const binding found in a single-statement context",
                )
            else:
                self.bind(binding.pattern, binding.pos, bound)
        return None if reachable is None else True

    def bind(self, pattern: ast.Pattern, pos: int, bound: set[str]) -> None:
        """Add the names that a pattern at `pos` binds to those bound in its block."""
        for at, name in _bound_names(pattern, pos):
            if name in bound:
                message = f"found multiple bindings for {name} in the same block"
                self.report(_BINDINGS, pattern, at, message)
            bound.add(name)

    def patterns(self, parameters: list[ast.Parameter]) -> None:
        """Parameters that are taken apart become constants of a block around the body."""
        bound: set[str] = set()
        for parameter in parameters:
            if not isinstance(parameter.pattern, ast.NamePattern):
                self.bind(parameter.pattern, parameter.pos, bound)

    def if_(
        self, node: ast.If, in_for: bool, reachable: bool | None, _bound: set[str] | None
    ) -> bool | None:
        self.expression(node.test, reachable)
        if reachable is False:
            self.unreachable(node, node.pos)
        inside = None if reachable is None else True
        behind = self.statement(node.then, in_for, inside, None)
        if node.otherwise is None:
            return inside
        otherwise = self.statement(node.otherwise, in_for, None if behind else inside, None)
        return behind or otherwise

    def for_range(
        self, node: ast.ForRange, _in_for: bool, reachable: bool | None, _bound: set[str] | None
    ) -> bool | None:
        if reachable is False:
            self.unreachable(node, node.pos)
        return self.statement(node.body, True, None if reachable is None else True, None)

    def for_each(
        self, node: ast.ForEach, _in_for: bool, reachable: bool | None, _bound: set[str] | None
    ) -> bool | None:
        self.expression(node.vector, reachable)
        if reachable is False:
            self.unreachable(node, node.pos)
        return self.statement(node.body, True, None if reachable is None else True, None)

    def return_(
        self, node: ast.Return, in_for: bool, reachable: bool | None, _bound: set[str] | None
    ) -> bool | None:
        if node.value is not None:
            self.expression(node.value, reachable)
        if in_for:
            self.report(_RETURNS, node, node.pos, "return is not supported within for loops")
        if reachable is False:
            self.unreachable(node, node.pos)
        return None if reachable is None else False

    def expression(self, node: ast.Expression, reachable: bool | None) -> None:
        """Check the functions in an expression."""
        for arrow in _arrows(node):
            self.patterns(arrow.parameters)
            self.block(arrow.body, False, None if reachable is None else True)
            self.head(arrow, [], arrow.parameters)


_Rule = Callable[[_Check, Any, bool, "bool | None", "set[str] | None"], "bool | None"]
_STATEMENTS: Final[dict[type, _Rule]] = {
    ast.Block: _Check.inner_block,
    ast.ExpressionStatement: _Check.expression_statement,
    ast.Const: _Check.const,
    ast.If: _Check.if_,
    ast.ForRange: _Check.for_range,
    ast.ForEach: _Check.for_each,
    ast.Return: _Check.return_,
}


def _bound_names(pattern: ast.Pattern, pos: int) -> Iterator[tuple[int, str]]:
    """The names a pattern binds, each with the place of the pattern directly around it."""
    if isinstance(pattern, ast.NamePattern):
        yield pos, pattern.name
    elif isinstance(pattern, ast.TuplePattern):
        for element in pattern.elements:
            if element is not None:
                yield from _bound_names(element, pattern.pos)
    else:
        for element, _ in pattern.elements:
            yield from _bound_names(element, pattern.pos)


def _compiler_order(declarations: list[ast.Declaration]) -> list[ast.Declaration]:
    """Declarations as most of the compiler's passes go through them."""
    return map_order([d for d in declarations if not isinstance(d, ast.Pragma)])


def _visited(node: Any, rule: int) -> Iterator[Any]:
    """The nodes that the pass of `rule` checks, in its order."""
    kind = type(node)
    if kind is ast.Program:
        for declaration in _compiler_order(node.declarations):
            yield from _visited(declaration, rule)
    elif kind is ast.Module:
        for declaration in _compiler_order(node.elements):
            yield from _visited(declaration, rule)
        yield node
    elif kind in (ast.Circuit, ast.Constructor, ast.Arrow):
        yield from _visited(node.body, rule)
        yield node
    elif kind is ast.Block:
        for statement in map_order(node.statements):
            yield from _visited(statement, rule)
    elif kind is ast.If:
        for part in (node.otherwise, node.then, node.test):
            if part is not None:
                yield from _visited(part, rule)
    elif kind is ast.ForRange:
        yield from _visited(node.body, rule)
    elif kind is ast.ForEach:
        parts = (node.vector, node.body) if rule == _RETURNS else (node.body, node.vector)
        for part in parts:
            yield from _visited(part, rule)
    elif kind is ast.Const:
        for binding in map_order(node.bindings):
            yield from _visited(binding.value, rule)
    elif kind is ast.ExpressionStatement:
        yield from _visited(node.expression, rule)
    elif kind is ast.Return:
        if node.value is not None:
            yield from _visited(node.value, rule)
        yield node
    elif kind in _PARTS:
        for arrow in _arrows(node):
            yield from _visited(arrow, rule)
    else:
        yield node


def _arrows(root: ast.Expression) -> list[ast.Arrow]:
    """The functions written out in `root`, without those in their bodies, in compiler order."""
    arrows: list[ast.Arrow] = []
    waiting: list[Any] = [root]
    while waiting:
        node = waiting.pop()
        if type(node) is ast.Arrow:
            arrows.append(node)
        else:
            parts = _PARTS.get(type(node))
            if parts is not None:
                waiting += parts(node)
    return arrows


def _mapped(first: list[Any], items: list[Any]) -> list[Any]:
    return first + (items if len(items) < 2 else map_order(items)[::-1])


# The expressions and functions in an expression, the one that the compiler takes first as the
# last; leaves are not listed.
_PARTS: Final[dict[type, Callable[[Any], list[Any]]]] = {
    ast.Binary: lambda n: [n.left, n.right],
    ast.Not: lambda n: [n.operand],
    ast.Conditional: lambda n: [n.test, n.then, n.otherwise],
    ast.Assign: lambda n: [n.target, n.value],
    ast.Cast: lambda n: [n.operand],
    ast.Index: lambda n: [n.operand, n.index],
    ast.Member: lambda n: [n.operand],
    ast.MemberCall: lambda n: _mapped([n.operand], n.arguments),
    ast.Call: lambda n: _mapped([n.function], n.arguments),
    ast.Map: lambda n: _mapped([n.function, n.arguments[0]], n.arguments[1:]),
    ast.Fold: lambda n: _mapped([n.function, n.initial, n.arguments[0]], n.arguments[1:]),
    ast.Slice: lambda n: [n.operand, n.index],
    ast.TupleLiteral: lambda n: _mapped([], [e.value for e in n.elements]),
    ast.BytesLiteral: lambda n: _mapped([], [e.value for e in n.elements]),
    ast.StructLiteral: lambda n: _mapped([], [f.value for f in n.fields]),
    ast.Assert: lambda n: [n.test],
    ast.Disclose: lambda n: [n.operand],
    ast.Sequence: lambda n: [*_mapped([], n.expressions[:-1]), n.expressions[-1]],
}
