"""What a sandbox costs: a step through it beside the same step without it, in the same run.

The bare row runs the same binaries: for Docker in one plain container of the same image (no
supervisor, no limits, no seccomp), for bubblewrap on the host, both timed by `bare.py` from inside.
Bare and sandboxed repetitions alternate, so that a machine's noise hits both alike. A sandboxed
second runs from `Sandbox.run`'s call to its return: the files' way in, the reset before it and the
answers' way out are all in it. Bare seconds hold the processes alone, so `added` is never too low.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ... import __version__
from ...verifiers.sandbox import docker, images
from ...verifiers.sandbox.base import Job, SandboxError, Status
from ...verifiers.sandbox.bubblewrap import find, open_bubblewrap
from ...verifiers.sandbox.owner import Owner
from ...verifiers.sandbox.pool import Pool, Reuse
from .figures import Contrast, Latency, Opening, Quantiles, Report, Skip, Throughput
from .items import COMPILE_BOUND, BenchError, Item, chosen_items, job_of

BACKENDS = ("docker", "bubblewrap")
REUSES: tuple[Reuse, ...] = ("proven", "never")
REPETITIONS = 200
STEPS = 500
# A thrown-away box costs a tenth of a second of machine each: fewer of those.
NEVER_REPETITIONS = 50
CONTRAST_REPETITIONS = 20
COLD_STARTS = 5
# Fresh pairs of a bare row and a box, among which the repetitions are shared: where a container's
# pages happen to lie makes one of two equal ones slower by a hundredth, for as long as it lives.
ROUNDS = 10
# Before the first figure: page cache, branch predictors and the interpreter's own caches settle.
WARM_UP = 3
# A reset takes a millisecond or less; after this much rest it is over and nothing of ours runs.
REST_SECONDS = 0.005
# A box opens in a quarter of a second; an engine that needs longer than this has gone.
READY_SECONDS = 60.0
# Bare repetitions at a time: an interrupt waits for no more.
BARE_CHUNK = 20
# No run takes a day; what is left of one after that is litter.
RUN_SECONDS = 24 * 3600
# Where a box looks for tools, and so the only place where a bare row may.
PATH = "/usr/local/bin:/usr/bin:/bin"
VERSION_ARGUMENTS = {
    "true": [],
    "python3": ["--version"],
    "node": ["--version"],
    "rustc": ["--version"],
    "iverilog": ["-V"],
    "vvp": ["-V"],
    "yosys": ["-V"],
}

Say = Callable[[str], None]


# ---------------------------------------------------------------- the bare side


class Bare:
    """`bare.py` in a process of its own. Raises `BenchError` when that fails."""

    def __init__(self, command: Sequence[str], folder: str) -> None:
        source = (Path(__file__).parent / "bare.py").read_text()
        # A session of its own: an interrupt from the keyboard is ours to act upon.
        self._process = subprocess.Popen(
            [*command, "-I", "-S", "-c", source, folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PATH": PATH} if command[0] == sys.executable else None,
            start_new_session=True,
        )

    def ask(self, order: Mapping[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        with contextlib.suppress(BrokenPipeError):  # its last words are told below
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            said = self._process.stderr.read().strip().rpartition("\n")[2]
            raise BenchError(f"the bare row could not be run: {said or 'no word'}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def tools(self) -> dict[str, dict[str, str]]:
        """Tool -> ``path`` and ``version``, for those of `VERSION_ARGUMENTS` that are there."""
        return self.ask({"tools": VERSION_ARGUMENTS})

    def run(self, item: Item, paths: Mapping[str, str], count: int = 1) -> list[float]:
        """The seconds of `count` repetitions."""
        steps = []
        for number, command in enumerate(item.commands):
            last = number == len(item.commands) - 1
            steps.append(
                {
                    "argv": [paths.get(command[0], command[0]), *command[1:]],
                    "requests": [item.request] if item.request and last else [],
                }
            )
        answer = self.ask({"count": count, "files": dict(item.files), "steps": steps})
        if "error" in answer:
            raise BenchError(f"without a sandbox, {answer['error']}")
        if item.answer and answer["answers"] != [item.answer]:
            raise BenchError(f"without a sandbox it answered {answer['answers']}")
        seconds: list[float] = answer["seconds"]
        return seconds

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(10.0)  # of a container's end; a busy engine takes a second or two
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._process.stderr.close()


@contextmanager
def bare_on_host() -> Iterator[Bare]:
    """A bare row on the host, its work folder in memory where that is possible, as a box's is."""
    with tempfile.TemporaryDirectory(prefix="forgegym-bench-", dir=_memory_folder()) as folder:
        row = Bare([sys.executable], folder)
        try:
            yield row
        finally:
            row.close()


