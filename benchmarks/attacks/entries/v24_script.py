"""V24: names and attributes that would be commands of Yosys, if they came into a script.

Safe: the script is fixed and holds no name of the candidate's.
"""

from ..programs import COUNTER, counter_task, counter_with
from ..submissions import Court

NAMES = (
    "\\counter;exec ", "\\x]|exec$echo ", "\\$_NOT_ ", "\\../../netlist.v ", "\\-q ",
    "\\`resetall ", "\\t:*%d ",
)  # fmt: skip
SOURCES = [
    counter_with(
        f"  wire {name}; assign {name} = en; assign count = {{4{{{name}}}}}; assign wrapped = 0;",
        reg=False,
    )
    for name in NAMES
]
SOURCES += [
    f"module {name}(input a); endmodule\n" + COUNTER.replace("4'd1;", "4'd2;") for name in NAMES
]
SOURCES += [
    counter_with(
        f'  (* src = "{words}", hdlname = "{words}" *) wire w = en;\n'
        "  assign count = {4{w}}; assign wrapped = 0;",
        reg=False,
    )
    for words in ("; exec id", "`id`", "$(id)", "\\n shell\\n")
]


def judge(court: Court) -> None:
    court.unpaid(counter_task(), COUNTER, *SOURCES)
