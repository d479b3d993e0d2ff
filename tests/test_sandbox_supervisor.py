"""The parts of what runs as process 1 of a box, one by one and without a box: its filter of system
calls, its counters, its broom, and its steps over plain processes.
"""

import contextlib
import errno
import os
import re
import socket
import stat
import struct
import subprocess
import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import missing

from forgegym.verifiers.sandbox import images
from forgegym.verifiers.sandbox.base import MIB, Job, Limits, Outcome, Profile, Status, Step
from forgegym.verifiers.sandbox.pool import Pool
from forgegym.verifiers.sandbox.supervisor import kernel, reset, seccomp, step
from forgegym.verifiers.sandbox.unsafe import UnsafeWarning, open_unsafe

# ------------------------------------------------------------ system calls

ALLOW, KILL = 0x7FFF0000, 0x80000000  # linux/seccomp.h
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # linux/audit.h
I386 = 0x40000003
# The kernel's own tables: arch/x86/entry/syscalls/syscall_64.tbl, asm-generic/unistd.h.
NUMBERS = {
    "x86_64": {
        "read": 0, "write": 1, "mmap": 9, "ioctl": 16, "shmget": 29, "dup2": 33, "socket": 41,
        "socketpair": 53, "semget": 64, "msgget": 68, "memfd_secret": 447, "clone": 56,
        "fork": 57, "execve": 59, "kill": 62, "ptrace": 101, "mount": 165,
        "futex": 202, "keyctl": 250, "openat": 257, "unshare": 272, "setns": 308,
        "process_vm_readv": 310, "bpf": 321, "userfaultfd": 323, "perf_event_open": 298,
        "memfd_create": 319, "io_uring_setup": 425, "pidfd_open": 434, "clone3": 435,
        "openat2": 437,
    },
    "aarch64": {
        "read": 63, "write": 64, "mmap": 222, "ioctl": 29, "socket": 198, "socketpair": 199,
        "shmget": 194, "semget": 190, "msgget": 186, "memfd_secret": 447, "clone": 220,
        "execve": 221, "kill": 129, "ptrace": 117, "mount": 40, "futex": 98,
        "keyctl": 219, "openat": 56, "unshare": 97, "setns": 268, "process_vm_readv": 270,
        "bpf": 280, "userfaultfd": 282, "perf_event_open": 241, "memfd_create": 279,
        "io_uring_setup": 425, "pidfd_open": 434, "clone3": 435, "openat2": 437,
    },
}  # fmt: skip
PLAIN = ("read", "write", "mmap", "openat", "openat2", "execve", "kill", "futex", "pidfd_open")
REFUSED = ("ptrace", "mount", "keyctl", "unshare", "setns", "process_vm_readv", "bpf",
           "userfaultfd", "perf_event_open", "io_uring_setup", "memfd_create", "memfd_secret",
           "shmget", "semget", "msgget")  # fmt: skip
MACHINES = pytest.mark.parametrize("machine", sorted(NUMBERS))
# linux/sched.h
CLONE_VM, CLONE_FS, CLONE_THREAD, SIGCHLD = 0x100, 0x200, 0x10000, 17
NAMESPACES = {
    "NS": 0x20000, "CGROUP": 0x2000000, "UTS": 0x4000000, "IPC": 0x8000000, "USER": 0x10000000,
    "PID": 0x20000000, "NET": 0x40000000,
}  # fmt: skip


def refused(error: int) -> int:
    return 0x00050000 | error


def filtered(machine: str, call: str | int, *arguments: int, architecture: int = 0) -> int:
    """What the filter for `machine` returns, run as the kernel would (seccomp(2), bpf(4))."""
    number = NUMBERS[machine][call] if isinstance(call, str) else call
    where = architecture or ARCHITECTURES[machine]
    data = struct.pack("<IIQ6Q", number, where, 0, *arguments, *[0] * (6 - len(arguments)))
    code = list(struct.iter_unpack("<HBBI", seccomp.program(machine)))
    value, at = 0, 0
    while True:
        instruction, yes, no, constant = code[at]
        at += 1
        if instruction == 0x20:
            (value,) = struct.unpack_from("<I", data, constant)
        elif instruction == 0x06:
            return int(constant)
        else:
            holds = {0x15: value == constant, 0x35: value >= constant, 0x45: value & constant}
            at += yes if holds[instruction] else no


