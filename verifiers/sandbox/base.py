"""The contract of every sandbox: a `Job` goes in, an `Outcome` comes out, and nothing else does.

A job is files and steps (a compiler, then a program); an outcome is plain data: how each step
ended, what it printed, what it answered. What the program did is a status; only a broken machine
is `INFRA`, and nothing but that may be retried. Two backends keep the contract (`docker`,
`bubblewrap`) with one supervisor inside (`supervisor/`), and one suite holds them to it
(`tests/test_sandbox_conformance.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol, runtime_checkable

MIB = 1 << 20

# What a job may bring; far above any task's need, far below what could hurt the host.
MAX_FILES = 256
MAX_FILE_BYTES = 32 * MIB
MAX_JOB_BYTES = 48 * MIB
MAX_REPLY_BYTES = 256 * MIB
MAX_SECONDS = 3600.0
MAX_NAME_BYTES = 100
MAX_DEPTH = 8
MAX_STEPS = 16
MAX_REQUESTS = 4096
# No leading '-' (an option to some tool) and no leading '.' (a tool's configuration).
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*\Z")


class Status(str, Enum):
    """How a step or a job ended. Everything but `INFRA` is the program's own doing."""

    OK = "ok"
    EXIT = "exit"
    """It ended by itself with an exit code other than 0."""
    SIGNAL = "signal"
    """A signal ended it: a crash, an abort."""
    TIMEOUT = "timeout"
    """It used up its wall-clock or processor time, and was killed."""
    MEMORY = "memory"
    """The kernel killed one of its processes for memory, or all of them together had too much."""
    OUTPUT = "output"
    """It printed more than it may, and was killed."""
    PIDS = "pids"
    """It was refused more processes, and failed."""
    PROTOCOL = "protocol"
    """Its answers broke the protocol: malformed, too long, unasked for, or none before its end."""
    REJECTED = "rejected"
    """The job was refused before anything ran: a name, a size or a number is out of bounds."""
    INFRA = "infra"
    """The machine failed. Says nothing about the program; may be tried again."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one step may use. Memory and processes are limited for the whole box: see `Profile`.

    Attributes:
        seconds: Wall clock, measured inside by the supervisor and outside by the host.
        cpu_seconds: Processor time of one process (RLIMIT_CPU; None: as `seconds`, rounded up).
        output_bytes: Of standard output and standard error together.
        answer_bytes: Of one answer.
        answer_seconds: Wall clock for one answer (None: only `seconds` bounds it).
        file_bytes: Of one file that is written (RLIMIT_FSIZE).
        open_files: RLIMIT_NOFILE.
        stack_bytes: RLIMIT_STACK. Much more than 64 MiB breaks threaded libraries.
    """

    seconds: float = 10.0
    cpu_seconds: float | None = None
    output_bytes: int = 1 * MIB
    answer_bytes: int = 1 * MIB
    answer_seconds: float | None = None
    file_bytes: int = 64 * MIB
    open_files: int = 256
    stack_bytes: int = 64 * MIB


