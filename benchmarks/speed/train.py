"""What a training step takes, ours beside TRL's (https://github.com/huggingface/trl).

Both train the same LoRA adapters on the same random weights, on the same prompts, with as many
tokens, groups of the same size, the same reward and no KL term; a step is sampling and update. They
take turns within one process, step by step, so that a machine's noise hits all alike: our steps run
in a callback of TRL's trainer. TRL has the settings that are best for it at this size: one
generation batch a step, no gradient checkpointing, no logging, no saving, and gradients accumulated
only where a whole batch would not fit into memory (`trl_batch`).
"""

from __future__ import annotations

import contextlib
import gc
import importlib.metadata
import itertools
import multiprocessing
import os
import platform
import random
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from ...agents.adapter import PROJECTIONS
from ...agents.generate import generate
from ...agents.grpo import GRPO, GRPOConfig
from ...agents.policy import Policy
from ...agents.ppo import PPO, PPOConfig
from ...agents.rollout import Batch, Sample
from ...verifiers.verdict import Toolchain, Verdict
from .items import BenchError

RANK, ALPHA = 16, 32
# Before the first figure: threads start, buffers are allocated.
WARM_UP = 1


@dataclass(frozen=True, slots=True)
class Shape:
    """A model's size, as in its `config.json`; weights are random."""

    name: str
    family: str
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    feed_forward: int
    vocabulary: int
    tied: bool = True


SHAPES = {
    shape.name: shape
    for shape in (
        Shape("5m", "llama", 256, 6, 8, 8, 688, 1_024),
        Shape("smollm2-135m", "llama", 576, 30, 9, 3, 1_536, 49_152),
        Shape("qwen2.5-0.5b", "qwen2", 896, 24, 14, 2, 4_864, 151_936),
        Shape("qwen2.5-1.5b", "qwen2", 1_536, 28, 12, 2, 8_960, 151_936),
        Shape("qwen2.5-7b", "qwen2", 3_584, 28, 28, 4, 18_944, 152_064, tied=False),
    )
}


@dataclass(frozen=True, slots=True)
class Setting:
    """What one comparison is made of. `groups` of `group_size` samples; tokens a sequence."""

    shape: str
    prompt: int
    completion: int
    groups: int = 4
    group_size: int = 8
    dtype: str = "float32"

    @property
    def samples(self) -> int:
        return self.groups * self.group_size


@dataclass(frozen=True, slots=True)
class Side:
    """Seconds of each measured step; the shares of ours; bytes above what was there before it."""

    name: str
    seconds: tuple[float, ...]
    sampling: tuple[float, ...] = ()
    update: tuple[float, ...] = ()
    peak_bytes: int = 0

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


@dataclass(slots=True)
class Comparison:
    """One setting, measured."""

    setting: Setting
    parameters: int
    sides: list[Side] = field(default_factory=list)
    matmul_flops: float = 0.0
    bytes_per_second: float = 0.0

    def side(self, name: str) -> Side | None:
        return next((side for side in self.sides if side.name == name), None)

    def ratio(self, above: str, below: str) -> float | None:
        """The median over steps of how many times as long `above` takes as `below`."""
        one, other = self.side(above), self.side(below)
        if one is None or other is None:
            return None
        return statistics.median(a / b for a, b in zip(one.seconds, other.seconds, strict=True))

    @property
    def bound_seconds(self) -> tuple[float, float]:
        """What arithmetic and memory alone would take of our step's sampling and update.

        Sampling reads every weight once a token (the batch shares it), or computes, whichever takes
        longer; the update computes a forward pass and twice that backward, less the products that
        only frozen weights' gradients would need (a third).
        """
        setting, weights = self.setting, float(self.parameters)
        width = 4 if setting.dtype == "float32" else 2
        sampled = setting.samples * setting.completion
        read = setting.completion * weights * width / self.bytes_per_second
        sampling = max(read, 2 * weights * sampled / self.matmul_flops)
        prompts = setting.groups * setting.prompt
        update = 4 * weights * (sampled + prompts) / self.matmul_flops
        return sampling + 2 * weights * prompts / self.matmul_flops, update


