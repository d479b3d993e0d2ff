"""A small grammar of Rust functions; every program of it is to satisfy the borrow checker.

So all variables are owned (the frame takes copies of what is borrowed), values are cloned where
they are read, and arithmetic is of the kind that neither overflows nor is refused.
"""

from __future__ import annotations

import re

from .derivation import Grammar, Start, Type, rule
from .prompt import Problem, PromptError, examples_of, split_outside, uncommented

_NUMBERS = ("i32", "i64", "u8", "u16", "u32", "u64", "usize")
_CONSTANTS = (0, 1, 2, 3, 8, 10, 100)

_SCAN = """\
let mut $a: i64 = «i64»;
let mut $out: Vec<$T> = Vec::new();
for $x in $over.iter().cloned() {
    $a = «i64 | a: i64, x: U»;
    $out.push(«T | a: i64, x: U»);
}
$out"""
_FIRST = """\
for $x in $over.iter().cloned() {
    if «bool | x: U» {
        return «T | x: U»;
    }
}
«body[T]»"""
_MAP = "$over.iter().cloned().map(|$x: $U| -> $T { «T | x: U» }).collect::<Vec<$T>>()"
_ENUMERATE = (
    "$over.iter().cloned().enumerate()"
    ".map(|($i, $x): (usize, $U)| -> $T { «T | i: usize, x: U» }).collect::<Vec<$T>>()"
)
_PAIRS = (
    "$over.windows(2).map(|$w| -> $T { let ($x, $y): ($U, $U) = ($w[0].clone(), $w[1].clone()); "
    "«T | x: U, y: U» }).collect::<Vec<$T>>()"
)
_FILTER = (
    "$over.iter().cloned().filter_map(|$x: $T| if «bool | x: T» { Some($x) } else { None })"
    ".collect::<Vec<$T>>()"
)
_COUNT = "$over.iter().cloned().map(|$x: $U| if «bool | x: U» { 1$N } else { 0$N }).sum::<$N>()"
_FOLD = "$over.iter().cloned().fold(«N», |$a: $N, $x: $U| -> $N { «N | a: N, x: U» })"
_POSITION = "$over.iter().cloned().position(|$x: $U| -> bool { «bool | x: U» })"

RULES = (
    rule("body[T]", "«T»"),
    rule("body[T]", "if «bool» {\n    return «T»;\n}\n«body[T]»"),
    rule("body[T]", "let $n: i64 = «i64»;\n«body[T] | n: i64»"),
    rule("body[T]", "let $n: usize = «usize»;\n«body[T] | n: usize»"),
    rule("body[T]", _FIRST, "list[U]"),
    rule("body[list[T]]", _SCAN, "list[U]"),
    # Of any type.
    rule("T", "$over.clone()", "T"),
    rule("T", "(if «bool» { «T» } else { «T» })"),
    rule("T", "$over.get(«usize»).cloned().unwrap_or_default()", "list[T]"),
    rule("T", "$over.0.clone()", "tuple[T, U]"),
    rule("T", "$over.1.clone()", "tuple[U, T]"),
    rule("T", "$over.0.clone()", "tuple[T, U, V]"),
    rule("T", "$over.1.clone()", "tuple[U, T, V]"),
    rule("T", "$over.2.clone()", "tuple[U, V, T]"),
    # Numbers.
    *(rule("N", f"{number}$N") for number in _CONSTANTS),
    rule("N", "«N».wrapping_add(«N»)"),
    rule("N", "«N».wrapping_sub(«N»)"),
    rule("N", "«N».wrapping_mul(«N»)"),
    rule("N", "«N».checked_div(«N»).unwrap_or_default()"),
    rule("N", "«N».checked_rem(«N»).unwrap_or_default()"),
    rule("N", "«N».min(«N»)"),
    rule("N", "«N».max(«N»)"),
    rule("N", "(«N» & «N»)"),
    rule("N", "(«N» ^ «N»)"),
    rule("N", "«N».wrapping_shr(«u32»)"),
    rule("N", "(«N».count_ones() as $N)"),
    rule("N", "($over as $N)", "M"),
    rule("N", "($over.len() as $N)", "list[U]"),
    rule("N", "($over.len() as $N)", "str"),
    rule("N", "$over.iter().cloned().max().unwrap_or_default()", "list[N]"),
    rule("N", "$over.iter().cloned().min().unwrap_or_default()", "list[N]"),
    rule("N", "$over.iter().cloned().fold(0$N, |$a: $N, $x: $N| $a.wrapping_add($x))", "list[N]"),
    rule("N", _COUNT, "list[U]"),
    rule("N", _FOLD, "list[U]"),
    # Truth.
    rule("bool", "true"),
    rule("bool", "($over < «N»)", "N"),
    rule("bool", "($over > «N»)", "N"),
    rule("bool", "($over == «T»)", "T"),
    rule("bool", "($over.checked_rem(«N») == Some(0$N))", "N"),
    rule("bool", "(«bool» && «bool»)"),
    rule("bool", "(«bool» || «bool»)"),
    rule("bool", "(!«bool»)"),
    rule("bool", "$over.contains(&«T»)", "list[T]"),
    rule("bool", "$over.is_empty()", "list[U]"),
    # Texts.
    rule("str", "String::new()"),
    rule("str", "$over.to_string()", "N"),
    rule("str", "$over.chars().rev().collect::<String>()", "str"),
    rule("str", "$over.trim().to_string()", "str"),
    rule("str", "$over.to_uppercase()", "str"),
    rule("str", "[«str», «str»].concat()"),
    # Lists.
    rule("list[T]", "Vec::<$T>::new()"),
    rule("list[T]", "vec![«T»]"),
    rule("list[T]", _MAP, "list[U]"),
    rule("list[T]", _ENUMERATE, "list[U]"),
    rule("list[T]", _PAIRS, "list[U]"),
    rule("list[T]", _FILTER, "list[T]"),
    rule("list[T]", "(0..«usize».min(64)).map(|$i: usize| -> $T { «T | i: usize» })"
         ".collect::<Vec<$T>>()"),
    rule("list[T]", "$over.bytes().map(|$x: u8| -> $T { «T | x: u8» }).collect::<Vec<$T>>()",
         "str"),
    rule("list[T]", "[«list[T]», «list[T]»].concat()"),
    rule("list[T]", "{ let mut $s = $over.clone(); $s.sort(); $s }", "list[T]"),
    rule("list[T]", "$over.iter().rev().cloned().collect::<Vec<$T>>()", "list[T]"),
    rule("list[T]", "$over.iter().cloned().skip(«usize»).collect::<Vec<$T>>()", "list[T]"),
    rule("list[T]", "$over.iter().cloned().take(«usize»).collect::<Vec<$T>>()", "list[T]"),
    # What is made of parts.
    rule("tuple[T, U]", "(«T», «U»)"),
    rule("tuple[T, U, V]", "(«T», «U», «V»)"),
    rule("option[T]", "None::<$T>"),
    rule("option[T]", "Some(«T»)"),
    rule("option[T]", "$over.first().cloned()", "list[T]"),
    rule("option[T]", "$over.last().cloned()", "list[T]"),
    rule("option[T]", "$over.iter().cloned().max()", "list[T]"),
    rule("option[T]", "$over.iter().cloned().min()", "list[T]"),
    rule("option[usize]", _POSITION, "list[U]"),
    rule("result[T, U]", "Ok::<$T, $U>(«T»)"),
    rule("result[T, U]", "Err::<$T, $U>(«U»)"),
)  # fmt: skip


