"""Rust's tests as data: assertions about calls with literal arguments, read off the syntax tree.

What is read is what a test says, and no more: an expression whose value does not follow from
literals, or a statement of another kind, is none of it, and `UnreadableError` says which.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from ...verifiers.syntax import rust_parser

# Methods that change a literal's type, and not what it is as plain data.
_SAME = {
    "to_string", "to_owned", "into", "to_vec", "as_str", "clone", "as_slice", "iter", "into_iter",
    "collect",
}  # fmt: skip
_MADE_FROM = {
    "String::from", "Vec::from", "VecDeque::from", "Some", "Box::new", "BTreeMap::from",
    "HashMap::from", "HashSet::from", "BTreeSet::from",
}  # fmt: skip
_EMPTY: dict[str, Any] = {
    "String::new": "", "Vec::new": [], "VecDeque::new": [], "HashMap::new": {}, "BTreeMap::new": {},
    "HashSet::new": set(), "BTreeSet::new": set(),
}  # fmt: skip
_EPSILON = {"f32": 2.0**-23, "f64": 2.0**-52}
_WHOLE = re.compile(r"([iu])(8|16|32|64|128|size)")
_SUFFIX = re.compile(r"_*([iu](?:8|16|32|64|128|size)|f32|f64)$")
_ARITHMETIC = {"+", "-", "*", "/"}
# A loop over so many numbers is asked one by one; tests that people write have dozens.
_MOST_TURNS = 1000


class UnreadableError(Exception):
    """What is not plain data, in a few words."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One assertion: the arguments of the function under test, what it is to return, and how far a
    float may be off."""

    arguments: tuple[Any, ...]
    value: Any
    tolerance: float = 0.0


def parsed(text: str) -> Any:
    """The root of the syntax tree of `text`."""
    return rust_parser().parse(text.encode()).root_node


def text_of(node: Any) -> str:
    """A node's text."""
    found: str = node.text.decode()
    return found


def assertions(body: Any, function: str) -> list[Asked]:
    """What the statements of the block `body` assert about `function`, in their order.

    Raises `UnreadableError`.
    """
    return list(_statements(body, {function}, {}))


def _statements(block: Any, names: set[str], known: dict[str, Any]) -> Iterator[Asked]:
    names, known = set(names), dict(known)
    for node in block.named_children:
        kind = node.type
        if kind in ("line_comment", "block_comment", "empty_statement", "use_declaration"):
            continue
        if kind == "expression_statement":
            node = node.named_children[0]
            kind = node.type
        if kind in ("let_declaration", "const_item"):
            _bind(node, names, known)
        elif kind == "macro_invocation":
            yield from _assertion(node, names, known)
        elif kind == "for_expression":
            yield from _loop(node, names, known)
        elif kind == "block":
            yield from _statements(node, names, known)
        else:
            raise UnreadableError(f"`{_short(node)}` is no assertion about a call")


def _bind(node: Any, names: set[str], known: dict[str, Any]) -> None:
    """`let name = literal`, and another name for the function: `let candidate = name`."""
    pattern = node.child_by_field_name("pattern") or node.child_by_field_name("name")
    held = node.child_by_field_name("value")
    if pattern.type != "identifier" or held is None:
        raise UnreadableError(f"`{_short(node)}` names more than a literal")
    if text_of(held) in names:
        names.add(text_of(pattern))
        return
    known[text_of(pattern)] = value(held, known)


def _loop(node: Any, names: set[str], known: dict[str, Any]) -> Iterator[Asked]:
    """`for name in 2..8`, turn by turn."""
    pattern, over = (node.child_by_field_name(part) for part in ("pattern", "value"))
    if pattern.type != "identifier" or over.type != "range_expression":
        raise UnreadableError(f"`{_short(node)}` is no loop over numbers")
    ends = [value(end, known) for end in over.named_children]
    if len(ends) != 2 or not all(type(end) is int for end in ends):
        raise UnreadableError(f"`{_short(over)}` is no range of literals")
    turns = range(ends[0], ends[1] + ("..=" in text_of(over)))
    if len(turns) > _MOST_TURNS:
        raise UnreadableError(f"`{_short(over)}` is longer than {_MOST_TURNS}")
    for turn in turns:
        inside = {**known, text_of(pattern): turn}
        yield from _statements(node.child_by_field_name("body"), names, inside)


