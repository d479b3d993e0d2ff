"""Runs beside a Python candidate, inside the box: calls its functions, sends back plain data.

    python3 -I -S -B driver.py solution.py

One file that imports little, because it starts once for every candidate. It holds the codec for
both sides (`oracle` imports it) and does nothing when imported. What it keeps out of a candidate's
reach serves honest answers from clumsy programs and is no wall: a program that takes this process
over can send what it likes, and gains nothing, since nothing that is expected is in here.
"""

from __future__ import annotations

import binascii
import builtins
import fcntl
import os
import sys

# What `json` is made of: to import `json` takes as long (7 ms) as the interpreter does to start.
from _json import encode_basestring_ascii, make_scanner
from math import isfinite
from types import ModuleType

# As typing.TYPE_CHECKING, without `typing` (9 ms).
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# The functions below find their builtins in this copy, whatever a candidate does to the module.
globals()["__builtins__"] = dict(vars(builtins))

# ---------------------------------------------------------------- the codec
#
# JSON without numbers, since no two parsers read all of them alike:
#
#     None, True, False        null, true, false
#     text                     a string, or {"surrogates": base64 of its UTF-8} if it has lone ones
#     whole numbers            {"int": "-12"}
#     other numbers            {"float": "0.1"}, {"float": "nan"}, {"float": "-inf"}
#     bytes                    {"bytes": base64}
#     list                     an array
#     tuple, set, frozenset    {"tuple": [...]}, {"set": [...]}, {"frozenset": [...]}
#     dict                     {"dict": [[key, value], ...]}
#
# An object has one key, its tag. Sets and keys hold no NaN: it is equal to nothing, so that nobody
# could say whether it is in there.

# Containers within one another. Problems need five; a parser's stack allows a hundred.
MAX_DEPTH = 32
# Values within one value. Each takes the host two microseconds; problems need a few thousand.
MAX_NODES = 100_000
# Of one message, as `Limits.answer_bytes`; and of the JSON of one value, with what is around it.
MAX_MESSAGE_BYTES = 1 << 20
MAX_BYTES = MAX_MESSAGE_BYTES - (1 << 16)
# 4300 digits: beyond, Python itself refuses, as the time to read them grows with their square.
MAX_DIGITS = 4300
MAX_INT_BITS = 14_284
# The longest float that a careful printer writes, the smallest one without an exponent, has 345.
MAX_FLOAT_CHARACTERS = 400
# Elements of one set with one hash. Honest sets have two or three (hash(-1) is hash(-2)); a forged
# one of multiples of 2**61 - 1 would take its reader the square of its size in time.
MAX_COLLISIONS = 256

# Of an exception: its type's name and its message, in characters.
MAX_NAME = 100
MAX_MESSAGE = 1000

_FLOAT_CHARACTERS = "0123456789.e+-"
_SPECIAL_FLOATS = {"nan": float("nan"), "inf": float("inf"), "-inf": -float("inf")}

quote = encode_basestring_ascii


class NotPlainError(ValueError):
    """A value has no encoding; the message is a type's name, or the bound that is broken."""


class MalformedError(ValueError):
    """These bytes are no message, or no value; the message says why."""


class _Room:
    """How much more one value may hold."""

    def __init__(self) -> None:
        self.nodes = MAX_NODES
        self.bytes = MAX_BYTES


def encode(value: object) -> str:
    """The JSON of `value`, in ASCII; the same in every process.

    Looks at exact types only, and calls no method that a subclass could have replaced.

    Raises `NotPlainError`.
    """
    return _encode(value, 0, False, _Room())


