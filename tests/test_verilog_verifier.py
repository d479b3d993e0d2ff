"""The verdicts on Verilog modules in a sandbox, and the environment over them."""

from dataclasses import replace

import gymnasium
import pytest
from conftest import need_tools
from gymnasium.utils.env_checker import check_env

from forgegym.benchmarks.attacks.entries import (
    v11_silenced,
    v19_called_by_yosys,
    v20_kept_modules,
)
from forgegym.benchmarks.attacks.entries.v24_names_in_netlist import RIGHT, smuggling
from forgegym.benchmarks.attacks.programs import (
    COUNTER,
    COUNTER_INTERFACE,
    counter_task,
    counter_with,
)
from forgegym.envs.tasks import verilog
from forgegym.verifiers.sandbox.base import Outcome, Status, StepOutcome
from forgegym.verifiers.verdict import FailureKind
from forgegym.verifiers.verilog import tools
from forgegym.verifiers.verilog.mutants import mutants, trivial
from forgegym.verifiers.verilog.netlist import NOT_PLAIN
from forgegym.verifiers.verilog.toolchain import HIDDEN_ENDING, Tests, VerilogVerifier

BACKENDS = [
    pytest.param("docker", marks=pytest.mark.docker),
    pytest.param("bubblewrap", marks=pytest.mark.bubblewrap),
]


@pytest.fixture(scope="module", params=BACKENDS)
def verifier(request):
    need_tools(request.param, "verilog")
    made = VerilogVerifier(sandbox=request.param)
    yield made
    made.close()


def test_a_right_module_passes(verifier):
    verdict = verifier.verify(counter_task(), COUNTER)
    assert verdict.accepted
    assert [stage.name for stage in verdict.stages] == [
        "parse", "compile", "synthesise", "test", "lint",
    ]  # fmt: skip
    metrics = verdict.metrics
    assert metrics["behaviour"] == metrics["above_trivial"] == 1.0
    assert metrics["errors"] == metrics["lint"] == metrics["differs"] == 0
    assert metrics["flip_flops"] == 4
    assert metrics["cells"] > 4
    assert metrics["depth"] >= 2
    assert verdict.toolchain.name == "iverilog+yosys+verilator"
    assert verdict.facts["tests"] == {
        "public": {"passed": 1, "total": 1}, "hidden": {"passed": 16, "total": 16}
    }  # fmt: skip


@pytest.mark.parametrize(
    ("source", "stage", "said"),
    [
        ("module counter (input clk", "parse", "expected"),
        ("nonsense", "parse", "error"),
        ("", "compile", "counter"),
        (COUNTER.replace("wrapped", "full"), "compile", "wrapped"),
        (COUNTER.replace("[3:0]", "[4:0]"), "compile", "`output [3:0] count` is missing"),
        (COUNTER.replace("input en", "input en, input x"), "compile", "`input x` was not asked"),
        (COUNTER.replace("4'd1;", "missing;"), "compile", "missing"),
        (counter_with("  assign wrapped = 0;\n  always @* if (en) count = 1;"),
         "synthesise", "latch"),
        (counter_with("  assign wrapped = 0;", reg=False), "synthesise", "no driver"),
        (counter_with("  wire a = b & en; wire b = a | rst; assign count = 0; assign wrapped = a;",
                      reg=False), "synthesise", "loop"),
        (COUNTER.replace("4'd1;", "4'd2;"), "test", "count is expected to be 4'h1, and is 4'h2"),
    ],
)  # fmt: skip
def test_a_wrong_module_is_told_what_is_wrong(verifier, source, stage, said):
    verdict = verifier.verify(counter_task(), source)
    assert verdict.valid
    assert verdict.stage == stage
    assert any(said in str(d) for d in verdict.diagnostics), verdict.diagnostics
    assert verdict.metrics["above_trivial"] == 0.0


def test_several_modules_are_one_design(verifier):
    source = counter_with(
        "  wire [3:0] next;\n  adder #(.W(4)) a (.x(count), .y({3'b0, en}), .z(next));\n"
        "  assign wrapped = en && (count == 4'd15);\n"
        "  always @(posedge clk) if (rst) count <= 4'd0; else count <= next;",
        after="module adder #(parameter W = 2) (input [W-1:0] x, y, output [W-1:0] z);\n"
        "  assign z = x + y;\nendmodule\n",
    )
    verdict = verifier.verify(counter_task(), source)
    assert verdict.accepted, verdict.diagnostics
    alone = verifier.verify(counter_task(), COUNTER)
    assert verdict.metrics["flip_flops"] == alone.metrics["flip_flops"]
    assert verdict.metrics["cells"] < 2 * alone.metrics["cells"]


