"""Asks a program in a sandbox for answers, and compares them with what is expected, out here.

The sandbox gets a call at a time and returns plain data under its random id. What is expected never
goes in, so that forging an answer gains nothing: only right ones score. Whatever is wrong with an
answer is a failed case; a comparison that fails of itself is an alarm (`OracleError`), never a
pass. Nothing here knows a language: each has a driver that speaks the codec of `python/driver.py`.
"""

from __future__ import annotations

import secrets
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Union

from .python.driver import (
    MAX_MESSAGE,
    MAX_NAME,
    MalformedError,
    NotPlainError,
    decode,
    encode,
    parse,
    quote,
    text_of,
)

__all__ = [
    "Answer",
    "Call",
    "Case",
    "CaseResult",
    "Expectation",
    "Malformed",
    "NotPlainError",
    "OracleError",
    "Raised",
    "Returned",
    "Tolerance",
    "Unencodable",
    "ask",
    "compare",
    "matches",
    "new_id",
    "read_answer",
    "request",
]

# What is shown of a name that a program chose: exception types have shorter ones.
SHOWN_CHARACTERS = 60
NO_ANSWER = "no answer"
# Of a program's answers together; problems need some thousands. A megabyte takes an eighth of a
# second to read and to compare, and half a second where sets are compared with a tolerance.
READ_BYTES = 8 << 20
_INFINITY = float("inf")


class OracleError(RuntimeError):
    """A comparison failed of itself. It says nothing about the program, and must not pass it."""


# ---------------------------------------------------------------- what is asked
#
#     request    {"id": "9f…", "call": "add", "args": [{"int":"1"},{"int":"2"}]}
#     answer     {"id": "9f…", "value": {"int":"3"}}
#            or  {"id": "9f…", "raised": "ValueError", "message": "negative"}
#            or  {"id": "9f…", "unencodable": "generator"}


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a program's function with positional arguments, which are plain data."""

    function: str
    arguments: tuple[object, ...] = ()


def new_id() -> str:
    """128 random bits in hexadecimal: nobody answers a request without having read it."""
    return secrets.token_hex(16)


def request(call: Call, id: str) -> bytes:
    """What is sent for `call`. Raises `NotPlainError` when an argument has no encoding."""
    arguments = encode(list(call.arguments))
    return f'{{"id":{quote(id)},"call":{quote(call.function)},"args":{arguments}}}'.encode()


# ---------------------------------------------------------------- what is answered


@dataclass(frozen=True, slots=True)
class Returned:
    """The call returned `value`: None, bool, int, float, str, bytes, list, tuple, set, frozenset or
    dict, all the way down."""

    value: Any


@dataclass(frozen=True, slots=True)
class Raised:
    """The call, or already the loading of the program, raised. Both texts are the program's."""

    name: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Unencodable:
    """The call returned what is no plain data; `what` is its type, or the bound that it breaks."""

    what: str


@dataclass(frozen=True, slots=True)
class Malformed:
    """What came is no answer to this request; `why` says what is wrong with it."""

    why: str


Answer = Union[Returned, Raised, Unencodable, Malformed]


def read_answer(payload: bytes, id: str) -> Answer:
    """What `payload` says in answer to the request `id`. Never raises for what is in it."""
    try:
        fields = parse(payload)
        if fields.pop("id", None) != id:
            return Malformed("it has another id")
        if fields.keys() == {"value"}:
            return Returned(decode(fields["value"]))
        if fields.keys() == {"raised", "message"}:
            return Raised(
                _capped(fields["raised"], MAX_NAME), _capped(fields["message"], MAX_MESSAGE)
            )
        if fields.keys() == {"unencodable"}:
            return Unencodable(_capped(fields["unencodable"], MAX_NAME))
    except MalformedError as error:
        return Malformed(str(error))
    return Malformed("it has other fields than an answer")


def _capped(field: Any, most: int) -> str:
    text = text_of(field)
    if len(text) > most:
        raise MalformedError(f"a text of more than {most} characters")
    return text