@dataclass(slots=True)
class Report:
    """All that was measured."""

    machine: dict[str, Any]
    comparisons: list[Comparison] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        found: list[dict[str, Any]] = []
        for comparison in self.comparisons:
            sampling, update = comparison.bound_seconds
            found.append(
                asdict(comparison)
                | {
                    "trl_over_grpo": comparison.ratio("trl", "grpo"),
                    "ppo_over_grpo": comparison.ratio("ppo", "grpo"),
                    "bound_sampling_s": sampling,
                    "bound_update_s": update,
                }
            )
        return {"machine": self.machine, "comparisons": found}


# ---------------------------------------------------------------- models and prompts


def make_model(shape: Shape, *, dtype: torch.dtype, device: torch.device, longest: int) -> Any:
    """A causal model of that shape, the same weights every time, made where it stays: one of seven
    billion would be long in the making on a CPU."""
    from transformers import AutoModelForCausalLM, LlamaConfig, Qwen2Config

    settings: dict[str, Any] = {
        "hidden_size": shape.hidden,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "intermediate_size": shape.feed_forward,
        "vocab_size": shape.vocabulary,
        "tie_word_embeddings": shape.tied,
        "max_position_embeddings": longest,
        # No token ends an answer: every completion has the length that was asked for.
        "bos_token_id": None,
        "eos_token_id": None,
        "pad_token_id": 0,
    }
    torch.manual_seed(0)
    kinds: dict[str, Any] = {"llama": LlamaConfig, "qwen2": Qwen2Config}
    with device:
        model = AutoModelForCausalLM.from_config(kinds[shape.family](**settings), dtype=dtype)
    return model.eval()


def weights_read(model: Any) -> int:
    """How many weights a token's pass reads: all, but of an embedding that is no head a row."""
    rows = model.get_input_embeddings().weight
    unread = 0 if rows is model.get_output_embeddings().weight else int(rows.numel())
    return sum(int(p.numel()) for p in model.parameters()) - unread


def make_tokenizer(vocabulary: int) -> Any:
    """One token a word, ``w2`` to ``wN``: a prompt has as many tokens as words."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = {"[pad]": 0, "[end]": 1} | {f"w{i}": i for i in range(2, vocabulary)}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[end]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[pad]", eos_token="[end]", padding_side="left"
    )


def prompts_of(setting: Setting, vocabulary: int, count: int) -> list[list[int]]:
    """Token ids, 2 and above: 0 pads and 1 stands for the end."""
    draw = random.Random(7)
    return [[draw.randrange(2, vocabulary) for _ in range(setting.prompt)] for _ in range(count)]


def reward_of(tokens: Sequence[int]) -> float:
    """Trivial, and different for nearly every sample: groups without a spread would be dropped."""
    return sum(token % 7 for token in tokens) / (7 * len(tokens))


# ---------------------------------------------------------------- our side


class Ours:
    """One of our learners on a model of its own, step by step."""

    def __init__(self, algorithm: str, model: Any, setting: Setting, folder: Path) -> None:
        from peft import LoraConfig, get_peft_model

        wanted = LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=list(PROJECTIONS))
        torch.manual_seed(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            policy = Policy(get_peft_model(model, wanted).eval(), None, "", None)
        shared: dict[str, Any] = {
            "out": folder, "samples": setting.samples, "group_size": setting.group_size,
            "max_new_tokens": setting.completion, "minibatches": 1, "learning_rate": 1e-5,
        }  # fmt: skip
        self.name, self.setting, self.policy = algorithm, setting, policy
        plain: dict[str, Any] = {"variety_coef": 0.0, "rarity_coef": 0.0, "surprise_coef": 0.0}
        self.learner: Any = (
            GRPO(GRPOConfig(**shared, **plain, scale="group"), _Padded(policy))
            if algorithm == "grpo"
            else PPO(PPOConfig(**shared, critic_warmup=0), _Padded(policy))
        )
        self.iterations, self.seeds = 0, itertools.count()
        self.sampling: list[float] = []
        self.update: list[float] = []

    def step(self, prompts: Sequence[list[int]]) -> float:
        """One iteration on these prompts; its seconds."""
        started = time.perf_counter()
        setting = self.setting
        sampled = generate(
            self.policy.model,
            prompts,
            seeds=[[next(self.seeds) for _ in range(setting.group_size)] for _ in prompts],
            max_new_tokens=setting.completion,
            eos_ids=(-1,),
            pad_id=0,
            **self.learner.sampler_options(),
        )
        flat = list(itertools.chain(*sampled))
        batch = Batch(
            list(prompts),
            [
                Sample(
                    i // setting.group_size, "", "", c, reward_of(c.tokens.tolist()), True, _NONE
                )
                for i, c in enumerate(flat)
            ],
        )
        finish(self.policy.device)
        between = time.perf_counter()
        self.iterations += 1
        self.learner.learn(batch, self.iterations)
        finish(self.policy.device)
        ended = time.perf_counter()
        self.sampling.append(between - started)
        self.update.append(ended - between)
        return ended - started


# What no compiler has seen.
_NONE = Verdict("", "", Toolchain("none", ""), ())


class _Padded(Policy):
    """A policy without a tokenizer, since no text is read or written here."""

    __slots__ = ()

    def __init__(self, policy: Policy) -> None:
        super().__init__(policy.model, policy.tokenizer, policy.base, policy.base_digest)

    @property
    def pad_id(self) -> int:
        return 0


def finish(device: torch.device) -> None:
    """Waits until the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


