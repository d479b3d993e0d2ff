"""A sandbox and a verifier of straw, which the catalogue must blow down: the proof that it bites.

They are what is written when nobody thinks of enemies. The sandbox: a temporary folder, a shell,
the caller's environment, a verdict by exit code, output read after the end. What is not straw are
the guards below, which keep the machine whole while hostile programs run on it: they are some times
wider than the limits of a box, so that an entry which they stop has long shown that the sandbox
does not. The verifier: see `StrawVerifier`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from ...verifiers.compact.frontend.check import check
from ...verifiers.compact.frontend.complexity import seed_count
from ...verifiers.compact.structure import check_requirements
from ...verifiers.deadline import DeadlineError, StallError, within
from ...verifiers.sandbox.base import Job, Outcome, Status, Step, StepOutcome, first_failure
from ...verifiers.task import Task
from ...verifiers.verdict import (
    Diagnostic,
    Failure,
    FailureKind,
    Stage,
    StageStatus,
    Toolchain,
    Verdict,
)

# A user that no account has: its signals and its processes are nobody else's. For root only.
GUARD_USER = 1_890_000_000
# Boxes have 64 processes, 128 MiB, files of at most 64 MiB (8 where it is tried), 256 descriptors,
# and some seconds; no core that is left behind would be anything but litter.
GUARDS = {
    "nproc": 640,
    "as": 3 << 30,
    "fsize": 64 << 20,
    "nofile": 2048,
    "cpu": 40,
    "core": 0,
}
MARK = "FORGEGYM_STRAW"
# Of anything that is read back: what has been left running may print for ever.
MOST = 4 << 20
# From the last kill to the last process that is reaped; a fork bomb takes a while.
REAP_SECONDS = 10.0
# A guard: what a program unfolds into can be endless. Of the processor, a hundred honest contracts.
STRAW_SECONDS = 0.2


class Straw:
    """See the module. A `Sandbox`, to look at."""

    def __init__(self) -> None:
        self._mark = secrets.token_hex(8)
        self._folder = Path(tempfile.mkdtemp(prefix="forgegym-straw-"))
        self._folder.chmod(0o755)
        self._user = GUARD_USER + os.getpid() % 1_000_000 if os.getuid() == 0 else None

    name = "straw"
    digest = None

    def run(self, job: Job) -> Outcome:
        """What comes of `job`, if it is honest."""
        started = time.perf_counter()
        # Two folders deep: names that climb stay in a folder of ours.
        work = Path(tempfile.mkdtemp(dir=tempfile.mkdtemp(dir=self._folder)))
        work.parent.chmod(0o755)
        steps: list[StepOutcome] = []
        files: dict[str, bytes] = {}
        missing: dict[str, str] = {}
        message = ""
        try:
            for name, content in job.files.items():
                path = work / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            if self._user is not None:
                subprocess.run(["chown", "-R", str(self._user), work], check=True)
            for step in job.steps:
                steps.append(self._run(step, work))
                if steps[-1].status is not Status.OK:
                    break
            for name in job.collect:
                try:
                    files[name] = _content(work / name)
                except OSError as error:
                    missing[name] = str(error)
        except (OSError, ValueError) as error:
            message = str(error)
        status = first_failure(steps) if not message else Status.EXIT
        return Outcome(
            status, tuple(steps), files, missing, time.perf_counter() - started, message, self.name
        )

    async def arun(self, job: Job) -> Outcome:
        """As `run`; nothing is awaited, and nothing cancelled."""
        return self.run(job)

    def _run(self, step: Step, work: Path) -> StepOutcome:
        command = " ".join(f'"{word}"' for word in step.argv)
        if step.requests:
            asked = b"".join(len(r).to_bytes(4, "big") + r for r in step.requests)
            (work / "requests").write_bytes(asked)
            (work / "answers").write_bytes(b"")
            (work / "answers").chmod(0o666)
            command += " 3< requests 4> answers"
        most = {**GUARDS, "nproc": self._processes()}
        guards = ["prlimit", *(f"--{name}={value}" for name, value in most.items()), "--"]
        process = subprocess.Popen(
            [*guards, "/bin/sh", "-c", command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=work,
            env={**os.environ, **step.environment, MARK: self._mark},
            user=self._user,
            group=self._user,
            extra_groups=None if self._user is None else [],
            start_new_session=True,  # a guard: away from the terminal
        )
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(step.stdin)
            process.stdin.close()
        started = time.perf_counter()
        status = Status.OK
        try:
            process.wait(step.limits.seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            status = Status.TIMEOUT
        code = process.returncode
        if status is Status.OK and code:
            status = Status.SIGNAL if code < 0 else Status.EXIT
        return StepOutcome(
            step.name,
            status,
            exit_code=code if code >= 0 else None,
            signal=-code if code < 0 else None,
            stdout=_available(process.stdout.fileno() if process.stdout else -1),
            stderr=_available(process.stderr.fileno() if process.stderr else -1),
            answers=_frames(work / "answers") if step.requests else (),
            seconds=time.perf_counter() - started,
        )

    def _processes(self) -> int:
        """The guard on processes, of which the kernel counts all that a user has."""
        user = os.getuid() if self._user is None else self._user
        return GUARDS["nproc"] + sum(_owner(pid) == user for pid in _all())

    def close(self) -> None:
        """Kill what is left, however it has been left, and remove what was written."""
        mark = f"{MARK}={self._mark}".encode()
        end = time.monotonic() + REAP_SECONDS
        while (left := self._left(mark)) and time.monotonic() < end:
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)
        # The shell's tools: folders may be deeper than Python can go, and closed to their owner.
        subprocess.run(["chmod", "-R", "u+rwX", self._folder], capture_output=True, check=False)
        subprocess.run(["rm", "-rf", self._folder], capture_output=True, check=False)

    def _left(self, mark: bytes) -> list[int]:
        """What it has started, zombies too where they can be told: they count as processes."""
        if self._user is None:
            return [pid for pid in _all() if mark in _environment(pid)]
        return [pid for pid in _all() if _owner(pid) == self._user]


def _all() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _owner(pid: int) -> int:
    try:
        return Path(f"/proc/{pid}").stat().st_uid
    except OSError:
        return -1


def _environment(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


def _content(path: Path) -> bytes:
    """Whatever is there. A guard: without waiting, and not for ever."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with open(descriptor, "rb") as file:
        return file.read(MOST)


