"""What a tiny base policy is shown: pairs of a training prompt and a program for it.

Compact's come from the contract generator, simpler than their prompts ask for. In languages whose
tasks have references the programs are those, most of them spoilt: what a policy knows of a language
without having been taught to solve its tasks.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gymnasium

from ..envs.registration import register_environments
from .compact_names import IDENTIFIERS
from .rollout import COMPACT, derive_seed, make_env
from .template import TemplateError, contract_for_prompt
from .tokenizer import HEADER_TEMPLATE, TASK_TEMPLATE, read_header, read_task, split_pieces

Example = tuple[str, str]  # prompt, program

# The highest complexity of a contract the base is shown.
MAX_COMPLEXITY = 2
# Of a reference there are so many spoilt versions, each shown as often as the reference itself:
# what a policy has to choose between, and reward alone can tell it.
SPOILT = 3
# Edits that are tried before a program is left as it is.
_TRIES = 20


@dataclass(frozen=True, slots=True)
class Lesson:
    """What an environment's base is shown.

    `names` stay single tokens, `template` is how prompts are read (see `build_tokenizer`), and
    `texts` are the examples as they are read.
    """

    examples: list[Example]
    names: frozenset[str]
    template: str

    @property
    def texts(self) -> list[str]:
        read = read_header if self.template == HEADER_TEMPLATE else read_task
        return [read(prompt) + program for prompt, program in self.examples]


def lesson(env: str, *, count: int, longest: int, seed: int) -> Lesson:
    """`count` examples for the environment `env`, of programs of at most `longest` characters."""
    if env == COMPACT:
        made = make_env(env, count=128, reward="compactlora", toolchain="frontend")
        examples = list(draw_contracts(made, count, longest=longest, seed=seed))
        made.close()
        return Lesson(examples, frozenset(IDENTIFIERS), HEADER_TEMPLATE)
    register_environments()
    single: Any = gymnasium.make(env)
    examples = list(draw_references(single.unwrapped, count, longest=longest, seed=seed))
    single.close()
    return Lesson(examples, frozenset(), TASK_TEMPLATE)


def draw_contracts(env: Any, count: int, *, longest: int, seed: int) -> Iterator[Example]:
    """`count` pairs of a training prompt and a contract for it, of complexity 1 or 2 and at most
    `longest` characters."""
    rng = random.Random(f"examples-{seed}")
    drawn = rounds = 0
    while drawn < count:
        prompts, _ = env.reset(seed=derive_seed("examples", seed, rounds))
        rounds += 1
        for prompt in prompts:
            # Mostly of complexity 2: one decision is all the base ever sees of decisions.
            highest = rng.choice((1, *[MAX_COMPLEXITY] * 4))
            try:
                contract = contract_for_prompt(rng, prompt, max_complexity=highest)
            except TemplateError:
                continue  # some prompts ask for more than so few decisions can use
            if len(contract) <= longest and drawn < count:
                drawn += 1
                yield prompt, contract


def draw_references(env: Any, count: int, *, longest: int, seed: int) -> Iterator[Example]:
    """`count` pairs of a training prompt and its task's reference or a spoilt version of it, of at
    most `longest` characters."""
    rng = random.Random(f"examples-{seed}")
    drawn = rounds = 0
    while drawn < count:
        prompt, _ = env.reset(seed=derive_seed("examples", seed, rounds))
        rounds += 1
        reference = env.task.reference
        if reference is None or len(reference) > longest:
            continue
        # Always the same few of a task: what differs each time is noise, which a low temperature
        # removes; a choice between a few stays one.
        version = rng.randrange(1 + SPOILT)
        drawn += 1
        own = random.Random(f"{prompt}-{version}")
        yield prompt, spoilt(reference, own) if version else reference


def spoilt(program: str, rng: random.Random) -> str:
    """`program` with one piece replaced by another of its pieces, of the same kind (a word, a
    separator), or left out. Any language's: what it does to a program, a toolchain says."""
    pieces = split_pieces(program)
    for _ in range(_TRIES):
        place = rng.randrange(len(pieces))
        others = [p for p in pieces if p[0].isalnum() == pieces[place][0].isalnum()]
        new = rng.choice(["", *others])
        changed = [*pieces[:place], new, *pieces[place + 1 :]]
        if new != pieces[place] and not pieces[place].isspace():
            return "".join(changed)
    return program
