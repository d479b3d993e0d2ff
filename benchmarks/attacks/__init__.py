"""Hostile programs, and what a sandbox must make of each.

One file in `entries/` is one attack: its docstring names the catalogue's rows and the safe outcome,
`attack` (or `plant` and `look`) runs inside a box, and `host`, where there is one, is the host's
part. `forgegym attack` runs them, and `tests/test_sandbox_conformance.py` holds every backend to
them. `straw` is the sandbox that must not pass: since it holds nothing, every attack is bounded by
itself, to a small multiple of what the boxes are given.
"""
