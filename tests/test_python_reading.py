"""What is read off Python programs: Python's own words, the text's facts, values, mutants."""

import ast
import json

import pytest

from forgegym.verifiers.python.beside import LINE, MOST, located, only
from forgegym.verifiers.python.driver import encode
from forgegym.verifiers.python.interface import Interface, shown
from forgegym.verifiers.python.interpreter import messages
from forgegym.verifiers.python.mutants import mutants, trivial
from forgegym.verifiers.python.reading import read, told
from forgegym.verifiers.syntax import read_python

PROGRAM = b'''\
"""A module."""
import os
from typing import Any

class P:
    def f(self, v: list[int], *, k: int = 0) -> int:
        """Counts."""
        if k and v or not v:
            return 0
        elif k > 3:
            for x in v:
                while x > 3:
                    x -= 1
        try:
            y = [a for a in v if a > 0]
        except (ValueError, KeyError):
            raise
        return y[0] if y else 1  # noqa

async def g(x):
    match x:
        case 1: return (yield x)
        case [_, *_]: pass
        case _: assert x
    def inner() -> None: global z; exec("1")
    return lambda a: a
'''


@pytest.mark.parametrize(
    "source",
    [
        "x = 1\n", "x = (\n", "x = '\\d' is 3\nassert (1, 'é')\n", "é = '\\ud800\n", "\0",
        "1" * 5000, 'f"{}"',
    ],
)  # fmt: skip
def test_what_python_says_is_told_as_json(tmp_path, source):
    path = tmp_path / "solution.py"
    path.write_text(source)
    found = read(str(path))
    assert json.loads(told(found)) == found
    assert [list(message) for message in messages(told(found).encode())] == found


def test_a_program_counted_by_hand():
    facts = read_python(PROGRAM)
    assert facts.parses
    by_name = {f["name"]: f for f in facts.functions}
    # if, elif, for, while, for and if of the comprehension, except, the conditional expression.
    assert by_name["f"]["complexity"] == 1 + 8
    assert by_name["f"]["complexity_extended"] == 1 + 8 + 2
    assert by_name["f"]["nesting"] == 3
    assert by_name["g"]["complexity"] == 1 + 2
    assert by_name["inner"]["complexity"] == 1
    expected = {
        "complexity": 9, "lines": 24, "functions": 3, "classes": 1, "annotated": 2,
        "documented": 2, "comprehensions": 1, "lambdas": 1, "yields": 1, "handlers": 1,
        "raises": 1, "asserts": 1, "globals": 1, "imports": 2, "suppressions": 1, "runs_text": 1,
    }  # fmt: skip
    metrics = facts.metrics()
    assert {name: metrics[name] for name in expected} == expected


@pytest.mark.parametrize("text", [b"", b"def f(", b"x = \xff", b"(" * 30_000, b"-" * 60_000 + b"1"])
def test_any_text_is_read(text):
    assert read_python(text).metrics()["functions"] == 0


def test_what_python_says_of_a_text_has_its_place(tmp_path):
    file = tmp_path / "solution.py"

    def said(text):
        file.write_bytes(text)
        return read(str(file))

    assert said(b"print(undefined)\n") == []
    ((severity, _, line, column),) = said(b"x = 1\ny = = 2\n")
    assert (severity, line, column) == ("error", 2, 5)
    ((severity, message, line, _),) = said(b"x = '\\d'\n")
    assert (severity, line) == ("warning", 1)
    assert "invalid escape" in message
    ((severity, message, line, column),) = said(b"# coding: nothing\nx = 1\n")
    assert (severity, line, column) == ("error", None, None)
    assert "nothing" in message


def test_only_what_reading_prints_is_taken_for_its_words():
    assert messages(b'[["error", "m", 1, null]]') == [("error", "m", 1, None)]
    assert messages(b"Traceback") is None


def test_a_message_has_room_for_its_line():
    name, message = located(("E", "x" * 5000), 1234567)
    assert name == "E"
    assert len(message) == MOST + len(LINE.format(1234567)) <= 1000


