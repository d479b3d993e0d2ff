"""The host's end of a box's stream: whatever a supervisor says, bounded, strict, and never more
than the loss of a box.
"""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plain_data import unhurried
from scripted_boxes import CLEAN, READY, Scripted, framed, reply, result

from forgegym.verifiers.sandbox.base import (
    BoxDiedError,
    Job,
    Limits,
    SandboxUnavailableError,
    StarvedError,
    Status,
    Step,
)
from forgegym.verifiers.sandbox.box import (
    SLACK_BYTES,
    Box,
    BoxTimeoutError,
    UncleanError,
    artefacts,
    job_message,
    reply_bound,
    step_outcomes,
)
from forgegym.verifiers.sandbox.supervisor import wire

STEP = Step(("/bin/true",))
JOB = Job((STEP,))


def over(transport: Scripted) -> Box:
    return Box(transport, opened=0.0)


def decoded(message: object) -> dict[bytes, object]:
    found = wire.decode(wire.encode(message))
    assert isinstance(found, dict)
    return found


# ------------------------------------------------------------ the stream


def test_a_reply_is_what_was_framed() -> None:
    assert over(Scripted(framed(reply()))).run(JOB) == decoded(reply())


@pytest.mark.parametrize("size", [1, 3, 7])
def test_a_reply_may_come_in_pieces(size: int) -> None:
    data = framed(reply())
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    assert over(Scripted(*pieces)).run(JOB) == decoded(reply())


def test_what_comes_with_a_reply_is_kept_for_the_next_message() -> None:
    box = over(Scripted(framed(reply()) + framed(CLEAN), framed(reply(result(us=7)))))
    box.run(JOB)
    assert box.run(JOB) == decoded(reply(result(us=7)))


def test_the_supervisor_gets_the_job_in_one_frame() -> None:
    transport = Scripted(framed(reply()))
    over(transport).run(JOB)
    assert transport.written == wire.frame(wire.encode_order(job_message(JOB)))


def test_an_oversized_frame_is_not_even_read() -> None:
    transport = Scripted(wire.HEADER.pack(reply_bound(JOB) + 1), AssertionError("it read on"))
    with pytest.raises(BoxDiedError, match="where"):
        over(transport).run(JOB)


@pytest.mark.parametrize(
    "payload", [b"", b"junk", b"i1e", b"le", b"de" + b"x", b"d1:bi1e1:ai1ee"], ids=repr
)
def test_what_is_no_message_is_the_boxs_death(payload: bytes) -> None:
    transport = Scripted(wire.frame(payload))
    with pytest.raises(BoxDiedError, match="could not be read"):
        over(transport).run(JOB)


@pytest.mark.parametrize("heard", [b"", framed(reply())[:2], framed(reply())[:-1]])
def test_silence_is_told_as_such(heard: bytes) -> None:
    transport = Scripted(*([heard] if heard else []), TimeoutError())
    with pytest.raises(BoxTimeoutError):
        over(transport).run(JOB)


@pytest.mark.parametrize("heard", [b"", framed(reply())[:2], framed(reply())[:-1]])
@pytest.mark.parametrize("end", [b"", ConnectionResetError()], ids=["end", "reset"])
def test_the_end_of_the_stream_is_told_as_the_post_mortem_has_it(heard: bytes, end: object) -> None:
    transport = Scripted(*([heard] if heard else []), end)
    with pytest.raises(BoxDiedError) as raised:
        over(transport).run(JOB)
    assert raised.value is transport.death


@pytest.mark.parametrize("error", [BrokenPipeError(), TimeoutError()], ids=["broken", "stuck"])
def test_a_job_that_does_not_reach_the_box_finds_it_dead(error: OSError) -> None:
    transport = Scripted(write_error=error)
    with pytest.raises(BoxDiedError) as raised:
        over(transport).run(JOB)
    assert raised.value is transport.death


def test_each_job_is_counted() -> None:
    box = over(Scripted(framed(reply()), framed(CLEAN), framed(reply())))
    box.run(JOB)
    box.run(JOB)
    assert box.uses == 2


# ------------------------------------------------------------ before and after a job


def test_a_ready_box_is_ready() -> None:
    transport = Scripted(framed(READY))
    over(transport).ready(1.0)
    assert not transport.killed


def test_an_unfit_box_is_refused_with_its_reason() -> None:
    transport = Scripted(framed({"unfit": "a job could write to /etc"}))
    with pytest.raises(SandboxUnavailableError, match="a job could write to /etc"):
        over(transport).ready(1.0)
    assert transport.killed


def test_a_box_that_says_something_else_first_is_refused() -> None:
    transport = Scripted(framed(CLEAN))
    with pytest.raises(SandboxUnavailableError, match="something else"):
        over(transport).ready(1.0)
    assert transport.killed


