"""What TensorBoard and Weights & Biases hold of a run, read back with their own readers."""

import dataclasses
import json
import os
import shutil
import signal
import struct
import threading
import time

import pytest
from conftest import missing
from letters import LETTERS
from training import quiet

from forgegym.agents.reinforce import Reinforce, ReinforceConfig, train_reinforce
from forgegym.agents.trackers import TRACKERS, TrackerError, tracker_names, trackers
from forgegym.agents.tracking import is_timing, read_rows

SETTINGS = {"algorithm": "grpo", "seed": 5, "tasks": None}


def row(iteration, reward=0.5):
    return {"iteration": iteration, "avg_reward": reward, "iteration_s": 10.0}


def ignore(text):
    raise AssertionError(text)


# ------------------------------------------------------------------- what they hold


@pytest.fixture
def curves():
    """A function: folder -> metric -> its points, as TensorBoard shows them."""
    try:
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    except ImportError as error:
        missing("tensorboard", f"TensorBoard is not installed: {error}")

    def read(folder):
        events = EventAccumulator(str(folder / "tensorboard"))
        events.Reload()
        return {
            tag: [(e.step, pytest.approx(e.value)) for e in events.Scalars(tag)]
            for tag in events.Tags()["scalars"]
        }

    return read


@pytest.fixture
def parts(tmp_path, monkeypatch):
    """A function: folder -> the records of each of its offline runs, the oldest first."""
    try:
        from wandb.proto.wandb_internal_pb2 import Record
    except ImportError as error:
        missing("wandb", f"Weights & Biases is not installed: {error}")
    for name in [name for name in os.environ if name.startswith("WANDB_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_ERROR_REPORTING", "false")
    for name in ("CONFIG", "CACHE", "DATA"):
        monkeypatch.setenv(f"WANDB_{name}_DIR", str(tmp_path / "wandb-home"))

    def whole(file):
        # W&B's own process writes the end of a run after the run was told that it is over.
        deadline = time.monotonic() + 60
        while True:
            records = [Record.FromString(record) for record in _records(file.read_bytes())]
            if any(record.WhichOneof("record_type") == "exit" for record in records):
                return records
            assert time.monotonic() < deadline, f"{file} has no end"
            time.sleep(0.01)

    def read(folder):
        folders = sorted(folder.glob("wandb/offline-run-*"))
        return [whole(file) for part in folders for file in part.glob("*.wandb")]

    return read


def _records(content):
    """LevelDB's log format after a head of 7 bytes: records in blocks of 32 kB, the long ones in
    pieces (https://github.com/google/leveldb/blob/main/doc/log_format.md)."""
    at, record = 7, b""
    while at + 7 <= len(content):
        room = 32768 - at % 32768
        if room < 7:  # padding
            at += room
            continue
        _, length, kind = struct.unpack_from("<IHB", content, at)  # checksum, bytes, piece
        if at + 7 + length > len(content):
            return  # it is being written
        record += content[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):  # the whole, or its last piece
            yield record
            record = b""


def history(records):
    """The rows in a part of a run, without what W&B adds."""
    rows = []
    for record in records:
        if record.WhichOneof("record_type") == "history":
            items = {(i.key or i.nested_key[0]): i.value_json for i in record.history.item}
            metrics = {k: json.loads(v) for k, v in items.items() if not k.startswith("_")}
            rows.append({"iteration": int(items["_step"]), **metrics})
    return rows


def begun(records):
    (found,) = (r.run for r in records if r.WhichOneof("record_type") == "run")
    return found


def exit_code(records):
    (found,) = (r.exit for r in records if r.WhichOneof("record_type") == "exit")
    return found.exit_code


# ------------------------------------------------------------------- which


def test_trackers_are_named_in_one_word_each():
    assert tracker_names("") == ()
    assert tracker_names("tensorboard") == ("tensorboard",)
    assert tracker_names("wandb, tensorboard,wandb") == ("wandb", "tensorboard")


@pytest.mark.parametrize("track", ["weights", "tensorboard,", "none", " "])
def test_an_unknown_tracker_is_refused_when_the_configuration_is_made(tmp_path, track):
    with pytest.raises(ValueError, match=r"^track is tensorboard, wandb or several .*, not '"):
        ReinforceConfig(out=tmp_path, track=track)


@pytest.mark.parametrize("folder", [False, True])
def test_a_missing_package_is_refused_with_the_command_that_installs_it(
    tmp_path, monkeypatch, folder
):
    """Also where a folder of its name makes it look as if it could be imported."""
    monkeypatch.setitem(TRACKERS, "absent_tracker", Brittle)
    monkeypatch.syspath_prepend(tmp_path)
    if folder:
        (tmp_path / "absent_tracker").mkdir()
    with pytest.raises(ValueError, match=r"pip install 'forgegym\[absent_tracker\]'"):
        ReinforceConfig(out=tmp_path, track="absent_tracker")


# ------------------------------------------------------------------- TensorBoard


def test_tensorboard_has_each_row_as_soon_as_it_is_logged(tmp_path, curves):
    with trackers("tensorboard", tmp_path, settings=SETTINGS, rows=(), say=ignore) as track:
        for i in (1, 2):
            track(row(i, i / 10))
            shown = curves(tmp_path)
            assert shown["avg_reward"] == [(k, k / 10) for k in range(1, i + 1)]
            assert shown["iteration_s"] == [(k, 10.0) for k in range(1, i + 1)]
    assert set(curves(tmp_path)) == {"avg_reward", "iteration_s"}


def test_tensorboard_shows_each_iteration_of_a_killed_and_resumed_run_once(tmp_path, curves):
    killed = TRACKERS["tensorboard"](tmp_path, SETTINGS, ())
    for i in (1, 2, 3, 4):
        killed.log(row(i, i / 10))
    # Iterations 3 and 4 were shown and not saved.
    rows = (row(1, 0.1), row(2, 0.2))
    with trackers("tensorboard", tmp_path, settings=SETTINGS, rows=rows, say=ignore) as track:
        assert curves(tmp_path)["avg_reward"] == [(1, 0.1), (2, 0.2)]
        track(row(3, 0.9))
    assert curves(tmp_path)["avg_reward"] == [(1, 0.1), (2, 0.2), (3, 0.9)]


def test_tensorboard_begun_in_the_middle_of_a_run_has_the_rows_before(tmp_path, curves):
    rows = (row(1, 0.1), row(2, 0.2))
    with trackers("tensorboard", tmp_path, settings=SETTINGS, rows=rows, say=ignore) as track:
        track(row(3, 0.3))
    assert curves(tmp_path)["avg_reward"] == [(1, 0.1), (2, 0.2), (3, 0.3)]


# ------------------------------------------------------------------- Weights & Biases


def test_wandb_has_the_rows_and_the_settings_and_prints_nothing(tmp_path, parts, capfd):
    out = tmp_path / "my-run"
    out.mkdir()
    with trackers("wandb", out, settings=SETTINGS, rows=(), say=ignore) as track:
        for i in (1, 2, 3):
            track(row(i, i / 10))
    assert capfd.readouterr() == ("", "")
    (records,) = parts(out)
    assert history(records) == [row(i, i / 10) for i in (1, 2, 3)]
    run = begun(records)
    assert (run.project, run.display_name) == ("forgegym", "my-run")
    assert run.run_id == (out / "wandb_id.txt").read_text()
    config = {item.key: json.loads(item.value_json) for item in run.config.update}
    assert {k: config[k] for k in SETTINGS} == SETTINGS
    assert exit_code(records) == 0


def test_wandb_goes_on_under_one_id_and_each_offline_part_has_the_whole_curve(tmp_path, parts):
    rows = [row(1, 0.1), row(2, 0.2)]
    with trackers("wandb", tmp_path, settings=SETTINGS, rows=(), say=ignore) as track:
        for done in rows:
            track(done)
    with trackers("wandb", tmp_path, settings=SETTINGS, rows=rows, say=ignore) as track:
        track(row(3, 0.3))
    first, second = parts(tmp_path)
    assert begun(first).run_id == begun(second).run_id
    assert history(first) == rows
    assert history(second) == [*rows, row(3, 0.3)]


def test_wandb_keeps_a_row_that_is_done_again_once_and_says_nothing(tmp_path, parts, capfd):
    """As when a run goes on whose last iterations the server has and the saved state has not."""
    with trackers("wandb", tmp_path, settings=SETTINGS, rows=(), say=ignore) as track:
        for i in (1, 2, 3, 2, 3, 4):
            track(row(i))
    (records,) = parts(tmp_path)
    assert history(records) == [row(1), row(2), row(3), row(4)]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_wandb_is_told_that_a_run_failed(tmp_path, parts, error):
    def fail():
        with trackers("wandb", tmp_path, settings=SETTINGS, rows=(), say=ignore) as track:
            track(row(1))
            raise error

    with pytest.raises(error):
        fail()
    (records,) = parts(tmp_path)
    assert history(records) == [row(1)]
    assert exit_code(records) == 1


# ------------------------------------------------------------------- what fails


class Brittle:
    """A third tracker, whose server goes away after one row."""

    def __init__(self, folder, settings, rows):
        self.rows, self.closed = [], []

    def log(self, row):
        if self.rows:
            raise ConnectionError("the server went away\nwith a long story")
        self.rows.append(row)

    def close(self, *, failed):
        self.closed.append(failed)
        raise ConnectionError("it is still away")


def test_a_tracker_that_fails_is_said_once_and_the_others_go_on(tmp_path, curves, monkeypatch):
    made, said = [], []

    def brittle(*args):
        made.append(Brittle(*args))
        return made[0]

    # Any module's name will do: it only has to be there.
    monkeypatch.setitem(TRACKERS, "json", brittle)
    with trackers("json,tensorboard", tmp_path, settings={}, rows=(), say=said.append) as track:
        for i in (1, 2, 3):
            track(row(i))
    assert said == [
        "json failed at iteration 2 (the server went away); the run goes on without it, and all "
        f"its rows are in {tmp_path}."
    ]
    assert made[0].closed == [True]
    assert [step for step, _ in curves(tmp_path)["avg_reward"]] == [1, 2, 3]


def test_a_tracker_that_cannot_be_closed_is_said(tmp_path, monkeypatch):
    said = []
    monkeypatch.setitem(TRACKERS, "json", Brittle)
    with trackers("json", tmp_path, settings={}, rows=(), say=said.append):
        pass
    assert said == ["json could not be closed (it is still away)."]


def test_event_files_that_cannot_be_written_do_not_end_a_run(tmp_path, curves, monkeypatch):
    said = []
    # TensorBoard's writer dies in a thread of its own, whose traceback is nothing to us.
    monkeypatch.setattr(threading, "excepthook", lambda args: None)
    with trackers("tensorboard", tmp_path, settings={}, rows=(), say=said.append) as track:
        track(row(1))
        shutil.rmtree(tmp_path / "tensorboard")
        (tmp_path / "tensorboard").write_text("")
        deadline = time.monotonic() + 60
        while not said:  # the thread's failure reaches us with a later row
            assert time.monotonic() < deadline
            track(row(2))
        track(row(3))
    assert len(said) == 1
    assert said[0].startswith("tensorboard failed at iteration 2 (")


def test_a_tracker_that_cannot_be_opened_is_refused_and_the_others_closed(tmp_path, monkeypatch):
    made = []

    def brittle(*args):
        made.append(Brittle(*args))
        return made[0]

    monkeypatch.setitem(TRACKERS, "json", brittle)
    (tmp_path / "tensorboard").write_text("")
    said = []
    with (
        pytest.raises(TrackerError, match=r"^tensorboard could not be started \(.+\); mend that"),
        trackers("json,tensorboard", tmp_path, settings={}, rows=(), say=said.append),
    ):
        pass
    assert made[0].closed == [True]


# ------------------------------------------------------------------- real runs


@pytest.fixture(scope="module")
def base(small_base):
    return small_base


def settings(out, base, **changes):
    defaults = {
        "env": LETTERS, "base": str(base), "iterations": 4, "samples": 8, "max_new_tokens": 8,
        "on_collapse": "ignore",
    }  # fmt: skip
    return ReinforceConfig(out=out, **{**defaults, **changes})


def results(rows):
    return [{k: v for k, v in r.items() if not is_timing(k)} for r in rows]


@pytest.mark.learning
def test_tracking_may_be_turned_on_for_the_rest_of_a_run_and_changes_none_of_it(
    tmp_path, base, curves, parts, monkeypatch
):
    whole = train_reinforce(settings(tmp_path / "whole", base), console=quiet())
    config = settings(tmp_path / "run", base)
    learn = Reinforce.learn

    def press_ctrl_c(self, batch, iteration):
        if iteration == 2:
            os.kill(os.getpid(), signal.SIGINT)
        return learn(self, batch, iteration)

    monkeypatch.setattr(Reinforce, "learn", press_ctrl_c)
    assert train_reinforce(config, console=quiet()).iterations == 2
    monkeypatch.setattr(Reinforce, "learn", learn)
    config = dataclasses.replace(config, track="tensorboard,wandb", resume=True)
    assert train_reinforce(config, console=quiet()).finished

    rows = read_rows(config.out)
    assert results(rows) == results(whole.rows)
    shown = curves(config.out)
    assert {"iteration", *shown} == rows[0].keys()
    for name, points in shown.items():
        assert [(r["iteration"], r[name]) for r in rows] == points
    (records,) = parts(config.out)
    assert history(records) == rows
    assert exit_code(records) == 0


@pytest.mark.learning
def test_ctrl_c_ends_the_record_of_a_run_cleanly_and_an_exception_as_failed(
    tmp_path, base, curves, parts, monkeypatch
):
    learn = Reinforce.learn

    def troubled(self, batch, iteration):
        if iteration == 2:
            os.kill(os.getpid(), signal.SIGINT)
        if iteration == 4:
            raise RuntimeError("a bug")
        return learn(self, batch, iteration)

    monkeypatch.setattr(Reinforce, "learn", troubled)
    config = settings(tmp_path / "run", base, track="tensorboard,wandb")
    assert not train_reinforce(config, console=quiet()).finished
    with pytest.raises(RuntimeError, match="a bug"):
        train_reinforce(dataclasses.replace(config, resume=True), console=quiet())

    rows = read_rows(config.out)
    stopped, failed = parts(config.out)
    assert (exit_code(stopped), exit_code(failed)) == (0, 1)
    assert history(stopped) == rows[:2]
    assert history(failed) == rows[:3]
    assert [step for step, _ in curves(config.out)["avg_reward"]] == [1, 2, 3]
