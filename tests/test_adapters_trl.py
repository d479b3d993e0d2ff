"""TRL's GRPO trainer (1.16) in our environments: through a reward function, and by tool calls."""

import itertools
import math
from zlib import crc32

import gymnasium
import pytest
from conftest import ROOT, missing

import forgegym  # noqa: F401  (registers)
from forgegym.adapters.trl import dataset, environment_factory, forgegym_reward
from forgegym.verifiers.compact.toolchain import CompactVerifier
from forgegym.verifiers.verdict import Failure, FailureKind, Verdict
from forgegym.verifiers.verifier import ChoiceError

ID = "CompactContract-v0"
OPTIONS = {"toolchain": "frontend", "reward": "staged"}
GOOD = "export circuit f(x: Field): Field { return x; }\n"
BAD = "export ledger a: Countr;\n"
TINY = ROOT / "agents" / "tiny" / "compact"
STEPS, GROUP, TURNS = 10, 4, 2

# The shipped tiny policy knows no tool calls: whatever contract it writes becomes the argument of
# one. The template renders what TRL asks for, and earlier messages as they were.
TOOL_TEMPLATE = (
    "{%- for m in messages -%}"
    "{%- if m['role'] == 'user' -%}"
    "{%- for line in m['content'].split('\\n') -%}"
    "{%- if line.startswith('// ') and ': ' in line -%}{{ line + '\\n' }}{%- endif -%}"
    "{%- endfor -%}"
    "{%- elif m['role'] == 'assistant' -%}"
    "{{ '\\n' + m['content'] }}"
    "{%- for call in m['tool_calls'] or [] -%}"
    "{%- for key, value in call['function']['arguments'].items() -%}"
    "{{ '// ' + call['function']['name'] + ' ' + key + '\\n' + value }}"
    "{%- endfor -%}"
    "{%- if not call['function']['arguments'] -%}"
    "{{ '// ' + call['function']['name'] }}"
    "{%- endif -%}"
    "{%- endfor -%}<|end|>"
    "{%- else -%}{{ '\\n' + m['content'] }}{%- endif -%}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '\\n' }}{%- endif -%}"
)
RESPONSES = {
    "defaults": {"role": "assistant"},
    "start_anchor_pattern": r"\n",
    "fields": {
        "tool_calls": {
            "open_pattern": r"(?=pragma)",
            "close_pattern": r"<\|end\|>",
            "repeats": True,
            "content": "text",
            "transform": {
                "type": "function",
                "function": {"name": "submit_program", "arguments": {"source": "{content}"}},
            },
        },
        "content": {"close_pattern": r"<\|end\|>", "content": "text"},
    },
}


@pytest.fixture(scope="module")
def trl():
    try:
        import trl
    except ImportError as error:
        missing("trl", f"TRL is not installed: {error}")
    return trl


@pytest.fixture(scope="module")
def rows(trl):
    return dataset(ID, 6, seed=1, **OPTIONS)


class Breaking(CompactVerifier):
    """A machine that breaks on some programs."""

    def __init__(self, breaks_on):
        super().__init__("frontend")
        self.breaks_on = breaks_on

    def verify_all(self, submissions):
        found = super().verify_all(submissions)
        failure = Failure(FailureKind.SANDBOX, "compile", "the daemon went away")
        return [
            Verdict(v.task_key, v.source_sha256, v.toolchain, (), failure=failure)
            if self.breaks_on(source)
            else v
            for v, (_, source) in zip(found, submissions, strict=True)
        ]


def paid_by_step(task_id, programs, *, turns=1):
    """What our own environment pays for the last of these programs."""
    env = gymnasium.make(ID, max_turns=turns, **OPTIONS)
    env.reset(options={"task": task_id})
    reward = 0.0
    for source in programs:
        _, reward, terminated, truncated, _ = env.step(source)
        if terminated or truncated:
            break
    env.close()
    return reward


# ---------------------------------------------------------------- the data set


def test_the_rows_are_different_tasks_that_the_environment_has(rows):
    env = gymnasium.make(ID, **OPTIONS)
    assert len(set(rows["task_key"])) == 6
    for row in rows:
        prompt, info = env.reset(options={"task": row["task_id"]})
        assert row["prompt"] == [{"role": "user", "content": prompt}]
        assert row["task_key"] == info["task_key"]


