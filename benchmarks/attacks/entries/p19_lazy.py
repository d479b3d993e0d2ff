"""P19: generators and lazy objects for an answer.

Safe: an answer is plain data within the time, or none.
"""

from ..programs import BLEND, blend_task, blend_that
from ..submissions import Court

SOURCES = [
    blend_that(f"return {value}", before)
    for value, before in (
        ("(x for x in iter(int, 1))", ""),
        ("map(int, iter(int, 1))", ""),
        ("iter(items)", ""),
        ("lambda: 0", ""),
        ("range(10 ** 12)", ""),
        ("wait()", "async def wait():\n    return 0\n"),
        ("Proxy()", "class Proxy:\n    def __getattribute__(self, name):\n"
         "        while True: pass\n"),
        ("Slow()", "import time\nclass Slow(list):\n    def __iter__(self):\n"
         "        time.sleep(99)\n    def __len__(self): return 10 ** 9\n"),
        ("{}.keys()", ""),
    )
]  # fmt: skip


def judge(court: Court) -> None:
    court.unpaid(blend_task(), BLEND, *SOURCES)
