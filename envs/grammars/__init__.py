"""Small typed grammars, one a language, by which a program is written choice by choice."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass

from ...verifiers.verifier import ChoiceError
from .derivation import Derivation, Grammar
from .prompt import Problem

LANGUAGES = ("compact", "python", "rust", "verilog")


@dataclass(frozen=True, slots=True)
class Writer:
    """What is needed to write programs of a language: its grammar, and its reader of prompts, which
    finds `hints` numbers."""

    language: str
    grammar: Grammar
    problem: Callable[[str], Problem]
    hints: int

    def begin(self, problem: Problem, steps: int) -> Derivation:
        """An empty program for a problem. Raises `ChoiceError`, with a sentence, where the grammar
        cannot speak its types or needs more steps."""
        for kind, _ in (*problem.parameters, *problem.results):
            if not self.grammar.speaks(kind):
                raise ChoiceError(f"the {self.grammar.name} grammar has no type {kind}")
        return Derivation(self.grammar, problem.start, steps)


def writer(language: str) -> Writer:
    """The writer of a language. Raises `ChoiceError` where there is none."""
    if language not in LANGUAGES:
        raise ChoiceError(f"no grammar of {language!r}; there are: {', '.join(LANGUAGES)}")
    module = importlib.import_module(f".{language}", __package__)
    return Writer(language, module.GRAMMAR, module.problem, module.HINTS)
