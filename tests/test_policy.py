"""Any Hugging Face causal model as a policy: many architectures, tokenizers and broken folders."""

import json
import os
import resource
import shutil
import subprocess
import sys
import warnings

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from small_models import (
    BOS,
    EOS,
    PAD,
    STATEFUL,
    TRANSFORMERS,
    VOCABULARY,
    make_model,
    make_tokenizer,
    save_model,
)
from torch.autograd.graph import saved_tensors_hooks
from training import quiet
from typer.testing import CliRunner

from forgegym import cli
from forgegym.agents.adapter import (
    PROJECTIONS,
    adapter_state,
    add_adapter,
    load_policy,
    lora_targets,
    save_adapter,
)
from forgegym.agents.agent import Configured
from forgegym.agents.expert_iteration import Example, ExpertIteration, ExpertIterationConfig
from forgegym.agents.generate import Completion
from forgegym.agents.health import complaint
from forgegym.agents.logprob import completion_scores
from forgegym.agents.memory import MemoryExhaustedError, is_out_of_memory, memory_told
from forgegym.agents.policy import Policy, PolicyError, load_base, weights_digest
from forgegym.agents.policy_agent import PolicyAgent, load_policy_agent
from forgegym.agents.reinforce import ReinforceConfig
from forgegym.cli import shell

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")

