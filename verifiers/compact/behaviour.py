"""What a Compact contract does when it is called: plays from a seed, judged by the reference's.

A play deploys a contract and calls it, each call with its arguments, with what the witnesses
answer, with who calls and when. A task's `tests` are the recipe of its plays (`Recipe`); the host
draws plays from it and a seed, and has the task's reference play them first. What a submission then
tells of the same plays must be the same: which calls are carried out, what they return, what the
ledger holds after each. `driver.mjs` runs beside the contract, in the box.
"""

from __future__ import annotations

import hashlib
import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..oracle import Call, Returned, matches, new_id, read_answer, request

# ---------------------------------------------------------------- the recipe

# What the plays of a task are drawn from, as JSON. Values are those of Compact: numbers, booleans,
# strings (for Opaque<"string">, or bytes when they begin with 0x), lists (vectors and tuples),
# objects (structs), and
#
#     {"key": 3}                      32 bytes that look random, the same for each 3 of one play
#     {"pad": "text"}                 as Compact's pad(32, "text")
#     {"range": [0, 99]}              a number, now and then one at the end
#     {"enum": 1}                     the second value of an enum
#     {"pure": ["hash", …]}           what the contract's pure circuit returns for these
#     {"ledger": ["tree", leaf]}      the path of a leaf (with a number behind it: from that place)
#     {"ledger": ["map", key, 0]}     what a map holds, else 0
#     "$name"                         what `let` or `pools` has by that name
#
# A call is a list: the circuit's name, its arguments, and at the end, if need be, an object with
# some of "with" (witness -> answer), "caller" (a value of 32 bytes) and "time" (seconds).
OPTIONS = ("with", "caller", "time")


class RecipeError(ValueError):
    """A task's `tests` are no recipe; the message says what is wrong with them."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the plays of a task are drawn.

    Attributes:
        scripts: Lists of calls that get somewhere; plays are made of them by small changes.
        calls: Circuit -> arguments, for calls drawn at random.
        constructor: Its arguments.
        witnesses: What each answers where a call does not say otherwise; no other may be declared.
        pools: Name -> values to choose from, each time anew.
        let: Name -> a value, drawn once a play.
        plays: How many hidden ones.
        extra: The most calls that are put into a script.
    """

    scripts: tuple[tuple[Any, ...], ...]
    calls: Mapping[str, Any]
    constructor: tuple[Any, ...] = ()
    witnesses: Mapping[str, Any] = field(default_factory=dict)
    pools: Mapping[str, Any] = field(default_factory=dict)
    let: Mapping[str, Any] = field(default_factory=dict)
    plays: int = 24
    extra: int = 5


def read_recipe(tests: Mapping[str, Any]) -> Recipe:
    """The recipe in `Task.tests`. Raises `RecipeError`."""
    fields = Recipe.__dataclass_fields__
    unknown = tests.keys() - fields.keys()
    if unknown:
        raise RecipeError(f"tests have {', '.join(sorted(unknown))}, which no recipe has")
    if not tests.get("scripts") or not tests.get("calls"):
        raise RecipeError("tests need scripts and calls")
    if {"scripts", "constructor"} & {
        k for k, v in tests.items() if not isinstance(v, (list, tuple))
    }:
        raise RecipeError("scripts and constructor are lists")
    for call in (call for script in tests["scripts"] for call in script):
        if not isinstance(call, (list, tuple)) or not call or call[0] not in tests["calls"]:
            raise RecipeError(f"{call!r} calls nothing that `calls` has")
    values: dict[str, Any] = dict(tests)
    for name in ("scripts", "constructor"):
        values[name] = tuple(values.get(name, ()))
    return Recipe(**values)


# ---------------------------------------------------------------- plays

CALLER = {"key": "caller"}
# 2030-01-01; contracts ask whether the time is before or after something, and tasks say what.
TIME = 1_893_456_000

