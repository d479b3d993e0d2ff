"""What a verdict pays: pure functions `Verdict -> Reward`, and the presets by name.

A reward is a sum of named components, so that a log says what was paid for. All presets read the
same verdict: its stages, `metrics["complexity"]`, `facts["requirements"]` (what the task asked for)
and, of a task with tests, `metrics["behaviour"]`. Nothing is paid for a verdict that is not about
the program (`Verdict.valid`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ..verifiers.verdict import Severity, Verdict
from ..verifiers.verifier import ChoiceError, check_choice


@dataclass(frozen=True, slots=True)
class Reward:
    """Named components and their sum, `total`.

    `valid` is False when the machine failed and the verdict says nothing about the program: the
    total is then 0.0 and means nothing, and a trainer must leave the sample out.
    """

    components: Mapping[str, float] = field(default_factory=dict)
    valid: bool = True

    @property
    def total(self) -> float:
        """The sum of the components."""
        return float(sum(self.components.values()))


RewardFunction = Callable[[Verdict], Reward]

INVALID = Reward(valid=False)


def requirements_met(verdict: Verdict) -> float:
    """The share, 0..1, of what the task asked for that the program has (1.0: nothing asked)."""
    table = verdict.facts.get("requirements", {})
    return sum(bool(row["met"]) for row in table.values()) / len(table) if table else 1.0


def constructs_met(verdict: Verdict) -> float:
    """As `requirements_met`, without the asked-for complexity: constructs and ledger fields."""
    table = verdict.facts.get("requirements", {})
    rows = [row for name, row in table.items() if name != "complexity"]
    return sum(bool(row["met"]) for row in rows) / len(rows) if rows else 1.0


def cases_passed(verdict: Verdict) -> float:
    """The share, 0..1, of all of a task's cases that passed, shown ones too (1.0: none was)."""
    counts = verdict.facts.get("tests", {}).values()
    total = sum(count["total"] for count in counts)
    return sum(count["passed"] for count in counts) / total if total else 1.0


def solved(verdict: Verdict) -> bool:
    """Whether every stage passed and all that the task asked for is there."""
    return verdict.accepted and requirements_met(verdict) == 1.0


def compactlora(verdict: Verdict) -> Reward:
    """CompactLoRa's formula, exactly: 0 / 0.5 / 1 + (c - 3)^1.5.

    Does not compile: 0. Compiles with complexity c <= 3: 0.5. With c > 3: 1 + (c - 3)^1.5.
    CompactLoRa counted the substrings `` if (`` and `` else ``; here c is
    `metrics["complexity"]`, McCabe's measure on the syntax tree (its count is
    `metrics["seed_count"]`).
    """
    if not verdict.valid:
        return INVALID
    if not verdict.accepted:
        return Reward({"compile": 0.0, "above_3": 0.0, "complexity": 0.0})
    c = verdict.metrics["complexity"]
    if c <= 3:
        return Reward({"compile": 0.5, "above_3": 0.0, "complexity": 0.0})
    # In this order the sum is exactly 1 + (c - 3)^1.5, in floating point too.
    return Reward({"compile": 0.5, "above_3": 0.5, "complexity": (c - 3) ** 1.5})


def binary(verdict: Verdict) -> Reward:
    """1 when the task is solved (accepted, and all that was asked for is there), else 0."""
    if not verdict.valid:
        return INVALID
    return Reward({"solved": 1.0 if solved(verdict) else 0.0})


