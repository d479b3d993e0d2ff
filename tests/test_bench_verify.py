"""What a step of an environment takes: measured for real, once or twice, and shown."""

import io
import json

import pytest
from rich.console import Console

from forgegym.benchmarks.speed.figures import Quantiles
from forgegym.benchmarks.speed.items import BenchError
from forgegym.benchmarks.speed.verify import Rate, Report, Row, measure, print_report


@pytest.mark.docker
@pytest.mark.parametrize(
    ("language", "stages"),
    [
        ("python", ["parse", "test", "step"]),
        ("rust", ["compile", "join", "test", "step"]),
        ("verilog", ["compile", "synthesise", "join", "test", "lint", "compile, source",
                     "test, source", "step"]),
    ],
)  # fmt: skip
def test_every_stage_is_measured_on_both_sides(language, stages):
    said = []
    report = measure(
        backends=["docker"], languages=[language], repetitions=1, steps=2, say=said.append
    )
    assert [row.stage for row in report.rows] == stages
    assert all(row.bare.p50 > 0 and row.sandboxed.p50 > 0 for row in report.rows)
    step = report.rows[-1]
    # A step is never faster than what its tools took in it.
    assert step.sandboxed.p50 >= sum(row.sandboxed.p50 for row in report.rows[:-1])
    (rate,) = report.rates
    assert rate.per_second > 0
    assert rate.bare_per_second > 0
    json.dumps(report.to_json())
    assert len(said) == 2


def report_of(*, above: float) -> Report:
    bare, here = Quantiles(100.0, 120.0, 130.0), Quantiles(100.0 * (1 + above), 130.0, 140.0)
    rows = [Row("docker", "rust", name, bare, here) for name in ("compile", "step")]
    return Report({}, 3, 4, rows, [Rate("docker", "rust", 2, 10.0, 9.0)])


@pytest.mark.parametrize(("above", "met"), [(0.05, True), (0.2, False)])
def test_the_promise_is_about_whole_steps(above, met):
    (target,) = report_of(above=above).to_json()["targets"]
    assert target["measured"] == pytest.approx(above)
    assert target["met"] is met
    out = io.StringIO()
    print_report(report_of(above=above), Console(file=out, width=120))
    assert "9.0 steps/s with 2 workers, 90% of the bare tools' 10.0" in out.getvalue()
    assert ("NOT met" in out.getvalue()) is not met


def test_a_language_that_is_not_measured_is_refused():
    with pytest.raises(BenchError, match="no language 'cobol'"):
        measure(backends=["docker"], languages=["cobol"], repetitions=1, steps=0, say=print)
