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
    StarvedError,
    Status,
    Step,
    StepOutcome,
    most_answered,
)
from .supervisor import wire

# Room in a reply for what is not output, answers or files.
SLACK_BYTES = 1 << 20
# The supervisor keeps the limits to milliseconds; when it says nothing for so long after them, it
# starves (a fork bomb on a slow machine), and the box is killed from outside.
SILENCE_SECONDS = 2.0
# Bytes a second: putting files and taking artefacts, on a machine that swaps.
SLOWEST = 8 << 20
# What the supervisor says of a step that lost a process to the machine's want of memory. It is no
# status: it is not known whose doing that was.
STARVED = b"starved"
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
        """Why the stream ended or kept silent, as far as that can be told. Ends the box, too."""
        ...


class BoxTimeoutError(Exception):
    """The supervisor did not answer in time."""


class UncleanError(Exception):
    """The reset after the job before did not end well: this job has not begun."""


class _EndError(Exception):
    """The stream ended."""


class Box:
    """A supervisor that is ready for a job; `opened` is when it began to be made (monotonic)."""

    def __init__(self, transport: Transport, *, opened: float) -> None:
        self._transport = transport
        self._buffer = bytearray()
        self.opened = opened
        self.uses = 0
        # Whether the supervisor has yet to say how the reset after the last job went.
        self._resetting = False

    def ready(self, seconds: float) -> None:
        """Wait for the supervisor's first word; without it the box is ended.

        Raises `SandboxUnavailableError` when it finds the box unfit, and `BoxDiedError`.
        """
        try:
            message = self._answer(seconds, SLACK_BYTES)
            if b"ready" in message:
                return
            reason = _text(message.get(b"unfit", b"it said something else"))
        except BoxTimeoutError:
            self.kill()
            raise BoxDiedError(f"a box was not ready in {seconds:g} s") from None
        except BaseException:
            self.kill()
            raise
        self.kill()
        raise SandboxUnavailableError(f"the sandbox does not hold what it promises: {reason}")

    def run(self, job: Job) -> dict[bytes, Any]:
        """What the supervisor says of `job`.

        It is sent at once and waits in the box for the end of the reset after the job before.

        Raises `UncleanError` when that reset found a doubt, `BoxDiedError`, and `BoxTimeoutError`
        when the supervisor kept silent past every limit; each time the box is of no more use.
        """
        self.uses += 1
        data = wire.frame(wire.encode_order(job_message(job)))
        bound = reply_bound(job)
        moving = (len(data) + bound) / SLOWEST
        seconds = sum(step.limits.seconds for step in job.steps) + SILENCE_SECONDS + moving
        resetting, self._resetting = self._resetting, True
        try:
            self._transport.write(data, seconds)
        except OSError:  # a time-out, too: no program has run, since its frame has not arrived
            if resetting:
                raise UncleanError from None
            raise self._transport.post_mortem() from None
        if resetting and not self._is_clean():
            raise UncleanError
        return self._answer(seconds, bound)

    def _is_clean(self) -> bool:
        """Wait for the reset after a job: whether the box may have another."""
        try:
            return b"clean" in self._receive(SETTLE_SECONDS, SLACK_BYTES)
        except (_EndError, BoxDiedError, BoxTimeoutError):
            return False

    def kill(self) -> None:
        """End it, from any thread."""
        self._transport.kill()

    def post_mortem(self) -> BoxDiedError:
        """Why a box that has been killed for its silence was silent."""
        return self._transport.post_mortem()

    def _answer(self, seconds: float, bound: int) -> dict[bytes, Any]:
        """As `_receive`; the end of the stream is looked into. Raises `BoxDiedError`, too."""
        try:
            return self._receive(seconds, bound)
        except _EndError:
            raise self._transport.post_mortem() from None

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
            raise BoxDiedError(f"the supervisor's message could not be read: {error}") from None
        return message

    def _take(self, count: int, end: float) -> bytes:
        while len(self._buffer) < count:
            try:
                part = self._transport.read(max(0.0, end - time.monotonic()))
            except TimeoutError:
                raise BoxTimeoutError from None
            except OSError:
                part = b""
            if not part:
                raise _EndError
            self._buffer += part
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken


def job_message(job: Job) -> dict[str, Any]:
    """`job` as the supervisor reads it."""
    return {
        "files": {name.encode(): bytes(content) for name, content in job.files.items()},
        "collect": {name.encode(): most for name, most in job.collect.items()},
        "steps": [_step_message(step) for step in job.steps],
    }


