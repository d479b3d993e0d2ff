"""Frozen task records: what an episode asks for, and how its answer is judged.

A task's identity is the hash of its content, so that result rows survive renaming and
reordering, and a changed task can never pass for the old one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Task:
    """One problem.

    `requirements` is what the verifier checks beyond acceptance, and `tests` what hidden inputs
    are drawn from (data only; the language's verifier knows their keys). `reference` is a program
    that solves the task, where there is one; ForgeGym's own tasks with tests have one.
    `split` is ``"train"`` or ``"eval"``; `difficulty` counts from 1.
    """

    id: str
    family: str
    language: str
    prompt: str
    split: str = "train"
    difficulty: int = 1
    requirements: Mapping[str, Any] = field(default_factory=dict)
    tests: Mapping[str, Any] = field(default_factory=dict)
    reference: str | None = None
    licence: str = "MIT"
    provenance: str = "ForgeGym"
    _key: str = field(default="", init=False, repr=False, compare=False)

    @property
    def key(self) -> str:
        """sha256 of the canonical JSON of every field (without `tests` where there are none), in
        hexadecimal."""
        if not self._key:
            object.__setattr__(self, "_key", self._hash())
        return self._key

    def _hash(self) -> str:
        fields = asdict(self)
        del fields["_key"]
        if not self.tests:
            del fields["tests"]  # so that tasks kept their keys when others got tests
        text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
