"""Search without learning: the best choices known for each signature, over the grammar's rules.

Two tasks of one signature can be answered by the same choices. A search tries choices on training
tasks and keeps those that were paid best; on a task that it has not met it writes what it knows for
the signature, and what chance brings where it knows nothing.
"""

from __future__ import annotations

import json
import statistics
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..envs.discrete import Mask, Observation, nearest
from ..envs.grammars.prompt import Problem
from .agent import AgentError
from .grammar import UniformAgent, find_problem

FILE = "search.json"

Signature = str
Choices = tuple[int, ...]


def signature(problem: Problem) -> Signature:
    """What two tasks have in common for which the same choices make a program."""
    sides = (
        ", ".join(f"{type_} {size}" for type_, size in side)
        for side in (problem.parameters, problem.results)
    )
    return "; ".join([*sides, ", ".join(map(str, problem.hints))])


class Search:
    """The best choices known for each signature: half of its programs are drawn uniformly, half
    are the best ones again, since a program that was lucky on one task is not on the next."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.paid: dict[Signature, dict[Choices, list[float]]] = defaultdict(dict)

    def plan(self, problem: Problem) -> Choices | None:
        """What to try next for a problem; None: anything."""
        return self._best_of(signature(problem)) if self.rng.random() < 0.5 else None

    def best(self) -> dict[Signature, Choices]:
        """Of each signature the choices that were paid best, on average."""
        return {about: taken for about in self.paid if (taken := self._best_of(about)) is not None}

    def _best_of(self, about: Signature) -> Choices | None:
        known = self.paid.get(about)
        return max(known, key=lambda taken: statistics.fmean(known[taken])) if known else None

    def learn(self, problem: Problem, taken: Choices, reward: float) -> None:
        """What some choices were paid."""
        self.paid[signature(problem)].setdefault(taken, []).append(reward)


class SearchAgent(UniformAgent):
    """Writes what a search has found (`Search.best`), and what chance brings where it has found
    nothing."""

    def __init__(self, best: Mapping[Signature, Choices], *, steps: int) -> None:
        super().__init__(steps=steps)
        self.name = "search"
        self._best = best
        self._plan: list[int] = []

    def _write(self, prompt: str, rng: np.random.Generator) -> str:
        _, problem = find_problem(prompt)
        self._plan = list(self._best.get(signature(problem), ()))[::-1]
        return super()._write(prompt, rng)

    def choose(self, observation: Observation, mask: Mask, rng: np.random.Generator) -> int:
        if self._plan:
            return nearest(self._plan.pop(), mask)
        return super().choose(observation, mask, rng)

    def to_json(self) -> dict[str, Any]:
        """What `load_search_agent` reads in the file `FILE` of a folder."""
        return {"steps": self._steps, "best": dict(self._best)}


def load_search_agent(place: str) -> SearchAgent:
    """The agent that was saved in a folder. Raises `AgentError` where none was."""
    path = Path(place) / FILE
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        best = {about: tuple(map(int, taken)) for about, taken in found["best"].items()}
        return SearchAgent(best, steps=int(found["steps"]))
    except FileNotFoundError:
        raise AgentError(f"the folder {place!r} holds no search: there is no {FILE}") from None
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise AgentError(f"{path} cannot be read as a search: {error}") from error
