"""Expert iteration: what is kept, what is remembered, and that imitation follows reward."""

import json
import math
import re
from dataclasses import replace

import pytest
import torch
from letters import LETTERS
from rich.console import Console
from training import quiet

from forgegym.agents.adapter import add_adapter, load_policy, start_from
from forgegym.agents.expert_iteration import (
    EXAMPLES_FILE,
    Example,
    ExamplesError,
    ExpertIteration,
    ExpertIterationConfig,
    read_examples,
    remember,
    train_expert_iteration,
)
from forgegym.agents.logprob import completion_scores
from forgegym.agents.tracking import read_rows
from forgegym.envs.registration import KINDS
from forgegym.envs.rewards import reward_function


@pytest.fixture(scope="module")
def base(small_base):
    return small_base


def example(program, reward, tokens=(5, 1)):
    return Example("prompt", program, (3, 4), tokens, reward)


def test_the_best_are_remembered_each_program_once():
    found = remember(
        [example("a", 2.0), example("b", 1.5)],
        [example("a", 2.0), example("c", 3.0), example("d", 1.1)],
        3,
    )
    assert [(e.program, e.reward) for e in found] == [("c", 3.0), ("a", 2.0), ("b", 1.5)]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"samples": 0}, "samples must be at least 1"),
        ({"samples": 15}, r"samples \(15\) must be a multiple of group_size \(2\)"),
        ({"temperature": 0.0}, "temperature must be above 0"),
    ],
)
def test_wrong_settings_are_refused(tmp_path, wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        ExpertIterationConfig(out=tmp_path, **wrong)


def test_what_was_kept_becomes_likelier(tmp_path, base):
    policy = add_adapter(load_policy(base), rank=4, seed=1)
    config = ExpertIterationConfig(out=tmp_path, epochs=15, learning_rate=1e-2)
    learner = ExpertIteration(config, policy)
    kept = [example("a", 2.0, (50, 60, 70, 1)), example("b", 2.0, (51, 61, 1))]

    def likelihood():
        with torch.no_grad():
            scores = completion_scores(
                policy.model,
                prompts=[e.prompt_ids for e in kept],
                completions=[torch.tensor(e.tokens) for e in kept],
                owners=[0, 1],
                pad_id=policy.pad_id,
            )
        return scores.logprobs.sum(1)

    before = likelihood()
    learner.examples = kept
    about = learner.imitate(1)
    assert about["steps"] == 15
    assert (likelihood() > before + 1).all()


def test_with_nothing_kept_nothing_changes(tmp_path, base):
    policy = add_adapter(load_policy(base), rank=4, seed=1)
    learner = ExpertIteration(ExpertIterationConfig(out=tmp_path), policy)
    before = [p.clone() for p in policy.model.parameters()]
    assert learner.imitate(1)["steps"] == 0
    for old, new in zip(before, policy.model.parameters(), strict=True):
        assert torch.equal(old, new)


@pytest.mark.learning
def test_a_run_reports_every_sample_and_keeps_its_examples(tmp_path, base):
    out = tmp_path / "run"
    said = Console(record=True, width=200, file=quiet().file)
    config = ExpertIterationConfig(
        out=out,
        base=str(base),
        reward="staged",
        keep_above=0.05,
        iterations=2,
        temperature=0.7,
        max_new_tokens=64,
        samples=32,
    )
    result = train_expert_iteration(config, console=said)
    assert result.finished
    lines = said.export_text().splitlines()
    assert sum(line.startswith("Sample 2/32: reward ") for line in lines) == 2
    rows = read_rows(out)
    assert [r["iteration"] for r in rows] == [1, 2]
    examples = [json.loads(line) for line in (out / EXAMPLES_FILE).read_text().splitlines()]
    assert len(examples) == rows[-1]["examples"] >= max(r["kept"] > 0 for r in rows)
    assert all(e["reward"] > 0.05 for e in examples)
    assert load_policy(out / "latest").base == str(base)


@pytest.mark.learning
def test_an_iteration_that_keeps_nothing_says_so(tmp_path, base):
    said = Console(record=True, width=200, file=quiet().file)
    config = ExpertIterationConfig(
        out=tmp_path / "run",
        base=str(base),
        keep_above=1000.0,
        iterations=1,
        samples=4,
        max_new_tokens=16,
    )
    train_expert_iteration(config, console=said)
    assert "None of 4 samples scored above 1000.0" in said.export_text()


def batch_of(rewards, groups, valid=None):
    from forgegym.agents.generate import Completion
    from forgegym.agents.rollout import Batch, Sample

    completion = Completion(torch.tensor([5, 1]), torch.zeros(2), True)
    samples = [
        Sample(group, "prompt", f"{group} {reward}", completion, reward, ok, None)
        for group, reward, ok in zip(groups, rewards, valid or [True] * len(groups), strict=True)
    ]
    return Batch([[3, 4]] * (max(groups) + 1), samples)


def test_of_each_prompt_only_the_best_can_be_kept(tmp_path, base):
    policy = add_adapter(load_policy(base), rank=4, seed=1)
    config = ExpertIterationConfig(out=tmp_path, keep_above=0.2, best_of_group=True)
    learner = ExpertIteration(config, policy)
    batch = batch_of(
        [0.3, 0.5, 0.9, 0.1, 0.2], [0, 0, 0, 1, 1], [True, True, False, True, True]
    )  # the machine failed on the best
    assert [e.reward for e in learner.kept(batch, 1)] == [0.5]


def test_what_is_too_old_is_forgotten(tmp_path, base):
    policy = add_adapter(load_policy(base), rank=4, seed=1)
    config = ExpertIterationConfig(out=tmp_path, keep_above=0.0, recent=2, epochs=1)
    learner = ExpertIteration(config, policy)
    for iteration, reward in enumerate((0.9, 0.3, 0.5, 0.4), 1):
        learner.learn(batch_of([reward], [0]), iteration)
    assert [(e.reward, e.iteration) for e in learner.examples] == [(0.5, 3), (0.4, 4)]
    copy = ExpertIteration(config, policy)
    copy.load_memory(learner.memory())
    assert copy.examples == learner.examples


@pytest.mark.parametrize(
    ("chosen", "reward", "keep_above"),
    [
        ({}, "compactlora", 1.0),
        ({"reward": "guided"}, "guided", 0.5),
        ({"tasks": "spec"}, "compact-spec", 0.5),
        ({"env": "RustCode-v0"}, "staged", 0.5),
        ({"env": "PythonReasoning-v0", "keep_above": 0.9}, "staged", 0.9),
    ],
)
def test_every_environment_has_a_reward_and_a_bar_that_can_be_passed(
    tmp_path, chosen, reward, keep_above
):
    config = ExpertIterationConfig(out=tmp_path, **chosen)
    assert (config.reward, config.keep_above) == (reward, keep_above)
    kind = "compact-spec" if config.tasks == "spec" else KINDS[config.env][0]
    reward_function(config.reward, kind)


GIVEN = [
    {"prompt": "// family: vault\n", "program": "ledger a: Field;", "reward": 3.0},
    {"prompt": "// family: voting\n", "program": "ledger b: Field;"},
]


def written(path, *records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return str(path)


@pytest.mark.learning
def test_examples_that_are_given_are_learnt_and_nothing_else(tmp_path, base):
    """Supervised fine-tuning, by a run that can be gone on with like any other."""
    data = written(tmp_path / "given.jsonl", *GIVEN)
    chosen = {
        "base": str(base), "data": data, "keep_above": math.inf, "samples": 4, "epochs": 5,
        "max_new_tokens": 32, "learning_rate": 1e-2,
    }  # fmt: skip
    config = ExpertIterationConfig(out=tmp_path / "run", iterations=4, **chosen)
    rows = train_expert_iteration(config, console=quiet()).rows
    assert [row["kept"] for row in rows] == [0.0] * 4
    assert [row["examples"] for row in rows] == [2.0] * 4
    assert rows[-1]["nll"] < 0.5 * rows[0]["nll"]
    # Where reinforcement learning may start.
    start_from(add_adapter(load_policy(base)), str(tmp_path / "run" / "latest"))


@pytest.mark.learning
def test_a_run_does_not_go_on_with_other_examples(tmp_path, base):
    data = written(tmp_path / "given.jsonl", *GIVEN)
    chosen = {"base": str(base), "data": data, "samples": 4, "max_new_tokens": 8}
    config = ExpertIterationConfig(out=tmp_path / "run", iterations=1, **chosen)
    train_expert_iteration(config, console=quiet())
    train_expert_iteration(replace(config, resume=True), console=quiet())
    written(tmp_path / "given.jsonl", *GIVEN, GIVEN[0])
    with pytest.raises(ExamplesError, match="is not the file that the run began with"):
        train_expert_iteration(replace(config, resume=True), console=quiet())


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "could not be read (No such file or directory)"),
        (b"\xff\xfe", "could not be read (it is no UTF-8 text)"),
        (b"", "There are no examples in"),
        (b'{"prompt": "a", "program": "b"}\n[]\n', "Line 2 of"),
        (b"hello\n", "Line 1 of"),
        (b'{"prompt": "a", "program": 3}\n', "the texts `prompt` and `program`"),
        (b'{"prompt": "a", "program": "%s"}\n' % (b"x " * 3000), "tokens, more than the"),
    ],
)
def test_examples_that_are_none_are_one_sentence(tmp_path, base, content, sentence):
    path = tmp_path / "given.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ExamplesError, match=re.escape(sentence)) as raised:
        read_examples(str(path), load_policy(base))
    assert "\n" not in str(raised.value)


@pytest.mark.learning
@pytest.mark.parametrize("seed", range(5))
def test_it_learns_what_is_paid(tmp_path, base, seed):
    """As RAFT does it: the best of each prompt's samples, of late."""
    config = ExpertIterationConfig(
        out=tmp_path / "run", env=LETTERS, base=str(base), seed=seed, iterations=30, samples=32,
        group_size=8, max_new_tokens=12, learning_rate=1e-2, keep_above=0.0, best_of_group=True,
        recent=4,
    )  # fmt: skip
    paid = [row["avg_reward"] for row in train_expert_iteration(config, console=quiet()).rows]
    assert sum(paid[-3:]) > 3 * sum(paid[:3])
