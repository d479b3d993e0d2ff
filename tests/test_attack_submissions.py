"""Hostile contracts: no verifier pays for them, is harmed by them, or tells what it should not.

The front end judges the entries that need nothing else; with a Compact compiler, all of them are
judged through each sandbox. A verifier of straw fails them, which shows that they bite.
"""

import time
from collections.abc import Callable, Iterator, Sequence

import pytest
from conftest import missing

from forgegym.benchmarks.attacks import run, submissions
from forgegym.benchmarks.attacks.catalogue import Bait, Entry, Result, load
from forgegym.benchmarks.attacks.entries import k05_decisions, k06_circuits
from forgegym.benchmarks.attacks.run import SUBMISSION_SECONDS, run_submissions, uncovered
from forgegym.benchmarks.attacks.straw import StrawVerifier
from forgegym.benchmarks.attacks.submissions import Court, Verifiers, contract, run_submission
from forgegym.verifiers.sandbox import docker, images
from forgegym.verifiers.sandbox.base import SandboxUnavailableError
from forgegym.verifiers.task import Task
from forgegym.verifiers.verdict import Failure, FailureKind, Stage, StageStatus, Toolchain, Verdict
from forgegym.verifiers.verifier import Verifier

ENTRIES = [entry for entry in load(submitted=True) if entry.language == "compact"]
BARE = [entry for entry in ENTRIES if not entry.needs]
# One of them takes its time.
TIMED = [
    pytest.param(entry, marks=pytest.mark.attacks) if entry.name == "k10_explosions" else entry
    for entry in BARE
]
NEEDING = [entry for entry in ENTRIES if entry.needs]


def named(entry: Entry) -> str:
    return entry.name


@pytest.fixture(scope="module")
def bait() -> Iterator[Bait]:
    with Bait() as bait:
        yield bait


