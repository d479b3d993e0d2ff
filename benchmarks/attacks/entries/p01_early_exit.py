"""P01: the program, or its function, ends the process.

Safe: calls without an answer have failed, whatever the exit status.
"""

from ..programs import BLEND, blend_task, blend_that
from ..submissions import Court

SOURCES = [
    blend_that(how)
    for how in (
        "import sys; sys.exit(0)", "import os; os._exit(0)", "raise SystemExit",
        "raise SystemExit(0)", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "quit()",
        "raise KeyboardInterrupt",
    )
]  # fmt: skip
SOURCES += [
    f"import os\nos._exit(0)\n{BLEND}",
    f"raise SystemExit\n{BLEND}",
    blend_that("return None", "import atexit, os\natexit.register(os._exit, 0)\n"),
]


def judge(court: Court) -> None:
    court.unpaid(blend_task(), BLEND, *SOURCES)
