"""Supervised training of the tiny base policies: Llamas of two million parameters, each of which
knows just enough of a language to begin to learn from reward.

Compact's is shown contracts of cyclomatic complexity 1 and 2 only, whatever their prompts ask for;
the others are shown tasks' references, most of them spoilt (see `lessons`). All are stopped early.
What a policy trained from one does beyond that, it has learnt from reward. A folder's
`forgegym.json` records how it was made.

Those in `agents/tiny` are part of the package, so that everybody's runs begin with the same
weights: built anew, they depend on the processor's rounding. When the generator, the prompts or the
settings change, a test says so, and one is made again:

    rm -r agents/tiny/rust && forgegym train sft --env RustCode-v0 --out agents/tiny/rust
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from torch import Tensor

from .checkpoint import (
    STATE,
    CheckpointError,
    TrainingState,
    load_state,
    run_folder,
    save_state,
    stop_on_interrupt,
)
from .lessons import lesson
from .policy import Policy
from .policy_agent import SAMPLING_TEMPERATURE
from .rollout import batch_metrics, default_reward, default_toolchain, derive_seed, make_env, play
from .tokenizer import build_tokenizer

META = "forgegym.json"

# Tokens, and which of them are taught.
Example = tuple[list[int], list[bool]]


@dataclass(frozen=True, slots=True)
class SFTConfig:
    """How a tiny base policy is made. The defaults are Compact's, and take two minutes on two
    cores; `RECIPES` has those of the others.

    `out`: the folder to write. `resume`: go on where a start was stopped. `env`: where prompts and
    verdicts come from. `examples`: how many are drawn, of programs of at most `longest` characters
    (fewer places to go wrong); `steps` and `batch`: how often and how many of them are shown;
    `copy_steps`: how many first steps only repeat names (finding and repeating an earlier name is
    the slowest thing to learn from contracts alone). `matrix_lr` is Muon's, for the layers'
    matrices; `lr` is AdamW's, for everything else. `phrases`: see `build_tokenizer`. The other
    fields are the sizes of the Llama.
    """

    out: Path
    env: str = "CompactContract-v0"
    seed: int = 0
    examples: int = 6000
    longest: int = 450
    steps: int = 500
    batch: int = 16
    copy_steps: int = 20
    lr: float = 3e-3
    matrix_lr: float = 1.5e-2
    phrases: int = 300
    hidden: int = 192
    layers: int = 4
    heads: int = 6
    kv_heads: int = 2
    feed_forward: int = 512
    resume: bool = False

    def __post_init__(self) -> None:
        for name in ("examples", "steps", "batch", "hidden", "layers", "heads", "kv_heads"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}.")
        if self.examples < self.batch:
            raise ValueError(f"{self.examples} examples make no batch of {self.batch}.")
        if self.hidden % self.heads or self.heads % self.kv_heads:
            raise ValueError(
                f"hidden ({self.hidden}) must be a multiple of heads ({self.heads}), and heads of "
                f"kv_heads ({self.kv_heads})."
            )


# What differs from the defaults, for each other environment.
_SPOILT = {"copy_steps": 0, "phrases": 600}
RECIPES: dict[str, dict[str, Any]] = {
    "PythonReasoning-v0": {**_SPOILT, "longest": 200, "steps": 700},
    "RustCode-v0": {**_SPOILT, "longest": 400, "steps": 1200, "examples": 12000},
    "VerilogModule-v0": {**_SPOILT, "longest": 400, "steps": 1200, "examples": 12000},
}


@dataclass(frozen=True, slots=True)
class SFTResult:
    """The folder that was written, and the rates of what is in it: programs that compile, and that
    pass every hidden case (those of tasks without cases compile)."""

    folder: Path
    compile_rate: float
    solved_rate: float
    parameters: int
    seconds: float


# Samples of the compile rate that is noted at the end: 128 put its standard error at 4 points.
_CHECK_SAMPLES, _CHECK_GROUP = 128, 2
# Examples that are remembered, to tell whether prompts or generator have changed since.
_REMEMBERED = 200
_WARM_UP, _DECAY_FROM = 20, 0.6
_SAY_EVERY = 50
_MAX_NEW_TOKENS = 200
# Distinct names in a copying exercise, and how often they are repeated.
_COPY_NAMES, _COPY_TIMES = 12, 3


def unfinished(out: Path) -> Path:
    """Where a base that will be `out` is kept until it is complete."""
    return out.with_name(f".{out.name}.unfinished")


def train_sft(config: SFTConfig, *, console: Console | None = None) -> SFTResult:
    """Makes the tiny base policy in `config.out`, which appears when it is complete; until then
    what a stopped start had done is kept beside it (see `unfinished`).

    Raises `CheckpointError` when `out` exists or cannot be written, or no example is short enough;
    `lock.FolderInUseError` while another process makes it; `KeyboardInterrupt` after Ctrl-C.
    """
    if config.out.exists():
        raise CheckpointError(f"{config.out} already exists; choose another folder.")
    kept = unfinished(config.out)
    settings = {k: v for k, v in asdict(config).items() if k not in ("out", "resume")}
    try:
        with run_folder(kept, {**settings, "algorithm": "sft"}, resume=config.resume):
            result = _train(config, kept, (console or Console()).print)
            (kept / STATE).unlink(missing_ok=True)
    finally:
        if kept.is_dir() and not (kept / STATE).exists():
            shutil.rmtree(kept, ignore_errors=True)
    return result


def _train(config: SFTConfig, kept: Path, say: Callable[..., None]) -> SFTResult:
    started = time.monotonic()
    torch.manual_seed(config.seed)
    shown = lesson(config.env, count=config.examples, longest=config.longest, seed=config.seed)
    if len(shown.examples) < config.batch:
        raise CheckpointError(
            f"{len(shown.examples) or 'No'} references of {config.env} have at most "
            f"{config.longest} characters, and a batch has {config.batch}: longest is too small."
        )
    if config.copy_steps and len(shown.names) < _COPY_NAMES:
        raise CheckpointError(
            f"{config.env} has no {_COPY_NAMES} names to be copied: take copy_steps=0."
        )
    tokenizer = build_tokenizer(
        shown.texts, names=shown.names, phrases=config.phrases, template=shown.template
    )
    model = build_model(config, len(tokenizer), tokenizer.eos_token_id, tokenizer.pad_token_id)
    policy = Policy(model, tokenizer, str(config.out), None)
    parameters = sum(p.numel() for p in model.parameters())
    say(f"{parameters:,} parameters, {len(tokenizer)} tokens, {len(shown.examples)} examples")

    encoded = [encode_example(policy, example) for example in shown.examples]
    batches = batches_of(encoded, config.batch, random.Random(f"batches-{config.seed}"))
    known: Any = tokenizer.convert_tokens_to_ids(sorted(shown.names))
    exercises = random.Random(f"copying-{config.seed}")
    matrices = [
        p for name, p in model.named_parameters() if p.dim() == 2 and "embed_tokens" not in name
    ]
    others = [p for name, p in model.named_parameters() if p.dim() != 2 or "embed_tokens" in name]
    optimizers = [
        # Muon (https://kellerjordan.github.io/posts/muon): twice the compile rate of AdamW after
        # the same tokens here.
        torch.optim.Muon(matrices, lr=config.matrix_lr, weight_decay=0.01),
        torch.optim.AdamW(others, lr=config.lr, betas=(0.9, 0.95), weight_decay=0.0),
    ]
    peaks = [config.matrix_lr, config.lr]

    done = 0
    state = load_state(kept)
    if state is not None:
        done = state.iteration
        model.load_state_dict(dict(state.weights))
        for number, optimizer in enumerate(optimizers):
            optimizer.load_state_dict(state.optimizer[str(number)])
        say(f"going on after step {done}/{config.steps}")

    def save(step: int) -> None:
        found = {str(number): each.state_dict() for number, each in enumerate(optimizers)}
        save_state(kept, TrainingState(step, model.state_dict(), found, {}))

    with stop_on_interrupt() as stop:
        for step in range(1, config.steps + 1):
            factor = _schedule(step, config.steps)
            for optimizer, peak in zip(optimizers, peaks, strict=True):
                optimizer.param_groups[0]["lr"] = peak * factor
            if step <= config.copy_steps:
                ids, labels = copying_batch(known, config.batch, exercises)
            else:
                ids, labels = next(batches)
            if step <= done:  # what is shown next follows from what was shown
                continue
            model.train()
            loss = model(input_ids=ids, labels=labels).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            for optimizer in optimizers:
                optimizer.step()
                optimizer.zero_grad()
            if stop.requested:
                save(step)
                say(f"Stopped after step {step}/{config.steps}; --resume goes on from there.")
                raise KeyboardInterrupt
            if step % _SAY_EVERY == 0:
                save(step)
                say(f"step {step}/{config.steps}: loss {loss.item():.3f}")
    rates = check_rates(config, policy)
    seconds = time.monotonic() - started
    meta = {
        "what": "tiny base policy: supervised, stopped early",
        "made_by": "forgegym train sft",
        "config": {k: v for k, v in asdict(config).items() if k not in ("out", "resume")},
        "examples_shown": max(0, config.steps - config.copy_steps) * config.batch,
        "first_examples": digest_of(shown.examples[:_REMEMBERED]),
        "compile_rate": rates["compile_success_rate"],
        "solved_rate": rates["solved_rate"],
        "parameters": parameters,
        "torch": torch.__version__,
    }
    _save(policy, config.out, meta)
    compiled, solved = rates["compile_success_rate"], rates["solved_rate"]
    say(
        f"{config.out}: {compiled:.0%} compile and {solved:.0%} do all that is asked after "
        f"{config.steps} steps, {seconds:.0f} s"
    )
    return SFTResult(config.out, compiled, solved, parameters, seconds)


def encode_example(policy: Policy, example: Sequence[str]) -> Example:
    """The tokens of an example, and a mask of those that are taught."""
    eos = policy.tokenizer.eos_token_id
    ids, taught = policy.encode(example[0]), []
    taught += [False] * len(ids)
    for place, text in enumerate(example[1:]):
        answers = place % 2 == 0
        tokens = (
            [*policy.tokenizer(text)["input_ids"], eos]
            if answers
            else policy.encode_feedback(text, answered=True)
        )
        ids += tokens
        taught += [answers] * len(tokens)
    return ids, taught


def digest_of(examples: Sequence[Sequence[str]]) -> str:
    """sha256 over prompts and programs."""
    digest = hashlib.sha256()
    for text in itertools.chain.from_iterable(examples):
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()


def build_model(config: SFTConfig, vocabulary: int, eos: int, pad: int) -> Any:
    """A Llama of the configured sizes, with random weights."""
    from transformers import LlamaConfig, LlamaForCausalLM

    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=vocabulary,
            hidden_size=config.hidden,
            intermediate_size=config.feed_forward,
            num_hidden_layers=config.layers,
            num_attention_heads=config.heads,
            num_key_value_heads=config.kv_heads,
            max_position_embeddings=2048,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=eos,
            pad_token_id=pad,
        )
    )


def batches_of(
    pairs: Sequence[Example], size: int, rng: random.Random
) -> Iterator[tuple[Tensor, Tensor]]:
    """Endless batches of ids and labels [B, T]; only what is taught is labelled.

    Neighbours in length share a batch (less padding), in random order. There are at least `size`
    pairs.
    """
    while True:
        order = rng.sample(range(len(pairs)), len(pairs))
        # Sorted within stretches of 16 batches: little padding, and still a fresh mix.
        stretch = min(16 * size, len(order) // size * size)
        for start in range(0, len(order) - stretch + 1, stretch):
            chosen = sorted(order[start : start + stretch], key=lambda i: len(pairs[i][0]))
            parts = [chosen[k : k + size] for k in range(0, stretch, size)]
            rng.shuffle(parts)
            for part in parts:
                yield _padded([pairs[i] for i in part])


def _padded(pairs: Sequence[Example]) -> tuple[Tensor, Tensor]:
    width = max(len(tokens) for tokens, _ in pairs)
    ids = torch.zeros(len(pairs), width, dtype=torch.long)  # [B, T]; 0 is the padding token
    labels = torch.full_like(ids, -100)  # [B, T]
    for row, (tokens, taught) in enumerate(pairs):
        ids[row, : len(tokens)] = torch.tensor(tokens)
        own = torch.tensor(taught)
        labels[row, : len(tokens)][own] = ids[row, : len(tokens)][own]
    return ids, labels


def copying_batch(names: Sequence[int], size: int, rng: random.Random) -> tuple[Tensor, Tensor]:
    """Sequences of names repeated; only the repetitions, which can be known, are labelled."""
    rows = [rng.sample(list(names), _COPY_NAMES) * _COPY_TIMES for _ in range(size)]
    ids = torch.tensor(rows)  # [B, T]
    labels = ids.clone()
    labels[:, :_COPY_NAMES] = -100
    return ids, labels


def check_rates(config: SFTConfig, policy: Policy) -> dict[str, float]:
    """`batch_metrics` of samples for training prompts, sampled as agents sample."""
    policy.model.eval()
    reward, toolchain = default_reward(config.env), default_toolchain(config.env)
    env = make_env(config.env, count=_CHECK_SAMPLES, reward=reward, toolchain=toolchain)
    batch = play(
        env,
        policy,
        group_size=_CHECK_GROUP,
        seed=derive_seed("check", config.seed),
        iteration=config.steps,
        max_new_tokens=_MAX_NEW_TOKENS,
        temperature=SAMPLING_TEMPERATURE,
    )
    env.close()
    return batch_metrics(batch.samples)


def _schedule(step: int, steps: int) -> float:
    """Linear warm-up, a plateau, and a linear fall to a tenth."""
    left = (steps - step) / (steps * (1 - _DECAY_FROM))
    return min(1.0, step / _WARM_UP) * max(0.1, min(1.0, left))


def _save(policy: Policy, out: Path, meta: dict[str, Any]) -> None:
    """Writes model, tokenizer and metadata beside `out` and renames the whole folder into place."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    except OSError as error:
        raise CheckpointError(f"{out} could not be written ({error.strerror}).") from error
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    try:
        # Half the size, and rounded a thousand times finer than training leaves them.
        policy.model.half().save_pretrained(part)
        policy.tokenizer.save_pretrained(part)
        (part / META).write_text(json.dumps(meta, indent=2) + "\n", encoding="utf-8")
        part.chmod(0o755)
        os.rename(part, out)
    except Exception as error:
        shutil.rmtree(part, ignore_errors=True)
        if out.is_dir():
            return  # another process finished the same work first
        raise CheckpointError(f"{out} could not be written ({error}).") from error
