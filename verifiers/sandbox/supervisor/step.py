"""Runs one step of a job: starts it under its limits, drains it, ends it, and says how it ended.

Output is drained while the step runs and capped while it is drained; at the cap, at the deadline
and at the end of its first process, everything that the step started is killed, so that nothing
runs on after the clock has stopped and no forgotten grandchild holds a pipe open.
"""

from __future__ import annotations

import _signal as signal  # `signal` itself would bring `enum`: a quarter of what a fork must copy
import errno
import fcntl
import marshal
import os
import resource
import select
import time

from . import kernel, wire

TYPE_CHECKING = False  # importing `typing` would double the time to start
if TYPE_CHECKING:
    from typing import Any

    from .reset import Box

CHUNK = 1 << 16
# Orphans become zombies that count as processes until they are reaped; this often is enough.
REAP_SECONDS = 0.05
REQUESTS, ANSWERS = 3, 4
# An order that changes nothing. After a fork both sides copy each page when they first write to it,
# as they do to every object that they look at; they do with this one while nobody waits.
# The kernel counts processor time in nanoseconds: of 2^62 seconds it makes none.
NO_LIMIT, NO_CPU_LIMIT = 1 << 62, 1 << 30
REHEARSAL = marshal.dumps(
    {"argv": [b"/bin/true"], "env": {b"PATH": b"/bin"}, "asked": False, "cpu": NO_CPU_LIMIT,
     "file": NO_LIMIT, "nofile": NO_LIMIT, "stack": NO_LIMIT}
)  # fmt: skip
NOT_STARTED = 127


class Pipe:
    """What comes out of a step on one descriptor."""

    def __init__(self) -> None:
        self.read_end, self.write_end = os.pipe()
        self.data = bytearray()


class Usage:
    """Sums over every process that was reaped."""

    def __init__(self) -> None:
        self.cpu = 0.0
        self.peak = 0

    def add(self, used: resource.struct_rusage) -> None:
        self.cpu += used.ru_utime + used.ru_stime
        self.peak = max(self.peak, used.ru_maxrss * 1024)


class Stage:
    """A process that waits to become a step's program, and all that it will be connected to.

    Forking takes longer than everything else on a job's way, so a box does it before the job comes,
    and for a later step while the one before it runs (`beside`): out of that one's reach, since it
    stays the supervisor's until its order comes.
    """

    def __init__(self, box: Box, beside: tuple[Conversation, Input] | None = None) -> None:
        self._box, self._ahead = box, beside is not None
        if beside is None:
            self._look()
        self.output, self.errors, self.answers = Pipe(), Pipe(), Pipe()
        given, self._input_end = os.pipe()
        asks, self.request_end = os.pipe()
        self.failed, failed_end = os.pipe()
        orders, self._order_end = os.pipe()
        theirs = (given, asks, self.output.write_end, self.errors.write_end, self.answers.write_end,
                  failed_end, orders)  # fmt: skip
        self.child = os.fork()
        if self.child == 0:
            os.close(self._order_end)  # or it would wait for its own word when the box has ended
            for other in beside or ():
                other.close()  # or that step's program would never read the end of it
            streams = (given, self.output.write_end, self.errors.write_end, asks,
                       self.answers.write_end)  # fmt: skip
            _become(orders, box, streams, failed_end, self._ahead)
        self.pidfd = os.pidfd_open(self.child)
        for descriptor in theirs:
            os.close(descriptor)
        rehearse()

    def _look(self) -> None:
        """What is to be known, and put right, before a step and after the one before it."""
        box = self._box
        box.restore()
        self.kills_before, self.refused_before = box.memory_kills.now(), box.forks_refused.read()

    def waits(self) -> bool:
        """Whether it is still there (the kernel kills whom it likes when memory runs out)."""
        return not select.select([self.pidfd], [], [], 0)[0]

    def discard(self) -> None:
        """End it: there is no step for it."""
        try:
            os.kill(self.child, signal.SIGKILL)
            os.waitpid(self.child, 0)
        except (ProcessLookupError, ChildProcessError):
            pass  # it has ended, and was reaped with the step before it
        for descriptor in (self._input_end, self.request_end, self._order_end):
            os.close(descriptor)
        self.close()

    def start(self, wanted: dict[str, Any], environment: dict[bytes, bytes]) -> Input:
        """Let it become the step's program; what that has yet to be given."""
        if self._ahead:
            self._look()
        given = Input(self._input_end, wanted["stdin"])
        keys = ("argv", "cpu", "file", "nofile", "stack")
        order = {key: wanted[key] for key in keys}
        order["env"] = {**environment, **wanted["env"]}
        order["asked"] = bool(wanted["requests"])
        data = memoryview(marshal.dumps(order))
        try:
            while data:
                data = data[os.write(self._order_end, data) :]
        except BrokenPipeError:
            pass  # something has killed it, and its end will tell
        os.close(self._order_end)
        return given

    def close(self) -> None:
        """What a step leaves open, when all has been read."""
        for descriptor in (
            self.pidfd,
            self.failed,
            self.output.read_end,
            self.errors.read_end,
            self.answers.read_end,
        ):
            os.close(descriptor)


