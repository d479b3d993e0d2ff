"""What a verifier has judged before: the answer to each question once, the latest ones kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping
from typing import Generic, TypeVar

Question = TypeVar("Question", bound=Hashable)
Judgement = TypeVar("Judgement")

# Verdicts are a few kB each. Samples of one group are often equal, and so are replays.
SIZE = 4096


class Remembered(Generic[Question, Judgement]):
    """The last `size` judgements, by what they depend on. Threads may share it."""

    def __init__(self, size: int = SIZE) -> None:
        self._size = size
        self._kept: OrderedDict[Question, Judgement] = OrderedDict()
        self._lock = threading.Lock()

    def recall(self, questions: Iterable[Question]) -> dict[Question, Judgement]:
        """Those of `questions` that are known, with their judgements."""
        with self._lock:
            known = {q: self._kept[q] for q in questions if q in self._kept}
            for question in known:
                self._kept.move_to_end(question)
        return known

    def keep(self, judged: Mapping[Question, Judgement]) -> None:
        """Remembers them; what was asked for longest ago makes room."""
        with self._lock:
            self._kept.update(judged)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