# Of several lengths, the longest beyond any sliding window; two begin with BOS.
PROMPTS = [[2, *range(10, 30)], [2, 7, 8], list(range(40, 52))]
OWNERS = [0, 0, 1, 2, 2]
SEEDS = [[1, 2], [3], [4, 5]]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Name -> the folder of that model, made once."""
    made = {}

    def folder(name):
        if name not in made:
            made[name] = save_model(tmp_path_factory.mktemp("models") / name, name)
        return made[name]

    return folder


def sampled(policy, **options):
    settings = {"max_new_tokens": 20, "temperature": 1.0, **options}
    drawn = policy.sample(PROMPTS, seeds=SEEDS, **settings)
    return [completion for group in drawn for completion in group]


def scores(policy, completions, **options):
    return completion_scores(
        policy.model,
        prompts=PROMPTS,
        completions=completions,
        owners=OWNERS,
        pad_id=policy.pad_id,
        **options,
    )


def some_completions():
    draw = torch.Generator().manual_seed(0)
    return [torch.randint(5, VOCABULARY, (n,), generator=draw) for n in (9, 20, 5, 13, 20)]


def trained(policy):
    return {n: p for n, p in policy.model.named_parameters() if p.requires_grad}


def step(policy, times=2):
    """Some steps towards completions; the names of the weights that no gradient reached."""
    optimizer = torch.optim.AdamW(trained(policy).values(), lr=1e-2)
    for _ in range(times):
        found = scores(policy, some_completions())
        (-found.logprobs.sum() / found.mask.sum()).backward()
        # In the first step lora_A has a gradient of zeros: lora_B is 0.
        untouched = [n for n, p in trained(policy).items() if p.grad is None or not p.grad.any()]
        optimizer.step()
        optimizer.zero_grad()
    return untouched, optimizer


# ------------------------------------------------------------------------------- architectures


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_sampler_and_trainer_agree_and_the_adapter_learns(tmp_path, folders, name):
    base = load_base(str(folders(name)), device="cpu")
    with torch.no_grad():
        before = scores(base, some_completions()).logprobs
        greedy = sampled(base, temperature=0.0)
        for owner, completion in zip(OWNERS, greedy, strict=True):
            prompt = torch.tensor([PROMPTS[owner]])
            theirs = base.model.generate(
                input_ids=prompt,
                attention_mask=torch.ones_like(prompt),
                do_sample=False,
                max_new_tokens=20,
                eos_token_id=list(base.eos_ids),
                pad_token_id=base.pad_id,
            )
            assert completion.tokens.tolist() == theirs[0, prompt.shape[1] :].tolist()

    policy = add_adapter(base, rank=4, seed=1)
    with torch.no_grad():
        assert torch.equal(scores(policy, some_completions()).logprobs, before)
    untouched, _ = step(policy)
    assert untouched == []
    drawn = sampled(policy)
    with torch.no_grad():
        assert not torch.equal(scores(policy, some_completions()).logprobs, before)
        again = scores(policy, [c.tokens for c in drawn]).logprobs
        for row, completion in enumerate(drawn):
            found = again[row, : len(completion.tokens)]
            assert torch.allclose(found, completion.logprobs, atol=1e-4)
        with policy.model.disable_adapter():
            assert torch.equal(scores(policy, some_completions()).logprobs, before)

    save_adapter(policy, tmp_path / "adapter", note={})
    loaded = load_policy(tmp_path / "adapter", device="cpu")
    with torch.no_grad():
        for one, other in zip(drawn, sampled(loaded), strict=True):
            assert torch.equal(one.tokens, other.tokens)
            assert torch.equal(one.logprobs, other.logprobs)


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_every_linear_layer_is_adapted_but_neither_head_nor_embeddings_nor_routers(folders, name):
    base = load_base(str(folders(name)), device="cpu")
    modules, parameters = lora_targets(base.model)
    policy = add_adapter(base, rank=4)
    model = policy.model.get_base_model()
    for part in (model.get_output_embeddings(), model.get_input_embeddings()):
        assert not any("lora" in n for n, _ in part.named_parameters())
    assert not any(f".{router}." in n for n in trained(policy) for router in ("gate", "router"))
    left = [
        n
        for n, module in model.get_decoder().named_modules()
        if type(module) is torch.nn.Linear
        and "base_layer" not in n
        and "lora" not in n
        and not n.endswith(("gate", "lm_head"))
    ]
    assert left == []
    if name in ("llama", "qwen2", "qwen3", "gemma", "gemma2", "gemma3", "mistral"):
        assert (modules, parameters) == (list(PROJECTIONS), [])
    if name in ("mixtral", "qwen2_moe", "gpt_oss"):
        assert parameters == ["experts.down_proj", "experts.gate_up_proj"]


def test_a_model_that_sees_adapts_its_language_alone(tmp_path):
    text = {**TRANSFORMERS["gemma3"][1], "vocab_size": VOCABULARY, "eos_token_id": 1}
    eye = {
        "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 1,
        "num_attention_heads": 4, "image_size": 28, "patch_size": 14,
    }  # fmt: skip
    config = transformers.Gemma3Config(text_config=text, vision_config=eye, mm_tokens_per_image=4)
    transformers.AutoModelForCausalLM.from_config(config).save_pretrained(tmp_path)
    make_tokenizer().save_pretrained(tmp_path)
    policy = add_adapter(load_base(str(tmp_path), device="cpu"), rank=4)
    assert trained(policy)
    assert all("language_model" in name for name in trained(policy))
    assert len(sampled(policy)) == 5


@pytest.mark.parametrize("name", STATEFUL)
def test_a_model_without_a_key_value_cache_is_refused_before_anything_is_trained(folders, name):
    with pytest.raises(PolicyError, match=r"keeps no key-value cache of the tokens before;.*does."):
        load_base(str(folders(name)), device="cpu")


# ----------------------------------------------------------------------------------- tokenizers


def policy_of(tmp_path, *, name="llama", **tokenizer):
    made = make_tokenizer(**tokenizer)
    changes = {"pad_token_id": made.pad_token_id, "eos_token_id": made.eos_token_id}
    return load_base(str(save_model(tmp_path / "m", name, tokenizer=made, **changes)), device="cpu")


def ids(text):
    return make_tokenizer()(text)["input_ids"]


def test_without_a_pad_token_answers_are_as_they_are_with_one(tmp_path, folders):
    policy = policy_of(tmp_path, specials={"eos_token": EOS, "bos_token": BOS})
    assert policy.pad_id == 1
    for one, other in zip(sampled(policy), sampled(load_base(str(folders("llama")))), strict=True):
        assert torch.equal(one.tokens, other.tokens)
        assert torch.allclose(one.logprobs, other.logprobs, atol=1e-5)


def test_a_pad_token_that_the_model_does_not_know_is_not_used(tmp_path):
    tokenizer = make_tokenizer(specials={"eos_token": EOS, "pad_token": "<new>"})
    assert tokenizer.pad_token_id == VOCABULARY
    policy = load_base(str(save_model(tmp_path / "m", "gpt2", tokenizer=tokenizer)), device="cpu")
    assert policy.pad_id == 1
    assert len(sampled(policy)) == 5
    with pytest.raises(PolicyError, match=f"makes token {VOCABULARY}, but its model knows only"):
        policy.encode("<new>")


@pytest.mark.parametrize("specials", [{}, {"pad_token": PAD}])
def test_without_an_end_of_text_token_it_is_refused(tmp_path, specials):
    with pytest.raises(PolicyError, match="has no end-of-text token, so that no answer would"):
        policy_of(tmp_path, specials=specials)


def test_the_models_own_end_of_text_token_will_do(tmp_path):
    tokenizer = make_tokenizer(specials={})
    folder = save_model(tmp_path / "m", "llama", tokenizer=tokenizer, eos_token_id=[1, 4])
    policy = load_base(str(folder), device="cpu")
    assert (policy.eos_ids, policy.pad_id) == ((1, 4), 1)


@pytest.mark.parametrize(
    ("add", "wanted"),
    [
        ("", ids("say\n\n")),
        ("bos", [2, *ids("say\n\n")]),
        ("eos", ids("say\n\n")),
        ("bos eos", [2, *ids("say\n\n")]),
    ],
)
def test_a_base_model_reads_the_prompt_after_one_bos_where_there_is_one(tmp_path, add, wanted):
    assert policy_of(tmp_path, add=add).encode("say") == wanted


TURN = "<user>{{ messages[-1]['content'] }}{% if add_generation_prompt %}<assistant>{% endif %}"
CHAT = [3, *ids("say"), 4]


@pytest.mark.parametrize(
    ("template", "wanted"),
    [
        (TURN, CHAT),
        (BOS + TURN, [2, *CHAT]),
        ("{{ bos_token }}" + TURN, [2, *CHAT]),
        # Two templates in the wild: one needs a system message, the other refuses one.
        (
            "{% if messages[0]['role'] != 'system' %}{{ raise_exception('no system') }}{% endif %}"
            + TURN,
            CHAT,
        ),
        (
            "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}"
            + TURN,
            CHAT,
        ),
    ],
)
@pytest.mark.parametrize("add", ["", "bos", "bos eos"])
def test_a_chat_template_is_the_whole_prompt_and_bos_is_never_doubled(
    tmp_path, template, wanted, add
):
    assert policy_of(tmp_path, chat_template=template, add=add).encode("say") == wanted


@pytest.mark.parametrize(
    "template", ["{{ raise_exception('not today') }}", "{{ messages[7]['x'] }}", "{{ 1 / 0 }}"]
)
def test_a_chat_template_that_fails_is_one_sentence(tmp_path, template):
    with pytest.raises(PolicyError, match=r"^The chat template of .* fails: .*\.$"):
        policy_of(tmp_path, chat_template=template).encode("say")


def test_a_prompt_of_nothing_is_one_sentence(tmp_path):
    with pytest.raises(PolicyError, match="makes no tokens of a prompt"):
        policy_of(tmp_path, chat_template="{{ '' }}").encode("say")


# Several turns, as templates write them: how an answer ends is what they differ in.
TURNS = (
    "{% for m in messages %}{% if m['role'] == 'assistant' %}<assistant>{{ m['content'] }}END"
    "{% else %}<user>{{ m['content'] }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
SYSTEM = "{% if messages[0]['role'] != 'system' %}{{ raise_exception('no system') }}{% endif %}"


@pytest.mark.parametrize(
    ("template", "answered", "cut"),
    [
        (TURNS.replace("END", EOS), [3, *ids("no"), 4], [1, 3, *ids("no"), 4]),
        (SYSTEM + TURNS.replace("END", EOS), [3, *ids("no"), 4], [1, 3, *ids("no"), 4]),
        # What ends an answer may stand on a line of its own,
        (
            TURNS.replace("END", f"\n{EOS}\n"),
            [*ids("\n"), 3, *ids("no"), 4],
            [*ids("\n"), 1, *ids("\n"), 3, *ids("no"), 4],
        ),
        # and need not be the tokenizer's own end of text.
        (TURNS.replace("END", BOS), [3, *ids("no"), 4], [2, 3, *ids("no"), 4]),
        (TURNS.replace("END", ""), [3, *ids("no"), 4], [3, *ids("no"), 4]),
        ("<user>{{ messages[0]['content'] }}", ids("\nno\n\n"), ids("\nno\n\n")),
    ],
)
def test_what_is_said_of_an_answer_follows_its_end_once(tmp_path, template, answered, cut):
    tokenizer = make_tokenizer(chat_template=template)
    folder = save_model(tmp_path / "m", "llama", tokenizer=tokenizer, eos_token_id=[1, 2])
    policy = load_base(str(folder), device="cpu")
    assert policy.encode_feedback("no", answered=True) == answered
    assert policy.encode_feedback("no", answered=False) == cut


def test_a_template_that_fails_at_the_second_turn_is_one_sentence(tmp_path):
    once = "{% if messages|length > 2 %}{{ raise_exception('one turn') }}{% endif %}" + TURN
    policy = policy_of(tmp_path, chat_template=once)
    assert policy.encode("say") == CHAT
    with pytest.raises(PolicyError, match=r"^The chat template of .* fails: .*one turn"):
        policy.encode_feedback("no", answered=True)


@pytest.mark.parametrize(
    ("answer", "ended"),
    [("Here:\n```rust\nfn f() {}\n```\nDone.", True), ("```\nfn f() {}\n", False), ("f", True)],
)
def test_an_agent_goes_on_after_what_it_wrote_as_in_training(tmp_path, answer, ended):
    """An evaluation is told the program in an answer; the model reads its own answer again."""
    policy = policy_of(tmp_path, chat_template=TURNS.replace("END", EOS))
    wrote = ids(answer) + [1] * ended
    contexts = []

    def sample(prompts, **options):
        contexts.extend(prompts)
        said = Completion(torch.tensor(wrote), torch.zeros(len(wrote)), ended)
        return [[said for _ in own] for own in options["seeds"]]

    agent = PolicyAgent(policy, name="it")
    policy_class = type(policy)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(policy_class, "sample", lambda self, *a, **k: sample(*a, **k))
        (program,) = agent.converse([("say",)], seeds=[1])
        assert program == policy.decode(torch.tensor(wrote))
        agent.converse([("say", program, "no"), ("say", "another", "no")], seeds=[2, 3])
    first, second, other = contexts
    trained = [*first, *wrote, *policy.encode_feedback("no", answered=ended)]
    assert second == trained
    # One that it did not write is what it says.
    assert other == [*first, *ids("another"), 1, *policy.encode_feedback("no", answered=True)]


def test_an_adapter_of_a_model_of_the_hub_knows_its_weights(tmp_path, folders, monkeypatch):
    """Files of the hub lie in a cache; the same name may be other weights another day."""
    from huggingface_hub import constants

    cache = tmp_path / "hub"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr("transformers.utils.hub.TRANSFORMERS_CACHE", str(cache), raising=False)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")  # nobody listens there
    commit = "0" * 40
    kept = cache / "models--some--model" / "snapshots" / commit
    (kept.parents[1] / "refs").mkdir(parents=True)
    (kept.parents[1] / "refs" / "main").write_text(commit)
    shutil.copytree(folders("llama"), kept)
    warnings.simplefilter("error")  # of peft, when it asks the hub for what is known
    policy = load_base("some/model", device="cpu")
    assert policy.base_digest == weights_digest(folders("llama"))
    save_adapter(add_adapter(policy), tmp_path / "adapter", note={})
    assert load_policy(tmp_path / "adapter", device="cpu").base == "some/model"
    # The same weights elsewhere will do, others will not.
    assert load_policy(tmp_path / "adapter", base=str(folders("llama")), device="cpu")
    with pytest.raises(PolicyError, match="was trained on another model"):
        load_policy(tmp_path / "adapter", base=str(folders("qwen2")), device="cpu")


@pytest.mark.parametrize(
    ("answer", "program"),
    [
        ("f(a , b) .", "f(a , b) ."),
        ("```rust\nfn f() {}\n```\nDone.", "fn f() {}\n"),
        ("Here:\n```\na\n```\nor\n```\nb\n```", "a\n"),
        ("```rust\n/// ```\n/// f();\n/// ```\nfn f;\n```", "/// ```\n/// f();\n/// ```\nfn f;\n"),
        ("```\ncut off", "cut off"),
        ("```\n```", ""),
        ("  - so:\n  ```c\n  x\n  ```\n", "  x\n"),
    ],
)  # fmt: skip
def test_the_program_in_an_answer_is_what_its_first_fence_holds_unchanged(
    tmp_path, answer, program
):
    tokenizer = make_tokenizer()
    tokenizer.clean_up_tokenization_spaces = True  # as some published ones have it
    policy = Policy(make_model("llama"), tokenizer, "m", None)
    assert policy.decode(torch.tensor([2, *ids(answer), 1])) == program


def test_what_does_not_fit_the_context_is_said_before_sampling(folders):
    policy = load_base(str(folders("gpt2")), device="cpu")
    sentence = r"A prompt of 21 tokens and 108 new ones \(max_new_tokens\) are more than the 128"
    with pytest.raises(PolicyError, match=sentence):
        sampled(policy, max_new_tokens=108)
    assert len(sampled(policy, max_new_tokens=107)) == 5
    assert load_base(str(folders("bloom")), device="cpu").context is None


# ----------------------------------------------------------------------------------- precision


@pytest.mark.parametrize("name", ["llama", "gpt2", "mixtral"])
def test_adapter_and_optimizer_are_float32_whatever_the_base_is(tmp_path, folders, name):
    policy = add_adapter(load_base(str(folders(name)), dtype="bfloat16"), rank=4)
    for parameter_name, parameter in policy.model.named_parameters():
        wanted = torch.float32 if parameter_name in trained(policy) else torch.bfloat16
        assert parameter.dtype == wanted
    untouched, optimizer = step(policy)
    assert untouched == []
    moments = [s[key] for s in optimizer.state.values() for key in ("exp_avg", "exp_avg_sq")]
    assert moments
    assert {t.dtype for t in moments} == {torch.float32}
    assert len(sampled(policy)) == 5

    save_adapter(policy, tmp_path / "adapter", note={})
    mine = adapter_state(policy)
    for dtype in ("float32", "bfloat16"):
        loaded = load_policy(tmp_path / "adapter", device="cpu", dtype=dtype)
        assert loaded.model.dtype == getattr(torch, dtype)
        assert all(torch.equal(t, mine[key]) for key, t in adapter_state(loaded).items())


def test_on_the_cpu_auto_is_float32(folders):
    assert load_base(str(folders("llama")), device="cpu").model.dtype == torch.float32
    with pytest.raises(PolicyError, match="auto, float32 or bfloat16, not 'float8'"):
        load_base(str(folders("llama")), dtype="float8")
    with pytest.raises(ValueError, match="dtype is auto, float32 or bfloat16, not 'float8'"):
        ReinforceConfig(out=folders("llama"), dtype="float8")


# -------------------------------------------------------------------------------------- memory


def measured(policy):
    """Scores with all that can be asked for, and the bytes kept for their gradients."""
    kept = []
    with saved_tensors_hooks(lambda t: kept.append(t.nbytes) or t, lambda t: t):
        about = scores(policy, some_completions(), with_entropy=True, with_hidden=True)
    return about, sum(kept)


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_checkpointing_changes_no_gradient_and_keeps_half_of_the_activations(folders, name):
    """With completions that share their prompts, hidden states and entropy."""
    found = {}
    for checkpointing in (False, True):
        base = load_base(str(folders(name)), device="cpu")
        policy = add_adapter(base, rank=4, seed=1, gradient_checkpointing=checkpointing)
        torch.manual_seed(5)
        for key, parameter in trained(policy).items():
            if "lora_B" in key:
                torch.nn.init.normal_(parameter, std=0.1)
        assert not policy.model.training
        about, kept = measured(policy)
        loss = about.logprobs.sum() + about.entropy.sum() + 0.1 * about.hidden.square().sum()
        gradients = torch.autograd.grad(loss, trained(policy).values())
        # What a layer was given is kept by the checkpoint, where the hooks do not see it.
        inputs = 2 * 4 * 32 * (5 * 20 + 3 * 20) if checkpointing else 0
        head = about.logprobs.numel() * VOCABULARY * 4  # one [R, T, V], which every way keeps
        found[checkpointing] = loss, gradients, kept + inputs - head
    for one, other in zip(found[False][1], found[True][1], strict=True):
        assert torch.allclose(one, other, rtol=1e-5, atol=1e-5 * float(one.abs().max()))
    assert found[False][0].item() == pytest.approx(found[True][0].item(), rel=1e-5)
    assert found[True][2] < 0.6 * found[False][2]


LETTERS_RUN = {
    "env": "Letters-v0", "iterations": 3, "samples": 8, "group_size": 4, "max_new_tokens": 8,
}  # fmt: skip


@pytest.mark.learning
def test_a_run_has_one_curve_with_and_without_checkpointing_and_can_change_over(tmp_path, folders):
    import letters  # noqa: F401  (registers the environment)

    from forgegym.agents.grpo import GRPOConfig, train_grpo

    rows = {}
    for checkpointing in (False, True):
        out = tmp_path / str(checkpointing)
        config = GRPOConfig(
            out=out,
            base=str(folders("qwen2")),
            gradient_checkpointing=checkpointing,
            dtype="float32",
            **LETTERS_RUN,
        )
        rows[checkpointing] = train_grpo(config, console=quiet()).rows
        assert json.loads((out / "config.json").read_text())["dtype"] == "float32"
    for one, other in zip(rows[False], rows[True], strict=True):
        for key in ("avg_reward", "loss", "grad_norm"):
            assert one[key] == pytest.approx(other[key], rel=1e-4, abs=1e-6)
    # Neither a new beginning nor a refusal: memory may run out long after a run has begun.
    resumed = GRPOConfig(
        out=tmp_path / "False",
        base=str(folders("qwen2")),
        gradient_checkpointing=True,
        dtype="float32",
        resume=True,
        **LETTERS_RUN,
    )
    assert train_grpo(resumed, console=quiet()).iterations == 3


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB."),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("std::bad_alloc"),
    ],
)
def test_every_failed_allocation_is_one_sentence_and_an_exit_code(error):
    assert is_out_of_memory(error)
    code, sentence = shell.sentence(error)
    assert (code, sentence.count("\n")) == (shell.MACHINE, 0)
    told = pytest.raises(MemoryExhaustedError, match="Out of memory while resting; sleep less")
    with told, memory_told("resting", "sleep less"):
        raise error


def test_other_errors_stay_what_they_are():
    assert not is_out_of_memory(RuntimeError("size mismatch"))
    with pytest.raises(RuntimeError, match="size mismatch"), memory_told("resting", "sleep"):
        raise RuntimeError("size mismatch")


# A process that may not have more memory from its second iteration on.
SHORT_OF_MEMORY = """
import resource, sys
import letters
from forgegym import cli
from forgegym.agents.reinforce import Reinforce

