"""`train`: a command for each algorithm, its settings as `--set NAME=VALUE`."""

from __future__ import annotations

import difflib
import importlib
import json
from dataclasses import MISSING, fields
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)

import typer

from ..agents.settings import parsed
from .shell import (
    INTERRUPTED,
    REFUSED,
    Iterations,
    UsageError,
    environment_id,
    out,
    train_app,
)

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Configuration = TypeVar("Configuration", bound="DataclassInstance")


Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Any other setting; --settings lists them. Repeatable, "
        "also for one that takes several texts (stop).",
    ),
]
ShowSettings = Annotated[
    bool, typer.Option("--settings", help="List every setting with its value, and stop.")
]
RunFolder = Annotated[Path | None, typer.Option("--out", help="The run's folder.")]
TrainingEnvironment = Annotated[
    str | None, typer.Option("--env", help="An environment id (default: CompactContract-v0).")
]
Base = Annotated[
    str | None,
    typer.Option("--base", help="tiny (default), a model's folder, or a name on the hub."),
]
TrainingSeed = Annotated[
    int | None, typer.Option("--seed", min=0, help="The same seed gives the same run.")
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with the run in --out, with its settings.")
]


def _takes_several(kind: Any) -> bool:
    """Whether a setting is a tuple of texts, one each time that it is given."""
    return any(get_origin(choice) is tuple for choice in (kind, *get_args(kind)))


def _configure(
    kind: type[Configuration],
    given: dict[str, Any],
    settings: list[str] | None,
    *,
    show: bool,
    command: str,
    kept: Path | None = None,
) -> Configuration:
    """A configuration from what was given, and where a run is resumed from what that was made with
    (`kept`: where that is, if not in its folder); with `show`, print it and stop.

    Raises `UsageError` for a setting that there is not, or a value that it cannot have,
    `CheckpointError` for a run of another `command`.
    """
    hints = get_type_hints(kind)
    values: dict[str, Any] = {}
    for field in fields(kind):
        if field.default is not MISSING:
            values[field.name] = field.default
        elif field.default_factory is not MISSING:
            values[field.name] = field.default_factory()
    given = {name: value for name, value in given.items() if value is not None}
    values |= given
    told = {*given, *(setting.partition("=")[0] for setting in settings or ())}
    if "out" in given and (given.get("resume") or "resume_from" in told):
        unsaid = {name: hint for name, hint in hints.items() if name not in told}
        values |= _saved(kept or given["out"], command, unsaid)
    for setting in settings or ():
        name, equals, text = setting.partition("=")
        if not equals:
            raise UsageError(f"--set takes NAME=VALUE, not {setting!r}")
        if name not in hints:
            close = difflib.get_close_matches(name, hints, n=1)
            hint = f"did you mean {close[0]}?" if close else "--settings lists them"
            raise UsageError(f"there is no setting {name!r}; {hint}")
        if _takes_several(hints[name]):
            # A family's name has no comma; what ends a program may.
            texts = text.split(",") if name == "families" else [text]
            values[name] = (*(values[name] or ()), *texts)
        else:
            try:
                values[name] = parsed(name, text, hints[name])
            except ValueError as error:
                raise UsageError(f"the setting {error}") from None
    if show:
        try:  # what is chosen by other settings, as it will be
            made = kind(**{"out": Path(), **values})
        except ValueError as error:
            raise UsageError(str(error)) from error
        for field in fields(kind):
            value = getattr(made, field.name) if field.name in values else "(must be given)"
            out.print(f"{field.name} = {value}", markup=False, soft_wrap=True)
        raise typer.Exit
    for field in fields(kind):
        if field.name not in values:
            raise UsageError(f"--{field.name.replace('_', '-')} is missing")
    try:
        return kind(**values)
    except ValueError as error:
        raise UsageError(str(error)) from error


def _saved(folder: Path, command: str, hints: dict[str, Any]) -> dict[str, Any]:
    """What the run in `folder` was made with, of these settings, by their types.

    Raises `CheckpointError` where a value is of another type: people edit such files.
    """
    from pydantic import TypeAdapter, ValidationError

    from ..agents.checkpoint import CONFIG, CheckpointError, saved_settings

    values = {}
    for name, value in saved_settings(folder, command).items():
        if name not in hints:
            continue
        try:
            values[name] = TypeAdapter(hints[name]).validate_json(json.dumps(value), strict=True)
        except ValidationError as error:
            problem = error.errors()[0]["msg"]
            raise CheckpointError(
                f"{folder / CONFIG} says {name} = {json.dumps(value)}, and resuming cannot use "
                f"that: {problem[0].lower()}{problem[1:]}."
            ) from None
    return values


@train_app.command()
def sft(
    out_folder: RunFolder = None,
    env: TrainingEnvironment = None,
    seed: TrainingSeed = None,
    resume: Resume = False,
    settings: Settings = None,
    show: ShowSettings = False,
) -> None:
    """A tiny base policy: supervised on simple or on spoilt programs, and stopped early."""
    from ..agents.sft import RECIPES, SFTConfig, train_sft, unfinished

    own = RECIPES.get(environment_id(env), {}) if env is not None else {}
    given = {**own, "out": out_folder, "env": env, "seed": seed, "resume": resume}
    kept = None if out_folder is None else unfinished(out_folder)
    config = _configure(SFTConfig, given, settings, show=show, command="sft", kept=kept)
    probe(config.env)
    train_sft(config, console=out)


