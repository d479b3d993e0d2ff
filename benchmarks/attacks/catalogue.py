"""The catalogue's entries, and the host's side of running one.

An entry is a module that is imported here and shipped into the box as a file, so that an attack is
ordinary code. The verdict is the host's: the status, kernel facts (what still runs, what was read
of the bait) and the lines that begin with HIT. No such line, and an entry that has run to its end,
is what holding means; silence alone is not. An entry that is *submitted*, to a verifier, has its
host's side in `submissions`.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import os
import pkgutil
import re
import secrets
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType

from ...verifiers.sandbox.base import Job, Limits, Outcome, Profile, Sandbox, Status, Step
from ...verifiers.sandbox.owner import Owner
from . import entries, kit

SMALL = Profile(
    memory_bytes=kit.MEMORY,
    processes=kit.PROCESSES,
    work_bytes=kit.WORK_BYTES,
    work_inodes=kit.WORK_FILES,
    tmp_bytes=kit.TMP_BYTES,
    tmp_inodes=kit.TMP_FILES,
    lifetime=900.0,
)
# Enough for a Python program to start on a busy machine, and soon over for those that never end.
LIMITS = Limits(seconds=5.0, output_bytes=kit.MIB, file_bytes=64 * kit.MIB)

# Rows that no program in a box can show, and who answers for them.
NOT_HERE = {
    "L22": "tests/test_sandbox_orphans.py: the trainer is killed, and nothing of it stays",
    "G34": "environments: hidden results reach an agent as one coarse number",
    "G35": "environments: hidden inputs are drawn anew, and the last score is on others",
    "G36": "no language model is in the way of a reward; displays escape what they show",
    "G37": "tasks: each ships its baselines, which `forgegym validate` runs",
    "R03": "submissions of one file: no build script, no manifest; rustc is called, not cargo",
    "R04": "submissions of one file: no dependency, no procedural macro",
    "R05": "rustc is called, which reads no configuration of cargo's",
    "R06": "rustc is called by its own path, not by rustup's",
    "R07": "submissions of one file: no manifest to edit",
    "R13": "no reward is paid for a program's own tests",
    "V16": "tasks: what is expected comes from a model in Python, which knows no x",
}
ROWS = (*(f"G{n:02}" for n in range(1, 38)), *(f"L{n}" for n in range(1, 23)))
LANGUAGES = {"G": "any", "L": "any", "P": "python", "R": "rust", "V": "verilog", "K": "compact"}

PYTHON = "/usr/bin/python3"
# Namespace packages: in the box there are just these two files, at their own places. No double
# quote, no dollar: it passes a shell unharmed where a sandbox is so weak as to use one.
LAUNCHER = (
    "import sys, importlib; sys.path.insert(0, '.'); role, _, entry = sys.argv[1:4]; "
    "found = importlib.import_module('forgegym.benchmarks.attacks.entries.' + entry); "
    "print('BEGUN', flush=True); getattr(found, role)(*sys.argv[4:]); print('DONE', flush=True)"
)
_HEADER = re.compile(r"((?:[GLPRVK]\d+ )*[GLPRVK]\d+): (.+)")
_HIT = re.compile(rb"^HIT .*", re.MULTILINE)
# From the outcome to the end of the last process that a killed box had.
VANISH_SECONDS = 3.0
# A job that looks for what another has left is run so often that it meets every box of the pool.
LOOKS = 3
BAIT_VARIABLE = "FORGEGYM_ATTACK_BAIT"
# Bubblewrap's boxes see this folder. Python has no version 3.0 any more that would look there.
INSTALLED = Path("/usr/local/lib")
_PYTHON = "python3.0-forgegym:"


@dataclass(frozen=True, slots=True)
class Entry:
    """One attack.

    Attributes:
        name: Of its module.
        ids: The catalogue's rows that it is about.
        title, safe: What it does, and what a sandbox makes of it, from its docstring.
        expect: How its jobs may end (module: `EXPECT`, words; default: ``"ok"``, refused in peace).
        limits: Of its steps (module: `LIMITS`, what differs from `LIMITS` here).
        never_on_bare: Without a sandbox it would hurt the machine (module: `NEVER_ON_BARE`).
        needs: What it cannot do without, if it is submitted (module: `NEEDS`; see `submissions`).
    """

    name: str
    ids: tuple[str, ...]
    title: str
    safe: str
    expect: frozenset[Status]
    limits: Limits
    never_on_bare: bool
    needs: str
    module: ModuleType

    @property
    def language(self) -> str:
        """``"any"``, or the language whose image it needs."""
        return LANGUAGES[self.ids[0][0]]

    @property
    def submitted(self) -> bool:
        """Whether it is a program for a verifier, not one that runs in a box as it is."""
        return hasattr(self.module, "judge")


def load(*, submitted: bool = False) -> list[Entry]:
    """Every entry of one kind, in the order of the rows: those that run in a box, or `submitted`.

    Raises `ValueError` for a malformed one.
    """
    names = sorted(found.name for found in pkgutil.iter_modules(entries.__path__))
    found = [read(importlib.import_module(f"{entries.__name__}.{name}")) for name in names]
    return [entry for entry in found if entry.submitted == submitted]


def read(module: ModuleType) -> Entry:
    """The entry that `module` is. Raises `ValueError` when its docstring does not say what."""
    name = module.__name__.rpartition(".")[2]
    first, _, rest = inspect.cleandoc(module.__doc__ or "").partition("\n")
    header = _HEADER.fullmatch(first)
    safe = " ".join(rest.split()).partition("Safe: ")[2]
    if header is None or not safe:
        raise ValueError(f"{name} does not begin with 'G01: what it does.' and 'Safe: …'")
    return Entry(
        name=name,
        ids=tuple(header[1].split()),
        title=header[2].rstrip("."),
        safe=safe,
        expect=_statuses(getattr(module, "EXPECT", "ok")),
        limits=replace(LIMITS, **getattr(module, "LIMITS", {})),
        never_on_bare=getattr(module, "NEVER_ON_BARE", False),
        needs=getattr(module, "NEEDS", ""),
        module=module,
    )


def _statuses(words: str) -> frozenset[Status]:
    return frozenset(Status(word) for word in words.split())


class Bait:
    """What there is to steal on this host while attacks run: all of it says `secret`.

    Files, an environment variable, a TCP port on every address, and an abstract Unix socket. One of
    the files lies where ForgeGym does when it is installed for the whole machine, if this process
    may write there: boxes that are opened afterwards must not have it.
    """

    def __init__(self) -> None:
        self.secret = f"bait-{secrets.token_hex(16)}"
        self._python: Path | None = None
        self.folder = Path(tempfile.mkdtemp(prefix="forgegym-bait-"))
        self.folder.chmod(0o755)
        self.file = self.folder / "secret"
        self.file.write_text(self.secret)
        self.files = (self.file, *self._install())
        os.environ[BAIT_VARIABLE] = self.secret
        self.unix = f"forgegym-{secrets.token_hex(8)}"
        self._tcp = socket.create_server(("", 0))
        self._unix = socket.socket(socket.AF_UNIX)
        self._unix.bind(f"\0{self.unix}")
        self._unix.listen()
        self.port: int = self._tcp.getsockname()[1]
        for listener in (self._tcp, self._unix):
            threading.Thread(target=self._serve, args=(listener,), daemon=True).start()

    def _install(self) -> tuple[Path, ...]:
        """The file in an installation's place, where one can be there; the dead's are removed."""
        for left in INSTALLED.glob(f"{_PYTHON}*"):
            owner = Owner.read(left.name.removeprefix(_PYTHON).rpartition("-")[0])
            if owner is not None and owner.dead:
                shutil.rmtree(left, ignore_errors=True)
        python = INSTALLED / f"{_PYTHON}{Owner.me()}-{secrets.token_hex(4)}"
        file = python / "site-packages/forgegym/secret"
        try:
            file.parent.mkdir(parents=True)
        except OSError:
            return ()
        self._python = python
        file.write_text(self.secret)
        for path in (python, *file.relative_to(python).parents):
            (python / path).chmod(0o755)
        file.chmod(0o644)
        return (file,)

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                with listener.accept()[0] as taker:
                    taker.sendall(self.secret.encode())
            except OSError:
                return

    def addresses(self) -> list[str]:
        """This host's IPv4 addresses as far as its names and its routes tell them."""
        found = {"127.0.0.1"}
        with contextlib.suppress(OSError):  # a host that does not know its own name
            found |= {str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None)}
        for line in Path("/proc/net/fib_trie").read_text().splitlines():
            word = line.split()[-1]
            if re.fullmatch(r"\d+\.\d+\.\d+\.\d+", word) and word.split(".")[3] not in ("0", "255"):
                found.add(word)
        return sorted(found)

    def close(self) -> None:
        """Take everything away again."""
        for listener in (self._tcp, self._unix):
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        os.environ.pop(BAIT_VARIABLE, None)
        shutil.rmtree(self.folder)
        if self._python is not None:
            shutil.rmtree(self._python)

    def __enter__(self) -> Bait:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Host:
    """The host's side of one run of one entry: what it has to complain about."""

    def __init__(self, entry: Entry, bait: Bait) -> None:
        self.entry, self.bait = entry, bait
        self.complaints: list[str] = []
        self._lock = threading.Lock()

    def blame(self, complaint: str) -> None:
        """What is attacked has not held."""
        with self._lock:
            self.complaints.append(complaint)

    def check(self, holds: object, complaint: str) -> None:
        """Blame unless `holds`."""
        if not holds:
            self.blame(complaint)

    def attempt(self, work: Callable[[], object], seconds: float) -> float:
        """Do `work`, for at most `seconds`; how long it took. It may not end at all, or raise."""
        started = time.monotonic()

        def go() -> None:
            try:
                work()
            except Exception as error:  # what the host's part did not reckon with
                self.blame(f"the check failed: {error!r}")

        thread = threading.Thread(target=go, name=self.entry.name, daemon=True)
        thread.start()
        thread.join(seconds)
        if thread.is_alive():
            self.blame(f"no end after {seconds:.0f} s")
        return time.monotonic() - started

    def result(self, expected: str, got: str, seconds: float) -> Result:
        """What came of it."""
        entry, complaints = self.entry, tuple(self.complaints)
        return Result(
            entry.name, entry.ids, entry.title, expected, got, seconds, not complaints, complaints
        )


