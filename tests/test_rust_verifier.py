"""rustc's verdicts in a sandbox, and the environment over them."""

import gymnasium
import pytest
from gymnasium.utils.env_checker import check_env

from forgegym.envs.rewards import nanochat
from forgegym.envs.tasks import rust
from forgegym.verifiers.calls import Tests, trivial
from forgegym.verifiers.python.driver import encode
from forgegym.verifiers.rust.interface import Interface
from forgegym.verifiers.rust.toolchain import RustVerifier
from forgegym.verifiers.task import Task
from forgegym.verifiers.verdict import Severity

pytestmark = pytest.mark.docker


def task(name, parameters, returns, cases, public=1, **more):
    return Task(
        "t", "f", "rust", "p",
        tests={
            "interface": {"name": name, "parameters": parameters, "returns": returns},
            "public": public,
            "cases": [
                {"args": encode(list(args)), **({"raises": "panic"} if value is PANIC
                                                else {"value": encode(value)})}
                for args, value in cases
            ],
        },
        **more,
    )  # fmt: skip


PANIC = object()
HALF = task(
    "half", [["n", "i64"]], "Option<i64>",
    [((4,), 2), ((5,), None), ((0,), 0), ((-6,), -3), ((-7,), None), ((8,), 4)],
)  # fmt: skip
RIGHT = "pub fn half(n: i64) -> Option<i64> {\n    (n % 2 == 0).then_some(n / 2)\n}\n"


@pytest.fixture(scope="module")
def verifier():
    made = RustVerifier(sandbox="docker")
    yield made
    made.close()


def test_a_right_program_passes(verifier):
    verdict = verifier.verify(HALF, RIGHT)
    assert verdict.accepted
    assert verdict.stage == "done"
    assert verdict.metrics["behaviour"] == verdict.metrics["above_trivial"] == 1.0
    assert verdict.metrics["errors"] == verdict.metrics["warnings"] == 0
    assert verdict.toolchain.name == "rustc"
    assert verdict.toolchain.image_digest
    assert verdict.facts["tests"] == {
        "public": {"passed": 1, "total": 1}, "hidden": {"passed": 5, "total": 5}
    }  # fmt: skip


@pytest.mark.parametrize(
    ("source", "stage", "said"),
    [
        ("pub fn half(", "parse", "unclosed delimiter"),
        ("", "compile", "there must be `pub fn half(n: i64) -> Option<i64>`"),
        ("pub fn half(n: i64) -> i64 { n / 2 }", "compile", "there must be"),
        ("fn half(n: i64) -> Option<i64> { Some(n) }", "compile", "there must be"),
        ('pub fn half(n: i64) -> Option<i64> { "a" }', "compile", "mismatched types"),
        ("pub fn half(_: i64) -> Option<i64> { None }", "test", "is expected to be 2"),
        ('pub fn half(_: i64) -> Option<i64> { panic!("no") }', "test", "it panicked: no"),
        ("pub fn half(_: i64) -> Option<i64> { std::process::exit(0) }", "test", "did not answer"),
        ("pub fn half(_: i64) -> Option<i64> { std::process::exit(0) }", "test",
         "; it gave no answer"),
        ("pub fn half(n: i64) -> Option<i64> { half(n) }", "test", "signal"),
        ("pub fn half(_: i64) -> Option<i64> { loop {} }", "test", "did not finish"),
        # Nothing is copied: on a busy machine that would take all the time there is.
        ("pub fn half(_: i64) -> Option<i64> { let mut v = Vec::new(); loop { "
         "v.push(vec![1u8; 1 << 24]); } }", "test", "memory"),
    ],
)  # fmt: skip
def test_a_wrong_program_is_told_what_is_wrong(verifier, source, stage, said):
    verdict = verifier.verify(HALF, source)
    assert verdict.valid
    assert verdict.stage == stage
    assert any(said in str(d) for d in verdict.diagnostics), verdict.diagnostics
    assert verdict.metrics["above_trivial"] == 0.0
    assert not any("-3" in str(d) for d in verdict.diagnostics)  # a hidden case's answer


def test_every_type_makes_the_way_in_and_out(verifier):
    values = [
        ("bool", True), ("u8", 255), ("i128", -(2**127)), ("u128", 2**128 - 1), ("f64", -0.1),
        ("f64", float("inf")), ("char", "é"), ("String", 'a"\\\n\x00😀'), ("Option<i64>", None),
        ("Option<i64>", 7), ("Vec<(i64, String)>", [(1, "x"), (-2, "")]), ("[u8; 3]", [1, 2, 3]),
        ("(i64, (bool, char))", (1, (False, "z"))), ("Vec<Vec<i64>>", [[], [1, 2]]),
        ("std::collections::BTreeMap<String, Vec<i64>>", {"a": [1], "b": []}),
        ("std::collections::HashSet<u32>", {1, 2, 3}),
    ]  # fmt: skip
    for kind, value in values:
        given = task("same", [["x", kind]], kind, [((value,), value)])
        verdict = verifier.verify(given, f"pub fn same(x: {kind}) -> {kind} {{ x }}\n")
        assert verdict.accepted, (kind, verdict.diagnostics)


def test_results_panics_and_borrowed_arguments(verifier):
    given = task(
        "first", [["items", "&[String]"], ["skip", "&str"]], "Result<usize, String>",
        [((["a", "b"], "a"), ("Ok", 1)), ((["a"], "a"), ("Err", "none")), (([], ""), PANIC)],
    )  # fmt: skip
    source = """
pub fn first(items: &[String], skip: &str) -> Result<usize, String> {
    if items.is_empty() {
        panic!("empty");
    }
    items.iter().position(|item| item != skip).ok_or("none".to_string())
}
"""
    assert verifier.verify(given, source).accepted


