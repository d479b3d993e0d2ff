"""Two processes never write into one folder of results: the second is refused in one sentence."""

import errno
import fcntl
import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from forgegym.agents.lock import LOCK, FolderInUseError, files, working_in
from forgegym.cli import app

HOLD = """
import sys
from pathlib import Path
from forgegym.agents.lock import working_in
with working_in(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_process(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """At work in `folder`, until its standard input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def test_another_process_is_named_and_its_end_frees_the_folder(tmp_path):
    with another_process(tmp_path) as other:
        with (
            pytest.raises(FolderInUseError, match=rf"process \(pid {other.pid}\) is working in"),
            working_in(tmp_path),
        ):
            pass
        other.stdin.close()
        other.wait()
        assert list(tmp_path.iterdir()) == []
        with working_in(tmp_path):
            pass


def test_a_killed_process_locks_nobody_out(tmp_path):
    with another_process(tmp_path) as other:
        other.kill()
        other.wait()
        assert [path.name for path in tmp_path.iterdir()] == [LOCK]
        assert files(tmp_path) == set()
        with working_in(tmp_path):
            assert (tmp_path / LOCK).read_text() == f"{os.getpid()}\n"
    assert list(tmp_path.iterdir()) == []


def test_a_process_does_not_get_its_own_folder_twice(tmp_path):
    with (
        working_in(tmp_path),
        pytest.raises(FolderInUseError, match=f"pid {os.getpid()}"),
        working_in(tmp_path),
    ):
        pass


def test_what_a_process_starts_does_not_keep_its_lock(tmp_path):
    with working_in(tmp_path):
        child = subprocess.Popen(["sleep", "60"])
    try:
        with working_in(tmp_path):
            pass
    finally:
        child.kill()
        child.wait()


def test_where_the_filesystem_has_no_locks_work_goes_on(tmp_path, monkeypatch):
    def none(descriptor, operation):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", none)
    with working_in(tmp_path):
        (tmp_path / "result").touch()
    assert [path.name for path in tmp_path.iterdir()] == ["result"]


def test_of_many_that_come_and_go_one_at_a_time_is_in(tmp_path):
    """The lock is taken and removed all the time: one that was removed must lock nothing."""
    program = """
        import os, sys
        from pathlib import Path
        from forgegym.agents.lock import FolderInUseError, working_in
        folder, got = Path(sys.argv[1]), 0
        while got < 300:
            try:
                with working_in(folder):
                    os.close(os.open(folder / "inside", os.O_CREAT | os.O_EXCL))
                    os.unlink(folder / "inside")
                    got += 1
            except FolderInUseError:
                pass
    """
    command = [sys.executable, "-c", textwrap.dedent(program), str(tmp_path)]
    several = [subprocess.Popen(command) for _ in range(3)]
    assert [process.wait(timeout=60) for process in several] == [0, 0, 0]


EVAL = ("eval", "CompactContract-v0", "--agent", "random", "--toolchain", "frontend")


@pytest.mark.parametrize(
    "command",
    [
        (*EVAL, "--episodes", "2"),
        (*EVAL, "--episodes", "2", "--resume"),
        ("generate", "CompactContract-v0", "--agent", "template", "--toolchain", "frontend"),
        ("train", "grpo", "--set", "toolchain=frontend"),
        ("train", "grpo", "--set", "toolchain=frontend", "--resume"),
    ],
    ids=" ".join,
)
def test_a_command_leaves_a_folder_alone_that_another_process_works_in(tmp_path, command):
    folder = tmp_path / "work"
    folder.mkdir()
    with another_process(folder) as other:
        said = CliRunner().invoke(app, [*command, "--out", str(folder)])
        assert said.exit_code == 2, said.output
        expected = f"error: another process (pid {other.pid}) is working in {folder}"
        assert said.stderr.strip().splitlines() == [expected]
        assert files(folder) == set()


def test_an_evaluation_resumed_twice_at_once_plays_every_episode_once(tmp_path):
    """The first waits for its agent; the second would ask that for the same episodes."""
    agent = """
        import json, os, sys, time
        for line in sys.stdin:
            while not os.path.exists("go"):
                time.sleep(0.01)
            print(json.dumps({"id": json.loads(line)["id"], "program": "x"}), flush=True)
    """
    (tmp_path / "agent.py").write_text(textwrap.dedent(agent))
    command = [
        sys.executable, "-m", "forgegym", "eval", "CompactContract-v0", "--toolchain", "frontend",
        "--agent", f"process:{sys.executable} -S agent.py", "--set", "name=slow",
        "--episodes", "8", "--out", "work", "--resume",
    ]  # fmt: skip
    first = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL)
    try:
        rows = tmp_path / "work" / "rows.jsonl"
        deadline = time.monotonic() + 60
        while not rows.exists():
            assert first.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        second = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert second.returncode == 2
        assert second.stderr.strip() == (
            f"error: another process (pid {first.pid}) is working in work"
        )
        (tmp_path / "go").touch()
        assert first.wait(timeout=60) == 0
    finally:
        first.kill()
        first.wait()
    assert sorted(json.loads(line)["index"] for line in rows.open()) == list(range(8))
    assert {path.name for path in rows.parent.iterdir()} == {
        "config.json", "rows.jsonl", "summary.json"
    }  # fmt: skip
