"""The syntax tree of a Compact program (language 0.23), as the parser makes it.

Node classes are slotted and mutable only because that halves construction time, which dominates
a check of a small contract; nothing changes a tree after parsing, but that other files' parts are
put into it (`files`). Every node's `pos` is where
the compiler reports it: the offset in characters of its first token (for binary, conditional,
cast and index expressions that of the left operand, its parentheses included), except that
`Member` and `MemberCall` stand at the dot and `Assign` at its operator. Parentheses leave no
node. `frontend.source.SourceMap` turns offsets into lines.

Grammar: the Compact grammar page of Midnight's documentation, language version 0.23.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Union

# ---------------------------------------------------------------- sizes, types, generics


@dataclass(slots=True)
class SizeLiteral:
    pos: int
    value: int


@dataclass(slots=True)
class SizeName:
    """A size given by a generic parameter (`#n`), by its name."""

    pos: int
    name: str


Size = Union[SizeLiteral, SizeName]


@dataclass(slots=True)
class BooleanType:
    pos: int


@dataclass(slots=True)
class FieldType:
    pos: int


@dataclass(slots=True)
class UintType:
    """`Uint<bits>` when `end` is None, else `Uint<start..end>` (end exclusive)."""

    pos: int
    start: Size
    end: Size | None = None


@dataclass(slots=True)
class BytesType:
    pos: int
    size: Size


@dataclass(slots=True)
class OpaqueType:
    pos: int
    tag: str


@dataclass(slots=True)
class VectorType:
    pos: int
    size: Size
    element: Type


@dataclass(slots=True)
class TupleType:
    pos: int
    elements: list[Type]


@dataclass(slots=True)
class TypeName:
    """A named type with its generic arguments: struct, enum, alias, ADT, contract or parameter."""

    pos: int
    name: str
    arguments: list[GenericArgument]


Type = Union[
    BooleanType, FieldType, UintType, BytesType, OpaqueType, VectorType, TupleType, TypeName
]
GenericArgument = Union[SizeLiteral, Type]


@dataclass(slots=True)
class GenericParameter:
    """`T` (a type) or, with `is_size`, `#n` (a size)."""

    pos: int
    name: str
    is_size: bool


# ---------------------------------------------------------------- patterns and parameters


@dataclass(slots=True)
class NamePattern:
    pos: int
    name: str


@dataclass(slots=True)
class TuplePattern:
    """`[a, , b]`; None where nothing is bound. One element more than there are commas."""

    pos: int
    elements: list[Pattern | None]


@dataclass(slots=True)
class StructPattern:
    pos: int
    elements: list[tuple[Pattern, str]]  # (pattern, field name)


Pattern = Union[NamePattern, TuplePattern, StructPattern]


@dataclass(slots=True)
class Parameter:
    """`pattern: type`; the type is None only in arrow functions. Simple parameters are names."""

    pos: int
    pattern: Pattern
    type: Type | None


# ---------------------------------------------------------------- expressions


@dataclass(slots=True)
class Boolean:
    pos: int
    value: bool


@dataclass(slots=True)
class Number:
    pos: int
    value: int


@dataclass(slots=True)
class String:
    """A string literal; its value is its UTF-8 bytes, of type Bytes<n>."""

    pos: int
    value: str


@dataclass(slots=True)
class Pad:
    pos: int
    size: int
    value: str


@dataclass(slots=True)
class Default:
    pos: int
    type: Type


@dataclass(slots=True)
class Name:
    pos: int
    name: str


@dataclass(slots=True)
class Binary:
    """`op` is one of ``|| && == != < <= > >= + - *``."""

    pos: int
    op: str
    left: Expression
    right: Expression


@dataclass(slots=True)
class Not:
    pos: int
    operand: Expression


@dataclass(slots=True)
class Conditional:
    pos: int
    test: Expression
    then: Expression
    otherwise: Expression


@dataclass(slots=True)
class Assign:
    """`op` is ``=``, ``+=`` or ``-=``, and `pos` its offset.

    Only ledger fields can stand on the left.
    """

    pos: int
    op: str
    target: Expression
    value: Expression


@dataclass(slots=True)
class Cast:
    pos: int
    operand: Expression
    type: Type


@dataclass(slots=True)
class Index:
    pos: int
    operand: Expression
    index: Expression


@dataclass(slots=True)
class Member:
    """`operand.name`; `name_pos` is the name's offset, `dot_pos` the dot's (`pos` too)."""

    pos: int
    operand: Expression
    name: str
    dot_pos: int = -1
    name_pos: int = -1


@dataclass(slots=True)
class MemberCall:
    pos: int
    operand: Expression
    name: str
    arguments: list[Expression]
    dot_pos: int = -1
    name_pos: int = -1


@dataclass(slots=True)
class Call:
    pos: int
    function: Function
    arguments: list[Expression]


@dataclass(slots=True)
class Map:
    pos: int
    function: Function
    arguments: list[Expression]


@dataclass(slots=True)
class Fold:
    pos: int
    function: Function
    initial: Expression
    arguments: list[Expression]


@dataclass(slots=True)
class Slice:
    pos: int
    size: Size
    operand: Expression
    index: Expression


@dataclass(slots=True)
class Element:
    """One argument of a tuple, vector or byte literal: an expression, or `...` and one."""

    pos: int
    value: Expression
    spread: bool


@dataclass(slots=True)
class TupleLiteral:
    pos: int
    elements: list[Element]


@dataclass(slots=True)
class BytesLiteral:
    pos: int
    elements: list[Element]


@dataclass(slots=True)
class FieldInit:
    """`name: value`, a positional `value` (name None), or `...value` (spread)."""

    pos: int
    name: str | None
    value: Expression
    spread: bool = False


@dataclass(slots=True)
class StructLiteral:
    pos: int
    type: TypeName
    fields: list[FieldInit]


@dataclass(slots=True)
class Assert:
    pos: int
    test: Expression
    message: str


@dataclass(slots=True)
class Disclose:
    pos: int
    operand: Expression


@dataclass(slots=True)
class Sequence:
    """`a, b, c`: the value is the last one's."""

    pos: int
    expressions: list[Expression]


