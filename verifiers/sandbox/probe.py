"""What a sandbox holds on this machine, found out by trying to break it.

A limit can be set and not hold: an engine without the memory controller, a kernel without user
namespaces, a real user who is root. So a few small attacks run before anything else does, in boxes
like those that will be used; a sandbox that does not withstand them is refused.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from . import bubblewrap
from .base import MIB, Job, Limits, Outcome, Profile, SandboxUnavailableError, Status, Step
from .docker import open_docker
from .pool import Pool

# Small, so that the attacks are: a limit that holds at this size holds at any.
PROFILE = Profile(
    memory_bytes=96 * MIB,
    processes=32,
    work_bytes=16 * MIB,
    work_inodes=1000,
    tmp_bytes=8 * MIB,
    tmp_inodes=500,
    lifetime=60.0,
)
SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Row:
    """One limit: what it is, and whether it held."""

    limit: str
    held: bool
    seen: str


@dataclass(frozen=True, slots=True)
class Attack:
    """A program that tries to pass a limit, and what is seen when the limit holds."""

    limit: str
    program: str
    held: Callable[[Outcome], bool]
    limits: Limits = Limits(seconds=SECONDS)  # noqa: RUF009 - frozen
    prepares: bool = False
    """It only sets the stage for the next one, and is no limit of its own."""


def _printed(text: bytes) -> Callable[[Outcome], bool]:
    return lambda outcome: outcome.status is Status.OK and outcome.last.stdout.strip() == text


def _ended(*statuses: Status) -> Callable[[Outcome], bool]:
    return lambda outcome: outcome.status in statuses


# Each prints "held" only where it did not get through; they are ours, so they are believed.
ATTACKS = (
    Attack(
        "network",
        """
import socket
def reached(family, address):
    try:
        with socket.socket(family, socket.SOCK_STREAM) as s:
            s.settimeout(0.2)
            s.connect(address)
    except OSError:
        return False
    return True
lines = open("/proc/net/dev").read().splitlines()[2:]
others = [line for line in lines if line.split(":")[0].strip() != "lo"]
tried = (socket.AF_INET, ("1.1.1.1", 80)), (socket.AF_INET6, ("2001:4860:4860::8888", 80))
print("held" if not others and not any(reached(*one) for one in tried) else "open")
""",
        _printed(b"held"),
    ),
    Attack(
        "file system",
        """
import os
def writable(path):
    try: open(path, "w").close()
    except OSError: return False
    return True
folders = ("", "/usr", "/usr/bin", "/etc", "/opt", "/dev", "/root", "/home", "/var/tmp")
tried = [folder + "/forgegym" for folder in folders]
engine = os.path.exists("/run/docker.sock")
print("held" if not any(map(writable, tried)) and not engine else "open")
""",
        _printed(b"held"),
    ),
    Attack(
        "privileges",
        """
import ctypes, os
libc = ctypes.CDLL(None)
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print("held" if os.getuid() and int(status["CapEff"], 16) == 0 and int(status["NoNewPrivs"]) == 1
      and int(status["Seccomp"]) == 2 and libc.unshare(0x10000000) and libc.ptrace(16, 1, 0, 0)
      else "open")
""",
        _printed(b"held"),
    ),
    Attack(
        "environment",
        """
import os
print("held" if set(os.environ) <= {"PATH", "LANG", "HOME", "TMPDIR", "LC_CTYPE"} else "open")
""",
        _printed(b"held"),
    ),
    Attack(
        "memory, one process",
        """
blocks = []
for _ in range(64):
    blocks.append(b"x" * (8 << 20))
""",
        _ended(Status.MEMORY),
    ),
    Attack(
        "memory, many processes",
        """
import os, time
for _ in range(16):
    if os.fork() == 0:
        block = b"x" * (16 << 20)
        time.sleep(60)
time.sleep(60)
""",
        _ended(Status.MEMORY),
    ),
    Attack(
        "memory that no process has",
        """
import ctypes, os
libc = ctypes.CDLL(None)
def made():
    try: os.memfd_create("forgegym")
    except OSError: pass
    else: return True
    return any(libc[f](0, *size, 0o1600) >= 0 for f, size in (("shmget", (9,)), ("semget", (9,)),
                                                              ("msgget", ())))
print("open" if made() else "held")
""",
        _printed(b"held"),
    ),
    Attack(
        "processes",
        """
