"""The Compact verifier: which toolchain it finds, what it runs, and whose fault a failure is."""

import gzip
import json
import os
import subprocess
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from forgegym import Task, ToolchainMissingError, Verdict
from forgegym.verifiers.compact import compiler
from forgegym.verifiers.compact import toolchain as module
from forgegym.verifiers.compact.compiler import find_compactc
from forgegym.verifiers.compact.frontend.source import TOO_LARGE
from forgegym.verifiers.compact.toolchain import CompactVerifier
from forgegym.verifiers.deadline import StallError
from forgegym.verifiers.sandbox.base import Job, Outcome, Sandbox, Status
from forgegym.verifiers.sandbox.unsafe import open_unsafe
from forgegym.verifiers.verdict import FailureKind, StageStatus, Toolchain
from forgegym.verifiers.verifier import Verifier, judge

TASK = Task(id="t", family="f", language="compact", prompt="p")
GOOD = """\
import CompactStandardLibrary;
export ledger round: Counter;
export circuit step(n: Uint<16>): [] {
  if (disclose(n) > 3) { round.increment(1); }
}
"""
WRONG = "import CompactStandardLibrary;\nexport ledger round: Countr;\n"
BROKEN_SYNTAX = "export circuit ComplexContract {\n}\n"


@pytest.fixture
def frontend() -> CompactVerifier:
    return CompactVerifier("frontend")


