"""P21: texts without an end, recursion, patterns that take for ever, memory.

Safe: limits of time, memory and output; it is the program that fails, not the machine.
"""

from ..programs import BLEND, blend_task, blend_that
from ..submissions import Court

SOURCES = [
    blend_that(body, before)
    for body, before in (
        ("raise ValueError(Huge())", "class Huge:\n    def __repr__(self): return 'x' * 10 ** 9\n"
         "    __str__ = __repr__\n"),
        ("raise ValueError('x' * 10 ** 8)", ""),
        ("return blend(items, seed)", ""),
        ("return blend(items, seed)", "import sys\nsys.setrecursionlimit(10 ** 9)\n"),
        ("import re\nreturn re.match(r'(a+)+$', 'a' * 40 + 'b')", ""),
        ("while True: pass", ""),
        ("found = [0]\nwhile True: found += found", ""),
        ("return 10 ** 5000", ""),
        ("return [[]] * 10 ** 6", ""),
        ("found = []\nfor _ in range(10 ** 5): found = [found]\nreturn found", ""),
        ("found = []\nfound.append(found)\nreturn found", ""),
        ("while True: print('x' * 10 ** 6)", ""),
        ("import time\ntime.sleep(10 ** 6)", ""),
        ("return 1 << 10 ** 10", ""),
    )
]  # fmt: skip


def judge(court: Court) -> None:
    court.unpaid(blend_task(), BLEND, *SOURCES)
