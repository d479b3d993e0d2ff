"""Runs in the box with the driver: adds lines to what it tells of exceptions, and sees that
arguments are left as they are.

    PYTHONSAFEPATH=1 python3 -s -S -B beside.pyc driver.pyc solution.py FUNCTION MOST [PRELUDE]

MOST is what an answer may have, in bytes: less than the driver takes, where many are asked for.
With a prelude, a file of definitions that the program may take for given, it is asked as assertions
in Python ask: it may change its arguments, and what is of a subclass is sent as what it is one of.

It takes the driver's code and puts its own functions into it; both come compiled (see `compiling`),
since they start once for every candidate. As there, what is kept from a candidate's reach serves
honest answers from clumsy programs, and is no wall.
"""

from __future__ import annotations

import builtins
import marshal
import sys
from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    # The names that a program defines, and what it raised, if it did.
    Loaded: TypeAlias = "tuple[dict[str, Any], tuple[str, str] | None]"

# Of a .pyc, before its code.
HEADER = 16
# As in the driver: a candidate may change the module.
globals()["__builtins__"] = dict(vars(builtins))

# What the message of an exception ends with that was raised in a line of the program.
LINE = " (line {})"
# What the message begins with where it was raised before any call.
LOADING = "while it was loaded: "
# What is raised where the program has no such function, and where it changes an argument.
MISSING, CHANGED = "MissingFunctionError", "ChangedArgumentError"
# A message has at most a thousand characters, with all that is added.
MOST = 900

_TRACEBACK = BaseException.__dict__["__traceback__"].__get__


def begin(driver: str, path: str, function: str, most: str, prelude: str | None = None) -> None:
    """The driver's `main`, with the functions below in the place of its own. Does not return."""
    module = ModuleType("driver")
    names = module.__dict__
    with open(driver, "rb") as file:
        exec(marshal.loads(file.read()[HEADER:]), names)
    # Around a value there is less than a sixteenth of a message.
    names["MAX_BYTES"] = min(names["MAX_BYTES"], int(most) * 15 // 16)
    load, describe, encode = names["load"], names["describe"], names["encode"]
    wrap = (lambda called: guarded(called, encode)) if prelude is None else unguarded
    if prelude is not None:
        give(prelude)
    names["describe"] = lambda error: located(describe(error), line_of(error, path))
    names["load"] = lambda at: only(function, load(at), wrap)
    names["main"](path)


def located(described: tuple[str, str], line: int | None) -> tuple[str, str]:
    """What the driver tells of an exception, with the line it comes from."""
    name, message = described
    return name, message[:MOST] + (LINE.format(line) if line else "")


def line_of(error: BaseException, path: str) -> int | None:
    """The innermost line of the program in `path` on the way to where `error` was raised."""
    found = None
    entry = _TRACEBACK(error)
    for _ in range(10_000):  # a chain that is longer is of a recursion
        if entry is None:
            break
        if entry.tb_frame.f_code.co_filename == path:
            found = entry.tb_lineno
        entry = entry.tb_next
    return found


def only(function: str, loaded: Loaded, wrap: Callable[[Any], Any]) -> Loaded:
    """What the driver's `load` gave, but for what is not to be called."""
    names, failure = loaded
    if failure is not None:
        return {}, (failure[0], LOADING + failure[1])
    if function not in names:
        return {}, (MISSING, LOADING + function)
    return {function: wrap(names[function])}, None


def guarded(function: Callable[..., Any], encode: Callable[[object], str]) -> Callable[..., Any]:
    """`function`, which raises `CHANGED` where it has changed an argument."""

    def call(*arguments: Any) -> Any:
        before = encode(list(arguments))
        value = function(*arguments)
        try:
            same = encode(list(arguments)) == before
        except ValueError:
            same = False
        if not same:
            raise type(CHANGED, (Exception,), {})("an argument was changed")
        return value

    return call


def give(prelude: str) -> None:
    """Makes what a file defines known to every program that defines no such name, as builtins
    are: no line of a program moves for it."""
    names: dict[str, Any] = {"__name__": "prelude", "__builtins__": builtins}
    with open(prelude, "rb") as file:
        exec(compile(file.read(), prelude, "exec", dont_inherit=True), names)
    for name, held in names.items():
        if not hasattr(builtins, name):
            setattr(builtins, name, held)


def unguarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, which may change its arguments; what it returns is made `plain`."""
    return lambda *arguments: plain(function(*arguments))


def plain(value: Any) -> Any:
    """`value` with what it holds, without subclasses: a Counter is a dict, and a match of a regular
    expression, which is true whatever it matched, is its span. No method of theirs is called."""
    kind = type(value)
    if kind in _ALONE:
        return value
    if issubclass(kind, dict):
        return {plain(key): plain(held) for key, held in dict.items(value)}
    for base, each in _MANY.items():
        if issubclass(kind, base):
            return base([plain(item) for item in each(value)])
    for base, bare in _ONE.items():
        if issubclass(kind, base):
            return bare(value)
    if "re" in sys.modules and kind is sys.modules["re"].Match:
        return kind.span(value)
    return value


_ALONE = {type(None), bool, int, float, str, bytes}
_MANY: dict[type, Callable[[Any], Any]] = {
    list: list.__iter__, tuple: tuple.__iter__, set: set.__iter__, frozenset: frozenset.__iter__,
}  # fmt: skip
_ONE: dict[type, Callable[[Any], Any]] = {
    int: int.__int__, float: float.__float__, str: str.__str__,
}  # fmt: skip


if __name__ == "__main__":
    if not getattr(sys.flags, "safe_path", False):  # Python before 3.11 knows no such variable
        del sys.path[0]
    begin(*sys.argv[1:])
