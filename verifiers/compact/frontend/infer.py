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
from typing import Any, NoReturn

from . import ast, core, ledger, lower, types
from .calls import Anonymous, Callee, choose_function
from .operators import (
    Part,
    Typed,
    Typing,
    arithmetic,
    boolean_test,
    bound,
    bytes_of,
    conversion,
    converted,
    element_at,
    equality,
    natural,
    ordinary,
    relation,
    slice_of,
    tuple_of,
    vector_of,
)
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
    in_order,
    refuse,
)
from .source import CompactError, SourceMap
from .types import UNIT, Type, same_type, show, structural, subtype
from .wording import ordinal


class Elaborator(Resolver):
    """Elaborates one program; used once."""

    def __init__(self, source_map: SourceMap, folder: str = "") -> None:
        super().__init__(source_map, folder)
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
            refuse(constructors[0].pos, f"found other ledger constructors in program: \n{places}")
        if constructors:
            result.constructor = constructors[0]
        return result

    def _declare(self, instance: Instance) -> None:
        """What inference checks of a declaration before it looks at any body."""
        if instance.kind == "ledger":
            self.checked(instance.function.type)
        elif instance.kind != "constructor":
            in_order(self.check_parameter, instance.parameters)
            what = "witness return" if instance.kind == "witness" else "circuit return"
            ordinary(instance.pos, self.checked(instance.result), what)

    def check_parameter(self, variable: core.Variable) -> None:
        ordinary(variable.pos, self.checked(variable.type), f"argument '{variable.name}'")

    def _infer(self, instance: Instance) -> None:
        if instance.body is None:
            return
        if instance.kind == "constructor":
            in_order(self.check_parameter, instance.parameters)
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


def elaborate(program: ast.Program, source_map: SourceMap, folder: str = "") -> core.Program:
    """The typed core of `program`, whose statements `statements.check_statements` has passed.

    `source_map` turns the positions that messages mention into lines; with `files.Files`, imports
    can name files, relative to `folder`. Raises `CompactError` for the error that the compiler
    reports first.
    """
    elaborator = Elaborator(source_map, folder)
    try:
        result = elaborator.run(program)
    except CompactError:
        if elaborator.pending is None:
            raise
    if elaborator.pending is not None:
        raise elaborator.pending
    return result


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
        return natural(pos, value)

    return infer


def _string(_el: Elaborator, node: ast.String, _scope: Scope) -> Typing:
    def infer() -> Typed:
        data = node.value.encode("utf-8", "surrogatepass")
        type_ = types.Bytes(len(data))
        return core.Literal(node.pos, data.rstrip(b"\0"), type_), type_

    return infer


def _pad(_el: Elaborator, node: ast.Pad, _scope: Scope) -> Typing:
    def infer() -> Typed:
        data = node.value.encode("utf-8", "surrogatepass")
        type_ = types.Bytes(node.size)
        return core.Literal(node.pos, data.rstrip(b"\0"), type_), type_

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
    if isinstance(info, UnassignedInfo):
        refuse(pos, f"identifier {node.name} might be referenced before it is assigned")
    if not isinstance(info, LedgerInfo):
        el.misused(pos, node.name, info)
    field = el.ledger_field(info)
    return lambda: _read(el, pos, core.LedgerAccess(pos, field, []), field.type)


def _member(el: Elaborator, node: ast.Member, scope: Scope) -> Typing:
    pos, name = node.pos, node.name
    enum = _enum_type(el, node.operand, scope)
    if enum is not None:
        named, type_ = enum
        return lambda: _enum_value(el, pos if named < 0 else named, type_, name)
    operand = value(el, node.operand, scope)

    def infer() -> Typed:
        expression, type_ = operand()
        plain = structural(type_)
        if not isinstance(plain, types.Struct):
            refuse(pos, f"expected structure type, received {show(type_)}")
        names = [field for field, _ in plain.fields]
        if name not in names:
            refuse(pos, f"structure {plain.name} has no field named {name}")
        index = names.index(name)
        return core.FieldAccess(pos, expression, name, index), plain.fields[index][1]

    return infer


def _enum_type(el: Elaborator, node: ast.Expression, scope: Scope) -> tuple[int, Type] | None:
    """The enumeration that `node` names, and where it is named if that is under another name."""
    if not isinstance(node, ast.Name):
        return None
    info = el.lookup(scope, node.pos, node.name)
    if isinstance(info, EnumInfo):
        return -1, info.type
    if isinstance(info, TypeInfo):
        named, type_ = info.pos, info.type
    elif isinstance(info, AliasInfo):
        declaration = info.declaration
        named = declaration.type.pos
        type_ = el.alias(declaration.pos, info, [], declaration.nominal)
    else:
        return None
    return (named, type_) if isinstance(structural(type_), types.Enum) else None


def _enum_value(el: Elaborator, pos: int, type_: Type, name: str) -> Typed:
    enum = structural(el.checked(type_))
    assert isinstance(enum, types.Enum)
    if name not in enum.elements:
        refuse(pos, f"enum {enum.name} has no field named {name}")
    return core.EnumValue(pos, type_, name), type_


