"""Python tasks: what follows from an id, and that the families are what they say they are."""

import ast
import copy
import re

import pytest

from forgegym.envs.tasks import python
from forgegym.envs.tasks.draw import Draw
from forgegym.envs.tasks.families import LEVELS
from forgegym.envs.tasks.functions import RaisesError
from forgegym.envs.tasks.python_families import FAMILIES, raising, slip
from forgegym.verifiers import calls
from forgegym.verifiers.oracle import matches
from forgegym.verifiers.python.driver import encode
from forgegym.verifiers.python.interface import Interface
from forgegym.verifiers.verifier import ChoiceError


def test_the_evaluation_set_is_every_family_at_every_difficulty():
    tasks = list(python.tasks("eval"))
    assert len(tasks) == len(FAMILIES) * len(LEVELS)
    assert len({task.key for task in tasks}) == len({task.prompt for task in tasks}) == len(tasks)


@pytest.mark.parametrize("family", sorted(FAMILIES))
@pytest.mark.parametrize("level", LEVELS)
def test_a_family_has_variants_of_both_splits_and_cases_that_differ(family, level):
    listed = FAMILIES[family].variants(level)
    assert len(listed) == len(set(listed)) >= 5
    train, held_out = (set(python.variants(family, level, split)) for split in ("train", "eval"))
    assert train | held_out == set(listed)
    assert not train & held_out
    for split in ("train", "eval"):
        task = python.build(family, level, split, 0)
        cases = task.tests["cases"]
        assert task.tests["public"] == python.PUBLIC
        assert len(cases) >= python.PUBLIC + 8
        assert len({case["args"] for case in cases}) == len(cases)
        values = [case.get("value", "raises") for case in cases[python.PUBLIC :]]
        # No constant is most of what is asked for.
        assert max(values.count(v) for v in values) <= 0.8 * len(values)


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_a_reference_is_annotated_and_comes_with_wrong_solutions(family):
    for level in LEVELS:
        for variant in FAMILIES[family].variants(level):
            problem = FAMILIES[family].problem(*variant)
            head = str(problem.interface)
            assert problem.reference.count(f"{head}:\n") == 1
            functions = [
                node for node in ast.walk(ast.parse(problem.reference))
                if isinstance(node, ast.FunctionDef)
            ]  # fmt: skip
            assert all(f.returns and all(a.annotation for a in f.args.args) for f in functions)
            assert 2 <= len(problem.wrong) <= 5
            assert len({*problem.wrong, problem.reference}) == len(problem.wrong) + 1


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_an_oracle_gives_plain_data_and_leaves_its_arguments_alone(family):
    def outcome(problem, arguments):
        try:
            return encode(problem.oracle(*arguments))
        except RaisesError as error:
            return error.name

    for level in LEVELS:
        problem = FAMILIES[family].problem(*python.variants(family, level, "train")[0])
        draw = Draw("test", family, level)
        drawn = [problem.arguments(draw) for _ in range(20)]
        for arguments in (*drawn, *problem.edges):
            before = encode(list(arguments))
            first = outcome(problem, arguments)
            assert encode(list(arguments)) == before
            assert outcome(problem, arguments) == first


def test_a_task_follows_from_its_id():
    for task in (python.sample(5), python.sample(6, split="eval")):
        assert python.get(task.id) == task
        assert python.TASKS.problem(task).reference == task.reference
    first = python.build("running", 3, "train", 2)
    again = python.build("running", 3, "train", 2, "another seed")
    assert again.prompt == first.prompt
    public = first.tests["public"]
    assert again.tests["cases"][:public] == first.tests["cases"][:public]
    assert again.tests["cases"][public:] != first.tests["cases"][public:]


def test_no_hidden_case_is_in_the_prompt():
    for task in python.tasks("eval"):
        public = {case["args"] for case in task.tests["cases"][: task.tests["public"]]}
        hidden = {case["args"] for case in task.tests["cases"][task.tests["public"] :]}
        assert not public & hidden
        assert task.reference not in task.prompt
        assert len(task.prompt.encode()) < 8 * 1024


def test_only_builtin_exceptions_can_be_asked_for():
    assert raising("KeyError").name == "KeyError"
    for name in ("KeyErr", "print", "SystemExit"):
        with pytest.raises(ValueError, match="no builtin exception"):
            raising(name)


def test_a_slip_has_to_be_one():
    assert slip("a < b", ("<", "<=")) == "a <= b"
    with pytest.raises(ValueError, match="there is no '>'"):
        slip("a < b", (">", ">="))