@MACHINES
@pytest.mark.parametrize("call", PLAIN)
def test_what_programs_need_is_allowed(machine: str, call: str) -> None:
    assert filtered(machine, call) == ALLOW


@MACHINES
@pytest.mark.parametrize("call", REFUSED)
def test_what_no_program_needs_is_refused(machine: str, call: str) -> None:
    assert filtered(machine, call) == refused(errno.EPERM)


@MACHINES
@pytest.mark.parametrize("flags", [SIGCHLD, CLONE_VM | CLONE_FS | CLONE_THREAD, 0x3D0F00])
def test_processes_and_threads_may_be_started(machine: str, flags: int) -> None:
    assert filtered(machine, "clone", flags) == ALLOW


@MACHINES
@pytest.mark.parametrize("namespace", sorted(NAMESPACES))
def test_no_process_is_started_in_a_namespace_of_its_own(machine: str, namespace: str) -> None:
    flags = NAMESPACES[namespace] | SIGCHLD
    assert filtered(machine, "clone", flags) == refused(errno.EPERM)


@MACHINES
def test_the_call_whose_flags_cannot_be_seen_is_said_not_to_exist(machine: str) -> None:
    assert filtered(machine, "clone3") == refused(errno.ENOSYS)


SOCKETS = pytest.mark.parametrize("call", ["socket", "socketpair"])


@MACHINES
@SOCKETS
def test_sockets_between_a_jobs_own_processes_are_allowed(machine: str, call: str) -> None:
    assert filtered(machine, call, socket.AF_UNIX, socket.SOCK_STREAM) == ALLOW


@MACHINES
@SOCKETS
@pytest.mark.parametrize(
    "family", [0, 2, 3, 10, 16, 17, 29, 30, 38, 40, 44, 255], ids="family {}".format
)
def test_sockets_that_leave_traces_or_lead_to_the_host_are_not_there(
    machine: str, call: str, family: int
) -> None:
    assert filtered(machine, call, family) == refused(errno.EAFNOSUPPORT)


@MACHINES
@pytest.mark.parametrize("request_number", [0x5412, 0x541C], ids=["TIOCSTI", "TIOCLINUX"])
def test_nobody_types_into_a_terminal(machine: str, request_number: int) -> None:
    for upper_half in (0, 1 << 32):  # the kernel does not look at it
        answer = filtered(machine, "ioctl", 0, request_number | upper_half)
        assert answer == refused(errno.EPERM)


@MACHINES
@pytest.mark.parametrize("request_number", [0x5401, 0x5413, 0x541B])
def test_a_terminal_may_be_asked_about(machine: str, request_number: int) -> None:
    assert filtered(machine, "ioctl", 0, request_number) == ALLOW


@MACHINES
@pytest.mark.parametrize("call", ["read", "clone", "bpf"])
def test_calls_of_another_architecture_kill(machine: str, call: str) -> None:
    (other,) = ARCHITECTURES.keys() - {machine}
    assert filtered(machine, call, architecture=ARCHITECTURES[other]) == KILL
    assert filtered(machine, call, architecture=I386) == KILL


def test_the_second_table_of_x86_64_kills() -> None:
    for number in (0x40000000, 0x40000000 | 59, 0xFFFFFFFF):
        assert filtered("x86_64", number) == KILL


def test_an_unknown_machine_has_no_filter() -> None:
    with pytest.raises(KeyError):
        seccomp.program("m68k")


@MACHINES
def test_every_jump_stays_in_the_filter_and_every_way_ends(machine: str) -> None:
    code = list(struct.iter_unpack("<HBBI", seccomp.program(machine)))
    assert len(code) <= 4096  # BPF_MAXINSNS
    for at, (instruction, yes, no, _) in enumerate(code):
        if instruction in (0x15, 0x35, 0x45):
            assert at + 1 + max(yes, no) < len(code)
    assert code[-1][0] == 0x06