def test_cells_by_name_and_other_black_boxes_are_refused(verifier):
    source = counter_with("  \\$_DFF_P_ f (.C(clk), .D(en), .Q(wrapped)); assign count = 0;",
                          reg=False)  # fmt: skip
    assert not verifier.verify(counter_task(), source).passed("synthesise")


def test_a_name_that_becomes_text_of_the_netlist_smuggles_nothing_in(verifier):
    verdict = verifier.verify(counter_task(), smuggling("keep_hierarchy", "blackbox"))
    assert verdict.stage == "synthesise"
    assert [d.code for d in verdict.diagnostics] == ["unmapped"]
    assert verifier.verify(counter_task(), RIGHT).accepted  # whose name has a dot and brackets


def without(line):
    """Yosys's script as it is, less the lines that begin so."""
    whole = tools.script

    def script(*args, **kwargs):
        lines = whole(*args, **kwargs).splitlines(keepends=True)
        return "".join(each for each in lines if not each.startswith(line))

    return script


def test_a_netlist_of_more_than_gates_is_not_simulated(verifier, monkeypatch):
    # As if everything that Yosys is told to refuse and to rename had a hole.
    monkeypatch.setattr(
        tools, "script", without(("setattr -mod", "setattr -unset keep", "hierarchy -sim", "select",
                                  "rename"))
    )  # fmt: skip
    verdict = verifier.verify(counter_task(), smuggling("keep_hierarchy", "blackbox") + "// again")
    assert verdict.stage == "synthesise"
    assert NOT_PLAIN in {d.message for d in verdict.diagnostics}
    assert verdict.metrics["behaviour"] == 0.0


def test_a_netlist_that_is_not_there_is_no_good_one(verifier, monkeypatch):
    monkeypatch.setattr(tools, "NETLIST_BYTES", 100)
    verdict = verifier.verify(counter_task(), COUNTER + "// too large\n")
    assert verdict.stage == "synthesise"
    assert "the netlist is not taken" in str(verdict.diagnostics[0])


def test_yosys_calls_no_function_of_c(verifier):
    task = counter_task()
    for source in v19_called_by_yosys.SOURCES:
        verdict = verifier.verify(task, source)
        assert verdict.stage == "synthesise"
        assert "Found DPI function" in str(verdict.diagnostics[0])


def test_a_module_that_asks_to_be_kept_is_flattened(verifier):
    assert verifier.verify(counter_task(), v20_kept_modules.KEPT).accepted


def test_what_is_wrong_in_a_hidden_run_is_not_told(verifier):
    late = COUNTER.replace("4'd15", "4'd14")  # the example is too short to get there
    verdict = verifier.verify(counter_task(), late)
    assert verdict.stage == "test"
    assert verdict.facts["tests"]["public"] == {"passed": 1, "total": 1}
    assert not any("cycle" in str(d) for d in verdict.diagnostics)


class Cut:
    """A sandbox in which the simulation of a netlist ends after so many answers, as `how` says."""

    def __init__(self, inner, answered, **how):
        self.name, self.digest = inner.name, inner.digest
        self._inner, self._answered, self._how = inner, answered, how

    def run(self, job):
        outcome = self._inner.run(job)
        if "join" not in {step.name for step in outcome.steps}:
            return outcome
        *before, test = outcome.steps
        test = replace(test, answers=test.answers[: self._answered], **self._how)
        return replace(outcome, status=test.status, steps=(*before, test))

    def close(self):
        self._inner.close()


@pytest.mark.parametrize(
    "how",
    [{"status": Status.EXIT, "exit_code": 77}, {"status": Status.SIGNAL, "signal": 7},
     {"status": Status.TIMEOUT}, {"status": Status.MEMORY}, {"status": Status.OUTPUT}],
)  # fmt: skip
def test_how_a_simulation_ends_is_told_of_shown_inputs_alone(verifier, how):
    task = counter_task()
    made = VerilogVerifier(sandbox=verifier.sandbox, lint=False, workers=1)
    inner = made.tools.sandbox
    try:
        told = []
        for answered in (0, 1, 5):
            made.tools.sandbox = Cut(inner, answered, **how)
            verdict = made.verify(task, f"{COUNTER}// {answered}\n")
            assert verdict.stage == "test"
            told.append([(d.message, d.code) for d in verdict.diagnostics])
    finally:
        made.close()
    assert told[0][0] == ("the module was not simulated to the end", "test")
    assert told[0][1][1] == how["status"].value
    assert told[1] == told[2] == [(HIDDEN_ENDING, "test")]


