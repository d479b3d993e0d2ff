"""Verilog tasks: what follows from an id, and that the families are what they say they are."""

import pytest

from forgegym.envs.tasks import verilog
from forgegym.envs.tasks.families import LEVELS
from forgegym.envs.tasks.verilog_families import FAMILIES
from forgegym.verifiers.verifier import ChoiceError
from forgegym.verifiers.verilog.slang import read_verilog
from forgegym.verifiers.verilog.toolchain import Tests, VerilogVerifier, trivial


def test_the_evaluation_set_is_every_family_at_every_difficulty():
    tasks = list(verilog.tasks("eval"))
    assert len(tasks) == len(FAMILIES) * len(LEVELS)
    assert len({task.key for task in tasks}) == len({task.prompt for task in tasks}) == len(tasks)


@pytest.mark.parametrize("family", sorted(FAMILIES))
@pytest.mark.parametrize("level", LEVELS)
def test_a_family_has_variants_of_both_splits_and_runs_that_differ(family, level):
    listed = FAMILIES[family].variants(level)
    assert len(listed) == len(set(listed)) >= 5
    train, held_out = (set(verilog.variants(family, level, s)) for s in ("train", "eval"))
    assert train | held_out == set(listed)
    assert not train & held_out
    for split in ("train", "eval"):
        task = verilog.build(family, level, split, 0)
        tests = Tests.of(task)
        hidden = tests.count(tests.runs[tests.public :])
        assert hidden >= 4
        # No module that does nothing gets most of what is asked for.
        assert trivial(tests) <= 0.8 * hidden
        assert f"module {tests.interface.name} (" in task.reference


def test_a_task_follows_from_its_id():
    for task in (verilog.sample(5), verilog.sample(6, split="eval")):
        assert verilog.get(task.id) == task
    first = verilog.build("counter", 3, "train", 2)
    again = verilog.build("counter", 3, "train", 2, "another seed")
    assert again.prompt == first.prompt
    assert again.tests["runs"][0] == first.tests["runs"][0]
    assert again.tests["runs"][1:] != first.tests["runs"][1:]


def test_a_run_begins_with_a_reset_and_the_module_is_unknown_before_it():
    for task in verilog.tasks("eval"):
        tests = Tests.of(task)
        reset = tests.interface.reset
        if reset is None:
            continue
        for run in tests.runs:
            assert tests.interface.unpack(run.rows[0])[reset.name] == reset.active
            known = set(run.expected[0]) != {"-"}
            assert reset.asynchronous or not known


@pytest.mark.parametrize(
    "wrong",
    [{"split": "test"}, {"difficulty": 9}, {"families": ["nothing"]}],
)
def test_what_there_is_not_is_refused(wrong):
    with pytest.raises(ChoiceError):
        verilog.sample(0, **({"split": "train"} | wrong))


@pytest.mark.parametrize(
    "task_id", ["", "counter", "verilog/counter/1/eval-99", "verilog/counter/9/eval-0",
                "verilog/x/1/eval-0", "rust/counter/1/eval-0"]
)  # fmt: skip
def test_an_id_that_is_none_is_refused(task_id):
    with pytest.raises(ChoiceError, match="no Verilog task"):
        verilog.get(task_id)


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_every_variants_reference_reads_without_an_error(family):
    for level in LEVELS:
        for split in ("train", "eval"):
            for number in range(len(verilog.variants(family, level, split))):
                task = verilog.build(family, level, split, number)
                facts = read_verilog(task.reference)
                assert facts.diagnostics == (), task.id
                assert facts.modules, task.id


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_every_variant_asks_something_that_it_does_not_show(family):
    for level in LEVELS:
        for split in ("train", "eval"):
            for number in range(len(verilog.variants(family, level, split))):
                task = verilog.build(family, level, split, number)
                assert len(task.tests["runs"]) > 1, task.id
                assert min(len(run["rows"]) for run in task.tests["runs"]) >= 2, task.id
                # The runs that are reset once more are drawn ones.
                if task.tests["interface"]["clock"]:
                    edges = len(verilog.TASKS.problem(task).model.edges)
                    assert edges <= verilog.HIDDEN_RUNS - verilog.SECOND_RESETS, task.id


