"""Codes of bytes and numbers, both ways: differences, lengths, frames, blocks, back references."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from string import ascii_lowercase
from typing import Any

from ....verifiers.rust.interface import Interface
from ..draw import Draw
from .family import Problem, family

_BYTES = ("bytes", "&[u8]")
_VALUES = ("values", "&[i64]")
_CODE = "Vec<u8>"

# ---------------------------------------------------------------- 1: an expression


def _few_bytes(draw: Draw) -> tuple[Any, ...]:
    return ([draw.pick((0, 1, 7, 128, 255, draw.below(256))) for _ in range(draw.between(1, 9))],)


def _few_values(draw: Draw) -> tuple[Any, ...]:
    return ([draw.between(-9, 9) * draw.pick((1, 1, 50)) for _ in range(draw.between(1, 9))],)


def _counts(draw: Draw) -> tuple[Any, ...]:
    return ([draw.pick((draw.below(12), draw.below(500))) for _ in range(draw.between(1, 9))],)


def _shorts(draw: Draw) -> tuple[Any, ...]:
    return ([draw.below(draw.pick((256, 65536))) for _ in range(draw.between(1, 6))],)


_Arguments = Callable[[Draw], tuple[Any, ...]]
# name -> words, Python, Rust, parameter, type, arguments.
_WHOLE: dict[str, tuple[str, Callable[..., Any], str, tuple[str, str], str, _Arguments]] = {
    "zigzag": (
        "Return a vector that has for each value 2 times the value, if it is 0 or more, and else "
        "minus 2 times the value, minus 1, so that 0, -1, 1, -2 become 0, 1, 2, 3.",
        lambda v: [2 * x if x >= 0 else 2 * -x - 1 for x in v],
        "values.iter().map(|&x| if x < 0 { -2 * x - 1 } else { 2 * x }).collect()",
        _VALUES, "Vec<i64>", _few_values,
    ),
    "unzigzag": (
        "Return a vector that has for each value, which is 0 or more, half of it if it is even, "
        "and else minus half of what is one more than it, so that 0, 1, 2, 3 become 0, -1, 1, -2.",
        lambda v: [(-1) ** x * ((x + 1) // 2) for x in v],
        "values.iter().map(|&x| if x % 2 == 0 { x / 2 } else { -(x + 1) / 2 }).collect()",
        _VALUES, "Vec<i64>", _counts,
    ),
    "hex": (
        "Return two characters for each byte, in order, with nothing between: its two digits in "
        "base 16, the higher one first, of 0 to 9 and a to f.",
        lambda b: bytes(b).hex(),
        'bytes.iter().map(|byte| format!("{byte:02x}")).collect()',
        _BYTES, "String", _few_bytes,
    ),
    "big": (
        "Return two bytes for each number, in order: the number divided by 256, rounded down, and "
        "what that leaves.",
        lambda v: [part for x in v for part in divmod(x, 256)],
        "numbers.iter().flat_map(|number| number.to_be_bytes()).collect()",
        ("numbers", "&[u16]"), _CODE, _shorts,
    ),
    "little": (
        "Take the bytes two by two, from the front. Return for each two the first of them plus 256 "
        "times the second. A single byte left at the end is ignored.",
        lambda b: [a + 256 * c for a, c in zip(b[::2], b[1::2], strict=False)],
        """bytes
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
        .collect()""",
        _BYTES, "Vec<u16>", _few_bytes,
    ),
    "nibbles": (
        "Return two numbers for each byte, in order: the one that its lower four bits make, then "
        "the one that its higher four bits make.",
        lambda b: [int(digit, 16) for x in b for digit in f"{x:02x}"[::-1]],
        "bytes.iter().flat_map(|byte| [byte & 15, byte >> 4]).collect()",
        _BYTES, _CODE, _few_bytes,
    ),
    "doubled": (
        "Return the bytes in order, but each 255 and each 0 twice.",
        lambda b: [x for x in b for _ in range(1 + (x in (0, 255)))],
        """bytes
        .iter()
        .flat_map(|&byte| std::iter::repeat_n(byte, if matches!(byte, 0 | 255) { 2 } else { 1 }))
        .collect()""",
        _BYTES, _CODE, _few_bytes,
    ),
    "checked": (
        "Return the bytes and after them one more: the remainder that their sum leaves when "
        "divided by 256.",
        lambda b: [*b, sum(b) % 256],
        """let sum = bytes.iter().fold(0_u8, |sum, &byte| sum.wrapping_add(byte));
    [bytes, &[sum]].concat()""",
        _BYTES, _CODE, _few_bytes,
    ),
    "placed": (
        "Return for each byte what comes of combining it with its index (from 0) by exclusive or.",
        lambda b: [x ^ i for i, x in enumerate(b)],
        "(0..).zip(bytes).map(|(index, &byte)| index ^ byte).collect()",
        _BYTES, _CODE, _few_bytes,
    ),
    "joined": (
        "Return the decimal digits of each value (with a hyphen (-) in front if it is negative), "
        "in order, with one comma (,) after each value but the last.",
        lambda v: ",".join(map(str, v)),
        """values
        .iter()
        .map(|value| value.to_string())
        .collect::<Vec<_>>()
        .join(",")""",
        _VALUES, "String", _few_values,
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 2: differences

# name -> words, Python (of the values before), Rust for i64 and for u8.
_GUESS: dict[str, tuple[str, Callable[[Sequence[int]], int], str, str]] = {
    "last": (
        "the value directly before it, or 0 if there is none",
        lambda b: b[-1] if b else 0,
        "before.last().copied().unwrap_or(0)",
        "before.last().copied().unwrap_or(0)",
    ),
    "second": (
        "the value two places before it, or 0 if there is none",
        lambda b: b[-2] if len(b) > 1 else 0,
        "before.iter().rev().nth(1).copied().unwrap_or(0)",
        "before.iter().rev().nth(1).copied().unwrap_or(0)",
    ),
    "line": (
        "2 times the value directly before it minus the value two places before it; if there is "
        "only one value before it, that one, and 0 if there is none",
        lambda b: 2 * b[-1] - b[-2] if len(b) > 1 else sum(b),
        """match before {
        [] => 0,
        [only] => *only,
        [.., a, b] => 2 * b - a,
    }""",
        """match before {
        [] => 0,
        [only] => *only,
        [.., a, b] => b.wrapping_mul(2).wrapping_sub(*a),
    }""",
    ),
    "largest": (
        "the largest of all values before it, or 0 if there are none",
        lambda b: max(b, default=0),
        "before.iter().copied().max().unwrap_or(0)",
        "before.iter().copied().max().unwrap_or(0)",
    ),
    "total": (
        "the sum of all values before it, or 0 if there are none",
        sum,
        "before.iter().sum()",
        "before.iter().fold(0, |sum, &x| sum.wrapping_add(x))",
    ),
}

# ---------------------------------------------------------------- 3: numbers in some bytes


def _groups(number: int) -> list[int]:
    found = [number % 128]
    while number := number // 128:
        found.append(number % 128)
    return found


def _low7(number: int, more: int) -> list[int]:
    groups = _groups(number) + [0] * more
    return [g + 128 for g in groups[:-1]] + groups[-1:]


def _high7(number: int, more: int) -> list[int]:
    groups = ([0] * more + _groups(number)[::-1]) if more else _groups(number)[::-1]
    return [g + 128 for g in groups[:-1]] + groups[-1:]


def _sized(number: int, more: int) -> list[int]:
    size = (number.bit_length() + 7) // 8
    size = min(4, size + more)
    return [size, *number.to_bytes(size, "big")]


def _marked(number: int, more: int) -> list[int]:
    size = 0 if number < 253 else 2 if number < 65536 else 4
    size = (size or 2) if more == 1 else 4 if more else size
    return [{2: 253, 4: 254}[size], *number.to_bytes(size, "little")] if size else [number]


# name -> words, Python (of a number and how much longer than needed), Rust: `code`, `first`.
_LENGTHS: dict[str, tuple[str, Callable[[int, int], list[int]], str, str]] = {
    "low": (
        "A number is cut into groups of seven bits, as many as are needed from the lowest bit to "
        "its highest 1, but at least one. The groups are written from the lowest to the highest, "
        "one a byte: 128 plus the value of the group, but for the last one only the value. No code "
        "has more than four bytes.",
        _low7,
        """fn code(mut number: u32) -> Vec<u8> {
    let mut code = Vec::new();
    while number > 127 {
        code.push(number as u8 | 128);
        number >>= 7;
    }
    code.push(number as u8);
    code
}
""",
        """    let last = bytes.iter().position(|&byte| byte < 128)?;
    let groups = bytes[..=last].iter().rev();
    let number = groups.fold(0, |number, byte| (number << 7) | u32::from(byte & 127));
    Some((number, last + 1))
