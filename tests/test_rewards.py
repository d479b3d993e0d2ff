"""What verdicts pay, to the last digit."""

import math
from dataclasses import replace
from typing import Any

import gymnasium
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forgegym.envs.registration import ENVIRONMENTS, KINDS
from forgegym.envs.rewards import (
    PAID_BY,
    PRESETS,
    NanochatWeights,
    Reward,
    nanochat_with,
    reward_function,
    solved,
)
from forgegym.verifiers.verdict import (
    Diagnostic,
    Failure,
    FailureKind,
    Severity,
    Stage,
    StageStatus,
    Toolchain,
    Verdict,
)

PASSED, FAILED, SKIPPED = StageStatus.PASSED, StageStatus.FAILED, StageStatus.SKIPPED


def verdict(
    parse: StageStatus = PASSED,
    compiled: StageStatus = PASSED,
    *,
    complexity: float = 1,
    decisions: dict[str, int] | None = None,
    requirements: dict[str, dict[str, Any]] | None = None,
    failure: Failure | None = None,
) -> Verdict:
    return Verdict(
        task_key="t",
        source_sha256="s",
        toolchain=Toolchain("test", "1"),
        stages=() if failure else (Stage("parse", parse), Stage("compile", compiled)),
        metrics={
            "complexity": float(complexity),
            **{f"decisions.{kind}": float(count) for kind, count in (decisions or {}).items()},
        },
        facts={"requirements": requirements or {}},
        failure=failure,
    )


def asked(**met: bool) -> dict[str, dict[str, Any]]:
    return {name: {"asked": True, "found": value, "met": value} for name, value in met.items()}


def asked_complexity(asked: int, found: int) -> dict[str, dict[str, Any]]:
    return {"complexity": {"asked": asked, "found": found, "met": found >= asked}}


NO_PARSE = verdict(FAILED, SKIPPED, complexity=9)
NO_COMPILE = verdict(PASSED, FAILED, complexity=9)
BROKEN = verdict(failure=Failure(FailureKind.SANDBOX, "compile", "the disk is full"))


@pytest.mark.parametrize("preset", PRESETS)
def test_a_machine_that_fails_pays_nothing_and_says_so(preset: str) -> None:
    assert PRESETS[preset](BROKEN) == Reward(valid=False)
    assert PRESETS[preset](BROKEN).total == 0.0


@pytest.mark.parametrize("preset", sorted(PRESETS.keys() - {"staged", "anchored", "nanochat"}))
@pytest.mark.parametrize("refused", [NO_PARSE, NO_COMPILE])
def test_what_does_not_compile_pays_nothing(preset: str, refused: Verdict) -> None:
    reward = PRESETS[preset](refused)
    assert reward.valid
    assert reward.total == 0.0


@pytest.mark.parametrize("preset", PRESETS)
@given(st.integers(1, 60), st.booleans(), st.booleans())
def test_the_total_is_the_sum_of_the_components(preset: str, c: int, a: bool, b: bool) -> None:
    reward = PRESETS[preset](verdict(complexity=c, requirements=asked(loop=a, enum=b)))
    assert reward.total == sum(reward.components.values())
    assert math.isfinite(reward.total)
    assert reward.total >= 0 or preset == "nanochat"  # which takes off for complexity


def test_components_keep_their_names_whatever_the_verdict() -> None:
    for preset in PRESETS.values():
        names = {tuple(preset(v).components) for v in (NO_PARSE, NO_COMPILE, verdict(complexity=7))}
        assert len(names) == 1


@pytest.mark.parametrize("c", [0, 1, 2, 3])
def test_compactlora_pays_one_half_up_to_three(c: int) -> None:
    assert PRESETS["compactlora"](verdict(complexity=c)).total == 0.5


@pytest.mark.parametrize("c", range(4, 60))
def test_compactlora_is_its_formula_exactly_above_three(c: int) -> None:
    assert PRESETS["compactlora"](verdict(complexity=c)).total == 1 + (c - 3) ** 1.5


def test_compactlora_ignores_what_the_task_asks_for() -> None:
    unmet = verdict(complexity=4, requirements=asked(loop=False))
    assert PRESETS["compactlora"](unmet).total == 2.0


