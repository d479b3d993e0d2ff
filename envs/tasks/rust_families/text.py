"""One text made of another: characters, words, shifted letters, run lengths, lines."""

from __future__ import annotations

import itertools
import re
import textwrap
from collections.abc import Callable
from string import Template, ascii_lowercase, ascii_uppercase
from typing import Any

from ....verifiers.rust.interface import Interface
from ..draw import Draw
from .family import Problem, family

_TEXT = ("text", "&str")
# name -> words, Python, Rust.
_Table = dict[str, tuple[str, Callable[..., Any], str]]

_WORD = "A word is a stretch of characters without whitespace, as long as it can be."

# ---------------------------------------------------------------- 1: an expression

_WHOLE: _Table = {
    "upper": (
        "Return `text` with the letters a to z in upper case. All other characters stay.",
        lambda t: re.sub("[a-z]", lambda m: m[0].upper(), t),
        "text.to_ascii_uppercase()",
    ),
    "swapped": (
        "Return `text` with the letters a to z in upper case and the letters A to Z in lower case. "
        "All other characters stay.",
        lambda t: re.sub("[a-zA-Z]", lambda m: m[0].swapcase(), t),
        """text.chars()
        .map(|c| {
            if c.is_ascii_uppercase() {
                c.to_ascii_lowercase()
            } else {
                c.to_ascii_uppercase()
            }
        })
        .collect()""",
    ),
    "reversed": (
        "Return the characters of `text` in reverse order.",
        lambda t: t[::-1],
        "text.chars().rev().collect()",
    ),
    "consonants": (
        "Return `text` without the letters a, e, i, o and u, be they lower or upper case.",
        lambda t: re.sub("[aeiouAEIOU]", "", t),
        'text.chars().filter(|&c| !"aeiouAEIOU".contains(c)).collect()',
    ),
    "digits": (
        "Return the digits 0 to 9 of `text`, in their order, without all else.",
        lambda t: re.sub("[^0-9]", "", t),
        "text.chars().filter(char::is_ascii_digit).collect()",
    ),
    "doubled": (
        "Return `text` with each character twice, but spaces only once.",
        lambda t: re.sub("([^ ])", r"\1\1", t),
        """text.chars()
        .flat_map(|c| std::iter::repeat_n(c, if c == ' ' { 1 } else { 2 }))
        .collect()""",
    ),
    "second": (
        "Return every second character of `text`, beginning with the second one.",
        lambda t: t[1::2],
        "text.chars().skip(1).step_by(2).collect()",
    ),
    "collapsed": (
        f"{_WORD} Return the words of `text` in their order, with one space between neighbours.",
        lambda t: " ".join(t.split()),
        'text.split_whitespace().collect::<Vec<_>>().join(" ")',
    ),
    "backwards": (
        f"{_WORD} Return the words of `text` in reverse order (each stays as it is), with one "
        "space between neighbours.",
        lambda t: " ".join(reversed(re.findall(r"\S+", t))),
        """let mut words: Vec<&str> = text.split_whitespace().collect();
    words.reverse();
    words.join(" ")""",
    ),
    "initials": (
        f"{_WORD} Return the first character of each word of `text`, with nothing in between.",
        lambda t: "".join(word[0] for word in t.split()),
        "text.split_whitespace().filter_map(|word| word.chars().next()).collect()",
    ),
    "escaped": (
        "Return `text` with a backslash (\\) in front of each double quote (\") and each backslash "
        "that is in it.",
        lambda t: t.replace("\\", "\\\\").replace('"', '\\"'),
        r"""text.replace('\\', "\\\\").replace('"', "\\\"")""",
    ),
    "ends": (
        "Return `text` without the hyphens (-) at its start and without the dots (.) at its end; "
        "others stay.",
        lambda t: re.sub(r"\.*\Z", "", re.sub(r"\A-*", "", t)),
        "text.trim_start_matches('-').trim_end_matches('.').to_string()",
    ),
}  # fmt: skip

# ---------------------------------------------------------------- 2: words

