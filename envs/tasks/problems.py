"""Python problems of one's own: a file of them, or one that is typed.

    {"problems": [{"id": "add", "description": "The sum of two numbers.",
                   "function_signature": "add(a: int, b: int) -> int",
                   "baseline_tests": ["assert add(1, 2) == 3", "assert add(-1, 1) == 0"],
                   "reference_solution": "def add(a, b):\\n    return a + b\\n",
                   "difficulty": "easy", "tags": ["numbers"]}]}

All of a file is read, and whatever is wrong with it said, before anything runs.
"""

from __future__ import annotations

import ast
import json
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...verifiers.python.assertions import UnreadableError
from ...verifiers.python.interface import Interface
from ...verifiers.task import Task
from ...verifiers.verifier import ChoiceError
from .asserted import PUBLIC, asked_by, names, split

__all__ = ["ProblemError", "interface_of", "problem", "read_problems"]

FAMILY = "problems"
DIFFICULTIES = {"easy": 1, "medium": 3, "hard": 5}
_LEVELS = range(1, 6)
_LINE = 92
_RULES = "Python 3, the standard library alone; no input, no output."


class ProblemError(ChoiceError):
    """A problem cannot be read; the message is one sentence that says where, and which field."""


def read_problems(path: str | Path) -> list[Task]:
    """The tasks of a problem file, in its order.

    A problem has an ``id``, a ``description``, a ``function_signature`` (with or without ``def``,
    the colon and annotations) and ``baseline_tests`` (a list of texts, or one text with newlines or
    semicolons between tests), of which the first three are shown and the others are not; and it may
    have a ``reference_solution``, a ``difficulty`` (1 to 5, or easy, medium, hard) and ``tags``,
    the first of which becomes the task's family. Other fields are passed over.

    Raises `ProblemError`.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise ProblemError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ProblemError(f"{path} is not UTF-8 text") from None
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ProblemError(f"{path} is no JSON: {error}") from None
    except RecursionError:
        raise ProblemError(f"{path} is nested too deeply") from None
    listed = found.get("problems") if isinstance(found, dict) else None
    if not isinstance(listed, list) or not listed:
        raise ProblemError(f'{path} has no list "problems" with a problem in it')
    tasks: dict[str, Task] = {}
    for number, fields in enumerate(listed, start=1):
        place = f"number {number}"
        try:
            if not isinstance(fields, dict):
                raise _FieldError("it is no object")
            name = _name(fields)
            place = repr(name)
            if name in tasks:
                raise _FieldError("id is that of an earlier problem, too")
            tasks[name] = _task(fields, name, Path(path).name)
        except _FieldError as error:
            raise ProblemError(f"{path}: problem {place}: {error}") from None
    return list(tasks.values())


def problem(
    description: str, signature: str, tests: str | Sequence[str], *, id: str = "problem"
) -> Task:
    """The task of a problem that somebody types: its text, the function's signature, and tests, as
    in a problem file. Raises `ProblemError`."""
    fields = {
        "description": description,
        "function_signature": signature,
        "baseline_tests": tests if isinstance(tests, str) else list(tests),
    }
    try:
        return _task(fields, id, "typed")
    except _FieldError as error:
        raise ProblemError(f"problem {id!r}: {error}") from None


class _FieldError(Exception):
    """What is wrong with a field of a problem; the message begins with its name."""


def _task(fields: Mapping[str, Any], name: str, provenance: str) -> Task:
    description = _text(fields, "description")
    interface = _signature(_text(fields, "function_signature"))
    tests, setup = _tests(fields.get("baseline_tests"), interface)
    reference = fields.get("reference_solution")
    if reference is not None:
        _check_reference(_text(fields, "reference_solution"), interface)
    tags = fields.get("tags") or []
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise _FieldError("tags is no list of texts")
    return Task(
        id=name,
        family=tags[0] if tags else FAMILY,
        language="python",
        prompt=prompt_of(description, interface, tests[:PUBLIC]),
        split="eval",
        difficulty=_difficulty(fields.get("difficulty")),
        tests=asked_by(interface, tests, setup=setup),
        reference=reference,
        licence="the author's",
        provenance=provenance,
    )


def _name(fields: Mapping[str, Any]) -> str:
    found = fields.get("id")
    if isinstance(found, bool) or not isinstance(found, (str, int)) or not str(found).strip():
        raise _FieldError("id is no text and no number" if "id" in fields else "id is missing")
    return str(found)


def _text(fields: Mapping[str, Any], field: str) -> str:
    found = fields.get(field)
    if field not in fields:
        raise _FieldError(f"{field} is missing")
    if not isinstance(found, str) or not found.strip():
        raise _FieldError(f"{field} is no text, or an empty one")
    try:
        found.encode()
    except UnicodeEncodeError:
        raise _FieldError(f"{field} is not Unicode") from None
    return found


def _signature(text: str) -> Interface:
    try:
        return interface_of(text)
    except UnreadableError as error:
        raise _FieldError(f"function_signature {error}") from None


def interface_of(text: str) -> Interface:
    """The function that a text declares: ``f(a, b: int) -> int``, perhaps with ``def`` before it
    and a colon behind it. What has no annotation is ``Any``. Raises `UnreadableError`."""
    head = text.strip().removesuffix("...").rstrip().removesuffix(":")
    head = head if head.startswith("def ") else f"def {head}"
    try:
        body = ast.parse(f"{head}:\n    pass\n").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        body = []
    if len(body) != 1 or not isinstance(body[0], ast.FunctionDef):
        raise UnreadableError(f"is no `name(parameter: type, …) -> type`: {text.strip()[:80]!r}")
    return declared(body[0])


def declared(function: ast.FunctionDef) -> Interface:
    """The function that a definition defines. Raises `UnreadableError` for one that is called
    with keywords only."""
    given = function.args
    if given.kwonlyargs or given.kwarg:
        raise UnreadableError("has parameters that are given by name only")
    listed = [(parameter.arg, parameter) for parameter in (*given.posonlyargs, *given.args)]
    if given.vararg:
        listed.append((f"*{given.vararg.arg}", given.vararg))
    return Interface(
        function.name,
        tuple((name, _annotation(parameter.annotation)) for name, parameter in listed),
        _annotation(function.returns),
    )


def _annotation(node: ast.expr | None) -> str:
    return "Any" if node is None else ast.unparse(node)


def _tests(found: object, interface: Interface) -> tuple[list[str], str]:
    """The tests, and what is around them."""
    if isinstance(found, str):
        texts: list[Any] = [found]
    elif isinstance(found, list):
        texts = found
    else:
        raise _FieldError("baseline_tests is no list of texts, and no text")
    tests: list[str] = []
    setup: list[str] = []
    for number, text in enumerate(texts, start=1):
        place = "baseline_tests" if isinstance(found, str) else f"baseline_tests, number {number},"
        if not isinstance(text, str):
            raise _FieldError(f"{place} is no text")
        try:
            parts = split(text)
        except UnreadableError:
            raise _FieldError(f"{place} is not Python: {text.strip()[:80]!r}") from None
        tests += parts.tests
        setup += filter(None, [parts.setup])
        for test in parts.tests:
            if not names("\n".join((*setup, test)), interface.name):
                raise _FieldError(f"{place} does not call {interface.name}: {test[:80]!r}")
    if not tests:
        raise _FieldError("baseline_tests has no test: write `assert f(…) == …`")
    return tests, "\n".join(setup)


def _check_reference(text: str, interface: Interface) -> None:
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _FieldError("reference_solution is not Python") from None
    if not any(
        isinstance(part, ast.FunctionDef) and part.name == interface.name
        for node in body
        for part in ast.walk(node)
    ):
        raise _FieldError(f"reference_solution defines no {interface.name}")


def _difficulty(found: object) -> int:
    if found is None:
        return 1
    if isinstance(found, str) and found.strip().lower() in DIFFICULTIES:
        return DIFFICULTIES[found.strip().lower()]
    if isinstance(found, int) and not isinstance(found, bool) and found in _LEVELS:
        return found
    raise _FieldError(f"difficulty is none of 1 to 5, easy, medium and hard: {found!r}")


def prompt_of(description: str, interface: Interface, shown: Sequence[str]) -> str:
    """What an agent reads: the words, the function's head, and some tests."""
    lines: list[str] = []
    for paragraph in description.strip().splitlines():
        lines += textwrap.wrap(paragraph, _LINE) or [""]
    lines += ["", "The function, exactly:", "", f"  {interface}: ..."]
    if shown:
        lines += ["", "For example:", ""]
        lines += [f"  {line}" for test in shown for line in test.splitlines()]
    lines += ["", _RULES]
    return "".join(f"{line.rstrip()}\n" for line in lines)