# ------------------------------------------------------------ counters


def open_below(folder: Path) -> list[str]:
    """The files in `folder` that this process holds open."""
    held = []
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            held.append(os.readlink(entry))
    return [path for path in held if path.startswith(str(folder))]


def counter(*places: tuple[Path, bytes]) -> kernel.Counter:
    return kernel.Counter(tuple((str(path), word) for path, word in places))


def test_a_counter_follows_its_file(tmp_path: Path) -> None:
    file = tmp_path / "memory.events"
    file.write_bytes(b"low 0\noom 7\noom_kill 2\noom_group_kill 9\n")
    kills = counter((file, b"oom_kill "))
    assert kills.read() == 2
    file.write_bytes(b"low 0\noom 7\noom_kill 13\noom_group_kill 9\n")
    assert kills.read() == 13


def test_a_counter_takes_the_first_place_that_has_it(tmp_path: Path) -> None:
    without, first, second = (tmp_path / name for name in ("without", "first", "second"))
    without.write_bytes(b"low 3\n")
    first.write_bytes(b"max 1\n")
    second.write_bytes(b"max 2\n")
    places = [(path, b"max ") for path in (tmp_path / "missing", without, first, second)]
    assert counter(*places).read() == 1


def test_where_nothing_counts_there_is_no_number(tmp_path: Path) -> None:
    (tmp_path / "without").write_bytes(b"low 3\n")
    assert counter((tmp_path / "missing", b"max "), (tmp_path / "without", b"max ")).read() is None
    assert counter().read() is None


def test_a_counter_that_does_not_count_holds_no_file_open(tmp_path: Path) -> None:
    (tmp_path / "without").write_bytes(b"low 3\n")
    counter((tmp_path / "without", b"max "))
    assert open_below(tmp_path) == []


MEMORY = 100 << 20


def memory_kills(folder: Path, version: int, *, peak: int = 0) -> kernel.MemoryKills:
    """What a cgroup of `version` in `folder` counts; 0: a kernel that tells nothing but kills."""
    events, usage = folder / "memory.events", folder / "memory.max_usage_in_bytes"
    events.write_text("oom 3\noom_kill 3\n")
    usage.write_text(f"{peak}\n")
    return kernel.MemoryKills(
        counter((events, b"oom_kill ")),
        counter(*[(events, b"oom ")] * (version == 2)),
        counter(*[(usage, b"")] * (version == 1)),
        MEMORY if version == 1 else None,
    )


