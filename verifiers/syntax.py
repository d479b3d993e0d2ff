"""What the text of a program shows, read off its syntax tree (tree-sitter): complexity, nesting,
structure, idioms. Nothing here decides whether a program is right; only compilers and tests do.

McCabe's cyclomatic complexity of a function is 1 + its decisions (McCabe, "A complexity measure",
IEEE TSE 2 (1976)); a file's is that of its most complex function. Operators that may not evaluate
their right side are reported apart, as an extended complexity.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

# Rust's decisions: `loop` has none of its own, and of a `match` all arms but one are one each.
_DECISIONS = {"if_expression", "while_expression", "for_expression", "try_expression"}
_NESTING = {
    "if_expression", "while_expression", "for_expression", "loop_expression", "match_expression",
    "closure_expression",
}  # fmt: skip
_PANICS = {"panic", "todo", "unimplemented", "unreachable"}
_ASSERTS = {"assert", "debug_assert"}
_PANICKING = {"unwrap", "expect", "unwrap_err", "expect_err"}
_ITERATOR = {
    "iter", "iter_mut", "into_iter", "map", "filter", "filter_map", "flat_map", "fold", "collect",
    "enumerate", "zip", "take", "take_while", "skip", "skip_while", "any", "all", "find",
    "position", "sum", "product", "chain", "rev", "windows", "chunks", "peekable", "scan",
}  # fmt: skip
# A chain of method calls is one from here on.
_CHAIN = 3
_RAW_STRING = re.compile(rb'r(#+)"')
# tree-sitter looks for the end of each raw string anew, to the end of the text where there is none:
# 8 seconds for 64 kB of their beginnings, in which the host does nothing else.
_MOST_UNENDED = 256


@dataclass(frozen=True, slots=True)
class RustFacts:
    """What a Rust program's text shows. Counts, unless said otherwise.

    `parses`: the tree has no error. `functions`: for each, its ``name``, ``complexity``,
    ``complexity_extended`` and ``nesting``. `lines`: those that are not empty. `documented`: items
    with a doc comment. `panics`: `unwrap`, `expect`, the macros that
    panic and `assert!(false)`, by whatever path, in the arguments of other macros, too. `handling`:
    `?` and matches on what may fail. `chains`: chains of at least three method calls.
    """

    parses: bool
    functions: list[dict[str, Any]] = field(default_factory=list)
    lines: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def metrics(self) -> dict[str, float]:
        """All of it as numbers by name: the measures of the whole file, then the counts."""
        return {
            **_measures(self.functions, self.lines),
            **{name: float(self.counts[name]) for name in RUST_COUNTS},
        }


def _measures(functions: list[dict[str, Any]], lines: int) -> dict[str, float]:
    """What is measured of a whole file: as much as of its worst function."""
    return {
        "complexity": float(max((f["complexity"] for f in functions), default=1)),
        "complexity_extended": float(max((f["complexity_extended"] for f in functions), default=1)),
        "nesting": float(max((f["nesting"] for f in functions), default=0)),
        "lines": float(lines),
    }


RUST_COUNTS = (
    "functions", "structs", "enums", "traits", "impls", "options", "results", "documented",
    "handling", "panics", "unsafe_blocks", "iterators", "patterns", "closures", "chains",
)  # fmt: skip


@cache
def rust_parser() -> Any:
    import tree_sitter_rust
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_rust.language()))


def read_rust(source: bytes) -> RustFacts:
    """The facts of a program, UTF-8. A text that does not parse has those of what could be read;
    none but its lines are read of one that would take the host too long."""
    lines = sum(1 for line in source.splitlines() if line.strip())
    if _unended_raw_strings(source) > _MOST_UNENDED:
        return RustFacts(False, lines=lines)
    root = rust_parser().parse(source).root_node
    counts: Counter[str] = Counter()
    functions: list[dict[str, Any]] = []
    told: set[int] = set()
    for node in walk(root):
        _count(node, counts, told)
        if node.type == "function_item":
            functions.append(_function(node))
    counts["functions"] = len(functions)
    return RustFacts(not root.has_error, functions, lines, counts)


def _unended_raw_strings(source: bytes) -> int:
    """How often something begins like a raw string behind which nothing could end it."""
    ends: dict[bytes, int] = {}
    found = 0
    for begin in _RAW_STRING.finditer(source):
        hashes = begin[1]
        if hashes not in ends:
            ends[hashes] = source.rfind(b'"' + hashes)
        found += ends[hashes] < begin.end()
    return found


def walk(node: Any) -> Iterator[Any]:
    """A node and all below it, in the order of the text; without recursion, since a program's
    nesting is its own choice. Who reads a candidate asks no node for its parent: tree-sitter looks
    for it from the root down, which takes a deep program quadratic time."""
    cursor = node.walk()
    down = True
    while True:
        if down:
            yield cursor.node
            if cursor.goto_first_child():
                continue
        if cursor.goto_next_sibling():
            down = True
            continue
        if not cursor.goto_parent() or cursor.node == node:
            return
        down = False


def _text(node: Any) -> str:
    return str(node.text.decode("utf-8", "replace")) if node is not None else ""


def _function(function: Any) -> dict[str, Any]:
    """One function; those within it are theirs, not its."""
    decisions = shortcuts = deepest = 0
    # With each node its depth, and whether it is what an `else` has.
    stack: list[tuple[Any, int, bool]] = [(function.child_by_field_name("body"), 0, False)]
    while stack:
        node, depth, is_else = stack.pop()
        if node is None or node.type == "function_item":
            continue
        if node.type in _DECISIONS or _is_let_else(node):
            decisions += 1
        elif node.type == "match_block":
            decisions += max(0, sum(c.type == "match_arm" for c in node.children) - 1)
        elif node.type == "binary_expression":
            shortcuts += _text(node.child_by_field_name("operator")) in ("&&", "||")
        if node.type in _NESTING and not is_else:
            depth += 1
            deepest = max(deepest, depth)
        has_else = node.type == "else_clause"
        stack.extend((child, depth, has_else) for child in node.children)
    return {
        "name": _text(function.child_by_field_name("name")),
        "complexity": 1 + decisions,
        "complexity_extended": 1 + decisions + shortcuts,
        "nesting": deepest,
    }


def _is_let_else(node: Any) -> bool:
    return node.type == "let_declaration" and node.child_by_field_name("alternative") is not None


_KINDS = {
    "struct_item": "structs", "enum_item": "enums", "trait_item": "traits", "impl_item": "impls",
    "try_expression": "handling", "unsafe_block": "unsafe_blocks",
    "closure_expression": "closures", "match_expression": "patterns", "let_condition": "patterns",
}  # fmt: skip
_TYPES = {"Option": "options", "Result": "results"}


def _count(node: Any, counts: Counter[str], told: set[int]) -> None:
    """Counts a node. `told`: the ids of those of which a node above has told what they are: calls
    on whose result another method is called, and paths that call nothing."""
    kind = node.type
    if kind in _KINDS:
        counts[_KINDS[kind]] += 1
    elif kind == "type_identifier":
        name = _TYPES.get(_text(node))
        if name:
            counts[name] += 1
    elif kind in ("line_comment", "block_comment"):
        if node.child_by_field_name("doc") is not None:
            counts["documented"] += 1
    elif kind == "function_modifiers":
        counts["unsafe_blocks"] += any(child.type == "unsafe" for child in node.children)
    elif kind == "use_declaration":
        told.update(below.id for below in walk(node))
    elif kind == "macro_invocation":
        macro = node.child_by_field_name("macro")
        if macro is not None:
            told.add(macro.id)
            counts["panics"] += _is_panic(_last(macro), node.children[-1])
    elif kind == "token_tree":
        counts["panics"] += _panics_among(_tokens(node))
    elif kind == "scoped_identifier":
        told.update(child.id for child in node.children)
        # Called, or handed to what calls it: `.map(Option::unwrap)`.
        counts["panics"] += node.id not in told and _last(node) in _PANICKING
    elif kind == "call_expression":
        _count_call(node, counts, told)


def _count_call(node: Any, counts: Counter[str], told: set[int]) -> None:
    method = _method(node)
    if method in _PANICKING:
        counts["panics"] += 1
    if method in _ITERATOR:
        counts["iterators"] += 1
    if method is None or node.id in told:
        return
    length = 0
    while node is not None and _method(node) is not None:
        length += 1
        node = node.child_by_field_name("function").child_by_field_name("value")
        if node is not None and node.type == "call_expression":
            told.add(node.id)
    counts["chains"] += length >= _CHAIN


def _method(node: Any) -> str | None:
    """The name of the method that a call is of; None for other calls and nodes."""
    if node.type != "call_expression":
        return None
    function = node.child_by_field_name("function")
    if function is not None and function.type == "generic_function":
        function = function.child_by_field_name("function")
    if function is None or function.type != "field_expression":
        return None
    return _name(function.child_by_field_name("field"))


def _name(node: Any) -> str:
    """What an identifier names; raw ones name the same."""
    return _text(node).removeprefix("r#")


def _last(path: Any) -> str:
    """The last name of a path."""
    return _name(path.child_by_field_name("name") if path.type == "scoped_identifier" else path)


def _tokens(tree: Any) -> list[Any]:
    """What stands in a macro's arguments, their brackets first and last, but for comments."""
    return [c for c in tree.children if c.type not in ("line_comment", "block_comment")]


def _panics_among(tokens: list[Any]) -> int:
    """The panics in a macro's arguments, which have no structure but brackets: other macros, and
    what stands behind a dot or in a path."""
    found = 0
    for i, token in enumerate(tokens[1:-1], 1):
        if token.type != "identifier":
            continue
        before, after = tokens[i - 1].type, tokens[i + 1].type
        if after == "!" and i + 2 < len(tokens):
            found += _is_panic(_name(token), tokens[i + 2])
        elif before in (".", "::") and after != "::":
            found += _name(token) in _PANICKING
    return found


def _is_panic(macro: str, arguments: Any) -> bool:
    """Whether a macro panics whenever it is reached."""
    if arguments.type != "token_tree":
        return False
    if macro not in _ASSERTS:
        return macro in _PANICS
    asserted = _tokens(arguments)[1:3]
    return (
        len(asserted) == 2
        and asserted[0].type == "boolean_literal"
        and _text(asserted[0]) == "false"
        and asserted[1].type in (",", ")", "]", "}")
    )


# ---------------------------------------------------------------- Python

# Python's decisions; of a `match` all cases but one are one each.
_PYTHON_DECISIONS = {
    "if_statement", "elif_clause", "while_statement", "for_statement", "except_clause",
    "except_group_clause", "conditional_expression", "for_in_clause", "if_clause",
}  # fmt: skip
_COMPREHENSIONS = {
    "list_comprehension", "set_comprehension", "dictionary_comprehension", "generator_expression",
}  # fmt: skip
_PYTHON_NESTING = {
    "if_statement", "while_statement", "for_statement", "try_statement", "with_statement",
    "match_statement", "lambda", *_COMPREHENSIONS,
}  # fmt: skip
_PYTHON_KINDS = {
    "class_definition": "classes", "except_clause": "handlers", "except_group_clause": "handlers",
    "raise_statement": "raises", "assert_statement": "asserts", "lambda": "lambdas",
    "yield": "yields", "global_statement": "globals", "nonlocal_statement": "globals",
    "import_statement": "imports", "import_from_statement": "imports",
    **dict.fromkeys(_COMPREHENSIONS, "comprehensions"),
}  # fmt: skip
# Comments that ask tools to look away, and calls that run a text.
_SUPPRESSIONS = ("noqa", "type: ignore", "type:ignore", "pragma: no cover", "pylint: disable")
_RUNS_TEXT = {"exec", "eval", "compile", "__import__"}

