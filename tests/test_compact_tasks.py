"""Compact tasks: from a seed, in two disjoint splits, with prompts that are Compact files."""

import hashlib
import itertools
import re
from collections import Counter

import pytest

from forgegym import Task
from forgegym.agents.compact_names import LEDGER_TYPES
from forgegym.envs.rewards import solved
from forgegym.envs.tasks import compact as tasks
from forgegym.envs.tasks.compact_families import FAMILIES
from forgegym.verifiers.compact.structure import CONSTRUCTS, DECISIONS, DECLARATIONS
from forgegym.verifiers.compact.toolchain import CompactVerifier

EVAL_DIGEST = "d8cf4004cbc3a11fae3b9ce512d522e538cc7254ea8994a3cb7d6b30ba4062f7"
SAMPLE_KEY = "3096243c9f6a0bef7b901d7ddb178b520836f4f8d2d6ec2c821448c18a149c47"

KINDS = [(family, level) for family in FAMILIES for level in tasks.LEVELS]


@pytest.fixture(scope="module")
def frontend() -> CompactVerifier:
    return CompactVerifier("frontend")


def test_there_are_the_families_that_were_promised() -> None:
    assert len(FAMILIES) >= 12
    for family in FAMILIES.values():
        assert set(family.clauses) == set(CONSTRUCTS)
        for text in (family.summary, *family.clauses.values()):
            assert text.endswith(".")
            assert ":" not in text


def test_every_field_that_can_be_asked_for_is_known_to_the_generator() -> None:
    for family in FAMILIES.values():
        assert len(set(family.ledger)) == len(family.ledger) >= 5
        assert set(family.ledger) <= set(LEDGER_TYPES)


def test_the_evaluation_set_is_frozen() -> None:
    """A change here changes every score: it needs a new version of the environment."""
    frozen = list(tasks.tasks("eval"))
    assert len(frozen) == 80
    assert len({t.prompt for t in frozen}) == 80
    assert {(t.family, t.difficulty) for t in frozen} == set(KINDS)
    keys = "".join(t.key for t in frozen)
    assert hashlib.sha256(keys.encode()).hexdigest() == EVAL_DIGEST


def test_a_seed_always_gives_the_same_task() -> None:
    assert tasks.sample(5).key == tasks.sample(5).key
    assert tasks.sample(0).key == SAMPLE_KEY


def test_neighbouring_seeds_share_no_task() -> None:
    prompts = [tasks.sample(seed).prompt for seed in range(1000)]
    assert len(set(prompts)) > 950


def test_seeds_spread_over_all_kinds() -> None:
    seen = Counter((t.family, t.difficulty) for t in map(tasks.sample, range(3000)))
    assert set(seen) == {*KINDS, (tasks.BASE, 3)}
    assert max(seen.values()) < 3 * min(seen.values())


@pytest.mark.parametrize(("family", "level"), KINDS)
def test_the_splits_ask_for_different_things(family: str, level: int) -> None:
    train = tasks.wishes(family, level, "train")
    held_out = tasks.wishes(family, level, "eval")
    assert set(train).isdisjoint(held_out)
    assert len(held_out) >= 1
    assert len(train) >= 3 * len(held_out)


def test_no_wish_of_one_difficulty_is_in_another() -> None:
    for family in FAMILIES:
        by_level = [
            {*tasks.wishes(family, level, "train"), *tasks.wishes(family, level, "eval")}
            for level in tasks.LEVELS
        ]
        for a, b in itertools.combinations(by_level, 2):
            assert a.isdisjoint(b)


def test_difficulties_ask_for_more_and_more() -> None:
    for level, harder in itertools.pairwise(tasks.LEVELS):
        assert max(tasks.LEVELS[level].complexities) < min(tasks.LEVELS[harder].complexities)


@pytest.mark.parametrize("split", tasks.SPLITS)
def test_a_prompt_says_in_a_fixed_form_what_is_required(split: str) -> None:
    for task in tasks.tasks(split, count=300):
        header = dict(re.findall(r"^// ([a-z]+): (.+)$", task.prompt, re.MULTILINE))
        asked = header["structure"].split(", ")
        uses = header["uses"].split(", ") if "uses" in header else []
        assert header["family"] == task.family
        assert int(header["complexity"]) == task.requirements["complexity"]
        assert asked + uses == task.requirements["constructs"]
        assert set(asked) <= set(DECISIONS)
        assert set(uses) <= set(DECLARATIONS)
        fields = header["ledger"].split(", ") if "ledger" in header else []
        assert fields == task.requirements.get("ledger", [])
        assert (len(set(fields)) == 2) is (task.family != tasks.BASE)
        order = ["family", "structure", "complexity", "uses", "ledger"]
        assert list(header) == [name for name in order if name in header]
        assert task.prompt.split("\n")[0] == f"// family: {task.family}"
        assert len(task.prompt) < 1000
        assert task.split == (split if task.family != tasks.BASE else "train")


@pytest.mark.parametrize("split", tasks.SPLITS)
def test_every_prompt_is_a_valid_contract_that_solves_nothing(
    split: str, frontend: CompactVerifier
) -> None:
    for task in tasks.tasks(split):
        verdict = frontend.verify(task, task.prompt)
        assert verdict.accepted, (task.id, verdict.diagnostics)
        assert not solved(verdict)


