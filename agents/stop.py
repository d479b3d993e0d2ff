"""Texts that end a completion, found while it is sampled.

A completion ends when its decoded text contains one of them: wherever token borders fall, and in
tokenizers whose tokens are parts of characters. Decoding every row at every step would take longer
than sampling does, so only a row whose new token can complete one of the texts is decoded, and only
as much of its end as such a text can span.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

_PART = "\N{REPLACEMENT CHARACTER}"  # what part of a character decodes to


def cut(text: str, stop: Sequence[str]) -> str:
    """`text` up to the first of the texts in `stop`."""
    return text[: min((at for s in stop if (at := text.find(s)) >= 0), default=len(text))]


class StopStrings:
    """`strings` in the tokens of `tokenizer` (Hugging Face's). Raises `ValueError` for an empty
    one.

    Attributes:
        endings: The tokens that can complete one of them, int64 [E].
    """

    def __init__(self, tokenizer: Any, strings: Sequence[str]) -> None:
        if "" in strings:
            raise ValueError("A stop string must not be empty.")
        self.tokenizer, self.strings = tokenizer, tuple(strings)
        self.longest = max(map(len, strings))
        # Some decoders drop the space before a text's first token: each stands after another here.
        first = tokenizer("a", add_special_tokens=False)["input_ids"]
        before = self._text(first)
        texts = tokenizer.batch_decode(
            [[*first, token] for token in range(len(tokenizer))], skip_special_tokens=True
        )
        last = {string[-1] for string in strings} | {_PART}
        found = [i for i, t in enumerate(texts) if not last.isdisjoint(t.removeprefix(before))]
        # Of a model without an end of a turn of its own, a special token may be what ends one.
        special = tokenizer.all_special_tokens
        self.special = tuple(s for s in self.strings if any(token in s for token in special))
        if self.special:
            found += tokenizer.all_special_ids
        self.endings = torch.tensor(sorted({*found}), dtype=torch.long)

    def end(self, tokens: Tensor) -> bool:
        """Whether one of them is in the text of `tokens` [T], which had none before the last."""
        count = 2 * self.longest + 2
        while True:
            text = self._text(tokens[-count:].tolist())
            if any(string in text for string in self.strings):
                return True
            if self.special:
                whole = self.tokenizer.decode(tokens[-count:].tolist(), skip_special_tokens=False)
                if any(string in whole for string in self.special):
                    return True
            # The first character may have lost its beginning, or a space before it.
            if len(text.lstrip(_PART)) > self.longest or count >= len(tokens):
                return False
            count *= 2

    def _text(self, tokens: list[int]) -> str:
        text: str = self.tokenizer.decode(tokens, skip_special_tokens=True)
        return text


@lru_cache(maxsize=8)
def stop_strings(tokenizer: Any, strings: tuple[str, ...]) -> StopStrings | None:
    """`StopStrings`, made once (it reads the whole vocabulary); None for no strings."""
    return StopStrings(tokenizer, strings) if strings else None