@pytest.mark.parametrize(
    ("requirements", "pay"),
    [
        ({}, 1.0),
        (asked(loop=True, enum=True), 1.0),
        (asked(loop=True, enum=False), 0.0),
        (asked_complexity(4, 3), 0.0),
        (asked_complexity(4, 4), 1.0),
    ],
)
def test_binary_pays_for_a_solved_task_only(requirements: Any, pay: float) -> None:
    given_verdict = verdict(requirements=requirements)
    assert PRESETS["binary"](given_verdict).total == pay
    assert solved(given_verdict) == bool(pay)


@pytest.mark.parametrize(
    ("given_verdict", "pay"),
    [
        (NO_PARSE, 0.0),
        (NO_COMPILE, 0.1),
        (verdict(requirements=asked(a=False, b=False)), 0.5),
        (verdict(requirements=asked(a=True, b=False)), 0.75),
        (verdict(requirements=asked(a=True, b=True)), 1.0),
    ],
)
def test_staged_climbs_in_its_documented_steps(given_verdict: Verdict, pay: float) -> None:
    assert PRESETS["staged"](given_verdict).total == pytest.approx(pay)


def test_ramped_rises_to_compactlora_and_stops_at_eight() -> None:
    pays = [PRESETS["ramped"](verdict(complexity=c)).total for c in range(1, 12)]
    assert pays[:3] == pytest.approx([0.5 / 3, 1 / 3, 0.5])
    assert pays[3:8] == [1 + (c - 3) ** 1.5 for c in range(4, 9)]
    assert pays[8:] == [pays[7]] * 3
    assert pays[:8] == sorted(set(pays))


def guided(asked_for: int, *, loops: int = 0, ifs: int = 0, enum: bool = True) -> float:
    """The pay of a contract that was asked for loops and an enum."""
    complexity = 1 + loops + ifs
    return (
        PRESETS["guided"](
            verdict(
                complexity=complexity,
                decisions={"loop": loops, "if": ifs},
                requirements=asked_complexity(asked_for, complexity)
                | asked(loop=loops > 0, enum=enum),
            )
        )
    ).total


def test_guided_pays_decisions_of_the_asked_kinds_up_to_complexity_four() -> None:
    pays = [guided(5, loops=n) for n in (0, 1, 2, 3)]
    assert pays == pytest.approx([(n / 3) ** 1.4 for n in (0, 1, 2, 3)])


def test_guided_pays_nothing_for_decisions_that_were_not_asked_for() -> None:
    assert guided(5, loops=1, ifs=2) == guided(5, loops=1)


@pytest.mark.parametrize("asked_for", [2, 4, 8])
def test_guided_always_pays_in_full_just_above_three(asked_for: int) -> None:
    assert guided(asked_for, loops=2) < guided(asked_for, loops=3) == pytest.approx(1.0)


def test_guided_takes_padding_off() -> None:
    assert guided(5, loops=3, ifs=1) == pytest.approx(1 - 0.2)
    assert guided(5, loops=3, ifs=50) == pytest.approx(0.2)


def test_guided_pays_a_part_only_for_the_asked_constructs() -> None:
    assert guided(5, loops=3, enum=False) == pytest.approx(1 - 0.6 / 2)


def test_a_reward_is_named_or_a_function() -> None:
    def mine(verdict: Verdict) -> Reward:
        return Reward({"mine": verdict.metrics["complexity"]})

    assert reward_function("binary") is PRESETS["binary"]
    assert reward_function(mine) is mine
    assert reward_function(mine, "rust") is mine
    with pytest.raises(ValueError, match="'magic'; there are: compactlora"):
        reward_function("magic")


def test_a_preset_pays_for_the_tasks_that_it_is_for() -> None:
    assert {preset for presets in PAID_BY.values() for preset in presets} == set(PRESETS)
    assert KINDS.keys() == ENVIRONMENTS.keys()
    assert {kind for kinds in KINDS.values() for kind in kinds} == PAID_BY.keys()
    for kind, presets in PAID_BY.items():
        for name, pays in PRESETS.items():
            if name in presets:
                assert reward_function(name, kind) is pays
                continue
            with pytest.raises(ValueError, match=f"'{name}' is not for {kind} tasks; there are: "):
                reward_function(name, kind)


