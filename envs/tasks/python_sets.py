"""Sets of Python tasks that people know, read in their original layout, and files of one's own.

HumanEval (https://github.com/openai/human-eval, ``humaneval:FILE``), HumanEvalPack
(https://github.com/bigcode-project/octopack, ``humanevalpack:FILE``), MBPP
(https://github.com/google-research/google-research/tree/master/mbpp, ``mbpp:FILE``: the sanitized
JSON, or the JSON lines of the whole), HumanEval+ and MBPP+
(https://github.com/evalplus/evalplus, ``evalplus:FILE``), and problem files (``problems:FILE``, see
`problems`). JSON lines may be compressed (``.jsonl.gz``).

Their data is used, and not their scoring: a test that runs beside the candidate believes an early
``os._exit(0)`` and an object that equals everything. An assertion that is a call with an expected
value is asked as such, and the host compares, by what Python's ``==`` takes for equal; others run
apart from the candidate (see `asserted`). HumanEval+ and MBPP+ are of inputs: what is expected is
what the canonical solution answers in the sandbox.

A row is left out, with the reason, when that cannot be done for it.
"""

from __future__ import annotations

import ast
import gzip
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ...verifiers.oracle import Returned
from ...verifiers.python.assertions import UnreadableError, literal
from ...verifiers.python.driver import NotPlainError, encode
from ...verifiers.python.interface import Interface, shown
from ...verifiers.python.mutants import trivial as trivial_programs
from ...verifiers.python.toolchain import PythonVerifier
from ...verifiers.sandbox.base import SandboxError
from ...verifiers.task import Task
from ...verifiers.verdict import Failure, Severity, Verdict
from ...verifiers.verifier import ChoiceError
from .asserted import AS_PYTHON, asked_by, case_of
from .problems import declared, prompt_of, read_problems
from .task_set import TaskSet, read_source

_RULES = "Python 3, the standard library alone; no input, no output."


@dataclass(frozen=True, slots=True)
class Exercise:
    """What a row makes: the `task`, and the set's own `wrong` programs, by name.

    `inputs`: arguments for which what is expected is still to be asked of `oracle`, a program.
    """

    task: Task
    wrong: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[tuple[Any, ...], ...] = ()
    oracle: str = ""
    absolute: float = 0.0


@dataclass(frozen=True, slots=True)
class Unread:
    """A row that makes no task, and why."""

    id: str
    why: str


class PythonSet(TaskSet):
    """The tasks of a set, and why the others are not among them.

    Args:
        source: ``KIND:FILE``.
        verifier: It judges the references, once each.

    Raises:
        ChoiceError: There is no such kind, or nothing of the set at the path, or a file of problems
            is wrong.
        SandboxError: The machine failed.
    """

    def __init__(self, source: str, verifier: PythonVerifier) -> None:
        super().__init__("python")
        kind, path = read_source(source, tuple(_LAYOUTS))
        if not path or not Path(path).is_file():
            raise ChoiceError(f"there is no file {path!r} to read {kind} from")
        rows = list(_LAYOUTS[kind](Path(path)))
        if not rows:
            raise ChoiceError(f"nothing of {kind} is in {path}")
        self._wrong: dict[str, Mapping[str, str]] = {}
        found: dict[str, Task] = {}
        for row in rows:
            made = row if isinstance(row, Unread) else _complete(row, verifier)
            if isinstance(made, Unread):
                self.excluded[made.id] = made.why
            else:
                found[made.task.id] = made.task
                self._wrong[made.task.id] = made.wrong
        answers = [(task, task.reference) for task in found.values() if task.reference is not None]
        verdicts = dict(
            zip([task.id for task, _ in answers], verifier.verify_all(answers), strict=True)
        )
        for task in found.values():
            fault = _fault(verdicts.get(task.id))
            if fault:
                self.excluded[task.id] = fault
            else:
                self._tasks[task.id] = task

    def wrong(self, task: Task) -> Mapping[str, str]:
        """Programs that do nothing, and the set's own wrong ones, by name."""
        interface = Interface.of(task.tests["interface"])
        return {**trivial_programs(interface), **self._wrong[task.id]}


