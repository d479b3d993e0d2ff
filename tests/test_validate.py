"""Validation: what makes a task sound, what becomes of mutants, and the frozen tasks themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from io import StringIO
from typing import Any, cast

import pytest
from rich.console import Console

from forgegym import Task
from forgegym.benchmarks import validate as module
from forgegym.benchmarks.validate import (
    DISCLOSURE,
    Fate,
    Row,
    Survivor,
    ValidationError,
    chosen,
    digest,
    fates_of_mutants,
    in_a_line,
    print_rows,
    to_json,
    validate,
)
from forgegym.envs.tasks import compact_spec
from forgegym.envs.tasks.compact_spec import SpecTask
from forgegym.verifiers.compact.behaviour import Play, read_recipe
from forgegym.verifiers.compact.compiler import find_runtime
from forgegym.verifiers.compact.frontend.check import check
from forgegym.verifiers.compact.mutants import bundled, mutants
from forgegym.verifiers.compact.toolchain import CompactVerifier, TrialError
from forgegym.verifiers.verifier import ChoiceError, ToolchainMissingError

ROW = Row("compact/spec/t", "key", "f", reference=True, mutants=10, killed=10)
SURVIVOR = Survivor("off by one", "line 3: 1 became 2")


# ---------------------------------------------------------------- what makes a task sound


def test_a_task_is_sound_when_its_reference_passes_and_all_mutants_die() -> None:
    assert ROW.sound
    assert ROW.share == 1.0


@pytest.mark.parametrize(
    "changes",
    [
        {"reference": False},
        {"second": False},
        {"paid": {"stub": 0.1}},
        {"killed": 8, "survivors": (replace(SURVIVOR, reason="the same"),) * 2},
        {"killed": 9, "survivors": (SURVIVOR,)},
        {"stale": ("line 9: 1 became 2",)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_task_is_not_sound_when_anything_is_wrong(changes: dict[str, Any]) -> None:
    assert not replace(ROW, **changes).sound


def test_a_tenth_of_the_mutants_may_survive_for_a_reason() -> None:
    row = replace(ROW, killed=9, survivors=(replace(SURVIVOR, reason="both do the same"),))
    assert row.sound
    assert row.share == 0.9
    assert row.unexplained == ()


def test_a_survivor_without_a_reason_is_not_explained() -> None:
    assert replace(ROW, killed=9, survivors=(SURVIVOR,)).unexplained == (SURVIVOR,)


def test_a_task_without_mutants_has_none_that_survive() -> None:
    assert replace(ROW, mutants=0, killed=0).share == 1.0


def test_equal_findings_have_one_digest_and_others_another() -> None:
    assert digest([ROW, ROW]) == digest([replace(ROW), ROW])
    assert digest([ROW]) != digest([replace(ROW, killed=9)])
    assert digest([ROW]) != digest([replace(ROW, survivors=(SURVIVOR,))])


def test_json_has_everything_and_the_raw_share() -> None:
    row = replace(ROW, killed=9, survivors=(replace(SURVIVOR, reason="both do the same"),))
    found = to_json([row], "compactc 1", "bubblewrap")
    assert found["sound"] is True
    assert found["digest"] == digest([row])
    (task,) = found["tasks"]
    assert (task["mutants"], task["killed"], task["share"]) == (10, 9, 0.9)
    assert task["survivors"][0]["reason"] == "both do the same"


def test_the_table_has_raw_numbers_and_every_survivor_with_its_reason() -> None:
    explained = replace(SURVIVOR, reason="both do the same")
    row = replace(ROW, killed=8, survivors=(explained, SURVIVOR))
    text = StringIO()
    print_rows([row], Console(file=text, width=200))
    shown = text.getvalue()
    assert re.search(r"\bf\b.*1 pass.*10.*8 \(80\.0%\).*80%.*1.*1", shown)
    assert "survives: line 3: 1 became 2 (both do the same)" in shown
    assert "NO REASON GIVEN" in shown
    assert "only 80% of the mutants die" in shown
    assert "1 tasks, 1 of them not sound" in shown


# ---------------------------------------------------------------- open tasks


@pytest.fixture
def front_end() -> Iterator[CompactVerifier]:
    with closing(CompactVerifier("frontend", workers=1)) as opened:
        yield opened


def test_every_open_task_is_solved_by_the_template_agent_and_by_no_idle_program(
    front_end: CompactVerifier,
) -> None:
    tasks, _ = chosen("open")
    assert len(tasks) == 80
    rows = validate(front_end, tasks, [])
    assert [row for row in rows if not row.sound] == []
    assert digest(rows) == digest(validate(front_end, tasks, []))


def test_an_open_task_that_an_idle_program_solves_is_not_sound(
    front_end: CompactVerifier,
) -> None:
    (row,) = validate(front_end, [TASK], [])
    assert row.reference
    assert row.paid == {"empty": 1.0, "constant": 1.0}
    assert not row.sound
    assert in_a_line(row) == "t: NOT SOUND"


def test_an_open_task_that_cannot_be_solved_is_not_sound(front_end: CompactVerifier) -> None:
    task, *_ = chosen("open")[0]
    nobody = replace(task, prompt="anything")
    (row,) = validate(front_end, [nobody], [])
    assert not row.reference
    assert row.complaint == "not all is there"
    assert not row.sound


def test_open_tasks_are_chosen_by_family() -> None:
    assert {task.family for task in chosen("open", ["counter"])[0]} == {"counter"}
    without, with_tests = chosen(None, ["counter"])
    assert without
    assert with_tests


# ---------------------------------------------------------------- what becomes of mutants

CONTRACT = """\
import CompactStandardLibrary;
export ledger count: Uint<32>;
witness secret(): Bytes<32>;
constructor() { count = 3; }
export circuit up(n: Uint<32>): [] {
  assert(disclose(n) > 0, "nothing");
  count = (count + disclose(n)) as Uint<32>;
}
export circuit reset(): [] {
  count = 0;
}
"""
TASK = Task(id="t", family="f", language="compact", prompt="p", reference=CONTRACT)


class Judge:
    """A verifier that has judged everything already: `dies` says which of the sources differ."""

    workers = 1

    def __init__(self, refused: str = "", unlike: str = "count - ", plays: int = 3) -> None:
        self.refused, self.unlike = refused, unlike
        self.asked: list[tuple[str, list[tuple[int, Mapping[str, str]]]]] = []
        calls = [{"call": "up"}], [{"call": "reset"}], [{"call": "up"}, {"call": "reset"}]
        self.plays = tuple(Play({"calls": list(calls[i % 3])}, public=False) for i in range(plays))

    def hidden_plays(self, task: Task) -> tuple[Play, ...]:
        return self.plays

    def tell_apart(
        self, task: Task, source: str, asked: Sequence[tuple[int, Mapping[str, str]]]
    ) -> list[bool] | None:
        self.asked.append((source, list(asked)))
        if self.refused and self.refused in source:
            return None
        return [self._differs(source, names) for _, names in asked]

    def _differs(self, source: str, names: Mapping[str, str]) -> bool:
        if not names:
            return self.unlike in source
        bodies = [source.split(f"circuit {name}(")[1].split("\n}")[0] for name in names.values()]
        return any(self.unlike in body for body in bodies)


def fates(judge: Judge, contract: str = CONTRACT) -> dict[str, Fate]:
    task = replace(TASK, reference=contract)
    found = fates_of_mutants(cast("CompactVerifier", judge), task)
    assert list(found) == mutants(contract)
    return {mutant.description: fate for mutant, fate in found.items()}


def test_a_mutant_dies_when_a_play_tells_it_from_the_reference_and_else_survives() -> None:
    found = fates(Judge(unlike="count - "))
    assert found.pop("line 7: + became -") is Fate.DIES
    assert set(found.values()) == {Fate.SURVIVES}


def test_a_mutant_of_the_constructor_is_put_to_plays_alone() -> None:
    judge = Judge(unlike="count = 4;")
    found = fates(judge)
    assert found["line 4: 3 became 4"] is Fate.DIES
    assert found["line 4: 3 became 2"] is Fate.SURVIVES
    sources = [source for source, asked in judge.asked if any(not names for _, names in asked)]
    assert sources
    assert all(source.count("circuit") == 2 for source in sources)


def test_what_the_compiler_refuses_in_a_bundle_is_found_and_the_others_are_judged() -> None:
    judge = Judge(refused="count = 1;", unlike="count - ")
    found = fates(judge)
    assert found.pop("line 10: 0 became 1") is Fate.REFUSED
    assert found["line 7: + became -"] is Fate.DIES
    assert Fate.REFUSED not in found.values()


def test_only_plays_that_call_what_is_mutated_are_asked_for() -> None:
    judge = Judge()
    fates(judge)
    for _, asked in judge.asked:
        for number, names in asked:
            calls = {call["call"] for call in judge.plays[number].calls}
            assert not names or names.keys() & calls


def test_the_dead_are_not_asked_for_again() -> None:
    judge = Judge(unlike="", plays=30)
    with pytest.raises(ValidationError, match="in a bundle the reference is not itself"):
        fates(judge)
    judge = Judge(unlike="count = 4;", plays=30)
    fates(judge)
    of_dead = [asked for source, asked in judge.asked if "count = 4;" in source]
    assert [len(asked) for asked in of_dead] == [1]


def test_a_dropped_disclosure_is_asked_for_nothing_but_whether_it_compiles() -> None:
    judge = Judge()
    fates(judge)
    dropped = [m.source for m in mutants(CONTRACT) if m.kind == DISCLOSURE]
    assert dropped
    assert all(asked == [] for source, asked in judge.asked if source in dropped)


@pytest.mark.parametrize(
    "field", ["ledger old: Field;", "export ledger old: HistoricMerkleTree<2, Field>;"]
)
def test_where_not_all_of_the_ledger_is_seen_survivors_are_put_to_plays_of_their_own(
    field: str,
) -> None:
    class Forgetful(Judge):
        """Sees the one mistake only in a play of the mutant's own."""

        def _differs(self, source: str, names: Mapping[str, str]) -> bool:
            return not names and "count - " in source

    hiding = CONTRACT.replace("witness", f"{field}\nwitness")
    assert fates(Forgetful())["line 7: + became -"] is Fate.SURVIVES
    found = fates(Forgetful(), hiding)
    assert found["line 8: + became -"] is Fate.DIES


