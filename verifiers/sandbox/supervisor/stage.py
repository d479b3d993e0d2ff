"""What a step's program begins as: a process that waits for its order, connected to all it needs.

Starting it takes longer than everything else on a job's way, so a box does it before the job comes.
It is `launch.c` where the box's image has that, since a fork of this Python copies its pages for a
millisecond; else a fork, which does the same as that in Python.
"""

from __future__ import annotations

import _signal as signal  # `signal` itself would bring `enum`: a quarter of what a fork must copy
import errno
import fcntl
import os
import resource
import select
import struct

from . import kernel, wire

TYPE_CHECKING = False  # importing `typing` would double the time to start
if TYPE_CHECKING:
    from typing import Any

    from .reset import Box

CHUNK = 1 << 16
REQUESTS, ANSWERS = 3, 4
# Where `launch.c` finds what the step's program must not have.
FAILED, ORDERS = 5, 6
NOT_STARTED = 127
LIMITS = (
    (resource.RLIMIT_FSIZE, "file"),
    (resource.RLIMIT_NOFILE, "nofile"),
    (resource.RLIMIT_STACK, "stack"),
)
# After a fork both sides copy each page when they first write to it, as they do to every object
# that they look at; they do with this order while nobody waits.
REHEARSAL = {"argv": [b"/bin/true"], "env": {b"PATH": b"/bin"}, "requests": [], "cpu": 1,
             "file": 0, "nofile": 0, "stack": 0}  # fmt: skip


class Pipe:
    """What comes out of a step on one descriptor."""

    def __init__(self, read_end: int) -> None:
        self.read_end = read_end
        self.data = bytearray()


class Stage:
    """A process that waits to become a step's program, and all that it will be connected to.

    `ahead`: while the step before it runs, whose program must not reach this process. That is
    therefore the supervisor's until its order comes; and nothing is counted yet.

    Raises `OSError` when the kernel gives no more processes or descriptors; none are left then.
    """

    def __init__(self, box: Box, *, ahead: bool = False) -> None:
        self._box, self._ahead = box, ahead
        if not ahead:
            self._look()
        given, output, errors, asks, answers, failed, orders = _pipes(7)
        self.output, self.errors, self.answers = Pipe(output[0]), Pipe(errors[0]), Pipe(answers[0])
        self.failed = failed[0]
        self._input_end, self.request_end, self._order_end = given[1], asks[1], orders[1]
        # Its descriptors 0, 1, 2, REQUESTS, ANSWERS, FAILED, ORDERS.
        theirs = (given[0], output[1], errors[1], asks[0], answers[1], failed[1], orders[0])
        self.child = 0
        try:
            if box.launcher:
                self.child = _launch(box, theirs)
            else:
                self.child = _fork(box, theirs, self._order_end)
            self.pidfd = os.pidfd_open(self.child)
        except OSError:
            self._end()
            self._close_ends()
            self._close_streams()
            raise
        finally:
            for descriptor in theirs:
                os.close(descriptor)

    def _look(self) -> None:
        """What is to be known, and put right, before a step and after the one before it."""
        box = self._box
        box.restore()
        self.kills_before, self.refused_before = box.memory_kills.now(), box.forks_refused.read()

    def waits(self) -> bool:
        """Whether it is still there (the kernel kills whom it likes when memory runs out)."""
        return not select.select([self.pidfd], [], [], 0)[0]

    def discard(self) -> None:
        """There is no step for it."""
        self._end()
        self._close_ends()
        self.close()

    def start(self, wanted: dict[str, Any]) -> Input:
        """Let it become the step's program; what that has yet to be given."""
        if self._ahead:
            self._look()
        given = Input(self._input_end, wanted["stdin"])
        data = memoryview(encode_order(wanted, self._box))
        try:
            while data:
                data = data[os.write(self._order_end, data) :]
        except BrokenPipeError:
            pass  # something has killed it, and its end will tell
        os.close(self._order_end)
        return given

    def close(self) -> None:
        """What a step leaves open, when all has been read."""
        os.close(self.pidfd)
        self._close_streams()

    def _end(self) -> None:
        try:
            if self.child:
                os.kill(self.child, signal.SIGKILL)
                os.waitpid(self.child, 0)
        except (ProcessLookupError, ChildProcessError):
            pass  # it has ended, and was reaped with the step before it

    def _close_streams(self) -> None:
        for descriptor in (
            self.failed,
            self.output.read_end,
            self.errors.read_end,
            self.answers.read_end,
        ):
            os.close(descriptor)

    def _close_ends(self) -> None:
        for descriptor in (self._input_end, self.request_end, self._order_end):
            os.close(descriptor)


def _pipes(count: int) -> list[tuple[int, int]]:
    """So many pipes, or none."""
    found: list[tuple[int, int]] = []
    try:
        while len(found) < count:
            found.append(os.pipe())
    except OSError:
        for ends in found:
            for descriptor in ends:
                os.close(descriptor)
        raise
    return found


