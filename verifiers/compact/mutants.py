"""Wrong variants of a right Compact contract, and contracts that do nothing.

A task with hidden behaviour tests is only as good as what they notice. Its validation takes the
reference, makes every small mistake in it that is listed in `KINDS`, and asks that the tests fail
each mutant that compiles; `trivial` gives contracts with the right interface that must earn
nothing. All are edits of the text, so that what is not mutated stays as written. Nothing here is
drawn by chance: the same reference gives the same mutants in the order of its text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeVar, Union

from .frontend import ast
from .frontend.ledger import ADTS
from .frontend.lexer import END, IDENTIFIER, MAX_FIELD, NUMBER, Tokens, number, tokenize
from .frontend.parser import parse
from .frontend.source import CompactError, SourceMap

# A condition longer than this is cut in a description, which stays on one line.
_EXCERPT = 60

_BOUNDARY: Final = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">",
    "blockTimeLt": "blockTimeLte", "blockTimeLte": "blockTimeLt",
    "blockTimeGt": "blockTimeGte", "blockTimeGte": "blockTimeGt",
}  # fmt: skip
_OPPOSITE: Final = {
    "==": "!=", "!=": "==", "+": "-", "-": "+", "&&": "||", "||": "&&", "+=": "-=", "-=": "+=",
}  # fmt: skip
# Behind these, and behind names with generic arguments, ``<`` opens a bracket.
_GENERIC: Final = frozenset(("Uint", "Bytes", "Opaque", "Vector", "default", "slice"))
_CLOSING: Final = {"(": ")", "[": "]", "{": "}", "<": ">"}
_READS = frozenset(o.name for adt in ADTS.values() for o in adt.operations if o.kind == "read")

_N = TypeVar("_N")
_Body = Union[ast.Circuit, ast.Constructor]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One wrong variant. `description` is one line, and no other mutant of the contract has it."""

    kind: str
    description: str
    source: str


@dataclass(frozen=True, slots=True)
class _Edit:
    """`text` in place of what stands from `start` to `end` (offsets); `what` says it in words."""

    start: int
    end: int
    text: str
    what: str = ""


def mutants(source: str) -> list[Mutant]:
    """Every mutant of every kind, in the order of the text; no two have the same source.

    All of them parse, and the compiler refuses some. Others do what the original does: for one,
    all with a dropped disclosure that the compiler accepts, for disclosing computes nothing.
    Raises `CompactError` when `source` does not parse.
    """
    contract = _Contract(source)
    locate = SourceMap(contract.source).locate
    edits = [
        (edit, kind)
        for scope in contract.scopes
        for kind, edits_of in KINDS.items()
        for edit in edits_of(contract, scope)
    ]
    seen = {contract.source}
    named: Counter[str] = Counter()
    found = []
    for edit, kind in sorted(edits, key=lambda item: item[0].start):
        mutated = _edited(contract.source, [edit])
        if mutated in seen or not _parses(mutated):
            continue
        seen.add(mutated)
        description = f"line {locate(edit.start)[0]}: {edit.what}"
        named[description] += 1
        if named[description] > 1:
            description += f" ({named[description]})"
        found.append(Mutant(kind, description, mutated))
    return found


def _parses(source: str) -> bool:
    """False where an edit passes a limit: of nesting, or of what a number may be."""
    try:
        parse(source)
    except CompactError:
        return False
    return True


def _edited(source: str, edits: Iterable[_Edit]) -> str:
    """`source` with `edits`, of which no two overlap."""
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        source = source[: edit.start] + edit.text + source[edit.end :]
    return source


# ---------------------------------------------------------------- reading a contract


@dataclass(frozen=True, slots=True)
class _Scope:
    """One circuit or constructor, and what names mean in it.

    `nodes` are those of the body, parents first. `ledger`: the fields that are visible and not
    hidden by a constant, a parameter or a loop of the same name.
    """

    body: _Body
    nodes: list[object]
    ledger: dict[str, ast.Ledger]


