"""What is read off Verilog text and off the tools' words, and what a reward makes of it."""

import os
import subprocess

import pytest

from forgegym.benchmarks.attacks.programs import COUNTER, COUNTER_INTERFACE
from forgegym.envs.rewards import VerigenWeights, verigen, verigen_with
from forgegym.verifiers.verdict import Severity, Stage, StageStatus, Toolchain, Verdict
from forgegym.verifiers.verilog import parse
from forgegym.verifiers.verilog.explanation import explained, score
from forgegym.verifiers.verilog.interface import Interface, Port, Reset
from forgegym.verifiers.verilog.linted import linted
from forgegym.verifiers.verilog.netlist import LINE, is_plain
from forgegym.verifiers.verilog.player import MAX_CYCLES, player, request
from forgegym.verifiers.verilog.slang import read_verilog
from forgegym.verifiers.verilog.toolchain import shown
from forgegym.verifiers.verilog.tools import version

MIXED = Interface("m", (Port("a", 5), Port("b")), (Port("y", 3), Port("z")))


def test_slang_says_where_a_syntax_error_is():
    facts = read_verilog(COUNTER.replace("4'd15);", "4'd15)"))
    (error,) = facts.diagnostics
    assert (error.line, error.message) == (2, "expected ';'")


def test_facts_of_a_text():
    facts = read_verilog(
        "// one\n" + COUNTER + '/* two */ module m; initial $display("// no"); endmodule\n'
    )
    assert facts.diagnostics == ()
    assert facts.modules == ("counter", "m")
    assert facts.comments == "one\ntwo"
    assert facts.metrics() == {
        "lines": 8.0, "modules": 2.0, "always": 1.0, "assigns": 1.0, "instances": 0.0, "ifs": 2.0,
        "cases": 0.0, "initials": 1.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    "source",
    ['`include "/etc/passwd"\n', "`define A `B `B\n`A\n", "module m; wire x = " + "(" * 5000],
)
def test_slang_is_not_asked_about_what_could_be_dear(source):
    facts = read_verilog(source + COUNTER)
    assert facts.diagnostics == ()
    assert facts.modules == ()


def test_icaruss_words():
    said = parse.icarus(
        b"solution.sv:4: syntax error\n"
        b"I give up.\n"
        b"solution.sv:7: error: Unable to bind wire/reg/memory `x' in "
        b"`player_0123456789abcdef.player_dut'\n"
        b"solution.sv:9: warning: implicit definition of wire\n"
        b"player.sv:11: error: port ``z'' is not a port of player_dut.\n"
        b"3 error(s) during elaboration.\n"
    )
    assert [(d.line, d.severity) for d in said] == [
        (4, Severity.ERROR), (7, Severity.ERROR), (9, Severity.WARNING), (None, Severity.ERROR),
    ]  # fmt: skip
    assert not any("player" in d.message for d in said)


def test_yosyss_words():
    (error,) = parse.yosys(b"solution.sv:3: ERROR: syntax error, unexpected TOK_END\n")
    assert (error.line, error.message) == (3, "syntax error, unexpected TOK_END")
    (latch,) = parse.yosys(b"ERROR: Assertion failed: selection is not empty: t:$dlatch\n")
    assert latch.code == "latch"
    (warning,) = parse.yosys(b"Warning: Wire m.\\y is used but has no driver.\n")
    assert warning.severity is Severity.WARNING


def dumped(text):
    """As Yosys prints what it has read."""
    return (
        "\n1. Executing Verilog-2005 frontend: solution.sv\n"
        "-- Verilog code after preprocessor --\n"
        f'`file_push "solution.sv"\n{text}\n`file_pop\n-- END OF DUMP --\n'
    ).encode()


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a /* verilator lint_off X */ b\n// c\nd", f"a{' ' * 28}b\n    \nd"),
        ("a /* b\nc */ d", "a     \n     d"),
        ('"/* a" b // "\n"c\n//d"', '"/* a" b     \n"c\n//d"'),
        ('"\\"//" a//', '"\\"//" a  '),
        ("wire \\a//b , \\c/*d ; /*e*/", "wire \\a//b , \\c/*d ;      "),
        ("`celldefine a\n`default_nettype none\n`x /*\nb", "             \n`default_nettype none\n"
         "     \nb"),
        ("a/* synopsys translate_off */b/* synopsys translate_on */c", f"a{' ' * 56}c"),
        ("a/*synthesis translate_off*/b\nc", f"a{' ' * 28}\n "),
        ("a/* pragma translate_off */b/* synopsys  translate_on */c", f"a{' ' * 26}b{' ' * 28}c"),
        ("a\n`file_pop\n-- END OF DUMP --\nb", "a\n         \n-- END OF DUMP --\nb"),
    ],
)  # fmt: skip
def test_what_is_linted_has_no_comment_and_no_directive(text, left):
    assert linted(dumped(text)) == left + "\n"


