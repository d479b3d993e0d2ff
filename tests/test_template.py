"""The template generator: every contract accepted, as complex as asked, no two alike, varied."""

import random
import re
from collections import Counter

import pytest

from forgegym.agents.agent import Agent
from forgegym.agents.compact_grammar import DECLARATIONS, KINDS
from forgegym.agents.compact_names import FAMILIES, IDENTIFIERS, LEDGER_TYPES, split_type
from forgegym.agents.template import (
    DEFAULT_COMPLEXITY,
    MAX_COMPLEXITY,
    TemplateAgent,
    TemplateError,
    contract_for_prompt,
    generate_contract,
    generate_contracts,
    read_hints,
)
from forgegym.envs.tasks import compact as tasks
from forgegym.envs.tasks.compact_families import FAMILIES as TASK_FAMILIES
from forgegym.verifiers.compact.toolchain import CompactVerifier
from forgegym.verifiers.task import Task
from forgegym.verifiers.verdict import Verdict

COMPLEXITIES = range(1, 9)
NO_TASK = Task(id="any", family="any", language="compact", prompt="")


@pytest.fixture(scope="module")
def corpus() -> dict[str, int]:
    """500 contracts over C = 1..8 -> the C that was asked for."""
    wanted = {c: 63 if c <= 4 else 62 for c in COMPLEXITIES}
    return {
        text: c
        for c, count in wanted.items()
        for text in generate_contracts(f"test-{c}", count, min_complexity=c)
    }


def judged(texts: list[str], toolchain: str) -> list[Verdict]:
    verifier = CompactVerifier(toolchain)  # type: ignore[arg-type]
    verdicts = verifier.verify_all([(NO_TASK, text) for text in texts])
    verifier.close()
    return verdicts


@pytest.fixture(scope="module")
def verdicts(corpus: dict[str, int]) -> dict[str, Verdict]:
    return dict(zip(corpus, judged(list(corpus), "frontend"), strict=True))


def normalised(text: str) -> str:
    return " ".join(re.sub(r"//.*", "", text).split())


# ---------------------------------------------------------------- every contract


def test_no_two_contracts_are_alike(corpus: dict[str, int]) -> None:
    assert len({normalised(text) for text in corpus}) == 500


def test_the_front_end_accepts_every_contract(verdicts: dict[str, Verdict]) -> None:
    refused = [(text, v.diagnostics) for text, v in verdicts.items() if not v.accepted]
    assert not refused, refused[0]


def test_every_contract_has_exactly_the_complexity_asked_for(
    corpus: dict[str, int], verdicts: dict[str, Verdict]
) -> None:
    wrong = [
        (wanted, verdicts[text].metrics["complexity"], text)
        for text, wanted in corpus.items()
        if verdicts[text].metrics["complexity"] != wanted
    ]
    assert not wrong, wrong[0]


@pytest.mark.compactc
def test_the_compiler_accepts_every_contract(corpus: dict[str, int]) -> None:
    verdicts = judged(list(corpus), "compactc")
    refused = [
        (text, v.diagnostics) for text, v in zip(corpus, verdicts, strict=True) if not v.accepted
    ]
    assert not refused, refused[0]


def test_a_contract_has_as_many_decision_points_as_its_complexity_says(
    corpus: dict[str, int],
) -> None:
    for text, wanted in corpus.items():
        code = re.sub(r'"[^"]*"', "", text)
        points = len(re.findall(r"\bif \(|\bfor \(| \? ", code))
        assert points == wanted - 1, text


@pytest.mark.parametrize("complexity", [24, 99, MAX_COMPLEXITY])
def test_high_complexities_work_too(complexity: int) -> None:
    texts = list(generate_contracts("high", 5, min_complexity=complexity))
    assert len(set(texts)) == 5
    for verdict in judged(texts, "frontend"):
        assert verdict.accepted, verdict.diagnostics
        assert verdict.metrics["complexity"] >= complexity


def test_a_range_of_complexities_is_used_whole() -> None:
    texts = generate_contracts(0, 60, min_complexity=2, max_complexity=4)
    found = {len(re.findall(r"\bif \(|\bfor \(| \? ", text)) + 1 for text in texts}
    assert found == {2, 3, 4}


