"""P09 P15: the stack walked for what is expected, and for results that it could change.

Safe: what is expected is not in that process, nor is a result: there is nothing to find.
"""

from ..programs import BLEND, blend_task, blend_that
from ..submissions import Court

WALKING = """\
import sys
found = []
frame = sys._getframe()
while frame is not None:
    for name, value in {{**frame.f_globals, **frame.f_locals}}.items():
        if any(word in name for word in ("expect", "want", "result", "passed", "stat")):
            found.append(value)
        if isinstance(value, list):
            {change}
    frame = frame.f_back
"""
SOURCES = [
    blend_that(WALKING.format(change=change) + result)
    for change in ("pass", "value.append('passed')")
    for result in (
        "return found[-1] if found else None",
        "return next((v for v in found if isinstance(v, int)), None)",
    )
]
SOURCES.append(
    blend_that(
        "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n"
        "    frame = error.__traceback__.tb_frame.f_back\n"
        "    return frame.f_locals.get('expected', frame.f_locals.get('value'))"
    )
)
SOURCES.append(
    blend_that(
        "import inspect\nreturn [f.frame.f_locals.get('message') for f in inspect.stack()][-1]"
    )
)


def judge(court: Court) -> None:
    court.unpaid(blend_task(), BLEND, *SOURCES)
