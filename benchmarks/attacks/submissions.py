"""Attacks that are submitted: programs for a verifier, and what it must make of them.

An entry whose module has `judge` is no program for a box. It is given a `Court`, hands in sources,
and complains of verdicts that it should not have got: a program accepted that should be refused, a
reward for nothing, the machine blamed for what a program did, the host's secret in a message. An
entry that needs compactc (`NEEDS`), or contracts that run, is not run where there is none, and its
result says what is missing; the others are judged by the embedded front end there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from ...envs.rewards import PRESETS, staged
from ...envs.tasks import compact_spec
from ...verifiers.compact.toolchain import CompactVerifier
from ...verifiers.python.toolchain import PythonVerifier
from ...verifiers.rust.toolchain import RustVerifier
from ...verifiers.sandbox.base import SandboxError
from ...verifiers.sandbox.choose import Choice
from ...verifiers.task import Task
from ...verifiers.verdict import Verdict
from ...verifiers.verifier import ToolchainMissingError, Verifier
from ...verifiers.verilog.toolchain import VerilogVerifier
from .catalogue import Bait, Entry, Host, Result
from .straw import Believer, StrawVerifier

ROWS = tuple(f"K{n:02}" for n in range(1, 15))
# What a program that does nothing of what is asked may earn (`rewards.staged`): for compiling, and
# where nothing is compiled for parsing.
COMPILE_SHARE, PARSE_SHARE = 0.5, 0.1
# What an entry can need beyond the embedded front end: the compiler; and what runs contracts.
COMPACTC, RUNTIME = "compactc", "runtime"
# For one compilation: thirty times what a contract takes, and half of what verifiers allow.
SECONDS = 10.0

# An open-ended task that asks for all that is paid by number or by kind.
TASK = Task(
    id="compact/attack",
    family="attack",
    language="compact",
    prompt="",
    requirements={
        "complexity": 4,
        "constructs": ["if", "if-else", "else-if", "ternary", "loop", "enum", "struct", "witness"],
    },
)

DECLARATIONS = """pragma language_version 0.23;
import CompactStandardLibrary;
export ledger x: Uint<64>;
export ledger y: Uint<64>;
export ledger flag: Boolean;
export ledger hits: Counter;
export ledger names: Map<Bytes<32>, Uint<64>>;
export circuit write(number: Uint<64>, truth: Boolean, key: Bytes<32>): [] {
  x = disclose(number);
  y = disclose(number);
  flag = disclose(truth);
  names.insert(disclose(key), disclose(number));
}
"""
PLAIN = DECLARATIONS


def contract(body: str, more: str = "") -> str:
    """A contract with `more` declarations and a circuit that does `body`.

    It has `a` and `b` (Uint<8>), `c` and `d` (Boolean) and `f` (Field), all of them disclosed.
    """
    return f"""{DECLARATIONS}{more}
