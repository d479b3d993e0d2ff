"""Tokens of Compact 0.23, as the compiler's lexer makes them.

One compiled regular expression recognises every well-formed token; only where it does not match
is the text read by hand, to say what is wrong and where. A lexical error does not raise here: the
compiler reads tokens as its parser asks for them, so an error behind the first syntax error is
never reported. The stream therefore ends in a token of kind `ERROR`, and whoever reaches it
raises `Tokens.error`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from .source import CompactError, normalised

IDENTIFIER = "identifier"
NUMBER = "number"
STRING = "string"
VERSION = "version"
RESERVED = "reserved"  # a name of the compiler's own (`__compact...`): no grammar rule takes it
END = "end of file"
ERROR = "error"

# The largest number a literal may be: one less than the order of BLS12-381's scalar field.
MAX_FIELD = 52435875175126190479447740508185965837690552500527637822603658699938581184512

KEYWORDS = frozenset(
    """
    false true export from import module prefix
    as assert circuit const constructor contract default disclose else enum fold for if include
    ledger map new of pad pragma pure return sealed slice struct type witness
    Boolean Bytes Field Opaque Uint Vector
    """.split()
)
FUTURE_KEYWORDS = frozenset(
    """
    await break case catch class continue debugger delete do extends finally function implements
    in instanceof interface let null package private protected public static super switch this
    throw try typeof var void while with yield
    """.split()
)
PUNCTUATION = frozenset(
    "+ - * / # = == => ! != < <= > >= && || . .. ... += -= : ; , ( ) { } [ ] ?".split()
)

# White_Space of Unicode (Python's `\s` adds the separators U+001C to U+001F).
_SPACE = "\t-\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
# Outside ASCII everything but white space is taken for a letter, and looked at where it occurs.
_LETTER = f"[A-Za-z_$]|[^\x00-\x7f{_SPACE}]"
_NATURAL = "(?:0|[1-9][0-9]*)"
# The escape of a surrogate is left out: it names no character.
_ESCAPE = r"\\(?:[\"'\\nr0bftv\n]|u(?![dD][89a-fA-F])[0-9a-fA-F]{4}|x[0-9a-fA-F]{2})"

_TOKEN = re.compile(
    rf"((?:[{_SPACE}]+|//[^\n]*|/\*[^*/]*(?:(?:\*(?!/)|/(?!\*))[^*/]*)*\*/)*)"
    rf"(?:((?:{_LETTER})(?:{_LETTER}|[0-9])*"
    r"|0[xX][0-9a-fA-F]+|0[bB][01]+(?![0-9])|0[oO][0-7]+(?![0-9])"
    rf"|{_NATURAL}(?=\.\.)|[1-9][0-9]*(?![0-9.])|0(?![0-9.bBoOxX])"
    rf"|{_NATURAL}\.[0-9]+(?:\.[0-9]+(?![0-9])|(?![0-9.]))"
    rf"|\"[^\"\\]*(?:{_ESCAPE}[^\"\\]*)*\"|'[^'\\]*(?:{_ESCAPE}[^'\\]*)*'"
    r"|[:;,(){}\[\]?*#]|=[=>]?|[!<>+]=?|-=?|&&|\|\||\.(?:\.\.?)?(?!\.)|/(?!\*)|\Z)|([\s\S]))"
)
_KIND = {word: word for word in KEYWORDS | FUTURE_KEYWORDS | PUNCTUATION} | {"": END}
_QUOTES = "\"'"
_DIGITS = "0123456789"
# What fits without converting it: shorter than the largest field value, written in hexadecimal.
_SURELY_IN_RANGE = 64


@dataclass(slots=True)
class Tokens:
    """The tokens of one text: kind, spelling and offset each, the last one `END` or `ERROR`.

    A keyword's and a punctuation's kind is its own spelling. Offsets are into `source`, whose
    line ends are all ``"\\n"``. `error` is the lexical error that an `ERROR` at the end stands for.
    """

    source: str
    kinds: list[str]
    texts: list[str]
    starts: list[int]
    error: CompactError | None = None

    def move(self, base: int) -> None:
        """Count offsets from `base`: one program's files lie behind each other."""
        self.starts = [start + base for start in self.starts]
        if self.error is not None and self.error.pos is not None:
            self.error.pos += base


def tokenize(source: str) -> Tokens:
    """The tokens of `source`, without white space and comments."""
    source = normalised(source)
    kinds: list[str] = []
    texts: list[str] = []
    starts: list[int] = []
    tokens = Tokens(source, kinds, texts, starts)
    ascii_only = source.isascii()
    kind_of = _KIND.get
    pos = 0
    for gap, text, bad in _TOKEN.findall(source):
        pos += len(gap)
        kind = kind_of(text)
        if kind is None:
            first = text[0]
            if first in _DIGITS:
                if "." in text:
                    kind = VERSION
                else:
                    kind = NUMBER
                    if len(text) > _SURELY_IN_RANGE and number(text) > MAX_FIELD:
                        digits = str(Decimal(number(text)))
                        # The compiler steps back from the end by the digits of the decimal form.
                        return _stop(
                            tokens, pos, max(0, pos + len(text) - len(digits)),
                            f"{digits} is out of Field range",
                        )  # fmt: skip
            elif first in _QUOTES:
                kind = STRING
            else:
                kind = RESERVED if text.startswith("__compact") else IDENTIFIER
                if not ascii_only:
                    length = _identifier_length(text)
                    if length < len(text):
                        if length:
                            kinds.append(kind_of(text[:length], kind))
                            texts.append(text[:length])
                            starts.append(pos)
                        at = pos + length
                        return _stop(tokens, at, at, _unexpected(source, at))
        elif kind == END and bad:
            return _stop(tokens, pos, *_diagnose(source, pos))
        kinds.append(kind)
        texts.append(text)
        starts.append(pos)
        if kind == END:
            break
        pos += len(text)
    return tokens