class _Contract:
    """A program's tokens beside its tree, which knows only where things begin.

    `closing` maps the index of each token that opens a bracket (``<`` of types included) to that
    of the token that closes it.
    """

    def __init__(self, source: str) -> None:
        self.program = parse(source)
        self.tokens: Tokens = tokenize(source)
        self.source = self.tokens.source
        self.at = {start: i for i, start in enumerate(self.tokens.starts)}
        nodes = list(_nodes(self.program))
        self.closing = self._brackets(nodes)
        self.circuits = [node for node in nodes if isinstance(node, ast.Circuit)]
        self.enums = {node.name: node for node in nodes if isinstance(node, ast.Enum)}
        self.structs = [node for node in nodes if isinstance(node, ast.Struct)]
        self.callable: list[ast.Circuit | ast.Witness] = [
            node for node in nodes if isinstance(node, (ast.Circuit, ast.Witness))
        ]
        self.scopes = list(self._scopes(self.program.declarations, {}))

    def _brackets(self, nodes: list[object]) -> dict[int, int]:
        kinds = self.tokens.kinds
        # A type without arguments may stand before a comparison: ``a as T < b``; but not ``T<>``.
        generic = {
            self.at[node.pos] + 1
            for node in nodes
            if isinstance(node, (ast.TypeName, ast.FunctionName))
            and (node.arguments or kinds[self.at[node.pos] + 2] == ">")
        }
        closing: dict[int, int] = {}
        open_at: list[int] = []
        for i, kind in enumerate(kinds):
            if kind in ("(", "[", "{") or (
                kind == "<" and (i in generic or kinds[i - 1] in _GENERIC)
            ):
                open_at.append(i)
            elif open_at and kind == _CLOSING[kinds[open_at[-1]]]:
                closing[open_at.pop()] = i
        return closing

    def _scopes(
        self, declarations: list[ast.Declaration], around: dict[str, ast.Ledger]
    ) -> Iterator[_Scope]:
        ledger = around | {d.name: d for d in declarations if isinstance(d, ast.Ledger)}
        for declaration in declarations:
            if isinstance(declaration, ast.Module):
                yield from self._scopes(declaration.elements, ledger)
            elif isinstance(declaration, (ast.Circuit, ast.Constructor)):
                hidden = _bound(declaration)
                visible = {name: field for name, field in ledger.items() if name not in hidden}
                yield _Scope(declaration, list(_nodes(declaration.body)), visible)

    def words(self, first: int, last: int) -> str:
        """The text from token `first` to token `last`, both included."""
        return self.source[self.tokens.starts[first] : self.end(last)]

    def end(self, i: int) -> int:
        """The offset behind token `i`."""
        return self.tokens.starts[i] + len(self.tokens.texts[i])

    def excerpt(self, first: int, last: int) -> str:
        text = " ".join(self.words(first, last).split())
        return text if len(text) <= _EXCERPT else text[: _EXCERPT - 3].rstrip() + "..."

    def find(self, kind: str, first: int) -> int:
        """The index of the next token of `kind` that is in no bracket opened since `first`."""
        kinds = self.tokens.kinds
        while kinds[first] not in (kind, END):
            first = self.closing.get(first, first) + 1
        return first

    def items(self, opening: int) -> list[tuple[int, int]]:
        """The first and last token of each item between the bracket at `opening` and its end."""
        found = []
        first, close = opening + 1, self.closing[opening]
        while first < close:
            behind = min(self.find(",", first), close)
            found.append((first, behind - 1))
            first = behind + 1
        return found

    def type_text(self, type_: ast.Type) -> str:
        """A type in its own words, without white space and comments."""
        first = self.at[type_.pos]
        opening = first + (self.tokens.kinds[first + 1] == "<")
        last = self.closing.get(opening, first)
        return "".join(self.tokens.texts[first : last + 1])

    def span(self, body: _Body) -> tuple[int, int]:
        """The tokens that open and close a body."""
        first = self.at[body.body.pos]
        return first, self.closing[first]


def _nodes(root: object) -> Iterator[object]:
    """All nodes of a tree, parents before their children, in the order of the text."""
    stack = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, (list, tuple)):
            stack.extend(reversed(node))
            continue
        if not hasattr(node, "__slots__"):
            continue
        yield node
        stack.extend(getattr(node, slot) for slot in reversed(node.__slots__))


