"""How a Python candidate is asked: the step of a job in which the driver runs beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..oracle import Case, ask, new_id
from ..sandbox.base import Limits, Step

INTERPRETER = "/usr/bin/python3"
# Where the image has `driver.py`, and what the job calls the candidate's file.
DRIVER = "/opt/forgegym/drivers/python.py"
PROGRAM = "solution.py"


def python_step(
    cases: Sequence[Case], limits: Limits, draw: Callable[[], str] = new_id
) -> tuple[Step, tuple[str, ...]]:
    """The step that asks the file `PROGRAM` of its job for all `cases`, and the requests' ids.

    Isolated (-I: nothing of the work folder or the environment is imported), without site-packages
    (-S), writing no bytecode (-B). `draw` gives the ids.

    Raises `NotPlainError` for an argument without an encoding, `ValueError` for no case.
    """
    if not cases:
        raise ValueError("a step without a request has no descriptors for answers; give a case")
    requests, ids = ask(cases, draw)
    argv = (INTERPRETER, "-I", "-S", "-B", DRIVER, PROGRAM)
    return Step(argv, requests=requests, limits=limits, name="test"), ids