# ---------------------------------------------------------------- conditions and sequences


def _conditional(el: Elaborator, node: ast.Conditional, scope: Scope) -> Typing:
    el.step(node.pos)
    otherwise = value(el, node.otherwise, scope)
    then = value(el, node.then, scope)
    test = value(el, node.test, scope)
    return lambda: _choose(node.pos, test, then, otherwise)


def _choose(pos: int, test: Typing, then: Typing, otherwise: Typing) -> Typed:
    condition, type_ = test()
    boolean_test(pos, type_)
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
        boolean_test(node.pos, type_)
        # The compiler happens to look at this branch first.
        else_value, _ = otherwise()
        return core.If(node.pos, condition, then()[0], else_value), UNIT

    return infer


def _literal_boolean(pos: int, value: bool) -> Typing:
    return lambda: (core.Literal(pos, value, types.BOOLEAN), types.BOOLEAN)


def _not(el: Elaborator, node: ast.Not, scope: Scope) -> Typing:
    operand = value(el, node.operand, scope)
    pos = node.pos
    return lambda: _choose(pos, operand, _literal_boolean(pos, False), _literal_boolean(pos, True))


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
        length, variable.type = vector_of(pos, "for 'of' expression", type_)
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
        return lambda: arithmetic(pos, op, left(), right())
    if op == "&&":
        return lambda: _choose(pos, left, right, _literal_boolean(pos, False))
    if op == "||":
        return lambda: _choose(pos, left, _literal_boolean(pos, True), right)
    if op in {"==", "!="}:
        return lambda: equality(pos, op, left(), right())
    return lambda: relation(pos, op, left(), right())


def _binary_effect(el: Elaborator, node: ast.Binary, scope: Scope) -> Typing:
    """`a && b;` is `if (a) b;`: the type of `b` is not looked at."""
    if node.op not in {"&&", "||"}:
        return _binary(el, node, scope)
    right = effect(el, node.right, scope)
    left = value(el, node.left, scope)
    literal = core.Literal(node.pos, node.op == "||", types.BOOLEAN)

    def infer() -> Typed:
        condition, type_ = left()
        boolean_test(node.pos, type_)
        other = right()[0]
        branches = (other, literal) if node.op == "&&" else (literal, other)
        return core.If(node.pos, condition, *branches), UNIT

    return infer


def _assert(el: Elaborator, node: ast.Assert, scope: Scope) -> Typing:
    test = value(el, node.test, scope)

    def infer() -> Typed:
        condition, type_ = test()
        boolean_test(node.pos, type_)
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
    operand = value(el, node.operand, scope)
    target = el.type(node.type, scope)
    number = _number_of(node.operand, scope)

    def infer() -> Typed:
        if types.MAX_UINT < number <= types.MAX_FIELD and isinstance(
            structural(target), types.Field
        ):
            # The one way to write a number that is no Uint.
            return core.Literal(node.operand.pos, number, types.FIELD), target
        el.checked(target)
        expression, source = operand()
        plain_source, plain_target = structural(source), structural(target)
        expression = converted(pos, plain_source, source, expression)
        if subtype(plain_source, plain_target):
            expression = converted(pos, plain_target, plain_source, expression)
        else:
            result = conversion(pos, plain_source, plain_target, expression)
            if result is None:
                # The compiler names the types without their outer aliases.
                refuse(
                    pos,
                    f"cannot cast from type {show(plain_source)} to type {show(plain_target)}",
                )
            expression = result
        return converted(pos, target, plain_target, expression), target

    return infer


def _number_of(node: ast.Expression, scope: Scope) -> int:
    """The number that `node` writes or, as a generic size, names; -1 for any other expression."""
    if isinstance(node, ast.Number):
        return node.value
    if isinstance(node, ast.Name):
        info = scope.find(node.name)
        if isinstance(info, SizeInfo):
            return info.size
    return -1


# ---------------------------------------------------------------- tuples, vectors and bytes


def _parts(el: Elaborator, nodes: list[ast.Element], scope: Scope) -> list[Part]:
    return in_order(lambda e: (e.pos, e.spread, value(el, e.value, scope)), nodes)


def _tuple(el: Elaborator, node: ast.TupleLiteral, scope: Scope) -> Typing:
    if not node.elements:
        return lambda: (core.Tuple(node.pos, []), UNIT)
    parts = _parts(el, node.elements, scope)
    return lambda: tuple_of(node.pos, parts, lambda count: el.copying(node.pos, count))


def _bytes(el: Elaborator, node: ast.BytesLiteral, scope: Scope) -> Typing:
    parts = _parts(el, node.elements, scope)
    return lambda: bytes_of(node.pos, parts)


def _index(el: Elaborator, node: ast.Index, scope: Scope) -> Typing:
    index = value(el, node.index, scope)
    operand = value(el, node.operand, scope)
    return lambda: element_at(node.pos, operand(), index())