Expression = Union[
    Boolean, Number, String, Pad, Default, Name, Binary, Not, Conditional, Assign, Cast, Index,
    Member, MemberCall, Call, Map, Fold, Slice, TupleLiteral, BytesLiteral, StructLiteral, Assert,
    Disclose, Sequence,
]  # fmt: skip


@dataclass(slots=True)
class FunctionName:
    pos: int
    name: str
    arguments: list[GenericArgument]


@dataclass(slots=True)
class Arrow:
    """`(x: T): R => body`; an expression body is a block that returns it."""

    pos: int
    parameters: list[Parameter]
    result: Type | None
    body: Block


Function = Union[FunctionName, Arrow]

# ---------------------------------------------------------------- statements


@dataclass(slots=True)
class Block:
    pos: int
    statements: list[Statement]


@dataclass(slots=True)
class ExpressionStatement:
    pos: int
    expression: Expression


@dataclass(slots=True)
class Binding:
    pos: int
    pattern: Pattern
    type: Type | None
    value: Expression


@dataclass(slots=True)
class Const:
    pos: int
    bindings: list[Binding]


@dataclass(slots=True)
class If:
    pos: int
    test: Expression
    then: Statement
    otherwise: Statement | None


@dataclass(slots=True)
class ForRange:
    pos: int
    name: str
    start: Size
    end: Size
    body: Statement


@dataclass(slots=True)
class ForEach:
    pos: int
    name: str
    vector: Expression
    body: Statement


@dataclass(slots=True)
class Return:
    pos: int
    value: Expression | None


Statement = Union[Block, ExpressionStatement, Const, If, ForRange, ForEach, Return]

# ---------------------------------------------------------------- declarations


VersionExpression = tuple[Any, ...]


@dataclass(slots=True)
class Pragma:
    """`pragma name expression;`: the expression as nested tuples.

    Atoms are version tuples of one to three numbers; operators are ``("||", a, b)``,
    ``("&&", a, b)``, ``("!", version)``, ``("<", version)`` and so on.
    """

    pos: int
    name: str
    expression: VersionExpression
    name_pos: int = -1


@dataclass(slots=True)
class Include:
    pos: int
    path: str


@dataclass(slots=True)
class ImportElement:
    pos: int
    name: str
    alias: str


@dataclass(frozen=True, eq=False)
class Linked:
    """A module of another file. Many imports can share it; without slots, walks end here."""

    elements: list[Declaration]


@dataclass(slots=True)
class Import:
    """`import {selection} from name<arguments> prefix p;`; `is_path` for `import "file"`.

    `linked` is the module of another file that it brings, once one has been found.
    """

    pos: int
    name: str
    is_path: bool
    arguments: list[GenericArgument]
    prefix: str
    selection: list[ImportElement] | None
    linked: Linked | None = None


@dataclass(slots=True)
class Export:
    pos: int
    names: list[tuple[int, str]]


@dataclass(slots=True)
class Module:
    pos: int
    exported: bool
    name: str
    generics: list[GenericParameter]
    elements: list[Declaration]


@dataclass(slots=True)
class Ledger:
    pos: int
    exported: bool
    sealed: bool
    name: str
    type: Type


@dataclass(slots=True)
class Witness:
    pos: int
    exported: bool
    name: str
    generics: list[GenericParameter]
    parameters: list[Parameter]
    result: Type


@dataclass(slots=True)
class Constructor:
    pos: int
    parameters: list[Parameter]
    body: Block


@dataclass(slots=True)
class Circuit:
    pos: int
    exported: bool
    pure: bool
    name: str
    generics: list[GenericParameter]
    parameters: list[Parameter]
    result: Type
    body: Block


@dataclass(slots=True)
class Struct:
    pos: int
    exported: bool
    name: str
    generics: list[GenericParameter]
    fields: list[Parameter]


@dataclass(slots=True)
class Enum:
    pos: int
    exported: bool
    name: str
    elements: list[str]


@dataclass(slots=True)
class ContractCircuit:
    pos: int
    pure: bool
    name: str
    parameters: list[Parameter]
    result: Type


@dataclass(slots=True)
class Contract:
    """The declaration of another contract's circuits."""

    pos: int
    exported: bool
    name: str
    circuits: list[ContractCircuit]


@dataclass(slots=True)
class TypeAlias:
    """`type A = T;`, or with `nominal` the distinct `new type A = T;`."""

    pos: int
    exported: bool
    nominal: bool
    name: str
    generics: list[GenericParameter]
    type: Type


Exportable = Union[Module, Ledger, Witness, Circuit, Struct, Enum, Contract, TypeAlias]
Declaration = Union[
    Pragma, Include, Import, Export, Module, Ledger, Witness, Constructor, Circuit, Struct, Enum,
    Contract, TypeAlias,
]  # fmt: skip


@dataclass(slots=True)
class Program:
    pos: int
    declarations: list[Declaration] = field(default_factory=list)