""",
    ),
    "high": (
        "A number is cut into groups of seven bits, as many as are needed from the lowest bit to "
        "its highest 1, but at least one. The groups are written from the highest to the lowest, "
        "one a byte: 128 plus the value of the group, but for the last one only the value. No code "
        "has more than four bytes.",
        _high7,
        """fn code(mut number: u32) -> Vec<u8> {
    let mut code = vec![number as u8 & 127];
    while number > 127 {
        number >>= 7;
        code.push(number as u8 | 128);
    }
    code.reverse();
    code
}
""",
        """    let last = bytes.iter().position(|&byte| byte < 128)?;
    let groups = bytes[..=last].iter();
    let number = groups.fold(0, |number, byte| (number << 7) | u32::from(byte & 127));
    Some((number, last + 1))
""",
    ),
    "sized": (
        "A number is written as a byte that says how many bytes follow for it, from 0 to 4, and "
        "then its bytes, the highest one first; these are as few as possible, none for 0.",
        _sized,
        """fn code(number: u32) -> Vec<u8> {
    let mut code = number.to_be_bytes().to_vec();
    while code.first() == Some(&0) {
        code.remove(0);
    }
    code.insert(0, code.len() as u8);
    code
}
""",
        """    let (&size, rest) = bytes.split_first()?;
    let digits = rest.get(..usize::from(size))?;
    let number = digits.iter().fold(0, |number, &byte| (number << 8) | u32::from(byte));
    Some((number, digits.len() + 1))
""",
    ),
    "marked": (
        "A number up to 252 is written as one byte. A greater one up to 65535 is written as a byte "
        "253 and two bytes for the number, the lower one first; one that is greater still as a "
        "byte 254 and four bytes, from the lowest to the highest. No code begins with a byte 255.",
        _marked,
        """fn code(number: u32) -> Vec<u8> {
    let bytes = number.to_le_bytes();
    if number > 65535 {
        [&[254], &bytes[..]].concat()
    } else if number > 252 {
        [&[253], &bytes[..2]].concat()
    } else {
        vec![bytes[0]]
    }
}
""",
        """    match *bytes {
        [253, a, b, ..] => Some((u32::from_le_bytes([a, b, 0, 0]), 3)),
        [254, a, b, c, d, ..] => Some((u32::from_le_bytes([a, b, c, d]), 5)),
        [number @ 0..=252, ..] => Some((u32::from(number), 1)),
        _ => None,
    }
""",
    ),
}
_READ = """
/// The first number and how many bytes it has.
fn first(bytes: &[u8]) -> Option<(u32, usize)> {{
{first}}}
"""
# name -> words, Python (of the codes found, what is left, the shortest code), Rust, type.
_WAY: dict[str, tuple[str, str, str]] = {
    "encode": (
        "Return the codes of `numbers`, one after the other.",
        """pub fn encode(numbers: &[u32]) -> Vec<u8> {{
    numbers.iter().flat_map(|&number| code(number)).collect()
}}

