"""What a body calls and touches, as a list in the order in which the compiler comes across it.

One walk per circuit serves every pass that only asks who calls what (recursion, sealed fields,
purity). Where several things are wrong the compiler reports the one it meets first, and it meets
the operands of most forms from the right: fields of a form last to first, and the elements of a
list in pairs from the end, each pair left to right (`in_pairs`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from . import core
from .types import Type

CALL = "call"
LEDGER = "ledger"  # a ledger operation begins: before its operands
WRITE = "write"  # a ledger operation that is not a read ends: after its operands
EXTERNAL = "external"  # a circuit of another contract is called: after its operands


@dataclass(slots=True)
class Event:
    """`target`: the function called, or the `LedgerAccess` or `ContractCall` itself.

    `nested`: inside an element of a tuple or an argument of `map` or `fold`, where the compiler
    does not look for writes to sealed fields.
    """

    kind: str
    pos: int
    target: Any
    nested: bool


@dataclass(slots=True)
class Effects:
    """`indexed`: some element or slice is taken at an index that is not a literal. `types`: those
    that `default` names."""

    events: list[Event] = field(default_factory=list)
    indexed: bool = False
    types: list[Type] = field(default_factory=list)

    def circuits(self) -> list[core.Circuit]:
        """The circuits called, in order."""
        return [
            event.target
            for event in self.events
            if event.kind == CALL and event.target.__class__ is core.Circuit
        ]


_T = TypeVar("_T")


def in_pairs(elements: list[_T]) -> list[_T]:
    """`elements` in the order in which the compiler processes a list."""
    count = len(elements)
    if count < 3:
        return elements
    ordered: list[_T] = []
    for start in range((count - 1) // 2 * 2, -1, -2):
        ordered += elements[start : start + 2]
    return ordered


def of(body: core.Expression) -> Effects:
    """The effects of evaluating `body`, anonymous circuits in it included."""
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
            if kind is core.VectorRef or kind is core.VectorSlice:
                effects.indexed = True
        elif kind is core.Default:
            effects.types.append(node.type)
    return effects


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
    todo.extend((element.value, True) for element in reversed(in_pairs(node.elements)))


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
    todo.extend((argument.value, True) for argument in reversed(in_pairs(arguments[1:])))


def _map(node: core.Map, nested: bool, todo: list[Any]) -> None:
    _function(node, nested, todo)
    _sequences(node.arguments, todo)


def _fold(node: core.Fold, nested: bool, todo: list[Any]) -> None:
    _function(node, nested, todo)
    todo.append((node.initial, nested))
    _sequences(node.arguments, todo)


def _call(node: core.Call, nested: bool, todo: list[Any]) -> None:
    arguments = [(argument, nested) for argument in reversed(in_pairs(node.arguments))]
    if node.function.__class__ is core.Lambda:
        todo.extend(arguments)
        todo.append((node.function.body, nested))  # type: ignore[union-attr]
    else:
        todo.append(Event(CALL, node.pos, node.function, nested))
        todo.extend(arguments)


def _new(node: core.New, nested: bool, todo: list[Any]) -> None:
    todo.extend((argument, nested) for argument in reversed(in_pairs(node.arguments)))


def _sequence(node: core.Sequence, nested: bool, todo: list[Any]) -> None:
    todo.extend((e, nested) for e in reversed(in_pairs(node.expressions[:-1])))
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
    for access in reversed(in_pairs(node.accesses)):
        todo.extend((argument, nested) for argument in reversed(in_pairs(access.arguments)))
    todo.append(Event(LEDGER, node.pos, node, nested))


def _contract_call(node: core.ContractCall, nested: bool, todo: list[Any]) -> None:
    todo.append(Event(EXTERNAL, node.pos, node, nested))
    todo.append((node.contract, nested))
    todo.extend((argument, nested) for argument in reversed(in_pairs(node.arguments)))


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
    core.ContractCall: _contract_call,
}