@pytest.mark.parametrize(
    ("version", "events", "peak", "said"),
    [
        (2, "oom 3\noom_kill 3", 0, ""),
        (2, "oom 4\noom_kill 3", 0, ""),
        (2, "oom 4\noom_kill 4", 0, "memory"),
        (2, "oom 3\noom_kill 4", 0, "starved"),
        (1, "oom_kill 3", MEMORY, ""),
        (1, "oom_kill 4", MEMORY, "memory"),
        (1, "oom_kill 4", MEMORY - (1 << 20), "memory"),
        (1, "oom_kill 4", MEMORY // 2, "starved"),
        (0, "oom_kill 3", 0, ""),
        (0, "oom_kill 4", 0, "memory"),
    ],
)
def test_a_kill_is_for_the_boxs_own_limit_or_for_the_machines_want(
    tmp_path: Path, version: int, events: str, peak: int, said: str
) -> None:
    kills = memory_kills(tmp_path, version)
    before = kills.now()
    (tmp_path / "memory.events").write_text(f"{events}\n")
    (tmp_path / "memory.max_usage_in_bytes").write_text(f"{peak}\n")
    assert kills.since(before) == said


def test_a_box_that_was_near_its_limit_before_does_not_say_whose_want_it_is(tmp_path: Path) -> None:
    kills = memory_kills(tmp_path, 1, peak=MEMORY)
    before = kills.now()
    (tmp_path / "memory.events").write_text("oom_kill 4\n")
    assert kills.since(before) == "starved"


def test_outside_a_box_nobody_is_killed_for_memory() -> None:
    kills = kernel.MemoryKills.of_nobody()
    assert kills.since(kills.now()) == ""


# A supervisor whose cgroup is a file, and a job that writes into it.
OF_A_FILE = """
import os, sys
sys.path.insert(0, sys.argv[1])
from supervisor import kernel, reset, stage, step
events, work, program = sys.argv[2:]
box = reset.Box(["--work", work])
kills, at_limit = (kernel.Counter(((events, word),)) for word in (b"oom_kill ", b"oom "))
box.memory_kills = kernel.MemoryKills(kills, at_limit, kernel.Counter(()), None)
wanted = {"argv": [b"/bin/sh", b"-c", os.fsencode(program)], "stdin": b"", "requests": [],
          "env": {}, "us": 5_000_000, "cpu": 5, "output": 1000, "answer": 0, "answer_us": 0,
          "file": 1000, "nofile": 99, "stack": 8 << 20}
owner, _ = os.pipe()
result, _ = step.run(wanted, box, owner, stage.Stage(box))
print(result["status"], result["us"] < 4_000_000)
"""


@pytest.mark.parametrize(
    ("program", "status"),
    [
        ("echo oom 0; kill -9 $$", "signal"),
        ("printf 'oom 1\noom_kill 1\n' > {}; kill -9 $$", "memory"),
        ("printf 'oom 1\noom_kill 1\n' > {}; exec sleep 60", "memory"),
        ("printf 'oom 0\noom_kill 1\n' > {}; kill -9 $$", "starved"),
        ("printf 'oom 0\noom_kill 1\n' > {}; exit 1", "starved"),
        ("printf 'oom 0\noom_kill 1\n' > {}; exit 0", "starved"),
        ("printf 'oom 0\noom_kill 1\n' > {}; exec sleep 60", "starved"),
    ],
)
def test_a_step_ends_as_the_kernels_counters_say(tmp_path: Path, program: str, status: str) -> None:
    events, work = tmp_path / "memory.events", tmp_path / "work"
    events.write_text("oom 0\noom_kill 0\n")
    work.mkdir()
    command = [sys.executable, "-I", "-S", "-c", OF_A_FILE, str(images.SUPERVISOR.parent),
               str(events), str(work), program.format(events)]  # fmt: skip
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.split() == [status, "True"]


def test_an_own_descriptor_is_out_of_the_way_of_jobs(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"content")
    old = os.open(tmp_path / "a", os.O_RDONLY)
    moved = kernel.move_away(old)
    try:
        assert moved >= kernel.OWN_DESCRIPTORS
        assert not os.get_inheritable(moved)
        assert os.read(moved, 10) == b"content"
    finally:
        os.close(moved)


# ------------------------------------------------------------ emptying a place


def test_everything_in_a_place_goes_and_the_place_stays(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    (place / "file").write_text("")
    (place / "na\nme \udcff".encode("utf-8", "surrogateescape").decode("latin-1")).write_text("")
    (place / "folder" / "inner").mkdir(parents=True)
    (place / "folder" / "inner" / "file").write_text("")
    os.mkfifo(place / "pipe")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(place / "socket"))
    (place / "dangling").symlink_to("nowhere")
    (place / "loop").symlink_to("loop")
    (place / "closed").mkdir(mode=0)
    reset._empty(str(place))
    assert os.listdir(place) == []


def test_what_links_point_at_is_left_alone(tmp_path: Path) -> None:
    place, outside = tmp_path / "place", tmp_path / "outside"
    (place / "folder").mkdir(parents=True)
    outside.mkdir(mode=0o711)
    (outside / "file").write_text("kept")
    for folder in (place, place / "folder"):
        (folder / "link").symlink_to(outside)
        (folder / "file").hardlink_to(outside / "file")
    reset._empty(str(place))
    assert (outside / "file").read_text() == "kept"
    assert stat.S_IMODE(outside.stat().st_mode) == 0o711


def test_no_tree_is_too_deep(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    folder = os.open(place, os.O_RDONLY)
    for _ in range(1100):  # paths end at 4096 bytes, Python's recursion at 1000 calls
        os.mkdir("down", dir_fd=folder)
        inner = os.open("down", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    os.close(folder)
    reset._empty(str(place))
    assert os.listdir(place) == []


def test_too_many_entries_are_not_worth_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reset, "MAX_ENTRIES", 10)
    (tmp_path / "folder").mkdir()
    for number in range(10):
        (tmp_path / "folder" / str(number)).mkdir()
    with pytest.raises(OSError, match="too many entries"):
        reset._empty(str(tmp_path))


# ------------------------------------------------------------ putting and taking files


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> reset.Box:
    """A box around nothing but a work folder."""
    monkeypatch.setattr(kernel, "hide_from_own_user", lambda **_: None)
    (tmp_path / "work").mkdir()
    return reset.Box(["--work", str(tmp_path / "work")])


@pytest.fixture
def work(box: reset.Box) -> Path:
    return Path(box.work)


def test_files_are_put_for_the_job_alone(box: reset.Box, work: Path) -> None:
    assert box.put({b"main": b"1", b"src/lib.rs": b"2", b"src/bin/a": b""}) == ""
    assert (work / "main").read_bytes() == b"1"
    assert (work / "src/lib.rs").read_bytes() == b"2"
    assert stat.S_IMODE((work / "src/bin").stat().st_mode) == 0o700
    assert stat.S_IMODE((work / "src/lib.rs").stat().st_mode) == 0o700


def test_files_that_do_not_go_in_are_told_and_nothing_is_written_through_them(
    box: reset.Box, work: Path, tmp_path: Path
) -> None:
    (tmp_path / "outside").write_text("kept")
    (work / "main").symlink_to(tmp_path / "outside")
    assert "do not go into the work folder" in box.put({b"main": b"1"})
    assert (tmp_path / "outside").read_text() == "kept"


def test_plain_files_are_taken(box: reset.Box, work: Path) -> None:
    (work / "a" / "b").mkdir(parents=True)
    (work / "a" / "b" / "c").write_bytes(b"\xff" * 3)
    (work / "empty").touch()
    found, missing = box.collect({b"a/b/c": 3, b"empty": 0})
    assert found == {b"a/b/c": b"\xff" * 3, b"empty": b""}
    assert missing == {}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing", "No such file"),
        ("missing/file", "No such file"),
        ("folder", "not a plain file"),
        ("pipe", "not a plain file"),
        ("socket", "not a plain file"),
        ("link", "not a plain file"),
        ("linked/secret", "Not a directory|symbolic links"),
        ("main/file", "Not a directory"),
        ("twice", "one name"),
        ("long", "has 6 bytes; at most 5 are taken"),
    ],
)
def test_no_other_file_is_taken(
    box: reset.Box, work: Path, tmp_path: Path, name: str, reason: str
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("1")
    (work / "folder").mkdir()
    os.mkfifo(work / "pipe")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(work / "socket"))
    (work / "main").write_text("1")
    (work / "link").symlink_to("main")
    (work / "linked").symlink_to(outside)
    (work / "once").write_text("1")
    (work / "twice").hardlink_to(work / "once")
    (work / "long").write_text("123456")
    found, missing = box.collect({name.encode(): 5})
    assert found == {}
    (why,) = missing.values()
    assert re.search(reason, why)
    assert open_below(tmp_path) == []


