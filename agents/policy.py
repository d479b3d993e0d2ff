"""A language model as a policy: a Hugging Face causal model, usually with a LoRA adapter.

A base is named by a folder, by a hub name, or by ``"tiny"`` (our own small model, part of the
package). What training changes is saved as an adapter in peft's format with a `forgegym.json`
beside it that says which base it belongs to, so that an adapter is never laid on another model in
silence.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from peft.utils import get_peft_model_state_dict, set_peft_model_state_dict
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from .checkpoint import write_atomically
from .generate import Completion, generate
from .stop import cut, stop_strings

TINY = "tiny"
TINY_FOLDER = Path(__file__).parent / "tiny"  # made by `sft`
DEFAULT_LLM = "deepseek-ai/deepseek-coder-6.7b-base"
# Every projection: adapting attention alone loses even at equal size
# (https://thinkingmachines.ai/blog/lora).
PROJECTIONS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
LORA_RANK, LORA_ALPHA = 16, 32
MAX_NEW_TOKENS = 256
# What agents sample at unless told otherwise. Trainers sample at 1, where exploration is the
# policy's own; at about 0.6 most of the tail of stray tokens, which is what keeps long programs
# from compiling, is gone, and what is learnt shows.
SAMPLING_TEMPERATURE = 0.6
# Completions sampled at once by an agent: more no longer speeds up two cores, and the cache of
# a large model must fit.
BATCH = 64

_META = "forgegym.json"
WEIGHTS, _PEFT_CONFIG = "adapter_model.safetensors", "adapter_config.json"
_FENCE = re.compile(r"```[^\n]*\n(.*?)(?:```|\Z)", re.DOTALL)
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")


class PolicyError(ValueError):
    """A model or adapter that cannot be used; the message is one sentence for the user."""


@dataclass(slots=True)
class Policy:
    """A causal model, its tokenizer, and what they are called."""

    model: Any
    tokenizer: Any
    base: str
    base_digest: str | None

    @property
    def device(self) -> torch.device:
        device: torch.device = next(self.model.parameters()).device
        return device

    @property
    def pad_id(self) -> int:
        pad, eos = self.tokenizer.pad_token_id, self.tokenizer.eos_token_id
        return int(eos if pad is None else pad)

    @property
    def eos_ids(self) -> tuple[int, ...]:
        """Every token that ends an answer: the tokenizer's, and the model's own list."""
        configured = self.model.generation_config.eos_token_id
        listed = configured if isinstance(configured, list) else [configured]
        return tuple(sorted({i for i in (*listed, self.tokenizer.eos_token_id) if i is not None}))

    def encode(self, prompt: str) -> list[int]:
        """The token ids of a prompt, up to where the answer begins."""
        if self.tokenizer.chat_template is not None:
            messages = [{"role": "user", "content": prompt}]
            text = self.tokenizer.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=True
            )
            return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])
        return list(self.tokenizer(prompt + "\n\n")["input_ids"])

    def decode(self, tokens: Tensor, *, stop: Sequence[str] = ()) -> str:
        """The program in an answer: what its first code fence holds, or all of it, before the first
        of the texts in `stop`."""
        text = cut(self.tokenizer.decode(tokens, skip_special_tokens=True), stop)
        fenced = _FENCE.search(text)
        return fenced.group(1) if fenced else text

    def sample(
        self,
        prompts: Sequence[Sequence[int]],
        *,
        seeds: Sequence[Sequence[int]],
        max_new_tokens: int,
        temperature: float,
        value_of: Callable[[Tensor], Tensor] | None = None,
        stop: Sequence[str] = (),
    ) -> list[list[Completion]]:
        """`generate` with this policy's model and tokens; `stop` are texts that end an answer."""
        return generate(
            self.model,
            prompts,
            seeds=seeds,
            max_new_tokens=max_new_tokens,
            eos_ids=self.eos_ids,
            pad_id=self.pad_id,
            temperature=temperature,
            value_of=value_of,
            stop=stop_strings(self.tokenizer, tuple(stop)),
        )


def choose_device(device: str) -> torch.device:
    """The torch device of that name; ``"auto"`` is CUDA where there is one, else the CPU."""
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        chosen = torch.device(device)
    except RuntimeError as error:
        raise PolicyError(
            f"There is no device called {device!r}; try auto, cpu or cuda."
        ) from error
    if chosen.type == "cuda" and not torch.cuda.is_available():
        raise PolicyError("No CUDA device was found; leave the device at auto, or say cpu.")
    return chosen