class World(Host):
    """The host's side of an entry that runs in boxes: it starts jobs."""

    def __init__(self, entry: Entry, sandbox: Sandbox, bait: Bait) -> None:
        super().__init__(entry, bait)
        self.sandbox = sandbox
        self.token = f"forgegym-attack-{secrets.token_hex(8)}"
        self.outcomes: list[Outcome] = []
        self.allowed: set[Status] = set()

    def step(
        self,
        role: str = "attack",
        *arguments: str,
        stdin: bytes = b"",
        requests: tuple[bytes, ...] = (),
        limits: Limits | None = None,
    ) -> Step:
        """The step that calls `role` of the entry's module. The token makes it known to `left`."""
        command = (PYTHON, "-I", "-S", "-B", "-c", LAUNCHER, role, self.token, self.entry.name)
        return Step(
            argv=(*command, *arguments),
            stdin=stdin,
            requests=requests,
            limits=limits or self.entry.limits,
            name=role,
        )

    def plain(self, *argv: str) -> Step:
        """A step that is not the entry's own."""
        return Step(argv, limits=self.entry.limits, name="plain")

    def files(self) -> dict[str, bytes]:
        """What a job needs to have the entry and the kit at hand."""
        folder = "forgegym/benchmarks/attacks"
        return {
            f"{folder}/kit.py": _source(kit),
            f"{folder}/entries/{self.entry.name}.py": _source(self.entry.module),
        }

    def submit(
        self,
        *steps: Step,
        expect: str | None = None,
        files: Mapping[str, bytes] | None = None,
        collect: Mapping[str, int] | None = None,
    ) -> Outcome:
        """Run a job of the entry's; see that it ends as it may, and has got nothing."""
        job = Job(steps, files={**self.files(), **(files or {})}, collect=collect or {})
        outcome = self.sandbox.run(job)
        allowed = self.entry.expect if expect is None else _statuses(expect)
        with self._lock:
            self.outcomes.append(outcome)
            self.allowed |= allowed
        for complaint in complaints(job, outcome, allowed, self.bait.secret.encode()):
            self.blame(complaint)
        return outcome

    def play(
        self,
        role: str = "attack",
        *arguments: str,
        expect: str | None = None,
        stdin: bytes = b"",
        requests: tuple[bytes, ...] = (),
        limits: Limits | None = None,
        files: Mapping[str, bytes] | None = None,
        collect: Mapping[str, int] | None = None,
    ) -> Outcome:
        """A job of one step; see `step` and `submit`."""
        step = self.step(role, *arguments, stdin=stdin, requests=requests, limits=limits)
        return self.submit(step, expect=expect, files=files, collect=collect)

    def look(self, *arguments: str) -> None:
        """Look for what earlier jobs have left, in every box of the pool."""
        for _ in range(LOOKS):
            self.play("look", *arguments, expect="ok")

    def beside(self, role: str, other: str, *arguments: str) -> None:
        """Play `other` while `role` still runs, in another box."""
        first = threading.Thread(target=self.play, args=(role, *arguments))
        first.start()
        time.sleep(1.0)  # `role` starts in a tenth of that, and stays for three
        self.play(other, *arguments)
        first.join()

    def lines(self, outcome: Outcome) -> list[str]:
        """What the last step printed between BEGUN and DONE."""
        text = outcome.last.stdout.decode("utf-8", "replace") if outcome.steps else ""
        return [line for line in text.splitlines() if line not in ("BEGUN", "DONE")]

    def left(self) -> list[int]:
        """The processes on this machine that one of the entry's jobs has started."""
        return [pid for pid in _processes() if self.token.encode() in _command(pid)]

    def run(self) -> None:
        """The whole entry, and what holds for each: nothing of it runs on."""
        host = getattr(self.entry.module, "host", None)
        if host is not None:
            host(self)
        elif hasattr(self.entry.module, "plant"):
            self.play("plant")
            self.look()
        else:
            self.play()
        end = time.monotonic() + VANISH_SECONDS
        quiet = 0
        # Twice: a process that is just becoming another has no command line for a moment.
        while quiet < 2 and time.monotonic() < end:
            left = self.left()
            quiet = 0 if left else quiet + 1
            time.sleep(0.05)
        if quiet < 2:
            self.blame(f"{len(left)} processes still run on the host")


