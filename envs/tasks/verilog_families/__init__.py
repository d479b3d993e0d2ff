"""Families of Verilog tasks: each makes problems of five difficulties out of its variants.

A family is written down twice, on purpose: as a Verilog reference and as a Python model, by which
the host knows what is expected. `forgegym validate VerilogModule-v0` holds one against the other.
"""

from . import (
    adders,
    alus,
    bits,
    checksums,
    codes,
    counters,
    detectors,
    encoders,
    gates,
    memories,
    pipelines,
    queues,
    registers,
    shift_registers,
    shifters,
    stacks,
    synchronous,
)
from .family import FAMILIES, Combinational, Family, Inputs, Outputs, Problem, Sequential, family

__all__ = [
    "FAMILIES",
    "Combinational",
    "Family",
    "Inputs",
    "Outputs",
    "Problem",
    "Sequential",
    "adders",
    "alus",
    "bits",
    "checksums",
    "codes",
    "counters",
    "detectors",
    "encoders",
    "family",
    "gates",
    "memories",
    "pipelines",
    "queues",
    "registers",
    "shift_registers",
    "shifters",
    "stacks",
    "synchronous",
]
