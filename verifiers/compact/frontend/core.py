"""The typed core: what type inference makes of a program, and what the analyses read.

Statements are gone (a body is one expression), names are resolved to `Variable`, `Circuit`,
`Witness`, `Native` and `LedgerField` objects, generics are instantiated (each instance is a
circuit of its own), overloads are chosen, and every implicit conversion is explicit. Variable
identity is object identity. `pos` is a position as in `ast`; positions inside the standard
library are `STANDARD_LIBRARY`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Union

if TYPE_CHECKING:
    from .ledger import Operation
    from .types import Type

STANDARD_LIBRARY = -1


@dataclass(slots=True, eq=False)
class Variable:
    """A parameter or a `const`. `temporary`: made by the compiler, never named in messages."""

    pos: int
    name: str
    type: Type
    temporary: bool = False


# ---------------------------------------------------------------- expressions


@dataclass(slots=True)
class Literal:
    """A Boolean, a number (Field or Uint) or bytes, by `type`; bytes without zeros at their end."""

    pos: int
    value: bool | int | bytes
    type: Type


@dataclass(slots=True)
class Reference:
    pos: int
    variable: Variable


@dataclass(slots=True)
class Default:
    pos: int
    type: Type


@dataclass(slots=True)
class If:
    """`&&`, `||`, `!` and `? :` are all this."""

    pos: int
    test: Expression
    then: Expression
    otherwise: Expression


@dataclass(slots=True)
class FieldAccess:
    """`operand.name`, the `index`-th field of a structure."""

    pos: int
    operand: Expression
    name: str
    index: int


@dataclass(slots=True)
class EnumValue:
    pos: int
    type: Type
    name: str


@dataclass(slots=True)
class Element:
    """`spread` is the number of elements that `value` brings (None: it is one element)."""

    pos: int
    value: Expression
    spread: int | None = None


@dataclass(slots=True)
class Tuple:
    """A tuple, or with `is_vector` a vector, whose elements all have one type."""

    pos: int
    elements: list[Element]
    is_vector: bool = False


@dataclass(slots=True)
class Range:
    """The vector `[start, start + 1, ..., end - 1]` that a `for` over a range goes through."""

    pos: int
    start: int
    end: int


@dataclass(slots=True)
class TupleRef:
    """An element at an index known during type inference."""

    pos: int
    operand: Expression
    index: int


@dataclass(slots=True)
class TupleSlice:
    pos: int
    type: Type
    operand: Expression
    index: int
    length: int


@dataclass(slots=True)
class VectorRef:
    """`type` is the operand's type (a vector, or bytes with `is_bytes`).

    The index must become a constant once circuits are inlined and loops unrolled
    (`frontend.indices` checks it).
    """

    pos: int
    type: Type
    operand: Expression
    index: Expression
    is_bytes: bool = False


@dataclass(slots=True)
class VectorSlice:
    pos: int
    type: Type
    operand: Expression
    index: Expression
    length: int
    is_bytes: bool = False


@dataclass(slots=True)
class Arithmetic:
    """`op` is ``+``, ``-`` or ``*``; `bits` is the width of the Uint result, None for Field."""

    pos: int
    op: str
    bits: int | None
    left: Expression
    right: Expression


@dataclass(slots=True)
class Comparison:
    """`op` is ``<``, ``<=``, ``>``, ``>=``; `bits` is the operands' Uint width."""

    pos: int
    op: str
    bits: int
    left: Expression
    right: Expression


@dataclass(slots=True)
class Equality:
    """`op` is ``==`` or ``!=``; `type` is the type both operands are compared at."""

    pos: int
    op: str
    type: Type
    left: Expression
    right: Expression


@dataclass(slots=True)
class MapArgument:
    value: Expression
    type: Type  # of `value`
    element_type: Type  # what each element is converted to


@dataclass(slots=True)
class Lambda:
    pos: int
    parameters: list[Variable]
    result: Type
    body: Expression


