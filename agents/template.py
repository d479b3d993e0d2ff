"""An agent without a model: contracts from a grammar, of exactly the complexity that is asked for.

It sets the ceiling that learning agents are compared with, and it writes the examples from which
the tiny base policy learns the language. A prompt's structured comments (`// complexity: 4`,
`// structure: if-else, loop`, `// family: escrow`, `// uses: enum`, `// ledger: balance, fee`) and
its stub are honoured.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from .compact_expressions import ExhaustedError
from .compact_grammar import DECLARATIONS, KINDS, Outline, write_contract
from .compact_names import BOUND_NAMES, FAMILIES, LEDGER_TYPES, is_known

MAX_COMPLEXITY = 100
"""The highest complexity that can be asked for: beyond it the pool of circuit names runs low."""

DEFAULT_COMPLEXITY = 4
"""Where neither caller nor prompt says: the least that the reward `compactlora` pays > 1 for."""

# Draws until a contract comes out: more than ten are needed only where a witness must be called,
# or fields must be used of which there is little to say; after a hundred there are more fields.
_ATTEMPTS, _ENOUGH = 1000, 100
_FIELD = re.compile(r"^\s*(?:export )?ledger (\w+): (.+);$", re.MULTILINE)
_CIRCUIT = re.compile(r"^\s*export circuit (\w+)\(", re.MULTILINE)
_HINT = re.compile(r"^\s*//\s*([a-z-]+)\s*:\s*(.+?)\s*$", re.MULTILINE)


class TemplateError(ValueError):
    """A contract was asked for that the generator cannot write; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Hints:
    """What a prompt asks for, as far as the generator understands it."""

    family: str | None
    complexity: int | None
    outline: Outline


def read_hints(prompt: str) -> Hints:
    """The hints in the prompt's comment lines and stub; what is not known says nothing."""
    found = {match[1]: match[2] for match in _HINT.finditer(prompt)}
    digits = re.match(r"\d+", found.get("complexity", ""))
    family = found.get("family")
    return Hints(
        family=family if family in FAMILIES else None,
        complexity=min(max(int(digits[0]), 1), MAX_COMPLEXITY) if digits else None,
        outline=Outline(
            structure=_listed(found.get("structure", ""), KINDS),
            uses=_listed(found.get("uses", ""), DECLARATIONS),
            asked=_listed(found.get("ledger", ""), tuple(LEDGER_TYPES)),
            fields=tuple(
                (name, kind)
                for name, kind in _FIELD.findall(prompt)
                if is_known(kind) and name not in BOUND_NAMES
            ),
            circuits=tuple(_CIRCUIT.findall(prompt)),
        ),
    )


def _listed(text: str, known: Sequence[str]) -> tuple[str, ...]:
    """The known words of a list, each once."""
    return tuple(dict.fromkeys(w for w in re.split(r"[,\s]+", text) if w in known))


def generate_contract(
    rng: random.Random,
    *,
    min_complexity: int = 1,
    max_complexity: int | None = None,
    structure: Sequence[str] | None = None,
    family: str | None = None,
) -> str:
    """A Compact contract of complexity `min_complexity` to `max_complexity` (default: the same).

    `structure` names the kinds of decisions (`KINDS`) it uses, in this order as far as the
    complexity allows; `family` is one of `FAMILIES`. The same state of `rng` gives the same
    contract. Raises `TemplateError` for what cannot be written.
    """
    high = min_complexity if max_complexity is None else max_complexity
    kinds = tuple(structure or ())
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise TemplateError(f"unknown structure {unknown[0]!r}: choose from {', '.join(KINDS)}")
    if family is not None and family not in FAMILIES:
        raise TemplateError(f"unknown family {family!r}: choose from {', '.join(FAMILIES)}")
    return _draw(rng, min_complexity, high, family, Outline(structure=kinds))


