"""Tasks whose answer is one function: its signature, the cases that it is put to, and their counts.

What the languages share in which a function is asked for, whatever compiles or runs it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

from . import oracle
from .python.driver import decode, encode
from .python.driver import parse as parse_json
from .sandbox.base import Status, StepOutcome
from .task import Task

if TYPE_CHECKING:
    from typing_extensions import Self

# Of a program's answers. What all of them may have is a host's memory for a moment.
MOST_OF_ONE = 1 << 20
MOST_OF_ALL = 64 << 20


@dataclass(frozen=True, slots=True)
class Signature:
    """A function's name, its parameters (name, type) and what it returns, as a language writes
    them."""

    name: str
    parameters: tuple[tuple[str, str], ...]
    returns: str

    KEY: ClassVar[str] = "interface"

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Self:
        """From a task's data."""
        return cls(
            fields["name"], tuple((n, t) for n, t in fields["parameters"]), fields["returns"]
        )

    def to_json(self) -> dict[str, Any]:
        """A task's data."""
        return {
            "name": self.name,
            "parameters": [list(parameter) for parameter in self.parameters],
            "returns": self.returns,
        }


class Asked(Protocol):
    """What is asked of a candidate; `KEY` is what a task's data calls it."""

    KEY: ClassVar[str]

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Self:
        """From a task's data."""
        ...


S = TypeVar("S", bound=Asked)


@dataclass(frozen=True, slots=True)
class Tests(Generic[S]):
    """What a candidate is put to: the function (or what uses it), and cases whose first `public`
    are shown."""

    interface: S
    cases: tuple[oracle.Case, ...]
    public: int
    apart: tuple[int, int] = (0, 0)
    """Tests that are more than a case: how many are shown, and how many are not."""

    @classmethod
    def of(cls, task: Task, interface: type[S], key: str = "cases") -> Tests[S] | None:
        """From a task's data: what `interface` is called there, ``public``, and ``cases`` (or what
        `key` says), each with ``args`` and either ``value`` (both in the codec's JSON) or
        ``raises``; perhaps with a ``call`` (of another function) and a ``tolerance`` (which the
        task may have for all). None where there are none."""
        if key not in task.tests:
            return None
        asked = interface.of(task.tests[interface.KEY])
        of_all = task.tests.get("tolerance", {})
        cases = []
        for case in task.tests[key]:
            tolerance = oracle.Tolerance(**case.get("tolerance", of_all))
            name = case["call"] if "call" in case else task.tests["interface"]["name"]
            call = oracle.Call(name, tuple(_plain(case["args"])))
            wanted = (
                oracle.Expectation(raises=case["raises"])
                if "raises" in case
                else oracle.Expectation(_plain(case["value"]), tolerance=tolerance)
            )
            cases.append(oracle.Case(call, wanted))
        return cls(asked, tuple(cases), task.tests["public"])


def stored(case: oracle.Case) -> dict[str, Any]:
    """A case of a task's own function as `Tests.of` reads it."""
    wanted = case.expectation
    data: dict[str, Any] = {"args": encode(list(case.call.arguments))}
    if wanted.raises is not None:
        return data | {"raises": wanted.raises}
    exact = wanted.tolerance == oracle.EXACT
    return (
        data
        | {"value": encode(wanted.value)}
        | ({} if exact else {"tolerance": asdict(wanted.tolerance)})
    )


def _plain(text: str) -> Any:
    return decode(parse_json(b'{"v":' + text.encode() + b"}")["v"])


def trivial(cases: Sequence[oracle.Case]) -> int:
    """How many of the cases an answer passes that does nothing: the commonest value, whatever is
    asked, or an argument given back."""
    wanted = [
        f"raises {c.expectation.raises}" if c.expectation.raises else encode(c.expectation.value)
        for c in cases
    ]
    best = max(Counter(wanted).values(), default=0)
    width = max((len(case.call.arguments) for case in cases), default=0)
    for position in range(width):
        given = (encode(case.call.arguments[position]) for case in cases)
        best = max(best, sum(a == b for a, b in zip(given, wanted, strict=True)))
    return best


@dataclass(frozen=True, slots=True)
class Answered:
    """The results of a candidate's cases, those that are shown and those that are not; none where
    it was not asked."""

    shown: tuple[oracle.CaseResult, ...]
    secret: tuple[oracle.CaseResult, ...]

    @property
    def passed(self) -> bool:
        """Whether there are results, and all of them are right."""
        results = (*self.shown, *self.secret)
        return bool(results) and all(result.passed for result in results)

    def counts(self, tests: Tests[Any]) -> dict[str, dict[str, int]]:
        """How many ``passed`` in ``total``, of ``public`` and of ``hidden`` cases."""
        return {
            "public": _count(self.shown, tests.public + tests.apart[0]),
            "hidden": _count(self.secret, len(tests.cases) - tests.public + tests.apart[1]),
        }

    def metrics(self, tests: Tests[Any]) -> dict[str, float]:
        """``behaviour``, the share of hidden cases that passed (of the public ones where none is
        hidden), and ``above_trivial`` (see `oracle.above_trivial`)."""
        counts = self.counts(tests)
        given = trivial(tests.cases[tests.public :])
        if counts["hidden"]["total"] == 0:
            counts["hidden"], given = counts["public"], trivial(tests.cases)
        hidden = counts["hidden"]
        return {
            "behaviour": hidden["passed"] / max(hidden["total"], 1),
            "above_trivial": oracle.above_trivial(counts["public"], hidden, given),
        }


def _count(results: Sequence[oracle.CaseResult], total: int) -> dict[str, int]:
    return {"passed": sum(result.passed for result in results), "total": total}


def answered(tests: Tests[Any], ids: Sequence[str], step: StepOutcome | None) -> Answered:
    """What came of the step in which the candidate was asked (None: it was not)."""
    if step is None:
        return Answered((), ())
    # After a broken protocol nothing that was said can be believed.
    answers = () if step.status is Status.PROTOCOL else step.answers
    results = oracle.compare(tests.cases, ids, answers)
    return Answered(results[: tests.public], results[tests.public :])


def answer_limit(requests: int) -> int:
    """The most bytes of one answer where so many are asked for."""
    return min(MOST_OF_ONE, MOST_OF_ALL // max(requests, 1))


def ending(
    step: StepOutcome, *, shown: int, seconds: float, memory_bytes: int, output_bytes: int
) -> str:
    """How the program ended, if not as it should; the numbers are the limits it ran under.

    `shown`: how many requests were about what is shown; they came first. A program that ends after
    them has met what is hidden, and could say it by the status or the signal that it ends with.
    """
    knows = len(step.answers) >= shown
    signal = "a signal" if knows else f"signal {step.signal}"
    status = "" if knows else f" with status {step.exit_code}"
    return {
        Status.TIMEOUT: f"the program did not finish in {seconds:g} seconds of processor time",
        Status.MEMORY: f"the program ran out of memory ({memory_bytes >> 20} MiB)",
        Status.SIGNAL: f"the program was ended by {signal}",
        Status.EXIT: f"the program ended by itself{status}",
        Status.OUTPUT: f"the program printed more than {output_bytes >> 10} kB",
        Status.PROTOCOL: "the program did not answer what it was asked",
        Status.PIDS: "the program started more processes than it may",
    }.get(step.status, "")
