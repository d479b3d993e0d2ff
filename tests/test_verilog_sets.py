"""Sets of Verilog tasks in their original layout: read, played, and what comes of their samples."""

import json
from pathlib import Path

import pytest

from forgegym.envs.tasks.verilog_sets import VerilogSet
from forgegym.verifiers.verifier import ChoiceError
from forgegym.verifiers.verilog.mutants import trivial
from forgegym.verifiers.verilog.toolchain import Tests, VerilogVerifier

pytestmark = pytest.mark.docker

BENCH = """\
`timescale 1ns/1ns
module tb;
  reg clk = 0, d = 0;
  wire q, ref_q;
  always #5 clk = ~clk;
  RefModule good (.clk(clk), .d(d), .q(ref_q));
  TopModule dut (.clk(clk), .d(d), .q(q));
  initial begin
    repeat (20) @(posedge clk) d <= $random;
    if (q === ref_q) $display("Mismatches: 0 in 20 samples");
    $finish;
  end
endmodule
"""
REFERENCE = """\
module RefModule (input clk, input d, output reg q);
  always @(posedge clk) q <= d;
endmodule
"""
RIGHT = REFERENCE.replace("RefModule", "TopModule")


@pytest.fixture(scope="module")
def verifier():
    made = VerilogVerifier(sandbox="docker", lint=False)
    yield made
    made.close()


def layout(folder: Path, reference: str = REFERENCE, bench: str = BENCH) -> str:
    (folder / "Prob001_ff_prompt.txt").write_text("A flip-flop.\n")
    (folder / "Prob001_ff_ref.sv").write_text(reference)
    (folder / "Prob001_ff_test.sv").write_text(bench)
    return f"verilog-eval:{folder}"


def test_a_bench_becomes_stimulus_and_its_words_are_not_believed(tmp_path, verifier):
    made = VerilogSet(layout(tmp_path), verifier)
    task = made.get("verilog-eval/Prob001_ff")
    assert made.excluded == {}
    assert task.prompt == "A flip-flop.\n"
    assert made.sample(3) == next(made.tasks()) == task
    (run,) = Tests.of(task).runs
    assert len(run.rows) > 40  # every change of the clock and of d
    assert verifier.verify(task, task.reference).accepted
    assert verifier.verify(task, RIGHT).accepted
    hold = RIGHT.replace("posedge", "negedge")
    saying = RIGHT.replace(
        "always", 'initial $display("Mismatches: 0 in 20 samples");\n  initial $finish;\n  always'
    ).replace("q <= d", "q <= 0")
    for wrong in (hold, saying, RIGHT.replace("<= d", "<= !d"), "module TopModule; endmodule\n"):
        assert not verifier.verify(task, wrong).accepted


@pytest.mark.parametrize(
    ("reference", "bench", "why"),
    [
        (REFERENCE.replace("always @(posedge clk)", "always_comb if (clk)"), BENCH, "Latch"),
        (REFERENCE, BENCH.replace("module tb", "modul tb"), "its bench does not run"),
        (REFERENCE.replace("q <= d", "q <= q"), BENCH, "nothing that is known"),
        ("module Other (input a, output b); assign b = a; endmodule", BENCH, "does not take its"),
    ],
)
def test_what_cannot_be_played_is_left_out_with_the_reason(
    tmp_path, verifier, reference, bench, why
):
    made = VerilogSet(layout(tmp_path, reference, bench), verifier)
    assert why in made.excluded["verilog-eval/Prob001_ff"]
    with pytest.raises(ChoiceError, match="is left out"):
        made.get("verilog-eval/Prob001_ff")
    with pytest.raises(ChoiceError, match="no task of this set"):
        made.sample(0)


@pytest.mark.parametrize(
    ("source", "why"),
    [("verilog-eval:", "no folder"), ("verilog-eval:/nowhere", "no folder '/nowhere'"),
     ("vtr:/tmp", "unknown set of tasks 'vtr'")],
)  # fmt: skip
def test_a_set_that_is_none_is_refused(verifier, source, why):
    with pytest.raises(ChoiceError, match=why):
        VerilogSet(source, verifier)


def test_a_folder_without_anything_of_the_set_is_refused(tmp_path, verifier):
    with pytest.raises(ChoiceError, match="nothing of rtllm"):
        VerilogSet(f"rtllm:{tmp_path}", verifier)


def test_check_takes_a_task_of_a_set(tmp_path):
    from typer.testing import CliRunner

    from forgegym.cli import app

    file = tmp_path / "answer.v"
    file.write_text(RIGHT)
    options = ["--tasks-from", layout(tmp_path), "--task", "verilog-eval/Prob001_ff"]
    done = CliRunner().invoke(app, ["check", "VerilogModule-v0", str(file), *options])
    assert done.exit_code == 0, done.output
    done = CliRunner().invoke(app, ["check", "CompactContract-v0", str(file), *options])
    assert done.exit_code == 2
    assert "there are no sets of tasks for CompactContract-v0" in done.output


# ---------------------------------------------------------------- the samples


# Those of the samples that cannot be played, and what the reason names.
LEFT_OUT = {
    "verilog-eval/Prob096_review2015_fsmseq": "Latch inferred",
    "rtllm/float_multi": "non-synthesizable",
}
# RTLLM's bench waits for the answer of a pipeline; here it is due when the reference gives it.
OF_ANOTHER_LATENCY = {("rtllm/adder_pipe_64bit", "gpt-4")}


@pytest.fixture(scope="module", params=["verilog-eval", "rtllm"])
def samples(request, shared_data, verifier):
    return VerilogSet(f"{request.param}:{shared_data / request.param}", verifier)


@pytest.mark.shared_data
def test_every_reference_passes_or_has_a_true_reason(samples, verifier):
    for name, why in samples.excluded.items():
        assert LEFT_OUT[name] in why
    tasks = list(samples.tasks())
    verdicts = verifier.verify_all([(task, task.reference) for task in tasks])
    assert all(verdict.accepted for verdict in verdicts)
    assert len(tasks) in (25, 6)


@pytest.mark.shared_data
def test_no_trivial_module_passes(samples, verifier):
    for task in samples.tasks():
        idle = trivial(Tests.of(task).interface)
        verdicts = verifier.verify_all([(task, source) for source in idle.values()])
        passed = [name for name, v in zip(idle, verdicts, strict=True) if v.accepted]
        assert passed == [], task.id


@pytest.mark.shared_data
def test_recorded_outputs_of_models_get_their_recorded_verdicts(shared_data, verifier):
    made = VerilogSet(f"rtllm:{shared_data / 'rtllm'}", verifier)
    known = {task.id: task for task in made.tasks()}
    lines = (shared_data / "rtllm_llm_outputs.dev.jsonl").read_text().splitlines()
    judged = 0
    for row in map(json.loads, lines):
        name = row["task"].replace("rtllm-v2/", "rtllm/")
        if name not in known:
            continue
        judged += 1
        accepted = verifier.verify(known[name], row["answer"]).accepted
        if (name, row["model"]) in OF_ANOTHER_LATENCY:
            assert not accepted
        else:
            assert accepted == (row["verdict"] == "pass"), (name, row["model"])
    assert judged == 10
