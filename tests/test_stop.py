"""Stop strings: where a completion ends, whatever the tokens its text is made of."""

import itertools
import random

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from typer.testing import CliRunner

from forgegym.agents import policy as policies
from forgegym.agents.grpo import GRPOConfig
from forgegym.agents.policy import Policy, PolicyError, load_base
from forgegym.agents.policy_agent import PolicyAgent
from forgegym.agents.stop import StopStrings, cut
from forgegym.cli import app

END = "<|end|>"


def byte_level(*merged):
    """Every byte a token, and these texts."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {END: 0} | {letter: i for i, letter in enumerate(alphabet, 1)}
    level = pre_tokenizers.ByteLevel(add_prefix_space=False)
    merges = []
    for text in merged:
        letters = "".join(piece for piece, _ in level.pre_tokenize_str(text))
        for end in range(2, len(letters) + 1):
            if letters[:end] not in vocabulary:
                vocabulary[letters[:end]] = len(vocabulary)
                merges.append((letters[: end - 1], letters[end - 1]))
    tokenizer = Tokenizer(models.BPE(vocabulary, merges))
    tokenizer.pre_tokenizer = level
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END, pad_token=END)


def with_spaces_before_words():
    """As SentencePiece's: a word's token has the space before it, which the first word loses."""
    words = ("a", "▁a", "▁the", "▁", "▁end", "end", "▁en", "d", ".", "▁.", "stop", "▁s", "top")
    vocabulary = {END: 0} | {word: i for i, word in enumerate(words, 1)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="a"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END, pad_token=END)


def first_end(stop, tokens):
    """How many tokens are kept, as the sampler finds it."""
    endings = set(stop.endings.tolist())
    for t in range(len(tokens)):
        if tokens[t] in endings and stop.end(torch.tensor(tokens[: t + 1])):
            return t + 1
    return None


def plain_end(tokenizer, strings, tokens):
    for t in range(len(tokens)):
        text = tokenizer.decode(tokens[: t + 1], skip_special_tokens=True)
        if any(string in text for string in strings):
            return t + 1
    return None


@pytest.mark.parametrize(
    ("text", "strings", "kept"),
    [
        ("abcEN", ["END"], None),
        ("abcENDx", ["END"], "abcEND"),
        ("one\n\ntwo", ["\n\n"], "one\n\n"),
        ("x ✓ done ✓✓", ["✓✓"], "x ✓ done ✓✓"),  # three tokens a character
        ("x é", ["é"], "x é"),
        ("aab", ["b", "ab"], "aab"),
        ("a}\n}", ["}\n}", "}"], "a}"),
    ],
)
def test_it_ends_at_the_token_that_completes_a_string(text, strings, kept):
    tokenizer = byte_level()
    tokens = tokenizer(text)["input_ids"]
    expected = None if kept is None else len(tokenizer(kept)["input_ids"])
    assert first_end(StopStrings(tokenizer, strings), tokens) == expected


def test_a_string_may_lie_inside_a_token():
    tokenizer = byte_level(";\n//")
    tokens = tokenizer.convert_tokens_to_ids(["a", ";Ċ//", "b"])
    assert tokenizer.decode(tokens) == "a;\n//b"
    assert first_end(StopStrings(tokenizer, ["\n"]), tokens) == 2


TOKENIZERS = {
    "bytes": lambda: byte_level("ab", "✓", "b\n"),
    "spaces": with_spaces_before_words,
    "tiny": lambda: load_base("tiny", device="cpu").tokenizer,
}
STRINGS = {
    "bytes": ["ab\n", "✓b", "é"],
    "spaces": ["a the", "end.", " stop", "d ."],
    "tiny": ["}\n}", "✓", "; //"],
}


@pytest.mark.parametrize("name", TOKENIZERS)
def test_it_is_where_the_whole_text_first_has_one(name):
    """Random tokens, drawn so that the strings come up, special ones among them."""
    tokenizer, strings = TOKENIZERS[name](), STRINGS[name]
    stop = StopStrings(tokenizer, strings)
    draw = random.Random(1)
    bag = list(
        itertools.chain(*(tokenizer(s, add_special_tokens=False)["input_ids"] for s in strings))
    )
    bag += [0, *(draw.randrange(len(tokenizer)) for _ in range(4))]
    found = []
    for _ in range(300):
        tokens = [draw.choice(bag) for _ in range(draw.randrange(1, 60))]
        found.append(first_end(stop, tokens))
        assert found[-1] == plain_end(tokenizer, strings, tokens)
    assert None in found
    assert len(set(found)) > 10


@pytest.mark.parametrize("string", ["<|end|>", "b<|end|>"])
def test_a_special_token_may_end_a_completion(string):
    tokenizer = byte_level()
    tokens = [*tokenizer("ab")["input_ids"], tokenizer.convert_tokens_to_ids("<|end|>")]
    stop = StopStrings(tokenizer, [string])
    assert first_end(stop, [*tokens, *tokenizer("c")["input_ids"]]) == len(tokens)
    assert first_end(stop, tokenizer("abc")["input_ids"]) is None


def test_a_text_is_cut_before_the_first_string():
    assert cut("a;b//c", ["//", ";"]) == "a"
    assert cut("abc", ["x"]) == cut("abc", []) == "abc"


def random_policy():
    tokenizer = byte_level("ab", "cd")
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer) + 3,  # a head wider than the vocabulary, as many have
        hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=1, bos_token_id=None, eos_token_id=0, pad_token_id=0,
    )  # fmt: skip
    return Policy(LlamaForCausalLM(config).eval(), tokenizer, "random", None)


STOP = ["a", "7", "d\n"]


def sampled(policy, stop):
    return policy.sample(
        [policy.encode("x"), policy.encode("yz")],
        seeds=[range(20), range(20, 30)],
        max_new_tokens=60,
        temperature=1.0,
        stop=stop,
    )


def test_a_sample_is_the_unstopped_one_up_to_its_stop_string():
    """Its tokens and log-probabilities, so that what is trained on is what was sampled."""
    policy = random_policy()
    whole, stopped = sampled(policy, []), sampled(policy, STOP)
    ends = []
    for one, other in zip(itertools.chain(*stopped), itertools.chain(*whole), strict=True):
        end = plain_end(policy.tokenizer, STOP, other.tokens.tolist())
        n = len(other.tokens) if end is None else end
        ends.append(end)
        assert one.tokens.tolist() == other.tokens[:n].tolist()
        torch.testing.assert_close(one.logprobs, other.logprobs[:n], atol=1e-5, rtol=0)
        assert one.finished == (end is not None or other.finished)
        program = policy.decode(one.tokens, stop=STOP)
        assert not any(string in program for string in STOP)
        assert policy.decode(one.tokens).startswith(program)
    assert any(ends)
    assert None in ends


def test_an_agents_programs_end_before_the_string():
    policy = random_policy()
    options = {"name": "random", "temperature": 1.0, "max_new_tokens": 60}
    seeds = range(20)
    stopped = PolicyAgent(policy, stop=STOP, **options).generate(["x"] * 20, seeds=seeds)
    whole = PolicyAgent(policy, **options).generate(["x"] * 20, seeds=seeds)
    assert stopped == [cut(program, STOP) for program in whole]
    assert stopped != whole


def test_an_empty_string_is_refused(tmp_path):
    with pytest.raises(ValueError, match="must not be empty"):
        StopStrings(byte_level(), ["a", ""])
    with pytest.raises(PolicyError, match="must not be empty"):
        PolicyAgent(random_policy(), name="random", stop=[""])
    with pytest.raises(ValueError, match="must not be empty"):
        GRPOConfig(out=tmp_path, stop=("",))


def test_the_vocabulary_is_read_once():
    tokenizer = byte_level()
    first = policies.stop_strings(tokenizer, ("a",))
    assert first is policies.stop_strings(tokenizer, ("a",))
    assert policies.stop_strings(tokenizer, ()) is None


def test_the_command_line_takes_several():
    arguments = ["train", "grpo", "--set", "stop=}\n}", "--set", "stop=|end|", "--settings"]
    done = CliRunner().invoke(app, arguments)
    assert "stop = ('}\\n}', '|end|')" in done.output
    done = CliRunner().invoke(app, ["train", "grpo", "--settings"])
    assert "stop = None" in done.output