{code}""",
        _CODE,
    ),
    "ignored": (
        "Return the numbers whose codes are in `bytes`, one after the other. A code may have more "
        "bytes than are needed. If the last code is not complete, ignore it.",
        """pub fn decode(bytes: &[u8]) -> Vec<u32> {{
    let mut numbers = Vec::new();
    let mut rest = bytes;
    while let Some((number, size)) = first(rest) {{
        numbers.push(number);
        rest = &rest[size..];
    }}
    numbers
}}
{read}""",
        "Vec<u32>",
    ),
    "complete": (
        "Return the numbers whose codes are in `bytes`, one after the other, or None if the last "
        "code is not complete. A code may have more bytes than are needed.",
        """pub fn decode(bytes: &[u8]) -> Option<Vec<u32>> {{
    let mut numbers = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {{
        let (number, size) = first(rest)?;
        numbers.push(number);
        rest = &rest[size..];
    }}
    Some(numbers)
}}
{read}""",
        "Option<Vec<u32>>",
    ),
    "shortest": (
        "Return, in Ok, the numbers whose codes are in `bytes`, one after the other. A code is "
        "wrong if it is not complete, or if it has more bytes than are needed for its number: then "
        "return Err with the index in `bytes` of the first byte of the first code that is wrong.",
        """pub fn decode(bytes: &[u8]) -> Result<Vec<u32>, usize> {{
    let mut numbers = Vec::new();
    let mut at = 0;
    while at < bytes.len() {{
        let (number, size) = first(&bytes[at..]).ok_or(at)?;
        if code(number).len() < size {{
            return Err(at);
        }}
        numbers.push(number);
        at += size;
    }}
    Ok(numbers)
}}

{code}{read}""",
        "Result<Vec<u32>, usize>",
    ),
}

# ---------------------------------------------------------------- 4: frames


def _replaced(end: int, pairs: dict[int, tuple[int, int]]) -> Callable[[list[int]], list[int]]:
    def coded(frame: list[int]) -> list[int]:
        return [part for x in frame for part in pairs.get(x, (x,))] + [end]

    return coded


def _zeroless(frame: list[int]) -> list[int]:
    parts: list[list[int]] = [[]]
    for x in frame:
        if x == 0:
            parts.append([])
        else:
            parts[-1].append(x)
    return [x for part in parts for x in (len(part) + 1, *part)] + [0]


def _summed(frame: list[int]) -> list[int]:
    return [len(frame), *frame, sum(frame) % 256]


_ENDED = "bytes.split_inclusive(|&byte| byte == {})"
# name -> words, Python, Rust: `coded`, `decoded`, the pieces, special bytes.
_FRAME: dict[str, tuple[str, Callable[[list[int]], list[int]], str, str, str, tuple[int, ...]]] = {
    "flipped": (
        "A frame is written as its bytes and a byte 126 at the end. A byte 125 or 126 in the frame "
        "is written as two bytes: 125, and then 93 for 125 or 94 for 126. When frames are read, a "
        "125 is wrong if no 93 or 94 follows.",
        _replaced(126, {125: (125, 93), 126: (125, 94)}),
        """fn coded(frame: &[u8]) -> Vec<u8> {
    let mut code = Vec::new();
    for &byte in frame {
        if matches!(byte, 125 | 126) {
            code.extend([125, byte - 32]);
        } else {
            code.push(byte);
        }
    }
    code.push(126);
    code
}
""",
        """fn decoded(code: &[u8]) -> Option<Vec<u8>> {
    let mut rest = code.strip_suffix(&[126])?.iter();
    let mut frame = Vec::new();
    while let Some(&byte) = rest.next() {
        if byte == 125 {
            let next = rest.next().filter(|next| matches!(next, 93 | 94))?;
            frame.push(next + 32);
        } else {
            frame.push(byte);
        }
    }
    Some(frame)
}
""",
        _ENDED.format(126),
        (125, 126, 93, 94),
    ),
    "lines": (
        "A frame is written as its bytes and a byte 10 at the end. A byte 10 in the frame is "
        "written as the two bytes 92 and 110, and a byte 92 as two bytes 92. When frames are read, "
        "a 92 is wrong if neither 110 nor 92 follows that could make such a pair with it.",
        _replaced(10, {10: (92, 110), 92: (92, 92)}),
        """fn coded(frame: &[u8]) -> Vec<u8> {
    let mut code = Vec::new();
    for &byte in frame {
        match byte {
            10 => code.extend([92, 110]),
            92 => code.extend([92, 92]),
            _ => code.push(byte),
        }
    }
    code.push(10);
    code
}
""",
        """fn decoded(code: &[u8]) -> Option<Vec<u8>> {
    let mut rest = code.strip_suffix(&[10])?.iter();
    let mut frame = Vec::new();
    while let Some(&byte) = rest.next() {
        if byte != 92 {
            frame.push(byte);
            continue;
        }
        match rest.next()? {
            110 => frame.push(10),
            92 => frame.push(92),
            _ => return None,
        }
    }
    Some(frame)
}
""",
        _ENDED.format(10),
        (10, 92, 92, 110),
    ),
    "zeroless": (
        "A frame is cut at each byte 0 that it has into parts, one more than there are zeros, "
        "which themselves have no zeros. For each part there is written, in order, a byte that is "
        "one more than how many bytes the part has, and then the part; after the last part, a byte "
        "0. A frame has fewer than 100 bytes. When frames are read, such a byte is wrong if fewer "
        "bytes follow before the 0 at the end than the part should have; so is a frame of nothing "
        "but that 0.",
        _zeroless,
        """fn coded(frame: &[u8]) -> Vec<u8> {
    let mut code = Vec::new();
    for part in frame.split(|&byte| byte == 0) {
        code.push(part.len() as u8 + 1);
        code.extend(part);
    }
    code.push(0);
    code
}
""",
        """fn decoded(code: &[u8]) -> Option<Vec<u8>> {
    let mut rest = code.strip_suffix(&[0])?;
    let mut parts = Vec::new();
    loop {
        let (&size, after) = rest.split_first()?;
        let (part, next) = after.split_at_checked(usize::from(size) - 1)?;
        parts.push(part);
        if next.is_empty() {
            return Some(parts.join(&0));
        }
        rest = next;
    }
}
""",
        _ENDED.format(0),
        (0, 1, 2, 3),
    ),
    "summed": (
        "A frame is written as a byte that says how many bytes it has, then its bytes, then one "
        "more: the remainder that their sum leaves when divided by 256. When frames are read, a "
        "frame is wrong if that last byte is not right, or if it is missing or bytes before it are "
        "because there are no more.",
        _summed,
        """fn coded(frame: &[u8]) -> Vec<u8> {
    let mut code = vec![frame.len() as u8];
    code.extend(frame);
    code.push(sum(frame));
    code
}

