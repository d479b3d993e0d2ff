"""Words of bits: places in them, fields, streams of codes, checksums and codes that mend errors."""

from __future__ import annotations

import functools
import itertools
import operator
import re
from collections.abc import Callable, Sequence
from typing import Any

from ....verifiers.rust.interface import Interface
from ..draw import Draw
from .family import Problem, family

# name -> words, Python, Rust.
_Table = dict[str, tuple[str, Callable[..., Any], str]]
# name -> words, Python, Rust, type.
_Typed = dict[str, tuple[str, Callable[..., Any], str, str]]

_PLACES = "The lowest bit of a word is at place 0, the next higher one at place 1, and so on."

# ---------------------------------------------------------------- 1: an expression

_WHOLE: _Typed = {
    "zeros": (
        "how many of the 32 bits of `word` are 0",
        lambda w: f"{w:032b}".count("0"),
        "word.count_zeros()",
        "u32",
    ),
    "lowest": (
        "the number of which only one bit is 1: the one at the place of the lowest bit of `word` "
        "that is 1; 0 if `word` is 0",
        lambda w: w & -w,
        "word & word.wrapping_neg()",
        "u32",
    ),
    "cleared": (
        "`word` with its lowest bit that is 1 changed to 0; 0 if `word` is 0",
        lambda w: int(re.sub("1(0*)$", r"0\1", f"{w:b}"), 2),
        "word & word.saturating_sub(1)",
        "u32",
    ),
    "highest": (
        "the place of the highest bit of `word` that is 1, or None if there is none",
        lambda w: w.bit_length() - 1 if w else None,
        "word.checked_ilog2()",
        "Option<u32>",
    ),
    "gray": (
        "the word that has a 1 at each place where the bit of `word` differs from the bit of "
        "`word` at the next higher place (above the highest place of all is a 0)",
        lambda w: w ^ w // 2,
        "word ^ (word >> 1)",
        "u32",
    ),
    "swapped": (
        "`word` with its upper 16 bits and its lower 16 bits exchanged",
        lambda w: w // 2**16 + w % 2**16 * 2**16,
        "word.rotate_left(16)",
        "u32",
    ),
    "parity": (
        "whether the number of bits of `word` that are 1 is odd",
        lambda w: f"{w:b}".count("1") % 2 == 1,
        "word.count_ones() % 2 == 1",
        "bool",
    ),
    "mirrored": (
        "the word whose bit at place 0 is that of `word` at place 31, whose bit at place 1 is that "
        "of `word` at place 30, and so on",
        lambda w: int(f"{w:032b}"[::-1], 2),
        "word.reverse_bits()",
        "u32",
    ),
    "leading": (
        "how many bits of `word` that are 1 are above its highest 0; 32 if there is no 0",
        lambda w: 32 - len(f"{w:032b}".lstrip("1")),
        "word.leading_ones()",
        "u32",
    ),
    "middle": (
        "the number that the bits at the places 8 to 15 of `word` make",
        lambda w: int(f"{w:032b}"[16:24], 2),
        "(word >> 8) & 0xff",
        "u32",
    ),
    "even": (
        "`word` with all bits at odd places changed to 0",
        lambda w: sum(w & 1 << place for place in range(0, 32, 2)),
        "word & 0x5555_5555",
        "u32",
    ),
    "bytes": (
        "the sum of the four numbers that the bits at the places 0 to 7, 8 to 15, 16 to 23 and 24 "
        "to 31 of `word` make",
        lambda w: sum(w.to_bytes(4, "big")),
        "word.to_le_bytes().into_iter().map(u32::from).sum()",
        "u32",
    ),
}

# ---------------------------------------------------------------- 2: places


def _bit(word: int, place: int) -> int:
    return word >> place & 1 if place >= 0 else 0