def test_a_machine_that_fails_says_nothing_about_a_task() -> None:
    class Broken(Judge):
        def hidden_plays(self, task: Task) -> tuple[Play, ...]:
            raise TrialError("no box could be opened")

    with pytest.raises(ValidationError, match="t: no box could be opened"):
        fates(Broken())


# ---------------------------------------------------------------- bundles


def test_a_bundle_is_the_contract_with_copies_of_what_behaves_otherwise() -> None:
    wrong = [m for m in mutants(CONTRACT) if "line 10" in m.description]
    (bundle,), alone = bundled(CONTRACT, wrong, size=40)
    assert not alone
    assert bundle.source.startswith(CONTRACT)
    assert check(bundle.source).accepted
    assert [set(names) for names in bundle.renamed] == [{"reset"}] * len(wrong)
    assert bundle.control.keys() == {"up", "reset"}
    for mutant, names in zip(wrong, bundle.renamed, strict=True):
        body = mutant.source.split("circuit reset(")[1].split("\n}")[0]
        assert f"export circuit {names['reset']}({body}\n}}" in bundle.source


def test_a_circuit_that_calls_a_mutated_one_is_copied_too() -> None:
    source = CONTRACT.replace("export circuit reset", "circuit reset").replace(
        "as Uint<32>;\n}", "as Uint<32>;\n  reset();\n}"
    )
    wrong = [m for m in mutants(source) if m.description == "line 11: 0 became 1"]
    (bundle,), _ = bundled(source, wrong, size=40)
    (names,) = bundle.renamed
    assert names.keys() == {"up"}
    assert check(bundle.source).accepted


def test_what_changes_the_constructor_fits_into_no_bundle() -> None:
    source = CONTRACT.replace("count = 3;", "count = start();") + (
        "circuit start(): Uint<32> { return 3; }\n"
    )
    wrong = [m for m in mutants(source) if "3 became" in m.description]
    bundles, alone = bundled(source, wrong, size=40)
    assert (bundles, alone) == ([], wrong)


def test_bundles_have_a_size() -> None:
    wrong = [m for m in mutants(CONTRACT) if "line 4" not in m.description]
    bundles, _ = bundled(CONTRACT, wrong, size=2)
    assert [len(bundle.mutants) for bundle in bundles[:-1]] == [2] * (len(bundles) - 1)
    assert [m for bundle in bundles for m in bundle.mutants] == wrong


# ---------------------------------------------------------------- the frozen tasks


@pytest.fixture(scope="module")
def everything() -> tuple[SpecTask, ...]:
    return compact_spec.everything()


def test_there_are_60_tasks_of_at_least_12_families(everything: tuple[SpecTask, ...]) -> None:
    assert len(everything) == 60
    assert len(compact_spec.families()) >= 12
    assert len({spec.task.key for spec in everything}) == 60


def test_a_third_of_the_tasks_has_a_second_solution(everything: tuple[SpecTask, ...]) -> None:
    with_second = [spec for spec in everything if spec.second is not None]
    assert len(with_second) * 3 >= len(everything)
    assert all(spec.second != spec.task.reference for spec in with_second)


