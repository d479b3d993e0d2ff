"""`forgegym validate`: whether tasks measure what they say.

A frozen task is sound when its reference (and its second solution, where it has one) solves it,
when contracts that do nothing are paid nothing, and when small mistakes in the reference are
noticed: at least `LEAST_KILLED` of the mutants that compile die, and each that survives is listed,
with the reason that the task gives for it. An open task of Compact has neither reference nor tests:
the template agent's contract solves it, and the baselines that do nothing do not. Everything
follows from the tasks and a seed: twice gives twice the same, which `digest` shows.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from enum import Enum
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..agents.template import TemplateAgent
from ..envs.rewards import Reward, binary, compact_spec, solved
from ..envs.tasks import compact as open_tasks
from ..envs.tasks import compact_spec as spec_tasks
from ..envs.tasks.compact_spec import SpecTask
from ..verifiers.compact.behaviour import Play
from ..verifiers.compact.frontend import ast
from ..verifiers.compact.frontend.check import check
from ..verifiers.compact.frontend.parser import parse
from ..verifiers.compact.mutants import Bundle, Mutant, bundled, mutants, trivial
from ..verifiers.compact.toolchain import CompactVerifier, TrialError
from ..verifiers.task import Task
from ..verifiers.verdict import Verdict
from ..verifiers.verifier import ChoiceError, Verifier, judge
from .baselines import ConstantAgent, EmptyAgent

# The share of a reference's mutants that hidden tests must tell from it.
LEAST_KILLED = 0.9
# To disclose computes nothing: what the compiler accepts without it is the reference, no mutant.
DISCLOSURE = "dropped disclosure"


class ValidationError(Exception):
    """The machine failed, so that nothing can be said about a task; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that no test tells from the reference; `reason`: why none can, if the task says."""

    kind: str
    description: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """What came of validating one task.

    `mutants` is how many compile and are none of `DISCLOSURE`, `refused` how many the compiler
    refuses, `equivalent` how many more are proven to do what the reference does, `killed` how many
    of the first fail a hidden case; all are 0 where the reference itself fails. `paid`: trivial
    programs that earn something, with what they earn. `wrong`: how many wrong solutions come with
    the task, and `passing`, those of them that no hidden case tells from a right one. `stale`:
    survivors that the task explains and that do not survive.
    """

    task: str
    key: str
    family: str
    reference: bool
    second: bool | None = None
    paid: dict[str, float] = field(default_factory=dict)
    mutants: int = 0
    refused: int = 0
    equivalent: int = 0
    killed: int = 0
    survivors: tuple[Survivor, ...] = ()
    stale: tuple[str, ...] = ()
    wrong: int = 0
    passing: tuple[str, ...] = ()
    complaint: str = ""

    @property
    def share(self) -> float:
        """Of the mutants that compile, how many die: those that no test can tell count, too."""
        return self.killed / self.mutants if self.mutants else 1.0

    @property
    def unexplained(self) -> tuple[Survivor, ...]:
        return tuple(s for s in self.survivors if not s.reason)

    @property
    def sound(self) -> bool:
        return (
            self.reference
            and self.second is not False
            and not self.paid
            and not self.stale
            and not self.passing
            and not self.unexplained
            and self.share >= LEAST_KILLED
        )


def digest(rows: Iterable[Row]) -> str:
    """The hash of all that was found; equal for equal findings."""
    found = [asdict(row) for row in rows]
    for row in found:
        if not row["equivalent"]:
            del row["equivalent"]  # most languages prove nothing, and keep their digests
        if not row["wrong"]:
            del row["wrong"], row["passing"]  # and few tasks come with wrong solutions
    text = json.dumps(found, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def validate_spec(spec: SpecTask, verifier: CompactVerifier) -> Row:
    """One task with a specification. Raises `ValidationError`."""
    task = spec.task
    assert task.reference is not None
    idle = trivial(task.reference)
    solutions = [task.reference] + ([spec.second] if spec.second is not None else [])
    verdicts = verdicts_on(verifier, task, [*solutions, *idle.values()])
    right, of_idle = verdicts[: len(solutions)], verdicts[len(solutions) :]
    pay = {name: compact_spec(v).total for name, v in zip(idle, of_idle, strict=True)}
    row = Row(
        task=task.id,
        key=task.key,
        family=task.family,
        reference=_full(right[0]),
        # Another style may have fewer branches than the reference, which the pay would show.
        second=right[1].accepted if spec.second is not None else None,
        paid={name: total for name, total in pay.items() if total > 0},
        complaint=next((_complaint(v) for v in right if not v.accepted), ""),
    )
    if not row.reference:
        return row
    fates = fates_of_mutants(verifier, task)
    survivors = tuple(
        Survivor(m.kind, m.description, spec.survivors.get(m.description, ""))
        for m, fate in fates.items()
        if fate is Fate.SURVIVES and m.kind != DISCLOSURE
    )
    number = Counter(fates.values())
    described = {survivor.description for survivor in survivors}
    return replace(
        row,
        mutants=number[Fate.DIES] + len(survivors),
        refused=number[Fate.REFUSED],
        killed=number[Fate.DIES],
        survivors=survivors,
        stale=tuple(sorted(spec.survivors.keys() - described)),
    )


class Fate(Enum):
    """What becomes of a mutant."""

    REFUSED = "the compiler refuses it"
    DIES = "a hidden play tells it from the reference"
    SURVIVES = "no hidden play does"


# Hidden plays are tried in such portions: most mutants die in the first one that concerns them.
_PORTIONS = (1, 2, 5)
# So many mutants make one program: with more, half of them are compiled for nothing when one is
# refused against expectation.
_BUNDLE = 80
# Plays in which a bundle's copies without a mistake have to do what the reference does.
_CONTROLS = 4


def fates_of_mutants(verifier: CompactVerifier, task: Task) -> dict[Mutant, Fate]:
    """What becomes of each mutant of the reference of `task`, in their order.

    Each is put to the hidden plays of the task's trial until one tells it from the reference, as
    the verdict on it would: but bundled, since to start a compiler and a runtime for each of them
    takes several times as long. Raises `ValidationError`.
    """
    assert task.reference is not None
    wrong = mutants(task.reference)
    # What the front end refuses goes to the compiler alone, which has the last word.
    hopeful = {mutant: check(mutant.source).accepted for mutant in wrong}
    bundles, alone = bundled(task.reference, [m for m in wrong if hopeful[m]], _BUNDLE)
    jobs = [*bundles, *alone, *(m for m in wrong if not hopeful[m])]
    fates: dict[Mutant, Fate] = {}
    try:
        with ThreadPoolExecutor(verifier.workers) as pool:
            for found in pool.map(lambda job: _fates(verifier, task, job), jobs):
                fates.update(found)
    except TrialError as error:
        raise ValidationError(f"{task.id}: {error}") from error
    return {mutant: fates[mutant] for mutant in wrong}


def _fates(verifier: CompactVerifier, task: Task, job: Bundle | Mutant) -> dict[Mutant, Fate]:
    plays = verifier.hidden_plays(task)
    of: list[tuple[Mutant, Mapping[str, str]]]
    # What is asked first: of a bundle, too, whether the reference is still itself in it.
    control: list[tuple[int, Mapping[str, str]]]
    if isinstance(job, Mutant):
        of, control = [(job, {})], []
    else:
        of = list(zip(job.mutants, job.renamed, strict=True))
        control = [(number, job.control) for number in range(len(plays))[:_CONTROLS]]
    # No play tells anything of a dropped disclosure: all that is asked is whether it compiles.
    concerned = {
        mutant: [n for n, play in enumerate(plays) if _concerns(names, play)]
        for mutant, names in of
        if mutant.kind != DISCLOSURE
    }
    fates = dict.fromkeys([mutant for mutant, _ in of], Fate.SURVIVES)
    start = 0
    for portion in (*_PORTIONS, len(plays)):
        asked = [
            (mutant, number, names)
            for mutant, names in of
            if fates[mutant] is Fate.SURVIVES
            for number in concerned.get(mutant, [])[start : start + portion]
        ]
        if start and not asked:
            break
        start += portion
        plain = [(number, names) for _, number, names in asked]
        told = verifier.tell_apart(task, job.source, [*control, *plain])
        if told is None:
            return _fates_of_parts(verifier, task, job)
        if True in told[: len(control)]:
            raise ValidationError(f"{task.id}: in a bundle the reference is not itself")
        for (mutant, _, _), differs in zip(asked, told[len(control) :], strict=True):
            if differs:
                fates[mutant] = Fate.DIES
        control = []
    if isinstance(job, Bundle) and _hides_something(task.reference or ""):
        # What was not seen of the ledger may show later in a play of the mutant's own.
        for mutant in concerned:
            if fates[mutant] is Fate.SURVIVES:
                fates.update(_fates(verifier, task, mutant))
    return fates


def _hides_something(source: str) -> bool:
    """Whether not all of a contract's ledger can be seen: it is private, or a tree's old roots."""
    fields = [d for d in parse(source).declarations if isinstance(d, ast.Ledger)]
    return any(
        not field.exported
        or (isinstance(field.type, ast.TypeName) and field.type.name == "HistoricMerkleTree")
        for field in fields
    )


def _concerns(names: Mapping[str, str], play: Play) -> bool:
    return not names or any(call["call"] in names for call in play.calls)


def _fates_of_parts(
    verifier: CompactVerifier, task: Task, job: Bundle | Mutant
) -> dict[Mutant, Fate]:
    """What becomes of the mutants of a program that the compiler refuses."""
    if isinstance(job, Mutant):
        return {job: Fate.REFUSED}
    assert task.reference is not None
    half = len(job.mutants) // 2
    parts: list[Bundle] | list[Mutant] = [*job.mutants]
    if half:
        parts, _ = bundled(task.reference, job.mutants, len(job.mutants) - half)
    fates: dict[Mutant, Fate] = {}
    for part in parts:
        fates.update(_fates(verifier, task, part))
    return fates


def _full(verdict: Verdict) -> bool:
    return verdict.accepted and round(compact_spec(verdict).total, 9) == 1.0


def validate_open(task: Task, verifier: CompactVerifier) -> Row:
    """One task without tests, in the place of whose reference stands what the template agent
    writes. Raises `ValidationError`.

    To compile is not paid as solving it, or the empty program would be: it compiles.
    """
    (answer,) = TemplateAgent().generate([task.prompt], seeds=[0])
    idle = {agent.name: agent.answer(task) for agent in (EmptyAgent(), ConstantAgent())}
    verdict, *of_idle = verdicts_on(verifier, task, [answer, *idle.values()])
    pay = {name: binary(v).total for name, v in zip(idle, of_idle, strict=True)}
    fine = solved(verdict)
    return Row(
        task=task.id,
        key=task.key,
        family=task.family,
        reference=fine,
        paid={name: total for name, total in pay.items() if total > 0},
        complaint="" if fine else _complaint(verdict),
    )


def verdicts_on(verifier: Verifier, task: Task, sources: Sequence[str]) -> list[Verdict]:
    """The verdicts on answers to one task. Raises `ValidationError` when the machine fails."""
    verdicts, _ = judge(verifier, [(task, source) for source in sources])
    for verdict in verdicts:
        if verdict.failure is not None:
            raise ValidationError(f"{task.id}: {verdict.failure.message}")
    return verdicts


def _complaint(verdict: Verdict) -> str:
    if verdict.diagnostics:
        return str(verdict.diagnostics[0])
    if not verdict.accepted:
        return f"the stage {verdict.stage} fails"
    reward: Reward = compact_spec(verdict)
    return f"it is paid {reward.total:.3f} of 1" if "tests" in verdict.facts else "not all is there"


def chosen(kind: str | None, only: Sequence[str] = ()) -> tuple[list[Task], list[SpecTask]]:
    """The tasks of a kind (None: both), of these `only` some by id or family.

    Raises `ChoiceError` when nothing is of that name.
    """
    without = [] if kind == "spec" else list(open_tasks.tasks("eval"))
    with_tests = [] if kind == "open" else list(spec_tasks.everything())
    if only:
        names = set(only)
        without = [t for t in without if {t.id, t.family} & names]
        with_tests = [
            s for s in with_tests if {s.task.id, s.task.family, s.task.id.split("/")[-1]} & names
        ]
        if not without and not with_tests:
            raise ChoiceError(f"no task or family is called {', '.join(sorted(names))}")
    return without, with_tests


def validate(
    verifier: CompactVerifier,
    without_tests: Sequence[Task],
    with_tests: Sequence[SpecTask],
    on_row: Callable[[Row], None] = lambda _: None,
) -> list[Row]:
    """All of them; `on_row` is told each as it comes. Raises `ValidationError`."""
    rows = []
    for task in without_tests:
        rows.append(validate_open(task, verifier))
        on_row(rows[-1])
    for spec in with_tests:
        rows.append(validate_spec(spec, verifier))
        on_row(rows[-1])
    return rows


# ---------------------------------------------------------------- showing it


def to_json(rows: Sequence[Row], toolchain: str, sandbox: str | None) -> dict[str, Any]:
    return {
        "toolchain": toolchain,
        "sandbox": sandbox,
        "sound": all(row.sound for row in rows),
        "digest": digest(rows),
        "tasks": [{**asdict(row), "share": row.share, "sound": row.sound} for row in rows],
    }


def in_a_line(row: Row) -> str:
    """What came of one task, in a few words."""
    said = f"{row.task}: {'sound' if row.sound else 'NOT SOUND'}"
    if row.mutants:
        return f"{said}, {row.killed} of {row.mutants} mutants die"
    if row.wrong:
        return f"{said}, {row.wrong - len(row.passing)} of {row.wrong} wrong programs fail"
    return said


def print_rows(rows: Sequence[Row], console: Console) -> None:
    """A line a family, then everything that is wrong or that needs its reason."""
    table = Table(title="Do the tasks measure what they say?")
    for column in (
        "family", "tasks", "references", "second", "trivial paid", "mutants", "killed", "least",
        "explained", "unexplained",
    ):  # fmt: skip
        table.add_column(column, justify="left" if column == "family" else "right")
    families = sorted({row.family for row in rows})
    for name in [*families, "all"]:
        of = [row for row in rows if name in (row.family, "all")]
        seconds = [row.second for row in of if row.second is not None]
        number = sum(row.mutants for row in of)
        killed = sum(row.killed for row in of)
        unexplained = sum(len(row.unexplained) for row in of)
        table.add_row(
            name,
            str(len(of)),
            f"{sum(row.reference for row in of)} pass",
            f"{sum(seconds)} of {len(seconds)} pass" if seconds else "",
            str(sum(len(row.paid) for row in of)),
            str(number) if number else "",
            f"{killed} ({killed / number:.1%})" if number else "",
            f"{min(row.share for row in of):.0%}" if number else "",
            str(number - killed - unexplained) if number else "",
            str(unexplained) if number else "",
            style="bold" if name == "all" else None,
        )
    console.print(table)
    for row in rows:
        for line in _remarks(row):
            console.print(escape(f"{row.task}: {line}"), soft_wrap=True)
    unsound = sum(not row.sound for row in rows)
    console.print(f"{len(rows)} tasks, {unsound} of them not sound; digest {digest(rows)}")


def _remarks(row: Row) -> Iterable[str]:
    if row.complaint:
        yield f"a right solution fails: {row.complaint}"
    for name, total in row.paid.items():
        yield f"the trivial contract {name!r} is paid {total:.3f}"
    for survivor in row.survivors:
        yield f"survives: {survivor.description} ({survivor.reason or 'NO REASON GIVEN'})"
    for description in row.passing:
        yield f"passes every hidden case: {description}"
    for description in row.stale:
        yield f"is explained, and does not survive: {description}"
    if row.share < LEAST_KILLED:
        yield f"only {row.share:.0%} of the mutants die"
