"""What families of combinational modules share: numbers, ranges, and rows of inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ....verifiers.verilog.interface import Interface
from ..draw import Draw
from .family import Combinational, Inputs, Outputs


def signed(value: int, width: int) -> int:
    """What `width` bits are as a number in two's complement."""
    return value - (1 << width) if value >> (width - 1) else value


def vector(width: int) -> str:
    """The range of a declaration, with a blank behind it; nothing for one bit."""
    return f"[{width - 1}:0] " if width > 1 else ""


def listed(items: Sequence[object], last: str = "and") -> str:
    """``1, 2 and 3``."""
    *rest, end = map(str, items)
    return f"{', '.join(rest)} {last} {end}" if rest else end


def uniform(interface: Interface) -> Callable[[Draw], dict[str, int]]:
    """Draws every input on its own, any value as often as any other."""

    def draw(draw: Draw) -> dict[str, int]:
        return {port.name: draw.below(1 << port.width) for port in interface.inputs}

    return draw


def near(interface: Interface, *operands: str) -> Callable[[Draw], dict[str, int]]:
    """Draws as `uniform`, and operands (of one width) at the ends of their range, equal, or beside
    each other, about as often as not."""

    def draw(draw: Draw) -> dict[str, int]:
        row = uniform(interface)(draw)
        width = next(port.width for port in interface.inputs if port.name == operands[0])
        half, size = 1 << (width - 1), 1 << width
        for name in operands:
            if draw.chance(0.35):
                row[name] = draw.pick((0, 1, half - 1, half, half + 1, size - 1)) % size
        if len(operands) > 1 and draw.chance(0.35):
            one, other = draw.pick(operands), draw.pick(operands)
            row[one] = (draw.pick((1, -1)) * row[other] + draw.pick((0, 0, 1, -1, 2, -2))) % size
        return row

    return draw


def combinational(
    interface: Interface,
    outputs: Callable[[Inputs], Outputs],
    draw: Callable[[Draw], Inputs] | None = None,
    edges: Sequence[Inputs] = (),
) -> Combinational:
    """A model whose inputs are uniform unless `draw` says otherwise."""
    return Combinational(outputs, draw or uniform(interface), edges)
