"""A time limit for work in this process."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from forgegym.verifiers.deadline import DeadlineError, StallError, within


def for_ever() -> None:
    while True:
        sum(range(100))


def test_work_in_time_gives_its_result() -> None:
    assert within(10.0, lambda: 6 * 7) == 42


def test_work_that_fails_raises_its_own_error() -> None:
    with pytest.raises(KeyError):
        within(10.0, lambda: {}["missing"])


def test_work_without_end_is_ended() -> None:
    with pytest.raises(DeadlineError):
        within(0.05, for_ever)


def test_only_the_processors_time_counts() -> None:
    """A busy machine, in short: time passes and the work does not get on."""
    within(0.05, lambda: time.sleep(0.3))


def test_work_is_not_charged_for_what_other_threads_do() -> None:
    over = threading.Event()

    def others() -> None:
        while not over.is_set():
            sum(range(100))

    def work() -> None:
        end = time.thread_time() + 0.05
        while time.thread_time() < end:
            pass

    threads = [threading.Thread(target=others) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        within(0.1, work)
    finally:
        over.set()
        for thread in threads:
            thread.join()


def test_work_that_does_not_get_on_is_the_machines_failure() -> None:
    def stuck() -> None:
        while True:
            time.sleep(0.01)

    with pytest.raises(StallError):
        within(10.0, stuck, wall=0.1)


def test_no_handler_of_the_work_can_swallow_the_end() -> None:
    def stubborn() -> None:
        while True:
            try:
                for_ever()
            except Exception:
                continue

    with pytest.raises(DeadlineError):
        within(0.05, stubborn)


def test_cleaning_up_in_the_work_is_done() -> None:
    cleaned = []

    def careful() -> None:
        try:
            for_ever()
        finally:
            cleaned.append(True)

    with pytest.raises(DeadlineError):
        within(0.05, careful)
    assert cleaned == [True]


def test_it_works_in_every_thread_and_only_there() -> None:
    def limited(i: int) -> str:
        try:
            return within(0.2, for_ever if i % 2 else lambda: "done")  # type: ignore[arg-type]
        except DeadlineError:
            return "ended"

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(limited, range(4))) == ["done", "ended", "done", "ended"]


def test_an_end_in_the_last_moment_surfaces_nowhere_else() -> None:
    """Work that takes just about as long as it may: a result or the error, and never later."""
    outcomes = set()
    for _ in range(300):
        end = time.thread_time() + 0.002

        def work(end: float = end) -> str:
            while time.thread_time() < end:
                pass
            return "done"

        try:
            outcomes.add(within(0.002, work))
        except DeadlineError:
            outcomes.add("ended")
        sum(range(2000))  # an exception that came late would be raised here
    assert outcomes <= {"done", "ended"}


def test_no_watching_thread_stays_behind() -> None:
    before = threading.active_count()
    for _ in range(20):
        within(60.0, lambda: None)
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= before