# ---------------------------------------------------------------- TRL's side


def compare(
    setting: Setting,
    *,
    steps: int,
    device: torch.device,
    with_trl: bool,
    say: Callable[[str], None],
) -> Comparison:
    """`steps` measured steps of each side, in turns. Raises `BenchError` without TRL."""
    shape = SHAPES[setting.shape]
    dtype = getattr(torch, setting.dtype)
    longest = setting.prompt + setting.completion + 8
    rounds = WARM_UP + steps
    prompts = prompts_of(setting, shape.vocabulary, setting.groups * rounds)
    seconds: dict[str, list[float]] = {"trl": [], "grpo": [], "ppo": []}

    def model() -> Any:
        return make_model(shape, dtype=dtype, device=device, longest=longest)

    # First, while this process is small: what TRL has used here is not given back to the system.
    names = ("trl", "grpo", "ppo") if with_trl else ("grpo", "ppo")
    peaks = {name: peak_bytes(setting, name, device) for name in names}
    with tempfile.TemporaryDirectory(prefix="forgegym-bench-") as folder:
        ours = [Ours(name, model(), setting, Path(folder)) for name in ("grpo", "ppo")]
        count = sum(p.numel() for p in ours[0].policy.model.parameters() if not p.requires_grad)
        comparison = Comparison(setting, count, *bounds(dtype, device))

        def ours_on(number: int) -> None:
            chosen = prompts[number * setting.groups : (number + 1) * setting.groups]
            for side in ours:
                took = side.step(chosen)
                if number >= WARM_UP:
                    seconds[side.name].append(took)
            say(f"{setting.shape}: step {number + 1} of {rounds}")

        if with_trl:
            _with_trl(model(), setting, prompts, rounds, folder, device, seconds["trl"], ours_on)
        else:
            for number in range(rounds):
                ours_on(number)
    for name, measured in seconds.items():
        if measured:
            mine = next((side for side in ours if side.name == name), None)
            comparison.sides.append(
                Side(
                    name,
                    tuple(measured),
                    tuple(mine.sampling[WARM_UP:]) if mine else (),
                    tuple(mine.update[WARM_UP:]) if mine else (),
                    peaks[name],
                )
            )
    # Said at once: a comparison after it may be too large for the machine.
    medians = ", ".join(f"{side.name} {side.median:.2f} s" for side in comparison.sides)
    say(f"{setting.shape}, {setting.prompt}+{setting.completion} tokens: {medians}")
    return comparison


