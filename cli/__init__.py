"""The command line: verbs over environments, agents and measurements.

Every verb has a form for machines (`--json`) where it has a result, and ends with an exit code
that means something: 0 done (for `check`: accepted), 1 refused or not all done, 2 wrong usage or
input, 3 the machine failed (no compiler, a full disk). What the user did wrong is said in one
sentence on standard error. Whatever needs torch is imported by the verb that needs it.
"""

from __future__ import annotations

# In the order in which the help shows their commands.
from . import bench, leaderboard, machine, play, programs, solve, train
from .shell import app, main

__all__ = ["app", "bench", "leaderboard", "machine", "main", "play", "programs", "solve", "train"]
