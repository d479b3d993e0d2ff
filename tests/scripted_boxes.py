"""Boxes without a machine under them: what a supervisor says is written in the test.

`Scripted` is a transport that says given things. `Machine` opens boxes whose jobs name what is to
become of them: the program ``"dies"`` takes its box down, ``"hold"`` runs until it is let go.
"""

import itertools
import threading
import time
from collections.abc import Iterator

from forgegym.verifiers.sandbox.base import BoxDiedError, Job, SandboxError, Step
from forgegym.verifiers.sandbox.box import Box
from forgegym.verifiers.sandbox.supervisor import wire

READY = {"ready": 1}
CLEAN = {"clean": 1}


def framed(message: object) -> bytes:
    return wire.frame(wire.encode(message))


def result(status: str = "ok", **changes: object) -> dict[str, object]:
    """What a supervisor says of one step."""
    code = {"ok": 0, "exit": 1}.get(status, -1)
    return {
        "status": status, "code": code, "signal": 0, "stdout": b"", "stderr": b"", "truncated": 0,
        "answers": [], "us": 1000, "cpu_us": 1000, "peak": 4096, "left": 0, "message": "",
    } | changes  # fmt: skip


def reply(*results: dict[str, object], **changes: object) -> dict[str, object]:
    """What a supervisor says of a job."""
    return {"steps": list(results or (result(),)), "files": {}, "missing": {}} | changes


class Scripted:
    """A transport that reads `parts`, one at a time: bytes, or an exception; then its end."""

    def __init__(self, *parts: object, write_error: BaseException | None = None) -> None:
        self._parts = list(parts)
        self.write_error = write_error
        self.written = b""
        self.killed = False
        self.death = BoxDiedError("as the post mortem has it", memory=True)

    def write(self, data: bytes, seconds: float) -> None:
        if self.write_error is not None:
            raise self.write_error
        self.written += data

    def read(self, seconds: float) -> bytes:
        part = self._parts.pop(0) if self._parts else b""
        if isinstance(part, BaseException):
            raise part
        assert isinstance(part, bytes)
        return part

    def kill(self) -> None:
        self.killed = True

    def post_mortem(self) -> BoxDiedError:
        return self.death


def job(*programs: str) -> Job:
    """A job whose steps are these programs: see `Machine`."""
    return Job(tuple(Step((program,), name=program) for program in programs))


class Machine:
    """Opens boxes, and remembers which one served which program.

    A program's name says what its box does. A status (``"ok"``, ``"exit"``, ``"memory"``, ...) is
    replied, and so is ``"starved"``, or, the first time, ``"starved once"``; ``"doubt"`` is an
    ``"ok"`` after which the box is not clean, ``"hold"`` an ``"ok"`` that comes once `let_go` is
    set. ``"dies"``, ``"dies once"``, ``"dies for memory"`` and ``"dies with the machine"`` end the
    stream; ``"silent"`` and ``"silent with the machine"`` say nothing; ``"ctrl-c"`` interrupts
    whoever waits for the answer, and ``"babble"`` is no reply.
    """

    def __init__(self) -> None:
        self.opened: list[Served] = []
        self.served: list[tuple[str, int]] = []
        self.let_go = threading.Event()
        self.started = threading.Semaphore(0)
        self.complaint: Exception | None = None
        self.attempts = 0
        self.running = self.most_running = 0
        self._lock = threading.Lock()

    def open_box(self) -> Box:
        with self._lock:
            self.attempts += 1
            if self.complaint is not None:
                raise self.complaint
            transport = Served(self, len(self.opened))
            self.opened.append(transport)
        box = Box(transport, opened=time.monotonic())
        box.ready(1.0)
        return box

    def breaks(self) -> None:
        """No box can be opened from now on."""
        self.complaint = SandboxError("the engine is away")

    def boxes(self, program: str) -> list[int]:
        """The numbers of the boxes that served `program`."""
        return [number for name, number in self.served if name == program]

    @property
    def alive(self) -> list[int]:
        return [box.number for box in self.opened if not box.killed.is_set()]

    def begin(self, program: str, number: int) -> int:
        """Note that a box starts a program; how many have before."""
        with self._lock:
            before = len(self.boxes(program))
            self.served.append((program, number))
            self.running += 1
            self.most_running = max(self.most_running, self.running)
        self.started.release()
        return before

    def end(self) -> None:
        with self._lock:
            self.running -= 1


class Served:
    """The transport of one of a `Machine`'s boxes."""

    def __init__(self, machine: Machine, number: int) -> None:
        self.machine, self.number = machine, number
        self.killed = threading.Event()
        self._parts: Iterator[bytes] = iter([framed(READY)])
        self._death = BoxDiedError("the stream ended")

    def write(self, data: bytes, seconds: float) -> None:
        if self.killed.is_set():
            raise BrokenPipeError
        message = wire.decode_order(data[wire.HEADER.size :])
        served = self._serve([step["argv"][0].decode() for step in message["steps"]])
        self._parts = itertools.chain(self._parts, served)

    def read(self, seconds: float) -> bytes:
        return b"" if self.killed.is_set() else next(self._parts, b"")

    def kill(self) -> None:
        self.killed.set()

    def post_mortem(self) -> BoxDiedError:
        return self._death

    def _serve(self, programs: list[str]) -> Iterator[bytes]:
        program = programs[0]
        before = self.machine.begin(program, self.number)
        try:
            if program == "hold":
                while not self.machine.let_go.wait(0.01):
                    if self.killed.is_set():
                        return
            if program == "ctrl-c":
                raise KeyboardInterrupt
            if program.startswith("silent"):
                self._death = BoxDiedError("silence", machine=program.endswith("the machine"))
                raise TimeoutError
            if program.startswith("dies") and (program != "dies once" or not before):
                self._death = BoxDiedError(
                    program, memory=program.endswith("memory"), machine=program.endswith("machine")
                )
                return
        finally:
            self.machine.end()
        if program == "babble":
            yield framed({"steps": [1]})
            return
        if program == "starved once":
            programs = ["ok" if before else "starved"]
        fine = program in ("hold", "doubt", "dies once")
        yield framed(reply(*(result("ok" if fine else name) for name in programs)))
        yield framed({"doubt": "as asked"} if program == "doubt" else CLEAN)