def number(text: str) -> int:
    """The value of a `NUMBER` token (decimal, ``0x``, ``0o`` or ``0b``)."""
    if len(text) > 1 and text[0] == "0":
        return int(text[2:], {"x": 16, "o": 8, "b": 2}[text[1].lower()])
    # `int` refuses decimals beyond a few thousand digits; Decimal takes any.
    return int(text) if len(text) <= _SURELY_IN_RANGE + 16 else int(Decimal(text))


def version(text: str) -> tuple[int, ...]:
    """The numbers of a `VERSION` token."""
    return tuple(number(part.lstrip("0") or "0") for part in text.split("."))


_ESCAPED = re.compile(_ESCAPE)
_CONTROL = {"n": "\n", "r": "\r", "0": "\0", "b": "\b", "f": "\f", "t": "\t", "v": "\v", "\n": ""}


def string(text: str) -> str:
    """The value of a `STRING` token, with its escapes replaced."""
    body = text[1:-1]
    if "\\" not in body:
        return body

    def character(match: re.Match[str]) -> str:
        escape = match[0][1:]
        if len(escape) > 1:
            return chr(int(escape[1:], 16))
        return _CONTROL.get(escape, escape)

    return _ESCAPED.sub(character, body)


def _stop(tokens: Tokens, start: int, pos: int | None, message: str) -> Tokens:
    tokens.kinds.append(ERROR)
    tokens.texts.append("")
    tokens.starts.append(start)
    tokens.error = CompactError(pos, message)
    return tokens


def _identifier_length(text: str) -> int:
    """How many characters of `text` are letters, digits of ASCII, ``_`` or ``$``."""
    for i, character in enumerate(text):
        if not character.isascii() and not _is_alphabetic(character):
            return i
    return len(text)


def _is_alphabetic(character: str) -> bool:
    """Alphabetic as in Unicode: letters, letter numbers and the vowel signs that go with them.

    The property Other_Alphabetic is not in Python's database; non-spacing marks have it almost
    exactly when they do not reorder.
    """
    category = unicodedata.category(character)
    if category == "Mn":
        return unicodedata.combining(character) == 0
    return category[0] == "L" or category in ("Nl", "Mc")


def _unexpected(source: str, pos: int) -> str:
    if pos >= len(source):
        return "unexpected end of file"
    if source[pos] == "\n":
        return "unexpected newline"
    return f"unexpected character '{source[pos]}'"


def _diagnose(source: str, pos: int) -> tuple[int | None, str]:
    """Where and why no token starts at `pos`."""
    first = source[pos]
    if first in _QUOTES:
        return _diagnose_string(source, pos)
    if first in _DIGITS:
        return _diagnose_number(source, pos)
    if first == "/":
        nested = source.find("/*", pos + 2)
        if nested >= 0:
            return nested, "attempt to nest block comment"
        return len(source), _unexpected(source, len(source))
    if first in "&|":
        pos += 1
    elif first == ".":
        pos += 3
    return pos, _unexpected(source, pos)


def _diagnose_string(source: str, pos: int) -> tuple[int | None, str]:
    plain = re.compile(rf"[^{source[pos]}\\]*(?:{_ESCAPE}[^{source[pos]}\\]*)*")
    match = plain.match(source, pos + 1)
    at = len(source) if match is None else match.end()
    if at < len(source):  # a backslash that starts no escape
        at += 1
        width = {"u": 4, "x": 2}.get(source[at : at + 1], 0)
        for _ in range(width):
            at += 1
            if source[at : at + 1] not in "0123456789abcdefABCDEF" or at >= len(source):
                return at, _unexpected(source, at)
        if width:
            code = int(source[at - 3 : at + 1], 16)
            return None, (
                "Internal error (please report): Exception in integer->char: "
                f"{code} is not a valid unicode scalar value"
            )
    return at, _unexpected(source, at)


def _diagnose_number(source: str, pos: int) -> tuple[int | None, str]:
    at = pos + 1
    if source[pos] == "0":
        base = source[at : at + 1].lower()
        if base and base in _DIGITS:
            return pos, (
                "unsupported numeric syntax syntax: leading 0 must be followed by b, B, o, O, x, X"
            )
        if base and base in "box":
            digits = {"b": "01", "o": "01234567", "x": "0123456789abcdefABCDEF"}[base]
            at += 1
            while source[at : at + 1] and source[at] in digits:
                at += 1
            if source[at : at + 1] and source[at] in _DIGITS:
                expected = "0 or 1" if base == "b" else "0 through 7"
                return at, f"unexpected digit {source[at]} (expected {expected})"
            return at, _unexpected(source, at)
    # Digits, a dot and no digit behind it: one part of a version is missing.
    match = re.compile(r"[0-9]+\.(?:[0-9]+\.)?").match(source, pos)
    at = at if match is None else match.end()
    return at, _unexpected(source, at)
