"""A language model as a policy: a Hugging Face causal model, and how it reads and writes texts.

A base is named by a folder, by a hub name, or by ``"tiny"`` (our own small model, part of the
package). What training changes of it is an `adapter`.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import torch
from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer

from ..envs.registration import LANGUAGES
from .distributed import local_device
from .fence import program_in
from .generate import Completion, generate
from .memory import is_out_of_memory, memory_told
from .stop import cut, stop_strings

TINY = "tiny"
TINY_FOLDER = Path(__file__).parent / "tiny"  # made by `sft`, one for each language
DEFAULT_LLM = "deepseek-ai/deepseek-coder-6.7b-base"
DType = Literal["auto", "float32", "bfloat16"]

_TOKENIZERS = (
    "tokenizer.json", "tokenizer_config.json", "tokenizer.model", "vocab.json", "vocab.txt",
    "spiece.model",
)  # fmt: skip
OWN_ADAPTER = "default"  # peft's name for the first adapter of a model
PEFT_CONFIG = "adapter_config.json"
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
    adapter: str = OWN_ADAPTER
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
        if adapter_in(where) is not None:
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


def adapter_in(folder: Path) -> Path | None:
    """The folder itself if it holds an adapter, else a run's best or latest one in it."""
    found = (folder, folder / "best", folder / "latest")
    return next((each for each in found if (each / PEFT_CONFIG).exists()), None)