fn sum(frame: &[u8]) -> u8 {
    frame.iter().fold(0, |sum, &byte| sum.wrapping_add(byte))
}
""",
        """fn decoded(code: &[u8]) -> Option<Vec<u8>> {
    let (&size, rest) = code.split_first()?;
    let (&last, frame) = rest.split_last()?;
    let is_right = frame.len() == usize::from(size) && sum(frame) == last;
    is_right.then(|| frame.to_vec())
}

fn sum(frame: &[u8]) -> u8 {
    frame.iter().fold(0, |sum, &byte| sum.wrapping_add(byte))
}

/// The codes of the frames; the last one may be too short.
fn pieces(bytes: &[u8]) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    let mut rest = bytes;
    while let Some(&size) = rest.first() {
        let (piece, next) = rest.split_at(rest.len().min(usize::from(size) + 2));
        pieces.push(piece);
        rest = next;
    }
    pieces
}
""",
        "pieces(bytes)",
        (0, 1, 2, 255),
    ),
}


def _decoded(form: str, code: list[int], coded: Callable[[list[int]], list[int]]) -> Any:
    """The frame that is written as `code`, or None: found by writing it again."""
    if form == "summed":
        frame = code[1:-1]
    elif form == "zeroless":
        frame, rest = [], code[:-1]
        while rest:
            frame += [*rest[1 : rest[0]], 0]
            rest = rest[rest[0] :] if rest[0] else []
        frame = frame[:-1]
    else:
        pairs = {(125, 93): 125, (125, 94): 126} if form == "flipped" else {
            (92, 110): 10, (92, 92): 92
        }  # fmt: skip
        frame, at = [], 0
        while at < len(code) - 1:
            pair = pairs.get((code[at], code[at + 1]))
            frame.append(code[at] if pair is None else pair)
            at += 1 if pair is None else 2
    return frame if coded(frame) == code else None


def _pieces(form: str, data: list[int]) -> list[list[int]]:
    found = []
    end = {"flipped": 126, "lines": 10, "zeroless": 0}.get(form)
    while data:
        size = data[0] + 2 if end is None else (data.index(end) + 1 if end in data else len(data))
        found.append(data[:size])
        data = data[size:]
    return found


# ---------------------------------------------------------------- 5: blocks, copies, letters


def _blocks(data: Sequence[int], least: int) -> list[int]:
    found: list[int] = []
    single: list[int] = []
    for x, run in itertools.groupby([*data, -1]):
        size = len(list(run))
        if x >= 0 and size < least:
            single += [x] * size
            continue
        if single:
            found += [len(single) - 1, *single]
            single = []
        found += [size + 126, x] if x >= 0 else []
    return found


def _unblocked(data: Sequence[int]) -> list[int] | None:
    rest, found = list(data), []
    while rest:
        control = rest.pop(0)
        size = control + 1 if control < 128 else 1
        if len(rest) < size:
            return None
        part, rest = rest[:size], rest[size:]
        found += part if control < 128 else part * (control - 126)
    return found


_BLOCKS = (
    "A code is made of blocks. A block is a byte n and then, if n is less than 128, n + 1 bytes, "
    "which stand for themselves, or else one byte, which stands for n - 126 such bytes."
)
_COPIES = (
    "Bytes are written as steps, each of which is a pair. The pair (0, x) stands for the byte x; a "
    "pair (d, n) with d above 0 stands for n bytes, which are copied one by one: each is equal to "
    "the byte that is d places before it (which may have been copied in the same step)."
)


def _steps(data: Sequence[int], near: bool, overlap: bool) -> list[tuple[int, int]]:
    found, at = [], 0
    while at < len(data):
        sizes = []
        for d in range(1, at + 1):
            limit = len(data) - at if overlap else min(d, len(data) - at)
            n = 0
            while n < limit and data[at + n] == data[at + n - d]:
                n += 1
            sizes.append((n, -d if near else d))
        size, distance = max(sizes, default=(0, 0))
        if size < 3:
            found.append((0, data[at]))
            at += 1
        else:
            found.append((abs(distance), size))
            at += size
    return found


def _followed(steps: Sequence[tuple[int, int]]) -> tuple[list[int], int | None]:
    found: list[int] = []
    for index, (d, n) in enumerate(steps):
        if d > len(found):
            return found, index
        for _ in range(n if d else 1):
            found.append(found[-d] if d else n)
    return found, None


_LETTERS = {5: ascii_lowercase + "234567", 3: "01234567"}


def _lettered(data: Sequence[int], size: int, padded: bool) -> str:
    count = math.ceil(8 * len(data) / size)
    number = int.from_bytes(bytes(data), "big") << count * size - 8 * len(data)
    text = "".join(_LETTERS[size][number >> size * i & 2**size - 1] for i in reversed(range(count)))
    return text + "=" * (-count % 8 if padded else 0)


def _unlettered(text: str, size: int, padded: bool) -> list[int] | None:
    """By writing again what the letters hold."""
    letters = text.rstrip("=")
    if not all(c in _LETTERS[size] for c in letters):
        return None
    bits = "".join(f"{_LETTERS[size].index(c):0{size}b}" for c in letters)
    found = [int(bits[i : i + 8], 2) for i in range(0, len(bits) - 7, 8)]
    return found if _lettered(found, size, padded) == text else None


def _variants(level: int) -> list[tuple[Any, ...]]:
    tables: dict[int, list[tuple[Any, ...]]] = {
        1: [(("whole",), _WHOLE)],
        2: [(("guess",), _GUESS, ("encode", "decode"), ("i64", "u8"))],
        3: [(("lengths",), _LENGTHS, _WAY)],
        4: [(("frames",), _FRAME, ("encode", "dropped", "error"))],
        5: [
            (("blocks",), (2, 3, 0)),
            (("copies",), ("near", "far"), ("overlap", "apart")),
            (("followed",), ("none", "error")),
            (("letters",), _LETTERS, (True, False), ("encode", "decode")),
        ],
    }
    return [names for listed in tables[level] for names in itertools.product(*listed)]


@family("codec", _variants)
def codec(kind: str, *parts: Any) -> Problem:
    makers: dict[str, Callable[..., Problem]] = {
        "whole": _whole, "guess": _guessed, "lengths": _lengths, "frames": _frames,
        "blocks": _in_blocks, "copies": _copied, "followed": _follow, "letters": _in_letters,
    }  # fmt: skip
    return makers[kind](*parts)


def _whole(name: str) -> Problem:
    words, python, rust, parameter, kind, arguments = _WHOLE[name]
    edges: list[list[int]] = [
        [],
        [0],
        [1],
        [2],
        [0, 1, 2, 3],
        [255, 255, 255],
        [128, 127],
        [16, 15],
    ]
    if name in ("zigzag", "joined"):
        edges += [[-1], [-2, -1, 0], [1000, -1000]]
    return Problem(
        words,
        Interface("code", (parameter,), kind),
        f"pub fn code({parameter[0]}: {parameter[1]}) -> {kind} {{\n    {rust}\n}}\n",
        python,
        arguments,
        [(edge,) for edge in edges],
    )


def _guessed(guess: str, way: str, number: str) -> Problem:
    words, python, wide, narrow = _GUESS[guess]
    encodes, wraps = way == "encode", number == "u8"
    body = narrow if wraps else wide
    name = "values" if encodes else "differences"
    kind = f"Vec<{number}>"
    if encodes:
        each = (
            "values[i].wrapping_sub(guess(&values[..i]))"
            if wraps
            else "values[i] - guess(&values[..i])"
        )
        main = f"    (0..values.len())\n        .map(|i| {each})\n        .collect()\n"
    else:
        each = "difference.wrapping_add(guess(&values))" if wraps else "difference + guess(&values)"
        main = f"""    let mut values = Vec::new();
    for &difference in differences {{
        values.push({each});
    }}
    values
