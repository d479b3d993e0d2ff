"""What a task asks for: one function, and plain data as Python writes it."""

from __future__ import annotations

from dataclasses import dataclass

from ..calls import Signature


@dataclass(frozen=True, slots=True)
class Interface(Signature):
    """A function's name, its parameters (name, type) and what it returns, all as Python annotates
    them.

    Types are those of plain data (see `driver.py`): None, bool, int, float, str, bytes, list,
    tuple, set, frozenset and dict, with builtin names alone (``list[int]``, ``int | None``).
    ``Any`` is of what has no annotation. Annotations are for whoever reads them: what is compared
    are exact types of values.
    """

    def __str__(self) -> str:
        listed = ", ".join(
            name if kind == "Any" else f"{name}: {kind}" for name, kind in self.parameters
        )
        returns = "" if self.returns == "Any" else f" -> {self.returns}"
        return f"def {self.name}({listed}){returns}"


def shown(value: object) -> str:
    """Plain data as an expression; unlike `repr`, the same in every process.

    >>> shown({"b", "a"}), shown([(1,), {2: frozenset()}])
    ("{'a', 'b'}", '[(1,), {2: frozenset()}]')
    """
    if isinstance(value, list):
        return f"[{', '.join(map(shown, value))}]"
    if isinstance(value, tuple):
        return f"({', '.join(map(shown, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, (set, frozenset)):
        # By the texts: elements of several types have no order.
        listed = f"{{{', '.join(sorted(map(shown, value), key=_in_order))}}}" if value else ""
        if isinstance(value, frozenset):
            return f"frozenset({listed})"
        return listed or "set()"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{shown(k)}: {shown(v)}' for k, v in value.items())}}}"
    return repr(value)


def _in_order(text: str) -> tuple[int, str]:
    """So that 9 stands before 10, and -1 before both."""
    digits = text.removeprefix("-")
    return (int(text) if digits.isdecimal() and len(digits) < 20 else 0), text
