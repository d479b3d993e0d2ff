"""What a tiny base policy is shown: pairs of a training prompt and a program for it.

Compact's come from the contract generator, simpler than their prompts ask for. In languages whose
tasks have references the programs are those, most of them spoilt: what a policy knows of a language
without having been taught to solve its tasks.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import gymnasium

from ..envs.registration import register_environments
from .compact_names import IDENTIFIERS
from .rollout import COMPACT, derive_seed, make_env
from .template import TemplateError, contract_for_prompt
from .tokenizer import (
    HEADER_TEMPLATE,
    PYTHON_TEMPLATE,
    READERS,
    TASK_TEMPLATE,
    split_pieces,
)

# A prompt and a program; of an episode in turns then what was said, the next text, and so on.
Example = tuple[str, ...]

# The highest complexity of a contract the base is shown.
MAX_COMPLEXITY = 2
# Of a reference there are so many spoilt versions, each shown as often as the reference itself:
# what a policy has to choose between, and reward alone can tell it.
SPOILT = 3
PYTHON, PYTHON_TESTS = "PythonReasoning-v0", "PythonTests-v0"
# Of the examples of a duel: the share that writes tests, and of the others those that reason first.
TESTS_SHARE, REASONING_SHARE = 0.4, 0.7
# Tests in a suite that is shown, the share of them that are the prompt's own examples, and of those
# that expect something else.
SHOWN_TESTS, COPIED_TESTS, WRONG_TESTS = (1, 4), 0.5, 0.4
# Tasks without a program that is short enough, from the first on, after which none is expected.
HOPELESS = 500
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
        read = READERS[self.template]
        return [read(prompt) + "\n".join(rest) for prompt, *rest in self.examples]


def lesson(env: str, *, count: int, longest: int, seed: int) -> Lesson:
    """`count` examples for the environment `env`, of programs of at most `longest` characters."""
    if env == COMPACT:
        made = make_env(env, count=128, reward="compactlora", toolchain="frontend")
        examples = list(draw_contracts(made, count, longest=longest, seed=seed))
        made.close()
        return Lesson(examples, frozenset(IDENTIFIERS), HEADER_TEMPLATE)
    register_environments()
    if env == PYTHON:
        return Lesson(
            list(draw_duel(count, longest=longest, seed=seed)), frozenset(), PYTHON_TEMPLATE
        )
    single: Any = gymnasium.make(env)
    examples = list(draw_references(single.unwrapped, count, longest=longest, seed=seed))
    single.close()
    return Lesson(examples, frozenset(), TASK_TEMPLATE)


def draw_contracts(env: Any, count: int, *, longest: int, seed: int) -> Iterator[Example]:
    """`count` pairs of a training prompt and a contract for it, of complexity 1 or 2 and at most
    `longest` characters. None where no contract is so short."""
    rng = random.Random(f"examples-{seed}")
    drawn = rounds = tried = 0
    while drawn < count and (drawn or tried < HOPELESS):
        prompts, _ = env.reset(seed=derive_seed("examples", seed, rounds))
        rounds += 1
        tried += len(prompts)
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
    most `longest` characters.

    One task is as likely as another, and not one family as another: where parts are put together in
    hundreds of ways a policy is to see many of them. None where no reference is so short.
    """
    found: dict[str, str] = {}
    for draw in range(count):
        prompt, _ = env.reset(seed=derive_seed("examples", seed, draw))
        reference = env.task.reference
        if reference is not None and len(reference) <= longest:
            found[prompt] = reference
    tasks = list(found.items())
    if not tasks:
        return
    rng = random.Random(f"examples-{seed}")
    for _ in range(count):
        prompt, reference = rng.choice(tasks)
        # Always the same few of a task: what differs each time is noise, which a low temperature
        # removes; a choice between a few stays one.
        version = rng.randrange(1 + SPOILT)
        own = random.Random(f"{prompt}-{version}")
        yield prompt, spoilt(reference, own) if version else reference


