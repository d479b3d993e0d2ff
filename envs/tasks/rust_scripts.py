"""Test files as scripts: what they assert of the candidate becomes what they note of it.

``assert_eq!(A, B)`` becomes a note of A; B, and all that is there for B alone, is taken out, so
that nothing expected is in the program that runs. What is expected is what the same script notes of
the set's reference. Nobody asks the candidate whether things are equal: notes are compared as data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ...verifiers.rust.interface import Script
from ...verifiers.syntax import walk
from .rust_literals import UnreadableError, arguments_of, bare, difference, parsed, text_of, value

_ASSERTIONS = {"assert", "assert_eq", "assert_ne"}
_STD = {
    "HashMap", "HashSet", "BTreeMap", "BTreeSet", "Vec", "VecDeque", "String", "Box", "Rc", "Some",
}  # fmt: skip
_METHODS = {
    "to_string", "to_owned", "into", "to_vec", "as_str", "clone", "as_slice", "iter", "into_iter",
    "collect", "repeat", "push", "insert", "extend", "push_str", "sort", "len", "cloned", "copied",
}  # fmt: skip
_PLAIN = {
    "reference_expression", "parenthesized_expression", "unary_expression", "binary_expression",
    "tuple_expression", "array_expression", "range_expression", "type_cast_expression",
    "struct_expression", "field_initializer_list", "field_initializer", "arguments",
    "index_expression",
}  # fmt: skip
_ATTRIBUTES = re.compile(r"#\[(?:test|ignore\b[^\]]*|should_panic\b[^\]]*|rustfmt::skip)\]")


def scripts(tests: str, crate: str, edition: str) -> tuple[Script, Script, set[str], float]:
    """The script of a test file; the file as it is, to be run with the reference; the functions
    that are to panic; and how far a float may be off.

    Raises `UnreadableError`, with why there is no script.
    """
    if "macro_rules!" in tests:
        raise UnreadableError("its tests are made by macros of their own")
    if parsed(tests).has_error:
        raise UnreadableError("its tests do not parse")
    plain, functions, panicking = _callable(tests)
    if not functions:
        raise UnreadableError("it has no tests")
    noting, dropped, tolerance = _noting(_single_lets(plain))
    noting = _without_unused(noting)
    _refuse_leaks(noting, dropped)
    made = [Script(crate, functions, code, edition) for code in (noting, plain)]
    return made[0], made[1], panicking, tolerance


def _edited(text: str, edits: list[tuple[int, int, str]]) -> str:
    """`text` with byte ranges replaced; of overlapping ones the outermost, first one counts."""
    data, done = text.encode(), 0
    out = []
    for start, end, new in sorted(edits, key=lambda e: (e[0], -e[1])):
        if start >= done:
            out += [data[done:start], new.encode()]
            done = end
    return b"".join([*out, data[done:]]).decode()


def _functions(root: Any) -> Iterator[Any]:
    return (node for node in walk(root) if node.type == "function_item")


def _name(node: Any) -> str:
    return text_of(node.child_by_field_name("name"))


def _callable(tests: str) -> tuple[str, tuple[str, ...], set[str]]:
    """The file with its tests as functions that can be called, their paths, and which panic."""
    edits, names, panicking = [], [], set()
    for function in _functions(parsed(tests)):
        attributes, before = [], function.prev_named_sibling
        while before is not None and before.type in ("attribute_item", "line_comment"):
            attributes += [before] if before.type == "attribute_item" else []
            before = before.prev_named_sibling
        said = [re.sub(r"\s+", "", text_of(a)) for a in attributes]
        if "#[test]" not in said or any(s.startswith("#[cfg") for s in said):
            continue
        path, parent = [_name(function)], function.parent
        while parent is not None:
            path += [_name(parent)] if parent.type == "mod_item" else []
            parent = parent.parent
        names.append("::".join(reversed(path)))
        if any(s.startswith("#[should_panic") for s in said):
            panicking.add(names[-1])
        edits += [
            (a.start_byte, a.end_byte, "") for a in attributes if _ATTRIBUTES.match(text_of(a))
        ]
        if not text_of(function).startswith("pub"):
            edits.append((function.start_byte, function.start_byte, "pub(crate) "))
    return _edited(tests, edits), tuple(names), panicking


def _single_lets(text: str) -> str:
    """`let (a, b) = (x, y);` as two statements."""
    edits = []
    for node in walk(parsed(text)):
        if node.type != "let_declaration":
            continue
        pattern, held = (node.child_by_field_name(part) for part in ("pattern", "value"))
        if (
            held is not None
            and (pattern.type, held.type) == ("tuple_pattern", "tuple_expression")
            and len(pattern.named_children) == len(held.named_children)
        ):
            pairs = zip(pattern.named_children, held.named_children, strict=True)
            lets = " ".join(f"let {text_of(name)} = {text_of(to)};" for name, to in pairs)
            edits.append((node.start_byte, node.end_byte, lets))
    return _edited(text, edits)


# ---------------------------------------------------------------- notes


def _noting(text: str) -> tuple[str, set[tuple[str, str]], float]:
    """The text with notes for assertions; the names in what is dropped, with their function's; the
    widest tolerance."""
    edits: list[tuple[int, int, str]] = []
    dropped: set[tuple[str, str]] = set()
    tolerance = 0.0
    for function in _functions(parsed(text)):
        bound = _bound(function)
        for node in walk(function):
            if node.type != "macro_invocation":
                continue
            name = text_of(node.child_by_field_name("macro"))
            if name not in _ASSERTIONS:
                if name.endswith(("assert_eq", "assert")) or "assert" in text_of(node):
                    raise UnreadableError(f"its tests assert by {name}!")
                continue
            noted, left_out, reach = _note(name, arguments_of(node), bound)
            edits.append((node.start_byte, node.end_byte, noted))
            dropped |= {
                (_name(function), text_of(part))
                for gone in left_out
                for part in walk(gone)
                if part.type == "identifier"
            }
            tolerance = max(tolerance, reach)
    return _edited(text, edits), dropped, tolerance


def _note(name: str, given: list[Any], bound: dict[str, Any]) -> tuple[str, list[Any], float]:
    if name == "assert_eq":
        return *_equality(given[0], given[1], bound), 0.0
    if name == "assert_ne":
        return f"::forgegym::note(&({text_of(given[0])} != {text_of(given[1])}))", [], 0.0
    condition = given[0]
    while condition.type == "parenthesized_expression":
        condition = condition.named_children[0]
    if condition.type == "unary_expression" and condition.children[0].type == "!":
        return f"::forgegym::note(&({text_of(condition.named_children[0])}))", [], 0.0
    if condition.type == "binary_expression":
        left, operator, right = condition.children
        if operator.type == "==":
            return *_equality(left, right, bound), 0.0
        if operator.type in ("<", "<="):
            try:
                reach = float(value(right))
                sides = difference(left)
            except UnreadableError:
                pass
            else:
                return *_equality(*sides, bound), reach
    return f"::forgegym::note(&({text_of(condition)}))", [], 0.0


def _equality(left: Any, right: Any, bound: dict[str, Any]) -> tuple[str, list[Any]]:
    pure = [_is_pure(side, bound, frozenset()) for side in (left, right)]
    # Constants and constructors begin with a capital; what does not may have changed.
    names = [
        any(n.type == "identifier" and not text_of(n)[0].isupper() for n in walk(side))
        for side in (left, right)
    ]
    if all(pure) and all(names):
        pure = [False, False]
    elif all(pure) and any(names):
        pure = [not n for n in names]
    if pure[0] != pure[1]:
        kept, gone = (right, left) if pure[0] else (left, right)
        seen = (
            "{ use ::forgegym::{SeenAsData as _, SeenAsText as _}; "
            f"match &({text_of(kept)}) "
            "{ seen => (&&::forgegym::Seen(seen)).note_for_forgegym() } }"
        )
        return seen, [gone]
    for side in map(bare, (left, right)):
        if side.type == "identifier" and text_of(side) not in bound:  # of a loop, or a pattern
            raise UnreadableError("what it expects cannot be told from what it asks")
    # Nothing tells which is the candidate's: both have to be plain data, not its own types.
    notes = "; ".join(f"::forgegym::note(&({text_of(side)}))" for side in (left, right))
    return f"{{ {notes} }}", []


def _bound(function: Any) -> dict[str, Any]:
    """What each name of a function is bound to: an expression, or None for a parameter. Names with
    several meanings are those of the last."""
    found: dict[str, Any] = {}
    for parameter in function.child_by_field_name("parameters").named_children:
        pattern = parameter.child_by_field_name("pattern")
        if pattern is not None:
            found[text_of(pattern).removeprefix("mut ")] = None
    for node in walk(function):
        if node.type in ("let_declaration", "const_item"):
            pattern = node.child_by_field_name("pattern") or node.child_by_field_name("name")
            held = node.child_by_field_name("value")
            if pattern.type == "identifier" and held is not None:
                found[text_of(pattern)] = held
    return found


def _is_pure(node: Any, bound: dict[str, Any], inside: frozenset[str]) -> bool:
    """Whether an expression asks nothing of the candidate but names and constructors."""
    kind = node.type
    if kind.endswith(("literal", "comment")) or kind == "unit_expression":
        return True
    if kind == "identifier":
        name = text_of(node)
        if name[0].isupper():
            return True
        if name not in bound or name in inside:
            return False
        return bound[name] is None or _is_pure(bound[name], bound, inside | {name})
    if kind == "scoped_identifier":
        return _name(node)[0].isupper()
    if kind == "field_expression":
        return _is_pure(node.named_children[0], bound, inside)
    if kind == "macro_invocation" and text_of(node.child_by_field_name("macro")) == "vec":
        return all(_is_pure(part, bound, inside) for part in arguments_of(node))
    if kind == "call_expression":
        return _is_pure_call(node, bound, inside)
    if kind in _PLAIN:
        children = [c for c in node.named_children if "type" not in c.type or "cast" in c.type]
        if kind == "field_initializer":
            children = children[1:]
        return all(_is_pure(child, bound, inside) for child in children)
    return False


def _is_pure_call(node: Any, bound: dict[str, Any], inside: frozenset[str]) -> bool:
    function = node.child_by_field_name("function")
    if not _is_pure(node.child_by_field_name("arguments"), bound, inside):
        return False
    if function.type == "field_expression":
        method = text_of(function.named_children[1])
        return method in _METHODS and _is_pure(function.named_children[0], bound, inside)
    parts = re.sub(r"::<.*>", "", text_of(function)).split("::")
    return parts[-1][0].isupper() or (len(parts) > 1 and parts[-2] in _STD)


# ---------------------------------------------------------------- what is there for B alone


def _without_unused(text: str) -> str:
    """The text without bindings, statements, parameters and functions that nothing uses."""
    while True:
        edits = list(_unused(parsed(text)))
        if not edits:
            return text
        text = _edited(text, edits[:1])


def _uses(node: Any, name: str) -> list[Any]:
    """The places where `name` is used below `node`: not where it is bound."""
    return [
        n
        for n in walk(node)
        if n.type in ("identifier", "shorthand_field_identifier")
        and text_of(n) == name
        and not _binds(n)
    ]


def _binds(node: Any) -> bool:
    parent = node.parent
    if parent.type in ("let_declaration", "const_item", "function_item", "parameter"):
        first = parent.child_by_field_name("pattern") or parent.child_by_field_name("name")
        return first is not None and first.id == node.id
    return False


def _unused(root: Any) -> Iterator[tuple[int, int, str]]:
    functions = list(_functions(root))
    for function in functions:
        bound = _bound(function)
        for node in walk(function):
            if node.type not in ("let_declaration", "const_item"):
                continue
            pattern = node.child_by_field_name("pattern") or node.child_by_field_name("name")
            held = node.child_by_field_name("value")
            if pattern.type != "identifier" or held is None:
                continue
            if not _is_pure(held, bound, frozenset()):
                continue
            uses = _uses(function, text_of(pattern))
            if not uses:
                yield node.start_byte, node.end_byte, ""
            statements = [_statement_on(use) for use in uses]
            if uses and all(statements):
                yield statements[0].start_byte, statements[0].end_byte, ""
    for function in functions:
        if not text_of(function).startswith("pub(crate)"):
            yield from _unused_of_helper(root, function)


def _statement_on(use: Any) -> Any:
    """`name.method(data);`, when `use` is that name."""
    field, call = use.parent, use.parent.parent
    if field.type != "field_expression" or call is None or call.type != "call_expression":
        return None
    fitting = (
        field.named_children[0].id == use.id
        and text_of(field.named_children[1]) in _METHODS
        and call.parent.type == "expression_statement"
    )
    return call.parent if fitting else None


def _unused_of_helper(root: Any, function: Any) -> Iterator[tuple[int, int, str]]:
    uses = _uses(root, _name(function))
    if not uses:
        yield function.start_byte, function.end_byte, ""
        return
    parameters = function.child_by_field_name("parameters")
    for at, parameter in enumerate(parameters.named_children):
        pattern = parameter.child_by_field_name("pattern")
        if pattern is None or pattern.type != "identifier":
            continue
        if _uses(function.child_by_field_name("body"), text_of(pattern)):
            continue
        if all(use.parent.type == "call_expression" for use in uses):
            calls = [use.parent.child_by_field_name("arguments") for use in uses]
            new = []
            for listed in (parameters, *calls):
                parts = [c for c in listed.named_children if not c.type.endswith("comment")]
                rest = [text_of(part) for i, part in enumerate(parts) if i != at]
                new.append((listed.start_byte, listed.end_byte, f"({', '.join(rest)})"))
            data = root.text.decode()
            # One edit of the whole: the parameter and its arguments go together.
            yield 0, len(root.text), _edited(data, [(s, e, t) for s, e, t in new])
            return


def _refuse_leaks(text: str, dropped: set[tuple[str, str]]) -> None:
    """Raises `UnreadableError` when a name is left that was there for what is expected alone."""
    for function in _functions(parsed(text)):
        for node in walk(function):
            if node.type == "identifier" and (_name(function), text_of(node)) in dropped:
                used = [n for n in _uses(function, text_of(node)) if not _in_pattern(n)]
                if not used:
                    raise UnreadableError("what it expects cannot be taken out of its tests")


def _in_pattern(node: Any) -> bool:
    while node is not None and node.type != "block":
        before, node = node, node.parent
        if node is not None and node.type in ("for_expression", "let_declaration"):
            pattern = node.child_by_field_name("pattern")
            return pattern is not None and pattern.id == before.id
        if node is not None and node.type == "closure_parameters":
            return True
    return False
