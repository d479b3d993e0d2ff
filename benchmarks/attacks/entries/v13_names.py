"""V13: the module brings a second one of the bench's name, another top, a bind or a config.

Safe: the top is named, and a second module of one name is an error.
"""

from ....verifiers.verilog.player import player_name
from ..programs import COUNTER, COUNTER_INTERFACE, counter_task
from ..submissions import Court

PLAYER = player_name(COUNTER_INTERFACE)
WRONG = COUNTER.replace("4'd1;", "4'd2;")
MORE = (
    f"module {PLAYER}; initial $finish; endmodule\n",
    "module player; initial $finish; endmodule\n",
    "module tb; initial $finish; endmodule\n",
    "module other; counter c (.clk(1'b0)); initial $finish; endmodule\n",
    f"module x; endmodule\nbind {PLAYER} x y();\n",
    f"config c; design {PLAYER}; endconfig\n",
    f"program {PLAYER}; endprogram\n",
    f"package {PLAYER}; endpackage\n",
    "module counter (input clk); endmodule\n",
)
SOURCES = [WRONG + more for more in MORE] + [more + WRONG for more in MORE]


def judge(court: Court) -> None:
    court.unpaid(counter_task(), COUNTER, *SOURCES)
