"""Statements into one expression, before names are looked up.

A body becomes an expression of `ast` nodes and the four below: patterns become fields and
elements of a temporary, a `const` the binding of what follows it, `return` the value of the tail
it stands in. What follows a branch that can return moves into both branches, shared between them
in the tree, exactly as far as the compiler moves it: that decides which names are in scope there
and in which order errors are found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Union

from . import ast


@dataclass(slots=True)
class Scoped:
    """A block: `names` are its constants, in scope but unassigned until their `Let`."""

    pos: int
    names: list[str]
    body: Lowered


@dataclass(slots=True)
class Let:
    pos: int
    name: str
    type: ast.Type | None
    value: ast.Expression
    body: Lowered


@dataclass(slots=True)
class Loop:
    """A `for`; over `vector`, or without one from `start` to before `end`."""

    pos: int
    name: str
    vector: ast.Expression | None
    start: ast.Size | None
    end: ast.Size | None
    body: Lowered


@dataclass(slots=True)
class Return:
    pos: int
    value: ast.Expression | None


Lowered = Union[ast.Expression, Scoped, Let, Loop, Return]

# A list whose tails have an identity: (first, rest), None at the end.
_Tail = Union["tuple[Lowered, _Tail]", None]


class Lowering:
    """Lowers the bodies of one program; temporaries are numbered through all of them."""

    def __init__(self) -> None:
        self._temporaries = 0

    def body(
        self, pos: int, parameters: Sequence[ast.Parameter], block: ast.Block
    ) -> tuple[list[str], Lowered]:
        """The names of the parameters, and the body that unpacks their patterns."""
        names: list[str] = []
        constants: list[ast.Statement] = []
        for parameter in parameters:
            name, more = self._pattern(parameter.pattern)
            names.append(name)
            constants += more
        if constants:
            block = ast.Block(pos, [*constants, block])
        body = _Body(self).statement(block, (Return(pos, None), None))
        return names, _sequence(pos, _elements(body))

    def _pattern(self, pattern: ast.Pattern) -> tuple[str, list[ast.Statement]]:
        if isinstance(pattern, ast.NamePattern):
            return pattern.name, []
        self._temporaries += 1
        whole = f"__compact_pattern_tmp{self._temporaries}"
        pos = pattern.pos
        constants: list[ast.Statement] = []
        if isinstance(pattern, ast.TuplePattern):
            for index, element in enumerate(pattern.elements):
                if element is not None:
                    part = ast.Index(pos, ast.Name(pos, whole), ast.Number(pos, index))
                    constants += self._constant(pos, element, None, part)
        else:
            for element, name in pattern.elements:
                member = ast.Member(pos, ast.Name(pos, whole), name, pos, pos)
                constants += self._constant(pos, element, None, member)
        return whole, constants

    def _constant(
        self, pos: int, pattern: ast.Pattern, type_: ast.Type | None, value: ast.Expression
    ) -> list[ast.Statement]:
        """One `const` per name."""
        name, more = self._pattern(pattern)
        binding = ast.Binding(pos, ast.NamePattern(pos, name), type_, value)
        return [ast.Const(pos, [binding]), *more]

    def constants(self, const: ast.Const) -> list[tuple[int, str, ast.Type | None, ast.Expression]]:
        """What a `const` statement binds, one name at a time: (pos, name, type, value)."""
        found: list[tuple[int, str, ast.Type | None, ast.Expression]] = []
        for binding in const.bindings:
            if isinstance(binding.pattern, ast.NamePattern):
                found.append((binding.pos, binding.pattern.name, binding.type, binding.value))
            else:
                for one in self._constant(
                    binding.pos, binding.pattern, binding.type, binding.value
                ):
                    assert isinstance(one, ast.Const)
                    found += self.constants(one)
        return found


class _Body:
    def __init__(self, lowering: Lowering) -> None:
        self._lowering = lowering
        self._block_ends: list[_Tail] = []
        # Names bound by the block being lowered; a stack, for a block's end is known only then.
        self._names: list[list[str]] = []

    def statement(self, statement: ast.Statement, tail: _Tail) -> _Tail:
        """`statement` and then `tail`."""
        match statement:
            case ast.ExpressionStatement(_, expression):
                return (expression, tail)
            case ast.Return(pos, value):
                return (Return(pos, value), None)
            case ast.Const():
                constants = self._lowering.constants(statement)
                for pos, name, type_, value in reversed(constants):
                    self._names[-1].append(name)
                    scope, tail = self._split_at_block_end(tail)
                    body = _sequence(pos, scope) if scope else ast.TupleLiteral(pos, [])
                    tail = (Let(pos, name, type_, value, body), tail)
                return tail
            case ast.If(pos, test, then, otherwise):
                then_tail = self.statement(then, tail)
                else_tail = (
                    self.statement(otherwise, tail)
                    if otherwise is not None
                    else (ast.TupleLiteral(pos, []), tail)
                )
                then_own = _before(then_tail, tail)
                else_own = _before(else_tail, tail)
                if then_own is not None and else_own is not None:
                    return (_conditional(pos, test, then_own, else_own), tail)
                return (_conditional(pos, test, _elements(then_tail), _elements(else_tail)), None)
            case ast.ForRange(pos, name, start, end, body):
                return (Loop(pos, name, None, start, end, self._loop_body(pos, body)), tail)
            case ast.ForEach(pos, name, vector, body):
                return (Loop(pos, name, vector, None, None, self._loop_body(pos, body)), tail)
            case ast.Block(pos, statements):
                self._block_ends.append(tail)
                self._names.append([])
                inner = tail
                for one in reversed(statements):
                    inner = self.statement(one, inner)
                names = self._names.pop()
                self._block_ends.pop()
                if not names:
                    return inner
                own = _before(inner, tail)
                if own is None:
                    return (Scoped(pos, names, _sequence(pos, _elements(inner))), None)
                return (Scoped(pos, names, _sequence(pos, own)), tail)

    def _loop_body(self, pos: int, body: ast.Statement) -> Lowered:
        return _sequence(pos, _elements(self.statement(body, (ast.TupleLiteral(pos, []), None))))

    def _split_at_block_end(self, tail: _Tail) -> tuple[list[Lowered], _Tail]:
        end = self._block_ends[-1] if self._block_ends else None
        head: list[Lowered] = []
        while tail is not None and tail is not end:
            head.append(tail[0])
            tail = tail[1]
        return head, tail


def _conditional(
    pos: int, test: ast.Expression, then: list[Lowered], otherwise: list[Lowered]
) -> Lowered:
    branches: Any = _sequence(pos, then), _sequence(pos, otherwise)
    return ast.Conditional(pos, test, *branches)


def _elements(tail: _Tail) -> list[Lowered]:
    elements: list[Lowered] = []
    while tail is not None:
        elements.append(tail[0])
        tail = tail[1]
    return elements


def _before(whole: _Tail, tail: _Tail) -> list[Lowered] | None:
    """The elements of `whole` before `tail`, or None where `whole` does not end in `tail`."""
    own: list[Lowered] = []
    while whole is not tail:
        if whole is None:
            return None
        own.append(whole[0])
        whole = whole[1]
    return own


def _sequence(pos: int, expressions: Sequence[Lowered]) -> Lowered:
    if not expressions:
        return ast.TupleLiteral(pos, [])
    if len(expressions) == 1:
        return expressions[0]
    kept: list[Any] = list(without_units(expressions[:-1]))
    if not kept:
        return expressions[-1]
    kept.append(expressions[-1])
    return ast.Sequence(pos, kept)


def without_units(expressions: Iterable[Lowered]) -> Iterable[Lowered]:
    """`expressions` without those that are `[]`, which do nothing in the middle of a sequence."""
    return (e for e in expressions if not isinstance(e, ast.TupleLiteral) or e.elements)
