"""Sets of Verilog tasks that people know, read from a folder in their original layout.

VerilogEval (https://github.com/NVlabs/verilog-eval, ``verilog-eval:FOLDER``, the folder of
``ProbNNN_*`` files) and RTLLM (https://github.com/hkust-zhiwei/RTLLM, ``rtllm:FOLDER``). Their data
is used, and not their scoring: a bench that prints its verdict beside the candidate believes what
the candidate prints. Instead the bench runs once, with the set's own reference, and every change of
the inputs is recorded; that stimulus is played to a candidate as to any other task's, and the
outputs are compared on the host with the reference's, where these are known.

A design is left out, with the reason, when that cannot be done for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ...verifiers.task import Task
from ...verifiers.verifier import ChoiceError
from ...verifiers.verilog.interface import Interface, Port
from ...verifiers.verilog.mutants import trivial
from ...verifiers.verilog.player import MAX_CYCLES
from ...verifiers.verilog.slang import read_verilog
from ...verifiers.verilog.toolchain import ANY, TRUSTED_SECONDS, Run, Tests, VerilogVerifier
from .task_set import TaskSet, read_source

KINDS = ("verilog-eval", "rtllm")
# Of one run's answer; half of what a sandbox lets one be.
ANSWER_BYTES = 1 << 19
_SEEDS = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Design:
    """What a set says of one task: text, and Verilog. `module` is what a candidate is to be called,
    `original` what the reference is."""

    id: str
    family: str
    prompt: str
    module: str
    original: str
    reference: str
    bench: str
    provenance: str


class VerilogSet(TaskSet):
    """The tasks of a set, and why the others are not among them.

    Args:
        source: ``KIND:FOLDER``.
        verifier: Its tools run the benches, once each.

    Raises:
        ChoiceError: There is no such kind or folder, or nothing of the set in it.
        SandboxError: The machine failed.
    """

    def __init__(self, source: str, verifier: VerilogVerifier) -> None:
        super().__init__("verilog")
        kind, path = read_source(source, KINDS)
        folder = Path(path)
        if not path or not folder.is_dir():
            raise ChoiceError(f"there is no folder {path!r} to read {kind} from")
        designs = list((_verilog_eval if kind == "verilog-eval" else _rtllm)(folder))
        if not designs:
            raise ChoiceError(f"nothing of {kind} is in {folder}")
        with ThreadPoolExecutor(verifier.workers) as pool:
            found = list(pool.map(lambda design: task_of(design, verifier), designs))
        for design, made in zip(designs, found, strict=True):
            if isinstance(made, Task):
                self._tasks[made.id] = made
            else:
                self.excluded[design.id] = made

    def wrong(self, task: Task) -> Mapping[str, str]:
        """Modules that do nothing, by name."""
        return trivial(Interface.of(task.tests["interface"]))


# ---------------------------------------------------------------- the layouts


def _verilog_eval(folder: Path) -> Iterator[Design]:
    for prompt in sorted(folder.rglob("Prob*_prompt.txt")):
        name = prompt.name.removesuffix("_prompt.txt")
        bench, reference = (prompt.with_name(f"{name}_{part}.sv") for part in ("test", "ref"))
        if bench.is_file() and reference.is_file():
            yield Design(
                f"verilog-eval/{name}", "verilog-eval", _text(prompt), "TopModule", "RefModule",
                _text(reference), _text(bench), "NVlabs/verilog-eval v2",
            )  # fmt: skip


_TEST_DESIGN = re.compile(r"^TEST_DESIGN\s*=\s*(\w+)", re.MULTILINE)


def _rtllm(folder: Path) -> Iterator[Design]:
    for words in sorted(folder.rglob("design_description.txt")):
        place = words.parent
        makefile, bench = place / "makefile", place / "testbench.v"
        references = sorted(place.glob("verified_*.v"))
        if not bench.is_file() or not references:
            continue
        named = _TEST_DESIGN.search(_text(makefile)) if makefile.is_file() else None
        names = [place.name] + ([named[1]] if named else [])
        # The bench has the last word: makefiles and folders call some designs otherwise.
        module = next((n for n in names if re.search(rf"\b{n}\b", _text(bench))), names[-1])
        text = _text(references[0])
        modules = read_verilog(text).modules
        verified = [m for m in modules if m.startswith("verified_") or m in names]
        yield Design(
            f"rtllm/{place.name}", "rtllm", _text(words), module,
            verified[0] if verified else (modules[-1] if modules else module),
            text, _text(bench), "hkust-zhiwei/RTLLM v2",
        )  # fmt: skip


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


# ---------------------------------------------------------------- one task


def task_of(design: Design, verifier: VerilogVerifier) -> Task | str:
    """The task that a design makes; or, in a few words, why it makes none.

    Raises `SandboxError` when the machine fails.
    """
    # One name for the reference whatever the set calls it, and none that its bench knows.
    original = f"{design.original}_reference"
    reference = re.sub(rf"\b{re.escape(design.original)}\b", original, design.reference)
    ports = verifier.tools.ports(reference, original)
    if isinstance(ports, str):
        return f"Yosys does not take its reference ({ports})"
    interface = _interface(design.module, ports)
    if interface is None:
        return "its ports are none that can be played"
    joined = ", ".join(f".{port.name}({port.name})" for _, port in interface.ports)
    head = interface.header().replace("input ", "input wire ").replace("output ", "output wire ")
    plain = f"{reference}\n{head}  {original} it ({joined});\nendmodule\n"
    rows = _recorded(design, interface, verifier)
    if isinstance(rows, str):
        return f"its bench does not run ({rows})"
    most = min(MAX_CYCLES, ANSWER_BYTES // (interface.output_bits + 3))
    asked = Tests(interface, (Run(tuple(rows[:most]), ()),), 0)
    expected = verifier.simulated(plain, asked)
    if expected is None:
        return "its reference cannot be simulated alone"
    known = [re.sub("[^01]", ANY, bits) for bits in expected]
    for seed in _SEEDS:  # what hangs on how its registers start is expected of nobody
        seen = verifier.simulated(plain, asked, netlist_seed=seed)
        if seen is not None:
            known = ["".join(map(_agreed, *pair)) for pair in zip(known, seen, strict=True)]
    if all({*bits} == {ANY} for bits in known):
        return "its reference puts out nothing that is known"
    digits = -(-interface.input_bits // 4)
    task = Task(
        id=design.id,
        family=design.family,
        language="verilog",
        prompt=design.prompt,
        split="eval",
        tests={
            "interface": interface.to_json(),
            "public": 0,
            "initial": "source",
            "runs": [{"rows": [f"{row:0{digits}x}" for row in rows[:most]], "expected": known}],
        },
        reference=plain,
        provenance=design.provenance,
    )
    verdict = verifier.verify(task, plain)
    if verdict.failure is not None:
        return verdict.failure.message
    if not verdict.passed("test"):
        why = verdict.diagnostics[0].message if verdict.stage != "test" else "it differs from it"
        return f"what is synthesised of its reference does not pass ({verdict.stage}: {why})"
    return task


def _agreed(one: str, other: str) -> str:
    return one if one == other else ANY


def _interface(module: str, ports: bytes) -> Interface | None:
    """Of what `portlist` tells; the clock, if there is one, is an input like the others here."""
    found: dict[str, list[Port]] = {"input": [], "output": []}
    for line in ports.decode().splitlines()[1:]:
        direction, bits, name = line.split()
        high, low = (int(n) for n in bits.strip("[]").split(":"))
        if direction not in found or low != 0:
            return None
        found[direction].append(Port(name, high + 1))
    if not found["input"] or not found["output"]:
        return None
    return Interface(module, tuple(found["input"]), tuple(found["output"]))


def _recorded(design: Design, interface: Interface, verifier: VerilogVerifier) -> list[int] | str:
    """Every state of the inputs that the bench brings about; bits that it leaves open are 0."""
    listed = [port.name for port in interface.inputs]
    recorder = (
        "\n  integer recorder_file;\n"
        '  initial recorder_file = $fopen("rows.txt", "w");\n'
        f'  initial #0 $fwrite(recorder_file, "%b\\n", {{{", ".join(listed)}}});\n'
        f"  always @({' or '.join(listed)})\n"
        f'    $fwrite(recorder_file, "%b\\n", {{{", ".join(listed)}}});\n'
    )
    # The reference itself, under the candidate's name, tells what it is given.
    text = re.sub(rf"\b{re.escape(design.original)}\b", design.module, design.reference)
    body = re.search(
        rf"\bmodule\s+{re.escape(design.module)}\b.*?(?=\bendmodule\b)", text, re.DOTALL
    )
    if body is None:
        return f"its reference has no module {design.original}"
    files = {
        "bench.sv": design.bench,
        "recorder.sv": text[: body.end()] + recorder + text[body.end() :],
    }
    if design.original != design.module:
        files["original.sv"] = design.reference
    found = verifier.tools.record(files, TRUSTED_SECONDS)
    if isinstance(found, str):
        return found
    rows: list[int] = []
    for line in found.decode().splitlines():
        row = int(re.sub("[^01]", "0", line), 2)
        if not rows or rows[-1] != row:
            rows.append(row)
    return rows or "it never sets an input"
