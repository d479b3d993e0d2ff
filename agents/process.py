"""An agent that is a program in any language: JSON lines on its standard input and output.

One request a line, ``{"id": 3, "prompt": "...", "seed": 7}``, and one answer a line, ``{"id": 3,
"program": "..."}``, in any order. An answer's ``"tokens"`` and ``"prompt_tokens"`` are counted, and
``"error": "..."`` in place of a program says that there is none. Of what is written to standard
error the end is kept, and told when the program crashes.

A program that crashes or answers nothing for too long loses the prompt that it was at, and is
started anew for the next. Where several were under way nobody can tell which it was: they are asked
again, one at a time. All that it has started ends with it (it leads a process group).
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import shlex
import shutil
import signal
import subprocess
import time
import weakref
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .agent import (
    PORTABLE_SEEDS,
    AgentError,
    AgentSetupError,
    Answer,
    AnswerError,
    ErrorKind,
    StreamingAgent,
    transcript,
)

# A program of 64 kB in JSON, each character of it escaped, with room to spare.
MAX_LINE = 1 << 20
# Of standard error, the end; of a line that is no answer, the beginning.
_KEPT, _TOLD = 4096, 200
# Seconds between the end of its input and its being killed.
GRACE_S = 2.0
_CHUNK = 1 << 16

_OPTIONS = ("name", "concurrency", "timeout_s", "max_restarts")


class _Program:
    """One run of the command: lines in, lines out, neither of which ever blocks."""

    def __init__(self, command: Sequence[str]) -> None:
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
            )
        except OSError as error:
            raise AgentSetupError(
                f"the agent's program {command[0]!r} cannot be started: {error.strerror}"
            ) from None
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self._stdin, self._stdout, self._stderr = process.stdin, process.stdout, process.stderr
        self._selector = selectors.DefaultSelector()
        for pipe in (self._stdin, self._stdout, self._stderr):
            os.set_blocking(pipe.fileno(), False)
        self._selector.register(self._stdout, selectors.EVENT_READ)
        self._selector.register(self._stderr, selectors.EVENT_READ)
        self._unsent, self._unread, self._said = b"", b"", b""
        self._ended = weakref.finalize(self, _end, process)

    def send(self, line: bytes) -> None:
        """Sends a line as soon as the program reads it, while `lines` waits for some."""
        if not self._unsent:
            self._selector.register(self._stdin, selectors.EVENT_WRITE)
        self._unsent += line

    def lines(self, deadline: float) -> list[bytes] | None:
        """The next lines, as soon as there is one; none when it is `deadline` (of the monotonic
        clock), and None when there will be no more. Raises `AnswerError` for one that is longer
        than any answer."""
        while (left := deadline - time.monotonic()) > 0:
            for key, _ in self._selector.select(left):
                if key.fileobj is self._stdin:
                    self._write()
                elif key.fileobj is self._stderr:
                    if not self._read_stderr():
                        self._selector.unregister(self._stderr)
                else:
                    data = os.read(self._stdout.fileno(), _CHUNK)
                    if not data:
                        return None
                    *whole, self._unread = (self._unread + data).split(b"\n")
                    if len(self._unread) > MAX_LINE:
                        told = f"wrote a line of more than {MAX_LINE} bytes"
                        raise AnswerError(ErrorKind.GARBAGE, told)
                    if whole:
                        return whole
        return []

    def _write(self) -> None:
        try:
            sent = os.write(self._stdin.fileno(), self._unsent[:_CHUNK])
            self._unsent = self._unsent[sent:]
        except OSError:  # it has closed its input; what becomes of that, its output shows
            self._unsent = b""
        if not self._unsent:
            self._selector.unregister(self._stdin)

    def _read_stderr(self) -> bool:
        try:
            data = os.read(self._stderr.fileno(), _CHUNK)
        except BlockingIOError:
            return False
        self._said = (self._said + data)[-_KEPT:]
        return bool(data)

    def kill(self) -> None:
        """Ends the program at once, and all that it has started."""
        os.killpg(self._process.pid, signal.SIGKILL)

    def end(self) -> str:
        """Ends the program and all that it has started; says how it ended. May be called twice."""
        if self._ended.alive:
            self._ended()
            while self._read_stderr():
                pass
            self._selector.close()
            for pipe in (self._stdout, self._stderr):
                pipe.close()
        code = self._process.returncode
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        lines = [line for line in self._said.decode(errors="replace").splitlines() if line.strip()]
        return f"{how}: {_told(lines[-1])}" if lines else how


def _end(process: subprocess.Popen[bytes]) -> None:
    """Tells a program to end, by the end of its input, and then makes it and its group."""
    assert process.stdin
    with contextlib.suppress(OSError):
        process.stdin.close()
    deadline = time.monotonic() + GRACE_S
    # Seen, but not reaped: until then its number, and its group's, are nobody else's.
    ended = os.WEXITED | os.WNOWAIT | os.WNOHANG
    try:
        while os.waitid(os.P_PID, process.pid, ended) is None and time.monotonic() < deadline:
            time.sleep(0.01)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@dataclass(frozen=True, slots=True)
class _Prompt:
    """One that is to be answered. `alone`: nothing else may be under way beside it."""

    key: int
    text: str
    seed: int
    alone: bool = False


class ProcessAgent(StreamingAgent):
    """Asks a program that runs `command`, which is started when it is first needed.

    `name`: in results (default: ``process:`` and the command). `concurrency`: prompts that are sent
    before an answer has come; with more than one the program has to answer them side by side.
    `timeout_s`: the longest that it may answer nothing while a prompt waits. `max_restarts`: how
    often in a row it is started anew before it has answered anything.

    Raises `AgentError` when there is no such command or an option cannot be.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        name: str | None = None,
        concurrency: int = 1,
        timeout_s: float = 300.0,
        max_restarts: int = 3,
    ) -> None:
        if not command:
            raise AgentError("name the agent's program: process:COMMAND")
        if shutil.which(command[0]) is None:
            raise AgentError(f"there is no program {command[0]!r} to run as an agent")
        for option, value, least in (
            ("concurrency", concurrency, 1), ("max_restarts", max_restarts, 0)
        ):  # fmt: skip
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise AgentError(f"the option {option} is a whole number from {least}, not {value}")
        if not isinstance(timeout_s, (int, float)) or not 0 < timeout_s < float("inf"):
            raise AgentError(f"the option timeout_s is a number above 0, not {timeout_s}")
        self.command, self.name = tuple(command), str(name or f"process:{shlex.join(command)}")
        self.settings = {"command": list(command)}
        self.concurrency, self.timeout_s, self.max_restarts = concurrency, timeout_s, max_restarts
        self._program: _Program | None = None
        self._lines: deque[bytes] = deque()  # read and not looked at
        self._number = 0  # of the last request; no two of an agent have the same
        self._waiting: deque[_Prompt] = deque()
        self._under_way: dict[int, _Prompt] = {}  # by the number of the request
        self._forgotten: set[int] = set()  # requests whose answers are not waited for
        self._failures = 0  # in a row
        self._given_up: AnswerError | None = None

    def ask(self, key: int, conversation: Sequence[str], *, seed: int) -> None:
        """See `StreamingAgent`."""
        self._waiting.append(_Prompt(key, transcript(conversation), seed))

    def answered(self) -> list[tuple[int, Answer]]:
        """See `StreamingAgent`. Raises `AgentSetupError` when the command cannot be started."""
        try:
            while True:
                if self._given_up is not None:
                    lost = [(prompt.key, Answer(error=self._given_up)) for prompt in self._waiting]
                    self._waiting.clear()
                    return lost
                while self._may_send():
                    prompt = self._waiting.popleft()
                    self._under_way[self._send(prompt)] = prompt
                try:
                    number, answer = self._next()
                except AnswerError as error:
                    prompts = list(self._under_way.values())
                    self._forgotten |= self._under_way.keys()
                    self._under_way.clear()
                    if len(prompts) == 1:
                        return [(prompts[0].key, Answer(error=error))]
                    again = [replace(prompt, alone=True) for prompt in prompts]
                    self._waiting.extendleft(reversed(again))
                else:
                    return [(self._under_way.pop(number).key, answer)]
        except BaseException:
            self.forget()
            self.close()
            raise

    def forget(self) -> None:
        """See `StreamingAgent`."""
        self._forgotten |= self._under_way.keys()
        self._under_way.clear()
        self._waiting.clear()

    def close(self) -> None:
        """Ends the program. May be called twice; it is started anew when it is asked again."""
        if self._program is not None:
            self._program.end()
        self._program = None
        self._lines.clear()

    def _may_send(self) -> bool:
        if not self._waiting or not self._under_way:
            return bool(self._waiting)
        alone = any(p.alone for p in (self._waiting[0], *self._under_way.values()))
        return len(self._under_way) < self.concurrency and not alone

    def _send(self, prompt: _Prompt) -> int:
        """The number of the request that is sent."""
        if self._program is None:
            self._program = _Program(self.command)
            self._forgotten.clear()
        self._number += 1
        seed = prompt.seed % PORTABLE_SEEDS
        request = {"id": self._number, "prompt": prompt.text, "seed": seed}
        self._program.send(json.dumps(request).encode() + b"\n")
        return self._number

    def _next(self) -> tuple[int, Answer]:
        """The next answer to a request that is under way, and its number.

        Raises `AnswerError` for what could be about any of them; the program has then ended, or
        still runs.
        """
        # One for all lines up to an answer: those that are none would else be waited for for ever.
        deadline = time.monotonic() + self.timeout_s
        while True:
            if not self._lines:
                self._lines.extend(self._read(deadline))
            line = self._lines.popleft()
            if not line.strip():
                continue
            number, answer = _parsed(line)
            if number in self._forgotten:
                self._forgotten.discard(number)
                continue
            if number not in self._under_way:
                told = f"answered the id {number}, which waits for no answer"
                raise AnswerError(ErrorKind.GARBAGE, told)
            self._failures = 0
            return number, answer

    def _read(self, deadline: float) -> list[bytes]:
        """Lines of the program, at least one. Raises `AnswerError` when there are none, and the
        program has ended."""
        assert self._program is not None
        try:
            lines = self._program.lines(deadline)
        except AnswerError as garbage:
            error = garbage
            self._program.kill()
        else:
            if lines:
                return lines
            if lines is None:
                error = AnswerError(ErrorKind.CRASHED, f"the program ended: {self._program.end()}")
            else:
                self._program.kill()
                told = f"the program gave no answer for {self.timeout_s:g} seconds"
                error = AnswerError(ErrorKind.TIMED_OUT, told)
        self.close()
        self._failures += 1
        if self._failures > self.max_restarts:
            told = f"{error}; so it went {self._failures} times in a row, and it is not run again"
            self._given_up = AnswerError(error.kind, told)
        raise error