@pytest.mark.parametrize("dump", [None, b"", dumped("a")[:-5], b"a\n" * 9])
def test_what_yosys_did_not_read_to_the_end_is_not_linted(dump):
    assert linted(dump) is None


def test_verilators_words_are_warnings():
    said = parse.verilator(
        b"%Warning-WIDTH: linted.sv:4:10: Operator ADD expects 4 bits\n"
        b"%Error: linted.sv:5: syntax error\n%Error: Exiting due to 1 error(s)\n"
    )
    assert [(d.code, d.line, d.column) for d in said] == [("WIDTH", 4, 10), ("error", 5, 1)]
    assert {d.severity for d in said} == {Severity.WARNING}


def test_ports_are_those_that_were_asked_for():
    right = b"module m\ninput [4:0] a\ninput [0:0] b\noutput [2:0] y\noutput [0:0] z\n"
    assert parse.misfits(MIXED, right) == []
    wrong = parse.misfits(MIXED, right.replace(b"[4:0] a", b"[0:4] a"))
    assert [d.message for d in wrong] == [
        "m has other ports: `input [4:0] a` is missing",
        "m has other ports: `input [0:4] a` was not asked for",
    ]


def test_a_port_whose_name_holds_a_space_of_unicodes_is_seen():
    spaced = "module m\ninput [4:0] a\ninput [0:0] b\noutput [2:0] y\noutput [0:0] z\n"
    (found,) = parse.misfits(MIXED, (spaced + "input [0:0] c\u00a0d\n").encode())
    assert "c\u00a0d` was not asked for" in found.message


NETLIST = """\
/* Generated by Yosys 0.23 (git sha1 7ce5011c24b) */

module m(\\logic , a, y);
  wire [3:0] _0_;
  reg y = 1'h0;
  reg \\y_reg[2]  = 1'h0;
  always @(posedge a, negedge \\logic )
    if (!\\logic ) y <= _0_[2];
  always @*
    if (a) y = { a, 2'bzx };
  assign _0_[3] = ~(a ? 1'h1 : (y & a) ^ (y | a));
endmodule
"""


@pytest.mark.parametrize(
    ("more", "plain"),
    [("", True), ("  \\x`endif  u(p);", False), ("  `endif", False), ("  \\x.y = a;", False),
     ("  initial $finish;", False), ("  wire a; // b", False), ("  wire a; /* b */", False),
     ('  x = "a";', False), ("  #1 a = b;", False), ("  a = \\b", False), ("  a = \\b[c] ;", False),
     ("é", False), ("  a\tb", False), ("  a\0b", False),
     ("/* Generated by Yosys 1 */ a /* */", False)],
)  # fmt: skip
def test_a_netlist_is_plain_text(more, plain):
    text = NETLIST.replace("endmodule", f"{more}\nendmodule").encode()
    assert is_plain(text) == plain
    # And grep, which looks at it in the sandbox, says the same (1: there is no other line).
    grep = subprocess.run(
        ["grep", "-aqvxE", LINE], input=text, env={**os.environ, "LC_ALL": "C"}, check=False
    )
    assert grep.returncode == plain


def test_a_netlist_is_one_module():
    assert not is_plain(NETLIST.encode() * 2)
    assert not is_plain(b"")


def test_statistics_and_depth():
    text = b'{"design": {"num_cells_by_type": {"$_AND_": 3, "$_SDFFE_PP0P_": 2, "$_DFF_P_": 1}}}'
    assert parse.statistics(text) == {"cells": 6.0, "flip_flops": 3.0}
    assert parse.statistics(b'{"design": {}}') == {"cells": 0.0, "flip_flops": 0.0}
    assert parse.statistics(b"") == {}
    assert parse.depth(b"Longest topological path in m (length=7):\n") == 7.0
    assert parse.depth(b"") == 0.0


@pytest.mark.parametrize(
    ("text", "found"),
    [("Icarus Verilog version 12.0 (stable) ()\n", "12.0"), ("Yosys 0.52 (git sha1 x)", "0.52"),
     ("Verilator 5.032 2025-01-01 rev", "5.032"), ("no such file\n1.0", None), ("", None)],
)  # fmt: skip
def test_versions(text, found):
    assert version(text) == found