def _available(descriptor: int) -> bytes:
    """What is in a pipe. A guard: a real one would wait for its end, which may never come."""
    os.set_blocking(descriptor, False)
    found = b""
    with contextlib.suppress(BlockingIOError):
        while len(found) < MOST and (part := os.read(descriptor, 1 << 16)):
            found += part
    return found


def _frames(path: Path) -> tuple[bytes, ...]:
    data, found = _content(path), []
    while len(data) >= 4:
        length = int.from_bytes(data[:4], "big")
        found.append(data[4 : 4 + length])
        data = data[4 + length :]
    return tuple(found)


# -------------------------------------------------------------------- a verifier

_INCLUDE = re.compile(r"""(?:include|import)\s*["']([^"']*)["']\s*;""")
_PRAGMA = re.compile(r"pragma [^;]*;")
# What each kind is told by.
_WORDS = {
    "if": "if (", "if-else": "else", "else-if": "else if", "ternary": "?", "loop": "for (",
    "enum": "enum ", "struct": "struct ", "witness": "witness ",
}  # fmt: skip


class StrawVerifier:
    """A verifier for Compact that believes what it reads. A `Verifier`, to look at.

    Files that a program names are pasted into it, whosever they are; whatever version it asks for,
    it gets; what is left is checked, but for disclosure, which would only refuse good programs; an
    error is shown with its line, to be helpful; where there is no end, the machine must be too
    slow; complexity and kinds are counted in the text.
    """

    toolchain = Toolchain("straw", "0")
    sandbox = None

    def verify_all(self, submissions: Sequence[tuple[Task, str]]) -> list[Verdict]:
        """A verdict on each."""
        return [self.verify(task, source) for task, source in submissions]

    def verify(self, task: Task, source: str) -> Verdict:
        """What it makes of `source`."""
        source = source.encode("utf-8", "replace").decode()
        text = _PRAGMA.sub("", _INCLUDE.sub(lambda name: _pasted(name[1]), source))
        try:
            error = within(STRAW_SECONDS, lambda: check(text)).error
        except (DeadlineError, StallError):
            failure = Failure(FailureKind.TOOLCHAIN_CRASHED, "compile", "it does not end")
            return Verdict(task.key, "", self.toolchain, (), failure=failure)
        messages: tuple[Diagnostic, ...] = ()
        if error is not None and "disclosure" not in error.message:
            at = max(error.pos or 0, 0)
            line = text[text.rfind("\n", 0, at) + 1 :].partition("\n")[0]
            messages = (Diagnostic(f"{error.message}, in: {line}"),)
        status = StageStatus.FAILED if messages else StageStatus.PASSED
        counted = float(seed_count(source))
        metrics = {"complexity": counted, "complexity_extended": counted}
        kinds = [kind for kind, word in _WORDS.items() if word in source]
        facts = {"constructs": kinds}
        requirements = check_requirements(task.requirements, metrics, facts)
        return Verdict(
            task_key=task.key,
            source_sha256=hashlib.sha256(source.encode()).hexdigest(),
            toolchain=self.toolchain,
            stages=(Stage("parse", StageStatus.PASSED), Stage("compile", status, 0.0, messages)),
            metrics=metrics,
            facts={**facts, "requirements": requirements},
        )

    def close(self) -> None:
        """Nothing is open."""


class Believer:
    """A verifier that runs nothing, and takes whatever it is given for solved: as good as one that
    goes by a program's own words or its exit status. A `Verifier`, to look at."""

    toolchain = Toolchain("straw", "0")
    sandbox = None

    def verify_all(self, submissions: Sequence[tuple[Task, str]]) -> list[Verdict]:
        """A verdict on each."""
        return [self.verify(task, source) for task, source in submissions]

    def verify(self, task: Task, source: str) -> Verdict:
        """That `source` solves `task`."""
        return Verdict(
            task_key=task.key,
            source_sha256=hashlib.sha256(source.encode("utf-8", "replace")).hexdigest(),
            toolchain=self.toolchain,
            stages=tuple(Stage(n, StageStatus.PASSED) for n in ("parse", "compile", "test")),
            metrics={"behaviour": 1.0, "above_trivial": 1.0, "warnings": 0.0, "unsafe": 0.0},
        )

    def close(self) -> None:
        """Nothing is open."""


def _pasted(name: str) -> str:
    """The file, or as if it were empty. A guard: nothing that has no end, or that waits."""
    path = Path(name if Path(name).is_file() else f"{name}.compact")
    with contextlib.suppress(OSError, ValueError):
        if path.is_file():
            return path.read_bytes()[:MOST].decode("utf-8", "replace")
    return ""