def test_a_source_that_is_another_design_in_simulation_is_reported(verifier):
    two = "`ifdef SYNTHESIS\n`define STEP 4'd1\n`else\n`define STEP 4'd2\n`endif\n" + (
        COUNTER.replace("4'd1;", "`STEP;")
    )
    verdict = verifier.verify(counter_task(), two)
    assert verdict.accepted
    assert verdict.metrics["differs"] == 1.0
    assert any("does not do what was synthesised" in str(d) for d in verdict.diagnostics)


def test_equivalence_is_proven_and_refuted(verifier):
    other = counter_with(
        "  reg [3:0] n;\n  assign count = ~n; assign wrapped = en & ~|n;\n"
        "  always @(posedge clk) n <= rst ? 4'hf : n - {3'b0, en};",
        reg=False,
    )
    assert verifier.equivalent(counter_task(), other) is True
    assert verifier.equivalent(counter_task(), COUNTER.replace("4'd15", "4'd14")) is False
    no_reset = COUNTER.replace("if (rst) count <= 4'd0;\n    else if", "if")
    assert verifier.equivalent(counter_task(), no_reset) is False
    assert verifier.equivalent(counter_task(), "module") is None
    task = next(task for task in verilog.tasks("eval", families=["encoder"]))
    assert verifier.equivalent(task, task.reference) is True


def test_with_proofs_a_module_that_differs_where_no_test_looks_is_refused(verifier):
    # Wrong after 60 cycles without a reset: longer than any run.
    timed = counter_with(
        "  reg [6:0] age;\n  assign wrapped = en && (count == 15) && age < 60;\n"
        "  always @(posedge clk) begin\n    if (rst) age <= 0; else if (age < 60) age <= age + 1;\n"
        "    if (rst) count <= 0; else if (en) count <= count + 1;\n  end"
    )
    task = counter_task()
    proving = VerilogVerifier(sandbox=verifier.sandbox, lint=False, prove=True, workers=1)
    try:
        verdict = proving.verify(task, timed)
        assert verdict.passed("test")
        assert verdict.stage == "prove"
        right = proving.verify(task, COUNTER)
        assert right.accepted
        assert right.passed("prove")
    finally:
        proving.close()


@pytest.mark.parametrize("source", [v11_silenced.SILENCED[n] for n in (0, 1, 4, 8, -1)])
def test_no_word_of_a_program_silences_the_linter(verifier, source):
    loud = verifier.verify(counter_task(), v11_silenced.UNTIDY)
    silenced = verifier.verify(counter_task(), source)
    assert silenced.accepted
    assert silenced.metrics["lint"] == loud.metrics["lint"] == 3
    kept = source.splitlines().index("  wire needless = en;") + 1
    assert kept in {d.line for d in silenced.diagnostics}


@pytest.mark.parametrize("around", ["{}", "{}// no end of line", "\n\n{}\n\n", "/* a\nb */ {}"])
def test_every_program_that_is_synthesised_is_linted(verifier, around):
    source = around.format(COUNTER.strip())
    verdict = verifier.verify(counter_task(), source)
    assert verdict.metrics["lint"] == 0, verdict.diagnostics
    told = '  initial $display("`file_pop -- END OF DUMP --");\nendmodule'
    verdict = verifier.verify(counter_task(), source.replace("endmodule", told))
    assert verdict.metrics["lint"] == 0, verdict.diagnostics


def test_what_verilator_does_not_read_to_its_end_has_no_quality(verifier):
    from forgegym.envs.rewards import verigen

    verdict = verifier.verify(counter_task(), v11_silenced.UNREAD)
    assert verdict.accepted
    assert "lint" not in verdict.metrics
    assert any("nothing_known" in d.message for d in verdict.diagnostics)
    assert verigen(verdict).components["quality"] == 0.0