def _encode(value: Any, depth: int, hashed: bool, room: _Room) -> str:
    kind = type(value)
    room.nodes -= 1
    if depth > MAX_DEPTH:
        raise NotPlainError(f"nested deeper than {MAX_DEPTH}")
    if room.nodes < 0:
        raise NotPlainError(f"more than {MAX_NODES} values")
    if value is None:
        text = "null"
    elif kind is bool:
        text = "true" if value else "false"
    elif kind is str:
        text = _encode_text(value, room)
    elif kind is int:
        if value.bit_length() > MAX_INT_BITS:
            raise NotPlainError(f"an int of more than {MAX_INT_BITS} bits")
        text = f'{{"int":"{value}"}}'
    elif kind is float:
        if hashed and value != value:
            raise NotPlainError("NaN in a set or as a key")
        text = f'{{"float":"{value!r}"}}'
    elif kind is bytes:
        _check_length(value, room.bytes)
        text = f'{{"bytes":{_base64(value)}}}'
    elif kind is list:
        return _array([_encode(item, depth + 1, hashed, room) for item in value], room)
    elif kind is tuple:
        items = [_encode(item, depth + 1, hashed, room) for item in value]
        return f'{{"tuple":{_array(items, room)}}}'
    elif kind is set or kind is frozenset:
        # Sorted: the order of a set depends on the process, and equal runs send equal bytes.
        items = sorted([_encode(item, depth + 1, True, room) for item in value])
        return f'{{"{kind.__name__}":{_array(items, room)}}}'
    elif kind is dict:
        items = [
            f"[{_encode(key, depth + 1, True, room)},{_encode(held, depth + 1, False, room)}]"
            for key, held in value.items()
        ]
        return f'{{"dict":{_array(items, room)}}}'
    else:
        raise NotPlainError(type_name(kind))
    _spend(len(text), room)
    return text


def _encode_text(value: str, room: _Room) -> str:
    _check_length(value, room.bytes)
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            return f'{{"surrogates":{_base64(value.encode("utf-8", "surrogatepass"))}}}'
    return quote(value)


def _array(items: list[str], room: _Room) -> str:
    # Its own brackets, commas and tag; what is in it has been counted.
    _spend(len(items) + 16, room)
    return f"[{','.join(items)}]"


def _base64(data: bytes) -> str:
    return f'"{binascii.b2a_base64(data, newline=False).decode()}"'


def _check_length(value: str | bytes, most: int) -> None:
    if len(value) > most:
        raise NotPlainError(f"more than {MAX_BYTES} bytes")


def _spend(count: int, room: _Room) -> None:
    room.bytes -= count
    if room.bytes < 0:
        raise NotPlainError(f"more than {MAX_BYTES} bytes")


def parse(message: bytes) -> dict[str, Any]:
    """The fields of a message, which is one JSON object; `decode` takes those that hold values.

    Raises `MalformedError`.
    """
    if len(message) > MAX_MESSAGE_BYTES:
        raise MalformedError(f"more than {MAX_MESSAGE_BYTES} bytes")
    try:
        text = message.decode()
        fields, end = _scan(text, 0)
    except MalformedError:
        raise
    except (ValueError, StopIteration):  # no UTF-8, no JSON; how `_json` says that nothing is there
        raise MalformedError("not JSON") from None
    except RecursionError:
        raise MalformedError("nested too deep") from None
    if end != len(text):
        raise MalformedError("more after the end")
    if type(fields) is not tuple:
        raise MalformedError("not an object")
    found = dict(fields)
    if len(found) != len(fields):
        raise MalformedError("a field twice")
    return found


def decode(tree: Any) -> Any:
    """The value that a field of a message encodes. Raises `MalformedError`."""
    return _decode(tree, 0, False, _Room())


def _decode(tree: Any, depth: int, hashed: bool, room: _Room) -> Any:
    room.nodes -= 1
    if depth > MAX_DEPTH or room.nodes < 0:
        raise MalformedError("nested too deep, or too many values")
    if tree is None or type(tree) is bool:
        return tree
    if type(tree) is str:
        return text_of(tree)
    if type(tree) is list:
        if hashed:
            raise MalformedError("a list in a set or as a key")
        return [_decode(item, depth + 1, False, room) for item in tree]
    if len(tree) != 1:
        raise MalformedError("an object without exactly one tag")
    ((tag, content),) = tree
    if tag in ("int", "float", "bytes", "surrogates"):
        return _decode_scalar(tag, text_of(content), hashed)
    if type(content) is not list:
        raise MalformedError(f"no array below {tag[:MAX_NAME]!r}")
    if tag == "tuple":
        return tuple([_decode(item, depth + 1, hashed, room) for item in content])
    if tag == "frozenset" or (tag == "set" and not hashed):
        items = [_decode(item, depth + 1, True, room) for item in content]
        _check_keys(items)
        found = set(items)
        if len(found) != len(items):
            raise MalformedError("an element twice")
        return found if tag == "set" else frozenset(found)
    if tag == "dict" and not hashed:
        return _decode_dict(content, depth + 1, room)
    raise MalformedError(f"an unknown tag, or one that does not belong there: {tag[:MAX_NAME]!r}")


