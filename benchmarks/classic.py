"""Classic RL on the discrete view, measured: Maskable PPO against chance and against search.

Three arms have the same view of the same training tasks and the same number of programs: uniform
choices, a search that keeps the best program it has met for each signature, and Maskable PPO. Each
is run over seeds; what it has learnt then answers frozen tasks of the eval split, which it has not
met. A study can be stopped at any moment and goes on when its command is given again.
"""

from __future__ import annotations

import importlib
import io
import json
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode
from rich.console import Console
from rich.table import Table

from ..agents.agent import Agent, load_agent
from ..agents.checkpoint import write_atomically
from ..agents.grammar import UniformAgent
from ..agents.sb3 import SB3Config, train_sb3
from ..agents.search import FILE, Search, SearchAgent
from ..agents.tracking import read_rows
from ..envs.discrete import answerable
from ..envs.grammars import writer
from ..envs.grammars.derivation import Derivation
from ..envs.grammars.prompt import Problem, PromptError
from ..envs.registration import LANGUAGES
from ..verifiers.verifier import ChoiceError
from .asking import sample_seed
from .evaluation_config import TASKS
from .records import make_folder, take_folder, write_json
from .studies.study import iqm

ARMS = ("uniform", "search", "maskable-ppo")
RESULTS, TABLE, CURVES = "results.json", "table.md", "curves.png"
# What an arm comes to is the mean over the last quarter of its programs.
LAST = 0.25
# Programs for each frozen task.
ANSWERS = 4
# Batches in a row without a task that a grammar can answer, after which there are taken to be none.
PATIENCE = 100

Say = Callable[[str], None]

# What each environment is given: what its toolchain judges in minutes. Programs are judged at
# thousands a second by Compact's front end, in containers at forty (Python), ten and five. Rust's
# and Verilog's are therefore of families in which chance is ever paid: elsewhere no arm would meet
# anything to learn from in a thousand programs.
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "CompactContract-v0": {
        "iterations": 20, "num_envs": 32, "rollout": 128, "choices": 40, "learning_rate": 1e-3,
    },
    "PythonReasoning-v0": {
        "iterations": 40, "num_envs": 32, "rollout": 48, "choices": 10, "learning_rate": 2e-3,
        "epochs": 10, "difficulty": 1,
    },
    "RustCode-v0": {
        "iterations": 12, "num_envs": 16, "rollout": 24, "choices": 7, "learning_rate": 2e-3,
        "epochs": 10, "batch_size": 128, "difficulty": 1, "families": ["fold", "numbers"],
    },
    "VerilogModule-v0": {
        "iterations": 8, "num_envs": 16, "rollout": 24, "choices": 6, "learning_rate": 2e-3,
        "epochs": 10, "batch_size": 128, "difficulty": 1, "families": ["adder", "gates", "logic"],
    },
}  # fmt: skip


class ClassicError(ValueError):
    """A measurement that cannot be gone on with; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of one program."""

    reward: float
    compiled: bool
    solved: bool
    behaviour: float


def play(config: SB3Config, programs: int, search: Search | None) -> list[Answered]:
    """So many programs for the training tasks of a run: by uniform choices, or by a search that
    learns. Programs that the machine failed to judge are left out.

    Raises `ClassicError` where nothing of a batch could be judged, and where batch after batch has
    no task that a grammar can answer.
    """
    known, rng = writer(LANGUAGES[config.env]), np.random.default_rng(config.seed)
    with _text_env(config, config.num_envs) as env:
        answered: list[Answered] = []
        batch = unanswered = 0
        while len(answered) < programs:
            prompts, _ = env.reset(seed=sample_seed(config.seed, batch, "classic"))
            batch += 1
            texts = [""] * len(prompts)
            begun: dict[int, tuple[Problem, Derivation]] = {}
            for at, prompt in enumerate(prompts):
                try:
                    problem = known.problem(prompt)
                    program = known.begin(problem, config.choices)
                except (ChoiceError, PromptError):
                    continue  # what no grammar can say: the view never draws it
                plan = None if search is None else search.plan(problem)
                _finish(program, list(plan or ())[::-1], rng)
                texts[at] = program.program()
                begun[at] = problem, program
            if not begun:
                unanswered += 1
                if unanswered == PATIENCE:
                    raise ClassicError(f"{config.env} has drawn no task that its grammar answers")
                continue
            unanswered = 0
            _, rewards, _, _, infos = env.step(tuple(texts))
            if not any(infos["valid"][at] for at in begun):
                failure = infos["verdict"][next(iter(begun))].failure
                raise ClassicError(
                    f"the machine judged none of {len(begun)} programs: {failure.message}"
                )
            for at, (problem, program) in begun.items():
                if not infos["valid"][at]:
                    continue
                verdict, reward = infos["verdict"][at], float(rewards[at])
                passed = verdict.metrics.get("behaviour", 0.0)
                solved = bool(infos["solved"][at])
                answered.append(Answered(reward, verdict.compiled, solved, passed))
                if search is not None:
                    search.learn(problem, tuple(program.taken), reward)
        return answered[:programs]