def staged(verdict: Verdict) -> Reward:
    """0..1 by steps: parses 0.1, compiles 0.4 more, and 0.5 times the share of requirements met.

    The requirements are paid only when the program compiles. For a task with tests the last part is
    the share of hidden cases that passed, above what the best answer that does nothing passes
    (`oracle.above_trivial`). A program that is not compiled (Python's) is paid 0.1 for parsing and
    0.9 times that share.
    """
    if not verdict.valid:
        return INVALID
    if "above_trivial" in verdict.metrics and all(s.name != "compile" for s in verdict.stages):
        return Reward(
            {
                "parse": 0.1 if verdict.passed("parse") else 0.0,
                "tests": 0.9 * verdict.metrics["above_trivial"],
            }
        )
    if "above_trivial" in verdict.metrics:
        return Reward(
            {
                "parse": 0.1 if verdict.passed("parse") else 0.0,
                "compile": 0.4 if verdict.passed("compile") else 0.0,
                "tests": 0.5 * verdict.metrics["above_trivial"],
            }
        )
    return Reward(
        {
            "parse": 0.1 if verdict.passed("parse") else 0.0,
            "compile": 0.4 if verdict.passed("compile") else 0.0,
            "requirements": 0.5 * requirements_met(verdict) if verdict.accepted else 0.0,
        }
    )


def pass_rate(verdict: Verdict) -> Reward:
    """The share, 0..1, of hidden cases that passed: the generator's pay in the adversarial
    multi-stage reasoning system.

    It pays constants for the cases that they happen to pass; `staged` does not.
    """
    if not verdict.valid:
        return INVALID
    return Reward({"passed": verdict.metrics.get("behaviour", 0.0)})


# More decisions than any task asks for (8, difficulty 5) teach nothing that is asked.
RAMP_END = 8.0


def _ramp(c: float) -> float:
    return 0.5 * c / 3 if c <= 3 else 1 + (c - 3) ** 1.5


def ramped(verdict: Verdict) -> Reward:
    """For training: `compactlora` with a slope where that is flat, and an end.

    Does not compile: 0. Compiles with complexity c <= 3: 0.5 c / 3, where `compactlora` pays 0.5
    for any (which pushes a policy towards trivial contracts). Above: `compactlora`, up to c = 8,
    the most that any task asks for; from there on the pay stays.
    """
    if not verdict.valid:
        return INVALID
    if not verdict.accepted:
        return Reward({"ramp": 0.0})
    return Reward({"ramp": _ramp(min(verdict.metrics["complexity"], RAMP_END))})


# `guided` pays in full here, the least that is above 3: a small model spends tokens on every
# decision more, and each of them is a chance not to compile.
GUIDED_GOAL = 4.0
# A little more than in proportion: the last decision asked for pays most, but the first one pays
# enough to be found. `ramped` is steeper: there a policy repeats the first kind that works.
GUIDED_POWER = 1.4
# The part paid for decisions alone; the rest for the share of what else was asked that is there.
GUIDED_DECISIONS = 0.4
# What each decision too many costs, and what is left of the pay at worst: enough that
# a contract is not padded, too little to prefer one that does not do what was asked.
EXCESS_COST, EXCESS_FLOOR = 0.2, 0.2


def guided(verdict: Verdict) -> Reward:
    """For training that follows the prompt: 0..1 for decisions of the kinds that were asked for.

    Pays ``(n / 3) ** 1.4``, at most 1, where n counts the decisions of the asked kinds (all kinds
    if the task names none). Four tenths of it are paid as they are, six tenths times the share of
    the asked constructs and ledger fields that are there. Each decision that takes the complexity
    beyond 4 takes 0.2 off, down to 0.2.

    Nothing is paid for what does not compile, nor for compiling alone: a policy paid for that
    writes trivial contracts first and stays with them. Paid for any decision, it finds the kind
    that is easiest to write and writes nothing else, whatever the prompt; here decisions of
    another kind pay nothing, and what is asked for differs from prompt to prompt.
    """
    if not verdict.valid:
        return INVALID
    if not verdict.accepted:
        return Reward({"decisions": 0.0, "constructs": 0.0})
    complexity = verdict.metrics["complexity"]
    table = verdict.facts.get("requirements", {})
    kinds = [key for name in table if (key := f"decisions.{name}") in verdict.metrics]
    found = sum(verdict.metrics[key] for key in kinds) if kinds else complexity - 1
    pay = min(1.0, found / (GUIDED_GOAL - 1)) ** GUIDED_POWER
    pay *= max(EXCESS_FLOOR, 1 - EXCESS_COST * max(0.0, complexity - GUIDED_GOAL))
    constructs = (1 - GUIDED_DECISIONS) * pay * constructs_met(verdict)
    return Reward({"decisions": GUIDED_DECISIONS * pay, "constructs": constructs})


