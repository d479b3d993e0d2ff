"""Arithmetic that may fail: what overflows, what cannot be divided, what is out of its bounds."""

from __future__ import annotations

from typing import Any

from ....verifiers.rust.interface import Interface
from ..draw import Draw
from .family import Problem, family

_MAX, _MIN = 2**31 - 1, -(2**31)

# name -> words, Python on (total, x), Rust on (total, x), the first total.
_STEPS: dict[str, tuple[str, Any, str, int]] = {
    "sum": ("add it", lambda t, x: t + x, "total.checked_add(x)", 0),
    "difference": ("subtract it", lambda t, x: t - x, "total.checked_sub(x)", 0),
    "product": ("multiply by it", lambda t, x: t * x, "total.checked_mul(x)", 1),
    "horner": ("multiply by ten, then add it", lambda t, x: (t * 10, t * 10 + x),
               "total.checked_mul(10)?.checked_add(x)", 0),
    "doubled": ("double the total, then subtract it", lambda t, x: (t * 2, t * 2 - x),
                "total.checked_mul(2)?.checked_sub(x)", 1),
}  # fmt: skip
_SKIPPED: dict[str, tuple[str, Any, str]] = {
    "": ("", lambda _: False, ""),
    "zero": ("Leave out numbers that are zero.", lambda x: x == 0, "x == 0"),
    "low": ("Leave out numbers below -2.", lambda x: x < -2, "x < -2"),
    "even": ("Leave out even numbers.", lambda x: x % 2 == 0, "x % 2 == 0"),
    "seven": ("Leave out multiples of seven.", lambda x: x % 7 == 0, "x % 7 == 0"),
}
# Steps of which a part does not fit, and the whole does: the second of each also where low numbers,
# the first where even ones are left out.
_PARTS: dict[str, list[tuple[list[int]]]] = {
    "horner": [([_MAX // 10 + 1, -5],), ([-2, -2, 5, 2, 5, 1, 6, 3, 5, 5],)],
    "doubled": [([2**30 + 3, -5],), ([-2] * 29 + [_MAX],)],
}
_OUTCOMES = ("option", "index", "saturate")


def _variants(level: int) -> list[tuple[Any, ...]]:
    # To leave out zeros changes no sum.
    return [v for v in _all(level) if v[:2] not in (("sum", "zero"), ("difference", "zero"))]


def _all(level: int) -> list[tuple[Any, ...]]:
    if level == 1:
        return [(step, "", "option", 0) for step in _STEPS]
    if level == 2:
        return [(step, skip, "option", 0) for step in _STEPS for skip in _SKIPPED if skip]
    if level == 3:
        return [(s, k, o, 0) for s in _STEPS for k in _SKIPPED for o in ("index", "saturate")]
    # No multiples of seven, nor their neighbours.
    limits = (1003, 5003) if level == 4 else (-1003, -5003)
    skips = ("zero", "seven")
    return [(s, k, o, b) for s in _STEPS for k in skips for o in _OUTCOMES for b in limits]


@family("checked", _variants)
def checked(step: str, skip: str, outcome: str, limit: int) -> Problem:
    words, python, rust, first = _STEPS[step]
    left_out, is_skipped, skipped = _SKIPPED[skip]
    resets, bound = limit < 0, abs(limit)
    text = [
        f"Start with a total of {first} (an i32) and go through `values` in order; with each "
        f"number {words}."
    ]
    if left_out:
        text.append(left_out)
    failed = {
        "option": "return None",
        "index": "return Err with the index of that number in `values`",
        "saturate": "stop and return i32::MAX if the result would have been too large, or i32::MIN "
        "if it would have been too small",
    }[outcome]
    text.append(f"When a step (or a part of it) does not fit into an i32, {failed}.")
    if limit:
        happens = (
            f"the total becomes {first} again" if resets else "nothing more is read: it is the end"
        )
        text.append(f"When after a step the total is above {bound} or below -{bound}, {happens}.")
    returned = {"option": "Some(total)", "index": "Ok(total)", "saturate": "the total"}[outcome]
    text.append(f"At the end return {returned}.")

    def oracle(values: list[int]) -> Any:
        total = first
        for index, x in enumerate(values):
            if is_skipped(x):
                continue
            made = python(total, x)
            for part in made if isinstance(made, tuple) else (made,):
                if not _MIN <= part <= _MAX:
                    high = part > _MAX
                    return {"option": None, "index": ("Err", index),
                            "saturate": _MAX if high else _MIN}[outcome]  # fmt: skip
            total = made[-1] if isinstance(made, tuple) else made
            if limit and not -bound <= total <= bound:
                if not resets:
                    break
                total = first
        return ("Ok", total) if outcome == "index" else total

    returns = {"option": "Option<i32>", "index": "Result<i32, usize>", "saturate": "i32"}[outcome]
    guard = f"        if {skipped} {{\n            continue;\n        }}\n" if skipped else ""
    body = _step(step, rust, outcome)
    after = ""
    if limit:
        what = f"total = {first};" if resets else "break;"
        inside = f"(-{bound}..={bound}).contains(&total)"
        after = f"        if !{inside} {{\n            {what}\n        }}\n"
    over = "(index, &x) in values.iter().enumerate()" if outcome == "index" else "&x in values"
    last = {"option": "Some(total)", "index": "Ok(total)", "saturate": "total"}[outcome]
    helper = ""
    if outcome == "saturate":
        helper = _FIT
    elif "?" in rust and outcome == "index":
        helper = f"fn step(total: i32, x: i32) -> Option<i32> {{\n    {rust}\n}}\n\n"
    reference = (
        f"{helper}pub fn run(values: &[i32]) -> {returns} {{\n"
        f"    let mut total: i32 = {first};\n"
        f"    for {over} {{\n{guard}{body}{after}    }}\n"
        f"    {last}\n}}\n"
    )

    def arguments(draw: Draw) -> tuple[Any, ...]:
        kind = draw.pick(("small", "near", "edge", "edge"))
        count = draw.below(9)
        if kind == "small":
            return ([draw.between(-9, 9) for _ in range(count)],)
        if kind == "near":
            return ([draw.pick((-3, 0, 2, 7, 40, -50, 999, 1001)) for _ in range(count + 3)],)
        big = (_MAX, _MIN, _MAX // 2, _MIN // 2, _MAX // 10, 60_000, -60_000, 46_341)
        return (
            [draw.pick(big) if draw.chance(0.4) else draw.between(-9, 9) for _ in range(count + 1)],
        )

    b = bound or 5
    edges = [
        ([],), ([0],), ([_MAX, 1],), ([_MIN, -1],), ([_MAX, _MAX],), ([_MIN, 1, 1],), ([_MIN],),
        ([1, 0, 2, -2, 3],), ([6, 7, 8],), ([-3, 5],), ([-2, 5],), ([3, 7, -7, 5, 11],),
        ([b, 1, 3],),
        ([-b, -1, 3],), ([-b, 1, 3],), ([b, -1, 3],), ([b + 1, 3],), ([-b - 1, 3],),
        ([2 - b, 3],), ([1 - b, 3],), ([2 + b, 3],), ([3 + b, 3],), ([b, 0, 3],),
        *([] if limit else _PARTS.get(step, [])),
    ]  # fmt: skip
    return Problem(
        " ".join(text),
        Interface("run", (("values", "&[i32]"),), returns),
        reference,
        oracle,
        arguments,
        edges,
    )


# What a step is, in i64, part by part.
_WIDE = {
    "sum": ("i64::from(total) + i64::from(x)",),
    "difference": ("i64::from(total) - i64::from(x)",),
    "product": ("i64::from(total) * i64::from(x)",),
    "horner": ("i64::from(total) * 10", "i64::from(total) + i64::from(x)"),
    "doubled": ("i64::from(total) * 2", "i64::from(total) - i64::from(x)"),
}
_FIT = """\
/// The number as an i32, or the bound that it is beyond.
fn fit(number: i64) -> Result<i32, i32> {
    i32::try_from(number).map_err(|_| {
        if number.is_positive() {
            i32::MAX
        } else {
            i32::MIN
        }
    })
}

"""


def _step(step: str, rust: str, outcome: str) -> str:
    """The statements that make the next total of one number."""
    if outcome == "option":
        return f"        total = {rust}?;\n"
    if outcome == "index":
        call = "step(total, x)" if "?" in rust else rust
        return f"        total = {call}.ok_or(index)?;\n"
    return "".join(
        f"        total = match fit({wide}) {{\n            Ok(next) => next,\n"
        "            Err(limit) => return limit,\n        };\n"
        for wide in _WIDE[step]
    )
