"""What one device gives to training and sampling: all that is asked of a machine with a GPU.

Everything runs on a CPU, too, with the plan ``tiny``, which exercises every part in a minute. Each
part is written into the folder when it is done, so that a machine that goes away leaves what it
measured; a part that fails says why, and the next begins.
"""

from __future__ import annotations

import gc
import itertools
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from ...agents.generate import CacheDecoder, Decoder, generate
from ...agents.logprob import completion_scores
from ...agents.static import StaticDecoder
from ..records import take_folder
from . import train
from .items import BenchError
from .train import SHAPES, Setting, make_model, prompts_of

RESULTS, TABLES = "results.json", "tables.txt"
# What `gpu.sh` puts beside them.
SCRIPTS = ("tests.txt", "venv")


@dataclass(frozen=True, slots=True)
class Decoding:
    """`rows` completions of as many prompts; tokens each."""

    shape: str
    rows: int
    prompt: int
    completion: int
    dtype: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured. `large`: one LoRA step, of the first of these that fits."""

    steps: int
    training: tuple[Setting, ...]
    decoding: tuple[Decoding, ...]
    agreement: Setting
    large: tuple[Setting, ...]


_SMALL = ("qwen2.5-0.5b", "qwen2.5-1.5b")
PLANS = {
    "full": Plan(
        steps=5,
        training=tuple(
            Setting(shape, prompt, 256, dtype="bfloat16")
            for shape in _SMALL
            for prompt in (256, 1024)
        ),
        decoding=tuple(
            Decoding(shape, rows, 256, 256, "bfloat16") for shape in _SMALL for rows in (1, 32, 128)
        ),
        agreement=Setting("qwen2.5-0.5b", 64, 64, groups=2, group_size=4),
        large=tuple(
            Setting("qwen2.5-7b", 256, 256, groups, dtype="bfloat16") for groups in (4, 2, 1)
        ),
    ),
    "tiny": Plan(
        steps=1,
        training=(Setting("5m", 8, 4, groups=1, group_size=2, dtype="bfloat16"),),
        decoding=(Decoding("5m", 2, 8, 4, "bfloat16"), Decoding("5m", 2, 8, 4, "float32")),
        agreement=Setting("5m", 8, 4, groups=1, group_size=2),
        large=(Setting("5m", 8, 4, groups=1, group_size=2, dtype="bfloat16"),),
    ),
}  # fmt: skip


def _by_kernel(model: Any) -> Decoder:
    decoder = StaticDecoder(model)
    decoder.captures = False
    return decoder


# "graphs" is what a GPU samples with; on a CPU it is "static" again.
DECODERS: dict[str, Callable[[Any], Decoder]] = {
    "general": CacheDecoder,
    "static": _by_kernel,
    "graphs": StaticDecoder,
}


@dataclass(frozen=True, slots=True)
class Decoded:
    """`bound_seconds`: to read, at the speed of a large copy, every weight and each row's own keys
    and values once a token."""

    setting: Decoding
    decoder: str
    seconds: float
    bound_seconds: float

    @property
    def tokens_per_second(self) -> float:
        return self.setting.rows * (self.setting.completion - 1) / self.seconds


@dataclass(frozen=True, slots=True)
class Agreement:
    """Greatest and mean absolute difference of log-probabilities of the same tokens."""

    between: str
    greatest: float
    mean: float


@dataclass(frozen=True, slots=True)
class LargeStep:
    """One GRPO step. `peak_bytes` beside `weight_bytes`."""

    setting: Setting
    parameters: int
    seconds: float
    sampling: float
    update: float
    weight_bytes: int
    peak_bytes: int


@dataclass(slots=True)
class Measured:
    """All that was measured; `failures` has a sentence for each part that could not be."""

    machine: dict[str, Any]
    flops: dict[str, float] = field(default_factory=dict)
    bytes_per_second: float = 0.0
    training: train.Report | None = None
    decoding: list[Decoded] = field(default_factory=list)
    agreement: list[Agreement] = field(default_factory=list)
    large: LargeStep | None = None
    failures: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {
            "machine": self.machine,
            "matmul_flops": self.flops,
            "copy_bytes_per_second": self.bytes_per_second,
            "training": self.training.to_json()["comparisons"] if self.training else [],
            "decoding": [
                asdict(found)
                | {
                    "tokens_per_second": found.tokens_per_second,
                    "share_of_bound": found.bound_seconds / found.seconds,
                }
                for found in self.decoding
            ],
            "agreement": [asdict(found) for found in self.agreement],
            "large": asdict(self.large) if self.large else None,
            "failures": self.failures,
        }


def measure(
    plan: Plan,
    folder: Path,
    *,
    device: torch.device,
    with_trl: bool,
    say: Callable[[str], None],
) -> Measured:
    """Every part of `plan`, into `folder` (made when it is not there). Raises
    `records.ForeignFolderError` when that holds something else."""
    take_folder(folder, (RESULTS, TABLES, *SCRIPTS))
    found = Measured(train.machine(device))

    def bounds() -> None:
        for name in ("float32", "bfloat16"):
            _, flops, speed = train.bounds(getattr(torch, name), device)
            found.flops[name], found.bytes_per_second = flops, speed

    def decoding() -> None:
        for setting in plan.decoding:
            _decode(setting, found, device, say)

    def training() -> None:
        found.training = train.Report(found.machine)
        for setting in plan.training:
            found.training.comparisons.append(
                train.compare(setting, steps=plan.steps, device=device, with_trl=with_trl, say=say)
            )

    def agreement() -> None:
        found.agreement += _agree(plan.agreement, device)

    def large() -> None:
        found.large = _large_step(plan.large, device)

    parts = (bounds, agreement, decoding, large, training)
    for part in parts:
        name = part.__name__
        say(f"{name} …")
        try:
            part()
        except (BenchError, torch.OutOfMemoryError) as error:
            found.failures[name] = " ".join(str(error).split())[:300]
            say(f"{name} failed: {found.failures[name]}")
        gc.collect()
        if device.type == "cuda":
            torch.cuda.empty_cache()
        _write(found, folder)
    return found


def _write(found: Measured, folder: Path) -> None:
    (folder / RESULTS).write_text(json.dumps(found.to_json(), indent=2) + "\n")
    with (folder / TABLES).open("w") as file:
        print_measured(found, Console(file=file, width=100))


# ---------------------------------------------------------------- the parts


def _decode(
    setting: Decoding, found: Measured, device: torch.device, say: Callable[[str], None]
) -> None:
    shape, dtype = SHAPES[setting.shape], getattr(torch, setting.dtype)
    longest = setting.prompt + setting.completion + 8
    model = make_model(shape, dtype=dtype, device=device, longest=longest)
    asked = Setting(setting.shape, setting.prompt, setting.completion)
    prompts = prompts_of(asked, shape.vocabulary, setting.rows)

    def seconds(decoder: Callable[[Any], Decoder], tokens: int) -> float:
        train.finish(device)
        started = time.perf_counter()
        generate(
            model, prompts, seeds=[[i] for i in range(setting.rows)], max_new_tokens=tokens,
            eos_ids=(-1,), pad_id=0, decoder=decoder(model),
        )  # fmt: skip
        train.finish(device)
        return time.perf_counter() - started

    width = torch.empty(0, dtype=dtype).element_size()
    # A row's position: keys and values of every layer.
    position = 2 * shape.layers * shape.kv_heads * (shape.hidden // shape.heads) * width
    length = setting.prompt + setting.completion / 2
    read = train.weights_read(model) * width + setting.rows * length * position
    bound = (setting.completion - 1) * read / found.bytes_per_second
    for name, decoder in DECODERS.items():
        seconds(decoder, setting.completion)
        # What the prompts take is in both.
        taken = [seconds(decoder, setting.completion) - seconds(decoder, 1) for _ in range(3)]
        found.decoding.append(Decoded(setting, name, statistics.median(taken), bound))
        say(f"{setting.shape}, {setting.rows} rows: {name}")


@torch.no_grad()
def _agree(setting: Setting, device: torch.device) -> list[Agreement]:
    """The CPU in float32 against the device in both widths, and its sampler against its trainer."""
    shape = SHAPES[setting.shape]
    prompts = prompts_of(setting, shape.vocabulary, setting.groups)
    longest = setting.prompt + setting.completion + 8
    model = make_model(shape, dtype=torch.float32, device=torch.device("cpu"), longest=longest)
    seeds = itertools.count()
    wanted = [[next(seeds) for _ in range(setting.group_size)] for _ in prompts]

    def sampled() -> list[Any]:
        drawn = generate(
            model, prompts, seeds=wanted, max_new_tokens=setting.completion, eos_ids=(-1,), pad_id=0
        )
        return list(itertools.chain(*drawn))

    def scored(completions: list[Any]) -> torch.Tensor:
        owners = [i // setting.group_size for i in range(len(completions))]
        return completion_scores(
            model, prompts=prompts, completions=[c.tokens for c in completions], owners=owners,
            pad_id=0,
        ).logprobs.cpu()  # fmt: skip

    def agreement(between: str, one: torch.Tensor, other: torch.Tensor) -> Agreement:
        difference = (one - other).abs()
        return Agreement(between, float(difference.max()), float(difference.mean()))

    completions = sampled()
    expected = scored(completions)
    found = []
    for dtype in (torch.float32, torch.bfloat16):
        model = model.to(device=device, dtype=dtype)
        name = f"{device.type} {str(dtype).removeprefix('torch.')}"
        found.append(agreement(f"cpu float32, {name}", expected, scored(completions)))
        own = sampled()
        of_sampler = torch.stack([c.logprobs for c in own])
        found.append(agreement(f"{name}: sampler, trainer", of_sampler, scored(own)))
    return found


def _large_step(settings: tuple[Setting, ...], device: torch.device) -> LargeStep:
    for number, setting in enumerate(settings):
        try:
            return _one_large_step(setting, device)
        except torch.OutOfMemoryError:
            if number + 1 == len(settings):
                raise
        gc.collect()
        if device.type == "cuda":
            torch.cuda.empty_cache()
    raise AssertionError


def _one_large_step(setting: Setting, device: torch.device) -> LargeStep:
    shape, dtype = SHAPES[setting.shape], getattr(torch, setting.dtype)
    longest = setting.prompt + setting.completion + 8
    prompts = prompts_of(setting, shape.vocabulary, 2 * setting.groups)
    model = make_model(shape, dtype=dtype, device=device, longest=longest)
    weights = sum(p.numel() for p in model.parameters())
    with tempfile.TemporaryDirectory(prefix="forgegym-bench-") as folder:
        ours = train.Ours("grpo", model, setting, Path(folder))
        ours.step(prompts[: setting.groups])
        seconds = ours.step(prompts[setting.groups :])
    sampling, update = ours.sampling[-1], ours.update[-1]
    del ours, model
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
    return LargeStep(
        setting,
        weights,
        seconds,
        sampling,
        update,
        weights * dtype.itemsize,
        train.peak_bytes(setting, "grpo", device),
    )


# ---------------------------------------------------------------- what people read


def print_measured(found: Measured, console: Console) -> None:
    """The tables."""
    about = found.machine
    products = ", ".join(f"{f / 1e12:.2f} Tflop/s {name}" for name, f in found.flops.items())
    console.print(
        f"{about['device']}, torch {about['torch']}: a copy moves "
        f"{found.bytes_per_second / 1e9:.0f} GB/s; products {products}",
        markup=False,
        soft_wrap=True,
    )
    table = Table(title="Log-probabilities: absolute differences")
    for heading in ("between", "greatest", "mean"):
        table.add_column(heading, justify="left" if heading == "between" else "right")
    for row in found.agreement:
        table.add_row(row.between, f"{row.greatest:.1e}", f"{row.mean:.1e}")
    console.print(table)
    table = Table(title="Decoding, sampling included")
    for heading in ("shape", "type", "tokens", "rows", "decoder", "tokens/s", "of the bound"):
        table.add_column(
            heading, justify="left" if heading in ("shape", "type", "decoder") else "right"
        )
    for one in found.decoding:
        setting = one.setting
        table.add_row(
            setting.shape,
            setting.dtype,
            f"{setting.prompt}+{setting.completion}",
            str(setting.rows),
            one.decoder,
            f"{one.tokens_per_second:,.0f}",
            f"{one.bound_seconds / one.seconds:.1%}",
        )
    console.print(table)
    if found.large is not None:
        step = found.large
        console.print(
            f"A GRPO step of {step.setting.shape} ({step.parameters / 1e9:.2f} billion weights, "
            f"LoRA of rank {train.RANK}, {step.setting.samples} samples of {step.setting.prompt}+"
            f"{step.setting.completion} tokens): {step.seconds:.1f} s, {step.sampling:.1f} of them "
            f"sampling; {step.weight_bytes / 2**30:.1f} GiB of weights, and "
            f"{step.peak_bytes / 2**30:.1f} GiB more at most",
            markup=False,
            soft_wrap=True,
        )
    if found.training is not None:
        train.print_report(found.training, console)
    for name, reason in found.failures.items():
        console.print(f"{name} failed: {reason}", markup=False, soft_wrap=True)