export circuit main(a_: Uint<8>, b_: Uint<8>, c_: Boolean, d_: Boolean, f_: Field): [] {{
  const a = disclose(a_); const b = disclose(b_); const f = disclose(f_);
  const c = disclose(c_); const d = disclose(d_);
  {body}
}}
"""


def limited_counter() -> Task:
    """The task with tests that `COUNTER` solves."""
    return compact_spec.read_task(compact_spec.FOLDER / "counter-limit").task


# Not the task's own reference, so that entries can rely on how it is written.
COUNTER = """pragma language_version 0.23;
import CompactStandardLibrary;
export ledger count: Uint<64>;
export ledger limit: Uint<64>;
export ledger resets: Counter;
constructor(most: Uint<64>) {
  limit = disclose(most);
}
export circuit add(n: Uint<64>): Uint<64> {
  assert(disclose(n) > 0, "nothing to add");
  assert(count + disclose(n) <= limit, "above the limit");
  count = disclose(count + n) as Uint<64>;
  return count;
}
export circuit remove(n: Uint<64>): Uint<64> {
  assert(disclose(n) > 0, "nothing to remove");
  assert(count >= disclose(n), "below zero");
  count = disclose(count - n) as Uint<64>;
  return count;
}
export circuit reset(): [] {
  assert(count > 0, "nothing to reset");
  count = 0;
  resets.increment(1);
}
"""
# One that lets nobody reset after the first time, so that some plays go right.
WRONG = ("assert(count > 0,", "assert(resets < 1 && count > 0,")


def changed(source: str, old: str, new: str) -> str:
    """`source` with `new` for `old`. Raises `ValueError` when it has no `old`."""
    if old not in source:
        raise ValueError(f"there is no {old!r} to change")
    return source.replace(old, new)


class Court(Host):
    """The host's side of an entry that is submitted.

    `verifier` is compactc's in the sandbox that is attacked, or the front end's where there is none
    and the entry needs none.
    """

    def __init__(
        self,
        entry: Entry,
        verifier: Verifier,
        bait: Bait,
        reopen: Callable[[], Verifier],
    ) -> None:
        super().__init__(entry, bait)
        self.verifier = verifier
        self.expected: set[str] = set()
        self.got: set[str] = set()
        self._reopen = reopen

    @contextmanager
    def anew(self) -> Iterator[None]:
        """With a verifier, and boxes, that are opened now: when something has been planted."""
        before, self.verifier = self.verifier, self._reopen()
        try:
            yield
        finally:
            self.verifier.close()
            self.verifier = before

    def verdicts(self, sources: Sequence[str], task: Task = TASK) -> list[Verdict]:
        """What the verifier says of `sources`; none of it may be the machine's fault."""
        found = self.verifier.verify_all([(task, source) for source in sources])
        for source, verdict in zip(sources, found, strict=True):
            if verdict.failure is not None:
                self.got.add("invalid")
                self.blame(f"the machine is blamed ({verdict.failure.message}): {_shown(source)}")
            else:
                self.got.add("accepted" if verdict.accepted else "refused")
            told = json.dumps(verdict.to_json())
            self.check(self.bait.secret not in told, "the host's secret came out")
        return found

    def accept(self, *sources: str, task: Task = TASK) -> list[Verdict]:
        """Blame the verifier for each that it does not accept."""
        self.expected.add("accepted")
        found = self.verdicts(sources, task)
        for source, verdict in zip(sources, found, strict=True):
            if verdict.valid and not verdict.accepted:
                why = verdict.diagnostics[0].message if verdict.diagnostics else "no reason"
                self.blame(f"refused ({why[:200]}): {_shown(source)}")
        return found

    def refuse(self, *sources: str, task: Task = TASK) -> list[Verdict]:
        """Blame the verifier for each that it accepts."""
        self.expected.add("refused")
        found = self.verdicts(sources, task)
        for source, verdict in zip(sources, found, strict=True):
            self.check(not verdict.accepted, f"accepted: {_shown(source)}")
        return found

    def endure(self, *sources: str, task: Task = TASK) -> list[Verdict]:
        """Submit what may be accepted or not, as long as it harms nothing; see that it has not."""
        self.expected.add("refused")
        found = self.verdicts(sources, task)
        self.accept(PLAIN)
        return found

    def unpaid(self, task: Task, right: str, *sources: str) -> list[Verdict]:
        """Blame the verifier for each that is paid more than compiling (or parsing) earns, and if
        afterwards `right` does not solve the task any more."""
        share = PARSE_SHARE if self.entry.language == "python" else COMPILE_SHARE
        self.expected.add("refused")
        found = self.verdicts(sources, task)
        for source, verdict in zip(sources, found, strict=True):
            pay = staged(verdict).total
            self.check(not verdict.accepted, f"accepted: {_shown(source)}")
            self.check(pay <= share + 1e-9, f"paid {pay:.3f}: {_shown(source)}")
        self.accept(right, task=task)
        return found

    def proven(self, task: Task, source: str) -> bool | None:
        """Whether `source` is proven to do what the reference does; None if nothing is proven."""
        if isinstance(self.verifier, VerilogVerifier):
            return self.verifier.equivalent(task, source)
        return None

    def earn_at_most(self, plain: str, written: Mapping[str, int]) -> None:
        """Blame the verifier for each whose complexity exceeds `plain`'s by more than is written.

        `written`: source -> the number of decisions that it has and `plain` has not.
        """
        least, *found = self.accept(plain, *written)
        for (source, most), verdict in zip(written.items(), found, strict=True):
            if verdict.accepted and least.accepted:
                more = verdict.metrics["complexity"] - least.metrics["complexity"]
                self.check(more <= most, f"{more:g} decisions, not {most}: {_shown(source)}")

    def earn_no_more(self, plain: str, *padded: str) -> None:
        """Blame the verifier for each of `padded` that is worth more than `plain`, in any way."""
        least, *found = self.accept(plain, *padded)
        for source, verdict in zip(padded, found, strict=True):
            if not verdict.accepted or not least.accepted:
                continue  # that has been complained of
            for name in ("complexity", "complexity_extended"):
                if verdict.metrics[name] > least.metrics[name]:
                    worth = f"{verdict.metrics[name]:g}, not {least.metrics[name]:g}"
                    self.blame(f"{name} {worth}: {_shown(source)}")
            for preset, pays in PRESETS.items():
                more = pays(verdict).total > pays(least).total
                self.check(not more, f"{preset} pays more for it: {_shown(source)}")


