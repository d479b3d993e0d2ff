"""Expert iteration: sample, keep what scored well, fine-tune on it, again.

Also known as rejection-sampling fine-tuning (RAFT, https://arxiv.org/abs/2304.06767; ReST,
https://arxiv.org/abs/2308.08998). This is CompactLoRa's loop: 16 to 32 samples an iteration, those
with a reward above 1.0 kept, five iterations or more.

Departures, each on purpose: equal programs are kept once, so that a favourite is not learnt over
and over; and what was kept in earlier iterations stays in the set, best first, because a batch of
16 keeps too little to learn from alone. A long run has to forget (`recent`): a set of the best ever
hardly changes any more, and is learnt by heart.

With examples that are given (`data`) and nothing kept (`keep_above=inf`) this is supervised
fine-tuning; what comes of it can be where reinforcement learning starts.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import torch
from rich.console import Console

from .checkpoint import write_atomically
from .logprob import completion_scores, passes
from .losses import likelihood_loss
from .policy import Policy
from .rollout import Batch, Sample, derive_seed, open_ended
from .run import TOKENS_PER_PASS, Learner, RunConfig, train
from .settings import at_least, not_negative
from .tracking import TrainingResult

EXAMPLES_FILE = "examples.jsonl"
_REWARD = "compactlora"
LINES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpertIterationConfig(RunConfig):
    """One run of expert iteration; see `RunConfig`, too. The defaults are CompactLoRa's, of which
    the reward is that of Compact's open prompts alone.

    `keep_above`: a sample is kept when its reward is higher (None: 1.0 for the reward `compactlora`
    and 0.5 for others, most of which pay 1 at most); with `best_of_group` (RAFT), only the best of
    its prompt's. `capacity`: how many kept programs are remembered, the best ones; those
    that were first sampled in the last `recent` iterations (0: in any). `data`: a file of examples
    that are imitated besides, always (see `read_examples`; "": none). `epochs` over them all an
    iteration, `batch` of them a step.
    """

    iterations: int = 5
    samples: int = 16
    group_size: int = 2
    keep_above: float | None = None
    best_of_group: bool = False
    recent: int = 0
    capacity: int = 256
    data: str = ""
    epochs: int = 2
    batch: int = 8
    learning_rate: float = 1e-3
    warmup: int = 0
    decay_from: float = 1.0

    def __post_init__(self) -> None:
        if self.reward == "auto" and open_ended(self.env, self.tasks):
            object.__setattr__(self, "reward", _REWARD)
        RunConfig.__post_init__(self)
        if self.keep_above is None:
            object.__setattr__(self, "keep_above", 1.0 if self.reward == _REWARD else 0.5)
        for name in ("capacity", "epochs", "batch"):
            at_least(self, name, 1)
        not_negative(self, "recent")


class ExamplesError(ValueError):
    """Examples that cannot be imitated; the message is one sentence for the user."""


@dataclass(frozen=True, slots=True)
class Example:
    """A program worth imitating, as the tokens that were sampled (never re-tokenised)."""

    prompt: str
    program: str
    prompt_ids: tuple[int, ...]
    tokens: tuple[int, ...]
    reward: float
    iteration: int = 0


class ExpertIteration(Learner[ExpertIterationConfig]):
    """See the module. The programs it learnt from are in `examples.jsonl`, best first."""

    name, title = "expert-iteration", "Expert iteration"
    columns: ClassVar = {"kept": ("kept", ".0f"), "examples": ("examples", ".0f")}
    panels: ClassVar = {"kept": ("kept", "examples")}
    # Five iterations are a whole run here, so a batch is all there is to choose by.
    best_window = 1

    def __init__(self, config: ExpertIterationConfig, policy: Policy) -> None:
        super().__init__(config, policy)
        self.examples: list[Example] = []
        self.given, self.digest = read_examples(config.data, policy) if config.data else ([], "")

    def learn(self, batch: Batch, iteration: int) -> dict[str, float]:
        kept = self.kept(batch, iteration)
        recent = self.config.recent
        known = [e for e in self.examples if not recent or e.iteration > iteration - recent]
        self.examples = remember(known, kept, self.config.capacity)
        about = self.imitate(iteration)
        count = len(self.given) + len(self.examples)
        return {"kept": len(kept), "examples": count, **about}

    def kept(self, batch: Batch, iteration: int) -> list[Example]:
        """The samples that are worth imitating."""
        best: dict[int, float] = {}
        if self.config.best_of_group:
            for s in batch.samples:
                if s.valid:
                    best[s.group] = max(s.reward, best.get(s.group, s.reward))
        return [
            Example(
                s.prompt,
                s.program,
                # Of several turns the last is imitated, after all that led to it.
                (*batch.prompts[s.group], *s.completion.tokens[: s.start].tolist()),
                tuple(s.completion.tokens[s.start :].tolist()),
                s.reward,
                iteration,
            )
            for s in batch.samples
            if s.valid
            and s.reward > (self.config.keep_above or 0.0)
            and s.reward >= best.get(s.group, s.reward)
        ]

    def imitate(self, iteration: int) -> dict[str, float]:
        """Maximises the likelihood of the examples; returns what the log says about it."""
        config, nll, steps = self.config, 0.0, 0
        examples = [*self.given, *self.examples]
        for epoch in range(config.epochs if examples else 0):
            draw = torch.Generator().manual_seed(
                derive_seed("epoch", config.seed, iteration, epoch)
            )
            order = torch.randperm(len(examples), generator=draw).tolist()
            for start in range(0, len(order), config.batch):
                chosen = [examples[i] for i in order[start : start + config.batch]]
                denominator = float(sum(len(e.tokens) for e in chosen))
                chosen = self.world.share(chosen)
                total = 0.0
                for part in passes([len(e.tokens) for e in chosen], TOKENS_PER_PASS):
                    scores = completion_scores(
                        self.policy.model,
                        prompts=[chosen[i].prompt_ids for i in part],
                        completions=[torch.tensor(chosen[i].tokens) for i in part],
                        owners=range(len(part)),
                        pad_id=self.policy.pad_id,
                        # The distribution that is sampled from is the one that learns.
                        temperature=config.temperature,
                    )
                    loss, _ = likelihood_loss(
                        logprobs=scores.logprobs, weights=scores.mask, denominator=denominator
                    )
                    loss.backward()
                    total += loss.item()
                about = self.take_step({"loss": total})
                # `health` looks at what is logged: a step that was not taken is no number there.
                nll += about["loss"] if math.isfinite(about["grad_norm"]) else math.nan
                steps += 1
        return {"nll": nll / max(steps, 1), "steps": float(steps)}

    def memory(self) -> list[dict[str, Any]]:
        return [{"data": self.digest}, *(asdict(example) for example in self.examples)]

    def load_memory(self, records: Sequence[Mapping[str, Any]]) -> None:
        if records and records[0].keys() == {"data"}:
            if records[0]["data"] != self.digest:
                raise ExamplesError(f"{self.config.data} is not the file that the run began with.")
            records = records[1:]
        self.examples = [
            Example(
                e["prompt"],
                e["program"],
                tuple(e["prompt_ids"]),
                tuple(e["tokens"]),
                e["reward"],
                e["iteration"],
            )
            for e in records
        ]

    def lines(self, batch: Batch) -> Iterator[str]:
        # A screen of CompactLoRa's lines; of larger batches the table says enough.
        told = batch.samples if len(batch.samples) <= LINES else []
        for number, sample in enumerate(told, 1):
            yield f"Sample {number}/{len(batch.samples)}: {describe(sample)}"
        if not self.kept(batch, 0) and math.isfinite(self.config.keep_above or 0.0):
            yield (f"None of {len(batch.samples)} samples scored above {self.config.keep_above}.")

    def save(self, folder: Path) -> None:
        lines = [
            json.dumps({"prompt": e.prompt, "program": e.program, "reward": e.reward}) + "\n"
            for e in self.examples
        ]
        write_atomically(folder / EXAMPLES_FILE, "".join(lines).encode())


def read_examples(path: str, policy: Policy) -> tuple[list[Example], str]:
    """The examples in a file, and its sha256: JSON Lines with a `prompt` and the `program` that
    answers it, as `examples.jsonl` of a run has them; what else a line has is not looked at.

    Raises `ExamplesError` when there is no such file, a line is no such example, or one is longer
    than the policy can read.
    """
    try:
        content = Path(path).read_bytes()
        lines = content.decode().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise ExamplesError(f"The examples in {path} could not be read ({reason}).") from error
    tokenizer, end = policy.tokenizer, policy.end_id
    found = []
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line)
            prompt, program = record["prompt"], record["program"]
            if not (isinstance(prompt, str) and isinstance(program, str)):
                raise TypeError
        except (ValueError, TypeError, KeyError) as error:
            raise ExamplesError(
                f"Line {number} of {path} is no JSON object with the texts `prompt` and `program`."
            ) from error
        ids = policy.encode(prompt)
        tokens = [*tokenizer(program, add_special_tokens=False)["input_ids"], end]
        if policy.context is not None and len(ids) + len(tokens) > policy.context:
            raise ExamplesError(
                f"Line {number} of {path} has {len(ids) + len(tokens)} tokens, more than the "
                f"{policy.context} that {policy.base} can read."
            )
        found.append(Example(prompt, program, tuple(ids), tuple(tokens), 0.0))
    if not found:
        raise ExamplesError(f"There are no examples in {path}.")
    return found, hashlib.sha256(content).hexdigest()


def describe(sample: Sample) -> str:
    """A sample's line: its reward, complexity and whether it compiles."""
    if not sample.valid:
        return "not judged, the machine failed"
    complexity = sample.verdict.metrics.get("complexity")
    measured = "no complexity" if complexity is None else f"complexity {complexity:.0f}"
    outcome = "compiles" if sample.verdict.accepted else "does not compile"
    return f"reward {sample.reward:.2f}, {measured}, {outcome}"


def remember(examples: Sequence[Example], new: Sequence[Example], capacity: int) -> list[Example]:
    """The `capacity` best of both, each program once; the older one stays where two are equal."""
    unique: dict[str, Example] = {}
    for example in (*examples, *new):
        unique.setdefault(example.program, example)
    return sorted(unique.values(), key=lambda e: -e.reward)[:capacity]


def train_expert_iteration(
    config: ExpertIterationConfig, *, console: Console | None = None
) -> TrainingResult:
    """See `run.train`."""
    return train(config, ExpertIteration, console=console)
