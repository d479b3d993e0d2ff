"""Tasks whose answer is one function: cases drawn of a problem, and the prompt that shows some.

What the languages share in which a function is asked for; each has its own words.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ...verifiers.calls import Signature
from ...verifiers.python.driver import encode
from ...verifiers.task import Task
from .draw import Draw

# Shown in the prompt, and asked in secret; the edges are among the latter.
PUBLIC, HIDDEN = 3, 40
_LINE = 92


class RaisesError(Exception):
    """What an oracle raises where the function is to raise, or to panic; `name` is of what."""

    name = ""


class Problem(Protocol):
    """One function that is to be written; see each language's own."""

    @property
    def words(self) -> str: ...

    @property
    def interface(self) -> Signature: ...

    @property
    def reference(self) -> str: ...

    @property
    def oracle(self) -> Callable[..., Any]: ...

    @property
    def arguments(self) -> Callable[[Draw], tuple[Any, ...]]: ...

    @property
    def edges(self) -> Sequence[tuple[Any, ...]]: ...


@dataclass(frozen=True, slots=True)
class Words:
    """How a language's prompt is written.

    `comment` begins its lines. `head` is of the function. `raises` follows a call that does.
    `rules` ends it. `shown` is a value of a type as the language writes it.
    """

    comment: str
    head: Callable[[Signature], str]
    raises: Callable[[str], str]
    rules: str
    shown: Callable[[Any, str], str]


def function_task(
    problem: Problem, name: str, family: str, split: str, level: int, tests_seed: str,
    *, language: str, words: Words,
) -> Task:  # fmt: skip
    """The task `name` that a problem makes."""
    public = _cases(problem, Draw(f"forgegym {language} public", name), PUBLIC, [], {})
    seen = {case["args"]: case for case in public}
    hidden = _cases(
        problem, Draw(f"forgegym {language} hidden", name, tests_seed), HIDDEN, problem.edges, seen
    )
    return Task(
        id=name,
        family=family,
        language=language,
        prompt=prompt(problem, public, words),
        split=split,
        difficulty=level,
        tests={
            "interface": problem.interface.to_json(),
            "public": len(public),
            "cases": [_stored(case) for case in (*public, *hidden)],
        },
        reference=problem.reference,
    )


def _cases(
    problem: Problem,
    draw: Draw,
    count: int,
    edges: Sequence[tuple[Any, ...]],
    seen: dict[str, Any],
) -> list[dict[str, Any]]:
    """`count` cases that are not `seen`, the edges first; fewer where arguments repeat."""
    found: list[dict[str, Any]] = []
    tries = 0
    while len(found) < count and tries < 20 * count:
        arguments = edges[tries] if tries < len(edges) else problem.arguments(draw)
        tries += 1
        text = encode(list(arguments))
        if text in seen:
            continue
        case: dict[str, Any] = {"args": text, "arguments": arguments}
        try:
            case["found"] = problem.oracle(*arguments)
            case["value"] = encode(case["found"])
        except RaisesError as error:
            case["raises"] = error.name
        seen[text] = case
        found.append(case)
    return found


def _stored(case: dict[str, Any]) -> dict[str, str]:
    return {key: case[key] for key in ("args", "value", "raises") if key in case}


def prompt(problem: Problem, public: Sequence[dict[str, Any]], words: Words) -> str:
    """What an agent reads: the words, the function's type, and some cases."""
    interface = problem.interface
    kinds = [kind for _, kind in interface.parameters]
    lines = []
    for paragraph in problem.words.split("\n"):
        indent = "  " if paragraph.startswith("- ") else ""
        lines += textwrap.wrap(paragraph, _LINE, subsequent_indent=indent)
    lines += ["", "The function, exactly:", "", f"  {words.head(interface)}", ""]
    lines += ["For example:", ""]
    for case in public:
        arguments = ", ".join(map(words.shown, case["arguments"], kinds))
        outcome = (
            words.raises(case["raises"]) if "raises" in case
            else f"is {words.shown(case['found'], interface.returns)}"
        )  # fmt: skip
        lines.append(f"  {interface.name}({arguments}) {outcome}")
    lines += ["", *words.rules.splitlines()]
    return "".join(f"{words.comment}{line}".rstrip() + "\n" for line in lines)
