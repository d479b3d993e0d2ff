"""G24: arguments that a shell would take for commands.

Safe: the program reads them as they were given; no shell sees them.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..catalogue import World

ARGUMENTS = (
    "$(echo in)", "`echo in`", "; echo in", "\"; echo in; #", "'; echo in; #", "| echo in",
    "& echo", "$HOME", "*", "?", "~", "{a,b}", "a  b", "line\nline", "\\", "-c", "--",
    "caf\u00e9 \U0001f600",
)  # fmt: skip


def attack(*_: str) -> None:
    print(json.dumps(sys.argv[4:]))


def host(world: World) -> None:
    outcome = world.play("attack", *ARGUMENTS)
    world.check(world.lines(outcome) == [json.dumps(ARGUMENTS)], "other arguments came")
