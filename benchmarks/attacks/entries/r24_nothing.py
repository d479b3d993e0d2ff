"""R24: programs that do nothing, and compile.

Safe: compiling earns its share, and no more.
"""

from ..programs import MIX, MIX_TYPE, mix_task
from ..submissions import Court

SOURCES = [
    f"{MIX_TYPE} {{ {body} }}\n"
    for body in (
        "todo!()", "unimplemented!()", "unreachable!()", "let _ = (items, seed); None",
        "let _ = items; Some(seed)", "let _ = (items, seed); Some(0)",
        "let _ = seed; items.first().copied()", "let _ = seed; items.iter().copied().max()",
    )
]  # fmt: skip
SOURCES += ["", "fn mix() {}\n", "// nothing\n"]


def judge(court: Court) -> None:
    court.unpaid(mix_task(), MIX, *SOURCES)