"""
    reference = f"""pub fn {way}({name}: &[{number}]) -> {kind} {{
{main}}}

fn guess(before: &[{number}]) -> {number} {{
    {body}
}}
"""

    def oracle(given: list[int]) -> list[int]:
        values: list[int] = []
        found = []
        for x in given:
            guessed = python(values)
            other = x - guessed if encodes else x + guessed
            found.append(other % 256 if wraps else other)
            values.append(x if encodes else found[-1])
        return found

    def arguments(draw: Draw) -> tuple[Any, ...]:
        size = draw.between(1, 8)
        if wraps:
            return ([draw.pick((0, 1, 9, 200, 255, draw.below(256))) for _ in range(size)],)
        return ([draw.between(-9, 9) for _ in range(size)],)

    rest = (
        " All of this is calculated with remainders: what it is divided by 256 leaves, from 0 to "
        "255, is what counts (also if it is negative)."
        if wraps
        else ""
    )
    what = (
        "Return, for each of `values`, the value minus its guess, in order"
        if encodes
        else "Return the values, in order, of which `differences` has for each the value minus its "
        "guess"
    )
    edges = [[], [5], [5, 5], [1, 2, 3, 4], [9, 1], [0, 0, 7], [3, 1, 2, 250 if wraps else -7]]
    edges += [[0, 255, 0, 255]] if wraps else [[-5, -6, -4, 0, -1]]
    return Problem(
        f"The guess for a value is {words}. {what}.{rest}",
        Interface(way, ((name, f"&[{number}]"),), kind),
        reference,
        oracle,
        arguments,
        [(edge,) for edge in edges],
    )


def _lengths(lengths: str, way: str) -> Problem:
    words, python, code, first = _LENGTHS[lengths]
    what, body, kind = _WAY[way]
    encodes = way == "encode"
    reference = body.format(code=code, read=_READ.format(first=first))

    def oracle(given: list[int]) -> Any:
        if encodes:
            return [byte for number in given for byte in python(number, 0)]
        numbers: list[int] = []
        at = 0
        while at < len(given):
            size, number = _first_code(lengths, given[at:])
            complete = at + size <= len(given)
            if not complete or (way == "shortest" and given[at : at + size] != python(number, 0)):
                return {"complete": None, "shortest": ("Err", at)}.get(way, numbers)
            numbers.append(number)
            at += size
        return ("Ok", numbers) if way == "shortest" else numbers

    bounds = (0, 1, 127, 128, 129, 252, 253, 255, 256, 16383, 16384, 65535, 65536, 2**21 - 1, 2**21,
              2**24 - 1, 2**24, 2**28 - 1)  # fmt: skip

    def arguments(draw: Draw) -> tuple[Any, ...]:
        numbers = [draw.pick((draw.below(300), draw.pick(bounds), draw.below(1 << 17)))
                   for _ in range(draw.between(1, 4))]  # fmt: skip
        if encodes:
            return (numbers,)
        found: list[int] = []
        for number in numbers:
            code = python(number, draw.pick((1, 2)) if draw.chance(0.15) else 0)
            found += code if len(code) <= 4 or lengths in ("sized", "marked") else python(number, 0)
        cut = draw.between(1, 3) if draw.chance(0.3) else 0
        return (found[: max(0, len(found) - cut)],)

    edges: list[tuple[Any, ...]] = [([],), *(([number],) for number in bounds)]
    if not encodes:
        edges = [([],), ([0],), ([1],), ([127],)]
        edges += [(python(number, 0),) for number in bounds]
        edges += [(python(number, 0)[:-1],) for number in (128, 300, 70000)]
        edges += [(python(5, 1),), ([*python(200, 0), *python(7, 1)],), (python(300, 1),)]
    return Problem(
        f"Numbers are written as bytes, one after the other with nothing between. {words} {what}",
        Interface(
            "encode" if encodes else "decode",
            (("numbers", "&[u32]") if encodes else _BYTES,),
            kind,
        ),
        reference,
        oracle,
        arguments,
        edges,
    )


def _first_code(lengths: str, data: list[int]) -> tuple[int, int]:
    """The size of the first code, which may be more than there is, and its number."""
    if lengths == "sized":
        return data[0] + 1, int.from_bytes(bytes(data[1 : data[0] + 1]), "big")
    if lengths == "marked":
        size = {253: 3, 254: 5}.get(data[0], 1)
        return size, data[0] if size == 1 else int.from_bytes(bytes(data[1:size]), "little")
    size = next((i for i, byte in enumerate(data, 1) if byte < 128), len(data) + 1)
    groups = [byte % 128 for byte in data[:size]]
    groups = groups if lengths == "low" else groups[::-1]
    return size, sum(group * 128**i for i, group in enumerate(groups))


def _frames(form: str, way: str) -> Problem:
    words, coded, coding, decoding, pieces, special = _FRAME[form]
    if way == "encode":
        what = "Return the codes of `frames`, in order, one after the other."
        parameter, kind = ("frames", "&[Vec<u8>]"), _CODE
        main = f"""pub fn encode(frames: &[Vec<u8>]) -> {kind} {{
    frames.iter().flat_map(|frame| coded(frame)).collect()
}}
"""
    else:
        parameter, kind = _BYTES, "Vec<Vec<u8>>"
        ending = (
            ""
            if form == "summed"
            else " Bytes after the last end of a frame are a frame that is "
            "wrong, because its end is missing."
        )
        what = f"Read `bytes` from left to right.{ending} Leave out the frames that are wrong, and "
        what += "return the others in order."
        main = f"""pub fn decode(bytes: &[u8]) -> {kind} {{
    {pieces}{".into_iter()" if form == "summed" else ""}.filter_map(decoded).collect()
}}
"""
        if way == "error":
            what = f"Read `bytes` from left to right.{ending} If a frame is wrong, return Err with "
            what += "the index of the first such one among the frames, from 0; else return, in Ok, "
            what += "the frames in order."
            kind = f"Result<{kind}, usize>"
            main = f"""pub fn decode(bytes: &[u8]) -> {kind} {{
    let mut frames = Vec::new();
    for (index, code) in {pieces}{".into_iter()" if form == "summed" else ""}.enumerate() {{
        frames.push(decoded(code).ok_or(index)?);
    }}
    Ok(frames)
}}
"""
    helpers = coding if way == "encode" else decoding

    def oracle(given: list[Any]) -> Any:
        if way == "encode":
            return [byte for frame in given for byte in coded(frame)]
        found = [_decoded(form, piece, coded) for piece in _pieces(form, given)]
        if way == "error":
            return ("Err", found.index(None)) if None in found else ("Ok", found)
        return [frame for frame in found if frame is not None]

    def frame(draw: Draw) -> list[int]:
        return [draw.pick((*special, draw.pick(special), 7, 65, draw.below(256)))
                for _ in range(draw.below(5))]  # fmt: skip

    def arguments(draw: Draw) -> tuple[Any, ...]:
        frames = [frame(draw) for _ in range(draw.between(1, 4))]
        if way == "encode":
            return (frames,)
        data = [byte for one in frames for byte in coded(one)]
        if draw.chance(0.5 if way == "error" else 0.6):
            at = draw.below(len(data) + 1)
            odd = [draw.pick((*special, 7))] if draw.chance(0.7) else []
            data = data[:at] + odd + data[at + draw.below(2) :]
        return (data,)

    edges: list[Any] = [[], [[]], [[], []], [[7]], [list(special)], [[special[0]] * 3, [9]],
                        [[special[1]], [special[0], 7]], [[200, 100], [255, 1]]]  # fmt: skip
    if way != "encode":
        edges = [[byte for one in frames for byte in coded(one)] for frames in edges]
        edges += [[special[0]], [5, special[0]], [special[0], special[0]], edges[5][:-1],
                  [special[1], 7, special[0]], edges[5] + edges[6], [3, 7, 0], [1, 9]]  # fmt: skip
    return Problem(
        f"A frame is some bytes, maybe none. {words} {what}",
        Interface("encode" if way == "encode" else "decode", (parameter,), kind),
        f"{main}\n{helpers}",
        oracle,
        arguments,
        [(edge,) for edge in edges],
    )


def _in_blocks(least: int) -> Problem:
    if least:
        words = (
            f"{_BLOCKS} Cut `bytes`, which are at most 100, into runs of equal neighbours, each as "
            f"long as it can be. Write each run of {least} or more bytes as a block of its own, of "
            "the second kind; write all runs between two such ones (or before the first, or after "
            "the last), if there are any, as one block of the first kind. Return the code."
        )
        reference = f"""pub fn encode(bytes: &[u8]) -> Vec<u8> {{
    let mut code = Vec::new();
    let mut single = Vec::new();
    for run in bytes.chunk_by(|a, b| a == b) {{
        if run.len() < {least} {{
            single.extend(run);
        }} else {{
            finish(&mut single, &mut code);
            code.extend([run.len() as u8 + 126, run[0]]);
        }}
    }}
    finish(&mut single, &mut code);
    code
}}

