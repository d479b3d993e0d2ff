"""Runs in a box of its own, without any candidate: a test that is more than one call.

The function's name is bound to a stand-in, which answers from a table of what the candidate has
answered in its box. Asked for anything else, it ends the test with the question. The driver calls
`run` and `record`; what they take and give is plain data.
"""

from __future__ import annotations

import builtins
import random

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# Calls of one script that are noted; more than any set's tests make.
MOST_CALLS = 1000


class Ended(BaseException):
    """The test cannot go on; no `except Exception` of a test's is meant by it."""


def run(
    name: str, parameters: list[str], setup: str, script: str, table: list[Any]
) -> tuple[Any, ...]:
    """How a test ends: ``("passed",)``, ``("failed", type, message)``, or ``("asks", arguments)``.

    `table` holds pairs of arguments and what the candidate did: ``("returned", value)``,
    ``("raised", type, message)``, or ``("lost", why)`` where that is not known.
    """
    known = {key(arguments): outcome for arguments, outcome in table}
    ends: list[tuple[Any, ...]] = []

    def standin(*given: Any, **named: Any) -> Any:
        arguments = placed(parameters, given, named)
        outcome = known.get(key(arguments))
        if outcome is None or outcome[0] == "lost":
            ends.append(
                ("asks", copied(arguments)) if outcome is None else ("failed", "", outcome[1])
            )
            raise Ended
        if outcome[0] == "raised":
            raise exception(outcome[1])(outcome[2])
        return copied(outcome[1])

    try:
        play(name, standin, setup, script)
    except BaseException as error:
        failed = ("failed", type(error).__name__, str(error)[:500])
        return ends[0] if ends else failed
    return ends[0] if ends else ("passed",)


def record(
    name: str, parameters: list[str], setup: str, script: str, reference: str
) -> list[list[Any]]:
    """The arguments that a test gives to the set's own reference, in order, none twice."""
    names: dict[str, Any] = {"__builtins__": builtins, "__name__": "reference"}
    exec(compile(reference, "reference.py", "exec", dont_inherit=True), names)
    function = names[name]
    found: dict[Any, list[Any]] = {}

    def standin(*given: Any, **named: Any) -> Any:
        arguments = placed(parameters, given, named)
        if len(found) < MOST_CALLS:
            found.setdefault(key(arguments), copied(arguments))
        return function(*arguments)

    play(name, standin, setup, script)
    return list(found.values())


def play(name: str, function: Callable[..., Any], setup: str, script: str) -> None:
    """Run a test with `function` as what it tests; of the same seed every time."""
    random.seed(0)
    names: dict[str, Any] = {"__builtins__": builtins, "__name__": "test", name: function}
    for text in (setup, script):
        exec(compile(text, "test.py", "exec", dont_inherit=True), names)
        names[name] = function


def placed(parameters: list[str], given: tuple[Any, ...], named: dict[str, Any]) -> list[Any]:
    """All arguments by their places."""
    arguments = list(given)
    for parameter in parameters[len(given) :]:
        if parameter not in named:
            break
        arguments.append(named.pop(parameter))
    if named:
        raise TypeError(f"called with {', '.join(named)} by name")
    return arguments


def key(value: Any) -> Any:
    """Equal for plain data of the same types, and no other."""
    kind = type(value).__name__
    if isinstance(value, (list, tuple)):
        return kind, tuple([key(item) for item in value])
    if isinstance(value, (set, frozenset)):
        return kind, frozenset([key(item) for item in value])
    if isinstance(value, dict):
        return kind, tuple([(key(k), key(held)) for k, held in value.items()])
    return kind, repr(value)


def copied(value: Any) -> Any:
    """Plain data anew: what a test does to it is done to nothing else."""
    if type(value) in (list, tuple, set, frozenset):
        return type(value)([copied(item) for item in value])
    if type(value) is dict:
        return {k: copied(held) for k, held in value.items()}
    return value


def exception(name: str) -> type[BaseException]:
    """Python's exception of this name, or one that is called so."""
    known = getattr(builtins, name, None)
    if isinstance(known, type) and issubclass(known, Exception):
        return known
    return type(name, (Exception,), {})