@pytest.mark.compactc
def test_every_prompt_and_reference_is_valid_for_the_real_compiler() -> None:
    verifier = CompactVerifier("compactc")
    base = [(t, text) for t in tasks.BASE_TASKS for text in (t.prompt, t.reference or "")]
    sample = [(t, t.prompt) for t in tasks.tasks("train", count=20)]
    for verdict in verifier.verify_all(base + sample):
        assert verdict.accepted, verdict.diagnostics
    verifier.close()


def test_every_reference_solves_its_task_and_the_stub_does_not(frontend: CompactVerifier) -> None:
    for task in tasks.BASE_TASKS:
        assert task.reference is not None
        verdict = frontend.verify(task, task.reference)
        assert solved(verdict), (task.id, verdict.diagnostics, verdict.facts)
        assert verdict.metrics["complexity"] > 3
        assert task.prompt.endswith("}\n")


@pytest.mark.parametrize("split", tasks.SPLITS)
def test_every_task_can_be_solved(split: str, frontend: CompactVerifier) -> None:
    for task in tasks.tasks(split):
        if task.family != tasks.BASE:
            verdict = frontend.verify(task, contract_with(task))
            assert solved(verdict), (task.id, verdict.diagnostics, verdict.facts)


def contract_with(task: Task) -> str:
    """A contract with exactly what the task requires: a circuit for each construct, then `if`s.

    No two circuits do the same, since copies do not count.
    """
    asked = list(task.requirements["constructs"])
    decisions = sum({"else-if": 2}.get(name, 1) for name in asked if name in DECISIONS)
    asked += ["if"] * (task.requirements["complexity"] - 1 - decisions)
    parts = [tasks.HEADER, "export ledger n: Uint<64>;\nexport ledger tally: Counter;\n"]
    for i, name in enumerate(asked):
        parts.append(CIRCUITS[name].replace("NAME", f"c{i}").replace("LIMIT", f"{20 + i}"))
    parts += [FIELD.replace("NAME", name) for name in task.requirements["ledger"]]
    return "".join(parts)


FIELD = """
export ledger NAME: Uint<16>;
export circuit set_NAME(x: Uint<16>): [] { NAME = disclose(x); }
"""
CIRCUITS = {
    "if": """
export circuit NAME(x: Uint<64>): [] {
  if (disclose(x) > LIMIT) { n = disclose(x); }
}
""",
    "if-else": """
export circuit NAME(x: Uint<64>): [] {
  if (disclose(x) > LIMIT) { n = disclose(x); } else { tally.increment(1); }
}
""",
    "else-if": """
export circuit NAME(x: Uint<64>): [] {
  if (disclose(x) > 900) { n = disclose(x); }
  else if (disclose(x) > LIMIT) { tally.increment(2); }
  else { tally.increment(1); }
}
""",
    "ternary": """
export circuit NAME(x: Uint<64>): [] {
  n = disclose(x) > LIMIT ? disclose(x) : 5;
}
""",
    "loop": """
export circuit NAME(v: Vector<3, Uint<16>>): [] {
  for (const x of v) { tally.increment(disclose(x)); }
}
""",
    "enum": """
enum NAMEEnum { off, on }
export ledger NAMEField: NAMEEnum;
""",
    "struct": """
struct NAMEStruct { a: Field, b: Field }
export ledger NAMEField: NAMEStruct;
""",
    "witness": """
witness NAMESecret(): Uint<64>;
export circuit NAME(): [] { n = disclose(NAMESecret()); }
""",
}


# ---------------------------------------------------------------- naming tasks


def test_a_task_is_found_by_its_id() -> None:
    found = [tasks.sample(seed, split=split) for seed in range(40) for split in tasks.SPLITS]
    for task in (*found, *tasks.BASE_TASKS):
        assert tasks.get(task.id) == task


@pytest.mark.parametrize(
    "name",
    [
        "",
        "nothing",
        "base/none",
        "escrow/3",
        "escrow/9/train-00000000",
        "escrow/3/test-00000000",
        "escrow/3/train-xyz",
        "escrow/3/train-1",
        "escrow/3/train-000000001",
        "Escrow/3/train-00000000",
        "escrow/3/train--0000001",
    ],
)
def test_what_is_no_id_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="there is no Compact task"):
        tasks.get(name)


def test_kinds_can_be_chosen() -> None:
    for seed in range(30):
        task = tasks.sample(seed, split="eval", families=["voting", "fees"], difficulty=4)
        assert task.family in ("voting", "fees")
        assert (task.split, task.difficulty) == ("eval", 4)
    assert [t.id for t in tasks.tasks("train", families=["base"])] == [
        "base/branches",
        "base/ledger",
        "base/loops",
    ]
    assert len(list(tasks.tasks("train", families=["auction"], difficulty=2, count=40))) == 40
    assert list(tasks.tasks("train", count=0)) == []
    assert [t.id for t in tasks.tasks("train", count=2)] == ["base/branches", "base/ledger"]


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"split": "test"}, "unknown split 'test'"),
        ({"families": ["casino"]}, "unknown family 'casino'; there are: base, counter"),
        ({"difficulty": 6}, "unknown difficulty 6"),
        ({"families": ["base"], "split": "eval"}, "no eval task has"),
        ({"families": []}, "no train task has"),
    ],
)
def test_kinds_that_do_not_exist_are_refused(choice: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        tasks.sample(0, **choice)  # type: ignore[arg-type]
