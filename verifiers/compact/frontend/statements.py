"""The rules about statements that need no names and no types.

The compiler checks them in passes, each over the whole program, and stops at the first error of
the first pass that finds one. Here one walk notes the first error of every pass, and the earliest
pass wins. The order within a pass is the compiler's too: source order, but includes from the last
to the first and what is inside a declaration before its own head.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from . import ast
from .expectations import quoted
from .source import CompactError

# The compiler's passes, in their order.
_INCLUDES: Final = 0
_RETURNS: Final = 1
_UNREACHABLE: Final = 2
_BINDINGS: Final = 3
_DUPLICATES: Final = 4

_FILE_NOT_FOUND = "failed to locate file {path}"
_INCLUDED_STD = ": possibly replace include with import CompactStandardLibrary"


def check_statements(program: ast.Program) -> None:
    """Check the rules of the compiler's statement passes.

    These are: included files exist (a program that is checked alone has no other files), no
    `return` within `for`, no statement behind one that always returns, no `const` as the only
    statement of a branch or loop, no two bindings of a name in one block, and no name twice in a
    list of parameters, generic parameters, fields or elements.

    Raises `CompactError` with the first error that the compiler would report.
    """
    errors: dict[int, CompactError] = {}
    check = _Check(errors)
    for declaration in program.declarations:
        check.declaration(declaration, in_module=False)
    if errors:
        raise errors[min(errors)]


class _Check:
    """The walk. A circuit in a module is not checked for unreachable statements."""

    __slots__ = ("errors",)

    def __init__(self, errors: dict[int, CompactError]) -> None:
        self.errors = errors

    def report(self, rule: int, pos: int, message: str) -> None:
        if rule not in self.errors:
            self.errors[rule] = CompactError(pos, message)

    # ------------------------------------------------------------ declarations

    def declaration(self, node: ast.Declaration, in_module: bool) -> None:
        kind = type(node)
        if kind is ast.Circuit or kind is ast.Constructor:
            assert isinstance(node, (ast.Circuit, ast.Constructor))
            self.block(node.body, False, None if in_module else True)
            if isinstance(node, ast.Circuit):
                self.head(node.pos, node.generics, node.parameters)
        elif isinstance(node, ast.Module):
            for element in node.elements:
                self.declaration(element, in_module=True)
            self.head(node.pos, node.generics, [])
        elif isinstance(node, ast.Witness):
            self.head(node.pos, node.generics, node.parameters)
        elif isinstance(node, ast.Struct):
            self.head(node.pos, node.generics, node.fields, "field name")
        elif isinstance(node, ast.TypeAlias):
            self.head(node.pos, node.generics, [])
        elif isinstance(node, ast.Enum):
            self.distinct(node.pos, "element name", node.elements)
        elif isinstance(node, ast.Include):
            message = _FILE_NOT_FOUND.format(path=quoted(f"{node.path}.compact"))
            if node.path == "std":
                message += _INCLUDED_STD
            # From the last to the first: a later one replaces an earlier one.
            self.errors[_INCLUDES] = CompactError(node.pos, message)

    def head(
        self,
        pos: int,
        generics: list[ast.GenericParameter],
        parameters: list[ast.Parameter],
        what: str = "parameter name",
    ) -> None:
        if len(generics) > 1:
            self.distinct(pos, "generic parameter name", [g.name for g in generics])
        if len(parameters) > 1:
            names = [p.pattern.name for p in parameters if isinstance(p.pattern, ast.NamePattern)]
            self.distinct(pos, what, names)

    def distinct(self, pos: int, what: str, names: list[str]) -> None:
        if len(set(names)) < len(names):
            seen: set[str] = set()
            for name in names:
                if name in seen:
                    self.report(_DUPLICATES, pos, f"duplicate {what} {name}")
                    return
                seen.add(name)

    # ------------------------------------------------------------ statements
    #
    # `reachable` says whether control can get to a statement, and each check returns whether it
    # can get behind it. None: not checked, for the compiler looks at an `else` only when the
    # other branch always returns, and not into modules.

    def block(self, block: ast.Block, in_for: bool, reachable: bool | None) -> bool | None:
        if reachable is False:
            self.unreachable(block.pos)
        behind = None if reachable is None else True
        bound: set[str] = set()
        for statement in block.statements:
            behind = self.statement(statement, in_for, behind, bound)
        return behind

    def unreachable(self, pos: int) -> None:
        self.report(_UNREACHABLE, pos, "unreachable statement")

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
            self.unreachable(node.pos)
        return None if reachable is None else True

    def const(
        self, node: ast.Const, _in_for: bool, reachable: bool | None, bound: set[str] | None
    ) -> bool | None:
        several = len(node.bindings) > 1
        if several and reachable is False:
            self.unreachable(node.pos)
        for binding in node.bindings:
            self.expression(binding.value, reachable)
            if reachable is False:
                self.unreachable(binding.pos)
            if bound is None:
                self.report(
                    _BINDINGS, binding.pos, "const binding found in a single-statement context"
                )
            else:
                for pos, name in _bound_names(binding.pattern, binding.pos):
                    if name in bound:
                        self.report(
                            _BINDINGS,
                            pos,
                            f"found multiple bindings for {name} in the same block",
                        )
                    bound.add(name)
        return None if reachable is None else True

    def if_(
        self, node: ast.If, in_for: bool, reachable: bool | None, _bound: set[str] | None
    ) -> bool | None:
        self.expression(node.test, reachable)
        if reachable is False:
            self.unreachable(node.pos)
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
            self.unreachable(node.pos)
        return self.statement(node.body, True, None if reachable is None else True, None)

    def for_each(
        self, node: ast.ForEach, _in_for: bool, reachable: bool | None, _bound: set[str] | None
    ) -> bool | None:
        self.expression(node.vector, reachable)
        if reachable is False:
            self.unreachable(node.pos)
        return self.statement(node.body, True, None if reachable is None else True, None)

    def return_(
        self, node: ast.Return, in_for: bool, reachable: bool | None, _bound: set[str] | None
    ) -> bool | None:
        if node.value is not None:
            self.expression(node.value, reachable)
        if in_for:
            self.report(_RETURNS, node.pos, "return is not supported within for loops")
        if reachable is False:
            self.unreachable(node.pos)
        return None if reachable is None else False

    def expression(self, node: ast.Expression, reachable: bool | None) -> None:
        """Check the functions in an expression."""
        for arrow in _arrows(node):
            self.block(arrow.body, False, None if reachable is None else True)
            self.head(arrow.pos, [], arrow.parameters)


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


def _arrows(root: ast.Expression) -> list[ast.Arrow]:
    """The functions written out in `root`, in source order, without those in their bodies."""
    arrows: list[ast.Arrow] = []
    waiting: list[Any] = [root]
    while waiting:
        node = waiting.pop()
        if type(node) is ast.Arrow:
            arrows.append(node)
        else:
            parts = _PARTS.get(type(node))
            if parts is not None:
                waiting.extend(reversed(parts(node)))
    return arrows


# The expressions and functions in an expression, in source order; leaves are not listed.
_PARTS: Final[dict[type, Callable[[Any], list[Any]]]] = {
    ast.Binary: lambda n: [n.left, n.right],
    ast.Not: lambda n: [n.operand],
    ast.Conditional: lambda n: [n.test, n.then, n.otherwise],
    ast.Assign: lambda n: [n.target, n.value],
    ast.Cast: lambda n: [n.operand],
    ast.Index: lambda n: [n.operand, n.index],
    ast.Member: lambda n: [n.operand],
    ast.MemberCall: lambda n: [n.operand, *n.arguments],
    ast.Call: lambda n: [n.function, *n.arguments],
    ast.Map: lambda n: [n.function, *n.arguments],
    ast.Fold: lambda n: [n.function, n.initial, *n.arguments],
    ast.Slice: lambda n: [n.operand, n.index],
    ast.TupleLiteral: lambda n: [e.value for e in n.elements],
    ast.BytesLiteral: lambda n: [e.value for e in n.elements],
    ast.StructLiteral: lambda n: [f.value for f in n.fields],
    ast.Assert: lambda n: [n.test],
    ast.Disclose: lambda n: [n.operand],
    ast.Sequence: lambda n: n.expressions,
}