def test_the_same_seed_draws_the_same_tasks_and_fewer_are_the_first_of_them(rows):
    assert dataset(ID, 4, seed=1, **OPTIONS)["task_id"] == rows["task_id"][:4]
    assert dataset(ID, 6, seed=2, **OPTIONS)["task_id"] != rows["task_id"]


def test_the_splits_have_no_task_in_common_and_prompts_may_be_plain(rows):
    held_out = dataset(ID, 6, split="eval", conversational=False, **OPTIONS)
    assert all("/eval-" in task_id for task_id in held_out["task_id"])
    assert all(isinstance(prompt, str) for prompt in held_out["prompt"])


def test_more_tasks_than_there_are_is_one_sentence(trl):
    with pytest.raises(ChoiceError, match="9 different train tasks were asked for; 3 are"):
        dataset(ID, 9, families=["base"], **OPTIONS)


# ---------------------------------------------------------------- the reward function


def test_each_completion_is_paid_what_step_pays_whatever_its_form(rows):
    reward = forgegym_reward(ID, **OPTIONS)
    fenced = f"Here it is:\n```compact\n{GOOD}```\nIt returns x."
    programs = [GOOD, BAD, GOOD, GOOD, ""]
    completions = [
        GOOD,
        BAD,
        [{"role": "assistant", "content": GOOD}],
        [{"role": "assistant", "content": fenced}],
        [],
    ]
    ids = rows["task_id"][:5]
    paid = reward(prompts=None, completions=completions, task_id=ids, task_key=rows["task_key"][:5])
    assert paid == [paid_by_step(i, [p]) for i, p in zip(ids, programs, strict=True)]
    assert paid[0] > paid[1]
    reward.close()


def test_a_broken_machine_is_none_and_never_a_zero(rows):
    reward = forgegym_reward(ID, verifier=Breaking(BAD.__eq__), reward="staged")
    logged = {}
    paid = reward(
        completions=[GOOD, BAD], task_id=rows["task_id"][:2], log_metric=logged.__setitem__
    )
    assert paid[0] > 0.0
    assert paid[1] is None
    assert logged["invalid"] == 0.5


def test_a_row_of_another_version_is_refused(rows):
    reward = forgegym_reward(ID, **OPTIONS)
    with pytest.raises(ChoiceError, match="make the data set again"):
        reward(completions=[GOOD], task_id=rows["task_id"][:1], task_key=["0" * 64])
    with pytest.raises(ChoiceError, match="there is no environment 'Nothing-v0'"):
        forgegym_reward("Nothing-v0")


def test_a_reasoning_task_is_asked_for_its_program_alone(trl):
    from forgegym.adapters.rows import draw_rows, open_env

    env = open_env("PythonReasoning-v0", max_turns=1, sandbox="unsafe", allow_unsafe=True)
    (row,) = draw_rows(env, 1, split="train", seed=0)
    assert "## Now: code" in row.prompt
    reward = forgegym_reward("PythonReasoning-v0", sandbox="unsafe", allow_unsafe=True)
    reference = env.task.reference
    answer = f"Thus:\n```python\n{reference}\n```"
    assert reward(completions=[reference, answer, "no"], task_id=[row.task_id] * 3) == [
        1.0,
        1.0,
        0.1,
    ]
    reward.close()
    env.close()


# ---------------------------------------------------------------- training


def settings(trl, folder, **changes):
    chosen = {
        "output_dir": str(folder), "per_device_train_batch_size": 2 * GROUP,
        "num_generations": GROUP, "max_completion_length": 200, "max_steps": STEPS,
        "learning_rate": 1e-4, "temperature": 0.6, "logging_steps": 1, "seed": 0, "use_cpu": True,
        "bf16": False, "gradient_checkpointing": False, "report_to": "none",
        "save_strategy": "no", "disable_tqdm": True,
    }  # fmt: skip
    return trl.GRPOConfig(**(chosen | changes))


def tiny(*, tools=False):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(TINY)
    # As a chat model's, the end of an answer is one token in a rendered conversation, too.
    tokenizer.split_special_tokens = False
    if tools:
        tokenizer.chat_template, tokenizer.response_template = TOOL_TEMPLATE, RESPONSES
    import torch

    return AutoModelForCausalLM.from_pretrained(TINY, dtype=torch.float32), tokenizer


def logged(trainer, key):
    return [row[key] for row in trainer.state.log_history if key in row]