# `compact-spec`: what the last two parts of its pay come to, for a contract that does it all.
SPEC_COMPILE, SPEC_COMPLEXITY = 0.1, 0.1


def compact_spec(verdict: Verdict) -> Reward:
    """For tasks with a specification: 0..1, eight tenths of it for what the contract does.

    Pays 0.8 times the share of hidden plays that go as the reference's, but no more than the share
    of all plays: what fails one that is shown is not paid whole. As soon as one does, 0.1
    more for compiling, and up to 0.1 times that share for being as complex as the reference: in
    proportion below, and no more above, so that padding earns nothing. A contract that passes no
    play is paid nothing, though it compiles: every hidden play changes the ledger, so that empty,
    constant and always failing contracts pass none.
    """
    if not verdict.valid:
        return INVALID
    share = min(verdict.metrics.get("behaviour", 0.0), cases_passed(verdict))
    if share == 0.0:
        return Reward({"compile": 0.0, "behaviour": 0.0, "complexity": 0.0})
    asked = verdict.metrics["reference_complexity"]
    part = min(1.0, verdict.metrics["complexity"] / asked)
    return Reward(
        {
            "compile": SPEC_COMPILE,
            "behaviour": (1.0 - SPEC_COMPILE - SPEC_COMPLEXITY) * share,
            "complexity": SPEC_COMPLEXITY * share * part,
        }
    )


@dataclass(frozen=True, slots=True)
class NanochatWeights:
    """What `nanochat` pays; of `structure`, `quality` and `idioms` it is the most."""

    compiles: float = 10.0
    no_errors: float = 5.0
    no_warnings: float = 1.0
    parses: float = 8.0
    structure: float = 2.0
    quality: float = 3.0
    idioms: float = 2.0
    complexity: float = -0.5
    panic: float = -2.0
    unsafe: float = -1.0
    documentation: float = 1.0


# Cyclomatic complexity that costs nothing.
NANOCHAT_COMPLEXITY = 10.0


def nanochat_with(weights: NanochatWeights) -> RewardFunction:
    """nanochat-rl's formula with other weights; see `nanochat`."""

    def reward(verdict: Verdict) -> Reward:
        if not verdict.valid:
            return INVALID
        m = verdict.metrics
        compiled = verdict.passed("compile")
        # Of tests that failed nothing is paid here, and nothing taken.
        said = [d for s in verdict.stages if s.name != "test" for d in s.diagnostics]
        errors = any(d.severity is Severity.ERROR for d in said)
        warned = sum(d.severity is Severity.WARNING for d in said)
        structure = (
            m.get("functions", 0.0) > 0,
            _any(m, "structs", "enums"),
            _any(m, "traits", "impls"),
            m.get("functions", 0.0) > 1,
        )
        quality = (_any(m, "options", "results"), _any(m, "handling"), _any(m, "documented"))
        idioms = [_any(m, name) for name in ("iterators", "patterns", "closures", "chains")]
        above = max(0.0, m.get("complexity", 0.0) - NANOCHAT_COMPLEXITY)
        return Reward(
            {
                "compiles": weights.compiles * compiled,
                "no_errors": weights.no_errors * (compiled and not errors),
                "no_warnings": weights.no_warnings * (compiled and not warned),
                "parses": weights.parses * verdict.passed("parse"),
                "structure": weights.structure * sum(structure) / len(structure),
                "quality": weights.quality * sum(quality) / len(quality),
                "idioms": weights.idioms * sum(idioms) / len(idioms),
                "complexity": weights.complexity * above,
                "panics": weights.panic * m.get("panics", 0.0),
                "unsafe": weights.unsafe * _any(m, "unsafe", "unsafe_blocks"),
                "documentation": weights.documentation * _any(m, "documented"),
            }
        )

    return reward


