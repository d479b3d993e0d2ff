"""A language model as a policy: a Hugging Face causal model, usually with a LoRA adapter.

A base is named by a folder, by a hub name, or by ``"tiny"`` (our own small model, part of the
package). What training changes is saved as an adapter in peft's format with a `forgegym.json`
beside it that says which base it belongs to, so that an adapter is never laid on another model in
silence.
"""

from __future__ import annotations

import copy
import hashlib
import itertools
import json
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

import torch
from peft import LoraConfig, get_peft_model
from peft.utils import get_peft_model_state_dict, set_peft_model_state_dict
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer
from transformers.pytorch_utils import Conv1D

from ..envs.registration import LANGUAGES
from .checkpoint import write_atomically
from .distributed import local_device
from .fence import program_in
from .generate import Completion, generate
from .memory import is_out_of_memory, memory_told
from .recompute import recompute_activations
from .stop import cut, stop_strings

TINY = "tiny"
TINY_FOLDER = Path(__file__).parent / "tiny"  # made by `sft`, one for each language
DEFAULT_LLM = "deepseek-ai/deepseek-coder-6.7b-base"
# Every linear layer is adapted: attention alone loses even at equal size
# (https://thinkingmachines.ai/blog/lora). In a Llama and its many likes these are all.
PROJECTIONS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
# Linear layers that choose or weigh experts: training them unsettles which expert learns what.
ROUTERS = ("gate", "router", "shared_expert_gate")
LORA_RANK, LORA_ALPHA = 16, 32
DType = Literal["auto", "float32", "bfloat16"]
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

_TOKENIZERS = (
    "tokenizer.json", "tokenizer_config.json", "tokenizer.model", "vocab.json", "vocab.txt",
    "spiece.model",
)  # fmt: skip
META = "forgegym.json"
_MANNER = ("stop", "max_new_tokens")
_OWN = "default"  # peft's name for the first adapter of a model
WEIGHTS, _PEFT_CONFIG = "adapter_model.safetensors", "adapter_config.json"
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")


class PolicyError(ValueError):
    """A model or adapter that cannot be used; the message is one sentence for the user."""


