"""G32 L20: answers that are too long, too many, too early, cut off, or hard on a decoder.

Safe: PROTOCOL for what breaks the rules; whatever keeps them arrives as it was sent.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..catalogue import World

EXPECT = "ok protocol"
LIMITS = {"answer_bytes": 1 << 20, "answer_seconds": 2.0}
ODD = {
    "deep": b"[" * 1_000_000,
    "nan": b'{"a": NaN, "a": 1e400}',
    "surrogate": b'"\\ud800"',
    "laughs": b'["' + b"x" * 100_000 + b'"]',
    "empty": b"",
    "binary": bytes(range(256)) * 16,
    "frame": (5).to_bytes(4, "big") + b"d4:ok" + b"i1e",
}
WRONG = ("longer", "gigabyte", "extra", "early", "cut", "none", "late-extra")


def attack(how: str) -> None:
    if how == "early":
        send(b"unasked")
        send(b"unasked")
    asked = receive()
    if how in ODD:
        send(ODD[how])
    elif how == "longer":
        send(bytes((1 << 20) + 1))
    elif how == "gigabyte":
        os.write(4, (1 << 30).to_bytes(4, "big"))
        for _ in range(64):
            os.write(4, bytes(1 << 16))
    elif how in ("extra", "late-extra"):
        send(asked)
        time.sleep(0.3 if how == "late-extra" else 0)
        send(asked)
    elif how == "cut":
        os.write(4, (100).to_bytes(4, "big") + b"not a hundred")
    sys.stdout.flush()


def receive() -> bytes:
    length = int.from_bytes(os.read(3, 4), "big")
    return os.read(3, length)


def send(data: bytes) -> None:
    rest = memoryview(len(data).to_bytes(4, "big") + data)
    while rest:
        rest = rest[os.write(4, rest) :]


def host(world: World) -> None:
    for how, sent in ODD.items():
        outcome = world.play("attack", how, requests=(b"ask",), expect="ok")
        answers = [step.answers for step in outcome.steps]
        world.check(answers == [(sent,)], f"{how}: another answer came than was sent")
    for how in WRONG:
        outcome = world.play("attack", how, requests=(b"ask",), expect="protocol")
        long = [a for step in outcome.steps for a in step.answers if len(a) > 1 << 20]
        world.check(not long, f"{how}: an answer is too long")
