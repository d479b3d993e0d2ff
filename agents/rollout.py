"""One batch of experience: prompts from the environment, programs from the policy, rewards back.

The trainers meet an environment only here, and only through Gymnasium's vector interface. Tasks and
samples follow from (seed, iteration, index) by hashing: an iteration can be repeated on its own,
which is what makes a resumed run the same run.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import gymnasium
import torch
from torch import Tensor

from ..envs.registration import TRANSCRIPTS, register_environments
from ..envs.rewards import solved
from ..verifiers.verdict import FailureKind
from .curriculum import Curriculum, Kind
from .distributed import World
from .generate import Completion
from .policy import Policy

# CompactLoRa calls a contract complex from here on; its rates are reported under this name.
HIGH_COMPLEXITY = 3

COMPACT = "CompactContract-v0"

# Times that a task too long for a model is drawn again, before that is said.
REDRAWN = 20

ALONE = World()


class JudgingFailedError(RuntimeError):
    """The machine could not judge what a run is to learn from; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A program that was not the last of its episode.

    `score` is what it was paid. `end` is the place in the completion of its last token, `after`
    that of the first token of the next program; what lies between is what the environment said.
    """

    score: float
    end: int
    after: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One episode: what was asked for, the programs that were written, and what came of them.

    `group` counts the prompts of the batch. `program` and `verdict` (`info["verdict"]`) are of the
    last turn, and so is `reward`: what stands at the end counts. `completion` is all that followed
    the prompt, `earlier` the turns before the last. `valid` False: the machine failed, so `reward`
    says nothing and the sample must not be learnt from; `why` is what it failed with. `ungraded`:
    what failed is an external judge, for this program or for another of its group.
    """

    group: int
    prompt: str
    program: str
    completion: Completion
    reward: float
    valid: bool
    verdict: Any
    earlier: tuple[Turn, ...] = ()
    why: str = ""
    ungraded: bool = False

    @property
    def start(self) -> int:
        """The place of the last program's first token in the completion."""
        return self.earlier[-1].after if self.earlier else 0

    @property
    def turn_rewards(self) -> list[float]:
        """What each turn added to the score; they add up to `reward`.

        Paid the scores themselves, an agent would gain by solving a task late."""
        scores = [*(turn.score for turn in self.earlier), self.reward]
        return [now - before for before, now in itertools.pairwise([0.0, *scores])]

    @property
    def turn_ends(self) -> list[int]:
        """The place of each turn's last token in the completion."""
        return [*(turn.end for turn in self.earlier), len(self.completion.tokens) - 1]


@dataclass(frozen=True, slots=True)
class Batch:
    """The samples of one iteration, group by group, and the token ids of each group's prompt.

    `kinds`: the family and difficulty of each group's task, where there is a curriculum.
    """

    prompts: list[list[int]]
    samples: list[Sample]
    kinds: list[Kind] = field(default_factory=list)


