"""What a syntax error was looking for, in the compiler's words.

The compiler's parser tries the productions of each rule in order, lazily, and remembers every
attempt at the furthest token it has looked at, with the depth of the rules it was in; its message
lists those attempts from the outermost rule to the innermost. The depth of an attempt depends on
who asked for the next alternative, so the list can only be had by searching the same way: lazy
streams of results, left recursion turned into tails, common prefixes factored out. That search
runs here, only after the fast parser has failed, and jumps over everything the fast parser has
taken in full before the failure.

Method: G. Hutton and E. Meijer, "Monadic Parser Combinators" (1996). Grammar: the Compact grammar
page of Midnight's documentation, language version 0.23.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from operator import itemgetter
from typing import Union

from .interpreter import deep_and_undisturbed
from .lexer import (
    END,
    ERROR,
    FUTURE_KEYWORDS,
    IDENTIFIER,
    KEYWORDS,
    NUMBER,
    STRING,
    VERSION,
    Tokens,
)
from .source import CompactError

# One line a rule, one production between bars. 'x' is a token; X? may be left out, X* repeats;
# X%, is any number of X with commas between and perhaps behind, X%+, at least one of them, and
# X%1, the same without a comma behind. A capital starts a rule's name, small letters a terminal's.
_GRAMMAR = """
Compact: Program-element* end
Program-element: Pragma | Module-definition | Import-declaration | Export-declaration | Include
  | Structure-declaration | Enum-declaration | External-contract-declaration | Type-declaration
  | Ledger-declaration | Witness-declaration | Constructor | Circuit-definition
Pragma: 'pragma' identifier Version-expression ';'
Version-expression: Version-expression '||' Version-expression0 | Version-expression0
Version-expression0: Version-expression0 '&&' Version-Term | Version-Term
Version-Term: Version-atom | '!' Version-atom | '<' Version-atom | '<=' Version-atom
  | '>=' Version-atom | '>' Version-atom | '(' Version-expression ')'
Version-atom: number | version
Include: 'include' string ';'
Module-definition: 'export'? 'module' identifier Generic-parameter-list? '{' Program-element* '}'
Generic-parameter-list: '<' Generic-parameter%, '>'
Generic-parameter: '#' identifier | identifier
Import-declaration:
  'import' Import-selection? Import-name Generic-argument-list? Import-prefix? ';'
Import-selection: '{' Import-element%, '}' 'from'
Import-element: identifier | identifier 'as' identifier
Import-name: identifier | string
Import-prefix: 'prefix' identifier
Generic-argument-list: '<' Generic-argument%, '>'
Generic-argument: number | Type
Export-declaration: 'export' '{' identifier%, '}' ';'?
Ledger-declaration: 'export'? 'sealed'? 'ledger' identifier ':' Type ';'
Witness-declaration:
  'export'? 'witness' identifier Generic-parameter-list? Simple-parameter-list ':' Type ';'
Constructor: 'constructor' Pattern-parameter-list Block
Circuit-definition: 'export'? 'pure'? 'circuit' identifier Generic-parameter-list?
  Pattern-parameter-list ':' Type Block
Structure-declaration:
    'export'? 'struct' identifier Generic-parameter-list? '{' Typed-identifier%; '}' ';'?
  | 'export'? 'struct' identifier Generic-parameter-list? '{' Typed-identifier%, '}' ';'?
Enum-declaration: 'export'? 'enum' identifier '{' identifier%+, '}' ';'?
External-contract-declaration:
    'export'? 'contract' identifier '{' External-contract-circuit%; '}' ';'?
  | 'export'? 'contract' identifier '{' External-contract-circuit%, '}' ';'?
External-contract-circuit: 'pure'? 'circuit' identifier Simple-parameter-list ':' Type
Type-declaration:
  'export'? 'new'? 'type' identifier Generic-parameter-list? '=' Type ';'
Typed-identifier: identifier ':' Type
Simple-parameter-list: '(' Typed-identifier%, ')'
Typed-pattern: Pattern ':' Type
Pattern-parameter-list: '(' Typed-pattern%, ')'
Type: Type-reference | 'Boolean' | 'Field' | 'Uint' '<' Type-size '>'
  | 'Uint' '<' Type-size '..' Type-size '>' | 'Bytes' '<' Type-size '>' | 'Opaque' '<' string '>'
  | 'Vector' '<' Type-size ',' Type '>' | '[' Type%, ']'