@pytest.mark.parametrize("status", [Status.TIMEOUT, Status.OUTPUT, Status.MEMORY])
def test_a_linter_that_is_stopped_has_counted_nothing(verifier, status):
    made = VerilogVerifier(sandbox=verifier.sandbox, workers=1)
    ending = Outcome(status, (StepOutcome("lint", status, stderr=b"%Warning: x\n"),))
    made.tools.sandbox = Ending(made.tools.sandbox, "lint", ending)
    try:
        verdict = made.verify(counter_task(), COUNTER)
    finally:
        made.close()
    assert verdict.accepted
    assert not {"lint", "differs"} & verdict.metrics.keys()
    assert any(d.code == status.value and "Verilator" in d.message for d in verdict.diagnostics)


def test_what_is_too_long_once_it_is_read_is_not_linted(verifier, monkeypatch):
    monkeypatch.setattr(tools, "READ_BYTES", 100)
    verdict = verifier.verify(counter_task(), COUNTER + "// long, and accepted\n")
    assert verdict.accepted
    assert "lint" not in verdict.metrics
    assert verdict.metrics["differs"] == 0.0
    (said,) = verdict.diagnostics
    assert said.code == "long"


class Ending:
    """A sandbox in which every job that has a step of this name ends as `ending` says."""

    def __init__(self, inner, step, ending):
        self.name, self.digest = inner.name, inner.digest
        self._inner, self._step, self._ending = inner, step, ending

    def run(self, job):
        named = any(step.name == self._step for step in job.steps)
        return self._ending if named else self._inner.run(job)

    def close(self):
        self._inner.close()


def test_a_proof_that_is_undecided_or_breaks_refuses_no_program(verifier):
    proving = VerilogVerifier(sandbox=verifier.sandbox, lint=False, prove=True, workers=1)
    inner = proving.tools.sandbox
    try:
        undecided = Outcome(Status.OK, (StepOutcome("prove", Status.OK),))
        proving.tools.sandbox = Ending(inner, "prove", undecided)
        verdict = proving.verify(counter_task(), COUNTER)
        assert verdict.accepted
        assert "prove" not in {stage.name for stage in verdict.stages}
        broken = Outcome(Status.INFRA, message="the engine went away")
        proving.tools.sandbox = Ending(inner, "prove", broken)
        verdict = proving.verify(counter_task(), COUNTER + "// again\n")
        assert not verdict.valid
        assert "the engine went away" in verdict.failure.message
    finally:
        proving.close()


def test_a_program_without_a_task_is_compiled_and_synthesised(verifier):
    from forgegym.verifiers.task import Task

    task = Task(id="check", family="check", language="verilog", prompt="")
    verdict = verifier.verify(task, COUNTER)
    assert verdict.accepted
    assert "test" not in {stage.name for stage in verdict.stages}
    assert verifier.verify(task, COUNTER.replace("endmodule", "")).stage == "parse"


@pytest.mark.parametrize("source", ["module counter\udc80", "x" * 70_000, "(" * 60_000])
def test_a_text_that_is_no_program_is_refused(verifier, source):
    verdict = verifier.verify(counter_task(), source)
    assert verdict.valid
    assert verdict.stage == "parse"


def test_equal_programs_are_judged_once_and_others_side_by_side(verifier):
    wrong = COUNTER.replace("4'd1;", "4'd3;")
    verdicts = verifier.verify_all(
        [(counter_task(), COUNTER), (counter_task(), wrong), (counter_task(), COUNTER)]
    )
    assert [v.accepted for v in verdicts] == [True, False, True]
    assert verdicts[0] == verdicts[2]


class Broken:
    """A sandbox whose machine fails."""

    name, digest = "broken", None

    def run(self, job):
        return Outcome(Status.INFRA, message="the engine went away")

    def close(self):
        pass


@pytest.mark.bubblewrap  # this machine's tools are looked for
def test_a_broken_machine_is_not_the_programs_fault():
    need_tools("bubblewrap", "verilog")
    made = VerilogVerifier(sandbox=Broken())
    verdict = made.verify(counter_task(), COUNTER)
    assert not verdict.valid
    assert verdict.failure.kind is FailureKind.SANDBOX
    assert "the engine went away" in verdict.failure.message