def test_rows_are_packed_in_the_order_of_the_ports():
    assert MIXED.pack({"a": 3, "b": 1}) == 0b000111
    assert MIXED.unpack(0b000111) == {"a": 3, "b": 1}
    assert MIXED.split("0101") == {"y": "010", "z": "1"}
    with pytest.raises(ValueError, match="no room for 32"):
        MIXED.pack({"a": 32, "b": 0})
    assert request(MIXED, "i" * 32, [7, 63]) == b"i" * 32 + b" 2 07 3f\n"
    with pytest.raises(ValueError, match="1 to 65536 cycles"):
        request(MIXED, "i" * 32, [0] * (MAX_CYCLES + 1))


def test_an_interface_is_one_that_can_be_played():
    assert Interface.of(COUNTER_INTERFACE.to_json()) == COUNTER_INTERFACE
    assert "counter player_dut (.clk(clk), .rst(rst)" in player(COUNTER_INTERFACE)
    with pytest.raises(ValueError, match="come together"):
        Interface("m", (Port("a"),), (Port("y"),), "clk")
    with pytest.raises(ValueError, match="no input of one bit"):
        Interface("m", (Port("a"),), (Port("y"),), "clk", Reset("rst"))
    with pytest.raises(ValueError, match="have one name"):
        Interface("m", (Port("a"),), (Port("a"),))


def test_bits_are_shown_as_verilog_writes_them():
    assert [shown("1", 1), shown("00001111", 8), shown("01xx", 4), shown("--", 2)] == [
        "1", "8'h0f", "4'b01xx", "-",
    ]  # fmt: skip


# ---------------------------------------------------------------- explanation and reward


@pytest.mark.parametrize(
    ("comments", "facts"),
    [
        ("", (0.0, 0.0, 0.0)),
        ("count and wrapped; en enables, rst is a synchronous reset, active high, at the rising "
         "edge of clk", (1.0, 1.0, 1.0)),
        ("rst: asynchronous, active high; posedge clk", (0.25, 1.0, 0.5)),
        ("rst: asynchronous or synchronous, active high or active low; negedge or posedge",
         (0.25, 0.0, 0.0)),
        ("combinational", (0.0, 0.0, 0.0)),
    ],
)  # fmt: skip
def test_an_explanation_is_scored_by_facts(comments, facts):
    found = explained(comments, COUNTER_INTERFACE)
    assert (found["ports"], found["clocking"], found["reset"]) == facts
    assert score(found) == pytest.approx(sum(facts) / 3)


def test_an_explanation_of_combinational_logic():
    assert explained("combinational: y and z of a, b", MIXED) == {"ports": 1.0, "clocking": 1.0}
    assert explained("a rising edge", MIXED)["clocking"] == 0.0


def verdict(passed=("parse", "compile", "synthesise"), failure=None, **metrics):
    stages = tuple(
        Stage(name, StageStatus.PASSED if name in passed else StageStatus.FAILED)
        for name in ("parse", "compile", "synthesise", "test")
    )
    return Verdict("", "", Toolchain("t", "0"), stages, metrics, failure=failure)


def test_verigen_by_hand():
    full = verdict(above_trivial=1.0, explained=1.0, lint=0.0, differs=0.0)
    assert verigen(full).components == {
        "compile": 0.15, "functional": 0.5, "synthesise": 0.15, "reasoning": 0.1, "quality": 0.1,
    }  # fmt: skip
    assert verigen(full).total == pytest.approx(1.0)
    half = verdict(above_trivial=0.5, explained=0.8, lint=1.0, differs=0.0)
    # 0.15 + 0.5 * 0.5 + 0.15 + 0.1 * min(0.8, 0.5) + 0.1 * min(1 - 0.25, 0.5)
    assert verigen(half).total == pytest.approx(0.65)
    # Words and tidiness alone earn nothing.
    assert verigen(verdict(above_trivial=0.0, explained=1.0)).total == pytest.approx(0.3)
    assert verigen(verdict(("parse", "compile"), above_trivial=0.0)).total == pytest.approx(0.15)
    # What was not linted to its end is not tidy.
    unknown = verdict(above_trivial=1.0, explained=1.0, differs=0.0)
    assert verigen(unknown).components["quality"] == 0.0
    weights = VerigenWeights(compile=1, functional=2, synthesise=3, reasoning=4, quality=5)
    assert verigen_with(weights)(full).total == pytest.approx(15)
