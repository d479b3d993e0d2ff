"""The sampler against Hugging Face's forward pass, and the trainer's view of its samples."""

import platform

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import (
    Gemma2Config,
    Gemma2ForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    GraniteConfig,
    GraniteForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from forgegym.agents import logprob
from forgegym.agents.adapter import PROJECTIONS
from forgegym.agents.generate import CacheDecoder, decoder_for, generate, sample
from forgegym.agents.llama import LlamaDecoder, has_plain_blocks, is_plain_llama
from forgegym.agents.logprob import completion_scores, passes
from forgegym.agents.packing import linear, packed
from forgegym.agents.static import StaticDecoder
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


QWEN = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "tie_word_embeddings": True,
    "initializer_range": 0.3,
}


def qwen2():
    torch.manual_seed(3)
    model = Qwen2ForCausalLM(Qwen2Config(**QWEN)).eval()
    return with_random(model, "_proj.bias")


def qwen3():
    torch.manual_seed(3)
    model = Qwen3ForCausalLM(Qwen3Config(head_dim=12, **QWEN)).eval()
    return with_random(model, "_norm.weight")


def with_random(model, end):
    """A new model's biases are 0 and its norms 1, and would not be missed."""
    for name, parameter in model.named_parameters():
        if name.endswith(end):
            torch.nn.init.normal_(parameter, mean=float("norm" in end), std=0.3)
    return model