@pytest.mark.parametrize(
    "wrong",
    [{"split": "test"}, {"difficulty": 9}, {"families": ["nothing"]}],
)
def test_what_there_is_not_is_refused(wrong):
    with pytest.raises(ChoiceError):
        python.sample(0, **({"split": "train"} | wrong))


@pytest.mark.parametrize(
    "task_id", ["", "running", "python/running/1/eval-99", "python/running/9/eval-0",
                "python/x/1/eval-0", "python/running/1/eval--1", "rust/running/1/eval-0"]
)  # fmt: skip
def test_an_id_that_is_none_is_refused(task_id):
    with pytest.raises(ChoiceError, match="no Python task"):
        python.get(task_id)


@pytest.mark.parametrize("duty", ["pairs", "alone"])
def test_what_is_shown_does_not_depend_on_the_order_of_sets(duty):
    """Which Python has another of in each process."""
    together = [(name, 0, 60) for name in "dgcfaeb"]
    alone = [(name, 60 + place, 61 + place) for place, name in enumerate("abcdefg")]
    found = FAMILIES["clock"].problem(5, "never", duty).oracle([*together, *alone])
    assert list(found) == sorted(found)


# A space that is missing put a digit before a letter, which no words are about.
@pytest.mark.parametrize(("name", "seed"), [("eval-0", "48"), ("eval-1", "24"), ("train-0", "4")])
def test_rules_have_no_digit_beside_a_letter(name, seed):
    task = python.with_seed(python.get(f"python/brackets/5/{name}"), seed)
    cases = calls.Tests.of(task, Interface).cases
    rules = [case.call.arguments[0] for case in cases]
    assert [rule for rule in rules if re.search("[0-9][a-z]|[a-z][0-9]", rule)] == []


def test_sums_are_counted_where_there_are_too_many_to_list():
    names = {}
    exec(python.get("python/numbers/5/eval-0").reference, names)
    assert names["calculate"](1000) == 37905


# ---------------------------------------------------------------- what hidden tests see


def solves(task, source):
    """Whether a program, which is trusted, passes all hidden cases."""
    names = {"__name__": "candidate"}
    exec(source, names)
    tests = calls.Tests.of(task, Interface)
    return all(passes(names[tests.interface.name], case) for case in tests.cases[tests.public :])


def passes(function, case):
    try:
        value = function(*copy.deepcopy(case.call.arguments))
    except Exception as error:
        return type(error).__name__ == case.expectation.raises
    return case.expectation.raises is None and matches(case.expectation.value, value)


def refusing(pattern):
    """The change by which the reference of `brackets/5` refuses what has this pattern."""
    check = f"if re.search({pattern!r}, rule):\n        raise ValueError\n    tokens = re.findall"
    return [("tokens = re.findall", check)]