def _any(metrics: Mapping[str, float], *names: str) -> bool:
    return any(metrics.get(name, 0.0) > 0 for name in names)


def nanochat(verdict: Verdict) -> Reward:
    """nanochat-rl's formula for Rust, with exactly its weights (`NanochatWeights`).

    Compiles +10, no errors +5, no warnings +1, parses +8; structure up to 2 (a function, a struct
    or enum, an impl or trait, a second function: half a point each), quality up to 3 (Option or
    Result, `?`, documentation: a point each), idioms up to 2 (iterators, pattern matching,
    closures, method chains: half a point each); -0.5 for each unit of cyclomatic complexity above
    10, -2 for each panic, -1 for unsafe, +1 for documentation.

    nanochat-rl counted by substrings; here everything is read off the syntax tree and rustc's
    messages, and warnings cannot be silenced. It pays nothing for what the program does.
    """
    return nanochat_with(NanochatWeights())(verdict)


@dataclass(frozen=True, slots=True)
class VerigenWeights:
    """What each part of `verigen` is worth at most."""

    compile: float = 0.15
    functional: float = 0.5
    synthesise: float = 0.15
    reasoning: float = 0.1
    quality: float = 0.1


# What each of Verilator's warnings takes off the quality, and as it does a source that is not what
# is synthesised from it.
VERIGEN_WARNING = 0.25


def verigen_with(weights: VerigenWeights) -> RewardFunction:
    """VeriGenLLM-v2's formula with other weights; see `verigen`."""

    def reward(verdict: Verdict) -> Reward:
        if not verdict.valid:
            return INVALID
        m = verdict.metrics
        compiled, synthesised = verdict.passed("compile"), verdict.passed("synthesise")
        functional = m.get("above_trivial", 0.0)
        # Neither words nor tidiness are worth more than what the module does.
        reasoning = min(m.get("explained", 0.0), functional)
        warnings = m.get("lint", 0.0) + m.get("differs", 0.0)
        tidy = max(0.0, 1.0 - VERIGEN_WARNING * warnings) if "lint" in m else 0.0
        quality = min(tidy, functional)
        return Reward(
            {
                "compile": weights.compile * compiled,
                "functional": weights.functional * functional,
                "synthesise": weights.synthesise * synthesised,
                "reasoning": weights.reasoning * reasoning,
                "quality": weights.quality * quality * synthesised,
            }
        )

    return reward


def verigen(verdict: Verdict) -> Reward:
    """VeriGenLLM-v2's formula for Verilog: w_c compile + w_f functional + w_s synthesise + w_r
    reasoning + w_q quality, each part 0..1 (`VerigenWeights`; they add up to 1).

    Functional is the share of hidden cases that pass, above what a module passes that does nothing;
    reasoning is `explanation.score` of the comments, quality 1 less a quarter for each warning of
    Verilator's and for a source that differs from its netlist, and 0 where Verilator has not read
    the program to its end; neither counts for more than functional does.
    """
    return verigen_with(VerigenWeights())(verdict)


# What `reasoning` pays for words at most.
REASONING_FORM = 0.1


def reasoning(verdict: Verdict) -> Reward:
    """For episodes in stages: 0.9 times the share of hidden cases that passed, above what the best
    answer that does nothing passes, and up to 0.1 for the form of the texts before the program.

    Form is `metrics["form"]`: whether the texts name the function's parameters. It never counts for
    more than that share, since words are easier to write than programs. Where there is no stage of
    text the share is all. The default preset, `staged`, pays nothing for texts.
    """
    if not verdict.valid:
        return INVALID
    share = verdict.metrics.get("above_trivial", 0.0)
    form = min(verdict.metrics.get("form", 1.0), share)
    return Reward({"tests": (1.0 - REASONING_FORM) * share, "form": REASONING_FORM * form})