Type-reference: identifier Generic-argument-list?
Type-size: number | identifier
Block: '{' Statement* '}'
Statement: 'if' '(' Expression-sequence ')' Statement | Statement0
Statement0: Expression-sequence ';' | 'const' Const-Binding%1, ';'
  | 'if' '(' Expression-sequence ')' Statement0 'else' Statement
  | 'for' '(' 'const' identifier 'of' Type-size '..' Type-size ')' Statement
  | 'for' '(' 'const' identifier 'of' Expression-sequence ')' Statement
  | 'return' Expression-sequence ';' | 'return' ';' | Block
Pattern: identifier | '[' Pattern?%, ']' | '{' Pattern-struct-element%, '}'
Pattern-struct-element: identifier | identifier ':' Pattern
Expression-sequence: Expression | Expression%1, ',' Expression
Expression: Expression0 '?' Expression ':' Expression | Expression0 '=' Expression
  | Expression0 '+=' Expression | Expression0 '-=' Expression | Expression0
Expression0: Expression0 '||' Expression1 | Expression1
Expression1: Expression1 '&&' Expression2 | Expression2
Expression2: Expression2 '==' Expression3 | Expression2 '!=' Expression3 | Expression3
Expression3: Expression4 '<' Expression4 | Expression4 '<=' Expression4
  | Expression4 '>=' Expression4 | Expression4 '>' Expression4 | Expression4
Expression4: Expression4 'as' Type | Expression5
Expression5: Expression5 '+' Expression6 | Expression5 '-' Expression6 | Expression6
Expression6: Expression6 '*' Expression7 | Expression7
Expression7: '!' Expression7 | Expression8
Expression8: Expression8 '[' Expression ']' | Expression8 '.' identifier
  | Expression8 '.' identifier '(' Expression%, ')' | Expression9
Expression9: Function '(' Expression%, ')' | 'map' '(' Function ',' Expression%+, ')'
  | 'fold' '(' Function ',' Expression ',' Expression%+, ')'
  | 'slice' '<' Type-size '>' '(' Expression ',' Expression ')' | '[' Tuple-argument%, ']'
  | 'Bytes' '[' Tuple-argument%, ']' | Type-reference '{' Structure-argument%, '}'
  | 'assert' '(' Expression ',' string ')' | 'disclose' '(' Expression ')' | Term
Term: identifier | 'true' | 'false' | number | string | 'pad' '(' number ',' string ')'
  | 'default' '<' Type '>' | '(' Expression-sequence ')'
Tuple-argument: Expression | '...' Expression
Structure-argument: Expression | identifier ':' Expression | '...' Expression
Function: identifier Generic-argument-list? | Arrow-parameter-list Return-type? '=>' Block
  | Arrow-parameter-list Return-type? '=>' Expression | '(' Function ')'