def test_warnings_cannot_be_silenced_and_unsafe_is_seen(verifier):
    loud = "#![allow(warnings)]\n#![allow(unused)]\n" + RIGHT.replace("{\n", "{\n    let x = 1;\n")
    verdict = verifier.verify(HALF, loud)
    assert verdict.accepted
    assert verdict.metrics["warnings"] == 1
    tricky = "#![allow(unsafe_code)]\n" + RIGHT.replace(
        "n / 2", "unsafe { n.unchecked_add(0) } / 2"
    )
    verdict = verifier.verify(HALF, tricky)
    assert verdict.accepted
    assert verdict.metrics["unsafe"] == 1
    forbidden = Task(**{
        **{f: getattr(HALF, f) for f in ("id", "family", "language", "prompt", "tests")},
        "requirements": {"forbid_unsafe": True},
    })  # fmt: skip
    assert verifier.verify(forbidden, tricky).stage == "compile"


HELPERS = [
    f"fn helperNo{n}(aValue: i64) -> i64 {{ let bValue = aValue; bValue }}" for n in range(90)
]
# rustc quotes the line for each of them, some of them three times.
CLUTTER = {
    "one line": " ".join(HELPERS),
    "many lines": "\n".join(f"fn unused{n}() {{ let mut x = 1; }}" for n in range(300)),
    "a long line": f"fn unusedNo() {{ let mut aValue = 1; }} /* {'x' * 50_000} */",
}


@pytest.mark.parametrize("clutter", CLUTTER.values(), ids=CLUTTER)
def test_more_warnings_than_rustc_may_print_are_no_error(verifier, clutter):
    verdict = verifier.verify(HALF, f"{RIGHT}{clutter}\n")
    assert verdict.accepted, verdict.diagnostics[-1]
    assert verdict.metrics["behaviour"] == 1.0
    assert verdict.metrics["errors"] == 0
    assert verdict.metrics["warnings"] > 0
    assert nanochat(verdict).components["no_warnings"] == 0.0


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("fn wrong() -> i64 { true }", "mismatched types"),
        ("fn wrong() -> u8 { 256 }", "literal out of range"),
    ],
)
def test_errors_among_as_many_warnings_are_told(verifier, wrong, said):
    verdict = verifier.verify(HALF, f"{RIGHT}{CLUTTER['one line']}\n{wrong}\n")
    assert verdict.stage == "compile"
    errors = [d.message for d in verdict.diagnostics if d.severity is Severity.ERROR]
    assert len(errors) == 1
    assert said in errors[0]


def test_what_a_task_forbids_is_refused_among_as_many_warnings(verifier):
    fields = {f: getattr(HALF, f) for f in ("id", "family", "language", "prompt", "tests")}
    forbidden = Task(**fields, requirements={"forbid_unsafe": True})
    tricky = RIGHT.replace("n / 2", "unsafe { n.unchecked_add(0) } / 2")
    verdict = verifier.verify(forbidden, f"{tricky}{CLUTTER['one line']}\n")
    assert verdict.stage == "compile"


def test_equal_programs_are_judged_once_and_others_side_by_side(verifier):
    wrong = RIGHT.replace("n / 2", "n")
    verdicts = verifier.verify_all([(HALF, RIGHT), (HALF, wrong), (HALF, RIGHT)])
    assert [v.accepted for v in verdicts] == [True, False, True]
    assert verdicts[0] == verdicts[2]


@pytest.mark.parametrize("source", ["pub fn half\udc80", "x" * 70_000])
def test_a_text_that_is_no_program_is_refused(verifier, source):
    verdict = verifier.verify(HALF, source)
    assert verdict.valid
    assert verdict.stage == "parse"


def test_what_a_trivial_answer_passes():
    cases = Tests.of(HALF, Interface).cases
    assert trivial(cases) == 2  # None twice
    identity = task("f", [["n", "i64"]], "i64", [((1,), 1), ((2,), 2)])
    assert trivial(Tests.of(identity, Interface).cases) == 2


def test_references_of_the_evaluation_set_pass(verifier):
    # One of each family, the difficulties in turn: `forgegym validate` holds all to more than this.
    tasks = [t for i, t in enumerate(rust.tasks("eval")) if t.difficulty == 1 + i // 5 % 5]
    assert len(tasks) == len({t.family for t in tasks}) >= 20
    verdicts = verifier.verify_all([(t, t.reference) for t in tasks])
    for t, verdict in zip(tasks, verdicts, strict=True):
        assert verdict.accepted, (t.id, verdict.diagnostics)
        assert verdict.metrics["warnings"] == 0, (t.id, verdict.diagnostics)


def test_the_environment_keeps_gymnasiums_contract():
    env = gymnasium.make("forgegym:RustCode-v0", sandbox="docker")
    check_env(env.unwrapped, skip_render_check=True)
    prompt, info = env.reset(seed=3)
    assert info["toolchain"].startswith("rustc ")
    assert prompt.startswith("// ")
    reference = env.unwrapped.task.reference
    feedback, reward, terminated, _, info = env.step(reference)
    assert (reward, terminated) == (1.0, True)
    assert info["components"] == {"parse": 0.1, "compile": 0.4, "tests": 0.5}
    assert "solved" in feedback
    env.close()


def test_a_vector_of_them_judges_all_programs_of_a_step():
    envs = gymnasium.make_vec("forgegym:RustCode-v0", num_envs=3, sandbox="docker", max_turns=1)
    envs.reset(seed=[1, 2, 3])
    references = tuple(env.task.reference for env in envs.unwrapped.envs)
    _, rewards, terminated, _, _ = envs.step((references[0], "fn", references[2]))
    assert list(rewards) == [1.0, 0.0, 1.0]
    assert list(terminated) == [True, False, True]
    envs.close()
