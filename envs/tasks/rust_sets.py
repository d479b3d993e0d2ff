"""Sets of Rust tasks that people know, read in their original layout.

HumanEval-X (https://github.com/THUDM/CodeGeeX, ``humaneval-x:PATH``), HumanEvalPack
(https://github.com/bigcode-project/octopack, ``humanevalpack:PATH``), and MultiPL-E
(https://github.com/nuprl/MultiPL-E, ``multipl-e:PATH``): a file of rows (``.jsonl``, ``.json`` or
``.jsonl.gz``), or a folder of such files, of which Rust's rows are taken. Exercism's Rust track
(https://github.com/exercism/rust, ``exercism-rust:PATH``): its folder ``exercises``, or rows that
hold an exercise's files. Their data is used, and
not their scoring: a test binary that runs beside the candidate believes an early
``std::process::exit(0)``. Instead the assertions are read as calls with arguments and expected
values (`rust_literals`); the function is asked as any other task's, and the host compares.
Exercism's tests, which use more than one function, become scripts that note what they see of the
candidate (`rust_scripts`), and the host compares that with what they see of the set's reference.

A row is left out, with the reason, when that cannot be done for it.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...verifiers.calls import trivial
from ...verifiers.oracle import Raised, Returned
from ...verifiers.python.driver import encode
from ...verifiers.rust.interface import Interface
from ...verifiers.rust.mutants import trivial as trivial_programs
from ...verifiers.rust.toolchain import RustVerifier, asked_of
from ...verifiers.sandbox.base import SandboxError
from ...verifiers.syntax import walk
from ...verifiers.task import Task
from ...verifiers.verdict import Severity
from ...verifiers.verifier import ChoiceError
from .rust_literals import Asked, UnreadableError, as_f32, assertions, parsed, text_of
from .rust_scripts import scripts
from .task_set import TaskSet, read_source

_ENDINGS = (".jsonl", ".jsonl.gz", ".json")
# The crates that HumanEval-X names in every program, and how one that needs them shows it.
_CRATES = {
    "rand": re.compile(r"\brand::|\bRng\b|\bthread_rng\b"),
    "regex": re.compile(r"\bregex::|\bRegex\b"),
    "md5": re.compile(r"\bmd5::"),
}
_CRATE_LINE = re.compile(r"^\s*use\s+(?:rand|regex|md5)\b[^;]*;[ \t]*\n?", re.MULTILINE)
_COLLECTIONS = re.compile(
    r"(?<!::)\b(?:std::collections::)?(HashMap|HashSet|BTreeMap|BTreeSet|VecDeque)\b"
)
_KNOWN_TYPES = {
    "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize", "f32",
    "f64", "bool", "char", "str", "String", "Vec", "VecDeque", "Option", "Result", "HashMap",
    "HashSet", "BTreeMap", "BTreeSet", "std", "collections",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Exercise:
    """What a row says of one task. `declaration` ends with the open body of the function that is
    asked for; `tests` and `examples` hold assertions; `wrong` are programs that must not pass."""

    id: str
    family: str
    text: str
    declaration: str
    reference: str | None
    tests: str
    examples: str
    wrong: Mapping[str, str]
    provenance: str


@dataclass(frozen=True, slots=True)
class Project:
    """An exercise of Exercism's: the crate's name, the text, the file to begin with, the file of
    tests, the reference, and the edition."""

    id: str
    crate: str
    text: str
    starter: str
    tests: str
    reference: str
    edition: str


class RustSet(TaskSet):
    """The tasks of a set, and why the others are not among them.

    Args:
        source: ``KIND:PATH``.
        verifier: It judges the references, once each.

    Raises:
        ChoiceError: There is no such kind, or nothing of the set at the path.
        SandboxError: The machine failed.
    """

    def __init__(self, source: str, verifier: RustVerifier) -> None:
        super().__init__("rust")
        kind, path = read_source(source, tuple(_LAYOUTS))
        if not path or not Path(path).exists():
            raise ChoiceError(f"there is no file or folder {path!r} to read {kind} from")
        exercises = list(_LAYOUTS[kind](Path(path)))
        if not exercises:
            raise ChoiceError(f"nothing of {kind} is in {path}")
        self._wrong: dict[str, Mapping[str, str]] = {}
        for exercise in exercises:
            try:
                if isinstance(exercise, Project):
                    task = scripted_task(exercise, verifier)
                else:
                    task = task_of(exercise)
                fault = _fault(task, verifier)
            except UnreadableError as error:
                fault = str(error)
            if fault:
                self.excluded[exercise.id] = fault
            else:
                self._tasks[task.id] = task
                self._wrong[task.id] = _wrong(exercise, task)

    def wrong(self, task: Task) -> Mapping[str, str]:
        """Programs that do nothing, and the set's own wrong ones, by name."""
        return self._wrong[task.id]


