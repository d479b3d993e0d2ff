"""An agent in an environment: a row an episode, written as it ends (`summary` adds them up).

The environment is reached through Gymnasium's interface, many episodes side by side. The eval
split is its frozen set of tasks, in turn; episodes of one task are a cluster to every interval. An
episode on which the machine failed is kept as a row, left out of every figure, counted, and played
again when the evaluation is resumed. One that the agent did not answer is paid nothing, counted by
the kind of its error, and played again, too.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..agents.agent import (
    Agent,
    AgentSetupError,
    Answer,
    AnswerError,
    AnsweringAgent,
    Configured,
    Conversing,
    ErrorKind,
    Metered,
    transcript,
    without_address,
)
from ..agents.memory import MemoryExhaustedError, is_out_of_memory
from ..envs.registration import LANGUAGES, TRANSCRIPTS
from ..envs.tasks.families import FamilyTasks
from .baselines import TaskAgent
from .records import Rows, make_folder, write_json
from .summary import Summary, summarise

if TYPE_CHECKING:
    from ..envs.tasks.task_set import TaskSet
    from ..verifiers.task import Task
    from ..verifiers.verdict import Diagnostic, Verdict
    from ..verifiers.verifier import Verifier

CONFIG, ROWS, SUMMARY = "config.json", "rows.jsonl", "summary.json"

# Prompts answered at a time: enough to fill a small model's batch, few enough to see rows come.
BATCH = 64

# Of a refusal the first messages carry the news; a row is to stay readable.
KEPT_DIAGNOSTICS, KEPT_MESSAGE = 3, 400

# Where each environment keeps the frozen evaluation set of a kind of tasks: `tasks("eval")`.
TASKS = {
    ("CompactContract-v0", None): "..envs.tasks.compact",
    ("CompactContract-v0", "open"): "..envs.tasks.compact",
    ("CompactContract-v0", "spec"): "..envs.tasks.compact_spec",
    ("PythonReasoning-v0", None): "..envs.tasks.python",
    ("PythonTests-v0", None): "..envs.tasks.python_tests",
    ("RustCode-v0", None): "..envs.tasks.rust",
    ("VerilogModule-v0", None): "..envs.tasks.verilog",
}

# What programs of an environment are paid by where nobody says.
REWARDS = {
    "CompactContract-v0": "compactlora",
    "PythonReasoning-v0": "staged",
    "PythonTests-v0": "test-writer",
    "RustCode-v0": "staged",
    "VerilogModule-v0": "staged",
}

# The environments that take sets of tasks that people know.
SETS = ("PythonReasoning-v0", "RustCode-v0", "VerilogModule-v0")

# What may differ between the parts of one evaluation: no row depends on them.
_MAY_CHANGE = frozenset(("samples", "budget", "image"))

# What `reset` says of an episode's task.
_ABOUT = ("task_id", "task_key", "family", "difficulty", "toolchain")

Row = dict[str, Any]


def _ignore(rows: list[Row]) -> None:
    """Looks at no rows."""


class EvaluationError(ValueError):
    """An evaluation that cannot begin or go on; the message is one sentence for the user."""


@dataclass(frozen=True, slots=True)
class EvaluationConfig:
    """What is evaluated: everything that decides which rows come out.

    `samples` is how many episodes there are in all: episode i is about frozen task i modulo their
    number. `turns` is the most programs in an episode; what the last one is paid counts. `budget`,
    where there is one, is the most programs that are judged in all: an episode begins only if all
    its turns are left.
    """

    env: str
    agent: str
    samples: int
    split: str = "eval"
    seed: int = 0
    toolchain: str = "auto"
    reward: str = "compactlora"
    tasks: str | None = None
    """Which of the environment's kinds of tasks; None: its default kind."""
    tasks_from: str | None = None
    """A set of tasks that people know, ``KIND:FOLDER``; None: ForgeGym's own."""
    families: tuple[str, ...] | None = None
    """Only tasks of these families; of the eval split then all that were held out, and not one of
    each difficulty."""
    turns: int = 1
    budget: int | None = None

    def __post_init__(self) -> None:
        """Raises `EvaluationError` for a kind of tasks that the environment has not, and a budget
        that is too small for an episode."""
        if self.families is not None:  # as JSON has them, too
            object.__setattr__(self, "families", tuple(self.families))
        if self.tasks is not None and (self.env, self.tasks) not in TASKS:
            raise EvaluationError(f"{self.env} has one kind of tasks, and no {self.tasks!r}")
        if self.tasks is not None and TASKS[self.env, self.tasks] == TASKS[self.env, None]:
            object.__setattr__(self, "tasks", None)  # the default kind, by its name
        if self.budget is not None and self.budget < self.turns:
            raise EvaluationError(
                f"a budget of {self.budget} programs begins no episode of {self.turns} turns"
            )