@contextmanager
def bare_in_container(digest: str) -> Iterator[Bare]:
    """A bare row in a plain container of an image: no limits, no seccomp, root; tmpfs for work.

    Raises `BenchError` without Docker's command.
    """
    program = shutil.which("docker")
    if program is None:
        raise BenchError("the bare row of Docker needs the docker command")
    command = [program, "run", "--rm", "--interactive", "--network", "none"]
    command += [part for label in _labels().items() for part in ("--label", "=".join(label))]
    command += ["--security-opt", "seccomp=unconfined", "--tmpfs", "/bare:exec,mode=777"]
    command += ["--env", f"PATH={PATH}", "--entrypoint", "/usr/bin/python3", digest]
    row = Bare(command, "/bare")
    try:
        yield row
    finally:
        row.close()


def _labels() -> dict[str, str]:
    """A container's labels as a box has them: a later sweep finds it if this process is killed."""
    return {
        docker.LABEL: "box",
        f"{docker.LABEL}.owner": str(Owner.me()),
        f"{docker.LABEL}.deadline": str(int(time.time() + RUN_SECONDS)),
    }


def _memory_folder() -> str:
    """A folder in memory that programs may run from, else the usual one for temporary files."""
    place = "/dev/shm"
    if os.access(place, os.W_OK) and not os.statvfs(place).f_flag & os.ST_NOEXEC:
        return place
    return tempfile.gettempdir()


# ---------------------------------------------------------------- the sandboxed side


def _timed(pool: Pool, item: Item, job: Job) -> float:
    """The seconds of one job. Raises `BenchError` when it does not end as it must."""
    started = time.perf_counter()
    outcome = pool.run(job)
    seconds = time.perf_counter() - started
    if outcome.status is not Status.OK:
        said = outcome.message
        if not said and outcome.steps:
            said = outcome.last.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise BenchError(f"in the sandbox it ended {outcome.status.value}: {said[:200] or '-'}")
    if item.answer and outcome.last.answers != (item.answer.encode(),):
        raise BenchError(f"in the sandbox it answered {outcome.last.answers!r}")
    return seconds


def _await_ready(pool: Pool, boxes: int) -> None:
    """Until so many boxes wait for a job."""
    end = time.monotonic() + READY_SECONDS
    # The pool has no word for this, since nobody who only runs jobs needs one.
    while len(pool._idle) < boxes:
        if time.monotonic() > end:
            raise BenchError(f"no box was ready for {READY_SECONDS:.0f} s")
        time.sleep(0.0002)


def paired(
    bare: Callable[[], float], boxed: Callable[[], float], rest: Callable[[], None], count: int
) -> tuple[tuple[list[float], list[float]], tuple[list[float], list[float]]]:
    """`count` rounds of: rest, bare, bare, rest, boxed, boxed.

    The first of each two is spaced, the second packed; (bare, boxed) of the spaced, then of the
    packed. Each pair has the same past (a rest, or its own like), so caches favour neither side.
    """
    spaced: tuple[list[float], list[float]] = ([], [])
    packed: tuple[list[float], list[float]] = ([], [])
    for _ in range(count):
        for side, once in enumerate((bare, boxed)):
            rest()
            spaced[side].append(once())
            packed[side].append(once())
    return spaced, packed