MODELS = {
    "llama": llama,
    "llama, one key head": lambda: llama(kv_heads=1),
    "llama with an adapter": lambda: with_adapter(llama()),
    "gpt2": gpt2,
    "sliding window": sliding,
    "qwen2": qwen2,
    "qwen2 with an adapter": lambda: with_adapter(qwen2()),
    "qwen3": qwen3,
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


@pytest.mark.parametrize("decoder", [LlamaDecoder, StaticDecoder])
@pytest.mark.parametrize("make", [llama, qwen2, qwen3])
@pytest.mark.parametrize("adapted", [False, True])
def test_the_short_ways_for_llamas_equal_the_general_one(monkeypatch, decoder, make, adapted):
    """Long enough for rows to end, and for the static one to go on with half of its buffers."""
    monkeypatch.setattr("forgegym.agents.static.SMALLEST", 1)
    model = with_adapter(make()) if adapted else make()
    assert is_plain_llama(model)
    short = decoder(model)
    sizes = []
    settings = {"seeds": [range(4), range(4, 6), range(6, 9)], "max_new_tokens": 120}
    settings["value_of"] = lambda hidden: sizes.append(len(hidden)) or hidden[:, 0]
    found = run(model, decoder=short, **settings)
    assert sizes[-1] <= 4 < sizes[0]
    assert decoder is LlamaDecoder or short.size <= 4
    general = run(model, decoder=CacheDecoder(model), **settings)
    for one, other in zip(found, general, strict=True):
        for a, b in zip(one, other, strict=True):
            assert a.tokens.tolist() == b.tokens.tolist()
            assert torch.allclose(a.logprobs, b.logprobs, atol=1e-4)
            assert torch.allclose(a.values, b.values, atol=1e-3)


x86 = pytest.mark.skipif(
    platform.machine().lower() not in ("x86_64", "amd64"),
    reason="weights are laid out anew on x86-64 alone",
)


@x86
@pytest.mark.parametrize("make", [llama, qwen2, qwen3])
@torch.no_grad()
def test_weights_laid_out_anew_give_the_same(monkeypatch, make):
    model = with_adapter(make())
    plain = steps_of(LlamaDecoder(model))
    monkeypatch.setattr("forgegym.agents.packing.PACKED_FROM", 1)
    decoder = LlamaDecoder(model)
    weights = [decoder.head]
    for block in decoder.blocks:
        weights += [p.weight for p in (block.qkv, block.out, block.gate_up, block.down)]
    assert all(weight.is_mkldnn for weight in weights)
    assert torch.allclose(steps_of(decoder), plain, atol=1e-5)


@x86
@pytest.mark.parametrize("bias", [None, torch.linspace(-1, 1, 1024)])
@torch.no_grad()
def test_a_packed_weight_multiplies_any_rows(bias):
    torch.manual_seed(3)
    weight = torch.nn.Parameter(torch.randn(1024, 256))
    laid_out = packed(weight)
    assert laid_out.is_mkldnn
    assert not laid_out.requires_grad
    rows = torch.randn(40, 256)
    whole = linear(rows, laid_out, bias)
    exact = rows.double() @ weight.double().T + (0 if bias is None else bias.double())
    assert torch.allclose(whole.double(), exact, atol=1e-4)
    for count in (1, 3, 8, 17):
        assert torch.allclose(linear(rows[:count], laid_out, bias), whole[:count], atol=1e-4)
    strided = torch.randn(2, 5, 512)[:, 1:3, ::2]  # [2, 2, 256]
    assert torch.allclose(linear(strided, laid_out), linear(strided, weight), atol=1e-4)


@pytest.mark.parametrize("weight", [torch.zeros(1024, 256).bfloat16(), torch.zeros(512, 256)])
def test_a_weight_is_laid_out_only_where_that_is_faster(weight):
    assert packed(weight) is weight


def test_on_other_processors_weights_stay_as_they_are(monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    weight = torch.zeros(1024, 256)
    assert packed(weight) is weight


def steps_of(decoder, *, count=6, device="cpu"):
    """Logits of forced tokens, step after step."""
    width = max(map(len, PROMPTS))
    ids, mask = torch.zeros(2, len(PROMPTS), width, dtype=torch.long)
    for i, prompt in enumerate(PROMPTS):
        ids[i, width - len(prompt) :] = torch.tensor(prompt)
        mask[i, width - len(prompt) :] = 1
    ids, mask = ids.to(device), mask.to(device)
    rows = torch.tensor([0, 0, 1, 2, 2], device=device)
    found = [decoder.prefill(ids, mask)[rows]]
    decoder.expand(rows, count)
    for t in range(count):
        tokens = (torch.arange(5, device=device) * 7 + t) % VOCABULARY
        found.append(decoder.step(tokens).clone())
    return torch.stack(found).float()


@pytest.mark.parametrize("targets", [PROJECTIONS, ("q_proj", "v_proj", "up_proj")])
@torch.no_grad()
def test_in_16_bits_adapters_stay_beside_the_weights(targets):
    """As near to float32 as Hugging Face's pass is, with adapters that a merge would lose."""
    config = LoraConfig(r=4, lora_alpha=8, target_modules=list(targets))

    def adapted(dtype):
        model = get_peft_model(qwen2().to(dtype), config).eval()
        torch.manual_seed(4)
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(parameter, std=0.2)
        return model

    exact = steps_of(CacheDecoder(adapted(torch.float32)))
    model = adapted(torch.bfloat16)
    assert not is_plain_llama(model)
    assert has_plain_blocks(model)
    general = (steps_of(CacheDecoder(model)) - exact).norm()
    static = (steps_of(StaticDecoder(model)) - exact).norm()
    assert static < 1.2 * general < 0.1 * exact.norm()
    with model.disable_adapter():
        assert (steps_of(StaticDecoder(model)) - exact).norm() > 2 * general


def test_a_step_that_cannot_be_captured_is_run_all_the_same(monkeypatch):
    """Nothing is lost, and it is not tried again."""
    model = llama()
    expected = run(model, decoder=StaticDecoder(model))
    tried = []

    def refuse(decoder):
        tried.append(decoder.size)
        decoder._forward()  # what a capture does before it fails
        raise RuntimeError("CUDA error: operation not permitted when stream is capturing")

    monkeypatch.setattr(StaticDecoder, "_capture", refuse)
    decoder = StaticDecoder(model)
    decoder.captures = True
    found = run(model, decoder=decoder)
    assert len(tried) == 1
    for one, other in zip(found, expected, strict=True):
        for a, b in zip(one, other, strict=True):
            assert torch.equal(a.tokens, b.tokens)
            assert torch.equal(a.logprobs, b.logprobs)


@pytest.mark.gpu
@pytest.mark.parametrize("make", [llama, qwen2, qwen3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@torch.no_grad()
def test_a_graphs_steps_are_those_run_kernel_by_kernel(make, dtype):
    model = with_adapter(make().to(dtype)).cuda()
    plain, captured = StaticDecoder(model), StaticDecoder(model)
    plain.captures = False
    # Libraries may choose another way to sum while they are captured.
    tolerance = 1e-4 if dtype == torch.float32 else 5e-2
    one, other = steps_of(captured, device="cuda"), steps_of(plain, device="cuda")
    torch.testing.assert_close(one, other, atol=tolerance * other.abs().max().item(), rtol=0.0)
    assert captured.captures
    assert set(captured._graphs) == {5}


@pytest.mark.gpu
def test_a_gpu_samples_with_graphs_what_the_general_way_samples(monkeypatch):
    monkeypatch.setattr("forgegym.agents.static.SMALLEST", 1)
    model = with_adapter(qwen2()).cuda()
    decoder = decoder_for(model)
    assert type(decoder) is StaticDecoder
    settings = {"seeds": [range(4), range(4, 6), range(6, 9)], "max_new_tokens": 120}
    found = run(model, decoder=decoder, **settings)
    assert decoder.captures
    assert len(decoder._graphs) > 1
    general = run(model, decoder=CacheDecoder(model), **settings)
    same = [
        a.tokens.tolist() == b.tokens.tolist()
        for one, other in zip(found, general, strict=True)
        for a, b in zip(one, other, strict=True)
    ]
    # Sums in another order may tip a token over now and then.
    assert sum(same) >= 7


@pytest.mark.gpu
@pytest.mark.parametrize("chunk_bytes", [1, 1 << 27])
@torch.no_grad()
def test_a_gpus_log_probabilities_are_the_cpus(monkeypatch, chunk_bytes):
    monkeypatch.setattr(logprob, "CHUNK_BYTES", chunk_bytes)
    completions = [torch.arange(2, 12), torch.arange(5, 9)]
    settings = {"prompts": PROMPTS, "completions": completions, "owners": [0, 2], "pad_id": PAD}
    model = with_adapter(qwen2())
    expected = completion_scores(model, **settings).logprobs
    found = completion_scores(model.cuda(), **settings).logprobs.cpu()
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)


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
    assert not has_plain_blocks(with_adapted_head())
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


def scores_and_gradients(model, *, leaves, **options):
    """Of completions of several lengths; the gradients of a loss with log-probabilities, entropies
    and hidden states in it, each position's share another."""
    draw = torch.Generator().manual_seed(5)
    lengths = (3, 17, 8, 1, 12)
    completions = [torch.randint(2, VOCABULARY, (n,), generator=draw) for n in lengths]
    scores = completion_scores(
        model, prompts=PROMPTS, completions=completions, owners=[0, 0, 2, 1, 2], pad_id=PAD,
        with_entropy=True, with_hidden=True, **options,
    )  # fmt: skip
    shares = torch.randn(3, *scores.mask.shape, generator=draw)
    loss = (shares[0] * scores.logprobs + shares[1] * scores.entropy).sum()
    loss = loss + 1e-2 * (scores.hidden.mean(-1) * shares[2] * scores.mask).sum()
    return scores, torch.autograd.grad(loss, leaves)


def trunk_of(model):
    """Weights before the head, in a model whose own are all trained or that has an adapter."""
    return [
        p for n, p in model.named_parameters() if (p.requires_grad and "_proj" in n) or "c_" in n
    ]


@pytest.mark.parametrize("temperature", [1.0, 0.6])
@pytest.mark.parametrize("positions", [1, 7])
@pytest.mark.parametrize("name", MODELS)
def test_the_head_taken_in_chunks_gives_what_the_whole_gives(
    monkeypatch, name, positions, temperature
):
    model = MODELS[name]()
    model.get_output_embeddings().weight.requires_grad_(False)
    leaves = trunk_of(model)
    whole, expected = scores_and_gradients(model, leaves=leaves, temperature=temperature)
    monkeypatch.setattr(logprob, "CHUNK_BYTES", 4 * VOCABULARY * positions)
    heads = []
    hook = model.get_output_embeddings().register_forward_hook(lambda *a: heads.append(len(a[2])))
    chunked, found = scores_and_gradients(model, leaves=leaves, temperature=temperature)
    hook.remove()
    assert 5 not in heads  # all five rows never went through the model's own head
    for one, other in (
        (chunked.logprobs, whole.logprobs),
        (chunked.entropy, whole.entropy),
        (chunked.hidden, whole.hidden),
    ):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-5)
    for one, other in zip(found, expected, strict=True):
        largest = other.abs().max().item()
        assert largest > 1e-3  # two zeros would be equal, too
        torch.testing.assert_close(one, other, atol=1e-5 * max(1.0, largest), rtol=1e-5)


def test_in_bfloat16_chunks_are_as_near_to_float32_as_the_whole_is(monkeypatch):
    exact = with_adapter(llama())
    _, expected = scores_and_gradients(exact, leaves=trunk_of(exact))
    model = with_adapter(llama()).to(torch.bfloat16)

    def error():
        _, found = scores_and_gradients(model, leaves=trunk_of(model))
        pairs = zip(found, expected, strict=True)
        return sum((a.float() - b).norm() / b.norm() for a, b in pairs) / len(found)

    dense = error()
    monkeypatch.setattr(logprob, "CHUNK_BYTES", 1)
    assert error() < 1.2 * dense < 0.2


def test_a_chunked_pass_keeps_no_logits(monkeypatch):
    """Among what autograd holds for the backward pass, which has the head's own matrix in it."""
    model = with_adapter(llama())
    sizes = []

    def keep(tensor):
        sizes.append(tensor.shape)
        return tensor

    def kept(chunk_bytes):
        monkeypatch.setattr(logprob, "CHUNK_BYTES", chunk_bytes)
        sizes.clear()
        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            scores_and_gradients(model, leaves=trunk_of(model))
        return [s for s in sizes if s[-1:] == (VOCABULARY,) and s[-2:] != (32, VOCABULARY)]

    assert kept(1 << 30)
    assert not kept(1)


def capped():
    torch.manual_seed(3)
    config = Gemma2Config(
        vocab_size=VOCABULARY, hidden_size=32, intermediate_size=48, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, head_dim=8, initializer_range=0.3,
        final_logit_softcapping=30.0,
    )  # fmt: skip
    return Gemma2ForCausalLM(config).eval()


def scaled():
    torch.manual_seed(3)
    config = GraniteConfig(
        vocab_size=VOCABULARY, hidden_size=32, intermediate_size=48, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, initializer_range=0.3, logits_scaling=8.0,
    )  # fmt: skip
    return GraniteForCausalLM(config).eval()


def with_adapted_head():
    config = LoraConfig(r=4, target_modules=["q_proj", "lm_head"])
    model = get_peft_model(untied(), config).eval()
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.2)
    return model


def untied():
    torch.manual_seed(3)
    config = LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=32, intermediate_size=48, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, initializer_range=0.3,
    )  # fmt: skip
    return LlamaForCausalLM(config).eval()


@pytest.mark.parametrize("make", [capped, scaled, with_adapted_head, untied])
def test_logits_that_are_no_product_with_a_frozen_matrix_are_left_to_the_model(monkeypatch, make):
    """A soft cap, a scale, an adapter on the head, a head that is trained."""
    model = make()
    leaves = [p for p in model.parameters() if p.requires_grad]
    whole, expected = scores_and_gradients(model, leaves=leaves)
    monkeypatch.setattr(logprob, "CHUNK_BYTES", 1)
    found, gradients = scores_and_gradients(model, leaves=leaves)
    assert torch.equal(found.logprobs, whole.logprobs)
    assert all(torch.equal(a, b) for a, b in zip(gradients, expected, strict=True))


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
