"""Interpreters: a stack, a handful of instructions, and what happens where one cannot be done."""

from __future__ import annotations

from typing import Any

from ....verifiers.rust.interface import Interface
from ..draw import Draw
from .family import Problem, family

# name -> (values that it takes off, words, Python: list of taken (top first) -> list pushed or None
# for a failure, Rust: statements on `a` (top) and `b` (below)).
_INSTRUCTIONS: dict[str, tuple[int, str, Any, str]] = {
    "push": (0, "puts its number on the stack", None, "stack.push(number);"),
    "add": (2, "takes two numbers off and puts their sum on", lambda a, b: [b + a],
            "stack.push(b + a);"),
    "sub": (2, "takes a number a off, then a number b, and puts b - a on", lambda a, b: [b - a],
            "stack.push(b - a);"),
    "mul": (2, "takes two numbers off and puts their product on", lambda a, b: [b * a],
            "stack.push(b * a);"),
    "dup": (1, "puts the number on top on once more", lambda a: [a, a],
            "stack.push(a);\n                stack.push(a);"),
    "swap": (2, "exchanges the two numbers on top", lambda a, b: [a, b],
             "stack.push(a);\n                stack.push(b);"),
    "drop": (1, "takes a number off", lambda _: [], ""),
    "neg": (1, "changes the sign of the number on top", lambda a: [-a], "stack.push(-a);"),
    "max": (2, "takes two numbers off and puts the larger one on", lambda a, b: [max(a, b)],
            "stack.push(a.max(b));"),
    "over": (2, "puts the number below the one on top on once more", lambda a, b: [b, a, b],
             "stack.push(b);\n                stack.push(a);\n                stack.push(b);"),
    "less": (2, "takes a number a off, then a number b, and puts 1 on if b is less than a, else 0",
             lambda a, b: [int(b < a)], "stack.push(i64::from(b < a));"),
}  # fmt: skip
_SETS = {
    1: (("push", "add"), ("push", "sub"), ("push", "dup"), ("push", "drop"), ("push", "neg"),
        ("push", "max"), ("push", "less")),
    2: (("push", "add", "dup"), ("push", "sub", "dup"), ("push", "mul", "neg"),
        ("push", "swap", "sub"), ("push", "max", "drop"), ("push", "over", "less")),
    3: (("push", "add", "sub", "dup"), ("push", "sub", "swap", "neg"),
        ("push", "mul", "dup", "drop"), ("push", "max", "sub", "over"),
        ("push", "less", "dup", "sub"), ("push", "add", "swap", "less")),
    4: (("push", "add", "sub", "dup", "swap"), ("push", "mul", "sub", "over", "drop"),
        ("push", "max", "neg", "swap", "less"), ("push", "less", "sub", "dup", "over"),
        ("push", "add", "max", "dup", "sub")),
    5: (("push", "add", "sub", "dup", "swap", "skip"), ("push", "less", "sub", "over", "skip"),
        ("push", "mul", "neg", "drop", "skip", "dup"), ("push", "max", "swap", "sub", "skip"),
        ("push", "add", "less", "over", "skip", "drop")),
}  # fmt: skip
_SKIP = (
    "takes a number off, and if it is above zero passes over as many of the following instructions "
    "as the number of the skip instruction itself says (none if that is below 0; passing the end "
    "is the end)"
)


def _variants(level: int) -> list[tuple[Any, ...]]:
    whole = (False, True)
    failing = ("stop",) if level < 3 else ("stop", "error")
    return [(names, all_, fails) for names in _SETS[level] for all_ in whole for fails in failing]