@pytest.fixture
def no_compiler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without any Compact compiler."""
    monkeypatch.delenv("FORGEGYM_COMPACTC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(compiler, "_image_is_built", lambda: False)


def script(folder: Path, name: str, body: str, language: str = "0.23.0") -> Path:
    """A compiler of `body`, a shell script, that answers for its versions."""
    path = folder / name
    text = (
        "#!/bin/sh\n"
        '[ "$1" = compile ] && shift\n'
        'case "$1" in\n'
        "  --version) echo 0.31.1; exit 0;;\n"
        f"  --language-version) echo {language}; exit 0;;\n"
        "esac\n" + body
    )
    # Not by this process: a box that another thread forks meanwhile would hold the file open for
    # writing, and the kernel starts no such file.
    subprocess.run(["tee", path], input=text.encode(), stdout=subprocess.DEVNULL, check=True)
    path.chmod(0o755)
    return path


# What a scripted compiler does with a program other than the verifier's own probe.
ONLY_THE_PROBE = "grep -q increment contract.compact || exit 0\n"


class Watched:
    """A sandbox before which `before` sees every job; it may raise, or give the outcome."""

    def __init__(self, inner: Sandbox, before: Callable[[Job], Outcome | None]) -> None:
        self.inner, self.before = inner, before
        self.name, self.digest = inner.name, inner.digest

    def run(self, job: Job) -> Outcome:
        return self.before(job) or self.inner.run(job)

    async def arun(self, job: Job) -> Outcome:
        return await self.inner.arun(job)

    def close(self) -> None:
        self.inner.close()


@pytest.fixture(scope="module")
def no_sandbox() -> Iterator[Sandbox]:
    """Plain processes, for compilers that are scripts of ours."""
    with pytest.warns(UserWarning, match="without a sandbox"):
        opened = open_unsafe(allow_unsafe=True, size=16)
    with opened:
        yield opened


@pytest.fixture
def scripted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, no_sandbox: Sandbox
) -> Callable[..., CompactVerifier]:
    """A verifier over a compiler that is a shell script."""

    def make(
        body: str, before: Callable[[Job], Outcome | None] | None = None, **options: object
    ) -> CompactVerifier:
        monkeypatch.setenv("FORGEGYM_COMPACTC", str(script(tmp_path, "compactc", body)))
        sandbox = Watched(no_sandbox, before) if before else no_sandbox
        return CompactVerifier("compactc", sandbox=sandbox, **options)  # type: ignore[arg-type]

    return make


# ---------------------------------------------------------------- which toolchain


def test_an_unknown_toolchain_is_refused() -> None:
    with pytest.raises(ValueError, match="'solc'; there are: auto, compactc, frontend"):
        CompactVerifier("solc")  # type: ignore[arg-type]


@pytest.mark.usefixtures("no_compiler")
def test_without_a_compiler_auto_is_the_front_end_under_its_own_name() -> None:
    found = CompactVerifier("auto").toolchain
    assert found.name == "forgegym-compact-frontend"
    assert found.language_version == "0.23.0"


@pytest.mark.usefixtures("no_compiler")
def test_without_a_compiler_compactc_is_refused_with_what_to_do() -> None:
    with pytest.raises(ToolchainMissingError, match=r"FORGEGYM_COMPACTC.*frontend"):
        CompactVerifier("compactc")


@pytest.mark.parametrize("kind", ["absent", "a folder", "not executable", "something else"])
def test_a_named_compiler_that_is_none_is_refused(
    kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(compiler, "_image_is_built", lambda: False)
    path = tmp_path / "compactc"
    if kind == "a folder":
        path.mkdir()
    elif kind != "absent":
        path.write_text("#!/bin/sh\necho hello\n")
        path.chmod(0o755 if kind == "something else" else 0o644)
    monkeypatch.setenv("FORGEGYM_COMPACTC", str(path))
    for choice in ("auto", "compactc"):
        with pytest.raises(ToolchainMissingError, match="FORGEGYM_COMPACTC is"):
            CompactVerifier(choice)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["compactc", "compact"])
def test_a_compiler_is_found_on_the_path(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("FORGEGYM_COMPACTC", raising=False)
    path = script(tmp_path, name, "exit 0\n")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    found = find_compactc()
    assert found is not None
    assert found.command == ((str(path), "compile") if name == "compact" else (str(path),))
    assert found.toolchain == Toolchain("compactc", "0.31.1", "0.23.0")


def test_a_program_called_compact_that_is_no_compiler_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("FORGEGYM_COMPACTC", raising=False)
    (tmp_path / "compact").write_text("#!/bin/sh\necho compacting the disk\n")
    (tmp_path / "compact").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_compactc() is None


def test_a_compiler_of_another_language_version_is_warned_about(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, no_sandbox: Sandbox
) -> None:
    path = script(tmp_path, "compactc", "exit 0\n", language="0.22.0")
    monkeypatch.setenv("FORGEGYM_COMPACTC", str(path))
    with pytest.warns(UserWarning, match=r"compiles Compact 0\.22\.0"):
        CompactVerifier("compactc", sandbox=no_sandbox)


# ---------------------------------------------------------------- verdicts of the front end


def test_it_is_a_verifier(frontend: CompactVerifier) -> None:
    assert isinstance(frontend, Verifier)


def test_an_accepted_program(frontend: CompactVerifier) -> None:
    verdict = frontend.verify(TASK, GOOD)
    assert verdict.accepted
    assert verdict.stage == "done"
    assert [s.name for s in verdict.stages] == ["parse", "compile"]
    assert verdict.metrics["complexity"] == 2
    assert verdict.metrics["circuits"] == 1
    assert verdict.metrics["decisions.if"] == 1
    assert verdict.facts["constructs"] == ["if"]
    assert verdict.task_key == TASK.key


def test_a_program_that_does_not_compile_has_a_place_and_metrics(
    frontend: CompactVerifier,
) -> None:
    verdict = frontend.verify(TASK, WRONG)
    assert (verdict.passed("parse"), verdict.passed("compile")) == (True, False)
    (diagnostic,) = verdict.diagnostics
    assert (diagnostic.line, diagnostic.column) == (2, 22)
    assert diagnostic.message == "unbound identifier Countr"
    assert "complexity" in verdict.metrics


def test_a_program_that_does_not_parse_has_a_place_and_no_metrics(
    frontend: CompactVerifier,
) -> None:
    verdict = frontend.verify(TASK, BROKEN_SYNTAX)
    assert verdict.stage == "parse"
    assert verdict.stages[1].status is StageStatus.SKIPPED
    (diagnostic,) = verdict.diagnostics
    assert (diagnostic.line, diagnostic.column) == (1, 32)
    assert diagnostic.message.startswith('parse error: found "{"')
    assert verdict.metrics == {}


def test_positions_count_lines_as_the_compiler_does(frontend: CompactVerifier) -> None:
    verdict = frontend.verify(TASK, WRONG.replace("\n", "\r\n"))
    assert verdict.diagnostics[0].line == 2
    assert verdict.diagnostics[0].column == 22


@pytest.mark.parametrize("source", ["", "\n", "// nothing\n"])
def test_an_empty_program_compiles_and_has_complexity_of_nothing(
    source: str, frontend: CompactVerifier
) -> None:
    verdict = frontend.verify(TASK, source)
    assert verdict.accepted
    assert verdict.metrics["circuits"] == 0
    assert verdict.metrics["complexity"] <= 1


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("// \ud800", "character 4 is half of a surrogate pair"),
        ("/" * 70_000, "70000 bytes; at most 65536"),
        ("π" * 40_000, "80000 bytes"),
    ],
)
def test_what_is_no_program_is_refused_and_valid(
    source: str, message: str, frontend: CompactVerifier
) -> None:
    verdict = frontend.verify(TASK, source)
    assert verdict.valid
    assert verdict.stage == "parse"
    assert message in verdict.diagnostics[0].message


@pytest.mark.parametrize("source", [b"export", None, 3, ["x"]])
def test_what_is_no_string_is_the_callers_mistake(
    source: object, frontend: CompactVerifier
) -> None:
    with pytest.raises(TypeError, match="a submission is a string, not"):
        frontend.verify(TASK, source)  # type: ignore[arg-type]


def test_a_task_of_another_language_is_the_callers_mistake(frontend: CompactVerifier) -> None:
    rust = Task(id="r", family="f", language="rust", prompt="p")
    with pytest.raises(ValueError, match="asks for rust"):
        frontend.verify(rust, GOOD)


@pytest.mark.parametrize(
    "source",
    [
        'include "/etc/hostname";',
        'import "somewhere/else";',
        "import { a } from '../secret';",
        'module M { import /* quietly */ "x"; }',
    ],
)
def test_a_submission_names_no_other_file(source: str, frontend: CompactVerifier) -> None:
    assert not frontend.verify(TASK, source).accepted


@pytest.mark.parametrize(
    "source",
    [
        "export circuit f(x: Field): Field { return " + "(" * 5000 + "x" + ")" * 5000 + "; }",
        "export circuit f(): [] { " + "{" * 5000 + "}" * 5000 + " }",
        "export ledger x: " + "Vector<2, " * 3000 + "Field" + ">" * 3000 + ";",
        "export circuit f(x: Boolean): Boolean { return " + "!" * 10000 + "x; }",
        "export circuit f(x: Field): Field { return x" + " + x" * 10000 + "; }",
        "export circuit f(x: Boolean): [] { " + "if (x) {} else " * 4000 + "{} }",
    ],
    ids=["parentheses", "blocks", "types", "nots", "sums", "else-ifs"],
)
def test_deep_nesting_gets_a_verdict(source: str, frontend: CompactVerifier) -> None:
    assert frontend.verify(TASK, source).valid


@pytest.mark.parametrize(
    "source",
    [
        "struct S0 { a: Field, b: Field }\n"
        + "".join(f"struct S{i} {{ a: S{i - 1}, b: S{i - 1} }}\n" for i in range(1, 60))
        + "export ledger x: S59;",
        "export circuit f(x: Field): [] { const t0 = [x, x]; "
        + "".join(f"const t{i} = [t{i - 1}, t{i - 1}]; " for i in range(1, 60))
        + "}",
        "export circuit f(): [] { for (const i of 0..3000000) { for (const j of 0..3000000) {} } }",
    ],
    ids=["types", "tuples", "loops"],
)
def test_what_doubles_with_every_line_cannot_stop_a_run(
    source: str, frontend: CompactVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FRONTEND_SECONDS", 0.5)
    start = time.monotonic()
    verdict = frontend.verify(TASK, source)
    assert verdict.valid
    assert time.monotonic() - start < 10


@pytest.mark.parametrize(("count", "followed"), [(900, True), (3000, False)])
def test_what_is_computed_of_what_is_computed_is_followed_or_refused(
    count: int, followed: bool, frontend: CompactVerifier
) -> None:
    hashes = "".join(f"const h{i + 1} = persistentHash<Bytes<32>>(h{i}); " for i in range(count))
    verdict = frontend.verify(
        TASK,
        "import CompactStandardLibrary; export ledger x: Field; "
        f"export circuit f(h0: Bytes<32>): [] {{ {hashes} "
        f"if (disclose(h{count} == pad(32, 'k'))) {{ x = 1; }} }}",
    )
    assert verdict.valid
    assert verdict.accepted == followed
    assert verdict.metrics.get("complexity") == (2.0 if followed else None)


_DOUBLING = "".join(f"struct S{i} {{ a: S{i - 1}, b: S{i - 1} }}\n" for i in range(1, 40))


@pytest.mark.parametrize(
    "source",
    [
        f"struct S0 {{ a: Field, b: Field }}\n{_DOUBLING}"
        "export circuit f(s: S39): S39 { return s; }",
        "export circuit f(a: Field): [] { const v0 = [a, a]; "
        + "".join(f"const v{i} = [v{i - 1}, v{i - 1}]; " for i in range(1, 40))
        + "}",
        "export circuit f(a: Field, c: Boolean): [] { const v0 = [a, c]; "
        + "".join(f"const v{i} = [...v{i - 1}, ...v{i - 1}]; " for i in range(1, 24))
        + "}",
        f"struct S0 {{ a: Field, b: Field }}\n{_DOUBLING}"
        "export circuit f(): Field { const s = default<S39>; return [1, 2][pad(2, '')[1]]; }",
        "export circuit f(): Field { "
        + "".join(
            f"const v{i} = slice<8000000>(default<Vector<16000000, Field>>, 3); " for i in range(9)
        )
        + "return [1, 2][pad(2, '')[1]]; }",
    ],
    ids=["structures", "tuples", "spreads", "a default", "slices"],
)
def test_what_a_few_lines_make_large_is_refused_before_it_is_made(
    source: str, frontend: CompactVerifier
) -> None:
    (refusal,) = frontend.verify(TASK, source).diagnostics
    assert refusal.message == TOO_LARGE


def test_zeros_at_the_end_of_bytes_take_no_memory(frontend: CompactVerifier) -> None:
    """A few characters ask for 16 MB of them."""
    source = (
        "export ledger l: Bytes<16000000>; export ledger x: Field;"
        "constructor() { l = pad(16000000, 'l'); }"
        "export circuit f(): [] {"
        + "".join(f"const v{i} = pad(16000000, '{i}'); " for i in range(9))
        + "if (v1 == default<Bytes<16000000>>) { x = 1; } }"
    )
    tracemalloc.start()
    try:
        assert frontend.verify(TASK, source).accepted
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8_000_000


def test_a_machine_that_does_not_get_on_has_failed_and_is_asked_again(
    frontend: CompactVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stalled(seconds: float, work: Callable[[], object]) -> object:
        raise StallError

    with monkeypatch.context() as patched:
        patched.setattr(module, "within", stalled)
        verdict = frontend.verify(TASK, GOOD)
        assert verdict.failure is not None
        assert verdict.failure.kind is FailureKind.TOOLCHAIN_CRASHED
    assert frontend.verify(TASK, GOOD).accepted


# ---------------------------------------------------------------- requirements


def asking(**requirements: object) -> Task:
    return Task(id="t", family="f", language="compact", prompt="p", requirements=requirements)


def test_requirements_are_compared_with_what_is_there(frontend: CompactVerifier) -> None:
    verdict = frontend.verify(asking(complexity=3, constructs=["if", "loop"]), GOOD)
    assert verdict.accepted  # requirements are no stage: the program compiles
    assert verdict.facts["requirements"] == {
        "complexity": {"asked": 3, "found": 2, "met": False},
        "if": {"asked": True, "found": True, "met": True},
        "loop": {"asked": True, "found": False, "met": False},
    }


@pytest.mark.parametrize(
    ("construct", "unused", "used"),
    [
        ("enum", "enum E { a, b } {}", "enum E {{ a, b }} export ledger e: E; {}"),
        ("struct", "struct S { x: Field } {}", "struct S {{ x: Field }} export ledger s: S; {}"),
        ("witness", "witness w(): Field; {}", "witness w(): Field; {}"),
    ],
)
def test_a_declaration_counts_when_it_is_used(
    construct: str, unused: str, used: str, frontend: CompactVerifier
) -> None:
    task = asking(constructs=[construct])
    body = "export circuit f(): [] {{ {} }}".format("w();" if construct == "witness" else "")
    with_use = used.replace("{{", "{").replace("}}", "}").replace(" {}", " " + body)
    without = unused.replace(" {}", "")
    assert frontend.verify(task, without).facts["requirements"][construct]["met"] is False
    verdict = frontend.verify(task, with_use)
    assert verdict.accepted, verdict.diagnostics
    assert verdict.facts["requirements"][construct]["met"] is True


def test_a_ledger_field_counts_when_it_is_declared_and_used(frontend: CompactVerifier) -> None:
    source = (
        "export ledger best: Field; export ledger idle: Field;"
        "export circuit f(other: Field): [] { best = disclose(other); }"
    )
    verdict = frontend.verify(asking(ledger=["best", "idle", "other"]), source)
    assert verdict.accepted, verdict.diagnostics
    assert verdict.facts["ledger"] == ["best"]
    met = {name: row["met"] for name, row in verdict.facts["requirements"].items()}
    assert met == {"ledger best": True, "ledger idle": False, "ledger other": False}


def test_a_decision_that_cannot_matter_does_not_count(frontend: CompactVerifier) -> None:
    source = GOOD.replace("disclose(n) > 3", "true")
    verdict = frontend.verify(asking(constructs=["if"]), source)
    assert verdict.facts["requirements"]["if"]["met"] is False


def test_nothing_is_met_by_a_program_that_does_not_parse(frontend: CompactVerifier) -> None:
    verdict = frontend.verify(asking(complexity=1, constructs=["if"]), BROKEN_SYNTAX)
    assert not any(row["met"] for row in verdict.facts["requirements"].values())


@pytest.mark.parametrize(
    "requirements", [{"gas": 3}, {"constructs": ["goto"]}, {"complexity": 1, "size": 2}]
)
def test_a_requirement_that_does_not_exist_is_refused(
    requirements: Mapping[str, object], frontend: CompactVerifier
) -> None:
    with pytest.raises(ValueError, match="cannot require"):
        frontend.verify(asking(**requirements), GOOD)


def test_a_verdict_survives_json(frontend: CompactVerifier) -> None:
    for source in (GOOD, WRONG, BROKEN_SYNTAX):
        verdict = frontend.verify(asking(complexity=2, constructs=["if"]), source)
        assert Verdict.from_json(json.loads(json.dumps(verdict.to_json()))) == verdict


# ---------------------------------------------------------------- batches and the cache


def test_a_batch_keeps_its_order(frontend: CompactVerifier) -> None:
    sources = [GOOD, WRONG, BROKEN_SYNTAX, GOOD, WRONG]
    verdicts = frontend.verify_all([(TASK, s) for s in sources])
    assert [v.stage for v in verdicts] == ["done", "compile", "parse", "done", "compile"]
    assert frontend.verify_all([]) == []


def test_equal_programs_are_compiled_once_and_judged_for_their_own_task(
    scripted: Callable[..., CompactVerifier],
) -> None:
    runs: list[Job] = []
    verifier = scripted("exit 0\n", before=runs.append)
    easy, hard = asking(complexity=1), asking(complexity=9)
    verdicts = verifier.verify_all([(easy, GOOD), (hard, GOOD), (easy, GOOD + "\n")])
    verdicts.append(verifier.verify(hard, GOOD))
    assert len(runs) == 2
    assert [v.facts["requirements"]["complexity"]["met"] for v in verdicts] == [1, 0, 1, 0]
    assert verdicts[3].task_key == hard.key != verdicts[0].task_key


def test_many_compilers_run_at_a_time_and_answers_keep_their_order(
    scripted: Callable[..., CompactVerifier], tmp_path: Path
) -> None:
    met = tmp_path / "met"
    met.mkdir()
    met.chmod(0o777)
    # None is done before three of them have met.
    verifier = scripted("grep -q wrong contract.compact && exec sh -c "
                        "'echo Exception: contract.compact line 1 char 1: wrong >&2; exit 255'\n"
                        f": > {met}/$$\n"
                        "for _ in $(seq 200); do\n"
                        f"  [ $(ls {met} | wc -l) -ge 3 ] && exit 0\n"
                        "  sleep 0.1\n"
                        "done\n"
                        "exit 3\n", workers=8)  # fmt: skip
    sources = [f"// {'wrong' if i % 3 == 0 else 'right'} {i}\n" for i in range(16)]
    verdicts = verifier.verify_all([(TASK, s) for s in sources])
    assert [v.accepted for v in verdicts] == [i % 3 != 0 for i in range(16)]
    verifier.close()
    verifier.close()


# ---------------------------------------------------------------- whose fault it is


def test_a_refusal_is_the_programs(scripted: Callable[..., CompactVerifier]) -> None:
    verifier = scripted("echo 'Exception: contract.compact line 4 char 3: no' >&2; exit 255\n")
    verdict = verifier.verify(TASK, GOOD)
    assert verdict.valid
    assert verdict.stage == "compile"
    assert (verdict.diagnostics[0].line, verdict.diagnostics[0].column) == (4, 3)
    assert str(verdict.toolchain) == "compactc 0.31.1"


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ("sleep 60\n", "timeout", "did not finish in 0.5 seconds of processor time"),
        ("echo out of memory; kill -ABRT $$\n", "memory", "ran out of memory (2 GiB)"),
        ("kill -SEGV $$\n", "crash", "signal 11"),
        (
            "echo 'Internal error (please report): Exception in car: oops' >&2; exit 254\n",
            "internal",
            "oops",
        ),
        (
            "echo 'Exception: error creating output file: name too long' >&2; exit 255\n",
            "files",
            "name too long",
        ),
        ("head -c 100000000 /dev/zero >&2\n", "output", "printed more than 256 kB"),
    ],
    ids=["time", "memory", "signal", "internal", "files", "output"],
)
def test_what_only_this_program_does_to_the_compiler_is_the_programs(
    body: str, code: str, message: str, scripted: Callable[..., CompactVerifier]
) -> None:
    timeout = 0.5 if code == "timeout" else 10.0
    verdict = scripted(ONLY_THE_PROBE + body, timeout=timeout).verify(TASK, GOOD)
    assert verdict.valid
    assert verdict.stage == "compile"
    assert verdict.diagnostics[0].code == code
    assert message in verdict.diagnostics[0].message


@pytest.mark.parametrize("body", ["sleep 60\n", "kill -SEGV $$\n", "exit 254\n", "exit 3\n"])
def test_what_happens_to_any_program_is_the_machines(
    body: str, scripted: Callable[..., CompactVerifier]
) -> None:
    verdict = scripted(body, timeout=0.3).verify(TASK, GOOD)
    assert not verdict.valid
    assert verdict.failure is not None
    assert verdict.failure.kind is FailureKind.TOOLCHAIN_CRASHED
    assert "trivial contract" in verdict.failure.message


def test_a_compiler_that_has_gone_away_is_missing(
    scripted: Callable[..., CompactVerifier], tmp_path: Path
) -> None:
    verifier = scripted("exit 0\n")
    (tmp_path / "compactc").unlink()
    verdict = verifier.verify(TASK, GOOD)
    assert verdict.failure is not None
    assert verdict.failure.kind is FailureKind.TOOLCHAIN_MISSING


def test_a_broken_machine_is_not_remembered(
    scripted: Callable[..., CompactVerifier],
) -> None:
    full = [True]

    def before(job: Job) -> Outcome | None:
        return Outcome(Status.INFRA, message="No space left on device") if full[0] else None

    verifier = scripted("exit 0\n", before=before)
    verdict = verifier.verify(TASK, GOOD)
    assert verdict.failure is not None
    assert verdict.failure.kind is FailureKind.SANDBOX
    assert "No space left" in verdict.failure.message
    full[0] = False
    assert verifier.verify(TASK, GOOD).accepted


def test_a_failure_of_the_machine_is_asked_for_once_more(
    scripted: Callable[..., CompactVerifier],
) -> None:
    failures = [1]

    def before(job: Job) -> Outcome | None:
        if failures:
            failures.pop()
            return Outcome(Status.INFRA, message="No space left on device")
        return None

    verifier = scripted("exit 0\n", before=before, workers=1)
    verdicts, retries = judge(verifier, [(TASK, GOOD), (TASK, GOOD + "// another\n")])
    assert [v.accepted for v in verdicts] == [True, True]
    assert sorted(retries) == [0, 1]


def test_a_timeout_ends_everything_that_was_started(
    scripted: Callable[..., CompactVerifier], tmp_path: Path
) -> None:
    note = tmp_path / "child"
    verifier = scripted(f"{ONLY_THE_PROBE} sleep 60 & echo $! > {note}; wait\n", timeout=1.0)
    assert verifier.verify(TASK, GOOD).valid
    child = int(note.read_text())
    deadline = time.monotonic() + 5
    while _alive(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _alive(child)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False


def test_the_compiler_sees_one_file_and_few_variables(
    scripted: Callable[..., CompactVerifier], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COMPACT_PATH", str(tmp_path))
    monkeypatch.setenv("A_SECRET", "hidden")
    note = tmp_path / "seen"
    scripted(f"(ls; env; echo $*) > {note}\n").verify(TASK, GOOD)
    seen = note.read_text()
    assert seen.startswith("contract.compact\n")
    assert "--skip-zk --vscode contract.compact out" in seen
    names = {line.partition("=")[0] for line in seen.splitlines() if "=" in line}
    assert names <= {"HOME", "LANG", "PATH", "PWD", "TMPDIR", "SHLVL", "_", "OLDPWD"}
    assert "COMPACT_PATH" not in seen
    assert "A_SECRET" not in seen


@pytest.mark.parametrize(
    "source",
    [
        'include "x";',
        'module M { import "x"; }',
        "import { a } from 'x';",
        '} include /* */ // what\n "x"',
    ],
)
def test_a_program_that_names_another_file_is_not_even_compiled(
    source: str, scripted: Callable[..., CompactVerifier]
) -> None:
    def before(job: Job) -> Outcome | None:
        raise AssertionError("the compiler was started")

    verdict = scripted("exit 0\n", before=before).verify(TASK, source)
    assert verdict.valid
    assert verdict.diagnostics[0].code == "files"


@pytest.mark.parametrize("blank", ["// ", "/**/", " ", "/* ", "//\n", "*/ /*"])
def test_looking_for_file_names_takes_no_time(
    blank: str, scripted: Callable[..., CompactVerifier]
) -> None:
    source = "} include " + blank * 15_000 + " x"
    start = time.monotonic()
    assert not scripted("exit 0\n").verify(TASK, source).accepted
    assert time.monotonic() - start < 10


def test_what_the_compiler_accepts_and_we_cannot_measure_is_not_paid(
    scripted: Callable[..., CompactVerifier],
) -> None:
    verdict = scripted("exit 0\n").verify(TASK, "a syntax of the future\n")
    assert not verdict.valid
    assert verdict.failure is not None
    assert "cannot be measured" in verdict.failure.message


# ---------------------------------------------------------------- the real compiler


@pytest.mark.compactc
def test_the_real_compiler_judges() -> None:
    with closing(CompactVerifier("compactc")) as verifier:
        assert verifier.toolchain.name == "compactc"
        good, wrong, broken, empty = verifier.verify_all(
            [(TASK, GOOD), (TASK, WRONG), (TASK, BROKEN_SYNTAX), (TASK, "")]
        )
    assert good.accepted
    assert good.metrics["complexity"] == 2
    assert empty.accepted
    assert (wrong.stage, wrong.diagnostics[0].line) == ("compile", 2)
    assert broken.stage == "parse"
    assert broken.stages[0].seconds > 0


@pytest.mark.compactc
def test_a_contract_that_unrolls_for_ever_times_out_and_is_refused() -> None:
    body = "for (const i of 0..3000000) { for (const j of 0..3000000) { round.increment(1); } }"
    source = GOOD.replace("if (disclose(n) > 3) { round.increment(1); }", body)
    verdict = CompactVerifier("compactc", timeout=2.0).verify(TASK, source)
    assert verdict.valid
    assert not verdict.accepted
    assert verdict.diagnostics[0].code in ("timeout", "memory")


@pytest.mark.compactc
@pytest.mark.shared_data
def test_the_real_compiler_gives_the_recorded_verdicts(shared_data: Path) -> None:
    path = shared_data / "compact" / "verdicts.dev.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [row for i, row in enumerate(map(json.loads, lines)) if i % 100 == 0]
    with closing(CompactVerifier("compactc")) as verifier:
        verdicts = verifier.verify_all([(TASK, row["source"]) for row in rows])
    for row, verdict in zip(rows, verdicts, strict=True):
        if verdict.diagnostics and verdict.diagnostics[0].code in ("files", "nesting"):
            continue
        assert verdict.valid, verdict.failure
        assert verdict.accepted == row["accepted"], row["id"]
        if not row["accepted"]:
            first = verdict.diagnostics[0]
            assert (first.line, first.column) == (row["line"], row["char"])
            assert first.message == row["message"].split("\n")[0].strip()


def test_the_folder_of_a_compilation_is_removed(
    scripted: Callable[..., CompactVerifier], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted("mkdir out; touch out/x; exit 0\n")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    with pytest.warns(UserWarning, match="without a sandbox"):
        verifier = CompactVerifier("compactc", sandbox="unsafe", allow_unsafe=True)
    assert verifier.verify(TASK, GOOD).accepted
    verifier.close()
    assert os.listdir(scratch) == []
