"""L22 and the life of boxes: what is left when jobs, trainers or the engine end badly.

The full trials are `forgegym bench soak`; these are short ones of the same code.
"""

import os
import shlex
import signal
import subprocess
import sys
import threading
import time

import pytest
import requests
from docker.errors import APIError, NotFound

from forgegym.benchmarks.speed import soak
from forgegym.verifiers.sandbox import cgroup, images, undertaker
from forgegym.verifiers.sandbox.base import Job, Profile, Step
from forgegym.verifiers.sandbox.bubblewrap import open_bubblewrap
from forgegym.verifiers.sandbox.docker import (
    CONFLICT,
    LABEL,
    connect,
    container_options,
    remove,
    sweep,
)
from forgegym.verifiers.sandbox.janitor import Janitor
from forgegym.verifiers.sandbox.owner import Owner

BACKENDS = [
    pytest.param("docker", marks=pytest.mark.docker),
    pytest.param("bubblewrap", marks=pytest.mark.bubblewrap),
]


@pytest.mark.parametrize("backend", BACKENDS)
def test_nothing_is_left_of_many_jobs_some_of_them_hostile(backend: str) -> None:
    report = soak.soak(backend, jobs=300, hostile=0.05)
    assert report.wrong == []
    assert report.infra == 0
    assert report.left == soak.Left(0, 0, 0, 0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_boxes_that_serve_once_leave_nothing_either(backend: str) -> None:
    report = soak.soak(backend, jobs=20, hostile=0.2, reuse="never")
    assert report.wrong == []
    assert report.left == soak.Left(0, 0, 0, 0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_nothing_outlives_a_killed_trainer(backend: str) -> None:
    report = soak.kills(backend, times=3)
    assert report.wrong == []


_USED = """
import gc, os, time, gymnasium
from forgegym.benchmarks.speed.soak import left_by

def childless():
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return True
    return False

for ends in (lambda env: env.close(), lambda env: None):
    env = gymnasium.make("forgegym:PythonReasoning-v0", stages="code", sandbox={backend!r})
    env.reset(seed=0)
    env.step("x = 1")
    ends(env)
    del env
    gc.collect()
end = time.monotonic() + 30
# The thread that closes what was dropped goes on for a moment after its last box: with the
# undertaker, which is this process's child.
while not (left_by(os.getpid()).nothing and childless()) and time.monotonic() < end:
    time.sleep(0.05)
print(left_by(os.getpid()), childless())
"""


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_environment_leaves_nothing_whether_it_is_closed_or_dropped(backend: str) -> None:
    command = [sys.executable, "-W", "always::ResourceWarning", "-c", _USED.format(backend=backend)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"{soak.Left(0, 0, 0, 0)} True"
    assert "ResourceWarning" not in done.stderr


def test_a_janitor_goes_on_after_work_that_fails_and_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reported: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", reported.append)
    done: list[int] = []
    janitor = Janitor()
    janitor.later(lambda: done.append(1))
    janitor.later(lambda: 1 // 0)
    janitor.later(lambda: done.append(2))
    janitor.close()
    assert done == [1, 2]
    (report,) = reported
    assert report.exc_type is ZeroDivisionError
    assert report.thread is not None
    assert report.thread.name == "forgegym-end"


@pytest.mark.parametrize("error", [requests.exceptions.ConnectionError(), NotFound("it is gone")])
def test_an_engine_that_goes_away_while_a_box_is_removed_is_no_error(error: Exception) -> None:
    """docker-py wraps what requests raises in some of its calls, and not in `inspect_container`."""

    class Engine:
        @property
        def api(self) -> "Engine":
            return self

        def remove_container(self, *_: object, **__: object) -> None:
            response = requests.Response()
            response.status_code = CONFLICT
            raise APIError("removal is already in progress", response)

        def inspect_container(self, *_: object) -> None:
            raise error

    assert remove(Engine(), "box") is False


@pytest.mark.bubblewrap
def test_a_group_that_another_sweeps_up_holds_nothing() -> None:
    group = cgroup.create(cgroup.new_name())
    assert group is not None
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as inside:
        group.add(inside.pid)
        assert [cgroup.processes(folder) for folder in group.folders] == (
            [{inside.pid}] * len(group.folders)
        )
    group.remove()
    assert [cgroup.processes(folder) for folder in group.folders] == [set()] * len(group.folders)


@pytest.mark.bubblewrap
def test_a_forked_worker_that_is_killed_has_an_undertaker_of_its_own() -> None:
    if not cgroup.writable():
        pytest.skip("boxes have no control groups here, which could be left")
    with open_bubblewrap(size=1) as pool:
        child = os.fork()
        if child == 0:
            pool.run(Job((Step(("/bin/true",)),)))
            os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(child, 0)
        end = time.monotonic() + undertaker.SECONDS
        while left := [folder for folder in cgroup.folders() if f":{child}:" in folder.name]:
            if time.monotonic() > end:
                break
            time.sleep(0.05)
    assert left == []


@pytest.mark.docker
@pytest.mark.attacks
@pytest.mark.skipif(
    "FORGEGYM_RESTART_ENGINE" not in os.environ,
    reason="FORGEGYM_RESTART_ENGINE, a command, is not set: the engine is somebody's",
)
def test_an_engine_that_restarts_costs_no_job_its_result() -> None:
    command = shlex.split(os.environ["FORGEGYM_RESTART_ENGINE"])
    engine = subprocess.check_output(["pgrep", "-x", "dockerd"])
    report = soak.soak("docker", jobs=200, hostile=0.0, in_the_middle=soak.restart_engine(command))
    assert subprocess.check_output(["pgrep", "-x", "dockerd"]) != engine
    assert report.wrong == []
    assert report.statuses == {"ok": 200}
    assert report.left == soak.Left(0, 0, 0, 0)


@pytest.mark.docker
def test_a_sweep_takes_what_dead_owners_left_and_spares_the_living() -> None:
    client = connect()
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"],
                          capture_output=True, text=True, check=True)  # fmt: skip
    owners = {"dead": Owner(Owner.me().machine, int(dead.stdout), "1"), "alive": Owner.me()}
    made = {}
    for name, owner in owners.items():
        digest = images.digest_of(client, images.tag("python"))
        options = container_options(digest, Profile(), runtime=None, path=())
        options["labels"][f"{LABEL}.owner"] = str(owner)
        host = client.api.create_host_config(**options.pop("host"))
        made[name] = client.api.create_container(host_config=host, **options)["Id"]
    sweep(client)
    present = {c["Id"] for c in client.api.containers(all=True, filters={"label": LABEL})}
    client.api.remove_container(made["alive"], force=True)
    assert made["dead"] not in present
    assert made["alive"] in present


def test_an_owner_is_told_apart_from_a_later_process_of_its_number() -> None:
    me = Owner.me()
    assert not me.dead
    assert Owner.read(str(me)) == me
    assert Owner(me.machine, me.pid, "1").dead
    assert not Owner("another machine", me.pid, "1").dead
    assert Owner.read("nonsense") is None
