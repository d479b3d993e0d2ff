"""What a family of Verilog tasks is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Union

from ....verifiers.verilog.interface import Interface, Port, Reset
from ..draw import Draw

Inputs = Mapping[str, int]
# A value; bits as text, in which `-` is one that nobody looks at; None: nobody looks at any.
Value = Union[int, str, None]
Outputs = Mapping[str, Value]
# A cycle of a run that has this among its inputs is one of reset; in the others it is missing.
RESET = "in reset"


@dataclass(frozen=True, slots=True)
class Combinational:
    """A module without state.

    Attributes:
        outputs: What it puts out for the inputs; in Python, independent of the reference.
        draw: Draws one row of inputs.
        edges: Rows that every test asks for. Modules of few input bits are asked for every row.
    """

    outputs: Callable[[Inputs], Outputs]
    draw: Callable[[Draw], Inputs]
    edges: Sequence[Inputs] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Sequential:
    """A module with state, which a reset sets to `initial`.

    Attributes:
        initial: The state after a reset; any value that is not changed in place.
        step: Of a state and the inputs in a cycle: the outputs in that cycle, before its rising
            edge, and the state after it. Never told of the reset, which whoever calls it sees to.
        draw: Draws the inputs of a run, cycle by cycle, without the reset. About 12 to 40 cycles.
        edges: Runs that every test asks for. Cycles in which they are reset once more have `RESET`.
    """

    initial: Any
    step: Callable[[Any, Inputs], tuple[Outputs, Any]]
    draw: Callable[[Draw], Sequence[Inputs]]
    edges: Sequence[Sequence[Inputs]] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Problem:
    """One module that is to be written.

    Attributes:
        words: What it is to do, for the prompt: exact enough that no two right answers differ on
            any stimulus that can be drawn. Plain sentences, wrapped by whoever shows them;
            paragraphs and list items ("- ...") are separated by newlines. They do not repeat what
            the prompt says of every module: its ports, its clock, its reset's name, kind and level.
        interface: The module.
        reference: It, in SystemVerilog that Icarus 11 and Yosys 0.23 take; no lint warning.
        model: What it does, in Python.
    """

    words: str
    interface: Interface
    reference: str
    model: Combinational | Sequential

    def __post_init__(self) -> None:
        if isinstance(self.model, Sequential) != (self.interface.clock is not None):
            raise ValueError("a sequential model needs a clock, and no other has one")


@dataclass(frozen=True, slots=True)
class Family:
    """A kind of problem; see `tasks.families.Family`. Difficulty 1 is an assignment or one
    register, 5 a small machine of some 30 to 60 lines."""

    name: str
    variants: Callable[[int], Sequence[tuple[Any, ...]]]
    problem: Callable[..., Problem]


FAMILIES: dict[str, Family] = {}


def family(
    name: str, variants: Callable[[int], Sequence[tuple[Any, ...]]]
) -> Callable[[Callable[..., Problem]], Callable[..., Problem]]:
    """Registers the function below it, which is called with a variant's parts, as a family."""

    def register(problem: Callable[..., Problem]) -> Callable[..., Problem]:
        FAMILIES[name] = Family(name, variants, problem)
        return problem

    return register


# ---------------------------------------------------------------- what families share

_RESETS = (
    Reset("rst"),
    Reset("reset", asynchronous=True),
    Reset("rst_n", active_high=False),
    Reset("areset_n", active_high=False, asynchronous=True),
)


def clocked(
    name: str, inputs: Sequence[Port], outputs: Sequence[Port], *variant: object
) -> Interface:
    """The interface of a sequential module, with `clk` and a reset of a kind that the variant
    draws: synchronous or not, active high or low."""
    reset = Draw("forgegym verilog reset", name, *variant).pick(_RESETS)
    return Interface(name, (Port(reset.name), *inputs), tuple(outputs), "clk", reset)


def at_edge(interface: Interface, first: str, then: str) -> str:
    """An `always` block of a reference: `first` in a reset, `then` at any other rising edge.

    Both are statements, a line each.
    """
    reset = interface.reset
    assert reset is not None
    edge = f" or {'posedge' if reset.active_high else 'negedge'} {reset.name}"
    condition = reset.name if reset.active_high else f"!{reset.name}"
    return (
        f"  always @(posedge {interface.clock}{edge if reset.asynchronous else ''}) begin\n"
        f"    if ({condition}) begin\n{indented(first, 6)}    end else begin\n{indented(then, 6)}"
        "    end\n  end\n"
    )


def indented(text: str, columns: int) -> str:
    """The lines of a text, moved right."""
    return "".join(f"{' ' * columns}{line}\n" if line else "\n" for line in text.splitlines())


def module(interface: Interface, body: str, registers: Sequence[str] = ()) -> str:
    """A reference: the head, with the outputs among `registers` as such, and `body`."""
    head = interface.header()
    for port in interface.outputs:
        if port.name in registers:
            head = head.replace(f"output {port}", f"output reg {port}")
    return f"{head}{body}endmodule\n"