def _of(scope: _Scope, kind: type[_N]) -> Iterator[_N]:
    return (node for node in scope.nodes if isinstance(node, kind))


def _bound(body: _Body) -> set[str]:
    """Every name that a circuit binds anywhere."""
    return {
        node.name
        for node in _nodes(body)
        if isinstance(node, (ast.NamePattern, ast.ForRange, ast.ForEach))
    }


def _next(name: str, names: list[str]) -> str | None:
    """The one behind `name`, the first behind the last; None if there is no other."""
    return names[(names.index(name) + 1) % len(names)] if len(names) > 1 else None


# ---------------------------------------------------------------- kinds of mutants


def _negated_conditions(contract: _Contract, scope: _Scope) -> Iterator[_Edit]:
    for first, last in _conditions(contract, scope):
        start, end = contract.tokens.starts[first], contract.end(last)
        what = f"negated {contract.excerpt(first, last)}"
        yield _Edit(start, end, f"!({contract.source[start:end]})", what)


def _conditions(contract: _Contract, scope: _Scope) -> Iterator[tuple[int, int]]:
    """The first and last token of what is tested by `if`, `assert` and ``?``."""
    for node in scope.nodes:
        if isinstance(node, ast.If):
            opening = contract.at[node.pos] + 1
            yield opening + 1, contract.closing[opening] - 1
        elif isinstance(node, ast.Assert):
            yield _asserted(contract, node)
        elif isinstance(node, ast.Conditional):
            first = contract.at[node.pos]
            yield first, contract.find("?", first) - 1


def _asserted(contract: _Contract, node: ast.Assert) -> tuple[int, int]:
    opening = contract.at[node.pos] + 1
    # Before the parenthesis that closes stand a comma and the message.
    return opening + 1, contract.closing[opening] - 3


def _dropped_asserts(contract: _Contract, scope: _Scope) -> Iterator[_Edit]:
    for statement, instead in _expression_statements(scope):
        if isinstance(statement.expression, ast.Assert):
            condition = contract.excerpt(*_asserted(contract, statement.expression))
            yield _dropped(contract, statement, instead, f"assert({condition}, ...)")


def _dropped_statements(contract: _Contract, scope: _Scope) -> Iterator[_Edit]:
    for statement, instead in _expression_statements(scope):
        if not isinstance(statement.expression, ast.Assert):
            first = contract.at[statement.pos]
            shown = contract.excerpt(first, contract.find(";", first) - 1)
            yield _dropped(contract, statement, instead, shown)


def _dropped(
    contract: _Contract, statement: ast.ExpressionStatement, instead: str, shown: str
) -> _Edit:
    end = contract.end(contract.find(";", contract.at[statement.pos]))
    return _Edit(statement.pos, end, instead, f"dropped {shown}")


def _expression_statements(scope: _Scope) -> Iterator[tuple[ast.ExpressionStatement, str]]:
    """Each with what is to stand in its place: nothing in a block, else a block."""
    in_blocks = {id(s) for block in _of(scope, ast.Block) for s in block.statements}
    for statement in _of(scope, ast.ExpressionStatement):
        yield statement, "" if id(statement) in in_blocks else "{ }"


def _off_by_one(contract: _Contract, scope: _Scope) -> Iterator[_Edit]:
    kinds, texts = contract.tokens.kinds, contract.tokens.texts
    for i in _expression_tokens(contract, scope):
        if texts[i] in _BOUNDARY:
            yield _replaced(contract, i, _BOUNDARY[texts[i]])
        elif kinds[i] == NUMBER and not (kinds[i - 1] == "(" and kinds[i - 2] == "pad"):
            value = number(texts[i])
            for other in (value + 1, value - 1):
                if 0 <= other <= MAX_FIELD:
                    yield _replaced(contract, i, str(other))


def _wrong_operators(contract: _Contract, scope: _Scope) -> Iterator[_Edit]:
    for i in _expression_tokens(contract, scope):
        other = _OPPOSITE.get(contract.tokens.kinds[i])
        if other is not None:
            yield _replaced(contract, i, other)