@dataclass(slots=True)
class Map:
    """`function_pos` is where a named function is named (-1: anonymous)."""

    pos: int
    length: int
    function: Function
    arguments: list[MapArgument]
    function_pos: int = -1


@dataclass(slots=True)
class Fold:
    """`function_pos` as in `Map`."""

    pos: int
    length: int
    function: Function
    initial: Expression
    initial_type: Type
    arguments: list[MapArgument]
    function_pos: int = -1


@dataclass(slots=True)
class Call:
    """A call of a named function (`Lambda` only where an anonymous circuit is called)."""

    pos: int
    function: Function
    arguments: list[Expression]


@dataclass(slots=True)
class New:
    pos: int
    type: Type
    arguments: list[Expression]


@dataclass(slots=True)
class Sequence:
    """Every expression in order; the value is the last one's. Never empty."""

    pos: int
    expressions: list[Expression]


@dataclass(slots=True)
class Let:
    """Bindings in order, each visible in the next (`let*`)."""

    pos: int
    bindings: list[tuple[Variable, Expression]]
    body: Expression


@dataclass(slots=True)
class Assert:
    pos: int
    test: Expression
    message: str


@dataclass(slots=True)
class Cast:
    """A conversion, explicit or implicit.

    `kind`: ``safe`` (to a supertype), ``field-to-bytes``, ``from-bytes``, ``vector-to-bytes``,
    ``bytes-to-vector``, ``from-enum``, ``to-enum``, ``downcast`` (to a smaller Uint).
    """

    pos: int
    kind: str
    operand: Expression
    source: Type
    target: Type


@dataclass(slots=True)
class Disclose:
    pos: int
    operand: Expression


@dataclass(slots=True)
class Return:
    """Marks the value a `return` statement gives (for positions; no effect otherwise)."""

    pos: int
    value: Expression


@dataclass(slots=True)
class Access:
    """One `.operation(arguments)` on a ledger field or on the ADT the one before it gave."""

    pos: int  # of the dot
    operation: Operation
    arguments: list[Expression]
    result: Type


@dataclass(slots=True)
class LedgerAccess:
    """`field.op1(...).op2(...)`; `sugar` is the written form where it is not a call (`+=`)."""

    pos: int
    field: LedgerField
    accesses: list[Access]
    sugar: str | None = None


Expression = Union[
    Literal, Reference, Default, If, FieldAccess, EnumValue, Tuple, Range, TupleRef, TupleSlice,
    VectorRef, VectorSlice, Arithmetic, Comparison, Equality, Map, Fold, Call, New, Sequence, Let,
    Assert, Cast, Disclose, Return, LedgerAccess,
]  # fmt: skip

# ---------------------------------------------------------------- declarations


@dataclass(slots=True, eq=False)
class Circuit:
    """One instance of a circuit. `exported_as`: its exported names (empty: not exported)."""

    pos: int
    name: str
    parameters: list[Variable]
    result: Type
    body: Expression
    declared_pure: bool = False
    exported_as: list[str] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Witness:
    pos: int
    name: str
    parameters: list[Variable]
    result: Type
    exported_as: list[str] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Native:
    """A function of the standard library that the runtime implements.

    `is_witness`: its result is private data. `discloses[i]`: what the result reveals of argument
    i ("a hash of"), "" when it passes the value on, None when it reveals nothing.
    """

    name: str
    parameters: list[Variable]
    result: Type
    is_witness: bool
    discloses: list[str | None]
    pos: int = STANDARD_LIBRARY


Function = Union[Circuit, Witness, Native, Lambda]


@dataclass(slots=True, eq=False)
class LedgerField:
    """`kernel` is one too, of type Kernel."""

    pos: int
    name: str
    type: Type
    sealed: bool = False
    exported_as: list[str] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Constructor:
    pos: int
    parameters: list[Variable]
    body: Expression


@dataclass(slots=True)
class Program:
    """Circuits in order of definition, only those instantiated (exported or called)."""

    circuits: list[Circuit]
    witnesses: list[Witness]
    natives: list[Native]
    ledger: list[LedgerField]
    constructor: Constructor | None