@family("interpreter", _variants)
def interpreter(names: tuple[str, ...], whole: bool, fails: str) -> Problem:
    listed = [f'- "{name}" {_SKIP if name == "skip" else _INSTRUCTIONS[name][1]}' for name in names]
    left = "the stack, from the bottom to the top" if whole else (
        "the number on top, or None if the stack is empty"
    )  # fmt: skip
    failed = (
        f"the program ends at once, with the stack as it was before that instruction: return {left}"
        if fails == "stop"
        else "return Err with the index of that instruction in `program`"
    )
    returned = f"Ok with {left}" if fails == "error" else left
    words = "\n".join(
        [
            "A machine has a stack of numbers, empty at first, and runs the instructions of "
            "`program` in order, each a name and a number (which most do not use):",
            *listed,
            f"When an instruction finds fewer numbers than it needs, or its name is none of these, "
            f"{failed}. At the end of the program return {returned}.",
        ]
    )

    def oracle(program: list[tuple[str, int]]) -> Any:
        stack: list[int] = []
        at = 0
        while at < len(program):
            name, number = program[at]
            needed = 1 if name == "skip" else _INSTRUCTIONS.get(name, (99,))[0]
            if name not in names or len(stack) < needed:
                if fails == "error":
                    return ("Err", at)
                break
            taken = [stack.pop() for _ in range(needed)]
            if name == "push":
                stack.append(number)
            elif name == "skip":
                if taken[0] > 0:
                    at += max(number, 0)
            else:
                stack += _INSTRUCTIONS[name][2](*taken)
            at += 1
        found: Any = stack if whole else (stack[-1] if stack else None)
        return ("Ok", found) if fails == "error" else found

    value = "Vec<i64>" if whole else "Option<i64>"
    returns = f"Result<{value}, usize>" if fails == "error" else value
    result = "stack" if whole else "stack.last().copied()"
    failure = "return Err(at)" if fails == "error" else "break"
    arms = "".join(_arm(name) for name in names)
    needs = "".join(
        f'            "{name}" => {1 if name == "skip" else _INSTRUCTIONS[name][0]},\n'
        for name in names
    )
    reference = (
        f"pub fn run(program: &[(String, i64)]) -> {returns} {{\n"
        "    let mut stack: Vec<i64> = Vec::new();\n"
        "    let mut at = 0;\n"
        "    while at < program.len() {\n"
        "        let (name, number) = (program[at].0.as_str(), program[at].1);\n"
        "        let needed = match name {\n"
        f"{needs}            _ => {failure},\n        }};\n"
        f"        if stack.len() < needed {{\n            {failure};\n        }}\n"
        "        match name {\n"
        f"{arms}            _ => {{}}\n        }}\n"
        "        at += 1;\n    }\n"
        f"    {'Ok(' + result + ')' if fails == 'error' else result}\n}}\n"
    )

    def arguments(draw: Draw) -> tuple[Any, ...]:
        program: list[tuple[str, int]] = []
        depth = 0
        for _ in range(draw.below(12)):
            usable = [n for n in names if n == "push" or _needs(n) <= depth or draw.chance(0.04)]
            name = draw.pick(["push", *usable]) if depth < 3 else draw.pick(usable)
            if draw.chance(0.03):
                name = draw.pick(("pop", "nop", "Push", ""))
            program.append((name, draw.between(-4, 4) if name == "push" else draw.between(0, 3)))
            if name in names:
                depth = max(0, depth + _growth(name))
        return (program,)

    edges: list[tuple[Any, ...]] = [
        ([],),
        ([("push", 5)],),
        ([("nothing", 1)],),
        ([("push", 2), ("push", 7), ("nothing", 0), ("push", 1)],),
    ]
    two = [name for name in names if _INSTRUCTIONS.get(name, (0,))[0] == 2]
    for name in names[1:]:
        # What follows an instruction that fails shows whether the program went on.
        after = [("push", 8)] if _needs(name) == 2 else []
        edges += [
            ([(name, 1), ("push", 8)],),
            ([("push", -3), (name, 1), *after],),
            ([("push", 3), ("push", -2), (name, 1)],),
            ([("push", -2), ("push", 3), (name, 1), ("push", 8), ("push", 9)],),
            ([("push", 4), ("push", 4), (name, 2)],),
            # What lies deeper comes to light when others are taken off.
            ([("push", 5), ("push", 3), ("push", -2), (name, 0), *((t, 0) for t in two)],),
        ]
    if "skip" in names:
        edges += [
            ([("push", 7), ("push", n), ("skip", number), ("push", 8), ("push", 9)],)
            for n, number in ((-1, 1), (0, 1), (1, 1), (2, 1), (1, -1))
        ]
    return Problem(
        words,
        Interface("run", (("program", "&[(String, i64)]"),), returns),
        reference,
        oracle,
        arguments,
        edges,
    )


def _needs(name: str) -> int:
    return 1 if name == "skip" else _INSTRUCTIONS[name][0]


def _growth(name: str) -> int:
    return {"push": 1, "dup": 1, "over": 1, "swap": 0, "neg": 0}.get(name, -1)


def _arm(name: str) -> str:
    if name == "skip":
        return (
            '            "skip" => {\n'
            "                if stack.pop() > Some(0) {\n"
            "                    at += usize::try_from(number).unwrap_or(0);\n"
            "                }\n            }\n"
        )
    count, _, _, body = _INSTRUCTIONS[name]
    if count == 0:
        return f'            "{name}" => stack.push(number),\n'
    if not body:
        return f'            "{name}" => {{\n                stack.pop();\n            }}\n'
    pops = "".join(
        f"                let {variable} = stack.pop().unwrap_or_default();\n"
        for variable in ("a", "b")[:count]
    )
    return f'            "{name}" => {{\n{pops}                {body}\n            }}\n'
