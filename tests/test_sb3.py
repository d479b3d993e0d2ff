"""Stable-Baselines3 on the discrete view: runs, their resumption, and what they leave as agents."""

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import need_module

need_module("sb3_contrib", "sb3")

from training import quiet

import forgegym  # noqa: F401  (registers)
from forgegym.agents.agent import Agent, AgentError, AnswerError, ErrorKind, load_agent
from forgegym.agents.checkpoint import CheckpointError
from forgegym.agents.grammar import UniformAgent
from forgegym.agents.sb3 import (
    BEST_ZIP,
    LATEST_ZIP,
    DiscreteVecEnv,
    JudgingFailedError,
    SB3Config,
    load_sb3_agent,
    make_view,
    train_sb3,
)
from forgegym.agents.tracking import CSV_FILE, PLOT_FILE, is_timing, read_rows
from forgegym.benchmarks.evaluate import evaluate
from forgegym.benchmarks.evaluation_config import EvaluationConfig
from forgegym.envs.tasks import compact as compact_tasks
from forgegym.envs.tasks import python as python_tasks
from forgegym.envs.tasks import rust as rust_tasks
from forgegym.verifiers.compact.toolchain import CompactVerifier
from forgegym.verifiers.verdict import Failure, FailureKind

SMALL = {
    "iterations": 3,
    "num_envs": 4,
    "rollout": 48,
    "choices": 20,
    "hidden": 16,
    "batch_size": 64,
    "epochs": 2,
    "replays": 500,
}
ALGORITHMS = ("maskable-ppo", "ppo", "a2c", "dqn")


def config(out: Path, **settings: object) -> SB3Config:
    return SB3Config(out=out, **{**SMALL, **settings})


def curve(out: Path) -> list[dict[str, float]]:
    return [{k: v for k, v in row.items() if not is_timing(k)} for row in read_rows(out)]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sb3") / "run"
    assert train_sb3(config(out), console=quiet()).finished
    return out


@pytest.mark.learning
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_run_leaves_nothing_outside_its_folder(tmp_path, monkeypatch, algorithm):
    elsewhere = tmp_path / "tmp"
    elsewhere.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(elsewhere))
    train_sb3(config(tmp_path / "run", algorithm=algorithm, iterations=1), console=quiet())
    assert not list(elsewhere.iterdir())


@pytest.mark.learning
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_resumed_run_is_the_run_that_nobody_touched(tmp_path, algorithm):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train_sb3(config(whole, algorithm=algorithm), console=quiet())
    short = config(parts, algorithm=algorithm, iterations=2)
    train_sb3(short, console=quiet())
    # What a run of more iterations would have left after the second.
    described = json.loads((parts / "config.json").read_text())
    (parts / "config.json").write_text(json.dumps({**described, "iterations": 3}))
    result = train_sb3(replace(short, iterations=3, resume=True), console=quiet())
    assert result.finished
    # DQN explores by the share of the run that is over, which was another one.
    same = curve(whole)[:1] if algorithm == "dqn" else curve(whole)
    assert curve(parts)[: len(same)] == same


@pytest.mark.learning
def test_the_same_seed_gives_the_same_run_and_another_seed_another(tmp_path, run):
    train_sb3(config(tmp_path / "again"), console=quiet())
    train_sb3(config(tmp_path / "other", seed=1), console=quiet())
    assert curve(tmp_path / "again") == curve(run)
    assert curve(tmp_path / "other") != curve(run)


@pytest.mark.learning
def test_a_run_leaves_its_configuration_its_figures_its_models_and_its_curves(run):
    described = json.loads((run / "config.json").read_text())
    assert described["algorithm"] == "maskable-ppo"
    assert described["reward"] == "guided"
    assert set(described["versions"]) >= {"stable-baselines3", "sb3-contrib", "torch"}
    rows = read_rows(run)
    assert [row["iteration"] for row in rows] == [1, 2, 3]
    assert all(row["programs"] > 0 and row["compile_success_rate"] == 1.0 for row in rows)
    assert all(row["replaced"] == 0.0 for row in rows)
    for name in (CSV_FILE, PLOT_FILE, BEST_ZIP, LATEST_ZIP):
        assert (run / name).stat().st_size > 0


@pytest.mark.learning
def test_a_folder_with_a_run_is_neither_overwritten_nor_gone_on_with_as_another(run):
    with pytest.raises(CheckpointError, match="already holds a run"):
        train_sb3(config(run), console=quiet())
    with pytest.raises(CheckpointError, match="learning_rate"):
        train_sb3(config(run, learning_rate=0.1, resume=True), console=quiet())


@pytest.mark.learning
def test_masked_choices_are_never_replaced_and_others_are(tmp_path):
    train_sb3(config(tmp_path / "ppo", algorithm="ppo"), console=quiet())
    assert all(row["replaced"] > 0.5 for row in read_rows(tmp_path / "ppo"))