def run(
    wanted: dict[str, Any], box: Box, owner: int, stage: Stage, *, more: bool = False
) -> tuple[dict[str, Any], Stage | None]:
    """The result of one step, as the owner is told it, and, where `more` are to come, a process for
    the next one. Exits at once when the owner is gone."""
    output, errors = stage.output, stage.errors
    started = time.monotonic()
    given = stage.start(wanted, box.environment)

    talk = Conversation(wanted["requests"], stage.request_end, stage.answers, wanted)
    ahead = Stage(box, beside=(talk, given)) if more and box.has_two_users else None
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


def rehearse() -> None:
    """In the supervisor, after a fork: what it will do with an order and a result. Of 94 pages that
    it would copy until it answers, this takes 40 off the way."""
    marshal.dumps(wire.decode_order(REHEARSAL))
    wire.encode({"steps": [not_run("ok", "")], "files": {}, "missing": {}})


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


def _become(orders: int, box: Box, streams: tuple[int, ...], failed: int, ahead: bool) -> None:
    """In the child: wait for the order, and turn into the step's program, or say on `failed` why
    not. Never returns."""
    try:
        os.setsid()
        kernel.take_way()
        # First up, out of the way of 0 to 4, then down to their places.
        failed = fcntl.fcntl(failed, fcntl.F_DUPFD_CLOEXEC, ANSWERS + 1)
        orders = fcntl.fcntl(orders, fcntl.F_DUPFD_CLOEXEC, ANSWERS + 1)
        high = [fcntl.fcntl(s, fcntl.F_DUPFD_CLOEXEC, ANSWERS + 1) for s in streams]
        for target, descriptor in enumerate(high):
            os.dup2(descriptor, target)
        if box.nice:
            os.setpriority(os.PRIO_PROCESS, 0, box.nice)
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them; a program need not
            signal.signal(number, signal.SIG_DFL)
        os.umask(0o077)
        # 1, not 0: no core file is so small, and no program is started to take one (core(5)).
        _limit(box, resource.RLIMIT_CORE, 1, 1)
        for limit in box.rlimits:
            _limit(box, *limit)
        box.approach_job()
        if not ahead:
            box.become_job()
        _prepare(box, REHEARSAL)
        parts = []
        while part := os.read(orders, CHUNK):
            parts.append(part)
        if not parts:
            os._exit(NOT_STARTED)  # the box ends
        if ahead:
            box.become_job()
        wanted = _prepare(box, b"".join(parts))
        if not wanted["asked"]:
            os.close(REQUESTS)
            os.close(ANSWERS)
        box.show_job()
        os.execve(wanted["argv"][0], wanted["argv"], wanted["env"])
    except OSError as error:
        os.write(failed, b"%d" % (error.errno or errno.EINVAL))
    except BaseException:
        os.write(failed, b"%d" % errno.EINVAL)
    finally:
        os._exit(NOT_STARTED)


def _prepare(box: Box, order: bytes) -> dict[str, Any]:
    """Read an order, and set the limits that it names."""
    wanted: dict[str, Any] = marshal.loads(order)
    cpu = wanted["cpu"]
    _limit(box, resource.RLIMIT_CPU, cpu, cpu + 1)
    for what, key in (
        (resource.RLIMIT_FSIZE, "file"),
        (resource.RLIMIT_NOFILE, "nofile"),
        (resource.RLIMIT_STACK, "stack"),
    ):
        _limit(box, what, wanted[key], wanted[key])
    return wanted


def _limit(box: Box, what: int, soft: int, hard: int) -> None:
    """Set a limit of this process, or the supervisor's own where that is lower."""
    ceiling = box.ceilings[what]
    if ceiling != resource.RLIM_INFINITY:
        soft, hard = min(soft, ceiling), min(hard, ceiling)
    resource.setrlimit(what, (soft, hard))


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


class Input:
    """What a step's program reads on its standard input. A pipe: a file in memory would hold more
    than its content, and the program could write to it."""

    def __init__(self, end: int, data: bytes) -> None:
        self.end, self.open = end, True
        self._left = memoryview(data)
        os.set_blocking(end, False)
        self.give()

    def give(self) -> None:
        """Write what is taken now; close it when there is no more, or nobody to read it."""
        try:
            while self._left:
                self._left = self._left[os.write(self.end, self._left) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            pass
        self.close()

    def close(self) -> None:
        """The program reads the end of it."""
        if self.open:
            os.close(self.end)
            self.open = False


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