def draw_duel(count: int, *, longest: int, seed: int) -> Iterator[Example]:
    """`count` episodes of both sides of a duel, for programs of at most `longest` characters: a
    solver's stages with a reference or a spoilt version of it, and suites of tests some of which
    are wrong. Texts say what the program does in a form of their own, not in people's words. None
    where no program is so short."""
    rng = random.Random(f"examples-{seed}")
    solving: Any = gymnasium.make(PYTHON, history=False).unwrapped
    direct: Any = gymnasium.make(PYTHON, history=False, stages=("code",)).unwrapped
    testing: Any = gymnasium.make(PYTHON_TESTS).unwrapped
    drawn = rounds = 0
    try:
        while drawn < count and (drawn or rounds < HOPELESS):
            draw = derive_seed("examples", seed, rounds)
            rounds += 1
            kind = rng.random()
            version = rng.randrange(1 + SPOILT)
            env = testing if kind < TESTS_SHARE else solving
            if kind > TESTS_SHARE + (1 - TESTS_SHARE) * REASONING_SHARE:
                env = direct
            prompt, _ = env.reset(seed=draw)
            tests = env.task.tests
            reference = tests["program"] if env is testing else env.task.reference
            if len(reference) > longest:
                continue
            if env is testing:
                if written := suite(env.task.reference, prompt, rng):
                    drawn += 1
                    yield prompt, written
                continue
            drawn += 1
            own = random.Random(f"{prompt}-{version}")
            program = spoilt(reference, own) if version else reference
            episode = [prompt]
            for text in texts(tests["interface"], program)[
                : len(STAGE_NAMES) if env is solving else 0
            ]:
                episode += [text, env.step(text)[0]]
            yield (*episode, program)
    finally:
        for env in (solving, direct, testing):
            env.close()


STAGE_NAMES = ("informal", "structured", "pseudocode", "constraints")
# What a step of a program is called in its outline.
_STEPS = {"for": "loop", "while": "loop", "if": "decide", "return": "answer", "raise": "refuse"}
# Lines of a program that its pseudocode has.
_LINES = 6


def texts(interface: Mapping[str, Any], program: str) -> list[str]:
    """What is written at each stage of text, on the way to `program`."""
    names = [name for name, _ in interface["parameters"]]
    lines = [line for line in program.splitlines() if line.strip()][1:]
    steps = [_STEPS.get(line.split()[0], "set") for line in lines][:_LINES]
    kinds = "; ".join(f"{name}: {kind}" for name, kind in interface["parameters"])
    return [
        f"{interface['name']} of {', '.join(names)} gives {interface['returns']}",
        "\n".join(f"{number}. {step}" for number, step in enumerate(steps, start=1)),
        "\n".join(line.removeprefix("    ") for line in lines[:_LINES]),
        f"{kinds}; result: {interface['returns']}",
    ]


def suite(tests: str, prompt: str, rng: random.Random) -> str:
    """A few of the examples in `prompt` and of a reference's tests, some of them with what another
    one expects; empty where there is no short one."""
    listed = [line for line in tests.splitlines() if line.startswith("assert") and len(line) < 90]
    shown = [
        "assert " + line.strip().replace(" is ", " == ", 1)
        for line in prompt.split("For example:")[1].split("Python 3")[0].splitlines()
        if " is " in line and len(line) < 90
    ]
    # The first ones are the edges, which are short.
    kinds = [kind for kind in (shown, listed[:6]) if kind]
    values = [line.partition(" == ")[2] for line in itertools.chain(*kinds)]
    written: dict[str, str] = {}  # call -> what it is to give
    for _ in range(rng.randint(*SHOWN_TESTS) if kinds else 0):
        # What is shown need only be copied: a writer is to find out that this is the better half.
        kind = kinds[0] if len(kinds) == 1 or rng.random() < COPIED_TESTS else kinds[1]
        call, _, value = rng.choice(kind).partition(" == ")
        written[call] = rng.choice(values) if rng.random() < WRONG_TESTS else value
    return "".join(f"{call} == {value}\n" for call, value in written.items())


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
