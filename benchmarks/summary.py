"""What the rows of an evaluation add up to: rates and means with their intervals, and variety.

Rows of one task are a cluster to every interval. Rows on which the machine failed are in no figure
but their own count; those that the agent did not answer are paid nothing, and counted by kind.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from .statistics import (
    Estimate,
    clustered_error,
    clustered_mean,
    clustered_rate,
    distinct_n,
    effective_number,
    mean_pass_at_k,
    shares,
)

# Fewer than 256 contracts of one decision have, the shortest collection that is compared.
EQUAL_PAIRS = 20_000
# "High quality" in CompactLoRa's words: a contract that compiles and has more decisions than this.
QUALITY_COMPLEXITY = 3


@dataclass(frozen=True, slots=True)
class Part:
    """What the rows of one family or difficulty add up to."""

    samples: int
    mean_reward: Estimate
    compile_rate: Estimate
    solved_rate: Estimate


@dataclass(frozen=True, slots=True)
class Summary:
    """What rows add up to. Rates and means are over valid rows, with 95 % intervals.

    `failures`: rows on which the machine failed. `agent_errors`: valid rows that the agent did not
    answer, which are paid nothing; `agent_error_kinds` counts them by kind, the commonest first
    (see `agents.agent.ErrorKind`). `mean_reward_error` and `solved_error` are standard
    errors, clustered by task. `pass_at` maps k to pass@k, `solved_within` t to the share that is
    solved within t turns. `components` are the mean reward's parts. Of tasks with public tests,
    `public_rate` is the share of programs that pass all of them, and so with hidden ones; of those
    that have both, `gap` is the one share less the other. None: there are no such tasks.
    `tokens` are those that the agent says it sampled, `prompt_tokens` those that it read, `cost`
    what it paid for both; None where it does not say.

    Variety: `distinct_2` is the share of different pairs of neighbouring tokens in all texts,
    `distinct_2_equal` the same in the first `EQUAL_PAIRS` pairs (longer texts repeat themselves
    more, whoever writes them), `unique` how many texts differ.
    """

    samples: int
    failures: int
    agent_errors: int
    agent_error_kinds: dict[str, int]
    toolchains: tuple[str, ...]
    tasks: int
    compile_rate: Estimate
    solved_rate: Estimate
    solved_error: float
    mean_reward: Estimate
    mean_reward_error: float
    pass_at: dict[int, Estimate]
    solved_within: dict[int, float]
    components: dict[str, float]
    public_rate: Estimate | None
    hidden_rate: Estimate | None
    gap: Estimate | None
    by_family: dict[str, Part]
    by_difficulty: dict[int, Part]
    programs: int
    tokens: int | None
    prompt_tokens: int | None
    cost: float | None
    agent_seconds: float = field(compare=False)
    judging_seconds: float = field(compare=False)
    distinct_2: float
    distinct_2_equal: float
    unique: int

    def to_json(self) -> dict[str, Any]:
        """This summary as strict JSON data: an undefined figure is null."""
        strict: dict[str, Any] = _strict(asdict(self))
        return strict


@dataclass(frozen=True, slots=True)
class ContractSummary(Summary):
    """What rows of Compact contracts add up to: CompactLoRa's evaluation, and their variety.

    `complex_rate` (complexity above 3, whether or not it compiles), `high_quality_rate` (that, and
    it compiles) and `average_complexity` (over the samples that parse: no other has a complexity).
    `decisions` counts the decisions of compiling contracts by kind, `structures` is how many
    different sequences and nestings of them their circuits have, `effective_structures` how many
    equally common ones would be as varied.
    """

    complex_rate: Estimate
    high_quality_rate: Estimate
    average_complexity: Estimate
    decisions: dict[str, int]
    structures: int
    effective_structures: float

    @property
    def commonest_decision(self) -> tuple[str, float]:
        """The commonest kind of decision and its share of all; ``("none", 0.0)`` without any."""
        return next(iter(shares(self.decisions).items()), ("none", 0.0))

    def to_json(self) -> dict[str, Any]:
        data = Summary.to_json(self)
        kind, share = self.commonest_decision
        return {**data, "commonest_decision": {"kind": kind, "share": share}}


def _strict(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _strict(item) for key, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


Clusters = list[list[Mapping[str, Any]]]


def _rate(clusters: Clusters, holds: Callable[[Mapping[str, Any]], bool]) -> Estimate:
    return clustered_rate([[holds(row) for row in members] for members in clusters])


def _mean(clusters: Clusters, value: Callable[[Mapping[str, Any]], float]) -> Estimate:
    return clustered_mean([[value(row) for row in members] for members in clusters])


def _clusters(rows: Iterable[Mapping[str, Any]]) -> Clusters:
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row["task_key"]].append(row)
    return list(found.values())


def _part(rows: Sequence[Mapping[str, Any]]) -> Part:
    clusters = _clusters(rows)
    return Part(
        len(rows),
        _mean(clusters, lambda row: row["reward"]),
        _rate(clusters, _compiles),
        _rate(clusters, lambda row: row["solved"]),
    )


def _parts(rows: Sequence[Mapping[str, Any]], by: str) -> dict[Any, Part]:
    found: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        if by in row:
            found[row[by]].append(row)
    return {value: _part(found[value]) for value in sorted(found)}


def summarise(rows: Iterable[Mapping[str, Any]], language: str = "compact") -> Summary:
    """The figures of rows as `evaluate` writes them; the last row of an index counts.

    Those of Compact are a `ContractSummary`.
    """
    final = list({row["index"]: row for row in rows}.values())
    valid = sorted((row for row in final if row["valid"]), key=lambda row: row["index"])
    clusters = _clusters(valid)
    solved = [[bool(row["solved"]) for row in members] for members in clusters]
    most = min(map(len, solved), default=0)
    # With more episodes of some tasks than of others, pass@k would be of some tasks' luck.
    even = len(set(map(len, solved))) == 1
    ks = sorted({most, *(2**n for n in range(most.bit_length()))}) if even else [1] * bool(most)
    turns = max((row.get("turns", 1) for row in valid), default=1)
    public, hidden, twice = (
        _clusters(row for row in valid if _has_tests(row, kinds))
        for kinds in (("public",), ("hidden",), ("public", "hidden"))
    )
    names = dict.fromkeys(name for row in valid for name in row.get("components", ()))
    errors = [row["agent_error"] for row in valid if row.get("agent_error") is not None]
    figures: dict[str, Any] = {
        "samples": len(valid),
        "failures": len(final) - len(valid),
        "agent_errors": len(errors),
        "agent_error_kinds": dict(Counter(error["kind"] for error in errors).most_common()),
        "toolchains": tuple(sorted({row["toolchain"] for row in valid})),
        "tasks": len(clusters),
        "compile_rate": _rate(clusters, _compiles),
        "solved_rate": clustered_rate(solved),
        "solved_error": clustered_error(solved),
        "mean_reward": _mean(clusters, lambda row: row["reward"]),
        "mean_reward_error": clustered_error([[r["reward"] for r in c] for c in clusters]),
        "pass_at": {k: mean_pass_at_k(solved, k) for k in ks},
        "solved_within": {
            turn: sum(row["solved"] and row.get("turns", 1) <= turn for row in valid) / len(valid)
            for turn in range(1, turns + 1 if valid else 0)
        },
        "components": {
            name: sum(row.get("components", {}).get(name, 0.0) for row in valid) / len(valid)
            for name in names
        },
        "public_rate": _rate(public, _passes("public")) if public else None,
        "hidden_rate": _rate(hidden, _passes("hidden")) if hidden else None,
        "gap": _mean(twice, lambda row: _passes("public")(row) - _passes("hidden")(row))
        if twice
        else None,
        "by_family": _parts(valid, "family"),
        "by_difficulty": _parts(valid, "difficulty"),
        "programs": sum(row.get("turns", 1) for row in valid),
        **{name: _total(valid, name) for name in ("tokens", "prompt_tokens", "cost")},
        "agent_seconds": sum(row["seconds"]["agent"] for row in valid if "seconds" in row),
        "judging_seconds": sum(row["seconds"]["judging"] for row in valid if "seconds" in row),
        "distinct_2": distinct_n(row["source"] for row in valid),
        "distinct_2_equal": distinct_n((row["source"] for row in valid), limit=EQUAL_PAIRS),
        "unique": len({row["source"] for row in valid}),
    }
    return _of_contracts(figures, valid, clusters) if language == "compact" else Summary(**figures)


def _total(rows: Iterable[Mapping[str, Any]], name: str) -> Any:
    """The sum of what rows know of `name`, None where none does."""
    known = [row[name] for row in rows if row.get(name) is not None]
    return sum(known) if known else None


def _compiles(row: Mapping[str, Any]) -> bool:
    """Whether a row's program compiles, whatever it does; rows of old say only if all is passed."""
    return bool(row.get("compiled", row["accepted"]))


