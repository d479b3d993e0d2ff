"""The tokenizer of the tiny policy: words, separators and frequent phrases, each one token.

A program of a hundred tokens instead of four hundred is what lets a small model learn it on two
cores, and a name that is always the same single token is what lets the model copy the names it
declared. Phrases are found as byte-pair encoding finds pairs, but over whole words and separators,
and never around a name of a program. What is not in the vocabulary falls back to its bytes, so any
UTF-8 text survives encoding and decoding unchanged.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from tokenizers import Regex, Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

PAD, EOS = "<|pad|>", "<|end|>"

# What a tiny policy reads of an observation: of a task with examples, what comes before them; their
# numbers mean nothing to it.
TASK_TEMPLATE = "{{ messages[-1]['content'].split('// For example')[0] }}"
# Of a Compact task, the lines of the form "// key: value", in which it states what it asks for. The
# sentences after them are for models that know English.
HEADER_TEMPLATE = (
    "{%- for line in messages[-1]['content'].split('\\n') -%}"
    "{%- if line.startswith('// ') and ': ' in line -%}{{ line + '\\n' }}{%- endif -%}"
    "{%- endfor -%}{{ '\\n' }}"
)

# Of Python's problems: a solver reads the words and which stage it is at, a test writer the
# examples, too, whose form is that of tests.
_TO_TEST, _RULES, _STAGE, _EXAMPLES = "Write tests", "Python 3, the", "## Now", "For example:"
PYTHON_TEMPLATE = (
    "{%- set text = messages[-1]['content'] -%}"
    f"{{%- if '{_TO_TEST}' in text -%}}{{{{ text.split('{_RULES}')[0] }}}}"
    f"{{%- elif '{_STAGE}' in text -%}}"
    f"{{{{ text.split('{_EXAMPLES}')[0] + '{_STAGE}' + text.split('{_STAGE}')[-1] }}}}"
    f"{{%- else -%}}{{{{ text.split('{_EXAMPLES}')[0] }}}}{{%- endif -%}}"
)

# A word, a line break with the indentation after it, or a run of anything else.
PIECE = r"[A-Za-z0-9_]+|\n[ ]*|[^A-Za-z0-9_\n]+"
_PIECE = re.compile(PIECE)
_WORD = re.compile(r"[A-Za-z0-9_]")
Pair = tuple[str, str]
# Words and separators rarer than this are spelt in bytes: with fewer sightings in a short
# training run their embeddings would stay random.
MIN_COUNT = 8


def read_header(prompt: str) -> str:
    """`prompt` as `HEADER_TEMPLATE` renders it."""
    kept = (line + "\n" for line in prompt.split("\n") if line.startswith("// ") and ": " in line)
    return "".join(kept) + "\n"


def read_task(prompt: str) -> str:
    """`prompt` as `TASK_TEMPLATE` renders it."""
    return prompt.split("// For example")[0]


def read_python(prompt: str) -> str:
    """`prompt` as `PYTHON_TEMPLATE` renders it."""
    if _TO_TEST in prompt:
        return prompt.split(_RULES)[0]
    begun = prompt.split(_EXAMPLES)[0]
    return begun + _STAGE + prompt.split(_STAGE)[-1] if _STAGE in prompt else begun


READERS = {HEADER_TEMPLATE: read_header, TASK_TEMPLATE: read_task, PYTHON_TEMPLATE: read_python}
"""By template: what a tiny policy reads of an observation."""


def split_pieces(text: str) -> list[str]:
    """`text` cut into words, line breaks with indentation, and separators."""
    return _PIECE.findall(text)


def find_phrases(
    texts: Iterable[str], *, names: frozenset[str], count: int, min_count: int
) -> list[str]:
    """The phrases that shorten `texts` most: at most `count`, each seen `min_count` times or more.

    Repeatedly joins the most frequent pair of neighbouring pieces, neither of which is (or holds)
    one of `names`. A phrase may end with a line break but never go on after one, so that lines can
    follow each other in ways the texts do not show. Phrases swallowed by longer ones are not
    returned.
    """
    lines = Counter(line for text in texts for line in _lines(split_pieces(text)))
    rows = [(list(pieces), times) for pieces, times in lines.items()]
    counts: Counter[Pair] = Counter()
    where: defaultdict[Pair, set[int]] = defaultdict(set)  # the rows that hold a pair

    def count_row(row: int, sign: int) -> None:
        pieces, times = rows[row]
        for pair in itertools.pairwise(pieces):
            if names.isdisjoint(pair):
                counts[pair] += sign * times
                where[pair].add(row)

    for row in range(len(rows)):
        count_row(row, 1)
    joined: list[str] = []
    while len(joined) < count and counts:
        # Ties go to the pair that sorts last, so that the same texts give the same tokens.
        best = max(counts, key=lambda pair: (counts[pair], pair))
        if counts[best] < min_count:
            break
        joined.append("".join(best))
        for row in where.pop(best):
            count_row(row, -1)
            rows[row] = (_join(rows[row][0], *best), rows[row][1])
            count_row(row, 1)
        del counts[best]
    surviving: Counter[str] = Counter()
    for pieces, times in rows:
        for piece in pieces:
            surviving[piece] += times
    return [phrase for phrase in joined if surviving[phrase] >= min_count]


def _lines(pieces: list[str]) -> Iterator[tuple[str, ...]]:
    """`pieces` line by line, each line with the break that ends it."""
    start = 0
    for i, piece in enumerate(pieces):
        if piece[0] == "\n":
            yield tuple(pieces[start : i + 1])
            start = i + 1
    yield tuple(pieces[start:])


def _join(pieces: list[str], left: str, right: str) -> list[str]:
    out: list[str] = []
    i = 0
    while i < len(pieces):
        if pieces[i] == left and i + 1 < len(pieces) and pieces[i + 1] == right:
            out.append(left + right)
            i += 2
        else:
            out.append(pieces[i])
            i += 1
    return out


def build_tokenizer(
    texts: Sequence[str],
    *,
    names: Iterable[str] = (),
    phrases: int = 256,
    min_count: int = MIN_COUNT,
    template: str = HEADER_TEMPLATE,
) -> PreTrainedTokenizerFast:
    """A tokenizer whose vocabulary is learnt from `texts`.

    `names` are the words that must stay tokens of their own (the identifiers a program declares);
    at most `phrases` longer tokens are added. Every one of the 256 bytes is a token too.
    `template` says what of an observation is read.
    """
    from transformers import PreTrainedTokenizerFast

    found = find_phrases(texts, names=frozenset(names), count=phrases, min_count=min_count)
    counts = Counter(piece for text in texts for piece in split_pieces(text))
    pieces = [piece for piece, times in counts.items() if times >= min_count]
    wanted = sorted({*pieces, *found, *names})

    to_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens = [PAD, EOS, *alphabet]
    known = set(tokens)
    for text in wanted:
        token = to_bytes.pre_tokenize_str(text)[0][0]
        if token not in known:
            known.add(token)
            tokens.append(token)

    # With `ignore_merges` a piece that is in the vocabulary is one token, and any other piece
    # is its bytes: no merge is ever made.
    tokenizer = Tokenizer(
        BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=[], ignore_merges=True)
    )
    pattern = "|".join([*(_pattern(p) for p in sorted(found, key=len, reverse=True)), PIECE])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(pattern), behavior="isolated"), to_bytes]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=EOS,
        # A program that spells "<|end|>" means these characters, not the end of the text.
        split_special_tokens=True,
        chat_template=template,
        clean_up_tokenization_spaces=False,
        padding_side="left",
    )


def _pattern(phrase: str) -> str:
    """`phrase` as a regular expression that ends where a piece ends.

    It always begins where one begins: text is matched from left to right, whole pieces at a time.
    """
    if "\n" in phrase:
        more = "[ ]"  # of the indentation it ends with
    else:
        more = "[A-Za-z0-9_]" if _WORD.match(phrase[-1]) else r"[^A-Za-z0-9_\n]"
    escaped = "".join(r"\n" if c == "\n" else re.escape(c) for c in phrase)
    return f"{escaped}(?!{more})"
