"""Icarus Verilog, Yosys and Verilator in a sandbox: where they are, and what they are told.

They are in the image ``forgegym/verilog`` (`forgegym images build`) or on this machine, where
bubblewrap's boxes see them. A submission is two jobs. The first elaborates it, synthesises it, and
simulates *what was synthesised*: gates and flip-flops, in which no system task, delay, force or
name of another module has survived. The second, of which nothing is paid for function, lints the
source and simulates it, so that a difference can be told.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..installed import folders_of
from ..sandbox.base import (
    MIB,
    Job,
    Limits,
    Outcome,
    Profile,
    Sandbox,
    SandboxError,
    Status,
    Step,
)
from ..sandbox.choose import Choice
from ..sandbox.holder import Holder, open_tools
from ..verdict import Toolchain
from ..verifier import ToolchainMissingError
from .interface import Interface
from .netlist import GATES, LINE, NOT_PLAIN
from .player import player, player_name

# Yosys takes 40 MB for a small design; a memory of a million words must not get far.
MEMORY_BYTES = 1024 * MIB
OUTPUT_BYTES = 256 * 1024
# Seconds of processor time, so that a verdict does not hang on what else a machine does; a clock on
# the wall lets `_WALL` times as much pass.
ELABORATE_SECONDS = 5.0
SYNTHESISE_SECONDS = 20.0
# Of all runs together: most tasks need hundredths, and 2,000 cycles of 256 cells of Life 1.8 s.
TEST_SECONDS = 6.0
_WALL = 3
ASKING_SECONDS = 20.0
NETLIST_BYTES = 4 * MIB
# Of a program with its macros expanded; without them it has 64 kB.
READ_BYTES = MIB

LANGUAGE = "1800-2012"
FILE = "solution.sv"
_PLAYER, _SCRIPT, NETLIST = "player.sv", "synthesise.ys", "netlist.v"
READ, PORTS, STATISTICS, DEPTH = "read.txt", "ports.txt", "statistics.json", "depth.txt"
LINTED = "linted.sv"
_TOOLS = ("iverilog", "vvp", "yosys", "yosys-abc", "verilator")
# What they read beside `bin`, where that is no folder of their own.
_DATA = ("lib/ivl", "share/yosys", "share/verilator")

INSTALL_HINT = (
    "`forgegym images build` makes an image that has them; or install iverilog, yosys and "
    "verilator (Debian: apt-get install iverilog yosys verilator) and bubblewrap"
)


@dataclass(frozen=True, slots=True)
class Tools:
    """The four tools' paths, what they say they are, and what of this machine they need."""

    paths: Mapping[str, str]
    toolchain: Toolchain
    folders: tuple[Path, ...] = ()


def find_tools() -> Tools | None:
    """Those of PATH; None when one is missing or does not answer like one."""
    paths = {name: shutil.which(name) for name in _TOOLS}
    found = {name: str(Path(path).resolve()) for name, path in paths.items() if path}
    if len(found) < len(_TOOLS):
        return None
    said = {name: _said([found[name], flag]) for name, flag in _VERSION_FLAGS.items()}
    toolchain = _toolchain(said)
    if toolchain is None:
        return None
    needed = {folder for path in found.values() for folder in folders_of(Path(path), *_DATA)}
    folders = tuple(sorted(folder for folder in needed if not folder.is_relative_to("/usr")))
    return Tools(found, toolchain, folders)


_VERSION_FLAGS = {"iverilog": "-V", "yosys": "-V", "verilator": "--version"}


