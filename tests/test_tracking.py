"""Logs that survive a kill, a display that needs no terminal, and a picture."""

import csv
import io

import pytest
from rich.console import Console

from forgegym.agents.checkpoint import CheckpointError
from forgegym.agents.tracking import (
    CSV_FILE,
    JSONL_FILE,
    Progress,
    RunLog,
    draw_curves,
    is_timing,
    read_rows,
)


def row(iteration, reward=0.5):
    return {"iteration": iteration, "avg_reward": reward, "tokens_per_s": 10.0}


def test_csv_and_jsonl_hold_the_same_rows(tmp_path):
    log = RunLog(tmp_path, upto=0)
    for i in (1, 2, 3):
        log.append(row(i, i / 10))
    with open(tmp_path / CSV_FILE, newline="") as file:
        table = [{k: float(v) for k, v in r.items()} for r in csv.DictReader(file)]
    assert table == read_rows(tmp_path) == [row(i, i / 10) for i in (1, 2, 3)]


def test_rows_past_the_saved_iteration_are_dropped(tmp_path):
    log = RunLog(tmp_path, upto=0)
    for i in (1, 2, 3):
        log.append(row(i))
    with open(tmp_path / JSONL_FILE, "a") as file:
        file.write('{"iteration": 4, "avg_re')  # what a kill leaves behind
    again = RunLog(tmp_path, upto=2)
    again.append(row(3, 0.9))
    assert [r["avg_reward"] for r in read_rows(tmp_path)] == [0.5, 0.5, 0.9]
    assert len((tmp_path / CSV_FILE).read_text().splitlines()) == 4


def test_a_log_that_lost_rows_is_refused(tmp_path):
    RunLog(tmp_path, upto=0).append(row(1))
    with pytest.raises(CheckpointError, match="holds 1 of the 2 iterations"):
        RunLog(tmp_path, upto=2)


def test_a_full_disk_is_one_sentence(tmp_path):
    log = RunLog(tmp_path, upto=0)
    (tmp_path / JSONL_FILE).unlink()
    (tmp_path / JSONL_FILE).symlink_to("/dev/full")
    with pytest.raises(CheckpointError, match="No space left on device"):
        log.append(row(1))


def test_timings_are_told_from_results():
    assert is_timing("tokens_per_s")
    assert is_timing("sample_s")
    assert not is_timing("avg_reward")
    assert not is_timing("clip_loss")


@pytest.mark.parametrize("terminal", [False, True])
def test_progress_shows_every_iteration(terminal):
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=100)
    columns = {"avg_reward": ("reward", ".2f")}
    with Progress(title="GRPO", total=3, done=1, columns=columns, console=console) as progress:
        progress.update(row(2, 0.25))
        progress.update(row(3, 0.75))
    shown = out.getvalue()
    assert "0.25" in shown
    assert "0.75" in shown
    assert "3/3" in shown


def test_without_a_terminal_there_are_no_control_codes():
    out = io.StringIO()
    columns = {"avg_reward": ("reward", ".2f")}
    console = Console(file=out, width=100)
    with Progress(title="GRPO", total=2, done=0, columns=columns, console=console) as progress:
        progress.update(row(1, 0.25))
    assert out.getvalue().startswith("GRPO 1/2: reward 0.25, ")
    assert "\x1b" not in out.getvalue()


def test_curves_are_a_png(tmp_path):
    path = tmp_path / "curves.png"
    draw_curves(
        [row(i, i / 9) for i in range(1, 10)],
        path,
        title="a run",
        panels={"reward": ("avg_reward",), "two": ("avg_reward", "tokens_per_s")},
    )
    assert path.read_bytes().startswith(b"\x89PNG")


def test_a_row_in_another_order_or_with_more_stands_under_its_own_headings(tmp_path):
    log = RunLog(tmp_path, upto=0)
    log.append(row(1, 0.1))
    log.append(dict(reversed(row(2, 0.2).items())))
    log.append({**row(3, 0.3), "entropy": 0.7})
    log.append({**row(4, 0.4), "entropy": 0.8})
    again = RunLog(tmp_path, upto=4)
    again.append({"entropy": 0.9, **row(5, 0.5)})
    with open(tmp_path / CSV_FILE, newline="") as file:
        table = list(csv.DictReader(file))
    assert [float(r["avg_reward"]) for r in table] == [0.1, 0.2, 0.3, 0.4, 0.5]
    assert [r["entropy"] for r in table] == ["", "", "0.7", "0.8", "0.9"]


@pytest.mark.parametrize("line", ["{broken", "[]", "3"])
def test_a_damaged_line_of_a_log_is_one_sentence(tmp_path, line):
    RunLog(tmp_path, upto=0).append(row(1))
    with open(tmp_path / JSONL_FILE, "a") as file:
        file.write(line + "\n")
    with pytest.raises(CheckpointError, match=r"Line 2 of .*metrics\.jsonl is no row of a log"):
        RunLog(tmp_path, upto=2)
