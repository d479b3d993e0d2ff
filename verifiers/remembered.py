"""What a verifier has judged before: the answer to each question once, the latest ones kept."""

from __future__ import annotations

import pickle
import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping
from typing import Generic, TypeVar

Question = TypeVar("Question", bound=Hashable)
Judgement = TypeVar("Judgement")

# Samples of one group are often equal, and so are replays.
MOST = 4096
# Verdicts have about 1 kB, pickled, but a program may be all functions: each of them is told of.
MOST_BYTES = 16 << 20


class Remembered(Generic[Question, Judgement]):
    """The last judgements, by what they depend on: at most `most`, and together `most_bytes`.
    Threads may share it.

    They are plain data, and kept pickled: so it is known what they take, which is down to a tenth
    of what the objects do.
    """

    def __init__(self, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._kept: OrderedDict[Question, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def recall(self, questions: Iterable[Question]) -> dict[Question, Judgement]:
        """Those of `questions` that are known, with their judgements."""
        with self._lock:
            known = {q: self._kept[q] for q in questions if q in self._kept}
            for question in known:
                self._kept.move_to_end(question)
        return {question: pickle.loads(packed) for question, packed in known.items()}

    def keep(self, judged: Mapping[Question, Judgement]) -> None:
        """Remembers them; what was asked for longest ago makes room."""
        packed = {q: pickle.dumps(judgement) for q, judgement in judged.items()}
        with self._lock:
            for question, data in packed.items():
                self._bytes += len(data) - len(self._kept.pop(question, b""))
                self._kept[question] = data
            while len(self._kept) > self._most or self._bytes > self._most_bytes:
                self._bytes -= len(self._kept.popitem(last=False)[1])