/// Writes the bytes that stand for themselves, if there are any.
fn finish(single: &mut Vec<u8>, code: &mut Vec<u8>) {{
    if !single.is_empty() {{
        code.push(single.len() as u8 - 1);
        code.append(single);
    }}
}}
"""
    else:
        words = (
            f"{_BLOCKS} Return the bytes for which the code `bytes` stands, or None if the last "
            "block is not complete."
        )
        reference = """pub fn decode(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut found = Vec::new();
    let mut rest = bytes;
    while let Some((&control, after)) = rest.split_first() {
        let size = usize::from(control);
        if size < 128 {
            let (part, next) = after.split_at_checked(size + 1)?;
            found.extend(part);
            rest = next;
        } else {
            let (&byte, next) = after.split_first()?;
            found.extend(std::iter::repeat_n(byte, size - 126));
            rest = next;
        }
    }
    Some(found)
}
"""

    def plain(draw: Draw) -> list[int]:
        runs = ([draw.pick((1, 2, 3, 255))] * draw.pick((1, 1, 2, 2, 3, 4))
                for _ in range(draw.between(1, 7)))  # fmt: skip
        return [byte for run in runs for byte in run]

    def arguments(draw: Draw) -> tuple[Any, ...]:
        data = plain(draw)
        if least:
            return (data,)
        data = _blocks(data, draw.pick((2, 3)))
        return (data[:-1] if draw.chance(0.3) else data,)

    edges: list[list[int]] = [
        [], [1], [1, 1], [1, 1, 1], [1, 2], [1, 2, 2, 3], [1, 2, 2, 2, 3, 4], [5] * 100,
        [0, 0, 128, 128, 128],
    ]  # fmt: skip
    if not least:
        edges = [[], [0], [0, 9], [1, 9], [1, 9, 8], [127, *range(127)], [127, *range(128)], [128],
                 [128, 7], [255, 7], [129, 0, 0], [0, 5, 130, 6, 1, 7]]  # fmt: skip
    return Problem(
        words,
        Interface(
            "encode" if least else "decode", (_BYTES,), _CODE if least else f"Option<{_CODE}>"
        ),
        reference,
        (lambda data: _blocks(data, least)) if least else _unblocked,
        arguments,
        [(edge,) for edge in edges],
    )


def _copied(which: str, overlap: str) -> Problem:
    near, overlaps = which == "near", overlap == "overlap"
    distances = "1..=at" if near else "(1..=at).rev()"
    limit = "" if overlaps else ".take(distance)"
    own = (
        "they may be longer than d"
        if overlaps
        else "n may not be greater than d: no byte is copied from one of the same step"
    )
    reference = f"""pub fn encode(bytes: &[u8]) -> Vec<(usize, usize)> {{
    let mut steps = Vec::new();
    let mut at = 0;
    while at < bytes.len() {{
        let (size, distance) = longest(bytes, at);
        if size < 3 {{
            steps.push((0, usize::from(bytes[at])));
            at += 1;
        }} else {{
            steps.push((distance, size));
            at += size;
        }}
    }}
    steps
}}

