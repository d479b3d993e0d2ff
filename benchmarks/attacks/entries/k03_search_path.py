"""K03: modules by name alone, which the compiler looks for along COMPACT_PATH and beside the file.

Safe: the box has no such variable and no file but the contract; a name that is not declared is
refused, whether or not the host has a file of that name.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ....verifiers.compact.compiler import open_compiler
from ....verifiers.sandbox.base import Job, Step
from ..submissions import COMPACTC, PLAIN

if TYPE_CHECKING:
    from ..submissions import Court

NEEDS = COMPACTC
VARIABLE = "COMPACT_PATH"
# Names of files that are there, of folders, and of none.
NAMES = ("Planted", "contract_", "out", "index", "driver", "Absent")


def judge(court: Court) -> None:
    planted = court.bait.folder / "Planted.compact"
    planted.write_text(f"module Planted {{ export ledger stolen: Counter; }} {court.bait.secret}\n")
    planted.chmod(0o644)
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = str(court.bait.folder)
    try:
        with court.anew():
            look_along(court)
    finally:
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before


def look_along(court: Court) -> None:
    forms = [f"import {name};" for name in NAMES] + ["import Planted prefix P_;"]
    told = {
        str([diagnostic.message for diagnostic in verdict.diagnostics]).replace(name, "NAME")
        for name in NAMES
        for verdict in court.refuse(f"{PLAIN}import {name};\n")
    }
    court.check(len(told) == 1, f"names of files are told from others: {sorted(told)}")
    court.refuse(*(f"{PLAIN}{form}\n" for form in forms))
    compiler = open_compiler(court.verifier.sandbox, workers=1)  # type: ignore[arg-type]
    assert compiler is not None
    try:
        outcome = compiler.sandbox.run(Job((Step(("/usr/bin/env",)),)))
        said = outcome.last.stdout.decode()
        court.check("PATH=" in said, "the box has no environment to look at")
        court.check("COMPACT" not in said, "the box has a variable of the compiler's")
    finally:
        compiler.close()
