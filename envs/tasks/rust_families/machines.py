"""State machines: a table in words, to be followed exactly."""

from __future__ import annotations

from functools import cache
from typing import Any

from ....verifiers.rust.interface import Interface
from ..draw import Draw
from .family import Problem, family

_STATES = ("idle", "armed", "open", "busy", "done", "fault")
_EVENTS = "abcdef"


@cache
def _table(states: int, events: int, number: int) -> tuple[tuple[int | None, ...], ...]:
    """state -> event -> next state; None: the event is not allowed there."""
    draw = Draw("rust machine", states, events, number)
    rows = []
    for state in range(states):
        row: list[int | None] = [
            None if draw.chance(0.25) else draw.below(states) for _ in range(events)
        ]
        if row[0] is None or row[0] == state:  # each state can be left
            row[0] = (state + 1) % states
        # To stay is what ignored characters do: nobody could tell one from the other.
        rows.append(tuple(None if target == state else target for target in row))
    return tuple(rows)


def _variants(level: int) -> list[tuple[Any, ...]]:
    states, events = {1: (2, 2), 2: (3, 2), 3: (4, 3), 4: (5, 3), 5: (6, 4)}[level]
    strict = (False,) if level < 3 else (False, True)
    return [(states, events, number, stops, level >= 4) for number in range(10) for stops in strict]


@family("state-machine", _variants)
def machine(states: int, events: int, number: int, strict: bool, counted: bool) -> Problem:
    table = _table(states, events, number)
    names, letters = _STATES[:states], _EVENTS[:events]
    returns = "(String, usize)" if counted else "String"
    if strict:
        returns = f"Result<{returns}, usize>"
    lines = [
        f"- in {names[state]}: "
        + ", ".join(
            f"'{letter}' leads to {names[target]}"
            for letter, target in zip(letters, row, strict=True)
            if target is not None
        )
        for state, row in enumerate(table)
    ]
    odd = (
        "Any other character in a state is an error: return Err with its index, counted in "
        "characters from 0."
        if strict
        else "Any other character in a state is ignored."
    )
    what = "the name of the state in which it ends"
    if counted:
        what = f"a pair of {what} and how often it was in {names[-1]} after a character"
        if not strict:
            what += " (ignored characters count, too)"
    words = "\n".join(
        [
            f"A machine starts in the state {names[0]} and reads the characters of `events` from "
            "left to right:",
            *lines,
            f"{odd} Return {what}.",
        ]
    )

    def oracle(text: str) -> Any:
        state = visits = 0
        for index, letter in enumerate(text):
            e = letters.find(letter)
            target = table[state][e] if e >= 0 else None
            if target is None:
                if strict:
                    return ("Err", index)
            else:
                state = target
            visits += state == states - 1
        found: Any = (names[state], visits) if counted else names[state]
        return ("Ok", found) if strict else found

    arms = "".join(
        f'            ("{names[s]}", \'{letter}\') => "{names[target]}",\n'
        for s, row in enumerate(table)
        for letter, target in zip(letters, row, strict=True)
        if target is not None
    )
    index, each = ("index, ", ".enumerate()") if strict else ("", "")
    other = "return Err(index)" if strict else "state"
    pair = "(state.to_string(), visits)" if counted else "state.to_string()"
    reference = (
        f"pub fn run(events: &str) -> {returns} {{\n"
        f'    let mut state = "{names[0]}";\n'
        + ("    let mut visits = 0;\n" if counted else "")
        + f"    for {'(' + index if strict else ''}event{')' if strict else ''} in "
        f"events.chars(){each} {{\n"
        f"        state = match (state, event) {{\n{arms}"
        f"            _ => {other},\n"
        f"        }};\n"
        + (
            f'        if state == "{names[-1]}" {{\n            visits += 1;\n        }}\n'
            if counted
            else ""
        )
        + f"    }}\n    {f'Ok({pair})' if strict else pair}\n}}\n"
    )

    def arguments(draw: Draw) -> tuple[Any, ...]:
        # Mostly what is allowed, or no strict run would get far.
        state, text = 0, ""
        for _ in range(draw.below(20)):
            allowed = [e for e in range(events) if table[state][e] is not None]
            if draw.chance(0.08 if strict else 0.25):
                text += draw.pick(letters + "zé ")
                continue
            e = draw.pick(allowed)
            state = table[state][e] or 0
            text += letters[e]
        return (text,)

    return Problem(
        words,
        Interface("run", (("events", "&str"),), returns),
        reference,
        oracle,
        arguments,
        [("",), *((letter,) for letter in letters), ("é",), (letters * 3,)],
    )
