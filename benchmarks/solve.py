"""Problems solved in stages, as `PythonReasoning-v0` asks for them: inference, without an episode.

One problem is solved before one's eyes, stage by stage; a file of problems leaves a row each in
`solutions.jsonl` as it is solved, and can be gone on with after a kill.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..agents.agent import (
    Agent,
    AgentError,
    AnswerError,
    AnsweringAgent,
    Conversing,
    Metered,
)
from ..agents.lock import files
from ..envs.feedback import feedback_text
from ..envs.reasoning import Stage, asks, program, with_history
from ..verifiers.python.toolchain import PythonVerifier
from ..verifiers.task import Task
from ..verifiers.verdict import Verdict
from ..verifiers.verifier import judge
from .asking import text_seed
from .records import OutputError, Rows, own_folder, write_json

CONFIG, ROWS = "config.json", "solutions.jsonl"

OnStage = Callable[[str, str], None]


def _silently(_name: str, _text: str) -> None:
    """Tells nobody."""


class SolveError(ValueError):
    """What cannot be begun or gone on with; the message is one sentence for the user."""


@dataclass(frozen=True, slots=True)
class Solution:
    """What came of one problem.

    `reasoning` is what was written at each stage of text, by name. `tests` are how many passed of
    how many, None where none were run: there are none, or nobody wanted to. `failed` says what went
    wrong with those that are public. `failure`: the machine's, which says nothing of the program.
    `tokens`: sampled, None where the agent does not say.
    """

    id: str
    program: str
    reasoning: dict[str, str]
    attempts: int
    tests: tuple[int, int] | None
    failed: tuple[str, ...] = ()
    failure: str | None = None
    agent_error: str | None = None
    tokens: int | None = None
    seconds: float = 0.0

    @property
    def solved(self) -> bool | None:
        """Whether all tests passed; None where none were run."""
        return None if self.tests is None else self.tests[0] == self.tests[1]

    def to_json(self) -> dict[str, Any]:
        """This solution as JSON data."""
        return {**asdict(self), "solved": self.solved}


@dataclass(frozen=True, slots=True)
class SolveConfig:
    """How problems are solved. `max_text_tokens`, `max_new_tokens`: of a text and of a program,
    for agents that keep a conversation (None: the agent's own). `attempts`: programs at most, where
    there are tests. `run_tests`: whether programs are run at all."""

    agent: str
    stages: tuple[Stage, ...]
    seed: int = 0
    attempts: int = 1
    run_tests: bool = True
    max_text_tokens: int | None = None
    max_new_tokens: int | None = None

    def to_json(self) -> dict[str, Any]:
        """All of it, by name."""
        return {**asdict(self), "stages": [stage.name for stage in self.stages]}


def solve(
    agent: Agent,
    task: Task,
    config: SolveConfig,
    *,
    verifier: PythonVerifier | None,
    number: int = 0,
    on_stage: OnStage = _silently,
) -> Solution:
    """One problem. `number` is its place among others, which its seeds follow from; `on_stage`
    hears of each text and program when it is written.

    An error of the agent's is told in the solution.
    """
    started = time.perf_counter()
    texts: list[str] = []
    heard: list[str] = [f"{task.prompt}\n{asks(config.stages[0])}"]
    source, verdict, tokens, turn = "", None, [], 0
    last = ""
    error = None
    try:
        while turn < len(config.stages) - 1 + config.attempts:
            stage = config.stages[min(turn, len(config.stages) - 1)]
            shown = with_history(task.prompt, config.stages, texts, last, asks(stage))
            most = config.max_new_tokens if stage.kind == "code" else config.max_text_tokens
            answer = _asked(agent, heard, shown, text_seed(config.seed, number, turn), most)
            if isinstance(agent, Metered) and agent.tokens:
                tokens.append(agent.tokens[-1] or 0)
            turn += 1
            if stage.kind == "text":
                texts.append(answer)
                on_stage(stage.name, answer)
                heard += [answer, asks(config.stages[turn])]
                continue
            source = program(answer, task)
            on_stage(stage.name, source)
            if verifier is None or not task.tests:
                break
            (verdict,), _ = judge(verifier, [(task, source)])
            if verdict.accepted or not verdict.valid:
                break
            attempt = turn - len(config.stages) + 1
            told = feedback_text(verdict, source, turn=attempt, max_turns=config.attempts)
            last = f"## Written for: {stage.name}\n\n{source}\n\n{told}"
            heard += [answer, f"{told}{asks(stage)}"]
    except (AgentError, AnswerError) as failed:
        error = str(failed)
    return Solution(
        id=task.id,
        program=source,
        reasoning={s.name: t for s, t in zip(config.stages, texts, strict=False)},
        attempts=max(0, turn - len(config.stages) + 1),
        tests=_passed(verdict),
        failed=() if verdict is None else tuple(d.message for d in verdict.diagnostics),
        failure=None if verdict is None or verdict.valid else str(verdict.failure),
        agent_error=error,
        tokens=sum(tokens) if tokens else None,
        seconds=round(time.perf_counter() - started, 3),
    )


def _asked(agent: Agent, heard: Sequence[str], shown: str, seed: int, most: int | None) -> str:
    if isinstance(agent, AnsweringAgent):
        (said,) = agent.answers([heard], seeds=[seed])
        if said.error is not None:
            raise said.error
        return said.program
    if isinstance(agent, Conversing):
        return agent.converse([heard], seeds=[seed], max_new_tokens=most)[0]
    return agent.generate([shown], seeds=[seed])[0]


def _passed(verdict: Verdict | None) -> tuple[int, int] | None:
    if verdict is None or not verdict.valid:
        return None
    counts = verdict.facts.get("tests")
    if counts is None:
        return None
    return (
        sum(count["passed"] for count in counts.values()),
        sum(count["total"] for count in counts.values()),
    )


def solve_all(
    agent: Agent,
    tasks: Sequence[Task],
    config: SolveConfig,
    out: Path,
    *,
    verifier: PythonVerifier | None,
    resume: bool = False,
) -> Iterator[Solution]:
    """All problems, each a row of `out` before the next one begins; those that are there already
    are passed over where it is gone on with. Of a solution with an agent's or a machine's failure
    there is a row, and it is tried again then.

    Raises `SolveError` when `out` holds other solutions, or any and `resume` is False;
    `OutputError`; `agents.lock.FolderInUseError` while another process works in `out`.
    """
    with own_folder(out):
        wanted = {**config.to_json(), "problems": [task.key for task in tasks]}
        path = out / CONFIG
        if path.exists():
            if not resume:
                raise SolveError(
                    f"{out} already holds solutions: go on with --resume, or name another"
                )
            try:
                held = json.loads(path.read_text(encoding="utf-8"))
            except ValueError as error:
                raise SolveError(f"{path} is damaged: {error}") from error
            if held != json.loads(json.dumps(wanted)):
                differing = next(k for k in {**held, **wanted} if held.get(k) != wanted.get(k))
                raise SolveError(
                    f"{out} holds solutions with other {differing}; name another folder"
                )
        elif files(out):
            raise SolveError(f"{out} holds something else; name another folder")
        else:
            write_json(path, wanted)
        try:
            rows = Rows(out / ROWS)
        except ValueError as error:
            raise SolveError(str(error)) from error
        with rows:
            done = {
                row["id"]
                for row in rows.kept
                if row["failure"] is None and row["agent_error"] is None
            }
            for number, task in enumerate(tasks):
                if task.id in done:
                    continue
                solution = solve(agent, task, config, verifier=verifier, number=number)
                rows.append(solution.to_json())
                yield solution


def solutions(out: Path) -> list[dict[str, Any]]:
    """What `solve_all` left in `out`: the last row of each problem."""
    try:
        with Rows(out / ROWS) as rows:
            return list({row["id"]: row for row in rows.kept}.values())
    except OSError as error:
        raise OutputError(out / ROWS, error) from error