import os, time
count = 0
try:
    for count in range(200):
        if os.fork() == 0:
            time.sleep(60)
except OSError:
    pass
print("held" if count < 64 else "open")
""",
        _printed(b"held"),
    ),
    Attack(
        "files in memory",
        """
import os
def fill(folder):
    try:
        with open(folder + "/big", "wb") as file:
            for _ in range(64): file.write(bytes(1 << 20))
    except OSError:
        return True
    finally:
        os.unlink(folder + "/big")
print("held" if all(map(fill, ("/work", "/tmp", "/dev/shm"))) else "open")
""",
        _printed(b"held"),
    ),
    Attack(
        "number of files",
        """
try:
    for n in range(20000): open(f"/work/{n}", "w").close()
except OSError:
    raise SystemExit(7)
import time
time.sleep(1)
""",
        _ended(Status.EXIT, Status.MEMORY),
    ),
    Attack(
        "output",
        """
import os
while True: os.write(1, b"more " * 9999)
""",
        _ended(Status.OUTPUT),
    ),
    Attack(
        "time",
        """
import signal, time
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGXCPU): signal.signal(number, signal.SIG_IGN)
time.sleep(3600)
""",
        _ended(Status.TIMEOUT),
        Limits(seconds=0.3),
    ),
    Attack(
        "leftovers",
        """
import os
open("/tmp/left", "w").close(); open("/dev/shm/left", "w").close(); open("left", "w").close()
""",
        _ended(Status.OK),
        prepares=True,
    ),
    Attack(
        "leftovers",
        """
import os
left = [p for p in ("/tmp", "/dev/shm", "/work") if set(os.listdir(p)) - {"attack.py"}]
others = [n for n in os.listdir("/proc") if n.isdigit() and int(n) not in (1, os.getpid())]
print("held" if not left and not others else "open")
""",
        _printed(b"held"),
    ),
)

_lock = threading.Lock()


def _new_lock() -> None:
    """A forked child must not wait for a thread that it does not have."""
    global _lock
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_new_lock)
_known: dict[tuple[str, str | None, str | None], tuple[Row, ...]] = {}


def report(
    sandbox: Literal["docker", "bubblewrap"],
    *,
    image: str | None = None,
    runtime: str | None = None,
) -> tuple[Row, ...]:
    """Every limit and whether it holds; tried once in the life of this process.

    Raises `SandboxUnavailableError` when there is no such sandbox.
    """
    if sandbox == "bubblewrap":
        bubblewrap.find()
    key = (sandbox, image, runtime)
    with _lock:
        if key not in _known:
            _known[key] = _try(sandbox, image, runtime)
        return _known[key]


def require(
    sandbox: Literal["docker", "bubblewrap"],
    *,
    image: str | None = None,
    runtime: str | None = None,
) -> None:
    """Raises `SandboxUnavailableError` when there is no such sandbox, or a limit does not hold."""
    broken = [row for row in report(sandbox, image=image, runtime=runtime) if not row.held]
    if broken:
        names = ", ".join(f"{row.limit} ({row.seen})" for row in broken)
        raise SandboxUnavailableError(f"{sandbox} does not hold on this machine: {names}")


def _try(sandbox: str, image: str | None, runtime: str | None) -> tuple[Row, ...]:
    pool: Pool
    if sandbox == "docker":
        assert image is not None
        pool = open_docker(image, profile=PROFILE, size=1, runtime=runtime)
    else:
        pool = bubblewrap.open_bubblewrap(profile=PROFILE, size=1)
    rows = []
    with pool:
        for attack in ATTACKS:
            argv = ("/usr/bin/python3", "-I", "-S", "-B", "attack.py")
            job = Job(
                (Step(argv, limits=attack.limits),), files={"attack.py": attack.program.encode()}
            )
            outcome = pool.run(job)
            if attack.prepares and attack.held(outcome):
                continue
            seen = f"{outcome.status.value} {_words(outcome)}".strip()
            rows.append(Row(attack.limit, attack.held(outcome), seen))
    return tuple(rows)


def _words(outcome: Outcome) -> str:
    said = outcome.message
    if outcome.steps:
        said = said or (outcome.last.stdout or outcome.last.stderr).decode("utf-8", "replace")
    return said.strip().rpartition("\n")[2][:60]