def _finish(program: Derivation, plan: list[int], rng: np.random.Generator) -> None:
    """Takes the choices of a plan, its last one first, and then uniform ones."""
    while not program.finished:
        choices = program.choices()
        if plan and plan[-1] in choices:
            program.take(plan.pop())
        else:
            plan.clear()
            program.take(int(rng.choice(list(choices))))


@contextmanager
def _text_env(config: SB3Config, num_envs: int) -> Iterator[Any]:
    """The environment itself, for programs of one turn, with the tasks of a run."""
    turns: dict[str, Any] = (
        {"stages": ("code",)} if config.env == "PythonReasoning-v0" else {"max_turns": 1}
    )
    env = gymnasium.make_vec(
        f"forgegym:{config.env}",
        num_envs=num_envs,
        reward=config.reward,
        toolchain=config.toolchain,
        sandbox=config.sandbox,
        families=config.families,
        difficulty=config.difficulty,
        autoreset_mode=AutoresetMode.DISABLED,
        **turns,
    )
    try:
        yield env
    finally:
        env.close()


# ---------------------------------------------------------------- one environment, one seed


@dataclass(frozen=True, slots=True)
class Cell:
    """An environment and a seed: three arms."""

    env: str
    seed: int
    folder: Path
    sandbox: str = "auto"

    @property
    def figures(self) -> Path:
        """What was measured, once all of it was."""
        return self.folder / "figures.json"

    @property
    def config(self) -> SB3Config:
        return SB3Config(
            out=self.folder / "maskable-ppo",
            env=self.env,
            seed=self.seed,
            sandbox=self.sandbox,
            resume=True,
            **SETTINGS[self.env],
        )


