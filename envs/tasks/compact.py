"""Compact tasks: CompactLoRa's three base prompts, and families of contracts from a seed.

A prompt is itself a Compact file: comment lines that say what is wanted, first in a fixed form
(``// family: escrow``, ``// structure: if-else, loop``, ``// complexity: 4``, ``// uses: enum``,
``// ledger: balance, fee``) that a tiny model can be conditioned on, then in words; and the two
lines that every contract begins with. The answer is the whole contract.

The splits are disjoint in what is asked: of the combinations of structure, uses and complexity of
a family and difficulty, a fifth, chosen by hash, is asked for in ``eval`` only.
"""

from __future__ import annotations

import hashlib
import itertools
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from ...verifiers.task import Task
from ...verifiers.verifier import ChoiceError, check_choice
from .compact_families import FAMILIES
from .draw import Draw

BASE = "base"
SPLITS = ("train", "eval")
HEADER = "pragma language_version 0.23;\nimport CompactStandardLibrary;\n"

# One task for every family and difficulty: 80, frozen by this number (a change is a new version).
EVAL_SEED = 2025
_LINE = 96
_DRAWS = "forgegym compact"  # what is drawn here is drawn nowhere else


@dataclass(frozen=True, slots=True)
class Level:
    """What a difficulty asks for: complexities, and how many decisions and declarations."""

    complexities: tuple[int, ...]
    decisions: tuple[int, ...]
    declarations: tuple[int, ...]


# The complexities of two levels never overlap, so that no combination is in both.
LEVELS = {
    1: Level((2,), (1,), (0, 1)),
    2: Level((3,), (1, 2), (0, 1)),
    3: Level((4, 5), (2,), (0, 1)),
    4: Level((6,), (2, 3), (0, 1)),
    5: Level((7, 8), (3, 4), (1, 2)),  # `rewards.RAMP_END` is the 8
}

# How many decisions each kind takes at least: a chain has two tests.
_DECISIONS = {"if": 1, "if-else": 1, "else-if": 2, "ternary": 1, "loop": 1}
_DECLARATIONS = ("enum", "struct", "witness")
# How many ledger fields a task names: without, every contract would be about the easiest one.
_FIELDS = 2

