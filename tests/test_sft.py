"""The tokenizer's round trip, and what the tiny base policy is shown and becomes."""

import itertools
import json
import random
from collections import Counter
from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from training import SMALL, quiet
from transformers import AutoTokenizer

from forgegym.agents.adapter import load_policy
from forgegym.agents.checkpoint import CheckpointError
from forgegym.agents.compact_names import IDENTIFIERS
from forgegym.agents.lessons import (
    PYTHON,
    STAGE_NAMES,
    draw_contracts,
    draw_duel,
    draw_references,
    lesson,
    spoilt,
    texts,
)
from forgegym.agents.policy import TINY_FOLDER
from forgegym.agents.policy_agent import SAMPLING_TEMPERATURE
from forgegym.agents.rollout import batch_metrics, make_env, play
from forgegym.agents.sft import (
    META,
    RECIPES,
    SFTConfig,
    batches_of,
    copying_batch,
    digest_of,
    train_sft,
)
from forgegym.agents.template import generate_contracts
from forgegym.agents.tokenizer import (
    PYTHON_TEMPLATE,
    build_tokenizer,
    find_phrases,
    read_header,
    read_python,
    split_pieces,
)
from forgegym.envs.registration import LANGUAGES
from forgegym.verifiers.compact.frontend.complexity import measure
from forgegym.verifiers.compact.frontend.parser import parse
from forgegym.verifiers.task import Task

CONTRACTS = list(generate_contracts(1, 200, max_complexity=2))
TOKENIZER = build_tokenizer(CONTRACTS, names=IDENTIFIERS, phrases=80)


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_any_text_survives_the_tokenizer(text):
    assert TOKENIZER.decode(TOKENIZER(text)["input_ids"]) == text


@pytest.mark.parametrize(
    "text",
    [
        "<|end|> and <|pad|>",
        "",
        " ",
        "\n\n   x",
        "a\r\n\tb",
        "\x00\x7f",
        "ünïcödé 日本 🎉",
        "if(",
        "⁠",
    ],
)
def test_awkward_texts_survive_too(text, tmp_path):
    ids = TOKENIZER(text)["input_ids"]
    assert TOKENIZER.decode(ids, skip_special_tokens=True) == text
    assert TOKENIZER.eos_token_id not in ids
    TOKENIZER.save_pretrained(tmp_path)
    assert AutoTokenizer.from_pretrained(tmp_path)(text)["input_ids"] == ids


def test_contracts_are_short_in_tokens_and_names_are_single_ones():
    for contract in CONTRACTS[:50]:
        ids = TOKENIZER(contract)["input_ids"]
        assert TOKENIZER.decode(ids) == contract
        assert len(ids) < len(contract) / 4
    for name in IDENTIFIERS:
        for text in (name, f"({name})", f"\n  {name};", f" {name} "):
            pieces = [TOKENIZER.decode([i]) for i in TOKENIZER(text)["input_ids"]]
            assert name in pieces


def test_phrases_are_frequent_hold_no_names_and_stay_in_their_line():
    texts = ["export ledger a: Field;\n  x = a;\n", "export ledger b: Field;\n  x = b;\n"] * 10
    found = find_phrases(texts, names=frozenset("abx"), count=50, min_count=8)
    assert "export ledger " in found
    assert ": Field;\n  " in found
    assert not any("\n" in phrase.rstrip(" ")[:-1] for phrase in found)
    assert found == find_phrases(texts, names=frozenset("abx"), count=50, min_count=8)


def test_the_policy_reads_the_header_of_a_prompt():
    prompt = "// family: vault\n// complexity: 4\n// Write a contract, please.\npragma x;\n"
    assert read_header(prompt) == "// family: vault\n// complexity: 4\n\n"
    message = [{"role": "user", "content": prompt}]
    assert TOKENIZER.apply_chat_template(message, tokenize=False) == read_header(prompt)
    message = [{"role": "user", "content": "line 3: error"}]
    assert TOKENIZER.apply_chat_template(message, tokenize=False) == "\n"


def test_the_base_is_shown_contracts_of_complexity_one_and_two_only():
    env = make_env("CompactContract-v0", count=64, reward="compactlora", toolchain="frontend")
    examples = list(draw_contracts(env, 300, longest=450, seed=3))
    complexities = [measure(parse(contract)).complexity for _, contract in examples]
    assert set(complexities) == {1, 2}
    assert all("// complexity:" in prompt for prompt, _ in examples)
    assert examples == list(draw_contracts(env, 300, longest=450, seed=3))
    assert list(draw_contracts(env, 300, longest=20, seed=3)) == []