def _shown(source: str) -> str:
    """What is particular about a source, to be said in a complaint."""
    for begin in (DECLARATIONS, COUNTER):
        source = source.removeprefix(begin)
    return repr(source if len(source) <= 300 else f"{source[:100]} … {source[-160:]}")


class Verifiers:
    """The verifiers for all of Compact's entries: compactc's, if it is there, and the front end's.

    `missing` says, for each thing that an entry can need (``""``: nothing), why it is not here.

    Args:
        sandbox: What is attacked. Straw holds no compiler: entries that need one are not submitted
            there, the others to a verifier of straw.
        workers: How many boxes.
    """

    def __init__(self, sandbox: str, *, workers: int) -> None:
        self._sandbox, self._workers = sandbox, workers
        self.missing: dict[str, str] = {}
        self.front_end: Verifier = CompactVerifier("frontend")
        self.compactc: CompactVerifier | None = None
        if sandbox == "straw":
            self.front_end = StrawVerifier()
            why = "the verifier of straw runs no compiler; try --sandbox docker or bubblewrap"
            self.missing = dict.fromkeys((COMPACTC, RUNTIME), why)
            return
        try:
            self.compactc = self.open()
        except (ToolchainMissingError, SandboxError) as error:
            self.missing = dict.fromkeys((COMPACTC, RUNTIME), str(error))
            return
        if self.compactc.missing_for_tests():
            self.missing[RUNTIME] = self.compactc.missing_for_tests()

    @property
    def verifier(self) -> Verifier:
        """compactc's, or the front end's where there is no compactc."""
        return self.compactc or self.front_end

    def open(self) -> CompactVerifier:
        """Another one of compactc's, for the caller to close. Raises as `CompactVerifier` does."""
        return CompactVerifier(
            "compactc",
            sandbox="docker" if self._sandbox == "docker" else "bubblewrap",
            timeout=SECONDS,
            workers=self._workers,
        )

    def close(self) -> None:
        """Close both."""
        for verifier in (self.front_end, self.compactc):
            if verifier is not None:
                verifier.close()


_VERIFIERS: Mapping[str, Callable[..., Verifier]] = {
    "python": PythonVerifier,
    "rust": RustVerifier,
    "verilog": VerilogVerifier,
}


class OneVerifier:
    """The verifier for all entries of Python, of Rust, or of Verilog.

    Args:
        language: ``"python"``, ``"rust"`` or ``"verilog"``.
        sandbox: What is attacked; in front of straw it is a verifier that believes everything.
        workers: How many boxes.
    """

    def __init__(self, language: str, sandbox: str, *, workers: int) -> None:
        self._language, self._sandbox, self._workers = language, sandbox, workers
        self.missing: dict[str, str] = {}
        self.verifier: Verifier = Believer()
        if sandbox == "straw":
            return
        try:
            self.verifier = self.open()
        except (ToolchainMissingError, SandboxError) as error:
            self.missing[""] = str(error)

    def open(self) -> Verifier:
        """Another one, for the caller to close. Raises as the language's verifier does."""
        made = _VERIFIERS[self._language]
        sandbox: Choice = "docker" if self._sandbox == "docker" else "bubblewrap"
        return made(sandbox=sandbox, timeout=SECONDS, workers=self._workers)

    def close(self) -> None:
        """Close it."""
        self.verifier.close()


def verifiers_for(language: str, sandbox: str, *, workers: int) -> Verifiers | OneVerifier:
    """Those that the entries of a language are submitted to."""
    if language == "compact":
        return Verifiers(sandbox, workers=workers)
    return OneVerifier(language, sandbox, workers=workers)


def run_submission(
    entry: Entry, verifiers: Verifiers | OneVerifier, bait: Bait, *, seconds: float
) -> Result:
    """Run one entry, for at most `seconds`; or say what is missing for it."""
    missing = verifiers.missing.get(entry.needs)
    if missing is not None:
        return Result(entry.name, entry.ids, entry.title, "", "", 0.0, False, missing=missing)
    court = Court(entry, verifiers.verifier, bait, verifiers.open)
    took = court.attempt(lambda: entry.module.judge(court), seconds)
    if not court.got and not court.complaints:
        court.blame("nothing was submitted")
    return court.result(" ".join(sorted(court.expected)), " ".join(sorted(court.got)), took)