def _dropped_disclosures(contract: _Contract, scope: _Scope) -> Iterator[_Edit]:
    for node in _of(scope, ast.Disclose):
        first = contract.at[node.pos]
        what = f"dropped {contract.excerpt(first, contract.closing[first + 1])}"
        yield replace(_replaced(contract, first, ""), what=what)


def _expression_tokens(contract: _Contract, scope: _Scope) -> Iterator[int]:
    """The tokens of a body without the generic arguments in it."""
    i, last = contract.span(scope.body)
    while i < last:
        if contract.tokens.kinds[i] == "<" and i in contract.closing:
            i = contract.closing[i]
        else:
            yield i
        i += 1


def _replaced(contract: _Contract, i: int, text: str) -> _Edit:
    written = contract.tokens.texts[i]
    return _Edit(contract.tokens.starts[i], contract.end(i), text, f"{written} became {text}")


def _swapped_fields(contract: _Contract, scope: _Scope) -> Iterator[_Edit]:
    yield from _other_ledger_fields(contract, scope)
    yield from _other_members(contract, scope)
    yield from _swapped_arguments(contract, scope)


def _other_ledger_fields(contract: _Contract, scope: _Scope) -> Iterator[_Edit]:
    """Each use of a ledger field, with the next field of its type in its place."""
    written = {id(node.target) for node in _of(scope, ast.Assign)}
    written |= {id(c.operand) for c in _of(scope, ast.MemberCall) if c.name not in _READS}
    for node in _of(scope, ast.Name):
        field = scope.ledger.get(node.name)
        if field is None:
            continue
        type_ = contract.type_text(field.type)
        # What is written is sealed or not like the one that was: only the constructor may
        # write sealed fields.
        others = [
            other.name
            for other in scope.ledger.values()
            if contract.type_text(other.type) == type_
            and (id(node) not in written or other.sealed == field.sealed)
        ]
        other_name = _next(node.name, others)
        if other_name is not None:
            yield _replaced(contract, contract.at[node.pos], other_name)


def _other_members(contract: _Contract, scope: _Scope) -> Iterator[_Edit]:
    """Each member, with the next one of its type in its place; for enums, the next element."""
    for node in _of(scope, ast.Member):
        enum = contract.enums.get(node.operand.name) if isinstance(node.operand, ast.Name) else None
        if enum is not None:
            siblings = [enum.elements]
        else:
            siblings = [_fields_like(contract, s, node.name) for s in contract.structs]
        for names in siblings:
            other = _next(node.name, names) if node.name in names else None
            if other is not None:
                yield _replaced(contract, contract.at[node.name_pos], other)


def _fields_like(contract: _Contract, struct: ast.Struct, name: str) -> list[str]:
    """The names of the fields that have the type of field `name`; none if there is no such."""
    types = {
        f.pattern.name: contract.type_text(f.type)
        for f in struct.fields
        if isinstance(f.pattern, ast.NamePattern) and f.type is not None
    }
    return [other for other, type_ in types.items() if type_ == types.get(name)]


def _swapped_arguments(contract: _Contract, scope: _Scope) -> Iterator[_Edit]:
    """Two arguments of one type, the one in the other's place."""
    for node in scope.nodes:
        if isinstance(node, ast.Call) and isinstance(node.function, ast.FunctionName):
            name, at = node.function.name, contract.at[node.function.pos] + 1
            opening = contract.closing[at] + 1 if contract.tokens.kinds[at] == "<" else at
            signatures = [
                [contract.type_text(p.type) for p in declared.parameters if p.type is not None]
                for declared in contract.callable
                if declared.name == name
            ]
        elif isinstance(node, ast.MemberCall) and node.name == "insert":
            name, opening = node.name, contract.at[node.name_pos] + 1
            signatures = [_key_and_value(contract, scope, node.operand)]
        else:
            continue
        arguments = contract.items(opening)
        for types in signatures:
            if len(types) == len(arguments):
                for i, j in _pairs(types):
                    yield _swapped(contract, name, arguments[i], arguments[j])