@dataclass(frozen=True, slots=True)
class Step:
    """One process and all that it starts.

    Attributes:
        argv: The program's absolute path (or one inside the work folder: ``./main``), and its
            arguments. No shell sees them.
        stdin: What standard input holds before its end.
        requests: Sent one at a time over descriptor 3, each only after the answer to the one
            before has come over descriptor 4; both ways four bytes of length (big-endian), then as
            many bytes. After the last answer descriptor 3 is closed, and the program is to end.
        environment: Added to the box's own (PATH, HOME, LANG, TMPDIR).
        limits: What it may use.
        name: Names it in outcomes.
    """

    argv: tuple[str, ...]
    stdin: bytes = b""
    requests: tuple[bytes, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    name: str = "run"


@dataclass(frozen=True, slots=True)
class Job:
    """What one box does for one program: the steps in order, until one does not end `OK`.

    Attributes:
        steps: At least one.
        files: Relative path -> content, put into the work folder before the first step; all are
            executable.
        collect: Relative path -> the most bytes of it that are taken; regular files only, brought
            back after the last step.
    """

    steps: tuple[Step, ...]
    files: Mapping[str, bytes] = field(default_factory=dict)
    collect: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """How one step ended. `answers` may be fewer than the requests; then the rest has failed.

    `exit_code` is None when a signal ended it (`signal` is then its number). `cpu_seconds` and
    `peak_bytes` (the largest process, and no less than the supervisor had when it started the step)
    are of everything that the step started.
    """

    name: str
    status: Status
    exit_code: int | None = None
    signal: int | None = None
    stdout: bytes = b""
    stderr: bytes = b""
    truncated: bool = False
    answers: tuple[bytes, ...] = ()
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_bytes: int = 0
    left_running: int = 0
    """Processes that were still there when it ended, and were killed."""
    message: str = ""
    """What cannot be seen from the rest: why it was refused, why it could not be started."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a job: data only.

    Attributes:
        status: That of the first step that is not `OK`, else `OK`.
        steps: One for each step that ran.
        files: What `Job.collect` asked for and could be taken.
        missing: What it asked for and could not, with the reason.
        seconds: As the host saw it, from the request to the answer.
        message: For `REJECTED` and `INFRA`: one sentence.
        sandbox: The backend's name, `digest` its image's, where it has one.
    """

    status: Status
    steps: tuple[StepOutcome, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    message: str = ""
    sandbox: str = ""
    digest: str | None = None

    @property
    def valid(self) -> bool:
        """Whether this is about the program (False: the machine failed)."""
        return self.status is not Status.INFRA

    @property
    def last(self) -> StepOutcome:
        """The last step that ran. Raises `IndexError` when none did."""
        return self.steps[-1]


@dataclass(frozen=True, slots=True)
class Profile:
    """What a box is: the limits that hold for everything in it together.

    Attributes:
        memory_bytes: Of all its processes and of the files in its work folder; no swap.
        processes: Processes and threads, its supervisor among them.
        work_bytes, work_inodes: Of the work folder, which may hold programs.
        tmp_bytes, tmp_inodes: Of /tmp and of /dev/shm each, which may not in Docker's boxes.
        cpus: Processors' worth of time in each 0.1 s (of a machine with fewer, all). Compilers have
            more than one thread; at 1 they would stand still between periods. In bubblewrap's boxes
            it needs a writable cpu controller.
        lifetime: Seconds after which a box ends by itself, whatever its owner does.
    """

    memory_bytes: int = 1024 * MIB
    processes: int = 128
    work_bytes: int = 256 * MIB
    work_inodes: int = 16_384
    tmp_bytes: int = 64 * MIB
    tmp_inodes: int = 4_096
    cpus: float = 2.0
    lifetime: float = 3600.0


class SandboxError(RuntimeError):
    """The machine cannot do what was asked; the message is one sentence that says what to do."""


class SandboxUnavailableError(SandboxError):
    """There is no sandbox of this kind here (no engine, no bubblewrap, no image), or it does not
    hold one of its limits."""


class UnsafeRefusedError(SandboxUnavailableError):
    """``"unsafe"`` was asked for once, and takes asking twice."""


class BoxDiedError(SandboxError):
    """A box ended, or its stream broke, while it had a job.

    `memory`: for want of memory. `machine`: what runs the boxes has gone, so no job is to blame.
    """

    def __init__(self, message: str, *, memory: bool = False, machine: bool = False) -> None:
        super().__init__(message)
        self.memory = memory
        self.machine = machine


class StarvedError(BoxDiedError):
    """The machine ran out of memory, and its kernel killed processes of a job that was within its
    own limit: they are the first to go, whoever wanted the memory."""


class RejectedError(ValueError):
    """A job is out of bounds; the message says how."""


@runtime_checkable
class Sandbox(Protocol):
    """Runs jobs. Safe to use from many threads; not across `os.fork`."""

    @property
    def name(self) -> str:
        """``"docker"``, ``"bubblewrap"`` or ``"unsafe"``."""
        ...

    @property
    def digest(self) -> str | None:
        """The digest of the image that jobs run in, where there is one."""
        ...

    def run(self, job: Job) -> Outcome:
        """What comes of `job`. Never raises for what a program does, nor for a broken machine."""
        ...

    async def arun(self, job: Job) -> Outcome:
        """As `run`, for asyncio; cancelling it kills the job."""
        ...

    def close(self) -> None:
        """Kill what runs and remove every box. May be called twice."""
        ...


def check_job(job: Job) -> None:
    """Raises `RejectedError` when `job` breaks a bound, before anything of it reaches a box."""
    if not 1 <= len(job.steps) <= MAX_STEPS:
        raise RejectedError(f"a job has 1 to {MAX_STEPS} steps, not {len(job.steps)}")
    for names in (job.files, job.collect):
        if len(names) > MAX_FILES:
            raise RejectedError(f"{len(names)} files are too many; at most {MAX_FILES} are taken")
        for name in names:
            _check_name(name)
    folded: dict[str, str] = {}
    for name in job.files:
        other = folded.setdefault(name.casefold(), name)
        if other != name:
            raise RejectedError(f"the files {other!r} and {name!r} differ only in case")
        parent = name
        while "/" in parent:
            parent = parent.rpartition("/")[0]
            if parent in job.files:
                raise RejectedError(f"the file {name!r} lies in another file")
    for name, most in job.collect.items():
        _check_number(f"collect[{name!r}]", most, 0, MAX_FILE_BYTES)
    for step in job.steps:
        _check_step(step)
    total = sum(map(len, job.files.values())) + sum(map(_size, job.steps))
    if total > MAX_JOB_BYTES:
        raise RejectedError(f"the job has {total:,} bytes; at most {MAX_JOB_BYTES:,} are taken")
    reply = sum(job.collect.values()) + sum(map(most_answered, job.steps))
    if reply > MAX_REPLY_BYTES:
        raise RejectedError(
            f"the job could answer {reply:,} bytes; at most {MAX_REPLY_BYTES:,} are taken"
        )


def most_answered(step: Step) -> int:
    """The most bytes of output and answers that `step` may give."""
    return step.limits.output_bytes + len(step.requests) * (step.limits.answer_bytes + 32)


def _size(step: Step) -> int:
    texts = (*step.argv, *step.environment, *step.environment.values())
    return len(step.stdin) + sum(map(len, step.requests)) + sum(map(len, texts))


def _check_step(step: Step) -> None:
    what = f"step {step.name!r}"
    if not step.argv or not all(step.argv):
        raise RejectedError(f"{what} has an empty argument")
    if len(step.requests) > MAX_REQUESTS:
        raise RejectedError(f"{what} has more than {MAX_REQUESTS} requests")
    for text in (*step.argv, *step.environment, *step.environment.values()):
        try:
            data = text.encode()
        except UnicodeEncodeError:
            raise RejectedError(f"{what} has an argument that is no text: {text[:80]!a}") from None
        if b"\0" in data:
            raise RejectedError(f"{what} has a NUL character in an argument")
    for name in step.environment:
        if not name or "=" in name:
            raise RejectedError(f"{what} has {name!r} for the name of a variable")
    limits = step.limits
    _check_number(f"{what}: seconds", limits.seconds, 0.001, MAX_SECONDS)
    for name, seconds in (
        ("cpu_seconds", limits.cpu_seconds),
        ("answer_seconds", limits.answer_seconds),
    ):
        if seconds is not None:
            _check_number(f"{what}: {name}", seconds, 0.001, MAX_SECONDS)
    _check_number(f"{what}: open_files", limits.open_files, 8, 1 << 20)
    for name in ("output_bytes", "answer_bytes", "file_bytes", "stack_bytes"):
        _check_number(f"{what}: {name}", getattr(limits, name), 0, 1 << 40)


def _check_number(what: str, number: float, least: float, most: float) -> None:
    if not least <= number <= most:  # a NaN is not, either
        raise RejectedError(f"{what} lies in {least:g} to {most:g}, and is {number!r}")


def _check_name(name: str) -> None:
    parts = name.split("/")
    fine = len(parts) <= MAX_DEPTH and all(
        len(part) <= MAX_NAME_BYTES and _NAME.match(part) for part in parts
    )
    if not fine:
        raise RejectedError(
            f"{name[:80]!r} is no file name that is taken: relative, letters, digits, '.', '_' and "
            f"'-', at most {MAX_DEPTH} parts of {MAX_NAME_BYTES} characters"
        )


def first_failure(steps: Sequence[StepOutcome]) -> Status:
    """The status of a job with these steps."""
    return next((step.status for step in steps if step.status is not Status.OK), Status.OK)
