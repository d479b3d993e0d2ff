"""Families of Python tasks: each makes problems of five difficulties out of its variants.

A family is written down twice, on purpose: as a Python reference, which runs in the sandbox, and as
another function of the host's, by which it knows what is expected. Beside them stand wrong
solutions, which must fail. `forgegym validate PythonReasoning-v0` holds one against the other.
"""

from . import choice, money, ranks, records, running, schedule, scores, sets, signals, trees
from .family import FAMILIES, Family, Problem, RaisesError, family, raising, slip

__all__ = [
    "FAMILIES",
    "Family",
    "Problem",
    "RaisesError",
    "choice",
    "family",
    "money",
    "raising",
    "ranks",
    "records",
    "running",
    "schedule",
    "scores",
    "sets",
    "signals",
    "slip",
    "trees",
]
