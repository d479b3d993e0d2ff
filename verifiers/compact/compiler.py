"""The real Compact compiler: where it is, and how it is run in a sandbox.

`compactc` is either in the image ``forgegym/compact`` (`forgegym images build compact`) or on this
machine, where bubblewrap's boxes see its folder; beside it are Node and Midnight's compact-runtime,
which run what it compiles. A submission is one file and one or two steps (compile, test); what
comes back is an `Outcome` of the sandbox, for `toolchain` to judge.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from ..installed import folders_of
from ..sandbox import docker, images
from ..sandbox.base import (
    MIB,
    Job,
    Limits,
    Outcome,
    Profile,
    Sandbox,
    SandboxUnavailableError,
    Step,
)
from ..sandbox.choose import Choice, open_sandbox
from ..sandbox.holder import Holder
from ..verdict import Toolchain
from ..verifier import ToolchainMissingError
from . import parse

# compactc starts in 0.3 GB of address space and compiles a contract in 70 MB of memory.
MEMORY_BYTES = 2048 * MIB
# An accepted contract makes the compiler write less than 1 MB.
FILE_BYTES = 16 * MIB
# A disclosure error with all its paths has 10 kB.
OUTPUT_BYTES = 256 * 1024
# To print a version.
ASKING_SECONDS = 20.0

# The name stands in messages; as `contract` is a keyword, no `import` can name the file.
FILE = "contract.compact"
IN_IMAGE = ("/usr/local/bin/compactc",)

INSTALL_HINT = "install it with Midnight's `compact update` or name it in FORGEGYM_COMPACTC"
# The front end runs nothing, and so judges no task with a specification.
OR_FRONTEND = 'or, but for tasks="spec", use toolchain="frontend"'

# The release of compact-runtime that what compactc 0.31 compiles asks for by number.
RUNTIME_VERSION = "0.16.0"
RUNTIME_IN_IMAGE = "/opt/compact-runtime/node_modules"
NODE_IN_IMAGE = "/usr/bin/node"
_RUNTIME_PACKAGE = "@midnight-ntwrk/compact-runtime"
_DRIVER = Path(__file__).with_name("driver.mjs")
# Node and the runtime start in 0.2 s; a play of ten calls takes some hundredths, a verdict's plays
# up to 9 s of a processor. Those are limited: a machine that is busy may take longer by the clock.
TEST_SECONDS = 20.0
_TEST_WALL_SECONDS = 3 * TEST_SECONDS
ANSWER_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Compactc:
    """A Compact compiler of this machine: how to start it, and what it says it is.

    `folders` is what a sandbox must see of this machine for it to run; see `installed.folders_of`.
    """

    command: tuple[str, ...]
    toolchain: Toolchain
    folders: tuple[Path, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


def find_compactc() -> Compactc | None:
    """The compiler that FORGEGYM_COMPACTC names, else `compactc` of PATH, else `compact compile`.

    Raises `ToolchainMissingError` when FORGEGYM_COMPACTC is set to something that is no compiler.
    """
    named = os.environ.get("FORGEGYM_COMPACTC")
    if named:
        found = _ask(str(Path(named).expanduser().absolute()))
        if found is None:
            raise ToolchainMissingError(
                f"FORGEGYM_COMPACTC is {named!r}, which does not run as a Compact compiler "
                "(`--version` must print a version)"
            )
        return found
    for name in ("compactc", "compact"):
        path = shutil.which(name)
        found = _ask(str(Path(path).absolute())) if path else None
        if found is not None:
            return found
    return None


@cache
def _ask(path: str) -> Compactc | None:
    """The compiler at `path`, or None when what is there does not answer like one."""
    # `compactc` itself, or the `compile` command of Midnight's `compact` tool, which keeps its
    # compilers in a folder of its own.
    is_tool = Path(path).name == "compact"
    real = str(Path(path).resolve())
    command = (real, "compile") if is_tool else (real,)
    answers = []
    for flag in ("--version", "--language-version"):
        try:
            said = subprocess.run(
                [*command, flag], capture_output=True, text=True, errors="replace",
                stdin=subprocess.DEVNULL, timeout=ASKING_SECONDS, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired):
            return None
        version = parse.parse_version(said.stdout) if said.returncode == 0 else None
        if version is None:
            return None
        answers.append(version)
    folders = [*folders_of(Path(path).resolve())]
    environment = {}
    if is_tool:
        kept = Path(os.environ.get("COMPACT_DIRECTORY", Path.home() / ".compact")).resolve()
        folders.append(kept)
        environment["COMPACT_DIRECTORY"] = str(kept)
    return Compactc(
        command, Toolchain("compactc", answers[0], answers[1]), tuple(folders), environment
    )


@dataclass(frozen=True, slots=True)
class Runtime:
    """What runs compiled contracts: Node, and the `modules` folder that has compact-runtime."""

    node: str
    modules: str
    node_version: str
    version: str


def runtime_folder() -> Path:
    """Where compact-runtime is looked for on this machine.

    FORGEGYM_COMPACT_RUNTIME, else ``forgegym/compact-runtime`` in the user's data folder (XDG).
    """
    named = os.environ.get("FORGEGYM_COMPACT_RUNTIME")
    if named:
        return Path(named).expanduser().absolute()
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "forgegym" / "compact-runtime"


def find_runtime() -> Runtime:
    """Node of PATH with compact-runtime of `runtime_folder`.

    Raises `ToolchainMissingError` when there is none; the message says how to install it.
    """
    node = shutil.which("node")
    if node is None:
        raise ToolchainMissingError(
            "contracts run on Node, and there is no `node` on PATH; install Node 20 or newer"
        )
    folder = runtime_folder()
    modules = folder if folder.name == "node_modules" else folder / "node_modules"
    try:
        package = json.loads((modules / _RUNTIME_PACKAGE / "package.json").read_text())
        version = str(package["version"])
    except (OSError, ValueError, KeyError, TypeError):
        raise ToolchainMissingError(
            f"contracts run on compact-runtime, which is not in {folder}; "
            f"`npm install --prefix {folder} {_RUNTIME_PACKAGE}@{RUNTIME_VERSION}` puts it there "
            "(FORGEGYM_COMPACT_RUNTIME names another folder)"
        ) from None
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    return Runtime(node, str(modules.resolve()), said.stdout.strip().lstrip("v"), version)


class Compiler(Holder):
    """compactc in a sandbox that stays open, and what runs what it compiles, if that is there.

    `runtime` is None when contracts cannot be run, and `missing` then says why.
    """

    def __init__(
        self, compactc: Compactc, sandbox: Sandbox, runtime: Runtime | str, *, owned: bool
    ) -> None:
        self._compactc = compactc
        self.runtime = runtime if isinstance(runtime, Runtime) else None
        self.missing = runtime if isinstance(runtime, str) else ""
        super().__init__(sandbox, owned=owned)
        self.toolchain = replace(compactc.toolchain, image_digest=sandbox.digest)

    @property
    def path(self) -> str:
        """What is started."""
        return self._compactc.command[0]

    def compile(self, source: str, seconds: float, requests: tuple[bytes, ...] = ()) -> Outcome:
        """What came of compiling `source`, and then of asking the compiled contract `requests`.

        The first step's standard error holds the compiler's messages; the second step, which needs
        `runtime`, is there when there are requests and the first ended well.
        """
        limits = compiling(seconds)
        argv = (*self._compactc.command, "--skip-zk", "--vscode", FILE, "out")
        steps = [Step(argv, environment=self._compactc.environment, limits=limits, name="compile")]
        files = {FILE: source.encode()}
        if requests:
            assert self.runtime is not None
            limits = Limits(
                seconds=_TEST_WALL_SECONDS,
                cpu_seconds=TEST_SECONDS,
                output_bytes=OUTPUT_BYTES,
                answer_bytes=ANSWER_BYTES,
            )
            # Sent with each job, as Python's are: an image need not be built again for it.
            files[_DRIVER.name] = _DRIVER.read_bytes()
            argv = (self.runtime.node, _DRIVER.name, self.runtime.modules)
            steps.append(Step(argv, requests=requests, limits=limits, name="test"))
        return self.sandbox.run(Job(tuple(steps), files=files))


def compiling(seconds: float) -> Limits:
    """The limits of one run of compactc, with so many seconds of processor time: a verdict does not
    hang on what else a machine does."""
    return Limits(
        seconds=3 * seconds, cpu_seconds=seconds, output_bytes=OUTPUT_BYTES, file_bytes=FILE_BYTES
    )


def open_compiler(
    sandbox: Choice | Sandbox = "auto", *, allow_unsafe: bool = False, workers: int | None = None
) -> Compiler | None:
    """compactc in a sandbox, or None when there is no compiler at all.

    `sandbox`: ``"auto"`` takes the image if it has been built, else this machine's compiler in
    bubblewrap's boxes; or an open sandbox, which is left open.

    Raises `SandboxUnavailableError` when there is a compiler and no sandbox to run it in,
    `ToolchainMissingError` as `find_compactc`.
    """
    profile = Profile(memory_bytes=MEMORY_BYTES)
    if not isinstance(sandbox, str):
        host = find_compactc()
        return None if host is None else Compiler(host, sandbox, _runtime_or_why(), owned=False)
    if sandbox == "docker" or (sandbox == "auto" and _image_is_built()):
        opened = open_sandbox("compact", "docker", profile=profile, size=workers)
        try:
            return Compiler(_in_image(opened), opened, _runtime_in_image(opened), owned=True)
        except BaseException:
            opened.close()
            raise
    host = find_compactc()
    if host is None:
        return None
    runtime = _runtime_or_why()
    folders = [*host.folders]
    if isinstance(runtime, Runtime):
        folders += [Path(runtime.modules), Path(runtime.node).resolve()]
    opened = open_sandbox(
        "compact",
        "bubblewrap" if sandbox == "auto" else sandbox,
        allow_unsafe=allow_unsafe,
        profile=profile,
        size=workers,
        toolchains=folders,
    )
    return Compiler(host, opened, runtime, owned=True)


def _runtime_or_why() -> Runtime | str:
    try:
        return find_runtime()
    except ToolchainMissingError as error:
        return str(error)


def _runtime_in_image(sandbox: Sandbox) -> Runtime | str:
    """What the image has to run contracts with, or why it has not."""
    package = f"{RUNTIME_IN_IMAGE}/{_RUNTIME_PACKAGE}/package.json"
    program = f"console.log(process.version.slice(1), require({json.dumps(package)}).version)"
    step = Step((NODE_IN_IMAGE, "-e", program), limits=Limits(seconds=ASKING_SECONDS))
    outcome = sandbox.run(Job((step,)))
    said = outcome.last.stdout.decode("utf-8", "replace").split() if outcome.steps else []
    if len(said) != 2:
        return (
            "the image forgegym/compact has no compact-runtime to run contracts with; "
            "`forgegym images build compact` makes it anew"
        )
    return Runtime(NODE_IN_IMAGE, RUNTIME_IN_IMAGE, *said)


def _image_is_built() -> bool:
    """Whether there is an engine with a current image for Compact that has a compactc."""
    try:
        with closing(docker.connect()) as engine:
            image = images.find(engine, "compact")
        return image.current and image.with_release
    except SandboxUnavailableError:
        return False


def _in_image(sandbox: Sandbox) -> Compactc:
    """The compiler of the image, asked in a box. Raises `ToolchainMissingError`."""
    answers = []
    for flag in ("--version", "--language-version"):
        step = Step((*IN_IMAGE, flag), limits=Limits(seconds=ASKING_SECONDS))
        outcome = sandbox.run(Job((step,)))
        said = outcome.last.stdout.decode("utf-8", "replace") if outcome.steps else ""
        version = parse.parse_version(said)
        if version is None:
            why = outcome.message or said.strip()
            raise ToolchainMissingError(
                f"no compactc runs in the image forgegym/compact ({why}); "
                "`forgegym images build compact --from FOLDER` takes one from a release's folder"
            )
        answers.append(version)
    return Compactc(IN_IMAGE, Toolchain("compactc", answers[0], answers[1]))