_CHOSEN: _Table = {
    "vowel": (
        "starts with one of a, e, i, o and u, in lower or upper case",
        lambda w: w[0] in "aeiouAEIOU",
        'word.starts_with(|c| "aeiouAEIOU".contains(c))',
    ),
    "long": ("has four characters or more", lambda w: len(w) > 3, "word.chars().count() >= 4"),
    "digit": (
        "has at least one of the digits 0 to 9",
        lambda w: re.search("[0-9]", w) is not None,
        "word.contains(|c: char| c.is_ascii_digit())",
    ),
    "lower": (
        "has no other characters than the letters a to z",
        lambda w: re.fullmatch("[a-z]+", w) is not None,
        "word.chars().all(|c| c.is_ascii_lowercase())",
    ),
    "closed": (
        "starts and ends with the same character (one of a single character does)",
        lambda w: w[0] == w[-1],
        "word.chars().next() == word.chars().next_back()",
    ),
}
_CHANGED: _Table = {
    "reversed": (
        "its characters in reverse order",
        lambda w: w[::-1],
        "word.chars().rev().collect()",
    ),
    "upper": (
        "the word with its letters a to z in upper case",
        lambda w: "".join(c.upper() if c in ascii_lowercase else c for c in w),
        "word.to_ascii_uppercase()",
    ),
    "name": (
        "the word with its first character in upper case, if that is one of a to z, and those of "
        "its other characters that are A to Z in lower case",
        lambda w: "".join(
            re.sub("[A-Z]" if i else "[a-z]", lambda m: m[0].swapcase(), c)
            for i, c in enumerate(w)
        ),
        """word.chars()
        .enumerate()
        .map(|(i, c)| {
            if i == 0 {
                c.to_ascii_uppercase()
            } else {
                c.to_ascii_lowercase()
            }
        })
        .collect()""",
    ),
    "rotated": (
        "the word with its first character moved to its end",
        lambda w: w[1:] + w[0],
        """let mut characters = word.chars();
    let first = characters.next();
    characters.chain(first).collect()""",
    ),
    "short": (
        "its first character, directly followed by how many more it has, in decimal digits (a0 for "
        "the word a)",
        lambda w: f"{w[0]}{len(w) - 1}",
        """let mut characters = word.chars();
    let first = characters.next().map_or(String::new(), String::from);
    format!("{first}{}", characters.count())""",
    ),
}  # fmt: skip
# name -> words, Python (of a word that is not chosen), Rust.
_OTHERS: _Table = {
    "kept": (
        "All other words stay as they are.",
        lambda word: [word],
        """.map(|word| {
            if is_chosen(word) {
                change(word)
            } else {
                word.to_string()
            }
        })""",
    ),
    "dropped": (
        "All other words are left out.",
        lambda _: [],
        """.filter(|word| is_chosen(word))
        .map(change)""",
    ),
}

# ---------------------------------------------------------------- 3: shifted characters

# name -> singular, words, the alphabets, the arms of Rust's match.
_ALPHABET: dict[str, tuple[str, str, tuple[str, ...], str]] = {
    "letters": (
        "letter",
        "A letter is one of a to z or A to Z; it keeps its case.",
        (ascii_lowercase, ascii_uppercase),
        "        'a'..='z' => Some(b'a'),\n        'A'..='Z' => Some(b'A'),\n",
    ),
    "lower": (
        "letter",
        "A letter is one of a to z; those in upper case are none.",
        (ascii_lowercase,),
        "        'a'..='z' => Some(b'a'),\n",
    ),
    "digits": (
        "digit",
        "A digit is one of 0 to 9.",
        ("0123456789",),
        "        '0'..='9' => Some(b'0'),\n",
    ),
}


def _nth(at: list[int | None], i: int) -> int:
    """Which one of those that are moved the i-th character is, from 0."""
    return sum(place is not None for place in at[:i])