_AMOUNTS = (5, 8, 10, 20, 50, 100, 200, 500)
_COUNTS = (3, 4, 5, 6)
_REQUESTS = (
    "Write a complete Compact contract.",
    "Write this contract in Compact.",
    "Write one Compact contract that compiles.",
    "Write a smart contract in Compact.",
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What one task asks for."""

    decisions: tuple[str, ...]
    declarations: tuple[str, ...]
    complexity: int


@cache
def wishes(family: str, difficulty: int, split: str) -> tuple[Wish, ...]:
    """Everything that tasks of this kind ask for. No wish is in both splits."""
    level = LEVELS[difficulty]
    found = [
        Wish(decisions, declarations, complexity)
        for complexity in level.complexities
        for n in level.decisions
        for decisions in itertools.combinations(_DECISIONS, n)
        if sum(_DECISIONS[kind] for kind in decisions) < complexity
        for m in level.declarations
        for declarations in itertools.combinations(_DECLARATIONS, m)
    ]

    def rank(wish: Wish) -> bytes:
        asked = " ".join((*wish.decisions, *wish.declarations))
        return hashlib.sha256(f"{family} {difficulty} {asked} {wish.complexity}".encode()).digest()

    found.sort(key=rank)
    held_out = max(1, len(found) // 5)
    return tuple(found[:held_out] if split == "eval" else found[held_out:])


def sample(
    seed: int,
    *,
    split: str = "train",
    families: Sequence[str] | None = None,
    difficulty: int | None = None,
) -> Task:
    """The task of `seed` among those of the split, families (None: all) and difficulty (None: all).

    Raises `ChoiceError` when there is no such family, split or difficulty.
    """
    kinds = _kinds(split, families, difficulty)
    draw = Draw(_DRAWS, "sample", split, seed)
    family, level = draw.pick(kinds)
    if family == BASE:
        return draw.pick([task for task in BASE_TASKS if task.difficulty == level])
    return _build(family, level, split, draw.below(2**32))


def tasks(
    split: str = "eval",
    *,
    families: Sequence[str] | None = None,
    difficulty: int | None = None,
    count: int | None = None,
) -> Iterator[Task]:
    """Distinct tasks in a fixed order, each family and difficulty in turn.

    `count`: how many; by default one of each family and difficulty. ``tasks("eval")`` is the
    frozen evaluation set. Raises as `sample`.
    """
    kinds = _kinds(split, families, difficulty)
    generated = [kind for kind in kinds if kind[0] != BASE]
    listed = [t for t in BASE_TASKS if (BASE, t.difficulty) in kinds]
    wanted = len(listed) + len(generated) if count is None else count
    yield from listed[:wanted]
    seen: set[str] = set()
    for i in itertools.count():
        for family, level in generated:
            if len(listed) + len(seen) >= wanted:
                return
            draw = Draw(_DRAWS, "tasks", EVAL_SEED, split, family, level, i)
            task = _build(family, level, split, draw.below(2**32))
            if task.prompt not in seen:
                seen.add(task.prompt)
                yield task
        if not generated:
            return


def get(task_id: str) -> Task:
    """The task with this id, as `sample` and `tasks` make it. Raises `ChoiceError` for others."""
    for task in BASE_TASKS:
        if task.id == task_id:
            return task
    found: Task | None
    family, _, rest = task_id.partition("/")
    level, _, rest = rest.partition("/")
    split, _, variant = rest.partition("-")
    try:
        found = _build(family, int(level), split, int(variant, 16))
    except (KeyError, ValueError):
        found = None
    if found is None or found.id != task_id:
        raise ChoiceError(
            f"there is no Compact task {task_id!r}; ids look like 'base/loops' or "
            f"{next(tasks()).id!r}"
        )
    return found


def _kinds(
    split: str, families: Sequence[str] | None, difficulty: int | None
) -> list[tuple[str, int]]:
    """The (family, difficulty) pairs that fit, in their order."""
    check_choice("split", split, SPLITS)
    if difficulty is not None and difficulty not in tuple(LEVELS):
        raise ChoiceError(f"unknown difficulty {difficulty!r}; there are: 1 to {max(LEVELS)}")
    for name in families or ():
        check_choice("family", name, (BASE, *FAMILIES))
    kinds = [
        (name, level)
        for name in (families if families is not None else (BASE, *FAMILIES))
        for level in LEVELS
        if difficulty in (None, level)
        and (name != BASE or any(t.difficulty == level and t.split == split for t in BASE_TASKS))
    ]
    if not kinds:
        raise ChoiceError(
            f"no {split} task has families {families!r} and difficulty {difficulty!r}"
        )
    return kinds


# The members of a group are reset to the same task, one after the other.
@lru_cache(1024)
def _build(family_name: str, difficulty: int, split: str, variant: int) -> Task:
    """The task that its id describes. Raises `KeyError` when the id describes none."""
    if split not in SPLITS or not 0 <= variant < 2**32:
        raise KeyError(split, variant)
    family = FAMILIES[family_name]
    draw = Draw(_DRAWS, "build", family_name, difficulty, split, variant)
    wish = draw.pick(wishes(family_name, difficulty, split))
    decisions = draw.shuffle(wish.decisions)
    low = draw.below(len(_AMOUNTS) - 1)
    high = low + 1 + draw.below(len(_AMOUNTS) - 1 - low)
    numbers = {"n": _AMOUNTS[low], "m": _AMOUNTS[high], "k": draw.pick(_COUNTS)}
    asked = [*decisions, *wish.declarations]
    request = draw.pick(_REQUESTS)
    fields = draw.shuffle(family.ledger)[:_FIELDS]
    sentences = [
        request,
        family.summary,
        *(family.clauses[name].format(**numbers) for name in asked),
        f"Keep {' and '.join(fields)} on the ledger.",
    ]
    return Task(
        id=f"{family_name}/{difficulty}/{split}-{variant:08x}",
        family=family_name,
        language="compact",
        prompt=_prompt(
            family_name, decisions, wish.declarations, wish.complexity, fields, sentences
        )
        + HEADER,
        split=split,
        difficulty=difficulty,
        requirements={"complexity": wish.complexity, "constructs": asked, "ledger": fields},
    )


def _prompt(
    family: str,
    decisions: Sequence[str],
    declarations: Sequence[str],
    complexity: int,
    fields: Sequence[str],
    sentences: Sequence[str],
) -> str:
    """The comment lines of a prompt."""
    lines = [
        f"family: {family}",
        f"structure: {', '.join(decisions)}",
        f"complexity: {complexity}",
    ]
    if declarations:
        lines.append(f"uses: {', '.join(declarations)}")
    if fields:
        lines.append(f"ledger: {', '.join(fields)}")
    lines += textwrap.wrap(" ".join(sentences), _LINE)
    return "".join(f"// {line}\n" for line in lines)


# ---------------------------------------------------------------- the base prompts


def _base(
    name: str, decisions: tuple[str, ...], sentences: Sequence[str], stub: str, body: str
) -> Task:
    """A base task: its prompt ends in a stub that compiles, `body` is a contract that solves it."""
    return Task(
        id=f"{BASE}/{name}",
        family=BASE,
        language="compact",
        prompt=_prompt(BASE, decisions, (), 4, (), sentences) + HEADER + "\n" + stub,
        difficulty=3,
        requirements={"complexity": 4, "constructs": list(decisions)},
        reference=HEADER + "\n" + body,
        provenance="CompactLoRa's base prompts, with stubs that compactc accepts",
    )


BASE_TASKS: tuple[Task, ...] = (
    _base(
        "branches",
        ("if",),
        ["Write a Compact contract with several branches that decides by its input."],
        """\
export circuit complexContract(value: Uint<64>): Uint<64> {
  // Replace this with the branches.
  return value;
}
""",
        """\
export circuit complexContract(value: Uint<64>): Uint<64> {
  if (value < 10) {
    return 1;
  }
  if (value < 100) {
    return 2;
  }
  if (value < 1000) {
    return 3;
  }
  return 4;
}
""",
    ),
    _base(
        "ledger",
        ("if-else",),
        ["Write a Compact contract that updates its ledger with if and else."],
        """\
export ledger counter: Counter;
export ledger balance: Uint<64>;

export circuit update(amount: Uint<64>): [] {
  // Replace this with the decisions.
  balance = disclose(amount);
}
""",
        """\
export ledger counter: Counter;
export ledger balance: Uint<64>;

export circuit update(amount: Uint<64>): [] {
  const n = disclose(amount);
  if (n > 1000) {
    balance = n;
  } else {
    if (n > 100) {
      counter.increment(2);
    } else {
      counter.increment(1);
    }
  }
  if (balance > 500) {
    counter.increment(10);
  } else {
    balance = 0;
  }
}
""",
    ),
    _base(
        "loops",
        ("loop",),
        ["Write a Compact contract that goes through vectors with loops and decides on the way."],
        """\
export ledger total: Counter;

export circuit process(values: Vector<4, Uint<16>>): [] {
  for (const value of values) {
    // Replace this with the decisions.
    total.increment(disclose(value));
  }
}
""",
        """\
export ledger total: Counter;
export ledger large: Counter;

export circuit process(values: Vector<4, Uint<16>>): [] {
  for (const value of values) {
    if (disclose(value) > 100) {
      large.increment(1);
    } else {
      total.increment(disclose(value));
    }
  }
  if (large > 10) {
    large.resetToDefault();
  }
}
""",
    ),
)
