"""R08: warnings silenced by attributes.

Safe: the lints are forced on the command line, and cannot be silenced.
"""

from ..programs import MIX, mix_task
from ..submissions import Court

PADDED = MIX.replace("let mut found", "let unused = 3;\n    let mut found")
FORMS = (
    "#![allow(warnings)]\n", "#![allow(unused)]\n", "#![allow(unused_variables, dead_code)]\n",
    "#![allow(clippy::all)]\n", "#![cfg_attr(all(), allow(warnings))]\n",
)  # fmt: skip


def judge(court: Court) -> None:
    for verdict in court.accept(*[form + PADDED for form in FORMS], task=mix_task()):
        court.check(verdict.metrics["warnings"] >= 1, "a warning was silenced")
