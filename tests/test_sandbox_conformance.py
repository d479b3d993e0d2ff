"""What every sandbox does: the contract of `verifiers/sandbox/base.py`, and the whole catalogue.

Each test runs against each backend, with boxes that serve one job (`never`) and boxes that serve
others after a proven reset (`proven`). What is hostile is an entry of `benchmarks/attacks`; here is
what an honest program may rely on, and what a job may not leave behind.
"""

import asyncio
import hashlib
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from forgegym.benchmarks.attacks.catalogue import SMALL, Bait, Entry, load, run_entry
from forgegym.benchmarks.attacks.run import BOXES, ENTRY_SECONDS, opener
from forgegym.verifiers.sandbox.base import Job, Limits, Outcome, Profile, Sandbox, Status, Step

BACKENDS = [
    pytest.param(f"{name}-{reuse}", marks=getattr(pytest.mark, name))
    for name in ("docker", "bubblewrap")
    for reuse in ("proven", "never")
]
PYTHON = ("/usr/bin/python3", "-I", "-S", "-B", "-c")


@pytest.fixture(scope="module")
def bait() -> Iterator[Bait]:
    """Opened before the sandboxes are, so that they could inherit it."""
    with Bait() as bait:
        yield bait


@pytest.fixture(scope="module", params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def sandbox(backend: str, bait: Bait) -> Iterator[Sandbox]:
    """One pool of two small boxes for all tests of a backend."""
    name, _, reuse = backend.partition("-")
    opened = opener(name, reuse=reuse)()
    yield opened
    opened.close()


def open_other(backend: str, profile: Profile, *, size: int = 1) -> Sandbox:
    """A pool like the shared one, of other boxes."""
    from forgegym.verifiers.sandbox.bubblewrap import open_bubblewrap
    from forgegym.verifiers.sandbox.docker import open_docker

    name, _, reuse = backend.partition("-")
    if name == "docker":
        return open_docker("forgegym/python:latest", profile=profile, size=size, reuse=reuse)
    return open_bubblewrap(profile=profile, size=size, reuse=reuse)


def python(code: str, *arguments: str, **options: object) -> Step:
    """A step that runs `code`; `seconds`, `output_bytes` and the like are its limits."""
    named = {key: options.pop(key) for key in list(options) if key in Limits.__dataclass_fields__}
    limits = Limits(**named)
    return Step(argv=(*PYTHON, code, *arguments), limits=limits, **options)


def run(sandbox: Sandbox, *steps: Step, **options: object) -> Outcome:
    return sandbox.run(Job(steps, **options))


def said(outcome: Outcome) -> object:
    """What the last step of a job that went well printed, as JSON."""
    assert outcome.status is Status.OK, outcome
    return json.loads(outcome.last.stdout)


# -------------------------------------------------------------------- the catalogue


@pytest.mark.attacks
@pytest.mark.parametrize("entry", load(), ids=lambda entry: entry.name)
def test_the_attack_is_held(entry: Entry, sandbox: Sandbox, bait: Bait) -> None:
    if entry.language not in ("any", "python"):
        pytest.skip(f"it needs the image of {entry.language}")
    result = run_entry(entry, sandbox, bait, seconds=ENTRY_SECONDS)
    assert result.held, result.complaints


# -------------------------------------------------------------------- how a step ends


def test_a_program_that_ends_in_peace_is_ok(sandbox: Sandbox) -> None:
    outcome = run(sandbox, python("print('hello')"))
    assert (outcome.status, outcome.last.exit_code, outcome.last.signal) == (Status.OK, 0, None)
    assert (outcome.last.stdout, outcome.last.stderr) == (b"hello\n", b"")
    assert not outcome.last.truncated
    assert outcome.last.left_running == 0


@pytest.mark.parametrize("code", [1, 2, 42, 127, 255])
def test_an_exit_code_is_the_programs_own(sandbox: Sandbox, code: int) -> None:
    outcome = run(sandbox, python(f"import os; os._exit({code})"))
    assert (outcome.status, outcome.last.exit_code) == (Status.EXIT, code)


@pytest.mark.parametrize("number", [4, 6, 9, 11, 15])
def test_a_signal_is_told_from_an_exit_code(sandbox: Sandbox, number: int) -> None:
    outcome = run(sandbox, python(f"import os; os.kill(os.getpid(), {number})"))
    last = outcome.last
    assert (outcome.status, last.exit_code, last.signal) == (Status.SIGNAL, None, number)


def test_a_program_of_the_jobs_that_is_not_there_is_the_jobs_failure(sandbox: Sandbox) -> None:
    outcome = run(sandbox, Step(("./missing",)))
    assert outcome.status is Status.EXIT
    assert "missing" in outcome.message


def test_a_program_of_the_jobs_that_is_no_program_is_the_jobs_failure(sandbox: Sandbox) -> None:
    assert run(sandbox, Step(("./main",)), files={"main": b"\0\1\2"}).status is Status.EXIT


def test_a_tool_that_the_box_lacks_is_the_machines_failure(sandbox: Sandbox) -> None:
    outcome = run(sandbox, Step(("/usr/bin/no-such-compiler",)))
    assert outcome.status is Status.INFRA
    assert not outcome.valid
    assert "/usr/bin/no-such-compiler" in outcome.message


def test_what_was_printed_before_a_deadline_is_kept(sandbox: Sandbox) -> None:
    code = "import time; print('early', flush=True); time.sleep(60)"
    outcome = run(sandbox, python(code, seconds=0.5))
    assert outcome.status is Status.TIMEOUT
    assert outcome.last.stdout == b"early\n"


def test_each_step_has_a_deadline_of_its_own(sandbox: Sandbox) -> None:
    patient = python("import time; time.sleep(0.8)", seconds=5.0, name="patient")
    hasty = python("import time; time.sleep(60)", seconds=0.5, name="hasty")
    outcome = run(sandbox, patient, hasty)
    assert [(step.name, step.status) for step in outcome.steps] == [
        ("patient", Status.OK),
        ("hasty", Status.TIMEOUT),
    ]


def test_a_process_left_running_is_counted_and_killed(sandbox: Sandbox, bait: Bait) -> None:
    token = f"{bait.unix}-left"
    code = "import os, time\nif os.fork() == 0: time.sleep(60)"
    outcome = run(sandbox, python(code, token))
    assert (outcome.status, outcome.last.left_running) == (Status.OK, 1)
    assert not running(token)


def test_usage_is_of_everything_that_a_step_started(sandbox: Sandbox) -> None:
    code = (
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    held = b'x' * (48 << 20)\n"
        "    while time.process_time() < 0.3: pass\n"
        "    os._exit(0)\n"
        "os.wait()"
    )
    last = run(sandbox, python(code)).last
    assert last.cpu_seconds >= 0.3
    assert 48 << 20 <= last.peak_bytes <= SMALL.memory_bytes
    assert last.seconds >= 0.3


def test_the_hosts_time_holds_the_steps(sandbox: Sandbox) -> None:
    outcome = run(sandbox, python("pass"), python("import time; time.sleep(0.2)"))
    assert outcome.seconds >= sum(step.seconds for step in outcome.steps) >= 0.2


def test_an_outcome_names_its_sandbox(sandbox: Sandbox, backend: str) -> None:
    outcome = run(sandbox, python("pass"))
    assert outcome.sandbox == sandbox.name == backend.partition("-")[0]
    assert outcome.digest == sandbox.digest


# -------------------------------------------------------------------- output

CAP = 150_000  # more than twice what a pipe holds


@pytest.mark.parametrize(("out", "err"), [(CAP - 1, 0), (CAP, 0), (0, CAP), (CAP // 2, CAP // 2)])
def test_output_up_to_the_cap_comes_whole(sandbox: Sandbox, out: int, err: int) -> None:
    code = f"import sys; sys.stdout.write('o' * {out}); sys.stderr.write('e' * {err})"
    outcome = run(sandbox, python(code, output_bytes=CAP))
    assert outcome.status is Status.OK
    assert (outcome.last.stdout, outcome.last.stderr) == (b"o" * out, b"e" * err)
    assert not outcome.last.truncated


@pytest.mark.parametrize(("out", "err"), [(CAP + 1, 0), (0, CAP + 1), (CAP, 1), (1, CAP)])
def test_one_byte_more_is_too_much_output(sandbox: Sandbox, out: int, err: int) -> None:
    code = f"import sys; sys.stdout.write('o' * {out}); sys.stderr.write('e' * {err})"
    outcome = run(sandbox, python(code, output_bytes=CAP))
    assert outcome.status is Status.OUTPUT
    assert outcome.last.truncated
    assert len(outcome.last.stdout) + len(outcome.last.stderr) == CAP


def test_too_much_output_at_the_very_end_is_still_too_much(sandbox: Sandbox) -> None:
    code = f"import os; os.write(1, b'x' * 60_000); os.write(2, b'y' * {1}); os._exit(0)"
    assert run(sandbox, python(code, output_bytes=60_000)).status is Status.OUTPUT


def test_output_is_bytes(sandbox: Sandbox) -> None:
    outcome = run(sandbox, python("import os; os.write(1, bytes(range(256)))"))
    assert outcome.last.stdout == bytes(range(256))


def test_a_program_may_close_its_output(sandbox: Sandbox) -> None:
    code = "import os, time; os.close(1); os.close(2); time.sleep(0.2); os._exit(3)"
    outcome = run(sandbox, python(code))
    assert (outcome.status, outcome.last.exit_code) == (Status.EXIT, 3)


# -------------------------------------------------------------------- input


@pytest.mark.parametrize("size", [0, 1, 65_536, 3_000_000])
def test_standard_input_arrives_and_ends(sandbox: Sandbox, size: int) -> None:
    given = os.urandom(size)
    code = "import sys, hashlib; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())"
    outcome = run(sandbox, python(code, stdin=given))
    assert outcome.last.stdout.decode().strip() == hashlib.sha256(given).hexdigest()


def test_input_that_nobody_reads_does_no_harm(sandbox: Sandbox) -> None:
    assert run(sandbox, python("pass", stdin=b"x" * 3_000_000)).status is Status.OK


@pytest.mark.parametrize("argument", ["a b", "$HOME `id`", "*", "é\U0001f600", "-c\n"])
def test_arguments_arrive_as_they_were_given(sandbox: Sandbox, argument: str) -> None:
    code = "import os, sys; os.write(1, os.fsencode(sys.argv[1]))"
    outcome = run(sandbox, python(code, argument))
    assert outcome.last.stdout == argument.encode()


@pytest.mark.parametrize("argument", ["", "nul\0", "\udcff"])
def test_arguments_that_are_no_text_are_refused(sandbox: Sandbox, argument: str) -> None:
    assert run(sandbox, python("pass", argument)).status is Status.REJECTED


def test_the_program_is_told_its_own_name(sandbox: Sandbox) -> None:
    script = b"#!/bin/sh\necho $0 $1\n"
    outcome = run(sandbox, Step(("./main", "one")), files={"main": script})
    assert outcome.last.stdout == b"./main one\n"


# -------------------------------------------------------------------- lock-step

TALK = """
import os, select, sys, time
def receive():
    header = b""
    while len(header) < 4:
        part = os.read(3, 4 - len(header))
        if not part:
            return None
        header += part
    data = b""
    while len(data) < int.from_bytes(header, "big"):
        data += os.read(3, int.from_bytes(header, "big") - len(data))
    return data
def send(data):
    rest = memoryview(len(data).to_bytes(4, "big") + data)
    while rest:
        rest = rest[os.write(4, rest):]
"""
ECHO = TALK + "while (asked := receive()) is not None: send(asked[::-1])\nprint('end')"


def talk(sandbox: Sandbox, code: str, *requests: bytes, **limits: object) -> Outcome:
    return run(sandbox, python(TALK + code, requests=requests, **limits))


def test_each_request_has_its_answer_and_then_they_end(sandbox: Sandbox) -> None:
    requests = (b"one", b"two", b"", b"\0\xff" * 5, b"x" * 300_000)
    outcome = run(sandbox, python(ECHO, requests=requests))
    assert outcome.status is Status.OK
    assert outcome.last.answers == tuple(request[::-1] for request in requests)
    assert outcome.last.stdout == b"end\n"


def test_a_thousand_requests_are_answered(sandbox: Sandbox) -> None:
    requests = tuple(b"%d" % number for number in range(1000))
    outcome = run(sandbox, python(ECHO, requests=requests, answer_bytes=1000))
    assert outcome.last.answers == tuple(request[::-1] for request in requests)


def test_a_request_waits_for_the_answer_before_it(sandbox: Sandbox) -> None:
    code = (
        "first = receive()\nprint(select.select([3], [], [], 0.3)[0])\nsend(first); send(receive())"
    )
    outcome = talk(sandbox, code, b"one", b"two")
    assert outcome.last.stdout == b"[]\n"
    assert outcome.last.answers == (b"one", b"two")


def test_a_step_without_requests_has_no_descriptors_for_them(sandbox: Sandbox) -> None:
    outcome = run(
        sandbox, python("import os; print(sorted(map(int, os.listdir('/proc/self/fd'))))")
    )
    assert outcome.last.stdout == b"[0, 1, 2, 3]\n"  # the last is the folder that is listed


def test_an_answer_of_the_cap_is_taken(sandbox: Sandbox) -> None:
    outcome = talk(sandbox, "receive(); send(bytes(100_000))", b"ask", answer_bytes=100_000)
    assert (outcome.status, outcome.last.answers) == (Status.OK, (bytes(100_000),))


WRONG = {
    "an answer before the request has been read": "send(b'early'); receive(); send(b'early')",
    "one answer too many": "send(receive()); send(receive()); send(b'more')",
    "one too many after a while": "send(receive()); send(receive()); time.sleep(0.3); send(b'')",
    "an answer over the cap": "receive(); send(bytes(300_001))",
    "a length that is a lie": "receive(); os.write(4, b'\\xff\\xff\\xff\\xff')",
    "half an answer": "receive(); os.write(4, b'\\0\\0\\0\\x09half')",
    "a closed descriptor": "os.close(4); receive()",
    "no answer at all": "pass",
}


@pytest.mark.parametrize("wrong", WRONG)
def test_it_breaks_the_protocol_with(sandbox: Sandbox, wrong: str) -> None:
    # Longer than what a pipe holds: it cannot lie there before it is read.
    outcome = talk(sandbox, WRONG[wrong], b"x" * 300_000, b"two", answer_bytes=300_000)
    assert outcome.status is Status.PROTOCOL
    assert outcome.message
    assert b"early" not in outcome.last.answers


def test_the_answers_before_the_end_are_kept(sandbox: Sandbox) -> None:
    outcome = talk(sandbox, "send(receive()); os._exit(0)", b"one", b"two", b"three")
    assert (outcome.status, outcome.last.answers) == (Status.PROTOCOL, (b"one",))


def test_a_crash_between_answers_is_a_crash(sandbox: Sandbox) -> None:
    outcome = talk(sandbox, "send(receive()); os.abort()", b"one", b"two")
    assert (outcome.status, outcome.last.answers) == (Status.SIGNAL, (b"one",))


def test_an_answer_has_a_deadline_of_its_own(sandbox: Sandbox) -> None:
    code = "send(receive()); receive(); time.sleep(60)"
    outcome = talk(sandbox, code, b"one", b"two", answer_seconds=0.4, seconds=30.0)
    assert (outcome.status, outcome.last.answers) == (Status.TIMEOUT, (b"one",))
    assert outcome.last.seconds < 10


def test_what_is_printed_is_no_answer(sandbox: Sandbox) -> None:
    code = "asked = receive(); os.write(1, b'\\0\\0\\0\\3yes'); send(asked)"
    outcome = talk(sandbox, code, b"one")
    assert outcome.last.answers == (b"one",)
    assert outcome.last.stdout == b"\0\0\0\3yes"


# -------------------------------------------------------------------- files and steps


def test_files_are_there_as_they_were_given(sandbox: Sandbox) -> None:
    files = {"main": b"#!/bin/sh\ncat data/deep/bytes\n", "data/deep/bytes": bytes(range(256))}
    outcome = run(sandbox, Step(("./main",)), files=files)
    assert outcome.last.stdout == bytes(range(256))


def test_files_are_brought_back(sandbox: Sandbox) -> None:
    code = (
        "import os\nos.makedirs('out/deep')\nopen('out/deep/a', 'wb').write(bytes(range(256)))\n"
        "for name, size in (('empty', 0), ('large', 1001), ('fits', 1000)):\n"
        "    open(name, 'wb').write(bytes(size))"
    )
    names = ("out/deep/a", "empty", "large", "fits", "absent", "absent/inner")
    outcome = run(sandbox, python(code), collect=dict.fromkeys(names, 1000))
    assert outcome.files == {
        "out/deep/a": bytes(range(256)),
        "empty": b"",
        "fits": bytes(1000),
    }
    assert outcome.missing.keys() == {"large", "absent", "absent/inner"}
    assert all(outcome.missing.values())


def test_files_are_brought_back_after_a_failure_too(sandbox: Sandbox) -> None:
    outcome = run(
        sandbox, python("open('a', 'w').write('a'); raise SystemExit(3)"), collect={"a": 10}
    )
    assert (outcome.status, outcome.files) == (Status.EXIT, {"a": b"a"})


def test_steps_share_the_work_folder(sandbox: Sandbox) -> None:
    compile_it = python(
        "open('main', 'w').write('#!/bin/sh\\necho made'); import os; os.chmod('main', 0o700)"
    )
    outcome = run(sandbox, compile_it, Step(("./main",)))
    assert outcome.last.stdout == b"made\n"


def test_a_job_stops_at_its_first_failure(sandbox: Sandbox) -> None:
    steps = [
        python("pass", name="one"),
        python("raise SystemExit(2)", name="two"),
        python("pass", name="three"),
    ]
    outcome = run(sandbox, *steps)
    assert outcome.status is Status.EXIT
    assert [(step.name, step.status) for step in outcome.steps] == [
        ("one", Status.OK),
        ("two", Status.EXIT),
    ]


def test_a_process_of_one_step_does_not_see_the_next(sandbox: Sandbox) -> None:
    code = "import os, time\nif os.fork() == 0:\n time.sleep(0.3)\n open('late', 'w')"
    outcome = run(
        sandbox, python(code), python("import time; time.sleep(0.6)"), collect={"late": 1}
    )
    assert "late" in outcome.missing


def test_the_requests_of_a_step_end_though_others_follow(sandbox: Sandbox) -> None:
    outcome = run(sandbox, python(ECHO, requests=(b"one",)), python("print('next')"))
    assert outcome.steps[0].answers == (b"eno",)
    assert outcome.last.stdout == b"next\n"


def test_the_input_of_a_step_ends_though_others_follow(sandbox: Sandbox) -> None:
    code = "import sys, time; time.sleep(0.2); print(len(sys.stdin.buffer.read()))"
    outcome = run(sandbox, python(code, stdin=bytes(300_000)), python(code, stdin=b"next"))
    assert [step.stdout for step in outcome.steps] == [b"300000\n", b"4\n"]


def test_standard_input_is_read_and_nothing_else(sandbox: Sandbox) -> None:
    code = (
        "import os\nfor name, act in (('write', lambda: os.write(0, b'x')),\n"
        "                  ('truncate', lambda: os.ftruncate(0, 1 << 24))):\n"
        "    try: act(); print(name)\n    except OSError: pass"
    )
    assert run(sandbox, python(code, stdin=b"given")).last.stdout == b""


# What is there beside a step: who it is, and whether this step may look into it or touch it.
MEDDLE = """
import json, os, resource, signal
found = []
for pid in sorted(int(name) for name in os.listdir("/proc") if name.isdigit()):
    if pid in (1, os.getpid()):
        continue
    done = []
    for name, act in {
        "kill": lambda: os.kill(pid, signal.SIGKILL),
        "stop": lambda: os.kill(pid, signal.SIGSTOP),
        "renice": lambda: os.setpriority(os.PRIO_PROCESS, pid, 19),
        "limit": lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, 3)),
        "bind": lambda: os.sched_setaffinity(pid, {min(os.sched_getaffinity(0))}),
        "memory": lambda: open(f"/proc/{pid}/mem", "rb"),
        "files": lambda: os.listdir(f"/proc/{pid}/fd"),
    }.items():
        try:
            act()
        except OSError:
            continue
        done.append(name)
    found.append(done)
print(json.dumps(found))
"""
# All that a program finds of itself and that is not its own doing.
BORN_WITH = """
import json, os, resource
lines = (line.split(":\\t") for line in open("/proc/self/status"))
status = {name: text.strip() for name, text in lines}
kept = "Uid Gid Groups Umask SigBlk SigIgn CapInh CapPrm CapEff CapAmb NoNewPrivs Seccomp".split()
print(json.dumps({
    **{name: status[name] for name in kept},
    "nice": os.getpriority(os.PRIO_PROCESS, 0),
    "scheduler": os.sched_getscheduler(0),
    "processors": sorted(os.sched_getaffinity(0)),
    "memory": open("/proc/self/oom_score_adj").read(),
    "limits": [resource.getrlimit(number) for number in range(16)],
    "descriptors": sorted(int(name) for name in os.listdir("/proc/self/fd")),
    "session": os.getsid(0) == os.getpid() == os.getpgid(0),
    "folder": os.getcwd(),
}))
"""


def test_a_step_cannot_touch_the_process_that_waits_for_the_next(
    sandbox: Sandbox, backend: str
) -> None:
    outcome = run(sandbox, python(MEDDLE), python(BORN_WITH))
    waiting = json.loads(outcome.steps[0].stdout)
    assert waiting == ([[]] if backend.startswith("docker") else [])
    assert said(outcome) == said(run(sandbox, python(BORN_WITH)))


def ignored(mask: str, backend: str) -> set[int]:
    """The signals of a line of /proc's. Not, where a fork of Python starts programs, the two that
    the C library keeps for itself: posix_spawn(3), by which make starts all this, ignores them."""
    own = {32, 33} if backend.startswith("bubblewrap") else set()
    return {number for number in range(1, 65) if int(mask, 16) >> number - 1 & 1} - own


def test_every_step_of_every_job_is_born_alike(sandbox: Sandbox, backend: str) -> None:
    born = []
    for _ in range(3):
        outcome = run(sandbox, *[Step((*PYTHON, BORN_WITH))] * 3)
        born += [json.loads(step.stdout) for step in outcome.steps]
    assert all(one == born[0] for one in born)
    about = born[0]
    # Python ignores two by itself: SIGPIPE (13) and SIGXFSZ (25).
    assert ignored(about["SigIgn"], backend) == {13, 25}
    assert int(about["SigBlk"], 16) == 0
    assert {int(about[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {0}
    assert (about["Umask"], about["NoNewPrivs"]) == ("0077", "1")
    assert (about["scheduler"], about["memory"].strip()) == (os.SCHED_OTHER, "1000")
    if backend.startswith("docker"):  # elsewhere these are the trainer's
        assert (about["nice"], about["Groups"]) == (10, "")
    assert (about["session"], about["folder"]) == (True, "/work")
    assert about["descriptors"] == [0, 1, 2, 3]  # the last is that of the folder that is listed


def test_a_program_ignores_no_signal_of_ours(backend: str) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        with open_other(backend, SMALL) as other:
            outcome = run(other, Step(("/bin/cat", "/proc/self/status")))
    finally:
        signal.signal(signal.SIGHUP, before)
    status = dict(line.split(":", 1) for line in outcome.last.stdout.decode().splitlines())
    assert ignored(status["SigIgn"], backend) == ignored(status["SigCgt"], backend) == set()


def test_the_memory_of_a_step_is_not_that_of_a_job_before_it(backend: str) -> None:
    with open_other(backend, replace(SMALL, work_bytes=32 << 20)) as other:
        for files in ({"much": bytes(24 << 20)}, {}):
            outcome = run(other, Step(("/bin/true",)), files=files)
            assert outcome.status is Status.OK, outcome
        # What a supervisor has counts (getrusage(2)), not the copies of files that it has had.
        assert outcome.last.peak_bytes < 48 << 20


def test_a_job_that_ends_before_its_last_step_costs_no_box(backend: str) -> None:
    with open_other(backend, SMALL) as other:
        before = births(other, 1)
        outcome = run(other, python("raise SystemExit(2)"), python("pass"))
        assert outcome.status is Status.EXIT
        assert (births(other, 1) == before) is backend.endswith("proven")


def test_a_refused_job_costs_no_box(sandbox: Sandbox) -> None:
    outcome = run(sandbox, python("pass"), files={"../up": b""})
    assert (outcome.status, outcome.steps) == (Status.REJECTED, ())
    assert outcome.message
    assert outcome.valid


# -------------------------------------------------------------------- surroundings


def test_the_environment_is_four_variables(sandbox: Sandbox) -> None:
    outcome = run(sandbox, Step(("/usr/bin/env",)))
    assert dict(line.split("=", 1) for line in outcome.last.stdout.decode().splitlines()) == {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": "/work",
        "LANG": "C.UTF-8",
        "TMPDIR": "/tmp",
    }


def test_a_step_may_add_to_its_own_environment(sandbox: Sandbox) -> None:
    outcome = run(
        sandbox,
        Step(("/usr/bin/env",), environment={"ONE": "é = 1", "LANG": "C"}),
        Step(("/usr/bin/env",)),
    )
    first, second = (step.stdout.decode().splitlines() for step in outcome.steps)
    assert {"ONE=é = 1", "LANG=C"} <= set(first)
    assert "LANG=C.UTF-8" in second
    assert not any(line.startswith("ONE=") for line in second)


def test_a_job_is_an_ordinary_user_in_its_work_folder(sandbox: Sandbox) -> None:
    code = (
        "import os, json\nopen('f', 'w')\nabout = os.stat('f')\n"
        "users = [os.getresuid(), os.getresgid()]\n"
        "print(json.dumps([os.getcwd(), *users, about.st_uid, about.st_mode & 0o777]))"
    )
    cwd, users, groups, owner, mode = said(run(sandbox, python(code)))
    assert cwd == "/work"
    assert set(users) == {owner}
    assert 0 not in (*users, *groups)
    assert mode == 0o600


def test_a_job_is_the_leader_of_a_session_of_its_own(sandbox: Sandbox) -> None:
    code = "import os; print(os.getsid(0) == os.getpid(), os.isatty(0))"
    assert run(sandbox, python(code)).last.stdout == b"True False\n"


def test_limits_are_those_of_the_step(sandbox: Sandbox) -> None:
    code = (
        "import json, resource as r\n"
        "print(json.dumps({n: r.getrlimit(getattr(r, 'RLIMIT_' + n)) for n in "
        "('CPU', 'FSIZE', 'NOFILE', 'STACK', 'CORE')}))"
    )
    step = python(code, cpu_seconds=7.0, file_bytes=123_456, open_files=77, stack_bytes=8 << 20)
    limits = said(run(sandbox, step))
    assert limits["CPU"] == [7, 8]
    assert limits["FSIZE"] == [123_456] * 2
    assert limits["NOFILE"] == [77] * 2
    assert limits["STACK"] == [8 << 20] * 2
    assert max(limits["CORE"]) <= 1  # at 1 the kernel starts no handler of cores either: core(5)


def test_a_file_may_have_its_limit_and_no_more(sandbox: Sandbox) -> None:
    code = (
        "import os, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "f = os.open('f', os.O_CREAT | os.O_WRONLY)\nprint(os.write(f, bytes(5000)))\n"
        "try: os.write(f, b'x')\nexcept OSError as e: print(e.errno)"
    )
    outcome = run(sandbox, python(code, file_bytes=5000))
    assert outcome.last.stdout == b"5000\n27\n"  # EFBIG


PROGRAM = """
import os, subprocess, sys
path = sys.argv[1] + "/program"
open(path, "w").write("#!/bin/sh\\necho ran")
os.chmod(path, 0o700)
try:
    sys.stdout.buffer.write(subprocess.run([path], capture_output=True).stdout)
except PermissionError:
    print("refused")
"""


def test_the_work_folder_holds_programs(sandbox: Sandbox) -> None:
    assert run(sandbox, python(PROGRAM, "/work")).last.stdout == b"ran\n"


@pytest.mark.parametrize("place", ["/tmp", "/dev/shm"])
def test_other_places_hold_no_programs(sandbox: Sandbox, place: str) -> None:
    if sandbox.name == "bubblewrap":
        pytest.skip("bubblewrap mounts no folder that holds files and no programs")
    assert run(sandbox, python(PROGRAM, place)).last.stdout == b"refused\n"


WRITABLE = """
import os, json
FREE = ("/proc", "/sys", "/work", "/tmp", "/dev/shm", "/dev/mqueue", "/dev/pts")
found = []
for folder, inner, files in os.walk("/"):
    if folder in FREE:
        inner.clear()
        continue
    paths = [folder]
    if folder.startswith(("/opt", "/etc", "/usr/bin", "/usr/lib/python")):
        paths += [path for name in files if not os.path.islink(path := folder + "/" + name)]
    found += [path for path in paths if os.access(path, os.W_OK)]
print(json.dumps(found))
"""


def test_nothing_else_can_be_written(sandbox: Sandbox) -> None:
    assert said(run(sandbox, python(WRITABLE, seconds=30.0))) == []


def test_a_box_has_its_own_loopback_and_no_other_interface(sandbox: Sandbox) -> None:
    code = "print([line.split(':')[0].strip() for line in open('/proc/net/dev')][2:])"
    assert run(sandbox, python(code)).last.stdout == b"['lo']\n"


@pytest.mark.parametrize("family", ["INET", "INET6", "NETLINK", "PACKET", "VSOCK"])
def test_there_are_no_sockets_but_unixs(sandbox: Sandbox, family: str) -> None:
    code = (
        f"import socket\ntry: socket.socket(socket.AF_{family})\n"
        "except OSError as error: print(error.errno)"
    )
    assert run(sandbox, python(code)).last.stdout == b"97\n"  # EAFNOSUPPORT


def test_processes_of_a_job_may_talk_to_each_other(sandbox: Sandbox) -> None:
    code = (
        "import asyncio, socket\nserver = socket.socket(socket.AF_UNIX)\nserver.bind('s')\n"
        "server.listen()\nnear = socket.socket(socket.AF_UNIX)\nnear.connect('s')\n"
        "near.send(b'heard')\nprint(server.accept()[0].recv(9))\nasyncio.run(asyncio.sleep(0))"
    )
    assert run(sandbox, python(code)).last.stdout == b"b'heard'\n"


# -------------------------------------------------------------------- what a job leaves behind

STATE = """
import os, json, resource
places = ("/work", "/tmp", "/dev/shm")
processes = {int(name) for name in os.listdir("/proc") if name.isdigit()}
print(json.dumps({
    "files": {place: sorted(os.listdir(place)) for place in places},
    "modes": {place: [os.stat(place).st_mode, os.listxattr(place)] for place in places},
    "ipc": [len(open("/proc/sysvipc/" + name).readlines()) for name in ("msg", "sem", "shm")],
    "sockets": [len(open("/proc/net/" + name).readlines()) for name in ("tcp", "udp", "unix")],
    "traffic": [open("/proc/net/" + name).read() for name in ("dev", "snmp", "netstat")],
    "processes": sorted(processes - {os.getpid()}),
    "limits": [resource.getrlimit(number) for number in range(16)],
    "priority": os.getpriority(os.PRIO_PROCESS, 1),
    "scheduler": os.sched_getscheduler(1),
    "processors": sorted(os.sched_getaffinity(0)),
}))
"""
LITTER = {
    "files everywhere": """
for place in (".", "/tmp", "/dev/shm"):
    for number in range(100):
        open(f"{place}/{number}", "w").write("x")""",
    "hidden files": """
open(".bashrc", "w")
os.mkdir(".cache")
open(".cache/x", "w")""",
    "names that are no text": """
open(b"\\xff\\xfe", "w")
os.mkdir(b"\\xff")
open(b"new\\nline", "w")""",
    "closed folders": """
for place in (".", "/tmp"):
    os.makedirs(place + "/a/b/c")
    open(place + "/a/b/c/f", "w")
    for path in ("/a/b/c", "/a/b", "/a"):
        os.chmod(place + path, 0)""",
    "closed files": """
os.mkdir("d")
for name in ("f", "d/f"):
    open(name, "w")
    os.chmod(name, 0)""",
    "links": """
os.mkdir("d")
for name, to in {"a": "/usr", "b": "b", "c": "/work", "d/up": "..", "d/bin": "/bin"}.items():
    os.symlink(to, name)""",
    "pipes and sockets": """
import socket
os.mkfifo("p")
socket.socket(socket.AF_UNIX).bind("s")""",
    "many folders": """
for number in range(600):
    os.mkdir(f"{number}")
    open(f"{number}/f", "w")""",
    "a wide and deep tree": """
for a in range(10):
    for b in range(10):
        os.makedirs(f"{a}/{b}/" + "x/" * 10)""",
    "a full place": """
with open("full", "wb", buffering=0) as file:
    try:
        while True:
            file.write(bytes(1 << 16))
    except OSError:
        pass""",
    "a large hole": """
os.truncate(os.open("f", os.O_CREAT | os.O_WRONLY), 60 << 20)""",
    "System V memory": """
import ctypes
ctypes.CDLL(None).shmget(77, 4096, 0o1600)""",
    "System V semaphores": """
import ctypes
ctypes.CDLL(None).semget(77, 1, 0o1600)""",
    "System V messages": """
import ctypes
ctypes.CDLL(None).msgget(77, 0o1600)""",
    "connections": """
import socket
with contextlib.suppress(OSError):
    server = socket.create_server(("127.0.0.1", 0))
    near = socket.create_connection(server.getsockname())
    far = server.accept()[0]
    far.close()
    near.recv(1)
    near.close()""",
    "words to nobody": """
import socket
for _ in range(1000):
    with contextlib.suppress(OSError):
        socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 9))""",
    "other modes": """
for place in ("/work", "/tmp", "/dev/shm"):
    with contextlib.suppress(OSError):
        os.chmod(place, 0o711)""",
    "a closed work folder": """
with contextlib.suppress(OSError):
    os.chmod("/work", 0)""",
    "attributes": """
for place in ("/work", "/tmp", "/dev/shm"):
    with contextlib.suppress(OSError):
        os.setxattr(place, "user.x", b"1")""",
    "a process": """
import time
if os.fork() == 0:
    os.setsid()
    os.close(1)
    os.close(2)
    time.sleep(60)""",
    "many processes": """
import time
for _ in range(40):
    if os.fork() == 0:
        time.sleep(60)
        os._exit(0)""",
    "a stopped process": """
import signal
if os.fork() == 0:
    os.kill(os.getpid(), signal.SIGSTOP)""",
    "lower limits for process 1": """
import resource
with contextlib.suppress(OSError):
    resource.prlimit(1, resource.RLIMIT_SIGPENDING, (9, 9))
    resource.prlimit(1, resource.RLIMIT_MEMLOCK, (9, 9))""",
    "a lower priority for process 1": """
with contextlib.suppress(OSError):
    os.setpriority(os.PRIO_PROCESS, 1, 15)""",
    "fewer processors for process 1": """
with contextlib.suppress(OSError):
    os.sched_setaffinity(1, {0})""",
}


@pytest.mark.parametrize("litter", LITTER)
def test_the_next_job_finds_nothing_of(sandbox: Sandbox, litter: str) -> None:
    fresh = said(run(sandbox, python(STATE)))
    left = run(sandbox, python("import contextlib, os" + LITTER[litter]))
    assert left.status is Status.OK, left
    for _ in range(BOXES + 1):  # whichever box it has met
        assert said(run(sandbox, python(STATE))) == fresh


@pytest.mark.parametrize("depth", [10_000])
def test_a_tree_ten_thousand_deep_is_gone(backend: str, depth: int) -> None:
    code = f"import os\nfor _ in range({depth}): os.mkdir('d'); os.chdir('d')"
    with open_other(backend, replace(SMALL, work_inodes=2 * depth)) as other:
        assert run(other, python(code)).status is Status.OK
        for _ in range(2):
            assert said(run(other, python(STATE)))["files"]["/work"] == []


# -------------------------------------------------------------------- boxes

# The kernel's word of when process 1 began, in ticks of 10 ms; the numbers of namespaces are used
# again as soon as they are free.
BIRTH = "print(open('/proc/1/stat').read().rpartition(')')[2].split()[19])"


def births(sandbox: Sandbox, jobs: int) -> list[bytes]:
    return [run(sandbox, python(BIRTH)).last.stdout for _ in range(jobs)]


def test_a_box_serves_one_job_or_many_as_it_was_asked(backend: str) -> None:
    with open_other(backend, SMALL) as other:
        met = births(other, 6)
    assert len(set(met)) == (6 if backend.endswith("never") else 1)


@pytest.mark.parametrize(
    "end", ["import os; os.abort()", "import time; time.sleep(9)", "print('x' * 3_000_000)"]
)
def test_a_box_whose_job_ended_badly_serves_no_other(backend: str, end: str) -> None:
    with open_other(backend, SMALL) as other:
        before = births(other, 1)
        assert run(other, python(end, seconds=0.5)).status not in (Status.OK, Status.EXIT)
        assert births(other, 1) != before


def test_sixteen_threads_share_two_boxes(sandbox: Sandbox) -> None:
    def one(number: int) -> bool:
        requests = (b"%d" % number, b"x" * number)
        outcome = sandbox.run(
            Job(
                (python(ECHO, requests=requests), python(f"raise SystemExit({number % 2})")),
                files={f"f{number}": b"%d" % number},
                collect={f"f{number}": 10},
            )
        )
        return (
            outcome.status is (Status.EXIT if number % 2 else Status.OK)
            and outcome.steps[0].answers == tuple(request[::-1] for request in requests)
            and outcome.files == {f"f{number}": b"%d" % number}
        )

    with ThreadPoolExecutor(16) as threads:
        assert all(threads.map(one, range(64)))


def running(token: str) -> list[str]:
    """The processes of this machine that have `token` on their command lines."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if token.encode() in (folder / "cmdline").read_bytes():
                found.append(folder.name)
        except OSError:
            continue
    return found


def eventually(holds: Callable[[], bool], seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)
    return holds()


def test_cancelling_kills_the_job(sandbox: Sandbox, bait: Bait) -> None:
    token = f"{bait.unix}-cancelled"

    async def cancel_it() -> None:
        step = python("import time; time.sleep(60)", token, seconds=60.0)
        job = asyncio.create_task(sandbox.arun(Job((step,))))
        started = await asyncio.to_thread(eventually, lambda: bool(running(token)))
        assert started
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job

    asyncio.run(cancel_it())
    assert eventually(lambda: not running(token))
    assert run(sandbox, python("pass")).status is Status.OK


def test_jobs_run_beside_each_other_for_asyncio(sandbox: Sandbox) -> None:
    async def many() -> list[Outcome]:
        jobs = [Job((python(f"print({number})"),)) for number in range(8)]
        return await asyncio.gather(*(sandbox.arun(job) for job in jobs))

    assert [o.last.stdout for o in asyncio.run(many())] == [b"%d\n" % n for n in range(8)]


def test_closing_kills_what_runs_and_may_be_done_twice(backend: str, bait: Bait) -> None:
    token = f"{bait.unix}-closed"
    other = open_other(backend, SMALL)
    outcomes: list[Outcome] = []
    step = python("import time; time.sleep(60)", token, seconds=60.0)
    thread = threading.Thread(target=lambda: outcomes.append(run(other, step)))
    thread.start()
    assert eventually(lambda: bool(running(token)))
    other.close()
    other.close()
    thread.join()
    assert [outcome.status for outcome in outcomes] == [Status.INFRA]
    assert eventually(lambda: not running(token))
    assert run(other, python("pass")).status is Status.INFRA
