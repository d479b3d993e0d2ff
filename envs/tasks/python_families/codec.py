"""Codes of texts, bytes and numbers, both ways: signs, runs, escapes, frames, growing tables."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from typing import Any

from ....verifiers.python.interface import Interface
from ..draw import Draw
from .family import Problem, family, raising, slip

_Slips = Sequence[tuple[str, str]]
_Draws = Callable[[Draw], Any]

# ---------------------------------------------------------------- 1: an expression


def _few_bytes(draw: Draw) -> bytes:
    return bytes(
        draw.pick((0, 15, 97, 122, 123, 255, draw.below(256))) for _ in range(draw.below(7))
    )


def _below(limit: int) -> _Draws:
    return lambda draw: [
        draw.pick((0, 1, limit - 1, draw.below(limit))) for _ in range(draw.below(8))
    ]


def _of(signs: str, most: int = 10) -> _Draws:
    return lambda draw: "".join(draw.pick(signs) for _ in range(draw.below(most)))


def _parts(draw: Draw) -> list[str]:
    return [_of("ab1:,", 12)(draw) for _ in range(draw.below(5))]


# name -> words, what `data` is, result, oracle, Python, slips, what draws `data`, and edges.
_WHOLE: dict[
    str, tuple[str, str, str, Callable[[Any], Any], str, _Slips, _Draws, Sequence[Any]]
] = {
    "swapped": (
        "Return the bytes in their order, each with its lower four bits and its higher four bits "
        "swapped", "bytes", "bytes",
        lambda d: bytes(int(f"{byte:02x}"[::-1], 16) for byte in d),
        "bytes(byte % 16 * 16 + byte // 16 for byte in data)",
        [("byte % 16 * 16 + byte // 16", "255 - byte"), ("+ byte // 16", "")],
        _few_bytes, [b"", b"\x01", b"\xf0\x0f", b"\xab\xcd\xef"],
    ),
    "parity": (
        "The numbers are from 0 to 127. Return them in their order, but 128 is added to each of "
        "those whose binary form has an odd number of ones", "list[int]", "list[int]",
        lambda d: [v + 128 if str(bin(v)).count("1") in (1, 3, 5, 7) else v for v in d],
        "[value + value.bit_count() % 2 * 128 for value in data]",
        [("value.bit_count() % 2", "value % 2"), (" * 128", " * 64")],
        _below(128), [[], [0], [1], [3], [127], [64, 65, 96, 7]],
    ),
    "binary": (
        "The numbers are from 0 to 255. Return their binary digits, eight for each number with "
        "zeros in front where it has fewer, in the order of the numbers, with one space between "
        "two of them", "list[int]", "str",
        lambda d: "".join(" " * (i > 0) + "".join(str(v >> n & 1) for n in range(7, -1, -1))
                          for i, v in enumerate(d)),
        '" ".join(f"{value:08b}" for value in data)',
        [("08b", "b"), ('" ".join', '"".join'), ("08b", "8b")],
        _below(256), [[], [0], [1], [255], [128, 5]],
    ),
    "pairs": (
        "Cut the text from its start into pieces of two characters. If the last one has a single "
        "character, an equals sign (=) is put behind that. Return the list of the pieces", "str",
        "list[str]",
        lambda d: ["".join(p) for p in itertools.zip_longest(d[::2], d[1::2], fillvalue="=")],
        '[data[at : at + 2].ljust(2, "=") for at in range(0, len(data), 2)]',
        [('.ljust(2, "=")', ""), ("ljust", "rjust"), ("len(data)", "len(data) - 1")],
        _of("ab="), ["", "a", "ab", "abc", "=a=", "abcabc"],
    ),
    "folded": (
        "Return a text of the same characters: first those at even indices (from 0), from left to "
        "right, then those at odd indices, from right to left", "str", "str",
        lambda d: "".join(d[i] for i in (*range(0, len(d), 2), *(
            i for i in range(len(d) - 1, -1, -1) if i % 2))),
        "data[::2] + data[1::2][::-1]",
        [("[1::2][::-1]", "[1::2]"), ("data[::2] + data[1::2][::-1]",
                                      "data[::2] + data[-1::-2]")],
        _of("abc"), ["", "a", "ab", "abcd", "abcdefg"],
    ),
    "escaped": (
        "Return the text with each tilde (~) in it replaced by two tildes, and each comma (,) by "
        "a tilde and the letter c", "str", "str",
        lambda d: "".join({"~": "~~", ",": "~c"}.get(c, c) for c in d),
        'data.replace("~", "~~").replace(",", "~c")',
        [('.replace("~", "~~").replace(",", "~c")', '.replace(",", "~c").replace("~", "~~")'),
         ('.replace("~", "~~")', "")],
        _of("a~,c"), ["", "~", ",", "~,", ",~c", "a"],
    ),
    "chain": (
        "Return the bytes in their order, each combined by exclusive or with the one that stands "
        "before it in `data`; the first one stays as it is", "bytes", "bytes",
        lambda d: b"".join(bytes([(x | y) - (x & y)]) for x, y in zip(d, b"\0" + d, strict=False)),
        "bytes(data[i] ^ data[i - 1] if i else data[i] for i in range(len(data)))",
        [(" if i else data[i]", ""), ("data[i] ^ data[i - 1] if i else data[i]",
                                      "data[i] ^ data[0] if i else data[i]")],
        _few_bytes, [b"", b"\x01", b"\x07\x07", b"\x01\x02\x04\xff", b"\x05\x00\x05"],
    ),
    "mirror": (
        "Return the text with each letter from a to z replaced by the one that is as far from the "
        "end of the alphabet as it is from the beginning (a by z, b by y, ...). All other "
        "characters, capital letters among them, stay as they are", "str", "str",
        lambda d: "".join(dict(zip("abcdefghijklmnopqrstuvwxyz", "zyxwvutsrqponmlkjihgfedcba",
                                   strict=True)).get(c, c) for c in d),
        '"".join(chr(219 - ord(sign)) if "a" <= sign <= "z" else sign for sign in data)',
        [('"a" <= sign <= "z"', '"a" < sign < "z"'), ('"a" <= sign <= "z"', "sign.isalpha()")],
        _of("abcmnyzAZ1 {`"), ["", "a", "z", "m", "AZ", "{`"],
    ),
    "checked": (
        "The numbers are from 0 to 9. Return them in their order, and after them one more number "
        "from 0 to 9, such that the sum of all is divisible by 10", "list[int]", "list[int]",
        lambda d: next([*d, n] for n in range(10) if str(sum([*d, n]))[-1] == "0"),
        "[*data, -sum(data) % 10]",
        [("-sum(data) % 10", "sum(data) % 10"), ("-sum(data) % 10", "10 - sum(data) % 10")],
        _below(10), [[], [0], [5], [9, 1], [3, 4], [9, 9, 9, 9]],
    ),
    "prefixed": (
        "Return one text in which each of the texts stands in their order: the number of its "
        "characters in decimal digits, a colon (:) and then the text, with nothing between one of "
        "them and the next", "list[str]", "str",
        lambda d: "".join(itertools.chain.from_iterable((str(len(p)), ":", p) for p in d)),
        '"".join(f"{len(part)}:{part}" for part in data)',
        [("{len(part)}", "{len(data)}"), ('"".join', '",".join')],
        _parts, [[], [""], ["a"], ["a", ""], ["1:1", "bb"]],
    ),
    "percent": (
        "Return a text with one character for each byte from 97 to 122 (the letters from a to z "
        "in ASCII), that letter, and three characters for each other byte: a percent sign (%) and "
        "its two digits in base 16 (0 to 9 and a to f), the higher one first", "bytes", "str",
        lambda d: re.sub("%(..)", lambda m: chr(int(m[1], 16)) if re.fullmatch(
            "6[1-9a-f]|7[0-9a]", m[1]) else m[0], "".join(f"%{byte:02x}" for byte in d)),
        '"".join(chr(byte) if 97 <= byte <= 122 else f"%{byte:02x}" for byte in data)',
        [("02x", "x"), ("97 <= byte <= 122", "97 < byte < 122")],
        _few_bytes, [b"", b"a", b"z", b"`{", b"\x00\xff", b"%a"],
    ),
    "stripes": (
        "Return the list of the texts, each without the characters at its start in which it "
        "agrees with the text just before it in `data`: without the longest start that both have. "
        "The first one stays as it is", "list[str]", "list[str]",
        lambda d: [p[max(n for n in range(len(p) + 1) if ["", *d][i].startswith(p[:n])) :]
                   for i, p in enumerate(d)],
        "[part[len(commonprefix([part, before])) :] for before, part in zip(befores, data)]",
        [('["", *data]', '["", *data[:1], *data]'), ("commonprefix([part, before])", "before")],
        lambda draw: [_of("aab", 5)(draw) for _ in range(draw.below(6))],
        [[], [""], ["ab"], ["ab", "ab"], ["ab", "abc"], ["abc", "ab"], ["b", "ab", "aa", "aab"],
         ["?a", "?b"], ["?", "a?"]],
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 2: runs
#
# name -> words, result, oracle (of the runs and the places at which they start), the end of the
# reference (of `runs`), and slips.
_Runs = list[str]
_FORM: dict[str, tuple[str, str, Callable[[_Runs, list[int]], Any], str, _Slips]] = {
    "before": (
        "a text in which each run is the number of its characters in decimal digits and then its "
        "character", "str",
        lambda runs, _: "".join(f"{len(r)}{r[0]}" for r in runs),
        '    return "".join(f"{count}{sign}" for sign, count in runs)\n',
        [("{count}{sign}", "{sign}{count}"), ("{count}{sign}", "{text.count(sign)}{sign}")],
    ),
    "saved": (
        "a text in which each run is its character and then, if it has more than one, the number "
        "of its characters in decimal digits", "str",
        lambda runs, _: "".join(r[0] + str(len(r))[: 99 * (r[1:] > "")] for r in runs),
        '    return "".join(f"{sign}{count}" if count > 1 else sign for sign, count in runs)\n',
        [("if count > 1 else sign", "if count else sign"), ("{sign}{count}", "{count}{sign}")],
    ),
    "long": (
        "a text in which each run of 3 or more characters is its character, an asterisk (*) and "
        "the number of its characters in decimal digits, while a shorter run is its character, "
        "once or twice", "str",
        lambda runs, _: "".join(r[0] * len(r) if len(r) in (1, 2) else f"{r[0]}*{len(r)}"
                                for r in runs),
        '    return "".join(\n        f"{sign}*{count}" if count >= 3 else sign * count\n'
        "        for sign, count in runs\n    )\n",
        [("count >= 3", "count > 3"), ("count >= 3 else sign * count", "count >= 3 else sign")],
    ),
    "tuples": (
        "a list with a pair (character, number of characters) for each run",
        "list[tuple[str, int]]",
        lambda runs, _: [(r[0], len(r)) for r in runs],
        "    return runs\n",
        [("return runs", "return sorted(runs)"),
         ("return runs", "return [(sign, text.count(sign)) for sign, _ in runs]")],
    ),
    "starts": (
        "a list with a pair (character, index in `text`, from 0, at which the run starts) for each "
        "run", "list[tuple[str, int]]",
        lambda runs, at: list(zip([r[0] for r in runs], at, strict=True)),
        "    starts: list[tuple[str, int]] = []\n    start = 0\n    for sign, count in runs:\n"
        "        starts.append((sign, start))\n        start += count\n    return starts\n",
        [("(sign, start)", "(sign, len(starts))"), ("(sign, start)", "(sign, text.index(sign))")],
    ),
    "tail": (
        "a text of two parts with a slash (/) between them: first the characters of the runs, one "
        "for each run, then the numbers of their characters in decimal digits with a comma (,) "
        "between two of them", "str",
        lambda runs, _: "".join(r[0] for r in runs) + "/" + ",".join(str(len(r)) for r in runs),
        '    signs = "".join(sign for sign, _ in runs)\n'
        '    return signs + "/" + ",".join(str(count) for _, count in runs)\n',
        [('",".join', '"".join'), ('"".join(sign', '",".join(sign')],
    ),
}  # fmt: skip
# name -> words, second parameter, oracle (a pattern of a run), a check, a condition (that the run
# goes on), and slips.
_CUT: dict[str, tuple[str, bool, Callable[[int], str], str, str, _Slips]] = {
    "equal": (
        "A run is a part of `text`, as long as possible, in which all characters are equal.",
        False, lambda _: r"(?s)(.)\1*", "", "runs[-1][0] == sign",
        [("runs[-1][0] == sign", "runs[0][0] == sign")],
    ),
    "limit": (
        "A run is a part of `text`, as long as possible but of no more than `limit` characters, in "
        "which all characters are equal: where more than `limit` equal characters follow one "
        "another, they are cut from the left into runs of `limit` characters, and what is left is "
        "the last run. A `limit` below 1 raises ValueError, also if `text` is empty.",
        True, lambda limit: rf"(?s)(.)\1{{0,{limit - 1}}}",
        '    if limit < 1:\n        raise ValueError("a run has at least one character")\n',
        "runs[-1][0] == sign and runs[-1][1] < limit",
        [("< limit:", "<= limit:")],
    ),
    "case": (
        "A run is a part of `text`, as long as possible, in which all characters are equal or "
        "differ only in that some are lower and some are upper case. The character of a run is "
        "the first one in it. Texts are ASCII.",
        False, lambda _: r"(?s)(.)(?i:\1)*", "", "runs[-1][0].lower() == sign.lower()",
        [("runs[-1][0].lower() == sign.lower()", "runs[-1][0] == sign")],
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 3: escapes
#
# name -> words, oracle (a pattern of what may follow a sign, and what it gives, of a match and what
# is there so far), a condition of `rest`, what is found, its width, slips, and parts of texts.
_Escape = tuple[str, str, Callable[[Any, str], str | None], str, str, str, _Slips, Sequence[str]]
_ESCAPES: dict[str, _Escape] = {
    "repeat": (
        "A ^ must be followed by a digit from 1 to 9 and one more character, which may be any; all "
        "three together stand for as many of that character as the digit says.",
        r"([1-9])(.)", lambda m, _: m[2] * int(m[1]),
        '"1" <= rest[:1] <= "9" and len(rest) > 1', "rest[1] * int(rest[0])", "2",
        [("rest[1] * int(rest[0])", "rest[1] * (int(rest[0]) + 1)"),
         ("rest[1] * int(rest[0])", "rest[0] * int(rest[1:2])")],
        ["^1a", "^3b", "^2^", "^9c", "^21", "^:a", "^0a", "^a", "^", "^^a", "^4"],
    ),
    "capital": (
        "A ^ must be followed by one of the letters from a to z or by another ^. With a letter it "
        "stands for that letter in upper case; ^^ stands for one ^.",
        "[a-z^]", lambda m, _: m[0].upper(),
        'rest[:1] == "^" or "a" <= rest[:1] <= "z"', "rest[0].upper()", "1",
        [('rest[:1] == "^" or ', ""), ("rest[0].upper()", 'rest[0].upper() + "^"')],
        ["^a", "^z", "^b", "^^", "^^a", "^1", "^A", "^{", "^`", "^", "^^^"],
    ),
    "back": (
        "A ^ must be followed by a digit from 1 to 9; both together stand for the character that "
        "is that many places from the end of what has been decoded so far (1: the last one), where "
        "there must be one.",
        "[1-9]", lambda m, done: [*done][-int(m[0])] if int(m[0]) <= len(done) else None,
        '"1" <= rest[:1] <= "9" and int(rest[0]) <= len(found)', "found[-int(rest[0])]", "1",
        [("found[-int(rest[0])]", "found[int(rest[0]) - 1]"), ("<= len(found)", "< len(found)")],
        ["^1", "^2", "^3", "^1^1", "bcabcab^9", "^:", "^9", "^0", "^^", "^", "^8"],
    ),
    "literal": (
        "A ^ must be followed by a digit from 1 to 9 and then by at least as many characters as "
        "the digit says; all these together stand for those characters, exactly as they are, also "
        "if there is a ^ among them.",
        "|".join(f"{n}(?P<of{n}>.{{{n}}})" for n in range(1, 10)), lambda m, _: m[0][1:],
        '"1" <= rest[:1] <= "9" and int(rest[0]) < len(rest)', "rest[1 : int(rest[0]) + 1]",
        "int(rest[0]) + 1 ",
        [("rest[1 : int(rest[0]) + 1]", "rest[1 : int(rest[0])]"),
         ("int(rest[0]) < len(rest)", "rest[1:]")],
        ["^1^", "^2a^", "^3^^^", "^1a", "^9abcdefghi", "^0", "^:a", "^a", "^", "^4ab", "^2b1"],
    ),
    "code": (
        "A ^ must be followed by two digits from 0 to 9; all three together stand for the letter "
        "of that number: 00 is a, 01 is b, and 25, the largest, is z.",
        "[01][0-9]|2[0-5]", lambda m, _: "abcdefghijklmnopqrstuvwxyz"[int(m[0])],
        're.fullmatch("[0-9][0-9]", rest[:2]) and int(rest[:2]) < 26', 'chr(int(rest[:2]) + 97)',
        "2",
        [("int(rest[:2]) + 97", "int(rest[:2]) + 96"), ("< 26", "< 25")],
        ["^00", "^25", "^01", "^12", "^26", "^99", "^1", "^a1", "^", "^071", "^1a", "^^03"],
    ),
    "until": (
        "A ^ must be followed by two or more characters, the last of which is the nearest one that "
        "is equal to the first: ^ and all these stand for what is between those two, exactly as it "
        "is, be it nothing.",
        r"(.)(.*?)\1", lambda m, _: m[2],
        "rest.find(rest[:1], 1) != -1", "rest[1 : rest.find(rest[0], 1)]",
        "rest.find(rest[0], 1) + 1 ",
        [("rest.find(rest[0], 1)]", "rest.rfind(rest[0])]"), ("rest[1 : rest", "rest[0 : rest")],
        ["^aba", "^aa", "^1^^1", "^^1^", "^a", "^", "^abc", "^aa1", "^^aa"],
    ),
}  # fmt: skip
# name -> words, what the reference does, and a slip.
_MALFORMED: dict[str, tuple[str, str, str]] = {
    "raises": (
        "If a ^ is not followed by what must follow it, raise ValueError.",
        "            raise ValueError(text)\n", "            found.append(sign)\n",
    ),
    "kept": (
        "A ^ that is not followed by what must follow it stands for itself, and decoding goes on "
        "with the character just after it.",
        "            found.append(sign)\n",
        "            pass\n",
    ),
    "ends": (
        "If a ^ is not followed by what must follow it, decoding ends: what was decoded before "
        "that ^ is the result.",
        "            break\n", "            continue\n",
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 4: frames
#
# name -> words, oracle (a pattern of the head, and the body's size of a match), Python, a slip, how
# a head is drawn.
_HEADS: dict[str, tuple[str, str, Callable[[Any], int], str, tuple[str, str], Callable[..., str]]]
_HEADS = {
    "decimal": (
        "the number of the body's characters, which has one or two decimal digits, without a 0 in "
        "front unless it is 0 itself, and a colon (:)",
        "(0|[1-9][0-9]?):", lambda m: int(m[1]),
        '    head = re.match("(0|[1-9][0-9]?):", stream[at:])\n'
        "    if head is None:\n        return None\n"
        "    start = at + head.end()\n    end = start + int(head[1])\n",
        ("[1-9][0-9]?", "[1-9]"), lambda size: f"{size}:",
    ),
    "letter": (
        "one letter from a to z that tells the number of the body's characters, where a is 0, b is "
        "1, and so on",
        "[a-z]", lambda m: "abcdefghijklmnopqrstuvwxyz".index(m[0]),
        '    if not "a" <= stream[at] <= "z":\n        return None\n'
        '    start = at + 1\n    end = start + ord(stream[at]) - ord("a")\n',
        ('- ord("a")', '- ord("a") + 1'), lambda size: "abcdefghijklmnopqrstuvwxyz"[size],
    ),
    "stars": (
        "as many asterisks (*) as the body has characters, and a bar (|)",
        "([*]*)[|]", lambda m: len(m[1]),
        '    stars, bar, _ = stream[at:].partition("|")\n'
        '    if stars.strip("*") or not bar:\n        return None\n'
        "    start = at + len(stars) + 1\n    end = start + len(stars)\n",
        ("end = start + len(stars)", "end = start + len(stars) + 1"),
        lambda size: "*" * size + "|",
    ),
}  # fmt: skip
# name -> words, oracle, Python (of `body`), and a slip.
_CHECKS: dict[str, tuple[str, Callable[[str], str], str, tuple[str, str]]] = {
    "echo": (
        "the last character of the body once more, or a 0 if the body is empty",
        lambda body: ("0" + body)[-1], '(body[-1:] or "0")', ("body[-1:]", "body[:1]"),
    ),
    "sum": (
        "the last decimal digit of the sum of the codes of the body's characters (those that `ord` "
        "gives; 0 if the body is empty)",
        lambda body: f"{sum(body.encode())}"[-1], "str(sum(map(ord, body)) % 10)",
        ("sum(map(ord, body))", "len(body)"),
    ),
    "rises": (
        "a decimal digit that tells how many characters of the body have a code (that which `ord` "
        "gives) greater than that of the character just before them in the body; of a number above "
        "9, its last digit",
        lambda body: str(len([i for i in range(1, len(body)) if body[i - 1 : i] < body[i]]))[-1:],
        "str(sum(a < b for a, b in zip(body, body[1:])) % 10)",
        ("a < b", "a <= b"),
    ),
}  # fmt: skip
# name -> words, result, what the reference does, and its end, and a slip.
_LOST: dict[str, tuple[str, str, str, str, tuple[str, str]]] = {
    "raises": (
        "Frames follow one another from the beginning of `stream` to its end. If there is no "
        "frame where one should begin, raise ValueError. Return the list of the bodies.",
        "list[str]", "            raise ValueError(at)\n", "bodies",
        ("            raise ValueError(at)\n", "            break\n"),
    ),
    "skips": (
        "Look for a frame at the beginning of `stream`. Where there is one, go on just after it; "
        "where there is none, go on at the next character. Return the list of the bodies.",
        "list[str]", "            at += 1\n            continue\n", "bodies",
        ("            at += 1\n            continue\n", "            break\n"),
    ),
    "rest": (
        "Frames follow one another from the beginning of `stream`. Return a pair: the list of the "
        "bodies up to the first place at which no frame begins, or to the end, and the part of "
        "`stream` from that place on (an empty text at the end).",
        "tuple[list[str], str]", "            break\n", "bodies, stream[at:]",
        ("stream[at:]", "stream[at + 1 :]"),
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 5: a table that grows
#
# name -> words, oracle (of the phrase before and the phrase; the first has "" before it), Python,
# and a slip.
_GROWTH: dict[str, tuple[str, Callable[[str, str], str], str, tuple[str, str]]] = {
    "pair": (
        "the phrase used just before it, followed by the phrase itself (for the first one used "
        "there is no such phrase)",
        lambda before, phrase: f"{before}{phrase}", "before + phrase",
        ("before + phrase", "phrase + before"),
    ),
    "first": (
        "the phrase used just before it, followed by the first character of the phrase itself (for "
        "the first one used there is no such phrase)",
        lambda before, phrase: "".join([before, *phrase][: len(phrase) and 2]),
        "before + phrase[0]", ("before + phrase[0]", "before + phrase[-1]"),
    ),
    "last": (
        "the last character of the phrase used just before it, followed by the phrase itself (for "
        "the first one used there is no such phrase)",
        lambda before, phrase: "".join([*before][-1:]) + phrase, "before[-1:] + phrase",
        ("before[-1:]", "before[:1]"),
    ),
    "twice": (
        "the phrase itself, written twice", lambda _, phrase: phrase * 2, "phrase + phrase",
        ("phrase + phrase", "before + phrase"),
    ),
}  # fmt: skip
# name -> words, the rest of the reference, and a slip.
_FULL: dict[str, tuple[str, str, tuple[str, str]]] = {
    "stops": (
        "Nothing is added while the table has `limit` phrases.",
        "    if phrase not in table and len(table) < limit:\n        table.append(phrase)\n",
        ("len(table) < limit", "len(table) <= limit"),
    ),
    "anew": (
        "If the table has `limit` phrases when one is to be added, it first becomes again what it "
        "was at first.",
        "    if phrase in table:\n        return\n"
        "    if len(table) == limit:\n        table[:] = alphabet\n    table.append(phrase)\n",
        ("        table[:] = alphabet\n", "        table.pop()\n"),
    ),
}  # fmt: skip
# name -> words, parameter, result, first lines, the loop that finds `phrase`, the end, and a slip.
_WAYS: dict[str, tuple[str, tuple[str, str], str, str, str, str, tuple[str, str]]] = {
    "encode": (
        "`text` is encoded. As long as any of it is left, the longest phrase of the table with "
        "which the rest of `text` begins is used: its number is the next of the result, and the "
        "phrase is taken away from the beginning of the rest. If there is no such phrase, raise "
        "ValueError.",
        ("text", "str"), "list[int]", "    numbers: list[int] = []\n",
        "    while text:\n"
        "        known = [phrase for phrase in table if text.startswith(phrase)]\n"
        "        if not known:\n            raise ValueError(text)\n"
        "        phrase = max(known, key=len)\n        numbers.append(table.index(phrase))\n"
        "        text = text.removeprefix(phrase)\n",
        "numbers", ("phrase = max(known, key=len)", "phrase = known[0]"),
    ),
    "decode": (
        "`numbers` are decoded. For each of them, in their order, the phrase with that number is "
        "used: it is the next part of the result. If the table has no phrase with that number, as "
        "it is below 0 or too large, raise ValueError.",
        ("numbers", "list[int]"), "str", '    text = ""\n',
        "    for number in numbers:\n        if not 0 <= number < len(table):\n"
        "            raise ValueError(number)\n"
        "        phrase = table[number]\n        text += phrase\n",
        "text", ("0 <= number < len(table)", "number < len(table)"),
    ),
}  # fmt: skip


def _variants(level: int) -> list[tuple[Any, ...]]:
    if level == 1:
        return [(1, name) for name in _WHOLE]
    if level == 2:
        return [(2, form, cut) for form in _FORM for cut in _CUT]
    if level == 3:
        return [(3, escape, malformed) for escape in _ESCAPES for malformed in _MALFORMED]
    if level == 4:
        return [(4, head, check, lost) for head in _HEADS for check in _CHECKS for lost in _LOST]
    return [(5, growth, full, way) for growth in _GROWTH for full in _FULL for way in _WAYS]


@family("codec", _variants)
def codec(level: int, *key: str) -> Problem:
    return _LEVELS[level](*key)


def _whole(name: str) -> Problem:
    words, kind, returns, oracle, python, slips, draws, edges = _WHOLE[name]
    first, line = "", ""
    if "commonprefix" in python:
        first = "from os.path import commonprefix\n\n\n"
        line = '    befores = ["", *data]\n'
    reference = f"{first}def codec(data: {kind}) -> {returns}:\n{line}    return {python}\n"
    return Problem(
        f"{words}.",
        Interface("codec", (("data", kind),), returns),
        reference,
        oracle,
        lambda draw: (draws(draw),),
        [(edge,) for edge in edges],
        [slip(reference, change) for change in slips],
    )


def _runs(form: str, cut: str) -> Problem:
    words, returns, tell, python, slips = _FORM[form]
    rule, limited, pattern, check, goes_on, more = _CUT[cut]
    parameters = (("text", "str"), *([("limit", "int")] if limited else []))
    listed = ", ".join(f"{name}: {kind}" for name, kind in parameters)
    reference = (
        f"def codec({listed}) -> {returns}:\n{check}"
        "    runs: list[tuple[str, int]] = []\n    for sign in text:\n"
        f"        if runs and {goes_on}:\n"
        "            runs[-1] = (runs[-1][0], runs[-1][1] + 1)\n"
        f"        else:\n            runs.append((sign, 1))\n{python}"
    )

    def oracle(text: str, limit: int = 99) -> Any:
        if limit < 1:
            raise raising("ValueError")
        found = list(re.finditer(pattern(limit), text))
        return tell([m[0] for m in found], [m.start() for m in found])

    def arguments(draw: Draw) -> tuple[Any, ...]:
        signs = draw.pick(("ab", "aA", "aAb", "abB"))
        text = "".join(draw.pick(signs) * draw.pick((1, 1, 2, 3, 5)) for _ in range(draw.below(7)))
        return (text, draw.pick((0, 1, 2, 2, 3, 3, 4))) if limited else (text,)

    texts = [
        "", "a", "aa", "ab", "aabaa", "aaaa", "aaab", "AaBb", "aAaA", "bbbbbbbbbbbba", "abAAaaB",
    ]  # fmt: skip
    edges: list[tuple[Any, ...]] = [(text,) for text in texts]
    if limited:
        edges = [("", 0), ("", 1), ("aab", 0), ("a", -1), ("aaa", 1), ("aaaa", 2), ("aaabb", 2)]
        edges += [("aaaaabbbbaaa", 3), ("abAA", 4)]
    return Problem(
        f"{rule}\nReturn, for the runs of `text` from left to right, {words}.",
        Interface("codec", parameters, returns),
        reference,
        oracle,
        arguments,
        edges,
        [slip(reference, change) for change in (*slips, *more)],
    )


def _escapes(escape: str, malformed: str) -> Problem:
    words, pattern, gives, valid, piece, width, slips, parts = _ESCAPES[escape]
    sentence, otherwise, mistake = _MALFORMED[malformed]
    imports = "import re\n\n\n" if "re." in valid else ""
    reference = (
        f"{imports}def codec(text: str) -> str:\n"
        "    found: list[str] = []\n    rest = text\n    while rest:\n"
        "        sign, rest = rest[0], rest[1:]\n"
        '        if sign != "^":\n            found.append(sign)\n'
        f"        elif {valid}:\n            found.append({piece})\n"
        f"            rest = rest[{width}:]\n"
        f'        else:\n{otherwise}    return "".join(found)\n'
    )

    def decoded(done: str, rest: str) -> str:
        plain, hat, rest = rest.partition("^")
        done += plain
        match = re.match(pattern, rest) if hat else None
        piece = gives(match, done) if match else None
        if not hat:
            return done
        if match and piece is not None:
            return decoded(done + piece, rest[match.end() :])
        if malformed == "raises":
            raise raising("ValueError")
        return decoded(done + hat, rest) if malformed == "kept" else done

    def arguments(draw: Draw) -> tuple[Any, ...]:
        pieces = []
        for _ in range(draw.between(1, 5)):
            pieces.append(draw.pick(("", "a", "1b", "ab")))
            # The first ones are well formed.
            pieces.append(draw.pick(parts if draw.chance(0.35) else parts[:4]))
        return ("".join(pieces),)

    # What `int` reads, and is no two digits.
    odd = ("^+5", "^ 5", "^5 ") if escape == "code" else ()
    return Problem(
        f"Decode `text`, from left to right. A character other than ^ stands for itself. {words}\n"
        f"{sentence} Return the decoded text. Texts are ASCII.",
        Interface("codec", (("text", "str"),), "str"),
        reference,
        lambda text: decoded("", text),
        arguments,
        [("",), ("a1",), ("^",), ("ab^4",), *((f"ab{part}a",) for part in (*parts, *odd))],
        [
            slip(reference, change)
            for change in (*slips, (f"        else:\n{otherwise}", f"        else:\n{mistake}"))
        ],
    )


def _frames(head: str, check: str, lost: str) -> Problem:
    words, pattern, size, python, slipped, headed = _HEADS[head]
    ending, of_body, expected, mistake = _CHECKS[check]
    rule, returns, otherwise, result, other = _LOST[lost]
    imports = "import re\n\n\n" if "re." in python else ""
    reference = (
        f"{imports}def codec(stream: str) -> {returns}:\n"
        "    bodies: list[str] = []\n    at = 0\n    while at < len(stream):\n"
        "        frame = read(stream, at)\n"
        f"        if frame is None:\n{otherwise}"
        "        body, at = frame\n        bodies.append(body)\n"
        f"    return {result}\n\n\n"
        "def read(stream: str, at: int) -> tuple[str, int] | None:\n"
        '    """The body of the frame that begins at `at`, and where it ends; None: no frame."""\n'
        f"{python}    body = stream[start:end]\n"
        f"    if stream[end : end + 1] != {expected}:\n        return None\n"
        "    return body, end + 1\n"
    )

    def frame(rest: str) -> str | None:
        """The body at the beginning."""
        match = re.match(pattern, rest)
        if match is None:
            return None
        body = rest[match.end() :][: size(match)]
        whole = match[0] + body + of_body(body)
        return body if len(body) == size(match) and rest.startswith(whole) else None

    def read(rest: str) -> list[str]:
        """The bodies, and what is left."""
        if not rest:
            return [rest]
        body = frame(rest)
        if body is not None:
            return [body, *read(rest[len(headed(len(body)) + body) + 1 :])]
        if lost == "raises":
            raise raising("ValueError")
        return read(rest[1:]) if lost == "skips" else [rest]

    def oracle(stream: str) -> Any:
        *bodies, rest = read(stream)
        return (bodies, rest) if lost == "rest" else bodies

    def made(body: str) -> str:
        return headed(len(body)) + body + of_body(body)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        stream = ""
        for _ in range(draw.between(1, 4)):
            most = draw.pick((2, 4, 13))
            stream += made("".join(draw.pick("abd.*1") for _ in range(draw.below(most))))
        if draw.chance(0.45):
            at = draw.below(len(stream))
            stream = stream[:at] + draw.pick(("", "x", "3", "*", ".")) + stream[at + 1 :]
        return (stream,)

    rising = "abcdefghijklmnopqrstuv"
    streams = [
        "", made(""), made("a"), made("a") + made(""), made("")[:-1], made("ab")[:-1],
        made("aab") + "?", "?" + made("ba"), made("abc") + "x" + made("ab"), made(rising[:11]),
        made("ab") + made("abb")[:-2], made(rising[:10]) + made("z"), made(rising),
        made("y" * 10), made("zaza."), f"{made('bbb')[:-1]}:", "Z{`", "**", "01:a", "100:",
        made("") * 4 + "Y", made("ab" * 12 + "c"), made("") + ":" + of_body(""),
        made("a1") + ":bb", made("b") + "xx", made("|") + "0",
    ]  # fmt: skip
    if head == "decimal":
        streams.append(f"0{made('ab')}")
    if head == "letter":
        streams.append(f"B{made('x')[1:]}")
    return Problem(
        f"`stream` is made of frames. A frame is a head, a body and an end, with nothing between "
        f"them. The head is {words}. The body is that many characters, which may be any. The end "
        f"is one character: {ending}.\n{rule} Texts are ASCII.",
        Interface("codec", (("stream", "str"),), returns),
        reference,
        oracle,
        arguments,
        [(stream,) for stream in streams],
        [slip(reference, change) for change in (slipped, other, mistake)],
    )


def _tables(growth: str, full: str, way: str) -> Problem:
    added, grown, python, mistake = _GROWTH[growth]
    limits, grow, other = _FULL[full]
    rule, parameter, returns, first, loop, result, more = _WAYS[way]
    name, kind = parameter
    before = "before" in python
    reference = (
        f"def codec({name}: {kind}, alphabet: str, limit: int) -> {returns}:\n"
        f"    table = list(alphabet)\n{first}"
        + ('    before = ""\n' if before else "")
        + f"{loop}        grow(table, {python}, alphabet, limit)\n"
        + ("        before = phrase\n" if before else "")
        + f"    return {result}\n\n\n"
        "def grow(table: list[str], phrase: str, alphabet: str, limit: int) -> None:\n"
        f'    """Adds `phrase` to `table`, unless it is there."""\n{grow}'
    )
    if full == "stops":
        reference = reference.replace("phrase: str, alphabet: str, limit", "phrase: str, limit")
        reference = reference.replace(f"{python}, alphabet, limit)", f"{python}, limit)")

    def coded(given: Any, alphabet: str, limit: int) -> tuple[list[int], str]:
        """The numbers, and the text; of either of them."""
        numbers: list[int] = []
        used: list[str] = []
        table = dict(enumerate(alphabet))
        while len(numbers) < len(given) if way == "decode" else "".join(used) != given:
            if way == "decode":
                number = given[len(numbers)]
                if number not in table:
                    raise raising("ValueError")
            else:
                rest = given[len("".join(used)) :]
                fits = [(len(p), -n) for n, p in table.items() if rest[: len(p)] == p]
                if not fits:
                    raise raising("ValueError")
                number = -sorted(fits)[-1][1]
            phrase = table[number]
            new = grown("".join(used[-1:]), phrase)
            numbers, used = [*numbers, number], [*used, phrase]
            if new not in table.values():
                if len(table) == limit and full == "anew":
                    table = dict(enumerate(alphabet))
                if len(table) < limit:
                    table[len(table)] = new
        return numbers, "".join(used)

    def oracle(given: Any, alphabet: str, limit: int) -> Any:
        return coded(given, alphabet, limit)[way == "decode"]

    def arguments(draw: Draw) -> tuple[Any, ...]:
        alphabet = "".join(draw.shuffle("abc"))[: draw.pick((1, 2, 2, 3))]
        limit = len(alphabet) + draw.pick((1, 2, 3, 5, 9))
        if way == "encode":
            signs = alphabet * 6 + ("d" if draw.chance(0.3) else "")
            text = "".join(draw.pick(signs) for _ in range(draw.between(0, 18)))
            return text * draw.pick((1, 1, 2)), alphabet, limit
        numbers: list[int] = []
        for _ in range(draw.between(0, 9)):
            top = len(alphabet) + draw.below(min(len(numbers), limit - len(alphabet)) + 1)
            numbers.append(draw.below(top))
        if draw.chance(0.1):
            numbers.append(draw.pick((-1, limit)))
        return numbers, alphabet, limit

    edges: list[tuple[Any, ...]]
    if way == "encode":
        edges = [
            ("", "", 1), ("", "a", 2), ("a", "", 1), ("a", "a", 2), ("ab", "a", 4),
            ("aaaaaaaaaaa", "a", 3), ("aaaaaaaaaaaaaaaaaaa", "a", 6), ("abababababab", "ab", 5),
            ("abababababab", "ba", 3), ("abcabcabcabcabcabc", "abc", 9),
            ("aabbaabbaabbaabb", "ab", 4),
        ]  # fmt: skip
    else:
        edges = [
            ([], "", 1), ([0], "", 1), ([0], "a", 2), ([-1], "ab", 5), ([2], "ab", 5),
            ([0, 0, 1, 1], "a", 3), ([0, 1, 2, 3], "ab", 9), ([1, 0, 1, 2, 3, 2], "ab", 5),
            ([0, 1, 2, 0], "ab", 3), ([0, 0, 0, 1, 2, 1, 2, 1], "a", 4), ([0, 1, 0, 3], "ab", 3),
            ([2, 1, 0, 3, 4, 3], "abc", 7), ([0, 1, 1, 2, 1, 0, 2, 1, 2], "ba", 4),
            ([0, 1, 0, 1, 3, 2, 2], "ab", 4), ([0, 1, 2, 0, 4], "ab", 9),
        ]  # fmt: skip
    return Problem(
        "A table holds phrases, numbered from 0. At first these are the characters of `alphabet`, "
        "which are all different, in their order. `limit`, which is greater than the number of "
        f"these characters, is the largest number of phrases in the table.\n{rule}\n"
        f"After each phrase used, another one is added as the last of the table, unless the table "
        f"already has it: {added}. {limits}\nReturn the "
        + ("list of the numbers." if way == "encode" else "text: all these parts together."),
        Interface("codec", (parameter, ("alphabet", "str"), ("limit", "int")), returns),
        reference,
        oracle,
        arguments,
        edges,
        [slip(reference, change) for change in (mistake, other, more)],
    )


_LEVELS: dict[int, Callable[..., Problem]] = {
    1: _whole,
    2: _runs,
    3: _escapes,
    4: _frames,
    5: _tables,
}
