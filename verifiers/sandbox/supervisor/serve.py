"""The supervisor: process 1 of a box, and the only thing in it that is trusted.

It reads jobs and answers them, one at a time, as frames of `wire`: over the Unix socket that it is
told of, else from standard input and on standard output. It ends when its input ends (its owner has
died), and with it, as process 1, everything in the box. Started as root without capabilities but
three (setuid, setgid, kill) it runs jobs as another user; started as anybody else, jobs have its
own uid, and it makes itself unreadable first.

Standard library only, and little of it: it must start in milliseconds.
"""

from __future__ import annotations

import _signal as signal  # see `step`
import os
import select
import sys
import time

from . import kernel, seccomp, step, wire
from .reset import Box
from .stage import Stage

TYPE_CHECKING = False  # importing `typing` would double the time to start
if TYPE_CHECKING:
    from typing import Any

MAX_MESSAGE = 64 << 20
CHUNK, MOST = 1 << 16, 1 << 20


def main(arguments: list[str] | None = None) -> None:
    """Serve jobs until the input ends, a reset fails or the lifetime is over.

    `arguments` (default: the command line's): pairs of an option and its value, see `reset.Box`.
    """
    box = Box(sys.argv[1:] if arguments is None else arguments)
    channel = Channel(*kernel.connect(box.door))
    # Python's handler would let a job of the same user interrupt process 1, whom the kernel spares.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if box.is_init:
        seccomp.install()
    complaint = box.unfit()
    if complaint:
        channel.send({"unfit": complaint})
        return
    channel.send({"ready": os.getpid()})
    end = time.monotonic() + box.lifetime
    while True:
        stage: Stage | None = Stage(box)
        kernel.take_way()
        message = channel.receive(end)
        if message is None:
            box.farewell()
            return
        left = 0
        abnormal = False
        results = []
        complaint = box.put(message["files"])
        for number, wanted in enumerate(message["steps"], 1):
            if complaint:
                result = step.not_run("rejected", complaint)
            else:
                more = number < len(message["steps"])
                if stage and not stage.waits():
                    stage.discard()
                    stage = None
                stage = stage or Stage(box)
                result, stage = step.run(wanted, box, channel.source, stage, more=more)
            results.append(result)
            left += result["left"]
            abnormal = abnormal or result["status"] not in ("ok", "exit")
            if result["status"] != "ok":
                break
        files, missing = box.collect(message["collect"])
        channel.send({"steps": results, "files": files, "missing": missing})
        # Off the way of the answer: the next job waits for this, the verdict does not.
        kernel.give_way()
        if stage:
            stage.discard()
        if abnormal:
            doubt = "the job ended abnormally"
        elif left:
            doubt = "the job left processes behind"
        else:
            doubt = box.clean()
        channel.send({"doubt": doubt} if doubt else {"clean": 1})
        if doubt:
            box.farewell()
            return


class Channel:
    """Frames to and from the owner, over two descriptors that no job inherits."""

    def __init__(self, source: int, sink: int) -> None:
        # Away from what a job has for its own.
        self.source, self.sink = kernel.move_away(source), kernel.move_away(sink)
        self._buffer = bytearray()
        kernel.take_low_descriptors()

    def send(self, message: dict[str, Any]) -> None:
        data = memoryview(wire.frame(wire.encode(message)))
        while data:
            data = data[os.write(self.sink, data) :]

    def receive(self, end: float) -> dict[str, Any] | None:
        """The next message; None when the owner is gone, or the time is over."""
        header = self._read(wire.HEADER.size, end)
        if header is None:
            return None
        (length,) = wire.HEADER.unpack(header)
        if length > MAX_MESSAGE:
            raise wire.WireError("a message is too long")
        body = self._read(length, end)
        return None if body is None else wire.decode_order(body)

    def _read(self, count: int, end: float) -> bytes | None:
        while len(self._buffer) < count:
            wait = end - time.monotonic()
            if wait <= 0 or not select.select([self.source], [], [], wait)[0]:
                return None
            # Python makes room for all that is asked for; from some size on, with a system call.
            part = os.read(self.source, min(max(count - len(self._buffer), CHUNK), MOST))
            if not part:
                return None
            self._buffer += part
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken
