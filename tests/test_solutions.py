"""The frozen tasks can be solved from their prompts: programs that were written from these alone.

References and oracles share their authors with the prompts. These programs do not: one of them that
fails shows what is asked for in secret. `solutions/` has one for each task, as JSONL.
"""

import json
from contextlib import closing
from pathlib import Path

import pytest

from forgegym.envs.tasks import python, rust, verilog
from forgegym.verifiers.python.toolchain import PythonVerifier
from forgegym.verifiers.rust.toolchain import RustVerifier
from forgegym.verifiers.verilog.toolchain import VerilogVerifier

SOLUTIONS = Path(__file__).parent / "solutions"
LANGUAGES = {
    "python": (python, PythonVerifier, {}),
    "rust": (rust, RustVerifier, {}),
    "verilog": (verilog, VerilogVerifier, {"lint": False}),
}


@pytest.mark.docker
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_program_written_from_the_prompt_solves_each_frozen_task(language):
    tasks_of, verifier_of, options = LANGUAGES[language]
    lines = (SOLUTIONS / f"{language}.jsonl").read_text().splitlines()
    written = {entry["task"]: entry["program"] for entry in map(json.loads, lines)}
    tasks = list(tasks_of.tasks("eval"))
    assert written.keys() == {task.id for task in tasks}
    with closing(verifier_of(sandbox="docker", **options)) as verifier:
        verdicts = verifier.verify_all([(task, written[task.id]) for task in tasks])
    assert {
        task.id: verdict.diagnostics
        for task, verdict in zip(tasks, verdicts, strict=True)
        if not verdict.accepted
    } == {}