_CHOSEN: _Table = {
    "ones": (
        "the bit there is 1 and the place is a multiple of 3 (0 is one)",
        lambda w, p: bool(_bit(w, p)) and p % 3 == 0,
        "(word >> place) & 1 == 1 && place % 3 == 0",
    ),
    "tops": (
        "the bit there is 1, and the one at the next higher place is 0 or does not exist",
        lambda w, p: (_bit(w, p), _bit(w, p + 1)) == (1, 0),
        "(word >> place) & 3 == 1",
    ),
    "changes": (
        "the bit there differs from the one at the next lower place (take a 0 to be below place 0)",
        lambda w, p: _bit(w, p) != _bit(w, p - 1),
        "((word ^ (word << 1)) >> place) & 1 == 1",
    ),
    "holes": (
        "the bit there is 0, and at least one bit at a higher place is 1",
        lambda w, p: not _bit(w, p) and w >= 1 << p,
        "(word >> place) & 1 == 0 && word >> place != 0",
    ),
    "between": (
        "the bits at the next lower and at the next higher place are equal (take one that does not "
        "exist for a 0)",
        lambda w, p: _bit(w, p - 1) == _bit(w, p + 1),
        "(((word << 1) ^ (word >> 1)) >> place) & 1 == 0",
    ),
    "mirrors": (
        "the bit there is equal to the one at the place 15 minus that place",
        lambda w, p: _bit(w, p) == _bit(w, 15 - p),
        "((word ^ word.reverse_bits()) >> place) & 1 == 0",
    ),
}
_FOUND: _Typed = {
    "places": ("the chosen places in ascending order", list, "chosen.collect()", "Vec<u32>"),
    "word": (
        "the word that has a 1 at each chosen place and a 0 at all others",
        lambda p: sum(2**place for place in p),
        "chosen.map(|place| 1 << place).sum()",
        "u16",
    ),
    "gaps": (
        "for each chosen place but the lowest, in ascending order of the places, how far it is "
        "above the next lower chosen one",
        lambda p: [b - a for a, b in itertools.pairwise(p)],
        """let places: Vec<u32> = chosen.collect();
    places.windows(2).map(|pair| pair[1] - pair[0]).collect()""",
        "Vec<u32>",
    ),
    "ends": (
        "a pair of the lowest and the highest chosen place (they may be the same), or None if "
        "none is chosen",
        lambda p: (p[0], p[-1]) if p else None,
        """let places: Vec<u32> = chosen.collect();
    Some((*places.first()?, *places.last()?))""",
        "Option<(u32, u32)>",
    ),
}

# ---------------------------------------------------------------- 3: fields

_LAYOUTS = {"even": (5, 6, 5), "skewed": (3, 9, 4)}


def _fields(layout: str, order: str) -> list[tuple[int, int]]:
    """Width and lowest place of each field."""
    widths = _LAYOUTS[layout]
    if order == "low":
        return [(width, sum(widths[:i])) for i, width in enumerate(widths)]
    return [(width, sum(widths[i + 1 :])) for i, width in enumerate(widths)]


