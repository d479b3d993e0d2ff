"""What a task asks for: one module, its ports, its clock and its reset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Port:
    """A port of `width` bits, ``[width-1:0]``."""

    name: str
    width: int = 1

    def __str__(self) -> str:
        return f"[{self.width - 1}:0] {self.name}" if self.width > 1 else self.name


@dataclass(frozen=True, slots=True)
class Reset:
    """An input that puts the module into its first state: at the next rising edge of the clock, or,
    when `asynchronous`, at once."""

    name: str
    active_high: bool = True
    asynchronous: bool = False

    @property
    def active(self) -> int:
        """The level at which it resets."""
        return int(self.active_high)


@dataclass(frozen=True, slots=True)
class Interface:
    """A module's name and ports. With a `clock` (which is not among `inputs`) it is sequential, and
    has a `reset` (which is)."""

    name: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    clock: str | None = None
    reset: Reset | None = None

    def __post_init__(self) -> None:
        names = [port.name for port in (*self.inputs, *self.outputs)]
        if len({*names, self.clock}) != len(names) + 1:
            raise ValueError(f"two ports of {self.name} have one name")
        if (self.clock is None) != (self.reset is None):
            raise ValueError("a clock and a reset come together")
        if self.reset is not None and Port(self.reset.name) not in self.inputs:
            raise ValueError(f"the reset of {self.name} is no input of one bit")

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Interface:
        """From a task's data."""
        reset = fields["reset"]
        return cls(
            fields["name"],
            tuple(Port(**port) for port in fields["inputs"]),
            tuple(Port(**port) for port in fields["outputs"]),
            fields["clock"],
            None if reset is None else Reset(**reset),
        )

    def to_json(self) -> dict[str, Any]:
        """A task's data."""
        fields = asdict(self)
        return {**fields, "inputs": list(fields["inputs"]), "outputs": list(fields["outputs"])}

    @property
    def ports(self) -> list[tuple[str, Port]]:
        """``"input"`` or ``"output"``, and the port, in the order of the header."""
        clock = [] if self.clock is None else [Port(self.clock)]
        return [("input", port) for port in (*clock, *self.inputs)] + [
            ("output", port) for port in self.outputs
        ]

    @property
    def input_bits(self) -> int:
        """Bits of a row of inputs, the first input's foremost; without the clock."""
        return sum(port.width for port in self.inputs)

    @property
    def output_bits(self) -> int:
        """Bits of a row of outputs, the first output's foremost."""
        return sum(port.width for port in self.outputs)

    def header(self) -> str:
        """The module's head, as a candidate may write it."""
        listed = ",\n".join(f"  {direction} {port}" for direction, port in self.ports)
        return f"module {self.name} (\n{listed}\n);\n"

    def pack(self, values: Mapping[str, int]) -> int:
        """A row of inputs as one number. Raises `ValueError` for a value that has no room."""
        row = 0
        for port in self.inputs:
            value = values[port.name]
            if not 0 <= value < 1 << port.width:
                raise ValueError(f"{port.name} has {port.width} bits, no room for {value}")
            row = row << port.width | value
        return row

    def unpack(self, row: int) -> dict[str, int]:
        """The inputs of a row, by name."""
        values = {}
        for port in reversed(self.inputs):
            values[port.name] = row & ((1 << port.width) - 1)
            row >>= port.width
        return {port.name: values[port.name] for port in self.inputs}

    def split(self, bits: str) -> dict[str, str]:
        """The outputs of a row of bits (``0``, ``1`` and others), by name."""
        parts, at = {}, 0
        for port in self.outputs:
            parts[port.name] = bits[at : at + port.width]
            at += port.width
        return parts