def _with_trl(
    model: Any,
    setting: Setting,
    prompts: Sequence[Sequence[int]],
    rounds: int,
    folder: str,
    device: torch.device,
    seconds: list[float],
    ours_on: Callable[[int], None],
) -> None:
    """Runs TRL's trainer; after each of its steps, ours take theirs on the same prompts."""
    try:
        from datasets import Dataset
        from transformers import TrainerCallback
        from transformers.utils.logging import set_verbosity_error
        from trl import GRPOConfig as TRLConfig
        from trl import GRPOTrainer
    except ImportError as error:
        raise BenchError(f"TRL is not installed ({error}); pip install trl==1.16.0") from None
    from peft import LoraConfig

    set_verbosity_error()
    at_once = trl_batch(setting, device)
    words = [" ".join(f"w{token}" for token in prompt) for prompt in prompts]
    arguments = TRLConfig(
        output_dir=folder,
        per_device_train_batch_size=at_once,
        gradient_accumulation_steps=setting.samples // at_once,
        num_generations=setting.group_size,
        max_completion_length=setting.completion,
        steps_per_generation=setting.samples // at_once,
        num_iterations=1,
        max_steps=rounds,
        learning_rate=1e-5,
        beta=0.0,
        temperature=1.0,
        gradient_checkpointing=False,
        bf16=False,
        use_cpu=device.type == "cpu",
        shuffle_dataset=False,
        logging_strategy="no",
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        generation_kwargs={"min_new_tokens": setting.completion},
        dataloader_pin_memory=False,
    )

    class Turns(TrainerCallback):
        """Times each step of the trainer, and gives ours its turn."""

        def __init__(self) -> None:
            self.number, self.started = 0, time.perf_counter()

        def on_step_end(self, *_: Any, **__: Any) -> None:
            finish(device)
            if self.number >= WARM_UP:
                seconds.append(time.perf_counter() - self.started)
            ours_on(self.number)
            self.number += 1
            self.started = time.perf_counter()

    def reward(completion_ids: Sequence[Sequence[int]], **_: Any) -> list[float]:
        if any(len(ids) != setting.completion for ids in completion_ids):
            raise BenchError("TRL's completions do not have the length that was asked for")
        return [reward_of(ids) for ids in completion_ids]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer = GRPOTrainer(
            model=model,
            reward_funcs=reward,
            args=arguments,
            train_dataset=Dataset.from_dict({"prompt": words}),
            processing_class=make_tokenizer(SHAPES[setting.shape].vocabulary),
            peft_config=LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=list(PROJECTIONS)),
            callbacks=[Turns()],
        )
        with contextlib.redirect_stdout(None):  # its last words
            trainer.train()


