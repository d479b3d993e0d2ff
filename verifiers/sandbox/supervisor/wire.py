"""What host and supervisor say to each other, in length-prefixed frames.

Answers are bencoded (https://wiki.theory.org/BitTorrentSpecification#Bencoding), which holds bytes
as they are, has one way to write a value and is decoded in a few strict lines, since the host must
not trust them; integers, byte strings, lists and dictionaries are all it has and all that is
needed. Orders come from the host, whom the supervisor may trust: `marshal` reads and writes them in
C. This file runs inside the box as well: it imports nothing that is slow to load.
"""

from __future__ import annotations

import marshal
import struct

HEADER = struct.Struct(">I")
# Of marshal's format: every Python reads it, so that a box may have another one than the host.
MARSHAL_VERSION = 2
MAX_DEPTH = 8
# No status, no limit and no time (in microseconds) needs more digits.
MAX_DIGITS = 18

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class WireError(ValueError):
    """These bytes are no message."""


def encode_order(order: dict[str, Any]) -> bytes:
    """`order` for the supervisor: text, bytes, numbers, lists and dictionaries."""
    return marshal.dumps(order, MARSHAL_VERSION)


def decode_order(data: bytes) -> dict[str, Any]:
    """The reverse of `encode_order`, for what the box's owner has sent and nothing else."""
    return dict(marshal.loads(data))


def encode(value: object) -> bytes:
    """The one bencoding of `value`. Text is encoded as UTF-8, and booleans as 0 and 1."""
    parts: list[bytes] = []
    _encode(value, parts)
    return b"".join(parts)


def _encode(value: object, parts: list[bytes]) -> None:
    if isinstance(value, int):
        parts.append(b"i%de" % value)
    elif isinstance(value, (bytes, bytearray)):
        parts += (b"%d:" % len(value), bytes(value))
    elif isinstance(value, str):
        _encode(value.encode(), parts)
    elif isinstance(value, (list, tuple)):
        parts.append(b"l")
        for item in value:
            _encode(item, parts)
        parts.append(b"e")
    elif isinstance(value, dict):
        parts.append(b"d")
        keyed = {(k.encode() if isinstance(k, str) else k): v for k, v in value.items()}
        for key in sorted(keyed):
            _encode(key, parts)
            _encode(keyed[key], parts)
        parts.append(b"e")
    else:
        raise TypeError(f"{type(value).__name__} has no bencoding")


def decode(data: bytes) -> Any:
    """The value that `data` encodes. Raises `WireError` for anything but its one bencoding."""
    value, end = _decode(data, 0, 0)
    if end != len(data):
        raise WireError("there is more after the value")
    return value


def _decode(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    if depth > MAX_DEPTH:
        raise WireError("nested too deep")
    kind = data[at : at + 1]
    if kind == b"i":
        return _number(data, at + 1, b"e")
    if kind.isdigit():
        length, start = _number(data, at, b":")
        if length > len(data) - start:
            raise WireError("a string is longer than its message")
        return data[start : start + length], start + length
    if kind == b"l":
        items: list[Any] = []
        at += 1
        while data[at : at + 1] != b"e":
            item, at = _decode(data, at, depth + 1)
            items.append(item)
        return items, at + 1
    if kind == b"d":
        entries: dict[bytes, Any] = {}
        last: bytes | None = None
        at += 1
        while data[at : at + 1] != b"e":
            key, at = _decode(data, at, depth + 1)
            if not isinstance(key, bytes) or (last is not None and key <= last):
                raise WireError("keys are strings in rising order")
            last = key
            entries[key], at = _decode(data, at, depth + 1)
        return entries, at + 1
    raise WireError("not the beginning of a value")


def _number(data: bytes, at: int, end: bytes) -> tuple[int, int]:
    stop = data.find(end, at, at + MAX_DIGITS + 2)
    digits = data[at:stop] if stop >= 0 else b""
    plain = digits[1:] if digits.startswith(b"-") else digits
    if (
        not plain.isdigit()
        or len(plain) > MAX_DIGITS
        or (plain.startswith(b"0") and digits != b"0")
    ):
        raise WireError("not a number")
    return int(digits), stop + 1


def frame(payload: bytes) -> bytes:
    """`payload` with its length in front."""
    return HEADER.pack(len(payload)) + payload