# ---------------------------------------------------------------- what is expected


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What counts as the same. By default types are exact and floats equal; 0.0 equals -0.0, and
    NaN equals NaN.

    Attributes:
        absolute, relative: A float may be off by ``max(absolute, relative * abs(expected))``, in
            sets and containers too, but not in a key. Two ints are always compared exactly.
        numeric: An int may stand for a float and a float for an int, but not in a key, and never a
            bool for either.
        sequences_alike: A list may stand for a tuple and a tuple for a list.
        booleans: With `numeric`: True may stand for 1 and False for 0, and these for them, but not
            in a key. Python's ``==`` sees no difference.

    The elements of a set must differ by more than the tolerance: each needs one partner within
    reach, and no second one.

    Raises `ValueError` for a negative number, or a relative tolerance that zero would satisfy.
    """

    absolute: float = 0.0
    relative: float = 0.0
    numeric: bool = False
    sequences_alike: bool = False
    booleans: bool = False

    def __post_init__(self) -> None:
        if not (0 <= self.absolute < _INFINITY and 0 <= self.relative < 1):
            raise ValueError("a tolerance is absolute >= 0 and finite, and 0 <= relative < 1")


EXACT = Tolerance()


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a call is to do: return `value`, or raise an exception whose type is called `raises`.

    The name is compared as it is; a subclass has another one. Raises `NotPlainError` for a value
    that no answer could hold.
    """

    value: Any = None
    raises: str | None = None
    tolerance: Tolerance = EXACT

    def __post_init__(self) -> None:
        encode(self.value)
        if self.raises is not None and self.value is not None:
            raise ValueError("a call is expected to return or to raise, not both")


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that is asked, and what is expected of the answer."""

    call: Call
    expectation: Expectation


@dataclass(frozen=True, slots=True)
class CaseResult:
    """Whether a case passed, and if not, why not, in a few words.

    The reason may quote a name that the program chose, and `answer` is all of its own: of hidden
    cases neither is shown to anyone who could learn the hidden inputs from them.
    """

    passed: bool
    reason: str = ""
    answer: Answer | None = None


def ask(
    cases: Sequence[Case], draw: Callable[[], str] = new_id
) -> tuple[tuple[bytes, ...], tuple[str, ...]]:
    """The requests for `cases` and their ids, in order; `draw` gives the ids.

    Raises `NotPlainError`.
    """
    ids = tuple(draw() for _ in cases)
    return tuple(request(case.call, id) for case, id in zip(cases, ids, strict=True)), ids


# ---------------------------------------------------------------- the comparison


def compare(
    cases: Sequence[Case], ids: Sequence[str], answers: Sequence[bytes]
) -> tuple[CaseResult, ...]:
    """The result of each case; those that have no answer have failed.

    `ids` are the requests' (from `ask`), `answers` what a `StepOutcome` holds. Of those that are
    longer than `READ_BYTES` together the last ones are not read, and have failed: reading takes the
    host longer than writing took the program.

    Raises `OracleError` when the comparison itself fails, never for what an answer holds.
    """
    if len(ids) != len(cases):
        raise OracleError(f"there are {len(cases)} cases, but {len(ids)} ids")
    if len(answers) > len(cases):
        # No supervisor lets that through: whoever spoke here can be believed in nothing.
        return tuple(CaseResult(False, "more answers than requests") for _ in cases)
    results, length = [], 0
    for case, id, payload in zip(cases, ids, answers, strict=False):
        length += len(payload)
        if length > READ_BYTES:
            results.append(CaseResult(False, "the answers are too long"))
        else:
            results.append(_result(case, read_answer(payload, id)))
    unanswered = len(cases) - len(answers)
    return (*results, *(CaseResult(False, NO_ANSWER) for _ in range(unanswered)))


def _result(case: Case, answer: Answer) -> CaseResult:
    fault = _fault(case, answer)
    return CaseResult(fault is None, fault or "", answer)


def _fault(case: Case, answer: Answer) -> str | None:
    raises = case.expectation.raises
    if isinstance(answer, Malformed):
        return "malformed answer"
    if isinstance(answer, Unencodable):
        return f"no plain data: {_shown(answer.what)}"
    if isinstance(answer, Raised):
        return None if answer.name == raises else f"raised {_shown(answer.name)}"
    if raises is not None:
        return f"did not raise {raises}"
    return None if _matches_or_alarm(case, answer.value) else "wrong value"


def _matches_or_alarm(case: Case, value: object) -> bool:
    try:
        return matches(case.expectation.value, value, case.expectation.tolerance)
    except Exception as error:  # whatever it is, it must not be taken for the program's doing
        raise OracleError(f"an answer of {case.call.function} could not be compared") from error


def _shown(text: str) -> str:
    """A program's words without control characters, so that no log and no screen obeys them."""
    return "".join(c if c.isprintable() else "?" for c in text[:SHOWN_CHARACTERS])


def matches(expected: object, value: object, tolerance: Tolerance = EXACT) -> bool:
    """Whether `value` is what is `expected`; both are plain data."""
    wanted, found = _form(expected, tolerance), _form(value, tolerance)
    if tolerance.absolute == tolerance.relative == 0:
        return wanted == found
    return _near(wanted, found, tolerance)


_Form = tuple[str, Any]
_NAN = "nan"
# Kinds of forms whose values may be close to each other and not equal.
_INEXACT = ("float", "number")
# Of a set's elements that are no numbers: their pairs are compared in some tenths of a second.
_MOST_HELD_AGAINST_EACH = 256