# How a script becomes a play: each change with its share.
CHANGES = {"insert": 6, "repeat": 2, "drop": 2, "redraw": 3, "swap": 1}


@dataclass(frozen=True, slots=True)
class Play:
    """One play: what the driver is told. A public one is shown when it fails."""

    request: Mapping[str, Any]
    public: bool

    @property
    def calls(self) -> Sequence[Mapping[str, Any]]:
        """Its calls, without the constructor's."""
        calls: Sequence[Mapping[str, Any]] = self.request["calls"]
        return calls


def draw_plays(recipe: Recipe, seed: str) -> Iterator[Play]:
    """The plays that belong to `seed`, without end: every script as it is, then hidden ones.

    The scripts' first performance is public, and the same for every seed.
    """
    for number, script in enumerate(recipe.scripts):
        yield Play(_play(recipe, script, random.Random(f"public {number}")), True)
    for number in itertools.count():
        chance = random.Random(f"{seed} {number}")
        calls = list(recipe.scripts[number % len(recipe.scripts)])
        # The first of each as they are, with other values: what is right is to be shown first.
        if number >= len(recipe.scripts):
            _change(calls, recipe, chance)
        yield Play(_play(recipe, calls, chance), False)


def _change(script: list[Any], recipe: Recipe, chance: random.Random) -> None:
    changes = chance.choices(
        list(CHANGES), list(CHANGES.values()), k=chance.randint(1, recipe.extra)
    )
    for kind in changes:
        at = chance.randrange(len(script) + 1)
        if kind == "insert" or len(script) < 2:
            script.insert(at, _any_call(recipe, chance))
            continue
        at = min(at, len(script) - 1)
        if kind == "repeat":
            script.insert(chance.randint(at, len(script)), script[at])
        elif kind == "drop":
            del script[at]
        elif kind == "redraw":
            script[at] = [script[at][0], *recipe.calls[script[at][0]]]
        else:
            other = chance.randrange(len(script))
            script[at], script[other] = script[other], script[at]


def _any_call(recipe: Recipe, chance: random.Random) -> list[Any]:
    name = chance.choice(sorted(recipe.calls))
    return [name, *recipe.calls[name]]


def _play(recipe: Recipe, script: Sequence[Any], chance: random.Random) -> dict[str, Any]:
    values = _Values(recipe, chance)
    return {
        "witnesses": sorted(recipe.witnesses),
        "constructor": _call(recipe, "", [*recipe.constructor], values),
        "calls": [_call(recipe, call[0], list(call[1:]), values) for call in script],
    }


def _split(given: Sequence[Any]) -> tuple[list[Any], Mapping[str, Any]]:
    """A call's arguments and its options."""
    if given and isinstance(given[-1], Mapping) and given[-1] and given[-1].keys() <= set(OPTIONS):
        return list(given[:-1]), given[-1]
    return list(given), {}


def _call(recipe: Recipe, name: str, given: list[Any], values: _Values) -> dict[str, Any]:
    arguments, options = _split(given)
    answers = {**recipe.witnesses, **options.get("with", {})}
    return {
        "call": name,
        "arguments": [values.draw(a) for a in arguments],
        "witnesses": {witness: values.draw(answer) for witness, answer in answers.items()},
        "caller": values.draw(options.get("caller", CALLER)),
        "time": values.draw(options.get("time", TIME)),
    }