def test_a_program_without_the_function_is_told_apart_from_one_that_fails():
    names, failure = only("f", ({"g": 1}, None), encode)
    assert (names, failure) == ({}, ("MissingFunctionError", "while it was loaded: f"))
    names, failure = only("f", ({"f": len}, ("E", "m")), encode)
    assert (names, failure) == ({}, ("E", "while it was loaded: m"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({10, 9, -1}, "{-1, 9, 10}"), ({"b", "a"}, "{'a', 'b'}"), (set(), "set()"),
        (frozenset({1}), "frozenset({1})"), (frozenset(), "frozenset()"), ((1,), "(1,)"),
        ((), "()"), ([(1, "a"), None], "[(1, 'a'), None]"),
        ({"b": {2, 1}, "a": ()}, "{'b': {1, 2}, 'a': ()}"), (True, "True"), (1.0, "1.0"),
        ({(2, 1), (1, 2)}, "{(1, 2), (2, 1)}"), (b"x", "b'x'"),
    ],
)  # fmt: skip
def test_values_as_python_writes_them(value, text):
    assert shown(value) == text
    assert eval(text) == value


def test_an_interface_is_the_head_of_a_function():
    interface = Interface("f", (("a", "list[int]"), ("k", "int")), "int | None")
    assert str(interface) == "def f(a: list[int], k: int) -> int | None"
    assert Interface.of(interface.to_json()) == interface


REFERENCE = '''\
from math import gcd

def f(values: list[int | None], k: int = 2) -> int:
    """Not 3 < 4."""
    found: dict[str, int] = {}
    for at, value in enumerate(values[1:]):
        if not value or at < k:
            continue
        found["a"] = gcd(value, -k) + pow(at, k)
        values.append(at)
        at += 1
    if k in found:
        raise ValueError("less than 5")
    return max(found.values(), default=0) if found else True
'''


def test_mutants_are_programs_with_one_mistake_that_somebody_could_see():
    found = mutants(REFERENCE)
    assert len({m.source for m in found}) == len(found)
    for mutant in found:
        ast.parse(mutant.source)  # ours, and trusted
    said = [m.description for m in found]
    for expected in (
        "another operator in line 7: < -> <=",
        "another operator in line 7: < -> >",
        "another operator in line 7: or -> and",
        "a dropped sign in line 7: not -> nothing",
        "a negated condition in line 7: not value or at < k -> not (not value or at < k)",
        "another jump in line 8: continue -> break",
        "another number in line 6: 1 -> 2",
        "another number in line 6: 1 -> 0",
        "a dropped sign in line 9: - -> nothing",
        "swapped arguments in line 9: at, k -> k, at",
        'another text in line 9: "a" -> "?"',
        'a dropped statement in line 9: found["a"] = gcd(value, -k) + pow(at, k) -> pass',
        "a dropped statement in line 10: values.append(at) -> pass",
        "another operator in line 11: += -> -=",
        "another operator in line 12: in -> not in",
        "another function in line 14: max -> min",
        "another value in line 14: True -> False",
        "a negated condition in line 14: found -> not (found)",
    ):
        assert expected in said
    # Annotations, docstrings, imports and the messages of exceptions are nobody's mistakes.
    assert not any("line 1:" in d or "line 4:" in d or "line 13:" in d for d in said)
    assert not any("line 3:" in d and "2" not in d for d in said)
    assert not any("gcd" in d and "swapped" in d for d in said)


def test_trivial_programs_do_nothing_of_what_is_asked():
    found = trivial(Interface("f", (("a", "list[int]"),), "dict[str, int]"))
    assert found["empty"] == ""
    assert found["default"] == "def f(a: list[int]) -> dict[str, int]:\n    return {}\n"
    assert found["identity of a"].endswith("return a\n")
    assert "None" in trivial(Interface("f", (), "int | None"))["default"]
    for source in found.values():
        ast.parse(source)