@pytest.mark.learning
def test_maskable_ppo_learns_what_the_prompts_ask_for(tmp_path):
    """Chance is paid 0.07 on these tasks."""
    learnt = config(
        tmp_path, iterations=14, num_envs=16, rollout=96, choices=40, hidden=64,
        batch_size=256, epochs=5, learning_rate=2e-3,
    )  # fmt: skip
    rows = train_sb3(learnt, console=quiet()).rows
    first, last = rows[0]["avg_reward"], np.mean([row["avg_reward"] for row in rows[-3:]])
    assert last > 2 * first


@pytest.mark.learning
@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_every_kind_of_model_plays_as_an_agent(tmp_path, algorithm):
    train_sb3(config(tmp_path, algorithm=algorithm, iterations=1), console=quiet())
    agent = load_agent(f"sb3:{tmp_path}")
    assert isinstance(agent, Agent)
    (program,) = agent.generate([compact_tasks.BASE_TASKS[0].prompt], seeds=[1])
    assert CompactVerifier("frontend").verify(compact_tasks.BASE_TASKS[0], program).compiled


@pytest.mark.learning
def test_an_agents_program_depends_on_its_prompt_and_seed_alone(run):
    agent = load_sb3_agent(run / LATEST_ZIP)
    prompts = [task.prompt for task in list(compact_tasks.tasks("eval"))[:6]]
    together = agent.generate(prompts, seeds=range(6))
    assert together == [agent.generate([p], seeds=[s])[0] for s, p in enumerate(prompts)]
    assert agent.generate(prompts[:1], seeds=[6]) != together[:1]
    surest = load_sb3_agent(run, deterministic=True)
    assert surest.generate(prompts, seeds=range(6)) == surest.generate(prompts, seeds=range(6, 12))


@pytest.mark.learning
def test_it_is_evaluated_as_any_other_agent(run):
    evaluation = EvaluationConfig(
        "CompactContract-v0", "sb3", samples=8, toolchain="frontend", turns=2
    )
    rows = evaluate(load_agent(f"sb3:{run}"), evaluation)
    assert all(row["agent_error"] is None and row["compiled"] for row in rows)


@pytest.mark.learning
def test_a_folder_that_is_no_run_is_refused(tmp_path, run):
    with pytest.raises(AgentError, match="is no run of `train sb3`"):
        load_agent(f"sb3:{tmp_path}")
    (tmp_path / "config.json").write_bytes((run / "config.json").read_bytes())
    (tmp_path / BEST_ZIP).write_bytes(b"not a zip")
    with pytest.raises(CheckpointError, match="is not a model of maskable-ppo"):
        load_agent(f"sb3:{tmp_path}")


def test_chance_writes_programs_of_any_language_and_the_same_for_the_same_seed():
    agent = load_agent("grammar")
    assert isinstance(agent, UniformAgent)
    prompt = next(rust_tasks.tasks("eval")).prompt
    first, again, other = agent.generate([prompt] * 3, seeds=[1, 1, 2])
    assert first == again != other
    assert first.startswith("pub fn ")


def test_an_agent_says_what_it_cannot_write():
    agent = load_agent("grammar")
    with pytest.raises(AnswerError, match="shows nothing that a grammar could write"):
        agent.generate(["Write me a poem."], seeds=[0])
    with pytest.raises(AnswerError, match="the Rust grammar has no type BTreeMap") as refused:
        agent.generate([rust_tasks.get("rust/sets/4/train-0").prompt], seeds=[0])
    assert refused.value.kind is ErrorKind.REFUSED
    with pytest.raises(AnswerError, match="a type's arguments end with ]"):
        agent.generate([python_tasks.get("python/records/5/eval-0").prompt], seeds=[0])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"algorithm": "sarsa"}, "algorithm is one of ppo, a2c"),
        ({"env": "PythonTests-v0"}, "no discrete view of 'PythonTests-v0'"),
        ({"rollout": 0}, "rollout must be at least 1"),
        ({"learning_rate": 0.0}, "learning_rate must be above 0"),
        ({"gamma": 1.5}, "gamma and gae_lambda"),
    ],
)
def test_settings_that_cannot_be_are_said(tmp_path, settings, message):
    with pytest.raises(ValueError, match=message):
        config(tmp_path, **settings)


class Broken(CompactVerifier):
    """The front end, on a machine that fails."""

    def verify_all(self, submissions):
        failure = Failure(FailureKind.SANDBOX, "compile", "the disk is full")
        return [replace(v, failure=failure) for v in super().verify_all(submissions)]


def test_a_program_that_the_machine_cannot_judge_is_not_learnt_from(tmp_path):
    view = make_view(config(tmp_path, choices=10))
    for env in view.code.envs:
        env.verifier = Broken("frontend")
    env = DiscreteVecEnv(view)
    env.begin(0)
    rng = np.random.default_rng(0)

    def program() -> None:
        while not env.judged:
            masks = view.action_masks()
            env.step(np.array([rng.choice(np.flatnonzero(mask)) for mask in masks]))

    with pytest.raises(JudgingFailedError, match="the disk is full"):
        program()
    env.close()