def test_a_box_that_ends_before_it_is_ready_has_died() -> None:
    transport = Scripted()
    with pytest.raises(BoxDiedError, match="post mortem"):
        over(transport).ready(1.0)
    assert transport.killed


def test_a_box_that_never_becomes_ready_has_died() -> None:
    transport = Scripted(TimeoutError())
    with pytest.raises(BoxDiedError, match="not ready"):
        over(transport).ready(1.0)
    assert transport.killed


def test_a_job_is_sent_before_the_reset_is_over_and_answered_after_it() -> None:
    transport = Scripted(framed(reply()), framed(CLEAN), framed(reply(result(us=7))))
    box = over(transport)
    box.run(JOB)
    assert box.run(JOB) == decoded(reply(result(us=7)))
    assert transport.written == 2 * wire.frame(wire.encode_order(job_message(JOB)))
    assert not transport.killed


@pytest.mark.parametrize(
    "after",
    [framed({"doubt": "a process is left"}), framed({}), b"", TimeoutError(), b"\0\0\0\1x"],
    ids=["doubt", "neither", "end", "silence", "junk"],
)
def test_a_box_that_does_not_say_so_is_used_no_more(after: object) -> None:
    transport = Scripted(framed(reply()), after)
    box = over(transport)
    box.run(JOB)
    with pytest.raises(UncleanError):
        box.run(JOB)


def test_a_job_that_does_not_reach_a_box_in_doubt_says_nothing_of_the_job() -> None:
    transport = Scripted(framed(reply()))
    box = over(transport)
    box.run(JOB)
    transport.write_error = BrokenPipeError()
    with pytest.raises(UncleanError):
        box.run(JOB)


# ------------------------------------------------------------ what a job is for the supervisor


def test_processor_time_is_the_wall_clocks_rounded_up_unless_it_is_given() -> None:
    def cpu(limits: Limits) -> object:
        return job_message(Job((Step(("/a",), limits=limits),)))["steps"][0]["cpu"]

    assert cpu(Limits(seconds=0.2)) == 1
    assert cpu(Limits(seconds=2.1)) == 3
    assert cpu(Limits(seconds=9, cpu_seconds=1.5)) == 2


def test_a_job_is_written_as_the_supervisor_reads_it() -> None:
    step = Step(
        ("/bin/a", "ä"), b"\0", (b"a", b""), {"KEY": "ä"}, Limits(answer_seconds=0.5), "run"
    )
    message = job_message(Job((step,), files={"a/b": b"\xff"}, collect={"c": 3}))
    assert message["files"] == {b"a/b": b"\xff"}
    assert message["collect"] == {b"c": 3}
    (sent,) = wire.decode_order(wire.encode_order(message))["steps"]
    assert sent["argv"] == [b"/bin/a", b"\xc3\xa4"]
    assert sent["env"] == {b"KEY": b"\xc3\xa4"}
    assert sent["answer_us"] == 500_000


def test_a_reply_may_have_all_that_the_job_allows() -> None:
    limits = Limits(output_bytes=1000, answer_bytes=100)
    step = Step(("/a",), requests=(b"",) * 3, limits=limits)
    job = Job((step, step), collect={"a": 500, "b": 7})
    most = result(stdout=b"x" * 600, stderr=b"y" * 400, answers=[b"z" * 100] * 3)
    largest = reply(most, most, files={"a": b"f" * 500, "b": b"f" * 7})
    assert len(wire.encode(largest)) <= reply_bound(job) <= len(wire.encode(largest)) + SLACK_BYTES


# ------------------------------------------------------------ what a reply may say


def test_a_step_is_told_as_it_ended() -> None:
    said = result(
        "signal", signal=11, stdout=b"out", stderr=b"err", us=2_500_000, cpu_us=500_000, peak=7,
        left=2, truncated=1, message="why",
    )  # fmt: skip
    (step,) = step_outcomes(decoded(reply(said)), [Step(("/a",), name="compile")])
    assert (step.name, step.status) == ("compile", Status.SIGNAL)
    assert (step.exit_code, step.signal) == (None, 11)
    assert (step.stdout, step.stderr, step.truncated) == (b"out", b"err", True)
    assert (step.seconds, step.cpu_seconds, step.peak_bytes) == (2.5, 0.5, 7)
    assert (step.left_running, step.message) == (2, "why")


def test_an_exit_code_is_told_without_a_signal() -> None:
    (step,) = step_outcomes(decoded(reply(result("exit", code=3))), [STEP])
    assert (step.exit_code, step.signal) == (3, None)


