"""What training changes of a policy: a LoRA adapter on its linear layers, saved in peft's format.

A `forgegym.json` beside it says which base it belongs to, and how it was trained to end its
answers, so that an adapter is never laid on another model in silence.
"""

from __future__ import annotations

import copy
import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from peft.utils import get_peft_model_state_dict, set_peft_model_state_dict
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from .checkpoint import write_atomically
from .policy import PEFT_CONFIG, DType, Policy, PolicyError, adapter_in, load_base
from .recompute import recompute_activations

# Every linear layer is adapted: attention alone loses even at equal size
# (https://thinkingmachines.ai/blog/lora). In a Llama and its many likes these are all.
PROJECTIONS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
# Linear layers that choose or weigh experts: training them unsettles which expert learns what.
ROUTERS = ("gate", "router", "shared_expert_gate")
LORA_RANK, LORA_ALPHA = 16, 32
META = "forgegym.json"
_MANNER = ("stop", "max_new_tokens")
WEIGHTS = "adapter_model.safetensors"


def lora_targets(model: Any) -> tuple[list[str], list[str]]:
    """The modules and the parameters of `model` that LoRA adapts, by peft's names for them.

    All linear layers of the trunk, and the experts' matrices where they are one parameter of three
    dimensions; never the embeddings, the output head or a router.
    """
    head, trunk = model.get_output_embeddings(), set(model.get_decoder().modules())
    linears, experts = [], set()
    for name, module in model.named_modules():
        last = name.rpartition(".")[2]
        if module in trunk and module is not head:
            if isinstance(module, (nn.Linear, Conv1D)) and last not in ROUTERS:
                linears.append(name)
            if last == "experts":
                of = module.named_parameters(recurse=False)
                experts |= {f"{last}.{key}" for key, value in of if value.dim() == 3}
    short = {name.rpartition(".")[2] for name in linears}
    others = {name.rpartition(".")[2] for name, _ in model.named_modules() if name not in linears}
    if short & others:  # the last part of a name alone would adapt more than is meant
        return linears, sorted(experts)
    seven = [name for name in PROJECTIONS if name in short]
    return [*seven, *sorted(short - set(PROJECTIONS))], sorted(experts)


def add_adapter(
    policy: Policy,
    *,
    rank: int = LORA_RANK,
    alpha: int = LORA_ALPHA,
    seed: int = 0,
    gradient_checkpointing: bool = False,
) -> Policy:
    """`policy` with a new LoRA adapter on its linear layers (see `lora_targets`), which changes
    nothing yet. Its weights are float32, whatever those of the base are.

    `gradient_checkpointing`: see `recompute`. Raises `PolicyError` for a model without linear
    layers, or without layers to compute again.
    """
    modules, parameters = lora_targets(policy.model)
    if not modules:
        raise PolicyError(f"{policy.base} has no linear layers that LoRA could adapt.")
    conv1d = any(isinstance(module, Conv1D) for module in policy.model.modules())
    config = LoraConfig(
        r=rank,
        lora_alpha=alpha,
        target_modules=modules,
        target_parameters=parameters or None,
        fan_in_fan_out=conv1d,  # how GPT-2 lays its matrices out
        # Dropout would make the policy that is trained differ from the one that sampled.
        lora_dropout=0.0,
        task_type="CAUSAL_LM",
    )
    torch.manual_seed(seed)
    model = _wrapped(policy.model, config)
    if gradient_checkpointing and not recompute_activations(model):
        raise PolicyError(
            f"{policy.base} has no layers that can be computed again: gradient_checkpointing "
            "has to be off."
        )
    # In eval mode gradients flow all the same, and sampler and trainer see one policy.
    model.eval()
    return Policy(model, policy.tokenizer, policy.base, policy.base_digest)


def parameter_counts(policy: Policy) -> tuple[int, int]:
    """How many parameters are trained, and how many there are, the adapter's among them."""
    sizes = [(p.numel(), p.requires_grad) for p in policy.model.parameters()]
    return sum(n for n, trained in sizes if trained), sum(n for n, _ in sizes)


