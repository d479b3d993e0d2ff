"""Compact contracts (language 0.23) drawn from a grammar, with an exact number of decisions.

A plan of decisions (which kinds, how nested, in which circuit) is drawn first, then written out in
one canonical style with tests that are neither constant, repeated nor implied, so that the
cyclomatic complexity of the result is the planned one by construction.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from .compact_circuits import Circuit, Node
from .compact_expressions import ExhaustedError, Scope
from .compact_names import (
    CIRCUIT_NAMES,
    ENUMS,
    FAMILIES,
    HELPER_NAMES,
    LEDGER_TYPES,
    STRUCTS,
    USED_FIELDS,
    WITNESSES,
    split_type,
    thresholds,
    words_of,
)

KINDS: tuple[str, ...] = ("if", "if-else", "else-if", "ternary", "loop")
"""The kinds of decisions, as tasks name them."""

DECLARATIONS: tuple[str, ...] = tuple(USED_FIELDS)
"""What else tasks can ask a contract to declare and use."""

_HEADER = "pragma language_version 0.23;\nimport CompactStandardLibrary;\n\n"
# Blocks nested deeper than this are hard to read, and to learn.
_DEPTH = 3
# A circuit with more decisions than this runs out of fresh tests.
_PER_CIRCUIT = 5
# Draws of one circuit before its whole contract is drawn again: one in four runs dry.
_DRAWS = 20


def plan(rng: random.Random, decisions: int, kinds: Sequence[str], depth: int = 0) -> list[Node]:
    """Structures of the given kinds that hold exactly `decisions` decisions together.

    Where no given kind fits what is left (an else-if needs two), an `if` fills the place.
    """
    nodes = []
    while decisions > 0:
        fitting = [k for k in kinds if k != "else-if" or decisions >= 2] or ["if"]
        node = draw_node(rng, rng.choice(fitting), decisions)
        decisions -= node.tests
        deepest = 2 if tuple(kinds) == ("loop",) else _DEPTH
        if decisions > 0 and depth + 1 < deepest and node.kind != "ternary" and rng.random() < 0.35:
            # Loops nest no deeper than two, for which the index names i and j are enough.
            inner = [k for k in kinds if k != "loop" or depth == 0 or len(kinds) == 1]
            node.children = plan(rng, rng.randint(1, min(3, decisions)), inner, depth + 1)
            decisions -= node.decisions - node.tests
        nodes.append(node)
    return nodes


def draw_node(rng: random.Random, kind: str, room: int) -> Node:
    """A structure of this kind, of at most `room` decisions where that is possible."""
    if kind == "else-if":
        return Node(kind, 3 if room >= 3 and rng.random() < 0.3 else 2)
    if kind == "ternary" and room >= 2 and rng.random() < 0.1:
        return Node(kind, 2)
    return Node(kind)


# ---------------------------------------------------------------- contracts


@dataclass(frozen=True, slots=True)
class Outline:
    """What a contract must hold.

    `structure`: kinds of decisions, in order; `uses`: ``enum``, ``struct``, ``witness``; `asked`:
    ledger fields of `LEDGER_TYPES` that it has and uses; `more`: how many other fields there are at
    least; `fields` (name, type) in place of the family's ledger; `circuits`: names to take first.
    """

    structure: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    more: int = 0
    fields: tuple[tuple[str, str], ...] = ()
    circuits: tuple[str, ...] = ()


def draw_fields(
    rng: random.Random, family: str, outline: Outline, decisions: int
) -> list[tuple[str, str]]:
    """A ledger of the family, or of the fields asked for and, where there is more to decide than
    they may be enough for, some of the family's; with one for each declaration to be used."""
    chosen, asked = FAMILIES[family], outline.asked
    others: Sequence[str] = chosen.optional
    extra = rng.choice((0, 1, 1, 2))
    if asked:
        others = [name for name in (*chosen.core, *chosen.optional) if name not in asked]
        extra = rng.choice((0, 0, 0, 1, 2) if decisions < 2 else (1, 2, 2))
    extra = min(max(extra, outline.more), len(others))
    names = [*(asked or chosen.core), *rng.sample(others, extra)]
    for declaration in outline.uses:
        wanted = USED_FIELDS[declaration]
        if wanted and not any(name in wanted for name in names):
            own = [name for name in chosen.optional if name in wanted]
            names.append(own[0] if own else rng.choice(wanted))
    return [(name, LEDGER_TYPES[name]) for name in names]