# ---------------------------------------------------------------- one assertion


def arguments_of(macro: Any) -> list[Any]:
    """The expressions that a macro is given; tree-sitter has only their tokens."""
    tokens = text_of(macro.named_children[-1])[1:-1]
    root = parsed(f"fn f() {{ f({tokens}); }}")
    if root.has_error:
        raise UnreadableError(f"`{_short(macro)}` is no list of expressions")
    call = root.named_children[0].child_by_field_name("body").named_children[0].named_children[0]
    return [
        child
        for child in call.child_by_field_name("arguments").named_children
        if not child.type.endswith("comment")
    ]


def _assertion(macro: Any, names: set[str], known: Mapping[str, Any]) -> Iterator[Asked]:
    name = text_of(macro.child_by_field_name("macro"))
    if name in ("println", "print", "dbg"):
        return
    if name not in ("assert", "assert_eq", "debug_assert", "debug_assert_eq"):
        raise UnreadableError(f"`{_short(macro)}` is no assertion of equality")
    given = arguments_of(macro)
    if name.endswith("_eq"):
        yield _equality(given[0], given[1], names, known)
    else:
        yield _condition(given[0], names, known)


def _condition(node: Any, names: set[str], known: Mapping[str, Any]) -> Asked:
    node = bare(node)
    if node.type == "unary_expression" and node.children[0].type == "!":
        inner = bare(node.named_children[0])
        return Asked(_call(inner, names, known), False)
    if node.type == "binary_expression":
        left, operator, right = node.children
        if operator.type == "==":
            return _equality(left, right, names, known)
        if operator.type in ("<", "<="):
            first, second = difference(left)
            reach = float(value(right, known))
            asked = _equality(first, second, names, known)
            return Asked(asked.arguments, asked.value, reach)
    if node.type == "call_expression" and node.child_by_field_name("function").type == (
        "field_expression"
    ):
        raise UnreadableError(f"`{_short(node)}` is asked of what is returned")
    return Asked(_call(node, names, known), True)


def difference(node: Any) -> tuple[Any, Any]:
    """The two sides of ``(a - b).abs()``; of ``a - b``, too, which bounds it on one side only.

    Raises `UnreadableError`.
    """
    node = bare(node)
    function = node.child_by_field_name("function")
    if function is not None and text_of(function).endswith(".abs"):
        node = bare(function.named_children[0])
    if node.type != "binary_expression" or node.children[1].type != "-":
        raise UnreadableError(f"`{_short(node)}` is no difference")
    return node.children[0], node.children[2]


def _equality(left: Any, right: Any, names: set[str], known: Mapping[str, Any]) -> Asked:
    for side, wanted in ((left, right), (right, left)):
        call = bare(side)
        if _is_call(call, names):
            return Asked(_call(call, names, known), value(wanted, known))
    raise UnreadableError(f"`{_short(left)} == {_short(right)}` has no call on a side of its own")


def _is_call(node: Any, names: set[str]) -> bool:
    return node.type == "call_expression" and text_of(node.named_children[0]) in names


def _call(node: Any, names: set[str], known: Mapping[str, Any]) -> tuple[Any, ...]:
    if not _is_call(node, names):
        raise UnreadableError(f"`{_short(node)}` is no call of {min(names)}")
    given = node.child_by_field_name("arguments").named_children
    return tuple(value(part, known) for part in given if not part.type.endswith("comment"))


def bare(node: Any) -> Any:
    """An expression without what does not change its data: parentheses, `&`, `*`, `.clone()`."""
    while True:
        if node.type == "parenthesized_expression":
            node = node.named_children[0]
        elif node.type == "reference_expression":
            node = node.child_by_field_name("value")
        elif node.type == "unary_expression" and node.children[0].type == "*":
            node = node.named_children[0]
        elif node.type == "call_expression" and (held := _same(node)) is not None:
            node = held
        else:
            return node


