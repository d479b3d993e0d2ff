"""What a task asks for: one public function, and the crate that joins a candidate to the driver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ..calls import Signature

CANDIDATE, DRIVER = "solution", "forgegym"


@dataclass(frozen=True, slots=True)
class Interface(Signature):
    """A function's name, its parameters (name, type) and what it returns, all as Rust writes them.

    Types are those of `driver.rs`: whole numbers, floats, bool, char, String, Option, Result (only
    returned), Vec, arrays, tuples, and sets and maps of the standard library. A parameter may be a
    slice (``&[i64]``), ``&str``, or another reference to such a type. The types of `std` that are
    not in the prelude are named by their paths.
    """

    def __str__(self) -> str:
        listed = ", ".join(f"{name}: {kind}" for name, kind in self.parameters)
        returned = f" -> {self.returns}" if self.returns != "()" else ""
        return f"pub fn {self.name}({listed}){returned}"


def owned(kind: str) -> str:
    """The type whose value an argument of type `kind` is, or borrows."""
    if not kind.startswith("&"):
        return kind
    inner = kind[1:].strip()
    if inner == "str":
        return "String"
    if inner.startswith("[") and inner.endswith("]") and ";" not in inner:
        return f"Vec<{inner[1:-1]}>"
    return inner


@dataclass(frozen=True, slots=True)
class Script:
    """A program that uses the candidate under the name `crate`: functions without arguments, by
    their paths in `code`, each of which notes what it sees (`note` and `Seen` of `driver.rs`)."""

    crate: str
    functions: tuple[str, ...]
    code: str
    edition: str

    KEY: ClassVar[str] = "script"

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Script:
        """From a task's data."""
        return cls(fields["crate"], tuple(fields["functions"]), fields["code"], fields["edition"])

    def to_json(self) -> dict[str, Any]:
        """A task's data."""
        return {
            "crate": self.crate,
            "functions": list(self.functions),
            "code": self.code,
            "edition": self.edition,
        }

    def __str__(self) -> str:
        return f"{self.crate}, as its tests use it"


def joining_crate(asked: Interface | Script) -> str:
    """A `main` that serves calls: of the candidate's function, which has to have the asked type,
    or of a script's functions."""
    if isinstance(asked, Script):
        arms = "".join(f'        "{n}" => ::{DRIVER}::noted({n}),\n' for n in asked.functions)
        return (
            f"{asked.code}\n"
            f"fn main() {{\n"
            f"    ::{DRIVER}::serve(|name, _| match name {{\n"
            f"{arms}"
            f"        _ => Err(::{DRIVER}::Wrong(::std::string::String::new())),\n"
            f"    }});\n"
            f"}}\n"
        )
    interface = asked
    kinds: Sequence[str] = [kind for _, kind in interface.parameters]
    takes = "".join(
        f"            let a{i}: {owned(kind)} = arguments.next()?;\n"
        for i, kind in enumerate(kinds)
    )
    passed = ", ".join(
        f"&a{i}" if kind.startswith("&") else f"a{i}" for i, kind in enumerate(kinds)
    )
    return (
        f"fn main() {{\n"
        f"    let function: fn({', '.join(kinds)}) -> {interface.returns} = "
        f"{CANDIDATE}::{interface.name};\n"
        f"    {DRIVER}::serve(|name, arguments| match name {{\n"
        f'        "{interface.name}" => {{\n'
        f"{takes}"
        f"            {DRIVER}::answer(&function({passed}))\n"
        f"        }}\n"
        f'        _ => Err({DRIVER}::Wrong("no such function".to_string())),\n'
        f"    }});\n"
        f"}}\n"
    )
