"""Simple statements of a generated circuit: one change of one ledger field, of every kind.

And what a statement changes, which tells whether another one would undo it.
"""

from __future__ import annotations

import re

from .compact_expressions import ExhaustedError, Scope
from .compact_names import split_type, thresholds, uint_width, words_of

_SUGAR = re.compile(r"(\w+) ([+-])= (\d+);")
_CALLS = {"+": "increment", "-": "decrement"}
# What a statement changes: a field, or what a Set or Map holds at a key.
_PLACE = re.compile(r"(\w+)(?: = |\.(?:insert|remove|insertDefault)\((.+?)(?:, .+)?\);$)?")


def spelled_out(text: str) -> str:
    """The text with `c += 2` and `c -= 2` as the calls they stand for."""
    return _SUGAR.sub(lambda m: f"{m[1]}.{_CALLS[m[2]]}({m[3]});", text)


def place_of(statement: str) -> tuple[str, str]:
    """The field a statement changes, and the place in it: the field itself, or ``field(key``.

    The place is "" where the statement adds to what is there, as to a Counter or a List.
    """
    match = _PLACE.match(statement.strip())
    if match is None:
        return "", ""
    name, key = match[1], match[2]
    if key is not None:
        return name, f"{name}({key}"
    return name, name if " = " in statement else ""


def assignment(scope: Scope, name: str, type_text: str, *, fresh: bool) -> str:
    """A statement that changes one ledger field.

    `fresh`: nothing before it has changed the field, so that a reset undoes nothing.
    """
    rng = scope.rng
    head, arguments = split_type(type_text)
    width = uint_width(type_text)
    if head == "Counter":
        return count(scope, name, fresh=fresh)
    if scope.is_gone(name) and (width is not None or head == "Field"):
        # A sum with a known number could equal a number that another way writes.
        return f"{name} = {different(scope, name, type_text)};"
    if width is not None:
        roll = rng.random()
        if roll < 0.4:
            return f"{name} = ({name} + {other(scope, name, width)}) as {type_text};"
        if roll < 0.5:
            return f"{name} = {name} - {other(scope, name, width)};"
        if roll < 0.55:
            return f"{name} = ({name} * {rng.choice(thresholds(8)[1:])}) as {type_text};"
        return f"{name} = {different(scope, name, type_text)};"
    if head == "Field":
        roll = rng.random()
        if roll < 0.5:
            return f"{name} = {name} {rng.choice('++-')} {other(scope, name, 64)};"
        if roll < 0.6:
            return f"{name} = {name} * {rng.choice(thresholds(8)[1:])};"
        if roll < 0.66:
            values = scope.parameter("Vector<3, Uint<64>>")
            if values is not None:
                sum_up = "(a: Field, b: Field): Field => a + b"
                return f"{name} = fold({sum_up}, {name}, disclose({values}));"
        return f"{name} = {different(scope, name, type_text)};"
    if head == "Boolean" and fresh and scope.chance(0.2):
        return f"{name} = !{name};"
    if head == "Set":
        if fresh and scope.chance(0.08):
            return f"{name}.resetToDefault();"
        verb = "insert" if scope.chance(0.65) else "remove"
        return f"{name}.{verb}({scope.key(arguments[0])});"
    if head == "Map":
        return map_update(scope, name, *arguments)
    if head == "List":
        if scope.chance(0.3):
            return f"{name}.popFront();"
        return f"{name}.pushFront({scope.value(arguments[0], simple=True)});"
    if head == "MerkleTree":
        return f"{name}.insert({scope.value(arguments[1], simple=True)});"
    return f"{name} = {different(scope, name, type_text)};"


def count(scope: Scope, name: str, *, fresh: bool) -> str:
    rng = scope.rng
    roll = rng.random()
    if fresh and roll < 0.15:
        return f"{name}.resetToDefault();"
    if scope.loops and roll < 0.4:
        small = [n for n in scope.loops if n.below is not None]
        if small:
            return f"{name}.increment({rng.choice(small).text});"
    if roll < 0.25:
        step = scope.parameter("Uint<16>")
        if step is not None:
            return f"{name}.increment({scope.public(step)});"
    amount = rng.choice((1, 1, 1, 2, 3, 5))
    if roll < 0.7:
        return f"{name}.increment({amount});"
    if roll < 0.8:
        return f"{name}.decrement({amount});"
    return f"{name} {rng.choice(('+=', '+=', '-='))} {amount};"


def map_update(scope: Scope, name: str, key_type: str, value_type: str) -> str:
    key = scope.key(key_type)
    roll = scope.rng.random()
    if roll < 0.15:
        return f"{name}.remove({key});"
    if roll < 0.2:
        return f"{name}.insertDefault({key});"
    width = uint_width(value_type)
    if width is not None and roll < 0.5:
        more = scope.number(width)
        return f"{name}.insert({key}, ({name}.lookup({key}) + {more}) as {value_type});"
    return f"{name}.insert({key}, {scope.value(value_type, simple=True)});"


def other(scope: Scope, name: str, width: int) -> str:
    """A number to add: never 0, and not the field itself."""
    for _ in range(20):
        text = scope.number(width)
        if text not in ("0", name):
            return text
    return "1"


def different(scope: Scope, name: str, type_text: str) -> str:
    """A value for the field that does not name the field."""
    for _ in range(20):
        text = scope.value(type_text)
        if name not in words_of(text):
            return text
    raise ExhaustedError
