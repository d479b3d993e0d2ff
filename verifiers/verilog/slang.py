"""The text of a Verilog program, read by slang (https://sv-lang.com): its syntax errors, which say
more than Icarus's, and what a reader of it would count. Nothing here decides whether it is right.

It runs on this side of the sandbox, so that it never sees what could be dear or could read files:
no file is included, and a text that defines macros is left to Icarus.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from ..verdict import Diagnostic, Severity

# Macros can double a text with every line. These directives cannot, and are what designs have.
_HARMLESS = {
    "timescale", "default_nettype", "resetall", "celldefine", "endcelldefine", "ifdef", "ifndef",
    "else", "elsif", "endif", "begin_keywords", "end_keywords",
}  # fmt: skip
_DIRECTIVE = re.compile(r"`\s*(\w+)")
# Deeper than any design, and far from what would overflow a stack.
_MAX_DEPTH = 256


@dataclass(frozen=True, slots=True)
class VerilogFacts:
    """What a text shows.

    `diagnostics`: slang's errors about its syntax; empty when it was not asked. `modules`: the
    names of the modules in it, in order. `comments`: all of them, without their marks. `lines`:
    those that hold more than space. `counts`: see `VERILOG_COUNTS`.
    """

    diagnostics: tuple[Diagnostic, ...] = ()
    modules: tuple[str, ...] = ()
    comments: str = ""
    lines: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def metrics(self) -> dict[str, float]:
        """The numbers by name."""
        return {"lines": float(self.lines), **{n: float(self.counts[n]) for n in VERILOG_COUNTS}}


VERILOG_COUNTS = ("modules", "always", "assigns", "instances", "ifs", "cases", "initials")

_KINDS = {
    "AlwaysBlock": "always", "AlwaysFFBlock": "always", "AlwaysCombBlock": "always",
    "AlwaysLatchBlock": "always", "ContinuousAssign": "assigns",
    "HierarchyInstantiation": "instances", "ConditionalStatement": "ifs",
    "CaseStatement": "cases", "InitialBlock": "initials",
}  # fmt: skip


def read_verilog(source: str) -> VerilogFacts:
    """The facts of a program."""
    from pyslang import Bag, DiagnosticEngine, SourceManager, parsing, syntax

    comments = _comments(source)
    lines = sum(1 for line in source.splitlines() if line.strip())
    if "\0" in source or any(name not in _HARMLESS for name in _DIRECTIVE.findall(source)):
        return VerilogFacts(comments=comments, lines=lines)
    options = Bag()
    preprocessor = parsing.PreprocessorOptions()
    preprocessor.maxIncludeDepth = 0
    options.preprocessorOptions = preprocessor
    parser = parsing.ParserOptions()
    parser.maxRecursionDepth = _MAX_DEPTH
    options.parserOptions = parser
    manager = SourceManager()
    try:
        tree = syntax.SyntaxTree.fromText(source, manager, "solution.sv", "", options)
    except RuntimeError:  # nested too deeply
        return VerilogFacts(comments=comments, lines=lines)
    engine = DiagnosticEngine(manager)
    said = tuple(
        Diagnostic(
            engine.formatMessage(found),
            manager.getLineNumber(found.location),
            manager.getColumnNumber(found.location),
            Severity.ERROR,
        )
        for found in tree.diagnostics
        if found.isError()
    )
    counts: Counter[str] = Counter()
    modules: list[str] = []

    def visit(node: Any) -> None:
        kind = getattr(getattr(node, "kind", None), "name", "")
        if kind in _KINDS:
            counts[_KINDS[kind]] += 1
        elif kind == "ModuleDeclaration":
            modules.append(str(node.header.name.value))

    tree.root.visit(visit)
    counts["modules"] = len(modules)
    return VerilogFacts(said, tuple(modules), comments, lines, counts)


_COMMENT_OR_TEXT = re.compile(r'"(?:[^"\\\n]|\\.)*"|//([^\n]*)|/\*(.*?)\*/', re.DOTALL)


def _comments(source: str) -> str:
    found = (m[1] or m[2] or "" for m in _COMMENT_OR_TEXT.finditer(source))
    return "\n".join(text.strip() for text in found if text.strip())