def test_every_machine_is_reset_again_where_that_is_seen():
    for task in verilog.tasks("eval"):
        tests, model = Tests.of(task), verilog.TASKS.problem(task).model
        reset = tests.interface.reset
        if reset is None:
            continue
        again = seen = 0
        for run in tests.runs[tests.public :]:
            rows = [tests.interface.unpack(row) for row in run.rows]
            resets = [row[reset.name] == reset.active for row in rows]
            begins = resets.index(False)
            if True not in resets[begins:]:
                continue
            again += 1
            at = resets.index(True, begins)
            state = model.initial
            for row in rows[begins:at]:
                _, state = model.step(state, row)
            seen += model.step(state, rows[at])[0] != model.step(model.initial, rows[at])[0]
        assert again >= 3, task.id
        assert seen >= 1, task.id


# Its history takes the bit of a reset.
LISTENING = """\
module detector (input clk, input reset, input bit_in, output reg found);
  reg [4:0] last;
  wire [4:0] now = {last[3:0], bit_in};
  wire hit = now == 5'b01010;
  always @(posedge clk) last <= reset ? {4'b1111, bit_in} : hit ? 5'b11111 : now;
  always @(posedge clk or posedge reset) if (reset) found <= 1'b0; else found <= hit;
endmodule
"""
# Modules that are wrong at an edge of what is asked: what of a reference is replaced
# (None: all of it), and by what.
WRONG = {
    "a detector that an asynchronous reset resets": (
        "detector/2",
        "posedge clk",
        "posedge clk or posedge rst",
    ),
    "a debouncer that an asynchronous reset resets": (
        "filter/3",
        "posedge clk",
        "posedge clk or posedge rst",
    ),
    "a detector that listens during a reset": ("detector/3", None, LISTENING),
    "rounded by the sign of an operand": ("adder/3", "total[0] && total[5]", "total[0] && a[4]"),
    "a debt of three bits": ("controller/4", "owed <= total;", "owed <= {1'b0, total[2:0]};"),
    "a flag of the sum's carry": (
        "alu/2",
        "(y == 8'd0)",
        "(y == 8'd0) && !(op == 2'd0 && {1'b0, a} + {1'b0, b} == 9'd256)",
    ),
    "no carry below 0": ("alu/3", "{1'b0, a} - 7'd1", "{1'b0, a - 6'd1}"),
    "an overflow without the carry that comes in": (
        "alu/4",
        "a[7] == b[7]) && (y[7]",
        "a[7] == b[7]) && ((y - {7'd0, carry_in}) > 8'd127",
    ),
    "a carry without the carry that comes in": (
        "alu/4",
        "+ {8'd0, carry_in};",
        "+ {8'd0, carry_in}; carry = {1'b0, a} + {1'b0, b} > 9'd255;",
    ),
    "a borrow of too few bits": (
        "alu/4",
        "- {8'd0, carry_in};",
        "- {8'd0, carry_in}; carry = a < b + {7'd0, carry_in};",
    ),
    "zero without a carry": ("alu/4", "(y == 8'd0)", "(y == 8'd0) && !carry"),
    "a machine's borrow without its carry": (
        "alu/5",
        "{carry_out, y} = {1'b0, a} - {1'b0, b} - {6'd0, carry_in};",
        "begin y = a - b - {5'd0, carry_in}; carry_out = a < b; end",
    ),
    "the greatest magnitude with another sign": (
        "adder/4",
        "y = {a[5], total[4:0]};",
        "y = {a[5] ^ (total == 6'd62), total[4:0]};",
    ),
    "a digit of 15": ("code/4", "(a[3:0] > 4'd9)", "(a[3:0] > 4'd9 && a[3:0] != 4'd15)"),
    "not cleared at its end": ("counter/4", "if (clear)", "if (clear && (en || !full))"),
}


@pytest.fixture(scope="module")
def verifier():
    made = VerilogVerifier(sandbox="docker", lint=False)
    yield made
    made.close()


@pytest.mark.docker
@pytest.mark.parametrize("case", WRONG)
def test_a_module_that_is_wrong_at_an_edge_is_not_accepted(verifier, case):
    problem, right, wrong = WRONG[case]
    task = verilog.get(f"verilog/{problem}/eval-0")
    if right is not None:
        assert right in task.reference
        wrong = task.reference.replace(right, wrong)
    assert verifier.verify(task, wrong).stage == "test"