def test_answers_come_in_their_order() -> None:
    asked = Step(("/a",), requests=(b"1", b"2"))
    (step,) = step_outcomes(decoded(reply(result(answers=[b"a", b""]))), [asked])
    assert step.answers == (b"a", b"")


@pytest.mark.parametrize("answers", [[b"a", b"b"], [b"too long"]], ids=["unasked", "too long"])
def test_answers_that_nobody_asked_for_are_refused(answers: list[bytes]) -> None:
    asked = Step(("/a",), requests=(b"1",), limits=Limits(answer_bytes=3))
    with pytest.raises(BoxDiedError, match="nobody asked for"):
        step_outcomes(decoded(reply(result(answers=answers))), [asked])


@pytest.mark.parametrize("status", ["", "fine", "OK", "ok\0"])
def test_a_status_that_is_none_is_refused(status: str) -> None:
    with pytest.raises(BoxDiedError, match="malformed"):
        step_outcomes(decoded(reply(result(status))), [STEP])


@pytest.mark.parametrize("field", sorted(result()))
def test_a_result_without_one_of_its_fields_is_refused(field: str) -> None:
    said = result()
    del said[field]
    with pytest.raises(BoxDiedError, match="malformed"):
        step_outcomes(decoded(reply(said)), [STEP])


# Numbers that are lengths to nobody, too large to be allocated where they are taken for one.
SAID = st.recursive(
    st.sampled_from([-1, 0, 1, 10**17, 10**18 - 1]) | st.binary(max_size=8) | st.just(b"ok"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.binary(max_size=8), inner),
    max_leaves=6,
)


@unhurried
@given(st.sampled_from(sorted(result())), SAID)
def test_a_strange_field_costs_the_box_and_nothing_else(field: str, said: object) -> None:
    with contextlib.suppress(BoxDiedError):
        step_outcomes(decoded(reply(result() | {field: said})), [STEP])


@unhurried
@given(SAID)
def test_a_strange_reply_costs_the_box_and_nothing_else(said: object) -> None:
    for message in (said, {b"steps": said}, {b"steps": [said]}):
        with contextlib.suppress(BoxDiedError):
            step_outcomes(message, [STEP])  # type: ignore[arg-type]


@unhurried
@given(SAID, SAID)
def test_strange_files_cost_the_box_and_nothing_else(files: object, missing: object) -> None:
    with contextlib.suppress(BoxDiedError):
        artefacts({b"files": files, b"missing": missing}, {"a": 5})


@pytest.mark.parametrize(
    "statuses",
    [[], ["ok"], ["ok", "ok", "ok"], ["exit", "ok"], ["exit", "exit"]],
    ids=lambda statuses: " ".join(statuses) or "none",
)
def test_steps_are_all_there_until_one_fails(statuses: list[str]) -> None:
    said = decoded(reply() | {"steps": [result(status) for status in statuses]})
    with pytest.raises(BoxDiedError, match="malformed"):
        step_outcomes(said, [STEP, STEP])


@pytest.mark.parametrize("statuses", [["ok", "ok"], ["exit"], ["ok", "signal"]], ids=" ".join)
def test_steps_after_a_failure_are_missing(statuses: list[str]) -> None:
    found = step_outcomes(decoded(reply(*map(result, statuses))), [STEP, STEP])
    assert [step.status.value for step in found] == statuses


def test_an_ok_without_every_answer_is_refused() -> None:
    with pytest.raises(BoxDiedError, match="malformed"):
        step_outcomes(decoded(reply(result())), [Step(("/a",), requests=(b"1",))])


def test_a_step_that_the_machine_had_no_memory_for_is_a_death_of_its_own_kind() -> None:
    with pytest.raises(StarvedError):
        step_outcomes(decoded(reply(result(), result("starved"))), [STEP, STEP])


def test_files_come_by_name_and_the_others_with_their_reason() -> None:
    said = decoded(reply(files={"a": b"12345"}, missing={"b": "not a plain file"}))
    assert artefacts(said, {"a": 5, "b": 1}) == ({"a": b"12345"}, {"b": "not a plain file"})


@pytest.mark.parametrize(
    ("files", "missing"),
    [
        ({"a": b"", "b": b""}, {}),
        ({"a": b""}, {"b": ""}),
        ({}, {}),
        ({"a": b"123456"}, {}),
        ({b"\xff": b""}, {"a": ""}),
        ([], {"a": ""}),
        ({"a": b""}, []),
    ],
    ids=["unasked", "unasked missing", "unsaid", "too long", "no text", "a list", "another list"],
)
def test_files_that_nobody_asked_for_are_refused(files: object, missing: object) -> None:
    with pytest.raises(BoxDiedError):
        artefacts(decoded(reply(files=files, missing=missing)), {"a": 5})