original = Reinforce.learn

def learn(self, batch, iteration):
    if iteration == 2:
        used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + 2**26, resource.RLIM_INFINITY))
    return original(self, batch, iteration)

if sys.argv.pop(1) == "short":
    Reinforce.learn = learn
sys.argv[0] = "forgegym"
cli.train.probe = lambda *args, **options: None  # the letters are no environment of ours
cli.main()
"""


@pytest.mark.learning
@pytest.mark.skipif(not hasattr(resource, "RLIMIT_AS"), reason="no limit on memory here")
def test_memory_that_runs_out_is_one_sentence_and_the_run_goes_on_from_what_is_saved(tmp_path):
    # Scores of so many tokens over such a vocabulary take half a gigabyte.
    base = save_model(tmp_path / "base", "llama", vocab_size=100_000)
    settings = {"iterations": 2, "samples": 16, "group_size": 1, "max_new_tokens": 80, "seed": 1}
    command = [
        "train", "reinforce", "--out", str(tmp_path / "run"), "--base", str(base), "--env",
        "Letters-v0", *(part for k, v in settings.items() for part in ("--set", f"{k}={v}")),
    ]  # fmt: skip

    def run(memory, *more):
        return subprocess.run(
            [sys.executable, "-c", SHORT_OF_MEMORY, memory, *command, *more],
            cwd=os.path.dirname(__file__),
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            check=False,
        )

    done = run("short")
    assert done.returncode == shell.MACHINE, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    for setting in ("samples", "max_new_tokens", "gradient_checkpointing", "dtype"):
        assert setting in done.stderr
    done = run("plenty", "--resume")
    assert "after iteration 1" in done.stdout
    assert done.returncode == 0, done.stdout + done.stderr


# ------------------------------------------------------------------------- the policy as an agent


def test_an_agent_says_how_it_samples_whether_it_was_told_or_not(folders):
    folder = str(folders("gpt2"))
    agent = load_policy_agent(folder, device="cpu", temperature=0.3, stop=["\n\n"])
    default = load_policy_agent(folder, device="cpu").settings
    assert isinstance(agent, Configured)
    assert agent.settings == {**default, "temperature": 0.3, "stop": ["\n\n"]}
    assert {"base", "base_digest", "top_p", "max_new_tokens"} < default.keys()
    assert json.loads(json.dumps(default)) == default


# ------------------------------------------------------------------------- numbers that are none


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_scores_that_are_not_numbers_are_one_sentence(tmp_path, folders, temperature):
    folder = shutil.copytree(folders("gpt2"), tmp_path / "m")
    weights = load_file(folder / "model.safetensors")
    weights["transformer.h.0.mlp.c_fc.weight"][0, 0] = float("nan")
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    agent = load_policy_agent(folder, device="cpu", temperature=temperature, max_new_tokens=5)
    with pytest.raises(PolicyError, match=r"gave scores that are not numbers \(NaN\)"):
        agent.generate(["say"] * 2, seeds=[1, 2])


def test_expert_iteration_takes_no_step_on_a_loss_that_is_no_number(tmp_path, folders, monkeypatch):
    from forgegym.agents import expert_iteration

    original, calls = expert_iteration.likelihood_loss, []

    def broken(**arguments):
        calls.append(1)
        loss, about = original(**arguments)
        return loss * (float("nan") if len(calls) == 2 else 1.0), about

    monkeypatch.setattr(expert_iteration, "likelihood_loss", broken)
    policy = add_adapter(load_base(str(folders("llama")), device="cpu"), rank=4)
    learner = ExpertIteration(ExpertIterationConfig(out=tmp_path, epochs=3), policy)
    learner.examples = [Example("p", "x", (3, 4), (5, 6, 1), 2.0)]
    about = learner.imitate(1)
    assert len(calls) == 3
    assert all(p.isfinite().all() for p in trained(policy).values())
    assert complaint([about]) == "nll is nan"


# -------------------------------------------------------------------------- folders of all kinds


def without_tokenizer(folder):
    for path in folder.glob("token*"):
        path.unlink()


def with_weights(folder, change):
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors", {"format": "pt"})


UP = "model.layers.1.mlp.up_proj.weight"
BROKEN = {
    "no tokenizer": (without_tokenizer, "its tokenizer is not in the folder"),
    "damaged tokenizer": (
        lambda folder: (folder / "tokenizer.json").write_text("{"),
        "could not be loaded as a causal language model: its tokenizer: ",
    ),
    "no weights": (lambda folder: (folder / "model.safetensors").unlink(), "could not be loaded"),
    "weights cut short": (
        lambda folder: os.truncate(folder / "model.safetensors", 3000),
        "its files do not fit together",
    ),
    "a weight too few": (
        lambda folder: with_weights(folder, lambda w: w.pop(UP)),
        rf"1 of its weights are missing \({UP}\)",
    ),
    "a weight of another shape": (
        lambda folder: with_weights(folder, lambda w: w.update({UP: torch.zeros(3, 3)})),
        "its files do not fit together",
    ),
    "code of its own": (
        lambda folder: (folder / "config.json").write_text(
            json.dumps({"model_type": "own", "auto_map": {"AutoConfig": "configuration_own.Own"}})
        ),
        "contains custom code",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_folder_is_one_sentence(tmp_path, folders, what, capfd):
    damage, sentence = BROKEN[what]
    folder = shutil.copytree(folders("llama"), tmp_path / "m")
    damage(folder)
    with pytest.raises(PolicyError, match=sentence) as raised:
        load_base(str(folder), device="cpu")
    assert "\n" not in str(raised.value)
    assert str(raised.value).endswith(".")
    # Hugging Face's own reports are not shown beside it.
    assert "".join(capfd.readouterr()) == ""


def test_weights_in_shards_and_in_torchs_own_format_are_read(tmp_path, folders):
    whole = load_base(str(folders("llama")), device="cpu").model.state_dict()
    sharded, pickled = tmp_path / "sharded", tmp_path / "pickled"
    make_model("llama").save_pretrained(sharded, max_shard_size="20KB")
    make_tokenizer().save_pretrained(sharded)
    assert len(list(sharded.glob("*.safetensors"))) > 1
    shutil.copytree(folders("llama"), pickled)
    torch.save(load_file(pickled / "model.safetensors"), pickled / "pytorch_model.bin")
    (pickled / "model.safetensors").unlink()
    for folder in (sharded, pickled):
        policy = load_base(str(folder), device="cpu")
        assert policy.base_digest is not None
        assert all(torch.equal(t, whole[name]) for name, t in policy.model.state_dict().items())
    (pickled / "pytorch_model.bin").write_bytes(b"hello")
    next(sharded.glob("model-00002*")).unlink()
    for folder in (sharded, pickled):
        with pytest.raises(PolicyError, match="could not be loaded as a causal language model"):
            load_base(str(folder), device="cpu")


def test_a_gguf_is_no_model_folder(tmp_path):
    (tmp_path / "model.gguf").write_bytes(b"GGUF")
    with pytest.raises(PolicyError, match=r"is a file; a model is a folder .* converted first"):
        load_base(str(tmp_path / "model.gguf"))
    with pytest.raises(PolicyError, match=r"holds no model: it has no config\.json"):
        load_base(str(tmp_path))


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("BertForMaskedLM", "is a bert model, which reads a token together with those after it"),
        ("BertModel", "of its weights are missing"),
        ("T5ForConditionalGeneration", "Unrecognized configuration class"),
    ],
)
def test_an_encoder_is_refused(tmp_path, kind, sentence):
    sizes = {"vocab_size": VOCABULARY, "hidden_size": 32, "num_attention_heads": 4}
    if kind.startswith("Bert"):
        config = transformers.BertConfig(**sizes, num_hidden_layers=2, intermediate_size=48)
    else:
        config = transformers.T5Config(vocab_size=VOCABULARY, d_model=32, num_layers=1, d_ff=32)
    getattr(transformers, kind)(config).save_pretrained(tmp_path)
    make_tokenizer().save_pretrained(tmp_path)
    with pytest.raises(PolicyError, match=sentence):
        load_base(str(tmp_path), device="cpu")


def test_a_hub_that_cannot_be_reached_is_asked_once(monkeypatch, capfd):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")  # nobody listens there
    with pytest.raises(PolicyError, match="not on this machine, and the hub cannot be reached"):
        load_base("nobody-at-all/nothing-here", device="cpu")
    assert "Retrying" not in "".join(capfd.readouterr())


def test_a_model_that_is_refused_ends_the_command_with_a_sentence(tmp_path, folders):
    command = ["train", "grpo", "--out", str(tmp_path / "run"), "--base", str(folders("mamba"))]
    done = CliRunner().invoke(cli.app, command)
    assert done.exit_code == shell.USAGE
    assert "keeps no key-value cache" in " ".join(done.stderr.split())


def test_the_screen_is_not_torn_by_a_bar(folders, capfd):
    load_base(str(folders("llama")), device="cpu")
    assert "".join(capfd.readouterr()) == ""