class _Values:
    """The values of one play."""

    def __init__(self, recipe: Recipe, chance: random.Random) -> None:
        self._chance = chance
        self._salt = chance.random()
        self._pools = recipe.pools
        self._let: dict[str, Any] = {}
        for name, value in recipe.let.items():
            self._let[name] = self.draw(value)

    def draw(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, (list, tuple)):
            return [self.draw(item) for item in value]
        if not isinstance(value, Mapping):
            return value
        if value.keys() == {"key"}:
            return hashlib.sha256(f"{self._salt} {value['key']}".encode()).digest()
        if value.keys() == {"pad"}:
            return value["pad"].encode().ljust(32, b"\0")
        if value.keys() == {"range"}:
            low, high = value["range"]
            return self._chance.choice((low, high, *[self._chance.randint(low, high)] * 4))
        if value.keys() in ({"pure"}, {"ledger"}):
            ((tag, (name, *rest)),) = value.items()
            return {tag: [name, *(self.draw(item) for item in rest)]}
        return {name: self.draw(item) for name, item in value.items()}

    def _text(self, value: str) -> Any:
        if value.startswith("$"):
            name = value[1:]
            if name in self._let:
                return self._let[name]
            if name not in self._pools:
                raise RecipeError(f"{value} is neither in `let` nor in `pools`")
            return self.draw(self._chance.choice(self._pools[name]))
        return bytes.fromhex(value[2:]) if value.startswith("0x") else value


