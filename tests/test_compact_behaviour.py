"""Plays of Compact contracts: what a recipe says, what is drawn, what counts as a difference."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import Any

import pytest

from forgegym import Task
from forgegym.verifiers.compact import behaviour
from forgegym.verifiers.compact.behaviour import (
    Play,
    RecipeError,
    Told,
    draw_plays,
    explain,
    first_difference,
    hear,
    read_recipe,
    scene,
    settled,
    shows_something,
)
from forgegym.verifiers.compact.compiler import find_runtime, runtime_folder
from forgegym.verifiers.compact.toolchain import CompactVerifier, TrialError
from forgegym.verifiers.oracle import Call, request
from forgegym.verifiers.python.driver import encode
from forgegym.verifiers.verdict import FailureKind
from forgegym.verifiers.verifier import ToolchainMissingError

RECIPE: dict[str, Any] = {
    "plays": 4,
    "scripts": [[["add", 1], ["add", "$n"], ["reset"]], [["add", 3, {"caller": {"key": 9}}]]],
    "calls": {"add": ["$n"], "reset": []},
    "witnesses": {"secret": {"key": 0}},
    "pools": {"n": [1, 2, {"range": [5, 9]}]},
    "let": {"limit": {"range": [10, 99]}},
    "constructor": ["$limit"],
}


def drawn(number: int, seed: str = "s", **changes: Any) -> list[Play]:
    return list(islice(draw_plays(read_recipe({**RECIPE, **changes}), seed), number))


def argument(value: Any, **changes: Any) -> Any:
    """What is drawn where a recipe has `value`."""
    (play,) = drawn(1, scripts=[[["add", value]]], **changes)
    (call,) = play.calls
    return call["arguments"][0]


# ---------------------------------------------------------------- reading a recipe


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"script": []}, "script, which no recipe has"),
        ({"scripts": []}, "scripts and calls"),
        ({"calls": {}}, "scripts and calls"),
        ({"constructor": 3}, "lists"),
        ({"scripts": [[["pay"]]]}, r"\['pay'\] calls nothing"),
        ({"scripts": [[[]]]}, r"\[\] calls nothing"),
    ],
)
def test_what_is_no_recipe_is_refused_with_what_is_wrong(
    change: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(RecipeError, match=complaint):
        read_recipe({**RECIPE, **change})


def test_a_recipe_says_how_many_plays_are_hidden_or_else_there_are_24() -> None:
    assert read_recipe(RECIPE).plays == 4
    assert read_recipe({k: v for k, v in RECIPE.items() if k != "plays"}).plays == 24


# ---------------------------------------------------------------- drawing plays


def test_the_same_seed_draws_the_same_plays_and_another_draws_others() -> None:
    assert drawn(20) == drawn(20)
    assert drawn(20) != drawn(20, "another")


def test_every_script_is_shown_first_and_the_same_for_every_seed() -> None:
    public = [play for play in drawn(20) if play.public]
    assert [[call["call"] for call in play.calls] for play in public] == [
        ["add", "add", "reset"],
        ["add"],
    ]
    assert public == drawn(2, "another")


def test_hidden_plays_begin_with_the_scripts_as_they_are_and_go_on_with_changed_ones() -> None:
    hidden = [[call["call"] for call in play.calls] for play in drawn(40) if not play.public]
    assert hidden[:2] == [["add", "add", "reset"], ["add"]]
    assert len({tuple(calls) for calls in hidden}) > 5


def test_a_call_has_the_recipe_s_witnesses_and_the_usual_caller_and_time() -> None:
    script = [["add", 1], ["add", 1], ["add", 1, {"caller": {"key": 9}, "time": 5}]]
    first, second, other = drawn(1, scripts=[script])[0].calls
    assert first == second
    assert first["time"] == behaviour.TIME
    assert first["witnesses"].keys() == {"secret"}
    assert other["time"] == 5
    assert other["caller"] != first["caller"]


def test_what_let_names_is_one_value_for_the_whole_play() -> None:
    for play in drawn(20, scripts=[[["add", "$limit"], ["add", "$limit"]]], calls={"add": [1]}):
        values = {call["arguments"][0] for call in play.calls if call["arguments"] != [1]}
        assert values <= set(play.request["constructor"]["arguments"])


def test_what_a_pool_names_is_chosen_each_time_anew() -> None:
    (play,) = drawn(1, scripts=[[["add", "$n"]] * 60])
    assert {call["arguments"][0] for call in play.calls} == {1, 2, 5, 6, 7, 8, 9}


def test_values() -> None:
    assert argument(7) == 7
    assert argument(True) is True
    assert argument("text") == "text"
    assert argument("0x00ff") == b"\0\xff"
    assert argument({"pad": "ab"}) == b"ab" + bytes(30)
    assert argument([1, {"range": [3, 3]}]) == [1, 3]
    assert argument({"enum": 1}) == {"enum": 1}
    assert argument({"pure": ["hash", {"range": [4, 4]}]}) == {"pure": ["hash", 4]}
    assert argument({"x": 1, "y": [{"pad": ""}]}) == {"x": 1, "y": [bytes(32)]}


def test_a_key_is_32_bytes_and_the_same_for_one_number_within_a_play() -> None:
    first, second = drawn(2, scripts=[[["add", {"key": 1}], ["add", {"key": 1}]]])
    one, again = (call["arguments"][0] for call in first.calls)
    assert len(one) == 32
    assert one == again
    assert one not in [call["arguments"][0] for call in second.calls]


def test_a_name_that_stands_for_nothing_is_refused() -> None:
    with pytest.raises(RecipeError, match=r"\$m is neither in `let` nor in `pools`"):
        argument("$m")


def test_a_struct_at_the_end_is_an_argument_and_options_are_not() -> None:
    (play,) = drawn(1, scripts=[[["add", {"x": 1}], ["add", 2, {"time": 5}]]])
    assert [call["arguments"] for call in play.calls] == [[{"x": 1}], [2]]
    assert play.calls[1]["time"] == 5


# ---------------------------------------------------------------- what is told


def play(*names: str, **more: Any) -> Play:
    calls = [{"call": name, "arguments": [1], **more} for name in names]
    return Play({"constructor": {"arguments": []}, "calls": calls}, public=True)


def done(result: Any = None, arguments: Any = (1,), **ledger: Any) -> Told:
    return Told(True, list(arguments), result, ledger)


REFUSED = Told(False, [1], reason="no")


def answer(rows: Any, id: str = "i") -> bytes:
    return b'{"id":"%s","value":%s}' % (id.encode(), encode(rows).encode())


def test_the_ledger_is_told_where_it_changes() -> None:
    rows = [[True, [], [], {"n": 0}], [False, [1], "no", None], [True, [1], 5, None]]
    assert hear([play("a", "b")], ["i"], [answer(rows)]) == [
        [done([], [], n=0), Told(False, [1], reason="no"), done(5, n=0)]
    ]


def test_what_is_tried_aside_leaves_the_ledger_to_the_others_as_it_was() -> None:
    tried = Play({"calls": [{"call": "a", "aside": True}, {"call": "a"}]}, public=False)
    rows = [[True, [], [], {"n": 0}], [True, [1], 5, {"n": 7}], [True, [1], 5, None]]
    (told,) = hear([tried], ["i"], [answer(rows)])
    assert told is not None
    assert [t.ledger for t in told] == [{"n": 0}, {"n": 7}, {"n": 0}]


@pytest.mark.parametrize(
    "rows",
    [
        "nothing",
        [[True, [], []]],
        [[1, [], [], None]],
        [[True, [], [], 3]],
    ],
)
def test_what_cannot_be_understood_is_nothing(rows: Any) -> None:
    assert hear([play()], ["i"], [answer(rows)]) == [None]


def test_an_answer_of_another_name_or_none_at_all_is_nothing() -> None:
    assert hear([play(), play()], ["i", "j"], [answer([], id="j")]) == [None, None]


def test_a_play_shows_something_when_a_call_changes_the_ledger() -> None:
    assert shows_something([done(n=0), REFUSED, done(n=1)])
    assert not shows_something([done(n=0), REFUSED, done(7, n=0)])


# ---------------------------------------------------------------- differences


def test_the_same_told_is_no_difference() -> None:
    told = [done(n=0), REFUSED, done(3, n=1)]
    assert first_difference(told, told) is None


def test_two_refusals_are_alike_whatever_their_reasons() -> None:
    assert first_difference([REFUSED], [Told(False, [], reason="another")]) is None


@pytest.mark.parametrize(
    ("found", "at"),
    [
        (None, 0),
        ([done(n=0)], 1),
        ([done(n=0), REFUSED], 1),
        ([done(n=0), done(4, n=1)], 1),
        ([done(n=0), done(3, n=2)], 1),
        ([done(n=0), done(3)], 1),
        ([done(n=9), done(3, n=1)], 0),
        ([done(n=0), done(3, n=1), REFUSED], 2),
        ([done(n=0), done(True, n=1)], 1),
    ],
)
def test_the_first_call_that_goes_otherwise_is_found(found: Sequence[Told] | None, at: int) -> None:
    assert first_difference([done(n=0), done(3, n=1)], found) == at


def test_ledger_fields_that_the_reference_has_not_are_not_looked_at() -> None:
    assert first_difference([done(n=0)], [done(n=0, extra=5)]) is None


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (None, "could not be run"),
        ([done(n=0), REFUSED], r"a\(1\) after constructor\(1\) is refused \(no\), and should be"),
        ([done(n=0), done(4, n=1)], "returns 4, and should return 3"),
        ([done(n=0), done(3, n=2)], "leaves n = 2, and should leave 1"),
        ([done(n=0), done(3)], "no exported ledger field n"),
        ([done(n=0)], "did not get there"),
    ],
)
def test_a_difference_is_explained_in_words(found: Sequence[Told] | None, words: str) -> None:
    expected = [done(n=0), done(3, n=1)]
    at = first_difference(expected, found)
    assert at is not None
    assert re.search(words, explain(play("a"), expected, found, at))


def test_what_should_be_refused_is_said_with_the_contract_s_reason() -> None:
    expected = [done([], (), n=0), REFUSED]
    assert "should be refused (no)" in explain(play("a"), expected, [done(n=0), done(n=0)], 1)


# ---------------------------------------------------------------- settling, and trying aside


def test_settled_plays_have_the_values_that_the_reference_computed() -> None:
    drawn_play = play("a")
    told = [done(n=0), done(None, [b"hash"], n=0)]
    calls = settled(
        Play({"calls": [{"call": "a", "arguments": [{"pure": ["hash", 1]}]}]}, drawn_play.public),
        told,
    ).calls
    assert calls[0]["arguments"] == [b"hash"]


def test_settled_enums_are_enums_still() -> None:
    asked = [{"enum": 1}, {"kind": {"enum": 0}, "key": {"pure": ["f"]}}, [{"enum": 2}]]
    told = [1, {"kind": 0, "key": b"k"}, [2]]
    before = Play({"calls": [{"call": "a", "arguments": asked}]}, public=False)
    (call,) = settled(before, [done(), done(None, told)]).calls
    assert call["arguments"] == [{"enum": 1}, {"kind": {"enum": 0}, "key": b"k"}, [{"enum": 2}]]


def test_arguments_that_could_not_be_computed_stay_as_they_were() -> None:
    before = Play({"calls": [{"call": "a", "arguments": [{"pure": ["f"]}]}]}, public=False)
    (call,) = settled(before, [done(), Told(False, None, reason="no pure circuit f")]).calls
    assert call["arguments"] == [{"pure": ["f"]}]


def test_a_scene_tries_others_beside_the_calls_that_they_stand_for() -> None:
    expected = [done(n=0), done(1, n=1), done(2, n=2), done(3, n=3)]
    found = scene(play("a", "b", "c"), expected, -1, {4: {"a": "a_4"}, 5: {"a": "a_5", "b": "b_5"}})
    assert [(call["call"], call.get("aside", False)) for call in found.play.calls] == [
        ("a_4", True), ("a_5", True), ("a", False), ("b_5", True),
    ]  # fmt: skip
    assert [number for number, _ in found.rows] == [-1, 4, 5, -1, 5]
    assert [told for _, told in found.rows] == [
        expected[0], expected[1], expected[1], expected[1], expected[2],
    ]  # fmt: skip


def test_a_scene_without_others_is_the_whole_play() -> None:
    expected = [done(n=0), done(1, n=1), done(2, n=2)]
    found = scene(play("a", "b"), expected, 7, {})
    assert found.play == play("a", "b")
    assert found.rows == tuple((7, told) for told in expected)


def test_a_scene_tells_who_does_anything_else() -> None:
    expected = [done(n=0), done(1, n=1)]
    found = scene(play("a"), expected, -1, {4: {"a": "x"}, 5: {"a": "y"}})
    told = [done(n=0), done(1, n=1), done(1, n=2)]
    assert found.unlike(told) == {5}
    assert found.unlike([]) == {-1, 4, 5}


# ---------------------------------------------------------------- contracts that really run

COUNTER = """\
import CompactStandardLibrary;
export enum Step { small, large }
export ledger count: Uint<32>;
export ledger owner: Bytes<32>;
witness secret(): Bytes<32>;
constructor(start: Uint<32>) {
  count = disclose(start);
  owner = disclose(key(secret()));
}
export pure circuit key(sk: Bytes<32>): Bytes<32> {
  return persistentHash<Bytes<32>>(sk);
}
export circuit add(step: Step): Uint<32> {
  assert(key(secret()) == owner, "not the owner");
  count = (count + (disclose(step) == Step.large ? 10 : 1)) as Uint<32>;
  return count;
}
"""

TASK = Task(
    id="counting",
    family="f",
    language="compact",
    prompt="p",
    reference=COUNTER,
    tests={
        "plays": 6,
        "constructor": [{"range": [0, 9]}],
        "witnesses": {"secret": {"key": 0}},
        "calls": {"add": [{"enum": 0}]},
        "scripts": [
            [
                ["add", {"enum": 0}],
                ["add", {"enum": 1}],
                ["add", {"enum": 1}, {"with": {"secret": {"key": 1}}}],
            ],
        ],
    },
)


def needs_runtime() -> None:
    try:
        find_runtime()
    except ToolchainMissingError as error:
        if {"compactc", "all"} & set(os.environ.get("FORGEGYM_REQUIRE", "").split(",")):
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def verifier() -> Iterator[CompactVerifier]:
    needs_runtime()
    with closing(CompactVerifier("compactc", workers=1)) as opened:
        yield opened


@pytest.mark.compactc
def test_a_reference_passes_its_own_plays(verifier: CompactVerifier) -> None:
    verdict = verifier.verify(TASK, COUNTER)
    assert verdict.accepted, verdict.diagnostics
    assert verdict.metrics["behaviour"] == 1.0
    assert verdict.facts["tests"] == {
        "public": {"passed": 1, "total": 1},
        "hidden": {"passed": 6, "total": 6},
    }


@pytest.mark.compactc
@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("? 10", "? 11", "leaves|returns"),
        ('assert(key(secret()) == owner, "not the owner");', "", "should be refused"),
        ("count = disclose(start);", "", "constructor"),
        ("== owner", "!= owner", "is refused"),
    ],
)
def test_a_mistake_is_noticed_and_explained(
    verifier: CompactVerifier, old: str, new: str, complaint: str
) -> None:
    verdict = verifier.verify(TASK, COUNTER.replace(old, new))
    assert verdict.passed("compile")
    assert not verdict.accepted
    assert verdict.metrics["behaviour"] < 1.0
    (shown,) = verdict.diagnostics
    assert re.search(complaint, shown.message)


@pytest.mark.compactc
def test_a_contract_that_refuses_every_call_passes_no_play(verifier: CompactVerifier) -> None:
    failing = COUNTER.replace(
        'assert(key(secret()) == owner, "not the owner");', 'assert(false, "no");'
    )
    assert verifier.verify(TASK, failing).metrics["behaviour"] == 0.0


@pytest.mark.compactc
def test_a_contract_that_asks_another_witness_passes_no_play(verifier: CompactVerifier) -> None:
    verdict = verifier.verify(TASK, COUNTER.replace("secret()", "password()"))
    assert verdict.metrics["behaviour"] == 0.0
    assert "other witnesses" in verdict.diagnostics[0].message


@pytest.mark.compactc
def test_single_plays_tell_what_the_whole_trial_tells(verifier: CompactVerifier) -> None:
    wrong = COUNTER.replace("? 10", "? 11")
    everything: list[tuple[int, dict[str, str]]] = [
        (number, {}) for number in range(len(verifier.hidden_plays(TASK)))
    ]
    assert verifier.tell_apart(TASK, COUNTER, everything) == [False] * 6
    told = verifier.tell_apart(TASK, wrong, everything)
    assert told is not None
    share = verifier.verify(TASK, wrong).metrics["behaviour"]
    assert told.count(False) / len(told) == share


@pytest.mark.compactc
def test_what_is_refused_is_told_apart_from_nothing(verifier: CompactVerifier) -> None:
    assert verifier.tell_apart(TASK, "export circuit", [(0, {})]) is None


@pytest.mark.compactc
def test_circuits_under_other_names_are_tried_where_the_play_is(verifier: CompactVerifier) -> None:
    copies = "".join(
        "export circuit "
        + COUNTER.split("export circuit ")[1].replace("add(", name).replace(*change)
        for name, change in (("same(", ("", "")), ("other(", ("10", "11")))
    )
    told = verifier.tell_apart(
        TASK, COUNTER + copies, [(0, {"add": "same"}), (0, {"add": "other"}), (0, {"add": "none"})]
    )
    assert told == [False, True, True]


@pytest.mark.compactc
def test_a_source_whose_own_circuits_go_otherwise_holds_no_others(
    verifier: CompactVerifier,
) -> None:
    with pytest.raises(TrialError, match="does not do what it does"):
        verifier.tell_apart(TASK, COUNTER.replace("? 10", "? 11"), [(0, {"add": "add"})])


def test_without_a_compiler_a_task_with_tests_says_what_is_missing() -> None:
    with closing(CompactVerifier("frontend")) as frontend:
        verdict = frontend.verify(TASK, COUNTER)
        assert verdict.failure is not None
        assert verdict.failure.kind is FailureKind.TOOLCHAIN_MISSING
        assert "needs the Compact compiler" in verdict.failure.message
        with pytest.raises(TrialError, match="needs the Compact compiler"):
            frontend.hidden_plays(TASK)


@pytest.mark.compactc
def test_without_a_runtime_a_task_with_tests_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("FORGEGYM_COMPACT_RUNTIME", str(tmp_path / "nothing"))
    with pytest.raises(ToolchainMissingError, match=r"compact-runtime.*npm install"):
        find_runtime()
    assert runtime_folder() == tmp_path / "nothing"


def test_a_play_is_sent_as_a_call_of_the_codec() -> None:
    (sent,), (id,) = behaviour.ask([play("a")])
    assert sent == request(Call("play", (play("a").request,)), id)