def add_second_adapter(policy: Policy, name: str, *, seed: int) -> list[nn.Parameter]:
    """A new LoRA adapter beside the policy's own and like it, on the same base; its weights.

    Nothing but what runs inside `second_adapter` knows of it.
    """
    torch.manual_seed(seed)
    policy.model.add_adapter(name, copy.deepcopy(policy.model.peft_config[policy.adapter]))
    policy.model.eval()
    with second_adapter(policy, name):
        return [p for p in policy.model.parameters() if p.requires_grad]


@contextmanager
def second_adapter(policy: Policy, name: str) -> Iterator[None]:
    """Meanwhile the adapter `name` stands for the policy's own: it runs, and it has gradients."""
    policy.model.set_adapter(name)
    try:
        yield
    finally:
        policy.model.set_adapter(policy.adapter)


def second_policy(policy: Policy, name: str, *, seed: int) -> Policy:
    """A policy with an adapter of its own on the same base as `policy`, and the same weights in
    memory. Either runs, and has gradients, where its adapter was named last: see `at_work`."""
    add_second_adapter(policy, name, seed=seed)
    return replace(policy, adapter=name)


def at_work(policy: Policy) -> None:
    """From now on the model is this policy's, and so are its gradients."""
    policy.model.set_adapter(policy.adapter)


def _wrapped(model: Any, config: LoraConfig) -> Any:
    with warnings.catch_warnings():
        # peft 0.21 asks transformers 5.23 by a name that is going to be renamed.
        warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing.*")
        # Of patterns that it makes itself for some mixtures of experts.
        warnings.filterwarnings("ignore", message=".*_pattern keys did not match.*")
        # An adapter's base may lie elsewhere than where it was trained; its weights are compared.
        warnings.filterwarnings("ignore", message=".*base_model_name_or_path.*was renamed.*")
        return get_peft_model(model, config)


def adapter_state(policy: Policy) -> dict[str, Tensor]:
    """Copies of the adapter's weights, on the CPU, under peft's names."""
    state = _state_of(policy)
    return {name: tensor.detach().cpu().clone() for name, tensor in state.items()}


def _state_of(policy: Policy) -> dict[str, Tensor]:
    # Embeddings are never adapted; to find that out by itself, peft asks the hub each time.
    state: dict[str, Tensor] = get_peft_model_state_dict(
        policy.model, adapter_name=policy.adapter, save_embedding_layers=False
    )
    return state


def set_adapter_state(policy: Policy, state: dict[str, Tensor]) -> None:
    """Puts weights that `adapter_state` gave back. Raises `PolicyError` when they do not fit."""
    try:
        outcome: Any = set_peft_model_state_dict(policy.model, state, policy.adapter)
    except RuntimeError as error:
        raise PolicyError(f"The adapter does not fit the base model {policy.base}.") from error
    if outcome.unexpected_keys:
        raise PolicyError(f"The adapter does not fit the base model {policy.base}.")


def save_adapter(policy: Policy, folder: Path, *, note: dict[str, Any]) -> None:
    """Writes the adapter to `folder` in peft's format; `note` is kept in its `forgegym.json`.

    The weights are the last file replaced, and each is replaced whole.
    """
    config = policy.model.peft_config[policy.adapter].to_dict()
    config["base_model_name_or_path"] = policy.base
    config["inference_mode"] = True
    meta = {**note, "base": policy.base, "base_digest": policy.base_digest}
    for name, data in ((PEFT_CONFIG, config), (META, meta)):
        text = json.dumps(data, indent=2, sort_keys=True, default=_jsonable) + "\n"
        write_atomically(folder / name, text.encode())
    write_atomically(folder / WEIGHTS, save(adapter_state(policy), {"format": "pt"}))


def _jsonable(value: Any) -> Any:
    return sorted(value) if isinstance(value, (set, frozenset)) else str(value)


