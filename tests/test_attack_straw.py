"""The catalogue bites: a sandbox that holds nothing fails it, and so does one that lies."""

import subprocess
import sys
import time
import types
from collections.abc import Callable, Iterator

import pytest

from forgegym.benchmarks.attacks import catalogue, run
from forgegym.benchmarks.attacks.catalogue import Bait, Entry, load, run_entry
from forgegym.benchmarks.attacks.straw import Straw
from forgegym.verifiers.sandbox.base import Job, Outcome, Sandbox, Status, StepOutcome

ENTRIES = load()


@pytest.fixture(scope="module")
def bait() -> Iterator[Bait]:
    with Bait() as bait:
        yield bait


@pytest.mark.attacks
@pytest.mark.timeout(600)
def test_a_sandbox_of_straw_fails_at_least_half() -> None:
    results = run.run_catalogue(run.opener("straw"), ENTRIES, bare=True)
    held = [result.name for result in results if result.held]
    assert len(results) == len(ENTRIES)
    assert len(held) <= len(ENTRIES) // 2, held


class Lying:
    """A sandbox that makes up what it says."""

    name = "lying"
    digest = None

    def __init__(self, tale: Callable[[Job], Outcome]) -> None:
        self._tale = tale

    def run(self, job: Job) -> Outcome:
        return self._tale(job)

    async def arun(self, job: Job) -> Outcome:
        return self._tale(job)

    def close(self) -> None:
        pass


def _steps(job: Job, status: Status, stdout: bytes) -> tuple[StepOutcome, ...]:
    return tuple(StepOutcome(step.name, status, 0, stdout=stdout) for step in job.steps)


def machine_failed(job: Job) -> Outcome:
    return Outcome(Status.INFRA, message="no machine")


def nothing_ran(job: Job) -> Outcome:
    return Outcome(Status.OK)


def nothing_was_tried(job: Job) -> Outcome:
    return Outcome(Status.OK, _steps(job, Status.OK, b""))


def it_was_hit(job: Job) -> Outcome:
    return Outcome(Status.OK, _steps(job, Status.OK, b"BEGUN\nHIT everything\nDONE\n"))


@pytest.mark.parametrize("tale", [machine_failed, nothing_ran, nothing_was_tried, it_was_hit])
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_no_entry_believes_that(entry: Entry, tale: Callable[[Job], Outcome], bait: Bait) -> None:
    assert not run_entry(entry, Lying(tale), bait, seconds=30.0).held


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_no_entry_lets_the_hosts_secret_pass(entry: Entry, bait: Bait) -> None:
    def told(job: Job) -> Outcome:
        text = b"BEGUN\n" + bait.secret.encode() + b"\nDONE\n"
        return Outcome(Status.OK, _steps(job, Status.OK, text))

    result = run_entry(entry, Lying(told), bait, seconds=30.0)
    ended_wrong = Status.OK not in entry.expect and not result.held
    assert ended_wrong or any("secret" in complaint for complaint in result.complaints)


def test_every_row_is_an_entrys_or_is_said_to_be_shown_elsewhere() -> None:
    assert run.uncovered(ENTRIES) == []


def test_no_row_is_both_covered_and_said_not_to_be() -> None:
    assert not {row for entry in ENTRIES for row in entry.ids} & catalogue.NOT_HERE.keys()


def test_names_begin_with_their_first_row() -> None:
    for entry in ENTRIES:
        row = entry.ids[0]
        assert entry.name.startswith(f"{row[0].lower()}{int(row[1:]):02}_")


@pytest.mark.parametrize("docstring", [None, "", "fork bomb", "G01: a bomb.\n\nNo outcome."])
def test_an_entry_says_what_it_is_and_what_is_safe(docstring: str | None) -> None:
    module = types.ModuleType("entries.g01_odd", docstring)
    with pytest.raises(ValueError, match="g01_odd"):
        catalogue.read(module)


def test_only_what_is_asked_for_is_run() -> None:
    assert [entry.name for entry in run.chosen("python", ["G13"])] == ["g13_daemon"]
    assert {"L5"} <= {row for entry in run.chosen("python", ["L5"]) for row in entry.ids}


@pytest.mark.parametrize("row", ["G99", "L22", "nonsense"])
def test_a_row_without_an_entry_is_an_error(row: str) -> None:
    with pytest.raises(ValueError, match=row):
        run.chosen("python", [row])


def test_an_entry_that_hangs_has_not_held(bait: Bait) -> None:
    def slow(job: Job) -> Outcome:
        time.sleep(1.0)
        return Outcome(Status.OK, _steps(job, Status.OK, b"BEGUN\nDONE\n"))

    entry = next(entry for entry in ENTRIES if entry.name == "g25_privileges")
    result = run_entry(entry, Lying(slow), bait, seconds=0.1)
    assert not result.held
    assert "no end" in result.complaints[0]


def test_an_attack_of_which_something_runs_on_has_not_held(bait: Bait) -> None:
    left: list[subprocess.Popen[bytes]] = []

    def careless(job: Job) -> Outcome:
        token = next(word for word in job.steps[0].argv if word.startswith("forgegym-attack"))
        command = [sys.executable, "-c", "import time; time.sleep(30)", token]
        left.append(subprocess.Popen(command))
        return Outcome(Status.OK, _steps(job, Status.OK, b"BEGUN\nDONE\n"))

    entry = next(entry for entry in ENTRIES if entry.name == "g25_privileges")
    try:
        result = run_entry(entry, Lying(careless), bait, seconds=30.0)
    finally:
        for process in left:
            process.kill()
    assert result.complaints == ("1 processes still run on the host",)


def test_the_straw_is_a_sandbox() -> None:
    straw = Straw()
    assert isinstance(straw, Sandbox)
    straw.close()
