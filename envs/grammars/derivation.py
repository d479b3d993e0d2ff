"""Writing a program by rules: a typed syntax tree whose leftmost hole is filled at each step.

A grammar is data: rules that say what type of hole they fill, with which text, and which holes are
left in it. Every type can be filled within a known number of steps, so that a choice is offered
only if the program can still be finished in the steps that are left.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice

from ...verifiers.verifier import ChoiceError

# Of the variables that a rule may be about, this many can be chosen, the parameters first.
SLOTS = 4

_PART = re.compile(r"«([^»]*)»|\$(\w+)")
_TOKEN = re.compile(r"\s*(\w+|[\[\],])")


@dataclass(frozen=True, slots=True)
class Type:
    """The type of a hole or a variable: ``list[tuple[int, int]]``.

    >>> str(Type.of("list[tuple[int, int]]"))
    'list[tuple[int, int]]'
    """

    head: str
    arguments: tuple[Type, ...] = ()

    @classmethod
    def of(cls, text: str) -> Type:
        """From its notation. Raises `ChoiceError` where no grammar could read it."""
        tokens = _TOKEN.findall(text)
        if "".join(tokens) != re.sub(r"\s", "", text):
            raise ChoiceError(f"no grammar has the type {text}")
        found, rest = _read_type(tokens)
        if rest:
            raise ChoiceError(f"no grammar has the type {text}")
        return found

    def __str__(self) -> str:
        inner = ", ".join(map(str, self.arguments))
        return f"{self.head}[{inner}]" if inner else self.head


def _read_type(tokens: list[str]) -> tuple[Type, list[str]]:
    if not tokens or not tokens[0].isidentifier():
        raise ChoiceError("a type begins with a name")
    head, rest = tokens[0], tokens[1:]
    arguments: list[Type] = []
    if rest[:1] == ["["]:
        while rest[0] != "]":
            inner, rest = _read_type(rest[1:])
            arguments.append(inner)
            if rest[:1] not in (["]"], [","]):
                raise ChoiceError("a type's arguments end with ]")
        rest = rest[1:]
    return Type(head, tuple(arguments)), rest


Written = Callable[[Type], str]
"""How a language writes a type."""

Bindings = Mapping[str, Type]
Scope = tuple[tuple[str, Type], ...]
"""The variables that a hole may use: name and type, the oldest first."""


@dataclass(frozen=True, slots=True)
class Hole:
    """A place in a rule's text, and the variables that are new there: the rule's name for each, and
    its type."""

    type: Type
    binds: tuple[tuple[str, Type], ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """What may stand in a hole of type `makes`.

    `parts`: texts, holes, and names: ``$x`` is a variable that is new here, ``$over`` the variable
    that the rule is about, whose type is `over`, and ``$T`` the type that the type variable ``T``
    stands for. `holes`: those of the parts, in the order in which they are filled.
    """

    makes: Type
    text: str
    over: Type | None
    parts: tuple[str | Hole | tuple[str], ...] = field(repr=False)
    holes: tuple[Hole, ...] = field(repr=False)


def rule(makes: str, text: str, over: str | None = None) -> Rule:
    """A rule in its notation: ``rule("list[T]", "[«T | x: U» for $x in $over]", "list[U]")``.

    A hole is ``«type»`` or ``«type | name: type, ...»`` with the variables that are new in it.
    """
    parts: list[str | Hole | tuple[str]] = []
    end = 0
    for match in _PART.finditer(text):
        parts.append(text[end : match.start()])
        end = match.end()
        if match[2]:
            parts.append((match[2],))
            continue
        kind, _, news = match[1].partition("|")
        binds = re.findall(r"(\w+)\s*:\s*([^:]+?)\s*(?=,\s*\w+\s*:|$)", news)
        parts.append(Hole(Type.of(kind), tuple((name, Type.of(t)) for name, t in binds)))
    parts.append(text[end:])
    kept = tuple(part for part in parts if part != "")
    holes = tuple(part for part in kept if isinstance(part, Hole))
    return Rule(Type.of(makes), text, None if over is None else Type.of(over), kept, holes)


@dataclass(frozen=True, slots=True)
class Choice:
    """A rule as it can be taken at a hole: `cost` is the least number of steps that its holes need
    in all, `variable` the place in the scope of what it is about."""

    rule: Rule
    bindings: Bindings
    variable: int | None
    cost: int


class Grammar:
    """The rules of a language, numbered as actions.

    Args:
        name: The language's.
        rules: A rule that is about a variable is `SLOTS` actions, the others one each.
        variables: Type variables, each with the heads of the types it may stand for (None: of any
            value's type, that is of any but `nonterminals`).
        nonterminals: Heads of what is no value: statements, declarations.
        values: Heads of types of values.
        written: How the language writes a type, for ``$T``.
        anything: Type variables that stand for nonterminals.
    """

    def __init__(
        self,
        name: str,
        rules: Sequence[Rule],
        *,
        variables: Mapping[str, Sequence[str] | None],
        values: Sequence[str],
        nonterminals: Sequence[str],
        written: Written = str,
        anything: Sequence[str] = (),
    ) -> None:
        self.name = name
        self.rules = tuple(rules)
        self.written = written
        self.actions = tuple(
            (each, slot)
            for each in self.rules
            for slot in ((None,) if each.over is None else range(SLOTS))
        )
        self.values, self.nonterminals = tuple(values), tuple(nonterminals)
        self.heads = self.values + self.nonterminals
        self._ranges = {
            name: frozenset(self.values if heads is None else heads)
            for name, heads in variables.items()
        } | {name: frozenset(self.nonterminals) for name in anything}
        self.cost = cache(self._cost)
        self._choices = cache(self._find_choices)

    def describe(self, action: int) -> str:
        """An action in words: what it makes, and of what."""
        found, slot = self.actions[action]
        about = "" if slot is None else f" (variable {slot} of type {found.over})"
        return f"{found.makes} -> {found.text}{about}"

    def speaks(self, kind: Type) -> bool:
        """Whether a variable may be of this type: of a value's, with parts that are, and such as
        some rule has (a list is of something)."""
        known = [r.makes for r in self.rules if r.makes.head == kind.head]
        return (
            kind.head in self.values
            and (not known or any(self.match(k, kind, {}) is not None for k in known))
            and all(map(self.speaks, kind.arguments))
        )

    def match(self, pattern: Type, actual: Type, bindings: Bindings) -> Bindings | None:
        """What the type variables of a pattern stand for, so that it is `actual`; None: nothing."""
        if pattern.head in self._ranges:
            if pattern.head in bindings:
                return bindings if bindings[pattern.head] == actual else None
            if actual.head not in self._ranges[pattern.head]:
                return None
            return {**bindings, pattern.head: actual}
        if pattern.head != actual.head or len(pattern.arguments) != len(actual.arguments):
            return None
        found: Bindings | None = bindings
        for inner, given in zip(pattern.arguments, actual.arguments, strict=True):
            if found is None:
                return None
            found = self.match(inner, given, found)
        return found

    def filled(self, pattern: Type, bindings: Bindings) -> Type:
        """A pattern with what its type variables stand for."""
        if pattern.head in bindings and not pattern.arguments:
            return bindings[pattern.head]
        return Type(pattern.head, tuple(self.filled(a, bindings) for a in pattern.arguments))

    def _cost(self, kind: Type) -> int:
        """The least number of steps by which a hole of this type is filled, whatever is in scope.

        Raises `ChoiceError` where it cannot be."""
        found = self._least(kind, frozenset())
        if found is None:
            raise ChoiceError(f"the {self.name} grammar cannot make a {kind}")
        return found

    def _least(self, kind: Type, above: frozenset[Type]) -> int | None:
        if kind in above:
            return None
        costs = []
        for each in self.rules:
            bindings = self.match(each.makes, kind, {}) if each.over is None else None
            if bindings is None:
                continue
            inner = [
                self._least(self.filled(hole.type, bindings), above | {kind}) for hole in each.holes
            ]
            known = [cost for cost in inner if cost is not None]
            if len(known) == len(inner):
                costs.append(1 + sum(known))
        return min(costs, default=None)

    def choices(self, kind: Type, scope: Scope) -> Mapping[int, Choice]:
        """What can be done at a hole, by action, however many steps are left."""
        return self._choices(kind, tuple(t for _, t in scope))

    def _find_choices(self, kind: Type, scope: tuple[Type, ...]) -> dict[int, Choice]:
        found: dict[int, Choice] = {}
        for action, (each, slot) in enumerate(self.actions):
            bindings = self.match(each.makes, kind, {})
            if bindings is None:
                continue
            variable = None
            if each.over is not None:
                fitting = self._fitting(each.over, scope, bindings)
                chosen = next(islice(fitting, slot, None), None)
                if chosen is None:
                    continue
                variable, bindings = chosen
            cost = sum(self.cost(self.filled(hole.type, bindings)) for hole in each.holes)
            found[action] = Choice(each, bindings, variable, cost)
        return found

    def _fitting(
        self, over: Type, scope: tuple[Type, ...], bindings: Bindings
    ) -> Iterator[tuple[int, Bindings]]:
        for at, kind in enumerate(scope):
            found = self.match(over, kind, bindings)
            if found is not None:
                yield at, found


@dataclass(frozen=True, slots=True)
class Start:
    """What is given of a program: its text with holes, and the variables in scope everywhere.

    `names`: for new variables of a rule's name, what they are called in turn.
    """

    root: Rule
    scope: Scope = ()
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(slots=True)
class Node:
    """A part of the program: a rule that was taken, and what stands in its holes."""

    rule: Rule
    bindings: Bindings
    names: dict[str, str]
    children: list[Node | None]


@dataclass(frozen=True, slots=True)
class Place:
    """A hole of the program: what it is to hold, and where it is. `action` filled the hole that it
    is in, and `position` is its number there."""

    type: Type
    scope: Scope
    depth: int
    action: int | None
    position: int
    node: Node


class Derivation:
    """A program that is being written, in at most `steps` steps.

    Args:
        grammar: Whose rules are applied.
        start: What is given.
        steps: The most actions in all.

    Raises:
        ChoiceError: So few steps are not enough, or the grammar cannot make what is to be written.
    """

    def __init__(self, grammar: Grammar, start: Start, steps: int) -> None:
        self.grammar = grammar
        self.steps = steps
        self.taken: list[int] = []
        self._offered: Mapping[int, Choice] | None = None
        self._given = {name: list(names) for name, names in start.names.items()}
        self._used = {name for name, _ in start.scope} | {
            name for names in start.names.values() for name in names
        }
        self._root = Node(start.root, {}, {}, [None] * len(start.root.holes))
        self.open: list[Place] = []
        self._push(self._root, start.scope, depth=0, action=None)
        self._needed = sum(grammar.cost(place.type) for place in self.open)
        if self._needed > steps:
            raise ChoiceError(
                f"{steps} steps are not enough for this program, which needs {self._needed}"
            )

    @property
    def finished(self) -> bool:
        """Whether no hole is left."""
        return not self.open

    @property
    def left(self) -> int:
        """How many steps may still be taken."""
        return self.steps - len(self.taken)

    def choices(self) -> Mapping[int, Choice]:
        """What can be done at the leftmost hole; never nothing while there is one."""
        if self._offered is None:
            self._offered = self._choices() if self.open else {}
        return self._offered

    def _choices(self) -> Mapping[int, Choice]:
        place = self.open[-1]
        others = self._needed - self.grammar.cost(place.type)
        room = self.left - others - 1
        known = self.grammar.choices(place.type, place.scope)
        return {action: choice for action, choice in known.items() if choice.cost <= room}

    def take(self, action: int) -> None:
        """Fill the leftmost hole. Raises `ChoiceError` for what is not among `choices`."""
        choice = self.choices().get(action)
        if choice is None:
            raise ChoiceError(f"the action {action} cannot be taken here")
        self._offered = None
        place = self.open.pop()
        names = {"over": place.scope[choice.variable][0]} if choice.variable is not None else {}
        for hole in choice.rule.holes:
            for name, _ in hole.binds:
                if name not in names:
                    names[name] = self._name(name)
        for part in choice.rule.parts:
            if isinstance(part, tuple) and part[0] not in names and part[0] not in choice.bindings:
                names[part[0]] = self._name(part[0])
        node = Node(choice.rule, choice.bindings, names, [None] * len(choice.rule.holes))
        place.node.children[place.position] = node
        self._needed += choice.cost - self.grammar.cost(place.type)
        self._push(node, place.scope, depth=place.depth + 1, action=action)
        self.taken.append(action)

    def program(self) -> str:
        """The text; an open hole is its type in guillemets."""
        lines = self._text(self._root).split("\n")
        # Where a block is empty, its indentation is left.
        return "\n".join(line for line in lines if line.strip() or not line)

    def _name(self, name: str) -> str:
        if self._given.get(name):
            return self._given[name].pop(0)
        fresh, number = name, 1
        while fresh in self._used:
            number += 1
            fresh = f"{name}{number}"
        self._used.add(fresh)
        return fresh

    def _push(self, node: Node, scope: Scope, *, depth: int, action: int | None) -> None:
        filled = self.grammar.filled
        places = [
            Place(
                filled(hole.type, node.bindings),
                scope
                + tuple((node.names[name], filled(t, node.bindings)) for name, t in hole.binds),
                depth,
                action,
                position,
                node,
            )
            for position, hole in enumerate(node.rule.holes)
        ]
        self.open += reversed(places)

    def _text(self, node: Node) -> str:
        text = ""
        children = iter(node.children)
        for part in node.rule.parts:
            if isinstance(part, str):
                text += part
            elif isinstance(part, tuple):
                (name,) = part
                text += (
                    node.names[name]
                    if name in node.names
                    else self.grammar.written(node.bindings[name])
                )
            else:
                child = next(children)
                inner = f"«{part.type}»" if child is None else self._text(child)
                line = text[text.rfind("\n") + 1 :]
                # A block of lines goes as far to the right as the hole that it stands in.
                text += inner.replace("\n", "\n" + line) if not line.strip() else inner
        return text
