"""P22: sources that no reader gets to the end of, or that are not what they seem.

Safe: only the Python in the box compiles them; the grammar here takes them in its stride.
"""

from ..programs import BLEND, blend_task, blend_that
from ..submissions import Court

IDLE = blend_that("return None")
SOURCES = [
    f"x = {'(' * 30000}{')' * 30000}\n{IDLE}",
    f"x = {'[' * 150}{']' * 150}\n{IDLE}",
    f"x = {'-' * 50000}1\n{IDLE}",
    f"x = {'not ' * 15000}1\n{IDLE}",
    f"x = 1{'+1' * 25000}\n{IDLE}",
    f"x = y{'.y' * 25000}\n{IDLE}",
    f"x = 9 ** 9 ** 9 ** 9\n{IDLE}",
    f"x = {'9' * 50000}\n{IDLE}",
    f"x = 'a' * 10 ** 10\n{IDLE}",
    f"x = ((1,) * 10 ** 4) * 10 ** 6\n{IDLE}",
    "if 0: pass\n" + "elif 0: pass\n" * 4000 + IDLE,
    "".join(f"{' ' * depth}if 1:\n" for depth in range(300)) + f"{' ' * 300}x = 1\n{IDLE}",
    f"# coding: rot13\n{IDLE}",
    f"# coding: utf-7\n{IDLE}",
    f"# -*- coding: nothing -*-\n{IDLE}",
    f"\ufeff{IDLE}",
    f"\f\f\f{IDLE}",
    f"x = 1\0\n{IDLE}",
    IDLE.replace("\n", "\r"),
    f"x = f'{'{' * 200}1{'}' * 200}'\n{IDLE}",
    f"x = {'lambda: ' * 8000}1\n{IDLE}",
    "@x\n" * 8000 + IDLE,
    f"match 1:\n    case {'[' * 3000}{']' * 3000}: pass\n{IDLE}",
]


def judge(court: Court) -> None:
    court.unpaid(blend_task(), BLEND, *SOURCES)
