"""What waits to become a step's program: the order it is given, and how each of the two that read
orders obeys one: a fork of the supervisor, and the images' `launch.c`.
"""

import errno
import itertools
import os
import resource
import struct
import subprocess
from pathlib import Path

import pytest

from forgegym.verifiers.sandbox import images
from forgegym.verifiers.sandbox.supervisor import kernel, reset, stage, step

MANY = 1 << 40
WANTED = {
    "argv": [b"/bin/sh", b"-c", b"exit 3", b""],
    "env": {b"NAME": b"a=b", b"EMPTY": b""},
    "requests": [],
    "cpu": 7,
    "file": 1000,
    "nofile": 50,
    "stack": 8 << 20,
}


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> reset.Box:
    monkeypatch.setattr(kernel, "hide_from_own_user", lambda **_: None)
    (tmp_path / "work").mkdir()
    found = reset.Box(["--work", str(tmp_path / "work")])
    found.ceilings = dict.fromkeys(found.ceilings, MANY)
    return found


def test_an_order_is_read_as_it_was_written(box: reset.Box) -> None:
    asked, limits, arguments, environment = stage._read(stage.encode_order(WANTED, box))
    assert (asked, arguments) == (0, WANTED["argv"])
    assert environment == {**box.environment, b"NAME": b"a=b", b"EMPTY": b""}
    assert sorted(limits) == sorted(
        [
            (resource.RLIMIT_CORE, 1, 1),
            (resource.RLIMIT_CPU, 7, 8),
            (resource.RLIMIT_FSIZE, 1000, 1000),
            (resource.RLIMIT_NOFILE, 50, 50),
            (resource.RLIMIT_STACK, 8 << 20, 8 << 20),
        ]
    )
    assert stage._read(stage.encode_order({**WANTED, "requests": [b"x"]}, box))[0] == 1


def test_no_limit_is_above_the_supervisors_own(box: reset.Box) -> None:
    box.ceilings[resource.RLIMIT_CPU] = 7
    box.ceilings[resource.RLIMIT_NOFILE] = 20
    box.ceilings[resource.RLIMIT_FSIZE] = resource.RLIM_INFINITY
    box.rlimits = [(resource.RLIMIT_NPROC, 9, 9)]
    limits = {what: rest for what, *rest in stage._read(stage.encode_order(WANTED, box))[1]}
    assert limits[resource.RLIMIT_CPU] == [7, 7]
    assert limits[resource.RLIMIT_NOFILE] == [20, 20]
    assert limits[resource.RLIMIT_FSIZE] == [1000, 1000]
    assert limits[resource.RLIMIT_NPROC] == [9, 9]


def test_what_the_launcher_has_beside_a_jobs_is_out_of_the_supervisors_way() -> None:
    assert stage.REQUESTS < stage.ANSWERS < stage.FAILED < stage.ORDERS < kernel.OWN_DESCRIPTORS


@pytest.mark.parametrize("of", ["posix_spawn", "pidfd_open", "pipe"])
def test_what_cannot_be_started_leaves_nothing(
    box: reset.Box, monkeypatch: pytest.MonkeyPatch, of: str
) -> None:
    box.launcher = ("/bin/sleep", "60")
    box.peak = kernel.Peak()
    calls = itertools.count()
    started: list[int] = []
    real = {name: getattr(os, name) for name in ("posix_spawn", "pidfd_open", "pipe")}

    def refused(*arguments: object, **options: object) -> object:
        if of == "pipe" and next(calls) < 4:
            return real["pipe"]()
        raise OSError(errno.EAGAIN, "no more")

    def spawn(*arguments: object, **options: object) -> int:
        started.append(real["posix_spawn"](*arguments, **options))
        return started[-1]

    monkeypatch.setattr(os, "posix_spawn", spawn)
    monkeypatch.setattr(os, of, refused)
    before = os.listdir("/proc/self/fd")
    with pytest.raises(OSError, match="no more"):
        stage.Stage(box)
    assert os.listdir("/proc/self/fd") == before
    assert len(started) == (of == "pidfd_open")
    for process in started:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)
    assert step._ahead(box) is None