def test_one_missing_file_does_not_keep_the_others_back(box: reset.Box, work: Path) -> None:
    (work / "a").write_text("1")
    found, missing = box.collect({b"a": 1, b"b": 1})
    assert found == {b"a": b"1"}
    assert missing.keys() == {b"b"}


# ------------------------------------------------------------ who is left


class Waiting:
    """The process for the next step, as far as it is looked at."""

    child = 7

    def __init__(self, waits: bool) -> None:
        self._waits = waits

    def waits(self) -> bool:
        return self._waits


@pytest.mark.parametrize(
    ("tasks", "waits", "asked"),
    [
        ("2", True, False),
        ("3", True, True),
        ("1", False, True),
        ("2", False, True),
        ("", True, True),
    ],
    ids=["nobody", "somebody", "it has ended", "somebody, and it has ended", "nobody counts"],
)
def test_a_step_is_not_killed_where_the_kernel_counts_nobody_of_it(
    box: reset.Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    tasks: str, waits: bool, asked: bool,
) -> None:  # fmt: skip
    (tmp_path / "pids.current").write_text(tasks)
    box._tasks = counter((tmp_path / "pids.current", b""))
    killed: list[int] = []
    monkeypatch.setattr(os, "kill", lambda pid, _: killed.append(pid))
    monkeypatch.setattr(os, "setresuid", lambda *_: None)
    monkeypatch.setattr(kernel, "others", lambda: [Waiting.child])
    box.kill_all(step.Usage(), Waiting(waits))  # type: ignore[arg-type]
    assert killed == ([-1] if asked else [])


