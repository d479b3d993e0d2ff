"""Rust tasks: what follows from an id, and that the families are what they say they are."""

import pytest

from forgegym.envs.tasks import rust
from forgegym.envs.tasks.draw import Draw
from forgegym.envs.tasks.families import LEVELS
from forgegym.envs.tasks.rust_families import FAMILIES
from forgegym.verifiers.python.driver import encode
from forgegym.verifiers.rust.toolchain import RustVerifier, asked_of
from forgegym.verifiers.verifier import ChoiceError


def test_the_evaluation_set_is_every_family_at_every_difficulty():
    tasks = list(rust.tasks("eval"))
    assert len(tasks) == len(FAMILIES) * len(LEVELS)
    assert len({task.key for task in tasks}) == len({task.prompt for task in tasks}) == len(tasks)


@pytest.mark.parametrize("family", sorted(FAMILIES))
@pytest.mark.parametrize("level", LEVELS)
def test_a_family_has_variants_of_both_splits_and_cases_that_differ(family, level):
    listed = FAMILIES[family].variants(level)
    assert len(listed) == len(set(listed)) >= 5
    train, held_out = (set(rust.variants(family, level, split)) for split in ("train", "eval"))
    assert train | held_out == set(listed)
    assert not train & held_out
    for split in ("train", "eval"):
        task = rust.build(family, level, split, 0)
        cases = task.tests["cases"]
        assert task.tests["public"] == rust.PUBLIC
        assert len(cases) >= rust.PUBLIC + 8
        assert len({case["args"] for case in cases}) == len(cases)
        values = [case.get("value", "panic") for case in cases[rust.PUBLIC :]]
        # No constant is most of what is asked for.
        assert max(values.count(v) for v in values) <= 0.8 * len(values)
        assert task.reference.count(f"pub fn {task.tests['interface']['name']}(") == 1


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_an_oracle_gives_plain_data_and_leaves_its_arguments_alone(family):
    for level in LEVELS:
        problem = FAMILIES[family].problem(*rust.variants(family, level, "train")[0])
        draw = Draw("test", family, level)
        for _ in range(20):
            arguments = problem.arguments(draw)
            before = encode(list(arguments))
            first = problem.oracle(*arguments)
            assert encode(list(arguments)) == before
            assert encode(problem.oracle(*arguments)) == encode(first)


def test_a_task_follows_from_its_id():
    for task in (rust.sample(5), rust.sample(6, split="eval")):
        assert rust.get(task.id) == task
    first = rust.build("fold", 3, "train", 2)
    again = rust.build("fold", 3, "train", 2, "another seed")
    assert again.prompt == first.prompt
    public = first.tests["public"]
    assert again.tests["cases"][:public] == first.tests["cases"][:public]
    assert again.tests["cases"][public:] != first.tests["cases"][public:]


def test_no_hidden_case_is_in_the_prompt():
    for task in rust.tasks("eval"):
        public = {case["args"] for case in task.tests["cases"][: task.tests["public"]]}
        hidden = {case["args"] for case in task.tests["cases"][task.tests["public"] :]}
        assert not public & hidden
        assert task.reference not in task.prompt


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_words_say_nothing_twice(family):
    long = 14  # so many words in a row are a sentence, or as good as one
    for level in LEVELS:
        for variant in family.variants(level):
            found = family.problem(*variant).words
            assert ".." not in found, (level, variant)
            words = found.split()
            stretches = list(zip(*(words[i:] for i in range(long)), strict=False))
            assert len(set(stretches)) == len(stretches), (level, variant)


@pytest.mark.parametrize("split", rust.SPLITS)
def test_ranges_that_are_promised_not_to_be_empty_are_not(split):
    for task in rust.TASKS.every(split, families=["intervals"], difficulty=1):
        assert "No range in the arguments is empty" in task.prompt.replace("\n// ", " ")
        for case in asked_of(task).cases:
            assert all(start < end for start, end in case.call.arguments), task.id


@pytest.mark.parametrize(
    "wrong",
    [{"split": "test"}, {"difficulty": 9}, {"families": ["nothing"]}],
)
def test_what_there_is_not_is_refused(wrong):
    with pytest.raises(ChoiceError):
        rust.sample(0, **({"split": "train"} | wrong))


@pytest.mark.parametrize(
    "task_id", ["", "fold", "rust/fold/1/eval-99", "rust/fold/9/eval-0", "rust/x/1/eval-0",
                "rust/fold/1/eval--1", "c/fold/1/eval-0"]
)  # fmt: skip
def test_an_id_that_is_none_is_refused(task_id):
    with pytest.raises(ChoiceError, match="no Rust task"):
        rust.get(task_id)


# task -> a piece of its reference, and what makes it another program than the prompt asks for.
WRONG = [
    # A failing instruction is passed over, and the program goes on.
    ("interpreter/1/eval-0", "< needed {", "< needed {\nat += 1;\ncontinue;"),
    ("interpreter/5/eval-0", "< needed {", "< needed {\nat += 1;\ncontinue;"),
    ("interpreter/4/eval-0", "< needed {", '< needed {\nif name == "over" && stack.len() == 1 {\n'
     "stack.push(stack[0]);\nat += 1;\ncontinue;\n}"),
    # A number below 0 passes over instructions, too.
    ("interpreter/5/eval-0", "usize::try_from(number).unwrap_or(0)",
     "number.unsigned_abs() as usize"),
    # A part of a step may be too large, as long as the whole is not.
    *((task, "total.checked_mul(10)?.checked_add(x)",
       "i32::try_from(i64::from(total) * 10 + i64::from(x)).ok()")
      for task in ("checked/1/eval-0", "checked/2/eval-0", "checked/2/eval-2")),
    *((task, "total.checked_mul(2)?.checked_sub(x)",
       "i32::try_from(i64::from(total) * 2 - i64::from(x)).ok()")
      for task in ("checked/1/train-2", "checked/2/train-2")),
    # Only a single 0 is refused as a number.
    ("text/4/eval-0", "(number > 0)", "(number > 0 || digits.len() == 2)"),
    # Other characters are spaces, and digits.
    ("text/3/eval-0", "c == ' '", "c.is_whitespace()"),
    ("text/3/eval-0", "'0'..='9'", "_ if c.is_numeric()"),
    # Tabs separate no words.
    *((task, ".split_whitespace()", ".split([' ', '\\n']).filter(|word| !word.is_empty())")
      for task in ("counting/1/eval-0", "counting/2/eval-0")),
    # Of leap years' own days, one is forgotten in the year 400.
    ("dates/4/eval-0", "month| days_in(year, month)).sum();",
     "month| days_in(year, month)).sum::<u32>() - u32::from(month > 2 && year % 400 == 0);"),
]  # fmt: skip


@pytest.fixture(scope="module")
def verifier():
    made = RustVerifier(sandbox="docker")
    yield made
    made.close()


@pytest.mark.docker
@pytest.mark.parametrize(("task_id", "right", "wrong"), WRONG, ids=[row[0] for row in WRONG])
def test_a_program_that_breaks_a_sentence_of_the_prompt_is_noticed(verifier, task_id, right, wrong):
    task = rust.get(f"rust/{task_id}")
    assert task.reference.count(right) == 1
    verdict = verifier.verify(task, task.reference.replace(right, wrong))
    assert verdict.passed("compile"), verdict.diagnostics
    assert not verdict.accepted