def _parsed(line: bytes) -> tuple[int, Answer]:
    """The id in a line, and the answer. Raises `AnswerError` when there is no id to be seen."""
    try:
        document = json.loads(line)
        number = document["id"]
        if not isinstance(number, int) or isinstance(number, bool):
            raise TypeError
    except (ValueError, LookupError, TypeError, RecursionError):
        told = f"wrote what is no answer: {_told(line.decode(errors='replace'))}"
        raise AnswerError(ErrorKind.GARBAGE, told) from None
    if isinstance(reason := document.get("error"), str):
        return number, Answer(error=AnswerError(ErrorKind.REFUSED, reason))
    program = document.get("program")
    tokens, prompt_tokens = document.get("tokens"), document.get("prompt_tokens")
    counted = _is_count(tokens) and _is_count(prompt_tokens)
    if not isinstance(program, str) or not counted:
        told = f"wrote what is no answer: {_told(line.decode(errors='replace'))}"
        return number, Answer(error=AnswerError(ErrorKind.GARBAGE, told))
    empty = None if program.strip() else AnswerError(ErrorKind.EMPTY, "an empty program")
    return number, Answer(program, tokens, prompt_tokens, error=empty)


def _is_count(value: object) -> bool:
    whole = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return value is None or whole


def _told(text: str) -> str:
    """The beginning of what a program wrote, on one line."""
    said = " ".join("".join(c if c.isprintable() else " " for c in text[:4096]).split())
    return said if len(said) <= _TOLD else said[: _TOLD - 4] + " ..."


def load_process_agent(rest: str, options: Mapping[str, Any]) -> ProcessAgent:
    """The agent that ``process:`` and `rest` (a command, in a shell's words) name, with the options
    of `ProcessAgent`.

    Raises `AgentError` when it cannot be.
    """
    for name in options:
        if name not in _OPTIONS:
            raise AgentError(f"a process has no option {name!r}: it takes {', '.join(_OPTIONS)}")
    try:
        command = shlex.split(rest)
    except ValueError as error:
        raise AgentError(f"the command {rest!r} cannot be read: {error}") from None
    return ProcessAgent(command, **options)
