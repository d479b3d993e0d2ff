"""Small grammars: parts of a text, sizes with units, pairs, nested lists, expressions."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from string import Template
from typing import Any

from ....verifiers.rust.interface import Interface
from ..draw import Draw
from .family import Problem, family

_TEXT = ("text", "&str")
# name -> words, Python, Rust.
_Table = dict[str, tuple[str, Callable[..., Any], str]]
# name -> words, Python, Rust, type.
_Typed = dict[str, tuple[str, Callable[..., Any], str, str]]


def _signature(kind: str) -> str:
    return f"pub fn read(text: &str) -> {kind} {{\n"


# ---------------------------------------------------------------- 1: an expression


def _cut(separator: str) -> Callable[[str], Any]:
    def cut(text: str) -> tuple[str, str] | None:
        found = re.fullmatch(separator, text, re.DOTALL)
        return (found[1], found[2]) if found else None

    return cut


_WHOLE: _Typed = {
    "pair": (
        "Return a pair of what is before the first equals sign (=) of `text` and what is after it, "
        "or None if there is none.",
        _cut("([^=]*)=(.*)"),
        """text.split_once('=')
        .map(|(key, value)| (key.to_string(), value.to_string()))""",
        "Option<(String, String)>",
    ),
    "ending": (
        "Return a pair of what is before the last dot (.) of `text` and what is after it, or None "
        "if there is no dot.",
        _cut("(.*)[.]([^.]*)"),
        """text.rsplit_once('.')
        .map(|(stem, ending)| (stem.to_string(), ending.to_string()))""",
        "Option<(String, String)>",
    ),
    "switch": (
        "Return true if `text` is on or yes, false if it is off or no, where each letter may be in "
        "lower or in upper case, and None if it is any other text.",
        lambda t: {"on": True, "yes": True, "off": False, "no": False}.get(t.lower()),
        """match text.to_ascii_lowercase().as_str() {
        "on" | "yes" => Some(true),
        "off" | "no" => Some(false),
        _ => None,
    }""",
        "Option<bool>",
    ),
    "items": (
        "Commas (,) cut `text` into items, one more than there are commas. Return the items in "
        "their order, each without the spaces at its start and at its end.",
        lambda t: [item.strip(" ") for item in t.split(",")],
        "text.split(',').map(|item| item.trim_matches(' ').to_string()).collect()",
        "Vec<String>",
    ),
    "quoted": (
        'If `text` starts with a double quote (") and ends with another one, return what is '
        "between these two, else None.",
        lambda t: t[1:-1] if re.fullmatch('".*"', t, re.DOTALL) else None,
        """text.strip_prefix('"')?.strip_suffix('"').map(str::to_string)""",
        "Option<String>",
    ),
    "comment": (
        "Return what is before the first hash (#) of `text`, or all of it if there is none, "
        "without the spaces at the end of that.",
        lambda t: t.split("#")[0].rstrip(" "),
        "text.split('#').next().unwrap_or_default().trim_end_matches(' ').to_string()",
        "String",
    ),
    "option": (
        "If `text` starts with two hyphens (-) and is longer than that, return what is after these "
        "two, else None.",
        lambda t: t[2:] if t[:2] == "--" and len(t) > 2 else None,
        """text.strip_prefix("--")
        .filter(|name| !name.is_empty())
        .map(str::to_string)""",
        "Option<String>",
    ),
    "path": (
        "Slashes (/) cut `text` into parts, one more than there are slashes. Return the last part "
        "that is not empty, or None if all are empty.",
        lambda t: next((part for part in reversed(t.split("/")) if part), None),
        "text.rsplit('/').find(|part| !part.is_empty()).map(str::to_string)",
        "Option<String>",
    ),
    "number": (
        "Return the number that `text` is if it has one to four characters and all of them are "
        "digits from 0 to 9, else None.",
        lambda t: int(t) if re.fullmatch("[0-9]{1,4}", t) else None,
        """if text.len() > 4 || text.contains(|c: char| !c.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()""",
        "Option<u32>",
    ),
    "indent": (
        "Return a pair of how many spaces `text` has at its start, and the rest of it.",
        lambda t: (len(t) - len(t.lstrip(" ")), t.lstrip(" ")),
        """let rest = text.trim_start_matches(' ');
    (text.len() - rest.len(), rest.to_string())""",
        "(usize, String)",
    ),
}

# ---------------------------------------------------------------- 2: sizes with units

_UNITS: dict[str, dict[str, int]] = {
    "time": {"s": 1, "m": 60, "h": 3600},
    "size": {"B": 1, "K": 1024, "M": 1024 * 1024},
    "length": {"mm": 1, "cm": 10, "m": 1000},
}
_NUMBER = "a number, which is one to six digits from 0 to 9"


def _plain(m: re.Match[str], units: dict[str, int]) -> int:
    return int(m["number"]) * units[m["unit"]]


def _tenths(m: re.Match[str], units: dict[str, int]) -> int | None:
    total, rest = divmod(int(m["number"] + (m["tenth"] or "0")) * units[m["unit"]], 10)
    return None if rest else total


# name -> words, a regular expression (UNIT: any unit), Python (of a match), Rust.
_ACCEPTED: dict[str, tuple[str, str, Callable[[Any, dict[str, int]], Any], str]] = {
    "bare": (
        f"{_NUMBER}, directly followed by a unit",
        "(?P<number>[0-9]{1,6})(?P<unit>UNIT)",
        _plain,
        """    let (number, unit) = number(text)?;
    Some(number * scale(unit)?)
""",
    ),
    "default": (
        f"{_NUMBER}, directly followed by a unit or by nothing, which stands for $smallest",
        "(?P<number>[0-9]{1,6})(?P<unit>(UNIT)?)",
        lambda m, units: int(m["number"]) * (units[m["unit"]] if m["unit"] else 1),
        """    let (number, unit) = number(text)?;
    if unit.is_empty() {
        return Some(number);
    }
    Some(number * scale(unit)?)
""",
    ),
    "signed": (
        f"a hyphen (-), which makes it negative, or a plus sign (+) or nothing, then {_NUMBER}, "
        "directly followed by a unit",
        "(?P<number>[-+]?[0-9]{1,6})(?P<unit>UNIT)",
        _plain,
        """    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (number, unit) = number(rest)?;
    Some(sign * number * scale(unit)?)
""",
    ),
    "tenths": (
        f"{_NUMBER}, maybe followed by a dot (.) and one digit more for the tenths, and directly "
        "followed by a unit, if that comes to a whole number of $smallest",
        "(?P<number>[0-9]{1,6})([.](?P<tenth>[0-9]))?(?P<unit>UNIT)",
        _tenths,
        """    let (mut number, mut unit) = number(text)?;
    number *= 10;
    if let Some(rest) = unit.strip_prefix('.') {
        number += i64::from(rest.chars().next()?.to_digit(10)?);
        unit = &rest[1..];
    }
    let total = number * scale(unit)?;
    (total % 10 == 0).then_some(total / 10)
""",
    ),
    "spaced": (
        f"{_NUMBER}, a single space or nothing, and a unit",
        "(?P<number>[0-9]{1,6}) ?(?P<unit>UNIT)",
        _plain,
        """    let (number, rest) = number(text)?;
    let unit = rest.strip_prefix(' ').unwrap_or(rest);
    Some(number * scale(unit)?)
""",
    ),
}

# ---------------------------------------------------------------- 3: pairs

# name -> words, Python, Rust, type.
_VALUE: _Typed = {
    "text": (
        "A value may be any text, an empty one, too.",
        lambda v: v,
        "Some((key.to_string(), value.to_string()))",
        "String",
    ),
    "number": (
        "A value is right if it is one to four digits from 0 to 9, with a hyphen (-) directly "
        "before them or not; it is a number.",
        lambda v: int(v) if re.fullmatch("-?[0-9]{1,4}", v) else None,
        """let digits = value.strip_prefix('-').unwrap_or(value);
    if digits.len() > 4 || digits.contains(|c: char| !c.is_ascii_digit()) {
        return None;
    }
    Some((key.to_string(), value.parse().ok()?))""",
        "i64",
    ),
}
# name -> words, Python (of the values so far and one more; None: an error), Rust.
_TWICE: _Table = {
    "first": (
        "If a key comes again, its first value counts",
        lambda held, _: held,
        "",
    ),
    "last": (
        "If a key comes again, its last value counts",
        lambda _, value: [value],
        "*held = value",
    ),
    "all": (
        "If a key comes again, it has several values, in their order",
        lambda held, value: [*held, value],
        "held.push(value)",
    ),
    "error": (
        "A piece whose key has come before is wrong, too",
        lambda _held, _value: None,
        "",
    ),
}

# ---------------------------------------------------------------- 4: nested lists

# name -> words, opening and closing, Rust.
_SYNTAX: dict[str, tuple[str, str, str]] = {
    "commas": (
        "A list is an opening bracket ([), items with a comma (,) between neighbours, and a "
        "closing bracket (]); it may have no items. An item is a list or a number; a number is one "
        "or more digits from 0 to 9. There are no spaces: [1,[],[20,3]]",
        "[]",
        """        let mut items = Vec::new();
        if self.peek() != Some(']') {
            items.push(self.item()?);
            while self.peek() == Some(',') {
                self.at += 1;
                items.push(self.item()?);
            }
        }
        self.expect(']')?;
""",
    ),
    "ended": (
        "A list is an opening brace ({), any number of items, which may be 0, and a closing brace "
        "(}). An item is a list, or one or more digits from 0 to 9, which are a number, with a "
        "semicolon (;) after them. There are no spaces: {1;{}{20;3;}}",
        "{}",
        """        let mut items = Vec::new();
        while self.peek() != Some('}') {
            items.push(self.item()?);
        }
        self.at += 1;
""",
    ),
}
_Tree = Any  # int, or a list of trees


def _numbers(tree: _Tree, depth: int = 0) -> list[tuple[int, int]]:
    if isinstance(tree, int):
        return [(tree, depth)]
    return [found for item in tree for found in _numbers(item, depth + 1)]


def _lists(tree: _Tree) -> list[_Tree]:
    if isinstance(tree, int):
        return []
    return [tree, *(found for item in tree for found in _lists(item))]


def _shape(tree: _Tree) -> int:
    return 0 if isinstance(tree, int) else 1 + max(map(_shape, tree), default=0)


# name -> words, Python, Rust (what is returned of `list`, then helpers), type.
_TREE: dict[str, tuple[str, Callable[[_Tree], Any], str, str, str]] = {
    "weighted": (
        "the sum of all numbers, each times the number of lists that it is in (1 for an item of "
        "the whole list, 2 for an item of a list in it, and so on)",
        lambda tree: sum(x * depth for x, depth in _numbers(tree)),
        "weight(&list, 0)",
        """
fn weight(item: &Item, depth: i64) -> i64 {
    match item {
        Item::Number(number) => number * depth,
        Item::List(items) => items.iter().map(|item| weight(item, depth + 1)).sum(),
    }
}
""",
        "i64",
    ),
    "flat": (
        "all numbers in the order in which they are written, each as a pair of the number and in "
        "how many lists it is (1 for an item of the whole list, and so on)",
        _numbers,
        "flat(&list, 0)",
        """
fn flat(item: &Item, depth: usize) -> Vec<(i64, usize)> {
    match item {
        Item::Number(number) => vec![(*number, depth)],
        Item::List(items) => items.iter().flat_map(|item| flat(item, depth + 1)).collect(),
    }
}
""",
        "Vec<(i64, usize)>",
    ),
    "sizes": (
        "for each list, in the order in which they begin, a pair of how many items it has and the "
        "sum of those of them that are numbers (what is in a list in it counts only for that one)",
        lambda tree: [
            (len(found), sum(item for item in found if isinstance(item, int)))
            for found in _lists(tree)
        ],
        "sizes(&list)",
        """
fn sizes(item: &Item) -> Vec<(usize, i64)> {
    match item {
        Item::Number(_) => Vec::new(),
        Item::List(items) => {
            let mut found = vec![(items.len(), items.iter().map(own).sum())];
            found.extend(items.iter().flat_map(sizes));
            found
        }
    }
}

fn own(item: &Item) -> i64 {
    match item {
        Item::Number(number) => *number,
        Item::List(_) => 0,
    }
}
""",
        "Vec<(usize, i64)>",
    ),
    "depth": (
        "a pair of how deep lists are within each other (1 if there is only the whole list, 2 if "
        "there are lists in it without lists in them, and so on) and the largest number, or None "
        "in its place if there are no numbers",
        lambda tree: (_shape(tree), max((x for x, _ in _numbers(tree)), default=None)),
        "(depth(&list), largest(&list))",
        """
fn depth(item: &Item) -> usize {
    match item {
        Item::Number(_) => 0,
        Item::List(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
    }
}

fn largest(item: &Item) -> Option<i64> {
    match item {
        Item::Number(number) => Some(*number),
        Item::List(items) => items.iter().filter_map(largest).max(),
    }
}
""",
        "(usize, Option<i64>)",
    ),
    "sums": (
        "for each list, in the order in which they begin, the sum of its numbers and of all "
        "numbers of the lists within it",
        lambda tree: [sum(x for x, _ in _numbers(found)) for found in _lists(tree)],
        "sums(&list)",
        """
fn sums(item: &Item) -> Vec<i64> {
    match item {
        Item::Number(_) => Vec::new(),
        Item::List(items) => {
            let mut found = vec![sum(item)];
            found.extend(items.iter().flat_map(sums));
            found
        }
    }
}

fn sum(item: &Item) -> i64 {
    match item {
        Item::Number(number) => *number,
        Item::List(items) => items.iter().map(sum).sum(),
    }
}
""",
        "Vec<i64>",
    ),
}
# name -> words, the type, how to fail at a place.
_FAILING: dict[str, tuple[str, str, str]] = {
    "position": (
        "If `text` is not that, return Err with the index, counted in characters from 0, of the "
        "first character with which no such text can go on after all that is before it, or how "
        "many characters `text` has if all of it could go on",
        "Result<{}, usize>",
        "Err(self.at)",
    ),
    "none": ("If `text` is not that, return None", "Option<{}>", "None"),
}

# ---------------------------------------------------------------- 5: expressions

_APPLY: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "<": min, ">": max,
}  # fmt: skip
# name -> words, operators from those that bind least, whether from left to right.
_PRECEDENCE: dict[str, tuple[str, tuple[str, ...], bool]] = {
    "usual": (
        "+, - (difference) and * (product); * binds more than + and -, which bind alike. Operators "
        "that bind alike are applied from left to right",
        ("+-", "*"),
        True,
    ),
    "flat": (
        "+, - (difference) and * (product); all bind alike and are applied from left to right, so "
        "that 1+2*3 is 9",
        ("+-*",),
        True,
    ),
    "backwards": (
        "+, - (difference) and * (product); all bind alike and are applied from right to left, so "
        "that 9-3-1 is 7",
        ("+-*",),
        False,
    ),
    "inverted": (
        "+, - (difference) and * (product); + and - bind alike, and more than *, so that 2*3+4 is "
        "14. Operators that bind alike are applied from left to right",
        ("*", "+-"),
        True,
    ),
    "ladder": (
        "- (difference), * (product) and + (sum); + binds most, * less, - least. Equal operators "
        "are applied from right to left, so that 9-3-1 is 7",
        ("-", "*", "+"),
        False,
    ),
    "extremes": (
        "< (the smaller of both), > (the larger of both), + and - (difference); + and - bind alike "
        "and more than < and >, which bind alike. Operators that bind alike are applied from left "
        "to right",
        ("<>", "+-"),
        True,
    ),
}
# name -> words, Python: of a number and of an operator and two, Rust: of the latter, type.
_EVALUATED: dict[
    str, tuple[str, Callable[[str], Any], Callable[[str, Any, Any], Any], str, str]
] = {
    "value": (
        "its value",
        int,
        lambda operator, a, b: _APPLY[operator](a, b),
        "",
        "i64",
    ),
    "postfix": (
        "a text in which each operator comes after its two operands: a number is written as it is, "
        "and an operation as its left operand, a space, its right operand, a space, and the "
        "operator; there are no parentheses",
        str,
        lambda operator, a, b: f"{a} {b} {operator}",
        'format!("{left} {right} {operator}")',
        "String",
    ),
    "explicit": (
        "a text with parentheses around each operation and no others: a number is written as it "
        "is, and an operation as an opening parenthesis, its left operand, the operator, its right "
        "operand and a closing parenthesis",
        str,
        lambda operator, a, b: f"({a}{operator}{b})",
        'format!("({left}{operator}{right})")',
        "String",
    ),
    "height": (
        "its height: that of a number is 0; that of an operation is one more than the larger of "
        "the heights of its two operands",
        lambda _: 0,
        lambda _, a, b: 1 + max(a, b),
        "1 + left.max(right)",
        "usize",
    ),
}


def _variants(level: int) -> list[tuple[Any, ...]]:
    tables: dict[int, tuple[Any, ...]] = {
        1: (_WHOLE,),
        2: (_UNITS, _ACCEPTED),
        3: (_VALUE, _TWICE, ("skipped", "error")),
        4: (_SYNTAX, _TREE, _FAILING),
        5: (_PRECEDENCE, _EVALUATED),
    }
    return [(level, *names) for names in itertools.product(*tables[level])]


@family("parsing", _variants)
def parsing(level: int, *names: str) -> Problem:
    return (_whole, _sized, _pairs, _nested, _expression)[level - 1](*names)


def _whole(name: str) -> Problem:
    words, python, rust, kind = _WHOLE[name]
    special = {
        "pair": "=", "ending": ".", "items": ", ", "quoted": '"', "comment": "# ", "option": "-",
        "path": "/", "indent": " ",
    }.get(name, "")  # fmt: skip

    def arguments(draw: Draw) -> tuple[Any, ...]:
        if name == "switch":
            text = draw.pick(("on", "yes", "off", "no"))
            text = "".join(draw.pick((c, c, c.upper())) for c in text)
            if draw.chance(0.3):
                text = draw.pick((text + "n", "n" + text, text[1:], text + " ", "true", "none"))
            return (text,)
        if name == "number":
            text = str(draw.below(10 ** draw.between(1, 6)))
            odd = draw.pick(("+" + text, text + "a", text + " ", "-" + text, text + "²"))
            return (odd if draw.chance(0.3) else text[:4] if draw.chance(0.7) else text,)
        parts = [draw.pick(("ab", "x1", "Öl", "", "go on", "q", *special, *special))
                 for _ in range(draw.between(1, 5))]  # fmt: skip
        text = draw.pick(("", *special)).join(parts)
        if special and draw.chance(0.5):
            text = draw.pick((special[0], special[0] * 2)) + text
        if special and draw.chance(0.5):
            text += special[0]
        return (text,)

    edges = ["", "=", "a=b=c", "a.b.c", ".", ",", " a , b ,c d ", '"', '""', '"a"b"', "a #b # c",
             "#", "--", "--x", "-x", "---", "/", "a/b//", "  a b ", " "]  # fmt: skip
    if special:
        edges = [edge for edge in edges if not edge or special[0] in edge]
    elif name == "switch":
        edges = ["", "on", "off", "yes", "no", "YES", "nO", "yes no"]
    else:
        edges = ["", "0", "9999", "10000", "0007", "+12", "12a", "-1", " 1", "é"]
    return Problem(
        words,
        Interface("read", (_TEXT,), kind),
        f"{_signature(kind)}    {rust}\n}}\n",
        python,
        arguments,
        [(edge,) for edge in edges],
    )


def _sized(units: str, accepted: str) -> Problem:
    scales = _UNITS[units]
    words, pattern, python, body = _ACCEPTED[accepted]
    names = list(scales)
    arms = "".join(f'        "{unit}" => Some({scale}),\n' for unit, scale in scales.items())
    reference = f"""{_signature("Option<i64>")}{body}}}