def test_only_answers_are_labelled():
    # The second is an episode of two turns.
    pairs = [
        ([5, 6, 7, 8, 1], [False, False, True, True, True]),
        ([5, 9, 1, 4, 9, 1], [False, True, True, False, True, True]),
    ] * 16
    ids, labels = next(batches_of(pairs, 2, random.Random(0)))
    for row, answers in zip(ids.tolist(), labels.tolist(), strict=True):
        labelled = [token for token, label in zip(row, answers, strict=True) if label != -100]
        assert labelled in ([7, 8, 1], [9, 1, 9, 1])
        assert labelled == [label for label in answers if label != -100]


def test_copying_labels_only_what_can_be_known():
    ids, labels = copying_batch(range(100, 140), 3, random.Random(0))
    assert (labels[:, :12] == -100).all()
    assert (labels[:, 12:] == ids[:, 12:]).all()
    assert (ids[:, :12] == ids[:, 12:24]).all()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"steps": 0}, "steps must be at least 1"),
        ({"hidden": 100}, r"hidden \(100\) must be a multiple of heads \(6\)"),
    ],
)
def test_wrong_settings_are_refused(tmp_path, wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        SFTConfig(out=tmp_path / "base", **wrong)


@pytest.mark.learning
def test_the_same_seed_makes_the_same_base(tmp_path):
    brief = {**SMALL, "steps": 8}
    for name in "ab":
        train_sft(SFTConfig(out=tmp_path / name, **brief), console=quiet())
    first, second = (load_policy(tmp_path / name) for name in "ab")
    assert first.base_digest == second.base_digest
    with pytest.raises(CheckpointError, match="already exists"):
        train_sft(SFTConfig(out=tmp_path / "a", **brief), console=quiet())
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]


@pytest.mark.learning
def test_the_folder_says_how_it_was_made(small_base):
    meta = json.loads((small_base / META).read_text())
    assert meta["made_by"] == "forgegym train sft"
    assert meta["config"]["steps"] == SMALL["steps"]
    assert type(load_policy(small_base).model).__name__ == "LlamaForCausalLM"


def test_the_base_in_the_package_is_what_its_recipe_makes():
    """If not, the prompts, the generator or the settings have changed: `agents/sft.py` says how
    it is made again."""
    meta = json.loads((TINY_FOLDER / "compact" / META).read_text())
    config = {f.name: f.default for f in fields(SFTConfig) if f.name not in ("out", "resume")}
    assert meta["config"] == config
    env = make_env(config["env"], count=128, reward="compactlora", toolchain="frontend")
    examples = draw_contracts(env, 200, longest=config["longest"], seed=config["seed"])
    assert meta["first_examples"] == digest_of(list(examples))
    assert meta["parameters"] < 3e6


@pytest.mark.docker
@pytest.mark.parametrize("env", RECIPES)
def test_the_base_of_each_other_language_is_what_its_recipe_makes(env):
    meta = json.loads((TINY_FOLDER / LANGUAGES[env] / META).read_text())
    defaults = {f.name: f.default for f in fields(SFTConfig) if f.name not in ("out", "resume")}
    config = {**defaults, "env": env, **RECIPES[env]}
    assert meta["config"] == config
    # Of a duel the first examples are the same however many are drawn.
    count = 200 if env == PYTHON else config["examples"]
    shown = lesson(env, count=count, longest=config["longest"], seed=config["seed"])
    assert meta["first_examples"] == digest_of(shown.examples[:200])
    assert meta["parameters"] < 3e6
    # Imperfect on purpose, and not hopeless.
    assert 0.02 < meta["solved_rate"] < meta["compile_rate"] < 0.5


@pytest.mark.docker
def test_a_duels_lessons_are_of_both_sides():
    examples = list(draw_duel(60, longest=200, seed=1))
    lengths = Counter(len(example) for example in examples)
    assert set(lengths) == {2, 2 * len(STAGE_NAMES) + 2}
    tests = [e for e in examples if e[0].startswith("Write tests")]
    assert 10 < len(tests) < 50
    for prompt, suite in tests:
        assert prompt.count("For example") == 1
        assert 1 <= suite.count("assert ") == suite.count(" == ") <= 5
    for prompt, *rest in examples:
        if len(rest) > 1:
            # What is heard is what the environment says, and each text is answered to one stage.
            assert prompt.rstrip().endswith("No code.")
            assert [heard.split("\n")[0] for heard in rest[1::2]] == [
                f"## Now: {name}" for name in ("structured", "pseudocode", "constraints", "code")
            ]
    assert examples == list(draw_duel(60, longest=200, seed=1))
    assert list(draw_duel(60, longest=20, seed=1)) == []