def _draw(rng: random.Random, low: int, high: int, family: str | None, outline: Outline) -> str:
    _check_complexity(low)
    if not low <= high <= MAX_COMPLEXITY:
        raise TemplateError(
            f"the maximum complexity must lie between the minimum ({low}) and {MAX_COMPLEXITY}, "
            f"not at {high}"
        )
    decisions = rng.randint(low, high) - 1
    names = list(FAMILIES)
    for attempt in range(_ATTEMPTS):
        outline = replace(outline, more=attempt // _ENOUGH)
        try:
            return write_contract(rng, decisions, family or rng.choice(names), outline)
        except ExhaustedError:
            continue
    raise TemplateError("the ledger of the prompt leaves nothing to decide on")


def _check_complexity(complexity: int) -> None:
    if not 1 <= complexity <= MAX_COMPLEXITY:
        raise TemplateError(
            f"the template generator writes contracts of complexity 1 to {MAX_COMPLEXITY}, "
            f"not {complexity}"
        )


def generate_contracts(
    seed: int | str,
    count: int,
    *,
    min_complexity: int = 1,
    max_complexity: int | None = None,
    structure: Sequence[str] | None = None,
) -> Iterator[str]:
    """`count` contracts, no two alike, the same for the same seed. Raises `TemplateError`."""
    rng = random.Random(f"contracts-{seed}")
    seen: set[str] = set()
    while len(seen) < count:
        text = generate_contract(
            rng, min_complexity=min_complexity, max_complexity=max_complexity, structure=structure
        )
        if text not in seen:
            seen.add(text)
            yield text


def contract_for_prompt(
    rng: random.Random,
    prompt: str,
    *,
    min_complexity: int | None = None,
    max_complexity: int | None = None,
    structure: Sequence[str] | None = None,
) -> str:
    """A contract that answers a task's prompt: its family, ledger, structure and complexity.

    What the caller gives goes before what the prompt says. `max_complexity` also caps the
    prompt's wish (supervised examples stay simple whatever the task asks for).
    """
    for given in (min_complexity, max_complexity):
        if given is not None:
            _check_complexity(given)
    hints = read_hints(prompt)
    wanted = hints.complexity or DEFAULT_COMPLEXITY
    if max_complexity is not None:
        wanted = min(wanted, max_complexity)
    if min_complexity is not None:
        wanted = max(wanted, min_complexity)
    outline = hints.outline
    if structure:
        outline = replace(outline, structure=tuple(structure))
    return _draw(rng, wanted, wanted, hints.family, outline)


class TemplateAgent:
    """The template generator as an agent."""

    def __init__(
        self,
        *,
        min_complexity: int | None = None,
        max_complexity: int | None = None,
        structure: Sequence[str] | None = None,
    ) -> None:
        """Raises `TemplateError` when no contract can be as asked."""
        self.name = "template"
        self.settings = {
            "min_complexity": min_complexity,
            "max_complexity": max_complexity,
            "structure": None if structure is None else list(structure),
        }
        self._min = min_complexity
        self._max = max_complexity
        self._structure = structure
        # What is wished for goes into the draws: a prompt that asks for complexity 6 anyway would
        # else be answered alike for every lower wish.
        kinds = None if structure is None else "+".join(structure)
        wishes = (min_complexity, max_complexity, kinds)
        self._stream = "template" + "".join(f"-{w}" for w in wishes if w is not None)
        # A probe now, so that a wrong wish fails before any sample is drawn.
        contract_for_prompt(
            random.Random(0),
            "",
            min_complexity=min_complexity,
            max_complexity=max_complexity,
            structure=structure,
        )

    def generate(self, prompts: Sequence[str], *, seeds: Sequence[int]) -> list[str]:
        """One contract a prompt, no two of a call alike; the same seeds give the same contracts."""
        answers: list[str] = []
        seen: set[str] = set()
        for prompt, seed in zip(prompts, seeds, strict=True):
            rng = random.Random(f"{self._stream}-{seed}")
            while True:
                text = contract_for_prompt(
                    rng,
                    prompt,
                    min_complexity=self._min,
                    max_complexity=self._max,
                    structure=self._structure,
                )
                if text not in seen:
                    break
            seen.add(text)
            answers.append(text)
        return answers