def _decode_dict(pairs: list[Any], depth: int, room: _Room) -> dict[Any, Any]:
    if not all(type(pair) is list and len(pair) == 2 for pair in pairs):
        raise MalformedError("a dict of other things than pairs")
    keys = [_decode(key, depth, True, room) for key, _ in pairs]
    _check_keys(keys)
    found = {
        key: _decode(held, depth, False, room) for key, (_, held) in zip(keys, pairs, strict=True)
    }
    if len(found) != len(pairs):
        raise MalformedError("a key twice")
    return found


def _decode_scalar(tag: str, text: str, hashed: bool) -> object:
    if tag == "int":
        digits = text[1:] if text[:1] == "-" else text
        plain = digits.isascii() and digits.isdecimal() and len(digits) <= MAX_DIGITS
        if not plain or (digits[0] == "0" and text != "0"):
            raise MalformedError("not an int")
        number = int(text)
        if number.bit_length() > MAX_INT_BITS:
            raise MalformedError("an int that is too large")
        return number
    if tag == "float":
        if text in _SPECIAL_FLOATS and not (hashed and text == "nan"):
            return _SPECIAL_FLOATS[text]
        return _decode_float(text)
    try:
        data = binascii.a2b_base64(text)
    except ValueError:
        raise MalformedError("not base64") from None
    if binascii.b2a_base64(data, newline=False).decode() != text:
        raise MalformedError("not the one base64 of its bytes")
    if tag == "bytes":
        return data
    try:
        found = data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise MalformedError("not UTF-8, lone surrogates allowed") from None
    if not _has_surrogates(found):
        raise MalformedError("tagged for lone surrogates, without one")
    return found


def _decode_float(text: str) -> float:
    # The characters first: float() also takes blanks, underscores and the digits of any script.
    if len(text) <= MAX_FLOAT_CHARACTERS and not text.strip(_FLOAT_CHARACTERS):
        try:
            number = float(text)
        except ValueError:
            pass
        else:
            if isfinite(number):
                return number
    raise MalformedError("not a float")


def _check_keys(keys: list[Any]) -> None:
    crowd: dict[int, int] = {}
    for key in keys:
        place = hash(key)
        crowd[place] = crowd.get(place, 0) + 1
        if crowd[place] > MAX_COLLISIONS:
            raise MalformedError("too many elements with one hash")


def text_of(tree: Any) -> str:
    """`tree`, when that is a string of Unicode. Raises `MalformedError`."""
    if type(tree) is not str or _has_surrogates(tree):
        raise MalformedError("not a string, or one with lone surrogates")
    return tree


