"""Studies: what their runs come to, and that one that was stopped goes on."""

import importlib
import json
import math
import re
from dataclasses import replace
from typing import get_type_hints

import pytest
import typer
from typer.testing import CliRunner

from forgegym.agents.settings import parsed
from forgegym.agents.tracking import JSONL_FILE
from forgegym.benchmarks.studies.catalogue import STUDIES
from forgegym.benchmarks.studies.duel import DuelConclusion, DuelStudy, summarise
from forgegym.benchmarks.studies.report import WINDOW, Conclusion, smooth
from forgegym.benchmarks.studies.runs import StudyError, in_turn
from forgegym.benchmarks.studies.study import Arm, Run, Study, best_window, iqm
from forgegym.benchmarks.studies.study import summarise as summarise_study
from forgegym.cli import app
from forgegym.cli.train import ALGORITHMS


def test_a_mean_of_the_middle_half():
    assert iqm([0.0, 0.5, 0.5, 0.5, 9.0]).value == 0.5
    estimate = iqm([0.1, 0.2, 0.3, 0.4, 0.9])
    assert estimate.value == pytest.approx(0.3)
    assert estimate.low < 0.3 < estimate.high
    same = iqm([0.7] * 5)
    assert same.low == same.value == same.high == pytest.approx(0.7)


def test_the_best_window_is_no_single_iteration():
    rows = [{"x": float(value)} for value in [0] * 10 + [1] * 10 + [0] * 9 + [5]]
    assert best_window(rows, "x") == 1.0


def test_a_curve_goes_on_over_iterations_that_have_no_value():
    rows = [{"entropy": value} for value in [math.nan] * 2 + [1.0, 3.0] + [math.nan] * 12]
    found = smooth(rows, "entropy")
    assert len(found) == len(rows)
    assert math.isnan(found[1])
    assert found[2:5] == [1.0, 2.0, 2.0]
    assert math.isnan(found[-1])


COMPARISONS = {name: study for name, study in STUDIES.items() if isinstance(study, Study)}


@pytest.mark.parametrize("study", COMPARISONS.values(), ids=COMPARISONS)
def test_every_arm_is_a_run_that_can_be_configured(study, tmp_path):
    for arm in study.arms:
        if arm.algorithm is None:
            continue
        module, kind, _, _ = ALGORITHMS[arm.algorithm]
        config = getattr(importlib.import_module(f"forgegym.agents.{module}"), kind)
        hints = get_type_hints(config)
        given = {"env": study.env, **study.common, **arm.settings}
        values = {name: parsed(name, str(value), hints[name]) for name, value in given.items()}
        made = config(out=tmp_path, **values)
        assert made.samples == study.common["samples"]


def test_help_names_every_study():
    command = typer.main.get_command(app)
    said = command.commands["study"].params[0].help
    assert set(STUDIES) == set(re.findall(r"[a-z]+", said)) - {"or"}


def test_a_line_is_said_when_a_run_begins_and_when_it_has_ended():
    said, begun = [], []

    def carry_out(run):
        begun.append(said[-1])
        return f"run {run}: fine"

    in_turn([1, 2, 3], 1, said.append, name=str, finished=[2].__contains__, carry_out=carry_out)
    assert begun == ["1 begins", "3 begins"]
    assert said[0] == "1 of 3 runs are there already"
    assert {"2/3 run 1: fine", "3/3 run 3: fine"} <= set(said)


