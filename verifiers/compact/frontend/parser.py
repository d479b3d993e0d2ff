"""Source text to syntax tree: a recursive-descent parser for Compact 0.23.

The compiler's parser is nondeterministic and tries alternatives in order; this one predicts from
the next tokens and looks further ahead only where the grammar is ambiguous (generic arguments
against ``<``, functions in parentheses against expressions in parentheses), so it never takes a
step back. It accepts the same texts. When it cannot go on, `expectations.explain` replays the
compiler's search around the failure to give the compiler's message at the compiler's place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NoReturn, TypeVar

from . import ast
from .expectations import explain, quoted
from .lexer import END, IDENTIFIER, NUMBER, STRING, VERSION, Tokens, number, string, tokenize
from .lexer import version as version_numbers
from .source import TOO_DEEP, CompactError, map_order

LANGUAGE_VERSION: Final = (0, 23, 0)
COMPILER_VERSION: Final = (0, 31, 1)

# The compiler's only limit on nesting is its memory. Ours keep every pass over the tree within
# Python's default stack: a level of nesting costs this parser four frames, a level of the tree
# costs a pass about three.
MAX_NESTING: Final = 128
MAX_HEIGHT: Final = 256

_MAX_LENGTH: Final = 2**24  # of bytes and vectors, in the compiler
_SHORT_CHAIN: Final = 12

# How tightly binary operators bind; `as` is one, whose right operand is a type.
_LEVEL: Final = {
    "||": 1, "&&": 2, "==": 3, "!=": 3, "<": 4, "<=": 4, ">": 4, ">=": 4, "as": 5,
    "+": 6, "-": 6, "*": 7,
}  # fmt: skip
_RELATIONAL, _CAST = 4, 5
_ASSIGNMENTS: Final = frozenset(("=", "+=", "-="))


T = TypeVar("T")


class _NoRuleError(Exception):
    """No rule takes the current token."""


def parse(source: str, base: int = 0) -> ast.Program:
    """The syntax tree of `source`, whose first character has the offset `base`.

    Raises `CompactError` with the compiler's message and place (an offset into the text with its
    line ends normalised) when `source` is not a Compact 0.23 program, when a pragma asks for
    other versions, or when it is nested deeper than `MAX_NESTING` or `MAX_HEIGHT`.
    """
    tokens = tokenize(source)
    if base:
        tokens.move(base)
    parser = _Parser(tokens)
    try:
        program = parser.program()
    except _NoRuleError:
        raise explain(tokens, parser.i, parser.ends) from None
    if parser.deferred:
        first = next(n.pos for n in _converted(program) if n.pos in parser.deferred)
        raise parser.deferred[first]
    if (parser.deepest + 2) * (parser.longest + 3) > MAX_HEIGHT:
        _check_height(program)
    return program


class _Parser:
    """One pass over the tokens; `i` is the index of the current one.

    `ends` maps the index of each complete declaration and statement to the index behind it.
    `deferred` maps places to the errors that the compiler finds once the whole text is parsed.
    """

    __slots__ = (
        "closing", "deepest", "deferred", "depth", "ends", "i", "kinds", "longest", "starts",
        "texts",
    )  # fmt: skip

    def __init__(self, tokens: Tokens) -> None:
        self.kinds = tokens.kinds
        self.texts = tokens.texts
        self.starts = tokens.starts
        self.i = 0
        self.ends: dict[int, int] = {}
        self.deferred: dict[int, CompactError] = {}
        self.closing: dict[int, int] | None = None
        self.depth = self.deepest = 0
        self.longest = _SHORT_CHAIN

    # ------------------------------------------------------------ tokens

    def expect(self, kind: str) -> None:
        if self.kinds[self.i] != kind:
            raise _NoRuleError
        self.i += 1

    def take(self, kind: str) -> bool:
        if self.kinds[self.i] == kind:
            self.i += 1
            return True
        return False

    def text(self, kind: str) -> str:
        """The spelling of the current token, which must be of `kind`."""
        i = self.i
        if self.kinds[i] != kind:
            raise _NoRuleError
        self.i = i + 1
        return self.texts[i]

    def name(self) -> str:
        i = self.i
        if self.kinds[i] != IDENTIFIER:
            raise _NoRuleError
        self.i = i + 1
        return self.texts[i]

    def enter(self) -> None:
        self.depth += 1
        if self.depth > self.deepest:
            self.deepest = self.depth
            if self.depth > MAX_NESTING:
                _too_deep(self.starts[self.i])

    def defer(self, pos: int, message: str) -> None:
        self.deferred[pos] = CompactError(pos, message)

    def after_parenthesis(self, i: int) -> int:
        """The index behind the parenthesis that closes the one at `i`, or of the last token."""
        closing = self.closing
        if closing is None:
            closing = self.closing = {}
            open_at = []
            for j, kind in enumerate(self.kinds):
                if kind == "(":
                    open_at.append(j)
                elif kind == ")" and open_at:
                    closing[open_at.pop()] = j + 1
        return closing.get(i, len(self.kinds) - 1)

    # ------------------------------------------------------------ declarations

    def program(self) -> ast.Program:
        pos = self.starts[0]
        declarations = self.declarations(END)
        return ast.Program(pos, declarations)

    def declarations(self, close: str) -> list[ast.Declaration]:
        result: list[ast.Declaration] = []
        kinds = self.kinds
        while (kind := kinds[self.i]) != close:
            parse_one = _DECLARATIONS.get(kind)
            if parse_one is None:
                raise _NoRuleError
            first = self.i
            result.append(parse_one(self, self.starts[first]))
            self.ends[first] = self.i
        return result

    def pragma(self, pos: int) -> ast.Pragma:
        self.i += 1
        name_pos = self.starts[self.i]
        name = self.name()
        expression = self.version_or()
        self.expect(";")
        if name == "language_version":
            actual, what = LANGUAGE_VERSION, "language"
        elif name == "compiler_version":
            actual, what = COMPILER_VERSION, "compiler"
        else:
            raise CompactError(pos, f"unrecognized pragma setting {name}")
        if not version_matches(actual, expression):
            written = ".".join(map(str, actual))
            raise CompactError(pos, f"{what} version {written} mismatch")
        return ast.Pragma(pos, name, expression, name_pos)

    def version_or(self) -> ast.VersionExpression:
        left = self.version_and()
        while self.take("||"):
            left = ("||", left, self.version_and())
        return left

    def version_and(self) -> ast.VersionExpression:
        left = self.version_term()
        while self.take("&&"):
            left = ("&&", left, self.version_term())
        return left

    def version_term(self) -> ast.VersionExpression:
        kind = self.kinds[self.i]
        if kind == "(":
            self.enter()
            self.i += 1
            inner = self.version_or()
            self.expect(")")
            self.depth -= 1
            return inner
        if kind in ("!", "<", "<=", ">=", ">"):
            self.i += 1
            return (kind, self.version_atom())
        return self.version_atom()

    def version_atom(self) -> tuple[int, ...]:
        if self.kinds[self.i] == NUMBER:
            return (number(self.text(NUMBER)),)
        return version_numbers(self.text(VERSION))

    def include(self, pos: int) -> ast.Include:
        self.i += 1
        path = string(self.text(STRING))
        self.expect(";")
        return ast.Include(pos, path)

    def import_(self, pos: int) -> ast.Import:
        self.i += 1
        selection: list[ast.ImportElement] | None = None
        if self.kinds[self.i] == "{":
            selection = self.sequence("}", self.import_element)
            self.expect("from")
        is_path = self.kinds[self.i] == STRING
        name = string(self.text(STRING)) if is_path else self.name()
        arguments = self.generic_arguments() if self.kinds[self.i] == "<" else []
        prefix = self.name() if self.take("prefix") else ""
        self.expect(";")
        return ast.Import(pos, name, is_path, arguments, prefix, selection)

    def import_element(self) -> ast.ImportElement:
        pos = self.starts[self.i]
        name = self.name()
        return ast.ImportElement(pos, name, self.name() if self.take("as") else name)

    def sequence(self, close: str, item: Callable[[], T], separator: str = ",") -> list[T]:
        """An opening token, items that may have a trailing separator, and `close`."""
        self.i += 1
        result: list[T] = []
        kinds = self.kinds
        while kinds[self.i] != close:
            result.append(item())
            if kinds[self.i] != separator:
                break
            self.i += 1
        self.expect(close)
        return result

    def export(self, pos: int) -> ast.Declaration:
        self.i += 1
        kind = self.kinds[self.i]
        if kind == "{":
            names = self.sequence("}", self.export_element)
            self.take(";")
            return ast.Export(pos, names)
        parse_one = _EXPORTABLE.get(kind)
        if parse_one is None:
            raise _NoRuleError
        declaration = parse_one(self, pos)
        declaration.exported = True
        return declaration

    def export_element(self) -> tuple[int, str]:
        pos = self.starts[self.i]
        return pos, self.name()

    def module(self, pos: int) -> ast.Module:
        self.i += 1
        name = self.name()
        generics = self.generic_parameters()
        self.expect("{")
        self.enter()
        elements = self.declarations("}")
        self.depth -= 1
        self.i += 1
        return ast.Module(pos, False, name, generics, elements)

    def generic_parameters(self) -> list[ast.GenericParameter]:
        if self.kinds[self.i] != "<":
            return []
        return self.sequence(">", self.generic_parameter)

    def generic_parameter(self) -> ast.GenericParameter:
        pos = self.starts[self.i]
        is_size = self.take("#")
        return ast.GenericParameter(pos, self.name(), is_size)

    def ledger(self, pos: int) -> ast.Ledger:
        sealed = self.take("sealed")
        self.expect("ledger")
        name = self.name()
        self.expect(":")
        type_ = self.type()
        self.expect(";")
        return ast.Ledger(pos, False, sealed, name, type_)

    def witness(self, pos: int) -> ast.Witness:
        self.i += 1
        name = self.name()
        generics = self.generic_parameters()
        parameters = self.simple_parameters()
        self.expect(":")
        result = self.type()
        self.expect(";")
        return ast.Witness(pos, False, name, generics, parameters, result)

    def constructor(self, pos: int) -> ast.Constructor:
        self.i += 1
        parameters = self.pattern_parameters()
        return ast.Constructor(pos, parameters, self.block())

    def circuit(self, pos: int) -> ast.Circuit:
        pure = self.take("pure")
        self.expect("circuit")
        name = self.name()
        generics = self.generic_parameters()
        parameters = self.pattern_parameters()
        self.expect(":")
        result = self.type()
        return ast.Circuit(pos, False, pure, name, generics, parameters, result, self.block())

    def struct(self, pos: int) -> ast.Struct:
        self.i += 1
        name = self.name()
        generics = self.generic_parameters()
        fields = self.separated_body(self.typed_name)
        return ast.Struct(pos, False, name, generics, fields)

    def separated_body(self, item: Callable[[], T]) -> list[T]:
        """Items in braces, all separated by commas or all by semicolons."""
        if self.kinds[self.i] != "{":
            raise _NoRuleError
        opening = self.i
        self.i += 1
        result: list[T] = []
        if self.kinds[self.i] != "}":
            result.append(item())
            if self.kinds[self.i] in (",", ";"):
                separator = self.kinds[self.i]
                self.i = opening
                result = self.sequence("}", item, separator)
                self.take(";")
                return result
        self.expect("}")
        self.take(";")
        return result

    def enum(self, pos: int) -> ast.Enum:
        self.i += 1
        name = self.name()
        if self.kinds[self.i] != "{" or self.kinds[self.i + 1] == "}":
            self.expect("{")
            raise _NoRuleError
        elements = self.sequence("}", self.name)
        self.take(";")
        return ast.Enum(pos, False, name, elements)

    def contract(self, pos: int) -> ast.Contract:
        self.i += 1
        name = self.name()
        return ast.Contract(pos, False, name, self.separated_body(self.contract_circuit))

    def contract_circuit(self) -> ast.ContractCircuit:
        pos = self.starts[self.i]
        pure = self.take("pure")
        self.expect("circuit")
        name = self.name()
        parameters = self.simple_parameters()
        self.expect(":")
        return ast.ContractCircuit(pos, pure, name, parameters, self.type())

    def type_alias(self, pos: int) -> ast.TypeAlias:
        nominal = self.take("new")
        self.expect("type")
        name = self.name()
        generics = self.generic_parameters()
        self.expect("=")
        type_ = self.type()
        self.expect(";")
        return ast.TypeAlias(pos, False, nominal, name, generics, type_)

    # ------------------------------------------------------------ parameters and patterns

    def typed_name(self) -> ast.Parameter:
        pos = self.starts[self.i]
        name = self.name()
        self.expect(":")
        return ast.Parameter(pos, ast.NamePattern(pos, name), self.type())

    def simple_parameters(self) -> list[ast.Parameter]:
        if self.kinds[self.i] != "(":
            raise _NoRuleError
        return self.sequence(")", self.typed_name)

    def typed_pattern(self) -> ast.Parameter:
        pos = self.starts[self.i]
        pattern = self.pattern()
        self.expect(":")
        return ast.Parameter(pos, pattern, self.type())

    def pattern_parameters(self) -> list[ast.Parameter]:
        if self.kinds[self.i] != "(":
            raise _NoRuleError
        return self.sequence(")", self.typed_pattern)

    def arrow_parameter(self) -> ast.Parameter:
        pos = self.starts[self.i]
        pattern = self.pattern()
        return ast.Parameter(pos, pattern, self.type() if self.take(":") else None)

    def pattern(self) -> ast.Pattern:
        i = self.i
        kind = self.kinds[i]
        pos = self.starts[i]
        if kind == IDENTIFIER:
            self.i = i + 1
            return ast.NamePattern(pos, self.texts[i])
        if kind == "{":
            self.enter()
            fields = self.sequence("}", self.pattern_field)
            self.depth -= 1
            return ast.StructPattern(pos, fields)
        self.expect("[")
        self.enter()
        elements = [self.pattern_element()]
        while self.take(","):
            elements.append(self.pattern_element())
        self.expect("]")
        self.depth -= 1
        return ast.TuplePattern(pos, elements)

    def pattern_element(self) -> ast.Pattern | None:
        return None if self.kinds[self.i] in (",", "]") else self.pattern()

    def pattern_field(self) -> tuple[ast.Pattern, str]:
        pos = self.starts[self.i]
        name = self.name()
        return (self.pattern() if self.take(":") else ast.NamePattern(pos, name)), name

    # ------------------------------------------------------------ types

    def type(self) -> ast.Type:
        i = self.i
        kind = self.kinds[i]
        pos = self.starts[i]
        self.i = i + 1
        if kind == IDENTIFIER:
            if self.kinds[i + 1] == "<" and self.skip_generic_arguments(i + 1) >= 0:
                return ast.TypeName(pos, self.texts[i], self.generic_arguments())
            return ast.TypeName(pos, self.texts[i], [])
        if kind == "Uint":
            self.expect("<")
            start = self.size()
            end = self.size() if self.take("..") else None
            self.expect(">")
            return ast.UintType(pos, start, end)
        if kind == "Field":
            return ast.FieldType(pos)
        if kind == "Boolean":
            return ast.BooleanType(pos)
        if kind == "Bytes":
            self.expect("<")
            size = self.size()
            self.expect(">")
            return ast.BytesType(pos, size)
        if kind == "Vector":
            self.expect("<")
            self.enter()
            size = self.size()
            self.expect(",")
            element = self.type()
            self.expect(">")
            self.depth -= 1
            return ast.VectorType(pos, size, element)
        if kind == "Opaque":
            self.expect("<")
            tag = string(self.text(STRING))
            self.expect(">")
            return ast.OpaqueType(pos, tag)
        self.i = i
        if kind != "[":
            raise _NoRuleError
        self.enter()
        elements = self.sequence("]", self.type)
        self.depth -= 1
        return ast.TupleType(pos, elements)

    def size(self) -> ast.Size:
        i = self.i
        kind = self.kinds[i]
        self.i = i + 1
        if kind == NUMBER:
            return ast.SizeLiteral(self.starts[i], number(self.texts[i]))
        if kind == IDENTIFIER:
            return ast.SizeName(self.starts[i], self.texts[i])
        self.i = i
        raise _NoRuleError

    def generic_arguments(self) -> list[ast.GenericArgument]:
        self.enter()
        arguments = self.sequence(">", self.generic_argument)
        self.depth -= 1
        return arguments

    def generic_argument(self) -> ast.GenericArgument:
        i = self.i
        if self.kinds[i] == NUMBER:
            self.i = i + 1
            return ast.SizeLiteral(self.starts[i], number(self.texts[i]))
        return self.type()

    def skip_generic_arguments(self, i: int) -> int:
        """The index behind the generic arguments that start at `i`; -1 if none do."""
        kinds = self.kinds
        i += 1
        self.enter()
        while kinds[i] != ">":
            i = i + 1 if kinds[i] == NUMBER else self.skip_type(i)
            if i < 0:
                break
            if kinds[i] == ",":
                i += 1
            elif kinds[i] != ">":
                i = -1
                break
        self.depth -= 1
        return i + 1 if i >= 0 else -1

    def skip_type(self, i: int) -> int:
        """The index behind the type that starts at `i`; -1 if none does."""
        kinds = self.kinds
        kind = kinds[i]
        i += 1
        if kind == IDENTIFIER:
            behind = self.skip_generic_arguments(i) if kinds[i] == "<" else -1
            return i if behind < 0 else behind
        if kind in ("Field", "Boolean"):
            return i
        if kind == "[":
            self.enter()
            while kinds[i] != "]":
                i = self.skip_type(i)
                if i >= 0 and kinds[i] == ",":
                    i += 1
                elif i < 0 or kinds[i] != "]":
                    i = -1
                    break
            self.depth -= 1
            return i + 1 if i >= 0 else -1
        if kind not in ("Uint", "Bytes", "Vector", "Opaque") or kinds[i] != "<":
            return -1
        i += 1
        if kinds[i] not in ((STRING,) if kind == "Opaque" else (NUMBER, IDENTIFIER)):
            return -1
        i += 1
        if kind == "Uint" and kinds[i] == ".." and kinds[i + 1] in (NUMBER, IDENTIFIER):
            i += 2
        elif kind == "Vector":
            if kinds[i] != ",":
                return -1
            self.enter()
            i = self.skip_type(i + 1)
            self.depth -= 1
        return i + 1 if i >= 0 and kinds[i] == ">" else -1

    # ------------------------------------------------------------ statements

    def block(self) -> ast.Block:
        i = self.i
        if self.kinds[i] != "{":
            raise _NoRuleError
        pos = self.starts[i]
        self.i = i + 1
        statements: list[ast.Statement] = []
        kinds = self.kinds
        while kinds[self.i] != "}":
            statements.append(self.statement())
        self.i += 1
        return ast.Block(pos, statements)

    def statement(self) -> ast.Statement:
        first = self.i
        self.depth += 1
        if self.depth > self.deepest:
            self.depth -= 1
            self.enter()
        parse_one = _STATEMENTS.get(self.kinds[first])
        if parse_one is not None:
            result = parse_one(self, self.starts[first])
        else:
            result = ast.ExpressionStatement(self.starts[first], self.expressions())
            self.expect(";")
        self.depth -= 1
        self.ends[first] = self.i
        return result

    def block_statement(self, _pos: int) -> ast.Block:
        return self.block()

    def const(self, pos: int) -> ast.Const:
        self.i += 1
        bindings = [self.binding()]
        while self.take(","):
            bindings.append(self.binding())
        self.expect(";")
        return ast.Const(pos, bindings)

    def binding(self) -> ast.Binding:
        pos = self.starts[self.i]
        pattern = self.pattern()
        type_ = self.type() if self.take(":") else None
        self.expect("=")
        return ast.Binding(pos, pattern, type_, self.expression())

    def if_(self, pos: int) -> ast.If:
        self.i += 1
        self.expect("(")
        test = self.expressions()
        self.expect(")")
        then = self.statement()
        otherwise = self.statement() if self.take("else") else None
        return ast.If(pos, test, then, otherwise)

    def for_(self, pos: int) -> ast.ForRange | ast.ForEach:
        self.i += 1
        self.expect("(")
        self.expect("const")
        name = self.name()
        self.expect("of")
        i = self.i
        if self.kinds[i] in (NUMBER, IDENTIFIER) and self.kinds[i + 1] == "..":
            start = self.size()
            self.i += 1
            end = self.size()
            self.expect(")")
            return ast.ForRange(pos, name, start, end, self.statement())
        vector = self.expressions()
        self.expect(")")
        return ast.ForEach(pos, name, vector, self.statement())

    def return_(self, pos: int) -> ast.Return:
        self.i += 1
        if self.take(";"):
            return ast.Return(pos, None)
        value = self.expressions()
        self.expect(";")
        return ast.Return(pos, value)

    # ------------------------------------------------------------ expressions

    def expressions(self) -> ast.Expression:
        first = self.expression
        pos = self.starts[self.i]
        expression = first()
        if self.kinds[self.i] != ",":
            return expression
        several = [expression]
        while self.take(","):
            several.append(first())
        return ast.Sequence(pos, several)

    def expression(self) -> ast.Expression:
        self.depth += 1
        if self.depth > self.deepest:
            self.depth -= 1
            self.enter()
        pos = self.starts[self.i]
        left = self.binary(1)
        kind = self.kinds[self.i]
        if kind == "?":
            self.i += 1
            then = self.expression()
            self.expect(":")
            left = ast.Conditional(pos, left, then, self.expression())
        elif kind in _ASSIGNMENTS:
            operator_pos = self.starts[self.i]
            self.i += 1
            left = ast.Assign(operator_pos, kind, left, self.expression())
        self.depth -= 1
        return left

    def binary(self, lowest: int) -> ast.Expression:
        kinds = self.kinds
        pos = self.starts[self.i]
        left = self.operand()
        highest = 7
        links = 0
        while True:
            kind = kinds[self.i]
            level = _LEVEL.get(kind, 0)
            # Above `highest`: behind a cast no sum can follow, nor a comparison behind one.
            if not lowest <= level <= highest:
                if links > self.longest:
                    self.longest = links
                return left
            links += 1
            self.i += 1
            if level == _CAST:
                left = ast.Cast(pos, left, self.type())
            else:
                left = ast.Binary(pos, kind, left, self.binary(level + 1))
            highest = level if level != _RELATIONAL else _RELATIONAL - 1

    def operand(self) -> ast.Expression:
        """``!`` and what follows: a primary expression with its members, calls and indices."""
        kinds = self.kinds
        i = self.i
        pos = self.starts[i]
        kind = kinds[i]
        if kind == "!":
            self.i = i + 1
            self.enter()
            operand = self.operand()
            self.depth -= 1
            return ast.Not(pos, operand)
        parse_one = _PRIMARY.get(kind)
        if parse_one is None:
            raise _NoRuleError
        result = parse_one(self, pos)
        links = 0
        while True:
            i = self.i
            kind = kinds[i]
            if kind == ".":
                self.i = i + 1
                name = self.name()
                dot_pos, name_pos = self.starts[i], self.starts[i + 1]
                if kinds[self.i] == "(":
                    arguments = self.sequence(")", self.expression)
                    result = ast.MemberCall(dot_pos, result, name, arguments, dot_pos, name_pos)
                else:
                    result = ast.Member(dot_pos, result, name, dot_pos, name_pos)
            elif kind == "[":
                self.i = i + 1
                index = self.expression()
                self.expect("]")
                result = ast.Index(pos, result, index)
            else:
                if links > self.longest:
                    self.longest = links
                return result
            links += 1

    def named(self, pos: int) -> ast.Expression:
        """An expression that starts with a name: a call, a structure or the name itself."""
        i = self.i
        name = self.texts[i]
        kind = self.kinds[i + 1]
        self.i = i + 1
        if kind == "(":
            function = ast.FunctionName(pos, name, [])
            return ast.Call(pos, function, self.sequence(")", self.expression))
        if kind == "{":
            return self.structure(pos, ast.TypeName(pos, name, []))
        if kind == "<":
            behind = self.kinds[self.skip_generic_arguments(i + 1)]
            # With -1 this is the last token, the end of the file or an error.
            if behind == "(":
                function = ast.FunctionName(pos, name, self.generic_arguments())
                return ast.Call(pos, function, self.sequence(")", self.expression))
            if behind == "{":
                return self.structure(pos, ast.TypeName(pos, name, self.generic_arguments()))
        return ast.Name(pos, name)

    def structure(self, pos: int, type_: ast.TypeName) -> ast.StructLiteral:
        return ast.StructLiteral(pos, type_, self.sequence("}", self.field_init))

    def field_init(self) -> ast.FieldInit:
        i = self.i
        pos = self.starts[i]
        if self.kinds[i] == IDENTIFIER and self.kinds[i + 1] == ":":
            self.i = i + 2
            return ast.FieldInit(pos, self.texts[i], self.expression())
        spread = self.take("...")
        return ast.FieldInit(pos, None, self.expression(), spread)

    def parenthesised(self, pos: int) -> ast.Expression:
        """A parenthesis: around an expression, or a function that is called."""
        i = self.i
        behind = self.after_parenthesis(i)
        kind = self.kinds[behind]
        if kind == "(" or self.is_arrow(behind):
            function = self.function()
            if self.kinds[self.i] != "(":
                function = self.shorter_arrow(i, function)
            return ast.Call(pos, function, self.sequence(")", self.expression))
        self.i = i + 1
        inner = self.expressions()
        self.expect(")")
        return inner

    def is_arrow(self, i: int) -> bool:
        """Whether what follows a parameter list, at `i`, makes it an arrow function's."""
        kind = self.kinds[i]
        if kind == ":":
            i = self.skip_type(i + 1)
            return i >= 0 and self.kinds[i] == "=>"
        return kind == "=>"

    def function(self) -> ast.Function:
        i = self.i
        pos = self.starts[i]
        kind = self.kinds[i]
        if kind == IDENTIFIER:
            self.i = i + 1
            arguments: list[ast.GenericArgument] = []
            if self.kinds[i + 1] == "<" and self.skip_generic_arguments(i + 1) >= 0:
                arguments = self.generic_arguments()
            return ast.FunctionName(pos, self.texts[i], arguments)
        if kind != "(":
            raise _NoRuleError
        self.enter()
        if self.is_arrow(self.after_parenthesis(i)):
            parameters = self.sequence(")", self.arrow_parameter)
            result = self.type() if self.take(":") else None
            self.expect("=>")
            if self.kinds[self.i] == "{":
                body = self.block()
            else:
                # The compiler gives the block that it makes the place of the whole function.
                body = ast.Block(pos, [ast.Return(pos, self.expression())])
            self.depth -= 1
            return ast.Arrow(pos, parameters, result, body)
        self.i = i + 1
        inner = self.function()
        self.expect(")")
        self.depth -= 1
        return inner

    def shorter_arrow(self, first: int, function: ast.Function) -> ast.Function:
        """The arrow function at `first`, whose body ends before the last call in it.

        So that ``(x) => x + f(y)`` where only an expression can stand calls ``(x) => x + f``.
        `function` is what it is when its body takes all it can.
        """
        if not isinstance(function, ast.Arrow):
            raise _NoRuleError
        kinds = self.kinds
        furthest = self.i
        body = kinds.index("=>", first) + 1
        for at in range(furthest - 1, body, -1):
            if kinds[at] == "(" and kinds[at - 1] in (IDENTIFIER, ">"):
                kinds[at] = ""
                self.i = first
                depth = self.depth
                try:
                    function = self.function()
                except _NoRuleError:
                    self.depth = depth
                kinds[at] = "("
                if self.i == at:
                    return function
        self.i = furthest
        raise _NoRuleError

    def map_(self, pos: int) -> ast.Map:
        self.i += 1
        self.expect("(")
        function = self.function()
        self.expect(",")
        return ast.Map(pos, function, self.mapped())

    def fold(self, pos: int) -> ast.Fold:
        self.i += 1
        self.expect("(")
        function = self.function()
        self.expect(",")
        initial = self.expression()
        self.expect(",")
        return ast.Fold(pos, function, initial, self.mapped())

    def mapped(self) -> list[ast.Expression]:
        """The vectors of a `map` or `fold`, at least one, and the closing parenthesis."""
        if self.kinds[self.i] == ")":
            raise _NoRuleError
        self.i -= 1
        return self.sequence(")", self.expression)

    def slice(self, pos: int) -> ast.Slice:
        self.i += 1
        self.expect("<")
        size = self.size()
        self.expect(">")
        self.expect("(")
        operand = self.expression()
        self.expect(",")
        index = self.expression()
        self.expect(")")
        return ast.Slice(pos, size, operand, index)

    def tuple(self, pos: int) -> ast.TupleLiteral:
        return ast.TupleLiteral(pos, self.sequence("]", self.element))

    def bytes(self, pos: int) -> ast.BytesLiteral:
        self.i += 1
        if self.kinds[self.i] != "[":
            raise _NoRuleError
        return ast.BytesLiteral(pos, self.sequence("]", self.element))

    def element(self) -> ast.Element:
        pos = self.starts[self.i]
        spread = self.take("...")
        return ast.Element(pos, self.expression(), spread)

    def assert_(self, pos: int) -> ast.Assert:
        self.i += 1
        self.expect("(")
        test = self.expression()
        self.expect(",")
        message = string(self.text(STRING))
        self.expect(")")
        return ast.Assert(pos, test, message)

    def disclose(self, pos: int) -> ast.Disclose:
        self.i += 1
        self.expect("(")
        operand = self.expression()
        self.expect(")")
        return ast.Disclose(pos, operand)

    def true(self, pos: int) -> ast.Boolean:
        self.i += 1
        return ast.Boolean(pos, True)

    def false(self, pos: int) -> ast.Boolean:
        self.i += 1
        return ast.Boolean(pos, False)

    def number(self, pos: int) -> ast.Number:
        return ast.Number(pos, number(self.text(NUMBER)))

    def string(self, pos: int) -> ast.String:
        value = string(self.text(STRING))
        length = len(value.encode())
        if length > _MAX_LENGTH:
            self.defer(
                pos,
                f"length {length} of the UTF-8 representation of string constant exceeds the "
                f"maximum supported length {_MAX_LENGTH}",
            )
        return ast.String(pos, value)

    def pad(self, pos: int) -> ast.Pad:
        self.i += 1
        self.expect("(")
        size = number(self.text(NUMBER))
        self.expect(",")
        value = string(self.text(STRING))
        self.expect(")")
        if size > _MAX_LENGTH:
            self.defer(pos, f"pad length {size} exceeds the maximum supported length {_MAX_LENGTH}")
        elif len(value.encode()) > size:
            self.defer(
                pos,
                f"cannot pad {quoted(value)} to length {size} since its utf8-equivalent already "
                "exceeds that length",
            )
        return ast.Pad(pos, size, value)

    def default(self, pos: int) -> ast.Default:
        self.i += 1
        self.expect("<")
        type_ = self.type()
        self.expect(">")
        return ast.Default(pos, type_)


