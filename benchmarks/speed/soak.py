"""`forgegym bench soak`: thousands of jobs, some of them hostile, and what is left afterwards.

Three trials of what a training run of weeks does to a machine. `soak`: many jobs, then a count of
containers, processes, control groups, temporary folders and memory. `kills`: a trainer killed by
SIGKILL at random moments, and how long its boxes outlive it. `restart`: the Docker engine restarted
in the middle, where only `INFRA` may be seen, and every job has its right result in the end.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from ...verifiers.sandbox import cgroup, docker, images
from ...verifiers.sandbox.base import (
    MIB,
    Job,
    Limits,
    Outcome,
    Profile,
    Sandbox,
    SandboxUnavailableError,
    Status,
    Step,
)
from ...verifiers.sandbox.bubblewrap import open_bubblewrap
from ...verifiers.sandbox.docker import open_docker
from ...verifiers.sandbox.pool import Pool, Reuse

# Small boxes: what a hostile job does to one of them is over quickly.
PROFILE = Profile(
    memory_bytes=128 * MIB, processes=64, work_bytes=32 * MIB, tmp_bytes=8 * MIB, lifetime=3600.0
)
LIMITS = Limits(seconds=1.0, output_bytes=64 * 1024)
# What an honest job may take when the machine is busy with hostile ones.
HONEST = Limits(seconds=20.0, output_bytes=64 * 1024)
PYTHON = ("/usr/bin/python3", "-I", "-S", "-B", "job.py")
# An INFRA outcome is tried again so often; an engine needs a few seconds to restart.
ATTEMPTS = 20
ATTEMPT_SECONDS = 1.0

FAILS = frozenset((Status.EXIT, Status.SIGNAL, Status.PIDS, Status.TIMEOUT, Status.MEMORY))
# What each may end as, by name.
HOSTILE: dict[str, tuple[str, frozenset[Status]]] = {
    "fork bomb": ("import os\nwhile True: os.fork()", FAILS),
    "memory": ("x = []\nwhile True: x.append(b'x' * (8 << 20))", frozenset((Status.MEMORY,))),
    "output": ("import os\nwhile True: os.write(1, b'x' * 4096)", frozenset((Status.OUTPUT,))),
    "sleep": ("import time\ntime.sleep(3600)", frozenset((Status.TIMEOUT,))),
    "spin": ("while True: pass", frozenset((Status.TIMEOUT,))),
    "daemon": (
        "import os, time\nif os.fork() == 0:\n  os.setsid()\n  if os.fork() == 0: time.sleep(3600)",
        frozenset((Status.OK,)),
    ),
    "files": (
        "for n in range(9999):\n  with open(f'/tmp/{n}', 'w') as f: f.write('x' * 5000)",
        FAILS,
    ),
    "crash": ("import os\nos.abort()", frozenset((Status.SIGNAL,))),
    "kill everything": (
        "import os\nos.kill(-1, 9)\nos.kill(1, 9)",
        frozenset((Status.OK, Status.SIGNAL, Status.EXIT)),
    ),
    "forged frames": (
        "import os\nfor fd in range(3, 64):\n  try: os.write(fd, bytes(9))\n  except OSError: pass",
        frozenset((Status.OK,)),
    ),
}


@dataclass(frozen=True, slots=True)
class Left:
    """What a trial has left on the machine; all of it should be nothing."""

    containers: int
    processes: int
    groups: int
    folders: int

    @property
    def nothing(self) -> bool:
        return self == Left(0, 0, 0, 0)


@dataclass(slots=True)
class Report:
    """What came of a trial; `wrong` names the jobs whose outcome was not one of theirs."""

    trial: str
    backend: str
    jobs: int = 0
    seconds: float = 0.0
    statuses: dict[str, int] = field(default_factory=dict)
    infra: int = 0
    wrong: list[str] = field(default_factory=list)
    left: Left | None = None
    memory_growth_bytes: int = 0
    longest_outlived_seconds: float = 0.0
    longest_overshoot_seconds: float = 0.0
    """By how much the slowest of the jobs that ran out of time went past its limit."""

    @property
    def held(self) -> bool:
        """Whether nothing was wrong and nothing is left; growth below a MiB is the allocator's."""
        clean = self.left is None or self.left.nothing
        return not self.wrong and clean and self.memory_growth_bytes < 8 * MIB

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "held": self.held}