def _pairs(types: list[str]) -> Iterator[tuple[int, int]]:
    for j, type_ in enumerate(types):
        yield from ((i, j) for i in range(j) if types[i] == type_)


def _key_and_value(contract: _Contract, scope: _Scope, operand: ast.Expression) -> list[str]:
    """The types of a map's key and value; none if `operand` is no map in the ledger."""
    field = scope.ledger.get(operand.name) if isinstance(operand, ast.Name) else None
    if field is None or not isinstance(field.type, ast.TypeName) or field.type.name != "Map":
        return []
    types = contract.items(contract.at[field.type.pos] + 1)
    return ["".join(contract.tokens.texts[first : last + 1]) for first, last in types]


def _swapped(
    contract: _Contract, name: str, left: tuple[int, int], right: tuple[int, int]
) -> _Edit:
    between = contract.source[contract.end(left[1]) : contract.tokens.starts[right[0]]]
    return _Edit(
        contract.tokens.starts[left[0]],
        contract.end(right[1]),
        contract.words(*right) + between + contract.words(*left),
        f"swapped {contract.excerpt(*left)} and {contract.excerpt(*right)} of {name}",
    )


KINDS: Final[dict[str, Callable[[_Contract, _Scope], Iterator[_Edit]]]] = {
    "negated condition": _negated_conditions,
    "dropped assert": _dropped_asserts,
    "off by one": _off_by_one,
    "wrong operator": _wrong_operators,
    "swapped field": _swapped_fields,
    "dropped disclosure": _dropped_disclosures,
    "dropped statement": _dropped_statements,
}


# ---------------------------------------------------------------- many mutants, compiled at once


@dataclass(frozen=True, slots=True)
class Bundle:
    """Mutants of one contract as one program, so that a compiler is started once for all of them.

    `source` is the contract as it was, and behind it, for each mutant, a copy of the circuits that
    behave otherwise in it, under other names: `renamed` says which (circuit of the interface -> its
    copy). `control` does so for copies of all circuits in which nothing is wrong. These are the
    mutant schemata of Untch, Offutt and Harrold ("Mutation analysis using mutant schemata", 1993),
    with a copy where those have a switch.
    """

    source: str
    mutants: tuple[Mutant, ...]
    renamed: tuple[Mapping[str, str], ...]
    control: Mapping[str, str]


def bundled(source: str, chosen: Iterable[Mutant], size: int) -> tuple[list[Bundle], list[Mutant]]:
    """Bundles of at most `size` of the mutants of `source`, and the mutants that fit into none.

    Those are the ones in which the constructor does something else, since a contract has only one;
    and all of them, when modules or circuits of one name are in the contract.
    """
    original = _Contract(source)
    names = [circuit.name for circuit in original.circuits]
    if len(set(names)) < len(names) or any(
        isinstance(d, ast.Module) for d in original.program.declarations
    ):
        return [], list(chosen)
    variants: list[tuple[Mutant, str, dict[str, str]]] = []
    alone = []
    for mutant in chosen:
        contract = _Contract(mutant.source)
        other = _otherwise(original, contract)
        if other is None:
            alone.append(mutant)
        else:
            variants.append((mutant, *_under_other_names(contract, other, len(variants) + 1)))
    copies, control = _under_other_names(original, set(names), 0)
    bundles = []
    for start in range(0, len(variants), size):
        part = variants[start : start + size]
        texts = [original.source, copies, *(text for _, text, _ in part)]
        bundles.append(
            Bundle(
                "\n\n".join(texts),
                tuple(mutant for mutant, _, _ in part),
                tuple(renamed for _, _, renamed in part),
                control,
            )
        )
    return bundles, alone


def _otherwise(original: _Contract, mutant: _Contract) -> set[str] | None:
    """The circuits that may behave otherwise in a mutant; None: its constructor may do so too."""

    def texts(contract: _Contract) -> dict[str, str]:
        bodies = [scope.body for scope in contract.scopes]
        return {_name(body): contract.words(*contract.span(body)) for body in bodies}

    before = texts(original)
    found = {name for name, text in texts(mutant).items() if text != before[name]}
    calls = {_name(s.body): {n.name for n in _of(s, ast.FunctionName)} for s in mutant.scopes}
    while True:
        callers = {name for name, called in calls.items() if called & found} - found
        if not callers:
            return None if "" in found else found
        found |= callers