_EXPORTABLE: Final[dict[str, Callable[[_Parser, int], ast.Exportable]]] = {
    "module": _Parser.module,
    "struct": _Parser.struct,
    "enum": _Parser.enum,
    "contract": _Parser.contract,
    "new": _Parser.type_alias,
    "type": _Parser.type_alias,
    "sealed": _Parser.ledger,
    "ledger": _Parser.ledger,
    "witness": _Parser.witness,
    "pure": _Parser.circuit,
    "circuit": _Parser.circuit,
}
_DECLARATIONS: Final[dict[str, Callable[[_Parser, int], ast.Declaration]]] = {
    **_EXPORTABLE,
    "export": _Parser.export,
    "pragma": _Parser.pragma,
    "include": _Parser.include,
    "import": _Parser.import_,
    "constructor": _Parser.constructor,
}
_STATEMENTS: Final[dict[str, Callable[[_Parser, int], ast.Statement]]] = {
    "{": _Parser.block_statement,
    "const": _Parser.const,
    "if": _Parser.if_,
    "for": _Parser.for_,
    "return": _Parser.return_,
}
_PRIMARY: Final[dict[str, Callable[[_Parser, int], ast.Expression]]] = {
    IDENTIFIER: _Parser.named,
    NUMBER: _Parser.number,
    STRING: _Parser.string,
    "(": _Parser.parenthesised,
    "[": _Parser.tuple,
    "Bytes": _Parser.bytes,
    "true": _Parser.true,
    "false": _Parser.false,
    "map": _Parser.map_,
    "fold": _Parser.fold,
    "slice": _Parser.slice,
    "pad": _Parser.pad,
    "default": _Parser.default,
    "assert": _Parser.assert_,
    "disclose": _Parser.disclose,
}