/// The number in front, and the rest of the text.
fn number(text: &str) -> Option<(i64, &str)> {{
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    if end > 6 {{
        return None;
    }}
    Some((text[..end].parse().ok()?, &text[end..]))
}}

fn scale(unit: &str) -> Option<i64> {{
    match unit {{
{arms}        _ => None,
    }}
}}
"""
    whole = re.compile(pattern.replace("UNIT", "|".join(names)))

    def oracle(text: str) -> Any:
        found = whole.fullmatch(text)
        return python(found, scales) if found else None

    def arguments(draw: Draw) -> tuple[Any, ...]:
        number = str(draw.below(10 ** draw.pick((1, 2, 3, 6))))
        front = (
            draw.pick(("-", "+", "")) if draw.chance(0.8 if accepted == "signed" else 0.1) else ""
        )
        tenth = (
            draw.pick((".5", ".0", ".2", ".", ".55"))
            if draw.chance(0.6 if accepted == "tenths" else 0.05)
            else ""
        )
        space = " " if draw.chance(0.5 if accepted == "spaced" else 0.05) else ""
        unit = draw.pick(names)
        if draw.chance(0.25):
            unit = draw.pick(("", "", unit.swapcase(), unit + "s", "d", unit + " ", "ß"))
        return (front + number + tenth + space + unit,)

    listed = ", ".join(
        f"{unit} for {scale}" if scale > 1 else f"{unit} for 1" for unit, scale in scales.items()
    )
    last, small = names[-1], names[0]
    edges = ["", small, "0" + small, "7", "12" + last, "999999" + last, "1000000" + last,
             "3 " + last, "3x", "000001" + names[1], "5" + last + "2"]  # fmt: skip
    edges += {
        "signed": ["-3" + last, "+3" + last, "--3" + last, "-+3" + last, "- 3" + last, "-"],
        "tenths": ["1.5" + last, "1." + last, "1.25" + last, ".5" + last, "0.5" + small,
                   "0.5" + names[1], "1.9" + last, "1.a" + last, "1.ß" + last, "2.0" + small],
        "spaced": [f"2  {last}", f" 2{last}", f"3{last} ", "3 ", f"4 {small}"],
    }.get(accepted, ["-3" + last, "+3" + last, "1.5" + last])  # fmt: skip
    smallest = f"the unit {small}"
    return Problem(
        f"A size is {Template(words).substitute(smallest=smallest)}. "
        f"A unit says by how much the number is multiplied: {listed}. Return what "
        "`text` comes to if all of it is such a size, else None.",
        Interface("read", (_TEXT,), "Option<i64>"),
        reference,
        oracle,
        arguments,
        [(edge,) for edge in edges],
    )


def _pairs(value: str, twice: str, wrong: str) -> Problem:
    words, python, rust, inner = _VALUE[value]
    what, again, put = _TWICE[twice]
    between, joint = (",", ":") if value == "number" else (";", "=")
    failing = wrong == "error"
    several = twice == "all"
    fail = "return Err(index)" if failing else "continue"
    held = f"Vec<{inner}>" if several else inner
    kind = f"Vec<(String, {held})>"
    new = "vec![value]" if several else "value"
    if twice == "first" or (twice == "error" and not failing):
        settle = f"""        if found.iter().all(|(other, _)| *other != key) {{
            found.push((key, {new}));
        }}
