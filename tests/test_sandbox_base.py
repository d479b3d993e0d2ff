"""What a job may be, before anything of it reaches a box, and what an outcome says."""

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plain_data import unhurried

from forgegym.verifiers.sandbox.base import (
    MAX_DEPTH,
    MAX_FILES,
    MAX_JOB_BYTES,
    MAX_NAME_BYTES,
    MAX_REPLY_BYTES,
    MAX_REQUESTS,
    MAX_SECONDS,
    MAX_STEPS,
    Job,
    Limits,
    Outcome,
    RejectedError,
    Status,
    Step,
    StepOutcome,
    check_job,
    first_failure,
)
from forgegym.verifiers.sandbox.box import job_message
from forgegym.verifiers.sandbox.supervisor import wire

STEP = Step(("/bin/true",))


def with_file(name: str) -> Job:
    return Job((STEP,), files={name: b""})


@pytest.mark.parametrize(
    "name",
    [
        "main.py", "a", "_", "9", "a-b_c.d", "src/lib.rs", "A..b",
        "a" * MAX_NAME_BYTES, "/".join("a" * MAX_DEPTH),
    ],
)  # fmt: skip
def test_a_plain_relative_name_is_taken(name: str) -> None:
    check_job(with_file(name))
    check_job(Job((STEP,), collect={name: 1}))


@pytest.mark.parametrize(
    "name",
    [
        "", "/", "/etc/passwd", "..", ".", "../a", "a/../b", "a/./b", "a//b", "a/", ".cargo",
        "a/.git", "-o", "a/-o", "a b", "a\n", "a\0", "a\\b", "a:b", "ä", "a" * (MAX_NAME_BYTES + 1),
        "/".join("a" * (MAX_DEPTH + 1)), "\udcff", "٣",
    ],
)  # fmt: skip
def test_any_other_name_is_refused(name: str) -> None:
    with pytest.raises(RejectedError, match="no file name"):
        check_job(with_file(name))
    with pytest.raises(RejectedError, match="no file name"):
        check_job(Job((STEP,), collect={name: 1}))


@pytest.mark.parametrize(("one", "other"), [("a", "A"), ("src/Main.rs", "src/main.rs")])
def test_names_that_differ_only_in_case_are_refused(one: str, other: str) -> None:
    with pytest.raises(RejectedError, match="only in case"):
        check_job(Job((STEP,), files={one: b"", other: b""}))


@pytest.mark.parametrize("name", ["a/b", "a/b/c"])
def test_a_file_in_a_file_is_refused(name: str) -> None:
    with pytest.raises(RejectedError, match="lies in another file"):
        check_job(Job((STEP,), files={"a": b"", name: b""}))


def test_a_file_beside_a_folder_of_a_longer_name_is_taken() -> None:
    check_job(Job((STEP,), files={"a": b"", "ab/c": b""}))


def test_what_is_put_may_also_be_collected() -> None:
    check_job(Job((STEP,), files={"a": b""}, collect={"a": 1}))


@pytest.mark.parametrize("count", [0, MAX_STEPS + 1])
def test_a_job_has_steps_but_not_too_many(count: int) -> None:
    with pytest.raises(RejectedError, match="steps"):
        check_job(Job((STEP,) * count))


def test_the_most_steps_files_and_requests_are_taken() -> None:
    few = Limits(output_bytes=1000, answer_bytes=1000)
    step = Step(("/bin/true",), requests=(b"",) * MAX_REQUESTS, limits=few)
    files = {f"file{n}": b"" for n in range(MAX_FILES)}
    check_job(Job((step,) * MAX_STEPS, files=files))


def test_too_many_files_are_refused() -> None:
    with pytest.raises(RejectedError, match="files are too many"):
        check_job(Job((STEP,), files={f"file{n}": b"" for n in range(MAX_FILES + 1)}))


def test_too_many_requests_are_refused() -> None:
    with pytest.raises(RejectedError, match="requests"):
        check_job(Job((Step(("/bin/true",), requests=(b"",) * (MAX_REQUESTS + 1)),)))


