"""Small mistakes made in a Rust program on purpose, and programs that do nothing.

Mutants are edits of one token or one statement, read off the syntax tree; those that rustc refuses
say nothing about tests and are left out by whoever counts. Mutants and their order follow from the
text alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..syntax import rust_parser, walk
from .interface import Interface

_OPERATORS = {
    "<": ("<=", ">"), "<=": ("<", ">="), ">": (">=", "<"), ">=": (">", "<="),
    "==": ("!=",), "!=": ("==",), "&&": ("||",), "||": ("&&",),
    "+": ("-",), "-": ("+",), "*": ("+",), "/": ("*",), "%": ("/",),
    "&": ("|",), "|": ("&",), "^": ("&",), "<<": (">>",), ">>": ("<<",),
    "+=": ("-=",), "-=": ("+=",), "*=": ("+=",), "/=": ("*=",), "%=": ("/=",),
    "&=": ("|=",), "|=": ("&=",), "^=": ("&=",), "<<=": (">>=",), ">>=": ("<<=",),
    "..": ("..=",), "..=": ("..",),
}  # fmt: skip
_METHODS = {
    "min": "max", "max": "min", "any": "all", "all": "any", "first": "last", "last": "first",
    "skip": "take", "take": "skip", "is_some": "is_none", "is_none": "is_some", "is_ok": "is_err",
    "push_back": "push_front", "push_front": "push_back", "pop_front": "pop_back",
    "pop_back": "pop_front", "min_by_key": "max_by_key", "max_by_key": "min_by_key",
    "sum": "product", "position": "rposition", "starts_with": "ends_with",
    "ends_with": "starts_with", "to_ascii_uppercase": "to_ascii_lowercase",
    "to_ascii_lowercase": "to_ascii_uppercase", "saturating_sub": "wrapping_sub",
    "take_while": "filter", "skip_while": "filter", "sort": "reverse",
}  # fmt: skip
_VALUES = {"true": "false", "false": "true"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A program with one mistake. `description` names the kind, the line and the edit."""

    kind: str
    description: str
    source: str


def mutants(source: str) -> list[Mutant]:
    """All of a program's, in the order of the text; each text once."""
    data = source.encode()
    root = rust_parser().parse(data).root_node
    found: dict[str, Mutant] = {}
    for node in walk(root):
        for kind, start, end, text in _edits(node):
            changed = (data[:start] + text.encode() + data[end:]).decode()
            line = data[:start].count(b"\n") + 1
            old = " ".join(data[start:end].decode().split())
            description = f"{kind} in line {line}: {old} -> {text or 'nothing'}"
            if changed != source:
                found.setdefault(changed, Mutant(kind, description, changed))
    return list(found.values())


_Edit = tuple[str, int, int, str]


def _edits(node: Any) -> Iterator[_Edit]:
    kind, text = node.type, node.text.decode() if node.child_count == 0 else ""
    start, end = node.start_byte, node.end_byte
    parent = node.parent.type if node.parent is not None else ""
    if kind in _OPERATORS and parent in (
        "binary_expression", "compound_assignment_expr", "range_expression", "range_pattern",
    ):  # fmt: skip
        for other in _OPERATORS[kind]:
            yield "another operator", start, end, other
    elif kind == "integer_literal" and parent not in ("array_type", "attribute"):
        if text.isdigit():  # one with a type or in another base stays as it is
            value = int(text)
            yield "another number", start, end, str(value + 1)
            if value > 0:
                yield "another number", start, end, str(value - 1)
    elif kind in ("true", "false"):
        yield "another value", start, end, _VALUES[kind]
    elif kind == "unary_expression" and node.children[0].type == "!":
        yield "a dropped negation", start, node.children[0].end_byte, ""
    elif kind == "field_identifier" and text in _METHODS and _is_method(node):
        yield "another method", start, end, _METHODS[text]
    elif kind in ("if_expression", "while_expression"):
        condition = node.child_by_field_name("condition")
        if condition.type not in ("let_condition", "let_chain"):
            old = condition.text.decode()
            yield "a negated condition", condition.start_byte, condition.end_byte, f"!({old})"
    elif kind == "expression_statement" and node.text.endswith(b";"):
        yield "a dropped statement", start, end, ""
    elif kind == "string_literal" and parent != "attribute":
        yield "another text", start, end, '"?"' if text != '"?"' else '"!"'
    elif kind == "char_literal":
        yield "another character", start, end, "'#'"
    elif kind == "break_expression" and text == "break":
        yield "another jump", start, end, "continue"
    elif kind == "continue_expression" and text == "continue":
        yield "another jump", start, end, "break"


def _is_method(node: Any) -> bool:
    parent = node.parent
    while parent is not None and parent.type in ("field_expression", "generic_function"):
        parent = parent.parent
    return parent is not None and parent.type == "call_expression"


def trivial(interface: Interface) -> dict[str, str]:
    """Programs that do nothing of what is asked, by name."""
    head = str(interface)
    bodies = {"stub": "todo!()", "default": "Default::default()"}
    if interface.returns.startswith("Result<"):
        bodies["default"] = "Ok(Default::default())"
    for name, kind in interface.parameters:
        plain = kind.lstrip("&").strip()
        if kind == interface.returns:
            bodies[f"identity of {name}"] = name
        elif plain == "str" and interface.returns == "String":
            bodies[f"identity of {name}"] = f"{name}.to_string()"
        elif plain.startswith("[") and interface.returns == f"Vec<{plain[1:-1]}>":
            bodies[f"identity of {name}"] = f"{name}.to_vec()"
    found = {name: f"{head} {{\n    {body}\n}}\n" for name, body in bodies.items()}
    return {"empty": "", **found}