"""
    elif twice == "error":
        settle = f"""        if found.iter().any(|(other, _)| *other == key) {{
            return Err(index);
        }}
        found.push((key, {new}));
"""
    else:
        settle = f"""        match found.iter_mut().find(|(other, _)| *other == key) {{
            Some((_, held)) => {put},
            None => found.push((key, {new})),
        }}
"""
    loop = "(index, piece)" if failing else "piece"
    pieces = f"text.split('{between}')" + (".enumerate()" if failing else "")
    blank = (
        """        if piece.trim_matches(' ').is_empty() {
            continue;
        }
"""
        if failing
        else ""
    )
    reference = f"""{_signature(f"Result<{kind}, usize>" if failing else kind)}\
    let mut found: {kind} = Vec::new();
    for {loop} in {pieces} {{
{blank}        let Some((key, value)) = pair(piece) else {{
            {fail};
        }};
{settle}    }}
    {"Ok(found)" if failing else "found"}
}}

fn pair(piece: &str) -> Option<(String, {inner})> {{
    let (key, value) = piece.split_once('{joint}')?;
    let (key, value) = (key.trim_matches(' '), value.trim_matches(' '));
    if key.is_empty() {{
        return None;
    }}
    {rust}
}}
"""

    def oracle(text: str) -> Any:
        found: dict[str, list[Any]] = {}
        for index, piece in enumerate(text.split(between)):
            if not piece.strip(" "):
                continue
            key, there, given = (part.strip(" ") for part in piece.partition(joint))
            read = python(given) if there and key else None
            values: list[Any] | None = None
            if read is not None:
                values = again(found[key], read) if key in found else [read]
            if values is None:
                if failing:
                    return ("Err", index)
                continue
            found[key] = values
        listed = [(key, values if several else values[0]) for key, values in found.items()]
        return ("Ok", listed) if failing else listed

    def arguments(draw: Draw) -> tuple[Any, ...]:
        pieces = []
        for _ in range(draw.between(1, 6)):
            key = draw.pick(("a", "b", "size", "no 1", "A"))
            if draw.chance(0.04 if failing else 0.1):
                key = ""
            given = draw.pick(("7", "-12", "0", "0450", "-9999"))
            if value == "text" or draw.chance(0.05 if failing else 0.2):
                given = draw.pick(("", "x", "1" + joint + "2", "-", "12345", "+4", "3 4", "--1"))
            joined = "" if draw.chance(0.05 if failing else 0.1) else joint
            pad = draw.pick(("", "", " ")), draw.pick(("", "", " ", "  "))
            pieces.append(draw.pick(("", "", " ")) + key + pad[0] + joined + pad[1] + given
                          + draw.pick(("", "", " ")))  # fmt: skip
            if draw.chance(0.1):
                pieces.append(draw.pick(("", " ")))
        return (between.join(pieces),)

    b, j = between, joint
    edges = [
        "", " ", b, f"a{j}1", f"a{j}", f"{j}1", j, f" a {j} 1 {b} b{j}2", f"a{j}1{b}a{j}2",
        f"a{j}1{b}{b}a{j}3{b}b{j}4{b}a{j}5", f"a{j}1{b}x{b}b{j}2", f"a{j}b{j}c", f"a{j}-{b}b{j}1",
        f"a{j}12345", f"a{j}1234", f"a{j}-1234", f"a{j}+1{b}c{j}2", f"a{j}1 2", f"A{j}1{b}a{j}2",
        f"{b} {b}x", f"a\t{j}1{b}a{j}2",
    ]  # fmt: skip
    ignored = (
        "Pieces that are empty or have only spaces are ignored (but have an index like others). "
        "Any other"
        if failing
        else "A"
    )
    last = (
        "If a piece is wrong, return Err with the index of the first one that is, counted in "
        "pieces from 0, else Ok with"
        if failing
        else "Leave out the pieces that are wrong. Return"
    )
    them = "of each key and a vector of its values" if several else "of each key and its value"
    return Problem(
        f"`{between}` cuts `text` into pieces, one more than there are of these characters. "
        f"{ignored} piece is a key, `{joint}` and a value, which begins after the first `{joint}` "
        "of the piece; spaces at the start and at the end of a key and of a value do not belong to "
        "it. A "
        f"piece without `{joint}`, with an empty key or with a value that is not right is wrong. "
        f"{words} {what}. {last} the pairs {them}, in the order in which the keys first came.",
        Interface("read", (_TEXT,), f"Result<{kind}, usize>" if failing else kind),
        reference,
        oracle,
        arguments,
        [(edge,) for edge in edges],
    )


def _nested(syntax: str, report: str, failing: str) -> Problem:
    words, brackets, body = _SYNTAX[syntax]
    opening, closing = brackets[0], brackets[1]
    what, python, rust, helpers, inner = _TREE[report]
    otherwise, result, fail = _FAILING[failing]
    good = "Ok" if failing == "position" else "Some"
    ended = syntax == "ended"
    after = "        self.expect(';')?;\n" if ended else ""
    reference = Template(
        """enum Item {
    Number(i64),
    List(Vec<Item>),
}