def load_policy(
    path: str | Path, *, base: str | None = None, device: str = "auto", dtype: DType = "auto"
) -> Policy:
    """The policy at `path`: an adapter's folder, a run's folder (its best adapter), a model's
    folder, a hub name, or ``"tiny"``.

    `base` replaces the base model an adapter names; `dtype`: see `load_base`. Raises `PolicyError`
    when there is nothing to load, or when the adapter was trained on another base.
    """
    folder = adapter_in(Path(path))
    if folder is not None:
        return _load_adapter(folder, base=base, device=device, dtype=dtype)
    if base is not None:
        raise PolicyError(f"{path} holds no adapter, so a base cannot be given for it.")
    return load_base(str(path), device=device, dtype=dtype)


@dataclass(frozen=True, slots=True)
class _Saved:
    """An adapter as it lies in a folder: peft's configuration, and our note."""

    folder: Path
    config: dict[str, Any]
    meta: dict[str, Any]

    @classmethod
    def read(cls, folder: Path) -> _Saved:
        try:
            config = json.loads((folder / PEFT_CONFIG).read_text(encoding="utf-8"))
            path = folder / META
            meta = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        except ValueError as error:
            raise PolicyError(f"The adapter in {folder} is damaged: {error}.") from error
        return cls(folder, config, meta)

    def require_base(self, policy: Policy, remedy: str) -> None:
        """Raises `PolicyError` when it was trained on another model, as far as is known."""
        wanted = self.meta.get("base_digest")
        if wanted is not None and policy.base_digest != wanted:
            raise PolicyError(
                f"The adapter in {self.folder} was trained on another model than {policy.base} "
                f"(weights {wanted[:12]}, here {(policy.base_digest or 'unknown')[:12]}); {remedy}."
            )

    def weights_for(self, policy: Policy) -> dict[str, Tensor]:
        """Its weights, for the adapter that `policy` has. Raises `PolicyError` when they do not
        fit."""
        try:
            weights: dict[str, Tensor] = load_file(self.folder / WEIGHTS)
        except (OSError, SafetensorError) as error:
            raise self.damaged(error) from error
        expected = _state_of(policy)
        if {k: v.shape for k, v in expected.items()} != {k: v.shape for k, v in weights.items()}:
            raise PolicyError(
                f"The adapter in {self.folder} does not fit the base model {policy.base}."
            )
        return weights

    def damaged(self, error: Exception) -> PolicyError:
        reason = " ".join(str(error).split())[:200]
        return PolicyError(f"The adapter in {self.folder} could not be loaded: {reason}")


def _load_adapter(folder: Path, *, base: str | None, device: str, dtype: DType) -> Policy:
    saved = _Saved.read(folder)
    name = base or saved.meta.get("base") or saved.config.get("base_model_name_or_path")
    if not name:
        raise PolicyError(
            f"The adapter in {folder} does not name its base model; name it "
            "(`eval --set base=FOLDER`)."
        )
    policy = load_base(str(name), device=device, dtype=dtype)
    saved.require_base(policy, "give the right one (`eval --set base=FOLDER`)")
    try:
        known = {k: v for k, v in saved.config.items() if k in LoraConfig.__dataclass_fields__}
        model = _wrapped(policy.model, LoraConfig(**known))
    except (TypeError, ValueError) as error:
        raise saved.damaged(error) from error
    model.requires_grad_(False)
    manner = {name: saved.meta[name] for name in _MANNER if name in saved.meta}
    loaded = replace(policy, model=model.eval(), manner=manner)
    set_adapter_state(loaded, saved.weights_for(loaded))
    return loaded


def start_from(policy: Policy, path: str) -> None:
    """Gives the new adapter of `policy` the weights of the one at `path`: an adapter's folder, or
    a run's (its best).

    Raises `PolicyError` when there is none, or one of another base, rank or scale.
    """
    folder = adapter_in(Path(path))
    if folder is None:
        raise PolicyError(f"There is no adapter in {path} to start from.")
    saved = _Saved.read(folder)
    saved.require_base(policy, "start from it with --base as it was then")
    own = policy.model.peft_config[policy.adapter]
    rank, alpha = saved.config.get("r"), saved.config.get("lora_alpha")
    if (rank, alpha) != (own.r, own.lora_alpha):
        raise PolicyError(
            f"The adapter in {folder} has lora_rank={rank} and lora_alpha={alpha}; give the same "
            "to start from it."
        )
    set_adapter_state(policy, saved.weights_for(policy))