@pytest.mark.parametrize(
    ("tasks", "others", "alone"), [("1", [3], True), ("2", [], True), ("2", [3], False)]
)
def test_the_supervisor_is_alone_when_the_kernel_says_so(
    box: reset.Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    tasks: str, others: list[int], alone: bool,
) -> None:  # fmt: skip
    (tmp_path / "pids.current").write_text(tasks)
    box._tasks = counter((tmp_path / "pids.current", b""))
    monkeypatch.setattr(kernel, "others", lambda: others)
    assert box._is_alone() is alone


def first_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tasks: str, mode: int
) -> reset.Box:
    """A box of two users as its process 1 sees it, with this many in its group."""
    (tmp_path / "pids.current").write_text(tasks)
    (tmp_path / "work").mkdir()
    (tmp_path / "work").chmod(mode)
    monkeypatch.setattr(kernel, "TASKS", ((str(tmp_path / "pids.current"), b""),))
    monkeypatch.setattr(os, "getpid", lambda: 1)
    monkeypatch.setattr(os, "setgroups", lambda _: None)
    return reset.Box(["--work", str(tmp_path / "work"), "--uid", "65534"])


def test_an_image_without_its_launcher_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reset, "LAUNCHER", str(tmp_path / "launch"))
    box = first_process(tmp_path, monkeypatch, "1", 0o1777)
    monkeypatch.setattr(box, "as_job", contextlib.nullcontext)
    monkeypatch.setattr(kernel, "writable_mounts", list)
    assert box.unfit() == f"the image has no {tmp_path / 'launch'}"
    (tmp_path / "launch").touch(0o700)
    assert box.unfit() == ""


def test_a_group_that_others_are_in_is_not_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = first_process(tmp_path, monkeypatch, "2", 0o1777)
    (tmp_path / "pids.current").write_text("1")
    monkeypatch.setattr(kernel, "others", lambda: [3])
    assert not box._is_alone()


@pytest.mark.parametrize(
    ("mode", "said"), [(0o1777, ""), (0o777, "{} was changed"), (0o755, "{} was changed")]
)
def test_only_what_another_user_cannot_change_is_not_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, said: str
) -> None:
    box = first_process(tmp_path, monkeypatch, "1", mode)
    (tmp_path / "work").chmod(0o700)
    assert box._changed() == said.format(box.work)


# ------------------------------------------------------------ what goes into an image


def test_an_image_gets_the_supervisor_whole() -> None:
    sources = {f"supervisor/{path.name}" for path in images.SUPERVISOR.glob("*.py")}
    assert {"supervisor/serve.py", "supervisor/wire.py"} <= sources <= images.contents().keys()
    assert "supervisor/launch.c" in images.contents()


def test_the_version_is_that_of_the_contents(monkeypatch: pytest.MonkeyPatch) -> None:
    def version_of(contents: dict[str, bytes]) -> str:
        monkeypatch.setattr(images, "contents", lambda: contents)
        return images.version()

    first = version_of({"a": b"1", "b": b"2"})
    assert version_of({"b": b"2", "a": b"1"}) == first
    for other in ({"a": b"1", "b": b"3"}, {"a": b"1", "c": b"2"}, {"a": b"1"}, {"a": b"12"}):
        assert version_of(other) != first


# ------------------------------------------------------------ steps