# -------------------------------------------------------------------- versions


def version_matches(actual: tuple[int, ...], expression: ast.VersionExpression) -> bool:
    """Whether the version `actual` (major, minor, bugfix) is one that `expression` asks for.

    The parts that a version leaves out match anything; below and above such a part means any
    part but 0, as in the compiler.
    """
    operator = expression[0]
    if operator in ("||", "&&"):
        # A chain leans to the left and can be as long as the text: no recursion along it.
        terms = []
        while expression[0] == operator:
            terms.append(expression[2])
            expression = expression[1]
        found = (version_matches(actual, term) for term in (expression, *reversed(terms)))
        return any(found) if operator == "||" else all(found)
    if isinstance(operator, int):
        return all(a == b for a, b in zip(actual, expression, strict=False))
    wanted = expression[1]
    equal = all(a == b for a, b in zip(actual, wanted, strict=False))
    if operator == "!":
        return not equal
    # The first part that differs decides; if none does, the last one.
    for i in range(3):
        if i == 2 or (i < len(wanted) and actual[i] != wanted[i]):
            break
    if i >= len(wanted):
        return operator in ("<=", ">=") or actual[i] != 0
    a, b = actual[i], wanted[i]
    if a == b:
        return operator in ("<=", ">=")
    return bool((a < b) == (operator in ("<", "<=")))


