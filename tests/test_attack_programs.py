"""Hostile Python, Rust and Verilog programs: no verifier pays for them, is harmed by them, or tells
what it should not. A verifier that believes what it is given fails them, which shows that they
bite."""

from collections.abc import Callable, Iterator

import pytest
from conftest import need_tools

from forgegym.benchmarks.attacks import run
from forgegym.benchmarks.attacks.catalogue import Bait, Entry, load
from forgegym.benchmarks.attacks.programs import (
    BLEND,
    COUNTER,
    MIX,
    blend_task,
    counter_task,
    mix_task,
)
from forgegym.benchmarks.attacks.submissions import OneVerifier, run_submission
from forgegym.verifiers.python.interface import Interface as PythonInterface
from forgegym.verifiers.rust.interface import Interface as RustInterface

LANGUAGES = ("python", "rust", "verilog")
ENTRIES = [entry for entry in load(submitted=True) if entry.language in LANGUAGES]
ROWS = [f"P{n:02}" for n in range(1, 26)]
ROWS += [f"R{n:02}" for n in range(1, 25)] + [f"V{n:02}" for n in range(1, 25)]
BACKENDS = [
    pytest.param("docker", marks=pytest.mark.docker),
    pytest.param("bubblewrap", marks=pytest.mark.bubblewrap),
]


def named(entry: Entry) -> str:
    return entry.name


@pytest.fixture(scope="module")
def bait() -> Iterator[Bait]:
    with Bait() as bait:
        yield bait


@pytest.fixture(scope="module", params=BACKENDS)
def verifier_of(
    request: pytest.FixtureRequest, bait: Bait
) -> Iterator[Callable[[str], OneVerifier]]:
    opened: dict[str, OneVerifier] = {}

    def of(language: str) -> OneVerifier:
        need_tools(request.param, language)
        if language not in opened:
            opened[language] = OneVerifier(language, request.param, workers=run.BOXES)
        return opened[language]

    yield of
    for one in opened.values():
        one.close()


@pytest.mark.attacks
@pytest.mark.timeout(run.SUBMISSION_SECONDS + 60)
@pytest.mark.parametrize("entry", ENTRIES, ids=named)
def test_a_verifier_in_a_sandbox_holds(
    entry: Entry, verifier_of: Callable[[str], OneVerifier], bait: Bait
) -> None:
    one = verifier_of(entry.language)
    assert not one.missing
    result = run_submission(entry, one, bait, seconds=run.SUBMISSION_SECONDS)
    assert result.held, result.complaints[:5]


@pytest.mark.parametrize("entry", ENTRIES, ids=named)
def test_a_verifier_that_believes_them_fails(entry: Entry, bait: Bait) -> None:
    straw = OneVerifier(entry.language, "straw", workers=1)
    assert run_submission(entry, straw, bait, seconds=60.0).complaints


def test_every_row_is_an_entrys_or_says_why_not() -> None:
    assert run.uncovered(ENTRIES, ROWS) == []
    assert all(entry.name.startswith(f"{entry.ids[0].lower()}_") for entry in ENTRIES)


def test_the_tasks_cannot_be_guessed() -> None:
    from forgegym.verifiers import calls
    from forgegym.verifiers.verilog import toolchain as verilog

    mix = calls.Tests.of(mix_task(), RustInterface)
    assert mix is not None
    assert calls.trivial(mix.cases[mix.public :]) <= 2
    blend = calls.Tests.of(blend_task(), PythonInterface)
    assert blend is not None
    assert calls.trivial(blend.cases[blend.public :]) <= 1
    counter = verilog.Tests.of(counter_task())
    assert counter is not None
    assert verilog.trivial(counter) == 0
    assert mix_task().reference == MIX
    assert blend_task().reference == BLEND
    assert counter_task().reference == COUNTER
