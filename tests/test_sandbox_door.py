"""The way into a container beside the engine: who comes in, what is left, and what else works."""

import os
import re
import socket
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import pytest

from forgegym.verifiers.sandbox import docker, door, images
from forgegym.verifiers.sandbox.base import Job, Profile, Status, Step
from forgegym.verifiers.sandbox.door import Door
from forgegym.verifiers.sandbox.janitor import Janitor
from forgegym.verifiers.sandbox.owner import Owner


@pytest.fixture(autouse=True)
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files that is this test's alone."""
    folder = Path(tempfile.mkdtemp(prefix="door-"))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []
    folder.rmdir()


@pytest.fixture
def other():
    """A pair of sockets that stands for the engine's connection."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_who_knocks_comes_in_and_the_door_is_gone(empty: Path, other) -> None:
    made = Door()
    assert made.mount()["ReadOnly"] is True
    with socket.socket(socket.AF_UNIX) as supervisor:
        supervisor.connect(os.path.join(made.folder, "door"))
        line = made.wait(other[0], 5.0)
        assert line is not None
        with line:
            assert list(empty.iterdir()) == []
            supervisor.sendall(b"word")
            assert line.recv(10) == b"word"


def test_a_word_over_the_engine_closes_the_door(other) -> None:
    made = Door()
    other[1].sendall(b"ready")
    assert made.wait(other[0], 5.0) is None
    assert other[0].recv(10) == b"ready"


def test_nobody_comes(other) -> None:
    assert Door().wait(other[0], 0.01) is None


def test_a_door_behind_a_long_path_opens_as_well(empty: Path, monkeypatch, other) -> None:
    deep = empty / ("d" * 100)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    held = set(os.listdir("/proc/self/fd"))
    made = Door()
    monkeypatch.chdir(made.folder)  # as in a box, where its path is short
    with socket.socket(socket.AF_UNIX) as supervisor:
        supervisor.connect("door")
        monkeypatch.undo()
        line = made.wait(other[0], 5.0)
        assert line is not None
        line.close()
    assert set(os.listdir("/proc/self/fd")) == held
    assert list(deep.iterdir()) == []
    deep.rmdir()


class Came:
    """A transport whose supervisor has come in or not."""

    def __init__(self, beside_engine: bool) -> None:
        self.beside_engine = beside_engine


class Ready:
    """A box that is."""

    def __init__(self, transport: Came, opened: float) -> None:
        pass

    def ready(self, seconds: float) -> None:
        pass


@pytest.mark.parametrize(
    ("way", "why"),
    [("open", ""), ("no door", "TMPDIR .*full"), ("no mount", "files"), ("no entry", "connect")],
)
def test_whoever_loses_the_fast_way_is_told_once(monkeypatch, way: str, why: str) -> None:
    def start(self, door: Door | None) -> Came:
        if door is not None:
            door.close()
            if way == "no mount":
                raise docker._MountError
        return Came(door is not None and way != "no entry")

    def fail() -> None:
        raise OSError("the disk is full")

    if way == "no door":
        monkeypatch.setattr(docker, "Door", fail)
    monkeypatch.setattr(docker._Opener, "_start_with", start)
    monkeypatch.setattr(docker, "Box", Ready)
    opener = docker._Opener("image", Profile(), None, (), None, Janitor())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(3):
            opener.open_box()
    said = [str(warning.message) for warning in caught]
    assert len(said) == bool(why)
    assert all(re.search(why, text) for text in said)


def test_another_user_s_folder_is_not_used(empty: Path) -> None:
    squatted = empty / f"forgegym-{Owner.me()}"
    squatted.mkdir(mode=0o755)
    with pytest.raises(PermissionError, match="somebody else"):
        Door()
    squatted.rmdir()


def test_a_sweep_takes_the_folders_of_the_dead(empty: Path) -> None:
    child = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"],
                           capture_output=True, text=True, check=True)  # fmt: skip
    dead = empty / f"forgegym-{Owner(Owner.me().machine, int(child.stdout), '1')}" / "box"
    dead.mkdir(parents=True)
    alive = Door()
    door.sweep()
    assert not dead.exists()
    assert os.path.isdir(alive.folder)
    alive.close()


LOOK = """
import os
print(os.listdir("/run/forgegym"))
try:
    open("/run/forgegym/mine", "w")
except OSError as error:
    print(error.strerror)
"""


def job() -> Job:
    return Job((Step(("/usr/bin/python3", "-I", "-S", "-c", LOOK)),))


@pytest.mark.docker
def test_a_job_finds_an_empty_folder_that_it_cannot_write_to() -> None:
    with docker.open_docker(images.tag("python"), size=1) as pool:
        outcome = pool.run(job())
        assert outcome.last.stdout == b"[]\nNo such file or directory\n"
        (box,) = pool._idle
        assert box._transport._line is not None


@pytest.mark.docker
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("mount", lambda self: {"Type": "bind", "Source": "/no/such/folder",
                                 "Target": door.TARGET, "ReadOnly": True}), b""),
        (("inside", lambda: "/run/forgegym/elsewhere"), b"[]\nNo such file or directory\n"),
    ],
    ids=["the engine does not see our files", "the supervisor may not connect"],
)  # fmt: skip
def test_without_a_door_all_goes_over_the_engine(monkeypatch, change, said) -> None:
    name, instead = change
    monkeypatch.setattr(Door if name == "mount" else door, name, instead)
    with docker.open_docker(images.tag("python"), size=1) as pool:
        for _ in range(2):
            outcome = pool.run(job())
            assert outcome.last.stdout == said
            assert outcome.status is (Status.OK if said else Status.EXIT)
        (box,) = pool._idle
        assert box._transport._line is None
        assert box.uses == 2