def test_every_task_is_for_training_or_for_evaluation(everything: tuple[SpecTask, ...]) -> None:
    train = {task.id for task in compact_spec.tasks("train")}
    held_out = {task.id for task in compact_spec.tasks("eval")}
    assert not train & held_out
    assert train | held_out == {spec.task.id for spec in everything}


def test_every_family_has_tasks_of_both_splits() -> None:
    for split in compact_spec.SPLITS:
        assert {task.family for task in compact_spec.tasks(split)} == set(compact_spec.families())


def test_solutions_are_accepted_by_the_front_end(everything: tuple[SpecTask, ...]) -> None:
    for spec in everything:
        for source in filter(None, (spec.task.reference, spec.second)):
            assert check(source).accepted, spec.task.id


def test_the_whole_ledger_of_a_reference_can_be_seen(everything: tuple[SpecTask, ...]) -> None:
    # `CompactVerifier.tell_apart` stands on it.
    for spec in everything:
        assert not re.search(r"^(sealed )?ledger ", spec.task.reference or "", re.MULTILINE)


def test_a_prompt_gives_the_interface_and_no_body(everything: tuple[SpecTask, ...]) -> None:
    for spec in everything:
        assert spec.task.reference is not None
        for line in compact_spec.interface(spec.task.reference):
            assert line in " ".join(spec.task.prompt.replace("//", " ").split())
        bodies = re.findall(r"^  (.{12,});$", spec.task.reference, re.MULTILINE)
        shown = " ".join(spec.task.prompt.split())
        told = [body for body in bodies if f"{body};" in shown]
        assert not [body for body in told if ":" not in body], spec.task.id


def test_recipes_can_be_read_and_call_only_what_there_is(everything: tuple[SpecTask, ...]) -> None:
    for spec in everything:
        recipe = read_recipe(spec.task.tests)
        assert spec.task.reference is not None
        shown = " ".join(compact_spec.interface(spec.task.reference))
        for name in recipe.calls:
            assert re.search(rf"circuit {name}\b", shown), (spec.task.id, name)
        assert set(recipe.witnesses) == set(re.findall(r"witness (\w+)", shown)), spec.task.id


def test_explained_survivors_are_mutants_of_the_reference(
    everything: tuple[SpecTask, ...],
) -> None:
    for spec in everything:
        if spec.survivors:
            assert spec.task.reference is not None
            described = {m.description for m in mutants(spec.task.reference)}
            assert spec.survivors.keys() <= described, spec.task.id
            assert all(spec.survivors.values())


