"""`forgegym demo`, cut down to two iterations: everything it shows and leaves behind."""

import json

import pytest
from typer.testing import CliRunner

from forgegym.benchmarks import demo
from forgegym.cli import app


def test_a_demo_never_writes_over_another(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert str(demo.new_folder()) == "runs/demo"
    (tmp_path / "runs" / "demo").mkdir(parents=True)
    assert str(demo.new_folder()) == "runs/demo-2"
    (tmp_path / "runs" / "demo-2").mkdir()
    assert str(demo.new_folder()) == "runs/demo-3"


def test_a_demo_has_an_iteration_at_least(tmp_path):
    result = CliRunner().invoke(app, ["demo", "--out", str(tmp_path / "d"), "--iterations", "0"])
    assert result.exit_code == 2
    assert "--iterations" in result.stderr
    assert not (tmp_path / "d").exists()


def test_the_contracts_shown_differ_in_structure_and_solve_their_task_where_any_do():
    def row(index, structure, solved=False, accepted=True, complexity=4):
        return {
            "index": index,
            "structures": [structure],
            "solved": solved,
            "accepted": accepted,
            "complexity": complexity,
        }

    rows = [
        row(0, "if if if"),
        row(1, "if if if", solved=True),
        row(2, "loop(if) if"),
        row(3, "?", accepted=False),
        row(4, "if", complexity=2),
        row(5, "else-if if"),
        row(6, "if-else if if"),
    ]
    assert [r["index"] for r in demo._examples(rows)] == [1, 2, 5]


@pytest.mark.learning
@pytest.mark.timeout(900)  # it may have to build the base policy first
def test_the_demo_shows_before_and_after_and_leaves_it_all(tmp_path):
    out = tmp_path / "demo"
    arguments = ["demo", "--out", str(out), "--iterations", "2", "--num-samples", "12"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output + repr(result.exception)
    for expected in ("base policy", "after GRPO", "commonest decision", "distinct-2", "curves:"):
        assert expected in result.stdout
    summary = json.loads((out / "summary.json").read_text())
    assert summary["before"]["samples"] == summary["after"]["samples"] == 12
    assert (out / "grpo" / "curves.png").read_bytes().startswith(b"\x89PNG")
    rows = [json.loads(line) for line in (out / "after" / "rows.jsonl").open()]
    accepted = {row["source"] for row in rows if row["accepted"]}
    assert {path.read_text() for path in (out / "contracts").glob("*.compact")} == accepted