pub fn read(text: &str) -> $answer {
    let mut reader = Reader {
        text: text.chars().collect(),
        at: 0,
    };
    let list = reader.list()?;
    if reader.peek().is_some() {
        return $late;
    }
    $good($rust)
}

struct Reader {
    text: Vec<char>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn expect(&mut self, wanted: char) -> $nothing {
        if self.peek() != Some(wanted) {
            return $fail;
        }
        self.at += 1;
        $good(())
    }

    fn list(&mut self) -> $item {
        self.expect('$opening')?;
$body        $good(Item::List(items))
    }

    fn item(&mut self) -> $item {
        if self.peek() == Some('$opening') {
            return self.list();
        }
        let start = self.at;
        let mut number = 0;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            number = 10 * number + i64::from(digit);
            self.at += 1;
        }
        if self.at == start {
            return $fail;
        }
$after        $good(Item::Number(number))
    }
}
$helpers"""
    ).substitute(
        answer=result.format(inner), nothing=result.format("()"), item=result.format("Item"),
        late=fail.replace("self", "reader"), fail=fail, good=good, rust=rust, opening=opening,
        body=body, after=after, helpers=helpers,
    )  # fmt: skip

    def written(tree: _Tree) -> str:
        if isinstance(tree, int):
            return f"{tree};" if ended else str(tree)
        return opening + ("" if ended else ",").join(map(written, tree)) + closing

    def oracle(text: str) -> Any:
        tree, place = _read_nested(text, opening, closing, ended)
        if place is not None:
            return ("Err", place) if failing == "position" else None
        found = python(tree)
        return ("Ok", found) if failing == "position" else found

    def tree(draw: Draw, depth: int) -> _Tree:
        if depth and draw.chance(0.55 if depth < 3 else 0.8):
            return draw.pick((0, 7, 12, draw.below(100), 305))
        return [tree(draw, depth + 1) for _ in range(draw.pick((0, 1, 2, 2, 3, 3, 4)))]

    def arguments(draw: Draw) -> tuple[Any, ...]:
        text = written(tree(draw, 0))
        if draw.chance(0.5 if failing == "position" else 0.3):
            at = draw.below(len(text) + 1)
            odd = draw.pick(("", "", ",", ";", opening, closing, " ", "é", "-", "5"))
            text = text[:at] + odd + text[at + draw.below(2) :]
        return (text,)

    o, c = opening, closing
    edges = ["", o, c, o + c, "5", f"{o}5{c}", f"{o}5;{c}", f"{o}5,{c}", f"{o},5{c}", f"{o}5,6{c}",
             f"{o}5;6;{c}", f"{o}5;6{c}", f"{o}{o}{c}{c}", f"{o}{o}{c}{o}{c}{c}", o + c + o,
             o + c + "é", f"{o}{o}{c},{o}{c}{c}", f"{o} 5{c}", f"{o}007{c}", f"{o}007;{c}", "é",
             f"{o}-1{c}", f"{o}1a{c}", f"{o};{c}", f"{o}1", f"{o}1;", f"{o}1,"]  # fmt: skip
    return Problem(
        f"{words}. `text` is to be one list, with nothing before or after it. {otherwise}. Else "
        f"return{', in Ok,' if good == 'Ok' else ''} {what}. No number is greater than 99999.",
        Interface("read", (_TEXT,), result.format(inner)),
        reference,
        oracle,
        arguments,
        [(edge,) for edge in edges],
    )


def _read_nested(text: str, opening: str, closing: str, ended: bool) -> tuple[_Tree, int | None]:
    """The tree and no place, or the place of the first wrong character; with a stack."""
    whole: list[_Tree] = []
    stack = [whole]
    # What may come: o(pening), d(igit), c(losing), s(eparator).
    may = "o"
    for place, character in enumerate(text):
        kind = (
            "o" if character == opening
            else "c" if character == closing
            else "d" if "0" <= character <= "9"
            else "s" if character == ",;"[ended]
            else "?"
        )  # fmt: skip
        if kind not in may:
            return None, place
        if kind == "o":
            stack.append([])
            may = "odc"
        elif kind == "d":
            if text[place - 1].isdecimal():
                stack[-1][-1] = 10 * stack[-1][-1] + int(character)
            else:
                stack[-1].append(int(character))
            may = "ds" if ended else "dsc"
        elif kind == "s":
            may = "odc" if ended else "od"
        else:
            done = stack.pop()
            stack[-1].append(done)
            may = "odc" if ended else "sc"
            if len(stack) == 1:
                may = ""
    if len(stack) > 1 or not whole:
        return None, len(text)
    return whole[0], None


def _expression(precedence: str, evaluated: str) -> Problem:
    words, levels, from_left = _PRECEDENCE[precedence]
    what, leaf, join, joined, inner = _EVALUATED[evaluated]
    operators = "".join(levels)
    rust = {
        "+": "left + right", "-": "left - right", "*": "left * right", "<": "left.min(right)",
        ">": "left.max(right)",
    }  # fmt: skip
    if evaluated == "value":
        last = operators[-1]
        arms = "".join(f"        '{one}' => {rust[one]},\n" for one in operators[:-1])
        joined = f"match operator {{\n{arms}        _ => {rust[last]},\n    }}"
    named = "_" if evaluated == "height" else "operator"
    scan = '        while self.accept("0123456789").is_some() {}\n'
    finished = "0" if evaluated == "height" else "self.text[start..self.at].iter().collect()"
    if evaluated == "value":
        finished = "number"
        scan = """        let mut number = 0;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            number = 10 * number + i64::from(digit);
            self.at += 1;
        }
