"""Runs one step of a job: starts it under its limits, drains it, ends it, and says how it ended.

Output is drained while the step runs and capped while it is drained; at the cap, at the deadline
and at the end of its first process, everything that the step started is killed, so that nothing
runs on after the clock has stopped and no forgotten grandchild holds a pipe open.
"""

from __future__ import annotations

import _signal as signal  # `signal` itself would bring `enum`: a quarter of what a fork must copy
import os
import resource
import select
import time

from . import kernel, wire
from .stage import CHUNK, Input, Pipe, Stage

TYPE_CHECKING = False  # importing `typing` would double the time to start
if TYPE_CHECKING:
    from typing import Any

    from .reset import Box

# Orphans become zombies that count as processes until they are reaped; this often is enough.
REAP_SECONDS = 0.05


class Usage:
    """Sums over every process that was reaped."""

    def __init__(self) -> None:
        self.cpu = 0.0
        self.peak = 0

    def add(self, used: resource.struct_rusage) -> None:
        self.cpu += used.ru_utime + used.ru_stime
        self.peak = max(self.peak, used.ru_maxrss * 1024)


def run(
    wanted: dict[str, Any], box: Box, owner: int, stage: Stage, *, more: bool = False
) -> tuple[dict[str, Any], Stage | None]:
    """The result of one step, as the owner is told it, and, where `more` are to come, a process for
    the next one. Exits at once when the owner is gone."""
    output, errors = stage.output, stage.errors
    started = time.monotonic()
    given = stage.start(wanted)

    talk = Conversation(wanted["requests"], stage.request_end, stage.answers, wanted)
    ahead = _ahead(box) if more else None
    watch = Watch(stage, box, wanted, talk, given, started, owner)
    reason = watch.until_end()
    left = box.kill_all(watch.usage, spared=ahead)
    watch.drain()
    talk.close()
    given.close()
    seconds = time.monotonic() - started
    not_started = os.read(stage.failed, 64)
    stage.close()

    code, killed_by = watch.ended()
    cap = wanted["output"]
    truncated = len(output.data) + len(errors.data) > cap
    text, error_text = _capped(output.data, errors.data, cap)
    message = ""
    killed = box.memory_kills.since(stage.kills_before)
    if killed == "starved":
        status = killed  # however it went on without what was killed
    elif reason:
        status = reason
    elif not_started:
        program = wanted["argv"][0]
        why = os.strerror(int(not_started))
        message = f"{program.decode('utf-8', 'replace')} could not be started: {why}"
        status = "infra" if box.lacks(program) else "exit"
    elif killed:
        status = killed
    elif truncated:
        status = "output"
    elif killed_by == signal.SIGXCPU or (
        # The hard limit, a second later. (The soft one counts in ticks: rusage may say less.)
        killed_by == signal.SIGKILL and watch.usage.cpu >= wanted["cpu"]
    ):
        status = "timeout"
    elif (killed_by or code) and (
        kernel.rose(box.forks_refused, stage.refused_before) or box.crowded
    ):
        status = "pids"
    elif talk.broken:
        status = "protocol"
    elif killed_by:
        status = "signal"
    elif code:
        status = "exit"
    elif talk.unanswered:
        status = "protocol"
    else:
        status = "ok"
    if status == "protocol":
        message = talk.broken or "it ended before it had answered everything"
    result = not_run(status, message) | {
        "code": -1 if code is None else code,
        "signal": killed_by,
        "stdout": text,
        "stderr": error_text,
        "truncated": int(truncated),
        "answers": talk.answered,
        "us": int(seconds * 1e6),
        "cpu_us": int(watch.usage.cpu * 1e6),
        "peak": watch.usage.peak,
        "left": left,
    }
    return result, ahead


def _ahead(box: Box) -> Stage | None:
    """A process for the next step, where it is out of this one's reach and is to be had."""
    try:
        return Stage(box, ahead=True) if box.launcher else None
    except OSError:
        return None  # this step has taken all that there are: the next one gets its own


def not_run(status: str, message: str) -> dict[str, Any]:
    """The result of a step that was not even started."""
    return {
        "status": status,
        "code": -1,
        "signal": 0,
        "stdout": b"",
        "stderr": b"",
        "truncated": 0,
        "answers": [],
        "us": 0,
        "cpu_us": 0,
        "peak": 0,
        "left": 0,
        "message": message,
    }


