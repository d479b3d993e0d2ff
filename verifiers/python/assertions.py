"""Reads tests as people and models write them: a call of one function, and what it is to give.

    assert middle([3, 1, 2]) == 2
    with raises(ValueError):
        middle([])

Nothing is executed. A test that is read so becomes a call and an expected value: the call goes into
the sandbox, the value never does, and no program wins by exiting, by patching or by returning what
equals everything.
"""

from __future__ import annotations

import ast
import re
import tokenize
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from .. import oracle
from .driver import NotPlainError, encode
from .interface import Interface, shown
from .trees import statements

# What Python thinks of the style of other people's tests is not this program's to say.
_NAME = "<test>"
warnings.filterwarnings("ignore", category=SyntaxWarning, module=re.escape(_NAME))

# Of one test, in characters: the parser below meets nothing that it could stumble over.
MAX_TEST = 2000

_BEGINS = re.compile(r"(assert\b|with\b)")
# What stands around tests and is none.
_FRAME = re.compile(r"(#|@|def test|class Test|import\b|from\b|pass\b|\"\"\"|''')")


@dataclass(frozen=True, slots=True)
class Written:
    """One test as it was written: `line` (from 1) and `text`, and what it asks; or `why` not."""

    line: int
    text: str
    case: oracle.Case | None = None
    why: str = ""


class UnreadableError(ValueError):
    """A test that is no call with an expected value; the message says why not."""


def read_tests(text: str, interface: Interface, most: int | None = None) -> list[Written]:
    """The tests in `text`, in their order; the first `most`, where that is given.

    Each begins a line with ``assert`` or ``with`` and ends where that statement does; an
    assertion's message, and whatever else the text holds, is passed over.
    """
    return [_read(line, chunk, interface) for line, chunk in islice(_chunks(text), most)]


def _chunks(text: str) -> Iterator[tuple[int, str]]:
    """The lines of each test, without the indentation of its first, and that one's number."""
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        if not _BEGINS.match(lines[at].strip()):
            at += 1
            continue
        indent = _indent(lines[at])
        rest = [line[min(indent, _indent(line)) :].rstrip() for line in _some(lines, at)]
        count = _statement(rest)
        if count is None or _parsed("\n".join(rest[:count])) is None:
            # It has no end, or is no Python: what comes after it may have both.
            count = next((n for n, line in enumerate(rest) if n and _stands_apart(line)), len(rest))
        yield at + 1, "\n".join(line for line in rest[:count] if line)
        at += count


def _some(lines: Sequence[str], first: int) -> list[str]:
    """The lines from `first` on, as many as a test may have, and one more."""
    found, length = [], 0
    for line in lines[first:]:
        found.append(line)
        length += len(line)
        if length > MAX_TEST:
            break
    return found


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _stands_apart(line: str) -> bool:
    bare = line.strip()
    return bool(_BEGINS.match(bare) or _FRAME.match(bare))


def _statement(lines: Sequence[str]) -> int | None:
    """How many lines the first statement has; None where it has no end."""
    found, depth = None, 0
    try:
        for token in tokenize.generate_tokens(iter([f"{line}\n" for line in lines]).__next__):
            if token.type == tokenize.INDENT:
                depth += 1
            elif token.type == tokenize.DEDENT:
                depth -= 1
            elif token.type == tokenize.NEWLINE:
                found = token.end[0]
            elif token.type in (tokenize.COMMENT, tokenize.NL):
                continue
            elif found is not None and depth == 0:
                return found
    except (tokenize.TokenError, SyntaxError):
        pass  # after its end, perhaps
    return found


def _parsed(text: str) -> list[ast.stmt] | None:
    """The statements of a text; None for what is not Python."""
    try:
        return statements(text, _NAME)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _read(line: int, text: str, interface: Interface) -> Written:
    try:
        return Written(line, text, read_test(text, interface))
    except UnreadableError as error:
        return Written(line, text, why=str(error))


