"""Families of Python tasks: each makes problems of five difficulties out of its variants.

A family is written down twice, on purpose: as a Python reference, which runs in the sandbox, and as
another function of the host's, by which it knows what is expected. Beside them stand wrong
solutions, which must fail. `forgegym validate PythonReasoning-v0` holds one against the other.
"""

from . import (
    brackets,
    choice,
    clock,
    codec,
    graphs,
    grids,
    groups,
    money,
    numbers,
    pipelines,
    queues,
    ranks,
    records,
    running,
    schedule,
    scores,
    sets,
    signals,
    text,
    trees,
    validators,
)
from .family import FAMILIES, Family, Problem, RaisesError, family, raising, slip

__all__ = [
    "FAMILIES",
    "Family",
    "Problem",
    "RaisesError",
    "brackets",
    "choice",
    "clock",
    "codec",
    "family",
    "graphs",
    "grids",
    "groups",
    "money",
    "numbers",
    "pipelines",
    "queues",
    "raising",
    "ranks",
    "records",
    "running",
    "schedule",
    "scores",
    "sets",
    "signals",
    "slip",
    "text",
    "trees",
    "validators",
]
