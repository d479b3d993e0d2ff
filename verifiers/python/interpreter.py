"""Python in a sandbox: which one it is, and how a candidate is read and asked.

It is the one of the image ``forgegym/python`` (`forgegym images build`), or this machine's
/usr/bin/python3 in bubblewrap's boxes. A submission is one job of up to two steps: `reading.py`
compiles the candidate without running it, and the driver calls its function. Our own files are
compiled once (`compiling.py`), by the Python that runs them.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ..calls import answer_limit
from ..sandbox.base import MIB, Job, Limits, Outcome, Profile, Sandbox, Status, Step
from ..sandbox.choose import Choice, image_is_built, open_sandbox
from ..sandbox.holder import Holder
from ..verdict import Toolchain
from ..verifier import ToolchainMissingError
from . import beside, compiling, driver, reading

INTERPRETER = "/usr/bin/python3"
# What a job calls the candidate's file.
PROGRAM = "solution.py"
# The interpreter has 10 MB; tasks need little more, and a runaway list must not get far.
MEMORY_BYTES = 256 * MIB
OUTPUT_BYTES = 256 * 1024
READ_SECONDS = 5.0
# Of all cases of a verdict together, in processor time: tasks need hundredths, and everybody waits
# for a loop without end. By the clock a busy machine may need more.
TEST_SECONDS = 2.0
# A program is not to blame for a machine on which it waits for its turn.
_WALL = 4
_TEST_WALL_SECONDS = _WALL * TEST_SECONDS
ASKING_SECONDS = 20.0

# Isolated, without site-packages, writing no bytecode.
FLAGS = ("-I", "-S", "-B")
# The same for a program that is called, but that its sets of texts have one order: else the same
# program would not get the same verdict. An isolated interpreter (-I) hears of no variable.
_CALLED = ("-s", "-S", "-B")
_ENVIRONMENT = {"PYTHONHASHSEED": "0", "PYTHONSAFEPATH": "1"}
_VERSION = (
    "import sys; v = sys.version_info; "
    "print(sys.implementation.name, sys.version.split()[0], f'{v[0]}.{v[1]}')"
)
# Beside the candidate in the work folder, compiled; a name of theirs is no name of its.
READING, BESIDE, DRIVER = "forgegym-reading.pyc", "forgegym-beside.pyc", "forgegym-driver.pyc"
PRELUDE = "forgegym-prelude.py"
_OURS = {READING: reading, BESIDE: beside, DRIVER: driver}
_NAMES = {"cpython": "CPython", "pypy": "PyPy"}

INSTALL_HINT = "`forgegym images build python` makes an image that has it"


class Interpreter(Holder):
    """Python in a sandbox that stays open."""

    def __init__(self, sandbox: Sandbox, *, owned: bool) -> None:
        super().__init__(sandbox, owned=owned)
        # Without a sandbox nothing is at the places that boxes have.
        self.path = sys.executable if sandbox.name == "unsafe" else INTERPRETER
        self.toolchain, self._files = self._ask()

    def run(
        self,
        source: bytes,
        *,
        function: str | None = None,
        requests: tuple[bytes, ...] = (),
        seconds: float = READ_SECONDS,
        prelude: str | None = None,
    ) -> Outcome:
        """What came of compiling `source` (the step "parse"), and of calling its `function`
        ("test", only with one): what Python says of it is on standard output of the first. With a
        `prelude`, answers and arguments are as assertions in Python see them (see `beside`)."""
        limits = Limits(seconds=_WALL * seconds, cpu_seconds=seconds, output_bytes=OUTPUT_BYTES)
        steps = [Step((self.path, *FLAGS, READING, PROGRAM), limits=limits, name="parse")]
        if function is not None:
            steps.append(self._calls(function, requests, prelude))
        return self.sandbox.run(Job(tuple(steps), files=self._beside(source, prelude)))

    def call(
        self,
        source: bytes,
        function: str,
        requests: tuple[bytes, ...],
        *,
        prelude: str | None = None,
        seconds: float = TEST_SECONDS,
    ) -> Outcome:
        """What came of calling a program's `function`, without asking what Python says of it: a
        program that does not parse answers no request. `seconds`: of the processor, rounded up."""
        step = self._calls(function, requests, prelude, seconds)
        return self.sandbox.run(Job((step,), files=self._beside(source, prelude)))

    def _beside(self, source: bytes, prelude: str | None) -> dict[str, bytes]:
        before = {} if prelude is None else {PRELUDE: prelude.encode()}
        return {PROGRAM: source, **self._files, **before}

    def _calls(
        self,
        function: str,
        requests: tuple[bytes, ...],
        prelude: str | None,
        seconds: float = TEST_SECONDS,
    ) -> Step:
        most = answer_limit(len(requests))
        limits = Limits(
            seconds=_TEST_WALL_SECONDS,
            cpu_seconds=seconds,
            output_bytes=OUTPUT_BYTES,
            answer_bytes=most,
        )
        given = () if prelude is None else (PRELUDE,)
        argv = (self.path, *_CALLED, BESIDE, DRIVER, PROGRAM, function, str(most), *given)
        return Step(argv, requests=requests, environment=_ENVIRONMENT, limits=limits, name="test")

    def _ask(self) -> tuple[Toolchain, dict[str, bytes]]:
        """Which Python there is, and our files as it compiles them. Raises
        `ToolchainMissingError` when none answers."""
        paths = {module: Path(str(module.__file__)) for module in (*_OURS.values(), compiling)}
        argv = (paths[compiling].name, *(paths[module].name for module in _OURS.values()))
        limits = Limits(seconds=ASKING_SECONDS)
        steps = [
            Step((self.path, *FLAGS, "-c", _VERSION), limits=limits),
            Step((self.path, *FLAGS, *argv), limits=limits),
        ]
        files = {path.name: path.read_bytes() for path in paths.values()}
        outcome = self.sandbox.run(Job(tuple(steps), files=files))
        said = [step.stdout.decode("utf-8", "replace").split() for step in outcome.steps]
        if outcome.status is not Status.OK or [len(words) for words in said] != [3, len(_OURS)]:
            why = outcome.message or outcome.status.value
            raise ToolchainMissingError(
                f"{self.path} does not run in the sandbox ({why}): {INSTALL_HINT}"
            )
        (name, version, language), compiled = said
        toolchain = Toolchain(_NAMES.get(name, name), version, language, self.sandbox.digest)
        return toolchain, dict(zip(_OURS, map(base64.b64decode, compiled), strict=True))


def messages(stdout: bytes) -> Sequence[tuple[str, str, int | None, int | None]] | None:
    """What `reading.py` printed; None when that is not what it prints."""
    try:
        listed = json.loads(stdout)
    except ValueError:
        return None
    return [tuple(item) for item in listed]


def find_python() -> tuple[str, str] | None:
    """What bubblewrap's boxes have: its name with its version, and its path."""
    path = Path(INTERPRETER)
    if not path.exists():
        return None
    done = subprocess.run(
        [path, *FLAGS, "-c", _VERSION], capture_output=True, text=True, check=False
    )
    said = done.stdout.split()
    return (f"{_NAMES.get(said[0], said[0])} {said[1]}", INTERPRETER) if len(said) == 3 else None


def open_interpreter(
    sandbox: Choice | Sandbox = "auto", *, allow_unsafe: bool = False, workers: int | None = None
) -> Interpreter:
    """Python in a sandbox: the image's if there is one, else this machine's in bubblewrap's boxes.

    `sandbox` may be an open one, which is left open.

    Raises `ToolchainMissingError` when no Python answers in it, `SandboxUnavailableError` when
    there is no sandbox.
    """
    if not isinstance(sandbox, str):
        return Interpreter(sandbox, owned=False)
    if sandbox == "auto":
        sandbox = "docker" if image_is_built("python") else "bubblewrap"
    profile = Profile(memory_bytes=MEMORY_BYTES)
    opened = open_sandbox(
        "python", sandbox, allow_unsafe=allow_unsafe, profile=profile, size=workers
    )
    try:
        return Interpreter(opened, owned=True)
    except BaseException:
        opened.close()
        raise