def test_files_input_and_requests_have_a_bound_together() -> None:
    third = bytes(MAX_JOB_BYTES // 3)
    argv = ("/a",)
    check_job(Job((Step(argv, stdin=third[2:], requests=(third,)),), files={"a": third}))
    with pytest.raises(RejectedError, match="bytes"):
        check_job(Job((Step(argv, stdin=third, requests=(third,)),), files={"a": third}))


def test_a_job_that_could_answer_more_than_the_host_takes_is_refused() -> None:
    step = Step(("/a",), requests=(b"",), limits=Limits(answer_bytes=MAX_REPLY_BYTES))
    with pytest.raises(RejectedError, match="could answer"):
        check_job(Job((step,)))


@pytest.mark.parametrize("size", [-1, 10**20])
def test_what_is_collected_has_a_size(size: int) -> None:
    with pytest.raises(RejectedError, match="collect"):
        check_job(Job((STEP,), collect={"a": size}))


def test_too_much_to_collect_is_refused() -> None:
    with pytest.raises(RejectedError, match="files are too many"):
        check_job(Job((STEP,), collect={f"file{n}": 1 for n in range(MAX_FILES + 1)}))


@pytest.mark.parametrize("name", ["seconds", "cpu_seconds", "answer_seconds"])
@pytest.mark.parametrize("value", [0.0, -1.0, math.inf, math.nan, 2 * MAX_SECONDS])
def test_a_time_is_a_time(name: str, value: float) -> None:
    with pytest.raises(RejectedError, match=name):
        check_job(Job((Step(("/a",), limits=Limits(**{name: value})),)))


@pytest.mark.parametrize(
    "name", ["output_bytes", "answer_bytes", "file_bytes", "stack_bytes", "open_files"]
)
@pytest.mark.parametrize("value", [-1, 10**20])
def test_a_size_is_a_size(name: str, value: int) -> None:
    with pytest.raises(RejectedError, match=name):
        check_job(Job((Step(("/a",), limits=Limits(**{name: value})),)))


@pytest.mark.parametrize("name", ["", "A=B"])
def test_a_variable_has_a_name_that_a_process_can_have(name: str) -> None:
    with pytest.raises(RejectedError, match="name of a variable"):
        check_job(Job((Step(("/a",), environment={name: ""}),)))


TEXTS = st.text(max_size=5) | st.text(st.characters(categories=("Cs",)), max_size=2)

TIMES = st.floats(0.0, MAX_SECONDS) | st.floats()
SIZES = st.integers(0, 1 << 30) | st.integers()


@unhurried
@given(
    st.builds(
        Step,
        st.lists(TEXTS, min_size=1, max_size=3).map(tuple),
        environment=st.dictionaries(TEXTS, TEXTS, max_size=2),
        limits=st.builds(
            Limits, seconds=TIMES, cpu_seconds=st.none() | TIMES, output_bytes=SIZES,
            file_bytes=SIZES,
        ),
    )
)  # fmt: skip
def test_every_job_that_is_taken_can_be_sent(step: Step) -> None:
    job = Job((step,))
    with contextlib.suppress(RejectedError):
        check_job(job)
        wire.decode_order(wire.encode_order(job_message(job)))


@pytest.mark.parametrize("argv", [(), ("",), ("/bin/echo", "")])
def test_an_empty_command_or_argument_is_refused(argv: tuple[str, ...]) -> None:
    with pytest.raises(RejectedError, match="empty argument"):
        check_job(Job((Step(argv),)))


@pytest.mark.parametrize(
    "step",
    [
        Step(("/bin/a\0b",)),
        Step(("/bin/a", "\0")),
        Step(("/bin/a",), environment={"A\0": ""}),
        Step(("/bin/a",), environment={"A": "\0"}),
    ],
)
def test_a_nul_character_is_refused_wherever_it_stands(step: Step) -> None:
    with pytest.raises(RejectedError, match="NUL"):
        check_job(Job((STEP, step)))


def test_the_message_names_the_step_that_is_out_of_bounds() -> None:
    with pytest.raises(RejectedError, match="'link'"):
        check_job(Job((STEP, Step(("",), name="link"))))


# ------------------------------------------------------------ outcomes


def test_a_job_without_a_failure_is_ok() -> None:
    assert first_failure([StepOutcome("a", Status.OK), StepOutcome("b", Status.OK)]) is Status.OK


def test_the_first_failure_is_the_jobs() -> None:
    steps = [StepOutcome("a", Status.OK), StepOutcome("b", Status.EXIT)]
    assert first_failure([*steps, StepOutcome("c", Status.MEMORY)]) is Status.EXIT


@pytest.mark.parametrize("status", list(Status))
def test_only_a_broken_machine_makes_an_outcome_invalid(status: Status) -> None:
    assert Outcome(status).valid is (status is not Status.INFRA)


def test_the_last_step_is_the_last_that_ran() -> None:
    steps = (StepOutcome("a", Status.OK), StepOutcome("b", Status.EXIT))
    assert Outcome(Status.EXIT, steps).last.name == "b"


def test_there_is_no_last_step_where_none_ran() -> None:
    with pytest.raises(IndexError):
        Outcome(Status.REJECTED).last  # noqa: B018


def test_a_status_is_written_as_its_word() -> None:
    assert {str(s.value) for s in Status} == {
        "ok", "exit", "signal", "timeout", "memory", "output", "pids", "protocol", "rejected",
        "infra",
    }  # fmt: skip