@pytest.mark.learning
def test_ten_steps_of_grpo_are_paid_by_our_reward_function(trl, rows, tmp_path):
    reward = forgegym_reward(ID, **OPTIONS)
    asked = []

    def recorded(**batch):
        paid = reward(**batch)
        asked.append((batch["task_id"], batch["completions"], paid))
        return paid

    model, tokenizer = tiny()
    trainer = trl.GRPOTrainer(
        model, recorded, settings(trl, tmp_path), train_dataset=rows, processing_class=tokenizer
    )
    trainer.train()
    reward.close()
    assert len(asked) == STEPS
    flat = [row for batch in asked for row in zip(*batch, strict=True)]
    assert len({paid for _, _, paid in flat}) > 1, "all were paid the same: nothing was compared"
    for task_id, completion, paid in flat:
        assert paid == paid_by_step(task_id, [completion[0]["content"]])
    means = [sum(paid) / len(paid) for _, _, paid in asked]
    assert logged(trainer, "rewards/recorded/mean") == pytest.approx(means)
    assert all(map(math.isfinite, logged(trainer, "loss")))


@pytest.mark.learning
def test_what_a_broken_machine_left_unpaid_moves_no_weight(trl, rows, tmp_path):
    reward = forgegym_reward(ID, verifier=Breaking(lambda _: True), reward="staged")
    model, tokenizer = tiny()
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    trainer = trl.GRPOTrainer(
        model,
        reward,
        settings(trl, tmp_path, max_steps=2),
        train_dataset=rows,
        processing_class=tokenizer,
    )
    trainer.train()
    assert logged(trainer, "invalid") == [1.0, 1.0]
    assert logged(trainer, "reward") == [None, None], "they were paid something"
    assert all(weight.equal(before[name]) for name, weight in model.state_dict().items())


@pytest.mark.learning
def test_a_machine_that_breaks_on_some_leaves_the_mean_of_the_others(trl, rows, tmp_path):
    """By hash: about half of the programs."""
    reward = forgegym_reward(
        ID, verifier=Breaking(lambda source: crc32(source.encode()) % 2), reward="staged"
    )
    asked = []

    def recorded(**batch):
        asked.append(reward(**batch))
        return asked[-1]

    model, tokenizer = tiny()
    trainer = trl.GRPOTrainer(
        model,
        recorded,
        settings(trl, tmp_path, max_steps=3),
        train_dataset=rows,
        processing_class=tokenizer,
    )
    trainer.train()
    paid = [[one for one in batch if one is not None] for batch in asked]
    assert 0 < sum(map(len, paid)) < 3 * 2 * GROUP
    assert logged(trainer, "reward") == pytest.approx([sum(one) / len(one) for one in paid])
    assert all(map(math.isfinite, logged(trainer, "loss")))


@pytest.mark.learning
def test_ten_steps_of_grpo_in_episodes_of_tool_calls(trl, tmp_path):
    rows = dataset(ID, 6, seed=1, turns=TURNS, **OPTIONS)
    episodes = environment_factory(ID, turns=TURNS, **OPTIONS)
    seen = []

    def recorded(*, environments, completions, task_id, **_):
        paid = [episode.get_reward() for episode in environments]
        seen.extend(zip(task_id, completions, paid, strict=True))
        return [None] * len(completions)  # is no reward of its own

    model, tokenizer = tiny(tools=True)
    trainer = trl.GRPOTrainer(
        model,
        recorded,
        settings(trl, tmp_path, max_completion_length=600, max_tool_calling_iterations=TURNS),
        train_dataset=rows,
        processing_class=tokenizer,
        environment_factory=episodes,
    )
    trainer.train()
    episodes.close()
    assert len(seen) == STEPS * 2 * GROUP
    second_turns = 0
    for task_id, messages, paid in seen:
        calls = list(itertools.chain(*(m.get("tool_calls") or [] for m in messages)))[:TURNS]
        sources = [call["function"]["arguments"]["source"] for call in calls]
        second_turns += len(sources) > 1
        assert paid == paid_by_step(task_id, sources, turns=TURNS)
    assert second_turns > 0
    assert len({paid for _, _, paid in seen}) > 1
    means = [
        sum(paid for _, _, paid in batch) / len(batch)
        for batch in (seen[i : i + 2 * GROUP] for i in range(0, len(seen), 2 * GROUP))
    ]
    assert logged(trainer, "rewards/ProgramEpisode/mean") == pytest.approx(means)
    assert all(map(math.isfinite, logged(trainer, "loss")))
