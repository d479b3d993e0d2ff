"""V11: comments, directives and macros that silence the linter, or show it another module.

Safe: what is linted is what Yosys read, without comments and directives; and what Verilator does
not read to its end has no quality.
"""

from ....envs.rewards import verigen
from ..programs import COUNTER, counter_task
from ..submissions import Court

# Right, and untidy: a wire that nothing needs, and two widths that do not fit.
UNTIDY = COUNTER.replace("  always", "  wire needless = en;\n  wire [6:0] wide = count;\n  always")
OFF = "lint_off"


def first(text: str) -> str:
    """The module after a line."""
    return f"{text}\n{UNTIDY}"


SILENCED = [
    first(f"/* verilator {OFF} UNUSED */ /* verilator {OFF} WIDTH */ /* verilator {OFF} */"),
    first(f"// verilator {OFF} UNUSED\n//verilator {OFF} WIDTH\n/*verilator {OFF} UNUSEDSIGNAL*/"),
    UNTIDY.replace("  wire", f"  (* verilator_{OFF} = 1 *) wire"),
    first(f"/*verilator {OFF} WIDTH*//*verilator {OFF} WIDTHEXPAND*//*verilator {OFF} UNUSED*/"),
    first(f"`define S /\n`define E\n`S`E*verilator {OFF} UNUSED*/ /`E*verilat`E`E``or {OFF}*/"),
    first(f'`line 1 "other.v" 0\n// verilator {OFF} UNUSED'),
    first(f"`celldefine\n/*verilator {OFF} UNUSED*/\n`endcelldefine"),
    first(f"`ifdef VERILATOR\n/*verilator {OFF} UNUSED*/\n`endif"),
    f"`ifdef VERILATOR\n{COUNTER}`else\n{UNTIDY}`endif\n",
    f"`ifndef SYNTHESIS\n{COUNTER}`else\n{UNTIDY}`endif\n",
    f"`ifdef YOSYS\n{UNTIDY}`else\n{COUNTER}`endif\n",
    f"`ifdef verilator\n{COUNTER}`elsif SV_COV_START\n{COUNTER}`else\n{UNTIDY}`endif\n",
]
SILENCED += [
    UNTIDY.replace("  wire needless", f"// {word} translate_off\n  wire needless").replace(
        "  always", f"// {word} translate_on\n  always"
    )
    for word in ("pragma", "altera", "verilator")
]
# One that nobody but Verilator takes for an error.
UNREAD = UNTIDY.replace(
    "endmodule", "  always @(posedge clk) if (0) $nothing_known(en);\nendmodule"
)


def judge(court: Court) -> None:
    plain, *found = court.accept(UNTIDY, *SILENCED, task=counter_task())
    court.check(plain.metrics.get("lint", 0.0) >= 2, "nothing was found")
    for source, verdict in zip(SILENCED, found, strict=True):
        said = verdict.metrics.get("lint", 0.0)
        court.check(said >= plain.metrics.get("lint", 0.0), f"{said:g} warnings: {source[:200]!r}")
        court.check(verigen(verdict).total <= verigen(plain).total, f"more: {source[:200]!r}")
    (unread,) = court.accept(UNREAD, task=counter_task())
    court.check(verigen(unread).components["quality"] == 0, "what was not read was called tidy")
