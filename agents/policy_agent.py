"""A policy as an agent: prompts in, programs out."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .adapter import load_policy
from .memory import memory_told
from .policy import Policy, PolicyError

MAX_NEW_TOKENS = 256
# What agents sample at unless told otherwise. Trainers sample at 1, where exploration is the
# policy's own; at about 0.6 most of the tail of stray tokens, which is what keeps long programs
# from compiling, is gone, and what is learnt shows.
SAMPLING_TEMPERATURE = 0.6
# Completions sampled at once by an agent: more no longer speeds up two cores, and the cache of
# a large model must fit.
BATCH = 64
# Answers whose tokens an agent remembers, for what follows: more than are asked for at a time.
REMEMBERED = 16 * BATCH


class PolicyAgent:
    """A policy as an `Agent`: prompts in, programs out, one seed a sample."""

    def __init__(
        self,
        policy: Policy,
        *,
        name: str,
        temperature: float = SAMPLING_TEMPERATURE,
        max_new_tokens: int = MAX_NEW_TOKENS,
        top_p: float = 1.0,
        stop: Sequence[str] = (),
    ) -> None:
        if not 0 < top_p <= 1:
            raise PolicyError(f"top_p must be above 0 and at most 1, not {top_p}.")
        if temperature < 0:
            raise PolicyError(f"The temperature must be 0 or more, not {temperature}.")
        if max_new_tokens < 1:
            raise PolicyError(f"At least one token must be allowed, not {max_new_tokens}.")
        if "" in stop:
            raise PolicyError("A stop string must not be empty.")
        self.policy, self.name, self.stop = policy, name, tuple(stop)
        self.tokens: list[int] = []
        # A conversation goes on after what was sampled, fences and all, as in training; what others
        # are told of an answer is the program in it.
        self._sampled: dict[tuple[str, ...], list[int]] = {}
        self.temperature, self.max_new_tokens = temperature, max_new_tokens
        self.top_p = top_p

    @property
    def settings(self) -> dict[str, Any]:
        """What its programs depend on beside prompt, seed and weights."""
        return {
            "base": self.policy.base,
            "base_digest": self.policy.base_digest,
            "temperature": self.temperature,
            "top_p": self.top_p,
            "max_new_tokens": self.max_new_tokens,
            "stop": list(self.stop),
        }

    def generate(self, prompts: Sequence[str], *, seeds: Sequence[int]) -> list[str]:
        """One program a prompt; equal neighbours among the prompts are read once."""
        return self.converse([(prompt,) for prompt in prompts], seeds=seeds)

    def converse(
        self,
        conversations: Sequence[Sequence[str]],
        *,
        seeds: Sequence[int],
        max_new_tokens: int | None = None,
    ) -> list[str]:
        """The next answer in each conversation: a prompt, an answer, what was said of it, ...

        `max_new_tokens`: of these answers, in place of the agent's own."""
        answers: list[str] = []
        self.tokens.clear()
        for start in range(0, len(conversations), BATCH):
            batch = list(
                zip(
                    map(tuple, conversations[start : start + BATCH]),
                    seeds[start : start + BATCH],
                    strict=True,
                )
            )
            groups = [
                (conversation, [seed for _, seed in rows])
                for conversation, rows in itertools.groupby(batch, key=lambda row: row[0])
            ]
            remedy = "lower max_new_tokens, or take a smaller base or a larger device"
            with memory_told("sampling", remedy):
                sampled = self.policy.sample(
                    [
                        self.policy.encode_conversation(texts, sampled=self._sampled)
                        for texts, _ in groups
                    ],
                    seeds=[seeds for _, seeds in groups],
                    max_new_tokens=max_new_tokens or self.max_new_tokens,
                    temperature=self.temperature,
                    top_p=self.top_p,
                    stop=self.stop,
                )
            completions = [completion for group in sampled for completion in group]
            for (conversation, _), completion in zip(batch, completions, strict=True):
                answers.append(self.policy.decode(completion.tokens, stop=self.stop))
                self.tokens.append(len(completion.tokens))
                said = (*conversation, answers[-1])
                self._sampled[said] = completion.tokens.tolist()
        while len(self._sampled) > REMEMBERED:
            del self._sampled[next(iter(self._sampled))]
        return answers


def load_policy_agent(
    path: str | Path,
    *,
    base: str | None = None,
    device: str = "auto",
    temperature: float = SAMPLING_TEMPERATURE,
    max_new_tokens: int | None = None,
    top_p: float = 1.0,
    stop: Sequence[str] | None = None,
) -> PolicyAgent:
    """The policy at `path` (see `load_policy`) as an agent. What is not said of how its answers end
    is as an adapter was trained. Raises `PolicyError`."""
    policy = load_policy(path, base=base, device=device)
    manner = {"max_new_tokens": MAX_NEW_TOKENS, "stop": (), **policy.manner}
    return PolicyAgent(
        policy,
        name=str(path),
        temperature=temperature,
        max_new_tokens=manner["max_new_tokens"] if max_new_tokens is None else max_new_tokens,
        top_p=top_p,
        stop=manner["stop"] if stop is None else stop,
    )
