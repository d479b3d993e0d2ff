"""V24: escaped names that are directives, comments or modules once the netlist is read as text.

Safe: wires and cells get Yosys's own names, no module but the task's is left, and a netlist that
holds more than words and signs is not simulated.
"""

from ..programs import COUNTER, HEAD, counter_task, counter_with
from ..submissions import Court

WRONG = "  assign count = 0; assign wrapped = 0;"
# The task's module, for the simulator alone: it has no white space, which would end a name.
SMUGGLED = (
    "u(p);endmodule module counter(input clk,rst,en,output reg[3:0]count,output wrapped);real r;"
    "assign wrapped=en&&count==15;always@(posedge clk)if(rst)r=0;else if(en)r=count==15?0:r+1;"
    "always@(r,clk)count=$rtoi(r);endmodule module junk(clk,p);input clk;foo u1"
).replace(" ", "/**/")


def smuggling(kept: str, black: str, *, skip: str = "`ifdef", end: str = "`endif") -> str:
    """A module for Yosys whose netlist would have `SMUGGLED` in it, from behind a skipped part.

    `kept` and `black` are attributes, of the module around the skip and of the one in it."""
    return (
        f"`ifdef YOSYS\n(* {black} *) module \\$_s{skip} (input p, output q); endmodule\n"
        f"(* {kept} *) module \\$_a (input p, output q);\n  \\$_s{skip} NAME (.p(p), .q(q));\n"
        "endmodule\n"
        + counter_with(
            f"  wire w; wire \\k{end} ;\n"
            f"  (* keep_hierarchy *) \\$_a \\x{end}/**/{SMUGGLED} (.p(en), .q(w));\n"
            "  assign count = {4{w}}; assign wrapped = w;",
            reg=False,
        )
        + "`else\n"
        + counter_with(WRONG, reg=False)
        + "`endif\n"
    )


def for_yosys(body: str, before: str = "") -> str:
    """A module whose names Icarus does not see in the source."""
    return (
        f"`ifdef YOSYS\n{before}{HEAD.format('')}{body}\nendmodule\n`else\n"
        f"{counter_with(WRONG, reg=False)}`endif\n"
    )


SOURCES = [
    smuggling(kept, black)
    for kept in ("keep_hierarchy", "blackbox", "whitebox", "lib_whitebox", "keep")
    for black in ("blackbox", "whitebox", "keep_hierarchy")
]
SOURCES += [
    smuggling("keep_hierarchy", "blackbox", skip=skip, end=end)
    for skip, end in (("`ifndef", "`else"), ("`define", "`undef"), ("/*", "*/"), ("//", "\\\\"))
]
NAMES = [f"\\x{mark}{SMUGGLED} " for mark in ("`endif/**/", "*/", '"')]
NAMES += ['\\`include"/etc/passwd" ', "\\$finish; ", "\\a(*b "]
for name in NAMES:
    SOURCES += [
        # Of a wire, a register, a memory, an instance, a block, a function, a parameter, a module.
        for_yosys(f"  wire {name}; assign {name} = en; assign count = {{4{{{name}}}}};"
                  f" assign wrapped = {name};"),
        for_yosys(f"  reg {name}; always @(posedge clk) {name} <= en;\n"
                  f"  assign count = {name}; assign wrapped = {name};"),
        for_yosys(f"  reg [3:0] {name}[0:3];\n  initial {name}[0] = 3;\n"
                  f"  assign count = {name}[{{rst, en}}]; assign wrapped = 0;"),
        for_yosys(f"  (* keep *) reg [3:0] {name}[0:3];\n  initial {name}[0] = 3;\n{WRONG}"),
        for_yosys(f"  generate if (1) begin : {name} wire w = en; end endgenerate\n{WRONG}"),
        for_yosys(f"  function {name}(input a); {name} = !a; endfunction\n"
                  f"  assign count = {name}(en); assign wrapped = 0;"),
        for_yosys(f"  parameter {name} = 3;\n  assign count = {name}; assign wrapped = 0;"),
        for_yosys(f"  (* keep *) {name} {name}(.p(en), .q(wrapped)); assign count = 0;",
                  f"(* keep_hierarchy *) module {name}(input p, output q); assign q = p; "
                  "endmodule\n"),
        for_yosys(WRONG).replace("output wrapped);", f"output wrapped, input {name});", 1),
    ]  # fmt: skip

# Names that say nothing to any tool cost a right module nothing.
RIGHT = COUNTER.replace("count + 4'd1", "\\next.value[0] ").replace(
    "  always", "  wire [3:0] \\next.value[0] = count + 4'd1;\n  always"
)


def judge(court: Court) -> None:
    court.unpaid(counter_task(), COUNTER, *SOURCES)
    court.accept(RIGHT, task=counter_task())
