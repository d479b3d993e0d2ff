"""An agent in an environment: a row a sample, written as it comes, and what the rows add up to.

The environment is reached through Gymnasium's interface only, one turn a sample. The eval split is
its frozen set of tasks, in turn; samples for one task are a cluster to every interval. A sample on
which the machine failed is kept as a row, left out of every figure, counted, and tried again when
the evaluation is resumed.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import math
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .records import Rows, make_folder, write_json
from .statistics import (
    Estimate,
    clustered_mean,
    clustered_rate,
    distinct_n,
    effective_number,
    shares,
)

if TYPE_CHECKING:
    from ..agents.agent import Agent
    from ..envs.tasks.task_set import TaskSet
    from ..verifiers.task import Task
    from ..verifiers.verdict import Verdict
    from ..verifiers.verifier import Verifier

CONFIG, ROWS, SUMMARY = "config.json", "rows.jsonl", "summary.json"

# Prompts answered at a time: enough to fill a small model's batch, few enough to see rows come.
BATCH = 64

# Fewer than 256 contracts of one decision have, the shortest collection that is compared.
EQUAL_PAIRS = 20_000
# "High quality" in CompactLoRa's words: a contract that compiles and has more decisions than this.
QUALITY_COMPLEXITY = 3

# Where each environment keeps the frozen evaluation set of a kind of tasks: `tasks("eval")`.
TASKS = {
    ("CompactContract-v0", None): "..envs.tasks.compact",
    ("CompactContract-v0", "open"): "..envs.tasks.compact",
    ("CompactContract-v0", "spec"): "..envs.tasks.compact_spec",
    ("PythonReasoning-v0", None): "..envs.tasks.python",
    ("RustCode-v0", None): "..envs.tasks.rust",
    ("VerilogModule-v0", None): "..envs.tasks.verilog",
}

# The environments that take sets of tasks that people know.
SETS = ("RustCode-v0", "VerilogModule-v0")

Row = dict[str, Any]


def _ignore(rows: list[Row]) -> None:
    """Looks at no rows."""


class EvaluationError(ValueError):
    """An evaluation that cannot begin or go on; the message is one sentence for the user."""


@dataclass(frozen=True, slots=True)
class EvaluationConfig:
    """What is evaluated: everything that decides which rows come out."""

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


def sample_seed(seed: int, index: int, purpose: str) -> int:
    """The seed of one sample's task or text, by hashing: no two evaluations share samples."""
    digest = hashlib.sha256(f"forgegym evaluate {seed} {index} {purpose}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1  # Gymnasium's seeds are non-negative int64


# ---------------------------------------------------------------- figures


@dataclass(frozen=True, slots=True)
class Summary:
    """What rows add up to.

    The four rates of CompactLoRa's evaluation, over valid samples: `compile_rate`, `complex_rate`
    (complexity above 3, whether or not it compiles), `high_quality_rate` (both) and
    `average_complexity` (over the samples that parse: no other has a complexity).

    Variety: `decisions` counts the decisions of compiling contracts by kind, `structures` is how
    many different sequences and nestings of them their circuits have, `effective_structures` how
    many equally common ones would be as varied, `distinct_2` the share of different pairs of
    neighbouring tokens in all texts, `distinct_2_equal` the same in the first `EQUAL_PAIRS` pairs
    (longer texts repeat themselves more, whoever writes them), `unique` how many texts differ.
    """

    samples: int
    failures: int
    toolchains: tuple[str, ...]
    tasks: int
    compile_rate: Estimate
    complex_rate: Estimate
    high_quality_rate: Estimate
    average_complexity: Estimate
    solved_rate: Estimate
    mean_reward: Estimate
    decisions: dict[str, int]
    structures: int
    effective_structures: float
    distinct_2: float
    distinct_2_equal: float
    unique: int

    @property
    def commonest_decision(self) -> tuple[str, float]:
        """The commonest kind of decision and its share of all; ``("none", 0.0)`` without any."""
        return next(iter(shares(self.decisions).items()), ("none", 0.0))

    def to_json(self) -> dict[str, Any]:
        """This summary as strict JSON data: an undefined figure is null."""
        data = asdict(self)
        kind, share = self.commonest_decision
        data["commonest_decision"] = {"kind": kind, "share": share}
        return {key: _strict(value) for key, value in data.items()}


def _strict(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _strict(item) for key, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def summarise(rows: Iterable[Mapping[str, Any]]) -> Summary:
    """The figures of rows as `evaluate` writes them; the last row of an index counts."""
    final = list({row["index"]: row for row in rows}.values())
    valid = [row for row in final if row["valid"]]
    clusters: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in valid:
        clusters[row["task_key"]].append(row)

    def rate(holds: Callable[[Mapping[str, Any]], bool]) -> Estimate:
        return clustered_rate([[holds(row) for row in members] for members in clusters.values()])

    def complex_enough(row: Mapping[str, Any]) -> bool:
        return (row["complexity"] or 0) > QUALITY_COMPLEXITY

    accepted = [row for row in valid if row["accepted"]]
    decisions: Counter[str] = Counter()
    for row in accepted:
        decisions.update(row["decisions"])
    structures = [shape for row in accepted for shape in row["structures"] if shape]
    return Summary(
        samples=len(valid),
        failures=len(final) - len(valid),
        toolchains=tuple(sorted({row["toolchain"] for row in valid})),
        tasks=len(clusters),
        compile_rate=rate(lambda row: row["accepted"]),
        complex_rate=rate(complex_enough),
        high_quality_rate=rate(lambda row: row["accepted"] and complex_enough(row)),
        average_complexity=clustered_mean(
            [
                [row["complexity"] for row in c if row["complexity"] is not None]
                for c in clusters.values()
            ]
        ),
        solved_rate=rate(lambda row: row["solved"]),
        mean_reward=clustered_mean([[row["reward"] for row in c] for c in clusters.values()]),
        decisions={kind: n for kind, n in decisions.most_common() if n},
        structures=len(set(structures)),
        effective_structures=effective_number(structures),
        distinct_2=distinct_n(row["source"] for row in valid),
        distinct_2_equal=distinct_n((row["source"] for row in valid), limit=EQUAL_PAIRS),
        unique=len({row["source"] for row in valid}),
    )


# ---------------------------------------------------------------- running


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


def _row(
    index: int, prompt: str, source: str, reward: float, infos: Mapping[str, Any], at: int
) -> Row:
    verdict: Verdict = infos["verdict"][at]
    decisions, structures = _shape(verdict)
    complexity = verdict.metrics.get("complexity")
    return {
        "index": index,
        "task_id": infos["task_id"][at],
        "task_key": infos["task_key"][at],
        "prompt": prompt,
        "source": source,
        "reward": float(reward),
        "valid": verdict.valid,
        "failure": None if verdict.failure is None else asdict(verdict.failure),
        "stage": verdict.stage,
        "accepted": verdict.accepted,
        "solved": bool(infos["solved"][at]),
        "complexity": None if complexity is None else int(complexity),
        "decisions": decisions,
        "structures": structures,
        "diagnostics": [str(d) for d in verdict.diagnostics[:1]],
        "toolchain": str(verdict.toolchain),
        "seconds": verdict.seconds,
    }


def frozen_tasks(config: EvaluationConfig) -> list[Task]:
    """The tasks that an evaluation goes through in turn: the environment's frozen set.

    None for the training split, whose tasks come from the samples' seeds.
    """
    if config.tasks_from is not None:
        return _of_a_set(config)
    if config.split != "eval":
        return []
    module = importlib.import_module(TASKS[config.env, config.tasks], __package__)
    return list(module.tasks("eval"))


def _of_a_set(config: EvaluationConfig) -> list[Task]:
    """Raises `EvaluationError` for an environment that has no sets."""
    assert config.tasks_from is not None
    with open_set(config.env, config.tasks_from) as (opened, _):
        return list(opened.tasks())


@contextmanager
def open_set(env: str, source: str) -> Iterator[tuple[TaskSet, Verifier]]:
    """A set of tasks that people know (``KIND:PATH``), and the verifier that has read it.

    Raises `EvaluationError` for an environment that has no sets, and what reading one raises.
    """
    from ..envs.tasks.rust_sets import RustSet
    from ..envs.tasks.verilog_sets import VerilogSet
    from ..verifiers.rust.toolchain import RustVerifier
    from ..verifiers.verilog.toolchain import VerilogVerifier

    if env not in SETS:
        raise EvaluationError(f"there are no sets of tasks for {env}")
    if env == "RustCode-v0":
        rust = RustVerifier()
        with closing(rust):
            yield RustSet(source, rust), rust
    else:
        verilog = VerilogVerifier(lint=False)
        with closing(verilog):
            yield VerilogSet(source, verilog), verilog


def sample(
    agent: Agent, config: EvaluationConfig, indices: Sequence[int], *, batch: int = BATCH
) -> Iterator[list[Row]]:
    """The judged rows of the samples at `indices`, batch by batch.

    A row depends on the configuration and its own index only. Raises what `gymnasium.make_vec`
    raises for an environment, toolchain, reward or split that is not there.
    """
    import gymnasium

    if not indices:
        return
    frozen = frozen_tasks(config)
    width = min(batch, len(indices))
    envs: Any = gymnasium.make_vec(
        f"forgegym:{config.env}",
        num_envs=width,
        toolchain=config.toolchain,
        reward=config.reward,
        split=config.split,
        **kind_of_tasks(config.tasks),
        max_turns=1,
    )
    try:
        for start in range(0, len(indices), width):
            part = list(indices[start : start + width])
            # A vector environment has a fixed width: the last batch repeats its last sample.
            spare = width - len(part)
            padded = part + part[-1:] * spare
            options = {"tasks": [frozen[i % len(frozen)] for i in padded]} if frozen else None
            prompts, _ = envs.reset(
                seed=[sample_seed(config.seed, i, "task") for i in padded], options=options
            )
            texts = agent.generate(
                list(prompts[: len(part)]),
                seeds=[sample_seed(config.seed, i, "text") for i in part],
            )
            _, rewards, _, _, infos = envs.step(tuple(texts) + (texts[-1],) * spare)
            yield [
                _row(index, prompts[at], texts[at], rewards[at], infos, at)
                for at, index in enumerate(part)
            ]
    finally:
        envs.close()


def evaluate(agent: Agent, config: EvaluationConfig) -> list[Row]:
    """All rows of an evaluation, kept in memory only. Raises as `sample`."""
    return [row for rows in sample(agent, config, range(config.samples)) for row in rows]


def evaluate_into(
    folder: Path,
    agent: Agent,
    config: EvaluationConfig,
    *,
    resume: bool = False,
    on_rows: Callable[[list[Row]], None] = _ignore,
) -> Summary:
    """An evaluation into a folder: `config.json`, `rows.jsonl` as they come, `summary.json`.

    With `resume` the rows already there are kept and only missing or failed samples are taken.
    Raises `EvaluationError` when the folder holds results and `resume` is False, or results of
    another configuration; `records.OutputError` when it cannot be written.
    """
    toolchain = resolved_toolchain(config)
    make_folder(folder)
    _claim(folder, {**asdict(config), "resolved_toolchain": toolchain}, resume=resume)
    with Rows(folder / ROWS) as file:
        rows = list(file.kept)
        done = {row["index"] for row in rows if row["valid"]}
        began = time.monotonic()
        missing = [i for i in range(config.samples) if i not in done]
        for fresh in sample(agent, config, missing):
            for row in fresh:
                file.append(row)
            rows += fresh
            on_rows(fresh)
    summary = summarise(rows)
    write_json(
        folder / SUMMARY,
        {
            "config": asdict(config),
            "summary": summary.to_json(),
            "seconds": time.monotonic() - began,
        },
    )
    return summary


def read_rows(folder: Path) -> list[Row]:
    """The rows of an evaluation in a folder, by index; of one taken again, the last."""
    with Rows(folder / ROWS) as file:
        rows = {row["index"]: row for row in file.kept}
    return [rows[index] for index in sorted(rows)]


def kind_of_tasks(tasks: str | None) -> dict[str, Any]:
    """The environment's argument that chooses them; none where it has only one kind."""
    return {} if tasks is None else {"tasks": tasks}


def resolved_toolchain(config: EvaluationConfig) -> str:
    """The name and version of the toolchain that will judge. Raises as `gymnasium.make` does."""
    import gymnasium

    env = gymnasium.make(
        f"forgegym:{config.env}",
        toolchain=config.toolchain,
        reward=config.reward,
        split=config.split,
        **kind_of_tasks(config.tasks),
    )
    try:
        _, info = env.reset(seed=0)
        return str(info["toolchain"])
    finally:
        env.close()


def _claim(folder: Path, wanted: Mapping[str, Any], *, resume: bool) -> None:
    """Make `folder` this evaluation's, or check that it is."""
    path = folder / CONFIG
    if not path.exists():
        if any(folder.iterdir()):
            raise EvaluationError(
                f"{folder} holds files that are no evaluation; name an empty or a new folder"
            )
        write_json(path, wanted)
        return
    if not resume:
        raise EvaluationError(
            f"{folder} already holds an evaluation; continue it with --resume or name another "
            "folder"
        )
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise EvaluationError(f"{path} is damaged: {error}") from error
    # More samples of the same evaluation are welcome: a row depends on its own index only.
    for key in sorted(wanted.keys() - {"samples"}):
        if found.get(key) != wanted[key]:
            raise EvaluationError(
                f"{folder} was evaluated with {key} = {found.get(key)!r}, not {wanted[key]!r}; "
                "resume it as it began or name another folder"
            )
    write_json(path, wanted)