def _same(node: Any) -> Any:
    """What a method of `_SAME` is called on; None for other calls."""
    function = node.child_by_field_name("function")
    if function.type == "generic_function":
        function = function.named_children[0]
    if function.type != "field_expression" or node.child_by_field_name("arguments").named_children:
        return None
    return function.named_children[0] if text_of(function.named_children[1]) in _SAME else None


# ---------------------------------------------------------------- values


def value(node: Any, known: Mapping[str, Any] | None = None) -> Any:
    """The plain data that an expression is; `known` are names of literals.

    Raises `UnreadableError`.
    """
    known = known or {}
    kind, text = node.type, text_of(node)
    if kind in ("integer_literal", "float_literal"):
        return _number(text)
    if kind == "boolean_literal":
        return text == "true"
    if kind in ("string_literal", "raw_string_literal", "char_literal"):
        return _text(text)
    if kind == "call_expression" and _method(node) == "to_string":
        return _shown(value(bare(node), known), text)
    unwrapped = bare(node)
    if unwrapped is not node and unwrapped.id != node.id:
        return value(unwrapped, known)
    if kind == "identifier" and text in known:
        return known[text]
    if text == "None":
        return None
    if kind == "unit_expression":
        return ()
    if kind == "tuple_expression":
        return tuple(value(part, known) for part in _parts(node))
    if kind == "array_expression":
        return _array(node, known)
    if kind == "macro_invocation" and text_of(node.child_by_field_name("macro")) == "vec":
        return _vec(node, known)
    if kind == "unary_expression" and node.children[0].type in ("-", "!"):
        held = value(node.named_children[0], known)
        return -held if node.children[0].type == "-" else not held
    if kind == "binary_expression" and node.children[1].type in _ARITHMETIC:
        return _computed(node, known)
    if kind == "type_cast_expression":
        return _cast(node, known)
    if kind == "call_expression":
        return _made(node, known)
    if kind == "scoped_identifier":
        return _constant(text)
    raise UnreadableError(f"`{_short(node)}` is no literal")


def _parts(node: Any) -> list[Any]:
    return [part for part in node.named_children if not part.type.endswith("comment")]


def _number(text: str) -> int | float:
    typed = _SUFFIX.search(text) if not text.startswith("0x") else None
    plain = (text[: typed.start()] if typed else text).replace("_", "")
    if re.fullmatch(r"0[xob].*|\d+", plain) and not (typed and typed[1].startswith("f")):
        return int(plain, 0) if plain[:2] in ("0x", "0o", "0b") else int(plain)
    return float(plain)


def _text(text: str) -> Any:
    """A string or character; a byte is a whole number, a byte string a list of them."""
    byte = text.startswith("b")
    body = text[byte:]
    if body.startswith("r"):
        hashes = sum(1 for _ in takewhile(lambda c: c == "#", body[1:]))
        found = body[2 + hashes : -1 - hashes]
    else:
        found = _unescaped(body[1:-1])
    if not byte:
        return found
    return ord(found) if body.startswith("'") else [ord(c) for c in found]


_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F_]+)\}|x([0-9a-fA-F]{2})|(\r?\n)\s*|(.))", re.DOTALL)
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}


def _unescaped(text: str) -> str:
    def one(found: re.Match[str]) -> str:
        code = found[1] or found[2]
        if code:
            return chr(int(code.replace("_", ""), 16))
        return "" if found[3] else _SIMPLE.get(found[4], found[4])

    return _ESCAPE.sub(one, text)


def _shown(found: Any, text: str) -> str:
    """What `to_string` makes of a literal."""
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, int | str):
        return str(found)
    raise UnreadableError(f"`{text[:60]}` is no text that is known here")


def _array(node: Any, known: Mapping[str, Any]) -> list[Any]:
    length = node.child_by_field_name("length")
    if length is not None:
        return [value(node.named_children[0], known)] * value(length, known)
    return [value(part, known) for part in _parts(node)]


