"""TensorBoard and Weights & Biases, read back from what they wrote; and a tracker that fails."""

import pytest
from training import quiet

from forgegym.agents import trackers
from forgegym.agents.grpo import GRPOConfig, train_grpo
from forgegym.agents.tracking import is_timing, read_rows


def config(small_base, out, **more):
    return GRPOConfig(
        out=out, base=str(small_base), reward="staged", samples=16, group_size=4, max_new_tokens=48,
        **more,
    )  # fmt: skip


def scalars(folder):
    """Name -> [(step, value)] of all event files, as TensorBoard shows them."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder / "tensorboard"))
    events.Reload()
    return {
        tag: [(event.step, event.value) for event in events.Scalars(tag)]
        for tag in events.Tags()["scalars"]
    }


@pytest.mark.parametrize(
    ("track", "names"),
    [("", []), ("tensorboard", ["tensorboard"]), ("wandb, tensorboard,", ["wandb", "tensorboard"])],
)
def test_trackers_are_named_with_commas(track, names):
    assert trackers.named(track) == names


def test_what_there_is_not_is_refused_in_a_sentence(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="no tracker 'mlflow'; there are tensorboard, wandb"):
        GRPOConfig(out=tmp_path, track="mlflow")
    monkeypatch.setattr(trackers.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r'pip install "forgegym\[wandb\]"'):
        GRPOConfig(out=tmp_path, track="wandb")


@pytest.mark.learning
def test_tensorboard_has_each_iteration_once_also_after_a_resume(tmp_path, small_base):
    out = tmp_path / "run"
    settings = {"decay_from": 1.0, "warmup": 0}
    train_grpo(config(small_base, out, iterations=4, track="tensorboard", **settings),
               console=quiet())  # fmt: skip
    rows = read_rows(out)
    found = scalars(out)
    assert [step for step, _ in found["train/avg_reward"]] == [1, 2, 3, 4]
    for name in rows[0]:
        if name != "iteration":
            kind = "timing" if is_timing(name) else "train"
            values = [value for _, value in found[f"{kind}/{name}"]]
            assert values == pytest.approx([row[name] for row in rows], rel=1e-5, abs=1e-6)

    # A writer that was killed after iteration 4, of which 2 were saved.
    with trackers.opened(["tensorboard"], out, {}, after=2, say=print) as track:
        for row in rows[2:]:
            track({**row, "avg_reward": 9.0})
    after = scalars(out)["train/avg_reward"]
    assert [step for step, _ in after] == [1, 2, 3, 4]
    assert [value for _, value in after[2:]] == [9.0, 9.0]


def wandb_records(content):
    """The records of an offline run's file: LevelDB's log format (blocks of 32 kB, each record with
    a checksum, a length and whether it is whole, a first, a middle or a last part) after a head of
    seven bytes."""
    assert content.startswith(b":W&B")
    at, parts = 7, b""
    while at + 7 <= len(content):
        if 32768 - at % 32768 < 7:  # no head fits into the rest of a block
            at += 32768 - at % 32768
            continue
        length, kind = int.from_bytes(content[at + 4 : at + 6], "little"), content[at + 6]
        parts += content[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):
            yield parts
            parts = b""


@pytest.mark.learning
def test_wandb_offline_holds_what_was_logged(tmp_path, small_base, monkeypatch, capfd):
    from wandb.proto import wandb_internal_pb2

    monkeypatch.setenv("WANDB_MODE", "offline")
    out = tmp_path / "run"
    train_grpo(config(small_base, out, iterations=3, track="wandb"), console=quiet())
    (path,) = (out / "wandb").glob("offline-run-*/run-*.wandb")
    history, settings = [], {}
    for data in wandb_records(path.read_bytes()):
        record = wandb_internal_pb2.Record()
        record.ParseFromString(data)
        if record.WhichOneof("record_type") == "history":
            items = record.history.item
            history.append({(i.key or i.nested_key[0]): i.value_json for i in items})
        elif record.WhichOneof("record_type") == "run":
            settings.update({item.key: item.value_json for item in record.run.config.update})
    rows = read_rows(out)
    assert [int(entry["_step"]) for entry in history] == [1, 2, 3]
    for entry, row in zip(history, rows, strict=True):
        assert float(entry["avg_reward"]) == pytest.approx(row["avg_reward"])
        assert float(entry["grad_norm"]) == pytest.approx(row["grad_norm"])
    assert settings["samples"] == "16"
    assert "wandb" not in capfd.readouterr().err  # nothing over the live table


class Falling:
    """A tracker whose second row finds a full disk."""

    closed = 0

    def __init__(self, folder, settings, *, after):
        self.rows = 0

    def log(self, row):
        self.rows += 1
        if self.rows == 2:
            raise OSError("no space left on device")

    def close(self):
        Falling.closed += 1


def test_a_tracker_that_fails_is_told_of_once_and_left_alone(tmp_path, monkeypatch):
    monkeypatch.setitem(trackers.TRACKERS, "falling", (Falling, "sys", "x"))
    said = []
    with trackers.opened(["falling"], tmp_path, {}, after=0, say=said.append) as track:
        for iteration in (1, 2, 3):
            track({"iteration": iteration})
    assert said == [
        "falling failed and is not used any more (no space left on device); the run goes on."
    ]


def test_trackers_are_closed_when_a_run_ends_by_an_error(tmp_path, monkeypatch):
    monkeypatch.setitem(trackers.TRACKERS, "falling", (Falling, "sys", "x"))
    before = Falling.closed

    def interrupted():
        with trackers.opened(["falling"], tmp_path, {}, after=0, say=print) as track:
            track({"iteration": 1})
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert Falling.closed == before + 1