def conduct_cell(cell: Cell) -> dict[str, Any]:
    """The figures of each arm, from the folder as far as they are there.

    Raises `ClassicError` where they were measured with other settings, `KeyboardInterrupt` after
    Ctrl-C, and as `train_sb3`.
    """
    path = cell.figures
    if path.exists():
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if found["settings"] != dict(SETTINGS[cell.env]):
            raise ClassicError(f"{path} was measured with other settings; name another folder")
        return found
    config = cell.config
    if not train_sb3(config, console=Console(quiet=True)).finished:
        # A run that was stopped is saved and goes on the next time; a part of one is no result.
        raise KeyboardInterrupt
    rows = read_rows(config.out)
    programs = int(sum(row["programs"] for row in rows))
    settings = dict(SETTINGS[cell.env])
    figures: dict[str, Any] = {"settings": settings, "programs": programs, "arms": {}}
    figures["arms"]["maskable-ppo"] = {
        **_last_rows(rows, programs),
        **answer(load_agent(f"sb3:{config.out}"), config),
        "curve": [[row["programs"], row["avg_reward"]] for row in rows],
    }
    # Chance has no end that could be better than its beginning: a part of the programs will do.
    drawn = play(config, max(1, programs // 4), None)
    agent = UniformAgent(steps=config.choices)
    figures["arms"]["uniform"] = {
        **_figures(drawn),
        **answer(agent, config),
        "curve": _curve(drawn),
    }
    search = Search(config.seed)
    searched = play(config, programs, search)
    found_agent = SearchAgent(search.best(), steps=config.choices)
    make_folder(cell.folder / "search")
    write_json(cell.folder / "search" / FILE, found_agent.to_json())
    figures["arms"]["search"] = {
        **_figures(searched[-max(1, int(programs * LAST)) :]),
        **answer(found_agent, config),
        "curve": _curve(searched),
    }
    write_json(path, figures)
    return figures


def _figures(judged: Sequence[Answered]) -> dict[str, float]:
    return {
        "reward": statistics.fmean(each.reward for each in judged),
        "compiles": statistics.fmean(each.compiled for each in judged),
        "passed": statistics.fmean(each.behaviour for each in judged),
        "solved": statistics.fmean(each.solved for each in judged),
    }


_ROW = {
    "reward": "avg_reward",
    "compiles": "compile_success_rate",
    "passed": "behaviour",
    "solved": "solved_rate",
}


def _last_rows(rows: Sequence[Mapping[str, float]], programs: int) -> dict[str, float]:
    """As `_figures`, of the iterations that hold the last programs."""
    last: list[Mapping[str, float]] = []
    while sum(row["programs"] for row in last) < LAST * programs:
        last.append(rows[-1 - len(last)])
    total = sum(row["programs"] for row in last)
    return {
        name: sum(row[key] * row["programs"] for row in last) / total for name, key in _ROW.items()
    }


def _curve(judged: Sequence[Answered], parts: int = 40) -> list[list[float]]:
    """Programs and their mean reward, part by part."""
    size = max(1, len(judged) // parts)
    groups = [judged[at : at + size] for at in range(0, len(judged), size)]
    return [[len(group), statistics.fmean(each.reward for each in group)] for group in groups]


def answer(agent: Agent, config: SB3Config) -> dict[str, float]:
    """What an agent's answers to the frozen tasks of the eval split are paid (those of the run's
    difficulty; of its families, where it has some, all that are held out): the mean reward, and the
    share that is solved.

    Raises `ClassicError` where the machine judged none.
    """
    module = importlib.import_module(TASKS[config.env, None], __package__)
    only: dict[str, Any] = {"difficulty": config.difficulty}
    if config.families is None:
        frozen = module.tasks("eval", **only)
    else:
        frozen = module.TASKS.every("eval", families=config.families, **only)
    tasks, _ = answerable(LANGUAGES[config.env], frozen, steps=config.choices)
    tasks = [task for task in tasks for _ in range(ANSWERS)]
    with _text_env(config, len(tasks)) as env:
        prompts, _ = env.reset(seed=config.seed, options={"tasks": tasks})
        seeds = [sample_seed(config.seed, at, "classic text") for at in range(len(tasks))]
        _, rewards, _, _, infos = env.step(tuple(agent.generate(prompts, seeds=seeds)))
        valid = np.flatnonzero(infos["valid"])
        if not len(valid):
            raise ClassicError(f"the machine judged none of {len(tasks)} programs for eval tasks")
        return {
            "eval_reward": float(np.mean(rewards[valid])),
            "eval_solved": float(np.mean(infos["solved"][valid])),
        }


# ---------------------------------------------------------------- all of them


def conduct(
    envs: Sequence[str], folder: Path, *, seeds: int, sandbox: str = "auto", say: Say
) -> dict[str, Any]:
    """Every environment with every seed, seed by seed, into `results.json`.

    Raises `ClassicError` for an environment without a grammar, `records.ForeignFolderError` when
    the folder holds something else, and as `train_sb3`.
    """
    for env in envs:
        if env not in SETTINGS:
            raise ClassicError(f"{env} has no discrete view; there are: {', '.join(SETTINGS)}")
    take_folder(folder, {*SETTINGS, RESULTS, TABLE, CURVES})
    found: dict[str, list[dict[str, Any]]] = {env: [] for env in envs}
    for seed in range(seeds):
        for env in envs:
            cell = Cell(env, seed, folder / env / f"seed-{seed}", sandbox)
            if not cell.figures.exists():
                say(f"{env} seed {seed}: {', '.join(ARMS)} …")
            figures = conduct_cell(cell)
            found[env].append(figures)
            paid = {arm: figures["arms"][arm]["reward"] for arm in ARMS}
            say(
                f"{env} seed {seed}: {figures['programs']} programs; reward "
                + ", ".join(f"{arm} {reward:.3f}" for arm, reward in paid.items())
            )
            write_json(folder / RESULTS, summarise(found))
    return summarise(found)


def summarise(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """Of each environment and arm: the interquartile mean of every figure over the seeds."""
    results: dict[str, Any] = {}
    for env, cells in found.items():
        if not cells:
            continue
        arms: dict[str, Any] = {}
        for arm in ARMS:
            own = [cell["arms"][arm] for cell in cells]
            names = [name for name in own[0] if name != "curve"]
            arms[arm] = {
                "figures": {n: iqm([each[n] for each in own]).to_json() for n in names},
                "curves": [each["curve"] for each in own],
            }
        results[env] = {
            "seeds": len(cells),
            "programs": statistics.fmean(cell["programs"] for cell in cells),
            "settings": dict(SETTINGS[env]),
            "arms": arms,
        }
    return results


COLUMNS = {
    "reward": ("reward", ".3f"),
    "passed": ("cases passed", ".1%"),
    "compiles": ("compiles", ".0%"),
    "solved": ("solved", ".1%"),
    "eval_reward": ("reward, eval tasks", ".3f"),
    "eval_solved": ("solved, eval tasks", ".1%"),
}


def _cells(figures: Mapping[str, Mapping[str, float]], between: str = " ") -> list[str]:
    """The columns' figures, each with its interval."""
    return [
        f"{e['value']:{form}}{between}[{e['low']:{form}}, {e['high']:{form}}]"
        for name, (_, form) in COLUMNS.items()
        for e in [figures[name]]
    ]


_HEADINGS = tuple(heading for heading, _ in COLUMNS.values())


def classic_tables(results: Mapping[str, Any]) -> list[Table]:
    """A table an environment, a row an arm: interquartile means over seeds with 95 % intervals."""
    tables = []
    for env, found in results.items():
        title = f"{env}: {found['programs']:,.0f} programs × {found['seeds']} seeds"
        table = Table("arm", *_HEADINGS, title=title, title_justify="left", show_lines=True)
        for arm in ARMS:
            table.add_row(arm, *_cells(found["arms"][arm]["figures"], between="\n"))
        tables.append(table)
    return tables


def markdown(results: Mapping[str, Any]) -> str:
    """The same in one table, for a page."""
    headings = ("environment", "programs × seeds", "arm", *_HEADINGS)
    rows = [
        [env, f"{found['programs']:,.0f} × {found['seeds']}", arm,
         *_cells(found["arms"][arm]["figures"])]
        for env, found in results.items()
        for arm in ARMS
    ]  # fmt: skip
    lines = [f"| {' | '.join(headings)} |", "|---" * len(headings) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"


def draw(results: Mapping[str, Any], path: Path) -> None:
    """A PNG: the reward over the programs judged; a panel an environment, all runs thin, their
    median thick."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        1, len(results), figsize=(4.4 * len(results), 3.6), squeeze=False, layout="constrained"
    )
    for axis, (env, found) in zip(axes[0], results.items(), strict=True):
        for number, arm in enumerate(ARMS):
            colour = f"C{number}"
            curves = found["arms"][arm]["curves"]
            if arm == "uniform":
                level = found["arms"][arm]["figures"]["reward"]["value"]
                axis.axhline(level, color=colour, linestyle="--", label=arm)
                continue
            grid = np.linspace(0.0, min(sum(n for n, _ in curve) for curve in curves), 60)
            smoothed = []
            for curve in curves:
                x = np.cumsum([n for n, _ in curve])
                y = [reward for _, reward in curve]
                smooth = [float(np.mean(y[max(0, at - 2) : at + 3])) for at in range(len(y))]
                smoothed.append(np.interp(grid, x, smooth))
                axis.plot(grid, smoothed[-1], color=colour, alpha=0.25, linewidth=0.8)
            axis.plot(grid, np.median(smoothed, axis=0), color=colour, linewidth=2, label=arm)
        axis.set_title(env)
        axis.set_xlabel("programs judged")
        axis.grid(alpha=0.3)
    axes[0][0].set_ylabel("reward a program")
    axes[0][0].legend(fontsize=8)
    image = io.BytesIO()
    figure.savefig(image, dpi=110, format="png")
    plt.close(figure)
    write_atomically(path, image.getvalue())