def complaints(job: Job, outcome: Outcome, allowed: Iterable[Status], secret: bytes) -> list[str]:
    """Why `outcome` is not what a sandbox that holds makes of `job`."""
    found = []
    if outcome.status not in allowed:
        found.append(f"ended as {outcome.status.value} {_last_word(outcome)}".rstrip())
    texts = [text for step in outcome.steps for text in (step.stdout, step.stderr, *step.answers)]
    for text in texts:
        found += [line.decode("utf-8", "replace")[:200] for line in _HIT.findall(text)[:3]]
    if any(secret in text for text in (*texts, *outcome.files.values())):
        found.append("the host's secret came out")
    if outcome.status is Status.OK and len(outcome.steps) != len(job.steps):
        found.append(f"{len(outcome.steps)} of {len(job.steps)} steps ran")
    for asked, step in zip(job.steps, outcome.steps, strict=False):
        if LAUNCHER in asked.argv and step.status is Status.OK and not _finished(step.stdout):
            found.append(f"{step.name} did not run to its end")
    return found


def _finished(stdout: bytes) -> bool:
    return stdout.startswith(b"BEGUN\n") and stdout.rstrip().endswith(b"DONE")


def _last_word(outcome: Outcome) -> str:
    said = outcome.message
    if outcome.steps and not said:
        said = outcome.last.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
    return f"({said[:160]})" if said else ""


def _source(module: ModuleType) -> bytes:
    return Path(str(module.__file__)).read_bytes()


def _processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one entry; `complaints` say why it has not held.

    `missing` says what of this machine it lacks, in a sentence: then it was not run, and nothing
    is known about whether it would have held.
    """

    name: str
    ids: tuple[str, ...]
    title: str
    expected: str
    got: str
    seconds: float
    held: bool
    complaints: tuple[str, ...] = field(default=())
    missing: str = ""


def run_entry(entry: Entry, sandbox: Sandbox, bait: Bait, *, seconds: float) -> Result:
    """Run one entry, for at most `seconds`."""
    world = World(entry, sandbox, bait)
    took = world.attempt(world.run, seconds)
    got = _words({outcome.status for outcome in world.outcomes})
    return world.result(_words(world.allowed or entry.expect), got, took)


def _words(statuses: Iterable[Status]) -> str:
    return " ".join(sorted(status.value for status in statuses))