"""
    layered = len(levels) > 1
    listed = ", ".join(f'"{level}"' for level in levels)
    table = (
        f"""/// The operators, from those that bind least.
const LEVELS: [&str; {len(levels)}] = [{listed}];
"""
        if layered
        else f"const OPERATORS: &str = {listed};\n"
    )
    level, start = (", level: usize", "0") if layered else ("", "")
    higher, same = ("expression(level + 1)", "expression(level)") if layered else (
        "operand()", "expression()"
    )  # fmt: skip
    now = "operators" if layered else "OPERATORS"
    chosen = """        let Some(operators) = LEVELS.get(level) else {
            return self.operand();
        };
"""
    more = (
        f"""        let mut left = self.{higher}?;
        while let Some(operator) = self.accept({now}) {{
            let right = self.{higher}?;
            left = join(operator, left, right);
        }}
"""
        if from_left
        else f"""        let left = self.{higher}?;
        if let Some(operator) = self.accept({now}) {{
            let right = self.{same}?;
            return Ok(join(operator, left, right));
        }}
"""
    )
    reference = f"""{table}
{_signature(f"Result<{inner}, usize>")}\
    let mut reader = Reader {{
        text: text.chars().collect(),
        at: 0,
    }};
    let found = reader.expression({start})?;
    if reader.peek().is_some() {{
        return Err(reader.at);
    }}
    Ok(found)
}}

