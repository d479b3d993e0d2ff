"""Tests as people write them, as the tests of a task.

A test that calls the function once and says what is to come out becomes a case: the call goes into
the sandbox, what is expected stays here (`verifiers.python.assertions`). Any other (a loop, a
computed value, two calls in one expression) becomes a script that runs apart from the candidate
(`verifiers.python.apart`). Nothing is executed here.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...verifiers.calls import stored
from ...verifiers.python.assertions import UnreadableError, read_test
from ...verifiers.python.interface import Interface

# Tests that a prompt shows, unless a set says otherwise.
PUBLIC = 3

# What `==` of Python takes for equal among plain data.
AS_PYTHON = {"numeric": True, "booleans": True}


@dataclass(frozen=True, slots=True)
class Text:
    """The `tests` of a text, and the statements around them, which are there for all of them."""

    tests: tuple[str, ...]
    setup: str = ""


def split(text: str) -> Text:
    """The tests of a text, between which are newlines or semicolons; a comparison is a test with
    and without ``assert``. Raises `UnreadableError`."""
    try:
        body = ast.parse(text.strip(), "<test>").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UnreadableError("it is not Python") from error
    tests: list[str] = []
    setup: list[str] = []
    for node in body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Compare):
            node = ast.Assert(test=node.value)
        kept = tests if isinstance(node, (ast.Assert, ast.With, ast.For)) else setup
        kept.append(ast.unparse(ast.fix_missing_locations(node)))
    return Text(tuple(tests), "\n".join(setup))


def names(text: str, name: str) -> bool:
    """Whether a text of Python speaks of `name`."""
    nodes = ast.walk(ast.parse(text, "<test>"))
    return any(isinstance(node, ast.Name) and node.id == name for node in nodes)


def asked_by(
    interface: Interface,
    tests: Sequence[str],
    *,
    setup: str = "",
    prelude: str = "",
    public: int = PUBLIC,
) -> dict[str, Any]:
    """The tests of a task (see `verifiers.calls.Tests` and `verifiers.python.apart.Apart`), of
    which the first `public` are shown."""
    cases: list[list[dict[str, Any]]] = [[], []]
    scripts: list[list[str]] = [[], []]
    for index, test in enumerate(tests):
        hidden = int(index >= public)
        case = case_of(test, interface)
        if case is not None:
            cases[hidden].append(case)
        else:
            scripts[hidden].append(test)
    found: dict[str, Any] = {
        "interface": interface.to_json(),
        "public": len(cases[0]),
        "cases": cases[0] + cases[1],
        "tolerance": AS_PYTHON,
        "prelude": prelude,
    }
    if any(scripts):
        found["apart"] = {
            "setup": setup,
            "public": len(scripts[0]),
            "scripts": scripts[0] + scripts[1],
        }
    return found


def case_of(test: str, interface: Interface) -> dict[str, Any] | None:
    """A test as a stored case; None where it is more than one call with an expected value."""
    try:
        case = stored(read_test(test, interface))
    except UnreadableError:
        return None
    # `is` is of the one True; any other comparison is the task's.
    return {"tolerance": {}, **case} if _of_identity(test) else case


def _of_identity(test: str) -> bool:
    nodes = ast.walk(ast.parse(test, "<test>"))
    return any(isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Is) for node in nodes)