def test_a_seed_is_always_the_same_task_of_its_split() -> None:
    drawn = [compact_spec.sample(seed, split="eval") for seed in range(50)]
    assert drawn == [compact_spec.sample(seed, split="eval") for seed in range(50)]
    assert {task.split for task in drawn} == {"eval"}
    assert len({task.id for task in drawn}) > 10


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ({"split": "test"}, "unknown split 'test'; there are: train, eval"),
        ({"split": "train", "families": ["shop"]}, "unknown family shop; there are: access,"),
        ({"split": "train", "difficulty": 9}, "no task of train has difficulty 9"),
    ],
)
def test_what_there_is_not_is_refused(asked: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ChoiceError, match=complaint):
        compact_spec.sample(0, **asked)


def test_tasks_are_chosen_by_family_by_name_or_by_id() -> None:
    assert len(chosen("spec", ["counter"])[1]) == 5
    assert [s.task.id for s in chosen("spec", ["counter-limit"])[1]] == [
        "compact/spec/counter-limit"
    ]
    assert chosen("spec", ["compact/spec/counter-limit"]) == chosen("spec", ["counter-limit"])
    with pytest.raises(ChoiceError, match="no task or family is called shop"):
        chosen("spec", ["shop"])


# ---------------------------------------------------------------- really run


@pytest.fixture(scope="module")
def verifier() -> Iterator[CompactVerifier]:
    try:
        find_runtime()
    except ToolchainMissingError as error:
        pytest.skip(str(error))
    with closing(CompactVerifier("compactc", workers=1)) as opened:
        yield opened


@pytest.fixture
def small() -> SpecTask:
    """A task with so few plays and mutants that it is soon validated."""
    tests = {
        "plays": 4,
        "scripts": [[["up", "$n"], ["up", 0], ["up", 1], ["reset"]]],
        "calls": {"up": ["$n"], "reset": []},
        "pools": {"n": [{"range": [2, 9]}]},
        "witnesses": {"secret": {"key": 0}},
    }
    return SpecTask(replace(TASK, tests=tests))


@pytest.mark.compactc
def test_a_sound_task_is_found_sound_twice_with_one_digest(
    verifier: CompactVerifier, small: SpecTask
) -> None:
    told: list[Row] = []
    rows = validate(verifier, [], [small], told.append)
    assert rows == told
    (row,) = rows
    assert row.sound, row
    assert row.mutants == row.killed > 5
    assert row.refused > 0
    assert digest(rows) == digest(validate(verifier, [], [small]))


@pytest.mark.compactc
def test_a_bundle_and_whole_verdicts_tell_the_same_of_every_mutant(
    verifier: CompactVerifier, small: SpecTask
) -> None:
    found = fates_of_mutants(verifier, small.task)
    verdicts = verifier.verify_all([(small.task, mutant.source) for mutant in found])
    for (mutant, fate), verdict in zip(found.items(), verdicts, strict=True):
        if not verdict.passed("compile"):
            assert fate is Fate.REFUSED, mutant
        elif mutant.kind != DISCLOSURE:
            assert (fate is Fate.DIES) == (verdict.metrics["behaviour"] < 1.0), mutant


@pytest.mark.compactc
def test_a_branch_that_no_play_reaches_has_survivors(
    verifier: CompactVerifier, small: SpecTask
) -> None:
    tests = {**small.task.tests, "scripts": [[["up", "$n"], ["reset"]]]}
    (row,) = validate(verifier, [], [SpecTask(replace(small.task, tests=tests))])
    assert "dropped assert" in {survivor.kind for survivor in row.unexplained}
    assert not row.sound


@pytest.mark.compactc
def test_a_second_solution_that_does_otherwise_is_found(
    verifier: CompactVerifier, small: SpecTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "fates_of_mutants", lambda *_: {})
    wrong = CONTRACT.replace("count = 0;", "count = 1;")
    (row,) = validate(verifier, [], [replace(small, second=wrong)])
    assert row.second is False
    assert "reset" in row.complaint