/// How many bytes from here on can be copied at most, and from how far before.
fn longest(bytes: &[u8], at: usize) -> (usize, usize) {{
    let mut best = (0, 0);
    for distance in {distances} {{
        let earlier = bytes[at - distance..].iter(){limit};
        let same = bytes[at..].iter().zip(earlier).take_while(|(a, b)| a == b);
        let size = same.count();
        if size > best.0 {{
            best = (size, distance);
        }}
    }}
    best
}}
"""

    def arguments(draw: Draw) -> tuple[Any, ...]:
        data: list[int] = []
        while len(data) < 14 and not draw.chance(0.04):
            if data and draw.chance(0.6):
                distance = draw.between(1, len(data))
                for _ in range(draw.between(2, 5)):
                    data.append(data[-distance])
            else:
                data.append(draw.pick((1, 2, 3, 9)))
        return (data,)

    return Problem(
        f"{_COPIES} Write `bytes` from left to right: at each place, of all (d, n) that stand for "
        f"the bytes from there on ({own}; what is copied first has to exist), take one with the "
        f"largest n, and of these the one with the {'smallest' if near else 'largest'} d; but if n "
        "is less than 3, or if there is none, write the one byte as a pair (0, x). Then go on "
        "behind the bytes that have been written. Return the steps.",
        Interface("encode", (_BYTES,), "Vec<(usize, usize)>"),
        reference,
        lambda data: _steps(data, near, overlaps),
        arguments,
        [
            ([],), ([4],), ([4, 4],), ([4, 4, 4],), ([4, 4, 4, 4],), ([4] * 9,),
            ([1, 2, 3, 1, 2, 3],), ([1, 2, 1, 2, 1, 2, 1],), ([1, 2, 3, 1, 2, 4],),
            ([1, 2, 3, 9, 1, 2, 3, 8, 1, 2, 3],), ([0, 255, 0, 255, 0],),
        ],
    )  # fmt: skip


def _follow(mode: str) -> Problem:
    failing = mode == "error"
    kind = "Result<Vec<u8>, usize>" if failing else "Option<Vec<u8>>"
    fail = "return Err(index)" if failing else "return None"
    loop = (
        "for (index, &(distance, number)) in steps.iter().enumerate()"
        if failing
        else "for &(distance, number) in steps"
    )
    reference = f"""pub fn decode(steps: &[(usize, u8)]) -> {kind} {{
    let mut bytes: Vec<u8> = Vec::new();
    {loop} {{
        if distance == 0 {{
            bytes.push(number);
            continue;
        }}
        if distance > bytes.len() {{
            {fail};
        }}
        for _ in 0..number {{
            bytes.push(bytes[bytes.len() - distance]);
        }}
    }}
    {"Ok" if failing else "Some"}(bytes)
}}
"""

    def oracle(steps: list[tuple[int, int]]) -> Any:
        found, wrong = _followed(steps)
        if failing:
            return ("Ok", found) if wrong is None else ("Err", wrong)
        return found if wrong is None else None

    def arguments(draw: Draw) -> tuple[Any, ...]:
        steps: list[tuple[int, int]] = [(0, draw.below(256))]
        for _ in range(draw.below(6)):
            size = len(_followed(steps)[0])
            far = draw.pick((1, size, max(1, size - 1), size + 1 if draw.chance(0.4) else 1))
            steps.append(draw.pick(((0, draw.below(256)), (far, draw.below(6)), (far, 3))))
        return (steps,)

    wrong = (
        "return Err with the index of the first step for which that is so, from 0"
        if failing
        else "return None"
    )
    return Problem(
        f"{_COPIES} If a step with d above 0 (also one with n = 0) has a d that is greater than "
        f"the number of bytes that are there before it, {wrong}. Else return"
        f"{', in Ok,' if failing else ''} the bytes for which `steps` stand.",
        Interface("decode", (("steps", "&[(usize, u8)]"),), kind),
        reference,
        oracle,
        arguments,
        [
            ([],), ([(0, 0)],), ([(1, 1)],), ([(1, 0)],), ([(0, 5), (1, 0)],), ([(0, 5), (1, 9)],),
            ([(0, 5), (2, 1)],), ([(0, 1), (0, 2), (2, 5)],), ([(0, 1), (0, 2), (1, 2), (5, 1)],),
            ([(0, 1), (0, 2), (1, 2), (4, 1)],), ([(0, 1), (1, 2), (3, 3), (7, 1)],),
        ],
    )  # fmt: skip


def _in_letters(size: int, padded: bool, way: str) -> Problem:
    letters = _LETTERS[size]
    encodes = way == "encode"
    digit = {
        5: ("    match value {\n        0..=25 => (b'a' + value) as char,\n"
            "        _ => (b'2' + value - 26) as char,\n    }\n",
            "        'a'..='z' => Some(letter as u8 - b'a'),\n"
            "        '2'..='7' => Some(letter as u8 - b'2' + 26),\n"),
        3: ("    (b'0' + value) as char\n", "        '0'..='7' => Some(letter as u8 - b'0'),\n"),
    }[size]  # fmt: skip
    fill = """    while text.len() % 8 != 0 {
        text.push('=');
    }
