"""How complex a contract is: McCabe's measure, over decisions that matter.

McCabe (1976) counts decisions: one for every `if`, `?:` and loop, plus one. A policy that is paid
by the count writes decisions that decide nothing, so here each circuit is run symbolically and a
decision counts only if both ways are open when it is reached, nothing that was decided before
tells how it comes out, and the two ways differ in what the circuit then does. `&&` and `||` are
reported apart: a chain of them is one decision with a long condition.

What counts is what can happen, not what is written: each circuit is first reduced to its effects
(`execution`), then what is left of it is counted. Where the analysis gives up (see `conditions`),
a decision adds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from . import ast
from .conditions import Sequence, Value, parts_of
from .execution import Run
from .interpreter import deep_and_undisturbed
from .scopes import Unit, entry_points, names_of
from .simplification import FORKS, Simplifier
from .source import TOO_DEEP, CompactError

KINDS: Final = ("if", "if-else", "else-if", "ternary", "loop")


@dataclass(frozen=True, slots=True)
class CircuitComplexity:
    """One circuit that can be reached, or the constructor.

    `complexity` is 1 and its decisions, `extended` adds the `&&` and `||` in their conditions.
    `structure` shows the kinds in order and nesting: ``if(else-if(?)) for(if)``. `counted` is
    False for a circuit that does the same as an earlier one.
    """

    name: str
    complexity: int
    extended: int
    structure: str
    decisions: Mapping[str, int]
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Complexity:
    """A contract: 1 and the decisions of all circuits that are `counted`."""

    complexity: int
    extended: int
    circuits: tuple[CircuitComplexity, ...]

    @property
    def decisions(self) -> dict[str, int]:
        """How often each of `KINDS` occurs in the circuits that are counted."""
        counted = [c.decisions for c in self.circuits if c.counted]
        return {kind: sum(d.get(kind, 0) for d in counted) for kind in KINDS}

    @property
    def structure(self) -> tuple[str, ...]:
        """The structure of every counted circuit that has any decision, in order."""
        return tuple(c.structure for c in self.circuits if c.counted and c.structure)


def seed_count(source: str) -> int:
    """The seed's measure: 1, the substrings `` if (`` and the substrings `` else ``.

    Kept for comparison. It is crude: it counts in comments and strings, twice for `else if`, and
    neither `?:` nor an `if` at the start of a line.
    """
    return 1 + source.count(" if (") + source.count(" else ")


def measure(program: ast.Program) -> Complexity:
    """The complexity of a contract, from its syntax tree.

    The program need not be free of errors: what has no meaning adds nothing. Circuits count that
    the exported ones and the constructor reach, by name.

    Raises `CompactError` where what is computed of what is computed, and so on, goes too deep.
    """
    try:
        with deep_and_undisturbed():
            return _measured(program)
    except RecursionError:
        raise CompactError(None, f"{TOO_DEEP} to be measured") from None


def _measured(program: ast.Program) -> Complexity:
    results: list[CircuitComplexity] = []
    seen: set[int] = set()
    shapes: set[int] = set()
    waiting = entry_points(program, names_of(program))[::-1]
    while waiting:
        unit = waiting.pop()
        if unit.node.pos in seen:
            continue
        seen.add(unit.node.pos)
        run = Run(unit)
        count = _Count(run)
        shape = count.shape()
        counted = not count.structure or shape not in shapes
        shapes.add(shape)
        decisions = sum(count.decisions.values())
        results.append(
            CircuitComplexity(
                unit.name,
                1 + decisions,
                1 + decisions + count.operators,
                count.structure,
                dict(count.decisions),
                counted,
            )
        )
        called = {u.node.pos: u for u in count.called}
        waiting.extend(called[pos] for pos in sorted(called, reverse=True))
    return Complexity(
        1 + sum(c.complexity - 1 for c in results if c.counted),
        1 + sum(c.extended - 1 for c in results if c.counted),
        tuple(results),
    )


# -------------------------------------------------------------------- counting


class _Count:
    """The decisions left of a run when what makes no difference is gone."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.values = run.values
        self.nodes = run.values.nodes
        self.decisions = dict.fromkeys(KINDS, 0)
        self.operators = 0
        self.called: list[Unit] = list(run.looked_into)
        self.seen: set[tuple[Value, bool]] = set()
        self.chosen: set[Value] = set()
        end = self.values.make("return", run.unit())
        self.simplifier = Simplifier(run.values)
        self.effects = self.simplifier.reduced(run.effects, (end,))
        self.structure = " ".join(self.sequence(self.effects))

    # ------------------------------------------------------------ structure

    def sequence(self, effects: Sequence, in_else: bool = False) -> list[str]:
        """Count what `effects` decide. `in_else`: they are all that an `else` does."""
        found: list[str] = []
        for effect in effects:
            node = self.nodes[effect]
            kind = node[0]
            if kind in FORKS:
                found += self.fork(node, in_else and len(effects) == 1)
            elif kind == "loop":
                self.decisions["loop"] += 1
                found += _nested("for", self.inside(node[1], True) + self.sequence(node[3]))
            else:
                found += self.inside(node[1:], True)
        return found

    def fork(self, node: tuple[Any, ...], is_else_if: bool) -> list[str]:
        kind, test, then, otherwise, decides = node
        found = self.inside(test, False)
        counts = decides and kind != "cond"
        if kind == "choice":
            counts = counts and self.choose(test)
        both_sides = bool(then) and bool(otherwise)
        inner = self.sequence(then) + self.sequence(otherwise, in_else=True)
        if not counts:
            return found + inner
        self.operators += self.values.operators(test)
        if kind == "choice":
            label, name = "?", "ternary"
        else:
            label = name = "else-if" if is_else_if else "if-else" if both_sides else "if"
        self.decisions[name] += 1
        return found + _nested(label, inner)

    def choose(self, test: Value) -> bool:
        """Whether this is the first `?:` that decides `test`."""
        first = test not in self.chosen
        self.chosen |= {test, self.values.negate(test)}
        return first

    def inside(self, part: Any, count: bool) -> list[str]:
        """The structure of the decisions in values. Not `count`: they are part of a condition."""
        found: list[str] = []
        for value in parts_of(part):
            if (value, count) in self.seen:
                continue
            self.seen.add((value, count))
            node = self.nodes[value]
            kind = node[0]
            if kind == "ite":
                _, test, then, otherwise, decides = node
                found += self.inside(test, False)
                counts = count and decides and self.choose(test)
                inner = self.inside((then, otherwise), count)
                if counts:
                    self.decisions["ternary"] += 1
                    self.operators += self.values.operators(test)
                    inner = _nested("?", inner)
                found += inner
            elif kind in ("map", "fold", "apply"):
                effects = self.simplifier.reduced(node[1], ())
                found += self.sequence(effects) + self.inside(node[2], count)
            else:
                if kind == "call" and isinstance(node[1], tuple):
                    self.called += [self.run.callees[at] for at in node[1]]
                found += self.inside(node[1:], count)
        return found

    # ------------------------------------------------------------ comparison

    def shape(self) -> int:
        """Equal for circuits that do the same, whatever their parameters are called.

        The types of the parameters do not matter either, so copies for `Uint<8>`, `Uint<16>` and
        so on are copies.
        """
        known: dict[Value, int] = {}

        def of(part: Any) -> int:
            if isinstance(part, Value):
                if part not in known:
                    known[part] = of_node(self.nodes[part])
                return known[part]
            if isinstance(part, tuple):
                return hash(tuple(of(inner) for inner in part))
            return hash(part)

        def of_node(node: tuple[Any, ...]) -> int:
            if node[0] == "atom":
                low, high = self.values.range(node[1])
                ends = tuple(
                    (None if start == low else start, None if end == high else end)
                    for start, end in node[2]
                )
                return hash((of(node[1]), ends))
            return of(node)

        return of(self.effects)


def _nested(label: str, inner: list[str]) -> list[str]:
    return [f"{label}({' '.join(inner)})" if inner else label]
