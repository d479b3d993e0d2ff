"""`PythonReasoning-v0`: reason about a Python function in stages, then write it.

An episode is one stage a turn, the last of which is the program. Only that one is judged; what was
written before is shown again at every later stage, so that an agent needs no memory of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from ..verifiers.python.suites import opposed
from ..verifiers.python.toolchain import PythonVerifier
from ..verifiers.sandbox.base import Sandbox
from ..verifiers.sandbox.choose import Choice as SandboxChoice
from ..verifiers.task import Task
from ..verifiers.verdict import Failure, Verdict
from ..verifiers.verifier import ChoiceError, check_choice
from .code_env import (
    OBSERVATION_BYTES,
    CodeEnv,
    EpisodeSettings,
    TaskSource,
    own_or_shared,
    reset_options,
)
from .feedback import feedback_text
from .judge import JudgeScore
from .rewards import RewardFunction
from .spaces import SourceText
from .tasks import python as python_tasks
from .tasks.python_sets import PythonSet
from .vector import CodeVectorEnv

if TYPE_CHECKING:
    from typing_extensions import Unpack

TOOLCHAINS = ("auto", "python")


@dataclass(frozen=True, slots=True)
class Stage:
    """One step to a solution: what it is called, what is asked for, and whether the answer is a
    text, or code that is judged."""

    name: str
    instruction: str
    kind: Literal["text", "code"] = "text"


STAGES = (
    Stage(
        "informal",
        "Think about the problem in plain words: what is asked for, what makes it hard, and which "
        "idea could solve it. No code.",
    ),
    Stage(
        "structured",
        "Put the idea in order: numbered steps from the arguments to the result, and a list of "
        "edge cases with what is to come out in each. No code.",
    ),
    Stage("pseudocode", "Write the solution as pseudocode, one action a line."),
    Stage(
        "constraints",
        "State what holds: constraints on the arguments, invariants of each loop, what is true of "
        "the result, and which exceptions are raised when.",
    ),
    Stage(
        "code",
        "Write the function in Python, complete and executable, in one ```python block. Nothing "
        "else is run.",
        "code",
    ),
)
"""The stages of an episode, in order. Another one is another entry."""

# Of what was written at one stage, and of the last program, this much is shown again (UTF-8).
STAGE_BYTES = 4 * 1024
PROGRAM_BYTES = 16 * 1024
_CUT = "\n[the rest is left out]"
# Headings, and what is around the parts of an observation.
_FRAME_BYTES = 256

_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_OPENS = re.compile(r"([ \t]*)(`{3,}(?=[^`]*$)|~{3,})")


def _blocks(answer: str) -> Iterator[str]:
    """What the fenced code blocks hold (https://spec.commonmark.org/0.31.2/#fenced-code-blocks):
    each is closed by as many of its characters, or more, and loses the indentation of its first
    line. One that is not closed is none."""
    fence, indent, held = "", 0, ""
    for line in _LINES.findall(answer):
        bare = line.strip()
        if not fence:
            if opened := _OPENS.match(line):
                indent, fence, held = len(opened[1]), opened[2], ""
        elif set(bare) == {fence[0]} and len(bare) >= len(fence):
            yield held
            fence = ""
        else:
            held += line[min(indent, len(line) - len(line.lstrip(" \t"))) :]


def program(answer: str, task: Task | None = None) -> str:
    """The program in an answer: what the last block between lines of ``` holds that defines the
    task's function, else the last block, or all of it where there is none."""
    blocks = list(_blocks(answer))
    if task is not None and (name := task.tests.get("interface", {}).get("name")):
        # After it models like to show how it is used.
        own = re.compile(rf"^(?:def {re.escape(name)}\b|{re.escape(name)}\s*=)", re.MULTILINE)
        blocks = [block for block in blocks if own.search(block)] or blocks
    return blocks[-1] if blocks else answer


def form(texts: Sequence[str], parameters: Sequence[str]) -> float:
    """How far texts of reasoning speak of the function, 0..1: the mean share of the parameters'
    names that stand in each (1 for a text that is not empty where there are none). It says nothing
    about whether they are right."""
    shares = []
    for text in texts:
        words = set(re.findall(r"\w+", text[:STAGE_BYTES]))
        named = [name in words for name in parameters] or [bool(words)]
        shares.append(sum(named) / len(named))
    return sum(shares) / len(shares)


class PythonReasoningEnv(CodeEnv):
    """The prompt asks for one function; each turn asks for one stage on the way to it, and the last
    one for a Python program that has it, which is called with hidden arguments.

    Args:
        toolchain: ``"python"``, or ``"auto"``, which is the same: there is no other.
        sandbox, allow_unsafe, workers: What programs run in, and how many at a time; see
            `PythonVerifier`.
        tasks_from: A set of tasks that people know, or a file of one's own, ``"KIND:FILE"`` (see
            `tasks.python_sets`), or a set that is open; all of it is asked in ``eval``. None:
            ForgeGym's own.
        stages: Which stages are played, in this order: names of `STAGES`, or `Stage`s of your own;
            the last one, and no other, asks for code. ``("code",)`` is an episode of one turn.
        attempts: How often the code stage is played at most, while the program is wrong.
        max_turns: The most turns of an episode, in place of `attempts`: with fewer turns than
            stages the last ones are played (1: code alone), with more as many more attempts.
        history: Whether an observation holds the problem and what was written before, too. False is
            for agents that keep the transcript, as the trainers do: then it is the next instruction
            and the feedback, as in other environments.
        reward: ``"staged"`` (default), ``"pass-rate"``, ``"binary"``, ``"reasoning"``, or a
            function; see `envs.rewards`. Texts pay nothing when they are written.
        verifier: One that is shared, in place of one that these arguments describe.
        split, families, difficulty, render_mode, judge: See `CodeEnv`.

    Raises:
        ToolchainMissingError: No Python answers in the sandbox.
        SandboxUnavailableError: There is no sandbox.
        ChoiceError: An argument is none of its choices.

    Observations have the problem, each earlier text (its first 4 kB), the last program (its first
    16 kB) with its feedback, and what is asked for now. A program may stand in a block of an
    answer; see `program`.

    ``reset(options={"tests": [...]})`` puts the program up against an opponent's tests, too: texts
    as `PythonTests-v0` takes them, of which the valid ones count. The verdict's metric
    ``withstood`` is the share of them that passed, which ``"duel"`` and ``"anchored"`` pay for.

    `reset` returns in `info` also ``next_stage``, the name of the stage that is asked for. `step`
    returns ``stage_name`` (what the action was), ``next_stage`` (``""``: the episode is over) and,
    in the verdict's metrics, ``form`` (see `form`; not where there is no stage of text). Of a text
    the verdict has no stage that ran.
    """

    kind = "python"

    def __init__(
        self,
        *,
        toolchain: str = "auto",
        sandbox: SandboxChoice | Sandbox = "auto",
        allow_unsafe: bool = False,
        workers: int | None = None,
        tasks_from: str | PythonSet | None = None,
        stages: Iterable[str | Stage] | None = None,
        attempts: int = 1,
        max_turns: int | None = None,
        history: bool = True,
        reward: str | RewardFunction = "staged",
        verifier: PythonVerifier | None = None,
        **episode: Unpack[EpisodeSettings],
    ) -> None:
        self._stages, turns = _played(stages, attempts, max_turns)
        self._history = history
        check_choice("Python toolchain", toolchain, TOOLCHAINS)

        def open_own() -> PythonVerifier:
            return PythonVerifier(sandbox=sandbox, allow_unsafe=allow_unsafe, workers=workers)

        with own_or_shared(verifier, open_own) as (judging, owned):
            tasks: TaskSource = python_tasks
            if tasks_from is not None:
                tasks = open_set(tasks_from, judging)
                episode["split"] = "eval"
            super().__init__(
                tasks,
                judging,
                reward=reward,
                max_turns=turns,
                owns_verifier=owned,
                **episode,
            )
        parts = len(self._stages) * (STAGE_BYTES + _FRAME_BYTES) + PROGRAM_BYTES + _FRAME_BYTES
        asked = max(len(stage.instruction.encode()) for stage in self._stages)
        self.observation_space = SourceText(OBSERVATION_BYTES + parts + asked)

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """As `CodeEnv.reset`; the observation asks for the first stage. The option ``tests`` is a
        sequence of texts, each an opponent's tests."""
        given = reset_options(options)
        tests = given.pop("tests", None)
        prompt, info = super().reset(seed=seed, options=given)
        if tests is not None:
            if isinstance(tests, str):
                raise ChoiceError("the reset option 'tests' is a sequence of texts, not one")
            info["task_key"] = self._oppose(tests)
        self._screen = f"{prompt}\n{asks(self._stages[0])}"
        return self._screen, {**info, "next_stage": self._stages[0].name}

    def _begin(self, task: Task | None) -> None:
        super()._begin(task)
        self._texts: list[str] = []
        self._last = ""
        self._broken: Failure | None = None

    def _oppose(self, tests: Sequence[str]) -> str:
        """Puts the task up against an opponent's tests; its new key."""
        assert self.task is not None
        assert isinstance(self.verifier, PythonVerifier)
        found = opposed(self.verifier, self.task, tests)
        if isinstance(found, Failure):
            self._broken = found
        else:
            self.task = found
        return self.task.key

    def submission(self, action: str) -> tuple[Task, str] | None:
        """As `CodeEnv.submission`: the program in `action`; None for a text."""
        submission = super().submission(action)
        assert submission is not None
        if self._stage(self._turn).kind == "text":
            return None
        return submission[0], program(action, submission[0])

    def unjudged(self, action: str) -> Verdict:
        """As `CodeEnv.unjudged`; no case has passed."""
        nothing = {"behaviour": 0.0, "above_trivial": 0.0}
        return replace(super().unjudged(action), metrics=nothing)

    def asks(self, verdict: Verdict) -> bool:
        """As `CodeEnv.asks`."""
        return super().asks(self._formed(verdict))

    def advance(
        self,
        action: str,
        verdict: Verdict,
        retries: int = 0,
        opinion: JudgeScore | Failure | None = None,
    ) -> tuple[str, float, bool, bool, dict[str, Any]]:
        """As `CodeEnv.advance`, for a text or for the program in `action`."""
        stage = self._stage(self._turn)
        if self._broken is not None:  # what the opponent's tests say of it is not known
            verdict = replace(verdict, failure=self._broken)
        if stage.kind == "text":
            self._texts.append(action.encode("utf-8", "replace").decode())
        outcome = super().advance(action, self._formed(verdict), retries, opinion)
        info = outcome[-1]
        info["stage_name"] = stage.name
        info["next_stage"] = "" if self._over else self._stage(self._turn).name
        return outcome

    def _stage(self, turn: int) -> Stage:
        """What is asked for after `turn` turns."""
        return self._stages[min(turn, len(self._stages) - 1)]

    def _formed(self, verdict: Verdict) -> Verdict:
        if self.task is None or not self._texts:
            return verdict
        names = [name for name, _ in self.task.tests["interface"]["parameters"]]
        return replace(verdict, metrics={**verdict.metrics, "form": form(self._texts, names)})

    def _heard(self, action: str, verdict: Verdict) -> str:
        """The next observation."""
        assert self.task is not None
        played = self._stage(self._turn - 1)
        texts = len(self._stages) - 1
        told = ""
        if played.kind == "code":
            source = program(action, self.task)
            turns = {"turn": self._turn - texts, "max_turns": self._max_turns - texts}
            told = feedback_text(verdict, source, **turns)
            self._last = f"## Written for: {played.name}\n\n{cut(source, PROGRAM_BYTES)}\n\n{told}"
        following = "" if self._over else asks(self._stage(self._turn))
        if not self._history:
            return told + following
        return with_history(self.task.prompt, self._stages, self._texts, self._last, following)


def _played(
    stages: Iterable[str | Stage] | None, attempts: int, max_turns: int | None
) -> tuple[tuple[Stage, ...], int]:
    """The stages of an episode and its most turns. Raises `ChoiceError`."""
    known = {stage.name: stage for stage in STAGES}
    chosen: list[Stage] = []
    for stage in STAGES if stages is None else (stages,) if isinstance(stages, str) else stages:
        if isinstance(stage, str):
            check_choice("stage", stage, known)
        chosen.append(known[stage] if isinstance(stage, str) else stage)
    if [stage.kind for stage in chosen] != ["text"] * (len(chosen) - 1) + ["code"]:
        raise ChoiceError("the last stage, and no other, must ask for code")
    if attempts < 1:
        raise ChoiceError(f"attempts must be at least 1, but is {attempts}")
    if max_turns is None:
        return tuple(chosen), len(chosen) - 1 + attempts
    if attempts != 1:
        raise ChoiceError("give attempts or max_turns, not both")
    return tuple(chosen[-max(max_turns, 1) :]), max_turns


def asks(stage: Stage) -> str:
    """What an agent reads when a stage is asked for."""
    return f"## Now: {stage.name}\n\n{stage.instruction}\n"


def with_history(prompt: str, stages: Sequence[Stage], texts: Sequence[str], *rest: str) -> str:
    """An observation that shows the problem, the texts that were written for the first stages, and
    the rest, as far as there is any."""
    parts = [
        f"## Written for: {stage.name}\n\n{cut(text, STAGE_BYTES)}\n"
        for stage, text in zip(stages, texts, strict=False)
    ]
    return "\n".join(part for part in (prompt, *parts, *rest) if part)


def cut(text: str, most: int) -> str:
    """A text that an observation can hold: its first `most` bytes in UTF-8, and a note where that
    is not all; lone surrogates are question marks."""
    data = text.encode("utf-8", "replace")
    return data.decode() if len(data) <= most else data[:most].decode("utf-8", "ignore") + _CUT


def open_set(tasks_from: str | PythonSet, verifier: PythonVerifier) -> PythonSet:
    """The set of this name (`tasks.python_sets`), or one that is open. Raises as `PythonSet`."""
    return PythonSet(tasks_from, verifier) if isinstance(tasks_from, str) else tasks_from


class PythonReasoningVectorEnv(CodeVectorEnv):
    """`num_envs` episodes of `PythonReasoningEnv` over one verifier, with what that takes; see
    `gymnasium.make_vec`."""

    env_class = PythonReasoningEnv
