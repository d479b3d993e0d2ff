"""Adaptive difficulty: kinds of tasks whose samples differ are drawn more often.

A group of samples that all fail, or all succeed, teaches nothing; what a policy can learn from lies
between, the most at a pass rate of one half (https://arxiv.org/abs/2605.05112). So the weight of a
kind, a family at a difficulty, is how much the rewards of one prompt's samples spread in it, and a
share of all prompts stays as the environment draws them: kinds that taught nothing yesterday are
looked at again, and new ones are found.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Kind = tuple[str, int]  # family, difficulty

# Of the prompts of an iteration that are drawn as the environment does.
EXPLORED = 0.3
# What is left of a kind's figure when it is played again: about the last four times count.
KEPT = 0.75
_PREFIX = "spread of "


class Curriculum:
    """The spread of every kind of task seen so far."""

    def __init__(self) -> None:
        self.spreads: dict[Kind, float] = {}

    def choose(self, count: int, *, seed: int) -> list[dict[str, Any]]:
        """For each of `count` prompts the options of its reset; none: as the environment draws."""
        draw = np.random.default_rng(seed)
        kinds = sorted(self.spreads)
        weights = np.array([self.spreads[kind] for kind in kinds])
        if not weights.sum() > 0:
            return [{} for _ in range(count)]
        chosen: list[dict[str, Any]] = []
        for _ in range(count):
            explored = draw.random() < EXPLORED
            family, difficulty = kinds[draw.choice(len(kinds), p=weights / weights.sum())]
            chosen.append({} if explored else {"family": family, "difficulty": difficulty})
        return chosen

    def learn(self, kinds: Sequence[Kind], rewards: Sequence[Sequence[float]]) -> None:
        """`rewards[g]` are those of the valid samples of group g, whose task is of `kinds[g]`."""
        found: defaultdict[Kind, list[float]] = defaultdict(list)
        for kind, paid in zip(kinds, rewards, strict=True):
            if len(paid) > 1:
                found[kind].append(statistics.stdev(paid))
        for kind, spreads in found.items():
            now = statistics.fmean(spreads)
            before = self.spreads.get(kind, now)
            self.spreads[kind] = KEPT * before + (1 - KEPT) * now

    def state(self) -> dict[str, float]:
        """What a resumed run needs, as plain numbers."""
        return {f"{_PREFIX}{d} {family}": value for (family, d), value in self.spreads.items()}

    def load_state(self, counters: Mapping[str, float]) -> None:
        """Puts back what `state` gave, from among other numbers."""
        for name, value in counters.items():
            if name.startswith(_PREFIX):
                difficulty, family = name.removeprefix(_PREFIX).split(" ", 1)
                self.spreads[family, int(difficulty)] = value
