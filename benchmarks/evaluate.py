"""An agent in an environment: a row an episode, written as it ends (`summary` adds them up).

The environment is reached through Gymnasium's interface, many episodes side by side. The eval
split is its frozen set of tasks, in turn; episodes of one task are a cluster to every interval. An
episode on which the machine failed is kept as a row, left out of every figure, counted, and played
again when the evaluation is resumed. One that the agent did not answer is paid nothing, counted by
the kind of its error, and played again, too.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..agents.agent import Agent, Configured, without_address
from ..agents.lock import files
from ..envs.code_env import step_together
from ..envs.registration import LANGUAGES, TRANSCRIPTS
from .asking import BATCH, Asking, Episode, sample_seed, text_seed, way_to
from .baselines import TaskAgent
from .evaluation_config import (
    EvaluationConfig,
    EvaluationError,
    frozen_tasks,
    kind_of_tasks,
    tasks_digest,
)
from .evaluation_rows import Row, row_of
from .records import Rows, own_folder, write_json
from .summary import Summary, summarise

if TYPE_CHECKING:
    from ..envs.code_env import CodeEnv
    from ..verifiers.task import Task

CONFIG, ROWS, SUMMARY = "config.json", "rows.jsonl", "summary.json"

# What may differ between the parts of one evaluation: no row depends on them.
_MAY_CHANGE = frozenset(("samples", "budget", "image"))

# What `reset` says of an episode's task.
_ABOUT = ("task_id", "task_key", "family", "difficulty", "toolchain")


def _ignore(_: object) -> None:
    """Looks at nothing."""


def play(
    asking: Asking,
    config: EvaluationConfig,
    indices: Sequence[int],
    *,
    workers: int | None = None,
    spent: int = 0,
) -> Iterator[list[Row]]:
    """The judged rows of the episodes at `indices`, as they end.

    `workers`: programs judged at a time (None: one per CPU). `spent`: what is gone of the budget. A
    row depends on the configuration and its own index only. Raises what `gymnasium.make` raises for
    an environment, toolchain, reward or split that is not there.
    """
    import gymnasium

    left = None if config.budget is None else config.budget - spent
    if not indices or (left is not None and left < config.turns):
        return
    frozen = frozen_tasks(config)
    options: dict[str, Any] = {} if workers is None else {"workers": workers}
    if config.families is not None:
        options["families"] = config.families
    env: Any = gymnasium.make(
        f"forgegym:{config.env}",
        toolchain=config.toolchain,
        reward=config.reward,
        split=config.split,
        **kind_of_tasks(config.tasks),
        **options,
        # What an agent reads is the conversation.
        **TRANSCRIPTS.get(config.env, {}),
        max_turns=config.turns,
    ).unwrapped
    waiting = deque(indices)
    free: list[CodeEnv] = [env]
    playing: dict[int, CodeEnv] = {}

    def begin() -> None:
        """Episodes that the agent has room for; of a budget, those for which all turns are left."""
        while waiting and asking.room > 0:
            if left is not None and left < config.turns * (len(playing) + 1):
                return
            index = waiting.popleft()
            playing[index] = free.pop() if free else env.another()
            asking.put(_begin(playing[index], config, index, frozen))

    try:
        begin()
        while playing:
            answered = asking.get()
            begin()  # before these are judged: the agent need not wait for that
            going_on = _judge(playing, answered)
            rows = []
            for episode in answered:
                if episode in going_on:
                    asking.put(episode)
                    continue
                free.append(playing.pop(episode.index))
                rows.append(row_of(episode, LANGUAGES[config.env]))
                if left is not None:
                    left -= rows[-1]["turns"]
            if rows:
                yield rows
            begin()
    finally:
        asking.forget()
        env.close()


def _begin(env: CodeEnv, config: EvaluationConfig, index: int, frozen: Sequence[Task]) -> Episode:
    task = frozen[index % len(frozen)] if frozen else None
    prompt, about = env.reset(
        seed=sample_seed(config.seed, index, "task"),
        options=None if task is None else {"task": task},
    )
    return Episode(
        index=index,
        seed=text_seed(config.seed, index),
        prompt=prompt,
        task=task,
        about={name: about[name] for name in _ABOUT},
        conversation=[prompt],
    )


def _judge(playing: Mapping[int, CodeEnv], episodes: Sequence[Episode]) -> list[Episode]:
    """Judges the last programs of episodes, together, and takes down what `step` said of them;
    those that have another turn."""
    written = [episode for episode in episodes if episode.error is None]
    envs = [playing[episode.index] for episode in written]
    stepped = step_together(envs, [episode.program for episode in written])
    going_on = []
    for episode, (said, reward, terminated, truncated, info) in zip(written, stepped, strict=True):
        episode.attempts.append((episode.program, float(reward), info))
        episode.conversation += (episode.program, said)
        if info["valid"] and not (terminated or truncated):
            going_on.append(episode)
    return going_on


def sample(
    agent: Agent | TaskAgent,
    config: EvaluationConfig,
    indices: Sequence[int],
    *,
    width: int = BATCH,
    **options: Any,
) -> Iterator[list[Row]]:
    """The rows of an agent's episodes at `indices`, as they end. `width`: see `way_to`; other
    options and errors: `play`."""
    yield from play(way_to(agent, config.seed, width=width), config, indices, **options)


def evaluate(agent: Agent | TaskAgent, config: EvaluationConfig) -> list[Row]:
    """All rows of an evaluation, by index, kept in memory only. Raises as `play`."""
    rows = [row for rows in sample(agent, config, range(config.samples)) for row in rows]
    return sorted(rows, key=lambda row: int(row["index"]))


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
    on_kept: Callable[[int], None] = _ignore,
) -> Summary:
    """An evaluation into a folder: `config.json`, `rows.jsonl` as they come, `summary.json`.

    `spec`, `options`: what the agent was made from (`agents.agent.load_agent`), as far as anybody
    knows. `on_kept` is told how many episodes are there already, `on_rows` the others as they come.

    Rows of frozen tasks are written without their prompt, which the task has. With `resume` the
    rows already there are kept, and episodes are played that are missing, on which the machine
    failed, or which the agent did not answer. Raises `EvaluationError` when the folder holds
    results and `resume` is False, damaged ones, or results of another configuration or of another
    agent; `AgentSetupError` when the agent cannot answer at all as it is set up;
    `records.OutputError` when it cannot be written; `agents.lock.FolderInUseError` while another
    process works in it.
    """
    described = described_config(agent, config, spec, options)
    with own_folder(folder):
        _check_claim(folder, described, resume=resume)
        _check_room(folder, config)
        write_json(folder / CONFIG, described)
        prompts = described["tasks_digest"] is None
        with Rows(folder / ROWS) as file:
            rows = list(file.kept)
            done = {row["index"]: row for row in rows if _stays(row)}
            on_kept(len(done))
            began = time.monotonic()
            missing = [i for i in range(config.samples) if i not in done]
            spent = sum(row["turns"] for row in done.values())
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

    with closing(docker.connect()) as engine:
        return images.find(engine, language).digest


def _check_claim(folder: Path, wanted: Mapping[str, Any], *, resume: bool) -> None:
    """Raises `EvaluationError` unless `folder` is this evaluation's, or can become it."""
    path, rows = folder / CONFIG, folder / ROWS
    if not path.exists():
        if files(folder):
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