class Watch:
    """Follows a step from its start to its end."""

    def __init__(
        self,
        stage: Stage,
        box: Box,
        wanted: dict[str, Any],
        talk: Conversation,
        given: Input,
        started: float,
        owner: int,
    ) -> None:
        self.kills_before = stage.kills_before
        self.child, self.pidfd = stage.child, stage.pidfd
        self.box, self.talk, self.given, self.owner = box, talk, given, owner
        self.usage = Usage()
        self.deadline = started + wanted["us"] / 1e6
        self.cap = wanted["output"]
        self.streams = {pipe.read_end: pipe for pipe in (stage.output, stage.errors)}
        self.status: int | None = None
        for descriptor in (*self.streams, talk.answers.read_end):
            os.set_blocking(descriptor, False)
        if talk.expected:
            os.set_blocking(talk.request_end, False)

    def until_end(self) -> str | None:
        """Returns when the first process has ended, or with the reason why it must."""
        poll = select.poll()
        for descriptor in (*self.streams, self.pidfd):
            poll.register(descriptor, select.POLLIN)
        if self.talk.expected:
            poll.register(self.talk.answers.read_end, select.POLLIN)
        if self.given.open:
            poll.register(self.given.end, select.POLLOUT)
        poll.register(self.owner, 0)  # reports only that the other end is closed
        self.talk.ask_next()
        look = time.monotonic() + REAP_SECONDS
        while True:
            now = time.monotonic()
            deadline = min(self.deadline, self.talk.deadline)
            if now >= look or now >= deadline:
                look = now + REAP_SECONDS
                if killed := self.box.memory_kills.since(self.kills_before):
                    return killed  # one of many
                if self.box.too_much_memory():
                    return "memory"
            if now >= deadline:
                return "timeout"
            if self.talk.writing:
                poll.register(self.talk.request_end, select.POLLOUT)
            wait = min(deadline - now, REAP_SECONDS)
            for descriptor, _ in poll.poll(wait * 1000):
                if descriptor == self.owner:
                    self.box.kill_all(self.usage)
                    self.box.farewell()
                    os._exit(0)
                elif descriptor in self.streams:
                    if not self._read(descriptor):
                        poll.unregister(descriptor)
                elif descriptor == self.talk.answers.read_end:
                    if not self.talk.hear():
                        poll.unregister(descriptor)
                elif descriptor == self.talk.request_end:
                    self.talk.tell()
                    if not self.talk.writing:
                        poll.unregister(descriptor)
                elif descriptor == self.given.end:
                    self.given.give()
                    if not self.given.open:
                        poll.unregister(descriptor)
            if self._printed() > self.cap:
                return "output"
            if self.talk.broken:
                return "protocol"
            self._reap()
            if self.status is not None:
                return None

    def _read(self, descriptor: int) -> bool:
        try:
            part = os.read(descriptor, CHUNK)
        except BlockingIOError:
            return True
        self.streams[descriptor].data += part
        return bool(part)

    def _printed(self) -> int:
        return sum(len(pipe.data) for pipe in self.streams.values())

    def _reap(self) -> None:
        while True:
            try:
                pid, status, used = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self.usage.add(used)
            if pid == self.child:
                self.status = status

    def drain(self) -> None:
        """What was written before the end and not read yet; one byte over the cap is enough."""
        for descriptor in self.streams:
            while self._printed() <= self.cap and self._read_now(descriptor):
                pass
        while self.talk.expected and not self.talk.broken and self.talk.hear():
            if not self.talk.heard_more:
                break

    def _read_now(self, descriptor: int) -> bool:
        before = self._printed()
        return self._read(descriptor) and self._printed() > before

    def ended(self) -> tuple[int | None, int]:
        """The exit code (None: a signal ended it) and the signal's number (0: none)."""
        status = self.box.status_of(self.child) if self.status is None else self.status
        if status is None:
            return None, signal.SIGKILL
        if os.WIFSIGNALED(status):
            return None, os.WTERMSIG(status)
        return os.WEXITSTATUS(status), 0


class Conversation:
    """Asks a step's program one thing at a time; a request waits for the answer before it."""

    def __init__(
        self, requests: list[bytes], request_end: int, answers: Pipe, wanted: dict[str, Any]
    ) -> None:
        self.request_end, self.answers = request_end, answers
        self.expected = len(requests)
        self.answered: list[bytes] = []
        self.broken = ""
        self.writing = b""
        self.heard_more = False
        self.deadline = float("inf")
        self._requests = list(requests)
        self._cap = wanted["answer"]
        self._patience = wanted["answer_us"] / 1e6
        self._open = True
        if not requests:
            self.close()

    @property
    def unanswered(self) -> bool:
        return len(self.answered) < self.expected

    def ask_next(self) -> None:
        """Start to send the next request, or close the descriptor when there is none."""
        done = len(self.answered)
        if done < self.expected:
            self.writing = wire.frame(self._requests[done])
            if self._patience:
                self.deadline = time.monotonic() + self._patience
            self.tell()
        else:
            self.deadline = float("inf")
            self.close()

    def tell(self) -> None:
        """Send what the program takes now."""
        try:
            self.writing = self.writing[os.write(self.request_end, self.writing) :]
        except BlockingIOError:
            pass
        except BrokenPipeError:
            self.writing = b""  # it will end without an answer, and that is told then

    def hear(self) -> bool:
        """Take what has come; False at the end of the stream."""
        try:
            part = os.read(self.answers.read_end, CHUNK)
        except BlockingIOError:
            self.heard_more = False
            return True
        self.heard_more = bool(part)
        if not part:
            return False
        data = self.answers.data
        data += part
        while not self.broken and data:
            if not self.unanswered:
                self.broken = "it answered more than it was asked"
            elif self.writing:
                self.broken = "it answered before it had read the request"
            if self.broken or len(data) < wire.HEADER.size:
                break
            (length,) = wire.HEADER.unpack_from(data)
            if length > self._cap:
                self.broken = f"an answer has more than {self._cap} bytes"
                break
            end = wire.HEADER.size + length
            if len(data) < end:
                break
            self.answered.append(bytes(data[wire.HEADER.size : end]))
            del data[:end]
            if data and self.unanswered:
                self.broken = "it answered before it was asked"
            self.ask_next()
        return True

    def close(self) -> None:
        """The program reads the end of its requests."""
        if self._open:
            os.close(self.request_end)
            self._open = False
            self.writing = b""


def _capped(output: bytearray, errors: bytearray, cap: int) -> tuple[bytes, bytes]:
    """Both, cut so that they are `cap` together; what failed is on the second more often."""
    kept_errors = bytes(errors[:cap])
    return bytes(output[: cap - len(kept_errors)]), kept_errors
