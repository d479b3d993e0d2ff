"""The sampler against Hugging Face's forward pass, and the trainer's view of its samples."""

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
)

from forgegym.agents.generate import CacheDecoder, generate, sample
from forgegym.agents.llama import LlamaDecoder, is_plain_llama
from forgegym.agents.logprob import completion_scores, passes
from forgegym.agents.policy import PROJECTIONS
from forgegym.agents.value import mean_so_far

VOCABULARY, EOS, PAD = 61, 1, 0
PROMPTS = [[5, 9, 33, 7], [11], [2, 3, 4, 5, 6, 7, 8, 9, 10]]


def llama(kv_heads=2):
    torch.manual_seed(3)
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=kv_heads,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=EOS,
        pad_token_id=PAD,
        initializer_range=0.3,  # a peaked distribution: differences between ways would show
    )
    return LlamaForCausalLM(config).eval()


def with_adapter(model):
    config = LoraConfig(r=4, lora_alpha=8, target_modules=list(PROJECTIONS))
    model = get_peft_model(model, config).eval()
    torch.manual_seed(4)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.2)
    return model


def gpt2():
    torch.manual_seed(3)
    config = GPT2Config(
        vocab_size=VOCABULARY, n_embd=32, n_layer=2, n_head=4, n_positions=64, initializer_range=0.3
    )
    return GPT2LMHeadModel(config).eval()


def sliding():
    torch.manual_seed(3)
    config = MistralConfig(
        vocab_size=VOCABULARY,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        sliding_window=6,
        initializer_range=0.3,
    )
    return MistralForCausalLM(config).eval()


MODELS = {
    "llama": llama,
    "llama, one key head": lambda: llama(kv_heads=1),
    "llama with an adapter": lambda: with_adapter(llama()),
    "gpt2": gpt2,
    "sliding window": sliding,
}


def run(model, prompts=PROMPTS, seeds=((1, 2, 3), (4,), (5, 6)), **options):
    settings = {"max_new_tokens": 24, "eos_ids": [EOS], "pad_id": PAD, **options}
    return generate(model, prompts, seeds=seeds, **settings)


@torch.no_grad()
def naive(model, prompt, seed, *, max_new_tokens=24, temperature=1.0):
    """One sequence at a time, the whole of it read again for every token."""
    noise = torch.rand(max_new_tokens, generator=torch.Generator().manual_seed(seed))
    ids, out, logprobs = list(prompt), [], []
    for t in range(max_new_tokens):
        logits = model(input_ids=torch.tensor([ids])).logits[0, -1]
        probabilities = (logits / temperature).double().softmax(-1)
        token = int((probabilities.cumsum(0) <= noise[t].double()).sum())
        out.append(token)
        logprobs.append(probabilities[token].log().item())
        ids.append(token)
        if token == EOS:
            break
    return out, logprobs


@pytest.mark.parametrize("name", MODELS)
def test_equals_naive_sampling(name):
    model = MODELS[name]()
    seeds = ((1, 2, 3), (4,), (5, 6))
    for prompt, group, completions in zip(PROMPTS, seeds, run(model), strict=True):
        for seed, completion in zip(group, completions, strict=True):
            tokens, logprobs = naive(model, prompt, seed)
            assert completion.tokens.tolist() == tokens
            assert completion.logprobs.tolist() == pytest.approx(logprobs, abs=1e-4)
            assert completion.finished == (tokens[-1] == EOS)


def test_greedy_equals_hugging_faces_generate():
    model = with_adapter(llama())
    found = run(model, temperature=0.0)
    for prompt, completions in zip(PROMPTS, found, strict=True):
        expected = model.generate(
            input_ids=torch.tensor([prompt]),
            attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
            do_sample=False,
            max_new_tokens=24,
            pad_token_id=PAD,
            eos_token_id=EOS,
        )[0, len(prompt) :]
        for completion in completions:
            assert completion.tokens.tolist() == expected.tolist()


def test_the_short_way_for_llama_equals_the_general_one():
    model = with_adapter(llama())
    assert is_plain_llama(model)
    short = run(model, decoder=LlamaDecoder(model))
    general = run(model, decoder=CacheDecoder(model))
    for one, other in zip(short, general, strict=True):
        for a, b in zip(one, other, strict=True):
            assert a.tokens.tolist() == b.tokens.tolist()
            assert torch.allclose(a.logprobs, b.logprobs, atol=1e-5)


@pytest.mark.parametrize("kv_heads", [1, 2, 4])
@pytest.mark.parametrize(
    "seeds", [((1, 2, 3), (4,), (5, 6)), ((1, 2), (3, 4), (5, 6)), ((), (7, 8, 9), (10,))]
)
def test_prompts_read_together_give_what_copies_of_them_give(monkeypatch, kv_heads, seeds):
    """Groups of one size, of several, and of none; long enough for rows and whole groups to end."""
    model = with_adapter(llama(kv_heads))
    copied = run(model, seeds=seeds, max_new_tokens=120)
    monkeypatch.setattr("forgegym.agents.llama.SHARED_FROM", 1)
    used = []
    original = LlamaDecoder._shared
    monkeypatch.setattr(LlamaDecoder, "_shared", lambda *args: used.append(1) or original(*args))
    together = run(model, seeds=seeds, max_new_tokens=120)
    assert used
    assert len({len(c.tokens) for group in copied for c in group}) > 1
    for one, other in zip(copied, together, strict=True):
        for a, b in zip(one, other, strict=True):
            assert a.tokens.tolist() == b.tokens.tolist()
            assert torch.allclose(a.logprobs, b.logprobs, atol=1e-5)


