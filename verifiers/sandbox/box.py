"""One box as the host sees it: a stream to a supervisor, jobs out, results back.

A box is used by one thread at a time. Whatever arrives is bounded before it is read and decoded
strictly: a supervisor that a program has somehow taken over can say what it likes, and gains
nothing by it but a box that is thrown away.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from .base import (
    BoxDiedError,
    Job,
    Limits,
    SandboxUnavailableError,
    Status,
    Step,
    StepOutcome,
)
from .supervisor import wire

# Room in a reply for what is not output, answers or files.
SLACK_BYTES = 1 << 20
# The supervisor keeps the limits to milliseconds; when it says nothing for so long after them, it
# starves (a fork bomb on a slow machine), and the box is killed from outside.
SILENCE_SECONDS = 2.0
# A reset takes a millisecond; thousands of files on a busy machine, a second.
SETTLE_SECONDS = 10.0


class Transport(Protocol):
    """The two ends of a supervisor's standard streams, and the power to end it."""

    def write(self, data: bytes, seconds: float) -> None:
        """Raises `OSError` when the stream is broken, `TimeoutError` when it takes too long."""
        ...

    def read(self, seconds: float) -> bytes:
        """The next bytes, none at the end of the stream. Raises as `write`."""
        ...

    def kill(self) -> None:
        """End the box and all in it. May be called twice, and by any thread."""
        ...

    def post_mortem(self) -> BoxDiedError:
        """Why the stream ended, as far as that can be told."""
        ...


class BoxTimeoutError(Exception):
    """The supervisor did not answer in time; the box has been killed."""


class Box:
    """A supervisor that is ready for a job."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._buffer = bytearray()
        self.opened = time.monotonic()
        self.uses = 0
        self.settled = True

    def ready(self, seconds: float) -> None:
        """Wait for the supervisor's first word.

        Raises `SandboxUnavailableError` when it finds the box unfit, and `BoxDiedError`.
        """
        message = self._receive(seconds, SLACK_BYTES)
        if b"ready" not in message:
            reason = _text(message.get(b"unfit", b"it said something else"))
            self.kill()
            raise SandboxUnavailableError(f"the sandbox does not hold what it promises: {reason}")

    def run(self, job: Job) -> dict[bytes, Any]:
        """What the supervisor says of `job`.

        Raises `BoxDiedError`, and `BoxTimeoutError` when it kept silent past every limit.
        """
        self.uses += 1
        self.settled = False
        seconds = sum(step.limits.seconds for step in job.steps) + SILENCE_SECONDS
        data = wire.frame(wire.encode(job_message(job)))
        try:
            self._transport.write(data, seconds)
        except TimeoutError:
            self.kill()
            raise BoxTimeoutError from None
        except OSError:
            self.kill()
            raise self._transport.post_mortem() from None
        return self._receive(seconds, reply_bound(job))

    def settle(self) -> bool:
        """Wait for the reset after a job: whether the box may have another. A doubt kills it."""
        if not self.settled:
            try:
                message = self._receive(SETTLE_SECONDS, SLACK_BYTES)
            except (BoxDiedError, BoxTimeoutError):
                return False
            if b"clean" not in message:
                self.kill()
                return False
            self.settled = True
        return True

    def kill(self) -> None:
        """End it, from any thread."""
        self._transport.kill()

    def _receive(self, seconds: float, bound: int) -> dict[bytes, Any]:
        end = time.monotonic() + seconds
        try:
            (length,) = wire.HEADER.unpack(self._take(wire.HEADER.size, end))
            if length > bound:
                raise wire.WireError(f"a message of {length} bytes where {bound} are possible")
            message = wire.decode(self._take(length, end))
            if not isinstance(message, dict):
                raise wire.WireError("not a dictionary")
        except wire.WireError as error:
            self.kill()
            raise BoxDiedError(f"the supervisor's message could not be read: {error}") from None
        return message

    def _take(self, count: int, end: float) -> bytes:
        while len(self._buffer) < count:
            try:
                part = self._transport.read(max(0.0, end - time.monotonic()))
            except TimeoutError:
                self.kill()
                raise BoxTimeoutError from None
            except OSError:
                part = b""
            if not part:
                self.kill()
                raise self._transport.post_mortem()
            self._buffer += part
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken


def job_message(job: Job) -> dict[str, Any]:
    """`job` as the supervisor reads it."""
    return {
        "files": dict(job.files),
        "collect": dict(job.collect),
        "steps": [_step_message(step) for step in job.steps],
    }


def _step_message(step: Step) -> dict[str, Any]:
    limits = step.limits
    cpu = limits.seconds if limits.cpu_seconds is None else limits.cpu_seconds
    return {
        "argv": [argument.encode("utf-8", "surrogateescape") for argument in step.argv],
        "stdin": step.stdin,
        "requests": list(step.requests),
        "env": dict(step.environment),
        "us": int(limits.seconds * 1e6),
        "cpu": max(1, math.ceil(cpu)),
        "output": limits.output_bytes,
        "answer": limits.answer_bytes,
        "answer_us": int((limits.answer_seconds or 0) * 1e6),
        "file": limits.file_bytes,
        "nofile": limits.open_files,
        "stack": limits.stack_bytes,
    }


def reply_bound(job: Job) -> int:
    """The most bytes that an honest reply to `job` can have."""
    return SLACK_BYTES + sum(job.collect.values()) + sum(map(_step_bound, job.steps))


def _step_bound(step: Step) -> int:
    return step.limits.output_bytes + len(step.requests) * (step.limits.answer_bytes + 32)


def step_outcomes(reply: Mapping[bytes, Any], steps: Sequence[Step]) -> tuple[StepOutcome, ...]:
    """The steps of a reply. Raises `BoxDiedError` when no supervisor of ours would say so."""
    try:
        found = [_step_outcome(r, s) for r, s in zip(reply[b"steps"], steps, strict=False)]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BoxDiedError(f"the supervisor's reply is malformed: {error!r}") from None
    if not found:
        raise BoxDiedError("the supervisor's reply is empty")
    return tuple(found)


def _step_outcome(result: Mapping[bytes, Any], step: Step) -> StepOutcome:
    limits: Limits = step.limits
    answers = tuple(bytes(answer) for answer in result[b"answers"])
    if len(answers) > len(step.requests) or any(len(a) > limits.answer_bytes for a in answers):
        raise ValueError("answers that nobody asked for")
    code, number = int(result[b"code"]), int(result[b"signal"])
    return StepOutcome(
        name=step.name,
        status=Status(_text(result[b"status"])),
        exit_code=code if code >= 0 else None,
        signal=number or None,
        stdout=bytes(result[b"stdout"][: limits.output_bytes]),
        stderr=bytes(result[b"stderr"][: limits.output_bytes]),
        truncated=bool(result[b"truncated"]),
        answers=answers,
        seconds=int(result[b"us"]) / 1e6,
        cpu_seconds=int(result[b"cpu_us"]) / 1e6,
        peak_bytes=int(result[b"peak"]),
        left_running=int(result[b"left"]),
        message=_text(result[b"message"]),
    )


def _text(value: Any) -> str:
    return bytes(value).decode("utf-8", "replace")