def _latency(
    backend: Backend, reuse: Reuse, item: Item, paths: Mapping[str, str], repetitions: int
) -> list[Latency]:
    """The rows of one item, from `ROUNDS` fresh pairs of a bare row and a box."""
    job = job_of(item, paths)
    spaced: tuple[list[float], list[float]] = ([], [])
    packed: tuple[list[float], list[float]] = ([], [])
    count = repetitions if reuse == "proven" else min(repetitions, NEVER_REPETITIONS)
    for share in shares_of(count, min(ROUNDS, count)):
        with backend.bare() as bare, backend.open(1, reuse) as pool:
            rest = partial(_rest, pool)
            without = partial(_bare_once, bare, item, paths)
            within = partial(_timed, pool, item, job)
            for _ in range(WARM_UP):
                without()
                within()
            if reuse == "proven":
                for whole, part in zip(
                    (spaced, packed), paired(without, within, rest, share), strict=True
                ):
                    for side in (0, 1):
                        whole[side].extend(part[side])
                continue
            for _ in range(share):
                for side, once in enumerate((without, within)):
                    rest()
                    spaced[side].append(once())
    rows = [Latency.of(backend.name, reuse, item.name, "spaced", *spaced)]
    if reuse == "proven":
        rows.append(Latency.of(backend.name, reuse, item.name, "packed", *packed))
    return rows


def _rest(pool: Pool) -> None:
    _await_ready(pool, 1)
    time.sleep(REST_SECONDS)


def _bare_once(bare: Bare, item: Item, paths: Mapping[str, str]) -> float:
    return bare.run(item, paths)[0]


def shares_of(count: int, parts: int) -> list[int]:
    """`count` in as many parts, as equal as can be."""
    return [count // parts + (n < count % parts) for n in range(parts)]


def together(works: Sequence[Callable[[], None]]) -> float:
    """The seconds until all, each in a thread of its own, are done. Raises what one raised."""
    failures: list[BaseException] = []

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(w,), daemon=True) for w in works]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - started
    if failures:
        raise failures[0]
    return seconds


def _bare_seconds(rows: Sequence[Bare], item: Item, paths: Mapping[str, str], steps: int) -> float:
    """Of `steps` repetitions shared among the rows, each of which goes through its own alone."""
    shares = shares_of(steps, len(rows))

    def work(row: Bare, share: int) -> None:
        for done in range(0, share, BARE_CHUNK):
            row.run(item, paths, min(BARE_CHUNK, share - done))

    return together([partial(work, r, s) for r, s in zip(rows, shares, strict=True)])


def _boxed_seconds(pool: Pool, item: Item, job: Job, steps: int, workers: int) -> float:
    """Of `steps` jobs, of which each worker takes the next when it is free."""
    numbers = itertools.count()
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set() and next(numbers) < steps:
            _timed(pool, item, job)

    try:
        return together([work] * workers)
    finally:
        stop.set()


# ---------------------------------------------------------------- one backend


@dataclass(frozen=True, slots=True)
class Backend:
    """How to open a sandbox and a bare row that have the same binaries."""

    name: str
    open: Callable[[int, Reuse], Pool]
    bare: Callable[[], contextlib.AbstractContextManager[Bare]]


def _measure_backend(
    backend: Backend, items: Sequence[Item], report: Report, repetitions: int, steps: int, say: Say
) -> None:
    """Everything of one backend with one set of binaries. Raises `BenchError`, `SandboxError`."""
    with backend.bare() as bare:
        found = bare.tools()
        paths = {tool: about["path"] for tool, about in found.items()}
        _note_tools(report, backend.name, found, items)
        usable = []
        for item in items:
            lacking = [tool for tool in item.tools if tool not in paths]
            if lacking:
                why = f"no {', '.join(lacking)} in {PATH}"
                report.skipped.append(Skip(backend.name, item.name, why))
                say(f"{backend.name} {item.name}: skipped, {why}")
            else:
                usable.append(item)
        for reuse in REUSES:
            for item in tuple(usable):
                say(f"{backend.name} {reuse} {item.name}: latency")
                try:
                    rows = _latency(backend, reuse, item, paths, repetitions)
                except BenchError as error:
                    usable.remove(item)
                    report.skipped.append(Skip(backend.name, item.name, str(error)))
                    say(f"{backend.name} {item.name}: skipped, {error}")
                    continue
                report.latency += rows
                for row in rows:
                    say(f"    {row.pace}: bare {row.bare.p50:.2f} ms, added {row.added.p50:.2f} ms")
        for item in usable:
            if item.name == "true":
                say(f"{backend.name}: cold start and refill")
                report.opening.append(_opening(backend, item, paths))
        for item in usable:
            if steps and item.name in COMPILE_BOUND:
                _throughput(backend, item, paths, report, steps, say)


