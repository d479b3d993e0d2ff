"""What the tools print, as diagnostics and numbers. Pure.

Formats: Icarus Verilog ``FILE:LINE: error: TEXT``, Yosys ``FILE:LINE: ERROR: TEXT`` and ``ERROR:
TEXT``, Verilator ``%Warning-CODE: FILE:LINE:COLUMN: TEXT``; Yosys's `portlist`, `stat -json` and
`ltp`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from ..verdict import Diagnostic, Severity
from .interface import Interface
from .tools import FILE, LATCHES, LINTED, NOT_GATES

_ICARUS = re.compile(r"([^:\s]+):(\d+): (?:(error|warning|sorry): )?(.*)")
_NO_PLACE = re.compile(r"(error|warning|sorry): (.*)")
_YOSYS = re.compile(r"(?:([^:\s]+):(\d+): )?(ERROR|Warning): (.*)")
_VERILATOR = re.compile(r"%(Error|Warning)(?:-(\w+))?: (?:([^:\s]+):(\d+):(?:(\d+):)? )?(.*)")
_SUMMARY = re.compile(r"\d+ error\(s\)|I give up|Exiting due to|\*\*\* ")


def icarus(stderr: bytes) -> list[Diagnostic]:
    """Icarus's errors and warnings about the candidate, in its order."""
    found = []
    for line in _lines(stderr):
        place = _ICARUS.match(line)
        bare = _NO_PLACE.match(line)
        if place:
            file, number, kind, text = place.groups()
            # Of the player it only says how it does not fit the module that it is joined to.
            at = int(number) if file == FILE else None
            if at is None and kind is None:
                continue
        elif bare:
            (kind, text), at = bare.groups(), None
        else:
            continue
        if _SUMMARY.search(text):
            continue
        # It says "syntax error" without a kind.
        severity = Severity.WARNING if kind == "warning" else Severity.ERROR
        if kind is None and "error" not in text:
            continue
        found.append(Diagnostic(_without_player(text), at, 1 if at else None, severity))
    return _once(found)


def _without_player(text: str) -> str:
    return re.sub(r"player_[0-9a-f]{16}\.|player_dut", "", text).strip()


def yosys(stderr: bytes) -> list[Diagnostic]:
    """Yosys's errors and warnings, in its order."""
    text = stderr.decode("utf-8", "replace")
    if f"selection is not empty: {LATCHES.split()[0]}" in text:
        return [Diagnostic(LATCH, code="latch")]
    if any(words in text for words in _UNMAPPED):
        return [Diagnostic(UNMAPPED, code="unmapped")]
    found = []
    for line in text.splitlines():
        match = _YOSYS.match(line.strip())
        if match is None:
            continue
        file, number, kind, said = match.groups()
        at = int(number) if file == FILE else None
        severity = Severity.ERROR if kind == "ERROR" else Severity.WARNING
        found.append(Diagnostic(said, at, 1 if at else None, severity))
    return _once(found)


LATCH = (
    "a latch is inferred: combinational logic leaves a signal without a value in some case; give "
    "it one in every branch, or a default before them"
)
_UNMAPPED = (f"selection is not empty: {NOT_GATES}", "is a blackbox/whitebox module")
UNMAPPED = "part of the module does not become gates and flip-flops (a black box, a cell by name)"


def verilator(stderr: bytes) -> list[Diagnostic]:
    """Verilator's warnings, its errors among them: it decides nothing here."""
    found = []
    for line in _lines(stderr):
        match = _VERILATOR.match(line)
        if match is None or _SUMMARY.search(match[6]):
            continue
        _, code, file, number, column, text = match.groups()
        at = int(number) if number and file == LINTED else None
        place = int(column) if column and at else (1 if at else None)
        found.append(Diagnostic(text, at, place, Severity.WARNING, code or "error"))
    return _once(found)


def _lines(stderr: bytes) -> list[str]:
    return stderr.decode("utf-8", "replace").splitlines()


def _once(found: list[Diagnostic]) -> list[Diagnostic]:
    return list(dict.fromkeys(found))


def misfits(interface: Interface, ports: bytes) -> list[Diagnostic]:
    """How the ports that `portlist` tells differ from those that were asked for."""
    found = set()
    # An escaped name may hold what Unicode calls a space, and Verilog does not.
    for line in ports.decode("utf-8", "replace").split("\n"):
        words = line.split(" ")
        if len(words) == 3:
            found.add((words[0], words[1], words[2]))
    wanted = {(d, f"[{port.width - 1}:0]", port.name) for d, port in interface.ports}
    said = [
        f"`{direction} {_range(bits)}{name}` is missing"
        for direction, bits, name in sorted(wanted - found, key=lambda p: p[2])
    ] + [
        f"`{direction} {_range(bits)}{name}` was not asked for"
        for direction, bits, name in sorted(found - wanted, key=lambda p: p[2])
    ]
    return [Diagnostic(f"{interface.name} has other ports: {text}", code="ports") for text in said]


def _range(bits: str) -> str:
    return "" if bits == "[0:0]" else f"{bits} "


def statistics(text: bytes) -> dict[str, float]:
    """``cells`` (gates and flip-flops) and ``flip_flops`` of what `stat -json` tells; nothing of
    nothing. Raises `ValueError` or `KeyError` for anything else: only Yosys writes it."""
    if not text:
        return {}
    kinds: Mapping[str, int] = json.loads(text)["design"].get("num_cells_by_type", {})
    flip_flops = sum(n for kind, n in kinds.items() if re.match(r"\$_(S|A|D|ALD)*FF", kind))
    return {"cells": float(sum(kinds.values())), "flip_flops": float(flip_flops)}


_LENGTH = re.compile(rb"\(length=(\d+)\)")


def depth(text: bytes) -> float:
    """Gates on the longest path, of what `ltp -noff` tells; 0.0 for a design without gates."""
    found = _LENGTH.search(text)
    return float(found[1]) if found else 0.0
