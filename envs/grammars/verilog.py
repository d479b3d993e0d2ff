"""A small grammar of Verilog modules: what each output is, and, with a clock, what each holds next.

An expression is of any width, as in Verilog itself; a module with a clock has a register of every
output's width, and every output is what an expression over inputs and registers says.
"""

from __future__ import annotations

import re

from .derivation import Grammar, Start, Type, rule
from .prompt import Example, Problem, PromptError, uncommented

_CONSTANTS = (0, 1, 2, 3, 4, 7, 8, 15, 255)

RULES = (
    *(rule("const", f"{number}") for number in _CONSTANTS),
    # With a size, so that it may stand in a concatenation.
    *(rule("bits", f"32'd{number}") for number in _CONSTANTS),
    rule("bits", "$over", "port"),
    rule("bits", "$over", "bit"),
    rule("bits", "$over", "state"),
    rule("bits", "(«bits» ? «bits» : «bits»)"),
    rule("bits", "(«bits» + «bits»)"),
    rule("bits", "(«bits» - «bits»)"),
    rule("bits", "(«bits» * «bits»)"),
    rule("bits", "(«bits» & «bits»)"),
    rule("bits", "(«bits» | «bits»)"),
    rule("bits", "(«bits» ^ «bits»)"),
    rule("bits", "(~«bits»)"),
    rule("bits", "(!«bits»)"),
    rule("bits", "(«bits» == «bits»)"),
    rule("bits", "(«bits» < «bits»)"),
    rule("bits", "(«bits» << «bits»)"),
    rule("bits", "(«bits» >> «bits»)"),
    rule("bits", "(^$over)", "port"),
    rule("bits", "(|$over)", "port"),
    rule("bits", "(&$over)", "port"),
    rule("bits", "(^$over)", "state"),
    rule("bits", "(&$over)", "state"),
    rule("bits", "$over[0]", "port"),
    rule("bits", "$over[1]", "port"),
    rule("bits", "(($over >> «bits») & 32'd1)", "port"),
    rule("bits", "{«part», «part»}"),
    rule("part", "1'b0"),
    rule("part", "1'b1"),
    rule("part", "$over", "port"),
    rule("part", "$over", "bit"),
    rule("part", "$over", "state"),
    rule("part", "$over[0]", "port"),
    rule("part", "(^$over)", "port"),
    rule("part", "{«part», «part»}"),
)

GRAMMAR = Grammar(
    "Verilog",
    RULES,
    variables={},
    values=("port", "bit", "state"),
    nonterminals=("bits", "part", "const"),
)

HINTS = 5
_HEAD = re.compile(r"^\s*module (\w+) \(\n(.*?)\n\s*\);", re.MULTILINE | re.DOTALL)
_PORT = re.compile(r"(input|output) (?:\[(\d+):0\] )?(\w+)")
_CLOCK = re.compile(r"at the rising edge of (\w+)\.")
_RESET = re.compile(r"(\w+) is (a synchronous|an asynchronous) reset, active (high|low)")
_ROW = re.compile(r"^\s+(\S.*) \| +(\S.*)$", re.MULTILINE)
_PORTS = 8
_MANY = (Type("port"), Type("bit"))


def problem(prompt: str) -> Problem:
    """What a prompt asks for. Raises `PromptError` where it shows no module."""
    text = uncommented(prompt, "//")
    head = _HEAD.search(text)
    if head is None:
        raise PromptError("the prompt shows no Verilog module")
    ports = [
        (direction, name, int(high or 0) + 1) for direction, high, name in _PORT.findall(head[2])
    ]
    plain = " ".join(text.split())
    clock, reset = _CLOCK.search(plain), _RESET.search(plain)
    hidden = {clock[1]} if clock else set()
    if reset:
        hidden.add(reset[1])
    inputs = [(n, w) for direction, n, w in ports if direction == "input" and n not in hidden]
    outputs = [(n, w) for direction, n, w in ports if direction == "output"]
    scope = tuple((name, _MANY[width == 1]) for name, width in inputs)
    asynchronous = bool(reset and reset[2] == "an asynchronous")
    low = bool(reset and reset[3] == "low")
    if clock and reset:
        scope += tuple((_held(name), Type("state")) for name, _ in outputs)
        body = _sequential(outputs, clock[1], reset[1], asynchronous=asynchronous, low=low)
    else:
        body = "".join(f"  assign {name} = «bits»;\n" for name, _ in outputs)
    rows = [Example(given, found) for given, found in _ROW.findall(text)]
    return Problem(
        tuple((_MANY[width == 1], width) for _, width in inputs),
        tuple((_MANY[width == 1], width) for _, width in outputs),
        tuple(row for row in rows if not row.given.split()[0].isalpha()),
        (
            float(clock is not None), float(asynchronous), float(low),
            min(len(inputs) / _PORTS, 1.0), min(len(outputs) / _PORTS, 1.0),
        ),
        Start(rule("program", f"{head[0].strip()}\n{body}endmodule\n"), scope),
    )  # fmt: skip


def _held(name: str) -> str:
    return f"{name}_held"


def _sequential(
    outputs: list[tuple[str, int]], clock: str, reset: str, *, asynchronous: bool, low: bool
) -> str:
    lines = [f"  reg [{width - 1}:0] {_held(name)};" for name, width in outputs]
    edge = f" or {'negedge' if low else 'posedge'} {reset}" if asynchronous else ""
    lines += [f"  always @(posedge {clock}{edge})", f"    if ({'!' * low}{reset}) begin"]
    lines += [f"      {_held(name)} <= «const»;" for name, _ in outputs]
    lines += ["    end else begin"]
    lines += [f"      {_held(name)} <= «bits»;" for name, _ in outputs]
    lines += ["    end"]
    lines += [f"  assign {name} = «bits»;" for name, _ in outputs]
    return "\n".join(lines) + "\n"