# ---------------------------------------------------------------- seeds


def test_the_same_seed_writes_the_same_contracts() -> None:
    first = list(generate_contracts(7, 20, min_complexity=3))
    assert first == list(generate_contracts(7, 20, min_complexity=3))
    assert first != list(generate_contracts(8, 20, min_complexity=3))


def test_an_answer_depends_on_prompt_and_seed_and_not_on_its_batch() -> None:
    agent = TemplateAgent()
    prompts = [task.prompt for task in tasks.tasks("train", count=6)]
    together = agent.generate(prompts, seeds=range(6))
    apart = [agent.generate([p], seeds=[i])[0] for i, p in enumerate(prompts)]
    assert together == apart


# ---------------------------------------------------------------- variety


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_decision_is_a_tenth_or_more(kind: str, verdicts: dict[str, Verdict]) -> None:
    counts: Counter[str] = Counter()
    for verdict in verdicts.values():
        for each in KINDS:
            counts[each] += int(verdict.metrics[f"decisions.{each}"])
    assert counts[kind] >= 0.1 * sum(counts.values()), counts


def test_every_type_and_ledger_kind_occurs(corpus: dict[str, int]) -> None:
    declared = {match[1] for text in corpus for match in re.finditer(r"ledger \w+: (.+);", text)}
    assert declared == set(LEDGER_TYPES.values())
    heads = {split_type(kind)[0] for kind in declared}
    assert heads >= {"Counter", "Map", "Set", "List", "MerkleTree", "Vector", "[", "Uint", "Bytes"}


@pytest.mark.parametrize(
    "pattern",
    [
        r"^witness ",
        r"^constructor\(",
        r"^circuit ",
        r"^pure circuit ",
        r"assert\(",
        r"disclose\(",
        r" as Uint<",
        r"^export enum ",
        r"^export struct ",
        r"  const ",
        r"fold\(",
        r"persistentHash<",
        r" of \d+\.\.\d+\)",
        r"for \(const \w of \w+\)",
        r"&&|\|\|",
    ],
)
def test_every_construct_occurs(pattern: str, corpus: dict[str, int]) -> None:
    assert any(re.search(pattern, text, re.MULTILINE) for text in corpus)


@pytest.mark.parametrize("kind", ["if", "if-else", "ternary", "loop"])
def test_contracts_with_one_decision_have_each_kind(kind: str) -> None:
    texts = list(generate_contracts("single", 200, min_complexity=2))
    counts = [v.metrics[f"decisions.{kind}"] for v in judged(texts, "frontend")]
    assert sum(counts) >= 0.1 * len(texts)


def test_low_contracts_are_short() -> None:
    lengths = sorted(len(text) for text in generate_contracts("short", 200, min_complexity=2))
    assert lengths[100] < 600


def test_every_name_that_is_declared_is_in_the_vocabulary(corpus: dict[str, int]) -> None:
    declaring = r"(?:ledger|circuit|witness|enum|struct|const) (\w+)|(\w+): [A-Z\[]"
    for text in corpus:
        for match in re.finditer(declaring, text):
            assert (match[1] or match[2]) in IDENTIFIERS


def test_every_parameter_and_ledger_field_is_used(corpus: dict[str, int]) -> None:
    for text in corpus:
        for header, body in re.findall(r"circuit \w+\((.*)\): .* \{\n((?:  .*\n)+)\}", text):
            for name in re.findall(r"(\w+): ", header):
                assert re.search(rf"\b{name}\b", body), text


# ---------------------------------------------------------------- prompts


def test_the_generator_knows_every_family_of_tasks() -> None:
    assert set(FAMILIES) == {tasks.BASE, *TASK_FAMILIES}


def test_a_contract_meets_what_its_prompt_asks_for() -> None:
    asked = list(tasks.tasks("eval"))
    texts = TemplateAgent().generate([t.prompt for t in asked], seeds=range(len(asked)))
    verifier = CompactVerifier("frontend")
    for task, text, verdict in zip(
        asked, texts, verifier.verify_all(list(zip(asked, texts, strict=True))), strict=True
    ):
        assert verdict.accepted, (text, verdict.diagnostics)
        assert verdict.metrics["complexity"] == task.requirements["complexity"], text
        for name in task.requirements["constructs"]:
            assert name in verdict.facts["constructs"], (name, text)