fn join({named}: char, left: {inner}, right: {inner}) -> {inner} {{
    {joined}
}}

struct Reader {{
    text: Vec<char>,
    at: usize,
}}

impl Reader {{
    fn peek(&self) -> Option<char> {{
        self.text.get(self.at).copied()
    }}

    /// Goes on if one of these characters is next.
    fn accept(&mut self, characters: &str) -> Option<char> {{
        let found = self.peek().filter(|&c| characters.contains(c))?;
        self.at += 1;
        Some(found)
    }}

    fn expression(&mut self{level}) -> Result<{inner}, usize> {{
{chosen if layered else ""}{more}        Ok(left)
    }}

    fn operand(&mut self) -> Result<{inner}, usize> {{
        if self.accept("(").is_some() {{
            let found = self.expression({start})?;
            self.accept(")").ok_or(self.at)?;
            return Ok(found);
        }}
        let start = self.at;
{scan}        if self.at == start {{
            return Err(start);
        }}
        Ok({finished})
    }}
}}
"""

    def wrong_at(given: str) -> int | None:
        """The place of the first wrong character, by what was before it alone."""
        before, depth = "(", 0
        for place, character in enumerate(given):
            is_digit = character in "0123456789"
            starts = before in "(" + operators
            if character == ")":
                fits = not starts and depth > 0
            elif character == "(":
                fits = starts
            else:
                fits = (is_digit and before != ")") or (character in operators and not starts)
            if not fits:
                return place
            depth += (character == "(") - (character == ")")
            before = character
        return len(given) if depth or before in "(" + operators else None

    def evaluate(given: str) -> Any:
        """Cut at the operator that is applied last."""
        for level in levels:
            depth, places = 0, []
            for place, character in enumerate(given):
                depth += (character == "(") - (character == ")")
                if depth == 0 and character in level:
                    places.append(place)
            if places:
                at = places[-1] if from_left else places[0]
                return join(given[at], evaluate(given[:at]), evaluate(given[at + 1 :]))
        return evaluate(given[1:-1]) if given.startswith("(") else leaf(given)

    def oracle(given: str) -> Any:
        place = wrong_at(given)
        return ("Ok", evaluate(given)) if place is None else ("Err", place)

    def expression(draw: Draw, depth: int) -> str:
        parts = []
        for _ in range(draw.pick((1, 2, 2, 3, 3, 4)) if depth < 2 else draw.between(1, 2)):
            inner = depth < 2 and draw.chance(0.3)
            parts.append(
                f"({expression(draw, depth + 1)})" if inner else str(draw.below(draw.pick((4, 30))))
            )
            parts.append(draw.pick(operators))
        return "".join(parts[:-1])

    def arguments(draw: Draw) -> tuple[Any, ...]:
        given = expression(draw, 0)
        if draw.chance(0.3):
            at = draw.below(len(given) + 1)
            odd = draw.pick(("", "", " ", "(", ")", "/", "é", draw.pick(operators), "3"))
            given = given[:at] + odd + given[at + draw.below(2) :]
        return (given[:30],)

    first, last = operators[0], operators[-1]
    edges: Sequence[str] = [
        "", "7", "()", "(7)", "((7))", f"1{first}2{last}3", f"1{last}2{first}3", f"9{last}3{last}2",
        f"9{first}3{first}2", f"(1{first}2){last}3", f"1{last}(2{first}3)", f"5{first}", first,
        f"1{first}{last}2", "(1", "1)", "1(2)", "(1)2", "(1)(2)", " 1", "1 ", "é", "1a",
        f"10{last}020",
        f"2{operators[len(operators) // 2]}3{first}4{last}5", f"(1{first}(2{last}3)", "1/2",
    ]  # fmt: skip
    return Problem(
        "An expression is a number (one or more digits from 0 to 9), or an expression in "
        "parentheses, or two or more operands with an operator between each two neighbours; an "
        "operand is a number or an expression in parentheses. "
        f"There are no spaces and no signs. The operators are {words}. If all of `text` is an "
        f"expression, return Ok with {what}. Else return Err with the index, counted in characters "
        "from 0, of the first character with which no expression can go on after all that is "
        "before it, or how many characters `text` has if all of it could go on. No value on the "
        "way is too large for i64.",
        Interface("read", (_TEXT,), f"Result<{inner}, usize>"),
        reference,
        oracle,
        arguments,
        [(edge,) for edge in edges],
    )