def trl_batch(setting: Setting, device: torch.device) -> int:
    """How many samples TRL's backward pass gets at once: all, or as many as fit in half the memory.

    A transformer layer keeps about 34 values of the hidden size for each token, its attention aside
    (Korthikanti et al. 2022, section 4.1, in 2-byte numbers), and TRL's the whole sequence of each
    sample; the loss keeps three times the logits of the completions.
    """
    shape, wide = SHAPES[setting.shape], 4 if setting.dtype == "float32" else 2
    values = 17 * shape.hidden * shape.layers * (setting.prompt + setting.completion)
    sample = wide * values + 3 * 4 * shape.vocabulary * setting.completion
    free = (
        torch.cuda.mem_get_info(device)[0]
        if device.type == "cuda"
        else os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    )
    fitting = (n for n in range(setting.samples, 0, -1) if setting.samples % n == 0)
    return next((n for n in fitting if n * sample <= free // 2), 1)


# ---------------------------------------------------------------- the machine


def peak_bytes(setting: Setting, side: str, device: torch.device) -> int:
    """The most memory in use during a side's steps, above that before them, in a process of its
    own: what one has given back is not given back to the system."""
    context = multiprocessing.get_context("spawn")
    answers: Any = context.SimpleQueue()
    process = context.Process(target=_measure_peak, args=(setting, side, str(device), answers))
    process.start()
    process.join()
    if process.exitcode:
        raise BenchError(f"the process that measures {side}'s memory ended with {process.exitcode}")
    found: int = answers.get()
    return found


def _measure_peak(setting: Setting, side: str, device_name: str, answers: Any) -> None:
    device, shape = torch.device(device_name), SHAPES[setting.shape]
    longest = setting.prompt + setting.completion + 8
    model = make_model(shape, dtype=getattr(torch, setting.dtype), device=device, longest=longest)
    prompts = prompts_of(setting, shape.vocabulary, setting.groups * 2)
    gc.collect()
    before = _in_use(device)
    with tempfile.TemporaryDirectory(prefix="forgegym-bench-") as folder:
        if side == "trl":
            _with_trl(model, setting, prompts, 2, folder, device, [], lambda _: None)
        else:
            ours = Ours(side, model, setting, Path(folder))
            for number in range(2):
                ours.step(prompts[number * setting.groups : (number + 1) * setting.groups])
    answers.put(_most_in_use(device) - before)


def _in_use(device: torch.device) -> int:
    if device.type == "cuda":
        return torch.cuda.memory_allocated(device)
    return _status("VmRSS")


def _most_in_use(device: torch.device) -> int:
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    return _status("VmHWM")  # rusage's begins at that of the process which started this one


def _status(name: str) -> int:
    """Bytes, of proc(5)'s status."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(name + ":"))


def bounds(dtype: torch.dtype, device: torch.device) -> tuple[list[Side], float, float]:
    """No sides yet, the floating-point operations a second of a large product, and the bytes a
    second of a large copy (read and written)."""
    size = 2048 if device.type == "cpu" else 8192
    one = torch.randn(size, size, device=device, dtype=dtype)
    source = torch.randn(1 << (26 if device.type == "cpu" else 28), device=device)
    target = torch.empty_like(source)

    def best(work: Callable[[], object]) -> float:
        found = []
        for _ in range(5):
            started = time.perf_counter()
            work()
            finish(device)
            found.append(time.perf_counter() - started)
        return min(found)

    return (
        [],
        2 * size**3 / best(lambda: one @ one),
        2 * source.numel() * source.element_size() / best(lambda: target.copy_(source)),
    )


def machine(device: torch.device) -> dict[str, Any]:
    """What the figures belong to."""
    named = ("torch", "transformers", "peft", "trl")
    versions = {name: importlib.metadata.version(name) for name in named if _installed(name)}
    return {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "load": os.getloadavg()[0],
        "python": sys.version.split()[0],
        **versions,
    }


def _installed(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def print_report(report: Report, console: Console) -> None:
    """The tables that people read."""
    about = report.machine
    console.print(
        f"{about['device']}, {about['threads']} threads, torch {about['torch']}, TRL "
        f"{about.get('trl', 'not installed')}, load {about['load']:.1f} before",
        markup=False,
        soft_wrap=True,
    )
    table = Table(title="A step: sampling and update")
    for name in ("shape", "tokens", "side", "seconds", "sampling", "update", "peak", "TRL takes"):
        table.add_column(name, justify="left" if name in ("shape", "side") else "right")
    for comparison in report.comparisons:
        setting = comparison.setting
        for side in comparison.sides:
            ratio = comparison.ratio("trl", side.name)
            table.add_row(
                setting.shape,
                f"{setting.prompt}+{setting.completion}",
                side.name,
                f"{side.median:.2f}",
                f"{statistics.median(side.sampling):.2f}" if side.sampling else "",
                f"{statistics.median(side.update):.2f}" if side.update else "",
                f"{side.peak_bytes / 2**20:.0f} MiB",
                "" if ratio is None or side.name == "trl" else f"{ratio:.2f}x",
            )
        sampling, update = comparison.bound_seconds
        table.add_row(
            "", "", "bound", f"{sampling + update:.2f}", f"{sampling:.2f}", f"{update:.2f}", "", "",
            end_section=True,
        )  # fmt: skip
    console.print(table)
    for comparison in report.comparisons:
        ratio = comparison.ratio("ppo", "grpo")
        if ratio is not None:
            setting = comparison.setting
            console.print(
                f"{setting.shape}, {setting.prompt}+{setting.completion}: a PPO step takes "
                f"{ratio:.2f} times as long as a GRPO step"
            )