def _name(body: _Body) -> str:
    return body.name if isinstance(body, ast.Circuit) else ""


def _under_other_names(
    contract: _Contract, names: set[str], number: int
) -> tuple[str, dict[str, str]]:
    """Copies of the circuits `names` that call each other; and what those exported are called."""
    renamed = {name: _fresh(contract, f"{name}_{number}_") for name in names}
    exported = _exported(contract)
    texts = [
        ("export " if id(circuit) in exported else "") + _copied(contract, circuit, renamed)
        for circuit in contract.circuits
        if circuit.name in names
    ]
    shown = {c.name for c in contract.circuits if id(c) in exported}
    return "\n\n".join(texts), {name: new for name, new in renamed.items() if name in shown}


# ---------------------------------------------------------------- contracts that do nothing


def trivial(source: str) -> dict[str, str]:
    """Contracts with the interface of `source` that do nothing useful, by name.

    Raises `CompactError` when `source` does not parse.

    ``empty`` is no text and ``header`` only what every contract begins with. The others declare
    what `source` declares, with other bodies: ``stub`` and ``stub after constructor`` return
    defaults, ``constant`` returns other constants, ``always failing`` refuses every call. All but
    ``stub`` set the ledger up as `source` does.
    """
    contract = _Contract(source)

    def default(circuit: ast.Circuit) -> str:
        return f"default<{contract.type_text(circuit.result)}>"

    def constant(circuit: ast.Circuit) -> str:
        return _constant(contract, circuit.result) or default(circuit)

    constructors = [s.body for s in contract.scopes if isinstance(s.body, ast.Constructor)]
    emptied = [_new_body(contract, constructor, "{ }") for constructor in constructors]
    kept, copies = _for_constructors(contract, constructors)
    others = [c for c in contract.circuits if id(c) not in kept]
    return {
        "empty": "",
        "header": _header(contract),
        "stub": _returning(contract, contract.circuits, default, emptied),
        "constant": _returning(contract, others, constant, copies),
        "stub after constructor": _returning(contract, others, default, copies),
        "always failing": _returning(
            contract, others, default, copies, before='assert(false, "no"); '
        ),
    }


def _header(contract: _Contract) -> str:
    """The pragmas and the import of the standard library."""
    lines = [
        contract.words(contract.at[d.pos], contract.find(";", contract.at[d.pos]))
        for d in contract.program.declarations
        if isinstance(d, ast.Pragma)
        or (isinstance(d, ast.Import) and d.name == "CompactStandardLibrary")
    ]
    return "".join(f"{line}\n" for line in lines)


def _returning(
    contract: _Contract,
    circuits: list[ast.Circuit],
    value: Callable[[ast.Circuit], str],
    edits: list[_Edit],
    before: str = "",
) -> str:
    """The contract with `edits`, where `circuits` do nothing but return `value`."""
    bodies = []
    for circuit in circuits:
        nothing = isinstance(circuit.result, ast.TupleType) and not circuit.result.elements
        returned = "" if nothing else f"return {value(circuit)}; "
        bodies.append(_new_body(contract, circuit, f"{{ {before}{returned}}}"))
    return _edited(contract.source, edits + bodies)


def _new_body(contract: _Contract, body: _Body, text: str) -> _Edit:
    first, last = contract.span(body)
    return _Edit(contract.tokens.starts[first], contract.end(last), text)


def _constant(contract: _Contract, type_: ast.Type) -> str | None:
    """A value of `type_` other than its default; None where that would take more than a word."""
    if isinstance(type_, ast.BooleanType):
        return "true"
    if isinstance(type_, ast.FieldType):
        return "1"
    if isinstance(type_, ast.UintType) and isinstance(type_.start, ast.SizeLiteral):
        # Of `Uint<0..1>` only 0 is a value.
        end = type_.end
        return "1" if end is None or (isinstance(end, ast.SizeLiteral) and end.value > 1) else None
    if isinstance(type_, ast.BytesType) and isinstance(type_.size, ast.SizeLiteral):
        return f'pad({type_.size.value}, "1")' if type_.size.value else None
    if isinstance(type_, ast.TypeName) and type_.name in contract.enums:
        return f"{type_.name}.{contract.enums[type_.name].elements[-1]}"
    return None