Return-type: ':' Type
Optionally-typed-pattern: Pattern | Typed-pattern
Const-Binding: Optionally-typed-pattern '=' Expression
Arrow-parameter-list: '(' Optionally-typed-pattern%, ')'
"""
_TERMINALS = {
    "identifier": (IDENTIFIER, "an identifier"),
    "number": (NUMBER, "a non-negative numeric constant"),
    "string": (STRING, "a string"),
    "version": (VERSION, "a version string"),
    "end": (END, END),
}

# The compiler's search is exponential in places. At this many rules tried, what has been found is
# taken for all there is: a fifth of a second; of 1,900 wrong programs, the worst needed half of it.
_MAX_STEPS = 10_000

# A lazy list of token indices: the first one, and what gives the rest.
Stream = Union[tuple[int, Union[Callable[[], "Stream"], None]], None]
Parser = Callable[[int], Stream]


@dataclass(frozen=True, slots=True)
class _Terminal:
    kind: str
    description: str


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str


@dataclass(frozen=True, slots=True)
class _Optional:
    item: _Item


@dataclass(frozen=True, slots=True)
class _Repeated:
    item: _Item


@dataclass(frozen=True, slots=True)
class _Separated:
    item: _Item
    separator: _Item
    at_least_one: bool
    trailing: bool


_Item = Union[_Terminal, _Rule, _Optional, _Repeated, _Separated]
_Productions = list[list[_Item]]


class _OutOfStepsError(Exception):
    """The search has taken `_MAX_STEPS`."""


def explain(tokens: Tokens, failure: int, ends: Mapping[int, int]) -> CompactError:
    """The compiler's error for tokens that are no program.

    `failure` is the index of a token that cannot be taken, `ends` maps the first token of every
    declaration and statement that is complete to the token behind it.
    """
    search = _Search(tokens, failure, ends)
    search.run()
    # A search that was given up may not have got as far as the fast parser.
    at = max(search.last, failure)
    if tokens.kinds[at] == ERROR:
        assert tokens.error is not None
        return tokens.error
    expected = [_describe(attempt) for attempt in _without_repeats(search.attempts())]
    if at > search.last:
        wanted = "something else"
    elif len(expected) > 2:
        wanted = ", ".join(expected[:-1]) + ", or " + expected[-1]
    else:
        wanted = " or ".join(expected)
    return CompactError(
        tokens.starts[at],
        f"parse error: found {_found(tokens.kinds[at], tokens.texts[at])} looking for {wanted}",
    )


# -------------------------------------------------------------------- the search


def _unfinished_ifs(kinds: list[str], ends: Mapping[int, int]) -> set[int]:
    """Where an `if` starts whose branch is a block that the failure is in.

    The compiler reads it twice, without and with `else`. Both attempts fail alike, the second one
    a level deeper, so that all which shows of the first one is the doubled time.
    """
    found: set[int] = set()
    for at, kind in enumerate(kinds):
        if kind == "if" and at not in ends and kinds[at + 1] == "(":
            depth = 0
            for behind in range(at + 1, len(kinds)):
                depth += (kinds[behind] == "(") - (kinds[behind] == ")")
                if depth == 0:
                    if kinds[behind + 1] == "{" and behind + 1 not in ends:
                        found.add(at)
                    break
    return found


class _Search:
    """Tries to read the whole text; `last` is the furthest token looked at.

    `trail` holds what was tried at `last`, each with the depth of rules: a description of a
    terminal that was not there, the name of a rule that starts there, or None where it ends.
    """

    def __init__(self, tokens: Tokens, failure: int, ends: Mapping[int, int]) -> None:
        self.kinds = tokens.kinds
        self.starts_unfinished_if = _unfinished_ifs(tokens.kinds, ends)
        self.failure = failure
        self.ends = ends
        self.last = -1
        self.trail: list[tuple[int, str | _Rule | None]] = []
        self.depth = 0
        self.steps = 0
        self.rules: dict[str, Parser] = {}

    def run(self) -> None:
        with deep_and_undisturbed(), suppress(_OutOfStepsError, RecursionError):
            self.rule("Compact")(0)

    def touch(self, at: int) -> None:
        if at > self.last:
            self.last = at
            self.trail.clear()
            if self.kinds[at] == ERROR:
                raise _OutOfStepsError

    # Streams.

    def each(self, stream: Stream, then: Parser) -> Stream:
        """The results of `then` behind every result of `stream`, one stream after the other."""
        while stream is not None:
            at, rest = stream
            results = then(at)
            if rest is None:
                return results
            if results is not None:
                return self.both(results, self.later(rest, then))
            stream = rest()
        return None

    def later(self, rest: Callable[[], Stream], then: Parser) -> Callable[[], Stream]:
        return lambda: self.each(rest(), then)

    def both(self, stream: Stream, others: Callable[[], Stream]) -> Stream:
        if stream is None:
            return others()
        at, rest = stream
        if rest is None:
            return at, others
        remaining = rest
        return at, lambda: self.both(remaining(), others)

    # Parsers.

    def item(self, item: _Item) -> Parser:
        if isinstance(item, _Terminal):
            return self.terminal(item)
        if isinstance(item, _Rule):
            return lambda at: self.rule(item.name)(at)
        if isinstance(item, _Optional):
            inner = self.item(item.item)
            return lambda at: inner(at) or (at, None)
        if isinstance(item, _Repeated):
            return self.repeated(self.item(item.item))
        return self.separated(item)

    def terminal(self, terminal: _Terminal) -> Parser:
        kinds, kind, description = self.kinds, terminal.kind, terminal.description

        def parse(at: int) -> Stream:
            if at > self.last:
                self.touch(at)
            if kinds[at] == kind:
                return at + 1, None
            if at == self.last:
                self.trail.append((self.depth, description))
            return None

        return parse

    def repeated(self, inner: Parser) -> Parser:
        def more(at: int) -> Stream:
            # What is complete before the failure has one result, and no other attempt in it
            # looks as far as the failure.
            behind = self.ends.get(at, self.failure)
            while behind < self.failure:
                at = behind
                behind = self.ends.get(at, self.failure)
            return self.both(self.each(inner(at), more), lambda: (at, None))

        return more

    def plainly_repeated(self, inner: Parser) -> Parser:
        def more(at: int) -> Stream:
            return self.both(self.each(inner(at), more), lambda: (at, None))

        return more

    def separated(self, item: _Separated) -> Parser:
        inner = self.item(item.item)
        separator = self.item(item.separator)
        rest = self.plainly_repeated(lambda at: self.each(separator(at), inner))

        def trailing(at: int) -> Stream:
            return self.both(separator(at), lambda: (at, None))

        def some(at: int) -> Stream:
            stream = self.each(inner(at), rest) if not item.trailing else None
            if item.trailing:
                stream = self.each(inner(at), lambda behind: self.each(rest(behind), trailing))
            return stream

        if item.at_least_one:
            return some
        return lambda at: self.both(some(at), lambda: (at, None))

    def production(self, items: list[_Item]) -> Parser:
        parsers = [self.item(item) for item in items]
        count = len(parsers)

        def from_item(k: int) -> Parser:
            if k == count:
                return lambda at: (at, None)
            parser, then = parsers[k], from_item(k + 1)
            return lambda at: self.each(parser(at), then)

        return from_item(0)

    def rule(self, name: str) -> Parser:
        parser = self.rules.get(name)
        if parser is None:
            parser = self.rules[name] = self.make_rule(name)
        return parser

    def make_rule(self, name: str) -> Parser:
        productions = _RULES[name]
        firsts = _firsts_of(name)
        parsers: list[Parser | None] = [None] * len(productions)
        count = len(productions)
        kinds, failure = self.kinds, self.failure
        named = None if name.startswith("_") else _Rule(name)

        def from_production(k: int, at: int) -> Stream:
            # Before the failure, an attempt that ends at its first token leaves no trace.
            if at < failure:
                kind = kinds[at]
                while k < count and (first := firsts[k]) is not None and kind not in first:
                    k += 1
                if k == 0 and name == "Statement" and at in self.starts_unfinished_if:
                    k = 1
            if k == count:
                return None
            parser = parsers[k]
            if parser is None:
                parser = parsers[k] = self.production(productions[k])
            return self.both(parser(at), lambda: from_production(k + 1, at))

        def parse(at: int) -> Stream:
            self.steps += 1
            if self.steps > _MAX_STEPS:
                raise _OutOfStepsError
            if at > self.last:
                self.touch(at)
            if named is not None and at == self.last:
                self.trail.append((self.depth, named))
            depth = self.depth
            self.depth = depth + 1
            stream = from_production(0, at)
            self.depth = depth
            if named is not None and at == self.last:
                self.trail.append((depth, None))
            return stream

        return parse

    def attempts(self) -> list[_Attempt]:
        """What was tried at `last`, rules with what was tried in them, outermost first."""
        trail = iter(self.trail)

        def collect() -> list[_Attempt]:
            found: list[tuple[int, _Attempt]] = []
            for depth, what in trail:
                if what is None:
                    break
                found.append((depth, (what.name, collect()) if isinstance(what, _Rule) else what))
            found.sort(key=itemgetter(0))
            return [what for _, what in found]

        result = collect()
        # Where nothing could be read at all, the compiler names what the program is made of.
        if len(result) == 1 and not isinstance(result[0], str) and result[0][0] == "Compact":
            return result[0][1]
        return result


# A terminal's description, or a rule's name with the attempts in it.
_Attempt = Union[str, "tuple[str, list[_Attempt]]"]


def _without_repeats(attempts: list[_Attempt]) -> list[_Attempt]:
    """Each attempt once, where it comes last."""
    kept: list[_Attempt] = []
    for attempt in reversed(attempts):
        if attempt not in kept:
            kept.append(attempt)
    return kept[::-1]


def _describe(attempt: _Attempt) -> str:
    if isinstance(attempt, str):
        return attempt
    name = attempt[0]
    article = "an" if name[0] in "AEIOUaeiou" else "a"
    return f"{article} {name.lower().replace('-', ' ')}"


_ESCAPES = {
    '"': '\\"', "\\": "\\\\", "\a": "\\a", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\v": "\\v",
    "\f": "\\f", "\r": "\\r",
}  # fmt: skip


def quoted(text: str) -> str:
    """`text` as Scheme writes a string."""
    return '"' + "".join(
        _ESCAPES.get(c) or (f"\\x{ord(c):X};" if c < " " or "\x7f" <= c < "\xa0" else c)
        for c in text
    ) + '"'  # fmt: skip


def _found(kind: str, text: str) -> str:
    if kind == END:
        return END
    if kind in FUTURE_KEYWORDS:
        return f"keyword {quoted(text)} (which is reserved for future use)"
    return f"keyword {quoted(text)}" if kind in KEYWORDS else quoted(text)


# -------------------------------------------------------------------- the grammar


def _read_item(text: str) -> _Item:
    if text[0] == "'":
        end = text.index("'", 1) + 1
        constant = text[1 : end - 1]
        item: _Item = _Terminal(constant, f'"{constant}"')
    else:
        end = len(text.rstrip("?*%+1,;"))
        if "0" <= text[end : end + 1] <= "9":
            end += 1
        name = text[:end]
        item = _Rule(name) if name[0].isupper() else _Terminal(*_TERMINALS[name])
    suffix = text[end:]
    if suffix.startswith("?"):
        item, suffix = _Optional(item), suffix[1:]
    if suffix == "*":
        return _Repeated(item)
    if suffix:
        separator = _Terminal(suffix[-1], f'"{suffix[-1]}"')
        return _Separated(item, separator, len(suffix) > 2, suffix[1] != "1")
    return item


def _read_grammar() -> dict[str, _Productions]:
    grammar: dict[str, _Productions] = {}
    for line in _GRAMMAR.strip().replace("\n  ", " ").splitlines():
        name, _, body = line.partition(":")
        productions: _Productions = [[]]
        for word in body.split():
            if word == "|":
                productions.append([])
            else:
                productions[-1].append(_read_item(word))
        grammar[name] = productions
    return grammar


def _without_left_recursion(grammar: dict[str, _Productions]) -> dict[str, _Productions]:
    """`A: A x | y` as `A: y A'` and `A': | x A'`."""
    result: dict[str, _Productions] = {}
    for name, productions in grammar.items():
        recursive = [p[1:] for p in productions if p[0] == _Rule(name)]
        if not recursive:
            result[name] = productions
            continue
        tail = _Rule(f"_tail of {name}")
        result[name] = [[*p, tail] for p in productions if p[0] != _Rule(name)]
        result[tail.name] = [[], *([*p, tail] for p in recursive)]
    return result


def _left_factored(grammar: dict[str, _Productions]) -> dict[str, _Productions]:
    """Productions of one rule that start alike become one, with a rule for what differs."""
    result: dict[str, _Productions] = {}
    waiting = list(grammar.items())
    while waiting:
        name, productions = waiting.pop(0)
        factored: _Productions = []
        productions = list(productions)
        while productions:
            production = productions.pop(0)
            alike = [p for p in productions if production and p and p[0] == production[0]]
            if not alike:
                factored.append(production)
                continue
            productions = [p for p in productions if not any(p is q for q in alike)]
            alike.insert(0, production)
            shared = 1
            while all(len(p) > shared and p[shared] == production[shared] for p in alike):
                shared += 1
            rest = _Rule(f"_rest {len(result) + len(waiting)} of {name}")
            factored.append([*production[:shared], rest])
            waiting.insert(0, (rest.name, [p[shared:] for p in alike]))
        result[name] = factored
    return result


def _firsts_of(rule: str) -> list[frozenset[str] | None]:
    """For every production of a rule, `_first`."""
    known = _FIRSTS.get(rule)
    if known is None:
        known = _FIRSTS[rule] = [_first(items) for items in _RULES[rule]]
    return known


def _first(items: list[_Item]) -> frozenset[str] | None:
    """The kinds of token that `items` can start with; None if they can be empty."""
    kinds: frozenset[str] = frozenset()
    for item in items:
        more, can_be_empty = _first_of(item)
        kinds |= more
        if not can_be_empty:
            return kinds
    return None


def _first_of(item: _Item) -> tuple[frozenset[str], bool]:
    if isinstance(item, _Terminal):
        return frozenset((item.kind,)), False
    if isinstance(item, (_Optional, _Repeated)):
        return _first_of(item.item)[0], True
    if isinstance(item, _Separated):
        kinds, can_be_empty = _first_of(item.item)
        if can_be_empty:
            kinds |= _first_of(item.separator)[0]
        return kinds, can_be_empty or not item.at_least_one
    known = _FIRST.get(item.name)
    if known is None:
        kinds, can_be_empty = frozenset(), False
        for production in _RULES[item.name]:
            for part in production:
                more, empty = _first_of(part)
                kinds |= more
                if not empty:
                    break
            else:
                can_be_empty = True
        known = _FIRST[item.name] = kinds, can_be_empty
    return known


_RULES = _left_factored(_without_left_recursion(_read_grammar()))
_FIRST: dict[str, tuple[frozenset[str], bool]] = {}
_FIRSTS: dict[str, list[frozenset[str] | None]] = {}