# ---------------------------------------------------------------- what came of them


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of one call (the first is the constructor's).

    `done`: it was carried out; then `result` is what it returned and `ledger` the exported fields
    after it. Else `reason` says why not, in the contract's own words.
    """

    done: bool
    arguments: Any = None
    result: Any = None
    ledger: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""


def ask(plays: Sequence[Play]) -> tuple[tuple[bytes, ...], tuple[str, ...]]:
    """The requests for `plays`, and their ids."""
    ids = tuple(new_id() for _ in plays)
    requests = [
        request(Call("play", (play.request,)), id) for play, id in zip(plays, ids, strict=True)
    ]
    return tuple(requests), ids


def hear(
    plays: Sequence[Play], ids: Sequence[str], answers: Sequence[bytes]
) -> list[list[Told] | None]:
    """What was told of each play; None where nothing was, or nothing that can be understood."""
    heard = [_understand(*each) for each in zip(plays, ids, answers, strict=False)]
    return heard + [None] * (len(ids) - len(heard))


def _understand(play: Play, id: str, payload: bytes) -> list[Told] | None:
    answer = read_answer(payload, id)
    if not isinstance(answer, Returned) or not isinstance(answer.value, list):
        return None
    told: list[Told] = []
    ledger: Mapping[str, Any] = {}
    aside = [False, *(call.get("aside", False) for call in play.calls)]
    for row, undone in zip(answer.value, aside, strict=False):
        if not isinstance(row, list) or len(row) != 4 or not isinstance(row[0], bool):
            return None
        done, arguments, result, changed = row
        if not done:
            told.append(Told(False, arguments, reason=str(result)))
            continue
        if changed is not None and not isinstance(changed, dict):
            return None
        after = ledger if changed is None else changed
        told.append(Told(True, arguments, result, after))
        ledger = ledger if undone else after
    return told


def shows_something(told: Sequence[Told]) -> bool:
    """Whether a call of this play changes the ledger: no contract that does nothing passes it."""
    states = [t.ledger for t in told if t.done]
    return any(not matches(before, after) for before, after in itertools.pairwise(states))


def settled(play: Play, told: Sequence[Told]) -> Play:
    """`play` with the arguments that the reference computed, so that nothing of them is left to a
    submission."""
    calls = [
        {**call, "arguments": _computed(call["arguments"], t.arguments)}
        for call, t in zip(play.calls, told[1:], strict=True)
    ]
    return replace(play, request={**play.request, "calls": calls})


def _computed(asked: Any, told: Any) -> Any:
    """The argument that was `told`, but enums, which are numbers there, as they were `asked`."""
    if told is None:
        return asked
    if isinstance(asked, list):
        return [_computed(*pair) for pair in zip(asked, told, strict=True)]
    if not isinstance(asked, Mapping) or asked.keys() == {"enum"}:
        return asked
    if asked.keys() in ({"pure"}, {"ledger"}):
        return told
    return {name: _computed(value, told[name]) for name, value in asked.items()}


@dataclass(frozen=True, slots=True)
class Scene:
    """A play of the reference in which others are tried too, each beside the call it stands for.

    `rows` is what should be told (the constructor's first), with the number of who is to tell it.
    What is tried aside is undone: each begins where the reference is at that call.
    """

    play: Play
    rows: tuple[tuple[int, Told], ...]

    def unlike(self, told: Sequence[Told]) -> set[int]:
        """The numbers of those that did anything else than was expected."""
        return {
            number
            for i, (number, expected) in enumerate(self.rows)
            if i >= len(told) or not _same(expected, told[i])
        }


def scene(
    play: Play, expected: Sequence[Told], number: int, others: Mapping[int, Mapping[str, str]]
) -> Scene:
    """`play` up to where the last of `others` can be tried; without any, all of it.

    `number` is that of the one who plays; `others`: number -> circuit -> the name of the circuit
    that is tried in its place.
    """
    calls: list[Mapping[str, Any]] = []
    rows = [(number, expected[0])]
    length = 0 if others else len(play.calls)
    for call, told in zip(play.calls, expected[1:], strict=True):
        for other, names in others.items():
            if call["call"] in names:
                calls.append({**call, "call": names[call["call"]], "aside": True})
                rows.append((other, told))
                length = len(calls)
        calls.append(call)
        rows.append((number, told))
    calls, rows = calls[:length], rows[: length + 1]
    return Scene(replace(play, request={**play.request, "calls": calls}), tuple(rows))


def first_difference(expected: Sequence[Told], found: Sequence[Told] | None) -> int | None:
    """The number of the first call that does not do what the reference does; None: there is none.

    Only the ledger fields that the reference has are compared.
    """
    if found is None:
        return 0
    for number, wanted in enumerate(expected):
        if number >= len(found) or not _same(wanted, found[number]):
            return number
    return None if len(found) == len(expected) else len(expected)


def _same(wanted: Told, found: Told) -> bool:
    if not wanted.done or not found.done:
        return wanted.done == found.done
    fields = {name: found.ledger.get(name) for name in wanted.ledger}
    return matches(wanted.result, found.result) and matches(wanted.ledger, fields)


# ---------------------------------------------------------------- in words


def explain(play: Play, expected: Sequence[Told], found: Sequence[Told] | None, at: int) -> str:
    """What went wrong in a public play, for the one who wrote the contract."""
    calls = ["constructor", *(call["call"] for call in play.calls)]
    before = ", ".join(
        f"{name}({_words(told.arguments or [])[1:-1]})"
        for name, told in zip(calls[:at], expected, strict=False)
    )
    wanted = expected[at]
    arguments = _words(wanted.arguments or [])[1:-1]
    text = f"{calls[at]}({arguments})" + (f" after {before}" if before else "")
    if found is None:
        return f"{text}: the contract could not be run, or has other witnesses than were asked for"
    got = found[at] if at < len(found) else Told(False, reason="it did not get there")
    if wanted.done and not got.done:
        return f"{text} is refused ({got.reason}), and should be carried out"
    if not wanted.done:
        return f"{text} is carried out, and should be refused ({wanted.reason})"
    if not matches(wanted.result, got.result):
        return f"{text} returns {_words(got.result)}, and should return {_words(wanted.result)}"
    for name, value in wanted.ledger.items():
        if name not in got.ledger:
            return f"{text}: there is no exported ledger field {name}"
        if not matches(value, got.ledger[name]):
            left, right = _words(got.ledger[name]), _words(value)
            return f"{text} leaves {name} = {left}, and should leave {right}"
    return text


def _words(value: Any) -> str:
    """A value as one would say it: bytes by their first digits."""
    if isinstance(value, bytes):
        return "0x" + (value.hex() if len(value) <= 4 else value[:4].hex() + "…")
    if isinstance(value, list):
        return "[" + ", ".join(map(_words, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {_words(v)}" for k, v in value.items()) + "}"
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, str) else str(value)
