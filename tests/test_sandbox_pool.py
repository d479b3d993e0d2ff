"""The pool of boxes, over boxes that have no machine under them: who serves what, what is tried
again, who is blamed, and what is left when it is closed.
"""

import asyncio
import gc
import os
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from scripted_boxes import Machine, job

from forgegym.verifiers.sandbox import pool as pool_module
from forgegym.verifiers.sandbox.base import Job, Outcome, SandboxError, Status, Step
from forgegym.verifiers.sandbox.holder import Holder
from forgegym.verifiers.sandbox.pool import Pool

Threads = Callable[[], set[threading.Thread]]
# Where a flaw would wait for ever.
pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def opened(machine: Machine) -> Iterator[Callable[..., Pool]]:
    """Opens pools over `machine`, and closes them."""
    pools: list[Pool] = []

    def open_pool(size: int = 1, **options: object) -> Pool:
        pools.append(Pool(machine.open_box, name="scripted", size=size, **options))
        return pools[-1]

    yield open_pool
    machine.let_go.set()
    for pool in pools:
        pool.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries again at once, and soon gives up."""
    monkeypatch.setattr(pool_module, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(pool_module, "BACKOFF_SECONDS", (0.0001, 0.001))


def beside(call: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """`call` in a thread, and where its result will be."""
    results: list[object] = []
    thread = threading.Thread(target=lambda: results.append(call()))
    thread.start()
    return thread, results


@pytest.fixture
def threads() -> Threads:
    """The threads that were started in this test and have not ended."""
    before = set(threading.enumerate())
    return lambda: set(threading.enumerate()) - before


# ------------------------------------------------------------ an outcome


def test_an_outcome_says_how_the_job_ended_and_where(machine: Machine) -> None:
    with Pool(machine.open_box, name="scripted", digest="sha256:1", size=1) as pool:
        outcome = pool.run(job("ok", "exit"))
    assert outcome.status is Status.EXIT
    assert [step.name for step in outcome.steps] == ["ok", "exit"]
    assert (outcome.sandbox, outcome.digest) == ("scripted", "sha256:1")


def test_a_job_out_of_bounds_reaches_no_box(machine: Machine, opened: Callable[..., Pool]) -> None:
    outcome = opened().run(Job(()))
    assert outcome.status is Status.REJECTED
    assert outcome.message
    assert machine.served == []


# ------------------------------------------------------------ which box serves


def test_a_box_that_is_never_used_again_serves_one_job(
    machine: Machine, opened: Callable[..., Pool]
) -> None:
    pool = opened(reuse="never")
    for _ in range(3):
        pool.run(job("ok"))
    assert machine.boxes("ok") == [0, 1, 2]


def test_a_box_that_is_proven_clean_serves_many(
    machine: Machine, opened: Callable[..., Pool]
) -> None:
    pool = opened()
    for _ in range(3):
        pool.run(job("ok"))
    assert machine.boxes("ok") == [0, 0, 0]


def test_an_exit_code_is_no_reason_to_give_a_box_up(
    machine: Machine, opened: Callable[..., Pool]
) -> None:
    pool = opened()
    pool.run(job("exit"))
    pool.run(job("ok"))
    assert machine.boxes("ok") == [0]


def test_a_box_serves_no_more_jobs_than_it_may(
    machine: Machine, opened: Callable[..., Pool]
) -> None:
    pool = opened(max_uses=2)
    for _ in range(5):
        pool.run(job("ok"))
    assert machine.boxes("ok") == [0, 0, 1, 1, 2]


@pytest.mark.parametrize(
    "end", ["signal", "timeout", "memory", "output", "pids", "protocol", "rejected", "infra"]
)
def test_a_box_whose_job_ended_abnormally_serves_no_other(
    machine: Machine, opened: Callable[..., Pool], end: str
) -> None:
    pool = opened()
    assert pool.run(job(end)).status.value == end
    pool.run(job("ok"))
    assert machine.boxes("ok") == [1]
    assert machine.opened[0].killed.is_set()


def test_a_box_in_doubt_serves_no_other_job(machine: Machine, opened: Callable[..., Pool]) -> None:
    pool = opened()
    assert pool.run(job("doubt")).status is Status.OK
    assert pool.run(job("ok")).status is Status.OK
    assert machine.boxes("ok") == [1]
    assert machine.opened[0].killed.is_set()


# ------------------------------------------------------------ who is to blame


def test_a_job_whose_box_dies_is_tried_in_a_box_that_was_opened_after_that(
    machine: Machine, opened: Callable[..., Pool]
) -> None:
    pool = opened(size=2)
    while len(machine.opened) < 2:
        machine.let_go.wait(0.001)
    assert pool.run(job("dies once")).status is Status.OK
    first, second = machine.boxes("dies once")
    assert first in (0, 1)
    assert second not in (0, 1)


def test_a_job_that_two_boxes_die_of_has_broken_the_protocol(
    machine: Machine, opened: Callable[..., Pool]
) -> None:
    outcome = opened().run(job("dies"))
    assert outcome.status is Status.PROTOCOL
    assert len(machine.boxes("dies")) == 2


def test_a_reply_that_is_none_counts_as_a_death(
    machine: Machine, opened: Callable[..., Pool]
) -> None:
    assert opened().run(job("babble")).status is Status.PROTOCOL
    assert len(machine.boxes("babble")) == 2
    assert not set(machine.boxes("babble")) & set(machine.alive)


def test_a_box_that_dies_for_memory_says_so_at_once(
    machine: Machine, opened: Callable[..., Pool]
) -> None:
    outcome = opened().run(job("dies for memory"))
    assert outcome.status is Status.MEMORY
    assert outcome.last.status is Status.MEMORY
    assert len(machine.boxes("dies for memory")) == 1


def test_a_job_that_the_machines_want_of_memory_ended_is_tried_in_a_box_opened_after_that(
    machine: Machine, opened: Callable[..., Pool]
) -> None:
    pool = opened(size=2)
    while len(machine.opened) < 2:
        machine.let_go.wait(0.001)
    assert pool.run(job("starved once")).status is Status.OK
    first, second = machine.boxes("starved once")
    assert first in (0, 1)
    assert second not in (0, 1)


def test_a_job_that_the_machine_has_no_memory_for_twice_wants_too_much(
    machine: Machine, opened: Callable[..., Pool]
) -> None:
    outcome = opened().run(job("starved"))
    assert outcome.status is Status.MEMORY
    assert outcome.valid
    assert outcome.last.status is Status.MEMORY
    assert len(machine.boxes("starved")) == 2


def test_a_box_that_dies_with_the_machine_is_nobodys_fault(
    machine: Machine, opened: Callable[..., Pool]
) -> None:
    outcome = opened().run(job("dies with the machine"))
    assert outcome.status is Status.INFRA
    assert not outcome.valid


def test_a_job_whose_boxes_fall_silent_has_timed_out(
    machine: Machine, opened: Callable[..., Pool]
) -> None:
    outcome = opened().run(job("silent"))
    assert outcome.status is Status.TIMEOUT
    assert (outcome.last.name, outcome.last.status) == ("silent", Status.TIMEOUT)
    assert not set(machine.boxes("silent")) & set(machine.alive)


def test_silence_of_the_machine_is_nobodys_fault(opened: Callable[..., Pool]) -> None:
    assert opened().run(job("silent with the machine")).status is Status.INFRA


@pytest.mark.parametrize(
    "end", ["dies", "dies for memory", "dies with the machine", "silent", "babble", "infra"]
)
def test_the_next_job_suffers_nothing_from(opened: Callable[..., Pool], end: str) -> None:
    pool = opened()
    pool.run(job(end))
    assert pool.run(job("ok")).status is Status.OK


def test_ctrl_c_ends_the_job_and_its_box_but_not_the_pool(
    machine: Machine, opened: Callable[..., Pool]
) -> None:
    pool = opened()
    with pytest.raises(KeyboardInterrupt):
        pool.run(job("ctrl-c"))
    assert machine.opened[0].killed.is_set()
    assert pool.run(job("ok")).status is Status.OK
    assert machine.boxes("ok") == [1]


# ------------------------------------------------------------ boxes that do not open


def test_a_pool_whose_first_box_does_not_open_raises_why(
    machine: Machine, threads: Threads
) -> None:
    machine.complaint = SandboxError("no engine")
    closed: list[str] = []
    with pytest.raises(SandboxError, match="no engine"):
        Pool(machine.open_box, name="a", size=1, on_close=lambda: closed.append("once"))
    assert closed == ["once"]
    assert threads() == set()


@pytest.mark.parametrize("error", [OSError("no"), ValueError("a flaw"), MemoryError()], ids=repr)
def test_whatever_an_opening_raises_is_raised(machine: Machine, error: Exception) -> None:
    machine.complaint = error
    with pytest.raises(type(error)):
        Pool(machine.open_box, name="a", size=1)


@pytest.mark.usefixtures("impatient")
def test_when_no_box_opens_any_more_jobs_are_told_so(
    machine: Machine, opened: Callable[..., Pool]
) -> None:
    pool = opened(reuse="never")
    machine.breaks()
    pool.run(job("ok"))
    outcome = pool.run(job("ok"))
    assert outcome.status is Status.INFRA
    assert "the engine is away" in outcome.message


def test_a_job_waits_while_boxes_do_not_open_for_a_moment(
    machine: Machine, opened: Callable[..., Pool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "BACKOFF_SECONDS", (0.0001, 0.001))
    pool = opened(reuse="never")
    machine.breaks()
    pool.run(job("ok"))
    waiting, results = beside(lambda: pool.run(job("ok")).status)
    before = machine.attempts
    while machine.attempts < before + 3:
        machine.let_go.wait(0.001)
    machine.complaint = None
    waiting.join()
    assert results == [Status.OK]


@pytest.mark.usefixtures("impatient")
def test_a_pool_recovers_however_long_no_box_opened(
    machine: Machine, opened: Callable[..., Pool]
) -> None:
    pool = opened(reuse="never")
    machine.breaks()
    pool.run(job("ok"))
    before = machine.attempts
    while machine.attempts < before + 1200:  # 2 ** 1024 is no float
        machine.let_go.wait(0.01)
    machine.complaint = None
    while pool.run(job("ok")).status is Status.INFRA:
        pass
    assert pool.run(job("ok")).status is Status.OK


def test_openers_that_fail_do_not_wake_one_another(
    machine: Machine, opened: Callable[..., Pool], monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = opened(size=4, reuse="never")
    monkeypatch.setattr(pool_module, "BACKOFF_SECONDS", (3600.0, 3600.0))
    while len(machine.opened) < 4:
        machine.let_go.wait(0.001)
    machine.breaks()
    for _ in range(4):
        pool.run(job("ok"))
    machine.let_go.wait(0.2)
    assert machine.attempts <= 4 + 4


# ------------------------------------------------------------ many callers


def test_more_callers_than_boxes_take_turns(machine: Machine, opened: Callable[..., Pool]) -> None:
    pool = opened(size=2)
    callers = [beside(lambda: [pool.run(job("ok")).status for _ in range(25)]) for _ in range(8)]
    for caller, _ in callers:
        caller.join()
    assert [results for _, results in callers] == [[[Status.OK] * 25]] * 8
    assert machine.most_running <= 2


def test_a_waiting_caller_is_woken_by_the_box_that_comes_free(
    machine: Machine, opened: Callable[..., Pool], monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = opened(size=1)
    for condition in [c for c in vars(pool).values() if isinstance(c, threading.Condition)]:
        # Nobody looks by himself any more.
        monkeypatch.setattr(condition, "wait", lambda _=None, wait=condition.wait: wait())
    running, _ = beside(lambda: pool.run(job("hold")))
    machine.started.acquire()
    waiting, results = beside(lambda: pool.run(job("ok")).status)
    machine.let_go.wait(0.05)
    machine.let_go.set()
    running.join()
    waiting.join(10.0)
    assert results == [Status.OK]


# ------------------------------------------------------------ closing


def test_closing_kills_every_box_and_leaves_no_thread(
    machine: Machine, opened: Callable[..., Pool], threads: Threads
) -> None:
    pool = opened(size=3)
    asyncio.run(pool.arun(job("ok")))
    pool.close()
    assert machine.alive == []
    assert threads() == set()


def test_closing_ends_the_jobs_that_run(machine: Machine, opened: Callable[..., Pool]) -> None:
    pool = opened()
    running, results = beside(lambda: pool.run(job("hold")).status)
    machine.started.acquire()
    pool.close()
    running.join()
    assert results == [Status.INFRA]


def test_closing_ends_the_jobs_that_wait(machine: Machine, opened: Callable[..., Pool]) -> None:
    pool = opened()
    running, _ = beside(lambda: pool.run(job("hold")))
    machine.started.acquire()
    waiting, results = beside(lambda: pool.run(job("ok")).status)
    pool.close()
    waiting.join()
    running.join()
    assert results == [Status.INFRA]
    assert machine.boxes("ok") == []


def test_closing_twice_is_closing_once(machine: Machine) -> None:
    closed: list[str] = []
    pool = Pool(machine.open_box, name="a", size=1, on_close=lambda: closed.append("once"))
    pool.close()
    pool.close()
    assert closed == ["once"]


def test_what_is_to_be_done_at_the_end_is_done_when_the_last_box_is_gone(machine: Machine) -> None:
    alive: list[list[int]] = []
    with Pool(machine.open_box, name="a", size=3, on_close=lambda: alive.append(machine.alive)):
        while len(machine.opened) < 3:
            machine.let_go.wait(0.001)
    assert alive == [[]]


def test_a_closed_pool_runs_nothing(
    machine: Machine, opened: Callable[..., Pool], threads: Threads
) -> None:
    pool = opened()
    pool.close()
    outcome = pool.run(job("ok"))
    assert (outcome.status, outcome.message) == (Status.INFRA, "the sandbox is closed")
    assert threads() == set()


def test_a_closed_pool_runs_nothing_for_asyncio_either(
    opened: Callable[..., Pool], threads: Threads
) -> None:
    pool = opened()
    pool.close()
    assert asyncio.run(pool.arun(job("ok"))).status is Status.INFRA
    assert threads() == set()


# ------------------------------------------------------------ asyncio


def test_jobs_of_asyncio_run_beside_each_other(
    machine: Machine, opened: Callable[..., Pool]
) -> None:
    pool = opened(size=2)

    async def both() -> list[Outcome]:
        jobs = [asyncio.create_task(pool.arun(job("hold"))) for _ in range(2)]
        for _ in jobs:
            await asyncio.to_thread(machine.started.acquire)
        machine.let_go.set()
        return await asyncio.gather(*jobs)

    assert [outcome.status for outcome in asyncio.run(both())] == [Status.OK, Status.OK]
    assert machine.most_running == 2


def test_cancelling_kills_the_box_of_the_job(machine: Machine, opened: Callable[..., Pool]) -> None:
    pool = opened()

    async def cancelled() -> None:
        running = asyncio.create_task(pool.arun(job("hold")))
        await asyncio.to_thread(machine.started.acquire)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(cancelled())
    assert machine.opened[0].killed.wait(10.0)
    assert pool.run(job("ok")).status is Status.OK


def test_cancelling_a_job_that_waits_costs_no_box(
    machine: Machine, opened: Callable[..., Pool]
) -> None:
    pool = opened()
    running, _ = beside(lambda: pool.run(job("hold")))
    machine.started.acquire()

    async def cancelled() -> None:
        waiting = asyncio.create_task(pool.arun(job("ok")))
        await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(cancelled())
    machine.let_go.set()
    running.join()
    assert pool.run(job("exit")).status is Status.EXIT
    assert machine.boxes("exit") == [0]


# ------------------------------------------------------------ forks


def in_a_fork(call: Callable[[], bool]) -> bool:
    """Whether `call` is true in a forked child."""
    child = os.fork()
    if child == 0:
        code = 2
        try:
            code = 0 if call() else 1
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


def test_a_forked_child_has_boxes_of_its_own(machine: Machine, opened: Callable[..., Pool]) -> None:
    pool = opened()
    pool.run(job("ok"))

    def child() -> bool:
        done = pool.run(job("exit")).status is Status.EXIT
        return done and machine.boxes("exit") == [1]

    assert in_a_fork(child)
    pool.run(job("ok"))
    assert machine.boxes("ok") == [0, 0]


def test_a_fork_in_the_middle_of_a_job_ends_nobodys_box(
    machine: Machine, opened: Callable[..., Pool]
) -> None:
    pool = opened()
    running, results = beside(lambda: pool.run(job("hold")).status)
    machine.started.acquire()
    assert in_a_fork(lambda: pool.run(job("ok")).status is Status.OK)
    machine.let_go.set()
    running.join()
    assert results == [Status.OK]


@pytest.fixture
def noted(machine: Machine) -> tuple[Pool, list[str]]:
    """A pool, and what it was told to call."""
    called: list[str] = []
    pool = Pool(
        machine.open_box, name="a", size=1,
        on_open=lambda: called.append("open"), on_close=lambda: called.append("close"),
    )  # fmt: skip
    return pool, called


def test_a_child_opens_and_closes_its_own_boxes_and_leaves_the_rest_to_the_owner(
    machine: Machine, noted: tuple[Pool, list[str]]
) -> None:
    pool, called = noted

    def child() -> bool:
        called.clear()
        pool.run(job("ok"))
        pool.run(job("ok"))
        opened = list(called)
        pool.close()
        return (opened, called) == (["open"], ["open", "close"]) and machine.alive == [0]

    assert in_a_fork(child)
    assert machine.alive == [0]
    pool.close()
    assert called == ["open", "close"]


def test_a_child_that_ran_nothing_has_nothing_to_close(noted: tuple[Pool, list[str]]) -> None:
    pool, called = noted

    def child() -> bool:
        pool.close()
        return called == ["open"]

    assert in_a_fork(child)
    pool.close()


def test_what_boxes_need_and_cannot_have_is_the_machines_failure(machine: Machine) -> None:
    def fail() -> None:
        raise OSError("no more processes")

    with pytest.raises(SandboxError, match="no more processes"):
        Pool(machine.open_box, name="a", size=1, on_open=fail)
    assert machine.opened == []


def test_a_closed_pool_is_closed_in_a_child_too(
    machine: Machine, opened: Callable[..., Pool]
) -> None:
    pool = opened()
    pool.close()
    assert in_a_fork(lambda: pool.run(job("ok")).status is Status.INFRA)


# ------------------------------------------------------------ arguments


@pytest.mark.parametrize("size", [0, -1])
def test_a_pool_has_at_least_one_box(machine: Machine, size: int) -> None:
    with pytest.raises(ValueError, match="at least one box"):
        Pool(machine.open_box, name="a", size=size)


def test_reuse_is_one_of_two(machine: Machine) -> None:
    with pytest.raises(ValueError, match="'never' or 'proven'"):
        Pool(machine.open_box, name="a", size=1, reuse="always")  # type: ignore[arg-type]


def test_every_step_of_a_job_reaches_the_box(opened: Callable[..., Pool]) -> None:
    steps = tuple(Step(("ok",), name=name) for name in ("compile", "run"))
    assert [step.name for step in opened().run(Job(steps)).steps] == ["compile", "run"]


# ---------------------------------------------------------------- who holds it


def wait_for(happened: Callable[[], bool]) -> bool:
    return any(happened() or time.sleep(0.01) for _ in range(1000))


def test_tools_that_are_dropped_without_being_closed_leave_no_box_and_no_thread(
    machine: Machine, opened: Callable[..., Pool], threads: Threads
) -> None:
    pool = opened(2)
    holder = Holder(pool, owned=True)
    assert pool.run(job("ok")).status is Status.OK
    del holder
    gc.collect()
    assert wait_for(lambda: not threads())
    assert machine.opened
    assert all(box.killed for box in machine.opened)


def test_a_sandbox_is_closed_with_its_owner_alone(opened: Callable[..., Pool]) -> None:
    pool = opened()
    shared = Holder(pool, owned=False)
    shared.close()
    del shared
    gc.collect()
    assert pool.run(job("ok")).status is Status.OK
    owner = Holder(pool, owned=True)
    owner.close()
    owner.close()
    assert pool.run(job("ok")).status is Status.INFRA


def test_garbage_may_be_collected_by_whoever_holds_the_pools_lock(
    opened: Callable[..., Pool], threads: Threads
) -> None:
    pool = opened()
    holder: list[Holder] = [Holder(pool, owned=True)]
    with pool._lock:
        holder.clear()
    assert wait_for(lambda: not threads())