def _step_message(step: Step) -> dict[str, Any]:
    limits = step.limits
    cpu = limits.seconds if limits.cpu_seconds is None else limits.cpu_seconds
    return {
        "argv": [argument.encode("utf-8", "surrogateescape") for argument in step.argv],
        "stdin": bytes(step.stdin),
        "requests": list(map(bytes, step.requests)),
        "env": {name.encode(): text.encode() for name, text in step.environment.items()},
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
    return SLACK_BYTES + sum(job.collect.values()) + sum(map(most_answered, job.steps))


def step_outcomes(reply: Mapping[bytes, Any], steps: Sequence[Step]) -> tuple[StepOutcome, ...]:
    """The steps of a reply.

    Raises `BoxDiedError` when no supervisor of ours would say so, and `StarvedError` for a step
    that the machine's want of memory has ended.
    """
    try:
        results = _list(reply[b"steps"])
        if len(results) > len(steps):
            raise ValueError("more steps than were asked for")
        if any(_dictionary(result)[b"status"] == STARVED for result in results):
            raise StarvedError("the machine ran out of memory under it")
        found = [_step_outcome(r, s) for r, s in zip(results, steps, strict=False)]
        if not found or any(o.status is not Status.OK for o in found[:-1]):
            raise ValueError("it went on after a failure")
        if found[-1].status is Status.OK and len(found) < len(steps):
            raise ValueError("it stopped before a failure")
    except (KeyError, TypeError, ValueError) as error:
        raise BoxDiedError(f"the supervisor's reply is malformed: {error}") from None
    return tuple(found)


def artefacts(
    reply: Mapping[bytes, Any], wanted: Mapping[str, int]
) -> tuple[dict[str, bytes], dict[str, str]]:
    """The files of a reply, and why others are missing. Raises as `step_outcomes`."""
    try:
        files = {k.decode(): _bytes(v) for k, v in _dictionary(reply[b"files"]).items()}
        missing = {k.decode(): _text(v) for k, v in _dictionary(reply[b"missing"]).items()}
        if files.keys() | missing.keys() != wanted.keys() or files.keys() & missing.keys():
            raise ValueError("files that nobody asked for")
        if any(len(data) > wanted[name] for name, data in files.items()):
            raise ValueError("a file is too long")
    except (KeyError, TypeError, ValueError) as error:
        raise BoxDiedError(f"the supervisor's reply is malformed: {error}") from None
    return files, missing


def _step_outcome(result: Any, step: Step) -> StepOutcome:
    result = _dictionary(result)
    limits: Limits = step.limits
    answers = tuple(map(_bytes, _list(result[b"answers"])))
    if len(answers) > len(step.requests) or any(len(a) > limits.answer_bytes for a in answers):
        raise ValueError("answers that nobody asked for")
    stdout, stderr = _bytes(result[b"stdout"]), _bytes(result[b"stderr"])
    if len(stdout) + len(stderr) > limits.output_bytes:
        raise ValueError("more output than is taken")
    code, number = _integer(result[b"code"], least=-1), _integer(result[b"signal"])
    status = Status(_text(result[b"status"]))
    if status is Status.OK and (code != 0 or len(answers) < len(step.requests)):
        raise ValueError("it is not as well as it says")
    return StepOutcome(
        name=step.name,
        status=status,
        exit_code=code if code >= 0 else None,
        signal=number or None,
        stdout=stdout,
        stderr=stderr,
        truncated=bool(_integer(result[b"truncated"])),
        answers=answers,
        seconds=_integer(result[b"us"]) / 1e6,
        cpu_seconds=_integer(result[b"cpu_us"]) / 1e6,
        peak_bytes=_integer(result[b"peak"]),
        left_running=_integer(result[b"left"]),
        message=_text(result[b"message"]),
    )


# `bytes(n)` and `int(text)` would take what another supervisor might send instead.


def _bytes(value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError(f"{type(value).__name__} where bytes should be")
    return value


def _integer(value: Any, *, least: int = 0) -> int:
    if not isinstance(value, int) or value < least:
        raise TypeError("not a number that can be here")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{type(value).__name__} where a list should be")
    return value


def _dictionary(value: Any) -> dict[bytes, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"{type(value).__name__} where a dictionary should be")
    return value


def _text(value: Any) -> str:
    return _bytes(value).decode("utf-8", "replace")