def _throughput(
    backend: Backend, item: Item, paths: Mapping[str, str], report: Report, steps: int, say: Say
) -> None:
    """Bare and boxed steps in turns, so that a machine that slows down for a minute slows both; for
    `never` in one, or boxes would be opened while nobody runs in any."""
    workers = os.cpu_count() or 1
    job = job_of(item, paths)
    for reuse in REUSES:
        say(f"{backend.name} {item.name}: throughput, {steps} steps, {workers} workers, {reuse}")
        with ExitStack() as stack:
            rows = [stack.enter_context(backend.bare()) for _ in range(workers)]
            for row in rows:
                row.run(item, paths)
            pool = stack.enter_context(backend.open(workers, reuse))
            bare = boxed = 0.0
            turns = min(ROUNDS, steps) if reuse == "proven" else 1
            for share in shares_of(steps, turns):
                bare += _bare_seconds(rows, item, paths, share)
                _await_ready(pool, workers)
                boxed += _boxed_seconds(pool, item, job, share, workers)
        report.throughput.append(
            Throughput(
                backend.name,
                reuse,
                item.name,
                workers,
                steps,
                round(steps / bare, 3),
                round(steps / boxed, 3),
                round(bare / boxed, 4),
            )
        )
        say(f"    {reuse}: {steps / boxed:.1f} of {steps / bare:.1f} steps/s")


def _opening(backend: Backend, item: Item, paths: Mapping[str, str]) -> Opening:
    job = job_of(item, paths)
    cold, refill = [], []
    for _ in range(COLD_STARTS):
        started = time.perf_counter()
        with backend.open(1, "never") as pool:
            _timed(pool, item, job)
            cold.append(time.perf_counter() - started)
    with backend.open(1, "never") as pool:
        for _ in range(CONTRAST_REPETITIONS):
            _timed(pool, item, job)
            started = time.perf_counter()
            _await_ready(pool, 1)
            refill.append(time.perf_counter() - started)
    return Opening(backend.name, Quantiles.of(cold), Quantiles.of(refill))


def _contrast(image: str) -> Iterator[Contrast]:
    """``docker run`` and ``docker exec`` of ``true``, a container or an exec for each step."""
    client = docker.connect()
    api = client.api
    plain = {"image": image, "network_disabled": True, "labels": _labels()}

    def run() -> None:
        container = api.create_container(entrypoint=["/bin/true"], **plain)["Id"]
        api.start(container)
        api.wait(container)
        api.remove_container(container)

    yield _repeat("docker run --rm (create, start, wait, remove; no network)", run)
    held = api.create_container(entrypoint=["/bin/sleep", str(RUN_SECONDS)], **plain)["Id"]
    try:
        api.start(held)

        def execute() -> None:
            made = api.exec_create(held, ["/bin/true"])["Id"]
            api.exec_start(made)
            assert api.exec_inspect(made)["ExitCode"] == 0

        yield _repeat("docker exec, in a running container", execute)
    finally:
        docker.remove(client, held)


def _repeat(what: str, once: Callable[[], None]) -> Contrast:
    seconds = []
    for _ in range(CONTRAST_REPETITIONS):
        started = time.perf_counter()
        once()
        seconds.append(time.perf_counter() - started)
    return Contrast(what, len(seconds), Quantiles.of(seconds))


# ---------------------------------------------------------------- all of it


def check_backends(backends: Sequence[str]) -> None:
    """Raises `BenchError` when one of them is none of `BACKENDS`."""
    unknown = set(backends) - set(BACKENDS)
    if unknown:
        known = ", ".join(BACKENDS)
        raise BenchError(f"there is no backend {unknown.pop()!r}; there are: {known}")


