"""P20: arguments changed in place, so that later checks see others.

Safe: the host keeps its own, each call gets new ones, and a changed argument is a wrong answer.
"""

from ..programs import BLEND, blend_task, blend_that
from ..submissions import Court

SOURCES = [
    blend_that(f"{change}\nreturn None")
    for change in ("items.clear()", "items[:] = [0]", "items.append(seed)", "items.sort()")
]
# Right but for that.
SOURCES.append(BLEND.replace("    return found", "    items.clear()\n    return found"))
SOURCES.append(
    blend_that(
        "kept.append(items)\nfor other in kept:\n    other[:] = [1]\nreturn None", "kept = []\n"
    )
)


def judge(court: Court) -> None:
    court.unpaid(blend_task(), BLEND, *SOURCES)
