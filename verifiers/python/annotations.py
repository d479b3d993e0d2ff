"""Whether plain data has the type that a signature names."""

from __future__ import annotations

import ast
from typing import Any

from .trees import expression

_SCALARS: dict[str, type] = {
    "None": type(None), "bool": bool, "int": int, "float": float, "str": str, "bytes": bytes,
    "list": list, "tuple": tuple, "set": set, "frozenset": frozenset, "dict": dict,
}  # fmt: skip
_SAME = {"List": "list", "Tuple": "tuple", "Set": "set", "FrozenSet": "frozenset", "Dict": "dict"}


def fits(value: object, annotation: str) -> bool:
    """Whether `value` is exactly of the annotated type, all the way down: True is no int.

    What is no builtin type (``Any``, a name of the task's own) says nothing, and everything fits.

    >>> fits([1, 2], "list[int]"), fits([True], "list[int]"), fits(None, "int | None")
    (True, False, True)
    """
    try:
        return _fits(value, expression(annotation.strip() or "Any"))
    except SyntaxError:
        return True


def _fits(value: Any, kind: ast.expr) -> bool:
    if isinstance(kind, ast.BinOp) and isinstance(kind.op, ast.BitOr):
        return _fits(value, kind.left) or _fits(value, kind.right)
    if isinstance(kind, ast.Constant):
        return value is None if kind.value is None else True
    if isinstance(kind, ast.Name):
        known = _SCALARS.get(_SAME.get(kind.id, kind.id))
        return known is None or type(value) is known
    if not isinstance(kind, ast.Subscript) or not isinstance(kind.value, ast.Name):
        return True
    parts = kind.slice.elts if isinstance(kind.slice, ast.Tuple) else [kind.slice]
    name = _SAME.get(kind.value.id, kind.value.id)
    if name == "Optional":
        return value is None or _fits(value, parts[0])
    if name == "Union":
        return any(_fits(value, part) for part in parts)
    if name not in _SCALARS:
        return True
    return type(value) is _SCALARS[name] and _holds(value, name, kind)


def _holds(value: Any, name: str, kind: ast.Subscript) -> bool:
    """Whether what is in a container has the types between the brackets."""
    parts = kind.slice.elts if isinstance(kind.slice, ast.Tuple) else [kind.slice]
    if name == "dict" and len(parts) == 2:
        return all(_fits(k, parts[0]) and _fits(v, parts[1]) for k, v in value.items())
    if name == "tuple":
        if len(parts) == 2 and isinstance(parts[1], ast.Constant) and parts[1].value is Ellipsis:
            return all(_fits(item, parts[0]) for item in value)
        if isinstance(kind.slice, ast.Tuple) and not parts:  # tuple[()]
            return not value
        return len(value) == len(parts) and all(
            _fits(item, part) for item, part in zip(value, parts, strict=True)
        )
    return all(_fits(item, parts[0]) for item in value)