@pytest.fixture(scope="module")
def alone() -> Iterator[Verifiers]:
    """The verifiers of a machine without a Compact compiler."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("FORGEGYM_COMPACTC", raising=False)
        patch.setenv("PATH", "/nonexistent")
        verifiers = Verifiers("bubblewrap", workers=1)
    yield verifiers
    verifiers.close()


# -------------------------------------------------------------------- what holds


@pytest.mark.parametrize("entry", TIMED, ids=named)
def test_the_front_end_holds(entry: Entry, alone: Verifiers, bait: Bait) -> None:
    result = run_submission(entry, alone, bait, seconds=60.0)
    assert result.held, result.complaints[:5]


@pytest.mark.parametrize("entry", NEEDING, ids=named)
def test_what_needs_a_compiler_says_so_where_there_is_none(
    entry: Entry, alone: Verifiers, bait: Bait
) -> None:
    result = run_submission(entry, alone, bait, seconds=60.0)
    assert not result.held
    assert "no Compact compiler was found" in result.missing
    assert result.complaints == ()


BACKENDS = [
    pytest.param("docker", marks=pytest.mark.docker),
    pytest.param("bubblewrap", marks=[pytest.mark.bubblewrap, pytest.mark.compactc]),
]


@pytest.fixture(scope="module")
def image_with_release() -> bool:
    try:
        image = images.find(docker.connect(), "compact")
    except SandboxUnavailableError:
        return False
    return image.current and image.with_release


@pytest.fixture(scope="module", params=BACKENDS)
def compiling(request: pytest.FixtureRequest, image_with_release: bool) -> Iterator[Verifiers]:
    """The verifiers of a machine that has a compiler, in each sandbox."""
    if request.param == "docker" and not image_with_release:
        missing(
            "compactc",
            "the image forgegym/compact has no compiler: `forgegym images build compact --from "
            "FOLDER` takes one from a release's folder",
        )
    verifiers = Verifiers(request.param, workers=run.BOXES)
    yield verifiers
    verifiers.close()


@pytest.mark.attacks
@pytest.mark.timeout(SUBMISSION_SECONDS + 60)
@pytest.mark.parametrize("entry", ENTRIES, ids=named)
def test_the_compiler_in_a_sandbox_holds(entry: Entry, compiling: Verifiers, bait: Bait) -> None:
    if entry.needs == submissions.RUNTIME and submissions.RUNTIME in compiling.missing:
        missing("compactc", compiling.missing[submissions.RUNTIME])
    result = run_submission(entry, compiling, bait, seconds=SUBMISSION_SECONDS)
    assert result.held, result.complaints[:5]


# -------------------------------------------------------------------- that they bite


@pytest.mark.parametrize("entry", TIMED, ids=named)
def test_a_verifier_of_straw_fails(entry: Entry, bait: Bait) -> None:
    result = run_submission(entry, Verifiers("straw", workers=1), bait, seconds=60.0)
    assert result.complaints


def test_straw_runs_no_compiler_and_the_entries_that_need_one_say_so() -> None:
    results = {result.name: result for result in run_submissions("straw", [BARE[0], *NEEDING])}
    assert {name for name, result in results.items() if result.missing} == set(map(named, NEEDING))
    assert not any(result.held for result in results.values())


def test_the_straw_is_a_verifier() -> None:
    straw: Verifier = StrawVerifier()
    assert isinstance(straw, Verifier)


Judge = Callable[[Task, str], Verdict]


class Scripted:
    """A verifier that says the same of everything."""

    toolchain = Toolchain("scripted", "0")
    sandbox = None

    def __init__(self, said: Judge) -> None:
        self._said = said

    def verify(self, task: Task, source: str) -> Verdict:
        return self._said(task, source)

    def verify_all(self, given: Sequence[tuple[Task, str]]) -> list[Verdict]:
        return [self._said(task, source) for task, source in given]

    def close(self) -> None:
        pass


def verdict(*, accepted: bool, failure: Failure | None = None, complexity: float = 1.0) -> Verdict:
    status = StageStatus.PASSED if accepted else StageStatus.FAILED
    metrics = {"complexity": complexity, "complexity_extended": complexity}
    return Verdict("", "", Scripted.toolchain, (Stage("parse", status),), metrics, {}, failure)


def tried(entry: Entry, said: Judge, bait: Bait) -> Result:
    court = Court(entry, Scripted(said), bait, lambda: Scripted(said))
    took = court.attempt(lambda: entry.module.judge(court), 60.0)
    return court.result("", "", took)


BROKEN = Failure(FailureKind.SANDBOX, "compile", "the daemon went away")
TALES: dict[str, Judge] = {
    "everything is accepted": lambda task, source: verdict(accepted=True),
    "everything is refused": lambda task, source: verdict(accepted=False),
    "the machine is to blame": lambda task, source: verdict(accepted=False, failure=BROKEN),
    "the longer the better": lambda task, source: verdict(accepted=True, complexity=len(source)),
}


@pytest.mark.parametrize("entry", BARE, ids=named)
def test_no_entry_believes_that_the_machine_is_to_blame(entry: Entry, bait: Bait) -> None:
    assert tried(entry, TALES["the machine is to blame"], bait).complaints


def entry_of(row: str) -> Entry:
    return next(entry for entry in BARE if row in entry.ids)


def test_an_entry_that_is_refused_believes_no_acceptance(bait: Bait) -> None:
    for row in ("K01", "K02", "K04", "K09", "K12"):
        assert tried(entry_of(row), TALES["everything is accepted"], bait).complaints


def test_an_entry_that_is_harmless_believes_no_refusal(bait: Bait) -> None:
    for row in ("K01", "K05", "K06", "K07", "K09", "K12", "K13", "K14"):
        assert tried(entry_of(row), TALES["everything is refused"], bait).complaints


def test_an_entry_about_worth_lets_nobody_pay_by_length(bait: Bait) -> None:
    for row in ("K05", "K06", "K07", "K09", "K13", "K14"):
        assert tried(entry_of(row), TALES["the longer the better"], bait).complaints


def test_the_hosts_secret_in_a_message_is_a_complaint(bait: Bait) -> None:
    def leaking(task: Task, source: str) -> Verdict:
        return verdict(accepted=False, failure=Failure(FailureKind.SANDBOX, "x", bait.secret))

    said = tried(entry_of("K02"), leaking, bait).complaints
    assert "the host's secret came out" in said


def test_an_entry_that_hangs_has_not_held_and_the_next_gets_another_verifier(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[Scripted] = []

    def slow(task: Task, source: str) -> Verdict:
        time.sleep(0.3)
        return verdict(accepted=False)

    class Slow(Verifiers):
        def __init__(self, sandbox: str, *, workers: int) -> None:
            super().__init__(sandbox, workers=workers)
            self.front_end = Scripted(slow)
            opened.append(self.front_end)

    monkeypatch.setattr(submissions, "Verifiers", Slow)
    first, second = run_submissions("straw", [entry_of("K02"), entry_of("K09")], seconds=0.1)
    assert not first.held
    assert "no end" in first.complaints[0]
    assert len(opened) == 3
    assert not second.held


# -------------------------------------------------------------------- what is measured


def test_what_the_measure_is_said_not_to_see_it_does_not_see() -> None:
    """A trick that it has learnt to see belongs with the others, where it may earn nothing."""
    from forgegym.verifiers.compact.frontend.complexity import measure
    from forgegym.verifiers.compact.frontend.parser import parse

    def complexity(source: str) -> int:
        return measure(parse(source)).complexity

    plain = complexity(contract("y = 1;", k05_decisions.MORE))
    for body, written in k05_decisions.BEYOND.items():
        more = complexity(contract(body, k05_decisions.MORE)) - plain
        assert (more > 0) == (written > 0), body
    plain = complexity(submissions.PLAIN + k06_circuits.MAIN)
    for declared, written in k06_circuits.BEYOND.items():
        more = complexity(submissions.PLAIN + k06_circuits.MAIN + declared + "\n") - plain
        assert (more > 0) == (written > 0), declared


# -------------------------------------------------------------------- the catalogue


def test_every_row_of_compacts_is_an_entrys() -> None:
    assert uncovered(ENTRIES, submissions.ROWS) == []


def test_names_begin_with_their_first_row() -> None:
    assert all(entry.name.startswith(f"{entry.ids[0].lower()}_") for entry in ENTRIES)


def test_they_are_of_compacts_catalogue_alone() -> None:
    submitted = {entry.language for entry in run.chosen("python") if entry.submitted}
    assert submitted == {"python"}
    assert {entry.name for entry in run.chosen("compact") if entry.submitted} == set(
        map(named, ENTRIES)
    )