def written(kind: Type) -> str:
    """A type as Rust writes it, where it is owned."""
    inner = [written(argument) for argument in kind.arguments]
    if kind.head == "tuple":
        return f"({', '.join(inner)})"
    names = {"list": "Vec", "option": "Option", "result": "Result", "str": "String"}
    name = names.get(kind.head, kind.head)
    return f"{name}<{', '.join(inner)}>" if inner else name


GRAMMAR = Grammar(
    "Rust",
    RULES,
    variables=dict.fromkeys("TUV") | {"N": _NUMBERS, "M": _NUMBERS},
    values=(*_NUMBERS, "str", "bool", "list", "tuple", "option", "result"),
    nonterminals=("body",),
    written=written,
)

HINTS = 1
_HEAD = re.compile(r"^\s*pub fn (\w+)\((.*?)\)(?: -> (.+?))? \{ \.\.\. \}$", re.MULTILINE)


def problem(prompt: str) -> Problem:
    """What a prompt asks for. Raises `PromptError` where it shows no function."""
    text = uncommented(prompt, "//")
    match = _HEAD.search(text)
    if match is None:
        raise PromptError("the prompt shows no Rust function")
    name, listed, returns = match[1], match[2], match[3] or "()"
    given = [part.partition(":") for part in split_outside(listed)]
    parameters = tuple((parameter.strip(), type_of(kind)) for parameter, _, kind in given)
    copies = "".join(
        f"    let {parameter}: {written(kind)} = {parameter}.to_owned();\n"
        for (parameter, kind), (_, _, said) in zip(parameters, given, strict=True)
        if said.strip().startswith("&")
    )
    frame = f"pub fn {name}({listed}) -> {returns} {{\n{copies}    «body[{type_of(returns)}]»\n}}\n"
    return Problem(
        tuple((kind, 0) for _, kind in parameters),
        ((type_of(returns), 0),),
        examples_of(text, name),
        (float("panic" in text),),
        Start(rule("program", frame), parameters),
    )


def type_of(said: str) -> Type:
    """A type as Rust writes it; a reference is the type of what it borrows."""
    said = said.strip().removeprefix("&").strip()
    if said.startswith("(") and said != "()":
        return Type("tuple", tuple(map(type_of, split_outside(said[1:-1]))))
    if said.startswith("["):
        length = ";" in said
        return Type("array") if length else Type("list", (type_of(said[1:-1]),))
    names = {"Vec": "list", "Option": "option", "Result": "result", "String": "str", "()": "unit"}
    head, _, inner = said.partition("<")
    name = head.rpartition("::")[2]
    arguments = tuple(map(type_of, split_outside(inner[:-1]))) if inner else ()
    return Type(names.get(name, name), arguments)
