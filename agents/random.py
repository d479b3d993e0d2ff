"""The floor: an agent that types at random. Whatever it scores, the judge gives away."""

from __future__ import annotations

import random
import string
from collections.abc import Sequence

# About the length of a short contract.
_LENGTHS = (50, 400)


class RandomTextAgent:
    """Writes uniformly drawn printable ASCII of 50 to 400 characters, and ignores the prompt."""

    def __init__(self) -> None:
        self.name = "random"

    def generate(self, prompts: Sequence[str], *, seeds: Sequence[int]) -> list[str]:
        """One text a prompt; the same seed gives the same text."""
        answers = []
        for _, seed in zip(prompts, seeds, strict=True):
            rng = random.Random(f"random-text-{seed}")
            length = rng.randint(*_LENGTHS)
            answers.append("".join(rng.choices(string.printable, k=length)))
        return answers
