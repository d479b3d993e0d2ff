"""The front end under nonsense: the benchmark's own parts, and a short run of it."""

import io

import pytest
from rich.console import Console

from forgegym.benchmarks import compact_robustness
from forgegym.benchmarks.compact_robustness import (
    default_programs,
    measure,
    mutant,
    print_robustness,
    text,
)

PROGRAMS = default_programs()


@pytest.fixture(autouse=True)
def no_compiler(monkeypatch):
    monkeypatch.setattr(compact_robustness, "find_compactc", lambda: None)


def test_there_are_programs_to_mutate():
    assert len(PROGRAMS) > 60
    assert all("pragma" in program for program in PROGRAMS)


@pytest.mark.parametrize("make", [mutant, text])
def test_an_input_can_be_made_again_and_others_are_others(make):
    found = [make(PROGRAMS, 1, number) for number in range(40)]
    assert found == [make(PROGRAMS, 1, number) for number in range(40)]
    assert len(set(found)) > 30
    assert found != [make(PROGRAMS, 2, number) for number in range(40)]


def test_some_mutants_are_accepted_and_most_are_not():
    report = measure(PROGRAMS, mutants=150, texts=0, seed=3)
    assert report.sound
    assert 0 < report.accepted["mutant"] < 100


def test_random_texts_are_refused_without_a_word_too_much():
    report = measure(PROGRAMS, mutants=0, texts=400, seed=3)
    assert report.sound
    assert report.inputs == {"random": 400}
    median, high, longest = report.seconds["random"]
    assert 0 < median <= high <= longest


def test_what_raises_hangs_or_takes_long_is_told(monkeypatch):
    def check(source):
        if "raise" in source:
            raise KeyError("a name")
        while "hang" in source:
            pass
        return Accepted()

    class Accepted:
        accepted = True

    monkeypatch.setattr(compact_robustness, "check", check)
    monkeypatch.setattr(compact_robustness, "HANG_SECONDS", 0.05)
    monkeypatch.setattr(compact_robustness, "SLOW_SECONDS", 0.0)
    monkeypatch.setattr(compact_robustness, "text", lambda _, __, n: ("raise", "hang", "well")[n])
    report = measure([], mutants=0, texts=3, seed=0)
    assert not report.sound
    assert [(f.number, f.said) for f in report.failures] == [
        (0, "KeyError: 'a name'"),
        (1, "no end after 0 s"),
    ]
    assert [f.number for f in report.slow] == [2]
    assert report.to_json()["sound"] is False
    said = io.StringIO()
    print_robustness(report, Console(file=said, width=100))
    assert "raised or hung: 2" in said.getvalue()
    assert "random 1 of seed 0" in said.getvalue()


def test_without_programs_nothing_can_be_mutated():
    with pytest.raises(ValueError, match="no program to mutate"):
        measure([], mutants=1, texts=0, seed=0)