def _wrong(exercise: Exercise | Project, task: Task) -> dict[str, str]:
    if isinstance(exercise, Project):
        return {"empty": "", "stub": exercise.starter}
    interface = Interface.of(task.tests["interface"])
    own = {name: answering(program, interface) for name, program in exercise.wrong.items()}
    return {**trivial_programs(interface), **own}


# ---------------------------------------------------------------- the layouts


def _rows(kind: str, path: Path, needed: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The rows of a file, or of all files of a folder. Raises `ChoiceError`."""
    files = [path]
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.name.endswith(_ENDINGS) and p.is_file())
    for file in files:
        for place, row in _objects(file):
            missing = [name for name in needed if not isinstance(row.get(name), str)]
            if missing:
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
        except ValueError:
            raise ChoiceError(f"{place} is no JSON") from None
        for row in found if isinstance(found, list) else [found]:
            if not isinstance(row, dict):
                raise ChoiceError(f"{place} is no JSON object")
            yield place, row


def _humaneval_x(path: Path) -> Iterator[Exercise]:
    return _humaneval("humaneval-x", "THUDM/CodeGeeX HumanEval-X", path)


def _humanevalpack(path: Path) -> Iterator[Exercise]:
    return _humaneval("humanevalpack", "bigcode/humanevalpack", path)


def _humaneval(kind: str, provenance: str, path: Path) -> Iterator[Exercise]:
    needed = ("task_id", "prompt", "declaration", "canonical_solution", "test")
    for row in _rows(kind, path, ("task_id",)):
        if not row["task_id"].startswith("Rust/"):
            continue
        if missing := [name for name in needed if not isinstance(row.get(name), str)]:
            raise ChoiceError(f"{row['task_id']} has no text {missing[0]!r}, as {kind}'s rows have")
        declaration = row["declaration"]
        comments = re.findall(r"/\*(.*?)\*/", row["prompt"], re.DOTALL)
        wrong = {"buggy": row["buggy_solution"]} if row.get("buggy_solution") else {}
        yield Exercise(
            id=f"{kind}/{row['task_id'].removeprefix('Rust/')}",
            family=kind,
            text=row.get("docstring") or "\n".join(comments) or row["prompt"],
            declaration=declaration,
            reference=declaration + row["canonical_solution"],
            tests=row["test"],
            examples=row.get("example_test") or "",
            wrong={name: declaration + body for name, body in wrong.items()},
            provenance=provenance,
        )


_DOCTEST = re.compile(r"^[ \t/]*>>>[ \t]*(.+?)\s*\n[ \t/]*(\S.*?)\s*$", re.MULTILINE)


def _multipl_e(path: Path) -> Iterator[Exercise]:
    for row in _rows("multipl-e", path, ("name", "language", "prompt", "tests")):
        if row["language"] not in ("rs", "rust"):
            continue
        prompt, tests = row["prompt"], row["tests"]
        at = prompt.rfind("\nfn ") + 1
        main = tests.find("fn main()")
        examples = [f"assert_eq!({call}, {found});" for call, found in _DOCTEST.findall(prompt)]
        words = [re.sub(r"^/// ?", "", line) for line in prompt[:at].splitlines()]
        yield Exercise(
            id=f"multipl-e/{row['name']}",
            family="multipl-e",
            text="\n".join(line for line in words if not line.startswith("use ")),
            declaration=prompt[at:],
            reference=None,
            tests=f"#[test]\n{tests[main:]}" if main >= 0 else "",
            examples=f"#[test]\nfn examples() {{ {' '.join(examples)} }}" if examples else "",
            wrong={},
            provenance="nuprl/MultiPL-E",
        )


def _exercism(path: Path) -> Iterator[Project]:
    if path.is_dir() and not any(p.name.endswith(_ENDINGS) for p in path.iterdir()):
        yield from _exercism_folders(path)
        return
    for row in _rows("exercism-rust", path, ("id", "prompt", "entry", "answer_path")):
        if not all(isinstance(row.get(name), dict) for name in ("files", "starter", "reference")):
            raise ChoiceError(f"{row['id']} has no 'files', 'starter' and 'reference'")
        files, answer = row["files"], row["answer_path"]
        yield Project(
            f"exercism-rust/{row['id'].rpartition('/')[2]}", row["entry"], row["prompt"],
            row["starter"].get(answer, ""), files.get(f"tests/{row['entry']}.rs", ""),
            row["reference"].get(answer, ""), _edition(files.get("Cargo.toml", "")),
        )  # fmt: skip


def _exercism_folders(path: Path) -> Iterator[Project]:
    """``exercises/{concept,practice}/NAME``: its instructions, the tests, and the example."""
    for config in sorted(path.rglob(".meta/config.json")):
        place = config.parent.parent
        crate = place.name.replace("-", "_")
        examples = [p for p in (config.with_name(n) for n in _EXAMPLES) if p.is_file()]
        tests = place / "tests" / f"{crate}.rs"
        if not examples or not tests.is_file():
            continue
        docs = [place / ".docs" / f"{name}.md" for name in _DOCS]
        texts = [doc.read_text(encoding="utf-8") for doc in docs if doc.is_file()]
        starter, manifest = place / "src" / "lib.rs", place / "Cargo.toml"
        yield Project(
            f"exercism-rust/{place.name}", crate, "\n".join(texts),
            starter.read_text(encoding="utf-8") if starter.is_file() else "",
            tests.read_text(encoding="utf-8"), examples[0].read_text(encoding="utf-8"),
            _edition(manifest.read_text(encoding="utf-8") if manifest.is_file() else ""),
        )  # fmt: skip


_EXAMPLES = ("example.rs", "exemplar.rs")
_DOCS = ("introduction", "instructions", "instructions.append")


def _edition(manifest: str) -> str:
    found = re.search(r'^edition\s*=\s*"(\d+)"', manifest, re.MULTILINE)
    return found[1] if found else "2015"  # cargo's default


_LAYOUTS: dict[str, Callable[[Path], Iterator[Exercise | Project]]] = {
    "exercism-rust": _exercism,
    "humaneval-x": _humaneval_x,
    "humanevalpack": _humanevalpack,
    "multipl-e": _multipl_e,
}
KINDS = tuple(_LAYOUTS)


# ---------------------------------------------------------------- one task


def task_of(exercise: Exercise) -> Task:
    """The task that a row makes. Raises `UnreadableError`, with why it makes none."""
    reference = exercise.reference
    for crate, used in _CRATES.items():
        if reference is not None and used.search(_CRATE_LINE.sub("", reference)):
            raise UnreadableError(f"its reference needs the crate {crate}")
    interface, helpers = _interface(exercise.declaration)
    hidden = _asked(exercise.tests, interface)
    if not hidden:
        raise UnreadableError("its tests assert nothing")
    public = _examples(exercise.examples, interface)
    shown = {encode(list(asked.arguments)) for asked in public}
    # What the set shows is no secret, unless it asks nothing else.
    rest = [asked for asked in hidden if encode(list(asked.arguments)) not in shown] or hidden
    return Task(
        id=exercise.id,
        family=exercise.family,
        language="rust",
        prompt=_prompt(exercise.text, interface, helpers),
        split="eval",
        tests={
            "interface": interface.to_json(),
            "public": len(public),
            "cases": [_stored(asked, interface) for asked in (*public, *rest)],
        },
        reference=None if reference is None else answering(reference, interface),
        provenance=exercise.provenance,
    )


def answering(program: str, interface: Interface) -> str:
    """A set's program as an answer: its function is public, and crates that nobody needs are not
    named."""
    plain = _CRATE_LINE.sub("", program)
    return re.sub(
        rf"(?<!pub )\bfn\s+{interface.name}\b", f"pub fn {interface.name}", plain, count=1
    )


def _interface(declaration: str) -> tuple[Interface, str]:
    """The function whose body is open at the end of `declaration`, and the text of those before.

    Raises `UnreadableError` for a type that no case could hold.
    """
    text = _CRATE_LINE.sub("", declaration)
    functions = [n for n in parsed(f"{text}\n}}").named_children if n.type == "function_item"]
    if not functions:
        raise UnreadableError("its declaration has no function")
    function = functions[-1]
    if function.child_by_field_name("type_parameters") is not None:
        raise UnreadableError("its function is generic")
    parameters = []
    for parameter in function.child_by_field_name("parameters").named_children:
        pattern = parameter.child_by_field_name("pattern")
        if pattern is None or pattern.type not in ("identifier", "mut_pattern"):
            raise UnreadableError("a parameter of its function has no name")
        kind = _type(parameter.child_by_field_name("type"))
        if "&" in kind.removeprefix("&"):
            raise UnreadableError(f"no plain data can be passed as {kind}")
        parameters.append((text_of(pattern).removeprefix("mut ").strip(), kind))
    returned = function.child_by_field_name("return_type")
    name = text_of(function.child_by_field_name("name"))
    interface = Interface(name, tuple(parameters), "()" if returned is None else _type(returned))
    return interface, "\n".join(text_of(helper) for helper in functions[:-1])


def _type(node: Any) -> str:
    text = " ".join(text_of(node).split())
    unknown = set(re.findall(r"[A-Za-z_]\w*", text)) - _KNOWN_TYPES
    if unknown or "'" in text or "*" in text:
        raise UnreadableError(f"the type {text} is none of plain data")
    return _COLLECTIONS.sub(r"std::collections::\1", text)


def _asked(tests: str, interface: Interface) -> list[Asked]:
    """What the test functions in a text assert. Raises `UnreadableError`."""
    found: list[Asked] = []
    root = parsed(tests)
    if root.has_error:
        raise UnreadableError("its tests do not parse")
    for node in walk(root):
        if node.type == "function_item" and _is_test(node):
            found += assertions(node.child_by_field_name("body"), interface.name)
    for asked in found:
        if len(asked.arguments) != len(interface.parameters):
            raise UnreadableError(f"its tests call {interface.name} with other arguments")
    return found


def _is_test(function: Any) -> bool:
    before = function.prev_named_sibling
    while before is not None and before.type in ("attribute_item", "line_comment"):
        if re.sub(r"\s", "", text_of(before)) == "#[test]":
            return True
        before = before.prev_named_sibling
    return False


def _examples(examples: str, interface: Interface) -> list[Asked]:
    """The examples that a set shows, if they can be read; the set's text has them anyhow."""
    try:
        return _asked(examples, interface)
    except UnreadableError:
        return []


def _stored(asked: Asked, interface: Interface) -> dict[str, Any]:
    held = asked.value
    if "f32" in interface.returns and "f64" not in interface.returns:
        held = _single(held)
    stored: dict[str, Any] = {"args": encode(list(asked.arguments)), "value": encode(held)}
    if asked.tolerance:
        stored["tolerance"] = {"absolute": asked.tolerance}
    return stored


def _single(held: Any) -> Any:
    if isinstance(held, float):
        return as_f32(held)
    if isinstance(held, list | tuple):
        return type(held)(map(_single, held))
    if isinstance(held, dict):
        return {key: _single(item) for key, item in held.items()}
    return held


def _closing(edition: str) -> list[str]:
    alone = "the standard library alone; no main, no input, no output."
    return ["", f"Rust, edition {edition}, {alone}"]


def _prompt(text: str, interface: Interface, helpers: str) -> str:
    """The set's text, and the function, as comment lines."""
    lines = [line.strip() for line in text.strip().splitlines()]
    if helpers:
        lines += ["", "There is, and an answer may repeat it:", "", *helpers.splitlines()]
    lines += ["", "The function, exactly:", "", f"  {interface} {{ ... }}", *_closing("2021")]
    return "".join(f"// {line}".rstrip() + "\n" for line in lines)


def scripted_task(project: Project, verifier: RustVerifier) -> Task:
    """The task that an exercise with tests of its own makes.

    Raises `UnreadableError`, with why it makes none, and `SandboxError`.
    """
    noting, plain, panicking, tolerance = scripts(project.tests, project.crate, project.edition)
    said = verifier.answers(plain, project.reference)
    if isinstance(said, str):
        raise UnreadableError(f"its reference does not pass ({said})")
    for name, answer in zip(plain.functions, said, strict=True):
        if not isinstance(answer, Raised if name in panicking else Returned):
            raise UnreadableError(f"its reference does not pass (test: {name})")
    noted = verifier.answers(noting, project.reference)
    if isinstance(noted, str):
        raise UnreadableError(f"it does not compile without what it expects ({noted})")
    cases: list[dict[str, Any]] = []
    telling = False
    for name, answer in zip(noting.functions, noted, strict=True):
        case = {"call": name, "args": "[]"}
        if isinstance(answer, Returned):
            case["value"] = encode(answer.value)
            telling = telling or any(note != ("data", True) for _, note in answer.value)
        elif name in panicking and isinstance(answer, Raised):
            case["raises"] = "panic"
            telling = True
        else:
            raise UnreadableError(f"what {name} notes is no data")
        cases.append(case)
    if not telling:
        raise UnreadableError("its tests ask for nothing but true")
    tests: dict[str, Any] = {"script": noting.to_json(), "public": 1, "cases": cases}
    if tolerance:
        tests["tolerance"] = {"absolute": tolerance}
    lines = [*project.text.strip().splitlines(), "", "The file begins as:", ""]
    lines += [f"  {line}" for line in project.starter.strip().splitlines()]
    first = project.tests.split("#[test]")
    lines += ["", f"The crate is called {project.crate}. Its first test:", ""]
    lines += [f"  {line}" for line in "#[test]".join(first[:2]).strip().splitlines()]
    lines += ["", "Types that tests compare derive Debug.", *_closing(project.edition)]
    return Task(
        id=project.id,
        family="exercism-rust",
        language="rust",
        prompt="".join(f"// {line}".rstrip() + "\n" for line in lines),
        split="eval",
        tests=tests,
        reference=project.reference,
        provenance="exercism/rust",
    )


def _fault(task: Task, verifier: RustVerifier) -> str:
    """Why a task measures nothing, or cannot be asked; empty when it can.

    Raises `SandboxError` when the machine fails.
    """
    tests = asked_of(task)
    assert tests is not None
    if trivial(tests.cases) == len(tests.cases):
        return "an answer that does nothing passes its tests"
    program = task.reference
    if program is None:
        program = trivial_programs(Interface.of(task.tests["interface"]))["stub"]
    verdict = verifier.verify(task, program)
    if verdict.failure is not None:
        raise SandboxError(verdict.failure.message)
    if verdict.accepted or (task.reference is None and verdict.passed("compile")):
        return ""
    errors = [d.message for d in verdict.diagnostics if d.severity is Severity.ERROR]
    why = errors[0] if errors else "a case fails"
    return f"its reference does not pass ({verdict.stage}: {why})"
