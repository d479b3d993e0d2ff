"""A pool of warm boxes: the one implementation of `Sandbox`, whatever the boxes are made of.

Boxes are opened in the background and kept ready, so that a job costs a write and a read. How a box
is used again is `reuse`: ``"never"`` (each serves one job and is thrown away) or ``"proven"`` (it
serves another after its supervisor has proved that nothing of the last job is left, up to
`max_uses` times; any abnormal end or doubt ends it).
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

from .base import (
    BoxDiedError,
    Job,
    Outcome,
    RejectedError,
    SandboxError,
    Status,
    StepOutcome,
    check_job,
    first_failure,
)
from .box import Box, BoxTimeoutError, step_outcomes

Reuse = Literal["never", "proven"]

# A bound on what a flaw in the reset could add up to; at 300 jobs a second, a box a second or so.
MAX_USES = 256
# Opening a box costs the engine most of a core; more at a time only makes each take longer.
OPENERS = 4
# Between attempts to open a box while that fails: at first, and at most.
BACKOFF_SECONDS = (0.1, 5.0)
# An engine that restarts is away for seconds. When no box has opened for so long, jobs say INFRA.
PATIENCE_SECONDS = 20.0


class Cancel:
    """Ends the job that it is given with, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._box: Box | None = None
        self.requested = False

    def set(self) -> None:
        """Kill the job's box, or the one that it gets next."""
        with self._lock:
            self.requested = True
            if self._box is not None:
                self._box.kill()

    def attach(self, box: Box | None) -> None:
        """The box that the job has now."""
        with self._lock:
            self._box = box
            if box is not None and self.requested:
                box.kill()