# name -> words, Python (by how much the i-th character of a text is moved that has the places `at`
# in the alphabet), and Rust: in front of the loop, on a space, the amount, after a character that
# is moved, after one that is not.
_AMOUNT: dict[
    str,
    tuple[str, Callable[[int, str, list[int | None], int], int], tuple[str, str, str, str, str]],
] = {
    "alternating": (
        "the first $one of `text` by `k`, the second by -`k`, the third by `k`, and so on",
        lambda k, _, at, i: -k if _nth(at, i) % 2 else k,
        ("let mut amount = k;", "", "amount", "amount = -amount;", ""),
    ),
    "growing": (
        "the first $one of `text` by `k`, the second by 2 times `k`, the third by 3 times `k`, and "
        "so on",
        lambda k, _, at, i: k * (_nth(at, i) + 1),
        ("let mut amount = k;", "", "amount", "amount += k;", ""),
    ),
    "spaces": (
        "by `k` times the number of spaces that are before it in `text`",
        lambda k, text, _, i: k * text[:i].count(" "),
        ("let mut amount = 0;", "amount += k;", "amount", "", ""),
    ),
    "chained": (
        "by `k` plus the number of the $one before it in `text`, as that was before it was moved "
        "(a and A have the number 0, z and Z have 25; 0 to 9 have their values); the first by `k`",
        lambda k, _, at, i: k + next((a for a in reversed(at[:i]) if a is not None), 0),
        ("let mut before = 0;", "", "k + before", "before = number;", ""),
    ),
    "inside": (
        "by `k`, but only if the character directly before it in `text` is a $one, too, else it "
        "stays",
        lambda k, _, at, i: k if i and at[i - 1] is not None else 0,
        ("let mut amount = 0;", "", "amount", "amount = k;", "amount = 0;"),
    ),
    "restarting": (
        "the first one of each stretch of ${one}s with nothing else between them by `k`, the "
        "second one of the stretch by `k` + 1, the third by `k` + 2, and so on",
        lambda k, _, at, i: (
            k + len(list(itertools.takewhile(lambda a: a is not None, reversed(at[:i]))))
        ),
        ("let mut amount = k;", "", "amount", "amount += 1;", "amount = k;"),
    ),
}

# ---------------------------------------------------------------- 5: lines

_LONG: _Table = {
    "cut": (
        "First cut each word of more than `width` characters, from its start, into pieces of "
        "`width` characters (the last has what is left); each piece is a word from then on.",
        lambda word, width: [word[i : i + width] for i in range(0, len(word), width)],
        """let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let characters: Vec<char> = word.chars().collect();
        words.extend(characters.chunks(width).map(String::from_iter));
    }""",
    ),
    "whole": (
        "A word of more than `width` characters is not cut; it is alone on a line, which is then "
        "longer.",
        lambda word, _: [word],
        "let words = text.split_whitespace().map(String::from);",
    ),
}


def _spread(line: str, width: int, last: bool) -> str:
    words = line.split(" ")
    if last or len(words) == 1:
        return line
    for i in itertools.cycle(range(len(words) - 1)):
        if len(" ".join(words)) >= width:
            break
        words[i] += " "
    return " ".join(words)


