"""A small grammar of Python functions over plain data."""

from __future__ import annotations

import re

from .derivation import Grammar, Start, Type, rule
from .prompt import Problem, PromptError, examples_of, split_outside

_CONSTANTS = (0, 1, 2, 3, 5, 10, 100)

# One pass over a list that carries a number: what most of the tasks are made of.
_SCAN = """\
$a = «int»
$out = []
for $x in $over:
    $a = «int | a: int, x: U»
    $out.append(«T | a: int, x: U»)
return $out"""
_FOLD = """\
$a = «int»
for $x in $over:
    $a = «int | a: int, x: U»
«body[T] | a: int»"""
_FIRST = """\
for $x in $over:
    if «bool | x: U»:
        return «T | x: U»
«body[T]»"""

RULES = (
    rule("body[T]", "return «T»"),
    rule("body[T]", "if «bool»:\n    return «T»\n«body[T]»"),
    rule("body[T]", "$n = «int»\n«body[T] | n: int»"),
    rule("body[T]", "raise ValueError"),
    rule("body[T]", _FIRST, "list[U]"),
    rule("body[T]", _FOLD, "list[U]"),
    rule("body[list[T]]", _SCAN, "list[U]"),
    # Of any type.
    rule("T", "$over", "T"),
    rule("T", "(«T» if «bool» else «T»)"),
    rule("T", "$over[«int»]", "list[T]"),
    rule("T", "$over[0]", "tuple[T, U]"),
    rule("T", "$over[1]", "tuple[U, T]"),
    rule("T", "$over[0]", "tuple[T, U, V]"),
    rule("T", "$over[1]", "tuple[U, T, V]"),
    rule("T", "$over[2]", "tuple[U, V, T]"),
    rule("T", "$over.get(«K», «T»)", "dict[K, T]"),
    # Whole numbers.
    *(rule("int", str(number)) for number in _CONSTANTS),
    rule("int", "(«int» + «int»)"),
    rule("int", "(«int» - «int»)"),
    rule("int", "(«int» * «int»)"),
    rule("int", "(«int» // «int»)"),
    rule("int", "(«int» % «int»)"),
    rule("int", "min(«int», «int»)"),
    rule("int", "max(«int», «int»)"),
    rule("int", "abs(«int»)"),
    rule("int", "len($over)", "list[U]"),
    rule("int", "sum($over)", "list[int]"),
    rule("int", "max($over, default=0)", "list[int]"),
    rule("int", "min($over, default=0)", "list[int]"),
    rule("int", "sum(«int | x: U» for $x in $over)", "list[U]"),
    rule("int", "sum(1 for $x in $over if «bool | x: U»)", "list[U]"),
    rule("int", "(0 if $over is None else $over)", "option[int]"),
    # Truth.
    rule("bool", "True"),
    rule("bool", "(«int» < «int»)"),
    rule("bool", "(«int» == «int»)"),
    rule("bool", "($over == «T»)", "T"),
    rule("bool", "(«bool» and «bool»)"),
    rule("bool", "(«bool» or «bool»)"),
    rule("bool", "(not «bool»)"),
    rule("bool", "(«T» in $over)", "list[T]"),
    rule("bool", "($over is None)", "option[U]"),
    # Texts.
    rule("str", '""'),
    rule("str", "str(«int»)"),
    rule("str", "(«str» + «str»)"),
    # Lists.
    rule("list[T]", "[]"),
    rule("list[T]", "[«T»]"),
    rule("list[T]", "[«T | x: U» for $x in $over]", "list[U]"),
    rule("list[T]", "[$x for $x in $over if «bool | x: T»]", "list[T]"),
    rule("list[T]", "[«T | i: int, x: U» for $i, $x in enumerate($over)]", "list[U]"),
    rule("list[T]", "[«T | x: U, y: U» for $x, $y in zip($over, $over[1:])]", "list[U]"),
    rule("list[T]", "[«T | i: int» for $i in range(«int»)]"),
    rule("list[T]", "[«T | k: K, v: V» for $k, $v in sorted($over.items())]", "dict[K, V]"),
    rule("list[T]", "(«list[T]» + «list[T]»)"),
    rule("list[T]", "sorted($over)", "list[T]"),
    rule("list[T]", "sorted($over, key=lambda $x: «int | x: T»)", "list[T]"),
    rule("list[T]", "$over[::-1]", "list[T]"),
    rule("list[T]", "$over[«int»:]", "list[T]"),
    rule("list[T]", "$over[:«int»]", "list[T]"),
    # What is made of parts.
    rule("tuple[T, U]", "(«T», «U»)"),
    rule("tuple[T, U, V]", "(«T», «U», «V»)"),
    rule("tuple[T, U, V, W]", "(«T», «U», «V», «W»)"),
    rule("option[T]", "None"),
    rule("option[T]", "«T»"),
    rule("dict[K, T]", "{}"),
    rule("dict[K, T]", "{«K | x: U»: «T | x: U» for $x in $over}", "list[U]"),
    rule("dict[K, T]", "{$k: «T | k: K, v: V» for $k, $v in sorted($over.items())}", "dict[K, V]"),
)

GRAMMAR = Grammar(
    "Python",
    RULES,
    variables=dict.fromkeys("TUVW") | {"K": ("int", "str")},
    values=("int", "str", "bool", "list", "tuple", "option", "dict"),
    nonterminals=("body",),
)

HINTS = 1
_HEAD = re.compile(r"^\s*def (\w+)\((.*)\) -> (.+): \.\.\.$", re.MULTILINE)


def problem(prompt: str) -> Problem:
    """What a prompt asks for. Raises `PromptError` where it shows no function."""
    match = _HEAD.search(prompt)
    if match is None:
        raise PromptError("the prompt shows no Python function")
    name, listed, returns = match.groups()
    given = [part.partition(":") for part in split_outside(listed)]
    parameters = tuple((parameter.strip(), type_of(kind)) for parameter, _, kind in given)
    text = f"def {name}({listed}) -> {returns}:\n    «body[{type_of(returns)}]»\n"
    return Problem(
        tuple((kind, 0) for _, kind in parameters),
        ((type_of(returns), 0),),
        examples_of(prompt, name),
        (float("raises" in prompt or "raise " in prompt),),
        Start(rule("program", text), parameters),
    )


def type_of(written: str) -> Type:
    """A type as Python annotates it; ``X | None`` is ``option[X]``."""
    choices = split_outside(written, "|")
    if len(choices) == 2 and "None" in choices:
        return Type("option", (type_of(choices[choices[0] == "None"]),))
    head, _, inner = written.strip().partition("[")
    return Type(head, tuple(map(type_of, split_outside(inner[:-1]))))