def _slice(el: Elaborator, node: ast.Slice, scope: Scope) -> Typing:
    operand = value(el, node.operand, scope)
    index = value(el, node.index, scope)
    length = el.length(node.pos, "slice", el.size(node.size, scope, 1))
    return lambda: slice_of(
        node.pos, operand(), index(), length, lambda count: el.copying(node.pos, count)
    )


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
            node.parameters, names, in_order(declared, node.parameters), strict=True
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
        called, parameters, result = choose_function(
            el, pos, False, function, [type_ for _, type_ in typed]
        )
        values = [converted(pos, p, t, e) for p, (e, t) in zip(parameters, typed, strict=True)]
        return core.Call(pos, called, values), result

    return infer


def _map(el: Elaborator, node: ast.Map, scope: Scope) -> Typing:
    arguments = _vectors(el, node.arguments, scope)
    function = _function(el, node.function, scope)
    pos = node.pos

    def infer() -> Typed:
        typed = [a() for a in arguments]
        length, elements = _vectors_of(pos, "map", typed, 2)
        called, parameters, result = choose_function(el, pos, False, function, elements)
        vectors = [core.MapArgument(e, t, p) for (e, t), p in zip(typed, parameters, strict=True)]
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
        called, parameters, result = choose_function(
            el, pos, True, function, [first_type, *elements]
        )
        first = converted(pos, parameters[0], first_type, first)
        vectors = [
            core.MapArgument(e, t, p) for (e, t), p in zip(typed, parameters[1:], strict=True)
        ]
        function_pos = function.pos if isinstance(function, Candidates) else -1
        folded = core.Fold(pos, length, called, first, parameters[0], vectors, function_pos)
        return folded, result

    return infer


def _vectors(el: Elaborator, nodes: list[ast.Expression], scope: Scope) -> list[Typing]:
    rest = in_order(lambda a: value(el, a, scope), nodes[1:])
    return [value(el, nodes[0], scope), *rest]


def _vectors_of(pos: int, who: str, typed: list[Typed], argument: int) -> tuple[int, list[Type]]:
    """The common length of the vectors, and the types of their elements."""
    common: int | None = None
    elements: list[Type] = []
    for index, (_, type_) in enumerate(typed):
        what = f"{who} {ordinal(argument + index)} argument"
        length, element = vector_of(pos, what, type_)
        if common is not None and length != common:
            refuse(pos, f"mismatch in {who}-argument vector lengths")
        common = length
        elements.append(element)
    assert common is not None
    return common, elements


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
        name: initial for (name, _), initial in zip(struct.fields, positional, strict=False)
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
    found = _operation(el, pos, ledger.IMPLICIT_READ, None, adt, access, [])
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
    if name in ledger.OLD_OPERATION_NAMES:
        el.renamed(pos, name, ledger.OLD_OPERATION_NAMES[name])
        name = ledger.OLD_OPERATION_NAMES[name]
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
    for index, (parameter, (_, type_)) in enumerate(zip(parameters, arguments, strict=True)):
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
    values = [converted(pos, p, t, e) for p, (e, t) in zip(parameters, arguments, strict=True)]
    last = core.Access(pos, operation, values, result)
    return core.LedgerAccess(access.pos, access.field, [*access.accesses, last], sugar), result


def _no_operation(pos: int, name: str, sugar: str | None, adt: types.Adt) -> NoReturn:
    declared = ledger.ADTS.get(adt.name)
    if declared is not None and name in declared.runtime_only:
        refuse(pos, f"{adt.name} {name} is a runtime-only method, but was invoked in-circuit")
    refuse(pos, f"operation {sugar or name} undefined for ledger field type {show(adt)}")


def _left(el: Elaborator, node: ast.Expression, scope: Scope, pos: int, op: str) -> Typing:
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

    def refuse_base() -> NoReturn:
        _, type_ = base()
        if types.is_adt(type_):
            refuse(pos, "expected a ledger field name at base of ledger access")
        _not_adt(pos, op, type_)

    return refuse_base


def _not_adt(pos: int, op: str, type_: Type) -> NoReturn:
    wanted = "an ADT or contract type" if op == "." else "an ADT type"
    refuse(pos, f"expected left-hand side of {op} to have {wanted}, received {show(type_)}")


def _member_call_left(el: Elaborator, node: ast.MemberCall, scope: Scope, op: str = ".") -> Typing:
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
            _operation(el, pos, ledger.IMPLICIT_READ, None, adt, access, [])
            _no_operation(pos, name, None, adt)
        return found

    return infer


def _member_call(el: Elaborator, node: ast.MemberCall, scope: Scope) -> Typing:
    el.step(node.pos)
    call = _member_call_left(el, node, scope)
    return lambda: _read(el, node.pos, *call())


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
        found = _operation(el, pos, ledger.SUGAR[op], op, adt, access, [typed])
        if found is None:
            _no_operation(pos, ledger.SUGAR[op], op, adt)
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
