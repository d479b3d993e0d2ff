"""Calls: which of several functions of one name is meant, and the types of anonymous ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, Union

from . import core, types
from .operators import Typing, ordinary
from .resolve import Candidates, FreeInfo, Instance, SizeInfo, in_order, refuse
from .types import Type, same_type, show, subtype
from .wording import cardinal

if TYPE_CHECKING:
    from .infer import Elaborator


@dataclass(slots=True)
class Anonymous:
    """A resolved arrow function; parameters without a type have the type `UNDECLARED`."""

    pos: int
    parameters: list[core.Variable]
    result: Type
    body: Typing


Callee = Union[Candidates, Anonymous]


def _fits(actual: list[Type], parameters: Sequence[core.Variable]) -> bool:
    return len(actual) == len(parameters) and all(
        subtype(a, p.type) for a, p in zip(actual, parameters, strict=True)
    )


def choose_function(
    el: Elaborator, pos: int, folds: bool, callee: Callee, actual: list[Type]
) -> tuple[core.Function, list[Type], Type]:
    """The function that a call means: it, its parameter types and its result type."""
    if isinstance(callee, Anonymous):
        return _anonymous(el, pos, folds, callee, actual)
    wrong_arguments: list[Instance] = []
    wrong_folds: list[Instance] = []
    fitting: list[Instance] = []
    for contour in callee.contours:
        for instance in contour:
            if not _fits(actual, instance.parameters):
                wrong_arguments.append(instance)
            elif folds and not same_type(instance.result, instance.parameters[0].type):
                wrong_folds.append(instance)
            else:
                fitting.append(instance)
        if fitting:
            break
    if not fitting:
        _no_function(el, pos, callee, actual, wrong_arguments, wrong_folds)
    if len(fitting) > 1:
        _ambiguous(el, pos, callee.name, actual, fitting)
    chosen = fitting[0]
    parameters = [p.type for p in chosen.parameters]
    if (
        chosen.kind == "native"
        and callee.name in {"persistentHash", "persistentCommit"}
        and types.contains_js_opaque(parameters[0])
    ):
        refuse(
            pos,
            f"{callee.name} cannot be applied to a first argument containing opaque JavaScript "
            f"values, received {show(parameters[0])}",
        )
    return chosen.function, parameters, chosen.result


def _list(shown: Sequence[Type]) -> str:
    return "(" + ", ".join(map(show, shown)) + ")"


def _by_file(pos: int) -> tuple[bool, int]:
    """Sorts positions as the compiler does, by path: the library's relative one comes last."""
    return pos < 0, pos


def _ambiguous(
    el: Elaborator, pos: int, name: str, actual: list[Type], fitting: list[Instance]
) -> NoReturn:
    places = "".join(f"\n{el.place(p)}" for p in sorted((i.pos for i in fitting), key=_by_file))
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
            if not isinstance(a, FreeInfo)
        )
        message += (
            f"\n{_functions_are(len(callee.rejected))} incompatible with the supplied generic "
            f"values\nsupplied generic values:\n<{supplied}>"
        )
        for place, kinds in sorted(callee.rejected, key=lambda r: _by_file(r[0])):
            message += (
                f"\ndeclared generics for function at {el.place(place)}:\n<{', '.join(kinds)}>"
            )
    if wrong_arguments:
        message += (
            f"\n{_functions_are(len(wrong_arguments))} incompatible with the supplied argument "
            f"types\nsupplied argument types:\n{_list(actual)}"
        )
        for instance in sorted(wrong_arguments, key=lambda i: _by_file(i.pos)):
            declared = _list([p.type for p in instance.parameters])
            message += (
                f"\ndeclared argument types for function at {el.place(instance.pos)}:\n{declared}"
            )
    if wrong_folds:
        message += (
            f"\n{_functions_are(len(wrong_folds))} incompatible because fold requires the return "
            "type and the first argument type to be the same"
        )
        for instance in sorted(wrong_folds, key=lambda i: _by_file(i.pos)):
            message += (
                "\ndeclared first-argument and return types for function at "
                f"{el.place(instance.pos)}:\n{show(instance.parameters[0].type)}\n"
                f"{show(instance.result)}"
            )
    refuse(pos, message)


def _anonymous(
    el: Elaborator, pos: int, folds: bool, callee: Anonymous, actual: list[Type]
) -> tuple[core.Function, list[Type], Type]:
    in_order(el.check_parameter, callee.parameters)
    result = ordinary(callee.pos, el.checked(callee.result), "anonymous circuit return")
    declared = [p.type for p in callee.parameters]
    if not _fits(actual, callee.parameters):
        refuse(
            pos,
            "incompatible arguments in call to anonymous circuit\nsupplied argument types:\n"
            f"{_list(actual)}\ndeclared circuit type:\n{_list(declared)}",
        )
    known = [a if d is types.UNDECLARED else d for d, a in zip(declared, actual, strict=True)]
    has_result = result is not types.UNDECLARED
    if folds and has_result and declared[0] is types.UNDECLARED:
        # The result of one step is the argument of the next.
        if not subtype(actual[0], result):
            _fold_error(pos, actual[0], False, result, True)
        known[0] = result
    for parameter, type_ in zip(callee.parameters, known, strict=True):
        parameter.type = type_
    body, known_result = el.function_body(callee.pos, "anonymous circuit", result, callee.body)
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