# Command -> the module of `agents`, its configuration and its function, and what it does.
ALGORITHMS = {
    "ppo": (
        "ppo", "PPOConfig", "train_ppo",
        "PPO with LoRA, token by token: a critic says what each token added.",
    ),
    "grpo": (
        "grpo", "GRPOConfig", "train_grpo",
        "GRPO with LoRA: a prompt's samples are compared, and the better ones win.",
    ),
    "gspo": (
        "gspo", "GSPOConfig", "train_gspo",
        "GSPO with LoRA: GRPO with one ratio for a whole program.",
    ),
    "reinforce": (
        "reinforce", "ReinforceConfig", "train_reinforce",
        "REINFORCE with LoRA, against the mean reward of the batch: a baseline.",
    ),
    "rloo": (
        "reinforce", "RLOOConfig", "train_rloo",
        "RLOO with LoRA: REINFORCE against the mean of a prompt's other samples.",
    ),
    "expert-iteration": (
        "expert_iteration", "ExpertIterationConfig", "train_expert_iteration",
        "CompactLoRa's loop: sample, keep what pays more than 1, fine-tune on it, repeat.",
    ),
}  # fmt: skip


def _add_trainer(name: str, module: str, kind: str, function: str, purpose: str) -> None:
    """A command that trains by one algorithm; torch is imported when it runs."""

    def command(
        out_folder: RunFolder = None,
        env: TrainingEnvironment = None,
        base: Base = None,
        iterations: Iterations = None,
        seed: TrainingSeed = None,
        resume: Resume = False,
        settings: Settings = None,
        show: ShowSettings = False,
    ) -> None:
        algorithm = importlib.import_module(f"..agents.{module}", __package__)
        given = _given(out_folder, env, base, iterations, seed, resume)
        config: Any = _configure(getattr(algorithm, kind), given, settings, show=show, command=name)
        chosen = {
            name: getattr(config, name) for name in ("tasks", "judge", "families", "difficulty")
        }
        options = {name: value for name, value in chosen.items() if value is not None}
        probe(config.env, toolchain=config.toolchain, reward=config.reward, **options)
        result = getattr(algorithm, function)(config, console=out)
        if not result.finished:
            raise typer.Exit(INTERRUPTED if result.interrupted else REFUSED)

    train_app.command(name, help=purpose)(command)


for _name, _about in ALGORITHMS.items():
    _add_trainer(_name, *_about)


@train_app.command()
def duel(
    out_folder: RunFolder = None,
    base: Base = None,
    seed: TrainingSeed = None,
    resume: Resume = False,
    settings: Settings = None,
    show: ShowSettings = False,
) -> None:
    """A solver and a test writer of Python, each an adapter, that learn against each other."""
    from ..agents.duel import ENVIRONMENTS, DuelConfig, train_duel

    given = {"out": out_folder, "base": base, "seed": seed, "resume": resume}
    config = _configure(DuelConfig, given, settings, show=show, command="duel")
    rewards = {"solver": config.solver_reward, "writer": config.writer_reward}
    for role, env in ENVIRONMENTS.items():
        chosen = {"families": config.families, "difficulty": config.difficulty}
        options = {name: value for name, value in chosen.items() if value is not None}
        probe(env, reward=rewards[role], **options)
    if not train_duel(config, console=out).finished:
        raise typer.Exit(INTERRUPTED)


@train_app.command()
def sb3(
    algorithm: Annotated[
        str | None,
        typer.Option("--algorithm", help="maskable-ppo (default), ppo, a2c or dqn."),
    ] = None,
    out_folder: RunFolder = None,
    env: TrainingEnvironment = None,
    iterations: Iterations = None,
    seed: TrainingSeed = None,
    resume: Resume = False,
    settings: Settings = None,
    show: ShowSettings = False,
) -> None:
    """Classic RL by Stable-Baselines3: a program is written choice by choice of a small grammar."""
    from ..agents.sb3 import SB3Config, train_sb3

    given = {"out": out_folder, "algorithm": algorithm, "env": env, "iterations": iterations,
             "seed": seed, "resume": resume}  # fmt: skip
    config = _configure(SB3Config, given, settings, show=show, command="sb3")
    chosen = {"families": config.families, "difficulty": config.difficulty}
    options = {name: value for name, value in chosen.items() if value is not None}
    probe(config.env, toolchain=config.toolchain, reward=config.reward, **options)
    if not train_sb3(config, console=out).finished:
        raise typer.Exit(INTERRUPTED)


def probe(env: str, **options: Any) -> None:
    """Make the environment once, so that a wrong name fails before anything is trained."""
    import gymnasium

    try:
        gymnasium.make(f"forgegym:{environment_id(env)}", **options).close()
    except ValueError as error:
        raise UsageError(str(error)) from error


def _given(
    out_folder: Path | None,
    env: str | None,
    base: str | None,
    iterations: int | None,
    seed: int | None,
    resume: bool,
) -> dict[str, Any]:
    """The options that the reinforcement-learning trainers share, by their settings' names."""
    return {
        "out": out_folder,
        "env": env,
        "base": base,
        "iterations": iterations,
        "seed": seed,
        "resume": resume,
    }
