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
from dataclasses import replace
from typing import Literal

from .base import (
    BoxDiedError,
    Job,
    Outcome,
    RejectedError,
    SandboxError,
    StarvedError,
    Status,
    StepOutcome,
    check_job,
    first_failure,
)
from .box import Box, BoxTimeoutError, UncleanError, artefacts, step_outcomes

Reuse = Literal["never", "proven"]

# A bound on what a flaw in the reset could add up to. Opening a box takes as long as a dozen jobs.
MAX_USES = 1000
# Opening a box costs the engine most of a core; more at a time only makes each take longer.
OPENERS = 4
# Between attempts to open a box while that fails: at first, and at most.
BACKOFF_SECONDS = (0.1, 5.0)
# An engine that restarts is away for seconds. When no box has opened for so long, jobs say INFRA.
PATIENCE_SECONDS = 20.0
# How often a caller that waits for a box looks whether it was cancelled.
WAKE_SECONDS = 0.5


def _nothing() -> None:
    """What a fork does for a pool that is gone, and opening and closing for most."""


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
        on_open, on_close: Called before the first box is opened, and after the last one is gone; in
            a forked child that uses the pool as well.

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
        on_open: Callable[[], None] = _nothing,
        on_close: Callable[[], None] = _nothing,
    ) -> None:
        if size < 1:
            raise ValueError(f"a sandbox has at least one box, not {size}")
        if reuse not in ("never", "proven"):
            raise ValueError(f"reuse is 'never' or 'proven', not {reuse!r}")
        self._open_box = open_box
        self._name, self._digest = name, digest
        self._size, self._reuse, self._max_uses = size, reuse, max_uses
        self._on_open, self._on_close = on_open, on_close
        self._closed = False
        self._begin()
        reborn = weakref.WeakMethod(self._begin)
        os.register_at_fork(after_in_child=lambda: (reborn() or _nothing)())
        try:
            self._wait_for_the_first()
        except BaseException:
            self.close()
            raise

    def _wait_for_the_first(self) -> None:
        with self._lock:
            self._wanted()
            while not self._idle:
                if self._complaint is not None:
                    raise self._complaint
                self._boxes.wait()

    def _begin(self) -> None:
        """A pool without boxes that opens some: at first, and anew in a forked child."""
        self._lock = threading.Lock()
        # Callers wait for boxes and openers for gaps: one of the others woken would be one too few.
        self._boxes = threading.Condition(self._lock)
        self._gaps = threading.Condition(self._lock)
        self._idle: deque[Box] = deque()
        self._busy: set[Box] = set()
        self._opening = 0
        self._complaint: Exception | None = None
        self._failures = 0
        self._failing_since = 0.0
        # As long as there are none, nothing has been opened in this process.
        self._threads: list[threading.Thread] = []
        self._runners: ThreadPoolExecutor | None = None

    @property
    def name(self) -> str:
        return self._name

    @property
    def digest(self) -> str | None:
        return self._digest

    def run(self, job: Job) -> Outcome:
        """See `Sandbox.run`. A job under which a box dies is tried once more in another, and so is
        one whose processes are killed for the machine's want of memory.

        When that happens again, it is the job's doing (`PROTOCOL`, `MEMORY`): a program must not be
        able to choose `INFRA` over a bad reward.
        """
        return self._run(job, Cancel())

    async def arun(self, job: Job) -> Outcome:
        """See `Sandbox.arun`."""
        cancel = Cancel()
        with self._lock:
            if self._closed:
                return self._outcome(Status.INFRA, "the sandbox is closed")
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
        with self._lock:
            if self._closed:
                return
            self._closed = True
            boxes = [*self._idle, *self._busy]
            self._idle.clear()
            self._boxes.notify_all()
            self._gaps.notify_all()
        for box in boxes:
            box.kill()
        for thread in self._threads:
            thread.join()
        if self._runners is not None:
            self._runners.shutdown()
        if self._threads:
            self._on_close()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------ one job

    def _run(self, job: Job, cancel: Cancel) -> Outcome:
        started = time.perf_counter()
        outcome = self._settled(job, cancel)
        return replace(outcome, seconds=time.perf_counter() - started)

    def _settled(self, job: Job, cancel: Cancel) -> Outcome:
        """What comes of `job`, in a second box if the first one dies or falls silent under it."""
        try:
            check_job(job)
        except RejectedError as error:
            return self._outcome(Status.REJECTED, str(error))
        again = False
        since = 0.0
        while True:
            try:
                box = self._acquire(since, cancel)
            except SandboxError as error:
                return self._outcome(Status.INFRA, str(error))
            try:
                cancel.attach(box)
                outcome, certain = self._once(box, job)
                cancel.attach(None)
                if certain and outcome.valid:
                    self._release(box, outcome.status, cancel)
                    return outcome
                self._retire(box)
            except UncleanError:
                self._retire(box)
                continue
            except BaseException:  # Ctrl-C: its answer would be taken for the next job's
                self._retire(box)
                raise
            if cancel.requested or self._closed:
                return self._outcome(Status.INFRA, "the job was cancelled")
            if certain or again:
                return outcome
            again = True
            # What kills boxes from outside, such as an engine that is going down, would take a
            # second that is open already; a box that opens after it speaks for the machine.
            since = time.monotonic()

    def _once(self, box: Box, job: Job) -> tuple[Outcome, bool]:
        """What comes of `job` in `box`, and whether one box is enough to say so."""
        try:
            reply = box.run(job)
            steps = step_outcomes(reply, job.steps)
            files, missing = artefacts(reply, job.collect)
        except BoxTimeoutError:
            died = box.post_mortem()
            status, message, memory = Status.TIMEOUT, "", False
        except StarvedError as error:
            # With a second time the job wants more than there is, though no more than it may.
            died, memory = error, False
            status, message = Status.MEMORY, ""
        except BoxDiedError as error:
            died, memory = error, error.memory
            status, message = Status.PROTOCOL, f"two boxes died of this job: {error}"
        else:
            outcome = self._outcome(first_failure(steps), "", steps)
            said = next((step.message for step in steps if step.message), "")
            return replace(outcome, files=files, missing=missing, message=said), True
        if died.machine:
            return self._outcome(Status.INFRA, str(died)), True
        if memory:
            return self._outcome(Status.MEMORY, "", _cut_short(job, Status.MEMORY)), True
        return self._outcome(status, message, _cut_short(job, status)), False

    def _outcome(
        self, status: Status, message: str, steps: tuple[StepOutcome, ...] = ()
    ) -> Outcome:
        return Outcome(status, steps, message=message, sandbox=self._name, digest=self._digest)

    # ------------------------------------------------------------ boxes

    def _acquire(self, since: float, cancel: Cancel) -> Box:
        """A box that was opened after `since`. Raises `SandboxError` when there can be none."""
        with self._lock:
            self._wanted()
            while True:
                if self._closed:
                    raise SandboxError("the sandbox is closed")
                if cancel.requested:
                    self._boxes.notify()  # the wake-up was perhaps for a box that others want
                    raise SandboxError("the job was cancelled")
                if (box := self._take(since)) is not None:
                    self._busy.add(box)
                    return box
                failing = time.monotonic() - self._failing_since
                if self._failures and not self._busy and failing > PATIENCE_SECONDS:
                    raise SandboxError(f"no box can be opened: {self._complaint}")
                self._boxes.wait(WAKE_SECONDS)

    def _take(self, since: float) -> Box | None:
        """An idle box that is young enough; else one of the old makes room. Under the lock."""
        for number, box in enumerate(self._idle):
            if box.opened >= since:
                del self._idle[number]
                return box
        full = len(self._idle) + len(self._busy) >= self._size
        if self._idle and full and not self._opening:
            self._idle.popleft().kill()
            self._gaps.notify()
        return None

    def _release(self, box: Box, status: Status, cancel: Cancel) -> None:
        """A box after its job: kept for another, or given up."""
        ordinary = status in (Status.OK, Status.EXIT)
        used_up = self._reuse == "never" or box.uses >= self._max_uses
        with self._lock:
            if ordinary and not used_up and not cancel.requested and not self._closed:
                self._busy.discard(box)
                self._idle.append(box)
                self._boxes.notify_all()  # of two that wait, one may want a younger box
                return
        self._retire(box)

    def _retire(self, box: Box) -> None:
        """Give a box up; another is opened in its place."""
        box.kill()
        with self._lock:
            self._busy.discard(box)
            self._gaps.notify()

    def _wanted(self) -> None:
        """Have as many openers as there may be boxes to open; under the lock.

        Raises `SandboxError` when what they need is not there.
        """
        if not self._threads and not self._closed:
            try:
                self._on_open()
            except OSError as error:
                raise SandboxError(f"no box can be opened: {error}") from None
            # They live as long as the pool: bubblewrap's boxes die with the thread that made them.
            for number in range(min(OPENERS, self._size)):
                name = f"forgegym-open-{number}"
                thread = threading.Thread(target=self._keep_open, name=name, daemon=True)
                self._threads.append(thread)
                thread.start()

    def _keep_open(self) -> None:
        """An opener: opens boxes whenever there are too few, until the pool is closed."""
        while self._wait_for_a_gap():
            try:
                box = self._open_box()
            except Exception as error:  # a thread that dies of it would say nothing to anybody
                with self._lock:
                    self._opening -= 1
                    self._complaint = error
                    if not self._failures:
                        self._failing_since = time.monotonic()
                    self._failures += 1
                    self._boxes.notify_all()
                continue
            with self._lock:
                self._opening -= 1
                self._failures = 0
                self._complaint = None
                if not self._closed:
                    self._idle.append(box)
                    self._boxes.notify()
                    continue
            box.kill()

    def _wait_for_a_gap(self) -> bool:
        """Claim the opening of one box, after a pause while that fails; False: the pool closes."""
        with self._lock:
            while (
                not self._closed and len(self._idle) + len(self._busy) + self._opening >= self._size
            ):
                self._gaps.wait()
            self._opening += 1
            first, longest = BACKOFF_SECONDS
            pause = min(longest, first * 2.0 ** min(self._failures - 1, 16))
            end = time.monotonic() + (pause if self._failures else 0.0)
            while not self._closed and (left := end - time.monotonic()) > 0:
                self._gaps.wait(left)
            if self._closed:
                self._opening -= 1
            return not self._closed


def _cut_short(job: Job, status: Status) -> tuple[StepOutcome, ...]:
    """The steps of a job whose box had to be killed from outside: no more is known."""
    return (StepOutcome(job.steps[0].name, status),)