def malformed(box: reset.Box) -> dict[str, bytes]:
    """Orders that no supervisor of ours writes, by what is wrong with them."""
    order = stage.encode_order(WANTED, box)
    asked, limits, arguments, variables = struct.unpack_from("=4q", order)

    def counts(*numbers: int) -> bytes:
        return struct.pack("=4q", *numbers) + order[32:]

    return {
        "a zero in a string": order.replace(b"exit 3", b"exit\0 3"),
        "one argument more": counts(asked, limits, arguments + 1, variables),
        "one argument fewer": counts(asked, limits, arguments - 1, variables),
        "many variables": counts(asked, limits, arguments, 1 << 60),
        "a negative number of arguments": counts(asked, limits, -1, variables),
        "many limits": counts(asked, 1 << 60, arguments, variables),
        "a negative number of limits": counts(asked, -1, arguments, variables),
        "an end within a string": order[:-3],
        "an end within the limits": order[:70],
    }


DEFECTS = (
    "a zero in a string", "one argument more", "one argument fewer", "many variables",
    "a negative number of arguments", "many limits", "a negative number of limits",
    "an end within a string", "an end within the limits",
)  # fmt: skip


def test_every_defect_is_tried(box: reset.Box) -> None:
    assert malformed(box).keys() == set(DEFECTS)


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_malformed_order_is_not_read(box: reset.Box, defect: str) -> None:
    with pytest.raises((ValueError, struct.error, OverflowError, MemoryError)):
        stage._read(malformed(box)[defect])


# ------------------------------------------------------------ launch.c


def launched(order: bytes) -> subprocess.CompletedProcess[bytes]:
    """What comes of an order: the program's output, or on the same stream the error's number."""
    # In a process of its own: the first of a container could begin no session.
    script = "/opt/forgegym/launch /tmp 65534 0 6<&0 5>&1 </dev/null 3</dev/null 4>&2; exit $?"
    command = ["docker", "run", "--rm", "--interactive", "--network", "none", "--entrypoint",
               "/bin/sh", images.tag("python"), "-c", script]  # fmt: skip
    return subprocess.run(command, input=order, capture_output=True)


@pytest.mark.docker
def test_the_launcher_becomes_the_program_under_its_limits(box: reset.Box) -> None:
    script = b"id -u; id -g; pwd; umask; echo $NAME; ulimit -t; ulimit -n; ulimit -c; ls /dev/fd/"
    done = launched(stage.encode_order({**WANTED, "argv": [b"/bin/sh", b"-c", script]}, box))
    user, group, folder, mask, name, cpu, files, core, *descriptors = done.stdout.decode().split()
    assert (user, group, folder, mask, name) == ("65534", "65534", "/tmp", "0077", "a=b")
    # Of blocks of 512 bytes, a core file of one byte has none.
    assert (cpu, files, core) == ("7", "50", "0")
    # The last is that of the folder itself.
    assert descriptors == ["0", "1", "2", "3"]
    assert done.returncode == 0


@pytest.mark.docker
def test_who_is_asked_keeps_the_descriptors_for_it(box: reset.Box) -> None:
    wanted = {**WANTED, "requests": [b"x"], "argv": [b"/bin/sh", b"-c", b"ls /dev/fd/"]}
    done = launched(stage.encode_order(wanted, box))
    assert done.stdout.split() == [b"0", b"1", b"2", b"3", b"4", b"5"]


@pytest.mark.docker
def test_the_launcher_says_why_it_cannot(box: reset.Box) -> None:
    missing = stage.encode_order({**WANTED, "argv": [b"/no/such/program"]}, box)
    done = launched(missing)
    assert (done.returncode, int(done.stdout)) == (stage.NOT_STARTED, errno.ENOENT)
    nothing = launched(b"")  # there is no step for it
    assert (nothing.returncode, nothing.stdout, nothing.stderr) == (stage.NOT_STARTED, b"", b"")


@pytest.mark.docker
@pytest.mark.parametrize("defect", DEFECTS)
def test_the_launcher_does_not_obey_a_malformed_order(box: reset.Box, defect: str) -> None:
    done = launched(malformed(box)[defect])
    assert (done.returncode, int(done.stdout)) == (stage.NOT_STARTED, errno.EINVAL)
