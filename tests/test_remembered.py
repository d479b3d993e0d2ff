"""What is remembered of judgements, and how much of it."""

import pickle

from forgegym.verifiers.pooled import Judgement
from forgegym.verifiers.remembered import MOST_BYTES, Remembered
from forgegym.verifiers.verdict import Diagnostic, Severity, Stage, StageStatus

MIB = 1 << 20


def test_a_judgement_comes_back_as_it_was():
    warning = Diagnostic("a", 1, 2, Severity.WARNING, "b")
    stages = (Stage("parse", StageStatus.PASSED, 0.5, (warning,)),)
    judgement = Judgement(stages, {"lines": 0.1}, {"functions": [{"name": "f"}], "t": (1, None)})
    remembered = Remembered()
    remembered.keep({"q": judgement})
    assert remembered.recall(["q", "unknown"]) == {"q": judgement}


def test_what_was_asked_for_longest_ago_makes_room():
    remembered = Remembered(most=2)
    remembered.keep({"a": 1, "b": 2})
    remembered.recall(["a"])
    remembered.keep({"c": 3})
    assert remembered.recall("abc") == {"a": 1, "c": 3}


def test_large_judgements_take_no_more_memory_than_many_small_ones():
    # A program of 6,500 functions has a verdict of 1.2 MB, and 4,096 of those were kept.
    remembered = Remembered()
    for number in range(40):
        remembered.keep({number: Judgement(facts={"functions": ["f" * MIB]})})
    known = remembered.recall(range(40))
    assert 0 < len(known) < 40
    assert sum(len(pickle.dumps(judgement)) for judgement in known.values()) <= MOST_BYTES
    assert max(known) == 39


def test_the_same_question_takes_its_room_once():
    remembered = Remembered()
    remembered.keep({"other": 1})
    for _ in range(40):
        remembered.keep({"q": "x" * MIB})
    assert remembered.recall(["other"]) == {"other": 1}


def test_a_judgement_that_is_too_large_is_not_remembered():
    remembered = Remembered(most_bytes=MIB)
    remembered.keep({"q": "x" * MIB})
    assert remembered.recall(["q"]) == {}
    remembered.keep({"r": "x"})
    assert remembered.recall(["r"]) == {"r": "x"}