def _converted(node: Any) -> Iterator[ast.String | ast.Pad]:
    """The literals in the order in which the compiler reads them out of its parse tree."""
    if isinstance(node, (ast.String, ast.Pad)):
        yield node
    elif isinstance(node, list):
        for part in map_order([p for p in node if not isinstance(p, ast.Pragma)]):
            yield from _converted(part)
    elif isinstance(node, (ast.Const, ast.Map, ast.Fold)):
        first, *others = node.bindings if isinstance(node, ast.Const) else node.arguments
        if not isinstance(node, ast.Const):
            yield from _converted(node.function)
        if isinstance(node, ast.Fold):
            yield from _converted(node.initial)
        yield from _converted(first)
        yield from _converted(others)
    elif isinstance(node, ast.Sequence):
        yield from _converted(node.expressions[:-1])
        yield from _converted(node.expressions[-1])
    else:
        for name in getattr(node, "__slots__", ()):
            yield from _converted(getattr(node, name))


# -------------------------------------------------------------------- limits


def _too_deep(pos: int) -> NoReturn:
    raise CompactError(
        pos,
        f"{TOO_DEEP}: this front end takes {MAX_NESTING} levels of nesting and "
        f"{MAX_HEIGHT} levels of syntax tree",
    )


def _check_height(program: ast.Program) -> None:
    """Raise if the tree is higher than `MAX_HEIGHT`. Walks without recursion."""
    level: list[object] = [program]
    for _ in range(MAX_HEIGHT):
        below: list[object] = []
        for node in level:
            if isinstance(node, (list, tuple)):
                below.extend(node)
            else:
                for name in getattr(node, "__slots__", ()):
                    value = getattr(node, name)
                    if isinstance(value, (list, tuple)):
                        below.extend(value)
                    elif hasattr(value, "__slots__"):
                        below.append(value)
        if not below:
            return
        level = below
    place = next((node.pos for node in level if isinstance(node, ast.Name)), program.pos)
    _too_deep(place)