_ALIGNED: _Table = {
    "left": (
        "The words of a line have one space between them.",
        lambda line, _width, _last: line,
        """fn align(lines: &[Vec<String>]) -> Vec<String> {
    lines.iter().map(|line| line.join(" ")).collect()
}
""",
    ),
    "right": (
        "The words of a line have one space between them; a line with words and fewer than "
        "`width` characters gets spaces in front, so that it has `width`.",
        lambda line, width, _last: line.rjust(width),
        """fn align(lines: &[Vec<String>], width: usize) -> Vec<String> {
    lines
        .iter()
        .map(|line| format!("{:>width$}", line.join(" ")))
        .collect()
}
""",
    ),
    "centre": (
        "The words of a line have one space between them; a line with words that is shorter than "
        "`width` by n characters gets n / 2 spaces in front, rounded down, and none behind.",
        lambda line, width, _last: " " * ((width - len(line)) // 2) + line,
        """fn align(lines: &[Vec<String>], width: usize) -> Vec<String> {
    let mut aligned = Vec::new();
    for line in lines {
        let joined = line.join(" ");
        let missing = width.saturating_sub(joined.chars().count());
        aligned.push(" ".repeat(missing / 2) + &joined);
    }
    aligned
}
""",
    ),
    "spread": (
        "The words of a line have one space between them; but in every line that has two words or "
        "more and is not the last line of $all there are more, so that it has `width` characters: "
        "all gaps have equally many spaces, and if that does not come out even, the leftmost gaps "
        "have one more than the others.",
        _spread,
        """fn align(lines: &[Vec<String>], width: usize) -> Vec<String> {
    let mut aligned = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        if number + 1 == lines.len() || line.len() < 2 {
            aligned.push(line.join(" "));
            continue;
        }
        let gaps = line.len() - 1;
        let spaces = width - line.iter().map(|word| word.chars().count()).sum::<usize>();
        let mut spread = String::new();
        for (i, word) in line.iter().enumerate() {
            spread.push_str(word);
            if i < gaps {
                let more = usize::from(i < spaces % gaps);
                spread.push_str(&" ".repeat(spaces / gaps + more));
            }
        }
        aligned.push(spread);
    }
    aligned
}
""",
    ),
}


def _variants(level: int) -> list[tuple[Any, ...]]:
    tables: tuple[Any, ...] = {
        1: (_WHOLE,),
        2: (_CHOSEN, _CHANGED, _OTHERS),
        3: (_ALPHABET, _AMOUNT),
        4: (("encode", "decode"), ("before", "after"), (False, True), (False, True)),
        5: (_LONG, _ALIGNED, (False, True)),
    }[level]
    # Nothing is left of what a name is when all letters are small.
    return [
        (level, *parts) for parts in itertools.product(*tables) if parts[:2] != ("lower", "name")
    ]


@family("text", _variants)
def text(level: int, *parts: Any) -> Problem:
    return (_whole, _words, _shifted, _runs, _lines)[level - 1](*parts)


def _whole(name: str) -> Problem:
    words, python, rust = _WHOLE[name]

    def arguments(draw: Draw) -> tuple[Any, ...]:
        words = [
            draw.pick(("R2", '007"', '-"', "\\", "4")) if draw.chance(0.5) else _word(draw)
            for _ in range(draw.between(2, 4))
        ]
        between = draw.pick((" ", "  ", "   ", "\n", "\t ", "-", "."))
        start, end = draw.pick(("", " ", "-", "--", ".")), draw.pick(("", ".", "..", "-."))
        return (start + between.join(words) + end,)

    return Problem(
        words,
        Interface("convert", (_TEXT,), "String"),
        f"pub fn convert(text: &str) -> String {{\n    {rust}\n}}\n",
        python,
        arguments,
        [
            ("",), (" ",), ("a",), ("Zürich 8001",), ("  two\tlines\n of  text ",), ("--a-b..c..",),
            ('say "a\\b"',), ("aEIou AZaz é",), ("...---",), ("xyz",),
        ],
    )  # fmt: skip


def _words(chosen: str, changed: str, others: str) -> Problem:
    when, is_chosen, test = _CHOSEN[chosen]
    what, python, change = _CHANGED[changed]
    rest, fate, each = _OTHERS[others]
    reference = f"""pub fn convert(text: &str) -> String {{
    text.split_whitespace()
        {each}
        .collect::<Vec<String>>()
        .join(" ")
}}

fn is_chosen(word: &str) -> bool {{
    {test}
}}

fn change(word: &str) -> String {{
    {change}
}}
"""

    def oracle(text: str) -> str:
        found: list[str] = []
        for word in re.findall(r"\S+", text):
            found += [python(word)] if is_chosen(word) else fate(word)
        return " ".join(found)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        some = "abba Otto x R2d2 is été omega tent Émile eve q1q 5tH a1B".split()
        words = [
            draw.pick(some) if draw.chance(0.7) else _word(draw) for _ in range(draw.between(1, 6))
        ]
        return (draw.pick(("", " ")) + draw.pick((" ", "  ", "\n")).join(words),)

    return Problem(
        f"{_WORD} Each word of `text` that {when} is replaced by {what}. {rest} Return the words "
        "that there are then, in their order, with one space between neighbours.",
        Interface("convert", (_TEXT,), "String"),
        reference,
        oracle,
        arguments,
        [
            ("",), ("  ",), ("a",), ("B",), ("abc",), ("abcd Abc 1a1",), ("Über über Ubu Anna",),
            ("no 9 lives\tEach one",), ("été Été oslO OSLO z az",), ("uu 5 55 a-a -",),
        ],
    )  # fmt: skip


def _shifted(alphabet: str, amount: str) -> Problem:
    one, what, rows, arms = _ALPHABET[alphabet]
    by, amount_at, (start, on_space, now, moved, stayed) = _AMOUNT[amount]
    size = len(rows[0])
    space = f"        if c == ' ' {{\n            {on_space}\n        }}\n" if on_space else ""
    after = f"                {moved}\n" if moved else ""
    none = "found.push(c),"
    if stayed:
        none = f"{{\n                found.push(c);\n                {stayed}\n            }}"
    reference = f"""pub fn convert(text: &str, k: i64) -> String {{
    {start}
    let mut found = String::new();
    for c in text.chars() {{
{space}        match first(c) {{
            Some(first) => {{
                let number = i64::from(c as u8 - first);
                let shifted = (number + {now}).rem_euclid({size});
                found.push(char::from(first + shifted as u8));
{after}            }}
            None => {none}
        }}
    }}
    found
}}

/// The first character of the alphabet that `c` is from.
fn first(c: char) -> Option<u8> {{
    match c {{
{arms}        _ => None,
    }}
}}
"""

    def oracle(text: str, k: int) -> str:
        rows_of = [next((row for row in rows if c in row), "") for c in text]
        at = [row.index(c) if row else None for c, row in zip(text, rows_of, strict=True)]
        return "".join(
            text[i] if place is None else rows_of[i][(place + amount_at(k, text, at, i)) % size]
            for i, place in enumerate(at)
        )

    def arguments(draw: Draw) -> tuple[Any, ...]:
        some = (
            "0123456789    .x" if alphabet == "digits" else ascii_lowercase + "az-é1ABYZ" + 6 * " "
        )
        text = "".join(draw.pick(some) for _ in range(draw.between(3, 14)))
        return (text, draw.pick((1, 2, 3, 5, -1, -4, 11, 25, -30)))

    first, last = rows[0][0], rows[0][-1]
    return Problem(
        f"Move each {one} of `text` on in its alphabet, {Template(by).substitute(one=one)}. "
        f"{what} After the last one of the alphabet comes its first again; a negative amount moves "
        "backwards, and before the first one comes the last. All other characters stay.",
        Interface("convert", (_TEXT, ("k", "i64")), "String"),
        reference,
        oracle,
        arguments,
        [
            ("", 3), ("é !", 4), (f"{first}{last} {last}", 1), (rows[0], -1),
            ("Az 09 zA 90 az", 2), (f"{last}{last} {last}-{last}", 0), ("b2 c3 d4 Z9 0", size),
            (f"{rows[-1][:4]} {rows[-1][-4:]}", -size - 1), ("a1b2C3 d44e", 1000),
            # Whitespace that is no space, digits and letters that are none of the alphabet's.
            (f"{first}\t{first} ²٣é{first}\n{first}", 3),
        ],
    )  # fmt: skip


def _runs(way: str, side: str, bare: bool, strict: bool) -> Problem:
    return (_encoding if way == "encode" else _decoding)(side, bare, strict)


def _encoding(side: str, bare: bool, limited: bool) -> Problem:
    pair = "the number of its characters (in decimal digits), then its character"
    if side == "after":
        pair = "its character, then the number of its characters (in decimal digits)"
    words = ["Cut `text` into runs of equal characters, each as long as it can be"]
    words[0] += ", but of at most 9 (what is left begins a new run)." if limited else "."
    words.append(f"Write for each run, in their order, {pair}.")
    if bare:
        words.append("Of a run of one character write the character alone.")
    words.append("No digits are in `text`. Return what is written.")
    written = "{length}{c}" if side == "before" else "{c}{length}"
    push = f'found.push_str(&format!("{written}"));'
    if bare:
        push = f"""if length == 1 {{
            found.push(c);
        }} else {{
            {push}
        }}"""
    reference = f"""pub fn convert(text: &str) -> String {{
    let mut found = String::new();
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {{
        let mut length = 1;
        while {"length < 9 && " if limited else ""}characters.peek() == Some(&c) {{
            characters.next();
            length += 1;
        }}
        {push}
    }}
    found
}}
"""

    def oracle(text: str) -> str:
        found = ""
        for c, run in itertools.groupby(text):
            size = len(list(run))
            lengths = [9] * (size // 9) + [size % 9] if limited else [size]
            for n in filter(None, lengths):
                number = "" if bare and n == 1 else str(n)
                found += number + c if side == "before" else c + number
        return found

    def arguments(draw: Draw) -> tuple[Any, ...]:
        sizes = (1, 1, 2, 3, 8, 9, 10, 11, 18, 19)
        runs = [draw.pick("abé +") * draw.pick(sizes) for _ in range(draw.between(1, 5))]
        return ("".join(runs),)

    return Problem(
        " ".join(words),
        Interface("convert", (_TEXT,), "String"),
        reference,
        oracle,
        arguments,
        [
            ("",), ("a",), ("aa",), ("ab",), ("a" * 9,), ("b" * 10,), ("c" * 21 + "dd",), ("aba",),
            ("ééé  x",),
        ],
    )  # fmt: skip


def _decoding(side: str, bare: bool, located: bool) -> Problem:
    before = side == "before"
    pair = "a number and then a character" if before else "a character and then a number"
    words = [
        f"Read `text` from left to right as groups, each of {pair}; the character is no digit.",
        "A number is as many of the digits 0 to 9 in a row as there are"
        + (
            "; there may be none, then the number of the group is 1." if bare else ", at least one."
        ),
        "A number must not be 0 and must not have more than two digits (07 is 7, and fine).",
        "Write for each group, in their order, its character as often as its number says.",
        f"If all of `text` is such groups, return {'Ok' if located else 'Some'} with what is "
        "written (an empty text for an empty one).",
        "Else return Err with the place in `text` at which the first group starts that is not as "
        "it has to be, counted in characters from 0."
        if located
        else "Else return None.",
    ]
    fail = "return Err(at)" if located else "return None"
    if before:
        read = f"""let size = digits(&characters[at..]);
        let Some(&c) = characters.get(at + size) else {{
            {fail};
        }};
        let Some(number) = number(&characters[at..at + size]) else {{
            {fail};
        }};"""
    else:
        read = f"""let c = characters[at];
        if c.is_ascii_digit() {{
            {fail};
        }}
        let size = digits(&characters[at + 1..]);
        let Some(number) = number(&characters[at + 1..at + 1 + size]) else {{
            {fail};
        }};"""
    empty = "Some(1)" if bare else "None"
    reference = f"""pub fn convert(text: &str) -> {"Result<String, usize>" if located else "Option<String>"} {{
    let characters: Vec<char> = text.chars().collect();
    let mut found = String::new();
    let mut at = 0;
    while at < characters.len() {{
        {read}
        found.extend(std::iter::repeat_n(c, number));
        at += size + 1;
    }}
    {"Ok" if located else "Some"}(found)
}}

/// How many digits the characters start with.
fn digits(characters: &[char]) -> usize {{
    characters.iter().take_while(|c| c.is_ascii_digit()).count()
}}

fn number(digits: &[char]) -> Option<usize> {{
    match digits.len() {{
        0 => {empty},
        1 | 2 => {{
            let number = String::from_iter(digits).parse().ok()?;
            (number > 0).then_some(number)
        }}
        _ => None,
    }}
}}
"""  # noqa: E501
    count = f"([0-9]{'*' if bare else '+'})"
    group = re.compile(f"{count}(?P<c>[^0-9])" if before else f"(?P<c>[^0-9]){count}")

    def oracle(text: str) -> Any:
        found, at = "", 0
        while at < len(text):
            match = group.match(text, at)
            number = match[1 if before else 2] if match else "0"
            times = int(number or "1")
            if match is None or len(number) > 2 or times == 0:
                return ("Err", at) if located else None
            found += match["c"] * times
            at = match.end()
        return ("Ok", found) if located else found

    def arguments(draw: Draw) -> tuple[Any, ...]:
        text = ""
        for _ in range(draw.between(1, 5)):
            number = draw.pick(("1", "2", "3", "7", "02", "12", "4", "" if bare else "2"))
            if draw.chance(0.08):
                number = draw.pick(("0", "00", "100", "", "012"))
            c = draw.pick("abé -")
            text += number + c if before else c + number
        if draw.chance(0.1):
            text = text + draw.pick(("2", "13")) if before else draw.pick(("2", "13")) + text
        return (text,)

    return Problem(
        " ".join(words),
        Interface("convert", (_TEXT,), "Result<String, usize>" if located else "Option<String>"),
        reference,
        oracle,
        arguments,
        [
            ("",), ("a",), ("3",), ("1a",), ("a1",), ("2a0b3c",), ("b2a0",), ("2é2é",), ("é2é3",),
            ("99x",), ("x99",), ("a1b100",), ("001a",), ("ab12cd",), ("00a",), ("a00",),
        ],
    )  # fmt: skip


def _lines(long: str, aligned: str, paragraphs: bool) -> Problem:
    too_long, pieces, words_of = _LONG[long]
    setting, python, align = _ALIGNED[aligned]
    if paragraphs:
        lines = (
            "Each line of `text` (newline characters separate them) is a paragraph and begins a "
            "new line; one without words becomes one empty line."
        )
        ends = "none at the end of the last"
    else:
        lines = "A newline character in `text` is whitespace like any other."
        ends = "none at the end of the last; an empty text if there are no words"
    words = [
        f"{_WORD} Set the words of `text`, in their order, in lines of at most `width` characters.",
        lines,
        too_long,
        "As many words as fit, with one space between neighbours, go onto a line; the next one "
        "begins a new line.",
        Template(setting).substitute(all="a paragraph" if paragraphs else "all"),
        f"Return the lines with a newline character between neighbours, and {ends}. If `width` is "
        "0, return an empty text.",
    ]
    width = "" if aligned == "left" else ", width"
    body = f"align(&fill(text, width){width}).join(\"\\n\")"  # fmt: skip
    if paragraphs:
        body = f"""let paragraphs: Vec<String> = text
        .split('\\n')
        .map(|paragraph| align(&fill(paragraph, width){width}).join("\\n"))
        .collect();
    paragraphs.join("\\n")"""
    reference = f"""pub fn convert(text: &str, width: usize) -> String {{
    if width == 0 {{
        return String::new();
    }}
    {body}
}}

/// The words of each line.
fn fill(text: &str, width: usize) -> Vec<Vec<String>> {{
    {words_of}
    let mut lines: Vec<(usize, Vec<String>)> = Vec::new();
    for word in words {{
        let size = word.chars().count();
        match lines.last_mut() {{
            Some((used, line)) if *used + 1 + size <= width => {{
                *used += 1 + size;
                line.push(word);
            }}
            _ => lines.push((size, vec![word])),
        }}
    }}
    lines.into_iter().map(|(_, line)| line).collect()
}}

{align}"""

    def oracle(text: str, width: int) -> str:
        found: list[str] = []
        for paragraph in (text.split("\n") if paragraphs else [text]) if width else []:
            words = " ".join(p for word in paragraph.split() for p in pieces(word, width))
            wrapped = textwrap.wrap(words, width, break_long_words=False, break_on_hyphens=False)
            last = len(wrapped) - 1
            found += [python(line, width, i == last) for i, line in enumerate(wrapped)] or [""]
        return "\n".join(found)

    def arguments(draw: Draw) -> tuple[Any, ...]:
        text = ""
        for _ in range(draw.between(3, 11)):
            text += "".join(draw.pick("abcdeé") for _ in range(draw.pick((1, 2, 2, 3, 3, 4, 9))))
            text += draw.pick((" ", " ", " ", "  ", "\t", "\n", "\n\n"))
        return (text if draw.chance(0.3) else text.rstrip(), draw.between(4, 10))

    return Problem(
        " ".join(words),
        Interface("convert", (_TEXT, ("width", "usize")), "String"),
        reference,
        oracle,
        arguments,
        [
            ("", 5), ("a b", 0), ("\n", 3), ("ab", 1), ("aa bb cc", 5), ("aa bb cc", 4),
            ("abcdefghij k", 5), ("one two\n\nthree four five six", 9), ("a b c d e f g", 6),
            ("éé éé éé", 5), (" x  y\nz ", 80), ("aaa b ccc dd e ffff g", 8),
        ],
    )  # fmt: skip


def _word(draw: Draw) -> str:
    letters = draw.pick(("abeiouxyz", "abcxyzABZ", "ab12", "zéAa", "aab-.", 'a"\\'))
    return "".join(draw.pick(letters) for _ in range(draw.between(1, 6)))
