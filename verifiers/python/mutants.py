"""Small mistakes made in a Python program on purpose, and programs that do nothing.

Mutants are edits of one token, one expression or one statement, read off the syntax tree, of the
kinds that mutmut and Mull make. What nobody can see is left alone: annotations, docstrings, and the
messages of exceptions. Mutants and their order follow from the text alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..syntax import python_parser, walk
from .interface import Interface

_OPERATORS = {
    "<": ("<=", ">"), "<=": ("<", ">="), ">": (">=", "<"), ">=": (">", "<="),
    "==": ("!=",), "!=": ("==",), "and": ("or",), "or": ("and",),
    "in": ("not in",), "not in": ("in",), "is": ("is not",), "is not": ("is",),
    "+": ("-",), "-": ("+",), "*": ("+",), "/": ("//",), "//": ("*",), "%": ("//",), "**": ("*",),
    "&": ("|",), "|": ("&",), "^": ("&",), "<<": (">>",), ">>": ("<<",),
    "+=": ("-=",), "-=": ("+=",), "*=": ("+=",), "/=": ("//=",), "//=": ("*=",), "%=": ("//=",),
    "&=": ("|=",), "|=": ("&=",), "^=": ("&=",), "<<=": (">>=",), ">>=": ("<<=",),
}  # fmt: skip
_OPERATIONS = {
    "comparison_operator", "boolean_operator", "binary_operator", "augmented_assignment",
}  # fmt: skip
# Functions and methods by name.
_CALLED = {
    "min": "max", "max": "min", "any": "all", "all": "any", "sum": "len", "sorted": "list",
    "append": "remove", "add": "discard", "popleft": "pop", "appendleft": "append",
    "startswith": "endswith", "endswith": "startswith", "upper": "lower", "lower": "upper",
    "lstrip": "rstrip", "rstrip": "lstrip", "find": "rfind", "rfind": "find",
    "bisect_left": "bisect_right", "bisect_right": "bisect_left", "heappop": "heappushpop",
    "union": "intersection", "intersection": "union", "isdigit": "isalpha", "isalpha": "isdigit",
    "keys": "values", "values": "keys", "removeprefix": "removesuffix",
    "removesuffix": "removeprefix", "partition": "rpartition", "rpartition": "partition",
}  # fmt: skip
# Their two arguments may be swapped without anybody seeing it.
_SYMMETRIC = {"min", "max", "gcd", "lcm", "isclose", "hypot"}
# Of these and what is in them nobody sees anything; a raise keeps the type alone.
_UNSEEN = {"type", "decorator", "raise_statement", "assert_statement", "comment"}
_IMPORTS = {"import_statement", "import_from_statement", "future_import_statement"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A program with one mistake. `description` names the kind, the line and the edit."""

    kind: str
    description: str
    source: str


def mutants(source: str) -> list[Mutant]:
    """All of a program's, in the order of the text; each text once."""
    data = source.encode()
    root = python_parser().parse(data).root_node
    found: dict[str, Mutant] = {}
    for node in walk(root):
        if _is_unseen(node):
            continue
        for kind, start, end, text in _edits(node):
            changed = (data[:start] + text.encode() + data[end:]).decode()
            line = data[:start].count(b"\n") + 1
            old = " ".join(data[start:end].decode().split())
            description = f"{kind} in line {line}: {old} -> {text or 'nothing'}"
            if changed != source:
                found.setdefault(changed, Mutant(kind, description, changed))
    return list(found.values())


def _is_unseen(node: Any) -> bool:
    while node is not None:
        if node.type in _UNSEEN or node.type in _IMPORTS:
            return True
        node = node.parent
    return False


_Edit = tuple[str, int, int, str]


