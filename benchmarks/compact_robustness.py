"""What the embedded Compact front end does with programs that nobody would write.

It reads whatever a policy says, so no text may make it raise, hang or take long. Here it is given
mutants of real programs and random text, each of which follows from (seed, number), so that what
is reported can be made again; and where the real compiler is at hand, a sample is timed with both.
"""

from __future__ import annotations

import random
import re
import signal
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from types import FrameType
from typing import Any

from rich.console import Console
from rich.table import Table

from ..envs.tasks.compact_spec import FOLDER
from ..verifiers.compact.compiler import find_compactc
from ..verifiers.compact.frontend.check import check
from ..verifiers.compact.toolchain import CompactVerifier
from ..verifiers.task import Task

# Slower than this is reported, one by one.
SLOW_SECONDS = 0.2
# Whatever takes longer than this is given up and called a hang.
HANG_SECONDS = 20.0
# Programs that the real compiler is timed with too: half a minute of it.
TIMED = 60
# Characters of an input that is shown.
SHOWN = 60

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_CHARACTERS = "abcxyz019 \t\n(){}[]<>;:,.=+-*&|!?\"'/\\_$#@%^~`\0\x7fé∀𝔸\u2028\ufeff"


@dataclass(frozen=True, slots=True)
class Found:
    """One input worth a line: `kind` and `number` make it again."""

    kind: str
    number: int
    seconds: float
    characters: int
    said: str
    begins: str


@dataclass(slots=True)
class Report:
    """What came of it. `seconds` holds median, 99th percentile and maximum by kind of input."""

    seed: int
    inputs: Counter[str] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    failures: list[Found] = field(default_factory=list)
    slow: list[Found] = field(default_factory=list)
    compiler: str | None = None
    times_faster: float | None = None

    @property
    def sound(self) -> bool:
        """Whether nothing raised and nothing hung."""
        return not self.failures

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"sound": self.sound}