def test_only_what_the_short_way_understands_takes_it():
    assert is_plain_llama(llama())
    assert not is_plain_llama(gpt2())
    assert not is_plain_llama(sliding())
    assert not is_plain_llama(llama().to(torch.bfloat16))
    config = LoraConfig(r=4, target_modules=["q_proj"], use_dora=True)
    assert not is_plain_llama(get_peft_model(llama(), config))


def test_a_sample_depends_on_its_seed_and_not_on_its_batch():
    model = llama()
    alone = run(model, [PROMPTS[0]], [[2]])[0][0]
    together = run(model)[0][1]
    assert alone.tokens.tolist() == together.tokens.tolist()


def test_no_wish_gives_no_completion():
    assert run(llama(), PROMPTS, [[], [], []]) == [[], [], []]
    with pytest.raises(ValueError, match="no tokens"):
        run(llama(), [[]], [[1]])
    with pytest.raises(ValueError, match="3 prompts but seeds for 1"):
        run(llama(), PROMPTS, [[1]])


def test_sampling_follows_the_distribution():
    logits = torch.tensor([[0.0, 1.0, -1.0, float("-inf")]]).repeat(20000, 1)
    noise = torch.rand(20000, generator=torch.Generator().manual_seed(0))
    tokens, _ = sample(logits, noise, temperature=0.5)
    wanted = (logits[0] / 0.5).softmax(-1)
    found = torch.bincount(tokens, minlength=4) / 20000
    assert torch.allclose(found, wanted, atol=0.01)
    assert found[3] == 0


@pytest.mark.parametrize("temperature", [1.0, 0.7])
@pytest.mark.parametrize("name", MODELS)
def test_the_trainer_sees_the_samplers_log_probabilities(name, temperature):
    model = MODELS[name]()
    completions = run(model, temperature=temperature)
    owners = [i for i, group in enumerate(completions) for _ in group]
    flat = [c for group in completions for c in group]
    scores = completion_scores(
        model,
        prompts=PROMPTS,
        completions=[c.tokens for c in flat],
        owners=owners,
        pad_id=PAD,
        temperature=temperature,
    )
    logprobs, mask = scores.logprobs, scores.mask
    for row, completion in enumerate(flat):
        n = len(completion.tokens)
        assert torch.allclose(logprobs[row, :n], completion.logprobs, atol=1e-4)
        assert mask[row].tolist() == [1.0] * n + [0.0] * (mask.shape[1] - n)


def test_end_of_text_is_a_sampled_token_like_any_other():
    finished = [c for group in run(llama(), max_new_tokens=200) for c in group if c.finished]
    assert finished
    for completion in finished:
        assert completion.tokens[-1] == EOS
        assert EOS not in completion.tokens[:-1]


def test_sharing_the_prompt_changes_no_gradient():
    """Against a dense pass over prompt and completion together, one row at a time."""
    model = with_adapter(llama())
    trained = [p for p in model.parameters() if p.requires_grad]
    completions = run(model)
    owners = [i for i, group in enumerate(completions) for _ in group]
    tokens = [c.tokens for group in completions for c in group]

    scores = completion_scores(
        model,
        prompts=PROMPTS,
        completions=tokens,
        owners=owners,
        pad_id=PAD,
        with_entropy=True,
    )
    shared, entropy = scores.logprobs, scores.entropy
    total, entropies = 0.0, []
    for owner, completion in zip(owners, tokens, strict=True):
        ids = torch.cat([torch.tensor(PROMPTS[owner]), completion]).unsqueeze(0)
        logp = model(input_ids=ids).logits[0, :-1].log_softmax(-1)[len(PROMPTS[owner]) - 1 :]
        total = total + logp.gather(1, completion.unsqueeze(1)).sum()
        entropies.append(-(logp.exp() * logp).sum())
    assert shared.sum().item() == pytest.approx(total.item(), rel=1e-5)
    assert entropy.sum().item() == pytest.approx(sum(entropies).item(), rel=1e-5)
    ours = torch.autograd.grad(shared.sum(), trained)
    dense = torch.autograd.grad(total, trained)
    for a, b in zip(ours, dense, strict=True):
        assert torch.allclose(a, b, atol=1e-4, rtol=1e-4)


def test_passes_hold_every_row_once_within_the_budget():
    lengths = [5, 1, 30, 7, 7, 2, 12]
    parts = passes(lengths, 30)
    assert sorted(i for part in parts for i in part) == list(range(7))
    assert all(len(part) * max(lengths[i] for i in part) <= 30 for part in parts)


@pytest.mark.parametrize("name", MODELS)
def test_a_critic_reads_in_the_sampler_what_it_reads_in_the_trainer(name):
    """The hidden states behind each token are the same, rows that end early included."""
    model = MODELS[name]()
    torch.manual_seed(0)
    weight = torch.randn(model.config.hidden_size)
    # Long enough for some rows to end before others, where the model ever ends.
    completions = run(model, max_new_tokens=40, value_of=lambda hidden: hidden.float() @ weight)
    owners = [i for i, group in enumerate(completions) for _ in group]
    flat = [c for group in completions for c in group]
    scores = completion_scores(
        model,
        prompts=PROMPTS,
        completions=[c.tokens for c in flat],
        owners=owners,
        pad_id=PAD,
        with_hidden=True,
    )
    values = mean_so_far(scores.hidden, scores.mask) @ weight
    for row, completion in enumerate(flat):
        n = len(completion.tokens)
        assert torch.allclose(values[row, :n], completion.values, atol=1e-3)


def test_without_a_critic_there_are_no_values():
    assert all(c.values is None for group in run(llama()) for c in group)
