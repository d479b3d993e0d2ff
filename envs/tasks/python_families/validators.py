"""What is well formed: texts, check digits, records, records against rules, documents of lines."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from typing import Any

from ....verifiers.python.interface import Interface
from ..draw import Draw
from .family import Problem, family, raising, slip

_Slips = Sequence[tuple[str, str]]
_RECORD = "dict[str, str]"
_Record = dict[str, str]


def _nearly(draw: Draw, text: str, signs: str) -> str:
    """`text` with a character replaced, dropped, put in or written twice, or as it is."""
    at = draw.below(len(text) + 1)
    change = draw.pick(("none", "none", "none", "other", "drop", "more", "twice"))
    before, sign, after = text[:at], text[at : at + 1], text[at + 1 :]
    if change == "other":
        return before + draw.pick(signs) + after
    if change == "drop":
        return before + after
    if change == "more":
        return before + draw.pick(signs) + sign + after
    return before + sign * (1 + (change == "twice")) + after


def _digits(text: str) -> bool:
    return text != "" and all(sign in "0123456789" for sign in text)


# ---------------------------------------------------------------- 1: is a text well formed?
#
# name -> words, oracle, Python, slips, well formed texts, other texts, and characters.
_Whole = tuple[str, Callable[[str], bool], str, _Slips, Sequence[str], Sequence[str], str]
_WHOLE: dict[str, _Whole] = {
    "name": (
        "it has at least one character, all of them letters from a to z, digits from 0 to 9 or "
        "underscores (_), and the first is not a digit",
        lambda t: t != "" and {*t} <= {*"abcdefghijklmnopqrstuvwxyz0123456789_"}
        and not _digits(t[0]),
        're.fullmatch("[a-z_][a-z0-9_]*", text) is not None',
        [("fullmatch", "match"), ("[a-z0-9_]*", "[a-z0-9_]+")],
        ["a", "_", "z", "q", "ab_1", "z9", "x_y", "__a0"],
        ["", "1", "1a", "A", "a-b", "a b", "ab!", "aB", "a\n"],
        "a1_A-",
    ),
    "version": (
        "it is made of three whole numbers in decimal digits with a dot (.) between one and the "
        "next, and none of them has a 0 in front, unless it is 0 itself",
        lambda t: t.count(".") == 2 and all(_digits(p) and str(int(p)) == p for p in t.split(".")),
        're.fullmatch(r"(0|[1-9][0-9]*)([.](0|[1-9][0-9]*)){2}", text) is not None',
        [("0|[1-9][0-9]*)([.]", "[0-9]+)([.]"), ("{2}", "+"), ("[.]", ".")],
        ["0.0.0", "1.2.3", "10.0.21", "9.90.0", "0.1.100"],
        ["", "1.2", "1.2.3.4", "01.2.3", "1.2.00", "1..2", "1.2.3.", "1-2-3", "1.2.x", "-1.0.0",
         "-0.0.0", "1.2.3\n"],
        "0129.",
    ),
    "time": (
        "it has five characters, two digits, a colon (:) and two digits, and is a time of day from "
        "00:00 to 23:59",
        lambda t: t in [f"{h // 10}{h % 10}:{m // 10}{m % 10}" for h in range(24)
                        for m in range(60)],
        're.fullmatch("([01][0-9]|2[0-3]):[0-5][0-9]", text) is not None',
        [("2[0-3]", "2[0-9]"), ("[0-5][0-9]", "[0-9][0-9]"), ("fullmatch", "match")],
        ["00:00", "23:59", "09:05", "19:30", "20:00", "12:34"],
        ["", "24:00", "12:60", "1:20", "12:3", "12.30", "123:0", "29:10", "12:345", "12:99",
         "12:34\n"],
        "0123459:",
    ),
    "colour": (
        "it is a hash (#) followed by three or six digits in base 16: 0 to 9 and a to f (in lower "
        "case)",
        lambda t: t[:1] == "#" and len(t) in (4, 7) and all(c in "0123456789abcdef" for c in t[1:]),
        're.fullmatch("#([0-9a-f]{3}){1,2}", text) is not None',
        [("{3}){1,2}", "{3,6})"), ("[0-9a-f]", "[0-9a-z]"), ("[0-9a-f]", "[0-9a-fA-F]")],
        ["#000", "#fff", "#a1f09c", "#123456", "#9ab", "#abcdef", "#0f0", "#cafe00", "#987654",
         "#bad", "#f0f0f0", "#1e1", "#090909", "#deface", "#777777"],
        ["", "#", "#ab", "#abcd", "#abcde", "#abcdefa", "abc", "#ABC", "#ggg", "#12345g", "##123",
         "#fff\n"],
        "#09afgA",
    ),
    "tag": (
        "it has from 1 to 10 characters, all of them letters from a to z or hyphens (-), it "
        "neither begins nor ends with a hyphen, and no hyphen follows another",
        lambda t: len(t) < 11 and all(
            part and all("a" <= c <= "z" for c in part) for part in t.split("-")),
        're.fullmatch("[a-z]+(-[a-z]+)*", text) is not None and len(text) <= 10',
        [("<= 10", "< 10"), ("[a-z]+(-[a-z]+)*", "[a-z][a-z-]*[a-z]")],
        ["a", "ab-c", "a-b-c", "abcdefghij", "a-b-c-d-ef", "zz"],
        ["", "-", "-a", "a-", "a--b", "abcdefghijk", "a-b-c-d-efg", "a_b", "A", "a1", "a\n"],
        "abz-A",
    ),
    "octet": (
        "it is a whole number from 0 to 255 in decimal digits, with no 0 in front unless it is 0 "
        "itself",
        lambda t: t in [str(n) for n in range(256)],
        're.fullmatch("0|[1-9][0-9]{0,2}", text) is not None and int(text) <= 255',
        [("<= 255", "< 255"), ("0|[1-9][0-9]{0,2}", "[0-9]{1,3}")],
        ["0", "7", "10", "99", "100", "255", "249"],
        ["", "00", "01", "256", "300", "1000", "-1", "+1", " 1", "1.", "a", "007", "999", "-0",
         "1\n"], "0125",
    ),
    "password": (
        "it has at least 6 characters, among them a letter from a to z, a letter from A to Z and a "
        "digit from 0 to 9, and none of them is a space",
        lambda t: len(t) > 5 and " " not in t and all(
            any(low <= c <= high for c in t) for low, high in ("az", "AZ", "09")),
        'all(re.search(kind, text) for kind in KINDS) and len(text) >= 6 and " " not in text',
        [("all(", "any("), ("len(text) >= 6", "len(text) > 6"), (' and " " not in text', "")],
        ["aB3def", "ABCd12", "0aZ-_!", "aaaaA1", "zZ9zZ9zZ9"],
        ["", "aB3", "aB3de", "abcdef", "ABCDEF", "abc123", "ABC123", "abCDef", "aB3 ef", "a 3defG",
         "aB3de ", "123456"], "aB1 -",
    ),
    "path": (
        "it begins with a slash (/), and each part between a slash and the next one, or the end, "
        "has at least one character and is neither . nor ..",
        lambda t: t[:1] == "/" and not any(p in ("", ".", "..") for p in t.split("/")[1:]),
        'text.startswith("/") and not {"", ".", ".."} & set(text[1:].split("/"))',
        [('{"", ".", ".."}', '{".", ".."}'), ('{"", ".", ".."}', '{"", ".."}'),
         ('text.startswith("/") and ', "")],
        ["/a", "/a/b", "/a.b/c", "/...", "/.a/b..", "/usr/lib"],
        ["", "/", "a", "a/b", "/a/", "//a", "/a//b", "/.", "/a/..", "/../a", "/a/./b", "b"], "/a.",
    ),
    "number": (
        "it is a number in decimal digits: perhaps a sign (+ or -), then at least one digit, then "
        "perhaps a dot (.) and at least one more digit",
        lambda t: (lambda u: 1 <= len(u) <= 2 and all(map(_digits, u)))(
            (t[1:] if t[:1] in ("+", "-") else t).split(".")),
        're.fullmatch("[+-]?[0-9]+([.][0-9]+)?", text) is not None',
        [("([.][0-9]+)?", "([.][0-9]*)?"), ("[+-]?", "-?"), ("[.]", ".")],
        ["0", "12", "-3", "+4.5", "00.10", "-0.0"],
        ["", "+", "-", ".", ".5", "5.", "1.2.3", "--1", "1-", "1e5", "+-1", "1,5", "-.5",
         "1\n"], "019.+-",
    ),
    "quoted": (
        'it has at least two characters, begins and ends with a double quote ("), and what is '
        "between those two, read from left to right, is made of pairs of a backslash (\\) and one "
        "more character, which may be any, and of single characters that are neither a backslash "
        "nor a double quote",
        lambda t: len(t) > 1 and t[0] == t[-1] == '"' and '"' not in re.sub(
            r"(?s)\\.", "", t[1:-1]) and "\\" not in re.sub(r"(?s)\\.", "", t[1:-1]),
        're.fullmatch(r\'(?s)"([^"\\\\]|\\\\.)*"\', text) is not None',
        [("[^\"\\\\]|", "[^\"]|"), ("|\\\\.", "|\\\\[^\\\\]")],
        ['""', '"a"', '"a\\"b"', '"\\\\"', '"\\\\\\""', '"ab\\a"'],
        ["", '"', "a", '"a', 'a"', '"a"b"', '"a\\"', '"""', '"\\"', '"\\\\""', '\\""', '"\\\\a\\"',
         '"a"\n'],
        'a"\\',
    ),
    "roman": (
        "it has at least one character, all of them from I, V and X, and, from left to right, none "
        "stands for more than the one before it (X: 10, V: 5, I: 1); V is there at most once",
        lambda t: t != "" and {*t} <= {*"IVX"} and t == "".join(sorted(t, key="XVI".index))
        and not t.count("V") > 1,
        're.fullmatch("X*V?I*", text) is not None and text != ""',
        [("X*V?I*", "X*V*I*"), (' and text != ""', ""), ("X*V?I*", "[XVI]*")],
        ["I", "V", "X", "XVI", "XXIII", "VII", "IIII", "XV"],
        ["", "IX", "IV", "VX", "VV", "XVVI", "A", "XIV", "x", "XXVVI", "IXI", "XV\n"],
        "IVXA",
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 2: check digits
#
# name -> words, oracle, Python (the function `check` of `digits`), characters, and a slip.
_CHECKS: dict[str, tuple[str, Callable[[str], str], str, str, tuple[str, str]]] = {
    "three": (
        "Add up the digits, from left to right, the first one times 3, the second one times 1, the "
        "third one times 3, and so on in turn. The check character is the digit that must be added "
        "to this sum to make it divisible by 10.",
        lambda d: next(str(n) for n in range(10)
                       if (3 * sum(map(int, d[::2])) + sum(map(int, d[1::2])) + n) % 10 == 0),
        "    total = sum(int(digit) * (1 if place % 2 else 3) "
        "for place, digit in enumerate(digits))\n    return str(-total % 10)\n", "",
        ("1 if place % 2 else 3", "3 if place % 2 else 1"),
    ),
    "rising": (
        "Add up the digits, from left to right, the first one times 1, the second one times 2, the "
        "third one times 3, and so on. The check character is the remainder of this sum when "
        "divided by 11: a digit, or an X for 10.",
        lambda d: "0123456789X"[sum(int(d[i]) for i in range(len(d)) for _ in range(i + 1)) % 11],
        "    total = sum(place * int(digit) for place, digit in enumerate(digits, 1))\n"
        '    return "0123456789X"[total % 11]\n', "X",
        ("enumerate(digits, 1)", "enumerate(digits)"),
    ),
    "chained": (
        "Begin with 0. For each digit, from left to right, add the digit, multiply by 2, and keep "
        "the remainder when divided by 7. The check character is what is kept after the last "
        "digit.",
        lambda d: str(sum(int(c) * 2 ** (len(d) - i) for i, c in enumerate(d)) % 7),
        "    kept = 0\n    for digit in digits:\n        kept = (kept + int(digit)) * 2 % 7\n"
        "    return str(kept)\n", "",
        ("(kept + int(digit)) * 2 % 7", "(kept * 2 + int(digit)) % 7"),
    ),
    "halves": (
        "Begin with the last digit and go to the left: the first, third, fifth, ... that one meets "
        "are doubled, and if that gives more than 9, 9 is taken away from it; the others stay as "
        "they are. The check character is the letter of the remainder of the sum of all these when "
        "divided by 5: a, b, c, d or e for 0, 1, 2, 3 or 4.",
        lambda d: "abcde"[(sum([0, 2, 4, 6, 8, 1, 3, 5, 7, 9][int(c)] for c in d[::-1][::2])
                           + sum(int(c) for c in d[::-1][1::2])) % 5],
        "    total = 0\n    for place, digit in enumerate(reversed(digits)):\n"
        "        value = int(digit) * (1 if place % 2 else 2)\n"
        "        total += value - 9 if value > 9 else value\n"
        '    return "abcde"[total % 5]\n', "abcde",
        ("enumerate(reversed(digits))", "enumerate(digits)"),
    ),
}  # fmt: skip
# name -> words, parameter, result, Python, and a slip.
_USES: dict[str, tuple[str, str, str, str, tuple[str, str]]] = {
    "valid": (
        "`code` is valid if it is made of one or more digits from 0 to 9 and then their check "
        "character. Return True if it is, else False.", "code", "bool",
        "    digits = code[:-1]\n"
        '    return re.fullmatch("[0-9]+", digits) is not None and check(digits) == code[-1]\n',
        ('re.fullmatch("[0-9]+", digits) is not None', "digits.isdigit()[:0] == ()"),
    ),
    "completed": (
        "Return `digits` with its check character behind it. If `digits` is not made of one or "
        "more digits from 0 to 9 and nothing else, raise ValueError.", "digits", "str",
        '    if not re.fullmatch("[0-9]+", digits):\n        raise ValueError(digits)\n'
        "    return digits + check(digits)\n",
        ("return digits + check(digits)", "return str(int(digits)) + check(digits)"),
    ),
    "told": (
        "`code` should be made of one or more digits from 0 to 9 and then their check character. "
        'Return a text: "short" if it has fewer than two characters; else "form" if there is '
        'something else than digits from 0 to 9 before the last character; else "check" if the '
        'last character is not their check character; else "fine".', "code", "str",
        '    if len(code) < 2:\n        return "short"\n'
        "    digits, last = code[:-1], code[-1]\n"
        '    if not re.fullmatch("[0-9]+", digits):\n        return "form"\n'
        '    return "fine" if check(digits) == last else "check"\n',
        ("len(code) < 2", "not code"),
    ),
    "mended": (
        "`code` should be made of one or more digits from 0 to 9 and then their check character, "
        "but exactly one of the digits before the last character is a question mark (?) instead. "
        "Return the digit that must stand there to make it right; of several, the smallest. If "
        "there is none, or if `code` is anything else, return an empty text.", "code", "str",
        '    if not re.fullmatch("[0-9]*[?][0-9]*", code[:-1]):\n        return ""\n'
        '    for digit in "0123456789":\n'
        '        if check(code[:-1].replace("?", digit)) == code[-1]:\n'
        '            return digit\n    return ""\n',
        ('"0123456789":\n        if', '"123456789":\n        if'),
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 3: records
#
# kind -> its fields: name -> words, oracle, Python (of `value`), right texts and wrong ones; then a
# rule of two fields: words, oracle, Python; and slips.
_Field = tuple[str, Callable[[str], bool], str, Sequence[str], Sequence[str]]
_NUMBER = "a whole number in decimal digits without a 0 in front (unless it is 0 itself)"


def _whole_number(low: int, high: int) -> Callable[[str], bool]:
    return lambda text: _digits(text) and str(int(text)) == text and low <= int(text) <= high


_KINDS: dict[str, tuple[dict[str, _Field], tuple[str, Callable[[_Record], bool], str], _Slips]] = {
    "booking": (
        {
            "guest": (
                "has from 2 to 6 characters, all of them letters from a to z",
                lambda t: 1 < len(t) < 7 and all("a" <= c <= "z" for c in t),
                're.fullmatch("[a-z]{2,6}", value) is not None',
                ["ab", "ann", "robert", "zoe"], ["", "a", "roberta", "Ann", "b1", "a b"],
            ),
            "row": (
                f"is {_NUMBER}, at least 1 and at most 30", _whole_number(1, 30),
                "is_number(value) and 1 <= int(value) <= 30",
                ["1", "30", "7", "12"], ["0", "31", "07", "", "-1", "x", "1.0"],
            ),
            "seat": (
                "is one of the letters A, B, C and D", lambda t: t in [*"ABCD"],
                'value in ("A", "B", "C", "D")',
                ["A", "D", "B", "C"], ["", "E", "a", "AB"],
            ),
        },
        (
            "If `row` is 1 and `seat` is A, `seat` is wrong, too.",
            lambda r: (r["row"], r["seat"]) != ("1", "A"),
            '(record["row"], record["seat"]) == ("1", "A")',
        ),
        [("<= 30", "< 30"), ("{2,6}", "{1,6}")],
    ),
    "parcel": (
        {
            "weight": (
                f"is {_NUMBER}, at least 1", _whole_number(1, 10**9),
                "is_number(value) and int(value) > 0",
                ["1", "5", "10", "900"], ["0", "05", "", "-5", "1kg"],
            ),
            "zone": (
                "is one of the letters N, E, S and W, or two of them: first N or S, then E or W",
                lambda t: t in ("N", "E", "S", "W", "NE", "NW", "SE", "SW"),
                're.fullmatch("[NS]|[NS]?[EW]", value) is not None',
                ["N", "SW", "E", "NE"], ["", "EN", "NS", "n", "NEW", "X"],
            ),
            "value": (
                f"is {_NUMBER}, at most 500", _whole_number(0, 500),
                "is_number(value) and int(value) <= 500",
                ["0", "500", "20", "499"], ["501", "00", "", "x", "-0"],
            ),
        },
        (
            "If `value` is more than 10 times `weight`, `value` is wrong, too.",
            lambda r: not int(r["value"]) > 10 * int(r["weight"]),
            'int(record["value"]) > 10 * int(record["weight"])',
        ),
        [("int(value) > 0", "int(value) >= 0"), ("> 10 *", ">= 10 *")],
    ),
    "span": (
        {
            "first": (
                f"is {_NUMBER}", _whole_number(0, 10**9), "is_number(value)",
                ["0", "5", "9", "12"], ["", "01", "-1", "a"],
            ),
            "last": (
                f"is {_NUMBER}", _whole_number(0, 10**9), "is_number(value)",
                ["5", "9", "12", "100"], ["", "09", "+9", "b"],
            ),
            "unit": (
                "is one of cm, m and km", lambda t: t in ("cm", "m", "km"),
                'value in ("cm", "m", "km")', ["cm", "m", "km"], ["", "mm", "c", "M"],
            ),
        },
        (
            "If `last` is less than `first`, as numbers, `last` is wrong, too.",
            lambda r: not int(r["last"]) < int(r["first"]),
            'int(record["last"]) < int(record["first"])',
        ),
        [('int(record["last"]) < int', 'int(record["last"]) <= int'),
         ('int(record["last"]) < int(record["first"])', 'record["last"] < record["first"]')],
    ),
    "account": (
        {
            "login": (
                "has from 3 to 8 characters, all of them letters from a to z or digits from 0 to "
                "9, and the first is a letter",
                lambda t: 2 < len(t) < 9 and "a" <= t[0] <= "z" and all(
                    c in "abcdefghijklmnopqrstuvwxyz0123456789" for c in t),
                're.fullmatch("[a-z][a-z0-9]{2,7}", value) is not None',
                ["abc", "zed9", "a1234567", "bob"], ["", "ab", "a12345678", "1ab", "Bob", "a_b"],
            ),
            "age": (
                f"is {_NUMBER}, at least 13 and at most 120", _whole_number(13, 120),
                "is_number(value) and 13 <= int(value) <= 120",
                ["13", "120", "20", "17", "18"], ["12", "121", "020", "", "old"],
            ),
            "role": (
                "is reader or admin", lambda t: t in ("reader", "admin"),
                'value in ("reader", "admin")', ["reader", "admin", "admin"],
                ["", "Admin", "root", "adm"],
            ),
        },
        (
            "If `role` is admin and `age` is less than 18, `role` is wrong, too.",
            lambda r: r["role"] != "admin" or int(r["age"]) >= 18,
            'record["role"] == "admin" and int(record["age"]) < 18',
        ),
        [("<= 120", "< 120"), ("< 18", "<= 18")],
    ),
}  # fmt: skip
# name -> words, result.
_TOLD: dict[str, tuple[str, str]] = {
    "wrong": (
        "Return the list of the fields that are missing or wrong, in the order in which they are "
        "named above.", "list[str]",
    ),
    "reasons": (
        'Return a dictionary that has "missing" for each field that is missing, "wrong" for each '
        'one that is wrong, and "unknown" for each key of `record` that is none of the three '
        "fields.", "dict[str, str]",
    ),
    "parsed": (
        "If a field is missing, raise KeyError. Else, if a field is wrong, raise ValueError. Else "
        "return a tuple of the texts of the three fields, in the order in which they are named "
        "above.", "tuple[str, ...]",
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 4: records against rules
#
# language -> words (an item for each rule), oracle (of the words of a rule and a text), Python (the
# function `fits`), rules, and slips.
_Rules = tuple[str, Callable[[str, str], bool], str, Sequence[str], Sequence[str], _Slips]
_RULES: dict[str, _Rules] = {
    "words": (
        "- int LOW HIGH: it is made of one or more digits from 0 to 9, and as a number it is at "
        "least LOW and at most HIGH\n"
        "- text MOST: it has at least one character and at most MOST\n"
        "- one A B ...: it is one of the words behind `one`",
        lambda rule, text: {
            "int": lambda low, high, *_: _digits(text) and int(text) in range(
                int(low), int(high) + 1),
            "text": lambda most, *_: len(text) in range(1, int(most) + 1),
            "one": lambda *words: text in words,
        }[rule.split()[0]](*rule.split()[1:]),
        "    kind, *words = rule.split()\n"
        '    if kind == "int":\n        low, high = map(int, words)\n'
        '        return re.fullmatch("[0-9]+", text) is not None and low <= int(text) <= high\n'
        '    if kind == "text":\n        return 1 <= len(text) <= int(words[0])\n'
        "    return text in words\n",
        ["int 0 9", "int 3 12", "text 3", "text 1", "one on off", "one a bc d"],
        ["0", "9", "10", "12", "3", "2", "13", "", "abc", "abcd", "on", "off", "bc", "a", "b",
         "03"],
        [("1 <= len(text) <= int(words[0])", "len(text) <= int(words[0])"),
         ("<= int(text) <= high", "<= int(text) < high")],
    ),
    "marks": (
        "- LOW..HIGH: it is made of one or more digits from 0 to 9, and as a number it is at least "
        "LOW and at most HIGH\n"
        "- A|B|...: it is one of the words between the bars (there is at least one bar)\n"
        "- *MOST: it has at most MOST characters, and may be empty",
        lambda rule, text: (
            text in rule.split("|") if "|" in rule
            else not len(text) > int(rule[1:]) if rule[0] == "*"
            else _digits(text) and int(text) in range(
                int(rule.split(".")[0]), int(rule.split(".")[-1]) + 1)
        ),
        '    if "|" in rule:\n        return text in rule.split("|")\n'
        '    if rule.startswith("*"):\n        return len(text) <= int(rule[1:])\n'
        '    low, high = map(int, rule.split(".."))\n'
        '    return re.fullmatch("[0-9]+", text) is not None and low <= int(text) <= high\n',
        ["0..9", "3..12", "*3", "*1", "on|off", "a|bc|d"],
        ["0", "9", "10", "12", "3", "2", "13", "", "abc", "abcd", "on", "off", "bc", "a", "b",
         "03"],
        [("low <= int(text) <= high", "low < int(text) <= high"),
         ('text in rule.split("|")', "text in rule")],
    ),
    "types": (
        "- number: it is made of one or more digits from 0 to 9, perhaps with a hyphen (-) in "
        "front\n"
        "- flag: it is yes or no\n"
        "- TYPE list, where TYPE is number or flag: it is made of one or more parts with a comma "
        "(,) between one and the next, each of which is a TYPE",
        lambda rule, text: all(
            part in ("yes", "no") if rule[0] == "f" else _digits(part[part[:1] == "-" :])
            for part in (text.split(",") if rule[-1] == "t" else [text])
        ),
        '    if rule.endswith(" list"):\n'
        '        return all(fits(part, rule.removesuffix(" list")) for part in text.split(","))\n'
        '    if rule == "flag":\n        return text in ("yes", "no")\n'
        '    return re.fullmatch("-?[0-9]+", text) is not None\n',
        ["number", "flag", "number list", "flag list"],
        ["0", "-7", "-", "12", "yes", "no", "yess", "", "1,2", "-1,0,3", "1,,2", "yes,no", "no,",
         "yes,1", "4,no", "n", "--1", "1-"],
        [("return all(", "return any("), ("-?[0-9]+", "[0-9]+")],
    ),
}  # fmt: skip
# name -> words, result, oracle (of all problems (index, field, reason), and the number of records),
# Python (of `problems`), and a slip.
_Problems = list[tuple[int, str, str]]
_FOUND: dict[str, tuple[str, str, Callable[[_Problems, int], Any], str, tuple[str, str]]] = {
    "all": (
        "Return the list of all problems, each as a triple (index of the record in `records`, from "
        "0; field; reason), by the index, and those of one record in the order of the keys of "
        "`rules`.", "list[tuple[int, str, str]]", lambda found, _: found,
        "    return problems\n", ("return problems", "return sorted(problems)"),
    ),
    "counts": (
        "Return a dictionary from each pair (field, reason) for which there is a problem to the "
        "number of records that have it.", "dict[tuple[str, str], int]",
        lambda found, _: {p[1:]: len([1 for q in found if q[1:] == p[1:]]) for p in found},
        "    return dict(Counter((field, reason) for _, field, reason in problems))\n",
        ("return dict(Counter((field, reason) for _, field, reason in problems))",
         "return {(field, reason): 1 for _, field, reason in problems}"),
    ),
    "good": (
        "Return the list of the indices (from 0) of those records that have no problem, in "
        "ascending order.", "list[int]",
        lambda found, count: [i for i in range(count) if all(i != j for j, _, _ in found)],
        "    bad = {index for index, _, _ in problems}\n"
        "    return [index for index in range(len(records)) if index not in bad]\n",
        ("for index, _, _ in problems}", 'for index, _, why in problems if why == "wrong"}'),
    ),
    "first": (
        'Return a list with one text for each record, in their order: "field reason" (with a space '
        "between them) of its first problem in the order of the keys of `rules`, or an empty text "
        "if it has none.", "list[str]",
        lambda found, count: [
            next((f"{f} {why}" for i, f, why in found if i == j), "") for j in range(count)
        ],
        '    texts = [""] * len(records)\n    for index, field, reason in reversed(problems):\n'
        '        texts[index] = f"{field} {reason}"\n    return texts\n',
        ("reversed(problems)", "problems"),
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 5: documents of lines
#
# name -> words, Python (the function `problems` of `lines`), right lines, slips.
_Lines = list[tuple[int, str]]
_SETTINGS = (
    "    section: str | None = None\n    sections: set[str] = set()\n    keys: set[str] = set()\n"
    "    found: list[tuple[int, str]] = []\n"
    "    for number, line in enumerate(lines, 1):\n"
    '        if head := re.fullmatch(r"\\[([a-z]+)\\]", line):\n'
    "            if head[1] in sections:\n"
    '                found.append((number, "section twice"))\n'
    "            section = head[1]\n            sections.add(section)\n            keys = set()\n"
    '        elif setting := re.fullmatch("([a-z]+)=(.*)", line):\n'
    "            key, value = setting.groups()\n"
    "            if section is None:\n"
    '                found.append((number, "no section"))\n'
    "            elif key in keys:\n"
    '                found.append((number, "key twice"))\n'
    '            elif value.startswith("$") and value[1:] not in keys:\n'
    '                found.append((number, "unknown key"))\n'
    "            else:\n                keys.add(key)\n"
    '        elif line and not line.startswith("#"):\n'
    '            found.append((number, "form"))\n'
    "    return found\n"
)  # fmt: skip
_BLOCKS = (
    "    blocks: list[tuple[int, str, set[str]]] = []\n"
    "    found: list[tuple[int, str]] = []\n"
    "    for number, line in enumerate(lines, 1):\n"
    '        kind, _, name = line.partition(" ")\n'
    '        if kind not in ("begin", "end", "let", "use") or not re.fullmatch("[a-z]+", name):\n'
    '            found.append((number, "form"))\n'
    '        elif kind == "begin":\n            blocks.append((number, name, set()))\n'
    "        elif not blocks:\n"
    '            found.append((number, "outside"))\n'
    '        elif kind == "end":\n            if blocks.pop()[1] != name:\n'
    '                found.append((number, "other end"))\n'
    '        elif kind == "let":\n            if name in blocks[-1][2]:\n'
    '                found.append((number, "twice"))\n'
    "            blocks[-1][2].add(name)\n"
    "        elif not any(name in names for _, _, names in blocks):\n"
    '            found.append((number, "unknown"))\n'
    '    found += [(number, "open") for number, _, _ in blocks]\n'
    "    return sorted(found)\n"
)
_ACCOUNTS = (
    "    accounts: dict[str, int] = {}\n    found: list[tuple[int, str]] = []\n"
    "    for number, line in enumerate(lines, 1):\n"
    '        if command := re.fullmatch("(open|close) ([a-z]+)", line):\n'
    "            kind, name = command.groups()\n"
    '            if (kind == "open") == (name in accounts):\n'
    '                found.append((number, "exists" if kind == "open" else "unknown"))\n'
    '            elif kind == "open":\n                accounts[name] = 0\n'
    "            elif accounts[name]:\n"
    '                found.append((number, "not empty"))\n'
    "            else:\n                del accounts[name]\n"
    '        elif command := re.fullmatch("([a-z]+) ([+-])([0-9]+)", line):\n'
    "            name, sign, digits = command.groups()\n"
    "            if name not in accounts:\n"
    '                found.append((number, "unknown"))\n'
    '            elif sign == "+":\n                accounts[name] += int(digits)\n'
    "            elif accounts[name] < int(digits):\n"
    '                found.append((number, "too little"))\n'
    "            else:\n                accounts[name] -= int(digits)\n"
    '        else:\n            found.append((number, "form"))\n'
    "    return found\n"
)  # fmt: skip


def _settings(lines: list[str]) -> _Lines:
    """By looking back from each line."""
    found: _Lines = []
    fine: list[bool] = []
    heads = [n for n, line in enumerate(lines) if line[:1] == "[" and line[-1:] == "]"
             and line[1:-1].isalpha() and line.islower()]  # fmt: skip
    for n, line in enumerate(lines):
        key, equals, value = line.partition("=")
        why = ""
        if n in heads:
            why = "section twice" if line in [lines[m] for m in heads if m < n] else ""
        elif equals and key.isalpha() and key.islower():
            start = max((m for m in heads if m < n), default=None)
            if start is None:
                why = "no section"
            else:
                keys = [lines[m].split("=")[0] for m in range(start + 1, n) if fine[m]]
                if key in keys:
                    why = "key twice"
                elif value[:1] == "$" and value[1:] not in keys:
                    why = "unknown key"
        elif line != "" and line[0] != "#":
            why = "form"
        fine.append(not why and equals == "=" and n not in heads and key.isalpha())
        if why:
            found.append((n + 1, why))
    return found


def _blocks(lines: list[str]) -> _Lines:
    """By recursion: each block reads what is in it."""
    found: _Lines = []

    def read(at: int, name: str, outer: list[str], depth: int) -> int:
        """Where the block ends."""
        own: list[str] = []
        while at < len(lines):
            words = lines[at].split(" ")
            at += 1
            if (
                len(words) != 2
                or words[0] not in ("begin", "end", "let", "use")
                or not (words[1].isalpha() and words[1].islower())
            ):
                found.append((at, "form"))
            elif words[0] == "begin":
                opened = at
                at = read(at, words[1], outer + own, depth + 1)
                if at < 0:
                    found.append((opened, "open"))
                    return -1
            elif depth == 0:
                found.append((at, "outside"))
            elif words[0] == "end":
                if words[1] != name:
                    found.append((at, "other end"))
                return at
            elif words[0] == "let":
                if words[1] in own:
                    found.append((at, "twice"))
                own.append(words[1])
            elif words[1] not in outer + own:
                found.append((at, "unknown"))
        return -1

    read(0, "", [], 0)
    return sorted(found)


def _accounts(lines: list[str]) -> _Lines:
    """Of what was right, the changes of each account are kept."""
    found: _Lines = []
    changes: list[tuple[str, int | None]] = []  # None: closed.
    for n, line in enumerate(lines, 1):
        words = line.split(" ")
        why, name, amount = "", words[-1], 0
        if len(words) != 2:
            found.append((n, "form"))
            continue
        if words[0] not in ("open", "close") or not name.isalpha():
            name = words[0]
            if not (words[1][:1] in ("+", "-") and _digits(words[1][1:])):
                found.append((n, "form"))
                continue
            amount = int(words[1])
        if not (name.isalpha() and name.islower()):
            found.append((n, "form"))
            continue
        its = [change for other, change in changes if other == name]
        while None in its:
            its = its[its.index(None) + 1 :]
        money = sum(change or 0 for change in its)
        if words == ["open", name]:
            why = "exists" if its else ""
        elif not its:
            why = "unknown"
        elif words == ["close", name]:
            why = "not empty" if money else ""
        elif money + amount < 0:
            why = "too little"
        if why:
            found.append((n, why))
        else:
            changes.append((name, None if words == ["close", name] else amount))
    return found


_DOCUMENTS: dict[str, tuple[str, Callable[[list[str]], _Lines], str, Sequence[str], _Slips]] = {
    "settings": (
        "A line is empty, or begins with a hash (#), or is a section, or is a setting. A section "
        "is [NAME] and a setting is KEY=VALUE, where NAME and KEY are one or more letters from a "
        "to z and VALUE is any text, perhaps empty; nothing else is on the line. A setting belongs "
        "to the nearest section above it. Reasons why a line is wrong, of which the first that "
        "fits is told:\n"
        '- "form": it is none of these four\n'
        '- "section twice": it is a section, and there is one of that name above it (the settings '
        "below it belong to it all the same)\n"
        '- "no section": it is a setting, and there is no section above it\n'
        '- "key twice": it is a setting, and above it, in its section, there is a setting with its '
        "KEY\n"
        '- "unknown key": it is a setting whose VALUE begins with a dollar sign ($), and above it, '
        "in its section, there is no setting whose KEY is the rest of VALUE\n"
        "Settings that are wrong do not count for the lines below them. A section that is there "
        "twice begins without settings.",
        _settings, _SETTINGS,
        ["[a]", "[b]", "x=1", "y=$x", "z=$y", "x=", "# x", "", "y=2"],
        [('[1:] not in keys', '[1:] not in keys | {key}'),
         ("            keys = set()\n", "            keys |= set()\n")],
    ),
    "blocks": (
        "A line is begin NAME, end NAME, let NAME or use NAME, with one space, where NAME is one "
        "or more letters from a to z. begin opens a block in the blocks that are open; end closes "
        "the innermost open block, which should have the same NAME. Reasons why a line is wrong, "
        "of which the first that fits is told:\n"
        '- "form": it is none of these four\n'
        '- "outside": it is not a begin, and no block is open\n'
        '- "other end": it is an end, and the innermost open block has another NAME (it is closed '
        "all the same)\n"
        '- "twice": it is a let, and there is another let with its NAME above it in the same '
        "block (not counting blocks in it or round it)\n"
        '- "unknown": it is a use, and none of the blocks that are open has a let with its NAME '
        "above it (not counting blocks in them that are closed)\n"
        '- "open": it is a begin, and its block is still open after the last line',
        _blocks, _BLOCKS,
        ["begin a", "begin b", "let x", "let y", "use x", "use y", "end a", "end b"],
        [("for _, _, names in blocks)", "for _, _, names in blocks[-1:])"),
         ('    found += [(number, "open") for number, _, _ in blocks]\n', "")],
    ),
    "accounts": (
        "A line is open NAME, close NAME, or NAME AMOUNT, with one space, where NAME is one or "
        "more letters from a to z, and AMOUNT is a sign (+ or -) and one or more digits from 0 to "
        "9. Accounts are opened with 0, may be closed, and may be opened again. Reasons why a line "
        "is wrong, of which the first that fits is told:\n"
        '- "form": it is none of these three\n'
        '- "exists": it opens an account that is open\n'
        '- "unknown": it closes or changes an account that is not open\n'
        '- "not empty": it closes an account that does not have 0\n'
        '- "too little": it takes more from an account than it has\n'
        "A line that is wrong changes nothing.",
        _accounts, _ACCOUNTS,
        ["open a", "open b", "a +5", "a -5", "b +3", "a -2", "b -3", "close a", "close b", "a +0"],
        [("accounts[name] < int(digits)", "accounts[name] <= int(digits)"),
         ("            elif accounts[name]:\n"
          '                found.append((number, "not empty"))\n', "")],
    ),
}  # fmt: skip
# name -> words, result, oracle, Python (of what `problems` gives), and a slip.
_REPORT: dict[str, tuple[str, str, Callable[[_Lines], Any], str, tuple[str, str]]] = {
    "all": (
        "Return a list of pairs (number of the line, from 1; reason), one for each line that is "
        "wrong, from the top to the bottom.", "list[tuple[int, str]]", lambda found: found,
        "    return problems(lines)\n", ("enumerate(lines, 1)", "enumerate(lines)"),
    ),
    "first": (
        "Return a pair (number of the line, from 1; reason) of the first line that is wrong, or "
        "None if there is none.", "tuple[int, str] | None",
        lambda found: next(iter(found), None),
        "    return min(problems(lines), default=None)\n",
        ("min(problems(lines), default=None)", "max(problems(lines), default=None)"),
    ),
    "reasons": (
        "Return a dictionary from each reason why a line is wrong to the list of the numbers (from "
        "1) of these lines, in ascending order; reasons for no line are not in it.",
        "dict[str, list[int]]",
        lambda found: {why: [n for n, other in found if other == why] for _, why in found},
        "    lists: dict[str, list[int]] = {}\n    for number, reason in problems(lines):\n"
        "        lists.setdefault(reason, []).append(number)\n    return lists\n",
        ("lists.setdefault(reason, []).append(number)", "lists[reason] = [number]"),
    ),
}  # fmt: skip


def _variants(level: int) -> list[tuple[Any, ...]]:
    if level == 1:
        return [(1, name) for name in _WHOLE]
    if level == 2:
        return [(2, *key) for key in itertools.product(_CHECKS, _USES)]
    if level == 3:
        return [(3, *key) for key in itertools.product(_KINDS, _TOLD)]
    if level == 4:
        return [(4, *key) for key in itertools.product(_RULES, _FOUND)]
    return [(5, *key) for key in itertools.product(_DOCUMENTS, _REPORT)]


@family("validators", _variants)
def validators(level: int, *key: str) -> Problem:
    return _LEVELS[level](*key)


def _whole(name: str) -> Problem:
    words, oracle, python, slips, good, bad, signs = _WHOLE[name]
    imports = "import re\n\n" if "re." in python else ""
    if "KINDS" in python:
        imports += 'KINDS = ("[a-z]", "[A-Z]", "[0-9]")\n\n'
    start = f"{imports}\n" if imports else ""
    reference = f"{start}def validators(text: str) -> bool:\n    return {python}\n"
    return Problem(
        f"Return True if `text` is well formed, else False. It is well formed if {words}. Texts "
        "are ASCII.",
        Interface("validators", (("text", "str"),), "bool"),
        reference,
        oracle,
        lambda draw: (_nearly(draw, draw.pick(good), signs),),
        [(text,) for text in (*good, *bad)],
        [slip(reference, change) for change in slips],
    )


def _check_digits(check: str, use: str) -> Problem:
    words, oracle_check, python, letters, mistake = _CHECKS[check]
    sentence, name, returns, body, other = _USES[use]
    reference = (
        f"import re\n\n\ndef validators({name}: str) -> {returns}:\n{body}\n\n"
        f'def check(digits: str) -> str:\n    """The check character of digits."""\n{python}'
    )

    def oracle(text: str) -> Any:
        if use == "completed":
            if not _digits(text):
                raise raising("ValueError")
            return text + oracle_check(text)
        digits, last = text[:-1], text[-1:]
        if use == "valid":
            return _digits(digits) and oracle_check(digits) == last
        if use == "told":
            if not digits:
                return "short"
            if not _digits(digits):
                return "form"
            return "check" if oracle_check(digits) != last else "fine"
        before, mark, after = digits.partition("?")
        if not mark or not _digits(before + "0" + after):
            return ""
        fits = [n for n in range(10) if oracle_check(f"{before}{n}{after}") == last]
        return str(fits[0]) if fits else ""

    def arguments(draw: Draw) -> tuple[Any, ...]:
        digits = "".join(draw.pick("0123456789") for _ in range(draw.between(1, 9)))
        if use == "completed":
            return (_nearly(draw, digits, "0x -") if draw.chance(0.3) else digits,)
        last = oracle_check(digits)
        if use == "mended":
            at = draw.below(len(digits))
            digits = f"{digits[:at]}?{digits[at + 1 :]}"
        if draw.chance(0.3 if use != "mended" else 0.1):
            last = draw.pick(f"0123456789{letters}")
        text = digits + last
        return (_nearly(draw, text, f"05x?{letters}") if draw.chance(0.3) else text,)

    fives = ["5", "59", "123456", "9999999", "1000000000", "70", "0", "84", "31"]
    texts = ["", "x", "5x", "x5", "5 5", "12a", "00", "-12", "007", "0450", *fives]
    if use in ("valid", "told"):
        texts += [digits + oracle_check(digits) for digits in fives]
    if use == "mended":
        texts = ["", "?", "12?", "55", "??0", "4??", "?x2", "7?5X"]
        texts += ["?" + digits[1:] + oracle_check(digits) for digits in fives]
        texts += [digits[:-1] + "?" + oracle_check(digits) for digits in fives[1:]]
    # A pattern that ends with $ fits what has a line's end behind it.
    right = {"completed": "59", "mended": f"?9{oracle_check('59')}"}
    texts.append(right.get(use, f"59{oracle_check('59')}") + "\n")
    if use == "valid":
        other = ('re.fullmatch("[0-9]+", digits) is not None', "code.isdigit()")
        if letters == "":
            other = ("check(digits) == code[-1]", "check(code) == code[-1]")
    return Problem(
        f"The check character of a text of digits is found like this. {words}\n{sentence}",
        Interface("validators", ((name, "str"),), returns),
        reference,
        oracle,
        arguments,
        [(text,) for text in texts],
        [slip(reference, mistake), slip(reference, other)],
    )


def _records(kind: str, told: str) -> Problem:
    fields, (rule, holds, expression), slips = _KINDS[kind]
    words, returns = _TOLD[told]
    names = list(fields)
    # The field that the rule of two fields makes wrong.
    blamed = {"booking": "seat", "parcel": "value", "span": "last", "account": "role"}[kind]
    used = [name for name in names if f'record["{name}"]' in expression]
    checks = "".join(
        f'    if field == "{name}":\n        return {python}\n'
        for name, (_, _, python, _, _) in list(fields.items())[:-1]
    )
    checks += f"    return {fields[names[-1]][2]}\n"
    numbers = (
        "\n\ndef is_number(value: str) -> bool:\n"
        '    return re.fullmatch("0|[1-9][0-9]*", value) is not None\n'
    )
    both = "".join(f'        "{name}" not in wrong\n        and ' for name in used)
    both = both.replace("and         ", "and ")
    wrong = (
        "    wrong = [field for field in FIELDS if field not in record or "
        "not fits(field, record[field])]\n"
        f"    if (\n{both}{expression}\n    ):\n"
        f'        wrong.append("{blamed}")\n'
    )
    listed = ", ".join(f'"{name}"' for name in names)
    if told == "wrong":
        body = f"{wrong}    return sorted(wrong, key=FIELDS.index)\n"
        if blamed == names[-1]:
            body = f"{wrong}    return wrong\n"
        other = ("field not in record or not fits", "field in record and not fits")
    elif told == "reasons":
        body = (
            wrong + '    reasons = {key: "unknown" for key in record if key not in FIELDS}\n'
            "    for field in wrong:\n"
            '        reasons[field] = "wrong" if field in record else "missing"\n'
            "    return reasons\n"
        )
        other = ("key not in FIELDS}", "key not in FIELDS and wrong}")
    else:
        body = (
            "    texts = [record[field] for field in FIELDS]\n"
            "    if not all(map(fits, FIELDS, texts)):\n        raise ValueError(record)\n"
            f"    if {expression}:\n        raise ValueError(record)\n"
            f"    return tuple(texts)\n"
        )
        other = ("return tuple(texts)", "return tuple(record.values())")
    reference = (
        f"import re\n\nFIELDS = ({listed})\n\n\n"
        f"def validators(record: {_RECORD}) -> {returns}:\n{body}\n\n"
        "def fits(field: str, value: str) -> bool:\n"
        '    """Whether a field may have this text."""\n'
        f"{checks}{numbers if 'is_number' in checks else ''}"
    )

    def oracle(record: _Record) -> Any:
        missing = [name for name in names if name not in record]
        bad = [name for name in names if name in record and not fields[name][1](record[name])]
        if not {*used} & {*missing, *bad} and not holds(record):
            bad = [name for name in names if name in bad or name == blamed]
        if told == "wrong":
            return [name for name in names if name in missing + bad]
        if told == "reasons":
            reasons = dict.fromkeys(missing, "missing") | dict.fromkeys(bad, "wrong")
            return reasons | {key: "unknown" for key in record if key not in names}
        if missing or bad:
            raise raising("KeyError" if missing else "ValueError")
        return tuple(record[name] for name in names)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        record: _Record = {}
        share = draw.pick((0.03, 0.1, 0.3))
        for name in draw.shuffle(names):
            if not draw.chance(share):
                right, bad = fields[name][3:]
                record[name] = draw.pick(bad if draw.chance(share) else right)
        if draw.chance(0.25):
            record[draw.pick(("note", "Row", "id"))] = draw.pick(("", "1"))
        return ({name: record[name] for name in draw.shuffle(list(record))},)

    base = {name: fields[name][3][2] for name in names}
    edges: list[_Record] = [{}, base, {**base, "note": "x"}, {"note": ""}]
    for name in names:
        edges.append({key: text for key, text in base.items() if key != name})
        edges += [{**base, name: text} for text in (*fields[name][3], *fields[name][4])]
    crossed: dict[str, list[_Record]] = {
        "booking": [
            {"row": "1", "seat": "A"}, {"row": "1", "seat": "B"}, {"row": "2", "seat": "A"},
        ],
        "parcel": [
            {"weight": "1", "value": "10"}, {"weight": "1", "value": "11"},
            {"weight": "0", "value": "0"}, {"weight": "9", "value": "100"},
            {"weight": "900", "value": "500"}, {"weight": "900", "value": "501"},
        ],
        "span": [
            {"first": "5", "last": "5"}, {"first": "6", "last": "5"}, {"first": "9", "last": "12"},
            {"first": "12", "last": "9"}, {"first": "x", "last": "5"}, {"first": "-0"},
        ],
        "account": [
            {"age": "17", "role": "admin"}, {"age": "18", "role": "admin"},
            {"age": "17", "role": "reader"}, {"age": "1", "role": "admin"},
            {"age": "13", "role": "reader"}, {"age": "12", "role": "reader"},
        ],
    }  # fmt: skip
    edges += [{**base, **more} for more in crossed[kind]]
    # What `int` reads, and a pattern that ends with $.
    number = {"booking": "row", "parcel": "weight", "span": "first", "account": "age"}[kind]
    edges += [{**base, number: text} for text in (f" {base[number]}", f"{base[number]}\n")]
    two = [slip(reference, change) for change in slips]
    lines = "\n".join(f"- `{name}` {text}" for name, (text, *_) in fields.items())
    return Problem(
        "`record` should have these three fields as keys. A field that is not a key is missing; "
        f"one whose text is not as follows is wrong:\n{lines}\n{rule} This holds if neither of "
        "these two fields is missing or wrong for another reason. Other keys are allowed. Texts "
        f"are ASCII.\n{words}",
        Interface("validators", (("record", _RECORD),), returns),
        reference,
        oracle,
        arguments,
        [(record,) for record in edges],
        [*two, slip(reference, other)],
    )


def _schema(language: str, found: str) -> Problem:
    words, holds, python, rules, texts, slips = _RULES[language]
    sentence, returns, tell, result, mistake = _FOUND[found]
    imports = "from collections import Counter\n\n\n" if "Counter" in result else "\n\n"
    parameters = (("rules", _RECORD), ("records", f"list[{_RECORD}]"))
    fits = f"def fits(text: str, rule: str) -> bool:\n{python}"
    reference = (
        ("import re\n" + imports)
        + f"def validators(rules: {_RECORD}, records: list[{_RECORD}]) -> {returns}:\n"
        "    problems: list[tuple[int, str, str]] = []\n"
        "    for index, record in enumerate(records):\n"
        "        for field, rule in rules.items():\n"
        "            if field in record:\n"
        '                if not fits(record[field], rule.removeprefix("?")):\n'
        '                    problems.append((index, field, "wrong"))\n'
        '            elif not rule.startswith("?"):\n'
        '                problems.append((index, field, "missing"))\n'
        f"{result}\n\n{fits}"
    )

    def oracle(rules: _Record, records: list[_Record]) -> Any:
        every: _Problems = []
        for (index, record), field in itertools.product(enumerate(records), rules):
            rule = rules[field].lstrip("?")
            if field not in record and rule == rules[field]:
                every.append((index, field, "missing"))
            if field in record and not holds(rule, record[field]):
                every.append((index, field, "wrong"))
        return tell(every, len(records))

    def arguments(draw: Draw) -> tuple[Any, ...]:
        names = draw.shuffle(("id", "b", "a", "zip"))[: draw.between(1, 4)]
        given = {name: draw.pick(("", "", "?")) + draw.pick(rules) for name in names}
        records = []
        for _ in range(draw.below(5)):
            record = {}
            for name in draw.shuffle([*names, "more"]):
                if draw.chance(0.85):
                    rule = given.get(name, rules[0]).lstrip("?")
                    right = [text for text in texts if holds(rule, text)]
                    record[name] = draw.pick(right if draw.chance(0.7) else texts)
            records.append(record)
        return given, records

    edges: list[tuple[Any, ...]] = [({}, []), ({}, [{}, {"a": "1"}]), ({"b": rules[0]}, [])]
    for place, rule in enumerate(rules):
        given = {"z": rule, "a": "?" + rules[place - 1]}
        edges.append((given, [{"z": text} for text in texts]))
        edges.append((given, [{}, {"a": texts[place], "z": texts[0]}, {"a": "q", "z": "q"}]))
        edges.append(({"b": rule, "a": rule}, [{}, {"b": "9"}, {"a": ""}, {"a": "?", "b": "on"}]))
    edges.append(({"b": f"?{rules[-1]}", "a": rules[0]}, [{}, {"a": "007"}]))
    # What `int` reads, a pattern that ends with $, other cases.
    odd = ("+5", " 5", "5\n", "1_0", "1, 2", "YES", "ON", "on\n")
    every = {name: f"?{rule}" for name, rule in zip("abcdef", rules, strict=False)}
    edges.append((every, [{name: text} for name in every for text in odd]))
    return Problem(
        "`rules` has a rule for each of some fields. The text that a record has for a field must "
        f"obey the rule of the field, which is one of these:\n{words}\nIf there is a question mark "
        "(?) in front of a rule, a record need not have the field, but if it has it, the text must "
        'obey the rest of the rule. There is a problem with the reason "missing" if a record does '
        'not have a field that it must have, and with the reason "wrong" if it has it with a text '
        "that does not obey the rule. Other fields of records do not matter. All rules are well "
        f"formed; texts are ASCII.\n{sentence}",
        Interface("validators", parameters, returns),
        reference,
        oracle,
        arguments,
        edges,
        [slip(reference, change) for change in (*slips, mistake)],
    )


def _document(kind: str, report: str) -> Problem:
    words, oracle_lines, python, good, slips = _DOCUMENTS[kind]
    sentence, returns, tell, result, mistake = _REPORT[report]
    reference = (
        f"import re\n\n\ndef validators(lines: list[str]) -> {returns}:\n{result}\n\n"
        "def problems(lines: list[str]) -> list[tuple[int, str]]:\n"
        f'    """The numbers of the lines that are wrong, and why."""\n{python}'
    )
    odd = {
        "settings": ["[]", "[A]", "x", "X=1", "=1", "[a]x", "x=$", "x=$q", "y=$y", "x=[b]", " [a]"],
        "blocks": ["begin", "begin A", "let", "use z", "end", "begin a b", "", "let  x", "end c"],
        "accounts": ["open", "open A", "a 5", "a +", "close c", "c +1", "", "a -99", "open a b"],
    }[kind]

    def count_of(lines: list[str]) -> int:
        return len([why for _, why in oracle_lines(lines) if why != "open"])

    def arguments(draw: Draw) -> tuple[Any, ...]:
        lines: list[str] = []
        count = draw.between(1, 12)
        for _ in range(count):
            pool = odd if draw.chance(0.12) else good
            line = draw.pick(pool)
            # Mostly a line that is right where it stands.
            if draw.chance(0.65):
                options = [draw.pick(good) for _ in range(4)]
                fits = [text for text in options if count_of([*lines, text]) == count_of(lines)]
                line = [*fits, line][0]
            lines.append(line)
        return (lines,)

    given = {
        "settings": [
            ["[a]", "x=1", "[b]", "x=$x"], ["[a]", "x=$x", "x=1", "y=$x"], ["[a]", "[a]"],
            ["x=1", "[a]", "x=1", "x=2"], ["[a]", "x=1", "[b]", "[a]", "x=1", "y=$x"],
            ["[a]", "x=$y", "y=$x", "x=$"], ["#", "", "[a]", "#x=1", "y=$x", " "],
            ["[a]", "x==", "y=$x=", "z=$x", "xy=$", "[ab]"],
        ],
        "blocks": [
            ["begin a", "let x", "begin b", "use x", "let x", "end b", "end a"],
            ["begin a", "begin b", "let x", "end b", "use x", "end a", "use x"],
            ["begin a", "let x", "let x", "use x", "end b", "end a"], ["begin a", "begin b"],
            ["begin a", "use x", "let x", "use x", "begin a", "end a"], ["end a", "let x", "use x"],
            ["begin a", "let y", "end a", "begin a", "let y", "use x"],
        ],
        "accounts": [
            ["open a", "a +5", "close a", "a -5", "close a", "open a", "a -1"],
            ["open a", "open a", "a +1", "open b", "b -1", "a -1", "close b"], ["close a", "a +1"],
            ["open a", "a +5", "a -6", "a -5", "a -0", "close a", "close a"], ["open open"],
            ["open a", "a +5", "a -5", "a -1"], ["open b", "b +3", "b -3", "close b"],
            ["open open", "open +3", "open -4", "close +1", "close open", "open a", "a +10"],
            ["open a", "close a", "open a", "a -1"], ["open a", "close a", "a +1"],
            ["open a", "a  +5"], ["open a", "a +-5"], ["open a", "a +5\n"], [" open a"],
            ["open a "],
        ],
    }[kind]  # fmt: skip
    return Problem(
        f"Check the lines of a document. {words}\n{sentence} Texts are ASCII.",
        Interface("validators", (("lines", "list[str]"),), returns),
        reference,
        lambda lines: tell(oracle_lines(lines)),
        arguments,
        [([],), *((lines,) for lines in given), *(([*given[0][:1], line],) for line in odd)],
        [slip(reference, change) for change in (*slips, mistake)],
    )


_LEVELS: dict[int, Callable[..., Problem]] = {
    1: _whole,
    2: _check_digits,
    3: _records,
    4: _schema,
    5: _document,
}
