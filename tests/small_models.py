"""Models of many architectures with random weights, and byte-level tokenizers of several manners,
saved to folders as users have them: there is no hub in a test."""

from pathlib import Path

import torch
import transformers
from tokenizers import Tokenizer, decoders, pre_tokenizers, processors
from tokenizers.models import BPE
from transformers import PreTrainedTokenizerFast

PAD, EOS, BOS = "<pad>", "<eos>", "<bos>"
SPECIAL = (PAD, EOS, BOS, "<user>", "<assistant>")
VOCABULARY = len(SPECIAL) + 256
# The least of a model with attention, by the names that most configurations use.
SIZES = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 128,
}
GROUPED = {**SIZES, "num_key_value_heads": 2}
# A peaked distribution: differences between two ways of computing it would show.
PEAKED = {"initializer_range": 0.3}
WINDOW = {"sliding_window": 6}  # shorter than the tests' prompts
EXPERTS = {"num_experts_per_tok": 2, "moe_intermediate_size": 16}
GPT2 = {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 128}
ONE_AND_ONE = {"layer_types": ["sliding_attention", "full_attention"]}
# Name -> the prefix of its classes in transformers, and its sizes.
TRANSFORMERS = {
    "llama": ("Llama", GROUPED),
    "qwen2": ("Qwen2", GROUPED),
    "qwen3": ("Qwen3", {**GROUPED, "head_dim": 8}),
    "gemma": ("Gemma", {**GROUPED, "head_dim": 8}),
    "gemma2": ("Gemma2", {**GROUPED, **WINDOW, "head_dim": 8}),
    "gemma3": ("Gemma3Text", {**GROUPED, **WINDOW, **ONE_AND_ONE, "head_dim": 8}),
    "mistral": ("Mistral", {**GROUPED, **WINDOW}),
    "gpt2": ("GPT2", GPT2),
    "gpt_neox": ("GPTNeoX", SIZES),
    "phi": ("Phi", SIZES),
    "phi3": ("Phi3", GROUPED),
    "falcon": ("Falcon", SIZES),
    "opt": ("OPT", {**SIZES, "ffn_dim": 48, "word_embed_proj_dim": 32}),
    "starcoder2": ("Starcoder2", {**GROUPED, **WINDOW}),
    "bloom": ("Bloom", {"hidden_size": 32, "n_layer": 2, "n_head": 4}),
    "gptj": ("GPTJ", {**GPT2, "rotary_dim": 4}),
    "mixtral": ("Mixtral", {**GROUPED, "num_experts_per_tok": 2, "num_local_experts": 4}),
    "qwen2_moe": (
        "Qwen2Moe",
        {**GROUPED, **EXPERTS, "num_experts": 4, "shared_expert_intermediate_size": 16},
    ),
    "gpt_oss": (
        "GptOss",
        {**GROUPED, **WINDOW, **ONE_AND_ONE, "head_dim": 8, "num_local_experts": 4,
         "num_experts_per_tok": 2},
    ),
}  # fmt: skip
# Models whose memory of a prompt is one state.
STATEFUL = {
    "mamba": ("Mamba", {"hidden_size": 32, "num_hidden_layers": 2, "state_size": 4}),
    "rwkv": ("Rwkv", {"hidden_size": 32, "num_hidden_layers": 2, "attention_hidden_size": 32}),
    "lfm2": ("Lfm2", {**GROUPED, "layer_types": ["conv", "full_attention"]}),
    "recurrent_gemma": (
        "RecurrentGemma",
        {**GROUPED, "head_dim": 8, "num_hidden_layers": 3, "attention_window_size": 6},
    ),
}  # fmt: skip


def make_tokenizer(
    *, specials: dict | None = None, add: str = "", chat_template: str | None = None
) -> PreTrainedTokenizerFast:
    """Bytes as tokens. `specials`: which named tokens it has; `add`: ``"bos"`` or ``"eos"`` or both
    are put around every text."""
    if specials is None:
        specials = {"pad_token": PAD, "eos_token": EOS, "bos_token": BOS}
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: i for i, token in enumerate([*SPECIAL, *alphabet])}
    tokenizer = Tokenizer(BPE(vocab=vocabulary, merges=[]))
    tokenizer.add_special_tokens(list(SPECIAL))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    if add:
        before, after = BOS if "bos" in add else "", EOS if "eos" in add else ""
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{before} $A {after}".strip(),
            special_tokens=[(token, vocabulary[token]) for token in (before, after) if token],
        )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, chat_template=chat_template, padding_side="left", **specials
    )


def make_model(name: str, **changes):
    """The model of that name, its weights drawn from a fixed seed."""
    family, sizes = (TRANSFORMERS | STATEFUL)[name]
    ids = {"pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 2}
    settings = {"vocab_size": VOCABULARY, **ids, **PEAKED, **sizes, **changes}
    config = getattr(transformers, f"{family}Config")(**settings)
    torch.manual_seed(3)
    return transformers.AutoModelForCausalLM.from_config(config).eval()


def save_model(folder: Path, name: str, *, tokenizer=None, **changes) -> Path:
    """The folder of a model, as `save_pretrained` writes one."""
    make_model(name, **changes).save_pretrained(folder)
    (tokenizer or make_tokenizer()).save_pretrained(folder)
    return folder