def _has_surrogates(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _no_number(_: str) -> object:
    raise MalformedError("a JSON number")


class _Strict:
    """What the scanner makes of objects (tuples of pairs: they may be repeated) and of numbers."""

    strict = True
    object_hook = array_hook = None
    object_pairs_hook = tuple
    parse_int = parse_float = parse_constant = staticmethod(_no_number)


_scan = make_scanner(_Strict)  # type: ignore[arg-type]  # any object with these attributes

# ---------------------------------------------------------------- beside the candidate

REQUESTS, ANSWERS = 3, 4
# Lowest descriptor of the driver's own: some programs take the first few for theirs.
OWN_DESCRIPTORS = 64
# A candidate can replace functions of modules; these are the originals.
_read, _write, _exit = os.read, os.write, os._exit
# The slots themselves: a metaclass or a property can hide what is in them.
_NAME_SLOT = type.__dict__["__name__"].__get__
_ARGUMENTS_SLOT = BaseException.__dict__["args"].__get__


def type_name(kind: type) -> str:
    """What `kind` is called, whatever its metaclass says; at most `MAX_NAME` characters."""
    name = _NAME_SLOT(kind)
    return _told(name, MAX_NAME) if type(name) is str else "object"


def _told(text: str, most: int) -> str:
    return text[:most].encode("utf-8", "replace").decode()


def describe(error: BaseException) -> tuple[str, str]:
    """An exception's type name and its first argument, where that is text. Calls nothing of it."""
    arguments = _ARGUMENTS_SLOT(error)
    message = ""
    if type(arguments) is tuple and arguments and type(arguments[0]) is str:
        message = _told(arguments[0], MAX_MESSAGE)
    return type_name(type(error)), message


def load(path: str) -> tuple[dict[str, Any], tuple[str, str] | None]:
    """The names that the program in `path` defines, and what it raised, if it did."""
    module = ModuleType("solution")
    module.__file__ = path
    names = module.__dict__
    names["__builtins__"] = builtins
    # As `__main__` too, so that what it does to that is done to itself.
    sys.modules["solution"] = sys.modules["__main__"] = module
    with open(path, "rb") as file:
        source = file.read()
    try:
        # dont_inherit: else it would get this file's `from __future__`.
        code = compile(source, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        return names, (
            type(error).__name__,
            _told(f"{error.msg} (line {error.lineno})", MAX_MESSAGE),
        )
    except (ValueError, RecursionError, MemoryError) as error:  # NUL characters; nested too deep
        return names, describe(error)
    try:
        exec(code, names)
    except BaseException as error:
        return names, describe(error)
    return names, None


def answer(names: dict[str, Any], failure: tuple[str, str] | None, message: bytes) -> str:
    """What one request is answered with: a value, an exception, or the type that has no encoding.

    `names` and `failure` are what `load` gave.
    """
    fields = parse(message)
    name, arguments = fields["call"], decode(fields["args"])
    start = f'{{"id":{quote(fields["id"])},'
    try:
        if failure is None:
            if name not in names:
                raise NameError(f"name {name!r} is not defined")
            value = names[name](*arguments)
    except BaseException as error:
        failure = describe(error)
    if failure is not None:
        return f'{start}"raised":{quote(failure[0])},"message":{quote(failure[1])}}}'
    try:
        return f'{start}"value":{encode(value)}}}'
    except NotPlainError as complaint:
        what = complaint.args[0]
    except Exception:  # a thread of its own changes it meanwhile; it has lowered Python's limits
        what = type_name(type(value))
    return f'{start}"unencodable":{quote(what)}}}'


def main(path: str) -> None:
    """Load the program in `path` and answer until the requests end. Does not return."""
    requests, answers = _move_away(REQUESTS), _move_away(ANSWERS)
    streams = sys.stdout, sys.stderr
    names, failure = load(path)
    while True:
        message = _receive(requests)
        if message is None:
            break
        _send(answers, answer(names, failure, message).encode())
    for stream in streams:
        try:
            stream.flush()
        except BaseException:  # it has closed or broken its stream: then nothing more is printed
            continue
    # At once: what it left to threads, `atexit` and finalisers does not run on.
    _exit(0)


def _move_away(descriptor: int) -> int:
    """The same file where no child of the candidate inherits it; the old descriptor is closed."""
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, OWN_DESCRIPTORS)
    os.close(descriptor)
    return moved


def _receive(source: int) -> bytes | None:
    header = _read_exactly(source, 4)
    return None if header is None else _read_exactly(source, int.from_bytes(header, "big"))


def _read_exactly(source: int, count: int) -> bytes | None:
    found = b""
    while len(found) < count:
        part = _read(source, count - len(found))
        if not part:
            return None
        found += part
    return found


def _send(sink: int, message: bytes) -> None:
    data = len(message).to_bytes(4, "big") + message
    while data:
        data = data[_write(sink, data) :]


if __name__ == "__main__":
    main(sys.argv[1])