def test_texts_say_what_a_program_does():
    interface = {"name": "f", "parameters": [["xs", "list[int]"]], "returns": "int"}
    program = "def f(xs):\n    n = 0\n    for x in xs:\n        n += x\n    return n\n"
    assert texts(interface, program) == [
        "f of xs gives int",
        "1. set\n2. loop\n3. set\n4. answer",
        "n = 0\nfor x in xs:\n    n += x\nreturn n",
        "xs: list[int]; result: int",
    ]


def test_what_a_tiny_policy_reads_of_python_is_what_its_template_shows():
    prompt = "Words.\n\nFor example:\n\n  f(1) is 2\n\nPython 3, the rules.\n"
    asked = prompt + "\n## Now: code\n\nWrite it.\n"
    tests = "Write tests for it.\n\n" + prompt + "\nOne test a line.\n"
    for text in (prompt, asked, tests):
        tokenizer = build_tokenizer([text] * 8, template=PYTHON_TEMPLATE)
        messages = [{"role": "user", "content": text}]
        shown = tokenizer.apply_chat_template(messages, tokenize=False)
        assert shown == read_python(text)
    assert read_python(asked) == "Words.\n\n## Now: code\n\nWrite it.\n"
    assert read_python(tests).endswith("f(1) is 2\n\n")


@pytest.mark.learning
def test_the_tiny_base_is_what_it_claims_to_be():
    """Writes Compact that compiles now and then, and next to nothing beyond what it was shown."""
    policy = load_policy("tiny")
    env = make_env("CompactContract-v0", count=192, reward="compactlora", toolchain="frontend")
    batch = play(
        env,
        policy,
        group_size=2,
        seed=11,
        iteration=1,
        max_new_tokens=256,
        temperature=SAMPLING_TEMPERATURE,
    )
    found = batch_metrics(batch.samples)
    assert 0.15 <= found["compile_success_rate"] <= 0.5
    assert found["high_complexity_rate"] <= 0.02


def test_a_spoilt_program_differs_in_one_piece():
    program = "pub fn f(x: i64) -> i64 {\n    x + 1\n}\n"
    pieces = split_pieces(program)
    for number in range(50):
        changed = spoilt(program, random.Random(number))
        assert changed != program
        # One piece less, or another of the program's own in its place.
        own = set(pieces)
        places = [i for i in range(len(pieces)) if changed == "".join(pieces[:i] + pieces[i + 1 :])]
        swapped = [
            i
            for i in range(len(pieces))
            for new in own
            if changed == "".join([*pieces[:i], new, *pieces[i + 1 :]])
        ]
        assert places or swapped


class Tasks:
    """An environment of three tasks, one of them too long and one without a reference."""

    def reset(self, seed):
        self.number = seed % 3
        self.task = Task(
            id=str(self.number), family="f", language="rust", prompt=f"// {self.number}\n",
            reference=[f"fn f() -> i64 {{ {seed % 9} }}", "x" * 400, None][self.number],
        )  # fmt: skip
        return self.task.prompt, {}


def test_references_are_shown_whole_and_spoilt():
    examples = list(draw_references(Tasks(), 400, longest=300, seed=0))
    assert examples == list(draw_references(Tasks(), 400, longest=300, seed=0))
    assert {prompt for prompt, _ in examples} == {"// 0\n"}
    references = {f"fn f() -> i64 {{ {n} }}" for n in range(0, 9, 3)}
    shown = [program for _, program in examples]
    whole = sum(program in references for program in shown) / len(shown)
    assert 0.15 < whole < 0.35
    # A few versions of each, not noise.
    assert len(set(shown)) <= 4 * len(references)


def test_few_examples_make_batches_too():
    pairs = [([1] * n, [True] * n) for n in range(1, 12)]
    batches = batches_of(pairs, 4, random.Random(0))
    shown = [ids.shape[0] for ids, _ in itertools.islice(batches, 5)]
    assert shown == [4] * 5


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({"env": "RustCode-v0", "copy_steps": 5}, "RustCode-v0 has no 12 names to be copied"),
        ({"longest": 5, "examples": 20}, "have at most 5 characters, and a batch has 16"),
    ],
)
def test_what_cannot_be_taught_is_told_in_a_sentence(tmp_path, chosen, told):
    with pytest.raises(CheckpointError, match=told):
        train_sft(SFTConfig(out=tmp_path / "base", **{"examples": 64, **chosen}), console=quiet())
    with pytest.raises(ValueError, match="10 examples make no batch of 16"):
        SFTConfig(out=tmp_path, examples=10)
