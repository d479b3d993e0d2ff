"""One batch of experience: prompts from the environment, programs from the policy, rewards back.

The trainers meet an environment only here, and only through Gymnasium's vector interface. Tasks and
samples follow from (seed, iteration, index) by hashing: an iteration can be repeated on its own,
which is what makes a resumed run the same run.
"""

from __future__ import annotations

import hashlib
import itertools
import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gymnasium
from torch import Tensor

from ..envs.registration import register_environments
from .generate import Completion
from .policy import Policy

# CompactLoRa calls a contract complex from here on; its rates are reported under this name.
HIGH_COMPLEXITY = 3


@dataclass(frozen=True, slots=True)
class Sample:
    """One program, what it was asked for and what came of it.

    `group` counts the prompts of the batch. `valid` False: the machine failed, so `reward` says
    nothing and the sample must not be learnt from. `verdict` is `info["verdict"]`.
    """

    group: int
    prompt: str
    program: str
    completion: Completion
    reward: float
    valid: bool
    verdict: Any


@dataclass(frozen=True, slots=True)
class Batch:
    """The samples of one iteration, group by group, and the token ids of each group's prompt."""

    prompts: list[list[int]]
    samples: list[Sample]


def derive_seed(*key: object) -> int:
    """A 63-bit seed that depends on all of `key`."""
    digest = hashlib.sha256("/".join(map(str, key)).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def make_env(
    name: str,
    *,
    count: int,
    reward: str,
    toolchain: str,
    tasks: str | None = None,
    judge: Mapping[str, Any] | None = None,
) -> Any:
    """`count` environments over one verifier, for single-turn episodes of the training split.

    `tasks`: which of the environment's kinds of tasks (None: its default). `judge`: an external
    judge's settings (None: none).

    Raises what `gymnasium.make_vec` does for a name or argument that there is not.
    """
    register_environments()
    chosen = {"tasks": tasks, "judge": judge}
    options: dict[str, Any] = {name: value for name, value in chosen.items() if value is not None}
    return gymnasium.make_vec(
        name, num_envs=count, reward=reward, toolchain=toolchain, max_turns=1, **options
    )


def play(
    env: Any,
    policy: Policy,
    *,
    group_size: int,
    seed: int,
    iteration: int,
    max_new_tokens: int,
    temperature: float,
    value_of: Callable[[Tensor], Tensor] | None = None,
) -> Batch:
    """`env.num_envs` samples in groups of `group_size` that share a prompt, one turn each.

    `env` is a vector environment whose actions and observations are tuples of texts; the same
    seed resets each of its members to the same task. `value_of`: see `generate`.
    """
    count = env.num_envs // group_size
    tasks = [derive_seed("task", seed, iteration, group) for group in range(count)]
    observations, _ = env.reset(seed=[task for task in tasks for _ in range(group_size)])
    prompts = [policy.encode(observations[group * group_size]) for group in range(count)]
    completions = policy.sample(
        prompts,
        seeds=[
            [derive_seed("sample", seed, iteration, group, i) for i in range(group_size)]
            for group in range(count)
        ],
        max_new_tokens=max_new_tokens,
        temperature=temperature,
        value_of=value_of,
    )
    flat = [completion for group in completions for completion in group]
    programs = tuple(policy.decode(completion.tokens) for completion in flat)
    _, rewards, _, _, infos = env.step(programs)
    return Batch(
        prompts,
        [
            Sample(
                group=i // group_size,
                prompt=observations[i],
                program=programs[i],
                completion=flat[i],
                reward=float(rewards[i]),
                valid=bool(infos["valid"][i]),
                verdict=infos["verdict"][i],
            )
            for i in range(env.num_envs)
        ],
    )


def structures(verdict: Any) -> list[str]:
    """The sequence and nesting of decision kinds in each circuit that has any."""
    circuits = verdict.facts.get("circuits", ())
    return [str(circuit["structure"]) for circuit in circuits if circuit["structure"]]


def batch_metrics(samples: Sequence[Sample]) -> dict[str, float]:
    """What the log says about a batch's programs; invalid samples are only counted.

    ``parse_success_rate``, ``compile_success_rate``, ``high_complexity_rate`` (compiles with
    complexity > 3), ``complexity`` (mean over those that compile), ``structures`` (how many
    different ones the circuits of those that compile have), ``commonest_decision`` (the share of
    all decisions that the commonest kind has), ``distinct_2`` (different pairs of neighbouring
    tokens over all pairs), ``length`` (mean tokens), ``truncated`` and ``invalid`` (shares), and
    ``positive_logprob`` (mean log-probability of a token in samples that paid more than the mean).
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
        tokens = sample.completion.tokens.tolist()
        pairs.update(itertools.pairwise(tokens))
    n = max(len(valid), 1)
    mean = sum(s.reward for s in valid) / n
    good = [float(s.completion.logprobs.mean()) for s in valid if s.reward > mean]
    return {
        "parse_success_rate": sum(s.verdict.passed("parse") for s in valid) / n,
        "compile_success_rate": len(accepted) / n,
        "high_complexity_rate": sum(c > HIGH_COMPLEXITY for c in complexities) / n,
        "complexity": statistics.fmean(complexities) if complexities else 0.0,
        "structures": float(len({s for v in accepted for s in structures(v)})),
        "commonest_decision": max(kinds.values(), default=0) / max(kinds.total(), 1),
        "distinct_2": len(pairs) / max(pairs.total(), 1),
        "length": statistics.fmean(len(s.completion.tokens) for s in samples),
        "truncated": sum(not s.completion.finished for s in samples) / len(samples),
        "invalid": 1.0 - len(valid) / len(samples),
        "positive_logprob": statistics.fmean(good) if good else 0.0,
    }