PYTHON = "/usr/bin/env"
TALK = """
import os, struct
def hear():
    head = os.read(3, 4)
    return os.read(3, struct.unpack(">I", head)[0]) if head else None
def say(data):
    os.write(4, struct.pack(">I", len(data)) + data)
"""


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    """Plain processes under the real supervisor."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnsafeWarning)
        opened = open_unsafe(allow_unsafe=True, size=1, profile=Profile(memory_bytes=256 * MIB))
    with opened:
        yield opened


def python(program: str, *requests: bytes, **limits: float) -> Step:
    chosen = replace(Limits(), **limits)
    return Step((PYTHON, "python3", "-c", TALK + program), requests=requests, limits=chosen)


def ran(pool: Pool, program: str, *requests: bytes, **limits: float) -> Outcome:
    return pool.run(Job((python(program, *requests, **limits),)))


def test_jobs_are_another_users_where_they_are_to_be(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        missing("root", "only root runs jobs as another user")
    secret = tmp_path / "secret"
    secret.write_text("of root")
    secret.chmod(0o600)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnsafeWarning)
        opened = open_unsafe(allow_unsafe=True, size=1, user=65534)
    tries = f"id -u; id -G; echo kept > here; cat here {secret}"
    with opened:
        for _ in range(2):  # what the first one wrote is gone
            outcome = opened.run(Job((Step(("/bin/sh", "-c", tries)),)))
            assert outcome.status is Status.EXIT
            assert outcome.last.stdout == b"65534\n65534\nkept\n"
            assert b"Permission denied" in outcome.last.stderr


def test_each_request_is_sent_after_the_answer_before_it(pool: Pool) -> None:
    outcome = ran(pool, "while (r := hear()) is not None: say(r.upper())", b"a", b"", b"c" * 99)
    assert outcome.status is Status.OK
    assert outcome.last.answers == (b"A", b"", b"C" * 99)


@pytest.mark.parametrize(
    ("program", "answers"),
    [
        ("say(hear()); say(hear()); say(b'extra')", 2),
        ("say(hear()); hear(); say(b'x' * 101)", 1),
        ("say(hear())", 1),
        ("hear(); os.write(4, b'\\0\\0\\0\\5half')", 0),
        ("os.write(4, b'nonsense'); hear()", 0),
    ],
    ids=["extra", "too long", "missing", "half", "nonsense"],
)
def test_a_broken_protocol_keeps_the_answers_before_it(
    pool: Pool, program: str, answers: int
) -> None:
    outcome = ran(pool, program, b"a" * 3, b"b" * 3, answer_bytes=100)
    assert outcome.status is Status.PROTOCOL
    assert outcome.last.answers == (b"aaa", b"bbb")[:answers]
    assert outcome.message


def test_an_answer_to_a_request_that_was_not_read_breaks_the_protocol(pool: Pool) -> None:
    outcome = ran(pool, "say(b'0'); hear()", bytes(1 << 20))  # more than a pipe holds
    assert outcome.status is Status.PROTOCOL
    assert outcome.last.answers == ()


def test_an_answer_that_comes_with_the_one_before_breaks_the_protocol(pool: Pool) -> None:
    program = "one = struct.pack('>I', 1) + b'0'; hear(); os.write(4, one + one); hear()"
    outcome = ran(pool, program, b"a", b"b")
    assert outcome.status is Status.PROTOCOL
    assert outcome.last.answers == (b"0",)


def test_a_request_larger_than_a_pipe_arrives_whole(pool: Pool) -> None:
    program = """
import sys
(length,) = struct.unpack(">I", os.read(3, 4))
got = 0
while got < length: got += len(os.read(3, 1 << 20))
say(b"%d" % got)
"""
    assert ran(pool, program, bytes(1 << 20)).last.answers == (b"%d" % (1 << 20),)


def test_an_answer_larger_than_a_pipe_arrives_whole(pool: Pool) -> None:
    program = """