def distribute(rng: random.Random, nodes: list[Node]) -> list[list[Node]]:
    """The decisions of each circuit: one to three circuits, more where decisions are many."""
    total = sum(node.decisions for node in nodes)
    least = max(1, -(-total // _PER_CIRCUIT))
    circuits: list[list[Node]] = [[] for _ in range(rng.choices((0, 1, 2), (5, 4, 1))[0] + least)]
    for node in nodes:
        room = [c for c in circuits if sum(n.decisions for n in c) + node.decisions <= 6]
        rng.choice(room or [min(circuits, key=lambda c: sum(n.decisions for n in c))]).append(node)
    return circuits


def helper(rng: random.Random, node: Node | None, name: str) -> str:
    """A circuit Uint<64> -> Uint<64> that touches no state, with at most one decision."""
    if node is None:
        kind = rng.choice(("+", "*"))
        body = f"  return (amount {kind} {rng.choice(thresholds(16))}) as Uint<64>;"
    else:
        literal = rng.choice(thresholds(16))
        operator = rng.choice(("<", "<=", ">", ">="))
        test = f"amount {operator} {literal}"
        sides = ["amount", str(literal)]
        if rng.random() < 0.3:
            sides[0] = f"(amount + {rng.choice(thresholds(8))}) as Uint<64>"
        rng.shuffle(sides)
        if node.kind == "ternary":
            body = f"  return {test} ? {sides[0]} : {sides[1]};"
        elif node.kind == "if":
            body = f"  if ({test}) {{\n    return {sides[0]};\n  }}\n  return {sides[1]};"
        else:
            body = (
                f"  if ({test}) {{\n    return {sides[0]};\n  }} else {{\n"
                f"    return {sides[1]};\n  }}"
            )
    prefix = "pure " if rng.random() < 0.3 else ""
    return f"{prefix}circuit {name}(amount: Uint<64>): Uint<64> {{\n{body}\n}}\n"


def constructor(rng: random.Random, fields: Sequence[tuple[str, str]], most: int = 2) -> str:
    """A constructor that gives up to `most` of the fields that can have one their first values (""
    where none can)."""
    scope = Scope(rng, [])
    lines = []
    for name, type_text in fields:
        head = split_type(type_text)[0]
        if head in ENUMS:
            lines.append(f"{name} = {head}.{ENUMS[head][0]};")
        elif head == "Boolean":
            lines.append(f"{name} = {rng.choice(('true', 'false'))};")
        elif head in ("Bytes", "Uint", "Field") and rng.random() < 0.6:
            lines.append(f"{name} = {scope.value(type_text, simple=True)};")
    if not lines:
        return ""
    lines = rng.sample(lines, min(len(lines), most))
    words = words_of("\n".join(lines))
    parameters = ", ".join(f"{n}: {t}" for n, t in scope.parameters.items() if n in words)
    body = "\n".join(f"  {line}" for line in lines)
    return f"constructor({parameters}) {{\n{body}\n}}\n"


def draw_plan(rng: random.Random, decisions: int, structure: Sequence[str]) -> list[Node]:
    """Decision structures: first those asked for, as long as they fit, then any of their kinds."""
    if decisions == 1 and tuple(structure[:1]) == ("else-if",):
        return [Node("else-if", 1)]
    nodes = []
    for kind in structure:
        tests = 2 if kind == "else-if" else 1
        if tests <= decisions:
            nodes.append(Node(kind, tests))
            decisions -= tests
    return nodes + plan(rng, decisions, structure or KINDS)


def write_contract(rng: random.Random, decisions: int, family: str, outline: Outline) -> str:
    """One draw of a contract with exactly `decisions` decisions.

    Raises `ExhaustedError` where the draw ran out of fresh tests; another draw will do.
    """
    nodes = draw_plan(rng, decisions, outline.structure)
    fields = list(outline.fields) or draw_fields(rng, family, outline, decisions)
    taken = {name for name, _ in fields}

    # At most one decision moves to a helper, which the first circuit then calls: a circuit that
    # nothing reaches would not count.
    helper_name, helper_text = "", ""
    movable = [n for n in nodes if n.kind in ("ternary", "if", "if-else") and n.decisions == 1]
    moved: Node | None = None
    if movable and rng.random() < 0.15:
        moved = rng.choice(movable)
        nodes.remove(moved)
    can_call = any(t in ("Uint<64>", "Field") for _, t in fields)
    if (moved is not None or rng.random() < 0.08) and can_call:
        helper_name = rng.choice(HELPER_NAMES)
        helper_text = helper(rng, moved, helper_name)
    elif moved is not None:
        nodes.append(moved)

    witnesses = [w for w in WITNESSES if rng.random() < 0.12]
    if "witness" in outline.uses:
        types = {"Uint<64>" if t == "Counter" else t for _, t in fields}
        fitting = [name for name, t in WITNESSES.items() if t in types]
        witnesses = witnesses or [rng.choice(fitting or tuple(WITNESSES))]
    names = circuit_names(rng, outline.circuits or FAMILIES[family].circuits, taken)
    circuits: list[str] = []
    plans = distribute(rng, nodes)
    if outline.circuits:
        # The circuit that a prompt names is the one that is to decide.
        plans.sort(key=lambda own: -sum(node.decisions for node in own))
    for name, own in zip(names, plans, strict=False):
        calls = "" if circuits else helper_name
        deeds = {deeds_of(text) for text in circuits}
        asking = "witness" in outline.uses and not words_of("\n".join(circuits)) & set(WITNESSES)
        circuits.append(write_circuit(rng, name, own, fields, witnesses, asking, calls, deeds))

    body = "\n".join([helper_text, *circuits] if helper_text else circuits)
    words = words_of(body)
    if not all(words & bringing(declaration) for declaration in outline.uses):
        raise ExhaustedError
    idle = [field for field in fields if field[0] in outline.asked and field[0] not in words]
    used = fields if outline.fields else [f for f in fields if f[0] in words] or fields[:1]
    if idle:
        # What no circuit names has a first value at least.
        used = [field for field in fields if field in idle or field in used]
        start = constructor(rng, idle, len(idle))
        if not words_of(start).issuperset(name for name, _ in idle):
            raise ExhaustedError
    else:
        start = constructor(rng, used) if rng.random() < 0.3 else ""
    text = f"{start}\n{body}" if start else body
    return _HEADER + declarations(used, text) + text


def bringing(declaration: str) -> set[str]:
    """The names of which a contract that uses this declaration has one in its circuits."""
    return set(WITNESSES if declaration == "witness" else USED_FIELDS[declaration])


def circuit_names(rng: random.Random, preferred: Sequence[str], taken: set[str]) -> list[str]:
    """Names for circuits, each once, the preferred ones first, none of those taken."""
    first = [n for n in preferred if n not in taken]
    rest = [n for n in CIRCUIT_NAMES if n not in taken and n not in first]
    return rng.sample(first, len(first)) + rng.sample(rest, len(rest))


def deeds_of(circuit: str) -> str:
    """What the circuit does, whatever it is called, takes and (without a test) returns."""
    body = circuit.partition("{\n")[2]
    lines = [s for s in body.splitlines() if not s.startswith("  return") or " ? " in s]
    return "\n".join(lines) if len(lines) > 1 else circuit


def write_circuit(
    rng: random.Random,
    name: str,
    nodes: Sequence[Node],
    fields: Sequence[tuple[str, str]],
    witnesses: Sequence[str],
    asking: bool,
    calls: str,
    others: set[str],
) -> str:
    """One exported circuit with these decisions, that calls the helper named (if any).

    `asking`: one of the witnesses is to be called. `others` are the deeds of the circuits there
    are: one that does the same as another would not count. Raises `ExhaustedError` when all draws
    ran out of fresh tests.
    """
    for _ in range(_DRAWS):
        result = rng.choices(("[]", "Uint<64>", "Boolean", "Field"), (14, 3, 2, 1))[0]
        writer = Circuit(Scope(rng, fields, witnesses=witnesses, asking=asking), name, result)
        try:
            text = writer.write(nodes, calls)
        except ExhaustedError:
            continue
        if deeds_of(text) not in others:
            return text
    raise ExhaustedError


def declarations(fields: Sequence[tuple[str, str]], text: str) -> str:
    """The types, ledger fields and witnesses that the rest of the contract names."""
    types = words_of(text + " ".join(t for _, t in fields))
    lines = []
    for name, elements in ENUMS.items():
        if name in types:
            lines.append(f"export enum {name} {{ {', '.join(elements)} }}\n")
    for name, parts in STRUCTS.items():
        if name in types:
            inside = ", ".join(f"{n}: {t}" for n, t in parts)
            lines.append(f"export struct {name} {{ {inside} }}\n")
    if lines:
        lines.append("\n")
    lines += [f"export ledger {name}: {type_text};\n" for name, type_text in fields]
    witnesses = [f"witness {n}(): {t};\n" for n, t in WITNESSES.items() if f"{n}(" in text]
    if witnesses:
        lines += ["\n", *witnesses]
    return "".join(lines) + "\n"