"""
    if encodes:
        reference = f"""pub fn encode(bytes: &[u8]) -> String {{
    let mut text = String::new();
    let (mut held, mut count) = (0_u32, 0);
    for &byte in bytes {{
        held = (held << 8) | u32::from(byte);
        count += 8;
        while count >= {size} {{
            count -= {size};
            text.push(letter((held >> count) as u8 & {2**size - 1}));
        }}
        held &= (1 << count) - 1;
    }}
    if count > 0 {{
        text.push(letter((held << ({size} - count)) as u8));
    }}
{fill if padded else ""}    text
}}

fn letter(value: u8) -> char {{
{digit[0]}}}
"""
    else:
        start = (
            """    if text.len() % 8 != 0 {
        return None;
    }
    let letters = text.trim_end_matches('=');
    if text.len() - letters.len() > 7 {
        return None;
    }
"""
            if padded
            else ""
        )
        reference = f"""pub fn decode(text: &str) -> Option<Vec<u8>> {{
{start}    let mut bytes = Vec::new();
    let (mut held, mut count) = (0_u32, 0);
    for letter in {"letters" if padded else "text"}.chars() {{
        held = (held << {size}) | u32::from(value(letter)?);
        count += {size};
        if count >= 8 {{
            count -= 8;
            bytes.push((held >> count) as u8);
            held &= (1 << count) - 1;
        }}
    }}
    // What is left has to be less than a letter, and nothing but filling.
    if count >= {size} || held != 0 {{
        return None;
    }}
    Some(bytes)
}}

fn value(letter: char) -> Option<u8> {{
    match letter {{
{digit[1]}        _ => None,
    }}
}}
"""

    def arguments(draw: Draw) -> tuple[Any, ...]:
        data = [
            draw.pick((0, 255, draw.below(256), draw.below(256))) for _ in range(draw.between(1, 8))
        ]
        if encodes:
            return (data,)
        text = _lettered(data, size, padded)
        if draw.chance(0.3):
            at = draw.below(len(text) + 1)
            odd = draw.pick(("", "", "=", "a", "1", "8", "A", "é", "7"))
            text = text[:at] + odd + text[at + draw.below(2) :]
        return (text,)

    plain: list[list[int]] = [[], [0], [255], [1], [128], [1, 2], [255] * 3, [9, 8, 7, 6, 5],
                              list(range(0, 250, 31)), [0, 0], [85, 170]]  # fmt: skip
    edges: list[tuple[Any, ...]] = [(data,) for data in plain]
    if not encodes:
        good = [_lettered(data, size, padded) for data in plain]
        bad = ["=", "========", letters[0], letters[1] * 8, letters[0] * 8, letters[:2] + "======",
               letters[0] + "=======", good[4][:1] + letters[1] + good[4][2:], good[8] + letters[0],
               good[1] + good[1], good[1] + "========", letters[8 % len(letters)] * 3]  # fmt: skip
        edges = [(text,) for text in (*good, *bad)]
    kind = (
        "the 26 letters a to z stand for 0 to 25, and the digits 2 to 7 for 26 to 31"
        if size == 5
        else "the digits 0 to 7 stand for themselves"
    )
    filled = (
        " At the end, as many equals signs (=) are added as make the length of the text a multiple "
        "of 8 (at most 7 of them)."
        if padded
        else ""
    )
    what = (
        "Return the text for `bytes`."
        if encodes
        else "Return the bytes for which `text` is the text, or None if it is the text of no bytes."
    )
    return Problem(
        f"Bytes are written as a text. Their bits are put in a row, those of the first byte first, "
        f"and of each byte the highest one first; if their number is no multiple of {size}, as few "
        f"bits that are 0 are added at the end as make it one. Then each {size} bits, of which the "
        f"first is the highest, become one character: {kind}.{filled} {what}",
        Interface(way, (_BYTES if encodes else ("text", "&str"),), "String" if encodes else
                  f"Option<{_CODE}>"),
        reference,
        (lambda data: _lettered(data, size, padded)) if encodes
        else (lambda text: _unlettered(text, size, padded)),
        arguments,
        edges,
    )  # fmt: skip
