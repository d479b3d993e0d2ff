"""Families of Rust tasks: each makes problems of five difficulties out of its variants.

A family is written down twice, on purpose: as a Rust reference and as a Python function, by which
the host knows what is expected. `forgegym validate RustCode-v0` holds one against the other.
"""

from . import (
    arithmetic,
    bits,
    codec,
    counting,
    dates,
    dynamic,
    folds,
    formulas,
    graph,
    grid,
    interpreters,
    intervals,
    machines,
    matrix,
    numbers,
    parsing,
    records,
    scan,
    search,
    sets,
    simulation,
    text,
)
from .family import FAMILIES, Family, PanicsError, Problem, family

__all__ = [
    "FAMILIES",
    "Family",
    "PanicsError",
    "Problem",
    "arithmetic",
    "bits",
    "codec",
    "counting",
    "dates",
    "dynamic",
    "family",
    "folds",
    "formulas",
    "graph",
    "grid",
    "interpreters",
    "intervals",
    "machines",
    "matrix",
    "numbers",
    "parsing",
    "records",
    "scan",
    "search",
    "sets",
    "simulation",
    "text",
]
