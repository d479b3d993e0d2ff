"""`forgegym play`: an episode by hand, as an agent would see it."""

from random import Random

import pytest
from typer.testing import CliRunner

from forgegym.agents.template import contract_for_prompt
from forgegym.cli import app
from forgegym.envs.tasks import compact

COMMON = ["CompactContract-v0", "--toolchain", "frontend", "--seed", "3"]


@pytest.fixture
def file(tmp_path):
    return tmp_path / "mine.compact"


def play(file, *arguments, said="", common=COMMON):
    where = [] if file is None else ["--file", str(file)]
    return CliRunner().invoke(app, ["play", *common, *where, *arguments], input=said)


def test_a_file_is_judged_turn_by_turn(file):
    file.write_text("export circuit")
    done = play(file, said="\n\nq\n", common=[*COMMON, "--turns", "3"])
    assert done.exit_code == 1
    task = compact.sample(3, split="train")
    assert task.prompt.splitlines()[0] in done.output
    assert "Attempt 1 of 3" in done.output
    assert "Attempt 2 of 3" in done.output
    assert done.output.count("reward 0.000") == 2
    assert file.read_text() == "export circuit"


def test_it_ends_when_solved_or_when_turns_are_spent(file):
    task = compact.sample(3, split="train")
    file.write_text(contract_for_prompt(Random(1), task.prompt))
    done = play(file, "--reward", "staged", said="\n")
    assert (done.exit_code, "solved" in done.output) == (0, True)
    file.write_text("no")
    done = play(file, "--turns", "1", said="\n\n\n")
    assert (done.exit_code, "the episode is over" in done.output) == (1, True)


def test_the_editor_and_other_keys(file, tmp_path, monkeypatch):
    editor = tmp_path / "editor.sh"
    editor.write_text('#!/bin/sh\necho "export circuit" > "$1"\n')
    editor.chmod(0o755)
    monkeypatch.setenv("VISUAL", str(editor))
    done = play(file, said="x\np\ne\nq\n")
    assert file.read_text() == "export circuit\n"
    assert done.output.count("Enter judges the file") == 2
    monkeypatch.setenv("VISUAL", "/nowhere/editor")
    done = play(file, said="e\n")
    assert (done.exit_code, "cannot be started" in done.output) == (1, True)


def test_a_file_that_is_no_text_costs_no_turn(file):
    file.write_bytes(b"\xff")
    done = play(file, said="\nq\n")
    assert "not UTF-8" in done.output
    assert "Attempt 1" not in done.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["CompactContract"], "did you mean"),
        ([*COMMON, "--task", "nothing"], "no"),
        ([*COMMON, "--task", "x", "--family", "y"], "--task names the task"),
        ([*COMMON, "--family", "nothing"], "unknown family"),
        ([*COMMON, "--reward", "nothing"], "unknown reward"),
        ([*COMMON, "--file", "/nowhere/at/all.compact"], "cannot be written"),
    ],
)
def test_wrong_input_is_one_sentence(arguments, said):
    done = play(None, common=arguments)
    assert done.exit_code == 2
    assert said in done.output
    assert done.output.count("\n") == 1
