"""How far a program's comments explain it, by facts that can be checked. Pure.

Three questions, each worth as much, as far as they apply to the module:

- ports: the share of the ports (but the clock) that are named;
- clocking: that it is clocked by the rising edge, or that it is combinational, and not the other;
- reset: that it is synchronous or asynchronous, and active high or low, and not the other.

A claim and its contrary together are wrong. Who copies the task's words scores: it says no more
than that the words are there, and is never paid beyond what the module does (`rewards.verigen`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from .interface import Interface

# What is read: an explanation, not an essay.
MAX_CHARACTERS = 4000

_RISING = r"rising[- ]edge|posedge|positive[- ]edge|rising\b.{0,20}\bclock"
_FALLING = r"falling[- ]edge|negedge|negative[- ]edge"
_COMBINATIONAL = r"\bcombinational\b|\bcombinatorial\b|\bno clock\b|\bpurely logic\b"
_ASYNCHRONOUS = r"\basync(hronous(ly)?)?\b"
_SYNCHRONOUS = r"\bsync(hronous(ly)?)?\b"
_HIGH = r"active[- ]high"
_LOW = r"active[- ]low"


def explained(comments: str, interface: Interface) -> Mapping[str, float]:
    """``ports``, ``clocking`` and, with a clock, ``reset``, each 0..1."""
    text = " ".join(comments[:MAX_CHARACTERS].lower().split())
    clock = interface.clock
    named = [port.name for _, port in interface.ports if port.name != clock]
    found = {
        "ports": sum(_says(text, rf"\b{re.escape(n.lower())}\b") for n in named) / len(named),
    }
    if interface.reset is None:
        right = _says(text, _COMBINATIONAL) and not _says(text, rf"{_RISING}|{_FALLING}")
        return {**found, "clocking": float(right)}
    right = _says(text, _RISING) and not _says(text, rf"{_FALLING}|{_COMBINATIONAL}")
    asynchronous, high = interface.reset.asynchronous, interface.reset.active_high
    kind = _one_of(text, _ASYNCHRONOUS, _SYNCHRONOUS, asynchronous)
    level = _one_of(text, _HIGH, _LOW, high)
    return {**found, "clocking": float(right), "reset": (kind + level) / 2}


def score(facts: Mapping[str, float]) -> float:
    """The mean of what `explained` found, 0..1."""
    return sum(facts.values()) / len(facts)


def _one_of(text: str, yes: str, no: str, wanted: bool) -> int:
    """1 where exactly the one of two contrary claims that is right is made."""
    right, wrong = (yes, no) if wanted else (no, yes)
    return int(_says(text, right) and not _says(text, wrong))


def _says(text: str, pattern: str) -> bool:
    return re.search(pattern, text) is not None