def sample_seed(seed: int, index: int, purpose: str) -> int:
    """The seed of one sample's task or text, by hashing: no two evaluations share samples."""
    digest = hashlib.sha256(f"forgegym evaluate {seed} {index} {purpose}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1  # Gymnasium's seeds are non-negative int64


def text_seed(seed: int, index: int, turn: int = 0) -> int:
    """The seed that the agent is given for the program of a turn (from 0) of an episode."""
    return sample_seed(seed, index, "text" if turn == 0 else f"text {turn}")


def source_sha256(source: str) -> str:
    """Of a program, in hexadecimal; halves of surrogate pairs count as three bytes each."""
    return hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()


# ---------------------------------------------------------------- playing


@dataclass(slots=True)
class Episode:
    """One that is being played: what the agent reads, and what became of its programs.

    `task` is None where the environment chose it. `conversation`: see `AnsweringAgent.answers`.
    `attempts` holds, for each program that was judged, the program, what it was paid, and what
    `step` said of it. `answers`: the agent's, one a turn.
    """

    index: int
    seed: int
    prompt: str
    task: Task | None
    about: dict[str, Any]
    conversation: list[str]
    attempts: list[tuple[str, float, dict[str, Any]]] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    over: bool = False
    seconds: float = 0.0

    @property
    def error(self) -> AnswerError | None:
        """Why the agent has not answered."""
        return self.answers[-1].error if self.answers else None

    def total(self, name: str) -> Any:
        """The sum of a figure of its answers, None where it is known of none."""
        known = [n for n in (getattr(answer, name) for answer in self.answers) if n is not None]
        return sum(known) if known else None


Ask = Callable[[Sequence[Episode]], list[Answer]]
"""What answers episodes, in their order."""


def asked(agent: Agent | TaskAgent, seed: int) -> Ask:
    """How an agent answers: by what it reads, or, for a `TaskAgent`, by the task.

    From the second turn on it reads the prompt, its programs, and what was said of each.
    """

    def seeds_of(episodes: Sequence[Episode]) -> list[int]:
        return [text_seed(seed, e.index, len(e.attempts)) for e in episodes]

    def by_conversation(episodes: Sequence[Episode]) -> list[Answer]:
        assert isinstance(agent, AnsweringAgent)
        return agent.answers([e.conversation for e in episodes], seeds=seeds_of(episodes))

    def by_text(episodes: Sequence[Episode]) -> list[Answer]:
        assert isinstance(agent, Agent)
        seeds = seeds_of(episodes)
        if isinstance(agent, Conversing):
            texts = agent.converse([e.conversation for e in episodes], seeds=seeds)
        else:
            texts = agent.generate([transcript(e.conversation) for e in episodes], seeds=seeds)
        told = agent.tokens if isinstance(agent, Metered) else None
        tokens = [None] * len(texts) if told is None else list(told)
        if len(tokens) != len(texts):
            raise AnswerError(
                ErrorKind.GARBAGE, f"{len(tokens)} numbers of tokens for {len(texts)} programs"
            )
        return [Answer(text, count) for text, count in zip(texts, tokens, strict=True)]

    def by_task(episodes: Sequence[Episode]) -> list[Answer]:
        assert isinstance(agent, TaskAgent)
        tasks = [e.task for e in episodes if e.task is not None]
        if len(tasks) < len(episodes):
            raise EvaluationError(
                f"the agent {agent.name!r} answers frozen tasks only: take the eval split"
            )
        return [Answer(agent.answer(task)) for task in tasks]

    if isinstance(agent, TaskAgent):
        return by_task
    return by_conversation if isinstance(agent, AnsweringAgent) else by_text


def _sound(answer: object) -> Answer:
    """An answer as rows can hold it: agents from outside are not type-checked.

    Raises `AnswerError` for what is none.
    """
    if not isinstance(answer, Answer):
        raise AnswerError(ErrorKind.GARBAGE, f"an answer is no {type(answer).__name__}")
    if not isinstance(answer.program, str):
        told = f"a program is a str, not {type(answer.program).__name__}"
        raise AnswerError(ErrorKind.GARBAGE, told)
    cost = answer.cost
    if cost is not None:
        if not isinstance(cost, Real) or not 0 <= cost < math.inf:
            raise AnswerError(ErrorKind.GARBAGE, f"the cost of an answer cannot be {cost!r}")
        cost = float(cost)
    return Answer(
        str(answer.program),
        _count(answer.tokens),
        _count(answer.prompt_tokens),
        cost,
        None if answer.error is None else _sound_error(answer.error),
    )


def _count(tokens: object) -> int | None:
    if tokens is None:
        return None
    if not isinstance(tokens, Integral) or isinstance(tokens, bool) or tokens < 0:  # numpy's, too
        raise AnswerError(ErrorKind.GARBAGE, f"a number of tokens cannot be {tokens!r}")
    return int(tokens)


def _sound_error(error: BaseException) -> AnswerError:
    """What an agent raised, as an error that has a kind."""
    if isinstance(error, SystemExit):
        return AnswerError(ErrorKind.CRASHED, f"it called sys.exit({error.code!r})")
    if not isinstance(error, AnswerError):
        return AnswerError(ErrorKind.CRASHED, f"{type(error).__name__}: {error}")
    try:
        return AnswerError(ErrorKind(error.kind), str(error))
    except ValueError:
        return AnswerError(ErrorKind.CRASHED, f"{error.kind}: {error}")


def _ask(ask: Ask, episodes: Sequence[Episode]) -> list[str]:
    """Their programs; an episode whose agent raises has an `error`, and its program is empty.

    Failures of the machine (memory) and sentences for the user go through.
    """
    began = time.monotonic()
    try:
        answers = ask(episodes)
        if len(answers) != len(episodes):
            told = f"{len(answers)} programs for {len(episodes)} prompts"
            raise AnswerError(ErrorKind.GARBAGE, told)
    except (EvaluationError, AgentSetupError, MemoryExhaustedError):
        raise
    except (Exception, SystemExit) as error:
        if is_out_of_memory(error):
            raise
        if len(episodes) > 1:  # one by one, so that the others keep what they would have had
            return [text for episode in episodes for text in _ask(ask, [episode])]
        answers = [Answer(error=_sound_error(error))]
    spent = (time.monotonic() - began) / len(episodes)
    programs = []
    for episode, answer in zip(episodes, answers, strict=True):
        try:
            kept = _sound(answer)
        except AnswerError as error:
            kept = Answer(error=error)
        episode.seconds += spent
        episode.answers.append(kept)
        programs.append(kept.program)
    return programs


def play(
    ask: Ask,
    config: EvaluationConfig,
    indices: Sequence[int],
    *,
    batch: int = BATCH,
    workers: int | None = None,
    spent: int = 0,
) -> Iterator[list[Row]]:
    """The judged rows of the episodes at `indices`, batch by batch.

    `workers`: programs judged at a time (None: one per CPU). `spent`: what is gone of the budget. A
    row depends on the configuration and its own index only. Raises what `gymnasium.make_vec` raises
    for an environment, toolchain, reward or split that is not there.
    """
    import gymnasium
    from gymnasium.vector import AutoresetMode

    left = None if config.budget is None else config.budget - spent
    if not indices or (left is not None and left < config.turns):
        return
    frozen = frozen_tasks(config)
    width = min(batch, len(indices))
    options: dict[str, Any] = {} if workers is None else {"workers": workers}
    if config.families is not None:
        options["families"] = config.families
    envs: Any = gymnasium.make_vec(
        f"forgegym:{config.env}",
        num_envs=width,
        toolchain=config.toolchain,
        reward=config.reward,
        split=config.split,
        **kind_of_tasks(config.tasks),
        **options,
        # What an agent reads is the conversation.
        **TRANSCRIPTS.get(config.env, {}),
        max_turns=config.turns,
        autoreset_mode=AutoresetMode.DISABLED,
    )
    try:
        at = 0
        while at < len(indices):
            room = width if left is None else min(width, left // config.turns)
            part = list(indices[at : at + room])
            if not part:
                return
            at += len(part)
            episodes = _begin(envs, config, part, frozen)
            _play(envs, ask, episodes, config)
            rows = [_row(episode, config) for episode in episodes]
            if left is not None:
                left -= sum(row["turns"] for row in rows)
            yield rows
    finally:
        envs.close()


def _begin(
    envs: Any, config: EvaluationConfig, part: Sequence[int], frozen: Sequence[Task]
) -> list[Episode]:
    # A vector environment has a fixed width: the last batch repeats its last episode.
    padded = list(part) + [part[-1]] * (envs.num_envs - len(part))
    tasks = [frozen[i % len(frozen)] for i in padded] if frozen else None
    prompts, about = envs.reset(
        seed=[sample_seed(config.seed, i, "task") for i in padded],
        options=None if tasks is None else {"tasks": tasks},
    )
    return [
        Episode(
            index=index,
            seed=text_seed(config.seed, index),
            prompt=prompts[at],
            task=tasks[at] if tasks else None,
            about={name: about[name][at] for name in _ABOUT},
            conversation=[prompts[at]],
        )
        for at, index in enumerate(part)
    ]


def _play(envs: Any, ask: Ask, episodes: Sequence[Episode], config: EvaluationConfig) -> None:
    """All turns of a batch of episodes."""
    programs = [""] * envs.num_envs
    for _ in range(config.turns):
        playing = [(at, e) for at, e in enumerate(episodes) if not e.over]
        if not playing:
            return
        texts = _ask(ask, [episode for _, episode in playing])
        for (at, _), text in zip(playing, texts, strict=True):
            programs[at] = text
        for at in range(len(episodes), len(programs)):
            programs[at] = programs[len(episodes) - 1]
        said, rewards, terminated, truncated, infos = envs.step(tuple(programs))
        for at, episode in playing:
            if episode.error is None:
                info = {name: infos[name][at] for name in ("verdict", "solved")}
                info["components"] = _own(infos["components"], at)
                episode.attempts.append((programs[at], float(rewards[at]), info))
                episode.conversation += (programs[at], said[at])
            failed = not infos["valid"][at]
            episode.over = bool(terminated[at] or truncated[at] or failed or episode.error)


def _own(infos: Mapping[str, Any], at: int) -> dict[str, float]:
    """One environment's part of a dictionary in Gymnasium's vector convention."""
    names = [name for name in infos if not name.startswith("_")]
    return {name: float(infos[name][at]) for name in names if infos[f"_{name}"][at]}


def _row(episode: Episode, config: EvaluationConfig) -> Row:
    row: Row = {
        "index": episode.index,
        "seed": episode.seed,
        "task_id": episode.about["task_id"],
        "task_key": episode.about["task_key"],
        "family": episode.about["family"],
        "difficulty": int(episode.about["difficulty"]),
        "prompt": episode.prompt,
        "turns": len(episode.attempts),
        "tokens": episode.total("tokens"),
        "agent_error": _told_error(episode.error),
    }
    for name in ("prompt_tokens", "cost"):  # few agents know
        if (amount := episode.total(name)) is not None:
            row[name] = amount
    judged = [_judged(*attempt, LANGUAGES[config.env]) for attempt in episode.attempts]
    judging = sum(info["verdict"].seconds for _, _, info in episode.attempts)
    seconds = {"agent": round(episode.seconds, 4), "judging": round(judging, 4)}
    if episode.error is None:
        earlier = {"attempts": judged[:-1]} if len(judged) > 1 else {}
        return {**row, **judged[-1], **earlier, "seconds": seconds}
    nothing = unanswered(episode.about["toolchain"], LANGUAGES[config.env])
    return {**row, **nothing, "seconds": seconds, "attempts": judged}


def unanswered(toolchain: str, language: str) -> Row:
    """What the row of an episode says of the program that its agent has not written."""
    nothing: Row = {
        "source": "",
        "sha256": source_sha256(""),
        "reward": 0.0,
        "components": {},
        "valid": True,
        "failure": None,
        "stage": "agent",
        "compiled": False,
        "accepted": False,
        "solved": False,
        "tests": None,
        "diagnostics": [],
        "toolchain": toolchain,
    }
    if language == "compact":
        nothing |= {"complexity": None, "decisions": {}, "structures": []}
    return nothing


def _told_error(error: AnswerError | None) -> dict[str, str] | None:
    if error is None:
        return None
    return {"kind": error.kind.value, "message": str(error)[:KEPT_MESSAGE]}


def _judged(source: str, reward: float, info: Mapping[str, Any], language: str) -> Row:
    """What a row holds of one program."""
    verdict: Verdict = info["verdict"]
    tests = verdict.facts.get("tests")
    judged: Row = {
        "source": source,
        "sha256": source_sha256(source),
        "reward": reward,
        "components": dict(info["components"]),
        "valid": verdict.valid,
        "failure": None if verdict.failure is None else asdict(verdict.failure),
        "stage": verdict.stage,
        "compiled": verdict.compiled,
        "accepted": verdict.accepted,
        "solved": bool(info["solved"]),
        "tests": None
        if tests is None
        else {kind: [count["passed"], count["total"]] for kind, count in tests.items()},
        "diagnostics": [_told(d) for d in verdict.diagnostics[:KEPT_DIAGNOSTICS]],
        "toolchain": str(verdict.toolchain),
    }
    if language == "compact":
        complexity = verdict.metrics.get("complexity")
        decisions, structures = _shape(verdict)
        judged["complexity"] = None if complexity is None else int(complexity)
        judged["decisions"], judged["structures"] = decisions, structures
    return judged


def _told(diagnostic: Diagnostic) -> dict[str, Any]:
    message = diagnostic.message
    if len(message) > KEPT_MESSAGE:
        message = message[: KEPT_MESSAGE - 1] + "…"
    place = {"line": diagnostic.line, "column": diagnostic.column}
    known = {name: value for name, value in place.items() if value is not None}
    return {"severity": diagnostic.severity.value, "message": message, **known}


def _shape(verdict: Verdict) -> tuple[dict[str, int], list[str]]:
    """The decisions by kind and each circuit's structure, as the verifier measured them."""
    prefix = "decisions."
    decisions = {
        name.removeprefix(prefix): int(count)
        for name, count in verdict.metrics.items()
        if name.startswith(prefix)
    }
    structures = [circuit["structure"] for circuit in verdict.facts.get("circuits", ())]
    return decisions, structures


def frozen_tasks(config: EvaluationConfig) -> list[Task]:
    """The tasks that an evaluation goes through in turn: the environment's frozen set, or what is
    held out of some families.

    None for the training split, whose tasks come from the samples' seeds. Raises `EvaluationError`
    for an environment without families, `ChoiceError` for a family that there is not.
    """
    if config.tasks_from is not None:
        return list(_of_a_set(config.env, config.tasks_from))
    if config.split != "eval":
        return []
    module = importlib.import_module(TASKS[config.env, config.tasks], __package__)
    if config.families is None:
        return list(module.tasks("eval"))
    if not isinstance(known := getattr(module, "TASKS", None), FamilyTasks):
        raise EvaluationError(f"{config.env} has no families whose held-out tasks can all be tried")
    return list(known.every("eval", families=config.families))


def tasks_digest(tasks: Iterable[Task]) -> str:
    """The hash of a set of tasks: of their keys, in order."""
    return keys_digest(task.key for task in tasks)


def keys_digest(keys: Iterable[str]) -> str:
    """See `tasks_digest`."""
    return hashlib.sha256("\n".join(keys).encode("utf-8", "surrogatepass")).hexdigest()


@lru_cache(maxsize=4)  # to read one, some sets run every reference
def _of_a_set(env: str, source: str) -> tuple[Task, ...]:
    """Raises as `open_set`."""
    with open_set(env, source) as (opened, _):
        return tuple(opened.tasks())


@contextmanager
def open_set(env: str, source: str, **options: Any) -> Iterator[tuple[TaskSet, Verifier]]:
    """A set of tasks that people know (``KIND:PATH``), and the verifier that has read it, made with
    `options` (`sandbox`, `workers`).

    Raises `EvaluationError` for an environment that has no sets, and what reading one raises.
    """
    from ..envs.tasks.python_sets import PythonSet
    from ..envs.tasks.rust_sets import RustSet
    from ..envs.tasks.verilog_sets import VerilogSet
    from ..verifiers.python.toolchain import PythonVerifier
    from ..verifiers.rust.toolchain import RustVerifier
    from ..verifiers.verilog.toolchain import VerilogVerifier

    if env not in SETS:
        raise EvaluationError(f"there are no sets of tasks for {env}")
    if env == "PythonReasoning-v0":
        python = PythonVerifier(**options)
        with closing(python):
            yield PythonSet(source, python), python
    elif env == "RustCode-v0":
        rust = RustVerifier(**options)
        with closing(rust):
            yield RustSet(source, rust), rust
    else:
        verilog = VerilogVerifier(lint=False, **options)
        with closing(verilog):
            yield VerilogSet(source, verilog), verilog


def sample(
    agent: Agent | TaskAgent, config: EvaluationConfig, indices: Sequence[int], **options: Any
) -> Iterator[list[Row]]:
    """The rows of an agent's episodes at `indices`, batch by batch; options and errors: `play`."""
    yield from play(asked(agent, config.seed), config, indices, **options)


def evaluate(agent: Agent | TaskAgent, config: EvaluationConfig) -> list[Row]:
    """All rows of an evaluation, kept in memory only. Raises as `play`."""
    return [row for rows in sample(agent, config, range(config.samples)) for row in rows]


def evaluate_into(
    folder: Path,
    agent: Agent | TaskAgent,
    config: EvaluationConfig,
    *,
    spec: str | None = None,
    options: Mapping[str, Any] | None = None,
    resume: bool = False,
    workers: int | None = None,
    on_rows: Callable[[list[Row]], None] = _ignore,
) -> Summary:
    """An evaluation into a folder: `config.json`, `rows.jsonl` as they come, `summary.json`.

    `spec`, `options`: what the agent was made from (`agents.agent.load_agent`), as far as anybody
    knows.

    Rows of frozen tasks are written without their prompt, which the task has. With `resume` the
    rows already there are kept, and episodes are played that are missing, on which the machine
    failed, or which the agent did not answer. Raises `EvaluationError` when the folder holds
    results and `resume` is False, damaged ones, or results of another configuration or of another
    agent; `AgentSetupError` when the agent cannot answer at all as it is set up;
    `records.OutputError` when it cannot be written.
    """
    described = described_config(agent, config, spec, options)
    make_folder(folder)
    _check_claim(folder, described, resume=resume)
    _check_room(folder, config)
    write_json(folder / CONFIG, described)
    prompts = described["tasks_digest"] is None
    with Rows(folder / ROWS) as file:
        rows = list(file.kept)
        done = {row["index"]: row["turns"] for row in rows if _stays(row)}
        began = time.monotonic()
        missing = [i for i in range(config.samples) if i not in done]
        spent = sum(done.values())
        for fresh in sample(agent, config, missing, workers=workers, spent=spent):
            for row in fresh:
                file.append({k: v for k, v in row.items() if prompts or k != "prompt"})
            rows += fresh
            on_rows(fresh)
    summary = summarise(rows, LANGUAGES[config.env])
    write_json(
        folder / SUMMARY,
        {
            "config": asdict(config),
            "summary": summary.to_json(),
            "seconds": time.monotonic() - began,
        },
    )
    return summary


def _stays(row: Row) -> bool:
    """Whether a row is not played again when its evaluation is resumed."""
    return row["valid"] and row["agent_error"] is None


def read_rows(folder: Path) -> list[Row]:
    """The rows of an evaluation in a folder, by index; of one taken again, the last."""
    with Rows(folder / ROWS) as file:
        rows = {row["index"]: row for row in file.kept}
    return [rows[index] for index in sorted(rows)]


def kind_of_tasks(tasks: str | None) -> dict[str, Any]:
    """The environment's argument that chooses them; none where it has only one kind."""
    return {} if tasks is None else {"tasks": tasks}


def described_config(
    agent: Agent | TaskAgent,
    config: EvaluationConfig,
    spec: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What a results folder says of its evaluation: all that replaying it needs.

    Beside the configuration: ``resolved_toolchain`` (name and version), ``image`` (the digest of
    the image that programs ran in, None without one), ``tasks_digest`` (of the frozen tasks, None
    for the training split), ``oracle`` (whether the agent sees what an agent may not see),
    ``agent_spec`` (what it was made from, without an endpoint's address), ``agent_settings`` (what
    its programs depend on, as it says itself, or else the options that it was made with) and
    ``forgegym`` (the version). Raises as `gymnasium.make` does.
    """
    toolchain, image = resolved_toolchain(config)
    frozen = frozen_tasks(config)
    settings = dict(agent.settings if isinstance(agent, Configured) else options or {})
    try:
        json.dumps(settings, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise EvaluationError(f"the agent's settings are no JSON data: {error}") from error
    return {
        **asdict(config),
        "resolved_toolchain": toolchain,
        "image": image,
        "tasks_digest": tasks_digest(frozen) if frozen else None,
        "oracle": isinstance(agent, TaskAgent) and agent.oracle,
        "agent_spec": None if spec is None else without_address(spec),
        "agent_settings": settings,
        "forgegym": __version__,
    }


def resolved_toolchain(config: EvaluationConfig) -> tuple[str, str | None]:
    """The name and version of the toolchain that will judge, and the digest of its image if it is
    in one. Raises as `gymnasium.make` does."""
    import gymnasium

    env: Any = gymnasium.make(
        f"forgegym:{config.env}",
        toolchain=config.toolchain,
        reward=config.reward,
        split=config.split,
        **kind_of_tasks(config.tasks),
    ).unwrapped
    try:
        return str(env.verifier.toolchain), _image(env.verifier.sandbox, LANGUAGES[config.env])
    finally:
        env.close()


def _image(sandbox: str | None, language: str) -> str | None:
    if sandbox != "docker":
        return None
    from ..verifiers.sandbox import docker, images

    return images.find(docker.connect(), language).digest


def _check_claim(folder: Path, wanted: Mapping[str, Any], *, resume: bool) -> None:
    """Raises `EvaluationError` unless `folder` is this evaluation's, or can become it."""
    path, rows = folder / CONFIG, folder / ROWS
    if not path.exists():
        if any(folder.iterdir()):
            raise EvaluationError(
                f"{folder} holds files that are no evaluation; name an empty or a new folder"
            )
        return
    if not (rows.exists() and rows.stat().st_size) and not resume:
        return  # one that could not begin, because its agent was set up wrongly
    if not resume:
        raise EvaluationError(
            f"{folder} already holds an evaluation; continue it with --resume or name another "
            "folder"
        )
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise EvaluationError(f"{path} is damaged: {error}") from error
    asked = json.loads(json.dumps(wanted))  # as JSON has it: no tuples
    # More samples of the same evaluation are welcome: a row depends on its own index only.
    for key in sorted(asked.keys() - _MAY_CHANGE):
        if found.get(key) != asked[key]:
            raise EvaluationError(
                f"{folder} was evaluated with {key} = {found.get(key)!r}, not {asked[key]!r}; "
                "resume it as it began or name another folder"
            )


def _check_room(folder: Path, config: EvaluationConfig) -> None:
    """Raises `EvaluationError` where a line of the rows is none, or more is there than was asked
    for: what of it counts, nobody could say."""
    if not (folder / ROWS).exists():
        return
    try:
        rows = read_rows(folder)
        spent = sum(row["turns"] for row in rows if _stays(row))
    except ValueError as error:
        raise EvaluationError(f"{error}; mend or remove that line to go on") from error
    except LookupError as error:
        raise EvaluationError(f"a row of {folder / ROWS} has no {error}") from error
    if rows and rows[-1]["index"] >= config.samples:
        last = rows[-1]["index"]
        raise EvaluationError(
            f"{folder} holds episode {last} already; go on with more than {last} episodes"
        )
    if config.budget is not None and spent > config.budget:
        raise EvaluationError(
            f"{folder} has judged {spent} programs already; go on with a budget that allows them"
        )
