"""rustc in a sandbox: where it is, and how a candidate is compiled, joined to the driver and asked.

It is either in the image ``forgegym/rust`` (`forgegym images build`) or on this machine, where
bubblewrap's boxes see its folder. A submission is one job of up to three steps: the candidate as a
library crate, the crate of a few lines that joins it to the driver, and the program that results.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from ..calls import answer_limit
from ..installed import folders_of
from ..sandbox.base import (
    MIB,
    Job,
    Limits,
    Outcome,
    Profile,
    Sandbox,
    Status,
    Step,
)
from ..sandbox.choose import Choice
from ..sandbox.holder import Holder, open_tools
from ..verdict import Toolchain
from ..verifier import ToolchainMissingError
from .interface import CANDIDATE, DRIVER, Interface, Script, joining_crate

# rustc needs 150 MB for a small crate and a linker beside it; a runaway constant must not get far.
MEMORY_BYTES = 1024 * MIB
OUTPUT_BYTES = 256 * 1024
COMPILE_SECONDS = 20.0
# Of all cases of a verdict together, in processor time: tasks need hundredths, and everybody waits
# for a loop without end. By the clock a busy machine may need more.
TEST_SECONDS = 2.0
_TEST_WALL_SECONDS = 3 * TEST_SECONDS
ASKING_SECONDS = 20.0

EDITION = "2021"
IN_IMAGE = "/usr/bin/rustc"
FILE = "solution.rs"
# rustc's heap in huge pages: its page faults are what a box makes dearer (`bench sandbox`).
ENVIRONMENT = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
# Groups of lints that no attribute of the candidate can silence.
FORCED = ("unused", "nonstandard-style", "future-incompatible")
# Nothing of a candidate is worth optimising; without debug information it links in half the time.
_COMMON = ("-Cdebuginfo=0", "-Ccodegen-units=1", "--error-format=json")
_DRIVER_SOURCE = Path(__file__).with_name("driver.rs")
_RLIB = f"lib{DRIVER}.rlib"

INSTALL_HINT = (
    "`forgegym images build` makes an image that has it; or install Rust (https://rustup.rs) and "
    "bubblewrap"
)


@dataclass(frozen=True, slots=True)
class Rustc:
    """A Rust compiler: its path, what it says it is, and what of this machine it needs."""

    path: str
    toolchain: Toolchain
    folders: tuple[Path, ...] = ()


def find_rustc() -> Rustc | None:
    """The compiler that FORGEGYM_RUSTC names, else `rustc` of PATH; of rustup's, the real one.

    Raises `ToolchainMissingError` when FORGEGYM_RUSTC is set to something that is no compiler.
    """
    named = os.environ.get("FORGEGYM_RUSTC")
    path = str(Path(named).expanduser().absolute()) if named else shutil.which("rustc")
    found = _ask(path) if path else None
    if named and found is None:
        raise ToolchainMissingError(
            f"FORGEGYM_RUSTC is {named!r}, which does not run as a Rust compiler"
        )
    return found


@cache
def _ask(path: str) -> Rustc | None:
    """The compiler at `path`, or None when what is there does not answer like one."""
    sysroot = _said([path, "--print", "sysroot"])
    if not sysroot:
        return None
    root = Path(sysroot.strip())
    real = root / "bin" / "rustc"
    version = _said([str(real), "--version"])
    if version is None or (number := parse_version(version)) is None:
        return None
    folders = () if root.is_relative_to("/usr") else folders_of(real, "lib")
    return Rustc(str(real), Toolchain("rustc", number, EDITION), folders)


def _said(command: Sequence[str]) -> str | None:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace",
            stdin=subprocess.DEVNULL, timeout=ASKING_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def parse_version(text: str) -> str | None:
    """``1.85.0`` of ``rustc 1.85.0 (4d91de4e4 2025-02-17)``; None for anything else."""
    words = text.split()
    return words[1] if len(words) > 1 and words[0] == "rustc" else None


class Compiler(Holder):
    """rustc in a sandbox that stays open.

    The driver is compiled once, in a box that has run nothing else (`open_compiler` does it), and
    goes into every job as a file.
    """

    def __init__(self, rustc: Rustc, sandbox: Sandbox, driver: bytes, *, owned: bool) -> None:
        self._rustc = rustc
        self._driver = driver
        super().__init__(sandbox, owned=owned)
        self.toolchain = replace(rustc.toolchain, image_digest=sandbox.digest)

    @property
    def path(self) -> str:
        """What is started."""
        return self._rustc.path

    def run(
        self,
        source: str,
        *,
        interface: Interface | Script | None = None,
        requests: tuple[bytes, ...] = (),
        forbid_unsafe: bool = False,
        warn: bool = True,
        seconds: float = COMPILE_SECONDS,
    ) -> Outcome:
        """What came of compiling `source` ("compile"), of joining it to the driver ("join"), and of
        asking it (`requests`; "test"). The last two only with an `interface`.

        rustc's messages are on standard error of the first two steps, as JSON; without `warn` those
        about the candidate are errors alone.
        """
        # A forced warning cannot be made an error, either.
        forced = FORCED if forbid_unsafe else (*FORCED, "unsafe_code")
        lints = [part for name in forced for part in ("--force-warn", name)]
        if not warn:
            lints = ["-A", "warnings"]
        if forbid_unsafe:
            lints += ["-F", "unsafe_code"]
        files = {FILE: source.encode("utf-8", "surrogatepass")}
        # In processor time: a program is not to blame for a machine on which rustc waits its turn.
        limits = Limits(seconds=3 * seconds, cpu_seconds=seconds, output_bytes=OUTPUT_BYTES)
        crate, edition = CANDIDATE, f"--edition={EDITION}"
        if isinstance(interface, Script):
            crate, edition = interface.crate, f"--edition={interface.edition}"
        steps = [
            Step(
                (
                    self.path, edition, *_COMMON, "--crate-type=rlib",
                    f"--crate-name={CANDIDATE}", *lints, FILE,
                ),
                environment=ENVIRONMENT, limits=limits, name="compile",
            )
        ]  # fmt: skip
        if interface is not None:
            files["main.rs"] = joining_crate(interface).encode()
            files[_RLIB] = self._driver
            externs = [
                part
                for name, file in ((crate, f"lib{CANDIDATE}.rlib"), (DRIVER, _RLIB))
                for part in ("--extern", f"{name}={file}")
            ]
            argv = (
                self.path, edition, *_COMMON, "--crate-name=main", *externs, "-o", "main",
                "main.rs",
            )  # fmt: skip
            steps.append(Step(argv, environment=ENVIRONMENT, limits=limits, name="join"))
            test = Limits(
                seconds=_TEST_WALL_SECONDS,
                cpu_seconds=TEST_SECONDS,
                output_bytes=OUTPUT_BYTES,
                answer_bytes=answer_limit(len(requests)),
            )
            steps.append(Step(("./main",), requests=requests, limits=test, name="test"))
        return self.sandbox.run(Job(tuple(steps), files=files))


def open_compiler(
    sandbox: Choice | Sandbox = "auto", *, allow_unsafe: bool = False, workers: int | None = None
) -> Compiler:
    """rustc in a sandbox: of the image if there is one, else this machine's in bubblewrap's boxes.

    `sandbox` may be an open one, which is left open, and takes this machine's compiler.

    Raises `ToolchainMissingError` when there is no compiler, `SandboxUnavailableError` when there
    is no sandbox to run it in.
    """
    return open_tools(
        "rust",
        sandbox,
        here=_of_this_machine,
        in_image=_in_image,
        hold=_with_driver,
        profile=Profile(memory_bytes=MEMORY_BYTES),
        allow_unsafe=allow_unsafe,
        size=workers,
    )


def _of_this_machine() -> Rustc:
    rustc = find_rustc()
    if rustc is None:
        raise ToolchainMissingError(f"no Rust compiler was found: {INSTALL_HINT}")
    return rustc


def _in_image(sandbox: Sandbox) -> Rustc:
    """The compiler of the image, asked in a box. Raises `ToolchainMissingError`."""
    step = Step((IN_IMAGE, "--version"), limits=Limits(seconds=ASKING_SECONDS))
    outcome = sandbox.run(Job((step,)))
    said = outcome.last.stdout.decode("utf-8", "replace") if outcome.steps else ""
    version = parse_version(said)
    if version is None:
        why = outcome.message or said.strip()
        raise ToolchainMissingError(
            f"no rustc runs in the image forgegym/rust ({why}); `forgegym images build` makes it "
            "anew"
        )
    return Rustc(IN_IMAGE, Toolchain("rustc", version, EDITION))


def _with_driver(tools: Rustc, sandbox: Sandbox, *, owned: bool) -> Compiler:
    """Compiles the driver. Raises `ToolchainMissingError` when that fails."""
    argv = (
        tools.path, f"--edition={EDITION}", *_COMMON, "-Copt-level=1", "--crate-type=rlib",
        f"--crate-name={DRIVER}", _DRIVER_SOURCE.name,
    )  # fmt: skip
    limits = Limits(seconds=3 * COMPILE_SECONDS, output_bytes=OUTPUT_BYTES)
    outcome = sandbox.run(
        Job(
            (Step(argv, limits=limits, name="driver"),),
            files={_DRIVER_SOURCE.name: _DRIVER_SOURCE.read_bytes()},
            collect={_RLIB: 8 * MIB},
        )
    )
    if outcome.status is not Status.OK or _RLIB not in outcome.files:
        said = outcome.last.stderr.decode("utf-8", "replace") if outcome.steps else outcome.message
        raise ToolchainMissingError(
            f"{tools.path} does not compile the driver ({outcome.status.value}): {said[-500:]}"
        )
    return Compiler(tools, sandbox, outcome.files[_RLIB], owned=owned)