def derive_seed(*key: object) -> int:
    """A 63-bit seed that depends on all of `key`."""
    digest = hashlib.sha256("/".join(map(str, key)).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


_REWARDS = {COMPACT: "guided", "PythonTests-v0": "test-writer"}


def open_ended(env: str, tasks: str | None) -> bool:
    """Whether its tasks are Compact's open prompts, each of which many contracts answer."""
    return env.removeprefix("forgegym:") == COMPACT and tasks in (None, "open")


def default_reward(env: str, tasks: str | None = None) -> str:
    """What trainers are paid by unless told otherwise: for Compact's open prompts, how far a
    contract goes along what is asked; for tests, what they fail; for tasks with hidden cases, how
    many of them pass."""
    if tasks == "spec":
        return "compact-spec"
    return _REWARDS.get(env, "staged")


def default_toolchain(env: str, tasks: str | None = None) -> str:
    """Who judges unless told otherwise: Compact's embedded front end judges thousands a second, and
    runs nothing."""
    return "frontend" if open_ended(env, tasks) else "auto"


def make_env(
    name: str,
    *,
    count: int,
    reward: str,
    toolchain: str,
    tasks: str | None = None,
    turns: int = 1,
    judge: Mapping[str, Any] | None = None,
    families: Sequence[str] | None = None,
    difficulty: int | None = None,
) -> Any:
    """`count` environments over one verifier, for episodes of the training split.

    `tasks`: which of the environment's kinds of tasks (None: its default). `turns`: the most in an
    episode. `judge`: an external judge's settings (None: none). `families`, `difficulty`: of the
    tasks (None: all).

    Raises what `gymnasium.make_vec` does for a name or argument that there is not.
    """
    register_environments()
    chosen = {"tasks": tasks, "judge": judge, "families": families, "difficulty": difficulty}
    options: dict[str, Any] = {name: value for name, value in chosen.items() if value is not None}
    options |= TRANSCRIPTS.get(name.removeprefix("forgegym:"), {})
    if turns > 1:  # an episode that is over waits for the others
        options["autoreset_mode"] = gymnasium.vector.AutoresetMode.DISABLED
    return gymnasium.make_vec(
        name, num_envs=count, reward=reward, toolchain=toolchain, max_turns=turns, **options
    )


class _Episode:
    """One that is being played: its completion so far, in pieces."""

    def __init__(self, group: int, prompt: str, ids: list[int]) -> None:
        self.group, self.prompt, self.ids = group, prompt, ids
        self.pieces: list[Completion] = []
        self.turns: list[Turn] = []
        self.program, self.reward, self.valid, self.verdict = "", 0.0, True, None
        self.why, self.ungraded = "", False
        self.over = False

    @property
    def length(self) -> int:
        return sum(len(piece.tokens) for piece in self.pieces)

    @property
    def context(self) -> list[int]:
        """All that the next program follows."""
        return self.ids + [int(t) for piece in self.pieces for t in piece.tokens]

    def hear(self, tokens: Sequence[int]) -> None:
        """What the environment answers to the program written last."""
        end = self.length - 1
        nothing = torch.zeros(len(tokens))
        critic = None if self.pieces[-1].values is None else nothing
        said = torch.tensor(tokens, dtype=torch.long)
        self.pieces.append(Completion(said, nothing, True, critic, nothing.bool()))
        self.turns.append(Turn(self.reward, end, self.length))

    def sample(self) -> Sample:
        return Sample(
            group=self.group,
            prompt=self.prompt,
            program=self.program,
            completion=self.pieces[0] if len(self.pieces) == 1 else _joined(self.pieces),
            reward=self.reward,
            valid=self.valid,
            verdict=self.verdict,
            earlier=tuple(self.turns),
            why=self.why,
            ungraded=self.ungraded,
        )


def _joined(pieces: Sequence[Completion]) -> Completion:
    values = [piece.values for piece in pieces if piece.values is not None]
    return Completion(
        torch.cat([piece.tokens for piece in pieces]),
        torch.cat([piece.logprobs for piece in pieces]),
        pieces[-1].finished,
        torch.cat(values) if values else None,
        torch.cat(
            [
                torch.ones(len(p.tokens), dtype=torch.bool) if p.sampled is None else p.sampled
                for p in pieces
            ]
        ),
    )


def play(
    env: Any,
    policy: Policy,
    *,
    group_size: int,
    seed: int,
    iteration: int,
    max_new_tokens: int | Sequence[int],
    temperature: float,
    turns: int = 1,
    world: World = ALONE,
    curriculum: Curriculum | None = None,
    each: Sequence[Mapping[str, Any]] | None = None,
    value_of: Callable[[Tensor], Tensor] | None = None,
    stop: Sequence[str] = (),
) -> Batch:
    """`env.num_envs` episodes in groups of `group_size` that share a prompt; those of all processes
    of a `world` in one batch.

    `env` is a vector environment whose actions and observations are tuples of texts; the same
    seed resets each of its members to the same task. An episode of several `turns` goes on with
    what the environment said after the tokens that were sampled, which are never tokenised again;
    it ends early where the model's context has no room for another program. A task whose prompt
    leaves none for the first is not played: another is drawn in its place, `REDRAWN` times.
    `max_new_tokens` may differ by turn. `curriculum` chooses the kinds of tasks, or `each` has
    options for the reset of every episode; `value_of`, `stop`: see `Policy.sample`.
    """
    most = [max_new_tokens] * turns if isinstance(max_new_tokens, int) else list(max_new_tokens)
    count = env.num_envs // group_size
    # Numbered through all processes, so that as many of them as there may be play the same.
    numbers = range(world.rank * count, (world.rank + 1) * count)
    tasks = [derive_seed("task", seed, iteration, group) for group in numbers]
    room = math.inf if policy.context is None else policy.context - most[0]
    options: dict[str, Any] = {} if each is None else {"each": each}
    if curriculum is not None:
        draw = derive_seed("curriculum", seed, iteration)
        chosen = curriculum.choose(count * world.size, seed=draw)
        options["each"] = [chosen[group] for group in numbers for _ in range(group_size)]
    for again in range(REDRAWN + 1):
        observations, about = env.reset(
            seed=[task for task in tasks for _ in range(group_size)], options=options
        )
        prompts = [policy.encode(observations[group * group_size]) for group in range(count)]
        long = [group for group in range(count) if len(prompts[group]) > room]
        if not long:
            break
        for group in long:
            tasks[group] = derive_seed("task", seed, iteration, numbers[group], again + 1)
    kinds = []
    if curriculum is not None:
        kinds = list(zip(about["family"], map(int, about["difficulty"]), strict=True))[::group_size]
    episodes = [
        _Episode(numbers[i // group_size], observations[i], prompts[i // group_size])
        for i in range(env.num_envs)
    ]
    begin: Callable[[int, str], None] | None = getattr(env, "anticipate", None)
    for turn in range(turns):
        playing = [i for i, episode in enumerate(episodes) if not episode.over]
        if not playing:
            break
        if turn == 0:
            contexts, owners = prompts, [i // group_size for i in playing]
        else:
            contexts, owners = [episodes[i].context for i in playing], list(range(len(playing)))
        # The first turn's seeds are as they were before there were others.
        later = (turn,) if turn else ()
        seeds: list[list[int]] = [[] for _ in contexts]
        for i, owner in zip(playing, owners, strict=True):
            key = (seed, iteration, episodes[i].group, i % group_size, *later)
            seeds[owner].append(derive_seed("sample", *key))
        # Compilers begin on what is written while the rest is being sampled.
        on_finished = None
        if begin is not None:

            def on_finished(row: int, tokens: Tensor, playing: list[int] = playing) -> None:
                begin(playing[row], policy.decode(tokens, stop=stop))

        completions = policy.sample(
            contexts,
            seeds=seeds,
            max_new_tokens=most[turn],
            temperature=temperature,
            value_of=value_of,
            stop=stop,
            on_finished=on_finished,
        )
        programs = [""] * env.num_envs
        flat = [completion for group in completions for completion in group]
        for i, completion in zip(playing, flat, strict=True):
            episodes[i].pieces.append(completion)
            programs[i] = episodes[i].program = policy.decode(completion.tokens, stop=stop)
        said, rewards, terminated, truncated, infos = env.step(tuple(programs))
        for i in playing:
            episode = episodes[i]
            episode.reward, episode.valid = float(rewards[i]), bool(infos["valid"][i])
            episode.verdict = infos["verdict"][i]
            if not episode.valid:
                failure = infos["failure"][i]
                episode.why = failure.message
                episode.ungraded = failure.kind is FailureKind.JUDGE
            episode.over = bool(terminated[i] or truncated[i]) or not episode.valid
            if not episode.over and turn + 1 < turns:
                answered = int(episode.pieces[-1].tokens[-1]) in policy.eos_ids
                heard = policy.encode_feedback(said[i], answered=answered)
                needed = len(episode.ids) + episode.length + len(heard) + most[turn + 1]
                if policy.context is not None and needed > policy.context:
                    episode.over = True  # there is no room for another program
                else:
                    episode.hear(heard)
    parts = world.gather(Batch(prompts, [episode.sample() for episode in episodes], kinds))
    whole = Batch(
        [prompt for part in parts for prompt in part.prompts],
        compared([sample for part in parts for sample in part.samples]),
        [kind for part in parts for kind in part.kinds],
    )
    if curriculum is not None:
        paid: list[list[float]] = [[] for _ in whole.prompts]
        for sample in whole.samples:
            if sample.valid:
                paid[sample.group].append(sample.reward)
        curriculum.learn(whole.kinds, paid)
    return whole


def compared(samples: Sequence[Sample]) -> list[Sample]:
    """`samples`, without the groups of which a judge left a program ungraded.

    A box that fails, fails whatever was in it. A judge is only asked of what compiles: without the
    programs that it failed on, those that do not compile would be the best of their prompt.
    """
    why = {s.group: s.why for s in samples if s.ungraded}
    return [
        replace(s, valid=False, why=s.why or why[s.group], ungraded=True) if s.group in why else s
        for s in samples
    ]


def structures(verdict: Any) -> list[str]:
    """The sequence and nesting of decision kinds in each circuit that has any."""
    circuits = verdict.facts.get("circuits", ())
    return [str(circuit["structure"]) for circuit in circuits if circuit["structure"]]


def _words(metrics: Mapping[str, float]) -> float:
    return metrics.get("explained", metrics.get("form", 0.0))


def batch_metrics(samples: Sequence[Sample]) -> dict[str, float]:
    """What the log says about a batch's programs; invalid samples are only counted.

    ``parse_success_rate``, ``compile_success_rate``, ``high_complexity_rate`` (compiles with
    complexity > 3), ``solved_rate`` (accepted, and all that was asked for is there), ``behaviour``
    (mean share of the hidden cases that a program passes, where there are any), ``synthesis_rate``
    (Verilog's), ``reasoning`` (mean score, 0..1, of the words that come with a program: Verilog's
    comments, the texts before a function of Python), ``complexity`` (mean over those that compile),
    ``structures`` (how many different ones the circuits of those that compile have),
    ``commonest_decision`` (the share of all decisions that the commonest kind has), ``distinct_2``
    (different pairs of neighbouring tokens over all pairs), ``length`` (mean tokens),
    ``truncated`` and ``invalid`` (shares), and ``positive_logprob`` (mean log-probability of a
    token in samples that paid more than the mean; NaN where all were paid alike).
    """
    valid = [s for s in samples if s.valid]
    accepted = [s.verdict for s in valid if s.verdict.accepted]
    complexities = [v.metrics.get("complexity", 0.0) for v in accepted]
    kinds: Counter[str] = Counter()
    for verdict in accepted:
        for name, value in verdict.metrics.items():
            if name.startswith("decisions."):
                kinds[name] += int(value)
    pairs: Counter[tuple[int, int]] = Counter()
    for sample in samples:
        tokens = sample.completion.tokens[sample.start :].tolist()
        pairs.update(itertools.pairwise(tokens))
    n = max(len(valid), 1)
    mean = sum(s.reward for s in valid) / n
    good = [float(s.completion.logprobs.sum() / s.completion.own) for s in valid if s.reward > mean]
    return {
        "parse_success_rate": sum(s.verdict.passed("parse") for s in valid) / n,
        "compile_success_rate": sum(s.verdict.compiled for s in valid) / n,
        "solved_rate": sum(solved(s.verdict) for s in valid) / n,
        "behaviour": sum(s.verdict.metrics.get("behaviour", 0.0) for s in valid) / n,
        "synthesis_rate": sum(s.verdict.passed("synthesise") for s in valid) / n,
        "reasoning": sum(_words(s.verdict.metrics) for s in valid) / n,
        "high_complexity_rate": sum(c > HIGH_COMPLEXITY for c in complexities) / n,
        "complexity": statistics.fmean(complexities) if complexities else 0.0,
        "structures": float(len({s for v in accepted for s in structures(v)})),
        "commonest_decision": max(kinds.values(), default=0) / max(kinds.total(), 1),
        "distinct_2": len(pairs) / max(pairs.total(), 1),
        "length": statistics.fmean(s.completion.own for s in samples),
        "truncated": sum(not s.completion.finished for s in samples) / len(samples),
        "invalid": 1.0 - len(valid) / len(samples),
        "positive_logprob": statistics.fmean(good) if good else math.nan,
    }
