"""Verilog tasks: one module, from a family of problems at a difficulty. See `families`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from ...verifiers.task import Task
from ...verifiers.verilog.interface import Interface
from ...verifiers.verilog.toolchain import ANY, shown
from .draw import Draw
from .families import SPLITS, TESTS_SEED, FamilyTasks
from .verilog_families import (
    FAMILIES,
    RESET,
    Combinational,
    Inputs,
    Outputs,
    Problem,
    Sequential,
)

__all__ = [
    "FAMILIES",
    "SPLITS",
    "TASKS",
    "TESTS_SEED",
    "build",
    "get",
    "of_problem",
    "prompt",
    "sample",
    "tasks",
    "variants",
    "with_seed",
]

# Of a combinational module: rows that are shown (at most half of all there are), and rows asked in
# secret (of one with so few input bits that there are no more: every other row).
PUBLIC_ROWS, HIDDEN_ROWS = 4, 96
# Of a sequential one: cycles of the run that is shown, and runs asked in secret.
PUBLIC_CYCLES, HIDDEN_RUNS = 10, 16
_LINE = 92
# Runs that are reset once more in their middle: the last ones, which are drawn (no family has so
# many edges that they are not).
SECOND_RESETS = 5

Row = tuple[int, str]
"""Inputs, packed, and the bits of the outputs."""


def of_problem(
    problem: Problem, name: str, family: str, split: str, level: int, tests_seed: str
) -> Task:
    """The task `name` that a problem makes."""
    public = Draw("forgegym verilog public", name)
    hidden = Draw("forgegym verilog hidden", name, tests_seed)
    interface, model = problem.interface, problem.model
    if isinstance(model, Combinational):
        most = min(PUBLIC_ROWS, (1 << interface.input_bits) // 2)
        shown_rows = list(islice(_rows(interface, model, public, ()), most))
        asked = {row for row, _ in shown_rows}
        rest = (r for r in _rows(interface, model, hidden, model.edges) if r[0] not in asked)
        runs = [shown_rows, list(islice(rest, HIDDEN_ROWS))]
    else:
        example = model.draw(public)[: PUBLIC_CYCLES - 2]
        runs = [_run(interface, model, example, public)]
        for at in range(HIDDEN_RUNS):
            cycles = model.edges[at] if at < len(model.edges) else model.draw(hidden)
            nth = at - (HIDDEN_RUNS - SECOND_RESETS)
            if nth >= 0:
                cycles = _reset_again(interface, model, cycles, hidden, seen=nth % 2 == 0)
            runs.append(_run(interface, model, cycles, hidden))
    digits = -(-interface.input_bits // 4)
    return Task(
        id=name,
        family=family,
        language="verilog",
        prompt=prompt(problem, runs[0]),
        split=split,
        difficulty=level,
        tests={
            "interface": interface.to_json(),
            "public": 1,
            "runs": [
                {
                    "rows": [f"{inputs:0{digits}x}" for inputs, _ in run],
                    "expected": [outputs for _, outputs in run],
                }
                for run in runs
            ],
        },
        reference=problem.reference,
    )


def _rows(
    interface: Interface, model: Combinational, draw: Draw, edges: Sequence[Inputs]
) -> Iterator[Row]:
    """Rows of a combinational module, each once: the edges, then drawn ones; of few bits, all."""
    every = 1 << interface.input_bits
    seen: set[int] = set()
    for edge in edges:
        seen.add(packed := interface.pack(edge))
        yield packed, _bits(interface, model.outputs(edge))
    few = draw.shuffle(range(every)) if every <= HIDDEN_ROWS + PUBLIC_ROWS else None
    for _ in range(20 * HIDDEN_ROWS):
        if few is not None:
            if not few:
                return
            inputs: Inputs = interface.unpack(few.pop())
        else:
            inputs = model.draw(draw)
        packed = interface.pack(inputs)
        if packed not in seen:
            seen.add(packed)
            yield packed, _bits(interface, model.outputs(inputs))


def _run(
    interface: Interface, model: Sequential, cycles: Sequence[Inputs], draw: Draw
) -> list[Row]:
    """A run: one or two cycles of reset, then `cycles`, those with `RESET` in reset too."""
    reset = interface.reset
    assert reset is not None
    resets = [True] * draw.between(1, 2) + [RESET in given for given in cycles]
    # During the reset the other inputs are what they are afterwards: nothing may depend on them.
    inputs = [cycles[max(0, at - len(resets) + len(cycles))] for at in range(len(resets))]
    state, known = model.initial, False
    run: list[Row] = []
    for active, given in zip(resets, inputs, strict=True):
        row = {**given, reset.name: reset.active if active else 1 - reset.active}
        if active and reset.asynchronous:
            state, known = model.initial, True
        outputs, following = model.step(state, given)
        bits = _bits(interface, outputs) if known else ANY * interface.output_bits
        run.append((interface.pack(row), bits))
        state = model.initial if active else following
        known = known or active
    return run


def _reset_again(
    interface: Interface, model: Sequential, cycles: Sequence[Inputs], draw: Draw, *, seen: bool
) -> list[Inputs]:
    """`cycles`, with a reset in one in their middle in which the module is not in its first state.

    Where there is such a cycle the outputs are then (`seen`) other than those of the first state,
    which tells a synchronous reset from an asynchronous one, or else they are the same: what has
    been forgotten, later cycles tell.
    """
    state = model.initial
    differing: list[int] = []
    alike: list[int] = []
    middle = range(2, len(cycles) - 2)
    for at, given in enumerate(cycles):
        outputs, following = model.step(state, given)
        if at in middle and state != model.initial:
            first, _ = model.step(model.initial, given)
            pairs = zip(_bits(interface, outputs), _bits(interface, first), strict=True)
            differs = any(one != other and ANY not in (one, other) for one, other in pairs)
            (differing if differs else alike).append(at)
        state = following
    wanted, others = (differing, alike) if seen else (alike, differing)
    again = draw.pick(wanted or others or middle)
    return [*cycles[:again], {**cycles[again], RESET: 1}, *cycles[again + 1 :]]


def _bits(interface: Interface, outputs: Outputs) -> str:
    """A row of outputs. Raises `ValueError` for a value that has no room."""
    parts = []
    for port in interface.outputs:
        value = outputs[port.name]
        if value is None:
            value = ANY * port.width
        text = value if isinstance(value, str) else f"{value:0{port.width}b}"
        if len(text) != port.width or not {*text} <= {"0", "1", ANY}:
            raise ValueError(f"{port.name} has {port.width} bits, and is not {value!r}")
        parts.append(text)
    return "".join(parts)


# ---------------------------------------------------------------- the prompt


def prompt(problem: Problem, example: Sequence[Row]) -> str:
    """What an agent reads: the words, the module's head, its clocking, and an example, as comment
    lines."""
    interface = problem.interface
    lines = []
    for paragraph in [*problem.words.split("\n"), *_clocking(interface)]:
        indent = "  " if paragraph.startswith("- ") else ""
        lines += textwrap.wrap(paragraph, _LINE, subsequent_indent=indent)
    lines += ["", "The module, with exactly these ports:", ""]
    lines += [f"  {line}" for line in interface.header().splitlines()]
    lines += ["", "For example:" if interface.clock is None else _EXAMPLE, ""]
    lines += [f"  {line}" for line in table(interface, example)]
    lines += ["", *_RULES]
    return "".join(f"// {line}".rstrip() + "\n" for line in lines)


_EXAMPLE = "For example (outputs as they are just before the rising edge that ends the cycle):"
_RULES = (
    "SystemVerilog that can be synthesised: no latches, no delays, no system tasks. Comments",
    "that explain the ports, the clocking and the reset are welcome.",
)


def _clocking(interface: Interface) -> list[str]:
    reset = interface.reset
    if reset is None:
        return ["It is combinational: there is no clock."]
    level = "high" if reset.active_high else "low"
    kind = (
        f"{reset.name} is an asynchronous reset, active {level}: while it is {reset.active}, the "
        "module is in its first state, whatever the clock does."
        if reset.asynchronous
        else f"{reset.name} is a synchronous reset, active {level}: at a rising edge where it is "
        f"{reset.active}, the module goes to its first state, whatever the other inputs are."
    )
    return [
        f"State changes at the rising edge of {interface.clock}. {kind} Before its first reset its "
        "state is unknown."
    ]


def table(interface: Interface, run: Sequence[Row]) -> list[str]:
    """A run as a table of text: a line for each cycle, inputs left of the bar, outputs right."""
    clocked = interface.clock is not None
    heads = (["cycle"] if clocked else []) + [port.name for port in interface.inputs]
    heads += ["|"] + [port.name for port in interface.outputs]
    body = []
    for cycle, (inputs, outputs) in enumerate(run):
        given = interface.unpack(inputs)
        found: Mapping[str, str] = interface.split(outputs)
        cells = [str(cycle)] if clocked else []
        cells += [shown(f"{given[p.name]:0{p.width}b}", p.width) for p in interface.inputs]
        cells += ["|"] + [shown(found[p.name], p.width) for p in interface.outputs]
        body.append(cells)
    widths = [max(map(len, column)) for column in zip(heads, *body, strict=True)]
    return [
        " ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (heads, *body)
    ]


TASKS = FamilyTasks("verilog", FAMILIES, of_problem)
sample, tasks, get, with_seed = TASKS.sample, TASKS.tasks, TASKS.get, TASKS.with_seed
variants, build = TASKS.variants, TASKS.build