def load_base(name: str, *, device: str = "auto") -> Policy:
    """The base model called `name`, frozen, without an adapter.

    `name` is ``"tiny"``, a folder with a Hugging Face model, or a name on the hub. Weights are
    float32 on the CPU and bfloat16 on a GPU. Raises `PolicyError`.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # a bar for one small file would tear the live table
    chosen = choose_device(device)
    where: str | Path = name
    if name == TINY:
        where = TINY_FOLDER
    elif Path(name).is_dir():
        where = Path(name)
        if (where / _PEFT_CONFIG).exists():
            raise PolicyError(
                f"{name} holds an adapter, not a model; give the base it was made on."
            )
        if not (where / "config.json").exists():
            raise PolicyError(f"{name} holds no model: it has no config.json.")
    elif not _HUB_NAME.fullmatch(name):
        raise PolicyError(
            f"There is no model folder {name}, and it is not a hub name like {DEFAULT_LLM}."
        )
    dtype = torch.float32 if chosen.type == "cpu" else torch.bfloat16
    try:
        tokenizer = AutoTokenizer.from_pretrained(where)
        model: Any = AutoModelForCausalLM.from_pretrained(where, dtype=dtype)
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        reason = " ".join(str(error).split())[:200]
        raise PolicyError(
            f"{name} could not be loaded as a causal language model: {reason}"
        ) from error
    model.requires_grad_(False)
    model.to(chosen).eval()
    digest = weights_digest(Path(where)) if Path(where).is_dir() else None
    return Policy(model, tokenizer, name, digest)


def weights_digest(folder: Path) -> str | None:
    """sha256 over the weight files of a model folder; None where it holds none."""
    files = sorted([*folder.glob("*.safetensors"), *folder.glob("pytorch_model*.bin")])
    if not files:
        return None
    digest = hashlib.sha256()
    for path in files:
        with open(path, "rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def add_adapter(
    policy: Policy, *, rank: int = LORA_RANK, alpha: int = LORA_ALPHA, seed: int = 0
) -> Policy:
    """`policy` with a new LoRA adapter on its seven projections, which changes nothing yet.

    Raises `PolicyError` when the model has no such projections.
    """
    present = {name.rsplit(".", 1)[-1] for name, _ in policy.model.named_modules()}
    if not present.intersection(PROJECTIONS):
        raise PolicyError(
            f"{policy.base} has none of the projections {', '.join(PROJECTIONS)} that LoRA adapts."
        )
    config = LoraConfig(
        r=rank,
        lora_alpha=alpha,
        target_modules=[name for name in PROJECTIONS if name in present],
        # Dropout would make the policy that is trained differ from the one that sampled.
        lora_dropout=0.0,
        task_type="CAUSAL_LM",
    )
    torch.manual_seed(seed)
    model = _wrapped(policy.model, config)
    # In eval mode gradients flow all the same, and sampler and trainer see one policy.
    model.eval()
    return Policy(model, policy.tokenizer, policy.base, policy.base_digest)


def _wrapped(model: Any, config: LoraConfig) -> Any:
    with warnings.catch_warnings():
        # peft 0.21 asks transformers 5.23 by a name that is going to be renamed.
        warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing.*")
        return get_peft_model(model, config)


def adapter_state(policy: Policy) -> dict[str, Tensor]:
    """Copies of the adapter's weights, on the CPU, under peft's names."""
    state = get_peft_model_state_dict(policy.model)
    return {name: tensor.detach().cpu().clone() for name, tensor in state.items()}


def set_adapter_state(policy: Policy, state: dict[str, Tensor]) -> None:
    """Puts weights that `adapter_state` gave back. Raises `PolicyError` when they do not fit."""
    try:
        outcome: Any = set_peft_model_state_dict(policy.model, state)
    except RuntimeError as error:
        raise PolicyError(f"The adapter does not fit the base model {policy.base}.") from error
    if outcome.unexpected_keys:
        raise PolicyError(f"The adapter does not fit the base model {policy.base}.")


def save_adapter(policy: Policy, folder: Path, *, note: dict[str, Any]) -> None:
    """Writes the adapter to `folder` in peft's format; `note` is kept in its `forgegym.json`.

    The weights are the last file replaced, and each is replaced whole.
    """
    config = policy.model.peft_config["default"].to_dict()
    config["base_model_name_or_path"] = policy.base
    config["inference_mode"] = True
    meta = {**note, "base": policy.base, "base_digest": policy.base_digest}
    for name, data in ((_PEFT_CONFIG, config), (_META, meta)):
        text = json.dumps(data, indent=2, sort_keys=True, default=_jsonable) + "\n"
        write_atomically(folder / name, text.encode())
    write_atomically(folder / WEIGHTS, save(adapter_state(policy), {"format": "pt"}))


def _jsonable(value: Any) -> Any:
    return sorted(value) if isinstance(value, (set, frozenset)) else str(value)


def load_policy(path: str | Path, *, base: str | None = None, device: str = "auto") -> Policy:
    """The policy at `path`: an adapter's folder, a run's folder (its best adapter), a model's
    folder, a hub name, or ``"tiny"``.

    `base` replaces the base model an adapter names. Raises `PolicyError` when there is nothing to
    load, or when the adapter was trained on another base.
    """
    folder = Path(path)
    for candidate in (folder, folder / "best", folder / "latest"):
        if (candidate / _PEFT_CONFIG).exists():
            return _load_adapter(candidate, base=base, device=device)
    if base is not None:
        raise PolicyError(f"{path} holds no adapter, so a base cannot be given for it.")
    return load_base(str(path), device=device)


def _load_adapter(folder: Path, *, base: str | None, device: str) -> Policy:
    try:
        config = json.loads((folder / _PEFT_CONFIG).read_text(encoding="utf-8"))
        meta_path = folder / _META
        meta = json.loads(meta_path.read_text(encoding="utf-8")) if meta_path.exists() else {}
    except ValueError as error:
        raise PolicyError(f"The adapter in {folder} is damaged: {error}.") from error
    name = base or meta.get("base") or config.get("base_model_name_or_path")
    if not name:
        raise PolicyError(f"The adapter in {folder} does not name its base model; give --base.")
    policy = load_base(str(name), device=device)
    wanted = meta.get("base_digest")
    if wanted is not None and policy.base_digest != wanted:
        raise PolicyError(
            f"The adapter in {folder} was trained on another model than {name} "
            f"(weights {wanted[:12]}, here {(policy.base_digest or 'unknown')[:12]}); "
            "give the right one with --base."
        )
    try:
        known = {k: v for k, v in config.items() if k in LoraConfig.__dataclass_fields__}
        model = _wrapped(policy.model, LoraConfig(**known))
        weights = load_file(folder / WEIGHTS)
    except (OSError, SafetensorError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise PolicyError(f"The adapter in {folder} could not be loaded: {reason}") from error
    model.requires_grad_(False)
    loaded = Policy(model.eval(), policy.tokenizer, policy.base, policy.base_digest)
    expected = get_peft_model_state_dict(model)
    if set(expected) != set(weights) or any(expected[k].shape != weights[k].shape for k in weights):
        raise PolicyError(f"The adapter in {folder} does not fit the base model {name}.")
    set_adapter_state(loaded, weights)
    return loaded


class PolicyAgent:
    """A policy as an `Agent`: prompts in, programs out, one seed a sample."""

    def __init__(
        self,
        policy: Policy,
        *,
        name: str,
        temperature: float = SAMPLING_TEMPERATURE,
        max_new_tokens: int = MAX_NEW_TOKENS,
        stop: Sequence[str] = (),
    ) -> None:
        if temperature < 0:
            raise PolicyError(f"The temperature must be 0 or more, not {temperature}.")
        if max_new_tokens < 1:
            raise PolicyError(f"At least one token must be allowed, not {max_new_tokens}.")
        if "" in stop:
            raise PolicyError("A stop string must not be empty.")
        self.policy, self.name, self.stop = policy, name, tuple(stop)
        self.temperature, self.max_new_tokens = temperature, max_new_tokens

    def generate(self, prompts: Sequence[str], *, seeds: Sequence[int]) -> list[str]:
        """One program a prompt; equal neighbours among the prompts are read once."""
        programs: list[str] = []
        for start in range(0, len(prompts), BATCH):
            batch = list(
                zip(prompts[start : start + BATCH], seeds[start : start + BATCH], strict=True)
            )
            groups = [
                (prompt, [seed for _, seed in rows])
                for prompt, rows in itertools.groupby(batch, key=lambda row: row[0])
            ]
            sampled = self.policy.sample(
                [self.policy.encode(prompt) for prompt, _ in groups],
                seeds=[seeds for _, seeds in groups],
                max_new_tokens=self.max_new_tokens,
                temperature=self.temperature,
                stop=self.stop,
            )
            programs += [
                self.policy.decode(c.tokens, stop=self.stop) for group in sampled for c in group
            ]
        return programs


def load_policy_agent(
    path: str | Path,
    *,
    base: str | None = None,
    device: str = "auto",
    temperature: float = SAMPLING_TEMPERATURE,
    max_new_tokens: int = MAX_NEW_TOKENS,
    stop: Sequence[str] = (),
) -> PolicyAgent:
    """The policy at `path` (see `load_policy`) as an agent. Raises `PolicyError`."""
    policy = load_policy(path, base=base, device=device)
    return PolicyAgent(
        policy, name=str(path), temperature=temperature, max_new_tokens=max_new_tokens, stop=stop
    )
