"""Families of Verilog tasks: each makes problems of five difficulties out of its variants.

A family is written down twice, on purpose: as a Verilog reference and as a Python model, by which
the host knows what is expected. `forgegym validate VerilogModule-v0` holds one against the other.
"""

from . import (
    arbiters,
    controllers,
    counters,
    detectors,
    encoders,
    filters,
    handshakes,
    serials,
    waveforms,
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
    "arbiters",
    "controllers",
    "counters",
    "detectors",
    "encoders",
    "family",
    "filters",
    "handshakes",
    "serials",
    "waveforms",
]
