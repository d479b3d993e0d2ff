"""The benchmark of the sandboxes: its figures and documents, and that it runs at all."""

import io
import json
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from forgegym.benchmarks.speed import bare, sandbox
from forgegym.benchmarks.speed.figures import (
    Latency,
    Opening,
    Quantiles,
    Report,
    Skip,
    Throughput,
    print_report,
    targets,
)
from forgegym.benchmarks.speed.items import ITEMS, BenchError, Item, chosen_items, job_of

SECONDS = st.lists(st.floats(0, 100), min_size=1, max_size=50)


def latency(backend="docker", item="true", pace="packed", added=0.001, reuse="proven") -> Latency:
    return Latency.of(backend, reuse, item, pace, [0.001] * 4, [0.001 + added] * 4)


def report(**changes) -> Report:
    about = {"cpu": "a processor", "cores": 2, "kernel": "6.1", "load": 0.1}
    return replace(Report(about, {"repetitions": 4, "steps": 8, "items": ["true"]}), **changes)


def rate(ratio: float, reuse="proven", item="rustc-check") -> Throughput:
    return Throughput("docker", reuse, item, 2, 8, 10.0, 10.0 * ratio, ratio)


def printed(what: Report) -> str:
    console = Console(file=io.StringIO(), width=160)
    print_report(what, console)
    return console.file.getvalue()


# ---------------------------------------------------------------- quantiles and pairs


def test_quantiles_are_milliseconds() -> None:
    assert Quantiles.of([0.001, 0.002, 0.003]) == Quantiles(2.0, 2.9, 2.98)


def test_a_single_measurement_is_each_of_its_quantiles() -> None:
    assert Quantiles.of([0.25]) == Quantiles(250.0, 250.0, 250.0)


def test_quantiles_of_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="nothing"):
        Quantiles.of([])


@given(SECONDS)
def test_quantiles_lie_between_the_extremes_in_order(seconds: list[float]) -> None:
    found = Quantiles.of(seconds)
    assert 1000 * min(seconds) - 1e-3 <= found.p50 <= found.p95 <= found.p99
    assert found.p99 <= 1000 * max(seconds) + 1e-3


@given(SECONDS, st.randoms(use_true_random=False))
def test_quantiles_do_not_depend_on_the_order(seconds: list[float], random) -> None:
    shuffled = random.sample(seconds, len(seconds))
    assert Quantiles.of(seconds) == Quantiles.of(shuffled)


def test_what_is_added_is_taken_within_pairs() -> None:
    # A slow moment of the machine that hit both sides of one pair is no cost of the sandbox.
    row = Latency.of("docker", "proven", "true", "packed", [0.01, 0.5, 0.01], [0.012, 0.502, 0.012])
    assert row.added == Quantiles(2.0, 2.0, 2.0)


def test_the_difference_of_the_95th_percentiles_is_not_that_of_the_pairs() -> None:
    bare_seconds, boxed = [0.001, 0.009] * 10, [0.009, 0.001] * 10
    row = Latency.of("docker", "proven", "true", "packed", bare_seconds, boxed)
    assert row.added_p95 == 0.0
    assert row.added.p95 == 8.0


def test_unpaired_measurements_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        Latency.of("docker", "proven", "true", "packed", [0.1, 0.1], [0.1])


# ---------------------------------------------------------------- the order of a round


def test_a_round_rests_before_either_side_and_packs_the_second_of_two() -> None:
    said: list[str] = []
    numbers = iter(range(100))

    def side(name: str):
        def once() -> float:
            said.append(name)
            return float(next(numbers))

        return once

    spaced, packed = sandbox.paired(side("bare"), side("boxed"), lambda: said.append("rest"), 2)
    assert said == ["rest", "bare", "bare", "rest", "boxed", "boxed"] * 2
    assert spaced == ([0.0, 4.0], [2.0, 6.0])
    assert packed == ([1.0, 5.0], [3.0, 7.0])


