"""V22: prints that newer versions of Yosys carry into the netlist.

Safe: they are deleted there; a right module that prints is right, a wrong one stays wrong.
"""

from ..programs import COUNTER, counter_task
from ..submissions import Court

PRINT = '    $display("{\\"id\\": %d}", count);\n    $write("PASS");\n'
TALKING = COUNTER.replace("posedge clk)\n", "posedge clk) begin\n" + PRINT).replace(
    "endmodule", "  end\nendmodule"
)


def judge(court: Court) -> None:
    court.accept(TALKING, task=counter_task())
    wrong = TALKING.replace("4'd1;", "4'd2;")
    court.unpaid(counter_task(), COUNTER, wrong, wrong.replace("posedge clk", "*"))