def _has_tests(row: Mapping[str, Any], kinds: Iterable[str]) -> bool:
    """Whether a row's task has tests of these kinds; of none, all pass."""
    tests = row.get("tests")
    return tests is not None and all(tests[kind][1] > 0 for kind in kinds)


def _passes(kind: str) -> Callable[[Mapping[str, Any]], bool]:
    """Whether a row's program passes all tests of a kind."""

    def passes(row: Mapping[str, Any]) -> bool:
        passed, total = row["tests"][kind]
        return bool(passed == total)

    return passes


def _of_contracts(
    figures: Mapping[str, Any], valid: Sequence[Mapping[str, Any]], clusters: Clusters
) -> ContractSummary:
    def complex_enough(row: Mapping[str, Any]) -> bool:
        return (row["complexity"] or 0) > QUALITY_COMPLEXITY

    accepted = [row for row in valid if row["accepted"]]
    decisions: Counter[str] = Counter()
    for row in accepted:
        decisions.update(row["decisions"])
    structures = [shape for row in accepted for shape in row["structures"] if shape]
    return ContractSummary(
        **figures,
        complex_rate=_rate(clusters, complex_enough),
        high_quality_rate=_rate(clusters, lambda row: row["accepted"] and complex_enough(row)),
        average_complexity=clustered_mean(
            [[row["complexity"] for row in c if row["complexity"] is not None] for c in clusters]
        ),
        decisions={kind: n for kind, n in decisions.most_common() if n},
        structures=len(set(structures)),
        effective_structures=effective_number(structures),
    )