def encode_order(wanted: dict[str, Any], box: Box) -> bytes:
    """What such a process has to know of a step.

    Native 64-bit numbers: whether it is asked anything, how many limits, arguments and variables
    there are, and of each limit the resource, soft, hard. Then the strings, each with its zero.
    """
    cpu = wanted["cpu"]
    limits = [
        # 1, not 0: no core file is so small, and no program is started to take one (core(5)).
        (resource.RLIMIT_CORE, 1, 1),
        *box.rlimits,
        (resource.RLIMIT_CPU, cpu, cpu + 1),
        *((what, wanted[key], wanted[key]) for what, key in LIMITS),
    ]
    variables = {**box.environment, **wanted["env"]}
    strings = [*wanted["argv"], *(name + b"=" + text for name, text in variables.items())]
    numbers = [bool(wanted["requests"]), len(limits), len(wanted["argv"]), len(variables)]
    for what, soft, hard in limits:
        most = box.ceilings[what]
        if most != resource.RLIM_INFINITY:
            soft, hard = min(soft, most), min(hard, most)
        numbers += what, soft, hard
    return b"".join((_numbers(len(numbers)).pack(*numbers), *(s + b"\0" for s in strings)))


def _numbers(count: int) -> struct.Struct:
    return struct.Struct(f"={count}q")


def _launch(box: Box, descriptors: tuple[int, ...]) -> int:
    # The most memory of whom a process was split from counts as its own (getrusage(2)): ours, now.
    box.peak.reset()
    places = [(os.POSIX_SPAWN_DUP2, had, place) for place, had in enumerate(descriptors)]
    return os.posix_spawn(box.launcher[0], box.launcher, {}, file_actions=places)


def _fork(box: Box, descriptors: tuple[int, ...], order_end: int) -> int:
    child = os.fork()
    if child == 0:
        os.close(order_end)  # or it would wait for its own word when the box has ended
        _become(box, descriptors)
    encode_order(wire.decode_order(wire.encode_order(REHEARSAL)), box)
    wire.encode({"steps": [REHEARSAL], "files": {}, "missing": {}})
    return child


def _become(box: Box, descriptors: tuple[int, ...]) -> None:
    """In a fork: wait for the order, and turn into the step's program, or say on FAILED why not.
    Never returns."""
    failed = descriptors[FAILED]
    try:
        os.setsid()
        kernel.take_way()
        # First up, out of the way of those that the program has, then down to their places.
        high = [fcntl.fcntl(d, fcntl.F_DUPFD_CLOEXEC, ORDERS + 1) for d in descriptors]
        for place, descriptor in enumerate(high[:FAILED]):
            os.dup2(descriptor, place)
        failed, orders = high[FAILED], high[ORDERS]
        if box.nice:
            os.setpriority(os.PRIO_PROCESS, 0, box.nice)
        _ignore_no_signal()
        os.umask(0o077)
        box.become_job()
        _read(encode_order(REHEARSAL, box))
        parts = []
        while part := os.read(orders, CHUNK):
            parts.append(part)
        if not parts:
            os._exit(NOT_STARTED)  # there is no step for it, or the box ends
        _obey(b"".join(parts), box)
    except OSError as error:
        os.write(failed, b"%d" % (error.errno or errno.EINVAL))
    except BaseException:
        os.write(failed, b"%d" % errno.EINVAL)
    finally:
        os._exit(NOT_STARTED)


def _ignore_no_signal() -> None:
    """Python ignores two, and whoever opened the box may ignore others (nohup)."""
    for number in range(1, signal.NSIG):
        try:
            signal.signal(number, signal.SIG_DFL)
        except OSError:
            pass  # two that cannot be, and two of the C library's own


def _obey(order: bytes, box: Box) -> None:
    """Set the limits of an order, and become its program. Returns only by an exception."""
    asked, limits, arguments, environment = _read(order)
    for what, soft, hard in limits:
        resource.setrlimit(what, (soft, hard))
    if not asked:
        os.close(REQUESTS)
        os.close(ANSWERS)
    box.show_job()
    os.execve(arguments[0], arguments, environment)


def _read(order: bytes) -> tuple[int, list[tuple[int, ...]], list[bytes], dict[bytes, bytes]]:
    """The reverse of `encode_order`."""
    asked, of_limits, of_arguments, of_variables = _numbers(4).unpack_from(order)
    limits = _numbers(3 * of_limits)
    numbers = iter(limits.unpack_from(order, _numbers(4).size))
    *strings, end = order[_numbers(4).size + limits.size :].split(b"\0")
    if end or len(strings) != of_arguments + of_variables:
        raise ValueError("a string has a zero of its own")
    variables = (text.partition(b"=")[::2] for text in strings[of_arguments:])
    return asked, list(zip(*[numbers] * 3, strict=True)), strings[:of_arguments], dict(variables)


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