def _fault(verdict: Verdict | None) -> str:
    """Why a reference is none; empty when it passes, or where there is none.

    Raises `SandboxError` when the machine fails.
    """
    if verdict is not None and verdict.failure is not None:
        raise SandboxError(verdict.failure.message)
    if verdict is None or verdict.accepted:
        return ""
    errors = [d.message for d in verdict.diagnostics if d.severity is Severity.ERROR]
    why = errors[0] if errors else "a hidden test fails"
    return f"its reference does not pass ({verdict.stage}: {why})"


def _complete(row: Exercise, verifier: PythonVerifier) -> Exercise | Unread:
    """`row` with what only its own reference knows: what is expected, and what is asked by tests
    that run apart. Raises `SandboxError`."""
    if row.inputs:
        try:
            row = replace(row, task=_differential(row, verifier))
        except UnreadableError as error:
            return Unread(row.task.id, str(error))
    found = verifier.recorded(row.task)
    if isinstance(found, Failure):
        raise SandboxError(found.message)
    return Unread(row.task.id, found) if isinstance(found, str) else replace(row, task=found)


# ---------------------------------------------------------------- files


def _rows(kind: str, path: Path, needed: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The rows of a file. Raises `ChoiceError`."""
    for place, row in _objects(path):
        if missing := [name for name in needed if not isinstance(row.get(name), str)]:
            raise ChoiceError(f"{place} has no text {missing[0]!r}, as {kind}'s rows have")
        yield row


def _objects(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        data = file.read_bytes()
        text = (gzip.decompress(data) if file.suffix == ".gz" else data).decode()
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise ChoiceError(f"{file} cannot be read: {error}") from None
    if file.suffix == ".json":
        numbered = [(f"{file}", text)]
    else:
        lines = enumerate(text.split("\n"), 1)
        numbered = [(f"line {n} of {file}", line) for n, line in lines if line.strip()]
    for place, part in numbered:
        try:
            found = json.loads(part)
        except (ValueError, RecursionError):
            raise ChoiceError(f"{place} is no JSON") from None
        for row in found if isinstance(found, list) else [found]:
            if not isinstance(row, dict):
                raise ChoiceError(f"{place} is no JSON object")
            yield place, row


def _parsed(text: str, what: str) -> list[ast.stmt]:
    try:
        return ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise UnreadableError(f"{what} is not Python") from None


# ---------------------------------------------------------------- HumanEval, HumanEvalPack


def _humaneval(path: Path) -> Iterator[Exercise | Unread]:
    return _of_prompts("humaneval", "openai/human-eval", "MIT", path)


def _humanevalpack(path: Path) -> Iterator[Exercise | Unread]:
    return _of_prompts("humanevalpack", "bigcode/humanevalpack", "MIT", path)


def _of_prompts(
    kind: str, provenance: str, licence: str, path: Path
) -> Iterator[Exercise | Unread]:
    """Rows whose prompt is the beginning of a file, and whose test is ``check(candidate)``."""
    needed = ("task_id", "prompt", "entry_point", "canonical_solution", "test")
    for row in _rows(kind, path, needed):
        name = f"{kind}/{row['task_id'].rpartition('/')[2]}"
        prompt, entry = row["prompt"], row["entry_point"]
        try:
            interface, prelude = _begun(prompt, entry)
            tests = _checked(row, interface, prelude)
        except UnreadableError as error:
            yield Unread(name, str(error))
            continue
        wrong = {"buggy": prompt + row["buggy_solution"]} if row.get("buggy_solution") else {}
        yield Exercise(
            Task(
                id=name,
                family=kind,
                language="python",
                prompt=_continue(prompt),
                split="eval",
                tests=tests,
                reference=prompt + row["canonical_solution"],
                licence=licence,
                provenance=provenance,
            ),
            wrong,
        )


def _begun(prompt: str, entry: str) -> tuple[Interface, str]:
    """The function that a file begins with, and what stands around it."""
    body = _parsed(f"{prompt.rstrip()}\n    pass\n", "its prompt")
    begun = [n for n in body if isinstance(n, ast.FunctionDef) and n.name == entry]
    if not begun:
        raise UnreadableError(f"its prompt begins no {entry}")
    return declared(begun[-1]), "\n".join(ast.unparse(n) for n in body if n not in begun)


def _continue(prompt: str) -> str:
    begun = f"```python\n{prompt.strip()}\n```\n"
    return (
        f"Complete the function that this file ends with; what stands before it is there, and need "
        f"not be repeated.\n\n{begun}\n{_RULES}\n"
    )


def _checked(row: Mapping[str, Any], interface: Interface, prelude: str) -> dict[str, Any]:
    """The tests of a task, from ``def check(candidate): …``."""
    hidden, setup = _assertions(row["test"], interface.name)
    # A truth is what Python takes for one; `bool` alone would be more than a set says.
    reading = replace(interface, returns="Any")
    examples: list[str] = []
    if row.get("example_test"):
        found, _ = _assertions(row["example_test"], interface.name)
        examples = [test for test in found if case_of(test, reading)]
    seen = {case["args"] for case in map(case_of, examples, [reading] * len(examples)) if case}
    # What the set shows is no secret, unless it asks nothing else.
    rest = [t for t in hidden if (case_of(t, reading) or {}).get("args") not in seen] or hidden
    if not hidden:
        raise UnreadableError("its tests assert nothing")
    tests = asked_by(
        reading,
        [*examples, *rest],
        setup=f"{prelude}\n{setup}",
        prelude=prelude,
        public=len(examples),
    )
    return {**tests, "interface": interface.to_json()}


def _assertions(test: str, entry: str) -> tuple[list[str], str]:
    """The tests in ``check``, with the function by its own name, and what stands around it. What
    is no assertion belongs to all of those that are more than a call with a value."""
    body = _parsed(test, "its test")
    checks = [n for n in body if isinstance(n, ast.FunctionDef) and n.name == "check"]
    if len(checks) != 1 or len(checks[0].args.args) != 1:
        raise UnreadableError("its test is no `check(candidate)`")
    check = _Named(checks[0].args.args[0].arg, entry).visit(checks[0])
    around = [n for n in body if n not in checks and not isinstance(n, ast.Expr)]
    alone: list[str] = []
    together: list[ast.stmt] = []
    asserts_only = True
    any_interface = Interface(entry, (), "Any")
    for node in check.body:
        if isinstance(node, ast.Expr) and not _names(node, entry):
            continue
        if isinstance(node, ast.Assert):
            node.msg = None
            if isinstance(node.test, ast.Constant) and node.test.value:
                continue
            if _is_one_call(node, any_interface):
                alone.append(ast.unparse(node))
                continue
        else:
            asserts_only = False
        together.append(node)
    if asserts_only:
        alone += [ast.unparse(node) for node in together]
    elif together:
        alone.append("\n".join(map(ast.unparse, together)))
    return alone, "\n".join(map(ast.unparse, around))


def _is_one_call(node: ast.Assert, interface: Interface) -> bool:
    """Whether an assertion is about calls with literal arguments alone."""
    calls = [n for n in ast.walk(node) if isinstance(n, ast.Name) and n.id == interface.name]
    others = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} - {interface.name}
    return len(calls) == 1 and others <= {"abs", "math", "set", "float", "frozenset"}


def _names(node: ast.AST, name: str) -> bool:
    return any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(node))


class _Named(ast.NodeTransformer):
    """Calls one name another."""

    def __init__(self, old: str, new: str) -> None:
        self._old, self._new = old, new

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self._new, node.ctx) if node.id == self._old else node


# ---------------------------------------------------------------- MBPP


def _mbpp(path: Path) -> Iterator[Exercise | Unread]:
    for row in _rows("mbpp", path, ("code",)):
        name = f"mbpp/{row.get('task_id')}"
        words = row.get("prompt", row.get("text"))
        listed = row.get("test_list")
        if not isinstance(words, str) or not isinstance(listed, list) or not listed:
            raise ChoiceError(f"{name} has no 'prompt' (or 'text') and 'test_list', as mbpp's have")
        setup = "\n".join([*row.get("test_imports", ()), row.get("test_setup_code", "")]).strip()
        tests = [*listed, *row.get("challenge_test_list", ())]
        try:
            interface = _defined(row["code"], tests)
            asked = asked_by(
                replace(interface, returns="Any"), _plainly(tests), setup=setup, prelude=setup
            )
        except UnreadableError as error:
            yield Unread(name, str(error))
            continue
        yield Exercise(
            Task(
                id=name,
                family="mbpp",
                language="python",
                prompt=prompt_of(words, interface, listed[:3]),
                split="eval",
                tests={**asked, "interface": interface.to_json()},
                reference=row["code"].replace("\r\n", "\n"),
                licence="CC-BY-4.0",
                provenance="google-research/mbpp",
            )
        )


def _plainly(tests: Sequence[str]) -> list[str]:
    return [ast.unparse(ast.Module(_parsed(test, "a test"), [])) for test in tests]


def _defined(code: str, tests: Sequence[str]) -> Interface:
    """The function of a program that its tests call."""
    body = _parsed(code, "its reference")
    functions = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
    for test in tests:
        for name, _ in _calls(ast.Module(_parsed(test, "a test"), [])):
            if name in functions:
                return declared(functions[name])
    raise UnreadableError("its tests call no function of its reference")


def _calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """The calls of what has a plain name, with that."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id, node


# ---------------------------------------------------------------- HumanEval+, MBPP+

# Tasks that EvalPlus compares by a rule of its own (`evalplus/eval/__init__.py`): these as sets,
_AS_SETS = {
    "similar_elements", "find_char_long", "common_in_nested_lists", "extract_singly", "larg_nnum",
    "intersection_array", "find_dissimilar", "Diff",
}  # fmt: skip
# these by whether there is an answer,
_NOT_NONE = {"check_str", "text_match_three", "text_starta_endb"}
# and these in ways that are not written here.
_OTHERWISE = {"are_equivalent", "sum_div", "surface_Area", "digit_distance_nums"}
_RELATIVE, _OF_FLOATS = 1e-7, 1e-6
# Of one call of the sandbox: of all inputs together some references take longer than one may.
_AT_ONCE = 50


def _evalplus(path: Path) -> Iterator[Exercise | Unread]:
    needed = ("task_id", "prompt", "entry_point", "canonical_solution")
    for row in _rows("evalplus", path, needed):
        family = "mbpp-plus" if row["task_id"].startswith("Mbpp") else "humaneval-plus"
        name = f"{family}/{row['task_id'].rpartition('/')[2]}"
        inputs = [*(row.get("base_input") or ()), *(row.get("plus_input") or ())]
        if not inputs or not all(isinstance(given, list) for given in inputs):
            raise ChoiceError(f"{row['task_id']} has no lists of arguments in 'base_input'")
        try:
            yield _with_inputs(row, name, family, inputs)
        except UnreadableError as error:
            yield Unread(name, str(error))


def _with_inputs(
    row: Mapping[str, Any], name: str, family: str, inputs: Sequence[list[Any]]
) -> Exercise:
    prompt, entry = row["prompt"], row["entry_point"]
    if entry in _OTHERWISE:
        raise UnreadableError("EvalPlus judges it by a rule of its own")
    reference = prompt + row["canonical_solution"]
    if family == "humaneval-plus":
        interface, prelude = _begun(prompt, entry)
        asked = _continue(prompt)
        # The contract is assertions at the beginning of the function: who breaks it raises.
        oracle = prompt + (row.get("contract") or "") + row["canonical_solution"]
    else:
        interface, prelude = _defined(reference, [f"{entry}()"]), ""
        words = ast.get_docstring(ast.Module(_parsed(prompt, "its prompt"), [])) or prompt
        asked, oracle = prompt_of(words, interface, ()), reference
        inputs = [
            _like(given, _examples(row.get("assertion") or prompt, entry)) for given in inputs
        ]
    task = Task(
        id=name,
        family=family,
        language="python",
        prompt=asked,
        split="eval",
        tests={
            "interface": interface.to_json(),
            "public": 0,
            "cases": [],
            "tolerance": AS_PYTHON,
            "prelude": prelude,
        },
        reference=reference,
        licence="Apache-2.0",
        provenance="evalplus/evalplus",
    )
    given = tuple(map(tuple, inputs))
    return Exercise(task, {}, given, oracle, float(row.get("atol") or 0.0))


def _examples(text: str, entry: str) -> list[Any]:
    """The arguments of a call in `text`, an assertion or a text with one; [] where none is read."""
    for line in text.splitlines():
        try:
            for name, call in _calls(ast.parse(line.strip())):
                if name == entry:
                    return [literal(argument) for argument in call.args]
        except (SyntaxError, UnreadableError):
            continue
    return []


def _like(value: Any, example: Any) -> Any:
    """`value`, of JSON, which has no tuples and sets, with those that stand in `example`."""
    if isinstance(value, list) and isinstance(example, (list, tuple)):
        positions = list(example) if len(example) == len(value) else [*example[:1]] * len(value)
        held = [_like(v, e) for v, e in zip(value, positions, strict=False)] or value
        return tuple(held) if isinstance(example, tuple) else held
    if isinstance(value, list) and isinstance(example, (set, frozenset)):
        return type(example)(value)
    if isinstance(value, dict) and isinstance(example, dict) and example:
        first = next(iter(example.values()))
        return {key: _like(held, first) for key, held in value.items()}
    return value


def _differential(row: Exercise, verifier: PythonVerifier) -> Task:
    """The task of `row` with what the set's reference answers; inputs for which that is no plain
    data, or an exception, are not asked. Raises `UnreadableError` and `SandboxError`."""
    interface = Interface.of(row.task.tests["interface"])
    cases: list[dict[str, Any]] = []
    scripts: list[str] = []
    inputs = [given for given in row.inputs if _is_plain(given)]
    for start in range(0, len(inputs), _AT_ONCE):
        some = inputs[start : start + _AT_ONCE]
        answers = verifier.answers(row.oracle, interface.name, some, prelude="")
        if isinstance(answers, Failure):
            raise SandboxError(answers.message)
        for given, answer in zip(some, answers, strict=True):
            if not isinstance(answer, Returned):
                continue
            call = f"{interface.name}({', '.join(map(shown, given))})"
            if interface.name in _AS_SETS:
                scripts.append(f"assert set({call}) == set({shown(answer.value)})")
            elif interface.name in _NOT_NONE:
                there = answer.value not in (None, False)
                scripts.append(f"assert ({call} not in (None, False)) is {there}")
            elif interface.name == "find_zero":
                scripts.append(f"assert abs(poly({shown(given[0])}, {call})) <= {row.absolute}")
            else:
                cases.append(_case(given, answer.value, row.absolute))
    if not cases and not scripts:
        raise UnreadableError("its reference answers none of its inputs with plain data")
    tests = {**row.task.tests, "cases": cases}
    if scripts:
        setup = row.task.tests["prelude"]
        tests["apart"] = {"setup": setup, "public": 0, "scripts": ["\n".join(scripts)]}
    return replace(row.task, tests=tests)


def _is_plain(value: object) -> bool:
    try:
        encode(list(value) if isinstance(value, tuple) else value)
    except NotPlainError:
        return False
    return True


def _case(given: tuple[Any, ...], value: Any, absolute: float) -> dict[str, Any]:
    case: dict[str, Any] = {"args": encode(list(given)), "value": encode(value)}
    reach = absolute or (_OF_FLOATS if _are_floats(value) else 0.0)
    if reach:
        near = {"absolute": reach, "relative": _RELATIVE}
        case["tolerance"] = {**AS_PYTHON, **near}
    return case


def _are_floats(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return bool(value) and all(isinstance(item, float) for item in value)
    return isinstance(value, float)


# ---------------------------------------------------------------- problem files


def _problems(path: Path) -> Iterator[Exercise | Unread]:
    yield from map(Exercise, read_problems(path))


_LAYOUTS: dict[str, Callable[[Path], Iterator[Exercise | Unread]]] = {
    "evalplus": _evalplus,
    "humaneval": _humaneval,
    "humanevalpack": _humanevalpack,
    "mbpp": _mbpp,
    "problems": _problems,
}
KINDS = tuple(_LAYOUTS)