def open_backend(backend: str, reuse: Reuse, workers: int) -> Pool:
    """The sandbox of a trial. Raises `SandboxUnavailableError`."""
    if backend == "docker":
        return open_docker(images.tag("python"), profile=PROFILE, size=workers, reuse=reuse)
    return open_bubblewrap(profile=PROFILE, size=workers, reuse=reuse)


def soak(
    backend: str,
    *,
    jobs: int,
    hostile: float = 0.02,
    reuse: Reuse = "proven",
    workers: int | None = None,
    seed: int = 0,
    on_job: Callable[[int], None] = lambda _: None,
    in_the_middle: Callable[[], None] | None = None,
) -> Report:
    """`jobs` jobs, a share of them `hostile`; `in_the_middle` is called once, half-way."""
    report = Report("restart" if in_the_middle else "soak", backend, jobs)
    workers = workers or os.cpu_count() or 1
    lock = threading.Lock()
    statuses: Counter[str] = Counter()
    done = 0
    memory_early = 0
    began = time.monotonic()
    middle = threading.Thread(target=in_the_middle) if in_the_middle else None

    def one(number: int) -> None:
        nonlocal done, memory_early
        name, job, allowed, expected = make_job(number, hostile, seed)
        outcome = settled(sandbox, job, report, lock)
        right = outcome.status in allowed and (
            expected is None or outcome.last.stdout.strip() == expected
        )
        with lock:
            statuses[outcome.status.value] += 1
            if outcome.status is Status.TIMEOUT:
                over = outcome.last.seconds - LIMITS.seconds
                report.longest_overshoot_seconds = max(report.longest_overshoot_seconds, over)
            if not right:
                report.wrong.append(f"job {number} ({name}): {outcome.status.value}")
            done += 1
            now = done
            if now == max(jobs // 5, 1):
                memory_early = _own_memory()
            if now == jobs // 2 and middle is not None:
                middle.start()
        on_job(now)

    with open_backend(backend, reuse, workers) as sandbox:
        with ThreadPoolExecutor(workers) as threads:
            list(threads.map(one, range(jobs)))
        report.memory_growth_bytes = _own_memory() - memory_early
    if middle is not None:
        middle.join()
    report.seconds = time.monotonic() - began
    report.statuses = dict(statuses)
    report.left = left_by(os.getpid())
    return report


def make_job(
    number: int, hostile: float, seed: int
) -> tuple[str, Job, frozenset[Status], bytes | None]:
    """The `number`-th job: its name, itself, how it may end and what it should print."""
    chance = random.Random(f"{seed} {number}")
    if chance.random() < hostile:
        name = chance.choice(sorted(HOSTILE))
        source, allowed = HOSTILE[name]
        expected, limits = None, LIMITS
    else:
        name, source = "honest", f"print({number} * {number} + 1)"
        allowed, expected = frozenset((Status.OK,)), b"%d" % (number * number + 1)
        limits = HONEST
    job = Job((Step(PYTHON, limits=limits),), files={"job.py": source.encode()})
    return name, job, allowed, expected


def settled(sandbox: Sandbox, job: Job, report: Report, lock: threading.Lock) -> Outcome:
    """What comes of `job` when the machine has answered; its failures are counted."""
    for _ in range(ATTEMPTS):
        outcome = sandbox.run(job)
        if outcome.valid:
            break
        with lock:
            report.infra += 1
        time.sleep(ATTEMPT_SECONDS)
    return outcome


def kills(
    backend: str,
    *,
    times: int,
    seed: int = 0,
    patience: float = 15.0,
    on_kill: Callable[[int], None] = lambda _: None,
) -> Report:
    """A trainer in a process of its own, killed `times` times while it runs jobs."""
    report = Report("kills", backend, times)
    chance = random.Random(seed)
    began = time.monotonic()
    for number in range(times):
        command = [sys.executable, "-m", "forgegym.benchmarks.speed.soak", backend]
        victim = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert victim.stdout is not None
        victim.stdout.readline()  # it runs jobs now
        time.sleep(chance.uniform(0.0, 1.5))
        victim.send_signal(signal.SIGKILL)
        killed = time.monotonic()
        victim.wait()
        victim.stdout.close()
        while not (left := left_by(victim.pid)).nothing:
            if time.monotonic() - killed > patience:
                report.wrong.append(f"kill {number}: {left} after {patience:g} s")
                break
            time.sleep(0.1)
        outlived = time.monotonic() - killed
        report.longest_outlived_seconds = max(report.longest_outlived_seconds, outlived)
        on_kill(number + 1)
    report.seconds = time.monotonic() - began
    # An empty control group holds nothing; the next run sweeps it up.
    cgroup.sweep()
    report.left = left_by(os.getpid())
    return report


def left_by(owner: int) -> Left:
    """What the process `owner` (alive or not) has on the machine."""
    containers = 0
    try:
        with closing(docker.connect()) as engine:
            found = engine.api.containers(all=True, filters={"label": f"{docker.LABEL}=box"})
        containers = sum(f":{owner}:" in c["Labels"][f"{docker.LABEL}.owner"] for c in found)
    except SandboxUnavailableError:
        pass
    groups = [folder for folder in cgroup.folders() if f":{owner}:" in folder.name]
    processes = {pid for folder in groups for pid in cgroup.processes(folder)}
    # A killed owner cannot remove its groups; when they are empty they hold nothing, and the next
    # sandbox sweeps them up.
    kept = len(groups) if owner == os.getpid() else 0
    return Left(containers, len(processes), kept, _folders(owner))


def _folders(owner: int) -> int:
    """Temporary folders of ours; they belong to this process's user, whoever made them."""
    place = Path(tempfile.gettempdir())
    patterns = (f"forgegym-*-{owner}-*", f"forgegym-*:{owner}:*")
    return sum(len(list(place.glob(pattern))) for pattern in patterns)


def _own_memory() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def print_reports(reports: Sequence[Report], console: Console) -> None:
    """A row for each trial, and what was wrong with it."""
    table = Table(title="What hostile jobs leave behind")
    for column in ("trial", "sandbox", "jobs", "seconds", "outcomes", "INFRA", "left", "held"):
        table.add_column(column, overflow="fold")
    for report in reports:
        left = report.left or Left(0, 0, 0, 0)
        parts = [f"{count} {name}" for name, count in asdict(left).items() if count]
        growth = report.memory_growth_bytes / MIB
        table.add_row(
            report.trial,
            report.backend,
            str(report.jobs),
            f"{report.seconds:.0f}",
            _outcomes(report),
            str(report.infra),
            (", ".join(parts) or "nothing") + (f", {growth:.1f} MiB" if growth > 1 else ""),
            "yes" if report.held else "NO",
        )
    console.print(table)
    for report in reports:
        for line in report.wrong[:10]:
            console.print(f"{report.trial}: {line}", markup=False)


def _outcomes(report: Report) -> str:
    if not report.statuses:
        return f"nothing outlived its owner by more than {report.longest_outlived_seconds:.1f} s"
    counts = ", ".join(f"{count} {name}" for name, count in sorted(report.statuses.items()))
    over = report.longest_overshoot_seconds
    return counts + (f"; limits overshot by {1000 * over:.0f} ms at most" if over > 0 else "")


def restart_engine(command: Sequence[str]) -> Callable[[], None]:
    """What restarts the Docker engine by `command`."""

    def restart() -> None:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    return restart


def _be_a_victim(backend: str) -> None:
    """Run jobs for ever, two at a time; says so once the first has ended."""
    with open_backend(backend, "proven", 2) as sandbox, ThreadPoolExecutor(2) as threads:
        sandbox.run(make_job(0, 0.0, 0)[1])
        sys.stdout.write("running\n")
        sys.stdout.flush()
        list(threads.map(lambda n: sandbox.run(make_job(n, 0.2, 1)[1]), range(1_000_000)))


if __name__ == "__main__":
    _be_a_victim(sys.argv[1])