def read_test(text: str, interface: Interface) -> oracle.Case:
    """What one test asks. Raises `UnreadableError`."""
    if len(text) > MAX_TEST:
        raise UnreadableError(f"it has more than {MAX_TEST} characters")
    body = _parsed(text)
    if body is None:
        raise UnreadableError("it is not Python")
    if len(body) != 1:
        raise UnreadableError("it is more than one statement")
    try:
        case = _case(body[0], interface)
        encode(list(case.call.arguments))
    except RecursionError as error:
        raise UnreadableError("it is nested too deeply") from error
    except NotPlainError as error:
        raise UnreadableError(f"its arguments are no plain data: {error}") from error
    return case


def _case(statement: ast.stmt, interface: Interface) -> oracle.Case:
    if isinstance(statement, ast.With):
        return _raising(statement, interface)
    if not isinstance(statement, ast.Assert):
        raise UnreadableError("it is no assertion")
    test = statement.test
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _truth(test.operand, False, interface)
    if not isinstance(test, ast.Compare):
        if isinstance(test, ast.Call) and _called(test) in ("isclose", "math.isclose"):
            return _close(test, interface)
        return _truth(test, True, interface)
    if len(test.ops) != 1:
        raise UnreadableError("it compares more than once")
    left, right = test.left, test.comparators[0]
    if isinstance(test.ops[0], (ast.Lt, ast.LtE)):
        return _distance(left, right, interface)
    if not isinstance(test.ops[0], (ast.Eq, ast.Is)):
        raise UnreadableError("it does not compare with ==")
    if not _is_call_of(left, interface):
        left, right = right, left
    call = _call(left, interface)
    if isinstance(right, ast.Call) and _called(right) in ("approx", "pytest.approx"):
        return _approximate(call, right)
    return _expected(call, literal(right))


def _expected(
    call: oracle.Call, value: object, tolerance: oracle.Tolerance = oracle.EXACT
) -> oracle.Case:
    try:
        return oracle.Case(call, oracle.Expectation(value, tolerance=tolerance))
    except NotPlainError as error:
        raise UnreadableError(f"what it expects is no plain data: {error}") from error


def _truth(test: ast.expr, value: bool, interface: Interface) -> oracle.Case:
    call = _call(test, interface)
    if interface.returns != "bool":
        raise UnreadableError("it does not say which value is expected")
    return _expected(call, value)


def _raising(statement: ast.With, interface: Interface) -> oracle.Case:
    context = statement.items[0].context_expr
    if (
        len(statement.items) != 1
        or not isinstance(context, ast.Call)
        or _called(context).rpartition(".")[2] not in ("raises", "assertRaises")
        or len(context.args) != 1
        or not isinstance(context.args[0], ast.Name)
    ):
        raise UnreadableError("it is no `with raises(AnException):`")
    inner = statement.body[0]
    if len(statement.body) != 1 or not isinstance(inner, (ast.Expr, ast.Assign)):
        raise UnreadableError("there is more than one call in it")
    call = _call(inner.value, interface)
    return oracle.Case(call, oracle.Expectation(raises=context.args[0].id))


def _distance(left: ast.expr, right: ast.expr, interface: Interface) -> oracle.Case:
    """``abs(f(x) - value) < bound``"""
    inside = left.args[0] if isinstance(left, ast.Call) and len(left.args) == 1 else None
    if (
        not isinstance(left, ast.Call)
        or _called(left) not in ("abs", "math.fabs")
        or not isinstance(inside, ast.BinOp)
        or not isinstance(inside.op, ast.Sub)
    ):
        raise UnreadableError("it does not compare with ==")
    result, value = inside.left, inside.right
    if not _is_call_of(result, interface):
        result, value = value, result
    return _expected(_call(result, interface), literal(value), _tolerance(absolute=literal(right)))


def _close(test: ast.Call, interface: Interface) -> oracle.Case:
    """``math.isclose(f(x), value, rel_tol=…, abs_tol=…)``"""
    if len(test.args) != 2:
        raise UnreadableError("it does not compare with ==")
    result, value = test.args
    if not _is_call_of(result, interface):
        result, value = value, result
    return _expected(
        _call(result, interface), literal(value), _bounds(test, "rel_tol", "abs_tol", (1e-9, 0.0))
    )


