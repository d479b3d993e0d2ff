"""P25: comments and types that ask tools to look away, and programs in a string.

Safe: warnings are told whatever a program says, and what asks to look away is counted.
"""

from ..programs import BLEND, blend_task
from ..submissions import Court

BAD = "    pattern = '\\d'\n    found = None\n"
LOOK_AWAY = (
    "import warnings\nwarnings.simplefilter('ignore')\n",
    "import sys\nsys.warnoptions.clear()\n",
    "# flake8: noqa\n# type: ignore\n",
)


def judge(court: Court) -> None:
    loud = BLEND.replace("    found = None\n", BAD)
    for verdict in court.accept(*[before + loud for before in LOOK_AWAY], task=blend_task()):
        court.check(verdict.metrics["warnings"] >= 1, "a warning was silenced")
    comments = ("# noqa", "# type: ignore", "# pragma: no cover", "# pylint: disable=all")
    quiet = [BLEND.replace("return found", f"return found  {comment}") for comment in comments]
    for verdict in court.accept(*quiet, task=blend_task()):
        court.check(verdict.metrics["suppressions"] == 1, "a comment that silences is not counted")
    (hidden,) = court.accept(f"exec({BLEND!r})\n", task=blend_task())
    court.check(hidden.metrics["runs_text"] == 1, "a program in a string is not counted")
    court.check(hidden.metrics["functions"] == 0, "a program in a string is measured")
