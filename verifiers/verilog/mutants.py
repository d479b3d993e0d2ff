"""Small mistakes made in a Verilog module on purpose, and modules that do nothing.

Mutants are edits of one token, expression or statement, read off slang's syntax tree; those that
are refused, and those proven to do the same as the original, say nothing about tests and are left
out by whoever counts. Mutants and their order follow from the text alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .interface import Interface

_OPERATORS = {
    "<": ("<=", ">"), "<=": ("<", ">="), ">": (">=", "<"), ">=": (">", "<="),
    "==": ("!=",), "!=": ("==",), "&&": ("||",), "||": ("&&",),
    "+": ("-",), "-": ("+",), "*": ("+",), "&": ("|",), "|": ("&",), "^": ("|",),
    "<<": (">>",), ">>": ("<<",), ">>>": (">>",),
}  # fmt: skip
_REDUCTIONS = {"&": "|", "|": "&", "^": "|"}
# A literal in one of these says how wide something is or how a state is coded.
_SHAPES = {"RangeDimensionSpecifier", "VariableDimension", "ParameterDeclaration"}
_LITERAL = re.compile(r"(\d+)?'([bdh])([0-9a-fA-F]+)\Z")


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module with one mistake. `description` names the kind, the line and the edit."""

    kind: str
    description: str
    source: str


_Edit = tuple[str, int, int, str]


def mutants(source: str) -> list[Mutant]:
    """All of a program's, in the order of the text; each text once. It is one of ours: the task's
    reference, in ASCII."""
    from pyslang import SourceManager, syntax

    # The tree's places belong to the manager: both must live as long as they are read.
    manager = SourceManager()
    tree = syntax.SyntaxTree.fromText(source, manager, "reference.sv", "")
    edits: list[_Edit] = []
    tree.root.visit(lambda node: edits.extend(_edits(node, source)))
    found: dict[str, Mutant] = {}
    for kind, start, end, text in sorted(edits, key=lambda edit: edit[1:3]):
        changed = source[:start] + text + source[end:]
        line = source.count("\n", 0, start) + 1
        old = " ".join(source[start:end].split())
        description = f"{kind} in line {line}: {old} -> {text or 'nothing'}"
        if changed != source:
            found.setdefault(changed, Mutant(kind, description, changed))
    return list(found.values())


def _edits(node: Any, source: str) -> Iterator[_Edit]:
    kind = getattr(node.kind, "name", "")
    if kind in ("NonblockingAssignmentExpression", "AssignmentExpression"):
        return
    if hasattr(node, "operatorToken"):
        at = node.operatorToken.location.offset
        sign = node.operatorToken.rawText
        if hasattr(node, "left"):
            for other in _OPERATORS.get(sign, ()):
                yield "another operator", at, at + len(sign), other
        elif sign in ("!", "~"):
            yield "a dropped negation", at, at + len(sign), ""
        elif sign in _REDUCTIONS:
            yield "another operator", at, at + len(sign), _REDUCTIONS[sign]
        return
    if not hasattr(node, "sourceRange"):  # a token
        return
    start, end = node.sourceRange.start.offset, node.sourceRange.end.offset
    text = source[start:end]
    if kind in ("IntegerVectorExpression", "IntegerLiteralExpression"):
        if not _is_a_shape(node):
            for other in _numbers(text):
                yield "another number", start, end, other
    elif kind == "ConditionalPredicate":
        yield "a negated condition", start, end, f"!({text})"
    elif kind == "ConditionalExpression":
        yes = _text(node.left, source)
        no = _text(node.right, source)
        head = source[start : node.left.sourceRange.start.offset]
        yield "swapped choices", start, end, f"{head}{no} : {yes}"
    elif kind == "ExpressionStatement":
        yield "a dropped statement", start, end, ";"
    elif kind == "SignalEventExpression" and text.startswith(("posedge", "negedge")):
        other = "negedge" if text.startswith("posedge") else "posedge"
        yield "another edge", start, start + 7, other


def _text(node: Any, source: str) -> str:
    return source[node.sourceRange.start.offset : node.sourceRange.end.offset]


def _is_a_shape(node: Any) -> bool:
    while node is not None:
        if node.kind.name in _SHAPES:
            return True
        node = node.parent
    return False


def _numbers(text: str) -> Iterator[str]:
    """A literal's neighbours that have room in its width."""
    if text.isdigit():
        yield str(int(text) + 1)
        if int(text) > 0:
            yield str(int(text) - 1)
        return
    match = _LITERAL.match(text)
    if match is None:
        return
    size, base, digits = match.groups()
    radix = {"b": 2, "d": 10, "h": 16}[base]
    value = int(digits, radix)
    for other in (value + 1, value - 1):
        if other >= 0 and (size is None or other < 1 << int(size)):
            written = {"b": f"{other:0{len(digits)}b}", "d": f"{other}", "h": f"{other:x}"}[base]
            yield f"{size or ''}'{base}{written}"


def trivial(interface: Interface) -> dict[str, str]:
    """Modules that do nothing of what is asked, by name."""
    head = interface.header()

    def assigned(value: str) -> str:
        return "".join(f"  assign {port.name} = {value};\n" for port in interface.outputs)

    found = {
        "empty": "",
        "undriven": f"{head}endmodule\n",
        "zeros": head + assigned("'0") + "endmodule\n",
        "ones": head + assigned("'1") + "endmodule\n",
    }
    for port in interface.inputs:
        found[f"identity of {port.name}"] = f"{head}{assigned(port.name)}endmodule\n"
    return found