# ---------------------------------------------------------------- items


def test_items_are_taken_by_name_in_their_own_order() -> None:
    assert [item.name for item in chosen_items(["yosys", "true"])] == ["true", "yosys"]
    assert chosen_items(None) == ITEMS


def test_an_unknown_item_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(BenchError, match=r"no work item 'rust'.*rustc-check"):
        chosen_items(["rust"])


def test_a_job_has_its_tools_by_path_and_asks_its_last_process() -> None:
    item = next(i for i in ITEMS if i.name == "rustc-run")
    job = job_of(item, {"rustc": "/opt/rustc"})
    assert [step.argv[0] for step in job.steps] == ["/opt/rustc", "./main"]
    assert [len(step.requests) for step in job.steps] == [0, 1]
    assert item.tools == ("rustc",)


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.name)
def test_every_tool_of_an_item_has_its_version_asked(item: Item) -> None:
    assert set(item.tools) <= sandbox.VERSION_ARGUMENTS.keys()


# ---------------------------------------------------------------- targets


def test_the_worst_item_is_held_against_the_target() -> None:
    rows = [latency(added=0.001), latency(item="python", added=0.0031)]
    found = targets(report(latency=rows))[0]
    assert (found.item, found.measured, found.met) == ("python", 3.1, False)


def test_only_packed_rows_of_used_again_boxes_are_held_against_the_target() -> None:
    rows = [latency(), latency(pace="spaced", added=9.0), latency(reuse="never", added=9.0)]
    assert targets(report(latency=rows))[0].met


@pytest.mark.parametrize(("ratio", "met"), [(0.9, True), (0.899, False)])
def test_throughput_is_to_be_at_least_its_target(ratio: float, met: bool) -> None:
    found = targets(report(throughput=[rate(ratio), rate(0.1, reuse="never")]))[-1]
    assert (found.measured, found.met) == (ratio, met)


def test_what_was_not_measured_neither_meets_nor_misses_its_target() -> None:
    assert {(t.measured, t.met) for t in targets(report())} == {(None, None)}


# ---------------------------------------------------------------- documents and tables


def test_the_document_survives_json_and_has_the_targets() -> None:
    what = report(latency=[latency()], opening=[Opening("docker", *[Quantiles(1.0, 2.0, 3.0)] * 2)])
    document = json.loads(json.dumps(what.to_json(), allow_nan=False))
    assert document["latency"][0]["added"] == {"p50": 1.0, "p95": 1.0, "p99": 1.0}
    assert document["targets"][0]["met"] is True
    assert document["interrupted"] is False


def test_the_tables_say_what_was_not_measured_and_why() -> None:
    text = printed(report(skipped=[Skip("docker", "node", "no image [has] it")]))
    assert "not measured: docker node: no image [has] it" in text


def test_the_tables_have_every_row_and_the_targets() -> None:
    what = report(latency=[latency(), latency("bubblewrap", "yosys")], throughput=[rate(0.5)])
    text = printed(what)
    assert "yosys" in text
    assert "50.0%" in text
    assert "missed" in text


def test_an_interrupted_run_keeps_and_says_what_it_had(monkeypatch) -> None:
    def interrupted(items, found, repetitions, steps, say) -> None:
        found.latency.append(latency())
        raise KeyboardInterrupt

    monkeypatch.setattr(sandbox, "_measure_bubblewrap", interrupted)
    found = sandbox.measure(backends=["bubblewrap"])
    assert (found.interrupted, len(found.latency)) == (True, 1)
    assert "stopped before its end" in printed(found)


@pytest.mark.parametrize(
    "wrong", [{"backends": ["podman"]}, {"repetitions": 0}, {"steps": -1}, {"items": ["none"]}]
)
def test_what_cannot_be_measured_is_refused_before_anything_runs(wrong, monkeypatch) -> None:
    def ran(*_: object) -> None:
        pytest.fail("something ran")

    for name in ("_measure_docker", "_measure_bubblewrap"):
        monkeypatch.setattr(sandbox, name, ran)
    with pytest.raises(BenchError):
        sandbox.measure(**wrong)