def duel(verdict: Verdict) -> Reward:
    """The solver's pay against a test writer: the share of the writer's valid tests that its
    program passes; of public cases, where there is no valid test.

    With `discriminator` for the same program and tests the sum is 1 where all tests are valid: what
    one wins the other loses.
    """
    if not verdict.valid:
        return INVALID
    counts = verdict.facts.get("tests", {}).get("public", {"passed": 0, "total": 0})
    public = counts["passed"] / max(counts["total"], 1)
    return Reward({"withstood": verdict.metrics.get("withstood", public)})


def anchored(verdict: Verdict) -> Reward:
    """Half of `staged` and half of `duel`: hidden cases keep a solver honest whose opponent writes
    no test that is worth anything."""
    if not verdict.valid:
        return INVALID
    parts = {**staged(verdict).components, **duel(verdict).components}
    return Reward({name: 0.5 * value for name, value in parts.items()})


def discriminator(verdict: Verdict) -> Reward:
    """The test writer's pay, 0..1: (1 - the share of valid tests that its opponents pass) x the
    share of its tests that are valid; the discriminator's in the adversarial multi-stage reasoning
    system."""
    if not verdict.valid:
        return INVALID
    metrics = verdict.metrics
    return Reward({"failed": (1.0 - metrics.get("pass_rate", 1.0)) * metrics.get("validity", 0.0)})


def clipped_tests(verdict: Verdict) -> Reward:
    """The test writer's pay in the form of UTRL (https://arxiv.org/abs/2508.21107): half for the
    opponents that a valid test fails, half for the valid tests over all, or over 8 where there are
    fewer, so that a few trivial tests are not worth everything."""
    if not verdict.valid:
        return INVALID
    metrics = verdict.metrics
    killed, valid = metrics.get("kills", 0.0), metrics.get("clipped_validity", 0.0)
    return Reward({"kills": 0.5 * killed, "valid": 0.5 * valid})


PRESETS: Mapping[str, RewardFunction] = {
    "compactlora": compactlora,
    "binary": binary,
    "staged": staged,
    "pass-rate": pass_rate,
    "ramped": ramped,
    "guided": guided,
    "compact-spec": compact_spec,
    "nanochat": nanochat,
    "verigen": verigen,
    "reasoning": reasoning,
    "duel": duel,
    "anchored": anchored,
    "test-writer": discriminator,
    "clipped-tests": clipped_tests,
}


# Each kind of task, with the presets that pay for what its verdicts say. Elsewhere a preset would
# pay the same for everything, or for what nobody measured.
_TESTED = ("staged", "binary", "pass-rate")
PAID_BY: Mapping[str, Sequence[str]] = {
    "compact": ("compactlora", "staged", "binary", "ramped", "guided"),
    "compact-spec": ("compact-spec", *_TESTED, "compactlora", "ramped"),
    "python": (*_TESTED, "reasoning", "duel", "anchored"),
    "python-tests": ("test-writer", "clipped-tests", "binary"),
    "rust": (*_TESTED, "nanochat"),
    "verilog": (*_TESTED, "verigen"),
}


def reward_function(reward: str | RewardFunction, kind: str | None = None) -> RewardFunction:
    """The preset of this name, or the function itself.

    Raises `ChoiceError` for an unknown name, and for a preset that is not for this `kind` of task
    (of `PAID_BY`; None: one of your own).
    """
    if callable(reward):
        return reward
    check_choice("reward", reward, PRESETS)
    if kind is not None and reward not in PAID_BY[kind]:
        known = ", ".join(PAID_BY[kind])
        raise ChoiceError(f"the reward {reward!r} is not for {kind} tasks; there are: {known}")
    return PRESETS[reward]