def _vec(node: Any, known: Mapping[str, Any]) -> list[Any]:
    tokens = text_of(node.named_children[-1])[1:-1]
    root = parsed(f"const X: () = [{tokens}];")
    if root.has_error:
        raise UnreadableError(f"`{_short(node)}` is no list of literals")
    return _array(root.named_children[0].child_by_field_name("value"), known)


def _computed(node: Any, known: Mapping[str, Any]) -> Any:
    left, right = (value(side, known) for side in (node.children[0], node.children[2]))
    if type(left) is not type(right) or type(left) not in (int, float):
        raise UnreadableError(f"`{_short(node)}` is no sum of numbers")
    operator = node.children[1].type
    if operator == "/":
        if right == 0:
            raise UnreadableError(f"`{_short(node)}` divides by zero")
        if isinstance(left, float):
            return left / right
        share = abs(left) // abs(right)
        return share if (left < 0) == (right < 0) else -share
    return {"+": left + right, "-": left - right, "*": left * right}[operator]


def _cast(node: Any, known: Mapping[str, Any]) -> Any:
    held = value(node.named_children[0], known)
    kind = text_of(node.child_by_field_name("type"))
    if kind in _EPSILON and isinstance(held, int | float):
        return float(held)
    if _WHOLE.fullmatch(kind) and type(held) is int:
        return held
    if kind.startswith("Vec"):
        return held
    raise UnreadableError(f"`{_short(node)}` is a conversion")


def _method(node: Any) -> str:
    function = node.child_by_field_name("function")
    return text_of(function.named_children[1]) if function.type == "field_expression" else ""


def _made(node: Any, known: Mapping[str, Any]) -> Any:
    """`Some(x)`, `String::from(x)`, `HashMap::from([...])`, `Vec::<T>::new()` and their like."""
    function = re.sub(r"::<.*>", "", text_of(node.child_by_field_name("function")))
    name = "::".join(function.split("::")[-2:])
    given = _parts(node.child_by_field_name("arguments"))
    if name in _EMPTY and not given:
        return type(_EMPTY[name])()
    if name in ("Ok", "Err") and len(given) == 1:
        return name, value(given[0], known)
    if name in _MADE_FROM and len(given) == 1:
        held = value(given[0], known)
        if "Map" in name:
            return dict(held)
        return set(held) if "Set" in name else held
    raise UnreadableError(f"`{_short(node)}` is no literal")


def _constant(text: str) -> Any:
    kind, _, name = text.removeprefix("std::").rpartition("::")
    if kind in _EPSILON:
        largest = {
            "f32": float.fromhex("0x1.fffffep+127"),
            "f64": float.fromhex("0x1.fffffffffffffp+1023"),
        }
        found = {
            "EPSILON": _EPSILON[kind], "MAX": largest[kind], "MIN": -largest[kind],
            "INFINITY": float("inf"), "NEG_INFINITY": float("-inf"), "NAN": float("nan"),
        }  # fmt: skip
        if name in found:
            return found[name]
    whole = _WHOLE.fullmatch(kind)
    if whole and name in ("MAX", "MIN"):
        bits = 64 if whole[2] == "size" else int(whole[2])
        if whole[1] == "u":
            return 2**bits - 1 if name == "MAX" else 0
        return 2 ** (bits - 1) - 1 if name == "MAX" else -(2 ** (bits - 1))
    raise UnreadableError(f"`{text}` is no literal")


def as_f32(found: float) -> float:
    """The shortest number that is the same f32, which is what Rust prints of one."""

    def single(number: float) -> float:
        return float(struct.unpack("f", struct.pack("f", number))[0])

    exact = single(found)
    digits = (float(f"{exact:.{precision}g}") for precision in range(1, 18))
    return next(number for number in digits if single(number) == exact)


def _short(node: Any) -> str:
    text = " ".join(text_of(node).split())
    return text if len(text) <= 60 else f"{text[:56]} ..."