@pytest.mark.parametrize("family", sorted(verilog.FAMILIES))
def test_the_references_of_a_family_pass(family, verifier):
    tasks = list(verilog.tasks("eval", families=[family]))
    for task, verdict in zip(
        tasks, verifier.verify_all([(task, task.reference) for task in tasks]), strict=True
    ):
        assert verdict.accepted, (task.id, verdict.diagnostics)
        assert verdict.metrics["lint"] == verdict.metrics["differs"] == 0, verdict.diagnostics


def test_trivial_modules_earn_at_most_the_compile_share(verifier):
    from forgegym.envs.rewards import staged

    for name, source in trivial(COUNTER_INTERFACE).items():
        verdict = verifier.verify(counter_task(), source)
        assert staged(verdict).total <= 0.5, name


def test_mutants_are_small_mistakes_and_follow_from_the_text():
    made = mutants(COUNTER)
    assert [m.source for m in mutants(COUNTER)] == [m.source for m in made]
    assert len({m.source for m in made}) == len(made) >= 7
    assert {m.kind for m in made} >= {
        "another operator", "another number", "a negated condition", "a dropped statement",
        "another edge",
    }  # fmt: skip
    assert all("output reg [3:0] count" in m.source for m in made)


def test_mutants_die(verifier):
    task = counter_task()
    made = mutants(COUNTER)
    verdicts = verifier.verify_all([(task, m.source) for m in made])
    alive = [m.description for m, v in zip(made, verdicts, strict=True) if v.accepted]
    assert alive == []


@pytest.mark.docker
def test_the_environment_keeps_gymnasiums_contract():
    env = gymnasium.make("forgegym:VerilogModule-v0", sandbox="docker").unwrapped
    try:
        check_env(env, skip_render_check=True)
        _, info = env.reset(seed=3, options={"task": "verilog/counter/1/eval-0"})
        feedback, reward, terminated, _, info = env.step("module counter; endmodule\n")
        assert not terminated
        assert info["stage"] == "compile"
        assert reward == pytest.approx(0.1)
        assert "Attempt 1 of 4" in feedback
        _, reward, terminated, _, info = env.step(env.task.reference)
        assert terminated
        assert reward == 1.0
        assert info["valid"]
    finally:
        env.close()


@pytest.mark.docker
def test_episodes_side_by_side():
    envs = gymnasium.make_vec("forgegym:VerilogModule-v0", num_envs=3, vectorization_mode=(
        "vector_entry_point"), sandbox="docker", reward="verigen")  # fmt: skip
    try:
        envs.reset(seed=1)
        references = tuple(env.task.reference for env in envs.envs)
        _, rewards, terminations, _, _ = envs.step(references)
        assert list(terminations) == [True] * 3
        # All but what an explanation is paid; references explain nothing.
        assert list(rewards) == pytest.approx([0.9] * 3)
    finally:
        envs.close()


def test_an_unknown_toolchain_is_refused():
    from forgegym.verifiers.verifier import ChoiceError

    with pytest.raises(ChoiceError, match="unknown Verilog toolchain 'vcs'"):
        gymnasium.make("forgegym:VerilogModule-v0", toolchain="vcs")


def test_what_a_task_is_put_to():
    tests = Tests.of(counter_task())
    assert tests.count(tests.runs) == len(tests.runs) == 17
    for run in tests.runs:
        assert set(run.expected[0]) == {"-"}  # before the first reset nothing is known
        assert "-" not in "".join(run.expected[2:])


@pytest.mark.docker
def test_check_tells_a_person_what_became_of_a_module(tmp_path):
    from typer.testing import CliRunner

    from forgegym.cli import app

    task = verilog.get("verilog/counter/3/eval-0")
    file = tmp_path / "answer.v"
    options = ["check", "VerilogModule-v0", str(file), "--sandbox", "docker"]
    file.write_text(task.reference)
    done = CliRunner().invoke(app, [*options, "--task", task.id])
    assert done.exit_code == 0, done.output
    assert "cases: 1 of 1 public and 16 of 16 hidden" in done.output
    assert "of them flip-flops" in done.output
    file.write_text(task.reference.replace("+", "-"))
    done = CliRunner().invoke(app, [*options, "--task", task.id])
    assert done.exit_code == 1
    assert "is expected to be" in done.output
    assert "cases: 0 of 1 public and " in done.output
    file.write_text("module x (input a, output y);\n  assign y = a\nendmodule\n")
    done = CliRunner().invoke(app, options)
    assert done.exit_code == 1
    assert "2:15: error: expected ';'" in done.output
