"""Agents that choose among a grammar's rules (`envs.grammars`) by what a prompt shows.

One step of the discrete view is one call of `choose`; an agent plays it against the prompt alone,
so that it answers wherever any other agent does.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from ..envs.discrete import STEPS, Encoder, Mask, Observation, heard, nearest
from ..envs.grammars import LANGUAGES, Writer, writer
from ..envs.grammars.prompt import Problem, PromptError
from ..verifiers.verifier import ChoiceError
from .agent import AnswerError, ErrorKind


def find_problem(prompt: str, languages: Sequence[str] = LANGUAGES) -> tuple[Writer, Problem]:
    """What a prompt asks for, and in which language. Raises `AnswerError` where it does not say."""
    for language in languages:
        known = writer(language)
        try:
            return known, known.problem(prompt)
        except PromptError:
            continue
        except ChoiceError as error:  # a type that has no notation here
            raise AnswerError(ErrorKind.REFUSED, str(error)) from None
    raise AnswerError(ErrorKind.REFUSED, "the prompt shows nothing that a grammar could write")


class GrammarAgent(ABC):
    """Writes programs rule by rule.

    Args:
        name: The agent's.
        steps: The most choices in a program.
        languages: Those that it writes.
    """

    def __init__(
        self, name: str, *, steps: int = STEPS, languages: Sequence[str] = LANGUAGES
    ) -> None:
        self.name = name
        self._steps = steps
        self._languages = tuple(languages)
        self._encoders: dict[str, Encoder] = {}

    @abstractmethod
    def choose(self, observation: Observation, mask: Mask, rng: np.random.Generator) -> int:
        """An action: `observation` is the discrete view's, `mask` what may be chosen."""

    def generate(self, prompts: Sequence[str], *, seeds: Sequence[int]) -> list[str]:
        """One program a prompt; the same prompt and seed give the same program.

        Raises `AnswerError` where the grammar cannot answer a prompt.
        """
        return [
            self._write(prompt, np.random.default_rng(seed))
            for prompt, seed in zip(prompts, seeds, strict=True)
        ]

    def _write(self, prompt: str, rng: np.random.Generator) -> str:
        known, problem = find_problem(prompt, self._languages)
        if known.language not in self._encoders:
            self._encoders[known.language] = Encoder(known)
        encoder = self._encoders[known.language]
        try:
            program = known.begin(problem, self._steps)
        except ChoiceError as error:
            raise AnswerError(ErrorKind.REFUSED, str(error)) from None
        task, verdict = encoder.task(problem), heard(prompt)
        while not program.finished:
            mask = np.zeros(len(known.grammar.actions), dtype=np.bool_)
            mask[list(program.choices())] = True
            action = self.choose(encoder.encode(task, program, verdict), mask, rng)
            program.take(nearest(action, mask))
        return program.program()


class UniformAgent(GrammarAgent):
    """Chooses uniformly among what is allowed: what a grammar gives away."""

    def __init__(self, *, steps: int = STEPS) -> None:
        super().__init__("grammar", steps=steps)

    def choose(self, observation: Observation, mask: Mask, rng: np.random.Generator) -> int:  # noqa: ARG002
        return int(rng.choice(np.flatnonzero(mask)))
