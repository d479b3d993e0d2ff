"""The tasks that hostile Python, Rust and Verilog programs are handed in for, and what solves
them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from ...envs.tasks import python, rust, verilog
from ...envs.tasks.draw import Draw
from ...envs.tasks.python_families import Problem as PythonProblem
from ...envs.tasks.rust_families import Problem as RustProblem
from ...envs.tasks.verilog_families import Inputs, Outputs, Sequential
from ...envs.tasks.verilog_families import Problem as VerilogProblem
from ...verifiers.python.interface import Interface as PythonInterface
from ...verifiers.rust.interface import Interface as RustInterface
from ...verifiers.task import Task
from ...verifiers.verilog.interface import Interface, Port, Reset

# ---------------------------------------------------------------- Verilog

COUNTER_INTERFACE = Interface(
    "counter", (Port("rst"), Port("en")), (Port("count", 4), Port("wrapped")), "clk", Reset("rst")
)
HEAD = "module counter (input clk, input rst, input en, output {}[3:0] count, output wrapped);\n"
COUNTER = (
    HEAD.format("reg ")
    + """\
  assign wrapped = en && (count == 4'd15);
  always @(posedge clk)
    if (rst) count <= 4'd0;
    else if (en) count <= count + 4'd1;
endmodule
"""
)


def counter_with(body: str, *, reg: bool = True, before: str = "", after: str = "") -> str:
    """A module of the counter's head with another body."""
    return f"{before}{HEAD.format('reg ' if reg else '')}{body}\nendmodule\n{after}"


@cache
def counter_task() -> Task:
    """The task that `COUNTER` solves."""

    def step(state: int, inputs: Inputs) -> tuple[Outputs, int]:
        en = inputs["en"]
        return {"count": state, "wrapped": int(en and state == 15)}, (state + en) % 16

    def draw(draw: Draw) -> Sequence[Inputs]:
        return [{"en": int(draw.chance(0.8))} for _ in range(40)]

    problem = VerilogProblem("A counter.", COUNTER_INTERFACE, COUNTER, Sequential(0, step, draw))
    return verilog.of_problem(problem, "verilog/attack/1/eval-0", "attack", "eval", 1, "0")


# ---------------------------------------------------------------- Rust

MIX = """\
pub fn mix(items: &[i64], seed: i64) -> Option<i64> {
    let mut found = None;
    for &item in items {
        found = Some(found.unwrap_or(seed).wrapping_mul(31) ^ item);
    }
    found
}
"""
MIX_TYPE = "pub fn mix(items: &[i64], seed: i64) -> Option<i64>"


@cache
def mix_task() -> Task:
    """The task that `MIX` solves: nothing that does not compute it can guess an answer."""

    def oracle(items: list[int], seed: int) -> int | None:
        if not items:
            return None
        found = seed
        for item in items:
            found = ((found * 31 + (1 << 63)) % (1 << 64) - (1 << 63)) ^ item
        return found

    def arguments(draw: Draw) -> tuple[list[int], int]:
        items = [draw.between(-1000, 1000) for _ in range(draw.between(1, 9))]
        return items, draw.between(-1000, 1000)

    interface = RustInterface("mix", (("items", "&[i64]"), ("seed", "i64")), "Option<i64>")
    problem = RustProblem("Mix.", interface, MIX, oracle, arguments, [([], 3)])
    return rust.of_problem(problem, "rust/attack/1/eval-0", "attack", "eval", 1, "0")


# ---------------------------------------------------------------- Python

BLEND_HEAD = "def blend(items: list[int], seed: int) -> int | None:\n"
BLEND = (
    BLEND_HEAD
    + """\
    found = None
    for item in items:
        found = (31 * (seed if found is None else found) + item * item) % 1_000_003
    return found
"""
)


def blend_that(body: str, before: str = "") -> str:
    """A program whose function does `body`, lines without their indentation."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return f"{before}{BLEND_HEAD}{lines}"


@cache
def blend_task() -> Task:
    """The task that `BLEND` solves: nothing that does not compute it can guess an answer."""

    def oracle(items: list[int], seed: int) -> int | None:
        if not items:
            return None
        found = seed
        for item in items:
            found = (found * 31 + item**2) % 1_000_003
        return found

    def arguments(draw: Draw) -> tuple[list[int], int]:
        items = [draw.between(-1000, 1000) for _ in range(draw.between(1, 9))]
        return items, draw.between(-1000, 1000)

    interface = PythonInterface("blend", (("items", "list[int]"), ("seed", "int")), "int | None")
    problem = PythonProblem("Blend.", interface, BLEND, oracle, arguments, [([], 3)])
    return python.of_problem(problem, "python/attack/1/eval-0", "attack", "eval", 1, "0")