@dataclass(slots=True)
class Policy:
    """A causal model, its tokenizer, and what they are called; `adapter` is peft's name for its
    adapter, where it has one. `manner`: how a trained one ends its answers, `stop` and
    `max_new_tokens`."""

    model: Any
    tokenizer: Any
    base: str
    base_digest: str | None
    adapter: str = _OWN
    manner: Mapping[str, Any] = field(default_factory=dict)

    @property
    def device(self) -> torch.device:
        device: torch.device = next(self.model.parameters()).device
        return device

    @property
    def vocabulary(self) -> int:
        """How many tokens the model knows; its tokenizer may know fewer, or more."""
        return int(self.model.config.get_text_config().vocab_size)

    @property
    def context(self) -> int | None:
        """The most tokens of prompt and answer together; None where positions have no end."""
        # Models without an end to their positions (ALiBi) have no such setting.
        return getattr(self.model.config.get_text_config(), "max_position_embeddings", None)

    @property
    def pad_id(self) -> int:
        """What fills a batch up. No model sees it, so that any token of its own will do."""
        pad = self.tokenizer.pad_token_id
        return int(pad) if pad is not None and pad < self.vocabulary else self.eos_ids[0]

    @property
    def eos_ids(self) -> tuple[int, ...]:
        """Every token that ends an answer: the tokenizer's, and the model's own list."""
        configured = self.model.generation_config.eos_token_id
        listed = configured if isinstance(configured, list) else [configured]
        return tuple(sorted({i for i in (*listed, self.tokenizer.eos_token_id) if i is not None}))

    @property
    def end_id(self) -> int:
        """The token that ends an answer which was not sampled."""
        own = self.tokenizer.eos_token_id
        return self.eos_ids[0] if own is None else int(own)

    def encode(self, prompt: str) -> list[int]:
        """The token ids of a prompt, up to where the answer begins.

        A chat template is the whole text, and writes what begins one itself. Raises `PolicyError`
        when the template fails, or the model cannot read what comes of it.
        """
        if self.tokenizer.chat_template is not None:
            text = self._chat(prompt)
            ids = list(self.tokenizer(text, add_special_tokens=False)["input_ids"])
        else:
            encoded = self.tokenizer(prompt + "\n\n", return_special_tokens_mask=True)
            ids, added = list(encoded["input_ids"]), list(encoded["special_tokens_mask"])
            while added and added.pop():  # some tokenizers end every text, and an answer follows
                ids.pop()
        if not ids:
            raise PolicyError(f"The tokenizer of {self.base} makes no tokens of a prompt.")
        if max(ids) >= self.vocabulary:
            raise PolicyError(
                f"The tokenizer of {self.base} makes token {max(ids)}, but its model knows only "
                f"{self.vocabulary} tokens."
            )
        return ids

    def _chat(self, *texts: str) -> str:
        """A conversation that the user begins, as the chat template writes it."""
        roles = itertools.cycle(("user", "assistant"))
        said = [{"role": role, "content": text} for role, text in zip(roles, texts, strict=False)]
        # Some templates fail without a system message, others with one.
        system = {"role": "system", "content": "You write programs."}
        reasons = []
        for messages in (said, [system, *said]):
            try:
                text: str = self.tokenizer.apply_chat_template(
                    messages, tokenize=False, add_generation_prompt=True
                )
            except Exception as error:  # a template is a program of the model's
                reasons.append(_reason(error))
            else:
                return text
        raise PolicyError(f"The chat template of {self.base} fails: {reasons[0]}")

    def encode_feedback(self, feedback: str, *, answered: bool) -> list[int]:
        """The token ids of what the environment said, from the end of an answer up to where the
        next one begins; `answered`: the answer ended with a token that ends one. Raises as
        `encode`."""
        # The answer's own tokens stay as they were sampled; only what follows one is rendered.
        answer = "[the answer that was given]"
        found, rest = "", ""
        if self.tokenizer.chat_template is not None:
            _, found, rest = self._chat("prompt", answer, feedback).partition(answer)
            if answered:
                rest = self._after_the_end(rest)
        if not found:  # a base model, or a template for one prompt
            rest = "\n" + feedback.rstrip("\n") + "\n\n"
        return list(self.tokenizer(rest, add_special_tokens=False)["input_ids"])

    def _after_the_end(self, rest: str) -> str:
        """What a template writes after an answer, without the end of one: that was sampled. The
        two need not be the same token, and a template may begin a line before its own."""
        ends = (str(self.tokenizer.convert_ids_to_tokens(i)) for i in self.eos_ids)
        for end in sorted(ends, key=len, reverse=True):
            if rest.lstrip().startswith(end):
                return rest.lstrip()[len(end) :]
        return rest

    def encode_conversation(
        self,
        texts: Sequence[str],
        *,
        sampled: Mapping[tuple[str, ...], Sequence[int]] | None = None,
    ) -> list[int]:
        """The token ids of a prompt, an answer, what was said of it, the next answer and so on, up
        to where an answer begins.

        `sampled`: the tokens of answers that this policy gave, by the texts of the conversation up
        to and with the answer; others are tokenised. Raises as `encode`.
        """
        ids, ended = self.encode(texts[0]), True
        for place, text in enumerate(texts[1:], 1):
            if place % 2 == 0:
                ids += self.encode_feedback(text, answered=ended)
            elif known := (sampled or {}).get(tuple(texts[: place + 1])):
                ids += known
                ended = known[-1] in self.eos_ids
            else:
                ids += self.tokenizer(text, add_special_tokens=False)["input_ids"]
                ids.append(self.end_id)
                ended = True
        return ids

    def decode(self, tokens: Tensor, *, stop: Sequence[str] = ()) -> str:
        """The program in an answer: what its first code fence holds, or all of it, before the first
        of the texts in `stop`."""
        # Tidying spaces is for prose: it would take those before a full stop or a comma away.
        text = self.tokenizer.decode(
            tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return program_in(cut(text, stop))

    def sample(
        self,
        prompts: Sequence[Sequence[int]],
        *,
        seeds: Sequence[Sequence[int]],
        max_new_tokens: int,
        temperature: float,
        top_p: float = 1.0,
        value_of: Callable[[Tensor], Tensor] | None = None,
        stop: Sequence[str] = (),
        on_finished: Callable[[int, Tensor], None] | None = None,
    ) -> list[list[Completion]]:
        """`generate` with this policy's model and tokens; `stop` are texts that end an answer.

        Raises `PolicyError` when a prompt and its answer are longer than the model can read, or
        when its scores are not numbers.
        """
        longest = max(map(len, prompts), default=0)
        if self.context is not None and longest + max_new_tokens > self.context:
            raise PolicyError(
                f"A prompt of {longest} tokens and {max_new_tokens} new ones (max_new_tokens) are "
                f"more than the {self.context} that {self.base} can read."
            )
        completions = generate(
            self.model,
            prompts,
            seeds=seeds,
            max_new_tokens=max_new_tokens,
            eos_ids=self.eos_ids,
            pad_id=self.pad_id,
            temperature=temperature,
            top_p=top_p,
            value_of=value_of,
            stop=stop_strings(self.tokenizer, tuple(stop)),
            on_finished=on_finished,
        )
        if any(c.logprobs.isnan().any() for group in completions for c in group):
            raise PolicyError(
                f"{self.base} gave scores that are not numbers (NaN) while sampling: its weights "
                "are damaged, or too large for their dtype."
            )
        return completions


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
    return local_device(chosen)


def tiny_name(env: str) -> str:
    """What the tiny base of an environment is called: ``"tiny"`` is Compact's, ``"tiny-rust"``
    Rust's; Compact's, too, where there is none."""
    language = LANGUAGES.get(env, "compact")
    other = language != "compact" and (TINY_FOLDER / language).is_dir()
    return f"{TINY}-{language}" if other else TINY


def _tiny_folder(name: str) -> Path | None:
    """The folder of a tiny base; None for any other name. Raises `PolicyError`: there is none."""
    tiny, dash, language = name.partition("-")
    if tiny != TINY or Path(name).is_dir():
        return None
    folder = TINY_FOLDER / (language if dash else "compact")
    if not folder.is_dir():
        known = ", ".join(sorted(f.name for f in TINY_FOLDER.iterdir()))
        raise PolicyError(f"There is no tiny base {language!r}; there are: {known}.")
    return folder


def load_base(name: str, *, device: str = "auto", dtype: DType = "auto") -> Policy:
    """The base model called `name`, frozen, without an adapter.

    `name` is ``"tiny"`` (or another language's, see `tiny_name`), a folder with a Hugging Face
    model, or a name on the hub. `dtype` is that of the weights: ``"auto"`` is float32 on the CPU
    and bfloat16 on a GPU. Raises `PolicyError`, also for a model that is not causal, or keeps no
    plain key-value cache.
    """
    chosen = choose_device(device)
    if dtype not in get_args(DType):
        raise PolicyError(f"The dtype is auto, float32 or bfloat16, not {dtype!r}.")
    where: str | Path = name
    if (tiny := _tiny_folder(name)) is not None:
        where = tiny
    elif Path(name).is_dir():
        where = Path(name)
        if _adapter_in(where) is not None:
            raise PolicyError(
                f"{name} holds an adapter, not a model; give the base it was made on (training "
                f"goes on from an adapter with --set start={name})."
            )
        if not (where / "config.json").exists():
            raise PolicyError(f"{name} holds no model: it has no config.json.")
        if not any((where / file).exists() for file in _TOKENIZERS):
            raise PolicyError(
                f"{name} could not be loaded as a causal language model: its tokenizer is not in "
                f"the folder (no {_TOKENIZERS[0]})."
            )
    elif Path(name).is_file():
        raise PolicyError(
            f"{name} is a file; a model is a folder with config.json, safetensors and a tokenizer "
            "(a GGUF file has to be converted first)."
        )
    elif not _HUB_NAME.fullmatch(name):
        raise PolicyError(
            f"There is no model folder {name}, and it is not a hub name like {DEFAULT_LLM}."
        )
    cpu = chosen.type == "cpu"
    of = {"auto": "float32" if cpu else "bfloat16"}.get(dtype, dtype)
    with memory_told(
        f"loading {name}", "take a smaller base, or half its size with dtype=bfloat16"
    ):
        model, tokenizer = _read(name, where, getattr(torch, of))
        model.requires_grad_(False)
        model.to(chosen).eval()
    folder = Path(where) if Path(where).is_dir() else _hub_folder(name, model)
    policy = Policy(model, tokenizer, name, None if folder is None else weights_digest(folder))
    if not policy.eos_ids:
        raise PolicyError(
            f"{name} has no end-of-text token, so that no answer would ever end; name one as "
            "eos_token in its tokenizer_config.json."
        )
    _require_causal(policy)
    return policy


def _read(name: str, where: str | Path, dtype: torch.dtype) -> tuple[Any, Any]:
    """Model and tokenizer as Hugging Face reads them, or a `PolicyError` that says why not."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    options: dict[str, Any] = {"trust_remote_code": False}  # else it asks on the terminal
    kept = isinstance(where, str) and not _hub_answers()
    with _quiet():
        part = "its tokenizer: "
        try:
            if kept:  # by its folder, in which nothing is looked for elsewhere
                from huggingface_hub import snapshot_download

                where = snapshot_download(str(where), local_files_only=True)
            tokenizer = AutoTokenizer.from_pretrained(where, **options)
            part = ""
            options |= {"dtype": dtype, "output_loading_info": True}
            loaded: Any = AutoModelForCausalLM.from_pretrained(where, **options)
        except Exception as error:  # what a damaged file may raise is not ours to list
            if is_out_of_memory(error):
                raise
            absent = kept and isinstance(error, OSError)
            nowhere = "it is no folder, it is not on this machine, and the hub cannot be reached."
            reason = nowhere if absent else ""
            raise PolicyError(
                f"{name} could not be loaded as a causal language model: "
                f"{reason or part + _reason(error)}"
            ) from error
    model, found = loaded
    missing = sorted(found["missing_keys"])
    if missing:  # they would be random numbers
        raise PolicyError(
            f"{name} could not be loaded as a causal language model: {len(missing)} of its weights "
            f"are missing ({missing[0]})."
        )
    return model, tokenizer


def _hub_folder(name: str, model: Any) -> Path | None:
    """Where the files of a model of the hub are kept on this machine."""
    from huggingface_hub import try_to_load_from_cache

    revision = getattr(model.config, "_commit_hash", None)
    found = try_to_load_from_cache(name, "config.json", revision=revision)
    return Path(found).parent if isinstance(found, str) else None


def _hub_answers() -> bool:
    """Whether the hub says anything at all. Asked by itself, a missing network is known at once;
    loading would try again and again, for most of a minute."""
    from huggingface_hub import constants, get_session

    try:
        get_session().head(constants.ENDPOINT, timeout=5)
    except Exception:  # of the HTTP library in use, or that of offline mode
        return False
    return True


@contextmanager
def _quiet() -> Iterator[None]:
    """Without Hugging Face's progress bars, which would tear the live table, and its reports."""
    from transformers.utils import logging

    logging.disable_progress_bar()
    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)