def _approximate(call: oracle.Call, wanted: ast.Call) -> oracle.Case:
    """``f(x) == pytest.approx(value, rel=…, abs=…)``"""
    if len(wanted.args) != 1:
        raise UnreadableError("it approximates no value")
    return _expected(call, literal(wanted.args[0]), _bounds(wanted, "rel", "abs", (1e-6, 1e-12)))


def _bounds(
    call: ast.Call, relative: str, absolute: str, default: tuple[float, float]
) -> oracle.Tolerance:
    given = {word.arg: literal(word.value) for word in call.keywords}
    if given.keys() - {relative, absolute}:
        raise UnreadableError(f"there are {relative} and {absolute} only")
    return _tolerance(given.get(relative, default[0]), given.get(absolute, default[1]))


def _tolerance(relative: Any = 0.0, absolute: Any = 0.0) -> oracle.Tolerance:
    try:
        return oracle.Tolerance(float(absolute), float(relative), numeric=True)
    except (TypeError, ValueError, OverflowError) as error:
        raise UnreadableError("its tolerance is none") from error


def _called(call: ast.Call) -> str:
    """The dotted name of what is called; "" for anything else."""
    function = call.func
    if isinstance(function, ast.Name):
        return function.id
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return f"{function.value.id}.{function.attr}"
    return ""


def _is_call_of(node: ast.expr, interface: Interface) -> bool:
    return isinstance(node, ast.Call) and _called(node) == interface.name


def _call(node: ast.expr, interface: Interface) -> oracle.Call:
    if not isinstance(node, ast.Call) or _called(node) != interface.name:
        raise UnreadableError(f"it does not call {interface.name}")
    arguments = [literal(argument) for argument in node.args]
    words = {word.arg: literal(word.value) for word in node.keywords if word.arg is not None}
    if len(words) < len(node.keywords):
        raise UnreadableError("it calls with **")
    for name, _ in interface.parameters[len(arguments) :]:
        if name not in words:
            raise UnreadableError(f"it calls without {name}")
        arguments.append(words.pop(name))
    if words or len(arguments) > len(interface.parameters):
        raise UnreadableError("it calls with too many arguments")
    return oracle.Call(interface.name, tuple(arguments))


def literal(node: ast.expr) -> Any:
    """The plain data that an expression writes down. Raises `UnreadableError` for any other."""
    if isinstance(node, ast.Constant) and node.value is not Ellipsis:
        if isinstance(node.value, complex):
            raise UnreadableError("there are no complex numbers")
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        value = literal(node.operand)
        if type(value) in (int, float):
            return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.List):
        return [literal(item) for item in node.elts]
    if isinstance(node, ast.Tuple):
        return tuple(literal(item) for item in node.elts)
    try:
        if isinstance(node, ast.Set):
            return {literal(item) for item in node.elts}
        if isinstance(node, ast.Dict) and None not in node.keys:
            keys = [literal(key) for key in node.keys if key is not None]
            return dict(zip(keys, map(literal, node.values), strict=True))
        if isinstance(node, ast.Call) and not node.keywords:
            return _built(_called(node), node.args)
    except TypeError as error:
        raise UnreadableError("a list, a set or a dict is in a set, or is a key") from error
    raise UnreadableError("a value is not written down")


def _built(name: str, arguments: Sequence[ast.expr]) -> Any:
    """``set()``, ``frozenset({1})``, ``float("inf")``: literals that Python has no signs for."""
    given = [literal(argument) for argument in arguments]
    if name in ("set", "frozenset") and len(given) <= 1:
        held = given[0] if given else ()
        if isinstance(held, (list, tuple, set, frozenset)):
            return set(held) if name == "set" else frozenset(held)
    if name == "float" and given and given[0] in ("inf", "-inf", "nan"):
        return float(given[0])
    raise UnreadableError("a value is not written down")


def written(case: oracle.Case) -> str:
    """`case` as a test that `read_tests` reads."""
    call = f"{case.call.function}({', '.join(map(shown, case.call.arguments))})"
    wanted = case.expectation
    if wanted.raises:
        return f"with raises({wanted.raises}):\n    {call}"
    return f"assert {call} == {shown(wanted.value)}"
