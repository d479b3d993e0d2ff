"""Types of expressions: from resolved names to the typed core.

The compiler resolves the names of a whole program before it types any of it, so elaborating an
expression has two steps. Each function here takes a node and its scope, resolves the names in the
node, and returns a `Typing`: a function of no arguments that types it, called when everything is
resolved. Names are resolved from right to left and types are inferred from left to right, as the
compiler does; among several errors, that decides which one it reports.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, Union

from . import ast, core, ledger, lower, resolve, types
from .resolve import (
    UNASSIGNED,
    AliasInfo,
    Candidates,
    EnumInfo,
    Instance,
    LedgerInfo,
    Resolver,
    Scope,
    SizeInfo,
    TypeInfo,
    UnassignedInfo,
    VariableInfo,
    adt_refused,
    in_order,
    refuse,
)
from .source import CompactError, SourceMap
from .types import UNIT, Type, same_type, show, structural, subtype, transparent

Typed = tuple[core.Expression, Type]
Typing = Callable[[], Typed]


@dataclass(slots=True)
class Anonymous:
    """A resolved arrow function; parameters without a type have the type `UNDECLARED`."""

    pos: int
    parameters: list[core.Variable]
    result: Type
    body: Typing


Callee = Union[Candidates, Anonymous]

# Operations of older language versions: the compiler understands them and refuses them.
OLD_OPERATION_NAMES = {
    "check_root": "checkRoot",
    "claim_contract_call": "claimContractCall",
    "claim_zswap_coin_receive": "claimZswapCoinReceive",
    "claim_zswap_coin_spend": "claimZswapCoinSpend",
    "claim_zswap_nullifier": "claimZswapNullifier",
    "insert_coin": "insertCoin",
    "insert_default": "insertDefault",
    "insert_hash": "insertHash",
    "insert_hash_index": "insertHashIndex",
    "insert_index": "insertIndex",
    "insert_index_default": "insertIndexDefault",
    "is_empty": "isEmpty",
    "is_full": "isFull",
    "less_than": "lessThan",
    "pop_front": "popFront",
    "push_front": "pushFront",
    "push_front_coin": "pushFrontCoin",
    "reset_history": "resetHistory",
    "reset_to_default": "resetToDefault",
    "write_coin": "writeCoin",
}

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth",
    "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip


def cardinal(n: int) -> str:
    """`n` < 100 in words; in digits above, where no message has been seen to go."""
    if n < 20:
        return _ONES[n]
    if n < 100:
        tens, ones = divmod(n, 10)
        return _TENS[tens - 2] + (f"-{_ONES[ones]}" if ones else "")
    return str(n)


def ordinal(n: int) -> str:
    head, dash, last = cardinal(n).rpartition("-")
    if last in _ORDINALS:
        return head + dash + _ORDINALS[last]
    return head + dash + (last[:-1] + "ieth" if last.endswith("y") else last + "th")


class Elaborator(Resolver):
    """Elaborates one program; used once."""

    def __init__(self, source_map: SourceMap) -> None:
        super().__init__(source_map)
        # The function whose body is being typed, as messages name it, and its result type.
        self.whose = ""
        self.result: Type = UNIT

    def body(self, lowered: Any, scope: Scope) -> Typing:
        return value(self, lowered, scope)

    def run(self, program: ast.Program) -> core.Program:
        resolved = self.program(program.declarations)
        for instance in resolved.unreachable:
            self._declare(instance)
        for instance in resolved.reachable:
            self._declare(instance)
        for instance in resolved.unreachable:
            self._infer(instance)
        for type_ in self.exported_types:
            self.checked(type_)
        constructors: list[core.Constructor] = []
        result = core.Program([], [], [], [], None)
        for instance in resolved.reachable:
            self._infer(instance)
            if instance.kind == "circuit":
                result.circuits.append(instance.function)
            elif instance.kind == "witness":
                result.witnesses.append(instance.function)
            elif instance.kind == "native":
                result.natives.append(instance.function)
            elif instance.kind == "ledger":
                result.ledger.append(instance.function)
            else:
                constructors.append(instance.function)
        if len(constructors) > 1:
            places = ",\n".join(self.place(c.pos) for c in constructors[1:])
            refuse(
                constructors[0].pos, f"found other ledger constructors in program: \n{places}"
            )
        if constructors:
            result.constructor = constructors[0]
        return result

    def _declare(self, instance: Instance) -> None:
        """What inference checks of a declaration before it looks at any body."""
        if instance.kind == "ledger":
            self.checked(instance.function.type)
        elif instance.kind != "constructor":
            in_order(self._check_parameter, instance.parameters)
            what = "witness return" if instance.kind == "witness" else "circuit return"
            self.ordinary(instance.pos, self.checked(instance.result), what)

    def _check_parameter(self, variable: core.Variable) -> None:
        self.ordinary(variable.pos, self.checked(variable.type), f"argument '{variable.name}'")

    def _infer(self, instance: Instance) -> None:
        if instance.body is None:
            return
        if instance.kind == "constructor":
            in_order(self._check_parameter, instance.parameters)
            whose = "ledger constructor"
        else:
            whose = f"circuit {instance.name}"
        body, _ = self.function_body(instance.pos, whose, instance.result, instance.body)
        if instance.kind == "constructor":
            instance.function = core.Constructor(instance.pos, instance.parameters, body)
        else:
            instance.function.body = body

    def function_body(self, pos: int, whose: str, result: Type, body: Typing) -> Typed:
        around = self.whose, self.result
        self.whose, self.result = whose, result
        expression, actual = body()
        self.whose, self.result = around
        if not subtype(actual, result):
            self._mismatched_return(pos, actual, result, whose)
        if result is types.UNDECLARED:
            return expression, actual
        return converted(pos, result, actual, expression), result

    def _mismatched_return(self, pos: int, actual: Type, declared: Type, whose: str) -> NoReturn:
        refuse(
            pos,
            f"mismatch between actual return type {show(actual)} and declared return type "
            f"{show(declared)} of {whose}",
        )

    def returned(self, pos: int, actual: Type, supplied: bool) -> None:
        if subtype(actual, self.result):
            return
        if supplied:
            self._mismatched_return(pos, actual, self.result, self.whose)
        refuse(
            pos,
            f"{self.whose} is declared to return a value of type {show(self.result)}, but its "
            "body can return without supplying a value",
        )

    def checked(self, type_: Type) -> Type:
        """`type_`, unless it is wrong in a way that resolution leaves to inference."""
        if self.flaws:
            flaw = self.flaws.get(id(type_))
            if flaw is not None:
                refuse(flaw[1], flaw[2])
        return type_

    def ordinary(self, pos: int, type_: Type, what: str) -> Type:
        if types.is_adt(type_):
            refuse(pos, adt_refused(what, type_))
        return type_


def elaborate(program: ast.Program, source_map: SourceMap) -> core.Program:
    """The typed core of `program`, whose statements `statements.check_statements` has passed.

    `source_map` turns the positions that messages mention into lines. Raises `CompactError` for
    the error that the compiler reports first.
    """
    elaborator = Elaborator(source_map)
    try:
        result = elaborator.run(program)
    except CompactError:
        if elaborator.pending is None:
            raise
    if elaborator.pending is not None:
        raise elaborator.pending
    return result


# ---------------------------------------------------------------- conversions and literals


def converted(pos: int, declared: Type, actual: Type, expression: core.Expression) -> Any:
    """`expression`, of type `actual`, as a value of its supertype `declared`."""
    if same_type(declared, actual):
        return expression
    return core.Cast(pos, "safe", expression, actual, declared)


def _natural(pos: int, value: int) -> Typed:
    type_ = types.Uint(value)
    return core.Literal(pos, value, type_), type_


def bound(
    pos: int,
    type_: Type,
    expression: core.Expression,
    build: Callable[[core.Expression], core.Expression],
) -> core.Expression:
    """`build(expression)`, where a temporary makes sure that it is computed once and first."""
    if isinstance(expression, (core.Literal, core.Reference)):
        return build(expression)
    variable = core.Variable(pos, "t", type_, temporary=True)
    return core.Let(pos, [(variable, expression)], build(core.Reference(pos, variable)))


# ---------------------------------------------------------------- elaboration by node


def value(el: Elaborator, node: lower.Lowered, scope: Scope) -> Typing:
    """Elaborate an expression whose value is used."""
    return _VALUES[node.__class__](el, node, scope)


def effect(el: Elaborator, node: lower.Lowered, scope: Scope) -> Typing:
    """Elaborate an expression whose value is dropped; its type means nothing."""
    return _EFFECTS.get(node.__class__, value)(el, node, scope)


def _boolean(_el: Elaborator, node: ast.Boolean, _scope: Scope) -> Typing:
    return lambda: (core.Literal(node.pos, node.value, types.BOOLEAN), types.BOOLEAN)


def _number(_el: Elaborator, node: ast.Number, _scope: Scope) -> Typing:
    return _constant(node.pos, node.value)


def _constant(pos: int, value: int) -> Typing:
    def infer() -> Typed:
        if value > types.MAX_UINT:
            refuse(
                pos,
                f"constant {value} is larger than the largest representable Uint; use\n"
                f"{value} as Field\nto treat as a value of type Field",
            )
        return _natural(pos, value)

    return infer


def _string(_el: Elaborator, node: ast.String, _scope: Scope) -> Typing:
    def infer() -> Typed:
        data = node.value.encode("utf-8", "surrogatepass")
        type_ = types.Bytes(len(data))
        return core.Literal(node.pos, data, type_), type_

    return infer


def _pad(_el: Elaborator, node: ast.Pad, _scope: Scope) -> Typing:
    def infer() -> Typed:
        data = node.value.encode("utf-8", "surrogatepass").ljust(node.size, b"\0")
        type_ = types.Bytes(node.size)
        return core.Literal(node.pos, data, type_), type_

    return infer


def _default(el: Elaborator, node: ast.Default, scope: Scope) -> Typing:
    type_ = el.type(node.type, scope)

    def infer() -> Typed:
        plain = structural(el.checked(type_))
        if isinstance(plain, types.Adt) and plain.name == ledger.KERNEL.name:
            refuse(node.pos, "default is not defined for ADT type Kernel")
        return core.Default(node.pos, type_), type_

    return infer


def _name(el: Elaborator, node: ast.Name, scope: Scope) -> Typing:
    pos = node.pos
    info = el.lookup(scope, pos, node.name)
    if isinstance(info, VariableInfo):
        variable = info.variable
        return lambda: (core.Reference(pos, variable), variable.type)
    if isinstance(info, SizeInfo):
        return _constant(pos, info.size)
    if isinstance(info, LedgerInfo):
        field = el.ledger_field(info)
        return lambda: _read(el, pos, core.LedgerAccess(pos, field, []), field.type)
    if isinstance(info, UnassignedInfo):
        refuse(pos, f"identifier {node.name} might be referenced before it is assigned")
    el.misused(pos, node.name, info)


def _member(el: Elaborator, node: ast.Member, scope: Scope) -> Typing:
    pos, name = node.pos, node.name
    enum = _enum_type(el, node.operand, scope)
    if enum is not None:
        return lambda: _enum_value(el, pos, enum, name)
    operand = value(el, node.operand, scope)

    def infer() -> Typed:
        expression, type_ = operand()
        plain = structural(type_)
        if not isinstance(plain, types.Struct):
            refuse(pos, f"expected structure type, received {show(type_)}")
        for index, (field, field_type) in enumerate(plain.fields):
            if field == name:
                return core.FieldAccess(pos, expression, name, index), field_type
        refuse(pos, f"structure {plain.name} has no field named {name}")

    return infer


def _enum_type(el: Elaborator, node: ast.Expression, scope: Scope) -> Type | None:
    """The enumeration that `node` names, under its own name or another."""
    if not isinstance(node, ast.Name):
        return None
    info = el.lookup(scope, node.pos, node.name)
    if isinstance(info, EnumInfo):
        return info.type
    if isinstance(info, TypeInfo):
        type_ = info.type
    elif isinstance(info, AliasInfo):
        type_ = el.alias(info.declaration.pos, info, [], info.declaration.nominal)
    else:
        return None
    return type_ if isinstance(structural(type_), types.Enum) else None


def _enum_value(el: Elaborator, pos: int, type_: Type, name: str) -> Typed:
    enum = structural(el.checked(type_))
    assert isinstance(enum, types.Enum)
    if name not in enum.elements:
        refuse(pos, f"enum {enum.name} has no field named {name}")
    return core.EnumValue(pos, type_, name), type_


# ---------------------------------------------------------------- conditions and sequences


def _test(pos: int, type_: Type) -> None:
    if not isinstance(structural(type_), types.Boolean):
        refuse(pos, f"expected test to have type Boolean, received {show(type_)}")


def _conditional(el: Elaborator, node: ast.Conditional, scope: Scope) -> Typing:
    otherwise = value(el, node.otherwise, scope)
    then = value(el, node.then, scope)
    test = value(el, node.test, scope)
    return lambda: _choose(node.pos, test, then, otherwise)


def _choose(pos: int, test: Typing, then: Typing, otherwise: Typing) -> Typed:
    condition, type_ = test()
    _test(pos, type_)
    then_value, then_type = then()
    else_value, else_type = otherwise()
    if subtype(then_type, else_type):
        type_ = else_type
    elif subtype(else_type, then_type):
        type_ = then_type
    else:
        refuse(
            pos,
            f"mismatch between type {show(then_type)} and type {show(else_type)} of condition "
            "branches",
        )
    branches = (
        converted(pos, type_, then_type, then_value),
        converted(pos, type_, else_type, else_value),
    )
    return core.If(pos, condition, *branches), type_


def _conditional_effect(el: Elaborator, node: ast.Conditional, scope: Scope) -> Typing:
    el.step(node.pos)
    otherwise = effect(el, node.otherwise, scope)
    then = effect(el, node.then, scope)
    test = value(el, node.test, scope)

    def infer() -> Typed:
        condition, type_ = test()
        _test(node.pos, type_)
        then_value, _ = then()
        return core.If(node.pos, condition, then_value, otherwise()[0]), UNIT

    return infer


def _literal_boolean(pos: int, value: bool) -> Typing:
    return lambda: (core.Literal(pos, value, types.BOOLEAN), types.BOOLEAN)


def _not(el: Elaborator, node: ast.Not, scope: Scope) -> Typing:
    operand = value(el, node.operand, scope)
    pos = node.pos
    return lambda: _choose(
        pos, operand, _literal_boolean(pos, False), _literal_boolean(pos, True)
    )


def _sequence_as(last: Callable[[Elaborator, Any, Scope], Typing]) -> Any:
    def elaborate_sequence(el: Elaborator, node: ast.Sequence, scope: Scope) -> Typing:
        el.step(node.pos)
        result = last(el, node.expressions[-1], scope)
        first: Sequence[lower.Lowered] = list(lower.without_units(node.expressions[:-1]))
        if not first:
            return result
        effects = in_order(lambda e: effect(el, e, scope), first)

        def infer() -> Typed:
            expressions = [e()[0] for e in effects]
            expression, type_ = result()
            expressions.append(expression)
            return core.Sequence(node.pos, expressions), type_

        return infer

    return elaborate_sequence


def _scoped_as(last: Callable[[Elaborator, Any, Scope], Typing]) -> Any:
    def elaborate_scoped(el: Elaborator, node: lower.Scoped, scope: Scope) -> Typing:
        inner = Scope(scope)
        inner.names = dict.fromkeys(node.names, UNASSIGNED)
        return last(el, node.body, inner)

    return elaborate_scoped


def _let_as(last: Callable[[Elaborator, Any, Scope], Typing]) -> Any:
    def elaborate_let(el: Elaborator, node: lower.Let, scope: Scope) -> Typing:
        el.step(node.pos)
        pos, name = node.pos, node.name
        declared = types.UNDECLARED if node.type is None else el.type(node.type, scope)
        initial = value(el, node.value, scope)
        variable = core.Variable(pos, name, declared)
        # The block's own scope serves, for what precedes the binding is resolved in it as well,
        # later or earlier, but not meanwhile.
        names = scope.names
        before = names.get(name)
        if before is None:
            scope = Scope(scope)
            names = scope.names
        names[name] = VariableInfo(variable)
        body = last(el, node.body, scope)
        if before is not None:
            names[name] = before

        def infer() -> Typed:
            el.checked(declared)
            expression, actual = initial()
            if not subtype(actual, declared):
                refuse(
                    pos,
                    f"mismatch between actual type {show(actual)} and declared type "
                    f"{show(declared)} of const binding",
                )
            if declared is types.UNDECLARED:
                variable.type = actual
            else:
                expression = converted(pos, declared, actual, expression)
            inner, type_ = body()
            return core.Let(pos, [(variable, expression)], inner), type_

        return infer

    return elaborate_let


def _return(el: Elaborator, node: lower.Return, scope: Scope) -> Typing:
    pos = node.pos
    if node.value is None:

        def infer_nothing() -> Typed:
            el.returned(pos, UNIT, False)
            return core.Return(pos, core.Tuple(pos, [])), UNIT

        return infer_nothing
    operand = value(el, node.value, scope)

    def infer() -> Typed:
        expression, type_ = operand()
        el.returned(pos, type_, True)
        return core.Return(pos, expression), type_

    return infer


def _loop(el: Elaborator, node: lower.Loop, scope: Scope) -> Typing:
    pos = node.pos
    if node.vector is not None:
        vector = value(el, node.vector, scope)
    else:
        assert node.start is not None
        assert node.end is not None
        start = el.size(node.start, scope, 0)
        end = el.size(node.end, scope, 0)
        vector = _range(pos, start, end)
    variable = core.Variable(pos, node.name, types.UNDECLARED)
    inner = Scope(scope)
    inner.names[node.name] = VariableInfo(variable)
    body = effect(el, node.body, inner)

    def infer() -> Typed:
        expression, type_ = vector()
        length, variable.type = _vector_of(pos, "for 'of' expression", type_)
        statement, _ = body()
        state = core.Variable(pos, "t", UNIT, temporary=True)
        step = core.Lambda(
            pos,
            [state, variable],
            UNIT,
            core.Sequence(pos, [statement, core.Reference(pos, state)]),
        )
        argument = core.MapArgument(expression, type_, variable.type)
        return core.Fold(pos, length, step, core.Tuple(pos, []), UNIT, [argument]), UNIT

    return infer


def _range(pos: int, start: int, end: int) -> Typing:
    for what, bound_ in (("start", start), ("end", end)):
        if bound_ > types.MAX_UINT:
            refuse(
                pos,
                f"{what} bound {bound_} is greater than the maximum unsigned integer "
                f"{types.MAX_UINT}",
            )
    length = end - start
    if length < 0:
        refuse(pos, f"end bound {end} is less than start bound {start}")
    if length > types.MAX_LENGTH:
        refuse(
            pos,
            f"the difference {length} between end and start bounds exceeds the maximum vector "
            f"size {types.MAX_LENGTH}",
        )
    element = types.Uint(end - 1) if length else types.UNKNOWN
    return lambda: (core.Range(pos, start, end), types.Vector(length, element))


# ---------------------------------------------------------------- operators


def _binary(el: Elaborator, node: ast.Binary, scope: Scope) -> Typing:
    right = value(el, node.right, scope)
    left = value(el, node.left, scope)
    pos, op = node.pos, node.op
    if op in {"+", "-", "*"}:
        return lambda: _arithmetic(pos, op, left(), right())
    if op == "&&":
        return lambda: _choose(pos, left, right, _literal_boolean(pos, False))
    if op == "||":
        return lambda: _choose(pos, left, _literal_boolean(pos, True), right)
    if op in {"==", "!="}:
        return lambda: _equality(el, pos, op, left(), right())
    return lambda: _relation(pos, op, left(), right())


def _binary_effect(el: Elaborator, node: ast.Binary, scope: Scope) -> Typing:
    """`a && b;` is `if (a) b;`: the type of `b` is not looked at."""
    if node.op not in {"&&", "||"}:
        return _binary(el, node, scope)
    right = effect(el, node.right, scope)
    left = value(el, node.left, scope)
    literal = core.Literal(node.pos, node.op == "||", types.BOOLEAN)

    def infer() -> Typed:
        condition, type_ = left()
        _test(node.pos, type_)
        other = right()[0]
        branches = (other, literal) if node.op == "&&" else (literal, other)
        return core.If(node.pos, condition, *branches), UNIT

    return infer


def _operand(pos: int, op: str, side: str, type_: Type) -> tuple[list[str], int | None]:
    """The nominal aliases around a numeric type, and its limit (None: Field)."""
    names: list[str] = []
    plain = type_
    while isinstance(plain, types.Alias):
        if plain.nominal:
            names.append(plain.name)
        plain = plain.type
    if isinstance(plain, types.Field):
        return names, None
    if isinstance(plain, types.Uint):
        return names, plain.limit
    # The message prints what is left once the aliases are taken off.
    refuse(
        pos,
        f"{op} requires its {side} operand to be a Field or Uint; the actual type is "
        f"{show(plain)}",
    )


def _arithmetic(pos: int, op: str, left: Typed, right: Typed) -> Typed:
    (a, a_type), (b, b_type) = left, right
    a_names, a_limit = _operand(pos, op, "left", a_type)
    b_names, b_limit = _operand(pos, op, "right", b_type)
    result: core.Expression
    result_type: Type
    if a_limit is None or b_limit is None:
        result_type = types.FIELD
        result = core.Arithmetic(
            pos,
            op,
            None,
            converted(pos, result_type, a_type, a),
            converted(pos, result_type, b_type, b),
        )
    else:
        limit = {"+": a_limit + b_limit, "-": a_limit, "*": a_limit * b_limit}[op]
        if limit > types.MAX_UINT:
            refuse(
                pos,
                "resulting value might exceed largest representable Uint value (for Field "
                "semantics, cast either operand to Field)",
            )
        bits = max(1, limit.bit_length())
        result_type = types.Uint(limit)

        def widened(own: int, type_: Type, expression: core.Expression) -> core.Expression:
            if own == limit:
                return expression
            return core.Cast(pos, "safe", expression, type_, result_type)

        def compute(x: core.Expression, y: core.Expression) -> core.Expression:
            left = widened(a_limit, a_type, x)
            return core.Arithmetic(pos, op, bits, left, widened(b_limit, b_type, y))

        if op == "-":
            result = _subtraction(pos, left, right, a_limit < b_limit, compute)
        else:
            result = compute(a, b)
    if not a_names and not b_names:
        return result, result_type
    if a_names != b_names or a_limit != b_limit:
        refuse(
            pos,
            f"incompatible combination of types {show(a_type)} and {show(b_type)} for binary "
            f"arithmetic operator {op}",
        )
    if a_limit is None:
        return core.Cast(pos, "safe", result, result_type, a_type), a_type
    if op != "-":
        result = core.Cast(pos, "downcast", result, result_type, a_type)
    return result, a_type


def _subtraction(
    pos: int,
    left: Typed,
    right: Typed,
    right_is_wider: bool,
    compute: Callable[[core.Expression, core.Expression], core.Expression],
) -> core.Expression:
    """A difference of naturals, after the check that it is one."""
    (a, a_type), (b, b_type) = left, right
    wider = b_type if right_is_wider else a_type
    plain = structural(wider)
    assert isinstance(plain, types.Uint)
    bits = max(1, plain.limit.bit_length())

    def build(x: core.Expression, y: core.Expression) -> core.Expression:
        test = core.Comparison(
            pos, ">=", bits, converted(pos, wider, a_type, x), converted(pos, wider, b_type, y)
        )
        check = core.Assert(pos, test, "result of subtraction would be negative")
        return core.Sequence(pos, [check, compute(x, y)])

    return bound(pos, a_type, a, lambda x: bound(pos, b_type, b, lambda y: build(x, y)))


def _relation(pos: int, op: str, left: Typed, right: Typed) -> Typed:
    (a, a_type), (b, b_type) = left, right
    x, y = transparent(a_type), transparent(b_type)
    while isinstance(x, types.Alias) and isinstance(y, types.Alias) and x.name == y.name:
        x, y = transparent(x.type), transparent(y.type)
    if not (isinstance(x, types.Uint) and isinstance(y, types.Uint)):
        refuse(
            pos,
            f"incompatible combination of types {show(a_type)} and {show(b_type)} for "
            "relational operator",
        )
    wider, low, high = (y, x, y) if x.limit < y.limit else (x, x, y)
    bits = max(1, wider.limit.bit_length())

    def build(first: core.Expression) -> core.Expression:
        return core.Comparison(
            pos, op, bits, converted(pos, wider, low, first), converted(pos, wider, high, b)
        )

    return bound(pos, a_type, a, build), types.BOOLEAN


def _equality(el: Elaborator, pos: int, op: str, left: Typed, right: Typed) -> Typed:
    (a, a_type), (b, b_type) = left, right
    el.ordinary(pos, a_type, "equality-operator left operand")
    el.ordinary(pos, b_type, "equality-operator right operand")
    if subtype(a_type, b_type):
        type_ = b_type
    elif subtype(b_type, a_type):
        type_ = a_type
    else:
        refuse(
            pos,
            f"incompatible types {show(a_type)} and {show(b_type)} for equality operator",
        )
    x, y = converted(pos, type_, a_type, a), converted(pos, type_, b_type, b)
    return core.Equality(pos, op, type_, x, y), types.BOOLEAN


def _assert(el: Elaborator, node: ast.Assert, scope: Scope) -> Typing:
    test = value(el, node.test, scope)

    def infer() -> Typed:
        condition, type_ = test()
        _test(node.pos, type_)
        return core.Assert(node.pos, condition, node.message), UNIT

    return infer


def _disclose(el: Elaborator, node: ast.Disclose, scope: Scope) -> Typing:
    operand = value(el, node.operand, scope)

    def infer() -> Typed:
        expression, type_ = operand()
        return core.Disclose(node.pos, expression), type_

    return infer


# ---------------------------------------------------------------- casts


def _cast(el: Elaborator, node: ast.Cast, scope: Scope) -> Typing:
    pos = node.pos
    size: int | None = None
    if isinstance(node.operand, ast.Number):
        size = node.operand.value
    operand = value(el, node.operand, scope)
    target = el.type(node.type, scope)
    if isinstance(node.operand, ast.Name):
        info = scope.find(node.operand.name)
        size = info.size if isinstance(info, SizeInfo) else None

    def infer() -> Typed:
        if size is not None and size > types.MAX_UINT and size <= types.MAX_FIELD:
            # The one way to write a number that is no Uint.
            if isinstance(structural(target), types.Field):
                return core.Literal(node.operand.pos, size, types.FIELD), target
        el.checked(target)
        expression, source = operand()
        plain_source, plain_target = structural(source), structural(target)
        expression = converted(pos, plain_source, source, expression)
        if subtype(plain_source, plain_target):
            expression = converted(pos, plain_target, plain_source, expression)
        else:
            result = _conversion(pos, plain_source, plain_target, expression)
            if result is None:
                # The compiler names the types without their outer aliases.
                refuse(
                    pos,
                    f"cannot cast from type {show(plain_source)} to type {show(plain_target)}",
                )
            expression = result
        return converted(pos, target, plain_target, expression), target

    return infer


def _fits_byte(type_: Type) -> bool:
    type_ = structural(type_)
    return isinstance(type_, types.Uint) and type_.limit <= 255


def _holds_byte(type_: Type) -> bool:
    type_ = structural(type_)
    return isinstance(type_, types.Field) or (
        isinstance(type_, types.Uint) and type_.limit >= 255
    )


def _conversion(
    pos: int, source: Type, target: Type, expression: core.Expression
) -> core.Expression | None:
    """`expression` converted to a type that is no supertype of its own; None if it cannot be."""
    match target, source:
        case (types.Field() | types.Uint(), types.Bytes(length)) if length:
            return core.Cast(pos, "from-bytes", expression, source, target)
        case (types.Field() | types.Uint(), types.Enum()):
            return core.Cast(pos, "from-enum", expression, source, target)
        case (types.Field() | types.Uint(), types.Boolean()):
            one, zero = (_bit(pos, bit, target) for bit in (1, 0))
            return core.If(pos, expression, one, zero)
        case (types.Uint(), types.Field() | types.Uint()):
            return core.Cast(pos, "downcast", expression, source, target)
        case (types.Bytes(length), types.Field()) if length:
            return core.Cast(pos, "field-to-bytes", expression, source, target)
        case (types.Bytes(length), types.Uint()) if length:
            wide = core.Cast(pos, "safe", expression, source, types.FIELD)
            return core.Cast(pos, "field-to-bytes", wide, types.FIELD, target)
        case (types.Bytes(length), types.Tuple(elements)):
            if len(elements) == length and all(map(_fits_byte, elements)):
                return core.Cast(pos, "vector-to-bytes", expression, source, target)
        case (types.Bytes(length), types.Vector(n, element)):
            if n == length and _fits_byte(element):
                return core.Cast(pos, "vector-to-bytes", expression, source, target)
        case (types.Tuple(elements), types.Bytes(length)):
            if len(elements) == length and all(map(_holds_byte, elements)):
                return _bytes_as(pos, source, target, length, expression)
        case (types.Vector(n, element), types.Bytes(length)):
            if n == length and _holds_byte(element):
                return _bytes_as(pos, source, target, length, expression)
        case (types.Boolean(), types.Uint(0)):
            return core.Literal(pos, False, target)
        case (types.Boolean(), types.Field() | types.Uint()):
            zero, zero_type = _natural(pos, 0)
            test = core.Equality(
                pos, "==", source, expression, converted(pos, source, zero_type, zero)
            )
            false, true = (core.Literal(pos, b, target) for b in (False, True))
            return core.If(pos, test, false, true)
        case (types.Enum(), types.Field() | types.Uint()):
            return core.Cast(pos, "to-enum", expression, source, target)
    return None


def _bit(pos: int, bit: int, target: Type) -> core.Expression:
    literal, type_ = _natural(pos, bit)
    if subtype(type_, target):
        return core.Cast(pos, "safe", literal, type_, target)
    return core.Cast(pos, "downcast", literal, type_, target)


def _bytes_as(
    pos: int, source: Type, target: Type, length: int, expression: core.Expression
) -> core.Expression:
    vector = types.Vector(length, types.UINT8)
    elements = core.Cast(pos, "bytes-to-vector", expression, source, vector)
    result: core.Expression = converted(pos, target, vector, elements)
    return result


# ---------------------------------------------------------------- tuples, vectors and bytes


def _vector_of(pos: int, what: str, type_: Type) -> tuple[int, Type]:
    """The length and element type of something that is used as a vector."""
    plain = structural(type_)
    if isinstance(plain, types.Vector):
        return plain.length, plain.element
    if isinstance(plain, types.Bytes):
        return plain.length, types.UINT8
    if not isinstance(plain, types.Tuple):
        refuse(pos, f"{what} should be a vector, tuple, or Bytes but has type {show(type_)}")
    element = types.greatest(plain.elements)
    if element is None:
        refuse(
            pos,
            f"{what} should be a vector but has a tuple type {show(type_)} that cannot be "
            "converted to a vector because its element types are unrelated",
        )
    return len(plain.elements), element


def _elements(
    el: Elaborator, nodes: list[ast.Element], scope: Scope
) -> list[tuple[ast.Element, Typing]]:
    return in_order(lambda e: (e, value(el, e.value, scope)), nodes)


def _tuple(el: Elaborator, node: ast.TupleLiteral, scope: Scope) -> Typing:
    if not node.elements:
        return lambda: (core.Tuple(node.pos, []), UNIT)
    elements = _elements(el, node.elements, scope)
    return lambda: _tuple_of(el, node.pos, elements)


def _tuple_of(el: Elaborator, pos: int, nodes: list[tuple[ast.Element, Typing]]) -> Typed:
    elements: list[tuple[core.Element, Type]] = []
    element_types: list[Type] = []
    length = 0
    is_vector = False
    for node, typing in nodes:
        expression, type_ = typing()
        if not node.spread:
            el.ordinary(node.pos, type_, "tuple element")
            elements.append((core.Element(pos, expression), type_))
            element_types.append(type_)
            length += 1
            continue
        plain = structural(type_)
        if isinstance(plain, types.Tuple):
            count = len(plain.elements)
            element_types += plain.elements
        elif isinstance(plain, types.Vector):
            count, is_vector = plain.length, True
            element_types.append(plain.element)
        elif isinstance(plain, types.Bytes):
            count, is_vector = plain.length, True
            element_types.append(types.UINT8)
            type_ = types.Vector(count, types.UINT8)
            expression = core.Cast(node.pos, "bytes-to-vector", expression, plain, type_)
        else:
            refuse(
                node.pos,
                "expected tuple/vector spread expression to have a tuple, Vector, or Bytes type "
                f"but received {show(type_)}",
            )
        elements.append((core.Element(pos, expression, count), type_))
        length += count
    if length > types.MAX_LENGTH:
        kind, what = ("vector", "vector") if is_vector else ("tuple", "tuple")
        refuse(
            pos,
            f"the size of tuple/vector construction expression with {kind}-typed spread\n"
            f"{length}\nexceeds the maximum {what} size allowed\n{types.MAX_LENGTH}",
        )
    if not is_vector:
        return core.Tuple(pos, [e for e, _ in elements]), types.Tuple(tuple(element_types))
    common = types.greatest(element_types)
    if common is None:
        _unrelated(pos, element_types)
    for element, type_ in elements:
        wanted = common if element.spread is None else types.Vector(element.spread, common)
        element.value = converted(pos, wanted, type_, element.value)
    return core.Tuple(pos, [e for e, _ in elements], True), types.Vector(length, common)


def _unrelated(pos: int, element_types: list[Type]) -> NoReturn:
    first = element_types[0]
    other = next(
        (t for t in element_types[1:] if not (subtype(t, first) or subtype(first, t))),
        element_types[-1],
    )
    refuse(
        pos,
        "tuple/vector construction expression with vector-typed spreads has unrelated element "
        f"types {show(first)} and {show(other)}",
    )


def _bytes(el: Elaborator, node: ast.BytesLiteral, scope: Scope) -> Typing:
    nodes = _elements(el, node.elements, scope)

    def infer() -> Typed:
        elements = [_byte_element(element, typing) for element, typing in nodes]
        length = sum(1 if e.spread is None else e.spread for e in elements)
        if length > types.MAX_LENGTH:
            refuse(
                node.pos,
                f"Bytes construction length\n{length} exceeds the maximum bytes length allowed\n"
                f"{types.MAX_LENGTH}",
            )
        target = types.Bytes(length)
        source = types.Vector(length, types.UINT8)
        vector = core.Tuple(node.pos, elements, True)
        return core.Cast(node.pos, "vector-to-bytes", vector, source, target), target

    return infer


def _byte_element(node: ast.Element, typing: Typing) -> core.Element:
    expression, type_ = typing()
    plain = structural(type_)
    pos = node.pos

    def is_byte(type_: Type) -> bool:
        return _fits_byte(type_) or isinstance(structural(type_), types.Unknown)

    if not node.spread:
        if not is_byte(plain):
            refuse(
                pos,
                "expected type of Bytes constructor argument to be a subtype of Uint<8> but "
                f"received {show(type_)}",
            )
        return core.Element(pos, converted(pos, types.UINT8, type_, expression))
    if isinstance(plain, types.Bytes):
        vector = types.Vector(plain.length, types.UINT8)
        expression = core.Cast(pos, "bytes-to-vector", expression, plain, vector)
        return core.Element(pos, expression, plain.length)
    if isinstance(plain, types.Tuple) and all(map(is_byte, plain.elements)):
        length = len(plain.elements)
    elif isinstance(plain, types.Vector) and is_byte(plain.element):
        length = plain.length
    else:
        refuse(
            pos,
            "expected type of Bytes spread to be a Bytes value or a Tuple or Vector of Uint<8> "
            f"subtypes but received {show(type_)}",
        )
    vector = types.Vector(length, types.UINT8)
    return core.Element(pos, converted(pos, vector, type_, expression), length)


def _constant_index(pos: int, index: core.Expression, limit: str) -> int | None:
    while isinstance(index, core.Cast) and index.kind == "safe":
        index = index.operand
    if not isinstance(index, core.Literal):
        return None
    assert isinstance(index.value, int)
    if index.value >= types.MAX_LENGTH:
        refuse(index.pos, f"index {index.value} exceeds {limit}")
    return index.value


def _checked_index(pos: int, type_: Type) -> None:
    if not isinstance(structural(type_), types.Uint):
        refuse(pos, f"expected index to have an unsigned type, received {show(type_)}")


def _index(el: Elaborator, node: ast.Index, scope: Scope) -> Typing:
    index = value(el, node.index, scope)
    operand = value(el, node.operand, scope)
    return lambda: _element_at(node.pos, operand(), index())


def _element_at(pos: int, operand: Typed, index_typed: Typed) -> Typed:
    (expression, type_), (index, index_type) = operand, index_typed
    _checked_index(pos, index_type)
    limit = f"maximum allowed index {types.MAX_LENGTH - 1} for a tuple or vector reference"
    at = _constant_index(pos, index, limit)
    plain = structural(type_)
    if at is not None:
        if isinstance(plain, types.Bytes):
            what, length = "Bytes value", plain.length
        elif isinstance(plain, types.Tuple):
            what, length = "tuple", len(plain.elements)
        elif isinstance(plain, types.Vector):
            what, length = "vector", plain.length
        else:
            refuse(pos, f"expected a tuple, Vector, or Bytes type, received {show(type_)}")
        if at >= length:
            refuse(pos, f"index {at} is out-of-bounds for a {what} of length {length}")
        if isinstance(plain, types.Bytes):
            literal, _ = _natural(pos, at)
            return core.VectorRef(pos, type_, expression, literal, True), types.UINT8
        element = plain.elements[at] if isinstance(plain, types.Tuple) else plain.element
        return core.TupleRef(pos, expression, at), element
    if isinstance(plain, types.Bytes):
        length, element = plain.length, types.UINT8
    else:
        length, element = _vector_of(pos, "tuple reference with a non-constant index", type_)
    if not length:
        refuse(
            pos, f"expected a non-empty tuple, vector, or Bytes type, received {show(type_)}"
        )
    if isinstance(plain, types.Bytes):
        return core.VectorRef(pos, type_, expression, index, True), element
    vector = types.Vector(length, element)
    expression = converted(pos, vector, type_, expression)
    return core.VectorRef(pos, vector, expression, index), element


def _slice(el: Elaborator, node: ast.Slice, scope: Scope) -> Typing:
    operand = value(el, node.operand, scope)
    index = value(el, node.index, scope)
    length = el.length(node.pos, "slice", el.size(node.size, scope, 1))
    return lambda: _slice_of(node.pos, operand(), index(), length)


def _slice_of(pos: int, operand: Typed, index_typed: Typed, length: int) -> Typed:
    (expression, type_), (index, index_type) = operand, index_typed
    _checked_index(pos, index_type)
    limit = f"maximum index allowed {types.MAX_LENGTH - 1} for a slice"
    at = _constant_index(pos, index, limit)
    plain = structural(type_)
    if at is not None:
        if isinstance(plain, types.Bytes):
            what, whole = "Bytes value", plain.length
        elif isinstance(plain, types.Tuple):
            what, whole = "tuple", len(plain.elements)
        elif isinstance(plain, types.Vector):
            what, whole = "vector", plain.length
        else:
            refuse(
                pos,
                "expected first slice argument to be a tuple, Vector, or Bytes type, received "
                f"{show(type_)}",
            )
        if at + length > whole:
            refuse(
                pos,
                f"slice index {at} plus length {length} is out-of-bounds for a {what} of length "
                f"{whole}",
            )
        if isinstance(plain, types.Bytes):
            literal, _ = _natural(pos, at)
            part = core.VectorSlice(pos, type_, expression, literal, length, True)
            return part, types.Bytes(length)
        result: Type
        if isinstance(plain, types.Tuple):
            result = types.Tuple(plain.elements[at : at + length])
        else:
            result = types.Vector(length, plain.element)
        return core.TupleSlice(pos, type_, expression, at, length), result
    if isinstance(plain, types.Bytes):
        whole, element = plain.length, types.UINT8
    else:
        whole, element = _vector_of(pos, "tuple slice with a non-constant index", type_)
    if length > whole:
        refuse(
            pos,
            f"slice length {length} exceeds the length {whole} of the input tuple, vector, or "
            "Bytes value",
        )
    if isinstance(plain, types.Bytes):
        return core.VectorSlice(pos, type_, expression, index, length, True), types.Bytes(length)
    vector = types.Vector(whole, element)
    expression = converted(pos, vector, type_, expression)
    part = core.VectorSlice(pos, vector, expression, index, length)
    return part, types.Vector(length, element)


# ---------------------------------------------------------------- calls


def _function(el: Elaborator, node: ast.Function, scope: Scope) -> Callee:
    if isinstance(node, ast.FunctionName):
        return el.candidates(node.pos, node.name, el.arguments(node.arguments, scope), scope)
    names, lowered = el.lowering.body(node.pos, node.parameters, node.body)

    def declared(parameter: ast.Parameter) -> Type:
        return types.UNDECLARED if parameter.type is None else el.type(parameter.type, scope)

    variables = [
        core.Variable(parameter.pos, name, type_)
        for parameter, name, type_ in zip(
            node.parameters, names, in_order(declared, node.parameters)
        )
    ]
    result = types.UNDECLARED if node.result is None else el.type(node.result, scope)
    inner = Scope(scope)
    for variable in variables:
        inner.names[variable.name] = VariableInfo(variable)
    return Anonymous(node.pos, variables, result, value(el, lowered, inner))


def _call(el: Elaborator, node: ast.Call, scope: Scope) -> Typing:
    el.step(node.pos)
    function = _function(el, node.function, scope)
    arguments = in_order(lambda a: value(el, a, scope), node.arguments)
    pos = node.pos

    def infer() -> Typed:
        typed = [a() for a in arguments]
        called, parameters, result = _choose_function(
            el, pos, False, function, [type_ for _, type_ in typed]
        )
        values = [converted(pos, p, t, e) for p, (e, t) in zip(parameters, typed)]
        return core.Call(pos, called, values), result

    return infer


def _map(el: Elaborator, node: ast.Map, scope: Scope) -> Typing:
    arguments = _vectors(el, node.arguments, scope)
    function = _function(el, node.function, scope)
    pos = node.pos

    def infer() -> Typed:
        typed = [a() for a in arguments]
        length, elements = _vectors_of(pos, "map", typed, 2)
        called, parameters, result = _choose_function(el, pos, False, function, elements)
        vectors = [core.MapArgument(e, t, p) for (e, t), p in zip(typed, parameters)]
        function_pos = function.pos if isinstance(function, Candidates) else -1
        mapped = core.Map(pos, length, called, vectors, function_pos)
        return mapped, types.Vector(length, result)

    return infer


def _fold(el: Elaborator, node: ast.Fold, scope: Scope) -> Typing:
    arguments = _vectors(el, node.arguments, scope)
    initial = value(el, node.initial, scope)
    function = _function(el, node.function, scope)
    pos = node.pos

    def infer() -> Typed:
        first, first_type = initial()
        typed = [a() for a in arguments]
        length, elements = _vectors_of(pos, "fold", typed, 3)
        called, parameters, result = _choose_function(
            el, pos, True, function, [first_type, *elements]
        )
        first = converted(pos, parameters[0], first_type, first)
        vectors = [core.MapArgument(e, t, p) for (e, t), p in zip(typed, parameters[1:])]
        function_pos = function.pos if isinstance(function, Candidates) else -1
        folded = core.Fold(pos, length, called, first, parameters[0], vectors, function_pos)
        return folded, result

    return infer


def _vectors(el: Elaborator, nodes: list[ast.Expression], scope: Scope) -> list[Typing]:
    rest = in_order(lambda a: value(el, a, scope), nodes[1:])
    return [value(el, nodes[0], scope), *rest]


def _vectors_of(
    pos: int, who: str, typed: list[Typed], argument: int
) -> tuple[int, list[Type]]:
    """The common length of the vectors, and the types of their elements."""
    common: int | None = None
    elements: list[Type] = []
    for index, (_, type_) in enumerate(typed):
        what = f"{who} {ordinal(argument + index)} argument"
        length, element = _vector_of(pos, what, type_)
        if common is not None and length != common:
            refuse(pos, f"mismatch in {who}-argument vector lengths")
        common = length
        elements.append(element)
    assert common is not None
    return common, elements


def _fits(actual: list[Type], parameters: Sequence[core.Variable]) -> bool:
    return len(actual) == len(parameters) and all(
        subtype(a, p.type) for a, p in zip(actual, parameters)
    )


def _choose_function(
    el: Elaborator, pos: int, folds: bool, callee: Callee, actual: list[Type]
) -> tuple[core.Function, list[Type], Type]:
    """The function that a call means: it, its parameter types and its result type."""
    if isinstance(callee, Anonymous):
        return _anonymous(el, pos, folds, callee, actual)
    wrong_arguments: list[Instance] = []
    wrong_folds: list[Instance] = []
    for contour in callee.contours:
        fitting: list[Instance] = []
        for instance in contour:
            if not _fits(actual, instance.parameters):
                wrong_arguments.append(instance)
            elif folds and not same_type(instance.result, instance.parameters[0].type):
                wrong_folds.append(instance)
            else:
                fitting.append(instance)
        if len(fitting) > 1:
            _ambiguous(el, pos, callee.name, actual, fitting)
        if fitting:
            instance = fitting[0]
            parameters = [p.type for p in instance.parameters]
            if (
                instance.kind == "native"
                and callee.name in {"persistentHash", "persistentCommit"}
                and types.contains_js_opaque(parameters[0])
            ):
                refuse(
                    pos,
                    f"{callee.name} cannot be applied to a first argument containing opaque "
                    f"JavaScript values, received {show(parameters[0])}",
                )
            return instance.function, parameters, instance.result
    _no_function(el, pos, callee, actual, wrong_arguments, wrong_folds)


def _list(shown: Sequence[Type]) -> str:
    return "(" + ", ".join(map(show, shown)) + ")"


def _ambiguous(
    el: Elaborator, pos: int, name: str, actual: list[Type], fitting: list[Instance]
) -> NoReturn:
    places = "".join(f"\n{el.place(p)}" for p in sorted(i.pos for i in fitting))
    refuse(
        pos,
        f"call site ambiguity (multiple compatible functions) in call to {name}\n"
        f"supplied argument types:\n{_list(actual)}\ncompatible functions:{places}",
    )


def _functions_are(count: int) -> str:
    return "one function is" if count == 1 else f"{cardinal(count)} functions are"


def _no_function(
    el: Elaborator,
    pos: int,
    callee: Candidates,
    actual: list[Type],
    wrong_arguments: list[Instance],
    wrong_folds: list[Instance],
) -> NoReturn:
    message = f"no compatible function named {callee.name} is in scope at this call"
    if callee.rejected:
        supplied = ", ".join(
            f"size {a.size}" if isinstance(a, SizeInfo) else f"type {show(a.type)}"
            for a in callee.arguments
            if not isinstance(a, resolve.FreeInfo)
        )
        message += (
            f"\n{_functions_are(len(callee.rejected))} incompatible with the supplied generic "
            f"values\nsupplied generic values:\n<{supplied}>"
        )
        for place, kinds in sorted(callee.rejected, key=lambda r: r[0]):
            message += (
                f"\ndeclared generics for function at {el.place(place)}:\n<{', '.join(kinds)}>"
            )
    if wrong_arguments:
        message += (
            f"\n{_functions_are(len(wrong_arguments))} incompatible with the supplied argument "
            f"types\nsupplied argument types:\n{_list(actual)}"
        )
        for instance in sorted(wrong_arguments, key=lambda i: i.pos):
            declared = _list([p.type for p in instance.parameters])
            message += (
                f"\ndeclared argument types for function at {el.place(instance.pos)}:\n{declared}"
            )
    if wrong_folds:
        message += (
            f"\n{_functions_are(len(wrong_folds))} incompatible because fold requires the return "
            "type and the first argument type to be the same"
        )
        for instance in sorted(wrong_folds, key=lambda i: i.pos):
            message += (
                "\ndeclared first-argument and return types for function at "
                f"{el.place(instance.pos)}:\n{show(instance.parameters[0].type)}\n"
                f"{show(instance.result)}"
            )
    refuse(pos, message)


def _anonymous(
    el: Elaborator, pos: int, folds: bool, callee: Anonymous, actual: list[Type]
) -> tuple[core.Function, list[Type], Type]:
    in_order(el._check_parameter, callee.parameters)
    result = el.ordinary(callee.pos, el.checked(callee.result), "anonymous circuit return")
    declared = [p.type for p in callee.parameters]
    if not _fits(actual, callee.parameters):
        refuse(
            pos,
            "incompatible arguments in call to anonymous circuit\nsupplied argument types:\n"
            f"{_list(actual)}\ndeclared circuit type:\n{_list(declared)}",
        )
    known = [a if d is types.UNDECLARED else d for d, a in zip(declared, actual)]
    has_result = result is not types.UNDECLARED
    if folds and has_result and declared[0] is types.UNDECLARED:
        # The result of one step is the argument of the next.
        if not subtype(actual[0], result):
            _fold_error(pos, actual[0], False, result, True)
        known[0] = result
    for parameter, type_ in zip(callee.parameters, known):
        parameter.type = type_
    body, known_result = el.function_body(
        callee.pos, "anonymous circuit", result, callee.body
    )
    if folds and not same_type(known_result, known[0]):
        _fold_error(pos, known[0], known[0] is declared[0], known_result, has_result)
    return core.Lambda(pos, callee.parameters, known_result, body), known, known_result


def _fold_error(
    pos: int, first: Type, first_declared: bool, result: Type, result_declared: bool
) -> NoReturn:
    refuse(
        pos,
        "fold requires the return type and first-argument type to be the same\n"
        f"{'' if first_declared else '[inferred] '}first-argument type: {show(first)},\n"
        f"{'' if result_declared else '[inferred] '}return type: {show(result)}",
    )


# ---------------------------------------------------------------- structures


@dataclass(slots=True)
class _Initial:
    """One initialiser of a structure literal, once typed."""

    node: ast.FieldInit
    typing: Typing
    value: Any = None
    type: Type = UNIT


def _structure(el: Elaborator, node: ast.StructLiteral, scope: Scope) -> Typing:
    initials = in_order(lambda f: _Initial(f, value(el, f.value, scope)), node.fields)
    type_ = el.type(node.type, scope)
    return lambda: _new(el, node.pos, type_, initials)


def _new(el: Elaborator, pos: int, type_: Type, initials: list[_Initial]) -> Typed:
    struct = structural(el.checked(type_))
    if not isinstance(struct, types.Struct):
        refuse(pos, f"expected structure type, received {show(type_)}")
    spread, positional, named = _sorted_initials(initials)
    if len(positional) > len(struct.fields):
        refuse(
            pos,
            f"more positional initializers ({len(positional)}) supplied than the number of "
            f"fields ({len(struct.fields)}) of {show(type_)}",
        )
    for initial in initials:
        initial.value, initial.type = initial.typing()
    if spread is not None and not same_type(spread.type, type_):
        refuse(
            spread.node.pos,
            f"the type of the spread structure:\n{show(spread.type)}\ndoes match the declared "
            f"type of the structure to be created:\n{show(type_)}",
        )
    given: dict[str, _Initial] = {
        name: initial for (name, _), initial in zip(struct.fields, positional)
    }
    for initial in named:
        name = initial.node.name
        assert name is not None
        before = given.setdefault(name, initial)
        if before is not initial:
            already = "given" if before.node.name is not None else "specified positionally"
            refuse(
                initial.node.pos,
                f"value of field {name} is already {already} at {el.place(before.node.pos)}",
            )

    def build(whole: core.Expression | None) -> core.Expression:
        for name, _ in struct.fields:
            if name not in given and whole is None:
                refuse(
                    pos,
                    f"value for element {name} is missing in creation syntax for {show(type_)}",
                )
        names = {name for name, _ in struct.fields}
        for initial in named:
            if initial.node.name not in names:
                refuse(
                    initial.node.pos,
                    f"value for unrecognized field named {initial.node.name} appears in creation "
                    f"syntax for {show(type_)}",
                )
        values: list[core.Expression] = []
        for index, (name, declared) in enumerate(struct.fields):
            initial_ = given.get(name)
            if initial_ is None:
                assert whole is not None
                values.append(core.FieldAccess(pos, whole, name, index))
                continue
            if not subtype(initial_.type, declared):
                refuse(
                    pos,
                    f"mismatch between actual type {show(initial_.type)} and declared type "
                    f"{show(declared)} for field {name} of {show(type_)}",
                )
            values.append(converted(pos, declared, initial_.type, initial_.value))
        return core.New(pos, type_, values)

    if spread is None:
        return build(None), type_
    return bound(pos, spread.type, spread.value, build), type_


def _sorted_initials(
    initials: list[_Initial],
) -> tuple[_Initial | None, list[_Initial], list[_Initial]]:
    """The spread one, if any, then the positional and the named ones."""
    spread: _Initial | None = None
    positional: list[_Initial] = []
    named: list[_Initial] = []
    for index, initial in enumerate(initials):
        node = initial.node
        if node.spread:
            if index:
                refuse(
                    node.pos,
                    "spread initializer found after positional or named initializers in struct "
                    "creation syntax",
                )
            spread = initial
        elif node.name is not None:
            named.append(initial)
        elif named or spread is not None:
            refuse(
                node.pos,
                "positional initializer found after spread or named initializer in struct "
                "creation syntax",
            )
        else:
            positional.append(initial)
    return spread, positional, named


# ---------------------------------------------------------------- the ledger


def _read(el: Elaborator, pos: int, access: Any, type_: Type) -> Typed:
    """The value of a finished chain of ledger operations: what stands there, read."""
    adt = structural(type_)
    if not isinstance(adt, types.Adt):
        return access, type_
    found = _operation(el, pos, "read", None, adt, access, [])
    if found is None:
        refuse(
            pos,
            "incomplete chain of ledger indirects: final result must be a regular type, but "
            f"received ADT type {show(type_)}",
        )
    return found


def _operation(
    el: Elaborator,
    pos: int,
    name: str,
    sugar: str | None,
    adt: types.Adt,
    access: core.LedgerAccess,
    arguments: list[Typed],
) -> Typed | None:
    """`access.name(arguments)`; None if the ADT has no such operation."""
    if name in OLD_OPERATION_NAMES:
        el.renamed(pos, name, OLD_OPERATION_NAMES[name])
        name = OLD_OPERATION_NAMES[name]
    found = el.operations(adt).get(name)
    if found is None:
        return None
    operation, parameters, result = found
    if len(arguments) != len(parameters):
        n = len(parameters)
        refuse(
            pos,
            f"{adt.name} {name} requires {n} argument{'' if n == 1 else 's'} but received "
            f"{len(arguments)}",
        )
    if (
        adt.name in ledger.MERKLE_TREES
        and name in {"insert", "insertIndex"}
        and types.contains_js_opaque(arguments[0][1])
    ):
        refuse(
            pos,
            f"{adt.name} {name} cannot be applied to a first argument containing opaque "
            f"JavaScript values, received {show(arguments[0][1])}",
        )
    for index, (parameter, (_, type_)) in enumerate(zip(parameters, arguments)):
        if not subtype(type_, parameter):
            what = (
                f"{ordinal(index + 1)} argument of {name}"
                if sugar is None
                else f"right-hand side of {sugar}"
            )
            refuse(
                pos,
                f"expected {what} to have type {show(parameter)} but received {show(type_)}",
            )
    values = [converted(pos, p, t, e) for p, (e, t) in zip(parameters, arguments)]
    last = core.Access(pos, operation, values, result)
    return core.LedgerAccess(access.pos, access.field, [*access.accesses, last], sugar), result


def _no_operation(pos: int, name: str, sugar: str | None, adt: types.Adt) -> NoReturn:
    declared = ledger.ADTS.get(adt.name)
    if declared is not None and name in declared.runtime_only:
        refuse(pos, f"{adt.name} {name} is a runtime-only method, but was invoked in-circuit")
    refuse(
        pos, f"operation {sugar or name} undefined for ledger field type {types.show_adt(adt)}"
    )


def _left(
    el: Elaborator, node: ast.Expression, scope: Scope, pos: int, op: str
) -> Typing:
    """What stands left of `op` (``.``, ``=``, ``+=`` or ``-=``, at `pos`): a ledger access."""
    if isinstance(node, ast.MemberCall):
        return _member_call_left(el, node, scope, op)
    if isinstance(node, ast.Name):
        info = el.lookup(scope, node.pos, node.name)
        if isinstance(info, LedgerInfo):
            field = el.ledger_field(info)
            return lambda: (core.LedgerAccess(node.pos, field, []), field.type)
        if isinstance(info, VariableInfo):
            pos = node.pos
    base = value(el, node, scope)

    def infer() -> Typed:
        _, type_ = base()
        if types.is_adt(type_):
            refuse(pos, "expected a ledger field name at base of ledger access")
        _not_adt(pos, op, type_)

    return infer


def _not_adt(pos: int, op: str, type_: Type) -> NoReturn:
    wanted = "an ADT or contract type" if op == "." else "an ADT type"
    refuse(
        pos, f"expected left-hand side of {op} to have {wanted}, received {show(type_)}"
    )


def _member_call_left(
    el: Elaborator, node: ast.MemberCall, scope: Scope, op: str = "."
) -> Typing:
    pos, name = node.pos, node.name
    arguments = in_order(lambda a: value(el, a, scope), node.arguments)
    base = _left(el, node.operand, scope, pos, ".")

    def infer() -> Typed:
        access, type_ = base()
        typed = [a() for a in arguments]
        adt = structural(type_)
        if not isinstance(adt, types.Adt):
            _not_adt(pos, op, type_)
        assert isinstance(access, core.LedgerAccess)
        found = _operation(el, pos, name, None, adt, access, typed)
        if found is None:
            # A contract in a cell could be called; but no program here can hold one.
            _operation(el, pos, "read", None, adt, access, [])
            _no_operation(pos, name, None, adt)
        return found

    return infer


def _member_call(el: Elaborator, node: ast.MemberCall, scope: Scope) -> Typing:
    el.step(node.pos)
    call = _member_call_left(el, node, scope)
    return lambda: _read(el, node.pos, *call())


_SUGAR = {"=": "write", "+=": "increment", "-=": "decrement"}


def _assign(el: Elaborator, node: ast.Assign, scope: Scope) -> Typing:
    pos, op = node.pos, node.op
    operand = value(el, node.value, scope)
    target = _left(el, node.target, scope, pos, op)

    def infer() -> Typed:
        access, type_ = target()
        typed = operand()
        adt = structural(type_)
        if not isinstance(adt, types.Adt):
            _not_adt(pos, op, type_)
        assert isinstance(access, core.LedgerAccess)
        found = _operation(el, pos, _SUGAR[op], op, adt, access, [typed])
        if found is None:
            _no_operation(pos, _SUGAR[op], op, adt)
        return found

    return infer


_VALUES: dict[type, Callable[[Elaborator, Any, Scope], Typing]] = {
    ast.Boolean: _boolean,
    ast.Number: _number,
    ast.String: _string,
    ast.Pad: _pad,
    ast.Default: _default,
    ast.Name: _name,
    ast.Binary: _binary,
    ast.Not: _not,
    ast.Conditional: _conditional,
    ast.Assign: _assign,
    ast.Cast: _cast,
    ast.Index: _index,
    ast.Member: _member,
    ast.MemberCall: _member_call,
    ast.Call: _call,
    ast.Map: _map,
    ast.Fold: _fold,
    ast.Slice: _slice,
    ast.TupleLiteral: _tuple,
    ast.BytesLiteral: _bytes,
    ast.StructLiteral: _structure,
    ast.Assert: _assert,
    ast.Disclose: _disclose,
    ast.Sequence: _sequence_as(value),
    lower.Scoped: _scoped_as(value),
    lower.Let: _let_as(value),
    lower.Loop: _loop,
    lower.Return: _return,
}

_EFFECTS: dict[type, Callable[[Elaborator, Any, Scope], Typing]] = {
    ast.Conditional: _conditional_effect,
    ast.Binary: _binary_effect,
    ast.Sequence: _sequence_as(effect),
    lower.Scoped: _scoped_as(effect),
    lower.Let: _let_as(effect),
}