NUMBER = "0|[1-9][0-9]*"
LEADING = "[(b, price) for a, b, price in roads if a == name]"
BELOW = "sum(sample < level for sample in samples)"
# Mistakes that solvers make, as changes of the reference of an evaluation task.
MISTAKES = [
    ("validators/1", "-0", [("0|[1-9]", "-?0|[1-9]")]),
    ("validators/1", "$", [('fullmatch("0|[1-9]', 'match("(?:0|[1-9]'), ('{0,2}"', '{0,2})$"')]),
    ("validators/2", "$", [("digits = code[:-1]", "code = code.strip()\n    digits = code[:-1]")]),
    ("validators/3", "-0", [(NUMBER, f"-?{NUMBER}")]),
    ("validators/3", "$", [(f'fullmatch("{NUMBER}"', f'match("(?:{NUMBER})$"')]),
    ("validators/3", "stripped", [("[record[field] for", "[record[field].strip(' ') for")]),
    ("validators/4", "no field", [
        ("elif not", 'elif rule[0] == "?":\n                break\n            elif not'),
    ]),
    ("validators/4", "plus", [("-?[0-9]+", "[-+]?[0-9]+")]),
    ("validators/4", "space", [("-?[0-9]+", " *-?[0-9]+")]),
    ("validators/4", "underscore", [("-?[0-9]+", "-?[0-9][0-9_]*")]),
    ("validators/4", "zeros", [("-?[0-9]+", "-?(?:0|[1-9][0-9]*)")]),
    ("validators/4", "parts", [("fits(part,", "fits(part.strip(),")]),
    ("validators/4", "case", [("return text in", "return text.lower() in")]),
    ("validators/4", "$", [('fullmatch("-?[0-9]+"', 'match("-?[0-9]+$"')]),
    ("validators/5", "never closed", [("del accounts[name]", "pass")]),
    ("validators/5", "opened once", [
        ('(kind == "open") == (name in accounts)',
         'name in accounts if kind == "open" else accounts.get(name) is None'),
        ("if name not in accounts", "if accounts.get(name) is None"),
        ("del accounts[name]", "accounts[name] = None"),
    ]),
    ("validators/5", "two spaces", [("([a-z]+) ([+-])", "([a-z]+) +([+-])")]),
    ("validators/5", "lstrip", [("enumerate(lines, 1)", "enumerate(map(str.lstrip, lines), 1)")]),
    ("validators/5", "rstrip", [
        ("    for number", '    lines = [line.rstrip(" ") for line in lines]\n    for number'),
    ]),
    ("validators/5", "$", [
        ("fullmatch(", "match("), ('([0-9]+)"', '([0-9]+)$"'), (' ([a-z]+)"', ' ([a-z]+)$"'),
    ]),
    ("validators/5", "signs", [("([+-])([0-9]+)", "[+-]*([+-])([0-9]+)")]),
    ("graphs/4", "counted twice", [
        ("all(need in done for need in its)", "sum(need in done for need in its) >= len({*its})"),
    ]),
    ("graphs/5", "last road", [(LEADING, f"[*dict({LEADING}).items()]")]),
    ("graphs/5", "first road", [(LEADING, f"[*dict({LEADING}[::-1]).items()]")]),
    ("groups/5", "prefix", [
        ("{total(inner)}",
         "{sum(total(groups[other]) for other in groups if other.startswith(name))}"),
    ]),
    ("groups/5", "one letter", [('path.split("/")', '[*path.replace("/", "")]')]),
    ("brackets/2", "one digit", [("str(depth)", "str(depth % 10)")]),
    ("brackets/5", "minus", [("- sum(found[1:])", "- sum(found[1:] or 2 * found)")]),
    ("brackets/5", "operator's name", [
        ("    if isinstance(tree, str):\n",
         '    if tree in ("add", "sub", "alt"):\n        raise ValueError\n'
         "    if isinstance(tree, str):\n"),
    ]),
    ("brackets/5", "zeros", refusing("(^|[( ])0[0-9]")),
    ("brackets/5", "space after (", refusing("[(] ")),
    ("brackets/5", "space before )", refusing(" [)]")),
    ("brackets/5", "space first", refusing("^ ")),
    ("brackets/5", "space last", refusing(" $")),
    ("codec/3", "plus", [("[0-9][0-9]", "[+0-9][0-9]")]),
    ("codec/3", "space", [("[0-9][0-9]", "[ 0-9][0-9]")]),
    ("codec/3", "space last", [("[0-9][0-9]", "[0-9][0-9 ]")]),
    ("codec/4", "upper case", [
        ('"a" <= stream[at] <= "z"', "stream[at].isalpha()"),
        ("ord(stream[at])", "ord(stream[at].lower())"),
    ]),
    ("clock/3", "plus", [("([01]", "([+01]")]),
    ("clock/3", "space", [("([01]", "([ 01]")]),
    ("clock/3", "$", [("fullmatch(", "match("), ('[0-5][0-9])"', '[0-5][0-9])$"')]),
    ("clock/3", "a day less", [
        ("(time - moments[-1] - 1) % 1440 + 1", "((time - moments[-1]) % 1440 or 1439)"),
    ]),
    ("trees/5", "below itself", [
        ("            if other and",
         '            if name == other not in above:\n                other = ""\n'
         "            if other and"),
    ]),
    ("text/1", "tabs", [('line.split(" ")', "line.split()")]),
    ("text/2", "tabs", [('line.startswith(" ")', "line[:1].isspace()")]),
    ("signals/1", "float", [
        (f"100 * {BELOW} // len(samples)", f"int({BELOW} / len(samples) * 100)"),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "changes"),
    [pytest.param(name, changes, id=f"{name} {why}") for name, why, changes in MISTAKES],
)
def test_hidden_tests_see_the_mistakes_that_solvers_make(name, changes):
    task = python.get(f"python/{name}/eval-0")
    assert solves(task, task.reference)
    assert not solves(task, slip(task.reference, *changes))