PYTHON_COUNTS = (
    "functions", "classes", "annotated", "documented", "comprehensions", "lambdas", "yields",
    "handlers", "raises", "asserts", "globals", "imports", "suppressions", "runs_text",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PythonFacts:
    """What a Python program's text shows. Counts, unless said otherwise.

    `parses`: the tree has no error. `functions`: as in `RustFacts`. `lines`: those that are not
    empty. `annotated`: functions all of whose parameters (but self and cls) and whose result have a
    type. `documented`: functions, classes and modules with a docstring. `suppressions`: comments
    that ask a linter, a type checker or a coverage tool to look away. `runs_text`: calls of `exec`,
    `eval` and their like.
    """

    parses: bool
    functions: list[dict[str, Any]] = field(default_factory=list)
    lines: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def metrics(self) -> dict[str, float]:
        """All of it as numbers by name: the measures of the whole file, then the counts."""
        return {
            **_measures(self.functions, self.lines),
            **{name: float(self.counts[name]) for name in PYTHON_COUNTS},
        }


@cache
def python_parser() -> Any:
    import tree_sitter_python
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_python.language()))


def read_python(source: bytes) -> PythonFacts:
    """The facts of a program, UTF-8. A text that does not parse has those of what could be read."""
    root = python_parser().parse(source).root_node
    counts: Counter[str] = Counter()
    functions: list[dict[str, Any]] = []
    for node in walk(root):
        kind = node.type
        if kind in _PYTHON_KINDS:
            counts[_PYTHON_KINDS[kind]] += node.is_named
        if kind == "function_definition":
            functions.append(_python_function(node))
            counts["annotated"] += _is_annotated(node)
        elif kind == "comment":
            counts["suppressions"] += any(word in _text(node) for word in _SUPPRESSIONS)
        elif kind == "call":
            counts["runs_text"] += _text(node.child_by_field_name("function")) in _RUNS_TEXT
        if kind in ("function_definition", "class_definition", "module"):
            counts["documented"] += _docstring(node) is not None
    counts["functions"] = len(functions)
    lines = sum(1 for line in source.splitlines() if line.strip())
    return PythonFacts(not root.has_error, functions, lines, counts)