@pytest.mark.learning
def test_a_study_goes_on_where_it_was_stopped(tmp_path, small_base):
    study = Study(
        name="small",
        question="Does a study work?",
        arms=(Arm("base", None), Arm("GRPO", "grpo")),
        common={"base": str(small_base), "samples": 16, "reward": "staged", "max_new_tokens": 48},
        iterations=6,
        rates=(1e-3, 4e-3),
        rate_iterations=2,
        evaluation_samples=32,
        watched={"length": "tokens a program"},
    )
    said = []
    conclusion = study.conduct(tmp_path, seeds=2, workers=2, say=said.append)
    assert sum("learning rate" in line for line in said) == 1
    arms = dict(conclusion.results["arms"])
    assert arms.pop("base")["learning_rate"] is None
    for arm in arms.values():
        assert len(arm["runs"]) == 2
        assert arm["learning_rate"] in study.rates
        assert arm["runs"][0]["sandbox_calls"] == 6 * 16
        assert arm["runs"][0] != arm["runs"][1]
    conclusion.draw(tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert "GRPO" in conclusion.markdown()
    assert re.search(r"^\| tokens a program, end \|  \| \d", conclusion.markdown(), re.M)

    # What is there is kept; what is missing is made again, and comes out the same.
    summary = tmp_path / "runs" / "GRPO" / "seed-1" / "eval-best" / "summary.json"
    before = json.loads(summary.read_text())["summary"]
    summary.unlink()
    again = study.conduct(tmp_path, seeds=2, workers=1)
    assert again.results == conclusion.results
    assert json.loads(summary.read_text())["summary"] == before

    with pytest.raises(StudyError, match="has no tiny base"):
        replace(study, env="Other-v0").conduct(tmp_path / "other", seeds=1, workers=1)
    with pytest.raises(StudyError, match="other settings"):
        STUDIES["rewards"].conduct(tmp_path, seeds=1, workers=1)


def trial(when, step, hidden, kills, validity):
    return {
        "when": when, "step": step, "hidden_rates": hidden, "kills": kills, "validity": validity,
        "solved": [float(share == 1.0) for share in hidden],
    }  # fmt: skip


def test_a_duel_is_summed_up_problem_by_problem(tmp_path):
    study = DuelStudy("small", "Does it rise?", {})
    start = trial("start", 0, [0.0, 0.5, 1.0, 0.5], [1.0, 1.0, 0.5, 0.0], [0.5, 1.0, 0.8, 1.0])
    runs = [
        {"evaluations": [start, trial("end", 9, [1.0] * 4, [1.0] * 4, [1.0] * 4)]},
        # The machine failed on one problem: it is left out, and the others keep their places.
        {"evaluations": [start, trial("end", 9, [None, 0.5, 1.0, 0.5], [0.0] * 4, [1.0] * 4)]},
    ]
    results = summarise(study, runs)
    first, last = results["moments"]
    assert first["hidden"]["value"] == 0.5
    assert first["solved"]["value"] == 0.25
    # Kills of a suite that is not valid enough are none.
    assert first["kills"]["value"] == pytest.approx((0.0 + 1.0 + 0.5 + 0.0) / 4)
    assert last["hidden"]["value"] == pytest.approx((4 + 2) / 7)
    assert results["rise"]["hidden"]["value"] == pytest.approx((1 + 0.5 + 0 + 0.5 + 0 + 0 + 0) / 7)
    assert results["rise"]["validity"]["value"] == pytest.approx(0.175)
    assert results["runs"][1]["hidden"] == [0.5, pytest.approx(2 / 3)]
    assert last["hidden"]["low"] <= last["hidden"]["value"] <= last["hidden"]["high"]
    json.dumps(results, allow_nan=False)

    conclusion = DuelConclusion(results)
    conclusion.draw(tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert "end - start" in conclusion.markdown()
    assert conclusion.table().row_count == 4


def test_a_duel_can_be_configured_as_its_study_says(tmp_path):
    given = [part for k, v in STUDIES["duel"].settings.items() for part in ("--set", f"{k}={v}")]
    command = ["train", "duel", "--out", str(tmp_path / "run"), "--settings", *given]
    said = CliRunner().invoke(app, command)
    assert said.exit_code == 0, said.output
    assert "stages = 5" in said.output
    assert "minibatches=4" in said.output


def test_programs_without_a_complexity_are_summed_up_as_well(tmp_path):
    """The languages whose tasks have hidden cases: their evaluations know no complexity."""
    study = replace(
        STUDIES["verilog"], arms=(Arm("base", None), Arm("GRPO", "grpo")), iterations=WINDOW
    )
    rates = {"compile_rate": 0.5, "solved_rate": 0.25, "mean_reward": 0.4}
    runs = []
    for arm in study.arms:
        run = Run(study, arm, 0, WINDOW, tmp_path / arm.name, {"samples": 8})
        for adapter in run.adapters:
            folder = run.folder / f"eval-{adapter}"
            folder.mkdir(parents=True)
            summary = {name: {"value": value} for name, value in rates.items()}
            (folder / "summary.json").write_text(json.dumps({"summary": summary}))
        runs.append(run)
    row = dict.fromkeys(("avg_reward", "compile_success_rate", "high_complexity_rate"), 0.5)
    row |= {"tokens": 100.0, "iteration_s": 1.0, "restores": 0.0}
    (runs[1].folder / JSONL_FILE).write_text((json.dumps(row) + "\n") * WINDOW)
    results = summarise_study(study, runs, {"base": None, "GRPO": None})
    for arm in results["arms"].values():
        assert arm["interquartile_means"]["best_solved"]["value"] == 0.25
    shown = Conclusion(results, {}).markdown()
    assert "does all asked" in shown
    assert "complexity" not in shown
