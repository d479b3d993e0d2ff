"""P03: objects that equal everything, are true, and are less than anything.

Safe: answers are plain data, which the host compares.
"""

from ..programs import BLEND, blend_task, blend_that
from ..submissions import Court

CLASS = """\
class Any:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    def __bool__(self): return True
    def __hash__(self): return 0
    def __int__(self): return 0
    def __index__(self): return 0
    def __getattr__(self, name): return self
    def __call__(self, *_, **__): return self
    def __reduce__(self): return (int, (0,))
"""
SOURCES = [
    blend_that(f"return {value}", CLASS)
    for value in ("Any()", "[Any()]", "(Any(),)", "{Any(): Any()}", "Any", "Any().value")
]


def judge(court: Court) -> None:
    court.unpaid(blend_task(), BLEND, *SOURCES)
