"""What an agent is, and how one is found by its name.

An agent answers prompts with programs. It sees text only and is given a seed for every sample, so
that a result can be replayed whatever batch the sample was drawn in. Agents that need torch are
imported when they are asked for.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class Agent(Protocol):
    """Anything that turns prompts into programs."""

    name: str

    def generate(self, prompts: Sequence[str], *, seeds: Sequence[int]) -> list[str]:
        """One program for each prompt (an observation of the environment), in their order.

        `seeds` holds one number a prompt; the same prompt and seed give the same program.
        """
        ...


@runtime_checkable
class Metered(Protocol):
    """An agent that says what its programs cost."""

    tokens: list[int]
    """Tokens that were sampled for each program of the last call of `generate`."""


class AgentError(ValueError):
    """No agent can be made as asked; the message is one sentence that says what there is."""


BUILT_IN: tuple[str, ...] = ("template", "random", "grammar", "tiny")
"""The agents that ForgeGym brings; `grammar` chooses among rules of a small grammar at random,
`tiny` is the base policy before it has learnt from reward."""

_MODEL_FILES = ("adapter_config.json", "config.json")
# A training run keeps its adapters in folders of these names.
_RUN_FOLDERS = (".", "best", "latest")


def load_agent(spec: str, **options: Any) -> Agent:
    """The agent that `spec` names, made with `options`.

    ``"template"`` (options `min_complexity`, `max_complexity`, `structure`), ``"random"`` and
    ``"grammar"`` (no options), ``"sb3:PATH"`` (a run of `train sb3`, or a zip in it), ``"tiny"``
    (Compact's; ``"tiny-rust"`` and so on are the others) or the folder of a model, an adapter or a
    run (options of `agents.policy.load_policy_agent`), or ``"module:factory"``, a callable outside
    ForgeGym that returns an `Agent`.

    Raises `AgentError` when there is no such agent or it does not take the options.
    """
    if spec == "template":
        from .template import TemplateAgent

        return TemplateAgent(**_accepted(spec, options, "min_complexity max_complexity structure"))
    if spec == "random":
        from .random import RandomTextAgent

        return RandomTextAgent(**_accepted(spec, options, ""))
    if spec == "grammar":
        from .grammar import UniformAgent

        return UniformAgent(**_accepted(spec, options, ""))
    if spec.startswith("sb3:"):
        from .sb3 import load_sb3_agent

        return load_sb3_agent(spec.removeprefix("sb3:"), **_accepted(spec, options, ""))
    folder = Path(spec)
    if spec.partition("-")[0] == "tiny" and not folder.is_dir():
        return _load_policy(spec, options)
    if folder.is_dir():
        if not any(
            (folder / run / name).is_file() for run in _RUN_FOLDERS for name in _MODEL_FILES
        ):
            raise AgentError(
                f"the folder {spec!r} holds no model: there is no {' or '.join(_MODEL_FILES)} in it"
            )
        return _load_policy(spec, options)
    if ":" in spec and not folder.exists():
        return _load_outside(spec, options)
    known = ", ".join(repr(name) for name in BUILT_IN)
    kind = "a file, not a folder" if folder.exists() else "neither an agent nor a folder"
    raise AgentError(
        f"unknown agent {spec!r}: it is {kind}; there are {known}, the folder of a model, an "
        f"adapter or a training run, and 'module:factory' for an agent of your own"
    )


def _accepted(spec: str, options: dict[str, Any], names: str) -> dict[str, Any]:
    """The options that were given a value; raises `AgentError` for one the agent does not know."""
    given = {key: value for key, value in options.items() if value is not None}
    for key in given:
        if key not in names.split():
            takes = f"takes {', '.join(names.split())}" if names else "takes no options"
            raise AgentError(f"the agent {spec!r} has no option {key!r}: it {takes}")
    return given


def _load_policy(path: str, options: dict[str, Any]) -> Agent:
    try:
        policy = importlib.import_module(".policy", __package__)
    except ModuleNotFoundError as missing:
        raise AgentError(
            f"a trained policy needs {missing.name!r}: install it with "
            "pip install 'forgegym[agents]'"
        ) from None
    agent: Agent = policy.load_policy_agent(path, **options)
    return agent


def _load_outside(spec: str, options: dict[str, Any]) -> Agent:
    module_name, _, factory_name = spec.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as missing:
        raise AgentError(
            f"the agent {spec!r} cannot be imported: there is no module {missing.name!r}"
        ) from None
    except (ValueError, TypeError):
        raise AgentError(
            f"the agent {spec!r} cannot be imported: {module_name!r} is not a module's name"
        ) from None
    factory = getattr(module, factory_name, None)
    if not callable(factory):
        raise AgentError(f"the module {module_name!r} has no callable {factory_name!r}")
    agent = factory(**{key: value for key, value in options.items() if value is not None})
    if not isinstance(agent, Agent):
        raise AgentError(
            f"{spec!r} returned a {type(agent).__name__}, which has no `name` and `generate`: "
            "see forgegym.agents.agent.Agent"
        )
    return agent