@pytest.mark.parametrize("make", [gymnasium.make, gymnasium.make_vec])
def test_an_environment_takes_no_preset_of_others(make) -> None:
    with pytest.raises(ValueError, match="'nanochat' is not for compact tasks"):
        make("forgegym:CompactContract-v0", toolchain="frontend", reward="nanochat")


def rust(
    parse: StageStatus = PASSED,
    compiled: StageStatus = PASSED,
    *,
    said: tuple[Diagnostic, ...] = (),
    **metrics: float,
) -> Verdict:
    return Verdict(
        task_key="t",
        source_sha256="s",
        toolchain=Toolchain("test", "1"),
        stages=(Stage("parse", parse), Stage("compile", compiled, 0.0, said)),
        metrics=metrics,
    )


ERROR = Diagnostic("no")
WARNING = Diagnostic("unused", severity=Severity.WARNING)


@pytest.mark.parametrize(
    ("verdict_", "total"),
    [
        # compiles 10, no errors 5, no warnings 1, parses 8
        (rust(), 24),
        (rust(said=(WARNING,)), 23),
        (rust(compiled=FAILED, said=(ERROR,)), 8),
        (rust(parse=FAILED, compiled=SKIPPED, said=(ERROR,)), 0),
        # a function and a second one: 2 x 0.5
        (rust(functions=2), 25),
        (rust(functions=1, structs=1, impls=2), 25.5),
        # Option, `?`, documentation: 3, and 1 more for documentation
        (rust(options=1, handling=2, documented=1), 28),
        (rust(iterators=1, patterns=1, closures=1, chains=1), 26),
        (rust(complexity=10), 24),
        (rust(complexity=13), 22.5),
        (rust(panics=2), 20),
        (rust(unsafe=1, unsafe_blocks=3), 23),
    ],
)
def test_nanochat_by_hand(verdict_: Verdict, total: float) -> None:
    assert PRESETS["nanochat"](verdict_).total == pytest.approx(total)


def test_nanochats_weights_are_the_callers() -> None:
    pays = nanochat_with(NanochatWeights(compiles=1, no_errors=0, no_warnings=0, parses=0))
    assert pays(rust()).total == 1


def test_a_warning_in_a_test_that_failed_takes_nothing() -> None:
    failed = Stage("test", FAILED, 0.0, (ERROR,))
    base = rust()
    tested = Verdict("t", "s", base.toolchain, (*base.stages, failed), {})
    assert PRESETS["nanochat"](tested).total == 24


@pytest.mark.parametrize(("above", "total"), [(0.0, 0.5), (0.5, 0.75), (1.0, 1.0)])
def test_staged_pays_for_tests_what_no_trivial_answer_gets(above: float, total: float) -> None:
    assert PRESETS["staged"](rust(above_trivial=above)).total == total
    refused = rust(compiled=FAILED, above_trivial=0.0)
    assert PRESETS["staged"](refused).total == 0.1


@pytest.mark.parametrize(
    ("stages", "compiled"),
    [
        ({"parse": True, "compile": True, "test": False}, True),
        ({"parse": True, "compile": False}, False),
        ({"parse": True, "test": False}, True),  # Python has no stage of this name
        ({"parse": False}, False),
        ({}, False),
    ],
)
def test_a_program_is_compiled_when_its_toolchain_took_it(stages, compiled):
    listed = tuple(
        Stage(name, StageStatus.PASSED if passed else StageStatus.FAILED)
        for name, passed in stages.items()
    )
    assert Verdict("", "", Toolchain("any", "1"), listed).compiled is compiled


@pytest.mark.parametrize(("shown", "share"), [(2, 1.0), (1, 7 / 8), (0, 6 / 8)])
def test_a_contract_that_fails_a_shown_play_is_not_paid_whole(shown: int, share: float) -> None:
    hidden = {"passed": 6, "total": 6}
    played = replace(
        verdict(),
        metrics={"complexity": 4.0, "behaviour": 1.0, "reference_complexity": 4.0},
        facts={"tests": {"public": {"passed": shown, "total": 2}, "hidden": hidden}},
    )
    assert PRESETS["compact-spec"](played).total == pytest.approx(0.1 + 0.9 * share)
