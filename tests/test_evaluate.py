"""Evaluation, collection and result files, through the real environment and agents."""

import dataclasses
import io
import json
import math
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from forgegym.agents.agent import Answer, AnswerError, AnsweringAgent, load_agent
from forgegym.benchmarks import collect, evaluate, records, report
from forgegym.benchmarks.asking import sample_seed
from forgegym.benchmarks.evaluate import evaluate_into, sample
from forgegym.benchmarks.evaluation_config import EvaluationConfig, EvaluationError, frozen_tasks
from forgegym.benchmarks.records import OutputError, Rows
from forgegym.benchmarks.summary import summarise
from forgegym.cli import app
from forgegym.envs.tasks import rust
from forgegym.verifiers.verifier import ChoiceError


def configuration(**changes) -> EvaluationConfig:
    given = {
        "env": "CompactContract-v0",
        "agent": "template",
        "samples": 24,
        "toolchain": "frontend",
        **changes,
    }
    return EvaluationConfig(**given)


def row(index: int, **changes) -> dict:
    """A row of an accepted contract with one decision; only what figures read."""
    return {
        "index": index,
        "task_key": f"task-{index}",
        "source": f"contract {index}",
        "valid": True,
        "accepted": True,
        "solved": False,
        "complexity": 2,
        "reward": 0.5,
        "decisions": {"if": 1},
        "structures": ["if"],
        "toolchain": "frontend 1",
        **changes,
    }


# ---------------------------------------------------------------- figures


def test_the_four_rates_are_compactloras():
    rows = [
        row(0, complexity=2),
        row(1, complexity=4),
        row(2, accepted=False, complexity=5, decisions={}, structures=[]),
        row(3, accepted=False, complexity=None, decisions={}, structures=[]),
    ]
    summary = summarise(rows)
    assert summary.compile_rate.value == 0.5
    assert summary.complex_rate.value == 0.5
    assert summary.high_quality_rate.value == 0.25
    assert summary.average_complexity.value == pytest.approx(11 / 3)
    assert summary.samples == 4


def test_complexity_of_exactly_three_is_not_above_three():
    assert summarise([row(0, complexity=3)]).high_quality_rate.value == 0.0
    assert summarise([row(0, complexity=4)]).high_quality_rate.value == 1.0


def test_a_failed_machine_counts_for_nothing_but_itself():
    summary = summarise([row(0), row(1, valid=False, accepted=False, toolchain="none")])
    assert (summary.samples, summary.failures) == (1, 1)
    assert summary.compile_rate.value == 1.0
    assert summary.toolchains == ("frontend 1",)


def test_a_sample_taken_again_replaces_its_first_row():
    summary = summarise([row(0, valid=False), row(1), row(0, complexity=6)])
    assert (summary.samples, summary.failures) == (2, 0)
    assert summary.average_complexity.value == 4.0


def test_variety_looks_at_what_compiles():
    rows = [
        row(0, decisions={"if": 3, "loop": 1}, structures=["if if", "loop"]),
        row(1, decisions={"if": 1}, structures=["if if", ""]),
        row(2, accepted=False, decisions={"loop": 9}, structures=["loop loop"]),
    ]
    summary = summarise(rows)
    assert summary.decisions == {"if": 4, "loop": 1}
    assert summary.commonest_decision == ("if", 0.8)
    assert summary.structures == 2
    assert summary.effective_structures == pytest.approx(1.89, abs=0.01)
    assert summary.unique == 3