def _form(value: Any, tolerance: Tolerance) -> _Form:
    """`value` with its type beside it, all the way down: forms that Python takes for equal are so
    without any tolerance for numbers, and those of a set's elements can be in a set."""
    kind = type(value).__name__
    if kind in ("int", "float"):
        kind = "number" if tolerance.numeric else kind
        return kind, _NAN if value != value else value
    if kind == "bool" and tolerance.numeric and tolerance.booleans:
        return "number", value
    if kind in ("list", "tuple"):
        kind = "sequence" if tolerance.sequences_alike else kind
        return kind, tuple([_form(item, tolerance) for item in value])
    if kind in ("set", "frozenset"):
        return kind, frozenset([_form(item, tolerance) for item in value])
    if kind == "dict":
        return kind, {_form(key, EXACT): _form(held, tolerance) for key, held in value.items()}
    return kind, value


def _near(wanted: _Form, found: _Form, tolerance: Tolerance) -> bool:
    if wanted == found:
        return True
    (kind, a), (other, b) = wanted, found
    if kind != other:
        return False
    if kind in _INEXACT:
        return _close(a, b, tolerance)
    if kind in ("list", "tuple", "sequence"):
        return len(a) == len(b) and all(map(_near, a, b, [tolerance] * len(a)))
    if kind in ("set", "frozenset"):
        return _pair_off(a - b, b - a, tolerance)
    if kind == "dict":
        return a.keys() == b.keys() and all(_near(a[key], b[key], tolerance) for key in a)
    return False


def _close(wanted: Any, found: Any, tolerance: Tolerance) -> bool:
    if type(wanted) is type(found) is int or not (_is_finite(wanted) and _is_finite(found)):
        return False
    low, high = _reach(wanted, tolerance)
    return low <= Fraction(found) <= high


def _is_finite(number: Any) -> bool:
    return bool(number != _NAN and abs(number) != _INFINITY)


def _reach(wanted: Any, tolerance: Tolerance) -> tuple[Fraction, Fraction]:
    """The least and the greatest number that is close to a finite one."""
    # As fractions: floats overflow, and an int need not fit into one.
    exact = Fraction(wanted)
    reach = max(Fraction(tolerance.absolute), Fraction(tolerance.relative) * abs(exact))
    return exact - reach, exact + reach


def _pair_off(wanted: frozenset[_Form], found: frozenset[_Form], tolerance: Tolerance) -> bool:
    """Whether each is near to exactly one of the others, and no two to the same."""
    if len(wanted) != len(found):
        return False
    # Numbers are looked up, for a program may answer any number of them; of what holds numbers,
    # which has no order, each would be held against each.
    numbers = [form for form in wanted if form[0] in _INEXACT]
    if len(wanted) - len(numbers) > _MOST_HELD_AGAINST_EACH:
        return False
    line = _Line(form[1] for form in found if form[0] in _INEXACT)
    places = [line.only_one_near(value, tolerance) for _, value in numbers]
    held = [form for form in found if form[0] not in _INEXACT]
    taken = set()
    for form in wanted - set(numbers):
        partners = [other for other in held if _near(form, other, tolerance)]
        if len(partners) != 1:
            return False
        taken.add(partners[0])
    return None not in places and len(set(places)) + len(taken) == len(found)


class _Line:
    """The finite ones of some numbers, in their order; integers, which are close to none of their
    own kind, apart from others."""

    def __init__(self, numbers: Iterable[Any]) -> None:
        finite = [number for number in numbers if _is_finite(number)]
        self._integers = sorted(Fraction(n) for n in finite if type(n) is int)
        self._others = sorted(Fraction(n) for n in finite if type(n) is not int)

    def only_one_near(self, wanted: Any, tolerance: Tolerance) -> tuple[bool, int] | None:
        """Where the one number is that is close to `wanted`; None if none is, or several are."""
        if not _is_finite(wanted):
            return None
        low, high = _reach(wanted, tolerance)
        integers = () if type(wanted) is int else self._integers
        places = [
            (is_integer, place)
            for is_integer, numbers in ((True, integers), (False, self._others))
            for place in range(bisect_left(numbers, low), bisect_right(numbers, high))[:2]
        ]
        return places[0] if len(places) == 1 else None


def above_trivial(public: Mapping[str, int], hidden: Mapping[str, int], given: int) -> float:
    """The share of hidden cases that passed above the `given` that the best trivial answer passes,
    but no more than the share of all cases: where few arguments are possible, a program may answer
    all that are hidden and not those that are shown, and is not right for that.

    `public`, `hidden`: how many ``passed``, of which ``total``.
    """
    passed, total = hidden["passed"], hidden["total"]
    # Where one value is right everywhere nothing can be above it: then all or none counts.
    above = max(0, passed - given) / (total - given) if total > given else passed == total > 0
    of_all = (public["passed"] + passed) / max(public["total"] + total, 1)
    return float(min(above, of_all))