class Pool:
    """A `Sandbox` of `size` boxes, opened by `open_box`.

    Args:
        open_box: Makes a box that is ready. Raises `SandboxError` or `OSError` when it cannot.
        name, digest: See `Sandbox`.
        size: Boxes kept; as many jobs run at a time, and others wait.
        reuse: See the module.
        max_uses: Jobs that one box serves with ``reuse="proven"``.
        on_close: Called once, after the last box is gone.

    Raises:
        SandboxError: The first box could not be opened.
        ValueError: `size` or `reuse` is out of its range.
    """

    def __init__(
        self,
        open_box: Callable[[], Box],
        *,
        name: str,
        digest: str | None = None,
        size: int,
        reuse: Reuse = "proven",
        max_uses: int = MAX_USES,
        on_close: Callable[[], None] | None = None,
    ) -> None:
        if size < 1:
            raise ValueError(f"a sandbox has at least one box, not {size}")
        if reuse not in ("never", "proven"):
            raise ValueError(f"reuse is 'never' or 'proven', not {reuse!r}")
        self._open_box = open_box
        self._name, self._digest = name, digest
        self._size, self._reuse, self._max_uses = size, reuse, max_uses
        self._on_close = on_close
        self._pid = os.getpid()
        self._begin()
        reborn = weakref.WeakMethod(self._begin)
        os.register_at_fork(after_in_child=lambda: (reborn() or _nothing)())
        with self._changed:
            self._wanted()
            while not self._idle:
                if self._complaint is not None:
                    break
                self._changed.wait()
            complaint = self._complaint if not self._idle else None
        if complaint is not None:
            self.close()
            raise complaint

    def _begin(self) -> None:
        """A pool without boxes that opens some: at first, and anew in a forked child."""
        self._changed = threading.Condition()
        self._idle: deque[Box] = deque()
        self._busy: set[Box] = set()
        self._opening = 0
        self._complaint: Exception | None = None
        self._failures = 0
        self._failing_since = 0.0
        self._closed = False
        self._threads: list[threading.Thread] = []
        self._runners: ThreadPoolExecutor | None = None

    @property
    def name(self) -> str:
        return self._name

    @property
    def digest(self) -> str | None:
        return self._digest

    def run(self, job: Job) -> Outcome:
        """See `Sandbox.run`. A job under which a box dies is tried once more in another.

        When that one dies too, it is the job's doing (`PROTOCOL`): a program must not be able to
        choose `INFRA` over a bad reward.
        """
        return self._run(job, Cancel())

    async def arun(self, job: Job) -> Outcome:
        """See `Sandbox.arun`."""
        cancel = Cancel()
        if self._runners is None:
            self._runners = ThreadPoolExecutor(self._size, "forgegym-run")
        running = asyncio.get_running_loop().run_in_executor(self._runners, self._run, job, cancel)
        try:
            return await running
        except asyncio.CancelledError:
            cancel.set()
            raise

    def close(self) -> None:
        """See `Sandbox.close`."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
            boxes = [*self._idle, *self._busy]
            self._idle.clear()
            self._changed.notify_all()
        for box in boxes:
            box.kill()
        for thread in self._threads:
            thread.join()
        if self._runners is not None:
            self._runners.shutdown()
        if self._on_close is not None and os.getpid() == self._pid:
            self._on_close()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------ one job

    def _run(self, job: Job, cancel: Cancel) -> Outcome:
        started = time.perf_counter()

        def ended(
            status: Status, message: str = "", steps: tuple[StepOutcome, ...] = ()
        ) -> Outcome:
            return Outcome(
                status,
                steps,
                seconds=time.perf_counter() - started,
                message=message,
                sandbox=self._name,
                digest=self._digest,
            )

        try:
            check_job(job)
        except RejectedError as error:
            return ended(Status.REJECTED, str(error))
        complaint = ""
        since = 0.0
        for _ in range(2):
            try:
                box = self._acquire(since)
            except SandboxError as error:
                return ended(Status.INFRA, str(error))
            cancel.attach(box)
            try:
                reply = box.run(job)
                steps = step_outcomes(reply, job.steps)
            except BoxTimeoutError:
                self._retire(box)
                return ended(Status.TIMEOUT, "", _cut_short(job, Status.TIMEOUT))
            except BoxDiedError as error:
                self._retire(box)
                if cancel.requested or self._closed:
                    return ended(Status.INFRA, "the job was cancelled")
                if error.memory:
                    return ended(Status.MEMORY, "", _cut_short(job, Status.MEMORY))
                if error.machine:
                    return ended(Status.INFRA, str(error))
                complaint = str(error)
                # What kills boxes from outside, such as an engine that is going down, would take
                # a second that is open already; a box that opens after it speaks for the machine.
                since = time.monotonic()
                continue
            finally:
                cancel.attach(None)
            status = first_failure(steps)
            outcome = Outcome(
                status,
                steps,
                files={name.decode(): data for name, data in reply[b"files"].items()},
                missing={name.decode(): why.decode() for name, why in reply[b"missing"].items()},
                seconds=time.perf_counter() - started,
                message=next((step.message for step in steps if step.message), ""),
                sandbox=self._name,
                digest=self._digest,
            )
            self._release(box, status)
            return outcome
        return ended(Status.PROTOCOL, f"two boxes died of this job: {complaint}")

    # ------------------------------------------------------------ boxes

    def _acquire(self, since: float) -> Box:
        """A clean box that was opened after `since`. Raises `SandboxError` when none can be."""
        while True:
            with self._changed:
                self._wanted()
                while not self._idle:
                    if self._closed:
                        raise SandboxError("the sandbox is closed")
                    failing = time.monotonic() - self._failing_since
                    if self._failures and not self._busy and failing > PATIENCE_SECONDS:
                        raise SandboxError(f"no box can be opened: {self._complaint}")
                    self._changed.wait(1.0)
                box = self._idle.popleft()
                self._busy.add(box)
            if box.opened >= since and box.settle():
                return box
            self._retire(box)

    def _release(self, box: Box, status: Status) -> None:
        """A box after its job: kept for another, or given up."""
        ordinary = status in (Status.OK, Status.EXIT)
        if self._reuse == "never" or not ordinary or box.uses >= self._max_uses:
            self._retire(box)
            return
        with self._changed:
            self._busy.discard(box)
            if not self._closed:
                self._idle.append(box)
                self._changed.notify()
                return
        box.kill()

    def _retire(self, box: Box) -> None:
        """Give a box up; another is opened in its place."""
        with self._changed:
            self._busy.discard(box)
            self._changed.notify_all()
        box.kill()

    def _wanted(self) -> None:
        """Have as many openers as there may be boxes to open; under the lock."""
        if not self._threads and not self._closed:
            # They live as long as the pool: bubblewrap's boxes die with the thread that made them.
            for number in range(min(OPENERS, self._size)):
                name = f"forgegym-open-{number}"
                thread = threading.Thread(target=self._keep_open, name=name, daemon=True)
                self._threads.append(thread)
                thread.start()

    def _keep_open(self) -> None:
        """An opener: opens boxes whenever there are too few, until the pool is closed."""
        while True:
            with self._changed:
                while (
                    not self._closed
                    and len(self._idle) + len(self._busy) + self._opening >= self._size
                ):
                    self._changed.wait()
                if self._closed:
                    return
                self._opening += 1
                if self._failures:
                    first, longest = BACKOFF_SECONDS
                    self._changed.wait(min(longest, first * 2 ** (self._failures - 1)))
            try:
                box = self._open_box()
            except (SandboxError, OSError) as error:
                with self._changed:
                    self._opening -= 1
                    self._complaint = error
                    if not self._failures:
                        self._failing_since = time.monotonic()
                    self._failures += 1
                    self._changed.notify_all()
                continue
            with self._changed:
                self._opening -= 1
                self._failures = 0
                self._complaint = None
                closed = self._closed
                if not closed:
                    self._idle.append(box)
                self._changed.notify_all()
            if closed:
                box.kill()
                return


def _nothing() -> None:
    """What a fork does for a pool that is gone."""


def _cut_short(job: Job, status: Status) -> tuple[StepOutcome, ...]:
    """The steps of a job whose box had to be killed from outside: no more is known."""
    return (StepOutcome(job.steps[0].name, status),)