def default_programs() -> list[str]:
    """The references of the tasks with a specification, and their second solutions."""
    return [path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*/*.compact"))]


class _HangError(Exception):
    """It takes too long."""


def measure(
    programs: Sequence[str],
    *,
    mutants: int,
    texts: int,
    seed: int,
    say: Callable[[str], None] = lambda _: None,
) -> Report:
    """`mutants` of `programs` and `texts` that are random, checked one after another.

    Raises `ValueError` without a program to mutate.
    """
    if mutants and not programs:
        raise ValueError("there is no program to mutate")
    report = Report(seed)
    kinds: dict[str, tuple[int, Callable[[int], str]]] = {
        "mutant": (mutants, lambda n: mutant(programs, seed, n)),
        "random": (texts, lambda n: text(programs, seed, n)),
    }
    for kind, (count, make) in kinds.items():
        if not count:
            continue
        seconds = []
        for number in range(count):
            source = make(number)
            taken, accepted, said = _checked(source)
            seconds.append(taken)
            report.inputs[kind] += 1
            report.accepted[kind] += accepted
            if said or taken > SLOW_SECONDS:
                found = Found(kind, number, taken, len(source), said, source[:SHOWN])
                (report.failures if said else report.slow).append(found)
                say(f"{kind} {number}: {said or f'{taken * 1e3:.0f} ms'}")
            if (number + 1) % 10_000 == 0:
                say(f"{number + 1} of {count} ({kind})")
        ordered = sorted(seconds)
        report.seconds[kind] = (
            statistics.median(ordered),
            ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))],
            ordered[-1],
        )
    if programs and find_compactc() is not None:
        say(f"compactc: {min(TIMED, len(programs))} programs")
        report.compiler, report.times_faster = _against_compactc(programs[:TIMED])
    return report


def _checked(source: str) -> tuple[float, bool, str]:
    """The seconds, whether it is accepted, and what went wrong (nothing: nothing did)."""

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise _HangError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, HANG_SECONDS)
    began = time.perf_counter()
    try:
        accepted = check(source).accepted
        return time.perf_counter() - began, accepted, ""
    except _HangError:
        return time.perf_counter() - began, False, f"no end after {HANG_SECONDS:.0f} s"
    except Exception as error:
        said = f"{type(error).__name__}: {str(error)[:200]}"
        return time.perf_counter() - began, False, said
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _against_compactc(programs: Sequence[str]) -> tuple[str, float]:
    """The compiler's name, and how many times as long it takes: a ratio of medians, one by one."""
    ours, theirs = [], []
    for source in programs:
        began = time.perf_counter()
        check(source)
        ours.append(time.perf_counter() - began)
    verifier = CompactVerifier("compactc", workers=1)
    task = Task(id="robustness", family="robustness", language="compact", prompt="")
    name = str(verifier.toolchain)
    try:
        for source in programs:
            began = time.perf_counter()
            verifier.verify(task, source)
            theirs.append(time.perf_counter() - began)
    finally:
        verifier.close()
    return name, statistics.median(theirs) / statistics.median(ours)


# ---------------------------------------------------------------- inputs


def mutant(programs: Sequence[str], seed: int, number: int) -> str:
    """A program with one to four pieces of it dropped, doubled, moved, or another's."""
    chance = random.Random(f"mutant {seed} {number}")
    pieces = _TOKEN.findall(chance.choice(programs))
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        change = chance.choice(_CHANGES)
        if change is None:
            _borrow(pieces, _TOKEN.findall(chance.choice(programs)), chance)
        else:
            change(pieces, chance)
    return "".join(pieces)


def _drop(pieces: list[str], chance: random.Random) -> None:
    at, length = _span(pieces, chance)
    del pieces[at : at + length]


def _double(pieces: list[str], chance: random.Random) -> None:
    at, length = _span(pieces, chance)
    times = chance.choice((1, 1, 1, 1, 50))
    pieces[at:at] = pieces[at : at + length] * times


def _move(pieces: list[str], chance: random.Random) -> None:
    at, length = _span(pieces, chance)
    taken = pieces[at : at + length]
    del pieces[at : at + length]
    to = chance.randint(0, len(pieces))
    pieces[to:to] = taken


def _borrow(pieces: list[str], other: Sequence[str], chance: random.Random) -> None:
    start, length = _span(other, chance)
    at, replaced = _span(pieces, chance)
    pieces[at : at + replaced] = other[start : start + length]


def _exchange(pieces: list[str], chance: random.Random) -> None:
    """One token for another of the same program: a name, a number or a sign."""
    if pieces:
        pieces[chance.randrange(len(pieces))] = chance.choice(pieces)


def _spoil(pieces: list[str], chance: random.Random) -> None:
    pieces.insert(chance.randint(0, len(pieces)), chance.choice(_CHARACTERS))


def _nest(pieces: list[str], chance: random.Random) -> None:
    """Brackets around a piece, up to far more of them than anybody nests."""
    at, length = _span(pieces, chance)
    opening, closing = chance.choice(("()", "[]", "{}", "<>", ("if (true) {", "}"), ("!", "")))
    depth = chance.choice((1, 3, 30, 300))
    pieces[at : at + length] = [opening * depth, *pieces[at : at + length], closing * depth]


_CHANGES: tuple[Callable[[list[str], random.Random], None] | None, ...] = (
    _drop,
    _double,
    _move,
    _exchange,
    _spoil,
    _nest,
    None,  # `_borrow`, which needs another program
)


def _span(pieces: Sequence[str], chance: random.Random) -> tuple[int, int]:
    """Where a piece begins, and how many tokens it has: mostly few."""
    length = chance.choice((1, 1, 1, 2, 5, 20, 80))
    return chance.randint(0, max(0, len(pieces) - length)), length


def text(programs: Sequence[str], seed: int, number: int) -> str:
    """Random bytes (each as the character of its number), characters or tokens."""
    chance = random.Random(f"random {seed} {number}")
    length = chance.choice((0, 1, 3, 10, 30, 100, 300, 1000))
    kind = number % 4
    if kind < 2:
        return chance.randbytes(length).decode("latin-1")
    if kind == 2:
        return "".join(chance.choices(_CHARACTERS, k=length))
    words = _TOKEN.findall(chance.choice(programs)) if programs else list(_CHARACTERS)
    return "".join(chance.choices(words, k=length))


# ---------------------------------------------------------------- said to people


def print_robustness(report: Report, console: Console) -> None:
    """Everything that `forgegym bench compact-robustness` has to say."""
    table = Table(title="What nobody would write", title_justify="left")
    for heading in ("", "inputs", "accepted", "median, ms", "p99, ms", "longest, ms"):
        table.add_column(heading, justify="left" if not heading else "right")
    for kind, count in report.inputs.items():
        times = [f"{1e3 * seconds:.2f}" for seconds in report.seconds[kind]]
        table.add_row(kind, f"{count:,}", f"{report.accepted[kind]:,}", *times)
    console.print(table)
    for what, found in (("raised or hung", report.failures), ("over 200 ms", report.slow)):
        console.print(f"{what}: {len(found) or 'none'}", highlight=False)
        for each in found:
            console.print(
                f"  {each.kind} {each.number} of seed {report.seed} ({each.characters:,} "
                f"characters, {1e3 * each.seconds:.0f} ms) {each.said} {each.begins!a}",
                highlight=False,
                markup=False,
                soft_wrap=True,
            )
    if report.times_faster is not None:
        console.print(
            f"{report.compiler} takes {report.times_faster:.0f} times as long "
            f"(medians over {TIMED} programs)",
            highlight=False,
            soft_wrap=True,
        )