def _docstring(node: Any) -> Any:
    """The string that documents a function, class or module; None where there is none."""
    body = node if node.type == "module" else node.child_by_field_name("body")
    first = next((c for c in body.children if c.type != "comment"), None) if body else None
    if first is None or first.type != "expression_statement" or first.child_count != 1:
        return None
    return first.children[0] if first.children[0].type == "string" else None


def _is_annotated(function: Any) -> bool:
    if function.child_by_field_name("return_type") is None:
        return False
    parameters = function.child_by_field_name("parameters")
    return all(
        "typed" in child.type or _text(child) in ("self", "cls")
        for child in parameters.named_children
        if child.type not in ("keyword_separator", "positional_separator", "comment")
    )


def _python_function(function: Any) -> dict[str, Any]:
    """One function; those within it are theirs, not its."""
    decisions = shortcuts = deepest = 0
    stack: list[tuple[Any, int]] = [(function.child_by_field_name("body"), 0)]
    while stack:
        node, depth = stack.pop()
        if node is None or node.type == "function_definition":
            continue
        if node.type in _PYTHON_DECISIONS:
            decisions += 1
        elif node.type == "match_statement":
            body = node.child_by_field_name("body")
            decisions += max(0, sum(c.type == "case_clause" for c in body.children) - 1)
        elif node.type == "boolean_operator":
            shortcuts += 1
        if node.type in _PYTHON_NESTING and node.is_named:
            depth += 1
            deepest = max(deepest, depth)
        stack.extend((child, depth) for child in node.children)
    return {
        "name": _text(function.child_by_field_name("name")),
        "complexity": 1 + decisions,
        "complexity_extended": 1 + decisions + shortcuts,
        "nesting": deepest,
    }