def _said(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace",
            stdin=subprocess.DEVNULL, timeout=ASKING_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout


def _toolchain(said: Mapping[str, str]) -> Toolchain | None:
    """``iverilog+yosys+verilator`` and their versions; None when one has not said its own."""
    versions = [version(said[name]) for name in _VERSION_FLAGS]
    if None in versions:
        return None
    return Toolchain("+".join(_VERSION_FLAGS), "+".join(map(str, versions)), LANGUAGE)


def version(text: str) -> str | None:
    """The first word that begins with a digit, ``12.0`` of ``Icarus Verilog version 12.0``; None
    when there is none in the first line."""
    words = text.partition("\n")[0].split()
    return next((word for word in words if word[0].isdigit()), None)


class Toolbox(Holder):
    """The tools in a sandbox that stays open."""

    def __init__(self, tools: Tools, sandbox: Sandbox, *, owned: bool) -> None:
        self._paths = tools.paths
        super().__init__(sandbox, owned=owned)
        self.toolchain = replace(tools.toolchain, image_digest=sandbox.digest)

    def run(
        self,
        source: str,
        interface: Interface | None,
        requests: tuple[bytes, ...] = (),
        *,
        seed: int = 0,
        keep_initial: bool = False,
        seconds: float = SYNTHESISE_SECONDS,
    ) -> Outcome:
        """What came of elaborating `source` ("compile") and synthesising it ("synthesise"); with an
        `interface`, also of elaborating the netlist ("join") and of asking it (`requests`; "test").

        Flip-flops of the netlist start with random bits that `seed` gives, whatever the source says
        that they start with: after a reset it must not matter. With `keep_initial`, those that the
        source gives a value start with that.
        """
        files = {
            FILE: _bytes(source),
            _SCRIPT: script(interface, seed, keep_initial=keep_initial).encode(),
        }
        steps = [
            self._elaborate(interface, FILE, "source"),
            Step(
                (self._paths["yosys"], "-q", "-s", _SCRIPT),
                limits=_limits(seconds),
                name="synthesise",
            ),
        ]
        collect = {READ: READ_BYTES, STATISTICS: MIB, DEPTH: MIB, NETLIST: NETLIST_BYTES}
        if interface is not None:
            files[_PLAYER] = player(interface).encode()
            collect[PORTS] = MIB
            steps.append(_if_plain(self._elaborate(interface, NETLIST, "netlist")))
            steps.append(self._simulate("netlist", requests))
        return self.sandbox.run(Job(tuple(steps), files=files, collect=collect))

    def ports(self, source: str, module: str) -> bytes | str:
        """What Yosys's `portlist` tells of a module of a trusted source; or, as text, why it tells
        nothing. Raises `SandboxError` when the machine fails."""
        commands = (
            f"read_verilog -nodpi -sv {FILE}\nhierarchy -check -top {module}\nproc\n"
            f"tee -q -o {PORTS} portlist {module}\n"
        )
        step = Step(
            (self._paths["yosys"], "-q", "-s", _SCRIPT),
            limits=_limits(SYNTHESISE_SECONDS),
        )
        files = {FILE: _bytes(source), _SCRIPT: commands.encode()}
        outcome = self.sandbox.run(Job((step,), files=files, collect={PORTS: MIB}))
        if not outcome.valid:
            raise SandboxError(f"Yosys could not be run: {outcome.message}")
        if PORTS in outcome.files:
            return outcome.files[PORTS]
        return outcome.last.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]

    def record(self, files: Mapping[str, str], seconds: float) -> bytes | str:
        """What trusted sources (a bench and what it needs) write to `rows.txt` when they are
        simulated together; or, as text, why nothing. Raises `SandboxError` when the machine
        fails."""
        limits = _limits(seconds, output_bytes=4 * MIB)
        steps = (
            Step(
                (self._paths["iverilog"], "-g2012", "-Wno-timescale", "-o", "bench", *files),
                limits=limits,
            ),
            Step((self._paths["vvp"], "-n", "bench"), limits=limits),
        )
        job = Job(
            steps, files={n: _bytes(t) for n, t in files.items()}, collect={"rows.txt": 16 * MIB}
        )
        outcome = self.sandbox.run(job)
        if not outcome.valid:
            raise SandboxError(f"Icarus Verilog could not be run: {outcome.message}")
        if outcome.status is Status.OK and "rows.txt" in outcome.files:
            return outcome.files["rows.txt"]
        last = outcome.last
        said = (last.stderr + last.stdout).decode("utf-8", "replace").strip().partition("\n")[0]
        return said or f"its bench ended with {last.status.value}"

    def look(
        self,
        source: str,
        interface: Interface | None,
        requests: tuple[bytes, ...] = (),
        seconds: float = TEST_SECONDS,
        *,
        lint: str | None = None,
    ) -> Outcome:
        """What Verilator says about the text `lint` ("lint", whose standard output is Verilator's
        exit status); with an `interface`, also what `source` itself, not the netlist, answers
        ("compile", "test"). One of the two is asked for.

        Only for what has been synthesised. It is a job of its own since a source may write files.
        """
        files = {FILE: _bytes(source)}
        steps = []
        if lint is not None:
            top = () if interface is None else ("--top-module", interface.name)
            files[LINTED] = _bytes(lint)
            steps.append(
                Step(
                    # That it ends badly where it sees an error is no reason for the job to stop.
                    (
                        "/bin/sh", "-c", '"$@" >/dev/null; echo $?', "lint",
                        self._paths["verilator"], "--lint-only", "-Wall", "-Wno-fatal",
                        "-Wno-DECLFILENAME", "-Wno-EOFNEWLINE", *top, LINTED,
                    ),
                    limits=_limits(ELABORATE_SECONDS),
                    name="lint",
                )
            )  # fmt: skip
        if interface is not None:
            files[_PLAYER] = player(interface).encode()
            steps.append(self._elaborate(interface, FILE, "source"))
            steps.append(self._simulate("source", requests, seconds))
        return self.sandbox.run(Job(tuple(steps), files=files))

    def prove(self, interface: Interface, reference: str, netlist: bytes) -> bool | None:
        """Whether a netlist of `run` does the same as the module `reference` in every cycle from a
        reset on: True if that is proven, False if inputs that tell them apart exist, None if
        neither is known after `PROVE_SECONDS`. Registers that no reset reaches start alike.

        Yosys makes one circuit of both, which says whether they differ; ABC's property-directed
        reachability (Een, Mishchenko and Brayton, FMCAD 2011) proves that it never does.

        Raises `SandboxError` when the machine fails.
        """
        limits = Limits(seconds=PROVE_SECONDS + 5, output_bytes=OUTPUT_BYTES)
        search = f"read_aiger {_MITER}; pdr -T {PROVE_SECONDS:g}; write_status {_STATUS}"
        steps = (
            Step((self._paths["yosys"], "-q", "-s", _SCRIPT), limits=limits, name="miter"),
            Step((self._paths["yosys-abc"], "-c", search), limits=limits, name="prove"),
        )
        files = {
            _REFERENCE: _bytes(reference),
            NETLIST: netlist,
            _CHECK: check_module(interface).encode(),
            _SCRIPT: miter_script(interface).encode(),
        }
        outcome = self.sandbox.run(Job(steps, files=files, collect={_STATUS: MIB}))
        if not outcome.valid or not outcome.steps:
            raise SandboxError(f"a proof could not be run: {outcome.message}")
        said = outcome.files.get(_STATUS, b"")
        if said.startswith(b"snl_UNSAT"):
            return True
        return False if said.startswith(b"snl_SAT") else None

    def _elaborate(self, interface: Interface | None, file: str, out: str) -> Step:
        top: tuple[str, ...] = ("-t", "null", file)
        if interface is not None:  # the player comes first: no directive of the file reaches it
            top = ("-s", player_name(interface), "-o", out, _PLAYER, file)
        return Step(
            (self._paths["iverilog"], "-g2012", "-Wall", "-Wno-timescale", *top),
            limits=_limits(ELABORATE_SECONDS),
            name="compile",
        )

    def _simulate(
        self, file: str, requests: tuple[bytes, ...], seconds: float = TEST_SECONDS
    ) -> Step:
        # The player's standard input and output are the channel of requests and answers.
        command = f'exec "$0" -n {file} <&3 >&4'
        return Step(
            ("/bin/sh", "-c", command, self._paths["vvp"]),
            requests=requests,
            limits=_limits(seconds),
            name="test",
        )


