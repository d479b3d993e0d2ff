"""Plain data as Rust writes it, for prompts."""

from __future__ import annotations

import json
from typing import Any


def shown(value: Any, kind: str) -> str:
    """`value` as an expression of the Rust type `kind` (one that `Interface` knows).

    >>> shown([("a", None)], "&[(String, Option<u8>)]")
    '&[("a", None)]'
    """
    kind = kind.strip()
    if kind.startswith("&"):
        inner = kind[1:].strip()
        return shown(value, inner) if inner == "str" else "&" + shown(value, inner)
    head, parts = _split(kind)
    if head == "Option":
        return "None" if value is None else f"Some({shown(value, parts[0])})"
    if head == "Result":
        name, held = value
        return f"{name}({shown(held, parts[0 if name == 'Ok' else 1])})"
    if head in ("Vec", "[]", "VecDeque"):
        return f"[{', '.join(shown(item, parts[0]) for item in value)}]"
    if head == "()":
        listed = ", ".join(shown(item, part) for item, part in zip(value, parts, strict=True))
        return f"({listed},)" if len(parts) == 1 else f"({listed})"
    if head in ("HashSet", "BTreeSet"):
        return f"{{{', '.join(sorted(shown(item, parts[0]) for item in value))}}}"
    if head in ("HashMap", "BTreeMap"):
        pairs = (f"{shown(k, parts[0])}: {shown(v, parts[1])}" for k, v in sorted(value.items()))
        return f"{{{', '.join(pairs)}}}"
    if kind == "char":
        return "'\\''" if value == "'" else f"'{_escaped(value)}'"
    if isinstance(value, str):
        return f'"{_escaped(value)}"'
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value)


def _escaped(text: str) -> str:
    """The characters of a literal; JSON's escapes are Rust's but for `\\u`."""
    return "".join(
        f"\\u{{{ord(c):x}}}"
        if ord(c) < 32 and c not in "\n\t\r"
        else json.dumps(c, ensure_ascii=False)[1:-1]
        for c in text
    )


def _split(kind: str) -> tuple[str, list[str]]:
    """A type's head and its parts: ``Vec`` and ``["i64"]``; ``()`` for tuples, ``[]`` for slices
    and arrays. A type without parts is its own head."""
    if kind.startswith("("):
        return "()", _listed(kind[1:-1])
    if kind.startswith("["):
        return "[]", [kind[1:-1].partition(";")[0]]
    if kind.endswith(">"):
        head, _, rest = kind.partition("<")
        return head.rpartition("::")[2], _listed(rest[:-1])
    return kind, []


def _listed(text: str) -> list[str]:
    """The parts between the commas of the outermost level."""
    parts, depth, start = [], 0, 0
    for at, character in enumerate(text):
        depth += (character in "<([") - (character in ">)]")
        if character == "," and depth == 0:
            parts.append(text[start:at].strip())
            start = at + 1
    return [*parts, text[start:].strip()] if text[start:].strip() else parts