# ---------------------------------------------------------------- the bare row


def order(*argv: str, count: int = 1, requests: tuple[str, ...] = (), **files: str) -> dict:
    steps = [{"argv": [sys.executable, "-c", *argv], "requests": list(requests)}]
    return {"count": count, "files": files, "steps": steps}


@pytest.fixture
def row(tmp_path):
    found = sandbox.Bare([sys.executable], str(tmp_path))
    yield found
    found.close()


def test_a_bare_repetition_has_the_files_and_nothing_of_the_one_before(row, tmp_path) -> None:
    program = "import os; assert os.listdir() == ['given']; open('left', 'w')"
    assert len(row.ask(order(program, count=3, given="x"))["seconds"]) == 3
    assert list(tmp_path.iterdir()) == []


def test_a_bare_program_has_a_box_s_environment_and_no_more(row) -> None:
    known = "{'PATH', 'HOME', 'LANG', 'TMPDIR', 'LC_CTYPE'}"  # the last is Python's own doing
    program = f"import os; assert set(os.environ) <= {known}"
    assert "error" not in row.ask(order(program))


def test_a_bare_program_is_asked_as_in_a_box(row) -> None:
    program = (
        "import os, struct\n"
        "while head := os.read(3, 4):\n"
        "    got = os.read(3, struct.unpack('>I', head)[0])[::-1]\n"
        "    os.write(4, struct.pack('>I', len(got)) + got)\n"
    )
    assert row.ask(order(program, requests=("abc", "de")))["answers"] == ["cba", "ed"]


def test_a_bare_process_that_fails_is_told(row) -> None:
    assert "ended with 3" in row.ask(order("raise SystemExit(3)"))["error"]


def test_a_bare_row_that_cannot_start_is_an_error_with_its_last_words() -> None:
    broken = sandbox.Bare([sys.executable], "/nowhere/at/all")
    with pytest.raises(BenchError, match="No such file"):
        broken.ask(order("pass"))
    broken.close()


def test_tools_that_are_not_there_are_not_found() -> None:
    assert bare.find({"no-such-tool-anywhere": ["--version"]}) == {}


def test_the_bare_row_imports_nothing_of_ours() -> None:
    code = f"import sys; sys.argv[1:] = ['/tmp']; exec(open({bare.__file__!r}).read())"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], stdin=subprocess.DEVNULL)
    assert done.returncode == 0


# ---------------------------------------------------------------- smoke


def smoke(backend: str) -> Report:
    return sandbox.measure(backends=[backend], items=["true"], repetitions=3, steps=0)


@pytest.mark.bubblewrap
def test_bubblewrap_is_measured_in_every_way() -> None:
    found = smoke("bubblewrap")
    assert found.skipped == []
    rows = [(row.reuse, row.pace) for row in found.latency]
    assert rows == [("proven", "spaced"), ("proven", "packed"), ("never", "spaced")]
    assert [opening.backend for opening in found.opening] == ["bubblewrap"]


@pytest.mark.docker
def test_docker_is_measured_beside_run_and_exec() -> None:
    found = smoke("docker")
    assert found.skipped == []
    assert len(found.latency) == 3
    assert [row.repetitions for row in found.contrast] == [sandbox.CONTRAST_REPETITIONS] * 2


@pytest.mark.bubblewrap
def test_throughput_counts_every_step(monkeypatch) -> None:
    """With an item that every machine has in place of a compiler."""
    monkeypatch.setattr(sandbox, "COMPILE_BOUND", ("true",))
    found = sandbox.measure(backends=["bubblewrap"], items=["true"], repetitions=1, steps=5)
    assert [(row.reuse, row.steps) for row in found.throughput] == [("proven", 5), ("never", 5)]