# Before it is simulated, since what is simulated could write files; and for the host to see again.
_IS_PLAIN = (
    f'LC_ALL=C grep -aqvxE "$0" {NETLIST}; '  # 1: there is no other line
    f"if [ $? -ne 1 ]; then echo 'error: {NOT_PLAIN}' >&2; exit 1; fi; exec \"$@\""
)


def _if_plain(step: Step) -> Step:
    """A step that takes the netlist, made the step "join": it fails where that is not plain."""
    return replace(step, argv=("/bin/sh", "-c", _IS_PLAIN, LINE, *step.argv), name="join")


def _limits(seconds: float, output_bytes: int = OUTPUT_BYTES) -> Limits:
    """A tool's, with so many seconds of processor time."""
    return Limits(seconds=_WALL * seconds, cpu_seconds=seconds, output_bytes=output_bytes)


def _bytes(source: str) -> bytes:
    return source.encode("utf-8", "surrogatepass")


def script(interface: Interface | None, seed: int, *, keep_initial: bool = False) -> str:
    """What Yosys does. No name of the candidate's is in it: the top module's is the task's. And
    none but its ports' comes out of it: wires and cells get Yosys's own names.

    Refused are: a module that is not there, a black box, latches, a wire with two drivers or none,
    a loop of combinational logic, and whatever does not become gates. A function of C is none that
    Yosys may call (`-nodpi`): it would run in Yosys itself, and could write any netlist.
    """
    top = "-auto-top" if interface is None else f"-top {interface.name}"
    ports = "" if interface is None else f"tee -q -o {PORTS} portlist {interface.name}\n"
    apart = f"=* {'A:top' if interface is None else interface.name} %d"
    forget = "" if keep_initial else "setattr -unset init w:*\n"
    return f"""\
tee -q -o {READ} read_verilog -nodpi -ppdump -sv {FILE}
hierarchy -check {top}
proc
setattr -mod -unset keep_hierarchy *
setattr -unset keep_hierarchy c:*
flatten
hierarchy -simcheck -purge_lib {top}
select -assert-none {apart}
delete t:$print t:$check t:$assert t:$assume t:$cover t:$live t:$fair t:$scopeinfo
select -assert-none {LATCHES}
check -assert
{ports}{forget}synth -run coarse:
{forget}select -set gates {" ".join(f"t:{gate}" for gate in GATES)}
select -assert-none {NOT_GATES}
setundef -init -random {seed}
rename -hide
tee -q -o {STATISTICS} stat -json
tee -q -o {DEPTH} ltp -noff
write_verilog -noattr {NETLIST}
"""


