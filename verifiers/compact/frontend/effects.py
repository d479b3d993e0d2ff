"""What a body calls and touches, as a list in the order in which the compiler comes across it.

One walk per circuit serves every pass that only asks who calls what (recursion, sealed fields,
purity). Where several things are wrong the compiler reports the one it meets first, and it meets
the operands of most forms from the right: fields of a form last to first, and the elements of a
list in pairs from the end, each pair left to right (`map_order`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import core
from .source import map_order
from .types import Struct, Tuple, Type, Vector, structural

CALL = "call"
LEDGER = "ledger"  # a ledger operation begins: before its operands
WRITE = "write"  # a ledger operation that is not a read ends: after its operands


@dataclass(slots=True)
class Event:
    """`target`: the function called, or the `LedgerAccess` itself.

    `nested`: inside an element of a tuple or an argument of `map` or `fold`, where the compiler
    does not look for writes to sealed fields.
    """

    kind: str
    pos: int
    target: Any
    nested: bool


@dataclass(slots=True)
class Effects:
    """`indexed`: some element or slice is taken at an index that is not a literal.

    `uneven`: the branches of some `if` can be tuples or structures that are not alike. `types`:
    those that `default` names.
    """

    events: list[Event] = field(default_factory=list)
    indexed: bool = False
    uneven: bool = False
    longest_loop: int = 0
    types: list[Type] = field(default_factory=list)

    def circuits(self) -> list[core.Circuit]:
        """The circuits called, in order."""
        return [
            event.target
            for event in self.events
            if event.kind == CALL and event.target.__class__ is core.Circuit
        ]


def of(body: core.Expression, arguments_first: bool = False) -> Effects:
    """The effects of evaluating `body`, anonymous circuits in it included.

    A call of an anonymous circuit is soon a binding of its arguments around its body, and then the
    body comes first; `arguments_first` is how it is before that.
    """
    effects = Effects()
    record = effects.events.append
    # What is still to do, the next on top: a node with whether it is nested, or an event.
    todo: list[Any] = [(body, False)]
    pop = todo.pop
    while todo:
        item = pop()
        if item.__class__ is Event:
            record(item)
            continue
        node, nested = item
        kind = node.__class__
        children = _CHILDREN.get(kind)
        if children is not None:
            children(node, nested, todo)
            if arguments_first and kind is core.Call and node.function.__class__ is core.Lambda:
                todo.insert(len(todo) - 1 - len(node.arguments), todo.pop())
            if kind is core.VectorRef or kind is core.VectorSlice:
                effects.indexed = True
            elif kind is core.Fold or kind is core.Map:
                effects.longest_loop = max(effects.longest_loop, node.length)
            elif kind is core.If and not effects.uneven:
                effects.uneven = _uneven(node)
        elif kind is core.Default:
            effects.types.append(node.type)
    return effects


def _uneven(node: core.If) -> bool:
    """Whether the branches can be tuples or structures that are not alike: such an `if` is a
    statement, whose value nobody uses."""
    then = _shape(node.then)
    if then is None:
        return False
    otherwise = _shape(node.otherwise)
    return otherwise is not None and (then != otherwise or (isinstance(then, int) and then > 0))


def _shape(node: Any) -> int | tuple[str, ...] | None:
    """The length of the tuple, or the names of the fields of the structure, that the compiler may
    know the value to be; None for what it never takes apart."""
    while True:
        kind = node.__class__
        if kind is core.Sequence:
            node = node.expressions[-1]
        elif kind is core.Let:
            node = node.body
        elif kind is core.If:
            then = _shape(node.then)
            if then is not None:
                return then
            node = node.otherwise
        elif kind is core.Return:
            node = node.value
        elif kind is core.Disclose or kind is core.Cast:
            node = node.operand
        else:
            break
    if kind is core.Assert:
        return 0
    if kind is core.Map or kind is core.TupleSlice or kind is core.VectorSlice:
        return int(node.length)
    if kind is core.Tuple:
        return sum(1 if e.spread is None else e.spread for e in node.elements)
    if kind is core.Range:
        return int(node.end - node.start)
    if kind is core.Fold:
        return _shape_of(node.initial_type)
    if kind is core.Reference:
        return _shape_of(node.variable.type)
    if kind is core.Default or kind is core.New:
        return _shape_of(node.type)
    if kind is core.Call and node.function.__class__ in (core.Circuit, core.Lambda):
        return _shape_of(node.function.result)
    return None


def _shape_of(type_: Type) -> int | tuple[str, ...] | None:
    type_ = structural(type_)
    if isinstance(type_, Tuple):
        return len(type_.elements)
    if isinstance(type_, Struct):
        return tuple(name for name, _ in type_.fields)
    return type_.length if isinstance(type_, Vector) else None


# Each of these pushes what `node` consists of, in reverse of the order of processing.


def _operand(node: Any, nested: bool, todo: list[Any]) -> None:
    todo.append((node.operand, nested))


def _sides(node: Any, nested: bool, todo: list[Any]) -> None:
    todo.append((node.left, nested))
    todo.append((node.right, nested))


def _if(node: core.If, nested: bool, todo: list[Any]) -> None:
    todo.append((node.test, nested))
    todo.append((node.then, nested))
    todo.append((node.otherwise, nested))


def _tuple(node: core.Tuple, _nested: bool, todo: list[Any]) -> None:
    todo.extend((element.value, True) for element in reversed(map_order(node.elements)))


def _indexed(node: Any, nested: bool, todo: list[Any]) -> None:
    todo.append((node.operand, nested))
    todo.append((node.index, nested))


def _function(node: Any, nested: bool, todo: list[Any]) -> None:
    if node.function.__class__ is core.Lambda:
        todo.append((node.function.body, nested))
    else:
        pos = node.function_pos if node.function_pos >= 0 else node.pos
        todo.append(Event(CALL, pos, node.function, nested))


def _sequences(arguments: list[core.MapArgument], todo: list[Any]) -> None:
    todo.append((arguments[0].value, True))
    todo.extend((argument.value, True) for argument in reversed(map_order(arguments[1:])))


def _map(node: core.Map, nested: bool, todo: list[Any]) -> None:
    _function(node, nested, todo)
    _sequences(node.arguments, todo)


def _fold(node: core.Fold, nested: bool, todo: list[Any]) -> None:
    _function(node, nested, todo)
    todo.append((node.initial, nested))
    _sequences(node.arguments, todo)


def _call(node: core.Call, nested: bool, todo: list[Any]) -> None:
    arguments = [(argument, nested) for argument in reversed(map_order(node.arguments))]
    if node.function.__class__ is core.Lambda:
        todo.extend(arguments)
        todo.append((node.function.body, nested))
    else:
        todo.append(Event(CALL, node.pos, node.function, nested))
        todo.extend(arguments)


def _new(node: core.New, nested: bool, todo: list[Any]) -> None:
    todo.extend((argument, nested) for argument in reversed(map_order(node.arguments)))


def _sequence(node: core.Sequence, nested: bool, todo: list[Any]) -> None:
    todo.extend((e, nested) for e in reversed(map_order(node.expressions[:-1])))
    todo.append((node.expressions[-1], nested))


def _let(node: core.Let, nested: bool, todo: list[Any]) -> None:
    todo.extend((value, nested) for _, value in node.bindings)
    todo.append((node.body, nested))


def _assert(node: core.Assert, nested: bool, todo: list[Any]) -> None:
    todo.append((node.test, nested))


def _return(node: core.Return, nested: bool, todo: list[Any]) -> None:
    todo.append((node.value, nested))


def _ledger(node: core.LedgerAccess, nested: bool, todo: list[Any]) -> None:
    if node.accesses[-1].operation.kind != "read":
        todo.append(Event(WRITE, node.pos, node, nested))
    for access in reversed(map_order(node.accesses)):
        todo.extend((argument, nested) for argument in reversed(map_order(access.arguments)))
    todo.append(Event(LEDGER, node.pos, node, nested))


_CHILDREN: dict[type, Callable[[Any, bool, list[Any]], None]] = {
    core.If: _if,
    core.FieldAccess: _operand,
    core.Tuple: _tuple,
    core.TupleRef: _operand,
    core.TupleSlice: _operand,
    core.VectorRef: _indexed,
    core.VectorSlice: _indexed,
    core.Arithmetic: _sides,
    core.Comparison: _sides,
    core.Equality: _sides,
    core.Map: _map,
    core.Fold: _fold,
    core.Call: _call,
    core.New: _new,
    core.Sequence: _sequence,
    core.Let: _let,
    core.Assert: _assert,
    core.Cast: _operand,
    core.Disclose: _operand,
    core.Return: _return,
    core.LedgerAccess: _ledger,
}


def unfolded_size(body: core.Expression, sizes: dict[core.Circuit, int]) -> int:
    """The nodes of `body` with loops unrolled and circuits inlined; `sizes` holds what is known of
    circuits (which must not be recursive) and is added to."""

    def of_function(function: Any) -> int:
        if function.__class__ is core.Lambda:
            return unfolded_size(function.body, sizes)
        if function.__class__ is not core.Circuit:
            return 1
        if function not in sizes:
            sizes[function] = unfolded_size(function.body, sizes)
        return sizes[function]

    total = 0
    todo: list[Any] = [(body, False)]
    while todo:
        item = todo.pop()
        if item.__class__ is Event:
            if item.kind == CALL:
                total += of_function(item.target)
            continue
        node = item[0]
        total += 1
        kind = node.__class__
        if kind is core.Map or kind is core.Fold:
            total += node.length * of_function(node.function)
            todo.extend((argument.value, False) for argument in node.arguments)
            if kind is core.Fold:
                todo.append((node.initial, False))
        elif kind in _CHILDREN:
            _CHILDREN[kind](node, False, todo)
    return total