hear()
data = struct.pack(">I", 1 << 20) + bytes(1 << 20)
while data: data = data[os.write(4, data):]
"""
    assert ran(pool, program, b"").last.answers == (bytes(1 << 20),)


def test_a_step_that_does_not_end_is_killed(pool: Pool) -> None:
    outcome = ran(pool, "print('before', flush=True); import time; time.sleep(60)", seconds=0.5)
    assert outcome.status is Status.TIMEOUT
    assert outcome.last.stdout == b"before\n"


def test_an_answer_that_does_not_come_is_not_waited_for(pool: Pool) -> None:
    program = "say(hear()); hear(); import time; time.sleep(60)"
    outcome = ran(pool, program, b"a", b"b", seconds=50.0, answer_seconds=0.5)
    assert outcome.status is Status.TIMEOUT
    assert outcome.last.answers == (b"a",)


def test_a_process_that_burns_its_processor_time_is_killed(pool: Pool) -> None:
    outcome = ran(pool, "while True: pass", seconds=50.0, cpu_seconds=1.0)
    assert outcome.status is Status.TIMEOUT


@pytest.mark.parametrize("stream", [1, 2])
def test_output_has_a_cap_and_the_part_before_it_is_kept(pool: Pool, stream: int) -> None:
    outcome = ran(pool, f"while True: os.write({stream}, b'x' * 999)", output_bytes=5000)
    assert outcome.status is Status.OUTPUT
    assert outcome.last.truncated
    assert outcome.last.stdout + outcome.last.stderr == b"x" * 5000


def test_memory_is_watched_where_no_group_limits_it(pool: Pool) -> None:
    outcome = ran(pool, "b = [bytes(1 << 22) + b'x' for _ in range(200)]\nwhile True: pass")
    assert outcome.status is Status.MEMORY


@pytest.mark.parametrize(("program", "status"), [("exit(3)", "exit"), ("os.abort()", "signal")])
def test_an_end_is_told_from_another(pool: Pool, program: str, status: str) -> None:
    assert ran(pool, program).status.value == status


def test_what_a_step_leaves_running_is_killed_and_counted(pool: Pool) -> None:
    program = """
import time
if os.fork() == 0:
    os.setsid()
    time.sleep(60)
"""
    outcome = ran(pool, program)
    assert outcome.status is Status.OK
    assert outcome.last.left_running == 1


def test_steps_share_the_work_folder_and_end_at_the_first_failure(pool: Pool) -> None:
    job = Job(
        (
            python("open('note', 'w').write(open('given').read() * 2)"),
            python("print(open('note').read(), end='')"),
            python("exit(1)"),
            python("print('never')"),
        ),
        files={"given": b"ab"},
        collect={"note": 100, "given": 1},
    )
    outcome = pool.run(job)
    assert outcome.status is Status.EXIT
    assert [step.stdout for step in outcome.steps] == [b"", b"abab", b""]
    assert outcome.files == {"note": b"abab"}
    assert outcome.missing == {"given": "has 2 bytes; at most 1 are taken"}


def test_standard_input_arrives_and_ends(pool: Pool) -> None:
    step = Step(("/usr/bin/env", "cat"), stdin=bytes(range(256)) * 1000)
    assert pool.run(Job((step,))).last.stdout == step.stdin


def test_a_program_of_the_jobs_that_cannot_be_started_is_its_own_failure(pool: Pool) -> None:
    outcome = pool.run(Job((Step(("./missing",)),)))
    assert outcome.status is Status.EXIT
    assert "./missing could not be started" in outcome.message


def test_a_tool_that_the_box_lacks_is_the_machines_failure(pool: Pool) -> None:
    outcome = pool.run(Job((Step(("/opt/no-such-compiler",)),)))
    assert outcome.status is Status.INFRA
    assert "/opt/no-such-compiler" in outcome.message


def test_nothing_of_a_job_is_there_for_the_next(pool: Pool) -> None:
    ran(pool, "os.makedirs('a/b'); open('a/b/left', 'w'); os.mkfifo('pipe')")
    assert ran(pool, "print(os.listdir('.'))").last.stdout == b"[]\n"


def test_a_step_has_no_descriptor_beyond_its_own(pool: Pool) -> None:
    program = "print(sorted(map(int, os.listdir('/proc/self/fd')))[:-1])"
    assert ran(pool, program).last.stdout == b"[0, 1, 2]\n"
    outcome = ran(pool, "hear(); " + program + "; say(b'')", b"")
    assert outcome.last.stdout == b"[0, 1, 2, 3, 4]\n"