@pytest.mark.parametrize("task", tasks.BASE_TASKS, ids=lambda task: task.id)
def test_a_base_prompts_circuit_and_ledger_are_kept(task: Task) -> None:
    text = contract_for_prompt(random.Random(1), task.prompt)
    hints = read_hints(task.prompt)
    assert f"export circuit {hints.outline.circuits[0]}(" in text
    for name, kind in hints.outline.fields:
        assert f"export ledger {name}: {kind};" in text


def test_hints_are_read_from_comment_lines() -> None:
    hints = read_hints("// family: escrow\n// structure: loop, if-else\n// uses: enum, struct\n")
    assert (hints.family, hints.complexity) == ("escrow", None)
    assert hints.outline.structure == ("loop", "if-else")
    assert hints.outline.uses == ("enum", "struct")


@pytest.mark.parametrize("prompt", ["", "hello", "// complexity: many\n// family: none\n"])
def test_a_prompt_without_hints_gets_the_default_complexity(prompt: str) -> None:
    text = contract_for_prompt(random.Random(3), prompt)
    assert judged([text], "frontend")[0].metrics["complexity"] == DEFAULT_COMPLEXITY


def test_a_cap_goes_before_the_prompt() -> None:
    prompt = "// structure: else-if, loop\n// complexity: 7\n"
    text = contract_for_prompt(random.Random(5), prompt, max_complexity=2)
    assert judged([text], "frontend")[0].metrics["complexity"] == 2


def test_an_else_if_of_one_decision_only_looks_like_two() -> None:
    rng = random.Random(11)
    texts = [generate_contract(rng, min_complexity=2, structure=["else-if"]) for _ in range(40)]
    for text, verdict in zip(texts, judged(texts, "frontend"), strict=True):
        assert "} else if (" in text
        assert verdict.accepted, verdict.diagnostics
        assert verdict.metrics["complexity"] == 2, text


@pytest.mark.parametrize("declaration", DECLARATIONS)
def test_a_declaration_that_is_asked_for_is_used(declaration: str) -> None:
    prompt = f"// complexity: 2\n// uses: {declaration}\n"
    for seed in range(20):
        text = contract_for_prompt(random.Random(seed), prompt)
        assert re.search(rf"^(export )?{declaration} ", text, re.MULTILINE)


# ---------------------------------------------------------------- wrong wishes


@pytest.mark.parametrize("complexity", [0, -1, MAX_COMPLEXITY + 1])
def test_a_complexity_out_of_range_is_refused_in_one_sentence(complexity: int) -> None:
    with pytest.raises(TemplateError, match=rf"complexity 1 to {MAX_COMPLEXITY}, not"):
        generate_contract(random.Random(0), min_complexity=complexity)
    with pytest.raises(TemplateError):
        TemplateAgent(min_complexity=complexity)


def test_a_maximum_below_the_minimum_is_refused() -> None:
    with pytest.raises(TemplateError, match="between the minimum"):
        generate_contract(random.Random(0), min_complexity=5, max_complexity=4)


@pytest.mark.parametrize("wish", [{"structure": ["switch"]}, {"family": "bakery"}])
def test_what_there_is_not_is_refused_with_what_there_is(wish: dict[str, object]) -> None:
    with pytest.raises(TemplateError, match="choose from"):
        generate_contract(random.Random(0), **wish)  # type: ignore[arg-type]


def test_the_template_agent_is_an_agent() -> None:
    assert isinstance(TemplateAgent(), Agent)


def test_agents_with_other_wishes_write_other_contracts():
    prompts = ["// complexity: 9\n"] * 8
    written = [
        text
        for wish in (1, 2, 3, None)
        for text in TemplateAgent(min_complexity=wish).generate(prompts, seeds=range(8))
    ]
    assert len(set(written)) == len(written)