def _edits(node: Any) -> Iterator[_Edit]:
    kind, text = node.type, node.text.decode() if node.child_count == 0 else ""
    start, end = node.start_byte, node.end_byte
    parent = node.parent.type if node.parent is not None else ""
    if kind in _OPERATORS and parent in _OPERATIONS:
        for other in _OPERATORS[kind]:
            yield "another operator", start, end, other
    elif kind == "integer" and text.isdecimal():
        value = int(text)
        yield "another number", start, end, str(value + 1)
        if value > 0:
            yield "another number", start, end, str(value - 1)
    elif kind in ("true", "false"):
        yield "another value", start, end, "False" if kind == "true" else "True"
    elif kind in ("not_operator", "unary_operator"):
        argument = node.child_by_field_name("argument")
        yield "a dropped sign", start, argument.start_byte, ""
    elif kind in ("if_statement", "elif_clause", "while_statement"):
        yield from _negated(node.child_by_field_name("condition"))
    elif kind == "conditional_expression":
        yield from _negated(node.named_children[1])
    elif kind == "if_clause":
        yield from _negated(node.named_children[0])
    elif kind == "string" and parent != "expression_statement" and not _is_formatted(node):
        yield "another text", start, end, '"?"' if node.text != b'"?"' else '"!"'
    elif kind == "break_statement":
        yield "another jump", start, end, "continue"
    elif kind == "continue_statement":
        yield "another jump", start, end, "break"
    elif kind == "return_statement" and node.named_child_count:
        value = node.named_children[0]
        yield "another result", value.start_byte, value.end_byte, "None"
    elif kind == "expression_statement" and _does_something(node.children[0]):
        yield "a dropped statement", start, end, "pass"
    elif kind == "call":
        yield from _calls(node)


def _negated(condition: Any) -> Iterator[_Edit]:
    old = condition.text.decode()
    yield "a negated condition", condition.start_byte, condition.end_byte, f"not ({old})"


def _is_formatted(string: Any) -> bool:
    return any(child.type == "interpolation" for child in string.children)


def _does_something(expression: Any) -> bool:
    """Whether a statement changes what is there, or may leave; to bind a plain name does neither,
    and whoever drops that has a name error for a mistake."""
    if expression.type == "assignment":
        left = expression.child_by_field_name("left")
        return left.type in ("subscript", "attribute")
    return expression.type in ("augmented_assignment", "call")


def _calls(call: Any) -> Iterator[_Edit]:
    function = call.child_by_field_name("function")
    if function.type == "attribute":
        function = function.child_by_field_name("attribute")
    name = function.text.decode()
    if name in _CALLED:
        yield "another function", function.start_byte, function.end_byte, _CALLED[name]
    arguments = call.child_by_field_name("arguments")
    if arguments.type != "argument_list" or name in _SYMMETRIC:
        return
    given = [c for c in arguments.named_children if c.type not in ("keyword_argument", "comment")]
    if len(given) == 2 and not any("splat" in child.type for child in given):
        one, other = given
        between = call.text[one.end_byte - call.start_byte : other.start_byte - call.start_byte]
        swapped = other.text + between + one.text
        yield "swapped arguments", one.start_byte, other.end_byte, swapped.decode()


def trivial(interface: Interface) -> dict[str, str]:
    """Programs that do nothing of what is asked, by name."""
    bodies = {
        "nothing": "pass",
        "stub": "raise NotImplementedError",
        "default": f"return {_default(interface.returns)}",
        "one": "return 1",
        "true": "return True",
    }
    bodies |= {
        f"identity of {name}": f"return {name.lstrip('*')}" for name, _ in interface.parameters
    }
    found = {name: f"{interface}:\n    {body}\n" for name, body in bodies.items()}
    return {"empty": "", **found}


def trivial_test(interface: Interface) -> str:
    """A test that anybody can write: of nothing comes nothing."""
    arguments = ", ".join(_default(kind) for _, kind in interface.parameters)
    return f"assert {interface.name}({arguments}) == {_default(interface.returns)}\n"


_DEFAULTS = {
    "int": "0", "float": "0.0", "str": '""', "bytes": 'b""', "bool": "False", "list": "[]",
    "tuple": "()", "set": "set()", "frozenset": "frozenset()", "dict": "{}",
}  # fmt: skip


def _default(kind: str) -> str:
    """The empty value of a type; None for one that may be None."""
    if "None" in kind.split(" | "):
        return "None"
    return _DEFAULTS.get(kind.partition("[")[0].strip(), "None")