def _reason(error: Exception) -> str:
    """The first sentence of what a library says."""
    text = " ".join(str(error).split())
    first = text.split(". ")[0].rstrip(".")[:200]
    if isinstance(error, (OSError, ValueError)):
        return f"{first}."
    return f"its files do not fit together ({type(error).__name__}: {first})."


@torch.no_grad()
def _require_causal(policy: Policy) -> None:
    """Raises `PolicyError` unless a token is read without those after it, and the model keeps one
    key and value of each in layers whose rows can be selected: sampler and trainer read a prompt
    once and go on from there.

    An encoder looks ahead, a state-space model keeps one state for all that it has read.
    """
    model, end = policy.model, policy.eos_ids[0]
    kind = f"{policy.base} is a {model.config.model_type} model"
    cache: Any = DynamicCache(config=model.config)
    kept, reason = 0, ""
    if {type(layer) for layer in cache.layers} <= {DynamicLayer, DynamicSlidingWindowLayer}:
        ids = torch.tensor([[end, end], [end, int(not end)]], device=policy.device)
        try:
            out = model(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                position_ids=torch.arange(2, device=policy.device).expand(2, 2),
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=2,
            )
        except (TypeError, ValueError, AttributeError) as error:
            reason = f" ({type(error).__name__}: {' '.join(str(error).split())[:100]})"
        else:
            kept = cache.get_seq_length()
            one, other = out.logits[:, 0].float()  # [V] each, after the same first token
            # Rows of a batch may differ by rounding, an encoder's do by what they say.
            rounding = torch.finfo(model.dtype).eps ** 0.5
            if (one - other).abs().max() > rounding * one.std():
                raise PolicyError(
                    f"{kind}, which reads a token together with those after it: an encoder writes "
                    "no programs; take a causal model."
                )
    if kept != 2:
        raise PolicyError(
            f"{kind}, which keeps no key-value cache of the tokens before{reason}; sampling needs "
            "a causal transformer that does."
        )


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
    for name, data in ((_PEFT_CONFIG, config), (META, meta)):
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
    folder = _adapter_in(Path(path))
    if folder is not None:
        return _load_adapter(folder, base=base, device=device, dtype=dtype)
    if base is not None:
        raise PolicyError(f"{path} holds no adapter, so a base cannot be given for it.")
    return load_base(str(path), device=device, dtype=dtype)


def _adapter_in(folder: Path) -> Path | None:
    """The folder itself if it holds an adapter, else a run's best or latest one in it."""
    found = (folder, folder / "best", folder / "latest")
    return next((each for each in found if (each / _PEFT_CONFIG).exists()), None)


@dataclass(frozen=True, slots=True)
class _Saved:
    """An adapter as it lies in a folder: peft's configuration, and our note."""

    folder: Path
    config: dict[str, Any]
    meta: dict[str, Any]

    @classmethod
    def read(cls, folder: Path) -> _Saved:
        try:
            config = json.loads((folder / _PEFT_CONFIG).read_text(encoding="utf-8"))
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
    folder = _adapter_in(Path(path))
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