def _for_constructors(
    contract: _Contract, constructors: list[ast.Constructor]
) -> tuple[set[int], list[_Edit]]:
    """What the constructors need to do what they do when the contract's circuits do not.

    The ids of the private circuits that stay as they are, and the edits that give each circuit of
    the interface that is needed a private copy under another name, and have that called.
    """
    needed = _needed(contract, constructors)
    exported = _exported(contract)
    public = sorted({circuit.name for circuit in needed if id(circuit) in exported})
    renamed = {name: _fresh(contract, name) for name in public}
    kept: list[_Body] = [*constructors, *(c for c in needed if c.name not in renamed)]
    edits = [edit for body in kept for edit in _renamed_calls(contract, body, renamed)]
    edits += [_copy(contract, c, renamed) for c in needed if c.name in renamed]
    return {id(body) for body in kept}, edits


def _renamed_calls(contract: _Contract, body: _Body, renamed: dict[str, str]) -> list[_Edit]:
    return [
        _replaced(contract, contract.at[node.pos], renamed[node.name])
        for node in _nodes(body.body)
        if isinstance(node, ast.FunctionName) and node.name in renamed
    ]


def _copy(contract: _Contract, circuit: ast.Circuit, renamed: dict[str, str]) -> _Edit:
    """A private copy of `circuit` in front of it."""
    text = _copied(contract, circuit, renamed)
    return _Edit(circuit.pos, circuit.pos, text + "\n\n")


def _copied(contract: _Contract, circuit: ast.Circuit, renamed: dict[str, str]) -> str:
    """`circuit`, not exported, under its new name and calling the others by theirs."""
    first = contract.at[circuit.pos]
    start = contract.tokens.starts[first + (contract.tokens.kinds[first] == "export")]
    end = contract.end(contract.span(circuit)[1])
    named = _replaced(contract, contract.find(IDENTIFIER, first), renamed[circuit.name])
    moved = [
        replace(edit, start=edit.start - start, end=edit.end - start)
        for edit in (named, *_renamed_calls(contract, circuit, renamed))
    ]
    return _edited(contract.source[start:end], moved)


def _needed(contract: _Contract, constructors: list[ast.Constructor]) -> list[ast.Circuit]:
    """The circuits that the constructors call, and those that these call, and so on."""
    nodes = list(_nodes(contract.program))
    imported = [node for node in nodes if isinstance(node, ast.ImportElement)]
    prefixes = {node.prefix for node in nodes if isinstance(node, ast.Import)}
    found: dict[int, ast.Circuit] = {}
    bodies: list[_Body] = list(constructors)
    while bodies:
        for node in _nodes(bodies.pop().body):
            if isinstance(node, ast.FunctionName):
                # Under which of its imports a module's circuit is called here does not matter:
                # to keep one too many does no harm.
                plain = {node.name.removeprefix(prefix) for prefix in prefixes} | {node.name}
                meant = plain | {element.name for element in imported if element.alias in plain}
                for circuit in contract.circuits:
                    if circuit.name in meant and id(circuit) not in found:
                        found[id(circuit)] = circuit
                        bodies.append(circuit)
    return list(found.values())


def _exported(contract: _Contract) -> set[int]:
    """The ids of the circuits at the top level that can be called from outside."""
    listed = {
        name
        for declaration in contract.program.declarations
        if isinstance(declaration, ast.Export)
        for _, name in declaration.names
    }
    return {
        id(d)
        for d in contract.program.declarations
        if isinstance(d, ast.Circuit) and (d.exported or d.name in listed)
    }


def _fresh(contract: _Contract, name: str) -> str:
    """A name like `name` that the contract does not use."""
    taken = set(contract.tokens.texts)
    while name in taken:
        name += "_"
    return name