_REFERENCE, _CHECK, _MITER, _STATUS = "reference.sv", "check.v", "miter.aig", "status.txt"
PROVE_SECONDS = 15.0


def check_module(interface: Interface) -> str:
    """A module that is `bad` when reference and candidate differ in a cycle after the first, which
    is one of reset. `never` is 0, but has to be proven so: ABC calls a constant undecided."""
    reset = interface.reset
    inputs = "".join(f", input {port}" for port in interface.inputs)
    joined = "".join(
        f".in_{port.name}(started ? {port.name} : 1'b{reset.active}), "
        if reset is not None and port.name == reset.name
        else f".in_{port.name}({port.name}), "
        for port in interface.inputs
    )
    clock = "" if interface.clock is None else f".in_{interface.clock}(check_clock), "
    return f"""\
module check (input check_clock, input check_free{inputs}, output bad);
  reg started = 0;
  reg never = 0;
  always @(posedge check_clock) begin
    started <= 1;
    never <= never && check_free;
  end
  wire trigger;
  miter both ({clock}{joined}.trigger(trigger));
  assign bad = (started && trigger) || never;
endmodule
"""


def miter_script(interface: Interface) -> str:
    """What Yosys does to make one circuit of a reference, a netlist and their `check_module`."""
    return f"""\
read_verilog -nodpi -sv {_REFERENCE}
hierarchy -check -top {interface.name}
proc
flatten
memory
rename {interface.name} gold
read_verilog -nodpi -sv {NETLIST}
proc
rename {interface.name} gate
setattr -unset init w:*
miter -equiv -flatten gold gate miter
read_verilog {_CHECK}
hierarchy -check -top check
proc
flatten
async2sync
opt_clean
setundef -init -zero
techmap
dfflegalize -cell $_DFF_P_ 01
aigmap
write_aiger -zinit {_MITER}
"""


LATCHES = "t:$dlatch t:$adlatch t:$dlatchsr"
NOT_GATES = "t:* @gates %d"


def open_toolbox(
    sandbox: Choice | Sandbox = "auto", *, allow_unsafe: bool = False, workers: int | None = None
) -> Toolbox:
    """The tools in a sandbox: of the image if there is one, else this machine's in bubblewrap's.

    `sandbox` may be an open one, which is left open, and takes this machine's tools.

    Raises `ToolchainMissingError` when a tool is missing, `SandboxUnavailableError` when there is
    no sandbox to run them in.
    """
    return open_tools(
        "verilog",
        sandbox,
        here=_of_this_machine,
        in_image=_in_image,
        hold=Toolbox,
        profile=Profile(memory_bytes=MEMORY_BYTES),
        allow_unsafe=allow_unsafe,
        size=workers,
    )


def _of_this_machine() -> Tools:
    tools = find_tools()
    if tools is None:
        raise ToolchainMissingError(
            f"iverilog, yosys and verilator are not all on this machine: {INSTALL_HINT}"
        )
    return tools


def _in_image(sandbox: Sandbox) -> Tools:
    """The tools of the image, asked in a box. Raises `ToolchainMissingError`."""
    paths = {name: f"/usr/bin/{name}" for name in _TOOLS}
    steps = [
        Step((paths[name], flag), limits=Limits(seconds=ASKING_SECONDS), name=name)
        for name, flag in _VERSION_FLAGS.items()
    ]
    said = dict.fromkeys(_VERSION_FLAGS, "")
    outcomes = [sandbox.run(Job((step,))) for step in steps]
    for step, outcome in zip(steps, outcomes, strict=True):
        if outcome.status in (Status.OK, Status.EXIT):
            said[step.name] = outcome.last.stdout.decode("utf-8", "replace")
    toolchain = _toolchain(said)
    if toolchain is None:
        why = next((outcome.message for outcome in outcomes if outcome.message), "no answer")
        raise ToolchainMissingError(
            f"the image forgegym/verilog has not all its tools ({why}); `forgegym images build` "
            "makes it anew"
        )
    return Tools(paths, toolchain)