def test_samples_of_one_prompt_widen_the_interval():
    together = [row(i, task_key=f"task-{i // 8}", accepted=i // 8 % 2 == 0) for i in range(64)]
    apart = [row(i, accepted=i // 8 % 2 == 0) for i in range(64)]
    wide, narrow = summarise(together).compile_rate, summarise(apart).compile_rate
    assert wide.value == narrow.value == 0.5
    assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)


def test_no_samples_are_undefined_figures_and_still_json():
    data = summarise([]).to_json()
    assert data["compile_rate"]["value"] is None
    assert data["commonest_decision"] == {"kind": "none", "share": 0.0}
    json.dumps(data, allow_nan=False)


# ---------------------------------------------------------------- running


def test_the_template_agent_compiles_always_and_random_text_never():
    template = summarise(evaluate.evaluate(load_agent("template"), configuration()))
    text = summarise(evaluate.evaluate(load_agent("random"), configuration(agent="random")))
    assert template.compile_rate.value == 1.0
    assert template.structures > 5
    assert text.compile_rate.value == 0.0
    assert text.compile_rate.high < 0.2


def test_a_row_says_who_judged_what_and_how():
    (first, *_) = evaluate.evaluate(load_agent("template"), configuration(samples=2))
    assert first["index"] == 0
    assert first["stage"] == "done"
    assert first["toolchain"].startswith("forgegym-compact-frontend ")
    assert first["source"].count("circuit") >= 1
    assert first["complexity"] == 1 + sum(first["decisions"].values())
    assert len(first["task_key"]) == 64


def test_rows_depend_on_their_own_index_only():
    agent, config = load_agent("template"), configuration(samples=12)
    whole = [r for rows in sample(agent, config, range(12)) for r in rows]
    parts = [r for rows in sample(agent, config, [7, 3], width=1) for r in rows]
    timeless = [{k: v for k, v in r.items() if k != "seconds"} for r in (whole[7], whole[3])]
    assert [{k: v for k, v in r.items() if k != "seconds"} for r in parts] == timeless


def test_the_eval_split_is_one_frozen_set_for_every_seed():
    agent = load_agent("template")
    one, other = (
        {r["task_key"] for r in evaluate.evaluate(agent, configuration(samples=8, seed=s))}
        for s in (0, 1)
    )
    assert one == other
    train = {
        r["task_key"] for r in evaluate.evaluate(agent, configuration(samples=8, split="train"))
    }
    assert not train & one


def test_seeds_of_evaluations_never_meet():
    seeds = {sample_seed(s, i, p) for s in range(20) for i in range(50) for p in ("task", "text")}
    assert len(seeds) == 2000
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_an_evaluation_cut_short_goes_on_to_the_same_rows(tmp_path):
    agent, config = load_agent("template"), configuration(samples=evaluate.BATCH + 10)

    def stop(rows):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate_into(tmp_path / "cut", agent, config, on_rows=stop)
    rows = (tmp_path / "cut" / "rows.jsonl").read_text().splitlines(keepends=True)
    assert len(rows) == evaluate.BATCH
    # A kill in the middle of a row.
    (tmp_path / "cut" / "rows.jsonl").write_text("".join(rows[:-1]) + rows[-1][:40])
    resumed = evaluate_into(tmp_path / "cut", agent, config, resume=True)
    whole = evaluate_into(tmp_path / "whole", agent, config)
    assert resumed == whole
    lines = (tmp_path / "cut" / "rows.jsonl").read_text().splitlines()
    assert sorted(json.loads(line)["index"] for line in lines) == list(range(config.samples))
    assert json.loads((tmp_path / "cut" / "summary.json").read_text())["summary"]["samples"] == 74


def test_a_results_folder_is_never_written_over(tmp_path):
    agent, config = load_agent("random"), configuration(agent="random", samples=2)
    evaluate_into(tmp_path / "a", agent, config)
    before = (tmp_path / "a" / "rows.jsonl").read_bytes()
    with pytest.raises(EvaluationError, match="--resume"):
        evaluate_into(tmp_path / "a", agent, config)
    with pytest.raises(EvaluationError, match="seed = 0, not 1"):
        evaluate_into(tmp_path / "a", agent, configuration(agent="random", seed=1), resume=True)
    assert (tmp_path / "a" / "rows.jsonl").read_bytes() == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years of work")
    with pytest.raises(EvaluationError, match="no evaluation"):
        evaluate_into(tmp_path / "mine", agent, config)


def test_a_finished_evaluation_can_be_given_more_samples(tmp_path):
    agent = load_agent("random")
    evaluate_into(tmp_path, agent, configuration(agent="random", samples=3))
    seen = []
    summary = evaluate_into(
        tmp_path,
        agent,
        configuration(agent="random", samples=5),
        resume=True,
        on_rows=lambda rows: seen.extend(r["index"] for r in rows),
    )
    assert seen == [3, 4]
    assert summary.samples == 5


class Learner:
    """Answers with nonsense first, and with a contract once it has read what was said of it."""

    name = "learner"

    def __init__(self, template=None):
        self.read = []
        self.template = template or load_agent("template")

    def generate(self, prompts, *, seeds):
        self.read += prompts
        good = self.template.generate(prompts, seeds=seeds)
        return [
            text if "does not parse" in prompt or "does not compile" in prompt else "circuit"
            for prompt, text in zip(prompts, good, strict=True)
        ]


class Fragile:
    """Raises for some prompts, whatever batch they are in."""

    name = "fragile"

    def generate(self, prompts, *, seeds):
        if any(seed % 3 == 0 for seed in seeds):
            raise RuntimeError("the endpoint is down")
        return load_agent("template").generate(prompts, seeds=seeds)


def test_an_episode_goes_on_with_what_was_said():
    agent = Learner()
    rows = evaluate.evaluate(agent, configuration(samples=4, turns=3))
    assert [r["turns"] for r in rows] == [2] * 4
    assert all(r["accepted"] and r["attempts"][0]["stage"] == "parse" for r in rows)
    summary = summarise(rows)
    assert summary.programs == 8
    assert summary.solved_within[1] == 0.0
    assert summary.solved_within[2] == summary.solved_rate.value > 0.0
    assert agent.read[4].startswith(agent.read[0])
    assert "circuit\n\nAttempt 1 of 3" in agent.read[4]


def test_an_agent_that_raises_loses_only_those_episodes(tmp_path):
    config = configuration(samples=30)
    rows = evaluate.evaluate(Fragile(), config)
    failed = [r for r in rows if r["agent_error"] is not None]
    assert 0 < len(failed) < 30
    told = {"kind": "crashed", "message": "RuntimeError: the endpoint is down"}
    assert all(r["agent_error"] == told for r in failed)
    assert {(r["reward"], r["stage"], r["valid"]) for r in failed} == {(0.0, "agent", True)}
    whole = {r["index"]: r["source"] for r in evaluate.evaluate(load_agent("template"), config)}
    assert all(whole[r["index"]] == r["source"] for r in rows if r["agent_error"] is None)
    assert summarise(rows).agent_errors == len(failed)
    assert summarise(rows).agent_error_kinds == {"crashed": len(failed)}
    evaluate_into(tmp_path, Fragile(), config)
    again = []
    evaluate_into(tmp_path, Fragile(), config, resume=True, on_rows=again.extend)
    assert [r["index"] for r in again] == [r["index"] for r in failed]


def test_what_is_no_program_is_the_agents_error():
    class Odd:
        name = "odd"

        def generate(self, prompts, *, seeds):
            return [None] * len(prompts)

    (row,) = evaluate.evaluate(Odd(), configuration(samples=1))
    told = {"kind": "garbage", "message": "a program is a str, not NoneType"}
    assert row["agent_error"] == told


def test_half_a_surrogate_pair_is_a_program_like_another(tmp_path):
    class Odd:
        name = "odd"

        def generate(self, prompts, *, seeds):
            return ["\ud83d"] * len(prompts)

    evaluate_into(tmp_path, Odd(), configuration(samples=2))
    assert [r["source"] for r in evaluate.read_rows(tmp_path)] == ["\ud83d"] * 2


@pytest.mark.parametrize("width", [1, 5, 64])
def test_a_budget_is_the_most_programs_that_are_judged(width):
    config = configuration(samples=20, turns=3, budget=11)
    rows = [r for part in sample(Learner(), config, range(20), width=width) for r in part]
    # Two programs each: after the fifth there is no room for three.
    assert [r["index"] for r in rows] == [0, 1, 2, 3, 4]
    assert sum(r["turns"] for r in rows) <= 11


@pytest.mark.parametrize("kept", [1, 2, 4])
def test_an_evaluation_of_turns_with_a_budget_goes_on_to_the_same_rows(tmp_path, kept):
    config = configuration(samples=20, turns=3, budget=11)

    def cut(rows):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate_into(tmp_path / "cut", Learner(), config, on_rows=cut)
    rows = tmp_path / "cut" / "rows.jsonl"
    rows.write_text("".join(rows.read_text().splitlines(keepends=True)[:kept]))
    evaluate_into(tmp_path / "cut", Learner(), config, resume=True)
    evaluate_into(tmp_path / "whole", Learner(), config)

    def timeless(folder):
        found = evaluate.read_rows(tmp_path / folder)
        return [{k: v for k, v in r.items() if k != "seconds"} for r in found]

    assert timeless("cut") == timeless("whole")


def test_several_episodes_of_each_task_give_pass_at_k():
    rows = [row(i, task_key=f"task-{i % 4}", solved=i < 5) for i in range(12)]
    summary = summarise(rows)
    assert list(summary.pass_at) == [1, 2, 3]
    assert summary.pass_at[1].value == pytest.approx(5 / 12)
    assert summary.pass_at[3].value == 1.0
    assert list(summarise(rows[:11]).pass_at) == [1]


def test_tests_that_are_seen_and_those_that_are_not_are_told_apart():
    tests = [{"public": [3, 3], "hidden": [9, 10]}, {"public": [3, 3], "hidden": [10, 10]}]
    rows = [row(i, tests=tests[i % 2], compiled=True, accepted=i % 2 == 1) for i in range(8)]
    summary = summarise(rows, "rust")
    assert summary.gap.value == 0.5
    assert (summary.public_rate.value, summary.hidden_rate.value) == (1.0, 0.5)
    assert summary.compile_rate.value == 1.0
    assert "complex_rate" not in summary.to_json()


def test_what_has_no_public_tests_is_in_no_figure_of_them():
    def summary(*tests):
        return summarise([row(i, tests=each) for i, each in enumerate(tests)], "verilog")

    none = {"public": [0, 0], "hidden": [3, 10]}
    alone = summary(none, none)
    assert (alone.gap, alone.public_rate) == (None, None)
    assert alone.hidden_rate.value == 0.0
    both = summary(none, {"public": [2, 2], "hidden": [10, 10]})
    assert (both.gap.value, both.public_rate.n, both.hidden_rate.n) == (0.0, 1, 2)


# ---------------------------------------------------------------- agents from outside


class Metering:
    """Says of its tokens what it was told to say."""

    name = "metering"

    def __init__(self, tokens):
        self.tokens = tokens

    def generate(self, prompts, *, seeds):
        return ["export circuit f(): [] {}"] * len(prompts)


@pytest.mark.parametrize(
    ("count", "kept"),
    [(np.int64(3), 3), (None, None), (7, 7)]
    + [(odd, "garbage") for odd in (math.nan, 2.5, "3", {}, True, -1)],
)
def test_numbers_of_tokens_are_numbers(tmp_path, count, kept):
    evaluate_into(tmp_path, Metering([count]), configuration(samples=1))
    (found,) = evaluate.read_rows(tmp_path)
    error = found["agent_error"]
    assert (error["kind"] if error else found["tokens"]) == kept


@pytest.mark.parametrize(("tokens", "kind"), [(None, None), ([1, 2], "garbage"), (5, "crashed")])
def test_a_meter_has_a_number_for_each_program(tokens, kind):
    (found,) = evaluate.evaluate(Metering(tokens), configuration(samples=1))
    assert (found["agent_error"] or {}).get("kind") == kind


@pytest.mark.parametrize(
    ("error", "kind", "told"),
    [
        (AnswerError("timed out", "slow"), "timed out", "slow"),
        (AnswerError("timeout", "slow"), "crashed", "timeout: slow"),
        (SystemExit(0), "crashed", "it called sys.exit(0)"),
    ],
    ids=repr,
)
def test_no_error_of_an_agent_ends_an_evaluation(tmp_path, error, kind, told):
    class Raising:
        name = "raising"

        def generate(self, prompts, *, seeds):
            raise error

    summary = evaluate_into(tmp_path, Raising(), configuration(samples=2))
    assert summary.agent_errors == 2
    assert (tmp_path / "summary.json").exists()
    for found in evaluate.read_rows(tmp_path):
        assert found["agent_error"] == {"kind": kind, "message": told}


@pytest.mark.parametrize(
    "answer", ["text", Answer(7), Answer("x", tokens="3"), Answer("x", cost=math.nan)], ids=repr
)
def test_an_odd_answer_costs_its_own_episode(answer):
    class Odd(AnsweringAgent):
        name = "odd"

        def answers(self, conversations, *, seeds):
            return [answer] + [Answer("export circuit f(): [] {}")] * (len(seeds) - 1)

        def close(self):
            pass

    first, second = evaluate.evaluate(Odd(), configuration(samples=2))
    assert first["agent_error"]["kind"] == "garbage"
    assert second["accepted"]


# ---------------------------------------------------------------- going on


def test_an_evaluation_of_families_goes_on(tmp_path):
    # JSON has lists where the configuration has tuples.
    config = dataclasses.replace(configuration(), env="RustCode-v0", families=("bits", "sets"))
    records.write_json(tmp_path / "config.json", dataclasses.asdict(config))
    evaluate._check_claim(tmp_path, dataclasses.asdict(config), resume=True)
    other = dataclasses.replace(config, families=("bits",))
    with pytest.raises(EvaluationError, match="was evaluated with families = "):
        evaluate._check_claim(tmp_path, dataclasses.asdict(other), resume=True)


def test_no_other_agent_goes_on_with_an_evaluation(tmp_path):
    low, high = (load_agent("template", min_complexity=n) for n in (1, 20))
    evaluate_into(tmp_path, low, configuration(samples=2))
    with pytest.raises(EvaluationError, match="was evaluated with agent_settings = "):
        evaluate_into(tmp_path, high, configuration(samples=4), resume=True)
    assert len(evaluate.read_rows(tmp_path)) == 2


def test_what_an_agent_of_ones_own_was_made_with_is_kept(tmp_path):
    agent, config = load_agent("random"), configuration(agent="random", samples=1)
    made = {"spec": "mine:make", "options": {"depth": 3, "words": ["a"]}}
    evaluate_into(tmp_path, agent, config, **made)
    kept = json.loads((tmp_path / "config.json").read_text())
    assert (kept["agent_spec"], kept["agent_settings"]) == ("mine:make", made["options"])
    evaluate_into(tmp_path, agent, config, **made, resume=True)
    for other in ({"spec": "mine:other"}, {"options": {"depth": 4, "words": ["a"]}}):
        with pytest.raises(EvaluationError, match="was evaluated with agent_"):
            evaluate_into(tmp_path, agent, config, **{**made, **other}, resume=True)
    with pytest.raises(EvaluationError, match="no JSON data"):
        evaluate_into(tmp_path / "b", agent, config, options={"at": Path("x")})


def test_a_damaged_line_is_named(tmp_path):
    evaluate_into(tmp_path, load_agent("template"), configuration(samples=3))
    path = tmp_path / "rows.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    for bad in ('{"index"\n', "[]\n", "{}\n"):
        path.write_text(lines[0] + bad + lines[2])
        with pytest.raises(EvaluationError, match=r"rows\.jsonl"):
            evaluate_into(tmp_path, load_agent("template"), configuration(samples=3), resume=True)


def test_less_than_is_there_is_not_gone_on_with(tmp_path):
    agent = load_agent("template")
    evaluate_into(tmp_path, agent, configuration(samples=3))
    with pytest.raises(EvaluationError, match="holds episode 2 already; go on with more than 2"):
        evaluate_into(tmp_path, agent, configuration(samples=2), resume=True)
    with pytest.raises(EvaluationError, match="has judged 3 programs already"):
        evaluate_into(tmp_path, agent, configuration(samples=4, budget=2), resume=True)
    assert json.loads((tmp_path / "config.json").read_text())["samples"] == 3


def test_what_cannot_be_evaluated_is_one_sentence():
    with pytest.raises(EvaluationError, match="RustCode-v0 has one kind of tasks, and no 'open'"):
        configuration(env="RustCode-v0", tasks="open")
    with pytest.raises(EvaluationError, match="budget of 2 programs begins no episode of 3 turns"):
        configuration(budget=2, turns=3)
    assert configuration(tasks="open") == configuration()


# ---------------------------------------------------------------- collecting


@pytest.mark.parametrize("complexity", [1, 4, 8])
def test_collected_contracts_are_accepted_different_and_complex_enough(tmp_path, complexity):
    agent = load_agent("template", min_complexity=complexity)
    counts = collect.collect_into(
        tmp_path / "out",
        agent,
        configuration(split="train", samples=12),
        min_complexity=complexity,
        on_rows=lambda _: None,
    )
    assert (counts.kept, counts.refused, counts.too_simple) == (12, 0, 0)
    files = sorted((tmp_path / "out").glob("*.compact"))
    examples = [json.loads(x) for x in (tmp_path / "out" / "examples.jsonl").open()]
    assert [f.read_text() for f in files] == [e["source"] for e in examples]
    assert len({" ".join(e["source"].split()) for e in examples}) == 12
    assert all(e["complexity"] >= complexity for e in examples)


def test_an_agent_that_cannot_ends_with_its_counts(tmp_path):
    counts = collect.collect_into(
        tmp_path / "out",
        load_agent("random"),
        configuration(agent="random", split="train", samples=2),
        min_complexity=1,
        on_rows=lambda _: None,
    )
    assert counts.kept == 0
    assert counts.refused == counts.drawn == 2 * collect.ATTEMPTS_PER_PROGRAM
    assert "0 of 2 written, from 40 drawn (40 refused)" in str(counts)


@pytest.mark.parametrize(
    ("env", "suffix"),
    [("RustCode-v0", ".rs"), ("PythonTests-v0", ".py"), ("VerilogModule-v0", ".v")],
)
def test_programs_of_every_language_are_collected(tmp_path, monkeypatch, env, suffix):
    """Their rows have no complexity; what judges them is tried where it is."""
    kept = {"prompt": "", "reward": 1.0, "task_id": "t", "task_key": "k", "toolchain": "x"}
    rows = [
        {**kept, "index": i, "source": f"{i}", "valid": True, "agent_error": None, "accepted": True}
        for i in range(2)
    ]
    monkeypatch.setattr(collect, "sample", lambda *_, **__: iter([rows]))
    config = configuration(env=env, agent="random", split="train", samples=2, toolchain="auto")
    counts = collect.collect_into(
        tmp_path / "out", load_agent("random"), config, min_complexity=1, on_rows=lambda _: None
    )
    assert counts.kept == 2
    assert {path.name for path in (tmp_path / "out").glob("0*")} == {
        f"000{n}{suffix}" for n in (1, 2)
    }
    (first, _) = (tmp_path / "out" / "examples.jsonl").read_text().splitlines()
    assert json.loads(first) == {"agent": "random", **kept, "source": "0"}


@pytest.mark.docker
def test_generate_judges_other_languages_by_their_own_reward(tmp_path):
    command = ["generate", "PythonReasoning-v0", "--agent", "random", "--num-samples", "1"]
    done = CliRunner().invoke(app, [*command, "--out", str(tmp_path / "out"), "--json"])
    assert done.exit_code == 1, done.output
    counts = json.loads(done.stdout)
    assert (counts["refused"], counts["failures"]) == (20, 0)
    config = json.loads((tmp_path / "out" / "summary.json").read_text())["config"]
    assert config["reward"] == "staged"


def test_collecting_into_a_used_folder_is_refused(tmp_path):
    (tmp_path / "0001.compact").write_text("precious")
    with pytest.raises(EvaluationError, match="not empty"):
        collect.collect_into(
            tmp_path,
            load_agent("template"),
            configuration(),
            min_complexity=1,
            on_rows=lambda _: None,
        )
    assert (tmp_path / "0001.compact").read_text() == "precious"


# ---------------------------------------------------------------- result files


def test_rows_survive_a_kill_in_the_middle_of_one(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"index": 0}\n{"index": 1}\n{"ind')
    with Rows(path) as rows:
        assert rows.kept == [{"index": 0}, {"index": 1}]
        rows.append({"index": 2, "text": "naïve ∀"})
    assert path.read_text().splitlines()[2] == '{"index": 2, "text": "naïve ∀"}'


def test_a_full_disk_leaves_the_rows_before_it(full_disk: Path):
    path = full_disk / "rows.jsonl"

    def fill(rows: Rows) -> None:
        for index in range(1000):
            rows.append({"index": index, "padding": "x" * 1000})

    with Rows(path) as rows, pytest.raises(OutputError, match="No space left on device"):
        fill(rows)
    lines = path.read_text().splitlines()
    assert [json.loads(line)["index"] for line in lines] == list(range(len(lines)))
    assert len(lines) > 10


def test_a_document_is_replaced_whole_or_not_at_all(full_disk: Path):
    path = full_disk / "summary.json"
    records.write_json(path, {"old": True})
    with pytest.raises(OutputError, match="No space left on device"):
        records.write_json(path, {"new": "x" * 200_000})
    assert json.loads(path.read_text()) == {"old": True}
    assert [p.name for p in full_disk.iterdir()] == ["summary.json"]


def test_a_file_in_the_way_of_a_folder_is_named(tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputError, match="out: File exists"):
        records.make_folder(tmp_path / "out")


# ---------------------------------------------------------------- tables


def test_the_table_shows_a_dash_for_what_is_undefined():
    assert report.percent_interval(summarise([]).compile_rate) == "–"
    assert report.number_interval(summarise([]).average_complexity) == "–"
    assert report.percent_interval(summarise([row(0)]).compile_rate) == "100.0 % [20.7, 100.0]"


def test_complexity_is_told_of_contracts_alone():
    from rich.console import Console

    def shown(language: str) -> str:
        console = Console(width=100, record=True, file=io.StringIO())
        summaries = {"agent": summarise([row(0, complexity=3)])}
        console.print(
            report.evaluation_table(summaries, title="t", reward="binary", language=language)
        )
        return console.export_text()

    assert "average complexity" in shown("compact")
    other = shown("verilog")
    assert "complexity" not in other
    assert "structures" not in other
    assert "mean reward" in other
    assert "paid binary" in other


# ---------------------------------------------------------------- some families


def test_of_some_families_all_that_is_held_out_is_tried():
    whole = configuration(env="RustCode-v0", toolchain="auto")
    some = configuration(env="RustCode-v0", toolchain="auto", families=["fold", "formula"])
    frozen, held_out = frozen_tasks(whole), frozen_tasks(some)
    assert [task.family for task in frozen].count("fold") == 5
    known = [
        variant
        for family in ("fold", "formula")
        for level in range(1, 6)
        for variant in rust.variants(family, level, "eval")
    ]
    assert len({task.key for task in held_out}) == len(held_out) == len(known) > 100
    assert {task.family for task in held_out} == {"fold", "formula"}
    # Whoever trains on them has met none.
    trained = {rust.sample(seed, families=["fold", "formula"]).key for seed in range(400)}
    assert not trained & {task.key for task in held_out}


def test_families_that_there_are_not_are_refused_in_a_sentence():
    with pytest.raises(ChoiceError, match="unknown family 'nothing'; there are: bits"):
        frozen_tasks(configuration(env="RustCode-v0", families=["nothing"]))
    with pytest.raises(EvaluationError, match="CompactContract-v0 has no families"):
        frozen_tasks(configuration(families=["auction"]))
