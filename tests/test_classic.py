"""`bench sb3`: three arms at equal programs, and what they come to."""

import json
import os
import signal
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType

import pytest
from conftest import need_module

need_module("sb3_contrib", "sb3")
need_module("scipy", "sb3")

from forgegym.agents.agent import AgentError, load_agent
from forgegym.agents.sb3 import RunLog
from forgegym.agents.search import FILE, Search, SearchAgent, signature
from forgegym.benchmarks import classic
from forgegym.benchmarks.classic import ARMS, COLUMNS, ClassicError, conduct, play
from forgegym.envs.grammars import writer
from forgegym.envs.tasks import compact as compact_tasks
from forgegym.envs.tasks import rust as rust_tasks
from forgegym.verifiers.verdict import Failure, FailureKind, Toolchain, Verdict

ENV = "CompactContract-v0"
TINY = {"iterations": 2, "num_envs": 4, "rollout": 40, "choices": 16, "hidden": 8, "difficulty": 1}


def test_a_search_takes_what_was_paid_best_on_average_for_the_signature():
    problem = writer("compact").problem(next(compact_tasks.tasks("train")).prompt)
    search = Search(0)
    assert search.best() == {}
    for taken, reward in (((1, 2), 1.0), ((1, 2), 0.0), ((3,), 0.7)):
        search.learn(problem, taken, reward)
    assert search.best() == {signature(problem): (3,)}


@pytest.mark.parametrize(("language", "tasks"), [("compact", compact_tasks), ("rust", rust_tasks)])
def test_what_a_search_found_answers_as_any_agent(
    tmp_path: Path, language: str, tasks: ModuleType
) -> None:
    known = writer(language)
    prompt = next(iter(tasks.tasks("train"))).prompt
    problem = known.problem(prompt)
    program = known.begin(problem, 40)
    while not program.finished:
        program.take(max(program.choices()))
    agent = SearchAgent({signature(problem): tuple(program.taken)}, steps=40)
    assert agent.generate([prompt], seeds=[0]) == [program.program()]
    (tmp_path / FILE).write_text(json.dumps(agent.to_json()))
    again = load_agent(f"search:{tmp_path}")
    assert again.name == "search"
    assert again.generate([prompt], seeds=[5]) == [program.program()]
    (tmp_path / FILE).write_text('{"steps": 40}')
    with pytest.raises(AgentError, match="cannot be read as a search"):
        load_agent(f"search:{tmp_path}")
    with pytest.raises(AgentError, match="holds no search"):
        load_agent(f"search:{tmp_path / 'none'}")
    with pytest.raises(AgentError, match="no option 'temperature'"):
        load_agent(f"search:{tmp_path}", temperature=0.5)


@pytest.mark.learning
def test_all_arms_are_measured_once_and_other_settings_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classic, "SETTINGS", {ENV: TINY})
    said: list[str] = []
    results = conduct([ENV], tmp_path / "study", seeds=2, say=said.append)
    assert len(said) == 4  # a line when one begins, and one when it has ended
    assert results[ENV]["seeds"] == 2
    for arm in ARMS:
        figures = results[ENV]["arms"][arm]["figures"]
        assert set(COLUMNS) <= set(figures)
        assert figures["compiles"]["value"] == 1.0
        assert 0.0 <= figures["eval_reward"]["low"] <= figures["eval_reward"]["high"] <= 1.0
    again = conduct([ENV], tmp_path / "study", seeds=2, say=said.append)
    assert again == results
    assert all(arm in classic.markdown(results) for arm in ARMS)
    classic.draw(results, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 0
    monkeypatch.setattr(classic, "SETTINGS", {ENV: {**TINY, "iterations": 3}})
    with pytest.raises(ClassicError, match="measured with other settings"):
        conduct([ENV], tmp_path / "study", seeds=1, say=said.append)


@pytest.mark.learning
def test_a_run_that_is_stopped_is_gone_on_with_and_not_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classic, "SETTINGS", {ENV: TINY})
    append = RunLog.append

    def then_interrupt(log: RunLog, row: dict[str, float]) -> None:
        append(log, row)
        os.kill(os.getpid(), signal.SIGINT)

    with monkeypatch.context() as patched:
        patched.setattr(RunLog, "append", then_interrupt)
        with pytest.raises(KeyboardInterrupt):
            conduct([ENV], tmp_path / "stopped", seeds=1, say=lambda _: None)
    assert not list(tmp_path.rglob("figures.json"))
    results = conduct([ENV], tmp_path / "stopped", seeds=1, say=lambda _: None)
    assert results == conduct([ENV], tmp_path / "whole", seeds=1, say=lambda _: None)


@pytest.mark.learning
def test_chance_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    config = classic.SB3Config(out=tmp_path, env=ENV, num_envs=4, choices=16)
    assert play(config, 6, None) == play(config, 6, None)


class Dead:
    """An environment whose machine has gone."""

    def __init__(self, prompt: str) -> None:
        self.prompt = prompt

    def reset(self, **_: object) -> tuple[tuple[str, ...], dict[str, object]]:
        return (self.prompt,) * 4, {}

    def step(self, texts: tuple[str, ...]) -> tuple[object, ...]:
        failure = Failure(FailureKind.SANDBOX, "compile", "the engine does not answer")
        verdict = Verdict("k", "d", Toolchain("x", "1"), (), failure=failure)
        infos = {"valid": [False] * 4, "verdict": [verdict] * 4, "solved": [False] * 4}
        return texts, [0.0] * 4, [], [], infos


@pytest.mark.parametrize(
    ("prompt", "said"),
    [(None, "judged none of 4 programs: the engine does not"), ("?", "that its grammar answers")],
)
def test_what_can_never_be_judged_is_not_tried_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prompt: str | None, said: str
) -> None:
    dead = Dead(prompt or next(compact_tasks.tasks("train")).prompt)
    monkeypatch.setattr(classic, "_text_env", lambda *_: nullcontext(dead))
    config = classic.SB3Config(out=tmp_path, env=ENV, num_envs=4, choices=16)
    with pytest.raises(ClassicError, match=said):
        play(config, 6, None)


@pytest.mark.docker
def test_tasks_that_no_grammar_can_answer_are_left_out(tmp_path: Path) -> None:
    # Only at the third of the five difficulties does `sets` ask for a type that the grammar has.
    config = classic.SB3Config(
        out=tmp_path, env="PythonReasoning-v0", num_envs=8, choices=10, families=("sets",)
    )
    answered = play(config, 4, None)
    assert len(answered) == 4
    assert all(each.compiled for each in answered)