def _held(word: int, fields: Sequence[tuple[int, int]]) -> list[int]:
    return [word // 2**low % 2**width for width, low in fields]


def _joined(values: Sequence[int], fields: Sequence[tuple[int, int]]) -> int:
    return sum(value * 2**low for value, (_, low) in zip(values, fields, strict=True))


def _signed(word: int, fields: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    held = zip(_held(word, fields), fields, strict=True)
    return tuple(value - 2**width * (value >= 2 ** (width - 1)) for value, (width, _) in held)


def _counted(word: int, fields: Sequence[tuple[int, int]]) -> int:
    first, second, third = _held(word, fields)
    carry, second = divmod(second + 1, 2 ** fields[1][0])
    return _joined((_held(first + carry, [(fields[0][0], 0)])[0], second, third), fields)


def _strict(a: int, b: int, c: int, fields: Sequence[tuple[int, int]]) -> int | None:
    values = (a, b, c)
    if any(v >= 2**width for v, (width, _) in zip(values, fields, strict=True)):
        return None
    return _joined(values, fields)


_WORD, _THREE = (("word", "u16"),), (("a", "u16"), ("b", "u16"), ("c", "u16"))
_WITH_VALUE = (*_WORD, ("value", "u16"))
# name -> words, Python, Rust (with the fields' largest values ma, mb, mc, their lowest places sa,
# sb, sc and their widths wa, wb, wc), parameters, type.
_PACKED: dict[
    str, tuple[str, Callable[..., Any], str, tuple[tuple[str, str], ...], str]
] = {
    "unpack": (
        "Return the values of the three fields of `word`, in their order.",
        lambda w, fields: tuple(_held(w, fields)),
        "({a}, {b}, {c})",
        _WORD,
        "(u16, u16, u16)",
    ),
    "signed": (
        "Return the values of the three fields of `word`, in their order, each taken as a signed "
        "number (two's complement: in a field of n bits, the highest one counts for minus 2 to the "
        "power of n - 1, the others as always).",
        _signed,
        """let field = |low: u32, width: u32| {{
        // The highest bit of the field moves to the top and is copied on the way back.
        let top = word << (16 - width - low);
        (top as i16) >> (16 - width)
    }};
    (field({sa}, {wa}), field({sb}, {wb}), field({sc}, {wc}))""",
        _WORD,
        "(i16, i16, i16)",
    ),
    "strict": (
        "Return the word whose fields have the values `a`, `b` and `c`, in this order, or None if "
        "one of these is too large for its field.",
        _strict,
        """if a > {ma} || b > {mb} || c > {mc} {{
        return None;
    }}
    Some({joined})""",
        _THREE,
        "Option<u16>",
    ),
    "masked": (
        "Return the word whose fields have the values `a`, `b` and `c`, in this order; of a value "
        "with more bits than its field, use as many of the lowest ones as the field has.",
        lambda a, b, c, fields: _joined(
            [v % 2**width for v, (width, _) in zip((a, b, c), fields, strict=True)], fields
        ),
        "{masked}",
        _THREE,
        "u16",
    ),
    "saturated": (
        "Return the word whose fields have the values `a`, `b` and `c`, in this order; in place of "
        "a value that is too large for its field, use the largest that the field can have.",
        lambda a, b, c, fields: _joined(
            [min(v, 2**width - 1) for v, (width, _) in zip((a, b, c), fields, strict=True)], fields
        ),
        "{saturated}",
        _THREE,
        "u16",
    ),
    "set": (
        "Return `word` with the value of its second field changed to `value`, or None if that is "
        "too large for the field.",
        lambda w, value, fields: _strict(
            _held(w, fields)[0], value, _held(w, fields)[2], fields
        ),
        """if value > {mb} {{
        return None;
    }}
    let others = word & !({mb} << {sb});
    Some(others | (value << {sb}))""",
        _WITH_VALUE,
        "Option<u16>",
    ),
    "counted": (
        "Return `word` with the value of its second field made larger by 1. If that has been the "
        "largest that the field can have, it becomes 0, and the value of the first field is made "
        "larger by 1 in the same way: the largest becomes 0, and that is all.",
        _counted,
        """let (mut a, mut b, c) = ({a}, {b}, {c});
    b = (b + 1) & {mb};
    if b == 0 {{
        a = (a + 1) & {ma};
    }}
    {joined}""",
        _WORD,
        "u16",
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 4: streams of codes

# name -> words, a regular expression of a code, Python (of a match), Rust (the body of `first`).
_CODES: dict[str, tuple[str, str, Callable[[Any], int], str]] = {
    "fixed": (
        "A number is written as 5 bits, the highest one first.",
        "(.{5})",
        lambda m: int(m[1], 2),
        "    Some((number(bits.get(..5)?), 5))\n",
    ),
    "unary": (
        "A number n is written as n bits that are 1 and then one that is 0.",
        "(1*)0",
        lambda m: len(m[1]),
        """    let ones = bits.iter().position(|&bit| bit == 0)?;
    Some((ones as u32, ones + 1))
""",
    ),
    "sized": (
        "A number is written as 3 bits, which make, the highest one first, a number n from 0 to 7, "
        "and then n bits, the highest one first (no bits stand for 0; a number may have more bits "
        "than it needs).",
        "|".join(f"({n:03b})(.{{{n}}})" for n in range(8)),
        lambda m: int("0" + "".join(filter(None, m.groups()))[3:], 2),
        """    let size = number(bits.get(..3)?) as usize;
    let value = number(bits.get(3..3 + size)?);
    Some((value, 3 + size))
""",
    ),
    "gamma": (
        "A number from 1 on is written as its bits from its highest 1 on, the highest first, and "
        "in front of them one bit less than these that are 0.",
        "|".join(f"(0{{{n}}}1.{{{n}}})" for n in range(48)),
        lambda m: int(m[0], 2),
        """    let zeros = bits.iter().position(|&bit| bit == 1)?;
    let end = 2 * zeros + 1;
    Some((number(bits.get(zeros..end)?), end))
""",
    ),
    "signed": (
        "A number is written as 4 bits and stands for the value of the last three of them, the "
        "highest first, if the first one is 0, and for that value plus 100 if the first one is 1.",
        "(.)(...)",
        lambda m: int(m[2], 2) + 100 * int(m[1]),
        """    let value = number(bits.get(1..4)?);
    Some((value + 100 * bits[0], 4))
""",
    ),
}

# ---------------------------------------------------------------- 5: checksums, mended codes

_POLYNOMIALS = {8: 0x2F, 16: 0x8BB7}


def _checksum(data: Sequence[int], width: int, high: bool) -> int:
    """As a remainder of polynomials, in one big number whose bits are taken from the front."""
    polynomial = 1 << width | _POLYNOMIALS[width]
    bits = "".join(f"{byte:08b}" if high else f"{byte:08b}"[::-1] for byte in data)
    number = int("0" + bits + "0" * width, 2)
    while number >> width:
        number ^= polynomial << number.bit_length() - width - 1
    return number if high else int(f"{number:0{width}b}"[::-1], 2)


def _tail(data: Sequence[int], width: int, high: bool) -> list[int]:
    return list(_checksum(data, width, high).to_bytes(width // 8, "big"))


def _is_framed(data: Sequence[int], width: int, high: bool) -> bool:
    size = len(data) - width // 8
    return size >= 0 and list(data[size:]) == _tail(data[:size], width, high)


def _mends(data: list[int], width: int, high: bool) -> tuple[int, int] | None:
    if _is_framed(data, width, high):
        return None
    for i, byte in enumerate(data):
        for place in range(8):
            if _is_framed([*data[:i], byte ^ 1 << place, *data[i + 1 :]], width, high):
                return (i, place)
    return None


_FRAME = " A frame is some bytes (maybe none) and then their checksum{tail}."
# name -> words, Python, Rust, type; in Rust, `checksum` is given.
_SUMMED: _Typed = {
    "sum": ("Return the checksum of `bytes`.", _checksum, "", ""),
    "payload": (
        "{frame} Return the bytes of the frame `bytes` without the checksum, or None if `bytes` is "
        "no frame.",
        lambda data, width, high: (
            data[: len(data) - width // 8] if _is_framed(data, width, high) else None
        ),
        """pub fn check(bytes: &[u8]) -> Option<Vec<u8>> {{
    let ({pair}) = bytes.{split}?;
    (checksum(data) == {sum}).then(|| data.to_vec())
}}
""",
        "Option<Vec<u8>>",
    ),
    "mended": (
        "{frame} If `bytes` is a frame, return None. Else find out whether it becomes one by "
        "changing a single bit: return the pair of the index of the byte (from 0) and the place of "
        "the bit in it (0 is the lowest), or None if there is no such bit; if there are several, "
        "return the one with the lowest index, and of these the one with the lowest place.",
        _mends,
        """pub fn check(bytes: &[u8]) -> Option<(usize, u32)> {{
    let mut changed = bytes.to_vec();
    for index in 0..bytes.len() {{
        for place in 0..8 {{
            changed[index] = bytes[index] ^ (1 << place);
            if is_frame(&changed) {{
                return Some((index, place));
            }}
        }}
        changed[index] = bytes[index];
    }}
    None
}}

fn is_frame(bytes: &[u8]) -> bool {{
    bytes
        .{split}
        .is_some_and(|({pair})| checksum(data) == {sum})
}}
""",
        "Option<(usize, u32)>",
    ),
}


def _mend(code: int) -> tuple[int | None, bool]:
    """The value of a code, or None, and whether a bit was wrong: by comparing with all 16."""
    for value in range(16):
        wrong = _encoded(value) ^ code
        if wrong.bit_count() < 2:
            return value, wrong > 0
    return None, True


def _encoded(value: int) -> int:
    code = sum((value >> i & 1) << place for i, place in enumerate((3, 5, 6, 7)))
    places = [place for place in range(8) if code >> place & 1]
    check = functools.reduce(operator.xor, places, 0)
    code |= sum((check >> i & 1) << place for i, place in enumerate((1, 2, 4)))
    return code | code.bit_count() % 2


_BROKEN: dict[str, tuple[str, str]] = {
    "error": ("if one is broken, return Err with the index of the first one, from 0", "Result"),
    "dropped": ("leave out the broken ones", "Vec"),
}
_VALUES: dict[str, tuple[str, Callable[[list[int], int], Any], str, str]] = {
    "values": ("the values of the codes, in their order", lambda v, _: v, "values", "Vec<u8>"),
    "counted": (
        "a pair of the values of the codes, in their order, and how many codes had a wrong bit "
        "that was mended",
        lambda v, mended: (v, mended),
        "(values, mended)",
        "(Vec<u8>, usize)",
    ),
    "bytes": (
        "bytes of which each is made of the values of two codes, in their order: the first is its "
        "higher four bits, the second its lower four; if the last one has no other to go with it, "
        "the lower four bits are 0",
        lambda v, _: [16 * a + b for a, b in itertools.zip_longest(v[::2], v[1::2], fillvalue=0)],
        """values
        .chunks(2)
        .map(|pair| (pair[0] << 4) | pair.get(1).copied().unwrap_or(0))
        .collect()""",
        "Vec<u8>",
    ),
}


def _variants(level: int) -> list[tuple[Any, ...]]:
    tables: dict[int, list[tuple[Any, ...]]] = {
        1: [(("whole",), _WHOLE)],
        2: [(("places",), _CHOSEN, _FOUND)],
        3: [(("fields",), _LAYOUTS, ("high", "low"), _PACKED)],
        4: [(("stream",), ("high", "low"), _CODES, ("ignored", "strict"))],
        5: [
            (("checksum",), _POLYNOMIALS, (True, False), _SUMMED),
            (("mended",), _BROKEN, _VALUES),
        ],
    }
    return [names for listed in tables[level] for names in itertools.product(*listed)]


@family("bits", _variants)
def bits(kind: str, *parts: Any) -> Problem:
    makers: dict[str, Callable[..., Problem]] = {
        "whole": _whole, "places": _places, "fields": _packed, "stream": _stream,
        "checksum": _summed, "mended": _mended,
    }  # fmt: skip
    return makers[kind](*parts)


def _whole(name: str) -> Problem:
    words, python, rust, kind = _WHOLE[name]

    def arguments(draw: Draw) -> tuple[Any, ...]:
        word = draw.below(1 << draw.pick((4, 9, 16, 24, 32))) << draw.pick((0, 0, 1, 5, 8))
        word = ~word if draw.chance(0.3) else word
        return (word % 2**32,)

    return Problem(
        f"{_PLACES} Return {words}.",
        Interface("read", (("word", "u32"),), kind),
        f"pub fn read(word: u32) -> {kind} {{\n    {rust}\n}}\n",
        python,
        arguments,
        [
            (0,), (1,), (2,), (2**32 - 1,), (2**31,), (2**31 - 1,), (0xFF00,), (0x8001_8001,),
            (0xAAAA_AAAA,), (0x1234_5678,), (0x0001_0000,),
        ],
    )  # fmt: skip


def _places(chosen: str, found: str) -> Problem:
    words, is_chosen, test = _CHOSEN[chosen]
    what, report, rust, kind = _FOUND[found]
    reference = f"""pub fn read(word: u16) -> {kind} {{
    let chosen = (0..16).filter(|&place| is_chosen(word, place));
    {rust}
}}

fn is_chosen(word: u16, place: u32) -> bool {{
    {test}
}}
"""
    if found == "places":
        reference = reference.replace("let chosen = ", "").replace(
            ";\n    chosen.collect()", ".collect()"
        )

    def arguments(draw: Draw) -> tuple[Any, ...]:
        word = draw.below(1 << draw.pick((3, 8, 13, 16, 16)))
        return (word & draw.pick((0x7FFF, 0xFFFF, 0xF3CF)) | draw.pick((0, 0, 0xC000, 6)),)

    return Problem(
        f"{_PLACES} A place of `word`, from 0 to 15, is chosen if this is so: {words}. "
        f"Return {what}.",
        Interface("read", (("word", "u16"),), kind),
        reference,
        lambda word: report([place for place in range(16) if is_chosen(word, place)]),
        arguments,
        [
            (0,), (1,), (2,), (0x8000,), (0xC000,), (0xFFFF,), (0x7FFF,), (0xAAAA,), (0x5555,),
            (0x0FF0,), (0x9249,),
        ],
    )  # fmt: skip


def _packed(layout: str, order: str, packed: str) -> Problem:
    words, python, rust, parameters, kind = _PACKED[packed]
    fields = _fields(layout, order)
    largest = [2**width - 1 for width, _ in fields]
    (first, _), (second, _), (third, _) = fields

    def shifted(value: str, low: int) -> str:
        return f"({value} << {low})" if low else value

    def joined(make: Callable[[str, int], str]) -> str:
        listed = zip("abc", largest, fields, strict=True)
        return " | ".join(shifted(make(name, most), low) for name, most, (_, low) in listed)

    parts: dict[str, Any] = {
        "joined": joined(lambda name, _: name),
        "masked": joined(lambda name, most: f"({name} & {most})"),
        "saturated": joined(lambda name, most: f"{name}.min({most})"),
    }
    for name, most, (width, low) in zip("abc", largest, fields, strict=True):
        at = f"(word >> {low})" if low else "word"
        parts |= {f"m{name}": most, f"s{name}": low, f"w{name}": width, name: f"{at} & {most}"}
    takes = ", ".join(f"{name}: {kind}" for name, kind in parameters)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        def value(width: int) -> int:
            most = (1 << width) - 1
            return draw.pick((draw.below(most), draw.below(most), most, most, most + 1,
                              draw.between(most, 4 * most)))  # fmt: skip

        if packed in ("strict", "masked", "saturated"):
            return tuple(value(width) for width, _ in fields)
        word = _joined([min(value(width), 2**width - 1) for width, _ in fields], fields)
        return (word, value(second)) if packed == "set" else (word,)

    edges: list[tuple[Any, ...]] = [(0,), (1,), (0xFFFF,), (0x8000,), (0x7FFF,), (0x0FF0,)]
    full = _joined([0, 2**second - 1, 0], fields)
    edges += [(full,), (0xFFFF ^ full,)]
    if packed == "set":
        values = (0, 1, 2**second - 1, 2**second, 0xFFFF)
        edges = [(word, value) for word in (0, 0xFFFF) for value in values]
    elif len(parameters) == 3:
        zero, most = (0, 0, 0), tuple(largest)
        more = [tuple(v + (i == j) for i, v in enumerate(most)) for j in range(3)]
        edges = [zero, most, *more, (1, 1, 1), (1, 0, 0), (0, 1, 0), (0, 0, 1)]
    return Problem(
        f"A word of 16 bits has three fields: the first has {first} bits, the second {second}, the "
        f"third {third}. The first field is in the {'lowest' if order == 'low' else 'highest'} "
        f"bits, the second in those next to it, the third in the "
        f"{'highest' if order == 'low' else 'lowest'}. {words}",
        Interface("pack" if len(parameters) == 3 else "read", parameters, kind),
        f"pub fn {'pack' if len(parameters) == 3 else 'read'}({takes}) -> {kind} {{\n"
        f"    {rust.format(**parts)}\n}}\n",
        lambda *given: python(*given, fields),
        arguments,
        edges,
    )


def _stream(order: str, codes: str, rest: str) -> Problem:
    words, pattern, python, body = _CODES[codes]
    strict = rest == "strict"
    kind = "Option<Vec<u32>>" if strict else "Vec<u32>"
    ending = (
        """    if rest.contains(&1) {
        return None;
    }
    Some(values)
"""
        if strict
        else "    values\n"
    )
    number = """
fn number(bits: &[u32]) -> u32 {
    bits.iter().fold(0, |number, bit| 2 * number + bit)
}
"""
    places = "(0..8).rev()" if order == "high" else "(0..8)"
    reference = f"""pub fn read(bytes: &[u8]) -> {kind} {{
    let bits = bits(bytes);
    let mut rest = bits.as_slice();
    let mut values = Vec::new();
    while let Some((value, used)) = first(rest) {{
        values.push(value);
        rest = &rest[used..];
    }}
{ending}}}

fn bits(bytes: &[u8]) -> Vec<u32> {{
    let of_byte = |&byte: &u8| {places}.map(move |place| u32::from(byte >> place) & 1);
    bytes.iter().flat_map(of_byte).collect()
}}

/// The first number and how many bits it takes.
fn first(bits: &[u32]) -> Option<(u32, usize)> {{
{body}}}
{number if "number(" in body else ""}"""

    def cut(text: str) -> tuple[list[int], str]:
        values, end = [], 0
        while match := re.compile(pattern).match(text, end):
            values.append(python(match))
            end = match.end()
        return values, text[end:]

    def oracle(data: list[int]) -> Any:
        listed = [f"{byte:08b}"[:: 1 if order == "high" else -1] for byte in data]
        values, left = cut("".join(listed))
        return None if strict and "1" in left else values

    def arguments(draw: Draw) -> tuple[Any, ...]:
        text = "".join(draw.pick("01") for _ in range(8 * draw.between(1, 5)))
        if draw.chance(0.6):  # let what is left be zeros, or little
            left = len(cut(text)[1])
            text = text[: len(text) - left] + "0" * left
        listed = [text[i : i + 8][:: 1 if order == "high" else -1] for i in range(0, len(text), 8)]
        return ([int(byte, 2) for byte in listed],)

    first = "highest" if order == "high" else "lowest"
    last = (
        "If there are bits at the end that do not make a whole number, and at least one of them is "
        "1, return None; if all are 0, ignore them"
        if strict
        else "Ignore bits at the end that do not make a whole number"
    )
    return Problem(
        f"Numbers are written as bits, one after the other without anything between. {words} Eight "
        f"bits make a byte: the first of them is its {first} one. Read `bytes` from left to right. "
        f"{last}. Return the numbers in their order.",
        Interface("read", (("bytes", "&[u8]"),), kind),
        reference,
        oracle,
        arguments,
        [
            ([],), ([0],), ([255],), ([1],), ([128],), ([0b0101_1010],), ([254, 1],), ([127, 128],),
            ([0, 0, 64, 200],), ([17, 34, 68, 136],),
        ],
    )  # fmt: skip


def _summed(width: int, high: bool, summed: str) -> Problem:
    words, python, rust, kind = _SUMMED[summed]
    number = f"u{width}"
    pair, split, total, tail = "sum, data", "split_last()", "*sum", " as one more byte"
    if width == 16:
        pair, split, total = "data, sum", "split_last_chunk()", "u16::from_be_bytes(*sum)"
        tail = " as two more bytes, of which the first has the higher eight bits"
    polynomial = _POLYNOMIALS[width]
    if not high:
        polynomial = int(f"{polynomial:0{width}b}"[::-1], 2)
    top = "lowest" if not high else "highest"
    byte = "byte" if width == 8 else "u16::from(byte)"
    if width == 16 and high:
        byte += " << 8"
    joins = "the byte" + (" times 256" if width == 16 and high else "")
    test = f"sum & {1 << width - 1:#x} != 0" if high else "sum & 1 != 0"
    one = "<< 1" if high else ">> 1"
    name = "checksum" if summed == "sum" else "check"
    reference = rust.format(pair=pair, split=split, sum=total)
    reference += f"""{"" if summed == "sum" else chr(10)}\
{"pub " if summed == "sum" else ""}fn checksum(bytes: &[u8]) -> {number} {{
    let mut sum = 0;
    for &byte in bytes {{
        sum ^= {byte};
        for _ in 0..8 {{
            sum = if {test} {{
                (sum {one}) ^ {polynomial:#x}
            }} else {{
                sum {one}
            }};
        }}
    }}
    sum
}}
"""
    reference = reference.replace("let mut sum = 0;", f"let mut sum: {number} = 0;")

    def arguments(draw: Draw) -> tuple[Any, ...]:
        data = [draw.pick((draw.below(256), 0, 1, 128, 255)) for _ in range(draw.below(6))]
        if summed != "sum" and not draw.chance(0.15):
            data += _tail(data, width, high)
            if draw.chance(0.7 if summed == "mended" else 0.4):
                data[draw.below(len(data))] ^= 1 << draw.below(8)
        return (data,)

    edges: list[tuple[list[int]]] = [([],), ([0],), ([1],), ([128],), ([255, 255],), ([7, 0, 0],)]
    if summed != "sum":
        framed = [*b"ab", *_tail(b"ab", width, high)]
        edges += [(framed,), (framed[:-1],), ([0, *framed],), ([0, 0],), ([4, 0],), ([0, 0, 16],)]
        edges += [([framed[0], framed[1] ^ 128, *framed[2:]],)]
    direction = "up" if high else "down"
    return Problem(
        f"The checksum of some bytes is a number of {width} bits. It is 0 at first. For each byte, "
        f"in their order: combine the checksum with {joins} by exclusive or; then do this eight "
        f"times: move all bits of the checksum by one place {direction}, where a 0 comes in at the "
        f"one end and the bit at the other end is lost, and if that lost bit (the {top} one) was "
        f"1, combine what is left with {polynomial:#x} by exclusive or."
        + words.format(frame=_FRAME.format(tail=tail)).replace("Return the ch", " Return the ch"),
        Interface(name, (("bytes", "&[u8]"),), kind or number),
        reference,
        lambda data: python(data, width, high),
        arguments,
        edges,
    )


def _mended(broken: str, values: str) -> Problem:
    words, wrapper = _BROKEN[broken]
    what, report, rust, inner = _VALUES[values]
    failing = wrapper == "Result"
    kind = f"Result<{inner}, usize>" if failing else inner
    counted = values == "counted"
    pushed = "values.push(value(code));"
    loop = "for (index, &byte) in codes.iter().enumerate()" if failing else "for &byte in codes"
    reference = f"""pub fn mend(codes: &[u8]) -> {kind} {{
    let mut values: Vec<u8> = Vec::new();
{"    let mut mended = 0;" + chr(10) if counted else ""}\
    {loop} {{
        let mut code = byte;
        let wrong = (1..8).fold(0, |xor, place| xor ^ (place * ((byte >> place) & 1)));
        if byte.count_ones() % 2 == 1 {{
            code ^= 1 << wrong;
{"            mended += 1;" + chr(10) if counted else ""}\
        }} else if wrong != 0 {{
            {"return Err(index);" if failing else "continue;"}
        }}
        {pushed}
    }}
    {f"Ok({rust})" if failing else rust}
}}

/// The bits at the places 3, 5, 6 and 7.
fn value(code: u8) -> u8 {{
    ((code >> 3) & 1) | ((code >> 4) & 14)
}}
"""

    def oracle(codes: list[int]) -> Any:
        found = [_mend(code) for code in codes]
        if failing and any(value is None for value, _ in found):
            return ("Err", [value for value, _ in found].index(None))
        kept = [(value, mended) for value, mended in found if value is not None]
        answer = report([value for value, _ in kept], sum(mended for _, mended in kept))
        return ("Ok", answer) if failing else answer

    def arguments(draw: Draw) -> tuple[Any, ...]:
        codes = [_encoded(draw.below(16)) for _ in range(draw.between(1, 7))]
        for i, _ in enumerate(codes):
            for _ in range(draw.pick((0, 0, 0, 0, 1, 1, 1, 1, 2 if draw.chance(0.5) else 1))):
                codes[i] ^= 1 << draw.below(8)
        return (codes,)

    return Problem(
        f"{_PLACES} A code is a byte that holds a value of four bits: the bit at place 3 is the "
        "lowest bit of the value, those at the places 5, 6 and 7 are the next higher ones, in "
        "this order; the other bits are for checking. Take the places of all bits of a code that "
        "are 1 and combine these numbers by exclusive or (0 if there are none): call that w. If "
        "an odd number of bits is 1, the bit at place w is wrong: change it before the value is "
        "taken. If an even number of bits is 1 and w is not 0, the code is broken; if w is 0, the "
        f"code is right. Read `codes` from left to right; {words}. Return {what}"
        f"{', in Ok' if failing else ''}.",
        Interface("mend", (("codes", "&[u8]"),), kind),
        reference,
        oracle,
        arguments,
        [
            ([],), ([0],), ([1],), ([255],), ([128, 0],), ([_encoded(v) for v in range(16)],),
            ([0, 3],), ([6, 0, 24],), ([_encoded(9) ^ 8, _encoded(5) ^ 1, _encoded(6)],),
            ([_encoded(1) ^ 1 << place for place in range(8)],),
        ],
    )  # fmt: skip