def measure(
    *,
    backends: Sequence[str] = BACKENDS,
    items: Sequence[str] | None = None,
    repetitions: int = REPETITIONS,
    steps: int = STEPS,
    say: Say = lambda _: None,
) -> Report:
    """Measure. What cannot be measured here is in `Report.skipped`; an interrupt ends it early.

    Args:
        backends: Of `BACKENDS`.
        items: Names of `ITEMS` (None: all).
        repetitions: Of each latency; at most `NEVER_REPETITIONS` where boxes are thrown away.
        steps: Of each throughput (0: none).
        say: Gets a line whenever something begins or is skipped.

    Raises:
        BenchError: There is no such item or backend, or a number is out of its range.
    """
    wanted = chosen_items(items)
    check_backends(backends)
    if repetitions < 1 or steps < 0:
        raise BenchError("repetitions are at least 1, and steps at least 0")
    report = Report(
        machine(), {"repetitions": repetitions, "steps": steps, "items": [i.name for i in wanted]}
    )
    load, cores = report.machine["load"], report.machine["cores"]
    if load > cores / 4:
        say(f"this machine is busy (load {load:.1f} on {cores} cores); the figures will say so")
    try:
        if "docker" in backends:
            _measure_docker(wanted, report, repetitions, steps, say)
        if "bubblewrap" in backends:
            _measure_bubblewrap(wanted, report, repetitions, steps, say)
    except KeyboardInterrupt:
        report.interrupted = True
    return report


def _measure_docker(
    items: Sequence[Item], report: Report, repetitions: int, steps: int, say: Say
) -> None:
    try:
        client = docker.connect()
    except SandboxError as error:
        report.skipped += [Skip("docker", item.name, str(error)) for item in items]
        say(f"docker: skipped, {error}")
        return
    report.machine["docker"] = _engine(client)
    for language in dict.fromkeys(item.image for item in items):
        here = [item for item in items if item.image == language]
        try:
            name = images.tag(language)
            digest = images.digest_of(client, name)
            backend = _docker(name, digest)
            _measure_backend(backend, here, report, repetitions, steps, say)
            if any(item.name == "true" for item in here):
                say("docker: run and exec for each step")
                report.contrast += _contrast(digest)
        except (BenchError, SandboxError) as error:
            _skip_rest(report, "docker", here, str(error), say)


def _docker(name: str, digest: str) -> Backend:
    def open_pool(size: int, reuse: Reuse) -> Pool:
        return docker.open_docker(name, size=size, reuse=reuse)

    return Backend("docker", open_pool, partial(bare_in_container, digest))


def _measure_bubblewrap(
    items: Sequence[Item], report: Report, repetitions: int, steps: int, say: Say
) -> None:
    try:
        report.machine["bubblewrap"] = _said([find(), "--version"])
        backend = Backend(
            "bubblewrap",
            lambda size, reuse: open_bubblewrap(size=size, reuse=reuse),
            bare_on_host,
        )
        _measure_backend(backend, items, report, repetitions, steps, say)
    except (BenchError, SandboxError) as error:
        _skip_rest(report, "bubblewrap", items, str(error), say)


def _skip_rest(report: Report, backend: str, items: Sequence[Item], why: str, say: Say) -> None:
    told = {(skip.backend, skip.item) for skip in report.skipped}
    for item in items:
        if (backend, item.name) not in told:
            report.skipped.append(Skip(backend, item.name, why))
            say(f"{backend} {item.name}: skipped or cut short, {why}")


def _note_tools(
    report: Report, backend: str, found: Mapping[str, Mapping[str, str]], items: Sequence[Item]
) -> None:
    wanted = {tool for item in items for tool in item.tools}
    versions = {t: about["version"] for t, about in found.items() if t in wanted}
    report.tools.setdefault(backend, {}).update(versions)


def machine() -> dict[str, Any]:
    """What the figures depend on, before anything is measured."""
    two = Path("/sys/fs/cgroup/cgroup.controllers").is_file()
    model = ""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return {
        "forgegym": __version__,
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "cpu": model,
        "cores": os.cpu_count() or 1,
        "cgroup": 2 if two else 1,
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2),
        "bare_work": _memory_folder(),
    }


def _engine(client: Any) -> dict[str, Any]:
    version, about = client.version(), client.info()
    return {
        "engine": version["Version"],
        "runtime": about.get("DefaultRuntime"),
        "storage": about.get("Driver"),
        "cgroup_driver": about.get("CgroupDriver"),
    }


def _said(command: Sequence[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
