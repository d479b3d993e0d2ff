"""A small grammar of Compact contracts: what the open tasks ask for, over a ledger of few types."""

from __future__ import annotations

import re

from .derivation import Grammar, Start, Type, rule
from .prompt import Problem, PromptError, uncommented

_CONSTANTS = (0, 1, 2, 5, 10, 100, 1000)
_ROUNDS = (3, 10)

# A contract is a chain of declarations, each followed by what comes after it (`S`).
_DECLARATIONS = (
    rule("field[S]", "export ledger $field: Uint<64>;\n«S | field: cell[uint]»"),
    rule("field[S]", "export ledger $field: Boolean;\n«S | field: cell[bool]»"),
    rule("field[S]", "export ledger $field: Counter;\n«S | field: counter»"),
    rule("enum[S]", "«S»"),
    rule(
        "enum[S]",
        "export enum Stage { first, second, third }\nexport ledger $stage: Stage;\n"
        "«S | stage: cell[stage]»",
    ),
    rule("struct[S]", "«S»"),
    rule(
        "struct[S]",
        "export struct Span { low: Uint<64>, high: Uint<64> }\nexport ledger $span: Span;\n"
        "«S | span: cell[span]»",
    ),
    rule("witness[S]", "«S»"),
    rule("witness[S]", "witness $secret(): Uint<64>;\n«S | secret: witnessed»"),
)
_IF_ELSE = "if («bool») {\n  «block»\n} else {\n  «block»\n}\n«block»"
_ELSE_IF = (
    "if («bool») {\n  «block»\n} else if («bool») {\n  «block»\n} else {\n  «block»\n}\n«block»"
)
# What is private is disclosed where it enters: then everything may be decided by it and stored.
_CIRCUIT = """\

export circuit act($value: Uint<64>, $amount: Uint<64>, $flag: Boolean): [] {
  const $v = disclose($value);
  const $w = disclose($amount);
  const $f = disclose($flag);
  «block | v: uint, w: uint, f: bool»
}"""

RULES = (
    *_DECLARATIONS,
    rule("circuit", _CIRCUIT),
    rule("block", ""),
    rule("block", "if («bool») {\n  «block»\n}\n«block»"),
    rule("block", _IF_ELSE),
    rule("block", _ELSE_IF),
    *(
        rule("block", f"for (const $i of 0..{n}) {{\n  «block | i: uint»\n}}\n«block»")
        for n in _ROUNDS
    ),
    rule("block", "$over = «uint»;\n«block»", "cell[uint]"),
    rule("block", "$over = «bool»;\n«block»", "cell[bool]"),
    rule("block", "$over = «stage»;\n«block»", "cell[stage]"),
    rule("block", "$over = Span { low: «uint», high: «uint» };\n«block»", "cell[span]"),
    rule("block", "$over.increment(1);\n«block»", "counter"),
    rule("block", "$over.decrement(1);\n«block»", "counter"),
    rule("block", 'assert(«bool», "refused");\n«block»'),
    rule("block", "const $n: Uint<64> = «uint»;\n«block | n: uint»"),
    *(rule("uint", str(number)) for number in _CONSTANTS),
    rule("uint", "$over", "uint"),
    rule("uint", "$over", "cell[uint]"),
    rule("uint", "$over", "counter"),
    rule("uint", "$over.low", "cell[span]"),
    rule("uint", "$over.high", "cell[span]"),
    rule("uint", "disclose($over())", "witnessed"),
    rule("uint", "((«uint» + «uint») as Uint<64>)"),
    rule("uint", "((«uint» - «uint») as Uint<64>)"),
    rule("uint", "((«uint» * «uint») as Uint<64>)"),
    rule("uint", "(«bool» ? «uint» : «uint»)"),
    rule("bool", "true"),
    rule("bool", "$over", "bool"),
    rule("bool", "$over", "cell[bool]"),
    rule("bool", "(«uint» < «uint»)"),
    rule("bool", "(«uint» >= «uint»)"),
    rule("bool", "(«uint» == «uint»)"),
    rule("bool", "($over == «stage»)", "cell[stage]"),
    rule("bool", "(«bool» && «bool»)"),
    rule("bool", "(«bool» || «bool»)"),
    rule("bool", "(!«bool»)"),
    rule("stage", "Stage.first"),
    rule("stage", "Stage.second"),
    rule("stage", "Stage.third"),
)

GRAMMAR = Grammar(
    "Compact",
    RULES,
    variables={},
    values=("uint", "bool", "stage", "span", "cell", "counter", "witnessed"),
    nonterminals=("field", "enum", "struct", "witness", "circuit", "block"),
    anything="S",
)

_HEADER = "pragma language_version 0.23;\nimport CompactStandardLibrary;\n\n"
_HINT = re.compile(r"^([a-z-]+): (.+)$", re.MULTILINE)
_KINDS = ("if", "if-else", "else-if", "ternary", "loop", "enum", "struct", "witness")
HINTS = len(_KINDS) + 2
# The highest complexity that a task asks for.
_COMPLEXITY = 8
# Fields that a task names; where it names none there is one.
_FIELDS, _FIELD = 2, "total"


def problem(prompt: str) -> Problem:
    """What a prompt asks for. Raises `PromptError` where it has none of the open tasks' hints."""
    found = dict(_HINT.findall(uncommented(prompt, "//")))
    if "structure" not in found:
        raise PromptError("the prompt does not say what a Compact contract is to be made of")
    asked = {
        word.strip()
        for name in ("structure", "uses")
        for word in found.get(name, "").split(",")
    }  # fmt: skip
    fields = tuple(name.strip() for name in found.get("ledger", _FIELD).split(","))[:_FIELDS]
    digits = re.match(r"\d+", found.get("complexity", ""))
    rest = Type.of("enum[struct[witness[circuit]]]")
    for _ in fields:
        rest = Type("field", (rest,))
    return Problem(
        (),
        (),
        (),
        (
            *(float(kind in asked) for kind in _KINDS),
            min(int(digits[0]) / _COMPLEXITY, 1.0) if digits else 0.0,
            len(fields) / _FIELDS,
        ),
        Start(
            rule("program", f"{_HEADER}«{rest}»\n"),
            names={"field": fields},
        ),
    )
